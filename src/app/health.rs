//! Whether this process may get traffic (DESIGN 3.1, 4).

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use zeroize::Zeroizing;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::db::{Scope, key, migration, role};

/// Remembers what cannot become untrue while the process runs, so that a probe costs two short queries.
pub struct Health {
    database_url: Zeroizing<String>,
    migrated: AtomicBool,
    erased_gone: AtomicBool,
}

/// Why a process is not ready. For operators, without personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReady {
    /// The database lacks so many migrations.
    MigrationsPending(usize),
    /// Pooled connections may do more than they should.
    PowerfulPool,
    /// A restore brought erased claimants back.
    ErasedAreBack(usize),
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MigrationsPending(count) => {
                write!(f, "{count} migrations are pending: run `joinder migrate`")
            }
            Self::PowerfulPool => {
                f.write_str("pooled connections run as a superuser or as the owner of tables")
            }
            Self::ErasedAreBack(count) => write!(
                f,
                "{count} erased claimants are in the database again: erase them anew"
            ),
        }
    }
}

impl Health {
    /// Nothing is known yet. The URL is the owner's.
    pub fn new(database_url: &str) -> Self {
        Self {
            database_url: Zeroizing::new(database_url.to_owned()),
            migrated: AtomicBool::new(false),
            erased_gone: AtomicBool::new(false),
        }
    }

    /// `None` if the process is ready.
    ///
    /// # Errors
    /// `Unavailable` if database or files cannot be reached.
    pub async fn check(&self, ctx: &Ctx) -> AppResult<Option<NotReady>> {
        if !self.migrated.load(Ordering::Relaxed) {
            let pending = migration::pending(&self.database_url).await?;
            if pending > 0 {
                return Ok(Some(NotReady::MigrationsPending(pending)));
            }
            self.migrated.store(true, Ordering::Relaxed);
        }
        if !role::pools_are_powerless(&ctx.pools).await? {
            return Ok(Some(NotReady::PowerfulPool));
        }
        if !self.erased_gone.load(Ordering::Relaxed) {
            let back = count_returned(ctx).await?;
            if back > 0 {
                return Ok(Some(NotReady::ErasedAreBack(back)));
            }
            self.erased_gone.store(true, Ordering::Relaxed);
        }
        Ok(None)
    }
}

/// How many of the erased have a data key: after a restore of an older backup.
async fn count_returned(ctx: &Ctx) -> AppResult<usize> {
    let erased = ctx
        .blobs
        .list_erased()
        .await
        .map_err(|error| AppError::Unavailable(Box::new(error)))?;
    let scope = Scope::System("erased claimants after a restore");
    let mut tx = ctx.pools.begin(scope).await?;
    let mut count = 0;
    for claimant in erased {
        if key::find_claimant(&mut tx, scope, claimant)
            .await?
            .is_some()
        {
            count += 1;
        }
    }
    tx.commit().await?;
    Ok(count)
}
