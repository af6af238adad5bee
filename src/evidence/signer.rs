//! Believing a signer or not: what was signed, with which certificate, whose, and when.

use chrono::{DateTime, Duration, Utc};

use super::certificate::{Certificate, Purpose, SignatureFault};
use super::cms::{SignedData, Signer};
use super::der::{self, GENERALIZED_TIME, INTEGER, OCTETS, OID, SEQUENCE};
use super::findings::Findings;
use super::revocation::{self, Sources};
use super::{oid, path};
use crate::crypto::public_key::{self, Hash};
use crate::crypto::sha256;
use crate::domain::signing::{CheckCode, Outcome, Reason, SignatureFound, TimeSource};

/// How far a clock that stamps time may go ahead of ours.
const AHEAD: Duration = Duration::minutes(5);

/// What holds for all signatures of a file.
#[derive(Clone)]
pub(super) struct Setting<'a> {
    /// Issuers trusted here.
    pub(super) anchors: Vec<Certificate<'a>>,
    /// Lists and answers that lie here or in the file.
    pub(super) sources: Sources<'a>,
    /// Certificates in the file, beside those of a signature.
    pub(super) pool: Vec<Certificate<'a>>,
    /// When the file came.
    pub(super) received_at: DateTime<Utc>,
    /// A time stamp over the whole file, if there is one that counts.
    pub(super) stamped_at: Option<DateTime<Utc>>,
}

/// Checks one signer of a message whose content is the pieces one after the other.
pub(super) fn check(
    setting: &Setting<'_>,
    message: &SignedData<'_>,
    signer: &Signer<'_>,
    content: &[&[u8]],
    findings: &mut Findings,
) {
    let certificate = message.certificates.iter().find(|it| signer.is_by(it));
    let (proven_at, time_source, stamp) = time_of(setting, message, signer);
    findings.begin(found(signer, certificate, proven_at, time_source));
    let Some(certificate) = certificate else {
        findings.unknown(CheckCode::Certificate, Reason::CertificateMissing);
        return;
    };
    findings.take(&check_integrity(message, signer, certificate, content));
    match check_named(signer, certificate) {
        Ok(()) => findings.pass(CheckCode::Certificate),
        Err(reason @ Reason::CertificateNotNamed) => {
            findings.unknown(CheckCode::Certificate, reason);
        }
        Err(reason) => findings.fail(CheckCode::Certificate, reason),
    }
    match certificate.purpose() {
        Purpose::Documents => findings.pass(CheckCode::KeyUsage),
        Purpose::Authentication => {
            findings.unknown(CheckCode::KeyUsage, Reason::ForAuthentication);
        }
        Purpose::Other => findings.fail(CheckCode::KeyUsage, Reason::NotForSigning),
    }
    check_standing(setting, message, signer, certificate, proven_at, findings);
    findings.add(CheckCode::Timestamp, stamp.0, stamp.1);
}

/// Chain, validity and revocation at the time that counts.
fn check_standing(
    setting: &Setting<'_>,
    message: &SignedData<'_>,
    signer: &Signer<'_>,
    certificate: &Certificate<'_>,
    at: DateTime<Utc>,
    findings: &mut Findings,
) {
    let pool = pool(setting, message);
    let path = match path::find(certificate, &pool, &setting.anchors, at) {
        Ok(path) => path,
        Err(reason @ (Reason::NoAnchors | Reason::UnknownIssuer)) => {
            findings.unknown(CheckCode::Chain, reason);
            return;
        }
        Err(reason) => {
            findings.fail(CheckCode::Chain, reason);
            return;
        }
    };
    findings.pass(CheckCode::Chain);
    match path::check_in_force(&path, at) {
        Ok(()) => findings.pass(CheckCode::Validity),
        Err(reason) => findings.fail(CheckCode::Validity, reason),
    }
    match revocation::check(&path, &sources(setting, message, signer), at) {
        Ok(()) => findings.pass(CheckCode::Revocation),
        Err(reason @ (Reason::Revoked | Reason::Suspended)) => {
            findings.fail(CheckCode::Revocation, reason);
        }
        Err(reason) => findings.unknown(CheckCode::Revocation, reason),
    }
}

fn pool<'a>(setting: &Setting<'a>, message: &SignedData<'a>) -> Vec<Certificate<'a>> {
    let own = message.certificates.iter();
    own.chain(&setting.pool).cloned().collect()
}

/// The setting with what came along in a message.
fn within<'a>(setting: &Setting<'a>, message: &SignedData<'a>) -> Setting<'a> {
    let mut setting = setting.clone();
    setting.pool.extend(message.certificates.iter().cloned());
    setting
        .sources
        .lists
        .splice(0..0, message.lists.iter().copied());
    setting
        .sources
        .answers
        .splice(0..0, message.answers.iter().copied());
    setting
}

fn sources<'a>(
    setting: &Setting<'a>,
    message: &SignedData<'a>,
    signer: &Signer<'a>,
) -> Sources<'a> {
    let (lists, answers) = signer.enclosed();
    let mut sources = setting.sources.clone();
    // those that came with the signature first: there may be very many here
    sources
        .lists
        .splice(0..0, message.lists.iter().copied().chain(lists));
    sources
        .answers
        .splice(0..0, message.answers.iter().copied().chain(answers));
    sources
}

fn found(
    signer: &Signer<'_>,
    certificate: Option<&Certificate<'_>>,
    proven_at: DateTime<Utc>,
    time_source: TimeSource,
) -> SignatureFound {
    let signed = signer.signed.as_ref();
    let claimed = signed.and_then(|signed| signed.list.single(oid::SIGNING_TIME).ok().flatten());
    let text = |id| certificate.and_then(|it| it.subject_text(id));
    SignatureFound {
        name: text(oid::COMMON_NAME).unwrap_or_default(),
        codice_fiscale: text(oid::SERIAL_NUMBER).as_deref().and_then(codice_fiscale),
        issuer: certificate
            .map(Certificate::issuer_text)
            .unwrap_or_default(),
        serial: certificate
            .map(|it| sha256::hex(it.serial))
            .unwrap_or_default(),
        certificate_sha256: certificate
            .map(|it| sha256::hex(&sha256::digest(it.whole)))
            .unwrap_or_default(),
        not_before: certificate.map(|it| it.not_before),
        not_after: certificate.map(|it| it.not_after),
        claims_qualified: certificate.is_some_and(Certificate::claims_qualified),
        claimed_at: claimed.and_then(|node| node.time()),
        proven_at,
        time_source,
        signature_sha256: sha256::hex(&sha256::digest(signer.signature)),
    }
}

/// `TINIT-<CF>` (ETSI EN 319 412-1) or the older `IT:<CF>`.
fn codice_fiscale(serial_number: &str) -> Option<String> {
    let upper = serial_number.trim().to_uppercase();
    let code = ["TINIT-", "IT:"]
        .iter()
        .find_map(|it| upper.strip_prefix(it))?;
    let is_code = code.len() == 16 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_code.then(|| code.to_owned())
}

/// Integrity and strength, as checks.
fn check_integrity(
    message: &SignedData<'_>,
    signer: &Signer<'_>,
    certificate: &Certificate<'_>,
    content: &[&[u8]],
) -> [(CheckCode, Outcome, Reason); 2] {
    let integrity = |outcome, reason| (CheckCode::Integrity, outcome, reason);
    let strength = |outcome, reason| (CheckCode::Algorithm, outcome, reason);
    let strong = strength(Outcome::Passed, Reason::AsItMustBe);
    match verify(message, signer, certificate, content) {
        Ok(()) => [integrity(Outcome::Passed, Reason::AsItMustBe), strong],
        Err(Wrong::Content) => [integrity(Outcome::Failed, Reason::ContentChanged), strong],
        Err(Wrong::Signature(SignatureFault::Wrong)) => {
            [integrity(Outcome::Failed, Reason::WrongSignature), strong]
        }
        Err(Wrong::Signature(SignatureFault::Weak)) => [
            integrity(Outcome::Unknown, Reason::WeakAlgorithm),
            strength(Outcome::Failed, Reason::WeakAlgorithm),
        ],
        Err(Wrong::Signature(SignatureFault::UnknownAlgorithm)) => [
            integrity(Outcome::Unknown, Reason::UnknownAlgorithm),
            strength(Outcome::Unknown, Reason::UnknownAlgorithm),
        ],
    }
}

enum Wrong {
    Content,
    Signature(SignatureFault),
}

/// Whether the content is what was signed, and the signature that of the certificate (RFC 5652, 5.4-5.6).
fn verify(
    message: &SignedData<'_>,
    signer: &Signer<'_>,
    certificate: &Certificate<'_>,
    content: &[&[u8]],
) -> Result<(), Wrong> {
    let hash = signer.digest.hash().map_err(Wrong::Signature)?;
    let checked = |bytes: &[u8]| {
        certificate
            .check_signed(&signer.algorithm, Some(hash), bytes, signer.signature)
            .map_err(Wrong::Signature)
    };
    let Some(signed) = &signer.signed else {
        // without attributes only plain content may be signed
        if message.content_type != oid::DATA {
            return Err(Wrong::Signature(SignatureFault::Wrong));
        }
        return checked(&content.concat());
    };
    let kind = signed.list.single(oid::CONTENT_TYPE).ok().flatten();
    let digest = signed.list.single(oid::MESSAGE_DIGEST).ok().flatten();
    let is_kind = kind.is_some_and(|node| node.tag == OID && node.body == message.content_type);
    let is_digest = digest.is_some_and(|node| {
        node.tag == OCTETS && node.body == public_key::hash(hash, content).as_slice()
    });
    if !is_digest {
        return Err(Wrong::Content);
    }
    if !is_kind {
        return Err(Wrong::Signature(SignatureFault::Wrong));
    }
    checked(&signed.bytes)
}

/// Whether the signed attributes name this very certificate (RFC 5035).
fn check_named(signer: &Signer<'_>, certificate: &Certificate<'_>) -> Result<(), Reason> {
    let signed = signer.signed.as_ref().ok_or(Reason::CertificateNotNamed)?;
    let wrong = |()| Reason::AnotherCertificate;
    let newer = signed
        .list
        .single(oid::SIGNING_CERTIFICATE_V2)
        .map_err(wrong)?;
    let older = signed
        .list
        .single(oid::SIGNING_CERTIFICATE)
        .map_err(wrong)?;
    let is_named = match (newer, older) {
        (Some(value), _) => is_named_by_v2(&value, certificate),
        (None, Some(value)) => is_named_by_v1(&value, certificate),
        (None, None) => return Err(Reason::CertificateNotNamed),
    };
    match is_named {
        Some(true) => Ok(()),
        Some(false) | None => Err(Reason::AnotherCertificate),
    }
}

fn is_named_by_v2(value: &der::Node<'_>, certificate: &Certificate<'_>) -> Option<bool> {
    let mut id = value
        .inside()
        .expect(SEQUENCE)?
        .inside()
        .expect(SEQUENCE)?
        .inside();
    let hash = match id.0.first() {
        Some(&SEQUENCE) => super::certificate::Algorithm::read(&mut id)?.hash().ok()?,
        _ => Hash::Sha256,
    };
    Some(id.expect(OCTETS)?.body == public_key::hash(hash, &[certificate.whole]))
}

fn is_named_by_v1(value: &der::Node<'_>, certificate: &Certificate<'_>) -> Option<bool> {
    let mut id = value
        .inside()
        .expect(SEQUENCE)?
        .inside()
        .expect(SEQUENCE)?
        .inside();
    Some(id.expect(OCTETS)?.body == public_key::name_by_sha1(certificate.whole))
}

/// The time that counts, where it comes from, and what is to be said of the stamp.
fn time_of(
    setting: &Setting<'_>,
    message: &SignedData<'_>,
    signer: &Signer<'_>,
) -> (DateTime<Utc>, TimeSource, (Outcome, Reason)) {
    let tokens = signer.unsigned.values(oid::TIMESTAMP_TOKEN);
    let setting = &within(setting, message);
    let mut said = (Outcome::Passed, Reason::NoTimestamp);
    let mut stamped = setting.stamped_at;
    for token in tokens.iter().take(4) {
        match check_token(setting, token.whole, &[signer.signature]) {
            Ok(at) => stamped = Some(stamped.map_or(at, |known| known.min(at))),
            Err(Reason::TimestampUntrusted) => {
                said = (Outcome::Passed, Reason::TimestampUntrusted);
            }
            Err(reason) => {
                let by_receipt = (setting.received_at, TimeSource::Receipt);
                return (by_receipt.0, by_receipt.1, (Outcome::Failed, reason));
            }
        }
    }
    match stamped {
        Some(at) => (
            at,
            TimeSource::Timestamp,
            (Outcome::Passed, Reason::AsItMustBe),
        ),
        None => (setting.received_at, TimeSource::Receipt, said),
    }
}

/// The time of an RFC 3161 token over the pieces.
///
/// # Errors
/// `TimestampWrong`: of something else, or broken. `TimestampUntrusted`: by whom we do not know.
pub(super) fn check_token(
    setting: &Setting<'_>,
    token: &[u8],
    stamped: &[&[u8]],
) -> Result<DateTime<Utc>, Reason> {
    let message = SignedData::read(token).ok_or(Reason::TimestampWrong)?;
    let (at, path, signer) = follow_token(setting, &message, stamped)?;
    let sources = sources(setting, &message, signer);
    let is_trusted = revocation::check(&path, &sources, at).is_ok();
    is_trusted.then_some(at).ok_or(Reason::TimestampUntrusted)
}

/// As [`check_token`], but whether a certificate was revoked is not asked.
///
/// # Errors
/// As [`check_token`].
pub(super) fn check_token_path(
    setting: &Setting<'_>,
    token: &[u8],
    stamped: &[&[u8]],
) -> Result<DateTime<Utc>, Reason> {
    let message = SignedData::read(token).ok_or(Reason::TimestampWrong)?;
    follow_token(setting, &message, stamped).map(|(at, ..)| at)
}

/// The time of a token that is over the pieces and rightly signed, the path to an issuer that is trusted,
/// and the signer.
fn follow_token<'s, 'a>(
    setting: &Setting<'a>,
    message: &'s SignedData<'a>,
    stamped: &[&[u8]],
) -> Result<(DateTime<Utc>, path::Path<'a>, &'s Signer<'a>), Reason> {
    let at = read_stamp(message, stamped).ok_or(Reason::TimestampWrong)?;
    let [signer] = message.signers.as_slice() else {
        return Err(Reason::TimestampWrong);
    };
    let content = message.content.ok_or(Reason::TimestampWrong)?;
    let known = pool(setting, message);
    let certificate = known
        .iter()
        .find(|it| signer.is_by(it))
        .ok_or(Reason::TimestampUntrusted)?;
    let is_right = signer.signed.is_some()
        && verify(message, signer, certificate, &[content]).is_ok()
        && check_named(signer, certificate).is_ok();
    if !is_right || at > setting.received_at + AHEAD {
        return Err(Reason::TimestampWrong);
    }
    let path = path::find(certificate, &known, &setting.anchors, at);
    let path = path.map_err(|_| Reason::TimestampUntrusted)?;
    let is_trusted = certificate.is_for_timestamps() && path::check_in_force(&path, at).is_ok();
    is_trusted
        .then_some((at, path, signer))
        .ok_or(Reason::TimestampUntrusted)
}

/// The time in a TSTInfo whose imprint is that of the pieces.
fn read_stamp(message: &SignedData<'_>, stamped: &[&[u8]]) -> Option<DateTime<Utc>> {
    if message.content_type != oid::TST_INFO {
        return None;
    }
    let mut inside = der::whole(message.content?, SEQUENCE)?.inside();
    inside.expect(INTEGER)?;
    inside.expect(OID)?;
    let mut imprint = inside.expect(SEQUENCE)?.inside();
    let hash = super::certificate::Algorithm::read(&mut imprint)?
        .hash()
        .ok()?;
    if imprint.expect(OCTETS)?.body != public_key::hash(hash, stamped) {
        return None;
    }
    inside.expect(INTEGER)?;
    inside.expect(GENERALIZED_TIME)?.time()
}
