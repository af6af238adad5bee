//! Cases as staff write them: versions that are appended; what a publication writes into the reference
//! tables besides the upserts of `seed`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::db::case::{CaseRow, RespondentRow, TariffRow, WordsRow};
use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{
    case_counsel, case_facts, case_revisions, case_words, cases, claimants, followers,
    respondent_statements, respondents, tariffs, third_parties,
};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, CaseId, StaffId};

/// A row of `case_revisions`.
#[derive(Queryable, Selectable, Insertable, Debug, Clone)]
#[diesel(table_name = case_revisions)]
#[expect(missing_docs, reason = "the columns are commented in the migration")]
pub struct RevisionRow {
    pub case_id: Uuid,
    pub association_id: Uuid,
    pub version: i32,
    pub content: Value,
    pub written_by: Uuid,
    pub written_at: DateTime<Utc>,
    pub proposed_by: Option<Uuid>,
    pub proposed_at: Option<DateTime<Utc>>,
    pub returned_by: Option<Uuid>,
    pub returned_at: Option<DateTime<Utc>>,
    pub return_reason: Option<String>,
    pub published_by: Option<Uuid>,
    pub published_at: Option<DateTime<Utc>>,
    pub discarded_by: Option<Uuid>,
    pub discarded_at: Option<DateTime<Utc>>,
}

/// Appends a version; `false` if there is one of its number.
///
/// # Errors
/// As the database says.
pub async fn insert(conn: &mut Conn, _scope: Scope, row: &RevisionRow) -> DbResult<bool> {
    let written = diesel::insert_into(case_revisions::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(written == 1)
}

/// The newest version of each case of an association, newest case first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list(
    conn: &mut Conn,
    _scope: Scope,
    association: AssociationId,
    limit: i64,
) -> DbResult<Vec<RevisionRow>> {
    Ok(case_revisions::table
        .filter(case_revisions::association_id.eq(association.uuid()))
        .distinct_on(case_revisions::case_id)
        .order((
            case_revisions::case_id.desc(),
            case_revisions::version.desc(),
        ))
        .limit(limit)
        .select(RevisionRow::as_select())
        .load(conn)
        .await?)
}

/// The newest versions of a case of an association, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn list_versions(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    limit: i64,
) -> DbResult<Vec<RevisionRow>> {
    Ok(case_revisions::table
        .filter(case_revisions::association_id.eq(association.uuid()))
        .filter(case_revisions::case_id.eq(case.uuid()))
        .order(case_revisions::version.desc())
        .limit(limit)
        .select(RevisionRow::as_select())
        .load(conn)
        .await?)
}

/// Locks a version if it is still the newest.
///
/// # Errors
/// As the database says.
pub async fn lock_newest(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    version: i32,
) -> DbResult<Option<RevisionRow>> {
    let key = (case.uuid(), association.uuid(), version);
    let found: Option<RevisionRow> = case_revisions::table
        .find(key)
        .for_update()
        .select(RevisionRow::as_select())
        .first(conn)
        .await
        .optional()?;
    // asked once the lock is held: whoever held it before may have appended
    let newest: Option<i32> = case_revisions::table
        .filter(case_revisions::association_id.eq(association.uuid()))
        .filter(case_revisions::case_id.eq(case.uuid()))
        .select(diesel::dsl::max(case_revisions::version))
        .first(conn)
        .await?;
    Ok(found.filter(|row| Some(row.version) == newest))
}

/// Notes who asks a second person.
///
/// # Errors
/// As the database says.
pub async fn mark_proposed(
    conn: &mut Conn,
    _scope: Scope,
    row: &RevisionRow,
    by: StaffId,
    now: DateTime<Utc>,
) -> DbResult<()> {
    let key = (row.case_id, row.association_id, row.version);
    diesel::update(case_revisions::table.find(key))
        .set((
            case_revisions::proposed_by.eq(by.uuid()),
            case_revisions::proposed_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes who sent it back, and why.
///
/// # Errors
/// As the database says.
pub async fn mark_returned(
    conn: &mut Conn,
    _scope: Scope,
    row: &RevisionRow,
    (by, reason): (StaffId, &str),
    now: DateTime<Utc>,
) -> DbResult<()> {
    let key = (row.case_id, row.association_id, row.version);
    diesel::update(case_revisions::table.find(key))
        .set((
            case_revisions::returned_by.eq(by.uuid()),
            case_revisions::returned_at.eq(now),
            case_revisions::return_reason.eq(reason),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes who discarded it.
///
/// # Errors
/// As the database says.
pub async fn mark_discarded(
    conn: &mut Conn,
    _scope: Scope,
    row: &RevisionRow,
    by: StaffId,
    now: DateTime<Utc>,
) -> DbResult<()> {
    let key = (row.case_id, row.association_id, row.version);
    diesel::update(case_revisions::table.find(key))
        .set((
            case_revisions::discarded_by.eq(by.uuid()),
            case_revisions::discarded_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes who put it in force.
///
/// # Errors
/// As the database says.
pub async fn mark_published(
    conn: &mut Conn,
    _scope: Scope,
    row: &RevisionRow,
    by: StaffId,
    now: DateTime<Utc>,
) -> DbResult<()> {
    let key = (row.case_id, row.association_id, row.version);
    diesel::update(case_revisions::table.find(key))
        .set((
            case_revisions::published_by.eq(by.uuid()),
            case_revisions::published_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Any number: who puts a case in force waits on it for who is doing so.
const PUBLICATION: i64 = 0x6361_7365;

/// Waits until nobody else puts a case in force, and keeps others waiting until the transaction ends. A company is one
/// for all cases: what is read after this about it is what counts.
///
/// # Errors
/// `LockTimeout`.
pub async fn lock_publication(conn: &mut Conn, _scope: Scope) -> DbResult<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<BigInt, _>(PUBLICATION)
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes a respondent nobody knew.
///
/// # Errors
/// `Unique` if somebody wrote it meanwhile.
pub async fn insert_respondent(
    conn: &mut Conn,
    _scope: Scope,
    row: &RespondentRow,
) -> DbResult<()> {
    diesel::insert_into(respondents::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes a new case.
///
/// # Errors
/// `Unique` if the slug is taken.
pub async fn insert_case(conn: &mut Conn, _scope: Scope, row: &CaseRow) -> DbResult<()> {
    diesel::insert_into(cases::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// Changes the title of a case.
///
/// # Errors
/// As the database says.
pub async fn update_title(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
    title: &str,
) -> DbResult<()> {
    diesel::update(cases::table.find(case.uuid()))
        .set(cases::title.eq(title))
        .execute(conn)
        .await?;
    Ok(())
}

/// Changes the name of a respondent, known by its codice fiscale.
///
/// # Errors
/// As the database says.
pub async fn update_respondent_name(
    conn: &mut Conn,
    _scope: Scope,
    codice_fiscale: &str,
    name: &str,
) -> DbResult<()> {
    diesel::update(respondents::table.filter(respondents::codice_fiscale.eq(codice_fiscale)))
        .set(respondents::name.eq(name))
        .execute(conn)
        .await?;
    Ok(())
}

/// Changes the PEC of a respondent, known by its codice fiscale.
///
/// # Errors
/// As the database says.
pub async fn update_respondent_pec(
    conn: &mut Conn,
    _scope: Scope,
    codice_fiscale: &str,
    pec: Option<&str>,
) -> DbResult<()> {
    diesel::update(respondents::table.filter(respondents::codice_fiscale.eq(codice_fiscale)))
        .set(respondents::pec.eq(pec))
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether anybody signed up for a case with one of these associations, or follows it.
///
/// # Errors
/// As the database says.
pub async fn is_relied_on(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
    associations: &[Uuid],
) -> DbResult<bool> {
    let claims = claimants::table
        .filter(claimants::association_id.eq_any(associations))
        .filter(claimants::case_id.eq(case.uuid()));
    let follows = followers::table
        .filter(followers::association_id.eq_any(associations))
        .filter(followers::case_id.eq(case.uuid()));
    let is_claimed: bool = diesel::select(diesel::dsl::exists(claims))
        .get_result(conn)
        .await?;
    Ok(is_claimed
        || diesel::select(diesel::dsl::exists(follows))
            .get_result(conn)
            .await?)
}

/// Changes the summary of a case.
///
/// # Errors
/// As the database says.
pub async fn update_summary(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
    summary: &str,
) -> DbResult<()> {
    diesel::update(cases::table.find(case.uuid()))
        .set(cases::summary.eq(summary))
        .execute(conn)
        .await?;
    Ok(())
}

/// Appends a version of a tariff.
///
/// # Errors
/// `Unique` if somebody did meanwhile.
pub async fn insert_tariff(conn: &mut Conn, _scope: Scope, row: &TariffRow) -> DbResult<()> {
    diesel::insert_into(tariffs::table)
        .values(row)
        .execute(conn)
        .await?;
    Ok(())
}

/// Puts the translations of a case in the place of those before.
///
/// # Errors
/// As the database says.
pub async fn replace_words(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
    rows: &[WordsRow],
) -> DbResult<()> {
    diesel::delete(case_words::table.filter(case_words::case_id.eq(case.uuid())))
        .execute(conn)
        .await?;
    diesel::insert_into(case_words::table)
        .values(rows)
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes away the facts and statements from a place on.
///
/// # Errors
/// As the database says.
pub async fn delete_reports_from(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
    (facts, statements): (i16, i16),
) -> DbResult<()> {
    diesel::delete(
        case_facts::table
            .filter(case_facts::case_id.eq(case.uuid()))
            .filter(case_facts::position.ge(facts)),
    )
    .execute(conn)
    .await?;
    diesel::delete(
        respondent_statements::table
            .filter(respondent_statements::case_id.eq(case.uuid()))
            .filter(respondent_statements::position.ge(statements)),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes away the others named in a case but those of these names.
///
/// # Errors
/// As the database says.
pub async fn delete_third_parties_but(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
    names: &[String],
) -> DbResult<()> {
    diesel::delete(
        third_parties::table
            .filter(third_parties::case_id.eq(case.uuid()))
            .filter(third_parties::name.ne_all(names)),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes away the lawyers of an association in a case but those of these codes.
///
/// # Errors
/// As the database says.
pub async fn delete_counsel_but(
    conn: &mut Conn,
    _scope: Scope,
    (association, case): (AssociationId, CaseId),
    codes: &[String],
) -> DbResult<()> {
    diesel::delete(
        case_counsel::table
            .filter(case_counsel::case_id.eq(case.uuid()))
            .filter(case_counsel::association_id.eq(association.uuid()))
            .filter(case_counsel::codice_fiscale.ne_all(codes)),
    )
    .execute(conn)
    .await?;
    Ok(())
}
