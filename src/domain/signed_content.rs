//! What a declaration says, whole: the value whose canonical JSON is signed, committed to in the
//! evidence log and printed. It stands alone: names, texts and parties are those of its day.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    accepted_text::TextKind,
    case::{Register, RegisterEntry, RegisterStatus},
    declaration::Declaration,
    document::DocumentKind,
    identity::Identity,
    representation::Representative,
};

/// Name and version of the form of [`SignedContent`].
pub const FORMAT: &str = "joinder-declaration/1";

/// The content of one version of a declaration.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedContent {
    /// [`FORMAT`].
    pub format: String,
    /// Template of the document and its version.
    pub template: String,
    /// Id of the claimant.
    pub claimant: Uuid,
    /// Reference of the claimant.
    pub reference: String,
    /// From 1.
    pub version: i32,
    /// Day of this version, Europe/Rome.
    pub declared_on: NaiveDate,
    /// The case (letter a).
    pub case: SignedCase,
    /// The association that holds the data.
    pub association: SignedAssociation,
    /// Capacity in which the signer acts.
    pub capacity: String,
    /// Who the claimant is (letter b).
    pub identity: Identity,
    /// Who signs in the claimant's place, and by what title (R46).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub representative: Option<Representative>,
    /// What is declared (letters d, e).
    pub declaration: Declaration,
    /// Sum of the amounts, euro cents.
    pub total_cents: i64,
    /// Texts offered for acceptance (letters g, h).
    pub texts: Vec<SignedText>,
    /// The privacy notice that was shown.
    pub privacy_notice: SignedNotice,
    /// Documents produced (letter f), by number. Left out where there are none, as before there could be
    /// any: so what was signed then keeps its bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<SignedDocument>,
}

/// A document in the index.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedDocument {
    /// Its id.
    pub id: Uuid,
    /// Its number, from 1; removed ones leave gaps.
    pub number: i32,
    /// What it shows.
    pub kind: DocumentKind,
    /// Its files, in order.
    pub files: Vec<SignedFile>,
}

/// A file of a document.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedFile {
    /// Its name.
    pub name: String,
    /// Bytes of the original.
    pub size: u64,
    /// SHA-256 of the original, hex.
    pub sha256: String,
}

/// The case as it was on the day.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the word of DESIGN 1")]
pub struct SignedCase {
    pub slug: String,
    pub title: String,
    pub court: Option<String>,
    pub rg_number: Option<String>,
    pub respondent: String,
    pub respondent_codice_fiscale: String,
    pub respondent_pec: Option<String>,
    /// Whether a fondo spese was ordered; none: not decided (letter l).
    pub fondo_spese_ordered: Option<bool>,
}

/// The association as it was on the day.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the word of DESIGN 1")]
pub struct SignedAssociation {
    pub slug: String,
    pub name: String,
    /// Name, bar and PEC of its lawyers in the case (letter c).
    pub counsel: Vec<SignedCounsel>,
    /// Registers it is on, one line each.
    pub registers: Vec<String>,
}

/// A lawyer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the word of DESIGN 1")]
pub struct SignedCounsel {
    pub name: String,
    pub codice_fiscale: String,
    pub bar: String,
    pub pec: String,
}

/// Which notice was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedNotice {
    /// Its version.
    pub version: String,
    /// SHA-256 of its Italian body, hex.
    pub sha256: String,
}

/// A text, byte for byte as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedText {
    /// What it is for.
    pub kind: TextKind,
    /// Its version.
    pub version: String,
    /// SHA-256 of the body, hex.
    pub sha256: String,
    /// The body.
    pub body: String,
}

impl SignedContent {
    /// The same content under another version and day, to ask whether anything changed.
    pub fn as_of(&self, version: i32, declared_on: NaiveDate) -> Self {
        Self {
            version,
            declared_on,
            ..self.clone()
        }
    }

    /// Name of the person who signs: the claimant, or who acts in the claimant's place.
    pub fn signer(&self) -> String {
        match &self.representative {
            Some(acting) => acting.name(),
            None => self.identity.signer_name(),
        }
    }

    /// Codice fiscale of the person who signs; none for who has none.
    pub fn signer_codice_fiscale(&self) -> Option<&str> {
        match &self.representative {
            Some(acting) => Some(acting.codice_fiscale().as_str()),
            None => self.identity.signer_codice_fiscale(),
        }
    }
}

/// A register as one line, in Italian: which one, status, reference.
pub fn register_line(entry: &RegisterEntry) -> String {
    let register = match entry.register {
        Register::Giustizia => "elenco del Ministero della giustizia (D.M. 27/2022)",
        Register::Art137 => "elenco dell'art. 137 del Codice del consumo",
    };
    let status = match entry.status {
        RegisterStatus::Unknown => "iscrizione non verificata",
        RegisterStatus::Active => "iscritta",
        RegisterStatus::Suspended => "sospesa",
        RegisterStatus::Cancelled => "cancellata",
    };
    match &entry.reference {
        Some(reference) => format!("{register}: {status}, {reference}"),
        None => format!("{register}: {status}"),
    }
}

impl fmt::Debug for SignedContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedContent")
            .field("claimant", &self.claimant)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
