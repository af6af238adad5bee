//! What every action needs: clock, database, keys, settings.

use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use crate::app::clock::Clock;
use crate::app::dashboard::Dashboard;
use crate::app::directory::Directories;
use crate::app::error::{AppError, AppResult};
use crate::app::fresh::Fresh;
use crate::app::intake::Intake;
use crate::app::keyring::Keyring;
use crate::app::seal::Sealer;
use crate::app::signature_trust::TrustFiles;
use crate::blob::Blobs;
use crate::db::Pools;
use crate::domain::brought::Figures;
use crate::domain::ids::{AssociationId, CaseId, PartnerId};
use crate::evidence::Trust;
use crate::outbound::webhook::Webhooks;

/// Write actions that may run at the same time in a process; the rest waits in line.
const MAX_WRITES: usize = 256;
/// Uploads that may be received at the same time in a process.
const MAX_UPLOADS: usize = 128;
/// Files of an upload that may be held in memory at the same time, to be written as one.
const MAX_FILES: usize = 8;
/// How long a write action may wait in line before it is refused.
const LINE_ENDS: Duration = Duration::from_secs(10);

/// Settings of the actions, read once from the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where people find us, without a slash at the end; every link starts with it.
    pub public_base_url: String,
    /// Whether this is the demo: banner, `/demo/outbox`, shown authenticator codes.
    pub demo: bool,
    /// How long the public data of cases may be remembered.
    pub directory_ttl: Duration,
    /// Where mails come back to; each gets a tag of its own after the `+`.
    pub bounce_address: String,
    /// Folder into which others put what came back, if any.
    pub bounce_dir: Option<PathBuf>,
    /// Folder for what is being uploaded, until it is kept or refused.
    pub spool_dir: PathBuf,
    /// This program: it starts itself to make pictures of files.
    pub program: PathBuf,
    /// Who is trusted to issue certificates of digital signatures.
    pub trust: TrustFiles,
    /// Whether a virus scanner looks at documents.
    pub scans: bool,
    /// Bytes of a volume of a dossier, about.
    pub export_volume: u64,
}

/// Shared by all requests and loops of a process. Cheap to clone.
#[derive(Clone)]
pub struct Ctx {
    /// Tells the time.
    pub clock: Clock,
    /// The database.
    pub pools: Pools,
    /// Open keys.
    pub keyring: Arc<Keyring>,
    /// Files: documents, ids of the erased.
    pub blobs: Blobs,
    /// Settings.
    pub settings: Arc<Settings>,
    /// Issuers of time-stamping authorities that are believed, if any are known.
    pub stamp_trust: Option<Arc<Trust>>,
    /// Who seals documents, if somebody does.
    pub sealer: Option<Arc<Sealer>>,
    /// The way to the servers of partners.
    pub webhooks: Webhooks,
    /// Public data of cases, remembered for a moment.
    pub directories: Arc<Directories>,
    /// Figures of cases, counted a moment ago.
    pub(in crate::app) dashboards: Arc<Fresh<(AssociationId, CaseId), Dashboard>>,
    /// How many partners brought, counted a moment ago.
    pub(in crate::app) brought: Arc<Fresh<PartnerId, Figures>>,
    /// Sign-ups that wait to be written together.
    pub(in crate::app) intake: Arc<Intake>,
    writes: Arc<Semaphore>,
    documents: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
    files: Arc<Semaphore>,
    runtime: Handle,
}

impl Ctx {
    /// Puts the parts together. Called on the runtime that outlives the web server: each thread of
    /// actix has a runtime of its own, which takes its tasks along when the server stops.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn new(
        clock: Clock,
        pools: Pools,
        keyring: Keyring,
        blobs: Blobs,
        settings: Settings,
    ) -> Self {
        Self {
            clock,
            pools,
            keyring: Arc::new(keyring),
            blobs,
            directories: Arc::new(Directories::new(settings.directory_ttl)),
            dashboards: Arc::default(),
            brought: Arc::default(),
            settings: Arc::new(settings),
            stamp_trust: None,
            webhooks: Webhooks::new(),
            sealer: None,
            intake: Arc::default(),
            writes: Arc::new(Semaphore::new(MAX_WRITES)),
            documents: Arc::new(Semaphore::new(cores())),
            uploads: Arc::new(Semaphore::new(MAX_UPLOADS)),
            files: Arc::new(Semaphore::new(MAX_FILES)),
            runtime: Handle::current(),
        }
    }

    /// Believes the time stamps of these issuers alone.
    #[must_use]
    pub fn trusting(mut self, issuers: Trust) -> Self {
        self.stamp_trust = Some(Arc::new(issuers));
        self
    }

    /// Seals documents with this key and certificate.
    #[must_use]
    pub fn sealing(mut self, sealer: Sealer) -> Self {
        self.sealer = Some(Arc::new(sealer));
        self
    }

    /// A fresh id that sorts by time.
    pub fn new_id(&self) -> uuid::Uuid {
        crate::crypto::token::new_id(self.clock.now())
    }

    /// Runs a write action in a task of its own, to its end, even if the caller is gone: actix
    /// drops a handler's future when the client resets (DESIGN 2).
    ///
    /// # Errors
    /// What the action says; `Unavailable` if the line is too long or the process is shutting down.
    pub fn to_end<T, F>(&self, action: F) -> impl Future<Output = AppResult<T>>
    where
        T: Send + 'static,
        F: Future<Output = AppResult<T>> + Send + 'static,
    {
        // actions are large, and every handler would carry its own
        let action = Box::pin(action);
        async move {
            let permit = timeout(LINE_ENDS, self.writes.clone().acquire_owned())
                .await
                .map_err(|late| AppError::Unavailable(Box::new(late)))?
                .map_err(|closed| AppError::Unavailable(Box::new(closed)))?;
            let task = self.runtime.spawn(async move {
                let done = action.await;
                drop(permit);
                done
            });
            task.await.map_err(AppError::internal)?
        }
    }

    /// Runs work that keeps a core busy, such as printing a document, on a thread that serves nobody;
    /// as many at once as there are cores.
    ///
    /// # Errors
    /// What the work says; `Unavailable` if the line is too long.
    pub(in crate::app) async fn on_a_core<T, F>(&self, work: F) -> AppResult<T>
    where
        T: Send + 'static,
        F: FnOnce() -> AppResult<T> + Send + 'static,
    {
        let permit = self.room_on_a_core().await?;
        let pool = PRINTERS.as_ref().map_err(AppError::internal)?;
        let (sender, receiver) = oneshot::channel();
        pool.spawn(move || {
            let done = work();
            drop(permit);
            // nobody waits any more: the work was for nothing
            let _ = sender.send(done);
        });
        receiver.await.map_err(AppError::internal)?
    }

    /// Room for work that keeps a core busy, here or in another process, until the permit is let go.
    ///
    /// # Errors
    /// `Unavailable` if the line is too long.
    pub(in crate::app) async fn room_on_a_core(&self) -> AppResult<OwnedSemaphorePermit> {
        timeout(LINE_ENDS, self.documents.clone().acquire_owned())
            .await
            .map_err(|late| AppError::Unavailable(Box::new(late)))?
            .map_err(|closed| AppError::Unavailable(Box::new(closed)))
    }

    /// Room to receive one upload, until the permit is let go.
    ///
    /// # Errors
    /// `Unavailable` if too many are being received.
    pub async fn room_for_an_upload(&self) -> AppResult<OwnedSemaphorePermit> {
        timeout(LINE_ENDS, self.uploads.clone().acquire_owned())
            .await
            .map_err(|late| AppError::Unavailable(Box::new(late)))?
            .map_err(|closed| AppError::Unavailable(Box::new(closed)))
    }

    /// Room to hold one sealed file in memory while it is written, until the permit is let go.
    ///
    /// # Errors
    /// `Unavailable` if the line is too long.
    pub(in crate::app) async fn room_for_a_file(&self) -> AppResult<OwnedSemaphorePermit> {
        timeout(LINE_ENDS, self.files.clone().acquire_owned())
            .await
            .map_err(|late| AppError::Unavailable(Box::new(late)))?
            .map_err(|closed| AppError::Unavailable(Box::new(closed)))
    }

    /// Sign-ups that wait for a writer (decision 8).
    pub fn sign_ups_waiting(&self) -> usize {
        self.intake.waiting()
    }

    /// Runs a task that a write action waits for: it does not end with the action.
    pub(in crate::app) fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.runtime.spawn(task);
    }

    /// Waits until every write action has ended, and lets no new one begin.
    pub async fn drain(&self) {
        let all = u32::try_from(MAX_WRITES).unwrap_or(u32::MAX);
        if let Ok(permits) = self.writes.acquire_many(all).await {
            permits.forget();
            self.writes.close();
        }
    }
}

/// One thread for each core, always the same ones: printing leaves megabytes with the thread that did it, and the
/// runtime has a hundred threads for work that waits. A panic ends its document, not the process.
static PRINTERS: LazyLock<Result<ThreadPool, ThreadPoolBuildError>> = LazyLock::new(|| {
    ThreadPoolBuilder::new()
        .num_threads(cores())
        .thread_name(|place| format!("printer-{place}"))
        .panic_handler(|_| ())
        .build()
});

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}
