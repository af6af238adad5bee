//! The key that seals issued documents (PAdES): RSA or ECDSA on P-256, in a PEM file of the operator's.

use std::fmt;
use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use thiserror::Error;

use super::master_key::{KeyFileError, read_private};
use super::public_key::Scheme;

/// Shorter RSA keys are weak, longer ones nobody verifies.
const BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// A key that signs SHA-256 hashes.
pub struct SealKey(Pair);

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
}

/// Why a key for seals cannot be used. Never carries a part of a key.
#[derive(Debug, Error)]
pub enum SealKeyError {
    /// The file cannot be read, or others can reach it.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// It holds something else.
    #[error("the file holds no RSA or ECDSA P-256 key in PEM (PKCS#8, `BEGIN PRIVATE KEY`)")]
    Kind,
    /// A key of another length.
    #[error("the RSA key has {0} bits: it must have from 2048 to 8192")]
    Length(usize),
    /// The backend refused.
    #[error("the key cannot be used")]
    Refused,
}

impl SealKey {
    /// Reads PEM, PKCS#8.
    ///
    /// # Errors
    /// [`SealKeyError::Kind`], [`SealKeyError::Length`].
    pub fn parse(pem: &str) -> Result<Self, SealKeyError> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes());
        let der = der.map_err(|_| SealKeyError::Kind)?;
        let der = der.secret_pkcs8_der();
        if let Ok(key) = RsaKeyPair::from_pkcs8(der) {
            let bits = key.public_modulus_len() * 8;
            return if BITS.contains(&bits) {
                Ok(Self(Pair::Rsa(key)))
            } else {
                Err(SealKeyError::Length(bits))
            };
        }
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der)
            .map(|key| Self(Pair::Ecdsa(key)))
            .map_err(|_| SealKeyError::Kind)
    }

    /// Reads a file that only its owner can reach.
    ///
    /// # Errors
    /// As [`SealKey::parse`], and [`SealKeyError::File`].
    pub fn load(path: &Path) -> Result<Self, SealKeyError> {
        Self::parse(&read_private(path)?)
    }

    /// How it signs, always over SHA-256.
    pub const fn scheme(&self) -> Scheme {
        match self.0 {
            Pair::Rsa(_) => Scheme::RsaPkcs1,
            Pair::Ecdsa(_) => Scheme::EcdsaP256,
        }
    }

    /// The public half, as the bits of a SubjectPublicKeyInfo hold it: PKCS#1 for RSA, the point for ECDSA.
    pub fn public_bits(&self) -> &[u8] {
        match &self.0 {
            Pair::Rsa(key) => key.public_key().as_ref(),
            Pair::Ecdsa(key) => key.public_key().as_ref(),
        }
    }

    /// Signs a message.
    ///
    /// # Errors
    /// [`SealKeyError::Refused`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SealKeyError> {
        let random = SystemRandom::new();
        match &self.0 {
            Pair::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(|_| SealKeyError::Refused)?;
                Ok(signature)
            }
            Pair::Ecdsa(key) => {
                let signature = key.sign(&random, message);
                let signature = signature.map_err(|_| SealKeyError::Refused)?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::KeySize;
    use data_encoding::BASE64;

    use super::*;
    use crate::crypto::public_key::{Hash, is_signed};

    fn pem(der: &[u8]) -> String {
        let body = BASE64.encode(der);
        format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
    }

    fn assert_signs(key: &SealKey, scheme: Scheme) {
        assert_eq!(key.scheme(), scheme);
        let signature = key.sign(b"a document").unwrap();
        let is_right =
            |message| is_signed(scheme, Hash::Sha256, key.public_bits(), message, &signature);
        assert!(is_right(b"a document"));
        assert!(!is_right(b"a Document"));
    }

    #[test]
    fn rsa_and_p256_keys_sign_what_their_public_half_verifies() {
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = rsa.as_der().unwrap();
        assert_signs(
            &SealKey::parse(&pem(der.as_ref())).unwrap(),
            Scheme::RsaPkcs1,
        );
        let ecdsa =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new());
        let ecdsa = pem(ecdsa.unwrap().as_ref());
        assert_signs(&SealKey::parse(&ecdsa).unwrap(), Scheme::EcdsaP256);
    }

    #[test]
    fn what_is_no_key_for_seals_is_refused() {
        let ed25519 = "-----BEGIN PRIVATE KEY-----\n\
                       MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
                       -----END PRIVATE KEY-----\n";
        for bad in ["", "a key", ed25519] {
            let refused = SealKey::parse(bad);
            assert!(matches!(refused, Err(SealKeyError::Kind)), "{bad}");
        }
    }
}
