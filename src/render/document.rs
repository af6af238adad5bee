//! Documents to be signed: values in, PDF out. Nothing is read but the values, so the same values give
//! the same bytes; typst sets them (decision 9) by the template beside, always in Italian.

use chrono::{Datelike, NaiveDate};
use hayro::hayro_syntax::Pdf;
use serde::Serialize;
use serde_json::Value;
use thiserror::Error;
use typst::{
    comemo,
    diag::SourceDiagnostic,
    foundations::{Datetime, Smart},
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

mod italian;
mod list;
mod pack;
mod paper;
mod printable;
mod signing_attestation;
mod values;
mod world;

pub use italian::{day_in_words, euro_in_words as euro, instant_in_words};
pub use list::{ListLine, SignedList, signed_list};
pub use paper::{PaperForm, paper_form, short_sha256};
pub use signing_attestation::{AcceptedText, Fact, SigningAttestation, signing_attestation};
pub use values::{
    CertifiedAddress, Circumstances, DeclarationDocument, LegalText, PrintedAssociation,
    PrintedCase, PrintedClaimant, PrintedDocument, PrintedEntity, PrintedIncident, PrintedItem,
    PrintedMailbox, PrintedPerson, PrintedRepresentative, TextVersion,
};
use world::{DocumentWorld, Shared};

/// Why a document could not be made. None of it names a person.
#[derive(Debug, Error)]
pub enum DocumentError {
    /// A subtotal is not the sum of its items, or the total not that of the subtotals.
    #[error("the sums of the document do not agree")]
    Sums,
    /// The fonts or the template could not be read.
    #[error("the document maker is not complete")]
    Incomplete,
    /// The values could not be written down for the template.
    #[error("the values of the document could not be written down")]
    Values(#[source] serde_json::Error),
    /// The day is one that a PDF cannot hold.
    #[error("the day of the document is out of range")]
    Day,
    /// Typst refused the document or the PDF standard did; the texts of its findings may quote
    /// the values and are left out.
    #[error("the document could not be typeset: {0} findings")]
    Typesetting(usize),
    /// The writer of the file made another form than `pack` knows.
    #[error("the file could not be packed")]
    Packing,
}

/// The declaration as PDF/A-2a, tagged, fonts embedded as subsets. Takes one core for some
/// milliseconds: not to be called on a thread that serves others.
///
/// # Errors
/// [`DocumentError`]; the values are wrong or the program is.
pub fn declaration(document: &DeclarationDocument) -> Result<Vec<u8>, DocumentError> {
    if !document.sums_agree() {
        return Err(DocumentError::Sums);
    }
    let world = world_of(document)?;
    let identifier = format!(
        "declaration {} {} {}",
        document.reference, document.version, document.canonical_sha256
    );
    let options = options(identifier, document.issued_on)?;
    let pdf = typeset(&world, &options);
    // Typst remembers what it set. What the next document does not use again, the words of people, is
    // forgotten with it (the last two people's stay in memory); labels and legal texts stay, which
    // halves the work.
    comemo::evict(1);
    pdf
}

fn world_of(document: &DeclarationDocument) -> Result<DocumentWorld, DocumentError> {
    let shared = Shared::get().ok_or(DocumentError::Incomplete)?;
    let values = printable_values(shared, document)?;
    let values = serde_json::to_vec(&values).map_err(DocumentError::Values)?;
    Ok(DocumentWorld::new(shared, values))
}

fn printable_values<T: Serialize>(shared: &Shared, values: &T) -> Result<Value, DocumentError> {
    let mut values = serde_json::to_value(values).map_err(DocumentError::Values)?;
    printable::make_printable(&mut values, |character| shared.width(character));
    Ok(values)
}

fn typeset(world: &DocumentWorld, options: &PdfOptions) -> Result<Vec<u8>, DocumentError> {
    let document = typst::compile::<PagedDocument>(world)
        .output
        .map_err(|found| refused(&found))?;
    let pdf = typst_pdf::pdf(&document, options).map_err(|found| refused(&found))?;
    pack::pack(&pdf).ok_or(DocumentError::Packing)
}

/// How many pages a document of ours has; none if it is no PDF.
pub fn count_pages(pdf: Vec<u8>) -> Option<usize> {
    let pdf = Pdf::new(pdf).ok()?;
    Some(pdf.pages().len())
}

fn refused(found: &[SourceDiagnostic]) -> DocumentError {
    #[cfg(test)]
    eprintln!("{found:#?}");
    DocumentError::Typesetting(found.len())
}

fn options(identifier: String, day: NaiveDate) -> Result<PdfOptions, DocumentError> {
    let month = u8::try_from(day.month()).map_err(|_| DocumentError::Day)?;
    let number = u8::try_from(day.day()).map_err(|_| DocumentError::Day)?;
    let day = Datetime::from_ymd(day.year(), month, number).ok_or(DocumentError::Day)?;
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
        .map_err(|_| DocumentError::Incomplete)?;
    Ok(PdfOptions {
        ident: Smart::Custom(identifier),
        creator: Smart::Custom(Some("joinder".to_owned())),
        timestamp: Some(Timestamp::new_utc(day)),
        page_ranges: None,
        standards,
        tagged: true,
        pretty: false,
    })
}

#[cfg(test)]
mod tests;
