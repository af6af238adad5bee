//! What comes back: files in the drop folder, refusals at the door, and what follows (R52).

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use joinder::app::{mail_status, retention, storm, suppression};
use joinder::domain::permission::Role;
use joinder::mailer::{Mailer, SentMail};
use joinder::worker::{self, bounces};
use mailin_embedded::{Handler, Response, Server, response};
use serde_json::{Value, json};

use crate::app::{TestApp, number};
use crate::claimant::{SignUpBuilder, token_in};
use crate::seed::CASE;
use crate::staff_console;
use crate::staff_seed;

const UNKNOWN: &str = "550 5.1.1 <x@example.org>: Recipient address rejected: User unknown";

/// A delivery status notification as an MTA writes it, about a mail we sent.
pub(crate) fn report(sent: &SentMail, action: &str, status: &str, said: &str) -> String {
    let (to, sender) = (&sent.message.mail.to, &sent.envelope_from);
    let head = String::from_utf8_lossy(&sent.bytes);
    let head = head.split("\r\n\r\n").next().unwrap();
    format!(
        "Return-Path: <>\r\nDelivered-To: {sender}\r\nFrom: MAILER-DAEMON@mx.example.net\r\n\
         To: {sender}\r\nSubject: Undelivered Mail\r\nAuto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n\
         \tboundary=\"=_dsn\"\r\n\r\n--=_dsn\r\nContent-Type: text/plain\r\n\r\nSorry, {to}.\r\n\
         --=_dsn\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\
         Arrival-Date: Mon, 2 Mar 2026 10:00:00 +0100\r\n\r\nFinal-Recipient: rfc822; {to}\r\n\
         Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; {said}\r\n\r\n\
         --=_dsn\r\nContent-Type: text/rfc822-headers\r\n\r\nReturn-Path: <{sender}>\r\n{head}\r\n\r\n\
         --=_dsn--\r\n"
    )
}

impl TestApp {
    /// The folder into which others put what came back.
    fn drop_folder(&self) -> PathBuf {
        self.ctx.settings.bounce_dir.clone().unwrap()
    }

    /// Puts a file into the drop folder's `new/`.
    pub(crate) fn drop(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let folder = self.drop_folder().join("new");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), bytes).unwrap();
    }

    /// Reads the drop folder as the worker does: (kept, put aside).
    pub(crate) async fn read_bounces(&self) -> (usize, usize) {
        let read = bounces::read_all(&self.ctx).await.unwrap();
        (read.kept, read.aside)
    }

    fn files(&self, folder: &str) -> usize {
        std::fs::read_dir(self.drop_folder().join(folder)).map_or(0, Iterator::count)
    }

    async fn unreachable(&self) -> i64 {
        let query = "SELECT count(*) FROM claimants WHERE unreachable_at IS NOT NULL";
        self.number(query).await
    }

    fn newest(&self) -> SentMail {
        self.mails().last().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r52_a_hard_bounce_marks_the_contact_and_withdraws_nobody() {
    let app = TestApp::seeded().await;
    let made = app.sign_up(&SignUpBuilder::new("x@example.org")).await;
    app.run_outbox().await;
    let sent = app.newest();
    let (local, domain) = sent.envelope_from.split_once('@').unwrap();
    assert_eq!(domain, "joinder.example");
    assert!(
        local.starts_with("bounces+") && local.len() <= 64,
        "{local}"
    );
    assert_ne!(sent.message.from.1, sent.envelope_from);

    app.drop("1.eml", report(&sent, "failed", "5.1.1", UNKNOWN));
    assert_eq!(app.read_bounces().await, (1, 0));
    assert_eq!((app.files("new"), app.files("done")), (0, 1));
    let rows =
        "SELECT subject_id, kind, status, diagnostic, mail_kind, source, is_evidence FROM bounces";
    let row: Vec<String> = app
        .rows(rows)
        .await
        .remove(0)
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(
        row,
        [
            made.id.to_string().as_str(),
            "hard",
            "5.1.1",
            "smtp; 550 5.1.1 [address] Recipient address rejected: User unknown",
            "confirmation",
            "report",
            "f",
        ]
    );
    let state =
        "SELECT count(*) FROM claimants WHERE state = 'unconfirmed' AND unreachable_at IS NOT NULL";
    assert_eq!(app.number(state).await, 1);
    assert_eq!(
        app.number("SELECT count(*) FROM suppressions WHERE reason = 'hard_bounce'")
            .await,
        1
    );
    let clear = "SELECT count(*) FROM (SELECT bounces::text AS t FROM bounces UNION ALL SELECT suppressions::text FROM suppressions \
        UNION ALL SELECT audit::text FROM audit) AS all_rows WHERE t ILIKE '%example.org%'";
    assert_eq!(app.number(clear).await, 0);

    // whoever reads the mail after all is reachable
    let token = token_in(&app.mail_about(&made), "confirm");
    app.confirm_by(&json!({"token": token})).await.expect(200);
    assert_eq!(app.unreachable().await, 0);
    assert_eq!(app.number("SELECT count(*) FROM suppressions").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r52_a_report_counts_once_however_often_its_file_is_read() {
    let app = TestApp::seeded().await;
    app.sign_up(&SignUpBuilder::new("x@example.org")).await;
    app.run_outbox().await;
    let sent = app.newest();
    let bytes = report(&sent, "failed", "5.2.2", "552 5.2.2 mailbox full");
    // a process that died between transaction and rename leaves the file where it was
    for name in ["1.eml", "2.eml", "3.eml"] {
        app.drop(name, &bytes);
    }
    std::fs::write(app.drop_folder().join("flat.eml"), &bytes).unwrap();
    std::fs::write(app.drop_folder().join(".half"), &bytes).unwrap();
    assert_eq!(app.read_bounces().await, (4, 0));
    assert_eq!(app.number("SELECT count(*) FROM bounces").await, 1);
    assert_eq!(
        app.number("SELECT count(*) FROM audit WHERE action = 'mail_bounced'")
            .await,
        1
    );
    assert_eq!(app.unreachable().await, 0, "one soft bounce is none");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r52_three_soft_bounces_in_seven_days_are_as_good_as_a_hard_one() {
    let app = TestApp::seeded().await;
    app.sign_up(&SignUpBuilder::new("x@example.org")).await;
    app.run_outbox().await;
    let sent = app.newest();
    let full = |number: u32| {
        report(
            &sent,
            "failed",
            "5.2.2",
            &format!("552 5.2.2 mailbox full {number}"),
        )
    };
    for (number, wait) in [(1, 5), (2, 3), (3, 4)] {
        app.drop(&format!("{number}.eml"), full(number));
        assert_eq!(app.read_bounces().await, (1, 0));
        assert_eq!(app.unreachable().await, 0, "{number}");
        app.clock().advance(TimeDelta::days(wait));
    }
    // the first was 12 days ago, the second 7 and the third 4
    app.drop("4.eml", full(4));
    app.read_bounces().await;
    assert_eq!(app.unreachable().await, 0, "the second is a week old");
    app.drop("5.eml", full(5));
    app.read_bounces().await;
    assert_eq!(app.unreachable().await, 1);
    assert_eq!(
        app.number("SELECT count(*) FROM claimants WHERE state = 'unconfirmed'")
            .await,
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r52_a_delay_is_no_bounce() {
    let app = TestApp::seeded().await;
    app.sign_up(&SignUpBuilder::new("x@example.org")).await;
    app.run_outbox().await;
    let sent = app.newest();
    for number in 0..5 {
        let said = format!("451 4.4.1 no answer, try {number}");
        app.drop(
            &format!("{number}"),
            report(&sent, "delayed", "4.4.1", &said),
        );
    }
    assert_eq!(app.read_bounces().await, (5, 0));
    assert_eq!(
        app.number("SELECT count(*) FROM bounces WHERE kind = 'delayed'")
            .await,
        5
    );
    assert_eq!(app.unreachable().await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_and_foreign_files_are_kept_apart_and_nothing_follows() {
    let app = TestApp::seeded().await;
    app.sign_up(&SignUpBuilder::new("x@example.org")).await;
    app.run_outbox().await;
    let sent = app.newest();
    let good = report(&sent, "failed", "5.1.1", UNKNOWN);
    let tag = sent
        .envelope_from
        .split(['+', '@'])
        .nth(1)
        .unwrap()
        .to_owned();
    let other = if tag.ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{other}", &tag[..tag.len() - 1]);
    app.drop("forged", good.replace(&tag, &forged));
    app.drop("empty", "");
    app.drop("huge", vec![b'x'; 3 * 1024 * 1024]);
    app.drop("cut", &good[..good.len() / 3]);
    app.drop(
        "deep",
        "Content-Type: message/rfc822\r\n\r\n".repeat(20_000),
    );
    app.drop(
        "bytes",
        (0..=255_u8).cycle().take(50_000).collect::<Vec<u8>>(),
    );
    app.drop(
        "away",
        format!("To: {}\r\n\r\nI am away.\r\n", sent.envelope_from),
    );
    let stranger = good
        .replace(&tag, "x")
        .replace("Message-ID: <", "Message-ID: <00");
    app.drop("stranger", stranger);
    std::os::unix::fs::symlink("/etc/hostname", app.drop_folder().join("new/link")).unwrap();
    assert_eq!(app.read_bounces().await, (0, 8));
    assert_eq!(app.files("failed"), 8);
    assert_eq!(app.number("SELECT count(*) FROM bounces").await, 0);
    assert_eq!(app.unreachable().await, 0);

    // and the good one is read all the same
    app.drop("good", good);
    assert_eq!(app.read_bounces().await, (1, 0));
    assert_eq!(app.unreachable().await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_quotes_only_our_message_id_is_known() {
    let app = TestApp::seeded().await;
    app.sign_up(&SignUpBuilder::new("x@example.org")).await;
    app.run_outbox().await;
    let sent = app.newest();
    let bare = report(&sent, "failed", "5.1.1", UNKNOWN);
    let bare = bare.replace(&sent.envelope_from, "postmaster@joinder.example");
    app.drop("1.eml", bare);
    assert_eq!(app.read_bounces().await, (1, 0));
    assert_eq!(app.unreachable().await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r52_a_bounce_of_a_mail_asked_for_by_address_finds_its_records() {
    let app = TestApp::seeded().await;
    let one = app.sign_up(&SignUpBuilder::new("pair@example.org")).await;
    app.sign_up(&SignUpBuilder::new("pair@example.org").association("altroconsumo"))
        .await;
    app.run_outbox().await;
    app.resend("pair@example.org").await.expect(202);
    app.run_outbox().await;
    let sent = app.newest();
    let about = format!("SELECT count(*) FROM mails WHERE subject_id = '{}'", one.id);
    assert_eq!(
        app.number(&about).await,
        1,
        "the newest has no claimant as its subject"
    );

    // it names somebody else: nobody is marked
    let wrong = report(&sent, "failed", "5.1.1", UNKNOWN).replace("pair@", "other@");
    app.drop("1.eml", wrong);
    assert_eq!(app.read_bounces().await, (1, 0));
    assert_eq!(app.unreachable().await, 0);

    app.drop("2.eml", report(&sent, "failed", "5.1.1", UNKNOWN));
    assert_eq!(app.read_bounces().await, (1, 0));
    assert_eq!(app.unreachable().await, 2);
    let known = "SELECT count(*) FROM bounces b JOIN claimants c ON c.id = b.subject_id \
        WHERE b.association_id = c.association_id";
    assert_eq!(app.number(known).await, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r52_a_late_bounce_of_an_address_that_was_corrected_marks_nobody() {
    use joinder::app::mail_request::correct_email;
    use joinder::app::session::Ticket;
    use joinder::domain::ids::{AssociationId, ClaimantId};
    let app = TestApp::seeded().await;
    let made = app.sign_up(&SignUpBuilder::new("wrong@example.org")).await;
    app.run_outbox().await;
    let sent = app.newest();
    app.clock().advance(TimeDelta::minutes(5));
    let association = app.rows("SELECT association_id FROM claimants").await[0][0].clone();
    let ticket = Ticket {
        claimant: ClaimantId::new(made.id),
        association: AssociationId::parse(&association.unwrap()).unwrap(),
    };
    correct_email(&app.ctx, ticket, "right@example.org")
        .await
        .unwrap();
    app.drop("1.eml", report(&sent, "failed", "5.1.1", UNKNOWN));
    assert_eq!(app.read_bounces().await, (1, 0));
    assert_eq!(app.number("SELECT count(*) FROM bounces").await, 1);
    assert_eq!(app.unreachable().await, 0);
    assert_eq!(app.number("SELECT count(*) FROM suppressions").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r52_a_bounce_of_an_affected_domain_in_its_window_is_evidence() {
    let app = TestApp::seeded().await;
    app.sql("UPDATE incidents SET ends_at = NULL").await;
    let builder =
        SignUpBuilder::new("altra@libero.it").with("/contact/phone", json!("+39 333 1234567"));
    app.sign_up(&builder).await;
    app.run_outbox().await;
    let sent = app.newest();
    app.drop("1.eml", report(&sent, "failed", "5.1.1", UNKNOWN));
    assert_eq!(app.read_bounces().await, (1, 0));
    let kept = "SELECT count(*) FROM bounces b JOIN incidents i ON i.id = b.incident_id \
        WHERE b.is_evidence AND i.slug = 'gennaio-2023'";
    assert_eq!(app.number(kept).await, 1);
    // staff look for another way; the address itself is not given up
    assert_eq!(app.unreachable().await, 1);
    assert_eq!(app.number("SELECT count(*) FROM suppressions").await, 0);

    // outside the window it is a bounce as any other
    app.sql("UPDATE incidents SET ends_at = now() - interval '1 year'")
        .await;
    app.drop(
        "2.eml",
        report(&sent, "failed", "5.1.1", "550 5.1.1 User unknown, again"),
    );
    app.read_bounces().await;
    assert_eq!(
        app.number("SELECT count(*) FROM bounces WHERE NOT is_evidence")
            .await,
        1
    );
    assert_eq!(app.number("SELECT count(*) FROM suppressions").await, 1);

    // what is evidence outlives the year in which others are forgotten
    app.clock().advance(TimeDelta::days(370));
    app.sql("UPDATE claimants SET state = 'confirmed', confirmed_at = created_at")
        .await;
    joinder::app::housekeeping::sweep(&app.ctx).await.unwrap();
    assert_eq!(app.number("SELECT count(*) FROM bounces").await, 1);
    app.sql("UPDATE claimants SET state = 'unconfirmed'").await;
    retention::delete_unconfirmed(&app.ctx).await.unwrap();
    assert_eq!(app.number("SELECT count(*) FROM bounces").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r52_staff_find_the_unreachable_in_a_queue_with_what_came_back() {
    let app = TestApp::seeded().await;
    let codacons = staff_seed::association(&app, "codacons").await;
    let person = staff_seed::person(&app, codacons, Role::Reviewer).await;
    let made = app.sign_up(&SignUpBuilder::new("x@example.org")).await;
    let id = made.id.to_string();
    app.run_outbox().await;
    app.drop("1.eml", report(&app.newest(), "failed", "5.1.1", UNKNOWN));
    assert_eq!(app.read_bounces().await, (1, 0));

    let bearer = person.bearer(&app).await;
    let list = async |query: &str| -> Value {
        let path = format!("/api/v1/staff/cases/{CASE}/claimants{query}");
        let answer = staff_seed::get(&app, &path, &bearer).await;
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    };
    let found = list("?queue=unreachable").await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["items"][0]["id"], id.as_str());
    assert!(found["items"][0]["unreachable_since"].is_string());
    assert_eq!(list("?queue=quarantined").await["items"], json!([]));
    assert_eq!(
        list("?queue=nonsense").await["type"],
        "/problems/validation"
    );

    let browser = app.browser();
    staff_console::sign_in(&app, &browser, &person).await;
    let (_, page) = staff_console::open(&app, &browser, &format!("/console/claimants/{id}")).await;
    for words in [
        "Contatto non raggiungibile",
        "Prova per telefono",
        "5.1.1",
        "tornate indietro",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let queue = format!("/console/cases/{CASE}?queue=unreachable");
    let (_, page) = staff_console::open(&app, &browser, &queue).await;
    assert!(page.contains(&format!("/console/claimants/{id}")), "{page}");
    app.stop().await;
}

/// A relay that knows nobody.
#[derive(Clone)]
struct NobodyHere;

impl Handler for NobodyHere {
    fn rcpt(&mut self, _to: &str) -> Response {
        Response::custom(550, "5.1.1 User unknown".to_owned())
    }

    fn data(&mut self, _buf: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn helo(&mut self, _ip: std::net::IpAddr, _domain: &str) -> Response {
        response::OK
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r52_a_refusal_at_the_door_is_as_good_as_a_bounce() {
    let app = TestApp::seeded().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let mut server = Server::new(NobodyHere);
    server.with_name("mx.example").with_tcp_listener(listener);
    std::thread::spawn(move || server.serve().map_err(|error| error.to_string()));
    app.sign_up(&SignUpBuilder::new("x@example.org")).await;
    let mailer = Mailer::smtp(&url, Duration::from_secs(5)).unwrap();
    let post = worker::post(
        mailer,
        ("joinder".to_owned(), "noreply@joinder.example".to_owned()),
    );
    worker::outbox::send_due(&app.ctx, &post).await.unwrap();
    let row = app
        .rows("SELECT kind, source, status FROM bounces")
        .await
        .remove(0);
    let row: Vec<String> = row.into_iter().flatten().collect();
    assert_eq!(row, ["hard", "refusal", "5.1.1"]);
    assert_eq!(app.unreachable().await, 1);
    assert_eq!(
        app.number("SELECT count(*) FROM outbox WHERE state = 'dead'")
            .await,
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_stops_what_nobody_asked_for_and_no_code() {
    let app = TestApp::seeded().await;
    app.sign_up(&SignUpBuilder::new("x@example.org")).await;
    app.run_outbox().await;
    let sent = app.newest();
    let complaint = format!(
        "To: {}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; \
         boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nspam\r\n--b\r\n\
         Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: x/1\r\n\
         Version: 1\r\n\r\n--b--\r\n",
        sent.envelope_from
    );
    app.drop("arf", complaint);
    assert_eq!(app.read_bounces().await, (1, 0));
    assert_eq!(
        app.number("SELECT count(*) FROM suppressions WHERE reason = 'complaint'")
            .await,
        1
    );
    assert_eq!(app.unreachable().await, 0);
    app.clock().advance(TimeDelta::days(2));
    joinder::app::reminder::enqueue_due(&app.ctx).await.unwrap();
    app.run_outbox().await;
    assert_eq!(app.mails_to("x@example.org").len(), 1, "no reminder");
    let told = "SELECT count(*) FROM audit WHERE action = 'mail_suppressed' AND detail ->> 'reason' = 'complaint'";
    assert_eq!(app.number(told).await, 1);
    // typed by somebody who waits for it
    app.resend("x@example.org").await.expect(202);
    app.run_outbox().await;
    assert_eq!(app.mails_to("x@example.org").len(), 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_suppresses_gets_nothing_until_it_is_taken_back() {
    let app = TestApp::seeded().await;
    assert!(
        suppression::suppress(&app.ctx, " X@Example.org ")
            .await
            .unwrap()
    );
    assert!(
        !suppression::suppress(&app.ctx, "x@example.org")
            .await
            .unwrap()
    );
    assert!(suppression::suppress(&app.ctx, "no address").await.is_err());
    app.sign_up(&SignUpBuilder::new("x@example.org")).await;
    app.run_outbox().await;
    app.resend("x@example.org").await.expect(202);
    app.run_outbox().await;
    assert!(app.mails().is_empty());
    assert_eq!(app.number("SELECT count(*) FROM outbox").await, 0);
    assert!(
        suppression::unsuppress(&app.ctx, "x@example.org")
            .await
            .unwrap()
    );
    assert!(
        !suppression::unsuppress(&app.ctx, "x@example.org")
            .await
            .unwrap()
    );
    app.resend("x@example.org").await.expect(202);
    app.run_outbox().await;
    assert_eq!(app.mails_to("x@example.org").len(), 1);
    let clear = "SELECT count(*) FROM audit WHERE audit::text ILIKE '%example%'";
    assert_eq!(number(&app, clear).await, 0);
    app.stop().await;
}

/// Mails of a kind sent at the start of the clock, the first `hard` of which came back at once.
fn storm_sql(kind: &str, sent: u32, hard: u32) -> String {
    format!(
        "INSERT INTO mails (subject_id, id, code, kind, sent_at) \
         SELECT gen_random_uuid(), gen_random_uuid(), '0000-0000-0000', '{kind}', '2026-03-02T09:00:00Z' \
         FROM generate_series(1, {sent}); \
         INSERT INTO bounces (subject_id, id, mail_id, mail_kind, mail_sent_at, kind, source, received_at) \
         SELECT subject_id, gen_random_uuid(), id, kind, sent_at, 'hard', 'report', '2026-03-02T09:01:00Z' \
         FROM mails WHERE kind = '{kind}' LIMIT {hard}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bounce_storm_pauses_its_template_alone_until_it_is_released() {
    let app = TestApp::seeded().await;
    let known = app
        .confirmed(&SignUpBuilder::new("known@example.org"))
        .await;
    assert_eq!(known.state, "confirmed");
    let before = app.mails().len();
    // exactly 5 % is no storm, nor are many of few
    app.sql(&storm_sql("receipt", 400, 20)).await;
    app.sql(&storm_sql("reminder", 19, 19)).await;
    app.sql(&storm_sql("confirmation", 380, 20)).await;
    app.sql(&storm_sql("otp", 40, 30)).await;
    app.clock().advance(TimeDelta::minutes(2));
    assert_eq!(storm::watch(&app.ctx).await.unwrap(), 2);
    assert_eq!(storm::watch(&app.ctx).await.unwrap(), 0, "told once");
    let on = storm::failures(&app.ctx).await.unwrap().storms;
    let on: Vec<(&str, bool)> = on
        .iter()
        .map(|storm| (storm.kind.as_str(), storm.pauses))
        .collect();
    // codes that somebody waits for go on, but the storm is told
    assert_eq!(on, [("confirmation", true), ("otp", false)]);
    let status = mail_status::status(&app.ctx).await.unwrap();
    assert_eq!(status.storms.len(), 2, "an operator who looks sees them");

    app.sign_up(&SignUpBuilder::new("new@example.org")).await;
    app.request_access("known@example.org").await.expect(202);
    app.run_outbox().await;
    assert_eq!(app.mails_to("new@example.org").len(), 0);
    assert_eq!(app.mails().len(), before + 1, "the other template goes on");
    let waits = "SELECT count(*) FROM outbox WHERE last_error = 'template paused: confirmation' AND attempts = 0";
    assert_eq!(app.number(waits).await, 1);

    assert_eq!(
        storm::release(&app.ctx, "confirmation").await.unwrap(),
        Some(1)
    );
    assert_eq!(
        storm::release(&app.ctx, "confirmation").await.unwrap(),
        None
    );
    assert!(storm::release(&app.ctx, "nonsense").await.is_err());
    let status = mail_status::status(&app.ctx).await.unwrap();
    let left: Vec<&str> = status
        .storms
        .iter()
        .map(|storm| storm.kind.as_str())
        .collect();
    assert_eq!(left, ["otp"]);
    app.run_outbox().await;
    assert_eq!(app.mails_to("new@example.org").len(), 1);
    assert_eq!(
        storm::watch(&app.ctx).await.unwrap(),
        0,
        "the same bounces do not count again"
    );
    app.stop().await;
}
