//! Rows of the trail as CSV.

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Europe::Rome;
use uuid::Uuid;

use super::csv::guarded_rows;
use super::text::Text;
use crate::domain::language::Language;

/// Columns.
pub const HEADER: [&str; 9] = [
    "quando",
    "chi",
    "nome",
    "azione",
    "riguarda",
    "id",
    "stato_prima",
    "stato_dopo",
    "dettagli",
];

/// A row.
#[derive(Clone, Debug)]
pub struct TrailLine {
    /// When, UTC.
    pub at: DateTime<Utc>,
    /// Kind of who acted.
    pub actor_kind: String,
    /// Name of the staff member.
    pub actor_name: String,
    /// Verb.
    pub action: String,
    /// Reference or name of what it is about.
    pub about: String,
    /// Id of that.
    pub subject: Uuid,
    /// State before.
    pub before: String,
    /// State after.
    pub after: String,
    /// Ids and codes, as JSON.
    pub detail: String,
}

/// Header and a line for each row, in the words of the page. For Italian Excel; times of Rome, no cell that a spreadsheet would run (R58).
///
/// # Errors
/// Never in memory.
pub fn csv(lines: &[TrailLine]) -> Result<Vec<u8>, csv::Error> {
    let text = Text::new(Language::It);
    let state = |word: &str| match word {
        "" => String::new(),
        word => text.word("state", word),
    };
    let mut rows = vec![HEADER.map(str::to_owned).to_vec()];
    rows.extend(lines.iter().map(|line| {
        vec![
            line.at
                .with_timezone(&Rome)
                .to_rfc3339_opts(SecondsFormat::Micros, false),
            text.word("actor", &line.actor_kind),
            line.actor_name.clone(),
            text.word("trail-action", &line.action),
            line.about.clone(),
            line.subject.to_string(),
            state(&line.before),
            state(&line.after),
            line.detail.clone(),
        ]
    }));
    guarded_rows(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r58_a_name_is_no_formula() {
        let line = TrailLine {
            at: "2026-03-02T08:30:00Z".parse().unwrap(),
            actor_kind: "staff".to_owned(),
            actor_name: "=HYPERLINK(\"x\")".to_owned(),
            action: "view_claimant".to_owned(),
            about: "ABCD".to_owned(),
            subject: Uuid::nil(),
            before: String::new(),
            after: String::new(),
            detail: "{}".to_owned(),
        };
        let text = String::from_utf8(csv(&[line]).unwrap()).unwrap();
        assert!(!text.contains(";=") && !text.contains(";\"="), "{text}");
        assert_eq!(text.lines().count(), 2);
        let told = "2026-03-02T09:30:00.000000+01:00;associazione;";
        assert!(text.contains(told), "{text}");
        assert!(text.contains(";Dati visti in chiaro;"), "{text}");
    }
}
