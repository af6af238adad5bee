//! Other servers we talk to, but for databases, stores and mail: the virus scanner and the time stamp
//! authority. Every answer has a limit in time and size; nobody is followed elsewhere.
//!
//! Nothing here knows what a claimant is.

pub mod clamd;
pub mod tsa;
