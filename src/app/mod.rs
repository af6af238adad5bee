//! What people can do: one public function per action, one transaction each.
//!
//! Permissions are checked here. Nothing here knows of HTTP, SQL or the environment.

pub mod audit;
pub mod challenge;
mod clash;
pub mod clock;
pub mod confirmation;
pub mod ctx;
pub mod directory;
pub mod error;
pub mod keyring;
pub mod mail_request;
pub mod outbox;
pub mod session;
pub mod sign_up;
pub mod vault;

pub use clock::Clock;
pub use ctx::Ctx;
pub use error::{AppError, AppResult};
