//! The platform's own secrets: 32 bytes per purpose, sealed by the root key in `signing_keys`.

use std::fmt;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::sealing::{Aad, FORMAT, RootKey, Sealed};
use super::{CryptoError, token};

/// 32 random bytes; zeroized when dropped, redacted in `Debug`.
#[derive(Clone)]
pub struct Secret(Zeroizing<[u8; 32]>);

/// What a platform secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretPurpose {
    /// Blind indexes of `lookups`.
    Lookup,
    /// Tokens and codes in mails.
    Mail,
    /// Hashes of addresses for mail caps and suppression, over all cases.
    Cap,
    /// CSRF tokens and signed cookies.
    Session,
    /// Seed of the Ed25519 key that signs staff JWTs.
    Jwt,
    /// Pepper of the staff's passwords.
    Pepper,
    /// Keys that sign the evidence logs.
    Log,
}

/// All platform secrets, open.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// See [`SecretPurpose::Lookup`].
    pub lookup: Secret,
    /// See [`SecretPurpose::Mail`].
    pub mail: Secret,
    /// See [`SecretPurpose::Cap`].
    pub cap: Secret,
    /// See [`SecretPurpose::Session`].
    pub session: Secret,
    /// See [`SecretPurpose::Jwt`].
    pub jwt: Secret,
    /// See [`SecretPurpose::Pepper`].
    pub pepper: Secret,
    /// See [`SecretPurpose::Log`].
    pub log: Secret,
}

impl Secrets {
    /// New secrets for a new installation.
    pub fn generate() -> Self {
        Self {
            lookup: token::random_secret(),
            mail: token::random_secret(),
            cap: token::random_secret(),
            session: token::random_secret(),
            jwt: token::random_secret(),
            pepper: token::random_secret(),
            log: token::random_secret(),
        }
    }

    /// Puts opened secrets together; of two with one purpose the first counts (rows come newest
    /// first).
    ///
    /// # Errors
    /// [`CryptoError::SecretMissing`] names the first purpose without a secret.
    pub fn assemble(opened: &[(SecretPurpose, Secret)]) -> Result<Self, CryptoError> {
        let of = |wanted: SecretPurpose| {
            let found = opened.iter().find(|(purpose, _)| *purpose == wanted);
            found
                .map(|(_, secret)| secret.clone())
                .ok_or(CryptoError::SecretMissing(wanted))
        };
        Ok(Self {
            lookup: of(SecretPurpose::Lookup)?,
            mail: of(SecretPurpose::Mail)?,
            cap: of(SecretPurpose::Cap)?,
            session: of(SecretPurpose::Session)?,
            jwt: of(SecretPurpose::Jwt)?,
            pepper: of(SecretPurpose::Pepper)?,
            log: of(SecretPurpose::Log)?,
        })
    }

    /// The secret of a purpose.
    pub fn of(&self, purpose: SecretPurpose) -> &Secret {
        match purpose {
            SecretPurpose::Lookup => &self.lookup,
            SecretPurpose::Mail => &self.mail,
            SecretPurpose::Cap => &self.cap,
            SecretPurpose::Session => &self.session,
            SecretPurpose::Jwt => &self.jwt,
            SecretPurpose::Pepper => &self.pepper,
            SecretPurpose::Log => &self.log,
        }
    }
}

impl SecretPurpose {
    /// Every purpose, once.
    pub const ALL: [Self; 7] = [
        Self::Lookup,
        Self::Mail,
        Self::Cap,
        Self::Session,
        Self::Jwt,
        Self::Pepper,
        Self::Log,
    ];

    /// The word stored in `signing_keys`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lookup => "lookup",
            Self::Mail => "mail",
            Self::Cap => "cap",
            Self::Session => "session",
            Self::Jwt => "jwt",
            Self::Pepper => "pepper",
            Self::Log => "log",
        }
    }

    /// Reads the word stored in `signing_keys`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == word)
    }

    /// Seals the secret of this purpose.
    ///
    /// # Errors
    /// [`CryptoError::Seal`]: never in practice.
    pub fn seal(self, secret: &Secret, root: &RootKey) -> Result<Sealed, CryptoError> {
        root.seal(&self.place(), secret.as_bytes())
    }

    /// Opens the secret of this purpose.
    ///
    /// # Errors
    /// [`CryptoError::Open`] on another root key, another purpose or changed bytes.
    pub fn open(self, sealed: &Sealed, root: &RootKey) -> Result<Secret, CryptoError> {
        let bytes = Zeroizing::new(root.open(&self.place(), sealed)?);
        let bytes = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| CryptoError::Open)?;
        Ok(Secret::from_bytes(bytes))
    }

    /// No claimant and no key version: the row names the root key, and only that one opens it.
    fn place(self) -> Aad<'static> {
        Aad {
            version: FORMAT,
            table: "signing_keys",
            column: self.as_str(),
            claimant: Uuid::nil(),
            key_version: 0,
        }
    }
}

impl Secret {
    /// Takes 32 bytes that are already random.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_opens_again_under_its_own_purpose_only() {
        let root = RootKey::random();
        let secrets = Secrets::generate();
        for purpose in SecretPurpose::ALL {
            let sealed = purpose.seal(secrets.of(purpose), &root).unwrap();
            for other in SecretPurpose::ALL {
                let opened = other.open(&sealed, &root);
                match opened {
                    Ok(secret) => {
                        assert_eq!(other, purpose);
                        assert_eq!(secret.as_bytes(), secrets.of(purpose).as_bytes());
                    }
                    Err(error) => {
                        assert_ne!(other, purpose);
                        assert_eq!(error, CryptoError::Open);
                    }
                }
            }
            assert!(purpose.open(&sealed, &RootKey::random()).is_err());
        }
    }

    #[test]
    fn all_secrets_of_a_new_installation_differ() {
        let secrets = Secrets::generate();
        let mut seen: Vec<[u8; 32]> = SecretPurpose::ALL
            .map(|purpose| *secrets.of(purpose).as_bytes())
            .to_vec();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 7);
    }

    #[test]
    fn assembling_takes_the_newest_and_names_the_missing_one() {
        let secrets = Secrets::generate();
        let mut opened: Vec<_> = SecretPurpose::ALL
            .map(|purpose| (purpose, secrets.of(purpose).clone()))
            .to_vec();
        opened.push((SecretPurpose::Mail, token::random_secret()));
        let assembled = Secrets::assemble(&opened).unwrap();
        for purpose in SecretPurpose::ALL {
            assert_eq!(
                assembled.of(purpose).as_bytes(),
                secrets.of(purpose).as_bytes()
            );
        }
        opened.retain(|(purpose, _)| *purpose != SecretPurpose::Pepper);
        let error = Secrets::assemble(&opened).unwrap_err();
        assert_eq!(error, CryptoError::SecretMissing(SecretPurpose::Pepper));
        assert_eq!(error.to_string(), "the platform secret `pepper` is missing");
    }

    #[test]
    fn words_parse_back() {
        for purpose in SecretPurpose::ALL {
            assert_eq!(SecretPurpose::parse(purpose.as_str()), Some(purpose));
        }
        assert_eq!(SecretPurpose::parse("other"), None);
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", Secrets::generate());
        assert_eq!(shown.matches("Secret(redacted)").count(), 7);
    }
}
