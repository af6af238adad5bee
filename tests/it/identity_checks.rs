//! Identities that do not fit: on a list that honest people are not on, looked at, corrected, never a reason to refuse
//! (R23, DOMAIN 8.3).

use chrono::TimeDelta;
use joinder::app::housekeeping;
use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::TestApp;
use crate::claimant::{Answer, SignUpBuilder, ask, mario, person};
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_declared::{declaration, identified, sign};
use crate::staff_seed::{self, association};

const MARCO: &str = "marco@example.org";
const MAILBOX: &str = "caduta@libero.it";

/// Whose given name is not the one of the code.
fn marco() -> Value {
    person("Marco", "Rossi", "RSSMRA85C12H501J")
}

/// Somebody new on the staff.
async fn bearer(app: &TestApp, slug: &str, role: Role) -> String {
    let ours = association(app, slug).await;
    staff_seed::person(app, ours, role).await.bearer(app).await
}

async fn told(app: &TestApp, bearer: &str, path: &str) -> Value {
    ask(app.request(Method::GET, path).bearer_auth(bearer))
        .await
        .expect(200)
}

async fn seen(app: &TestApp, bearer: &str, id: Uuid) -> Value {
    told(app, bearer, &format!("/api/v1/staff/claimants/{id}")).await
}

async fn waiting(app: &TestApp, bearer: &str) -> i64 {
    let path = format!("/api/v1/staff/cases/{CASE}/queues");
    let all = told(app, bearer, &path).await;
    let mut items = all["items"].as_array().unwrap().iter();
    let found = items.find(|item| item["queue"] == "identity_to_check");
    found.unwrap()["count"].as_i64().unwrap()
}

async fn check(app: &TestApp, bearer: &str, id: Uuid, body: &Value) -> Answer {
    let path = format!("/api/v1/staff/claimants/{id}/identity-check");
    let request = app.request(Method::POST, &path).bearer_auth(bearer);
    ask(request.json(body)).await
}

async fn want(app: &TestApp, bearer: &str, id: Uuid) -> Answer {
    let path = format!("/api/v1/staff/claimants/{id}/deficiencies");
    let request = app.request(Method::POST, &path).bearer_auth(bearer);
    ask(request.json(&json!({"letters": ["b"], "due_on": "2026-03-20"}))).await
}

fn in_order(version: i32) -> Value {
    json!({"version": version, "reason": "Visto il tesserino"})
}

#[tokio::test(flavor = "multi_thread")]
async fn r23_what_does_not_fit_waits_for_a_look_stops_nothing_and_a_correction_ends_it() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, MARCO, MAILBOX, &marco()).await;
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    assert_eq!(waiting(&app, &reviewer).await, 1);
    let path = format!("/api/v1/staff/cases/{CASE}/claimants?queue=identity_to_check");
    let listed = told(&app, &reviewer, &path).await;
    assert_eq!(listed["items"][0]["id"], claimant.id.to_string());
    let identity = seen(&app, &reviewer, claimant.id).await["identity"].clone();
    assert_eq!(
        identity["doubts"],
        json!([{"what": "given_name", "given": "Marco", "gives": "MRC", "told": "MRA"}])
    );
    assert_eq!(identity["to_check_since"], "2026-03-02T09:00:00Z");
    // letters of a codice fiscale are for who sees clear data
    let reader = bearer(&app, "codacons", Role::Reader).await;
    let masked = seen(&app, &reader, claimant.id).await["identity"].clone();
    assert_eq!(
        (&masked["doubts"], &masked["warnings"]),
        (&json!([]), &json!(["name_mismatch"]))
    );
    let theirs = bearer(&app, "altroconsumo", Role::Reviewer).await;
    assert_eq!(waiting(&app, &theirs).await, 0);
    check(&app, &theirs, claimant.id, &in_order(1))
        .await
        .expect_problem(404, "not-found");

    // nothing is refused because of it
    sign(&app, &claimant, &declaration(MAILBOX), "Marco Rossi").await;
    assert_eq!(waiting(&app, &reviewer).await, 1);
    claimant.give_person(&mario()).await.expect(200);
    assert_eq!(waiting(&app, &reviewer).await, 0);
    let corrected = seen(&app, &reviewer, claimant.id).await;
    assert_eq!(
        (
            &corrected["state"],
            &corrected["identity"]["to_check_since"]
        ),
        (&json!("resign_required"), &Value::Null)
    );
    assert_eq!(corrected["identity"]["doubts"], json!([]));
    claimant.give_person(&marco()).await.expect(200);
    assert_eq!(waiting(&app, &reviewer).await, 1);
    claimant.withdraw(&json!({})).await.expect(200);
    assert_eq!(waiting(&app, &reviewer).await, 0);
    check(&app, &reviewer, claimant.id, &in_order(3))
        .await
        .expect_problem(409, "illegal-transition");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r23_honest_people_are_not_on_the_list() {
    let app = TestApp::seeded().await;
    let honest = [
        person("Niccolò", "Verità", "VRTNCL01T31D612J"),
        person("Gianfranco", "D’Angelo", "DNGGFR49M09F839U"),
        person("Eva", "Fo", "FOXVEA90A41L219Q"),
        person("Ionuț", "Popescu", "PPSNTI79E20Z129V"),
        // of two names the register has one; a married woman is there by her own
        person("Mario Luigi", "Rossi Verdi", "RSSMRA85C12H50MB"),
        person("Anna", "Bianchi in Rossi", "BNCNNA58S70F205L"),
    ];
    for (number, who) in honest.iter().enumerate() {
        let builder = SignUpBuilder::new(&format!("persona{number}@example.org"));
        let given = app.confirmed(&builder).await.give_person(who).await;
        assert_eq!(given.expect(200)["warnings"], json!([]), "{who}");
    }
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    assert_eq!(waiting(&app, &reviewer).await, 0);
    let mut elsewhere = mario();
    elsewhere["birth_place"] = json!("Milano");
    let builder = SignUpBuilder::new("altrove@example.org");
    let claimant = app.confirmed(&builder).await;
    claimant.give_person(&elsewhere).await.expect(200);
    assert_eq!(waiting(&app, &reviewer).await, 1);
    let identity = seen(&app, &reviewer, claimant.id).await["identity"].clone();
    assert_eq!(
        identity["doubts"],
        json!([{"what": "birth_place", "given": "Milano", "gives": "", "told": "Roma (RM)"}])
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_find_it_in_order_with_a_reason_and_another_identity_needs_another_look() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, MARCO, MAILBOX, &marco()).await;
    let id = claimant.id;
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    let wrong = check(&app, &reviewer, id, &json!({})).await.wrong_fields();
    assert_eq!(
        wrong,
        [
            ("/version".to_owned(), "required".to_owned()),
            ("/reason".to_owned(), "required".to_owned())
        ]
    );
    for role in [Role::Reader, Role::Auditor, Role::Payout, Role::Operator] {
        let other = bearer(&app, "codacons", role).await;
        check(&app, &other, id, &in_order(1))
            .await
            .expect_problem(403, "forbidden");
    }
    check(&app, &reviewer, id, &in_order(2))
        .await
        .expect_problem(409, "illegal-transition");
    let (one, other) = (in_order(1), in_order(1));
    let (one, other) = tokio::join!(
        check(&app, &reviewer, id, &one),
        check(&app, &reviewer, id, &other)
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(waiting(&app, &reviewer).await, 0);
    let view = seen(&app, &reviewer, id).await;
    assert!(view["identity"]["checked_at"].is_string(), "{view}");
    let trail = view["audit"].as_array().unwrap();
    let checked: Vec<_> = trail
        .iter()
        .filter(|entry| entry["action"] == "check_identity")
        .collect();
    assert_eq!(checked.len(), 1);
    assert_eq!(
        (&checked[0]["actor_name"], &checked[0]["reason"]),
        (&json!("Nome reviewer"), &json!("Visto il tesserino"))
    );
    let sealed = "SELECT count(*) FROM audit WHERE action = 'check_identity' AND detail->>'version' = '1' \
        AND detail->'warnings' ? 'name_mismatch' AND position('tesserino'::bytea IN sealed) = 0 \
        AND detail::text NOT LIKE '%tesserino%'";
    assert_eq!(app.number(sealed).await, 1);
    // the claimant is not told to wait any more, and sees who looked
    assert_eq!(claimant.me().await["identity"]["warnings"], json!([]));
    let views = ask(claimant.request(Method::GET, "/views"))
        .await
        .expect(200);
    let views = views["items"].as_array().unwrap().clone();
    assert!(
        views
            .iter()
            .any(|view| view["what"] == "identity_check" && view["role"] == "reviewer"),
        "{views:?}"
    );

    app.clock().advance(TimeDelta::seconds(1));
    claimant.give_person(&marco()).await.expect(200);
    assert_eq!(waiting(&app, &reviewer).await, 1);
    assert_eq!(
        claimant.me().await["identity"]["warnings"],
        json!(["name_mismatch"])
    );
    let view = seen(&app, &reviewer, id).await;
    assert_eq!(
        (
            &view["identity"]["version"],
            &view["identity"]["checked_at"]
        ),
        (&json!(2), &Value::Null)
    );
    check(&app, &reviewer, id, &in_order(1))
        .await
        .expect_problem(409, "illegal-transition");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_with_a_sign_up_waits_from_the_confirmation_and_a_look_before_it_counts() {
    let app = TestApp::seeded().await;
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    let builder = SignUpBuilder::new(MARCO).with("/person", marco());
    let made = app.sign_up(&builder).await;
    assert_eq!(waiting(&app, &reviewer).await, 0, "it does not count yet");
    app.confirm(&made).await;
    assert_eq!(waiting(&app, &reviewer).await, 1);
    check(&app, &reviewer, made.id, &in_order(0))
        .await
        .expect(200);

    let builder = SignUpBuilder::new("x@example.org")
        .without("/contact/email")
        .with("/contact/phone", json!("+393331234567"));
    let by_phone = app.sign_up(&builder).await.id;
    let put = async |what: &str, method: Method, body: &Value| {
        let path = format!("/api/v1/staff/claimants/{by_phone}/{what}");
        let request = app.request(method, &path).bearer_auth(&reviewer);
        ask(request.json(body)).await.expect(200)
    };
    let typed = json!({"person": person("Anna", "Verdi", "BNCNNA58S70F205L")});
    put("identity", Method::PUT, &typed).await;
    assert_eq!(waiting(&app, &reviewer).await, 1, "whom staff assist too");
    check(&app, &reviewer, by_phone, &in_order(1))
        .await
        .expect(200);
    let reached = json!({"how": "phone", "reason": "Ha risposto al numero indicato"});
    put("confirmation", Method::POST, &reached).await;
    assert_eq!(waiting(&app, &reviewer).await, 0, "it was looked at");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_is_asked_for_and_comes_by_another_identity_or_ends_by_a_look() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, MARCO, MAILBOX, &marco()).await;
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    let list = format!("/api/v1/staff/claimants/{}/deficiencies", claimant.id);
    let before = told(&app, &reviewer, &list).await;
    assert_eq!(
        (&before["askable"], &before["corrects"]),
        (&json!(["b", "d", "e", "f", "g", "h", "i"]), &json!(true))
    );
    let asked = want(&app, &reviewer, claimant.id).await.expect(200);
    assert_eq!(
        (
            &asked["items"][0]["letter"],
            &asked["items"][0]["correction"]
        ),
        (&json!("b"), &json!(true))
    );
    want(&app, &reviewer, claimant.id)
        .await
        .expect_problem(409, "illegal-transition");
    app.run_outbox().await;
    let mails = app.mails();
    let mails = mails.iter().map(|sent| &sent.message.mail);
    let sent: Vec<_> = mails
        .filter(|mail| mail.kind.as_str() == "deficiency")
        .collect();
    assert_eq!(sent.len(), 1);
    assert!(
        sent[0].subject.starts_with("Controlla i tuoi dati"),
        "{}",
        sent[0].subject
    );
    for (words, is_there) in [
        ("Il codice fiscale non va", true),
        ("La tua pratica va avanti lo stesso", true),
        ("non si può depositare", false),
    ] {
        assert_eq!(sent[0].text.contains(words), is_there, "{}", sent[0].text);
    }
    assert_eq!(
        claimant.me().await["asked"],
        json!([{"letter": "b", "correction": true, "due_on": "2026-03-20", "overdue": false}])
    );
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().cured, 0);
    app.clock().advance(TimeDelta::seconds(1));
    // another one that does not fit came all the same, and is looked at anew
    claimant.give_person(&marco()).await.expect(200);
    assert_eq!(claimant.me().await["asked"], json!([]));
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().cured, 1);
    assert_eq!(waiting(&app, &reviewer).await, 1);
    want(&app, &reviewer, claimant.id).await.expect(200);
    app.clock().advance(TimeDelta::seconds(1));
    claimant.give_person(&mario()).await.expect(200);
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().cured, 1);
    assert_eq!(waiting(&app, &reviewer).await, 0);

    // asked for what was never given: it came, fitting or not
    let builder = SignUpBuilder::new("anna@example.org");
    let other = app.confirmed(&builder).await;
    let asked = want(&app, &reviewer, other.id).await.expect(200);
    assert_eq!(asked["items"][0]["correction"], false);
    app.clock().advance(TimeDelta::seconds(1));
    let verdi = person("Anna", "Verdi", "BNCNNA58S70F205L");
    other.give_person(&verdi).await.expect(200);
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().cured, 1);
    // asked to correct it, and found in order
    want(&app, &reviewer, other.id).await.expect(200);
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().cured, 0);
    check(&app, &reviewer, other.id, &in_order(1))
        .await
        .expect(200);
    assert_eq!(other.me().await["asked"], json!([]));
    assert_eq!(housekeeping::run(&app.ctx).await.unwrap().cured, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_says_in_words_what_does_not_fit_and_takes_the_reason() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, MARCO, MAILBOX, &marco()).await;
    let codacons = association(&app, "codacons").await;
    let owner = staff_seed::person(&app, codacons, Role::Owner).await;
    let browser = app.browser();
    sign_in(&app, &browser, &owner).await;
    let queues = format!("/console/cases/{CASE}/queues");
    let (_, page) = open(&app, &browser, &queues).await;
    assert!(page.contains("Codice fiscale da controllare"), "{page}");
    let own = format!("/console/claimants/{}", claimant.id);
    let item = format!("{own}?queue=identity_to_check");
    let (_, one) = open(&app, &browser, &item).await;
    for words in [
        "Nome «Marco»: le lettere sarebbero MRC, nel codice fiscale sono MRA.",
        "Questo non blocca niente",
        "href=\"#deficiency\"",
        "nascita, residenza (da correggere)",
    ] {
        assert!(one.contains(words), "{words} in {one}");
    }
    let token = csrf(&one).to_owned();
    let form = format!("{own}/identity-check?queue=identity_to_check");
    assert!(one.contains(&format!("action=\"{form}\"")), "{one}");
    let empty = [("csrf", token.as_str()), ("version", "1"), ("reason", " ")];
    let refused = send(&app, &browser, &form, &empty).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    assert!(
        refused.contains("id=\"identity-reason-error\""),
        "{refused}"
    );
    let forged = send(&app, &browser, &form, &[("version", "1"), ("reason", "x")]).await;
    assert_eq!(forged.status(), StatusCode::FORBIDDEN);
    let typed = [
        ("csrf", token.as_str()),
        ("version", "1"),
        ("reason", "Visto il tesserino"),
    ];
    assert_eq!(place(&send(&app, &browser, &form, &typed).await), item);
    let (_, done) = open(&app, &browser, &item).await;
    for words in [
        "non aspetta più in questa coda",
        "Controllato dal personale: va bene così.",
        "Dati controllati: vanno bene così",
        "Visto il tesserino",
    ] {
        assert!(done.contains(words), "{words} in {done}");
    }
    assert!(!done.contains("/identity-check"), "{done}");
    let again = send(&app, &browser, &form, &typed).await;
    assert_eq!(again.status(), StatusCode::CONFLICT);
    app.stop().await;
}
