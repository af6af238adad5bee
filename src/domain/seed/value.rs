//! Fields of a seed, judged while serde reads them so that an error carries its line.

use std::fmt::Display;

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::{Deserialize, Deserializer, Error};

use super::is_email;
use crate::domain::case::{CaseState, Mode, RegisterStatus};
use crate::domain::codice_fiscale::CodiceFiscale;
use crate::domain::language::Language;
use crate::domain::mailbox_address::{DomainTreatment, MailboxAddress};
use crate::domain::partner::PartnerScope;
use crate::domain::vat_number::NumericCodiceFiscale;

pub(in crate::domain) const TOPICS: [&str; 8] = [
    "size", "start", "end", "length", "cause", "redress", "event", "sources",
];
/// What a text of a case can be for.
pub const TEXT_KINDS: [&str; 7] = [
    "privacy_notice",
    "contact",
    "newsletter",
    "follow",
    "attestation_g",
    "mandate_h",
    "mandate_messa_in_mora",
];

pub(super) fn filled<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    let text = String::deserialize(input)?;
    if text.trim().is_empty() {
        return Err(Error::custom("must not be empty"));
    }
    Ok(text)
}

/// Whether a text can be a name in addresses.
pub(in crate::domain) fn is_slug(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    text.len() <= 80 && text.split('-').all(part)
}

pub(super) fn slug<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    let text = String::deserialize(input)?;
    if is_slug(&text) {
        return Ok(text);
    }
    Err(refused(
        &text,
        "a slug: at most 80 lower-case letters and digits with single hyphens between",
    ))
}

pub(super) fn optional_slug<'de, D: Deserializer<'de>>(
    input: D,
) -> Result<Option<String>, D::Error> {
    slug(input).map(Some)
}

pub(super) fn email<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    let text = String::deserialize(input)?;
    if is_email(&text) {
        return Ok(text);
    }
    Err(refused(&text, "an e-mail address"))
}

pub(super) fn optional_email<'de, D: Deserializer<'de>>(
    input: D,
) -> Result<Option<String>, D::Error> {
    email(input).map(Some)
}

pub(super) fn scopes<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<PartnerScope>, D::Error> {
    let words = Vec::<String>::deserialize(input)?;
    let mut scopes = Vec::new();
    for word in words {
        let scope = PartnerScope::parse(&word);
        scopes.push(scope.ok_or_else(|| refused(&word, "intake, read, events or webhooks"))?);
    }
    scopes.sort_unstable();
    scopes.dedup();
    Ok(scopes)
}

pub(super) fn codice_fiscale<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    let text = String::deserialize(input)?;
    if let Ok(code) = NumericCodiceFiscale::parse(&text) {
        return Ok(code.as_str().to_owned());
    }
    match CodiceFiscale::parse(&text) {
        Ok(code) => Ok(code.as_str().to_owned()),
        Err(_) => Err(refused(&text, "a codice fiscale with a right check digit")),
    }
}

pub(super) fn domain<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    let text = String::deserialize(input)?;
    let is_one =
        MailboxAddress::parse(&format!("a@{text}")).is_ok_and(|address| address.domain() == text);
    if is_one {
        return Ok(text);
    }
    Err(refused(&text, "a mail domain in lower-case ASCII"))
}

pub(super) fn domains<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<String>, D::Error> {
    #[derive(serde::Deserialize)]
    struct One(#[serde(deserialize_with = "domain")] String);
    Ok(Vec::<One>::deserialize(input)?
        .into_iter()
        .map(|one| one.0)
        .collect())
}

pub(super) fn cents<'de, D: Deserializer<'de>>(input: D) -> Result<i64, D::Error> {
    let cents = i64::deserialize(input)?;
    if cents < 0 {
        return Err(refused(cents, "an amount in cents, 0 or more"));
    }
    Ok(cents)
}

pub(super) fn optional_cents<'de, D: Deserializer<'de>>(input: D) -> Result<Option<i64>, D::Error> {
    cents(input).map(Some)
}

pub(super) fn instant<'de, D: Deserializer<'de>>(input: D) -> Result<DateTime<Utc>, D::Error> {
    let text = time_text(input)?;
    DateTime::parse_from_rfc3339(&text)
        .map(|at| at.to_utc())
        .map_err(|_| {
            refused(
                &text,
                "an instant with an offset, such as 2023-01-22T22:00:00+01:00",
            )
        })
}

pub(super) fn optional_instant<'de, D: Deserializer<'de>>(
    input: D,
) -> Result<Option<DateTime<Utc>>, D::Error> {
    instant(input).map(Some)
}

pub(super) fn day<'de, D: Deserializer<'de>>(input: D) -> Result<NaiveDate, D::Error> {
    let text = time_text(input)?;
    text.parse()
        .map_err(|_| refused(&text, "a day such as 2023-01-22"))
}

pub(super) fn optional_day<'de, D: Deserializer<'de>>(
    input: D,
) -> Result<Option<NaiveDate>, D::Error> {
    day(input).map(Some)
}

pub(super) fn case_state<'de, D: Deserializer<'de>>(input: D) -> Result<CaseState, D::Error> {
    one_of(input, CaseState::parse, || {
        CaseState::ALL.map(CaseState::as_str).join(", ")
    })
}

pub(super) fn mode<'de, D: Deserializer<'de>>(input: D) -> Result<Mode, D::Error> {
    one_of(input, Mode::parse, || "interest, collection".to_owned())
}

pub(super) fn register_status<'de, D: Deserializer<'de>>(
    input: D,
) -> Result<RegisterStatus, D::Error> {
    one_of(input, RegisterStatus::parse, || {
        "unknown, active, suspended, cancelled".to_owned()
    })
}

pub(super) fn treatment<'de, D: Deserializer<'de>>(input: D) -> Result<DomainTreatment, D::Error> {
    one_of(
        input,
        |word| DomainTreatment::parse(word).ok(),
        || "in_scope, verify, review, refuse".to_owned(),
    )
}

pub(super) fn language<'de, D: Deserializer<'de>>(input: D) -> Result<Language, D::Error> {
    one_of(input, Language::parse, || "it, en, de".to_owned())
}

pub(super) fn topic<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    one_of(input, |word| known(word, &TOPICS), || TOPICS.join(", "))
}

pub(super) fn text_kind<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    one_of(
        input,
        |word| known(word, &TEXT_KINDS),
        || TEXT_KINDS.join(", "),
    )
}

fn known(word: &str, words: &[&str]) -> Option<String> {
    words.contains(&word).then(|| word.to_owned())
}

fn one_of<'de, D: Deserializer<'de>, T>(
    input: D,
    read: impl Fn(&str) -> Option<T>,
    allowed: impl Fn() -> String,
) -> Result<T, D::Error> {
    let text = String::deserialize(input)?;
    read(&text).ok_or_else(|| refused(&text, &format!("one of {}", allowed())))
}

/// A TOML time, or the same as text.
fn time_text<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    match toml::Value::deserialize(input)? {
        toml::Value::Datetime(time) => Ok(time.to_string()),
        toml::Value::String(text) => Ok(text),
        other => Err(refused(other.type_str(), "a day or an instant")),
    }
}

fn refused<E: Error>(found: impl Display, expected: &str) -> E {
    Error::custom(format!("`{found}` is not {expected}"))
}
