//! Collects the evidence of an act of signing (DOMAIN 3.2): complete, or the signature is refused (R43).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::declaration::Basis;
use crate::app::error::{AppError, AppResult};
use crate::app::file_store::StoredFile;
use crate::app::session::ClaimantActor;
use crate::app::sign_up::Evidence as Origin;
use crate::crypto::{commitment, sha256};
use crate::db::signature::{LogPendingRow, RequestRow};
use crate::db::{Conn, outbox};
use crate::domain::accepted_text::TextKind;
use crate::domain::contact::Contact;
use crate::domain::email_address::EmailAddress;
use crate::domain::identity::Identity;
use crate::domain::signed_content::{SignedContent, SignedText};
use crate::domain::signing::{
    Acceptance, DigitalEvidence, Evidence, LogEntry, Report, RepresentationShown, SignerShown,
    TemplateUsed, TextShown,
};

/// The words by which the will to sign is told: the button of the page, and what the call of the API
/// means (DOMAIN 3.2). *source*: the same sentence stands above the code in mail and page.
pub const INTENT: &str = "Firmo la dichiarazione di danno e la pre-adesione che ho letto, nel documento con l'impronta SHA-256 indicata";

/// What shows that it was the signer.
#[derive(Clone, Copy)]
pub(in crate::app) enum Proof<'a> {
    /// The code of a mail, with the name as typed.
    Code(&'a str),
    /// A file with a digital signature, and what was found about it.
    File(&'a StoredFile, &'a Report),
}

/// The act, as far as it is known before it is written.
#[derive(Clone)]
pub(in crate::app) struct Act<'a> {
    /// The request whose code was right.
    pub(in crate::app) request: &'a RequestRow,
    /// What is signed.
    pub(in crate::app) content: &'a SignedContent,
    /// What shows that it was the signer.
    pub(in crate::app) proof: Proof<'a>,
    /// Its entry for the log.
    pub(in crate::app) log: &'a LogPendingRow,
    /// Outbox id of the receipt.
    pub(in crate::app) receipt: Uuid,
    /// Where the act came from.
    pub(in crate::app) origin: Origin,
    /// When, UTC.
    pub(in crate::app) at: DateTime<Utc>,
}

/// The evidence as canonical JSON.
///
/// # Errors
/// `Internal` if a part is missing: then nobody signs.
pub(in crate::app) async fn collect(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &ClaimantActor,
    basis: &Basis,
    act: Act<'_>,
) -> AppResult<Vec<u8>> {
    match act.proof {
        Proof::Code(typed) => collect_code(ctx, conn, actor, basis, act, typed).await,
        Proof::File(file, report) => collect_file(actor, &act, file, report),
    }
}

/// The evidence of a file with a digital signature.
fn collect_file(
    actor: &ClaimantActor,
    act: &Act<'_>,
    file: &StoredFile,
    report: &Report,
) -> AppResult<Vec<u8>> {
    let request = act.request;
    let template = act.content.template.split_once('/');
    let (template, version) = template.unwrap_or((&act.content.template, ""));
    let texts = accepted_texts(&request.acceptances, act.content);
    let signed_by = report.signatures.first().map(|it| it.name.as_str());
    let evidence = DigitalEvidence {
        format: Evidence::FORMAT.to_owned(),
        tier: DigitalEvidence::TIER.to_owned(),
        document_sha256: sha256::hex(&request.document_sha256),
        template: TemplateUsed {
            id: template.to_owned(),
            version: version.to_owned(),
        },
        texts: texts.iter().map(|text| text_shown(text)).collect(),
        signer: signer(act.content, signed_by.unwrap_or_default()),
        file_id: file.id.uuid(),
        file_size: file.size,
        file_sha256: sha256::hex(&file.sha256),
        report: report.clone(),
        generated_at: request.created_at,
        entered_at: act.at,
        ip: act.origin.address,
        user_agent: act.origin.user_agent.clone(),
        session_sha256: actor.session_sha256(),
        intent_text: INTENT.to_owned(),
        acceptances: accepted(&texts, request.created_at),
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

fn accepted(texts: &[&SignedText], at: DateTime<Utc>) -> Vec<Acceptance> {
    let accepted = texts.iter().map(|text| Acceptance {
        kind: text.kind,
        version: text.version.clone(),
        accepted_at: at,
    });
    accepted.collect()
}

/// The evidence of a code from a mail.
async fn collect_code(
    ctx: &Ctx,
    conn: &mut Conn,
    actor: &ClaimantActor,
    basis: &Basis,
    act: Act<'_>,
    full_name: &str,
) -> AppResult<Vec<u8>> {
    let request = act.request;
    let contact: Contact = basis.vault.unseal(
        "claimants",
        "contact_sealed",
        basis.row.contact_sealed.clone(),
    )?;
    let email = contact
        .email()
        .ok_or(AppError::IllegalTransition("otp_needs_email"))?;
    // registered before the first attempt; the code is known, so the mail went out
    let mail = outbox::find_sent(conn, actor.scope(), request.claimant_id, request.id).await?;
    let sent_at = request.sent_at.or(mail.as_ref().map(|mail| mail.sent_at));
    let template = act.content.template.split_once('/');
    let (template, version) = template.unwrap_or((&act.content.template, ""));
    let index = &ctx.keyring.index;
    let address_hash = index.hash(basis.row.case_id, "email", &email.normalized());
    let texts = accepted_texts(&request.acceptances, act.content);
    let evidence = Evidence {
        format: Evidence::FORMAT.to_owned(),
        tier: Evidence::TIER.to_owned(),
        document_sha256: sha256::hex(&request.document_sha256),
        template: TemplateUsed {
            id: template.to_owned(),
            version: version.to_owned(),
        },
        texts: texts.iter().map(|text| text_shown(text)).collect(),
        signer: signer(act.content, full_name),
        channel: "email".to_owned(),
        address_masked: EmailAddress::masked(email),
        address_hash: sha256::hex(&address_hash),
        provider_message_id: mail.map(|mail| mail.code),
        otp_hash: sha256::hex(&request.code_hash),
        generated_at: request.created_at,
        sent_at,
        entered_at: act.at,
        attempts: u32::try_from(request.attempts).unwrap_or(0) + 1,
        ip: act.origin.address,
        user_agent: act.origin.user_agent,
        session_sha256: actor.session_sha256(),
        intent_text: INTENT.to_owned(),
        acceptances: accepted(&texts, request.created_at),
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

/// The texts that were accepted, from `kind=version`.
pub(in crate::app) fn accepted_texts<'a>(
    acceptances: &[String],
    content: &'a SignedContent,
) -> Vec<&'a SignedText> {
    let kinds: Vec<TextKind> = acceptances
        .iter()
        .filter_map(|line| TextKind::parse(line.split_once('=')?.0))
        .collect();
    let texts = content.texts.iter();
    texts.filter(|text| kinds.contains(&text.kind)).collect()
}

/// A text as the evidence names it.
pub(in crate::app) fn text_shown(text: &SignedText) -> TextShown {
    TextShown {
        kind: text.kind,
        version: text.version.clone(),
        sha256: text.sha256.clone(),
    }
}

/// Who signed, for the evidence.
pub(in crate::app) fn signer(content: &SignedContent, typed_name: &str) -> SignerShown {
    let entity = match &content.identity {
        Identity::Person(_) => None,
        Identity::Entity(entity) => Some(entity.name().to_owned()),
    };
    SignerShown {
        name: content.signer(),
        typed_name: typed_name.to_owned(),
        codice_fiscale: content.signer_codice_fiscale().map(str::to_owned),
        entity,
        capacity: content.capacity.clone(),
        representation: content
            .representative
            .as_ref()
            .map(|acting| RepresentationShown {
                represented: content.identity.display_name(),
                represented_codice_fiscale: content.identity.codice_fiscale().map(str::to_owned),
                title: acting.title().as_str().to_owned(),
                title_document: acting.title_document().to_owned(),
                valid_from: acting.valid_from(),
                valid_until: acting.valid_until(),
            }),
    }
}
