//! Appends to the audit trail, in the transaction of what is told.

use serde_json::Value;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::vault::Vault;
use crate::app::work_queue;
use crate::crypto::token;
use crate::db::audit::{self, AuditRow};
use crate::db::{Conn, Scope};
use crate::domain::claimant::ClaimantState;
use crate::domain::ids::{AssociationId, ClaimantId, PartnerKeyId, StaffId};

/// Kind of actor of staff in the trail.
pub(super) const STAFF: &str = "staff";

/// Who acted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// Somebody not signed in.
    Public,
    /// The claimant, signed in or by link.
    Claimant(ClaimantId),
    /// A staff member.
    Staff(StaffId),
    /// A partner, by one of its keys.
    Partner(PartnerKeyId),
    /// A loop of ours.
    System,
    /// Whoever runs commands on the machine.
    Operator,
}

/// A row of the trail.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Claimant, else the person or thing meant.
    pub subject: Uuid,
    /// The tenant, where there is one.
    pub association: Option<AssociationId>,
    /// Who acted.
    pub actor: Actor,
    /// Verb, such as `confirm`.
    pub action: &'static str,
    /// State before and after, where one changed.
    pub states: Option<(ClaimantState, ClaimantState)>,
    /// Ids and codes, nothing personal.
    pub detail: Value,
    /// Free text, sealed by the claimant's data key.
    pub sealed: Option<Vec<u8>>,
}

impl Entry {
    /// A row about a claimant.
    pub fn new(
        claimant: ClaimantId,
        association: AssociationId,
        actor: Actor,
        action: &'static str,
    ) -> Self {
        Self {
            subject: claimant.uuid(),
            association: Some(association),
            actor,
            action,
            states: None,
            detail: Value::Object(serde_json::Map::new()),
            sealed: None,
        }
    }

    /// A row about one of the things of the platform that have no id, such as a domain: its subject is the hash of the
    /// name.
    pub fn of_platform(
        ctx: &Ctx,
        (things, name): (&str, &str),
        actor: Actor,
        action: &'static str,
    ) -> Self {
        Self {
            subject: token::uuid_v8(ctx.keyring.index.platform_hash(things, name)),
            association: None,
            actor,
            action,
            states: None,
            detail: Value::Object(serde_json::Map::new()),
            sealed: None,
        }
    }

    /// With the states before and after.
    pub fn moved(mut self, before: ClaimantState, after: ClaimantState) -> Self {
        self.states = Some((before, after));
        self
    }

    /// With ids and codes.
    pub fn with(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}

/// Appends a row.
///
/// *effects*: the row; a decision of staff renews what they have in hand of the subject.
///
/// # Errors
/// As the database says.
pub async fn append(ctx: &Ctx, conn: &mut Conn, scope: Scope, entry: Entry) -> AppResult<()> {
    let now = ctx.clock.now();
    let (actor_kind, actor_id) = match entry.actor {
        Actor::Public => ("public", None),
        Actor::Claimant(id) => ("claimant", Some(id.uuid())),
        Actor::Staff(id) => (STAFF, Some(id.uuid())),
        Actor::Partner(key) => ("partner", Some(key.uuid())),
        Actor::System => ("system", None),
        Actor::Operator => ("operator", None),
    };
    let row = AuditRow {
        subject_id: entry.subject,
        id: token::new_id(now),
        association_id: entry.association.map(AssociationId::uuid),
        actor_kind: actor_kind.to_owned(),
        actor_id,
        action: entry.action.to_owned(),
        before: entry.states.map(|(before, _)| before.as_str().to_owned()),
        after: entry.states.map(|(_, after)| after.as_str().to_owned()),
        detail: entry.detail,
        sealed: entry.sealed,
        created_at: now,
    };
    insert_and_renew(ctx, conn, scope, &row).await
}

/// Writes a row of the trail, and leaves what staff who decided have in hand of its subject there for longer
/// (decision 24).
///
/// *effects*: a row of `audit`; `assignments.lease_until` by [`work_queue::renew`].
///
/// # Errors
/// As the database says.
pub(super) async fn insert_and_renew(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &AuditRow,
) -> AppResult<()> {
    audit::insert(conn, scope, row).await?;
    match (row.actor_kind.as_str(), row.actor_id) {
        (STAFF, Some(staff)) => {
            let whose = (row.subject_id, staff);
            work_queue::renew(ctx, conn, scope, whose, &row.action).await
        }
        _ => Ok(()),
    }
}

/// Appends a row with free text about a claimant, sealed by the claimant's data key: it goes when
/// the person is erased.
///
/// *effects*: as [`append`].
///
/// # Errors
/// As the database says.
pub async fn append_with_note(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    entry: Entry,
    note: Option<&str>,
) -> AppResult<()> {
    let mut entry = entry;
    if let Some(note) = note.map(str::trim).filter(|note| !note.is_empty()) {
        let claimant = ClaimantId::new(entry.subject);
        let vault = Vault::open(ctx, conn, scope, claimant).await?;
        entry.sealed = Some(vault.seal("audit", "sealed", &note)?);
    }
    append(ctx, conn, scope, entry).await
}
