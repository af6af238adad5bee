//! Servers of partners, to which events are delivered: one POST, of whose answer the status is read and how long to wait. A name is
//! looked up once; each of its addresses is judged, and the connection goes to exactly those (no second look-up, no
//! proxy, no redirect), so that a name that changes leads nowhere else (decision 33).

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::lookup_host;
use tokio::time::{Instant, timeout};

use crate::domain::webhook::Fault;
use crate::domain::webhook_url::WebhookUrl;

/// Until a name is looked up, and until the connection stands.
const CONNECTS: Duration = Duration::from_secs(5);
/// Until the answer begins, all before it counted.
const ANSWERS: Duration = Duration::from_secs(15);
/// Addresses of a name that are tried.
const ADDRESSES: usize = 8;

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const AGENT: HeaderValue = HeaderValue::from_static("joinder-webhooks/1");

/// Tells the addresses of a name.
type Book = dyn Fn(&str) -> Vec<IpAddr> + Send + Sync;

/// Who tells the addresses of names.
#[derive(Clone)]
pub enum Names {
    /// This machine's resolver.
    System,
    /// A book that somebody wrote.
    Book(Arc<Book>),
}

/// The way to the servers of partners.
#[derive(Clone, Debug)]
pub struct Webhooks {
    names: Names,
    answers: Duration,
}

/// A message, ready to be sent.
#[derive(Clone)]
pub struct Message {
    /// Where to.
    pub url: WebhookUrl,
    /// The same for each attempt.
    pub id: String,
    /// Seconds since 1970 at which it is sent.
    pub timestamp: i64,
    /// One signature or two, a space between.
    pub signature: String,
    /// JSON.
    pub body: String,
}

/// What became of an attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// How long it took.
    pub took: Duration,
    /// Status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why it failed; none: it did not.
    pub fault: Option<Fault>,
    /// `Retry-After` of the answer, as it stands there.
    pub retry_after: Option<String>,
}

impl Webhooks {
    /// With this machine's resolver.
    pub const fn new() -> Self {
        Self::with(Names::System, ANSWERS)
    }

    /// With these names, and waiting so long for an answer.
    pub const fn with(names: Names, answers: Duration) -> Self {
        Self { names, answers }
    }

    /// The addresses that may be connected to: all that the name leads to, or none.
    ///
    /// # Errors
    /// `Dns` where the name leads nowhere; `Address` where one of its addresses may not be used.
    pub async fn addresses(&self, url: &WebhookUrl) -> Result<Vec<SocketAddr>, Fault> {
        let found = match url.literal() {
            Some(address) => vec![address],
            None => self.look_up(url).await?,
        };
        if found.is_empty() {
            return Err(Fault::Dns);
        }
        if !found.iter().all(|address| url.may_reach(*address)) {
            return Err(Fault::Address);
        }
        let port = url.port();
        let found = found.into_iter().take(ADDRESSES);
        Ok(found
            .map(|address| SocketAddr::new(address, port))
            .collect())
    }

    async fn look_up(&self, url: &WebhookUrl) -> Result<Vec<IpAddr>, Fault> {
        let book = match &self.names {
            Names::Book(book) => book,
            Names::System => {
                let looking = lookup_host((url.host(), url.port()));
                let found = timeout(CONNECTS, looking).await.map_err(|_| Fault::Dns)?;
                let found = found.map_err(|_| Fault::Dns)?;
                return Ok(found.map(|place| place.ip()).collect());
            }
        };
        Ok(book(url.host()))
    }

    /// Makes one attempt.
    pub async fn send(&self, message: &Message) -> Outcome {
        let begun = Instant::now();
        let answered = timeout(self.answers, self.post(message)).await;
        let answered = answered.unwrap_or(Err(Fault::Timeout));
        let took = begun.elapsed();
        match answered {
            Ok((status, retry_after)) => Outcome {
                took,
                status: Some(status),
                fault: Fault::of_status(status),
                retry_after,
            },
            Err(fault) => Outcome {
                took,
                status: None,
                fault: Some(fault),
                retry_after: None,
            },
        }
    }

    async fn post(&self, message: &Message) -> Result<(u16, Option<String>), Fault> {
        let addresses = self.addresses(&message.url).await?;
        let tls = TLS.clone().ok_or(Fault::Connect)?;
        let client = client(addresses, tls).map_err(|_| Fault::Connect)?;
        let signature = HeaderValue::from_str(&message.signature);
        let id = HeaderValue::from_str(&message.id);
        let request = client
            .post(message.url.as_str())
            .header(CONTENT_TYPE, JSON)
            .header(USER_AGENT, AGENT)
            .header(ID, id.map_err(|_| Fault::Connect)?)
            .header(TIMESTAMP, HeaderValue::from(message.timestamp))
            .header(SIGNATURE, signature.map_err(|_| Fault::Connect)?);
        let answer = request.body(message.body.clone()).send().await;
        let answer = answer.map_err(|error| {
            if error.is_timeout() {
                Fault::Timeout
            } else {
                Fault::Connect
            }
        })?;
        let retry_after = answer.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|told| told.to_str().ok());
        // what else it says is not read: the connection is closed with it
        Ok((answer.status().as_u16(), retry_after.map(str::to_owned)))
    }
}

impl Default for Webhooks {
    fn default() -> Self {
        Self::new()
    }
}

/// Leads every name to the addresses that were judged.
struct Judged(Vec<SocketAddr>);

impl Resolve for Judged {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

/// A client for one attempt.
fn client(addresses: Vec<SocketAddr>, tls: ClientConfig) -> reqwest::Result<Client> {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .dns_resolver(Judged(addresses))
        .connect_timeout(CONNECTS)
        .build()
}

static TLS: LazyLock<Option<ClientConfig>> = LazyLock::new(|| {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Some(
        config
            .ok()?
            .with_root_certificates(roots)
            .with_no_client_auth(),
    )
});

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Book(_) => "Book(..)",
        })
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::webhook_url::Reach;

    fn url(text: &str, reach: Reach) -> WebhookUrl {
        WebhookUrl::parse(Some(text), reach).unwrap()
    }

    fn book(addresses: &'static [&'static str]) -> Webhooks {
        let told = move |_: &str| addresses.iter().map(|it| it.parse().unwrap()).collect();
        Webhooks::with(Names::Book(Arc::new(told)), ANSWERS)
    }

    #[tokio::test]
    async fn one_address_inside_spoils_all() {
        let hook = url("https://hook.example/", Reach::Public);
        let found = book(&["8.8.8.8", "2606:4700::1"]).addresses(&hook).await;
        assert_eq!(found.unwrap().len(), 2);
        for inside in [
            &["8.8.8.8", "127.0.0.1"][..],
            &["2606:4700::1", "fd00::1"],
            &["::ffff:10.0.0.1"],
            &["64:ff9b::a9fe:a9fe"],
            &["169.254.169.254"],
            &["0.0.0.0"],
        ] {
            let found = book(inside).addresses(&hook).await;
            assert_eq!(found, Err(Fault::Address), "{inside:?}");
        }
        assert_eq!(book(&[]).addresses(&hook).await, Err(Fault::Dns));
    }

    #[tokio::test]
    async fn http_never_leaves_this_machine() {
        let hook = url("http://hook.example:9000/", Reach::Loopback);
        assert!(book(&["127.0.0.1", "::1"]).addresses(&hook).await.is_ok());
        for outside in [&["8.8.8.8"][..], &["10.0.0.1"], &["127.0.0.1", "8.8.8.8"]] {
            let found = book(outside).addresses(&hook).await;
            assert_eq!(found, Err(Fault::Address), "{outside:?}");
        }
    }

    #[tokio::test]
    async fn this_machine_is_not_reached_by_its_name() {
        for name in ["localhost", "localhost.", "LOCALHOST"] {
            let hook = url(&format!("https://{name}/"), Reach::Public);
            let found = Webhooks::new().addresses(&hook).await;
            assert!(
                matches!(found, Err(Fault::Address | Fault::Dns)),
                "{name}: {found:?}"
            );
        }
    }
}
