//! Why a receiver may believe our mails: signed by the sender's domain (DKIM, RFC 6376), and not sent in clear
//! (issue 4).

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use data_encoding::BASE64;
use joinder::mailer::{Mailer, MxSettings, MxTls};

use crate::app::TestApp;
use crate::claimant::SignUpBuilder;
use crate::mail_faults::{send, signer};
use crate::sink::{Sink, Way};

/// Verifies a mail as its receiver would (RFC 6376, 6.1.3), written apart from what signs: by characters, from
/// the last line of the head to the first.
fn verify(mail: &str, record: &str) -> Result<(), &'static str> {
    let (head, body) = mail.split_once("\r\n\r\n").ok_or("no body")?;
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let fields: Vec<(String, String)> = unfolded
        .split("\r\n")
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| {
            (
                name.trim().to_lowercase(),
                squeezed(value).trim().to_owned(),
            )
        })
        .collect();
    let (_, own) = fields
        .iter()
        .find(|(name, _)| name == "dkim-signature")
        .ok_or("not signed")?;
    let tags: BTreeMap<&str, String> = own
        .split(';')
        .map(|tag| tag.split_once('=').unwrap())
        .map(|(name, value)| (name.trim(), value.replace(' ', "")))
        .collect();
    assert_eq!(
        (tags["v"].as_str(), tags["a"].as_str()),
        ("1", "rsa-sha256")
    );
    assert_eq!(tags["c"], "relaxed/relaxed");

    let lines: Vec<String> = body
        .split("\r\n")
        .map(|line| squeezed(line).trim_end().to_owned())
        .collect();
    let body = format!("{}\r\n", lines.join("\r\n").trim_end_matches("\r\n"));
    if BASE64.encode(digest(&SHA256, body.as_bytes()).as_ref()) != tags["bh"] {
        return Err("the text is another");
    }

    let mut left: Vec<&(String, String)> = fields.iter().collect();
    let mut signed = String::new();
    for wanted in tags["h"].split(':') {
        if let Some(place) = left.iter().rposition(|(name, _)| name == wanted) {
            let (name, value) = left.remove(place);
            signed.push_str(&format!("{name}:{value}\r\n"));
        }
    }
    let end = own.find("; b=").unwrap() + 4;
    signed.push_str(&format!("dkim-signature:{}", &own[..end]));
    let public = record.split("p=").nth(1).unwrap();
    let public = BASE64.decode(public.as_bytes()).unwrap();
    let signature = BASE64
        .decode(tags["b"].as_bytes())
        .map_err(|_| "no signature")?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, spki(&public))
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| "the head is another")
}

/// The key in a SubjectPublicKeyInfo: what is left after its algorithm (RFC 5280, 4.1).
fn spki(der: &[u8]) -> &[u8] {
    let rsa = [
        0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
    ];
    let place = der.windows(rsa.len()).position(|part| part == rsa).unwrap();
    // BIT STRING, a length of two bytes, no unused bits
    &der[place + rsa.len() + 5..]
}

/// White space as one space.
fn squeezed(text: &str) -> String {
    let mut out = String::new();
    for letter in text
        .chars()
        .map(|letter| if letter == '\t' { ' ' } else { letter })
    {
        if letter != ' ' || !out.ends_with(' ') {
            out.push(letter);
        }
    }
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_are_signed_as_rfc_6376_says_and_nothing_can_be_changed_or_added() {
    for way in Way::BOTH {
        let app = TestApp::seeded().await;
        let sink = Sink::start().await;
        app.sign_up(&SignUpBuilder::new("ada.lovelace@own.example"))
            .await;
        send(&app, way.mailer(&sink)).await;
        let mail = sink.taken()[0].text.clone();
        let record = signer().record();
        verify(&mail, &record).unwrap();
        let first = mail.lines().next().unwrap();
        assert!(
            first.starts_with("DKIM-Signature: v=1;") && first.contains("d=joinder.example"),
            "{mail}"
        );
        let made = app
            .number("SELECT extract(epoch FROM created_at)::bigint FROM claimants")
            .await;
        assert!(
            mail.contains(&format!("t={made};")),
            "the time is the row's: {mail}"
        );

        let head =
            |change: &str| mail.replacen("\r\nFrom: ", &format!("\r\n{change}\r\nFrom: "), 1);
        for added in [
            "From: a@b.example",
            "Subject: other",
            "Reply-To: a@b.example",
            "List-Unsubscribe: <x>",
        ] {
            assert_eq!(
                verify(&head(added), &record),
                Err("the head is another"),
                "{added}"
            );
        }
        verify(&head("X-Scanned: yes"), &record).unwrap();
        let (from, to) = ("ada.lovelace@own.example", "eve@own.example");
        assert_eq!(
            verify(&mail.replacen(from, to, 1), &record),
            Err("the head is another")
        );
        let other = mail.replacen("Content-Transfer-Encoding", "Content-transfer-encoding", 1);
        assert_eq!(verify(&other, &record), Err("the text is another"));
        let wider = mail.replacen("Subject: ", "Subject:  \t", 1);
        verify(&wider, &record).unwrap();
        app.stop().await;
    }
}

fn direct(sink: &Sink, tls: MxTls) -> Mailer {
    let settings = MxSettings {
        tls,
        hello: Some("joinder.example".to_owned()),
        timeout: Duration::from_secs(5),
        overrides: vec![("*".to_owned(), sink.addr)],
    };
    Mailer::mx(settings).unwrap()
}

fn relay(sink: &Sink, tls: &str) -> Mailer {
    let url = format!("smtp://{}?tls={tls}", sink.addr);
    Mailer::smtp(&url, Duration::from_secs(5)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_a_certificate_of_its_own_making_gets_mails_encrypted() {
    let app = TestApp::seeded().await;
    let sink = Sink::encrypted().await;
    let ways = [
        direct(&sink, MxTls::Required),
        direct(&sink, MxTls::Opportunistic),
        relay(&sink, "opportunistic"),
    ];
    for (place, mailer) in ways.into_iter().enumerate() {
        let address = format!("person{place}@own.example");
        app.sign_up(&SignUpBuilder::new(&address)).await;
        send(&app, mailer).await;
        let taken = sink.taken();
        assert_eq!(
            taken.len(),
            place + 1,
            "{:?}",
            app.rows("SELECT last_error FROM outbox").await
        );
        assert!(taken[place].is_encrypted && taken[place].to == address);
    }
    // what was said in clear tells nobody who writes to whom
    let greeted = sink.commands();
    let first = greeted
        .iter()
        .position(|line| line.starts_with(b"STARTTLS"))
        .unwrap();
    assert!(
        greeted[..first]
            .iter()
            .all(|line| line.starts_with(b"EHLO"))
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_proves_nothing_gets_no_mail_where_proof_is_wanted() {
    for (name, strict) in [("direct", true), ("relay", false)] {
        let app = TestApp::seeded().await;
        let sink = Sink::encrypted().await;
        let mailer = if strict {
            direct(&sink, MxTls::Verified)
        } else {
            relay(&sink, "required")
        };
        app.sign_up(&SignUpBuilder::new("ada@own.example")).await;
        send(&app, mailer).await;
        assert!(sink.taken().is_empty(), "{name}");
        let left = app.rows("SELECT state, last_error FROM outbox").await;
        assert_eq!(left[0][0].as_deref(), Some("due"), "{name}");
        let error = left[0][1].clone().unwrap();
        assert!(
            error.to_lowercase().contains("certificate"),
            "{name}: {error}"
        );
        assert!(
            !sink.commands().iter().any(|line| line.starts_with(b"MAIL")),
            "{name}"
        );
        app.stop().await;
    }
}
