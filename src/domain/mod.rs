//! Pure types, rules and state machines: no actix, diesel, lettre, tokio, environment or clock.

mod check_letter;
mod folding;
mod one_line;
pub mod case;
pub mod claimant;
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
pub mod ids;
pub mod language;
pub mod mail;
pub mod mailbox_address;
pub mod outage;
pub mod person;
pub mod personal_name;
pub mod phone_number;
pub mod postal_address;
pub mod reference;
pub mod retention;
pub mod vat_number;
