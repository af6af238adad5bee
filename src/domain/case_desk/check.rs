//! What may be written in each field, and what a case needs before it can be shown to a second person.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Europe::Rome;

use super::{CaseContent, Words, filled_in};
use crate::domain::attestation::{TextKind, WrongText, check_text};
use crate::domain::case::{CaseState, Mode};
use crate::domain::codice_fiscale::CodiceFiscale;
use crate::domain::email_address::EmailAddress;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::language::Language;
use crate::domain::mailbox_address::{DomainTreatment, MailboxAddress};
use crate::domain::one_line::one_line;
use crate::domain::paragraphs::paragraphs;
use crate::domain::seed::{
    CaseSeed, CounselSeed, DomainSeed, FactSeed, IncidentSeed, PlanSeed, RespondentSeed,
    SINCE_EVER, Seed, StatementSeed, TEXT_KINDS, TOPICS, TariffSeed, TextSeed, ThirdPartySeed,
    is_slug,
};
use crate::domain::vat_number::NumericCodiceFiscale;

/// Longest line, in characters.
const LINE: usize = 300;
/// Longest passage, in characters.
const PASSAGE: usize = 4_000;
/// Longest text of a consent or mandate, in characters.
const TEXT: usize = 20_000;
/// Most rows of a section.
const ROWS: usize = 200;
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

/// Reads the fields one by one.
struct Reader {
    errors: FieldErrors,
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
    let mut reader = Reader {
        errors: FieldErrors::new(),
    };
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

    fn reports(&mut self, content: &mut CaseContent) -> (Vec<FactSeed>, Vec<ThirdPartySeed>) {
        self.rows("/facts", content.facts.len());
        let slugs = slugs(content);
        let mut facts = Vec::new();
        for (place, fact) in content.facts.iter_mut().enumerate() {
            let at = |field: &str| format!("/facts/{place}/{field}");
            self.mentioned(at("incident"), &mut fact.incident, &slugs);
            if !TOPICS.contains(&fact.topic.as_str()) {
                self.unknown(at("topic"));
            }
            self.text(at("value"), &mut fact.value, passage);
            self.text(at("source"), &mut fact.source, line);
            self.maybe(at("note"), &mut fact.note);
            facts.push(FactSeed {
                incident: some(&fact.incident),
                topic: fact.topic.clone(),
                value: fact.value.clone(),
                source: fact.source.clone(),
                note: some(&fact.note),
            });
        }
        self.rows("/third_parties", content.third_parties.len());
        self.once(
            "/third_parties",
            "name",
            content.third_parties.iter().map(|it| &it.name),
        );
        let mut others = Vec::new();
        for (place, other) in content.third_parties.iter_mut().enumerate() {
            let at = |field: &str| format!("/third_parties/{place}/{field}");
            self.text(at("name"), &mut other.name, line);
            self.text(at("role"), &mut other.role, line);
            self.text(at("source"), &mut other.source, line);
            others.push(ThirdPartySeed {
                name: other.name.clone(),
                role: other.role.clone(),
                source: other.source.clone(),
            });
        }
        (facts, others)
    }

    fn statements(&mut self, content: &mut CaseContent) -> Vec<StatementSeed> {
        self.rows("/statements", content.statements.len());
        let slugs = slugs(content);
        let mut read = Vec::new();
        for (place, statement) in content.statements.iter_mut().enumerate() {
            let at = |field: &str| format!("/statements/{place}/{field}");
            self.mentioned(at("incident"), &mut statement.incident, &slugs);
            self.text(at("speaker"), &mut statement.speaker, line);
            let said_on = self.day(at("said_on"), &mut statement.said_on);
            self.text(at("statement"), &mut statement.statement, passage);
            self.text(at("source"), &mut statement.source, line);
            let promised_for = match statement.promised_for.trim() {
                "" => None,
                _ => self.day(at("promised_for"), &mut statement.promised_for),
            };
            let promise_kept = match statement.promise_kept.as_str() {
                "" => None,
                "yes" => Some(true),
                "no" => Some(false),
                _ => {
                    self.unknown(at("promise_kept"));
                    None
                }
            };
            if promise_kept.is_some() && promised_for.is_none() {
                self.required(at("promised_for"));
            }
            let Some(said_on) = said_on else { continue };
            read.push(StatementSeed {
                incident: some(&statement.incident),
                speaker: statement.speaker.clone(),
                said_on,
                statement: statement.statement.clone(),
                source: statement.source.clone(),
                promised_for,
                promise_kept,
            });
        }
        read
    }

    fn counsel(&mut self, content: &mut CaseContent) -> Vec<CounselSeed> {
        self.rows("/counsel", content.counsel.len());
        self.once(
            "/counsel",
            "codice_fiscale",
            content.counsel.iter().map(|it| &it.codice_fiscale),
        );
        let mut read = Vec::new();
        for (place, lawyer) in content.counsel.iter_mut().enumerate() {
            let at = |field: &str| format!("/counsel/{place}/{field}");
            self.text(at("name"), &mut lawyer.name, line);
            self.codice_fiscale(at("codice_fiscale"), &mut lawyer.codice_fiscale);
            self.text(at("bar"), &mut lawyer.bar, line);
            self.email(at("pec"), &mut lawyer.pec);
            read.push(CounselSeed {
                association: String::new(),
                name: lawyer.name.clone(),
                codice_fiscale: lawyer.codice_fiscale.clone(),
                bar: lawyer.bar.clone(),
                pec: lawyer.pec.clone(),
            });
        }
        read
    }

    /// R3, R4: what is signed says in Italian what the law wants it to say.
    fn texts(&mut self, content: &mut CaseContent) -> Vec<TextSeed> {
        self.once("/texts", "kind", content.texts.iter().map(|it| &it.kind));
        let whole = content.clone();
        let mut read = Vec::new();
        for (place, text) in content.texts.iter_mut().enumerate() {
            let at = |field: &str| format!("/texts/{place}/{field}");
            if !TEXT_KINDS.contains(&text.kind.as_str()) {
                self.unknown(at("kind"));
            }
            self.text(at("version"), &mut text.version, line);
            for language in Language::ALL {
                let pointer = at(&format!("body/{}", language.as_str()));
                let words = text.body.of(language);
                if words.trim().is_empty() {
                    if language == Language::It {
                        self.required(pointer);
                    }
                    continue;
                }
                if words.chars().count() > TEXT {
                    self.errors
                        .push(pointer, FieldCode::TooLong, "error-desk-long");
                    continue;
                }
                let body = match filled_in(&whole, words) {
                    Ok(body) => body,
                    Err(name) => {
                        self.errors.push_about(
                            pointer,
                            FieldCode::UnknownValue,
                            "error-placeholder-unknown",
                            name,
                        );
                        continue;
                    }
                };
                let signed = TextKind::parse(&text.kind).filter(|_| language == Language::It);
                match signed.map(|kind| check_text(kind, &body)) {
                    Some(Err(WrongText::NotTheAttestation)) => {
                        self.errors
                            .push(pointer, FieldCode::Format, "error-text-attestation");
                    }
                    Some(Err(WrongText::NotTheMandate)) => {
                        self.errors
                            .push(pointer, FieldCode::Format, "error-text-mandate");
                    }
                    Some(Err(WrongText::Empty)) => self.required(pointer),
                    None | Some(Ok(())) => read.push(TextSeed {
                        kind: text.kind.clone(),
                        version: text.version.clone(),
                        language,
                        body,
                    }),
                }
            }
        }
        read
    }

    // --- single values

    fn text(
        &mut self,
        pointer: impl Into<String>,
        value: &mut String,
        read: fn(&str) -> Result<String, FieldCode>,
    ) {
        let pointer = pointer.into();
        if value.trim().is_empty() {
            value.clear();
            return self.required(pointer);
        }
        match read(value) {
            Ok(clean) => *value = clean,
            Err(FieldCode::TooLong) => {
                self.errors
                    .push(pointer, FieldCode::TooLong, "error-desk-long");
            }
            Err(_) => self.wrong(pointer),
        }
    }

    fn maybe(&mut self, pointer: impl Into<String>, value: &mut String) {
        if value.trim().is_empty() {
            value.clear();
        } else {
            self.text(pointer, value, line);
        }
    }

    fn words(
        &mut self,
        pointer: &str,
        words: &mut Words,
        read: fn(&str) -> Result<String, FieldCode>,
    ) {
        self.text(format!("{pointer}/it"), &mut words.it, read);
        for (word, value) in [("en", &mut words.en), ("de", &mut words.de)] {
            if value.trim().is_empty() {
                value.clear();
            } else {
                self.text(format!("{pointer}/{word}"), value, read);
            }
        }
    }

    fn slug(&mut self, pointer: impl Into<String>, value: &mut String) {
        let pointer = pointer.into();
        *value = value.trim().to_owned();
        if value.is_empty() {
            self.required(pointer);
        } else if !is_slug(value) {
            self.errors
                .push(pointer, FieldCode::Format, "error-slug-format");
        }
    }

    fn codice_fiscale(&mut self, pointer: impl Into<String>, value: &mut String) {
        let pointer = pointer.into();
        if value.trim().is_empty() {
            value.clear();
            return self.required(pointer);
        }
        if let Ok(code) = NumericCodiceFiscale::parse(value) {
            code.as_str().clone_into(value);
        } else {
            match CodiceFiscale::parse(value) {
                Ok(code) => code.as_str().clone_into(value),
                Err(error) => self.errors.push(pointer, error.code, error.reason),
            }
        }
    }

    fn email(&mut self, pointer: impl Into<String>, value: &mut String) {
        let pointer = pointer.into();
        if value.trim().is_empty() {
            value.clear();
            return self.required(pointer);
        }
        match EmailAddress::parse(value) {
            Ok(address) => address.as_str().clone_into(value),
            Err(error) => self.errors.push(pointer, error.code, error.reason),
        }
    }

    fn day(&mut self, pointer: impl Into<String>, value: &mut String) -> Option<NaiveDate> {
        let pointer = pointer.into();
        if value.trim().is_empty() {
            value.clear();
            self.required(pointer);
            return None;
        }
        let read = day(value);
        match read {
            Some(day) => *value = day.to_string(),
            None => self
                .errors
                .push(pointer, FieldCode::Format, "error-day-format"),
        }
        read
    }

    fn instant(&mut self, pointer: impl Into<String>, value: &mut String) -> Option<DateTime<Utc>> {
        let pointer = pointer.into();
        if value.trim().is_empty() {
            value.clear();
            self.required(pointer);
            return None;
        }
        let read = instant(value);
        match read {
            Some(at) => *value = written(at),
            None => self.wrong(pointer),
        }
        read
    }

    fn mentioned(&mut self, pointer: String, value: &mut String, slugs: &HashSet<String>) {
        *value = value.trim().to_owned();
        if !value.is_empty() && !slugs.contains(value) {
            self.errors
                .push(pointer, FieldCode::UnknownValue, "error-incident-unknown");
        }
    }

    fn once<K: Eq + std::hash::Hash>(
        &mut self,
        section: &str,
        field: &str,
        keys: impl Iterator<Item = K>,
    ) {
        let mut seen = HashSet::new();
        for (place, key) in keys.enumerate() {
            if !seen.insert(key) {
                let pointer = format!("{section}/{place}/{field}");
                self.errors
                    .push(pointer, FieldCode::UnknownValue, "error-desk-twice");
            }
        }
    }

    fn rows(&mut self, section: &str, count: usize) {
        if count > ROWS {
            self.errors
                .push(section, FieldCode::TooLong, "error-desk-long");
        }
    }

    fn required(&mut self, pointer: impl Into<String>) {
        self.errors
            .push(pointer, FieldCode::Required, "error-required");
    }

    fn wrong(&mut self, pointer: impl Into<String>) {
        self.errors.push(pointer, FieldCode::Format, "error-format");
    }

    fn unknown(&mut self, pointer: impl Into<String>) {
        self.errors
            .push(pointer, FieldCode::UnknownValue, "error-unknown-value");
    }

    fn out_of_range(&mut self, pointer: impl Into<String>) {
        self.errors
            .push(pointer, FieldCode::OutOfRange, "error-format");
    }

    fn order(&mut self, pointer: impl Into<String>) {
        self.errors
            .push(pointer, FieldCode::OutOfRange, "error-desk-order");
    }
}

/// A day as `2026-01-31`, or as people type it.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    text.parse()
        .ok()
        .or_else(|| NaiveDate::parse_from_str(text, "%d/%m/%Y").ok())
}

/// RFC 3339, or the clock of Rome; of an hour that comes twice the first.
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let of_rome = |form| {
        let local = NaiveDateTime::parse_from_str(text, form).ok()?;
        let at = Rome.from_local_datetime(&local).earliest()?;
        Some(at.with_timezone(&Utc))
    };
    let zoned = DateTime::parse_from_rfc3339(text).ok();
    zoned
        .map(|at| at.with_timezone(&Utc))
        .or_else(|| of_rome("%Y-%m-%dT%H:%M"))
        .or_else(|| of_rome("%Y-%m-%dT%H:%M:%S"))
}

/// An instant as it is kept.
fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

fn slugs(content: &CaseContent) -> HashSet<String> {
    let slugs = content.incidents.iter();
    slugs.map(|it| it.slug.trim().to_owned()).collect()
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn line(text: &str) -> Result<String, FieldCode> {
    one_line(text, LINE, "error-format", "error-desk-long").map_err(|error| error.code)
}

fn passage(text: &str) -> Result<String, FieldCode> {
    paragraphs(text, PASSAGE, "error-format", "error-desk-long").map_err(|error| error.code)
}
