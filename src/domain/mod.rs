//! Pure types, rules and state machines: no actix, diesel, lettre, tokio, environment or clock.

pub mod codice_fiscale;
pub mod consent;
pub mod contact;
pub mod country;
pub mod email_address;
pub mod entity;
pub mod field;
pub mod foreign_document;
pub mod iban;
pub mod identity;
pub mod language;
pub mod mailbox_address;
pub mod person;
pub mod personal_name;
pub mod phone_number;
pub mod postal_address;
pub mod sign_up;
pub mod vat_number;

mod check_letter;
mod folding;
mod one_line;
