//! A file of an export on its way to the shelf; encrypted for its recipients where there are some.

use super::cipher::Cipher;
use super::shelf::{Shelf, Stored, Writer};
use crate::app::error::AppResult;
use crate::db::export::ExportFileRow;

/// A file that is being written.
pub(super) struct Outlet {
    writer: Writer,
    cipher: Option<Cipher>,
}

impl Outlet {
    pub(super) fn new(shelf: &Shelf, recipients: &[String]) -> AppResult<Self> {
        Ok(Self {
            writer: Writer::new(shelf),
            cipher: Cipher::to(recipients)?,
        })
    }

    /// Where it lies.
    pub(super) fn folder(&self) -> uuid::Uuid {
        self.writer.folder()
    }

    /// Bytes that went out so far.
    pub(super) fn size(&self) -> u64 {
        self.writer.size()
    }

    /// Goes on with these bytes.
    pub(super) async fn push(&mut self, bytes: Vec<u8>) -> AppResult<()> {
        let bytes = match &mut self.cipher {
            Some(cipher) => cipher.seal(&bytes)?,
            None => bytes,
        };
        self.writer.push(&bytes).await
    }

    /// Ends it. Durable when it returns.
    pub(super) async fn finish(mut self) -> AppResult<Stored> {
        if let Some(cipher) = self.cipher.take() {
            self.writer.push(&cipher.finish()?).await?;
        }
        self.writer.finish().await
    }
}

/// The name of a file, with the ending of what is encrypted.
pub(super) fn file_name(name: &str, recipients: &[String]) -> String {
    if recipients.is_empty() {
        name.to_owned()
    } else {
        format!("{name}.age")
    }
}

/// A file that is whole, and how far the list is with it.
pub(super) struct Whole {
    /// From 1.
    pub(super) number: i32,
    /// The name it is fetched under.
    pub(super) name: String,
    /// Where it lies.
    pub(super) stored: Stored,
    /// Claimants written with it.
    pub(super) rows: u64,
    /// With which batch, and which place in it, the next begins.
    pub(super) next: (u64, usize),
}

impl Whole {
    /// As a row.
    pub(super) fn row(
        &self,
        of: super::trace::Of,
        now: chrono::DateTime<chrono::Utc>,
    ) -> AppResult<ExportFileRow> {
        use crate::app::error::AppError;
        let number = |value: u64| i64::try_from(value).map_err(AppError::internal);
        Ok(ExportFileRow {
            export_id: of.id.uuid(),
            number: self.number,
            association_id: of.association.uuid(),
            name: self.name.clone(),
            folder: self.stored.folder,
            size: number(self.stored.size)?,
            sha256: self.stored.sha256.clone(),
            rows_until: number(self.rows)?,
            next_batch: number(self.next.0)?,
            next_row: i32::try_from(self.next.1).map_err(AppError::internal)?,
            created_at: now,
            fetched_at: None,
        })
    }
}
