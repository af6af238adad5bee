//! Bytes, files, and conversations with a relay that accepts, refuses, hangs or has no TLS.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{IpAddr, TcpListener},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use chrono::TimeZone;
use mail_parser::{MessageParser, MimeHeaders};
use mailin_embedded::{Handler, Response, Server, response};

mod names;

use super::*;
use crate::domain::{
    language::Language,
    mail::{Attachment, MailKind},
};

const FROM: &str = "noreply@joinder.example";

fn outgoing() -> OutgoingMail {
    OutgoingMail {
        from: ("Codacons".into(), FROM.into()),
        mail: Mail {
            kind: MailKind::Confirmation,
            language: Language::It,
            to: "ada.lovelace@example.org".into(),
            subject: "Il tuo codice per confermare: 123456".into(),
            text: "È il codice\n.\nCodice: 123456\n".into(),
            html: "<p lang=\"it\">È 123456</p>\n".into(),
            mail_code: "7K3M-Q2ZT-9WXP".into(),
            attachments: Vec::new(),
            unsubscribe: None,
        },
        message_id: "<01930a5d-7c00-7000-8000-000000000001@joinder.example>".into(),
        date: Utc.with_ymd_and_hms(2026, 11, 22, 3, 0, 0).unwrap(),
        dkim: None,
    }
}

/// A receipt with two files: every byte there is, and lines that look like the mail's own.
fn with_files() -> OutgoingMail {
    let mut message = outgoing();
    let every_byte: Vec<u8> = (0..=u8::MAX).cycle().take(60_001).collect();
    message.mail.attachments = vec![
        Attachment::signed_declaration("4T7QXK9M2BR1", 1, every_byte),
        Attachment::new("a.bin", "application/octet-stream", FORGED).unwrap(),
    ];
    message
}

const FORGED: &[u8] =
    b"\r\n--=_01930a5d7c0070008000000000000001joinderexample--\r\n.\r\nMAIL FROM:<a@b>\n";

fn hostile() -> Vec<String> {
    let seeds = [
        "Rossi\r\nBcc: victim@example.org",
        "Rossi\n.\nMAIL FROM:<a@example.org>",
        "Rossi\r\n.\r\nRCPT TO:<a@example.org>\r\n",
        "\r.\r",
        "<script>\"',;:()\\</script>",
        "\u{202e}evil\u{2028}x",
        "\u{0}\u{1b}\u{85}",
        "=?utf-8?Q?=0D=0ABcc:_a@example.org?=",
        "D'Àngiò 李小龍 👩\u{200d}👧",
        "",
    ];
    let wraps = seeds.iter().flat_map(|seed| {
        (0..20usize).map(move |n| format!("{}{seed}{}", "a ".repeat(n), seed.repeat(n * n)))
    });
    wraps
        .chain(["x".repeat(10_000), "è".repeat(10_000), "\r\n".repeat(5_000)])
        .collect()
}

#[test]
fn a_retry_is_the_same_mail_byte_for_byte() {
    assert_eq!(
        formatted(&outgoing()).unwrap(),
        formatted(&outgoing()).unwrap()
    );
    let other = OutgoingMail {
        message_id: "<2@joinder.example>".into(),
        ..outgoing()
    };
    assert_ne!(formatted(&outgoing()).unwrap(), formatted(&other).unwrap());
}

#[test]
fn a_mail_reads_back_as_it_was_written() {
    let bytes = formatted(&outgoing()).unwrap();
    let mail = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(mail.subject(), Some("Il tuo codice per confermare: 123456"));
    assert_eq!(
        mail.from().unwrap().first().unwrap().name(),
        Some("Codacons")
    );
    assert_eq!(
        mail.to().unwrap().first().unwrap().address(),
        Some("ada.lovelace@example.org")
    );
    assert_eq!(
        mail.message_id(),
        Some("01930a5d-7c00-7000-8000-000000000001@joinder.example")
    );
    assert_eq!(mail.date().unwrap().to_rfc3339(), "2026-11-22T03:00:00Z");
    assert_eq!(
        mail.body_text(0).unwrap().replace("\r\n", "\n").trim_end(),
        outgoing().mail.text.trim_end()
    );
    assert_eq!(
        mail.body_html(0).unwrap().trim_end(),
        outgoing().mail.html.trim_end()
    );
    assert_eq!(mail.content_type().unwrap().subtype(), Some("alternative"));
    for (name, value) in [
        ("X-Joinder-Kind", "confirmation"),
        ("X-Joinder-Code", "7K3M-Q2ZT-9WXP"),
        ("Auto-Submitted", "auto-generated"),
    ] {
        assert_eq!(mail.header_raw(name).map(str::trim), Some(value), "{name}");
    }
    assert!(
        String::from_utf8(bytes)
            .unwrap()
            .contains("Content-Language: it\r\n")
    );
}

#[test]
fn a_mail_without_files_has_the_form_it_always_had() {
    let text = String::from_utf8(formatted(&outgoing()).unwrap()).unwrap();
    insta::assert_snapshot!(text.replace("\r\n", "\n"));
}

#[test]
fn a_retry_with_files_is_the_same_mail_byte_for_byte() {
    assert_eq!(
        formatted(&with_files()).unwrap(),
        formatted(&with_files()).unwrap()
    );
    let mut other = with_files();
    other.mail.attachments.pop();
    assert_ne!(
        formatted(&with_files()).unwrap(),
        formatted(&other).unwrap()
    );
}

#[test]
fn files_read_back_byte_for_byte_beside_both_parts() {
    let bytes = formatted(&with_files()).unwrap();
    let wire = std::str::from_utf8(&bytes).unwrap();
    assert!(
        wire.split("\r\n")
            .all(|line| line.len() <= 78 && !line.contains(['\r', '\n'])),
    );
    let mail = MessageParser::default().parse(&bytes).unwrap();
    let plain = formatted(&outgoing()).unwrap();
    let plain = MessageParser::default().parse(&plain).unwrap();
    assert_eq!(mail.content_type().unwrap().subtype(), Some("mixed"));
    assert_eq!((mail.text_body_count(), mail.html_body_count()), (1, 1));
    assert_eq!(mail.body_text(0), plain.body_text(0));
    assert_eq!(mail.body_html(0), plain.body_html(0));
    assert_eq!(mail.subject(), plain.subject());
    assert_eq!(mail.attachment_count(), 2);
    for (index, file) in (0u32..).zip(&with_files().mail.attachments) {
        let part = mail.attachment(index).unwrap();
        assert_eq!(part.attachment_name(), Some(file.file_name()));
        assert_eq!(part.contents(), file.bytes());
        let kind = part.content_type().unwrap();
        assert_eq!(
            format!("{}/{}", kind.ctype(), kind.subtype().unwrap()),
            file.media_type()
        );
    }
}

#[test]
fn the_longest_file_name_stands_on_one_line() {
    let name = format!("{}.pdf", "a".repeat(56));
    let mut message = outgoing();
    let file = Attachment::new(name.as_str(), "application/pdf", *b"%PDF").unwrap();
    message.mail.attachments = vec![file];
    let text = String::from_utf8(formatted(&message).unwrap()).unwrap();
    let line = format!("Content-Disposition: attachment;\r\n filename=\"{name}\"\r\n");
    assert!(text.contains(&line), "{text}");
}

#[test]
fn a_file_without_a_media_type_is_refused() {
    for bad in ["", "pdf", "application/pdf\r\nBcc: b@example.org"] {
        let mut message = outgoing();
        message.mail.attachments = vec![Attachment::new("a.pdf", bad, *b"%PDF").unwrap()];
        assert_eq!(
            formatted(&message).unwrap_err().kind,
            Failure::Permanent,
            "{bad:?}"
        );
    }
}

#[tokio::test]
async fn every_transport_carries_the_files() {
    let expected = formatted(&with_files()).unwrap();
    let memory = Mailer::memory();
    memory.send(FROM, &with_files()).await.unwrap();
    let Mailer::Memory(kept) = &memory else {
        panic!("not memory")
    };
    assert!(kept.mails()[0].bytes == expected);

    let dir = tempfile::tempdir().unwrap();
    let files = Mailer::files(dir.path());
    files.send(FROM, &with_files()).await.unwrap();
    let written = std::fs::read_dir(dir.path()).unwrap().next().unwrap();
    assert!(std::fs::read(written.unwrap().path()).unwrap() == expected);

    let (relay, url) = relay(|| response::OK);
    mailer(&url).send(FROM, &with_files()).await.unwrap();
    let taken = relay.data.lock().unwrap().clone();
    assert!(taken.trim_ascii_end() == expected.trim_ascii_end());
}

#[test]
fn two_hundred_hostile_values_give_one_clean_mail_each() {
    let values = hostile();
    assert!(values.len() >= 200);
    let headers = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap().to_owned();
        let names = head
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']));
        names
            .map(|line| line.split(':').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let clean = headers(&formatted(&OutgoingMail { ..outgoing() }).unwrap());
    for value in values {
        let mut message = outgoing();
        message.from.0.clone_from(&value);
        message.mail.subject.clone_from(&value);
        message.mail.text.clone_from(&value);
        message.mail.html.clone_from(&value);
        message.mail.mail_code.clone_from(&value);
        let bytes = formatted(&message).unwrap();
        assert_eq!(headers(&bytes), clean, "{value:?}");
        let text = std::str::from_utf8(&bytes).unwrap();
        assert!(
            text.is_ascii()
                && text
                    .split("\r\n")
                    .all(|l| l.len() <= 998 && !l.contains(['\r', '\n']))
        );
        let mail = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(
            (mail.text_body_count(), mail.html_body_count()),
            (1, 1),
            "{value:?}"
        );
        assert_eq!(mail.attachment_count(), 0, "{value:?}");
        assert_eq!(
            mail.to().unwrap().first().unwrap().address(),
            Some("ada.lovelace@example.org")
        );
        assert!(mail.bcc().is_none());
    }
}

#[test]
fn hostile_addresses_and_message_ids_are_refused() {
    for bad in [
        "",
        "ada",
        "a@b@c.example",
        "ada@example.org\r\nBcc: b@example.org",
        "ada@example.org\r\n",
        "\"a\r\nb\"@example.org",
        "\"a b\"@example.org",
        "ada@exa mple.org",
        "ada@example.org>, <b@example.org",
        "ùgo@example.org",
        "a\u{0}@example.org",
    ] {
        let mut message = outgoing();
        message.mail.to = bad.into();
        let error = formatted(&message).unwrap_err();
        assert_eq!(error.kind, Failure::Permanent, "{bad:?}");
        assert!(!error.detail.contains("example.org"), "{}", error.detail);
    }
    for bad in [
        "",
        "1@x",
        "<1>",
        "<1@x>\r\nBcc: a@b.example",
        "<1@x\r\n>",
        "<a@b@c>",
        "<\"@x>",
    ] {
        let message = OutgoingMail {
            message_id: bad.into(),
            ..outgoing()
        };
        assert_eq!(
            formatted(&message).unwrap_err().kind,
            Failure::Permanent,
            "{bad:?}"
        );
    }
}

#[test]
fn a_domain_in_other_letters_goes_in_punycode() {
    let mut message = outgoing();
    message.mail.to = "ada@è.it".into();
    let text = String::from_utf8(formatted(&message).unwrap()).unwrap();
    assert!(text.contains("To: ada@xn--8ca.it\r\n"), "{text}");
}

#[tokio::test]
async fn a_folder_holds_one_whole_file_a_mail() {
    let dir = tempfile::tempdir().unwrap();
    let mailer = Mailer::files(dir.path().join("out"));
    mailer.send(FROM, &outgoing()).await.unwrap();
    mailer.send(FROM, &outgoing()).await.unwrap();
    let later = OutgoingMail {
        message_id: "<2@joinder.example>".into(),
        date: Utc.with_ymd_and_hms(2026, 11, 22, 3, 0, 1).unwrap(),
        ..outgoing()
    };
    mailer.send(FROM, &later).await.unwrap();
    let mut names: Vec<String> = std::fs::read_dir(dir.path().join("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "20261122T030000.000Z-01930a5d-7c00-7000-8000-000000000001_joinder_example.eml",
            "20261122T030001.000Z-2_joinder_example.eml",
        ]
    );
    let bytes = std::fs::read(dir.path().join("out").join(&names[0])).unwrap();
    assert_eq!(bytes, formatted(&outgoing()).unwrap());
}

#[tokio::test]
async fn a_mail_gets_its_name_only_when_it_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let name = "20261122T030000.000Z-01930a5d-7c00-7000-8000-000000000001_joinder_example.eml";
    std::fs::create_dir(dir.path().join(name)).unwrap();
    let error = Mailer::files(dir.path())
        .send(FROM, &outgoing())
        .await
        .unwrap_err();
    assert_eq!(error.kind, Failure::Temporary);
    let aside = std::fs::read(dir.path().join(format!(".{name}.part"))).unwrap();
    assert_eq!(aside, formatted(&outgoing()).unwrap());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_tried_again() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Mailer::files(file.path())
        .send(FROM, &outgoing())
        .await
        .unwrap_err();
    assert_eq!(error.kind, Failure::Temporary);
}

#[tokio::test]
async fn memory_keeps_what_was_sent() {
    let mailer = Mailer::memory();
    mailer.send(FROM, &outgoing()).await.unwrap();
    let Mailer::Memory(memory) = &mailer else {
        panic!("not memory")
    };
    assert_eq!(memory.mails().len(), 1);
    assert_eq!(memory.mails()[0].bytes, formatted(&outgoing()).unwrap());
    assert_eq!(memory.mails()[0].envelope_from, FROM);
}

/// A relay that answers RCPT as told and remembers what it took.
#[derive(Clone)]
struct Relay {
    rcpt: fn() -> Response,
    hellos: Arc<AtomicUsize>,
    data: Arc<Mutex<Vec<u8>>>,
}

impl Handler for Relay {
    fn helo(&mut self, _ip: IpAddr, _domain: &str) -> Response {
        self.hellos.fetch_add(1, Ordering::SeqCst);
        response::OK
    }

    fn rcpt(&mut self, _to: &str) -> Response {
        (self.rcpt)()
    }

    fn data(&mut self, buf: &[u8]) -> io::Result<()> {
        self.data.lock().unwrap().extend_from_slice(buf);
        Ok(())
    }
}

/// Starts the relay on a free port; gives its URL.
fn relay(rcpt: fn() -> Response) -> (Relay, String) {
    let handler = Relay {
        rcpt,
        hellos: Arc::default(),
        data: Arc::default(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let mut server = Server::new(handler.clone());
    server
        .with_name("relay.example")
        .with_tcp_listener(listener);
    thread::spawn(move || server.serve().map_err(|error| error.to_string()));
    (handler, url)
}

fn mailer(url: &str) -> Mailer {
    Mailer::smtp(url, Duration::from_secs(5)).unwrap()
}

#[tokio::test]
async fn a_relay_takes_the_bytes_and_its_connection_is_used_again() {
    let (relay, url) = relay(|| response::OK);
    let mailer = mailer(&url);
    mailer.send(FROM, &outgoing()).await.unwrap();
    assert_eq!(
        String::from_utf8(relay.data.lock().unwrap().clone())
            .unwrap()
            .trim_end(),
        String::from_utf8(formatted(&outgoing()).unwrap())
            .unwrap()
            .trim_end()
    );
    mailer.send(FROM, &outgoing()).await.unwrap();
    assert_eq!(relay.hellos.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn r52_a_refusal_with_5xx_is_permanent_and_its_text_has_no_address() {
    let (_, url) = relay(|| {
        let text = "5.1.1 <ada.lovelace@example.org>: user ada.lovelace unknown";
        Response::custom(550, text.to_owned())
    });
    let error = mailer(&url).send(FROM, &outgoing()).await.unwrap_err();
    assert_eq!((error.kind, error.code), (Failure::Permanent, Some(550)));
    assert!(error.detail.contains("5.1.1"), "{}", error.detail);
    assert!(
        !error.detail.contains("lovelace") && !error.detail.contains('@'),
        "{}",
        error.detail
    );
}

#[tokio::test]
async fn r52_a_refusal_with_4xx_is_temporary() {
    let (_, url) = relay(|| Response::custom(451, "4.7.1 greylisted".to_owned()));
    let error = mailer(&url).send(FROM, &outgoing()).await.unwrap_err();
    assert_eq!((error.kind, error.code), (Failure::Temporary, Some(451)));
}

#[tokio::test]
async fn a_login_asked_for_is_not_the_claimants_fault() {
    let (_, url) = relay(|| response::AUTHENTICATION_REQUIRED);
    let error = mailer(&url).send(FROM, &outgoing()).await.unwrap_err();
    assert_eq!((error.kind, error.code), (Failure::Temporary, Some(530)));
}

#[tokio::test]
async fn no_relay_is_temporary() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = mailer(&url).send(FROM, &outgoing()).await.unwrap_err();
    assert_eq!((error.kind, error.code), (Failure::Temporary, None));
}

#[tokio::test]
async fn a_relay_without_starttls_is_refused_with_advice() {
    let (_, url) = relay(|| response::OK);
    let error = mailer(&format!("{url}?tls=required"))
        .send(FROM, &outgoing())
        .await
        .unwrap_err();
    assert_eq!(error.kind, Failure::Temporary);
    assert!(
        error.detail.contains("does not offer STARTTLS"),
        "{}",
        error.detail
    );
}

#[tokio::test]
async fn a_relay_that_speaks_no_tls_on_smtps_gets_no_mail() {
    let (relay, url) = relay(|| response::OK);
    let url = url.replace("smtp://", "smtps://user:password@");
    let error = mailer(&url).send(FROM, &outgoing()).await.unwrap_err();
    assert_eq!((error.kind, error.code), (Failure::Temporary, None));
    assert!(!error.detail.contains("in time"), "{}", error.detail);
    assert_eq!(relay.hellos.load(Ordering::SeqCst), 0);
}

/// A relay that falls silent after RCPT on its first connection and answers on the others.
fn silent_once() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let connections: Arc<AtomicUsize> = Arc::default();
    let count = Arc::clone(&connections);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let first = count.fetch_add(1, Ordering::SeqCst) == 0;
            let stream = stream.unwrap();
            thread::spawn(move || converse(stream, first));
        }
    });
    (url, connections)
}

fn converse(mut stream: std::net::TcpStream, silent: bool) {
    let reader = BufReader::new(stream.try_clone().unwrap());
    stream.write_all(b"220 relay.example\r\n").unwrap();
    let mut in_data = false;
    for line in reader.lines() {
        let Ok(line) = line else { return };
        let answer: &[u8] = match line.get(..4) {
            _ if in_data && line == "." => b"250 queued\r\n",
            _ if in_data => continue,
            Some("RCPT") if silent => {
                thread::park_timeout(Duration::from_secs(20));
                return;
            }
            Some("DATA") => b"354 go\r\n",
            _ => b"250 ok\r\n",
        };
        in_data = answer.starts_with(b"354") || (in_data && line != ".");
        if stream.write_all(answer).is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_silent_relay_is_temporary_and_its_connection_never_used_again() {
    let (url, connections) = silent_once();
    let mailer = Mailer::smtp(&url, Duration::from_millis(200)).unwrap();
    let error = mailer.send(FROM, &outgoing()).await.unwrap_err();
    assert_eq!((error.kind, error.code), (Failure::Temporary, None));
    assert!(error.detail.contains("in time"), "{}", error.detail);
    let accepted = mailer.send(FROM, &outgoing()).await.unwrap();
    assert_eq!(accepted.response, "queued");
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

/// A name server that knows a few names. Answers are (type, rdata), by name; none: NXDOMAIN.
struct NameServer {
    names: Vec<(&'static str, Vec<Record>)>,
}

/// Type and rdata.
type Record = (u16, Vec<u8>);

const A: u16 = 1;
const MX: u16 = 15;
const AAAA: u16 = 28;

fn labels(name: &str) -> Vec<u8> {
    let labels = name.split('.').filter(|label| !label.is_empty());
    let mut bytes: Vec<u8> = labels
        .flat_map(|label| {
            let length = u8::try_from(label.len()).unwrap();
            std::iter::once(length).chain(label.bytes())
        })
        .collect();
    bytes.push(0);
    bytes
}

fn mx(preference: u8, host: &str) -> Record {
    (MX, [vec![0, preference], labels(host)].concat())
}

impl NameServer {
    fn start(self) -> std::net::SocketAddr {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let place = socket.local_addr().unwrap();
        thread::spawn(move || {
            let mut query = [0; 512];
            while let Ok((_, from)) = socket.recv_from(&mut query) {
                socket.send_to(&self.answer(&query), from).unwrap();
            }
        });
        place
    }

    fn answer(&self, query: &[u8]) -> Vec<u8> {
        let end = 12 + query[12..].iter().position(|byte| *byte == 0).unwrap() + 1;
        let (name, kind) = (
            &query[12..end],
            u16::from_be_bytes([query[end], query[end + 1]]),
        );
        let is_name = |known: &str| labels(known).eq_ignore_ascii_case(name);
        let known = self.names.iter().find(|(known, _)| is_name(known));
        let records: Vec<_> = known
            .map(|(_, records)| records.iter().filter(|(of, _)| *of == kind).collect())
            .unwrap_or_default();
        let code = match known {
            Some(("broken.example", _)) => 2,
            Some(_) => 0,
            None => 3,
        };
        let mut answer = query[..2].to_vec();
        answer.extend([
            0x81,
            0x80 | code,
            0,
            1,
            0,
            u8::try_from(records.len()).unwrap(),
            0,
            0,
            0,
            0,
        ]);
        answer.extend(&query[12..end + 4]);
        for (kind, data) in records {
            answer.extend([0xC0, 12]);
            answer.extend(kind.to_be_bytes());
            answer.extend([0, 1, 0, 0, 0, 60]);
            answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            answer.extend(data);
        }
        answer
    }
}

/// Direct delivery that asks this name server.
fn asking(place: std::net::SocketAddr) -> Mx {
    use hickory_resolver::{TokioResolver, config, net::runtime::TokioRuntimeProvider};
    let mut udp = config::ConnectionConfig::udp();
    udp.port = place.port();
    let mut server = config::NameServerConfig::udp(place.ip());
    server.connections = vec![udp];
    let config = config::ResolverConfig::from_name_servers(vec![server]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    builder.options_mut().timeout = Duration::from_millis(500);
    builder.options_mut().attempts = 1;
    builder.options_mut().edns0 = false;
    let settings = MxSettings {
        tls: MxTls::None,
        hello: None,
        timeout: Duration::from_secs(2),
        overrides: Vec::new(),
    };
    Mx::with_resolver(settings, Some(builder.build().unwrap()))
}

fn known_names() -> NameServer {
    NameServer {
        names: vec![
            (
                "three.example",
                vec![mx(20, "c.example"), mx(5, "a.example"), mx(10, "b.example")],
            ),
            ("bare.example", vec![(A, vec![192, 0, 2, 7])]),
            ("null.example", vec![mx(0, "")]),
            ("broken.example", vec![]),
            (
                "a.example",
                vec![(A, vec![93, 184, 216, 34]), (AAAA, vec![0x2a; 16])],
            ),
            ("inside.example", vec![mx(1, "host.inside.example")]),
            (
                "host.inside.example",
                vec![(A, vec![10, 0, 0, 1]), (A, vec![127, 0, 0, 1])],
            ),
        ],
    }
}

#[tokio::test]
async fn servers_of_a_domain_are_found_as_rfc_5321_and_7505_say() {
    let place = known_names().start();
    let mx = asking(place);
    let hosts = async |domain: &str| {
        mx.hosts(domain)
            .await
            .map_err(|error| (error.kind, error.code))
    };
    assert_eq!(
        hosts("three.example").await.unwrap(),
        ["a.example.", "b.example.", "c.example."],
        "by preference"
    );
    assert_eq!(
        hosts("bare.example").await.unwrap(),
        ["bare.example."],
        "the domain itself"
    );
    let nowhere = Err((Failure::Permanent, Some(556)));
    assert_eq!(hosts("null.example").await, nowhere);
    assert_eq!(hosts("nothing.example").await, nowhere);
    assert_eq!(
        hosts("broken.example").await,
        Err((Failure::Temporary, None))
    );
    let both = mx.addresses("a.example.").await.unwrap();
    assert!(
        both.iter().any(IpAddr::is_ipv4) && both.iter().any(IpAddr::is_ipv6),
        "{both:?}"
    );

    let mut message = outgoing();
    message.mail.to = "ada@inside.example".into();
    let error = Mailer::Mx(mx).send(FROM, &message).await.unwrap_err();
    assert_eq!(
        (error.kind, error.blame),
        (Failure::Permanent, Blame::Recipient)
    );
    assert!(
        error.detail.contains("no public address"),
        "{}",
        error.detail
    );
}

#[tokio::test]
async fn name_servers_that_are_silent_are_the_domains_trouble() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mx = Mailer::Mx(asking(silent.local_addr().unwrap()));
    let error = mx.send(FROM, &outgoing()).await.unwrap_err();
    assert_eq!(
        (error.kind, error.blame),
        (Failure::Temporary, Blame::Domain)
    );
}

#[test]
fn an_smtp_url_is_read_strictly() {
    let timeout = Mailer::TIMEOUT;
    for good in [
        "smtp://127.0.0.1:2525",
        "smtp://localhost",
        "smtp://[::1]:25",
        "smtp://u:p@127.0.0.1",
        "smtp://u:p%40ss@relay.example",
        "smtp://u:p@relay.example:587?tls=required",
        "smtps://u:p@relay.example",
        "smtp://relay.example?tls=none",
        "smtp://relay.example?tls=opportunistic",
    ] {
        assert!(Smtp::new(good, timeout).is_ok(), "{good}");
    }
    for (bad, why) in [
        ("", BadSmtpUrl::Form),
        ("relay.example:25", BadSmtpUrl::Form),
        ("smtp://", BadSmtpUrl::Form),
        ("smtp://u@relay.example", BadSmtpUrl::Form),
        ("smtp://relay.example/name", BadSmtpUrl::Form),
        ("http://relay.example", BadSmtpUrl::Scheme),
        ("smtp://relay.example?tls=maybe", BadSmtpUrl::Query),
        ("smtps://relay.example?tls=none", BadSmtpUrl::Query),
        (
            "smtp://u:p@relay.example?tls=none",
            BadSmtpUrl::PasswordInClear,
        ),
        (
            "smtp://u:p@relay.example?tls=opportunistic",
            BadSmtpUrl::PasswordInClear,
        ),
    ] {
        assert_eq!(Smtp::new(bad, timeout).err(), Some(why), "{bad}");
    }
}

#[test]
fn nothing_personal_or_secret_shows_in_debug() {
    let mailer = mailer("smtp://user:secret@127.0.0.1");
    let Mailer::Smtp(smtp) = &mailer else {
        panic!("not SMTP")
    };
    let shown = format!("{mailer:?} {smtp:?} {:?}", outgoing());
    for word in ["secret", "user", "ada", "123456", "7K3M"] {
        assert!(!shown.contains(word), "{word} in {shown}");
    }
}
