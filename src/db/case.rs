//! Cases and everything public about them: respondents, associations, incidents, plans, texts.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{
    association_registers, associations, case_associations, case_counsel, case_counts, case_facts,
    case_words, cases, incident_domains, incidents, mail_domains, plans, respondent_statements,
    respondents, tariffs, texts, third_parties,
};
use crate::db::scope::Scope;
use crate::domain::ids::CaseId;

/// A row of `cases`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = cases)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct CaseRow {
    pub id: Uuid,
    pub slug: String,
    pub title: String,
    pub summary: String,
    pub respondent_id: Uuid,
    pub state: String,
    pub court: Option<String>,
    pub rg_number: Option<String>,
    pub pst_id: Option<String>,
    pub created_at: DateTime<Utc>,
    pub state_changed_at: DateTime<Utc>,
    pub fondo_spese_ordered: Option<bool>,
    pub lead_association_id: Option<Uuid>,
}

/// A row of `respondents`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = respondents)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct RespondentRow {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub codice_fiscale: String,
    pub pec: Option<String>,
}

/// A row of `third_parties`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = third_parties)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct ThirdPartyRow {
    pub id: Uuid,
    pub case_id: Uuid,
    pub name: String,
    pub role: String,
    pub source: String,
}

/// A row of `associations`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = associations, treat_none_as_null = true)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct AssociationRow {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub hours: Option<String>,
    pub dpo: Option<String>,
    pub website: Option<String>,
    pub status: String,
    pub created_at: DateTime<Utc>,
}

/// A row of `association_registers`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = association_registers, treat_none_as_null = true)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct RegisterRow {
    pub association_id: Uuid,
    pub register: String,
    pub status: String,
    pub reference: Option<String>,
    pub checked_on: Option<NaiveDate>,
}

/// A row of `case_associations`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = case_associations)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct CaseAssociationRow {
    pub case_id: Uuid,
    pub association_id: Uuid,
    pub mode: String,
    pub joined_at: DateTime<Utc>,
}

/// A row of `case_counsel`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = case_counsel)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct CounselRow {
    pub id: Uuid,
    pub case_id: Uuid,
    pub association_id: Uuid,
    pub name: String,
    pub codice_fiscale: String,
    pub bar: String,
    pub pec: String,
}

/// A row of `incidents`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = incidents, treat_none_as_null = true)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct IncidentRow {
    pub id: Uuid,
    pub case_id: Uuid,
    pub slug: String,
    pub name: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: Option<DateTime<Utc>>,
    pub accept_from: NaiveDate,
    pub accept_until: NaiveDate,
}

/// A row of `incident_domains`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = incident_domains, treat_none_as_null = true)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct IncidentDomainRow {
    pub incident_id: Uuid,
    pub domain: String,
    pub treatment: String,
    pub source: String,
    pub valid_from: NaiveDate,
    pub valid_until: Option<NaiveDate>,
}

/// A row of `mail_domains`.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = mail_domains)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct MailDomainRow {
    pub domain: String,
    pub held_since: Option<DateTime<Utc>>,
}

/// A row of `case_facts`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = case_facts, treat_none_as_null = true)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct FactRow {
    pub id: Uuid,
    pub case_id: Uuid,
    pub incident_id: Option<Uuid>,
    pub topic: String,
    pub value: String,
    pub source: String,
    pub note: Option<String>,
    pub position: i16,
}

/// A row of `respondent_statements`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = respondent_statements, treat_none_as_null = true)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct StatementRow {
    pub id: Uuid,
    pub case_id: Uuid,
    pub incident_id: Option<Uuid>,
    pub speaker: String,
    pub said_on: NaiveDate,
    pub statement: String,
    pub source: String,
    pub promised_for: Option<NaiveDate>,
    pub promise_kept: Option<bool>,
    pub position: i16,
}

/// A row of `plans`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = plans, treat_none_as_null = true)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct PlanRow {
    pub case_id: Uuid,
    pub code: String,
    pub name: String,
    pub paid: bool,
    pub fee_cents: Option<i64>,
    pub source: Option<String>,
    pub position: i16,
}

/// A row of `tariffs`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = tariffs)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct TariffRow {
    pub case_id: Uuid,
    pub code: String,
    pub paid: bool,
    pub cents_per_day: i64,
    pub source: String,
    pub version: i32,
}

/// A row of `case_words`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = case_words)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct WordsRow {
    pub case_id: Uuid,
    pub place: String,
    pub language: String,
    pub words: String,
}

/// A row of `texts`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = texts)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct TextRow {
    pub id: Uuid,
    pub case_id: Uuid,
    pub kind: String,
    pub version: String,
    pub language: String,
    pub body: String,
    pub sha256: Vec<u8>,
    pub published_at: DateTime<Utc>,
}

/// A row of `case_counts`.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Debug, Clone)]
#[diesel(table_name = case_counts)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct CountRow {
    pub case_id: Uuid,
    pub association_id: Uuid,
    pub confirmed: i64,
    pub counted_at: DateTime<Utc>,
}

/// Everything public, for `app::directory`.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each field is the table of its name")]
pub struct PublicRows {
    pub cases: Vec<CaseRow>,
    pub respondents: Vec<RespondentRow>,
    pub third_parties: Vec<ThirdPartyRow>,
    pub associations: Vec<AssociationRow>,
    /// Sandboxes, with the association each is of.
    pub sandboxes: Vec<(Uuid, Uuid)>,
    pub registers: Vec<RegisterRow>,
    pub case_associations: Vec<CaseAssociationRow>,
    pub counsel: Vec<CounselRow>,
    pub incidents: Vec<IncidentRow>,
    pub domains: Vec<IncidentDomainRow>,
    pub mail_domains: Vec<MailDomainRow>,
    pub facts: Vec<FactRow>,
    pub statements: Vec<StatementRow>,
    pub plans: Vec<PlanRow>,
    pub tariffs: Vec<TariffRow>,
    pub texts: Vec<TextRow>,
    pub words: Vec<WordsRow>,
    pub counts: Vec<CountRow>,
}

/// Reads the reference tables whole, twins left out: a few hundred rows at most. Texts and tariffs are oldest first.
///
/// # Errors
/// As the database says.
#[expect(clippy::too_many_lines, reason = "one plain read per table")]
pub async fn list_public(conn: &mut Conn, _scope: Scope) -> DbResult<PublicRows> {
    Ok(PublicRows {
        cases: cases::table
            .filter(cases::sandbox_of.is_null())
            .order(cases::id.desc())
            .select(CaseRow::as_select())
            .load(conn)
            .await?,
        respondents: respondents::table
            .select(RespondentRow::as_select())
            .load(conn)
            .await?,
        third_parties: third_parties::table
            .order(third_parties::id)
            .select(ThirdPartyRow::as_select())
            .load(conn)
            .await?,
        associations: associations::table
            .filter(associations::sandbox_of.is_null())
            .order(associations::id)
            .select(AssociationRow::as_select())
            .load(conn)
            .await?,
        sandboxes: associations::table
            .filter(associations::sandbox_of.is_not_null())
            .select((associations::id, associations::sandbox_of.assume_not_null()))
            .load(conn)
            .await?,
        registers: association_registers::table
            .order(association_registers::register)
            .select(RegisterRow::as_select())
            .load(conn)
            .await?,
        case_associations: case_associations::table
            .order(case_associations::association_id)
            .select(CaseAssociationRow::as_select())
            .load(conn)
            .await?,
        counsel: case_counsel::table
            .select(CounselRow::as_select())
            .load(conn)
            .await?,
        incidents: incidents::table
            .order(incidents::starts_at)
            .select(IncidentRow::as_select())
            .load(conn)
            .await?,
        domains: incident_domains::table
            .order((incident_domains::treatment, incident_domains::domain))
            .select(IncidentDomainRow::as_select())
            .load(conn)
            .await?,
        mail_domains: mail_domains::table
            .select(MailDomainRow::as_select())
            .load(conn)
            .await?,
        facts: case_facts::table
            .order(case_facts::position)
            .select(FactRow::as_select())
            .load(conn)
            .await?,
        statements: respondent_statements::table
            .order(respondent_statements::position)
            .select(StatementRow::as_select())
            .load(conn)
            .await?,
        plans: plans::table
            .order(plans::position)
            .select(PlanRow::as_select())
            .load(conn)
            .await?,
        tariffs: tariffs::table
            .order((tariffs::case_id, tariffs::code, tariffs::version))
            .select(TariffRow::as_select())
            .load(conn)
            .await?,
        texts: texts::table
            .order((texts::published_at, texts::version))
            .select(TextRow::as_select())
            .load(conn)
            .await?,
        words: case_words::table
            .select(WordsRow::as_select())
            .load(conn)
            .await?,
        counts: case_counts::table
            .select(CountRow::as_select())
            .load(conn)
            .await?,
    })
}

/// Sets the state of a case; gives the state before.
///
/// # Errors
/// `NotFound` if there is no such case.
pub async fn mark_state(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
    state: &str,
    now: DateTime<Utc>,
) -> DbResult<String> {
    let before: String = cases::table
        .find(case.uuid())
        .select(cases::state)
        .for_update()
        .first(conn)
        .await?;
    diesel::update(cases::table.find(case.uuid()))
        .set((cases::state.eq(state), cases::state_changed_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(before)
}
