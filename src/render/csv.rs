//! The list of claimants as CSV: columns of DOMAIN 8.1, dialects of DOMAIN 8.2, no cell that a
//! spreadsheet would run (R58), no number that loses its zeros (R27). A workbook has the same cells.

use std::borrow::Cow;

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use crate::domain::export::Columns;

/// Who reads the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Dialect {
    /// Italian Excel: byte order mark, `;`, CRLF, text that looks like a number forced to text.
    #[default]
    Excel,
    /// Machines: no mark, `,`, LF, values as they are.
    Plain,
}

impl Dialect {
    /// Reads the word in `?dialect=`; nothing means Excel.
    pub fn parse(word: Option<&str>) -> Option<Self> {
        match word {
            None | Some("" | "excel") => Some(Self::Excel),
            Some("plain") => Some(Self::Plain),
            Some(_) => None,
        }
    }

    /// The word in `?dialect=` and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Excel => "excel",
            Self::Plain => "plain",
        }
    }

    const fn line_end(self) -> &'static str {
        match self {
            Self::Excel => "\r\n",
            Self::Plain => "\n",
        }
    }
}

/// The header: words of DOMAIN 8.1 in ASCII, in its order, those there are data for; then what
/// only this list has. Nobody is called an aderente before a court filing (R1).
pub const HEADER: [&str; 43] = [
    "progressivo",
    "id_pratica",
    "associazione",
    "qualita",
    "cognome",
    "nome",
    "denominazione",
    "codice_fiscale",
    "partita_iva",
    "data_nascita",
    "luogo_nascita",
    "codice_luogo_nascita",
    "sesso",
    "residenza_via",
    "residenza_civico",
    "residenza_cap",
    "residenza_comune",
    "residenza_provincia",
    "residenza_stato",
    "pec",
    "titolare_pec",
    "difensore",
    "caselle_numero",
    "caselle",
    "servizio",
    "piano",
    "periodo_disservizio_dal",
    "periodo_disservizio_al",
    "giorni",
    "oggetto_e_importo_per_voce",
    "totale",
    "documenti_numero",
    "attestazione_g_data",
    "conferimento_poteri_h_data",
    "tipo_firma",
    "esito_firma",
    "data_firma",
    "hash_dichiarazione",
    "intestatario_conto",
    "iban",
    "stato",
    "revoca_data",
    "mancanti",
];

/// Columns after [`HEADER`].
pub const TAIL: [&str; 5] = [
    "data_iscrizione",
    "data_conferma",
    "note",
    "incarico_messa_in_mora_data",
    "voci_da_liquidare",
];

/// Columns of a whole list.
pub const WIDTH: usize = HEADER.len() + TAIL.len();

/// A cell of the list: what it holds tells how each format keeps it from being taken for something else.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::render) enum Cell<'a> {
    /// A count.
    Count(Option<u64>),
    /// Euro cents.
    Money(Option<i64>),
    /// What people typed.
    Text(Cow<'a, str>),
    /// What may be taken for a number or a date, and is none.
    Code(&'a str),
    /// A day, `YYYY-MM-DD`; empty: none.
    Day(&'a str),
    /// A day of birth; of a masked list only the year.
    Birth(&'a str),
}

/// One line of the list; every value is text as it shall be read.
#[derive(Clone, Default)]
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see DOMAIN 8.1"
)]
pub struct Line {
    pub progressivo: u64,
    pub id_pratica: String,
    pub associazione: String,
    pub qualita: String,
    pub cognome: String,
    pub nome: String,
    pub denominazione: String,
    pub codice_fiscale: String,
    pub partita_iva: String,
    pub data_nascita: String,
    pub luogo_nascita: String,
    pub codice_luogo_nascita: String,
    pub sesso: String,
    pub residenza_via: String,
    pub residenza_civico: String,
    pub residenza_cap: String,
    pub residenza_comune: String,
    pub residenza_provincia: String,
    pub residenza_stato: String,
    pub pec: String,
    pub titolare_pec: String,
    pub difensore: String,
    pub caselle_numero: u64,
    pub caselle: Vec<String>,
    pub servizio: Vec<String>,
    pub piano: Vec<String>,
    pub periodo_disservizio_dal: Vec<String>,
    pub periodo_disservizio_al: Vec<String>,
    pub giorni: Vec<String>,
    pub oggetto_e_importo_per_voce: Vec<String>,
    pub totale_cents: Option<i64>,
    pub documenti_numero: Option<u64>,
    pub attestazione_g_data: String,
    pub conferimento_poteri_h_data: String,
    pub incarico_messa_in_mora_data: String,
    pub tipo_firma: String,
    pub esito_firma: String,
    pub data_firma: String,
    pub hash_dichiarazione: String,
    pub intestatario_conto: String,
    pub iban: String,
    pub stato: String,
    pub revoca_data: String,
    pub mancanti: String,
    pub data_iscrizione: String,
    pub data_conferma: String,
    pub note: Vec<String>,
    /// Items without an amount: `totale` alone does not say what is claimed.
    pub voci_da_liquidare: Option<u64>,
}

/// The first bytes of a file: mark and header.
///
/// # Errors
/// Never in practice: writing to memory does not fail.
pub fn head(dialect: Dialect, columns: Columns) -> Result<Vec<u8>, csv::Error> {
    let mut writer = writer(dialect, Vec::new());
    writer.write_record(names(columns))?;
    let line = finish(writer)?;
    let mut bytes = Vec::with_capacity(line.len() + 3);
    if dialect == Dialect::Excel {
        bytes.extend_from_slice("\u{feff}".as_bytes());
    }
    bytes.extend_from_slice(&line);
    Ok(bytes)
}

/// Lines of a file.
///
/// # Errors
/// Never in practice: writing to memory does not fail.
pub fn lines(dialect: Dialect, columns: Columns, lines: &[Line]) -> Result<Vec<u8>, csv::Error> {
    let shown = shown(columns);
    let mut writer = writer(dialect, Vec::with_capacity(lines.len() * 256));
    for line in lines {
        let cells = cells(line);
        let cells = cells.iter().zip(shown).filter(|(_, shown)| *shown);
        for (cell, _) in cells {
            writer.write_field(written(dialect, cell).as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    finish(writer)
}

/// The last line, by which a whole file is told from a cut one: `FINE;rows;sha256`, with `;` in
/// both dialects. `sha256` is in hexadecimal, of all bytes before this line.
pub fn tail(dialect: Dialect, rows: u64, sha256: &str) -> Vec<u8> {
    format!("FINE;{rows};{sha256}{}", dialect.line_end()).into_bytes()
}

/// Names of the columns of a set.
pub(in crate::render) fn names(columns: Columns) -> impl Iterator<Item = &'static str> {
    let names = HEADER.iter().chain(&TAIL);
    names.copied().filter(move |name| columns.has(name))
}

/// Which columns a set has, in the order of [`cells`].
pub(in crate::render) fn shown(columns: Columns) -> [bool; WIDTH] {
    let mut shown = [false; WIDTH];
    for (shown, name) in shown.iter_mut().zip(HEADER.iter().chain(&TAIL)) {
        *shown = columns.has(name);
    }
    shown
}

/// Euro with two decimals, as the reader of the dialect takes for a number.
pub fn euro(dialect: Dialect, cents: i64) -> String {
    let (whole, rest) = (cents / 100, cents % 100);
    match dialect {
        Dialect::Excel => format!("{whole},{rest:02}"),
        Dialect::Plain => format!("{whole}.{rest:02}"),
    }
}

/// A cell as the dialect writes it.
fn written<'a>(dialect: Dialect, cell: &'a Cell<'_>) -> Cow<'a, str> {
    match cell {
        Cell::Count(count) => count.map(|it| it.to_string()).unwrap_or_default().into(),
        Cell::Money(cents) => cents
            .map(|cents| euro(dialect, cents))
            .unwrap_or_default()
            .into(),
        Cell::Text(text) => guarded(text),
        Cell::Code(text) | Cell::Birth(text) => coded(dialect, text),
        Cell::Day(text) => Cow::Borrowed(text),
    }
}

/// Days of mailboxes: a date where there is one, for spreadsheets too.
fn days(values: &[String]) -> Cell<'_> {
    match values {
        [day] => Cell::Day(day),
        all => Cell::Text(Cow::Owned(all.join(" | "))),
    }
}

/// Numbers of mailboxes: a number where there is one, for spreadsheets too.
fn counts(values: &[String]) -> Cell<'_> {
    let count = match values {
        [count] => count.parse().ok(),
        _ => None,
    };
    match count {
        Some(count) => Cell::Count(Some(count)),
        None => Cell::Text(Cow::Owned(values.join(" | "))),
    }
}

/// All cells of a line, in the order of the columns.
pub(in crate::render) fn cells(line: &Line) -> [Cell<'_>; WIDTH] {
    fn text(value: &str) -> Cell<'_> {
        Cell::Text(Cow::Borrowed(value))
    }
    let joined = |values: &[String]| Cell::Text(Cow::Owned(values.join(" | ")));
    [
        Cell::Count(Some(line.progressivo)),
        Cell::Code(&line.id_pratica),
        text(&line.associazione),
        text(&line.qualita),
        text(&line.cognome),
        text(&line.nome),
        text(&line.denominazione),
        Cell::Code(&line.codice_fiscale),
        Cell::Code(&line.partita_iva),
        Cell::Birth(&line.data_nascita),
        text(&line.luogo_nascita),
        Cell::Code(&line.codice_luogo_nascita),
        text(&line.sesso),
        text(&line.residenza_via),
        Cell::Code(&line.residenza_civico),
        Cell::Code(&line.residenza_cap),
        text(&line.residenza_comune),
        text(&line.residenza_provincia),
        text(&line.residenza_stato),
        text(&line.pec),
        text(&line.titolare_pec),
        text(&line.difensore),
        Cell::Count(Some(line.caselle_numero)),
        joined(&line.caselle),
        joined(&line.servizio),
        joined(&line.piano),
        days(&line.periodo_disservizio_dal),
        days(&line.periodo_disservizio_al),
        counts(&line.giorni),
        joined(&line.oggetto_e_importo_per_voce),
        Cell::Money(line.totale_cents),
        Cell::Count(line.documenti_numero),
        Cell::Day(&line.attestazione_g_data),
        Cell::Day(&line.conferimento_poteri_h_data),
        text(&line.tipo_firma),
        text(&line.esito_firma),
        Cell::Day(&line.data_firma),
        Cell::Code(&line.hash_dichiarazione),
        text(&line.intestatario_conto),
        Cell::Code(&line.iban),
        text(&line.stato),
        Cell::Day(&line.revoca_data),
        text(&line.mancanti),
        Cell::Day(&line.data_iscrizione),
        Cell::Day(&line.data_conferma),
        joined(&line.note),
        Cell::Day(&line.incarico_messa_in_mora_data),
        Cell::Count(line.voci_da_liquidare),
    ]
}

/// The header of the index of an archive of signed documents.
pub const INDEX_HEADER: [&str; 14] = [
    "progressivo",
    "file",
    "id_pratica",
    "versione",
    "qualita",
    "nominativo",
    "codice_fiscale",
    "stato",
    "tipo_firma",
    "data_firma",
    "totale",
    "sha256",
    "voci_da_liquidare",
    "attestazione",
];

/// One signed document in the index of its archive; every value as it shall be read.
#[expect(
    missing_docs,
    reason = "each field is the column of its name; see DOMAIN 8.1"
)]
pub struct IndexLine {
    pub progressivo: u64,
    pub file: String,
    pub id_pratica: String,
    pub versione: i32,
    pub qualita: String,
    pub nominativo: String,
    pub codice_fiscale: String,
    pub stato: String,
    pub tipo_firma: String,
    pub data_firma: String,
    pub totale: String,
    pub sha256: String,
    pub voci_da_liquidare: u64,
    /// Path of the attestation of the signature; empty in an archive of documents alone.
    pub attestazione: String,
}

/// The first bytes of an index, in the dialect of Italian Excel.
///
/// # Errors
/// Never in practice: writing to memory does not fail.
pub fn index_head() -> Result<Vec<u8>, csv::Error> {
    let mut writer = writer(Dialect::Excel, Vec::new());
    writer.write_record(INDEX_HEADER)?;
    let mut bytes = "\u{feff}".as_bytes().to_vec();
    bytes.extend(finish(writer)?);
    Ok(bytes)
}

/// A line of an index.
///
/// # Errors
/// Never in practice: writing to memory does not fail.
pub fn index_line(line: &IndexLine) -> Result<Vec<u8>, csv::Error> {
    fn code(value: &str) -> Cow<'_, str> {
        coded(Dialect::Excel, value)
    }
    let mut writer = writer(Dialect::Excel, Vec::new());
    let (number, version) = (line.progressivo.to_string(), line.versione.to_string());
    let open_items = line.voci_da_liquidare.to_string();
    let cells: [Cow<'_, str>; INDEX_HEADER.len()] = [
        number.into(),
        Cow::Borrowed(&line.file),
        code(&line.id_pratica),
        version.into(),
        guarded(&line.qualita),
        guarded(&line.nominativo),
        code(&line.codice_fiscale),
        guarded(&line.stato),
        guarded(&line.tipo_firma),
        Cow::Borrowed(&line.data_firma),
        Cow::Borrowed(&line.totale),
        code(&line.sha256),
        open_items.into(),
        Cow::Borrowed(&line.attestazione),
    ];
    writer.write_record(cells.iter().map(|cell| cell.as_bytes()))?;
    finish(writer)
}

/// Rows of text for Italian Excel, each cell guarded (R58).
pub(in crate::render) fn guarded_rows(rows: &[Vec<String>]) -> Result<Vec<u8>, csv::Error> {
    guarded_after("\u{FEFF}".as_bytes().to_vec(), rows)
}

/// As [`guarded_rows`], for what follows them: without the mark.
pub(in crate::render) fn guarded_lines(rows: &[Vec<String>]) -> Result<Vec<u8>, csv::Error> {
    guarded_after(Vec::new(), rows)
}

fn guarded_after(bytes: Vec<u8>, rows: &[Vec<String>]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = writer(Dialect::Excel, bytes);
    for row in rows {
        writer.write_record(row.iter().map(|cell| guarded(cell).into_owned()))?;
    }
    finish(writer)
}

/// Puts an apostrophe before what a spreadsheet would take for a formula (R58). Blanks before it
/// do not make it harmless, nor does a full-width sign.
pub(in crate::render) fn guarded(value: &str) -> Cow<'_, str> {
    let formula = value.starts_with(['\t', '\r', '\n'])
        || value
            .trim_start()
            .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if formula {
        Cow::Owned(format!("'{value}"))
    } else {
        Cow::Borrowed(value)
    }
}

/// For Excel, `="00184"`: text even where the bare cell would become a number or a date, and alike
/// in the whole column. Only digits, letters and a few harmless signs come into such a formula, so
/// nobody can put one of their own there.
fn coded(dialect: Dialect, value: &str) -> Cow<'_, str> {
    let harmless = value.bytes().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b' ' | b'*')
    });
    let begins_plain = value
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric());
    if dialect == Dialect::Excel && harmless && begins_plain {
        Cow::Owned(format!("=\"{value}\""))
    } else {
        guarded(value)
    }
}

fn writer(dialect: Dialect, bytes: Vec<u8>) -> Writer<Vec<u8>> {
    let (delimiter, terminator) = match dialect {
        Dialect::Excel => (b';', Terminator::CRLF),
        Dialect::Plain => (b',', Terminator::Any(b'\n')),
    };
    WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(terminator)
        .quote_style(QuoteStyle::Necessary)
        .from_writer(bytes)
}

fn finish(writer: Writer<Vec<u8>>) -> Result<Vec<u8>, csv::Error> {
    writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))
}

impl std::fmt::Debug for IndexLine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "IndexLine({})", self.progressivo)
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Line(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line {
            progressivo: 1,
            id_pratica: "0123456789AB".to_owned(),
            associazione: "Codacons".to_owned(),
            cognome: "D'Àngelo; \"Nico\"".to_owned(),
            nome: "=cmd|' /C calc'!A0".to_owned(),
            codice_fiscale: "RSSMRA80A01H501U".to_owned(),
            partita_iva: "00743110157".to_owned(),
            residenza_civico: "1/2".to_owned(),
            residenza_cap: "00184".to_owned(),
            residenza_provincia: "NA".to_owned(),
            caselle_numero: 2,
            caselle: vec!["a@libero.it".to_owned(), "b@virgilio.it".to_owned()],
            ..Line::default()
        }
    }

    fn read(dialect: Dialect, delimiter: u8) -> Vec<String> {
        let bytes = lines(dialect, Columns::Full, &[line()]).unwrap();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .delimiter(delimiter)
            .from_reader(bytes.as_slice());
        let record = reader.records().next().unwrap().unwrap();
        record.iter().map(str::to_owned).collect()
    }

    fn column(name: &str) -> usize {
        let mut names = HEADER.iter().chain(&TAIL);
        names.position(|known| *known == name).unwrap()
    }

    #[test]
    fn r27_codes_keep_their_zeros_and_naples_is_not_missing() {
        let plain = read(Dialect::Plain, b',');
        let excel = read(Dialect::Excel, b';');
        assert_eq!(plain.len(), HEADER.len() + TAIL.len());
        for (name, bare, forced) in [
            ("residenza_cap", "00184", "=\"00184\""),
            ("partita_iva", "00743110157", "=\"00743110157\""),
            ("residenza_civico", "1/2", "=\"1/2\""),
            ("id_pratica", "0123456789AB", "=\"0123456789AB\""),
            (
                "codice_fiscale",
                "RSSMRA80A01H501U",
                "=\"RSSMRA80A01H501U\"",
            ),
            ("residenza_provincia", "NA", "NA"),
            ("codice_luogo_nascita", "", ""),
        ] {
            assert_eq!(plain[column(name)], bare);
            assert_eq!(excel[column(name)], forced);
        }
        assert_eq!(plain[column("caselle")], "a@libero.it | b@virgilio.it");
        assert_eq!(plain[column("cognome")], "D'Àngelo; \"Nico\"");
    }

    #[test]
    fn r58_no_cell_is_a_formula_somebody_typed() {
        for hostile in [
            "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "=\"a\"",
        ] {
            let bare = guarded(hostile);
            assert_eq!(bare, format!("'{hostile}"));
            assert_eq!(coded(Dialect::Excel, hostile), bare);
            assert_eq!(coded(Dialect::Plain, hostile), bare);
        }
        for (value, cell) in [
            ("1\"&A1&\"", "1\"&A1&\""),
            ("1+1", "1+1"),
            ("3", "=\"3\""),
            ("RSS***1U", "=\"RSS***1U\""),
        ] {
            assert_eq!(coded(Dialect::Excel, value), cell);
        }
        assert_eq!(
            read(Dialect::Excel, b';')[column("nome")],
            "'=cmd|' /C calc'!A0"
        );
    }

    #[test]
    fn the_dialects_differ_in_mark_separator_and_line_end() {
        let excel = head(Dialect::Excel, Columns::Full).unwrap();
        assert!(excel.starts_with("\u{feff}progressivo;id_pratica;".as_bytes()));
        assert!(excel.ends_with(b";note;incarico_messa_in_mora_data;voci_da_liquidare\r\n"));
        let plain = head(Dialect::Plain, Columns::Full).unwrap();
        assert!(plain.starts_with(b"progressivo,id_pratica,"));
        assert!(plain.ends_with(b",note,incarico_messa_in_mora_data,voci_da_liquidare\n"));
        assert_eq!(tail(Dialect::Excel, 2, "ab"), b"FINE;2;ab\r\n");
        assert_eq!(tail(Dialect::Plain, 0, "ab"), b"FINE;0;ab\n");
    }

    #[test]
    fn the_header_is_in_the_order_of_the_court_list() {
        let expected = "caselle_numero;caselle;servizio;piano;periodo_disservizio_dal;periodo_disservizio_al;\
             giorni;oggetto_e_importo_per_voce;totale;documenti_numero;attestazione_g_data;\
             conferimento_poteri_h_data;tipo_firma;esito_firma;data_firma;hash_dichiarazione;\
             intestatario_conto;iban;stato;revoca_data;mancanti;data_iscrizione;data_conferma;note;\
             incarico_messa_in_mora_data;voci_da_liquidare\r\n";
        let head = String::from_utf8(head(Dialect::Excel, Columns::Full).unwrap()).unwrap();
        assert!(head.ends_with(expected), "{head}");
        let columns = HEADER.len() + TAIL.len();
        assert_eq!(read(Dialect::Plain, b',').len(), columns);
    }

    #[test]
    fn r58_a_line_of_an_index_has_every_column_and_no_formula() {
        let line = IndexLine {
            progressivo: 1,
            file: "00001-0123456789AB-v1.pdf".to_owned(),
            id_pratica: "0123456789AB".to_owned(),
            versione: 1,
            qualita: "persona fisica".to_owned(),
            nominativo: "=HYPERLINK(1)".to_owned(),
            codice_fiscale: "RSSMRA80A01H501U".to_owned(),
            stato: "pre-adesione firmata".to_owned(),
            tipo_firma: "OTP".to_owned(),
            data_firma: "2026-03-02".to_owned(),
            totale: "12,00".to_owned(),
            sha256: "ab".repeat(32),
            voci_da_liquidare: 2,
            attestazione: "000001-0123456789AB/attestazione.pdf".to_owned(),
        };
        let bytes = index_line(&line).unwrap();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .delimiter(b';')
            .from_reader(bytes.as_slice());
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(record.len(), INDEX_HEADER.len());
        assert_eq!(&record[5], "'=HYPERLINK(1)");
        assert_eq!((&record[10], &record[12]), ("12,00", "2"));
        assert_eq!(&record[13], "000001-0123456789AB/attestazione.pdf");
    }

    #[test]
    fn a_set_has_as_many_cells_as_names_and_every_name_is_a_column() {
        for columns in Columns::ALL {
            for dialect in [Dialect::Excel, Dialect::Plain] {
                let width = |bytes: Vec<u8>| {
                    let delimiter = writer_delimiter(dialect);
                    let mut reader = csv::ReaderBuilder::new()
                        .has_headers(false)
                        .delimiter(delimiter)
                        .from_reader(bytes.as_slice());
                    reader.records().next().unwrap().unwrap().len()
                };
                let names = width(head(dialect, columns).unwrap());
                let cells = width(lines(dialect, columns, &[line()]).unwrap());
                assert_eq!(names, cells, "{columns:?}");
            }
        }
        // a column that a set names and the list does not have would be missed silently
        assert_eq!(names(Columns::Signatures).count(), 16);
        assert_eq!(names(Columns::Payout).count(), 13);
        assert_eq!(names(Columns::Statistics).count(), 12);
        assert_eq!(names(Columns::Court).count(), WIDTH - 6);
    }

    const fn writer_delimiter(dialect: Dialect) -> u8 {
        match dialect {
            Dialect::Excel => b';',
            Dialect::Plain => b',',
        }
    }

    #[test]
    fn r1_no_column_speaks_of_aderenti() {
        let mut words = HEADER.iter().chain(&TAIL).chain(&INDEX_HEADER);
        assert!(words.all(|word| word.is_ascii() && !word.contains("aderent")));
    }

    #[test]
    fn a_dialect_nobody_knows_is_refused() {
        assert_eq!(Dialect::parse(None), Some(Dialect::Excel));
        assert_eq!(Dialect::parse(Some("plain")), Some(Dialect::Plain));
        assert_eq!(Dialect::parse(Some("xml")), None);
    }
}
