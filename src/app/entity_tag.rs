//! The entity tag of an answer that is the same for everybody.

use crate::crypto::sha256;

/// A part of the hash of the bytes, quoted (RFC 9110, 8.8.3).
pub fn of(bytes: &[u8]) -> String {
    let hash = sha256::hex(&sha256::digest(bytes));
    format!("\"{}\"", hash.chars().take(32).collect::<String>())
}
