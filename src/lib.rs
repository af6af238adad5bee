//! joinder: a registry for class-action claimants.
//!
//! The map of the modules and the arrows between them is `docs/ARCHITECTURE.md`.

pub mod app;
pub mod blob;
pub mod commands;
pub mod config;
pub mod crypto;
pub mod db;
pub mod domain;
pub mod evidence;
pub mod mailer;
pub mod outbound;
pub mod render;
pub mod startup;
pub mod state;
pub mod telemetry;
pub mod web;
pub mod worker;
