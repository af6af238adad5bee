//! The dossier: all that proves each signature in force, a folder for each claimant, as ZIP in volumes.
//!
//! A folder is never parted: where it would make a volume too large, the next one begins. A volume that is
//! whole is kept with its part of index and manifest, and the making goes on from there if its worker is gone.
//! The last volume holds `indice.csv` and `manifest.sha256` over all of them; the SHA-256 of that manifest is
//! what the register keeps. In memory are a few folders without their uploads, and the lines of one volume.

use std::collections::{HashMap, VecDeque};

use uuid::Uuid;

use super::documents::{AT_ONCE, Waiting, waiting};
use super::job::{Making, Progress};
use super::outlet::{Outlet, Whole, file_name};
use super::plan;
use crate::app::error::{AppError, AppResult};
use crate::app::file_store::Reader;
use crate::crypto::sha256::{self, Sha256};
use crate::db::export::ExportFileRow;
use crate::render::csv;
use crate::render::document::{ListLine, SignedList, signed_list};
use crate::render::volume::{Volume, is_portable};

mod folder;

use folder::Folder;

/// Lines of one printed list.
const PRINTED: usize = 500;

/// A dossier that is being made.
pub(super) struct Dossier {
    /// Volumes that are whole, as rows.
    kept: Vec<Uuid>,
    volume: Option<Open>,
    /// The next batch, and from which place in it.
    next: (u64, usize),
    /// Signed versions of the batch before, each with its place.
    waiting: VecDeque<((u64, usize), Waiting)>,
    ready: VecDeque<((u64, usize), Folder)>,
    rows: u64,
}

/// A volume that is being written.
struct Open {
    number: i32,
    archive: Volume,
    outlet: Outlet,
    /// Claimants in it.
    rows: u64,
    index: Vec<u8>,
    manifest: String,
    listed: Vec<ListLine>,
}

impl Open {
    fn new(making: &Making, kept: usize) -> AppResult<Self> {
        Ok(Self {
            number: i32::try_from(kept + 1).map_err(AppError::internal)?,
            archive: Volume::new(),
            outlet: Outlet::new(&making.shelf, &making.recipients)?,
            rows: 0,
            index: Vec::new(),
            manifest: String::new(),
            listed: Vec::new(),
        })
    }

    async fn add(&mut self, name: &str, bytes: &[u8]) -> AppResult<()> {
        self.begin(name)?;
        self.archive.write(bytes).map_err(AppError::internal)?;
        self.note(name, &sha256::hex(&sha256::digest(bytes)));
        self.flush().await
    }

    /// A file that was uploaded, piece by piece, checked on the way.
    async fn copy(&mut self, name: &str, mut reader: Reader) -> AppResult<()> {
        self.begin(name)?;
        let mut digest = Sha256::new();
        while let Some(piece) = reader.next().await? {
            digest.update(&piece);
            self.archive.write(&piece).map_err(AppError::internal)?;
            self.flush().await?;
        }
        self.note(name, &sha256::hex(&digest.finish()));
        Ok(())
    }

    fn begin(&mut self, name: &str) -> AppResult<()> {
        if !is_portable(name) {
            return Err(AppError::internal("a path of a dossier is not portable"));
        }
        self.archive.begin(name).map_err(AppError::internal)
    }

    /// A line as `sha256sum --check` reads it.
    fn note(&mut self, name: &str, sha256: &str) {
        self.manifest.push_str(sha256);
        self.manifest.push_str("  ");
        self.manifest.push_str(name);
        self.manifest.push('\n');
    }

    async fn flush(&mut self) -> AppResult<()> {
        let bytes = self.archive.take();
        self.outlet.push(bytes).await
    }

    /// Prints the claimants listed since the last time, up to number `last`.
    async fn print(&mut self, making: &Making, last: u64) -> AppResult<()> {
        let lines = std::mem::take(&mut self.listed);
        let count = u64::try_from(lines.len()).map_err(AppError::internal)?;
        let Some(first) = last.checked_sub(count).map(|before| before + 1) else {
            return Ok(());
        };
        if lines.is_empty() {
            return Ok(());
        }
        let name = format!("elenco/elenco-{first:06}-{last:06}.pdf");
        let list = SignedList {
            case: making.facts.case_title().to_owned(),
            association: making.facts.association_name().to_owned(),
            as_of: making.snapshot_at,
            first,
            last,
            lines,
        };
        let pdf = making
            .ctx
            .on_a_core(move || signed_list(&list).map_err(AppError::internal))
            .await?;
        self.add(&name, &pdf).await
    }
}

impl Dossier {
    /// From the first claimant, or from the first after the volumes that are whole.
    pub(super) fn new(making: &Making, files: Vec<ExportFileRow>) -> AppResult<Self> {
        let number = |value: i64| u64::try_from(value).map_err(AppError::internal);
        let (mut rows, mut next) = (0, (0, 0));
        if let Some(last) = files.last() {
            rows = number(last.rows_until)?;
            let place = usize::try_from(last.next_row).map_err(AppError::internal)?;
            next = (number(last.next_batch)?, place);
        }
        let kept: Vec<Uuid> = files.into_iter().map(|file| file.folder).collect();
        Ok(Self {
            volume: Some(Open::new(making, kept.len())?),
            kept,
            next,
            waiting: VecDeque::new(),
            ready: VecDeque::new(),
            rows,
        })
    }

    /// Where the file lies that is being written.
    pub(super) fn folder(&self) -> Option<Uuid> {
        self.volume.as_ref().map(|volume| volume.outlet.folder())
    }

    pub(super) async fn step(&mut self, making: &Making) -> AppResult<Progress> {
        if let Some((place, folder)) = self.ready.pop_front() {
            return Box::pin(self.put(making, place, folder)).await;
        }
        if !self.waiting.is_empty() {
            return self.prepare(making).await;
        }
        if self.next.0 >= making.batches() {
            return Box::pin(self.end(making)).await;
        }
        self.read(making).await
    }

    /// The next batch of the frozen list.
    async fn read(&mut self, making: &Making) -> AppResult<Progress> {
        let (batch, from) = self.next;
        let mut members = plan::read(&making.shelf, batch).await?;
        let places: HashMap<Uuid, usize> = members
            .iter()
            .enumerate()
            .map(|(place, member)| (member.row.id, place))
            .collect();
        members.drain(..from.min(members.len()));
        let Some((tx, read)) = making.batch(members, self.rows).await? else {
            return Ok(Progress::Gone);
        };
        tx.commit().await?;
        for signed in waiting(read)? {
            let place = places.get(&signed.declared.claimant_id);
            let place = place.copied().unwrap_or_default();
            self.waiting.push_back(((batch, place), signed));
        }
        self.next = (batch + 1, 0);
        Ok(Progress::More)
    }

    /// Fetches the next folders.
    async fn prepare(&mut self, making: &Making) -> AppResult<Progress> {
        let count = self.waiting.len().min(AT_ONCE);
        let (places, next): (Vec<_>, Vec<_>) = self.waiting.drain(..count).unzip();
        let Some(folders) = folder::prepare(making, next, self.rows).await? else {
            return Ok(Progress::Gone);
        };
        // whoever was erased since the batch was read has no folder
        for (place, folder) in places.into_iter().zip(folders) {
            if let Some(folder) = folder {
                self.ready.push_back((place, folder));
            }
        }
        Ok(Progress::More)
    }

    /// Puts a folder into the volume, or into the next one if it would grow too large.
    async fn put(
        &mut self,
        making: &Making,
        place: (u64, usize),
        folder: Folder,
    ) -> AppResult<Progress> {
        let most = making.ctx.settings.export_volume;
        let volume = self.volume.as_ref().ok_or_else(broken)?;
        if volume.rows > 0 && volume.outlet.size() + folder.size() > most {
            self.ready.push_front((place, folder));
            return Box::pin(self.close(making, place)).await;
        }
        let volume = self.volume.as_mut().ok_or_else(broken)?;
        self.rows += 1;
        volume.rows += 1;
        let name = folder.name(self.rows);
        for (file, bytes) in &folder.files {
            volume.add(&format!("{name}/{file}"), bytes).await?;
        }
        for (file, stored) in folder.uploads {
            let reader = Reader::new(&making.ctx, stored.0, stored.1);
            volume.copy(&format!("{name}/{file}"), reader).await?;
        }
        let mut line = folder.line;
        line.progressivo = self.rows;
        line.file = format!("{name}/{}", folder::DOCUMENT);
        line.attestazione = format!("{name}/{}", folder::ATTESTATION);
        let bytes = csv::index_line(&line).map_err(AppError::internal)?;
        volume.index.extend(bytes);
        volume.listed.push(ListLine::of(&line, &name));
        if volume.listed.len() >= PRINTED {
            volume.print(making, self.rows).await?;
        }
        Ok(Progress::More)
    }

    /// Ends the volume; the next begins with the claimant at `place`.
    async fn close(&mut self, making: &Making, place: (u64, usize)) -> AppResult<Progress> {
        let mut volume = self.volume.take().ok_or_else(broken)?;
        volume.print(making, self.rows).await?;
        let number = volume.number;
        let folder = volume.outlet.folder();
        making.shelf.put(&index_of(folder), &volume.index).await?;
        let manifest = volume.manifest.as_bytes().to_vec();
        making.shelf.put(&manifest_of(folder), &manifest).await?;
        let whole = Box::pin(self.whole(making, volume, number, place)).await?;
        if !making.keep(&whole).await? {
            making.shelf.delete(folder).await?;
            return Ok(Progress::Gone);
        }
        self.kept.push(folder);
        self.volume = Some(Open::new(making, self.kept.len())?);
        Ok(Progress::More)
    }

    async fn whole(
        &self,
        making: &Making,
        mut volume: Open,
        number: i32,
        next: (u64, usize),
    ) -> AppResult<Whole> {
        let rest = volume.archive.finish().map_err(AppError::internal)?;
        volume.outlet.push(rest).await?;
        let id = making.of.id.to_string();
        let short = id.get(id.len().saturating_sub(6)..).unwrap_or_default();
        let name = format!("dossier-{short}-{number:02}.zip");
        Ok(Whole {
            number,
            name: file_name(&name, &making.recipients),
            stored: volume.outlet.finish().await?,
            rows: self.rows,
            next,
        })
    }

    /// Index, manifest, and the end of the last volume.
    async fn end(&mut self, making: &Making) -> AppResult<Progress> {
        let mut volume = self.volume.take().ok_or_else(broken)?;
        volume.print(making, self.rows).await?;
        let name = "indice.csv";
        volume.begin(name)?;
        let mut digest = Sha256::new();
        let head = csv::index_head().map_err(AppError::internal)?;
        let own = std::mem::take(&mut volume.index);
        put_part(&mut volume, &mut digest, head).await?;
        for folder in &self.kept {
            let part = making.shelf.get(&index_of(*folder)).await?;
            put_part(&mut volume, &mut digest, part).await?;
        }
        put_part(&mut volume, &mut digest, own).await?;
        volume.note(name, &sha256::hex(&digest.finish()));
        volume.begin("manifest.sha256")?;
        let mut digest = Sha256::new();
        for folder in &self.kept {
            let part = making.shelf.get(&manifest_of(*folder)).await?;
            put_part(&mut volume, &mut digest, part).await?;
        }
        let own = std::mem::take(&mut volume.manifest).into_bytes();
        put_part(&mut volume, &mut digest, own).await?;
        let number = volume.number;
        let whole = Box::pin(self.whole(making, volume, number, self.next)).await?;
        Ok(Progress::Done(whole, digest.finish()))
    }
}

async fn put_part(volume: &mut Open, digest: &mut Sha256, bytes: Vec<u8>) -> AppResult<()> {
    digest.update(&bytes);
    volume.archive.write(&bytes).map_err(AppError::internal)?;
    volume.flush().await
}

fn index_of(folder: Uuid) -> String {
    format!("{folder}/index")
}

fn manifest_of(folder: Uuid) -> String {
    format!("{folder}/manifest")
}

fn broken() -> AppError {
    AppError::internal("an export goes on after its end")
}
