//! The rows of a sign-up: what one statement writes (`db::sign_up`), whichever way the record came.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use uuid::Uuid;

use super::{
    Answer, CONFIRMATION_HOURS, Evidence, Listing, MAIL_DAYS, Mailing, Sending, SignedUp,
    Suspicion, cap_ids, challenge_hashes, contact_domain, contact_kind, identity_kind, lane,
    province, warning_codes,
};
use crate::app::ctx::Ctx;
use crate::app::directory::{AssociationEntry, CaseEntry, Directory};
use crate::app::error::{AppError, AppResult};
use crate::app::idempotency::Kept;
use crate::app::mail_queue;
use crate::app::outbox::RecordsPayload;
use crate::app::vault::Vault;
use crate::crypto::challenge::ChallengePurpose;
use crate::crypto::token;
use crate::db::sign_up::{
    CapIds, ConsentRows, DataKeyRow, IdentityRow, LookupRows, MailRow, MailboxRows, SignUpRows,
    SubmissionRow,
};
use crate::domain::claimant::Review;
use crate::domain::consent::Channel;
use crate::domain::contact::Contact;
use crate::domain::email_address::EmailAddress;
use crate::domain::identity::Identity;
use crate::domain::ids::{CaseId, ClaimantId};
use crate::domain::sign_up::SignUp;

/// Priority of the mail that asks for confirmation.
const CONFIRMATION: i16 = 1;
/// The same for who is on an earlier list and waits for nothing.
const LISTED: i16 = 6;

/// How a record came, as its rows tell.
pub(super) struct Origin<'a> {
    pub(super) channel: Channel,
    pub(super) evidence: &'a Evidence,
    pub(super) suspicion: Option<Suspicion>,
    pub(super) listed: Option<&'a Listing>,
    pub(super) sent: Option<&'a Sending>,
}

/// The rows of a new record, and its vault.
pub(super) async fn rows(
    ctx: &Ctx,
    directory: &Directory,
    (case, association): (&CaseEntry, &AssociationEntry),
    origin: &Origin<'_>,
    sign_up: &SignUp,
    signed_up: &SignedUp,
    kept: &Kept,
) -> AppResult<(SignUpRows, Vault)> {
    let now = sign_up.signed_up_at();
    let id = signed_up.id;
    let (vault, association_key_version, wrapped) = Vault::create(ctx, association.id, id).await?;
    let contact = sign_up.contact();
    let answer = Answer {
        id,
        reference: signed_up.reference.as_str().to_owned(),
        state: signed_up.state.as_str().to_owned(),
        association: association.id,
        notices: signed_up.notices.clone(),
    };
    let rows = SignUpRows {
        claimant_id: id.uuid(),
        association_id: association.id.uuid(),
        case_id: case.id.uuid(),
        state: signed_up.state.as_str(),
        review: match origin.suspicion {
            Some(_) => Review::Quarantined,
            None => Review::None,
        }
        .as_str(),
        language: contact.language().as_str(),
        via: sign_up.via().map(str::to_owned),
        province: sign_up.identity().and_then(province),
        contact_kind: contact_kind(contact).as_str(),
        contact_domain: contact_domain(directory, contact),
        contact_sealed: vault.seal("claimants", "contact_sealed", contact)?,
        mailbox_count: i16::try_from(sign_up.counted_mailboxes().count())
            .map_err(AppError::internal)?,
        now,
        key: DataKeyRow {
            association_key_version,
            wrapped,
        },
        idempotency: kept.row(201, &answer, now)?,
        mailboxes: mailbox_rows(directory, sign_up, &vault)?,
        consents: consent_rows(origin, sign_up, &vault)?,
        identity: sign_up
            .identity()
            .map(|identity| identity_row(identity, &vault))
            .transpose()?,
        lookups: lookup_rows(ctx, case.id, signed_up, contact),
        submission: origin.sent.map(submission_row),
        mail: contact
            .email()
            .filter(|_| origin.suspicion.is_none() && origin.mailing() != Mailing::Withheld)
            .map(|email| mail_row(ctx, case.id, id, email, (now, origin))),
        audit_id: token::new_id(now),
        audit_detail: audit_detail(case.id, origin, sign_up),
        actor_kind: origin.actor().0,
        actor_id: origin.actor().1,
    };
    Ok((rows, vault))
}

impl Origin<'_> {
    fn mailing(&self) -> Mailing {
        self.sent.map_or(Mailing::Usual, |sending| sending.mailing)
    }

    /// Who acts, for the trail.
    fn actor(&self) -> (&'static str, Option<Uuid>) {
        match (self.listed, self.sent) {
            (Some(listing), _) => ("staff", Some(listing.staff.uuid())),
            (None, Some(sending)) => ("partner", Some(sending.key.uuid())),
            (None, None) => ("public", None),
        }
    }
}

fn submission_row(sending: &Sending) -> SubmissionRow {
    SubmissionRow {
        partner_id: sending.partner.uuid(),
        key_id: sending.key.uuid(),
        mode: sending.mode.as_str(),
        notice_version: sending.notice.version.clone(),
        notice_shown_at: sending.notice.shown_at,
    }
}

fn audit_detail(case: CaseId, origin: &Origin<'_>, sign_up: &SignUp) -> serde_json::Value {
    let mut detail = json!({
        "case": case,
        "channel": origin.channel.as_str(),
        "mailboxes": sign_up.mailboxes().len(),
    });
    if let (Some(suspicion), Some(detail)) = (origin.suspicion, detail.as_object_mut()) {
        detail.insert("quarantined_for".to_owned(), suspicion.as_str().into());
    }
    if let (Some(listing), Some(detail)) = (origin.listed, detail.as_object_mut()) {
        detail.insert("import".to_owned(), json!(listing.import));
    }
    if let (Some(sending), Some(detail)) = (origin.sent, detail.as_object_mut()) {
        detail.insert("partner".to_owned(), json!(sending.partner));
    }
    detail
}

fn mailbox_rows(directory: &Directory, sign_up: &SignUp, vault: &Vault) -> AppResult<MailboxRows> {
    let now = sign_up.signed_up_at();
    // a microsecond apart: read by id, they come in the order they were typed
    let mut ids: Vec<Uuid> = (0_i64..)
        .zip(sign_up.mailboxes())
        .map(|(place, _)| token::new_id(now + Duration::microseconds(place)))
        .collect();
    // their order is the order they were typed in
    ids.sort_unstable();
    let mut rows = MailboxRows {
        ids: ids.clone(),
        ..MailboxRows::default()
    };
    for mailbox in sign_up.mailboxes() {
        let main = mailbox.alias_of.as_ref().and_then(|main| {
            let place = sign_up
                .mailboxes()
                .iter()
                .position(|other| other.address == *main)?;
            ids.get(place).copied()
        });
        let domain = mailbox.address.domain();
        rows.domains.push(
            directory
                .is_public_provider(domain)
                .then(|| domain.to_owned()),
        );
        rows.treatments.push(mailbox.treatment.as_str());
        rows.plans.push(mailbox.plan.clone());
        rows.alias_of.push(main);
        rows.sealed
            .push(vault.seal("mailboxes", "sealed", &mailbox.address)?);
    }
    Ok(rows)
}

fn consent_rows(origin: &Origin<'_>, sign_up: &SignUp, vault: &Vault) -> AppResult<ConsentRows> {
    let now = sign_up.signed_up_at();
    let consents = sign_up.consents();
    Ok(ConsentRows {
        ids: consents.iter().map(|_| token::new_id(now)).collect(),
        purposes: consents
            .iter()
            .map(|consent| consent.purpose.as_str())
            .collect(),
        text_versions: consents
            .iter()
            .map(|consent| consent.text_version.clone())
            .collect(),
        given: consents.iter().map(|consent| consent.given).collect(),
        channel: origin.channel.as_str(),
        evidence: Some(vault.seal("consents", "evidence", origin.evidence)?),
    })
}

fn identity_row(identity: &Identity, vault: &Vault) -> AppResult<IdentityRow> {
    Ok(IdentityRow {
        kind: identity_kind(identity),
        sealed: vault.seal("identities", "sealed", identity)?,
        warnings: warning_codes(identity),
    })
}

fn lookup_rows(ctx: &Ctx, case: CaseId, signed_up: &SignedUp, contact: &Contact) -> LookupRows {
    let index = &ctx.keyring.index;
    let mut rows = LookupRows {
        hashes: vec![
            index
                .platform_hash("reference", signed_up.reference.as_str())
                .to_vec(),
        ],
        kinds: vec!["reference"],
    };
    if let Some(email) = contact.email() {
        rows.hashes.push(
            index
                .hash(case.uuid(), "email", &email.normalized())
                .to_vec(),
        );
        rows.kinds.push("email");
    } else if let Some(phone) = contact.phone() {
        rows.hashes
            .push(index.hash(case.uuid(), "phone", phone.as_str()).to_vec());
        rows.kinds.push("phone");
    }
    rows
}

fn mail_row(
    ctx: &Ctx,
    case: CaseId,
    claimant: ClaimantId,
    email: &EmailAddress,
    (now, origin): (DateTime<Utc>, &Origin<'_>),
) -> MailRow {
    let challenge = token::new_id(now);
    let (token_hash, code_hash) =
        challenge_hashes(ctx, ChallengePurpose::Confirm, claimant, challenge);
    MailRow {
        challenge_id: challenge,
        token_hash,
        code_hash,
        challenge_expires_at: now + Duration::hours(CONFIRMATION_HOURS),
        outbox_id: token::new_id(now),
        lane: lane(claimant.uuid()),
        queue_id: mail_queue::id_of(ctx, email.domain()),
        priority: origin.listed.map_or(CONFIRMATION, |_| LISTED),
        payload: match origin.listed {
            Some(listing) => json!({ "challenge": challenge, "listed_on": listing.listed_on }),
            None => json!({ "challenge": challenge }),
        },
        mail_expires_at: now + Duration::days(MAIL_DAYS),
        cap: match origin.mailing() {
            Mailing::Test => counted_already(challenge, now),
            Mailing::Usual | Mailing::Withheld => cap_ids(ctx, email, now),
        },
        delayed_payload: json!(RecordsPayload::of_address(ctx, case, email)),
    }
}

/// A bucket that no other mail shares: nothing is counted for the address.
fn counted_already(mail: Uuid, now: DateTime<Utc>) -> CapIds {
    CapIds {
        yesterday: mail,
        today: mail,
        tomorrow: mail,
        tomorrow_at: now,
    }
}
