//! What DNS says of the domains that send: for `joinder mail check`. What to make of it is in
//! `domain::mail_record`.

use std::{
    collections::VecDeque,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    lookup::Lookup,
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::{op::ResponseCode, rr::RData},
};

use crate::domain::mail_record::{Allow, Finding, read_included_spf, read_spf};
use crate::domain::public_address::is_public;

use super::mx::{answered, resolver};

/// Look-ups that an SPF record may cost (RFC 7208, 4.6.4).
const SPF_LOOKUPS: usize = 10;

/// Name servers to ask.
pub struct NameServers {
    resolver: TokioResolver,
}

/// No name server answered: nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name servers do not answer")]
pub struct NoAnswer;

impl NameServers {
    /// Those of this machine.
    ///
    /// # Errors
    /// [`NoAnswer`] if it has none.
    pub fn of_this_machine() -> Result<Self, NoAnswer> {
        let resolver = resolver().map_err(|_| NoAnswer)?;
        Ok(Self { resolver })
    }

    /// One name server, as that of the domain itself.
    ///
    /// # Errors
    /// [`NoAnswer`] if it cannot be spoken to.
    pub fn at(place: SocketAddr) -> Result<Self, NoAnswer> {
        let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
        for connection in &mut connections {
            connection.port = place.port();
        }
        let mut server = NameServerConfig::udp(place.ip());
        server.connections = connections;
        let config = ResolverConfig::from_name_servers(vec![server]);
        let provider = TokioRuntimeProvider::default();
        let mut builder = TokioResolver::builder_with_config(config, provider);
        builder.options_mut().timeout = Duration::from_secs(2);
        builder.options_mut().attempts = 2;
        let resolver = builder.build().map_err(|_| NoAnswer)?;
        Ok(Self { resolver })
    }

    /// The TXT records of a name, each in one piece.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, NoAnswer> {
        let found = self.resolver.txt_lookup(absolute(name)).await;
        records(found, |data| match data {
            RData::TXT(text) => {
                let bytes = text.txt_data.concat();
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
            _ => None,
        })
    }

    /// The servers that take the mail of a domain, without the dot at their end.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn exchanges(&self, domain: &str) -> Result<Vec<String>, NoAnswer> {
        let found = self.resolver.mx_lookup(absolute(domain)).await;
        records(found, |data| match data {
            RData::MX(mx) => Some(without_dot(&mx.exchange.to_ascii())),
            _ => None,
        })
    }

    /// The names of an address, without the dot at their end.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn names_of(&self, address: IpAddr) -> Result<Vec<String>, NoAnswer> {
        let found = self.resolver.reverse_lookup(address).await;
        records(found, |data| match data {
            RData::PTR(name) => Some(without_dot(&name.0.to_ascii())),
            _ => None,
        })
    }

    /// The addresses of a host.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, NoAnswer> {
        match self.resolver.lookup_ip(absolute(host)).await {
            Ok(found) => Ok(found.iter().collect()),
            Err(error) => none_or_no_answer(&error),
        }
    }

    /// The addresses of a host from which mail can leave for the Internet.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn public_addresses(&self, host: &str) -> Result<Vec<IpAddr>, NoAnswer> {
        let mut all = self.addresses(host).await?;
        all.retain(|address| is_public(*address));
        Ok(all)
    }

    /// Whether the SPF record of a domain lets an address send. What it forbids by name is passed over: who
    /// is allowed in one place and forbidden in another counts as allowed.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn spf_allows(&self, domain: &str, address: IpAddr) -> Result<Finding, NoAnswer> {
        let own = self.texts(domain).await?;
        let spf = match read_spf(&own) {
            Ok(spf) => spf,
            Err(finding) => return Ok(finding),
        };
        let mut open: VecDeque<(String, Allow)> = entries(domain, spf.allows);
        let mut lookups = 0;
        while let Some((domain, allow)) = open.pop_front() {
            if !matches!(allow, Allow::Network(_)) {
                lookups += 1;
            }
            if lookups > SPF_LOOKUPS {
                return Ok(Finding::Wrong(
                    "it costs more than ten look-ups: receivers give up",
                ));
            }
            let allows = match allow {
                Allow::Network(network) => network.contains(&address),
                Allow::Host(host) => {
                    self.is_at(host.as_ref().unwrap_or(&domain), address)
                        .await?
                }
                Allow::Exchanges(of) => {
                    let mut any = false;
                    for host in self.exchanges(of.as_ref().unwrap_or(&domain)).await? {
                        any |= self.is_at(&host, address).await?;
                    }
                    any
                }
                Allow::Include(other) => {
                    let texts = self.texts(&other).await?;
                    let spf = read_included_spf(&texts)
                        .map(|spf| spf.allows)
                        .unwrap_or_default();
                    open.extend(entries(&other, spf));
                    false
                }
            };
            if allows {
                return Ok(Finding::Good);
            }
        }
        Ok(Finding::Wrong("it does not let this machine send"))
    }

    async fn is_at(&self, host: &str, address: IpAddr) -> Result<bool, NoAnswer> {
        Ok(self.addresses(host).await?.contains(&address))
    }
}

fn entries(domain: &str, allows: Vec<Allow>) -> VecDeque<(String, Allow)> {
    let entries = allows.into_iter().map(|allow| (domain.to_owned(), allow));
    entries.collect()
}

fn absolute(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

fn without_dot(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

fn records<T>(
    found: Result<Lookup, NetError>,
    wanted: impl Fn(&RData) -> Option<T>,
) -> Result<Vec<T>, NoAnswer> {
    match found {
        Ok(found) => {
            let answers = found.answers().iter();
            Ok(answers.filter_map(|record| wanted(&record.data)).collect())
        }
        Err(error) => none_or_no_answer(&error),
    }
}

/// That there is none is an answer too.
fn none_or_no_answer<T>(error: &NetError) -> Result<Vec<T>, NoAnswer> {
    match answered(error) {
        Some(ResponseCode::NoError | ResponseCode::NXDomain) => Ok(Vec::new()),
        Some(_) | None => Err(NoAnswer),
    }
}
