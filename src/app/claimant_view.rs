//! One claimant as staff see them: everything, with its trail.

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::app::claimant_declaration::{self, Declared, Sees};
use crate::app::claimant_list::{self, OpenMailbox, Opener, OwnCase, standing};
use crate::app::contact_change::{self, ContactHistory};
use crate::app::ctx::Ctx;
use crate::app::document::{self, MyDocument};
use crate::app::error::{AppError, AppResult};
use crate::app::import::{self, ListedHints};
pub use crate::app::rejection::{RejectedBefore, Rejection};
use crate::app::sign_up::Suspicion;
use crate::app::staff::StaffActor;
use crate::app::trail::{self, TrailEntry};
use crate::app::vault::Vault;
use crate::app::{rejection, representation};
pub use crate::db::bounce::BounceRow;
use crate::db::claimant_list::{
    self as rows, ChallengeRow, ConflictRow, ConsentRow, IdentityRow, ListRow, MailRow,
};
use crate::db::{Conn, claimant as db_claimant, paper, rights_request};
use crate::domain::claimant::{ClaimantState, Review};
use crate::domain::contact::Contact;
use crate::domain::document::takes_documents;
use crate::domain::email_address::EmailAddress;
use crate::domain::identity::Identity;
use crate::domain::identity::doubt::Doubt;
use crate::domain::ids::ClaimantId;
use crate::domain::permission::operation;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::reference::Reference;
use crate::domain::representation::Representative;

/// Everything about a claimant. Contact, birth and street are there only for who works the
/// queues; codice fiscale is always masked.
pub struct ClaimantView {
    /// The claimant.
    pub id: ClaimantId,
    /// The case, and the association in it.
    pub own: OwnCase,
    /// What the claimant quotes on the phone.
    pub reference: Reference,
    /// State.
    pub state: ClaimantState,
    /// For staff only.
    pub review: Review,
    /// Letters of art. 840-septies still missing that the claimant or the association can bring (R2).
    pub missing: Vec<char>,
    /// All letters still missing, those of the case too: with any of them nothing can be lodged (R2).
    pub missing_to_lodge: Vec<char>,
    /// Nothing is missing and nothing to review: both sides of a clash are not ready (R30), and nobody is
    /// whose declaration is not what was signed (R38).
    pub ready: bool,
    /// What was declared and signed; nothing once erased.
    pub declared: Declared,
    /// Documents produced; none for who does not see clear data.
    pub documents: Vec<MyDocument>,
    /// Language for mails and pages.
    pub language: String,
    /// Where the person came from.
    pub via: Option<String>,
    /// How to reach the claimant; `None` once erased.
    pub contact: Option<ShownContact>,
    /// Who the claimant is, once given.
    pub identity: Option<ShownIdentity>,
    /// What an earlier list said of who was imported from one; none for who does not see clear data.
    pub listed: Option<ListedHints>,
    /// Who acts for the claimant, as recorded (R46).
    pub representative: Option<Representative>,
    /// When a death was recorded (R47), UTC.
    pub died_at: Option<DateTime<Utc>>,
    /// Since when the claimant is of age and must ratify (R46), UTC.
    pub ratify_at: Option<DateTime<Utc>>,
    /// Since when the data are only kept (R61), UTC.
    pub restricted_at: Option<DateTime<Utc>>,
    /// The request by which the data are only kept, if there is one that the actor may open.
    pub restricted_by: Option<Uuid>,
    /// Whether the actor may record who acts, and a death.
    pub can_record_representative: bool,
    /// Mailboxes that failed.
    pub mailboxes: Vec<OpenMailbox>,
    /// Consents given and taken back, oldest first (R20).
    pub consents: Vec<ConsentRow>,
    /// Links and codes sent; times only.
    pub challenges: Vec<ChallengeRow>,
    /// Mails sent, oldest first.
    pub mails: Vec<MailRow>,
    /// Why, when and by whom it was rejected, where it was.
    pub rejection: Option<Rejection>,
    /// Rejected records of the case that share contact, mailbox or codice fiscale with it, newest first.
    pub rejected_before: Vec<RejectedBefore>,
    /// Clashes, nothing about the other side.
    pub conflicts: Vec<ConflictRow>,
    /// Mails that came back, newest first.
    pub bounces: Vec<BounceRow>,
    /// Since when mail to the contact does not arrive (R52), UTC.
    pub unreachable_at: Option<DateTime<Utc>>,
    /// What happened, newest first.
    pub trail: Vec<TrailEntry>,
    /// Whether the actor looks at the whole trail.
    pub shows_trail: bool,
    /// When the sign-up was made, UTC.
    pub created_at: DateTime<Utc>,
    /// When the contact was confirmed, UTC.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When the declaration in force was signed, UTC.
    pub signed_at: Option<DateTime<Utc>>,
    /// Whether the actor may confirm the contact or enter an e-mail now.
    pub can_assist: bool,
    /// Whether the actor may enter identity now, for who has no e-mail to do it alone.
    pub can_enter_identity: bool,
    /// Since when no payout data are taken, because the owner stopped some (R26), UTC.
    pub payout_frozen_at: Option<DateTime<Utc>>,
    /// The contact over time, why accounts are frozen, what to do next.
    pub contact_history: ContactHistory,
    /// Whether the actor types in another address for somebody whose mailbox is dead.
    pub types_contact: bool,
    /// Whether the actor works with accounts.
    pub can_open_payout: bool,
    /// Whether the actor may end that.
    pub can_end_payout_freeze: bool,
    /// Whether the actor helps somebody without an e-mail, from the first call to the signature on paper.
    pub assists: bool,
    /// Whether the actor may type the declaration now.
    pub can_type: bool,
    /// Whether the actor may add documents now.
    pub can_add_documents: bool,
    /// The newest hand-in on paper and its state; for who works the queues.
    pub hand_in: Option<(Uuid, String)>,
    /// Whether the actor may find an identity in order that waits for a look (R23).
    pub can_check_identity: bool,
    /// Whether the actor may find in order what is flagged in a declaration.
    pub can_check_declared: bool,
    /// Whether the record is in quarantine and the actor may end it.
    pub can_end_quarantine: bool,
    /// Whether the actor may propose to reject the record now.
    pub can_reject: bool,
    /// Why it is in quarantine: `not_me` or `hidden_field`.
    pub quarantined_for: &'static str,
    /// Whether the actor may take signed documents along, with a fresh second factor.
    pub can_take_documents: bool,
}

/// A contact as the actor may see it.
#[derive(Default)]
pub struct ShownContact {
    /// Whether it is in clear.
    pub clear: bool,
    /// E-mail.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// When the claimant left or corrected it on the own page, UTC, and the number that was known before.
    pub phone_change: Option<(DateTime<Utc>, Option<String>)>,
    /// Whether post is welcome.
    pub postal_ok: bool,
    /// Name and lines on an envelope; only in clear.
    pub postal_lines: Vec<String>,
}

/// An identity as the actor may see it.
pub struct ShownIdentity {
    /// Name of person or entity.
    pub name: String,
    /// Capacity in which the claimant acts.
    pub capacity: String,
    /// Codice fiscale, masked; `None` for who has only a foreign document.
    pub codice_fiscale: Option<String>,
    /// Name of the legal representative of an entity.
    pub representative: Option<String>,
    /// Lines of the residence or seat; only in clear.
    pub address_lines: Vec<String>,
    /// Codes of what staff should look at (R23).
    pub warnings: Vec<String>,
    /// What does not fit by what is there now, field by field; only in clear.
    pub doubts: Vec<Doubt>,
    /// Since when it waits for a look because of that, UTC.
    pub to_check_at: Option<DateTime<Utc>>,
    /// When staff looked at that and found it in order, UTC.
    pub checked_at: Option<DateTime<Utc>>,
    /// `claimant` or `staff`.
    pub given_by: String,
    /// When this version was given, UTC.
    pub given_at: DateTime<Utc>,
    /// Number of the version.
    pub version: i32,
}

/// Everything about a claimant of the own association. A view that shows the contact in clear is
/// audited as `view_claimant` (DESIGN 3.8).
///
/// # Errors
/// `Forbidden`; `NotFound` for one of another association as for one who never was (R55).
#[expect(clippy::too_many_lines, reason = "one line for each field")]
pub async fn view(ctx: &Ctx, actor: &StaffActor, id: ClaimantId) -> AppResult<ClaimantView> {
    actor.require(&operation::GET_CLAIMANT)?;
    let clear = operation::ASSIST_CONFIRM.allows(actor.role());
    let association = actor.association_id();
    let (scope, now) = (actor.scope(), ctx.clock.now());
    let mut tx = ctx.pools.begin(scope).await?;
    let row = rows::get(&mut tx, scope, association, id).await?;
    if clear {
        let deed = actor.deed(id.uuid(), trail::VIEW);
        deed.write(ctx, &mut tx, scope).await?;
    }
    let belongings = rows::list_belongings(&mut tx, scope, association, &[row.id]).await?;
    let vault = match belongings.keys.first() {
        Some(key) => Some(Vault::from_row(ctx, key.clone()).await?),
        None => None,
    };
    let (declared, documents) = proof(&mut tx, actor, vault.as_ref(), id, (clear, now)).await?;
    let contact = contact(vault.as_ref(), &row, clear)?;
    let representative = match &vault {
        Some(vault) => representation::find(&mut tx, scope, vault, id).await?,
        None => None,
    };
    let listed = match &vault {
        Some(vault) if clear => import::hints_of(&mut tx, scope, vault, id).await?,
        _ => None,
    };
    let opened = Opener::new(belongings).open(ctx, row.id).await?;
    let history = rows::get_history(&mut tx, scope, association, id).await?;
    let trail = trail::read(ctx, &mut tx, scope, row.id).await?;
    let hand_in = paper::find_newest(&mut tx, scope, id).await?;
    let mut rejection = rejection::find(ctx, &mut tx, scope, (id, &row.state)).await?;
    if let Some(rejection) = rejection.as_mut().filter(|_| !clear) {
        // free text about a person
        rejection.words = None;
    }
    let rejected_before = rejection::before(&mut tx, scope, association, id).await?;
    let restricting = rights_request::list_restricting(&mut tx, scope, id).await?;
    let restricted_by = restricting
        .first()
        .filter(|_| operation::GET_RIGHTS_REQUEST.allows(actor.role()))
        .map(|request| request.id);
    let found = db_claimant::find(&mut tx, scope, id).await?;
    let contact_history = match (&vault, &found) {
        (Some(vault), Some(row)) => {
            contact_change::history(ctx, &mut tx, scope, (vault, row), &trail, clear).await?
        }
        _ => ContactHistory::default(),
    };
    let moved = found.is_some_and(|row| row.moved_at.is_some());
    tx.commit().await?;
    let own = own_case_of(ctx, actor, &row).await?;
    let (state, review, missing) = standing(&own, &row)?;
    let said_so = trail.iter().any(|entry| entry.action == "disown");
    let quarantined_for = if said_so {
        "not_me"
    } else {
        Suspicion::HiddenField.as_str()
    };
    Ok(ClaimantView {
        id,
        ready: missing.to_bring.is_empty() && review == Review::None && declared.is_intact(),
        missing_to_lodge: missing.to_lodge,
        declared,
        documents,
        can_take_documents: operation::CLAIMANT_DOCUMENT.allows(actor.role()),
        own,
        reference: Reference::of(id),
        state,
        review,
        missing: missing.to_bring,
        language: row.language,
        via: row.via,
        contact,
        identity: opened
            .identity
            .map(|(row, identity)| shown_identity(row, &identity, clear)),
        listed,
        representative,
        died_at: row.died_at,
        ratify_at: row.ratify_at,
        restricted_at: row.restricted_at,
        restricted_by,
        can_record_representative: operation::STAFF_REPRESENTATIVE.allows(actor.role()),
        mailboxes: opened.mailboxes,
        consents: history.consents,
        challenges: history.challenges,
        mails: history.mails,
        rejection,
        rejected_before,
        conflicts: history.conflicts,
        bounces: history.bounces,
        unreachable_at: row.unreachable_at,
        shows_trail: operation::CLAIMANT_TRAIL.allows(actor.role()),
        trail,
        created_at: row.created_at,
        confirmed_at: row.confirmed_at,
        signed_at: row.signed_at,
        payout_frozen_at: row.payout_frozen_at,
        contact_history,
        types_contact: operation::CONSOLE_CONTACT_PAGE.allows(actor.role())
            && contact_change::may_change(state).is_ok(),
        can_open_payout: operation::CONSOLE_PAYOUT_PAGE.allows(actor.role()),
        can_end_payout_freeze: row.payout_frozen_at.is_some()
            && operation::END_PAYOUT_FREEZE.allows(actor.role()),
        can_check_identity: row.restricted_at.is_none()
            && !state.is_over()
            && operation::CHECK_IDENTITY.allows(actor.role()),
        can_check_declared: row.restricted_at.is_none()
            && !state.is_over()
            && operation::CHECK_DECLARED.allows(actor.role()),
        can_end_quarantine: can_end_quarantine(actor, review),
        can_reject: operation::PREVIEW_BULK.allows(actor.role())
            && state.move_to(ClaimantState::Rejected).is_ok(),
        quarantined_for,
        assists: assists(&row.contact_kind, state) && clear,
        can_type: clear && !moved && row.contact_kind != "email" && state.declares(),
        can_add_documents: clear
            && !moved
            && (takes_documents(state) || state == ClaimantState::ToAssist),
        hand_in: hand_in.filter(|_| clear).map(|row| (row.id, row.state)),
        can_assist: clear && state == ClaimantState::ToAssist,
        can_enter_identity: clear && row.contact_kind != "email" && state.takes_identity(),
    })
}

/// What was declared, and the documents produced for it; names of files only for who sees clear data.
async fn proof(
    conn: &mut Conn,
    actor: &StaffActor,
    vault: Option<&Vault>,
    id: ClaimantId,
    (clear, now): (bool, DateTime<Utc>),
) -> AppResult<(Declared, Vec<MyDocument>)> {
    let Some(vault) = vault else {
        return Ok((Declared::default(), Vec::new()));
    };
    let declared = claimant_declaration::read(conn, actor, vault, id, (sees(clear), now)).await?;
    let documents = if clear {
        document::read_all(conn, actor.scope(), vault, id).await?
    } else {
        Vec::new()
    };
    Ok((declared, documents))
}

/// Whether staff lead somebody through: who has no e-mail, until the record has ended.
fn assists(contact_kind: &str, state: ClaimantState) -> bool {
    contact_kind != "email" && (state == ClaimantState::ToAssist || state.declares())
}

fn can_end_quarantine(actor: &StaffActor, review: Review) -> bool {
    review == Review::Quarantined && operation::END_QUARANTINE.allows(actor.role())
}

fn contact(vault: Option<&Vault>, row: &ListRow, clear: bool) -> AppResult<Option<ShownContact>> {
    let sealed = || row.contact_sealed.clone();
    let contact = vault
        .map(|vault| vault.unseal("claimants", "contact_sealed", sealed()))
        .transpose()?;
    Ok(contact.map(|contact| shown_contact(&contact, clear)))
}

const fn sees(clear: bool) -> Sees {
    if clear {
        Sees::Everything
    } else {
        Sees::NoFreeText
    }
}

async fn own_case_of(ctx: &Ctx, actor: &StaffActor, row: &ListRow) -> AppResult<OwnCase> {
    claimant_list::cases(ctx, actor)
        .await?
        .into_iter()
        .find(|own| own.case.id.uuid() == row.case_id)
        .ok_or(AppError::NotFound)
}

fn shown_contact(contact: &Contact, clear: bool) -> ShownContact {
    let email = contact.email();
    let phone = contact.phone();
    let change = |shown: fn(&PhoneNumber) -> String| {
        let change = contact.phone_change();
        change.map(|change| (change.at(), change.former().map(shown)))
    };
    if !clear {
        return ShownContact {
            clear,
            email: email.map(EmailAddress::masked),
            phone: phone.map(PhoneNumber::masked),
            phone_change: change(PhoneNumber::masked),
            postal_ok: contact.postal_ok(),
            postal_lines: Vec::new(),
        };
    }
    let postal_lines = contact.postal_address().map_or_else(Vec::new, |postal| {
        let mut lines = vec![postal.name().to_owned()];
        lines.extend(postal.address().lines());
        lines
    });
    ShownContact {
        clear,
        email: email.map(|email| email.as_str().to_owned()),
        phone: phone.map(|phone| phone.as_str().to_owned()),
        phone_change: change(|phone| phone.as_str().to_owned()),
        postal_ok: contact.postal_ok(),
        postal_lines,
    }
}

fn shown_identity(row: IdentityRow, identity: &Identity, clear: bool) -> ShownIdentity {
    let representative = match identity {
        Identity::Person(_) => None,
        Identity::Entity(entity) => {
            let person = entity.legal_representative();
            Some(format!(
                "{} {}",
                person.given_name().as_str(),
                person.family_name().as_str()
            ))
        }
    };
    let address = identity.address().filter(|_| clear);
    let doubts = if clear { identity.doubts() } else { Vec::new() };
    ShownIdentity {
        doubts,
        to_check_at: row.to_check_at,
        checked_at: row.checked_at,
        name: identity.display_name(),
        capacity: row.capacity,
        codice_fiscale: identity.masked_codice_fiscale(),
        representative,
        address_lines: address.map_or_else(Vec::new, |address| address.lines().to_vec()),
        warnings: row.warnings,
        given_by: row.given_by,
        given_at: row.created_at,
        version: row.version,
    }
}

impl fmt::Debug for ClaimantView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ClaimantView({})", self.id)
    }
}
