//! Requests of people about their data: asked, extended once, answered, each with its term (R60, R61).
//!
//! What was written rests sealed by the claimant's data key and goes with it; the line of the register
//! stays. Whoever has an e-mail is told by mail; whoever has none gets a letter from the staff, and the
//! register says so.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::claimant_list;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_request::outbox_row;
use crate::app::session::{self, ClaimantActor};
use crate::app::staff::StaffActor;
use crate::app::trail;
use crate::app::vault::Vault;
use crate::crypto::token;
use crate::db::audit as trail_rows;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::rights_request::{self as db, RightsRequestRow};
use crate::db::{Conn, DbError, Scope, outbox};
use crate::domain::contact::Contact;
use crate::domain::ids::{CaseId, ClaimantId};
use crate::domain::outage::day_in_rome;
use crate::domain::permission::operation;
use crate::domain::reason::Reason;
use crate::domain::reference::Reference;
use crate::domain::rights::{
    Effect, MOST_OPEN, RightsDecision, RightsKind, RightsText, due_on, extended_due_on, may_extend,
};

mod answer;
mod lifting;

pub use answer::{Answer, answer, erase_due};
pub use lifting::{announce as announce_lifting, lift_due};

/// Rights under which the mail about a request gets into the outbox.
const MAILING: Scope = Scope::System("mails about requests");
/// Requests of one claimant that are shown.
const SHOWN: i64 = 100;
/// What the trail says of a request that came in.
const RECEIVED: &str = "receive_rights_request";
/// Entries of a record that are looked through.
const ENTRIES: i64 = 1_000;
/// Lines of a page of the queue.
pub const PAGE: u16 = 50;
/// Open requests that are counted.
const COUNTED: i64 = 1_000;

/// Through which way a request came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// The own page.
    Page,
    /// The API.
    Api,
}

impl Way {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Api => "api",
        }
    }
}

/// A request. The words are there where they may be seen and were not erased.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the column of its name")]
pub struct RightsRequest {
    pub id: Uuid,
    pub claimant: ClaimantId,
    pub case: CaseId,
    pub reference: Reference,
    pub kind: String,
    pub channel: String,
    pub received_on: NaiveDate,
    pub due_on: NaiveDate,
    pub overdue: bool,
    pub extended_at: Option<DateTime<Utc>>,
    /// `mail` or `letter`.
    pub extension_notified: Option<String>,
    pub answered_at: Option<DateTime<Utc>>,
    pub decision: Option<String>,
    pub text: Option<String>,
    pub extension_reason: Option<String>,
    pub answer_reason: Option<String>,
    /// Whether the term may be extended now.
    pub may_extend: bool,
    /// What became of it, once answered: `recorded`, `restricted`, `erasing`, `erased`.
    pub outcome: Option<String>,
    /// What granting it would do to the record now; only where one request is read.
    pub if_granted: Option<Effect>,
    /// How its restriction ends, once that was announced.
    pub lifting: Option<Lifting>,
    /// Whether that can be announced now, by letter at least; only where one request is read.
    pub may_lift: bool,
}

/// The end of a restriction.
#[derive(Clone)]
pub struct Lifting {
    /// When it was announced, UTC.
    pub announced_at: DateTime<Utc>,
    /// `mail` or `letter`.
    pub notified: String,
    /// From when the data are used again, UTC.
    pub lifts_at: DateTime<Utc>,
    /// When that was, UTC; none as long as it waits, for its day or for the mail to leave.
    pub lifted_at: Option<DateTime<Utc>>,
    /// Why; none once erased.
    pub reason: Option<String>,
}

impl std::fmt::Debug for RightsRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "RightsRequest({})", self.id)
    }
}

/// Open requests of a case, most urgent first.
#[derive(Debug)]
pub struct Queue {
    /// A page of them, without their words.
    pub items: Vec<RightsRequest>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Open ones, counted up to 1,000.
    pub open: usize,
    /// Of those the overdue.
    pub overdue: usize,
}

/// Asks for something about the own data. The term runs from today (Europe/Rome).
///
/// # Errors
/// `RateLimited` while five requests are open.
pub async fn ask(
    ctx: &Ctx,
    actor: &ClaimantActor,
    kind: RightsKind,
    text: &RightsText,
    way: Way,
) -> AppResult<RightsRequest> {
    let scope = actor.scope();
    let today = day_in_rome(ctx.clock.now());
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, actor.claimant()).await?;
    let before = db::list(&mut tx, scope, actor.claimant(), SHOWN).await?;
    let open = before.iter().filter(|row| row.answered_at.is_none());
    if open.count() >= MOST_OPEN {
        return Err(AppError::RateLimited(std::time::Duration::from_hours(24)));
    }
    let vault = Vault::open(ctx, &mut tx, scope, actor.claimant()).await?;
    let new = received(ctx, &row, &vault, (kind, text), (way.as_str(), today))?;
    let by = Actor::Claimant(actor.claimant());
    enter(ctx, &mut tx, scope, &new, by).await?;
    session::keep(ctx, &mut tx, actor).await?;
    acknowledge(ctx, &mut tx, &vault, &row, new.id).await?;
    tx.commit().await?;
    opened(ctx, Some(&vault), new)
}

/// Enters a request that came by letter; the term runs from the day it arrived.
///
/// # Errors
/// `Forbidden`; `NotFound` for a claimant of others.
pub async fn enter_letter(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    kind: RightsKind,
    text: &RightsText,
    received_on: NaiveDate,
) -> AppResult<RightsRequest> {
    actor.require(&operation::ENTER_RIGHTS_REQUEST)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, id).await?;
    let vault = Vault::open(ctx, &mut tx, scope, id).await?;
    let new = received(ctx, &row, &vault, (kind, text), ("letter", received_on))?;
    let by = Actor::Staff(actor.staff_id());
    enter(ctx, &mut tx, scope, &new, by).await?;
    acknowledge(ctx, &mut tx, &vault, &row, new.id).await?;
    tx.commit().await?;
    opened(ctx, Some(&vault), new)
}

/// Who of the staff entered a request that came by letter, while the trail of it is there.
///
/// # Errors
/// As the database says.
pub(in crate::app) async fn entered_by(
    conn: &mut Conn,
    scope: Scope,
    request: &RightsRequestRow,
) -> AppResult<Option<Uuid>> {
    let subject = request.subject_id;
    let rows = trail_rows::list_only(conn, scope, subject, RECEIVED, ENTRIES).await?;
    let own = json!(request.id);
    let own = rows
        .into_iter()
        .find(|row| row.detail.get("request") == Some(&own));
    Ok(own
        .filter(|row| row.actor_kind == "staff")
        .and_then(|row| row.actor_id))
}

/// Tells whoever has a confirmed e-mail that a request came in: somebody else may have made it.
async fn acknowledge(
    ctx: &Ctx,
    tx: &mut crate::db::Tx,
    vault: &Vault,
    row: &ClaimantRow,
    request: Uuid,
) -> AppResult<()> {
    if has_mail(vault, row)? {
        mail(ctx, tx, row, request, "received").await?;
    }
    Ok(())
}

fn received(
    ctx: &Ctx,
    row: &ClaimantRow,
    vault: &Vault,
    (kind, text): (RightsKind, &RightsText),
    (channel, received_on): (&str, NaiveDate),
) -> AppResult<RightsRequestRow> {
    let now = ctx.clock.now();
    Ok(RightsRequestRow {
        subject_id: row.id,
        id: token::new_id(now),
        association_id: row.association_id,
        case_id: row.case_id,
        kind: kind.as_str().to_owned(),
        channel: channel.to_owned(),
        received_at: now,
        received_on,
        due_on: due_on(received_on),
        extended_at: None,
        extension_notified: None,
        answered_at: None,
        decision: None,
        request_sealed: Some(vault.seal("rights_requests", "request_sealed", &text.as_str())?),
        extension_sealed: None,
        answer_sealed: None,
        outcome: None,
        erase_by: None,
        carried_out_at: None,
        lifting_at: None,
        lifting_notified: None,
        lifting_mail: None,
        lifting_sealed: None,
        lifts_at: None,
        lifted_at: None,
    })
}

async fn enter(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &RightsRequestRow,
    by: Actor,
) -> AppResult<()> {
    db::insert(conn, scope, row).await?;
    let association = crate::domain::ids::AssociationId::new(row.association_id);
    let claimant = ClaimantId::new(row.subject_id);
    let entry = Entry::new(claimant, association, by, RECEIVED);
    let entry = entry.with(json!({
        "request": row.id, "kind": row.kind, "channel": row.channel, "due_on": row.due_on,
    }));
    audit::append(ctx, conn, scope, entry).await
}

/// The own requests, newest first, at most 100.
///
/// # Errors
/// `Unauthenticated` if the record is gone.
pub async fn list_own(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<Vec<RightsRequest>> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let rows = db::list(&mut tx, scope, actor.claimant(), SHOWN).await?;
    let vault = Vault::open(ctx, &mut tx, scope, actor.claimant()).await;
    tx.commit().await?;
    let vault = vault.map_err(|_| AppError::Unauthenticated)?;
    let read = |row| opened(ctx, Some(&vault), row);
    rows.into_iter().map(read).collect()
}

/// Requests of one claimant, newest first, without words.
///
/// # Errors
/// `Forbidden`; `NotFound` for a claimant of others.
pub async fn list_of(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
) -> AppResult<Vec<RightsRequest>> {
    actor.require(&operation::LIST_RIGHTS_REQUESTS)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let found = claimant::find(&mut tx, scope, id).await?;
    found.ok_or(AppError::NotFound)?;
    let rows = db::list(&mut tx, scope, id, SHOWN).await?;
    tx.commit().await?;
    rows.into_iter().map(|row| opened(ctx, None, row)).collect()
}

/// Open requests of the own association in a case, most urgent first.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others.
pub async fn queue(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    after: Option<(NaiveDate, Uuid)>,
) -> AppResult<Queue> {
    actor.require(&operation::LIST_RIGHTS_REQUESTS)?;
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let scope = actor.scope();
    let (association, case) = (actor.association_id(), own.case.id);
    let mut tx = ctx.pools.begin(scope).await?;
    let one_more = i64::from(PAGE) + 1;
    let mut rows = db::list_open(&mut tx, scope, (association, case), after, one_more).await?;
    let due = db::list_due(&mut tx, scope, association, case, COUNTED).await?;
    tx.commit().await?;
    let today = day_in_rome(ctx.clock.now());
    let has_more = rows.len() > usize::from(PAGE);
    rows.truncate(usize::from(PAGE));
    let next = rows.last().filter(|_| has_more).map(write_cursor);
    let items: AppResult<Vec<RightsRequest>> =
        rows.into_iter().map(|row| opened(ctx, None, row)).collect();
    Ok(Queue {
        items: items?,
        next,
        open: due.len(),
        overdue: due.iter().filter(|day| **day < today).count(),
    })
}

/// A request with its words. Audited as `view_claimant`: it is a look at personal data.
///
/// # Errors
/// `Forbidden`; `NotFound` for one of another association.
pub async fn get(ctx: &Ctx, actor: &StaffActor, id: Uuid) -> AppResult<RightsRequest> {
    actor.require(&operation::GET_RIGHTS_REQUEST)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::get(&mut tx, scope, actor.association_id(), id).await?;
    let vault = vault_of(ctx, &mut tx, scope, &row).await?;
    let mut deed = actor.deed(row.subject_id, trail::VIEW);
    deed.detail = json!({ "request": row.id });
    deed.write(ctx, &mut tx, scope).await?;
    let record = claimant::find(&mut tx, scope, ClaimantId::new(row.subject_id)).await?;
    let may_lift = lifting::may_announce(&mut tx, scope, &row, record.as_ref()).await?;
    tx.commit().await?;
    let is_open = row.answered_at.is_none();
    let granted = effect(&row, RightsDecision::Granted, record.as_ref())?;
    let shown = opened(ctx, vault.as_ref(), row)?;
    Ok(RightsRequest {
        if_granted: is_open.then_some(granted),
        may_lift,
        ..shown
    })
}

/// Extends the term by two months, once, within the first month; the reason goes to the claimant.
///
/// *effects*: an outbox row where there is an e-mail; audit `extend_rights_request`.
///
/// # Errors
/// `Forbidden`, `NotFound`; `IllegalTransition` after the first month, a second time, once answered.
pub async fn extend(
    ctx: &Ctx,
    actor: &StaffActor,
    id: Uuid,
    reason: &Reason,
) -> AppResult<RightsRequest> {
    actor.require(&operation::EXTEND_RIGHTS_REQUEST)?;
    let scope = actor.scope();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let mut row = db::get(&mut tx, scope, actor.association_id(), id).await?;
    if row.extended_at.is_some() || row.answered_at.is_some() {
        return Err(AppError::IllegalTransition("extended"));
    }
    if !may_extend(row.received_on, day_in_rome(now)) {
        return Err(AppError::IllegalTransition("late"));
    }
    let record = claimant::lock(&mut tx, scope, ClaimantId::new(row.subject_id)).await?;
    let vault = Vault::open(ctx, &mut tx, scope, record.claimant()).await?;
    let by_mail = has_mail(&vault, &record)?;
    row.due_on = extended_due_on(row.received_on);
    row.extended_at = Some(now);
    row.extension_notified = Some(if by_mail { "mail" } else { "letter" }.to_owned());
    let reason = reason.as_str();
    row.extension_sealed = Some(vault.seal("rights_requests", "extension_sealed", &reason)?);
    if !db::mark_extended(&mut tx, scope, &row).await? {
        return Err(AppError::IllegalTransition("extended"));
    }
    let mut deed = actor.deed(row.subject_id, "extend_rights_request");
    deed.detail = json!({ "request": row.id, "due_on": row.due_on });
    deed.write(ctx, &mut tx, scope).await?;
    if by_mail {
        mail(ctx, &mut tx, &record, row.id, "extended").await?;
    }
    tx.commit().await?;
    opened(ctx, Some(&vault), row)
}

/// What a decision on a request does to the record, which may be gone.
fn effect(
    row: &RightsRequestRow,
    decision: RightsDecision,
    record: Option<&ClaimantRow>,
) -> AppResult<Effect> {
    let kind = RightsKind::parse(Some(&row.kind));
    let kind = kind.map_err(|_| DbError::Corrupt("rights_requests.kind"))?;
    let state = record.map(ClaimantRow::state).transpose()?;
    Ok(Effect::of(kind, decision, state))
}

async fn vault_of(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &RightsRequestRow,
) -> AppResult<Option<Vault>> {
    match Vault::open(ctx, conn, scope, ClaimantId::new(row.subject_id)).await {
        Ok(vault) => Ok(Some(vault)),
        // erased: the words went with the data key
        Err(AppError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether mail about a record reaches its holder: an e-mail, confirmed.
pub(in crate::app) fn has_mail(vault: &Vault, row: &ClaimantRow) -> AppResult<bool> {
    let contact: Contact =
        vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?;
    Ok(contact.email().is_some() && row.confirmed_at.is_some())
}

/// Puts the mail about a step into the outbox; gives its id. It does not expire before the term does.
async fn mail(
    ctx: &Ctx,
    tx: &mut crate::db::Tx,
    row: &ClaimantRow,
    request: Uuid,
    step: &str,
) -> AppResult<Uuid> {
    let now = ctx.clock.now();
    let payload = json!({ "request": request, "step": step });
    let domain = row.contact_domain.as_deref();
    let mut mail = outbox_row(ctx, row, "rights", token::new_id(now), payload, domain);
    mail.expires_at = now + Duration::days(30);
    tx.enter(MAILING).await?;
    outbox::insert(tx, MAILING, &mail).await?;
    Ok(mail.id)
}

fn opened(ctx: &Ctx, vault: Option<&Vault>, row: RightsRequestRow) -> AppResult<RightsRequest> {
    let open = |column, sealed: Option<Vec<u8>>| match (vault, sealed) {
        (Some(vault), Some(sealed)) => vault
            .unseal::<String>("rights_requests", column, sealed)
            .map(Some),
        _ => Ok(None),
    };
    let today = day_in_rome(ctx.clock.now());
    let is_open = row.answered_at.is_none();
    let claimant = ClaimantId::new(row.subject_id);
    let announced = row.lifting_at.zip(row.lifts_at).zip(row.lifting_notified);
    let why = open("lifting_sealed", row.lifting_sealed)?;
    let lifting = announced.map(|((announced_at, lifts_at), notified)| Lifting {
        announced_at,
        notified,
        lifts_at,
        lifted_at: row.lifted_at,
        reason: why,
    });
    Ok(RightsRequest {
        id: row.id,
        claimant,
        case: CaseId::new(row.case_id),
        reference: Reference::of(claimant),
        kind: row.kind,
        channel: row.channel,
        received_on: row.received_on,
        due_on: row.due_on,
        overdue: is_open && row.due_on < today,
        may_extend: is_open && row.extended_at.is_none() && may_extend(row.received_on, today),
        extended_at: row.extended_at,
        extension_notified: row.extension_notified,
        answered_at: row.answered_at,
        decision: row.decision,
        outcome: row.outcome,
        if_granted: None,
        may_lift: false,
        lifting,
        text: open("request_sealed", row.request_sealed)?,
        extension_reason: open("extension_sealed", row.extension_sealed)?,
        answer_reason: open("answer_sealed", row.answer_sealed)?,
    })
}

fn write_cursor(row: &RightsRequestRow) -> String {
    BASE64URL_NOPAD.encode(format!("{}|{}", row.due_on, row.id).as_bytes())
}

/// Reads where a page of the queue begins; `None` for anything else.
pub fn read_cursor(text: &str) -> Option<(NaiveDate, Uuid)> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (day, id) = text.split_once('|')?;
    Some((day.parse().ok()?, Uuid::try_parse(id).ok()?))
}

/// Whether a letter of a claimant may be entered: somebody of the own association who was not erased.
///
/// # Errors
/// `Forbidden`; `NotFound` for a claimant of others.
pub async fn check_letter(ctx: &Ctx, actor: &StaffActor, id: ClaimantId) -> AppResult<()> {
    actor.require(&operation::ENTER_RIGHTS_REQUEST)?;
    let mut tx = ctx.pools.begin(actor.scope()).await?;
    let found = claimant::find(&mut tx, actor.scope(), id).await?;
    tx.commit().await?;
    found.map(|_| ()).ok_or(AppError::NotFound)
}
