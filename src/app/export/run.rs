//! The list while it is made: head, batches of claimants, last line.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::line::{Declared, Facts};
use super::reader::Reader;
use crate::app::claimant_list::Opener;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::vault::Vault;
use crate::crypto::sha256::{self, Sha256};
use crate::db::claimant_list::{self as rows, Belongings, Declarations, ListRow};
use crate::db::declaration::DeclarationRow;
use crate::db::payout::PayoutRow;
use crate::db::signature::SignatureRow;
use crate::domain::export::Columns;
use crate::render::csv::{self, Line};

/// Claimants read, opened and sent at a time.
pub(super) const BATCH: i64 = 500;

/// A list that is made while it is read. While a batch is opened the next one is read: the trail may
/// name one batch more than was sent, never one less.
pub(super) struct Run {
    reader: Reader,
    facts: Arc<Facts>,
    ahead: Option<Read>,
    rows: u64,
    hash: Sha256,
    step: Step,
}

enum Step {
    Head,
    Batches,
    Done,
}

/// A batch as it rests in the database, with all that its lines need.
pub(super) struct Read {
    pub(super) rows: Vec<ListRow>,
    pub(super) belongings: Belongings,
    pub(super) declarations: Declarations,
}

impl Run {
    pub(super) fn new(reader: Reader, facts: Facts) -> Self {
        Self {
            reader,
            facts: Arc::new(facts),
            ahead: None,
            rows: 0,
            hash: Sha256::new(),
            step: Step::Head,
        }
    }

    /// The next bytes.
    pub(super) async fn next(mut self) -> AppResult<Option<(Vec<u8>, Self)>> {
        let bytes = match self.step {
            Step::Head => {
                self.step = Step::Batches;
                csv::head(self.facts.dialect(), Columns::Full).map_err(AppError::internal)?
            }
            Step::Batches => match self.batch().await? {
                Some(bytes) => bytes,
                None => self.tail().await?,
            },
            Step::Done => return Ok(None),
        };
        self.hash.update(&bytes);
        Ok(Some((bytes, self)))
    }

    /// The lines of a batch; `None` after the last.
    async fn batch(&mut self) -> AppResult<Option<Vec<u8>>> {
        let read = match self.ahead.take() {
            Some(read) => read,
            None => match self.read().await? {
                Some(read) => read,
                None => return Ok(None),
            },
        };
        let before = self.rows;
        self.rows += u64::try_from(read.rows.len()).map_err(AppError::internal)?;
        let (ctx, facts) = (self.reader.ctx().clone(), Arc::clone(&self.facts));
        let runtime = Handle::current();
        // a batch keeps a core busy for some 15 ms: not the one that reads the next
        let opening = spawn_blocking(move || {
            let lines = runtime.block_on(lines(&ctx, &facts, before, read))?;
            csv::lines(facts.dialect(), Columns::Full, &lines).map_err(AppError::internal)
        });
        let ahead = self.read().await;
        let lines = opening.await.map_err(AppError::internal)??;
        self.ahead = ahead?;
        Ok(Some(lines))
    }

    async fn read(&mut self) -> AppResult<Option<Read>> {
        let of = self.reader.of();
        let Some(mut batch) = self.reader.batch().await? else {
            return Ok(None);
        };
        let ids = batch.ids();
        let belongings =
            rows::list_belongings(&mut batch.tx, of.scope(), of.association, &ids).await?;
        batch.tx.commit().await?;
        Ok(Some(Read {
            rows: batch.rows,
            belongings,
            declarations: batch.declarations,
        }))
    }

    async fn tail(&mut self) -> AppResult<Vec<u8>> {
        let hash = self.hash.clone().finish();
        let hex = sha256::hex(&hash);
        self.reader.finish(self.rows, hash).await?;
        self.step = Step::Done;
        Ok(csv::tail(self.facts.dialect(), self.rows, &hex))
    }
}

/// Opens a batch; its first line has the number after `before`.
pub(super) async fn lines(
    ctx: &Ctx,
    facts: &Facts,
    before: u64,
    read: Read,
) -> AppResult<Vec<Line>> {
    let mut opener = Opener::new(read.belongings);
    let mut declarations = ByClaimant::new(read.declarations);
    let mut lines = Vec::with_capacity(read.rows.len());
    for (number, row) in (before + 1..).zip(&read.rows) {
        let opened = opener.open(ctx, row.id).await?;
        let declared = match &opened.vault {
            Some(vault) => declarations.open(row, vault)?,
            None => Declared::default(),
        };
        lines.push(facts.line(number, row, &opened, &declared)?);
    }
    Ok(lines)
}

/// What a batch declared, to be taken claimant by claimant.
pub(super) struct ByClaimant {
    declared: HashMap<(Uuid, i32), DeclarationRow>,
    signed: HashMap<(Uuid, i32), SignatureRow>,
    payouts: HashMap<Uuid, PayoutRow>,
}

impl ByClaimant {
    pub(super) fn new(declarations: Declarations) -> Self {
        let declared = declarations.declared.into_iter();
        let signed = declarations.signed.into_iter();
        let payouts = declarations.payouts.into_iter();
        Self {
            declared: declared
                .map(|row| ((row.claimant_id, row.version), row))
                .collect(),
            signed: signed
                .map(|row| ((row.claimant_id, row.version), row))
                .collect(),
            payouts: payouts.map(|row| (row.claimant_id, row)).collect(),
        }
    }

    /// The version in force of a claimant, as the row names it, with its signature.
    pub(super) fn take_signed(&mut self, row: &ListRow) -> Option<(DeclarationRow, SignatureRow)> {
        let place = (row.id, row.signed_version?);
        self.declared.remove(&place).zip(self.signed.remove(&place))
    }

    /// The newest version of a claimant, as the row names it, open; signed or not.
    fn open(&mut self, row: &ListRow, vault: &Vault) -> AppResult<Declared> {
        let payout = self.payouts.remove(&row.id);
        let place = row.declared_version.map(|version| (row.id, version));
        let declared = place.and_then(|place| self.declared.remove(&place));
        let signed = place.and_then(|place| self.signed.remove(&place));
        Declared::open(vault, declared, signed, payout)
    }
}
