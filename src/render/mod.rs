//! Values in, bytes out: pages, mails, CSV. No I/O.

pub mod mail;
