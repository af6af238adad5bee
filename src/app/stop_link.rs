//! The link "it wasn't me" of a mail about an account or a contact that changed: what it can still do (R26).

use crate::domain::ids::{AssociationId, CaseId};

/// Days a link works: a mailbox read years later must not take away what is in use.
pub(in crate::app) const STOP_DAYS: i64 = 30;

/// What a link can still do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It stops the account, or takes the contact back.
    Open,
    /// It did.
    Stopped,
    /// The account was replaced, or the link is too old.
    Late,
    /// Never was, or its record is gone.
    Unknown,
}

/// A link before it is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StopLink {
    /// What it can do.
    pub standing: Standing,
    /// The record, if the link was ever real.
    pub record: Option<(AssociationId, CaseId)>,
}

impl StopLink {
    /// One that never was.
    pub(in crate::app) const UNKNOWN: Self = Self {
        standing: Standing::Unknown,
        record: None,
    };
}
