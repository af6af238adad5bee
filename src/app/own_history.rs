//! What a claimant may know of how their record was handled: the mails that went out, and who looked at
//! it. Staff are told by role, never by name.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::session::ClaimantActor;
use crate::app::sign_up::cap_ids;
use crate::app::trail;
use crate::app::vault::Vault;
use crate::db::audit::{self, AuditRow};
use crate::db::claimant::{self, ClaimantRow};
use crate::db::own_data::{self, OwnExportRow};
use crate::db::{Conn, Scope};
use crate::domain::audit::action;
use crate::domain::contact::Contact;
use crate::domain::ids::{AssociationId, ClaimantId};

/// Rights under which mails are read that were asked for at an address: they belong to no association.
pub(in crate::app) const BY_ADDRESS: Scope =
    Scope::System("mails to an address of several records");

/// Mails asked for at an address are looked for this far back.
const ADDRESS_DAYS: i64 = 366;

/// What staff did with the record that a claimant is told of: looks, and what they found in order in it.
const LOOKS: [&str; 4] = [
    trail::VIEW,
    trail::DOWNLOAD,
    action::CHECK_DECLARED,
    action::CHECK_IDENTITY,
];

/// Exports looked at in one go.
const EXPORTS_AT_ONCE: i64 = 50;

/// Lines of each list on `/me`.
pub const ON_ME: u16 = 20;

/// A part of a list, newest first.
#[derive(Clone, Debug)]
pub struct Part<T> {
    /// Newest first.
    pub items: Vec<T>,
    /// Where the next part begins; none after the last.
    pub next: Option<Uuid>,
}

/// A mail that went to the claimant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MyMail {
    /// Kind of mail.
    pub kind: String,
    /// When it went out, UTC.
    pub sent_at: DateTime<Utc>,
    /// Code for `/verify` (R14).
    pub code: String,
    /// `sent`, `waiting`, `failed` or `returned`.
    pub state: &'static str,
}

/// A look at the record, or a list that it was in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MyView {
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// Role of who looked, as it is now or was last; none where the membership is not known.
    pub role: Option<String>,
    /// `record`, `identity_check`, `declared_check`, `document`, `evidence`, `attestation`, `receipt`, `list`, `list_clear` or
    /// `documents`.
    pub what: &'static str,
}

/// Where a part begins, in text.
pub fn write_cursor(before: Uuid) -> String {
    BASE64URL_NOPAD.encode(before.as_bytes())
}

/// Reads what [`write_cursor`] wrote; `None` for anything else.
pub fn read_cursor(text: &str) -> Option<Uuid> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    Uuid::from_slice(&bytes).ok()
}

/// The mails that went to the claimant, newest first. Also those asked for at the address without being
/// signed in.
///
/// # Errors
/// `Unauthenticated` if the record is gone.
pub async fn mails(
    ctx: &Ctx,
    actor: &ClaimantActor,
    before: Option<Uuid>,
    limit: u16,
) -> AppResult<Part<MyMail>> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::find(&mut tx, scope, actor.claimant()).await?;
    let row = row.ok_or(AppError::Unauthenticated)?;
    let vault = Vault::open(ctx, &mut tx, scope, actor.claimant()).await?;
    let subjects = subjects(ctx, &vault, &row)?;
    tx.enter(BY_ADDRESS).await?;
    let part = mails_of(&mut tx, &subjects, before, limit).await?;
    tx.commit().await?;
    Ok(part)
}

/// Keys under which mails to a claimant are registered: the claimant, and the address of each day.
pub(in crate::app) fn subjects(
    ctx: &Ctx,
    vault: &Vault,
    row: &ClaimantRow,
) -> AppResult<Vec<Uuid>> {
    let contact: Contact =
        vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?;
    let mut subjects = vec![row.id];
    // an address that nobody confirmed may be another's
    let (Some(email), Some(_)) = (contact.email(), row.confirmed_at) else {
        return Ok(subjects);
    };
    let now = ctx.clock.now();
    let since = row.contact_changed_at.unwrap_or(row.created_at);
    let mut day = since.max(now - TimeDelta::days(ADDRESS_DAYS));
    // the key of a mail that was put off is that of the next day
    while day <= now + TimeDelta::days(1) {
        subjects.push(cap_ids(ctx, email, day).today);
        day += TimeDelta::days(1);
    }
    subjects.push(cap_ids(ctx, email, now).tomorrow);
    subjects.dedup();
    Ok(subjects)
}

/// Mails of some subjects with what became of them; runs under the platform's rights.
pub(in crate::app) async fn mails_of(
    conn: &mut Conn,
    subjects: &[Uuid],
    before: Option<Uuid>,
    limit: u16,
) -> AppResult<Part<MyMail>> {
    let one_more = i64::from(limit) + 1;
    let rows = own_data::list_mails(conn, BY_ADDRESS, subjects, before, one_more).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let waiting = own_data::list_waiting(conn, BY_ADDRESS, subjects, &ids).await?;
    let waiting: HashMap<Uuid, String> = waiting.into_iter().collect();
    let returned = own_data::list_returned(conn, BY_ADDRESS, subjects, &ids).await?;
    let returned: HashSet<Uuid> = returned.into_iter().collect();
    let mails = rows.into_iter().map(|row| {
        let mail = MyMail {
            state: mail_state(row.id, &waiting, &returned),
            kind: row.kind,
            sent_at: row.sent_at,
            code: row.code,
        };
        (row.id, mail)
    });
    Ok(part(mails.collect(), limit))
}

fn mail_state(id: Uuid, waiting: &HashMap<Uuid, String>, returned: &HashSet<Uuid>) -> &'static str {
    if returned.contains(&id) {
        return "returned";
    }
    match waiting.get(&id).map(String::as_str) {
        None => "sent",
        Some("dead") => "failed",
        Some(_) => "waiting",
    }
}

/// Who looked at the record in clear or took it along, newest first: views, documents, and every list
/// and archive it was in. Lists stand in the order in which they were asked for.
///
/// # Errors
/// `Unauthenticated` if the record is gone.
pub async fn views(
    ctx: &Ctx,
    actor: &ClaimantActor,
    before: Option<Uuid>,
    limit: u16,
) -> AppResult<Part<MyView>> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = claimant::find(&mut tx, scope, actor.claimant()).await?;
    let row = row.ok_or(AppError::Unauthenticated)?;
    let part = views_of(ctx, &mut tx, &row, before, limit).await?;
    tx.commit().await?;
    Ok(part)
}

/// As [`views`], in a transaction under the tenant's rights.
pub(in crate::app) async fn views_of(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &ClaimantRow,
    before: Option<Uuid>,
    limit: u16,
) -> AppResult<Part<MyView>> {
    let scope = Scope::Association(row.association());
    let one_more = i64::from(limit) + 1;
    let looks = audit::list_some(conn, scope, row.id, &LOOKS, before, one_more).await?;
    let mut seen: Vec<Look> = looks.iter().map(Look::of_record).collect();
    let wanted = usize::from(limit) + 1;
    seen.extend(lists(ctx, conn, row, before, wanted).await?);
    seen.sort_unstable_by_key(|look| std::cmp::Reverse(look.id));
    seen.truncate(wanted);
    let people: Vec<Uuid> = seen.iter().filter_map(|look| look.who).collect();
    let roles = roles(conn, row.association(), &people).await?;
    let views = seen.into_iter().map(|look| {
        let role = look.who.and_then(|who| roles.get(&who).cloned());
        let view = MyView {
            at: look.at,
            role,
            what: look.what,
        };
        (look.id, view)
    });
    Ok(part(views.collect(), limit))
}

/// The role of each staff member in an association.
pub(in crate::app) async fn roles(
    conn: &mut Conn,
    association: AssociationId,
    people: &[Uuid],
) -> AppResult<HashMap<Uuid, String>> {
    let scope = Scope::Association(association);
    let roles = own_data::list_roles(conn, scope, association, people).await?;
    Ok(roles.into_iter().collect())
}

/// A look before its role is known.
struct Look {
    id: Uuid,
    at: DateTime<Utc>,
    who: Option<Uuid>,
    what: &'static str,
}

impl Look {
    fn of_record(row: &AuditRow) -> Self {
        let part = row.detail.get("what").and_then(serde_json::Value::as_str);
        let what = match part {
            _ if row.action == action::CHECK_DECLARED => "declared_check",
            _ if row.action == action::CHECK_IDENTITY => "identity_check",
            Some(part) if part.ends_with("document") => "document",
            Some(part) if part.ends_with("evidence") => "evidence",
            Some(part) if part.ends_with("receipt") => "receipt",
            Some(part) if part.ends_with("attestation") => "attestation",
            _ => "record",
        };
        Self {
            id: row.id,
            at: row.created_at,
            who: row.actor_id,
            what,
        }
    }
}

/// Ids of the newest exports that name the claimant, at most `wanted`, in a transaction under the tenant's rights.
pub(in crate::app) async fn exports_of(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &ClaimantRow,
    wanted: usize,
) -> AppResult<Vec<Uuid>> {
    let found = lists(ctx, conn, row, None, wanted).await?;
    Ok(found.into_iter().map(|look| look.id).collect())
}

/// The newest exports that name the claimant, at most `wanted`.
async fn lists(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &ClaimantRow,
    before: Option<Uuid>,
    wanted: usize,
) -> AppResult<Vec<Look>> {
    let scope = Scope::Association(row.association());
    let mut found = Vec::new();
    let mut before = before;
    loop {
        let (own, case) = (row.association(), row.case());
        let exports =
            own_data::list_exports(conn, scope, own, case, before, EXPORTS_AT_ONCE).await?;
        let Some(last) = exports.last() else {
            return Ok(found);
        };
        before = Some(last.id);
        for export in &exports {
            if let Some(look) = list(ctx, conn, row.claimant(), export, scope).await? {
                found.push(look);
            }
            if found.len() >= wanted {
                return Ok(found);
            }
        }
    }
}

/// When an export read the record, if it did.
async fn list(
    ctx: &Ctx,
    conn: &mut Conn,
    claimant: ClaimantId,
    export: &OwnExportRow,
    scope: Scope,
) -> AppResult<Option<Look>> {
    for batch in own_data::list_batches(conn, scope, export.id, claimant).await? {
        let told = audit::find(conn, scope, export.id, batch.audit_id).await?;
        let Some(told) = told else {
            continue;
        };
        let at = told.created_at;
        let ids = trail::note(ctx, told).await?.unwrap_or_default();
        let own = claimant.uuid().into_bytes();
        if ids.chunks_exact(own.len()).any(|id| id == own) {
            let what = match (export.format.as_str(), export.clear) {
                ("zip" | "dossier", _) => "documents",
                (_, true) => "list_clear",
                (_, false) => "list",
            };
            return Ok(Some(Look {
                id: export.id,
                at,
                who: Some(export.requested_by),
                what,
            }));
        }
    }
    Ok(None)
}

/// The first lines of a list that was read one line too far.
fn part<T>(lines: Vec<(Uuid, T)>, limit: u16) -> Part<T> {
    let limit = usize::from(limit);
    let has_more = lines.len() > limit;
    let shown = lines.into_iter().take(limit);
    let mut items = Vec::with_capacity(limit);
    let mut last = None;
    for (id, item) in shown {
        last = Some(id);
        items.push(item);
    }
    Part {
        items,
        next: last.filter(|_| has_more),
    }
}
