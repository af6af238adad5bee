//! The report of an import as CSV for Italian Excel: no cell that a spreadsheet would run (R58), nothing that
//! stood in a cell of the list.

use super::csv::{guarded_lines, guarded_rows};
use super::text::Text;

/// A line of the report, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportLine {
    /// Line of the file.
    pub line: u32,
    /// Word of what became of it.
    pub outcome: &'static str,
    /// The same in words.
    pub said: String,
    /// Reference of the record, in groups; empty for none.
    pub reference: String,
    /// Column as spreadsheets name it.
    pub column: String,
    /// Its header.
    pub header: String,
    /// What is wrong.
    pub reason: String,
}

/// Byte order mark and header.
///
/// # Errors
/// Never in memory.
pub fn head(text: Text) -> Result<Vec<u8>, csv::Error> {
    let names = ["line", "outcome", "reference", "column", "header", "reason"];
    let names = names.map(|name| text.word("import-report", name));
    guarded_rows(&[names.to_vec()])
}

/// Lines after the header.
///
/// # Errors
/// Never in memory.
pub fn lines(lines: &[ReportLine]) -> Result<Vec<u8>, csv::Error> {
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|line| {
            vec![
                line.line.to_string(),
                line.said.clone(),
                line.reference.clone(),
                line.column.clone(),
                line.header.clone(),
                line.reason.clone(),
            ]
        })
        .collect();
    guarded_lines(&rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r58_a_header_of_somebody_elses_list_is_no_formula() {
        let line = ReportLine {
            line: 2,
            outcome: "refused",
            said: "rifiutata".to_owned(),
            reference: String::new(),
            column: "C".to_owned(),
            header: "=HYPERLINK(\"x\")".to_owned(),
            reason: "no".to_owned(),
        };
        let text = String::from_utf8(lines(&[line]).unwrap()).unwrap();
        assert!(
            text.contains("'=HYPERLINK") && !text.contains(";=") && !text.contains(";\"="),
            "{text}"
        );
        assert!(!text.starts_with('\u{feff}'));
    }
}
