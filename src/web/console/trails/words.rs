//! Rows of the trail in words: what a row is about where that is no person, and its ids and codes.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use crate::render::text::Text;

/// What the rows of a verb are about, and the page of it without the id; by the beginning of the verb, the first
/// that fits. None of these are people.
const ABOUT: [(&str, &str, Option<&str>); 27] = [
    ("export_breaches", "association", None),
    ("export_trail", "other", None),
    ("export_", "export", Some("exports")),
    ("import_", "import", Some("imports")),
    ("bulk_", "bulk", Some("bulk-actions")),
    ("sample_", "sample", Some("sample-checks")),
    ("take_sample_file", "sample", Some("sample-checks")),
    ("discard_case", "case", None),
    ("create_case", "case", Some("case-desk")),
    ("write_case", "case", Some("case-desk")),
    ("propose_case", "case", Some("case-desk")),
    ("return_case", "case", Some("case-desk")),
    ("publish_case", "case", Some("case-desk")),
    ("withdraw_case", "case", Some("case-desk")),
    ("set_case_state", "case", Some("case-desk")),
    ("publish_update", "update", None),
    ("withdraw_update", "update", None),
    ("partner_", "partner", Some("partners")),
    ("webhook_", "partner", None),
    ("open_breach", "breach", Some("breaches")),
    ("update_breach", "breach", Some("breaches")),
    ("view_scam_report", "scam-report", None),
    ("handle_scam_report", "scam-report", None),
    ("write_demand_letter", "letter", Some("demand-letters")),
    ("invite_staff", "invitation", None),
    ("invitation_", "invitation", None),
    ("retry_mail", "mail", None),
];

/// What a row is about that is about no person: its kind, the end of its id, and its page.
pub(super) fn about(action: &str, subject: Uuid) -> (&'static str, String, Option<String>) {
    let found = ABOUT.iter().find(|(verb, ..)| action.starts_with(*verb));
    let (kind, page) = found.map_or(("other", None), |(_, kind, page)| (*kind, *page));
    let href = page.map(|page| format!("/console/{page}/{subject}"));
    (kind, short(&subject.to_string()), href)
}

/// The last characters of an id: enough to compare.
fn short(id: &str) -> String {
    let letters: Vec<char> = id.chars().rev().take(8).collect();
    letters.into_iter().rev().collect()
}

/// Ids and codes as one line in words, of staff the names; versions of keys say nothing to people.
pub(super) fn details(detail: &Value, named: &HashMap<String, String>, text: Text) -> String {
    let Value::Object(fields) = detail else {
        return String::new();
    };
    let shown = fields.iter().filter(|(name, _)| *name != "key_version");
    let words = shown.map(|(name, value)| {
        let label = text.word("trail-field", name);
        format!("{label}: {}", told(name, value, named, text))
    });
    words.collect::<Vec<_>>().join(", ")
}

/// A value of a detail.
fn told(field: &str, value: &Value, named: &HashMap<String, String>, text: Text) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(yes) => text.word("trail-value", &yes.to_string()),
        Value::Array(values) => {
            let values = values.iter().map(|value| told(field, value, named, text));
            values.collect::<Vec<_>>().join(" ")
        }
        Value::String(word) => match (named.get(word), field) {
            (Some(name), _) => name.clone(),
            (None, "tier") => text.word("tier", word),
            (None, "queue") => text.word("console-queue", word),
            (None, "state") => text.word("state", word),
            (None, _) if Uuid::try_parse(word).is_ok() => short(word),
            (None, _) => word.clone(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::language::Language;

    const ID: Uuid = Uuid::from_u128(0x2634_2aca);

    #[test]
    fn what_is_no_person_has_a_kind_and_a_page_where_there_is_one() {
        let (kind, name, href) = about("export_approved", ID);
        assert_eq!((kind, name.as_str()), ("export", "26342aca"));
        assert_eq!(href, Some(format!("/console/exports/{ID}")));
        assert_eq!(about("publish_update", ID).0, "update");
        assert_eq!(about("publish_update", ID).2, None);
        // a trail that was taken along is of somebody, not an export of the list
        assert_eq!(about("export_trail", ID).2, None);
        assert_eq!(about("sign", ID).0, "other");
    }

    #[test]
    fn details_are_words_and_names() {
        let someone = Uuid::from_u128(9).to_string();
        let named = HashMap::from([(someone.clone(), "Olga".to_owned())]);
        let detail = json!({
            "key_version": 1, "request": ID, "tier": "otp", "to": someone, "given": true, "due_on": null, "rows": 3,
        });
        let said = details(&detail, &named, Text::new(Language::It));
        for part in [
            "Tipo di firma: Firmata con un codice via e-mail",
            "Richiesta: 26342aca",
            "A: Olga",
            "Dato: sì",
            "Entro il: –",
            "Righe: 3",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(!said.contains("key_version") && !said.contains("otp"));
        assert_eq!(details(&json!([]), &named, Text::new(Language::It)), "");
    }
}
