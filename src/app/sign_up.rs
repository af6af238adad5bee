//! Signing up: light, never reveals, never squats (DESIGN 3.6). What is written is made in `rows`.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::directory::{AssociationEntry, CaseEntry, Directory};
use crate::app::error::{AppError, AppResult};
use crate::app::idempotency::{self, Kept};
use crate::app::intake;
use crate::app::vault::Vault;
use crate::crypto::challenge::ChallengePurpose;
use crate::db::DbError;
use crate::db::sign_up::{CapIds, SignUpRows};
use crate::domain::claimant::{ClaimantState, ContactKind};
use crate::domain::consent::{Channel, Purpose};
use crate::domain::contact::Contact;
use crate::domain::email_address::EmailAddress;
use crate::domain::identity::{Identity, IdentityWarning};
use crate::domain::ids::{AssociationId, ClaimantId, ImportId, PartnerId, PartnerKeyId, StaffId};
use crate::domain::language::Language;
use crate::domain::outage::day_in_rome;
use crate::domain::partner::KeyMode;
use crate::domain::partner_submission::Notice;
use crate::domain::reference::Reference;
use crate::domain::sign_up::{SignUp, SignUpInput, SignUpNotice, SignUpRules};

mod rows;

use rows::{Origin, rows};

/// Hours a confirmation link works (R15).
pub const CONFIRMATION_HOURS: i64 = 72;
/// Days a mail is tried.
pub const MAIL_DAYS: i64 = 7;

/// A sign-up as it comes in.
#[derive(Debug)]
pub struct SignUpRequest {
    /// The case.
    pub slug: String,
    /// What was typed.
    pub input: SignUpInput,
    /// 1 to 128 visible ASCII characters.
    pub idempotency_key: String,
    /// Form or API.
    pub channel: Channel,
    /// Where it came from.
    pub evidence: Evidence,
    /// Why it looks as if nobody had typed it: it is kept in quarantine, and the answer is the same.
    pub suspicion: Option<Suspicion>,
}

/// What a sign-up is suspected for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// A field was filled in that people do not see.
    HiddenField,
}

impl Suspicion {
    /// The word of the trail.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HiddenField => "hidden_field",
        }
    }
}

/// Where a request came from; kept sealed beside consents (DOMAIN 5).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// Network address.
    pub address: Option<IpAddr>,
    /// Browser, cut to 256 characters.
    pub user_agent: Option<String>,
    /// What a partner says that it showed, if one sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<PartnerEvidence>,
}

/// What a partner says of somebody it sends (R57).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PartnerEvidence {
    /// Slug of the partner.
    pub slug: String,
    /// Which notice on data protection it showed.
    pub notice_version: String,
    /// When it was shown, UTC.
    pub notice_shown_at: DateTime<Utc>,
}

/// Who sends somebody by the API of partners, and what was shown before.
#[derive(Clone, Debug)]
pub(in crate::app) struct Sending {
    /// The partner.
    pub(in crate::app) partner: PartnerId,
    /// The key that was shown.
    pub(in crate::app) key: PartnerKeyId,
    /// Its mode.
    pub(in crate::app) mode: KeyMode,
    /// The notice that was shown.
    pub(in crate::app) notice: Notice,
    /// Where the request came from.
    pub(in crate::app) evidence: Evidence,
    /// Which mail follows.
    pub(in crate::app) mailing: Mailing,
}

/// Which mail follows when a partner sends somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::app) enum Mailing {
    /// As after any sign-up.
    Usual,
    /// One of the sandbox: counted already, by a cap of its own.
    Test,
    /// None.
    Withheld,
}

/// The earlier list a record comes from.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct Listing {
    /// The import.
    pub(in crate::app) import: ImportId,
    /// Who had it imported.
    pub(in crate::app) staff: StaffId,
    /// Until when the list was collected.
    pub(in crate::app) listed_on: NaiveDate,
}

/// The answer to a sign-up: the same for a new and a known address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedUp {
    /// Id of the record.
    pub id: ClaimantId,
    /// Its reference.
    pub reference: Reference,
    /// `unconfirmed` or `to_assist`.
    pub state: ClaimantState,
    /// The association.
    pub association: AssociationId,
    /// What the claimant is told beside it (R17).
    pub notices: Vec<SignUpNotice>,
}

/// What is kept under the idempotency key.
#[derive(Serialize, Deserialize)]
struct Answer {
    id: ClaimantId,
    reference: String,
    state: String,
    association: AssociationId,
    #[serde(default)]
    notices: Vec<SignUpNotice>,
}

/// Registers a person's wish to join: one statement with those that arrive beside it, then at
/// most one mail.
///
/// *effects*: claimant, data key, mailboxes, consents, look-ups, audit `sign_up`; with an e-mail
/// within the cap a challenge and an outbox row, over it at most one delayed row per address. One under
/// suspicion is in quarantine and gets no mail until staff release it.
///
/// # Errors
/// `NotFound` for an unknown case; `IllegalTransition` if the case or the association takes none;
/// `Invalid` with every wrong field; `IdempotencyMismatch`; `IdempotencyRunning`.
pub async fn sign_up(ctx: &Ctx, request: SignUpRequest) -> AppResult<SignedUp> {
    let now = ctx.clock.now();
    let directory = ctx.directories.get(ctx).await?;
    let case = directory.public_case(&request.slug)?;
    let kept = kept_under(ctx, &case, &request)?;
    let preparing = Box::pin(prepare(ctx, &directory, &case, &request, &kept, now));
    let prepared = preparing.await;
    settle(ctx, prepared, &kept).await
}

/// Writes what was prepared, once; gives the answer of before where its key was used.
///
/// # Errors
/// Why it was not prepared, unless it was taken before; `IdempotencyMismatch`, `IdempotencyRunning`.
pub(in crate::app) async fn settle(
    ctx: &Ctx,
    prepared: AppResult<(SignedUp, SignUpRows)>,
    kept: &Kept,
) -> AppResult<SignedUp> {
    let now = ctx.clock.now();
    let (signed_up, rows) = match prepared {
        Ok(fresh) => fresh,
        Err(refusal) => return replay(ctx, kept, now).await?.ok_or(refusal),
    };
    let inserted = match intake::write(ctx, rows).await {
        Ok(inserted) => inserted,
        Err(DbError::LockTimeout) => return Err(AppError::IdempotencyRunning),
        Err(error) => return Err(error.into()),
    };
    if inserted {
        if !signed_up.association.is_sandbox() {
            metrics::counter!("joinder_sign_ups_total").increment(1);
        }
        return Ok(signed_up);
    }
    replay(ctx, kept, now)
        .await?
        .ok_or(AppError::IdempotencyRunning)
}

/// The rules a sign-up in a case must meet now.
pub fn rules(directory: &Directory, case: &CaseEntry, now: DateTime<Utc>) -> SignUpRules {
    let versions = |required: bool| {
        case.consents(Language::It)
            .into_iter()
            .filter(|(purpose, _)| !required || purpose.is_required())
            .map(|(purpose, text)| (purpose, text.version.clone()))
            .collect::<Vec<(Purpose, String)>>()
    };
    SignUpRules {
        now,
        today: day_in_rome(now),
        associations: case
            .associations
            .iter()
            .map(|entry| entry.slug.clone())
            .collect(),
        plans: case.plans.iter().map(|plan| plan.code.clone()).collect(),
        scope: Arc::clone(&case.scope),
        domains_down: directory.domains_down(now),
        required_consents: versions(true),
        known_consents: versions(false),
    }
}

/// The cap's hashes of an address around a day.
pub(in crate::app) fn cap_ids(ctx: &Ctx, address: &EmailAddress, now: DateTime<Utc>) -> CapIds {
    let today = now.date_naive();
    let normalized = address.normalized();
    let hash = |day: Option<NaiveDate>| {
        ctx.keyring
            .index
            .cap_hash(day.unwrap_or(today), &normalized)
    };
    let tomorrow = today.succ_opt();
    CapIds {
        yesterday: hash(today.pred_opt()),
        today: hash(Some(today)),
        tomorrow: hash(tomorrow),
        tomorrow_at: tomorrow
            .unwrap_or(today)
            .and_time(chrono::NaiveTime::MIN)
            .and_utc(),
    }
}

/// The outbox lane of a subject, 0 to 63 (SCALE S8).
pub(in crate::app) fn lane(subject: Uuid) -> i16 {
    let [.., last] = subject.into_bytes();
    i16::from(last & 63)
}

/// The domain of a contact where it may stand in clear.
pub(in crate::app) fn contact_domain(directory: &Directory, contact: &Contact) -> Option<String> {
    let domain = contact.email()?.domain();
    directory
        .is_public_provider(domain)
        .then(|| domain.to_owned())
}

/// Codes of an identity's warnings, for storage.
pub(in crate::app) fn warning_codes(identity: &Identity) -> Vec<&'static str> {
    identity
        .warnings()
        .iter()
        .map(IdentityWarning::as_str)
        .collect()
}

/// Kind of an identity, for storage.
pub(in crate::app) const fn identity_kind(identity: &Identity) -> &'static str {
    match identity {
        Identity::Person(_) => "person",
        Identity::Entity(_) => "entity",
    }
}

fn kept_under(ctx: &Ctx, case: &CaseEntry, request: &SignUpRequest) -> AppResult<Kept> {
    let place = format!("sign_up|{}|{}", case.id, request.idempotency_key);
    Kept::under(ctx, &place, &request.input)
}

/// The answer given before under this key, if any.
async fn replay(ctx: &Ctx, kept: &Kept, now: DateTime<Utc>) -> AppResult<Option<SignedUp>> {
    let mut conn = ctx.pools.intake().await?;
    let Some(answer) = idempotency::find::<Answer>(&mut conn, kept, now).await? else {
        return Ok(None);
    };
    let state = ClaimantState::parse(&answer.state);
    Ok(Some(SignedUp {
        id: answer.id,
        reference: Reference::of(answer.id),
        state: state.ok_or(DbError::Corrupt("idempotency_keys.response"))?,
        association: answer.association,
        notices: answer.notices,
    }))
}

async fn prepare(
    ctx: &Ctx,
    directory: &Directory,
    case: &CaseEntry,
    request: &SignUpRequest,
    kept: &Kept,
    now: DateTime<Utc>,
) -> AppResult<(SignedUp, SignUpRows)> {
    if !case.state.takes_sign_ups() {
        return Err(AppError::IllegalTransition(case.state.as_str()));
    }
    let sign_up = SignUp::parse(&request.input, &rules(directory, case, now))?;
    let association = case
        .association(sign_up.association())
        .ok_or(AppError::NotFound)?;
    if !association.offer.takes_sign_ups() {
        return Err(AppError::IllegalTransition("association_suspended"));
    }
    let signed_up = made(ctx, association, &sign_up);
    let origin = Origin {
        channel: request.channel,
        evidence: &request.evidence,
        suspicion: request.suspicion,
        listed: None,
        sent: None,
    };
    let own = (case, association);
    let (rows, _) = rows(ctx, directory, own, &origin, &sign_up, &signed_up, kept).await?;
    Ok((signed_up, rows))
}

/// The rows of a person whom a partner sends: as of any sign-up, and who sent it.
pub(in crate::app) async fn sent(
    ctx: &Ctx,
    directory: &Directory,
    own: (&CaseEntry, &AssociationEntry),
    sign_up: &SignUp,
    sending: &Sending,
    kept: &Kept,
) -> AppResult<(SignedUp, SignUpRows)> {
    let signed_up = made(ctx, own.1, sign_up);
    let origin = Origin {
        channel: Channel::Partner,
        evidence: &sending.evidence,
        suspicion: None,
        listed: None,
        sent: Some(sending),
    };
    let (rows, _) = rows(ctx, directory, own, &origin, sign_up, &signed_up, kept).await?;
    Ok((signed_up, rows))
}

/// The rows of a person on an earlier list: unconfirmed, without consents, with the least urgent mail. Gives
/// also the vault of the new record.
pub(in crate::app) async fn listed(
    ctx: &Ctx,
    directory: &Directory,
    (case, association): (&CaseEntry, &AssociationEntry),
    sign_up: &SignUp,
    (listing, line): (&Listing, u32),
) -> AppResult<(SignUpRows, Vault)> {
    let signed_up = made(ctx, association, sign_up);
    let kept = Kept::under(ctx, &format!("import|{}|{line}", listing.import), &())?;
    let origin = Origin {
        channel: Channel::Import,
        evidence: &Evidence::default(),
        suspicion: None,
        listed: Some(listing),
        sent: None,
    };
    let own = (case, association);
    rows(ctx, directory, own, &origin, sign_up, &signed_up, &kept).await
}

/// A new record of an association.
fn made(ctx: &Ctx, association: &AssociationEntry, sign_up: &SignUp) -> SignedUp {
    let id = ClaimantId::new(ctx.new_id());
    SignedUp {
        id,
        reference: Reference::of(id),
        state: match sign_up.contact().email() {
            Some(_) => ClaimantState::Unconfirmed,
            None => ClaimantState::ToAssist,
        },
        association: association.id,
        notices: sign_up.notices().to_vec(),
    }
}

const fn contact_kind_of(email: bool, phone: bool) -> ContactKind {
    match (email, phone) {
        (true, _) => ContactKind::Email,
        (false, true) => ContactKind::Phone,
        (false, false) => ContactKind::Post,
    }
}

/// The best way to reach a contact.
pub(in crate::app) fn contact_kind(contact: &Contact) -> ContactKind {
    contact_kind_of(contact.email().is_some(), contact.phone().is_some())
}

/// The province of an identity's address, `EE` abroad.
pub(in crate::app) fn province(identity: &Identity) -> Option<String> {
    identity
        .address()
        .and_then(|address| address.province().map(str::to_owned))
}

/// What is stored of a challenge's token and code.
pub(in crate::app) fn challenge_hashes(
    ctx: &Ctx,
    purpose: ChallengePurpose,
    claimant: ClaimantId,
    challenge: Uuid,
) -> (Vec<u8>, Vec<u8>) {
    let keys = &ctx.keyring.challenges;
    let claimant = claimant.uuid();
    let proof = keys.proof(purpose, claimant, challenge);
    let code = keys.code(purpose, claimant, challenge);
    let token_hash = keys.stored_token_hash(purpose, claimant, &proof);
    let code_hash = keys.stored_code_hash(purpose, claimant, challenge, None, &code);
    (token_hash.to_vec(), code_hash.to_vec())
}
