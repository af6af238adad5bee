//! What may be written in each field, and what a case needs before it can be shown to a second person.

use super::CaseContent;
use super::Words;
use super::reader::{Reader, line, passage, slugs, some};
use crate::domain::case::{CaseState, Mode};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::mailbox_address::{DomainTreatment, MailboxAddress};
use crate::domain::seed::{
    CaseSeed, DomainSeed, IncidentSeed, PlanSeed, RespondentSeed, SINCE_EVER, Seed, TEXT_KINDS,
    TariffSeed,
};

/// Largest sum a day or a year, euro cents.
const MOST_CENTS: i64 = 100_000_000;
/// States that staff give a case; the later ones are acts of a court.
const STATES: [CaseState; 3] = [
    CaseState::PreRegistration,
    CaseState::Open,
    CaseState::Closed,
];
/// The plan of somebody who does not remember: it is the domain's, of no case.
const RESERVED_PLAN: &str = "unknown";

/// A content that can be written down.
#[derive(Debug)]
pub struct Checked {
    /// The content, its fields trimmed, its instants in UTC.
    pub content: CaseContent,
    /// The same as the reference tables have it. Its associations are left out.
    pub seed: Seed,
    /// What the own association does.
    pub mode: Mode,
}

/// What is still missing before a second person can be asked: at least one outage, a domain in scope and a
/// plan, and every text in Italian.
pub fn missing(content: &CaseContent) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let mut need = |there: bool, pointer: &str| {
        if !there {
            errors.push(pointer, FieldCode::Required, "error-required");
        }
    };
    need(!content.summary.it.is_empty(), "/summary/it");
    need(!content.incidents.is_empty(), "/incidents");
    let counts = |treatment: &str| matches!(treatment, "in_scope" | "verify");
    need(
        content.domains.iter().any(|it| counts(&it.treatment)),
        "/domains",
    );
    need(!content.plans.is_empty(), "/plans");
    for kind in TEXT_KINDS {
        need(content.texts.iter().any(|it| it.kind == kind), "/texts");
    }
    errors
}

/// Reads a content.
///
/// # Errors
/// Every field that is wrong, by its pointer.
pub fn check(content: &CaseContent) -> Result<Checked, FieldErrors> {
    let mut content = content.clone();
    let mut reader = Reader::default();
    let mode = reader.head(&mut content);
    let incidents = reader.incidents(&mut content);
    let plans = reader.plans(&mut content);
    let tariffs = reader.tariffs(&mut content);
    let (facts, third_parties) = reader.reports(&mut content);
    let statements = reader.statements(&mut content);
    let counsel = reader.counsel(&mut content);
    let texts = reader.texts(&mut content);
    let seed = Seed {
        respondent: RespondentSeed {
            slug: None,
            name: content.respondent.name.clone(),
            codice_fiscale: content.respondent.codice_fiscale.clone(),
            pec: some(&content.respondent.pec),
        },
        case: CaseSeed {
            slug: content.slug.clone(),
            title: content.title.it.clone(),
            summary: content.summary.it.clone(),
            state: CaseState::parse(&content.state).unwrap_or(CaseState::PreRegistration),
            plans,
            tariffs,
            standard_texts: String::new(),
        },
        incidents,
        associations: Vec::new(),
        facts,
        statements,
        third_parties,
        counsel,
        texts,
        mail_domains: Vec::new(),
        partners: Vec::new(),
    };
    let mode = mode.unwrap_or(Mode::Interest);
    reader.errors.into_result(Checked {
        content,
        seed,
        mode,
    })
}

impl Reader {
    fn head(&mut self, content: &mut CaseContent) -> Option<Mode> {
        self.slug("/slug", &mut content.slug);
        self.words("/title", &mut content.title, line);
        if content.summary != Words::default() {
            self.words("/summary", &mut content.summary, passage);
        }
        let state = CaseState::parse(content.state.trim()).filter(|it| STATES.contains(it));
        // a court's state stays what it is
        let of_court = CaseState::parse(&content.state).is_some_and(|it| it > CaseState::Closed);
        if state.is_none() && !of_court {
            self.unknown("/state");
        }
        let mode = Mode::parse(content.mode.trim());
        if mode.is_none() {
            self.unknown("/mode");
        }
        let respondent = &mut content.respondent;
        self.text("/respondent/name", &mut respondent.name, line);
        self.codice_fiscale("/respondent/codice_fiscale", &mut respondent.codice_fiscale);
        respondent.pec = respondent.pec.trim().to_owned();
        if !respondent.pec.is_empty() {
            self.email("/respondent/pec", &mut respondent.pec);
        }
        mode
    }

    fn incidents(&mut self, content: &mut CaseContent) -> Vec<IncidentSeed> {
        self.rows("/incidents", content.incidents.len());
        self.once(
            "/incidents",
            "slug",
            content.incidents.iter().map(|it| &it.slug),
        );
        let domains = self.domains(content);
        let mut read = Vec::new();
        for (place, incident) in content.incidents.iter_mut().enumerate() {
            let at = |field: &str| format!("/incidents/{place}/{field}");
            self.slug(at("slug"), &mut incident.slug);
            self.words(&at("name"), &mut incident.name, line);
            let starts_at = self.instant(at("starts_at"), &mut incident.starts_at);
            let ends_at = match incident.ends_at.trim() {
                "" => None,
                _ => self.instant(at("ends_at"), &mut incident.ends_at),
            };
            let from = self.day(at("accept_from"), &mut incident.accept_from);
            let until = self.day(at("accept_until"), &mut incident.accept_until);
            if starts_at
                .zip(ends_at)
                .is_some_and(|(from, until)| until < from)
            {
                self.order(at("ends_at"));
            }
            if from.zip(until).is_some_and(|(from, until)| until < from) {
                self.order(at("accept_until"));
            }
            let (Some(starts_at), Some(accept_from), Some(accept_until)) = (starts_at, from, until)
            else {
                continue;
            };
            let own = domains.iter().filter(|(slug, _)| *slug == incident.slug);
            read.push(IncidentSeed {
                slug: incident.slug.clone(),
                name: incident.name.it.clone(),
                starts_at,
                ends_at,
                accept_from,
                accept_until,
                domains: own.map(|(_, domain)| domain.clone()).collect(),
            });
        }
        read
    }

    /// Each with the slug of its outage.
    fn domains(&mut self, content: &mut CaseContent) -> Vec<(String, DomainSeed)> {
        self.once(
            "/domains",
            "domain",
            content.domains.iter().map(|it| (&it.incident, &it.domain)),
        );
        self.rows("/domains", content.domains.len());
        let slugs = slugs(content);
        let mut domains: Vec<(String, DomainSeed)> = Vec::new();
        for (place, domain) in content.domains.iter_mut().enumerate() {
            let at = |field: &str| format!("/domains/{place}/{field}");
            if !slugs.contains(&domain.incident) {
                self.errors.push(
                    at("incident"),
                    FieldCode::UnknownValue,
                    "error-incident-unknown",
                );
            }
            domain.domain = domain.domain.trim().to_lowercase();
            let is_one = MailboxAddress::parse(&format!("a@{}", domain.domain))
                .is_ok_and(|it| it.domain() == domain.domain);
            if !is_one {
                self.wrong(at("domain"));
            }
            let treatment = DomainTreatment::parse(&domain.treatment).ok();
            if treatment.is_none() {
                self.unknown(at("treatment"));
            }
            self.text(at("source"), &mut domain.source, line);
            domains.push((
                domain.incident.clone(),
                DomainSeed {
                    domain: domain.domain.clone(),
                    treatment: treatment.unwrap_or(DomainTreatment::Review),
                    source: domain.source.clone(),
                    valid_from: SINCE_EVER,
                    valid_until: None,
                    public: domain.public,
                },
            ));
        }
        domains
    }

    fn plans(&mut self, content: &mut CaseContent) -> Vec<PlanSeed> {
        self.rows("/plans", content.plans.len());
        self.once("/plans", "code", content.plans.iter().map(|it| &it.code));
        let mut read = Vec::new();
        for (place, plan) in content.plans.iter_mut().enumerate() {
            let at = |field: &str| format!("/plans/{place}/{field}");
            self.slug(at("code"), &mut plan.code);
            if plan.code == RESERVED_PLAN {
                self.errors
                    .push(at("code"), FieldCode::UnknownValue, "error-plan-reserved");
            }
            self.text(at("name"), &mut plan.name, line);
            if plan
                .fee_cents
                .is_some_and(|fee| !(0..=MOST_CENTS).contains(&fee))
            {
                self.out_of_range(at("fee_cents"));
            }
            self.maybe(at("source"), &mut plan.source);
            if plan.fee_cents.is_some() && plan.source.is_empty() {
                // a price is a figure, and no figure stands without its source (R70)
                self.required(at("source"));
            }
            read.push(PlanSeed {
                code: plan.code.clone(),
                name: plan.name.clone(),
                paid: plan.paid,
                fee_cents: plan.fee_cents,
                source: some(&plan.source),
            });
        }
        read
    }

    fn tariffs(&mut self, content: &mut CaseContent) -> Vec<TariffSeed> {
        self.rows("/tariffs", content.tariffs.len());
        self.once(
            "/tariffs",
            "code",
            content.tariffs.iter().map(|it| &it.code),
        );
        // one sum for paid plans and one for free ones: another could never be the one that counts
        self.once("/tariffs", "paid", content.tariffs.iter().map(|it| it.paid));
        let mut read = Vec::new();
        for (place, tariff) in content.tariffs.iter_mut().enumerate() {
            let at = |field: &str| format!("/tariffs/{place}/{field}");
            self.slug(at("code"), &mut tariff.code);
            match tariff.cents_per_day {
                None => self.required(at("cents_per_day")),
                Some(cents) if !(0..=MOST_CENTS).contains(&cents) => {
                    self.out_of_range(at("cents_per_day"));
                }
                Some(_) => {}
            }
            self.text(at("source"), &mut tariff.source, line);
            read.push(TariffSeed {
                code: tariff.code.clone(),
                paid: tariff.paid,
                cents_per_day: tariff.cents_per_day.unwrap_or(0),
                source: tariff.source.clone(),
            });
        }
        read
    }
}
