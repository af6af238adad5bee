//! Connection pools and transactions.

use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use diesel::ConnectionError;
use diesel_async::pooled_connection::deadpool::{Object, Pool, PoolError};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::db::error::{DbError, DbResult};
use crate::db::scope::Scope;

/// Settings of the intake pool. The batch's statement is planned once, whatever it holds: it
/// only inserts and looks up by key, and a plan made while a table was small must not scan it later.
const INTAKE: &str = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; \
     SET jit = off; SET ROLE joinder_intake";
/// Settings of the other pool.
const APP: &str = "SET ROLE joinder_app";

/// A connection to Postgres.
pub type Conn = AsyncPgConnection;

/// The pools of a process. Cloning shares them.
#[derive(Clone)]
pub struct Pools {
    intake: Pool<Conn>,
    app: Pool<Conn>,
}

impl Pools {
    /// Pools of at most `size` connections each; none is opened yet. The connections live on the
    /// runtime this is called on.
    ///
    /// # Errors
    /// `Unavailable` if the URL cannot be read, or outside a runtime.
    pub fn new(database_url: &str, size: usize) -> DbResult<Self> {
        Ok(Self {
            intake: pool(database_url, size, INTAKE)?,
            app: pool(database_url, size, APP)?,
        })
    }

    /// A connection with the rights of a sign-up and no more (DESIGN 3.1).
    ///
    /// # Errors
    /// `Unavailable` if there is none within the time-out.
    pub async fn intake(&self) -> DbResult<Object<Conn>> {
        taken(&self.intake).await
    }

    /// Opens a transaction under `scope`.
    ///
    /// # Errors
    /// `Unavailable` if there is no connection within the time-out.
    pub async fn begin(&self, scope: Scope) -> DbResult<Tx> {
        let conn = taken(&self.app).await?;
        // it is in the value before BEGIN goes out: dropped here, too, it is rolled back
        let mut tx = Tx { conn: Some(conn) };
        tx.batch_execute(&format!("BEGIN; {}", scope.set_local()))
            .await?;
        Ok(tx)
    }

    /// As [`Pools::begin`], to read only, and everything as it was at one moment.
    ///
    /// # Errors
    /// As [`Pools::begin`].
    pub async fn begin_snapshot(&self, scope: Scope) -> DbResult<Tx> {
        let conn = taken(&self.app).await?;
        let mut tx = Tx { conn: Some(conn) };
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        tx.batch_execute(&format!("{begin}; {}", scope.set_local()))
            .await?;
        Ok(tx)
    }

    /// A bare connection of each pool without rights on data, for readiness checks.
    ///
    /// # Errors
    /// `Unavailable` if there is none within the time-out.
    pub async fn bare(&self) -> DbResult<[Object<Conn>; 2]> {
        Ok([self.intake().await?, taken(&self.app).await?])
    }

    /// Connections open now: in use and idle, over both pools.
    pub fn open_connections(&self) -> usize {
        self.intake.status().size + self.app.status().size
    }

    /// Closes all idle connections and refuses new ones.
    pub fn close(&self) {
        self.intake.close();
        self.app.close();
    }
}

/// An open transaction. Dropped without [`Tx::commit`] it is rolled back before its connection is
/// used again, also when a task was cut off in the middle of a statement.
pub struct Tx {
    conn: Option<Object<Conn>>,
}

impl Tx {
    /// Makes it lasting.
    ///
    /// # Errors
    /// As the database says; then nothing happened, unless the connection broke.
    pub async fn commit(mut self) -> DbResult<()> {
        let done = self.batch_execute("COMMIT").await;
        if let Some(conn) = self.conn.take()
            && done.is_err()
        {
            drop(Object::take(conn));
        }
        done?;
        Ok(())
    }

    /// Goes on under other rights in the same transaction (the clash step, DESIGN 3.6).
    ///
    /// # Errors
    /// As the database says.
    pub async fn enter(&mut self, scope: Scope) -> DbResult<()> {
        self.batch_execute(&scope.set_local()).await?;
        Ok(())
    }
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        #[expect(
            clippy::expect_used,
            reason = "only commit and drop take it, and both end the value"
        )]
        self.conn
            .as_ref()
            .expect("a transaction has a connection until it ends")
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        #[expect(
            clippy::expect_used,
            reason = "only commit and drop take it, and both end the value"
        )]
        self.conn
            .as_mut()
            .expect("a transaction has a connection until it ends")
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        let Some(mut conn) = self.conn.take() else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            drop(Object::take(conn));
            return;
        };
        runtime.spawn(async move {
            if conn.batch_execute("ROLLBACK").await.is_err() {
                drop(Object::take(conn));
            }
        });
    }
}

fn pool(database_url: &str, size: usize, settings: &'static str) -> DbResult<Pool<Conn>> {
    let mut config = ManagerConfig::default();
    // a connection's reader lives on the runtime that opened it: not on that of a thread of actix,
    // which ends before the last write actions do
    let runtime = tokio::runtime::Handle::try_current()
        .map_err(|error| DbError::Unavailable(Box::new(error)))?;
    config.custom_setup = Box::new(move |url| {
        let opening = runtime.spawn(connect_with(url.to_owned(), settings));
        async move {
            opening
                .await
                .map_err(|error| ConnectionError::BadConnection(error.to_string()))?
        }
        .boxed()
    });
    let manager = AsyncDieselConnectionManager::new_with_config(database_url, config);
    Pool::builder(manager)
        .max_size(size)
        .wait_timeout(Some(Duration::from_secs(5)))
        .create_timeout(Some(Duration::from_secs(5)))
        .runtime(deadpool::Runtime::Tokio1)
        .build()
        .map_err(|error| DbError::Unavailable(Box::new(error)))
}

/// One connection as the owner, for migrate, backup and restore.
///
/// # Errors
/// `Unavailable` if the server cannot be reached.
pub async fn connect_owner(database_url: &str) -> DbResult<Conn> {
    Ok(connect_with(database_url.to_owned(), "").await?)
}

fn connect_with(
    url: String,
    settings: &'static str,
) -> BoxFuture<'static, Result<Conn, ConnectionError>> {
    async move {
        let bad = |error: tokio_postgres::Error| ConnectionError::BadConnection(error.to_string());
        let mut config = tokio_postgres::Config::from_str(&url).map_err(bad)?;
        config.application_name("joinder");
        config.connect_timeout(Duration::from_secs(4));
        config.keepalives_idle(Duration::from_secs(30));
        let (client, connection) = config.connect(tls()).await.map_err(bad)?;
        let mut conn =
            AsyncPgConnection::try_from_client_and_connection(client, connection).await?;
        let setup = "SET lock_timeout = '2s'; SET statement_timeout = '30s'; \
             SET idle_in_transaction_session_timeout = '60s'";
        conn.batch_execute(&format!("{setup}; {settings}"))
            .await
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(conn)
    }
    .boxed()
}

fn tls() -> MakeRustlsConnect {
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    #[expect(
        clippy::expect_used,
        reason = "the provider supports the default protocol versions"
    )]
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("aws-lc-rs supports TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    MakeRustlsConnect::new(config)
}

/// A connection of a pool. It is looked over before it is used again, and whoever stops waiting in the middle of that
/// (a client that hangs up, an extractor beside another that refuses the body) would close it: so it is looked over in a
/// task of its own, and goes back.
async fn taken(pool: &Pool<Conn>) -> DbResult<Object<Conn>> {
    let pool = pool.clone();
    let taking = tokio::runtime::Handle::try_current()
        .map_err(|error| DbError::Unavailable(Box::new(error)))?
        .spawn(async move { pool.get().await });
    let taken = taking.await;
    let taken = taken.map_err(|error| DbError::Unavailable(Box::new(error)))?;
    taken.map_err(unavailable)
}

fn unavailable(error: PoolError) -> DbError {
    DbError::Unavailable(Box::new(error))
}
