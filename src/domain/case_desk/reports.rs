//! What a case tells: facts, what was said, who else is named, lawyers, texts.

use super::reader::{Reader, line, passage, slugs, some};
use super::{CaseContent, filled_in};
use crate::domain::accepted_text::{TextKind, WrongText, check_text};
use crate::domain::field::FieldCode;
use crate::domain::language::Language;
use crate::domain::seed::{
    CounselSeed, FactSeed, StatementSeed, TEXT_KINDS, TOPICS, TextSeed, ThirdPartySeed,
};

/// Longest text of a consent or mandate, in characters.
const TEXT: usize = 20_000;

impl Reader {
    pub(super) fn reports(
        &mut self,
        content: &mut CaseContent,
    ) -> (Vec<FactSeed>, Vec<ThirdPartySeed>) {
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

    pub(super) fn statements(&mut self, content: &mut CaseContent) -> Vec<StatementSeed> {
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

    pub(super) fn counsel(&mut self, content: &mut CaseContent) -> Vec<CounselSeed> {
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
    pub(super) fn texts(&mut self, content: &mut CaseContent) -> Vec<TextSeed> {
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
                let binds = (language == Language::It).then(|| TextKind::parse(&text.kind));
                if let Some(body) = self.body(pointer, (&whole, words), binds.flatten()) {
                    read.push(TextSeed {
                        kind: text.kind.clone(),
                        version: text.version.clone(),
                        language,
                        body,
                    });
                }
            }
        }
        read
    }

    /// The words as people will read them; those that are signed are held against the law.
    fn body(
        &mut self,
        pointer: String,
        (whole, words): (&CaseContent, &str),
        signed: Option<TextKind>,
    ) -> Option<String> {
        if words.chars().count() > TEXT {
            self.errors
                .push(pointer, FieldCode::TooLong, "error-desk-long");
            return None;
        }
        let body = match filled_in(whole, words) {
            Ok(body) => body,
            Err(name) => {
                let reason = "error-placeholder-unknown";
                self.errors
                    .push_about(pointer, FieldCode::UnknownValue, reason, name);
                return None;
            }
        };
        match signed.map(|kind| check_text(kind, &body)) {
            None | Some(Ok(())) => return Some(body),
            Some(Err(WrongText::NotTheAttestation)) => {
                self.errors
                    .push(pointer, FieldCode::Format, "error-text-attestation");
            }
            Some(Err(WrongText::NotTheMandate)) => {
                self.errors
                    .push(pointer, FieldCode::Format, "error-text-mandate");
            }
            Some(Err(WrongText::Empty)) => self.required(pointer),
        }
        None
    }
}
