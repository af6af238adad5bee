//! Keys, sealing, blind indexes, passwords, tokens and JWT; the one backend is aws-lc-rs.
//!
//! Pure over bytes: no database, no environment, no clock (`now` is passed in). Two exceptions,
//! both on purpose: `master_key`, `dkim_key` and `seal_key` read or write key files, `password` needs a runtime
//! to keep argon2 off the async threads. Nothing here knows what a claimant is beyond an id.
//!
//! The tree of keys (DESIGN 4): the key file holds the root keys; a root key wraps the keys of the
//! associations and seals the platform's secrets; an association's key wraps the data key of each
//! of its claimants; the data key seals the claimant's documents. Erasing a person is deleting the
//! wrapped data key.

pub mod age;
pub mod blind_index;
pub mod challenge;
pub mod commitment;
pub mod dkim_key;
pub mod jwt;
mod mac;
pub mod master_key;
pub mod merkle;
pub mod note;
pub mod password;
pub mod public_key;
pub mod seal_key;
pub mod sealing;
pub mod secrets;
pub mod session;
pub mod sha256;
pub mod token;
pub mod totp;
pub mod tsp;
pub mod webhook;

use thiserror::Error;

use self::secrets::SecretPurpose;

/// Why a value could not be sealed, opened or read. Never carries a part of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CryptoError {
    /// The backend refused to seal; only a value of many gigabytes does that.
    #[error("the value cannot be sealed")]
    Seal,
    /// Wrong key, wrong place (additional data) or changed bytes: the three look the same.
    #[error("the sealed value does not open with this key in this place")]
    Open,
    /// A table or column name with a `|` would make the additional data ambiguous.
    #[error("the name of a sealed place contains `|`")]
    Place,
    /// A document could not be written as JSON, or the opened JSON has another shape.
    #[error("the sealed document has another shape (line {line}, column {column})")]
    Shape {
        /// Line of the JSON, from 1; 0 where there is none.
        line: usize,
        /// Column of the JSON, from 1; 0 where there is none.
        column: usize,
    },
    /// A platform secret is missing among the rows of `signing_keys`.
    #[error("the platform secret `{}` is missing", .0.as_str())]
    SecretMissing(SecretPurpose),
    /// A TOTP secret is not base32 or shorter than 16 bytes, or an issuer or account has a `:`.
    #[error("the TOTP secret or its label is malformed")]
    Totp,
}
