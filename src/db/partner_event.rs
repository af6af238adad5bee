//! What partners are told of whom they sent. A row is written in the transaction in which a claimant's state
//! changes ([`stage`]; the first one by the statement of sign-ups) and numbered after its commit ([`number`]).

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::partner_submission::Of;
use crate::db::pool::Conn;
use crate::db::schema::{partner_event_heads, partner_events, partner_submissions};
use crate::db::scope::Scope;
use crate::domain::ids::{ClaimantId, PartnerEventId, PartnerId};

/// `domain::partner::SubmissionState::of` over a row `c` of `claimants`; a test compares them.
pub const TOLD: &str = "CASE WHEN c.state IN ('unconfirmed', 'to_assist') THEN 'received' \
    WHEN c.state IN ('confirmed', 'duplicate') THEN 'confirmed' \
    WHEN c.state = 'withdrawn' THEN 'withdrawn' \
    WHEN c.state IN ('signed', 'resign_required', 'lodged') OR c.signed_at IS NOT NULL THEN 'signed' \
    WHEN c.confirmed_at IS NOT NULL THEN 'confirmed' ELSE 'received' END";

/// An event with its number.
#[derive(Queryable, Clone, Debug)]
#[expect(missing_docs, reason = "each field is the column of its name")]
pub struct EventRow {
    pub sequence: Option<i64>,
    pub id: Uuid,
    pub state: String,
    pub claimant_id: Option<Uuid>,
    pub created_at: DateTime<Utc>,
}

/// Events of one partner and mode that wait for their numbers.
#[derive(Queryable, Clone, Debug)]
pub struct WaitingRow {
    /// The partner.
    pub partner_id: Uuid,
    /// Live or test.
    pub mode: String,
}

/// Tells the partner that sent a claimant, if one did, how far the claimant is now: nothing where that is what was
/// told last. The claimant is locked; whoever writes a claimant's state calls this (`tests/it/tidy.rs`).
///
/// # Errors
/// As the database says.
pub async fn stage(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
    now: DateTime<Utc>,
) -> DbResult<()> {
    // most were sent by nobody: one look by the primary key
    let sent: Option<Uuid> = partner_submissions::table
        .find(claimant.uuid())
        .select(partner_submissions::claimant_id)
        .first(conn)
        .await
        .optional()?;
    if sent.is_none() {
        return Ok(());
    }
    diesel::sql_query(format!(
        "WITH seen AS ( \
           SELECT c.id, {TOLD} AS told FROM claimants c WHERE c.id = $1 \
         ), moved AS ( \
           UPDATE partner_submissions s SET told = seen.told, told_count = s.told_count + 1 \
           FROM seen WHERE s.claimant_id = $1 AND s.told <> seen.told \
           RETURNING s.partner_id, s.association_id, s.mode, s.case_id, s.claimant_id, s.told, s.told_count \
         ) INSERT INTO partner_events \
           (partner_id, id, association_id, mode, case_id, claimant_id, state, step, created_at) \
         SELECT partner_id, gen_random_uuid(), association_id, mode, case_id, claimant_id, told, told_count, \
           date_trunc('second', $2) FROM moved"
    ))
    .bind::<SqlUuid, _>(claimant.uuid())
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whose events wait for numbers, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_waiting(conn: &mut Conn, _scope: Scope, limit: i64) -> DbResult<Vec<WaitingRow>> {
    Ok(partner_events::table
        .filter(partner_events::sequence.is_null())
        .select((partner_events::partner_id, partner_events::mode))
        .distinct()
        .limit(limit)
        .load(conn)
        .await?)
}

/// Numbers what waits of one partner, at most `limit`, and puts it on its way to its endpoints; gives how many got a
/// number. Whatever is visible is committed and has no number yet: none is passed over, however long its transaction
/// took. Of one claimant the earlier comes first.
///
/// # Errors
/// As the database says.
pub async fn number(
    conn: &mut Conn,
    _scope: Scope,
    whose: &WaitingRow,
    now: DateTime<Utc>,
    limit: i64,
) -> DbResult<usize> {
    let (partner, mode) = (whose.partner_id, whose.mode.as_str());
    diesel::insert_into(partner_event_heads::table)
        .values((
            partner_event_heads::partner_id.eq(partner),
            partner_event_heads::mode.eq(mode),
            partner_event_heads::last.eq(0),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    let head = partner_event_heads::table.find((partner, mode));
    let last: i64 = head
        .select(partner_event_heads::last)
        .for_update()
        .first(conn)
        .await?;
    // a statement of its own: it sees what was committed before the lock was had
    let numbered = diesel::sql_query(
        "WITH w AS (SELECT id, row_number() OVER (ORDER BY step, created_at, id) AS place FROM partner_events \
           WHERE partner_id = $1 AND mode = $2 AND sequence IS NULL ORDER BY step, created_at, id LIMIT $3) \
         UPDATE partner_events e SET sequence = $4 + w.place, numbered_at = $5 \
         FROM w WHERE e.partner_id = $1 AND e.id = w.id",
    )
    .bind::<SqlUuid, _>(partner)
    .bind::<Text, _>(mode)
    .bind::<BigInt, _>(limit)
    .bind::<BigInt, _>(last)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    let next = last.saturating_add(i64::try_from(numbered).unwrap_or(i64::MAX));
    diesel::update(head)
        .set(partner_event_heads::last.eq(next))
        .execute(conn)
        .await?;
    diesel::sql_query(
        "INSERT INTO webhook_deliveries (partner_id, id, association_id, endpoint_id, event_id, due_at, created_at) \
         SELECT e.partner_id, gen_random_uuid(), e.association_id, w.id, e.id, $5, $5 \
         FROM partner_events e JOIN webhook_endpoints w ON w.partner_id = e.partner_id AND w.mode = e.mode \
           AND w.disabled_at IS NULL AND e.state = ANY (w.event_types) \
           AND (w.case_ids IS NULL OR e.case_id = ANY (w.case_ids)) \
         WHERE e.partner_id = $1 AND e.mode = $2 AND e.sequence > $3 AND e.sequence <= $4",
    )
    .bind::<SqlUuid, _>(partner)
    .bind::<Text, _>(mode)
    .bind::<BigInt, _>(last)
    .bind::<BigInt, _>(next)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(numbered)
}

/// A partner's events after a number, in their order, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    of: Of<'_>,
    after: i64,
    limit: i64,
) -> DbResult<Vec<EventRow>> {
    let mut query = partner_events::table
        .filter(partner_events::partner_id.eq(of.partner.uuid()))
        .filter(partner_events::mode.eq(of.mode.as_str()))
        .filter(partner_events::sequence.gt(after))
        .order(partner_events::sequence)
        .limit(limit)
        .select((
            partner_events::sequence,
            partner_events::id,
            partner_events::state,
            partner_events::claimant_id,
            partner_events::created_at,
        ))
        .into_boxed();
    if let Some(cases) = of.cases {
        let cases: Vec<Uuid> = cases.iter().map(|case| case.uuid()).collect();
        query = query.filter(partner_events::case_id.eq_any(cases));
    }
    Ok(query.load(conn).await?)
}

/// The last number that a partner's events were given; 0: none yet.
///
/// # Errors
/// As the database says.
pub async fn last(conn: &mut Conn, _scope: Scope, of: Of<'_>) -> DbResult<i64> {
    let head = partner_event_heads::table.find((of.partner.uuid(), of.mode.as_str()));
    let head = head.select(partner_event_heads::last);
    let last: Option<i64> = head.first(conn).await.optional()?;
    Ok(last.unwrap_or(0))
}

/// The number of one of a partner's events.
///
/// # Errors
/// As the database says.
pub async fn find_sequence(
    conn: &mut Conn,
    _scope: Scope,
    of: Of<'_>,
    id: PartnerEventId,
) -> DbResult<Option<i64>> {
    let mut query = partner_events::table
        .filter(partner_events::partner_id.eq(of.partner.uuid()))
        .filter(partner_events::id.eq(id.uuid()))
        .filter(partner_events::mode.eq(of.mode.as_str()))
        .filter(partner_events::sequence.is_not_null())
        .select(partner_events::sequence.assume_not_null())
        .into_boxed();
    if let Some(cases) = of.cases {
        let cases: Vec<Uuid> = cases.iter().map(|case| case.uuid()).collect();
        query = query.filter(partner_events::case_id.eq_any(cases));
    }
    Ok(query.first(conn).await.optional()?)
}

/// What partners were told of a claimant and when, oldest first; for the archive of own data.
///
/// # Errors
/// As the database says.
pub async fn list_of_claimant(
    conn: &mut Conn,
    _scope: Scope,
    claimant: ClaimantId,
) -> DbResult<Vec<(String, DateTime<Utc>)>> {
    Ok(partner_events::table
        .filter(partner_events::claimant_id.eq(claimant.uuid()))
        .order(partner_events::step)
        .select((partner_events::state, partner_events::created_at))
        .load(conn)
        .await?)
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Puts a partner's events of a span of numbers on their way to an endpoint again, as far as it is told of them and
/// nobody they are about was erased; gives how many.
///
/// # Errors
/// As the database says.
pub async fn deliver_again(
    conn: &mut Conn,
    _scope: Scope,
    (partner, endpoint): (PartnerId, Uuid),
    (from, to): (i64, i64),
    now: DateTime<Utc>,
) -> DbResult<i64> {
    let row: CountRow = diesel::sql_query(
        "WITH again AS ( \
           INSERT INTO webhook_deliveries (partner_id, id, association_id, endpoint_id, event_id, due_at, created_at) \
           SELECT e.partner_id, gen_random_uuid(), e.association_id, w.id, e.id, $5, $5 \
           FROM webhook_endpoints w JOIN partner_events e ON e.partner_id = w.partner_id AND e.mode = w.mode \
             AND e.state = ANY (w.event_types) AND (w.case_ids IS NULL OR e.case_id = ANY (w.case_ids)) \
           WHERE w.partner_id = $1 AND w.id = $2 AND e.sequence BETWEEN $3 AND $4 AND e.claimant_id IS NOT NULL \
           RETURNING 1 \
         ) SELECT count(*) AS count FROM again",
    )
    .bind::<SqlUuid, _>(partner.uuid())
    .bind::<SqlUuid, _>(endpoint)
    .bind::<BigInt, _>(from)
    .bind::<BigInt, _>(to)
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
    .await?;
    Ok(row.count)
}

/// Leaves numbers out in every stream.
///
/// # Errors
/// As the database says.
pub async fn raise_heads(conn: &mut Conn, _scope: Scope, by: i64) -> DbResult<()> {
    diesel::update(partner_event_heads::table)
        .set(partner_event_heads::last.eq(partner_event_heads::last + by))
        .execute(conn)
        .await?;
    Ok(())
}
