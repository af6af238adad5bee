//! Puts the program together: database, keys, files, mails, web server, loops; and takes it apart.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{App, HttpServer, middleware as actix_middleware, web as actix};
use anyhow::{Context, bail};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::app::health::Health;
use crate::app::keyring::Keyring;
use crate::app::seal::Sealer;
use crate::app::signature_trust::TrustFiles;
use crate::app::{Clock, Ctx, ctx, picture, retention};
use crate::blob::Blobs;
use crate::config::{Config, ConfigError, DirectTls, DkimSettings, Transport};
use crate::crypto::dkim_key::DkimKey;
use crate::crypto::master_key::MasterKeys;
use crate::crypto::seal_key::SealKey;
use crate::db::dump::Tools;
use crate::db::embedded::{self, Embedded, EmbeddedOptions};
use crate::db::{Pools, migration};
use crate::evidence::{SealCertificate, Trust};
use crate::mailer::{Dkim, Mailer, MxSettings, MxTls};
use crate::outbound::clamd::Clamd;
use crate::outbound::tsa::Tsa;
use crate::state::{AppState, WebOptions};
use crate::web;
use crate::worker;

/// How long public data of cases are remembered.
const DIRECTORY_TTL: Duration = Duration::from_secs(2);
/// How long requests may take to end after the signal to stop. The times of [`Running::stop`]
/// together stay under 15 s.
const REQUESTS_END: u64 = 7;
/// How long write actions of clients that are gone may take to end after that.
const WRITES_END: Duration = Duration::from_secs(3);
/// How long loops may take to end after that; they are told at the same time as the requests.
const LOOPS_END: Duration = Duration::from_secs(2);
/// How long a program serves a database that a newer one has migrated: time to start the new one on one machine after
/// the other (decision 41).
const OUTGROWN: Duration = Duration::from_mins(10);
/// How often it looks whether the database is newer.
const OUTGROWN_LOOK: Duration = Duration::from_secs(15);
/// How long a client may take to send the head of a request.
const SLOW_CLIENT: Duration = Duration::from_secs(10);

/// A database to work with.
pub struct Database {
    url: String,
    embedded: Option<Embedded>,
}

impl Database {
    /// The one of `DATABASE_URL`, else our own, started and brought up to date.
    ///
    /// # Errors
    /// If our own server does not start or migrate; the other one is not touched.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let database = Self::open_as_is(config).await?;
        if database.embedded.is_some() {
            database.migrate().await?;
        }
        Ok(database)
    }

    /// As [`Database::open`], for commands typed beside a running `serve`: then its server is used.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub async fn attach(config: &Config) -> anyhow::Result<Self> {
        if config.database_url.is_none()
            && let Some(url) = embedded::url_of_running(&config.data_dir)
            && migration::pending(&url).await.is_ok()
        {
            return Ok(Self {
                url,
                embedded: None,
            });
        }
        Self::open(config).await
    }

    /// As [`Database::open`], but nothing is migrated: for a restore.
    ///
    /// # Errors
    /// If our own server does not start.
    pub async fn open_as_is(config: &Config) -> anyhow::Result<Self> {
        if let Some(url) = &config.database_url {
            return Ok(Self {
                url: url.expose().to_owned(),
                embedded: None,
            });
        }
        let mut options = EmbeddedOptions::new(&config.data_dir);
        options.pg_bin.clone_from(&config.pg_bin);
        options.pg_candidates.push(config.fetched_pg_bin.clone());
        let embedded = tokio::task::spawn_blocking(move || Embedded::start(&options)).await??;
        Ok(Self {
            url: embedded.url(),
            embedded: Some(embedded),
        })
    }

    /// The owner's URL. It holds the password: not for logs.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Brings the schema up to date; gives the number of migrations run.
    ///
    /// # Errors
    /// If the server cannot be reached, or a migration fails.
    pub async fn migrate(&self) -> anyhow::Result<usize> {
        let count = migration::run(&self.url)
            .await
            .context("the database could not be migrated")?;
        if count > 0 {
            tracing::info!(count, "migrations run");
        }
        Ok(count)
    }

    /// Whether the server runs: that of others is taken to.
    pub fn is_running(&self) -> bool {
        self.embedded.as_ref().is_none_or(Embedded::is_running)
    }

    /// Stops our own server; the one of others is left alone.
    pub async fn stop(self) {
        if let Some(embedded) = self.embedded {
            let stopped = tokio::task::spawn_blocking(move || embedded.stop()).await;
            if stopped.is_err() {
                tracing::error!("the embedded Postgres did not stop");
            }
        }
    }
}

/// What commands work with.
pub struct Parts {
    /// What actions need.
    pub ctx: Ctx,
    /// The way of mails.
    pub mailer: Mailer,
    /// Who signs mails, if we do.
    pub dkim: Option<Dkim>,
    /// Who stamps the time of logs, if somebody does.
    pub tsa: Option<Tsa>,
    /// The database, to be stopped last.
    pub database: Database,
    /// Whether we are ready.
    pub health: Arc<Health>,
}

impl Parts {
    /// Opens database, keys, files and mails.
    ///
    /// # Errors
    /// With a sentence that tells the operator what to do.
    pub async fn open(config: &Config, demo: bool) -> anyhow::Result<Self> {
        let mailer = mailer(config)?;
        let dkim = dkim(config)?;
        let tsa = tsa(config)?;
        let sealer = sealer(config)?;
        let database = Database::open(config).await?;
        let mut ctx = open_ctx(config, &database, demo).await?;
        if let Some(sealer) = sealer {
            if let Err(error) = sealer.check_in_force(ctx.clock.now()) {
                tracing::error!(%error, "SEAL_CERTIFICATE_FILE: documents go out without a seal");
            }
            ctx = ctx.sealing(sealer);
        }
        retention::replay_erased(&ctx)
            .await
            .context("what was erased cannot be looked up")?;
        let health = Arc::new(Health::new(database.url()));
        Ok(Self {
            ctx,
            mailer,
            dkim,
            tsa,
            database,
            health,
        })
    }

    /// Lets everything go, the database last.
    pub async fn close(self) {
        if timeout(WRITES_END, self.ctx.drain()).await.is_err() {
            tracing::error!("write actions were cut off");
        }
        self.ctx.pools.close();
        self.database.stop().await;
    }
}

/// What actions need, on a migrated database.
///
/// # Errors
/// With a sentence that tells the operator what to do.
pub async fn open_ctx(config: &Config, database: &Database, demo: bool) -> anyhow::Result<Ctx> {
    let master = master_keys(config)?;
    let pending = migration::pending(database.url())
        .await
        .context("the database of DATABASE_URL cannot be reached")?;
    if pending > 0 {
        bail!("the database lacks {pending} migrations: run `joinder migrate` first");
    }
    refuse_newer(database).await?;
    let clock = Clock::System;
    let pools = Pools::new(database.url(), config.pool_size)?;
    let keyring = Keyring::open(&pools, master, clock.now())
        .await
        .context("the keys do not open")?;
    let blobs = Blobs::open(&config.blob_url, config.object_store.expose())?;
    let settings = ctx::Settings {
        public_base_url: config.public_base_url.clone(),
        demo,
        directory_ttl: DIRECTORY_TTL,
        bounce_address: config.bounce_address.clone(),
        bounce_dir: config.bounce_dir.clone(),
        spool_dir: config.data_dir.join("spool"),
        program: PathBuf::from(picture::THIS_PROGRAM),
        trust: trust_files(config),
        scans: config.clamd_url.is_some(),
        export_volume: config.export_volume,
    };
    let ctx = Ctx::new(clock, pools, keyring, blobs, settings);
    Ok(match stamp_trust(config)? {
        Some(issuers) => ctx.trusting(issuers),
        None => ctx,
    })
}

/// Refuses a database that a newer program has migrated.
///
/// # Errors
/// With a sentence that tells the operator what to do.
pub async fn refuse_newer(database: &Database) -> anyhow::Result<()> {
    let ahead = migration::ahead(database.url())
        .await
        .context("the migrations of the database cannot be read")?;
    if ahead.unknown > 0 {
        bail!(
            "the database is newer than this program, which does not know {} of its migrations: start the version of joinder that migrated it",
            ahead.unknown
        );
    }
    Ok(())
}

/// Who seals documents, if `SEAL_KEY_FILE` and `SEAL_CERTIFICATE_FILE` say so. A certificate that is not in
/// force is no reason not to start: documents go without a seal, and the log says so.
///
/// # Errors
/// With a sentence that names the setting.
pub fn sealer(config: &Config) -> anyhow::Result<Option<Sealer>> {
    let Some(files) = &config.seal else {
        return Ok(None);
    };
    let key = SealKey::load(&files.key).context("SEAL_KEY_FILE cannot be used")?;
    let pem = std::fs::read_to_string(&files.certificate);
    let pem = pem.context("SEAL_CERTIFICATE_FILE cannot be read")?;
    let certificate = SealCertificate::parse(&pem);
    let certificate = certificate.context("SEAL_CERTIFICATE_FILE cannot be used")?;
    let sealer = Sealer::new(key, certificate);
    let sealer = sealer.context("SEAL_KEY_FILE and SEAL_CERTIFICATE_FILE do not go together")?;
    Ok(Some(sealer))
}

/// The time-stamping authority, if `TSA_URL` names one.
///
/// # Errors
/// If it is no address.
pub fn tsa(config: &Config) -> anyhow::Result<Option<Tsa>> {
    Ok(config.tsa_url.as_deref().map(Tsa::new).transpose()?)
}

/// Who is believed to stamp time, if `TSA_ANCHORS_FILE` says so.
///
/// # Errors
/// If the file cannot be read, or holds something else than certificates.
pub fn stamp_trust(config: &Config) -> anyhow::Result<Option<Trust>> {
    let Some(file) = &config.tsa_anchors_file else {
        return Ok(None);
    };
    let pem = std::fs::read_to_string(file).context("TSA_ANCHORS_FILE cannot be read")?;
    let mut issuers = Trust::default();
    let read = issuers.add_anchors(&pem);
    read.context("TSA_ANCHORS_FILE cannot be used")?;
    Ok(Some(issuers))
}

/// Where the issuers of digital signatures lie.
pub fn trust_files(config: &Config) -> TrustFiles {
    TrustFiles {
        anchors: config.signature_anchors_file.clone(),
        lists: config.signature_crls_dir.clone(),
    }
}

/// What backup and restore work with: Postgres's programs and the files.
///
/// # Errors
/// If no programs fit the server, or the files cannot be reached.
pub async fn open_store(config: &Config, database: &Database) -> anyhow::Result<(Tools, Blobs)> {
    let mut folders: Vec<PathBuf> = config.pg_bin.iter().cloned().collect();
    folders.extend(embedded::system_bin_dirs());
    folders.push(config.fetched_pg_bin.clone());
    let tools = Tools::find(database.url(), &folders).await?;
    Ok((
        tools,
        Blobs::open(&config.blob_url, config.object_store.expose())?,
    ))
}

/// Whether another process runs a server of its own in DATA_DIR.
pub fn another_runs(config: &Config) -> bool {
    embedded::url_of_running(&config.data_dir).is_some()
}

/// The virus scanner of a configuration, if it has one.
///
/// # Errors
/// What is wrong with `CLAMD_URL`.
pub fn clamd(config: &Config) -> anyhow::Result<Option<Clamd>> {
    let Some(url) = &config.clamd_url else {
        return Ok(None);
    };
    let clamd = Clamd::parse(url);
    let clamd = clamd.context("CLAMD_URL must be tcp://host:port, or the path of a socket")?;
    Ok(Some(clamd))
}

/// The mailer of a configuration.
///
/// # Errors
/// `NoTransport` as a sentence, or what is wrong with `SMTP_URL`.
pub fn mailer(config: &Config) -> anyhow::Result<Mailer> {
    match &config.transport {
        Some(Transport::Folder(folder)) => Ok(Mailer::files(folder)),
        Some(Transport::Relay(url)) => Ok(Mailer::smtp(url.expose(), Mailer::TIMEOUT)?),
        Some(Transport::Direct(direct)) => Ok(Mailer::mx(MxSettings {
            tls: match direct.tls {
                DirectTls::Verified => MxTls::Verified,
                DirectTls::Required => MxTls::Required,
                DirectTls::Opportunistic => MxTls::Opportunistic,
                DirectTls::None => MxTls::None,
            },
            hello: config.host_name(),
            timeout: Mailer::TIMEOUT,
            overrides: direct.overrides.clone(),
        })?),
        None => Err(ConfigError::NoTransport.into()),
    }
}

/// Who signs mails, if `DKIM_KEY_FILE` says so.
///
/// # Errors
/// With a sentence that tells what is wrong with the key.
pub fn dkim(config: &Config) -> anyhow::Result<Option<Dkim>> {
    let Some(file) = &config.dkim.key_file else {
        return Ok(None);
    };
    let key = DkimKey::load(file).context("DKIM_KEY_FILE cannot be used")?;
    let DkimSettings {
        domain, selector, ..
    } = &config.dkim;
    Ok(Some(Dkim::new(domain, selector, key)))
}

/// The keys of the master key file.
///
/// # Errors
/// With a sentence that tells of `joinder keygen` if there is none.
pub fn master_keys(config: &Config) -> anyhow::Result<MasterKeys> {
    if !config.master_key_file.exists() {
        return Err(ConfigError::NoMasterKey(config.master_key_file.clone()).into());
    }
    MasterKeys::load(&config.master_key_file).context("the master key cannot be used")
}

/// What a process does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Duty {
    /// Web server and loops: `serve`, `demo`.
    Everything,
    /// Loops alone: `worker`.
    Loops,
}

/// A running process.
pub struct Running {
    /// Where the web server listens, if there is one.
    pub addr: Option<SocketAddr>,
    parts: Parts,
    servers: Vec<ServerHandle>,
    tasks: JoinSet<io::Result<()>>,
    loops: JoinSet<()>,
    stopping: watch::Sender<bool>,
}

impl Running {
    /// Starts web server, metrics and loops on opened parts.
    ///
    /// # Errors
    /// If an address cannot be listened on.
    pub fn start(
        parts: Parts,
        config: &Config,
        duty: Duty,
        metrics: PrometheusHandle,
    ) -> anyhow::Result<Self> {
        let mut running = Self {
            addr: None,
            parts,
            servers: Vec::new(),
            tasks: JoinSet::new(),
            loops: JoinSet::new(),
            stopping: watch::channel(false).0,
        };
        if duty == Duty::Everything {
            let (listener, addr) = listen(config.bind)?;
            let state = AppState {
                ctx: running.parts.ctx.clone(),
                health: running.parts.health.clone(),
                web: Arc::new(WebOptions::of(config)),
            };
            running.run(serve_on(listener, state)?);
            running.addr = Some(addr);
            tracing::info!(%addr, "the web server is ready");
        }
        if let Some(bind) = config.metrics_bind {
            let (listener, addr) = listen(bind)?;
            running.run(serve_metrics_on(
                listener,
                metrics,
                running.parts.ctx.clone(),
            )?);
            tracing::info!(%addr, "metrics are served");
        }
        running.start_loops(config)?;
        Ok(running)
    }

    /// Every loop of the process starts here. A loop ends soon after `stopping` turns true.
    fn start_loops(&mut self, config: &Config) -> anyhow::Result<()> {
        let mut post = worker::post(self.parts.mailer.clone(), config.mail_from.clone());
        post.dkim.clone_from(&self.parts.dkim);
        post.per_second = config.mail_limits.per_second;
        post.per_day = config.mail_limits.per_day;
        let stopping = self.stopping.subscribe();
        let clamd = clamd(config)?;
        worker::start(&mut self.loops, &self.parts.ctx, post, clamd, &stopping);
        if let Some(authority) = self.parts.tsa.clone() {
            worker::timestamps::start(&mut self.loops, &self.parts.ctx, authority, &stopping);
        }
        Ok(())
    }

    /// Runs until the signal to stop (SIGTERM, SIGINT), until our own database is gone, or until it is too new
    /// for this program; then stops.
    ///
    /// # Errors
    /// If the database ended by itself or outgrew this program, or a server failed.
    pub async fn until_stopped(mut self) -> anyhow::Result<()> {
        let ended = tokio::select! {
            signal = stop_signal() => signal.map_err(anyhow::Error::from),
            () = database_gone(&self.parts.database) => {
                Err(anyhow::anyhow!("the embedded Postgres ended by itself"))
            }
            () = outgrown(self.parts.database.url(), OUTGROWN_LOOK, OUTGROWN) => Err(anyhow::anyhow!(
                "the database was migrated by a newer version of joinder: start that one"
            )),
            Some(server) = self.tasks.join_next() => match server {
                Ok(Ok(())) => Err(anyhow::anyhow!("a server ended by itself")),
                Ok(Err(error)) => Err(error.into()),
                Err(error) => Err(error.into()),
            },
        };
        self.stop().await;
        ended
    }

    /// Takes no more requests, ends those that run, then write actions, loops, pools, database.
    pub async fn stop(mut self) {
        tracing::info!("stopping");
        self.stopping.send_replace(true);
        for server in &self.servers {
            server.stop(true).await;
        }
        if timeout(WRITES_END, self.parts.ctx.drain()).await.is_err() {
            tracing::error!("write actions were cut off");
        }
        let ended = timeout(LOOPS_END, async {
            while self.loops.join_next().await.is_some() {}
        });
        if ended.await.is_err() {
            tracing::warn!("loops were cut off; what they held is taken up again after its lease");
        }
        self.parts.ctx.pools.close();
        self.parts.database.stop().await;
        tracing::info!("stopped");
    }

    /// Serves the site of the demo's partner beside: one page, which lets in script and frame of the platform.
    ///
    /// # Errors
    /// If the listener cannot be used.
    pub fn add_partner_site(&mut self, listener: TcpListener, html: String) -> io::Result<()> {
        let platform = self.parts.ctx.settings.public_base_url.clone();
        let site = actix::Data::new(web::demo::PartnerSite { html, platform });
        let server = HttpServer::new(move || {
            App::new()
                .app_data(site.clone())
                .service(actix::resource("/").get(web::demo::partner_site))
        });
        let server = server
            .workers(1)
            .disable_signals()
            .shutdown_timeout(1)
            .client_request_timeout(SLOW_CLIENT)
            .listen(listener)?
            .run();
        self.run(server);
        Ok(())
    }

    fn run(&mut self, server: Server) {
        self.servers.push(server.handle());
        self.tasks.spawn(server);
    }
}

/// The web server on a listener, with its own or a test's state. It must be polled to run.
/// Its threads have runtimes of their own, which end with it: what must outlive a request is
/// spawned by `Ctx::to_end`.
///
/// # Errors
/// If the listener cannot be used.
pub fn serve_on(listener: TcpListener, state: AppState) -> io::Result<Server> {
    let limits = web::middleware::rate_limit::Limits::new(state.web.rate_limits);
    let openapi = web::api::openapi();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(actix::Data::new(state.clone()))
            .wrap(actix_middleware::from_fn(web::middleware::around))
            .configure(|config| web::routes::register(config, &limits, &openapi))
    });
    Ok(server
        // the last piece of a compressed answer would wait 40 ms for the client's acknowledgement
        .tcp_nodelay(true)
        .disable_signals()
        .shutdown_timeout(REQUESTS_END)
        .client_request_timeout(SLOW_CLIENT)
        .client_disconnect_timeout(Duration::from_secs(1))
        .listen(listener)?
        .run())
}

/// `/metrics`, and nothing else.
///
/// # Errors
/// If the listener cannot be used.
pub fn serve_metrics_on(
    listener: TcpListener,
    metrics: PrometheusHandle,
    ctx: Ctx,
) -> io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(actix::Data::new(metrics.clone()))
            .app_data(actix::Data::new(ctx.clone()))
            .service(actix::resource("/metrics").get(web::metrics::show))
    });
    Ok(server
        .workers(1)
        .disable_signals()
        .shutdown_timeout(1)
        .client_request_timeout(SLOW_CLIENT)
        .listen(listener)?
        .run())
}

/// Listens, and tells where: port 0 becomes a free one.
///
/// # Errors
/// With the address, if it is taken.
pub fn listen(bind: SocketAddr) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(bind).with_context(|| format!("cannot listen on {bind}"))?;
    let addr = listener.local_addr()?;
    Ok((listener, addr))
}

async fn stop_signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

async fn database_gone(database: &Database) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    loop {
        tick.tick().await;
        if !database.is_running() {
            return;
        }
    }
}

/// Ends when a database has been newer than this program for `after`, as seen every `look`. While somebody still
/// migrates, the time does not run: the new program could not start yet.
pub async fn outgrown(database_url: &str, look: Duration, after: Duration) {
    let mut since: Option<Instant> = None;
    loop {
        tokio::time::sleep(look).await;
        // what does not answer is not newer: others tell of that
        let Ok(ahead) = migration::ahead(database_url).await else {
            continue;
        };
        if ahead.unknown == 0 || ahead.changing {
            since = None;
            continue;
        }
        let first = since.is_none();
        let since = *since.get_or_insert_with(Instant::now);
        if since.elapsed() >= after {
            return;
        }
        if first {
            tracing::warn!(
                minutes = after.as_secs() / 60,
                "the database is newer than this program, which ends soon: start the version that migrated it"
            );
        }
    }
}
