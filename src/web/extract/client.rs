//! Who asks, as far as the network tells.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderValue, USER_AGENT};
use actix_web::{FromRequest, HttpRequest};
use ipnet::IpNet;

use crate::web::error::WebError;
use crate::web::extract::state;

/// Longest user agent that is kept, in characters.
const LONGEST_AGENT: usize = 256;

/// The client's address: the peer, or what trusted proxies say of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientAddr(pub IpAddr);

/// What limits are counted by: an IPv4 address, or the /64 that one IPv6 subscriber has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Network {
    /// One address.
    V4(Ipv4Addr),
    /// The first 64 bits.
    V6(u64),
}

impl ClientAddr {
    /// Reads peer and `X-Forwarded-For`: from the right, the first hop that is no proxy of ours.
    pub fn of(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let Some(peer) = peer else {
            return Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        };
        let mut client = peer.to_canonical();
        if !is_trusted(client, trusted) {
            return Self(client);
        }
        let lines: Vec<&[u8]> = headers
            .get_all("x-forwarded-for")
            .map(HeaderValue::as_bytes)
            .collect();
        let hops = lines
            .iter()
            .rev()
            .flat_map(|line| line.rsplit(|byte| *byte == b','));
        for hop in hops {
            // what stands left of a broken hop was told by nobody we trust
            let Some(address) = address_in(hop) else {
                break;
            };
            client = address;
            if !is_trusted(client, trusted) {
                break;
            }
        }
        Self(client)
    }

    /// What limits are counted by.
    pub fn network(self) -> Network {
        match self.0 {
            IpAddr::V4(address) => Network::V4(address),
            IpAddr::V6(address) => Network::V6(prefix(address)),
        }
    }
}

impl ClientAddr {
    /// The network as people may be shown it: enough to know one's own again, not enough to find anybody.
    pub fn place(self) -> String {
        match self.0 {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}::/48")
            }
        }
    }
}

/// The address of a hop; any bytes may stand there.
fn address_in(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop.trim_ascii()).ok()?;
    let address: IpAddr = text.parse().ok()?;
    Some(address.to_canonical())
}

/// Whether an address is a proxy of ours.
pub fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

fn prefix(address: Ipv6Addr) -> u64 {
    u64::try_from(address.to_bits() >> 64).unwrap_or_default()
}

impl FromRequest for ClientAddr {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let peer = request.peer_addr().map(|peer| peer.ip());
        ready(
            state(request)
                .map(|state| Self::of(peer, request.headers(), &state.web.trusted_proxies)),
        )
    }
}

/// The program that asks, at most 256 characters; evidence, never trusted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserAgent(pub Option<String>);

impl FromRequest for UserAgent {
    type Error = WebError;
    type Future = Ready<Result<Self, WebError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let agent = request
            .headers()
            .get(USER_AGENT)
            .map(|agent| String::from_utf8_lossy(agent.as_bytes()))
            .map(|agent| {
                agent
                    .chars()
                    .filter(|letter| !letter.is_control())
                    .take(LONGEST_AGENT)
                    .collect()
            });
        ready(Ok(Self(agent)))
    }
}
