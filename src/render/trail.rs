//! Rows of the trail as CSV.

use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use super::csv::guarded_rows;

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

/// Header and a line for each row. For Italian Excel; times in UTC, no cell that a spreadsheet would run (R58).
///
/// # Errors
/// Never in memory.
pub fn csv(lines: &[TrailLine]) -> Result<Vec<u8>, csv::Error> {
    let mut rows = vec![HEADER.map(str::to_owned).to_vec()];
    rows.extend(lines.iter().map(|line| {
        vec![
            line.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            line.actor_kind.clone(),
            line.actor_name.clone(),
            line.action.clone(),
            line.about.clone(),
            line.subject.to_string(),
            line.before.clone(),
            line.after.clone(),
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
    }
}
