//! Keyed hashes: HMAC-SHA256 with derived keys. Everything keyed in `crypto` goes through here, so
//! that no two uses can ever hash the same bytes under the same key.

use aws_lc_rs::hmac;
use zeroize::Zeroize;

/// An HMAC-SHA256 key made for one use.
#[derive(Clone)]
pub(super) struct MacKey(hmac::Key);

impl MacKey {
    /// Derives the key of one use from a uniformly random secret: one block of HKDF-Expand, with
    /// the secret as the pseudorandom key (RFC 5869, 2.3 and 3.3).
    pub(super) fn derive(secret: &[u8; 32], label: &str, parts: &[&[u8]]) -> Self {
        let mut info = encode(label, parts);
        info.push(1);
        let mut derived = sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), &info);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &derived);
        derived.zeroize();
        Self(key)
    }

    /// HMAC over label and parts, each preceded by its length: no two lists give the same bytes.
    pub(super) fn mac(&self, label: &str, parts: &[&[u8]]) -> [u8; 32] {
        sign(&self.0, &encode(label, parts))
    }

    /// The first 16 bytes of [`MacKey::mac`].
    pub(super) fn mac16(&self, label: &str, parts: &[&[u8]]) -> [u8; 16] {
        first(&self.mac(label, parts))
    }
}

/// The first `N` bytes of a hash; shorter input leaves zeros, so callers keep `N <= 32`.
pub(super) fn first<const N: usize>(hash: &[u8; 32]) -> [u8; N] {
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(hash) {
        *to = *from;
    }
    out
}

/// Label and parts in one buffer: one call into the backend costs less than many small ones.
fn encode(label: &str, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts
        .iter()
        .fold(label.len(), |sum, part| sum + 8 + part.len());
    let mut bytes = Vec::with_capacity(8 + length + 1);
    append(&mut bytes, label.as_bytes());
    for part in parts {
        append(&mut bytes, part);
    }
    bytes
}

fn append(bytes: &mut Vec<u8>, part: &[u8]) {
    let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(part);
}

/// An HMAC-SHA256 tag has 32 bytes, so the copy fits.
fn sign(key: &hmac::Key, message: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(hmac::sign(key, message).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hkdf;
    use data_encoding::HEXLOWER;

    use super::*;

    #[test]
    fn the_encoding_is_length_and_bytes_of_each_part() {
        assert_eq!(
            encode("ab", &[b"", b"c"]),
            *b"\0\0\0\0\0\0\0\x02ab\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01c"
        );
    }

    #[test]
    fn the_backend_is_hmac_sha256_of_rfc_4231() {
        let vectors: [(&[u8], &[u8], &str); 2] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
        ];
        for (key, message, tag) in vectors {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key);
            assert_eq!(HEXLOWER.encode(&sign(&key, message)), tag);
        }
    }

    #[test]
    fn a_derived_key_is_hkdf_expand_of_rfc_5869() {
        let secret = [7; 32];
        let derived = MacKey::derive(&secret, "label", &[b"a", b"bc"]);
        let info = encode("label", &[b"a", b"bc"]);
        let infos = [info.as_slice()];
        let mut expected = [0; 32];
        hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &secret)
            .expand(&infos, hkdf::HKDF_SHA256)
            .unwrap()
            .fill(&mut expected)
            .unwrap();
        let message = encode("use", &[b"x"]);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &expected), &message);
        assert_eq!(derived.mac("use", &[b"x"]), tag.as_ref());
    }

    #[test]
    fn parts_cannot_slide_into_each_other() {
        let key = MacKey::derive(&[7; 32], "label", &[]);
        assert_ne!(key.mac("l", &[b"ab", b"c"]), key.mac("l", &[b"a", b"bc"]));
        assert_ne!(key.mac("l", &[b"ab"]), key.mac("l", &[b"a", b"b"]));
        assert_ne!(key.mac("la", &[b"b"]), key.mac("l", &[b"ab"]));
        assert_ne!(key.mac("l", &[b""]), key.mac("l", &[]));
        assert_eq!(key.mac16("l", &[b"a"]), key.mac("l", &[b"a"])[..16]);
    }
}
