//! Other servers we talk to, but for databases, stores and mail: the virus scanner.
//!
//! Nothing here knows what a claimant is.

pub mod clamd;
