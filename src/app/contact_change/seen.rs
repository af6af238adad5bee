//! What staff read of the contact of a record: since when it counts, what was there before, whether its reader was told,
//! why accounts are frozen, and what to do next.

use chrono::{DateTime, Utc};

use super::by_staff::{TypedContact, typed};
use super::told::hold;
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::trail::TrailEntry;
use crate::app::vault::Vault;
use crate::db::claimant::ClaimantRow;
use crate::db::contact_change::{self as db, ContactChangeRow};
use crate::db::{Conn, Scope, contact_request};
use crate::domain::contact::Contact;
use crate::domain::email_address::EmailAddress;

/// The contact of a record over time.
#[derive(Debug, Clone, Default)]
pub struct ContactHistory {
    /// Since when the present contact counts, UTC; none before it is confirmed.
    pub since: Option<DateTime<Utc>>,
    /// Changes that came to count, newest first, of the last 32 days.
    pub changes: Vec<SeenChange>,
    /// Until when no account is taken because the contact changed, UTC.
    pub held_until: Option<DateTime<Utc>>,
    /// Word of why accounts are frozen: `taken_back`, `untold`, `account_stopped`, `by_staff`; none: they are not, or
    /// it is not known any more.
    pub frozen_for: Option<&'static str>,
    /// What staff typed in, while it waits.
    pub typed: Option<TypedContact>,
    /// What staff do next.
    pub next: Option<Next>,
}

/// A change that came to count.
#[derive(Debug, Clone)]
pub struct SeenChange {
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// The address before, in clear or masked; none: there was no e-mail.
    pub former: Option<String>,
    /// What became of the notice to it: `waits`, `left`, `lost`, `none`.
    pub notice: &'static str,
    /// When the notice left or was lost, UTC.
    pub notice_at: Option<DateTime<Utc>>,
    /// When the reader of the address before took it back, UTC.
    pub stopped_at: Option<DateTime<Utc>>,
    /// Whether staff typed the new address in.
    pub by_staff: bool,
}

/// What staff do next about a contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// The reader of the former address took a change back: find out who the owner is.
    TakenBack,
    /// Nobody could be told of a change: speak with the owner.
    Untold,
    /// An account was stopped by link: speak with the owner.
    AccountStopped,
    /// Staff typed the address in: once the owner was reached, the freeze can end.
    ByStaff,
    /// A second person is to type the address once more.
    Decide,
    /// The reader of the new address is to press the button.
    Confirm,
    /// Nothing: the hold ends alone.
    Held,
}

impl Next {
    /// The word on the wire and of the texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TakenBack => "taken_back",
            Self::Untold => "untold",
            Self::AccountStopped => "account_stopped",
            Self::ByStaff => "by_staff",
            Self::Decide => "decide",
            Self::Confirm => "confirm",
            Self::Held => "held",
        }
    }
}

/// The contact of a record over time; addresses in clear for who sees the contact so.
///
/// # Errors
/// As the database says; `Internal` if sealed data do not open.
pub(in crate::app) async fn history(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    (vault, row): (&Vault, &ClaimantRow),
    trail: &[TrailEntry],
    clear: bool,
) -> AppResult<ContactHistory> {
    let claimant = row.claimant();
    let rows = db::list(conn, scope, claimant).await?;
    let requests = contact_request::list(conn, scope, claimant).await?;
    let is_typed = |change: &ContactChangeRow| {
        let mut made = requests.iter().filter_map(|request| request.change_id);
        made.any(|made| made == change.id)
    };
    let mut changes = Vec::new();
    for change in rows {
        let by_staff = is_typed(&change);
        if let Some(seen) = seen(vault, change, by_staff, clear)? {
            changes.push(seen);
        }
    }
    changes.sort_unstable_by_key(|change| std::cmp::Reverse(change.at));
    let frozen = row.payout_frozen_at.and_then(|_| frozen_for(trail));
    let held_until = hold(ctx, conn, scope, claimant).await?;
    let open = requests.into_iter().find(|it| it.is_open(ctx.clock.now()));
    let typed = match open {
        Some(open) => Some(typed(ctx, conn, scope, vault, open).await?),
        None => None,
    };
    let waits = typed.as_ref().map(|typed| match typed.approved_at {
        Some(_) => Next::Confirm,
        None => Next::Decide,
    });
    let since = |confirmed: DateTime<Utc>| {
        row.contact_changed_at
            .map_or(confirmed, |at| at.max(confirmed))
    };
    Ok(ContactHistory {
        since: row.confirmed_at.map(since),
        changes,
        held_until,
        frozen_for: frozen.map(Next::as_str),
        typed,
        next: waits.or(frozen).or(held_until.map(|_| Next::Held)),
    })
}

/// A change as it is shown; none that never came to count.
fn seen(
    vault: &Vault,
    change: ContactChangeRow,
    by_staff: bool,
    clear: bool,
) -> AppResult<Option<SeenChange>> {
    let (Some(at), Some(sealed)) = (change.done_at, change.former_sealed) else {
        return Ok(None);
    };
    let former: Contact = vault.unseal("contact_changes", "former_sealed", sealed)?;
    let shown = |email: &EmailAddress| {
        if clear {
            email.as_str().to_owned()
        } else {
            email.masked()
        }
    };
    let former = former.email().map(shown);
    let notice = match (&former, change.lost_at, change.told_at) {
        (None, _, _) => "none",
        (Some(_), Some(_), _) => "lost",
        (Some(_), None, Some(_)) => "left",
        // who took it back had read it
        (Some(_), None, None) if change.stopped_at.is_some() => "left",
        (Some(_), None, None) => "waits",
    };
    Ok(Some(SeenChange {
        at,
        notice,
        notice_at: change
            .lost_at
            .or(change.told_at)
            .filter(|_| former.is_some()),
        former,
        stopped_at: change.stopped_at,
        by_staff,
    }))
}

/// Why accounts are frozen: the newest act that freezes them.
fn frozen_for(trail: &[TrailEntry]) -> Option<Next> {
    trail.iter().find_map(|entry| match entry.action.as_str() {
        "stop_contact_change" => Some(Next::TakenBack),
        "freeze_payout" => Some(Next::Untold),
        "stop_payout" => Some(Next::AccountStopped),
        "take_contact" => Some(Next::ByStaff),
        _ => None,
    })
}
