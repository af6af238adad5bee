//! The paper desk: staff lead somebody without an e-mail from the first call to a signature by hand (R20, R44).

use joinder::domain::permission::Role;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::TestApp;
use crate::claimant::{Answer, SignUpBuilder, SignedUp, ask, mario};
use crate::paper::Sheets;
use crate::seed::CASE;
use crate::signing::{declaration, mario_of};
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{Person, association, person};

/// A declaration as it was told on the phone, with the consents.
pub(crate) fn told(declaration: &Value) -> Value {
    json!({"how": "phone", "declaration": declaration, "consents": [
        {"purpose": "privacy_notice", "text_version": "1", "given": true},
        {"purpose": "contact", "text_version": "1", "given": true},
    ]})
}

/// Somebody reached by phone alone.
async fn by_phone(app: &TestApp) -> SignedUp {
    let builder = SignUpBuilder::new("x@example.org")
        .without("/contact/email")
        .with("/contact/phone", json!("+393331234567"));
    app.sign_up(&builder).await
}

async fn staff(app: &TestApp, role: Role) -> (Person, String) {
    let ours = association(app, "codacons").await;
    let member = person(app, ours, role).await;
    let bearer = member.bearer(app).await;
    (member, bearer)
}

async fn put(app: &TestApp, bearer: &str, id: Uuid, what: &str, body: &Value) -> Answer {
    let path = format!("/api/v1/staff/claimants/{id}/{what}");
    let request = app.request(Method::PUT, &path).bearer_auth(bearer);
    ask(request.json(body)).await
}

async fn confirm(app: &TestApp, bearer: &str, id: Uuid) {
    let path = format!("/api/v1/staff/claimants/{id}/confirmation");
    let body = json!({"how": "desk", "reason": "È venuta allo sportello"});
    let request = app.request(Method::POST, &path).bearer_auth(bearer);
    ask(request.json(&body)).await.expect(200);
}

/// Somebody without an e-mail who can declare: identity given, reached.
async fn reached(app: &TestApp, bearer: &str) -> Uuid {
    let id = by_phone(app).await.id;
    let body = json!({"person": mario()});
    put(app, bearer, id, "identity", &body).await.expect(200);
    confirm(app, bearer, id).await;
    id
}

async fn seen(app: &TestApp, bearer: &str, id: Uuid) -> Value {
    let path = format!("/api/v1/staff/claimants/{id}");
    ask(app.request(Method::GET, &path).bearer_auth(bearer))
        .await
        .expect(200)
}

async fn hand_in(app: &TestApp, bearer: &str, id: Uuid) -> String {
    let path = format!("/api/v1/staff/claimants/{id}/paper-hand-ins");
    let request = app.request(Method::POST, &path).bearer_auth(bearer);
    let answer = ask(Sheets::whole().on(request)).await.expect(201);
    answer["id"].as_str().unwrap().to_owned()
}

async fn approve(app: &TestApp, bearer: &str, id: Uuid, hand_in: &str) -> Answer {
    let path = format!("/api/v1/staff/claimants/{id}/paper-hand-ins/{hand_in}/approval");
    let request = app.request(Method::POST, &path).bearer_auth(bearer);
    ask(request.json(&json!({}))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r44_who_has_no_email_is_led_from_the_call_to_the_signature() {
    let app = TestApp::seeded().await;
    let (typist, reviewer) = staff(&app, Role::Reviewer).await;
    let (_, manager) = staff(&app, Role::CaseManager).await;
    let id = reached(&app, &reviewer).await;
    let before = seen(&app, &reviewer, id).await;
    assert!(before["missing"].to_string().contains("\"d\""), "{before}");
    let body = told(&declaration());
    let declared = put(&app, &reviewer, id, "declaration", &body).await;
    let declared = declared.expect(200);
    assert_eq!(
        (&declared["version"], &declared["state"]),
        (&json!(1), &json!("confirmed"))
    );
    // said again, it is the same version and nothing is told twice
    let again = put(&app, &reviewer, id, "declaration", &body).await;
    assert_eq!(again.expect(200)["version"], 1);

    // what is printed says who held the pen, and is the declared document
    let form = format!("/api/v1/staff/claimants/{id}/paper-form");
    let printed = app.request(Method::GET, &form).bearer_auth(&reviewer);
    let printed = printed.send().await.unwrap();
    assert_eq!(printed.headers()["content-type"], "application/pdf");

    let handed_in = hand_in(&app, &reviewer, id).await;
    let own = approve(&app, &reviewer, id, &handed_in).await;
    own.expect_problem(403, "forbidden");
    let (_, reader) = staff(&app, Role::Reader).await;
    let refused = approve(&app, &reader, id, &handed_in).await;
    refused.expect_problem(403, "forbidden");
    let signed = approve(&app, &manager, id, &handed_in).await.expect(200);
    assert_eq!(signed["state"], "signed");
    assert_eq!(signed["document_sha256"], declared["document_sha256"]);

    let view = seen(&app, &manager, id).await;
    assert_eq!(view["state"], "signed");
    assert_eq!(view["declarations"][0]["typed_by_staff"], "phone");
    assert_eq!(view["declarations"][0]["signature"]["tier"], "paper");
    // where to pay is not for staff to say: only that letter is left of what the person brings
    assert_eq!(view["missing"], json!(["i"]));
    let trail = view["audit"].as_array().unwrap();
    let entry = |action: &str| {
        let found = trail.iter().find(|entry| entry["action"] == action);
        found.unwrap_or_else(|| panic!("no {action}")).clone()
    };
    assert_eq!(entry("declare_by_staff")["actor_name"], "Nome reviewer");
    assert_eq!(entry("declare_by_staff")["actor_kind"], "staff");
    assert!(trail.iter().all(|entry| entry["action"] != "declare"));
    let staff_id = typist.id;
    app.sql(&format!(
        "DO $$ BEGIN \
         ASSERT (SELECT count(*) = 1 FROM declarations WHERE typed_by = '{staff_id}' AND typed_how = 'phone'); \
         ASSERT (SELECT count(*) = 1 FROM audit WHERE action = 'declare_by_staff' AND detail->>'how' = 'phone' \
           AND actor_kind = 'staff' AND actor_id = '{staff_id}'); \
         ASSERT (SELECT array_agg(purpose ORDER BY purpose) = '{{contact,privacy_notice}}' FROM consents \
           WHERE channel = 'phone' AND given); END $$"
    ))
    .await;
    receipt(&app, id).await;
    // the decisions of staff and the signature have their places in the log
    assert!(app.run_log().await >= 1);
    app.run_outbox().await;
    assert!(app.mails().is_empty(), "nobody without an e-mail is mailed");
    app.stop().await;
}

/// The receipt that staff print for the person, with who typed it in the evidence.
async fn receipt(app: &TestApp, id: Uuid) {
    let (member, bearer) = staff(app, Role::Owner).await;
    app.clock().advance(chrono::TimeDelta::seconds(30));
    let code = json!({ "totp": member.code(app) });
    let step_up = app.request(Method::POST, "/api/v1/staff/step-up");
    ask(step_up.bearer_auth(&bearer).json(&code)).await;
    let path = format!("/api/v1/staff/claimants/{id}/declarations/1/evidence");
    let evidence = ask(app.request(Method::GET, &path).bearer_auth(&bearer))
        .await
        .expect(200);
    assert_eq!(evidence["tier"], "paper");
    assert_eq!(evidence["typed_by"]["operator"], "Nome reviewer");
    assert_eq!(evidence["typed_by"]["how"], "phone");
    assert_eq!(evidence["handed_in"]["by"], "staff");
    assert_eq!(evidence["approved"]["operator"], "Nome case_manager");
    let path = format!("/api/v1/staff/claimants/{id}/declarations/1/receipt");
    let receipt = ask(app.request(Method::GET, &path).bearer_auth(&bearer)).await;
    assert_eq!(receipt.expect(200)["format"], "joinder-receipt/1");
}

#[tokio::test(flavor = "multi_thread")]
async fn r20_nothing_is_declared_without_how_it_was_told_and_the_consents() {
    let app = TestApp::seeded().await;
    let (_, reviewer) = staff(&app, Role::Reviewer).await;
    let id = reached(&app, &reviewer).await;
    let field = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    let bare = json!({ "declaration": declaration() });
    let wrong = put(&app, &reviewer, id, "declaration", &bare).await;
    assert_eq!(
        wrong.wrong_fields(),
        [
            field("/how", "required"),
            field("/consents", "not_accepted"),
            field("/consents", "not_accepted"),
        ]
    );
    let mut refused = told(&declaration());
    refused["how"] = json!("pigeon");
    refused["consents"][0]["given"] = json!(false);
    refused["consents"][1]["text_version"] = json!("99");
    let wrong = put(&app, &reviewer, id, "declaration", &refused).await;
    assert_eq!(
        wrong.wrong_fields(),
        [
            field("/how", "unknown_value"),
            field("/consents/0/given", "not_accepted"),
            field("/consents/1/text_version", "unknown_value"),
        ]
    );
    // what is wrong with the declaration is named where it stands in the body
    let mut empty = told(&declaration());
    empty["declaration"] =
        json!({"mailboxes": [], "other_claims": false, "already_compensated": false});
    let wrong = put(&app, &reviewer, id, "declaration", &empty).await;
    assert_eq!(
        wrong.wrong_fields(),
        [field("/declaration/mailboxes", "required")]
    );
    let kept = "SELECT (SELECT count(*) FROM declarations) + (SELECT count(*) FROM consents WHERE channel = 'phone')";
    assert_eq!(app.number(kept).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_an_email_declares_alone() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let (member, reviewer) = staff(&app, Role::Reviewer).await;
    let body = told(&declaration());
    let refused = put(&app, &reviewer, claimant.id, "declaration", &body).await;
    let problem = refused.expect_problem(409, "illegal-transition");
    assert!(
        problem["detail"].as_str().unwrap().contains("e-mail"),
        "{problem}"
    );
    // nor is it altered once it is declared, or signed
    claimant.declare(&declaration()).await.expect(200);
    let refused = put(&app, &reviewer, claimant.id, "declaration", &body).await;
    refused.expect_problem(409, "illegal-transition");
    app.clock().advance(chrono::TimeDelta::seconds(30));
    let browser = app.browser();
    sign_in(&app, &browser, &member).await;
    let own = format!("/console/claimants/{}", claimant.id);
    let (_, one) = open(&app, &browser, &own).await;
    assert!(!one.contains(&format!("{own}/declare")) && !one.contains("id=\"desk\""));
    let (status, page) = open(&app, &browser, &format!("{own}/declare")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(page.contains("Questa persona ha un’e-mail"), "{page}");
    let token = csrf(&one).to_owned();
    let typed = [
        ("csrf", token.as_str()),
        ("step", "3"),
        ("narrative", "Inventato"),
    ];
    let refused = send(&app, &browser, &format!("{own}/declare"), &typed).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert_eq!(
        app.number("SELECT count(*) FROM declaration_drafts").await,
        0
    );
    assert_eq!(
        app.number("SELECT count(*) FROM declarations WHERE typed_by IS NOT NULL")
            .await,
        0
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_reached_yet_is_not_declared_for() {
    let app = TestApp::seeded().await;
    let (_, reviewer) = staff(&app, Role::Reviewer).await;
    let id = by_phone(&app).await.id;
    let early = put(&app, &reviewer, id, "declaration", &told(&declaration())).await;
    early.expect_problem(409, "illegal-transition");
    confirm(&app, &reviewer, id).await;
    // reached, but nobody knows who it is
    let wrong = put(&app, &reviewer, id, "declaration", &told(&declaration())).await;
    assert_eq!(
        wrong.wrong_fields(),
        [("/identity".to_owned(), "required".to_owned())]
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_others_and_readers_do_not_type() {
    let app = TestApp::seeded().await;
    let (_, reviewer) = staff(&app, Role::Reviewer).await;
    let (reader, token) = staff(&app, Role::Reader).await;
    let theirs = association(&app, "altroconsumo").await;
    let stranger = person(&app, theirs, Role::Owner).await;
    let bearer = stranger.bearer(&app).await;
    let id = reached(&app, &reviewer).await;
    let body = told(&declaration());
    let strip = |answer: Answer| {
        let mut body = answer.expect_problem(404, "not-found");
        body.as_object_mut().unwrap().remove("request_id");
        body
    };
    let other = strip(put(&app, &bearer, id, "declaration", &body).await);
    let none = strip(put(&app, &bearer, app.ctx.new_id(), "declaration", &body).await);
    assert_eq!(other, none);
    let refused = put(&app, &token, id, "declaration", &body).await;
    refused.expect_problem(403, "forbidden");
    app.clock().advance(chrono::TimeDelta::seconds(30));
    for (who, status) in [(&stranger, 404), (&reader, 403)] {
        let browser = app.browser();
        sign_in(&app, &browser, who).await;
        for page in ["declare", "documents"] {
            let path = format!("/console/claimants/{id}/{page}");
            assert_eq!(open(&app, &browser, &path).await.0, status, "{page}");
        }
    }
    assert_eq!(app.number("SELECT count(*) FROM declarations").await, 0);
    app.stop().await;
}

/// The way through the console of somebody who types.
struct Desk<'app> {
    app: &'app TestApp,
    browser: Client,
    own: String,
    token: String,
}

impl Desk<'_> {
    async fn send(&self, what: &str, fields: &[(&str, &str)]) -> reqwest::Response {
        let mut all = vec![("csrf", self.token.as_str())];
        all.extend_from_slice(fields);
        send(
            self.app,
            &self.browser,
            &format!("{}{what}", self.own),
            &all,
        )
        .await
    }

    async fn open(&self, what: &str) -> String {
        let (status, page) = open(self.app, &self.browser, &format!("{}{what}", self.own)).await;
        assert_eq!(status, StatusCode::OK, "{what}");
        page
    }
}

/// A mailbox as it is typed in the first step.
const MAILBOX: [(&str, &str); 4] = [
    ("step", "1"),
    ("incidents[0][slug]", "gennaio-2023"),
    ("incidents[0][hit]", "whole"),
    ("incidents[0][plan]", "free"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_console_types_prints_hands_in_and_another_person_approves() {
    let app = TestApp::seeded().await;
    let (member, reviewer) = staff(&app, Role::Reviewer).await;
    let id = reached(&app, &reviewer).await;
    app.clock().advance(chrono::TimeDelta::seconds(30));
    let browser = app.browser();
    sign_in(&app, &browser, &member).await;
    let own = format!("/console/claimants/{id}");
    let (_, one) = open(&app, &browser, &own).await;
    let token = csrf(&one).to_owned();
    assert!(one.contains("Sportello: dalla telefonata alla firma"));
    let desk = Desk {
        app: &app,
        browser,
        own: own.clone(),
        token,
    };
    // a step with something missing says so at its field, and is kept all the same
    let first = desk.open("/declare").await;
    assert!(first.contains("Scrivi per conto di Mario Rossi."));
    assert!(first.contains(&format!("action=\"{own}/declare\"")) && !first.contains("=\"/me"));
    let wrong = desk
        .send("/declare", &[MAILBOX[0], MAILBOX[1], MAILBOX[2]])
        .await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong
            .text()
            .await
            .unwrap()
            .contains("id=\"incidents-0-plan-error\"")
    );
    let forged = [("csrf", "x"), ("step", "3"), ("narrative", "Altro")];
    let forged = send(&app, &desk.browser, &format!("{own}/declare"), &forged).await;
    assert_eq!(forged.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        place(&desk.send("/declare", &MAILBOX).await),
        format!("{own}/declare?step=2")
    );
    let nothing = [("step", "2"), ("elsewhere[nothing]", "yes")];
    assert_eq!(
        place(&desk.send("/declare", &nothing).await),
        format!("{own}/declare?step=3")
    );
    let story = [("step", "3"), ("narrative", "Era lunedì.")];
    assert_eq!(
        place(&desk.send("/declare", &story).await),
        format!("{own}/declare?step=4")
    );
    let review = desk.open("/declare?step=4").await;
    assert!(review.contains("Era lunedì.") && review.contains("Come te l’ha detto?"));
    assert!(
        !review.contains("Ho letto l’informativa sulla privacy."),
        "in the person's voice"
    );
    // without how and consents it is refused, and what was ticked stays
    let bare = [
        ("step", "4"),
        ("consents[0][purpose]", "privacy_notice"),
        ("consents[0][text_version]", "1"),
    ];
    let wrong = desk.send("/declare", &bare).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = wrong.text().await.unwrap();
    assert!(wrong.contains("id=\"how-error\"") && wrong.contains("id=\"consents-0-given-error\""));
    let whole = [
        ("step", "4"),
        ("how", "desk"),
        ("consents[0][purpose]", "privacy_notice"),
        ("consents[0][text_version]", "1"),
        ("consents[0][given]", "true"),
        ("consents[1][purpose]", "contact"),
        ("consents[1][text_version]", "1"),
        ("consents[1][given]", "true"),
    ];
    assert_eq!(
        place(&desk.send("/declare", &whole).await),
        format!("{own}#desk")
    );
    let one = desk.open("").await;
    assert!(
        one.contains("Scritta da Nome reviewer, come detta allo sportello"),
        "{one}"
    );
    assert!(one.contains("allo sportello, versione 1"));
    let printed = desk
        .browser
        .get(app.url(&format!("{own}/paper-form")))
        .send()
        .await
        .unwrap();
    assert_eq!(printed.headers()["content-type"], "application/pdf");
    finish(&desk, id).await;
    app.stop().await;
}

/// Hands in, is not let approve, and another person does.
async fn finish(desk: &Desk<'_>, id: Uuid) {
    let app = desk.app;
    let sheets = Sheets::whole().without("tier").with("csrf", &desk.token);
    let request = desk.browser.post(app.url(&format!("{}/paper", desk.own)));
    let handed_in = sheets.on(request).send().await.unwrap();
    let waiting = place(&handed_in).to_owned();
    let page = desk.open(waiting.strip_prefix(&desk.own).unwrap()).await;
    assert!(
        !page.contains("/approval\""),
        "who handed it in does not decide"
    );
    let ours = association(app, "codacons").await;
    let other = person(app, ours, Role::Owner).await;
    let browser = app.browser();
    sign_in(app, &browser, &other).await;
    let (_, page) = open(app, &browser, &waiting).await;
    let token = csrf(&page).to_owned();
    let approved = send(
        app,
        &browser,
        &format!("{waiting}/approval"),
        &[
            ("csrf", token.as_str()),
            ("looks[pages]", "true"),
            ("looks[fingerprint]", "true"),
            ("looks[signatures]", "true"),
            ("looks[identity]", "true"),
        ],
    )
    .await;
    assert_eq!(place(&approved), waiting);
    let state = format!("SELECT count(*) FROM claimants WHERE id = '{id}' AND state = 'signed'");
    assert_eq!(app.number(&state).await, 1);
    let one = desk.open("").await;
    assert!(one.contains("Firmat"), "{one}");
    assert!(
        !one.contains(&format!("href=\"{}/paper\"", desk.own)),
        "nothing is left to hand in"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_add_documents_on_a_page_with_their_name() {
    let app = TestApp::seeded().await;
    let (member, reviewer) = staff(&app, Role::Reviewer).await;
    let id = by_phone(&app).await.id;
    app.clock().advance(chrono::TimeDelta::seconds(30));
    let browser = app.browser();
    sign_in(&app, &browser, &member).await;
    let path = format!("/console/claimants/{id}/documents");
    let answer = browser.get(app.url(&path)).send().await.unwrap();
    let policy = answer.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.contains("script-src 'self'"), "{policy}");
    let page = answer.text().await.unwrap();
    assert!(page.contains("upload.js") && page.contains("Non ci sono ancora documenti."));
    let token = csrf(&page).to_owned();
    let form = |csrf: &str, kind: &str| {
        let part = |name: &str, value: &str| {
            format!("--b\r\ncontent-disposition: form-data; name={name}\r\n\r\n{value}\r\n")
        };
        let body = part("\"csrf\"", csrf)
            + part("\"key\"", "chiave-1").as_str()
            + part("\"kind\"", kind).as_str()
            + part("\"file\"; filename=\"ricevuta.txt\"", "Pagato").as_str()
            + "--b--\r\n";
        let request = browser.post(app.url(&path));
        request
            .header("content-type", "multipart/form-data; boundary=b")
            .body(body)
            .send()
    };
    assert_eq!(
        form("x", "plan_proof").await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    let wrong = form(&token, "").await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().await.unwrap().contains("id=\"kind-error\""));
    let added = form(&token, "plan_proof").await.unwrap();
    assert_eq!(place(&added), format!("{path}?done=added"));
    // a repeat adds nothing
    assert_eq!(
        place(&form(&token, "plan_proof").await.unwrap()),
        format!("{path}?done=added")
    );
    let (_, page) = open(&app, &browser, &path).await;
    assert!(
        page.contains("ricevuta.txt") && page.contains("caricato da Nome reviewer"),
        "{page}"
    );
    let (_, one) = open(&app, &browser, &format!("/console/claimants/{id}")).await;
    assert!(one.contains("caricato da Nome reviewer") && one.contains("Aggiungi documenti"));
    let listed = format!("/api/v1/staff/claimants/{id}/documents");
    let listed = ask(app.request(Method::GET, &listed).bearer_auth(&reviewer))
        .await
        .expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["added_by"], "staff");
    let document = listed["items"][0]["id"].as_str().unwrap();
    let removal = format!("{path}/{document}/removal");
    let removed = send(&app, &browser, &removal, &[("csrf", &token)]).await;
    assert_eq!(place(&removed), format!("{path}?done=removed"));
    assert_eq!(app.number("SELECT count(*) FROM document_files").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_of_every_role_see_how_the_log_and_its_time_stamps_stand() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let operator = person(&app, ours, Role::Operator).await;
    app.run_log().await;
    let insert = |size: i64, rest: &str| {
        format!(
            "INSERT INTO log_timestamps (case_id, size, checkpoint, day, attempts, next_at, problem, stamped_at) \
             SELECT id, {size}, 'x', '2026-03-0{size}', {rest} FROM cases WHERE slug = '{CASE}'"
        )
    };
    let browser = app.browser();
    sign_in(&app, &browser, &operator).await;
    let (_, page) = open(&app, &browser, "/console").await;
    assert!(
        page.contains("Registro delle prove") && page.contains("Nessuna marca temporale finora"),
        "{page}"
    );
    app.sql(&insert(1, "0, now(), NULL, '2026-03-01T10:00:00Z'"))
        .await;
    app.sql(&insert(2, "3, now(), 'the authority answered 503', NULL"))
        .await;
    let (_, page) = open(&app, &browser, "/console?lang=en").await;
    assert!(
        page.contains("over 1 entry") && page.contains("failed attempts: 3"),
        "{page}"
    );
    assert!(page.contains("the authority answered 503"));
    app.stop().await;
}
