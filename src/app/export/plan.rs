//! The frozen list of an export: who is in it and in which version, as it was at one moment.
//!
//! It is read in one transaction that sees one moment of the database and lasts seconds, and kept sealed beside
//! the files. What is made afterwards reads the versions that it names, in short transactions, and can be taken
//! up where it was left (decision 23). Who is erased meanwhile falls out: their keys are gone.

use std::collections::HashMap;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::reviewed;
use super::shelf::Shelf;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::db::claimant_list::{self as rows, ListRow, Selection};
use crate::db::{Scope, Tx};

/// Claimants of a batch.
pub(super) const BATCH: i64 = 500;

/// Batches frozen in one step.
const AT_ONCE: usize = 20;

/// Somebody on the list.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Member {
    /// The row as it was.
    pub(super) row: ListRow,
    /// The version of the identity that counted.
    pub(super) identity: Option<i32>,
}

/// The identities that members have, by claimant and version.
pub(super) fn identities(members: &[Member]) -> Vec<(Uuid, i32)> {
    let named = members.iter();
    named
        .filter_map(|member| Some((member.row.id, member.identity?)))
        .collect()
}

/// A list that is being frozen.
pub(super) struct Freezing {
    tx: Tx,
    scope: Scope,
    selection: Selection,
    after: Option<Uuid>,
    batches: u64,
    total: u64,
}

impl Freezing {
    /// Opens the moment.
    pub(super) async fn begin(ctx: &Ctx, scope: Scope, selection: Selection) -> AppResult<Self> {
        Ok(Self {
            tx: ctx.pools.begin_snapshot(scope).await?,
            scope,
            selection,
            after: None,
            batches: 0,
            total: 0,
        })
    }

    /// Counts those that are left out because they are under review, at the same moment.
    pub(super) async fn note_reviewed(&mut self, filter: &mut Value) -> AppResult<()> {
        reviewed::count(&mut self.tx, self.scope, &self.selection, filter).await
    }

    /// Freezes the next batches; gives how many claimants there are, after the last.
    pub(super) async fn step(&mut self, shelf: &Shelf) -> AppResult<Option<u64>> {
        for _ in 0..AT_ONCE {
            let listed = rows::list_batch(
                &mut self.tx,
                self.scope,
                &self.selection,
                self.after,
                Uuid::max(),
                BATCH,
            )
            .await?;
            let Some(last) = listed.last().map(|row| row.id) else {
                return Ok(Some(self.total));
            };
            self.after = Some(last);
            let ids: Vec<Uuid> = listed.iter().map(|row| row.id).collect();
            let association = self.selection.association;
            let versions =
                rows::list_identity_versions(&mut self.tx, self.scope, association, &ids).await?;
            let versions: HashMap<Uuid, i32> = versions.into_iter().collect();
            self.total += u64::try_from(listed.len()).map_err(AppError::internal)?;
            let members: Vec<Member> = listed
                .into_iter()
                .map(|row| Member {
                    identity: versions.get(&row.id).copied(),
                    row,
                })
                .collect();
            shelf.put(&name(self.batches), &packed(&members)?).await?;
            self.batches += 1;
        }
        Ok(None)
    }
}

/// A batch of the frozen list, from 0.
pub(super) async fn read(shelf: &Shelf, batch: u64) -> AppResult<Vec<Member>> {
    let packed = shelf.get(&name(batch)).await?;
    let mut text = Vec::new();
    DeflateDecoder::new(packed.as_slice())
        .read_to_end(&mut text)
        .map_err(AppError::internal)?;
    serde_json::from_slice(&text).map_err(AppError::internal)
}

/// Batches of a list of so many.
pub(super) fn batches(total: u64) -> u64 {
    total.div_ceil(BATCH.unsigned_abs())
}

fn packed(members: &[Member]) -> AppResult<Vec<u8>> {
    let text = serde_json::to_vec(members).map_err(AppError::internal)?;
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(&text).map_err(AppError::internal)?;
    packer.finish().map_err(AppError::internal)
}

fn name(batch: u64) -> String {
    format!("plan/{batch:08}")
}
