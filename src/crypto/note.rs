//! Signed notes and checkpoints of a log (C2SP signed-note, tlog-checkpoint), Ed25519 only.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use data_encoding::{BASE64, HEXLOWER};
use thiserror::Error;
use uuid::Uuid;

use super::mac::MacKey;
use super::merkle::Hash;
use super::secrets::Secret;
use super::sha256;

/// The type byte of Ed25519.
const ALGORITHM: u8 = 1;

/// Signatures of a note that are looked at.
const MOST_SIGNATURES: usize = 16;

/// Why a note is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoteError {
    /// It does not have the form.
    #[error("this is no checkpoint")]
    Shape,
    /// Nobody signed it with this key.
    #[error("the checkpoint is not signed by this key")]
    NotSigned,
    /// The signature of this key is wrong.
    #[error("the signature of the checkpoint is wrong")]
    WrongSignature,
    /// The key does not have the form, or does not fit its own number.
    #[error("this is no verification key")]
    Key,
}

/// The head of a log at one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log: a URL without its scheme.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
}

impl Checkpoint {
    /// The signed text.
    fn text(&self) -> String {
        let root = BASE64.encode(&self.root);
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }

    /// Reads a checkpoint without looking at who signed it. Lines beside the three are refused: ours
    /// have none.
    ///
    /// # Errors
    /// `Shape`.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let (text, _) = parts(note)?;
        let mut lines = text.lines();
        let [Some(origin), Some(size), Some(root), None] =
            [lines.next(), lines.next(), lines.next(), lines.next()]
        else {
            return Err(NoteError::Shape);
        };
        let root = BASE64.decode(root.as_bytes());
        let root = root.ok().and_then(|root| Hash::try_from(root).ok());
        let parsed = Self {
            origin: origin.to_owned(),
            size: size.parse().map_err(|_| NoteError::Shape)?,
            root: root.ok_or(NoteError::Shape)?,
        };
        // one text for one head: no leading zeros or signs
        (parsed.text() == text && is_name(origin))
            .then_some(parsed)
            .ok_or(NoteError::Shape)
    }

    /// Reads a checkpoint that `key` signed. Signatures of others count for nothing.
    ///
    /// # Errors
    /// `Shape`, `NotSigned`, `WrongSignature`.
    pub fn open(note: &str, key: &VerifyingKey) -> Result<Self, NoteError> {
        let checkpoint = Self::parse(note)?;
        if checkpoint.origin != key.name {
            return Err(NoteError::NotSigned);
        }
        let (text, signatures) = parts(note)?;
        let mut found = Err(NoteError::NotSigned);
        for (name, bytes) in signatures {
            let Some((id, signature)) = bytes.split_first_chunk::<4>() else {
                return Err(NoteError::Shape);
            };
            if name != key.name || *id != key.id() {
                continue;
            }
            let public = UnparsedPublicKey::new(&ED25519, key.public);
            public
                .verify(text.as_bytes(), signature)
                .map_err(|_| NoteError::WrongSignature)?;
            found = Ok(());
        }
        found.map(|()| checkpoint)
    }
}

/// Who signed, and number and bytes of the signature.
type Signed<'a> = (&'a str, Vec<u8>);

/// Text with its last newline, and the signatures.
fn parts(note: &str) -> Result<(&str, Vec<Signed<'_>>), NoteError> {
    if note.chars().any(|char| char < ' ' && char != '\n') {
        return Err(NoteError::Shape);
    }
    let split = note.rfind("\n\n").ok_or(NoteError::Shape)?;
    let (text, rest) = note.split_at_checked(split + 1).ok_or(NoteError::Shape)?;
    let lines = rest
        .strip_prefix('\n')
        .and_then(|rest| rest.strip_suffix('\n'));
    let lines: Vec<&str> = lines.ok_or(NoteError::Shape)?.split('\n').collect();
    if lines.len() > MOST_SIGNATURES {
        return Err(NoteError::Shape);
    }
    let signatures: Option<Vec<_>> = lines.into_iter().map(signature_line).collect();
    Ok((text, signatures.ok_or(NoteError::Shape)?))
}

fn signature_line(line: &str) -> Option<Signed<'_>> {
    let (name, signature) = line.strip_prefix("— ")?.split_once(' ')?;
    let bytes = BASE64.decode(signature.as_bytes()).ok()?;
    (is_name(name) && bytes.len() > 4).then_some((name, bytes))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|char: char| char.is_whitespace() || char == '+')
}

/// What checks the signatures of a log; public. Written `name+number+key` (a "vkey").
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    name: String,
    public: [u8; 32],
}

impl VerifyingKey {
    /// Reads a vkey.
    ///
    /// # Errors
    /// `Key`.
    pub fn parse(vkey: &str) -> Result<Self, NoteError> {
        let mut fields = vkey.trim().splitn(3, '+');
        let [Some(name), Some(id), Some(key)] = [fields.next(), fields.next(), fields.next()]
        else {
            return Err(NoteError::Key);
        };
        let bytes = BASE64.decode(key.as_bytes()).map_err(|_| NoteError::Key)?;
        let public = match bytes.split_first() {
            Some((&ALGORITHM, public)) => public.try_into().map_err(|_| NoteError::Key)?,
            _ => return Err(NoteError::Key),
        };
        let parsed = Self {
            name: name.to_owned(),
            public,
        };
        let fits = is_name(name) && HEXLOWER.encode(&parsed.id()) == id;
        fits.then_some(parsed).ok_or(NoteError::Key)
    }

    /// The log it belongs to.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first bytes of the hash of name, type and key.
    fn id(&self) -> [u8; 4] {
        let mut bytes = format!("{}\n", self.name).into_bytes();
        bytes.push(ALGORITHM);
        bytes.extend(self.public);
        let mut id = [0; 4];
        for (to, from) in id.iter_mut().zip(sha256::digest(&bytes)) {
            *to = from;
        }
        id
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ALGORITHM];
        key.extend(self.public);
        let (id, key) = (HEXLOWER.encode(&self.id()), BASE64.encode(&key));
        write!(formatter, "{}+{id}+{key}", self.name)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerifyingKey({self})")
    }
}

/// What signs the checkpoints of one log.
pub struct LogKey {
    pair: Ed25519KeyPair,
    verifying: VerifyingKey,
}

impl LogKey {
    /// The key of the log of a case: derived, so that each log has its own.
    ///
    /// # Errors
    /// `Key` if the name is none.
    pub fn derive(secret: &Secret, case: Uuid, name: &str) -> Result<Self, NoteError> {
        let seed = MacKey::derive(secret.as_bytes(), "joinder log key", &[case.as_bytes()]);
        let seed = seed.mac("ed25519 seed", &[]);
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| NoteError::Key)?;
        let public = pair.public_key().as_ref();
        let verifying = VerifyingKey {
            name: name.to_owned(),
            public: public.try_into().map_err(|_| NoteError::Key)?,
        };
        is_name(name)
            .then_some(Self { pair, verifying })
            .ok_or(NoteError::Key)
    }

    /// The public half.
    pub fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// The signed head of a tree.
    pub fn sign(&self, size: u64, root: Hash) -> String {
        let name = &self.verifying.name;
        let text = Checkpoint {
            origin: name.clone(),
            size,
            root,
        }
        .text();
        let mut signature = self.verifying.id().to_vec();
        signature.extend(self.pair.sign(text.as_bytes()).as_ref());
        format!("{text}\n— {name} {}\n", BASE64.encode(&signature))
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LogKey({})", self.verifying)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::merkle::leaf_hash;

    fn key() -> LogKey {
        let secret = Secret::from_bytes([7; 32]);
        LogKey::derive(&secret, Uuid::from_u128(1), "example.org/log/caso").unwrap()
    }

    #[test]
    fn a_checkpoint_opens_with_its_key_and_no_other() {
        let (key, root) = (key(), leaf_hash(b"x"));
        let note = key.sign(3, root);
        let opened = Checkpoint::open(&note, key.verifying()).unwrap();
        assert_eq!((opened.size, opened.root), (3, root));
        let secret = Secret::from_bytes([7; 32]);
        let other = LogKey::derive(&secret, Uuid::from_u128(2), "example.org/log/caso").unwrap();
        let refused = Checkpoint::open(&note, other.verifying()).unwrap_err();
        assert_eq!(refused, NoteError::NotSigned);
        let elsewhere = LogKey::derive(&secret, Uuid::from_u128(1), "example.org/log/b").unwrap();
        let refused = Checkpoint::open(&note, elsewhere.verifying()).unwrap_err();
        assert_eq!(refused, NoteError::NotSigned);
    }

    #[test]
    fn a_signature_of_somebody_else_beside_ours_counts_for_nothing() {
        let key = key();
        let note = format!("{}— witness.example AAAAAAAAAAA=\n", key.sign(1, [1; 32]));
        assert!(Checkpoint::open(&note, key.verifying()).is_ok());
    }

    #[test]
    fn every_changed_byte_of_a_checkpoint_is_noticed() {
        let key = key();
        let note = key.sign(70_000, leaf_hash(b"x"));
        for place in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[place] ^= 1;
            let opened =
                String::from_utf8(bytes).map(|note| Checkpoint::open(&note, key.verifying()));
            assert!(!matches!(opened, Ok(Ok(_))), "byte {place}");
        }
    }

    #[test]
    fn a_vkey_reads_back_and_a_changed_one_does_not() {
        let vkey = key().verifying().to_string();
        assert_eq!(VerifyingKey::parse(&vkey).unwrap(), *key().verifying());
        assert!(vkey.starts_with("example.org/log/caso+"), "{vkey}");
        for place in 0..vkey.len() {
            let mut bytes = vkey.clone().into_bytes();
            bytes[place] ^= 1;
            let parsed = String::from_utf8(bytes).map(|vkey| VerifyingKey::parse(&vkey));
            assert!(!matches!(parsed, Ok(Ok(_))), "byte {place}");
        }
    }

    #[test]
    fn the_vkey_of_the_specification_opens_its_note() {
        // the note of C2SP tlog-checkpoint has no published key: that of golang.org/x/mod/sumdb/note
        let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let key = VerifyingKey::parse(vkey).unwrap();
        assert_eq!(key.to_string(), vkey);
        let text = "If you think cryptography is the answer to your problem,\n\
            then you don't know what your problem is.\n";
        let note = format!(
            "{text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
        );
        let (signed, signatures) = parts(&note).unwrap();
        assert_eq!(signed, text);
        let (id, signature) = signatures[0].1.split_first_chunk::<4>().unwrap();
        assert_eq!(*id, key.id());
        let public = UnparsedPublicKey::new(&ED25519, key.public);
        public.verify(signed.as_bytes(), signature).unwrap();
    }

    #[test]
    fn other_texts_are_no_checkpoints() {
        let signature = key().sign(1, [1; 32]);
        let line = signature.lines().last().unwrap();
        let root = BASE64.encode(&[1; 32]);
        for text in [
            String::new(),
            "\n\n".to_owned(),
            format!("a\n01\n{root}\n\n{line}\n"),
            format!("a\n+1\n{root}\n\n{line}\n"),
            format!("a\n1\n{root}\nmore\n\n{line}\n"),
            format!("a b\n1\n{root}\n\n{line}\n"),
            format!("a\r\n1\n{root}\n\n{line}\n"),
            format!("a\n1\n{root}\n\n{line}"),
            format!("a\n1\n{root}\n\n{}", format!("{line}\n").repeat(17)),
        ] {
            assert_eq!(Checkpoint::parse(&text), Err(NoteError::Shape), "{text}");
        }
    }
}
