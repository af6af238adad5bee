//! The relay: its URL, and the conversations with it.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use lettre::{
    address::Envelope,
    transport::smtp::{authentication::Credentials, extension::ClientId},
};
use tokio::{net::TcpStream, time::timeout};
use url::Url;

use crate::domain::smtp_answer::Stage;

use super::conversation::{Manner, Open, Pool, Tls, Trouble, accepted, judged};
use super::{Accepted, SendError};

/// All connections are to the same server.
const RELAY: &str = "";

/// A relay with its open connections; clones share them.
#[derive(Clone)]
pub struct Smtp {
    relay: Arc<Relay>,
    pool: Pool,
}

struct Relay {
    host: String,
    port: u16,
    tls: Tls,
    credentials: Option<Credentials>,
    hello: ClientId,
    timeout: Duration,
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
            pool: Pool::default(),
        })
    }

    /// One conversation.
    pub(super) async fn send(
        &self,
        envelope: &Envelope,
        bytes: &[u8],
    ) -> Result<Accepted, SendError> {
        let relay = &self.relay;
        let connect = relay.connect();
        let done = self
            .pool
            .send(RELAY, envelope, bytes, relay.timeout, connect);
        match Box::pin(done).await {
            Ok(response) => Ok(accepted(&response, envelope)),
            Err(trouble) => Err(advised(judged(&trouble, Some(envelope)), &trouble)),
        }
    }

    /// Connects, greets and logs in, without a mail.
    pub(super) async fn probe(&self) -> Result<(), SendError> {
        let open = self.relay.connect().await;
        let open = open.map_err(|trouble| advised(judged(&trouble, None), &trouble))?;
        self.pool.keep(RELAY, open);
        Ok(())
    }
}

/// Tells the operator what to do.
fn advised(error: SendError, trouble: &Trouble) -> SendError {
    match trouble {
        Trouble::NoStartTls => SendError {
            detail: format!(
                "{}: use smtps://, or ?tls=none on a network you trust",
                error.detail
            ),
            ..error
        },
        Trouble::Silent(_) | Trouble::Refused(..) | Trouble::Broken(_) => error,
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
        let is_safe = is_here || matches!(tls, Tls::FromTheStart | Tls::Verified);
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

    /// Within `timeout`, login included.
    async fn connect(&self) -> Result<Open, Trouble> {
        let manner = Manner {
            host: &self.host,
            tls: self.tls,
            credentials: self.credentials.as_ref(),
            hello: &self.hello,
        };
        let server = (self.host.as_str(), self.port);
        let connecting = async {
            if self.tls == Tls::FromTheStart {
                return Open::begin_encrypted(server, &manner).await;
            }
            let stream = TcpStream::connect(server)
                .await
                .map_err(|error| Trouble::Broken(format!("no connection: {}", error.kind())))?;
            Open::begin(stream, &manner).await
        };
        timeout(self.timeout, connecting)
            .await
            .map_err(|_| Trouble::Silent(Stage::Greeting))?
    }
}

fn tls(url: &Url, is_here: bool) -> Result<Tls, BadSmtpUrl> {
    let mut asked = None;
    for (key, value) in url.query_pairs() {
        let tls = match (key.as_ref(), value.as_ref()) {
            ("tls", "required") => Tls::Verified,
            ("tls", "opportunistic") => Tls::Opportunistic,
            ("tls", "none") => Tls::None,
            _ => return Err(BadSmtpUrl::Query),
        };
        asked = Some(tls);
    }
    match (url.scheme(), asked) {
        ("smtps", None | Some(Tls::Verified)) => Ok(Tls::FromTheStart),
        ("smtps", Some(_)) => Err(BadSmtpUrl::Query),
        ("smtp", Some(tls)) => Ok(tls),
        ("smtp", None) => Ok(if is_here { Tls::None } else { Tls::Verified }),
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
