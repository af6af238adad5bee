//! Whose rights a query runs under.

use crate::domain::ids::{AssociationId, StaffId};

/// The second argument of every function on claimants' data (DESIGN 3.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// One association: role `joinder_tenant`, row-level security by its id.
    Association(AssociationId),
    /// The cases of a member whose membership is for some of them: role `joinder_limited`, row-level security by
    /// the association and by the cases of the membership (decision 35).
    Cases(AssociationId, StaffId),
    /// The platform: role `joinder_system`. The reason is for the reader and for the list of
    /// callers that `tests/it/tidy.rs` keeps.
    System(&'static str),
}

impl Scope {
    /// The association, under a tenant scope.
    pub const fn association(self) -> Option<AssociationId> {
        match self {
            Self::Association(id) | Self::Cases(id, _) => Some(id),
            Self::System(_) => None,
        }
    }

    /// SQL that takes on the rights inside a transaction.
    pub(in crate::db) fn set_local(self) -> String {
        match self {
            Self::Association(id) => format!(
                "SET LOCAL ROLE joinder_tenant; SELECT set_config('joinder.association_id', '{id}', true)"
            ),
            Self::Cases(id, member) => format!(
                "SET LOCAL ROLE joinder_limited; \
                 SELECT set_config('joinder.association_id', '{id}', true), set_config('joinder.staff_id', '{member}', true)"
            ),
            Self::System(_) => "SET LOCAL ROLE joinder_system".to_owned(),
        }
    }
}
