//! The only user of diesel: schema, pools, roles, the embedded server, one file per noun.

pub mod embedded;
