//! The rows of a list while they are kept: head and parts of some hundred rows, sealed in the blob store.

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::table::{self, Format, TableError};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::shelf::{self, Shelf};
use crate::app::spool::Spooled;
use crate::blob::IMPORTS;
use crate::db::import::ImportRow;
use crate::domain::ids::AssociationId;
use crate::domain::import::Row;

/// Rows of a part: what one transaction writes.
const PART: usize = 200;

/// A list that is kept.
pub(super) struct Kept {
    pub(super) format: Format,
    pub(super) headers: Vec<String>,
    pub(super) rows: usize,
    pub(super) parts: i32,
}

/// Reads a file and keeps its rows, part by part: while one is written the next is read.
pub(super) async fn keep(ctx: &Ctx, shelf: &Shelf, id: Uuid, mut file: Spooled) -> AppResult<Kept> {
    let room = ctx.room_for_a_file().await?;
    let bytes = file.bytes().await?;
    let (sender, mut receiver) = mpsc::channel(2);
    let reading = spawn_blocking(move || read(&bytes, &sender));
    let keeping = async {
        let mut parts = 0_i32;
        while let Some(rows) = receiver.recv().await {
            put(shelf, parts, &rows).await?;
            parts = parts.saturating_add(1);
        }
        AppResult::Ok(parts)
    };
    let parts = keeping.await;
    drop(receiver);
    let read = reading.await.map_err(AppError::internal)?;
    drop(room);
    let done = match (parts, read) {
        (Err(error), _) => Err(error),
        (Ok(_), Err(error)) => Err(AppError::Invalid(error.into_errors())),
        (Ok(parts), Ok((format, headers, rows))) => {
            let packed = serde_json::to_vec(&headers).map_err(AppError::internal)?;
            shelf.put("head", &packed).await.map(|()| Kept {
                format,
                headers,
                rows,
                parts,
            })
        }
    };
    if done.is_err() {
        // what is left opens with no key that anybody has
        shelf::clear(ctx, IMPORTS, id).await?;
    }
    done
}

type Read = (Format, Vec<String>, usize);

fn read(bytes: &[u8], sender: &mpsc::Sender<Vec<Row>>) -> Result<Read, TableError> {
    let format = table::format_of(bytes)?;
    let mut headers: Option<Vec<String>> = None;
    let mut waiting: Vec<Row> = Vec::with_capacity(PART);
    let mut widest = 0;
    let mut take = |row: Row| {
        widest = widest.max(row.cells.len());
        if headers.is_none() {
            let texts = row.cells.iter().map(|cell| cell.text().trim().to_owned());
            headers = Some(texts.collect());
            return true;
        }
        waiting.push(row);
        waiting.len() < PART || sender.blocking_send(std::mem::take(&mut waiting)).is_ok()
    };
    let rows = table::read(bytes, format, &mut take)?;
    if !waiting.is_empty() {
        let sent = sender.blocking_send(waiting);
        sent.map_err(|_| TableError::Cut)?;
    }
    let mut headers = headers.unwrap_or_default();
    headers.resize(headers.len().max(widest), String::new());
    Ok((format, headers, rows))
}

/// Where the rows of an import lie; `None` once its key was taken away.
pub(super) async fn shelf(ctx: &Ctx, row: &ImportRow) -> AppResult<Option<Shelf>> {
    let Some(wrapped) = row.key_wrapped.clone() else {
        return Ok(None);
    };
    let association = AssociationId::new(row.association_id);
    let key = (wrapped, row.key_version);
    let shelf = Shelf::open(ctx, IMPORTS, association, row.id, key).await?;
    Ok(Some(shelf))
}

/// Headers of the columns.
pub(super) async fn headers(shelf: &Shelf) -> AppResult<Vec<String>> {
    let packed = shelf.get("head").await?;
    serde_json::from_slice(&packed).map_err(AppError::internal)
}

/// The rows of a part.
pub(super) async fn get(shelf: &Shelf, number: i32) -> AppResult<Vec<Row>> {
    let packed = shelf.get(&name(number)).await?;
    serde_json::from_slice(&packed).map_err(AppError::internal)
}

async fn put(shelf: &Shelf, number: i32, rows: &[Row]) -> AppResult<()> {
    let packed = serde_json::to_vec(rows).map_err(AppError::internal)?;
    shelf.put(&name(number), &packed).await
}

fn name(number: i32) -> String {
    format!("{number:06}")
}
