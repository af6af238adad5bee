//! What was declared and signed, and what the evidence log holds of it.

use serde_json::{Value, json};

use super::{AT_ONCE, OWN_ACTIONS, collected};
use crate::app::error::{AppError, AppResult};
use crate::app::vault::Vault;
use crate::crypto::sha256;
use crate::db::signature::SignatureRow;
use crate::db::{Conn, Scope, declaration, own_data, signature_file};
use crate::domain::ids::ClaimantId;

pub(super) async fn declarations(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let mut all = Vec::new();
    let mut after = 0;
    loop {
        let rows =
            own_data::list_declarations(conn, scope, claimant, after, i64::from(AT_ONCE)).await?;
        let Some(last) = rows.last() else {
            return Ok(Value::Array(all));
        };
        after = last.version;
        for row in rows {
            let content: Value = vault.unseal("declarations", "sealed", row.sealed)?;
            all.push(json!({
                "version": row.version, "declared_at": row.created_at, "template": row.template,
                "document_sha256": sha256::hex(&row.document_sha256),
                "total_cents": row.total_cents, "open_items": row.open_items, "flags": row.flags,
                "checked": row.checked, "checked_at": row.checked_at,
                "typed_by_staff": row.typed_how,
                "content": content,
            }));
        }
    }
}

pub(super) async fn draft(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let Some(row) = declaration::find_draft(conn, scope, claimant).await? else {
        return Ok(Value::Null);
    };
    let content: Value = vault.unseal("declaration_drafts", "sealed", row.sealed)?;
    Ok(json!({ "changed_at": row.updated_at, "content": content }))
}

pub(super) fn signatures(vault: &Vault, rows: &[SignatureRow]) -> AppResult<Value> {
    collected(rows.iter().cloned(), |row| {
        let evidence = vault.unseal_bytes("signatures", "evidence", row.evidence)?;
        let evidence: Value = serde_json::from_slice(&evidence).map_err(AppError::internal)?;
        Ok(json!({
            "version": row.version, "tier": row.tier, "signed_at": row.signed_at,
            "document_sha256": sha256::hex(&row.document_sha256),
            "evidence_sha256": sha256::hex(&row.evidence_sha256),
            "acceptances": row.acceptances, "evidence": evidence,
        }))
    })
}

pub(super) async fn signature_requests(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let rows = own_data::list_signature_requests(conn, scope, claimant).await?;
    collected(rows, |row| {
        let evidence: Value = vault.unseal("signature_requests", "evidence", row.evidence)?;
        Ok(json!({
            "version": row.version, "tier": row.tier,
            "document_sha256": sha256::hex(&row.document_sha256),
            "acceptances": row.acceptances, "attempts": row.attempts,
            "created_at": row.created_at, "expires_at": row.expires_at, "sent_at": row.sent_at,
            "used_at": row.used_at, "voided_at": row.voided_at, "evidence": evidence,
        }))
    })
}

pub(super) async fn signature_files(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let rows = signature_file::list(conn, scope, claimant, i64::MAX).await?;
    collected(rows, |row| {
        let report: Value = vault.unseal("signature_files", "report", row.report)?;
        Ok(json!({
            "version": row.version, "verdict": row.verdict, "size": row.size,
            "sha256": sha256::hex(&row.sha256), "kept": row.kept, "report": report,
        }))
    })
}

/// What the evidence log holds: signatures, and decisions a claimant may know of.
pub(super) async fn log_entries(
    conn: &mut Conn,
    scope: Scope,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let entries = own_data::list_entries(conn, scope, claimant).await?;
    let mut all: Vec<Value> = Vec::with_capacity(entries.len());
    for row in entries {
        all.push(json!({
            "id": row.id, "kind": row.kind, "version": row.version, "at": row.created_at,
            "commitment": sha256::hex(&row.commitment),
            "leaf_index": row.leaf_index, "entered_at": row.entered_at,
        }));
    }
    for row in own_data::list_events(conn, scope, claimant).await? {
        if !may_know(&row.content) {
            continue;
        }
        all.push(json!({
            "id": row.id, "kind": row.kind, "at": row.created_at,
            "leaf_index": row.leaf_index, "entered_at": row.entered_at,
        }));
    }
    Ok(Value::Array(all))
}

/// Whether an event tells of something that stands in the claimant's trail.
fn may_know(content: &str) -> bool {
    let told: Value = serde_json::from_str(content).unwrap_or_default();
    let action = told.get("action").and_then(Value::as_str);
    action.is_some_and(|action| OWN_ACTIONS.contains(&action))
}
