//! Signing by hand: the form, what comes back, the second person, and what is deleted after (R44, R64).

use chrono::TimeDelta;
use joinder::app::housekeeping;
use joinder::domain::permission::Role;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::TestApp;
use crate::claimant::{Answer, Claimant, ask};
use crate::seed::CASE;
use crate::signing::{ADDRESS, again, declaration, mario_of};
use crate::staff_console::{csrf, open, send, sign_in};
use crate::staff_seed::{Person, association, person};

const SCAN: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n";
const FRONT: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00front of a card";
const BACK: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDRback of a card";

/// A form with files, as a browser sends it.
#[derive(Clone)]
pub(crate) struct Sheets(Vec<(&'static str, Option<&'static str>, Vec<u8>)>);

impl Sheets {
    /// All that is needed.
    pub(crate) fn whole() -> Self {
        let text = |name, value: &str| (name, None, value.as_bytes().to_vec());
        let file = |name, bytes: &[u8]| (name, Some("foto"), bytes.to_vec());
        Self(vec![
            text("tier", "paper"),
            text("id_expires_on", "2030-01-31"),
            file("file[]", SCAN),
            file("file[]", FRONT),
            file("id_front", FRONT),
            file("id_back", BACK),
        ])
    }

    pub(crate) fn without(mut self, field: &str) -> Self {
        self.0.retain(|(name, ..)| *name != field);
        self
    }

    pub(crate) fn with(self, field: &'static str, value: &str) -> Self {
        let mut sheets = self.without(field);
        sheets.0.insert(0, (field, None, value.as_bytes().to_vec()));
        sheets
    }

    fn with_file(self, field: &'static str, bytes: &[u8]) -> Self {
        let mut sheets = self.without(field);
        sheets.0.push((field, Some("foto"), bytes.to_vec()));
        sheets
    }

    pub(crate) fn on(&self, request: RequestBuilder) -> RequestBuilder {
        let mut body = Vec::new();
        for (name, file, bytes) in &self.0 {
            let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
            let head =
                format!("--b0\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--b0--\r\n");
        request
            .header("content-type", "multipart/form-data; boundary=b0")
            .body(body)
    }
}

impl Claimant<'_> {
    /// Hands in on paper, whatever comes back.
    pub(crate) async fn hand_in(&self, sheets: &Sheets) -> Answer {
        let request = self.request(Method::POST, "/declaration/signatures");
        ask(sheets.on(request)).await
    }
}

/// Somebody of the first association, and their token.
pub(crate) async fn staff(app: &TestApp, role: Role) -> (Person, String) {
    let ours = association(app, "codacons").await;
    let member = person(app, ours, role).await;
    let bearer = member.bearer(app).await;
    (member, bearer)
}

/// Decides about a hand-in, whatever comes back.
pub(crate) async fn decide(
    app: &TestApp,
    bearer: &str,
    of: (Uuid, &str),
    what: &str,
    body: &Value,
) -> Answer {
    let (claimant, hand_in) = of;
    let path = format!("/api/v1/staff/claimants/{claimant}/paper-hand-ins/{hand_in}/{what}");
    ask(app
        .request(Method::POST, &path)
        .bearer_auth(bearer)
        .json(body))
    .await
}

async fn queue(app: &TestApp, bearer: &str) -> Vec<Value> {
    let path = format!("/api/v1/staff/cases/{CASE}/paper-hand-ins");
    let answer = ask(app.request(Method::GET, &path).bearer_auth(bearer)).await;
    answer.expect(200)["items"].as_array().unwrap().clone()
}

/// The id of a hand-in.
pub(crate) fn hand_in_of(answer: &Value) -> String {
    answer["hand_in"]["id"].as_str().unwrap().to_owned()
}

/// The evidence in the receipt of a claimant.
async fn evidence(claimant: &Claimant<'_>) -> Value {
    let receipt = ask(claimant.request(Method::GET, "/receipt"))
        .await
        .expect(200);
    let bytes = receipt["evidence"].as_str().unwrap().as_bytes();
    let bytes = data_encoding::BASE64.decode(bytes).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn r44_a_signature_by_hand_counts_once_a_second_person_approves() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let form = || ask(claimant.request(Method::GET, "/declaration/paper-form"));
    form().await.expect_problem(409, "illegal-transition");
    let declared = claimant.declare(&declaration()).await.expect(200);
    let printed = form().await;
    assert_eq!(printed.status, 200);
    assert_eq!(printed.headers["content-type"], "application/pdf");

    let handed_in = claimant.hand_in(&Sheets::whole()).await.expect(201);
    assert_eq!(handed_in["state"], "confirmed");
    assert_eq!(handed_in["signed_at"], Value::Null);
    assert_eq!(handed_in["hand_in"]["state"], "to_verify");
    assert_eq!(claimant.me().await["state"], "confirmed");
    let waiting = app.rows("SELECT count(*) FROM signatures").await;
    assert_eq!(waiting, [[Some("0".to_owned())]]);

    let id = hand_in_of(&handed_in);
    let of = (claimant.id, id.as_str());
    let (_, reader) = staff(&app, Role::Reader).await;
    let refused = decide(&app, &reader, of, "approval", &json!({})).await;
    refused.expect_problem(403, "forbidden");
    let (_, reviewer) = staff(&app, Role::Reviewer).await;
    assert_eq!(queue(&app, &reviewer).await[0]["id"], id);
    let signed = decide(&app, &reviewer, of, "approval", &json!({}))
        .await
        .expect(200);
    assert_eq!(signed["state"], "signed");
    assert_eq!(signed["document_sha256"], declared["document_sha256"]);
    assert!(queue(&app, &reviewer).await.is_empty());
    let again = decide(&app, &reviewer, of, "approval", &json!({})).await;
    again.expect_problem(409, "illegal-transition");

    let said = evidence(&claimant).await;
    assert_eq!(said["tier"], "paper");
    assert_eq!(said["approved"]["operator"], "Nome reviewer");
    assert_eq!(said["handed_in"]["by"], "claimant");
    assert_eq!(said["id_expires_on"], "2030-01-31");
    assert_eq!(said["signed_on"], "2026-03-02");
    assert_eq!(said["sheets"].as_array().unwrap().len(), 4);
    assert_eq!(said["sheets"][3]["kind"], "id_back");
    assert_eq!(said["acceptances"].as_array().unwrap().len(), 2);
    app.run_outbox().await;
    let receipt = app.mails().pop().unwrap().message.mail;
    assert_eq!(receipt.kind.as_str(), "receipt");
    assert_eq!(app.run_log().await, 1);
    app.sql(
        "DO $$ BEGIN ASSERT (SELECT count(*) = 1 FROM audit WHERE action = 'sign' AND actor_kind = 'staff' \
         AND detail->>'tier' = 'paper' AND after = 'signed'); END $$",
    )
    .await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r44_what_is_missing_is_named_and_nothing_is_kept() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    claimant.declare(&declaration()).await.expect(200);
    let heic = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00heicmif1";
    for (sheets, pointer, code) in [
        (Sheets::whole().without("file[]"), "/file", "required"),
        (Sheets::whole().without("id_front"), "/id_front", "required"),
        (Sheets::whole().without("id_back"), "/id_back", "required"),
        (
            Sheets::whole().without("id_expires_on"),
            "/id_expires_on",
            "required",
        ),
        (
            Sheets::whole().with("id_expires_on", "2026-03-01"),
            "/id_expires_on",
            "out_of_range",
        ),
        (
            Sheets::whole().with("signed_on", "2026-03-03"),
            "/signed_on",
            "out_of_range",
        ),
        (
            Sheets::whole().with_file("id_back", b"just words\n"),
            "/id_back",
            "format",
        ),
        (
            Sheets::whole().with_file("id_back", heic),
            "/id_back",
            "format",
        ),
        (
            Sheets::whole().with("tier", "wax"),
            "/tier",
            "unknown_value",
        ),
        (Sheets::whole().without("tier"), "/tier", "required"),
        (
            Sheets::whole().with("colour", "red"),
            "/colour",
            "unknown_field",
        ),
    ] {
        let wrong = claimant.hand_in(&sheets).await.wrong_fields();
        assert_eq!(wrong, [(pointer.to_owned(), code.to_owned())]);
    }
    let kept = app
        .rows("SELECT (SELECT count(*) FROM paper_hand_ins) + (SELECT count(*) FROM file_uploads)")
        .await;
    assert_eq!(kept, [[Some("0".to_owned())]]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r44_who_hands_in_does_not_decide_and_of_two_one_does() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    claimant.declare(&declaration()).await.expect(200);
    let (_, reviewer) = staff(&app, Role::Reviewer).await;
    let (_, manager) = staff(&app, Role::CaseManager).await;
    let (_, owner) = staff(&app, Role::Owner).await;
    let path = format!("/api/v1/staff/claimants/{}/paper-hand-ins", claimant.id);
    let request = app.request(Method::POST, &path).bearer_auth(&reviewer);
    let handed_in = ask(Sheets::whole().on(request)).await.expect(201);
    let id = handed_in["id"].as_str().unwrap();
    let of = (claimant.id, id);
    assert_eq!(queue(&app, &reviewer).await[0]["own"], true);
    for (what, body) in [
        ("approval", json!({})),
        ("rejection", json!({"reason": "unreadable"})),
    ] {
        let refused = decide(&app, &reviewer, of, what, &body).await;
        refused.expect_problem(403, "forbidden");
    }
    // also where the row were reached: the database refuses it
    let forced = format!(
        "DO $$ BEGIN UPDATE paper_hand_ins SET state = 'approved', decided_at = now(), decided_by = handed_in_by \
         WHERE id = '{id}'; RAISE 'taken'; EXCEPTION WHEN check_violation THEN NULL; END $$"
    );
    app.sql(&forced).await;
    let nothing = json!({});
    let (left, right) = tokio::join!(
        decide(&app, &manager, of, "approval", &nothing),
        decide(&app, &owner, of, "approval", &nothing),
    );
    let mut statuses = [left.status.as_u16(), right.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let said = evidence(&claimant).await;
    assert_eq!(said["handed_in"]["operator"], "Nome reviewer");
    assert_ne!(said["approved"]["operator"], "Nome reviewer");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r44_who_is_rejected_is_told_what_to_do_again() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    claimant.declare(&declaration()).await.expect(200);
    let first = hand_in_of(&claimant.hand_in(&Sheets::whole()).await.expect(201));
    // another one replaces it
    let handed_in = claimant.hand_in(&Sheets::whole()).await.expect(201);
    let (_, reviewer) = staff(&app, Role::Reviewer).await;
    let replaced = decide(
        &app,
        &reviewer,
        (claimant.id, &first),
        "approval",
        &json!({}),
    )
    .await;
    replaced.expect_problem(409, "illegal-transition");
    let id = hand_in_of(&handed_in);
    let of = (claimant.id, id.as_str());
    let wrong = decide(&app, &reviewer, of, "rejection", &json!({"reason": "ugly"})).await;
    assert_eq!(
        wrong.wrong_fields(),
        [("/reason".to_owned(), "unknown_value".to_owned())]
    );
    let body = json!({"reason": "pages_missing", "note": "Manca la pagina 3"});
    assert_eq!(
        decide(&app, &reviewer, of, "rejection", &body).await.status,
        204
    );
    assert_eq!(claimant.me().await["state"], "confirmed");
    app.run_outbox().await;
    let mail = app.mails().pop().unwrap().message.mail;
    assert_eq!(
        (mail.kind.as_str(), mail.to.as_str()),
        ("paper_rejected", ADDRESS)
    );
    assert!(mail.text.contains("Mancano delle pagine"), "{}", mail.text);
    assert!(mail.text.lines().any(|line| line == app.url("/me/paper")));
    // what staff wrote is in the record, not in the mail
    assert!(!mail.text.contains("pagina 3"));

    // whoever withdraws is not brought back by what was handed in before
    let id = hand_in_of(&claimant.hand_in(&Sheets::whole()).await.expect(201));
    claimant.withdraw(&json!({})).await.expect(200);
    let late = decide(&app, &reviewer, (claimant.id, &id), "approval", &json!({})).await;
    late.expect_problem(409, "illegal-transition");

    // a newer version leaves nothing to approve
    let id = hand_in_of(&claimant.hand_in(&Sheets::whole()).await.expect(201));
    let mut changed = declaration();
    changed["narrative"] = json!("Non potevo leggere la posta.");
    claimant.declare(&changed).await.expect(200);
    let late = decide(&app, &reviewer, (claimant.id, &id), "approval", &json!({})).await;
    late.expect_problem(409, "illegal-transition");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r64_sheets_are_seen_in_the_console_alone_and_images_of_identity_go_by_rule() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    claimant.declare(&declaration()).await.expect(200);
    let id = hand_in_of(&claimant.hand_in(&Sheets::whole()).await.expect(201));
    let (member, _) = staff(&app, Role::Reviewer).await;
    app.clock().advance(TimeDelta::seconds(30));
    let browser = app.browser();
    sign_in(&app, &browser, &member).await;
    let next = format!("/console/cases/{CASE}/paper");
    let shown = browser.get(app.url(&next)).send().await.unwrap();
    let place = format!("/console/claimants/{}/paper/{id}", claimant.id);
    assert_eq!(shown.headers()["location"], place.as_str());
    let (status, page) = open(&app, &browser, &place).await;
    assert_eq!(status, 200);
    assert!(
        page.contains("Mario Rossi") && page.contains("/sheets/4"),
        "{page}"
    );
    let sheet = |number: usize| {
        let (browser, path) = (
            browser.clone(),
            app.url(&format!("{place}/sheets/{number}")),
        );
        async move { browser.get(path).send().await.unwrap() }
    };
    let front = sheet(3).await;
    assert_eq!(front.headers()["content-type"], "image/jpeg");
    assert_eq!(front.headers()["x-content-type-options"], "nosniff");
    assert_eq!(front.bytes().await.unwrap(), FRONT);
    assert!(
        sheet(1).await.headers()["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    assert_eq!(sheet(5).await.status(), 404);
    assert_eq!(sheet(0).await.status(), 404);
    app.sql(
        "DO $$ BEGIN ASSERT (SELECT count(*) = 2 FROM audit WHERE action = 'view_paper_sheet'); \
         ASSERT (SELECT count(*) = 1 FROM audit WHERE action = 'view_paper'); \
         ASSERT (SELECT count(*) = 0 FROM paper_hand_ins WHERE position('jpeg'::bytea IN sealed) > 0); END $$",
    )
    .await;
    let token = csrf(&page).to_owned();
    // each of what is looked for is ticked before it is signed, and no key of the keyboard signs
    assert!(!page.contains("accesskey=\"a\""));
    let approval = format!("{place}/approval");
    let mut looks = vec![
        ("csrf", token.as_str()),
        ("looks[pages]", "true"),
        ("looks[fingerprint]", "true"),
        ("looks[signatures]", "true"),
    ];
    let refused = send(&app, &browser, &approval, &looks).await;
    assert_eq!(refused.status(), 422);
    let refused = refused.text().await.unwrap();
    assert!(refused.contains("id=\"looks-error\"") && refused.contains("id=\"looks-identity\""));
    assert!(refused.contains("name=\"looks[pages]\" value=\"true\" checked"));
    assert_eq!(claimant.me().await["state"], "confirmed");
    looks.push(("looks[identity]", "true"));
    let approved = send(&app, &browser, &approval, &looks).await;
    assert_eq!(approved.status(), 303);
    assert_eq!(claimant.me().await["state"], "signed");
    app.run_outbox().await;

    app.clock().advance(TimeDelta::days(180));
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().id_images, 0);
    app.clock().advance(TimeDelta::minutes(1));
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().id_images, 1);
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().id_images, 0);
    let browser = app.browser();
    sign_in(&app, &browser, &member).await;
    let (status, _) = open(&app, &browser, &format!("{place}/sheets/3")).await;
    assert_eq!(status, 404);
    let (status, _) = open(&app, &browser, &format!("{place}/sheets/1")).await;
    assert_eq!(status, 200);
    let claimant = again(&app, ADDRESS).await;
    let said = evidence(&claimant).await;
    assert_eq!(said["sheets"][2]["sha256"].as_str().unwrap().len(), 64);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claimant_hands_in_by_the_page_and_sees_where_it_stands() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    claimant.declare(&declaration()).await.expect(200);
    let browser = app.browser();
    let cookie = format!("joinder_me={}", claimant.token);
    let get = || {
        browser
            .get(app.url("/me/paper"))
            .header("cookie", &cookie)
            .send()
    };
    let page = get().await.unwrap().text().await.unwrap();
    assert!(page.contains("/me/paper-form.pdf"), "{page}");
    let token = csrf(&page).to_owned();
    let post = || browser.post(app.url("/me/paper")).header("cookie", &cookie);
    let sheets = Sheets::whole()
        .without("tier")
        .with("id_expires_on", "31/1/2030");
    let refused = sheets.on(post()).send().await.unwrap();
    assert_eq!(refused.status(), 403);
    let wrong = sheets.clone().without("id_back").with("csrf", &token);
    let wrong = wrong.on(post()).send().await.unwrap();
    assert_eq!(wrong.status(), 422);
    assert!(wrong.text().await.unwrap().contains("Carica il retro"));
    let taken = sheets.with("csrf", &token).on(post()).send().await.unwrap();
    assert_eq!(taken.status(), 303);
    let page = get().await.unwrap().text().await.unwrap();
    assert!(page.contains("Ricevuto, in controllo"), "{page}");
    app.stop().await;
}
