//! Single values of a case as staff type them, each told at its field where it is wrong.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone, Utc};
use chrono_tz::Europe::Rome;

use super::{CaseContent, Words};
use crate::domain::codice_fiscale::CodiceFiscale;
use crate::domain::email_address::EmailAddress;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::one_line::one_line;
use crate::domain::paragraphs::paragraphs;
use crate::domain::seed::is_slug;
use crate::domain::vat_number::NumericCodiceFiscale;

/// Longest line, in characters.
const LINE: usize = 300;
/// Longest passage, in characters.
const PASSAGE: usize = 4_000;
/// Most rows of a section.
const ROWS: usize = 200;

/// Reads the fields one by one, and keeps what is wrong.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) errors: FieldErrors,
}

impl Reader {
    pub(super) fn text(
        &mut self,
        pointer: impl Into<String>,
        value: &mut String,
        read: fn(&str) -> Result<String, FieldCode>,
    ) {
        let pointer = pointer.into();
        if value.trim().is_empty() {
            value.clear();
            return self.required(pointer);
        }
        match read(value) {
            Ok(clean) => *value = clean,
            Err(FieldCode::TooLong) => {
                self.errors
                    .push(pointer, FieldCode::TooLong, "error-desk-long");
            }
            Err(_) => self.wrong(pointer),
        }
    }

    pub(super) fn maybe(&mut self, pointer: impl Into<String>, value: &mut String) {
        if value.trim().is_empty() {
            value.clear();
        } else {
            self.text(pointer, value, line);
        }
    }

    pub(super) fn words(
        &mut self,
        pointer: &str,
        words: &mut Words,
        read: fn(&str) -> Result<String, FieldCode>,
    ) {
        self.text(format!("{pointer}/it"), &mut words.it, read);
        for (word, value) in [("en", &mut words.en), ("de", &mut words.de)] {
            if value.trim().is_empty() {
                value.clear();
            } else {
                self.text(format!("{pointer}/{word}"), value, read);
            }
        }
    }

    pub(super) fn slug(&mut self, pointer: impl Into<String>, value: &mut String) {
        let pointer = pointer.into();
        *value = value.trim().to_owned();
        if value.is_empty() {
            self.required(pointer);
        } else if !is_slug(value) {
            self.errors
                .push(pointer, FieldCode::Format, "error-slug-format");
        }
    }

    pub(super) fn codice_fiscale(&mut self, pointer: impl Into<String>, value: &mut String) {
        let pointer = pointer.into();
        if value.trim().is_empty() {
            value.clear();
            return self.required(pointer);
        }
        let is_company = value.trim().bytes().all(|byte| byte.is_ascii_digit());
        let read = if is_company {
            NumericCodiceFiscale::parse(value).map(|code| code.as_str().to_owned())
        } else {
            CodiceFiscale::parse(value).map(|code| code.as_str().to_owned())
        };
        match read {
            Ok(code) => *value = code,
            Err(error) => self.errors.push(pointer, error.code, error.reason),
        }
    }

    pub(super) fn email(&mut self, pointer: impl Into<String>, value: &mut String) {
        let pointer = pointer.into();
        if value.trim().is_empty() {
            value.clear();
            return self.required(pointer);
        }
        match EmailAddress::parse(value) {
            Ok(address) => address.as_str().clone_into(value),
            Err(error) => self.errors.push(pointer, error.code, error.reason),
        }
    }

    pub(super) fn day(
        &mut self,
        pointer: impl Into<String>,
        value: &mut String,
    ) -> Option<NaiveDate> {
        let pointer = pointer.into();
        if value.trim().is_empty() {
            value.clear();
            self.required(pointer);
            return None;
        }
        let read = day(value);
        match read {
            Some(day) => *value = day.to_string(),
            None => self
                .errors
                .push(pointer, FieldCode::Format, "error-day-format"),
        }
        read
    }

    pub(super) fn instant(
        &mut self,
        pointer: impl Into<String>,
        value: &mut String,
    ) -> Option<DateTime<Utc>> {
        let pointer = pointer.into();
        if value.trim().is_empty() {
            value.clear();
            self.required(pointer);
            return None;
        }
        let read = instant(value);
        match read {
            Some(at) => *value = written(at),
            None => self.wrong(pointer),
        }
        read
    }

    pub(super) fn mentioned(
        &mut self,
        pointer: String,
        value: &mut String,
        slugs: &HashSet<String>,
    ) {
        *value = value.trim().to_owned();
        if !value.is_empty() && !slugs.contains(value) {
            self.errors
                .push(pointer, FieldCode::UnknownValue, "error-incident-unknown");
        }
    }

    pub(super) fn once<K: Eq + std::hash::Hash>(
        &mut self,
        section: &str,
        field: &str,
        keys: impl Iterator<Item = K>,
    ) {
        let mut seen = HashSet::new();
        for (place, key) in keys.enumerate() {
            if !seen.insert(key) {
                let pointer = format!("{section}/{place}/{field}");
                self.errors
                    .push(pointer, FieldCode::UnknownValue, "error-desk-twice");
            }
        }
    }

    pub(super) fn rows(&mut self, section: &str, count: usize) {
        if count > ROWS {
            self.errors
                .push(section, FieldCode::TooLong, "error-desk-long");
        }
    }

    pub(super) fn required(&mut self, pointer: impl Into<String>) {
        self.errors
            .push(pointer, FieldCode::Required, "error-required");
    }

    pub(super) fn wrong(&mut self, pointer: impl Into<String>) {
        self.errors.push(pointer, FieldCode::Format, "error-format");
    }

    pub(super) fn unknown(&mut self, pointer: impl Into<String>) {
        self.errors
            .push(pointer, FieldCode::UnknownValue, "error-unknown-value");
    }

    pub(super) fn out_of_range(&mut self, pointer: impl Into<String>) {
        self.errors
            .push(pointer, FieldCode::OutOfRange, "error-format");
    }

    pub(super) fn order(&mut self, pointer: impl Into<String>) {
        self.errors
            .push(pointer, FieldCode::OutOfRange, "error-desk-order");
    }
}

/// A day as `2026-01-31`, or as people type it.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    text.parse()
        .ok()
        .or_else(|| NaiveDate::parse_from_str(text, "%d/%m/%Y").ok())
}

/// RFC 3339, or the clock of Rome; of an hour that comes twice the first.
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let of_rome = |form| {
        let local = NaiveDateTime::parse_from_str(text, form).ok()?;
        let at = Rome.from_local_datetime(&local).earliest()?;
        Some(at.with_timezone(&Utc))
    };
    let zoned = DateTime::parse_from_rfc3339(text).ok();
    zoned
        .map(|at| at.with_timezone(&Utc))
        .or_else(|| of_rome("%Y-%m-%dT%H:%M"))
        .or_else(|| of_rome("%Y-%m-%dT%H:%M:%S"))
}

/// An instant as it is kept.
pub(super) fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub(super) fn slugs(content: &CaseContent) -> HashSet<String> {
    let slugs = content.incidents.iter();
    slugs.map(|it| it.slug.trim().to_owned()).collect()
}

pub(super) fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) fn line(text: &str) -> Result<String, FieldCode> {
    one_line(text, LINE, "error-format", "error-desk-long").map_err(|error| error.code)
}

pub(super) fn passage(text: &str) -> Result<String, FieldCode> {
    paragraphs(text, PASSAGE, "error-format", "error-desk-long").map_err(|error| error.code)
}
