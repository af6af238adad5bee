//! The only user of diesel: schema, pools, roles, the embedded server, one file per noun.
//!
//! The first argument of a query is the connection, the second the [`Scope`] whose rights it runs
//! under. `find` gives an `Option`, `get` gives [`DbError::NotFound`], `list`, `insert`, `mark_*`,
//! `lock` (= FOR UPDATE), `stream`.

pub mod audit;
pub mod case;
pub mod claimant_list;
pub mod embedded;
pub mod error;
pub mod export;
pub mod key;
pub mod migration;
pub mod pool;
pub mod role;
pub mod schema;
pub mod scope;
pub mod staff;
pub mod staff_session;

pub use error::DbError;
pub use pool::{Conn, Pools, Tx};
pub use scope::Scope;
