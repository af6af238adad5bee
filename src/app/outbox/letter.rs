//! The values of a mail, the same for every attempt at it.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    ControlNotice, DeficiencyNotice, FollowNotice, RejectionNotice, RightsNotice, SCOPE,
    StaffNotice,
};
use crate::app::ctx::Ctx;
use crate::app::directory::{Directory, MailTextsEntry};
use crate::app::error::{AppError, AppResult};
use crate::app::mail_text::stored;
use crate::app::return_path;
use crate::app::vault::Vault;
use crate::crypto::challenge::ChallengePurpose;
use crate::crypto::token;
use crate::db::Conn;
use crate::db::claimant::ClaimantRow;
use crate::db::mail_text;
use crate::db::outbox::{self, MailRow, OutboxRow};
use crate::db::partner_submission::SourceRow;
use crate::domain::contact::Contact;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{AssociationId, ClaimantId};
use crate::domain::language::Language;
use crate::domain::mail::MailKind;
use crate::domain::mail_text::{MailTexts, Passages};
use crate::domain::outage::day_in_rome;
use crate::domain::paper::Flaw;
use crate::domain::partner_submission::BroughtBy;
use crate::domain::reference::Reference;

/// The values of a mail. The same for every attempt.
#[derive(Clone)]
pub struct Letter {
    /// Address it goes to.
    pub to: EmailAddress,
    /// Sender of the envelope: where it comes back to.
    pub return_path: String,
    /// Language of the reader.
    pub language: Language,
    /// What the association says in its own words, as at the first attempt.
    pub passages: Passages,
    /// Name of the sender as shown: the association; empty for a mail that spans several.
    pub from_name: String,
    /// Kind of mail.
    pub kind: MailKind,
    /// Code for `/verify` (R14).
    pub mail_code: String,
    /// `{PUBLIC_BASE_URL}/verify`.
    pub verify_url: String,
    /// Records it lists, at most five.
    pub records: Vec<LetterRecord>,
    /// Code, where there is exactly one record.
    pub code: Option<String>,
    /// When links and code end.
    pub expires_at: DateTime<Utc>,
    /// `<id@host>`.
    pub message_id: String,
    /// Time of the cause.
    pub date: DateTime<Utc>,
    /// What a mail of signing says besides.
    pub signing: Option<Signing>,
    /// What a mail about a request says besides.
    pub rights: Option<RightsNotice>,
    /// What a mail about control of a mailbox or about an account says besides.
    pub control: Option<ControlNotice>,
    /// What a mail about what is missing says besides.
    pub deficiency: Option<DeficiencyNotice>,
    /// What a notice of rejection says besides.
    pub rejection: Option<RejectionNotice>,
    /// What a mail to a follower says besides.
    pub follow: Option<FollowNotice>,
    /// What a mail to a staff member says.
    pub staff: Option<StaffNotice>,
    /// Whether it is about a test person (decision 34).
    pub is_test: bool,
}

/// What the mails of signing say. Hashes are hex.
#[derive(Clone)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Signing {
    /// The code is in the letter.
    Code {
        document_sha256: String,
        version: u32,
    },
    /// What was handed in on paper was not taken.
    PaperRejected { flaw: Flaw },
    /// What was signed, with the PDF.
    Receipt {
        claimant: ClaimantId,
        signed_at: DateTime<Utc>,
        document_sha256: String,
        evidence_sha256: String,
        entry: Uuid,
        commitment: String,
        version: u32,
        is_correction: bool,
        document: Vec<u8>,
    },
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter")
            .field("message_id", &self.message_id)
            .finish_non_exhaustive()
    }
}

/// A record in a mail.
#[derive(Clone)]
pub struct LetterRecord {
    /// Title of the case.
    pub case_title: String,
    /// Name of the association.
    pub association_name: String,
    /// Its phone.
    pub association_phone: Option<String>,
    /// Reference of the record.
    pub reference: String,
    /// Link into the record.
    pub link: String,
    /// Link by which the reader says that it was not them.
    pub not_me: Option<String>,
    /// Of who is asked to confirm because an earlier list names them: until when it was collected.
    pub listed_on: Option<NaiveDate>,
    /// Of who is asked to confirm because a partner sent their data: by whom (R57).
    pub brought_by: Option<BroughtBy>,
    /// What the association says in its own words now.
    pub(super) mail_texts: Option<Arc<MailTextsEntry>>,
}

/// In whose name a mail is written, and in which language.
pub(super) struct Speaker {
    language: Language,
    association: Option<AssociationId>,
}

impl Speaker {
    /// That of one record.
    pub(super) fn of(row: &ClaimantRow) -> Self {
        Self {
            language: Language::parse(&row.language).unwrap_or_default(),
            association: Some(row.association()),
        }
    }

    /// That of who follows an association in a case.
    pub(super) const fn of_follower(language: Language, association: AssociationId) -> Self {
        Self {
            language,
            association: Some(association),
        }
    }

    /// That of an association which writes to its own people.
    pub(super) const fn of_association(language: Language, association: AssociationId) -> Self {
        Self {
            language,
            association: Some(association),
        }
    }

    /// That of several records, the first one first: no association where they differ.
    pub(super) fn of_all<'a>(mut rows: impl Iterator<Item = &'a ClaimantRow>) -> Option<Self> {
        let mut speaker = Self::of(rows.next()?);
        if rows.any(|row| Some(row.association()) != speaker.association) {
            speaker.association = None;
        }
        Some(speaker)
    }
}

/// The address of a record.
pub(super) async fn email_of(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &ClaimantRow,
) -> AppResult<Option<EmailAddress>> {
    let vault = Vault::open(ctx, conn, SCOPE, row.claimant()).await?;
    email_in(&vault, row)
}

/// The address of a record whose data key is open. The dead have none (R47).
pub(in crate::app) fn email_in(
    vault: &Vault,
    row: &ClaimantRow,
) -> AppResult<Option<EmailAddress>> {
    if row.died_at.is_some() {
        return Ok(None);
    }
    let sealed = row.contact_sealed.clone();
    let contact: Contact = vault.unseal("claimants", "contact_sealed", sealed)?;
    Ok(contact.email().cloned())
}

/// The line of a record, with the link of a challenge.
pub(super) fn record(
    ctx: &Ctx,
    directory: &Directory,
    row: &ClaimantRow,
    purpose: ChallengePurpose,
    challenge: Uuid,
) -> AppResult<LetterRecord> {
    let case = directory.case(row.case())?;
    let association = case
        .association_by_id(row.association())
        .ok_or(AppError::NotFound)?;
    let token = ctx.keyring.challenges.token(purpose, row.id, challenge);
    let page = match purpose {
        ChallengePurpose::Confirm => "confirm",
        ChallengePurpose::Access
        | ChallengePurpose::Otp
        | ChallengePurpose::NotMe
        | ChallengePurpose::Mailbox
        | ChallengePurpose::Payout
        | ChallengePurpose::StopPayout
        | ChallengePurpose::Contact
        | ChallengePurpose::StopContact
        | ChallengePurpose::ContactByStaff
        | ChallengePurpose::Follow
        | ChallengePurpose::Unfollow
        | ChallengePurpose::StopMessages
        | ChallengePurpose::Invitation
        | ChallengePurpose::Factor => "enter",
    };
    let base = &ctx.settings.public_base_url;
    let not_me = ctx
        .keyring
        .challenges
        .token(ChallengePurpose::NotMe, row.id, challenge);
    Ok(LetterRecord {
        case_title: case.title.clone(),
        association_name: association.name.clone(),
        association_phone: association.phone.clone(),
        reference: Reference::of(row.claimant()).as_str().to_owned(),
        link: format!("{base}/{page}/{token}"),
        not_me: Some(format!("{base}/not-me/{not_me}")),
        listed_on: None,
        brought_by: None,
        mail_texts: association.mail_texts.clone(),
    })
}

/// Who sent the data of a record, as its mail says it (art. 14 GDPR).
///
/// # Errors
/// `NotFound` if the case is gone.
pub(super) fn brought_by(
    ctx: &Ctx,
    directory: &Directory,
    row: &ClaimantRow,
    brought: Option<&SourceRow>,
) -> AppResult<Option<BroughtBy>> {
    let Some(brought) = brought else {
        return Ok(None);
    };
    let case = directory.case(row.case())?;
    Ok(Some(BroughtBy {
        partner: brought.partner.clone(),
        shown_on: day_in_rome(brought.notice_shown_at),
        notice: format!("{}/c/{}/texts", ctx.settings.public_base_url, case.slug),
    }))
}

/// Puts a letter together, and registers it before its first attempt.
pub(super) async fn letter(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &OutboxRow,
    speaker: Speaker,
    to: EmailAddress,
    kind: MailKind,
    records: Vec<LetterRecord>,
) -> AppResult<Letter> {
    let id = mail_id(ctx, row);
    let names = records.first().filter(|_| speaker.association.is_some());
    let newest = names.and_then(|first| first.mail_texts.as_deref());
    let fresh = MailRow {
        subject_id: row.subject_id,
        id,
        association_id: speaker.association.map(AssociationId::uuid),
        code: token::mail_code(),
        kind: kind.as_str().to_owned(),
        sent_at: ctx.clock.now(),
        texts_version: newest.map(|newest| newest.version),
    };
    let registered = outbox::register_mail(conn, SCOPE, &fresh).await?;
    let base = &ctx.settings.public_base_url;
    let host = base
        .split_once("://")
        .map_or(base.as_str(), |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or("localhost");
    let texts = own_words(conn, &registered, newest).await?;
    Ok(Letter {
        to,
        return_path: return_path::of_mail(ctx, id),
        language: speaker.language,
        passages: texts.of(kind, speaker.language),
        from_name: names
            .map(|first| first.association_name.clone())
            .unwrap_or_default(),
        kind,
        mail_code: registered.code,
        verify_url: format!("{base}/verify"),
        records,
        code: None,
        expires_at: row.expires_at,
        message_id: format!("<{id}@{host}>"),
        date: row.created_at,
        signing: None,
        rights: None,
        control: None,
        deficiency: None,
        rejection: None,
        follow: None,
        staff: None,
        is_test: speaker.association.is_some_and(AssociationId::is_sandbox),
    })
}

/// The words it was registered with: a mail tried again says what it said the first time, whatever the
/// association has published since.
async fn own_words(
    conn: &mut Conn,
    mail: &MailRow,
    newest: Option<&MailTextsEntry>,
) -> AppResult<MailTexts> {
    let (Some(association), Some(version)) = (mail.association_id, mail.texts_version) else {
        return Ok(MailTexts::default());
    };
    if let Some(newest) = newest.filter(|newest| newest.version == version) {
        return Ok(newest.texts.clone());
    }
    let association = AssociationId::new(association);
    let row = mail_text::get(conn, SCOPE, association, version).await?;
    Ok(stored(row)?)
}

/// Id of the mail a row becomes, the same for every attempt. The rows of mails that were put off
/// have the key of their address and day: one may follow another, which only its time tells apart.
pub(in crate::app) fn mail_id(ctx: &Ctx, row: &OutboxRow) -> Uuid {
    if !row.is_put_off() {
        return row.id;
    }
    let made = row.created_at.timestamp_micros();
    let place = format!("{}|{made}", row.id);
    token::uuid_v8(ctx.keyring.index.platform_hash("mail", &place))
}
