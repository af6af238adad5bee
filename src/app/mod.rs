//! What people can do: one public function per action, one transaction each.
//!
//! Permissions are checked here. Nothing here knows of HTTP, SQL or the environment.

pub mod claimant_list;
pub mod claimant_view;
pub mod clock;
pub mod csrf;
pub mod ctx;
pub mod directory;
pub mod error;
pub mod export;
pub mod health;
pub mod keyring;
pub mod staff;
pub mod trail;
pub mod vault;

pub use clock::Clock;
pub use ctx::Ctx;
pub use error::{AppError, AppResult};
