//! Earlier lists of an association: what their columns hold, and what a row says. Nothing is repaired: what a
//! spreadsheet made of a code is told as such (R27).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::codice_fiscale::CodiceFiscale;
use super::contact::ContactInput;
use super::field::{FieldCode, FieldErrors, ValueError};
use super::folding;
use super::mailbox_address::{DomainTreatment, MailboxAddress};
use super::one_line::one_line;
use super::personal_name::PersonalName;
use super::sign_up::{MailboxInput, SignUp, SignUpInput, SignUpRules};
use super::vat_number::NumericCodiceFiscale;

/// Days for which rows and report are kept after the end, and for which a list waits to be started.
pub const KEPT_DAYS: i64 = 14;
/// Bytes of a file.
pub const MAX_BYTES: u64 = 32 * 1024 * 1024;
/// Rows of a list.
pub const MAX_ROWS: usize = 200_000;
/// Columns of a list.
pub const MAX_COLUMNS: usize = 100;
/// Characters of a cell.
pub const MAX_CELL: usize = 2_000;

/// Key of the sentence about a mailbox of a domain that the case does not name.
const ELSEWHERE: &str = "error-import-mailbox-elsewhere";

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Field {
    /// Given name.
    GivenName,
    /// Family name.
    FamilyName,
    /// Both in one cell.
    FullName,
    /// E-mail address of the contact.
    Email,
    /// Telephone number of the contact.
    Phone,
    /// Mailboxes that failed, one or several in a cell.
    Mailbox,
    /// Codice fiscale.
    CodiceFiscale,
    /// Street and number, in one column or in several: told one after the other.
    Address,
    /// Postal code, in Italy the CAP.
    PostalCode,
    /// Town.
    City,
    /// Province.
    Province,
    /// Language of mails: `it`, `en`, `de`.
    Language,
    /// What else was noted.
    Notes,
}

/// Headers of a street and of its house number.
const STREET: &[&str] = &[
    "indirizzo",
    "via",
    "residenza",
    "civico",
    "numero civico",
    "n civico",
    "house number",
    "address",
    "street",
];

impl Field {
    /// All fields, in the order of the form.
    pub const ALL: [Self; 13] = [
        Self::Email,
        Self::Phone,
        Self::Mailbox,
        Self::GivenName,
        Self::FamilyName,
        Self::FullName,
        Self::CodiceFiscale,
        Self::Address,
        Self::PostalCode,
        Self::City,
        Self::Province,
        Self::Language,
        Self::Notes,
    ];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::FullName => "full_name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Mailbox => "mailbox",
            Self::CodiceFiscale => "codice_fiscale",
            Self::Address => "address",
            Self::PostalCode => "postal_code",
            Self::City => "city",
            Self::Province => "province",
            Self::Language => "language",
            Self::Notes => "notes",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == text)
    }

    /// Words of headers, folded, in Italian and English. The first field with a word in the header wins.
    const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Mailbox => &[
                "casella",
                "caselle",
                "mailbox",
                "libero",
                "virgilio",
                "disservizio",
                "affected",
                "account",
            ],
            Self::Email => &["email", "mail", "posta elettronica", "contatto", "contact"],
            Self::Phone => &[
                "telefono",
                "tel",
                "cellulare",
                "cell",
                "phone",
                "mobile",
                "numero di telefono",
            ],
            Self::CodiceFiscale => &[
                "codice fiscale",
                "codicefiscale",
                "cf",
                "cod fiscale",
                "tax code",
                "fiscal code",
            ],
            Self::FullName => &[
                "nominativo",
                "nome e cognome",
                "cognome e nome",
                "nome completo",
                "full name",
                "intestatario",
                "name",
            ],
            Self::FamilyName => &["cognome", "surname", "family name", "last name", "lastname"],
            Self::GivenName => &["nome", "given name", "first name", "firstname"],
            Self::PostalCode => &["cap", "postal code", "postcode", "zip", "zip code"],
            Self::Address => STREET,
            Self::City => &["comune", "citta", "localita", "city", "town"],
            Self::Province => &["provincia", "prov", "province"],
            Self::Language => &["lingua", "language"],
            Self::Notes => &[
                "note",
                "notes",
                "osservazioni",
                "commenti",
                "comments",
                "remarks",
            ],
        }
    }

    /// Several columns may hold it.
    const fn repeats(self) -> bool {
        matches!(self, Self::Mailbox | Self::Address)
    }
}

/// What the columns seem to hold, by their headers; each field once, mailboxes and parts of an address often.
pub fn propose(headers: &[String]) -> Vec<Option<Field>> {
    // narrower words come first: "e-mail Libero" is a mailbox, "nome e cognome" is both names
    const ORDER: [Field; 13] = [
        Field::Mailbox,
        Field::FullName,
        Field::FamilyName,
        Field::CodiceFiscale,
        Field::PostalCode,
        Field::Email,
        Field::Phone,
        Field::City,
        Field::Province,
        Field::Language,
        Field::Notes,
        Field::Address,
        Field::GivenName,
    ];
    let mut taken = Vec::new();
    let exact = |header: &str, field: Field| field.words().contains(&header);
    let within = |header: &str, field: Field| {
        let spaced = format!(" {header} ");
        let mut words = field.words().iter();
        words.any(|word| spaced.contains(&format!(" {word} ")))
    };
    headers
        .iter()
        .map(|header| {
            let header = plain(header);
            let found = ORDER.into_iter().find(|field| exact(&header, *field));
            let found =
                found.or_else(|| ORDER.into_iter().find(|field| within(&header, *field)))?;
            if taken.contains(&found) && !found.repeats() {
                return None;
            }
            taken.push(found);
            Some(found)
        })
        .collect()
}

/// A header in small letters without accents, one blank between its words; `e-mail` is `email`.
fn plain(header: &str) -> String {
    let lower = header.to_lowercase().replace("e-mail", "email");
    let words = lower.split(|letter: char| !letter.is_alphanumeric());
    let words = words.map(folding::fold).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Whether an import can be made of these columns.
///
/// # Errors
/// At `/columns`: no contact, no mailbox, a field twice.
pub fn check_mapping(mapping: &[Option<Field>]) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::new();
    let count = |field: Field| mapping.iter().filter(|held| **held == Some(field)).count();
    if count(Field::Email) + count(Field::Phone) == 0 {
        errors.push("/columns", FieldCode::Required, "error-import-map-contact");
    }
    if count(Field::Mailbox) == 0 {
        errors.push("/columns", FieldCode::Required, "error-import-map-mailbox");
    }
    for (place, held) in mapping.iter().enumerate() {
        if held.is_some_and(|field| !field.repeats() && count(field) > 1) {
            let pointer = format!("/columns/{place}");
            errors.push(pointer, FieldCode::Format, "error-import-map-twice");
        }
    }
    errors.into_result(())
}

/// A cell as the file has it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// Text.
    Text(String),
    /// A number of a workbook.
    Number {
        /// As the workbook has it.
        n: String,
    },
    /// An error of a workbook, such as `#N/A`.
    Fault {
        /// Its sign.
        e: String,
    },
}

impl Cell {
    /// What is in it.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number { n: text } | Self::Fault { e: text } => text,
        }
    }
}

/// A row of a list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Line of the file, from 1.
    pub line: u32,
    /// Its cells; those at the end may be missing.
    pub cells: Vec<Cell>,
}

/// What is wrong with a row, and in which column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrong {
    /// Place of the column, from 0; none: the row as a whole.
    pub column: Option<usize>,
    /// Key of the sentence.
    pub reason: String,
}

/// What a list says of a person beside contact and mailboxes: kept sealed, and believed by nobody.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Hints {
    pub name: Option<String>,
    pub codice_fiscale: Option<String>,
    pub address: Option<String>,
    pub notes: Option<String>,
}

/// A row that fits the case.
pub struct Listed {
    /// What a sign-up of this person would say, without consents.
    pub sign_up: SignUp,
    /// What else the list says.
    pub hints: Hints,
    /// What somebody should look at, though the row is taken.
    pub doubts: Vec<Wrong>,
}

/// Reads a row. `rules` ask for no consents: nobody gave one.
///
/// # Errors
/// All that is wrong, column by column.
pub fn read(
    row: &Row,
    mapping: &[Option<Field>],
    association: &str,
    rules: &SignUpRules,
) -> Result<Listed, Vec<Wrong>> {
    let mut reader = Reader {
        row,
        mapping,
        wrong: Vec::new(),
        mailboxes: Vec::new(),
    };
    let input = reader.input(association);
    let hints = reader.hints();
    let mut wrong = reader.wrong;
    match SignUp::parse(&input, rules) {
        Ok(sign_up) if wrong.is_empty() => Ok(Listed {
            doubts: elsewhere(&input, &sign_up, &reader.mailboxes),
            sign_up,
            hints,
        }),
        Ok(_) => Err(wrong),
        Err(errors) => {
            let unread: Vec<Option<usize>> = wrong.iter().map(|it| it.column).collect();
            for error in &errors {
                let column = column_of(&error.pointer, mapping, &reader.mailboxes);
                // what could not be read is missing for that reason: told once
                let follows = column.is_none() || unread.contains(&column);
                if unread.is_empty() || !follows {
                    wrong.push(Wrong {
                        column,
                        reason: error.reason.to_owned(),
                    });
                }
            }
            Err(wrong)
        }
    }
}

/// The mailboxes of domains that the case does not name: the form asks whoever types one, a list asks nobody.
fn elsewhere(input: &SignUpInput, sign_up: &SignUp, columns: &[usize]) -> Vec<Wrong> {
    let typed = input.mailboxes.as_deref().unwrap_or_default();
    let column = |address: &MailboxAddress| {
        let same = |typed: &MailboxInput| {
            let typed = typed.address.as_deref().map(MailboxAddress::parse);
            typed.is_some_and(|typed| typed.as_ref() == Ok(address))
        };
        columns.get(typed.iter().position(same)?).copied()
    };
    let mailboxes = sign_up.mailboxes().iter();
    let unknown = mailboxes.filter(|mailbox| mailbox.treatment == DomainTreatment::Review);
    unknown
        .map(|mailbox| Wrong {
            column: column(&mailbox.address),
            reason: ELSEWHERE.to_owned(),
        })
        .collect()
}

/// The column a pointer of a sign-up came from.
fn column_of(pointer: &str, mapping: &[Option<Field>], mailboxes: &[usize]) -> Option<usize> {
    let of = |field: Field| mapping.iter().position(|held| *held == Some(field));
    match pointer {
        "/contact/email" => of(Field::Email).or_else(|| of(Field::Phone)),
        "/contact/phone" => of(Field::Phone),
        "/contact/language" => of(Field::Language),
        "/mailboxes" => of(Field::Mailbox),
        pointer => {
            let rest = pointer.strip_prefix("/mailboxes/")?;
            let place: usize = rest.split('/').next()?.parse().ok()?;
            mailboxes.get(place).copied()
        }
    }
}

struct Reader<'a> {
    row: &'a Row,
    mapping: &'a [Option<Field>],
    wrong: Vec<Wrong>,
    /// The column each mailbox stands in.
    mailboxes: Vec<usize>,
}

impl Reader<'_> {
    fn input(&mut self, association: &str) -> SignUpInput {
        let contact = ContactInput {
            email: self.one(Field::Email),
            phone: self.one(Field::Phone),
            language: self.one(Field::Language).map(|word| word.to_lowercase()),
            ..ContactInput::default()
        };
        let mut mailboxes = Vec::new();
        for (column, text) in self.cells(Field::Mailbox) {
            let typed =
                text.split(|letter: char| letter.is_whitespace() || ",;|/".contains(letter));
            for address in typed.filter(|address| !address.is_empty()) {
                self.mailboxes.push(column);
                mailboxes.push(MailboxInput {
                    address: Some(address.to_owned()),
                    ..MailboxInput::default()
                });
            }
        }
        SignUpInput {
            association: Some(association.to_owned()),
            contact: Some(contact),
            mailboxes: Some(mailboxes),
            ..SignUpInput::default()
        }
    }

    fn hints(&mut self) -> Hints {
        let names = [Field::GivenName, Field::FamilyName, Field::FullName];
        let names = names.map(|field| {
            self.parsed(field, |text| {
                PersonalName::parse(text).map(|name| name.as_str().to_owned())
            })
        });
        let codice_fiscale = self.parsed(Field::CodiceFiscale, |text| {
            if text.bytes().all(|byte| byte.is_ascii_digit()) {
                return NumericCodiceFiscale::parse(text).map(|code| code.as_str().to_owned());
            }
            CodiceFiscale::parse(text).map(|code| code.as_str().to_owned())
        });
        let code = self.parsed(Field::PostalCode, |text| words(text, 12));
        let city = self.parsed(Field::City, |text| words(text, 80));
        let address = [
            self.street(),
            joined([code, city], " "),
            self.parsed(Field::Province, |text| words(text, 40)),
        ];
        Hints {
            name: joined(names, " "),
            codice_fiscale,
            address: joined(address, ", "),
            notes: self.parsed(Field::Notes, |text| {
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                words(&text, MAX_CELL)
            }),
        }
    }

    /// Street and number, also from two columns.
    fn street(&mut self) -> Option<String> {
        let mut parts = Vec::new();
        for (column, text) in self.cells(Field::Address) {
            match words(&text, 120) {
                Ok(part) => parts.push(part),
                Err(error) => self.note(column, error.reason),
            }
        }
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// The text of the column that holds a field.
    fn one(&mut self, field: Field) -> Option<String> {
        self.cells(field).into_iter().next().map(|(_, text)| text)
    }

    fn parsed(
        &mut self,
        field: Field,
        parse: impl Fn(&str) -> Result<String, ValueError>,
    ) -> Option<String> {
        let (column, text) = self.cells(field).into_iter().next()?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.note(column, error.reason);
                None
            }
        }
    }

    /// The filled cells of the columns that hold a field, by column; what a spreadsheet spoilt is noted.
    fn cells(&mut self, field: Field) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for (column, held) in self.mapping.iter().enumerate() {
            let Some(cell) = self.row.cells.get(column).filter(|_| *held == Some(field)) else {
                continue;
            };
            let text = cell.text().trim();
            if text.is_empty() {
                continue;
            }
            if let Some(reason) = spoilt(field, cell) {
                let reason = reason.to_owned();
                self.wrong.push(Wrong {
                    column: Some(column),
                    reason,
                });
            } else {
                found.push((column, text.to_owned()));
            }
        }
        found
    }

    fn note(&mut self, column: usize, reason: &str) {
        self.wrong.push(Wrong {
            column: Some(column),
            reason: reason.to_owned(),
        });
    }
}

/// What a spreadsheet did to a cell: it made a number of a code, or holds an error.
fn spoilt(field: Field, cell: &Cell) -> Option<&'static str> {
    let is_code = matches!(
        field,
        Field::Phone | Field::CodiceFiscale | Field::PostalCode
    );
    match cell {
        Cell::Fault { .. } => Some("error-import-cell-fault"),
        Cell::Number { .. } if is_code => Some("error-import-number"),
        Cell::Number { .. } => None,
        Cell::Text(text) if is_code && is_scientific(text.trim()) => Some("error-import-number"),
        Cell::Text(text) => lost_zero(field, text.trim()).then_some("error-import-lost-zero"),
    }
}

/// `3,39123E+11`: a spreadsheet's way to write a long number, most of whose digits are gone.
fn is_scientific(text: &str) -> bool {
    let Some((digits, power)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_mantissa = !digits.is_empty()
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b".,".contains(&byte));
    is_mantissa && is_digits(power.trim_start_matches(['+', '-']))
}

/// Digits that began with a zero until a spreadsheet took them for a number.
fn lost_zero(field: Field, text: &str) -> bool {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    match field {
        // CAPs have five digits; other countries' with fewer stand with letters or four digits above 1000
        Field::PostalCode => text.len() < 4 || (text.len() == 4 && text < "2000"),
        Field::CodiceFiscale => text.len() < 11,
        // landlines begin with 0, mobiles with 3, services with 8
        Field::Phone => (6..=10).contains(&text.len()) && !text.starts_with(['0', '3', '8']),
        _ => false,
    }
}

fn words(text: &str, most: usize) -> Result<String, ValueError> {
    one_line(text, most, "error-name-format", "error-import-cell-long")
}

fn joined<const N: usize>(parts: [Option<String>; N], between: &str) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(between))
}

/// How an import stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportState {
    /// Read; its columns are to be looked at.
    Uploaded,
    /// Being tried.
    Checking,
    /// Tried: it can be started.
    Checked,
    /// Being imported.
    Running,
    /// Imported.
    Done,
    /// It cannot be worked off.
    Failed,
    /// Called off; what was imported stays.
    Cancelled,
    /// Never started in time.
    Expired,
}

impl ImportState {
    /// All states.
    pub const ALL: [Self; 8] = [
        Self::Uploaded,
        Self::Checking,
        Self::Checked,
        Self::Running,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Checking => "checking",
            Self::Checked => "checked",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether it can be called off.
    pub const fn can_be_cancelled(self) -> bool {
        matches!(
            self,
            Self::Uploaded | Self::Checking | Self::Checked | Self::Running
        )
    }
}

/// What becomes of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It makes a claimant.
    Created,
    /// Its contact was imported before, by this list or another.
    KnownImported,
    /// Its contact belongs to a record of the association.
    KnownContact,
    /// One of its mailboxes belongs to a record of the association.
    KnownMailbox,
    /// It is wrong.
    Refused,
}

impl Outcome {
    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::KnownImported => "known_imported",
            Self::KnownContact => "known_contact",
            Self::KnownMailbox => "known_mailbox",
            Self::Refused => "refused",
        }
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Cell(..)")
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Row({})", self.line)
    }
}

impl fmt::Debug for Hints {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Hints(..)")
    }
}

impl fmt::Debug for Listed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Listed(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposed(headers: &[&str]) -> Vec<&'static str> {
        let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
        let fields = propose(&headers).into_iter();
        fields
            .map(|field| field.map_or("", Field::as_str))
            .collect()
    }

    #[test]
    fn headers_in_italian_and_english_propose_fields() {
        assert_eq!(
            proposed(&[
                "Cognome",
                "NOME",
                "E-mail",
                "Cell.",
                "Casella Libero",
                "Codice Fiscale",
                "C.A.P.",
                "CAP",
                "Città",
                "Note",
                "Età"
            ]),
            [
                "family_name",
                "given_name",
                "email",
                "phone",
                "mailbox",
                "codice_fiscale",
                "",
                "postal_code",
                "city",
                "notes",
                ""
            ]
        );
        assert_eq!(
            proposed(&[
                "Full name",
                "Contact e-mail",
                "Mobile phone",
                "Affected mailbox 1",
                "Affected mailbox 2",
                "Remarks"
            ]),
            ["full_name", "email", "phone", "mailbox", "mailbox", "notes"]
        );
        assert_eq!(
            proposed(&["Nome e cognome", "email libero", "mail", "mail 2"]),
            ["full_name", "mailbox", "email", ""]
        );
        // a number that stands alone belongs to the street, and is not lost
        assert_eq!(
            proposed(&["Via", "Civico", "N. civico", "CAP", "Numero di telefono"]),
            ["address", "address", "address", "postal_code", "phone"]
        );
    }

    #[test]
    fn a_mapping_names_a_contact_a_mailbox_and_each_field_once() {
        let reasons = |mapping: &[Option<Field>]| -> Vec<&'static str> {
            let wrong = check_mapping(mapping).err();
            wrong.iter().flatten().map(|error| error.reason).collect()
        };
        assert_eq!(
            reasons(&[
                Some(Field::Phone),
                Some(Field::Mailbox),
                Some(Field::Mailbox)
            ]),
            [""; 0]
        );
        assert_eq!(
            reasons(&[None]),
            ["error-import-map-contact", "error-import-map-mailbox"]
        );
        let twice = [Some(Field::Email), Some(Field::Email), Some(Field::Mailbox)];
        assert_eq!(reasons(&twice), ["error-import-map-twice"; 2]);
    }

    #[test]
    fn a_street_and_its_number_in_two_columns_are_one_address() {
        let text = |text: &str| Cell::Text(text.to_owned());
        let number = Cell::Number { n: "12".to_owned() };
        let row = Row {
            line: 2,
            cells: vec![text("Via Roma"), number, text("20121"), text("Milano")],
        };
        let mapping = [
            Some(Field::Address),
            Some(Field::Address),
            Some(Field::PostalCode),
            Some(Field::City),
        ];
        let mut reader = Reader {
            row: &row,
            mapping: &mapping,
            wrong: Vec::new(),
            mailboxes: Vec::new(),
        };
        let address = reader.hints().address;
        assert_eq!(address.as_deref(), Some("Via Roma 12, 20121 Milano"));
        assert!(reader.wrong.is_empty());
    }

    #[test]
    fn r27_what_a_spreadsheet_made_of_codes_is_told_and_never_repaired() {
        let text = |text: &str| Cell::Text(text.to_owned());
        for (field, typed) in [
            (Field::PostalCode, "184"),
            (Field::PostalCode, "1100"),
            (Field::CodiceFiscale, "3456789"),
            (Field::Phone, "669821234"),
        ] {
            assert_eq!(
                spoilt(field, &text(typed)),
                Some("error-import-lost-zero"),
                "{typed}"
            );
        }
        for typed in ["3,39123E+11", "3.39E11", "1E+10"] {
            assert_eq!(
                spoilt(Field::Phone, &text(typed)),
                Some("error-import-number"),
                "{typed}"
            );
        }
        let number = Cell::Number {
            n: "3391234567".to_owned(),
        };
        assert_eq!(spoilt(Field::Phone, &number), Some("error-import-number"));
        assert_eq!(spoilt(Field::Notes, &number), None);
        for (field, typed) in [
            (Field::PostalCode, "00184"),
            (Field::PostalCode, "8010"),
            (Field::Phone, "3391234567"),
            (Field::Phone, "06 69821234"),
            (Field::CodiceFiscale, "RSSMRA85C12H501E"),
            (Field::Email, "1E+10"),
        ] {
            assert_eq!(spoilt(field, &text(typed)), None, "{typed}");
        }
        let fault = Cell::Fault {
            e: "#N/A".to_owned(),
        };
        assert_eq!(
            spoilt(Field::Notes, &fault),
            Some("error-import-cell-fault")
        );
    }
}
