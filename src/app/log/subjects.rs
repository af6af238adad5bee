//! Whom entries are about. The log names nobody; so beside each batch of entries a list is kept, sealed by
//! the root key and not published, for a recovery. Backups live 35 days: nobody needs it for longer.
//!
//! A list lies in the folder of its day, that of the newest entry in it: the same entries give the same key.

use std::collections::{HashMap, HashSet};

use chrono::{Days, NaiveDate};
use uuid::Uuid;

use super::unavailable;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::sealing::{Aad, FORMAT, Sealed};
use crate::db::log::{LeafRow, LogRow};
use crate::domain::log::Entry;

const FOLDER: &str = "log-subjects";

/// As long as a backup lives.
const KEPT: Days = Days::new(35);

/// How a day is written in a key.
const DAY: &str = "%Y%m%d";

fn folder(case: Uuid) -> String {
    format!("{FOLDER}/{case}")
}

fn aad(case: Uuid, root_version: i32) -> Aad<'static> {
    Aad {
        version: FORMAT,
        table: "log_leaves",
        column: "subject_id",
        claimant: case,
        key_version: root_version,
    }
}

/// Keeps whom a batch of entries is about.
pub(super) async fn keep(ctx: &Ctx, row: &LogRow, fresh: &[LeafRow]) -> AppResult<()> {
    let mut list: Vec<(Uuid, Uuid)> = Vec::with_capacity(fresh.len());
    let mut newest = None;
    for leaf in fresh {
        let entry: Entry = serde_json::from_slice(&leaf.entry).map_err(AppError::internal)?;
        list.extend(leaf.subject_id.map(|subject| (entry.id, subject)));
        newest = newest.max(Some(entry.t));
    }
    let Some(newest) = newest else {
        return Ok(());
    };
    let (version, root) = ctx.keyring.root();
    let version_number = i32::try_from(version).map_err(AppError::internal)?;
    let sealed = root.seal_json(&aad(row.case_id, version_number), &list)?;
    let mut bytes = version.to_be_bytes().to_vec();
    bytes.extend(sealed.as_bytes());
    let (folder, day) = (folder(row.case_id), newest.format(DAY));
    let key = format!("{folder}/{day}/{:020}", row.signed_size);
    ctx.blobs.put(&key, bytes).await.map_err(unavailable)
}

/// Whom entries are about, but for the erased.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    known: HashMap<Uuid, Uuid>,
    erased: HashSet<Uuid>,
}

impl Subjects {
    /// Those of the entries from a place on, as far as lists are there and open.
    pub(super) async fn read(ctx: &Ctx, row: &LogRow, from: u64) -> AppResult<Self> {
        let gone = ctx.blobs.list_erased().await.map_err(unavailable)?;
        let gone: HashSet<Uuid> = gone.iter().map(|id| id.uuid()).collect();
        let keys = ctx.blobs.list_folder(&folder(row.case_id)).await;
        let mut subjects = Self::default();
        for key in keys.map_err(unavailable)? {
            let name = key.rsplit('/').next().unwrap_or_default();
            if !name.parse::<u64>().is_ok_and(|first| first >= from) {
                continue;
            }
            let bytes = ctx.blobs.get(&key).await.map_err(unavailable)?;
            let opened = open(ctx, row.case_id, &bytes);
            if opened.is_none() {
                tracing::warn!(%key, "a list of whom entries are about does not open");
            }
            for (entry, subject) in opened.unwrap_or_default() {
                if gone.contains(&subject) {
                    subjects.erased.insert(entry);
                } else {
                    subjects.known.insert(entry, subject);
                }
            }
        }
        Ok(subjects)
    }

    /// Whom an entry is about.
    pub(super) fn of(&self, entry: &Uuid) -> Option<Uuid> {
        self.known.get(entry).copied()
    }

    /// Whether it was about somebody who is erased.
    pub(super) fn is_of_erased(&self, entry: &Uuid) -> bool {
        self.erased.contains(entry)
    }
}

fn open(ctx: &Ctx, case: Uuid, bytes: &[u8]) -> Option<Vec<(Uuid, Uuid)>> {
    let (version, sealed) = bytes.split_first_chunk::<4>()?;
    let version = i32::try_from(u32::from_be_bytes(*version)).ok()?;
    let root = ctx.keyring.root_by_version(version).ok()?;
    let sealed = Sealed::from_stored(sealed.to_vec());
    root.open_json(&aad(case, version), &sealed).ok()
}

/// Deletes the lists that are older than any backup; gives the number of days swept. Safe to repeat.
///
/// # Errors
/// `Unavailable` if the blob store cannot be reached.
pub async fn sweep(ctx: &Ctx) -> AppResult<usize> {
    let today = ctx.clock.now().date_naive();
    let kept_from = today.checked_sub_days(KEPT).unwrap_or(today);
    let mut swept = 0;
    for case in ctx.blobs.list_folders(FOLDER).await.map_err(unavailable)? {
        for folder in ctx.blobs.list_folders(&case).await.map_err(unavailable)? {
            let name = folder.rsplit('/').next().unwrap_or_default();
            let is_over = NaiveDate::parse_from_str(name, DAY).is_ok_and(|day| day < kept_from);
            if is_over {
                let deleted = ctx.blobs.delete_folder(&folder).await;
                deleted.map_err(unavailable)?;
                swept += 1;
            }
        }
    }
    Ok(swept)
}
