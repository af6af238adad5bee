//! Where key and certificate of the seal on documents lie.

use std::path::PathBuf;

use super::{ConfigError, Options, absolute, given, wrong};

/// Key and certificate of the seal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealFiles {
    /// The key, PEM, PKCS#8.
    pub key: PathBuf,
    /// The certificate and whoever issued it, PEM.
    pub certificate: PathBuf,
}

/// Both files, or none.
pub(super) fn files(options: &Options) -> Result<Option<SealFiles>, ConfigError> {
    let key = given(options.seal_key_file.as_ref());
    let certificate = given(options.seal_certificate_file.as_ref());
    match (key, certificate) {
        (None, None) => Ok(None),
        (Some(key), Some(certificate)) => Ok(Some(SealFiles {
            key: absolute(key, "SEAL_KEY_FILE")?,
            certificate: absolute(certificate, "SEAL_CERTIFICATE_FILE")?,
        })),
        (Some(_), None) => Err(wrong(
            "SEAL_CERTIFICATE_FILE",
            "is missing: SEAL_KEY_FILE seals nothing without it",
        )),
        (None, Some(_)) => Err(wrong(
            "SEAL_KEY_FILE",
            "is missing: SEAL_CERTIFICATE_FILE seals nothing without it",
        )),
    }
}
