//! The sentence for a wrong field: from its JSON pointer and the reason to words.
//!
//! Pages and problem documents say the same thing, so both come here. A reason is a key of
//! `error.ftl`: one of `domain::field::REASONS`, or one of [`GENERAL`], which names the field.

use super::text::Text;
use crate::domain::field::FieldError;

/// Reasons that a parser of requests gives, beside those of the domain.
pub const GENERAL: &[&str] = &[
    "error-required",
    "error-format",
    "error-json-type",
    "error-put-in-items",
    "error-unknown-field",
    "error-code-required",
    "error-code-wrong",
    "error-code-of-mail",
    "error-amount-format",
    "error-documents-too-many",
    "error-file-empty",
    "error-file-heic",
    "error-file-required",
    "error-file-too-large",
    "error-file-too-many",
    "error-file-type",
    "error-proof-kind-required",
    "error-proof-kind-unknown",
    "error-nothing-contradicted",
    "error-mail-code-format",
    "error-mail-code-required",
    "error-window-from-missing",
    "error-code-over",
    "error-code-replaced",
    "error-mailbox-codes-too-many",
    "error-codes-too-many",
    "error-payout-code-required",
    "error-consents-by-link",
    "error-import-columns",
    "error-import-empty",
    "error-import-encoding",
    "error-import-inflates",
    "error-import-map-count",
    "error-import-not-a-list",
    "error-import-only-head",
    "error-import-quotes",
    "error-import-rows",
    "error-import-unreadable",
    "error-import-utf16",
    "error-import-xls",
];

/// The sentence for `reason` at `pointer` (RFC 6901, as in `/mailboxes/0/address`).
pub fn message(text: Text, pointer: &str, reason: &str) -> String {
    message_about(text, pointer, reason, None)
}

/// As [`message`], of something in the field that the sentence names.
pub fn message_about(text: Text, pointer: &str, reason: &str, about: Option<&str>) -> String {
    sentence(text, (pointer, reason), about, &[])
}

fn sentence(
    text: Text,
    (pointer, reason): (&str, &str),
    about: Option<&str>,
    expected: &[String],
) -> String {
    let label = label(text, pointer);
    let about = about.unwrap_or_default().to_owned();
    let values = [
        ("label", label.clone().into()),
        ("about", about.into()),
        ("expected", expected.join(", ").into()),
    ];
    let sentence = text.with(reason, &values);
    if sentence == reason {
        return text.with("error-other", &[("label", label.into())]);
    }
    sentence
}

/// As [`message_about`], for programs: they reload no page.
pub fn message_of_api(text: Text, field: &FieldError) -> String {
    let reason = match field.reason {
        "error-consent-version-unknown" => "error-consent-version-stale",
        "error-unknown-field" => "error-unknown-member",
        reason => reason,
    };
    let place = (field.pointer.as_str(), reason);
    sentence(text, place, field.about.as_deref(), &field.expected)
}

/// The name of the field in words, with the number of its row where there are several.
pub fn label(text: Text, pointer: &str) -> String {
    let name = field_of_section(pointer)
        .and_then(|field| text.try_word("label", &field))
        .unwrap_or_else(|| text.word("label", &field(pointer)));
    match row(pointer) {
        Some(row) => text.with(
            "label-in-row",
            &[("name", name.into()), ("row", row.into())],
        ),
        None => name,
    }
}

/// The last word of the pointer that is not a row number.
fn field(pointer: &str) -> String {
    pointer
        .rsplit('/')
        .find(|part| !part.is_empty() && part.parse::<u32>().is_err())
        .unwrap_or("form")
        .replace('_', "-")
}

/// The last two words, where a field is called otherwise in its section: `plans-name`.
fn field_of_section(pointer: &str) -> Option<String> {
    let is_word = |part: &&str| !part.is_empty() && part.parse::<u32>().is_err();
    let mut words = pointer.rsplit('/').filter(is_word);
    let (last, before) = (words.next()?, words.next()?);
    Some(format!("{before}-{last}").replace('_', "-"))
}

/// The row number as people count, from one; only where rows are mailboxes.
fn row(pointer: &str) -> Option<u32> {
    let rest = pointer.strip_prefix("/mailboxes/")?;
    let (row, _) = rest.split_once('/')?;
    row.parse::<u32>().ok()?.checked_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::field::REASONS;
    use crate::domain::language::Language;

    #[test]
    fn every_reason_has_a_sentence_of_its_own_in_each_language() {
        let it = Text::new(Language::It);
        let en = Text::new(Language::En);
        let de = Text::new(Language::De);
        for reason in REASONS.iter().chain(GENERAL) {
            let italian = message(it, "/person/given_name", reason);
            let english = message(en, "/person/given_name", reason);
            assert_ne!(
                italian,
                message(it, "/person/given_name", "surprise"),
                "{reason}"
            );
            assert_ne!(italian, english, "{reason}");
            let german = message(de, "/person/given_name", reason);
            assert!(![&italian, &english].contains(&&german), "{reason}");
        }
    }

    #[test]
    fn an_unknown_reason_still_names_the_field() {
        let message = message(Text::new(Language::En), "/person/birth_date", "surprise");
        assert!(message.contains("Date of birth"), "{message}");
    }

    #[test]
    fn a_field_in_a_row_is_named_with_its_row() {
        let message = message(
            Text::new(Language::It),
            "/mailboxes/1/plan",
            "error-unknown-value",
        );
        assert!(message.contains("Piano (riga 2)"), "{message}");
    }
}
