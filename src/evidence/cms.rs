//! SignedData of CMS (RFC 5652), as `.p7m` files and the signatures of PDFs have it: read, not yet believed.

use super::certificate::{Algorithm, Certificate};
use super::der::{self, INTEGER, Node, Nodes, OCTETS, OID, SEQUENCE, SET, context, plain_context};
use super::oid;

/// Signers of one message.
const SIGNERS: usize = 8;
/// Certificates, lists and answers in one message, each.
const ENCLOSED: usize = 64;
/// Attributes of one signer.
const ATTRIBUTES: usize = 64;

/// A signed message; it borrows from its DER.
pub(super) struct SignedData<'a> {
    /// What the content is.
    pub(super) content_type: &'a [u8],
    /// The content; none if it lies elsewhere.
    pub(super) content: Option<&'a [u8]>,
    /// Certificates that came along.
    pub(super) certificates: Vec<Certificate<'a>>,
    /// Lists of revoked certificates that came along.
    pub(super) lists: Vec<&'a [u8]>,
    /// OCSP answers that came along.
    pub(super) answers: Vec<&'a [u8]>,
    /// Who signed.
    pub(super) signers: Vec<Signer<'a>>,
}

/// One signer.
pub(super) struct Signer<'a> {
    id: SignerId<'a>,
    /// The hash of the content.
    pub(super) digest: Algorithm<'a>,
    /// What is signed instead of the content; none in plain CMS.
    pub(super) signed: Option<SignedAttributes<'a>>,
    /// How it was signed.
    pub(super) algorithm: Algorithm<'a>,
    /// The signature.
    pub(super) signature: &'a [u8],
    /// What was added afterwards.
    pub(super) unsigned: Attributes<'a>,
}

/// Signed attributes.
pub(super) struct SignedAttributes<'a> {
    /// The bytes that are signed: a SET.
    pub(super) bytes: Vec<u8>,
    /// The attributes.
    pub(super) list: Attributes<'a>,
}

/// Attributes: OID and values.
pub(super) struct Attributes<'a>(Vec<(&'a [u8], Nodes<'a>)>);

enum SignerId<'a> {
    Serial { issuer: &'a [u8], serial: &'a [u8] },
    Key(&'a [u8]),
}

impl<'a> Attributes<'a> {
    fn read(nodes: Nodes<'a>) -> Option<Self> {
        let mut list = Vec::new();
        for node in nodes.all(ATTRIBUTES)? {
            let mut inside = node.inside();
            let id = inside.expect(OID)?.body;
            list.push((id, inside.expect(SET)?.inside()));
        }
        Some(Self(list))
    }

    /// The one value of an attribute. `Err`: it is there twice, or has not one value.
    pub(super) fn single(&self, id: &[u8]) -> Result<Option<Node<'a>>, ()> {
        let mut found = self.0.iter().filter(|(own, _)| *own == id);
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some((_, values)), None) => {
                let mut values = *values;
                let value = values.next().ok_or(())?;
                if values.is_over() {
                    Ok(Some(value))
                } else {
                    Err(())
                }
            }
            (Some(_), Some(_)) => Err(()),
        }
    }

    /// All values of an attribute.
    pub(super) fn values(&self, id: &[u8]) -> Vec<Node<'a>> {
        let found = self.0.iter().filter(|(own, _)| *own == id);
        found
            .flat_map(|(_, values)| values.all(ATTRIBUTES).unwrap_or_default())
            .collect()
    }
}

impl<'a> Signer<'a> {
    fn read(node: &Node<'a>) -> Option<Self> {
        let mut inside = node.inside();
        inside.expect(INTEGER)?;
        let id = inside.next()?;
        let id = match id.tag {
            SEQUENCE => {
                let mut parts = id.inside();
                SignerId::Serial {
                    issuer: parts.expect(SEQUENCE)?.whole,
                    serial: parts.expect(INTEGER)?.body,
                }
            }
            tag if tag == plain_context(0) => SignerId::Key(id.body),
            _ => return None,
        };
        let digest = Algorithm::read(&mut inside)?;
        let signed = match inside.optional(context(0)) {
            Some(node) => {
                let mut bytes = Vec::with_capacity(node.whole.len());
                der::write(SET, node.body, &mut bytes);
                let list = Attributes::read(node.inside())?;
                Some(SignedAttributes { bytes, list })
            }
            None => None,
        };
        let algorithm = Algorithm::read(&mut inside)?;
        let signature = inside.expect(OCTETS)?.body;
        let unsigned = match inside.optional(context(1)) {
            Some(node) => Attributes::read(node.inside())?,
            None => Attributes(Vec::new()),
        };
        inside.is_over().then_some(Self {
            id,
            digest,
            signed,
            algorithm,
            signature,
            unsigned,
        })
    }

    /// Whether this is the certificate the signer names.
    pub(super) fn is_by(&self, certificate: &Certificate<'_>) -> bool {
        match self.id {
            SignerId::Serial { issuer, serial } => {
                certificate.issuer == issuer && certificate.serial == serial
            }
            SignerId::Key(key) => certificate.key_id() == Some(key),
        }
    }

    /// Lists and answers that lie in its attributes (CAdES `revocationValues`, Adobe's archival).
    pub(super) fn enclosed(&self) -> (Vec<&'a [u8]>, Vec<&'a [u8]>) {
        let signed = self.signed.as_ref().map(|signed| &signed.list);
        let mut values = self.unsigned.values(oid::REVOCATION_VALUES);
        values.extend(
            signed
                .map(|list| list.values(oid::ADBE_REVOCATION))
                .unwrap_or_default(),
        );
        let mut found = (Vec::new(), Vec::new());
        for value in values {
            for part in value.inside().all(8).unwrap_or_default() {
                let items = part.inside().expect(SEQUENCE);
                let items = items.and_then(|items| items.inside().all(ENCLOSED));
                let items = items.unwrap_or_default();
                let items = items.iter().map(|item| item.whole);
                if part.tag == context(0) {
                    found.0.extend(items);
                } else if part.tag == context(1) {
                    found.1.extend(items);
                }
            }
        }
        found
    }
}

impl<'a> SignedData<'a> {
    /// Reads a ContentInfo that holds a SignedData. Certificates that cannot be read are left out.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut outer = der::whole(bytes, SEQUENCE)?.inside();
        if outer.expect(OID)?.body != oid::SIGNED_DATA {
            return None;
        }
        let signed = outer.expect(context(0))?;
        let mut inside = der::whole(signed.body, SEQUENCE)?.inside();
        inside.expect(INTEGER)?;
        inside.expect(SET)?;
        let mut content = inside.expect(SEQUENCE)?.inside();
        let content_type = content.expect(OID)?.body;
        let content = match content.optional(context(0)) {
            Some(node) => Some(der::whole(node.body, OCTETS)?.body),
            None => None,
        };
        let certificates = match inside.optional(context(0)) {
            Some(node) => node.inside().all(ENCLOSED)?,
            None => Vec::new(),
        };
        let revocation = match inside.optional(context(1)) {
            Some(node) => node.inside().all(ENCLOSED)?,
            None => Vec::new(),
        };
        let signers = inside.expect(SET)?.inside().all(SIGNERS)?;
        if !inside.is_over() || !outer.is_over() {
            return None;
        }
        Some(Self {
            content_type,
            content,
            certificates: certificates
                .iter()
                .filter_map(|node| Certificate::read(node.whole))
                .collect(),
            lists: revocation
                .iter()
                .filter(|node| node.tag == SEQUENCE)
                .map(|node| node.whole)
                .collect(),
            answers: revocation.iter().filter_map(answer).collect(),
            signers: signers.iter().map(Signer::read).collect::<Option<_>>()?,
        })
    }
}

/// The OCSP answer in an OtherRevocationInfoFormat (RFC 5940).
fn answer<'a>(node: &Node<'a>) -> Option<&'a [u8]> {
    if node.tag != context(1) {
        return None;
    }
    let mut inside = node.inside();
    let kind = inside.expect(OID)?.body;
    (kind == oid::RI_OCSP_RESPONSE).then_some(inside.0)
}
