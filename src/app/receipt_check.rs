//! Checks a receipt, with nothing but the receipt and a key: no database, no network but in
//! [`check_here`]. What it cannot prove it says, too. *source*: `docs/receipt.md`, of which `docs/verify.py` is another reading.

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::Value;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::log::proof::{self, CONSISTENCY, INCLUSION};
use crate::app::log::{served, timestamp};
use crate::app::receipt::FORMAT;
use crate::crypto::merkle::{self, Hash};
use crate::crypto::note::{Checkpoint, VerifyingKey};
use crate::crypto::{commitment, sha256};
use crate::domain::log::{Kind, VERSION};
use crate::domain::signing::{Evidence, Reason};
use crate::evidence::{self, Trust};

/// Longest receipt that is looked at, bytes: the document is in it as base64.
pub const LONGEST: usize = 12 * 1024 * 1024;

/// Longest evidence that is read, bytes; ours has some 3,000.
const LONGEST_EVIDENCE: usize = 64 * 1024;

/// Hashes of the longest proof: a tree of 63 bits has no more levels.
const MOST_HASHES: usize = 63;

/// Older receipts give the time of their row, which a few queries lie apart from that of the evidence.
const SAME_ACT: TimeDelta = TimeDelta::minutes(1);

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The PDF is the one that the evidence names.
    Document,
    /// The declaration is the one the entry of the log commits to.
    Declaration,
    /// The evidence is the one the entry commits to, and tells of this receipt.
    Evidence,
    /// The entry is in the tree of the checkpoint.
    Inclusion,
    /// The checkpoint is signed.
    Signature,
    /// The key is the log's.
    Key,
    /// A newer checkpoint goes on with the same log.
    Newer,
    /// A time-stamping authority saw a head of the log that has the entry.
    Timestamp,
}

impl Part {
    /// The word of its texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Declaration => "declaration",
            Self::Evidence => "evidence",
            Self::Inclusion => "inclusion",
            Self::Signature => "signature",
            Self::Key => "key",
            Self::Newer => "newer",
            Self::Timestamp => "timestamp",
        }
    }
}

/// What came out for a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is so.
    Proved,
    /// It is not so: the receipt is wrong.
    Refuted,
    /// It cannot be told with what is at hand.
    Open,
}

impl Outcome {
    /// The word of its texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Refuted => "refuted",
            Self::Open => "open",
        }
    }

    fn of(proved: bool) -> Self {
        if proved { Self::Proved } else { Self::Refuted }
    }
}

/// What all parts come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that can be proved is.
    Proved,
    /// Something is not as it was signed, or was never in the log.
    Refuted,
    /// Nothing is wrong, but the log does not have the entry yet, or no key is at hand.
    Unfinished,
    /// It is no receipt.
    Unreadable,
}

impl Verdict {
    /// The word of its texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Refuted => "refuted",
            Self::Unfinished => "unfinished",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What a receipt says of itself; proved as far as the report says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Who signed.
    pub signer: Option<String>,
    /// When, by the clock of the registry, UTC.
    pub signed_at: Option<DateTime<Utc>>,
    /// SHA-256 of the PDF in it, hex.
    pub document_sha256: String,
    /// Name of the log.
    pub origin: Option<String>,
    /// Place of the entry in the log, from 0.
    pub index: Option<u64>,
    /// Entries of the log in this checkpoint.
    pub size: Option<u64>,
    /// The key that was used, as a vkey.
    pub vkey: Option<String>,
    /// By when the log had the entry, by the clock of a time-stamping authority, UTC.
    pub stamped_at: Option<DateTime<Utc>>,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// All in one.
    pub verdict: Verdict,
    /// Part by part.
    pub parts: Vec<(Part, Outcome)>,
    /// What the receipt is about.
    pub facts: Facts,
}

/// What the receipt is held against, beside itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Against<'a> {
    /// The key of the log, got from elsewhere, as a vkey.
    pub key: Option<&'a str>,
    /// A checkpoint, or a consistency proof with one, got later.
    pub newer: Option<&'a str>,
    /// Issuers of time-stamping authorities that are believed.
    pub stamps: Option<&'a Trust>,
}

/// The file.
#[derive(Deserialize)]
struct File {
    format: String,
    document: String,
    document_sha256: String,
    declaration: String,
    salt: String,
    #[serde(deserialize_with = "flat::object")]
    entry: Value,
    proof: Option<String>,
    checkpoint: Option<String>,
    #[serde(default)]
    vkey: Option<String>,
    evidence: String,
    signed_at: DateTime<Utc>,
    #[serde(default)]
    timestamp: Option<TimestampFile>,
}

/// What a time-stamping authority said.
#[derive(Deserialize)]
struct TimestampFile {
    proof: String,
    token: String,
}

/// The file with its bytes.
struct Opened {
    file: File,
    document: Vec<u8>,
    declaration: Vec<u8>,
    salt: Vec<u8>,
    evidence: Vec<u8>,
    /// The evidence, read.
    told: Value,
}

/// Checks a receipt of one of our own logs: with the log's key, and against what the log is now. Whoever
/// makes a log of their own can prove anything by it: a receipt of another log is refuted. Keeps nothing.
///
/// # Errors
/// `Unavailable` if database or log cannot be read.
pub async fn check_here(ctx: &Ctx, receipt: Vec<u8>) -> AppResult<Report> {
    let (receipt, head) = ctx
        .on_a_core(move || {
            let head = head_of(&receipt);
            Ok((receipt, head))
        })
        .await?;
    let Some(head) = head else {
        let checked = ctx.on_a_core(move || Ok(check(&receipt, Against::default())));
        return checked.await;
    };
    let Some(key) = served::vkey_of_origin(ctx, &head.origin).await? else {
        let checked = ctx.on_a_core(move || Ok(check(&receipt, Against::default())));
        return Ok(checked.await?.with(Part::Key, Outcome::Refuted));
    };
    let slug = head.origin.rsplit('/').next().unwrap_or_default();
    let newer = match proof::consistency(ctx, slug, head.size).await {
        Ok(newer) => Some(newer),
        // what is published is shorter than what this receipt says was
        Err(AppError::NotFound) => None,
        Err(error) => return Err(error),
    };
    let trust = ctx.stamp_trust.clone();
    let checked = ctx.on_a_core(move || {
        let against = Against {
            key: Some(&key),
            newer: newer.as_deref(),
            stamps: trust.as_deref(),
        };
        let report = check(&receipt, against);
        Ok(match newer {
            Some(_) => report,
            None => report.with(Part::Newer, Outcome::Refuted),
        })
    });
    let report = checked.await?;
    if report.is(Part::Signature, Outcome::Proved) && report.is(Part::Newer, Outcome::Refuted) {
        metrics::counter!("joinder_log_alarms_total").increment(1);
        tracing::error!(
            case = slug,
            size = head.size,
            "our key signed a head that is not of our log: the log was lost, or the key is in other hands"
        );
    }
    Ok(report)
}

/// The checkpoint of a receipt, whoever signed it.
fn head_of(receipt: &[u8]) -> Option<Checkpoint> {
    let file = read(receipt)?;
    let checkpoint = text(file.checkpoint.as_deref()?)?;
    Checkpoint::parse(&checkpoint).ok()
}

/// Checks a receipt. Any bytes whatever get a report.
pub fn check(receipt: &[u8], against: Against<'_>) -> Report {
    let Some(opened) = read(receipt).and_then(open) else {
        return Report {
            verdict: Verdict::Unreadable,
            parts: Vec::new(),
            facts: Facts::default(),
        };
    };
    let mut facts = opened.facts();
    let mut parts = vec![
        (Part::Document, Outcome::of(opened.is_the_document())),
        (Part::Declaration, Outcome::of(opened.is_the_declaration())),
        (Part::Evidence, opened.evidence()),
    ];
    parts.extend(opened.log(against, &mut facts));
    Report {
        verdict: verdict(&parts),
        parts,
        facts,
    }
}

impl Report {
    /// With another outcome of a part.
    fn with(mut self, part: Part, outcome: Outcome) -> Self {
        self.parts.retain(|(known, _)| *known != part);
        self.parts.push((part, outcome));
        self.verdict = verdict(&self.parts);
        self
    }

    fn is(&self, part: Part, outcome: Outcome) -> bool {
        self.parts.contains(&(part, outcome))
    }
}

/// Proved is what was proved whole: by an entry that binds the evidence and so the PDF, under a key that is
/// known from elsewhere.
fn verdict(parts: &[(Part, Outcome)]) -> Verdict {
    if parts.iter().any(|(_, out)| *out == Outcome::Refuted) {
        return Verdict::Refuted;
    }
    // a time stamp adds to what is proved: one that nobody here can judge takes nothing away
    let lacks = |(part, out): &(Part, Outcome)| *out == Outcome::Open && *part != Part::Timestamp;
    if parts.iter().any(lacks) {
        return Verdict::Unfinished;
    }
    Verdict::Proved
}

fn read(receipt: &[u8]) -> Option<File> {
    if receipt.len() > LONGEST {
        return None;
    }
    let file: File = serde_json::from_slice(receipt).ok()?;
    (file.format == FORMAT).then_some(file)
}

fn open(file: File) -> Option<Opened> {
    let bytes = |text: &str| BASE64.decode(text.as_bytes()).ok();
    let evidence = bytes(&file.evidence).filter(|bytes| bytes.len() <= LONGEST_EVIDENCE)?;
    Some(Opened {
        document: bytes(&file.document)?,
        declaration: bytes(&file.declaration)?,
        salt: bytes(&file.salt)?,
        told: serde_json::from_slice(&evidence).ok()?,
        evidence,
        file,
    })
}

fn text(base64: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(base64.as_bytes()).ok()?).ok()
}

/// An entry is an object of a few texts and numbers; nothing else is built up in memory.
mod flat {
    use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
    use serde_json::{Map, Value};

    const MOST_NAMES: usize = 16;

    pub(super) fn object<'de, D: Deserializer<'de>>(input: D) -> Result<Value, D::Error> {
        input.deserialize_map(Object)
    }

    struct Object;

    impl<'de> Visitor<'de> for Object {
        type Value = Value;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object of texts and numbers")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
            let mut object = Map::new();
            while let Some((name, Scalar(value))) = map.next_entry::<String, Scalar>()? {
                let is_new = object.insert(name, value).is_none();
                if !is_new || object.len() > MOST_NAMES {
                    return Err(A::Error::custom("a name twice, or too many"));
                }
            }
            Ok(Value::Object(object))
        }
    }

    struct Scalar(Value);

    impl<'de> Deserialize<'de> for Scalar {
        fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
            input.deserialize_any(ScalarVisitor).map(Self)
        }
    }

    struct ScalarVisitor;

    impl Visitor<'_> for ScalarVisitor {
        type Value = Value;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a text or a number")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
            Ok(text.into())
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
            Ok(number.into())
        }

        fn visit_unit<E: Error>(self) -> Result<Value, E> {
            Ok(Value::Null)
        }
    }
}

impl Opened {
    fn told(&self, pointer: &str) -> Option<&str> {
        self.told.pointer(pointer).and_then(Value::as_str)
    }

    fn entry(&self, name: &str) -> Option<&str> {
        self.file.entry.get(name).and_then(Value::as_str)
    }

    fn facts(&self) -> Facts {
        Facts {
            signer: self.told("/signer/name").map(str::to_owned),
            signed_at: self.signed_at(),
            document_sha256: sha256::hex(&sha256::digest(&self.document)),
            ..Facts::default()
        }
    }

    fn signed_at(&self) -> Option<DateTime<Utc>> {
        self.told("/entered_at")?.parse().ok()
    }

    fn is_the_document(&self) -> bool {
        let hash = sha256::hex(&sha256::digest(&self.document));
        self.file.document_sha256 == hash && self.told("/document_sha256") == Some(&hash)
    }

    fn is_the_declaration(&self) -> bool {
        let commit = sha256::hex(&commitment::commit(&self.salt, &self.declaration));
        let is_of_one = self.entry("type") == Some(Kind::Declaration.as_str())
            && self.file.entry.get("v").and_then(Value::as_u64) == Some(VERSION.into());
        is_of_one && self.salt.len() == commitment::SALT && self.entry("commit") == Some(&commit)
    }

    /// The evidence has its own form, and is the one text for what it says.
    fn is_in_form(&self) -> bool {
        let one = commitment::canonical_json(&self.told);
        self.told("/format") == Some(Evidence::FORMAT) && one.is_ok_and(|one| one == self.evidence)
    }

    fn evidence(&self) -> Outcome {
        let bound = match self.file.entry.get("evidence") {
            None => None,
            Some(bound) => {
                let commit = sha256::hex(&commitment::commit_evidence(&self.salt, &self.evidence));
                Some(bound.as_str() == Some(&commit))
            }
        };
        let tells_of_this = self.is_in_form()
            && self.told("/log_entry/id") == self.entry("id")
            && self.told("/log_entry/commitment") == self.entry("commit")
            && self.entry("id").is_some()
            && self.is_same_time(bound.is_some());
        match bound {
            None if tells_of_this => Outcome::Open,
            bound => Outcome::of(tells_of_this && bound == Some(true)),
        }
    }

    /// The database keeps microseconds.
    fn is_same_time(&self, exactly: bool) -> bool {
        let given = self.file.signed_at;
        self.signed_at().is_some_and(|at| {
            if exactly {
                at.timestamp_micros() == given.timestamp_micros()
            } else {
                (at - given).abs() < SAME_ACT
            }
        })
    }

    /// What the log proves.
    fn log(&self, against: Against<'_>, facts: &mut Facts) -> Vec<(Part, Outcome)> {
        let file = &self.file;
        let (proof, checkpoint) = match (&file.proof, &file.checkpoint) {
            (Some(proof), Some(checkpoint)) => (text(proof), text(checkpoint)),
            (None, None) => return vec![(Part::Inclusion, Outcome::Open)],
            _ => (None, None),
        };
        let (Some(proof), Some(note)) = (proof, checkpoint) else {
            return vec![(Part::Inclusion, Outcome::Refuted)];
        };
        let Ok(head) = Checkpoint::parse(&note) else {
            return vec![(Part::Signature, Outcome::Refuted)];
        };
        facts.origin = Some(head.origin.clone());
        facts.size = Some(head.size);
        let included = self.included(&proof).is_some_and(|(index, rest)| {
            facts.index = Some(index);
            rest == note
        });
        let mut parts = vec![(Part::Inclusion, Outcome::of(included))];
        parts.extend(signature(&note, against, file.vkey.as_deref(), facts));
        if let (Some(newer), Some(key)) = (against.newer, &facts.vkey) {
            parts.push((Part::Newer, newer_outcome(newer, &head, key)));
        }
        if let (Some(stamp), Some(key)) = (&file.timestamp, facts.vkey.clone()) {
            parts.push((
                Part::Timestamp,
                self.timestamp(stamp, &key, against.stamps, facts),
            ));
        }
        parts
    }

    /// Place and note of a proof that the entry is in the tree of its note.
    fn included<'p>(&self, proof: &'p str) -> Option<(u64, &'p str)> {
        let (index, hashes, note) = parse_proof(proof, INCLUSION, "index ")?;
        let head = Checkpoint::parse(note).ok()?;
        let leaf = commitment::canonical_json(&self.file.entry).ok()?;
        let leaf = merkle::leaf_hash(&leaf);
        let root = merkle::root_by_inclusion(index, head.size, leaf, &hashes)?;
        (root == head.root).then_some((index, note))
    }

    /// Whether the token is over a head of the same log that has the entry, and by whom: without issuers to be
    /// believed its clock may be anybody's.
    fn timestamp(
        &self,
        stamp: &TimestampFile,
        vkey: &str,
        trust: Option<&Trust>,
        facts: &mut Facts,
    ) -> Outcome {
        let told = || {
            let proof = text(&stamp.proof)?;
            let token = BASE64.decode(stamp.token.as_bytes()).ok()?;
            let (index, note) = self.included(&proof)?;
            let key = VerifyingKey::parse(vkey).ok()?;
            Checkpoint::open(note, &key).ok()?;
            let (token, at) = timestamp::read(&token, note.as_bytes()).ok()?;
            let believed =
                trust.map(|trust| evidence::check_stamp(trust, &token, note.as_bytes(), at));
            (facts.index == Some(index)).then_some((at, believed))
        };
        let Some((at, believed)) = told() else {
            return Outcome::Refuted;
        };
        facts.stamped_at = Some(at);
        match believed {
            Some(Ok(_)) => Outcome::Proved,
            Some(Err(Reason::TimestampUntrusted)) | None => Outcome::Open,
            Some(Err(_)) => Outcome::Refuted,
        }
    }
}

/// Whether the checkpoint is signed, and whether by a key that the reader brought.
fn signature(
    note: &str,
    against: Against<'_>,
    own: Option<&str>,
    facts: &mut Facts,
) -> Vec<(Part, Outcome)> {
    let Some(vkey) = against.key.or(own) else {
        return vec![(Part::Signature, Outcome::Open)];
    };
    facts.vkey = Some(vkey.trim().to_owned());
    let key = VerifyingKey::parse(vkey);
    let signed = key.is_ok_and(|key| Checkpoint::open(note, &key).is_ok());
    let known = match against.key {
        // a receipt that names another key is not whole, although its word counts for nothing
        Some(key) => Outcome::of(signed && own.is_none_or(|own| own.trim() == key.trim())),
        None => Outcome::Open,
    };
    vec![(Part::Signature, Outcome::of(signed)), (Part::Key, known)]
}

/// A tree that was seen later: the same one at the same size, or one that provably goes on with it.
fn newer_outcome(newer: &str, head: &Checkpoint, vkey: &str) -> Outcome {
    let (proof, note) = match parse_proof(newer, CONSISTENCY, "old ") {
        Some((old, hashes, note)) => (Some((old, hashes)), note),
        None => (None, newer),
    };
    let opened = VerifyingKey::parse(vkey).and_then(|key| Checkpoint::open(note, &key));
    let Ok(newer) = opened else {
        return Outcome::Refuted;
    };
    if newer.size == head.size {
        return Outcome::of(newer.root == head.root);
    }
    if newer.size < head.size {
        // older, not newer: nothing is told by it
        return Outcome::Open;
    }
    match proof {
        Some((old, hashes)) if old == head.size => Outcome::of(merkle::is_consistent(
            (head.size, &head.root),
            (newer.size, &newer.root),
            &hashes,
        )),
        _ => Outcome::Open,
    }
}

/// First line, a line with a number, hashes, an empty line, and what follows.
fn parse_proof<'a>(text: &'a str, first: &str, word: &str) -> Option<(u64, Vec<Hash>, &'a str)> {
    let (head, rest) = text.split_once("\n\n")?;
    let mut lines = head.split('\n');
    if lines.next() != Some(first) {
        return None;
    }
    let mut line = lines.next()?;
    if line.starts_with("extra ") {
        line = lines.next()?;
    }
    let digits = line.strip_prefix(word)?;
    let number: u64 = digits.parse().ok()?;
    let hashes: Option<Vec<Hash>> = lines
        .map(|line| Hash::try_from(BASE64.decode(line.as_bytes()).ok()?).ok())
        .collect();
    let hashes = hashes.filter(|hashes| hashes.len() <= MOST_HASHES)?;
    (number.to_string() == digits).then_some((number, hashes, rest))
}
