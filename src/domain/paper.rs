//! A declaration signed by hand: what is handed in, and why it may be refused (R44, R64).

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    field::{FieldCode, FieldErrors, ValueError},
    file_type::FileType,
    representation::day,
};

/// Pages, as files: photos one each, or PDFs of several.
pub const MOST_SCANS: usize = 40;
/// Bytes of one file.
pub const FILE_BYTES: u64 = 15 * 1024 * 1024;
/// Bytes of all files of one hand-in.
pub const TOTAL_BYTES: u64 = 100 * 1024 * 1024;
/// Hand-ins of one record in 24 hours: each keeps its files.
pub const HAND_INS_A_DAY: usize = 10;

/// What a file of a hand-in shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SheetKind {
    /// Pages of the signed form.
    Scan,
    /// Front of the identity document.
    IdFront,
    /// Its back.
    IdBack,
}

impl SheetKind {
    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::IdFront => "id_front",
            Self::IdBack => "id_back",
        }
    }

    /// Whether it shows the identity document.
    pub const fn is_identity(self) -> bool {
        matches!(self, Self::IdFront | Self::IdBack)
    }
}

/// A file of a hand-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// What it shows.
    pub kind: SheetKind,
    /// Id of the kept file.
    pub file: Uuid,
    /// Word of its type.
    pub file_type: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of its bytes, hex.
    pub sha256: String,
}

/// The days of a hand-in, checked: the identity document is valid on the day of signing (R44).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// When it was signed.
    pub signed_on: NaiveDate,
    /// Last day on which the identity document is valid.
    pub id_expires_on: NaiveDate,
}

impl Days {
    /// Reads the days; by default it was signed `today`. Errors are noted at `/id_expires_on` and
    /// `/signed_on`.
    pub fn parse(
        id_expires_on: Option<&str>,
        signed_on: Option<&str>,
        (declared_on, today): (NaiveDate, NaiveDate),
        errors: &mut FieldErrors,
    ) -> Option<Self> {
        let signed_on = day(signed_on).and_then(|signed_on| match signed_on {
            Some(day) if day > today => {
                Err(ValueError::new(FieldCode::OutOfRange, "error-day-future"))
            }
            Some(day) if day < declared_on => Err(ValueError::new(
                FieldCode::OutOfRange,
                "error-signed-before-declared",
            )),
            day => Ok(day.unwrap_or(today)),
        });
        let signed_on = errors.take("/signed_on", signed_on);
        let expires = day(id_expires_on).and_then(|day| match (day, signed_on) {
            (None, _) => Err(ValueError::new(
                FieldCode::Required,
                "error-id-expires-on-required",
            )),
            (Some(day), Some(signed_on)) if day < signed_on => {
                Err(ValueError::new(FieldCode::OutOfRange, "error-id-expired"))
            }
            (Some(day), _) => Ok(day),
        });
        let id_expires_on = errors.take("/id_expires_on", expires);
        Some(Self {
            signed_on: signed_on?,
            id_expires_on: id_expires_on?,
        })
    }
}

/// Whether a file can be looked at and printed: a PDF or a picture.
///
/// # Errors
/// `format`, with its own words for the photos of an iPhone.
pub fn readable(file_type: Option<FileType>) -> Result<FileType, ValueError> {
    match file_type {
        Some(found) if matches!(found, FileType::Pdf | FileType::Jpeg | FileType::Png) => Ok(found),
        Some(FileType::Heic) => Err(ValueError::new(FieldCode::Format, "error-sheet-heic")),
        Some(_) | None => Err(ValueError::new(FieldCode::Format, "error-sheet-type")),
    }
}

/// What the second person looks for on the sheets, and says so of each, before approving (R44): all pages, the
/// declared version, the signatures, the identity document.
pub const LOOKS: [&str; 4] = ["pages", "fingerprint", "signatures", "identity"];

/// Why a hand-in was not taken: what the claimant is told to do again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Not all pages are there.
    PagesMissing,
    /// It cannot be read.
    Unreadable,
    /// A signature, place or date is missing.
    NotSigned,
    /// A side of the identity document is missing or cannot be read.
    IdentityMissing,
    /// The identity document was not valid on the day of signing.
    IdentityExpired,
    /// Another version than the newest one.
    OtherVersion,
    /// Signed by somebody else, or somebody else's identity document.
    OtherPerson,
}

impl Flaw {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::PagesMissing,
        Self::Unreadable,
        Self::NotSigned,
        Self::IdentityMissing,
        Self::IdentityExpired,
        Self::OtherVersion,
        Self::OtherPerson,
    ];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PagesMissing => "pages_missing",
            Self::Unreadable => "unreadable",
            Self::NotSigned => "not_signed",
            Self::IdentityMissing => "identity_missing",
            Self::IdentityExpired => "identity_expired",
            Self::OtherVersion => "other_version",
            Self::OtherPerson => "other_person",
        }
    }

    /// Reads the wire name.
    ///
    /// # Errors
    /// `required`; `unknown_value`.
    pub fn parse(text: Option<&str>) -> Result<Self, ValueError> {
        let text = super::field::filled(text)
            .ok_or(ValueError::new(FieldCode::Required, "error-flaw-required"))?;
        let found = Self::ALL.into_iter().find(|flaw| flaw.as_str() == text);
        found.ok_or(ValueError::new(
            FieldCode::UnknownValue,
            "error-flaw-unknown",
        ))
    }
}

impl fmt::Display for SheetKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, day).unwrap()
    }

    fn read(expires: &str, signed: &str) -> Result<Days, Vec<String>> {
        let mut errors = FieldErrors::new();
        let around = (on(3, 1), on(3, 10));
        Days::parse(Some(expires), Some(signed), around, &mut errors)
            .ok_or_else(|| errors.iter().map(|error| error.pointer.clone()).collect())
    }

    #[test]
    fn r44_the_identity_document_is_valid_on_the_day_of_signing() {
        let days = read("2026-03-05", "2026-03-05").unwrap();
        assert_eq!((days.signed_on, days.id_expires_on), (on(3, 5), on(3, 5)));
        assert_eq!(read("2026-03-10", "").unwrap().signed_on, on(3, 10));
        for (expires, signed, pointer) in [
            ("2026-03-04", "2026-03-05", "/id_expires_on"),
            ("2026-03-09", "", "/id_expires_on"),
            ("", "2026-03-05", "/id_expires_on"),
            ("5 marzo", "2026-03-05", "/id_expires_on"),
            ("2030-01-01", "2026-03-11", "/signed_on"),
            ("2030-01-01", "2026-02-28", "/signed_on"),
        ] {
            assert_eq!(
                read(expires, signed),
                Err(vec![pointer.to_owned()]),
                "{expires} {signed}"
            );
        }
    }

    #[test]
    fn a_flaw_reads_back_from_its_wire_name() {
        for flaw in Flaw::ALL {
            assert_eq!(Flaw::parse(Some(flaw.as_str())), Ok(flaw));
        }
        assert!(Flaw::parse(Some("ugly")).is_err());
        assert!(Flaw::parse(None).is_err());
    }
}
