//! From a certificate to an issuer that is trusted here (RFC 5280, 6): names, signatures, who may issue.
//!
//! Our own and not `webpki`: that crate knows servers and refuses what signing certificates have. Names are
//! compared byte by byte; a critical extension not read here, name constraints among them, ends the path.

use chrono::{DateTime, Utc};

use super::certificate::Certificate;
use crate::domain::signing::Reason;

/// The longest path, without the anchor.
const LONGEST: usize = 5;
/// Signatures that are tried for one path.
const MOST_TRIES: u32 = 48;

/// Certificates from the leaf up; the last is the anchor.
pub(super) type Path<'a> = Vec<Certificate<'a>>;

/// A path from `leaf` to one of the anchors, one that was in force at that time if there is any.
///
/// # Errors
/// Why there is none.
pub(super) fn find<'a>(
    leaf: &Certificate<'a>,
    pool: &[Certificate<'a>],
    anchors: &[Certificate<'a>],
    at: DateTime<Utc>,
) -> Result<Path<'a>, Reason> {
    if anchors.is_empty() {
        return Err(Reason::NoAnchors);
    }
    if leaf.has_unknown_critical() {
        return Err(Reason::ChainBroken);
    }
    let mut search = Search {
        pool,
        anchors,
        at,
        tries: MOST_TRIES,
        out_of_force: None,
        is_broken: false,
    };
    let mut path = vec![leaf.clone()];
    if let Some(found) = search.climb(&mut path) {
        return Ok(found);
    }
    match search.out_of_force {
        Some(found) => Ok(found),
        None if leaf.is_self_issued() && leaf.check_issued_by(leaf).is_ok() => {
            Err(Reason::SelfSigned)
        }
        None if search.is_broken => Err(Reason::ChainBroken),
        None => Err(Reason::UnknownIssuer),
    }
}

/// Whether each certificate of the path was in force, else why not.
pub(super) fn check_in_force(path: &[Certificate<'_>], at: DateTime<Utc>) -> Result<(), Reason> {
    for certificate in path {
        if at < certificate.not_before {
            return Err(Reason::NotYetValid);
        }
        if at > certificate.not_after {
            return Err(Reason::Expired);
        }
    }
    Ok(())
}

struct Search<'s, 'a> {
    pool: &'s [Certificate<'a>],
    anchors: &'s [Certificate<'a>],
    at: DateTime<Utc>,
    tries: u32,
    out_of_force: Option<Path<'a>>,
    is_broken: bool,
}

impl<'a> Search<'_, 'a> {
    /// Goes on from the last of `path`.
    fn climb(&mut self, path: &mut Path<'a>) -> Option<Path<'a>> {
        let last = path.last()?.clone();
        for anchor in self.anchors.iter().filter(|it| it.subject == last.issuer) {
            if self.may_issue(anchor, path) && self.is_issued(&last, anchor)? {
                let mut found = path.clone();
                found.push(anchor.clone());
                if check_in_force(&found, self.at).is_ok() {
                    return Some(found);
                }
                self.out_of_force.get_or_insert(found);
            }
        }
        if path.len() >= LONGEST {
            return None;
        }
        for issuer in self.pool.iter().filter(|it| it.subject == last.issuer) {
            let is_known = path.iter().any(|known| known.whole == issuer.whole);
            if is_known || !self.may_issue(issuer, path) || !self.is_issued(&last, issuer)? {
                continue;
            }
            path.push(issuer.clone());
            let found = self.climb(path);
            path.pop();
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Whether `issuer` may stand above `path`.
    fn may_issue(&mut self, issuer: &Certificate<'_>, path: &[Certificate<'_>]) -> bool {
        // issuers between it and the leaf; those issued to themselves do not count
        let below = path
            .iter()
            .skip(1)
            .filter(|it| !it.is_self_issued())
            .count();
        let may = !issuer.has_unknown_critical()
            && match issuer.issuing_depth() {
                Some(Some(depth)) => below <= usize::from(depth),
                Some(None) => true,
                None => false,
            };
        self.is_broken |= !may;
        may
    }

    /// `None` when too much was tried.
    fn is_issued(
        &mut self,
        certificate: &Certificate<'_>,
        issuer: &Certificate<'_>,
    ) -> Option<bool> {
        self.tries = self.tries.checked_sub(1)?;
        let is_issued = certificate.check_issued_by(issuer).is_ok();
        self.is_broken |= !is_issued;
        Some(is_issued)
    }
}
