//! Access and portability at once (artt. 15 and 20 GDPR): a ZIP of all that is stored about a claimant.
//!
//! `dati.json` holds what rests in rows, opened; beside it lie the files: signed documents, receipts and
//! attestations of signatures, what the claimant uploaded.
//! Nothing of others is in it (R55): no conflict, no duplicate, no key that somebody holds; of staff the
//! role, never the name; notes of staff in free text stay out, for they may speak of others.
//!
//! In memory are the rows of one claimant, the attestations and one file at a time. Attestations are printed before
//! the archive begins: whoever comes while too many are being made is told so, and gets no half of an archive.

use std::collections::VecDeque;

use futures_util::stream::{self, BoxStream, StreamExt};
use serde_json::json;
use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::document::{self, MyDocument};
use crate::app::error::{AppError, AppResult};
use crate::app::file_store::{self, StoredFile};
use crate::app::receipt::{self, Place, Receipt};
use crate::app::rights;
use crate::app::session::ClaimantActor;
use crate::app::signed_version;
use crate::app::signing_attestation;
use crate::app::staff::StaffActor;
use crate::app::trail;
use crate::app::vault::Vault;
use crate::db::declaration::DeclarationRow;
use crate::db::signature::SignatureRow;
use crate::db::signature_file::{self, SignatureFileRow};
use crate::db::{Scope, Tx, claimant, declaration, own_data, rights_request, signature};
use crate::domain::ids::{ClaimantId, FileId};
use crate::domain::permission::operation;
use crate::domain::reason::Reason;
use crate::domain::reference::Reference;
use crate::domain::rights::{RightsDecision, RightsKind};
use crate::render::archive::Archive;
use crate::render::own_data as words;

mod gather;

/// The action in the trail.
pub(in crate::app) const TAKEN: &str = "take_own_data";

/// Everything about a claimant, made while it is read.
pub struct OwnData {
    /// File name, ASCII.
    pub name: String,
    /// The archive. An error ends it before its directory; the connection must be cut then.
    pub bytes: BoxStream<'static, AppResult<Vec<u8>>>,
}

/// A file of the archive that is not made yet. Files of another kind join here, in [`files`] and in
/// [`Package::made`].
enum File {
    /// What the archive holds and what one may do with it, in three languages.
    ReadMe,
    /// All rows.
    Rows(Vec<u8>),
    /// The PDF of a signed version.
    Document(i32),
    /// What proves the signature of a version.
    Receipt(i32),
    /// The same for who reads no JSON, printed.
    Attestation(i32, Vec<u8>),
    /// An original that was uploaded, and what it is called here.
    Original(String, StoredFile),
}

/// The files of a claimant, in their order; each is fetched when its turn comes. An attestation for each signature.
fn files(
    rows: Vec<u8>,
    signed: &[SignatureRow],
    attestations: Vec<Vec<u8>>,
    uploaded: Vec<File>,
) -> VecDeque<File> {
    let mut files = VecDeque::from([File::ReadMe, File::Rows(rows)]);
    for (row, attestation) in signed.iter().zip(attestations) {
        files.push_back(File::Document(row.version));
        files.push_back(File::Receipt(row.version));
        files.push_back(File::Attestation(row.version, attestation));
    }
    files.extend(uploaded);
    files
}

/// Originals of documents, and files brought with a digital signature that were kept.
fn uploaded(documents: Vec<MyDocument>, brought: &[SignatureFileRow]) -> AppResult<Vec<File>> {
    let mut files = Vec::new();
    for document in documents {
        for file in document.files {
            let (number, ending) = (document.number, file.file_type.as_str());
            let name = format!("documenti/{number:02}-{}.{ending}", file.position);
            let stored = StoredFile {
                id: file.id,
                size: file.size,
                sha256: file.sha256,
            };
            files.push(File::Original(name, stored));
        }
    }
    for row in brought.iter().filter(|row| row.kept) {
        let stored = StoredFile {
            id: FileId::new(row.id),
            size: u64::try_from(row.size).map_err(AppError::internal)?,
            sha256: row.sha256.clone(),
        };
        let name = format!("firme-digitali/v{}-{}.bin", row.version, row.id);
        files.push(File::Original(name, stored));
    }
    Ok(files)
}

/// Everything that is stored about the claimant. Changes nothing; audited as `take_own_data`.
///
/// # Errors
/// `Unauthenticated` if the record is gone; `Unavailable` if too many attestations are being made; `Internal` if
/// something does not open.
pub async fn take(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<OwnData> {
    let whose = Whose {
        scope: actor.scope(),
        claimant: actor.claimant(),
    };
    let mut tx = ctx.pools.begin(whose.scope).await?;
    if claimant::find(&mut tx, whose.scope, whose.claimant)
        .await?
        .is_none()
    {
        return Err(AppError::Unauthenticated);
    }
    let gathered = gathered(ctx, &mut tx, whose).await?;
    tx.commit().await?;
    let signed = gathered.signed.len();
    let packed = packed(ctx, whose, gathered).await.map_err(|error| {
        // erased while it was printed
        if matches!(error, AppError::NotFound) {
            AppError::Unauthenticated
        } else {
            error
        }
    })?;
    let by = Actor::Claimant(actor.claimant());
    let entry = Entry::new(actor.claimant(), actor.association(), by, TAKEN);
    let entry = entry.with(json!({ "signed": signed }));
    let mut tx = ctx.pools.begin(whose.scope).await?;
    audit::append(ctx, &mut tx, whose.scope, entry).await?;
    tx.commit().await?;
    Ok(packed)
}

/// The same for somebody who asked for it by letter: staff download it and post it.
///
/// *effects*: audit `hand_over_data` with the reason, and `view_claimant`, for it is a look too.
///
/// # Errors
/// `Forbidden`, `StepUpRequired`; `NotFound` for a request of others, or once the claimant is erased;
/// `IllegalTransition` for a request that asks for something else or was refused; `SecondPerson` for who entered the
/// letter: one alone would open any record (R58); `Unavailable` if too many attestations are being made.
pub async fn hand_over(
    ctx: &Ctx,
    actor: &StaffActor,
    request: Uuid,
    reason: &Reason,
) -> AppResult<OwnData> {
    actor.require(&operation::HAND_OVER_DATA)?;
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let asked = rights_request::get(&mut tx, scope, actor.association_id(), request).await?;
    let kind = RightsKind::parse(Some(&asked.kind));
    if !kind.is_ok_and(RightsKind::takes_copy) {
        return Err(AppError::IllegalTransition("no_copy"));
    }
    if asked.decision.as_deref() == Some(RightsDecision::Refused.as_str()) {
        return Err(AppError::IllegalTransition("no_copy"));
    }
    let claimant = ClaimantId::new(asked.subject_id);
    if rights::entered_by(&mut tx, scope, &asked).await? == Some(actor.staff_id().uuid()) {
        return Err(AppError::SecondPerson);
    }
    let whose = Whose { scope, claimant };
    let gathered = gathered(ctx, &mut tx, whose).await?;
    tx.commit().await?;
    let signed = gathered.signed.len();
    let packed = packed(ctx, whose, gathered).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let mut deed = actor.deed(asked.subject_id, trail::VIEW);
    deed.detail = json!({ "request": request });
    deed.write(ctx, &mut tx, scope).await?;
    let mut deed = actor.deed(asked.subject_id, "hand_over_data");
    deed.detail = json!({ "request": request, "signed": signed });
    deed.note = Some(reason.as_str().as_bytes());
    deed.write(ctx, &mut tx, scope).await?;
    tx.commit().await?;
    Ok(packed)
}

/// Whose data, under which rights.
#[derive(Clone, Copy)]
struct Whose {
    scope: Scope,
    claimant: ClaimantId,
}

/// What rests in rows, and which files there are.
struct Gathered {
    vault: Vault,
    rows: Vec<u8>,
    signed: Vec<SignatureRow>,
    documents: Vec<MyDocument>,
    brought: Vec<SignatureFileRow>,
}

/// Reads everything but the files; the transaction is under the rights of `whose` after it.
async fn gathered(ctx: &Ctx, tx: &mut Tx, whose: Whose) -> AppResult<Gathered> {
    let Whose { scope, claimant } = whose;
    let directory = ctx.directories.get(ctx).await?;
    let row = claimant::find(tx, scope, claimant).await?;
    let row = row.ok_or(AppError::NotFound)?;
    let vault = Vault::open(ctx, tx, scope, claimant).await?;
    let signed = own_data::list_signatures(tx, scope, claimant).await?;
    let rows = gather::rows(ctx, tx, &directory, &vault, &row, &signed).await?;
    tx.enter(scope).await?;
    let documents = document::read_all(tx, scope, &vault, claimant).await?;
    let brought = signature_file::list(tx, scope, claimant, i64::MAX).await?;
    Ok(Gathered {
        vault,
        rows,
        signed,
        documents,
        brought,
    })
}

/// Prints the attestations, which waits for a core; the rest is made while the archive is read.
async fn packed(ctx: &Ctx, whose: Whose, gathered: Gathered) -> AppResult<OwnData> {
    let uploaded = uploaded(gathered.documents, &gathered.brought)?;
    let reference = Reference::of(whose.claimant);
    let mut package = Package {
        ctx: ctx.clone(),
        whose,
        vault: gathered.vault,
        files: VecDeque::new(),
        archive: Some(Archive::new()),
    };
    let mut receipts = Vec::new();
    for row in &gathered.signed {
        receipts.push(package.receipt(row.version).await?);
    }
    let printed = signing_attestation::of_all(ctx, &receipts).await?;
    package.files = files(gathered.rows, &gathered.signed, printed, uploaded);
    Ok(OwnData {
        name: format!("joinder-{}.zip", reference.as_str()),
        bytes: stream::try_unfold(package, Package::next).boxed(),
    })
}

/// An archive that grows file by file.
struct Package {
    ctx: Ctx,
    whose: Whose,
    vault: Vault,
    files: VecDeque<File>,
    archive: Option<Archive>,
}

impl Package {
    /// The next bytes; never none but after the end.
    async fn next(mut self) -> AppResult<Option<(Vec<u8>, Self)>> {
        while let Some(mut archive) = self.archive.take() {
            let bytes = match self.files.pop_front() {
                Some(file) => {
                    let (name, content) = self.made(file).await?;
                    let added = archive.add(&name, &content);
                    self.archive = Some(archive);
                    added.map_err(AppError::internal)?
                }
                None => archive.finish().map_err(AppError::internal)?,
            };
            if !bytes.is_empty() {
                return Ok(Some((bytes, self)));
            }
        }
        Ok(None)
    }

    /// Name and content of a file.
    async fn made(&self, file: File) -> AppResult<(String, Vec<u8>)> {
        Ok(match file {
            File::ReadMe => {
                let reference = Reference::of(self.whose.claimant);
                let text = words::read_me(&reference.grouped(), self.ctx.clock.now());
                ("LEGGIMI-README.txt".to_owned(), text.into_bytes())
            }
            File::Rows(rows) => ("dati.json".to_owned(), rows),
            File::Document(version) => {
                let (declared, signed, _) = self.signed(version).await?;
                let document =
                    signed_version::document(&self.ctx, &self.vault, &declared, &signed).await?;
                (format!("firmate/dichiarazione-v{version}.pdf"), document)
            }
            File::Receipt(version) => {
                let kept = self.receipt(version).await?;
                let kept = serde_json::to_vec(&kept).map_err(AppError::internal)?;
                (format!("ricevute/ricevuta-v{version}.json"), kept)
            }
            File::Attestation(version, printed) => {
                (format!("attestazioni/attestazione-v{version}.pdf"), printed)
            }
            File::Original(name, file) => (name, self.original(&file).await?),
        })
    }

    /// What proves the signature of a version.
    async fn receipt(&self, version: i32) -> AppResult<Receipt> {
        let (declared, signed, place) = self.signed(version).await?;
        receipt::assemble(&self.ctx, &self.vault, (&declared, &signed), place).await
    }

    /// An original, checked.
    async fn original(&self, file: &StoredFile) -> AppResult<Vec<u8>> {
        let Whose { scope, claimant } = self.whose;
        let mut tx = self.ctx.pools.begin(scope).await?;
        let vault = Vault::open(&self.ctx, &mut tx, scope, claimant).await?;
        tx.commit().await?;
        file_store::read(&self.ctx, vault, file).await
    }

    /// The rows of a signed version, as they are now.
    async fn signed(&self, version: i32) -> AppResult<(DeclarationRow, SignatureRow, Place)> {
        let Whose { scope, claimant } = self.whose;
        let mut tx = self.ctx.pools.begin(scope).await?;
        let declared = declaration::find(&mut tx, scope, claimant, version).await?;
        let signed = signature::find(&mut tx, scope, claimant, version).await?;
        let (Some(declared), Some(signed)) = (declared, signed) else {
            // erased meanwhile: the archive ends without its directory
            return Err(AppError::NotFound);
        };
        let place = Place::read(&mut tx, scope, claimant, version).await?;
        tx.commit().await?;
        Ok((declared, signed, place))
    }
}

impl std::fmt::Debug for OwnData {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("OwnData(..)")
    }
}
