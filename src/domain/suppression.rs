//! Why an address gets no mails, and which mails a reason stops (`docs/decisions/0012`).

use super::mail::MailKind;

/// Why an address gets no mails.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Suppression {
    /// A hard bounce, or three soft ones in seven days (R52).
    HardBounce,
    /// A reader reported a mail as unwanted.
    Complaint,
    /// The reader said that the sign-up was not theirs; holds in one case.
    NotMe,
    /// The operator said so.
    Operator,
}

impl Suppression {
    /// All reasons.
    pub const ALL: [Self; 4] = [
        Self::HardBounce,
        Self::Complaint,
        Self::NotMe,
        Self::Operator,
    ];

    /// Name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HardBounce => "hard_bounce",
            Self::Complaint => "complaint",
            Self::NotMe => "not_me",
            Self::Operator => "operator",
        }
    }

    /// Reads the name in the database.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.as_str() == text)
    }

    /// Whether a mail is not sent for this reason.
    ///
    /// What somebody has just typed their address for, or asked for signed in, goes: a server that
    /// said "unknown" on a bad day may be wrong, and nobody may be locked out of their own record by
    /// it (R52). It stays within its caps. What nobody asked for stops.
    pub const fn stops(self, kind: MailKind) -> bool {
        let unasked = matches!(kind, MailKind::Reminder | MailKind::AlreadyRegistered);
        match self {
            Self::Operator => true,
            Self::NotMe => {
                unasked || matches!(kind, MailKind::Confirmation | MailKind::FollowConfirmation)
            }
            // who follows a case asked once, not for each of its news
            Self::HardBounce | Self::Complaint => unasked || matches!(kind, MailKind::CaseUpdate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r52_a_bounce_stops_what_nobody_asked_for_and_no_code() {
        for kind in MailKind::ALL {
            let unasked = matches!(
                kind,
                MailKind::Reminder | MailKind::AlreadyRegistered | MailKind::CaseUpdate
            );
            assert_eq!(Suppression::HardBounce.stops(kind), unasked, "{kind:?}");
            assert_eq!(Suppression::Complaint.stops(kind), unasked, "{kind:?}");
            assert!(Suppression::Operator.stops(kind));
        }
        assert!(Suppression::NotMe.stops(MailKind::Confirmation));
        assert!(!Suppression::NotMe.stops(MailKind::Access));
        assert!(Suppression::NotMe.stops(MailKind::FollowConfirmation));
        assert!(!Suppression::NotMe.stops(MailKind::CaseUpdate));
    }

    #[test]
    fn a_reason_reads_back() {
        for reason in Suppression::ALL {
            assert_eq!(Suppression::parse(reason.as_str()), Some(reason));
        }
        assert_eq!(Suppression::parse("spam"), None);
    }
}
