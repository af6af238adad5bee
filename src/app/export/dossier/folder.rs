//! The folder of one claimant in a dossier: signed PDF, what it says as canonical JSON, evidence of the act of
//! signing, the receipt with the log's proof, the attestation that tells all this to who reads no JSON, what was brought to sign with, and the documents declared.
//!
//! Images of identity documents are never in it (R64), nor is what the virus scanner has not let through: a
//! text beside says what is left out, and why.

use std::collections::HashMap;

use data_encoding::{BASE64, HEXLOWER};
use futures_util::future::try_join_all;
use serde::Deserialize;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::export::documents::{Waiting, index_line};
use crate::app::export::job::Making;
use crate::app::file_store::StoredFile;
use crate::app::receipt::{self, Place};
use crate::app::signed_version;
use crate::app::signing_attestation;
use crate::app::vault::Vault;
use crate::db::document::{self, DocumentRow, FileRow};
use crate::db::{DbError, Tx, key};
use crate::domain::document::Scan;
use crate::domain::file_type::FileType;
use crate::domain::ids::{ClaimantId, FileId};
use crate::domain::paper::{Sheet, SheetKind};
use crate::domain::reference::Reference;
use crate::domain::signed_content::{SignedContent, SignedDocument};
use crate::render::csv::IndexLine;

/// The signed PDF.
pub(super) const DOCUMENT: &str = "dichiarazione.pdf";

/// When and how it was signed, and what was accepted.
pub(super) const ATTESTATION: &str = "attestazione.pdf";

/// What is put into a folder.
pub(super) struct Folder {
    reference: String,
    /// Small files: name and bytes.
    pub(super) files: Vec<(String, Vec<u8>)>,
    /// What was uploaded: name, and what opens it.
    pub(super) uploads: Vec<(String, (Vault, StoredFile))>,
    /// Its line of the index, without number and path.
    pub(super) line: IndexLine,
}

impl Folder {
    /// Name of the folder, by its number.
    pub(super) fn name(&self, number: u64) -> String {
        format!("{number:06}-{}", self.reference)
    }

    /// Bytes, before they are packed.
    pub(super) fn size(&self) -> u64 {
        let files = self.files.iter();
        let files = files.map(|(_, bytes)| u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let uploads = self.uploads.iter().map(|(_, (_, stored))| stored.size);
        files.chain(uploads).fold(0, u64::saturating_add)
    }
}

/// What rows tell of one folder.
struct Rows {
    place: Place,
    documents: Vec<DocumentRow>,
    files: Vec<FileRow>,
}

/// Fetches folders, each in its place: none for who was erased meanwhile. `None` once the attempt is over;
/// `before` were written already.
pub(super) async fn prepare(
    making: &Making,
    signed: Vec<Waiting>,
    before: u64,
) -> AppResult<Option<Vec<Option<Folder>>>> {
    let mut tx = making.ctx.pools.begin(making.of.scope()).await?;
    if !making.note(&mut tx, before).await? {
        return Ok(None);
    }
    let mut found = Vec::with_capacity(signed.len());
    for one in signed {
        let rows = rows(making, &mut tx, &one).await?;
        found.push((one, rows));
    }
    tx.commit().await?;
    let made = found.into_iter().map(|(one, rows)| async {
        match rows {
            Some(rows) => fetched(making, one, rows).await.map(Some),
            None => Ok(None),
        }
    });
    Ok(Some(try_join_all(made).await?))
}

async fn rows(making: &Making, tx: &mut Tx, signed: &Waiting) -> AppResult<Option<Rows>> {
    let scope = making.of.scope();
    let claimant = ClaimantId::new(signed.declared.claimant_id);
    if key::find_claimant(tx, scope, claimant).await?.is_none() {
        return Ok(None);
    }
    let version = signed.declared.version;
    Ok(Some(Rows {
        place: Place::read(tx, scope, claimant, version).await?,
        documents: document::list(tx, scope, claimant).await?,
        files: document::list_files(tx, scope, claimant).await?,
    }))
}

async fn fetched(making: &Making, signed: Waiting, rows: Rows) -> AppResult<Folder> {
    let ctx = &making.ctx;
    let vault = Vault::from_row(ctx, signed.key.clone()).await?;
    let version = (&signed.declared, &signed.signed);
    let content = signed_version::content(&vault, version.0, version.1)?;
    let receipt = receipt::assemble(ctx, &vault, version, rows.place).await?;
    let bytes = |text: &String| BASE64.decode(text.as_bytes()).map_err(AppError::internal);
    let evidence = bytes(&receipt.evidence)?;
    let mut files = vec![
        (DOCUMENT.to_owned(), bytes(&receipt.document)?),
        (
            "dichiarazione.json".to_owned(),
            bytes(&receipt.declaration)?,
        ),
        ("firma.json".to_owned(), evidence.clone()),
        (
            "ricevuta.json".to_owned(),
            serde_json::to_vec(&receipt).map_err(AppError::internal)?,
        ),
        (
            ATTESTATION.to_owned(),
            signing_attestation::of(ctx, &receipt).await?,
        ),
    ];
    let mut uploads = brought(ctx, &signed, &evidence).await?;
    let mut left_out = Vec::new();
    let documents = documents(&content, &rows.documents, &rows.files, &mut left_out)?;
    for (name, stored) in documents {
        uploads.push((
            name,
            (Vault::from_row(ctx, signed.key.clone()).await?, stored),
        ));
    }
    if !left_out.is_empty() {
        let text = left_out.join("\r\n");
        files.push(("documenti-non-inclusi.txt".to_owned(), text.into_bytes()));
    }
    let claimant = ClaimantId::new(signed.declared.claimant_id);
    let unplaced = (0, String::new());
    Ok(Folder {
        reference: Reference::of(claimant).as_str().to_owned(),
        files,
        uploads,
        line: index_line(&making.facts, unplaced, signed.stands, version, &content),
    })
}

/// What the evidence of the act says was brought: a digitally signed file, or sheets signed by hand.
#[derive(Deserialize)]
struct Brought {
    file_id: Option<Uuid>,
    #[serde(default)]
    file_size: u64,
    #[serde(default)]
    file_sha256: String,
    #[serde(default)]
    report: serde_json::Value,
    #[serde(default)]
    sheets: Vec<Sheet>,
}

async fn brought(
    ctx: &Ctx,
    signed: &Waiting,
    evidence: &[u8],
) -> AppResult<Vec<(String, (Vault, StoredFile))>> {
    let told: Brought = serde_json::from_slice(evidence).map_err(AppError::internal)?;
    let mut files = Vec::new();
    if let Some(id) = told.file_id {
        let format = told
            .report
            .get("format")
            .and_then(serde_json::Value::as_str);
        let ending = if format == Some("pades") {
            "pdf"
        } else {
            "p7m"
        };
        let stored = stored(id, told.file_size, &told.file_sha256)?;
        files.push((format!("firmato.{ending}"), stored));
    }
    let sheets = told.sheets.iter();
    let sheets = sheets.filter(|sheet| !SheetKind::is_identity(sheet.kind));
    for (place, sheet) in sheets.enumerate() {
        let number = place + 1;
        let ending = ending(&sheet.file_type)?;
        let stored = stored(sheet.file, sheet.size, &sheet.sha256)?;
        files.push((format!("fogli/{number:02}.{ending}"), stored));
    }
    let mut opened = Vec::with_capacity(files.len());
    for (name, stored) in files {
        opened.push((
            name,
            (Vault::from_row(ctx, signed.key.clone()).await?, stored),
        ));
    }
    Ok(opened)
}

/// The files of the documents that were declared, as they were declared.
fn documents(
    content: &SignedContent,
    rows: &[DocumentRow],
    files: &[FileRow],
    left_out: &mut Vec<String>,
) -> AppResult<Vec<(String, StoredFile)>> {
    let rows: HashMap<Uuid, &DocumentRow> = rows.iter().map(|row| (row.id, row)).collect();
    let mut found = Vec::new();
    for declared in &content.documents {
        let scan = rows.get(&declared.id).map(|row| Scan::parse(&row.scan));
        match scan {
            Some(Some(scan)) if scan.opens_for_staff() => {
                found.extend(files_of(declared, files)?);
            }
            Some(Some(Scan::Infected)) => {
                left_out.push(format!("documento {}: contiene un virus", declared.number));
            }
            Some(Some(_)) => left_out.push(format!(
                "documento {}: il controllo antivirus non è finito",
                declared.number
            )),
            Some(None) => return Err(DbError::Corrupt("documents.scan").into()),
            None => return Err(AppError::internal("a declared document is not there")),
        }
    }
    Ok(found)
}

fn files_of(declared: &SignedDocument, files: &[FileRow]) -> AppResult<Vec<(String, StoredFile)>> {
    let own: Vec<&FileRow> = files
        .iter()
        .filter(|file| file.document_id == declared.id)
        .collect();
    let hashes = own.iter().map(|file| HEXLOWER.encode(&file.sha256));
    if !hashes.eq(declared.files.iter().map(|file| file.sha256.clone())) {
        // R38: what lies there is not what was declared
        return Err(AppError::internal("a document is not what was declared"));
    }
    let named = own.into_iter().enumerate().map(|(place, file)| {
        let number = place + 1;
        let ending = ending(&file.file_type)?;
        let size = u64::try_from(file.size).map_err(AppError::internal)?;
        let stored = StoredFile {
            id: FileId::new(file.id),
            size,
            sha256: file.sha256.clone(),
        };
        let name = format!("documenti/{:02}-{number}.{ending}", declared.number);
        Ok((name, stored))
    });
    named.collect()
}

fn stored(id: Uuid, size: u64, sha256: &str) -> AppResult<StoredFile> {
    Ok(StoredFile {
        id: FileId::new(id),
        size,
        sha256: HEXLOWER
            .decode(sha256.as_bytes())
            .map_err(AppError::internal)?,
    })
}

fn ending(file_type: &str) -> AppResult<&'static str> {
    let known = FileType::parse(file_type).and_then(|it| it.endings().first().copied());
    known.ok_or_else(|| AppError::internal("an unknown file type"))
}
