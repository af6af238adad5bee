//! Upserts of the reference tables by slug or natural key, for bootstrap and demo. Nothing is deleted.

use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::case::{
    AssociationRow, CaseAssociationRow, CaseRow, CounselRow, FactRow, IncidentDomainRow,
    IncidentRow, PlanRow, RegisterRow, RespondentRow, StatementRow, TariffRow, TextRow,
    ThirdPartyRow,
};
use crate::db::error::DbResult;
use crate::db::pool::Conn;
use crate::db::schema::{
    association_registers, associations, case_associations, case_counsel, case_facts, cases,
    incident_domains, incidents, mail_domains, plans, respondent_statements, respondents, tariffs,
    texts, third_parties,
};
use crate::db::scope::Scope;
use crate::domain::ids::{AssociationId, CaseId};

/// Writes a respondent by slug; gives its id.
///
/// # Errors
/// As the database says.
pub async fn upsert_respondent(
    conn: &mut Conn,
    _scope: Scope,
    row: &RespondentRow,
) -> DbResult<Uuid> {
    use respondents as t;
    Ok(diesel::insert_into(t::table)
        .values(row)
        .on_conflict(t::slug)
        .do_update()
        .set((
            t::name.eq(excluded(t::name)),
            t::codice_fiscale.eq(excluded(t::codice_fiscale)),
            t::pec.eq(excluded(t::pec)),
        ))
        .returning(t::id)
        .get_result(conn)
        .await?)
}

/// Writes a case by slug; its state is set only where the case is new. Gives id and state.
///
/// # Errors
/// As the database says.
pub async fn upsert_case(
    conn: &mut Conn,
    _scope: Scope,
    row: &CaseRow,
) -> DbResult<(Uuid, String)> {
    use cases as t;
    Ok(diesel::insert_into(t::table)
        .values(row)
        .on_conflict(t::slug)
        .do_update()
        .set((
            t::title.eq(excluded(t::title)),
            t::summary.eq(excluded(t::summary)),
            t::respondent_id.eq(excluded(t::respondent_id)),
        ))
        .returning((t::id, t::state))
        .get_result(conn)
        .await?)
}

/// Writes an association by slug; its status stays. Gives its id.
///
/// # Errors
/// As the database says.
pub async fn upsert_association(
    conn: &mut Conn,
    _scope: Scope,
    row: &AssociationRow,
) -> DbResult<Uuid> {
    use associations as t;
    Ok(diesel::insert_into(t::table)
        .values(row)
        .on_conflict(t::slug)
        .do_update()
        .set((
            t::name.eq(excluded(t::name)),
            t::email.eq(excluded(t::email)),
            t::phone.eq(excluded(t::phone)),
            t::hours.eq(excluded(t::hours)),
            t::dpo.eq(excluded(t::dpo)),
            t::website.eq(excluded(t::website)),
        ))
        .returning(t::id)
        .get_result(conn)
        .await?)
}

/// Writes the entry of an association in a register.
///
/// # Errors
/// As the database says.
pub async fn upsert_register(conn: &mut Conn, _scope: Scope, row: &RegisterRow) -> DbResult<()> {
    use association_registers as t;
    diesel::insert_into(t::table)
        .values(row)
        .on_conflict((t::association_id, t::register))
        .do_update()
        .set((
            t::status.eq(excluded(t::status)),
            t::reference.eq(excluded(t::reference)),
            t::checked_on.eq(excluded(t::checked_on)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Lets an association promote a case, or changes its mode.
///
/// # Errors
/// As the database says.
pub async fn upsert_case_association(
    conn: &mut Conn,
    _scope: Scope,
    row: &CaseAssociationRow,
) -> DbResult<()> {
    use case_associations as t;
    diesel::insert_into(t::table)
        .values(row)
        .on_conflict((t::case_id, t::association_id))
        .do_update()
        .set(t::mode.eq(excluded(t::mode)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Lets an association lead a case that nobody leads.
///
/// # Errors
/// As the database says.
pub async fn mark_lead(
    conn: &mut Conn,
    _scope: Scope,
    case: CaseId,
    association: AssociationId,
) -> DbResult<()> {
    diesel::update(cases::table.find(case.uuid()))
        .filter(cases::lead_association_id.is_null())
        .set(cases::lead_association_id.eq(association.uuid()))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes a lawyer by case, association and codice fiscale.
///
/// # Errors
/// As the database says.
pub async fn upsert_counsel(conn: &mut Conn, _scope: Scope, row: &CounselRow) -> DbResult<()> {
    use case_counsel as t;
    diesel::insert_into(t::table)
        .values(row)
        .on_conflict((t::case_id, t::association_id, t::codice_fiscale))
        .do_update()
        .set((
            t::name.eq(excluded(t::name)),
            t::bar.eq(excluded(t::bar)),
            t::pec.eq(excluded(t::pec)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes an incident by case and slug; gives its id.
///
/// # Errors
/// As the database says.
pub async fn upsert_incident(conn: &mut Conn, _scope: Scope, row: &IncidentRow) -> DbResult<Uuid> {
    use incidents as t;
    Ok(diesel::insert_into(t::table)
        .values(row)
        .on_conflict((t::case_id, t::slug))
        .do_update()
        .set((
            t::name.eq(excluded(t::name)),
            t::starts_at.eq(excluded(t::starts_at)),
            t::ends_at.eq(excluded(t::ends_at)),
            t::accept_from.eq(excluded(t::accept_from)),
            t::accept_until.eq(excluded(t::accept_until)),
        ))
        .returning(t::id)
        .get_result(conn)
        .await?)
}

/// Writes a domain of an incident by domain and first day.
///
/// # Errors
/// As the database says.
pub async fn upsert_incident_domain(
    conn: &mut Conn,
    _scope: Scope,
    row: &IncidentDomainRow,
) -> DbResult<()> {
    use incident_domains as t;
    diesel::insert_into(t::table)
        .values(row)
        .on_conflict((t::incident_id, t::domain, t::valid_from))
        .do_update()
        .set((
            t::treatment.eq(excluded(t::treatment)),
            t::source.eq(excluded(t::source)),
            t::valid_until.eq(excluded(t::valid_until)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Lets a domain be known as a public provider; one that is held stays held.
///
/// # Errors
/// As the database says.
pub async fn insert_mail_domain(conn: &mut Conn, _scope: Scope, domain: &str) -> DbResult<()> {
    diesel::insert_into(mail_domains::table)
        .values(mail_domains::domain.eq(domain))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes a fact by its place in the case.
///
/// # Errors
/// As the database says.
pub async fn upsert_fact(conn: &mut Conn, _scope: Scope, row: &FactRow) -> DbResult<()> {
    use case_facts as t;
    diesel::insert_into(t::table)
        .values(row)
        .on_conflict((t::case_id, t::position))
        .do_update()
        .set((
            t::incident_id.eq(excluded(t::incident_id)),
            t::topic.eq(excluded(t::topic)),
            t::value.eq(excluded(t::value)),
            t::source.eq(excluded(t::source)),
            t::note.eq(excluded(t::note)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes a statement by its place in the case.
///
/// # Errors
/// As the database says.
pub async fn upsert_statement(conn: &mut Conn, _scope: Scope, row: &StatementRow) -> DbResult<()> {
    use respondent_statements as t;
    diesel::insert_into(t::table)
        .values(row)
        .on_conflict((t::case_id, t::position))
        .do_update()
        .set((
            t::incident_id.eq(excluded(t::incident_id)),
            t::speaker.eq(excluded(t::speaker)),
            t::said_on.eq(excluded(t::said_on)),
            t::statement.eq(excluded(t::statement)),
            t::source.eq(excluded(t::source)),
            t::promised_for.eq(excluded(t::promised_for)),
            t::promise_kept.eq(excluded(t::promise_kept)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes a third party by case and name.
///
/// # Errors
/// As the database says.
pub async fn upsert_third_party(
    conn: &mut Conn,
    _scope: Scope,
    row: &ThirdPartyRow,
) -> DbResult<()> {
    use third_parties as t;
    diesel::insert_into(t::table)
        .values(row)
        .on_conflict((t::case_id, t::name))
        .do_update()
        .set((
            t::role.eq(excluded(t::role)),
            t::source.eq(excluded(t::source)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes a plan by case and code.
///
/// # Errors
/// As the database says.
pub async fn upsert_plan(conn: &mut Conn, _scope: Scope, row: &PlanRow) -> DbResult<()> {
    use plans as t;
    diesel::insert_into(t::table)
        .values(row)
        .on_conflict((t::case_id, t::code))
        .do_update()
        .set((
            t::name.eq(excluded(t::name)),
            t::paid.eq(excluded(t::paid)),
            t::fee_cents.eq(excluded(t::fee_cents)),
            t::source.eq(excluded(t::source)),
            t::position.eq(excluded(t::position)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Writes a version of a tariff.
///
/// # Errors
/// As the database says.
pub async fn upsert_tariff(conn: &mut Conn, _scope: Scope, row: &TariffRow) -> DbResult<()> {
    use tariffs as t;
    diesel::insert_into(t::table)
        .values(row)
        .on_conflict((t::case_id, t::code, t::version))
        .do_update()
        .set((
            t::paid.eq(excluded(t::paid)),
            t::cents_per_day.eq(excluded(t::cents_per_day)),
            t::source.eq(excluded(t::source)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Publishes a version of a text; one that is published stays as it is. Gives the SHA-256 of what is
/// published now.
///
/// # Errors
/// As the database says.
pub async fn publish_text(conn: &mut Conn, _scope: Scope, row: &TextRow) -> DbResult<Vec<u8>> {
    use texts as t;
    diesel::insert_into(t::table)
        .values(row)
        .on_conflict((t::case_id, t::kind, t::version, t::language))
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(t::table
        .filter(t::case_id.eq(row.case_id))
        .filter(t::kind.eq(&row.kind))
        .filter(t::version.eq(&row.version))
        .filter(t::language.eq(&row.language))
        .select(t::sha256)
        .first(conn)
        .await?)
}
