//! Sends rendered mails: to an SMTP relay, to the servers of the recipient's domain, into a folder,
//! into memory. The only user of lettre.
//!
//! What is sent is a function of [`OutgoingMail`] alone, so that a mail tried twice is the same
//! mail byte for byte. Queues, retries and breakers are the worker's.

mod conversation;
mod dkim;
mod files;
mod message;
mod mx;
pub mod names;
pub mod report;
mod smtp;

#[cfg(test)]
mod tests;

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};

use crate::domain::mail::Mail;
use crate::domain::smtp_answer::Blame;

pub use dkim::Dkim;
pub use mx::{Mx, MxSettings, MxTls};
pub use smtp::{BadSmtpUrl, Smtp};

/// Where mails go.
#[derive(Clone)]
pub enum Mailer {
    /// To a relay.
    Smtp(Smtp),
    /// To the servers of each recipient's domain.
    Mx(Mx),
    /// Into a folder, one `.eml` each.
    Files(Files),
    /// Into memory, for tests.
    Memory(Memory),
}

/// A folder that takes mails as `.eml` files.
#[derive(Clone)]
pub struct Files {
    dir: PathBuf,
}

/// Mails kept in memory; clones share them.
#[derive(Clone, Default)]
pub struct Memory {
    mails: Arc<Mutex<Vec<SentMail>>>,
}

/// A mail as [`Memory`] keeps it.
#[derive(Clone)]
pub struct SentMail {
    /// The sender of the envelope.
    pub envelope_from: String,
    /// What was sent.
    pub message: OutgoingMail,
    /// As it would have gone over the wire.
    pub bytes: Vec<u8>,
}

/// A mail with everything that makes its bytes.
#[derive(Clone)]
pub struct OutgoingMail {
    /// Name and address of the `From` header.
    pub from: (String, String),
    /// What is said, and to whom.
    pub mail: Mail,
    /// `<left@right>`, derived from the outbox row.
    pub message_id: String,
    /// When the outbox row was made, not when it is sent.
    pub date: DateTime<Utc>,
    /// Who signs it, if we do; a relay may.
    pub dkim: Option<Dkim>,
}

/// The relay (or folder) took the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What it answered, without addresses; at most 200 characters.
    pub response: String,
}

/// Whether to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// This mail will never be taken: a 5xx answer about it or its recipient, or a mail that cannot be
    /// written.
    Permanent,
    /// It may be taken later: 4xx, no connection, no answer in time, a login refused.
    Temporary,
}

/// The mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mail not accepted: {detail}")]
pub struct SendError {
    /// Whether to try again.
    pub kind: Failure,
    /// The SMTP reply code, where the relay gave one.
    pub code: Option<u16>,
    /// Whose fault it is. `Server` is our relay or we ourselves, never one of the domain's.
    pub blame: Blame,
    /// Why, without addresses, fit for logs; at most 200 characters.
    pub detail: String,
}

impl SendError {
    fn permanent(detail: impl Into<String>) -> Self {
        Self {
            kind: Failure::Permanent,
            code: None,
            blame: Blame::Mail,
            detail: detail.into(),
        }
    }

    fn temporary(detail: impl Into<String>) -> Self {
        Self {
            kind: Failure::Temporary,
            code: None,
            blame: Blame::Server,
            detail: detail.into(),
        }
    }
}

impl Mailer {
    /// How long to wait for a connection to the relay, login included.
    pub const TIMEOUT: Duration = Duration::from_secs(20);

    /// A mailer to the relay of `SMTP_URL`; see [`Smtp::new`].
    ///
    /// # Errors
    ///
    /// [`BadSmtpUrl`] says what is wrong with the URL. Nothing is connected yet.
    pub fn smtp(url: &str, timeout: Duration) -> Result<Self, BadSmtpUrl> {
        Smtp::new(url, timeout).map(Self::Smtp)
    }

    /// A mailer that looks up the servers of each recipient's domain.
    ///
    /// # Errors
    ///
    /// `Temporary` if this machine has no name servers.
    pub fn mx(settings: MxSettings) -> Result<Self, SendError> {
        Mx::new(settings).map(Self::Mx)
    }

    /// Whether it speaks to the servers of the recipients' domains itself.
    pub const fn is_direct(&self) -> bool {
        matches!(self, Self::Mx(_))
    }

    /// A mailer into a folder, which is made when the first mail comes.
    pub fn files(dir: impl Into<PathBuf>) -> Self {
        Self::Files(Files { dir: dir.into() })
    }

    /// A mailer that keeps its mails.
    pub fn memory() -> Self {
        Self::Memory(Memory::default())
    }

    /// Sends one mail once. Sending the same mail again sends the same bytes; a folder then holds
    /// one file still.
    ///
    /// # Errors
    ///
    /// [`SendError`] with `Permanent` if trying again is useless, else `Temporary`.
    pub async fn send(
        &self,
        envelope_from: &str,
        message: &OutgoingMail,
    ) -> Result<Accepted, SendError> {
        let envelope = message::envelope(envelope_from, &message.mail.to)?;
        let bytes = formatted(message)?;
        match self {
            Self::Smtp(smtp) => Box::pin(smtp.send(&envelope, &bytes)).await,
            Self::Mx(mx) => Box::pin(mx.send(&envelope, &bytes)).await,
            Self::Files(files) => files.write(message, &bytes).await,
            Self::Memory(memory) => {
                memory.push(SentMail {
                    envelope_from: envelope_from.to_owned(),
                    message: message.clone(),
                    bytes,
                });
                Ok(Accepted {
                    response: "kept in memory".to_owned(),
                })
            }
        }
    }
}

impl Mailer {
    /// Whether mails would be taken: connects to the relay and logs in, or makes the folder.
    ///
    /// # Errors
    ///
    /// [`SendError`] as for the first mail.
    pub async fn probe(&self) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.probe().await,
            Self::Mx(mx) => mx.probe().await,
            Self::Files(files) => tokio::fs::create_dir_all(&files.dir)
                .await
                .map_err(|error| SendError::temporary(format!("no folder for mails: {error}"))),
            Self::Memory(_) => Ok(()),
        }
    }
}

impl Memory {
    /// All mails sent so far, oldest first.
    pub fn mails(&self) -> Vec<SentMail> {
        self.mails
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn push(&self, mail: SentMail) {
        self.mails
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(mail);
    }
}

/// The mail as it goes over the wire: ASCII, lines ended by CRLF, text and HTML quoted-printable,
/// attachments base64; signed, if we sign.
///
/// # Errors
///
/// `Permanent` if an address, the message id or an attachment's media type is not one.
pub fn formatted(message: &OutgoingMail) -> Result<Vec<u8>, SendError> {
    let bytes = message::format(message)?;
    match &message.dkim {
        Some(dkim) => dkim.sign(&bytes, message.date),
        None => Ok(bytes),
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Smtp(_) => "Mailer::Smtp",
            Self::Mx(_) => "Mailer::Mx",
            Self::Files(_) => "Mailer::Files",
            Self::Memory(_) => "Mailer::Memory",
        })
    }
}

impl fmt::Debug for OutgoingMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingMail")
            .field("mail", &self.mail)
            .field("message_id", &self.message_id)
            .field("date", &self.date)
            .finish_non_exhaustive()
    }
}
