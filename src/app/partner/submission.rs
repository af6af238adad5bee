//! What partners send by API, and what they are told of it. A submission is a sign-up: the same rules, the same
//! statement, the same mail, which the person alone can act on. The answer is the same for somebody new and
//! somebody known (R55).

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::directory::{CaseEntry, Directory};
use crate::app::error::{AppError, AppResult};
use crate::app::idempotency::Kept;
use crate::app::partner::PartnerActor;
use crate::app::sandbox;
use crate::app::sign_up::{self, Evidence, Mailing, PartnerEvidence, Sending, SignedUp};
use crate::db::DbError;
use crate::db::partner_submission::{self as db, Of, SubmissionRow};
use crate::domain::claimant::ClaimantState;
use crate::domain::field::{FieldCode, FieldErrors, ValueError, filled, is_within};
use crate::domain::ids::{CaseId, ClaimantId};
use crate::domain::outage::day_in_rome;
use crate::domain::partner::{KeyMode, PartnerScope, SubmissionState};
use crate::domain::partner_submission::{Notice, SubmissionInput};
use crate::domain::reference::Reference;
use crate::domain::sign_up::{SignUp, SignUpRules};

/// Items of a batch that are written side by side: enough to be written together, few enough to leave others
/// their turn.
const AT_ONCE: usize = 32;
/// Items of all batches of a process that may stand in the line of sign-ups at a time: a quarter of it, so that who
/// signs up alone finds a place however many batches come.
static PLACES: Semaphore = Semaphore::const_new(64);

/// What a partner is told of somebody it sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The claimant.
    pub id: ClaimantId,
    /// What the claimant quotes on the phone.
    pub reference: Reference,
    /// How far it got.
    pub state: SubmissionState,
    /// Slug of the case.
    pub case: String,
    /// When it came, UTC.
    pub created_at: DateTime<Utc>,
}

/// What a partner was told when it sent somebody: the same each time under the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The claimant.
    pub id: ClaimantId,
    /// What the claimant quotes on the phone.
    pub reference: Reference,
}

/// Somebody as a partner typed them, and what of that could not be read.
pub type Typed = (SubmissionInput, FieldErrors);

/// Takes somebody a partner sends.
///
/// *effects*: those of [`sign_up::sign_up`], and in the same statement the row that ties the claimant to the
/// partner. Nothing where the key was used before.
///
/// # Errors
/// `Key` if the key may not; `Invalid` with every wrong field; `IllegalTransition` if the case takes none;
/// `IdempotencyMismatch`, `IdempotencyRunning`.
pub async fn send(
    ctx: &Ctx,
    actor: &PartnerActor,
    typed: &Typed,
    idempotency_key: &str,
    evidence: Evidence,
) -> AppResult<Received> {
    actor.require(PartnerScope::Intake)?;
    // a key is the partner's, whichever of its API keys it comes with: else one could not follow the other
    let place = format!("partner|{}|{idempotency_key}", actor.partner());
    take(ctx, actor, typed, &place, evidence).await
}

/// Takes many, each on its own: the answers stand in the order of the items. An item is known again by its place
/// under the key, so that a batch that was cut off is finished by sending it again. Once an item found the database
/// gone or the line full, those that did not begin yet are told the same without trying.
///
/// # Errors
/// `Key` if the key may not send; what is wrong with an item is its own answer.
pub async fn send_all(
    ctx: &Ctx,
    actor: &PartnerActor,
    items: Vec<AppResult<Typed>>,
    idempotency_key: &str,
    evidence: Evidence,
) -> AppResult<Vec<AppResult<Received>>> {
    actor.require(PartnerScope::Intake)?;
    let partner = actor.partner();
    let put_off = AtomicBool::new(false);
    let taking = items.into_iter().enumerate().map(|(number, item)| {
        let put_off = &put_off;
        let place = format!("partner-batch|{partner}|{idempotency_key}|{number}");
        let evidence = evidence.clone();
        async move {
            let typed = item?;
            let _place = PLACES.acquire().await.map_err(AppError::internal)?;
            if put_off.load(Ordering::Relaxed) {
                return Err(AppError::Unavailable(
                    "an item before it was put off".into(),
                ));
            }
            let taken = Box::pin(take(ctx, actor, &typed, &place, evidence)).await;
            if matches!(taken, Err(AppError::Unavailable(_))) {
                put_off.store(true, Ordering::Relaxed);
            }
            taken
        }
    });
    Ok(stream::iter(taking).buffered(AT_ONCE).collect().await)
}

/// Somebody the partner sent.
///
/// # Errors
/// `Key` if the key may not; `NotFound` for whom it did not send, or nobody.
pub async fn get(ctx: &Ctx, actor: &PartnerActor, id: ClaimantId) -> AppResult<Submission> {
    actor.require(PartnerScope::Read)?;
    find(ctx, actor, id).await
}

/// As [`get`], whatever the key may read.
pub(in crate::app) async fn find(
    ctx: &Ctx,
    actor: &PartnerActor,
    id: ClaimantId,
) -> AppResult<Submission> {
    let scope = actor.scope();
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let row = db::find(&mut tx, scope, of(actor), id).await?;
    tx.commit().await?;
    told(&directory, &row.ok_or(AppError::NotFound)?)
}

/// Those the partner sent after `after`, oldest first; `limit` 1 to 200. With where the next page begins, also where
/// there is none yet: who keeps it goes on from there. Those of the last ten seconds come with a later page.
///
/// # Errors
/// `Key` if the key may not.
pub async fn list(
    ctx: &Ctx,
    actor: &PartnerActor,
    after: Option<ClaimantId>,
    limit: u16,
) -> AppResult<(Vec<Submission>, ClaimantId)> {
    actor.require(PartnerScope::Read)?;
    let scope = actor.scope();
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let rows = db::list(&mut tx, scope, of(actor), after, i64::from(limit)).await?;
    tx.commit().await?;
    let last = rows.last().map(|row| ClaimantId::new(row.claimant_id));
    let next = last.or(after);
    let next = next.unwrap_or_else(|| ClaimantId::new(Uuid::nil()));
    let items = rows.iter().map(|row| told(&directory, row));
    Ok((items.collect::<AppResult<_>>()?, next))
}

/// Which submissions a key is for.
pub(in crate::app) fn of(actor: &PartnerActor) -> Of<'_> {
    Of {
        partner: actor.partner(),
        mode: actor.mode(),
        cases: actor.cases(),
    }
}

fn told(directory: &Directory, row: &SubmissionRow) -> AppResult<Submission> {
    let id = ClaimantId::new(row.claimant_id);
    let state = ClaimantState::parse(&row.state);
    let state = state.ok_or(DbError::Corrupt("claimants.state"))?;
    Ok(Submission {
        id,
        reference: Reference::of(id),
        state: SubmissionState::of(state, row.confirmed_at.is_some(), row.signed_at.is_some()),
        case: slug_of(directory, CaseId::new(row.case_id)).unwrap_or_default(),
        created_at: row.created_at,
    })
}

async fn take(
    ctx: &Ctx,
    actor: &PartnerActor,
    (input, unread): &Typed,
    place: &str,
    evidence: Evidence,
) -> AppResult<Received> {
    let directory = ctx.directories.get(ctx).await?;
    // before the answer of before is looked for: it is for who may act in the case
    let own = match own_case(&directory, actor, input.case.as_deref()) {
        Ok(own) => own,
        Err(mut errors) => {
            errors.append(without_case(input, ctx.clock.now()));
            return Err(AppError::Invalid(beside(unread, errors)));
        }
    };
    actor.require_case(actor.acts_in(own.id))?;
    if !unread.is_empty() {
        let (_, home) = actor.home();
        let promoting = own.association_by_id(home).ok_or(AppError::NotFound)?;
        let place = (own.as_ref(), promoting.slug.as_str());
        let read = parsed(&directory, place, input, ctx.clock.now());
        let wrong = read.err().unwrap_or_default();
        return Err(AppError::Invalid(beside(unread, wrong)));
    }
    let kept = Kept::under(ctx, place, input)?;
    let preparing = prepare(ctx, actor, (&directory, &own), input, &kept, evidence);
    let prepared = Box::pin(preparing).await;
    let SignedUp { id, reference, .. } = sign_up::settle(ctx, prepared, &kept).await?;
    Ok(Received { id, reference })
}

async fn prepare(
    ctx: &Ctx,
    actor: &PartnerActor,
    (directory, public): (&Directory, &CaseEntry),
    input: &SubmissionInput,
    kept: &Kept,
    mut evidence: Evidence,
) -> AppResult<(SignedUp, crate::db::sign_up::SignUpRows)> {
    let now = ctx.clock.now();
    let (_, home) = actor.home();
    let promoting = public.association_by_id(home).ok_or(AppError::NotFound)?;
    let twin = match actor.mode() {
        KeyMode::Live => None,
        KeyMode::Test => Some(sandbox::twin_in(directory, public, promoting)),
    };
    let case = twin.as_deref().unwrap_or(public);
    let association = case.association_by_id(actor.association());
    let association = association.ok_or(AppError::NotFound)?;
    if !case.state.takes_sign_ups() {
        return Err(AppError::IllegalTransition(case.state.as_str()));
    }
    let read = parsed(directory, (case, &association.slug), input, now);
    let (sign_up, notice) = read.map_err(AppError::Invalid)?;
    if !association.offer.takes_sign_ups() {
        return Err(AppError::IllegalTransition("association_suspended"));
    }
    evidence.partner = Some(PartnerEvidence {
        slug: actor.slug().to_owned(),
        notice_version: notice.version.clone(),
        notice_shown_at: notice.shown_at,
    });
    let (sign_up, mailing) = match twin {
        Some(_) => sandbox::admit(ctx, actor, (case.id, public.id), sign_up).await?,
        None => (sign_up, Mailing::Usual),
    };
    let sending = Sending {
        partner: actor.partner(),
        key: actor.key(),
        mode: actor.mode(),
        notice,
        evidence,
        mailing,
    };
    let own = (case, association);
    sign_up::sent(ctx, directory, own, &sign_up, &sending, kept).await
}

/// Reads a submission for a case and the association of the key.
fn parsed(
    directory: &Directory,
    (case, association): (&CaseEntry, &str),
    input: &SubmissionInput,
    now: DateTime<Utc>,
) -> Result<(SignUp, Notice), FieldErrors> {
    let notice = Notice::parse(input.notice.as_ref(), now);
    let mut typed = input.sign_up();
    let named = typed.association.replace(association.to_owned());
    let notice = for_own(named.as_deref(), association, notice);
    let mut rules = sign_up::rules(directory, case, now);
    rules.associations = vec![association.to_owned()];
    both(SignUp::parse(&typed, &rules), notice)
}

/// What is wrong whatever the case is.
fn without_case(input: &SubmissionInput, now: DateTime<Utc>) -> FieldErrors {
    let typed = input.sign_up();
    let rules = SignUpRules {
        now,
        today: day_in_rome(now),
        associations: Vec::new(),
        plans: Vec::new(),
        scope: Arc::default(),
        domains_down: HashSet::new(),
        required_consents: Vec::new(),
        known_consents: Vec::new(),
    };
    let mut wrong = SignUp::parse(&typed, &rules).err().unwrap_or_default();
    // which association, plans and texts there are is the case's
    wrong.retain(|error| {
        let is_of = |place| is_within(&error.pointer, place);
        !is_of("/association") && !is_of("/consents") && error.reason != "error-plan-unknown"
    });
    let notice = Notice::parse(input.notice.as_ref(), now);
    wrong.append(notice.err().unwrap_or_default());
    wrong
}

/// What could not be read, and what is wrong with the rest.
fn beside(unread: &FieldErrors, wrong: FieldErrors) -> FieldErrors {
    let mut all = unread.clone();
    all.beside(wrong);
    all
}

/// What was read; refused where another association is named than the key's.
fn for_own<T>(
    named: Option<&str>,
    own: &str,
    read: Result<T, FieldErrors>,
) -> Result<T, FieldErrors> {
    if filled(named).is_none_or(|named| named == own) {
        return read;
    }
    let mut wrong = read.err().unwrap_or_default();
    wrong.push(
        "/association",
        FieldCode::UnknownValue,
        "error-partner-association",
    );
    Err(wrong)
}

/// Both, or what is wrong with each.
fn both<A, B>(
    one: Result<A, FieldErrors>,
    two: Result<B, FieldErrors>,
) -> Result<(A, B), FieldErrors> {
    match (one, two) {
        (Ok(one), Ok(two)) => Ok((one, two)),
        (Err(mut wrong), Err(also)) => {
            wrong.append(also);
            Err(wrong)
        }
        (Err(wrong), Ok(_)) | (Ok(_), Err(wrong)) => Err(wrong),
    }
}

/// The case of a submission: one that the partner's association promotes.
fn own_case(
    directory: &Directory,
    actor: &PartnerActor,
    slug: Option<&str>,
) -> Result<Arc<CaseEntry>, FieldErrors> {
    let mut errors = FieldErrors::new();
    let Some(slug) = filled(slug) else {
        errors.push("/case", FieldCode::Required, "error-case-required");
        return Err(errors);
    };
    let (_, home) = actor.home();
    let public = directory.public_cases();
    let own: Vec<&Arc<CaseEntry>> = public
        .filter(|case| case.association_by_id(home).is_some())
        .collect();
    let found = own.iter().find(|case| case.slug == slug);
    found.copied().cloned().ok_or_else(|| {
        let unknown = ValueError::new(FieldCode::UnknownValue, "error-case-unknown");
        let slugs = own.iter().map(|case| case.slug.clone()).collect();
        errors.push_expecting("/case", unknown, slugs, None);
        errors
    })
}

/// The cursor of the page that begins after somebody.
pub fn write_cursor(after: ClaimantId) -> String {
    crate::app::claimant_list::write_cursor(after)
}

/// Reads such a cursor.
pub fn read_cursor(text: &str) -> Option<ClaimantId> {
    crate::app::claimant_list::read_cursor(text)
}

/// The slug of a case.
pub(in crate::app) fn slug_of(directory: &Directory, case: CaseId) -> Option<String> {
    let found = directory.case(case).ok()?;
    Some(found.slug.clone())
}
