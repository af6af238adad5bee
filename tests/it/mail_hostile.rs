//! What people may type, from the sign-up to the bytes on the wire: one mail each, with the template's headers
//! and no others (issue 4; it covers the advisory on lettre of DESIGN 6 too).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{TimeZone, Utc};
use joinder::domain::language::Language;
use joinder::domain::mail::{Mail, MailKind};
use joinder::mailer::{Mailer, OutgoingMail};
use serde_json::{Value, json};

use crate::app::{TestApp, number};
use crate::claimant::SignUpBuilder;
use crate::mail_faults::{send, signer};
use crate::sink::{Sink, Taken, Way};

/// Line ends, ends of mails, commands, headers, code that readers may believe, letters that look like others.
const SEEDS: [&str; 27] = [
    "\r\nBcc: victim@example.org",
    "\nBcc: victim@example.org\n",
    "\rBcc: victim@example.org",
    "\n.\n",
    "\r\n.\r\n",
    "\n.\r\nMAIL FROM:<a@example.org>\r\n",
    "\r\n.\r\nRCPT TO:<a@example.org>\r\nDATA\r\n",
    "\u{0}",
    "\u{1b}[2J",
    "\u{85}",
    "\u{2028}Bcc: a@example.org\u{2029}",
    "\u{202e}gro.elpmaxe@live",
    "\u{200b}\u{feff}",
    "=?utf-8?Q?=0D=0ABcc:_a@example.org?=",
    "=?utf-8?B?DQpCY2M6IGFAZXhhbXBsZS5vcmc=?=",
    "%0d%0aBcc:%20a@example.org",
    "%s%n%x",
    "\"quoted\"",
    "\"a\r\nb\"",
    "'; DROP TABLE outbox; --",
    "<b@example.org>, <c@example.org>",
    "> SIZE=1 BODY=8BITMIME",
    "(comment\\)",
    "раураl",
    "ùgo@è.it",
    "{{7*7}}${7*7}<script>",
    "To: x@example.org",
];

/// Addresses of every kind: the seeds before, in and after both parts, alone, much too long; and honest ones
/// that look odd.
fn addresses() -> Vec<String> {
    let long = |length: usize| "x".repeat(length);
    let mut all: Vec<String> = SEEDS
        .iter()
        .enumerate()
        .flat_map(|(place, seed)| {
            [
                format!("{seed}p{place}@own.example"),
                format!("p{place}{seed}@own.example"),
                format!("p{place}@{seed}own.example"),
                format!("p{place}@own.example{seed}"),
                format!("Ada {seed} <p{place}@own.example>"),
                format!("p{place}@own{seed}.example"),
            ]
        })
        .collect();
    for odd in [
        "o'brien",
        "a+b",
        "a%b",
        "a!b",
        "a=b",
        "a/b",
        "a?b",
        "a{b}",
        "a|b",
        "a~b",
        "a^b",
        "a`b",
        "a#b",
        "a$b",
        "a&b",
        "a*b",
        "a_b",
        "-",
        "--",
        "a-",
        "=?utf-8?Q?x?=",
        "bcc",
        "mail",
        "data",
        "%0d%0a",
        "X",
    ] {
        all.push(format!("{odd}@own.example"));
    }
    for domain in [
        "è.example",
        "xn--8ca.example",
        "пример.example",
        "OWN.Example",
        "a.b.c.d.example",
        "例え.example",
    ] {
        all.push(format!("idn@{domain}"));
    }
    all.push(format!("{}@own.example", long(64)));
    all.push(format!("{}@own.example", long(65)));
    all.push(format!("long@{}.example", long(63)));
    all.push(format!("long@{}.example", long(64)));
    all.push(format!("{}@own.example", long(10_000)));
    all.push("\r\n".repeat(2_000));
    all
}

/// The template's headers, in their order.
fn names(mail: &str) -> Vec<String> {
    let head = mail.split("\r\n\r\n").next().unwrap();
    let fields = head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']));
    fields
        .map(|line| line.split(':').next().unwrap().to_owned())
        .collect()
}

fn header<'a>(mail: &'a str, name: &str) -> &'a str {
    let line = mail.split("\r\n").find_map(|line| line.strip_prefix(name));
    line.unwrap().trim_start_matches(": ")
}

#[track_caller]
fn assert_clean(mail: &Taken, expected: &[String]) {
    assert_eq!(names(&mail.text), expected, "{}", mail.to);
    assert_eq!(header(&mail.text, "To"), mail.to);
    assert!(
        mail.text.is_ascii() && !mail.text.contains('\0'),
        "{}",
        mail.to
    );
    for line in mail.text.split("\r\n") {
        assert!(
            !line.contains(['\r', '\n']) && line.len() <= 998,
            "{}: {line:?}",
            mail.to
        );
    }
}

/// Nothing was said to the server but what a conversation needs, each line ended by CRLF alone.
fn assert_spoken_cleanly(sink: &Sink, mails: usize) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for line in sink.commands() {
        let line = String::from_utf8(line).unwrap();
        let said = line
            .strip_suffix("\r\n")
            .unwrap_or_else(|| panic!("{line:?}"));
        assert!(
            !said.contains(['\r', '\n', '\0']) && said.is_ascii(),
            "{said:?}"
        );
        let verb = said.split(' ').next().unwrap();
        assert!(
            ["EHLO", "MAIL", "RCPT", "DATA", "RSET", "QUIT", "NOOP"].contains(&verb),
            "{said:?}"
        );
        if verb == "RCPT" {
            assert!(
                said.starts_with("RCPT TO:<") && said.matches(['<', '>']).count() == 2,
                "{said:?}"
            );
        }
        *counts.entry(verb.to_owned()).or_default() += 1;
    }
    assert_eq!([counts["MAIL"], counts["RCPT"], counts["DATA"]], [mails; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_typed_gives_one_mail_with_the_templates_headers_or_none() {
    for way in Way::BOTH {
        let app = TestApp::seeded().await;
        let sink = Sink::start().await;
        app.sign_up(&SignUpBuilder::new("model@own.example")).await;
        send(&app, way.mailer(&sink)).await;
        let model = names(&sink.taken()[0].text);

        let typed = addresses();
        assert!(typed.len() >= 200);
        let mut accepted = BTreeSet::from(["model@own.example".to_owned()]);
        for (place, address) in typed.iter().enumerate() {
            let seed = SEEDS[place % SEEDS.len()];
            let builder = SignUpBuilder::new(address).with("/via", json!(seed));
            let answer = app.try_sign_up(&builder).await;
            // what is said of where the person came from must not keep an honest address out of the test
            let answer = if answer.status == 422 && !address_is_wrong(&answer.body) {
                app.try_sign_up(&SignUpBuilder::new(address)).await
            } else {
                answer
            };
            let status = answer.status.as_u16();
            assert!(
                [201, 400, 422].contains(&status),
                "{address:?}: {status} {}",
                answer.body
            );
            if status == 201 {
                let (local, domain) = address.trim().rsplit_once('@').unwrap();
                accepted.insert(format!("{local}@{}", domain.to_lowercase()));
            }
        }
        let signed_up = number(&app, "SELECT count(*) FROM claimants").await;
        assert!((30..150).contains(&accepted.len()), "{way:?}: {accepted:?}");
        send(&app, way.mailer(&sink)).await;
        let taken = sink.taken();
        // one address is one mail, however often it is written: within its cap
        let waiting = number(&app, "SELECT count(*) FROM outbox").await;
        assert_eq!(
            i64::try_from(taken.len()).unwrap() + waiting,
            signed_up,
            "{way:?}"
        );
        assert_eq!(
            number(&app, "SELECT count(*) FROM outbox WHERE state = 'dead'").await,
            0
        );
        assert_eq!(sink.copies().len(), taken.len(), "{way:?}: each once");
        for mail in &taken {
            assert_clean(mail, &model);
        }
        assert_spoken_cleanly(&sink, taken.len());
        let reached: BTreeSet<&str> = taken.iter().map(|mail| mail.to.as_str()).collect();
        for address in accepted.iter().filter(|address| address.is_ascii()) {
            assert!(reached.contains(address.as_str()), "{way:?}: {address}");
        }
        eprintln!(
            "{way:?}: {} typed, {} accepted, {} mails",
            typed.len(),
            signed_up,
            taken.len()
        );
        app.stop().await;
    }
}

fn address_is_wrong(body: &Value) -> bool {
    let errors = body["errors"].as_array().unwrap();
    errors
        .iter()
        .any(|error| error["pointer"] == "/contact/email")
}

/// What no sign-up lets through, given to the mailer itself.
fn outgoing(hostile: &str, place: usize) -> OutgoingMail {
    OutgoingMail {
        from: (hostile.to_owned(), "noreply@joinder.example".to_owned()),
        mail: Mail {
            kind: MailKind::Confirmation,
            language: Language::It,
            to: format!("p{place}@own.example"),
            subject: hostile.to_owned(),
            text: format!("{hostile}\n.\n{hostile}"),
            html: format!("<p>{hostile}</p>"),
            mail_code: hostile.to_owned(),
            attachments: Vec::new(),
            unsubscribe: None,
        },
        message_id: format!("<{place}@joinder.example>"),
        date: Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).unwrap(),
        dkim: Some(signer()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_cross_the_wire_as_text_and_hostile_addresses_not_at_all() {
    for way in Way::BOTH {
        let sink = Sink::start().await;
        let mailer: Mailer = way.patient(&sink);
        let sender = "bounces+tag@joinder.example";
        mailer.send(sender, &outgoing("Codacons", 0)).await.unwrap();
        let model = names(&sink.taken()[0].text);
        let mut place = 0;
        for seed in SEEDS {
            for repeated in [1, 3, 9, 40] {
                for around in ["", "Mario Rossi "] {
                    place += 1;
                    let name = format!("{around}{}", seed.repeat(repeated));
                    mailer.send(sender, &outgoing(&name, place)).await.unwrap();
                }
            }
        }
        assert!(place >= 200);
        let taken = sink.taken();
        assert_eq!((taken.len(), sink.copies().len()), (place + 1, place + 1));
        for mail in &taken {
            assert_clean(mail, &model);
        }
        assert_spoken_cleanly(&sink, place + 1);

        let before = sink.commands().len();
        for seed in SEEDS
            .iter()
            .filter(|seed| seed.contains(['\r', '\n', '\0', ' ', '<', '"']))
        {
            for bad in [
                format!("p@own.example{seed}"),
                format!("{seed}p@own.example"),
            ] {
                let mut message = outgoing("Codacons", 0);
                message.mail.to.clone_from(&bad);
                mailer.send(sender, &message).await.unwrap_err();
                mailer
                    .send(&bad, &outgoing("Codacons", 0))
                    .await
                    .unwrap_err();
            }
        }
        assert_eq!(sink.commands().len(), before, "{way:?}: not a word");
    }
}
