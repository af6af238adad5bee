//! The people of an association: the list with invitations, one of them, and what an invitation shows.

use askama::Template;
use chrono::{DateTime, Utc};

use super::{CaseChoice, Console, Refusal};
use crate::render::page::Errors;
use crate::render::qr::QrPath;

/// A person in the list.
#[derive(Debug, Clone)]
pub struct PersonLine {
    /// The person.
    pub id: String,
    /// Name.
    pub name: String,
    /// Login address.
    pub email: String,
    /// Word of the role.
    pub role: &'static str,
    /// Titles of the cases it is for; none: all.
    pub cases: Option<Vec<String>>,
    /// Word of the state.
    pub state: &'static str,
    /// Whether the platform shut the person out.
    pub disabled: bool,
    /// Since when, UTC.
    pub since: DateTime<Utc>,
    /// Last sign-in, UTC.
    pub signed_in_at: Option<DateTime<Utc>>,
}

/// An invitation nobody took up.
#[derive(Debug, Clone)]
pub struct InvitationLine {
    /// The invitation.
    pub id: String,
    /// Where it went.
    pub email: String,
    /// Word of the role.
    pub role: &'static str,
    /// Titles of the cases it is for; none: all.
    pub cases: Option<Vec<String>>,
    /// When, UTC.
    pub created_at: DateTime<Utc>,
    /// When the link ends, UTC.
    pub expires_at: DateTime<Utc>,
    /// Whether that is past.
    pub is_over: bool,
}

/// What a membership was from a moment on.
#[derive(Debug, Clone)]
pub struct PeriodLine {
    /// From when, UTC.
    pub from: DateTime<Utc>,
    /// Word of the state.
    pub state: &'static str,
    /// Word of the role.
    pub role: &'static str,
    /// Titles of the cases it was for; none: all.
    pub cases: Option<Vec<String>>,
    /// Who changed it; none: the operator.
    pub by: Option<String>,
}

/// A session in a table.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// The session.
    pub id: String,
    /// Whether it is this one.
    pub is_own: bool,
    /// Whether it is of a tool.
    pub is_tool: bool,
    /// Browser and system, two words.
    pub device: String,
    /// The network, cut.
    pub network: String,
    /// Since when, UTC.
    pub since: DateTime<Utc>,
    /// Last act, UTC.
    pub last_seen_at: DateTime<Utc>,
}

/// `GET /console/people`; POST of an invitation to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/people.html")]
pub struct PeoplePage {
    /// Around the content.
    pub console: Console,
    /// Oldest first, those who left last.
    pub people: Vec<PersonLine>,
    /// Newest first.
    pub invitations: Vec<InvitationLine>,
    /// Cases of the association.
    pub cases: Vec<CaseChoice>,
    /// `all` or `these`, as chosen.
    pub reach: String,
    /// Words of the roles.
    pub roles: Vec<&'static str>,
    /// As typed.
    pub email: String,
    /// As chosen.
    pub role: String,
    /// What was refused.
    pub errors: Errors,
}

/// `GET /console/people/{id}`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/person.html")]
pub struct PersonPage {
    /// Around the content.
    pub console: Console,
    /// The person.
    pub person: PersonLine,
    /// Whether it is who looks.
    pub is_self: bool,
    /// Oldest first.
    pub periods: Vec<PeriodLine>,
    /// Newest first.
    pub sessions: Vec<SessionRow>,
    /// Words of the roles.
    pub roles: Vec<&'static str>,
    /// Whether the role can be for some cases alone.
    pub can_be_limited: bool,
    /// Cases of the association.
    pub cases: Vec<CaseChoice>,
    /// `all` or `these`, as it is.
    pub reach: String,
    /// What was refused of the cases.
    pub errors: Errors,
    /// Why a change was not made: a word.
    pub refused: Option<&'static str>,
}

/// What an app is connected with.
#[derive(Debug, Clone, Default)]
pub struct FactorShown {
    /// Base32, in groups of four.
    pub secret: String,
    /// `otpauth://` address.
    pub url: String,
    /// The same as a picture.
    pub qr: Option<QrPath>,
}

/// `GET /console/invitation/{token}`; POST of what was typed to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/invitation.html")]
pub struct InvitationPage {
    /// Around the content.
    pub console: Console,
    /// Name of the association.
    pub association: String,
    /// Word of the role.
    pub role: &'static str,
    /// Login address.
    pub email: String,
    /// For the new alone.
    pub factor: Option<FactorShown>,
    /// As typed; not `name`, which the macro of fields has itself.
    pub typed_name: String,
    /// What was refused.
    pub errors: Errors,
    /// Why password or code were not taken.
    pub refusal: Option<Refusal>,
}

/// What an invitation link says that opens nothing, or what is shown once it was taken up.
#[derive(Debug, Clone, Template)]
#[template(path = "page/console/invited.html")]
pub struct InvitedPage {
    /// Around the content.
    pub console: Console,
    /// `done`, `used`, `expired`.
    pub outcome: &'static str,
    /// Recovery codes, shown once.
    pub codes: Vec<String>,
}
