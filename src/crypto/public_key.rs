//! Checking signatures that others made, with their public keys: RSA and ECDSA over SHA-2.

use aws_lc_rs::{digest, signature};

/// A hash function that signatures may rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A way of signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// RSA with PKCS#1 v1.5 padding.
    RsaPkcs1,
    /// RSA-PSS, salt as long as the hash.
    RsaPss,
    /// ECDSA on P-256, signature in DER.
    EcdsaP256,
    /// ECDSA on P-384, signature in DER.
    EcdsaP384,
    /// ECDSA on P-521, signature in DER.
    EcdsaP521,
}

/// The hash of pieces one after the other.
pub fn hash(hash: Hash, pieces: &[&[u8]]) -> Vec<u8> {
    let algorithm = match hash {
        Hash::Sha256 => &digest::SHA256,
        Hash::Sha384 => &digest::SHA384,
        Hash::Sha512 => &digest::SHA512,
    };
    let mut context = digest::Context::new(algorithm);
    for piece in pieces {
        context.update(piece);
    }
    context.finish().as_ref().to_vec()
}

/// SHA-1: by it a certificate is *named* in OCSP answers and old attributes. Nothing is proved by it.
pub fn name_by_sha1(bytes: &[u8]) -> Vec<u8> {
    let algorithm = &digest::SHA1_FOR_LEGACY_USE_ONLY;
    digest::digest(algorithm, bytes).as_ref().to_vec()
}

/// Whether the signature over the message is right. `key`: the bits of the SubjectPublicKeyInfo (PKCS#1
/// for RSA of 2,048 to 8,192 bits, the point for ECDSA). A key that is none is a signature that is none.
pub fn is_signed(scheme: Scheme, with: Hash, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let algorithm: &dyn signature::VerificationAlgorithm = match (scheme, with) {
        (Scheme::RsaPkcs1, Hash::Sha256) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (Scheme::RsaPkcs1, Hash::Sha384) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (Scheme::RsaPkcs1, Hash::Sha512) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (Scheme::RsaPss, Hash::Sha256) => &signature::RSA_PSS_2048_8192_SHA256,
        (Scheme::RsaPss, Hash::Sha384) => &signature::RSA_PSS_2048_8192_SHA384,
        (Scheme::RsaPss, Hash::Sha512) => &signature::RSA_PSS_2048_8192_SHA512,
        (Scheme::EcdsaP256, Hash::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
        (Scheme::EcdsaP256, Hash::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
        (Scheme::EcdsaP256, Hash::Sha512) => &signature::ECDSA_P256_SHA512_ASN1,
        (Scheme::EcdsaP384, Hash::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
        (Scheme::EcdsaP384, Hash::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
        (Scheme::EcdsaP384, Hash::Sha512) => &signature::ECDSA_P384_SHA512_ASN1,
        (Scheme::EcdsaP521, Hash::Sha256) => &signature::ECDSA_P521_SHA256_ASN1,
        (Scheme::EcdsaP521, Hash::Sha384) => &signature::ECDSA_P521_SHA384_ASN1,
        (Scheme::EcdsaP521, Hash::Sha512) => &signature::ECDSA_P521_SHA512_ASN1,
    };
    signature::UnparsedPublicKey::new(algorithm, key)
        .verify(message, signature)
        .is_ok()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

    use super::*;

    #[test]
    fn a_signature_is_right_for_its_key_and_message_only() {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let key = pair.public_key().as_ref();
        let signature = pair.sign(&random, b"abc").unwrap();
        let is_right = |with, message: &[u8]| {
            is_signed(Scheme::EcdsaP256, with, key, message, signature.as_ref())
        };
        assert!(is_right(Hash::Sha256, b"abc"));
        assert!(!is_right(Hash::Sha256, b"abd"));
        assert!(!is_right(Hash::Sha384, b"abc"));
        assert!(!is_signed(
            Scheme::RsaPss,
            Hash::Sha256,
            key,
            b"abc",
            signature.as_ref()
        ));
        assert!(!is_signed(
            Scheme::EcdsaP256,
            Hash::Sha256,
            b"",
            b"abc",
            b""
        ));
    }

    #[test]
    fn hashes_are_those_of_fips_180() {
        assert_eq!(
            hash(Hash::Sha256, &[b"a", b"bc"]),
            hash(Hash::Sha256, &[b"abc"])
        );
        assert_eq!(hash(Hash::Sha384, &[b"abc"]).len(), 48);
        assert_eq!(hash(Hash::Sha512, &[b"abc"])[..4], [0xdd, 0xaf, 0x35, 0xa1]);
        assert_eq!(name_by_sha1(b"abc")[..4], [0xa9, 0x99, 0x3e, 0x36]);
    }
}
