//! The harness: a real server on port 0 over a real Postgres, with a clock and a mailer of the test's.
//!
//! One embedded server for each test process, one database for each test, copied from a migrated
//! template. Extended by the tests of each subject.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use chrono::{TimeZone, Utc};
use joinder::app::bootstrap::{Logins, bootstrap};
use joinder::app::ctx::Settings;
use joinder::app::health::Health;
use joinder::app::keyring::Keyring;
use joinder::app::lease::Holder;
use joinder::app::log::sequence::Sequencer;
use joinder::app::seal::Sealer;
use joinder::app::signature_trust::TrustFiles;
use joinder::app::{Clock, Ctx};
use joinder::blob::Blobs;
use joinder::config::RateLimits;
use joinder::crypto::master_key::MasterKeys;
use joinder::db::embedded::{Durability, Embedded, EmbeddedOptions};
use joinder::db::partner_event::TOLD;
use joinder::db::{Pools, migration};
use joinder::domain::seed::Seed;
use joinder::mailer::{Mailer, Memory, SentMail};
use joinder::outbound::webhook::Webhooks;
use joinder::startup;
use joinder::state::{AppState, WebOptions};
use joinder::worker;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// A running joinder of one test.
pub(crate) struct TestApp {
    /// `http://127.0.0.1:port`
    pub(crate) base: String,
    /// What actions need; for arranging and for looking.
    pub(crate) ctx: Ctx,
    /// What requests reach.
    pub(crate) state: AppState,
    /// The database as its owner, for arranging what no action makes.
    pub(crate) owner_url: String,
    memory: Memory,
    server: ServerHandle,
    pub(crate) database: String,
    _folder: TempDir,
}

/// What a test may want otherwise.
#[derive(Clone)]
pub(crate) struct TestOptions {
    /// Limits per network address.
    pub(crate) rate_limits: RateLimits,
    /// Proxies that are believed.
    pub(crate) trusted_proxies: Vec<ipnet::IpNet>,
    /// Whether cookies and headers are those of https.
    pub(crate) https: bool,
    /// Whether it is the demo.
    pub(crate) demo: bool,
    /// Whether documents wait for a virus scanner.
    pub(crate) scans: bool,
    /// Who seals documents.
    pub(crate) sealer: Option<Arc<Sealer>>,
    /// The program that makes pictures.
    pub(crate) program: PathBuf,
    /// Bytes of a volume of a dossier.
    pub(crate) export_volume: u64,
    /// The way to the servers of partners.
    pub(crate) webhooks: Webhooks,
}

/// Bytes of a volume of a dossier, unless a test wants others.
pub(crate) const EXPORT_VOLUME: u64 = 2 * 1024 * 1024 * 1024;

impl Default for TestOptions {
    fn default() -> Self {
        Self {
            rate_limits: RateLimits::Off,
            trusted_proxies: Vec::new(),
            https: false,
            demo: false,
            scans: false,
            sealer: None,
            program: env!("CARGO_BIN_EXE_joinder").into(),
            export_volume: EXPORT_VOLUME,
            webhooks: Webhooks::new(),
        }
    }
}

/// Moments at which a connection dies: while the row is written, and at the commit.
pub(crate) const DEATHS: [&str; 2] = [
    "CREATE TRIGGER die AFTER INSERT ON {table}",
    "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED",
];

impl TestApp {
    /// Starts with the usual options.
    pub(crate) async fn start() -> Self {
        Self::start_with(TestOptions::default()).await
    }

    /// Starts as a test wants it.
    pub(crate) async fn start_with(options: TestOptions) -> Self {
        Self::start_on(fresh_database().await, options).await
    }

    /// Starts with the case and the associations of [`seed`](crate::seed).
    pub(crate) async fn seeded() -> Self {
        Self::seeded_with(TestOptions::default()).await
    }

    /// Starts with the seed, as a test wants it.
    pub(crate) async fn seeded_with(options: TestOptions) -> Self {
        Self::start_on(seeded_database().await, options).await
    }

    /// Starts on a migrated database: its name and the owner's URL.
    pub(crate) async fn start_on(
        (database, owner_url): (String, String),
        options: TestOptions,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let master = master_keys();
        let clock = Clock::manual(Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).unwrap());
        let pools = Pools::new(&owner_url, 4).unwrap();
        let keyring = Keyring::open(&pools, master, clock.now()).await.unwrap();
        let blobs = Blobs::folder(&folder.path().join("blobs")).unwrap();
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let settings = Settings {
            public_base_url: base.clone(),
            demo: options.demo,
            directory_ttl: Duration::ZERO,
            bounce_address: "bounces@joinder.example".to_owned(),
            bounce_dir: Some(folder.path().join("bounces")),
            spool_dir: folder.path().join("spool"),
            program: options.program,
            trust: trust(),
            scans: options.scans,
            export_volume: options.export_volume,
        };
        let mut ctx = Ctx::new(clock, pools, keyring, blobs, settings);
        ctx.sealer = options.sealer;
        ctx.webhooks = options.webhooks;
        let state = AppState {
            ctx: ctx.clone(),
            health: Arc::new(Health::new(&owner_url)),
            web: Arc::new(WebOptions {
                trusted_proxies: options.trusted_proxies,
                https: options.https,
                rate_limits: options.rate_limits,
                mail_dir: None,
            }),
        };
        let server = startup::serve_on(listener, state.clone()).unwrap();
        let handle = server.handle();
        #[expect(clippy::disallowed_methods, reason = "the server of a test")]
        tokio::spawn(server);
        Self {
            base,
            ctx,
            state,
            owner_url,
            memory: Memory::default(),
            server: handle,
            database,
            _folder: folder,
        }
    }

    /// A browser: keeps cookies, follows nothing.
    #[expect(clippy::unused_self, reason = "reads as a visit: app.browser()")]
    pub(crate) fn browser(&self) -> reqwest::Client {
        reqwest::Client::builder()
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap()
    }

    /// The address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// GET without cookies.
    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        self.browser().get(self.url(path)).send().await.unwrap()
    }

    /// The clock of this app.
    pub(crate) fn clock(&self) -> &Clock {
        &self.ctx.clock
    }

    /// A mailer whose mails [`TestApp::mails`] shows.
    pub(crate) fn mailer(&self) -> Mailer {
        Mailer::Memory(self.memory.clone())
    }

    /// All mails sent so far, oldest first.
    pub(crate) fn mails(&self) -> Vec<SentMail> {
        self.memory.mails()
    }

    /// Sends everything that is due, as the worker does. Gives the number of mails claimed.
    pub(crate) async fn run_outbox(&self) -> usize {
        let from = ("joinder".to_owned(), "noreply@joinder.example".to_owned());
        let post = worker::post(self.mailer(), from);
        worker::outbox::send_due(&self.ctx, &post).await.unwrap()
    }

    /// Makes every export that waits, as the worker does. Gives how many were made.
    pub(crate) async fn run_exports(&self) -> usize {
        let mut made = 0;
        for lane in joinder::app::export::Lane::ALL {
            made += worker::exports::make_due(&self.ctx, lane, Holder::new())
                .await
                .unwrap();
        }
        made
    }

    /// Enters, signs and publishes what waits for the evidence logs, as the worker does. Gives the number
    /// of entries.
    pub(crate) async fn run_log(&self) -> u64 {
        let mut sequencer = Sequencer::new(Holder::new());
        let mut entered = 0;
        loop {
            let count = sequencer.turn(&self.ctx).await.unwrap();
            entered += count;
            if count == 0 {
                sequencer.stop(&self.ctx).await;
                return entered;
            }
        }
    }

    /// What a query finds, as text, row by row; asked as the owner.
    pub(crate) async fn rows(&self, query: &str) -> Vec<Vec<Option<String>>> {
        rows(&self.owner_url, query).await
    }

    /// The one number a query gives.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        let rows = self.rows(query).await;
        let cell = rows.first().and_then(|row| row.first()).unwrap();
        cell.as_ref().unwrap().parse().unwrap()
    }

    /// Runs SQL as the owner, to arrange what no action makes.
    pub(crate) async fn sql(&self, statements: &str) {
        execute(&self.owner_url, statements).await;
    }

    /// The folder of the blob store.
    pub(crate) fn blobs_folder(&self) -> PathBuf {
        self._folder.path().join("blobs")
    }

    /// Takes the database away: no connection is left and none is let in.
    pub(crate) async fn lose_database(&self) {
        let name = &self.database;
        let server = server_url("postgres");
        execute(
            &server,
            &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"),
        )
        .await;
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname";
        execute(&server, &format!("{end} = '{name}'")).await;
    }

    /// Gives the database back that [`TestApp::lose_database`] took away.
    pub(crate) async fn regain_database(&self) {
        let allow = format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.database);
        execute(&server_url("postgres"), &allow).await;
    }

    /// From now on the connection that inserts a row into a table dies at a moment of [`DEATHS`].
    pub(crate) async fn let_die(&self, table: &str, moment: &str) {
        self.sql(&format!(
            "CREATE OR REPLACE FUNCTION die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS \
               $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NULL; END $$; \
             {} FOR EACH ROW EXECUTE FUNCTION die()",
            moment.replace("{table}", table)
        ))
        .await;
    }

    /// Ends what [`TestApp::let_die`] began.
    pub(crate) async fn let_live(&self, table: &str) {
        self.sql(&format!("DROP TRIGGER die ON {table}")).await;
    }

    /// Opens a transaction as the owner and runs SQL in it: it holds what it locked until it ends.
    pub(crate) async fn hold(&self, statements: &str) -> Held {
        let (client, connection) = tokio_postgres::connect(&self.owner_url, NoTls)
            .await
            .unwrap();
        // its end is an error where the test takes the database away
        #[expect(clippy::disallowed_methods, reason = "the connection of a test")]
        tokio::spawn(connection);
        let held = Held {
            client,
            database: self.owner_url.clone(),
        };
        held.run(&format!("BEGIN; {statements}")).await;
        held
    }

    /// Stops the server and drops the database. A test that panics leaves its database to the end
    /// of the process, which takes the whole server away.
    pub(crate) async fn stop(self) {
        // a verb that the list of them does not have is a decision about the log that nobody took
        for row in self.rows("SELECT DISTINCT action FROM audit").await {
            let verb = row.first().and_then(Option::as_deref).unwrap_or_default();
            assert!(
                joinder::domain::audit::logged(verb).is_some(),
                "domain::audit::ALL lacks {verb}"
            );
        }
        // of nobody whom a partner sent is something else told than is so
        let untold = format!(
            "SELECT s.claimant_id, s.told, c.state FROM partner_submissions s JOIN claimants c ON c.id = s.claimant_id \
             WHERE s.told <> {TOLD}"
        );
        let untold = self.rows(&untold).await;
        assert!(untold.is_empty(), "no event tells it: {untold:?}");
        self.server.stop(true).await;
        self.ctx.drain().await;
        self.ctx.pools.close();
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.database);
        execute(&server_url("postgres"), &drop).await;
    }
}

/// An open transaction of a test.
pub(crate) struct Held {
    client: tokio_postgres::Client,
    database: String,
}

impl Held {
    /// Runs SQL in it.
    pub(crate) async fn run(&self, statements: &str) {
        self.client.batch_execute(statements).await.unwrap();
    }

    /// Waits until somebody waits for what it holds.
    pub(crate) async fn is_waited_for(&self) {
        let own = self.client.query_one("SELECT pg_backend_pid()", &[]).await;
        let own: i32 = own.unwrap().get(0);
        let waiting = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE {own} = ANY (pg_blocking_pids(pid))"
        );
        for _ in 0..1_000 {
            if number_at(&self.database, &waiting).await > 0 {
                return;
            }
        }
        panic!("nobody waits");
    }

    /// Waits until so many wait, for this one or for each other.
    pub(crate) async fn are_waiting(&self, count: i64) {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND cardinality(pg_blocking_pids(pid)) > 0";
        for _ in 0..1_000 {
            if number_at(&self.database, waiting).await >= count {
                return;
            }
        }
        panic!("not {count} wait");
    }

    /// Commits.
    pub(crate) async fn end(self) {
        self.run("COMMIT").await;
    }
}

/// The server of this process and the folder it lives in.
struct Shared {
    server: Embedded,
    _folder: TempDir,
}

static SHARED: OnceLock<Shared> = OnceLock::new();
static TEMPLATE: OnceCell<()> = OnceCell::const_new();
static SEEDED: OnceCell<()> = OnceCell::const_new();
static MASTER: LazyLock<String> = LazyLock::new(|| MasterKeys::line(1).to_string());
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// The server starts once; a static is never dropped, but the server dies with this process.
fn shared() -> &'static Shared {
    SHARED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut options = EmbeddedOptions::new(folder.path().join("data"));
        options.durability = Durability::Throwaway;
        Shared {
            server: Embedded::start(&options).unwrap(),
            _folder: folder,
        }
    })
}

fn server_url(database: &str) -> String {
    let url = shared().server.url();
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{database}")
}

/// The same for all tests of a process: the seeded template holds keys sealed by it.
fn master_keys() -> MasterKeys {
    MasterKeys::parse(&MASTER).unwrap()
}

/// The issuers and lists of the corpus of signatures.
pub(crate) fn trust() -> TrustFiles {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/signatures");
    TrustFiles {
        anchors: Some(format!("{corpus}/anchors.pem").into()),
        lists: Some(format!("{corpus}/lists").into()),
    }
}

/// The same as a file holds it, for programs that a test starts.
pub(crate) fn master_key_line() -> &'static str {
    &MASTER
}

async fn fresh_database() -> (String, String) {
    tokio::task::spawn_blocking(shared).await.unwrap();
    TEMPLATE
        .get_or_init(|| async {
            execute(&server_url("postgres"), "CREATE DATABASE template_it").await;
            migration::run(&server_url("template_it")).await.unwrap();
        })
        .await;
    copy_of("template_it").await
}

async fn seeded_database() -> (String, String) {
    SEEDED
        .get_or_init(|| async {
            let (_, url) = fresh_database().await;
            bootstrap_seed(&url).await;
            let name = url.rsplit_once('/').unwrap().1.to_owned();
            let rename = format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'; \
                 ALTER DATABASE {name} RENAME TO template_seeded"
            );
            for statement in rename.split(';') {
                execute(&server_url("postgres"), statement).await;
            }
        })
        .await;
    copy_of("template_seeded").await
}

/// On a thread with a runtime of its own: the pools' connections end with it.
pub(crate) async fn bootstrap_seed(url: &str) {
    let url = url.to_owned();
    let seeding = move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let clock = Clock::manual(Utc.with_ymd_and_hms(2026, 3, 1, 9, 0, 0).unwrap());
            let pools = Pools::new(&url, 2).unwrap();
            let keyring = Keyring::open(&pools, master_keys(), clock.now())
                .await
                .unwrap();
            let blobs = Blobs::folder(&folder.path().join("blobs")).unwrap();
            let settings = Settings {
                public_base_url: "http://seed.test".to_owned(),
                demo: false,
                directory_ttl: Duration::ZERO,
                bounce_address: "bounces@joinder.example".to_owned(),
                bounce_dir: None,
                spool_dir: folder.path().join("spool"),
                program: env!("CARGO_BIN_EXE_joinder").into(),
                trust: trust(),
                scans: false,
                export_volume: EXPORT_VOLUME,
            };
            let ctx = Ctx::new(clock, pools, keyring, blobs, settings);
            let seed = Seed::parse(crate::seed::SEED).unwrap();
            bootstrap(&ctx, &seed, Logins::Demo).await.unwrap();
            ctx.pools.close();
        });
    };
    tokio::task::spawn_blocking(seeding).await.unwrap();
}

async fn copy_of(template: &str) -> (String, String) {
    let name = format!("it_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
    execute(&server_url("postgres"), &create).await;
    let url = server_url(&name);
    (name, url)
}

async fn execute(url: &str, statements: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "the connection of a test")]
    let driver = tokio::spawn(connection);
    client.batch_execute(statements).await.unwrap();
    drop(client);
    driver.await.unwrap().unwrap();
}

/// A single number that SQL tells, as the owner sees it.
pub(crate) async fn number(app: &TestApp, query: &str) -> i64 {
    number_at(&app.owner_url, query).await
}

/// As [`number`], in a database of the test's own.
pub(crate) async fn number_at(url: &str, query: &str) -> i64 {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "the connection of a test")]
    let driver = tokio::spawn(connection);
    let number = client.query_one(query, &[]).await.unwrap().get(0);
    drop(client);
    driver.await.unwrap().unwrap();
    number
}

/// Runs SQL as the owner of a database of the test's own.
pub(crate) async fn sql_at(url: &str, statements: &str) {
    execute(url, statements).await;
}

/// As [`TestApp::rows`], in a database of the test's own.
pub(crate) async fn rows_at(url: &str, query: &str) -> Vec<Vec<Option<String>>> {
    rows(url, query).await
}

/// Id of the claimant that [`claimant_sql`] makes.
pub(crate) fn claimant_id(number: u32) -> uuid::Uuid {
    uuid::Uuid::parse_str(&format!("01900000-0000-7000-8000-{number:012}")).unwrap()
}

/// SQL that makes a bare claimant of the first association, signed up when the clock started: for
/// what only looks at states and times.
pub(crate) fn claimant_sql(number: u32, state: &str, domain: &str) -> String {
    let id = claimant_id(number);
    let confirmed = if state == "confirmed" {
        "'2026-03-02T09:00:00Z'"
    } else {
        "NULL"
    };
    format!(
        "INSERT INTO claimants (id, association_id, case_id, state, language, contact_kind, \
           contact_domain, contact_sealed, mailbox_count, created_at, state_changed_at, confirmed_at) \
         SELECT '{id}', association_id, case_id, '{state}', 'it', 'email', '{domain}', '', 1, \
           '2026-03-02T09:00:00Z', '2026-03-02T09:00:00Z', {confirmed} \
         FROM case_associations ORDER BY association_id LIMIT 1; \
         INSERT INTO claimant_keys (claimant_id, association_id, key_version, \
           association_key_version, wrapped) \
         SELECT id, association_id, 1, 1, '' FROM claimants WHERE id = '{id}'; \
         INSERT INTO lookups (hash, kind, claimant_id, association_id) \
         SELECT decode(lpad('{number}', 32, '0'), 'hex'), 'email', id, association_id \
         FROM claimants WHERE id = '{id}'"
    )
}

async fn rows(url: &str, query: &str) -> Vec<Vec<Option<String>>> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "the connection of a test")]
    let driver = tokio::spawn(connection);
    let messages = client.simple_query(query).await.unwrap();
    drop(client);
    driver.await.unwrap().unwrap();
    messages
        .into_iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                let cells = 0..row.len();
                Some(cells.map(|cell| row.get(cell).map(str::to_owned)).collect())
            }
            _ => None,
        })
        .collect()
}
