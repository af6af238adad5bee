//! What DNS says of the domains that send, asked of a name server of the test's.

use std::net::{IpAddr, SocketAddr};

use super::{A, NameServer, Record, labels, mx};
use crate::domain::mail_record::Finding;
use crate::mailer::names::{NameServers, NoAnswer};

const TXT: u16 = 16;
const PTR: u16 = 12;

/// In parts of 200 bytes: what is longer than 255 must be parted.
fn txt(text: &str) -> Record {
    let parts = text.as_bytes().chunks(200).flat_map(|part| {
        let length = u8::try_from(part.len()).unwrap();
        std::iter::once(length).chain(part.iter().copied())
    });
    (TXT, parts.collect())
}

fn a(address: [u8; 4]) -> Record {
    (A, address.to_vec())
}

fn start(names: Vec<(&'static str, Vec<Record>)>) -> NameServers {
    NameServers::at(NameServer { names }.start()).unwrap()
}

const OURS: [u8; 4] = [93, 184, 216, 34];

fn ours() -> IpAddr {
    OURS.into()
}

#[tokio::test]
async fn records_are_found_whole_and_their_absence_is_no_silence() {
    let key = format!("v=DKIM1; k=rsa; p={}", "MIIB".repeat(100));
    let key: &'static str = key.leak();
    let names = start(vec![
        ("joinder._domainkey.example.org", vec![txt(key)]),
        (
            "example.org",
            vec![txt("v=spf1 -all"), txt("other"), mx(10, "In.Example.org")],
        ),
        (
            "34.216.184.93.in-addr.arpa",
            vec![(PTR, labels("Out.Example.org"))],
        ),
        ("broken.example", vec![]),
    ]);
    let found = names.texts("joinder._domainkey.example.org").await.unwrap();
    assert_eq!(found, [key]);
    let mut found = names.texts("example.org").await.unwrap();
    found.sort();
    assert_eq!(found, ["other", "v=spf1 -all"]);
    assert_eq!(
        names.exchanges("example.org.").await.unwrap(),
        ["in.example.org"]
    );
    assert_eq!(names.names_of(ours()).await.unwrap(), ["out.example.org"]);
    assert!(names.texts("nothing.example").await.unwrap().is_empty());
    assert!(names.addresses("nothing.example").await.unwrap().is_empty());
    assert!(
        names
            .names_of([192, 0, 2, 1].into())
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(names.texts("broken.example").await, Err(NoAnswer));

    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let place: SocketAddr = silent.local_addr().unwrap();
    let silent = NameServers::at(place).unwrap();
    assert_eq!(silent.texts("example.org").await, Err(NoAnswer));
}

#[tokio::test]
async fn spf_lets_our_address_send_by_each_way_a_record_can_name_it() {
    let names = start(vec![
        ("net.example", vec![txt("v=spf1 ip4:93.184.216.0/24 -all")]),
        ("host.example", vec![txt("v=spf1 a:out.example -all")]),
        ("self.example", vec![txt("v=spf1 a ~all"), a(OURS)]),
        (
            "mx.example",
            vec![txt("v=spf1 mx -all"), mx(1, "out.example")],
        ),
        ("out.example", vec![a(OURS)]),
        (
            "include.example",
            vec![txt("v=spf1 include:_spf.example -all")],
        ),
        (
            "_spf.example",
            vec![txt("v=spf1 ip4:192.0.2.1 include:host.example ~all")],
        ),
        (
            "redirect.example",
            vec![txt("v=spf1 redirect=host.example")],
        ),
        (
            "others.example",
            vec![txt("v=spf1 ip4:192.0.2.0/24 a:nothing.example -all")],
        ),
        ("open.example", vec![txt("v=spf1 ip4:93.184.216.34 +all")]),
        (
            "loop.example",
            vec![txt("v=spf1 include:loop.example -all")],
        ),
        ("bare.example", vec![a(OURS)]),
    ]);
    for good in ["net", "host", "self", "mx", "include", "redirect"] {
        let domain = format!("{good}.example");
        assert_eq!(
            names.spf_allows(&domain, ours()).await,
            Ok(Finding::Good),
            "{good}"
        );
    }
    for wrong in ["others", "open", "loop"] {
        let domain = format!("{wrong}.example");
        let found = names.spf_allows(&domain, ours()).await.unwrap();
        assert!(matches!(found, Finding::Wrong(_)), "{wrong}: {found:?}");
    }
    assert_eq!(
        names.spf_allows("bare.example", ours()).await,
        Ok(Finding::Missing)
    );
}
