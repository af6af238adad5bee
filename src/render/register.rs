//! The register of breaches as CSV, for the authority (R63).

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Europe::Rome;
use uuid::Uuid;

use super::csv::guarded_rows;
use super::text::Text;
use crate::domain::breach::Breach;
use crate::domain::language::Language;

/// Columns of the register.
pub const BREACH_HEADER: [&str; 18] = [
    "id",
    "versione",
    "scritta_il",
    "scritta_da",
    "che_cosa_e_successo",
    "conoscenza",
    "scadenza_72_ore",
    "termine",
    "categorie_persone",
    "numero_persone",
    "categorie_dati",
    "numero_registrazioni",
    "conseguenze",
    "misure",
    "notifica_garante",
    "motivi_ritardo_o_mancata_notifica",
    "comunicazione_interessati",
    "chiusa_il",
];

/// A version of an entry.
#[derive(Clone, Debug)]
pub struct BreachLine {
    /// The entry.
    pub id: Uuid,
    /// Number of the version.
    pub version: i32,
    /// What it says.
    pub breach: Breach,
    /// When the 72 hours end, UTC.
    pub due_at: DateTime<Utc>,
    /// Word of how the term stands.
    pub deadline: &'static str,
    /// When the entry was closed, UTC.
    pub closed_at: Option<DateTime<Utc>>,
    /// When the version was written, UTC.
    pub written_at: DateTime<Utc>,
    /// Name of who wrote it; the id where nobody is known by it any more.
    pub written_by: String,
}

/// The register: header and a line for each version. For Italian Excel; times of Rome, no cell that a
/// spreadsheet would run (R58).
///
/// # Errors
/// Never in memory.
pub fn breaches(lines: &[BreachLine]) -> Result<Vec<u8>, csv::Error> {
    let mut rows = vec![BREACH_HEADER.map(str::to_owned).to_vec()];
    rows.extend(lines.iter().map(row));
    guarded_rows(&rows)
}

fn row(line: &BreachLine) -> Vec<String> {
    let instant = |at: DateTime<Utc>| {
        at.with_timezone(&Rome)
            .to_rfc3339_opts(SecondsFormat::Secs, false)
    };
    let maybe = |at: Option<DateTime<Utc>>| at.map(instant).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let number = |count: Option<i64>| count.map(|count| count.to_string()).unwrap_or_default();
    let breach = &line.breach;
    vec![
        line.id.to_string(),
        line.version.to_string(),
        instant(line.written_at),
        line.written_by.clone(),
        breach.what_happened.clone(),
        instant(breach.noticed_at),
        instant(line.due_at),
        Text::new(Language::It).word("breach-deadline", line.deadline),
        text(&breach.people_categories),
        number(breach.people),
        text(&breach.data_categories),
        number(breach.records),
        text(&breach.consequences),
        text(&breach.measures),
        maybe(breach.notified_at),
        text(&breach.delay_reason),
        maybe(breach.communicated_at),
        maybe(line.closed_at),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r58_a_register_for_the_authority_has_no_cell_that_runs() {
        let at: DateTime<Utc> = "2026-03-02T08:30:00Z".parse().unwrap();
        let line = BreachLine {
            id: Uuid::nil(),
            version: 2,
            breach: Breach {
                what_happened: "=1+1; fine".to_owned(),
                noticed_at: at,
                people_categories: None,
                people: Some(12),
                data_categories: None,
                records: None,
                consequences: None,
                measures: Some("a\nb".to_owned()),
                notified_at: Some(at),
                delay_reason: None,
                communicated_at: None,
                closed: false,
            },
            due_at: at,
            deadline: "notified",
            closed_at: None,
            written_at: at,
            written_by: "Nome owner".to_owned(),
        };
        let text = String::from_utf8(breaches(&[line]).unwrap()).unwrap();
        assert!(
            text.starts_with('\u{FEFF}'),
            "Excel reads UTF-8 by the mark"
        );
        assert!(
            text.contains(";\"'=1+1; fine\";2026-03-02T09:30:00+01:00;"),
            "{text}"
        );
        assert!(
            text.contains(";Nome owner;") && text.contains(";notificata in tempo;"),
            "{text}"
        );
        assert!(text.contains(";12;") && text.contains("\"a\nb\""));
        let columns = text.lines().next().unwrap().split(';').count();
        assert_eq!(columns, BREACH_HEADER.len());
    }
}
