//! Cases written by the staff of the association that leads them: from a draft to what is public, and every
//! change after that (decision 29).
//!
//! The whole case is one document. Each save appends a version; a version is proposed by one person and put in
//! force, or sent back, by another. Nothing of a draft is in the reference tables before that.

mod current;
mod discard;
mod known;
mod publish;
mod withdraw;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::approval;
use crate::app::bootstrap::standard_texts;
use crate::app::ctx::Ctx;
use crate::app::directory::CaseEntry;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::{self, StaffActor};
use crate::app::trail;
use crate::crypto::token;
use crate::db::audit;
use crate::db::case_desk::{self as db, RevisionRow};
use crate::db::{Conn, DbError, Scope};
use crate::domain::approval::ApprovalKind;
use crate::domain::case::CaseState;
use crate::domain::case_desk::{
    CaseContent, Change, PLACEHOLDERS, changed_texts, changes, is_withdrawn, missing,
};
use crate::domain::field::FieldErrors;
use crate::domain::ids::{AssociationId, CaseId};
use crate::domain::permission::operation;
use crate::domain::reason::Reason;

pub use discard::discard;
use known::Known;
pub use publish::{Publication, preview, publish};
pub use withdraw::withdraw;

/// Cases that are listed, and versions of one.
const LISTED: i64 = 200;

/// How a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Being written.
    Draft,
    /// A second person was asked.
    Proposed,
    /// It was sent back; the next version goes on.
    Returned,
    /// It is in force.
    Published,
    /// Nobody wants it any more; the next version goes on from what is in force.
    Discarded,
}

/// A version in the history of a case.
#[derive(Clone, Debug)]
pub struct Version {
    /// From 1.
    pub number: i32,
    /// How it stands.
    pub stage: Stage,
    /// Staff id of who wrote it, and when, UTC.
    pub written: (Uuid, DateTime<Utc>),
    /// Staff id of who asked a second person, and when, UTC.
    pub proposed: Option<(Uuid, DateTime<Utc>)>,
    /// Staff id of the second person, and when, UTC.
    pub published: Option<(Uuid, DateTime<Utc>)>,
    /// When it was sent back, UTC, and why.
    pub returned: Option<(DateTime<Utc>, String)>,
    /// Staff id of who discarded it, and when, UTC.
    pub discarded: Option<(Uuid, DateTime<Utc>)>,
}

/// A case on the desk.
#[derive(Debug)]
pub struct Desk {
    /// The case.
    pub id: CaseId,
    /// The newest version; 0 where nobody wrote one: the case was set up by the operator.
    pub version: i32,
    /// How it stands.
    pub stage: Stage,
    /// What it says.
    pub content: CaseContent,
    /// What is public now; nothing for a case that nobody sees yet.
    pub public: Option<CaseContent>,
    /// What differs from that.
    pub changes: Vec<Change>,
    /// What it needs before a second person can be asked.
    pub missing: FieldErrors,
    /// Newest first.
    pub versions: Vec<Version>,
    /// Whether the actor asked for the second person: then another has to decide.
    pub is_own_proposal: bool,
    /// Whether nobody sees it any more: it was taken back.
    pub is_withdrawn: bool,
    /// Kinds of the texts that say something else than what is public: who puts it in force has read them.
    pub unread_texts: Vec<String>,
    /// Names of who wrote, proposed, published and withdrew its versions.
    pub names: HashMap<Uuid, String>,
    /// Who took it back, when, UTC, and why.
    pub withdrawal: Option<Withdrawal>,
}

/// A case was taken back.
#[derive(Clone, Debug)]
pub struct Withdrawal {
    /// Staff id of who did.
    pub by: Option<Uuid>,
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// A case in the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The case.
    pub id: CaseId,
    /// Name in URLs.
    pub slug: String,
    /// Title in Italian.
    pub title: String,
    /// The newest version.
    pub version: i32,
    /// How it stands.
    pub stage: Stage,
    /// Whether anybody sees the case.
    pub is_public: bool,
}

impl Stage {
    /// Word of the pages and the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Proposed => "proposed",
            Self::Returned => "returned",
            Self::Published => "published",
            Self::Discarded => "discarded",
        }
    }
}

/// Cases that the actor's association leads or drafts, newest first, at most 200.
///
/// # Errors
/// `Forbidden`.
pub async fn list(ctx: &Ctx, actor: &StaffActor) -> AppResult<Vec<Listed>> {
    actor.require(&operation::LIST_CASE_DESK)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let known = Known::read(&mut tx, scope, actor.association_id()).await?;
    let rows = db::list(&mut tx, scope, actor.association_id(), LISTED).await?;
    tx.commit().await?;
    let mut listed = Vec::new();
    for row in rows {
        let id = CaseId::new(row.case_id);
        if stage(&row) == Stage::Discarded {
            // what is in force counts; a draft that never was is off the desk
            listed.extend(known.led(id).map(|case| in_force(case, row.version)));
            continue;
        }
        let content = content_of(&row)?;
        listed.push(Listed {
            id,
            slug: content.slug,
            title: content.title.it,
            version: row.version,
            stage: stage(&row),
            is_public: known.is_seen(id),
        });
    }
    for case in known.directory.cases() {
        if known.led(case.id).is_some() && !listed.iter().any(|it| it.id == case.id) {
            listed.push(in_force(case, 0));
        }
    }
    listed.retain(|it| actor.works_on(it.id));
    listed.sort_by_key(|it| std::cmp::Reverse(it.id.uuid()));
    Ok(listed)
}

fn in_force(case: &CaseEntry, version: i32) -> Listed {
    Listed {
        id: case.id,
        slug: case.slug.clone(),
        title: case.title.clone(),
        version,
        stage: Stage::Published,
        is_public: case.state.is_public(),
    }
}

/// A case on the desk.
///
/// # Errors
/// `Forbidden`; `NotFound` for one that another association leads or drafts.
pub async fn get(ctx: &Ctx, actor: &StaffActor, id: CaseId) -> AppResult<Desk> {
    actor.require(&operation::GET_CASE_DESK)?;
    actor.require_case(id)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let known = Known::read(&mut tx, scope, actor.association_id()).await?;
    let rows = db::list_versions(&mut tx, scope, (actor.association_id(), id), LISTED).await?;
    let mut people: Vec<Uuid> = rows
        .iter()
        .flat_map(|row| {
            let decided = [row.proposed_by, row.published_by, row.discarded_by];
            decided.into_iter().chain([Some(row.written_by)])
        })
        .flatten()
        .collect();
    let taken_back = ["withdraw_case"];
    let taken_back = audit::list_some(&mut tx, scope, id.uuid(), &taken_back, None, 1).await?;
    people.extend(taken_back.iter().filter_map(|row| row.actor_id));
    people.sort_unstable();
    people.dedup();
    let names = staff::names(ctx, &mut tx, scope, &people).await?;
    tx.commit().await?;
    let mut desk = desk(&known, actor, id, &rows, names)?;
    if let Some(row) = taken_back.into_iter().next().filter(|_| desk.is_withdrawn) {
        let (by, at) = (row.actor_id, row.created_at);
        let reason = trail::note(ctx, row).await?.unwrap_or_default();
        let reason = String::from_utf8(reason).map_err(AppError::internal)?;
        desk.withdrawal = Some(Withdrawal { by, at, reason });
    }
    Ok(desk)
}

/// Begins a case. What was not given is as standard texts and first states have it.
///
/// *effects*: version 1; audit `create_case`.
///
/// # Errors
/// `Forbidden`; `Invalid`.
pub async fn create(ctx: &Ctx, actor: &StaffActor, content: CaseContent) -> AppResult<Desk> {
    actor.require(&operation::CREATE_CASE)?;
    actor.require_all_cases()?;
    let id = CaseId::new(token::new_id(ctx.clock.now()));
    let content = begun(content)?;
    append(ctx, actor, id, 0, &content, "create_case").await
}

/// Writes the next version of a case, made from version `based_on`.
///
/// *effects*: a version; audit `write_case` with the paths that changed.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid`, also for what may not change any more; `IllegalTransition` if somebody
/// wrote a version meanwhile, or a second person was asked.
pub async fn save(
    ctx: &Ctx,
    actor: &StaffActor,
    id: CaseId,
    based_on: i32,
    content: &CaseContent,
) -> AppResult<Desk> {
    actor.require(&operation::WRITE_CASE)?;
    actor.require_case(id)?;
    append(ctx, actor, id, based_on, content, "write_case").await
}

/// Asks a second person to put a version in force: it cannot be written on until that person decided.
///
/// *effects*: audit `propose_case`; mails to who may decide.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid` with what is missing; `IllegalTransition` for a version that is not the
/// newest, was proposed before, or says what is public anyway.
pub async fn propose(ctx: &Ctx, actor: &StaffActor, id: CaseId, version: i32) -> AppResult<Desk> {
    actor.require(&operation::PROPOSE_CASE)?;
    actor.require_case(id)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let key = (actor.association_id(), id);
    let known = Known::read(&mut tx, scope, actor.association_id()).await?;
    let row = locked(&mut tx, scope, key, version).await?;
    if stage(&row) != Stage::Draft {
        return Err(AppError::IllegalTransition("case_not_draft"));
    }
    let checked = known.check(id, &content_of(&row)?)?;
    missing(&checked.content).into_result(())?;
    if known.public(id, Some(&checked.content)).as_ref() == Some(&checked.content) {
        return Err(AppError::IllegalTransition("case_unchanged"));
    }
    db::mark_proposed(&mut tx, scope, &row, actor.staff_id(), ctx.clock.now()).await?;
    let mut deed = actor.deed(id.uuid(), "propose_case");
    deed.detail = json!({ "version": version });
    deed.write(ctx, &mut tx, scope).await?;
    let told = (actor.association_id(), id, ApprovalKind::CaseVersion);
    approval::tell(ctx, &mut tx, scope, told, Some(actor.staff_id())).await?;
    tx.commit().await?;
    get(ctx, actor, id).await
}

/// Sends a proposed version back, or takes the own one back: the next version goes on.
///
/// *effects*: audit `return_case`.
///
/// # Errors
/// `Forbidden`; `NotFound`; `IllegalTransition` for a version that nobody proposed, or that was decided.
pub async fn send_back(
    ctx: &Ctx,
    actor: &StaffActor,
    id: CaseId,
    version: i32,
    reason: &Reason,
) -> AppResult<Desk> {
    actor.require(&operation::RETURN_CASE)?;
    actor.require_case(id)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let key = (actor.association_id(), id);
    let row = locked(&mut tx, scope, key, version).await?;
    if stage(&row) != Stage::Proposed {
        return Err(AppError::IllegalTransition("case_not_proposed"));
    }
    let by = (actor.staff_id(), reason.as_str());
    db::mark_returned(&mut tx, scope, &row, by, ctx.clock.now()).await?;
    let mut deed = actor.deed(id.uuid(), "return_case");
    deed.detail = json!({ "version": version });
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    get(ctx, actor, id).await
}

async fn append(
    ctx: &Ctx,
    actor: &StaffActor,
    id: CaseId,
    based_on: i32,
    content: &CaseContent,
    verb: &'static str,
) -> AppResult<Desk> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let key = (actor.association_id(), id);
    let known = Known::read(&mut tx, scope, actor.association_id()).await?;
    let before = match based_on {
        0 => {
            let is_there = !db::list_versions(&mut tx, scope, key, 1).await?.is_empty();
            if is_there {
                return Err(AppError::IllegalTransition("changed"));
            }
            None
        }
        version => Some(locked(&mut tx, scope, key, version).await?),
    };
    if before.as_ref().map(stage) == Some(Stage::Proposed) {
        return Err(AppError::IllegalTransition("case_proposed"));
    }
    if before.is_none() && verb != "create_case" && known.led(id).is_none() {
        return Err(AppError::NotFound);
    }
    let checked = known.check(id, content)?;
    let old = match before.as_ref().filter(|row| stage(row) != Stage::Discarded) {
        Some(row) => content_of(row)?,
        None => known.public(id, None).unwrap_or_default(),
    };
    let paths: Vec<String> = changes(&old, &checked.content)
        .into_iter()
        .map(|change| change.path)
        .collect();
    let row = row(actor, id, based_on, &checked.content, ctx.clock.now())?;
    if !db::insert(&mut tx, scope, &row).await? {
        return Err(AppError::IllegalTransition("changed"));
    }
    let mut deed = actor.deed(id.uuid(), verb);
    deed.detail = json!({ "before": based_on, "version": row.version, "changed": paths });
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    get(ctx, actor, id).await
}

/// A version that is the newest, locked.
async fn locked(
    tx: &mut Conn,
    scope: Scope,
    key: (AssociationId, CaseId),
    version: i32,
) -> AppResult<RevisionRow> {
    if let Some(row) = db::lock_newest(tx, scope, key, version).await? {
        return Ok(row);
    }
    // one of others is not told from one that was never there
    if db::list_versions(tx, scope, key, 1).await?.is_empty() {
        return Err(AppError::NotFound);
    }
    Err(AppError::IllegalTransition("changed"))
}

fn desk(
    known: &Known,
    actor: &StaffActor,
    id: CaseId,
    rows: &[RevisionRow],
    names: HashMap<Uuid, String>,
) -> AppResult<Desk> {
    let newest = rows.first();
    let written = newest.map(content_of).transpose()?;
    let public = known.public(id, written.as_ref());
    let stage = match newest.map_or(Stage::Published, stage) {
        // what is in force counts again
        Stage::Discarded if public.is_some() => Stage::Published,
        stage => stage,
    };
    // what is in force is what the tables say: the operator has commands of his own
    let mut content = match (written, &public) {
        (Some(_), Some(public)) if stage == Stage::Published => public.clone(),
        (Some(written), _) => written,
        (None, Some(public)) => public.clone(),
        (None, None) => return Err(AppError::NotFound),
    };
    let withdrawn = public.as_ref().is_some_and(is_withdrawn);
    if withdrawn && is_withdrawn(&content) {
        // what is written on is a case that people are to see again
        CaseState::PreRegistration
            .as_str()
            .clone_into(&mut content.state);
    }
    let proposer = newest.and_then(|row| row.proposed_by);
    Ok(Desk {
        id,
        version: newest.map_or(0, |row| row.version),
        stage,
        changes: public
            .as_ref()
            .map(|public| changes(public, &content))
            .unwrap_or_default(),
        missing: missing(&content),
        is_own_proposal: proposer == Some(actor.staff_id().uuid()),
        is_withdrawn: withdrawn,
        unread_texts: changed_texts(public.as_ref(), &content),
        names,
        content,
        public,
        versions: rows.iter().map(version).collect(),
        withdrawal: None,
    })
}

/// What a new case begins with.
fn begun(mut content: CaseContent) -> AppResult<CaseContent> {
    let or = |value: &mut String, standard: &str| {
        if value.trim().is_empty() {
            standard.clone_into(value);
        }
    };
    or(&mut content.state, "pre_registration");
    or(&mut content.mode, "interest");
    for text in standard_texts().map_err(AppError::internal)? {
        if !content.texts.iter().any(|own| own.kind == text.kind) {
            content.texts.push(text);
        }
    }
    Ok(content)
}

fn row(
    actor: &StaffActor,
    id: CaseId,
    based_on: i32,
    content: &CaseContent,
    now: DateTime<Utc>,
) -> AppResult<RevisionRow> {
    Ok(RevisionRow {
        case_id: id.uuid(),
        association_id: actor.association_id().uuid(),
        version: based_on.saturating_add(1),
        content: serde_json::to_value(content).map_err(AppError::internal)?,
        written_by: actor.staff_id().uuid(),
        written_at: now,
        proposed_by: None,
        proposed_at: None,
        returned_by: None,
        returned_at: None,
        return_reason: None,
        published_by: None,
        published_at: None,
        discarded_by: None,
        discarded_at: None,
    })
}

fn content_of(row: &RevisionRow) -> Result<CaseContent, DbError> {
    read(row.content.clone()).ok_or(DbError::Corrupt("case_revisions.content"))
}

fn read(content: Value) -> Option<CaseContent> {
    serde_json::from_value(content).ok()
}

fn stage(row: &RevisionRow) -> Stage {
    if row.published_at.is_some() {
        Stage::Published
    } else if row.discarded_at.is_some() {
        Stage::Discarded
    } else if row.returned_at.is_some() {
        Stage::Returned
    } else if row.proposed_at.is_some() {
        Stage::Proposed
    } else {
        Stage::Draft
    }
}

fn version(row: &RevisionRow) -> Version {
    Version {
        number: row.version,
        stage: stage(row),
        written: (row.written_by, row.written_at),
        proposed: row.proposed_by.zip(row.proposed_at),
        published: row.published_by.zip(row.published_at),
        returned: row.returned_at.zip(row.return_reason.clone()),
        discarded: row.discarded_by.zip(row.discarded_at),
    }
}

/// The placeholders of texts, as staff write them.
pub fn placeholders() -> String {
    PLACEHOLDERS.map(|name| format!("{{{name}}}")).join(", ")
}
