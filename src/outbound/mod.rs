//! Other servers we talk to, but for databases, stores and mail: the virus scanner, the time stamp authority, and
//! those of partners that events are delivered to. Every answer has a limit in time and size; nobody is followed elsewhere.
//!
//! Nothing here knows what a claimant is.

pub mod clamd;
pub mod tsa;
pub mod webhook;
