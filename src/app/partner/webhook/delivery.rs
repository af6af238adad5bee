//! Deliveries to endpoints: claimed, signed, and what became of them. The worker sends, outside any transaction. Each
//! is made at least once: of a process that dies in between another takes it up.

use std::fmt;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{Kept, open, reach};
use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::day_cap::{self, DayCap};
use crate::app::error::{AppError, AppResult};
use crate::app::outbox::webhook_row;
use crate::app::partner::email_of;
use crate::app::partner::event::state_of;
use crate::crypto::token;
use crate::db::rate_bucket::Grant;
use crate::db::webhook::{self as endpoints, EndpointRow};
use crate::db::webhook_delivery::{self as db, AttemptRow, ClaimedRow};
use crate::db::{Conn, DbError, Scope, outbox, partner};
use crate::domain::ids::{AssociationId, PartnerId, WebhookEndpointId};
use crate::domain::language::Language;
use crate::domain::partner::KeyMode;
use crate::domain::webhook::{
    AT_ONCE, DisabledWhy, Fault, GIVEN_UP, OK, PING, asked_until, left_alone_until, next_attempt,
};
use crate::domain::webhook_url::WebhookUrl;
use crate::outbound::webhook::{Message, Outcome};

const SCOPE: Scope = Scope::System("deliveries to partners");
/// How long a delivery waits that cannot be read.
const UNREADABLE: TimeDelta = TimeDelta::hours(1);
/// Seconds a claimed delivery is left alone; longer than any attempt takes.
const LEASE_SECONDS: f64 = 60.0;

/// A claimed delivery.
#[derive(Clone)]
pub struct Due {
    row: ClaimedRow,
    message: Message,
    event_type: &'static str,
    begun: DateTime<Utc>,
}

impl Due {
    /// What is sent.
    pub const fn message(&self) -> &Message {
        &self.message
    }

    /// The endpoint, for logs.
    pub const fn endpoint(&self) -> Uuid {
        self.row.endpoint_id
    }
}

/// Claims deliveries that are due, at most `limit`, and signs them. Those about people who were erased since are
/// dropped.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn claim(ctx: &Ctx, limit: i64) -> AppResult<Vec<Due>> {
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let rows = db::claim(&mut tx, SCOPE, now, (limit, AT_ONCE), LEASE_SECONDS).await?;
    let mut due = Vec::with_capacity(rows.len());
    for row in rows {
        match signed(ctx, &row, now) {
            Ok(Some((message, event_type))) => due.push(Due {
                row,
                message,
                event_type,
                begun: now,
            }),
            Ok(None) => {
                db::end(&mut tx, SCOPE, &row, "dropped", now).await?;
            }
            // one that cannot be read holds up no other
            Err(error) => {
                tracing::error!(endpoint.id = %row.endpoint_id, error = %error, "a delivery cannot be made");
                db::put_off(&mut tx, SCOPE, &row, now + UNREADABLE).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(due)
}

/// Writes what became of a delivery.
///
/// *effects*: attempt, delivery, endpoint; where the endpoint is given up, what is on its way to it is dropped, audit
/// `webhook_disabled`, and a mail to the partner if it has an address.
///
/// # Errors
/// `Unavailable` if the database cannot be reached: the delivery is made again.
pub async fn settle(ctx: &Ctx, due: &Due, outcome: Outcome) -> AppResult<()> {
    let now = ctx.clock.now();
    let row = &due.row;
    let (partner, endpoint) = (
        PartnerId::new(row.partner_id),
        WebhookEndpointId::new(row.endpoint_id),
    );
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let Some(mut known) = endpoints::lock(&mut tx, SCOPE, partner, endpoint).await? else {
        // deleted meanwhile, with all that was on its way
        return Ok(());
    };
    db::insert_attempt(&mut tx, SCOPE, &attempt(due, &outcome)).await?;
    let word = outcome.fault.map_or(OK, Fault::as_str);
    metrics::counter!("joinder_webhook_attempts_total", "outcome" => word).increment(1);
    let Some(fault) = outcome.fault else {
        if !db::end(&mut tx, SCOPE, row, "done", now).await? {
            return Ok(tx.commit().await?);
        }
        known.forget_failures();
        endpoints::update(&mut tx, SCOPE, &known).await?;
        endpoints::mark_success(&mut tx, SCOPE, (row.partner_id, row.endpoint_id), now).await?;
        return Ok(tx.commit().await?);
    };
    if known.sealed != row.sealed {
        // the address was changed on the way: what the old one said is not of the new one
        db::put_off(&mut tx, SCOPE, row, now).await?;
        return Ok(tx.commit().await?);
    }
    let [chance] = token::random_bytes();
    let asked = outcome.retry_after.as_deref();
    let asked = asked.and_then(|told| asked_until(now, told));
    let next = next_attempt(now, row.attempts, chance).map(|at| asked.map_or(at, |it| at.max(it)));
    let is_newest = match next {
        Some(at) => db::put_off(&mut tx, SCOPE, row, at).await?,
        None => db::end(&mut tx, SCOPE, row, "failed", now).await?,
    };
    if !is_newest {
        // another process made a later attempt, or what waited was dropped
        return Ok(tx.commit().await?);
    }
    known.failures = known.failures.saturating_add(1);
    let since = *known.failing_since.get_or_insert(now);
    // none is before any time
    known.paused_until = left_alone_until(now, known.failures).max(asked);
    // the last attempt of a delivery since which nothing was taken; attempts from before a rest do not count
    let last = known.last_success_at;
    let all_failed = known.failures >= i32::from(row.attempts);
    let is_spent = next.is_none() && all_failed && last.is_none_or(|at| at < row.created_at);
    let why = match fault {
        Fault::Gone => Some(DisabledWhy::Gone),
        _ if is_spent || now - since >= GIVEN_UP => Some(DisabledWhy::Failing),
        _ => None,
    };
    match why {
        Some(why) if known.disabled_at.is_none() => give_up(ctx, &mut tx, known, why, now).await?,
        Some(_) | None => endpoints::update(&mut tx, SCOPE, &known).await?,
    }
    Ok(tx.commit().await?)
}

async fn give_up(
    ctx: &Ctx,
    conn: &mut Conn,
    mut endpoint: EndpointRow,
    why: DisabledWhy,
    now: DateTime<Utc>,
) -> AppResult<()> {
    endpoint.disable(why, now);
    endpoints::update(conn, SCOPE, &endpoint).await?;
    let place = (endpoint.partner_id, endpoint.id);
    db::drop_waiting(conn, SCOPE, place, now).await?;
    let association = AssociationId::new(endpoint.association_id);
    let entry = Entry {
        subject: endpoint.partner_id,
        association: Some(association),
        actor: Actor::System,
        action: "webhook_disabled",
        states: None,
        detail: json!({ "endpoint": endpoint.id, "why": why.as_str() }),
        sealed: None,
    };
    audit::append(ctx, conn, SCOPE, entry).await?;
    tracing::warn!(endpoint.id = %endpoint.id, why = why.as_str(), "nothing more is delivered to an endpoint");
    let partner = partner::find_home(conn, SCOPE, PartnerId::new(endpoint.partner_id)).await?;
    let partner = partner.ok_or(DbError::Corrupt("webhook_endpoints.partner_id"))?;
    let association = AssociationId::new(partner.association_id);
    let email = email_of(ctx, &partner)?;
    if let Some(email) = email
        && may_tell(ctx, conn, endpoint.id).await?
    {
        let language = Language::parse(&partner.language).unwrap_or_default();
        let to = (PartnerId::new(partner.id), &email, language);
        let row = webhook_row(ctx, to, association, (endpoint.id, why))?;
        outbox::insert(conn, SCOPE, &row).await?;
    }
    Ok(())
}

/// Whether the partner is told: once a day of an endpoint, however often it is taken up and given up.
async fn may_tell(ctx: &Ctx, conn: &mut Conn, endpoint: Uuid) -> AppResult<bool> {
    let cap = DayCap {
        purpose: "webhook mails",
        whose: endpoint,
        limit: 1,
    };
    let granted = day_cap::ask(ctx, conn, SCOPE, cap).await?;
    Ok(matches!(granted, Grant::Granted))
}

fn attempt(due: &Due, outcome: &Outcome) -> AttemptRow {
    let row = &due.row;
    let status = outcome.status.and_then(|status| i16::try_from(status).ok());
    AttemptRow {
        partner_id: row.partner_id,
        id: token::new_id(due.begun),
        association_id: row.association_id,
        endpoint_id: row.endpoint_id,
        message_id: row.event_id.unwrap_or(row.id),
        event_type: due.event_type.to_owned(),
        number: row.attempts,
        started_at: due.begun,
        duration_ms: i32::try_from(outcome.took.as_millis()).unwrap_or(i32::MAX),
        status,
        outcome: outcome.fault.map_or(OK, Fault::as_str).to_owned(),
    }
}

/// The message of a delivery and its type; none where nothing is left to tell.
fn signed(
    ctx: &Ctx,
    row: &ClaimedRow,
    now: DateTime<Utc>,
) -> AppResult<Option<(Message, &'static str)>> {
    let Some((event_type, body)) = told(row)? else {
        return Ok(None);
    };
    let kept = open(ctx, row.endpoint_id, row.root_version, row.sealed.clone())?;
    let id = row.event_id.unwrap_or(row.id).to_string();
    let timestamp = now.timestamp();
    let signature = signatures(&kept, row.previous_until, now, (&id, timestamp, &body))?;
    let mode = KeyMode::parse(&row.mode).ok_or(DbError::Corrupt("webhook_endpoints.mode"))?;
    let url = WebhookUrl::parse(Some(&kept.url), reach(ctx, mode));
    let Ok(url) = url else {
        // it was good when it was given: the program is served elsewhere by now
        return Ok(None);
    };
    let message = Message {
        url,
        id,
        timestamp,
        signature,
        body,
    };
    Ok(Some((message, event_type)))
}

/// By the new secret, and for a day by the one before.
fn signatures(
    kept: &Kept,
    previous_until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    (id, timestamp, body): (&str, i64, &str),
) -> AppResult<String> {
    let previous = kept.previous.as_ref();
    let previous = previous.filter(|_| previous_until.is_some_and(|end| end > now));
    let secrets = [Some(&kept.secret), previous].into_iter().flatten();
    let signed: Option<Vec<String>> = secrets
        .map(|secret| secret.sign(id, timestamp, body))
        .collect();
    let signed = signed.ok_or_else(|| AppError::internal("a secret that signs nothing"))?;
    Ok(signed.join(" "))
}

/// Type and body: of whom and what, and nothing else about the person.
fn told(row: &ClaimedRow) -> AppResult<Option<(&'static str, String)>> {
    let at = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    if row.event_id.is_none() {
        let body = json!({ "type": PING, "timestamp": at(row.created_at), "data": {} });
        return Ok(Some((PING, body.to_string())));
    }
    let (Some(state), Some(sequence), Some(claimant), Some(happened_at)) =
        (&row.state, row.sequence, row.claimant_id, row.happened_at)
    else {
        return Ok(None);
    };
    let event_type = state_of(state)?.event_type();
    let body = json!({
        "type": event_type,
        "timestamp": at(happened_at),
        "data": { "sequence": sequence, "claimant_id": claimant },
    });
    Ok(Some((event_type, body.to_string())))
}

impl fmt::Debug for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Due({})", self.row.id)
    }
}
