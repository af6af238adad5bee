//! Every open key and secret of a running process.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};

use crate::app::error::{AppError, AppResult};
use crate::crypto::CryptoError;
use crate::crypto::blind_index::BlindIndex;
use crate::crypto::challenge::ChallengeKeys;
use crate::crypto::jwt::JwtKeys;
use crate::crypto::master_key::MasterKeys;
use crate::crypto::note::LogKey;
use crate::crypto::password::Passwords;
use crate::crypto::sealing::{AssociationKey, RootKey, Sealed, WrappedKey};
use crate::crypto::secrets::{Secret, SecretPurpose, Secrets};
use crate::crypto::token;
use crate::db::{Pools, Scope, key};
use crate::domain::ids::{AssociationId, CaseId};

/// An association's key and its version.
pub type VersionedKey = (i32, Arc<AssociationKey>);

/// The keys of a process, opened once at start.
pub struct Keyring {
    master: MasterKeys,
    /// Hashes for look-ups, uniqueness and caps.
    pub index: BlindIndex,
    /// Tokens and codes in mails.
    pub challenges: ChallengeKeys,
    /// Signs cookies and CSRF tokens.
    pub session: Secret,
    /// Signs staff JWTs.
    pub jwt: JwtKeys,
    /// Checks staff passwords.
    pub passwords: Passwords,
    /// Signs the evidence logs.
    log: Secret,
    associations: RwLock<HashMap<(AssociationId, i32), Arc<AssociationKey>>>,
    newest: RwLock<HashMap<AssociationId, VersionedKey>>,
}

impl Keyring {
    /// Opens the platform's secrets, making them where there are none yet.
    ///
    /// # Errors
    /// `Internal` if the master key file is not the one this database was made with.
    pub async fn open(pools: &Pools, master: MasterKeys, now: DateTime<Utc>) -> AppResult<Self> {
        check_master(pools, &master, now).await?;
        let secrets = platform_secrets(pools, &master, now).await?;
        let jwt = JwtKeys::from_seed(&secrets.jwt, "1").map_err(AppError::internal)?;
        Ok(Self {
            index: BlindIndex::new(&secrets.lookup, &secrets.cap),
            challenges: ChallengeKeys::new(&secrets.mail),
            passwords: Passwords::new(&secrets.pepper),
            session: secrets.session,
            log: secrets.log,
            jwt,
            master,
            associations: RwLock::default(),
            newest: RwLock::default(),
        })
    }

    /// What signs the evidence log of a case, under the log's name.
    ///
    /// # Errors
    /// `Internal` if the name is none.
    pub fn log_key(&self, case: CaseId, origin: &str) -> AppResult<LogKey> {
        LogKey::derive(&self.log, case.uuid(), origin).map_err(AppError::internal)
    }

    /// The newest root key and its version: seals what belongs to no association.
    pub fn root(&self) -> (u32, &RootKey) {
        self.master.current()
    }

    /// The root key of a version.
    ///
    /// # Errors
    /// `Internal` if the key file lacks it.
    pub fn root_by_version(&self, version: i32) -> AppResult<&RootKey> {
        root_of(&self.master, version)
    }

    /// The newest key of an association: wraps new data keys.
    ///
    /// # Errors
    /// `Internal` if the association has none, or none that opens.
    pub async fn association(
        &self,
        pools: &Pools,
        association: AssociationId,
    ) -> AppResult<VersionedKey> {
        if let Some(key) = self
            .newest
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&association)
        {
            return Ok(key.clone());
        }
        self.load(pools, association).await?;
        let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
        newest
            .get(&association)
            .cloned()
            .ok_or_else(|| AppError::internal(CryptoError::Open))
    }

    /// The key of an association in a version: opens old data keys.
    ///
    /// # Errors
    /// `Internal` if there is none, or none that opens.
    pub async fn association_by_version(
        &self,
        pools: &Pools,
        association: AssociationId,
        version: i32,
    ) -> AppResult<Arc<AssociationKey>> {
        let place = (association, version);
        if let Some(key) = self
            .associations
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&place)
        {
            return Ok(key.clone());
        }
        self.load(pools, association).await?;
        let keys = self
            .associations
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        keys.get(&place)
            .cloned()
            .ok_or_else(|| AppError::internal(CryptoError::Open))
    }

    /// A new key for an association, wrapped for storage: (root version, wrapped).
    ///
    /// # Errors
    /// `Internal`: never in practice.
    pub fn new_association_key(
        &self,
        association: AssociationId,
        version: i32,
    ) -> AppResult<(i32, WrappedKey)> {
        let (root_version, root) = self.master.current();
        let wrapped = root.wrap(&AssociationKey::random(), association.uuid(), version)?;
        Ok((
            i32::try_from(root_version).map_err(AppError::internal)?,
            wrapped,
        ))
    }

    async fn load(&self, pools: &Pools, association: AssociationId) -> AppResult<()> {
        let scope = Scope::System("keys of an association");
        let mut tx = pools.begin(scope).await?;
        let rows = key::list_association(&mut tx, scope, association).await?;
        tx.commit().await?;
        for row in rows {
            let root = root_of(&self.master, row.root_version)?;
            let wrapped = WrappedKey::from_stored(row.wrapped);
            let key = Arc::new(root.unwrap(&wrapped, association.uuid(), row.version)?);
            let mut keys = self
                .associations
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            keys.insert((association, row.version), key.clone());
            drop(keys);
            let mut newest = self.newest.write().unwrap_or_else(PoisonError::into_inner);
            let entry = newest
                .entry(association)
                .or_insert_with(|| (row.version, key.clone()));
            if entry.0 < row.version {
                *entry = (row.version, key);
            }
        }
        Ok(())
    }
}

fn root_of(master: &MasterKeys, version: i32) -> AppResult<&RootKey> {
    u32::try_from(version)
        .ok()
        .and_then(|version| master.by_version(version))
        .ok_or_else(|| AppError::internal(format!("the master key file lacks version {version}")))
}

/// Compares the key-check values, and writes those of new versions.
async fn check_master(pools: &Pools, master: &MasterKeys, now: DateTime<Utc>) -> AppResult<()> {
    let scope = Scope::System("key check");
    let mut tx = pools.begin(scope).await?;
    for version in master.versions() {
        let Some(expected) = master.check_value(version) else {
            continue;
        };
        let number = i32::try_from(version).map_err(AppError::internal)?;
        let stored = key::root_check(&mut tx, scope, number, &expected, now).await?;
        if stored != expected {
            return Err(AppError::internal(format!(
                "the master key file does not belong to this database: version {version} differs"
            )));
        }
    }
    tx.commit().await?;
    Ok(())
}

async fn platform_secrets(
    pools: &Pools,
    master: &MasterKeys,
    now: DateTime<Utc>,
) -> AppResult<Secrets> {
    let scope = Scope::System("platform secrets");
    let mut tx = pools.begin(scope).await?;
    let fresh = Secrets::generate();
    let (root_version, root) = master.current();
    let root_version = i32::try_from(root_version).map_err(AppError::internal)?;
    let mut opened = Vec::new();
    for purpose in SecretPurpose::ALL {
        let row = key::SigningKeyRow {
            id: token::new_id(now),
            purpose: purpose.as_str().to_owned(),
            version: 1,
            root_version,
            sealed: purpose.seal(fresh.of(purpose), root)?.into_bytes(),
            created_at: now,
        };
        // the row of whoever came first wins
        let row = key::find_or_insert_signing_key(&mut tx, scope, &row).await?;
        let root = root_of(master, row.root_version)?;
        opened.push((
            purpose,
            purpose.open(&Sealed::from_stored(row.sealed), root)?,
        ));
    }
    tx.commit().await?;
    Ok(Secrets::assemble(&opened)?)
}
