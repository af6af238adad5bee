//! Pure types, rules and state machines: no actix, diesel, lettre, tokio, environment or clock.

pub mod codice_fiscale;
pub mod field;
pub mod iban;
pub mod vat_number;

mod check_letter;
mod folding;
