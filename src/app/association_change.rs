//! Going to another association of the same case, by the holder alone (R51): a new record there, to be
//! signed anew; the old one is withdrawn. Neither association learns of the other (R55).

use chrono::Duration;
use serde_json::json;
use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::clash::{self, Outcome, Reach, SCOPE};
use crate::app::confirmation::settle_confirmed;
use crate::app::consent::{self, Origin};
use crate::app::contact_change;
use crate::app::ctx::Ctx;
use crate::app::declaration::content_of;
use crate::app::directory::{AssociationEntry, CaseEntry, Directory};
use crate::app::error::{AppError, AppResult};
use crate::app::leaving;
use crate::app::representation;
use crate::app::session::{self, ClaimantActor};
use crate::app::sign_up::{self, contact_domain};
use crate::app::vault::Vault;
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow, MovedRow};
use crate::db::declaration::{self, DraftRow};
use crate::db::identity::{self, IdentityRow};
use crate::db::key::{self, ClaimantKeyRow};
use crate::db::lookup::{self, LookupRow};
use crate::db::mailbox::{self, MailboxRow};
use crate::db::representative::{self, RepresentativeRow};
use crate::db::{Conn, Tx, confirmation, outbox, signature};
use crate::domain::claimant::ClaimantState;
use crate::domain::contact::Contact;
use crate::domain::declaration::DeclarationInput;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::identity::Identity;
use crate::domain::ids::{AssociationId, ClaimantId};
use crate::domain::mailbox_address::MailboxAddress;
use crate::domain::outage::day_in_rome;
use crate::domain::reference::Reference;
use crate::domain::representation::Representative;
use crate::domain::sign_up::{ConsentInput, parse_consents};

/// The wish to go, as it comes in.
#[derive(Clone, Debug)]
pub struct ChangeRequest {
    /// Slug of the association.
    pub association: Option<String>,
    /// Consents given to it, with the versions of the texts shown.
    pub consents: Option<Vec<ConsentInput>>,
    /// Where it came from.
    pub origin: Origin,
}

/// The record that is open now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Its id.
    pub claimant: ClaimantId,
    /// Its reference.
    pub reference: Reference,
    /// `confirmed`: it must be signed anew.
    pub state: ClaimantState,
    /// The association it belongs to.
    pub association: AssociationId,
}

/// Goes to another association of the case. What moves: contact, identity, mailboxes, and what was
/// declared, as a draft. What does not: signatures, payout data, documents, the member number.
///
/// *effects*: in one transaction a new record under the other association's key, confirmed, with new
/// consents and the key of the person; the old one withdrawn, which a mail tells, its codes and mails ended; the session
/// opens the new one; audit `move_out` and `move_in`, neither naming the other side.
///
/// # Errors
/// `Invalid` at `/association`, `/consents`; `IllegalTransition` if the record is lodged or has ended,
/// went already, or the association is the own one or takes no sign-ups (R12); while the account is frozen or none is
/// taken because the contact changed (R26).
pub async fn change(
    ctx: &Ctx,
    actor: &ClaimantActor,
    request: ChangeRequest,
) -> AppResult<Changed> {
    let directory = ctx.directories.get(ctx).await?;
    let (mut tx, row) = lock(ctx, actor).await?;
    let case = directory.case(row.case())?;
    let target = target(&case, &request)?;
    let rules = sign_up::rules(&directory, &case, ctx.clock.now());
    let consents = parse_consents(request.consents.as_deref(), &rules)?;
    let before = row.state()?;
    may_go(&case, &target, row.association(), before)?;
    if row.moved_at.is_some() {
        return Err(AppError::IllegalTransition("moved"));
    }
    if row.payout_frozen_at.is_some() {
        return Err(AppError::IllegalTransition("payout_frozen"));
    }
    let held = contact_change::hold(ctx, &mut tx, SCOPE, row.claimant()).await?;
    if held.is_some() {
        // who took the contact over shall not take the record where nobody is warned
        return Err(AppError::IllegalTransition("contact_changed"));
    }
    let moving = Moving::open(ctx, &mut tx, &row).await?;
    let (vault, new) = insert(ctx, &mut tx, &directory, &target, &row, &moving).await?;
    let given = (consents.as_slice(), &request.origin);
    consent::give(ctx, &mut tx, SCOPE, &vault, &new, given).await?;
    clash::hand_over(ctx, &mut tx, row.claimant(), &new).await?;
    leave(ctx, &mut tx, &row, before).await?;
    if let Outcome::Duplicate { .. } = settle_confirmed(ctx, &mut tx, &new).await? {
        // somebody with the same contact holds the person's key there: this is not a way around it
        return Err(AppError::IllegalTransition("duplicate"));
    }
    let by = Actor::Claimant(new.claimant());
    let entry = Entry::new(new.claimant(), target.id, by, "move_in");
    audit::append(ctx, &mut tx, SCOPE, entry.with(json!({ "case": case.id }))).await?;
    session::switch(&mut tx, SCOPE, actor, new.claimant(), target.id).await?;
    session::keep(ctx, &mut tx, actor).await?;
    leaving::tell_withdrawn(ctx, &mut tx, &row).await?;
    tx.commit().await?;
    Ok(Changed {
        claimant: new.claimant(),
        reference: Reference::of(new.claimant()),
        state: ClaimantState::Confirmed,
        association: target.id,
    })
}

/// Locks the own record and everybody whom its going touches, in id order; under system rights.
async fn lock(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<(Tx, ClaimantRow)> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let found = claimant::find(&mut tx, SCOPE, actor.claimant()).await?;
    let found = found.filter(|row| row.association() == actor.association());
    let found = found.ok_or(AppError::Unauthenticated)?;
    let mut reach = Reach::of(actor.claimant());
    if let Some(given) = identity::find(&mut tx, SCOPE, actor.claimant()).await? {
        let vault = Vault::open(ctx, &mut tx, SCOPE, actor.claimant()).await?;
        let identity: Identity = vault.unseal("identities", "sealed", given.sealed)?;
        reach.person = Some(clash::person_key(ctx, found.case(), &identity));
    }
    let (tx, rows) = clash::lock_touched(ctx, tx, &reach).await?;
    let own = rows.into_iter().find(|row| row.id == found.id);
    let own = own.ok_or(AppError::Unauthenticated)?;
    if own.identity_at != found.identity_at {
        return Err(AppError::IllegalTransition("declaration_changed"));
    }
    Ok((tx, own))
}

fn target(case: &CaseEntry, request: &ChangeRequest) -> AppResult<AssociationEntry> {
    let slug = request.association.as_deref().map(str::trim);
    let slug = slug.filter(|slug| !slug.is_empty());
    let found = slug.and_then(|slug| case.association(slug));
    found.cloned().ok_or_else(|| {
        let (code, reason) = match slug {
            None => (FieldCode::Required, "error-association-required"),
            Some(_) => (FieldCode::UnknownValue, "error-association-unknown"),
        };
        let mut errors = FieldErrors::new();
        errors.push("/association", code, reason);
        AppError::Invalid(errors)
    })
}

/// The associations of the case to which a record may go; none if it may not.
pub fn choices(
    case: &CaseEntry,
    own: AssociationId,
    state: ClaimantState,
) -> Vec<&AssociationEntry> {
    let is_open = |target: &&AssociationEntry| may_go(case, target, own, state).is_ok();
    case.associations.iter().filter(is_open).collect()
}

fn may_go(
    case: &CaseEntry,
    target: &AssociationEntry,
    own: AssociationId,
    state: ClaimantState,
) -> AppResult<()> {
    let refused = |why| Err(AppError::IllegalTransition(why));
    if target.id == own {
        return refused("same_association");
    }
    match state {
        ClaimantState::Confirmed
        | ClaimantState::Signed
        | ClaimantState::ResignRequired
        | ClaimantState::Withdrawn => {}
        other => return refused(other.as_str()),
    }
    if !case.state.takes_sign_ups() {
        return refused(case.state.as_str());
    }
    if !target.offer.takes_sign_ups() {
        return refused("association_suspended");
    }
    Ok(())
}

/// What moves, open.
struct Moving {
    contact: Contact,
    identity: Option<(IdentityRow, Identity)>,
    representative: Option<Representative>,
    mailboxes: Vec<(MailboxRow, MailboxAddress)>,
    draft: Option<DeclarationInput>,
}

impl Moving {
    async fn open(ctx: &Ctx, conn: &mut Conn, row: &ClaimantRow) -> AppResult<Self> {
        let claimant = row.claimant();
        let vault = Vault::open(ctx, conn, SCOPE, claimant).await?;
        let given = identity::find(conn, SCOPE, claimant).await?;
        let given = given.filter(|_| row.identity_at.is_some());
        let mut mailboxes = Vec::new();
        for mailbox in mailbox::list(conn, SCOPE, claimant).await? {
            let address = vault.unseal("mailboxes", "sealed", mailbox.sealed.clone())?;
            mailboxes.push((mailbox, address));
        }
        Ok(Self {
            representative: representation::find(conn, SCOPE, &vault, claimant).await?,
            contact: vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?,
            identity: match given {
                Some(given) => {
                    let identity = vault.unseal("identities", "sealed", given.sealed.clone())?;
                    Some((given, identity))
                }
                None => None,
            },
            mailboxes,
            draft: draft(conn, &vault, row).await?,
        })
    }
}

/// What was typed last, else what was declared last, without what belongs to the association left.
async fn draft(
    conn: &mut Conn,
    vault: &Vault,
    row: &ClaimantRow,
) -> AppResult<Option<DeclarationInput>> {
    let claimant = row.claimant();
    let mut draft: DeclarationInput =
        if let Some(typed) = declaration::find_draft(conn, SCOPE, claimant).await? {
            vault.unseal("declaration_drafts", "sealed", typed.sealed)?
        } else {
            let Some(version) = row.declared_version else {
                return Ok(None);
            };
            let declared = declaration::find(conn, SCOPE, claimant, version).await?;
            let declared = declared.ok_or(AppError::NotFound)?;
            DeclarationInput::from(&content_of(vault, &declared)?.declaration)
        };
    draft.member_number = None;
    let mailboxes = draft.mailboxes.iter_mut().flatten();
    let incidents = mailboxes.flat_map(|mailbox| mailbox.incidents.iter_mut().flatten());
    for item in incidents.flat_map(|incident| incident.items.iter_mut().flatten()) {
        item.document_ids = None;
    }
    Ok(Some(draft))
}

/// Writes the new record and everything sealed that moves.
async fn insert(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    target: &AssociationEntry,
    old: &ClaimantRow,
    moving: &Moving,
) -> AppResult<(Vault, ClaimantRow)> {
    let now = ctx.clock.now();
    let id = ClaimantId::new(token::new_id(now));
    let (vault, association_key_version, wrapped) = Vault::create(ctx, target.id, id).await?;
    let row = MovedRow {
        id: id.uuid(),
        association_id: target.id.uuid(),
        case_id: old.case_id,
        state: ClaimantState::Confirmed.as_str(),
        language: old.language.clone(),
        // where people came from is the old association's own business
        via: None,
        contact_kind: old.contact_kind.clone(),
        contact_domain: contact_domain(directory, &moving.contact),
        contact_sealed: vault.seal("claimants", "contact_sealed", &moving.contact)?,
        mailbox_count: old.mailbox_count,
        created_at: now,
        state_changed_at: now,
        confirmed_at: now,
        identity_at: moving.identity.as_ref().map(|_| now),
        moved_from: old.id,
    };
    let new = claimant::insert_moved(conn, SCOPE, &row).await?;
    let key = ClaimantKeyRow {
        claimant_id: new.id,
        association_id: new.association_id,
        key_version: 1,
        association_key_version,
        wrapped,
    };
    key::insert_claimant(conn, SCOPE, &key).await?;
    insert_sealed(ctx, conn, &vault, &new, moving).await?;
    Ok((vault, new))
}

async fn insert_sealed(
    ctx: &Ctx,
    conn: &mut Conn,
    vault: &Vault,
    new: &ClaimantRow,
    moving: &Moving,
) -> AppResult<()> {
    let now = ctx.clock.now();
    if let Some((given, identity)) = &moving.identity {
        let given = IdentityRow {
            claimant_id: new.id,
            version: 1,
            association_id: new.association_id,
            sealed: vault.seal("identities", "sealed", identity)?,
            given_by: "claimant".to_owned(),
            created_at: now,
            // what the staff of the other association found is theirs
            to_check_at: None,
            checked_at: None,
            checked_by: None,
            ..given.clone()
        };
        identity::insert(conn, SCOPE, &given).await?;
    }
    if let Some(recorded) = &moving.representative {
        let recorded_row = RepresentativeRow {
            claimant_id: new.id,
            version: 1,
            association_id: new.association_id,
            title: recorded.title().as_str().to_owned(),
            sealed: Some(vault.seal("representatives", "sealed", recorded)?),
            given_by: "claimant".to_owned(),
            created_at: now,
        };
        representative::insert(conn, SCOPE, &recorded_row).await?;
        if recorded.is_for_minor() {
            let (id, today) = (new.claimant(), day_in_rome(now));
            representative::insert_minor(conn, SCOPE, id, new.association(), today).await?;
        }
    }
    let mailboxes = mailboxes(vault, new, &moving.mailboxes)?;
    mailbox::insert(conn, SCOPE, &mailboxes).await?;
    if let Some(draft) = &moving.draft {
        let draft = DraftRow {
            claimant_id: new.id,
            association_id: new.association_id,
            sealed: vault.seal("declaration_drafts", "sealed", draft)?,
            updated_at: now,
        };
        declaration::put_draft(conn, SCOPE, &draft).await?;
    }
    lookup::insert(conn, SCOPE, &lookups(ctx, new, &moving.contact)).await?;
    Ok(())
}

/// The same mailboxes under new ids, in the same order.
fn mailboxes(
    vault: &Vault,
    new: &ClaimantRow,
    old: &[(MailboxRow, MailboxAddress)],
) -> AppResult<Vec<MailboxRow>> {
    let ids = (0_i64..).zip(old).map(|(place, (row, _))| {
        // a microsecond apart: read by id, they come in the order they were named
        let id = token::new_id(new.created_at + Duration::microseconds(place));
        (row.id, id)
    });
    let ids: Vec<(Uuid, Uuid)> = ids.collect();
    let fresh = |old: Uuid| ids.iter().find(|(id, _)| *id == old).map(|(_, id)| *id);
    let rows = old.iter().zip(&ids).map(|((row, address), (_, id))| {
        Ok(MailboxRow {
            claimant_id: new.id,
            id: *id,
            association_id: new.association_id,
            alias_of: row.alias_of.and_then(fresh),
            sealed: vault.seal("mailboxes", "sealed", address)?,
            created_at: new.created_at,
            ..row.clone()
        })
    });
    rows.collect()
}

/// What a sign-up writes; those of mailboxes and identity follow with the clash step.
fn lookups(ctx: &Ctx, new: &ClaimantRow, contact: &Contact) -> Vec<LookupRow> {
    let index = &ctx.keyring.index;
    let row = |kind: &'static str, hash: [u8; 16]| LookupRow {
        hash: hash.to_vec(),
        kind,
        claimant_id: new.id,
        association_id: new.association_id,
    };
    let reference = Reference::of(new.claimant());
    let reference = index.platform_hash("reference", reference.as_str());
    let mut rows = vec![row("reference", reference)];
    if let Some(email) = contact.email() {
        let hash = index.hash(new.case_id, "email", &email.normalized());
        rows.push(row("email", hash));
    } else if let Some(phone) = contact.phone() {
        rows.push(row(
            "phone",
            index.hash(new.case_id, "phone", phone.as_str()),
        ));
    }
    rows
}

/// Ends the old record. Its association reads that the person went, not where.
async fn leave(
    ctx: &Ctx,
    conn: &mut Conn,
    old: &ClaimantRow,
    before: ClaimantState,
) -> AppResult<()> {
    let now = ctx.clock.now();
    let claimant = old.claimant();
    outbox::delete_of(conn, SCOPE, claimant).await?;
    confirmation::mark_voided(conn, SCOPE, claimant, now).await?;
    signature::void_requests(conn, SCOPE, claimant, now).await?;
    claimant::mark_moved(conn, SCOPE, claimant, now).await?;
    let by = Actor::Claimant(claimant);
    let mut entry = Entry::new(claimant, old.association(), by, "move_out");
    if before != ClaimantState::Withdrawn {
        let after = before.move_to(ClaimantState::Withdrawn)?;
        claimant::mark_state(conn, SCOPE, claimant, after, now).await?;
        entry = entry.moved(before, after);
    }
    audit::append(ctx, conn, SCOPE, entry).await
}
