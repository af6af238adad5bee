//! The first sheet of an XLSX workbook, row by row, in bounded memory.
//!
//! Nothing is believed that the file says of itself: sizes and counts are those of what was really read, and
//! whatever goes over a bound ends the reading. No formula is computed: a cell holds the value it was saved with.

use std::io::Cursor;

use zip::ZipArchive;

use super::table::{Counted, TableError, place};
use crate::domain::import::{Cell, MAX_CELL, MAX_COLUMNS, Row};

mod xml;

use xml::{Archive, Attributes, TOO_LARGE, Tag, UNREADABLE, open};

/// Bytes of the texts that cells share.
const MAX_TEXTS: usize = 64 * 1024 * 1024;
/// How many texts cells share.
const MAX_TEXT_COUNT: usize = 2_000_000;
/// Parts of a workbook.
const MAX_PARTS: usize = 2_000;

/// Reads the rows of the first sheet.
pub(super) fn read(bytes: &[u8], counted: &mut Counted<'_, '_>) -> Result<(), TableError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| UNREADABLE)?;
    if archive.len() > MAX_PARTS {
        return Err(TOO_LARGE);
    }
    let sheet = first_sheet(&mut archive)?;
    let texts = texts(&mut archive)?;
    let mut xml = open(&mut archive, &sheet)?.ok_or(UNREADABLE)?;
    let mut sheet = Sheet::default();
    while let Some(tag) = xml.next()? {
        match tag {
            Tag::Open(name, attributes) => sheet.open(&name, &attributes),
            Tag::Close(name) => sheet.close(&name, &texts, counted)?,
            Tag::Text(text) => sheet.text(&text)?,
        }
    }
    Ok(())
}

/// The path of the sheet that stands first.
fn first_sheet(archive: &mut Archive<'_>) -> Result<String, TableError> {
    const USUAL: &str = "xl/worksheets/sheet1.xml";
    let mut id = None;
    if let Some(mut xml) = open(archive, "xl/workbook.xml")? {
        while let Some(tag) = xml.next()? {
            if let Tag::Open(name, attributes) = tag
                && name == "sheet"
                && id.is_none()
            {
                id = attributes.of("id");
            }
        }
    }
    let mut target = None;
    if let Some(mut xml) = open(archive, "xl/_rels/workbook.xml.rels")? {
        while let Some(tag) = xml.next()? {
            if let Tag::Open(name, attributes) = tag
                && name == "Relationship"
                && id.is_some()
                && attributes.of("Id") == id
            {
                target = attributes.of("Target");
            }
        }
    }
    Ok(match target {
        Some(target) => match target.strip_prefix('/') {
            Some(absolute) => absolute.to_owned(),
            None => format!("xl/{target}"),
        },
        None => USUAL.to_owned(),
    })
}

/// The texts that cells share, by number.
fn texts(archive: &mut Archive<'_>) -> Result<Vec<Box<str>>, TableError> {
    let mut texts: Vec<Box<str>> = Vec::new();
    let Some(mut xml) = open(archive, "xl/sharedStrings.xml")? else {
        return Ok(texts);
    };
    let (mut bytes, mut text) = (0_usize, String::new());
    // how a word is read aloud stands beside it
    let (mut within, mut aloud) = (false, false);
    while let Some(tag) = xml.next()? {
        match tag {
            Tag::Open(name, _) => match name.as_str() {
                "t" => within = !aloud,
                "rPh" => aloud = true,
                _ => {}
            },
            Tag::Text(more) if within => {
                bytes = bytes.saturating_add(more.len());
                if bytes > MAX_TEXTS {
                    return Err(TOO_LARGE);
                }
                text.push_str(&more);
            }
            Tag::Text(_) => {}
            Tag::Close(name) => match name.as_str() {
                "t" => within = false,
                "rPh" => aloud = false,
                "si" => {
                    if texts.len() == MAX_TEXT_COUNT {
                        return Err(TOO_LARGE);
                    }
                    texts.push(std::mem::take(&mut text).into_boxed_str());
                }
                _ => {}
            },
        }
    }
    Ok(texts)
}

/// The sheet while it is read.
#[derive(Default)]
struct Sheet {
    line: u32,
    column: usize,
    cells: Vec<Cell>,
    kind: String,
    value: String,
    within: bool,
    aloud: bool,
}

impl Sheet {
    fn open(&mut self, name: &str, attributes: &Attributes) {
        match name {
            "row" => {
                let told = attributes.of("r").and_then(|line| line.parse().ok());
                self.line = told.unwrap_or_else(|| self.line.saturating_add(1));
                self.cells.clear();
                self.column = 0;
            }
            "c" => {
                if let Some(column) = attributes.of("r").and_then(|name| column_of(&name)) {
                    self.column = column;
                }
                self.kind = attributes.of("t").unwrap_or_default();
                self.value.clear();
            }
            "v" | "t" => self.within = !self.aloud,
            "rPh" => self.aloud = true,
            _ => {}
        }
    }

    fn text(&mut self, text: &str) -> Result<(), TableError> {
        if self.within {
            if self.value.len() + text.len() > MAX_CELL * 4 {
                return Err(self.wrong("error-import-cell-long"));
            }
            self.value.push_str(text);
        }
        Ok(())
    }

    fn close(
        &mut self,
        name: &str,
        texts: &[Box<str>],
        counted: &mut Counted<'_, '_>,
    ) -> Result<(), TableError> {
        match name {
            "v" | "t" => self.within = false,
            "rPh" => self.aloud = false,
            "c" => {
                let cell = self.cell(texts)?;
                if cell.text().chars().count() > MAX_CELL {
                    return Err(self.wrong("error-import-cell-long"));
                }
                if !cell.text().is_empty() {
                    if self.column >= MAX_COLUMNS {
                        return Err(self.wrong("error-import-columns"));
                    }
                    // a column may be told twice, the later one counts
                    if self.cells.len() <= self.column {
                        let empty = Cell::Text(String::new());
                        self.cells.resize(self.column + 1, empty);
                    }
                    if let Some(there) = self.cells.get_mut(self.column) {
                        *there = cell;
                    }
                }
                self.column = self.column.saturating_add(1);
            }
            "row" => {
                let cells = std::mem::take(&mut self.cells);
                counted.row(Row {
                    line: self.line,
                    cells,
                })?;
            }
            _ => {}
        }
        Ok(())
    }

    fn cell(&mut self, texts: &[Box<str>]) -> Result<Cell, TableError> {
        let value = std::mem::take(&mut self.value);
        Ok(match self.kind.as_str() {
            "s" => {
                let number: Option<usize> = value.trim().parse().ok();
                let text = number.and_then(|number| texts.get(number));
                let text = text.ok_or_else(|| self.wrong("error-import-unreadable"))?;
                Cell::Text(text.to_string())
            }
            "str" | "inlineStr" | "d" | "b" => Cell::Text(value),
            "e" => Cell::Fault { e: value },
            _ if value.is_empty() => Cell::Text(value),
            _ => Cell::Number { n: value },
        })
    }

    fn wrong(&self, reason: &'static str) -> TableError {
        TableError::at(reason, place(self.column, self.line))
    }
}

/// The column of `C17`, from 0.
fn column_of(name: &str) -> Option<usize> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic);
    let column = letters.take(4).fold(0_usize, |column, letter| {
        column * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1
    });
    column.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::super::table::{self, Format};
    use super::*;

    fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            let options = zip::write::SimpleFileOptions::default();
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn rows(bytes: &[u8]) -> Result<Vec<(u32, Vec<Cell>)>, String> {
        let mut rows = Vec::new();
        let mut take = |row: Row| {
            rows.push((row.line, row.cells));
            true
        };
        table::read(bytes, Format::Xlsx, &mut take).map_err(|error| format!("{error:?}"))?;
        Ok(rows)
    }

    fn sheet(cells: &str) -> Vec<u8> {
        let sheet = format!("<worksheet><sheetData>{cells}</sheetData></worksheet>");
        zipped(&[("xl/worksheets/sheet1.xml", sheet.as_bytes())])
    }

    #[test]
    fn cells_keep_their_kind_and_place() {
        let texts = "<sst><si><t>E-mail</t></si><si><r><t>Ro</t></r><r><t>ma &amp; c</t></r><rPh><t>x</t></rPh></si></sst>";
        let cells = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"C1\" t=\"inlineStr\"><is><t>CAP</t></is></c></row>\
            <row r=\"4\"><c r=\"A4\" t=\"s\"><v>1</v></c><c r=\"B4\"/><c r=\"C4\"><v>184</v></c><c><f>1/0</f><v>7</v></c><c t=\"e\"><v>#N/A</v></c></row>";
        let book = zipped(&[
            ("xl/workbook.xml", b"<workbook><sheets><sheet name=\"a\" r:id=\"r7\"/></sheets></workbook>"),
            ("xl/_rels/workbook.xml.rels", b"<Relationships><Relationship Id=\"r7\" Target=\"worksheets/elenco.xml\"/></Relationships>"),
            ("xl/sharedStrings.xml", texts.as_bytes()),
            ("xl/worksheets/elenco.xml", format!("<worksheet><sheetData>{cells}</sheetData></worksheet>").as_bytes()),
        ]);
        let rows = rows(&book).unwrap();
        let text = |text: &str| Cell::Text(text.to_owned());
        assert!(rows[0] == (1, vec![text("E-mail"), text(""), text("CAP")]));
        let number = |n: &str| Cell::Number { n: n.to_owned() };
        let fault = Cell::Fault {
            e: "#N/A".to_owned(),
        };
        assert!(
            rows[1]
                == (
                    4,
                    vec![
                        text("Roma & c"),
                        text(""),
                        number("184"),
                        number("7"),
                        fault
                    ]
                )
        );
    }

    #[test]
    fn hostile_workbooks_end_with_words() {
        let wrong = |book: &[u8]| rows(book).unwrap_err();
        let head = "<row r=\"1\"><c t=\"str\"><v>a</v></c></row>";
        let blanks = sheet(&format!(
            "{head}<row><c t=\"str\"><v>{}</v></c></row>",
            " ".repeat(80_000_000)
        ));
        assert!(blanks.len() < 200_000, "it is a bomb");
        let told = wrong(&blanks);
        assert!(
            told.contains("error-import-cell-long") || told.contains("error-import-inflates"),
            "{told}"
        );
        let strings = zipped(&[
            ("xl/worksheets/sheet1.xml", b"<worksheet/>"),
            (
                "xl/sharedStrings.xml",
                format!(
                    "<sst uniqueCount=\"999999999999\">{}</sst>",
                    "<si><t/></si>".repeat(2_000_001)
                )
                .as_bytes(),
            ),
        ]);
        assert!(wrong(&strings).contains("error-import-inflates"));
        // a long text named by few bytes, again and again
        let long = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(2_000));
        let named = "<c t=\"s\"><v>0</v></c>".repeat(100);
        let rows_of = |count: u32| -> String {
            (2..count).fold(String::new(), |rows, line| {
                rows + &format!("<row r=\"{line}\">{named}</row>")
            })
        };
        let full = format!(
            "<worksheet><sheetData>{head}{}</sheetData></worksheet>",
            rows_of(800)
        );
        let full = zipped(&[
            ("xl/worksheets/sheet1.xml", full.as_bytes()),
            ("xl/sharedStrings.xml", long.as_bytes()),
        ]);
        assert!(full.len() < 200_000, "it is a bomb");
        assert!(wrong(&full).contains("error-import-inflates"));
        let twice = "<row r=\"2\"><c t=\"str\"><v>a</v></c></row>".repeat(2);
        assert!(wrong(&sheet(&format!("{head}{twice}"))).contains("error-import-unreadable"));
        let wide: String = (0..17_000).map(|_| "<c t=\"str\"><v>x</v></c>").collect();
        let told = wrong(&sheet(&format!("{head}<row r=\"2\">{wide}</row>")));
        assert!(
            told.contains("error-import-columns") && told.contains("CW2"),
            "{told}"
        );
        let far = sheet(&format!(
            "{head}<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>"
        ));
        assert!(wrong(&far).contains("XFD1048576"));
        assert!(wrong(b"PK\x03\x04 no zip").contains("error-import-unreadable"));
        let entity = "<!DOCTYPE a [<!ENTITY b \"x\">]><worksheet><sheetData><row><c t=\"str\"><v>&b;</v></c></row></sheetData></worksheet>";
        assert!(
            wrong(&zipped(&[("xl/worksheets/sheet1.xml", entity.as_bytes())]))
                .contains("unreadable")
        );
        assert!(wrong(&sheet(head)).contains("error-import-only-head"));
    }
}
