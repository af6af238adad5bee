//! Partner sites and their keys: made and revoked by the owner, checked on every node (R56).

use chrono::TimeDelta;
use joinder::domain::ids::{AssociationId, PartnerKeyId};
use joinder::domain::partner::KeyMode;
use joinder::domain::partner_key::PartnerKey;
use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{DEATHS, TestApp, TestOptions};
use crate::claimant::{Answer, SignUpBuilder, ask};
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{Person, association, person, step_up};

/// An owner with a fresh second factor.
pub(crate) struct Owner<'app> {
    app: &'app TestApp,
    pub(crate) who: Person,
    bearer: String,
}

/// A partner made by the owner.
pub(crate) struct Partner {
    pub(crate) id: Uuid,
    pub(crate) slug: String,
}

impl<'app> Owner<'app> {
    pub(crate) async fn of(app: &'app TestApp, slug: &str) -> Self {
        let ours = association(app, slug).await;
        let who = person(app, ours, Role::Owner).await;
        let bearer = who.bearer(app).await;
        let owner = Self { app, who, bearer };
        owner.step_up().await;
        owner
    }

    pub(crate) async fn step_up(&self) {
        step_up(self.app, &self.who, &self.bearer).await;
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self.app.request(method, &format!("/api/v1/staff{path}"));
        ask(request.bearer_auth(&self.bearer).json(body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = self
            .app
            .request(Method::GET, &format!("/api/v1/staff{path}"));
        ask(request.bearer_auth(&self.bearer)).await
    }

    pub(crate) async fn partner(&self, slug: &str) -> Partner {
        let body = json!({"slug": slug, "name": format!("Sito {slug}"), "email": "redazione@sito.example"});
        let made = self.ask(Method::POST, "/partners", &body).await.expect(201);
        Partner {
            id: id_of(&made["id"]),
            slug: slug.to_owned(),
        }
    }

    pub(crate) async fn try_key(&self, partner: &Partner, body: &Value) -> Answer {
        let path = format!("/partners/{}/keys", partner.id);
        self.ask(Method::POST, &path, body).await
    }

    /// The text of a new key.
    pub(crate) async fn key(&self, partner: &Partner, scopes: &[&str]) -> String {
        let body = json!({"mode": "live", "scopes": scopes});
        secret(&self.try_key(partner, &body).await.expect(201))
    }

    pub(crate) async fn revoke(&self, key: &Value) -> Answer {
        let id = key["key"]["id"].as_str().unwrap();
        let path = format!("/partner-keys/{id}/revocation");
        self.ask(Method::POST, &path, &json!({})).await
    }
}

pub(crate) fn secret(made: &Value) -> String {
    made["secret"].as_str().unwrap().to_owned()
}

fn id_of(value: &Value) -> Uuid {
    value.as_str().unwrap().parse().unwrap()
}

/// The key of a partner that was put in by hand: it may everything.
pub(crate) async fn seeded_key(app: &TestApp, association: AssociationId, slug: &str) -> String {
    let id = PartnerKeyId::new(app.ctx.new_id());
    let key = PartnerKey::new(KeyMode::Live, id, [7; 20]);
    let (partner, text) = (Uuid::new_v4(), key.as_str().to_owned());
    app.sql(&format!(
        "INSERT INTO partners (id, association_id, slug, name, language, created_at) \
           VALUES ('{partner}', '{association}', '{slug}', 'Il sito', 'it', '2026-03-01Z'); \
         INSERT INTO partner_keys (id, partner_id, association_id, mode, slot, secret_sha256, scopes, created_at) \
           VALUES ('{id}', '{partner}', '{association}', 'live', 1, sha256(convert_to('{text}', 'UTF8')), '{{intake,read,events,webhooks}}', '2026-03-01Z')"
    ))
    .await;
    text
}

/// A test key beside the live one of a partner that was put in by hand.
pub(crate) async fn test_key_of(app: &TestApp, live: &str) -> String {
    let id = PartnerKeyId::new(app.ctx.new_id());
    let key = PartnerKey::new(KeyMode::Test, id, [7; 20]);
    let text = key.as_str().to_owned();
    app.sql(&format!(
        "INSERT INTO partner_keys (id, partner_id, association_id, mode, slot, secret_sha256, scopes, created_at) \
           SELECT '{id}', partner_id, association_id, 'test', 1, sha256(convert_to('{text}', 'UTF8')), scopes, created_at \
           FROM partner_keys WHERE secret_sha256 = sha256(convert_to('{live}', 'UTF8'))"
    ))
    .await;
    text
}

/// A request of a partner.
pub(crate) fn request(
    app: &TestApp,
    method: Method,
    path: &str,
    key: &str,
) -> reqwest::RequestBuilder {
    app.request(method, &format!("/api/v1/partner{path}"))
        .bearer_auth(key)
}

/// What a partner reads.
pub(crate) async fn read(app: &TestApp, path: &str, key: &str) -> Answer {
    ask(request(app, Method::GET, path, key)).await
}

/// The body of a submission: a sign-up, its case, and the notice shown before.
pub(crate) fn submission(email: &str) -> Value {
    let mut body = SignUpBuilder::new(email).body;
    body["case"] = json!(CASE);
    body["notice"] = json!({"version": "privacy-1", "shown_at": "2026-03-02T08:59:00Z"});
    body
}

/// Sends somebody.
pub(crate) async fn submit(app: &TestApp, key: &str, idempotency: &str, body: &Value) -> Answer {
    let request = request(app, Method::POST, "/claimants", key);
    ask(request.header("idempotency-key", idempotency).json(body)).await
}

/// Sends many at once.
pub(crate) async fn submit_all(
    app: &TestApp,
    key: &str,
    idempotency: &str,
    items: &[Value],
) -> Answer {
    let request = request(app, Method::POST, "/claimants/batches", key);
    let body = json!({ "items": items });
    ask(request.header("idempotency-key", idempotency).json(&body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r56_a_key_is_shown_once_and_kept_as_a_hash() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let made = owner
        .try_key(&blog, &json!({"mode": "live", "scopes": ["read", "intake"], "cases": [CASE], "networks": ["127.0.0.1"], "expires_on": "2026-12-31"}))
        .await
        .expect(201);
    let key = secret(&made);
    assert!(key.starts_with("jnd_live_") && key.len() == 75, "{key}");
    assert_eq!(made["key"]["scopes"], json!(["intake", "read"]));
    assert_eq!(made["key"]["expires_at"], "2026-12-31T23:00:00Z");
    let stored = "SELECT count(*) FROM partner_keys WHERE secret_sha256 = sha256(convert_to('{key}', 'UTF8'))";
    assert_eq!(app.number(&stored.replace("{key}", &key)).await, 1);
    let (_, tail) = key.rsplit_once('_').unwrap();
    let one = owner
        .get(&format!("/partners/{}", blog.id))
        .await
        .expect(200);
    assert!(!one.to_string().contains(tail), "{one}");
    let shown = one["keys"][0]["shown"].as_str().unwrap();
    assert!(key.starts_with(shown) && shown.len() > 20);
    let everywhere = app
        .number(&format!(
            "SELECT count(*) FROM audit WHERE detail::text LIKE '%{tail}%'"
        ))
        .await;
    assert_eq!(everywhere, 0);
    let told = "SELECT action FROM audit WHERE action LIKE 'partner%' ORDER BY id";
    let told = app.rows(told).await;
    let told: Vec<&str> = told.iter().map(|row| row[0].as_deref().unwrap()).collect();
    assert_eq!(told, ["partner_added", "partner_key_made"]);
    // the address of the partner lies sealed
    let clear =
        "SELECT count(*) FROM partners WHERE position('sito.example'::bytea IN email_sealed) > 0";
    assert_eq!(app.number(clear).await, 0);
    assert_eq!(one["email"], "redazione@sito.example");
    read(&app, "/claimants", &key).await.expect(200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_partner_or_a_key_is_told_field_by_field() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let wrong = json!({"slug": "Il Blog", "name": " ", "email": "x", "language": "fr"});
    let told = owner.ask(Method::POST, "/partners", &wrong).await;
    let places: Vec<String> = told.wrong_fields().into_iter().map(|it| it.0).collect();
    assert_eq!(places, ["/slug", "/name", "/email", "/language"]);
    let blog = owner.partner("blog").await;
    let again = json!({"slug": "blog", "name": "Altro"});
    let told = owner.ask(Method::POST, "/partners", &again).await;
    assert_eq!(told.wrong_fields()[0].0, "/slug");
    let wrong = json!({"mode": "prod", "scopes": [], "cases": ["nessuno"], "networks": ["10.0.0.0/99"], "expires_on": "ieri"});
    let told = owner.try_key(&blog, &wrong).await.wrong_fields();
    let places: Vec<&str> = told.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(places, ["/mode", "/scopes", "/networks/0", "/expires_on"]);
    let unknown = json!({"mode": "live", "scopes": ["read"], "cases": ["nessuno"]});
    let told = owner.try_key(&blog, &unknown).await.wrong_fields();
    assert_eq!(told, [("/cases/0".to_owned(), "unknown_value".to_owned())]);
    // an empty list widens no key
    let empty = json!({"mode": "live", "scopes": ["read", "events"], "cases": [], "networks": []});
    let told = owner.try_key(&blog, &empty).await.wrong_fields();
    let places: Vec<&str> = told.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(places, ["/networks", "/cases"]);
    assert_eq!(app.number("SELECT count(*) FROM partner_keys").await, 0);
    // a slug belongs to its association: another may have the same
    let others = Owner::of(&app, "altroconsumo").await;
    others.partner("blog").await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_keys_of_a_mode_work_at_a_time_and_an_expired_one_makes_room() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let body = json!({"mode": "live", "scopes": ["read"], "expires_on": "2026-03-02"});
    let ending = owner.try_key(&blog, &body).await.expect(201);
    let second = owner.key(&blog, &["read"]).await;
    let third = json!({"mode": "live", "scopes": ["read"]});
    owner
        .try_key(&blog, &third)
        .await
        .expect_problem(409, "illegal-transition");
    let test = json!({"mode": "test", "scopes": ["read"]});
    let test = secret(&owner.try_key(&blog, &test).await.expect(201));
    for key in [&secret(&ending), &second, &test] {
        read(&app, "/claimants", key).await.expect(200);
    }
    app.clock().advance(TimeDelta::days(1));
    read(&app, "/claimants", &secret(&ending))
        .await
        .expect_problem(401, "key-expired");
    let owner = Owner {
        bearer: owner.who.bearer(&app).await,
        ..owner
    };
    owner.step_up().await;
    let third = owner.try_key(&blog, &third).await.expect(201);
    read(&app, "/claimants", &secret(&third)).await.expect(200);
    // keys that were revoked take no place and hide none that works, though they are the newest whatever the clocks
    // of other tests have been
    app.sql(&format!(
        "INSERT INTO partner_keys (id, partner_id, association_id, mode, secret_sha256, scopes, created_at, revoked_at) \
         SELECT ('01ffc000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, k.partner_id, k.association_id, k.mode, k.secret_sha256, k.scopes, k.created_at, k.created_at \
         FROM partner_keys k, generate_series(1, 120) n WHERE k.partner_id = '{}' AND k.mode = 'test'",
        blog.id
    ))
    .await;
    let one = owner
        .get(&format!("/partners/{}", blog.id))
        .await
        .expect(200);
    let standings = one["keys"].as_array().unwrap().iter();
    let standings: Vec<&str> = standings
        .map(|it| it["standing"].as_str().unwrap())
        .collect();
    assert_eq!(standings.len(), 100);
    assert_eq!(standings[..3], ["works", "works", "works"]);
    assert!(standings[3..].iter().all(|it| *it == "revoked"));
    // many at once: two places, whoever comes first
    let other = owner.partner("altro").await;
    let body = json!({"mode": "live", "scopes": ["read"]});
    let asked = (0..6).map(|_| owner.try_key(&other, &body));
    let answers = futures_util::future::join_all(asked).await;
    let made = answers.iter().filter(|it| it.status == StatusCode::CREATED);
    assert_eq!(made.count(), 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typo_of_a_key_is_told_without_asking_the_database() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["read"]).await;
    let last = if key.ends_with('0') { "1" } else { "0" };
    let typo = format!("{}{last}", &key[..key.len() - 1]);
    // another with a right checksum: its row is looked for
    let other = owner.partner("altro").await;
    let unknown = owner.key(&other, &["read"]).await;
    app.sql(&format!(
        "DELETE FROM partner_keys WHERE partner_id = '{}'",
        other.id
    ))
    .await;
    read(&app, "/claimants", &unknown)
        .await
        .expect_problem(401, "key-unknown");
    read(&app, "/claimants", "nonsense")
        .await
        .expect_problem(401, "unauthenticated");
    let bare = app.request(Method::GET, "/api/v1/partner/claimants");
    let told = ask(bare).await.expect_problem(401, "unauthenticated");
    let why = told["detail"].as_str().unwrap();
    assert!(why.contains("Authorization: Bearer jnd_test_"), "{why}");
    // which scope lacks is told
    let bare = app.request(Method::GET, "/api/v1/partner/events");
    let told = ask(bare.bearer_auth(&key)).await;
    let told = told.expect_problem(403, "key-scope");
    let why = told["detail"].as_str().unwrap();
    assert!(why.contains(" events "), "{why}");
    app.lose_database().await;
    read(&app, "/claimants", &typo)
        .await
        .expect_problem(401, "key-malformed");
    read(&app, "/claimants", &key)
        .await
        .expect_problem(503, "unavailable");
    app.regain_database().await;
    read(&app, "/claimants", &key).await.expect(200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_opens_nothing_on_any_node() {
    let app = TestApp::seeded().await;
    let place = (app.database.clone(), app.owner_url.clone());
    let node = TestApp::start_on(place, TestOptions::default()).await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let body = json!({"mode": "live", "scopes": ["read"]});
    let one = owner.try_key(&blog, &body).await.expect(201);
    let two = owner.try_key(&blog, &body).await.expect(201);
    for node in [&app, &node] {
        read(node, "/claimants", &secret(&one)).await.expect(200);
        read(node, "/claimants", &secret(&two)).await.expect(200);
    }
    owner.revoke(&one).await.expect(204);
    owner
        .revoke(&one)
        .await
        .expect_problem(409, "illegal-transition");
    // a partner that rests: all its keys
    let path = format!("/partners/{}", blog.id);
    for (standing, open) in [("active", true), ("suspended", false), ("active", true)] {
        let change = json!({"name": "Blog", "standing": standing});
        owner.ask(Method::PUT, &path, &change).await.expect(200);
        for node in [&app, &node] {
            read(node, "/claimants", &secret(&one))
                .await
                .expect_problem(401, "key-revoked");
            let answer = read(node, "/claimants", &secret(&two)).await;
            if open {
                answer.expect(200);
            } else {
                answer.expect_problem(401, "key-revoked");
            }
        }
    }
    node.ctx.pools.close();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r56_who_changes_a_name_lifts_no_suspension() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["read"]).await;
    let path = format!("/partners/{}", blog.id);
    let change = json!({"name": "Sito blog", "standing": "suspended"});
    owner.ask(Method::PUT, &path, &change).await.expect(200);
    let change = json!({"name": "Altro nome", "email": "redazione@sito.example"});
    let told = owner.ask(Method::PUT, &path, &change).await.expect(200);
    assert_eq!(told["standing"], "suspended");
    read(&app, "/claimants", &key)
        .await
        .expect_problem(401, "key-revoked");
    let change =
        json!({"name": "Altro nome", "email": "redazione@sito.example", "standing": "active"});
    owner.ask(Method::PUT, &path, &change).await.expect(200);
    read(&app, "/claimants", &key).await.expect(200);
    let changed =
        "SELECT detail->>'changed' FROM audit WHERE action = 'partner_changed' ORDER BY id";
    let changed: Vec<String> = app
        .rows(changed)
        .await
        .into_iter()
        .map(|row| row[0].clone().unwrap().replace(' ', ""))
        .collect();
    assert_eq!(
        changed,
        [
            r#"["email","standing"]"#,
            r#"["name","email"]"#,
            r#"["standing"]"#
        ]
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_for_networks_is_judged_by_the_address_that_proxies_tell() {
    let app = TestApp::seeded_with(TestOptions {
        trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()],
        ..TestOptions::default()
    })
    .await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let body = json!({"mode": "live", "scopes": ["read"], "networks": ["192.0.2.0/24", "2001:db8:1::/48"]});
    let key = secret(&owner.try_key(&blog, &body).await.expect(201));
    for (from, open) in [
        ("192.0.2.9", true),
        ("::ffff:192.0.2.9", true),
        ("2001:db8:1:2::3", true),
        ("192.0.3.9", false),
        // what stands left of it is told by anybody
        ("192.0.2.9, 203.0.113.5", false),
        ("2001:db8:2::1", false),
    ] {
        let asked = request(&app, Method::GET, "/claimants", &key);
        let answer = ask(asked.header("x-forwarded-for", from)).await;
        if open {
            answer.expect(200);
        } else {
            answer.expect_problem(403, "key-network");
        }
    }
    app.stop().await;
    // without a trusted proxy the header is anybody's word
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = secret(&owner.try_key(&blog, &body).await.expect(201));
    let asked = request(&app, Method::GET, "/claimants", &key);
    ask(asked.header("x-forwarded-for", "192.0.2.9"))
        .await
        .expect_problem(403, "key-network");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_scope_opens_its_own_operations_and_no_other() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let none = "/webhook-endpoints/019cb000-0000-7000-8000-000000000000";
    let [secret, ping, attempts, replays] =
        ["secret", "ping", "attempts", "replays"].map(|end| format!("{none}/{end}"));
    let asks: [(&str, Method, &str); 15] = [
        ("intake", Method::POST, "/claimants"),
        ("intake", Method::POST, "/claimants/batches"),
        ("read", Method::GET, "/claimants"),
        (
            "read",
            Method::GET,
            "/claimants/019cb000-0000-7000-8000-000000000000",
        ),
        ("read", Method::GET, "/statistics"),
        ("events", Method::GET, "/events"),
        ("webhooks", Method::GET, "/webhook-endpoints"),
        ("webhooks", Method::POST, "/webhook-endpoints"),
        ("webhooks", Method::GET, none),
        ("webhooks", Method::PATCH, none),
        ("webhooks", Method::DELETE, none),
        ("webhooks", Method::POST, &secret),
        ("webhooks", Method::POST, &ping),
        ("webhooks", Method::GET, &attempts),
        ("webhooks", Method::POST, &replays),
    ];
    for scope in ["intake", "read", "events", "webhooks"] {
        let partner = owner.partner(&format!("sito-{scope}")).await;
        let key = owner.key(&partner, &[scope]).await;
        for (needed, method, path) in &asks {
            let asked = request(&app, method.clone(), path, &key);
            let asked = asked.header("idempotency-key", "k").json(&json!({}));
            let answer = ask(asked).await;
            if scope == *needed {
                let status = answer.status.as_u16();
                assert!([200, 404, 422].contains(&status), "{path} {status}");
            } else {
                answer.expect_problem(403, "key-scope");
            }
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_shared_by_all_nodes_and_told_with_every_answer() {
    let app = TestApp::seeded().await;
    let at = (app.database.clone(), app.owner_url.clone());
    let node = TestApp::start_on(at, TestOptions::default()).await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["read"]).await;
    let moment = app.clock().now();
    node.clock().advance(moment - node.clock().now());
    let first = read(&app, "/claimants", &key).await;
    let policy = "\"requests\";q=600;w=60, \"claimants\";q=6000;w=60";
    assert_eq!(first.headers["ratelimit-policy"], policy);
    assert_eq!(first.headers["ratelimit"], "\"requests\";r=599;t=60");
    let second = read(&node, "/claimants", &key).await;
    assert_eq!(second.headers["ratelimit"], "\"requests\";r=598;t=60");
    app.sql("UPDATE partner_rates SET used = 599").await;
    read(&node, "/claimants", &key).await.expect(200);
    for one in [&app, &node] {
        let full = read(one, "/claimants", &key).await;
        assert_eq!(full.headers["ratelimit"], "\"requests\";r=0;t=60");
        assert_eq!(full.headers["retry-after"], "60");
        full.expect_problem(429, "rate-limited");
    }
    app.clock().advance(TimeDelta::seconds(60));
    read(&app, "/claimants", &key).await.expect(200);
    // what is refused for another reason says it too
    let missing = read(&app, "/claimants/x", &key).await;
    assert_eq!(missing.headers["ratelimit"], "\"requests\";r=598;t=60");
    missing.expect_problem(404, "not-found");
    node.ctx.pools.close();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_use_is_noted_now_and_then() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("blog").await;
    let key = owner.key(&blog, &["read"]).await;
    let noted = "SELECT count(*) FROM partner_keys WHERE last_used_at = ";
    let first = app.clock().now();
    read(&app, "/claimants", &key).await.expect(200);
    app.clock().advance(TimeDelta::minutes(4));
    read(&app, "/claimants", &key).await.expect(200);
    assert_eq!(app.number(&format!("{noted}'{first}'")).await, 1);
    app.clock().advance(TimeDelta::minutes(2));
    let later = app.clock().now();
    read(&app, "/claimants", &key).await.expect(200);
    assert_eq!(app.number(&format!("{noted}'{later}'")).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_makes_a_partner_and_a_key_in_the_console_and_others_only_look() {
    let app = TestApp::seeded().await;
    let ours: AssociationId = association(&app, "codacons").await;
    let owner = person(&app, ours, Role::Owner).await;
    let browser = app.browser();
    sign_in(&app, &browser, &owner).await;
    let (_, home) = open(&app, &browser, "/console").await;
    assert!(home.contains("href=\"/console/partners\""));
    let (_, page) = open(&app, &browser, "/console/partners").await;
    let token = csrf(&page).to_owned();
    let code = owner.code(&app);
    let fields = [
        ("csrf", token.as_str()),
        ("totp", &code),
        ("back", "/console/partners"),
    ];
    send(&app, &browser, "/console/step-up", &fields).await;
    let empty = send(&app, &browser, "/console/partners", &[("csrf", &token)]).await;
    assert_eq!(empty.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let empty = empty.text().await.unwrap();
    assert!(empty.contains("id=\"slug-error\"") && empty.contains("id=\"name-error\""));
    let fields = [
        ("csrf", token.as_str()),
        ("name", "Il Blog & co"),
        ("slug", "blog"),
        ("email", "redazione@blog.example"),
        ("language", "de"),
    ];
    let added = send(&app, &browser, "/console/partners", &fields).await;
    let own = place(&added).to_owned();
    let (_, page) = open(&app, &browser, &own).await;
    let link = format!(
        "{}/c/{CASE}/join?association=codacons&#38;via=blog",
        app.base
    );
    assert!(page.contains(&link), "{page}");
    assert!(page.contains("Mit Codacons mitmachen"), "{page}");
    assert!(page.contains("redazione@blog.example"));

    let keys = format!("{own}/keys");
    let wrong = [("csrf", token.as_str()), ("networks", "192.0.2.1\nx")];
    let wrong = send(&app, &browser, &keys, &wrong).await;
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = wrong.text().await.unwrap();
    for id in ["mode-error", "scopes-error", "networks-error"] {
        assert!(wrong.contains(id), "{id}: {wrong}");
    }
    assert!(
        wrong.contains("cases-error"),
        "neither all nor these: {wrong}"
    );
    let only = format!("cases[{CASE}]");
    let fields = [
        ("csrf", token.as_str()),
        ("mode", "live"),
        ("scopes[read]", "true"),
        ("scopes[intake]", "true"),
        ("reach", "these"),
        (only.as_str(), "true"),
        ("expires_on", "31/12/2026"),
    ];
    let made = send(&app, &browser, &keys, &fields).await;
    assert_eq!(made.status(), StatusCode::OK);
    let made = made.text().await.unwrap();
    let secret = made.split("jnd_live_").nth(1).unwrap();
    let secret = format!("jnd_live_{}", secret.split('<').next().unwrap());
    read(&app, "/claimants", &secret).await.expect(200);
    let (_, page) = open(&app, &browser, &own).await;
    assert!(!page.contains(&secret[40..]), "{page}");
    let revoke = page
        .split("action=\"/console/partner-keys/")
        .nth(1)
        .unwrap();
    let revoke = format!(
        "/console/partner-keys/{}",
        revoke.split('"').next().unwrap()
    );
    let revoked = send(&app, &browser, &revoke, &[("csrf", &token)]).await;
    assert_eq!(place(&revoked), own);
    read(&app, "/claimants", &secret)
        .await
        .expect_problem(401, "key-revoked");

    let manager = person(&app, ours, Role::CaseManager).await;
    let other = app.browser();
    sign_in(&app, &other, &manager).await;
    let (status, page) = open(&app, &other, &own).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Il Blog &#38; co") && !page.contains("/revocation\""));
    assert!(!page.contains("action=\"/console/partners/"));
    let stranger = association(&app, "altroconsumo").await;
    let stranger = person(&app, stranger, Role::Owner).await;
    let third = app.browser();
    sign_in(&app, &third, &stranger).await;
    assert_eq!(open(&app, &third, &own).await.0, StatusCode::NOT_FOUND);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_console_each_change_has_its_button_and_the_second_factor_leads_back_to_a_page() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let key = seeded_key(&app, ours, "blog").await;
    let partner = app.rows("SELECT id::text FROM partners").await;
    let own = format!("/console/partners/{}", partner[0][0].as_deref().unwrap());
    let owner = person(&app, ours, Role::Owner).await;
    let browser = app.browser();
    sign_in(&app, &browser, &owner).await;
    let (_, page) = open(&app, &browser, &own).await;
    let token = csrf(&page).to_owned();
    let id = page
        .split("action=\"/console/partner-keys/")
        .nth(1)
        .unwrap();
    let revoke = format!("/console/partner-keys/{}", id.split('"').next().unwrap());
    // without a fresh second factor: to its form, and from there to the page the form stands on
    let form = [("csrf", token.as_str())];
    let sent_from = |page: String| {
        let request = browser.post(app.url(&revoke)).header("referer", page);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        async move { request.body(body).send().await.unwrap() }
    };
    let sent = sent_from(app.url(&own)).await;
    assert_eq!(place(&sent), format!("/console/step-up?back={own}"));
    // a page of others is no page of ours
    let sent = sent_from("https://altro.example/console/people".to_owned()).await;
    assert_eq!(place(&sent), format!("/console/step-up?back={revoke}"));
    read(&app, "/claimants", &key).await.expect(200);
    let code = owner.code(&app);
    let fields = [
        ("csrf", token.as_str()),
        ("totp", code.as_str()),
        ("back", own.as_str()),
    ];
    let back = send(&app, &browser, "/console/step-up", &fields).await;
    assert_eq!(place(&back), own);
    assert_eq!(open(&app, &browser, &own).await.0, StatusCode::OK);
    // suspended by its own button; a new name leaves it so
    let standing = |word| [("csrf", token.as_str()), ("standing", word)];
    let sent = send(&app, &browser, &own, &standing("suspended")).await;
    assert_eq!(place(&sent), own);
    let (_, page) = open(&app, &browser, &own).await;
    assert!(page.contains("value=\"active\""), "{page}");
    let fields = [
        ("csrf", token.as_str()),
        ("name", "Un altro nome"),
        ("language", "it"),
    ];
    send(&app, &browser, &own, &fields).await;
    let (_, page) = open(&app, &browser, &own).await;
    assert!(page.contains("<h1>Un altro nome</h1>"), "{page}");
    read(&app, "/claimants", &key)
        .await
        .expect_problem(401, "key-revoked");
    send(&app, &browser, &own, &standing("active")).await;
    read(&app, "/claimants", &key).await.expect(200);
    let sent = send(&app, &browser, &revoke, &form).await;
    assert_eq!(place(&sent), own);
    read(&app, "/claimants", &key)
        .await
        .expect_problem(401, "key-revoked");
    assert_eq!(app.number("SELECT count(*) FROM partner_rates").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_lost_makes_no_key_and_revokes_none_and_of_two_one_revokes() {
    let app = TestApp::seeded().await;
    let owner = Owner::of(&app, "codacons").await;
    let blog = owner.partner("perduto").await;
    let body = json!({"mode": "live", "scopes": ["read"]});
    let keys = format!(
        "SELECT count(*) FROM partner_keys WHERE partner_id = '{}'",
        blog.id
    );
    for moment in DEATHS {
        app.let_die("partner_keys", moment).await;
        owner
            .try_key(&blog, &body)
            .await
            .expect_problem(503, "unavailable");
        app.let_live("partner_keys").await;
        assert_eq!(app.number(&keys).await, 0, "{moment}");
    }
    let made = owner.try_key(&blog, &body).await.expect(201);
    for moment in DEATHS {
        app.let_die("audit", moment).await;
        owner.revoke(&made).await.expect_problem(503, "unavailable");
        app.let_live("audit").await;
        read(&app, "/claimants", &secret(&made)).await.expect(200);
    }
    let (one, other) = tokio::join!(owner.revoke(&made), owner.revoke(&made));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
    read(&app, "/claimants", &secret(&made))
        .await
        .expect_problem(401, "key-revoked");
    app.stop().await;
}
