//! The address that events are delivered to: https, or for trying out http on the own machine.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use crate::domain::field::{FieldCode, ValueError};
use crate::domain::public_address::{is_loopback, is_public, is_this_machine};

/// Characters at most.
const LONGEST: usize = 2_048;
/// Where https is spoken unless somebody says otherwise.
const HTTPS: u16 = 443;
/// Lower ones belong to services that are none of the web.
const LEAST_PORT: u16 = 1_024;

/// Which addresses an endpoint may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Public ones, by https.
    Public,
    /// Public ones by https, and this machine by http: for keys of tests, where the whole program is served on this
    /// machine alone.
    Loopback,
}

impl Reach {
    /// That of keys of tests, where people find the program at this address.
    pub fn of_base(public_base_url: &str) -> Self {
        let base = Url::parse(public_base_url).ok();
        let base = base.filter(|base| base.scheme() == "http");
        let host = base.as_ref().and_then(Url::host);
        if host.as_ref().is_some_and(is_this_machine) {
            Self::Loopback
        } else {
            Self::Public
        }
    }
}

/// The address of an endpoint.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl {
    url: Url,
    port: u16,
}

impl WebhookUrl {
    /// Reads an address. What its name leads to is judged when it is looked up.
    ///
    /// # Errors
    /// `required`, `too_long`, `format`; `out_of_range` for a port, and for an address that may not be used.
    pub fn parse(typed: Option<&str>, reach: Reach) -> Result<Self, ValueError> {
        let wrong = |code| ValueError::new(code, "error-webhook-url");
        let typed = typed.filter(|typed| !typed.is_empty());
        let typed = typed.ok_or(wrong(FieldCode::Required))?;
        if typed.chars().count() > LONGEST {
            return Err(wrong(FieldCode::TooLong));
        }
        let url = Url::parse(typed).map_err(|_| wrong(FieldCode::Format))?;
        let is_secure = match (url.scheme(), reach) {
            ("https", _) => true,
            ("http", Reach::Loopback) => false,
            ("http", Reach::Public) => {
                return Err(ValueError::new(FieldCode::Format, "error-webhook-https"));
            }
            _ => return Err(wrong(FieldCode::Format)),
        };
        let named = !url.username().is_empty() || url.password().is_some();
        // what stands before an @ is easily taken for the host, and a fragment is never sent
        if named || typed.contains('@') || url.fragment().is_some() || url.host().is_none() {
            return Err(wrong(FieldCode::Format));
        }
        let port = url
            .port_or_known_default()
            .ok_or(wrong(FieldCode::Format))?;
        if !is_secure && !url.host().as_ref().is_some_and(is_this_machine) && url.port().is_none() {
            return Err(ValueError::new(FieldCode::Format, "error-webhook-https"));
        }
        if !(port >= LEAST_PORT || (is_secure && port == HTTPS)) {
            return Err(ValueError::new(FieldCode::OutOfRange, "error-webhook-port"));
        }
        let read = Self { url, port };
        match read.literal() {
            Some(address) if !read.may_reach(address) => Err(unreachable()),
            Some(_) | None => Ok(read),
        }
    }

    /// The address, where it is no name.
    pub fn literal(&self) -> Option<IpAddr> {
        match self.url.host()? {
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
            Host::Domain(_) => None,
        }
    }

    /// Whether one of the addresses of its name may be connected to.
    pub fn may_reach(&self, address: IpAddr) -> bool {
        match self.url.scheme() {
            "https" => is_public(address),
            _ => is_loopback(address),
        }
    }

    /// The name, or the address, as it stands there.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The whole of it.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }
}

/// What is said of a name that leads to no address that may be used.
pub fn unreachable() -> ValueError {
    ValueError::new(FieldCode::OutOfRange, "error-webhook-reach")
}

/// What is said of a name that leads to no address at all.
pub fn not_found() -> ValueError {
    ValueError::new(FieldCode::OutOfRange, "error-webhook-dns")
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({})", self.host())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ways to write this machine, private networks and machines of a cloud.
    const INSIDE: [&str; 48] = [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "127.0.1",
        "127.000.000.001",
        "2130706433",
        "0x7f000001",
        "0X7F000001",
        "017700000001",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "0x7f.1",
        "127.0.0.0x1",
        "0",
        "0.0.0.0",
        "0x0",
        "127.255.255.254",
        "%31%32%37.0.0.1",
        "１２７.０.０.１",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "127．0．0．1",
        "10.0.0.1",
        "10.1",
        "167772161",
        "012.0.0.1",
        "172.16.0.1",
        "0xac.0x10.0.1",
        "192.168.1.1",
        "192.168.257",
        "3232235777",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "100.64.0.1",
        "168.63.129.16",
        "255.255.255.255",
        "224.0.0.1",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
    ];

    #[test]
    fn no_way_to_write_an_address_leads_inside() {
        for host in INSIDE {
            for text in [
                format!("https://{host}/hook"),
                format!("https://{host}:8443/"),
                format!("HTTPS://{host}"),
                format!("http://{host}:8080/"),
            ] {
                let read = WebhookUrl::parse(Some(&text), Reach::Public);
                assert!(read.is_err(), "{text}: {read:?}");
                if text.to_ascii_lowercase().starts_with("https") {
                    assert!(
                        WebhookUrl::parse(Some(&text), Reach::Loopback).is_err(),
                        "{text}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_address_is_https_on_a_port_of_the_web() {
        for text in [
            "https://example.org/hook?a=b",
            "https://example.org:443",
            "https://example.org:8443/",
            "https://8.8.8.8/",
            "https://[2606:4700:4700::1111]/",
            "https://bücher.example/hook",
        ] {
            assert!(
                WebhookUrl::parse(Some(text), Reach::Public).is_ok(),
                "{text}"
            );
        }
        for text in [
            "",
            "example.org",
            "//example.org",
            "ftp://example.org/",
            "file:///etc/passwd",
            "gopher://example.org/",
            "http://example.org/",
            "https://",
            "https://user@example.org/",
            "https://user:word@example.org/",
            "https://@example.org/",
            "https://example.org@127.0.0.1/",
            "https://example.org/#part",
            "https://example.org:22/",
            "https://example.org:80/",
            "https://example.org:0/",
            "https://exa mple.org/",
        ] {
            let read = WebhookUrl::parse(Some(text), Reach::Public);
            assert!(read.is_err(), "{text}: {read:?}");
        }
        let long = format!("https://example.org/{}", "a".repeat(2_100));
        assert!(WebhookUrl::parse(Some(&long), Reach::Public).is_err());
    }

    #[test]
    fn who_forgot_the_s_is_told_so() {
        for reach in [Reach::Public, Reach::Loopback] {
            let read = WebhookUrl::parse(Some("http://example.org/hook"), reach);
            assert_eq!(read.unwrap_err().reason, "error-webhook-https");
        }
        let port = WebhookUrl::parse(Some("http://127.0.0.1/"), Reach::Loopback);
        assert_eq!(port.unwrap_err().reason, "error-webhook-port");
    }

    #[test]
    fn http_is_for_a_program_that_is_served_here_alone() {
        for base in [
            "http://127.0.0.1:8080",
            "http://localhost:8080",
            "http://[::1]",
        ] {
            assert_eq!(Reach::of_base(base), Reach::Loopback, "{base}");
        }
        for base in [
            "https://joinder.example",
            "http://joinder.example",
            "https://localhost",
            "http://10.0.0.1",
            "",
        ] {
            assert_eq!(Reach::of_base(base), Reach::Public, "{base}");
        }
    }

    #[test]
    fn http_reaches_this_machine_alone() {
        for text in ["http://127.0.0.1:9000/hook", "http://[::1]:9000/"] {
            assert!(WebhookUrl::parse(Some(text), Reach::Public).is_err());
            let url = WebhookUrl::parse(Some(text), Reach::Loopback).unwrap();
            assert!(url.may_reach("127.0.0.1".parse().unwrap()));
            assert!(!url.may_reach("8.8.8.8".parse().unwrap()));
            assert!(!url.may_reach("10.0.0.1".parse().unwrap()));
        }
        for text in [
            "http://8.8.8.8:9000/",
            "http://10.0.0.1:9000/",
            "http://127.0.0.1/",
            "http://127.0.0.1:25/",
        ] {
            assert!(
                WebhookUrl::parse(Some(text), Reach::Loopback).is_err(),
                "{text}"
            );
        }
    }
}
