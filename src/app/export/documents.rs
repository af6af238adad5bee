//! The signed documents of a filter as one ZIP: numbered PDFs, then `indice.csv` and `manifest.sha256`.
//!
//! Each document is held against what was signed before it goes in (R38): one that is not the same ends
//! the archive, which then has no directory and opens nowhere. In memory are a batch of rows, eight
//! documents, and for each file its line of index and manifest.

use std::collections::{HashMap, VecDeque};

use futures_util::future::try_join_all;
use uuid::Uuid;

use super::line::{Facts, capacity_word};
use super::reader::{Batch, Reader};
use super::run::ByClaimant;
use crate::app::ctx::Ctx;
use crate::app::declaration::content_of;
use crate::app::error::{AppError, AppResult};
use crate::app::signed_version;
use crate::app::vault::Vault;
use crate::crypto::sha256::{self, Sha256};
use crate::db::DbError;
use crate::db::claimant_list as rows;
use crate::db::declaration::DeclarationRow;
use crate::db::key::ClaimantKeyRow;
use crate::db::signature::SignatureRow;
use crate::domain::claimant::ClaimantState;
use crate::domain::ids::ClaimantId;
use crate::domain::outage::day_in_rome;
use crate::domain::reference::Reference;
use crate::domain::signed_content::SignedContent;
use crate::render::archive::Archive;
use crate::render::csv::{self, IndexLine};

/// Claimants read at a time.
pub(super) const BATCH: i64 = 200;
/// Documents fetched at a time.
const AT_ONCE: usize = 8;

/// An archive that is made while it is read.
pub(super) struct Documents {
    reader: Reader,
    facts: Facts,
    archive: Archive,
    waiting: VecDeque<Waiting>,
    fetched: VecDeque<Document>,
    files: u64,
    index: Vec<u8>,
    manifest: String,
    hash: Sha256,
    is_over: bool,
}

/// A signed version whose document was not fetched yet.
struct Waiting {
    state: ClaimantState,
    key: ClaimantKeyRow,
    declared: DeclarationRow,
    signed: SignatureRow,
}

/// A document that is what was signed.
struct Document {
    state: ClaimantState,
    declared: DeclarationRow,
    signed: SignatureRow,
    content: SignedContent,
    bytes: Vec<u8>,
}

impl Documents {
    pub(super) fn new(reader: Reader, facts: Facts) -> AppResult<Self> {
        Ok(Self {
            reader,
            facts,
            archive: Archive::new(),
            waiting: VecDeque::new(),
            fetched: VecDeque::new(),
            files: 0,
            index: csv::index_head().map_err(AppError::internal)?,
            manifest: String::new(),
            hash: Sha256::new(),
            is_over: false,
        })
    }

    /// The next bytes; never none but after the end.
    pub(super) async fn next(mut self) -> AppResult<Option<(Vec<u8>, Self)>> {
        while !self.is_over {
            let bytes = if let Some(document) = self.fetched.pop_front() {
                self.put(&document)?
            } else if self.fetch().await? {
                continue;
            } else {
                self.end().await?
            };
            if !bytes.is_empty() {
                self.hash.update(&bytes);
                return Ok(Some((bytes, self)));
            }
        }
        Ok(None)
    }

    /// Fetches the next documents; `false` after the last.
    async fn fetch(&mut self) -> AppResult<bool> {
        while self.waiting.is_empty() {
            let Some(batch) = self.reader.batch().await? else {
                return Ok(false);
            };
            self.queue(batch).await?;
        }
        let next = self.waiting.len().min(AT_ONCE);
        let ctx = self.reader.ctx();
        let fetching = self
            .waiting
            .drain(..next)
            .map(|signed| fetched(ctx, signed));
        self.fetched = try_join_all(fetching).await?.into();
        Ok(true)
    }

    async fn queue(&mut self, mut batch: Batch) -> AppResult<()> {
        let (scope, association) = (
            self.reader.actor().scope(),
            self.reader.actor().association_id(),
        );
        let ids = batch.ids();
        let keys = rows::list_keys(&mut batch.tx, scope, association, &ids).await?;
        batch.tx.commit().await?;
        let keys = keys.into_iter().map(|key| (key.claimant_id, key));
        let mut keys: HashMap<Uuid, ClaimantKeyRow> = keys.collect();
        let mut declarations = ByClaimant::new(batch.declarations);
        for row in batch.rows {
            let signed = declarations.take_signed(&row);
            let (Some(key), Some((declared, signed))) = (keys.remove(&row.id), signed) else {
                // signed says the state: an archive that leaves somebody out must not look whole
                return Err(AppError::internal("a signature lacks a part"));
            };
            let state = ClaimantState::parse(&row.state);
            self.waiting.push_back(Waiting {
                state: state.ok_or(DbError::Corrupt("claimants.state"))?,
                key,
                declared,
                signed,
            });
        }
        Ok(())
    }

    /// Puts a document into the archive, and its line into index and manifest.
    fn put(&mut self, document: &Document) -> AppResult<Vec<u8>> {
        self.files += 1;
        let line = self.index_line(document);
        let line_bytes = csv::index_line(&line).map_err(AppError::internal)?;
        self.index.extend(line_bytes);
        self.note(&line.file, &document.bytes);
        let added = self.archive.add(&line.file, &document.bytes);
        added.map_err(AppError::internal)
    }

    /// A line as `sha256sum --check` reads it.
    fn note(&mut self, name: &str, bytes: &[u8]) {
        let hash = sha256::hex(&sha256::digest(bytes));
        self.manifest.push_str(&hash);
        self.manifest.push_str("  ");
        self.manifest.push_str(name);
        self.manifest.push('\n');
    }

    fn index_line(&self, document: &Document) -> IndexLine {
        let (declared, content) = (&document.declared, &document.content);
        let reference = Reference::of(ClaimantId::new(declared.claimant_id));
        let number = self.files;
        IndexLine {
            progressivo: number,
            file: format!(
                "{number:05}-{}-v{}.pdf",
                reference.as_str(),
                declared.version
            ),
            id_pratica: reference.as_str().to_owned(),
            versione: declared.version,
            qualita: capacity_word(&content.capacity, &content.identity).to_owned(),
            nominativo: content.identity.display_name(),
            codice_fiscale: content
                .identity
                .codice_fiscale()
                .unwrap_or_default()
                .to_owned(),
            stato: self.facts.state_word(document.state).to_owned(),
            tipo_firma: self.facts.tier_word(&document.signed.tier).to_owned(),
            data_firma: day_in_rome(document.signed.signed_at).to_string(),
            totale: self.facts.euro(declared.total_cents),
            sha256: sha256::hex(&declared.document_sha256),
        }
    }

    /// Index, manifest and directory. The register is written first.
    async fn end(&mut self) -> AppResult<Vec<u8>> {
        let index = std::mem::take(&mut self.index);
        self.note("indice.csv", &index);
        let mut archive = std::mem::take(&mut self.archive);
        let mut bytes = archive
            .add("indice.csv", &index)
            .map_err(AppError::internal)?;
        let manifest = std::mem::take(&mut self.manifest);
        let added = archive.add("manifest.sha256", manifest.as_bytes());
        bytes.extend(added.map_err(AppError::internal)?);
        bytes.extend(archive.finish().map_err(AppError::internal)?);
        let mut hash = self.hash.clone();
        hash.update(&bytes);
        self.reader.finish(self.files, hash.finish()).await?;
        self.is_over = true;
        Ok(bytes)
    }
}

async fn fetched(ctx: &Ctx, waiting: Waiting) -> AppResult<Document> {
    let vault = Vault::from_row(ctx, waiting.key).await?;
    let (declared, signed) = (waiting.declared, waiting.signed);
    let bytes = signed_version::document(ctx, &vault, &declared, &signed).await?;
    Ok(Document {
        content: content_of(&vault, &declared)?,
        state: waiting.state,
        declared,
        signed,
        bytes,
    })
}
