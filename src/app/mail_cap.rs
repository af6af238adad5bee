//! How many mails nobody authenticated asked for an address gets: over the cap at most one more, put
//! off until there is room again (DESIGN 6).

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::mail_queue;
use crate::app::outbox::RecordsPayload;
use crate::app::sign_up::{MAIL_DAYS, cap_ids, lane};
use crate::crypto::token;
use crate::db::outbox::{self, OutboxRow};
use crate::db::rate_bucket::{self, Cap, Grant};
use crate::db::{Conn, Scope};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::CaseId;

/// Mails nobody authenticated asked for, per address and 24 h.
pub const CONFIRMATION_CAP: i64 = 3;
/// Links to a record whose contact was confirmed, per address and 24 h.
pub const ACCESS_CAP: i64 = 10;

/// Codes to a mailbox that claimants say is theirs, per address and 24 h, whoever asks.
pub const MAILBOX_CAP: i64 = 15;

/// What is counted together, per address and 24 h.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::app) enum MailCap {
    /// Mails that ask an address nobody confirmed.
    Confirmation,
    /// Links and codes into a record whose contact was confirmed.
    Access,
    /// Codes to a mailbox that claimants say is theirs.
    Mailbox,
}

impl MailCap {
    const fn limit(self) -> i64 {
        match self {
            Self::Confirmation => CONFIRMATION_CAP,
            Self::Access => ACCESS_CAP,
            Self::Mailbox => MAILBOX_CAP,
        }
    }
}

/// Asks the cap of an address for one more mail.
pub(in crate::app) async fn ask(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    cap: MailCap,
    email: &EmailAddress,
    request: Uuid,
) -> AppResult<Grant> {
    let now = ctx.clock.now();
    let ids = cap_ids(ctx, email, now);
    let own = |kind: &str, id: Uuid| {
        let hash = ctx.keyring.index.platform_hash(kind, &id.to_string());
        token::uuid_v8(hash)
    };
    let bucket = |id: Uuid| match cap {
        MailCap::Confirmation => id,
        MailCap::Access => own("access_cap", id),
        MailCap::Mailbox => own("mailbox_cap", id),
    };
    let cap = Cap {
        yesterday: bucket(ids.yesterday),
        today: bucket(ids.today),
        limit: cap.limit(),
        window_seconds: 86_400,
    };
    Ok(rate_bucket::grant(conn, scope, cap, request, now).await?)
}

/// At most one mail put off per address: its key is the address's hash on the day it is due. Gives
/// that key.
pub(in crate::app) async fn put_off(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    case: CaseId,
    email: &EmailAddress,
    at: DateTime<Utc>,
) -> AppResult<Uuid> {
    let key = cap_ids(ctx, email, at).today;
    let payload = RecordsPayload::of_address(ctx, case, email);
    let mail = OutboxRow {
        subject_id: key,
        id: key,
        association_id: None,
        case_id: None,
        kind: "resend".to_owned(),
        lane: lane(key),
        priority: 3,
        payload: serde_json::to_value(payload).map_err(AppError::internal)?,
        attempts: 0,
        due_at: at,
        created_at: ctx.clock.now(),
        expires_at: at + Duration::days(MAIL_DAYS),
        queue_id: Some(mail_queue::id_of(ctx, email.domain())),
    };
    outbox::insert(conn, scope, &mail).await?;
    Ok(key)
}
