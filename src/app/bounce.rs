//! What comes back: whom it concerns, what is kept, what follows (R52). A bounce withdraws nobody.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::contact_change;
use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::AppResult;
use crate::app::follower;
use crate::app::outbox::{DueMail, mail_id};
use crate::app::payout;
use crate::app::return_path;
use crate::app::suppression;
use crate::app::vault::Vault;
use crate::crypto::{sha256, token};
use crate::db::bounce::{self, BounceRow};
use crate::db::claimant::{self, ClaimantRow};
use crate::db::outbox::{self, MailRow};
use crate::db::{Conn, DbError, Scope, Tx, lookup};
use crate::domain::bounce::{BounceKind, Finding, Report};
use crate::domain::claimant::ClaimantState;
use crate::domain::contact::Contact;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{ClaimantId, IncidentId};
use crate::domain::mail::MailKind;
use crate::domain::mailbox_address::DomainTreatment;
use crate::domain::outage::is_running;
use crate::domain::suppression::Suppression;

const SCOPE: Scope = Scope::System("mails that came back");

/// Soft bounces within [`SOFT_DAYS`] that are as good as a hard one (R52).
const SOFT_LIMIT: i64 = 3;
/// Days in which soft bounces are counted together (R52).
const SOFT_DAYS: i64 = 7;
/// Records of one address that are looked at.
const RECORDS_SEEN: i64 = 50;
/// Days between the key of a mail to an address and the mail itself, at most: it may have waited.
const KEY_DAYS: i64 = 9;

/// What became of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recorded {
    /// It is kept.
    Kept,
    /// It was kept before.
    Known,
    /// It is about no mail of ours, or its tag is forged.
    Stranger,
}

/// Keeps a report about a mail of ours. `raw` is the file it was read from: the same bytes count once.
///
/// *effects*: a row in `bounces` and an audit row for each claimant concerned; after a hard bounce or
/// three soft ones the contact is marked as not reachable and its address suppressed; after a
/// complaint the address is suppressed.
///
/// # Errors
/// `Unavailable` if the database cannot be reached: the file is read again.
pub async fn record(ctx: &Ctx, report: &Report, raw: &[u8]) -> AppResult<Recorded> {
    let Some(mail) = mail_of(ctx, report).await? else {
        return Ok(Recorded::Stranger);
    };
    let place = sha256::hex(&sha256::digest(raw));
    let note = Note {
        id: token::uuid_v8(ctx.keyring.index.platform_hash("bounce", &place)),
        mail,
        finding: &report.finding,
        source: "report",
        recipients: &report.recipients,
    };
    keep(ctx, note).await
}

/// Keeps the answer of the server that refused a mail for good: it never became a mail that could come
/// back. `to` is its address, `said` holds none.
///
/// *effects*: as [`record`].
///
/// # Errors
/// `Unavailable` if the database cannot be reached.
pub async fn refused(ctx: &Ctx, due: &DueMail, to: &str, said: &str) -> AppResult<()> {
    let (row, mail) = (due.row(), mail_id(ctx, due.row()));
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let mail = outbox::find_sent(&mut tx, SCOPE, row.subject_id, mail).await?;
    tx.commit().await?;
    let Some(mail) = mail else {
        return Ok(());
    };
    let place = format!("refusal|{}", mail.id);
    let note = Note {
        id: token::uuid_v8(ctx.keyring.index.platform_hash("bounce", &place)),
        mail,
        finding: &Finding::of_refusal(said),
        source: "refusal",
        recipients: &[to.to_owned()],
    };
    keep(ctx, note).await?;
    Ok(())
}

/// Records at an address now, in all cases.
pub(in crate::app) async fn records_at(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    email: &EmailAddress,
) -> AppResult<Vec<ClaimantRow>> {
    let index = &ctx.keyring.index;
    let address = email.normalized();
    let hashes: Vec<[u8; 16]> = directory
        .cases()
        .iter()
        .map(|case| index.hash(case.id.uuid(), "email", &address))
        .collect();
    let hashes: Vec<&[u8]> = hashes.iter().map(<[u8; 16]>::as_slice).collect();
    let ids = lookup::list(conn, SCOPE, "email", &hashes, RECORDS_SEEN).await?;
    let mut rows = Vec::new();
    for row in claimant::list_newest(conn, SCOPE, &ids, RECORDS_SEEN).await? {
        let now_at = email_of(ctx, conn, &row).await?;
        if now_at.is_some_and(|now_at| now_at.normalized() == address) {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Something that came back, with the mail it is about.
struct Note<'a> {
    id: Uuid,
    mail: MailRow,
    finding: &'a Finding,
    source: &'static str,
    recipients: &'a [String],
}

/// The mail a report is about. A tag proves it; where there is none, the id of a mail that is quoted
/// does: it is not to be guessed.
async fn mail_of(ctx: &Ctx, report: &Report) -> AppResult<Option<MailRow>> {
    let mut ids: Vec<Uuid> = report
        .tags
        .iter()
        .filter_map(|tag| return_path::mail_of(ctx, tag))
        .collect();
    if report.tags.is_empty() {
        ids.extend(report.message_ids.iter().filter_map(|id| uuid_in(id)));
    }
    let mut tx = ctx.pools.begin(SCOPE).await?;
    for id in ids {
        if let Some(mail) = bounce::find_mail(&mut tx, SCOPE, id).await? {
            tx.commit().await?;
            return Ok(Some(mail));
        }
    }
    tx.commit().await?;
    Ok(None)
}

/// The outbox id in `<id@host>`.
fn uuid_in(message_id: &str) -> Option<Uuid> {
    let inner = message_id.trim().trim_start_matches('<');
    Uuid::parse_str(inner.split_once('@')?.0).ok()
}

async fn keep(ctx: &Ctx, note: Note<'_>) -> AppResult<Recorded> {
    let directory = ctx.directories.get(ctx).await?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let mut concerned = concerned(ctx, &mut tx, &directory, &note).await?;
    concerned.lock(&mut tx).await?;
    let now = ctx.clock.now();
    let mut is_new = false;
    for row in &concerned.subjects {
        let incident = concerned
            .email
            .as_ref()
            .and_then(|email| incident(&directory, row, email, note.finding.kind, now));
        let bounced = note.row(Some(row), incident, now);
        if bounce::insert(&mut tx, SCOPE, &bounced).await? {
            is_new = true;
            follow(ctx, &mut tx, &note, row, &concerned, incident).await?;
        }
    }
    if concerned.subjects.is_empty() {
        is_new = bounce::insert(&mut tx, SCOPE, &note.row(None, None, now)).await?;
        if is_new {
            let (subject, kind) = (note.mail.subject_id, note.finding.kind);
            follower::bounced(ctx, &mut tx, SCOPE, subject, kind).await?;
        }
    }
    if !is_new {
        return Ok(Recorded::Known);
    }
    tx.commit().await?;
    let kind = note.finding.kind.as_str();
    metrics::counter!("joinder_bounces_total", "kind" => kind).increment(1);
    Ok(Recorded::Kept)
}

impl Note<'_> {
    fn row(
        &self,
        claimant: Option<&ClaimantRow>,
        incident: Option<IncidentId>,
        now: DateTime<Utc>,
    ) -> BounceRow {
        BounceRow {
            subject_id: claimant.map_or(self.mail.subject_id, |row| row.id),
            id: self.id,
            association_id: claimant.map(|row| row.association_id),
            mail_id: self.mail.id,
            mail_kind: self.mail.kind.clone(),
            mail_sent_at: self.mail.sent_at,
            kind: self.finding.kind.as_str().to_owned(),
            source: self.source.to_owned(),
            status: self.finding.status.map(|status| status.to_string()),
            diagnostic: self.finding.diagnostic.clone(),
            incident_id: incident.map(IncidentId::uuid),
            is_evidence: incident.is_some(),
            received_at: now,
        }
    }
}

/// Whom something that came back concerns.
struct Concerned {
    /// The address, while it is still that of the record; `None`: it was corrected since.
    email: Option<EmailAddress>,
    /// Whom the mail was for.
    subjects: Vec<ClaimantRow>,
    /// All records at the address.
    same_address: Vec<ClaimantRow>,
}

impl Concerned {
    /// Locks everybody in id order; those that are gone meanwhile are left out.
    async fn lock(&mut self, tx: &mut Tx) -> AppResult<()> {
        let both = self.subjects.iter().chain(&self.same_address);
        let mut ids: Vec<ClaimantId> = both.map(ClaimantRow::claimant).collect();
        ids.sort_unstable_by_key(|id| id.uuid());
        ids.dedup();
        let locked = claimant::lock_in_order(tx, SCOPE, &ids).await?;
        let now_of = |rows: &[ClaimantRow]| {
            let wanted = |row: &&ClaimantRow| rows.iter().any(|own| own.id == row.id);
            locked.iter().filter(wanted).cloned().collect()
        };
        self.subjects = now_of(&self.subjects);
        self.same_address = now_of(&self.same_address);
        Ok(())
    }
}

/// The claimants a mail was for. Mails that were asked for by address alone have the address's hash of
/// the day as their subject: the address a report names is believed if it has that hash.
async fn concerned(
    ctx: &Ctx,
    conn: &mut Conn,
    directory: &Directory,
    note: &Note<'_>,
) -> AppResult<Concerned> {
    let mail = &note.mail;
    let subject = ClaimantId::new(mail.subject_id);
    if let Some(row) = claimant::find(conn, SCOPE, subject).await? {
        let corrected = row.contact_changed_at.is_some_and(|at| at > mail.sent_at);
        // a code to the mailbox that failed says nothing about the contact, nor do mails to one that is not yet or no more
        let elsewhere = [
            MailKind::MailboxCode,
            MailKind::ContactCode,
            MailKind::ContactNotice,
            MailKind::ContactStopped,
            MailKind::ContactLink,
        ];
        let elsewhere = elsewhere.iter().any(|kind| mail.kind == kind.as_str());
        let email = if corrected || elsewhere {
            None
        } else {
            email_of(ctx, conn, &row).await?
        };
        let same_address = match &email {
            Some(email) => records_at(ctx, conn, directory, email).await?,
            None => Vec::new(),
        };
        return Ok(Concerned {
            email,
            subjects: vec![row],
            same_address,
        });
    }
    let named = note.recipients.iter();
    let email = named
        .filter_map(|address| EmailAddress::parse(address).ok())
        .find(|email| is_subject(ctx, mail, email));
    let found = match &email {
        Some(email) => records_at(ctx, conn, directory, email).await?,
        None => Vec::new(),
    };
    Ok(Concerned {
        email,
        subjects: found.clone(),
        same_address: found,
    })
}

/// Whether a mail's subject is this address, on a day from which it may have waited.
fn is_subject(ctx: &Ctx, mail: &MailRow, email: &EmailAddress) -> bool {
    let address = email.normalized();
    (-1..=KEY_DAYS).any(|days| {
        let day = (mail.sent_at - Duration::days(days)).date_naive();
        ctx.keyring.index.cap_hash(day, &address) == mail.subject_id
    })
}

/// The incident in whose window an affected domain let a mail come back, or come late.
fn incident(
    directory: &Directory,
    row: &ClaimantRow,
    email: &EmailAddress,
    kind: BounceKind,
    now: DateTime<Utc>,
) -> Option<IncidentId> {
    if kind == BounceKind::Complaint {
        return None;
    }
    let case = directory.case(row.case()).ok()?;
    let affected = case.incidents.iter().find(|incident| {
        let listed = incident.domains.iter().any(|entry| {
            entry.domain == email.domain() && entry.treatment != DomainTreatment::Refuse
        });
        listed && is_running(incident.starts_at, incident.ends_at, now)
    });
    affected.map(|incident| incident.id)
}

/// What follows for one claimant: trail, queue, list of addresses.
async fn follow(
    ctx: &Ctx,
    tx: &mut Tx,
    note: &Note<'_>,
    row: &ClaimantRow,
    concerned: &Concerned,
    incident: Option<IncidentId>,
) -> AppResult<()> {
    let finding = note.finding;
    let entry = Entry::new(
        row.claimant(),
        row.association(),
        Actor::System,
        match finding.kind {
            BounceKind::Delayed => "mail_delayed",
            BounceKind::Complaint => "mail_complaint",
            BounceKind::Soft | BounceKind::Hard => "mail_bounced",
        },
    );
    let entry = entry.with(json!({
        "kind": finding.kind.as_str(),
        "mail": note.mail.id,
        "status": finding.status.map(|status| status.to_string()),
        "incident": incident,
    }));
    audit::append(ctx, tx, SCOPE, entry).await?;
    let came_back = matches!(finding.kind, BounceKind::Hard | BounceKind::Soft);
    if note.mail.kind == MailKind::ContactNotice.as_str() && came_back {
        // the notice has the id of its change
        contact_change::lost(ctx, tx, SCOPE, row.claimant(), note.mail.id).await?;
    }
    let Some(email) = &concerned.email else {
        return Ok(());
    };
    match finding.kind {
        BounceKind::Delayed => Ok(()),
        BounceKind::Complaint => suppression::add(ctx, tx, email, Suppression::Complaint).await,
        // the server is at fault, not the address: staff hear of it, the address stays good
        BounceKind::Hard if incident.is_some() => {
            mark_unreachable(ctx, tx, std::slice::from_ref(row)).await
        }
        BounceKind::Hard => give_up(ctx, tx, concerned, email).await,
        BounceKind::Soft => {
            let now = ctx.clock.now();
            let week = now - Duration::days(SOFT_DAYS);
            let since = row.contact_changed_at.map_or(week, |at| at.max(week));
            let soft = bounce::count_soft(tx, SCOPE, row.claimant(), since).await?;
            if incident.is_none() && soft >= SOFT_LIMIT {
                return give_up(ctx, tx, concerned, email).await;
            }
            Ok(())
        }
    }
}

/// The address is no good: for every record that has it.
async fn give_up(
    ctx: &Ctx,
    tx: &mut Tx,
    concerned: &Concerned,
    email: &EmailAddress,
) -> AppResult<()> {
    suppression::add(ctx, tx, email, Suppression::HardBounce).await?;
    mark_unreachable(ctx, tx, &concerned.same_address).await?;
    mark_unreachable(ctx, tx, &concerned.subjects).await
}

async fn mark_unreachable(ctx: &Ctx, tx: &mut Tx, rows: &[ClaimantRow]) -> AppResult<()> {
    let now = ctx.clock.now();
    for row in rows {
        let id = row.claimant();
        if is_over(row)? || bounce::mark_unreachable(tx, SCOPE, &[id], now).await? == 0 {
            continue;
        }
        payout::lost(ctx, tx, SCOPE, id).await?;
        let entry = Entry::new(id, row.association(), Actor::System, "contact_unreachable");
        audit::append(ctx, tx, SCOPE, entry).await?;
    }
    Ok(())
}

/// Whether nobody writes to a record any more.
fn is_over(row: &ClaimantRow) -> Result<bool, DbError> {
    Ok(matches!(
        row.state()?,
        ClaimantState::Duplicate | ClaimantState::Restricted
    ))
}

async fn email_of(
    ctx: &Ctx,
    conn: &mut Conn,
    row: &ClaimantRow,
) -> AppResult<Option<EmailAddress>> {
    let vault = Vault::open(ctx, conn, SCOPE, row.claimant()).await?;
    let contact: Contact =
        vault.unseal("claimants", "contact_sealed", row.contact_sealed.clone())?;
    Ok(contact.email().cloned())
}
