//! Direct delivery: the servers of the recipient's domain are looked up (RFC 5321 5.1), tried in
//! their order, and their connections kept.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use hickory_resolver::{
    TokioResolver,
    net::{DnsError, NetError, NoRecords},
    proto::{op::ResponseCode, rr::RData},
};
use lettre::{address::Envelope, transport::smtp::extension::ClientId};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};

use crate::domain::public_address::is_public;
use crate::domain::smtp_answer::{Blame, Stage};

use super::conversation::{Manner, Open, Pool, Tls, Trouble, accepted, judged};
use super::{Accepted, Failure, SendError};

/// Servers of a domain that are tried, and addresses of each.
const SERVERS: usize = 5;
const ADDRESSES: usize = 4;
/// How long one address may take to answer the telephone.
const RING: Duration = Duration::from_secs(8);
const SMTP_PORT: u16 = 25;

/// How connections to other people's servers are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MxTls {
    /// STARTTLS, and a certificate that holds for the server's name.
    Verified,
    /// STARTTLS, whatever the certificate: nobody reads along, but nothing proves who listens.
    Required,
    /// STARTTLS where it is offered.
    Opportunistic,
    /// Never: for tests on this machine.
    None,
}

/// What direct delivery needs to know.
#[derive(Clone, Debug)]
pub struct MxSettings {
    /// How connections are encrypted.
    pub tls: MxTls,
    /// The name given in EHLO; none: the machine's.
    pub hello: Option<String>,
    /// Longest wait for a connection, greeting included.
    pub timeout: Duration,
    /// For tests: servers that stand for those of a domain (`*`: of all others). The caller makes
    /// sure that they are loopback addresses.
    pub overrides: Vec<(String, SocketAddr)>,
}

/// The way to the servers of any domain; clones share it.
#[derive(Clone)]
pub struct Mx {
    names: Arc<Names>,
    pool: Pool,
    hello: Arc<ClientId>,
    tls: Tls,
    timeout: Duration,
}

struct Names {
    resolver: Option<TokioResolver>,
    overrides: Vec<(String, SocketAddr)>,
}

/// A server of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Exchange {
    preference: u16,
    host: String,
}

impl Mx {
    /// Reads the machine's name servers, unless every domain has an override.
    pub(super) fn new(settings: MxSettings) -> Result<Self, SendError> {
        let covers_all = settings.overrides.iter().any(|(domain, _)| domain == "*");
        let resolver = if covers_all { None } else { Some(resolver()?) };
        Ok(Self::with_resolver(settings, resolver))
    }

    pub(super) fn with_resolver(settings: MxSettings, resolver: Option<TokioResolver>) -> Self {
        Self {
            names: Arc::new(Names {
                resolver,
                overrides: settings.overrides,
            }),
            pool: Pool::default(),
            hello: Arc::new(
                settings
                    .hello
                    .map_or_else(ClientId::default, ClientId::Domain),
            ),
            tls: match settings.tls {
                MxTls::Verified => Tls::Verified,
                MxTls::Required => Tls::Required,
                MxTls::Opportunistic => Tls::Opportunistic,
                MxTls::None => Tls::None,
            },
            timeout: settings.timeout,
        }
    }

    /// One conversation with the first server of the domain that answers.
    pub(super) async fn send(
        &self,
        envelope: &Envelope,
        bytes: &[u8],
    ) -> Result<Accepted, SendError> {
        let to = envelope.to().first();
        let domain = to.map(|to| to.domain().to_ascii_lowercase());
        let domain = domain.ok_or_else(|| SendError::permanent("the mail has no recipient"))?;
        let connect = self.connect(&domain);
        let done = self
            .pool
            .send(&domain, envelope, bytes, self.timeout, connect);
        match Box::pin(done).await {
            Ok(response) => Ok(accepted(&response, envelope)),
            Err(trouble) => Err(of_the_domain(judged(&trouble, Some(envelope)), &trouble)),
        }
    }

    /// Whether names can be looked up at all.
    pub(super) async fn probe(&self) -> Result<(), SendError> {
        let Some(resolver) = &self.names.resolver else {
            return Ok(());
        };
        match timeout(self.timeout, resolver.ns_lookup(".")).await {
            Ok(Ok(_) | Err(NetError::Dns(_))) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(SendError::temporary("no name server answers")),
        }
    }

    /// The servers of a domain in their order.
    #[cfg(test)]
    pub(super) async fn hosts(&self, domain: &str) -> Result<Vec<String>, SendError> {
        let found = self.names.exchanges(domain).await;
        let found = found.map_err(|trouble| of_the_domain(judged(&trouble, None), &trouble))?;
        Ok(found.into_iter().map(|exchange| exchange.host).collect())
    }

    /// The public addresses of a server.
    #[cfg(test)]
    pub(super) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Trouble> {
        self.names.addresses(host).await
    }

    /// Server after server, address after address, until one greets.
    async fn connect(&self, domain: &str) -> Result<Open, Trouble> {
        let deadline = Instant::now() + self.timeout;
        if let Some(address) = self.names.overridden(domain) {
            return self.open(domain, address, deadline).await;
        }
        let looking = timeout_at(deadline, self.names.exchanges(domain));
        let exchanges = looking.await.map_err(|_| no_names())??;
        let mut last = None;
        for exchange in exchanges.iter().take(SERVERS) {
            let found = timeout_at(deadline, self.names.addresses(&exchange.host)).await;
            let addresses = match found.map_err(|_| no_names())? {
                Ok(addresses) => addresses,
                Err(trouble) => {
                    // that one server has no address says nothing while another may still answer
                    last.get_or_insert(trouble);
                    continue;
                }
            };
            for address in addresses.into_iter().take(ADDRESSES) {
                let place = SocketAddr::new(address, SMTP_PORT);
                match self.open(&exchange.host, place, deadline).await {
                    Ok(open) => return Ok(open),
                    Err(trouble) => last = Some(trouble),
                }
            }
        }
        Err(last.unwrap_or(Trouble::Silent(Stage::Greeting)))
    }

    async fn open(
        &self,
        host: &str,
        place: SocketAddr,
        deadline: Instant,
    ) -> Result<Open, Trouble> {
        let manner = Manner {
            host,
            tls: self.tls,
            credentials: None,
            hello: &self.hello,
        };
        let ringing = timeout_at(
            deadline.min(Instant::now() + RING),
            TcpStream::connect(place),
        );
        let stream = ringing
            .await
            .map_err(|_| Trouble::Silent(Stage::Greeting))?
            .map_err(|error| Trouble::Broken(format!("no connection: {}", error.kind())))?;
        timeout_at(deadline, Open::begin(stream, &manner))
            .await
            .map_err(|_| Trouble::Silent(Stage::Greeting))?
    }
}

impl Names {
    fn overridden(&self, domain: &str) -> Option<SocketAddr> {
        let of = |wanted: &str| {
            let found = self.overrides.iter().find(|(name, _)| name == wanted);
            found.map(|(_, address)| *address)
        };
        of(domain).or_else(|| of("*"))
    }

    /// The servers of a domain in their order; without any the domain itself (RFC 5321 5.1).
    async fn exchanges(&self, domain: &str) -> Result<Vec<Exchange>, Trouble> {
        let resolver = self.resolver.as_ref().ok_or_else(no_names)?;
        match resolver.mx_lookup(format!("{domain}.")).await {
            Ok(found) => {
                let records = found.answers().iter().filter_map(|record| {
                    let RData::MX(mx) = &record.data else {
                        return None;
                    };
                    Some(Exchange {
                        preference: mx.preference,
                        host: mx.exchange.to_ascii(),
                    })
                });
                in_order(domain, records.collect())
            }
            Err(error) => match answered(&error) {
                Some(ResponseCode::NoError) => in_order(domain, Vec::new()),
                Some(ResponseCode::NXDomain) => Err(nowhere("5.1.2 the domain does not exist")),
                Some(_) | None => Err(no_names()),
            },
        }
    }

    /// The public addresses of a server. Others are not spoken to: whoever owns a domain could have
    /// us knock on doors inside.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Trouble> {
        let resolver = self.resolver.as_ref().ok_or_else(no_names)?;
        let all: Vec<IpAddr> = match resolver.lookup_ip(host).await {
            Ok(found) => found.iter().collect(),
            Err(error) => match answered(&error) {
                Some(ResponseCode::NoError | ResponseCode::NXDomain) => {
                    return Err(nowhere("5.1.2 the domain's server has no address"));
                }
                Some(_) | None => return Err(no_names()),
            },
        };
        let public: Vec<IpAddr> = all.into_iter().filter(|ip| is_public(*ip)).collect();
        if public.is_empty() {
            return Err(nowhere("5.1.2 the domain's server has no public address"));
        }
        Ok(public)
    }
}

/// By preference; a null MX refuses all mail (RFC 7505); none at all means the domain itself.
fn in_order(domain: &str, mut found: Vec<Exchange>) -> Result<Vec<Exchange>, Trouble> {
    if found.is_empty() {
        return Ok(vec![Exchange {
            preference: 0,
            host: format!("{domain}."),
        }]);
    }
    found.retain(|exchange| exchange.host != ".");
    if found.is_empty() {
        return Err(nowhere("5.1.10 the domain takes no mail"));
    }
    found.sort_by_key(|exchange| exchange.preference);
    Ok(found)
}

/// Refused by what the name servers say: nobody is there to take a mail.
fn nowhere(said: &str) -> Trouble {
    Trouble::Refused(Stage::Recipient, 556, said.to_owned())
}

fn no_names() -> Trouble {
    Trouble::Broken("the domain's name servers do not answer".to_owned())
}

/// What the name servers answered, if they did.
pub(super) fn answered(error: &NetError) -> Option<ResponseCode> {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(NoRecords { response_code, .. })) => {
            Some(*response_code)
        }
        _ => None,
    }
}

/// Whatever server was spoken to: it was the domain's.
fn of_the_domain(error: SendError, trouble: &Trouble) -> SendError {
    let blame = match error.blame {
        Blame::Server => Blame::Domain,
        other => other,
    };
    let kind = match trouble {
        Trouble::Refused(..) => error.kind,
        Trouble::NoStartTls | Trouble::Silent(_) | Trouble::Broken(_) => Failure::Temporary,
    };
    SendError {
        kind,
        blame,
        ..error
    }
}

/// The name servers of this machine.
pub(super) fn resolver() -> Result<TokioResolver, SendError> {
    let mut builder = TokioResolver::builder_tokio().map_err(|_| no_resolver())?;
    let options = builder.options_mut();
    options.timeout = Duration::from_secs(4);
    options.attempts = 2;
    builder.build().map_err(|_| no_resolver())
}

fn no_resolver() -> SendError {
    SendError::temporary("this machine has no name servers: SMTP_URL=mx: needs them")
}

impl fmt::Debug for Mx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mx")
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}
