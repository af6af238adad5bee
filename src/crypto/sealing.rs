//! Sealing: AES-256-GCM under a tree of keys, each level a type of its own.
//!
//! A sealed value is `nonce (12 bytes) || ciphertext || tag (16 bytes)`, the nonce random. What it
//! belongs to is bound in as additional data, so that a ciphertext moved to another row, column or
//! key version does not open.

use std::fmt;
use std::marker::PhantomData;

use aws_lc_rs::aead::{self, AES_256_GCM, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{CryptoError, mac::MacKey, token};

/// Version of the sealed format, for [`Aad::version`].
pub const FORMAT: u8 = 1;

/// Level of a root key.
#[derive(Debug)]
pub enum Root {}
/// Level of an association's key.
#[derive(Debug)]
pub enum Association {}
/// Level of a claimant's data key.
#[derive(Debug)]
pub enum Claimant {}

/// A key of the key file.
pub type RootKey = Key<Root>;
/// The key of one association.
pub type AssociationKey = Key<Association>;
/// The key of one claimant.
pub type DataKey = Key<Claimant>;

/// 32 bytes for AES-256-GCM; zeroized when dropped. Keys of different levels do not mix:
///
/// ```compile_fail
/// use joinder::crypto::sealing::{DataKey, RootKey};
/// use uuid::Uuid;
/// let (root, data) = (RootKey::random(), DataKey::random());
/// let wrapped = root.wrap(&data, Uuid::nil(), 1); // only an association's key wraps a data key
/// ```
pub struct Key<Level> {
    bytes: Zeroizing<[u8; 32]>,
    level: PhantomData<Level>,
}

/// Where a sealed value rests; bound into it as additional data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aad<'a> {
    /// Version of the format: [`FORMAT`].
    pub version: u8,
    /// Table, without `|`.
    pub table: &'a str,
    /// Column, without `|`.
    pub column: &'a str,
    /// The claimant, else the row the value belongs to.
    pub claimant: Uuid,
    /// Version of the sealing key.
    pub key_version: i32,
}

/// A sealed value as stored: `nonce || ciphertext || tag`.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

/// A wrapped key as stored: `nonce || ciphertext || tag`, 60 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey(Vec<u8>);

impl<Level> Key<Level> {
    /// A new key.
    pub fn random() -> Self {
        Self::from_bytes(token::random_bytes())
    }

    pub(super) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self {
            bytes: Zeroizing::new(bytes),
            level: PhantomData,
        }
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Seals `plaintext` for the place `aad`.
    ///
    /// # Errors
    /// [`CryptoError::Place`] when table or column contain `|`, [`CryptoError::Seal`] when the
    /// value is too long for AES-GCM (64 GiB).
    pub fn seal(&self, aad: &Aad<'_>, plaintext: &[u8]) -> Result<Sealed, CryptoError> {
        self.seal_bytes(&aad.encode()?, plaintext).map(Sealed)
    }

    /// Opens what [`Key::seal`] sealed for the same place.
    ///
    /// # Errors
    /// [`CryptoError::Open`] on another key, another place or changed bytes;
    /// [`CryptoError::Place`] as in [`Key::seal`].
    pub fn open(&self, aad: &Aad<'_>, sealed: &Sealed) -> Result<Vec<u8>, CryptoError> {
        self.open_bytes(&aad.encode()?, &sealed.0)
    }

    /// Seals a value as JSON.
    ///
    /// # Errors
    /// [`CryptoError::Shape`] when the value has no JSON form, else as [`Key::seal`].
    pub fn seal_json<T: Serialize>(&self, aad: &Aad<'_>, value: &T) -> Result<Sealed, CryptoError> {
        let json = Zeroizing::new(serde_json::to_vec(value).map_err(|error| shape(&error))?);
        self.seal(aad, &json)
    }

    /// Opens a value sealed as JSON.
    ///
    /// # Errors
    /// [`CryptoError::Shape`] when the JSON does not fit `T`, else as [`Key::open`].
    pub fn open_json<T: DeserializeOwned>(
        &self,
        aad: &Aad<'_>,
        sealed: &Sealed,
    ) -> Result<T, CryptoError> {
        let json = Zeroizing::new(self.open(aad, sealed)?);
        serde_json::from_slice(&json).map_err(|error| shape(&error))
    }

    fn seal_bytes(&self, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let nonce = token::random_bytes::<NONCE_LEN>();
        let mut out = Vec::with_capacity(NONCE_LEN + plaintext.len() + AES_256_GCM.tag_len());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plaintext);
        let body = out.get_mut(NONCE_LEN..).ok_or(CryptoError::Seal)?;
        let tag = self
            .cipher()?
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                aead::Aad::from(aad),
                body,
            )
            .map_err(|_| CryptoError::Seal)?;
        out.extend_from_slice(tag.as_ref());
        Ok(out)
    }

    fn open_bytes(&self, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let (nonce, rest) = sealed
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(CryptoError::Open)?;
        let mut body = rest.to_vec();
        let length = self
            .cipher()?
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                aead::Aad::from(aad),
                &mut body,
            )
            .map_err(|_| CryptoError::Open)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    fn unwrap_bytes<Below>(
        &self,
        aad: &[u8],
        wrapped: &WrappedKey,
    ) -> Result<Key<Below>, CryptoError> {
        let bytes = Zeroizing::new(self.open_bytes(aad, &wrapped.0)?);
        let bytes = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| CryptoError::Open)?;
        Ok(Key::from_bytes(bytes))
    }

    fn cipher(&self) -> Result<LessSafeKey, CryptoError> {
        let key = UnboundKey::new(&AES_256_GCM, self.bytes.as_slice());
        key.map(LessSafeKey::new).map_err(|_| CryptoError::Seal)
    }
}

impl RootKey {
    /// Wraps the key of an association; `version` is that of the association's key.
    ///
    /// # Errors
    /// [`CryptoError::Seal`]: never in practice.
    pub fn wrap(
        &self,
        key: &AssociationKey,
        association: Uuid,
        version: i32,
    ) -> Result<WrappedKey, CryptoError> {
        let aad = association_aad(association, version);
        self.seal_bytes(&aad, key.bytes()).map(WrappedKey)
    }

    /// Unwraps the key of an association.
    ///
    /// # Errors
    /// [`CryptoError::Open`] on another root key, association or version.
    pub fn unwrap(
        &self,
        wrapped: &WrappedKey,
        association: Uuid,
        version: i32,
    ) -> Result<AssociationKey, CryptoError> {
        self.unwrap_bytes(&association_aad(association, version), wrapped)
    }

    /// What the database keeps to notice a wrong key file: 16 bytes that tell nothing of the key.
    pub(super) fn check_value(&self, version: u32) -> [u8; 16] {
        let key = MacKey::derive(self.bytes(), "joinder root key check", &[]);
        key.mac16("check value", &[&version.to_be_bytes()])
    }
}

impl AssociationKey {
    /// Wraps the data key of a claimant of `association`.
    ///
    /// # Errors
    /// [`CryptoError::Seal`]: never in practice.
    pub fn wrap(
        &self,
        key: &DataKey,
        association: Uuid,
        claimant: Uuid,
    ) -> Result<WrappedKey, CryptoError> {
        let aad = claimant_aad(association, claimant);
        self.seal_bytes(&aad, key.bytes()).map(WrappedKey)
    }

    /// Unwraps the data key of a claimant of `association`.
    ///
    /// # Errors
    /// [`CryptoError::Open`] on another association key, association or claimant.
    pub fn unwrap(
        &self,
        wrapped: &WrappedKey,
        association: Uuid,
        claimant: Uuid,
    ) -> Result<DataKey, CryptoError> {
        self.unwrap_bytes(&claimant_aad(association, claimant), wrapped)
    }
}

impl Aad<'_> {
    /// `version|table|column|claimant|key version`; unambiguous because no part contains `|`.
    fn encode(&self) -> Result<Vec<u8>, CryptoError> {
        let Self {
            version,
            table,
            column,
            claimant,
            key_version,
        } = self;
        if table.contains('|') || column.contains('|') {
            return Err(CryptoError::Place);
        }
        Ok(format!("{version}|{table}|{column}|{claimant}|{key_version}").into_bytes())
    }
}

impl Sealed {
    /// Takes the bytes of a column that holds sealed values.
    pub fn from_stored(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes to store, given away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl WrappedKey {
    /// Takes the bytes of a column that holds wrapped keys.
    pub fn from_stored(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes to store, given away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl<Level> Clone for Key<Level> {
    fn clone(&self) -> Self {
        Self {
            bytes: self.bytes.clone(),
            level: PhantomData,
        }
    }
}

impl<Level> fmt::Debug for Key<Level> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(redacted)")
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sealed({} bytes)", self.0.len())
    }
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "WrappedKey({} bytes)", self.0.len())
    }
}

/// Four parts, so that a wrapped key is never a sealed value, which has five.
fn association_aad(association: Uuid, version: i32) -> Vec<u8> {
    format!("wrap|association|{association}|{version}").into_bytes()
}

fn claimant_aad(association: Uuid, claimant: Uuid) -> Vec<u8> {
    format!("wrap|claimant|{association}|{claimant}").into_bytes()
}

/// Only the place of the error: the text of `serde_json` quotes the value.
fn shape(error: &serde_json::Error) -> CryptoError {
    CryptoError::Shape {
        line: error.line(),
        column: error.column(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIMANT: Uuid = Uuid::from_u128(7);
    const ASSOCIATION: Uuid = Uuid::from_u128(9);

    fn place() -> Aad<'static> {
        Aad {
            version: FORMAT,
            table: "identities",
            column: "sealed",
            claimant: CLAIMANT,
            key_version: 1,
        }
    }

    #[test]
    fn a_sealed_value_opens_again_and_has_the_stated_length() {
        let key = DataKey::random();
        for plaintext in [&b""[..], b"x", &[7; 1000]] {
            let sealed = key.seal(&place(), plaintext).unwrap();
            assert_eq!(sealed.as_bytes().len(), 12 + plaintext.len() + 16);
            assert_eq!(key.open(&place(), &sealed).unwrap(), plaintext);
            let stored = Sealed::from_stored(sealed.clone().into_bytes());
            assert_eq!(stored, sealed);
        }
    }

    #[test]
    fn two_seals_of_one_value_differ() {
        let key = DataKey::random();
        assert_ne!(
            key.seal(&place(), b"x").unwrap(),
            key.seal(&place(), b"x").unwrap()
        );
    }

    #[test]
    fn another_place_is_refused() {
        let key = DataKey::random();
        let sealed = key.seal(&place(), b"secret").unwrap();
        let others = [
            Aad {
                version: 2,
                ..place()
            },
            Aad {
                table: "contacts",
                ..place()
            },
            Aad {
                column: "sealed2",
                ..place()
            },
            Aad {
                claimant: Uuid::from_u128(8),
                ..place()
            },
            Aad {
                key_version: 2,
                ..place()
            },
        ];
        for other in others {
            assert_eq!(
                key.open(&other, &sealed),
                Err(CryptoError::Open),
                "{other:?}"
            );
        }
    }

    #[test]
    fn another_key_is_refused() {
        let sealed = DataKey::random().seal(&place(), b"secret").unwrap();
        assert_eq!(
            DataKey::random().open(&place(), &sealed),
            Err(CryptoError::Open)
        );
    }

    #[test]
    fn each_changed_or_missing_byte_is_refused() {
        let key = DataKey::random();
        let sealed = key.seal(&place(), b"secret").unwrap().into_bytes();
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            let changed = Sealed::from_stored(changed);
            assert_eq!(key.open(&place(), &changed), Err(CryptoError::Open));
            let cut = Sealed::from_stored(sealed[..position].to_vec());
            assert_eq!(key.open(&place(), &cut), Err(CryptoError::Open));
        }
    }

    #[test]
    fn a_name_that_makes_the_place_ambiguous_is_refused() {
        let key = DataKey::random();
        let table = Aad {
            table: "a|b",
            ..place()
        };
        let column = Aad {
            column: "a|b",
            ..place()
        };
        assert_eq!(key.seal(&table, b"x"), Err(CryptoError::Place));
        assert_eq!(key.seal(&column, b"x"), Err(CryptoError::Place));
    }

    #[test]
    fn the_additional_data_are_those_of_design_4() {
        assert_eq!(
            place().encode().unwrap(),
            b"1|identities|sealed|00000000-0000-0000-0000-000000000007|1"
        );
    }

    #[test]
    fn an_association_key_unwraps_only_as_itself() {
        let root = RootKey::random();
        let key = AssociationKey::random();
        let wrapped = root.wrap(&key, ASSOCIATION, 1).unwrap();
        assert_eq!(wrapped.as_bytes().len(), 60);
        let opened = root.unwrap(&wrapped, ASSOCIATION, 1).unwrap();
        assert_eq!(opened.bytes(), key.bytes());
        assert!(root.unwrap(&wrapped, CLAIMANT, 1).is_err());
        assert!(root.unwrap(&wrapped, ASSOCIATION, 2).is_err());
        assert!(RootKey::random().unwrap(&wrapped, ASSOCIATION, 1).is_err());
    }

    #[test]
    fn a_data_key_unwraps_only_for_its_association_and_claimant() {
        let association = AssociationKey::random();
        let key = DataKey::random();
        let wrapped = association.wrap(&key, ASSOCIATION, CLAIMANT).unwrap();
        let opened = association.unwrap(&wrapped, ASSOCIATION, CLAIMANT).unwrap();
        assert_eq!(opened.bytes(), key.bytes());
        assert!(association.unwrap(&wrapped, CLAIMANT, CLAIMANT).is_err());
        assert!(
            association
                .unwrap(&wrapped, ASSOCIATION, ASSOCIATION)
                .is_err()
        );
        let other = AssociationKey::random();
        assert!(other.unwrap(&wrapped, ASSOCIATION, CLAIMANT).is_err());
    }

    #[test]
    fn json_goes_in_and_out_and_errors_do_not_quote_it() {
        let key = DataKey::random();
        let sealed = key.seal_json(&place(), &vec!["Rossi".to_owned()]).unwrap();
        assert_eq!(
            key.open_json::<Vec<String>>(&place(), &sealed).unwrap(),
            ["Rossi"]
        );
        let error = key.open_json::<Vec<u32>>(&place(), &sealed).unwrap_err();
        assert!(matches!(error, CryptoError::Shape { line: 1, .. }));
        assert!(!format!("{error} {error:?}").contains("Rossi"));
    }

    #[test]
    fn debug_shows_no_key() {
        let key = RootKey::from_bytes([0xab; 32]);
        assert_eq!(format!("{key:?}"), "Key(redacted)");
        let sealed = key.seal(&place(), b"x").unwrap();
        assert_eq!(format!("{sealed:?}"), "Sealed(29 bytes)");
    }
}
