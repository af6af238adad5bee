//! Pure types, rules and state machines: no actix, diesel, lettre, tokio, environment or clock.

pub mod case;
mod check_letter;
pub mod claimant;
pub mod codice_fiscale;
pub mod consent;
pub mod contact;
pub mod country;
pub mod email_address;
pub mod entity;
pub mod field;
mod folding;
pub mod foreign_document;
pub mod iban;
pub mod identity;
pub mod ids;
pub mod language;
pub mod mail;
pub mod mailbox_address;
mod one_line;
pub mod outage;
pub mod person;
pub mod personal_name;
pub mod phone_number;
pub mod postal_address;
pub mod reference;
pub mod retention;
pub mod vat_number;
