//! Keys, sealing, blind indexes, passwords, tokens and JWT; the one backend is aws-lc-rs.
/// x
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct CryptoError;
