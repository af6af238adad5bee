//! Claimants as staff read them: keyset pages, everything about one, and what lists of them need
//! beside the row. Every query names the association, beside row-level security.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::IntoSql;
use diesel::QueryableByName;
use diesel::dsl::{exists, not, sql};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::db::bounce::{self, BounceRow};
use crate::db::declaration::DeclarationRow;
use crate::db::error::DbResult;
use crate::db::key::ClaimantKeyRow;
use crate::db::payout::PayoutRow;
use crate::db::pool::Conn;
use crate::db::schema::{
    assignments, case_counsel, claimant_keys, claimants, confirmations, conflicts, consents,
    declarations, identities, lookups, mailboxes, mails, payouts, signatures,
};
use crate::db::scope::Scope;
use crate::db::signature::SignatureRow;
use crate::db::work_queue;
use crate::domain::claimant::{ClaimantState, Queue, Review};
use crate::domain::declaration::DeclarationFlag;
use crate::domain::ids::{AssociationId, CaseId, ClaimantId};
use crate::domain::narrowing::{Mandate, Narrowing, Whose};
use crate::domain::outage::midnight_in_rome;
use crate::domain::readiness::SignatureInForce;

/// A claimant without what is sealed in other tables.
#[derive(Queryable, Selectable, Debug, Clone, Serialize, Deserialize)]
#[diesel(table_name = claimants)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct ListRow {
    pub id: Uuid,
    pub case_id: Uuid,
    pub state: String,
    pub review: String,
    pub language: String,
    pub via: Option<String>,
    pub contact_kind: String,
    #[serde(skip)]
    pub contact_sealed: Vec<u8>,
    pub mailbox_count: i16,
    pub created_at: DateTime<Utc>,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub identity_at: Option<DateTime<Utc>>,
    pub signed_at: Option<DateTime<Utc>>,
    pub declared_version: Option<i32>,
    pub signed_version: Option<i32>,
    pub declared_cents: Option<i64>,
    pub declared_flags: Vec<String>,
    pub payout_at: Option<DateTime<Utc>>,
    pub unreachable_at: Option<DateTime<Utc>>,
    pub ratify_at: Option<DateTime<Utc>>,
    pub died_at: Option<DateTime<Utc>>,
    pub restricted_at: Option<DateTime<Utc>>,
    pub payout_frozen_at: Option<DateTime<Utc>>,
}

/// The newest identity of a claimant.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = identities)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct IdentityRow {
    pub claimant_id: Uuid,
    pub version: i32,
    pub capacity: String,
    pub sealed: Vec<u8>,
    pub warnings: Vec<String>,
    pub given_by: String,
    pub created_at: DateTime<Utc>,
    pub to_check_at: Option<DateTime<Utc>>,
    pub checked_at: Option<DateTime<Utc>>,
}

/// A mailbox of a claimant.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = mailboxes)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see the migration"
)]
pub struct MailboxRow {
    pub claimant_id: Uuid,
    pub id: Uuid,
    pub treatment: String,
    pub plan: Option<String>,
    pub alias_of: Option<Uuid>,
    pub sealed: Vec<u8>,
    pub proved_at: Option<DateTime<Utc>>,
    pub proof: Option<String>,
}

/// What opens a batch of claimants, each ordered by claimant.
#[derive(Debug, Default)]
pub struct Belongings {
    /// Data keys; none for the erased.
    pub keys: Vec<ClaimantKeyRow>,
    /// Newest identities.
    pub identities: Vec<IdentityRow>,
    /// Mailboxes, in the order they were named.
    pub mailboxes: Vec<MailboxRow>,
}

/// Which claimants.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The tenant.
    pub association: AssociationId,
    /// The case.
    pub case: CaseId,
    /// States wanted; empty: all.
    pub states: Vec<&'static str>,
    /// Blind indexes of what was searched for, one of which must match; `None`: no search.
    pub hashes: Option<Vec<Vec<u8>>>,
    /// What must be lacking (R2).
    pub lack: Option<Lack>,
    /// A flag the newest declaration must have.
    pub flag: Option<DeclarationFlag>,
    /// A list the record must be on.
    pub queue: Option<Queue>,
    /// What narrows the list beside.
    pub narrowing: Narrowing,
    /// Whether those are left out whose data are only kept (R61).
    pub leaves_restricted: bool,
    /// Whether those are left out that have something to be looked at first: nobody of them is ready (R30).
    pub leaves_reviewed: bool,
    /// The clock, UTC: what was in hand before is nobody's.
    pub now: DateTime<Utc>,
}

/// What a record lacks, as columns tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Identity.
    Identity,
    /// A signature in force: as `domain::readiness::SignatureInForce::of` reads the state.
    Signature,
    /// Payout data.
    Payout,
    /// Nothing that any record lacks: nobody is found.
    Nothing,
}

impl Selection {
    fn query(&self) -> claimants::BoxedQuery<'_, Pg> {
        let mut query = claimants::table
            .filter(claimants::association_id.eq(self.association.uuid()))
            .filter(claimants::case_id.eq(self.case.uuid()))
            .into_boxed();
        if !self.states.is_empty() {
            query = query.filter(claimants::state.eq_any(&self.states));
        }
        if self.leaves_restricted {
            query = query.filter(claimants::restricted_at.is_null());
        }
        if self.leaves_reviewed {
            query = query.filter(claimants::review.eq(Review::None.as_str()));
        }
        if let Some(hashes) = &self.hashes {
            let found = lookups::table
                .filter(lookups::hash.eq_any(hashes))
                .filter(lookups::association_id.eq(self.association.uuid()))
                .select(lookups::claimant_id);
            query = query.filter(claimants::id.eq_any(found));
        }
        // word for word as the indexes have them: the planner joins two where few are lacking
        query = match self.lack {
            None => query,
            Some(Lack::Identity) => query.filter(sql::<Bool>(
                "(state = 'unconfirmed' AND identity_at IS NULL \
                 OR state <> 'unconfirmed' AND identity_at IS NULL)",
            )),
            Some(Lack::Payout) => query.filter(sql::<Bool>(
                "(state = 'unconfirmed' AND payout_at IS NULL \
                 OR state <> 'unconfirmed' AND payout_at IS NULL)",
            )),
            Some(Lack::Signature) => query.filter(claimants::state.eq_any(not_in_force())),
            Some(Lack::Nothing) => query.filter(false.into_sql::<Bool>()),
        };
        if let Some(queue) = self.queue {
            query = query.filter(sql::<Bool>(&work_queue::condition(queue)));
        }
        query = narrowed(query, self);
        // the three queues word for word as their indexes have them
        match self.flag {
            None => query,
            Some(DeclarationFlag::NotRestored) => {
                query.filter(sql::<Bool>("'not_restored' = ANY (declared_flags)"))
            }
            Some(DeclarationFlag::DoubleRecovery) => {
                query.filter(sql::<Bool>("'double_recovery' = ANY (declared_flags)"))
            }
            Some(DeclarationFlag::OutsideWindow) => {
                query.filter(sql::<Bool>("'outside_window' = ANY (declared_flags)"))
            }
            Some(flag @ (DeclarationFlag::PaidPlanProof | DeclarationFlag::NarrativeSpecial)) => {
                query.filter(claimants::declared_flags.contains(vec![flag.as_str()]))
            }
        }
    }
}

/// What narrows a list beside state, search, letter, flag and queue.
fn narrowed<'a>(
    mut query: claimants::BoxedQuery<'a, Pg>,
    selection: &'a Selection,
) -> claimants::BoxedQuery<'a, Pg> {
    let (narrowing, association) = (&selection.narrowing, selection.association.uuid());
    if narrowing.active {
        let active = ClaimantState::ALL
            .into_iter()
            .filter(|state| state.counts());
        let active: Vec<&str> = active.map(ClaimantState::as_str).collect();
        query = query.filter(claimants::state.eq_any(active));
    }
    query = match narrowing.review {
        None => query,
        Some(Review::None) => query.filter(claimants::review.eq(Review::None.as_str())),
        // word for word as the indexes have them
        Some(Review::Conflict) => query.filter(sql::<Bool>("review = 'conflict'")),
        Some(Review::Quarantined) => query.filter(sql::<Bool>("review = 'quarantined'")),
    };
    if let Some(province) = &narrowing.province {
        query = query.filter(claimants::province.eq(province));
    }
    if let Some(domain) = &narrowing.domain {
        let named = mailboxes::table
            .filter(mailboxes::claimant_id.eq(claimants::id))
            .filter(mailboxes::association_id.eq(association))
            .filter(mailboxes::domain.eq(domain));
        query = query.filter(exists(named));
    }
    if let Some(from) = narrowing.from {
        query = query.filter(claimants::created_at.ge(midnight_in_rome(from)));
    }
    if let Some(after) = narrowing.until.and_then(|day| day.succ_opt()) {
        query = query.filter(claimants::created_at.lt(midnight_in_rome(after)));
    }
    if let Some(least) = narrowing.least_cents {
        query = query.filter(claimants::declared_cents.ge(least));
    }
    if let Some(most) = narrowing.most_cents {
        query = query.filter(claimants::declared_cents.le(most));
    }
    whose(signed(query, selection), selection)
}

/// How the signature in force was given, and what with it.
fn signed<'a>(
    mut query: claimants::BoxedQuery<'a, Pg>,
    selection: &'a Selection,
) -> claimants::BoxedQuery<'a, Pg> {
    let (narrowing, association) = (&selection.narrowing, selection.association.uuid());
    if let Some(tier) = narrowing.tier {
        let in_force = signatures::table
            .filter(signatures::claimant_id.eq(claimants::id))
            .filter(signatures::association_id.eq(association))
            .filter(signatures::version.nullable().eq(claimants::signed_version))
            .filter(signatures::tier.eq(tier.as_str()));
        query = query.filter(exists(in_force));
    }
    if let Some(mandate) = narrowing.mandate {
        let given = signatures::table
            .filter(signatures::claimant_id.eq(claimants::id))
            .filter(signatures::association_id.eq(association))
            .filter(signatures::version.nullable().eq(claimants::signed_version))
            .filter(sql::<Bool>(
                "EXISTS (SELECT FROM unnest(acceptances) a WHERE a LIKE 'mandate\\_messa\\_in\\_mora=%')",
            ));
        query = match mandate {
            Mandate::Given => query.filter(exists(given)),
            Mandate::NotGiven => query.filter(
                claimants::signed_version
                    .is_not_null()
                    .and(not(exists(given))),
            ),
        };
    }
    query
}

/// Whom the records are assigned to: on the queue of the list, or on any.
fn whose<'a>(
    query: claimants::BoxedQuery<'a, Pg>,
    selection: &'a Selection,
) -> claimants::BoxedQuery<'a, Pg> {
    let Some(whose) = selection.narrowing.whose else {
        return query;
    };
    let mut taken = assignments::table
        .filter(assignments::association_id.eq(selection.association.uuid()))
        .filter(
            assignments::lease_until
                .is_null()
                .or(assignments::lease_until.gt(selection.now)),
        )
        .select(assignments::subject_id)
        .into_boxed();
    if let Some(queue) = selection.queue {
        taken = taken.filter(assignments::queue.eq(queue.as_str()));
    }
    match whose {
        Whose::Of(staff) => {
            query.filter(claimants::id.eq_any(taken.filter(assignments::staff_id.eq(staff))))
        }
        Whose::Nobody => query.filter(claimants::id.ne_all(taken)),
    }
}

/// States without a signature in force.
fn not_in_force() -> Vec<&'static str> {
    ClaimantState::ALL
        .into_iter()
        .filter(|state| SignatureInForce::of(*state).is_none())
        .map(ClaimantState::as_str)
        .collect()
}

/// The last of the `size` claimants of a case before `before`, newest first, whatever else is asked for; none
/// where there are not so many left. Reads the index only.
///
/// # Errors
/// As the database says.
pub async fn find_floor(
    conn: &mut Conn,
    _scope: Scope,
    selection: &Selection,
    before: Option<Uuid>,
    size: i64,
) -> DbResult<Option<Uuid>> {
    let found: Vec<FloorRow> = diesel::sql_query(
        "SELECT w.id, count(*) OVER () AS count FROM (SELECT id FROM claimants WHERE association_id = $1 \
         AND case_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4) w ORDER BY w.id LIMIT 1",
    )
    .bind::<SqlUuid, _>(selection.association.uuid())
    .bind::<SqlUuid, _>(selection.case.uuid())
    .bind::<SqlUuid, _>(before.unwrap_or(Uuid::max()))
    .bind::<BigInt, _>(size)
    .load(conn)
    .await?;
    let last = found.into_iter().next().filter(|row| row.count == size);
    Ok(last.map(|row| row.id))
}

#[derive(QueryableByName)]
struct FloorRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// A page, newest first, of claimants before `before` and not beyond `floor`.
///
/// # Errors
/// As the database says.
pub async fn list_page(
    conn: &mut Conn,
    _scope: Scope,
    selection: &Selection,
    (before, floor): (Option<ClaimantId>, Option<Uuid>),
    limit: i64,
) -> DbResult<Vec<ListRow>> {
    let mut query = selection.query();
    if let Some(before) = before {
        query = query.filter(claimants::id.lt(before.uuid()));
    }
    if let Some(floor) = floor {
        query = query.filter(claimants::id.ge(floor));
    }
    Ok(query
        .order(claimants::id.desc())
        .limit(limit)
        .select(ListRow::as_select())
        .load(conn)
        .await?)
}

/// A batch, oldest first, of claimants after `after` and up to `until` (an id, included).
///
/// # Errors
/// As the database says.
pub async fn list_batch(
    conn: &mut Conn,
    _scope: Scope,
    selection: &Selection,
    after: Option<Uuid>,
    until: Uuid,
    limit: i64,
) -> DbResult<Vec<ListRow>> {
    let mut query = selection.query().filter(claimants::id.le(until));
    if let Some(after) = after {
        query = query.filter(claimants::id.gt(after));
    }
    Ok(query
        .order(claimants::id)
        .limit(limit)
        .select(ListRow::as_select())
        .load(conn)
        .await?)
}

/// How many claimants a selection has.
///
/// # Errors
/// As the database says.
pub async fn count(conn: &mut Conn, _scope: Scope, selection: &Selection) -> DbResult<i64> {
    Ok(selection.query().count().get_result(conn).await?)
}

/// The ids of all claimants of a selection, in order, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_ids(
    conn: &mut Conn,
    _scope: Scope,
    selection: &Selection,
    limit: i64,
) -> DbResult<Vec<Uuid>> {
    Ok(selection
        .query()
        .order(claimants::id)
        .limit(limit)
        .select(claimants::id)
        .load(conn)
        .await?)
}

/// Data keys of a batch of claimants; none for the erased.
///
/// # Errors
/// As the database says.
pub async fn list_keys(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    ids: &[Uuid],
) -> DbResult<Vec<ClaimantKeyRow>> {
    Ok(claimant_keys::table
        .filter(claimant_keys::claimant_id.eq_any(ids))
        .filter(claimant_keys::association_id.eq(association.uuid()))
        .select(ClaimantKeyRow::as_select())
        .load(conn)
        .await?)
}

/// Keys, newest identities and mailboxes of a batch of claimants.
///
/// # Errors
/// As the database says.
pub async fn list_belongings(
    conn: &mut Conn,
    scope: Scope,
    association: AssociationId,
    ids: &[Uuid],
) -> DbResult<Belongings> {
    let keys = list_keys(conn, scope, association, ids).await?;
    let association = association.uuid();
    Ok(Belongings {
        keys,
        identities: identities::table
            .filter(identities::claimant_id.eq_any(ids))
            .filter(identities::association_id.eq(association))
            .distinct_on(identities::claimant_id)
            .order((identities::claimant_id, identities::version.desc()))
            .select(IdentityRow::as_select())
            .load(conn)
            .await?,
        mailboxes: mailboxes::table
            .filter(mailboxes::claimant_id.eq_any(ids))
            .filter(mailboxes::association_id.eq(association))
            .order((mailboxes::claimant_id, mailboxes::id))
            .select(MailboxRow::as_select())
            .load(conn)
            .await?,
    })
}

/// Which version of the identity of each of some claimants is the newest; none for who gave none.
///
/// # Errors
/// As the database says.
pub async fn list_identity_versions(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    ids: &[Uuid],
) -> DbResult<Vec<(Uuid, i32)>> {
    Ok(identities::table
        .filter(identities::claimant_id.eq_any(ids))
        .filter(identities::association_id.eq(association.uuid()))
        .distinct_on(identities::claimant_id)
        .order((identities::claimant_id, identities::version.desc()))
        .select((identities::claimant_id, identities::version))
        .load(conn)
        .await?)
}

/// As [`list_belongings`], with the versions of identities that are named, not those that are the newest by
/// now.
///
/// # Errors
/// As the database says.
pub async fn list_belongings_at(
    conn: &mut Conn,
    scope: Scope,
    association: AssociationId,
    ids: &[Uuid],
    named: &[(Uuid, i32)],
) -> DbResult<Belongings> {
    let named: HashSet<(Uuid, i32)> = named.iter().copied().collect();
    let mut belongings = list_belongings(conn, scope, association, ids).await?;
    let is_newest = belongings
        .identities
        .iter()
        .all(|row| named.contains(&(row.claimant_id, row.version)));
    if !is_newest {
        belongings.identities = identities::table
            .filter(identities::claimant_id.eq_any(ids))
            .filter(identities::version.eq_any(versions(&named)))
            .filter(identities::association_id.eq(association.uuid()))
            .order(identities::claimant_id)
            .select(IdentityRow::as_select())
            .load(conn)
            .await?;
    }
    belongings
        .identities
        .retain(|row| named.contains(&(row.claimant_id, row.version)));
    Ok(belongings)
}

/// What a batch of claimants declared, as their rows name it.
#[derive(Debug, Default)]
pub struct Declarations {
    /// The newest version of each, and the version in force where that is another.
    pub declared: Vec<DeclarationRow>,
    /// Signatures of the versions in force.
    pub signed: Vec<SignatureRow>,
    /// Payout data in force.
    pub payouts: Vec<PayoutRow>,
}

/// Items without an amount of the newest declaration of each; none where they were not counted yet.
///
/// # Errors
/// As the database says.
pub async fn list_open_items(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    rows: &[ListRow],
) -> DbResult<HashMap<Uuid, i16>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let found: Vec<(Uuid, Option<i16>)> = declarations::table
        .inner_join(claimants::table.on(claimants::id.eq(declarations::claimant_id)))
        .filter(declarations::claimant_id.eq_any(&ids))
        .filter(declarations::association_id.eq(association.uuid()))
        .filter(
            declarations::version
                .nullable()
                .eq(claimants::declared_version),
        )
        .select((declarations::claimant_id, declarations::open_items))
        .load(conn)
        .await?;
    let counted = found.into_iter();
    Ok(counted
        .filter_map(|(id, count)| Some((id, count?)))
        .collect())
}

/// Declarations, signatures and payout data of a batch of claimants: the versions that `rows` name, not
/// those that are the newest by now; payout data as they count at `now` (R26). Whoever corrects or signs meanwhile stays as the rows have them.
///
/// # Errors
/// As the database says.
pub async fn list_declarations(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    rows: &[ListRow],
    now: DateTime<Utc>,
) -> DbResult<Declarations> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let named: HashSet<(Uuid, i32)> = rows
        .iter()
        .flat_map(|row| [row.declared_version, row.signed_version].map(|it| (row.id, it)))
        .filter_map(|(id, version)| Some((id, version?)))
        .collect();
    let in_force: HashSet<(Uuid, i32)> = rows
        .iter()
        .filter_map(|row| Some((row.id, row.signed_version?)))
        .collect();
    // a few too many come: a pair of columns has no `= ANY` that keeps to the primary key
    let mut declared: Vec<DeclarationRow> = declarations::table
        .filter(declarations::claimant_id.eq_any(&ids))
        .filter(declarations::version.eq_any(versions(&named)))
        .filter(declarations::association_id.eq(association.uuid()))
        .select(DeclarationRow::as_select())
        .load(conn)
        .await?;
    declared.retain(|row| named.contains(&(row.claimant_id, row.version)));
    let mut signed: Vec<SignatureRow> = signatures::table
        .filter(signatures::claimant_id.eq_any(&ids))
        .filter(signatures::version.eq_any(versions(&in_force)))
        .filter(signatures::association_id.eq(association.uuid()))
        .select(SignatureRow::as_select())
        .load(conn)
        .await?;
    signed.retain(|row| in_force.contains(&(row.claimant_id, row.version)));
    Ok(Declarations {
        declared,
        signed,
        payouts: payouts::table
            .filter(payouts::claimant_id.eq_any(&ids))
            .filter(payouts::association_id.eq(association.uuid()))
            .filter(payouts::effective_at.le(now))
            .filter(payouts::stopped_at.is_null())
            // as `PayoutRow::counts` says
            .filter(
                payouts::released_at
                    .is_not_null()
                    .or(payouts::typed_by.is_null().and(
                        payouts::effective_at
                            .eq(payouts::created_at)
                            .or(payouts::told_at.is_not_null()),
                    )),
            )
            .distinct_on(payouts::claimant_id)
            .order((payouts::claimant_id, payouts::version.desc()))
            .select(PayoutRow::as_select())
            .load(conn)
            .await?,
    })
}

/// The versions that are named at all, each once.
fn versions(named: &HashSet<(Uuid, i32)>) -> Vec<i32> {
    let mut versions: Vec<i32> = named.iter().map(|(_, version)| *version).collect();
    versions.sort_unstable();
    versions.dedup();
    versions
}

/// Every version of a claimant's declaration, newest first.
///
/// # Errors
/// As the database says.
pub async fn list_versions(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    claimant: ClaimantId,
) -> DbResult<Vec<DeclarationRow>> {
    Ok(declarations::table
        .filter(declarations::claimant_id.eq(claimant.uuid()))
        .filter(declarations::association_id.eq(association.uuid()))
        .order(declarations::version.desc())
        .select(DeclarationRow::as_select())
        .load(conn)
        .await?)
}

/// One claimant of the association.
///
/// # Errors
/// `NotFound` if there is none the association may see.
pub async fn get(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    claimant: ClaimantId,
) -> DbResult<ListRow> {
    Ok(claimants::table
        .find(claimant.uuid())
        .filter(claimants::association_id.eq(association.uuid()))
        .select(ListRow::as_select())
        .first(conn)
        .await?)
}

/// A consent given or taken back.
#[derive(Queryable, Debug)]
pub struct ConsentRow {
    /// What for.
    pub purpose: String,
    /// Version of the text.
    pub text_version: String,
    /// Yes or no.
    pub given: bool,
    /// Where.
    pub channel: String,
    /// When, UTC.
    pub created_at: DateTime<Utc>,
}

/// A challenge sent; its times only.
#[derive(Queryable, Debug)]
pub struct ChallengeRow {
    /// `confirm` or `access`.
    pub purpose: String,
    /// When it was made, UTC.
    pub created_at: DateTime<Utc>,
    /// Last instant at which it works, UTC.
    pub expires_at: DateTime<Utc>,
    /// When it was used, UTC.
    pub used_at: Option<DateTime<Utc>>,
}

/// A mail sent.
#[derive(Queryable, Debug)]
pub struct MailRow {
    /// Code printed in it (R14).
    pub code: String,
    /// Kind.
    pub kind: String,
    /// When, UTC.
    pub sent_at: DateTime<Utc>,
}

/// A clash, without anything about the other side.
#[derive(Queryable, Debug)]
pub struct ConflictRow {
    /// `person` or `mailbox`.
    pub kind: String,
    /// When it was noticed, UTC.
    pub opened_at: DateTime<Utc>,
    /// When it ended, UTC.
    pub settled_at: Option<DateTime<Utc>>,
    /// How it ended.
    pub settlement: Option<String>,
}

/// What happened to one claimant, each list oldest first.
#[derive(Debug)]
pub struct History {
    /// Every consent given or taken back.
    pub consents: Vec<ConsentRow>,
    /// Every challenge.
    pub challenges: Vec<ChallengeRow>,
    /// Every mail.
    pub mails: Vec<MailRow>,
    /// Clashes of this claimant.
    pub conflicts: Vec<ConflictRow>,
    /// What came back, newest first.
    pub bounces: Vec<BounceRow>,
}

/// The history of one claimant.
///
/// # Errors
/// As the database says.
pub async fn get_history(
    conn: &mut Conn,
    scope: Scope,
    association: AssociationId,
    claimant: ClaimantId,
) -> DbResult<History> {
    let bounces = bounce::list(conn, scope, association, claimant).await?;
    let (association, id) = (association.uuid(), claimant.uuid());
    Ok(History {
        bounces,
        consents: consents::table
            .filter(consents::claimant_id.eq(id))
            .filter(consents::association_id.eq(association))
            .order(consents::id)
            .select((
                consents::purpose,
                consents::text_version,
                consents::given,
                consents::channel,
                consents::created_at,
            ))
            .load(conn)
            .await?,
        challenges: confirmations::table
            .filter(confirmations::claimant_id.eq(id))
            .filter(confirmations::association_id.eq(association))
            .order(confirmations::id)
            .select((
                confirmations::purpose,
                confirmations::created_at,
                confirmations::expires_at,
                confirmations::used_at,
            ))
            .load(conn)
            .await?,
        mails: mails::table
            .filter(mails::subject_id.eq(id))
            .filter(mails::association_id.eq(association))
            .order(mails::id)
            .select((mails::code, mails::kind, mails::sent_at))
            .load(conn)
            .await?,
        conflicts: conflicts::table
            .filter(conflicts::claimant_id.eq(id))
            .filter(conflicts::association_id.eq(association))
            .order(conflicts::id)
            .select((
                conflicts::kind,
                conflicts::opened_at,
                conflicts::settled_at,
                conflicts::settlement,
            ))
            .load(conn)
            .await?,
    })
}

/// Counsel of an association in a case: public data for letter c).
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = case_counsel)]
pub struct DefenderRow {
    /// Name.
    pub name: String,
    /// Codice fiscale.
    pub codice_fiscale: String,
    /// Bar.
    pub bar: String,
    /// PEC.
    pub pec: String,
}

/// The first counsel of an association in a case.
///
/// # Errors
/// As the database says.
pub async fn find_defender(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    case: CaseId,
) -> DbResult<Option<DefenderRow>> {
    Ok(case_counsel::table
        .filter(case_counsel::case_id.eq(case.uuid()))
        .filter(case_counsel::association_id.eq(association.uuid()))
        .order(case_counsel::id)
        .select(DefenderRow::as_select())
        .first(conn)
        .await
        .optional()?)
}
