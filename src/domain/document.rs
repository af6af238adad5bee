//! What a claimant produces to prove the claim (letter f): kinds, states, limits.

use serde::{Deserialize, Serialize};

use super::claimant::ClaimantState;

/// Bytes a file may have: 20 MiB.
pub const FILE_BYTES: u64 = 20 * 1024 * 1024;
/// Files a document may have: photos of its pages.
pub const FILES: usize = 10;
/// Bytes of all files of a document: 60 MiB.
pub const DOCUMENT_BYTES: u64 = 60 * 1024 * 1024;
/// Documents a claimant may have at a time.
pub const DOCUMENTS: usize = 50;
/// Numbers a claimant may use up, those of removed documents among them.
pub const NUMBERS: i32 = 200;
/// Bytes of all documents of a claimant: 300 MiB.
pub const CLAIMANT_BYTES: u64 = 300 * 1024 * 1024;

/// What a document shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// The plan, and that it was paid (R34).
    PlanProof,
    /// The outage: a screenshot, an error message.
    OutageProof,
    /// A complaint that was sent.
    ComplaintSent,
    /// An answer that came.
    ReplyReceived,
    /// Costs: invoices, receipts.
    ExpenseProof,
    /// Income that was lost.
    IncomeProof,
    /// Letters and mails that were missed, or went astray.
    Correspondence,
    /// Why somebody may act for another: power of attorney, decree, register (R46).
    Title,
    /// Something else.
    Other,
}

impl DocumentKind {
    /// All kinds, in the order of the form.
    pub const ALL: [Self; 9] = [
        Self::PlanProof,
        Self::OutageProof,
        Self::ComplaintSent,
        Self::ReplyReceived,
        Self::ExpenseProof,
        Self::IncomeProof,
        Self::Correspondence,
        Self::Title,
        Self::Other,
    ];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PlanProof => "plan_proof",
            Self::OutageProof => "outage_proof",
            Self::ComplaintSent => "complaint_sent",
            Self::ReplyReceived => "reply_received",
            Self::ExpenseProof => "expense_proof",
            Self::IncomeProof => "income_proof",
            Self::Correspondence => "correspondence",
            Self::Title => "title",
            Self::Other => "other",
        }
    }

    /// Reads the wire name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What the virus scanner said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scan {
    /// There is no scanner.
    NotScanned,
    /// It will be asked, or asked again.
    Pending,
    /// Nothing found.
    Clean,
    /// Something found: the file is given to nobody.
    Infected,
}

impl Scan {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NotScanned, Self::Pending, Self::Clean, Self::Infected];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotScanned => "not_scanned",
            Self::Pending => "pending",
            Self::Clean => "clean",
            Self::Infected => "infected",
        }
    }

    /// Reads the wire name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scan| scan.as_str() == word)
    }

    /// Whether staff may open the file: what was not looked at yet could harm them.
    pub const fn opens_for_staff(self) -> bool {
        matches!(self, Self::NotScanned | Self::Clean)
    }
}

/// Whether a record in this state takes documents from its owner.
pub const fn takes_documents(state: ClaimantState) -> bool {
    matches!(
        state,
        ClaimantState::Confirmed
            | ClaimantState::Signed
            | ClaimantState::ResignRequired
            | ClaimantState::Lodged
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_read_again() {
        for kind in DocumentKind::ALL {
            assert_eq!(DocumentKind::parse(kind.as_str()), Some(kind));
            let json = serde_json::to_value(kind).unwrap();
            assert_eq!(json, kind.as_str(), "one word everywhere");
        }
        for scan in Scan::ALL {
            assert_eq!(Scan::parse(scan.as_str()), Some(scan));
        }
        assert_eq!(DocumentKind::parse("identity"), None);
    }

    #[test]
    fn a_document_holds_at_least_one_file_of_the_largest_size() {
        const { assert!(FILE_BYTES >= 15 * 1024 * 1024) };
        const { assert!(DOCUMENT_BYTES >= FILE_BYTES && CLAIMANT_BYTES >= DOCUMENT_BYTES) };
    }
}
