//! What the operator of the platform changes by command: holds of mail domains, states of cases.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Text, Timestamptz};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{associations, cases, mail_domains};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, CaseId};

/// What the end of a hold set going again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleasedRows {
    /// Unconfirmed claimants whose clock of R62 runs on.
    pub claimants: usize,
    /// Mails that are due now.
    pub mails: usize,
}

/// The case with this slug.
///
/// # Errors
/// As the database says.
pub async fn find_case(conn: &mut Conn, _scope: Scope, slug: &str) -> DbResult<Option<CaseId>> {
    let id: Option<Uuid> = cases::table
        .filter(cases::slug.eq(slug))
        .select(cases::id)
        .first(conn)
        .await
        .optional()?;
    Ok(id.map(CaseId::new))
}

/// Locks a known mail domain; gives since when it is held.
///
/// # Errors
/// `NotFound` if it is not known as a public provider.
pub async fn lock_mail_domain(
    conn: &mut Conn,
    _scope: Scope,
    domain: &str,
) -> DbResult<Option<DateTime<Utc>>> {
    Ok(mail_domains::table
        .find(domain)
        .select(mail_domains::held_since)
        .for_update()
        .first(conn)
        .await?)
}

/// Holds a mail domain on the operator's word, or ends its hold.
///
/// # Errors
/// As the database says.
pub async fn mark_held(
    conn: &mut Conn,
    _scope: Scope,
    domain: &str,
    held_since: Option<DateTime<Utc>>,
) -> DbResult<()> {
    diesel::update(mail_domains::table.find(domain))
        .set((
            mail_domains::held_since.eq(held_since),
            mail_domains::held_by.eq(held_since.map(|_| "operator")),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Sets going again what waited for a domain held from `since` to `now`: the clock of R62, mails put
/// off, and the life of links that could not arrive.
///
/// # Errors
/// As the database says.
pub async fn release_waiting(
    conn: &mut Conn,
    _scope: Scope,
    domain: &str,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> DbResult<ReleasedRows> {
    // one pass over all claimants of a large provider may take minutes
    conn.batch_execute("SET LOCAL statement_timeout = 0")
        .await?;
    let claimants = run(conn, ADD_HELD_TIME, domain, since, now).await?;
    run(conn, PROLONG_LINKS, domain, since, now).await?;
    let mails = run(conn, MAKE_DUE, domain, since, now).await?;
    Ok(ReleasedRows { claimants, mails })
}

const ADD_HELD_TIME: &str = "UPDATE claimants SET held_seconds = held_seconds + \
     extract(epoch FROM $3 - greatest($2, created_at))::bigint \
     WHERE contact_domain = $1 AND state = 'unconfirmed' AND created_at < $3";

const PROLONG_LINKS: &str = "UPDATE confirmations SET \
     expires_at = expires_at + ($3 - greatest($2, created_at)) \
     WHERE used_at IS NULL AND voided_at IS NULL AND expires_at > $2 AND created_at < $3 \
       AND claimant_id IN (SELECT id FROM claimants WHERE contact_domain = $1)";

const MAKE_DUE: &str = "UPDATE outbox SET due_at = least(due_at, $3), \
     expires_at = expires_at + greatest($3 - greatest($2, created_at), interval '0') \
     WHERE state IN ('due', 'parked') \
       AND subject_id IN (SELECT id FROM claimants WHERE contact_domain = $1)";

async fn run(
    conn: &mut Conn,
    statement: &str,
    domain: &str,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> DbResult<usize> {
    Ok(diesel::sql_query(statement)
        .bind::<Text, _>(domain)
        .bind::<Timestamptz, _>(since)
        .bind::<Timestamptz, _>(now)
        .execute(conn)
        .await?)
}

/// The association with a slug.
///
/// # Errors
/// As the database says.
pub async fn find_association(
    conn: &mut Conn,
    _scope: Scope,
    slug: &str,
) -> DbResult<Option<AssociationId>> {
    let id: Option<Uuid> = associations::table
        .filter(associations::slug.eq(slug))
        .select(associations::id)
        .first(conn)
        .await
        .optional()?;
    Ok(id.map(AssociationId::new))
}
