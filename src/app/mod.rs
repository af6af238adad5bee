//! What people can do: one public function per action, one transaction each.
//!
//! Permissions are checked here. Nothing here knows of HTTP, SQL or the environment.

pub mod assist;
pub mod association_change;
pub mod audit;
pub mod backup;
pub mod bootstrap;
pub mod challenge;
pub mod claimant_declaration;
pub mod claimant_list;
pub mod claimant_view;
mod clash;
pub mod clock;
pub mod confirmation;
pub mod csrf;
pub mod ctx;
pub mod declaration;
pub mod declaration_document;
pub mod directory;
pub mod error;
pub mod evidence;
pub mod export;
pub mod health;
pub mod housekeeping;
pub mod idempotency;
pub mod identity;
mod intake;
pub mod joined;
pub mod keyring;
pub mod lease;
pub mod mail_cap;
pub mod mail_code;
pub mod mail_queue;
pub mod mail_request;
pub mod mail_status;
mod mailbox_clash;
pub mod me;
pub mod operator;
pub mod outbox;
pub mod payout;
pub mod receipt;
pub mod retention;
pub mod session;
pub mod sign_up;
pub mod signature;
mod signed_version;
pub mod staff;
mod standing;
pub mod trail;
pub mod vault;

pub use clock::Clock;
pub use ctx::Ctx;
pub use error::{AppError, AppResult};
