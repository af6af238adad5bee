//! Seals on documents we issue (PAdES baseline B, ETSI EN 319 142-1): made, and looked at. A seal is an update
//! that is appended: the document before it stays byte for byte what was signed (decision 19).

mod message;

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::certificate::{Certificate, Purpose};
use super::findings::Findings;
use super::pades;
use super::pdf::file;
use super::pdf::object::{Dict, Object, get};
use super::pdf::write::Update;
use super::revocation::Sources;
use super::signer::Setting;
use super::trust::blocks;
use crate::crypto::public_key::{self, Hash, Scheme};
use crate::crypto::sha256;
use crate::domain::signing::{CheckCode, Outcome, SignatureFound};

/// How a document we issue ends.
const END: &[u8] = b"%%EOF\n";
/// Room in the string of the signature beside certificates: 8,192 bits of RSA, and what stands around.
const ROOM: usize = 2048;
/// Room for the three numbers of the ByteRange.
const RANGE: usize = 48;
/// Levels of the tree of pages down to the first one.
const LEVELS: usize = 16;
/// Certificates of a seal.
const CHAIN: usize = 8;
/// Print, locked: what PDF/A wants of a mark (ISO 19005-2, 6.3.2).
const FLAGS: i64 = 132;

/// The certificate of a seal and its issuers.
#[derive(Clone)]
pub struct SealCertificate {
    leaf: Vec<u8>,
    issuers: Vec<Vec<u8>>,
    /// From when it is in force, UTC.
    pub not_before: DateTime<Utc>,
    /// Until when, UTC.
    pub not_after: DateTime<Utc>,
    /// Whose it is.
    pub holder: String,
    /// SHA-256 of the certificate, hex.
    pub sha256: String,
}

/// What is wrong with the certificate of a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealCertificateError {
    /// No certificate in it.
    #[error("holds no certificate in PEM")]
    Empty,
    /// One that cannot be read, or too many.
    #[error("holds a certificate that cannot be read (the {0}. in the file)")]
    Certificate(usize),
    /// The first is not for signing.
    #[error(
        "begins with a certificate that is not for signing documents: keyUsage must have nonRepudiation or digitalSignature, and it must be no issuer's"
    )]
    Usage,
    /// One did not issue the one before it.
    #[error(
        "holds certificates that do not follow each other: the {0}. did not issue the one before it"
    )]
    Order(usize),
}

impl SealCertificate {
    /// Reads PEM: the certificate first, then whoever issued it, and so on.
    ///
    /// # Errors
    /// [`SealCertificateError`].
    pub fn parse(pem: &str) -> Result<Self, SealCertificateError> {
        let mut chain = Vec::new();
        for (place, block) in blocks(pem, "CERTIFICATE").into_iter().enumerate() {
            let block = block.filter(|bytes| place < CHAIN && Certificate::read(bytes).is_some());
            chain.push(block.ok_or(SealCertificateError::Certificate(place + 1))?);
        }
        let read: Vec<_> = chain
            .iter()
            .filter_map(|it| Certificate::read(it))
            .collect();
        let own = read.first().ok_or(SealCertificateError::Empty)?;
        if own.purpose() == Purpose::Other {
            return Err(SealCertificateError::Usage);
        }
        for (place, (below, above)) in read.iter().zip(read.iter().skip(1)).enumerate() {
            if below.issuer != above.subject || below.check_issued_by(above).is_err() {
                return Err(SealCertificateError::Order(place + 2));
            }
        }
        Ok(Self {
            not_before: own.not_before,
            not_after: own.not_after,
            holder: own.holder(),
            sha256: sha256::hex(&sha256::digest(own.whole)),
            leaf: own.whole.to_vec(),
            issuers: chain.into_iter().skip(1).collect(),
        })
    }

    /// Whether its key is this one, as [`crate::crypto::seal_key::SealKey::public_bits`] gives it.
    pub fn is_of(&self, public_bits: &[u8]) -> bool {
        Certificate::read(&self.leaf).is_some_and(|own| own.key_bits() == public_bits)
    }

    /// Whether it is in force.
    pub fn is_in_force(&self, at: DateTime<Utc>) -> bool {
        self.not_before <= at && at <= self.not_after
    }
}

impl std::fmt::Debug for SealCertificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SealCertificate({})", self.sha256)
    }
}

/// A document that is not built as those we issue: no seal is put on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the document is not built so that it can be sealed")]
pub struct Unsealable;

/// A seal that lacks its signature.
pub struct Draft<'c> {
    certificate: &'c SealCertificate,
    scheme: Scheme,
    update: Vec<u8>,
    /// Where the string of the signature begins, with its `<`.
    gap: usize,
    room: usize,
    attributes: Vec<u8>,
}

impl<'c> Draft<'c> {
    /// Prepares the seal of a document: `at` is the time it will claim, `scheme` that of the key.
    ///
    /// # Errors
    /// [`Unsealable`].
    pub fn new(
        document: &[u8],
        certificate: &'c SealCertificate,
        scheme: Scheme,
        at: DateTime<Utc>,
    ) -> Result<Self, Unsealable> {
        Self::prepare(document, certificate, scheme, at).ok_or(Unsealable)
    }

    fn prepare(
        document: &[u8],
        certificate: &'c SealCertificate,
        scheme: Scheme,
        at: DateTime<Utc>,
    ) -> Option<Self> {
        let chain: usize = certificate.issuers.iter().map(Vec::len).sum();
        let room = ROOM + certificate.leaf.len() + chain;
        let digest = sha256::hex(&sha256::digest(document));
        let (mut update, place) = write_update(document, &signature_value(room, at, &digest))?;
        let after_place = update.get(place..)?;
        let gap = place + find(after_place, b"/Contents<")? + b"/Contents".len();
        let after_gap = gap + 2 * room + 2;
        let range = place + find(after_place, b"[0")?;
        let numbers = format!(
            "[0 {} {} {}]",
            document.len() + gap,
            document.len() + after_gap,
            update.len().checked_sub(after_gap)?
        );
        let padded = format!("{numbers:<RANGE$}");
        update
            .get_mut(range..range + RANGE)
            .filter(|_| padded.len() == RANGE)?
            .copy_from_slice(padded.as_bytes());
        let covered = [document, update.get(..gap)?, update.get(after_gap..)?];
        let digest = public_key::hash(Hash::Sha256, &covered);
        Some(Self {
            attributes: message::attributes(&certificate.leaf, &digest),
            certificate,
            scheme,
            update,
            gap,
            room,
        })
    }

    /// What the key must sign.
    pub fn to_sign(&self) -> &[u8] {
        &self.attributes
    }

    /// The seal, to be appended to the document.
    ///
    /// # Errors
    /// [`Unsealable`] if the signature is longer than any.
    pub fn finish(mut self, signature: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let message = self.message(signature).ok_or(Unsealable)?;
        let text = data_encoding::HEXUPPER.encode(&message);
        let place = self.gap + 1..self.gap + 1 + text.len();
        if message.len() > self.room {
            return Err(Unsealable);
        }
        let written = self.update.get_mut(place).ok_or(Unsealable)?;
        written.copy_from_slice(text.as_bytes());
        Ok(self.update)
    }

    fn message(&self, signature: &[u8]) -> Option<Vec<u8>> {
        let own = Certificate::read(&self.certificate.leaf)?;
        let certificates: Vec<&[u8]> = std::iter::once(&self.certificate.leaf)
            .chain(&self.certificate.issuers)
            .map(Vec::as_slice)
            .collect();
        message::signed(
            &own,
            &certificates,
            &self.attributes,
            self.scheme,
            signature,
        )
    }
}

/// The signature dictionary (ISO 32000-1, 12.8.1), with room for ByteRange and Contents.
fn signature_value(room: usize, at: DateTime<Utc>, digest: &str) -> String {
    let (range, contents) = (
        "[0".to_owned() + &" ".repeat(RANGE - 2),
        "0".repeat(2 * room),
    );
    let at = at.format("%Y%m%d%H%M%S");
    format!(
        "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange{range}/Contents<{contents}>\
         /M(D:{at}+00'00')/Reason(Sigillo del documento. SHA-256 del documento senza sigillo: {digest})>>"
    )
}

/// The update with an unsigned signature, and where that begins in it.
fn write_update(document: &[u8], signature: &str) -> Option<(Vec<u8>, usize)> {
    let before = file::start_of_last(document).filter(|_| document.ends_with(END))?;
    let (first, updates) = file::read(document, document.len()).ok()?;
    let is_by_stream = get(&first.trailer, "Type").is_some_and(|it| it.is_name("XRef"));
    if !is_by_stream || !updates.is_empty() {
        return None;
    }
    let root = get(&first.trailer, "Root")?.reference()?;
    let catalogue = first.objects.get(&root)?.dict()?;
    let (page, page_dict) = first_page(&first.objects, catalogue)?;
    let size = u32::try_from(get(&first.trailer, "Size")?.size()?).ok()?;
    let field = size.checked_add(1)?;
    let mut update = Update::after(document.len());
    let place = update.object(size, signature.as_bytes());
    update.value(field, &Object::Dict(field_value(size, page)))?;
    update.value(root, &Object::Dict(with_form(catalogue, field)?))?;
    let mark = Object::Reference(field);
    match get(page_dict, "Annots") {
        Some(Object::Reference(list)) => {
            let marks = first.objects.get(list)?.array()?;
            update.value(*list, &Object::Array([marks, &[mark]].concat()))?;
        }
        own => {
            let marks = own.map_or(Some(&[][..]), Object::array)?;
            let marks = Object::Array([marks, &[mark]].concat());
            let mut changed = page_dict.clone();
            changed.insert(b"Annots".to_vec(), marks);
            update.value(page, &Object::Dict(changed))?;
        }
    }
    let id = sha256::digest(&update.bytes);
    let update = update.finish(&first.trailer, before, field.checked_add(1)?, id.get(..16)?)?;
    Some((update, place))
}

/// The catalogue with a form that has this one field; `None` if there is a form already.
fn with_form(catalogue: &Dict, field: u32) -> Option<Dict> {
    let form = [
        ("Fields", Object::Array(vec![Object::Reference(field)])),
        ("SigFlags", Object::Integer(3)),
    ];
    let form = form.map(|(key, value)| (key.as_bytes().to_vec(), value));
    let mut changed = catalogue.clone();
    let known = changed.insert(b"AcroForm".to_vec(), Object::Dict(form.into()));
    known.is_none().then_some(changed)
}

/// The field with its mark: of no size, and beside the page, so that a reader by ear does not meet it either
/// (ISO 14289-1, 7.18.1 and 7.18.4).
fn field_value(signature: u32, page: u32) -> Dict {
    let name = |name: &str| Object::Name(name.as_bytes().to_vec());
    let text = |text: &str| Object::Text(text.as_bytes().to_vec(), super::pdf::object::Place(0..0));
    let pairs = [
        ("Type", name("Annot")),
        ("Subtype", name("Widget")),
        ("FT", name("Sig")),
        ("T", text("Sigillo")),
        ("TU", text("Sigillo elettronico del documento")),
        ("V", Object::Reference(signature)),
        ("P", Object::Reference(page)),
        ("Rect", Object::Array(vec![Object::Integer(-1); 4])),
        ("F", Object::Integer(FLAGS)),
    ];
    let pairs = pairs.map(|(key, value)| (key.as_bytes().to_vec(), value));
    pairs.into()
}

/// Number and dictionary of the first page.
fn first_page<'o>(objects: &'o file::Objects, catalogue: &Dict) -> Option<(u32, &'o Dict)> {
    let mut number = get(catalogue, "Pages")?.reference()?;
    for _ in 0..LEVELS {
        let dict = objects.get(&number)?.dict()?;
        if get(dict, "Type")?.is_name("Page") {
            return Some((number, dict));
        }
        number = get(dict, "Kids")?.array()?.first()?.reference()?;
    }
    None
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).position(|window| window == word)
}

/// A sealed copy, as far as it can be told without knowing whom to trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedCopy {
    /// Bytes of the document; the rest is what came after it.
    pub document: usize,
    /// Whether the signatures after the document are right, cover the whole file, and nothing but
    /// signatures came to it. Anybody can make a seal: whose it is says the certificate.
    pub is_whole: bool,
    /// Who sealed or signed, in the order of the file.
    pub seals: Vec<SignatureFound>,
}

/// Reads a PDF that may be a document with a seal after it; `None`: it has no signature, or is no PDF that can
/// be read. Who is to be trusted is not asked.
pub fn read_sealed(bytes: &[u8], now: DateTime<Utc>) -> Option<SealedCopy> {
    let document = file::end_of_first(bytes).filter(|end| *end < bytes.len())?;
    let setting = Setting {
        anchors: Vec::new(),
        sources: Sources {
            lists: Vec::new(),
            answers: Vec::new(),
        },
        pool: Vec::new(),
        received_at: now,
        stamped_at: None,
    };
    let mut findings = Findings::default();
    pades::check(&setting, bytes, document, &mut findings);
    let (seals, checks) = findings.finish();
    let needed = [
        CheckCode::Format,
        CheckCode::Document,
        CheckCode::Coverage,
        CheckCode::Integrity,
        CheckCode::Algorithm,
        CheckCode::Certificate,
    ];
    let passes = |code: &CheckCode| {
        let mut own = checks.iter().filter(|it| it.code == *code).peekable();
        own.peek().is_some() && own.all(|it| it.result == Outcome::Passed)
    };
    Some(SealedCopy {
        document,
        is_whole: needed.iter().all(passes),
        seals,
    })
}
