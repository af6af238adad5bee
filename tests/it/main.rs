//! The tests that need the real thing: a server, a database, mails. One binary, one module for each subject.

mod app;
mod embedded;
mod program;
mod request;
mod web_base;
