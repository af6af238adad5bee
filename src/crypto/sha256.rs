//! SHA-256 of bytes that come in pieces.

use std::fmt;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;

/// A hash under way.
#[derive(Clone)]
pub struct Sha256(digest::Context);

impl Sha256 {
    /// Of nothing yet.
    #[expect(
        clippy::new_without_default,
        reason = "nobody needs a default hash under way"
    )]
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// Takes the next bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The 32 bytes.
    pub fn finish(self) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

/// A hash in lower-case hexadecimal.
pub fn hex(hash: &[u8]) -> String {
    HEXLOWER.encode(hash)
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sha256(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_hash_like_the_whole() {
        let mut pieces = Sha256::new();
        pieces.update(b"a");
        pieces.update(b"bc");
        // FIPS 180-4, example of "abc"
        assert_eq!(
            hex(&pieces.finish()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
