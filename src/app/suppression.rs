//! Addresses not to write to: what puts one on the list, what takes it off, what it stops
//! (`docs/decisions/0012`). Only keyed hashes rest.

use chrono::Duration;
use serde_json::json;
use uuid::Uuid;

use crate::app::bounce;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::token;
use crate::db::audit::{self, AuditRow};
use crate::db::bounce as rows;
use crate::db::suppression::{self, SuppressionRow};
use crate::db::{Conn, Scope, Tx};
use crate::domain::email_address::EmailAddress;
use crate::domain::field::FieldErrors;
use crate::domain::ids::CaseId;
use crate::domain::mail::MailKind;
use crate::domain::retention::UNCONFIRMED_DAYS;
use crate::domain::suppression::Suppression;

const SCOPE: Scope = Scope::System("addresses not to write to");

/// What proof of control of an address ends.
const PROVEN: [&str; 2] = ["hard_bounce", "not_me"];

/// Writes nothing more to an address, codes neither. `false`: it was so already.
///
/// *effects*: an audit row under the address's hash.
///
/// # Errors
/// `Invalid` for what is no address.
pub async fn suppress(ctx: &Ctx, address: &str) -> AppResult<bool> {
    let email = parse(address)?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let id = of_address(ctx, &email);
    let known = suppression::list(&mut tx, SCOPE, &[id], ctx.clock.now()).await?;
    if known.iter().any(|row| row.reason == "operator") {
        return Ok(false);
    }
    add(ctx, &mut tx, &email, Suppression::Operator).await?;
    write_audit(ctx, &mut tx, id, "suppress_mail").await?;
    tx.commit().await?;
    Ok(true)
}

/// Writes to an address again, whatever it was taken off for, and takes its records out of the queue of
/// those not reachable. `false`: nothing was known against it.
///
/// *effects*: an audit row under the address's hash.
///
/// # Errors
/// `Invalid` for what is no address.
pub async fn unsuppress(ctx: &Ctx, address: &str) -> AppResult<bool> {
    let email = parse(address)?;
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let id = of_address(ctx, &email);
    let reasons = Suppression::ALL.map(Suppression::as_str);
    let mut ended = suppression::delete(&mut tx, SCOPE, id, &reasons).await?;
    for case in directory.cases() {
        let id = of_case(ctx, case.id, &email);
        ended += suppression::delete(&mut tx, SCOPE, id, &reasons).await?;
    }
    for row in bounce::records_at(ctx, &mut tx, &directory, &email).await? {
        ended += usize::from(row.unreachable_at.is_some());
        rows::mark_reachable(&mut tx, SCOPE, row.claimant()).await?;
    }
    if ended == 0 {
        return Ok(false);
    }
    write_audit(ctx, &mut tx, id, "unsuppress_mail").await?;
    tx.commit().await?;
    Ok(true)
}

/// How many addresses are on the list, by reason.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn count(ctx: &Ctx) -> AppResult<Vec<(String, i64)>> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let counts = suppression::count(&mut tx, SCOPE).await?;
    tx.commit().await?;
    Ok(counts)
}

/// Why a mail of a kind may not go to an address; `None`: it may.
pub(in crate::app) async fn stopping(
    ctx: &Ctx,
    conn: &mut Conn,
    email: &EmailAddress,
    case: CaseId,
    kind: MailKind,
) -> AppResult<Option<Suppression>> {
    let ids = ids_of(ctx, email, case);
    let known = suppression::list(conn, SCOPE, &ids, ctx.clock.now()).await?;
    Ok(Stops(known).find(ctx, email, case, kind))
}

/// What stops mails to some addresses, each in a case.
pub(in crate::app) async fn stops(
    ctx: &Ctx,
    conn: &mut Conn,
    places: impl Iterator<Item = (&EmailAddress, CaseId)>,
) -> AppResult<Stops> {
    let ids: Vec<Uuid> = places
        .flat_map(|(email, case)| ids_of(ctx, email, case))
        .collect();
    let known = suppression::list(conn, SCOPE, &ids, ctx.clock.now()).await?;
    Ok(Stops(known))
}

/// What stands on the list about some addresses, oldest first.
#[derive(Default)]
pub(in crate::app) struct Stops(Vec<SuppressionRow>);

impl Stops {
    /// Why a mail of a kind may not go to an address; `None`: it may.
    pub(in crate::app) fn find(
        &self,
        ctx: &Ctx,
        email: &EmailAddress,
        case: CaseId,
        kind: MailKind,
    ) -> Option<Suppression> {
        if self.0.is_empty() {
            return None;
        }
        let ids = ids_of(ctx, email, case);
        let own = self.0.iter().filter(|row| ids.contains(&row.id));
        own.filter_map(|row| Suppression::parse(&row.reason))
            .find(|reason| reason.stops(kind))
    }
}

/// Whether the reader of an address said of a sign-up in a case that it was not theirs.
pub(in crate::app) async fn is_disowned(
    ctx: &Ctx,
    conn: &mut Conn,
    case: CaseId,
    email: &EmailAddress,
) -> AppResult<bool> {
    let id = of_case(ctx, case, email);
    let known = suppression::list(conn, SCOPE, &[id], ctx.clock.now()).await?;
    Ok(!known.is_empty())
}

/// Puts an address on the list.
pub(in crate::app) async fn add(
    ctx: &Ctx,
    conn: &mut Conn,
    email: &EmailAddress,
    reason: Suppression,
) -> AppResult<()> {
    let row = SuppressionRow {
        id: of_address(ctx, email),
        reason: reason.as_str().to_owned(),
        since: ctx.clock.now(),
        expires_at: None,
    };
    Ok(suppression::insert(conn, SCOPE, &row).await?)
}

/// Notes that the reader of an address has no sign-up in a case; forgotten when the sign-up would be
/// (R62).
pub(in crate::app) async fn add_not_me(
    ctx: &Ctx,
    conn: &mut Conn,
    case: CaseId,
    email: &EmailAddress,
) -> AppResult<()> {
    let now = ctx.clock.now();
    let row = SuppressionRow {
        id: of_case(ctx, case, email),
        reason: Suppression::NotMe.as_str().to_owned(),
        since: now,
        expires_at: Some(now + Duration::days(UNCONFIRMED_DAYS)),
    };
    Ok(suppression::insert(conn, SCOPE, &row).await?)
}

/// Ends what the reader of an address said of sign-ups in a case.
pub(in crate::app) async fn end_not_me(
    ctx: &Ctx,
    conn: &mut Conn,
    case: CaseId,
    email: &EmailAddress,
) -> AppResult<()> {
    let id = of_case(ctx, case, email);
    suppression::delete(conn, SCOPE, id, &PROVEN).await?;
    Ok(())
}

/// Ends what is over once somebody proved to read an address: it does not bounce, and the sign-up is
/// theirs. Complaints and the operator's word stay.
pub(in crate::app) async fn end_proven(
    ctx: &Ctx,
    conn: &mut Conn,
    case: CaseId,
    email: &EmailAddress,
) -> AppResult<()> {
    suppression::delete(conn, SCOPE, of_address(ctx, email), &PROVEN).await?;
    end_not_me(ctx, conn, case, email).await
}

/// Ends what says that an address bounces: somebody proved to read it.
pub(in crate::app) async fn end_bounced(
    ctx: &Ctx,
    conn: &mut Conn,
    email: &EmailAddress,
) -> AppResult<()> {
    let bounced = [Suppression::HardBounce.as_str()];
    suppression::delete(conn, SCOPE, of_address(ctx, email), &bounced).await?;
    Ok(())
}

fn of_address(ctx: &Ctx, email: &EmailAddress) -> Uuid {
    let index = &ctx.keyring.index;
    token::uuid_v8(index.platform_hash("suppression", &email.normalized()))
}

/// Under which ids an address in a case may stand on the list.
fn ids_of(ctx: &Ctx, email: &EmailAddress, case: CaseId) -> [Uuid; 2] {
    [of_address(ctx, email), of_case(ctx, case, email)]
}

fn of_case(ctx: &Ctx, case: CaseId, email: &EmailAddress) -> Uuid {
    let place = format!("{case}|{}", email.normalized());
    let index = &ctx.keyring.index;
    token::uuid_v8(index.platform_hash("suppression in a case", &place))
}

fn parse(address: &str) -> AppResult<EmailAddress> {
    let mut errors = FieldErrors::new();
    errors
        .take("/address", EmailAddress::parse(address))
        .ok_or(AppError::Invalid(errors))
}

async fn write_audit(ctx: &Ctx, tx: &mut Tx, subject: Uuid, action: &'static str) -> AppResult<()> {
    let now = ctx.clock.now();
    let row = AuditRow {
        subject_id: subject,
        id: token::new_id(now),
        association_id: None,
        actor_kind: "operator".to_owned(),
        actor_id: None,
        action: action.to_owned(),
        before: None,
        after: None,
        detail: json!({}),
        sealed: None,
        created_at: now,
    };
    Ok(audit::insert_all(tx, SCOPE, &[row]).await?)
}
