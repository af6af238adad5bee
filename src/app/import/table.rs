//! Reading an uploaded list: which format it is, and a CSV row by row. Workbooks are in `workbook`.

use std::borrow::Cow;

use csv::{ByteRecord, ReaderBuilder};
use encoding_rs::WINDOWS_1252;
use thiserror::Error;

use super::workbook;
use crate::domain::field::{FieldCode, FieldErrors};
use crate::domain::import::{Cell, MAX_CELL, MAX_COLUMNS, MAX_ROWS, Row};

/// Records that are looked at to find the separator.
const LOOKED_AT: usize = 20;
/// Bytes of the text of all cells together.
const MAX_TEXT: usize = 128 * 1024 * 1024;

/// What a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    /// Text with separators.
    Csv,
    /// An Office Open XML workbook.
    Xlsx,
}

impl Format {
    /// Name in the database.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }
}

/// Why a file is not read.
#[derive(Debug, Error)]
pub(super) enum TableError {
    /// It is no list, or a cell of it cannot be taken.
    #[error("the file is not a list: {reason}")]
    Wrong {
        /// Key of the sentence.
        reason: &'static str,
        /// Line or cell.
        place: Option<String>,
    },
    /// Nobody wants more rows.
    #[error("nobody takes the rows")]
    Cut,
}

impl TableError {
    pub(super) const fn of(reason: &'static str) -> Self {
        Self::Wrong {
            reason,
            place: None,
        }
    }

    pub(super) fn at(reason: &'static str, place: impl Into<String>) -> Self {
        Self::Wrong {
            reason,
            place: Some(place.into()),
        }
    }

    /// As fields are refused; the pointer names line or cell.
    pub(super) fn into_errors(self) -> FieldErrors {
        let (reason, place) = match self {
            Self::Wrong { reason, place } => (reason, place),
            Self::Cut => ("error-import-unreadable", None),
        };
        let pointer = match place {
            Some(place) => format!("/file/{place}"),
            None => "/file".to_owned(),
        };
        let mut errors = FieldErrors::new();
        errors.push(pointer, FieldCode::Format, reason);
        errors
    }
}

/// Takes the rows of a list, its head first; false: no more.
pub(super) type Taker<'a> = dyn FnMut(Row) -> bool + 'a;

/// What a file is, by its first bytes.
///
/// # Errors
/// For what is known and not read.
pub(super) fn format_of(bytes: &[u8]) -> Result<Format, TableError> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(Format::Xlsx);
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(TableError::of("error-import-xls"));
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(TableError::of("error-import-utf16"));
    }
    if bytes.contains(&0) {
        return Err(TableError::of("error-import-not-a-list"));
    }
    Ok(Format::Csv)
}

/// Reads a list; empty rows are left out. Gives the number of rows under the head.
///
/// # Errors
/// What cannot be taken, with its place; rows given before count for nothing then.
pub(super) fn read(
    bytes: &[u8],
    format: Format,
    take: &mut Taker<'_>,
) -> Result<usize, TableError> {
    let mut counted = Counted {
        take,
        rows: 0,
        bytes: 0,
        line: 0,
        end: None,
    };
    match format {
        Format::Csv => read_csv(bytes, &mut counted)?,
        Format::Xlsx => workbook::read(bytes, &mut counted)?,
    }
    if let Some(end) = &counted.end
        && counted.rows.checked_sub(1) != Some(end.rows)
    {
        return Err(TableError::at("error-import-end", end.line.to_string()));
    }
    match counted.rows {
        0 => Err(TableError::of("error-import-empty")),
        1 => Err(TableError::of("error-import-only-head")),
        rows => Ok(rows - 1),
    }
}

/// Passes rows on, within the bounds.
pub(super) struct Counted<'a, 'b> {
    take: &'a mut Taker<'b>,
    rows: usize,
    /// Bytes of all cells so far: a workbook names a long text in few.
    bytes: usize,
    /// Line of the row before.
    line: u32,
    /// What an exported list says of itself.
    end: Option<End>,
}

/// The line by which a list that this program exported is known to be whole: `FINE;rows;sha256`. It is no person,
/// wherever a spreadsheet has put it.
struct End {
    line: u32,
    rows: usize,
}

impl End {
    fn read(row: &Row) -> Option<Self> {
        let texts = row.cells.iter().map(|cell| cell.text().trim());
        let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
        // one cell where commas part the others
        let joined = texts.join(";");
        let mut parts = joined.split(';');
        let (word, rows, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_mark = word == "FINE" && is_hash && parts.next().is_none();
        let rows = rows.parse().ok().filter(|_| is_mark)?;
        Some(Self {
            line: row.line,
            rows,
        })
    }
}

impl Counted<'_, '_> {
    pub(super) fn row(&mut self, row: Row) -> Result<(), TableError> {
        if row.cells.iter().all(|cell| cell.text().trim().is_empty()) {
            return Ok(());
        }
        if self.rows > MAX_ROWS {
            let place = row.line.to_string();
            return Err(TableError::at("error-import-rows", place));
        }
        if row.line <= self.line {
            // a workbook says its lines itself; each names its row once
            return Err(TableError::of("error-import-unreadable"));
        }
        self.line = row.line;
        if let Some(end) = End::read(&row) {
            self.end = Some(end);
            return Ok(());
        }
        self.rows += 1;
        let sizes = row.cells.iter().map(|cell| cell.text().len());
        self.bytes = self.bytes.saturating_add(sizes.sum::<usize>());
        if self.bytes > MAX_TEXT {
            return Err(TableError::of("error-import-inflates"));
        }
        let taken = (self.take)(row);
        taken.then_some(()).ok_or(TableError::Cut)
    }
}

fn read_csv(bytes: &[u8], counted: &mut Counted<'_, '_>) -> Result<(), TableError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let is_utf8 = std::str::from_utf8(bytes).is_ok();
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(bytes))
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let mut record = ByteRecord::new();
    let mut lines = Lines { at: 0, line: 1 };
    loop {
        let more = reader.read_byte_record(&mut record);
        if !more.map_err(|_| TableError::of("error-import-not-a-list"))? {
            return Ok(());
        }
        if record.get(0) == Some(b"sep=") {
            continue;
        }
        let start = record.position().map_or(0, csv::Position::byte);
        let line = lines.at(bytes, start);
        if record.len() > MAX_COLUMNS {
            return Err(TableError::at("error-import-columns", line.to_string()));
        }
        let mut cells = Vec::with_capacity(record.len());
        for (column, field) in record.iter().enumerate() {
            if field.len() > MAX_CELL * 4 {
                return Err(too_long(field, line, column));
            }
            let text = if is_utf8 {
                String::from_utf8_lossy(field)
            } else {
                windows_1252(field, line, column)?
            };
            if text.chars().count() > MAX_CELL {
                return Err(too_long(field, line, column));
            }
            cells.push(Cell::Text(text.into_owned()));
        }
        counted.row(Row { line, cells })?;
    }
}

/// Counts lines on the way through a file. The reader's own count is one short after CRLF.
struct Lines {
    at: usize,
    line: u32,
}

impl Lines {
    /// The line of the record that begins at a byte, or after the line ends that stand there.
    fn at(&mut self, bytes: &[u8], start: u64) -> u32 {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let rest = bytes.get(start..).unwrap_or_default();
        let ends = rest
            .iter()
            .take_while(|byte| b"\r\n".contains(byte))
            .count();
        let until = start.saturating_add(ends);
        let passed = bytes.get(self.at..until).unwrap_or_default();
        let passed = breaks(passed);
        self.line = self
            .line
            .saturating_add(u32::try_from(passed).unwrap_or(u32::MAX));
        self.at = until;
        self.line
    }
}

/// Line breaks.
fn breaks(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').count() - 1
}

/// A cell that goes on over many lines is one whose quotes are never closed.
fn too_long(field: &[u8], line: u32, column: usize) -> TableError {
    let reason = if breaks(field) > 20 {
        "error-import-quotes"
    } else {
        "error-import-cell-long"
    };
    TableError::at(reason, place(column, line))
}

/// Text of Excel on Windows; five of its bytes mean nothing.
fn windows_1252(field: &[u8], line: u32, column: usize) -> Result<Cow<'_, str>, TableError> {
    let is_nothing = |byte: &u8| matches!(byte, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D);
    if field.iter().any(is_nothing) {
        let place = place(column, line);
        return Err(TableError::at("error-import-encoding", place));
    }
    Ok(WINDOWS_1252.decode_without_bom_handling(field).0)
}

/// The separator that gives the first records the most columns.
fn delimiter(bytes: &[u8]) -> u8 {
    // Excel's line that says which
    if let Some(rest) = bytes.strip_prefix(b"sep=")
        && let Some(given) = rest.first().filter(|byte| b";,\t".contains(byte))
    {
        return *given;
    }
    let columns = |delimiter: u8| {
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes.get(..64 * 1024).unwrap_or(bytes));
        let records = reader.byte_records().take(LOOKED_AT).flatten();
        records.map(|record| record.len()).next().unwrap_or(0)
    };
    let counted = b",\t;".map(|delimiter| (columns(delimiter), delimiter));
    counted.into_iter().max().map_or(b';', |(_, best)| best)
}

/// `C17`: a cell as spreadsheets name it.
pub(super) fn place(column: usize, line: u32) -> String {
    format!("{}{line}", letters(column))
}

/// `A`, `B`, ..., `Z`, `AA`: a column as spreadsheets name it.
pub fn letters(column: usize) -> String {
    let mut rest = column + 1;
    let mut letters = Vec::new();
    while rest > 0 {
        rest -= 1;
        let letter = u32::try_from(rest % 26)
            .ok()
            .and_then(|place| char::from_u32(65 + place));
        letters.extend(letter);
        rest /= 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Result<Vec<Vec<String>>, String> {
        let mut rows = Vec::new();
        let mut take = |row: Row| {
            let cells = row.cells.iter().map(|cell| cell.text().to_owned());
            rows.push(cells.collect());
            true
        };
        let format = format_of(bytes).map_err(|error| format!("{error:?}"))?;
        read(bytes, format, &mut take).map_err(|error| format!("{error:?}"))?;
        Ok(rows)
    }

    #[test]
    fn separators_marks_and_old_encodings_are_found() {
        let wanted = vec![
            vec!["Nome".to_owned(), "Città".to_owned()],
            vec!["Zoë".to_owned(), "Forlì".to_owned()],
        ];
        for text in [
            "Nome;Città\nZoë;Forlì\n",
            "\u{feff}Nome,Città\r\n\r\nZoë,Forlì",
            "Nome\tCittà\n\"Zoë\"\tForlì\n",
        ] {
            assert_eq!(rows(text.as_bytes()).unwrap(), wanted, "{text}");
        }
        assert_eq!(rows(b"Nome;Citt\xE0\nZo\xEB;Forl\xEC\n").unwrap(), wanted);
    }

    #[test]
    fn what_is_no_list_is_told_with_its_place() {
        let wrong = |bytes: &[u8]| rows(bytes).unwrap_err();
        assert!(wrong(&[0xD0, 0xCF, 0x11, 0xE0, 0]).contains("error-import-xls"));
        assert!(wrong(&[0xFF, 0xFE, b'a', 0]).contains("error-import-utf16"));
        assert!(wrong(b"a;b\0").contains("error-import-not-a-list"));
        assert!(wrong(b"").contains("error-import-empty"));
        assert!(wrong(b"a;b\n;\n").contains("error-import-only-head"));
        assert!(wrong(b"a;b\nx;\x81\xE0\n").contains("B2"));
        let quotes = format!("a;b\n1;\"{}", "x;y\n".repeat(5_000));
        let told = wrong(quotes.as_bytes());
        assert!(
            told.contains("error-import-quotes") && told.contains("B2"),
            "{told}"
        );
        let wide = format!("a;b\n{}\n", ";x".repeat(17_000));
        assert!(wrong(wide.as_bytes()).contains("error-import-columns"));
        let long = format!("a;b\nx;{}\n", "y".repeat(2_001));
        assert!(wrong(long.as_bytes()).contains("error-import-cell-long"));
    }

    #[test]
    fn r58_the_last_line_of_an_exported_list_is_no_person_and_its_count_is_held_to() {
        let hash = "ab".repeat(32);
        let wanted = vec![vec!["a", "b"], vec!["1", "x"], vec!["2", "y"]];
        for text in [
            format!("a;b\r\n1;x\r\n2;y\r\nFINE;2;{hash}\r\n"),
            format!("a,b\n1,x\n2,y\nFINE;2;{hash}\n"),
            // sorted and saved again: every line has all columns
            format!("a;b;c;d\n1;x;;\nFINE;2;{hash};\n2;y;;\n"),
        ] {
            let rows = rows(text.as_bytes()).unwrap();
            let rows: Vec<&[String]> = rows.iter().map(|row| &row[..2]).collect();
            assert_eq!(rows, wanted, "{text}");
        }
        let cut = rows(format!("a;b\n1;x\nFINE;2;{hash}\n").as_bytes()).unwrap_err();
        assert!(
            cut.contains("error-import-end") && cut.contains("\"3\""),
            "{cut}"
        );
        // a list of nobody has no rows, as any other
        let empty = rows(format!("a;b\nFINE;0;{hash}\n").as_bytes()).unwrap_err();
        assert!(empty.contains("error-import-only-head"), "{empty}");
        // and somebody may be called so
        let person = rows(b"a;b\nFINE;2\n").unwrap();
        assert_eq!(person.len(), 2);
    }

    #[test]
    fn lines_are_those_of_the_file_whatever_ends_them() {
        for end in ["\n", "\r\n"] {
            let text = ["a;b", "1;\"x", "y\"", "", "2;z", ""].join(end);
            let mut lines = Vec::new();
            let mut take = |row: Row| {
                lines.push(row.line);
                true
            };
            read(text.as_bytes(), Format::Csv, &mut take).unwrap();
            assert_eq!(lines, [1, 2, 5], "{end:?}");
        }
    }

    #[test]
    fn columns_are_named_as_spreadsheets_do() {
        for (column, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(letters(column), name);
        }
    }
}
