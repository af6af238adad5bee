//! The trail in full, for owners and auditors: about one claimant, or of one staff member; page by page, and
//! as CSV.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::own_history;
use crate::app::people::{self, Person};
use crate::app::staff::{self, StaffActor};
use crate::db::audit::{self, ActorRows, AuditRow};
use crate::db::{Conn, Scope, claimant, export, membership};
use crate::domain::ids::{ClaimantId, ExportId, StaffId};
use crate::domain::permission::operation;
use crate::domain::reference::Reference;
use crate::domain::span::Span;
use crate::render::trail;

/// Rows of a CSV; what is older is taken along by its dates.
const EXPORTED: i64 = 100_000;

/// Exports that a claimant was in, on the page of the trail.
const IN_EXPORTS: usize = 20;

/// Whose trail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// What happened to a record, and who looked.
    Claimant(ClaimantId),
    /// What a person did for the association.
    Staff(StaffId),
}

/// What a row is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum About {
    /// A claimant, by reference.
    Claimant(String),
    /// A staff member, by name.
    Staff(String),
    /// Something else, or somebody who was erased.
    Other,
}

/// A row of the trail.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its id: where the next page begins.
    pub id: Uuid,
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// `public`, `claimant`, `staff`, `partner`, `system`, `operator`.
    pub actor_kind: String,
    /// Name of the staff member, where one acted.
    pub actor_name: Option<String>,
    /// Verb.
    pub action: String,
    /// Id of what it is about.
    pub subject: Uuid,
    /// What that is.
    pub about: About,
    /// State before and after, where one changed.
    pub states: (Option<String>, Option<String>),
    /// Ids and codes, nothing personal.
    pub detail: Value,
    /// Names of the staff members whose ids are among them.
    pub named: HashMap<String, String>,
}

/// An export that a claimant was in.
#[derive(Clone, Debug)]
pub struct InExport {
    /// The export.
    pub id: Uuid,
    /// csv, xlsx, zip, dossier.
    pub format: String,
    /// Whether it was in clear.
    pub clear: bool,
    /// Name of who asked for it and alone can fetch it.
    pub asked_by: String,
    /// When it was asked for, UTC.
    pub asked_at: DateTime<Utc>,
    /// Word of its state.
    pub state: String,
    /// When it was fetched, UTC.
    pub fetched_at: Option<DateTime<Utc>>,
}

/// A page of the trail.
#[derive(Clone, Debug)]
pub struct Page {
    /// Name or reference of whose it is.
    pub title: String,
    /// Newest first.
    pub lines: Vec<Line>,
    /// On the first page of a claimant's, the newest exports that they were in, newest first.
    pub exports: Vec<InExport>,
    /// Where the next page begins.
    pub next: Option<Uuid>,
}

/// A page of a trail, newest first, from before a row; `limit` 1 to 200.
///
/// # Errors
/// `Forbidden`; `NotFound` for a claimant or person of another association.
pub async fn list(
    ctx: &Ctx,
    actor: &StaffActor,
    whose: Whose,
    before: Option<Uuid>,
    limit: i64,
) -> AppResult<Page> {
    require(actor, whose)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let title = title(ctx, &mut tx, actor, whose).await?;
    let mut rows = read(&mut tx, scope, whose, before, limit + 1).await?;
    let size = usize::try_from(limit).map_err(AppError::internal)?;
    let is_more = rows.len() > size;
    rows.truncate(size);
    let next = rows.last().filter(|_| is_more).map(|row| row.id);
    let lines = lines(ctx, &mut tx, scope, rows).await?;
    let exports = match (whose, before) {
        (Whose::Claimant(id), None) => exports(ctx, &mut tx, actor, id).await?,
        _ => Vec::new(),
    };
    tx.commit().await?;
    Ok(Page {
        title,
        lines,
        exports,
        next,
    })
}

/// The newest exports that a claimant was in.
async fn exports(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    id: ClaimantId,
) -> AppResult<Vec<InExport>> {
    let (scope, own) = (actor.scope(), actor.association_id());
    let row = claimant::find(conn, scope, id).await?;
    let row = row.ok_or(AppError::NotFound)?;
    let mut rows = Vec::new();
    for id in own_history::exports_of(ctx, conn, &row, IN_EXPORTS).await? {
        rows.push(export::get(conn, scope, own, ExportId::new(id)).await?);
    }
    let people: Vec<Uuid> = rows.iter().map(|row| row.requested_by).collect();
    let names = staff::names(ctx, conn, scope, &people).await?;
    let told = rows.into_iter().map(|row| InExport {
        id: row.id,
        clear: row.clear,
        asked_by: names.get(&row.requested_by).cloned().unwrap_or_default(),
        asked_at: row.created_at,
        // what was streamed was fetched while it was made
        fetched_at: row.fetched_at.or(row
            .finished_at
            .filter(|_| row.is_streamed() && row.state == "ready")),
        state: row.state,
        format: row.format,
    });
    Ok(told.collect())
}

/// A whole trail as CSV, newest first, at most 100,000 rows.
///
/// *effects*: audit `export_trail`.
///
/// # Errors
/// As [`list`].
pub async fn csv(ctx: &Ctx, actor: &StaffActor, whose: Whose) -> AppResult<Vec<u8>> {
    require(actor, whose)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    title(ctx, &mut tx, actor, whose).await?;
    let rows = read(&mut tx, scope, whose, None, EXPORTED).await?;
    let lines = lines(ctx, &mut tx, scope, rows).await?;
    note(ctx, &mut tx, actor, (whose, lines.len())).await?;
    tx.commit().await?;
    written(&lines)
}

/// The people of the own association whose trail can be looked at, those who left last.
///
/// # Errors
/// `Forbidden`.
pub async fn people(ctx: &Ctx, actor: &StaffActor) -> AppResult<Vec<Person>> {
    actor.require(&operation::CONSOLE_TRAILS_PAGE)?;
    people::listed(ctx, actor).await
}

/// Name of a person who belongs or belonged to the own association.
///
/// # Errors
/// `Forbidden`; `NotFound`.
pub async fn known(ctx: &Ctx, actor: &StaffActor, person: StaffId) -> AppResult<String> {
    require(actor, Whose::Staff(person))?;
    let mut tx = ctx.pools.begin(actor.scope()).await?;
    let name = title(ctx, &mut tx, actor, Whose::Staff(person)).await?;
    tx.commit().await?;
    Ok(name)
}

/// Notes that rows of a trail left as CSV.
pub(in crate::app) async fn note(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    (whose, rows): (Whose, usize),
) -> AppResult<()> {
    let subject = match whose {
        Whose::Claimant(id) => id.uuid(),
        Whose::Staff(id) => id.uuid(),
    };
    let mut deed = actor.deed(subject, "export_trail");
    deed.detail = json!({ "rows": rows });
    deed.write(ctx, conn, actor.scope()).await
}

/// Rows as CSV.
pub(in crate::app) fn written(lines: &[Line]) -> AppResult<Vec<u8>> {
    let lines: Vec<trail::TrailLine> = lines
        .iter()
        .map(|line| trail::TrailLine {
            at: line.at,
            actor_kind: line.actor_kind.clone(),
            actor_name: line.actor_name.clone().unwrap_or_default(),
            action: line.action.clone(),
            subject: line.subject,
            about: match &line.about {
                About::Claimant(reference) => reference.clone(),
                About::Staff(name) => name.clone(),
                About::Other => String::new(),
            },
            before: line.states.0.clone().unwrap_or_default(),
            after: line.states.1.clone().unwrap_or_default(),
            detail: with_names(line).to_string(),
        })
        .collect();
    trail::csv(&lines).map_err(AppError::internal)
}

/// The detail, of staff the names instead of the ids.
fn with_names(line: &Line) -> Value {
    let Value::Object(fields) = &line.detail else {
        return line.detail.clone();
    };
    let told = fields.iter().map(|(name, value)| {
        let known = value.as_str().and_then(|id| line.named.get(id));
        let value = known.map_or_else(|| value.clone(), |known| json!(known));
        (name.clone(), value)
    });
    Value::Object(told.collect())
}

fn require(actor: &StaffActor, whose: Whose) -> AppResult<()> {
    actor.require(match whose {
        Whose::Claimant(_) => &operation::CLAIMANT_TRAIL,
        Whose::Staff(_) => &operation::STAFF_TRAIL,
    })
}

/// Reference of the claimant or name of the person, who belong or belonged to the own association.
pub(in crate::app) async fn title(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &StaffActor,
    whose: Whose,
) -> AppResult<String> {
    let scope = actor.scope();
    match whose {
        Whose::Claimant(id) => {
            claimant::find(conn, scope, id)
                .await?
                .ok_or(AppError::NotFound)?;
            Ok(Reference::of(id).as_str().to_owned())
        }
        Whose::Staff(id) => {
            let own = actor.association_id();
            let row = membership::find_person(conn, scope, own, id).await?;
            let row = row.ok_or(AppError::NotFound)?;
            let (name, _) = staff::opened(ctx, row.id, row.root_version, row.sealed)?;
            Ok(name)
        }
    }
}

async fn read(
    conn: &mut Conn,
    scope: Scope,
    whose: Whose,
    before: Option<Uuid>,
    limit: i64,
) -> AppResult<Vec<AuditRow>> {
    Ok(match whose {
        Whose::Claimant(id) => audit::list_about(conn, scope, id.uuid(), before, limit).await?,
        Whose::Staff(id) => {
            let rows = ActorRows {
                actor: id.uuid(),
                actions: &[],
                span: None,
            };
            audit::list_by(conn, scope, rows, before, limit).await?
        }
    })
}

/// Rows with the names of who acted and of what they are about.
pub(in crate::app) async fn lines(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    rows: Vec<AuditRow>,
) -> AppResult<Vec<Line>> {
    let mut subjects: Vec<Uuid> = rows.iter().map(|row| row.subject_id).collect();
    let actors = rows.iter().filter_map(|row| row.actor_id);
    let others = rows.iter().flat_map(|row| mentioned(&row.detail));
    let mut people: Vec<Uuid> = subjects
        .iter()
        .copied()
        .chain(actors)
        .chain(others)
        .collect();
    for ids in [&mut subjects, &mut people] {
        ids.sort_unstable();
        ids.dedup();
    }
    let claimants = audit::list_claimants(conn, scope, &subjects).await?;
    let references: HashMap<Uuid, String> = claimants
        .into_iter()
        .map(|id| (id, Reference::of(ClaimantId::new(id)).as_str().to_owned()))
        .collect();
    let names = staff::names(ctx, conn, scope, &people).await?;
    Ok(rows
        .into_iter()
        .map(|row| line(row, &references, &names))
        .collect())
}

fn line(row: AuditRow, references: &HashMap<Uuid, String>, names: &HashMap<Uuid, String>) -> Line {
    let subject = row.subject_id;
    let about = match (references.get(&subject), names.get(&subject)) {
        (Some(reference), _) => About::Claimant(reference.clone()),
        (None, Some(name)) => About::Staff(name.clone()),
        (None, None) => About::Other,
    };
    let named =
        mentioned(&row.detail).filter_map(|id| Some((id.to_string(), names.get(&id)?.clone())));
    let named = named.collect();
    Line {
        named,
        id: row.id,
        at: row.created_at,
        actor_name: row.actor_id.and_then(|id| names.get(&id).cloned()),
        actor_kind: row.actor_kind,
        action: row.action,
        subject,
        about,
        states: (row.before, row.after),
        detail: row.detail,
    }
}

/// The ids in a detail.
fn mentioned(detail: &Value) -> impl Iterator<Item = Uuid> {
    let fields = detail.as_object().into_iter().flat_map(Map::values);
    let words = fields.filter_map(Value::as_str);
    words.filter_map(|word| Uuid::try_parse(word).ok())
}

/// The rows a person made within a span with some verbs, newest first.
pub(in crate::app) async fn read_span(
    conn: &mut Conn,
    scope: Scope,
    (person, span): (StaffId, Span),
    actions: &[&str],
    (before, limit): (Option<Uuid>, i64),
) -> AppResult<Vec<AuditRow>> {
    let rows = ActorRows {
        actor: person.uuid(),
        actions,
        span: Some((span.from, span.until)),
    };
    Ok(audit::list_by(conn, scope, rows, before, limit).await?)
}
