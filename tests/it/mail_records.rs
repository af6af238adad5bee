//! `joinder keygen --dkim` and `joinder mail check` as an operator runs them, beside a name server of the test's.

use std::collections::HashMap;
use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

const A: u16 = 1;
const PTR: u16 = 12;
const MX: u16 = 15;
const TXT: u16 = 16;

/// Data by name and type.
type Records = HashMap<(String, u16), Vec<u8>>;

/// Records that are served; clones share them.
#[derive(Clone, Default)]
struct Zone(Arc<Mutex<Records>>);

impl Zone {
    fn put(&self, name: &str, kind: u16, data: Vec<u8>) {
        self.0.lock().unwrap().insert((name.to_owned(), kind), data);
    }

    fn text(&self, name: &str, text: &str) {
        let parts = text.as_bytes().chunks(255);
        let data = parts.flat_map(|part| [&[u8::try_from(part.len()).unwrap()], part].concat());
        self.put(name, TXT, data.collect());
    }

    fn serve(&self) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let place = socket.local_addr().unwrap();
        let zone = self.clone();
        thread::spawn(move || {
            let mut query = [0; 1024];
            while let Ok((_, from)) = socket.recv_from(&mut query) {
                socket.send_to(&zone.answer(&query), from).unwrap();
            }
        });
        place
    }

    fn answer(&self, query: &[u8]) -> Vec<u8> {
        let mut labels = Vec::new();
        let mut place = 12;
        while query[place] > 0 {
            let end = place + 1 + usize::from(query[place]);
            labels.push(String::from_utf8(query[place + 1..end].to_vec()).unwrap());
            place = end;
        }
        let kind = u16::from_be_bytes([query[place + 1], query[place + 2]]);
        let name = labels.join(".").to_lowercase();
        let zone = self.0.lock().unwrap();
        let data = zone.get(&(name.clone(), kind));
        let exists = zone.keys().any(|(known, _)| known.ends_with(&name));
        let (count, code) = (u8::from(data.is_some()), if exists { 0 } else { 3 });
        let mut answer = [
            &query[..2],
            &[0x81, 0x80 | code, 0, 1, 0, count, 0, 0, 0, 0],
        ]
        .concat();
        answer.extend(&query[12..place + 5]);
        if let Some(data) = data {
            answer.extend([0xC0, 12]);
            answer.extend(kind.to_be_bytes());
            answer.extend([0, 1, 0, 0, 0, 0]);
            answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            answer.extend(data);
        }
        answer
    }
}

fn labels(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.') {
        bytes.push(u8::try_from(label.len()).unwrap());
        bytes.extend(label.bytes());
    }
    bytes.push(0);
    bytes
}

/// The program, sending straight to the recipients' servers; exit code and what it said.
fn joinder(data: &Path, arguments: &[&str]) -> (i32, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_joinder"))
        .env_clear()
        .env("DATA_DIR", data)
        .env("SMTP_URL", "mx:")
        .env("PUBLIC_BASE_URL", "https://adesioni.example.org")
        .env("MAIL_FROM", "Adesioni <adesioni@example.org>")
        .env("BOUNCE_ADDRESS", "ritorni@bounce.example.org")
        .env("DKIM_KEY_FILE", data.join("dkim.pem"))
        .args(arguments)
        .output()
        .unwrap();
    let said = [done.stdout, done.stderr].concat();
    (
        done.status.code().unwrap(),
        String::from_utf8(said).unwrap(),
    )
}

/// What stands before the name of a record.
#[track_caller]
fn state_of<'a>(said: &'a str, record: &str, name: &str) -> &'a str {
    let line = said.lines().find(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.len() == 3 && words[1..] == [record, name]
    });
    let line = line.unwrap_or_else(|| panic!("{record} {name} in {said}"));
    line.split_whitespace().next().unwrap()
}

#[test]
fn an_operator_makes_the_key_publishes_the_records_and_sees_them_found() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (code, said) = joinder(data, &["mail", "check", "--offline"]);
    assert!(
        code != 0 && said.contains("DKIM_KEY_FILE cannot be used"),
        "{said}"
    );
    let (code, said) = joinder(data, &["keygen", "--dkim"]);
    assert_eq!(code, 0, "{said}");
    let mode = fs::metadata(data.join("dkim.pem"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let record = said
        .lines()
        .find_map(|line| line.strip_prefix("joinder._domainkey.example.org.  "));
    let record = record.unwrap().to_owned();
    assert!(record.starts_with("v=DKIM1; k=rsa; p=MIIB"), "{record}");
    assert_ne!(
        joinder(data, &["keygen", "--dkim"]).0,
        0,
        "never overwritten"
    );

    let (code, said) = joinder(data, &["mail", "check", "--offline"]);
    assert!(code == 0 && said.contains("nothing was verified"), "{said}");
    assert!(
        said.contains(&record) && said.contains("v=spf1 a:adesioni.example.org -all"),
        "{said}"
    );
    assert!(
        said.contains("_dmarc.example.org") && said.contains("v=DMARC1; p=quarantine"),
        "{said}"
    );

    let zone = Zone::default();
    let place = zone.serve().to_string();
    let check = || joinder(data, &["mail", "check", "--name-server", &place]);
    zone.put("adesioni.example.org", A, vec![93, 184, 216, 34]);
    let pointer = "93.184.216.34";
    let (code, said) = check();
    assert_eq!(code, 1);
    for (kind, name) in [
        ("DKIM", "joinder._domainkey.example.org"),
        ("SPF", "bounce.example.org"),
        ("SPF", "example.org"),
        ("DMARC", "_dmarc.example.org"),
        ("PTR", pointer),
        ("MX", "bounce.example.org"),
    ] {
        assert_eq!(state_of(&said, kind, name), "missing", "{said}");
    }

    zone.text("joinder._domainkey.example.org", &record);
    zone.text("bounce.example.org", "v=spf1 a:adesioni.example.org -all");
    zone.text("example.org", "v=spf1 include:bounce.example.org ~all");
    zone.text("_dmarc.example.org", "v=DMARC1; p=reject");
    zone.put(
        "34.216.184.93.in-addr.arpa",
        PTR,
        labels("adesioni.example.org"),
    );
    let exchange = [&[0, 10], labels("adesioni.example.org").as_slice()].concat();
    zone.put("bounce.example.org", MX, exchange);
    let (code, said) = check();
    assert!(
        code == 0 && said.contains("all records are in order"),
        "{said}"
    );

    zone.text(
        "joinder._domainkey.example.org",
        "v=DKIM1; k=rsa; p=MIIBother",
    );
    zone.text("bounce.example.org", "v=spf1 ip4:192.0.2.1 -all");
    zone.text("_dmarc.example.org", "v=DMARC1; p=none");
    zone.put(
        "34.216.184.93.in-addr.arpa",
        PTR,
        labels("pool.provider.example"),
    );
    let (code, said) = check();
    assert_eq!(code, 1);
    for (kind, name) in [
        ("DKIM", "joinder._domainkey.example.org"),
        ("SPF", "bounce.example.org"),
        ("DMARC", "_dmarc.example.org"),
        ("PTR", pointer),
    ] {
        assert_eq!(state_of(&said, kind, name), "wrong", "{said}");
    }
    assert!(said.contains("found    v=DMARC1; p=none"), "{said}");

    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap().to_string();
    let (code, said) = joinder(data, &["mail", "check", "--name-server", &silent]);
    assert!(code == 1 && said.contains("nothing was verified"), "{said}");
    assert!(said.contains(&record), "{said}");
}
