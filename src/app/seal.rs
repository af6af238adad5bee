//! Seals on the signed documents that people take along, by the certificate of whoever runs this (decision 19).
//!
//! Made anew for each copy: nothing of a seal is kept, and what is signed, hashed and in the receipt is the
//! document before it. One that cannot be made hinders nobody: the copy goes without.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::seal_key::{SealKey, SealKeyError};
use crate::crypto::sha256;
use crate::evidence::{Draft, SealCertificate, Unsealable, read_sealed};

/// A key and its certificate.
#[derive(Debug)]
pub struct Sealer {
    key: SealKey,
    certificate: SealCertificate,
}

/// Why there is no seal.
#[derive(Debug, Error)]
pub enum SealError {
    /// Key and certificate are not of each other.
    #[error("the key is not that of the certificate")]
    Pair,
    /// The certificate is not in force.
    #[error("the certificate is in force from {0} to {1}")]
    NotInForce(DateTime<Utc>, DateTime<Utc>),
    /// The key does not sign.
    #[error(transparent)]
    Key(#[from] SealKeyError),
    /// The document cannot be sealed.
    #[error(transparent)]
    Document(#[from] Unsealable),
}

impl Sealer {
    /// Puts key and certificate together. One that is not in force yet, or no more, is taken: it seals nothing.
    ///
    /// # Errors
    /// [`SealError::Pair`].
    pub fn new(key: SealKey, certificate: SealCertificate) -> Result<Self, SealError> {
        if certificate.is_of(key.public_bits()) {
            Ok(Self { key, certificate })
        } else {
            Err(SealError::Pair)
        }
    }

    /// The certificate.
    pub const fn certificate(&self) -> &SealCertificate {
        &self.certificate
    }

    /// Whether it may seal at that time.
    ///
    /// # Errors
    /// [`SealError::NotInForce`].
    pub fn check_in_force(&self, at: DateTime<Utc>) -> Result<(), SealError> {
        let own = &self.certificate;
        if own.is_in_force(at) {
            Ok(())
        } else {
            Err(SealError::NotInForce(own.not_before, own.not_after))
        }
    }

    /// The document with a seal after it.
    ///
    /// # Errors
    /// All but `Pair`.
    pub fn seal(&self, document: &[u8], at: DateTime<Utc>) -> Result<Vec<u8>, SealError> {
        self.check_in_force(at)?;
        let draft = Draft::new(document, &self.certificate, self.key.scheme(), at)?;
        let signature = self.key.sign(draft.to_sign())?;
        let seal = draft.finish(&signature)?;
        Ok([document, &seal].concat())
    }
}

/// A copy to take along: sealed, if there is a certificate.
///
/// # Errors
/// `Unavailable` if too many are being made.
pub(in crate::app) async fn copy(ctx: &Ctx, document: Vec<u8>) -> AppResult<Vec<u8>> {
    let Some(sealer) = ctx.sealer.clone() else {
        return Ok(document);
    };
    let now = ctx.clock.now();
    ctx.on_a_core(move || {
        Ok(sealer.seal(&document, now).unwrap_or_else(|error| {
            metrics::counter!("joinder_seals_failed_total").increment(1);
            tracing::error!(%error, "a document goes out without its seal");
            document
        }))
    })
    .await
}

/// What is thought of a PDF that may have a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Whole, and the seal is by the certificate that was asked about.
    Ours,
    /// Whole; whose the seal is must be told by its certificate.
    Whole,
    /// Changed after it was sealed.
    Broken,
    /// No seal.
    Unsealed,
}

impl Verdict {
    /// The word of its texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Whole => "whole",
            Self::Broken => "broken",
            Self::Unsealed => "unsealed",
        }
    }
}

/// What a PDF is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// All in one.
    pub verdict: Verdict,
    /// SHA-256 of the document before the seal, hex: what the evidence names. Of a file without a seal its own,
    /// of a broken one none.
    pub document_sha256: Option<String>,
    /// Whose certificates, and who issued them: names as they say of themselves.
    pub holders: Vec<(String, String)>,
}

/// Whether a file is a PDF: the rest may be a receipt.
pub fn is_pdf(file: &[u8]) -> bool {
    file.starts_with(b"%PDF-")
}

/// Looks at a PDF, and whether it has the seal of this house. Keeps nothing.
///
/// # Errors
/// `Unavailable` if too many are looked at.
pub async fn check_here(ctx: &Ctx, file: Vec<u8>) -> AppResult<Report> {
    let (sealer, now): (Option<Arc<Sealer>>, _) = (ctx.sealer.clone(), ctx.clock.now());
    let own = move || sealer.as_ref().map(|it| it.certificate.clone());
    ctx.on_a_core(move || Ok::<_, AppError>(check(&file, own().as_ref(), now)))
        .await
}

/// Looks at a PDF: is it a document with a seal, whole, and by this certificate? Any bytes get a report.
pub fn check(file: &[u8], known: Option<&SealCertificate>, now: DateTime<Utc>) -> Report {
    let digest = |bytes: &[u8]| Some(sha256::hex(&sha256::digest(bytes)));
    let Some(copy) = read_sealed(file, now) else {
        let word = b"/ByteRange";
        let is_signed = file.windows(word.len()).any(|window| window == word);
        return Report {
            verdict: if is_signed {
                Verdict::Broken
            } else {
                Verdict::Unsealed
            },
            document_sha256: if is_signed { None } else { digest(file) },
            holders: Vec::new(),
        };
    };
    let is_known = |it: &&SealCertificate| {
        let mut seals = copy.seals.iter();
        seals.any(|seal| seal.certificate_sha256 == it.sha256)
    };
    let verdict = match known.filter(is_known) {
        _ if !copy.is_whole => Verdict::Broken,
        Some(_) => Verdict::Ours,
        None => Verdict::Whole,
    };
    let holders = copy.seals.into_iter().map(|seal| (seal.name, seal.issuer));
    Report {
        verdict,
        document_sha256: file
            .get(..copy.document)
            .filter(|_| copy.is_whole)
            .and_then(digest),
        holders: holders.collect(),
    }
}
