//! Whether a certificate was revoked or suspended at a time, from lists (RFC 5280, 5) and answers
//! (RFC 6960) that came with the signature or lie here. What nobody says is unknown, never good (R42).

use chrono::{DateTime, Duration, Utc};

use super::certificate::{Algorithm, Certificate};
use super::der::{
    self, BITS, ENUMERATED, GENERALIZED_TIME, INTEGER, Node, OCTETS, OID, SEQUENCE, UTC_TIME,
    context, plain_context,
};
use super::oid;
use crate::crypto::public_key::{self, Hash};
use crate::domain::signing::Reason;

/// An answer without an end is believed that long.
const ANSWER_LIFE: Duration = Duration::hours(24);
/// Lists and answers of one file, each.
const MOST_SOURCES: usize = 64;
/// `certificateHold` and `removeFromCRL` (RFC 5280, 5.3.1).
const HOLD: u8 = 6;
const REMOVED: u8 = 8;

/// Lists and answers, DER.
#[derive(Clone, Default)]
pub(super) struct Sources<'a> {
    /// Lists of revoked certificates.
    pub(super) lists: Vec<&'a [u8]>,
    /// OCSP answers: OCSPResponse or BasicOCSPResponse.
    pub(super) answers: Vec<&'a [u8]>,
}

/// What is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Good,
    Revoked,
    Suspended,
    Stale,
}

/// Whether no certificate of the path, but for the anchor, was revoked at that time.
///
/// # Errors
/// `Revoked`, `Suspended`: so it was. `NoRevocationData`, `RevocationDataStale`: it is not known.
pub(super) fn check(
    path: &[Certificate<'_>],
    sources: &Sources<'_>,
    at: DateTime<Utc>,
) -> Result<(), Reason> {
    let mut unknown = Ok(());
    for pair in path.windows(2) {
        let [certificate, issuer] = pair else {
            continue;
        };
        match check_one(certificate, issuer, sources, at) {
            Ok(()) => {}
            Err(reason @ (Reason::Revoked | Reason::Suspended)) => return Err(reason),
            Err(reason) => unknown = Err(reason),
        }
    }
    unknown
}

fn check_one(
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
    sources: &Sources<'_>,
    at: DateTime<Utc>,
) -> Result<(), Reason> {
    let lists = sources.lists.iter().take(MOST_SOURCES);
    let answers = sources.answers.iter().take(MOST_SOURCES);
    let told: Vec<Status> = lists
        .filter_map(|list| told_by_list(list, certificate, issuer, at))
        .chain(answers.filter_map(|answer| told_by_answer(answer, certificate, issuer, at)))
        .collect();
    if told.contains(&Status::Revoked) {
        Err(Reason::Revoked)
    } else if told.contains(&Status::Suspended) {
        Err(Reason::Suspended)
    } else if told.contains(&Status::Good) {
        Ok(())
    } else if told.contains(&Status::Stale) {
        Err(Reason::RevocationDataStale)
    } else {
        Err(Reason::NoRevocationData)
    }
}

/// Whether the span in which something was told reaches the time asked about.
fn reaches(
    this_update: DateTime<Utc>,
    next_update: Option<DateTime<Utc>>,
    certificate: &Certificate<'_>,
    at: DateTime<Utc>,
) -> bool {
    if this_update >= at {
        // a list may drop what has expired
        this_update <= certificate.not_after
    } else {
        next_update.unwrap_or(this_update + ANSWER_LIFE) >= at
    }
}

/// What a list says; `None` if it is not about this certificate or not by its issuer.
fn told_by_list(
    list: &[u8],
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
    at: DateTime<Utc>,
) -> Option<Status> {
    let mut outer = der::whole(list, SEQUENCE)?.inside();
    let signed = outer.expect(SEQUENCE)?;
    let algorithm = Algorithm::read(&mut outer)?;
    let signature = outer.expect(BITS)?.octets()?;
    let mut inside = signed.inside();
    inside.optional(INTEGER);
    Algorithm::read(&mut inside)?;
    if inside.expect(SEQUENCE)?.whole != certificate.issuer || !issuer.may_sign_lists() {
        return None;
    }
    let this_update = inside.next()?.time()?;
    let is_time = |tag: Option<&u8>| matches!(tag, Some(&UTC_TIME | &GENERALIZED_TIME));
    let next_update = if is_time(inside.0.first()) {
        Some(inside.next()?.time()?)
    } else {
        None
    };
    let revoked = inside.optional(SEQUENCE);
    let extensions = inside.optional(context(0));
    if extensions.is_some_and(|node| !covers_all(&node).unwrap_or(false)) {
        return None;
    }
    issuer
        .check_signed(&algorithm, None, signed.whole, signature)
        .ok()?;
    let entry = match revoked {
        Some(revoked) => entry_of(&revoked, certificate)?,
        None => None,
    };
    match entry {
        Some((since, HOLD)) if since <= at => Some(Status::Suspended),
        Some((since, reason)) if since <= at && reason != REMOVED => Some(Status::Revoked),
        _ if reaches(this_update, next_update, certificate, at) => Some(Status::Good),
        _ => Some(Status::Stale),
    }
}

/// Whether a list speaks of all certificates: neither a delta nor one of a part or of others' certificates.
fn covers_all(extensions: &Node<'_>) -> Option<bool> {
    for extension in extensions.inside().expect(SEQUENCE)?.inside().all(32)? {
        let mut inside = extension.inside();
        let id = inside.expect(OID)?.body;
        let is_critical = inside
            .optional(der::BOOLEAN)
            .is_some_and(|it| it.body != [0]);
        let value = inside.expect(OCTETS)?.body;
        if id == oid::ISSUING_POINT {
            // a distribution point alone leaves nothing out that is of interest; the rest may
            let parts = der::whole(value, SEQUENCE)?.inside().all(8)?;
            if parts.iter().any(|part| part.tag != context(0)) {
                return Some(false);
            }
        } else if is_critical && id != oid::CRL_NUMBER && id != oid::AUTHORITY_KEY_ID {
            return Some(false);
        }
    }
    Some(true)
}

/// When and why the list says the certificate was revoked. `None`: the list cannot be read.
#[expect(clippy::option_option, reason = "unreadable, not listed, listed")]
fn entry_of(
    revoked: &Node<'_>,
    certificate: &Certificate<'_>,
) -> Option<Option<(DateTime<Utc>, u8)>> {
    let mut entries = revoked.inside();
    while !entries.is_over() {
        let mut entry = entries.expect(SEQUENCE)?.inside();
        if entry.expect(INTEGER)?.body != certificate.serial {
            continue;
        }
        let since = entry.next()?.time()?;
        let reason = match entry.optional(SEQUENCE) {
            Some(extensions) => reason_in(&extensions)?,
            None => 0,
        };
        return Some(Some((since, reason)));
    }
    Some(None)
}

fn reason_in(extensions: &Node<'_>) -> Option<u8> {
    for extension in extensions.inside().all(16)? {
        let mut inside = extension.inside();
        if inside.expect(OID)?.body == oid::REASON_CODE {
            inside.optional(der::BOOLEAN);
            let value = inside.expect(OCTETS)?.body;
            return der::whole(value, ENUMERATED)?.body.first().copied();
        }
    }
    Some(0)
}

/// What an answer says; `None` if it is not about this certificate, or by nobody who may answer.
fn told_by_answer(
    answer: &[u8],
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
    at: DateTime<Utc>,
) -> Option<Status> {
    let mut outer = der::whole(basic(answer)?, SEQUENCE)?.inside();
    let signed = outer.expect(SEQUENCE)?;
    let algorithm = Algorithm::read(&mut outer)?;
    let signature = outer.expect(BITS)?.octets()?;
    let enclosed = match outer.optional(context(0)) {
        Some(node) => node.inside().expect(SEQUENCE)?.inside().all(8)?,
        None => Vec::new(),
    };
    let mut data = signed.inside();
    data.optional(context(0));
    data.next()?;
    let produced_at = data.expect(GENERALIZED_TIME)?.time()?;
    let singles = data.expect(SEQUENCE)?.inside().all(64)?;
    let told = singles
        .iter()
        .find_map(|single| single_about(single, certificate, issuer, at))?;
    let is_by = |by: &Certificate<'_>| {
        by.check_signed(&algorithm, None, signed.whole, signature)
            .is_ok()
    };
    let delegated = || {
        enclosed.iter().any(|node| {
            Certificate::read(node.whole).is_some_and(|by| {
                by.issuer == issuer.subject
                    && by.is_for_ocsp()
                    && !by.has_unknown_critical()
                    && by.is_in_force(produced_at)
                    && by.check_issued_by(issuer).is_ok()
                    && is_by(&by)
            })
        })
    };
    (is_by(issuer) || delegated()).then_some(told)
}

/// The BasicOCSPResponse in an OCSPResponse, or as it stands alone.
fn basic(answer: &[u8]) -> Option<&[u8]> {
    let mut inside = der::whole(answer, SEQUENCE)?.inside();
    let Some(status) = inside.optional(ENUMERATED) else {
        return Some(answer);
    };
    if status.body != [0] {
        return None;
    }
    let mut bytes = inside
        .expect(context(0))?
        .inside()
        .expect(SEQUENCE)?
        .inside();
    let kind = bytes.expect(OID)?.body;
    let basic = bytes.expect(OCTETS)?.body;
    (kind == oid::OCSP_BASIC).then_some(basic)
}

fn single_about(
    single: &Node<'_>,
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
    at: DateTime<Utc>,
) -> Option<Status> {
    let mut inside = single.inside();
    let mut id = inside.expect(SEQUENCE)?.inside();
    let algorithm = Algorithm::read(&mut id)?;
    let digest = |bytes: &[u8]| match algorithm.id {
        oid::SHA1 => Some(public_key::name_by_sha1(bytes)),
        oid::SHA256 => Some(public_key::hash(Hash::Sha256, &[bytes])),
        _ => None,
    };
    let is_about = id.expect(OCTETS)?.body == digest(issuer.subject)?
        && id.expect(OCTETS)?.body == digest(issuer.key_bits())?
        && id.expect(INTEGER)?.body == certificate.serial;
    if !is_about {
        return None;
    }
    let status = inside.next()?;
    let this_update = inside.expect(GENERALIZED_TIME)?.time()?;
    let next_update = match inside.optional(context(0)) {
        Some(node) => Some(node.inside().next()?.time()?),
        None => None,
    };
    let current = if reaches(this_update, next_update, certificate, at) {
        Status::Good
    } else {
        Status::Stale
    };
    if status.tag == plain_context(0) {
        return Some(current);
    }
    if status.tag != context(1) {
        return None;
    }
    let mut revoked = status.inside();
    let since = revoked.expect(GENERALIZED_TIME)?.time()?;
    let reason = revoked
        .optional(context(0))
        .and_then(|node| node.inside().expect(ENUMERATED)?.body.first().copied());
    match reason {
        Some(HOLD) if since <= at => Some(Status::Suspended),
        _ if since <= at => Some(Status::Revoked),
        _ => Some(current),
    }
}
