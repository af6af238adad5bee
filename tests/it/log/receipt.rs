//! What a receipt proves, and to whom: the library, the program, Python, the page.

use std::path::Path;
use std::process::Command;

use data_encoding::BASE64;
use joinder::app::receipt_check::{self, Against, Outcome, Part, Verdict};
use joinder::crypto::{commitment, merkle};
use joinder::domain::permission::Role;
use serde_json::{Value, json};

use super::{assert_proved, check, events, head, receipt_of, sign_again, signer, text_at};
use crate::app::TestApp;
use crate::seed::CASE;
use crate::staff_seed::{association, get, person, post};

/// Writes a receipt and runs a program on it: exit code and words.
pub(crate) fn run(
    mut command: Command,
    receipt: &[u8],
    folder: &Path,
    more: &[&str],
) -> (i32, String) {
    let file = folder.join("ricevuta.json");
    std::fs::write(&file, receipt).unwrap();
    let done = command.arg(&file).args(more).output().unwrap();
    let words = [done.stdout, done.stderr].concat();
    (
        done.status.code().unwrap(),
        String::from_utf8(words).unwrap(),
    )
}

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_joinder"));
    command.env_clear().arg("verify");
    command
}

pub(crate) fn python() -> Command {
    let mut command = Command::new("python3");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify.py"));
    command
}

pub(crate) fn bytes(receipt: &Value) -> Vec<u8> {
    serde_json::to_vec(receipt).unwrap()
}

/// The receipt with the bytes of a base64 field changed.
fn with(receipt: &Value, field: &str, change: impl Fn(&mut Vec<u8>)) -> Value {
    let mut changed = receipt.clone();
    let text = receipt[field].as_str().unwrap();
    let mut bytes = BASE64.decode(text.as_bytes()).unwrap();
    change(&mut bytes);
    changed[field] = json!(BASE64.encode(&bytes));
    changed
}

fn replaced(receipt: &Value, field: &str, from: &str, to: &str) -> Value {
    with(receipt, field, |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(from), "{field} has no {from}");
        *bytes = text.replacen(from, to, 1).into_bytes();
    })
}

/// One of each class of byte, changed.
fn tampered(receipt: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for field in ["document", "declaration", "salt", "evidence"] {
        let size = BASE64
            .decode(receipt[field].as_str().unwrap().as_bytes())
            .unwrap()
            .len();
        for place in [0, 1, size / 3, size / 2, size - 2, size - 1] {
            all.push((
                format!("{field} {place}"),
                with(receipt, field, |bytes| bytes[place] ^= 1),
            ));
        }
        all.push((
            format!("{field} longer"),
            with(receipt, field, |bytes| bytes.push(b' ')),
        ));
        all.push((
            format!("{field} shorter"),
            with(receipt, field, |bytes| {
                bytes.pop();
            }),
        ));
        all.push((format!("{field} empty"), with(receipt, field, Vec::clear)));
    }
    for (pointer, value) in [
        ("/document_sha256", json!("0".repeat(64))),
        ("/signed_at", json!("2030-03-02T09:00:01Z")),
        ("/entry/commit", json!("0".repeat(64))),
        ("/entry/evidence", json!("0".repeat(64))),
        ("/entry/evidence", Value::Null),
        ("/entry/id", json!("00000000-0000-4000-8000-000000000000")),
        ("/entry/prev", Value::Null),
        ("/entry/t", json!("2030-03-02T09:00:01Z")),
        ("/entry/type", json!("erasure")),
        ("/entry/v", json!(2)),
        ("/entry/more", json!(1)),
        ("/checkpoint", Value::Null),
        ("/checkpoint", json!("")),
        ("/proof", json!("")),
        ("/vkey", json!("")),
        ("/vkey", json!("x.example/log/y+00000000+AAAA")),
    ] {
        let mut changed = receipt.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        changed.pointer_mut(parent).unwrap()[name] = value;
        all.push((pointer.to_owned(), changed));
    }
    let mut without = receipt.clone();
    without["entry"].as_object_mut().unwrap().remove("evidence");
    all.push(("entry without evidence".to_owned(), without));
    let proof = BASE64
        .decode(receipt["proof"].as_str().unwrap().as_bytes())
        .unwrap();
    for place in 0..proof.len() {
        all.push((
            format!("proof {place}"),
            with(receipt, "proof", |bytes| bytes[place] ^= 1),
        ));
    }
    let text = String::from_utf8(proof).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let (index, one, two) = (lines[1], lines[2], lines[3]);
    for (what, from, to) in [
        (
            "reordered",
            format!("{one}\n{two}"),
            format!("{two}\n{one}"),
        ),
        ("deleted", format!("{one}\n"), String::new()),
        ("inserted", format!("{one}\n"), format!("{one}\n{one}\n")),
        ("another index", index.to_owned(), "index 3".to_owned()),
        ("a zero before", "index ".to_owned(), "index 0".to_owned()),
    ] {
        all.push((
            format!("proof {what}"),
            replaced(receipt, "proof", &from, &to),
        ));
    }
    let checkpoint = BASE64
        .decode(receipt["checkpoint"].as_str().unwrap().as_bytes())
        .unwrap();
    for place in 0..checkpoint.len() {
        all.push((
            format!("checkpoint {place}"),
            with(receipt, "checkpoint", |bytes| bytes[place] ^= 1),
        ));
        // in both places alike
        let both = with(receipt, "checkpoint", |bytes| bytes[place] ^= 1);
        let start = text.find("\n\n").unwrap() + 2 + place;
        let both = with(&both, "proof", |bytes| bytes[start] ^= 1);
        all.push((format!("both checkpoints {place}"), both));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn r38_every_class_of_byte_that_was_changed_is_noticed_by_each_verifier() {
    let app = TestApp::seeded().await;
    events(&app, 5).await;
    let one = signer(&app, "uno").await;
    app.run_log().await;
    app.clock().advance(chrono::TimeDelta::minutes(1));
    let items = json!([{"head": "flat_rate"}, {"head": "extra_cost", "amount_cents": 900, "description": "Perché sì"}]);
    sign_again(&app, &one, "uno", items).await;
    events(&app, 2).await;
    app.run_log().await;
    let (receipt, key) = (receipt_of(&one).await, text_at(&app, "vkey").await);
    assert_proved(&check(&receipt, &key));
    let folder = tempfile::tempdir().unwrap();
    let (code, words) = run(python(), &bytes(&receipt), folder.path(), &[&key]);
    assert_eq!(code, 0, "{words}");
    let mut asked = 0;
    for (number, (what, changed)) in tampered(&receipt).into_iter().enumerate() {
        let report = check(&changed, &key);
        let noticed = matches!(report.verdict, Verdict::Refuted | Verdict::Unreadable);
        assert!(noticed, "{what}: {report:?}");
        // a process for each takes its time: all but the bytes of the proof, and each 40th of those
        let bytewise = what.starts_with("proof ") || what.contains("checkpoint");
        if !bytewise || number % 40 == 0 {
            let (code, words) = run(python(), &bytes(&changed), folder.path(), &[&key]);
            assert_ne!(code, 0, "{what}: {words}");
            asked += 1;
        }
    }
    assert!(asked > 50, "{asked}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_says_in_plain_words_what_is_proved_and_what_not() {
    let app = TestApp::seeded().await;
    let one = signer(&app, "uno").await;
    let folder = tempfile::tempdir().unwrap();
    let waiting = bytes(&receipt_of(&one).await);
    let (code, words) = run(program(), &waiting, folder.path(), &[]);
    assert_eq!(code, 2, "{words}");
    assert!(
        words.contains("[Non provato] La voce non è ancora nel registro"),
        "{words}"
    );
    assert_eq!(run(python(), &waiting, folder.path(), &[]).0, 2);

    app.run_log().await;
    let (receipt, key) = (receipt_of(&one).await, text_at(&app, "vkey").await);
    let receipt = bytes(&receipt);
    let (code, words) = run(program(), &receipt, folder.path(), &["--key", key.trim()]);
    assert_eq!(code, 0, "{words}");
    assert!(words.contains("Firmata da: Mario Rossi"), "{words}");
    assert!(words.contains("Che cosa la ricevuta non prova"), "{words}");
    assert!(!words.contains("[Non provato]"), "{words}");
    // with the receipt's own key anybody could have made it
    let (code, words) = run(program(), &receipt, folder.path(), &["--lang", "en"]);
    assert_eq!(code, 2, "{words}");
    assert_eq!(run(python(), &receipt, folder.path(), &[]).0, 2);
    assert_eq!(run(python(), &receipt, folder.path(), &[key.trim()]).0, 0);
    assert!(
        words.contains("[Not proved] The key comes from the receipt itself"),
        "{words}"
    );
    let mut english = program();
    english.env("LANG", "en_GB.UTF-8");
    assert!(
        run(english, &receipt, folder.path(), &[])
            .1
            .contains("[Proved]")
    );

    let other = app
        .ctx
        .keyring
        .log_key(joinder::domain::ids::CaseId::new(one.id), "x.example/log/y");
    let other = other.unwrap().verifying().to_string();
    assert_eq!(
        run(program(), &receipt, folder.path(), &["--key", &other]).0,
        1
    );
    assert_eq!(run(python(), &receipt, folder.path(), &[&other]).0, 1);
    assert_eq!(run(program(), b"{}", folder.path(), &[]).0, 2);
    assert_eq!(
        run(program(), &receipt, folder.path(), &["--newer", "/nowhere"]).0,
        2
    );
    let missing = program().arg("/nowhere").output().unwrap();
    assert_eq!(missing.status.code(), Some(2));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_head_is_held_against_the_receipt() {
    let app = TestApp::seeded().await;
    let one = signer(&app, "uno").await;
    app.run_log().await;
    let receipt = bytes(&receipt_of(&one).await);
    let same = text_at(&app, "checkpoint").await;
    events(&app, 300).await;
    app.run_log().await;
    let alone = text_at(&app, "checkpoint").await;
    let proved = text_at(&app, "consistency/1").await;
    let row = app.rows("SELECT case_id, origin FROM logs").await;
    let case = row[0][0].as_ref().unwrap().parse().unwrap();
    let key = app.ctx.keyring.log_key(
        joinder::domain::ids::CaseId::new(case),
        row[0][1].as_ref().unwrap(),
    );
    let key = key.unwrap();
    let forked = key.sign(1, [7; 32]);
    let (_, newest) = proved.split_once("\n\n").unwrap();
    let lying = proved.replace(newest, &key.sign(head(&app).await.size, [7; 32]));
    let vkey = key.verifying().to_string();
    for (what, newer, expected) in [
        ("the same", same, (Verdict::Proved, Outcome::Proved)),
        ("a head alone", alone, (Verdict::Unfinished, Outcome::Open)),
        (
            "a head with its proof",
            proved.clone(),
            (Verdict::Proved, Outcome::Proved),
        ),
        (
            "another log of the same size",
            forked,
            (Verdict::Refuted, Outcome::Refuted),
        ),
        (
            "another log that is longer",
            lying,
            (Verdict::Refuted, Outcome::Refuted),
        ),
        (
            "unsigned",
            proved.replace("— ", "— x"),
            (Verdict::Refuted, Outcome::Refuted),
        ),
        (
            "no head",
            "?".to_owned(),
            (Verdict::Refuted, Outcome::Refuted),
        ),
    ] {
        let against = Against {
            key: Some(&vkey),
            newer: Some(&newer),
            ..Against::default()
        };
        let report = receipt_check::check(&receipt, against);
        let newer = report
            .parts
            .iter()
            .find(|(part, _)| *part == Part::Newer)
            .unwrap();
        assert_eq!((report.verdict, newer.1), expected, "{what}");
    }
    let folder = tempfile::tempdir().unwrap();
    let newer = folder.path().join("newer");
    std::fs::write(&newer, &proved).unwrap();
    let more = ["--key", vkey.as_str(), "--newer", newer.to_str().unwrap()];
    let (code, words) = run(program(), &receipt, folder.path(), &more);
    assert_eq!(code, 0, "{words}");
    app.stop().await;
}

/// The receipt as the only entry of a log that its forger made, with a key of their own.
fn of_own_log(app: &TestApp, receipt: &Value) -> Value {
    let mut forged = receipt.clone();
    let case = joinder::domain::ids::CaseId::new(uuid::Uuid::nil());
    let key = app.ctx.keyring.log_key(case, "x.example/log/y").unwrap();
    let entry = commitment::canonical_json(&receipt["entry"]).unwrap();
    let note = key.sign(1, merkle::leaf_hash(&entry));
    let proof = format!("c2sp.org/tlog-proof@v1\nindex 0\n\n{note}");
    forged["proof"] = json!(BASE64.encode(proof.as_bytes()));
    forged["checkpoint"] = json!(BASE64.encode(note.as_bytes()));
    forged["vkey"] = json!(key.verifying().to_string());
    let own = receipt_check::check(&bytes(&forged), Against::default());
    assert_eq!(own.verdict, Verdict::Unfinished, "{own:?}");
    forged
}

/// Somebody signed, and the log's entry of it has these fields and binds this evidence: in a log of the
/// key that is given along.
fn entered(app: &TestApp, receipt: &Value, fields: &Value, evidence: &[u8]) -> (Value, String) {
    let mut made = receipt.clone();
    let key = app.ctx.keyring.log_key(
        joinder::domain::ids::CaseId::new(uuid::Uuid::nil()),
        "x.example/log/y",
    );
    let key = key.unwrap();
    let salt = BASE64
        .decode(receipt["salt"].as_str().unwrap().as_bytes())
        .unwrap();
    let bound = commitment::commit_evidence(&salt, evidence);
    made["evidence"] = json!(BASE64.encode(evidence));
    made["entry"]["evidence"] = json!(joinder::crypto::sha256::hex(&bound));
    for (name, value) in fields.as_object().unwrap() {
        made["entry"][name] = value.clone();
    }
    let entry = commitment::canonical_json(&made["entry"]).unwrap();
    let note = key.sign(1, merkle::leaf_hash(&entry));
    set_note(&mut made, &note);
    made["vkey"] = json!(key.verifying().to_string());
    (made, key.verifying().to_string())
}

/// Makes this note the checkpoint of a receipt that is the only entry of its log.
fn set_note(receipt: &mut Value, note: &str) {
    let proof = format!("c2sp.org/tlog-proof@v1\nindex 0\n\n{note}");
    receipt["proof"] = json!(BASE64.encode(proof.as_bytes()));
    receipt["checkpoint"] = json!(BASE64.encode(note.as_bytes()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_another_type_or_form_is_no_signature_though_the_log_has_it() {
    let app = TestApp::seeded().await;
    let one = signer(&app, "uno").await;
    app.run_log().await;
    let receipt = receipt_of(&one).await;
    let evidence = BASE64
        .decode(receipt["evidence"].as_str().unwrap().as_bytes())
        .unwrap();
    let text = String::from_utf8(evidence.clone()).unwrap();
    let blank = text.replacen(':', ": ", 1).into_bytes();
    let twice = text.replacen('{', "{\"a\":1,\"a\":1,", 1).into_bytes();
    let form = text.replace("joinder-evidence/1", "joinder-evidence/2");
    let folder = tempfile::tempdir().unwrap();
    for (what, fields, evidence, expected) in [
        ("as it is", json!({}), evidence.clone(), Verdict::Proved),
        (
            "an erasure",
            json!({"type": "erasure"}),
            evidence.clone(),
            Verdict::Refuted,
        ),
        (
            "no type",
            json!({"type": null}),
            evidence.clone(),
            Verdict::Refuted,
        ),
        (
            "form 2",
            json!({"v": 2}),
            evidence.clone(),
            Verdict::Refuted,
        ),
        (
            "form in words",
            json!({"v": "1"}),
            evidence.clone(),
            Verdict::Refuted,
        ),
        ("a blank", json!({}), blank, Verdict::Refuted),
        ("a name twice", json!({}), twice, Verdict::Refuted),
        (
            "evidence of form 2",
            json!({}),
            form.into_bytes(),
            Verdict::Refuted,
        ),
    ] {
        let (made, key) = entered(&app, &receipt, &fields, &evidence);
        let report = check(&made, &key);
        assert_eq!(report.verdict, expected, "{what}: {report:?}");
        let (code, words) = run(python(), &bytes(&made), folder.path(), &[&key]);
        assert_eq!(
            code,
            i32::from(expected != Verdict::Proved),
            "{what}: {words}"
        );
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_signature_of_the_known_key_is_looked_at_and_those_of_others_count_for_nothing() {
    let app = TestApp::seeded().await;
    let one = signer(&app, "uno").await;
    app.run_log().await;
    let (receipt, key) = (receipt_of(&one).await, text_at(&app, "vkey").await);
    let note = text_at(&app, "checkpoint").await;
    let (text, ours) = note.split_once("\n\n").unwrap();
    let witness = "— witness.example AAAAAAAAAAA=\n";
    let (name, signature) = ours.trim_end().rsplit_once(' ').unwrap();
    let mut wrong = BASE64.decode(signature.as_bytes()).unwrap();
    *wrong.last_mut().unwrap() ^= 1;
    let wrong = format!("{name} {}\n", BASE64.encode(&wrong));
    let folder = tempfile::tempdir().unwrap();
    for (what, lines, code) in [
        ("a witness before", format!("{witness}{ours}"), 0),
        ("a witness after", format!("{ours}{witness}"), 0),
        ("a wrong one before", format!("{wrong}{ours}"), 1),
        ("a wrong one after", format!("{ours}{wrong}"), 1),
        ("a witness alone", witness.to_owned(), 1),
        ("no dash", format!("{ours}{}", witness.replace('—', "-")), 1),
        ("no end", ours.trim_end().to_owned(), 1),
    ] {
        let mut made = receipt.clone();
        set_note(&mut made, &format!("{text}\n\n{lines}"));
        let report = check(&made, &key);
        assert_eq!(
            report.verdict == Verdict::Proved,
            code == 0,
            "{what}: {report:?}"
        );
        let said = run(python(), &bytes(&made), folder.path(), &[key.trim()]);
        assert_eq!(said.0, code, "{what}: {}", said.1);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_without_its_proof_yet_is_checked_as_far_as_it_goes() {
    let app = TestApp::seeded().await;
    let one = signer(&app, "uno").await;
    let waiting = receipt_of(&one).await;
    app.run_log().await;
    let (whole, key) = (receipt_of(&one).await, text_at(&app, "vkey").await);
    let mut without = whole.clone();
    without["proof"] = Value::Null;
    without["checkpoint"] = Value::Null;
    let of = |pointer: &str, value: Value| {
        let mut changed = waiting.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    };
    let flipped = |field| with(&waiting, field, |bytes| bytes[9] ^= 1);
    let folder = tempfile::tempdir().unwrap();
    for (what, receipt, expected) in [
        ("waiting", waiting.clone(), (Verdict::Unfinished, 2)),
        ("taken away", without, (Verdict::Unfinished, 2)),
        ("document", flipped("document"), (Verdict::Refuted, 1)),
        ("declaration", flipped("declaration"), (Verdict::Refuted, 1)),
        ("salt", flipped("salt"), (Verdict::Refuted, 1)),
        (
            "type",
            of("/entry/type", json!("erasure")),
            (Verdict::Refuted, 1),
        ),
        ("form", of("/entry/v", json!(2)), (Verdict::Refuted, 1)),
        (
            "commit",
            of("/entry/commit", json!("0".repeat(64))),
            (Verdict::Refuted, 1),
        ),
        (
            "half a proof",
            of("/checkpoint", whole["checkpoint"].clone()),
            (Verdict::Refuted, 1),
        ),
        (
            "the other half",
            of("/proof", whole["proof"].clone()),
            (Verdict::Refuted, 1),
        ),
    ] {
        let report = check(&receipt, &key);
        assert_eq!(report.verdict, expected.0, "{what}: {report:?}");
        let (code, words) = run(python(), &bytes(&receipt), folder.path(), &[key.trim()]);
        assert_eq!(code, expected.1, "{what}: {words}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_of_ours_that_our_log_never_had_is_refuted_here() {
    let app = TestApp::seeded().await;
    let one = signer(&app, "uno").await;
    app.run_log().await;
    let mut receipt = receipt_of(&one).await;
    let row = super::faults::row(&app).await;
    let key = app.ctx.keyring.log_key(row.case(), &row.origin).unwrap();
    let leaf = merkle::leaf_hash(&commitment::canonical_json(&receipt["entry"]).unwrap());
    let note = key.sign(2, merkle::node_hash(&leaf, &[7; 32]));
    set_note(&mut receipt, &note);
    let proof = format!(
        "c2sp.org/tlog-proof@v1\nindex 0\n{}\n\n{note}",
        BASE64.encode(&[7; 32])
    );
    receipt["proof"] = json!(BASE64.encode(proof.as_bytes()));
    let alone = check(&receipt, &key.verifying().to_string());
    assert_proved(&alone);
    let here = receipt_check::check_here(&app.ctx, bytes(&receipt)).await;
    let here = here.unwrap();
    assert_eq!(here.verdict, Verdict::Refuted);
    assert!(here.parts.contains(&(Part::Newer, Outcome::Refuted)));
    let (status, page) = upload(&app, &bytes(&receipt)).await;
    assert_eq!(status, 200);
    assert!(page.contains("La ricevuta non è in ordine"), "{page}");
    app.stop().await;
}

/// Sends a file as the page does.
async fn upload(app: &TestApp, file: &[u8]) -> (u16, String) {
    let mut body =
        b"--XX\r\nContent-Disposition: form-data; name=\"receipt\"; filename=\"ricevuta.json\"\r\n\
        Content-Type: application/json\r\n\r\n"
            .to_vec();
    body.extend(file);
    body.extend(b"\r\n--XX--\r\n");
    let request = app.browser().post(app.url("/verify"));
    let request = request.header("content-type", "multipart/form-data; boundary=XX");
    let answer = request.body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_checks_an_uploaded_receipt_against_the_log_of_today() {
    let app = TestApp::seeded().await;
    let one = signer(&app, "uno").await;
    let (status, page) = upload(&app, &bytes(&receipt_of(&one).await)).await;
    assert_eq!(status, 200);
    assert!(page.contains("La ricevuta non è ancora completa"), "{page}");
    app.run_log().await;
    let receipt = receipt_of(&one).await;
    events(&app, 300).await;
    app.run_log().await;
    let (status, page) = upload(&app, &bytes(&receipt)).await;
    assert_eq!(status, 200);
    assert!(page.contains("La ricevuta è in ordine"), "{page}");
    assert!(
        page.contains("<h1>Che cosa prova questa ricevuta</h1>"),
        "{page}"
    );
    assert!(
        page.contains("Il registro visto più tardi contiene ancora tutto"),
        "{page}"
    );
    assert!(page.contains("presa da fuori della ricevuta"), "{page}");
    let forged = with(&receipt, "document", |bytes| bytes[9] ^= 1);
    let (status, page) = upload(&app, &bytes(&forged)).await;
    assert_eq!(status, 200);
    assert!(page.contains("La ricevuta non è in ordine"), "{page}");
    let (status, page) = upload(&app, &bytes(&of_own_log(&app, &receipt))).await;
    assert_eq!(status, 200);
    assert!(page.contains("La ricevuta non è in ordine"), "{page}");
    let shown = app.get("/verify").await.text().await.unwrap();
    assert!(shown.contains("enctype=\"multipart/form-data\""));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_receipt_gets_an_answer_and_never_a_fault() {
    let app = TestApp::seeded().await;
    let one = signer(&app, "uno").await;
    app.run_log().await;
    let receipt = receipt_of(&one).await;
    let deep = format!(
        "{{\"format\":\"joinder-receipt/1\",\"entry\":{}{}",
        "[".repeat(200_000),
        "]".repeat(200_000)
    );
    let mut files: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"{".to_vec(),
        b"[]".to_vec(),
        b"null".to_vec(),
        vec![0; 4_096],
        vec![0xff; 4_096],
        deep.into_bytes(),
        b"\xef\xbb\xbf{}".to_vec(),
        vec![b' '; 3_000_000],
    ];
    let hostile = [
        Value::Null, json!(true), json!(-1), json!(1e300), json!(""), json!("=="), json!("AAAA"), json!([]), json!({}),
        json!("\u{0}"), json!(BASE64.encode(b"{}")), json!(BASE64.encode(b"[[[[")), json!(BASE64.encode(b"c2sp.org/tlog-proof@v1\nindex 18446744073709551615\n\n")),
        json!(BASE64.encode(b"a\n18446744073709551615\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\xe2\x80\x94 a AAAAAAAA\n")),
        json!("x".repeat(100_000)),
    ];
    for field in receipt.as_object().unwrap().keys() {
        for value in &hostile {
            let mut changed = receipt.clone();
            changed[field] = value.clone();
            files.push(bytes(&changed));
        }
        let mut without = receipt.clone();
        without.as_object_mut().unwrap().remove(field);
        files.push(bytes(&without));
    }
    for (number, file) in files.iter().enumerate() {
        let report = receipt_check::check(file, Against::default());
        let whole = [Verdict::Proved, Verdict::Unfinished].contains(&report.verdict);
        let (status, page) = upload(&app, file).await;
        assert_eq!(status, 200, "{number}");
        // without its key a receipt is whole: the page knows the key
        assert_eq!(
            page.contains("La ricevuta è in ordine"),
            whole,
            "{number}: {report:?}"
        );
    }
    let (status, _) = upload(&app, &vec![b'x'; receipt_check::LONGEST + 40_000]).await;
    assert_eq!(status, 413);
    for (kind, body) in [
        ("multipart/form-data", "x"),
        ("multipart/form-data; boundary=", "x"),
        ("multipart/form-data; boundary=XX", "--XX"),
        ("multipart/form-data; boundary=XX", "--XX\r\n\r\n"),
        ("application/json", "{}"),
        ("text/plain", ""),
    ] {
        let request = app
            .browser()
            .post(app.url("/verify"))
            .header("content-type", kind);
        let status = request.body(body).send().await.unwrap().status().as_u16();
        assert!([400, 415].contains(&status), "{kind} {body}: {status}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_take_the_same_receipt_along_with_a_second_factor() {
    let app = TestApp::seeded().await;
    let one = signer(&app, "uno").await;
    app.run_log().await;
    let member = person(&app, association(&app, "codacons").await, Role::Reviewer).await;
    let bearer = member.bearer(&app).await;
    let path = format!("/api/v1/staff/claimants/{}/declarations/1/receipt", one.id);
    assert_eq!(get(&app, &path, &bearer).await.status(), 403);
    let code = json!({ "totp": member.code(&app) });
    post(&app, "/api/v1/staff/step-up", Some(&bearer), &code).await;
    let answer = get(&app, &path, &bearer).await;
    let name = answer.headers()["content-disposition"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(name.ends_with("-v1.receipt.json\""), "{name}");
    let taken: Value = answer.json().await.unwrap();
    assert_eq!(taken, receipt_of(&one).await);
    assert_eq!(taken["vkey"], text_at(&app, "vkey").await.trim());
    assert!(
        taken["vkey"]
            .as_str()
            .unwrap()
            .contains(&format!("/log/{CASE}+"))
    );
    let viewed = "SELECT count(*) FROM audit WHERE action = 'view_signed'";
    assert_eq!(app.number(viewed).await, 1);
    app.stop().await;
}
