//! Migrations, compiled in; forward only. How an installation in use comes to a new version: decision 41.

mod runner;

use std::time::Duration;

use diesel::QueryableByName;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::{Array, BigInt, Bool, Text};
use diesel_async::{AsyncMigrationHarness, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::db::error::{DbError, DbResult};
use crate::db::pool::{Conn, connect_owner};
use crate::db::role;

pub use runner::Patience;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Any number that fits 32 bits: processes that migrate at the same time take turns on it.
const LOCK: i64 = 0x6a6f_696e;
/// How often a process looks whether it is its turn.
const TURN: Duration = Duration::from_millis(250);

/// Makes the roles and brings the schema up to date; gives the number of migrations run.
/// Safe to repeat, also by several processes at once, and beside programs that serve.
///
/// # Errors
/// `Unavailable` if the server cannot be reached, `Migration` if one fails: it is rolled back, or made anew by
/// the next run; those before it stay.
pub async fn run(database_url: &str) -> DbResult<usize> {
    run_all(database_url, MIGRATIONS, Patience::default()).await
}

/// As [`run`], with migrations from elsewhere and another patience.
///
/// # Errors
/// As [`run`].
pub async fn run_all<S>(database_url: &str, source: S, patience: Patience) -> DbResult<usize>
where
    S: MigrationSource<Pg> + Send + 'static,
{
    let mut conn = connect_owner(database_url).await?;
    conn.batch_execute("SET lock_timeout = '60s'; SET statement_timeout = 0")
        .await?;
    take_turn(&mut conn).await?;
    role::create(&mut conn).await?;
    tokio::task::spawn_blocking(move || runner::run_pending(conn, source, patience))
        .await
        .map_err(|error| DbError::Unavailable(Box::new(error)))?
}

#[derive(QueryableByName)]
struct TurnRow {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// Waits until nobody else migrates; the connection's end ends the turn. It asks again and again: one that waited
/// inside a statement would be waited for by an index that another builds concurrently, in a circle.
async fn take_turn(conn: &mut Conn) -> DbResult<()> {
    let mut told = false;
    loop {
        let row: TurnRow = diesel::sql_query("SELECT pg_try_advisory_lock($1) AS taken")
            .bind::<BigInt, _>(LOCK)
            .get_result(conn)
            .await?;
        if row.taken {
            return Ok(());
        }
        if !told {
            tracing::info!("another process migrates the database: this one waits for its end");
            told = true;
        }
        tokio::time::sleep(TURN).await;
    }
}

/// Number of migrations that the database still lacks, as an owner connection sees it.
///
/// # Errors
/// `Unavailable` if the server cannot be reached.
pub async fn pending(database_url: &str) -> DbResult<usize> {
    let conn = connect_owner(database_url).await?;
    let pending = tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(conn);
        harness
            .pending_migrations(MIGRATIONS)
            .map(|migrations| migrations.len())
    })
    .await
    .map_err(|error| DbError::Unavailable(Box::new(error)))?;
    pending.map_err(DbError::Unavailable)
}

/// How far a database is ahead of this program.
#[derive(QueryableByName, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    /// Migrations in it that this program does not know: a newer one ran them.
    #[diesel(sql_type = BigInt)]
    pub unknown: i64,
    /// Whether somebody migrates it now.
    #[diesel(sql_type = Bool)]
    pub changing: bool,
}

/// How far a migrated database is ahead of this program.
///
/// # Errors
/// `Unavailable` if the server cannot be reached, `Query` if it was never migrated.
pub async fn ahead(database_url: &str) -> DbResult<Ahead> {
    let known = known()?;
    let mut conn = connect_owner(database_url).await?;
    Ok(diesel::sql_query(
        "SELECT count(*) FILTER (WHERE version <> ALL ($1)) AS unknown, \
           EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 \
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
             AND classid::bigint = 0 AND objid::bigint = $2) AS changing \
         FROM __diesel_schema_migrations",
    )
    .bind::<Array<Text>, _>(known)
    .bind::<BigInt, _>(LOCK)
    .get_result(&mut conn)
    .await?)
}

/// Versions of the migrations compiled in.
fn known() -> DbResult<Vec<String>> {
    let all: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().map_err(DbError::Migration)?;
    let versions = all.iter().map(|own| own.name().version().to_string());
    Ok(versions.collect())
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Number of tables in the database, to tell an empty one from one in use before a restore.
///
/// # Errors
/// As the database says.
pub async fn count_tables(conn: &mut Conn) -> DbResult<i64> {
    let row: CountRow = diesel::sql_query(
        "SELECT count(*) AS count FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    )
    .get_result(conn)
    .await?;
    Ok(row.count)
}
