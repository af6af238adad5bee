//! The list of signed declarations of a dossier, to be read and printed.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::Serialize;
use typst::comemo;

use super::italian::euro_in_words;
use super::world::{DocumentWorld, Shared};
use super::{DocumentError, options, printable_values, typeset};
use crate::domain::outage::day_in_rome;
use crate::render::csv::IndexLine;

/// A part of the list.
pub struct SignedList {
    /// Title of the case.
    pub case: String,
    /// Name of the association.
    pub association: String,
    /// The moment it shows, UTC.
    pub as_of: DateTime<Utc>,
    /// Number of the first line.
    pub first: u64,
    /// Number of the last line.
    pub last: u64,
    /// The lines.
    pub lines: Vec<ListLine>,
}

/// A line: every value as it shall be read.
#[derive(Serialize)]
pub struct ListLine {
    number: String,
    reference: String,
    name: String,
    codice_fiscale: String,
    signed_on: String,
    tier: String,
    total: String,
    folder: String,
    #[serde(skip)]
    cents: i64,
    #[serde(skip)]
    open_items: u64,
}

impl SignedList {
    /// What all its lines ask for together.
    fn total(&self) -> String {
        let lines = self.lines.iter();
        total(
            lines.clone().map(|line| line.cents).sum(),
            lines.map(|line| line.open_items).sum(),
        )
    }
}

impl ListLine {
    /// The line of the index, and the folder it is about.
    pub fn of(line: &IndexLine, folder: &str) -> Self {
        let (cents, open_items) = (cents(&line.totale), line.voci_da_liquidare);
        Self {
            number: line.progressivo.to_string(),
            reference: line.id_pratica.clone(),
            name: line.nominativo.clone(),
            codice_fiscale: line.codice_fiscale.clone(),
            signed_on: line
                .data_firma
                .split('-')
                .rev()
                .collect::<Vec<_>>()
                .join("/"),
            tier: line.tipo_firma.clone(),
            total: cents.map_or_else(|| line.totale.clone(), |it| total(it, open_items)),
            folder: folder.to_owned(),
            cents: cents.unwrap_or(0),
            open_items,
        }
    }
}

/// Cents of a sum with two decimals, as the index has it in either dialect; it is empty where no item has an amount.
fn cents(sum: &str) -> Option<i64> {
    if sum.is_empty() {
        return Some(0);
    }
    let (whole, rest) = sum.split_once([',', '.'])?;
    format!("{whole}{rest}").parse().ok()
}

/// A sum, and how many items come on top of it; a zero stands nowhere where they are all there is.
fn total(cents: i64, open_items: u64) -> String {
    let sum = euro_in_words(cents);
    let sum = sum.trim_end_matches(" EUR");
    match (cents, open_items) {
        (_, 0) => sum.to_owned(),
        (0, 1) => "1 voce da liquidare".to_owned(),
        (0, count) => format!("{count} voci da liquidare"),
        (_, count) => format!("{sum} + {count} da liquidare"),
    }
}

#[derive(Serialize)]
struct Printed<'a> {
    case: &'a str,
    association: &'a str,
    as_of: String,
    first: String,
    last: String,
    total: String,
    lines: &'a [ListLine],
}

/// The list as PDF/A-2a, tagged. Takes one core for about a second for 500 lines.
///
/// # Errors
/// [`DocumentError`]; the values are wrong or the program is.
pub fn signed_list(list: &SignedList) -> Result<Vec<u8>, DocumentError> {
    let shared = Shared::get().ok_or(DocumentError::Incomplete)?;
    let day = day_in_rome(list.as_of);
    let printed = Printed {
        case: &list.case,
        association: &list.association,
        as_of: day.format("%d/%m/%Y").to_string(),
        first: list.first.to_string(),
        last: list.last.to_string(),
        total: list.total(),
        lines: &list.lines,
    };
    let values = printable_values(shared, &printed)?;
    let values = serde_json::to_vec(&values).map_err(DocumentError::Values)?;
    let identifier = format!("list {} {} {}", list.first, list.last, list.as_of);
    let options = options(identifier, day)?;
    let pdf = typeset(&DocumentWorld::list(shared, values), &options);
    // the words of people are not kept for the next
    comemo::evict(0);
    pdf
}

impl fmt::Debug for SignedList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SignedList({} to {})", self.first, self.last)
    }
}

impl fmt::Debug for ListLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ListLine(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_zero_stands_where_the_judge_values_all() {
        let line = |totale: &str, voci_da_liquidare: u64| IndexLine {
            progressivo: 1,
            file: String::new(),
            id_pratica: String::new(),
            versione: 1,
            qualita: String::new(),
            nominativo: String::new(),
            codice_fiscale: String::new(),
            stato: String::new(),
            tipo_firma: String::new(),
            data_firma: "2026-03-02".to_owned(),
            totale: totale.to_owned(),
            sha256: String::new(),
            voci_da_liquidare,
            attestazione: String::new(),
        };
        for (sum, open_items, shown) in [
            ("12,50", 0, "12,50"),
            ("1234567,05", 0, "1.234.567,05"),
            ("1234.50", 1, "1.234,50 + 1 da liquidare"),
            ("12,50", 2, "12,50 + 2 da liquidare"),
            ("0,00", 0, "0,00"),
            ("", 1, "1 voce da liquidare"),
            ("", 2, "2 voci da liquidare"),
        ] {
            assert_eq!(ListLine::of(&line(sum, open_items), "a").total, shown);
        }
        let lines = [("1234,50", 0), ("0,00", 2), ("12,50", 1)];
        let list = SignedList {
            case: String::new(),
            association: String::new(),
            as_of: DateTime::UNIX_EPOCH,
            first: 1,
            last: 3,
            lines: lines
                .map(|(sum, open_items)| ListLine::of(&line(sum, open_items), "a"))
                .into(),
        };
        assert_eq!(list.total(), "1.247,00 + 3 da liquidare");
    }
}
