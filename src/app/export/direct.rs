//! The masked list as CSV, streamed while it is made.

use futures_util::stream::{self, BoxStream, StreamExt};
use serde_json::{Value, json};

use super::line::Facts;
use super::reader::Reader;
use super::run::Run;
use super::trace::{Of, described};
use super::{chosen, new_row, noted};
use crate::app::claimant_list::{self, Filter};
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::staff::StaffActor;
use crate::db::export::{self, ExportRow};
use crate::domain::export::Format;
use crate::domain::ids::ExportId;
use crate::domain::permission::operation;
use crate::render::csv::Dialect;

/// A list that is being produced while it is read.
pub struct Produced {
    /// Its number in the register.
    pub id: ExportId,
    /// Its bytes. An error ends it before its last line; the connection must be cut then.
    pub bytes: BoxStream<'static, AppResult<Vec<u8>>>,
}

/// The masked list of the own association in a case, oldest first. Audited as `export_started`,
/// `export_rows` and `export_finished` or `export_failed`.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others.
pub async fn masked_csv(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    filter: &Filter,
    dialect: Dialect,
) -> AppResult<Produced> {
    actor.require(&operation::CLAIMANTS_CSV)?;
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let chosen = chosen(
        ctx,
        actor.association_id(),
        &own,
        filter,
        (Format::Csv, false),
    );
    // what was searched for names people and stays out of the register
    let mut noted = noted(filter);
    if let Value::Object(fields) = &mut noted {
        fields.insert("searched".to_owned(), json!(filter.search.is_some()));
    }
    let row = ExportRow {
        state: "running".to_owned(),
        progressed_at: Some(ctx.clock.now()),
        ..new_row(ctx, actor, own.case.id, noted)
    };
    let of = Of::row(&row);
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    export::insert(&mut tx, scope, &row).await?;
    let mut deed = of.deed("export_started");
    deed.detail = described(&row);
    deed.write(ctx, &mut tx, scope).await?;
    let facts = Facts::read(&mut tx, scope, own, false, dialect).await?;
    tx.commit().await?;
    let run = Run::new(Reader::new(ctx, of, chosen), facts);
    Ok(Produced {
        id: of.id,
        bytes: stream::try_unfold(run, Run::next).boxed(),
    })
}
