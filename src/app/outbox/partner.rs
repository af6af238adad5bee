//! The mail to a partner that nothing more is delivered to one of its endpoints.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::letter::{Letter, Speaker, letter};
use super::staff::{StaffNotice, line, row_to, stop};
use super::{SCOPE, Step};
use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::partner::{email_of, webhook as endpoints};
use crate::db::outbox::OutboxRow;
use crate::db::webhook::EndpointRow;
use crate::db::{Conn, DbError, partner, webhook};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{AssociationId, PartnerId, WebhookEndpointId};
use crate::domain::language::Language;
use crate::domain::mail::MailKind;
use crate::domain::partner::KeyMode;
use crate::domain::webhook::DisabledWhy;

#[derive(Serialize, Deserialize)]
struct WebhookPayload {
    endpoint: Uuid,
    why: String,
    language: String,
}

/// An endpoint that nothing more is delivered to, for a mail.
#[derive(Clone)]
pub struct WebhookNotice {
    /// Where it is: the name of its server, no path.
    pub host: String,
    /// Why.
    pub why: DisabledWhy,
    /// Since when, UTC.
    pub at: DateTime<Utc>,
}

/// The outbox row that tells a partner.
///
/// # Errors
/// `Internal`: never in practice.
pub(in crate::app) fn webhook_row(
    ctx: &Ctx,
    (partner, email, language): (PartnerId, &EmailAddress, Language),
    association: AssociationId,
    (endpoint, why): (Uuid, DisabledWhy),
) -> AppResult<OutboxRow> {
    let payload = WebhookPayload {
        endpoint,
        why: why.as_str().to_owned(),
        language: language.as_str().to_owned(),
    };
    let to = (partner.uuid(), email);
    Ok(OutboxRow {
        priority: 3,
        ..row_to(ctx, to, association, MailKind::WebhookDisabled, &payload)?
    })
}

/// The mail; dropped where the partner has no address any more, or the endpoint is gone or takes events again.
pub(super) async fn prepare(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    row: &OutboxRow,
) -> AppResult<Step> {
    let kind = MailKind::WebhookDisabled;
    let payload: WebhookPayload =
        serde_json::from_value(row.payload.clone()).map_err(AppError::internal)?;
    let partner = PartnerId::new(row.subject_id);
    let known = partner::find(conn, SCOPE, partner).await?;
    let email = match &known {
        Some(known) => email_of(ctx, known)?,
        None => None,
    };
    let id = WebhookEndpointId::new(payload.endpoint);
    // that of a test key is its twin's
    let endpoint = webhook::find_by_id(conn, SCOPE, id).await?;
    let endpoint = endpoint.filter(|endpoint| endpoint.disabled_at.is_some());
    let why = DisabledWhy::parse(&payload.why);
    let (Some(email), Some(endpoint), Some(why), Some(association)) =
        (email, endpoint, why, row.association_id)
    else {
        return Ok(Step::Drop);
    };
    let association = AssociationId::new(association);
    if let Some(stop) = stop(ctx, conn, directory, (row, kind), (&email, association)).await? {
        return Ok(stop);
    }
    let host = host(ctx, endpoint)?;
    let place = format!("{}/docs/partners.md#webhooks", ctx.settings.public_base_url);
    let line = line(directory, association, place);
    let language = Language::parse(&payload.language).unwrap_or_default();
    let speaker = Speaker::of_association(language, association);
    let letter = letter(ctx, conn, row, speaker, email, kind, vec![line]).await?;
    Ok(Step::Send(Box::new(Letter {
        staff: Some(StaffNotice::Webhook(WebhookNotice {
            host,
            why,
            at: row.created_at,
        })),
        ..letter
    })))
}

/// The server of an endpoint: its partner knows it by that, not by our id.
fn host(ctx: &Ctx, row: EndpointRow) -> AppResult<String> {
    let mode = KeyMode::parse(&row.mode).ok_or(DbError::Corrupt("webhook_endpoints.mode"))?;
    let kept = endpoints::open(ctx, row.id, row.root_version, row.sealed)?;
    Ok(endpoints::host_of(&kept.url, endpoints::reach(ctx, mode)))
}
