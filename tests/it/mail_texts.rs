//! What an association says in its own words in mails (decision 14).

use chrono::TimeDelta;
use joinder::app::bootstrap::{Logins, bootstrap};
use joinder::app::{AppError, mail_text};
use joinder::domain::mail_text::MailTexts;
use joinder::domain::seed::Seed;
use serde_json::json;

use crate::app::TestApp;
use crate::claimant::SignUpBuilder;
use crate::mail_faults::send;
use crate::sink::{Manner, Sink, Way};

fn greeting(words: &str) -> MailTexts {
    let file = format!("[[mail_text]]\nlanguage = \"it\"\ngreeting = \"{words}\"\n");
    MailTexts::from_toml(&file).unwrap()
}

/// The text of the one mail to an address.
async fn mail_to(app: &TestApp, builder: &SignUpBuilder, address: &str) -> String {
    app.sign_up(builder).await;
    app.run_outbox().await;
    let [mail] = app.mails_to(address).try_into().unwrap();
    mail
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_and_the_operator_word_the_mails_of_one_association() {
    let app = TestApp::seeded().await;
    let next = "[[association]]\nslug = \"altroconsumo\"";
    let words = r#"
[[association.mail_text]]
language = "it"
greeting = "Gentile socio,"
sign_off = "Un saluto da {association}."
[[association.mail_text]]
kind = "confirmation"
language = "de"
greeting = "Liebes Mitglied,"
"#;
    let text = crate::seed::SEED.replacen(next, &format!("{words}\n{next}"), 1);
    let seed = Seed::parse(&text).unwrap();
    assert_eq!(seed.associations[0].mail_texts.len(), 2);
    for _ in 0..2 {
        bootstrap(&app.ctx, &seed, Logins::Demo).await.unwrap();
        let plain = Seed::parse(crate::seed::SEED).unwrap();
        bootstrap(&app.ctx, &plain, Logins::Demo).await.unwrap();
    }
    let versions = "SELECT count(*) FROM mail_texts";
    assert_eq!(app.number(versions).await, 1, "the same words once");

    let mail = mail_to(&app, &SignUpBuilder::new("a@own.example"), "a@own.example").await;
    assert!(mail.contains("Gentile socio,") && mail.contains("Un saluto da Codacons."));
    let german = SignUpBuilder::new("b@own.example").with("/contact/language", json!("de"));
    let mail = mail_to(&app, &german, "b@own.example").await;
    assert!(mail.contains("Liebes Mitglied,") && !mail.contains("saluto"));
    let other = SignUpBuilder::new("c@own.example").association("altroconsumo");
    let mail = mail_to(&app, &other, "c@own.example").await;
    assert!(mail.contains("Ciao,"), "{mail}");

    let none = MailTexts::default();
    let published = mail_text::publish(&app.ctx, "codacons", &none).await;
    assert_eq!(published.unwrap(), Some(2));
    let again = mail_text::publish(&app.ctx, "codacons", &none).await;
    assert_eq!(again.unwrap(), None);
    let mail = mail_to(&app, &SignUpBuilder::new("d@own.example"), "d@own.example").await;
    assert!(mail.contains("Ciao,"), "{mail}");
    let nobody = mail_text::publish(&app.ctx, "nobody", &none).await;
    assert!(matches!(nobody, Err(AppError::NotFound)));
    let told = "SELECT count(*) FROM audit WHERE action = 'publish_mail_texts'";
    assert_eq!(app.number(told).await, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_tried_again_has_the_words_of_its_first_attempt() {
    let app = TestApp::seeded().await;
    let sink = Sink::start().await;
    let words = ["Uno,", "Due,", "Tre,"].map(greeting);
    for (place, said) in ["Ciao,", "Uno,", "Due,"].into_iter().enumerate() {
        sink.meet("own.example", &[Manner::HangUpAfterEnd, Manner::Take]);
        let address = format!("a{place}@own.example");
        app.sign_up(&SignUpBuilder::new(&address)).await;
        send(&app, Way::Relay.mailer(&sink)).await;
        let version = mail_text::publish(&app.ctx, "codacons", &words[place]).await;
        assert_eq!(version.unwrap(), Some(i32::try_from(place + 1).unwrap()));
        app.clock().advance(TimeDelta::minutes(5));
        send(&app, Way::Relay.mailer(&sink)).await;
        let taken = sink.taken();
        assert_eq!(taken.len(), 2, "{said}");
        assert!(taken[0] == taken[1], "a retry is the same mail");
        assert!(taken[0].text.contains(said), "{said}: {}", taken[0].text);
        sink.forget();
        app.sql("DELETE FROM mail_queues").await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn published_words_never_change_and_are_seen_by_their_association_only() {
    let app = TestApp::seeded().await;
    for slug in ["codacons", "altroconsumo"] {
        let words = greeting(&format!("Saluti da {slug},"));
        mail_text::publish(&app.ctx, slug, &words).await.unwrap();
    }
    let may = |role: &str, right: &str| {
        format!("SELECT has_table_privilege('{role}', 'mail_texts', '{right}')::int")
    };
    for role in [
        "joinder_intake",
        "joinder_app",
        "joinder_tenant",
        "joinder_system",
    ] {
        for right in ["UPDATE", "DELETE", "TRUNCATE"] {
            assert_eq!(app.number(&may(role, right)).await, 0, "{role} {right}");
        }
    }
    assert_eq!(app.number(&may("joinder_tenant", "INSERT")).await, 0);
    let seen = "SET ROLE joinder_tenant; \
        SELECT set_config('joinder.association_id', (SELECT id::text FROM associations WHERE slug = 'codacons'), false); \
        DO $$ BEGIN IF (SELECT count(*) FROM mail_texts) <> 1 THEN RAISE EXCEPTION 'not one'; END IF; END $$; \
        RESET ROLE";
    app.sql(seen).await;
    app.stop().await;
}
