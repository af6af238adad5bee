//! The cases that something is for, as a form chooses them: a role, an invitation, a key. All, or these.

use std::collections::BTreeMap;

use crate::app::claimant_list::OwnCase;
use crate::render::page::console::CaseChoice;

/// Slugs of the cases chosen; `None` for all, which somebody said: who said neither is asked which.
pub(super) fn chosen(reach: &str, cases: &BTreeMap<String, String>) -> Option<Vec<String>> {
    (reach != "all").then(|| cases.keys().cloned().collect())
}

/// Cases to choose from, some of them chosen.
pub(super) fn choices(cases: &[OwnCase], is_chosen: impl Fn(&OwnCase) -> bool) -> Vec<CaseChoice> {
    let choice = |own: &OwnCase| CaseChoice {
        slug: own.case.slug.clone(),
        title: own.case.title.clone(),
        chosen: is_chosen(own),
    };
    cases.iter().map(choice).collect()
}
