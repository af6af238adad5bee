//! News of a case: posted by an association, never changed, withdrawn with a reason; read by everybody.

use joinder::app::staff::{self, NewStaff};
use joinder::domain::email_address::EmailAddress;
use joinder::domain::permission::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::claimant::SignUpBuilder;
use crate::pages::Browser;
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{PASSWORD, Person, association, get, person, post};

const PUBLIC: &str = "/api/v1/public/cases/libero-virgilio-2023/updates";
const OWN: &str = "/api/v1/staff/cases/libero-virgilio-2023/updates";

/// Somebody new of an association, signed in.
pub(crate) async fn bearer(app: &TestApp, slug: &str, role: Role) -> String {
    let ours = association(app, slug).await;
    let email = format!("{}@assoc.example", uuid::Uuid::new_v4().simple());
    let created = staff::create(
        &app.ctx,
        NewStaff {
            email: EmailAddress::parse(&email).unwrap(),
            name: "Nome".to_owned(),
            password: PASSWORD.to_owned(),
            totp: None,
            memberships: vec![(ours, role)],
        },
    );
    let created = created.await.unwrap();
    let person = Person {
        id: created.id,
        email,
        totp: created.totp.unwrap(),
    };
    person.bearer(app).await
}

/// News in Italian.
pub(crate) fn news(title: &str, text: &str) -> Value {
    json!({"texts": [{"language": "it", "title": title, "text": text}]})
}

/// Publishes, and gives what the API says.
pub(crate) async fn publish(app: &TestApp, bearer: &str, body: &Value) -> Value {
    let answer = post(app, OWN, Some(bearer), body).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    answer.json().await.unwrap()
}

pub(crate) async fn withdraw(app: &TestApp, bearer: &str, news: &Value) -> StatusCode {
    let path = withdrawal(news);
    let body = json!({"reason": "La data è cambiata"});
    post(app, &path, Some(bearer), &body).await.status()
}

fn withdrawal(news: &Value) -> String {
    let id = news["id"].as_str().unwrap();
    format!("/api/v1/staff/updates/{id}/withdrawal")
}

async fn public(app: &TestApp, query: &str) -> Value {
    let answer = app.get(&format!("{PUBLIC}{query}")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

async fn page(app: &TestApp, path: &str) -> String {
    app.get(path).await.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn news_stand_on_the_page_of_the_case_with_day_and_association() {
    let app = TestApp::seeded().await;
    let bearer = bearer(&app, "codacons", Role::CaseManager).await;
    assert_eq!(
        public(&app, "").await,
        json!({"items": [], "next_cursor": null})
    );
    assert!(
        !page(&app, &format!("/c/{CASE}"))
            .await
            .contains("id=\"updates\"")
    );
    let body = json!({"texts": [
        {"language": "de", "title": "Neues vom Gericht", "text": "Am Montag."},
        {"language": "it", "title": "Prima udienza", "text": "È fissata.\nA Roma.\n\nVi diremo."},
    ]});
    let told = publish(&app, &bearer, &body).await;
    assert_eq!(told["texts"][0]["language"], "it");
    let shown = page(&app, &format!("/c/{CASE}")).await;
    for words in [
        "Prima udienza",
        "È fissata.<br>A Roma.</p>",
        "2 marzo 2026, Codacons",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let german = page(&app, &format!("/c/{CASE}/updates?lang=de")).await;
    assert!(german.contains("Neues vom Gericht") && !german.contains("Prima udienza"));
    let english = page(&app, &format!("/c/{CASE}/updates?lang=en")).await;
    assert!(english.contains("Prima udienza") && english.contains("lang=\"it\""));
    let told = public(&app, "").await;
    assert_eq!(told["items"][0]["association"]["slug"], "codacons");
    assert_eq!(
        told["items"][0]["texts"][0]["text"],
        "È fissata.\nA Roma.\n\nVi diremo."
    );
    assert_eq!(told["items"][0]["texts"].as_array().unwrap().len(), 2);
    let trail =
        "SELECT count(*) FROM audit WHERE action = 'publish_update' AND actor_kind = 'staff'";
    assert_eq!(app.number(trail).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn news_are_listed_newest_first_page_by_page() {
    let app = TestApp::seeded().await;
    let bearer = bearer(&app, "codacons", Role::Owner).await;
    for number in 0..5 {
        publish(&app, &bearer, &news(&format!("Novità {number}"), "Testo.")).await;
    }
    let mut titles = Vec::new();
    let mut cursor = String::new();
    loop {
        let told = public(&app, &format!("?limit=2&cursor={cursor}")).await;
        let items = told["items"].as_array().unwrap();
        titles.extend(items.iter().map(|item| item["texts"][0]["title"].clone()));
        match told["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    let wanted = [4, 3, 2, 1, 0].map(|number| json!(format!("Novità {number}")));
    assert_eq!(titles, wanted);
    // the page of the case shows three and leads to all
    let shown = page(&app, &format!("/c/{CASE}")).await;
    assert!(shown.contains("Novità 2") && !shown.contains("Novità 1"));
    assert!(shown.contains(&format!("href=\"/c/{CASE}/updates\"")));
    for wrong in ["?cursor=x", "?limit=0", "?limit=201", "?limit=x"] {
        let answer = app.get(&format!("{PUBLIC}{wrong}")).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
    let unknown = app.get("/api/v1/public/cases/nessuno/updates").await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_withdrawn_vanishes_for_everybody_and_stays_for_the_staff() {
    let app = TestApp::seeded().await;
    let ours = bearer(&app, "codacons", Role::CaseManager).await;
    let told = publish(&app, &ours, &news("Udienza lunedì", "A Roma.")).await;
    let theirs = bearer(&app, "altroconsumo", Role::Owner).await;
    assert_eq!(withdraw(&app, &theirs, &told).await, StatusCode::NOT_FOUND);
    let mute = post(&app, &withdrawal(&told), Some(&ours), &json!({})).await;
    assert_eq!(mute.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page(&app, &format!("/c/{CASE}"))
            .await
            .contains("Udienza lunedì")
    );
    assert_eq!(withdraw(&app, &ours, &told).await, StatusCode::OK);
    assert_eq!(withdraw(&app, &ours, &told).await, StatusCode::CONFLICT);
    for path in [format!("/c/{CASE}"), format!("/c/{CASE}/updates")] {
        assert!(!page(&app, &path).await.contains("Udienza"), "{path}");
    }
    assert_eq!(public(&app, "").await["items"], json!([]));
    let own: Value = get(&app, OWN, &ours).await.json().await.unwrap();
    assert_eq!(own["items"][0]["withdrawal_reason"], "La data è cambiata");
    let rights = "SELECT string_agg(DISTINCT privilege_type, ' ' ORDER BY privilege_type) FROM information_schema.column_privileges \
        WHERE table_name = 'case_updates' AND column_name IN ('texts', 'published_at') AND grantee LIKE 'joinder_%'";
    let rights = app.rows(rights).await;
    assert_eq!(
        rights[0][0].as_deref(),
        Some("INSERT SELECT"),
        "texts never change"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_nobody_posts_for_another_association_and_only_who_may() {
    let app = TestApp::seeded().await;
    let ours = bearer(&app, "codacons", Role::Owner).await;
    publish(&app, &ours, &news("Nostra", "Testo.")).await;
    let theirs = bearer(&app, "altroconsumo", Role::Owner).await;
    let own: Value = get(&app, OWN, &theirs).await.json().await.unwrap();
    assert_eq!(own["items"], json!([]));
    let told = publish(&app, &theirs, &news("Loro", "Testo.")).await;
    let shown = public(&app, "").await;
    assert_eq!(shown["items"][0]["id"], told["id"]);
    assert_eq!(shown["items"][0]["association"]["slug"], "altroconsumo");
    let reviewer = bearer(&app, "codacons", Role::Reviewer).await;
    let refused = post(&app, OWN, Some(&reviewer), &news("No", "No.")).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let elsewhere = OWN.replace(CASE, "nessuno");
    let refused = post(&app, &elsewhere, Some(&ours), &news("No", "No.")).await;
    assert_eq!(refused.status(), StatusCode::NOT_FOUND);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_never_html_and_hold_no_link() {
    let app = TestApp::seeded().await;
    let bearer = bearer(&app, "codacons", Role::Owner).await;
    for wrong in [
        "<script>alert(1)</script>",
        "Vai su www.example.org",
        "Codice: 123456",
    ] {
        let answer = post(&app, OWN, Some(&bearer), &news("Titolo", wrong)).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        let told: Value = answer.json().await.unwrap();
        assert_eq!(told["errors"][0]["pointer"], "/texts/0/text", "{told}");
    }
    publish(
        &app,
        &bearer,
        &news("\"Noi & voi\"", "Sì, 'noi' & \"voi\"."),
    )
    .await;
    let shown = page(&app, &format!("/c/{CASE}/updates")).await;
    assert!(
        !shown.contains("\"Noi & voi\"") && shown.contains("Noi &#38; voi"),
        "{shown}"
    );
    // words that got past the parser are escaped all the same
    app.sql("UPDATE case_updates SET texts = jsonb_set(texts, '{0,text}', '\"<script>alert(1)</script>\"')")
        .await;
    let shown = page(&app, &format!("/c/{CASE}")).await;
    assert!(!shown.contains("<script>alert"), "{shown}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_publishes_once() {
    let app = TestApp::seeded().await;
    let bearer = bearer(&app, "codacons", Role::Owner).await;
    let send = async |body: &Value| {
        let request = app.request(reqwest::Method::POST, OWN).bearer_auth(&bearer);
        let request = request.header("idempotency-key", "uno").json(body);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    let (status, first) = send(&news("Uno", "Testo.")).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, again) = send(&news("Uno", "Testo.")).await;
    assert_eq!((status, &again["id"]), (StatusCode::CREATED, &first["id"]));
    let (status, other) = send(&news("Due", "Testo.")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other["type"], "/problems/idempotency-mismatch");
    assert_eq!(app.number("SELECT count(*) FROM case_updates").await, 1);
    assert_eq!(
        app.number("SELECT count(*) FROM audit WHERE action = 'publish_update'")
            .await,
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn claimants_see_the_news_of_their_own_association() {
    let app = TestApp::seeded().await;
    let ours = bearer(&app, "codacons", Role::Owner).await;
    let theirs = bearer(&app, "altroconsumo", Role::Owner).await;
    publish(&app, &ours, &news("Per i nostri", "Testo.")).await;
    publish(&app, &theirs, &news("Per altri", "Testo.")).await;
    let browser = Browser::new(&app);
    browser.confirmed("maria@example.org").await;
    let me = browser.get("/me").await.html;
    assert!(
        me.contains("Per i nostri") && !me.contains("Per altri"),
        "{me}"
    );
    // the record of the API is what it was
    let claimant = app.confirmed(&SignUpBuilder::new("anna@example.org")).await;
    assert!(claimant.me().await["reference"].is_string());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_shows_news_before_it_publishes_them() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let owner = person(&app, ours, Role::Owner).await;
    let browser = app.browser();
    sign_in(&app, &browser, &owner).await;
    let (_, cases) = open(&app, &browser, "/console").await;
    let path = format!("/console/cases/{CASE}/updates");
    assert!(cases.contains(&format!("href=\"{path}\"")));
    let (_, empty) = open(&app, &browser, &path).await;
    assert!(empty.contains("Per ora non ci sono novità.") && !empty.contains("value=\"publish\""));
    let token = csrf(&empty).to_owned();
    let key = empty.split("name=\"key\" value=\"").nth(1).unwrap();
    let key = key.split('"').next().unwrap().to_owned();
    let texts = |title: &'static str, action: &'static str| {
        vec![
            ("csrf", token.clone()),
            ("key", key.clone()),
            ("action", action.to_owned()),
            ("texts[0][language]", "it".to_owned()),
            ("texts[0][title]", title.to_owned()),
            ("texts[0][text]", "È fissata.".to_owned()),
            ("texts[1][language]", "en".to_owned()),
            ("texts[1][title]", String::new()),
            ("texts[1][text]", String::new()),
            ("texts[2][language]", "de".to_owned()),
            ("texts[2][title]", "Verhandlung".to_owned()),
            ("texts[2][text]", "Am Montag.".to_owned()),
        ]
    };
    let sent = async |fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (*a, b.as_str())).collect();
        send(&app, &browser, &path, &fields).await
    };
    let refused = sent(texts("", "publish")).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    assert!(refused.contains("id=\"texts-0-title-error\"") && refused.contains("È fissata."));
    let seen = sent(texts("Udienza", "preview")).await;
    assert_eq!(seen.status(), StatusCode::OK);
    let seen = seen.text().await.unwrap();
    assert!(seen.contains("id=\"preview\"") && seen.contains("value=\"publish\""));
    let hidden = "name=\"texts[0][text]\" hidden>È fissata.</textarea>";
    assert!(
        seen.contains(hidden),
        "what is published is what was shown: {seen}"
    );
    // nor is it published before somebody says to have read it again
    let unread = sent(texts("Udienza", "publish")).await;
    assert_eq!(unread.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let unread = unread.text().await.unwrap();
    assert!(unread.contains("id=\"reread-error\"") && unread.contains(hidden));
    assert_eq!(app.number("SELECT count(*) FROM case_updates").await, 0);
    // a second tap publishes nothing more
    for _ in 0..2 {
        let mut read = texts("Udienza", "publish");
        read.push(("reread", "true".to_owned()));
        let published = sent(read).await;
        assert_eq!(place(&published), format!("{path}?done=published#done"));
    }
    assert_eq!(app.number("SELECT count(*) FROM case_updates").await, 1);
    let (_, listed) = open(&app, &browser, &path).await;
    let id = listed.split("/console/updates/").nth(1).unwrap();
    let id = id.split('/').next().unwrap().to_owned();
    let end = format!("/console/updates/{id}/withdrawal");
    let mute = [("csrf", token.as_str()), ("slug", CASE), ("reason", " ")];
    let refused = send(&app, &browser, &end, &mute).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    assert!(
        refused.contains(&format!("id=\"reason-{id}-error\"")),
        "{refused}"
    );
    let fields = [
        ("csrf", token.as_str()),
        ("slug", CASE),
        ("reason", "Rinviata"),
    ];
    let done = send(&app, &browser, &end, &fields).await;
    assert_eq!(place(&done), format!("{path}?done=withdrawn#done"));
    let (_, listed) = open(&app, &browser, &path).await;
    assert!(
        listed.contains("Rinviata") && !listed.contains(&end),
        "{listed}"
    );
    let strange = [("csrf", "x"), ("slug", CASE), ("reason", "Rinviata")];
    let strange = send(&app, &browser, &end, &strange).await;
    assert_eq!(strange.status(), StatusCode::FORBIDDEN);
    app.stop().await;
}
