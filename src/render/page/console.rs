//! The pages of the console, for the staff of associations.

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};
use url::form_urlencoded;

use self::approval::ApprovalLine;
use self::contact::ContactHistoryLines;
use self::declared_check::DeclaredCheckLines;
use self::deficiency::DeficiencyLines;
use self::identity_check::{DoubtLine, IdentityCheckLines};
use self::queues::QueueBar;
use super::documents::DocumentLine;
use super::identity::IdentityFields;
use super::sign::ReportShown;
use super::{Chrome, Errors};
use crate::domain::language::Language;
use crate::domain::outage::day_in_rome;
use crate::render::document::{Circumstances, PrintedMailbox, euro};
use crate::render::text::{Damages, Text};

pub mod account;
pub mod approval;
pub mod breach;
pub mod bulk;
pub mod case_desk;
pub mod conflict;
pub mod contact;
pub mod dashboard;
pub mod declared_check;
pub mod deficiency;
pub mod export;
pub mod identity_check;
pub mod import;
pub mod mails;
pub mod paper;
pub mod partners;
pub mod payout;
pub mod people;
pub mod queues;
pub mod representation;
pub mod retention;
pub mod sample_check;
pub mod scam_report;
pub mod trail;
pub mod updates;

/// What stands around every page of the console.
#[derive(Debug, Clone, Default)]
pub struct Console {
    /// Language, demo banner, path and CSRF token.
    pub chrome: Chrome,
    /// Who is signed in; nobody on the login page.
    pub who: Option<Who>,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct Who {
    /// Name of the association.
    pub association: String,
    /// Word of the role.
    pub role: &'static str,
    /// What waits for a second person; none for who decides nothing.
    pub approvals: Option<ApprovalsNav>,
    /// Whether the second factor is fresh.
    pub stepped_up: bool,
}

/// What waits for a second person, in the navigation.
#[derive(Debug, Clone, Copy)]
pub struct ApprovalsNav {
    /// What the reader may decide.
    pub count: u64,
    /// Whether there are more.
    pub more: bool,
    /// Whether the reader asked for something that nobody can decide.
    pub is_stuck: bool,
    /// Whether the reader can invite a second person.
    pub invites: bool,
}

/// A case that something can be for: a role, a key.
#[derive(Debug, Clone)]
pub struct CaseChoice {
    /// Its slug.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// Why a code or password was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Something is wrong; which is not told.
    Wrong,
    /// The code was used before.
    Used,
    /// Too many attempts.
    TooMany,
}

impl Refusal {
    /// The word its text ends with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Used => "used",
            Self::TooMany => "too-many",
        }
    }
}

/// A login of the demo.
#[derive(Debug, Clone)]
pub struct DemoLoginRow {
    /// Login address.
    pub email: String,
    /// Word of the role.
    pub role: &'static str,
    /// Name of the association.
    pub association: String,
    /// A code that works now.
    pub code: String,
}

/// `GET /console/login`; POST to the same path `{email, password, totp, association?}`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/login.html")]
pub struct LoginPage {
    /// Around the content.
    pub console: Console,
    /// As typed.
    pub email: String,
    /// As typed: the slug of an association.
    pub association: String,
    /// Why it was not taken.
    pub refusal: Option<Refusal>,
    /// Logins of the demo, nothing elsewhere.
    pub demo: Vec<DemoLoginRow>,
    /// Whether everything has just ended by a change of password or app.
    pub changed: bool,
}

/// How the evidence log of a case stands.
#[derive(Debug, Clone, Default)]
pub struct LogLine {
    /// Entries under the newest signed head.
    pub entries: u64,
    /// When that was signed, UTC.
    pub signed_at: Option<DateTime<Utc>>,
    /// Entries under the newest stamped head, and the authority's time, UTC.
    pub stamped: Option<(u64, DateTime<Utc>)>,
    /// Entries under the head that waits, how often the authority was asked in vain, and why.
    pub waiting: Option<(u64, u32, Option<String>)>,
}

/// A case in the list.
#[derive(Debug, Clone)]
pub struct CaseRow {
    /// The slug in addresses.
    pub slug: String,
    /// Title.
    pub title: String,
    /// The company.
    pub respondent: String,
    /// Word of the state.
    pub state: &'static str,
    /// Its log, once there is one.
    pub log: Option<LogLine>,
}

/// `GET /console`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/cases.html")]
pub struct CasesPage {
    /// Around the content.
    pub console: Console,
    /// Cases of the association, newest first.
    pub cases: Vec<CaseRow>,
    /// What the reader may decide as a second person, oldest first.
    pub to_decide: Vec<ApprovalLine>,
    /// False for roles without personal data.
    pub shows_people: bool,
    /// Whether the actor sees the terms of keeping.
    pub shows_retention: bool,
    /// Whether the actor keeps the register of breaches.
    pub shows_breaches: bool,
    /// Whether the actor sees the desk where cases are written.
    pub shows_case_desk: bool,
    /// Reports of swindlers nobody has handled, counted up to 200; none for who does not see them.
    pub scam_reports: Option<usize>,
    /// Whether the actor posts news.
    pub shows_updates: bool,
    /// Whether the actor says who acts for the association.
    pub shows_people_list: bool,
    /// Whether partner sites are shown.
    pub shows_partners: bool,
    /// Whether the actor looks at trails.
    pub shows_trails: bool,
    /// Whether the actor looks at the outbox.
    pub shows_mails: bool,
}

/// A claimant in the list.
#[derive(Debug, Clone)]
pub struct ClaimantRow {
    /// The claimant.
    pub id: String,
    /// Grouped for reading.
    pub reference: String,
    /// Name, or empty.
    pub name: String,
    /// Masked, or empty.
    pub codice_fiscale: String,
    /// In clear.
    pub mailboxes: Vec<String>,
    /// Word of the state.
    pub state: &'static str,
    /// Word of the review.
    pub review: &'static str,
    /// Letters still missing, those of the case too (R2).
    pub missing: Vec<String>,
    /// Whether none of them is for the claimant or the association to bring, and nothing is to be checked.
    pub is_complete: bool,
    /// Codes of what to look at.
    pub flags: Vec<String>,
    /// Who has it, on the queue that is listed.
    pub holder: Option<HolderLine>,
    /// True if mail to the contact comes back.
    pub unreachable: bool,
    /// What the newest declaration asks for; none: none yet.
    pub damages: Option<Damages>,
    /// When the sign-up was made, UTC.
    pub created_at: DateTime<Utc>,
}

/// Who works on a record.
#[derive(Debug, Clone)]
pub struct HolderLine {
    /// Name.
    pub name: String,
    /// Since when it is in hand, UTC; none: it was assigned to stay.
    pub in_hand: Option<DateTime<Utc>>,
    /// By which day it is to be done.
    pub due_on: Option<NaiveDate>,
    /// True if that day is over.
    pub overdue: bool,
}

/// What narrows a list, as typed; each of them may be empty.
#[derive(Debug, Clone, Default)]
#[expect(
    missing_docs,
    reason = "each field is that of `domain::narrowing::Words`"
)]
pub struct NarrowFields {
    pub review: String,
    pub province: String,
    pub domain: String,
    pub from: String,
    pub until: String,
    pub least: String,
    pub most: String,
    pub tier: String,
    pub messa_in_mora: String,
    pub whose: String,
}

impl NarrowFields {
    /// Name and value of each, for addresses.
    fn pairs(&self) -> [(&'static str, &str); 10] {
        [
            ("review", &self.review),
            ("province", &self.province),
            ("domain", &self.domain),
            ("from", &self.from),
            ("until", &self.until),
            ("least", &self.least),
            ("most", &self.most),
            ("tier", &self.tier),
            ("messa_in_mora", &self.messa_in_mora),
            ("whose", &self.whose),
        ]
    }

    /// Whether any of them narrows the list.
    fn is_used(&self) -> bool {
        self.pairs().iter().any(|(_, value)| !value.is_empty())
    }
}

/// `GET /console/cases/{slug}?state=&missing=&flag=&queue=&q=&cursor=`, and what narrows it.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/list.html")]
pub struct ListPage {
    /// Around the content.
    pub console: Console,
    /// The case.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// Words of all states.
    pub states: Vec<&'static str>,
    /// The state chosen, `active`, or empty.
    pub state: String,
    /// Letters of art. 840-septies.
    pub letters: Vec<String>,
    /// The letter that is missing, or empty.
    pub missing: String,
    /// Codes of all flags of declarations.
    pub flags: Vec<&'static str>,
    /// The flag chosen, or empty.
    pub flag: String,
    /// Words of the lists of claimants.
    pub queues: Vec<&'static str>,
    /// The queue chosen, or empty.
    pub queue: String,
    /// Words of all reviews.
    pub reviews: Vec<&'static str>,
    /// Words of all tiers of signatures.
    pub tiers: Vec<&'static str>,
    /// What narrows the list beside.
    pub narrow: NarrowFields,
    /// What was refused; then nobody is shown.
    pub errors: Errors,
    /// What narrows the list, in words: key of the name, and value.
    pub chosen: Vec<(&'static str, String)>,
    /// How many there are, 1000 for more; none where that is not counted.
    pub total: Option<u64>,
    /// True if so many others were read in vain that the page is not full.
    pub unfinished: bool,
    /// What was searched for, or empty.
    pub search: String,
    /// Newest first.
    pub rows: Vec<ClaimantRow>,
    /// Cursor of the next page.
    pub next: Option<String>,
    /// Whether the actor may ask for exports.
    pub can_export: bool,
    /// Whether the actor sees the register of exports.
    pub sees_exports: bool,
    /// Whether the actor sees samples.
    pub sees_samples: bool,
    /// Whether the actor checks signatures on paper.
    pub checks_paper: bool,
}

impl ListPage {
    /// What the list is asked for, for the addresses of others like it; begins with `?`, without `cursor`.
    fn asked(&self) -> String {
        self.query("")
    }

    /// As [`Self::asked`], and that the list was searched, which an export is not.
    fn asked_of_export(&self) -> String {
        self.query(if self.search.is_empty() { "" } else { "true" })
    }

    fn query(&self, searched: &str) -> String {
        let mut query = form_urlencoded::Serializer::for_suffix(String::from("?"), 1);
        let own = [
            ("state", self.state.as_str()),
            ("missing", &self.missing),
            ("flag", &self.flag),
            ("queue", &self.queue),
        ];
        let pairs = own.into_iter().chain(self.narrow.pairs());
        for (name, value) in pairs.chain([("searched", searched)]) {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    /// Whether anything was chosen but the queue, which the tabs show: then the filters stand open on a phone too.
    fn is_filtered(&self) -> bool {
        let chosen = [&self.state, &self.missing, &self.flag];
        chosen.iter().any(|word| !word.is_empty()) || self.narrow.is_used()
    }

    /// The query of the page of a claimant: the queue goes along.
    fn of_item(&self) -> String {
        if self.queue.is_empty() {
            return String::new();
        }
        format!("?queue={}", self.queue)
    }
}

/// A contact as the actor may see it.
#[derive(Debug, Clone, Default)]
pub struct ContactLines {
    /// Whether it is in clear.
    pub clear: bool,
    /// E-mail.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// When the claimant left or corrected it, UTC, and the number that was known before.
    pub phone_change: Option<(DateTime<Utc>, Option<String>)>,
    /// Whether post is welcome.
    pub postal_ok: bool,
    /// Lines on an envelope; empty: the residence.
    pub postal_lines: Vec<String>,
}

/// What an earlier list of the association said.
#[derive(Debug, Clone)]
pub struct ListedLines {
    /// Day until which it was collected.
    pub listed_on: NaiveDate,
    /// Name.
    pub name: Option<String>,
    /// Codice fiscale, masked.
    pub codice_fiscale: Option<String>,
    /// Address.
    pub address: Option<String>,
    /// Notes.
    pub notes: Option<String>,
}

impl ListedLines {
    fn day(&self, text: Text) -> String {
        text.date(self.listed_on)
    }
}

/// An identity as the actor may see it.
#[derive(Debug, Clone)]
pub struct IdentityLines {
    /// Name of person or entity.
    pub name: String,
    /// Masked.
    pub codice_fiscale: Option<String>,
    /// Legal representative.
    pub representative: Option<String>,
    /// Residence or seat.
    pub address_lines: Vec<String>,
    /// Codes of what to look at.
    pub warnings: Vec<String>,
    /// What does not fit, where the actor sees clear data.
    pub doubts: Vec<DoubtLine>,
    /// When staff looked at that and found it in order, UTC.
    pub checked_at: Option<DateTime<Utc>>,
    /// `claimant` or `staff`.
    pub given_by: String,
    /// When, UTC.
    pub given_at: DateTime<Utc>,
}

/// A mailbox.
#[derive(Debug, Clone)]
pub struct MailboxLine {
    /// Address.
    pub address: String,
    /// Whether it is an alias.
    pub alias: bool,
    /// How the scope table treats its domain.
    pub treatment: String,
    /// When control was proved, UTC, and how: `code` or `contact`.
    pub proved: Option<(DateTime<Utc>, String)>,
}

/// A consent given or taken back.
#[derive(Debug, Clone)]
pub struct ConsentLine {
    /// Purpose.
    pub purpose: String,
    /// Version of the text.
    pub text_version: String,
    /// Yes or no.
    pub given: bool,
    /// Where it was given.
    pub channel: String,
    /// When, UTC.
    pub at: DateTime<Utc>,
}

/// A mail sent.
#[derive(Debug, Clone)]
pub struct MailLine {
    /// Code printed in it (R14).
    pub code: String,
    /// Kind.
    pub kind: String,
    /// When, UTC.
    pub at: DateTime<Utc>,
}

/// A clash; nothing about the other side.
#[derive(Debug, Clone)]
pub struct ConflictLine {
    /// `person` or `mailbox`.
    pub kind: String,
    /// When it was noticed, UTC.
    pub opened_at: DateTime<Utc>,
    /// Whether it ended.
    pub settled: bool,
}

/// An entry of the trail.
#[derive(Debug, Clone)]
pub struct TrailLine {
    /// When, UTC; the last time, if more than once.
    pub at: DateTime<Utc>,
    /// How often that day; views alone are counted together.
    pub times: u32,
    /// `staff`, `claimant`, ...
    pub actor_kind: String,
    /// Name of the staff member.
    pub actor_name: Option<String>,
    /// Verb.
    pub action: String,
    /// State after, where one changed.
    pub after: Option<String>,
    /// Reason typed.
    pub reason: Option<String>,
}

/// The forms for a person without an e-mail, as typed: POST `{how, reason}` to
/// `/console/claimants/{id}/confirmation`, `{email}` to `/console/claimants/{id}/email`.
#[derive(Debug, Clone, Default)]
pub struct AssistForms {
    /// `phone` or `post`.
    pub how: String,
    /// As typed.
    pub reason: String,
    /// As typed.
    pub email: String,
}

/// `GET /console/claimants/{id}/identity?kind=`; POST to the path with the fields of that kind.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/identity.html")]
pub struct AssistIdentityPage {
    /// Around the content.
    pub console: Console,
    /// The claimant.
    pub id: String,
    /// Grouped for reading.
    pub reference: String,
    /// What was typed; nothing of what is stored, which staff see masked.
    pub fields: IdentityFields,
    /// What was refused.
    pub errors: Errors,
}

/// A file brought with a digital signature.
#[derive(Debug, Clone, Default)]
pub struct SignatureFileLine {
    /// Its id.
    pub id: String,
    /// Version of the declaration it was to sign.
    pub version: i32,
    /// Whether it can be taken along.
    pub kept: bool,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// What was found.
    pub report: ReportShown,
}

/// Where somebody without an e-mail stands on the way from the first call to a signature on paper.
#[derive(Debug, Clone, Default)]
pub struct DeskLines {
    /// Whether identity is given.
    pub has_identity: bool,
    /// Whether the person was reached.
    pub is_confirmed: bool,
    /// Whether the declaration can be typed now.
    pub can_type: bool,
    /// Newest version of the declaration.
    pub version: Option<i32>,
    /// Whether it is signed.
    pub is_signed: bool,
    /// The newest hand-in and its state.
    pub hand_in: Option<(String, String)>,
}

impl ClaimantPage {
    /// The day in Rome of the newest declaration, where it lacks only its signature.
    fn unsigned_on(&self) -> Option<NaiveDate> {
        let lacks_it = self.missing.iter().any(|letter| letter == "d");
        let newest = self.versions.first().filter(|_| lacks_it)?;
        let is_unsigned = newest.signature.is_none();
        is_unsigned.then(|| day_in_rome(newest.declared_at))
    }
}

impl DeskLines {
    /// Whether there is a form to print and sign.
    pub fn prints(&self) -> bool {
        self.version.is_some() && !self.is_signed && self.can_type
    }
}

/// A version of a declaration.
#[derive(Debug, Clone)]
pub struct VersionLine {
    /// Its number.
    pub version: i32,
    /// When it was declared, UTC.
    pub declared_at: DateTime<Utc>,
    /// What it asks for.
    pub damages: Damages,
    /// Codes of what to look at.
    pub flags: Vec<String>,
    /// Those of them that staff looked at and found in order.
    pub checked: Vec<String>,
    /// When they last did, UTC.
    pub checked_at: Option<DateTime<Utc>>,
    /// Who of the staff typed it and how it was told; none: the claimant did.
    pub typed: Option<(String, String)>,
    /// SHA-256 of the PDF, hex.
    pub sha256: String,
    /// Tier of the signature and when, if it was signed.
    pub signature: Option<(String, DateTime<Utc>)>,
    /// Whether the mandate for the messa in mora was given with it: `given` or `not_given`.
    pub messa_in_mora: &'static str,
    /// False: what is stored does not match its hash.
    pub intact: bool,
}

/// What a declaration says, in the words of its document: Italian.
#[derive(Clone)]
pub struct DeclarationLines {
    /// Number of the version.
    pub version: i32,
    /// Whether free texts are hidden.
    pub masked: bool,
    /// Per mailbox and incident.
    pub mailboxes: Vec<PrintedMailbox>,
    /// Contract and what was tried elsewhere.
    pub circumstances: Circumstances,
    /// In the claimant's words (R37).
    pub narrative: Option<String>,
    /// What it asks for.
    pub damages: Damages,
}

impl DeclarationLines {
    /// All that is asked for, in Italian as the rest of it.
    fn total(&self) -> String {
        Text::new(Language::It).damages(&self.damages)
    }

    /// A sum in words; none: the equitable sum of art. 1226 c.c.
    pub fn sum(&self, cents: &Option<i64>) -> String {
        cents.map_or_else(String::new, euro)
    }

    /// A day as printed.
    pub fn day(&self, day: &NaiveDate) -> String {
        day.format("%d/%m/%Y").to_string()
    }
}

impl std::fmt::Debug for DeclarationLines {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "DeclarationLines({})", self.version)
    }
}

/// A mail that came back.
#[derive(Debug, Clone)]
pub struct BounceLine {
    /// `hard`, `soft`, `delayed` or `complaint`.
    pub kind: String,
    /// Kind of the mail.
    pub mail: String,
    /// Enhanced status code.
    pub status: Option<String>,
    /// What the server said, without addresses.
    pub diagnostic: Option<String>,
    /// Whether it is kept as evidence of an outage.
    pub is_evidence: bool,
    /// When it came back, UTC.
    pub at: DateTime<Utc>,
}

/// That a record was rejected.
#[derive(Debug, Clone)]
pub struct RejectionLines {
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// Word of why.
    pub code: &'static str,
    /// In the words the claimant was told.
    pub words: Option<String>,
    /// Last day to object, in Rome.
    pub object_until: NaiveDate,
    /// Name of who asked for it.
    pub asked_by: Option<String>,
    /// Name of who agreed.
    pub approved_by: Option<String>,
    /// Where what was approved is shown.
    pub approval: Option<String>,
    /// Word of what became of the notice.
    pub notice: &'static str,
    /// When it left or was caused, UTC.
    pub notice_at: Option<DateTime<Utc>>,
}

/// A request about data (art. 15-22 GDPR), on the record it is about.
#[derive(Debug, Clone)]
pub struct RightsLine {
    /// Its page, where the reader may open it.
    pub href: Option<String>,
    /// Word of what is asked for.
    pub kind: String,
    /// When it was received.
    pub received_on: NaiveDate,
    /// Last day for the answer.
    pub due_on: NaiveDate,
    /// Whether that is over without an answer.
    pub overdue: bool,
    /// What was decided and when, UTC; none while it is open.
    pub decided: Option<(String, DateTime<Utc>)>,
}

/// `GET /console/claimants/{id}`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/claimant.html")]
pub struct ClaimantPage {
    /// Around the content.
    pub console: Console,
    /// Requests about data, newest first.
    pub requests: Vec<RightsLine>,
    /// What the claimant was asked to bring, and may be asked for.
    pub deficiency: Option<DeficiencyLines>,
    /// The queue that the page was opened from.
    pub bar: Option<QueueBar>,
    /// `?queue=` with its word, for forms that lead back here; or empty.
    pub from_queue: String,
    /// The case.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// The claimant.
    pub id: String,
    /// Grouped for reading.
    pub reference: String,
    /// Word of the state.
    pub state: &'static str,
    /// Word of the review.
    pub review: &'static str,
    /// Why, when and by whom it was rejected.
    pub rejection: Option<RejectionLines>,
    /// Rejected records that may be of the same person: id, reference, when, UTC, word of why.
    pub rejected_before: Vec<(String, String, DateTime<Utc>, &'static str)>,
    /// What an earlier list said of who was imported from one.
    pub listed: Option<ListedLines>,
    /// The way of somebody without an e-mail, where the actor leads it.
    pub desk: Option<DeskLines>,
    /// Whether the actor may add documents now.
    pub adds_documents: bool,
    /// Confirming and entering an e-mail, where the actor may now.
    pub assist: Option<AssistForms>,
    /// Why the quarantine ends, as typed, where the actor may end it: POST `{reason}` to
    /// `/console/claimants/{id}/quarantine-end`.
    pub quarantine: Option<String>,
    /// Word of why it is in quarantine.
    pub quarantined_for: &'static str,
    /// Finding the identity in order, where something does not fit and the actor may.
    pub identity_check: Option<IdentityCheckLines>,
    /// Finding in order what is flagged in the newest declaration, where something waits and the actor may.
    pub declared_check: Option<DeclaredCheckLines>,
    /// Why accounts are taken again, as typed, where the actor may end the freeze: POST `{reason}` to
    /// `/console/claimants/{id}/payout-freeze-end`.
    pub payout_freeze: Option<String>,
    /// Since when no account is taken, because the owner stopped one, UTC.
    pub payout_frozen_at: Option<DateTime<Utc>>,
    /// The contact over time, and what to do next.
    pub contact_history: ContactHistoryLines,
    /// Whether the actor works with accounts.
    pub opens_payout: bool,
    /// Whether the actor may enter identity now.
    pub enters_identity: bool,
    /// What was refused: `/how`, `/reason`, `/email`.
    pub errors: Errors,
    /// Letters still missing (R2).
    pub missing: Vec<String>,
    /// Versions of the declaration, newest first.
    pub versions: Vec<VersionLine>,
    /// Files brought with a digital signature, newest first.
    pub files: Vec<SignatureFileLine>,
    /// What the newest version says.
    pub declaration: Option<DeclarationLines>,
    /// IBAN, masked, and since when.
    pub payout: Option<(String, DateTime<Utc>)>,
    /// IBAN of a change that waits, masked, and from when it counts.
    pub payout_pending: Option<(String, DateTime<Utc>)>,
    /// Documents produced, by number.
    pub documents: Vec<DocumentLine>,
    /// Whether signed documents may be taken along.
    pub takes_documents: bool,
    /// Where the person came from.
    pub via: Option<String>,
    /// `None` once erased.
    pub contact: Option<ContactLines>,
    /// Once given.
    pub identity: Option<IdentityLines>,
    /// Name and title of who acts for the claimant.
    pub representative: Option<(String, &'static str)>,
    /// When a death was recorded, UTC.
    pub died_at: Option<DateTime<Utc>>,
    /// Since when the claimant is of age and must ratify, UTC.
    pub ratify_at: Option<DateTime<Utc>>,
    /// Since when the data are only kept, UTC.
    pub restricted_at: Option<DateTime<Utc>>,
    /// The request by which they are.
    pub restricted_by: Option<String>,
    /// Whether the actor may record who acts, and a death.
    pub records_representative: bool,
    /// Mailboxes.
    pub mailboxes: Vec<MailboxLine>,
    /// Consents, oldest first.
    pub consents: Vec<ConsentLine>,
    /// Mails, oldest first.
    pub mails: Vec<MailLine>,
    /// Clashes.
    pub conflicts: Vec<ConflictLine>,
    /// Mails that came back, newest first.
    pub bounces: Vec<BounceLine>,
    /// Since when mail to the contact comes back, UTC.
    pub unreachable_at: Option<DateTime<Utc>>,
    /// Newest first.
    pub trail: Vec<TrailLine>,
    /// Whether the actor looks at the whole trail.
    pub shows_trail: bool,
    /// Whether the actor may propose to reject the record now.
    pub rejects: bool,
    /// When the sign-up was made, UTC.
    pub created_at: DateTime<Utc>,
    /// When the contact was confirmed, UTC.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When the declaration in force was signed, UTC.
    pub signed_at: Option<DateTime<Utc>>,
}

/// `GET /console/step-up?back=`; POST to the same path `{totp, back}`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/step_up.html")]
pub struct StepUpPage {
    /// Around the content.
    pub console: Console,
    /// Where to go after; a path of the console.
    pub back: String,
    /// Why the code was not taken.
    pub refusal: Option<Refusal>,
}
