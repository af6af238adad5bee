//! The tests that need the real thing: a server, a database, mails. One binary, one module for each subject.

mod access;
mod app;
mod assist;
mod backup;
mod bootstrap;
mod claimant;
mod confirmation;
mod embedded;
mod erasure;
mod identity;
mod own_record;
mod program;
mod request;
mod roles;
mod schema;
mod seed;
mod sign_up;
mod staff_access;
mod staff_console;
mod staff_list;
mod staff_seed;
mod tidy;
mod web_base;
mod worker;
