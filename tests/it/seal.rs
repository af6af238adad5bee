//! Seals on documents that people take along, by certificates of an authority of our own (openssl), read by
//! our own reader of signed PDFs and by the program (R40, decision 19).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64;
use joinder::app::seal::{Report, Sealer, Verdict, check};
use joinder::crypto::seal_key::SealKey;
use joinder::crypto::sha256;
use joinder::domain::permission::Role;
use joinder::domain::signing::{self as words, Format};
use joinder::evidence::{Question, SealCertificate, Trust, examine, read_sealed};
use reqwest::Method;
use serde_json::json;

use crate::app::{TestApp, TestOptions};
use crate::claimant::{Claimant, ask};
use crate::signing::digital::form;
use crate::signing::{asked, mario_of};
use crate::staff_seed::{association, person};

/// Whom the certificates name, so that a report on a seal can be all green.
const CODE: &str = "RSSMRA85C12H501J";

const CONFIG: &str = "[ca]\ndefault_ca = it\n[it]\ndatabase = index.txt\nserial = serial\ncrlnumber = serial\n\
    new_certs_dir = .\ndefault_md = sha256\npolicy = any\nunique_subject = no\ndefault_crl_days = 9\n\
    [any]\ncountryName = optional\norganizationName = optional\ncommonName = supplied\nserialNumber = optional\n\
    [req]\ndistinguished_name = dn\n[dn]\n\
    [issuer]\nbasicConstraints = critical,CA:true\nkeyUsage = critical,keyCertSign,cRLSign\n\
    [seal]\nbasicConstraints = critical,CA:false\nkeyUsage = critical,nonRepudiation\n\
    [tls]\nbasicConstraints = critical,CA:false\nkeyUsage = critical,keyEncipherment\n";

/// An authority and what it issued, in a folder.
struct Issued {
    folder: tempfile::TempDir,
}

impl Issued {
    /// `ca.pem`, `ca.crl`; key and certificate `rsa`, `ecdsa`, in force from 2025 to 2045; `expired`; `tls`.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::write(path.join("ca.cnf"), CONFIG).unwrap();
        fs::write(path.join("index.txt"), "").unwrap();
        fs::write(path.join("serial"), "0a\n").unwrap();
        let issued = Self { folder };
        issued.ask("ca", "rsa:2048", "/C=IT/CN=Prova-CA");
        issued.openssl(
            "ca -batch -selfsign -config ca.cnf -extensions issuer -keyfile ca.key -in ca.csr -out ca.pem \
             -startdate 20240101000000Z -enddate 20450101000000Z -notext",
        );
        let subject = format!("/C=IT/O=Codacons/CN=Sigillo-Codacons/serialNumber=TINIT-{CODE}");
        for (name, kind, extensions, ends) in [
            ("rsa", "rsa:2048", "seal", 2045),
            ("ecdsa", "ec -pkeyopt ec_paramgen_curve:P-256", "seal", 2045),
            ("expired", "rsa:2048", "seal", 2026),
            ("tls", "rsa:2048", "tls", 2045),
        ] {
            issued.ask(name, kind, &subject);
            issued.openssl(&format!(
                "ca -batch -config ca.cnf -extensions {extensions} -cert ca.pem -keyfile ca.key -in {name}.csr \
                 -out {name}.pem -startdate 20250101000000Z -enddate {ends}0101000000Z -notext"
            ));
        }
        issued.openssl("ca -config ca.cnf -gencrl -cert ca.pem -keyfile ca.key -out ca.crl");
        issued
    }

    fn ask(&self, name: &str, kind: &str, subject: &str) {
        self.openssl(&format!(
            "req -new -newkey {kind} -nodes -keyout {name}.key -out {name}.csr -subj {subject}"
        ));
    }

    fn openssl(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        command
            .current_dir(self.path())
            .args(arguments.split_whitespace());
        let done = command.output().unwrap();
        let words = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "openssl {arguments}: {words}");
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    fn certificate(&self, name: &str) -> SealCertificate {
        SealCertificate::parse(&self.text(&format!("{name}.pem"))).unwrap()
    }

    fn sealer(&self, name: &str) -> Sealer {
        let key = SealKey::load(&self.path().join(format!("{name}.key"))).unwrap();
        Sealer::new(key, self.certificate(name)).unwrap()
    }

    fn trust(&self) -> Trust {
        let mut trust = Trust::default();
        trust.add_anchors(&self.text("ca.pem")).unwrap();
        trust.add_list(self.text("ca.crl").as_bytes()).unwrap();
        trust
    }

    async fn app(&self, name: &str) -> TestApp {
        TestApp::seeded_with(TestOptions {
            sealer: Some(Arc::new(self.sealer(name))),
            ..TestOptions::default()
        })
        .await
    }
}

async fn signed(app: &TestApp) -> Claimant<'_> {
    let claimant = mario_of(app).await;
    let (request, code, _) = asked(app, &claimant).await;
    let signed = claimant.sign(&request, &code, "Mario Rossi").await;
    signed.expect(201);
    claimant
}

async fn download(claimant: &Claimant<'_>, path: &str) -> Vec<u8> {
    let answer = claimant.request(Method::GET, path).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/pdf");
    answer.bytes().await.unwrap().to_vec()
}

/// The document in the receipt, whose hash the evidence has.
async fn kept(claimant: &Claimant<'_>) -> Vec<u8> {
    let receipt = ask(claimant.request(Method::GET, "/receipt"))
        .await
        .expect(200);
    let document = receipt["document"].as_str().unwrap().as_bytes();
    let document = BASE64.decode(document).unwrap();
    assert_eq!(
        receipt["document_sha256"],
        sha256::hex(&sha256::digest(&document))
    );
    document
}

fn report(trust: &Trust, copy: &[u8], issued: &[u8], at: DateTime<Utc>) -> words::Report {
    let question = Question {
        file: copy,
        issued,
        signers: &[CODE.to_owned()],
        received_at: at,
    };
    examine(trust, &question)
}

/// What staff take along.
async fn taken_by_staff(app: &TestApp, claimant: &Claimant<'_>) -> Vec<u8> {
    let staff = person(app, association(app, "codacons").await, Role::CaseManager).await;
    let bearer = staff.bearer(app).await;
    let up = app
        .request(Method::POST, "/api/v1/staff/step-up")
        .bearer_auth(&bearer);
    let up = up.json(&json!({"totp": staff.code(app)})).send().await;
    assert!(up.unwrap().status().is_success());
    let path = format!(
        "/api/v1/staff/claimants/{}/declarations/1/document",
        claimant.id
    );
    let taken = app.request(Method::GET, &path).bearer_auth(&bearer);
    taken.send().await.unwrap().bytes().await.unwrap().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn r40_what_is_taken_along_is_the_signed_document_with_a_seal_after_it() {
    let issued = Issued::new();
    for name in ["rsa", "ecdsa"] {
        let app = issued.app(name).await;
        let claimant = signed(&app).await;
        let document = kept(&claimant).await;
        let copy = download(&claimant, "/receipt/document").await;
        assert!(copy.starts_with(&document) && copy.len() > document.len());
        assert!(!document.windows(10).any(|it| it == b"/ByteRange"));
        let report = report(&issued.trust(), &copy, &document, app.clock().now());
        assert_eq!(report.verdict, words::Verdict::Valid, "{:?}", report.checks);
        assert_eq!(report.format, Format::Pades);
        assert_eq!(report.signatures[0].name, "Sigillo-Codacons");
        // the time stands beside the message, not in it
        assert_eq!(report.signatures[0].claimed_at, None);
        let text = String::from_utf8_lossy(&copy[document.len()..]).into_owned();
        assert!(text.contains("/M(D:20260302090000+00'00')"), "{text}");
        let hash = sha256::hex(&sha256::digest(&document));
        assert!(text.contains(&hash), "{text}");

        let again = taken_by_staff(&app, &claimant).await;
        assert!(again.starts_with(&document));
        assert!(read_sealed(&again, app.clock().now()).unwrap().is_whole);
        // what is declared, what the mail brings and the archive of own data are what the hash is of
        let declared = download(&claimant, "/declaration/document").await;
        assert!(declared == document);
        app.run_outbox().await;
        let mails = app.mails().into_iter().map(|sent| sent.message.mail);
        let mail = mails.rev().find(|mail| mail.kind.as_str() == "receipt");
        let mail = mail.unwrap();
        assert!(mail.attachments[0].bytes() == document.as_slice());
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_copy_is_recognised_on_the_page_and_by_the_program() {
    let issued = Issued::new();
    let app = issued.app("rsa").await;
    let claimant = signed(&app).await;
    let document = kept(&claimant).await;
    let copy = download(&claimant, "/receipt/document").await;
    let hash = sha256::hex(&sha256::digest(&document));
    let mut changed = copy.clone();
    changed[document.len() / 2] ^= 1;
    let ecdsa = issued.sealer("ecdsa");
    let others = ecdsa.seal(&document, app.clock().now()).unwrap();
    for (file, title, shows_hash, code) in [
        (&copy, "Il sigillo è in ordine", true, 0),
        (&changed, "Il sigillo non è in ordine", false, 1),
        (&others, "Il documento è intero", true, 2),
        (&document, "L’impronta di questo PDF", true, 2),
    ] {
        let page = app
            .browser()
            .post(app.url("/verify"))
            .header("content-type", "multipart/form-data; boundary=x");
        let page = page.body(form(&[], file)).send().await.unwrap();
        assert_eq!(page.status(), 200);
        let page = page.text().await.unwrap();
        assert!(page.contains(title), "{title}: {page}");
        assert_eq!(page.contains(&hash), shows_hash, "{title}");

        let place = issued.path().join("copia.pdf");
        fs::write(&place, file).unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_joinder"));
        program.env_clear().arg("verify").arg(&place);
        let alone = program.output().unwrap();
        let wanted = issued.path().join("rsa.pem");
        let done = program
            .arg("--seal-certificate")
            .arg(wanted)
            .output()
            .unwrap();
        let said = String::from_utf8(done.stdout).unwrap();
        assert_eq!(done.status.code(), Some(code), "{said}");
        assert!(said.contains(title), "{said}");
        assert_eq!(said.contains(&hash), shows_hash, "{said}");
        // where nobody says whose seal it must be, it is nobody's
        let untold = if code == 0 { 2 } else { code };
        assert_eq!(alone.status.code(), Some(untold), "{title}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r42_no_byte_of_a_sealed_copy_can_be_changed() {
    let issued = Issued::new();
    let app = issued.app("rsa").await;
    let claimant = signed(&app).await;
    let document = kept(&claimant).await;
    let copy = download(&claimant, "/receipt/document").await;
    let (known, trust, now) = (issued.certificate("rsa"), issued.trust(), app.clock().now());
    let judged = |file: &[u8]| -> Report { check(file, Some(&known), now) };
    let gap = copy
        .windows(10)
        .rposition(|it| it == b"/Contents<")
        .unwrap()
        + 9;
    let after = gap + copy[gap..].iter().position(|it| *it == b'>').unwrap();
    let mut places: Vec<usize> = (0..document.len()).step_by(1_499).collect();
    places.extend((document.len()..gap).step_by(11));
    places.extend((after..copy.len()).step_by(11));
    for place in places {
        let mut changed = copy.clone();
        changed[place] ^= 1;
        let verdict = judged(&changed).verdict;
        assert!(
            matches!(verdict, Verdict::Broken | Verdict::Unsealed),
            "{place}: {verdict:?}"
        );
        let report = report(&trust, &changed, &document, now);
        assert_ne!(report.verdict, words::Verdict::Valid, "{place}");
    }
    for file in [
        [copy.as_slice(), b" 1 0 obj\n<<>>\nendobj\n"].concat(),
        copy[..copy.len() - 20].to_vec(),
        copy[..after].to_vec(),
        copy[document.len()..].to_vec(),
    ] {
        let verdict = judged(&file).verdict;
        assert_ne!(verdict, Verdict::Ours);
        assert_ne!(verdict, Verdict::Whole);
    }
    // a seal fits its own document alone
    let mut body = crate::signing::declaration();
    body["narrative"] = json!("Un altro testo.");
    claimant.declare(&body).await.expect(200);
    let other = download(&claimant, "/declaration/document").await;
    let moved = [other.as_slice(), &copy[document.len()..]].concat();
    assert_eq!(judged(&moved).verdict, Verdict::Broken);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_over_hinders_nobody_and_without_one_nothing_changes() {
    let issued = Issued::new();
    for app in [issued.app("expired").await, TestApp::seeded().await] {
        let claimant = signed(&app).await;
        let document = kept(&claimant).await;
        let copy = download(&claimant, "/receipt/document").await;
        assert!(copy == document);
        app.stop().await;
    }
    let expired = issued.sealer("expired");
    let ends = expired.certificate().not_after;
    assert!(expired.check_in_force(ends).is_ok());
    assert!(
        expired
            .check_in_force(ends + TimeDelta::seconds(1))
            .is_err()
    );
}

/// The program with nothing but these variables: exit code and words.
fn joinder(data: &Path, argument: &str, variables: &[(&str, &Path)]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_joinder"));
    command.env_clear().env("DATA_DIR", data).arg(argument);
    command.env("MAIL_DIR", data.join("mails"));
    command.envs(variables.iter().copied());
    let done = command.output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    (
        done.status.code().unwrap(),
        String::from_utf8(said).unwrap(),
    )
}

#[test]
fn serve_refuses_a_key_and_a_certificate_that_cannot_seal_and_names_the_setting() {
    let issued = Issued::new();
    let data = tempfile::tempdir().unwrap();
    let (code, said) = joinder(data.path(), "keygen", &[]);
    assert_eq!(code, 0, "{said}");
    let place = |name: &str| issued.path().join(name);
    let open = place("open.key");
    fs::copy(place("rsa.key"), &open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o640)).unwrap();
    let backwards = place("backwards.pem");
    fs::write(
        &backwards,
        [issued.text("rsa.pem"), issued.text("ecdsa.pem")].concat(),
    )
    .unwrap();
    let pair = "SEAL_KEY_FILE and SEAL_CERTIFICATE_FILE do not go together";
    for (key, certificate, said) in [
        ("ecdsa.key", "rsa.pem", pair),
        ("rsa.key", "expired.pem", pair),
        ("open.key", "rsa.pem", "SEAL_KEY_FILE cannot be used"),
        ("rsa.pem", "rsa.pem", "SEAL_KEY_FILE cannot be used"),
        ("no.key", "rsa.pem", "SEAL_KEY_FILE cannot be used"),
        ("rsa.key", "rsa.key", "SEAL_CERTIFICATE_FILE cannot be used"),
        ("tls.key", "tls.pem", "SEAL_CERTIFICATE_FILE cannot be used"),
        ("ca.key", "ca.pem", "SEAL_CERTIFICATE_FILE cannot be used"),
        (
            "rsa.key",
            "backwards.pem",
            "SEAL_CERTIFICATE_FILE cannot be used",
        ),
        ("rsa.key", "no.pem", "SEAL_CERTIFICATE_FILE cannot be read"),
    ] {
        let (key, certificate) = (place(key), place(certificate));
        let files = [
            ("SEAL_KEY_FILE", key.as_path()),
            ("SEAL_CERTIFICATE_FILE", certificate.as_path()),
        ];
        let (code, words) = joinder(data.path(), "serve", &files);
        assert_ne!(code, 0);
        assert!(words.contains(said), "{said}: {words}");
        assert!(!words.contains("PRIVATE KEY-----\n"), "{words}");
    }
    let key = place("rsa.key");
    let (code, words) = joinder(data.path(), "serve", &[("SEAL_KEY_FILE", &key)]);
    assert_ne!(code, 0);
    assert!(
        words.contains("SEAL_CERTIFICATE_FILE is missing"),
        "{words}"
    );
}

#[test]
fn a_chain_goes_into_the_seal_in_its_order() {
    let issued = Issued::new();
    let chain = [issued.text("rsa.pem"), issued.text("ca.pem")].concat();
    let certificate = SealCertificate::parse(&chain).unwrap();
    assert_eq!(certificate.sha256, issued.certificate("rsa").sha256);
    let key = SealKey::load(&issued.path().join("rsa.key")).unwrap();
    let sealer = Sealer::new(key, certificate).unwrap();
    let document = fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/it/signatures/declaration.pdf"
    ));
    let document = document.unwrap();
    let at: DateTime<Utc> = "2026-03-02T09:00:00Z".parse().unwrap();
    let copy = sealer.seal(&document, at).unwrap();
    // the same document at the same time, by an RSA key: the same bytes
    assert!(copy == sealer.seal(&document, at).unwrap());
    let report = report(&issued.trust(), &copy, &document, at);
    assert_eq!(report.verdict, words::Verdict::Valid, "{:?}", report.checks);
    // what is not of our making is not sealed, nor is a copy sealed twice
    assert!(sealer.seal(&copy, at).is_err());
    assert!(sealer.seal(b"%PDF-1.7\n%%EOF\n", at).is_err());
}
