//! Collects the evidence of a signature by hand (R44): complete, or there is no signature.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Kept;
use crate::app::error::{AppError, AppResult};
use crate::app::evidence::{accepted_texts, signer, text_shown};
use crate::crypto::{commitment, sha256};
use crate::db::declaration::DeclarationRow;
use crate::db::paper::HandInRow;
use crate::db::signature::LogPendingRow;
use crate::domain::signed_content::SignedContent;
use crate::domain::signing::{
    Acceptance, Approved, Evidence, HandedIn, LogEntry, PaperEvidence, TemplateUsed, TypedBy,
};

/// The act, as far as it is known before it is written.
pub(super) struct Act<'a> {
    pub(super) row: &'a HandInRow,
    pub(super) declared: &'a DeclarationRow,
    pub(super) kept: Kept,
    pub(super) content: &'a SignedContent,
    /// Texts accepted, as `kind=version`.
    pub(super) acceptances: &'a [String],
    pub(super) approver: Uuid,
    /// Names of the staff members concerned.
    pub(super) names: &'a HashMap<Uuid, String>,
    pub(super) log: &'a LogPendingRow,
    pub(super) receipt: Uuid,
    pub(super) at: DateTime<Utc>,
}

/// The evidence as canonical JSON.
///
/// # Errors
/// `Internal` if a part is missing: then nobody has signed.
pub(super) fn collect(act: Act<'_>) -> AppResult<Vec<u8>> {
    let (row, content) = (act.row, act.content);
    let template = content.template.split_once('/');
    let (template, version) = template.unwrap_or((&content.template, ""));
    let texts = accepted_texts(act.acceptances, content);
    let name_of = |id: Uuid| act.names.get(&id).cloned();
    let evidence = PaperEvidence {
        format: Evidence::FORMAT.to_owned(),
        tier: PaperEvidence::TIER.to_owned(),
        document_sha256: sha256::hex(&row.document_sha256),
        template: TemplateUsed {
            id: template.to_owned(),
            version: version.to_owned(),
        },
        texts: texts.iter().map(|text| text_shown(text)).collect(),
        signer: signer(content, &content.signer()),
        hand_in: row.id,
        signed_on: act.kept.signed_on,
        id_expires_on: act.kept.id_expires_on,
        sheets: act.kept.sheets,
        typed_by: typed_by(act.declared, act.names)?,
        handed_in: HandedIn {
            by: row.handed_in_by.map_or("claimant", |_| "staff").to_owned(),
            operator: row.handed_in_by.and_then(name_of),
            operator_id: row.handed_in_by,
            at: row.created_at,
            ip: act.kept.ip,
            user_agent: act.kept.user_agent,
            session_sha256: act.kept.session_sha256,
        },
        approved: Approved {
            operator: name_of(act.approver)
                .ok_or_else(|| AppError::internal("an approver has no name"))?,
            operator_id: act.approver,
            at: act.at,
        },
        entered_at: act.at,
        acceptances: texts
            .iter()
            .map(|text| Acceptance {
                kind: text.kind,
                version: text.version.clone(),
                accepted_at: row.created_at,
            })
            .collect(),
        log_entry: LogEntry {
            id: act.log.id,
            commitment: sha256::hex(&act.log.commitment),
        },
        timestamp_token: None,
        receipt_outbox_id: Some(act.receipt),
    };
    evidence.check_complete().map_err(AppError::internal)?;
    Ok(commitment::canonical_json(&evidence)?)
}

/// Who typed the declaration in the claimant's place.
fn typed_by(
    declared: &DeclarationRow,
    names: &HashMap<Uuid, String>,
) -> AppResult<Option<TypedBy>> {
    let (Some(operator_id), Some(how)) = (declared.typed_by, declared.typed_how.clone()) else {
        return Ok(None);
    };
    let operator = names.get(&operator_id).cloned();
    Ok(Some(TypedBy {
        operator: operator.ok_or_else(|| AppError::internal("who typed it has no name"))?,
        operator_id,
        how,
        at: declared.created_at,
    }))
}
