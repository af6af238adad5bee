//! What a claimant produces (letter f): added, listed, taken along, removed; by the owner or by staff.

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::session::ClaimantActor;
use crate::app::staff::StaffActor;
use crate::app::trail;
use crate::app::vault::Vault;
use crate::crypto::sha256;
use crate::db::document::{self as db, DocumentRow, FileRow};
use crate::db::{Conn, Scope, claimant};
use crate::domain::document::{DocumentKind, Scan};
use crate::domain::file_name::FileName;
use crate::domain::file_type::FileType;
use crate::domain::ids::{AssociationId, ClaimantId, DocumentId, FileId};
use crate::domain::permission::operation;

mod adding;
mod loose;
mod operator;
mod removal;
pub mod scanning;
mod taking;

pub use adding::{Adding, SentDocument, add};
pub use loose::delete_loose;
pub use operator::operators;
pub use removal::remove;
pub use taking::{Taken, take};

/// A document as it is shown.
#[derive(Clone, Debug)]
pub struct MyDocument {
    /// Its id.
    pub id: DocumentId,
    /// Its number in the index, from 1.
    pub number: i32,
    /// What it shows.
    pub kind: DocumentKind,
    /// What the virus scanner said.
    pub scan: Scan,
    /// Whether staff added it.
    pub added_by_staff: bool,
    /// When it was added, UTC.
    pub created_at: DateTime<Utc>,
    /// When it was removed, UTC: kept because a signed declaration lists it.
    pub removed_at: Option<DateTime<Utc>>,
    /// Its files, in order.
    pub files: Vec<MyFile>,
}

/// A file of a document.
#[derive(Clone)]
pub struct MyFile {
    /// Its id.
    pub id: FileId,
    /// Place in the document, from 1.
    pub position: i16,
    /// Its name.
    pub name: FileName,
    /// What it is.
    pub file_type: FileType,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the original, 32 bytes.
    pub sha256: Vec<u8>,
}

impl MyDocument {
    /// One hash for the whole: of the file, or of the hashes of its files in order, hex.
    pub fn sha256(&self) -> String {
        match self.files.as_slice() {
            [file] => sha256::hex(&file.sha256),
            files => {
                let all: Vec<u8> = files.iter().flat_map(|file| file.sha256.clone()).collect();
                sha256::hex(&sha256::digest(&all))
            }
        }
    }
}

impl MyFile {
    /// SHA-256 of the original, hex.
    pub fn sha256_hex(&self) -> String {
        sha256::hex(&self.sha256)
    }
}

impl fmt::Debug for MyFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MyFile({})", self.id)
    }
}

/// Whose documents, and who acts on them.
#[derive(Clone, Debug)]
pub enum By {
    /// The owner.
    Owner(ClaimantActor),
    /// Staff, on the record of a claimant of their association.
    Staff(StaffActor, ClaimantId),
}

impl By {
    /// Whose documents.
    pub fn claimant(&self) -> ClaimantId {
        match self {
            Self::Owner(actor) => actor.claimant(),
            Self::Staff(_, claimant) => *claimant,
        }
    }

    pub(in crate::app) fn scope(&self) -> Scope {
        match self {
            Self::Owner(actor) => actor.scope(),
            Self::Staff(actor, _) => actor.scope(),
        }
    }

    fn association(&self) -> AssociationId {
        match self {
            Self::Owner(actor) => actor.association(),
            Self::Staff(actor, _) => actor.association_id(),
        }
    }

    /// Who asks, for the place of an answer that is kept.
    fn asker(&self) -> Uuid {
        match self {
            Self::Owner(actor) => actor.claimant().uuid(),
            Self::Staff(actor, _) => actor.staff_id().uuid(),
        }
    }

    fn entry(&self, action: &'static str) -> Entry {
        let actor = match self {
            Self::Owner(actor) => Actor::Claimant(actor.claimant()),
            Self::Staff(actor, _) => Actor::Staff(actor.staff_id()),
        };
        Entry::new(self.claimant(), self.association(), actor, action)
    }
}

/// The documents of a record: the owner's own, or for staff whose role sees clear data.
///
/// # Errors
/// `NotFound` for a claimant of others; `Forbidden` for the role.
pub async fn list(ctx: &Ctx, by: &By) -> AppResult<Vec<MyDocument>> {
    if let By::Staff(actor, _) = by {
        actor.require(&operation::CLAIMANT_DOCUMENTS)?;
    }
    let scope = by.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    claimant::find(&mut tx, scope, by.claimant())
        .await?
        .ok_or(AppError::NotFound)?;
    let vault = Vault::open(ctx, &mut tx, scope, by.claimant()).await?;
    let all = read_all(&mut tx, scope, &vault, by.claimant()).await?;
    if let By::Staff(..) = by {
        // names of files are clear data
        audit::append(ctx, &mut tx, scope, by.entry(trail::VIEW)).await?;
    }
    tx.commit().await?;
    Ok(all)
}

/// The documents of a claimant that have files, by number; removed ones too.
pub(in crate::app) async fn read_all(
    conn: &mut Conn,
    scope: Scope,
    vault: &Vault,
    claimant: ClaimantId,
) -> AppResult<Vec<MyDocument>> {
    let rows = db::list(conn, scope, claimant).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let files = db::list_files(conn, scope, claimant).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let own: Vec<&FileRow> = files.iter().filter(|it| it.document_id == row.id).collect();
        if !own.is_empty() {
            all.push(shown(vault, &row, &own)?);
        }
    }
    Ok(all)
}

/// What a declaration made now lists: what is there, was not removed and is not infected.
pub(in crate::app) fn produced(all: Vec<MyDocument>) -> Vec<MyDocument> {
    all.into_iter()
        .filter(|document| document.removed_at.is_none() && document.scan != Scan::Infected)
        .collect()
}

fn shown(vault: &Vault, row: &DocumentRow, files: &[&FileRow]) -> AppResult<MyDocument> {
    let unknown = || AppError::internal("a document holds an unknown word");
    Ok(MyDocument {
        id: DocumentId::new(row.id),
        number: row.number,
        kind: DocumentKind::parse(&row.kind).ok_or_else(unknown)?,
        scan: Scan::parse(&row.scan).ok_or_else(unknown)?,
        added_by_staff: row.added_by == "staff",
        created_at: row.created_at,
        removed_at: row.removed_at,
        files: files
            .iter()
            .map(|file| shown_file(vault, file))
            .collect::<AppResult<_>>()?,
    })
}

fn shown_file(vault: &Vault, row: &FileRow) -> AppResult<MyFile> {
    let unknown = || AppError::internal("a file holds an unknown type");
    let sealed = row.name_sealed.clone();
    let name: String = vault.unseal("document_files", "name_sealed", sealed)?;
    Ok(MyFile {
        id: FileId::new(row.id),
        position: row.position,
        name: FileName::from_stored(name),
        file_type: FileType::parse(&row.file_type).ok_or_else(unknown)?,
        size: u64::try_from(row.size).map_err(AppError::internal)?,
        sha256: row.sha256.clone(),
    })
}
