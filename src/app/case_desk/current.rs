//! What of a case is public now, in the shape staff write it in.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::app::directory::{CaseEntry, Directory, IncidentEntry};
use crate::domain::case_desk::{
    CaseContent, CounselContent, DomainContent, FactContent, IncidentContent, PlanContent,
    RespondentContent, StatementContent, TariffContent, TextContent, ThirdPartyContent, Words,
    filled_in,
};
use crate::domain::ids::{AssociationId, IncidentId};
use crate::domain::language::Language;
use crate::domain::seed::TEXT_KINDS;

/// The case as an association of it sees it: mode and lawyers are its own. A text of `written` that reads
/// like the one in force keeps its placeholders.
pub(super) fn content(
    directory: &Directory,
    case: &CaseEntry,
    association: AssociationId,
    written: Option<&CaseContent>,
) -> CaseContent {
    let own = case.association_by_id(association);
    let counsel = own.map(|own| own.counsel.as_slice()).unwrap_or_default();
    CaseContent {
        slug: case.slug.clone(),
        title: words(case, "title", &case.title),
        summary: words(case, "summary", &case.summary),
        state: case.state.as_str().to_owned(),
        mode: own
            .map(|own| own.mode.as_str())
            .unwrap_or_default()
            .to_owned(),
        respondent: RespondentContent {
            name: case.respondent.name.clone(),
            codice_fiscale: case.respondent.codice_fiscale.clone(),
            pec: case.respondent.pec.clone().unwrap_or_default(),
        },
        incidents: case.incidents.iter().map(|it| incident(case, it)).collect(),
        domains: case
            .incidents
            .iter()
            .flat_map(|it| domains(directory, it))
            .collect(),
        plans: plans(case),
        tariffs: tariffs(case),
        facts: facts(case),
        statements: statements(case),
        third_parties: third_parties(case),
        counsel: counsel
            .iter()
            .map(|lawyer| CounselContent {
                name: lawyer.name.clone(),
                codice_fiscale: lawyer.codice_fiscale.clone(),
                bar: lawyer.bar.clone(),
                pec: lawyer.pec.clone(),
            })
            .collect(),
        texts: texts(case, written),
    }
}

fn words(case: &CaseEntry, place: &str, italian: &str) -> Words {
    let of = |language| {
        case.words_in(place, language)
            .unwrap_or_default()
            .to_owned()
    };
    Words {
        it: italian.to_owned(),
        en: of(Language::En),
        de: of(Language::De),
    }
}

fn incident(case: &CaseEntry, entry: &IncidentEntry) -> IncidentContent {
    let place = format!("incident:{}", entry.slug);
    IncidentContent {
        slug: entry.slug.clone(),
        name: words(case, &place, &entry.name),
        starts_at: written(entry.starts_at),
        ends_at: entry.ends_at.map(written).unwrap_or_default(),
        accept_from: entry.accept_from.to_string(),
        accept_until: entry.accept_until.to_string(),
    }
}

fn domains(directory: &Directory, incident: &IncidentEntry) -> Vec<DomainContent> {
    let domains = incident.domains.iter();
    domains
        .map(|domain| DomainContent {
            incident: incident.slug.clone(),
            domain: domain.domain.clone(),
            treatment: domain.treatment.as_str().to_owned(),
            source: domain.source.clone(),
            public: directory.is_public_provider(&domain.domain),
        })
        .collect()
}

fn plans(case: &CaseEntry) -> Vec<PlanContent> {
    let plans = case.plans.iter();
    plans
        .map(|plan| PlanContent {
            code: plan.code.clone(),
            name: plan.name.clone(),
            paid: plan.paid,
            fee_cents: plan.fee_cents,
            source: plan.source.clone().unwrap_or_default(),
        })
        .collect()
}

fn tariffs(case: &CaseEntry) -> Vec<TariffContent> {
    let tariffs = case.tariffs.iter();
    tariffs
        .map(|tariff| TariffContent {
            code: tariff.code.clone(),
            paid: tariff.paid,
            cents_per_day: Some(tariff.cents_per_day),
            source: tariff.source.clone(),
        })
        .collect()
}

fn slug_of(case: &CaseEntry, incident: Option<IncidentId>) -> String {
    let found = case.incidents.iter().find(|it| Some(it.id) == incident);
    found.map(|it| it.slug.clone()).unwrap_or_default()
}

fn facts(case: &CaseEntry) -> Vec<FactContent> {
    let facts = case.facts.iter();
    facts
        .map(|fact| FactContent {
            incident: slug_of(case, fact.incident),
            topic: fact.topic.clone(),
            value: fact.value.clone(),
            source: fact.source.clone(),
            note: fact.note.clone().unwrap_or_default(),
        })
        .collect()
}

fn statements(case: &CaseEntry) -> Vec<StatementContent> {
    let day = |day: Option<chrono::NaiveDate>| day.map(|it| it.to_string()).unwrap_or_default();
    let statements = case.statements.iter();
    statements
        .map(|said| StatementContent {
            incident: slug_of(case, said.incident),
            speaker: said.speaker.clone(),
            said_on: said.said_on.to_string(),
            statement: said.statement.clone(),
            source: said.source.clone(),
            promised_for: day(said.promised_for),
            promise_kept: match said.promise_kept {
                Some(true) => "yes",
                Some(false) => "no",
                None => "",
            }
            .to_owned(),
        })
        .collect()
}

fn third_parties(case: &CaseEntry) -> Vec<ThirdPartyContent> {
    let parties = case.third_parties.iter();
    parties
        .map(|party| ThirdPartyContent {
            name: party.name.clone(),
            role: party.role.clone(),
            source: party.source.clone(),
        })
        .collect()
}

fn texts(case: &CaseEntry, written: Option<&CaseContent>) -> Vec<TextContent> {
    let mut texts = Vec::new();
    for kind in TEXT_KINDS {
        let of = |language| {
            let mut found = case.texts.iter();
            found.rfind(|it| it.kind == kind && it.language == language)
        };
        let Some(italian) = of(Language::It) else {
            continue;
        };
        let body = |language| of(language).map(|it| it.body.clone()).unwrap_or_default();
        let mut text = TextContent {
            kind: kind.to_owned(),
            version: italian.version.clone(),
            body: Words {
                it: body(Language::It),
                en: body(Language::En),
                de: body(Language::De),
            },
        };
        let before = written.and_then(|it| Some((it, it.texts.iter().find(|it| it.kind == kind)?)));
        if let Some((whole, before)) = before {
            keep_placeholders(whole, &before.body, &mut text.body);
        }
        texts.push(text);
    }
    texts
}

fn keep_placeholders(whole: &CaseContent, before: &Words, body: &mut Words) {
    for (written, now) in [
        (&before.it, &mut body.it),
        (&before.en, &mut body.en),
        (&before.de, &mut body.de),
    ] {
        if filled_in(whole, written).is_ok_and(|filled| filled == *now) {
            now.clone_from(written);
        }
    }
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
