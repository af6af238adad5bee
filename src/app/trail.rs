//! Writes and reads the audit trail of what staff do.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::audit::{STAFF, insert_and_renew};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff;
use crate::app::vault::Vault;
use crate::crypto::sealing::{Aad, FORMAT, Sealed};
use crate::crypto::token;
use crate::db::audit::{self, AuditRow};
use crate::db::{Conn, Scope};
use crate::domain::ids::{AssociationId, ClaimantId, StaffId};
use crate::domain::outage::day_in_rome;

/// The action of looking at what is sealed (DESIGN 3.8).
pub(in crate::app) const VIEW: &str = "view_claimant";
/// Taking along what was signed.
pub(in crate::app) const DOWNLOAD: &str = "view_signed";
/// Entries shown of one record, and as many views; a record has a few dozen in its life.
const SHOWN: i64 = 500;

/// Something a staff member did, or tried.
pub(in crate::app) struct Deed<'a> {
    /// Whom or what it is about.
    pub(in crate::app) subject: Uuid,
    /// The tenant, where there is one.
    pub(in crate::app) association: Option<AssociationId>,
    /// Who; `None` where nobody is known.
    pub(in crate::app) actor: Option<StaffId>,
    /// Verb.
    pub(in crate::app) action: &'static str,
    /// States before and after, where one changed.
    pub(in crate::app) change: Option<(&'static str, &'static str)>,
    /// An object of ids and codes, nothing personal.
    pub(in crate::app) detail: Value,
    /// What may be personal: sealed by the association's key.
    pub(in crate::app) note: Option<&'a [u8]>,
}

impl Deed<'_> {
    /// Appends it to the trail; the caller commits.
    ///
    /// *effects*: as [`insert_and_renew`]: a decision of staff renews what they have in hand of the subject.
    pub(in crate::app) async fn write(
        self,
        ctx: &Ctx,
        conn: &mut Conn,
        scope: Scope,
    ) -> AppResult<()> {
        let id = token::new_id(ctx.clock.now());
        self.write_as(ctx, conn, scope, id).await
    }

    /// As [`Deed::write`], under an id that something else names.
    pub(in crate::app) async fn write_as(
        self,
        ctx: &Ctx,
        conn: &mut Conn,
        scope: Scope,
        id: Uuid,
    ) -> AppResult<()> {
        let now = ctx.clock.now();
        let mut detail = self.detail;
        let mut sealed = None;
        if let (Some(note), Some(association)) = (self.note, self.association) {
            let (version, key) = ctx.keyring.association(&ctx.pools, association).await?;
            sealed = Some(key.seal(&place(id, version), note)?.into_bytes());
            if let Value::Object(fields) = &mut detail {
                fields.insert("key_version".to_owned(), json!(version));
            }
        }
        let row = AuditRow {
            subject_id: self.subject,
            id,
            association_id: self.association.map(AssociationId::uuid),
            actor_kind: self.actor.map_or("public", |_| STAFF).to_owned(),
            actor_id: self.actor.map(StaffId::uuid),
            action: self.action.to_owned(),
            before: self.change.map(|(before, _)| before.to_owned()),
            after: self.change.map(|(_, after)| after.to_owned()),
            detail,
            sealed,
            created_at: now,
        };
        insert_and_renew(ctx, conn, scope, &row).await
    }
}

/// One entry of a trail, as staff read it.
#[derive(Clone, Debug)]
pub struct TrailEntry {
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// Who acted: `public`, `claimant`, `staff`, `partner`, `system`, `operator`.
    pub actor_kind: String,
    /// Id of who acted, where one is known.
    pub actor: Option<Uuid>,
    /// Name of the staff member, where one acted.
    pub actor_name: Option<String>,
    /// Verb.
    pub action: String,
    /// State before, where one changed.
    pub before: Option<String>,
    /// State after, where one changed.
    pub after: Option<String>,
    /// The reason staff typed, opened.
    pub reason: Option<String>,
}

/// A trail with the views of one person on one day (Europe/Rome) as one entry, the newest, and how
/// often it happened: many looks must not hide what was done.
pub fn folded(trail: Vec<TrailEntry>) -> Vec<(TrailEntry, u32)> {
    let mut lines: Vec<(TrailEntry, u32)> = Vec::with_capacity(trail.len());
    for entry in trail {
        let same = |(line, _): &&mut (TrailEntry, u32)| {
            line.action == VIEW
                && line.actor == entry.actor
                && day_in_rome(line.at) == day_in_rome(entry.at)
        };
        let seen_before = entry.action == VIEW;
        match lines.iter_mut().find(same).filter(|_| seen_before) {
            Some((_, times)) => *times = times.saturating_add(1),
            None => lines.push((entry, 1)),
        }
    }
    lines
}

/// The sealed note of a row that the association's key seals; `None` where there is none.
pub(in crate::app) async fn note(ctx: &Ctx, row: AuditRow) -> AppResult<Option<Vec<u8>>> {
    let version = key_version(&row);
    let (Some(sealed), Some(association), Some(version)) =
        (row.sealed, row.association_id, version)
    else {
        return Ok(None);
    };
    let key = ctx
        .keyring
        .association_by_version(&ctx.pools, AssociationId::new(association), version)
        .await?;
    Ok(Some(key.open(
        &place(row.id, version),
        &Sealed::from_stored(sealed),
    )?))
}

/// The newest entries about a claimant, newest first, with the reasons opened.
pub(in crate::app) async fn read(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    subject: Uuid,
) -> AppResult<Vec<TrailEntry>> {
    let mut rows = audit::list_without(conn, scope, subject, VIEW, SHOWN).await?;
    rows.extend(audit::list_only(conn, scope, subject, VIEW, SHOWN).await?);
    rows.sort_unstable_by_key(|row| Reverse(row.id));
    let mut people: Vec<Uuid> = rows
        .iter()
        .filter(|row| row.actor_kind == "staff")
        .filter_map(|row| row.actor_id)
        .collect();
    people.sort_unstable();
    people.dedup();
    let names = staff::names(ctx, conn, scope, &people).await?;
    let has_notes = rows
        .iter()
        .any(|row| row.sealed.is_some() && key_version(row).is_none());
    let vault = if has_notes {
        match Vault::open(ctx, conn, scope, ClaimantId::new(subject)).await {
            Ok(vault) => Some(vault),
            // erased: the notes went with the data key, the trail stays
            Err(AppError::NotFound) => None,
            Err(error) => return Err(error),
        }
    } else {
        None
    };
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        entries.push(entry(ctx, row, &names, vault.as_ref()).await?);
    }
    Ok(entries)
}

/// Version of the association's key that seals the note; none where the claimant's own does.
fn key_version(row: &AuditRow) -> Option<i32> {
    let version = row.detail.get("key_version").and_then(Value::as_i64)?;
    i32::try_from(version).ok()
}

async fn entry(
    ctx: &Ctx,
    row: AuditRow,
    names: &HashMap<Uuid, String>,
    vault: Option<&Vault>,
) -> AppResult<TrailEntry> {
    let version = key_version(&row);
    let reason = match (row.sealed, row.association_id, version) {
        (Some(sealed), _, None) => vault
            .map(|vault| vault.unseal("audit", "sealed", sealed))
            .transpose()?,
        (Some(sealed), Some(association), Some(version)) => {
            let key = ctx
                .keyring
                .association_by_version(&ctx.pools, AssociationId::new(association), version)
                .await?;
            let note = key.open(&place(row.id, version), &Sealed::from_stored(sealed))?;
            Some(String::from_utf8(note).map_err(AppError::internal)?)
        }
        _ => None,
    };
    let actor = row.actor_id;
    let actor_name = row.actor_id.and_then(|id| names.get(&id).cloned());
    Ok(TrailEntry {
        at: row.created_at,
        actor_kind: row.actor_kind,
        actor,
        actor_name,
        action: row.action,
        before: row.before,
        after: row.after,
        reason,
    })
}

/// Sealed notes belong to their row of the trail.
fn place(id: Uuid, key_version: i32) -> Aad<'static> {
    Aad {
        version: FORMAT,
        table: "audit",
        column: "sealed",
        claimant: id,
        key_version,
    }
}
