//! The list as a file: CSV or workbook, a batch at a time.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::job::{Making, Progress};
use super::outlet::{Outlet, Whole, file_name};
use super::plan;
use super::run::{self, Read};
use crate::app::error::{AppError, AppResult};
use crate::crypto::sha256::{self, Sha256};
use crate::domain::export::{Columns, Format};
use crate::render::csv::{self, Dialect, Line};
use crate::render::xlsx::Workbook;

/// A list that is being made.
pub(super) struct List {
    sheet: Option<Sheet>,
    outlet: Option<Outlet>,
    name: &'static str,
    /// Of a CSV all bytes before its last line, else of all, before they are encrypted.
    digest: Sha256,
    batch: u64,
    rows: u64,
}

enum Sheet {
    Csv(Dialect, Columns),
    Book(Box<Workbook>),
}

impl Sheet {
    fn lines(&mut self, lines: &[Line]) -> AppResult<Vec<u8>> {
        match self {
            Self::Csv(dialect, columns) => {
                csv::lines(*dialect, *columns, lines).map_err(AppError::internal)
            }
            Self::Book(book) => book.rows(lines).map_err(AppError::internal),
        }
    }
}

impl List {
    pub(super) fn new(making: &Making, format: Format) -> AppResult<Self> {
        let columns = making.columns;
        let (sheet, name) = if format == Format::Csv {
            (Sheet::Csv(making.facts.dialect(), columns), "csv")
        } else {
            let book = Workbook::new(columns, making.total).map_err(AppError::internal)?;
            (Sheet::Book(Box::new(book)), "xlsx")
        };
        Ok(Self {
            sheet: Some(sheet),
            outlet: Some(Outlet::new(&making.shelf, &making.recipients)?),
            name,
            digest: Sha256::new(),
            batch: 0,
            rows: 0,
        })
    }

    /// Where its file lies.
    pub(super) fn folder(&self) -> Option<Uuid> {
        self.outlet.as_ref().map(Outlet::folder)
    }

    pub(super) async fn step(&mut self, making: &Making) -> AppResult<Progress> {
        if self.batch == 0
            && let Some(Sheet::Csv(dialect, columns)) = &self.sheet
        {
            let head = csv::head(*dialect, *columns).map_err(AppError::internal)?;
            self.push(head).await?;
        }
        if self.batch == making.batches() {
            return self.end(making).await;
        }
        let members = plan::read(&making.shelf, self.batch).await?;
        let Some((tx, read)) = making.batch(members, self.rows).await? else {
            return Ok(Progress::Gone);
        };
        tx.commit().await?;
        self.batch += 1;
        let before = self.rows;
        self.rows += u64::try_from(read.rows.len()).map_err(AppError::internal)?;
        let bytes = self.made(making, before, read).await?;
        self.push(bytes).await?;
        Ok(Progress::More)
    }

    /// The bytes of a batch: opening it keeps a core busy, and so does packing a sheet.
    async fn made(&mut self, making: &Making, before: u64, read: Read) -> AppResult<Vec<u8>> {
        let mut sheet = self.sheet.take().ok_or_else(broken)?;
        let (ctx, facts) = (making.ctx.clone(), Arc::clone(&making.facts));
        let runtime = Handle::current();
        let opening = spawn_blocking(move || {
            let lines = runtime.block_on(run::lines(&ctx, &facts, before, read))?;
            let bytes = sheet.lines(&lines)?;
            Ok::<_, AppError>((sheet, bytes))
        });
        let (sheet, bytes) = opening.await.map_err(AppError::internal)??;
        self.sheet = Some(sheet);
        Ok(bytes)
    }

    async fn push(&mut self, bytes: Vec<u8>) -> AppResult<()> {
        self.digest.update(&bytes);
        self.outlet.as_mut().ok_or_else(broken)?.push(bytes).await
    }

    async fn end(&mut self, making: &Making) -> AppResult<Progress> {
        let hash = match self.sheet.take().ok_or_else(broken)? {
            Sheet::Csv(dialect, _) => {
                let hash = self.digest.clone().finish();
                let tail = csv::tail(dialect, self.rows, &sha256::hex(&hash));
                self.push(tail).await?;
                hash
            }
            Sheet::Book(book) => {
                let rest = book.finish().map_err(AppError::internal)?;
                self.push(rest).await?;
                self.digest.clone().finish()
            }
        };
        let outlet = self.outlet.take().ok_or_else(broken)?;
        let name = format!("elenco-{}.{}", making.of.id, self.name);
        let whole = Whole {
            number: 1,
            name: file_name(&name, &making.recipients),
            stored: outlet.finish().await?,
            rows: self.rows,
            next: (self.batch, 0),
        };
        Ok(Progress::Done(whole, hash))
    }
}

/// A step after the last, or after one that failed.
fn broken() -> AppError {
    AppError::internal("an export goes on after its end")
}
