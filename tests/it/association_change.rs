//! Going to another association of the same case (R12, R51, R55).

use joinder::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::claimant::{Answer, Claimant, SignUpBuilder, ask, mario, token_in};
use crate::pages::{Browser, Page};
use crate::seed::CASE;
use crate::staff_declared::{declaration, identified, sign};
use crate::staff_seed::{association, get, person};

fn wish(slug: &str) -> Value {
    let consent = |purpose: &str| json!({"purpose": purpose, "text_version": "1", "given": true});
    json!({"association": slug, "consents": [consent("privacy_notice"), consent("contact")]})
}

async fn go(claimant: &Claimant<'_>, body: &Value) -> Answer {
    ask(claimant.request(Method::POST, "/association").json(body)).await
}

async fn seen_by(app: &TestApp, slug: &str) -> Vec<Value> {
    let staff = person(app, association(app, slug).await, Role::Reviewer).await;
    let bearer = staff.bearer(app).await;
    let path = format!("/api/v1/staff/cases/{CASE}/claimants");
    let list: Value = get(app, &path, &bearer).await.json().await.unwrap();
    let mut records = Vec::new();
    for item in list["items"].as_array().unwrap() {
        let path = format!("/api/v1/staff/claimants/{}", item["id"].as_str().unwrap());
        records.push(get(app, &path, &bearer).await.json().await.unwrap());
    }
    records
}

#[tokio::test(flavor = "multi_thread")]
async fn r51_a_signed_record_goes_on_in_the_other_association_to_be_signed_anew() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, "a@example.org", "a@libero.it", &mario()).await;
    let mut body = declaration("a@libero.it");
    body["member_number"] = json!("C-77");
    sign(&app, &claimant, &body, "Mario Rossi").await;
    let changed = go(&claimant, &wish("altroconsumo")).await.expect(201);
    assert_ne!(changed["claimant_id"], claimant.id.to_string());

    // the same token opens the new record
    let me = claimant.me().await;
    assert_eq!(
        (&me["id"], &me["state"]),
        (&changed["claimant_id"], &json!("confirmed"))
    );
    assert_eq!(me["association"], "altroconsumo");
    assert_eq!(me["mailboxes"][0]["address"], "a@libero.it");
    assert_eq!(me["identity"]["name"], "Mario Rossi");
    assert_eq!(me["consents"].as_array().unwrap().len(), 2);
    let mine = ask(claimant.request(Method::GET, "/declaration"))
        .await
        .expect(200);
    assert_eq!(mine["draft"]["narrative"], body["narrative"]);
    assert_eq!(mine["draft"]["member_number"], Value::Null);
    assert_eq!(
        mine["draft"]["mailboxes"][0]["incidents"][0]["items"][1]["amount_cents"],
        1250
    );
    ask(claimant.request(Method::GET, "/receipt"))
        .await
        .expect_problem(404, "not-found");

    // signed anew, the mailbox is this record's and nobody clashes
    sign(&app, &claimant, &body, "Mario Rossi").await;
    let keys = "SELECT count(*) FROM registered_mailboxes m JOIN claimants c ON c.id = m.claimant_id \
         WHERE c.moved_from IS NOT NULL";
    assert_eq!(app.number(keys).await, 1);
    let persons = "SELECT count(*) FROM registered_persons p JOIN claimants c ON c.id = p.claimant_id \
         WHERE c.moved_from IS NOT NULL AND p.association_id = c.association_id";
    assert_eq!(app.number(persons).await, 1);
    assert_eq!(
        app.number("SELECT count(*) FROM registered_persons").await,
        1
    );
    assert_eq!(app.number("SELECT count(*) FROM conflicts").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r51_r55_neither_association_learns_of_the_other() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, "a@example.org", "a@libero.it", &mario()).await;
    let changed = go(&claimant, &wish("altroconsumo")).await.expect(201);
    // the holder alone is told, in the name of the one that is left
    app.run_outbox().await;
    let mail = app.mails().pop().unwrap().message.mail;
    assert_eq!(mail.kind.as_str(), "withdrawal");
    assert!(mail.text.contains("Codacons") && !mail.text.contains("Altroconsumo"));
    let old = seen_by(&app, "codacons").await;
    let new = seen_by(&app, "altroconsumo").await;
    assert_eq!((old.len(), new.len()), (1, 1));
    assert_eq!(
        (&old[0]["state"], &new[0]["state"]),
        (&json!("withdrawn"), &json!("confirmed"))
    );
    let actions = |record: &Value| {
        let entries = record["audit"].as_array().unwrap().iter();
        let names = entries.map(|entry| entry["action"].as_str().unwrap().to_owned());
        names.collect::<Vec<String>>()
    };
    assert!(actions(&old[0]).contains(&"move_out".to_owned()));
    assert!(actions(&new[0]).contains(&"move_in".to_owned()));
    let old_id = claimant.id.to_string();
    let new_id = changed["claimant_id"].as_str().unwrap();
    assert!(!old[0].to_string().contains(new_id) && !old[0].to_string().contains("altroconsumo"));
    assert!(!new[0].to_string().contains(&old_id) && !new[0].to_string().contains("codacons"));
    let told = "SELECT count(*) FROM audit WHERE action LIKE 'move_%' AND (detail::text LIKE \
         '%' || (SELECT id::text FROM claimants WHERE moved_from IS NOT NULL) || '%')";
    assert_eq!(app.number(told).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r12_r51_what_may_not_go_stays_and_nothing_is_written() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, "a@example.org", "a@libero.it", &mario()).await;
    let refused = async |body: &Value, status: u16, name: &str| {
        go(&claimant, body).await.expect_problem(status, name);
        assert_eq!(app.number("SELECT count(*) FROM claimants").await, 1);
        assert_eq!(claimant.me().await["association"], "codacons");
    };
    refused(&wish("codacons"), 409, "illegal-transition").await;
    refused(&wish("nessuno"), 422, "validation").await;
    refused(&json!({}), 422, "validation").await;
    let mut unwilling = wish("altroconsumo");
    unwilling["consents"][0]["given"] = json!(false);
    let wrong = go(&claimant, &unwilling).await.wrong_fields();
    assert_eq!(
        wrong,
        [("/consents/0/given".to_owned(), "not_accepted".to_owned())]
    );
    let mut stale = wish("altroconsumo");
    stale["consents"][1]["text_version"] = json!("0");
    refused(&stale, 422, "validation").await;
    app.sql("UPDATE claimants SET state = 'lodged'").await;
    refused(&wish("altroconsumo"), 409, "illegal-transition").await;
    app.sql("UPDATE claimants SET state = 'confirmed'").await;
    app.sql("UPDATE associations SET status = 'suspended' WHERE slug = 'altroconsumo'")
        .await;
    app.clock().advance(chrono::TimeDelta::minutes(2));
    app.ctx.directories.forget();
    refused(&wish("altroconsumo"), 409, "illegal-transition").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r51_two_devices_that_go_at_once_go_once() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, "a@example.org", "a@libero.it", &mario()).await;
    let body = wish("altroconsumo");
    let (one, other) = tokio::join!(go(&claimant, &body), go(&claimant, &body));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    assert_eq!(app.number("SELECT count(*) FROM claimants").await, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r51_who_waits_for_the_person_goes_on_waiting_and_who_withdrew_may_go() {
    let app = TestApp::seeded().await;
    let claimant = identified(&app, "a@example.org", "a@libero.it", &mario()).await;
    // ids follow the clock: one record a second
    app.clock().advance(chrono::TimeDelta::seconds(1));
    let waiting = app.confirmed(&SignUpBuilder::new("b@example.org")).await;
    waiting.give_person(&mario()).await.expect(200);
    let review = "SELECT review FROM claimants WHERE contact_kind = 'email' ORDER BY id";
    let reviews = async || {
        let rows = app.rows(review).await.into_iter();
        rows.map(|row| row[0].clone().unwrap())
            .collect::<Vec<String>>()
    };
    assert_eq!(reviews().await, ["none", "conflict"]);
    app.clock().advance(chrono::TimeDelta::seconds(1));
    go(&claimant, &wish("altroconsumo")).await.expect(201);
    assert_eq!(reviews().await, ["none", "conflict", "none"]);
    let open = "SELECT count(*) FROM conflicts f JOIN claimants c ON c.id = f.other_claimant_id \
         WHERE f.settled_at IS NULL AND c.moved_from IS NOT NULL";
    assert_eq!(app.number(open).await, 1);
    // the mover withdraws: the key goes to who waited, and a third record waits in turn
    claimant.withdraw(&json!({})).await.expect(200);
    assert_eq!(reviews().await, ["none", "none", "none"]);
    app.clock().advance(chrono::TimeDelta::seconds(1));
    let back = go(&claimant, &wish("codacons")).await.expect(201);
    assert_eq!(back["state"], "confirmed");
    assert_eq!(reviews().await, ["none", "none", "none", "conflict"]);
    app.stop().await;
}

/// The form as its page sends it.
fn wish_form<'a>(csrf: &'a str, to: &'a str, given: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("csrf", csrf),
        ("association", to),
        ("consents[0][purpose]", "privacy_notice"),
        ("consents[0][text_version]", "1"),
        ("consents[0][given]", "true"),
        ("consents[1][purpose]", "contact"),
        ("consents[1][text_version]", "1"),
        ("consents[2][purpose]", "newsletter"),
        ("consents[2][text_version]", "1"),
    ];
    if given == "all" {
        fields.push(("consents[1][given]", "true"));
    }
    fields
}

#[tokio::test(flavor = "multi_thread")]
async fn r51_the_holder_changes_association_over_the_pages_told_first_what_happens() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser.confirmed("anna@example.org").await;
    let me = browser.get("/me").await;
    me.says("href=\"/me/association\"");
    let reference = reference(&me);
    let choice = browser.get("/me/association").await;
    choice
        .says("Oggi la tua pratica è con Codacons")
        .says("href=\"/me/association?to=altroconsumo\"");
    assert!(!choice.html.contains("?to=codacons"), "the own one");
    let page = browser.get("/me/association?to=altroconsumo").await;
    page.says(
        "La pratica di oggi viene ritirata. Codacons vede il ritiro, ma non la nuova associazione.",
    )
    .says("con un numero nuovo");
    assert!(!page.html.contains(" checked"), "R19: nothing is ticked");
    browser
        .get("/me/association?to=consumerismo")
        .await
        .says("raccoglie solo manifestazioni di interesse");
    browser
        .get("/me/association?to=altroconsumo&lang=en")
        .await
        .says("Codacons sees that you left, not where to.");
    assert_eq!(app.number("SELECT count(*) FROM claimants").await, 1);

    let csrf = page.hidden("csrf");
    let refused = browser
        .send("/me/association", &wish_form(&csrf, "altroconsumo", "one"))
        .await;
    assert_eq!(refused.status, 422);
    refused.says("href=\"#consents-1-given\"");
    assert!(
        !refused.html.contains(" checked"),
        "R19: nothing is ticked for anybody"
    );
    let form = wish_form(&csrf, "altroconsumo", "all");
    let gone = browser.send("/me/association", &form).await;
    assert_eq!(gone.place, "/me?done=moved", "{}", gone.html);
    let new = browser.get("/me?done=moved&lang=it").await;
    new.says("Hai cambiato associazione").says("Altroconsumo");
    assert_ne!(self::reference(&new), reference);
    // a double tap goes once
    let again = browser.send("/me/association", &form).await;
    assert_eq!(again.place, "/me?done=moved");
    assert_eq!(app.number("SELECT count(*) FROM claimants").await, 2);
    let evidence = "SELECT count(*) FROM consents n JOIN claimants c ON c.id = n.claimant_id \
         WHERE c.moved_from IS NOT NULL AND n.channel = 'page'";
    assert_eq!(app.number(evidence).await, 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r51_a_record_that_was_left_says_so_and_offers_nothing_to_do() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser.confirmed("anna@example.org").await;
    let csrf = browser.csrf().await;
    // the browser goes on in the new record; a second one opens the old one
    let old = Browser::new(&app);
    let asked = [("email", "anna@example.org"), ("case", CASE)];
    old.send("/enter", &asked).await;
    let link = token_in(&old.mail("anna@example.org").await, "enter");
    let form = wish_form(&csrf, "altroconsumo", "all");
    assert_eq!(old.send(&format!("/enter/{link}"), &[]).await.status, 303);
    let gone = browser.send("/me/association", &form).await;
    assert_eq!(gone.place, "/me?done=moved", "{}", gone.html);
    let me = old.get("/me").await;
    me.says("Passata a un’altra associazione");
    for offer in [
        "/me/declare",
        "/me/identity",
        "/me/payout",
        "/me/association",
    ] {
        assert!(!me.html.contains(&format!("href=\"{offer}\"")), "{offer}");
    }
    assert_eq!(old.get("/me/association").await.status, 409);
    app.stop().await;
}

fn reference(page: &Page) -> String {
    let rest = page.html.split_once("<dd class=\"reference\">").unwrap().1;
    rest.split('<').next().unwrap().to_owned()
}
