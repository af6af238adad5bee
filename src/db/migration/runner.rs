//! Runs migrations one after the other, beside programs that serve: none makes them wait long.

use std::error::Error;
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::{Bool, Text};
use diesel::{QueryableByName, RunQueryDsl};
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::MigrationHarness;
use thiserror::Error as ThisError;

use crate::db::error::{DbError, DbResult};
use crate::db::pool::Conn;

type Harness = AsyncConnectionWrapper<Conn>;
type Fault = Box<dyn Error + Send + Sync>;

/// How long a migration waits for locks, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long it waits for one lock: whatever comes later waits behind it meanwhile.
    pub wait: Duration,
    /// How long others have their way before it tries again.
    pub pause: Duration,
    /// How often it tries.
    pub tries: u32,
}

impl Default for Patience {
    /// Shorter than the two seconds after which a sign-up gives up; some twenty minutes of tries, for lists that are read
    /// in one transaction.
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(1),
            pause: Duration::from_secs(5),
            tries: 200,
        }
    }
}

/// It never got its locks.
#[derive(Debug, ThisError)]
#[error(
    "{name} waited for a lock {tries} times: see in pg_stat_activity whose transaction is the oldest, and migrate again \
     when it has ended; nothing of this migration is done, those before it stay"
)]
struct HeldUp {
    name: String,
    tries: u32,
}

/// An index without an end may be somebody's who is about to finish it.
#[derive(Debug, ThisError)]
#[error("somebody builds an index in this database")]
struct Building;

/// Runs what the database lacks, in order; gives how many. It blocks its thread.
///
/// # Errors
/// `Migration`: the first that fails; those before it stay.
pub(super) fn run_pending<S: MigrationSource<Pg>>(
    conn: Conn,
    source: S,
    patience: Patience,
) -> DbResult<usize> {
    let mut conn = Harness::from(conn);
    let pending = conn
        .pending_migrations(source)
        .map_err(DbError::Migration)?;
    for migration in &pending {
        run_one(&mut conn, migration.as_ref(), patience)?;
    }
    Ok(pending.len())
}

fn run_one(conn: &mut Harness, migration: &dyn Migration<Pg>, patience: Patience) -> DbResult<()> {
    let name = migration.name().to_string();
    for attempt in 1..=patience.tries {
        let Err(error) = try_one(conn, migration, patience.wait) else {
            return Ok(());
        };
        if !is_held_up(error.as_ref()) {
            return Err(DbError::Migration(error));
        }
        tracing::warn!(migration = %name, attempt, %error, "a migration is held up, and tries again");
        thread::sleep(patience.pause);
    }
    let tries = patience.tries;
    Err(DbError::Migration(Box::new(HeldUp { name, tries })))
}

/// One in a transaction locks tables against everybody, so it does not wait long. One outside of it lets others write
/// while it waits, so it waits as long as it needs: cut off, it would begin anew.
fn try_one(conn: &mut Harness, migration: &dyn Migration<Pg>, wait: Duration) -> Result<(), Fault> {
    if migration.metadata().run_in_transaction() {
        conn.batch_execute(&format!("SET lock_timeout = {}", wait.as_millis()))?;
    } else {
        conn.batch_execute("SET lock_timeout = 0")?;
        drop_unfinished(conn)?;
    }
    conn.run_migration(migration)?;
    Ok(())
}

#[derive(QueryableByName)]
struct UnfinishedRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    building: bool,
}

/// An index built concurrently that was cut off stays behind: every write keeps it, no query uses it, and
/// `IF NOT EXISTS` takes it for the whole one.
fn drop_unfinished(conn: &mut Harness) -> Result<(), Fault> {
    let unfinished: Vec<UnfinishedRow> = diesel::sql_query(
        "SELECT indexrelid::regclass::text AS name, \
           EXISTS (SELECT FROM pg_stat_progress_create_index WHERE datname = current_database()) AS building \
         FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
         WHERE NOT indisvalid AND relkind = 'i' AND relnamespace = 'public'::regnamespace",
    )
    .load(conn)?;
    for index in unfinished {
        if index.building {
            return Err(Box::new(Building));
        }
        tracing::warn!(index.name = %index.name, "an index was left unfinished: it is dropped and built anew");
        conn.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {}", index.name))?;
    }
    Ok(())
}

/// The words are those that `DbError` reads: an error has no code here.
fn is_held_up(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    let said = error.to_string();
    error.is::<Building>() || said.contains("lock timeout") || said.contains("deadlock detected")
}
