//! What people can do: one public function per action, one transaction each.
//!
//! Permissions are checked here. Nothing here knows of HTTP, SQL or the environment.

mod clash;
pub mod audit;
pub mod challenge;
pub mod clock;
pub mod confirmation;
pub mod ctx;
pub mod directory;
pub mod error;
pub mod housekeeping;
pub mod keyring;
pub mod lease;
pub mod mail_request;
pub mod operator;
pub mod outbox;
pub mod retention;
pub mod session;
pub mod sign_up;
pub mod vault;

pub use clock::Clock;
pub use ctx::Ctx;
pub use error::{AppError, AppResult};
