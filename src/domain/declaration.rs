//! The damage declaration: per mailbox and incident what failed and what is asked for, plus what was
//! tried elsewhere (DOMAIN 3.1). One parser for the form and the API; it finds all errors at once.
//!
//! Drafts are stored as [`DeclarationInput`]; a [`Declaration`] has been read against its case and is
//! what the document shows and the signature covers. It is never edited: another one is parsed (R38).

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    document::DocumentKind,
    field::{FieldErrors, ValueError, filled},
    mailbox_address::MailboxAddress,
    one_line::one_line,
    paragraphs::paragraphs,
};

mod complaint;
mod day;
mod difference;
mod input;
mod item;
mod mailbox;
mod typed;

pub use complaint::{Answer, Complaint, Elsewhere, OtherClaim, Place};
pub use difference::{Change, ChangeKind};
pub use input::{
    ComplaintInput, DeclarationInput, DeclaredIncidentInput, DeclaredMailboxInput, ElsewhereInput,
    ItemInput, OtherClaimInput, UseInput,
};
pub use item::{DamageItem, LARGEST_CENTS};
pub use mailbox::{Compensation, DeclaredIncident, DeclaredMailbox, Use};

/// How many mailboxes, incidents of a mailbox, items of a line and other claims one declaration may have.
pub const MOST: usize = 20;

/// What a declaration must fit, read from the case and the claimant.
#[derive(Clone, Debug)]
pub struct DeclarationRules {
    /// Today in Europe/Rome.
    pub today: NaiveDate,
    /// The incidents of the case.
    pub incidents: Vec<IncidentRule>,
    /// The plans of the case.
    pub plans: Vec<PlanRule>,
    /// The mailboxes that this claimant registered, aliases among them.
    pub mailboxes: Vec<DeclarableMailbox>,
    /// The documents that this claimant produced: items may name them (R36).
    pub documents: Vec<DeclarableDocument>,
}

/// A document that items may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclarableDocument {
    /// Its id, as requests name it.
    pub id: String,
    /// Its number in the index.
    pub number: i32,
    /// What it shows.
    pub kind: DocumentKind,
}

/// An incident that may be declared. Days are those of Europe/Rome, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentRule {
    /// Its name in requests.
    pub slug: String,
    /// Its name as shown.
    pub name: String,
    /// First day of the outage.
    pub first_day: NaiveDate,
    /// Last day of the outage; none while it runs.
    pub last_day: Option<NaiveDate>,
    /// First day of the accepted range (R32).
    pub accept_from: NaiveDate,
    /// Last day of the accepted range.
    pub accept_until: NaiveDate,
}

/// A plan that a mailbox could have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRule {
    /// Its name in requests.
    pub code: String,
    /// Its name as shown.
    pub name: String,
    /// Whether it cost money.
    pub paid: bool,
}

impl PlanRule {
    /// Code of [`Self::unknown`]; no case may use it for a plan of its own.
    pub const UNKNOWN: &'static str = "unknown";

    /// What whoever does not remember the plan declares, in every case. It counts as free: nobody has to
    /// guess in a document that is signed.
    pub fn unknown() -> Self {
        Self {
            code: Self::UNKNOWN.to_owned(),
            name: "Non ricordo".to_owned(),
            paid: false,
        }
    }
}

/// A mailbox that this claimant registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclarableMailbox {
    /// Its address.
    pub address: MailboxAddress,
    /// Code of its plan as told at sign-up: what a form offers first, never taken unasked (R34).
    pub plan: Option<String>,
    /// Whether it is an alias of another one: not declared on its own (R29).
    pub is_alias: bool,
}

/// What staff must look at, or must know before a payout. Nothing here refuses a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeclarationFlag {
    /// A window leaves the accepted range of its incident (R32).
    OutsideWindow,
    /// A mailbox does not work yet.
    NotRestored,
    /// The same damage is claimed or was paid elsewhere; blocks a payout (R66).
    DoubleRecovery,
    /// A paid plan: proof is asked for (R34).
    PaidPlanProof,
    /// There is a narrative; it may hold special data and stays out of exports (R37).
    NarrativeSpecial,
}

impl DeclarationFlag {
    /// All flags, in the order they are listed.
    pub const ALL: [Self; 5] = [
        Self::OutsideWindow,
        Self::NotRestored,
        Self::DoubleRecovery,
        Self::PaidPlanProof,
        Self::NarrativeSpecial,
    ];

    /// Flags that a record waits with until staff looked (DOMAIN 8.3); the others are for who pays or reads.
    pub const TO_CHECK: [Self; 3] = [Self::OutsideWindow, Self::NotRestored, Self::DoubleRecovery];

    /// Those of a declaration that still wait for a look, in the order of [`Self::TO_CHECK`].
    #[must_use]
    pub fn unchecked(flags: &[String], checked: &[String]) -> Vec<Self> {
        let is_in = |words: &[String], flag: Self| words.iter().any(|word| word == flag.as_str());
        let mut waiting = Self::TO_CHECK.to_vec();
        waiting.retain(|flag| is_in(flags, *flag) && !is_in(checked, *flag));
        waiting
    }

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OutsideWindow => "outside_window",
            Self::NotRestored => "not_restored",
            Self::DoubleRecovery => "double_recovery",
            Self::PaidPlanProof => "paid_plan_proof",
            Self::NarrativeSpecial => "narrative_special",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.as_str() == text)
    }
}

/// A declaration that fits its case. Its JSON is self-contained: names of incidents and plans are
/// those that were shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    mailboxes: Vec<DeclaredMailbox>,
    narrative: Option<String>,
    complaint: Option<Complaint>,
    other_claims: Elsewhere,
    already_compensated: Elsewhere,
    contract_version: Option<String>,
    contract_clause: Option<String>,
    member_number: Option<String>,
}

impl Declaration {
    /// Reads a declaration.
    ///
    /// # Errors
    /// All that is wrong at once, with pointers like `/mailboxes/0/incidents/0/plan`.
    pub fn parse(input: &DeclarationInput, rules: &DeclarationRules) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let mailboxes = mailbox::parse_all(input, rules, &mut errors);
        let narrative = errors.take("/narrative", narrative(input.narrative.as_deref()));
        let complaint = match &input.complaint {
            None => Some(None),
            Some(complaint) => Complaint::parse(complaint, rules.today, &mut errors).map(Some),
        };
        let other_claims = complaint::other_claims(input, &mut errors);
        let already_compensated = complaint::already_compensated(input, &mut errors);
        let contract_version = errors.take(
            "/contract_version",
            detail(input.contract_version.as_deref()),
        );
        let contract_clause =
            errors.take("/contract_clause", note(input.contract_clause.as_deref()));
        let member_number = errors.take("/member_number", member_number(input));
        let (
            Some(narrative),
            Some(complaint),
            Some(other_claims),
            Some(already_compensated),
            Some(contract_version),
            Some(contract_clause),
            Some(member_number),
        ) = (
            narrative,
            complaint,
            other_claims,
            already_compensated,
            contract_version,
            contract_clause,
            member_number,
        )
        else {
            return Err(errors);
        };
        errors.into_result(Self {
            mailboxes,
            narrative,
            complaint,
            other_claims,
            already_compensated,
            contract_version,
            contract_clause,
            member_number,
        })
    }

    /// The mailboxes, 1 to 20, each once, in the order they were typed.
    pub fn mailboxes(&self) -> &[DeclaredMailbox] {
        &self.mailboxes
    }

    /// Each mailbox in each incident (R31), in the order they were typed.
    pub fn lines(&self) -> impl Iterator<Item = (&MailboxAddress, &DeclaredIncident)> {
        self.mailboxes.iter().flat_map(|mailbox| {
            let incidents = mailbox.incidents().iter();
            incidents.map(|incident| (mailbox.address(), incident))
        })
    }

    /// What is unique among active claims: slug of the incident and mailbox (R30).
    pub fn mailbox_keys(&self) -> Vec<(String, MailboxAddress)> {
        self.lines()
            .map(|(address, incident)| (incident.slug().to_owned(), address.clone()))
            .collect()
    }

    /// Sum of the amounts that were given, euro cents. Nothing received is taken off (R35).
    pub fn total_cents(&self) -> i64 {
        self.lines().fold(0_i64, |sum, (_, incident)| {
            sum.saturating_add(incident.total_cents())
        })
    }

    /// Items without an amount: sums to be found in equity (art. 1226 c.c.). They come on top of
    /// [`Self::total_cents`].
    pub fn open_items(&self) -> usize {
        self.lines().map(|(_, line)| line.open_items()).sum()
    }

    /// What happened in the claimant's words, at most 4,000 characters, lines ended by `\n` (R37).
    pub fn narrative(&self) -> Option<&str> {
        self.narrative.as_deref()
    }

    /// A complaint already made.
    pub fn complaint(&self) -> Option<&Complaint> {
        self.complaint.as_ref()
    }

    /// Other claims pending.
    pub fn other_claims(&self) -> &Elsewhere {
        &self.other_claims
    }

    /// What was paid already.
    pub fn already_compensated(&self) -> &Elsewhere {
        &self.already_compensated
    }

    /// Version or date of the contract terms.
    pub fn contract_version(&self) -> Option<&str> {
        self.contract_version.as_deref()
    }

    /// The clause of the contract that matters.
    pub fn contract_clause(&self) -> Option<&str> {
        self.contract_clause.as_deref()
    }

    /// Member number at the association.
    pub fn member_number(&self) -> Option<&str> {
        self.member_number.as_deref()
    }

    /// What staff must look at, each once, in the order of [`DeclarationFlag::ALL`].
    pub fn flags(&self) -> Vec<DeclarationFlag> {
        DeclarationFlag::ALL
            .into_iter()
            .filter(|flag| self.has(*flag))
            .collect()
    }

    fn has(&self, flag: DeclarationFlag) -> bool {
        let mut lines = self.lines().map(|(_, incident)| incident);
        match flag {
            DeclarationFlag::OutsideWindow => lines.any(DeclaredIncident::is_outside_window),
            DeclarationFlag::NotRestored => lines.any(|line| !line.restored()),
            DeclarationFlag::PaidPlanProof => lines.any(DeclaredIncident::plan_is_paid),
            DeclarationFlag::NarrativeSpecial => self.narrative.is_some(),
            DeclarationFlag::DoubleRecovery => {
                self.other_claims.is_yes()
                    || self.already_compensated.is_yes()
                    || self
                        .complaint
                        .as_ref()
                        .is_some_and(Complaint::may_pay_twice)
            }
        }
    }

    /// What changed from `old` to `new`, for the page that shows it before signing again (R39).
    pub fn difference(old: &Self, new: &Self) -> Vec<Change> {
        difference::between(old, new)
    }
}

fn narrative(text: Option<&str>) -> Result<Option<String>, ValueError> {
    let read = |text| {
        paragraphs(
            text,
            4_000,
            "error-narrative-format",
            "error-narrative-too-long",
        )
    };
    filled(text).map(read).transpose()
}

/// A free line of at most 500 characters.
fn note(text: Option<&str>) -> Result<Option<String>, ValueError> {
    let read = |text| one_line(text, 500, "error-note-format", "error-note-too-long");
    filled(text).map(read).transpose()
}

/// A number, subject or name of at most 120 characters.
fn detail(text: Option<&str>) -> Result<Option<String>, ValueError> {
    let read = |text| one_line(text, 120, "error-detail-format", "error-detail-too-long");
    filled(text).map(read).transpose()
}

fn member_number(input: &DeclarationInput) -> Result<Option<String>, ValueError> {
    let read = |text| {
        one_line(
            text,
            40,
            "error-member-number-format",
            "error-member-number-too-long",
        )
    };
    filled(input.member_number.as_deref()).map(read).transpose()
}

impl fmt::Debug for Declaration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Declaration(..)")
    }
}

#[cfg(test)]
mod tests;
