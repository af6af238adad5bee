//! What people can do: one public function per action, one transaction each.
//!
//! Permissions are checked here. Nothing here knows of HTTP, SQL or the environment.

pub mod clock;
pub mod ctx;
pub mod directory;
pub mod error;
pub mod housekeeping;
pub mod keyring;
pub mod lease;
pub mod operator;
pub mod retention;
pub mod vault;

pub use clock::Clock;
pub use ctx::Ctx;
pub use error::{AppError, AppResult};
