//! Records under review, where an export is made to be filed: nobody of them is ready (R30), so they stay out
//! unless somebody asks for them, and the register says how many stayed out.

use serde_json::{Value, json};

use super::{Counts, Reviewed, chosen};
use crate::app::claimant_list::{Filter, OwnCase};
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::staff::StaffActor;
use crate::db::claimant_list::{self as claimants, Selection};
use crate::db::{Conn, Scope};
use crate::domain::export::Format;
use crate::domain::permission::operation;

/// Which of [`LEFT_OUT`] and [`INCLUDED`] it is, in what the register keeps of a filter.
const NAME: &str = "reviewed";
const LEFT_OUT: &str = "left_out";
const INCLUDED: &str = "included";

/// How many were left out.
const COUNT: &str = "left_out";

/// Notes what becomes of them.
pub(super) fn note(noted: &mut Value, are_included: bool) {
    let word = if are_included { INCLUDED } else { LEFT_OUT };
    put(noted, NAME, json!(word));
}

/// Whether they are left out.
pub(super) fn are_left_out(noted: &Value) -> bool {
    word(noted) == Some(LEFT_OUT)
}

/// Whether they were asked for.
pub(super) fn are_included(noted: &Value) -> bool {
    word(noted) == Some(INCLUDED)
}

/// What the register says of them.
pub(super) fn told(noted: &Value) -> Option<Reviewed> {
    match word(noted)? {
        INCLUDED => Some(Reviewed::Included),
        _ => noted
            .get(COUNT)
            .and_then(Value::as_i64)
            .map(Reviewed::LeftOut),
    }
}

/// Notes how many a selection leaves out, where it leaves any.
pub(super) async fn count(
    conn: &mut Conn,
    scope: Scope,
    selection: &Selection,
    noted: &mut Value,
) -> AppResult<()> {
    if selection.leaves_reviewed {
        let left = count_reviewed(conn, scope, selection).await?;
        put(noted, COUNT, json!(left));
    }
    Ok(())
}

/// How many records an export would hold, and how many of them are under review.
///
/// # Errors
/// `Forbidden`; `Unavailable`.
pub async fn counts(
    ctx: &Ctx,
    actor: &StaffActor,
    own: &OwnCase,
    filter: &Filter,
) -> AppResult<Counts> {
    actor.require(&operation::LIST_CLAIMANTS)?;
    let (association, scope) = (actor.association_id(), actor.scope());
    let list = chosen(ctx, association, own, filter, (Format::Csv, false));
    let signed = chosen(ctx, association, own, filter, (Format::Zip, false));
    let mut tx = ctx.pools.begin(scope).await?;
    let counts = Counts {
        listed: claimants::count(&mut tx, scope, &list).await?,
        listed_reviewed: count_reviewed(&mut tx, scope, &list).await?,
        signed: claimants::count(&mut tx, scope, &signed).await?,
        signed_reviewed: count_reviewed(&mut tx, scope, &signed).await?,
    };
    tx.commit().await?;
    Ok(counts)
}

/// Those of a selection that are under review, whether it leaves them out or not.
async fn count_reviewed(conn: &mut Conn, scope: Scope, selection: &Selection) -> AppResult<i64> {
    let mut wanted = selection.clone();
    wanted.leaves_reviewed = false;
    let all = claimants::count(conn, scope, &wanted).await?;
    wanted.leaves_reviewed = true;
    Ok(all - claimants::count(conn, scope, &wanted).await?)
}

fn word(noted: &Value) -> Option<&str> {
    noted.get(NAME).and_then(Value::as_str)
}

fn put(noted: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = noted {
        fields.insert(name.to_owned(), value);
    }
}
