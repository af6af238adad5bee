//! What is public now, and what a content may say beside it.

use super::current;
use crate::app::directory::{self, CaseEntry, Directory};
use crate::app::error::AppResult;
use crate::db::case::PublicRows;
use crate::db::{Conn, Scope, case};
use crate::domain::case::{Mode, RegisterEntry};
use crate::domain::case_desk::{CaseContent, Checked, check, refused};
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::ids::{AssociationId, CaseId};

/// The reference tables, and who asks.
pub(super) struct Known {
    pub(super) directory: Directory,
    registers: Vec<RegisterEntry>,
    association: AssociationId,
}

impl Known {
    pub(super) async fn read(
        tx: &mut Conn,
        scope: Scope,
        association: AssociationId,
    ) -> AppResult<Self> {
        let tables = case::list_public(tx, scope).await?;
        Self::of(association, &tables)
    }

    pub(super) fn of(association: AssociationId, tables: &PublicRows) -> AppResult<Self> {
        Ok(Self {
            registers: directory::registers_of(association, tables)?,
            directory: directory::of_rows(tables.clone())?,
            association,
        })
    }

    /// A case in the reference tables that the association leads; it may have been taken back.
    pub(super) fn led(&self, id: CaseId) -> Option<&CaseEntry> {
        let case = self.directory.cases().iter().find(|case| case.id == id)?;
        (case.lead() == Some(self.association)).then_some(case)
    }

    /// Whether everybody sees a case that the association leads.
    pub(super) fn is_seen(&self, id: CaseId) -> bool {
        self.led(id).is_some_and(|case| case.state.is_public())
    }

    pub(super) fn public(&self, id: CaseId, written: Option<&CaseContent>) -> Option<CaseContent> {
        let case = self.led(id)?;
        Some(current::content(
            &self.directory,
            case,
            self.association,
            written,
        ))
    }

    /// Everything that is wrong with a content, also against what others made public before.
    pub(super) fn check(&self, id: CaseId, content: &CaseContent) -> AppResult<Checked> {
        let checked = check(content)?;
        let new = &checked.content;
        let mut errors = FieldErrors::new();
        if let Some(public) = self.public(id, Some(new)) {
            errors.append(refused(&public, new));
        }
        let others = || self.directory.cases().iter().filter(|case| case.id != id);
        if others().any(|case| case.slug == new.slug) {
            errors.push("/slug", FieldCode::UnknownValue, "error-slug-taken");
        }
        let code = &new.respondent.codice_fiscale;
        if let Some(case) = others().find(|case| case.respondent.codice_fiscale == *code) {
            // a company is one for all cases: nobody renames that of others
            if case.respondent.name != new.respondent.name {
                let about = case.respondent.name.clone();
                let pointer = "/respondent/name";
                errors.push_about(
                    pointer,
                    FieldCode::UnknownValue,
                    "error-respondent-differs",
                    about,
                );
            }
        }
        // a company that others write to as well is theirs too: what is sent to its PEC is their affair
        let relied_on = others().find(|case| {
            case.respondent.codice_fiscale == *code && case.lead() != Some(self.association)
        });
        let relied_on = relied_on.map(|case| case.respondent.pec.clone().unwrap_or_default());
        if let Some(pec) = relied_on.filter(|pec| *pec != new.respondent.pec) {
            let about = if pec.is_empty() {
                "–".to_owned()
            } else {
                pec
            };
            let pointer = "/respondent/pec";
            errors.push_about(
                pointer,
                FieldCode::UnknownValue,
                "error-respondent-differs",
                about,
            );
        }
        let opens = self.registers.iter().any(RegisterEntry::opens_collection);
        if checked.mode == Mode::Collection && !opens {
            errors.push("/mode", FieldCode::UnknownValue, "error-mode-register");
        }
        Ok(errors.into_result(checked)?)
    }
}
