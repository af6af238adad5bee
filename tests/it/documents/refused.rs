//! What is not taken, and how it is said. No upload answers 5xx or hangs.

use reqwest::Method;
use serde_json::json;

use super::{Form, JPEG, PDF, blobs, maria, receipt};
use crate::app::TestApp;
use crate::claimant::{SignUpBuilder, ask};

const HEIC: &[u8] = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    let kind = || Form::new().text("kind", "other");
    let cases: Vec<(Form, Vec<(&str, &str)>)> = vec![
        (
            Form::new(),
            vec![("/kind", "required"), ("/file", "required")],
        ),
        (kind(), vec![("/file", "required")]),
        (kind().file("file", "", b""), vec![("/file", "required")]),
        (kind().file("file", "a.pdf", b""), vec![("/file", "format")]),
        (
            kind().file("file", "a.pdf", b"MZ\0\0"),
            vec![("/file/0", "unknown_value")],
        ),
        (
            kind().file("file", "foto.jpg", HEIC),
            vec![("/file/0", "unknown_value")],
        ),
        (
            kind()
                .file("file", "a.pdf", PDF)
                .file("file", "b.zip", b"PK\x03\x04\0"),
            vec![("/file/1", "unknown_value")],
        ),
        (
            Form::new()
                .text("kind", "passport")
                .file("file", "a.pdf", PDF),
            vec![("/kind", "unknown_value")],
        ),
        (
            receipt().text("note", "x"),
            vec![("/note", "unknown_field")],
        ),
        (
            receipt().file("other", "a.pdf", PDF),
            vec![("/other", "unknown_field")],
        ),
    ];
    for (form, wanted) in cases {
        let wrong = claimant.add_document(form).await.wrong_fields();
        let wrong: Vec<(&str, &str)> = wrong
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(wrong, wanted);
    }
    let many = (0..11).fold(kind(), |form, _| form.file("file", "a.jpg", JPEG));
    let wrong = claimant.add_document(many).await.wrong_fields();
    assert_eq!(wrong, [("/file".to_owned(), "out_of_range".to_owned())]);
    let heic = kind().file("file", "foto.jpg", HEIC);
    let request = heic.send(claimant.request(Method::POST, "/documents"));
    let body = ask(request.header("accept-language", "en")).await.body;
    let said = body["errors"][0]["message"].as_str().unwrap();
    assert!(
        said.contains("HEIC") && said.contains("Most Compatible"),
        "{said}"
    );
    assert_eq!(claimant.documents().await.len(), 0);
    assert_eq!(blobs(&app).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_over_the_limit_is_413_and_named_and_one_at_the_limit_is_taken() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    let limits = ask(app.request(Method::GET, "/.well-known/limits"))
        .await
        .expect(200);
    let limit = limits["documents"]["bytes_per_file"].as_u64().unwrap();
    assert!(limit >= 15 * 1024 * 1024);
    let mut file = vec![b' '; usize::try_from(limit).unwrap()];
    file[..PDF.len()].copy_from_slice(PDF);
    let form = |second: &[u8]| {
        Form::new()
            .text("kind", "other")
            .file("file", "a.pdf", PDF)
            .file("file", "b.pdf", second)
    };
    let taken = claimant.add_document(form(&file)).await.expect(201);
    assert_eq!(taken["files"][1]["size"], limit);
    let original = claimant.original(&taken, 1).await.bytes().await.unwrap();
    assert!(original == file);
    file.push(b' ');
    let refused = claimant.add_document(form(&file)).await;
    let body = refused.expect_problem(413, "too-large");
    assert_eq!(body["errors"][0]["pointer"], "/file/1");
    assert_eq!(body["errors"][0]["code"], "too_long");
    assert_eq!(claimant.documents().await.len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_forms_are_400_and_others_415() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    let send = async |kind: &str, body: Vec<u8>| {
        let request = claimant.request(Method::POST, "/documents");
        ask(request.header("content-type", kind).body(body)).await
    };
    let whole = receipt().bytes();
    let multipart = "multipart/form-data; boundary=b0undary";
    for cut in [0, 1, 20, 60, 120, whole.len() / 2, whole.len() - 30] {
        let answer = send(multipart, whole[..cut].to_vec()).await;
        let status = answer.status.as_u16();
        assert!(matches!(status, 400 | 422), "{cut}: {status}");
    }
    for (kind, body) in [
        ("multipart/form-data", whole.clone()),
        ("multipart/form-data; boundary=", whole.clone()),
        ("multipart/form-data; boundary=other", whole.clone()),
        (
            multipart,
            b"--b0undary\r\n\r\nno head\r\n--b0undary--\r\n".to_vec(),
        ),
        (multipart, vec![b'-'; 300_000]),
        (
            multipart,
            [b"--b0undary\r\n".to_vec(), vec![b'x'; 300_000]].concat(),
        ),
    ] {
        send(kind, body).await.expect_problem(400, "malformed");
    }
    for kind in [
        "application/json",
        "text/plain",
        "multipart/mixed; boundary=b0undary",
    ] {
        send(kind, whole.clone())
            .await
            .expect_problem(415, "unsupported-media-type");
    }
    assert_eq!(claimant.documents().await.len(), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_open_record_takes_documents() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    for state in ["withdrawn", "rejected", "restricted"] {
        app.sql(&format!("UPDATE claimants SET state = '{state}'"))
            .await;
        let answer = claimant.add_document(receipt()).await;
        let status = answer.status.as_u16();
        assert!(matches!(status, 401 | 409), "{state}: {status}");
    }
    app.sql("UPDATE claimants SET state = 'lodged'").await;
    claimant.add_document(receipt()).await.expect(201);
    assert_eq!(blobs(&app).await, 1);
    let path = "/api/v1/public/me/documents";
    let nobody = receipt().send(app.request(Method::POST, path));
    ask(nobody).await.expect_problem(401, "unauthenticated");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_takes_fifty_documents() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    let added = claimant.add_document(receipt()).await.expect(201);
    app.sql(
        "INSERT INTO documents SELECT claimant_id, gen_random_uuid(), association_id, n, kind, scan, \
         added_by, created_at, NULL, NULL FROM documents, generate_series(2, 50) n",
    )
    .await;
    let wrong = claimant.add_document(receipt()).await.wrong_fields();
    assert_eq!(wrong, [("/file".to_owned(), "out_of_range".to_owned())]);
    claimant.remove_document(&added["id"]).await.expect(204);
    let next = claimant.add_document(receipt()).await.expect(201);
    assert_eq!(next["number"], 51);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_claimants_document_is_like_none() {
    let app = TestApp::seeded().await;
    let maria = maria(&app).await;
    let anna = app.confirmed(&SignUpBuilder::new("anna@example.org")).await;
    let document = maria.add_document(receipt()).await.expect(201);
    assert_eq!(anna.original(&document, 0).await.status(), 404);
    anna.remove_document(&document["id"])
        .await
        .expect_problem(404, "not-found");
    assert_eq!(anna.documents().await.len(), 0);
    let odd = json!({"id": "nonsense", "files": [{"id": "nonsense"}]});
    assert_eq!(maria.original(&odd, 0).await.status(), 404);
    app.stop().await;
}
