//! The form of who acts for a claimant, for claimants and for staff.

use serde::Deserialize;

use crate::domain::representation::{Representative, RepresentativeInput};
use crate::render::page::representative::RepresentativeFields;
use crate::web::declaration_form::as_iso;

/// The form as it was sent.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct SentRepresentative {
    pub(in crate::web) csrf: Option<String>,
    given_name: String,
    family_name: String,
    codice_fiscale: String,
    title: String,
    title_document: String,
    valid_from: String,
    valid_until: String,
}

/// What is given: dates as the parser reads them.
pub fn input(sent: &SentRepresentative) -> RepresentativeInput {
    let some = |text: &str| Some(text.to_owned());
    RepresentativeInput {
        given_name: some(&sent.given_name),
        family_name: some(&sent.family_name),
        codice_fiscale: some(&sent.codice_fiscale),
        title: some(&sent.title),
        title_document: some(&sent.title_document),
        valid_from: some(&as_iso(&sent.valid_from)),
        valid_until: some(&as_iso(&sent.valid_until)),
    }
}

/// The form filled with what was typed.
pub fn typed(sent: &SentRepresentative) -> RepresentativeFields {
    RepresentativeFields {
        given_name: sent.given_name.clone(),
        family_name: sent.family_name.clone(),
        codice_fiscale: sent.codice_fiscale.clone(),
        title: sent.title.clone(),
        title_document: sent.title_document.clone(),
        valid_from: sent.valid_from.clone(),
        valid_until: sent.valid_until.clone(),
    }
}

/// The form filled with what is stored.
pub fn stored(recorded: Option<&Representative>) -> RepresentativeFields {
    let Some(recorded) = recorded else {
        return RepresentativeFields::default();
    };
    let day = |day: chrono::NaiveDate| day.format("%d/%m/%Y").to_string();
    RepresentativeFields {
        given_name: recorded.given_name().as_str().to_owned(),
        family_name: recorded.family_name().as_str().to_owned(),
        codice_fiscale: recorded.codice_fiscale().as_str().to_owned(),
        title: recorded.title().as_str().to_owned(),
        title_document: recorded.title_document().to_owned(),
        valid_from: day(recorded.valid_from()),
        valid_until: recorded.valid_until().map(day).unwrap_or_default(),
    }
}
