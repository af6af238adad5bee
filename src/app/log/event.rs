//! Entries that no claimant signed and no row of the trail brings along: erasures that somebody asked for.
//! Sign-ups that nobody confirmed go without a word: how many there are is nobody's business, and the digest
//! of the day has them.

use serde_json::json;

use super::SCOPE;
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::crypto::{commitment, token};
use crate::db::Tx;
use crate::db::log::{self as db, EventRow};
use crate::domain::ids::{CaseId, ClaimantId};
use crate::domain::log::Kind;

/// Notes for the log that claimants are erased as they asked, in the transaction that erases them and before their
/// rows are gone.
///
/// # Errors
/// As the database says.
pub async fn erased(ctx: &Ctx, tx: &mut Tx, claimants: &[ClaimantId]) -> AppResult<()> {
    let now = ctx.clock.now();
    let mut rows = Vec::with_capacity(claimants.len());
    for (claimant, association, case) in db::list_cases_of(tx, SCOPE, claimants).await? {
        if CaseId::new(case).is_sandbox() {
            // test people have no log
            continue;
        }
        let content = json!({ "erased": claimant, "association": association, "at": now });
        let content = commitment::canonical_json(&content)?;
        rows.push(EventRow {
            subject_id: claimant,
            id: token::random_id(),
            association_id: Some(association),
            case_id: case,
            kind: Kind::Erasure.as_str().to_owned(),
            content: String::from_utf8_lossy(&content).into_owned(),
            salt: commitment::salt().to_vec(),
            created_at: now,
            day: None,
        });
    }
    Ok(db::insert_events(tx, SCOPE, &rows).await?)
}
