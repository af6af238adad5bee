//! Checking what others signed, and that it is what we issued: `.p7m` (CAdES) and signed PDFs (PAdES); and the
//! seals that we put on documents ourselves (`seal`).
//!
//! Pure over bytes: no database, no network, no clock. The bytes are hostile: everything is bounded in size,
//! depth and number, and nothing panics. What cannot be read or known is never valid (R42, decision 17).

mod certificate;
mod changes;
mod cms;
mod der;
mod findings;
mod oid;
mod pades;
mod path;
mod pdf;
mod revocation;
mod seal;
mod signer;
mod trust;

use chrono::{DateTime, Utc};
use data_encoding::BASE64;

use self::cms::SignedData;
use self::der::{IA5_STRING, INTEGER, OCTETS, OID, SEQUENCE, context};
use self::findings::Findings;
use self::revocation::Sources;
use self::signer::Setting;
use crate::crypto::sha256;
use crate::domain::signing::{CheckCode, Format, Outcome, Reason, Report, SignatureFound, Verdict};

pub use self::seal::{
    Draft, SealCertificate, SealCertificateError, SealedCopy, Unsealable, read_sealed,
};
pub use self::trust::{Trust, TrustError};

/// The largest file that is read, bytes.
pub const LARGEST: usize = 25 * 1024 * 1024;
/// Signatures in signatures: `document.pdf.p7m.p7m`.
const LAYERS: usize = 4;

/// A file, and what it must be.
pub struct Question<'a> {
    /// The file as it came.
    pub file: &'a [u8],
    /// The document that was issued.
    pub issued: &'a [u8],
    /// Codici fiscali of those who may sign: the claimant, the representatives.
    pub signers: &'a [String],
    /// When the file came.
    pub received_at: DateTime<Utc>,
}

/// Checks a file. Nothing is refused here: the report says what was found.
pub fn examine(trust: &Trust, question: &Question<'_>) -> Report {
    let mut findings = Findings::default();
    let setting = Setting {
        anchors: trust.anchors(),
        sources: Sources {
            lists: trust.lists(),
            answers: Vec::new(),
        },
        pool: Vec::new(),
        received_at: question.received_at,
        stamped_at: None,
    };
    let format = if question.file.len() > LARGEST {
        findings.fail(CheckCode::Format, Reason::TooLarge);
        Format::Unknown
    } else {
        let stamped = stamped_content(question.file);
        let file = stamped.as_deref().unwrap_or(question.file);
        if file.starts_with(b"%PDF-") {
            check_pdf(&setting, file, question.issued, &mut findings);
            Format::Pades
        } else {
            check_message(&setting, file, question.issued, &mut findings)
        }
    };
    check_person(question.signers, &mut findings);
    let (signatures, checks) = findings.finish();
    let verdict = Report::verdict_of(&checks);
    // a verdict of valid rests on a signature, whatever the checks say
    let verdict = match verdict {
        Verdict::Valid if signatures.is_empty() => Verdict::NotVerifiable,
        other => other,
    };
    Report {
        report: Report::FORMAT.to_owned(),
        verdict,
        format,
        file_sha256: sha256::hex(&sha256::digest(question.file)),
        document_sha256: sha256::hex(&sha256::digest(question.issued)),
        checked_at: question.received_at,
        signatures,
        checks,
    }
}

/// The time in a token (RFC 3161, DER) that somebody stamped these bytes with whom we trust: rightly signed, the
/// certificate named, for time stamps, in force then, and issued by an anchor. Whether it was revoked is not
/// asked: the lists of authorities do not lie here.
///
/// # Errors
/// `TimestampWrong`: of something else, broken, or of a time long after `received_at`. `TimestampUntrusted`: by
/// whom we do not know.
pub fn check_stamp(
    trust: &Trust,
    token: &[u8],
    stamped: &[u8],
    received_at: DateTime<Utc>,
) -> Result<DateTime<Utc>, Reason> {
    let setting = Setting {
        anchors: trust.anchors(),
        sources: Sources {
            lists: Vec::new(),
            answers: Vec::new(),
        },
        pool: Vec::new(),
        received_at,
        stamped_at: None,
    };
    signer::check_token_path(&setting, token, &[stamped])
}

/// What lies in a `.tsd` (TimeStampedData, RFC 5544), as DER or BER; `None` for any other file, and for one that is
/// broken or holds nothing (R45). Its stamps are not asked: without them the time of a signature is proved by less,
/// never by more.
fn stamped_content(file: &[u8]) -> Option<Vec<u8>> {
    let head = file.get(..32)?;
    let mut found = head.windows(oid::TIMESTAMPED_DATA.len());
    if !found.any(|window| window == oid::TIMESTAMPED_DATA) {
        return None;
    }
    let message = decode(file).ok()?;
    let mut outer = der::whole(&message, SEQUENCE)?.inside();
    if outer.expect(OID)?.body != oid::TIMESTAMPED_DATA {
        return None;
    }
    let mut data = outer
        .expect(context(0))?
        .inside()
        .expect(SEQUENCE)?
        .inside();
    data.expect(INTEGER)?;
    data.optional(IA5_STRING);
    data.optional(SEQUENCE);
    Some(data.expect(OCTETS)?.body.to_vec())
}

/// A PDF: the document itself is not signed, one that goes on after it may be.
fn check_pdf(setting: &Setting<'_>, file: &[u8], issued: &[u8], findings: &mut Findings) {
    if file == issued {
        findings.fail(CheckCode::Format, Reason::NotSigned);
    } else if file.starts_with(issued) {
        pades::check(setting, file, issued.len(), findings);
    } else {
        let reason = if is_signed_pdf(file) {
            Reason::Rewritten
        } else {
            Reason::AnotherDocument
        };
        findings.fail(CheckCode::Document, reason);
    }
}

/// Whether it looks like a PDF with a signature of its own.
fn is_signed_pdf(file: &[u8]) -> bool {
    let word = b"/ByteRange";
    file.starts_with(b"%PDF-") && file.windows(word.len()).any(|window| window == word)
}

/// A CMS, or one in another.
fn check_message(
    setting: &Setting<'_>,
    file: &[u8],
    issued: &[u8],
    findings: &mut Findings,
) -> Format {
    let mut content = file.to_vec();
    for layer in 0..LAYERS {
        let message = match decode(&content) {
            Ok(message) => message,
            Err(reason) => {
                findings.about_file();
                findings.fail(CheckCode::Format, reason);
                return if layer == 0 {
                    Format::Unknown
                } else {
                    Format::Cades
                };
            }
        };
        match check_layer(setting, &message, findings) {
            Err(reason) => {
                findings.about_file();
                findings.fail(CheckCode::Format, reason);
                return Format::Cades;
            }
            Ok(inside) if inside == issued => {
                findings.about_file();
                findings.pass(CheckCode::Format);
                findings.pass(CheckCode::Document);
                findings.pass(CheckCode::Coverage);
                return Format::Cades;
            }
            Ok(inside) if is_signed_pdf(&inside) => {
                findings.about_file();
                check_pdf(setting, &inside, issued, findings);
                return Format::Cades;
            }
            Ok(inside) if !is_message(&inside) => {
                findings.about_file();
                findings.fail(CheckCode::Document, Reason::AnotherDocument);
                return Format::Cades;
            }
            Ok(inside) => content = inside,
        }
    }
    findings.about_file();
    findings.fail(CheckCode::Format, Reason::TooComplex);
    Format::Cades
}

/// Checks the signers of one message and gives its content.
fn check_layer(
    setting: &Setting<'_>,
    message: &[u8],
    findings: &mut Findings,
) -> Result<Vec<u8>, Reason> {
    let message = SignedData::read(message).ok_or(Reason::Malformed)?;
    let content = message.content.ok_or(Reason::NoContentInside)?;
    if message.signers.is_empty() {
        return Err(Reason::NotSigned);
    }
    for signer in &message.signers {
        signer::check(setting, &message, signer, &[content], findings);
    }
    Ok(content.to_vec())
}

/// Whether bytes begin like DER, PEM or base64 of a CMS.
fn is_message(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x30]) || bytes.starts_with(b"-----BEGIN") || bytes.starts_with(b"MI")
}

/// The DER of a CMS that comes as DER, BER, PEM or base64, and nothing after it.
fn decode(bytes: &[u8]) -> Result<Vec<u8>, Reason> {
    if bytes.first() == Some(&0x30) {
        return match der::from_ber(bytes) {
            Some((message, rest)) if rest.iter().all(u8::is_ascii_whitespace) => Ok(message),
            Some(_) => Err(Reason::AppendedAfter),
            None => Err(Reason::Malformed),
        };
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Reason::NotASignature)?;
    let lines = text.lines().map(str::trim);
    let body: String = lines.filter(|line| !line.starts_with("-----")).collect();
    if !body.starts_with("MI") {
        return Err(Reason::NotASignature);
    }
    let unpadded = body.trim_end_matches('=');
    let missing = (4 - unpadded.len() % 4) % 4;
    let padded = format!("{unpadded}{}", "=".repeat(missing));
    let binary = BASE64
        .decode(padded.as_bytes())
        .map_err(|_| Reason::Malformed)?;
    match der::from_ber(&binary) {
        Some((message, [])) => Ok(message),
        Some(_) => Err(Reason::AppendedAfter),
        None => Err(Reason::Malformed),
    }
}

/// Whether one of those who may sign did (R41).
fn check_person(expected: &[String], findings: &mut Findings) {
    findings.about_file();
    let told: Vec<String> = findings
        .signatures()
        .iter()
        .filter_map(|signature| signature.codice_fiscale.clone())
        .collect();
    let is_nameless = |it: &SignatureFound| it.certificate_sha256.is_empty();
    if findings.signatures().iter().all(is_nameless) {
        // no signature, or none with its certificate: that is said already
        return;
    }
    if expected.is_empty() {
        findings.unknown(CheckCode::Person, Reason::NothingToCompare);
    } else if told.is_empty() {
        findings.unknown(CheckCode::Person, Reason::NoCodiceFiscale);
    } else if told
        .iter()
        .any(|code| expected.iter().any(|own| own.eq_ignore_ascii_case(code)))
    {
        findings.add(CheckCode::Person, Outcome::Passed, Reason::AsItMustBe);
    } else {
        findings.fail(CheckCode::Person, Reason::AnotherPerson);
    }
}
