//! The virus scanner: a clamd of our own that speaks `INSTREAM`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use joinder::domain::permission::Role;
use joinder::outbound::clamd::Clamd;
use joinder::worker::scanning::scan_due;
use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Form, maria, receipt};
use crate::app::{TestApp, TestOptions};
use crate::claimant::ask;
use crate::staff_seed::{association, person, step_up};

const EVIL: &[u8] = b"X5O!P%@AP[4 not the real test file";

/// Reads what is sent and answers as clamd does; counts the bytes.
async fn serve(mut line: TcpStream, scanned: Arc<AtomicUsize>) -> std::io::Result<()> {
    let mut command = [0; 10];
    line.read_exact(&mut command).await?;
    assert_eq!(&command, b"zINSTREAM\0");
    let mut bytes = Vec::new();
    loop {
        let length = usize::try_from(line.read_u32().await?).unwrap();
        if length == 0 {
            break;
        }
        let mut piece = vec![0; length];
        line.read_exact(&mut piece).await?;
        bytes.extend(piece);
    }
    scanned.fetch_add(bytes.len(), Ordering::SeqCst);
    let found = bytes.windows(EVIL.len()).any(|window| window == EVIL);
    let said: &[u8] = if found {
        b"stream: Eicar-Signature FOUND\0"
    } else {
        b"stream: OK\0"
    };
    line.write_all(said).await
}

/// Starts one; gives its address and the bytes it has seen.
async fn clamd() -> (Clamd, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let clamd = Clamd::parse(&format!("tcp://{}", listener.local_addr().unwrap())).unwrap();
    let scanned = Arc::new(AtomicUsize::new(0));
    let seen = scanned.clone();
    tokio::spawn(async move {
        while let Ok((line, _)) = listener.accept().await {
            tokio::spawn(serve(line, seen.clone()));
        }
    });
    (clamd, scanned)
}

async fn app() -> TestApp {
    TestApp::seeded_with(TestOptions {
        scans: true,
        ..TestOptions::default()
    })
    .await
}

fn evil() -> Form {
    Form::new()
        .text("kind", "other")
        .file("file", "buono.txt", b"Una ricevuta")
        .file("file", "cattivo.txt", EVIL)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_clean_opens_and_what_is_infected_is_given_to_nobody() {
    let app = app().await;
    let claimant = maria(&app).await;
    let clean = claimant.add_document(receipt()).await.expect(201);
    assert_eq!(clean["scan"], "pending");
    let infected = claimant.add_document(evil()).await.expect(201);
    let ours = association(&app, "codacons").await;
    let member = person(&app, ours, Role::Reviewer).await;
    let reviewer = member.bearer(&app).await;
    step_up(&app, &member, &reviewer).await;
    let open = async |document: &serde_json::Value| {
        let (id, file) = (&document["id"], &document["files"][0]["id"]);
        let path = format!(
            "/api/v1/staff/claimants/{}/documents/{}/files/{}",
            claimant.id,
            id.as_str().unwrap(),
            file.as_str().unwrap()
        );
        ask(app.request(Method::GET, &path).bearer_auth(&reviewer)).await
    };
    open(&clean).await.expect_problem(409, "illegal-transition");

    let (clamd, scanned) = clamd().await;
    assert_eq!(scan_due(&app.ctx, &clamd).await.unwrap(), 2);
    let bytes = super::PDF.len() + "Una ricevuta".len() + EVIL.len();
    assert_eq!(scanned.load(Ordering::SeqCst), bytes, "all of each file");
    let mine = claimant.documents().await;
    assert_eq!(mine[0]["scan"], "clean");
    assert_eq!(mine[1]["scan"], "infected");
    open(&clean).await.expect(200);
    open(&infected)
        .await
        .expect_problem(409, "illegal-transition");
    assert_eq!(claimant.original(&clean, 0).await.status(), 200);
    assert_eq!(claimant.original(&infected, 0).await.status(), 409);
    assert_eq!(scan_due(&app.ctx, &clamd).await.unwrap(), 0);
    let trail = "SELECT count(*) FROM audit WHERE action = 'scan_document'";
    assert_eq!(app.number(trail).await, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_scanner_is_away_documents_wait_and_are_shown_to_it_later() {
    let app = app().await;
    let claimant = maria(&app).await;
    claimant.add_document(receipt()).await.expect(201);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = Clamd::parse(&format!("tcp://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    assert_eq!(scan_due(&app.ctx, &gone).await.unwrap(), 0);
    assert_eq!(claimant.documents().await[0]["scan"], "pending");
    let (clamd, _) = clamd().await;
    assert_eq!(scan_due(&app.ctx, &clamd).await.unwrap(), 0, "not at once");
    app.clock().advance(chrono::TimeDelta::minutes(6));
    assert_eq!(scan_due(&app.ctx, &clamd).await.unwrap(), 1);
    assert_eq!(claimant.documents().await[0]["scan"], "clean");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_infected_document_is_in_no_index() {
    let app = app().await;
    let claimant = crate::signing::mario_of(&app).await;
    let infected = claimant.add_document(evil()).await.expect(201);
    let (clamd, _) = clamd().await;
    scan_due(&app.ctx, &clamd).await.unwrap();
    let mut body = crate::signing::declaration();
    body["mailboxes"][0]["incidents"][0]["items"][0]["document_ids"] =
        serde_json::json!([infected["id"]]);
    let wrong = claimant.declare(&body).await.wrong_fields();
    assert_eq!(wrong.len(), 1);
    app.stop().await;
}

#[test]
fn the_address_of_a_scanner_is_tcp_or_a_socket() {
    assert_eq!(
        Clamd::parse("tcp://127.0.0.1:3310"),
        Some(Clamd::Tcp("127.0.0.1:3310".to_owned()))
    );
    let socket = Clamd::Unix("/run/clamd.sock".into());
    assert_eq!(Clamd::parse("/run/clamd.sock"), Some(socket.clone()));
    assert_eq!(Clamd::parse("unix:///run/clamd.sock"), Some(socket));
    for wrong in [
        "",
        "clamd",
        "tcp://host",
        "tcp://:3310",
        "tcp://host:99999",
        "http://h:1",
    ] {
        assert_eq!(Clamd::parse(wrong), None, "{wrong}");
    }
}
