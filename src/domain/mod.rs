//! Pure types, rules and state machines: no actix, diesel, lettre, tokio, environment or clock.

pub mod case;
pub mod claimant;
pub mod consent;
pub mod ids;
pub mod language;
pub mod outage;
pub mod reference;
pub mod retention;
