//! Giving identity: what is checked, one person once, nobody learns of the other.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::claimant::{SignUpBuilder, anna, mario, person};

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(pointer, code): &(&str, &str)| ((*pointer).to_owned(), (*code).to_owned());
    pairs.iter().map(owned).collect()
}

fn with(mut person: Value, field: &str, value: Value) -> Value {
    person[field] = value;
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn r21_to_r23_what_is_wrong_with_a_person_is_named_by_pointer_and_code() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("mario@example.org"))
        .await;
    let cases = [
        // r21: the check letter
        (
            person("Mario", "Rossi", "RSSMRA85C12H501K"),
            "/person/codice_fiscale",
            "checksum",
        ),
        (
            person("Mario", "Rossi", "RSSMRA85C12"),
            "/person/codice_fiscale",
            "format",
        ),
        (
            json!({"given_name": "Mario", "family_name": "Rossi"}),
            "/person/codice_fiscale",
            "required",
        ),
        // r23: birth date and sex must agree with the code
        (
            with(mario(), "birth_date", json!("1985-03-13")),
            "/person/birth_date",
            "mismatch_birth_date",
        ),
        (
            with(mario(), "sex", json!("F")),
            "/person/sex",
            "mismatch_sex",
        ),
        (
            with(mario(), "birth_date", json!("1985-02-30")),
            "/person/birth_date",
            "format",
        ),
        (
            with(mario(), "given_name", json!("")),
            "/person/given_name",
            "required",
        ),
        (
            with(
                mario(),
                "address",
                json!({"street": "Via Roma", "number": "1", "postal_code": "0184", "city": "Roma", "province": "RM"}),
            ),
            "/person/address/postal_code",
            "format",
        ),
        // r24: eleven digits are provisional or an entity's
        (
            person("Mario", "Rossi", "07643520567"),
            "/person/codice_fiscale",
            "format",
        ),
    ];
    for (person, pointer, code) in cases {
        let wrong = claimant.give_person(&person).await.wrong_fields();
        assert_eq!(wrong, fields(&[(pointer, code)]), "{person}");
    }
    let wrong = claimant
        .give_person(&with(mario(), "nickname", json!("x")))
        .await
        .wrong_fields();
    assert_eq!(wrong, fields(&[("/person/nickname", "unknown_field")]));
    assert_eq!(
        claimant.put_identity(&json!({})).await.wrong_fields(),
        fields(&[("/person", "required")])
    );
    assert_eq!(claimant.me().await["identity"], Value::Null);
    assert_eq!(
        app.number("SELECT count(*) FROM registered_persons").await,
        0
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r22_and_r27_omocodes_and_leading_zeros_are_kept() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("mario@example.org"))
        .await;
    let address = json!({"street": "Via Roma", "number": "1", "postal_code": "00184", "city": "Napoli", "province": "NA"});
    let omocode = with(
        person("Mario", "Rossi", "rssmra85c12h50mb"),
        "address",
        address,
    );
    let given = claimant.give_person(&omocode).await.expect(200);
    assert_eq!(
        given,
        json!({
            "claimant_id": claimant.id, "state": "confirmed", "missing": ["d", "e", "f", "g", "h", "i"], "warnings": [],
        })
    );
    let me = claimant.me().await;
    assert_eq!(
        me["identity"],
        json!({
            "kind": "person", "name": "Mario Rossi", "codice_fiscale": me["identity"]["codice_fiscale"], "city": "Napoli", "warnings": [],
        })
    );
    let masked = me["identity"]["codice_fiscale"].as_str().unwrap();
    assert!(
        masked.starts_with("RSS") && masked.ends_with("MB") && masked.contains('*'),
        "{masked}"
    );
    assert_eq!(
        app.rows("SELECT province FROM claimants").await,
        [[Some("NA".to_owned())]]
    );
    // two people whose codes differ by omocodia only are two people
    let twin = app.confirmed(&SignUpBuilder::new("twin@example.org")).await;
    twin.give_person(&mario()).await.expect(200);
    assert_eq!(
        app.number("SELECT count(*) FROM registered_persons").await,
        2
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r23_names_that_do_not_fit_warn_and_do_not_block() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("mario@example.org"))
        .await;
    let given = claimant
        .give_person(&person("Marco", "Rossi", "RSSMRA85C12H501J"))
        .await
        .expect(200);
    assert_eq!(given["warnings"], json!(["name_mismatch"]));
    assert_eq!(
        claimant.me().await["identity"]["warnings"],
        json!(["name_mismatch"])
    );
    // corrected: a new version, the warning is gone
    claimant.give_person(&mario()).await.expect(200);
    assert_eq!(claimant.me().await["identity"]["warnings"], json!([]));
    assert_eq!(app.number("SELECT count(*) FROM identities").await, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r24_entities_foreigners_and_provisional_codes_have_their_way() {
    let app = TestApp::seeded().await;
    let born_abroad = person("Ionut", "Popescu", "PPSNTI79E20Z129V");
    let provisional = json!({"given_name": "Ana", "family_name": "Silva", "codice_fiscale": "12345678903", "provisional": true, "birth_date": "1990-01-01"});
    let foreign = json!({"given_name": "Ana", "family_name": "Silva", "birth_date": "1990-01-01",
        "foreign_document": {"country": "BR", "kind": "passport", "number": "AB123"}});
    for (number, person) in [born_abroad, foreign].iter().enumerate() {
        let claimant = app
            .confirmed(&SignUpBuilder::new(&format!("p{number}@example.org")))
            .await;
        claimant.give_person(person).await.expect(200);
    }
    let claimant = app
        .confirmed(&SignUpBuilder::new("provisional@example.org"))
        .await;
    let answer = claimant.give_person(&provisional).await;
    if answer.status.is_success() {
        assert_eq!(answer.body["warnings"], json!(["provisional_code"]));
    } else {
        // the office of the made-up code is not one
        assert_eq!(answer.wrong_fields()[0].0, "/person/codice_fiscale");
        let right = with(provisional, "codice_fiscale", json!("07643520567"));
        assert_eq!(
            claimant.give_person(&right).await.expect(200)["warnings"],
            json!(["provisional_code"])
        );
    }

    let entity = json!({"name": "Bar Sport S.n.c.", "codice_fiscale": "07643520567",
        "address": {"street": "Via Roma", "number": "1", "postal_code": "00184", "city": "Roma", "province": "RM"},
        "legal_representative": mario()});
    let claimant = app.confirmed(&SignUpBuilder::new("bar@example.org")).await;
    claimant
        .put_identity(&json!({"entity": entity, "capacity": "self"}))
        .await
        .expect(422);
    claimant
        .put_identity(&json!({"entity": entity, "capacity": "legal_representative"}))
        .await
        .expect(200);
    assert_eq!(claimant.me().await["identity"]["kind"], "entity");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entity_given_with_the_sign_up_acts_by_its_representative() {
    let app = TestApp::seeded().await;
    let entity = json!({"name": "Bar Sport S.n.c.", "codice_fiscale": "07643520567",
        "address": {"street": "Via Roma", "number": "1", "postal_code": "00184", "city": "Roma", "province": "RM"},
        "legal_representative": mario()});
    let builder = SignUpBuilder::new("bar@example.org").with("/entity", entity);
    assert_eq!(
        app.confirmed(&builder).await.me().await["identity"]["kind"],
        "entity"
    );
    let capacity = app.rows("SELECT capacity FROM identities").await;
    assert_eq!(capacity, [[Some("legal_representative".to_owned())]]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_person_at_the_same_address_is_a_duplicate_and_the_first_record_opens() {
    let app = TestApp::seeded().await;
    let first = app
        .confirmed(&SignUpBuilder::new("mario@example.org"))
        .await;
    first.give_person(&mario()).await.expect(200);
    let second = app
        .confirmed(&SignUpBuilder::new("Mario@example.org").association("altroconsumo"))
        .await;
    let given = second.give_person(&mario()).await.expect(200);
    assert_eq!(given["claimant_id"], first.id.to_string());
    assert_eq!(given["state"], "confirmed");
    assert_eq!(second.me().await["id"], first.id.to_string());
    assert_eq!(second.me().await["association"], "codacons");
    let state = format!(
        "SELECT count(*) FROM claimants WHERE state = 'duplicate' AND id = '{}' AND duplicate_of = '{}'",
        second.id, first.id
    );
    assert_eq!(app.number(&state).await, 1);
    assert_eq!(
        app.number("SELECT count(*) FROM registered_persons").await,
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn identity_brought_along_makes_a_duplicate_at_confirmation() {
    let app = TestApp::seeded().await;
    let builder = SignUpBuilder::new("mario@example.org").with("/person", mario());
    let first = app.confirmed(&builder).await;
    let again = app.sign_up(&builder.key("again")).await;
    let opened = app.confirm(&again).await;
    // the first record opens, the second is closed
    assert_eq!((opened.id, opened.state.as_str()), (first.id, "confirmed"));
    assert_eq!(opened.me().await["id"], first.id.to_string());
    let closed = format!(
        "SELECT count(*) FROM claimants WHERE id = '{}' AND state = 'duplicate' AND duplicate_of = '{}'",
        again.id, first.id
    );
    assert_eq!(app.number(&closed).await, 1);
    assert_eq!(
        app.number("SELECT count(*) FROM registered_persons").await,
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_person_elsewhere_is_a_conflict_that_neither_sees_and_that_withdrawal_settles() {
    let app = TestApp::seeded().await;
    let first = app
        .confirmed(&SignUpBuilder::new("mario@example.org"))
        .await;
    let alone = first.give_person(&mario()).await.expect(200);
    let before = first.me().await;
    let second = app
        .confirmed(&SignUpBuilder::new("other@example.org").association("altroconsumo"))
        .await;
    let given = second.give_person(&mario()).await.expect(200);
    // nothing tells of the other
    assert_eq!(given["state"], alone["state"]);
    assert_eq!(given["warnings"], json!([]));
    assert_eq!(given["claimant_id"], second.id.to_string());
    assert_eq!(first.me().await, before);
    assert!(!second.me().await.to_string().contains("conflict"));
    let review = async |id: uuid::Uuid| {
        app.rows(&format!("SELECT review FROM claimants WHERE id = '{id}'"))
            .await[0][0]
            .clone()
            .unwrap()
    };
    assert_eq!(
        (review(first.id).await, review(second.id).await),
        ("none".to_owned(), "conflict".to_owned())
    );

    app.clock().advance(TimeDelta::seconds(1));
    let third = app
        .confirmed(&SignUpBuilder::new("third@example.org"))
        .await;
    third.give_person(&mario()).await.expect(200);
    let holder = async || {
        app.rows("SELECT claimant_id::text FROM registered_persons")
            .await
    };
    assert_eq!(holder().await, [[Some(first.id.to_string())]]);
    // the key goes to the oldest in conflict
    first.withdraw(&json!({})).await.expect(200);
    assert_eq!(holder().await, [[Some(second.id.to_string())]]);
    assert_eq!(
        (review(second.id).await, review(third.id).await),
        ("none".to_owned(), "conflict".to_owned())
    );
    second.erase().await.expect(200);
    assert_eq!(holder().await, [[Some(third.id.to_string())]]);
    assert_eq!(review(third.id).await, "none");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_identity_frees_the_key_of_the_wrong_one() {
    let app = TestApp::seeded().await;
    let one = app.confirmed(&SignUpBuilder::new("one@example.org")).await;
    one.give_person(&mario()).await.expect(200);
    let two = app.confirmed(&SignUpBuilder::new("two@example.org")).await;
    two.give_person(&mario()).await.expect(200);
    one.give_person(&anna()).await.expect(200);
    assert_eq!(
        app.number("SELECT count(*) FROM claimants WHERE review = 'conflict'")
            .await,
        0
    );
    assert_eq!(
        app.number("SELECT count(*) FROM registered_persons").await,
        2
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_of_32_at_once_for_one_person_one_is_registered_and_the_others_are_in_conflict() {
    let app = TestApp::seeded().await;
    let mut made = Vec::new();
    for number in 0..32 {
        made.push(
            app.sign_up(&SignUpBuilder::new(&format!("m{number}@example.org")))
                .await,
        );
    }
    app.run_outbox().await;
    let mut claimants = Vec::new();
    for one in &made {
        claimants.push(app.confirm(one).await);
    }
    let person = mario();
    for answer in join_all(
        claimants
            .iter()
            .map(|claimant| claimant.give_person(&person)),
    )
    .await
    {
        let body = answer.expect(200);
        assert_eq!(body["state"], "confirmed");
    }
    assert_eq!(
        app.number("SELECT count(*) FROM registered_persons").await,
        1
    );
    assert_eq!(
        app.number("SELECT count(*) FROM claimants WHERE review = 'conflict'")
            .await,
        31
    );
    assert_eq!(
        app.number("SELECT count(*) FROM conflicts WHERE settled_at IS NULL")
            .await,
        31
    );
    let holders = "SELECT count(*) FROM registered_persons p JOIN claimants c ON c.id = p.claimant_id WHERE c.review = 'none'";
    assert_eq!(app.number(holders).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r53_identity_is_given_to_a_confirmed_record_only() {
    let app = TestApp::seeded().await;
    let claimant = app
        .confirmed(&SignUpBuilder::new("mario@example.org"))
        .await;
    claimant.withdraw(&json!({})).await.expect(200);
    claimant
        .give_person(&mario())
        .await
        .expect_problem(409, "illegal-transition");
    app.stop().await;
}
