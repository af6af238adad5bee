//! The outbox as the staff of one association see it: what waits, what is parked for a domain, what was given up
//! and why; mails given up are put into the queue again. Nothing personal: a domain has a name where it is a
//! public provider, else a sign.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Utc};
use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_queue::{self, QueueState};
use crate::app::staff::StaffActor;
use crate::db::mail_desk::{self as db, DeadFilter, DeadRow, GroupRow};
use crate::domain::breaker::Breaker;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::mail::MailKind;
use crate::domain::mail_failure::MailFailure;
use crate::domain::permission::operation;

/// Kind of the row that answers a request by address; not a mail of its own.
const RESEND: &str = "resend";

/// A mail domain, as far as it may be named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Domain {
    /// Its queue; none where it is not known yet.
    pub id: Option<Uuid>,
    /// The name, where it is a public provider.
    pub provider: Option<String>,
}

/// Mails of one kind to one domain.
#[derive(Clone, Debug)]
pub struct Group {
    /// Kind of mail.
    pub kind: String,
    /// To which domain.
    pub domain: Domain,
    /// `due`, `again` (waits for its next attempt), `parked` (the domain does not answer), `held` (by the
    /// operator), `dead`.
    pub state: &'static str,
    /// How many.
    pub count: i64,
    /// When the first of them was caused, UTC.
    pub oldest: DateTime<Utc>,
    /// When the next attempt is made, UTC; none for those given up or held.
    pub next: Option<DateTime<Utc>>,
}

/// A mail that was given up.
#[derive(Clone, Debug)]
pub struct Dead {
    /// Its id.
    pub id: Uuid,
    /// Kind of mail.
    pub kind: String,
    /// To which domain.
    pub domain: Domain,
    /// How often it was tried.
    pub attempts: i32,
    /// When it was caused, UTC.
    pub created_at: DateTime<Utc>,
    /// Why, in a word.
    pub failure: MailFailure,
    /// The last answer, without addresses.
    pub answer: Option<String>,
}

/// Which mails given up.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this kind.
    pub kind: Option<String>,
    /// To this domain.
    pub queue: Option<Uuid>,
}

/// The outbox of an association.
#[derive(Debug)]
pub struct Desk {
    /// All that waits or was given up, most mails first.
    pub groups: Vec<Group>,
    /// Mails given up, newest first, a page of them.
    pub dead: Vec<Dead>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// The outbox of the own association, with a page of the mails given up.
///
/// # Errors
/// `Forbidden`.
pub async fn show(
    ctx: &Ctx,
    actor: &StaffActor,
    filter: &Filter,
    place: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> AppResult<Desk> {
    actor.require(&operation::LIST_MAILS)?;
    let (scope, own) = (actor.scope(), actor.association_id());
    let domains = Domains::read(ctx).await?;
    let wanted = of(filter, None);
    let mut tx = ctx.pools.begin(scope).await?;
    let groups = db::count(&mut tx, scope, own).await?;
    let mut rows = db::list_dead(&mut tx, scope, own, &wanted, (place, limit + 1)).await?;
    tx.commit().await?;
    let size = usize::try_from(limit).map_err(AppError::internal)?;
    let is_more = rows.len() > size;
    rows.truncate(size);
    Ok(Desk {
        groups: groups.into_iter().map(|row| domains.group(row)).collect(),
        next: rows.last().filter(|_| is_more).map(write_cursor),
        dead: rows.into_iter().map(|row| domains.dead(row)).collect(),
    })
}

/// Puts mails that were given up into the queue again: one, or all of a kind, to a domain, or all. Those whose
/// cause is over are dropped when their turn comes. Gives how many.
///
/// *effects*: audit `retry_mail`.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `Invalid` at `/kind`; `NotFound` for one mail that is not there, or not given
/// up.
pub async fn retry(
    ctx: &Ctx,
    actor: &StaffActor,
    filter: &Filter,
    id: Option<Uuid>,
) -> AppResult<usize> {
    actor.require(&operation::RETRY_MAILS)?;
    let is_kind = |kind: &String| kind == RESEND || MailKind::parse(kind).is_some();
    if filter.kind.as_ref().is_some_and(|kind| !is_kind(kind)) {
        let mut errors = FieldErrors::new();
        errors.push("/kind", FieldCode::UnknownValue, "error-mail-kind-unknown");
        return Err(AppError::Invalid(errors));
    }
    let (scope, own) = (actor.scope(), actor.association_id());
    let wanted = of(filter, id);
    let mut tx = ctx.pools.begin(scope).await?;
    let count = db::retry(&mut tx, scope, own, &wanted, ctx.clock.now()).await?;
    if count == 0 && id.is_some() {
        return Err(AppError::NotFound);
    }
    if count > 0 {
        let mut deed = actor.deed(id.unwrap_or_else(|| own.uuid()), "retry_mail");
        deed.detail = json!({ "mails": count, "kind": filter.kind, "queue": filter.queue });
        deed.write(ctx, &mut tx, scope).await?;
    }
    tx.commit().await?;
    Ok(count)
}

fn of(filter: &Filter, id: Option<Uuid>) -> DeadFilter {
    DeadFilter {
        kind: filter.kind.clone(),
        queue: filter.queue,
        id,
    }
}

/// What is known of mail domains.
struct Domains {
    providers: HashMap<Uuid, String>,
    states: HashMap<Uuid, QueueState>,
}

impl Domains {
    async fn read(ctx: &Ctx) -> AppResult<Self> {
        let directory = ctx.directories.get(ctx).await?;
        let providers = directory.public_providers();
        let states = mail_queue::list(ctx).await?;
        Ok(Self {
            providers: providers
                .map(|domain| (mail_queue::id_of(ctx, domain), domain.to_owned()))
                .collect(),
            states: states
                .into_iter()
                .map(|state| (state.queue.id, state))
                .collect(),
        })
    }

    fn domain(&self, id: Option<Uuid>) -> Domain {
        Domain {
            id,
            provider: id.and_then(|id| self.providers.get(&id).cloned()),
        }
    }

    fn group(&self, row: GroupRow) -> Group {
        let queue = row.queue_id.and_then(|id| self.states.get(&id));
        let is_held = queue.is_some_and(|queue| queue.held_at.is_some());
        let (state, next) = match (row.state.as_str(), row.tried) {
            ("dead", _) => ("dead", None),
            ("parked", _) if is_held => ("held", None),
            ("parked", _) => ("parked", queue.and_then(probe)),
            (_, true) => ("again", Some(row.next)),
            (_, false) => ("due", Some(row.next)),
        };
        Group {
            domain: self.domain(row.queue_id),
            kind: row.kind,
            state,
            count: row.count,
            oldest: row.oldest,
            next,
        }
    }

    fn dead(&self, row: DeadRow) -> Dead {
        Dead {
            id: row.id,
            domain: self.domain(row.queue_id),
            kind: row.kind,
            attempts: row.attempts,
            created_at: row.created_at,
            failure: MailFailure::of(row.last_error.as_deref()),
            answer: row.last_error,
        }
    }
}

/// When a domain that does not answer is asked again.
fn probe(queue: &QueueState) -> Option<DateTime<Utc>> {
    match queue.breaker {
        Breaker::Closed { .. } => None,
        Breaker::Open { next_probe_at, .. } | Breaker::Probing { next_probe_at, .. } => {
            Some(next_probe_at)
        }
    }
}

/// Where a page begins; `None` for what we did not write.
pub fn read_cursor(text: &str) -> Option<(DateTime<Utc>, Uuid)> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let (at, id) = bytes.split_first_chunk::<8>()?;
    let at = DateTime::from_timestamp_micros(i64::from_be_bytes(*at))?;
    let is_ours = (1970..=9999).contains(&at.year());
    is_ours.then_some(())?;
    Some((at, Uuid::from_slice(id).ok()?))
}

fn write_cursor(row: &DeadRow) -> String {
    let at = row.created_at.timestamp_micros().to_be_bytes();
    let bytes = [at.as_slice(), row.id.as_bytes()].concat();
    BASE64URL_NOPAD.encode(&bytes)
}
