//! What is known about a record and its case, for R2: one reading for the own page, the list, the page
//! of staff and the export.

use crate::app::directory::{AssociationEntry, CaseEntry};
use crate::domain::claimant::ClaimantState;
use crate::domain::readiness::{FondoSpese, Known, SignatureInForce};

/// The columns of a record that letters depend on.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct Record {
    /// State.
    pub(in crate::app) state: ClaimantState,
    /// Whether identity is given and counts.
    pub(in crate::app) identity: bool,
    /// Whether payout data are given.
    pub(in crate::app) payout: bool,
}

/// What is known. Nobody pays a fondo spese through us, so one that was ordered is due (R13).
pub(in crate::app) fn known(
    case: &CaseEntry,
    association: &AssociationEntry,
    record: Record,
) -> Known {
    Known {
        court: case.court.is_some() && case.rg_number.is_some(),
        identity: record.identity,
        own_certified_address: false,
        counsel: !association.counsel.is_empty(),
        signature: SignatureInForce::of(record.state),
        payout: record.payout,
        fondo_spese: FondoSpese::of(case.fondo_spese_ordered),
    }
}
