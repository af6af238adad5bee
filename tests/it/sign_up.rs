//! Signing up by API: what is asked, one effect for one key, hostile input.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::join_all;
use joinder::app::{operator, sign_up};
use joinder::domain::consent::Channel;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::app::TestApp;
use crate::claimant::{SignUpBuilder, ask, mario, signed_up};
use crate::seed::CASE;

const CLAIMANTS: &str = "SELECT count(*) FROM claimants";

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(pointer, code): &(&str, &str)| ((*pointer).to_owned(), (*code).to_owned());
    pairs.iter().map(owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_is_short_and_answers_with_a_reference() {
    let app = TestApp::seeded().await;
    let answer = app
        .try_sign_up(&SignUpBuilder::new("maria@example.org"))
        .await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    let body = answer.expect(201);
    assert_eq!(body.as_object().unwrap().len(), 4);
    let made = signed_up(&body);
    assert_eq!(
        (made.reference.len(), made.state.as_str()),
        (12, "unconfirmed")
    );
    assert_eq!(app.run_outbox().await, 1);
    let mail = app.mail_about(&made);
    assert!(
        mail.contains("Codacons") && !mail.contains("maria"),
        "{mail}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r17_while_a_domain_is_held_its_addresses_need_a_second_channel() {
    let app = TestApp::seeded().await;
    let elsewhere = SignUpBuilder::new("maria@libero.it")
        .with("/mailboxes/0", json!({"address": "anna@libero.it"}));
    let same = SignUpBuilder::new("caduta@libero.it");
    app.sign_up(&elsewhere.clone().key("before")).await;
    app.sign_up(&same.clone().key("before-too")).await;
    assert!(operator::hold_mail(&app.ctx, "libero.it").await.unwrap());

    let refused = app.try_sign_up(&elsewhere).await.wrong_fields();
    assert_eq!(
        refused,
        fields(&[("/contact/phone", "second_channel_required")])
    );
    let refused = app.try_sign_up(&same).await.wrong_fields();
    assert_eq!(refused, fields(&[("/contact/email", "same_as_mailbox")]));
    let phone = json!("+39 333 1234567");
    app.sign_up(&elsewhere.with("/contact/phone", phone.clone()))
        .await;
    app.sign_up(&same.with("/contact/phone", phone)).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r17_while_an_incident_runs_the_same_holds_without_a_hold() {
    let app = TestApp::seeded().await;
    app.sql("UPDATE incidents SET ends_at = NULL").await;
    let builder = SignUpBuilder::new("caduta@libero.it");
    let refused = app.try_sign_up(&builder).await.wrong_fields();
    assert_eq!(refused, fields(&[("/contact/email", "same_as_mailbox")]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r17_afterwards_a_contact_that_may_fail_is_taken_with_a_notice() {
    let app = TestApp::seeded().await;
    let fine = SignUpBuilder::new("maria@example.org").key("fine");
    let body = app.try_sign_up(&fine).await.expect(201);
    assert_eq!(body["notices"], json!([]));
    let same = SignUpBuilder::new("caduta@libero.it").key("same");
    let first = app.try_sign_up(&same).await.expect(201);
    let notices = first["notices"].as_array().unwrap();
    let codes: Vec<_> = notices.iter().map(|notice| &notice["code"]).collect();
    assert_eq!(codes, ["contact_on_affected_domain", "contact_is_mailbox"]);
    for notice in notices {
        assert!(
            notice["message"].as_str().unwrap().contains("recapito"),
            "{notice}"
        );
    }
    assert_eq!(app.try_sign_up(&same).await.expect(201), first, "a replay");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r17_nobody_is_turned_away_without_an_address() {
    let app = TestApp::seeded().await;
    let base = SignUpBuilder::new("x@example.org").without("/contact/email");
    let by_phone = base
        .clone()
        .with("/contact/phone", json!("+393331234567"))
        .key("a");
    assert_eq!(app.sign_up(&by_phone).await.state, "to_assist");
    let address = json!({"name": "Maria Rossi", "street": "Via Roma", "number": "1", "postal_code": "00184", "city": "Roma", "province": "RM"});
    let by_post = base
        .clone()
        .with("/contact/postal_ok", json!(true))
        .with("/contact/postal_address", address)
        .key("b");
    assert_eq!(app.sign_up(&by_post).await.state, "to_assist");
    let nothing = app.try_sign_up(&base.key("c")).await.wrong_fields();
    assert!(
        nothing
            .iter()
            .all(|(pointer, _)| pointer.starts_with("/contact")),
        "{nothing:?}"
    );
    assert_eq!(app.run_outbox().await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r19_and_r20_consents_are_asked_one_by_one_and_the_newsletter_never_required() {
    let app = TestApp::seeded().await;
    let builder = SignUpBuilder::new("maria@example.org");
    let refused = builder.clone().with("/consents/0/given", json!(false));
    let wrong = app.try_sign_up(&refused).await.wrong_fields();
    assert_eq!(wrong, fields(&[("/consents/0/given", "not_accepted")]));
    let left_out = builder.clone().with("/consents", json!([]));
    let wrong = app.try_sign_up(&left_out).await.wrong_fields();
    let missing = ("/consents", "not_accepted");
    assert_eq!(
        wrong,
        fields(&[missing, missing]),
        "one for each, named by its message"
    );
    let old = builder.clone().with("/consents/1/text_version", json!("0"));
    let wrong = app.try_sign_up(&old).await.wrong_fields();
    assert_eq!(
        wrong,
        fields(&[("/consents/1/text_version", "unknown_value")])
    );

    app.sign_up(&builder).await;
    let rows = app.rows("SELECT purpose, text_version, given, channel, evidence IS NOT NULL FROM consents ORDER BY purpose").await;
    let cell = |text: &str| Some(text.to_owned());
    let row = |purpose: &str| vec![cell(purpose), cell("1"), cell("t"), cell("api"), cell("t")];
    assert_eq!(rows, [row("contact"), row("privacy_notice")]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r28_the_scope_table_decides_on_each_mailbox() {
    let app = TestApp::seeded().await;
    let mailboxes = json!([
        {"address": "a@libero.it"}, {"address": "b@giallo.it"}, {"address": "c@tin.it"}, {"address": "d@azienda.example"}
    ]);
    let builder = SignUpBuilder::new("maria@example.org").with("/mailboxes", mailboxes);
    let me = app.confirmed(&builder).await.me().await;
    let treatments: Vec<&str> = me["mailboxes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mailbox| mailbox["treatment"].as_str().unwrap())
        .collect();
    assert_eq!(treatments, ["in_scope", "verify", "review", "review"]);
    let pec = SignUpBuilder::new("maria@example.org")
        .with("/mailboxes/1", json!({"address": "maria@pec.libero.it"}));
    let wrong = app.try_sign_up(&pec).await.wrong_fields();
    assert_eq!(wrong.len(), 1);
    assert_eq!(wrong[0].0, "/mailboxes/1/address");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r29_an_alias_is_not_counted_and_names_its_mailbox() {
    let app = TestApp::seeded().await;
    let builder = SignUpBuilder::new("maria@example.org").with(
        "/mailboxes/1",
        json!({"address": "soprannome@libero.it", "alias_of": "caduta@libero.it"}),
    );
    let me = app.confirmed(&builder).await.me().await;
    assert_eq!(me["mailboxes"][1]["alias"], true);
    assert_eq!(app.number("SELECT mailbox_count FROM claimants").await, 1);
    let lost = builder
        .key("other")
        .with("/mailboxes/1/alias_of", json!("nessuno@libero.it"));
    let wrong = app.try_sign_up(&lost).await.wrong_fields();
    assert_eq!(wrong, fields(&[("/mailboxes/1/alias_of", "unknown_value")]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_is_named_at_once_in_the_language_asked_for() {
    let app = TestApp::seeded().await;
    let builder = SignUpBuilder::new("nobody")
        .association("nessuna")
        .with("/mailboxes/0", json!({"address": "", "plan": "gold"}))
        .with("/contact/language", json!("fr"));
    let wrong: BTreeSet<_> = app
        .try_sign_up(&builder)
        .await
        .wrong_fields()
        .into_iter()
        .collect();
    let expected = fields(&[
        ("/association", "unknown_value"),
        ("/contact/email", "format"),
        ("/contact/language", "unknown_value"),
        ("/mailboxes/0/address", "required"),
        ("/mailboxes/0/plan", "unknown_value"),
    ]);
    assert_eq!(wrong, expected.into_iter().collect());

    let messages = async |language: &str| {
        let request = app
            .sign_up_request(&builder)
            .header("accept-language", language);
        let body = ask(request).await.expect(422);
        body["errors"][0]["message"].as_str().unwrap().to_owned()
    };
    let (italian, english) = (messages("it").await, messages("en").await);
    assert!(
        italian != english && !english.starts_with("error-") && !italian.starts_with("error-"),
        "{italian} {english}"
    );
    assert_eq!(app.number(CLAIMANTS).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_another_shape_is_told_apart() {
    let app = TestApp::seeded().await;
    let builder = SignUpBuilder::new("maria@example.org");
    for (pointer, value) in [
        ("/surprise", json!(1)),
        ("/contact/fax", json!("1")),
        ("/mailboxes/0/size", json!(3)),
    ] {
        let unknown = builder.clone().with(pointer, value);
        assert_eq!(
            app.try_sign_up(&unknown).await.wrong_fields(),
            fields(&[(pointer, "unknown_field")])
        );
    }
    let number = builder.clone().with("/association", json!(7));
    assert_eq!(
        app.try_sign_up(&number).await.wrong_fields(),
        fields(&[("/association", "format")])
    );

    let path = format!("/api/v1/public/cases/{CASE}/claimants");
    let send = async |kind: &str, body: Vec<u8>| {
        let request = app
            .request(Method::POST, &path)
            .header("idempotency-key", "k");
        ask(request.header("content-type", kind).body(body)).await
    };
    send("application/json", b"{\"association\":".to_vec())
        .await
        .expect_problem(400, "malformed");
    send("application/json", b"{\"a\":".to_vec())
        .await
        .expect_problem(400, "malformed");
    send("application/json", b"{} {}".to_vec())
        .await
        .expect_problem(400, "malformed");
    send("application/json", b"\xff\xfe".to_vec())
        .await
        .expect_problem(400, "malformed");
    send("text/plain", b"{}".to_vec())
        .await
        .expect_problem(415, "unsupported-media-type");
    let large = format!("{{\"via\": \"{}\"}}", "a".repeat(70_000));
    send("application/json", large.into_bytes())
        .await
        .expect_problem(413, "too-large");

    let keyless = app.request(Method::POST, &path).json(&builder.body);
    ask(keyless).await.expect_problem(400, "idempotency-key");
    for key in ["", "with space", &"k".repeat(129)] {
        let request = app
            .request(Method::POST, &path)
            .json(&builder.body)
            .header("idempotency-key", key);
        ask(request).await.expect_problem(400, "idempotency-key");
    }
    assert_eq!(app.number(CLAIMANTS).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r10_to_r12_the_case_and_the_association_decide_whether_there_are_sign_ups() {
    let app = TestApp::seeded().await;
    let builder = SignUpBuilder::new("maria@example.org");
    app.sign_up(&builder.clone().association("consumerismo").key("interest"))
        .await;
    app.sql("UPDATE associations SET status = 'suspended' WHERE slug = 'codacons'")
        .await;
    app.try_sign_up(&builder)
        .await
        .expect_problem(409, "illegal-transition");
    app.sql("UPDATE associations SET status = 'active'; UPDATE cases SET state = 'closed'")
        .await;
    app.try_sign_up(&builder)
        .await
        .expect_problem(409, "illegal-transition");
    app.sql("UPDATE cases SET state = 'draft'").await;
    app.try_sign_up(&builder)
        .await
        .expect_problem(404, "not-found");
    app.sql("UPDATE cases SET state = 'pre_registration'").await;
    app.sign_up(&builder).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_the_same_key_gives_the_same_answer_and_one_record() {
    let app = TestApp::seeded().await;
    let builder = SignUpBuilder::new("maria@example.org").key("once");
    let first = app.sign_up(&builder).await;
    assert_eq!(app.sign_up(&builder).await, first);
    // also where the case takes no new ones by now
    app.sql("UPDATE cases SET state = 'closed'").await;
    assert_eq!(app.sign_up(&builder).await, first);
    app.sql("UPDATE cases SET state = 'open'").await;
    let other = builder
        .clone()
        .with("/contact/email", json!("anna@example.org"));
    app.try_sign_up(&other)
        .await
        .expect_problem(422, "idempotency-mismatch");
    assert_eq!(app.number(CLAIMANTS).await, 1);

    app.clock().advance(TimeDelta::hours(25));
    assert_ne!(app.sign_up(&builder).await, first);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_twenty_at_once_with_one_key_are_one_record() {
    let app = TestApp::seeded().await;
    let builder = SignUpBuilder::new("maria@example.org").key("at-once");
    let answers = join_all((0..20).map(|_| app.try_sign_up(&builder))).await;
    let made: BTreeSet<String> = answers
        .into_iter()
        .map(|answer| answer.expect(201).to_string())
        .collect();
    assert_eq!(made.len(), 1);
    assert_eq!(app.number(CLAIMANTS).await, 1);
    assert_eq!(app.number("SELECT count(*) FROM outbox").await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_in_the_middle_leaves_exactly_one_record() {
    let app = TestApp::seeded().await;
    let place: SocketAddr = app.base.trim_start_matches("http://").parse().unwrap();
    let rounds = 20;
    for round in 0..rounds {
        let builder = SignUpBuilder::new(&format!("m{round}@example.org"));
        let body = builder.body.to_string();
        let head = format!(
            "POST /api/v1/public/cases/{CASE}/claimants HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             idempotency-key: {}\r\ncontent-length: {}\r\n\r\n",
            builder.key,
            body.len()
        );
        let mut stream = TcpStream::connect(place).await.unwrap();
        stream.set_zero_linger().unwrap();
        stream
            .write_all(format!("{head}{body}").as_bytes())
            .await
            .unwrap();
        // long enough to be read, at different points of the work
        tokio::time::sleep(Duration::from_millis(3 + round)).await;
        drop(stream);
        // whoever hears nothing tries again
        app.sign_up(&builder).await;
    }
    let rounds = i64::try_from(rounds).unwrap();
    assert_eq!(app.number(CLAIMANTS).await, rounds);
    let torn = "SELECT count(*) FROM claimants c WHERE NOT EXISTS (SELECT FROM consents s WHERE s.claimant_id = c.id) \
        OR NOT EXISTS (SELECT FROM mailboxes m WHERE m.claimant_id = c.id) \
        OR NOT EXISTS (SELECT FROM outbox o WHERE o.subject_id = c.id)";
    assert_eq!(app.number(torn).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r18_a_thousand_sign_ups_naming_one_victim_are_three_mails_and_a_fourth_after_a_day() {
    let app = TestApp::seeded().await;
    let attack = |worker: usize| {
        let ctx = app.ctx.clone();
        async move {
            for round in 0..125 {
                let builder = SignUpBuilder::new("victim@example.org");
                let request = sign_up::SignUpRequest {
                    suspicion: None,
                    slug: CASE.to_owned(),
                    input: serde_json::from_value(builder.body).unwrap(),
                    idempotency_key: format!("{worker}-{round}"),
                    channel: Channel::Api,
                    evidence: sign_up::Evidence::default(),
                };
                sign_up::sign_up(&ctx, request).await.unwrap();
            }
        }
    };
    let workers = (0..8).map(|worker| tokio::spawn(attack(worker)));
    for done in join_all(workers).await {
        done.unwrap();
    }
    assert_eq!(app.number(CLAIMANTS).await, 1000);
    app.run_outbox().await;
    assert_eq!(app.mails_to("victim@example.org").len(), 3);
    // asking again is no way round
    for _ in 0..5 {
        app.resend("victim@example.org").await.expect(202);
    }
    app.clock().advance(TimeDelta::hours(23));
    app.run_outbox().await;
    assert_eq!(app.mails_to("victim@example.org").len(), 3);

    app.clock().advance(TimeDelta::hours(2));
    app.run_outbox().await;
    let mails = app.mails_to("victim@example.org");
    assert_eq!(mails.len(), 4);
    assert_eq!(crate::claimant::tokens_in(&mails[3], "confirm").len(), 5);
    app.clock().advance(TimeDelta::days(3));
    app.run_outbox().await;
    assert_eq!(app.mails_to("victim@example.org").len(), 4);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_an_identity_may_come_along_and_counts_from_confirmation() {
    let app = TestApp::seeded().await;
    let builder = SignUpBuilder::new("mario@example.org").with("/person", mario());
    let made = app.sign_up(&builder).await;
    assert_eq!(
        app.number("SELECT count(*) FROM registered_persons").await,
        0
    );
    let me = app.confirm(&made).await.me().await;
    assert_eq!(me["identity"]["name"], "Mario Rossi");
    assert_eq!(me["missing"], json!(["d", "e", "f", "g", "h", "i"]));
    assert_eq!(
        app.number("SELECT count(*) FROM registered_persons").await,
        1
    );
    app.stop().await;
}

/// Texts that break programs.
fn hostile_texts() -> Vec<String> {
    let mut texts: Vec<String> = (0_u8..32)
        .map(|byte| format!("Ma{}ria", char::from(byte)))
        .collect();
    for mark in [
        '\u{7f}',
        '\u{85}',
        '\u{200b}',
        '\u{200f}',
        '\u{202e}',
        '\u{2028}',
        '\u{2066}',
        '\u{feff}',
        '\u{fffd}',
        '\u{1f4a9}',
        '\u{0301}',
        '\u{10ffff}',
    ] {
        texts.push(format!("Ma{mark}ria"));
    }
    let plain = [
        "'; DROP TABLE claimants; --",
        "Robert'); DELETE FROM claimants;--",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\"><svg onload=1>",
        "{{7*7}}",
        "${7*7}",
        "%s%n%x",
        "../../etc/passwd",
        "\\",
        "\"",
        "'",
        "=cmd|' /C calc'!A0",
        "+1",
        "@SUM(1)",
        "-1",
        "a\r\nBcc: victim@example.org",
        "a\nTo: victim@example.org",
        "a%0d%0aBcc:x",
        "null",
        "undefined",
        "NaN",
        "true",
        "0",
        "[]",
        "{}",
        "\u{0}",
        "𝕄𝕒𝕣𝕚𝕒",
        "مريم",
        "מרים",
        "李",
        "Nguyễn Thị",
        "O'Brien",
        "D’Angelo",
        "Jean-Luc",
        "Ǆ",
        "ß",
        "ﬀ",
        "İstanbul",
    ];
    texts.extend(plain.map(str::to_owned));
    texts.push("a".repeat(10_000));
    texts.push("è".repeat(10_000));
    texts.push("\u{202e}".repeat(500));
    texts
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_hostile_texts_give_one_clean_mail_or_a_named_field_and_no_fault_of_ours() {
    let app = TestApp::seeded().await;
    let texts = hostile_texts();
    let mut cases: Vec<SignUpBuilder> = Vec::new();
    for text in &texts {
        let number = cases.len();
        let plain = SignUpBuilder::new(&format!("hostile{number}@example.org"));
        cases.push(plain.clone().with(
            "/person",
            json!({"given_name": text, "family_name": text, "codice_fiscale": "RSSMRA85C12H501J"}),
        ));
        cases.push(SignUpBuilder::new(&format!("{text}@example.org")));
        cases.push(
            plain
                .key(&format!("hostile-{number}"))
                .with("/mailboxes/0/address", json!(format!("{text}@libero.it")))
                .with("/via", json!(text)),
        );
    }
    assert!(cases.len() >= 200, "{}", cases.len());
    let mut accepted = 0;
    for (number, builder) in cases.iter().enumerate() {
        let answer = app.try_sign_up(builder).await;
        match answer.status.as_u16() {
            201 => accepted += 1,
            422 => drop(answer.wrong_fields()),
            other => panic!("case {number}: {other} {}", answer.body),
        }
    }
    assert!(accepted >= 20, "{accepted}");
    app.run_outbox().await;
    let mails = app.mails();
    let left = app
        .rows("SELECT state, last_error, priority FROM outbox")
        .await;
    assert_eq!(left, Vec::<Vec<Option<String>>>::new());
    assert_eq!(mails.len(), accepted);
    for mail in &mails {
        let bytes = String::from_utf8(mail.bytes.clone()).unwrap();
        let (head, _) = bytes.split_once("\r\n\r\n").unwrap();
        let named = |name: &str| {
            head.lines()
                .filter(|line| line.to_ascii_lowercase().starts_with(name))
                .count()
        };
        assert_eq!(
            (
                named("to:"),
                named("bcc:"),
                named("cc:"),
                named("subject:"),
                named("from:")
            ),
            (1, 0, 0, 1, 1),
            "{head}"
        );
        assert!(!mail.message.mail.to.chars().any(char::is_control));
        assert!(!mail.message.mail.html.contains("<script"));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_the_answer_is_503_with_retry_after() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    app.lose_database().await;
    let answer = app
        .try_sign_up(&SignUpBuilder::new("anna@example.org"))
        .await;
    assert!(answer.headers.contains_key("retry-after"));
    answer.expect_problem(503, "unavailable");
    let answer = ask(claimant.request(Method::GET, "")).await;
    assert!(answer.headers.contains_key("retry-after"));
    let body: Value = answer.expect_problem(503, "unavailable");
    assert!(
        !body.to_string().to_lowercase().contains("connect"),
        "{body}"
    );
    drop(claimant);
    app.regain_database().await;
    app.stop().await;
}
