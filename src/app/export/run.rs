//! The list while it is made: head, batches of claimants, last line.

use std::collections::HashMap;

use uuid::Uuid;

use super::line::{Declared, Facts};
use super::reader::{Batch, Reader};
use crate::app::claimant_list::Opener;
use crate::app::error::{AppError, AppResult};
use crate::app::vault::Vault;
use crate::crypto::sha256::{self, Sha256};
use crate::db::claimant_list::{self as rows, Declarations, ListRow};
use crate::db::declaration::DeclarationRow;
use crate::db::payout::PayoutRow;
use crate::db::signature::SignatureRow;
use crate::render::csv;

/// Claimants read, opened and sent at a time.
pub(super) const BATCH: i64 = 500;

/// A list that is made while it is read.
pub(super) struct Run {
    reader: Reader,
    facts: Facts,
    rows: u64,
    hash: Sha256,
    step: Step,
}

enum Step {
    Head,
    Batches,
    Done,
}

impl Run {
    pub(super) fn new(reader: Reader, facts: Facts) -> Self {
        Self {
            reader,
            facts,
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
                csv::head(self.facts.dialect()).map_err(AppError::internal)?
            }
            Step::Batches => match self.reader.batch().await? {
                Some(batch) => self.lines(batch).await?,
                None => self.tail().await?,
            },
            Step::Done => return Ok(None),
        };
        self.hash.update(&bytes);
        Ok(Some((bytes, self)))
    }

    async fn lines(&mut self, mut batch: Batch) -> AppResult<Vec<u8>> {
        let (scope, association) = (
            self.reader.actor().scope(),
            self.reader.actor().association_id(),
        );
        let ids = batch.ids();
        let belongings = rows::list_belongings(&mut batch.tx, scope, association, &ids).await?;
        batch.tx.commit().await?;
        let mut opener = Opener::new(belongings);
        let mut declarations = ByClaimant::new(batch.declarations);
        let mut lines = Vec::with_capacity(batch.rows.len());
        for row in &batch.rows {
            let opened = opener.open(self.reader.ctx(), row.id).await?;
            let declared = match &opened.vault {
                Some(vault) => declarations.open(row, vault)?,
                None => Declared::default(),
            };
            self.rows += 1;
            lines.push(self.facts.line(self.rows, row, &opened, &declared)?);
        }
        csv::lines(self.facts.dialect(), &lines).map_err(AppError::internal)
    }

    async fn tail(&mut self) -> AppResult<Vec<u8>> {
        let hash = self.hash.clone().finish();
        let hex = sha256::hex(&hash);
        self.reader.finish(self.rows, hash).await?;
        self.step = Step::Done;
        Ok(csv::tail(self.facts.dialect(), self.rows, &hex))
    }
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
