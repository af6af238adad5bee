//! Following a case without claiming: asked with an e-mail and a consent of its own, confirmed by link, ended
//! by link (R16, R20). Nothing joins a follower to a claimant, also where the address is the same.
//!
//! The answer never tells whether an address follows, nor does its time: the same rows are written for any.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::directory::{AssociationEntry, CaseEntry};
use crate::app::error::{AppError, AppResult};
use crate::app::mail_queue;
use crate::app::sign_up::lane;
use crate::app::suppression;
use crate::app::vault::Vault;
use crate::crypto::challenge::{ChallengePurpose, parse_token, verify};
use crate::crypto::token;
use crate::db::follower::{self as db, FollowerRow};
use crate::db::key::ClaimantKeyRow;
use crate::db::outbox::{self, OutboxRow};
use crate::db::{Conn, Scope};
use crate::domain::bounce::BounceKind;
use crate::domain::email_address::EmailAddress;
use crate::domain::field::{FieldCode, FieldErrors, ValueError, filled};
use crate::domain::ids::{AssociationId, CaseId, ClaimantId};
use crate::domain::language::Language;
use crate::domain::retention::FOLLOW_DAYS;
use crate::domain::suppression::Suppression;

const SCOPE: Scope = Scope::System("links of followers, before the tenant is known");

/// Kind of the text that is consented to.
pub const TEXT_KIND: &str = "follow";

/// What somebody typed to follow a case.
#[derive(Clone, Default)]
pub struct FollowInput {
    /// Slug of the association whose news are wanted.
    pub association: Option<String>,
    /// Where they go.
    pub email: Option<String>,
    /// `it`, `en` or `de`; missing: Italian.
    pub language: Option<String>,
    /// Version of the text that was shown.
    pub text_version: Option<String>,
    /// Whether it was agreed to.
    pub given: bool,
}

/// What a link of a follower can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The address waits to be confirmed.
    Asked,
    /// News go out to it.
    Following,
    /// Never was, or it is gone.
    Gone,
}

/// A link before it is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link {
    /// What it can do.
    pub standing: Standing,
    /// Whose news about what, if the link is good.
    pub place: Option<(AssociationId, CaseId)>,
}

/// What a link is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wish {
    /// To follow.
    Follow,
    /// To end it.
    Unfollow,
}

impl Wish {
    const fn purpose(self) -> ChallengePurpose {
        match self {
            Self::Follow => ChallengePurpose::Follow,
            Self::Unfollow => ChallengePurpose::Unfollow,
        }
    }
}

/// Associations of a case that can be followed: none while there is no text to consent to.
pub fn choices(case: &CaseEntry) -> Vec<&AssociationEntry> {
    if case.text(TEXT_KIND, Language::It).is_none() {
        return Vec::new();
    }
    let all = case.associations.iter();
    all.filter(|association| !association.suspended).collect()
}

/// Asks to follow a case: a mail with a link goes to the address, whoever asked and whether it follows
/// already.
///
/// *effects*: a row in `followers`, unconfirmed, unless there is one; an outbox row.
///
/// # Errors
/// `NotFound` for a case that cannot be followed; `Invalid`; never tells more.
pub async fn ask(ctx: &Ctx, slug: &str, input: &FollowInput) -> AppResult<()> {
    let directory = ctx.directories.get(ctx).await?;
    let case = directory.public_case(slug)?;
    if choices(&case).is_empty() {
        return Err(AppError::NotFound);
    }
    let asked = Asked::parse(&case, input)?;
    let now = ctx.clock.now();
    let scope = Scope::Association(asked.association);
    let row = row(ctx, case.id, &asked, now).await?;
    let mut tx = ctx.pools.begin(scope).await?;
    let subject = db::ask(&mut tx, scope, &row).await?;
    let mail = OutboxRow {
        subject_id: subject,
        id: token::new_id(now),
        association_id: Some(row.association_id),
        case_id: Some(row.case_id),
        kind: "follow_confirmation".to_owned(),
        lane: lane(subject),
        priority: 1,
        payload: json!({ "follower": row.id }),
        attempts: 0,
        due_at: now,
        created_at: now,
        expires_at: now + Duration::days(FOLLOW_DAYS),
        queue_id: Some(mail_queue::id_of(ctx, asked.email.domain())),
    };
    outbox::insert(&mut tx, scope, &mail).await?;
    Ok(tx.commit().await?)
}

/// What a link can do. Changes nothing: scanners follow links.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn peek(ctx: &Ctx, wish: Wish, link: &str) -> AppResult<Link> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let found = find(ctx, &mut tx, wish, link).await?;
    tx.commit().await?;
    let standing = match &found {
        None => Standing::Gone,
        Some(row) if row.confirmed_at.is_some() => Standing::Following,
        Some(_) => Standing::Asked,
    };
    Ok(Link {
        standing,
        place: found.map(|row| (row.association(), row.case())),
    })
}

/// The reader of the address wants the news; confirming twice is fine.
///
/// *effects*: `confirmed_at`; audit `follow`; the address does not bounce any more.
///
/// # Errors
/// `TokenExpired` for a link that is too old or never was.
pub async fn confirm(ctx: &Ctx, link: &str) -> AppResult<()> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let found = find(ctx, &mut tx, Wish::Follow, link).await?;
    let row = found.ok_or(AppError::TokenExpired)?;
    let email = email_of(ctx, &row).await?;
    suppression::end_bounced(ctx, &mut tx, &email).await?;
    if db::mark_confirmed(&mut tx, SCOPE, row.id, ctx.clock.now()).await? {
        audit::append(ctx, &mut tx, SCOPE, entry(&row, "follow")).await?;
    }
    Ok(tx.commit().await?)
}

/// The reader of the address wants no more news: everything about it goes. Ending twice is fine.
///
/// *effects*: the row and its mails that are not out yet deleted; audit `unfollow`.
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn unfollow(ctx: &Ctx, link: &str) -> AppResult<()> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let Some(row) = find(ctx, &mut tx, Wish::Unfollow, link).await? else {
        return Ok(());
    };
    if !db::delete(&mut tx, SCOPE, row.id).await? {
        return Ok(());
    }
    outbox::delete_of(&mut tx, SCOPE, ClaimantId::new(row.subject_id)).await?;
    audit::append(ctx, &mut tx, SCOPE, entry(&row, "unfollow")).await?;
    Ok(tx.commit().await?)
}

/// The address of a follower.
pub(in crate::app) async fn email_of(ctx: &Ctx, row: &FollowerRow) -> AppResult<EmailAddress> {
    let key = ClaimantKeyRow {
        claimant_id: row.id,
        association_id: row.association_id,
        key_version: 1,
        association_key_version: row.association_key_version,
        wrapped: row.wrapped.clone(),
    };
    let vault = Vault::from_row(ctx, key).await?;
    vault.unseal("followers", "email_sealed", row.email_sealed.clone())
}

/// The link of a follower for a wish: derived, so that a mail tried again has the same.
pub(in crate::app) fn link(ctx: &Ctx, row: &FollowerRow, wish: Wish) -> String {
    let keys = &ctx.keyring.challenges;
    let token = keys.token(wish.purpose(), row.id, row.subject_id);
    let page = match wish {
        Wish::Follow => "follow",
        Wish::Unfollow => "unfollow",
    };
    format!("{}/{page}/{token}", ctx.settings.public_base_url)
}

/// A mail to a follower came back for good, or was reported: its address gets no more that it did not ask
/// for. `false`: no follower was meant.
pub(in crate::app) async fn bounced(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    subject: Uuid,
    kind: BounceKind,
) -> AppResult<bool> {
    let reason = match kind {
        BounceKind::Hard => Suppression::HardBounce,
        BounceKind::Complaint => Suppression::Complaint,
        BounceKind::Soft | BounceKind::Delayed => return Ok(false),
    };
    let Some(row) = db::find_by_subject(conn, scope, subject).await? else {
        return Ok(false);
    };
    let email = email_of(ctx, &row).await?;
    suppression::add(ctx, conn, &email, reason).await?;
    Ok(true)
}

/// Input that was read.
struct Asked {
    association: AssociationId,
    email: EmailAddress,
    language: Language,
    text_version: String,
}

impl Asked {
    fn parse(case: &CaseEntry, input: &FollowInput) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let association = errors.take("/association", association(case, input));
        let missing = ValueError::new(FieldCode::Required, "error-follow-email");
        let email = filled(input.email.as_deref()).ok_or(missing);
        let email = errors.take("/email", email.and_then(EmailAddress::parse));
        let language = filled(input.language.as_deref()).map_or(Ok(Language::It), |word| {
            let unknown = ValueError::new(FieldCode::UnknownValue, "error-language-unknown");
            Language::parse(word).ok_or(unknown)
        });
        let language = errors.take("/language", language);
        let shown = case.text(TEXT_KIND, language.unwrap_or_default());
        let current = shown.map(|text| text.version.as_str());
        match filled(input.text_version.as_deref()) {
            None => errors.push(
                "/consent/text_version",
                FieldCode::Required,
                "error-consent-version-required",
            ),
            given if given != current => errors.push(
                "/consent/text_version",
                FieldCode::UnknownValue,
                "error-consent-version-unknown",
            ),
            Some(_) => {}
        }
        if !input.given {
            errors.push(
                "/consent/given",
                FieldCode::NotAccepted,
                "error-follow-consent",
            );
        }
        let (Some(association), Some(email), Some(language), true) =
            (association, email, language, errors.is_empty())
        else {
            return Err(errors);
        };
        Ok(Self {
            association,
            email,
            language,
            text_version: current.unwrap_or_default().to_owned(),
        })
    }
}

fn association(case: &CaseEntry, input: &FollowInput) -> Result<AssociationId, ValueError> {
    let missing = ValueError::new(FieldCode::Required, "error-follow-association");
    let slug = filled(input.association.as_deref()).ok_or(missing)?;
    let unknown = ValueError::new(FieldCode::UnknownValue, "error-association-unknown");
    let known = choices(case).into_iter().find(|known| known.slug == slug);
    known.map(|known| known.id).ok_or(unknown)
}

async fn row(ctx: &Ctx, case: CaseId, asked: &Asked, now: DateTime<Utc>) -> AppResult<FollowerRow> {
    let place = format!("{}|{}", asked.association, asked.email.normalized());
    let index = &ctx.keyring.index;
    let id = token::uuid_v8(index.hash(case.uuid(), "follower", &place));
    // a data key as claimants have one; the row is what it belongs to
    let (vault, association_key_version, wrapped) =
        Vault::create(ctx, asked.association, ClaimantId::new(id)).await?;
    Ok(FollowerRow {
        id,
        subject_id: token::random_id(),
        association_id: asked.association.uuid(),
        case_id: case.uuid(),
        language: asked.language.as_str().to_owned(),
        email_sealed: vault.seal("followers", "email_sealed", &asked.email)?,
        association_key_version,
        wrapped,
        text_version: asked.text_version.clone(),
        asked_at: now,
        confirmed_at: None,
    })
}

/// The follower a link is for; one that waits too long for its confirmation has none.
async fn find(
    ctx: &Ctx,
    conn: &mut Conn,
    wish: Wish,
    link: &str,
) -> AppResult<Option<FollowerRow>> {
    let Some((id, given)) = parse_token(link) else {
        return Ok(None);
    };
    let found = db::find(conn, SCOPE, id).await?;
    let keys = &ctx.keyring.challenges;
    let now = ctx.clock.now();
    Ok(found.filter(|row| {
        let is_young = row.asked_at + Duration::days(FOLLOW_DAYS) > now;
        let own = keys.proof(wish.purpose(), row.id, row.subject_id);
        (row.confirmed_at.is_some() || is_young) && verify(&given, &own)
    }))
}

/// A row of the trail; what it is about says nothing once the follower is gone.
fn entry(row: &FollowerRow, action: &'static str) -> Entry {
    Entry {
        subject: row.subject_id,
        association: Some(row.association()),
        actor: Actor::Public,
        action,
        states: None,
        detail: json!({ "case": row.case_id }),
        sealed: None,
    }
}
