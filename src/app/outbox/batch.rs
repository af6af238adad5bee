//! What the mails of a batch need that lock nobody, read in a few statements for all of them.

use std::collections::HashMap;

use uuid::Uuid;

use super::SCOPE;
use super::letter::email_in;
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::suppression::{self, Stops};
use crate::app::vault::Vault;
use crate::db::claimant::ClaimantRow;
use crate::db::confirmation::ConfirmationRow;
use crate::db::outbox::OutboxRow;
use crate::db::partner_submission::{self, SourceRow};
use crate::db::{Conn, claimant, confirmation, key};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{CaseId, ChallengeId};
use crate::domain::mail::MailKind;
use crate::domain::suppression::Suppression;

/// Records, their addresses, their challenges and what stops mail to them.
#[derive(Default)]
pub(super) struct Batch {
    records: HashMap<Uuid, Record>,
    challenges: HashMap<(Uuid, Uuid), ConfirmationRow>,
    stops: Stops,
    sources: HashMap<Uuid, SourceRow>,
}

/// A record and where it is reached.
pub(super) struct Record {
    pub(super) row: ClaimantRow,
    pub(super) email: Option<EmailAddress>,
}

impl Batch {
    /// Reads what some mails need; each is about one record.
    pub(super) async fn read<'a>(
        ctx: &Ctx,
        conn: &mut Conn,
        mails: impl Iterator<Item = &'a OutboxRow> + Clone,
    ) -> AppResult<Self> {
        let subjects: Vec<Uuid> = mails.clone().map(|mail| mail.subject_id).collect();
        if subjects.is_empty() {
            return Ok(Self::default());
        }
        let records = read_records(ctx, conn, &subjects).await?;
        let ids: Vec<(Uuid, Uuid)> = mails
            .clone()
            .filter_map(|mail| Some((mail.subject_id, challenge_of(mail)?.uuid())))
            .collect();
        let challenges = confirmation::list_by_ids(conn, SCOPE, &ids).await?;
        let confirming = mails.filter(|mail| mail.kind == "confirmation");
        let confirming: Vec<Uuid> = confirming.map(|mail| mail.subject_id).collect();
        let sources = partner_submission::list_sources(conn, SCOPE, &confirming).await?;
        let places = records.values().filter_map(Record::place);
        let stops = suppression::stops(ctx, conn, places).await?;
        Ok(Self {
            records,
            challenges: challenges
                .into_iter()
                .map(|row| ((row.claimant_id, row.id), row))
                .collect(),
            stops,
            sources: sources
                .into_iter()
                .map(|row| (row.claimant_id, row))
                .collect(),
        })
    }

    /// The record a mail is about; none once it is erased.
    pub(super) fn record(&self, mail: &OutboxRow) -> Option<&Record> {
        self.records.get(&mail.subject_id)
    }

    /// The challenge a mail carries.
    pub(super) fn challenge(&self, mail: &OutboxRow) -> Option<&ConfirmationRow> {
        let id = challenge_of(mail)?;
        self.challenges.get(&(mail.subject_id, id.uuid()))
    }

    /// By which partner the data came that a confirmation is about.
    pub(super) fn source(&self, mail: &OutboxRow) -> Option<&SourceRow> {
        self.sources.get(&mail.subject_id)
    }

    /// Why a mail of a kind may not go to a record; `None`: it may.
    pub(super) fn stopping(
        &self,
        ctx: &Ctx,
        record: &Record,
        kind: MailKind,
    ) -> Option<Suppression> {
        let (email, case) = record.place()?;
        self.stops.find(ctx, email, case, kind)
    }
}

impl Record {
    fn place(&self) -> Option<(&EmailAddress, CaseId)> {
        Some((self.email.as_ref()?, self.row.case()))
    }
}

/// The id of the challenge a mail carries.
pub(super) fn challenge_of(mail: &OutboxRow) -> Option<ChallengeId> {
    ChallengeId::parse(mail.payload.get("challenge")?.as_str()?)
}

/// Records with a data key: one that was erased a moment ago has none.
async fn read_records(
    ctx: &Ctx,
    conn: &mut Conn,
    subjects: &[Uuid],
) -> AppResult<HashMap<Uuid, Record>> {
    let rows = claimant::list_by_ids(conn, SCOPE, subjects).await?;
    let keys = key::list_claimants(conn, SCOPE, subjects).await?;
    let mut keys: HashMap<Uuid, _> = keys.into_iter().map(|key| (key.claimant_id, key)).collect();
    let mut records = HashMap::with_capacity(rows.len());
    for row in rows {
        let Some(key) = keys.remove(&row.id) else {
            continue;
        };
        let email = email_in(&Vault::from_row(ctx, key).await?, &row)?;
        records.insert(row.id, Record { row, email });
    }
    Ok(records)
}
