//! The only user of diesel: schema, pools, roles, the embedded server, one file per noun.
//!
//! The first argument of a query is the connection, the second the [`Scope`] whose rights it runs
//! under. `find` gives an `Option`, `get` gives [`DbError::NotFound`], `list`, `insert`, `mark_*`,
//! `lock` (= FOR UPDATE), `stream`.

pub mod assignment;
pub mod audit;
pub mod bounce;
pub mod breach;
pub mod bulk;
pub mod case;
pub mod case_desk;
pub mod case_update;
pub mod claimant;
pub mod claimant_list;
pub mod confirmation;
pub mod conflict;
pub mod consent;
pub mod dashboard;
pub mod declaration;
pub mod deficiency;
pub mod demand_letter;
pub mod document;
pub mod dump;
pub mod embedded;
pub mod error;
pub mod estate;
pub mod export;
pub mod follower;
pub mod idempotency;
pub mod identity;
pub mod import;
pub mod invitation;
pub mod key;
pub mod lease;
pub mod log;
pub mod log_timestamp;
pub mod lookup;
pub mod mail_desk;
pub mod mail_queue;
pub mod mail_text;
pub mod mailbox;
pub mod membership;
pub mod migration;
pub mod operator;
pub mod outbox;
pub mod own_data;
pub mod paper;
pub mod partner;
pub mod partner_key;
pub mod partner_submission;
pub mod payout;
pub mod pool;
pub mod rate_bucket;
pub mod recovery_code;
pub mod registered_mailbox;
pub mod reminder;
pub mod representative;
pub mod retention;
pub mod retention_rule;
pub mod rights_request;
pub mod role;
pub mod scam_report;
pub mod schema;
pub mod scope;
pub mod seed;
pub mod session;
pub mod sign_up;
pub mod signature;
pub mod signature_file;
pub mod staff;
pub mod staff_session;
pub mod suppression;
pub mod work_queue;

pub use error::DbError;
pub use pool::{Conn, Pools, Tx};
pub use scope::Scope;
