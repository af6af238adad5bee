//! Who acts for somebody else, and what ends with death (R46-R48).

use chrono::TimeDelta;
use joinder::app::housekeeping;
use joinder::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::TestApp;
use crate::claimant::{Answer, Claimant, SignUpBuilder, ask};
use crate::seed::CASE;
use crate::signing::{again, code_for, declaration, mario_of};
use crate::staff_seed::{association, person};

const ADDRESS: &str = "casa@example.org";

/// Li Wu, who is 18 on 1 May 2026; the clock of tests starts in March.
fn minor() -> Value {
    json!({"person": {
        "given_name": "Li", "family_name": "Wu", "birth_date": "2008-05-01",
        "foreign_document": {"country": "CN", "kind": "passport", "number": "E1234567"},
    }})
}

fn entity() -> Value {
    json!({"entity": {
        "name": "Prova S.r.l.", "codice_fiscale": "07643520567",
        "legal_representative": {"given_name": "Anna", "family_name": "Bianchi", "codice_fiscale": "BNCNNA58S70F205L"},
    }})
}

fn acting(title: &str) -> Value {
    json!({
        "given_name": "Anna", "family_name": "Bianchi", "codice_fiscale": "BNCNNA58S70F205L",
        "title": title, "title_document": "Stato di famiglia del 3 gennaio 2026", "valid_from": "2026-01-01",
    })
}

impl Claimant<'_> {
    async fn put_representative(&self, body: &Value) -> Answer {
        ask(self.request(Method::PUT, "/representative").json(body)).await
    }
}

async fn of<'app>(app: &'app TestApp, identity: &Value) -> Claimant<'app> {
    let claimant = app.confirmed(&SignUpBuilder::new(ADDRESS)).await;
    claimant.put_identity(identity).await.expect(200);
    claimant
}

/// Declares, asks for a code and signs; gives the answer.
async fn sign_as(app: &TestApp, claimant: &Claimant<'_>, name: &str) -> Answer {
    let declared = claimant.declare(&declaration()).await.expect(200);
    let (request, code) = code_for(app, claimant, &declared).await;
    claimant.sign(&request, &code, name).await
}

/// The word of a 409.
#[track_caller]
fn word(answer: Answer) -> String {
    let body = answer.expect_problem(409, "illegal-transition");
    body["detail"].as_str().unwrap().to_owned()
}

async fn reviewer(app: &TestApp) -> String {
    let ours = association(app, "codacons").await;
    person(app, ours, Role::Reviewer).await.bearer(app).await
}

async fn by_staff(
    app: &TestApp,
    bearer: &str,
    method: Method,
    id: Uuid,
    what: &str,
    body: &Value,
) -> Answer {
    let path = format!("/api/v1/staff/claimants/{id}/{what}");
    ask(app.request(method, &path).bearer_auth(bearer).json(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r46_a_minor_signs_through_a_parent_and_ratifies_at_18() {
    let app = TestApp::seeded().await;
    let claimant = of(&app, &minor()).await;
    let declared = claimant.declare(&declaration()).await.expect(200);
    let document = declared["document_sha256"].as_str().unwrap();
    let refused = word(claimant.request_signature(document).await);
    assert!(refused.contains("18"), "{refused}");

    let mut wrong = acting("legal_representative");
    wrong["codice_fiscale"] = json!("BNCNNA58S70F205X");
    let wrong = claimant.put_representative(&wrong).await.wrong_fields();
    let pointers: Vec<&str> = wrong.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/title", "/codice_fiscale"]);
    let recorded = claimant
        .put_representative(&acting("parent"))
        .await
        .expect(200);
    assert_eq!(recorded["representative"]["capacity"], "parent");
    assert_eq!(
        claimant.me().await["representative"]["name"],
        "Anna Bianchi"
    );
    // what was declared named the minor alone
    word(claimant.request_signature(document).await);

    let declared = claimant.declare(&declaration()).await.expect(200);
    assert_eq!(declared["version"], 2);
    let (request, code) = code_for(&app, &claimant, &declared).await;
    let wrong = claimant.sign(&request, &code, "Li Wu").await.wrong_fields();
    assert_eq!(wrong[0].0, "/full_name");
    claimant
        .sign(&request, &code, "Anna Bianchi")
        .await
        .expect(201);
    let receipt = ask(claimant.request(Method::GET, "/receipt"))
        .await
        .expect(200);
    let said = data_encoding::BASE64
        .decode(receipt["declaration"].as_str().unwrap().as_bytes())
        .unwrap();
    let said: Value = serde_json::from_slice(&said).unwrap();
    app.run_outbox().await;
    assert_eq!(said["capacity"], "parent");
    assert_eq!(said["representative"]["family_name"], "Bianchi");
    assert_eq!(said["identity"]["person"]["family_name"], "Wu");

    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().of_age, 0);
    app.clock().advance(TimeDelta::days(59));
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().of_age, 0);
    app.clock().advance(TimeDelta::days(1));
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().of_age, 1);
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().of_age, 0);
    let bearer = reviewer(&app).await;
    let list = format!("/api/v1/staff/cases/{CASE}/claimants?queue=ratification");
    let queue = ask(app.request(Method::GET, &list).bearer_auth(&bearer)).await;
    assert_eq!(queue.expect(200)["items"][0]["id"], claimant.id.to_string());
    let claimant = again(&app, ADDRESS).await;
    let me = claimant.me().await;
    assert_eq!(
        (&me["to_ratify"], &me["state"]),
        (&json!(true), &json!("signed"))
    );

    // of age: the parent's name does not sign any more, the own does
    let wrong = sign_as(&app, &claimant, "Anna Bianchi")
        .await
        .wrong_fields();
    assert_eq!(wrong[0].0, "/full_name");
    sign_as(&app, &claimant, "Li Wu").await.expect(201);
    let me = claimant.me().await;
    assert_eq!(
        (&me["to_ratify"], &me["state"]),
        (&json!(false), &json!("signed"))
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r46_an_entity_signs_through_who_has_the_title_as_long_as_it_lasts() {
    let app = TestApp::seeded().await;
    let claimant = of(&app, &entity()).await;
    let declared = claimant.declare(&declaration()).await.expect(200);
    let document = declared["document_sha256"].as_str().unwrap();
    word(claimant.request_signature(document).await);
    let body = json!({
        "title": "legal_representative", "title_document": "Visura camerale del 3 gennaio 2026",
        "valid_from": "2026-01-01", "valid_until": "2026-03-02",
    });
    claimant.put_representative(&body).await.expect(200);
    let declared = claimant.declare(&declaration()).await.expect(200);
    let (request, code) = code_for(&app, &claimant, &declared).await;
    // the last day of the office passes before the code is typed: ten minutes before midnight in Rome
    app.clock().advance(TimeDelta::hours(14));
    let claimant = again(&app, ADDRESS).await;
    assert!(
        claimant
            .sign(&request, &code, "Anna Bianchi")
            .await
            .status
            .is_client_error()
    );
    let document = declared["document_sha256"].as_str().unwrap();
    word(claimant.request_signature(document).await);
    let mut renewed = body;
    renewed["valid_until"] = Value::Null;
    claimant.put_representative(&renewed).await.expect(200);
    sign_as(&app, &claimant, "Anna Bianchi").await.expect(201);
    // another title overtakes what was signed (R39)
    renewed["title_document"] = json!("Visura camerale del 3 marzo 2026");
    let recorded = claimant.put_representative(&renewed).await.expect(200);
    assert_eq!(recorded["state"], "resign_required");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r46_whoever_says_to_act_for_another_is_recorded_before_declaring() {
    let app = TestApp::seeded().await;
    let mut identity = minor();
    identity["person"]["birth_date"] = json!("1990-05-01");
    identity["capacity"] = json!("guardian");
    let claimant = of(&app, &identity).await;
    let wrong = claimant.declare(&declaration()).await.wrong_fields();
    assert_eq!(
        wrong,
        [("/representative".to_owned(), "required".to_owned())]
    );
    claimant
        .put_representative(&acting("court_decree"))
        .await
        .expect(200);
    sign_as(&app, &claimant, "Anna Bianchi").await.expect(201);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r48_a_delegate_does_not_sign_nor_change_the_account_nor_withdraw() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    claimant
        .put_representative(&acting("power_of_attorney"))
        .await
        .expect(200);
    let declared = claimant.declare(&declaration()).await.expect(200);
    let document = declared["document_sha256"].as_str().unwrap();
    let told = word(claimant.request_signature(document).await);
    let payout = json!({"iban": "IT60X0542811101000000123456", "holder": "Anna Bianchi"});
    let put_payout = || ask(claimant.request(Method::PUT, "/payout").json(&payout));
    assert_eq!(word(put_payout().await), told);
    assert_eq!(word(claimant.withdraw(&json!({})).await), told);
    assert_eq!(
        word(claimant.put_representative(&acting("court_decree")).await),
        told
    );

    let bearer = reviewer(&app).await;
    let why = json!({"reason": "Revocata per lettera"});
    let end = || {
        by_staff(
            &app,
            &bearer,
            Method::POST,
            claimant.id,
            "representative-end",
            &why,
        )
    };
    end().await.expect(200);
    word(end().await);
    put_payout().await.expect(200);
    sign_as(&app, &claimant, "Mario Rossi").await.expect(201);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r47_after_a_death_no_mail_and_no_payout_goes_to_the_dead() {
    let app = TestApp::seeded().await;
    let claimant = mario_of(&app).await;
    let payout = json!({"iban": "IT60X0542811101000000123456", "holder": "Mario Rossi"});
    ask(claimant.request(Method::PUT, "/payout").json(&payout))
        .await
        .expect(200);
    let declared = claimant.declare(&declaration()).await.expect(200);
    let document = declared["document_sha256"].as_str().unwrap();
    claimant.request_signature(document).await.expect(202);

    let bearer = reviewer(&app).await;
    let heir = |share: &str| json!({"given_name": "Anna", "family_name": "Bianchi", "codice_fiscale": "BNCNNA58S70F205L", "share": share});
    let record = |shares: &[&str]| {
        let heirs: Vec<Value> = shares.iter().map(|share| heir(share)).collect();
        json!({"died_on": "2026-02-20", "heirs": heirs})
    };
    let put = |body: Value| {
        let (app, bearer) = (&app, &bearer);
        async move { by_staff(app, bearer, Method::PUT, claimant.id, "death", &body).await }
    };
    let wrong = put(record(&["1/3", "1/2"])).await.wrong_fields();
    assert_eq!(wrong, [("/heirs".to_owned(), "out_of_range".to_owned())]);
    let recorded = put(record(&["1/3", "66,67%"])).await.wrong_fields();
    assert_eq!(recorded[0].0, "/heirs");
    let recorded = put(record(&["1/3", "2/3"])).await.expect(200);
    assert_eq!(recorded["heirs"][1]["share"], "2/3");

    // the code that waited is not sent, nor anything that is asked for later
    let sent = app.mails().len();
    app.run_outbox().await;
    app.request_access("mario@example.org").await.expect(202);
    app.run_outbox().await;
    assert_eq!(app.mails().len(), sent);
    let view = format!("/api/v1/staff/claimants/{}", claimant.id);
    let view = ask(app.request(Method::GET, &view).bearer_auth(&bearer))
        .await
        .expect(200);
    assert!(
        view["missing"].as_array().unwrap().contains(&json!("i")),
        "{view}"
    );
    assert!(view["died_at"].is_string());
    ask(claimant.request(Method::GET, "")).await.expect(401);
    let sealed = app
        .rows("SELECT count(*) FROM estates WHERE position('Bianchi'::bytea IN sealed) > 0")
        .await;
    assert_eq!(sealed, [[Some("0".to_owned())]]);
    app.stop().await;
}
