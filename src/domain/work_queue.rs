//! What waits for staff: every queue of a case (DOMAIN 8.3).

use super::claimant::Queue;

/// Most items of a queue that are counted: beyond it says "and more".
pub const MOST_COUNTED: i64 = 999;

/// For how long an item is in hand of who began it, or acted on it last, minutes.
pub const IN_HAND_MINUTES: i64 = 30;

/// A queue that staff work through.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WorkQueue {
    /// Claimants on a list.
    Claimants(Queue),
    /// Two records that claim the same person or mailbox, both signed (DESIGN 3.6).
    Conflicts,
    /// Declarations signed by hand, to be verified by a second person (R44).
    Paper,
    /// Requests about data, each with its term (R60).
    Rights,
    /// Reports of swindlers (R13).
    ScamReports,
    /// Exports that wait for a second person.
    Exports,
}

impl WorkQueue {
    /// Every queue, in the order of the page: what has a term of the law first.
    pub const ALL: [Self; 20] = [
        Self::Rights,
        Self::Conflicts,
        Self::Claimants(Queue::ToAssist),
        Self::Claimants(Queue::Quarantined),
        Self::Claimants(Queue::RejectedBefore),
        Self::Claimants(Queue::IdentityToCheck),
        Self::Paper,
        Self::Claimants(Queue::SignatureUnverified),
        Self::Claimants(Queue::DocumentRejected),
        Self::Claimants(Queue::DeficiencyOverdue),
        Self::Claimants(Queue::Unreachable),
        Self::Claimants(Queue::NotRestored),
        Self::Claimants(Queue::DoubleRecovery),
        Self::Claimants(Queue::OutsideWindow),
        Self::Claimants(Queue::Ratification),
        Self::Claimants(Queue::PayoutWaits),
        Self::Claimants(Queue::PayoutFrozen),
        Self::Claimants(Queue::Restricted),
        Self::Exports,
        Self::ScamReports,
    ];

    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claimants(queue) => queue.as_str(),
            Self::Conflicts => "conflicts",
            Self::Paper => "paper",
            Self::Rights => "rights",
            Self::ScamReports => "scam_reports",
            Self::Exports => "exports",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.as_str() == text)
    }

    /// Whether its items are begun by one person; exports are for any second person who is asked (decision 30).
    pub const fn is_begun_by_one(self) -> bool {
        match self {
            Self::Claimants(_)
            | Self::Conflicts
            | Self::Paper
            | Self::Rights
            | Self::ScamReports => true,
            Self::Exports => false,
        }
    }

    /// Whether what waits is about one claimant, whose id an assignment then names.
    pub const fn is_of_claimants(self) -> bool {
        match self {
            Self::Claimants(_) | Self::Conflicts | Self::Paper | Self::Rights => true,
            Self::ScamReports | Self::Exports => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_list_of_claimants_is_a_queue_and_each_word_is_one() {
        let words: BTreeSet<_> = WorkQueue::ALL.map(WorkQueue::as_str).into_iter().collect();
        assert_eq!(words.len(), WorkQueue::ALL.len());
        for queue in Queue::ALL {
            assert!(words.contains(queue.as_str()), "{queue:?}");
        }
        for queue in WorkQueue::ALL {
            assert_eq!(WorkQueue::parse(queue.as_str()), Some(queue));
        }
        assert_eq!(WorkQueue::parse("everybody"), None);
    }
}
