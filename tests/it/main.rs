//! The tests that need the real thing: a server, a database, mails. One binary, one module for each subject.

mod app;
mod backup;
mod bootstrap;
mod embedded;
mod program;
mod request;
mod tidy;
mod web_base;
mod worker;
