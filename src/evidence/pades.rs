//! Signed PDFs (ISO 32000-1, 12.8; ETSI EN 319 142): the signatures, what they cover, and that the document is
//! the one we issued and nothing but signatures came to it (R40).

use chrono::{DateTime, Utc};

use super::certificate::Certificate;
use super::changes::{Brought, Document, resolve};
use super::cms::SignedData;
use super::findings::Findings;
use super::pdf::file::{self, Fault, Revision};
use super::pdf::object::{Dict, Object, get};
use super::signer::{self, Setting};
use super::{der, pdf};
use crate::domain::signing::{CheckCode, Outcome, Reason};

/// Signatures of one file.
const SIGNATURES: usize = 8;

/// A signature as it lies in the file.
struct Placed<'a> {
    /// What it covers: before and after itself.
    covered: [&'a [u8]; 2],
    /// Its CMS, DER.
    message: Vec<u8>,
    /// Whether it stamps the time of the whole.
    is_stamp: bool,
    /// Where what it covers ends.
    end: usize,
}

/// Checks a PDF that begins with the issued bytes and goes on after them.
pub(super) fn check(setting: &Setting<'_>, bytes: &[u8], issued: usize, findings: &mut Findings) {
    findings.about_file();
    let (first, revisions) = match file::read(bytes, issued) {
        Ok(read) => read,
        Err(Fault::Malformed) => return findings.fail(CheckCode::Format, Reason::Malformed),
        Err(Fault::TooMany) => return findings.fail(CheckCode::Format, Reason::TooComplex),
    };
    let Some(mut document) = Document::issued(&first) else {
        return findings.fail(CheckCode::Format, Reason::Malformed);
    };
    let brought: Vec<Brought> = revisions.iter().map(|it| document.take(it)).collect();
    let values = values(&document);
    if values.is_empty() {
        return findings.fail(CheckCode::Format, Reason::NotSigned);
    }
    if values.len() > SIGNATURES {
        return findings.fail(CheckCode::Format, Reason::TooComplex);
    }
    let placed: Option<Vec<Placed<'_>>> = values
        .into_iter()
        .map(|value| place(bytes, value))
        .collect();
    let Some(placed) = placed else {
        return findings.fail(CheckCode::Format, Reason::Malformed);
    };
    findings.pass(CheckCode::Format);
    check_cover(&revisions, &brought, &placed, findings);
    check_signers(setting, bytes, &document, &placed, findings);
}

/// The values of the signature fields.
fn values(document: &Document) -> Vec<&Dict> {
    let fields = document.fields().into_iter();
    let values = fields.filter_map(|field| get(field, "V"));
    values
        .filter_map(|value| resolve(&document.objects, value)?.dict())
        .collect()
}

/// Finds a signature by its ByteRange. The gap is exactly the string of its contents, and that is one CMS
/// and zeros.
fn place<'a>(bytes: &'a [u8], value: &Dict) -> Option<Placed<'a>> {
    let range = get(value, "ByteRange")?.array()?;
    let range: Vec<usize> = range.iter().map(Object::size).collect::<Option<_>>()?;
    let [0, before, after, length] = *range.as_slice() else {
        return None;
    };
    let end = after.checked_add(length)?;
    let Object::Text(contents, place) = get(value, "Contents")? else {
        return None;
    };
    let gap = bytes.get(before..after)?;
    let is_gap = place.0 == (before..after)
        && gap.first() == Some(&b'<')
        && gap.len() == 2 + 2 * contents.len();
    let (message, padding) = der::from_ber(contents)?;
    if !is_gap || padding.iter().any(|byte| *byte != 0) {
        return None;
    }
    let kind = get(value, "SubFilter")?;
    let is_stamp = kind.is_name("ETSI.RFC3161");
    let is_known =
        is_stamp || kind.is_name("adbe.pkcs7.detached") || kind.is_name("ETSI.CAdES.detached");
    is_known.then_some(Placed {
        covered: [bytes.get(..before)?, bytes.get(after..end)?],
        message,
        is_stamp,
        end,
    })
}

/// Coverage, and what the revisions brought.
fn check_cover(
    revisions: &[Revision],
    brought: &[Brought],
    placed: &[Placed<'_>],
    findings: &mut Findings,
) {
    let covers_to =
        |revision: &Revision, end: usize| (revision.end..=revision.end_with_blanks).contains(&end);
    let ends: Vec<Option<usize>> = placed
        .iter()
        .map(|it| revisions.iter().position(|own| covers_to(own, it.end)))
        .collect();
    let last_signed = ends.iter().copied().max().flatten();
    let is_changed = brought.contains(&Brought::Other);
    let signed_part = last_signed.map_or(0, |last| last + 1);
    let (signed, after) = brought
        .split_at_checked(signed_part)
        .unwrap_or((brought, &[]));
    if signed.contains(&Brought::Other) || (is_changed && last_signed.is_none()) {
        findings.fail(CheckCode::Document, Reason::Altered);
    } else if is_changed {
        findings.fail(CheckCode::Document, Reason::AppendedAfter);
    } else {
        findings.pass(CheckCode::Document);
    }
    if ends.iter().any(Option::is_none) {
        findings.fail(CheckCode::Coverage, Reason::PartlyCovered);
    } else if after.iter().any(|it| *it != Brought::Proofs) {
        findings.fail(CheckCode::Coverage, Reason::AppendedAfter);
    } else {
        findings.pass(CheckCode::Coverage);
    }
}

fn check_signers(
    setting: &Setting<'_>,
    bytes: &[u8],
    document: &Document,
    placed: &[Placed<'_>],
    findings: &mut Findings,
) {
    let streams = |key| -> Vec<Vec<u8>> {
        let proofs = document.proofs(key).into_iter();
        proofs
            .filter_map(|stream| unpacked(bytes, stream))
            .collect()
    };
    let (certificates, lists, answers) = (streams("Certs"), streams("CRLs"), streams("OCSPs"));
    let mut setting = setting.clone();
    let certificates = certificates.iter().filter_map(|it| Certificate::read(it));
    setting.pool.extend(certificates);
    setting
        .sources
        .lists
        .splice(0..0, lists.iter().map(Vec::as_slice));
    setting
        .sources
        .answers
        .splice(0..0, answers.iter().map(Vec::as_slice));
    let stamps = read_stamps(&setting, placed, findings);
    let mut count = 0_usize;
    for it in placed.iter().filter(|it| !it.is_stamp) {
        let Some(message) = SignedData::read(&it.message) else {
            findings.about_file();
            findings.fail(CheckCode::Format, Reason::Malformed);
            continue;
        };
        if message.content.is_some() || message.signers.is_empty() {
            findings.about_file();
            findings.fail(CheckCode::Format, Reason::Malformed);
        }
        let of_whole = stamps.iter().filter(|(end, _)| *end > it.end);
        setting.stamped_at = of_whole.map(|(_, at)| *at).min();
        for signer in &message.signers {
            count += 1;
            signer::check(&setting, &message, signer, &it.covered, findings);
        }
    }
    if count == 0 {
        findings.about_file();
        findings.fail(CheckCode::Format, Reason::NotSigned);
    }
}

/// The stamps of the whole document that count: where what they cover ends, and their time.
fn read_stamps(
    setting: &Setting<'_>,
    placed: &[Placed<'_>],
    findings: &mut Findings,
) -> Vec<(usize, DateTime<Utc>)> {
    let mut stamps = Vec::new();
    for it in placed.iter().filter(|it| it.is_stamp) {
        match signer::check_token(setting, &it.message, &it.covered) {
            Ok(at) => stamps.push((it.end, at)),
            Err(Reason::TimestampUntrusted) => {
                findings.add(
                    CheckCode::Timestamp,
                    Outcome::Passed,
                    Reason::TimestampUntrusted,
                );
            }
            Err(reason) => findings.fail(CheckCode::Timestamp, reason),
        }
    }
    stamps
}

fn unpacked(bytes: &[u8], stream: &Object) -> Option<Vec<u8>> {
    let Object::Stream(dict, place) = stream else {
        return None;
    };
    pdf::unpack(dict, bytes.get(place.0.clone())?)
}
