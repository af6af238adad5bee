//! The claimant's own record: look, withdraw, erase, switch consents.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;

use crate::app::audit::{self, Actor, Entry};
use crate::app::bulk;
use crate::app::clash;
use crate::app::ctx::Ctx;
use crate::app::deficiency::{self, Asked, Lacks};
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::leaving;
use crate::app::paper;
use crate::app::payout::{self, OpenPayout};
use crate::app::representation;
use crate::app::retention;
use crate::app::session::{self, ClaimantActor};
use crate::app::sign_up::Evidence;
use crate::app::standing::{self, Record};
use crate::app::vault::Vault;
use crate::crypto::token;
use crate::db::bulk as db_bulk;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::consent::ConsentRow;
use crate::db::deficiency as db_deficiency;
use crate::db::identity::IdentityRow;
use crate::db::mailbox::MailboxRow;
use crate::db::payout::{self as db_payout, Payouts};
use crate::db::{Scope, Tx, confirmation, consent, identity, mailbox, outbox, signature};
use crate::domain::bulk::BulkAct;
use crate::domain::claimant::ClaimantState;
use crate::domain::consent::{Channel, Purpose};
use crate::domain::contact::Contact;
use crate::domain::email_address::EmailAddress;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::identity::{Identity, open_warnings};
use crate::domain::ids::{AssociationId, CaseId, ClaimantId, MailboxId};
use crate::domain::language::Language;
use crate::domain::mailbox_address::MailboxAddress;
use crate::domain::outage::day_in_rome;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::readiness::Missing;
use crate::domain::reference::Reference;
use crate::domain::rejection::{RejectionCode, objection_until};
use crate::domain::representation::Representative;

/// Longest reason of a withdrawal, in characters.
const LONGEST_REASON: usize = 500;
const REJECTIONS: Scope = Scope::System("why a record was rejected, for its claimant");

/// The own record. Contact and codes are masked.
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is the word of DESIGN 1")]
pub struct Me {
    pub id: ClaimantId,
    pub reference: Reference,
    pub case: CaseId,
    pub association: AssociationId,
    pub state: ClaimantState,
    pub language: Language,
    pub created_at: DateTime<Utc>,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub mailboxes: Vec<MyMailbox>,
    pub identity: Option<MyIdentity>,
    /// The identity in clear, to fill the form it is corrected with.
    pub identity_document: Option<Identity>,
    /// Letters of art. 840-septies still missing (R2).
    pub missing: Missing,
    /// What the association asked for and is still missing, most urgent first.
    pub asked: Vec<Asked>,
    /// Nothing is missing that the claimant or the association can bring.
    pub ready: bool,
    /// The newest consent of each purpose.
    pub consents: Vec<MyConsent>,
    /// The newest version that was declared.
    pub declared_version: Option<i32>,
    /// The version in force, as signed.
    pub signed_version: Option<i32>,
    /// Where to pay now, once given.
    pub payout: Option<MyPayout>,
    /// Where to pay after the hold of a change, and from when, UTC (R26).
    pub payout_pending: Option<(MyPayout, DateTime<Utc>)>,
    /// The owner stopped an account: none is taken until staff end that (R26).
    pub payout_frozen: bool,
    /// The person went to another association: this record is over (R51).
    pub moved: bool,
    /// Who acts for the claimant, as recorded (R46).
    pub representative: Option<Representative>,
    /// Of age now: what was signed in the claimant's place is to be signed by the claimant (R46).
    pub to_ratify: bool,
    /// Why and when it was rejected, for a record that is.
    pub rejected: Option<MyRejection>,
}

/// What the notice of a rejection said.
#[derive(Debug, Clone)]
pub struct MyRejection {
    /// The day, in Rome.
    pub rejected_on: NaiveDate,
    /// Last day to object, in Rome.
    pub object_until: NaiveDate,
    /// Why.
    pub code: RejectionCode,
    /// In the words of the association.
    pub words: Option<String>,
}

impl Me {
    /// Whether [`erase`] does something: it deletes what was never signed and restricts what is lodged
    /// (R61).
    pub fn may_erase(&self) -> bool {
        let unsigned = self.signed_version.is_none();
        match self.state {
            ClaimantState::Lodged => true,
            ClaimantState::Withdrawn => unsigned,
            state => state.erases(),
        }
    }
}

/// Where to pay, masked.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each field is the word of DESIGN 1")]
pub struct MyPayout {
    pub iban: String,
    pub holder: String,
    pub holder_is_claimant: bool,
}

/// A mailbox of the own record.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each field is the word of DESIGN 1")]
pub struct MyMailbox {
    pub id: MailboxId,
    pub address: MailboxAddress,
    pub plan: Option<String>,
    pub is_alias: bool,
    pub treatment: String,
    /// When control was proved, UTC, and how (R30).
    pub proved: Option<(DateTime<Utc>, String)>,
}

/// The own identity, masked.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each field is the word of DESIGN 1")]
pub struct MyIdentity {
    pub kind: String,
    pub name: String,
    pub codice_fiscale: Option<String>,
    pub city: Option<String>,
    pub warnings: Vec<String>,
}

/// A consent now in force.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each field is the word of DESIGN 1")]
pub struct MyConsent {
    pub purpose: Purpose,
    pub text_version: String,
    pub given: bool,
    pub given_at: DateTime<Utc>,
}

/// What became of a wish to be erased (R61).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// Gone.
    Erased,
    /// Kept for the claim, hidden otherwise.
    Restricted(&'static str),
}

/// The own record.
///
/// # Errors
/// `Unauthenticated` if it is gone.
pub async fn get(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<Me> {
    let scope = actor.scope();
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::find(&mut tx, scope, actor.claimant()).await?;
    let row = row.ok_or(AppError::Unauthenticated)?;
    let mailbox_rows = mailbox::list(&mut tx, scope, actor.claimant()).await?;
    let identity_row = identity::find(&mut tx, scope, actor.claimant()).await?;
    let consent_rows = consent::list(&mut tx, scope, actor.claimant()).await?;
    let payouts = match row.payout_at {
        Some(_) => db_payout::find(&mut tx, scope, actor.claimant(), ctx.clock.now()).await?,
        None => Payouts::default(),
    };
    let asked = db_deficiency::list(&mut tx, scope, actor.claimant()).await?;
    let vault = Vault::open(ctx, &mut tx, scope, actor.claimant()).await?;
    let representative = representation::find(&mut tx, scope, &vault, actor.claimant()).await?;
    let rejected = rejection(ctx, &mut tx, &row).await?;
    tx.commit().await?;
    let contact: Contact =
        vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?;
    let letters = missing(&directory, &row)?;
    let given = identity_row.filter(|_| row.identity_at.is_some());
    let to_check = given.as_ref().and_then(|given| given.to_check_at);
    let lacks = Lacks::of(&row, letters.to_bring.clone(), to_check);
    let (shown, document) = given
        .map(|given| my_identity(&vault, given))
        .transpose()?
        .unzip();
    let [in_force, pending] = payout::open(&vault, payouts)?;
    Ok(Me {
        id: row.claimant(),
        reference: Reference::of(row.claimant()),
        case: row.case(),
        association: row.association(),
        state: row.state()?,
        language: contact.language(),
        created_at: row.created_at,
        confirmed_at: row.confirmed_at,
        email: contact.email().map(EmailAddress::masked),
        phone: contact.phone().map(PhoneNumber::masked),
        mailboxes: my_mailboxes(&vault, mailbox_rows)?,
        identity: shown,
        identity_document: document,
        asked: deficiency::open(&asked, &lacks, day_in_rome(ctx.clock.now())),
        ready: letters.to_bring.is_empty(),
        missing: letters,
        consents: newest_consents(&consent_rows),
        declared_version: row.declared_version,
        signed_version: row.signed_version,
        payout: in_force.as_ref().map(my_payout),
        payout_pending: pending.map(|open| (my_payout(&open), open.effective_at)),
        payout_frozen: row.payout_frozen_at.is_some(),
        moved: row.moved_at.is_some(),
        representative,
        to_ratify: row.ratify_at.is_some(),
        rejected,
    })
}

/// What the notice said of a record that was rejected; a conflict that was decided is told without words (R30). The transaction is under other
/// rights after it.
async fn rejection(ctx: &Ctx, tx: &mut Tx, row: &ClaimantRow) -> AppResult<Option<MyRejection>> {
    if row.state()? != ClaimantState::Rejected || row.moved_at.is_some() {
        return Ok(None);
    }
    tx.enter(REJECTIONS).await?;
    let action = db_bulk::find_rejection(tx, REJECTIONS, row.claimant()).await?;
    let act = match &action {
        Some(action) => Some(bulk::act_of(ctx, action).await?),
        None => None,
    };
    let (code, words) = match act {
        Some(BulkAct::Reject { code, words }) => (code, Some(words)),
        _ => (RejectionCode::NotProven, None),
    };
    Ok(Some(MyRejection {
        rejected_on: day_in_rome(row.state_changed_at),
        object_until: objection_until(row.state_changed_at),
        code,
        words: words.filter(|words| !words.is_empty()),
    }))
}

fn my_identity(vault: &Vault, given: IdentityRow) -> AppResult<(MyIdentity, Identity)> {
    let open: Identity = vault.unseal("identities", "sealed", given.sealed)?;
    let shown = MyIdentity {
        kind: given.kind,
        name: open.display_name(),
        codice_fiscale: open.masked_codice_fiscale(),
        city: open.address().map(|address| address.city().to_owned()),
        warnings: open_warnings(&given.warnings, given.checked_at.is_some()),
    };
    Ok((shown, open))
}

fn my_mailboxes(vault: &Vault, rows: Vec<MailboxRow>) -> AppResult<Vec<MyMailbox>> {
    let read = |row: MailboxRow| {
        Ok(MyMailbox {
            address: vault.unseal("mailboxes", "sealed", row.sealed)?,
            plan: row.plan,
            is_alias: row.alias_of.is_some(),
            treatment: row.treatment,
            id: MailboxId::new(row.id),
            proved: row.proved_at.zip(row.proof),
        })
    };
    rows.into_iter().map(read).collect()
}

fn my_payout(open: &OpenPayout) -> MyPayout {
    let payout = &open.payout;
    MyPayout {
        iban: payout.masked(),
        holder: payout.holder().to_owned(),
        holder_is_claimant: payout.holder_is_claimant(),
    }
}

/// Letters still missing (R2).
fn missing(directory: &Directory, row: &ClaimantRow) -> AppResult<Missing> {
    let case = directory.case(row.case())?;
    let association = case.association_by_id(row.association());
    let association = association.ok_or(AppError::NotFound)?;
    let record = Record {
        state: row.state()?,
        identity: row.identity_at.is_some(),
        payout: row.payout_at.is_some(),
    };
    Ok(Missing::of(&standing::known(&case, association, record)))
}

fn newest_consents(rows: &[ConsentRow]) -> Vec<MyConsent> {
    Purpose::ALL
        .into_iter()
        .filter_map(|purpose| {
            let newest = rows.iter().find(|row| row.purpose == purpose.as_str())?;
            Some(MyConsent {
                purpose,
                text_version: newest.text_version.clone(),
                given: newest.given,
                given_at: newest.created_at,
            })
        })
        .collect()
}

/// Gives or withdraws the newsletter consent; a row is appended (R20).
///
/// # Errors
/// `Invalid` at `/purpose` for a consent the claim needs; `NotFound` for an unknown purpose.
pub async fn put_consent(
    ctx: &Ctx,
    actor: &ClaimantActor,
    purpose: &str,
    given: bool,
    channel: Channel,
    evidence: &Evidence,
) -> AppResult<()> {
    let purpose = Purpose::parse(purpose).ok_or(AppError::NotFound)?;
    if purpose.is_required() {
        let mut errors = FieldErrors::new();
        errors.push(
            "/given",
            FieldCode::NotAccepted,
            "error-consent-cannot-be-refused",
        );
        return Err(errors.into());
    }
    let scope = actor.scope();
    let now = ctx.clock.now();
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, actor.claimant()).await?;
    let case = directory.case(row.case())?;
    let text = case
        .text(purpose.as_str(), Language::It)
        .ok_or(AppError::NotFound)?;
    let vault = Vault::open(ctx, &mut tx, scope, actor.claimant()).await?;
    let consent_row = ConsentRow {
        claimant_id: row.id,
        id: token::new_id(now),
        association_id: row.association_id,
        purpose: purpose.as_str().to_owned(),
        text_version: text.version.clone(),
        given,
        channel: channel.as_str().to_owned(),
        evidence: Some(vault.seal("consents", "evidence", evidence)?),
        created_at: now,
    };
    consent::insert(&mut tx, scope, &consent_row).await?;
    let by = Actor::Claimant(actor.claimant());
    let entry = Entry::new(actor.claimant(), actor.association(), by, "consent");
    let entry = entry.with(json!({ "purpose": purpose.as_str(), "given": given }));
    audit::append(ctx, &mut tx, scope, entry).await?;
    session::keep(ctx, &mut tx, actor).await?;
    tx.commit().await?;
    Ok(())
}

/// Withdraws, at once (R49), and says so by mail. What the claimant held goes to the oldest in conflict.
///
/// `reason` is free text, at most 500 characters, and goes sealed into the trail.
///
/// # Errors
/// `Invalid` at `/reason`; `IllegalTransition` from a state that has no such move, and to a delegate (R48).
pub async fn withdraw(
    ctx: &Ctx,
    actor: &ClaimantActor,
    reason: Option<String>,
) -> AppResult<ClaimantState> {
    if reason
        .as_ref()
        .is_some_and(|reason| reason.chars().count() > LONGEST_REASON)
    {
        let mut errors = FieldErrors::new();
        errors.push("/reason", FieldCode::TooLong, "error-reason-too-long");
        return Err(errors.into());
    }
    let (mut tx, row) = lock_touched(ctx, actor).await?;
    let before = row.state()?;
    if !before.withdraws() {
        return Err(AppError::IllegalTransition(before.as_str()));
    }
    let after = before.move_to(ClaimantState::Withdrawn)?;
    representation::require_own_hand(ctx, &mut tx, clash::SCOPE, &row).await?;
    let now = ctx.clock.now();
    clash::free(ctx, &mut tx, row.claimant()).await?;
    outbox::delete_of(&mut tx, leaving::SCOPE, row.claimant()).await?;
    tx.enter(actor.scope()).await?;
    claimant::mark_state(&mut tx, actor.scope(), row.claimant(), after, now).await?;
    confirmation::mark_voided(&mut tx, actor.scope(), row.claimant(), now).await?;
    signature::void_requests(&mut tx, actor.scope(), row.claimant(), now).await?;
    // what was handed in before does not bring back who leaves now
    paper::replace_open(ctx, &mut tx, actor.scope(), row.claimant()).await?;
    let by = Actor::Claimant(row.claimant());
    let entry = Entry::new(row.claimant(), row.association(), by, "withdraw");
    let entry = entry.moved(before, after);
    audit::append_with_note(ctx, &mut tx, actor.scope(), entry, reason.as_deref()).await?;
    session::keep(ctx, &mut tx, actor).await?;
    leaving::tell_withdrawn(ctx, &mut tx, &row).await?;
    tx.commit().await?;
    Ok(after)
}

/// Erases the own record: really, as long as nothing was signed (R61).
///
/// # Errors
/// `Unavailable` if the id of the erased cannot be marked; then nothing happened.
pub async fn erase(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<Erasure> {
    let (mut tx, row) = lock_touched(ctx, actor).await?;
    let state = row.state()?;
    let by = Actor::Claimant(row.claimant());
    if state == ClaimantState::Lodged {
        leaving::restrict(ctx, &mut tx, &row, by, json!({})).await?;
        tx.commit().await?;
        return Ok(Erasure::Restricted("lodged"));
    }
    if row.signed_at.is_some() {
        return Err(AppError::IllegalTransition(state.as_str()));
    }
    let gone = leaving::erase(ctx, &mut tx, &row, by, json!({})).await?;
    tx.commit().await?;
    retention::note_erased(ctx, &gone).await;
    Ok(Erasure::Erased)
}

/// Locks the own record and everybody whom its leaving touches, in id order.
pub(in crate::app) async fn lock_touched(
    ctx: &Ctx,
    actor: &ClaimantActor,
) -> AppResult<(Tx, ClaimantRow)> {
    let (tx, own) = leaving::lock(ctx, actor.claimant()).await?;
    let own = own.filter(|row| row.association() == actor.association());
    Ok((tx, own.ok_or(AppError::Unauthenticated)?))
}
