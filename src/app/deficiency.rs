//! Deficiency notices: staff ask a claimant for letters that are missing, or for a correction of an identity of which
//! something does not fit (R23), with a last day; what comes is found by itself (R2).

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::claimant_list;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_request::outbox_row;
use crate::app::staff::StaffActor;
use crate::app::standing::{self, Record};
use crate::app::vault::Vault;
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::deficiency::{self as db, DeficiencyRow};
use crate::db::{Scope, Tx, identity, outbox};
use crate::domain::contact::Contact;
use crate::domain::deficiency;
use crate::domain::ids::{AssociationId, ClaimantId, StaffId};
use crate::domain::outage::{day_in_rome, midnight_in_rome};
use crate::domain::permission::operation;
use crate::domain::readiness::{self, Letter};

/// Rights under which the mail gets into the outbox.
const MAILING: Scope = Scope::System("mails about what is missing");
/// Rights under which what came is found.
const LOOKING: Scope = Scope::System("letters that came");
/// Letters looked at in one run.
const AT_ONCE: i64 = 1_000;
/// The letter of identity.
const IDENTITY: &str = "b";

/// A letter that a claimant was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The letter.
    pub letter: String,
    /// Whether it was there and is to be corrected.
    pub correction: bool,
    /// When it was asked for, UTC.
    pub asked_at: DateTime<Utc>,
    /// Last day for it, in Rome.
    pub due_on: NaiveDate,
    /// `mail` or `letter`.
    pub told: String,
    /// When it was found to be there, UTC.
    pub cured_at: Option<DateTime<Utc>>,
    /// True if it is missing and its day is over.
    pub overdue: bool,
}

/// What a claimant was asked for, and may be.
#[derive(Debug, Clone)]
pub struct Deficiencies {
    /// Newest first.
    pub asked: Vec<Asked>,
    /// Letters that are missing or to be corrected, can be brought and were not asked for; none while nothing may be
    /// asked.
    pub askable: Vec<Letter>,
    /// Whether letter b would be asked for as a correction: it is there, and something in it does not fit (R23).
    pub corrects: bool,
    /// The day that is proposed.
    pub proposed: NaiveDate,
    /// Whether the claimant has an e-mail that is told; else the staff write or call.
    pub by_mail: bool,
}

/// What a claimant was asked for, and may be.
///
/// # Errors
/// `Forbidden`; `NotFound` for a claimant of others.
pub async fn of(ctx: &Ctx, actor: &StaffActor, id: ClaimantId) -> AppResult<Deficiencies> {
    actor.require(&operation::LIST_DEFICIENCIES)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::find(&mut tx, scope, id).await?;
    let row = row.ok_or(AppError::NotFound)?;
    let rows = db::list(&mut tx, scope, id).await?;
    let given = identity::find(&mut tx, scope, id).await?;
    tx.commit().await?;
    let to_check = given.and_then(|given| given.to_check_at);
    let lacks = Lacks::of(&row, missing(ctx, &row).await?, to_check);
    let wanted = lacks.askable();
    let today = day_in_rome(ctx.clock.now());
    let is_open = |letter: Letter| {
        let same = |asked: &&DeficiencyRow| asked.letter.chars().eq([letter.as_char()]);
        rows.iter()
            .filter(same)
            .any(|asked| asked.cured_at.is_none())
    };
    let askable = Letter::ALL.into_iter().filter(|letter| {
        may_be_asked(&row).is_ok()
            && deficiency::can_be_asked(*letter)
            && wanted.contains(&letter.as_char())
            && !is_open(*letter)
    });
    Ok(Deficiencies {
        askable: askable.collect(),
        asked: rows
            .iter()
            .map(|asked| shown(asked, &lacks, today))
            .collect(),
        corrects: lacks.to_check_at.is_some(),
        proposed: deficiency::proposed(today),
        by_mail: row.contact_kind == "email" && row.confirmed_at.is_some(),
    })
}

/// Asks a claimant for letters that are missing, or for a correction of identity, until a day.
///
/// *effects*: a row for each letter; a mail in the outbox where there is a confirmed e-mail; audit
/// `ask_deficiency`.
///
/// # Errors
/// `Forbidden`, `NotFound`; `Invalid` as [`deficiency::parse`]; `IllegalTransition` for a record that is over or
/// not confirmed, and where one of the letters was asked for before and is still missing.
pub async fn ask(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ClaimantId,
    letters: &[String],
    due_on: Option<&str>,
) -> AppResult<()> {
    actor.require(&operation::ASK_DEFICIENCY)?;
    let scope = actor.scope();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::lock(&mut tx, scope, id).await?;
    may_be_asked(&row)?;
    let given = identity::find(&mut tx, scope, id).await?;
    let to_check = given.and_then(|given| given.to_check_at);
    let askable = askable(ctx, &row, to_check).await?;
    let wanted = deficiency::parse(letters, due_on, &askable, day_in_rome(now))?;
    let letters: Vec<char> = wanted.letters.iter().map(|it| it.as_char()).collect();
    let asking = Asking {
        by: actor.staff_id(),
        letters: &letters,
        due_on: wanted.due_on,
        bulk: None,
    };
    if !ask_locked(ctx, &mut tx, scope, &row, &asking).await? {
        return Err(AppError::IllegalTransition("deficiency_open"));
    }
    Ok(tx.commit().await?)
}

/// What is asked for, and in whose name.
pub(in crate::app) struct Asking<'a> {
    /// Who asks.
    pub by: StaffId,
    /// Letters that are missing or to be corrected.
    pub letters: &'a [char],
    /// Last day for them, in Rome.
    pub due_on: NaiveDate,
    /// The bulk action it belongs to.
    pub bulk: Option<Uuid>,
}

/// Asks a locked claimant for letters that are missing; `false`, and nothing written, where one of them was
/// asked for before and is still missing. The transaction may be under other rights after it.
///
/// *effects*: those of [`ask`].
pub(in crate::app) async fn ask_locked(
    ctx: &Ctx,
    tx: &mut Tx,
    scope: Scope,
    row: &ClaimantRow,
    asking: &Asking<'_>,
) -> AppResult<bool> {
    let now = ctx.clock.now();
    let vault = Vault::open(ctx, tx, scope, row.claimant()).await?;
    let contact: Contact =
        vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?;
    let by_mail = contact.email().is_some() && row.confirmed_at.is_some();
    let notice = token::new_id(now);
    let rows = rows(row, asking, (notice, now, by_mail));
    if !db::insert(tx, scope, &rows).await? {
        return Ok(false);
    }
    let letters: Vec<&String> = rows.iter().map(|row| &row.letter).collect();
    let mut detail = json!({ "notice": notice, "letters": letters, "due_on": asking.due_on });
    if let (Some(bulk), Some(fields)) = (asking.bulk, detail.as_object_mut()) {
        fields.insert("bulk".to_owned(), json!(bulk));
    }
    let by = Actor::Staff(asking.by);
    let entry = Entry::new(row.claimant(), row.association(), by, "ask_deficiency");
    audit::append(ctx, tx, scope, entry.with(detail)).await?;
    if by_mail {
        mail(ctx, tx, row, notice, asking.due_on).await?;
    }
    Ok(true)
}

fn rows(
    row: &ClaimantRow,
    asking: &Asking<'_>,
    (notice, now, by_mail): (Uuid, DateTime<Utc>, bool),
) -> Vec<DeficiencyRow> {
    let letters = asking.letters.iter();
    letters
        .map(|letter| DeficiencyRow {
            claimant_id: row.id,
            notice_id: notice,
            letter: letter.to_string(),
            association_id: row.association_id,
            case_id: row.case_id,
            asked_by: asking.by.uuid(),
            asked_at: now,
            due_on: asking.due_on,
            told: if by_mail { "mail" } else { "letter" }.to_owned(),
            overdue_at: None,
            cured_at: None,
        })
        .collect()
}

/// The mail of a notice; once its day is over it is of no use.
async fn mail(
    ctx: &Ctx,
    tx: &mut Tx,
    row: &ClaimantRow,
    notice: Uuid,
    due_on: NaiveDate,
) -> AppResult<()> {
    let payload = json!({ "notice": notice });
    let domain = row.contact_domain.as_deref();
    let id = token::new_id(ctx.clock.now());
    let mut mail = outbox_row(ctx, row, "deficiency", id, payload, domain);
    mail.expires_at = midnight_in_rome(due_on.succ_opt().unwrap_or(due_on));
    tx.enter(MAILING).await?;
    Ok(outbox::insert(tx, MAILING, &mail).await?)
}

/// Notes what came and what did not come in time; gives the number of letters that came. Safe to repeat and to
/// run twice at once.
///
/// *effects*: audit `cure_deficiency` for each letter that came.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn look(ctx: &Ctx) -> AppResult<usize> {
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(LOOKING).await?;
    let cured = db::mark_cured(&mut tx, LOOKING, now, AT_ONCE).await?;
    for row in &cured {
        let claimant = ClaimantId::new(row.claimant_id);
        let association = AssociationId::new(row.association_id);
        let entry = Entry::new(claimant, association, Actor::System, "cure_deficiency");
        let entry = entry.with(json!({ "notice": row.notice_id, "letter": row.letter }));
        audit::append(ctx, &mut tx, LOOKING, entry).await?;
    }
    db::mark_overdue(&mut tx, LOOKING, now, day_in_rome(now)).await?;
    tx.commit().await?;
    Ok(cured.len())
}

/// What a record lacks, and what in it does not fit.
pub(in crate::app) struct Lacks {
    /// Letters that are missing (R2).
    missing: Vec<char>,
    /// When identity was first given, UTC.
    identity_at: Option<DateTime<Utc>>,
    /// Since when it waits for a look, because something does not fit (R23), UTC.
    to_check_at: Option<DateTime<Utc>>,
}

impl Lacks {
    /// Of a record.
    pub(in crate::app) const fn of(
        row: &ClaimantRow,
        missing: Vec<char>,
        to_check_at: Option<DateTime<Utc>>,
    ) -> Self {
        Self {
            missing,
            identity_at: row.identity_at,
            to_check_at,
        }
    }

    /// Whether what was asked for did not come yet; as `db::deficiency` decides in SQL.
    fn still(&self, asked: &DeficiencyRow) -> bool {
        let not_corrected = |since: DateTime<Utc>| since <= asked.asked_at;
        let mut letters = asked.letter.chars();
        letters.all(|letter| self.missing.contains(&letter))
            || (is_correction(asked, self.identity_at)
                && self.to_check_at.is_some_and(not_corrected))
    }

    /// Letters that the claimant may be asked for: what is missing, and identity where something in it does not fit.
    fn askable(&self) -> Vec<char> {
        let correction = self.to_check_at.map(|_| IDENTITY);
        let letters = correction.into_iter().flat_map(str::chars);
        letters.chain(self.missing.iter().copied()).collect()
    }
}

/// What a claimant was asked for and still lacks, most urgent first.
pub(in crate::app) fn open(rows: &[DeficiencyRow], lacks: &Lacks, today: NaiveDate) -> Vec<Asked> {
    let mut open: Vec<Asked> = rows
        .iter()
        .filter(|row| row.cured_at.is_none() && lacks.still(row))
        .map(|row| shown(row, lacks, today))
        .collect();
    open.sort_by(|one, two| {
        one.due_on
            .cmp(&two.due_on)
            .then(one.letter.cmp(&two.letter))
    });
    open
}

fn shown(row: &DeficiencyRow, lacks: &Lacks, today: NaiveDate) -> Asked {
    Asked {
        letter: row.letter.clone(),
        correction: is_correction(row, lacks.identity_at),
        asked_at: row.asked_at,
        due_on: row.due_on,
        told: row.told.clone(),
        cured_at: row.cured_at,
        overdue: row.cured_at.is_none() && lacks.still(row) && row.due_on < today,
    }
}

/// Whether an identity that was there was asked for: to be corrected (R23). `identity_at` says when it was first
/// given.
pub(in crate::app) fn is_correction(
    row: &DeficiencyRow,
    identity_at: Option<DateTime<Utc>>,
) -> bool {
    let was_there = |at: DateTime<Utc>| at <= row.asked_at;
    row.letter == IDENTITY && identity_at.is_some_and(was_there)
}

/// Whether the state of a record lets anything be asked.
fn may_be_asked(row: &ClaimantRow) -> AppResult<()> {
    let state = row.state()?;
    if row.restricted_at.is_some() || !state.counts() {
        return Err(AppError::IllegalTransition(state.as_str()));
    }
    Ok(())
}

/// Letters that a claimant may be asked for; `to_check_at` says since when identity waits for a look.
pub(in crate::app) async fn askable(
    ctx: &Ctx,
    row: &ClaimantRow,
    to_check_at: Option<DateTime<Utc>>,
) -> AppResult<Vec<char>> {
    Ok(Lacks::of(row, missing(ctx, row).await?, to_check_at).askable())
}

/// Letters that a record lacks (R2).
async fn missing(ctx: &Ctx, row: &ClaimantRow) -> AppResult<Vec<char>> {
    let own = claimant_list::case_of(ctx, row.association(), row.case()).await?;
    let record = Record {
        state: row.state()?,
        identity: row.identity_at.is_some(),
        payout: row.payout_at.is_some(),
    };
    Ok(readiness::missing(&standing::known(
        &own.case,
        &own.association,
        record,
    )))
}
