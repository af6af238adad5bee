//! The tests that need the real thing: a server, a database, mails. One binary, one module for each subject.

mod app;
mod backup;
mod bootstrap;
mod embedded;
mod program;
mod request;
mod staff_access;
mod staff_console;
mod staff_list;
mod staff_seed;
mod tidy;
mod web_base;
mod worker;
