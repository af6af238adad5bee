//! A case for other sites, feed readers and calendars: the same for everybody, from memory.

use std::collections::HashSet;

use joinder::domain::permission::Role;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::demand_letters::letter;
use crate::seed::CASE;
use crate::staff_seed::post;
use crate::updates::{bearer, news, publish, withdraw};

fn place(of: &str) -> String {
    format!("/api/v1/public/cases/{CASE}/{of}")
}

fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.headers().get(name).map(|it| it.to_str().unwrap())
}

/// Lines of a calendar, unfolded.
fn unfolded(ics: &str) -> Vec<String> {
    for line in ics.split("\r\n") {
        assert!(line.len() <= 75 && !line.contains('\n'), "{line}");
    }
    let whole = ics.replace("\r\n ", "");
    whole.split("\r\n").map(str::to_owned).collect()
}

fn values<'a>(lines: &'a [String], name: &str) -> Vec<&'a str> {
    let lines = lines.iter().filter_map(|line| line.split_once(':'));
    let found = lines.filter(|(key, _)| key.split(';').next() == Some(name));
    found.map(|(_, value)| value).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_everybody_may_know_is_read_by_other_sites_and_asked_for_twice_costs_nothing() {
    let app = TestApp::seeded().await;
    let shared = [
        "/api/v1/public/cases".to_owned(),
        format!("/api/v1/public/cases/{CASE}"),
        place("updates"),
        place("counter"),
        place("feed.json"),
        place("calendar.ics"),
    ];
    for path in &shared {
        let first = app.get(path).await;
        assert_eq!(first.status(), StatusCode::OK, "{path}");
        assert_eq!(header(&first, "access-control-allow-origin"), Some("*"));
        assert_eq!(header(&first, "cache-control"), Some("public, max-age=10"));
        let tag = header(&first, "etag").unwrap().to_owned();
        let again = app.request(reqwest::Method::GET, path);
        let again = again.header("if-none-match", &tag).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
        assert_eq!(header(&again, "etag"), Some(tag.as_str()));
        assert_eq!(again.text().await.unwrap(), "");
    }
    // nothing else is
    for path in [
        "/api/v1/public/me",
        "/api/v1/staff/cases",
        "/c/libero-virgilio-2023",
        "/openapi.json",
    ] {
        let answer = app.get(path).await;
        assert_eq!(
            header(&answer, "access-control-allow-origin"),
            None,
            "{path}"
        );
    }
    for of in ["counter", "feed.json", "calendar.ics"] {
        let unknown = app.get(&format!("/api/v1/public/cases/nessuno/{of}")).await;
        assert_eq!(unknown.status(), StatusCode::NOT_FOUND, "{of}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_says_what_the_case_says() {
    let app = TestApp::seeded().await;
    let counted = "INSERT INTO case_counts SELECT p.case_id, p.association_id, 41235, '2026-03-02Z' FROM case_associations p \
         JOIN cases c ON c.id = p.case_id JOIN associations a ON a.id = p.association_id \
         WHERE a.slug = 'codacons' RETURNING 1";
    app.rows(counted).await;
    app.ctx.directories.forget();
    let told: Value = app.get(&place("counter")).await.json().await.unwrap();
    assert_eq!(
        told,
        json!({"case": CASE, "state": "open", "confirmed_claimants": 41_235, "counted_at": "2026-03-02T00:00:00Z"})
    );
    // a handful is nobody: the difference between two readings would tell of one person
    for (counted, expected) in [(4, 0), (5, 5)] {
        app.rows(&format!(
            "UPDATE case_counts SET confirmed = {counted} WHERE confirmed > 0 RETURNING 1"
        ))
        .await;
        app.ctx.directories.forget();
        let told: Value = app.get(&place("counter")).await.json().await.unwrap();
        assert_eq!(told["confirmed_claimants"], expected, "{counted}");
        let page = app.get(&format!("/c/{CASE}")).await.text().await.unwrap();
        let is_told = page.contains("hanno confermato");
        assert_eq!(is_told, expected > 0, "{counted}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_has_the_newest_news_in_the_language_asked_for_until_they_are_withdrawn() {
    let app = TestApp::seeded().await;
    let bearer = bearer(&app, "codacons", Role::CaseManager).await;
    let empty: Value = app.get(&place("feed.json")).await.json().await.unwrap();
    assert_eq!(empty["items"], json!([]));
    let both = json!({"texts": [
        {"language": "it", "title": "Prima udienza", "text": "È fissata.\n\nVi diremo."},
        {"language": "de", "title": "Neues vom Gericht", "text": "Am Montag, 9 Uhr."},
    ]});
    let first = publish(&app, &bearer, &both).await;
    publish(&app, &bearer, &news("Solo in italiano", "Testo.")).await;
    let answer = app.get(&place("feed.json?lang=de")).await;
    let kind = header(&answer, "content-type");
    assert_eq!(kind, Some("application/feed+json"));
    let feed: Value = answer.json().await.unwrap();
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(feed["feed_url"], json!(app.url(&place("feed.json"))));
    let titles = feed["items"].as_array().unwrap().iter();
    let titles: Vec<_> = titles.map(|it| (&it["title"], &it["language"])).collect();
    assert_eq!(
        titles,
        [
            (&json!("Solo in italiano"), &json!("it")),
            (&json!("Neues vom Gericht"), &json!("de"))
        ]
    );
    let item = &feed["items"][1];
    assert_eq!(item["content_text"], "Am Montag, 9 Uhr.");
    assert_eq!(item["authors"][0]["name"], "Codacons");
    assert_eq!(
        item["id"],
        json!(format!("urn:uuid:{}", first["id"].as_str().unwrap()))
    );
    assert_eq!(withdraw(&app, &bearer, &first).await, StatusCode::OK);
    let feed: Value = app.get(&place("feed.json")).await.json().await.unwrap();
    assert_eq!(feed["items"].as_array().unwrap().len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_has_the_days_of_the_case_under_the_same_names_in_each_language() {
    let app = TestApp::seeded().await;
    let who = bearer(&app, "codacons", Role::CaseManager).await;
    let mut sent = letter();
    sent["demands"][0]["answer"] = json!("Le caselle sono tornate; quasi tutte, \\ dicono");
    sent["demands"][0]["answered_on"] = json!("2023-01-28");
    let register = format!("/api/v1/staff/cases/{CASE}/demand-letters");
    let body = json!({ "content": sent });
    let entered = post(&app, &register, Some(&who), &body).await;
    assert_eq!(entered.status(), StatusCode::CREATED);
    publish(
        &app,
        &who,
        &news("Prima udienza, a Roma", "È fissata.\n\nVi diremo."),
    )
    .await;

    let mut names: Option<HashSet<String>> = None;
    for language in ["it", "en", "de"] {
        let answer = app
            .get(&place(&format!("calendar.ics?lang={language}")))
            .await;
        let kind = header(&answer, "content-type");
        assert_eq!(kind, Some("text/calendar; charset=utf-8"));
        let lines = unfolded(&answer.text().await.unwrap());
        assert_eq!((&*lines[0], &*lines[1]), ("BEGIN:VCALENDAR", "VERSION:2.0"));
        let uids = values(&lines, "UID");
        let own: HashSet<String> = uids.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(own.len(), uids.len(), "no name twice");
        assert_eq!(values(&lines, "BEGIN").len(), uids.len() + 1);
        assert_eq!(*names.get_or_insert_with(|| own.clone()), own);
    }
    let lines = unfolded(&app.get(&place("calendar.ics")).await.text().await.unwrap());
    let titles = values(&lines, "SUMMARY");
    let at = |title: &str| titles.iter().position(|it| *it == title);
    let days = values(&lines, "DTSTART");
    let written = at("Codacons scrive a Italiaonline S.p.A.").expect("the letter");
    assert_eq!(days[written], "20230124");
    let answered = at("Italiaonline S.p.A.: che cosa ha detto").expect("the answer");
    assert_eq!(days[answered], "20230128");
    assert!(
        values(&lines, "DESCRIPTION")[answered]
            .contains("Le caselle sono tornate\\; quasi tutte\\, \\\\ dicono"),
        "what has a meaning in a calendar is escaped"
    );
    let told = at("Codacons: Prima udienza\\, a Roma").expect("the news");
    assert_eq!(
        (days[told], values(&lines, "DTEND")[told]),
        ("20260302", "20260303")
    );
    let lapses = titles.iter().position(|it| it.starts_with("Data prudente"));
    assert_eq!(days[lapses.expect("a prescription")], "20280122");
    assert!(
        values(&lines, "DESCRIPTION")
            .iter()
            .any(|it| it.contains("non una promessa"))
    );
    app.stop().await;
}
