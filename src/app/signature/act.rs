//! The act of signing: name and code are judged, the document is kept, then all is written at once.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::settle::{self, Judged, Signature};
use super::{code_hash, digital, open_request, signable_here};
use crate::app::audit::Actor;
use crate::app::ctx::Ctx;
use crate::app::declaration::read_basis;
use crate::app::declaration_document;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::evidence::{self, Act, Proof};
use crate::app::session::{self, ClaimantActor};
use crate::app::sign_up::Evidence as Origin;
use crate::app::signed_document;
use crate::crypto::challenge::verify;
use crate::crypto::sha256;
use crate::db::claimant;
use crate::db::signature as db;
use crate::domain::claimant::ClaimantState;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::reference::Reference;
use crate::domain::signing::{ATTEMPTS, same_name};

/// The act of signing, as it comes in.
#[derive(Clone, Default)]
pub struct SignatureInput {
    /// Id of the request.
    pub request: Option<String>,
    /// Six digits.
    pub code: Option<String>,
    /// Given and family name of who signs.
    pub full_name: Option<String>,
}

/// What was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// State of the record now.
    pub state: ClaimantState,
    /// When, UTC.
    pub signed_at: DateTime<Utc>,
    /// SHA-256 of the document, hex.
    pub document_sha256: String,
}

impl std::fmt::Debug for SignatureInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignatureInput(..)")
    }
}

/// Signs with the code. A wrong name costs no attempt, a wrong code costs one of five (R43); both are told at once.
///
/// *effects*: the sealed PDF in the blob store, then in one transaction signature with evidence, entry
/// for the log, keys of the mailboxes, state `signed`, the mail `receipt`, audit `sign`.
///
/// # Errors
/// `Invalid` at `/request_id`, `/code`, `/full_name`; `TokenUsed`, `TokenExpired`; `IllegalTransition`
/// if a newer version or request replaced this one; `Unavailable` if the PDF cannot be kept.
pub async fn sign(
    ctx: &Ctx,
    actor: &ClaimantActor,
    input: SignatureInput,
    origin: Origin,
) -> AppResult<Signed> {
    let directory = ctx.directories.get(ctx).await?;
    let asked = Asked::parse(&input)?;
    let judged = judge(ctx, actor, &directory, &asked).await?;
    let document = print(ctx, &judged).await?;
    let writing = Writing {
        request: asked.request,
        proof: Proof::Code(&asked.full_name),
        judged: &judged,
        document: &document,
    };
    finish(ctx, actor, &directory, &writing, origin).await
}

/// An act of signing that is about to be written.
pub(super) struct Writing<'a> {
    /// The request.
    pub(super) request: Uuid,
    /// What shows that it was the signer.
    pub(super) proof: Proof<'a>,
    /// The request as it was judged.
    pub(super) judged: &'a Judged,
    /// The document, printed.
    pub(super) document: &'a [u8],
}

impl Writing<'_> {
    const fn tier(&self) -> &'static str {
        match self.proof {
            Proof::Code(_) => "otp",
            Proof::File(..) => "digital",
        }
    }
}

/// Prints what was judged.
///
/// # Errors
/// `IllegalTransition` if it is not the document that was shown.
pub(super) async fn print(ctx: &Ctx, judged: &Judged) -> AppResult<Vec<u8>> {
    let document = declaration_document::render(ctx, judged.content.clone()).await?;
    if sha256::digest(&document) != judged.declared.document_sha256 {
        // the program was replaced between declaring and signing: what is signed must be what was shown
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    Ok(document)
}

/// Keeps the document and writes the act; see [`sign`].
pub(super) async fn finish(
    ctx: &Ctx,
    actor: &ClaimantActor,
    directory: &Directory,
    writing: &Writing<'_>,
    origin: Origin,
) -> AppResult<Signed> {
    let judged = writing.judged;
    let key = signed_document::keep(ctx, &judged.vault, &judged.declared, writing.document).await?;
    let done = write(ctx, actor, directory, writing, key, origin).await;
    if done.is_err() {
        settle::leave_no_document(ctx, actor.scope(), actor.claimant()).await;
    }
    done
}

/// What was typed to sign.
struct Asked {
    request: Uuid,
    code: String,
    full_name: String,
}

impl Asked {
    fn parse(input: &SignatureInput) -> AppResult<Self> {
        let mut errors = FieldErrors::new();
        let filled = |text: &Option<String>| {
            let text = text.as_deref().map(str::trim).unwrap_or_default();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let request = filled(&input.request);
        if request.is_none() {
            errors.push("/request_id", FieldCode::Required, "error-request-required");
        }
        let code = filled(&input.code).map(|code| {
            let digits = code.chars().filter(|char| !char.is_whitespace());
            digits.collect::<String>()
        });
        match &code {
            None => errors.push("/code", FieldCode::Required, "error-code-required"),
            Some(code) if Reference::looks_like_one(code) => {
                errors.push("/code", FieldCode::Format, "error-code-of-mail");
            }
            Some(_) => {}
        }
        let full_name = filled(&input.full_name);
        if full_name.is_none() {
            errors.push(
                "/full_name",
                FieldCode::Required,
                "error-full-name-required",
            );
        }
        match (request, code, full_name) {
            (Some(request), Some(code), Some(full_name)) if errors.is_empty() => Ok(Self {
                request: Uuid::parse_str(&request).unwrap_or(Uuid::nil()),
                code,
                full_name,
            }),
            _ => Err(errors.into()),
        }
    }
}

/// Judges name and code; counts a wrong code, and keeps that count whatever follows.
async fn judge(
    ctx: &Ctx,
    actor: &ClaimantActor,
    directory: &Directory,
    asked: &Asked,
) -> AppResult<Judged> {
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    claimant::lock(&mut tx, scope, actor.claimant()).await?;
    let basis = read_basis(ctx, &mut tx, scope, actor.claimant()).await?;
    let row = open_request(ctx, &mut tx, scope, &basis.row, (asked.request, "otp")).await?;
    let (content, declared) = signable_here(ctx, directory, &basis)?;
    if declared.version != row.version {
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    let given = code_hash(
        ctx,
        &basis.row,
        row.id,
        &row.document_sha256,
        Some(&asked.code),
    );
    let is_own_name = same_name(&asked.full_name, &content.signer());
    let is_own_code = same(&given, &row.code_hash);
    let mut errors = FieldErrors::new();
    if !is_own_name {
        let reason = if is_own_code {
            "error-full-name-mismatch"
        } else {
            "error-full-name-other"
        };
        errors.push("/full_name", FieldCode::UnknownValue, reason);
    }
    if !is_own_code {
        let limit = i16::try_from(ATTEMPTS).unwrap_or(i16::MAX);
        db::mark_attempt(&mut tx, scope, actor.claimant(), row.id, limit).await?;
        errors.push("/code", FieldCode::UnknownValue, "error-code-wrong");
    }
    tx.commit().await?;
    if !errors.is_empty() {
        return Err(errors.into());
    }
    let declared = declared.clone();
    Ok(Judged {
        vault: basis.vault,
        content,
        declared,
        case: basis.row.case_id,
    })
}

async fn write(
    ctx: &Ctx,
    actor: &ClaimantActor,
    directory: &Directory,
    writing: &Writing<'_>,
    document_key: String,
    origin: Origin,
) -> AppResult<Signed> {
    let (scope, judged) = (actor.scope(), writing.judged);
    let report = match writing.proof {
        Proof::File(_, report) => Some(report),
        Proof::Code(_) => None,
    };
    let begun = settle::begin(ctx, scope, judged, report.is_some()).await;
    let mut signing = begun.map_err(|error| match error {
        // erased meanwhile: nobody is signed in any more
        AppError::NotFound => AppError::Unauthenticated,
        other => other,
    })?;
    let tx = &mut signing.tx;
    let basis = read_basis(ctx, tx, scope, actor.claimant()).await?;
    let asked = (writing.request, writing.tier());
    let row = open_request(ctx, tx, scope, &signing.before, asked).await?;
    let (_, declared) = signable_here(ctx, directory, &basis)?;
    if declared.version != row.version || declared.version != judged.declared.version {
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    if !db::mark_request_used(tx, scope, actor.claimant(), row.id, signing.at).await? {
        return Err(AppError::TokenUsed);
    }
    let act = Act {
        request: &row,
        content: &judged.content,
        proof: writing.proof,
        log: &signing.entry,
        receipt: signing.receipt.id,
        origin,
        at: signing.at,
    };
    let evidence = evidence::collect(ctx, tx, actor, &basis, act).await?;
    if let Proof::File(file, report) = writing.proof {
        digital::own(tx, scope, judged, &row, (file, report)).await?;
    }
    session::keep(ctx, tx, actor).await?;
    let signature = Signature {
        tier: row.tier,
        request: Some(row.id),
        acceptances: row.acceptances,
        document_key,
        evidence,
        by: Actor::Claimant(actor.claimant()),
        report,
    };
    settle::finish(ctx, signing, judged, signature).await
}

fn same(given: &[u8], stored: &[u8]) -> bool {
    <[u8; 32]>::try_from(given).is_ok_and(|given| verify(&given, stored))
}
