//! What a declaration's document shows. Everything is ready to read: words are Italian, days are those of
//! Europe/Rome, money is euro cents. Nothing is looked up or counted here.

use std::fmt;

use chrono::NaiveDate;
use serde::{Serialize, Serializer};

use super::italian;
use crate::domain::readiness::FondoSpese;

/// A declaration as it is printed. It serializes to what the template reads: dates and sums in Italian.
#[derive(Clone, Serialize)]
pub struct DeclarationDocument {
    /// Reference of the claimant.
    pub reference: String,
    /// Version of the declaration, from 1.
    pub version: u32,
    /// Day of this version; also the date in the PDF's metadata.
    #[serde(serialize_with = "italian::day")]
    pub issued_on: NaiveDate,
    /// SHA-256 of the canonical JSON that is signed with the document, 64 hexadecimal digits.
    pub canonical_sha256: String,
    /// Who collects it.
    pub association: PrintedAssociation,
    /// Letter a).
    pub case: PrintedCase,
    /// Letter b).
    pub claimant: PrintedClaimant,
    /// Letter c).
    pub certified_address: CertifiedAddress,
    /// Letters d) and e), per mailbox; 1 to 20.
    pub mailboxes: Vec<PrintedMailbox>,
    /// Sum of all amounts given; must be that of the items.
    #[serde(serialize_with = "italian::euro")]
    pub total_cents: i64,
    /// Contract and what was tried elsewhere.
    pub circumstances: Circumstances,
    /// What happened in the claimant's words, lines ended by `\n`.
    pub narrative: Option<String>,
    /// Letter f), in the order of the numbers.
    pub documents: Vec<PrintedDocument>,
    /// Formula of DPR 445/2000: what follows the name of the person who declares.
    pub dpr_445: LegalText,
    /// Letter g): printed as given.
    pub attestation: LegalText,
    /// Letter h).
    pub mandate: LegalText,
    /// Mandate to write to the respondent; valid only if accepted at signing.
    pub messa_in_mora: Option<LegalText>,
    /// Letter l).
    #[serde(serialize_with = "letter_l")]
    pub fondo_spese: FondoSpese,
    /// The privacy notice that was shown; its body is not printed.
    pub privacy_notice: TextVersion,
}

/// The association.
#[derive(Clone, Serialize)]
pub struct PrintedAssociation {
    /// Its name.
    pub name: String,
    /// Its register entries in words, one each; may be empty.
    pub registers: Vec<String>,
    /// The claimant's member number at it.
    pub member_number: Option<String>,
}

/// The case and who it is against.
#[derive(Clone, Serialize)]
pub struct PrintedCase {
    /// Its title.
    pub title: String,
    /// The court, if there is one yet.
    pub court: Option<String>,
    /// Number in the court's general register (R.G.).
    pub register_number: Option<String>,
    /// Number on the portal of telematic services.
    pub portal_id: Option<String>,
    /// Name of the respondent.
    pub respondent: String,
    /// Its codice fiscale.
    pub respondent_codice_fiscale: String,
    /// Its PEC.
    pub respondent_pec: Option<String>,
}

/// Who declares.
#[derive(Clone, Serialize)]
pub struct PrintedClaimant {
    /// In which capacity, in words.
    pub capacity: String,
    /// The entity, if the person below declares as its legal representative.
    pub entity: Option<PrintedEntity>,
    /// The person.
    pub person: PrintedPerson,
    /// Who signs in the claimant's place, and by what title; none: the person above signs.
    pub representative: Option<PrintedRepresentative>,
    /// Who declares and in what quality, as the formula of DPR 445/2000 begins.
    pub opening: String,
}

/// Who signs in the claimant's place (R46).
#[derive(Clone, Serialize)]
pub struct PrintedRepresentative {
    /// Name and surname.
    pub name: String,
    /// Codice fiscale.
    pub codice_fiscale: String,
    /// By what title, in words, with the norm.
    pub title: String,
    /// The document the title rests on.
    pub title_document: String,
    /// First day.
    #[serde(serialize_with = "italian::day")]
    pub valid_from: NaiveDate,
    /// Last day; none: until it is revoked.
    #[serde(serialize_with = "italian::day_if_any")]
    pub valid_until: Option<NaiveDate>,
}

/// An entity.
#[derive(Clone, Serialize)]
pub struct PrintedEntity {
    /// Its name.
    pub name: String,
    /// Its codice fiscale.
    pub codice_fiscale: String,
    /// Its partita IVA.
    pub vat_number: Option<String>,
    /// Its seat, one line.
    pub seat: String,
}

/// A person: of a legal representative often only the name is known.
#[derive(Clone, Default, Serialize)]
pub struct PrintedPerson {
    /// Name and surname.
    pub name: String,
    /// Codice fiscale.
    pub codice_fiscale: Option<String>,
    /// Kind, number and country of a foreign document, one line; instead of a codice fiscale.
    pub foreign_document: Option<String>,
    /// Day of birth.
    #[serde(serialize_with = "italian::day_if_any")]
    pub birth_date: Option<NaiveDate>,
    /// Place of birth.
    pub birth_place: Option<String>,
    /// Sex in words.
    pub sex: Option<String>,
    /// Residence, one line.
    pub residence: Option<String>,
}

/// Whose certified address counts (letter c).
#[derive(Clone, Serialize)]
#[serde(rename_all = "snake_case", tag = "whose")]
pub enum CertifiedAddress {
    /// The claimant's own.
    Own {
        /// The PEC.
        pec: String,
    },
    /// That of the claimant's lawyer.
    Defender {
        /// Name and surname.
        name: String,
        /// The bar (foro).
        bar: String,
        /// The PEC.
        pec: String,
    },
    /// Not given yet.
    Missing,
}

/// A mailbox.
#[derive(Clone, Serialize)]
pub struct PrintedMailbox {
    /// Its address.
    pub address: String,
    /// The incidents it suffered, 1 to 20.
    pub incidents: Vec<PrintedIncident>,
}

/// One mailbox in one incident.
#[derive(Clone, Serialize)]
pub struct PrintedIncident {
    /// Name of the incident.
    pub name: String,
    /// Plan at the time.
    pub plan: String,
    /// Fee paid.
    #[serde(serialize_with = "italian::euro_if_any")]
    pub fee_paid_cents: Option<i64>,
    /// Who held the mailbox, in words.
    pub holder: String,
    /// What it was used for, in words.
    pub used_for: String,
    /// First day without service.
    #[serde(serialize_with = "italian::day")]
    pub unavailable_from: NaiveDate,
    /// Last day without service, included; none: still without.
    #[serde(serialize_with = "italian::day_if_any")]
    pub unavailable_until: Option<NaiveDate>,
    /// Calendar days from first to last (R33); none while it lasts.
    pub days: Option<u32>,
    /// Last use before.
    #[serde(serialize_with = "italian::day_if_any")]
    pub last_use: Option<NaiveDate>,
    /// Whether it works again.
    pub restored: bool,
    /// Compensation received, in words (R35).
    pub compensation: String,
    /// Lost or late mail, in words.
    pub mail: String,
    /// What is asked for (R36).
    pub items: Vec<PrintedItem>,
    /// Sum of the items' amounts.
    #[serde(serialize_with = "italian::euro")]
    pub subtotal_cents: i64,
}

/// A damage item.
#[derive(Clone, Serialize)]
pub struct PrintedItem {
    /// The head in words.
    pub head: String,
    /// What it was.
    pub description: Option<String>,
    /// The amount; none: the equitable sum of art. 1226 c.c.
    #[serde(serialize_with = "italian::euro_if_any")]
    pub amount_cents: Option<i64>,
    /// Numbers of documents in the index; none: "nessun documento".
    pub documents: Vec<u32>,
}

/// Contract and what was tried elsewhere, each in words.
#[derive(Clone, Default, Serialize)]
pub struct Circumstances {
    /// Version or date of the contract terms.
    pub contract_version: Option<String>,
    /// The clause that matters.
    pub contract_clause: Option<String>,
    /// Complaint made: where, reference, date, answer.
    pub complaint: Option<String>,
    /// Other claims pending, one line each (R66); empty: none.
    pub other_claims: Vec<String>,
    /// What was paid for the same damage, one line each; empty: nothing.
    pub already_compensated: Vec<String>,
}

/// A document in the index.
#[derive(Clone, Serialize)]
pub struct PrintedDocument {
    /// Its number.
    pub number: u32,
    /// Its title.
    pub title: String,
    /// Its file name.
    pub file_name: String,
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub sha256: String,
}

/// A text that is printed whole.
#[derive(Clone, Serialize)]
pub struct LegalText {
    /// Its version and hash.
    #[serde(flatten)]
    pub version: TextVersion,
    /// Its words; paragraphs are parted by `\n`.
    pub body: String,
}

/// Which text was shown.
#[derive(Clone, Serialize)]
pub struct TextVersion {
    /// What it is, in words.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its UTF-8 bytes, 64 hexadecimal digits.
    pub sha256: String,
}

/// What the case records of a payment that a judge may order (art. 840-sexies h). "Not due" is printed only
/// where it records that none was ordered (R2). Nobody pays it through us: that it was paid is not printed (R13).
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what serde calls takes a reference"
)]
fn letter_l<S: Serializer>(fondo_spese: &FondoSpese, output: S) -> Result<S::Ok, S::Error> {
    output.serialize_str(match fondo_spese {
        FondoSpese::Undecided => "undecided",
        FondoSpese::NotOrdered => "not_ordered",
        FondoSpese::Due | FondoSpese::Paid => "ordered",
    })
}

impl DeclarationDocument {
    /// Whether each subtotal is the sum of its items and the total that of the subtotals.
    pub(super) fn sums_agree(&self) -> bool {
        let incidents = self.mailboxes.iter().flat_map(|mailbox| &mailbox.incidents);
        let mut total = 0_i64;
        for incident in incidents {
            let mut amounts = incident.items.iter().filter_map(|item| item.amount_cents);
            let sum = amounts.try_fold(0_i64, i64::checked_add);
            if sum != Some(incident.subtotal_cents) {
                return false;
            }
            let Some(sum) = total.checked_add(incident.subtotal_cents) else {
                return false;
            };
            total = sum;
        }
        total == self.total_cents
    }
}

impl fmt::Debug for DeclarationDocument {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DeclarationDocument(..)")
    }
}
