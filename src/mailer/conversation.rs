//! One SMTP conversation, step by step, so that a refusal tells where it was said; and the
//! connections kept for the next.
//!
//! lettre's own pool is not used: it takes a connection back whose conversation was cut by a
//! timeout, and the next mail then reads the answers meant for this one. Here a connection is kept
//! only after a mail was accepted, or after RSET was.

use std::{
    collections::HashMap,
    error::Error as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lettre::{
    address::Envelope,
    transport::smtp::{
        Error as SmtpError,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt, Rset},
        extension::ClientId,
        response::Response,
    },
};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};

use crate::domain::{
    mail::one_line,
    smtp_answer::{Blame, Stage, judge},
};

use super::{Accepted, Failure, SendError};

/// Connections kept at most for one server; more may be open at once.
const MAX_IDLE: usize = 64;
/// Connections kept at most in all.
const MAX_IDLE_IN_ALL: usize = 512;
/// An idle connection older than this is not used again.
const IDLE: Duration = Duration::from_secs(30);
/// Many relays close a connection after 100 mails.
const MAILS_PER_CONNECTION: u16 = 90;
/// How long RSET may take.
const RESET: Duration = Duration::from_secs(5);

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tls {
    /// `smtps://`
    FromTheStart,
    /// STARTTLS with a certificate that holds, or nothing.
    Verified,
    /// STARTTLS with any certificate, or nothing.
    Required,
    /// STARTTLS where offered, with any certificate.
    Opportunistic,
    None,
}

/// How to begin a conversation.
pub(super) struct Manner<'a> {
    /// The name on the certificate.
    pub(super) host: &'a str,
    pub(super) tls: Tls,
    pub(super) credentials: Option<&'a Credentials>,
    pub(super) hello: &'a ClientId,
}

/// Why a conversation ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the server does not offer STARTTLS")]
    NoStartTls,
    #[error("the server did not answer in time")]
    Silent(Stage),
    #[error("refused")]
    Refused(Stage, u16, String),
    #[error("{0}")]
    Broken(String),
}

/// An open connection.
pub(super) struct Open {
    connection: AsyncSmtpConnection,
    since: Instant,
    mails: u16,
    in_content: bool,
}

impl Open {
    /// Greets, encrypts and logs in.
    pub(super) async fn begin(stream: TcpStream, manner: &Manner<'_>) -> Result<Self, Trouble> {
        // the end of a mail is a packet of its own: it must not wait for the other side's delayed ACK
        let _ = stream.set_nodelay(true);
        let at = |error| refused(Stage::Greeting, &error);
        let connection =
            AsyncSmtpConnection::connect_with_transport(Box::new(stream), manner.hello)
                .await
                .map_err(at)?;
        Self::secure(connection, manner).await
    }

    /// As [`Open::begin`], encrypted from the start.
    pub(super) async fn begin_encrypted(
        server: (&str, u16),
        manner: &Manner<'_>,
    ) -> Result<Self, Trouble> {
        let at = |error| refused(Stage::Greeting, &error);
        let tls = TlsParameters::new(manner.host.to_owned()).map_err(at)?;
        let connection =
            AsyncSmtpConnection::connect_tokio1(server, None, manner.hello, Some(tls), None)
                .await
                .map_err(at)?;
        Self::secure(connection, manner).await
    }

    async fn secure(
        mut connection: AsyncSmtpConnection,
        manner: &Manner<'_>,
    ) -> Result<Self, Trouble> {
        let at = |error| refused(Stage::Greeting, &error);
        let offered = connection.can_starttls();
        match manner.tls {
            Tls::Verified | Tls::Required if !offered => {
                connection.abort().await;
                return Err(Trouble::NoStartTls);
            }
            Tls::Verified | Tls::Required | Tls::Opportunistic if offered => {
                let is_lax = manner.tls != Tls::Verified;
                let tls = TlsParameters::builder(manner.host.to_owned())
                    .dangerous_accept_invalid_certs(is_lax)
                    .dangerous_accept_invalid_hostnames(is_lax)
                    .build()
                    .map_err(at)?;
                connection.starttls(tls, manner.hello).await.map_err(at)?;
            }
            Tls::FromTheStart | Tls::Verified | Tls::Required | Tls::Opportunistic | Tls::None => {}
        }
        if let Some(credentials) = manner.credentials {
            connection
                .auth(DEFAULT_MECHANISMS, credentials)
                .await
                .map_err(|error| refused(Stage::Login, &error))?;
        }
        Ok(Self {
            connection,
            since: Instant::now(),
            mails: 0,
            in_content: false,
        })
    }

    /// One mail. Up to DATA within `wait`, the mail itself within three times as long: a server that
    /// scans mails before it answers must not get them twice.
    pub(super) async fn send(
        &mut self,
        envelope: &Envelope,
        bytes: &[u8],
        wait: Duration,
    ) -> Result<Response, Trouble> {
        self.since = Instant::now();
        self.mails = self.mails.saturating_add(1);
        self.in_content = false;
        let deadline = Instant::now() + wait;
        let sender = Mail::new(envelope.from().cloned(), Vec::new());
        self.step(Stage::Sender, sender, deadline).await?;
        for to in envelope.to() {
            let recipient = Rcpt::new(to.clone(), Vec::new());
            self.step(Stage::Recipient, recipient, deadline).await?;
        }
        self.step(Stage::Content, Data, deadline).await?;
        self.in_content = true;
        timeout(wait.saturating_mul(3), self.connection.message(bytes))
            .await
            .map_err(|_| Trouble::Silent(Stage::Content))?
            .map_err(|error| refused(Stage::Content, &error))
    }

    async fn step(
        &mut self,
        stage: Stage,
        command: impl std::fmt::Display,
        deadline: Instant,
    ) -> Result<(), Trouble> {
        timeout_at(deadline, self.connection.command(command))
            .await
            .map_err(|_| Trouble::Silent(stage))?
            .map_err(|error| refused(stage, &error))?;
        Ok(())
    }

    /// Whether it can take another mail after this trouble.
    async fn is_clean_after(&mut self, trouble: &Trouble) -> bool {
        match trouble {
            Trouble::Refused(_, code, _) if *code != 421 => {
                matches!(
                    timeout(RESET, self.connection.command(Rset)).await,
                    Ok(Ok(_))
                )
            }
            Trouble::Refused(..)
            | Trouble::NoStartTls
            | Trouble::Silent(_)
            | Trouble::Broken(_) => false,
        }
    }

    /// Whether it was open before this mail and broke before the mail's text went out: then the other
    /// side had closed it meanwhile. A mail whose text went out may have been taken.
    fn is_stale(&self, trouble: &Trouble) -> bool {
        self.mails > 1 && !self.in_content && matches!(trouble, Trouble::Broken(_))
    }
}

/// Connections kept open, by server. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Pool {
    idle: Arc<Mutex<HashMap<String, Vec<Open>>>>,
}

impl Pool {
    /// One mail over a kept connection, else over the one that `connect` gives.
    pub(super) async fn send(
        &self,
        key: &str,
        envelope: &Envelope,
        bytes: &[u8],
        wait: Duration,
        connect: impl Future<Output = Result<Open, Trouble>> + Send,
    ) -> Result<Response, Trouble> {
        if let Some(mut kept) = self.take(key) {
            let done = Box::pin(kept.send(envelope, bytes, wait)).await;
            let is_stale = done.as_ref().is_err_and(|trouble| kept.is_stale(trouble));
            if !is_stale {
                return self.finish(key, kept, done).await;
            }
        }
        let mut fresh = Box::pin(connect).await?;
        let done = Box::pin(fresh.send(envelope, bytes, wait)).await;
        self.finish(key, fresh, done).await
    }

    async fn finish(
        &self,
        key: &str,
        mut open: Open,
        done: Result<Response, Trouble>,
    ) -> Result<Response, Trouble> {
        let is_clean = match &done {
            Ok(_) => true,
            Err(trouble) => open.is_clean_after(trouble).await,
        };
        if is_clean {
            self.keep(key, open);
        }
        done
    }

    /// A kept connection that is young enough.
    fn take(&self, key: &str) -> Option<Open> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle.get_mut(key)?;
        while let Some(open) = kept.pop() {
            if open.since.elapsed() < IDLE {
                return Some(open);
            }
        }
        idle.remove(key);
        None
    }

    pub(super) fn keep(&self, key: &str, open: Open) {
        if open.mails >= MAILS_PER_CONNECTION {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.values().map(Vec::len).sum::<usize>() >= MAX_IDLE_IN_ALL {
            for kept in idle.values_mut() {
                kept.retain(|open| open.since.elapsed() < IDLE);
            }
            idle.retain(|_, kept| !kept.is_empty());
        }
        let kept = idle.entry(key.to_owned()).or_default();
        if kept.len() < MAX_IDLE {
            kept.push(open);
        }
    }
}

/// What lettre's error says.
fn refused(stage: Stage, error: &SmtpError) -> Trouble {
    let said = error.source().map(ToString::to_string).unwrap_or_default();
    match error.status() {
        Some(code) => Trouble::Refused(stage, u16::from(code), said),
        None => Trouble::Broken(described(error)),
    }
}

/// The error with its causes in one line.
fn described(error: &SmtpError) -> String {
    let mut text = error.to_string();
    let mut source = error.source().and_then(std::error::Error::source);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// What a server said when it took a mail.
pub(super) fn accepted(response: &Response, envelope: &Envelope) -> Accepted {
    let lines: Vec<&str> = response.message().collect();
    Accepted {
        response: without_addresses(&lines.join(" "), Some(envelope)),
    }
}

/// What to make of trouble: without an answer it is the server's, and may pass. But a server that took
/// the sender and falls silent at the recipient is asking the recipient's.
pub(super) fn judged(trouble: &Trouble, envelope: Option<&Envelope>) -> SendError {
    let Trouble::Refused(stage, code, said) = trouble else {
        return SendError {
            kind: Failure::Temporary,
            code: None,
            blame: match trouble {
                Trouble::Silent(Stage::Recipient) => Blame::Domain,
                _ => Blame::Server,
            },
            detail: without_addresses(&trouble.to_string(), envelope),
        };
    };
    let verdict = judge(*stage, *code, said);
    SendError {
        kind: if verdict.is_permanent {
            Failure::Permanent
        } else {
            Failure::Temporary
        },
        code: Some(*code),
        blame: verdict.blame,
        detail: without_addresses(&format!("{code} {said}"), envelope),
    }
}

/// What a server said, fit for logs: words with an `@` and words that hold the local part of the
/// recipient are replaced, the rest is one line of at most 200 characters.
fn without_addresses(text: &str, envelope: Option<&Envelope>) -> String {
    let local = envelope
        .and_then(|envelope| envelope.to().first())
        .map(|to| to.user().to_lowercase())
        .filter(|local| local.len() > 2);
    let words = text.split_whitespace().map(|word| {
        let names = local
            .as_deref()
            .is_some_and(|local| word.to_lowercase().contains(local));
        if word.contains('@') || names {
            "[address]"
        } else {
            word
        }
    });
    one_line(&words.collect::<Vec<_>>().join(" "), 200)
}
