//! What can go wrong in the database, as the layers above need to tell it apart.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use thiserror::Error;

/// A failure of the database layer.
#[derive(Debug, Error)]
pub enum DbError {
    /// No such row, or none that the scope may see.
    #[error("no such row")]
    NotFound,
    /// A unique index refused the row; the name of the constraint.
    #[error("the constraint {0} refused the row")]
    Unique(String),
    /// Another transaction held a lock for too long.
    #[error("waited too long for a lock")]
    LockTimeout,
    /// No connection, or the server is going away.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A migration failed.
    #[error("a migration failed")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row holds what the code cannot read.
    #[error("a row holds an unknown value in {0}")]
    Corrupt(&'static str),
    /// A key or sealed value does not open.
    #[error("sealed data does not open")]
    Sealed(#[from] crate::crypto::CryptoError),
    /// Anything else.
    #[error("a query failed")]
    Query(#[source] DieselError),
}

/// Result of the database layer.
pub type DbResult<T> = Result<T, DbError>;

impl DbError {
    /// Whether trying again later may help.
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::LockTimeout | Self::Unavailable(_))
    }
}

impl From<DieselError> for DbError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::NotFound => Self::NotFound,
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, ref info) => {
                Self::Unique(info.constraint_name().unwrap_or_default().to_owned())
            }
            DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, _) => {
                Self::Unavailable(Box::new(error))
            }
            DieselError::DatabaseError(_, ref info)
                if info.message().contains("lock timeout")
                    || info.message().contains("deadlock detected")
                    || info.message().contains("statement timeout") =>
            {
                Self::LockTimeout
            }
            DieselError::DatabaseError(_, ref info)
                if info.message().contains("terminating connection")
                    || info.message().contains("the database system is")
                    || info.message().contains("read-only transaction") =>
            {
                Self::Unavailable(Box::new(error))
            }
            // without a code of the server: it is gone, or a value could not be sent
            DieselError::DatabaseError(DatabaseErrorKind::UnableToSendCommand, ref info)
                if info.message().contains("connection closed")
                    || info.message().contains("communicating with the server") =>
            {
                Self::Unavailable(Box::new(error))
            }
            DieselError::BrokenTransactionManager => Self::Unavailable(Box::new(error)),
            other => Self::Query(other),
        }
    }
}

impl From<diesel::ConnectionError> for DbError {
    fn from(error: diesel::ConnectionError) -> Self {
        Self::Unavailable(Box::new(error))
    }
}
