//! A version of a case goes in force: the second person's act, in one transaction.

use serde_json::json;
use uuid::Uuid;

use super::known::Known;
use super::{Stage, content_of, locked, stage};
use crate::app::bootstrap::{BootstrapError, reference};
use crate::app::ctx::Ctx;
use crate::app::directory::{self, CaseEntry};
use crate::app::error::{AppError, AppResult};
use crate::app::staff::StaffActor;
use crate::crypto::{commitment, sha256, token};
use crate::db::case::{
    CaseAssociationRow, CaseRow, CounselRow, PublicRows, RespondentRow, TariffRow, WordsRow,
};
use crate::db::case_desk as db;
use crate::db::{DbError, Scope, Tx, case, seed as rows};
use crate::domain::audit::action;
use crate::domain::case::CaseState;
use crate::domain::case_desk::{
    CaseContent, Checked, Words, changed_texts, changes, missing, renamed,
};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::{AssociationId, CaseId};
use crate::domain::language::Language;
use crate::domain::permission::operation;
use crate::domain::seed::Seed;

pub(super) const SCOPE: Scope = Scope::System("a case put in force by a second person");

/// What the second person puts in force.
#[derive(Clone, Copy, Debug)]
pub struct Publication {
    /// The version that was read.
    pub version: i32,
    /// Whether the person says to have read the texts that change.
    pub has_read_texts: bool,
}

/// What a publication writes, and where.
struct Writing<'a> {
    ctx: &'a Ctx,
    actor: &'a StaffActor,
    case: CaseId,
    checked: &'a Checked,
    /// What was public before.
    before: Option<&'a CaseContent>,
}

/// Puts a proposed version in force: everybody sees it within seconds, on every node.
///
/// *effects*: the reference tables; audit `publish_case`, an entry of the case's evidence log with the hash of
/// what was put in force; `set_case_state` if that changed.
///
/// # Errors
/// `Forbidden`; `NotFound`; `SecondPerson` for who proposed it; `IllegalTransition` for a version that is not
/// proposed, or was decided by somebody else; `Invalid` if it does not fit any more what became public
/// meanwhile, at `/texts_read` where texts change and were not read.
pub async fn publish(
    ctx: &Ctx,
    actor: &StaffActor,
    id: CaseId,
    wanted: Publication,
) -> AppResult<super::Desk> {
    actor.require(&operation::PUBLISH_CASE)?;
    actor.require_case(id)?;
    let version = wanted.version;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let key = (actor.association_id(), id);
    let row = locked(&mut tx, SCOPE, key, version).await?;
    if stage(&row) != Stage::Proposed {
        return Err(AppError::IllegalTransition("case_not_proposed"));
    }
    if row.proposed_by == Some(actor.staff_id().uuid()) {
        return Err(AppError::SecondPerson);
    }
    // two associations may name one company at once: the second reads what the first wrote of it
    db::lock_publication(&mut tx, SCOPE).await?;
    let tables = case::list_public(&mut tx, SCOPE).await?;
    let known = Known::of(actor.association_id(), &tables)?;
    let checked = known.check(id, &content_of(&row)?)?;
    missing(&checked.content).into_result(())?;
    let before = known.public(id, Some(&checked.content));
    let texts = changed_texts(before.as_ref(), &checked.content);
    if !texts.is_empty() && !wanted.has_read_texts {
        let mut errors = FieldErrors::new();
        errors.push("/texts_read", FieldCode::NotAccepted, "error-texts-read");
        return Err(errors.into());
    }
    let writing = Writing {
        ctx,
        actor,
        case: id,
        checked: &checked,
        before: before.as_ref(),
    };
    writing.refuse_late_names(&mut tx, &tables).await?;
    writing.write(&mut tx, &tables).await?;
    db::mark_published(&mut tx, SCOPE, &row, actor.staff_id(), ctx.clock.now()).await?;
    writing.tell(&mut tx, version, &texts).await?;
    tx.commit().await?;
    ctx.directories.forget();
    super::get(ctx, actor, id).await
}

/// The case as everybody will see it: written as by a publication, read as by the directory, and rolled back.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Invalid` for a draft that cannot be shown yet.
pub async fn preview(
    ctx: &Ctx,
    actor: &StaffActor,
    id: CaseId,
) -> AppResult<(super::Desk, CaseEntry)> {
    let desk = super::get(ctx, actor, id).await?;
    let mut tx = ctx.pools.begin(SCOPE).await?;
    // what is written here would meet what a publication writes meanwhile
    db::lock_publication(&mut tx, SCOPE).await?;
    let tables = case::list_public(&mut tx, SCOPE).await?;
    let known = Known::of(actor.association_id(), &tables)?;
    let checked = known.check(id, &desk.content)?;
    let before = known.public(id, Some(&checked.content));
    let writing = Writing {
        ctx,
        actor,
        case: id,
        checked: &checked,
        before: before.as_ref(),
    };
    writing.write(&mut tx, &tables).await?;
    let tables = case::list_public(&mut tx, SCOPE).await?;
    // dropped without a commit: nothing of this was ever there
    drop(tx);
    let entry = directory::of_rows(tables)?.into_case(id);
    Ok((desk, entry.ok_or(AppError::NotFound)?))
}

impl Writing<'_> {
    async fn write(&self, tx: &mut Tx, tables: &PublicRows) -> AppResult<()> {
        let now = self.ctx.clock.now();
        let mut seed = self.checked.seed.clone();
        keep_spans(&mut seed, self.case, tables);
        match self.before {
            None => self.write_new(tx, tables).await?,
            Some(before) => {
                db::update_summary(tx, SCOPE, self.case, &seed.case.summary).await?;
                if before.title.it != seed.case.title {
                    db::update_title(tx, SCOPE, self.case, &seed.case.title).await?;
                }
                let respondent = &seed.respondent;
                if before.respondent.name != respondent.name {
                    let code = &respondent.codice_fiscale;
                    db::update_respondent_name(tx, SCOPE, code, &respondent.name).await?;
                }
                if before.respondent.pec != self.checked.content.respondent.pec {
                    let code = &respondent.codice_fiscale;
                    db::update_respondent_pec(tx, SCOPE, code, respondent.pec.as_deref()).await?;
                }
                if before.state != seed.case.state.as_str() {
                    case::mark_state(tx, SCOPE, self.case, seed.case.state.as_str(), now).await?;
                }
            }
        }
        self.write_own(tx).await?;
        let words = words_rows(self.case, &self.checked.content);
        db::replace_words(tx, SCOPE, self.case, &words).await?;
        let incidents = reference::write_incidents(self.ctx, tx, &seed, self.case).await?;
        for domain in seed.public_domains() {
            rows::insert_mail_domain(tx, SCOPE, domain).await?;
        }
        let ends = (count(seed.facts.len())?, count(seed.statements.len())?);
        db::delete_reports_from(tx, SCOPE, self.case, ends).await?;
        let names: Vec<String> = seed
            .third_parties
            .iter()
            .map(|it| it.name.clone())
            .collect();
        db::delete_third_parties_but(tx, SCOPE, self.case, &names).await?;
        reference::write_reports(self.ctx, tx, &seed, self.case, &incidents).await?;
        reference::write_statements(self.ctx, tx, &seed, self.case, &incidents).await?;
        reference::write_plans(tx, &seed, self.case).await?;
        for row in tariff_rows(self.case, self.checked, tables) {
            db::insert_tariff(tx, SCOPE, &row).await?;
        }
        let written = reference::write_texts(self.ctx, tx, &seed, self.case).await;
        written.map_err(|error| self.text_error(error))
    }

    async fn write_new(&self, tx: &mut Tx, tables: &PublicRows) -> AppResult<()> {
        let row = case_row(self.ctx, self.case, self.checked, tables);
        let mut respondents = tables.respondents.iter();
        let new = respondent_row(row.respondent_id, self.checked);
        match respondents.find(|it| it.id == row.respondent_id) {
            None => db::insert_respondent(tx, SCOPE, &new).await?,
            Some(known) if known.pec != new.pec => {
                let code = &new.codice_fiscale;
                db::update_respondent_pec(tx, SCOPE, code, new.pec.as_deref()).await?;
            }
            Some(_) => {}
        }
        match db::insert_case(tx, SCOPE, &row).await {
            Err(DbError::Unique(name)) if name == "cases_slug_key" => {
                let mut errors = FieldErrors::new();
                errors.push("/slug", FieldCode::UnknownValue, "error-slug-taken");
                Err(errors.into())
            }
            other => Ok(other?),
        }
    }

    /// What the association does in the case, and its lawyers.
    async fn write_own(&self, tx: &mut Tx) -> AppResult<()> {
        let (ctx, own) = (self.ctx, self.actor.association_id());
        let link = link_row(ctx, own, self.case, self.checked);
        rows::upsert_case_association(tx, SCOPE, &link).await?;
        rows::mark_lead(tx, SCOPE, self.case, own).await?;
        let lawyers = counsel_rows(ctx, own, self.case, self.checked);
        let codes: Vec<String> = lawyers.iter().map(|it| it.codice_fiscale.clone()).collect();
        db::delete_counsel_but(tx, SCOPE, (own, self.case), &codes).await?;
        for lawyer in &lawyers {
            rows::upsert_counsel(tx, SCOPE, lawyer).await?;
        }
        Ok(())
    }

    /// Names of a case that was taken back change as long as nobody signed up: who did so meanwhile, on a node that
    /// had not heard of it yet, keeps what they read.
    async fn refuse_late_names(&self, tx: &mut Tx, tables: &PublicRows) -> AppResult<()> {
        let Some(before) = self.before else {
            return Ok(());
        };
        let renamed = renamed(before, &self.checked.content);
        if renamed.is_empty() || !is_relied_on(tx, self.case, tables).await? {
            return Ok(());
        }
        Err(renamed.into())
    }

    async fn tell(&self, tx: &mut Tx, version: i32, texts: &[String]) -> AppResult<()> {
        let new = &self.checked.content;
        let nothing = CaseContent::default();
        let changed = changes(self.before.unwrap_or(&nothing), new);
        let bytes = commitment::canonical_json(new)?;
        let mut deed = self.actor.deed(self.case.uuid(), "publish_case");
        deed.detail = json!({
            "version": version,
            "sha256": sha256::hex(&sha256::digest(&bytes)),
            "changed": changed.into_iter().map(|it| it.path).collect::<Vec<_>>(),
            "texts_read": texts,
        });
        deed.write(self.ctx, tx, SCOPE).await?;
        let before = self.before.and_then(|it| CaseState::parse(&it.state));
        let before = before.unwrap_or(CaseState::Draft);
        let after = self.checked.seed.case.state;
        if before != after {
            let mut deed = self.actor.deed(self.case.uuid(), action::SET_CASE_STATE);
            deed.change = Some((before.as_str(), after.as_str()));
            deed.write(self.ctx, tx, SCOPE).await?;
        }
        Ok(())
    }

    /// A version of a text that was in force with other words.
    fn text_error(&self, error: BootstrapError) -> AppError {
        match error {
            BootstrapError::TextChanged { kind, .. } => {
                let texts = &self.checked.content.texts;
                let place = texts.iter().position(|text| text.kind == kind).unwrap_or(0);
                let mut errors = FieldErrors::new();
                let pointer = format!("/texts/{place}/version");
                errors.push(pointer, FieldCode::UnknownValue, "error-text-version");
                errors.into()
            }
            BootstrapError::App(error) => error,
            BootstrapError::Seed(error) => AppError::internal(error),
        }
    }
}

/// Whether anybody signed up for a case, with whichever association, or follows it.
pub(super) async fn is_relied_on(
    tx: &mut Tx,
    case: CaseId,
    tables: &PublicRows,
) -> AppResult<bool> {
    let links = tables.case_associations.iter();
    let links = links.filter(|link| link.case_id == case.uuid());
    let associations: Vec<Uuid> = links.map(|link| link.association_id).collect();
    Ok(db::is_relied_on(tx, SCOPE, case, &associations).await?)
}

/// Domains keep the days that an operator gave them.
fn keep_spans(seed: &mut Seed, case: CaseId, tables: &PublicRows) {
    for incident in &mut seed.incidents {
        let known = tables
            .incidents
            .iter()
            .find(|it| it.case_id == case.uuid() && it.slug == incident.slug);
        let Some(known) = known else { continue };
        for domain in &mut incident.domains {
            let row = tables
                .domains
                .iter()
                .find(|it| it.incident_id == known.id && it.domain == domain.domain);
            if let Some(row) = row {
                domain.valid_from = row.valid_from;
                domain.valid_until = row.valid_until;
            }
        }
    }
}

fn case_row(ctx: &Ctx, case: CaseId, checked: &Checked, tables: &PublicRows) -> CaseRow {
    let now = ctx.clock.now();
    let seed = &checked.seed;
    let code = &seed.respondent.codice_fiscale;
    let known = tables
        .respondents
        .iter()
        .find(|it| it.codice_fiscale == *code);
    CaseRow {
        id: case.uuid(),
        slug: seed.case.slug.clone(),
        title: seed.case.title.clone(),
        summary: seed.case.summary.clone(),
        respondent_id: known.map_or_else(|| token::new_id(now), |it| it.id),
        state: seed.case.state.as_str().to_owned(),
        court: None,
        rg_number: None,
        pst_id: None,
        created_at: now,
        state_changed_at: now,
        fondo_spese_ordered: None,
        lead_association_id: None,
    }
}

fn respondent_row(id: Uuid, checked: &Checked) -> RespondentRow {
    let respondent = &checked.seed.respondent;
    RespondentRow {
        id,
        slug: respondent.codice_fiscale.to_lowercase(),
        name: respondent.name.clone(),
        codice_fiscale: respondent.codice_fiscale.clone(),
        pec: respondent.pec.clone(),
    }
}

fn link_row(ctx: &Ctx, own: AssociationId, case: CaseId, checked: &Checked) -> CaseAssociationRow {
    CaseAssociationRow {
        case_id: case.uuid(),
        association_id: own.uuid(),
        mode: checked.mode.as_str().to_owned(),
        joined_at: ctx.clock.now(),
    }
}

fn counsel_rows(ctx: &Ctx, own: AssociationId, case: CaseId, checked: &Checked) -> Vec<CounselRow> {
    let lawyers = checked.seed.counsel.iter();
    lawyers
        .map(|lawyer| CounselRow {
            id: token::new_id(ctx.clock.now()),
            case_id: case.uuid(),
            association_id: own.uuid(),
            name: lawyer.name.clone(),
            codice_fiscale: lawyer.codice_fiscale.clone(),
            bar: lawyer.bar.clone(),
            pec: lawyer.pec.clone(),
        })
        .collect()
}

/// Tariffs that are new, or say something else than their newest version.
fn tariff_rows(case: CaseId, checked: &Checked, tables: &PublicRows) -> Vec<TariffRow> {
    let mut rows = Vec::new();
    for tariff in &checked.seed.case.tariffs {
        let newest = tables
            .tariffs
            .iter()
            .rfind(|it| it.case_id == case.uuid() && it.code == tariff.code);
        let says = |it: &TariffRow| (it.cents_per_day, it.source.clone());
        if newest.map(says) == Some((tariff.cents_per_day, tariff.source.clone())) {
            continue;
        }
        rows.push(TariffRow {
            case_id: case.uuid(),
            code: tariff.code.clone(),
            paid: tariff.paid,
            cents_per_day: tariff.cents_per_day,
            source: tariff.source.clone(),
            version: newest.map_or(0, |it| it.version).saturating_add(1),
        });
    }
    rows
}

fn words_rows(case: CaseId, content: &CaseContent) -> Vec<WordsRow> {
    let mut places: Vec<(String, &Words)> = vec![
        ("title".to_owned(), &content.title),
        ("summary".to_owned(), &content.summary),
    ];
    let incidents = content.incidents.iter();
    places.extend(incidents.map(|it| (format!("incident:{}", it.slug), &it.name)));
    let mut rows = Vec::new();
    for (place, words) in places {
        for language in [Language::En, Language::De] {
            let said = words.of(language);
            if !said.is_empty() {
                rows.push(WordsRow {
                    case_id: case.uuid(),
                    place: place.clone(),
                    language: language.as_str().to_owned(),
                    words: said.to_owned(),
                });
            }
        }
    }
    rows
}

fn count(length: usize) -> AppResult<i16> {
    i16::try_from(length).map_err(AppError::internal)
}
