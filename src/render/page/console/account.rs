//! The own account of a staff member.

use askama::Template;

use super::people::{FactorShown, SessionRow};
use super::{Console, Refusal};
use crate::render::page::Errors;

/// `GET /console/account`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/account.html")]
pub struct AccountPage {
    /// Around the content.
    pub console: Console,
    /// Name in trails.
    pub name: String,
    /// Login address.
    pub email: String,
    /// Newest first.
    pub sessions: Vec<SessionRow>,
    /// Codes that still work.
    pub recovery_codes: i64,
}

/// What is changed on [`ProofPage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The password.
    Password,
    /// The authenticator app.
    Authenticator,
    /// The recovery codes.
    RecoveryCodes,
}

impl Change {
    /// The word its texts begin with.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Authenticator => "authenticator",
            Self::RecoveryCodes => "recovery",
        }
    }

    /// The last segment of its page.
    pub const fn segment(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Authenticator => "authenticator",
            Self::RecoveryCodes => "recovery-codes",
        }
    }
}

/// `GET /console/account/{password, authenticator, recovery-codes}`; POST to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/account_change.html")]
pub struct ProofPage {
    /// Around the content.
    pub console: Console,
    /// What is changed.
    pub change: Change,
    /// What a new app is connected with.
    pub factor: Option<FactorShown>,
    /// What was refused.
    pub errors: Errors,
    /// Why password or code were not taken.
    pub refusal: Option<Refusal>,
}

/// New recovery codes, shown once.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/recovery_codes.html")]
pub struct RecoveryCodesPage {
    /// Around the content.
    pub console: Console,
    /// The codes.
    pub codes: Vec<String>,
}

impl AccountPage {
    /// Whether it is time for new recovery codes.
    const fn is_few(&self) -> bool {
        self.recovery_codes < 3
    }
}
