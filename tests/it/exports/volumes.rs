//! What other programs read in a dossier: archives beyond the old bounds of ZIP, and what people signed by other means
//! or uploaded (R36, R38, R40, R44, R64).

use joinder::domain::permission::Role;
use joinder::render::volume::Volume;
use serde_json::json;

use super::{Approver, asked, fetched, manager, names, run, told};
use crate::app::TestApp;
use crate::claimant::{anna, mario};
use crate::documents::{Form, JPEG, PDF, receipt};
use crate::paper::{Sheets, decide, hand_in_of, staff};
use crate::seed::CASE;
use crate::signing::digital;
use crate::staff_declared::{declaration, identified};
use crate::staff_seed::association;

/// Reads an archive with Python's standard library alone.
const READ_ZIP: &str = r#"
import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
names = archive.namelist()
assert len(names) == len(set(names))
print(len(names), archive.read(names[0]).decode(), archive.read(names[-1]).decode())
"#;

#[test]
fn more_files_than_a_zip_used_to_count_are_read_by_other_programs() {
    const FILES: usize = 70_000;
    let mut volume = Volume::new();
    let mut bytes = Vec::new();
    for file in 0..FILES {
        let name = format!("{:03}/{file:05}.txt", file / 1_000);
        volume.add(&name, format!("n{file}").as_bytes()).unwrap();
        bytes.extend(volume.take());
    }
    bytes.extend(volume.finish().unwrap());
    // the directory's end as ZIP64 has it, and where it is
    for record in [b"PK\x06\x06", b"PK\x06\x07"] {
        assert!(bytes.windows(4).rev().take(200).any(|at| at == record));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.zip");
    std::fs::write(&path, &bytes).unwrap();
    let path = path.to_str().unwrap();
    let read = run("python3", &["-c", READ_ZIP, path]);
    assert_eq!(read.trim(), "70000 n0 n69999");
    run("unzip", &["-tq", path]);
    // and cut anywhere in its directory it opens nowhere
    let cut = folder.path().join("cut.zip");
    std::fs::write(&cut, &bytes[..bytes.len() - 1_000]).unwrap();
    let opened = std::process::Command::new("python3")
        .args(["-c", READ_ZIP, cut.to_str().unwrap()])
        .output();
    assert_ne!(opened.unwrap().status.code(), Some(0));
}

/// Mario with a `.p7m` and a document, Anna on paper with two.
async fn signed_by_other_means(app: &TestApp) {
    let mario = identified(app, "a@example.org", "a@libero.it", &mario()).await;
    mario.add_document(receipt()).await.expect(201);
    let (document, _) = digital::ask_to_sign(&mario, &declaration("a@libero.it")).await;
    let file = digital::p7m(&document, digital::Attributes::All);
    digital::bring(&mario, file).await.expect(201);

    let anna = identified(app, "b@example.org", "b@libero.it", &anna()).await;
    anna.add_document(receipt()).await.expect(201);
    let photos = Form::new()
        .text("kind", "outage_proof")
        .file("file", "a.jpg", JPEG)
        .file("file", "b.pdf", PDF);
    anna.add_document(photos).await.expect(201);
    anna.declare(&declaration("b@libero.it")).await.expect(200);
    let handed_in = anna.hand_in(&Sheets::whole()).await.expect(201);
    let hand_in = hand_in_of(&handed_in);
    let (_, reviewer) = staff(app, Role::Reviewer).await;
    let of = (anna.id, hand_in.as_str());
    let signed = decide(app, &reviewer, of, "approval", &json!({})).await;
    assert_eq!(signed.expect(200)["state"], "signed");
    app.run_log().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r36_r40_r44_r64_a_dossier_holds_what_was_brought_and_no_identity_document() {
    let app = TestApp::seeded().await;
    signed_by_other_means(&app).await;
    let ours = association(&app, "codacons").await;
    let (_, bearer) = manager(&app, ours).await;
    let wish = json!({"case": CASE, "format": "dossier", "dialect": "excel"});
    let place = asked(&app, &bearer, &wish).await;
    Approver::of(&app, ours).await.approve(&app, &place).await;
    assert_eq!(app.run_exports().await, 1);
    let status = told(&app, &place, &bearer).await;
    assert_eq!(
        (&status["state"], &status["rows"]),
        (&json!("ready"), &json!(2))
    );
    let bytes = fetched(&app, &format!("{place}/content"), &bearer).await;
    let inside = names(&bytes);
    let mut own: Vec<&str> = inside
        .iter()
        .filter_map(|name| name.split_once('/'))
        .map(|(_, own)| own)
        .collect();
    own.sort_unstable();
    let mut expected = [
        "attestazione.pdf",
        "attestazione.pdf",
        "dichiarazione.json",
        "dichiarazione.json",
        "dichiarazione.pdf",
        "dichiarazione.pdf",
        "documenti/01-1.pdf",
        "documenti/01-1.pdf",
        "documenti/02-1.jpg",
        "documenti/02-2.pdf",
        "elenco-000001-000002.pdf",
        "firma.json",
        "firma.json",
        "firmato.p7m",
        "fogli/01.pdf",
        "fogli/02.jpg",
        "ricevuta.json",
        "ricevuta.json",
    ];
    expected.sort_unstable();
    assert_eq!(own, expected, "{inside:?}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dossier.zip");
    std::fs::write(&path, &bytes).unwrap();
    let path = path.to_str().unwrap();
    run("unzip", &["-tq", path]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/check_dossier.py");
    let hash = status["sha256"].as_str().unwrap();
    let said = run("python3", &[script, "--manifest", hash, path]);
    assert!(
        said.contains("2 claimants, 19 files, 1 volumes: all there"),
        "{said}"
    );
    // the index says how each signed, and that nothing asked for is nothing
    let index = run("unzip", &["-p", path, "indice.csv"]);
    let lines: Vec<&str> = index.lines().collect();
    assert!(
        lines[0].ends_with(";totale;sha256;voci_da_liquidare;attestazione"),
        "{index}"
    );
    assert!(lines[1].contains("firma digitale") && lines[2].contains("firma autografa"));
    for line in &lines[1..] {
        assert!(line.contains(";12,50;") && line.contains(";1;"), "{line}");
        assert!(line.ends_with("/attestazione.pdf"), "{line}");
    }
    let evidence = run("unzip", &["-p", path, "*/firma.json"]);
    assert!(evidence.contains("\"tier\":\"digital\"") && evidence.contains("\"tier\":\"paper\""));
    app.stop().await;
}
