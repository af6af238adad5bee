//! Documents that claimants produce (letter f): R36, R38, R61.

use joinder::app::document;
use joinder::crypto::sha256;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::claimant::{Answer, Claimant, SignUpBuilder, ask};

mod declared;
mod page;
mod picture;
mod refused;
mod scan;
mod staff;
mod store;

pub(crate) const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n";
pub(crate) const JPEG: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xd9";

/// The body of a form with files, by hand: so that it can also be broken.
pub(crate) struct Form(Vec<u8>);

impl Form {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn text(mut self, name: &str, value: &str) -> Self {
        let part = format!(
            "--b0undary\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
        self.0.extend(part.as_bytes());
        self
    }

    pub(crate) fn file(mut self, name: &str, file_name: &str, bytes: &[u8]) -> Self {
        let head = format!(
            "--b0undary\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\nContent-Type: application/x-whatever\r\n\r\n"
        );
        self.0.extend(head.as_bytes());
        self.0.extend(bytes);
        self.0.extend(b"\r\n");
        self
    }

    /// The body whole.
    pub(crate) fn bytes(mut self) -> Vec<u8> {
        self.0.extend(b"--b0undary--\r\n");
        self.0
    }

    pub(crate) fn send(self, request: RequestBuilder) -> RequestBuilder {
        let bytes = self.bytes();
        request
            .header("content-type", "multipart/form-data; boundary=b0undary")
            .body(bytes)
    }
}

/// A receipt as one PDF.
pub(crate) fn receipt() -> Form {
    Form::new()
        .text("kind", "expense_proof")
        .file("file", "Ricevuta.pdf", PDF)
}

impl Claimant<'_> {
    /// Adds a document, whatever comes back.
    pub(crate) async fn add_document(&self, form: Form) -> Answer {
        ask(form.send(self.request(Method::POST, "/documents"))).await
    }

    /// The own documents.
    pub(crate) async fn documents(&self) -> Vec<Value> {
        let listed = ask(self.request(Method::GET, "/documents"))
            .await
            .expect(200);
        listed["items"].as_array().unwrap().clone()
    }

    /// Removes a document.
    pub(crate) async fn remove_document(&self, id: &Value) -> Answer {
        let path = format!("/documents/{}/removal", id.as_str().unwrap());
        ask(self.request(Method::POST, &path)).await
    }

    /// One original, as it comes.
    pub(crate) async fn original(&self, document: &Value, place: usize) -> reqwest::Response {
        let (id, file) = (&document["id"], &document["files"][place]["id"]);
        let path = format!(
            "/documents/{}/files/{}",
            id.as_str().unwrap(),
            file.as_str().unwrap()
        );
        self.request(Method::GET, &path).send().await.unwrap()
    }
}

pub(crate) async fn maria(app: &TestApp) -> Claimant<'_> {
    app.confirmed(&SignUpBuilder::new("maria@example.org"))
        .await
}

/// Blobs that are files of documents.
pub(crate) async fn blobs(app: &TestApp) -> usize {
    let all = app.ctx.blobs.list().await.unwrap();
    all.iter().filter(|key| key.contains("/file-")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_photos_are_one_document_and_come_back_byte_for_byte() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    // over several chunks of the store and of the spool, and not a multiple of either
    let mut photo = JPEG.to_vec();
    photo.extend((0..2_500_001_u32).map(|place| place.to_le_bytes()[0]));
    let form = Form::new()
        .text("kind", "expense_proof")
        .file("file", "IMG 1.JPG", &photo)
        .file("file[]", "Scontrino n° 2.jpeg", JPEG);
    let added = claimant.add_document(form).await.expect(201);
    assert_eq!(added["number"], 1);
    assert_eq!(added["kind"], "expense_proof");
    assert_eq!(added["scan"], "not_scanned");
    assert_eq!(added["added_by"], "claimant");
    let files = added["files"].as_array().unwrap();
    assert_eq!(files.len(), 2);
    let digest = |bytes: &[u8]| sha256::hex(&sha256::digest(bytes));
    assert_eq!(files[0]["sha256"], digest(&photo));
    assert_eq!(files[0]["size"], photo.len());
    assert_eq!(files[0]["name"], "IMG 1.jpg");
    assert_eq!(
        files[0]["media_type"], "image/jpeg",
        "by content, not by header"
    );
    let both = [sha256::digest(&photo), sha256::digest(JPEG)].concat();
    assert_eq!(added["sha256"], digest(&both));

    let answer = claimant.original(&added, 0).await;
    assert_eq!(answer.status(), 200);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-length"), photo.len().to_string());
    assert_eq!(header("content-type"), "image/jpeg");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cache-control"), "private, no-store");
    assert_eq!(
        header("content-security-policy"),
        "default-src 'none'; sandbox; frame-ancestors 'none'"
    );
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"IMG 1.jpg\"; filename*=UTF-8''IMG%201.jpg"
    );
    assert_eq!(answer.bytes().await.unwrap(), photo);
    let second = claimant.original(&added, 1).await.bytes().await.unwrap();
    assert_eq!(second, JPEG);

    let again = claimant.add_document(receipt()).await.expect(201);
    assert_eq!(again["number"], 2);
    assert_eq!(again["sha256"], again["files"][0]["sha256"]);
    assert_eq!(claimant.documents().await, [added, again]);
    assert_eq!(blobs(&app).await, 3);
    assert_eq!(app.number("SELECT count(*) FROM file_uploads").await, 0);
    let trail = "SELECT count(*) FROM audit WHERE action = 'add_document' AND detail ->> 'kind' = 'expense_proof'";
    assert_eq!(app.number(trail).await, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_document_rests_in_clear() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    let secret = "Diagnosi di Maria Rossi. ".repeat(50_000);
    let form = Form::new()
        .text("kind", "other")
        .file("file", "Diagnosi.txt", secret.as_bytes());
    claimant.add_document(form).await.expect(201);
    let row = "SELECT count(*) FROM document_files f WHERE f::text LIKE '%iagnosi%'";
    assert_eq!(app.number(row).await, 0);
    for key in app.ctx.blobs.list().await.unwrap() {
        let bytes = app.ctx.blobs.get(&key).await.unwrap();
        assert!(
            !bytes.windows(8).any(|window| window == b"Diagnosi"),
            "{key}"
        );
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_under_the_same_key_adds_nothing() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    let send = async |form: Form, key: &str| {
        let request = claimant.request(Method::POST, "/documents");
        ask(form.send(request.header("idempotency-key", key))).await
    };
    let first = send(receipt(), "k1").await.expect(201);
    let second = send(receipt(), "k1").await.expect(201);
    assert_eq!(first, second);
    assert_eq!(claimant.documents().await.len(), 1);
    assert_eq!(blobs(&app).await, 1);
    let other = Form::new().text("kind", "other").file("file", "a.pdf", PDF);
    send(other, "k1")
        .await
        .expect_problem(422, "idempotency-mismatch");
    let (one, two) = tokio::join!(send(receipt(), "k2"), send(receipt(), "k2"));
    assert_eq!(one.expect(201), two.expect(201), "at the same time too");
    assert_eq!(claimant.documents().await.len(), 2);
    assert_eq!(blobs(&app).await, 2, "what came twice is not kept twice");
    assert_eq!(app.number("SELECT count(*) FROM file_uploads").await, 0);
    claimant.remove_document(&first["id"]).await.expect(204);
    send(receipt(), "k1")
        .await
        .expect_problem(409, "illegal-transition");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_dense_under_a_rush_and_never_given_again() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    let all = futures_util::future::join_all((0..6).map(|_| claimant.add_document(receipt())));
    let mut numbers: Vec<i64> = all
        .await
        .into_iter()
        .map(|answer| answer.expect(201)["number"].as_i64().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    let last = claimant.documents().await.pop().unwrap();
    claimant.remove_document(&last["id"]).await.expect(204);
    let next = claimant.add_document(receipt()).await.expect(201);
    assert_eq!(next["number"], 7);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_document_is_gone_with_its_files() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    let added = claimant.add_document(receipt()).await.expect(201);
    claimant.remove_document(&added["id"]).await.expect(204);
    assert_eq!(claimant.documents().await, Vec::<Value>::new());
    assert_eq!(blobs(&app).await, 0);
    assert_eq!(claimant.original(&added, 0).await.status(), 404);
    claimant.remove_document(&added["id"]).await.expect(204);
    assert_eq!(app.number("SELECT count(*) FROM file_uploads").await, 0);
    let trail = "SELECT count(*) FROM audit WHERE action = 'remove_document'";
    assert_eq!(app.number(trail).await, 1, "once");
    let none = json!(uuid::Uuid::nil());
    claimant
        .remove_document(&none)
        .await
        .expect_problem(404, "not-found");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r61_erasure_takes_the_files_along_also_after_a_restore() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    claimant.add_document(receipt()).await.expect(201);
    let keys = app.ctx.blobs.list().await.unwrap();
    let key = keys.iter().find(|key| key.contains("/file-")).unwrap();
    let sealed = app.ctx.blobs.get(key).await.unwrap();
    claimant.erase().await.expect(200);
    assert_eq!(blobs(&app).await, 0);
    for table in ["documents", "document_files", "file_uploads"] {
        let left = format!("SELECT count(*) FROM {table}");
        assert_eq!(app.number(&left).await, 0, "{table}");
    }
    // a backup brings the file back
    app.ctx.blobs.put(key, sealed).await.unwrap();
    joinder::app::retention::replay_erased(&app.ctx)
        .await
        .unwrap();
    assert_eq!(blobs(&app).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_nothing_is_swept_after_an_hour_and_not_before() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    let added = claimant.add_document(receipt()).await.expect(201);
    // what a process leaves that died between the file and its row
    let file = uuid::Uuid::new_v4();
    let keys = app.ctx.blobs.list().await.unwrap();
    let kept = keys.iter().find(|key| key.contains("/file-")).unwrap();
    let folder = kept.split_once('/').unwrap().0;
    let loose = format!("{folder}/file-{file}");
    app.ctx.blobs.put(&loose, vec![7; 100]).await.unwrap();
    let now = app.clock().now().to_rfc3339();
    app.sql(&format!(
        "INSERT INTO file_uploads SELECT claimant_id, '{file}', association_id, '{now}' FROM documents"
    ))
    .await;
    app.clock().advance(chrono::TimeDelta::minutes(59));
    assert_eq!(document::delete_loose(&app.ctx).await.unwrap(), 0);
    assert_eq!(blobs(&app).await, 2);
    app.clock().advance(chrono::TimeDelta::minutes(2));
    let done = joinder::app::housekeeping::run(&app.ctx).await.unwrap();
    assert_eq!(done.loose_files, 1);
    assert_eq!(app.ctx.blobs.find(&loose).await.unwrap(), None);
    assert_eq!(app.number("SELECT count(*) FROM file_uploads").await, 0);
    app.request_access("maria@example.org").await;
    assert!(app.ctx.blobs.find(kept).await.unwrap().is_some());
    assert_eq!(added["number"], 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_row_without_a_file_where_the_store_fails() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    let (folder, aside) = (
        app.blobs_folder(),
        app.blobs_folder().with_extension("aside"),
    );
    std::fs::rename(&folder, &aside).unwrap();
    std::fs::write(&folder, "no folder").unwrap();
    claimant
        .add_document(receipt())
        .await
        .expect_problem(503, "unavailable");
    assert_eq!(app.number("SELECT count(*) FROM documents").await, 0);
    assert_eq!(app.number("SELECT count(*) FROM file_uploads").await, 1);
    std::fs::remove_file(&folder).unwrap();
    std::fs::rename(&aside, &folder).unwrap();
    let added = claimant.add_document(receipt()).await.expect(201);
    assert_eq!(added["number"], 1);
    app.clock().advance(chrono::TimeDelta::minutes(61));
    assert_eq!(document::delete_loose(&app.ctx).await.unwrap(), 1);
    assert_eq!(blobs(&app).await, 1);
    app.stop().await;
}
