//! Bootstrap and the commands of the operator.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use joinder::app::bootstrap::{self, BootstrapError, Logins};
use joinder::app::directory::Directories;
use joinder::app::{AppError, operator};
use joinder::domain::case::{CaseState, Offer};
use joinder::domain::permission::Role;
use joinder::domain::seed::Seed;

use crate::app::{TestApp, number};

/// Counts of every table that a seed fills.
const FILLED: &str = "SELECT (SELECT count(*) FROM associations) * 1000000000 \
     + (SELECT count(*) FROM association_keys) * 100000000 \
     + (SELECT count(*) FROM incidents) * 10000000 + (SELECT count(*) FROM incident_domains) * 100000 \
     + (SELECT count(*) FROM case_facts) * 1000 + (SELECT count(*) FROM texts) * 100 \
     + (SELECT count(*) FROM staff) + (SELECT count(*) FROM case_counsel) + (SELECT count(*) FROM plans)";

#[tokio::test(flavor = "multi_thread")]
async fn bootstrapping_twice_changes_nothing() {
    let app = TestApp::start().await;
    let seed = bootstrap::demo_seed().unwrap();
    let first = bootstrap::bootstrap(&app.ctx, &seed, Logins::Random)
        .await
        .unwrap();
    assert_eq!(first.staff.len(), 2 * Role::ALL.len());
    let ids = |report: &bootstrap::BootstrapReport| -> Vec<String> {
        report
            .associations
            .iter()
            .map(|one| one.id.clone())
            .collect()
    };
    let before = (first.case.id.clone(), ids(&first));
    let filled = number(&app, FILLED).await;
    let audit = number(&app, "SELECT count(*) FROM audit").await;

    let again = bootstrap::bootstrap(&app.ctx, &seed, Logins::Random)
        .await
        .unwrap();

    assert!(again.staff.is_empty(), "secrets are shown once");
    assert!(again.partners.is_empty(), "so are keys of partners");
    let [blog] = first.partners.try_into().unwrap();
    assert_eq!(
        (blog.slug.as_str(), blog.association.as_str()),
        ("blog-disservizi", "codacons")
    );
    assert_eq!(blog.scopes, ["intake", "read", "events", "webhooks"]);
    let claimants = "/api/v1/partner/claimants";
    let opened = app.browser().get(app.url(claimants));
    let opened = opened.bearer_auth(&blog.key).send().await.unwrap();
    assert_eq!(opened.status().as_u16(), 200);
    assert_ne!(blog.key, bootstrap::demo_key(&blog.slug).as_str());
    assert_eq!((&again.case.id, ids(&again)), (&before.0, before.1));
    assert_eq!(number(&app, FILLED).await, filled);
    assert_eq!(number(&app, "SELECT count(*) FROM audit").await, audit);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_there_as_soon_as_it_is_seeded() {
    let app = TestApp::start().await;
    let mut ctx = app.ctx.clone();
    ctx.directories = Arc::new(Directories::new(Duration::from_secs(3600)));
    let before = ctx.directories.get(&ctx).await.unwrap();
    let mut seed = bootstrap::demo_seed().unwrap();
    seed.case.slug = "second-case".to_owned();
    assert!(before.public_case("second-case").is_err());

    bootstrap::bootstrap(&ctx, &seed, Logins::Random)
        .await
        .unwrap();

    let after = ctx.directories.get(&ctx).await.unwrap();
    assert!(after.public_case("second-case").is_ok());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_the_demo_alone_has_an_owner_of_another_association() {
    let app = TestApp::start().await;
    let seed = bootstrap::demo_seed().unwrap();
    let made = bootstrap::bootstrap(&app.ctx, &seed, Logins::Demo)
        .await
        .unwrap();
    let other = made
        .staff
        .iter()
        .find(|one| one.email == "owner-1@altroconsumo.example")
        .unwrap();
    assert_eq!(
        (other.association.as_str(), other.role),
        ("altroconsumo", "owner")
    );
    let of_the_first = |one: &&bootstrap::StaffMade| one.association == "codacons";
    assert_eq!(
        made.staff.iter().filter(of_the_first).count(),
        2 * Role::ALL.len()
    );
    let again = bootstrap::bootstrap(&app.ctx, &seed, Logins::Demo)
        .await
        .unwrap();
    assert!(again.staff.is_empty());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_r70_the_demo_offers_collection_only_where_a_register_says_so() {
    let app = TestApp::start().await;
    let seed = bootstrap::demo_seed().unwrap();
    bootstrap::bootstrap(&app.ctx, &seed, Logins::Random)
        .await
        .unwrap();
    let directory = app.ctx.directories.get(&app.ctx).await.unwrap();
    let case = directory.public_case("libero-virgilio-2023").unwrap();
    let offer = |slug: &str| case.association(slug).unwrap().offer;
    assert_eq!(offer("codacons"), Offer::Collection);
    assert_eq!(offer("altroconsumo"), Offer::Collection);
    assert_eq!(offer("consumerismo"), Offer::Interest);
    assert!(case.facts.iter().all(|fact| !fact.source.is_empty()));
    assert_eq!(case.statements.len(), seed.statements.len());
    assert!(directory.is_public_provider("libero.it"));
    assert!(directory.is_public_provider("gmail.com"));
    assert!(!directory.is_public_provider("rossi.example"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_text_never_changes_under_its_version() {
    let app = TestApp::start().await;
    let mut seed = bootstrap::demo_seed().unwrap();
    bootstrap::bootstrap(&app.ctx, &seed, Logins::Random)
        .await
        .unwrap();
    let text = "[[text]]\nkind = \"contact\"\nversion = \"2026-11-demo\"\nlanguage = \"it\"\nbody = \"altro\"\n";
    let minimal = format!(
        "[respondent]\nname = \"a\"\ncodice_fiscale = \"03970540963\"\n\
         [case]\nslug = \"b\"\ntitle = \"b\"\nstate = \"open\"\n\
         [[association]]\nslug = \"c\"\nname = \"c\"\nmode = \"interest\"\n{text}"
    );
    seed.texts = Seed::parse(&minimal).unwrap().texts;
    seed.case.title = "changed".to_owned();

    let refused = bootstrap::bootstrap(&app.ctx, &seed, Logins::Random).await;

    assert!(matches!(refused, Err(BootstrapError::TextChanged { .. })));
    let changed = number(&app, "SELECT count(*) FROM cases WHERE title = 'changed'").await;
    assert_eq!(changed, 0, "nothing of it is kept");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_sets_the_state_of_a_case_and_is_audited() {
    let app = TestApp::start().await;
    let seed = bootstrap::demo_seed().unwrap();
    bootstrap::bootstrap(&app.ctx, &seed, Logins::Random)
        .await
        .unwrap();
    let slug = "libero-virgilio-2023";
    let before = operator::set_case_state(&app.ctx, slug, CaseState::Closed)
        .await
        .unwrap();
    assert_eq!(before, CaseState::Open);
    operator::set_case_state(&app.ctx, slug, CaseState::Closed)
        .await
        .unwrap();
    let told = "SELECT count(*) FROM audit WHERE action = 'set_case_state' AND before = 'open' \
                AND after = 'closed' AND actor_kind = 'operator'";
    assert_eq!(number(&app, told).await, 1);
    let unknown = operator::set_case_state(&app.ctx, "nothing", CaseState::Closed).await;
    assert!(matches!(unknown, Err(AppError::NotFound)));
    app.stop().await;
}

#[test]
fn every_mail_is_previewed_in_every_language() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("mails");
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_joinder"))
        .arg("preview-mails")
        .arg(&dir)
        .output()
        .unwrap();
    assert!(out.status.success(), "{out:?}");
    let count = |ending: &str| {
        fs::read_dir(&dir)
            .unwrap()
            .filter(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                name.to_string_lossy().ends_with(ending)
            })
            .count()
    };
    assert_eq!(
        (count(".it.eml"), count(".en.txt"), count(".de.txt")),
        (41, 41, 41)
    );
    assert_eq!((count(".de.own.txt"), count(".html")), (41, 246));
    let mail = fs::read_to_string(dir.join("confirmation.it.txt")).unwrap();
    assert!(mail.lines().any(|line| line == "Codice: 123456"), "{mail}");
    let own = fs::read_to_string(dir.join("confirmation.it.own.txt")).unwrap();
    assert!(own.contains("Gentile socia, gentile socio,"), "{own}");
    assert!(own.lines().any(|line| line == "Codice: 123456"), "{own}");
}
