//! Cases written by staff: from a draft to a case that people sign up for, without SQL (R10, R11, R55, R70).

use joinder::domain::accepted_text::{ATTESTATION_G, REPRESENTATIVE};
use joinder::domain::permission::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{DEATHS, TestApp, TestOptions};
use crate::claimant::{Answer, SignUpBuilder, ask, mario, signed_up};
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{association, person};

const DESK: &str = "/api/v1/staff/case-desk";

/// A case against another company, with everything it needs.
pub(crate) fn content(slug: &str) -> Value {
    let text = |kind: &str, it: &str| json!({"kind": kind, "version": "1", "body": {"it": it}});
    json!({
        "slug": slug,
        "title": {"it": "Banca Esempio ferma", "en": "Banca Esempio down"},
        "summary": {"it": "Per due giorni nessuno ha letto la posta.", "de": "Zwei Tage lang las niemand seine Post."},
        "state": "open",
        "mode": "collection",
        "respondent": {"name": "Banca Esempio S.p.A.", "codice_fiscale": "00743110157", "pec": "banca@pec.example"},
        "incidents": [{
            "slug": "marzo-2025", "name": {"it": "Blocco di marzo", "de": "Ausfall im März"},
            "starts_at": "2025-03-01T08:00", "ends_at": "2025-03-03T20:00", "accept_from": "2025-03-01", "accept_until": "2025-03-05",
        }],
        "domains": [{"incident": "marzo-2025", "domain": "posta.example", "treatment": "in_scope", "source": "Stampa, 3 marzo 2025", "public": true}],
        "plans": [{"code": "base", "name": "Base", "paid": false}, {"code": "oro", "name": "Oro", "paid": true, "fee_cents": 3000, "source": "Listino"}],
        "tariffs": [{"code": "gratis", "paid": false, "cents_per_day": 275, "source": "Carta dei servizi, art. 9"}],
        "facts": [{"topic": "size", "value": "centomila caselle", "source": "Stampa, 3 marzo 2025"}],
        "statements": [{"speaker": "Banca Esempio", "said_on": "2025-03-02", "statement": "Tutto torna domani", "source": "Comunicato"}],
        "counsel": [{"name": "Avv. Prova", "codice_fiscale": "RSSMRA85C12H501J", "bar": "Roma", "pec": "avv@pec.example"}],
        "texts": [
            text("privacy_notice", "Informativa di {case}, contro {respondent}."), text("contact", "Contattatemi."),
            text("newsletter", "Notizie."), text("follow", "Seguo."), text("attestation_g", ATTESTATION_G),
            text("mandate_h", REPRESENTATIVE), text("mandate_messa_in_mora", "Scrivete per me."),
        ],
    })
}

/// Staff of Codacons, each with a token: one writes, one decides.
struct Two<'app> {
    app: &'app TestApp,
    writer: String,
    second: String,
}

impl<'app> Two<'app> {
    async fn of(app: &'app TestApp) -> Self {
        let ours = association(app, "codacons").await;
        Self {
            app,
            writer: person(app, ours, Role::CaseManager).await.bearer(app).await,
            second: person(app, ours, Role::Owner).await.bearer(app).await,
        }
    }

    async fn ask(&self, who: &str, method: Method, path: &str, body: &Value) -> Answer {
        ask(self.app.request(method, path).bearer_auth(who).json(body)).await
    }

    /// A draft of the writer's.
    async fn draft(&self, content: &Value) -> (String, Value) {
        let body = json!({ "content": content });
        let made = self
            .ask(&self.writer, Method::POST, DESK, &body)
            .await
            .expect(201);
        (format!("{DESK}/{}", made["id"].as_str().unwrap()), made)
    }

    async fn write(&self, path: &str, version: i64, content: &Value) -> Answer {
        let body = json!({"version": version, "content": content});
        self.ask(&self.writer, Method::PUT, path, &body).await
    }

    async fn propose(&self, path: &str, version: i64) -> Answer {
        let path = format!("{path}/proposal");
        self.ask(
            &self.writer,
            Method::POST,
            &path,
            &json!({"version": version}),
        )
        .await
    }

    async fn publish(&self, who: &str, path: &str, version: i64) -> Answer {
        let path = format!("{path}/publication");
        let read = json!({"version": version, "texts_read": true});
        self.ask(who, Method::POST, &path, &read).await
    }

    /// A case in force: its path, and what it says.
    async fn published(&self, content: &Value) -> (String, Value) {
        let (path, _) = self.draft(content).await;
        self.propose(&path, 1).await.expect(200);
        let desk = self.publish(&self.second, &path, 1).await.expect(200);
        (path, desk["content"].clone())
    }
}

async fn public(app: &TestApp, slug: &str) -> Answer {
    ask(app.request(Method::GET, &format!("/api/v1/public/cases/{slug}"))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_case_is_born_without_sql_and_people_declare_in_it() {
    let app = TestApp::seeded().await;
    let two = Two::of(&app).await;
    let (path, made) = two.draft(&content("banca-esempio-2025")).await;
    assert_eq!(
        (&made["stage"], &made["missing"]),
        (&json!("draft"), &json!([]))
    );
    public(&app, "banca-esempio-2025").await.expect(404);
    two.publish(&two.second, &path, 1)
        .await
        .expect_problem(409, "illegal-transition");
    two.propose(&path, 1).await.expect(200);
    two.publish(&two.writer, &path, 1)
        .await
        .expect_problem(403, "second-person");
    public(&app, "banca-esempio-2025").await.expect(404);
    let desk = two.publish(&two.second, &path, 1).await.expect(200);
    assert_eq!(
        (&desk["stage"], &desk["changes"]),
        (&json!("published"), &json!([]))
    );

    let shown = public(&app, "banca-esempio-2025").await.expect(200);
    assert_eq!(shown["respondent"]["name"], "Banca Esempio S.p.A.");
    assert_eq!(shown["associations"][0]["mode"], "collection", "{shown}");
    let request = app.request(Method::GET, "/api/v1/public/cases/banca-esempio-2025");
    let german = ask(request.header("accept-language", "de"))
        .await
        .expect(200);
    assert_eq!(
        (&german["incidents"][0]["name"], &german["title"]),
        (&json!("Ausfall im März"), &shown["title"])
    );
    let notice = &shown["consents"][0]["text"];
    assert_eq!(
        notice,
        "Informativa di Banca Esempio ferma, contro Banca Esempio S.p.A.."
    );

    let builder = SignUpBuilder::new("anna@example.org").with(
        "/mailboxes",
        json!([{"address": "anna@posta.example", "plan": "base"}]),
    );
    let request = app.request(
        Method::POST,
        "/api/v1/public/cases/banca-esempio-2025/claimants",
    );
    let request = request.header("idempotency-key", Uuid::new_v4().to_string());
    let signed_up = signed_up(&ask(request.json(&builder.body)).await.expect(201));
    let claimant = app.confirm(&signed_up).await;
    claimant.give_person(&mario()).await.expect(200);
    let declaration = json!({
        "mailboxes": [{"address": "anna@posta.example", "incidents": [{
            "slug": "marzo-2025", "plan": "base", "use": "private", "compensation_received": "none",
            "unavailable_from": "2025-03-01", "unavailable_until": "2025-03-03", "items": [{"head": "flat_rate"}],
        }]}],
        "other_claims": false, "already_compensated": false,
    });
    claimant.declare(&declaration).await.expect(200);
    let review = app.request(Method::GET, "/me/declare?step=4");
    let review = review.header("cookie", format!("joinder_me={}", claimant.token));
    let review = review.send().await.unwrap().text().await.unwrap();
    assert!(
        review.contains("8,25 €") && review.contains("Carta dei servizi, art. 9"),
        "3 days at 2.75: {review}"
    );

    let trail = "SELECT string_agg(action, ' ' ORDER BY id) FROM audit WHERE action LIKE '%_case' OR action = 'set_case_state'";
    let trail = app.rows(trail).await;
    assert_eq!(
        trail[0][0].as_deref(),
        Some("create_case propose_case publish_case set_case_state")
    );
    let logged = "SELECT count(*) FROM log_events WHERE content LIKE '%publish_case%'";
    assert_eq!(app.number(logged).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_wrong_is_told_at_its_field() {
    let app = TestApp::seeded().await;
    let two = Two::of(&app).await;
    let wrong = async |change: &dyn Fn(&mut Value)| {
        let mut content = content("banca-esempio-2025");
        change(&mut content);
        let body = json!({ "content": content });
        let answer = two.ask(&two.writer, Method::POST, DESK, &body).await;
        answer
            .wrong_fields()
            .into_iter()
            .map(|(pointer, _)| pointer)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        wrong(&|it| it["plans"][0]["code"] = json!("unknown")).await,
        ["/content/plans/0/code"]
    );
    assert_eq!(
        wrong(&|it| it["facts"][0]["source"] = json!("")).await,
        ["/content/facts/0/source"]
    );
    assert_eq!(
        wrong(&|it| it["slug"] = json!(CASE)).await,
        ["/content/slug"]
    );
    assert_eq!(
        wrong(&|it| it["colour"] = json!("red")).await,
        ["/content/colour"]
    );
    assert_eq!(
        wrong(&|it| it["tariffs"][0]["cents_per_day"] = json!("much")).await,
        ["/content/tariffs/0/cents_per_day"]
    );
    // a company of another case keeps its name
    let italiaonline = wrong(&|it| it["respondent"]["codice_fiscale"] = json!("03970540963")).await;
    assert_eq!(italiaonline, ["/content/respondent/name"]);
    let mut unfilled = content("banca-esempio-2025");
    unfilled["texts"][1]["body"]["it"] = json!("Per {banca}");
    let body = json!({ "content": unfilled });
    let answer = two
        .ask(&two.writer, Method::POST, DESK, &body)
        .await
        .expect_problem(422, "validation");
    assert_eq!(answer["errors"][0]["pointer"], "/content/texts/1/body/it");
    assert!(
        answer["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("{banca}"),
        "{answer}"
    );
    // R11: who is in no register collects nothing
    let bare = association(&app, "consumerismo").await;
    let bare = person(&app, bare, Role::Owner).await.bearer(&app).await;
    let body = json!({ "content": content("banca-esempio-2025") });
    let answer = two.ask(&bare, Method::POST, DESK, &body).await;
    assert_eq!(answer.wrong_fields()[0].0, "/content/mode");
    // an incomplete draft is kept, and says what it needs before anybody is asked
    let head = json!({"slug": "vuoto", "title": {"it": "Vuoto"}, "respondent": {"name": "X S.r.l.", "codice_fiscale": "00743110157"}});
    let (path, made) = two.draft(&head).await;
    assert_eq!(
        made["missing"],
        json!(["/summary/it", "/incidents", "/domains", "/plans"])
    );
    assert_eq!(
        made["content"]["texts"].as_array().unwrap().len(),
        7,
        "standard texts"
    );
    two.propose(&path, 1)
        .await
        .expect_problem(422, "validation");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_publication_only_what_nobody_signed_on_changes() {
    let app = TestApp::seeded().await;
    let two = Two::of(&app).await;
    let (path, before) = two.published(&content("banca-esempio-2025")).await;
    let refused = [
        ("/title/it", json!("Altro"), "/content/title/it"),
        (
            "/incidents/0/slug",
            json!("aprile"),
            "/content/domains/0/incident",
        ),
        (
            "/incidents/0/accept_until",
            json!("2025-03-04"),
            "/content/incidents/0/accept_until",
        ),
        ("/plans/0/code", json!("nuovo"), "/content/plans"),
        ("/plans/0/paid", json!(true), "/content/plans/0/paid"),
        (
            "/texts/0/body/it",
            json!("Altre parole"),
            "/content/texts/0/version",
        ),
        ("/state", json!("pre_registration"), "/content/state"),
    ];
    for (pointer, value, told) in refused {
        let mut next = before.clone();
        *next.pointer_mut(pointer).unwrap() = value;
        let wrong = two.write(&path, 1, &next).await.wrong_fields();
        assert_eq!(wrong[0].0, told, "{wrong:?}");
    }
    let mut next = before.clone();
    next["facts"].as_array_mut().unwrap().clear();
    next["statements"][0]["promised_for"] = json!("2025-03-03");
    next["incidents"][0]["accept_until"] = json!("2025-03-08");
    next["tariffs"][0]["cents_per_day"] = json!(300);
    next["counsel"] = json!([]);
    next["texts"][0] =
        json!({"kind": "privacy_notice", "version": "2", "body": {"it": "Nuova informativa."}});
    let desk = two.write(&path, 1, &next).await.expect(200);
    let changed = desk["changes"].as_array().unwrap().iter();
    let changed: Vec<&str> = changed.map(|it| it["path"].as_str().unwrap()).collect();
    assert!(
        changed.contains(&"/tariffs/gratis/cents_per_day") && changed.contains(&"/facts/1/value"),
        "{changed:?}"
    );
    // nobody sees it before the second person, and who still has version 1 overwrites nothing
    two.write(&path, 1, &next)
        .await
        .expect_problem(409, "illegal-transition");
    assert_eq!(
        public(&app, "banca-esempio-2025").await.expect(200)["incidents"][0]["accept_until"],
        "2025-03-05"
    );
    two.propose(&path, 2).await.expect(200);
    two.write(&path, 2, &next)
        .await
        .expect_problem(409, "illegal-transition");
    let back = json!({"version": 2, "reason": "Manca una fonte"});
    let returned = two
        .ask(&two.second, Method::POST, &format!("{path}/return"), &back)
        .await
        .expect(200);
    assert_eq!(returned["versions"][0]["return_reason"], "Manca una fonte");
    two.publish(&two.second, &path, 2)
        .await
        .expect_problem(409, "illegal-transition");
    two.write(&path, 2, &next).await.expect(200);
    two.propose(&path, 3).await.expect(200);
    let desk = two.publish(&two.second, &path, 3).await.expect(200);
    assert_eq!(desk["public"], desk["content"]);
    let shown = public(&app, "banca-esempio-2025").await.expect(200);
    assert_eq!(shown["incidents"][0]["accept_until"], "2025-03-08");
    assert_eq!(shown["consents"][0]["text_version"], "2");
    // what was in force stays beside it
    let texts = "SELECT string_agg(version, ' ' ORDER BY version) FROM texts t JOIN cases c ON c.id = t.case_id WHERE slug = 'banca-esempio-2025' AND kind = 'privacy_notice'";
    assert_eq!(app.rows(texts).await[0][0].as_deref(), Some("1 2"));
    let tariffs = "SELECT string_agg(version || ':' || cents_per_day, ' ' ORDER BY version) FROM tariffs t JOIN cases c ON c.id = t.case_id WHERE slug = 'banca-esempio-2025'";
    assert_eq!(
        app.rows(tariffs).await[0][0].as_deref(),
        Some("1:275 2:300")
    );
    two.propose(&path, 3)
        .await
        .expect_problem(409, "illegal-transition");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_set_up_by_the_operator_is_gone_on_with() {
    let app = TestApp::seeded().await;
    let two = Two::of(&app).await;
    let listed = two
        .ask(&two.writer, Method::GET, DESK, &json!({}))
        .await
        .expect(200);
    let known = &listed["items"][0];
    assert_eq!(
        (&known["slug"], &known["version"]),
        (&json!(CASE), &json!(0))
    );
    let path = format!("{DESK}/{}", known["id"].as_str().unwrap());
    let desk = two
        .ask(&two.writer, Method::GET, &path, &json!({}))
        .await
        .expect(200);
    let mut next = desk["content"].clone();
    next["summary"] = json!({"it": "Le caselle ferme."});
    next["facts"] = json!([{"incident": "gennaio-2023", "topic": "cause", "value": "uno storage", "source": "S1"}]);
    two.write(&path, 0, &next).await.expect(200);
    two.propose(&path, 1).await.expect(200);
    two.publish(&two.second, &path, 1).await.expect(200);
    let shown = public(&app, CASE).await.expect(200);
    assert_eq!(shown["summary"], "Le caselle ferme.");
    assert_eq!(
        shown["incidents"][0]["domains"].as_array().unwrap().len(),
        4
    );
    assert_eq!(
        shown["associations"].as_array().unwrap().len(),
        3,
        "the others stay"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_publish_at_once_publish_once() {
    let app = TestApp::seeded().await;
    let two = Two::of(&app).await;
    let (path, _) = two.draft(&content("banca-esempio-2025")).await;
    two.propose(&path, 1).await.expect(200);
    let (one, other) = tokio::join!(
        two.publish(&two.second, &path, 1),
        two.publish(&two.second, &path, 1)
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(
        app.number("SELECT count(*) FROM cases WHERE slug = 'banca-esempio-2025'")
            .await,
        1
    );
    assert_eq!(
        app.number("SELECT count(*) FROM audit WHERE action = 'publish_case'")
            .await,
        1
    );
    // two drafts of one name: the second that goes in force is told so
    let (later, _) = two.draft(&content("altra")).await;
    let theirs = association(&app, "altroconsumo").await;
    let their = Two {
        app: &app,
        writer: person(&app, theirs, Role::Owner).await.bearer(&app).await,
        second: person(&app, theirs, Role::CaseManager)
            .await
            .bearer(&app)
            .await,
    };
    their.published(&content("altra")).await;
    assert_eq!(
        two.propose(&later, 1).await.wrong_fields()[0].0,
        "/content/slug"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_a_case_of_others_is_as_one_that_never_was() {
    let app = TestApp::seeded().await;
    let two = Two::of(&app).await;
    let (draft, _) = two.draft(&content("banca-esempio-2025")).await;
    let (led, _) = two.published(&content("altra")).await;
    let theirs = association(&app, "altroconsumo").await;
    let theirs = person(&app, theirs, Role::Owner).await.bearer(&app).await;
    let nowhere = format!("{DESK}/{}", Uuid::new_v4());
    let version = json!({"version": 1});
    let reason = json!({"version": 1, "reason": "No"});
    let whole = json!({"version": 1, "content": content("banca-esempio-2025")});
    let first = json!({"version": 0, "content": content("banca-esempio-2025")});
    for (method, end, body) in [
        (Method::GET, "", &version),
        (Method::PUT, "", &whole),
        (Method::PUT, "", &first),
        (Method::POST, "/proposal", &version),
        (Method::POST, "/publication", &version),
        (Method::POST, "/return", &reason),
    ] {
        let none = two
            .ask(&theirs, method.clone(), &format!("{nowhere}{end}"), body)
            .await;
        let mut none = none.expect(404);
        for path in [&draft, &led] {
            let seen = two
                .ask(&theirs, method.clone(), &format!("{path}{end}"), body)
                .await;
            let mut seen = seen.expect(404);
            seen["request_id"] = Value::Null;
            none["request_id"] = Value::Null;
            assert_eq!(seen, none, "{method} {end}");
        }
    }
    let listed = two
        .ask(&theirs, Method::GET, DESK, &json!({}))
        .await
        .expect(200);
    assert_eq!(
        listed["items"],
        json!([]),
        "the case that others lead is theirs to write"
    );
    let rights = "SELECT string_agg(DISTINCT privilege_type, ' ' ORDER BY privilege_type) FROM information_schema.role_table_grants \
        WHERE table_name = 'case_revisions' AND grantee LIKE 'joinder_%'";
    assert_eq!(
        app.rows(rights).await[0][0].as_deref(),
        Some("INSERT SELECT"),
        "what was written is never rewritten"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_node_shows_what_was_published_without_a_restart() {
    let app = TestApp::seeded().await;
    let place = (app.database.clone(), app.owner_url.clone());
    let node = TestApp::start_on(place, TestOptions::default()).await;
    public(&node, "banca-esempio-2025").await.expect(404);
    let two = Two::of(&app).await;
    two.published(&content("banca-esempio-2025")).await;
    let shown = public(&node, "banca-esempio-2025").await.expect(200);
    assert_eq!(shown["plans"][1]["code"], "oro");
    drop(node);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_cut_in_the_middle_leaves_nothing_and_goes_through_again() {
    for moment in DEATHS {
        let app = TestApp::seeded().await;
        let two = Two::of(&app).await;
        let (path, _) = two.draft(&content("banca-esempio-2025")).await;
        two.propose(&path, 1).await.expect(200);
        app.let_die("tariffs", moment).await;
        let cut = two.publish(&two.second, &path, 1).await;
        assert_eq!(cut.status, StatusCode::SERVICE_UNAVAILABLE, "{}", cut.body);
        assert!(cut.headers.contains_key("retry-after"));
        app.let_live("tariffs").await;
        let left = "SELECT (SELECT count(*) FROM cases WHERE slug = 'banca-esempio-2025') + (SELECT count(*) FROM respondents WHERE codice_fiscale = '00743110157') \
            + (SELECT count(*) FROM case_revisions WHERE published_at IS NOT NULL)";
        assert_eq!(app.number(left).await, 0, "{moment}");
        two.publish(&two.second, &path, 1).await.expect(200);
        public(&app, "banca-esempio-2025").await.expect(200);
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_writes_a_case_shows_it_and_asks_a_second_person() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let (writer, second) = (
        person(&app, ours, Role::CaseManager).await,
        person(&app, ours, Role::Owner).await,
    );
    let browser = app.browser();
    sign_in(&app, &browser, &writer).await;
    let (_, console) = open(&app, &browser, "/console").await;
    assert!(console.contains("/console/case-desk"));
    let (_, desk) = open(&app, &browser, "/console/case-desk").await;
    let token = csrf(&desk).to_owned();
    let refused = send(
        &app,
        &browser,
        "/console/case-desk",
        &[("csrf", &token), ("/slug", "Banca!")],
    )
    .await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    assert!(
        refused.contains("id=\"slug-error\"")
            && refused.contains("value=\"Banca!\"")
            && refused.contains("id=\"title-it-error\""),
        "{refused}"
    );
    let head = [
        ("csrf", token.as_str()),
        ("/slug", "banca-esempio-2025"),
        ("/title/it", "Banca ferma"),
        ("/summary/it", "Ferma."),
        ("/respondent/name", "Banca Esempio S.p.A."),
        ("/respondent/codice_fiscale", "00743110157"),
        ("/state", "open"),
        ("/mode", "collection"),
    ];
    let made = send(&app, &browser, "/console/case-desk", &head).await;
    let case = place(&made).split('?').next().unwrap().to_owned();
    let mut version = 1;
    for (section, fields) in [
        (
            "incidents",
            vec![
                ("/slug", "marzo"),
                ("/name/it", "Marzo"),
                ("/starts_at", "2025-03-01T08:00"),
                ("/accept_from", "2025-03-01"),
                ("/accept_until", "2025-03-05"),
            ],
        ),
        (
            "domains",
            vec![
                ("/incident", "marzo"),
                ("/domain", "posta.example"),
                ("/treatment", "in_scope"),
                ("/source", "S1"),
                ("/public", "true"),
            ],
        ),
        ("plans", vec![("/code", "base"), ("/name", "Base")]),
        (
            "tariffs",
            vec![
                ("/code", "gratis"),
                ("/cents_per_day", "2,75"),
                ("/source", "Carta"),
            ],
        ),
        (
            "facts",
            vec![
                ("/topic", "size"),
                ("/value", "Centomila"),
                ("/source", "S1"),
            ],
        ),
    ] {
        let path = format!("{case}/{section}/new");
        let number = version.to_string();
        let mut sent = vec![
            ("csrf", token.as_str()),
            ("version", number.as_str()),
            ("action", "save"),
        ];
        let wrong = send(&app, &browser, &path, &sent).await;
        assert_eq!(
            wrong.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "{section}"
        );
        sent.extend(fields);
        let saved = send(&app, &browser, &path, &sent).await;
        assert_eq!(
            place(&saved),
            format!("{case}?done=saved#done"),
            "{section}"
        );
        version += 1;
    }
    let (_, facts) = open(&app, &browser, &format!("{case}/tariffs/0")).await;
    assert!(facts.contains("value=\"2,75\""), "{facts}");
    let (_, text) = open(&app, &browser, &format!("{case}/texts/0")).await;
    assert!(text.contains("Come lo leggono le persone") && text.contains("{respondent}"));
    let (_, preview) = open(&app, &browser, &format!("{case}/preview")).await;
    assert!(
        preview.contains("Anteprima")
            && preview.contains("Banca ferma")
            && preview.contains("Centomila"),
        "{preview}"
    );
    public(&app, "banca-esempio-2025").await.expect(404);
    let number = version.to_string();
    let propose = [
        ("csrf", token.as_str()),
        ("version", number.as_str()),
        ("action", "propose"),
    ];
    let asked = send(&app, &browser, &format!("{case}/decision"), &propose).await;
    assert_eq!(place(&asked), format!("{case}?done=proposed#done"));
    let (_, waiting) = open(&app, &browser, &case).await;
    assert!(
        waiting.contains("deve decidere un’altra persona")
            && !waiting.contains("value=\"publish\"")
    );

    let other = app.browser();
    sign_in(&app, &other, &second).await;
    let (_, waiting) = open(&app, &other, &case).await;
    assert!(
        waiting.contains("/texts/0\">Informativa sui dati")
            && waiting.contains("non si possono più cambiare"),
        "{waiting}"
    );
    let unread = [
        ("csrf", csrf(&waiting)),
        ("version", number.as_str()),
        ("action", "publish"),
    ];
    let refused = send(&app, &other, &format!("{case}/decision"), &unread).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    assert!(refused.contains("id=\"texts-read-error\""), "{refused}");
    let publish = [
        ("csrf", csrf(&waiting)),
        ("version", number.as_str()),
        ("action", "publish"),
        ("texts_read", "true"),
    ];
    let done = send(&app, &other, &format!("{case}/decision"), &publish).await;
    assert_eq!(place(&done), format!("{case}?done=published#done"));
    let (_, page) = open(&app, &other, "/c/banca-esempio-2025").await;
    assert!(page.contains("Centomila") && !page.contains("Anteprima"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_publishes_has_read_the_texts_that_change_and_the_trail_says_which() {
    let app = TestApp::seeded().await;
    let two = Two::of(&app).await;
    let (path, desk) = two.draft(&content("banca-esempio-2025")).await;
    assert_eq!(desk["unread_texts"].as_array().unwrap().len(), 7);
    two.propose(&path, 1).await.expect(200);
    let publication = format!("{path}/publication");
    let unread = json!({"version": 1});
    let refused = two
        .ask(&two.second, Method::POST, &publication, &unread)
        .await;
    assert_eq!(
        refused.wrong_fields(),
        [("/texts_read".to_owned(), "not_accepted".to_owned())]
    );
    public(&app, "banca-esempio-2025").await.expect(404);
    let desk = two.publish(&two.second, &path, 1).await.expect(200);
    assert_eq!(desk["unread_texts"], json!([]));
    // where no text changes nobody is asked
    let mut next = desk["content"].clone();
    next["summary"]["it"] = json!("Altro.");
    let desk = two.write(&path, 1, &next).await.expect(200);
    assert_eq!(desk["unread_texts"], json!([]));
    two.propose(&path, 2).await.expect(200);
    let plain = json!({"version": 2});
    two.ask(&two.second, Method::POST, &publication, &plain)
        .await
        .expect(200);
    next["texts"][1]["body"]["it"] = json!("Scrivetemi pure.");
    next["texts"][1]["version"] = json!("2");
    let desk = two.write(&path, 2, &next).await.expect(200);
    assert_eq!(desk["unread_texts"], json!(["contact"]));
    two.propose(&path, 3).await.expect(200);
    two.publish(&two.second, &path, 3).await.expect(200);
    let read = "SELECT string_agg(jsonb_array_length(detail -> 'texts_read')::text, ' ' ORDER BY id) FROM audit WHERE action = 'publish_case'";
    assert_eq!(app.rows(read).await[0][0].as_deref(), Some("7 0 1"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_nobody_relies_on_is_taken_back_put_right_and_published_again() {
    let app = TestApp::seeded().await;
    let two = Two::of(&app).await;
    let (path, before) = two.published(&content("banca-esempio-2025")).await;
    let withdrawal = format!("{path}/withdrawal");
    let reason = json!({"reason": "Titolo sbagliato"});
    let take_back = || two.ask(&two.writer, Method::POST, &withdrawal, &reason);
    let without = two
        .ask(&two.writer, Method::POST, &withdrawal, &json!({}))
        .await;
    assert_eq!(without.wrong_fields()[0].0, "/reason");
    let desk = take_back().await.expect(200);
    assert_eq!(
        (&desk["withdrawn"], &desk["public"]["state"]),
        (&json!(true), &json!("draft"))
    );
    public(&app, "banca-esempio-2025").await.expect(404);
    for page in ["/c/banca-esempio-2025", "/c/banca-esempio-2025/join"] {
        let seen = app.browser().get(app.url(page)).send().await.unwrap();
        assert_eq!(seen.status(), StatusCode::NOT_FOUND, "{page}");
    }
    take_back().await.expect_problem(409, "illegal-transition");
    let ours = association(&app, "codacons").await;
    let browser = app.browser();
    sign_in(&app, &browser, &person(&app, ours, Role::Auditor).await).await;
    let (_, desk) = open(&app, &browser, &path.replace("/api/v1/staff", "/console")).await;
    assert!(
        desk.contains("L’ha ritirato Nome case_manager il ") && desk.contains("Titolo sbagliato"),
        "{desk}"
    );
    let (_, list) = open(&app, &browser, "/console/case-desk").await;
    assert!(list.contains(">Ritirato<"), "{list}");
    let verbs = "SELECT string_agg(action || coalesce(':' || before || '>' || after, ''), ' ' ORDER BY id) FROM audit \
        WHERE action IN ('withdraw_case', 'set_case_state')";
    assert_eq!(
        app.rows(verbs).await[0][0].as_deref(),
        Some("set_case_state:draft>open withdraw_case set_case_state:open>draft")
    );
    // what nobody reads any more is put right, and shown again by two people
    let mut next = before.clone();
    next["title"]["it"] = json!("Banca Esempio bloccata");
    // the notice names the case: with another name it reads otherwise
    next["texts"][0]["version"] = json!("2");
    next["respondent"]["name"] = json!("Banca Esempio Società per azioni");
    let mut moved = next.clone();
    moved["slug"] = json!("altra");
    assert_eq!(
        two.write(&path, 1, &moved).await.wrong_fields()[0].0,
        "/content/slug"
    );
    two.write(&path, 1, &next).await.expect(200);
    two.propose(&path, 2).await.expect(200);
    two.publish(&two.writer, &path, 2)
        .await
        .expect_problem(403, "second-person");
    let desk = two.publish(&two.second, &path, 2).await.expect(200);
    assert_eq!(
        (&desk["withdrawn"], &desk["changes"]),
        (&json!(false), &json!([]))
    );
    let shown = public(&app, "banca-esempio-2025").await.expect(200);
    assert_eq!(
        (&shown["title"], &shown["respondent"]["name"]),
        (
            &json!("Banca Esempio bloccata"),
            &json!("Banca Esempio Società per azioni")
        )
    );
    // once somebody signed up it stays
    let builder = SignUpBuilder::new("anna@example.org")
        .with("/consents/0/text_version", json!("2"))
        .with(
            "/mailboxes",
            json!([{"address": "anna@posta.example", "plan": "base"}]),
        );
    let claims = "/api/v1/public/cases/banca-esempio-2025/claimants";
    let request = app.request(Method::POST, claims);
    let request = request.header("idempotency-key", Uuid::new_v4().to_string());
    ask(request.json(&builder.body)).await.expect(201);
    take_back().await.expect_problem(409, "illegal-transition");
    public(&app, "banca-esempio-2025").await.expect(200);
    // who signed up on a node that had not heard of it keeps the names
    app.sql("UPDATE cases SET state = 'draft' WHERE slug = 'banca-esempio-2025'")
        .await;
    let mut late = next.clone();
    late["title"]["it"] = json!("Ancora altro");
    late["texts"][0]["version"] = json!("3");
    two.write(&path, 2, &late).await.expect(200);
    two.propose(&path, 3).await.expect(200);
    assert_eq!(
        two.publish(&two.second, &path, 3).await.wrong_fields()[0].0,
        "/content/title/it"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_is_told_in_the_words_of_the_forms_with_names_and_what_is_in_force() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let two = Two::of(&app).await;
    let (path, before) = two.published(&content("banca-esempio-2025")).await;
    let mut next = before.clone();
    next["incidents"][0]["accept_until"] = json!("2025-03-08");
    next["tariffs"][0]["cents_per_day"] = json!(300);
    next["texts"][0] = json!({
        "kind": "privacy_notice", "version": "2",
        "body": {"it": "Informativa di {case}, contro {respondent}.\nSi conserva per dieci anni."},
    });
    two.write(&path, 1, &next).await.expect(200);
    let auditor = person(&app, ours, Role::Auditor).await;
    let browser = app.browser();
    sign_in(&app, &browser, &auditor).await;
    let page = path.replace("/api/v1/staff", "/console");
    let (status, page) = open(&app, &browser, &page).await;
    assert_eq!(status, StatusCode::OK);
    for said in [
        "Disservizi: Blocco di marzo – marzo-2025<br><span class=\"hint\">Ultimo giorno che si può dichiarare",
        "5 marzo 2025",
        "8 marzo 2025",
        "3,00 €",
        "Testi: Informativa sui dati",
        "contro Banca Esempio S.p.A..<br><ins><span class=\"visually-hidden\" lang=\"it\">Aggiunto: </span>Si conserva per dieci anni.<span",
        "È in vigore la versione 1",
        "Nome case_manager, ",
        "pubblicata da Nome owner",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(
        !page.contains("/incidents/marzo-2025/accept_until"),
        "{page}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_lost_takes_no_case_back_and_of_two_at_once_one_does() {
    let app = TestApp::seeded().await;
    let two = Two::of(&app).await;
    let (path, _) = two.published(&content("banca-esempio-2025")).await;
    let withdrawal = format!("{path}/withdrawal");
    let reason = json!({"reason": "Titolo sbagliato"});
    let take_back = || two.ask(&two.writer, Method::POST, &withdrawal, &reason);
    for moment in DEATHS {
        app.let_die("audit", moment).await;
        take_back().await.expect_problem(503, "unavailable");
        app.let_live("audit").await;
        public(&app, "banca-esempio-2025").await.expect(200);
    }
    let (one, other) = tokio::join!(take_back(), take_back());
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    public(&app, "banca-esempio-2025").await.expect(404);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pec_of_a_respondent_is_added_later_by_two_people_and_stays_what_others_rely_on() {
    let app = TestApp::seeded().await;
    let two = Two::of(&app).await;
    let mut without = content("banca-esempio-2025");
    without["respondent"]["pec"] = json!("");
    let (path, before) = two.published(&without).await;
    assert_eq!(before["respondent"]["pec"], "");
    let mut next = before.clone();
    next["respondent"]["pec"] = json!("banca@pec.example");
    let desk = two.write(&path, 1, &next).await.expect(200);
    assert_eq!(desk["changes"][0]["path"], "/respondent/pec");
    two.propose(&path, 2).await.expect(200);
    two.publish(&two.writer, &path, 2)
        .await
        .expect_problem(403, "second-person");
    let desk = two.publish(&two.second, &path, 2).await.expect(200);
    assert_eq!(desk["content"]["respondent"]["pec"], "banca@pec.example");
    assert_eq!(desk["changes"], json!([]));
    let stored = "SELECT pec FROM respondents WHERE codice_fiscale = '00743110157'";
    assert_eq!(
        app.rows(stored).await[0][0].as_deref(),
        Some("banca@pec.example")
    );
    let told = "SELECT count(*) FROM audit WHERE action = 'publish_case' AND detail->'changed' ? '/respondent/pec'";
    assert_eq!(app.number(told).await, 1);
    // a company of a case of others: where letters to it go is theirs too, known or not
    let theirs = association(&app, "altroconsumo").await;
    app.sql(&format!(
        "UPDATE cases SET lead_association_id = '{theirs}' WHERE slug = '{CASE}'"
    ))
    .await;
    let known = "SELECT name, pec FROM respondents WHERE codice_fiscale = '03970540963'";
    let known = app.rows(known).await[0].clone();
    let pec = known[1].clone().unwrap_or_default();
    let mut shared = content("altro-caso-2025");
    shared["respondent"] = json!({"name": known[0], "codice_fiscale": "03970540963", "pec": pec});
    let (path, before) = two.published(&shared).await;
    let mut other = before.clone();
    other["respondent"]["pec"] = json!("altra@pec.example");
    assert_eq!(
        two.write(&path, 1, &other).await.wrong_fields()[0].0,
        "/content/respondent/pec"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_associations_that_name_one_company_at_once_agree_on_its_pec() {
    let app = TestApp::seeded().await;
    let ours = Two::of(&app).await;
    let theirs = association(&app, "altroconsumo").await;
    let theirs = Two {
        app: &app,
        writer: person(&app, theirs, Role::Owner).await.bearer(&app).await,
        second: person(&app, theirs, Role::CaseManager)
            .await
            .bearer(&app)
            .await,
    };
    let about = |slug: &str, code: &str, pec: &str| {
        let mut content = content(slug);
        content["respondent"] =
            json!({"name": "Banca Esempio S.p.A.", "codice_fiscale": code, "pec": pec});
        content
    };
    let ready = async |two: &Two<'_>, content: &Value| {
        let (path, _) = two.draft(content).await;
        two.propose(&path, 1).await.expect(200);
        path
    };
    let pec_of = async |code: &str| {
        let stored = format!("SELECT pec FROM respondents WHERE codice_fiscale = '{code}'");
        app.rows(&stored).await
    };
    // which of two goes first is nobody's to say: the other is told, and nothing is written over
    let one_of = |first: Answer, second: Answer| {
        let is_first = first.status.is_success();
        let (won, lost) = if is_first {
            (first, second)
        } else {
            (second, first)
        };
        won.expect(200);
        let wrong = lost.wrong_fields();
        assert_eq!(wrong[0].0, "/content/respondent/pec", "{wrong:?}");
        is_first
    };
    // a company that nobody knew
    for (round, code) in ["00743110157", "07643520567"].into_iter().enumerate() {
        let (mine, other) = (format!("nostro-{round}"), format!("loro-{round}"));
        let same = round == 1;
        let (mine_pec, other_pec) = (
            "uno@pec.example",
            if same {
                "uno@pec.example"
            } else {
                "due@pec.example"
            },
        );
        let mine = ready(&ours, &about(&mine, code, mine_pec)).await;
        let other = ready(&theirs, &about(&other, code, other_pec)).await;
        let (first, second) = tokio::join!(
            ours.publish(&ours.second, &mine, 1),
            theirs.publish(&theirs.second, &other, 1)
        );
        let kept = if same {
            first.expect(200);
            second.expect(200);
            mine_pec
        } else if one_of(first, second) {
            mine_pec
        } else {
            other_pec
        };
        assert_eq!(pec_of(code).await, [[Some(kept.to_owned())]]);
    }
    // one that had none: added by who knows it, while somebody else comes to rely on that there is none
    let code = "97123450583";
    let (path, before) = ours.published(&about("nostro-senza", code, "")).await;
    let mut next = before.clone();
    next["respondent"]["pec"] = json!("uno@pec.example");
    ours.write(&path, 1, &next).await.expect(200);
    ours.propose(&path, 2).await.expect(200);
    let other = ready(&theirs, &about("loro-senza", code, "")).await;
    let (first, second) = tokio::join!(
        ours.publish(&ours.second, &path, 2),
        theirs.publish(&theirs.second, &other, 1)
    );
    let kept = one_of(first, second).then(|| "uno@pec.example".to_owned());
    assert_eq!(pec_of(code).await, [[kept]]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_discarded_what_is_in_force_counts_again_and_the_history_stays() {
    let app = TestApp::seeded().await;
    let two = Two::of(&app).await;
    let (path, before) = two.published(&content("banca-esempio-2025")).await;
    let mut next = before.clone();
    next["summary"]["it"] = json!("Per tre giorni nessuno ha letto la posta.");
    two.write(&path, 1, &next).await.expect(200);
    let discard = format!("{path}/discard");
    let drop = async |who: &str, version: i64| {
        let body = json!({ "version": version });
        two.ask(who, Method::POST, &discard, &body).await
    };
    // not another version than the newest, nor one that waits
    drop(&two.writer, 1)
        .await
        .expect_problem(409, "illegal-transition");
    two.propose(&path, 2).await.expect(200);
    drop(&two.writer, 2)
        .await
        .expect_problem(409, "illegal-transition");
    let back = json!({"version": 2, "reason": "Non serve"});
    two.ask(&two.second, Method::POST, &format!("{path}/return"), &back)
        .await
        .expect(200);
    for moment in DEATHS {
        app.let_die("audit", moment).await;
        drop(&two.writer, 2)
            .await
            .expect_problem(503, "unavailable");
        app.let_live("audit").await;
    }
    let (one, other) = tokio::join!(drop(&two.writer, 2), drop(&two.second, 2));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let desk = two
        .ask(&two.writer, Method::GET, &path, &Value::Null)
        .await
        .expect(200);
    assert_eq!(
        (&desk["stage"], &desk["content"], &desk["changes"]),
        (&json!("published"), &before, &json!([]))
    );
    assert_eq!(desk["versions"][0]["stage"], "discarded");
    let audited = "SELECT count(*) FROM audit WHERE action = 'discard_case'";
    assert_eq!(app.number(audited).await, 1);
    // it goes on from there
    let mut again = before.clone();
    again["summary"]["it"] = json!("Per quattro giorni nessuno ha letto la posta.");
    let desk = two.write(&path, 2, &again).await.expect(200);
    assert_eq!(
        (&desk["stage"], &desk["version"]),
        (&json!("draft"), &json!(3))
    );
    // one that never was in force is off the list
    let (fresh, _) = two.draft(&content("mai-nato-2025")).await;
    let list = two
        .ask(&two.writer, Method::GET, DESK, &Value::Null)
        .await
        .expect(200);
    assert!(list.to_string().contains("mai-nato-2025"));
    let body = json!({"version": 1});
    let gone = two
        .ask(
            &two.writer,
            Method::POST,
            &format!("{fresh}/discard"),
            &body,
        )
        .await
        .expect(200);
    assert_eq!(gone["stage"], "discarded");
    let list = two
        .ask(&two.writer, Method::GET, DESK, &Value::Null)
        .await
        .expect(200);
    assert!(!list.to_string().contains("mai-nato-2025"), "{list}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_marks_words_with_words_beside_the_colour_and_discards() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let two = Two::of(&app).await;
    let (path, before) = two.published(&content("banca-esempio-2025")).await;
    let mut next = before.clone();
    next["summary"]["it"] = json!("Per tre giorni nessuno ha letto la posta.");
    two.write(&path, 1, &next).await.expect(200);
    let writer = person(&app, ours, Role::Reviewer).await;
    let browser = app.browser();
    sign_in(&app, &browser, &writer).await;
    let place_of = path.replace("/api/v1/staff", "/console");
    let (status, _) = open(&app, &browser, &place_of).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "a reviewer has no desk");
    app.sql("UPDATE memberships SET role = 'case_manager' WHERE role = 'reviewer'")
        .await;
    let (_, page) = open(&app, &browser, &place_of).await;
    let removed = "Per <del><span class=\"visually-hidden\" lang=\"it\">Tolto: </span>due<span";
    let added = "Per <ins><span class=\"visually-hidden\" lang=\"it\">Aggiunto: </span>tre<span";
    assert!(page.contains(removed) && page.contains(added), "{page}");
    let token = csrf(&page).to_owned();
    let decision = format!("{place_of}/decision");
    let fields = [
        ("csrf", token.as_str()),
        ("version", "2"),
        ("action", "discard"),
    ];
    let done = send(&app, &browser, &decision, &fields).await;
    assert_eq!(place(&done), format!("{place_of}?done=discarded#done"));
    let (_, page) = open(&app, &browser, &format!("{place_of}?done=discarded")).await;
    assert!(
        page.contains("Bozza scartata.") && !page.contains("<del>"),
        "{page}"
    );
    app.stop().await;
}
