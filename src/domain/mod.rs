//! Pure types, rules and state machines: no actix, diesel, lettre, tokio, environment or clock.

pub mod language;
