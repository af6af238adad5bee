//! The form to sign by hand: the declaration in large print, fields for place, date and each signature,
//! and a sheet that says in words and in a barcode which record it belongs to.

use std::fmt;

use qrcode::{Color, EcLevel, QrCode};
use serde::Serialize;
use serde_json::Value;
use typst::comemo;

use super::world::{DocumentWorld, Shared};
use super::{DeclarationDocument, DocumentError, options, printable_values, typeset};

/// Digits of a document's hash that people compare.
const SHORT: usize = 16;
/// White modules around a barcode (ISO/IEC 18004).
const QUIET: usize = 4;

/// What the form says beside the declaration.
#[derive(Clone, Serialize)]
pub struct PaperForm {
    /// SHA-256 of the declared PDF, 64 hexadecimal digits.
    pub document_sha256: String,
    /// That staff typed it, and what that means for who signs; one Italian paragraph.
    pub typed: Option<String>,
    /// How to hand it in, one Italian sentence each.
    pub hand_in: Vec<String>,
}

/// The first characters of a hash, in groups, as form and console show them.
pub fn short_sha256(sha256: &str) -> String {
    let digits: Vec<char> = sha256.chars().take(SHORT).collect();
    let groups = digits
        .chunks(4)
        .map(|group| group.iter().collect::<String>());
    groups.collect::<Vec<String>>().join(" ")
}

/// What the barcode holds: `JOINDER/1/{reference}/{version}/{first characters of the hash}`, capitals and
/// digits only, which is the densest form.
pub(super) fn barcode_text(document: &DeclarationDocument, sha256: &str) -> String {
    let short: String = sha256.chars().take(SHORT).collect();
    let (reference, version) = (&document.reference, document.version);
    format!("JOINDER/1/{reference}/{version}/{short}").to_uppercase()
}

/// The form as PDF/A-2a, tagged. Takes one core for some milliseconds.
///
/// # Errors
/// [`DocumentError`]; the values are wrong or the program is.
pub fn paper_form(
    document: &DeclarationDocument,
    form: &PaperForm,
) -> Result<Vec<u8>, DocumentError> {
    if !document.sums_agree() {
        return Err(DocumentError::Sums);
    }
    let shared = Shared::get().ok_or(DocumentError::Incomplete)?;
    let mut values = printable_values(shared, document)?;
    let mut printed = printable_values(shared, form)?;
    if let (Value::Object(values), Value::Object(printed)) = (&mut values, &mut printed) {
        let short = short_sha256(&form.document_sha256);
        printed.insert("short_sha256".to_owned(), Value::String(short));
        let barcode = barcode(&barcode_text(document, &form.document_sha256))?;
        printed.insert("barcode".to_owned(), barcode);
        values.insert("form".to_owned(), Value::Object(printed.clone()));
    }
    let values = serde_json::to_vec(&values).map_err(DocumentError::Values)?;
    let identifier = format!(
        "form {} {} {}",
        document.reference, document.version, form.document_sha256
    );
    let options = options(identifier, document.issued_on)?;
    let pdf = typeset(&DocumentWorld::by_hand(shared, values), &options);
    comemo::evict(1);
    pdf
}

/// The dark runs of a barcode: row, first module, modules; with its white border.
#[derive(Serialize)]
struct Barcode {
    size: usize,
    runs: Vec<(usize, usize, usize)>,
}

fn barcode(text: &str) -> Result<Value, DocumentError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::Q)
        .map_err(|_| DocumentError::Incomplete)?;
    let width = code.width();
    let colors = code.to_colors();
    let mut runs = Vec::new();
    for (row, modules) in colors.chunks(width).enumerate() {
        let mut column = 0;
        for run in modules.chunk_by(|left, right| left == right) {
            if run.first() == Some(&Color::Dark) {
                runs.push((row + QUIET, column + QUIET, run.len()));
            }
            column += run.len();
        }
    }
    let size = width + 2 * QUIET;
    serde_json::to_value(Barcode { size, runs }).map_err(DocumentError::Values)
}

impl fmt::Debug for PaperForm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PaperForm(..)")
    }
}
