//! The life of a claimant: states and allowed moves.

use thiserror::Error;

/// State of a claimant (DESIGN 8). Before a court filing everybody is a pre-adherent (R1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ClaimantState {
    /// Signed up with an e-mail, not confirmed yet.
    Unconfirmed,
    /// Signed up without an e-mail: staff confirm by phone or post.
    ToAssist,
    /// Contact confirmed.
    Confirmed,
    /// Declaration signed.
    Signed,
    /// Changed after signing; must sign again (R39).
    ResignRequired,
    /// Lodged with the court.
    Lodged,
    /// Withdrawn by the claimant (R49).
    Withdrawn,
    /// Rejected by staff.
    Rejected,
    /// A second record of the same person.
    Duplicate,
    /// Erasure became restriction (R61).
    Restricted,
}

/// A move that the graph does not have (R53).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("a claimant cannot move from {} to {}", .from.as_str(), .to.as_str())]
pub struct IllegalTransition {
    /// State before.
    pub from: ClaimantState,
    /// State asked for.
    pub to: ClaimantState,
}

impl ClaimantState {
    /// All states.
    pub const ALL: [Self; 10] = [
        Self::Unconfirmed,
        Self::ToAssist,
        Self::Confirmed,
        Self::Signed,
        Self::ResignRequired,
        Self::Lodged,
        Self::Withdrawn,
        Self::Rejected,
        Self::Duplicate,
        Self::Restricted,
    ];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unconfirmed => "unconfirmed",
            Self::ToAssist => "to_assist",
            Self::Confirmed => "confirmed",
            Self::Signed => "signed",
            Self::ResignRequired => "resign_required",
            Self::Lodged => "lodged",
            Self::Withdrawn => "withdrawn",
            Self::Rejected => "rejected",
            Self::Duplicate => "duplicate",
            Self::Restricted => "restricted",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Where one may go from here.
    pub const fn moves(self) -> &'static [Self] {
        use ClaimantState as S;
        match self {
            S::Unconfirmed => &[S::ToAssist, S::Confirmed, S::Withdrawn],
            S::ToAssist => &[S::Unconfirmed, S::Confirmed, S::Withdrawn, S::Rejected],
            S::Confirmed => &[S::Signed, S::Duplicate, S::Withdrawn, S::Rejected],
            S::Signed => &[S::ResignRequired, S::Lodged, S::Withdrawn, S::Rejected],
            S::ResignRequired => &[S::Signed, S::Withdrawn, S::Rejected],
            S::Lodged => &[S::Withdrawn, S::Restricted],
            S::Withdrawn => &[S::Signed],
            S::Rejected | S::Duplicate | S::Restricted => &[],
        }
    }

    /// The state after the move.
    ///
    /// # Errors
    /// `IllegalTransition` if the graph does not have the move (R53).
    pub fn move_to(self, to: Self) -> Result<Self, IllegalTransition> {
        if self.moves().contains(&to) {
            Ok(to)
        } else {
            Err(IllegalTransition { from: self, to })
        }
    }

    /// Whether the record counts as a person in lists and counters (R50).
    pub const fn counts(self) -> bool {
        matches!(
            self,
            Self::Confirmed | Self::Signed | Self::ResignRequired | Self::Lodged
        )
    }

    /// Whether identity may still be given or corrected; what was signed must then be signed again (R39).
    pub const fn takes_identity(self) -> bool {
        matches!(
            self,
            Self::Confirmed | Self::ToAssist | Self::Signed | Self::ResignRequired
        )
    }

    /// Whether the claimant may declare, or correct what was declared.
    pub const fn declares(self) -> bool {
        matches!(
            self,
            Self::Confirmed | Self::Signed | Self::ResignRequired | Self::Withdrawn
        )
    }

    /// Whether the claimant may withdraw at once: what is lodged is withdrawn by the lawyer (R49).
    pub fn withdraws(self) -> bool {
        self != Self::Lodged && self.moves().contains(&Self::Withdrawn)
    }

    /// Whether nothing is left to be done: what is missing is of no use any more.
    pub const fn is_over(self) -> bool {
        matches!(
            self,
            Self::Withdrawn | Self::Rejected | Self::Duplicate | Self::Restricted
        )
    }

    /// Whether erasure really deletes: nothing was signed or lodged (R61).
    pub const fn erases(self) -> bool {
        matches!(
            self,
            Self::Unconfirmed | Self::ToAssist | Self::Confirmed | Self::Duplicate | Self::Rejected
        )
    }
}

/// What staff must look at; blocks nothing the claimant sees.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Review {
    /// Nothing.
    #[default]
    None,
    /// Somebody else claims the same person or mailbox.
    Conflict,
    /// Suspected abuse.
    Quarantined,
}

impl Review {
    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Conflict => "conflict",
            Self::Quarantined => "quarantined",
        }
    }

    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::Conflict, Self::Quarantined];

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|review| review.as_str() == text)
    }
}

/// A list of claimants that staff work through.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Queue {
    /// Has no e-mail: staff confirm by phone or post.
    ToAssist,
    /// A file with a digital signature of which something is not known; nothing was signed since (R42).
    SignatureUnverified,
    /// A document that the virus scanner refused.
    DocumentRejected,
    /// The newest declaration says that a mailbox was not restored; nobody looked yet.
    NotRestored,
    /// The newest declaration asks for what was compensated already; nobody looked yet (R66).
    DoubleRecovery,
    /// The newest declaration has a window outside the accepted range; nobody looked yet (R32).
    OutsideWindow,
    /// A missing letter did not come until its day (R2).
    DeficiencyOverdue,
    /// The codice fiscale does not fit names or place of birth, or is provisional; nobody looked yet (R23).
    IdentityToCheck,
    /// Mail to the contact does not arrive (R52).
    Unreachable,
    /// The reader of the contact said that it was not them, or abuse is suspected.
    Quarantined,
    /// Of age now, while the signature in force is a representative's (R46).
    Ratification,
    /// Shares e-mail, phone, mailbox or codice fiscale with a record of the case that was rejected.
    RejectedBefore,
    /// The data are only kept (art. 18 GDPR, R61): in no other list.
    Restricted,
    /// The owner stopped an account that somebody else gave (R26).
    PayoutFrozen,
    /// An account waits for staff: typed in from a paper, or its owner could not be told (R26).
    PayoutWaits,
}

impl Queue {
    /// All lists.
    pub const ALL: [Self; 15] = [
        Self::ToAssist,
        Self::Quarantined,
        Self::RejectedBefore,
        Self::IdentityToCheck,
        Self::SignatureUnverified,
        Self::DocumentRejected,
        Self::DeficiencyOverdue,
        Self::Unreachable,
        Self::NotRestored,
        Self::DoubleRecovery,
        Self::OutsideWindow,
        Self::Ratification,
        Self::PayoutWaits,
        Self::PayoutFrozen,
        Self::Restricted,
    ];

    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ToAssist => "to_assist",
            Self::SignatureUnverified => "signature_unverified",
            Self::DocumentRejected => "document_rejected",
            Self::NotRestored => "not_restored",
            Self::DoubleRecovery => "double_recovery",
            Self::OutsideWindow => "outside_window",
            Self::DeficiencyOverdue => "deficiency_overdue",
            Self::IdentityToCheck => "identity_to_check",
            Self::Unreachable => "unreachable",
            Self::Quarantined => "quarantined",
            Self::Ratification => "ratification",
            Self::RejectedBefore => "rejected_before",
            Self::Restricted => "restricted",
            Self::PayoutFrozen => "payout_frozen",
            Self::PayoutWaits => "payout_waits",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.as_str() == text)
    }
}

/// How we reach a claimant best.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ContactKind {
    /// By e-mail.
    Email,
    /// By phone.
    Phone,
    /// By post.
    Post,
}

impl ContactKind {
    /// Name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Post => "post",
        }
    }

    /// Reads the name in the database.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "email" => Some(Self::Email),
            "phone" => Some(Self::Phone),
            "post" => Some(Self::Post),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r53_only_the_moves_of_the_graph_exist() {
        let mut moves = 0;
        for from in ClaimantState::ALL {
            for to in ClaimantState::ALL {
                let allowed = from.moves().contains(&to);
                assert_eq!(from.move_to(to).is_ok(), allowed);
                moves += usize::from(allowed);
            }
        }
        assert_eq!(moves, 21);
        assert_eq!(
            ClaimantState::Duplicate.move_to(ClaimantState::Confirmed),
            Err(IllegalTransition {
                from: ClaimantState::Duplicate,
                to: ClaimantState::Confirmed
            })
        );
    }

    #[test]
    fn r1_no_state_is_called_aderente() {
        assert!(
            ClaimantState::ALL
                .into_iter()
                .all(|state| !state.as_str().contains("aderente"))
        );
    }
}
