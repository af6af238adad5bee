//! What binds a document to the evidence log without telling of it: canonical JSON and a salted hash
//! (DESIGN 5).

use serde::Serialize;

use crate::crypto::sha256::Sha256;
use crate::crypto::{CryptoError, token};

/// Bytes of the salt of a commitment.
pub const SALT: usize = 32;

/// Separate these hashes from every other one.
const DECLARATION: &[u8] = b"joinder-declaration/1\n";
const EVIDENCE: &[u8] = b"joinder-evidence/1\n";
const EVENT: &[u8] = b"joinder-event/1\n";

/// The one JSON text of a value: keys sorted, no blanks.
///
/// *source*: RFC 8785.
///
/// # Errors
/// `Shape` if the value has no JSON form.
pub fn canonical_json<T: Serialize>(value: &T) -> Result<Vec<u8>, CryptoError> {
    serde_json_canonicalizer::to_vec(value).map_err(|_| CryptoError::Shape { line: 0, column: 0 })
}

/// A new salt.
pub fn salt() -> [u8; SALT] {
    token::random_bytes()
}

/// The commitment: SHA-256 of domain, salt and canonical bytes. Without the salt, which rests sealed
/// with the claimant's key, it tells nothing about anybody.
pub fn commit(salt: &[u8], canonical: &[u8]) -> Vec<u8> {
    salted(DECLARATION, salt, canonical)
}

/// The commitment to the evidence of an act of signing, with the salt of its declaration. The evidence
/// names the hash of the document: so the log binds that, too.
pub fn commit_evidence(salt: &[u8], canonical: &[u8]) -> Vec<u8> {
    salted(EVIDENCE, salt, canonical)
}

/// The commitment to what staff or we did.
pub fn commit_event(salt: &[u8], canonical: &[u8]) -> Vec<u8> {
    salted(EVENT, salt, canonical)
}

fn salted(domain: &[u8], salt: &[u8], canonical: &[u8]) -> Vec<u8> {
    let mut digest = Sha256::new();
    digest.update(domain);
    digest.update(salt);
    digest.update(canonical);
    digest.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::crypto::sha256;

    #[test]
    fn canonical_json_sorts_keys_and_keeps_italian_as_it_is() {
        let value = json!({"b": 1, "a": ["perché", "«è»\n"], "c": {"z": null, "y": true}});
        let text = String::from_utf8(canonical_json(&value).unwrap()).unwrap();
        assert_eq!(
            text,
            r#"{"a":["perché","«è»\n"],"b":1,"c":{"y":true,"z":null}}"#
        );
    }

    #[test]
    fn a_commitment_is_the_hash_of_domain_salt_and_bytes() {
        let (salt, bytes) = ([7; SALT], b"{}");
        let whole = [b"joinder-declaration/1\n".as_slice(), &salt, bytes].concat();
        assert_eq!(commit(&salt, bytes), sha256::digest(&whole));
        assert_ne!(commit(&[8; SALT], bytes), commit(&salt, bytes));
        let whole = [b"joinder-evidence/1\n".as_slice(), &salt, bytes].concat();
        assert_eq!(commit_evidence(&salt, bytes), sha256::digest(&whole));
        assert_ne!(commit_event(&salt, bytes), commit_evidence(&salt, bytes));
    }
}
