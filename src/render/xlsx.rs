//! The list of claimants as a workbook (ECMA-376, ISO 29500): the cells of [`csv`], codes as text
//! (R27), days as days, sums as numbers, nothing that is a formula (R58).
//!
//! It is given away as it grows: rows go straight into the deflated sheet, so neither memory nor a file on the
//! disk holds the list in clear (decision 23). Texts stand in their cells, not in a table of their own. After
//! [`SHEET_ROWS`] rows another sheet begins.

use std::fmt::Write as _;
use std::io::Result;

use chrono::NaiveDate;

use super::csv::{self, Cell, Line, WIDTH};
use super::volume::Volume;
use crate::domain::export::Columns;

/// Claimants of a sheet: half of what one may hold, so that its part stays under 4 GiB.
pub const SHEET_ROWS: u64 = 500_000;

/// Characters that a cell may hold.
const CELL_MOST: usize = 32_767;

/// Places in `cellXfs` of [`STYLES`].
const HEAD: u8 = 1;
const TEXT: u8 = 2;
const DAY: u8 = 3;
const MONEY: u8 = 4;
const COUNT: u8 = 5;
const WRAPPED: u8 = 6;

/// Columns so wide, in characters, or wider go on on further lines of their cell.
const WIDE: u8 = 34;

/// Characters that a landscape page holds in a size that can be read.
const PAGE: u64 = 260;

const STYLES: &str = r##"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="2"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/><numFmt numFmtId="165" formatCode="#,##0.00"/></numFmts><fonts count="2"><font><sz val="10"/><name val="Calibri"/><family val="2"/></font><font><b/><sz val="10"/><name val="Calibri"/><family val="2"/></font></fonts><fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFE6ECF2"/><bgColor indexed="64"/></patternFill></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="7"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top"/></xf><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top"/></xf><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top"/></xf><xf numFmtId="1" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top"/></xf><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"##;

const PACKAGE: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;

/// A workbook that grows.
pub struct Workbook {
    volume: Volume,
    columns: Columns,
    shown: [bool; WIDTH],
    /// Letters of each column.
    letters: Vec<String>,
    /// Style of the texts of each column.
    styles: Vec<u8>,
    /// Claimants of each sheet.
    sheets: Vec<u64>,
    /// Which sheet is open, from 1.
    sheet: usize,
    /// Claimants written into it.
    rows: u64,
}

impl Workbook {
    /// A workbook for at most `total` claimants.
    ///
    /// # Errors
    /// Never in practice: writing to memory does not fail.
    pub fn new(columns: Columns, total: u64) -> Result<Self> {
        let width = csv::names(columns).count();
        let mut workbook = Self {
            volume: Volume::new(),
            columns,
            shown: csv::shown(columns),
            letters: (0..width).map(letters).collect(),
            styles: csv::names(columns).map(style).collect(),
            sheets: sheets(total),
            sheet: 0,
            rows: 0,
        };
        workbook.write_frame()?;
        workbook.begin_sheet()?;
        Ok(workbook)
    }

    /// Adds claimants; gives the bytes made so far.
    ///
    /// # Errors
    /// For a sheet that would be over 4 GiB.
    pub fn rows(&mut self, lines: &[Line]) -> Result<Vec<u8>> {
        let mut text = String::with_capacity(lines.len().saturating_mul(2_048));
        for line in lines {
            if self.rows == SHEET_ROWS && self.sheet < self.sheets.len() {
                self.volume.write(text.as_bytes())?;
                text.clear();
                self.end_sheet()?;
                self.begin_sheet()?;
            }
            self.rows += 1;
            self.row(&mut text, line);
        }
        self.volume.write(text.as_bytes())?;
        Ok(self.volume.take())
    }

    /// Ends it; gives the rest of its bytes.
    ///
    /// # Errors
    /// Never in practice: writing to memory does not fail.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        self.end_sheet()?;
        // claimants who were erased meanwhile may leave sheets without rows: all that are promised are there
        while self.sheet < self.sheets.len() {
            self.begin_sheet()?;
            self.end_sheet()?;
        }
        self.volume.finish()
    }

    /// Everything but the sheets.
    fn write_frame(&mut self) -> Result<()> {
        const RELATION: &str =
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        let mut types = String::from(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>"#,
        );
        let (mut relations, mut names, mut filters) = (String::new(), String::new(), String::new());
        for (place, rows) in self.sheets.iter().enumerate() {
            let number = place + 1;
            let name = sheet_name(number);
            let last = self.letters.last().map_or("A", String::as_str);
            let end = rows + 1;
            push(
                &mut types,
                format_args!(
                    r#"<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>"#
                ),
            );
            push(
                &mut relations,
                format_args!(
                    r#"<Relationship Id="rId{number}" Type="{RELATION}/worksheet" Target="worksheets/sheet{number}.xml"/>"#
                ),
            );
            push(
                &mut names,
                format_args!(r#"<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>"#),
            );
            push(
                &mut filters,
                format_args!(
                    r#"<definedName name="_xlnm._FilterDatabase" localSheetId="{place}" hidden="1">{name}!$A$1:${last}${end}</definedName><definedName name="_xlnm.Print_Titles" localSheetId="{place}">{name}!$1:$1</definedName>"#
                ),
            );
        }
        types.push_str("</Types>");
        let styles = self.sheets.len() + 1;
        let relations = format!(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}<Relationship Id="rId{styles}" Type="{RELATION}/styles" Target="styles.xml"/></Relationships>"#
        );
        let workbook = format!(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><sheets>{names}</sheets><definedNames>{filters}</definedNames></workbook>"#
        );
        self.volume.add("[Content_Types].xml", types.as_bytes())?;
        self.volume.add("_rels/.rels", PACKAGE.as_bytes())?;
        self.volume.add("xl/workbook.xml", workbook.as_bytes())?;
        self.volume
            .add("xl/_rels/workbook.xml.rels", relations.as_bytes())?;
        self.volume.add("xl/styles.xml", STYLES.as_bytes())
    }

    /// Begins the next sheet: its head stays in sight.
    fn begin_sheet(&mut self) -> Result<()> {
        self.sheet += 1;
        self.rows = 0;
        let mut text = String::from(
            r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="13"/><cols>"#,
        );
        for (place, name) in csv::names(self.columns).enumerate() {
            let (number, width) = (place + 1, width(name));
            push(
                &mut text,
                format_args!(
                    r#"<col min="{number}" max="{number}" width="{width}" customWidth="1"/>"#
                ),
            );
        }
        text.push_str(r#"</cols><sheetData><row r="1">"#);
        for (name, letters) in csv::names(self.columns).zip(&self.letters) {
            inline(&mut text, letters, 1, HEAD, name);
        }
        text.push_str("</row>");
        self.volume
            .begin(&format!("xl/worksheets/sheet{}.xml", self.sheet))?;
        self.volume.write(text.as_bytes())
    }

    /// Ends a sheet: each column can be filtered, and it prints landscape, one page wide, or as many as its columns
    /// need to be read.
    fn end_sheet(&mut self) -> Result<()> {
        let last = self.letters.last().map_or("A", String::as_str);
        let planned = self.sheet.checked_sub(1);
        let planned = planned.and_then(|place| self.sheets.get(place).copied());
        let end = planned.unwrap_or(self.rows) + 1;
        let width: u64 = csv::names(self.columns)
            .map(|it| u64::from(width(it)))
            .sum();
        let pages = width.div_ceil(PAGE).max(1);
        let text = format!(
            r#"</sheetData><autoFilter ref="A1:{last}{end}"/><pageSetup paperSize="9" orientation="landscape" fitToWidth="{pages}" fitToHeight="0"/></worksheet>"#
        );
        self.volume.write(text.as_bytes())
    }

    fn row(&self, text: &mut String, line: &Line) {
        let number = self.rows + 1;
        push(text, format_args!(r#"<row r="{number}">"#));
        let cells = csv::cells(line);
        let cells = cells.iter().zip(self.shown).filter(|(_, shown)| *shown);
        let places = self.letters.iter().zip(&self.styles);
        for ((cell, _), (letters, style)) in cells.zip(places) {
            write_cell(text, (letters.as_str(), number), cell, *style);
        }
        text.push_str("</row>");
    }
}

impl std::fmt::Debug for Workbook {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Workbook(..)")
    }
}

/// Claimants of each sheet; one sheet at least.
fn sheets(total: u64) -> Vec<u64> {
    let mut sheets = vec![SHEET_ROWS; usize::try_from(total / SHEET_ROWS).unwrap_or(0)];
    let rest = total % SHEET_ROWS;
    if rest > 0 || sheets.is_empty() {
        sheets.push(rest);
    }
    sheets
}

fn sheet_name(number: usize) -> String {
    if number == 1 {
        "Elenco".to_owned()
    } else {
        format!("Elenco{number}")
    }
}

/// How wide a column is shown, in characters.
fn width(name: &str) -> u8 {
    match name {
        "progressivo" | "sesso" | "giorni" | "mancanti" | "residenza_provincia" => 12,
        "caselle" | "difensore" | "note" | "servizio" | "hash_dichiarazione" => 34,
        "oggetto_e_importo_per_voce" => 60,
        _ => 20,
    }
}

/// `A`, ..., `Z`, `AA`, ....
fn letters(place: usize) -> String {
    let letter = |place: usize| {
        let letter = u8::try_from(place % 26).unwrap_or(0);
        char::from(b'A'.saturating_add(letter))
    };
    match place / 26 {
        0 => letter(place).to_string(),
        before => format!("{}{}", letter(before - 1), letter(place)),
    }
}

/// The style of the texts of a column.
fn style(name: &str) -> u8 {
    if width(name) < WIDE { TEXT } else { WRAPPED }
}

fn write_cell(text: &mut String, (letters, row): (&str, u64), cell: &Cell<'_>, style: u8) {
    let mut number = |style: u8, value: std::fmt::Arguments<'_>| {
        push(
            text,
            format_args!(r#"<c r="{letters}{row}" s="{style}"><v>{value}</v></c>"#),
        );
    };
    match cell {
        Cell::Count(Some(count)) => number(COUNT, format_args!("{count}")),
        Cell::Money(Some(cents)) => {
            let sign = if *cents < 0 { "-" } else { "" };
            let (whole, rest) = (cents.unsigned_abs() / 100, cents.unsigned_abs() % 100);
            number(MONEY, format_args!("{sign}{whole}.{rest:02}"));
        }
        Cell::Count(None) | Cell::Money(None) => {}
        Cell::Day(day) | Cell::Birth(day) => match serial(day) {
            Some(serial) => number(DAY, format_args!("{serial}")),
            None => inline(text, letters, row, TEXT, day),
        },
        Cell::Code(value) => inline(text, letters, row, TEXT, &csv::guarded(value)),
        Cell::Text(value) => inline(text, letters, row, style, &csv::guarded(value)),
    }
}

/// Days since the end of 1899 as spreadsheets count them; none before March 1900, where they count one that
/// never was.
fn serial(day: &str) -> Option<i64> {
    let day: NaiveDate = day.parse().ok()?;
    let start = NaiveDate::from_ymd_opt(1899, 12, 30)?;
    Some((day - start).num_days()).filter(|serial| *serial > 60)
}

/// A cell of text; nothing for an empty one.
fn inline(text: &mut String, letters: &str, row: u64, style: u8, value: &str) {
    if value.is_empty() {
        return;
    }
    push(
        text,
        format_args!(
            r#"<c r="{letters}{row}" s="{style}" t="inlineStr"><is><t xml:space="preserve">"#
        ),
    );
    escape(text, value);
    text.push_str("</t></is></c>");
}

/// Text as XML may hold it: signs that it may not are replaced, what reads as an escape of the format
/// (`_x0041_`) is escaped.
fn escape(text: &mut String, value: &str) {
    for (place, sign) in value.char_indices().take(CELL_MOST) {
        match sign {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '_' if is_escape(value.get(place..).unwrap_or_default()) => text.push_str("_x005F_"),
            '\t' | '\n' => text.push(sign),
            '\u{FFFE}' | '\u{FFFF}' => text.push('\u{FFFD}'),
            sign if sign.is_control() => text.push('\u{FFFD}'),
            sign => text.push(sign),
        }
    }
}

fn is_escape(rest: &str) -> bool {
    matches!(
        rest.as_bytes(),
        [b'_', b'x', a, b, c, d, b'_', ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_hexdigit())
    )
}

fn push(text: &mut String, more: std::fmt::Arguments<'_>) {
    // writing to a String does not fail
    let _ = text.write_fmt(more);
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use zip::ZipArchive;

    use super::*;

    fn line(number: u64) -> Line {
        Line {
            progressivo: number,
            id_pratica: "012345678912".to_owned(),
            cognome: "D'Àngelo & <figli>; \"Nico\"".to_owned(),
            nome: "=cmd|' /C calc'!A0".to_owned(),
            partita_iva: "00743110157".to_owned(),
            data_nascita: "1980-01-01".to_owned(),
            residenza_cap: "00184".to_owned(),
            residenza_provincia: "NA".to_owned(),
            caselle_numero: 2,
            caselle: vec![
                "a_x0041_@libero.it".to_owned(),
                "b\u{0}@libero.it".to_owned(),
            ],
            totale_cents: Some(123_456),
            data_firma: "2026-03-02".to_owned(),
            ..Line::default()
        }
    }

    fn made(columns: Columns, lines: &[Line], total: u64) -> ZipArchive<Cursor<Vec<u8>>> {
        let mut workbook = Workbook::new(columns, total).unwrap();
        let mut bytes = workbook.rows(lines).unwrap();
        bytes.extend(workbook.finish().unwrap());
        ZipArchive::new(Cursor::new(bytes)).unwrap()
    }

    fn part(archive: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str) -> String {
        let mut text = String::new();
        let mut file = archive.by_name(name).unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn r27_r58_codes_are_text_days_are_days_and_no_cell_is_a_formula() {
        let mut archive = made(Columns::Full, &[line(1)], 1);
        let sheet = part(&mut archive, "xl/worksheets/sheet1.xml");
        for expected in [
            r#"<c r="A2" s="5"><v>1</v></c>"#,
            r#"<c r="B2" s="2" t="inlineStr"><is><t xml:space="preserve">012345678912</t></is></c>"#,
            "D'Àngelo &amp; &lt;figli&gt;; \"Nico\"",
            "'=cmd|' /C calc'!A0",
            r#"<c r="J2" s="3"><v>29221</v></c>"#,
            ">00184</t>",
            ">NA</t>",
            "a_x005F_x0041_@libero.it | b\u{FFFD}@libero.it",
            "<v>1234.56</v>",
            "<v>46083</v>",
            r#"<autoFilter ref="A1:AV2"/>"#,
            r#"state="frozen""#,
            r#"s="6" t="inlineStr"><is><t xml:space="preserve">a_x005F"#,
            r#"<pageSetUpPr fitToPage="1"/>"#,
            r#"orientation="landscape" fitToWidth="4" fitToHeight="0""#,
        ] {
            assert!(sheet.contains(expected), "{expected} in {sheet}");
        }
        assert!(!sheet.contains("<f>"));
        // no cell for what is not known
        assert!(!sheet.contains(r#"r="G2""#));
    }

    #[test]
    fn r58_whatever_is_typed_stays_text() {
        for hostile in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "  =1",
            "＝1",
            "=HYPERLINK(\"http://evil.example\")",
            "</t></is></c><c r=\"A9\"><f>1</f>",
            "_x003D_1",
        ] {
            let line = Line {
                cognome: hostile.to_owned(),
                difensore: hostile.to_owned(),
                ..line(1)
            };
            let mut archive = made(Columns::Full, &[line], 1);
            let sheet = part(&mut archive, "xl/worksheets/sheet1.xml");
            assert!(!sheet.contains("<f>"), "{hostile}");
            for bad in [">=", ">+", ">-", ">@", ">＝", ">_x003D_"] {
                assert!(!sheet.contains(bad), "{hostile}: {bad}");
            }
        }
    }

    #[test]
    fn a_set_of_columns_has_its_own_letters() {
        let mut archive = made(Columns::Statistics, &[line(1)], 1);
        let sheet = part(&mut archive, "xl/worksheets/sheet1.xml");
        assert!(sheet.contains(r#"<autoFilter ref="A1:L2"/>"#));
        // few columns fit one page
        assert!(
            sheet.contains(r#"fitToWidth="1" fitToHeight="0""#),
            "{sheet}"
        );
        assert!(!sheet.contains("Nico") && sheet.contains(">NA</t>"));
    }

    #[test]
    fn a_long_list_goes_on_on_another_sheet() {
        assert_eq!(sheets(0), [0]);
        assert_eq!(sheets(1), [1]);
        assert_eq!(sheets(SHEET_ROWS), [SHEET_ROWS]);
        assert_eq!(sheets(SHEET_ROWS * 2 + 1), [SHEET_ROWS, SHEET_ROWS, 1]);
        let mut workbook = Workbook::new(Columns::Statistics, SHEET_ROWS + 2).unwrap();
        workbook.rows = SHEET_ROWS - 1;
        let mut bytes = workbook.rows(&[line(1), line(2), line(3)]).unwrap();
        bytes.extend(workbook.finish().unwrap());
        let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
        let second = part(&mut archive, "xl/worksheets/sheet2.xml");
        assert_eq!(second.matches("<row ").count(), 3);
        let names = part(&mut archive, "xl/workbook.xml");
        assert!(names.contains(r#"name="Elenco2" sheetId="2""#));
    }

    #[test]
    fn columns_are_counted_in_letters_and_days_from_march_1900() {
        assert_eq!(letters(0), "A");
        assert_eq!(letters(25), "Z");
        assert_eq!(letters(26), "AA");
        assert_eq!(letters(45), "AT");
        assert_eq!(serial("1900-03-01"), Some(61));
        assert_eq!(serial("1900-02-28"), None);
        assert_eq!(serial("1980"), None);
    }
}
