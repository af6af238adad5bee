//! An export is fetched: by who asked for it, each file once.

use futures_util::stream::{self, BoxStream, StreamExt};
use serde_json::json;

use super::ExportStatus;
use super::shelf::{self, Reader};
use super::trace::Of;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::crypto::sha256;
use crate::db::{export, membership};
use crate::domain::audit::action;
use crate::domain::ids::{ExportId, StaffId};
use crate::domain::permission::operation;

/// A file that is being fetched.
pub struct Fetched {
    /// Its name, ASCII.
    pub name: String,
    /// Its media type.
    pub kind: &'static str,
    /// Its bytes. An error ends it early; the connection must be cut then.
    pub bytes: BoxStream<'static, AppResult<Vec<u8>>>,
}

/// A file of an export, to the person who asked for it. A line that breaks does not count: it can be fetched
/// again until it was whole. Audited as `export_opened`, and `export_fetched` at its end.
///
/// # Errors
/// `Forbidden` also for another person than the one who asked, `StepUpRequired`, `NotFound`,
/// `IllegalTransition` if it is not made yet, was fetched, or its time is over.
pub async fn content(
    ctx: &Ctx,
    actor: &StaffActor,
    id: ExportId,
    number: i32,
) -> AppResult<Fetched> {
    actor.require(&operation::EXPORT_CONTENT)?;
    let scope = actor.scope();
    let association = actor.association_id();
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let row = export::get(&mut tx, scope, association, id).await?;
    if row.requested_by != actor.staff_id().uuid() {
        return Err(AppError::Forbidden);
    }
    if row.fetched_at.is_some() {
        return Err(AppError::IllegalTransition("export_fetched"));
    }
    let is_over = row.expires_at.is_none_or(|end| end <= now);
    if row.state != "ready" || is_over {
        return Err(AppError::IllegalTransition("export_not_ready"));
    }
    let files = export::list_files(&mut tx, scope, association, &[row.id]).await?;
    let file = files.into_iter().find(|file| file.number == number);
    let file = file.ok_or(AppError::NotFound)?;
    if file.fetched_at.is_some() {
        return Err(AppError::IllegalTransition("export_fetched"));
    }
    let mut deed = actor.deed(row.id, "export_opened");
    deed.detail = json!({ "file": number });
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    let shelf = shelf::open(ctx, &row).await?;
    let shelf = shelf.ok_or(AppError::IllegalTransition("export_not_ready"))?;
    let fetching = Fetching {
        ctx: ctx.clone(),
        of: Of::row(&row),
        number,
        sha256: sha256::hex(&file.sha256),
        reader: Reader::new(shelf, file.clone()),
    };
    Ok(Fetched {
        kind: media_type(&file.name),
        name: file.name,
        bytes: stream::try_unfold(fetching, Fetching::next).boxed(),
    })
}

struct Fetching {
    ctx: Ctx,
    of: Of,
    number: i32,
    sha256: String,
    reader: Reader,
}

impl Fetching {
    async fn next(mut self) -> AppResult<Option<(Vec<u8>, Self)>> {
        if let Some(bytes) = self.reader.next().await? {
            return Ok(Some((bytes, self)));
        }
        let (ctx, of, number) = (self.ctx.clone(), self.of, self.number);
        let sha256 = std::mem::take(&mut self.sha256);
        let noting = async move {
            let now = ctx.clock.now();
            let mut tx = ctx.pools.begin(of.scope()).await?;
            if export::mark_fetched(&mut tx, of.scope(), of.id, number, now).await? {
                let mut deed = of.deed(action::EXPORT_FETCHED);
                deed.detail = json!({ "file": number, "sha256": sha256 });
                deed.write(&ctx, &mut tx, of.scope()).await?;
            }
            Ok(tx.commit().await?)
        };
        // before the line is closed: whoever saw the end finds it noted
        self.ctx.to_end(noting).await?;
        Ok(None)
    }
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("csv") => "text/csv; charset=utf-8",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Some("zip") => "application/zip",
        _ => "application/octet-stream",
    }
}

/// Role of who asked for an export, and alone may fetch it, as it is now; `None` for somebody of the platform's.
///
/// # Errors
/// `Forbidden`; `Unavailable`.
pub async fn asker_role(
    ctx: &Ctx,
    actor: &StaffActor,
    status: &ExportStatus,
) -> AppResult<Option<String>> {
    actor.require(&operation::GET_EXPORT)?;
    let scope = actor.scope();
    let who = StaffId::new(status.asked_by.0);
    let mut tx = ctx.pools.begin(scope).await?;
    let found = membership::find_person(&mut tx, scope, actor.association_id(), who).await?;
    tx.commit().await?;
    Ok(found.map(|person| person.membership.role))
}
