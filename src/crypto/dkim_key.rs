//! The key that signs mails (DKIM, RFC 6376): RSA, in a PEM file of the operator's.
//!
//! Not Ed25519 (RFC 8463): too few of those who receive mail verify it, and a mail whose only signature they
//! cannot read counts as unsigned.

use std::fmt;
use std::path::Path;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use data_encoding::BASE64;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use thiserror::Error;
use zeroize::Zeroizing;

use super::master_key::{KeyFileError, read_private, write_private};

/// Shorter keys are not accepted any more (RFC 8301), longer ones do not fit into DNS answers.
const BITS: std::ops::RangeInclusive<usize> = 2048..=4096;
/// Characters of a line of a PEM file (RFC 7468).
const PEM_LINE: usize = 64;

/// An RSA key of 2048 to 4096 bits.
pub struct DkimKey {
    key: RsaKeyPair,
    public: String,
}

/// Why a key for mails cannot be used. Never carries a part of a key.
#[derive(Debug, Error)]
pub enum DkimKeyError {
    /// The file cannot be read or written, or others can reach it.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// It holds something else.
    #[error("the file holds no RSA key in PEM: make one with `joinder keygen --dkim`")]
    NotRsa,
    /// A key of another length.
    #[error("the RSA key has {0} bits: it must have from 2048 to 4096")]
    Length(usize),
    /// The backend refused.
    #[error("the RSA key cannot be used")]
    Refused,
}

impl DkimKey {
    /// Reads PEM, PKCS#8 or PKCS#1.
    ///
    /// # Errors
    /// [`DkimKeyError::NotRsa`], [`DkimKeyError::Length`].
    pub fn parse(pem: &str) -> Result<Self, DkimKeyError> {
        let key = match PrivateKeyDer::from_pem_slice(pem.as_bytes()) {
            Ok(PrivateKeyDer::Pkcs8(der)) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            Ok(PrivateKeyDer::Pkcs1(der)) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            Ok(_) | Err(_) => return Err(DkimKeyError::NotRsa),
        };
        Self::new(key.map_err(|_| DkimKeyError::NotRsa)?)
    }

    /// Reads a file that only its owner can reach.
    ///
    /// # Errors
    /// As [`DkimKey::parse`], and [`DkimKeyError::File`].
    pub fn load(path: &Path) -> Result<Self, DkimKeyError> {
        Self::parse(&read_private(path)?)
    }

    /// Makes a new file with a new key of 2048 bits, PKCS#8, mode 0600.
    ///
    /// # Errors
    /// [`DkimKeyError::File`], also for a file that exists: keys are never overwritten.
    pub fn create(path: &Path) -> Result<Self, DkimKeyError> {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| DkimKeyError::Refused)?;
        let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| DkimKeyError::Refused)?;
        write_private(path, pem(der.as_ref()).as_bytes())?;
        Self::new(key)
    }

    fn new(key: RsaKeyPair) -> Result<Self, DkimKeyError> {
        let bits = key.public_modulus_len() * 8;
        if !BITS.contains(&bits) {
            return Err(DkimKeyError::Length(bits));
        }
        let der: PublicKeyX509Der<'_> = key
            .public_key()
            .as_der()
            .map_err(|_| DkimKeyError::Refused)?;
        let public = BASE64.encode(der.as_ref());
        Ok(Self { key, public })
    }

    /// The public key as a DNS record tells it: base64 of SubjectPublicKeyInfo.
    pub fn public_key(&self) -> &str {
        &self.public
    }

    /// Length of the modulus.
    pub fn bits(&self) -> usize {
        self.key.public_modulus_len() * 8
    }

    /// `rsa-sha256` over the bytes, base64. The same bytes give the same signature.
    ///
    /// # Errors
    /// [`DkimKeyError::Refused`].
    pub fn sign(&self, bytes: &[u8]) -> Result<String, DkimKeyError> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                bytes,
                &mut signature,
            )
            .map_err(|_| DkimKeyError::Refused)?;
        Ok(BASE64.encode(&signature))
    }
}

fn pem(der: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new("-----BEGIN PRIVATE KEY-----\n".to_owned());
    let encoded = Zeroizing::new(BASE64.encode(der));
    for (place, letter) in encoded.chars().enumerate() {
        if place > 0 && place % PEM_LINE == 0 {
            text.push('\n');
        }
        text.push(letter);
    }
    text.push_str("\n-----END PRIVATE KEY-----\n");
    text
}

impl fmt::Debug for DkimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DkimKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_new_key_is_kept_to_its_owner_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dkim.pem");
        let made = DkimKey::create(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let read = DkimKey::load(&path).unwrap();
        assert_eq!((read.bits(), read.public_key()), (2048, made.public_key()));
        assert_eq!(
            made.sign(b"a mail").unwrap(),
            read.sign(b"a mail").unwrap(),
            "a retry is the same mail"
        );
        assert!(matches!(
            DkimKey::create(&path),
            Err(DkimKeyError::File(KeyFileError::Exists { .. }))
        ));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            DkimKey::load(&path),
            Err(DkimKeyError::File(KeyFileError::Exposed { .. }))
        ));
    }

    #[test]
    fn what_is_no_rsa_key_is_refused() {
        let ed25519 = "-----BEGIN PRIVATE KEY-----\n\
                       MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                       -----END PRIVATE KEY-----\n";
        for bad in ["", "a key", ed25519] {
            assert!(
                matches!(DkimKey::parse(bad), Err(DkimKeyError::NotRsa)),
                "{bad}"
            );
        }
    }
}
