//! Migrations, compiled in; forward only.

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncMigrationHarness, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::db::error::{DbError, DbResult};
use crate::db::pool::{Conn, connect_owner};
use crate::db::role;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Any number: processes that migrate at the same time wait for each other on it.
const LOCK: i64 = 0x6a6f_696e;

/// Makes the roles and brings the schema up to date; gives the number of migrations run.
/// Safe to repeat, also by several processes at once.
///
/// # Errors
/// `Unavailable` if the server cannot be reached, `Query` if a migration fails (it is rolled back).
pub async fn run(database_url: &str) -> DbResult<usize> {
    let mut conn = connect_owner(database_url).await?;
    conn.batch_execute(&format!(
        "SET lock_timeout = '60s'; SET statement_timeout = 0; SELECT pg_advisory_lock({LOCK})"
    ))
    .await?;
    role::create(&mut conn).await?;
    let migrated = tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(conn);
        harness
            .run_pending_migrations(MIGRATIONS)
            .map(|versions| versions.len())
    })
    .await
    .map_err(|error| DbError::Unavailable(Box::new(error)))?;
    migrated.map_err(DbError::Unavailable)
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
