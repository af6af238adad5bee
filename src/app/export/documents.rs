//! The signed documents of a filter as one ZIP: numbered PDFs, then `indice.csv` and `manifest.sha256`.
//!
//! Each document is held against what was signed before it goes in (R38): one that is not the same ends
//! the export as failed. In memory are a batch of rows, eight documents, and for each file its line of index
//! and manifest.

use std::collections::{HashMap, VecDeque};

use futures_util::future::try_join_all;
use uuid::Uuid;

use super::job::{Making, Progress};
use super::line::{Facts, capacity_word, declared_total};
use super::outlet::{Outlet, Whole, file_name};
use super::plan;
use super::run::{ByClaimant, Read};
use crate::app::ctx::Ctx;
use crate::app::declaration::content_of;
use crate::app::error::{AppError, AppResult};
use crate::app::signed_version;
use crate::app::vault::Vault;
use crate::crypto::sha256::{self, Sha256};
use crate::db::DbError;
use crate::db::declaration::DeclarationRow;
use crate::db::key::ClaimantKeyRow;
use crate::db::signature::SignatureRow;
use crate::domain::claimant::{ClaimantState, Review};
use crate::domain::ids::ClaimantId;
use crate::domain::outage::day_in_rome;
use crate::domain::reference::Reference;
use crate::domain::signed_content::SignedContent;
use crate::render::archive::Archive;
use crate::render::csv::{self, IndexLine};

/// Documents fetched at a time.
pub(super) const AT_ONCE: usize = 8;

/// An archive that is being made.
pub(super) struct Documents {
    archive: Option<Archive>,
    outlet: Option<Outlet>,
    waiting: VecDeque<Waiting>,
    batch: u64,
    files: u64,
    index: Vec<u8>,
    manifest: String,
    digest: Sha256,
}

/// A signed version whose document was not fetched yet.
pub(super) struct Waiting {
    pub(super) stands: (ClaimantState, Review),
    pub(super) key: ClaimantKeyRow,
    pub(super) declared: DeclarationRow,
    pub(super) signed: SignatureRow,
}

/// A document that is what was signed.
struct Document {
    stands: (ClaimantState, Review),
    declared: DeclarationRow,
    signed: SignatureRow,
    content: SignedContent,
    bytes: Vec<u8>,
}

impl Documents {
    pub(super) fn new(making: &Making) -> AppResult<Self> {
        Ok(Self {
            archive: Some(Archive::new()),
            outlet: Some(Outlet::new(&making.shelf, &making.recipients)?),
            waiting: VecDeque::new(),
            batch: 0,
            files: 0,
            index: csv::index_head().map_err(AppError::internal)?,
            manifest: String::new(),
            digest: Sha256::new(),
        })
    }

    /// Where its file lies.
    pub(super) fn folder(&self) -> Option<Uuid> {
        self.outlet.as_ref().map(Outlet::folder)
    }

    pub(super) async fn step(&mut self, making: &Making) -> AppResult<Progress> {
        if self.waiting.is_empty() {
            if self.batch == making.batches() {
                return self.end(making).await;
            }
            let members = plan::read(&making.shelf, self.batch).await?;
            let Some((tx, read)) = making.batch(members, self.files).await? else {
                return Ok(Progress::Gone);
            };
            tx.commit().await?;
            self.batch += 1;
            self.waiting = waiting(read)?.into();
            return Ok(Progress::More);
        }
        let next = self.waiting.len().min(AT_ONCE);
        let ctx = &making.ctx;
        let fetching = self.waiting.drain(..next).map(|it| fetched(ctx, it));
        for document in try_join_all(fetching).await? {
            let bytes = self.put(&making.facts, &document)?;
            self.push(bytes).await?;
        }
        let mut tx = making.ctx.pools.begin(making.of.scope()).await?;
        if !making.note(&mut tx, self.files).await? {
            return Ok(Progress::Gone);
        }
        tx.commit().await?;
        Ok(Progress::More)
    }

    /// Puts a document into the archive, and its line into index and manifest.
    fn put(&mut self, facts: &Facts, document: &Document) -> AppResult<Vec<u8>> {
        self.files += 1;
        let line = self.index_line(facts, document);
        let line_bytes = csv::index_line(&line).map_err(AppError::internal)?;
        self.index.extend(line_bytes);
        self.note(&line.file, &document.bytes);
        self.add(&line.file, &document.bytes)
    }

    fn add(&mut self, name: &str, bytes: &[u8]) -> AppResult<Vec<u8>> {
        let archive = self.archive.as_mut().ok_or_else(broken)?;
        archive.add(name, bytes).map_err(AppError::internal)
    }

    async fn push(&mut self, bytes: Vec<u8>) -> AppResult<()> {
        self.digest.update(&bytes);
        let outlet = self.outlet.as_mut().ok_or_else(broken)?;
        outlet.push(bytes).await
    }

    /// A line as `sha256sum --check` reads it.
    fn note(&mut self, name: &str, bytes: &[u8]) {
        let hash = sha256::hex(&sha256::digest(bytes));
        self.manifest.push_str(&hash);
        self.manifest.push_str("  ");
        self.manifest.push_str(name);
        self.manifest.push('\n');
    }

    fn index_line(&self, facts: &Facts, document: &Document) -> IndexLine {
        let claimant = ClaimantId::new(document.declared.claimant_id);
        let reference = Reference::of(claimant);
        let (number, version) = (self.files, document.declared.version);
        let file = format!("{number:05}-{}-v{version}.pdf", reference.as_str());
        let signed = (&document.declared, &document.signed);
        index_line(
            facts,
            (number, file),
            document.stands,
            signed,
            &document.content,
        )
    }

    /// Index, manifest and directory.
    async fn end(&mut self, making: &Making) -> AppResult<Progress> {
        let index = std::mem::take(&mut self.index);
        self.note("indice.csv", &index);
        let bytes = self.add("indice.csv", &index)?;
        self.push(bytes).await?;
        let manifest = std::mem::take(&mut self.manifest);
        let bytes = self.add("manifest.sha256", manifest.as_bytes())?;
        self.push(bytes).await?;
        let archive = self.archive.take().ok_or_else(broken)?;
        self.push(archive.finish().map_err(AppError::internal)?)
            .await?;
        let outlet = self.outlet.take().ok_or_else(broken)?;
        let name = format!("documenti-{}.zip", making.of.id);
        let whole = Whole {
            number: 1,
            name: file_name(&name, &making.recipients),
            stored: outlet.finish().await?,
            rows: self.files,
            next: (self.batch, 0),
        };
        Ok(Progress::Done(whole, self.digest.clone().finish()))
    }
}

/// A line of an index about a signed version.
pub(super) fn index_line(
    facts: &Facts,
    (progressivo, file): (u64, String),
    stands: (ClaimantState, Review),
    (declared, signed): (&DeclarationRow, &SignatureRow),
    content: &SignedContent,
) -> IndexLine {
    let reference = Reference::of(ClaimantId::new(declared.claimant_id));
    IndexLine {
        progressivo,
        file,
        id_pratica: reference.as_str().to_owned(),
        versione: declared.version,
        qualita: capacity_word(&content.capacity, &content.identity).to_owned(),
        nominativo: content.identity.display_name(),
        codice_fiscale: content
            .identity
            .codice_fiscale()
            .unwrap_or_default()
            .to_owned(),
        stato: facts.state_words(stands),
        tipo_firma: facts.tier_word(&signed.tier).to_owned(),
        data_firma: day_in_rome(signed.signed_at).to_string(),
        totale: declared_total(declared.total_cents, open_items(content))
            .map(|cents| facts.euro(cents))
            .unwrap_or_default(),
        sha256: sha256::hex(&declared.document_sha256),
        voci_da_liquidare: open_items(content),
        attestazione: String::new(),
    }
}

/// Items without an amount, which come on top of the total.
fn open_items(content: &SignedContent) -> u64 {
    u64::try_from(content.declaration.open_items()).unwrap_or(u64::MAX)
}

/// The signed versions of a batch, in the order of the list.
pub(super) fn waiting(read: Read) -> AppResult<Vec<Waiting>> {
    let keys = read.belongings.keys.into_iter();
    let mut keys: HashMap<Uuid, ClaimantKeyRow> = keys.map(|key| (key.claimant_id, key)).collect();
    let mut declarations = ByClaimant::new(read.declarations);
    let mut waiting = Vec::with_capacity(read.rows.len());
    for row in read.rows {
        let signed = declarations.take_signed(&row);
        let (Some(key), Some((declared, signed))) = (keys.remove(&row.id), signed) else {
            // signed says the state: an archive that leaves somebody out must not look whole
            return Err(AppError::internal("a signature lacks a part"));
        };
        let state = ClaimantState::parse(&row.state);
        let review = Review::parse(&row.review);
        waiting.push(Waiting {
            stands: (
                state.ok_or(DbError::Corrupt("claimants.state"))?,
                review.ok_or(DbError::Corrupt("claimants.review"))?,
            ),
            key,
            declared,
            signed,
        });
    }
    Ok(waiting)
}

async fn fetched(ctx: &Ctx, waiting: Waiting) -> AppResult<Document> {
    let vault = Vault::from_row(ctx, waiting.key).await?;
    let (declared, signed) = (waiting.declared, waiting.signed);
    let bytes = signed_version::document(ctx, &vault, &declared, &signed).await?;
    Ok(Document {
        content: content_of(&vault, &declared)?,
        stands: waiting.stands,
        declared,
        signed,
        bytes,
    })
}

fn broken() -> AppError {
    AppError::internal("an export goes on after its end")
}
