//! The rows of one claimant, opened, as one JSON document `joinder-own-data/1`.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::vault::Vault;
use crate::app::{document, import, own_history};
use crate::db::audit::{self, AuditRow};
use crate::db::claimant::ClaimantRow;
use crate::db::signature::SignatureRow;
use crate::db::{
    Conn, Scope, consent, contact_change, contact_request, mailbox, own_data, partner_event,
    partner_submission, representative, rights_request,
};
use crate::domain::ids::ClaimantId;
use crate::domain::reference::Reference;

mod mails;
mod signed;
mod staff;

/// Name and version of the form.
const FORMAT: &str = "joinder-own-data/1";

/// Rows read at a time where there may be many.
const AT_ONCE: u16 = 200;

/// What of the trail a claimant may know of: what they did, what was done for them, who looked. Whatever
/// is not named stays out: a clash of two records would tell of somebody else (R30, R55).
const OWN_ACTIONS: [&str; 51] = [
    "announce_lifting",
    "answer_rights_request",
    "approve_contact",
    "change_contact",
    "confirm",
    "confirm_by_staff",
    "consent",
    "contact_unreachable",
    "correct_email",
    "declare",
    "disown",
    "end_payout_freeze",
    "enter",
    "enter_email",
    "erase",
    "extend_rights_request",
    "freeze_payout",
    "give_identity",
    "give_payout",
    "give_phone",
    "lift_restriction",
    "mail_bounced",
    "mail_complaint",
    "mail_delayed",
    "mail_suppressed",
    "move_in",
    "move_out",
    "own_again",
    "prove_mailbox",
    "receive_rights_request",
    "reject",
    "reject_contact",
    "reject_payout",
    "release_payout",
    "request_contact_change",
    "request_mailbox_code",
    "request_payout_code",
    "request_signature",
    "restrict",
    "sign",
    "sign_up",
    "stop_contact_change",
    "stop_payout",
    "take_contact",
    "type_contact",
    "type_payout",
    super::TAKEN,
    crate::app::trail::VIEW,
    crate::app::trail::DOWNLOAD,
    "withdraw",
    "wrong_code",
];

/// Everything as JSON. Ends under the platform's rights.
#[expect(clippy::too_many_lines, reason = "one part after the other")]
pub(super) async fn rows(
    ctx: &Ctx,
    tx: &mut crate::db::Tx,
    directory: &Directory,
    vault: &Vault,
    row: &ClaimantRow,
    signed: &[SignatureRow],
) -> AppResult<Vec<u8>> {
    let scope = Scope::Association(row.association());
    let mut all = record(ctx, directory, vault, row)?;
    let claimant = row.claimant();
    put(
        &mut all,
        "identities",
        identities(tx, scope, vault, claimant).await?,
    );
    put(
        &mut all,
        "mailboxes",
        mailboxes(tx, scope, vault, claimant).await?,
    );
    put(
        &mut all,
        "consents",
        consents(tx, scope, vault, claimant).await?,
    );
    put(
        &mut all,
        "declarations",
        signed::declarations(tx, scope, vault, claimant).await?,
    );
    put(
        &mut all,
        "draft",
        signed::draft(tx, scope, vault, claimant).await?,
    );
    put(&mut all, "signatures", signed::signatures(vault, signed)?);
    put(
        &mut all,
        "signature_requests",
        signed::signature_requests(tx, scope, vault, claimant).await?,
    );
    put(
        &mut all,
        "log_entries",
        signed::log_entries(tx, scope, claimant).await?,
    );
    put(
        &mut all,
        "payouts",
        payouts(tx, scope, vault, claimant).await?,
    );
    put(
        &mut all,
        "contact_changes",
        contact_changes(tx, scope, vault, claimant).await?,
    );
    put(
        &mut all,
        "contact_requests",
        contact_requests(tx, scope, vault, claimant).await?,
    );
    put(
        &mut all,
        "documents",
        documents(tx, scope, vault, claimant).await?,
    );
    put(
        &mut all,
        "signature_files",
        signed::signature_files(tx, scope, vault, claimant).await?,
    );
    put(
        &mut all,
        "representative",
        representative(tx, scope, vault, claimant).await?,
    );
    put(&mut all, "list", list(tx, scope, vault, claimant).await?);
    put(&mut all, "sent_by", sent_by(tx, scope, claimant).await?);
    put(
        &mut all,
        "links_and_codes",
        challenges(tx, scope, claimant).await?,
    );
    put(&mut all, "sessions", sessions(tx, scope, claimant).await?);
    put(&mut all, "trail", trail(tx, scope, vault, row).await?);
    put(&mut all, "looks", staff::looks(ctx, tx, row).await?);
    put(
        &mut all,
        "rights_requests",
        rights(tx, scope, vault, claimant).await?,
    );
    put(
        &mut all,
        "asked_for",
        staff::asked_for(tx, scope, claimant).await?,
    );
    put(
        &mut all,
        "sample_checks",
        staff::sample_checks(tx, scope, claimant).await?,
    );
    put(
        &mut all,
        "worked_on",
        staff::worked_on(tx, scope, claimant).await?,
    );
    let subjects = own_history::subjects(ctx, vault, row)?;
    put(
        &mut all,
        "returned_mails",
        mails::returned(tx, scope, &subjects).await?,
    );
    tx.enter(own_history::BY_ADDRESS).await?;
    put(&mut all, "mails", mails::mails(tx, &subjects).await?);
    serde_json::to_vec_pretty(&all).map_err(AppError::internal)
}

fn put(all: &mut Value, field: &str, value: Value) {
    if let Value::Object(fields) = all {
        fields.insert(field.to_owned(), value);
    }
}

/// The record itself, and who keeps it.
fn record(ctx: &Ctx, directory: &Directory, vault: &Vault, row: &ClaimantRow) -> AppResult<Value> {
    let case = directory.case(row.case())?;
    let keeper = case.association_by_id(row.association());
    let keeper = keeper.ok_or(AppError::NotFound)?;
    let contact: Value = vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?;
    Ok(json!({
        "format": FORMAT,
        "made_at": ctx.clock.now(),
        "controller": {
            "name": keeper.name,
            "email": keeper.email,
            "phone": keeper.phone,
            "website": keeper.website,
            "data_protection_officer": keeper.dpo,
        },
        "case": { "slug": case.slug, "title": case.title, "respondent": case.respondent.name },
        "record": {
            "id": row.id,
            "reference": Reference::of(row.claimant()).as_str(),
            "state": row.state,
            "state_changed_at": row.state_changed_at,
            "language": row.language,
            "came_through": row.via,
            "created_at": row.created_at,
            "confirmed_at": row.confirmed_at,
            "identity_given_at": row.identity_at,
            "signed_at": row.signed_at,
            "declared_version": row.declared_version,
            "signed_version": row.signed_version,
            "payout_given_at": row.payout_at,
            "payout_frozen_since": row.payout_frozen_at,
            "contact_changed_at": row.contact_changed_at,
            "contact_unreachable_since": row.unreachable_at,
            "moved_at": row.moved_at,
            "only_kept_since": row.restricted_at,
        },
        "contact": contact,
    }))
}

async fn identities(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let rows = own_data::list_identities(conn, scope, claimant).await?;
    collected(rows, |row| {
        let identity: Value = vault.unseal("identities", "sealed", row.sealed)?;
        Ok(json!({
            "version": row.version, "capacity": row.capacity, "given_by": row.given_by,
            "given_at": row.created_at, "warnings": row.warnings,
            "to_check_since": row.to_check_at, "checked_at": row.checked_at, "identity": identity,
        }))
    })
}

async fn mailboxes(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let rows = mailbox::list(conn, scope, claimant).await?;
    collected(rows, |row| {
        let address: Value = vault.unseal("mailboxes", "sealed", row.sealed)?;
        Ok(json!({
            "id": row.id, "address": address, "plan": row.plan, "alias_of": row.alias_of,
            "treatment": row.treatment, "given_at": row.created_at,
            "control_proved_at": row.proved_at, "control_proved_by": row.proof,
        }))
    })
}

async fn consents(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let rows = consent::list(conn, scope, claimant).await?;
    collected(rows, |row| {
        let evidence = row
            .evidence
            .map(|sealed| vault.unseal("consents", "evidence", sealed));
        let evidence: Option<Value> = evidence.transpose()?;
        Ok(json!({
            "purpose": row.purpose, "text_version": row.text_version, "given": row.given,
            "channel": row.channel, "at": row.created_at, "evidence": evidence,
        }))
    })
}

async fn payouts(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let rows = own_data::list_payouts(conn, scope, claimant).await?;
    collected(rows, |row| {
        let payout: Value = vault.unseal("payouts", "sealed", row.sealed)?;
        Ok(json!({
            "version": row.version, "given_at": row.created_at, "counts_from": row.effective_at,
            "stopped_at": row.stopped_at, "stopped_by": row.stopped_by, "told_at": row.told_at,
            "typed_by_staff": row.typed_by.is_some(), "released_at": row.released_at,
            "payout": payout,
        }))
    })
}

async fn contact_changes(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let rows = contact_change::list(conn, scope, claimant).await?;
    collected(rows, |row| {
        let new: Value = vault.unseal("contact_changes", "new_sealed", row.new_sealed)?;
        let former: Option<Value> = row
            .former_sealed
            .map(|sealed| vault.unseal("contact_changes", "former_sealed", sealed))
            .transpose()?;
        Ok(json!({
            "asked_at": row.created_at, "changed_at": row.done_at, "told_at": row.told_at,
            "notice_lost_at": row.lost_at, "stopped_at": row.stopped_at, "email": new, "former": former,
        }))
    })
}

/// Addresses that staff typed in.
async fn contact_requests(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let rows = contact_request::list(conn, scope, claimant).await?;
    collected(rows, |row| {
        let email: Value = vault.unseal("contact_requests", "new_sealed", row.new_sealed)?;
        Ok(json!({
            "typed_at": row.asked_at, "how": row.how, "email": email, "until": row.expires_at,
            "approved_at": row.approved_at, "ended_at": row.ended_at, "ended_as": row.ended_as,
        }))
    })
}

async fn documents(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let rows = document::read_all(conn, scope, vault, claimant).await?;
    collected(rows, |row| {
        let files = row.files.iter().map(|file| {
            json!({
                "position": file.position, "name": file.name.as_str(), "size": file.size,
                "media_type": file.file_type.media_type(), "sha256": file.sha256_hex(),
            })
        });
        Ok(json!({
            "number": row.number, "kind": row.kind.as_str(), "scan": row.scan.as_str(),
            "added_by_staff": row.added_by_staff, "added_at": row.created_at,
            "removed_at": row.removed_at, "files": files.collect::<Vec<_>>(),
        }))
    })
}

/// Who acts for the claimant, as last recorded.
async fn representative(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let Some(row) = representative::find(conn, scope, claimant).await? else {
        return Ok(Value::Null);
    };
    let who = row
        .sealed
        .map(|sealed| vault.unseal("representatives", "sealed", sealed));
    let who: Option<Value> = who.transpose()?;
    Ok(
        json!({ "title": row.title, "given_by": row.given_by, "given_at": row.created_at, "who": who }),
    )
}

/// The partner site that sent the sign-up, which notice it says it showed, and what it was told in 90 days.
async fn sent_by(conn: &mut Conn, scope: Scope, claimant: ClaimantId) -> AppResult<Value> {
    let sender = partner_submission::find_sender(conn, scope, claimant).await?;
    let told = partner_event::list_of_claimant(conn, scope, claimant).await?;
    let told: Vec<Value> = told
        .into_iter()
        .map(|(state, at)| json!({ "state": state, "at": at }))
        .collect();
    Ok(sender.map_or(Value::Null, |(name, version, shown_at, at)| {
        json!({
            "partner": name, "notice_version": version, "notice_shown_at": shown_at, "at": at,
            "told": told,
        })
    }))
}

/// What an earlier list of the association said, for who was imported from one.
async fn list(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let listed = import::hints_of(conn, scope, vault, claimant).await?;
    Ok(listed.map_or(
        Value::Null,
        |listed| json!({ "listed_on": listed.listed_on, "said": listed.hints }),
    ))
}

async fn challenges(conn: &mut Conn, scope: Scope, claimant: ClaimantId) -> AppResult<Value> {
    let rows = own_data::list_challenges(conn, scope, claimant).await?;
    collected(rows, |row| {
        Ok(json!({
            "purpose": row.purpose, "created_at": row.created_at, "expires_at": row.expires_at,
            "used_at": row.used_at, "voided_at": row.voided_at,
        }))
    })
}

async fn sessions(conn: &mut Conn, scope: Scope, claimant: ClaimantId) -> AppResult<Value> {
    let rows = own_data::list_sessions(conn, scope, claimant).await?;
    collected(rows, |row| {
        Ok(json!({
            "created_at": row.created_at, "last_seen_at": row.last_seen_at,
            "expires_at": row.expires_at,
        }))
    })
}

async fn trail(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    row: &ClaimantRow,
) -> AppResult<Value> {
    let mut all = Vec::new();
    let mut before: Option<Uuid> = None;
    loop {
        let limit = i64::from(AT_ONCE);
        let rows = audit::list_some(conn, scope, row.id, &OWN_ACTIONS, before, limit).await?;
        let Some(last) = rows.last() else {
            return Ok(Value::Array(all));
        };
        before = Some(last.id);
        let people: Vec<Uuid> = rows
            .iter()
            .filter(|entry| entry.actor_kind == "staff")
            .filter_map(|entry| entry.actor_id)
            .collect();
        let roles = own_history::roles(conn, row.association(), &people).await?;
        for entry in rows {
            let role = entry.actor_id.and_then(|id| roles.get(&id));
            let own = own_words(vault, &entry)?;
            all.push(json!({
                "at": entry.created_at, "who": entry.actor_kind, "role": role,
                "action": entry.action, "before": entry.before, "after": entry.after,
                "own_words": own,
            }));
        }
    }
}

/// What the claimant wrote about an act of their own, such as why they withdrew.
fn own_words(vault: &Vault, entry: &AuditRow) -> AppResult<Option<String>> {
    let sealed = entry.sealed.clone();
    let own = sealed.filter(|_| entry.actor_kind == "claimant");
    own.map(|sealed| vault.unseal("audit", "sealed", sealed))
        .transpose()
}

/// Requests about the own data, with what was answered.
async fn rights(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Value> {
    let rows = rights_request::list(conn, scope, claimant, i64::MAX).await?;
    collected(rows, |row| {
        let open = |column, sealed: Option<Vec<u8>>| {
            let opened = sealed.map(|sealed| vault.unseal("rights_requests", column, sealed));
            let opened: AppResult<Option<Value>> = opened.transpose();
            opened
        };
        Ok(json!({
            "kind": row.kind, "channel": row.channel, "received_on": row.received_on,
            "due_on": row.due_on, "extended_at": row.extended_at,
            "answered_at": row.answered_at, "decision": row.decision,
            "outcome": row.outcome, "erased_by": row.erase_by, "carried_out_at": row.carried_out_at,
            "text": open("request_sealed", row.request_sealed)?,
            "extension_reason": open("extension_sealed", row.extension_sealed)?,
            "answer_reason": open("answer_sealed", row.answer_sealed)?,
            "lifting_announced_at": row.lifting_at, "lifts_at": row.lifts_at,
            "lifted_at": row.lifted_at,
            "lifting_reason": open("lifting_sealed", row.lifting_sealed)?,
        }))
    })
}

fn collected<R>(
    rows: impl IntoIterator<Item = R>,
    read: impl Fn(R) -> AppResult<Value>,
) -> AppResult<Value> {
    let all: AppResult<Vec<Value>> = rows.into_iter().map(read).collect();
    Ok(Value::Array(all?))
}
