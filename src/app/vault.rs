//! Opens and seals the documents of one claimant.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::sealing::{Aad, DataKey, FORMAT, Sealed, WrappedKey};
use crate::db::{Conn, Scope, key};
use crate::domain::ids::{AssociationId, ClaimantId};

/// The data key of one claimant, open.
pub struct Vault {
    claimant: ClaimantId,
    key: DataKey,
    key_version: i32,
}

impl Vault {
    /// A new data key, and its wrapped form for `claimant_keys`: (vault, association key version,
    /// wrapped).
    ///
    /// # Errors
    /// `Internal` if the association has no key.
    pub async fn create(
        ctx: &Ctx,
        association: AssociationId,
        claimant: ClaimantId,
    ) -> AppResult<(Self, i32, Vec<u8>)> {
        let (version, association_key) = ctx.keyring.association(&ctx.pools, association).await?;
        let key = DataKey::random();
        let wrapped = association_key.wrap(&key, association.uuid(), claimant.uuid())?;
        let vault = Self {
            claimant,
            key,
            key_version: 1,
        };
        Ok((vault, version, wrapped.into_bytes()))
    }

    /// Opens the data key of a claimant.
    ///
    /// # Errors
    /// `NotFound` if the claimant is erased or out of scope.
    pub async fn open(
        ctx: &Ctx,
        conn: &mut Conn,
        scope: Scope,
        claimant: ClaimantId,
    ) -> AppResult<Self> {
        let row = key::find_claimant(conn, scope, claimant)
            .await?
            .ok_or(AppError::NotFound)?;
        Self::from_row(ctx, row).await
    }

    /// Opens a data key already read, for lists.
    ///
    /// # Errors
    /// `Internal` if it does not open.
    pub async fn from_row(ctx: &Ctx, row: key::ClaimantKeyRow) -> AppResult<Self> {
        let association = AssociationId::new(row.association_id);
        let association_key = ctx
            .keyring
            .association_by_version(&ctx.pools, association, row.association_key_version)
            .await?;
        let wrapped = WrappedKey::from_stored(row.wrapped);
        let key = association_key.unwrap(&wrapped, row.association_id, row.claimant_id)?;
        Ok(Self {
            claimant: ClaimantId::new(row.claimant_id),
            key,
            key_version: row.key_version,
        })
    }

    /// Seals a document for a place.
    ///
    /// # Errors
    /// `Internal`: never in practice.
    pub fn seal<T: Serialize>(
        &self,
        table: &'static str,
        column: &'static str,
        value: &T,
    ) -> AppResult<Vec<u8>> {
        Ok(self
            .key
            .seal_json(&self.aad(table, column), value)?
            .into_bytes())
    }

    /// Opens a document from its place.
    ///
    /// # Errors
    /// `Internal` if it was changed or moved.
    pub fn unseal<T: DeserializeOwned>(
        &self,
        table: &'static str,
        column: &'static str,
        sealed: Vec<u8>,
    ) -> AppResult<T> {
        Ok(self
            .key
            .open_json(&self.aad(table, column), &Sealed::from_stored(sealed))?)
    }

    /// Seals bytes for a place: a file, or JSON whose exact bytes count.
    ///
    /// # Errors
    /// `Internal`: never in practice.
    pub fn seal_bytes(
        &self,
        table: &'static str,
        column: &'static str,
        bytes: &[u8],
    ) -> AppResult<Vec<u8>> {
        Ok(self.key.seal(&self.aad(table, column), bytes)?.into_bytes())
    }

    /// Opens bytes from their place.
    ///
    /// # Errors
    /// `Internal` if they were changed or moved.
    pub fn unseal_bytes(
        &self,
        table: &'static str,
        column: &'static str,
        sealed: Vec<u8>,
    ) -> AppResult<Vec<u8>> {
        Ok(self
            .key
            .open(&self.aad(table, column), &Sealed::from_stored(sealed))?)
    }

    /// Seals one chunk of a file; `place` names file, chunk and whether it is the last.
    ///
    /// # Errors
    /// `Internal` if the place contains `|`.
    pub(in crate::app) fn seal_chunk(&self, place: &str, chunk: &[u8]) -> AppResult<Vec<u8>> {
        Ok(self.key.seal(&self.chunk_aad(place), chunk)?.into_bytes())
    }

    /// Opens one chunk of a file.
    ///
    /// # Errors
    /// `Internal` if it was changed, moved, or is of another file.
    pub(in crate::app) fn unseal_chunk(&self, place: &str, sealed: Vec<u8>) -> AppResult<Vec<u8>> {
        let sealed = Sealed::from_stored(sealed);
        Ok(self.key.open(&self.chunk_aad(place), &sealed)?)
    }

    fn chunk_aad<'a>(&self, place: &'a str) -> Aad<'a> {
        Aad {
            version: FORMAT,
            table: "files",
            column: place,
            claimant: self.claimant.uuid(),
            key_version: self.key_version,
        }
    }

    /// Whose key this is.
    pub(in crate::app) fn claimant(&self) -> ClaimantId {
        self.claimant
    }

    fn aad(&self, table: &'static str, column: &'static str) -> Aad<'static> {
        Aad {
            version: FORMAT,
            table,
            column,
            claimant: self.claimant.uuid(),
            key_version: self.key_version,
        }
    }
}
