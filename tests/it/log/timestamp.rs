//! Heads of logs stamped by an authority of our own (openssl), over real HTTP (RFC 3161).

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use data_encoding::{BASE64, HEXLOWER};
use joinder::app::Ctx;
use joinder::app::lease::Holder;
use joinder::app::log::status;
use joinder::app::log::timestamp::Stamped;
use joinder::app::receipt_check::{self, Against, Outcome, Part, Verdict};
use joinder::crypto::sha256;
use joinder::evidence::Trust;
use joinder::outbound::tsa::{Tsa, TsaError};
use joinder::worker::timestamps;
use reqwest::Method;
use serde_json::json;

use super::receipt::{bytes, program, python, run};
use super::{bytes_at, check, events, log_file, receipt_of, signer, text_at};
use crate::app::TestApp;
use crate::claimant::Claimant;
use crate::seed::CASE;
use crate::signing_attestation::words_of;

/// What the authority does with the next question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    /// A token, as asked.
    Grants,
    /// A refusal, by its own rules.
    Refuses,
    /// A token over other bytes.
    OtherBytes,
    /// A token with the number of another question.
    OtherNumber,
    /// A token whose signature does not hold.
    Broken,
    /// Nothing, and the line stays open.
    Hangs,
    /// A page.
    Garbage,
    /// Bytes without an end.
    Endless,
    /// An error of its own.
    Fails,
    /// The address of somebody else.
    SendsAway,
}

/// An authority with a certificate of its own.
struct Authority {
    folder: tempfile::TempDir,
    place: SocketAddr,
    mood: Arc<Mutex<Mood>>,
}

const CONFIG: &str = "[tsa]\ndefault_tsa = it\n[it]\nserial = serial\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\n\
    digests = DIGESTS\naccuracy = secs:1\nordering = yes\ntsa_name = yes\ness_cert_id_chain = no\n\
    [req]\ndistinguished_name = dn\n[dn]\n[ext]\nextendedKeyUsage = critical,timeStamping\nkeyUsage = critical,digitalSignature\n";

fn openssl(folder: &Path, arguments: &str) -> Vec<u8> {
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(arguments.split(' '));
    let done = command.output().unwrap();
    let words = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "openssl {arguments}: {words}");
    done.stdout
}

impl Authority {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::write(path.join("strict.cnf"), CONFIG.replace("DIGESTS", "sha512")).unwrap();
        fs::write(path.join("tsa.cnf"), CONFIG.replace("DIGESTS", "sha256")).unwrap();
        fs::write(path.join("serial"), "01\n").unwrap();
        for arguments in [
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 9 -subj /CN=Test-CA",
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tsa.key -out tsa.csr -subj /CN=Test-TSA",
            "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tsa.pem -days 9 -extfile tsa.cnf -extensions ext",
        ] {
            openssl(path, arguments);
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mood = Arc::new(Mutex::new(Mood::Grants));
        let authority = Self {
            place: listener.local_addr().unwrap(),
            mood: mood.clone(),
            folder,
        };
        let path: PathBuf = authority.folder.path().to_owned();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mood = *mood.lock().unwrap();
                // whoever asked may be gone already
                let _ = answer(&path, stream.unwrap(), mood);
            }
        });
        authority
    }

    fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn client(&self) -> Tsa {
        let url = format!("http://{}/stamp", self.place);
        Tsa::patient(&url, Duration::from_secs(3)).unwrap()
    }

    /// Its issuer, as TSA_ANCHORS_FILE names it.
    fn issuers(&self) -> Trust {
        let mut trust = Trust::default();
        let pem = fs::read_to_string(self.folder.path().join("ca.pem")).unwrap();
        trust.add_anchors(&pem).unwrap();
        trust
    }

    /// What `openssl ts -verify` says of an answer over these bytes.
    fn verifies(&self, answer: &[u8], head: &[u8]) -> bool {
        let path = self.folder.path();
        fs::write(path.join("seen.tsr"), answer).unwrap();
        fs::write(path.join("seen.head"), head).unwrap();
        let mut command = Command::new("openssl");
        command.current_dir(path).args([
            "ts",
            "-verify",
            "-in",
            "seen.tsr",
            "-data",
            "seen.head",
            "-CAfile",
            "ca.pem",
        ]);
        command.output().unwrap().status.success()
    }
}

/// Reads one request and answers it.
fn answer(folder: &Path, mut stream: TcpStream, mood: Mood) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    let question = loop {
        let read = stream.read(&mut piece)?;
        request.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let Some(end) = request.windows(4).position(|at| at == b"\r\n\r\n") else {
            continue;
        };
        let (_, length) = text.split_once("content-length: ").unwrap();
        let length: usize = length.lines().next().unwrap().parse().unwrap();
        if request.len() >= end + 4 + length {
            assert!(text.contains("content-type: application/timestamp-query"));
            break request[end + 4..].to_vec();
        }
    };
    let reply = |bytes: &[u8]| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            bytes.len()
        );
        [head.as_bytes(), bytes].concat()
    };
    let whole = match mood {
        Mood::Grants => reply(&stamped(folder, &question, "tsa.cnf")),
        Mood::Refuses => reply(&stamped(folder, &question, "strict.cnf")),
        Mood::OtherBytes => reply(&stamped(folder, &asked(folder, &[7; 32]), "tsa.cnf")),
        // version, algorithm: the hash begins at its fixed place
        Mood::OtherNumber => reply(&stamped(folder, &asked(folder, &question[24..56]), "tsa.cnf")),
        Mood::Broken => {
            let mut token = stamped(folder, &question, "tsa.cnf");
            *token.last_mut().unwrap() ^= 1;
            reply(&token)
        }
        Mood::Hangs => {
            std::thread::sleep(Duration::from_secs(4));
            Vec::new()
        }
        Mood::Garbage => reply(b"<html><h1>It works!</h1></html>"),
        Mood::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            loop {
                stream.write_all(&[0x30; 4096])?;
            }
        }
        Mood::Fails => b"HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
        Mood::SendsAway => b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
    };
    stream.write_all(&whole)
}

fn stamped(folder: &Path, question: &[u8], config: &str) -> Vec<u8> {
    fs::write(folder.join("asked.tsq"), question).unwrap();
    let arguments = format!(
        "ts -reply -queryfile asked.tsq -signer tsa.pem -inkey tsa.key -config {config} -out answer.tsr"
    );
    openssl(folder, &arguments);
    fs::read(folder.join("answer.tsr")).unwrap()
}

/// A question of openssl's own about a hash.
fn asked(folder: &Path, hash: &[u8]) -> Vec<u8> {
    let hash = HEXLOWER.encode(hash);
    openssl(folder, &format!("ts -query -digest {hash} -sha256 -cert"))
}

/// Whoever signed stays signed in, however many days go by.
async fn patient_signer<'app>(app: &'app TestApp, name: &str) -> Claimant<'app> {
    let claimant = signer(app, name).await;
    app.sql("UPDATE sessions SET expires_at = '2030-01-01'")
        .await;
    claimant
}

async fn turn(app: &TestApp, tsa: &Tsa) -> usize {
    timestamps::turn(&app.ctx, tsa, Holder::new())
        .await
        .unwrap()
}

async fn stood(app: &TestApp) -> Stamped {
    status::all(&app.ctx).await.unwrap().remove(0).stamped
}

#[tokio::test(flavor = "multi_thread")]
async fn the_head_of_a_day_is_stamped_once_and_openssl_finds_the_token_good() {
    let (app, authority) = (TestApp::seeded().await, Authority::open());
    let tsa = authority.client();
    app.run_log().await;
    assert_eq!(
        turn(&app, &tsa).await,
        0,
        "an empty log has nothing to be stamped"
    );
    let one = patient_signer(&app, "uno").await;
    app.run_log().await;
    let without = receipt_of(&one).await;
    assert_eq!(without.get("timestamp"), None);
    assert_eq!(turn(&app, &tsa).await, 1);
    let head = text_at(&app, "checkpoint").await;
    let answer = bytes_at(&app, "timestamps/1.tsr").await;
    assert_eq!(text_at(&app, "timestamps/1.checkpoint").await, head);
    assert!(authority.verifies(&answer, head.as_bytes()));
    assert!(!authority.verifies(&answer, b"another"));
    let served = app.get(&format!("/log/{CASE}/timestamps/1.tsr")).await;
    assert_eq!(
        served.headers()["content-type"],
        "application/timestamp-reply"
    );

    events(&app, 300).await;
    app.run_log().await;
    assert_eq!(turn(&app, &tsa).await, 0, "one a day");
    app.clock().advance(TimeDelta::days(1));
    assert_eq!(turn(&app, &tsa).await, 1);
    app.clock().advance(TimeDelta::days(1));
    assert_eq!(turn(&app, &tsa).await, 0, "nothing new in the log");
    let now = stood(&app).await;
    assert_eq!(now.newest.map(|(size, _)| size), Some(301));
    assert_eq!(now.waiting, None);
    for path in [
        "1",
        "01.tsr",
        "+1.tsr",
        "2.tsr",
        "1.checkpoint.tsr",
        "..%2fcheckpoint",
        "1.TSR",
    ] {
        let answer = app.get(&format!("/log/{CASE}/timestamps/{path}")).await;
        assert_eq!(answer.status(), 404, "{path}");
    }
    // the first head that has the entry, whatever the log is now
    let receipt = receipt_of(&one).await;
    assert_eq!(receipt["timestamp"]["token"], json!(BASE64.encode(&answer)));
    // and so does the attestation that people read
    let attestation = one
        .request(Method::GET, "/receipt/attestation")
        .send()
        .await;
    let attestation = attestation.unwrap().bytes().await.unwrap();
    let words = words_of(&attestation);
    assert!(
        words.contains("Ora dell’autorità") && words.contains("Testa marcata 1 voce"),
        "{words}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_noted_and_tried_again_and_no_clock_of_ours_stands_in() {
    let (app, authority) = (TestApp::seeded().await, Authority::open());
    let one = patient_signer(&app, "uno").await;
    app.run_log().await;
    let tsa = authority.client();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    let nobody = Tsa::new(&nobody).unwrap();
    let moods = [
        (None, "cannot be reached"),
        (Some(Mood::Refuses), "refused (status 2)"),
        (Some(Mood::OtherBytes), "another hash"),
        (Some(Mood::OtherNumber), "another question"),
        (Some(Mood::Hangs), "did not answer in time"),
        (Some(Mood::Garbage), "no time stamp"),
        (Some(Mood::Endless), "too much"),
        (Some(Mood::Fails), "status 503"),
        (Some(Mood::SendsAway), "status 302"),
    ];
    let mut failures = 0;
    for (mood, expected) in moods {
        let client = match mood {
            Some(mood) => {
                authority.is(mood);
                &tsa
            }
            None => &nobody,
        };
        assert_eq!(turn(&app, client).await, 0, "{mood:?}");
        failures += 1;
        let (size, attempts, problem) = stood(&app).await.waiting.unwrap();
        let problem = problem.unwrap();
        assert_eq!((size, attempts), (1, failures));
        assert!(problem.contains(expected), "{mood:?}: {problem}");
        assert_eq!(turn(&app, client).await, 0, "not before its time");
        assert_eq!(stood(&app).await.waiting.unwrap().1, failures);
        let receipt = receipt_of(&one).await;
        assert_eq!(receipt.get("timestamp"), None, "{mood:?}");
        assert!(!log_file(&app, "timestamps/1.tsr").exists(), "{mood:?}");
        // a minute, two, four, ...: an hour is enough for each of them
        app.clock().advance(TimeDelta::hours(1));
    }
    authority.is(Mood::Grants);
    assert_eq!(turn(&app, &tsa).await, 1);
    let now = stood(&app).await;
    assert_eq!(
        (now.newest.map(|(size, _)| size), now.waiting),
        (Some(1), None)
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_ask_once() {
    let (app, authority) = (TestApp::seeded().await, Authority::open());
    events(&app, 1).await;
    app.run_log().await;
    let tsa = authority.client();
    let (one, two) = tokio::join!(turn(&app, &tsa), turn(&app, &tsa));
    assert_eq!(one + two, 1);
    assert_eq!(
        fs::read_to_string(authority.folder.path().join("serial"))
            .unwrap()
            .trim(),
        "02"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_tells_of_its_time_stamp_and_one_of_something_else_is_refuted() {
    let (app, authority) = (TestApp::seeded().await, Authority::open());
    let one = patient_signer(&app, "uno").await;
    let two = signer(&app, "due").await;
    app.run_log().await;
    assert_eq!(turn(&app, &authority.client()).await, 1);
    events(&app, 3).await;
    app.run_log().await;
    let (receipt, key) = (receipt_of(&one).await, text_at(&app, "vkey").await);
    let other = receipt_of(&two).await;
    let report = check(&receipt, &key);
    assert_eq!(report.verdict, Verdict::Proved, "{report:?}");
    assert!(report.parts.contains(&(Part::Timestamp, Outcome::Open)));
    assert_eq!(
        report.facts.stamped_at,
        stood(&app).await.newest.map(|(_, at)| at)
    );
    let mut without = receipt.clone();
    without.as_object_mut().unwrap().remove("timestamp");
    let token = BASE64.decode(receipt["timestamp"]["token"].as_str().unwrap().as_bytes());
    let token = token.unwrap();
    let proof = BASE64.decode(receipt["timestamp"]["proof"].as_str().unwrap().as_bytes());
    let proof = String::from_utf8(proof.unwrap()).unwrap();
    let head = proof.split_once("\n\n").unwrap().1;
    let imprint = sha256::digest(head.as_bytes());
    let at = token.windows(32).position(|hash| hash == imprint).unwrap();
    let mut of_other_bytes = token.clone();
    of_other_bytes[at] ^= 1;
    let with = |field: &str, bytes: &[u8]| {
        let mut changed = receipt.clone();
        changed["timestamp"][field] = json!(BASE64.encode(bytes));
        changed
    };
    let mut of_other_entry = receipt.clone();
    of_other_entry["timestamp"] = other["timestamp"].clone();
    let folder = tempfile::tempdir().unwrap();
    for (what, changed, expected) in [
        ("as it is", receipt.clone(), (Verdict::Proved, 0)),
        ("none", without, (Verdict::Proved, 0)),
        (
            "other bytes",
            with("token", &of_other_bytes),
            (Verdict::Refuted, 1),
        ),
        ("no token", with("token", b""), (Verdict::Refuted, 1)),
        ("another entry", of_other_entry, (Verdict::Refuted, 1)),
        (
            "another head",
            with("proof", proof.replace("\n2\n", "\n3\n").as_bytes()),
            (Verdict::Refuted, 1),
        ),
        (
            "another place",
            with("proof", proof.replace("index 0", "index 1").as_bytes()),
            (Verdict::Refuted, 1),
        ),
        ("no proof", with("proof", b"?"), (Verdict::Refuted, 1)),
    ] {
        let report = check(&changed, &key);
        assert_eq!(report.verdict, expected.0, "{what}: {report:?}");
        let (code, words) = run(python(), &bytes(&changed), folder.path(), &[key.trim()]);
        assert_eq!(code, expected.1, "{what}: {words}");
    }
    let (_, words) = run(python(), &bytes(&receipt), folder.path(), &[key.trim()]);
    assert!(
        words.contains("proved timestamp") && words.contains("openssl ts -verify"),
        "{words}"
    );
    // a token that is lost takes no proof away
    fs::remove_file(log_file(&app, "timestamps/2.tsr")).unwrap();
    let lost = receipt_of(&one).await;
    assert_eq!(lost.get("timestamp"), None);
    assert_eq!(check(&lost, &key).verdict, Verdict::Proved);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_issuers_are_known_no_other_authority_is_believed() {
    let (app, authority, other) = (
        TestApp::seeded().await,
        Authority::open(),
        Authority::open(),
    );
    let one = patient_signer(&app, "uno").await;
    app.run_log().await;
    let tsa = authority.client();
    let strict = |issuers: &Authority| app.ctx.clone().trusting(issuers.issuers());
    let turn = async |ctx: Ctx| timestamps::turn(&ctx, &tsa, Holder::new()).await.unwrap();
    for (what, mood, issuers, expected) in [
        ("another issuer", Mood::Grants, &other, "TimestampUntrusted"),
        (
            "a broken signature",
            Mood::Broken,
            &authority,
            "TimestampWrong",
        ),
    ] {
        authority.is(mood);
        assert_eq!(turn(strict(issuers)).await, 0, "{what}");
        let problem = stood(&app).await.waiting.unwrap().2.unwrap();
        assert!(
            problem.contains("TSA_ANCHORS_FILE") && problem.contains(expected),
            "{problem}"
        );
        app.clock().advance(TimeDelta::hours(1));
    }
    authority.is(Mood::Grants);
    assert_eq!(turn(strict(&authority)).await, 1);

    let (receipt, key) = (receipt_of(&one).await, text_at(&app, "vkey").await);
    let file = bytes(&receipt);
    for (issuers, outcome) in [(&authority, Outcome::Proved), (&other, Outcome::Open)] {
        let trust = issuers.issuers();
        let against = Against {
            key: Some(&key),
            stamps: Some(&trust),
            ..Against::default()
        };
        let report = receipt_check::check(&file, against);
        assert_eq!(report.verdict, Verdict::Proved);
        assert!(
            report.parts.contains(&(Part::Timestamp, outcome)),
            "{report:?}"
        );
    }
    let here = receipt_check::check_here(&strict(&authority), file.clone())
        .await
        .unwrap();
    assert!(
        here.parts.contains(&(Part::Timestamp, Outcome::Proved)),
        "{here:?}"
    );
    let mut broken = BASE64
        .decode(receipt["timestamp"]["token"].as_str().unwrap().as_bytes())
        .unwrap();
    *broken.last_mut().unwrap() ^= 1;
    let mut changed = receipt.clone();
    changed["timestamp"]["token"] = json!(BASE64.encode(&broken));
    let here = receipt_check::check_here(&strict(&authority), bytes(&changed))
        .await
        .unwrap();
    assert_eq!(here.verdict, Verdict::Refuted);

    let folder = tempfile::tempdir().unwrap();
    let anchors = authority.folder.path().join("ca.pem");
    let more = [
        "--key",
        key.trim(),
        "--tsa-anchors",
        anchors.to_str().unwrap(),
    ];
    let (code, words) = run(program(), &file, folder.path(), &more);
    assert_eq!(code, 0, "{words}");
    assert!(
        words.contains("[Provato] Un’autorità di marcatura temporale"),
        "{words}"
    );
    let (code, words) = run(program(), &file, folder.path(), &more[..2]);
    assert_eq!(code, 0, "{words}");
    assert!(
        words.contains("[Non provato] Una marca temporale"),
        "{words}"
    );
    app.stop().await;
}

#[test]
fn an_address_that_is_none_is_refused_at_once() {
    for url in [
        "",
        "freetsa",
        "ftp://a.example/",
        "http://",
        "file:///etc/passwd",
    ] {
        assert!(matches!(Tsa::new(url), Err(TsaError::Url)), "{url}");
    }
    let shown = format!("{:?}", Tsa::new("https://name:word@tsa.example/x").unwrap());
    assert_eq!(shown, "Tsa(tsa.example)");
}
