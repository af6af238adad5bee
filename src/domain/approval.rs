//! What waits for a second person, and who that may be.

use super::permission::{Operation, Role, operation};

/// Most of one kind that are listed; who has more goes to the place where they are decided.
pub const MOST_LISTED: i64 = 50;
/// Most of one kind that are counted: beyond it says "and more".
pub const MOST_COUNTED: i64 = 99;
/// Most of one kind that are looked at to count them, the oldest: as many as nobody asks for alone.
pub const MOST_SCANNED: i64 = 1_000;
/// Most members who get a mail about one thing, those who have been members the longest first.
pub const MOST_TOLD: i64 = 20;
/// Minutes between two such mails to one member.
pub const PAUSE_MINUTES: i64 = 60;

/// What a second person decides.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ApprovalKind {
    /// A bulk action (decision 28).
    Bulk,
    /// A version of a case that is to go in force (decision 29).
    CaseVersion,
    /// An export in clear (R58).
    Export,
    /// A declaration signed by hand (R44).
    Paper,
    /// That one record keeps a contested key and the others are rejected (R30).
    Keeper,
    /// An account that staff typed in (R26).
    Payout,
    /// An address that staff typed in for a record (R14).
    Contact,
}

impl ApprovalKind {
    /// Every kind, in the order of lists.
    pub const ALL: [Self; 7] = [
        Self::Bulk,
        Self::CaseVersion,
        Self::Export,
        Self::Paper,
        Self::Keeper,
        Self::Payout,
        Self::Contact,
    ];

    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bulk => "bulk",
            Self::CaseVersion => "case_version",
            Self::Export => "export",
            Self::Paper => "paper",
            Self::Keeper => "keeper",
            Self::Payout => "payout",
            Self::Contact => "contact",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What the second person does.
    pub const fn decision(self) -> &'static Operation {
        match self {
            Self::Bulk => &operation::STEP_BULK,
            Self::CaseVersion => &operation::PUBLISH_CASE,
            Self::Export => &operation::APPROVE_EXPORT,
            Self::Paper => &operation::APPROVE_PAPER,
            Self::Keeper => &operation::APPROVE_CONFLICT,
            Self::Payout => &operation::RELEASE_PAYOUT,
            Self::Contact => &operation::DECIDE_CONTACT,
        }
    }

    /// Whether members in a role decide it.
    pub fn is_decided_by(self, role: Role) -> bool {
        self.decision().allows(role)
    }

    /// What members in a role decide.
    pub fn decided_by(role: Role) -> Vec<Self> {
        let all = Self::ALL.into_iter();
        all.filter(|kind| kind.is_decided_by(role)).collect()
    }

    /// Words of the roles that decide it.
    pub fn roles(self) -> Vec<&'static str> {
        let roles = Role::ALL.into_iter();
        let roles = roles.filter(|role| self.is_decided_by(*role));
        roles.map(Role::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_reads_back_and_somebody_decides_it() {
        for kind in ApprovalKind::ALL {
            assert_eq!(ApprovalKind::parse(kind.as_str()), Some(kind));
            assert!(kind.is_decided_by(Role::Owner), "{kind:?}");
            assert!(!kind.is_decided_by(Role::Auditor), "{kind:?}");
            assert!(kind.roles().contains(&"owner"), "{kind:?}");
        }
        assert_eq!(ApprovalKind::parse("everything"), None);
    }

    #[test]
    fn who_lists_what_waits_is_who_decides_any_of_it() {
        for role in Role::ALL {
            let decides = !ApprovalKind::decided_by(role).is_empty();
            assert_eq!(operation::LIST_APPROVALS.allows(role), decides, "{role:?}");
        }
    }
}
