//! The mail to a member of an association that something waits for a second person. What it counts is frozen
//! when it is prepared for the first time; where nothing waits any more it is dropped.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::letter::{Letter, Speaker, letter};
use super::staff::{StaffNotice, line, row_to, stop};
use super::{SCOPE, Step};
use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::people::state_of;
use crate::app::staff;
use crate::db::outbox::{self, OutboxRow};
use crate::db::{Conn, approval, membership};
use crate::domain::approval::{ApprovalKind, MOST_COUNTED};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{AssociationId, StaffId};
use crate::domain::language::Language;
use crate::domain::mail::MailKind;
use crate::domain::membership::MembershipState;

/// Days such a mail is tried.
const DAYS: i64 = 3;

/// How many wait of a kind.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq, Debug)]
struct Counted {
    kind: String,
    count: u64,
    more: bool,
}

#[derive(Serialize, Deserialize)]
struct ApprovalPayload {
    language: String,
    /// What waits, frozen when first prepared.
    #[serde(default)]
    frozen: Vec<Counted>,
}

/// How many wait of a kind, for a mail.
#[derive(Clone, Copy)]
pub struct Waiting {
    /// The kind.
    pub kind: ApprovalKind,
    /// How many, up to 99.
    pub count: u64,
    /// Whether there are more.
    pub more: bool,
}

/// The outbox row that tells a member at `due_at` what waits then.
///
/// # Errors
/// `Internal`: never in practice.
pub(in crate::app) fn approval_row(
    ctx: &Ctx,
    (person, email, language): (StaffId, &EmailAddress, Language),
    association: AssociationId,
    due_at: DateTime<Utc>,
) -> AppResult<OutboxRow> {
    let payload = ApprovalPayload {
        language: language.as_str().to_owned(),
        frozen: Vec::new(),
    };
    let to = (person.uuid(), email);
    Ok(OutboxRow {
        priority: 3,
        due_at,
        expires_at: due_at + Duration::days(DAYS),
        ..row_to(ctx, to, association, MailKind::ApprovalWaits, &payload)?
    })
}

/// The mail; dropped where nothing waits for the member, or who was one is none any more.
pub(super) async fn prepare(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let kind = MailKind::ApprovalWaits;
    let mut payload: ApprovalPayload =
        serde_json::from_value(row.payload.clone()).map_err(AppError::internal)?;
    let email = staff::email_of(ctx, conn, SCOPE, row.subject_id).await?;
    let (Some(email), Some(association)) = (email, row.association_id) else {
        return Ok(Step::Drop);
    };
    let association = AssociationId::new(association);
    if let Some(stop) = stop(ctx, conn, directory, (row, kind), (&email, association)).await? {
        return Ok(stop);
    }
    if payload.frozen.is_empty() {
        payload.frozen = waiting(ctx, conn, association, StaffId::new(row.subject_id)).await?;
        if payload.frozen.is_empty() {
            return Ok(Step::Drop);
        }
        let frozen = serde_json::to_value(&payload).map_err(AppError::internal)?;
        if !outbox::mark_frozen(conn, SCOPE, row, &frozen).await? {
            return Ok(Step::Drop);
        }
    }
    let place = format!("{}/console/approvals", ctx.settings.public_base_url);
    let line = line(directory, association, place);
    let language = Language::parse(&payload.language).unwrap_or_default();
    let speaker = Speaker::of_association(language, association);
    let letter = letter(ctx, conn, row, speaker, email, kind, vec![line]).await?;
    let counted = payload.frozen.iter().filter_map(|counted| {
        Some(Waiting {
            kind: ApprovalKind::parse(&counted.kind)?,
            count: counted.count,
            more: counted.more,
        })
    });
    Ok(Step::Send(Box::new(Letter {
        staff: Some(StaffNotice::Approvals(counted.collect())),
        ..letter
    })))
}

/// What waits for a member now; nothing for who may decide nothing any more.
async fn waiting(
    ctx: &Ctx,
    conn: &mut Conn,
    association: AssociationId,
    person: StaffId,
) -> AppResult<Vec<Counted>> {
    let known = membership::find_person(conn, SCOPE, association, person).await?;
    let active = known.filter(|known| state_of(&known.membership) == MembershipState::Active);
    let Some(member) = active else {
        return Ok(Vec::new());
    };
    let decides = ApprovalKind::decided_by(staff::read_role(&member.membership.role)?);
    let place = (association, person.uuid());
    let (cases, now) = (member.membership.case_ids.as_deref(), ctx.clock.now());
    let rows = approval::count(conn, SCOPE, place, &decides, cases, now).await?;
    let rows = rows.into_iter().filter(|row| !row.own && row.count > 0);
    Ok(rows
        .map(|row| Counted {
            kind: row.kind,
            count: u64::try_from(row.count.min(MOST_COUNTED)).unwrap_or(0),
            more: row.count > MOST_COUNTED,
        })
        .collect())
}
