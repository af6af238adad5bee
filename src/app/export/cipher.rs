//! Exports encrypted to keys that whoever asked for them names: `age` opens them.

use crate::app::error::{AppError, AppResult};
use crate::crypto::age::{Encryptor, Recipient};

/// Whether a text is a public key of `age` (`age1...`).
pub fn is_recipient(text: &str) -> bool {
    Recipient::parse(text).is_some()
}

/// What encrypts a file.
pub(super) struct Cipher(Encryptor);

impl Cipher {
    /// For these keys; `None` if there are none.
    pub(super) fn to(recipients: &[String]) -> AppResult<Option<Self>> {
        if recipients.is_empty() {
            return Ok(None);
        }
        let keys: Option<Vec<Recipient>> = recipients
            .iter()
            .map(|text| Recipient::parse(text))
            .collect();
        let keys = keys.ok_or_else(|| AppError::internal("a recipient is none"))?;
        Ok(Some(Self(Encryptor::new(&keys)?)))
    }

    pub(super) fn seal(&mut self, bytes: &[u8]) -> AppResult<Vec<u8>> {
        Ok(self.0.update(bytes)?)
    }

    pub(super) fn finish(self) -> AppResult<Vec<u8>> {
        Ok(self.0.finish()?)
    }
}
