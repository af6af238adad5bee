//! The trail held against the log: whoever touches a row afterwards is found out (R54).

use chrono::{NaiveDate, TimeDelta};
use joinder::app::AppError;
use joinder::app::log::digest;
use joinder::app::log::trail::{self, Checked, Finding};
use joinder::domain::log::Kind;
use joinder::domain::permission::Role;
use serde_json::json;

use super::{events, log_file, signer};
use crate::app::TestApp;
use crate::claimant::SignUpBuilder;
use crate::seed::CASE;
use crate::staff_seed::{association, person, post};

fn march(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
}

async fn checked(app: &TestApp) -> Checked {
    trail::check(&app.ctx, CASE).await.unwrap()
}

/// A day on which somebody signed and staff decided with a note, and the next one, both digested.
async fn two_days(app: &TestApp) {
    app.run_log().await;
    signer(app, "uno").await;
    let builder = SignUpBuilder::new("x@example.org")
        .without("/contact/email")
        .with("/contact/phone", json!("+393331234567"));
    let assisted = app.sign_up(&builder).await;
    let member = person(app, association(app, "codacons").await, Role::CaseManager).await;
    let bearer = member.bearer(app).await;
    let path = format!("/api/v1/staff/claimants/{}/confirmation", assisted.id);
    let reached = json!({"how": "phone", "reason": "Ha risposto lei stessa"});
    let answer = post(app, &path, Some(&bearer), &reached).await;
    assert!(answer.status().is_success());
    for _ in 0..2 {
        app.clock().advance(TimeDelta::days(1));
        assert!(digest::enter_day(&app.ctx).await.unwrap());
    }
    app.run_log().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r54_a_row_of_the_trail_that_was_changed_deleted_inserted_or_moved_is_told() {
    let app = TestApp::seeded().await;
    two_days(&app).await;
    let good = checked(&app).await;
    assert_eq!(good.findings, []);
    assert_eq!(good.days, [march(2), march(3)]);
    assert_eq!((good.entries, good.events), (4, 3));
    let count =
        "SELECT count(*) FROM audit WHERE created_at >= '2026-03-02' AND created_at < '2026-03-03'";
    let rows = u64::try_from(app.number(count).await).unwrap();
    app.sql("CREATE TABLE old AS TABLE audit").await;
    let differs = |day, digested, found| Finding::Differs {
        day: march(day),
        digested,
        found,
    };
    let again = "INSERT INTO audit SELECT * FROM old WHERE action = 'sign'";
    for (what, tampered, expected) in [
        (
            "changed",
            "UPDATE audit SET detail = '{}' WHERE action = 'sign'".to_owned(),
            vec![differs(2, rows, rows)],
        ),
        (
            "another person",
            "UPDATE audit SET actor_id = NULL WHERE action = 'confirm_by_staff'".to_owned(),
            vec![differs(2, rows, rows)],
        ),
        (
            "note changed",
            "UPDATE audit SET sealed = sha256(sealed) WHERE sealed IS NOT NULL".to_owned(),
            vec![differs(2, rows, rows)],
        ),
        (
            "note taken away",
            "UPDATE audit SET sealed = NULL".to_owned(),
            vec![differs(2, rows, rows)],
        ),
        (
            "deleted",
            "DELETE FROM audit WHERE action = 'sign'".to_owned(),
            vec![differs(2, rows, rows - 1)],
        ),
        (
            "inserted",
            format!("UPDATE audit SET id = gen_random_uuid() WHERE action = 'sign'; {again}"),
            vec![differs(2, rows, rows + 1)],
        ),
        (
            "reordered",
            "UPDATE audit a SET created_at = b.created_at FROM old b WHERE a.subject_id = b.subject_id \
             AND (a.action, b.action) IN (('sign', 'sign_up'), ('sign_up', 'sign'))"
                .to_owned(),
            vec![differs(2, rows, rows)],
        ),
        (
            "moved to another day",
            "UPDATE audit SET created_at = created_at + interval '1 day' WHERE action = 'sign'"
                .to_owned(),
            vec![differs(2, rows, rows - 1), differs(3, 0, 1)],
        ),
    ] {
        app.sql(&tampered).await;
        assert_eq!(checked(&app).await.findings, expected, "{what}");
        app.sql("DELETE FROM audit; INSERT INTO audit TABLE old")
            .await;
    }
    assert_eq!(checked(&app).await, good);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r54_events_that_do_not_fit_the_published_log_are_told() {
    let app = TestApp::seeded().await;
    two_days(&app).await;
    let good = checked(&app).await;
    app.sql("CREATE TABLE old AS TABLE log_events").await;
    let place = |kind: &str| {
        let query = format!("SELECT min(leaf_index) FROM log_events WHERE kind = '{kind}'");
        let app = &app;
        async move { u64::try_from(app.number(&query).await).unwrap() }
    };
    let (decided, digested) = (place("decision").await, place("audit_digest").await);
    let of = |index, kind, lost: bool| match lost {
        true => Finding::Lost { index, kind },
        false => Finding::Changed { index, kind },
    };
    let decision = |lost| of(decided, Kind::Decision, lost);
    let audit = |lost| of(digested, Kind::AuditDigest, lost);
    for (tampered, expected) in [
        ("UPDATE log_events SET content = '{}' WHERE kind = 'decision'".to_owned(), decision(false)),
        ("UPDATE log_events SET salt = sha256(salt) WHERE kind = 'decision'".to_owned(), decision(false)),
        ("UPDATE log_events SET kind = 'export' WHERE kind = 'decision'".to_owned(), decision(false)),
        ("UPDATE log_events SET leaf_index = leaf_index + 1 WHERE kind = 'decision'".to_owned(), decision(false)),
        ("DELETE FROM log_events WHERE kind = 'decision'".to_owned(), decision(true)),
        (format!("UPDATE log_events SET content = replace(content, '\"rows\":', '\"rows\":1') WHERE leaf_index = {digested}"), audit(false)),
        (format!("DELETE FROM log_events WHERE leaf_index = {digested}"), audit(true)),
        (
            "INSERT INTO log_events SELECT subject_id, gen_random_uuid(), association_id, case_id, kind, content, salt, \
             created_at, 0, leaf_hash, entered_at FROM log_events WHERE kind = 'decision'".to_owned(),
            Finding::Invented { index: 0, kind: "decision".to_owned() },
        ),
    ] {
        app.sql(&tampered).await;
        assert_eq!(checked(&app).await.findings, [expected], "{tampered}");
        app.sql("DELETE FROM log_events; INSERT INTO log_events TABLE old").await;
    }
    assert_eq!(checked(&app).await, good);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r54_a_day_without_its_digest_and_a_log_with_other_files_are_told() {
    let app = TestApp::seeded().await;
    two_days(&app).await;
    app.clock().advance(TimeDelta::days(2));
    app.sql(
        "UPDATE housekeeping_cursors SET at = '2026-03-05T00:00:00Z' WHERE name = 'audit digest'",
    )
    .await;
    assert!(digest::enter_day(&app.ctx).await.unwrap());
    app.run_log().await;
    let lacks = checked(&app).await;
    assert_eq!(lacks.findings, [Finding::Missing { day: march(4) }]);
    assert_eq!(lacks.days, [march(2), march(3), march(5)]);

    let bundle = log_file(&app, "tile/entries/000.p/5");
    let good = std::fs::read(&bundle).unwrap();
    let text = String::from_utf8_lossy(&good).into_owned();
    let place = text.find("\"v\":1").unwrap();
    let mut bytes = good.clone();
    bytes[place + 4] = b'2';
    std::fs::write(&bundle, &bytes).unwrap();
    let refused = trail::check(&app.ctx, CASE).await;
    assert!(matches!(refused, Err(AppError::Internal(_))), "{refused:?}");
    std::fs::write(&bundle, good).unwrap();
    assert_eq!(checked(&app).await, lacks);
    let nothing = trail::check(&app.ctx, "nessuno").await;
    assert!(matches!(nothing, Err(AppError::NotFound)));
    app.stop().await;
}

/// A day with more rows than a page has, many of them of one instant.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_day_is_digested_whole_whatever_the_pages() {
    let app = TestApp::seeded().await;
    events(&app, 1).await;
    app.run_log().await;
    app.sql(
        "INSERT INTO audit (subject_id, id, actor_kind, action, detail, created_at) \
         SELECT gen_random_uuid(), gen_random_uuid(), 'system', 'conflict', '{}', \
           '2026-03-01T10:00:00Z'::timestamptz + (n / 6000) * interval '1 second' \
         FROM generate_series(1, 12345) n",
    )
    .await;
    app.clock().advance(TimeDelta::days(1));
    let count =
        "SELECT count(*) FROM audit WHERE created_at >= '2026-03-01' AND created_at < '2026-03-02'";
    let all = u64::try_from(app.number(count).await).unwrap();
    assert!(all >= 12_345, "{all}");
    let day = march(1).and_hms_opt(0, 0, 0).unwrap().and_utc();
    let (rows, hash) = digest::of(&app.ctx, day, day + TimeDelta::days(1))
        .await
        .unwrap();
    assert_eq!(rows, all);
    app.sql(
        "DELETE FROM audit WHERE id = (SELECT id FROM audit WHERE action = 'conflict' LIMIT 1)",
    )
    .await;
    let less = digest::of(&app.ctx, day, day + TimeDelta::days(1))
        .await
        .unwrap();
    assert_eq!(less.0, all - 1);
    assert_ne!(less.1, hash);
    app.stop().await;
}
