//! The CMS of a seal (RFC 5652; CAdES, ETSI EN 319 122-1): detached, one signer, in DER.

use super::super::certificate::Certificate;
use super::super::der::{self, INTEGER, OCTETS, OID, SEQUENCE, SET, context};
use super::super::oid;
use crate::crypto::public_key::{Hash, Scheme, hash};

/// NULL.
const NULL: &[u8] = &[0x05, 0x00];

fn node(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    der::write(tag, &parts.concat(), &mut out);
    out
}

/// A SET OF, in the order of DER.
fn set(tag: u8, mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    node(tag, &parts)
}

/// The signed attributes as they are signed: what kind of content, its hash, and the one certificate that
/// counts (RFC 5035). No time: in a PDF that stands beside (EN 319 142-1, 6.3).
pub(super) fn attributes(certificate: &[u8], digest: &[u8]) -> Vec<u8> {
    let attribute = |id, value: &[u8]| node(SEQUENCE, &[&node(OID, &[id]), &node(SET, &[value])]);
    let named = node(OCTETS, &[&hash(Hash::Sha256, &[certificate])]);
    // the hash is SHA-256 where none is named
    let named = node(SEQUENCE, &[&node(SEQUENCE, &[&node(SEQUENCE, &[&named])])]);
    let all = vec![
        attribute(oid::CONTENT_TYPE, &node(OID, &[oid::DATA])),
        attribute(oid::MESSAGE_DIGEST, &node(OCTETS, &[digest])),
        attribute(oid::SIGNING_CERTIFICATE_V2, &named),
    ];
    set(SET, all)
}

/// The message: `certificates` has the signer's too. `None` for a scheme that no key of ours has.
pub(super) fn signed(
    signer: &Certificate<'_>,
    certificates: &[&[u8]],
    attributes: &[u8],
    scheme: Scheme,
    signature: &[u8],
) -> Option<Vec<u8>> {
    let algorithm = match scheme {
        Scheme::RsaPkcs1 => node(SEQUENCE, &[&node(OID, &[oid::RSA_SHA256]), NULL]),
        Scheme::EcdsaP256 => node(SEQUENCE, &[&node(OID, &[oid::ECDSA_SHA256])]),
        Scheme::RsaPss | Scheme::EcdsaP384 | Scheme::EcdsaP521 => return None,
    };
    let digest = node(SEQUENCE, &[&node(OID, &[oid::SHA256])]);
    let attributes = der::whole(attributes, SET)?.body;
    let id = node(SEQUENCE, &[signer.issuer, &node(INTEGER, &[signer.serial])]);
    let signer = node(
        SEQUENCE,
        &[
            &node(INTEGER, &[&[1]]),
            &id,
            &digest,
            &node(context(0), &[attributes]),
            &algorithm,
            &node(OCTETS, &[signature]),
        ],
    );
    let certificates = certificates.iter().map(|it| it.to_vec()).collect();
    let message = node(
        SEQUENCE,
        &[
            &node(INTEGER, &[&[1]]),
            &node(SET, &[&digest]),
            &node(SEQUENCE, &[&node(OID, &[oid::DATA])]),
            &set(context(0), certificates),
            &node(SET, &[&signer]),
        ],
    );
    let message = node(context(0), &[&message]);
    Some(node(SEQUENCE, &[&node(OID, &[oid::SIGNED_DATA]), &message]))
}
