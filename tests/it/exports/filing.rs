//! What an export is of: the list it was asked from, and nobody who is not ready where it is made to be filed
//! (R30, R58).

use chrono::TimeDelta;
use joinder::domain::ids::ClaimantId;
use joinder::domain::permission::Role;
use serde_json::{Value, json};

use super::{Approver, asked, dossier_of_two, fetched, manager, many, names, run, told};
use crate::app::TestApp;
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{self, SLUG, association, codacons, person};

/// An owner in a browser, with a fresh second factor.
async fn browsing(app: &TestApp) -> reqwest::Client {
    let browser = app.browser();
    let owner = person(app, codacons(), Role::Owner).await;
    sign_in(app, &browser, &owner).await;
    let (_, page) = open(app, &browser, "/console/step-up?back=/console").await;
    let fields = [
        ("csrf", csrf(&page)),
        ("totp", &owner.code(app)),
        ("back", "/console"),
    ];
    send(app, &browser, "/console/step-up", &fields).await;
    app.clock().advance(TimeDelta::seconds(30));
    browser
}

async fn word(app: &TestApp, sql: &str) -> String {
    app.rows(sql).await[0][0].clone().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filters_of_the_list_go_along_are_told_in_words_and_bound_what_leaves() {
    let app = staff_seed::start().await;
    let ids = many(&app, 3).await;
    app.sql(&format!(
        "UPDATE claimants SET province = 'BO' WHERE id = '{}'",
        ids[0]
    ))
    .await;
    let browser = browsing(&app).await;
    let list = format!("/console/cases/{SLUG}?province=BO&review=none");
    let (_, page) = open(&app, &browser, &list).await;
    let form = format!("/console/cases/{SLUG}/export");
    let link = format!("href=\"{form}?review=none&#38;province=BO\"");
    assert!(page.contains(&link), "{page}");
    let (_, searched) = open(&app, &browser, &format!("{list}&q=Rossi")).await;
    assert!(searched.contains("province=BO&#38;searched=true\""));
    let alone = format!("/console/cases/{SLUG}?q=Rossi");
    let (_, searched) = open(&app, &browser, &alone).await;
    assert!(searched.contains(&format!("href=\"{form}?searched=true\"")));

    let (_, page) = open(&app, &browser, &format!("{form}?review=none&province=BO")).await;
    for shown in [
        "Provincia",
        ": BO",
        "Niente da verificare",
        "Pratiche che esporti in un elenco</dt><dd>1</dd>",
        "name=\"list\" value=\"review=none&#38;province=BO\"",
    ] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    let (_, warned) = open(&app, &browser, &format!("{form}?searched=true")).await;
    assert!(
        warned.contains("non passa") && warned.contains("<dd>3</dd>"),
        "{warned}"
    );
    let fields = [
        ("csrf", csrf(&page)),
        ("purpose", "Deposito del ricorso"),
        ("format", "csv"),
        ("list", "review=none&province=BO&other=x"),
    ];
    let one = place(&send(&app, &browser, &form, &fields).await).to_owned();
    assert_eq!(app.run_exports().await, 1);
    assert_eq!(app.number("SELECT row_count FROM exports").await, 1);
    let (_, shown) = open(&app, &browser, &one).await;
    assert!(shown.contains(": BO"), "{shown}");
    // the hash is that of the file, not that of the list before its last line
    let own = word(&app, "SELECT encode(sha256, 'hex') FROM export_files").await;
    let of_list = word(&app, "SELECT encode(sha256, 'hex') FROM exports").await;
    assert_ne!(own, of_list);
    assert!(shown.contains(&own) && !shown.contains(&of_list), "{shown}");

    // who looks at the trail of one of them reads where they went
    let trail = |id: ClaimantId| format!("/console/claimants/{id}/trail");
    let (_, inside) = open(&app, &browser, &trail(ids[0])).await;
    for shown in [
        "Compresa nell’esportazione",
        "Elenco CSV",
        "Chiesta da Nome owner",
        one.as_str(),
    ] {
        assert!(inside.contains(shown), "{shown} in {inside}");
    }
    let (_, outside) = open(&app, &browser, &trail(ids[1])).await;
    assert!(!outside.contains("Compresa nell’esportazione"));

    // a program asks for the same
    let (_, bearer) = manager(&app, codacons()).await;
    let filter = json!({"filter": {"province": "BO", "review": "none", "state": "active"}});
    let same = asked(&app, &bearer, &filter).await;
    assert_eq!(app.run_exports().await, 1);
    assert_eq!(told(&app, &same, &bearer).await["rows"], 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r30_a_list_for_the_court_leaves_out_who_is_under_review_and_says_so() {
    let app = staff_seed::start().await;
    let ids = many(&app, 3).await;
    app.sql(&format!(
        "UPDATE claimants SET review = 'conflict' WHERE id = '{}'",
        ids[0]
    ))
    .await;
    let (_, bearer) = manager(&app, codacons()).await;
    let court = json!({"columns": "court"});
    let place_of_court = asked(&app, &bearer, &court).await;
    assert_eq!(app.run_exports().await, 1);
    let status = told(&app, &place_of_court, &bearer).await;
    assert_eq!(
        (&status["rows"], &status["left_out"]),
        (&json!(2), &json!(1))
    );
    let text = fetched(&app, &format!("{place_of_court}/content"), &bearer).await;
    let text = String::from_utf8(text).unwrap();
    assert!(!text.contains("conflict"), "{text}");
    assert!(
        !text.lines().next().unwrap().contains(",note"),
        "work notes are no court's: {text}"
    );

    let all = json!({"columns": "court", "include_reviewed": true});
    let all = asked(&app, &bearer, &all).await;
    assert_eq!(app.run_exports().await, 1);
    let status = told(&app, &all, &bearer).await;
    assert_eq!(
        (&status["rows"], &status["left_out"]),
        (&json!(3), &Value::Null)
    );
    let text = fetched(&app, &format!("{all}/content"), &bearer).await;
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.matches(",confirmed conflict,").count(), 1, "{text}");
    // a list for the own work has everybody
    let full = asked(&app, &bearer, &json!({})).await;
    assert_eq!(app.run_exports().await, 1);
    let status = told(&app, &full, &bearer).await;
    assert_eq!(
        (&status["rows"], &status["left_out"]),
        (&json!(3), &Value::Null)
    );

    let browser = browsing(&app).await;
    let form = format!("/console/cases/{SLUG}/export");
    let (_, page) = open(&app, &browser, &form).await;
    assert!(
        page.contains("id=\"include-reviewed\"") && page.contains("per il giudice (1)"),
        "{page}"
    );
    let fields = [
        ("csrf", csrf(&page)),
        ("purpose", "Deposito del ricorso"),
        ("format", "csv"),
        ("columns", "court"),
    ];
    let one = place(&send(&app, &browser, &form, &fields).await).to_owned();
    let (_, shown) = open(&app, &browser, &one).await;
    assert!(
        shown.contains("Escluse perché da verificare</dt><dd>1</dd>"),
        "{shown}"
    );
    let fields = [fields.as_slice(), [("include_reviewed", "true")].as_slice()].concat();
    let one = place(&send(&app, &browser, &form, &fields).await).to_owned();
    let (_, shown) = open(&app, &browser, &one).await;
    assert!(
        shown.contains("comprese e segnate") && !shown.contains("Escluse perché"),
        "{shown}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r30_a_dossier_leaves_out_who_is_under_review_and_says_so() {
    for review in ["conflict", "quarantined"] {
        let app = TestApp::seeded().await;
        let (left, bearer) = dossier_of_two(&app).await;
        app.sql(&format!(
            "UPDATE claimants SET review = '{review}' WHERE id = (SELECT min(id::text)::uuid FROM claimants)"
        ))
        .await;
        let ours = association(&app, "codacons").await;
        let approver = Approver::of(&app, ours).await;
        approver.approve(&app, &left).await;
        let wish = json!({"case": CASE, "format": "dossier", "include_reviewed": true});
        let all = asked(&app, &bearer, &wish).await;
        app.clock().advance(TimeDelta::seconds(30));
        approver.approve(&app, &all).await;
        assert_eq!(app.run_exports().await, 2);
        for (place, rows, left_out) in [(&left, 1, json!(1)), (&all, 2, Value::Null)] {
            let status = told(&app, place, &bearer).await;
            assert_eq!(
                (&status["rows"], &status["left_out"]),
                (&json!(rows), &left_out),
                "{review}"
            );
            let bytes = fetched(&app, &format!("{place}/content"), &bearer).await;
            let inside = names(&bytes);
            let signed = inside
                .iter()
                .filter(|name| name.ends_with("/dichiarazione.pdf"));
            assert_eq!(signed.count(), rows, "{review}: {inside:?}");
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("dossier.zip");
            std::fs::write(&path, &bytes).unwrap();
            let index = run("unzip", &["-p", path.to_str().unwrap(), "indice.csv"]);
            let marked = index.matches("da verificare").count();
            assert_eq!(marked, rows - 1, "{review}: {index}");
        }
        app.stop().await;
    }
}
