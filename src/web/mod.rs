//! HTTP: routes, extractors, handlers. The only user of actix beside `startup`.
//!
//! A handler takes what the extractors give, calls one function of `app`, and renders. Nothing here
//! knows of SQL, keys or mails.

pub mod api;
pub mod assist;
pub mod console;
pub mod csv;
pub mod declaration_form;
pub mod demo;
pub mod documents;
pub mod error;
pub mod etag;
pub mod extract;
pub mod identity_form;
pub mod metrics;
pub mod middleware;
pub mod paper;
pub mod postal_code;
pub mod problem;
pub mod public;
pub mod representative_form;
pub mod routes;
pub mod service;
pub mod shared;
pub mod statics;

pub use error::{WebError, WebResult};
pub use routes::Route;
