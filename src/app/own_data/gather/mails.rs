//! Mails that went out, and what came back of them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{AT_ONCE, collected};
use crate::app::error::AppResult;
use crate::app::own_history;
use crate::db::{Conn, Scope, own_data};

pub(super) async fn mails(conn: &mut Conn, subjects: &[Uuid]) -> AppResult<Value> {
    let mut all = Vec::new();
    let mut before = None;
    loop {
        let part = own_history::mails_of(conn, subjects, before, AT_ONCE).await?;
        all.extend(part.items.into_iter().map(|mail| {
            json!({
                "kind": mail.kind, "sent_at": mail.sent_at, "code": mail.code, "state": mail.state,
            })
        }));
        before = part.next;
        if before.is_none() {
            return Ok(Value::Array(all));
        }
    }
}

/// What came back of mails, the newest thousand.
pub(super) async fn returned(conn: &mut Conn, scope: Scope, subjects: &[Uuid]) -> AppResult<Value> {
    let rows = own_data::list_bounces(conn, scope, subjects, 1_000).await?;
    collected(rows, |row| {
        let received_at: DateTime<Utc> = row.received_at;
        Ok(json!({
            "mail": row.mail_kind, "mail_sent_at": row.mail_sent_at, "kind": row.kind,
            "status": row.status, "said": row.diagnostic, "at": received_at,
            "evidence_of_an_outage": row.is_evidence,
        }))
    })
}
