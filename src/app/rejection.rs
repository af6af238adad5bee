//! A record is rejected, and its claimant is told why, what they can do and until when. Who decides it, and
//! the second person, are for the callers to say; here is what then happens, the same for all of them.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::clash;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_request::outbox_row;
use crate::app::{paper, staff, trail};
use crate::crypto::token;
use crate::db::audit::{self, AuditRow};
use crate::db::claimant::{self, ClaimantRow};
use crate::db::{Conn, Scope, Tx, confirmation, lookup, outbox, signature};
use crate::domain::claimant::ClaimantState;
use crate::domain::ids::{AssociationId, ClaimantId};
use crate::domain::rejection::{RejectionCode, objection_until};

/// Verbs of the trail by which records are rejected.
const VERBS: [&str; 2] = ["reject", "decide_conflict"];
/// Rows of the trail looked through: a record is rejected once, and its clashes may have been decided before.
const LOOKED_AT: i64 = 20;

/// Rejected records shown with another one.
const BEFORE: i64 = 5;

/// That a record was rejected, as staff read it.
#[derive(Clone, Debug)]
pub struct Rejection {
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// Why.
    pub code: RejectionCode,
    /// In the words that the claimant was told; none where a clash was decided (R30).
    pub words: Option<String>,
    /// Last day on which the claimant may say why it is wrong, in Rome.
    pub object_until: NaiveDate,
    /// Name of who asked for it.
    pub asked_by: Option<String>,
    /// Name of who agreed, another person.
    pub approved_by: Option<String>,
    /// The bulk action it was part of; none: a clash was decided.
    pub bulk: Option<Uuid>,
    /// What became of the notice.
    pub notice: Notice,
}

/// What became of the notice of a rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It left, UTC.
    Sent(DateTime<Utc>),
    /// It waits in the outbox since, UTC.
    Waits(DateTime<Utc>),
    /// It was given up; caused then, UTC.
    GivenUp(DateTime<Utc>),
    /// There is none: no confirmed e-mail, or the person died.
    None,
}

impl Notice {
    /// Word of the pages and the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent(_) => "sent",
            Self::Waits(_) => "waits",
            Self::GivenUp(_) => "given_up",
            Self::None => "none",
        }
    }

    /// When it left, or was caused, UTC.
    pub const fn at(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Sent(at) | Self::Waits(at) | Self::GivenUp(at) => Some(at),
            Self::None => None,
        }
    }
}

/// Why, when and by whom a record was rejected; none for one that is not.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub(in crate::app) async fn find(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    (claimant, state): (ClaimantId, &str),
) -> AppResult<Option<Rejection>> {
    let after = ClaimantState::Rejected.as_str();
    if state != after {
        return Ok(None);
    }
    let subject = claimant.uuid();
    let rows = audit::list_some(conn, scope, subject, &VERBS, None, LOOKED_AT).await?;
    let Some(row) = rows
        .into_iter()
        .find(|row| row.after.as_deref() == Some(after))
    else {
        return Ok(None);
    };
    let (asked, approved) = people(conn, scope, &row).await?;
    let ids: Vec<Uuid> = [asked, approved].into_iter().flatten().collect();
    let names = staff::names(ctx, conn, scope, &ids).await?;
    let name = |id: Option<Uuid>| id.and_then(|id| names.get(&id).cloned());
    let word = |name: &str| row.detail.get(name).and_then(Value::as_str);
    let code = code_of(word("code"));
    let bulk = word("bulk").and_then(|id| Uuid::try_parse(id).ok());
    let at = row.created_at;
    let words = match bulk {
        Some(_) => trail::note(ctx, row).await?,
        None => None,
    };
    let words = words.map(String::from_utf8).transpose();
    let words = words.map_err(AppError::internal)?;
    Ok(Some(Rejection {
        at,
        code,
        words: words.filter(|words| !words.is_empty()),
        object_until: objection_until(at),
        asked_by: name(asked),
        approved_by: name(approved),
        bulk,
        notice: notice(conn, scope, claimant).await?,
    }))
}

/// A rejected record of the same case with which another one shares e-mail, phone, mailbox or codice fiscale: it may
/// be the same person. For staff alone.
#[derive(Clone, Debug)]
pub struct RejectedBefore {
    /// The rejected record.
    pub claimant: ClaimantId,
    /// When it was rejected, UTC.
    pub at: DateTime<Utc>,
    /// Why.
    pub code: RejectionCode,
}

/// What was rejected before that shares something with a record, newest first.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub(in crate::app) async fn before(
    conn: &mut Conn,
    scope: Scope,
    association: AssociationId,
    claimant: ClaimantId,
) -> AppResult<Vec<RejectedBefore>> {
    let rows = lookup::list_rejected(conn, scope, (association, claimant), &VERBS, BEFORE).await?;
    let before = rows.into_iter().map(|row| RejectedBefore {
        claimant: ClaimantId::new(row.claimant_id),
        at: row.rejected_at,
        code: code_of(row.code.as_deref()),
    });
    Ok(before.collect())
}

/// Why, as the row of the trail says; who loses a clash did not prove it.
fn code_of(word: Option<&str>) -> RejectionCode {
    word.and_then(RejectionCode::parse)
        .unwrap_or(RejectionCode::NotProven)
}

/// Who asked for a rejection, and who agreed.
async fn people(
    conn: &mut Conn,
    scope: Scope,
    row: &AuditRow,
) -> AppResult<(Option<Uuid>, Option<Uuid>)> {
    if row.action == "reject" {
        let approved = row.detail.get("approved_by").and_then(Value::as_str);
        let approved = approved.and_then(|id| Uuid::try_parse(id).ok());
        return Ok((row.actor_id, approved));
    }
    let proposed = ["propose_conflict"];
    let proposed = audit::list_some(conn, scope, row.subject_id, &proposed, Some(row.id), 1);
    let proposed = proposed.await?.pop();
    Ok((proposed.and_then(|row| row.actor_id), row.actor_id))
}

async fn notice(conn: &mut Conn, scope: Scope, claimant: ClaimantId) -> AppResult<Notice> {
    let kind = "rejection";
    if let Some((state, at)) = outbox::find_state(conn, scope, claimant, kind).await? {
        return Ok(match state.as_str() {
            "dead" => Notice::GivenUp(at),
            _ => Notice::Waits(at),
        });
    }
    let sent = outbox::find_newest_mail(conn, scope, claimant, kind).await?;
    Ok(sent.map_or(Notice::None, Notice::Sent))
}

/// What the notice says.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct Told {
    /// Why.
    pub(in crate::app) code: RejectionCode,
    /// The bulk action that says it in words.
    pub(in crate::app) bulk: Option<Uuid>,
}

/// Rejects a record; it and everybody whom it touches is locked (`clash::lock_touched`). Gives the states before and
/// after. The transaction is under the rights of `scope` after it; the caller writes the audit row.
///
/// *effects*: state `rejected`, keys freed, codes and hand-ins void, mails that wait taken back; the notice in the
/// outbox where there is a confirmed e-mail.
///
/// # Errors
/// `IllegalTransition` for a state that cannot be rejected, such as `lodged`.
pub(in crate::app) async fn reject_locked(
    ctx: &Ctx,
    tx: &mut Tx,
    scope: Scope,
    row: &ClaimantRow,
    told: Told,
) -> AppResult<(ClaimantState, ClaimantState)> {
    let (claimant, now) = (row.claimant(), ctx.clock.now());
    let before = row.state()?;
    let after = before.move_to(ClaimantState::Rejected)?;
    tx.enter(clash::SCOPE).await?;
    clash::free(ctx, tx, claimant).await?;
    outbox::delete_of(tx, clash::SCOPE, claimant).await?;
    let is_told = row.contact_kind == "email" && row.confirmed_at.is_some();
    if is_told && row.died_at.is_none() {
        let payload = json!({ "code": told.code.as_str(), "bulk": told.bulk });
        let domain = row.contact_domain.as_deref();
        let mail = outbox_row(ctx, row, "rejection", token::new_id(now), payload, domain);
        outbox::insert(tx, clash::SCOPE, &mail).await?;
    }
    tx.enter(scope).await?;
    claimant::mark_state(tx, scope, claimant, after, now).await?;
    confirmation::mark_voided(tx, scope, claimant, now).await?;
    signature::void_requests(tx, scope, claimant, now).await?;
    paper::replace_open(ctx, tx, scope, claimant).await?;
    Ok((before, after))
}
