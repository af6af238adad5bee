//! What a sample check says of itself to who draws again: list, seed, records, results and entries of the log, no
//! name and no note. `docs/check_sample.py` reads it.

use std::collections::HashMap;

use data_encoding::BASE64;
use serde_json::{Value, json};
use uuid::Uuid;

use super::draw::announced;
use super::{LogEntry, Member, read};
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::staff::StaffActor;
use crate::crypto::sha256;
use crate::db::sample_check::{self as db, SampleRow};
use crate::domain::ids::{CaseId, ClaimantId};
use crate::domain::permission::operation;
use crate::domain::reference::Reference;
use crate::domain::sample_check::FindingCode;

/// Name and version of the form.
const FORMAT: &str = "joinder-sample-check/1";

/// A sample check as a file.
///
/// *effects*: audit `take_sample_file`.
///
/// # Errors
/// `Forbidden`; `NotFound` if there is none of the association's.
pub async fn file(ctx: &Ctx, actor: &StaffActor, id: Uuid) -> AppResult<Value> {
    actor.require(&operation::GET_SAMPLE_FILE)?;
    let (scope, association) = (actor.scope(), actor.association_id());
    let mut tx = ctx.pools.begin(scope).await?;
    let sample = read(ctx, &mut tx, actor, id).await?;
    let population = db::get_population(&mut tx, scope, association, id).await?;
    let row = db::get(&mut tx, scope, association, id).await?;
    let case = (association, CaseId::new(row.case_id));
    let earlier = db::list_before(&mut tx, scope, case, row.number).await?;
    let ids: Vec<Uuid> = earlier.iter().map(|row| row.id).collect();
    let told: HashMap<Uuid, LogEntry> =
        announced(&mut tx, actor, &ids).await?.into_iter().collect();
    let deed = actor.deed(id, "take_sample_file");
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    let population = population.into_iter().map(|id| {
        let reference = Reference::of(ClaimantId::new(id));
        reference.as_str().to_owned()
    });
    let (status, hex) = (&sample.status, |digest: &Vec<u8>| sha256::hex(digest));
    Ok(json!({
        "format": FORMAT,
        "id": status.id,
        "case": status.case,
        "state": status.state.as_str(),
        "purpose": status.purpose,
        "number": status.number,
        "filter": status.filter,
        "size": status.size,
        "population_sha256": sha256::hex(&status.population_sha256),
        "seed_source": status.seed_source,
        "seed_due_at": status.seed_due_at,
        "seed": status.seed,
        "sample_sha256": status.sample_sha256.as_ref().map(hex),
        "result_sha256": status.result_sha256.as_ref().map(hex),
        "opened_at": status.opened.1,
        "drawn_at": status.drawn.as_ref().map(|(_, at)| *at),
        "ended_at": status.ended.as_ref().map(|(_, at)| *at),
        "end_reason": status.end_reason,
        "sample": sample.members.iter().map(line).collect::<Vec<_>>(),
        "population": population.collect::<Vec<_>>(),
        "earlier": earlier.iter().map(|row| before(row, told.get(&row.id))).collect::<Vec<_>>(),
        "entries": sample.entries.iter().map(entry).collect::<Vec<_>>(),
    }))
}

fn line(member: &Member) -> Value {
    json!({
        "place": member.place, "reference": member.reference.as_str(), "result": member.result,
        "code": member.code.map(FindingCode::as_str),
    })
}

/// A check of before: how many there were, and how each ended, is not for anybody to hide.
fn before(row: &SampleRow, announced: Option<&LogEntry>) -> Value {
    json!({
        "number": row.number, "id": row.id, "state": row.state, "end_reason": row.end_reason,
        "population_sha256": sha256::hex(&row.population_sha256), "announced": announced.map(entry),
    })
}

fn entry(entry: &LogEntry) -> Value {
    json!({
        "id": entry.id, "index": entry.index, "content": entry.content,
        "salt": BASE64.encode(&entry.salt),
    })
}
