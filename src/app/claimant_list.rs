//! Staff list and search the claimants of their association.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::directory::{AssociationEntry, CaseEntry};
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::app::standing::{self, Record};
use crate::app::vault::Vault;
use crate::app::work_queue::{self, Holder};
use crate::db::claimant_list::{
    self, Belongings, IdentityRow, Lack, ListRow, MailboxRow, Selection,
};
use crate::db::key::ClaimantKeyRow;
use crate::db::{DbError, Scope, Tx};
use crate::domain::case::CaseState;
use crate::domain::claimant::{ClaimantState, Queue, Review};
use crate::domain::codice_fiscale::CodiceFiscale;
use crate::domain::declaration::DeclarationFlag;
use crate::domain::email_address::EmailAddress;
use crate::domain::identity::Identity;
use crate::domain::ids::{AssociationId, CaseId, ClaimantId, MailboxId};
use crate::domain::mailbox_address::MailboxAddress;
use crate::domain::name_search::NameSearch;
use crate::domain::narrowing::Narrowing;
use crate::domain::page_length::MAX_LIMIT;
use crate::domain::permission::operation;
use crate::domain::personal_name::PersonalName;
use crate::domain::phone_number::PhoneNumber;
use crate::domain::readiness::{self, Decider, Known, Letter, Missing};
use crate::domain::reference::Reference;
use crate::domain::vat_number::NumericCodiceFiscale;
use crate::domain::work_queue::WorkQueue;

/// Records that are read at once where some must be left out.
const WINDOW: i64 = 20_000;
/// How often that is done for one page.
const WINDOWS: usize = 5;
/// Records that are counted for a list; above it is "more than 999".
const COUNTED: i64 = 1_000;

/// Which claimants staff want to see.
#[derive(Clone, Default)]
pub struct Filter {
    /// Only this state.
    pub state: Option<ClaimantState>,
    /// Exact search: reference, codice fiscale, e-mail, phone, mailbox, surname, or given and family name.
    pub search: Option<String>,
    /// Only those who lack this letter (R2).
    pub missing: Option<Letter>,
    /// Only those whose newest declaration has this flag.
    pub flag: Option<DeclarationFlag>,
    /// Only those on this list.
    pub queue: Option<Queue>,
    /// What narrows the list beside.
    pub narrowing: Narrowing,
}

/// A page of claimants, newest first.
#[derive(Debug)]
pub struct Page {
    /// The claimants.
    pub items: Vec<Item>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<ClaimantId>,
    /// True if it is not full because so many others were read in vain: there may be more from `next` on.
    pub unfinished: bool,
}

/// A claimant in a list (DESIGN 8).
#[derive(Clone)]
pub struct Item {
    /// The claimant.
    pub id: ClaimantId,
    /// What the claimant quotes on the phone.
    pub reference: Reference,
    /// State.
    pub state: ClaimantState,
    /// For staff only.
    pub review: Review,
    /// Letters of art. 840-septies still missing that the claimant or the association can bring (R2).
    pub missing: Vec<char>,
    /// All letters still missing, those of the case too.
    pub missing_to_lodge: Vec<char>,
    /// What the newest declaration makes staff look at.
    pub flags: Vec<String>,
    /// Nothing is missing and nothing to review: both sides of a clash are not (R30).
    pub ready: bool,
    /// Name of person or entity, once given; `None` also for the erased.
    pub name: Option<String>,
    /// Codice fiscale, masked.
    pub codice_fiscale: Option<String>,
    /// Mailboxes, in clear.
    pub mailboxes: Vec<String>,
    /// When the sign-up was made, UTC.
    pub created_at: DateTime<Utc>,
    /// When the contact was confirmed, UTC.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When the declaration in force was signed, UTC.
    pub signed_at: Option<DateTime<Utc>>,
    /// Since when mail to the contact does not arrive (R52), UTC.
    pub unreachable_at: Option<DateTime<Utc>>,
    /// Sum of the amounts of the newest declaration, euro cents; none: none declared yet.
    pub declared_cents: Option<i64>,
    /// Items of it without an amount, which come on top; none also where they were not counted yet.
    pub open_items: Option<i16>,
    /// Who has it, on the queue that was asked for.
    pub holder: Option<Holder>,
}

/// A case the actor's association takes part in.
#[derive(Clone, Debug)]
pub struct OwnCase {
    /// The case.
    pub case: Arc<CaseEntry>,
    /// The association in it.
    pub association: AssociationEntry,
}

/// The cases of the actor's association that the membership is for, newest first, drafts too.
///
/// # Errors
/// `Unavailable`.
pub async fn cases(ctx: &Ctx, actor: &StaffActor) -> AppResult<Vec<OwnCase>> {
    let directory = ctx.directories.get(ctx).await?;
    let own = directory.cases().iter().filter_map(|case| {
        let association = case.association_by_id(actor.association_id())?;
        actor.works_on(case.id).then_some(())?;
        Some(OwnCase {
            case: case.clone(),
            association: association.clone(),
        })
    });
    Ok(own.collect())
}

/// A case of the actor's association.
///
/// # Errors
/// `NotFound` for an unknown case and for one of others alike.
pub async fn own_case(ctx: &Ctx, actor: &StaffActor, slug: &str) -> AppResult<OwnCase> {
    let own = cases(ctx, actor).await?;
    own.into_iter()
        .find(|own| own.case.slug == slug)
        .ok_or(AppError::NotFound)
}

/// A case of an association, whoever acts for it.
///
/// # Errors
/// `NotFound` if the association takes no part in it.
pub(in crate::app) async fn case_of(
    ctx: &Ctx,
    association: AssociationId,
    case: CaseId,
) -> AppResult<OwnCase> {
    let directory = ctx.directories.get(ctx).await?;
    let found = directory.cases().iter().find(|known| known.id == case);
    let found = found.ok_or(AppError::NotFound)?;
    let association = found.association_by_id(association);
    Ok(OwnCase {
        case: found.clone(),
        association: association.ok_or(AppError::NotFound)?.clone(),
    })
}

/// A page of the own association's claimants in a case, from before `cursor`; `limit` 1 to 200.
/// A search that could be no field finds nobody.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others.
pub async fn list(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    filter: &Filter,
    cursor: Option<ClaimantId>,
    limit: u16,
) -> AppResult<Page> {
    actor.require(&operation::LIST_CLAIMANTS)?;
    let own = own_case(ctx, actor, slug).await?;
    let limit = limit.clamp(1, MAX_LIMIT);
    let states = filter.state.iter().map(|state| state.as_str()).collect();
    let mut selection = selection(ctx, actor.association_id(), &own, filter, states);
    let names = filter.search.as_deref().and_then(NameSearch::parse);
    if let (Some(names), Some(hashes)) = (&names, &mut selection.hashes) {
        hashes.extend(surname_hashes(ctx, own.case.id, names));
    }
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let (mut rows, reached) = searched(&mut tx, scope, &selection, cursor, limit).await?;
    let more = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let held = match filter.queue {
        Some(queue) => {
            let queue = WorkQueue::Claimants(queue);
            work_queue::holders(ctx, &mut tx, actor, queue, &ids).await?
        }
        None => Vec::new(),
    };
    let mut held: HashMap<Uuid, Holder> = held.into_iter().collect();
    let association = actor.association_id();
    let belongings = claimant_list::list_belongings(&mut tx, scope, association, &ids).await?;
    let open = claimant_list::list_open_items(&mut tx, scope, association, &rows).await?;
    tx.commit().await?;
    let next = rows
        .last()
        .filter(|_| more)
        .map(|row| ClaimantId::new(row.id))
        .or(reached);
    let mut opener = Opener::new(belongings);
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let opened = opener.open(ctx, row.id).await?;
        if let Some(names) = &names
            && !is_meant(names, filter, &row, &opened)
        {
            continue;
        }
        items.push(Item {
            open_items: open.get(&row.id).copied(),
            holder: held.remove(&row.id),
            ..item(&own, &row, &opened)?
        });
    }
    Ok(Page {
        items,
        next,
        unfinished: reached.is_some(),
    })
}

/// How many records a filter finds, 1000 for all above 999; `None` where counting them would read rows in vain.
///
/// # Errors
/// As [`list`].
pub async fn count(
    ctx: &Ctx,
    actor: &StaffActor,
    slug: &str,
    filter: &Filter,
) -> AppResult<Option<usize>> {
    actor.require(&operation::LIST_CLAIMANTS)?;
    let own = own_case(ctx, actor, slug).await?;
    let states = filter.state.iter().map(|state| state.as_str()).collect();
    let selection = selection(ctx, actor.association_id(), &own, filter, states);
    let search = filter.search.as_deref();
    if reads_rows(&selection) || search.and_then(NameSearch::parse).is_some() {
        return Ok(None);
    }
    let scope = actor.scope();
    let mut tx = ctx.pools.begin(scope).await?;
    let ids = claimant_list::list_ids(&mut tx, scope, &selection, COUNTED).await?;
    tx.commit().await?;
    Ok(Some(ids.len()))
}

/// The rows of a page and one more. Where rows must be read to be left out, at most [`WINDOW`] times
/// [`WINDOWS`] are; then comes how far that was.
async fn searched(
    tx: &mut Tx,
    scope: Scope,
    selection: &Selection,
    cursor: Option<ClaimantId>,
    limit: u16,
) -> AppResult<(Vec<ListRow>, Option<ClaimantId>)> {
    let limit = i64::from(limit) + 1;
    if !reads_rows(selection) {
        let place = (cursor, None);
        let rows = claimant_list::list_page(tx, scope, selection, place, limit).await?;
        return Ok((rows, None));
    }
    let (mut rows, mut before) = (Vec::new(), cursor);
    for _ in 0..WINDOWS {
        let from = before.map(ClaimantId::uuid);
        let floor = claimant_list::find_floor(tx, scope, selection, from, WINDOW).await?;
        let left = limit - i64::try_from(rows.len()).unwrap_or(limit);
        let place = (before, floor);
        rows.extend(claimant_list::list_page(tx, scope, selection, place, left).await?);
        let is_full = i64::try_from(rows.len()).unwrap_or(limit) >= limit;
        let Some(floor) = floor.filter(|_| !is_full) else {
            return Ok((rows, None));
        };
        before = Some(ClaimantId::new(floor));
    }
    Ok((rows, before))
}

/// Whether a list is found only by reading rows that are not on it, and no index leaves few of them.
fn reads_rows(selection: &Selection) -> bool {
    let narrowing = &selection.narrowing;
    narrowing.reads_rows()
        && !narrowing.is_few()
        && selection.hashes.is_none()
        && selection.queue.is_none()
        && selection.flag.is_none()
}

/// The cursor of a page in text.
pub fn write_cursor(before: ClaimantId) -> String {
    BASE64URL_NOPAD.encode(before.uuid().as_bytes())
}

/// Reads what [`write_cursor`] wrote; `None` for anything else.
pub fn read_cursor(text: &str) -> Option<ClaimantId> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    Some(ClaimantId::new(Uuid::from_slice(&bytes).ok()?))
}

/// The rows a filter means, in the states given.
pub(in crate::app) fn selection(
    ctx: &Ctx,
    association: AssociationId,
    own: &OwnCase,
    filter: &Filter,
    states: Vec<&'static str>,
) -> Selection {
    let case = own.case.id;
    let search = filter.search.as_deref().map(str::trim);
    let search = search.filter(|text| !text.is_empty());
    // who looks for one person, or for these people, finds them
    let is_asked_for = search.is_some()
        || filter.state == Some(ClaimantState::Restricted)
        || filter.queue == Some(Queue::Restricted);
    Selection {
        association,
        case,
        states,
        hashes: search.map(|text| hashes(ctx, case, text)),
        lack: filter.missing.and_then(|letter| lack(own, letter)),
        flag: filter.flag,
        queue: filter.queue,
        narrowing: filter.narrowing.clone(),
        leaves_restricted: !is_asked_for,
        leaves_reviewed: false,
        now: ctx.clock.now(),
    }
}

/// What the rows that lack a letter lack; `None` where every row does.
fn lack(own: &OwnCase, letter: Letter) -> Option<Lack> {
    match letter.decider() {
        Decider::Identity => Some(Lack::Identity),
        Decider::Signature => Some(Lack::Signature),
        Decider::Payout => Some(Lack::Payout),
        Decider::Case => {
            let record = Record {
                state: ClaimantState::Unconfirmed,
                identity: false,
                payout: false,
            };
            let known = standing::known(&own.case, &own.association, record);
            let all_lack = readiness::missing_to_lodge(&known).contains(&letter.as_char());
            (!all_lack).then_some(Lack::Nothing)
        }
    }
}

/// Blind indexes of everything `text` could be.
fn hashes(ctx: &Ctx, case: CaseId, text: &str) -> Vec<Vec<u8>> {
    let index = &ctx.keyring.index;
    let mut hashes = Vec::new();
    let mut push = |field: &str, value: &str| {
        hashes.push(index.hash(case.uuid(), field, value).to_vec());
    };
    if let Ok(email) = EmailAddress::parse(text) {
        push("email", &email.normalized());
    }
    if let Ok(mailbox) = MailboxAddress::parse(text) {
        push("mailbox", mailbox.as_str());
    }
    if let Ok(phone) = PhoneNumber::parse(text) {
        push("phone", phone.as_str());
    }
    if let Ok(code) = CodiceFiscale::parse(text) {
        push("codice_fiscale", code.as_str());
    }
    if let Ok(code) = NumericCodiceFiscale::parse(text) {
        push("codice_fiscale", code.as_str());
    }
    // names of entities have signs a person's name may not have, but fold alike
    if let Ok(name) = PersonalName::parse(text) {
        for variant in name.folded_variants() {
            push("surname", &variant);
        }
    }
    if let Some(reference) = Reference::parse(text) {
        hashes.push(
            index
                .platform_hash("reference", reference.as_str())
                .to_vec(),
        );
    }
    hashes
}

/// Blind indexes of each part of a search that may be a family name.
fn surname_hashes(ctx: &Ctx, case: CaseId, names: &NameSearch) -> Vec<Vec<u8>> {
    let index = &ctx.keyring.index;
    let variants = names.family_names().flat_map(PersonalName::folded_variants);
    variants
        .map(|variant| index.hash(case.uuid(), "surname", &variant).to_vec())
        .collect()
}

/// Whether who was found by a part of a name is who was looked for.
fn is_meant(names: &NameSearch, filter: &Filter, row: &ListRow, opened: &Opened) -> bool {
    let quoted = filter.search.as_deref().and_then(Reference::parse);
    let is_quoted = quoted == Some(Reference::of(ClaimantId::new(row.id)));
    let identity = opened.identity.as_ref();
    is_quoted || identity.is_some_and(|(_, identity)| names.fits(identity))
}

/// What is sealed about a claimant, open.
#[derive(Default)]
pub(in crate::app) struct Opened {
    pub(in crate::app) identity: Option<(IdentityRow, Identity)>,
    pub(in crate::app) mailboxes: Vec<OpenMailbox>,
    /// The claimant's data key; none for the erased.
    pub(in crate::app) vault: Option<Vault>,
}

/// A mailbox, open.
#[derive(Clone)]
pub struct OpenMailbox {
    /// Its id.
    pub id: MailboxId,
    /// Its address.
    pub address: MailboxAddress,
    /// How the scope table treats the domain (R28).
    pub treatment: String,
    /// Code of the plan, if told.
    pub plan: Option<String>,
    /// Main mailbox, for an alias (R29).
    pub alias_of: Option<MailboxId>,
    /// When control was proved, UTC, and how: `code` or `contact` (R30).
    pub proved: Option<(DateTime<Utc>, String)>,
}

/// Opens the claimants of a batch, without asking the database again.
pub(in crate::app) struct Opener {
    keys: HashMap<Uuid, ClaimantKeyRow>,
    identities: HashMap<Uuid, IdentityRow>,
    mailboxes: HashMap<Uuid, Vec<MailboxRow>>,
}

impl Opener {
    pub(in crate::app) fn new(belongings: Belongings) -> Self {
        let mut mailboxes: HashMap<Uuid, Vec<MailboxRow>> = HashMap::new();
        for row in belongings.mailboxes {
            mailboxes.entry(row.claimant_id).or_default().push(row);
        }
        let keys = belongings.keys.into_iter();
        let identities = belongings.identities.into_iter();
        Self {
            keys: keys.map(|row| (row.claimant_id, row)).collect(),
            identities: identities.map(|row| (row.claimant_id, row)).collect(),
            mailboxes,
        }
    }

    /// What is sealed about a claimant; nothing for the erased.
    pub(in crate::app) async fn open(&mut self, ctx: &Ctx, claimant: Uuid) -> AppResult<Opened> {
        let Some(key) = self.keys.remove(&claimant) else {
            return Ok(Opened::default());
        };
        let vault = Vault::from_row(ctx, key).await?;
        let identity = match self.identities.remove(&claimant) {
            Some(mut row) => {
                let sealed = std::mem::take(&mut row.sealed);
                let identity = vault.unseal("identities", "sealed", sealed)?;
                Some((row, identity))
            }
            None => None,
        };
        let rows = self.mailboxes.remove(&claimant).unwrap_or_default();
        let mailboxes = rows.into_iter().map(|row| {
            Ok(OpenMailbox {
                id: MailboxId::new(row.id),
                address: vault.unseal("mailboxes", "sealed", row.sealed)?,
                treatment: row.treatment,
                plan: row.plan,
                alias_of: row.alias_of.map(MailboxId::new),
                proved: row.proved_at.zip(row.proof),
            })
        });
        Ok(Opened {
            identity,
            mailboxes: mailboxes.collect::<AppResult<_>>()?,
            vault: Some(vault),
        })
    }
}

/// State, review and missing letters of a row.
pub(in crate::app) fn standing(
    own: &OwnCase,
    row: &ListRow,
) -> AppResult<(ClaimantState, Review, Missing)> {
    let state = ClaimantState::parse(&row.state).ok_or(DbError::Corrupt("claimants.state"))?;
    let review = Review::parse(&row.review).ok_or(DbError::Corrupt("claimants.review"))?;
    Ok((state, review, Missing::of(&known(own, row, state))))
}

/// What is known about a row (R2).
fn known(own: &OwnCase, row: &ListRow, state: ClaimantState) -> Known {
    let record = Record {
        state,
        identity: row.identity_at.is_some(),
        payout: row.payout_at.is_some(),
    };
    standing::known(&own.case, &own.association, record)
}

/// A row as staff see it, without what was read beside.
fn item(own: &OwnCase, row: &ListRow, opened: &Opened) -> AppResult<Item> {
    let (state, review, missing) = standing(own, row)?;
    let id = ClaimantId::new(row.id);
    let identity = opened.identity.as_ref().map(|(_, identity)| identity);
    Ok(Item {
        id,
        reference: Reference::of(id),
        state,
        review,
        ready: missing.to_bring.is_empty() && review == Review::None,
        missing: missing.to_bring,
        missing_to_lodge: missing.to_lodge,
        flags: row.declared_flags.clone(),
        name: identity.map(Identity::display_name),
        codice_fiscale: identity.and_then(Identity::masked_codice_fiscale),
        mailboxes: opened
            .mailboxes
            .iter()
            .map(|mailbox| mailbox.address.as_str().to_owned())
            .collect(),
        created_at: row.created_at,
        confirmed_at: row.confirmed_at,
        signed_at: row.signed_at,
        unreachable_at: row.unreachable_at,
        declared_cents: row.declared_cents,
        open_items: None,
        holder: None,
    })
}

impl OwnCase {
    /// Whether anybody may sign up now, for the console's list of cases.
    pub fn takes_sign_ups(&self) -> bool {
        self.association.offer.takes_sign_ups() && self.case.state != CaseState::Draft
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Filter")
            .field("state", &self.state)
            .field("missing", &self.missing)
            .field("flag", &self.flag)
            .field("queue", &self.queue)
            .field("narrowing", &self.narrowing)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Item({})", self.id)
    }
}

impl fmt::Debug for OpenMailbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OpenMailbox({})", self.id)
    }
}
