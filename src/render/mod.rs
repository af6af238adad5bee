//! Values in, bytes out: pages, mails, CSV, PDF. No I/O.

pub mod archive;
pub mod assets;
pub mod calendar;
pub mod chart;
pub mod csv;
pub mod demo_site;
pub mod document;
pub mod error_text;
pub mod feed;
#[cfg(test)]
mod gulpease;
pub mod import;
pub mod mail;
pub mod own_data;
pub mod page;
pub mod picture;
pub mod qr;
pub mod register;
pub mod text;
pub mod trail;
pub mod volume;
pub mod xlsx;
