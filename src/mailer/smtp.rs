//! The relay: connections kept open, a deadline on each step, answers read as try again or give up.
//!
//! lettre's own pool is not used: it takes a connection back whose conversation was cut by a
//! timeout, and the next mail then reads the answers meant for this one. Here a connection
//! returns to the pool only after a mail was accepted.

use std::{
    error::Error as _,
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lettre::{
    address::Envelope,
    transport::smtp::{
        Error as SmtpError,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        extension::ClientId,
    },
};
use tokio::time::{Instant, timeout};
use url::Url;

use crate::domain::mail::one_line;

use super::{Accepted, Failure, SendError};

/// Connections kept at most; more may be open at once.
const MAX_IDLE: usize = 8;
/// An idle connection older than this is not used again.
const IDLE: Duration = Duration::from_secs(30);
/// Many relays close a connection after 100 mails.
const MAILS_PER_CONNECTION: u16 = 90;

/// A relay with its open connections; clones share them.
#[derive(Clone)]
pub struct Smtp {
    relay: Arc<Relay>,
    idle: Arc<Mutex<Vec<Open>>>,
}

struct Relay {
    host: String,
    port: u16,
    tls: Tls,
    credentials: Option<Credentials>,
    hello: ClientId,
    timeout: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tls {
    /// `smtps://`
    FromTheStart,
    /// STARTTLS or nothing.
    Required,
    /// STARTTLS where offered.
    Opportunistic,
    None,
}

struct Open {
    connection: AsyncSmtpConnection,
    since: Instant,
    mails: u16,
}

/// Why an `SMTP_URL` cannot be used. Never shows the URL: it holds the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSmtpUrl {
    /// Not a URL with a host.
    #[error("SMTP_URL is not of the form smtp(s)://[user:password@]host[:port]")]
    Form,
    /// Another scheme than the two.
    #[error("SMTP_URL starts neither with smtp:// nor with smtps://")]
    Scheme,
    /// Another query than `tls`, or another value of it.
    #[error("SMTP_URL takes only ?tls=required, ?tls=opportunistic or ?tls=none")]
    Query,
    /// A password that would go in clear.
    #[error("SMTP_URL has a password but does not require TLS, and the relay is not this machine")]
    PasswordInClear,
}

impl Smtp {
    /// Reads `smtp(s)://[user:password@]host[:port][?tls=required|opportunistic|none]`.
    ///
    /// `smtps` is TLS from the start (port 465). `smtp` (port 587; on this machine 25) requires
    /// STARTTLS, but on this machine defaults to none. User and password are percent-encoded.
    ///
    /// # Errors
    ///
    /// [`BadSmtpUrl`], also for a password that would go over a network in clear.
    pub fn new(url: &str, timeout: Duration) -> Result<Self, BadSmtpUrl> {
        let relay = Relay::parse(url, timeout)?;
        Ok(Self {
            relay: Arc::new(relay),
            idle: Arc::default(),
        })
    }

    /// One conversation. Waits `timeout` for the connection and three times as long for the mail:
    /// a relay that scans mails before it answers must not get them twice.
    pub(super) async fn send(
        &self,
        envelope: &Envelope,
        bytes: &[u8],
    ) -> Result<Accepted, SendError> {
        let wait = self.relay.timeout;
        let mut open = timeout(wait, self.connection())
            .await
            .map_err(|_| SendError::temporary("the relay did not answer in time"))?
            .map_err(|error| before_the_mail(&error))?;
        let response = timeout(
            wait.saturating_mul(3),
            open.connection.send(envelope, bytes),
        )
        .await
        .map_err(|_| SendError::temporary("the relay did not take the mail in time"))?
        .map_err(|error| about_the_mail(&error, envelope))?;
        open.mails = open.mails.saturating_add(1);
        open.since = Instant::now();
        self.keep(open);
        let lines: Vec<&str> = response.message().collect();
        Ok(Accepted {
            response: without_addresses(&lines.join(" "), Some(envelope)),
        })
    }

    /// Connects, greets and logs in, without a mail.
    pub(super) async fn probe(&self) -> Result<(), SendError> {
        let open = timeout(self.relay.timeout, self.connection())
            .await
            .map_err(|_| SendError::temporary("the relay did not answer in time"))?
            .map_err(|error| before_the_mail(&error))?;
        self.keep(open);
        Ok(())
    }

    /// An open connection that still answers, else a new one.
    async fn connection(&self) -> Result<Open, ConnectError> {
        while let Some(mut open) = self.take() {
            if open.since.elapsed() < IDLE && open.connection.test_connected().await {
                return Ok(open);
            }
        }
        let connection = self.relay.connect().await?;
        Ok(Open {
            connection,
            since: Instant::now(),
            mails: 0,
        })
    }

    fn take(&self) -> Option<Open> {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
    }

    fn keep(&self, open: Open) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if open.mails < MAILS_PER_CONNECTION && idle.len() < MAX_IDLE {
            idle.push(open);
        }
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp")
            .field("host", &self.relay.host)
            .field("port", &self.relay.port)
            .field("tls", &self.relay.tls)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
enum ConnectError {
    #[error("the relay does not offer STARTTLS: use smtps://, or ?tls=none on a network you trust")]
    NoStartTls,
    #[error(transparent)]
    Smtp(#[from] SmtpError),
}

impl Relay {
    fn parse(url: &str, timeout: Duration) -> Result<Self, BadSmtpUrl> {
        let url = Url::parse(url).map_err(|_| BadSmtpUrl::Form)?;
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or(BadSmtpUrl::Form)?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(BadSmtpUrl::Form);
        }
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let is_here =
            host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let tls = tls(&url, is_here)?;
        let credentials = credentials(&url)?;
        let is_safe = is_here || matches!(tls, Tls::FromTheStart | Tls::Required);
        if credentials.is_some() && !is_safe {
            return Err(BadSmtpUrl::PasswordInClear);
        }
        let port = url.port().unwrap_or(match (tls, is_here) {
            (Tls::FromTheStart, _) => 465,
            (_, true) => 25,
            (_, false) => 587,
        });
        Ok(Self {
            host,
            port,
            tls,
            credentials,
            hello: ClientId::default(),
            timeout,
        })
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, ConnectError> {
        let tls = || TlsParameters::new(self.host.clone());
        let from_the_start = match self.tls {
            Tls::FromTheStart => Some(tls()?),
            Tls::Required | Tls::Opportunistic | Tls::None => None,
        };
        let server = (self.host.as_str(), self.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            server,
            Some(self.timeout),
            &self.hello,
            from_the_start,
            None,
        )
        .await?;
        match self.tls {
            Tls::Required if !connection.can_starttls() => {
                connection.abort().await;
                return Err(ConnectError::NoStartTls);
            }
            Tls::Required | Tls::Opportunistic if connection.can_starttls() => {
                connection.starttls(tls()?, &self.hello).await?;
            }
            Tls::FromTheStart | Tls::Required | Tls::Opportunistic | Tls::None => {}
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

fn tls(url: &Url, is_here: bool) -> Result<Tls, BadSmtpUrl> {
    let mut asked = None;
    for (key, value) in url.query_pairs() {
        let tls = match (key.as_ref(), value.as_ref()) {
            ("tls", "required") => Tls::Required,
            ("tls", "opportunistic") => Tls::Opportunistic,
            ("tls", "none") => Tls::None,
            _ => return Err(BadSmtpUrl::Query),
        };
        asked = Some(tls);
    }
    match (url.scheme(), asked) {
        ("smtps", None | Some(Tls::Required)) => Ok(Tls::FromTheStart),
        ("smtps", Some(_)) => Err(BadSmtpUrl::Query),
        ("smtp", Some(tls)) => Ok(tls),
        ("smtp", None) => Ok(if is_here { Tls::None } else { Tls::Required }),
        _ => Err(BadSmtpUrl::Scheme),
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, BadSmtpUrl> {
    let Some(password) = url.password() else {
        return if url.username().is_empty() {
            Ok(None)
        } else {
            Err(BadSmtpUrl::Form)
        };
    };
    let decoded = |value: &str| {
        percent_encoding::percent_decode_str(value)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| BadSmtpUrl::Form)
    };
    Ok(Some(Credentials::new(
        decoded(url.username())?,
        decoded(password)?,
    )))
}

/// No connection, TLS or login: nothing was said about this mail, so it is worth another try.
fn before_the_mail(error: &ConnectError) -> SendError {
    let (code, detail) = match error {
        ConnectError::NoStartTls => (None, error.to_string()),
        ConnectError::Smtp(error) => (error.status().map(u16::from), described(error)),
    };
    SendError {
        kind: Failure::Temporary,
        code,
        detail: without_addresses(&detail, None),
    }
}

/// An answer to MAIL, RCPT, DATA or the mail. 530, 534, 535 and 538 are about our login.
fn about_the_mail(error: &SmtpError, envelope: &Envelope) -> SendError {
    let code = error.status().map(u16::from);
    let kind = match code {
        Some(530 | 534 | 535 | 538) => Failure::Temporary,
        _ if error.is_permanent() => Failure::Permanent,
        _ => Failure::Temporary,
    };
    SendError {
        kind,
        code,
        detail: without_addresses(&described(error), Some(envelope)),
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
