//! The tests that need the real thing: a server, a database, mails. One binary, one module for each subject.

mod access;
mod app;
mod claimant;
mod confirmation;
mod embedded;
mod erasure;
mod identity;
mod roles;
mod schema;
mod seed;
mod sign_up;
mod web_base;
