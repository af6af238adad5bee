//! `/me`: one's own record, masked; and the two questions before something final.

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};

use super::{
    CaseHead, Chrome,
    association::AssociationCard,
    declare::{ChangeLine, EstimateBox},
    own_history::{MailLine, ViewLine},
    updates::UpdateLine,
};

use crate::domain::outage::day_in_rome;

/// Who the claimant is, masked.
#[derive(Debug, Clone, Default)]
pub struct IdentitySummary {
    /// Name of the person or entity.
    pub name: String,
    /// Masked: `RSS…501U`. A document number if there is no codice fiscale.
    pub code: String,
    /// City of the address.
    pub city: String,
    /// What does not fit and only warns (R23): `name_mismatch`, `provisional_code`, ...
    pub warnings: Vec<String>,
}

/// Why a record was rejected, as the notice said.
#[derive(Debug, Clone)]
pub struct RejectionLines {
    /// The day.
    pub rejected_on: NaiveDate,
    /// How and until when to object, in words.
    pub object: String,
    /// Word of why.
    pub code: &'static str,
    /// In the words of the association.
    pub words: Option<String>,
}

/// A consent as it stands.
#[derive(Debug, Clone, Default)]
pub struct ConsentLine {
    /// `privacy_notice`, `contact` or `newsletter`.
    pub purpose: String,
    /// The version of the text.
    pub text_version: String,
    /// The last given value.
    pub given: bool,
    /// When it was last given or taken back.
    pub at: Option<DateTime<Utc>>,
}

/// What just happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeNotice {
    /// The address was confirmed.
    Confirmed,
    /// The identity was stored.
    IdentitySaved,
    /// The newsletter choice was stored.
    ConsentSaved,
    /// The record was withdrawn.
    Withdrawn,
    /// The person had signed up before: that record is the open one.
    FirstRecord,
    /// The declaration was signed.
    Signed,
    /// The payout data were stored.
    PayoutSaved,
    /// The person went to another association: this is the new record (R51).
    Moved,
    /// Who acts for the claimant was recorded.
    RepresentativeSaved,
    /// A change of the account was stored and waits (R26).
    PayoutWaits,
    /// Control of a mailbox was proved (R30).
    MailboxProved,
    /// The record is written to at another address from now on.
    ContactChanged,
    /// A telephone number was left or corrected.
    PhoneSaved,
}

/// A part of what makes a record complete, in one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// The word its text ends with: `contact`, `identity`, `declaration`, `signature` or `payout`.
    pub word: &'static str,
    /// Whether it is done.
    pub done: bool,
    /// Where it is done now; none: nowhere, or done.
    pub href: Option<&'static str>,
}

/// What to do next, as one big button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Say who one is.
    Identity,
    /// Declare the damage.
    Declare,
    /// Go on with what was begun.
    Continue,
    /// Look again: identity or texts changed since.
    Review,
    /// Sign the newest version.
    Sign,
    /// Say where to pay.
    Payout,
}

impl NextStep {
    /// The word its texts end with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Declare => "declare",
            Self::Continue => "continue",
            Self::Review => "review",
            Self::Sign => "sign",
            Self::Payout => "payout",
        }
    }

    /// Where its button leads.
    pub fn href(self) -> &'static str {
        match self {
            Self::Identity => "/me/identity",
            Self::Declare | Self::Continue | Self::Review => "/me/declare",
            Self::Sign => "/me/sign",
            Self::Payout => "/me/payout",
        }
    }
}

/// The newest version of the declaration, in short.
#[derive(Debug, Clone)]
pub struct DeclaredSummary {
    /// The version.
    pub version: i32,
    /// When it was declared.
    pub declared_at: DateTime<Utc>,
    /// When it was signed, if it was.
    pub signed_at: Option<DateTime<Utc>>,
    /// Sum of the amounts, euro cents.
    pub total_cents: i64,
    /// Whether the mandate for the messa in mora was given with the signature.
    pub messa_in_mora: bool,
    /// The version in force, if another one.
    pub in_force: Option<i32>,
}

impl DeclaredSummary {
    /// The day in Rome on which it was declared.
    fn day(&self) -> NaiveDate {
        day_in_rome(self.declared_at)
    }
}

/// The cautious day of prescription (R65).
#[derive(Debug, Clone)]
pub struct Prescription {
    /// The day.
    pub day: NaiveDate,
    /// The outage it is counted from.
    pub incident: String,
}

impl MeNotice {
    /// The word its text ends with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::IdentitySaved => "identity-saved",
            Self::ConsentSaved => "consent-saved",
            Self::Withdrawn => "withdrawn",
            Self::FirstRecord => "first-record",
            Self::Signed => "signed",
            Self::PayoutSaved => "payout-saved",
            Self::Moved => "moved",
            Self::RepresentativeSaved => "representative-saved",
            Self::PayoutWaits => "payout-waits",
            Self::MailboxProved => "mailbox-proved",
            Self::ContactChanged => "contact-changed",
            Self::PhoneSaved => "phone-saved",
        }
    }
}

/// A mailbox of the own record.
#[derive(Debug, Clone)]
pub struct MyMailboxLine {
    /// Masked.
    pub address: String,
    /// When control was proved, UTC (R30).
    pub proved_at: Option<DateTime<Utc>>,
    /// Where it can be proved now.
    pub href: Option<String>,
}

/// `GET /me`. Forms: POST `/me/newsletter {given: true|false}`, POST `/me/leave`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/me.html")]
pub struct MePage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// Who keeps the data.
    pub association: AssociationCard,
    /// The record's reference, grouped for reading.
    pub reference: String,
    /// The state's fixed word: `confirmed`, `signed`, ...; `moved` once the person went to another
    /// association.
    pub state: String,
    /// What is open and what is done, in order; none once the record is over.
    pub tasks: Vec<Task>,
    /// Why it was rejected, if it was.
    pub rejected: Option<RejectionLines>,
    /// What the association asked for and until when, most urgent first: letter (`b_correction` for an identity that is
    /// there and to be corrected), last day, whether that is over.
    pub asked: Vec<(String, NaiveDate, bool)>,
    /// What is missing: the letters of art. 840-septies that the claimant or the association brings (R2).
    pub missing: Vec<String>,
    /// Those of them that depend on court and case, `a` and `l`.
    pub missing_of_case: Vec<String>,
    /// The contact e-mail, masked.
    pub email: Option<String>,
    /// Whether another address can be given.
    pub can_change_contact: bool,
    /// The phone, masked.
    pub phone: Option<String>,
    /// The mailboxes, masked.
    pub mailboxes: Vec<MyMailboxLine>,
    /// Who the claimant is, once given.
    pub identity: Option<IdentitySummary>,
    /// True if identity may be given or corrected now.
    pub can_edit_identity: bool,
    /// Who acts for the claimant and by what title, once recorded (R46).
    pub representative: Option<(String, &'static str)>,
    /// Of age now: what somebody else signed is to be signed by the claimant (R46).
    pub to_ratify: bool,
    /// True if there is another association to go to (R51).
    pub can_change_association: bool,
    /// True if withdrawing is possible now (R49).
    pub can_withdraw: bool,
    /// True if the record can be erased now (R61).
    pub can_erase: bool,
    /// What to do next.
    pub next: Option<NextStep>,
    /// True if the damage may be declared, or corrected.
    pub can_declare: bool,
    /// The declaration, once declared.
    pub declared: Option<DeclaredSummary>,
    /// What changed since the signature (R39).
    pub changes: Vec<ChangeLine>,
    /// What it might be worth.
    pub estimate: Option<EstimateBox>,
    /// Until when a claim lives, cautiously (R65).
    pub prescription: Option<Prescription>,
    /// IBAN, masked, and holder.
    pub payout: Option<(String, String)>,
    /// IBAN of a change that waits, masked, and from when it counts, UTC (R26).
    pub payout_pending: Option<(String, DateTime<Utc>)>,
    /// The owner stopped an account: none is taken (R26).
    pub payout_frozen: bool,
    /// True if payout data may be given now.
    pub can_pay_out: bool,
    /// The consents as they stand.
    pub consents: Vec<ConsentLine>,
    /// The newest mails that went to the claimant; whether there are more.
    pub mails: (Vec<MailLine>, bool),
    /// The newest looks at the record; whether there are more.
    pub views: (Vec<ViewLine>, bool),
    /// The newest news of the association in the case.
    pub updates: Vec<UpdateLine>,
    /// What just happened.
    pub notice: Option<MeNotice>,
}

impl MePage {
    /// Whether nothing was asked for but to look at an identity that is there.
    pub fn only_corrects(&self) -> bool {
        self.asked.iter().all(|(word, _, _)| word == "b_correction")
    }

    /// Where a swindler who poses as the association is reported.
    pub fn report_href(&self) -> String {
        super::scam_report::href(&self.case.slug, &self.association.slug)
    }

    /// True if the newsletter is wanted.
    pub fn newsletter(&self) -> bool {
        self.consents
            .iter()
            .any(|line| line.purpose == "newsletter" && line.given)
    }
}

/// `GET /me/withdraw`; POST to the same path `{reason?}` withdraws (R49).
#[derive(Debug, Clone, Template)]
#[template(path = "page/withdraw.html")]
pub struct WithdrawPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// The record's reference, grouped for reading.
    pub reference: String,
}

/// `GET /me/erase`; POST to the same path erases an unsigned record (R61).
#[derive(Debug, Clone, Template)]
#[template(path = "page/erase.html")]
pub struct ErasePage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// The record's reference, grouped for reading.
    pub reference: String,
    /// True for what is lodged: its data are only kept (R61).
    pub keeps: bool,
}
