//! What is read of an X.509 certificate (RFC 5280), and signatures by its key.

use chrono::{DateTime, Utc};

use super::der::{
    self, BITS, BOOLEAN, INTEGER, Node, Nodes, OCTETS, OID, SEQUENCE, SET, context, plain_context,
};
use super::oid;
use crate::crypto::public_key::{self, Hash, Scheme};

/// More extensions than any certificate has.
const EXTENSIONS: usize = 40;

/// A certificate; it borrows from its DER.
#[derive(Clone)]
pub(super) struct Certificate<'a> {
    /// All of it.
    pub(super) whole: &'a [u8],
    signed: &'a [u8],
    /// The serial number, its bytes.
    pub(super) serial: &'a [u8],
    algorithm: Algorithm<'a>,
    signature: &'a [u8],
    /// Name of the issuer, DER.
    pub(super) issuer: &'a [u8],
    /// Name of the holder, DER.
    pub(super) subject: &'a [u8],
    /// From when, UTC.
    pub(super) not_before: DateTime<Utc>,
    /// Until when, UTC.
    pub(super) not_after: DateTime<Utc>,
    key: Key<'a>,
    extensions: Vec<Extension<'a>>,
}

/// A public key.
#[derive(Clone, Copy)]
struct Key<'a> {
    algorithm: &'a [u8],
    curve: &'a [u8],
    bits: &'a [u8],
}

#[derive(Clone, Copy)]
struct Extension<'a> {
    id: &'a [u8],
    is_critical: bool,
    value: &'a [u8],
}

/// An AlgorithmIdentifier.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Algorithm<'a> {
    /// Its OID.
    pub(super) id: &'a [u8],
    /// Its parameters, DER; empty without.
    pub(super) parameters: &'a [u8],
}

/// Why a signature does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignatureFault {
    /// SHA-1, MD5 or a short RSA key.
    Weak,
    /// Not read here.
    UnknownAlgorithm,
    /// It is wrong.
    Wrong,
}

/// What a certificate says it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Signing documents: non-repudiation.
    Documents,
    /// Logging in, or nothing is said.
    Authentication,
    /// Something else.
    Other,
}

impl<'a> Algorithm<'a> {
    /// Reads the next AlgorithmIdentifier.
    pub(super) fn read(nodes: &mut Nodes<'a>) -> Option<Self> {
        let mut inside = nodes.expect(SEQUENCE)?.inside();
        let id = inside.expect(OID)?.body;
        let parameters = inside.0;
        Some(Self { id, parameters })
    }

    /// The hash it names.
    pub(super) fn hash(&self) -> Result<Hash, SignatureFault> {
        match self.id {
            oid::SHA256 => Ok(Hash::Sha256),
            oid::SHA384 => Ok(Hash::Sha384),
            oid::SHA512 => Ok(Hash::Sha512),
            oid::SHA1 | oid::MD5 => Err(SignatureFault::Weak),
            _ => Err(SignatureFault::UnknownAlgorithm),
        }
    }

    /// How a signature of this algorithm is made; with plain `rsaEncryption` the hash comes from beside.
    fn scheme(
        &self,
        key: &Key<'_>,
        beside: Option<Hash>,
    ) -> Result<(Scheme, Hash), SignatureFault> {
        let ecdsa = |hash| Ok((key.curve_scheme()?, hash));
        match self.id {
            oid::RSA => Ok((
                Scheme::RsaPkcs1,
                beside.ok_or(SignatureFault::UnknownAlgorithm)?,
            )),
            oid::RSA_SHA256 => Ok((Scheme::RsaPkcs1, Hash::Sha256)),
            oid::RSA_SHA384 => Ok((Scheme::RsaPkcs1, Hash::Sha384)),
            oid::RSA_SHA512 => Ok((Scheme::RsaPkcs1, Hash::Sha512)),
            oid::RSA_PSS => Ok((Scheme::RsaPss, self.pss_hash()?)),
            oid::ECDSA_SHA256 => ecdsa(Hash::Sha256),
            oid::ECDSA_SHA384 => ecdsa(Hash::Sha384),
            oid::ECDSA_SHA512 => ecdsa(Hash::Sha512),
            oid::RSA_SHA1 | oid::RSA_MD5 | oid::ECDSA_SHA1 => Err(SignatureFault::Weak),
            _ => Err(SignatureFault::UnknownAlgorithm),
        }
    }

    /// The hash of RSASSA-PSS-params (RFC 4055): it must be that of MGF1, and as long as the salt.
    fn pss_hash(&self) -> Result<Hash, SignatureFault> {
        self.read_pss()
            .unwrap_or(Err(SignatureFault::UnknownAlgorithm))
    }

    fn read_pss(&self) -> Option<Result<Hash, SignatureFault>> {
        let mut inside = der::whole(self.parameters, SEQUENCE)?.inside();
        // what is not said is SHA-1
        let Some(hash) = inside.optional(context(0)) else {
            return Some(Err(SignatureFault::Weak));
        };
        let hash = Algorithm::read(&mut hash.inside())?;
        let mask = Algorithm::read(&mut inside.expect(context(1))?.inside())?;
        let of_mask = Algorithm::read(&mut Nodes(mask.parameters))?;
        let salt = inside.expect(context(2))?.inside().expect(INTEGER)?.body;
        let wanted = match hash.hash() {
            Ok(Hash::Sha256) => 32_u8,
            Ok(Hash::Sha384) => 48,
            Ok(Hash::Sha512) => 64,
            Err(fault) => return Some(Err(fault)),
        };
        let fits = mask.id == oid::MGF1 && of_mask.id == hash.id && salt == [wanted];
        fits.then(|| hash.hash())
    }
}

impl Key<'_> {
    fn curve_scheme(&self) -> Result<Scheme, SignatureFault> {
        if self.algorithm != oid::EC {
            return Err(SignatureFault::Wrong);
        }
        match self.curve {
            oid::P256 => Ok(Scheme::EcdsaP256),
            oid::P384 => Ok(Scheme::EcdsaP384),
            oid::P521 => Ok(Scheme::EcdsaP521),
            _ => Err(SignatureFault::UnknownAlgorithm),
        }
    }

    /// Whether it is an RSA key of less than 2,048 bits.
    fn is_short(&self) -> bool {
        let is_rsa = self.algorithm == oid::RSA || self.algorithm == oid::RSA_PSS;
        let modulus = der::whole(self.bits, SEQUENCE)
            .and_then(|key| key.inside().expect(INTEGER))
            .map(|modulus| modulus.body);
        let significant = modulus.map(|body| body.iter().skip_while(|it| **it == 0).count());
        is_rsa && significant.is_some_and(|bytes| bytes < 256)
    }
}

impl<'a> Certificate<'a> {
    /// Reads a certificate.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut outer = der::whole(bytes, SEQUENCE)?.inside();
        let signed = outer.expect(SEQUENCE)?;
        let algorithm = Algorithm::read(&mut outer)?;
        let signature = outer.expect(BITS)?.octets()?;
        let mut inside = signed.inside();
        inside.optional(context(0));
        let serial = inside.expect(INTEGER)?.body;
        let named = Algorithm::read(&mut inside)?;
        let issuer = inside.expect(SEQUENCE)?.whole;
        let mut validity = inside.expect(SEQUENCE)?.inside();
        let subject = inside.expect(SEQUENCE)?.whole;
        let key = read_key(&inside.expect(SEQUENCE)?)?;
        inside.optional(plain_context(1));
        inside.optional(plain_context(2));
        let extensions = match inside.optional(context(3)) {
            Some(node) => read_extensions(&node)?,
            None => Vec::new(),
        };
        if !outer.is_over() || !inside.is_over() || named != algorithm {
            return None;
        }
        Some(Self {
            whole: bytes,
            signed: signed.whole,
            serial,
            algorithm,
            signature,
            issuer,
            subject,
            not_before: validity.next()?.time()?,
            not_after: validity.next()?.time()?,
            key,
            extensions,
        })
    }

    /// Whether the key of this certificate signed the message.
    pub(super) fn check_signed(
        &self,
        algorithm: &Algorithm<'_>,
        beside: Option<Hash>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureFault> {
        let (scheme, hash) = algorithm.scheme(&self.key, beside)?;
        if self.key.is_short() {
            return Err(SignatureFault::Weak);
        }
        // plain rsaEncryption goes with the hash of the signed attributes, which must be the same
        if beside.is_some_and(|beside| beside != hash) {
            return Err(SignatureFault::Wrong);
        }
        if public_key::is_signed(scheme, hash, self.key.bits, message, signature) {
            Ok(())
        } else {
            Err(SignatureFault::Wrong)
        }
    }

    /// Whether `issuer` signed this certificate.
    pub(super) fn check_issued_by(&self, issuer: &Certificate<'_>) -> Result<(), SignatureFault> {
        issuer.check_signed(&self.algorithm, None, self.signed, self.signature)
    }

    /// Whether holder and issuer have the same name.
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether it was in force.
    pub(super) fn is_in_force(&self, at: DateTime<Utc>) -> bool {
        self.not_before <= at && at <= self.not_after
    }

    /// The value of an extension.
    fn extension(&self, id: &[u8]) -> Option<&'a [u8]> {
        let found = self.extensions.iter().find(|extension| extension.id == id);
        found.map(|extension| extension.value)
    }

    /// Whether a critical extension is there that is not read here: then nobody may rely on it.
    pub(super) fn has_unknown_critical(&self) -> bool {
        let known = [
            oid::SUBJECT_KEY_ID,
            oid::KEY_USAGE,
            oid::SUBJECT_ALT_NAME,
            oid::ISSUER_ALT_NAME,
            oid::BASIC_CONSTRAINTS,
            oid::CRL_POINTS,
            oid::POLICIES,
            oid::AUTHORITY_KEY_ID,
            oid::EXT_KEY_USAGE,
            oid::QC_STATEMENTS,
        ];
        let mut critical = self.extensions.iter().filter(|it| it.is_critical);
        critical.any(|extension| !known.contains(&extension.id))
    }

    /// How many issuers may follow below, if this one may issue at all: `None` inside is no limit.
    #[expect(clippy::option_option, reason = "no issuer, no limit, a limit")]
    pub(super) fn issuing_depth(&self) -> Option<Option<u8>> {
        let value = self.extension(oid::BASIC_CONSTRAINTS)?;
        let mut inside = der::whole(value, SEQUENCE)?.inside();
        let is_issuer = inside.optional(BOOLEAN).is_some_and(|it| it.body == [0xff]);
        let may_sign = self.key_usage().is_none_or(|usage| usage & 0x0400 != 0);
        if !is_issuer || !may_sign {
            return None;
        }
        match inside.optional(INTEGER) {
            Some(depth) => depth.body.first().copied().map(Some),
            None => Some(None),
        }
    }

    /// Whether it may sign lists of revoked certificates.
    pub(super) fn may_sign_lists(&self) -> bool {
        self.key_usage().is_none_or(|usage| usage & 0x0200 != 0)
    }

    /// The bits of keyUsage, bit 0 of RFC 5280 highest; none if it does not say.
    fn key_usage(&self) -> Option<u16> {
        let value = self.extension(oid::KEY_USAGE)?;
        let bits = der::whole(value, BITS).map_or(&[][..], |node| node.body);
        let byte = |place: usize| u16::from(bits.get(place).copied().unwrap_or(0));
        Some((byte(1) << 8) | byte(2))
    }

    /// The purposes of extKeyUsage; none if it does not say.
    fn extended_usage(&self) -> Option<Vec<&'a [u8]>> {
        let value = self.extension(oid::EXT_KEY_USAGE)?;
        let nodes = der::whole(value, SEQUENCE).and_then(|node| node.inside().all(EXTENSIONS));
        Some(
            nodes
                .unwrap_or_default()
                .iter()
                .map(|node| node.body)
                .collect(),
        )
    }

    /// What it is for, as far as documents go.
    pub(super) fn purpose(&self) -> Purpose {
        let for_documents = [
            oid::EKU_ANY,
            oid::EKU_CLIENT,
            oid::EKU_EMAIL,
            oid::EKU_DOCUMENT,
            oid::EKU_DOCUMENT_MS,
            oid::EKU_DOCUMENT_ADOBE,
        ];
        let fits = self
            .extended_usage()
            .is_none_or(|usages| usages.iter().any(|usage| for_documents.contains(usage)));
        let is_issuer = self.issuing_depth().is_some();
        match self.key_usage() {
            _ if !fits || is_issuer => Purpose::Other,
            Some(usage) if usage & 0x4000 != 0 => Purpose::Documents,
            Some(usage) if usage & 0x8000 == 0 => Purpose::Other,
            Some(_) | None => Purpose::Authentication,
        }
    }

    /// Whether it is for stamping time and nothing else (RFC 3161, 2.3).
    pub(super) fn is_for_timestamps(&self) -> bool {
        self.extended_usage()
            .is_some_and(|it| it == [oid::EKU_TIMESTAMP])
    }

    /// Whether its issuer lets it answer about revoked certificates.
    pub(super) fn is_for_ocsp(&self) -> bool {
        self.extended_usage()
            .is_some_and(|it| it.contains(&oid::EKU_OCSP))
    }

    /// Whether the issuer says that it is qualified (ETSI EN 319 412-5).
    pub(super) fn claims_qualified(&self) -> bool {
        let statements = self
            .extension(oid::QC_STATEMENTS)
            .and_then(|value| der::whole(value, SEQUENCE)?.inside().all(EXTENSIONS));
        let mut statements = statements.unwrap_or_default().into_iter();
        statements.any(|statement| {
            let id = statement.inside().expect(OID);
            id.is_some_and(|id| id.body == oid::QC_COMPLIANCE)
        })
    }

    /// The identifier of its key.
    pub(super) fn key_id(&self) -> Option<&'a [u8]> {
        let value = self.extension(oid::SUBJECT_KEY_ID)?;
        der::whole(value, OCTETS).map(|node| node.body)
    }

    /// The bits of its key.
    pub(super) fn key_bits(&self) -> &'a [u8] {
        self.key.bits
    }

    /// An attribute of the holder's name.
    pub(super) fn subject_text(&self, id: &[u8]) -> Option<String> {
        text_in(self.subject, id)
    }

    /// What to call the holder.
    pub(super) fn holder(&self) -> String {
        self.subject_text(oid::COMMON_NAME)
            .or_else(|| self.subject_text(oid::ORGANIZATION))
            .unwrap_or_default()
    }

    /// What to call the issuer.
    pub(super) fn issuer_text(&self) -> String {
        text_in(self.issuer, oid::COMMON_NAME)
            .or_else(|| text_in(self.issuer, oid::ORGANIZATION))
            .unwrap_or_default()
    }
}

fn read_key<'a>(node: &Node<'a>) -> Option<Key<'a>> {
    let mut inside = node.inside();
    let algorithm = Algorithm::read(&mut inside)?;
    let curve = der::whole(algorithm.parameters, OID).map_or(&[][..], |node| node.body);
    Some(Key {
        algorithm: algorithm.id,
        curve,
        bits: inside.expect(BITS)?.octets()?,
    })
}

fn read_extensions<'a>(node: &Node<'a>) -> Option<Vec<Extension<'a>>> {
    let nodes = node.inside().expect(SEQUENCE)?.inside().all(EXTENSIONS)?;
    let mut extensions: Vec<Extension<'a>> = Vec::new();
    for node in nodes {
        let mut inside = node.inside();
        let id = inside.expect(OID)?.body;
        let is_critical = inside.optional(BOOLEAN).is_some_and(|it| it.body != [0]);
        let value = inside.expect(OCTETS)?.body;
        if extensions.iter().any(|known| known.id == id) {
            return None;
        }
        extensions.push(Extension {
            id,
            is_critical,
            value,
        });
    }
    Some(extensions)
}

/// An attribute of a name, as text.
fn text_in(name: &[u8], id: &[u8]) -> Option<String> {
    let parts = der::whole(name, SEQUENCE)?.inside().all(EXTENSIONS)?;
    for part in parts.iter().filter(|part| part.tag == SET) {
        for pair in part.inside().all(EXTENSIONS)? {
            let mut pair = pair.inside();
            if pair.expect(OID)?.body == id {
                return Some(text_of(&pair.next()?));
            }
        }
    }
    None
}

/// BMPString is UTF-16, T61String and the rest are read as UTF-8 or Latin-1; without control characters.
fn text_of(node: &Node<'_>) -> String {
    let text = if node.tag == 0x1e {
        let units = node.body.chunks_exact(2).map(|pair| match pair {
            [high, low] => u16::from_be_bytes([*high, *low]),
            _ => 0,
        });
        char::decode_utf16(units)
            .map(|it| it.unwrap_or('\u{fffd}'))
            .collect()
    } else {
        let latin = || node.body.iter().map(|byte| char::from(*byte)).collect();
        String::from_utf8(node.body.to_vec()).unwrap_or_else(|_| latin())
    };
    let shown = text.chars().filter(|letter| !letter.is_control());
    shown.take(200).collect()
}
