//! What a claimant declared and signed, as staff see it; signed document and evidence to take along.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::declaration::{alarm, content_of};
use crate::app::declaration_document::{self as words, compensation_words, place_words};
use crate::app::error::{AppError, AppResult};
use crate::app::payout::{self, OpenPayout};
use crate::app::receipt::{self, Place};
use crate::app::signature_file::{self, ShownFile};
use crate::app::signed_version;
use crate::app::signing_attestation;
use crate::app::staff::StaffActor;
use crate::app::trail;
use crate::app::vault::Vault;
use crate::crypto::sha256;
use crate::db::claimant_list as rows;
use crate::db::declaration::{self, DeclarationRow};
use crate::db::signature::{self, SignatureRow};
use crate::db::{Conn, payout as db_payout};
use crate::domain::declaration::{Declaration, Elsewhere};
use crate::domain::ids::ClaimantId;
use crate::domain::permission::{Operation, operation};
use crate::domain::reference::Reference;
use crate::domain::signed_content::SignedContent;
use crate::render::document::{Circumstances, PrintedMailbox};

/// Versions of a declaration and what the newest says.
#[derive(Debug, Default)]
pub struct Declared {
    /// Every version, newest first.
    pub versions: Vec<ShownVersion>,
    /// What the newest says.
    pub newest: Option<ShownDeclaration>,
    /// Where to pay now, masked.
    pub payout: Option<ShownPayout>,
    /// Where to pay after the hold of a change, masked (R26).
    pub payout_pending: Option<ShownPayout>,
    /// Files that were brought with a digital signature, newest first.
    pub files: Vec<ShownFile>,
}

impl Declared {
    /// Whether all that is stored is what was declared and signed.
    pub fn is_intact(&self) -> bool {
        self.versions.iter().all(|version| version.intact)
    }
}

/// A version of a declaration.
#[derive(Debug)]
pub struct ShownVersion {
    /// From 1.
    pub version: i32,
    /// When it was declared, UTC.
    pub declared_at: DateTime<Utc>,
    /// Sum of the amounts, euro cents.
    pub total_cents: i64,
    /// Items without an amount, which come on top; none: not counted yet.
    pub open_items: Option<i16>,
    /// Codes of what staff should look at.
    pub flags: Vec<String>,
    /// Those of them that staff looked at and found in order.
    pub checked: Vec<String>,
    /// When they last did, UTC.
    pub checked_at: Option<DateTime<Utc>>,
    /// SHA-256 of the PDF, hex.
    pub document_sha256: String,
    /// Who of the staff typed it and how it was told (`phone`, `desk`, `post`); none: the claimant did.
    pub typed: Option<(Uuid, String)>,
    /// How and when it was signed, if it was.
    pub signature: Option<ShownSignature>,
    /// False: what is stored is not what was declared or signed (R38). Nothing of it may be used.
    pub intact: bool,
}

/// A signature.
#[derive(Debug)]
pub struct ShownSignature {
    /// `otp`, `digital` or `paper`.
    pub tier: String,
    /// When, UTC.
    pub signed_at: DateTime<Utc>,
    /// What was accepted, as `kind=version`.
    pub acceptances: Vec<String>,
}

/// What a version says, in the words of its document (Italian).
pub struct ShownDeclaration {
    /// Its number.
    pub version: i32,
    /// Per mailbox and incident. Who may not see them gets no free texts.
    pub mailboxes: Vec<PrintedMailbox>,
    /// Contract, complaint, claims elsewhere.
    pub circumstances: Circumstances,
    /// What happened in the claimant's words; only for who may see it (R37).
    pub narrative: Option<String>,
    /// Whether free texts are hidden from the actor.
    pub masked: bool,
    /// Sum of the amounts, euro cents.
    pub total_cents: i64,
    /// Items without an amount, which come on top.
    pub open_items: usize,
}

/// Where to pay.
#[derive(Debug)]
pub struct ShownPayout {
    /// IBAN, masked.
    pub iban: String,
    /// When it was given, UTC.
    pub given_at: DateTime<Utc>,
    /// From when it counts, UTC.
    pub effective_at: DateTime<Utc>,
}

/// What of a signed version is taken along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The PDF.
    Document,
    /// The evidence of the act of signing, canonical JSON.
    Evidence,
    /// All that proves it: what the claimant keeps.
    Receipt,
    /// When and how it was signed, as a PDF to read.
    Attestation,
}

impl Part {
    const fn operation(self) -> &'static Operation {
        match self {
            Self::Document => &operation::CLAIMANT_DOCUMENT,
            Self::Evidence => &operation::CLAIMANT_EVIDENCE,
            Self::Receipt => &operation::CLAIMANT_RECEIPT,
            Self::Attestation => &operation::CLAIMANT_ATTESTATION,
        }
    }
}

/// A file to take along.
pub struct Taken {
    /// Its name: reference and version, nothing personal.
    pub name: String,
    /// Its media type.
    pub kind: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What the claimant declared; free texts only for who sees them. Each signed version is held against its
/// evidence (R38): of one that is not what was signed only the row is shown, as not intact, and the
/// operator is told; the person is there all the same.
///
/// # Errors
/// As the database says.
pub(in crate::app) async fn read(
    conn: &mut Conn,
    actor: &StaffActor,
    vault: &Vault,
    claimant: ClaimantId,
    (sees, now): (Sees, DateTime<Utc>),
) -> AppResult<Declared> {
    let (scope, association) = (actor.scope(), actor.association_id());
    let declared = rows::list_versions(conn, scope, association, claimant).await?;
    let signatures = signature::list(conn, scope, claimant).await?;
    let payouts = db_payout::find(conn, scope, claimant, now).await?;
    let mut newest = None;
    let mut versions = Vec::with_capacity(declared.len());
    for (place, row) in declared.into_iter().enumerate() {
        let signed = signatures.iter().find(|it| it.version == row.version);
        let content = match signed {
            Some(signed) => signed_version::content(vault, &row, signed).map(Some),
            None if place == 0 => content_of(vault, &row).map(Some).map_err(|_| alarm(&row)),
            None => Ok(None),
        };
        let intact = content.is_ok();
        if place == 0 {
            let content = content.ok().flatten();
            newest = content.map(|content| shown(row.version, &content, sees));
        }
        versions.push(version(row, signed, intact));
    }
    let [payout, pending] = payout::open(vault, payouts)?;
    let shown_payout = |open: OpenPayout| ShownPayout {
        iban: open.payout.masked(),
        given_at: open.given_at,
        effective_at: open.effective_at,
    };
    let files = signature_file::read(conn, scope, vault, claimant).await?;
    Ok(Declared {
        versions,
        newest,
        payout: payout.map(shown_payout),
        payout_pending: pending.map(shown_payout),
        files,
    })
}

/// What an actor may see of free texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum Sees {
    /// All of it.
    Everything,
    /// Words of fixed lists, days and sums.
    NoFreeText,
}

/// Takes a part of a signed version along. Audited as `view_signed` before a byte goes out.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound` for a claimant of others or a version nobody signed;
/// `Internal`, with an alarm, if it is not what was signed (R38).
pub async fn take(
    ctx: &Ctx,
    actor: &StaffActor,
    claimant: ClaimantId,
    version: i32,
    part: Part,
) -> AppResult<Taken> {
    let opened = open(ctx, actor, part.operation(), claimant, version).await?;
    let (vault, declared, signed) = (&opened.vault, &opened.declared, &opened.signed);
    let (bytes, kind, ending) = match part {
        Part::Document => {
            let bytes = signed_version::copy(ctx, vault, declared, signed).await?;
            (bytes, "application/pdf", "pdf")
        }
        Part::Evidence => {
            let bytes = signed_version::evidence(vault, declared, signed)?;
            (bytes, "application/json", "json")
        }
        Part::Receipt => {
            let place = opened.place;
            let kept = receipt::assemble(ctx, vault, (declared, signed), place).await?;
            let bytes = serde_json::to_vec(&kept).map_err(AppError::internal)?;
            (bytes, "application/json", "receipt.json")
        }
        Part::Attestation => {
            let place = opened.place;
            let kept = receipt::assemble(ctx, vault, (declared, signed), place).await?;
            let bytes = signing_attestation::of(ctx, &kept).await?;
            (bytes, "application/pdf", "attestazione.pdf")
        }
    };
    let reference = Reference::of(claimant);
    Ok(Taken {
        name: format!("{}-v{version}.{ending}", reference.as_str()),
        kind,
        bytes,
    })
}

struct OpenVersion {
    vault: Vault,
    declared: DeclarationRow,
    signed: SignatureRow,
    place: Place,
}

/// Reads a signed version and notes in the same transaction that it was seen in clear (DESIGN 3.8).
async fn open(
    ctx: &Ctx,
    actor: &StaffActor,
    operation: &Operation,
    claimant: ClaimantId,
    version: i32,
) -> AppResult<OpenVersion> {
    actor.require(operation)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    rows::get(&mut tx, scope, actor.association_id(), claimant).await?;
    let declared = declaration::find(&mut tx, scope, claimant, version).await?;
    let signed = signature::find(&mut tx, scope, claimant, version).await?;
    let (Some(declared), Some(signed)) = (declared, signed) else {
        return Err(AppError::NotFound);
    };
    let place = Place::read(&mut tx, scope, claimant, version).await?;
    let vault = Vault::open(ctx, &mut tx, scope, claimant).await?;
    let mut deed = actor.deed(claimant.uuid(), trail::DOWNLOAD);
    deed.detail = json!({ "what": operation.name, "version": version });
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    Ok(OpenVersion {
        vault,
        declared,
        signed,
        place,
    })
}

fn version(row: DeclarationRow, signed: Option<&SignatureRow>, intact: bool) -> ShownVersion {
    ShownVersion {
        version: row.version,
        declared_at: row.created_at,
        total_cents: row.total_cents,
        open_items: row.open_items,
        flags: row.flags,
        checked: row.checked,
        checked_at: row.checked_at,
        typed: row.typed_by.zip(row.typed_how),
        document_sha256: sha256::hex(&row.document_sha256),
        signature: signed.map(|signed| ShownSignature {
            tier: signed.tier.clone(),
            signed_at: signed.signed_at,
            acceptances: signed.acceptances.clone(),
        }),
        intact,
    }
}

fn shown(version: i32, content: &SignedContent, sees: Sees) -> ShownDeclaration {
    let declaration = &content.declaration;
    let mut mailboxes: Vec<PrintedMailbox> = declaration
        .mailboxes()
        .iter()
        .map(|it| words::mailbox(it, &content.documents))
        .collect();
    let mut circumstances = words::circumstances(declaration);
    let masked = sees == Sees::NoFreeText;
    if masked {
        hide_free_texts(&mut mailboxes, declaration);
        circumstances = without_free_texts(declaration);
    }
    ShownDeclaration {
        version,
        mailboxes,
        circumstances,
        narrative: declaration
            .narrative()
            .filter(|_| !masked)
            .map(str::to_owned),
        masked,
        total_cents: declaration.total_cents(),
        open_items: declaration.open_items(),
    }
}

/// Notes and descriptions may name health, other people or anything else (R37).
fn hide_free_texts(mailboxes: &mut [PrintedMailbox], declaration: &Declaration) {
    let shown = mailboxes
        .iter_mut()
        .flat_map(|mailbox| mailbox.incidents.iter_mut());
    for (shown, (_, line)) in shown.zip(declaration.lines()) {
        let holder = if line.holder() {
            "il dichiarante"
        } else {
            "un'altra persona"
        };
        holder.clone_into(&mut shown.holder);
        compensation_words(line.compensation_received()).clone_into(&mut shown.compensation);
        for item in &mut shown.items {
            item.description = None;
        }
    }
}

fn without_free_texts(declaration: &Declaration) -> Circumstances {
    let told = |elsewhere: &Elsewhere| match elsewhere {
        Elsewhere::No => Vec::new(),
        Elsewhere::Yes => vec!["sì".to_owned()],
        Elsewhere::Listed(claims) => claims
            .iter()
            .map(|claim| place_words(claim.place()).to_owned())
            .collect(),
    };
    Circumstances {
        contract_version: None,
        contract_clause: None,
        complaint: declaration
            .complaint()
            .map(|complaint| place_words(complaint.place()).to_owned()),
        other_claims: told(declaration.other_claims()),
        already_compensated: told(declaration.already_compensated()),
    }
}

impl fmt::Debug for ShownDeclaration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ShownDeclaration({})", self.version)
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Taken({})", self.name)
    }
}
