//! What waits for staff: every queue in figures, the way from one to the next, who works on it (DOMAIN 8.3); and
//! lists that are narrowed, letter by letter (R2).

use std::collections::BTreeSet;

use joinder::domain::claimant::ClaimantState;
use joinder::domain::ids::ClaimantId;
use joinder::domain::permission::Role;
use joinder::domain::readiness::Letter;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::TestApp;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{self, Claimant, SLUG, altroconsumo, case, codacons, get, person, post};

async fn bearer(app: &TestApp, role: Role) -> String {
    person(app, codacons(), role).await.bearer(app).await
}

async fn ask(app: &TestApp, bearer: &str, rest: &str) -> Value {
    let answer = get(app, &format!("/api/v1/staff/cases/{SLUG}/{rest}"), bearer).await;
    assert_eq!(answer.status(), StatusCode::OK, "{rest}");
    answer.json().await.unwrap()
}

/// A queue in figures.
async fn queue(app: &TestApp, bearer: &str, word: &str) -> Value {
    let all = ask(app, bearer, "queues").await;
    let items = all["items"].as_array().unwrap();
    let found = items.iter().find(|item| item["queue"] == word);
    found.cloned().unwrap_or(Value::Null)
}

async fn assign(app: &TestApp, bearer: &str, queue: &str, id: Uuid, body: Value) -> (u16, Value) {
    let path = format!("/api/v1/staff/cases/{SLUG}/queues/{queue}/items/{id}/assignment");
    let answer = post(app, &path, Some(bearer), &body).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Bare records of Codacons, numbered from `first`, with more columns.
async fn bare(app: &TestApp, (first, last): (u32, u32), state: &str, columns: &str, values: &str) {
    let confirmed = match state {
        "unconfirmed" | "to_assist" => "NULL",
        _ => "'2026-03-02T09:00:00Z'",
    };
    app.sql(&format!(
        "INSERT INTO claimants (id, association_id, case_id, state, language, contact_kind, contact_sealed, mailbox_count, \
           created_at, state_changed_at, confirmed_at{columns}) \
         SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, '{}', '{}', '{state}', 'it', 'email', '', 1, \
           '2026-03-01T09:00:00Z', '2026-03-02T09:00:00Z', {confirmed}{values} FROM generate_series({first}, {last}) n",
        codacons(),
        case()
    ))
    .await;
}

fn numbered(number: u32) -> Uuid {
    Uuid::parse_str(&format!("01900000-0000-7000-8000-{number:012x}")).unwrap()
}

fn ids(page: &Value) -> BTreeSet<Uuid> {
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|item| item["id"].as_str().unwrap().parse().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_queue_tells_how_many_wait_since_when_and_nobody_elses() {
    let app = staff_seed::start().await;
    let reviewer = bearer(&app, Role::Reviewer).await;
    for item in ask(&app, &reviewer, "queues").await["items"]
        .as_array()
        .unwrap()
    {
        assert_eq!(
            (&item["count"], &item["oldest"]),
            (&json!(0), &Value::Null),
            "{item}"
        );
    }
    bare(&app, (1, 2), "to_assist", "", "").await;
    bare(
        &app,
        (3, 3),
        "confirmed",
        ", unreachable_at",
        ", '2026-02-28T09:00:00Z'",
    )
    .await;
    bare(
        &app,
        (4, 4),
        "confirmed",
        ", declared_version, declared_flags",
        ", 1, '{not_restored}'",
    )
    .await;
    // the data of this one are only kept: on that list alone (R61)
    bare(
        &app,
        (5, 5),
        "confirmed",
        ", unreachable_at, restricted_at",
        ", now(), '2026-02-01Z'",
    )
    .await;
    app.sql(&format!(
        "INSERT INTO documents (claimant_id, id, association_id, number, kind, scan, added_by, created_at) VALUES \
           ('{0}', gen_random_uuid(), '{1}', 1, 'other', 'infected', 'claimant', '2026-02-27Z'); \
         INSERT INTO rights_requests (subject_id, id, association_id, case_id, kind, channel, received_at, received_on, due_on) VALUES \
           ('{0}', gen_random_uuid(), '{1}', '{2}', 'objection', 'letter', '2026-01-20Z', '2026-01-20', '2026-02-20'); \
         INSERT INTO exports (id, association_id, case_id, requested_by, format, clear, purpose, filter, state, created_at, expires_at) VALUES \
           (gen_random_uuid(), '{1}', '{2}', gen_random_uuid(), 'csv', true, 'x', '{{}}', 'awaiting_approval', '2026-03-01Z', '2036-03-01Z'); \
         INSERT INTO declarations (claimant_id, version, association_id, sealed, salt_sealed, template, document_sha256, total_cents, flags, created_at) VALUES \
           ('{3}', 1, '{1}', '', '', 'declaration/1', sha256('x'), 0, '{{not_restored}}', '2026-02-25Z')",
        numbered(3), codacons(), case(), numbered(4)
    )).await;
    for (word, count, oldest) in [
        ("to_assist", 2, "2026-03-01T09:00:00Z"),
        ("unreachable", 1, "2026-02-28T09:00:00Z"),
        ("restricted", 1, "2026-02-01T00:00:00Z"),
        ("document_rejected", 1, "2026-02-27T00:00:00Z"),
        ("not_restored", 1, "2026-02-25T00:00:00Z"),
        ("rights", 1, "2026-01-20T00:00:00Z"),
    ] {
        let found = queue(&app, &reviewer, word).await;
        assert_eq!(found["count"], count, "{word}");
        assert_eq!(found["oldest"], oldest, "{word}");
        assert_eq!(
            (&found["more"], &found["mine"], &found["free"]),
            (&json!(false), &json!(0), &json!(count)),
            "{word}"
        );
        if word != "rights" {
            let listed = ask(&app, &reviewer, &format!("claimants?queue={word}")).await;
            assert_eq!(listed["items"].as_array().unwrap().len(), count, "{word}");
        }
    }
    let rights = queue(&app, &reviewer, "rights").await;
    assert_eq!(
        (&rights["due_on"], &rights["overdue"]),
        (&json!("2026-02-20"), &json!(true))
    );
    // who may not decide about exports or look at papers does not see their queues
    assert_eq!(queue(&app, &reviewer, "exports").await, Value::Null);
    let manager = bearer(&app, Role::CaseManager).await;
    assert_eq!(queue(&app, &manager, "exports").await["count"], 1);
    let reader = bearer(&app, Role::Reader).await;
    assert_eq!(queue(&app, &reader, "paper").await, Value::Null);
    let others = person(&app, altroconsumo(), Role::Owner)
        .await
        .bearer(&app)
        .await;
    for item in ask(&app, &others, "queues").await["items"]
        .as_array()
        .unwrap()
    {
        assert_eq!(item["count"], 0, "{item}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_is_counted_up_to_999() {
    let app = staff_seed::start().await;
    let reader = bearer(&app, Role::Reader).await;
    for (from, until, count, more) in [(1, 999, 999, false), (1_000, 1_300, 999, true)] {
        let since = ", '2026-02-28T09:00:00Z'";
        bare(&app, (from, until), "confirmed", ", unreachable_at", since).await;
        let found = queue(&app, &reader, "unreachable").await;
        assert_eq!(
            (&found["count"], &found["more"]),
            (&json!(count), &json!(more))
        );
        assert_eq!(found["free"], 999);
    }
    app.stop().await;
}

/// An identity that does not fit for every record that has none.
async fn does_not_fit(app: &TestApp) {
    app.sql(
        "INSERT INTO identities (claimant_id, version, association_id, kind, capacity, sealed, warnings, given_by, \
           created_at, to_check_at) \
         SELECT id, 1, association_id, 'person', 'self', '', '{name_mismatch}', 'claimant', '2026-02-28T09:00:00Z', \
           '2026-02-28T09:00:00Z' \
         FROM claimants c WHERE NOT EXISTS (SELECT FROM identities i WHERE i.claimant_id = c.id)",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r23_identities_to_check_are_counted_and_paged_while_the_record_lives() {
    let app = staff_seed::start().await;
    let reader = bearer(&app, Role::Reader).await;
    let living = [
        "to_assist",
        "confirmed",
        "signed",
        "resign_required",
        "lodged",
    ];
    for (place, state) in (1_u32..).zip(living) {
        bare(&app, (place, place), state, "", "").await;
    }
    // one that is over is nobody's to look at, and one that nobody confirmed does not count yet
    for (place, state) in (20_u32..).zip(["unconfirmed", "withdrawn", "rejected", "restricted"]) {
        bare(&app, (place, place), state, "", "").await;
    }
    let only_kept = (", restricted_at", ", now()");
    bare(&app, (30, 30), "confirmed", only_kept.0, only_kept.1).await;
    does_not_fit(&app).await;
    bare(&app, (31, 31), "confirmed", "", "").await;
    let found = queue(&app, &reader, "identity_to_check").await;
    assert_eq!(
        (&found["count"], &found["more"], &found["oldest"]),
        (&json!(5), &json!(false), &json!("2026-02-28T09:00:00Z"))
    );
    let listed = ask(&app, &reader, "claimants?queue=identity_to_check").await;
    assert_eq!(ids(&listed), (1..=5).map(numbered).collect());
    let first = ask(&app, &reader, "claimants?queue=identity_to_check&limit=3").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = format!("claimants?queue=identity_to_check&limit=3&cursor={cursor}");
    let rest = ask(&app, &reader, &rest).await;
    assert_eq!((ids(&first).len(), ids(&rest).len()), (3, 2));
    let figures = ask(&app, &reader, "dashboard").await;
    let mut waits = figures["waiting"].as_array().unwrap().iter();
    let waits = waits.find(|line| line["list"] == "identity_to_check");
    // the figures of a case are of all who live, those whose data are only kept too
    assert_eq!(waits.unwrap()["count"], 6);
    bare(&app, (1_000, 2_300), "confirmed", "", "").await;
    does_not_fit(&app).await;
    let found = queue(&app, &reader, "identity_to_check").await;
    assert_eq!(
        (&found["count"], &found["more"], &found["free"]),
        (&json!(999), &json!(true), &json!(999))
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_one_is_the_one_after_that_no_colleague_has() {
    let app = staff_seed::start().await;
    bare(&app, (1, 4), "to_assist", "", "").await;
    let one = bearer(&app, Role::Reviewer).await;
    let two = bearer(&app, Role::CaseManager).await;
    let next = async |bearer: &str, after: Option<u32>| {
        let after = after
            .map(numbered)
            .map(|id| id.to_string())
            .unwrap_or_default();
        let found = ask(
            &app,
            bearer,
            &format!("queues/to_assist/next?after={after}"),
        )
        .await;
        let id = found["next"]["id"]
            .as_str()
            .map(|id| id.parse::<Uuid>().unwrap());
        id.and_then(|id| (1..=4).find(|number| numbered(*number) == id))
    };
    assert_eq!(next(&one, None).await, Some(1));
    let (status, _) = assign(
        &app,
        &two,
        "to_assist",
        numbered(2),
        json!({"to": "me", "from": null}),
    )
    .await;
    assert_eq!(status, 200);
    assert_eq!(
        next(&one, Some(1)).await,
        Some(3),
        "the second is a colleague's"
    );
    assert_eq!(next(&two, Some(1)).await, Some(2), "the own ones come");
    assert_eq!(
        next(&one, Some(4)).await,
        Some(1),
        "after the last it begins anew"
    );
    // worked off meanwhile: the way goes on from where it was
    app.sql(&format!(
        "UPDATE claimants SET state = 'withdrawn' WHERE id = '{}'",
        numbered(3)
    ))
    .await;
    assert_eq!(next(&one, Some(3)).await, Some(4));
    app.sql("UPDATE claimants SET state = 'withdrawn' WHERE state = 'to_assist'")
        .await;
    assert_eq!(next(&one, Some(4)).await, None);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r60_requests_about_data_follow_each_other_by_their_terms() {
    let app = staff_seed::start().await;
    bare(&app, (1, 1), "confirmed", "", "").await;
    for (number, due_on) in [(1, "2026-04-20"), (2, "2026-04-10"), (3, "2026-04-15")] {
        app.sql(&format!(
            "INSERT INTO rights_requests (subject_id, id, association_id, case_id, kind, channel, received_at, received_on, due_on) \
             VALUES ('{}', '{}', '{}', '{}', 'objection', 'letter', '2026-03-01Z', '2026-03-01', '{due_on}')",
            numbered(1), numbered(number), codacons(), case()
        ))
        .await;
    }
    let reviewer = bearer(&app, Role::Reviewer).await;
    let mut after = String::new();
    for expected in [2, 3, 1, 2] {
        let found = ask(
            &app,
            &reviewer,
            &format!("queues/rights/next?after={after}"),
        )
        .await;
        assert_eq!(
            found["next"]["id"],
            json!(numbered(expected)),
            "after {after}"
        );
        assert_eq!(found["next"]["subject"], json!(numbered(1)));
        after = numbered(expected).to_string();
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_assign_at_once_one_is_told_who_has_it() {
    let app = staff_seed::start().await;
    bare(&app, (1, 1), "to_assist", "", "").await;
    let id = numbered(1);
    let reviewer = person(&app, codacons(), Role::Reviewer).await;
    let manager = person(&app, codacons(), Role::CaseManager).await;
    let (one, two) = (reviewer.bearer(&app).await, manager.bearer(&app).await);
    let to_stay = || json!({"to": "me", "from": null, "due_on": "2026-03-20"});
    let (first, second) = tokio::join!(
        assign(&app, &one, "to_assist", id, to_stay()),
        assign(&app, &two, "to_assist", id, to_stay()),
    );
    let (lost, won) = if first.0 == 200 {
        (second, first)
    } else {
        (first, second)
    };
    assert_eq!((won.0, lost.0), (200, 409));
    assert_eq!(lost.1["type"], "/problems/taken");
    let holder = won.1["holder"]["name"].as_str().unwrap();
    assert!(
        lost.1["detail"].as_str().unwrap().contains(holder),
        "{}",
        lost.1
    );
    assert_eq!(won.1["holder"]["due_on"], "2026-03-20");
    let audited = "SELECT count(*) FROM audit WHERE action = 'assign'";
    assert_eq!(app.number(audited).await, 1);

    let held = won.1["holder"]["id"].clone();
    let to = reviewer.id.to_string();
    let (status, given) =
        assign(&app, &two, "to_assist", id, json!({"to": to, "from": held})).await;
    assert_eq!((status, &given["holder"]["id"]), (200, &json!(to)));
    let mine = queue(&app, &one, "to_assist").await;
    assert_eq!((&mine["mine"], &mine["free"]), (&json!(1), &json!(0)));
    let listed = ask(&app, &one, "claimants?queue=to_assist&whose=me").await;
    assert_eq!(listed["items"][0]["assigned"]["id"], to);
    assert!(ids(&ask(&app, &one, "claimants?queue=to_assist&whose=nobody").await).is_empty());
    assert!(ids(&ask(&app, &two, "claimants?whose=me").await).is_empty());
    let (status, free) = assign(&app, &one, "to_assist", id, json!({"to": null, "from": to})).await;
    assert_eq!((status, &free["holder"]), (200, &Value::Null));
    assert_eq!(
        ids(&ask(&app, &two, "claimants?queue=to_assist&whose=nobody").await).len(),
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_given_only_to_who_works_on_queues_of_the_own_association() {
    let app = staff_seed::start().await;
    bare(&app, (1, 1), "to_assist", "", "").await;
    let (own, owner) = (numbered(1), person(&app, codacons(), Role::Owner).await);
    let reader = person(&app, codacons(), Role::Reader).await;
    let other = person(&app, altroconsumo(), Role::Owner).await;
    let bearer = owner.bearer(&app).await;
    let nobody = Uuid::nil().to_string();
    for to in [
        reader.id.to_string(),
        other.id.to_string(),
        nobody,
        "all".to_owned(),
    ] {
        let (status, problem) = assign(&app, &bearer, "to_assist", own, json!({"to": to})).await;
        assert_eq!(status, 422, "{to}");
        assert_eq!(problem["errors"][0]["pointer"], "/to");
    }
    for day in ["2026-03-01", "2028-01-01"] {
        let body = json!({"to": "me", "due_on": day});
        let (status, problem) = assign(&app, &bearer, "to_assist", own, body).await;
        assert_eq!(
            (status, &problem["errors"][0]["pointer"]),
            (422, &json!("/due_on"))
        );
    }
    let theirs = other.bearer(&app).await;
    for queue in ["to_assist", "rights", "scam_reports", "exports"] {
        let (status, _) = assign(&app, &theirs, queue, own, json!({"to": "me"})).await;
        assert_eq!(status, 404, "{queue}");
    }
    let (status, _) = assign(&app, &bearer, "everybody", own, json!({"to": "me"})).await;
    assert_eq!(status, 404);
    assert_eq!(app.number("SELECT count(*) FROM assignments").await, 0);
    app.stop().await;
}

/// Every state with and without identity and account, as the database allows them.
async fn mixed(app: &TestApp) {
    let mut number = 100;
    for state in ClaimantState::ALL {
        let duplicate = if state == ClaimantState::Duplicate {
            "gen_random_uuid()"
        } else {
            "NULL"
        };
        for identity in ["NULL", "'2026-03-02Z'"] {
            for payout in ["NULL", "'2026-03-02Z'"] {
                for review in ["none", "conflict"] {
                    let values = format!(", {identity}, {payout}, '{review}', {duplicate}");
                    let columns = ", identity_at, payout_at, review, duplicate_of";
                    bare(app, (number, number), state.as_str(), columns, &values).await;
                    number += 1;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_what_is_counted_and_listed_by_letter_is_what_each_record_lacks() {
    let app = staff_seed::start().await;
    mixed(&app).await;
    let reader = bearer(&app, Role::Reader).await;
    let everybody = ask(&app, &reader, "claimants?limit=200").await;
    let all = everybody["items"].as_array().unwrap();
    assert_eq!(all.len(), ClaimantState::ALL.len() * 8);
    let active = ask(&app, &reader, "claimants?limit=200&state=active").await;
    let worked_on: Vec<&Value> = all
        .iter()
        .filter(|item| {
            ClaimantState::parse(item["state"].as_str().unwrap())
                .unwrap()
                .counts()
        })
        .collect();
    let id = |item: &Value| item["id"].as_str().unwrap().parse::<Uuid>().unwrap();
    assert_eq!(
        ids(&active),
        worked_on.iter().map(|item| id(item)).collect()
    );
    let figures = ask(&app, &reader, "dashboard").await["completeness"].clone();
    assert_eq!(figures["records"], worked_on.len());
    let ready = worked_on
        .iter()
        .filter(|item| item["ready"] == true)
        .count();
    assert!(ready > 0);
    assert_eq!(figures["ready"], ready);
    for letter in Letter::ALL.map(|letter| letter.as_char().to_string()) {
        let lacks = |item: &&Value| item["missing"].as_array().unwrap().contains(&json!(letter));
        // letters a) and l) lack in the case, and so in every record
        let of_case = matches!(letter.as_str(), "a" | "l");
        let listed = ask(
            &app,
            &reader,
            &format!("claimants?limit=200&missing={letter}"),
        )
        .await;
        let expected: BTreeSet<Uuid> = all
            .iter()
            .filter(|item| of_case || lacks(item))
            .map(id)
            .collect();
        assert_eq!(ids(&listed), expected, "{letter}");
        let expected = worked_on
            .iter()
            .filter(|item| of_case || lacks(item))
            .count();
        let counted = figures["letters"].as_array().unwrap().iter();
        let counted = counted
            .clone()
            .find(|line| line["letter"] == letter.as_str())
            .unwrap();
        assert_eq!(counted["missing"], expected, "{letter}");
        let listed = ask(
            &app,
            &reader,
            &format!("claimants?limit=200&state=active&missing={letter}"),
        )
        .await;
        assert_eq!(ids(&listed).len(), expected, "{letter}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_narrowed_by_each_column_and_by_all_of_them() {
    let app = staff_seed::start().await;
    let columns = ", province, declared_cents, review";
    bare(&app, (1, 1), "confirmed", columns, ", 'RM', 10000, 'none'").await;
    bare(
        &app,
        (2, 2),
        "confirmed",
        columns,
        ", 'MI', 50000, 'conflict'",
    )
    .await;
    bare(
        &app,
        (3, 3),
        "unconfirmed",
        columns,
        ", NULL, NULL, 'quarantined'",
    )
    .await;
    app.sql(&format!(
        "UPDATE claimants SET created_at = '2026-02-28T22:59:00Z' WHERE id = '{}'; \
         INSERT INTO mailboxes (claimant_id, id, association_id, domain, treatment, sealed, created_at) VALUES \
           ('{}', gen_random_uuid(), '{}', 'libero.it', 'in_scope', '', now())",
        numbered(1), numbered(2), codacons()
    )).await;
    let reader = bearer(&app, Role::Reader).await;
    let found = async |query: &str| -> Vec<u32> {
        let page = ask(&app, &reader, &format!("claimants?{query}")).await;
        let found = ids(&page);
        (1..=3)
            .filter(|number| found.contains(&numbered(*number)))
            .collect()
    };
    for (query, numbers) in [
        ("", vec![1, 2, 3]),
        ("province=rm", vec![1]),
        ("province=roma", vec![1]),
        ("review=none", vec![1]),
        ("review=conflict", vec![2]),
        ("review=quarantined", vec![3]),
        ("domain=libero.it", vec![2]),
        ("domain=virgilio.it", vec![]),
        // the last minute of February in Rome is the 28th at 22.59 UTC
        ("until=2026-02-28", vec![1]),
        ("from=2026-03-01", vec![2, 3]),
        ("from=2026-02-28&until=2026-03-01", vec![1, 2, 3]),
        ("least=100&most=499", vec![1]),
        ("least=101", vec![2]),
        ("most=99", vec![]),
        ("tier=otp", vec![]),
        ("whose=nobody", vec![1, 2, 3]),
        ("whose=me", vec![]),
        (
            "state=active&province=MI&least=500&domain=libero.it&review=conflict&missing=b",
            vec![2],
        ),
    ] {
        assert_eq!(found(query).await, numbers, "{query}");
    }
    for query in [
        "province=romagna",
        "tier=stamp",
        "from=ieri",
        "least=x",
        "review=all",
        "whose=her",
    ] {
        let path = format!("/api/v1/staff/cases/{SLUG}/claimants?{query}");
        assert_eq!(get(&app, &path, &reader).await.status(), 422, "{query}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p10_a_search_that_no_index_helps_reads_a_bounded_number_of_records() {
    let app = staff_seed::start().await;
    bare(
        &app,
        (1, 100_500),
        "confirmed",
        ", province",
        ", CASE WHEN n = 7 THEN 'AO' ELSE 'RM' END",
    )
    .await;
    app.sql("ANALYZE claimants").await;
    let reader = bearer(&app, Role::Reader).await;
    let first = ask(&app, &reader, "claimants?province=AO").await;
    assert_eq!(
        (&first["items"], &first["unfinished"]),
        (&json!([]), &json!(true))
    );
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = ask(
        &app,
        &reader,
        &format!("claimants?province=AO&cursor={cursor}"),
    )
    .await;
    assert_eq!(ids(&second), BTreeSet::from([numbered(7)]));
    assert_eq!(
        (&second["next_cursor"], &second["unfinished"]),
        (&Value::Null, &json!(false))
    );
    let (mut seen, mut cursor) = (0, String::new());
    for _ in 0..3 {
        let page = ask(
            &app,
            &reader,
            &format!("claimants?province=RM&limit=100&cursor={cursor}"),
        )
        .await;
        assert_eq!(page["unfinished"], false);
        seen += page["items"].as_array().unwrap().len();
        page["next_cursor"]
            .as_str()
            .unwrap()
            .clone_into(&mut cursor);
    }
    assert_eq!(seen, 300);
    for query in [
        "queues",
        "claimants?queue=unreachable",
        "claimants?province=AO",
        "dashboard",
    ] {
        let started = std::time::Instant::now();
        ask(&app, &reader, query).await;
        eprintln!("{query}: {:?} at 100,500 records", started.elapsed());
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_console_an_exception_is_two_keys_from_the_next() {
    let app = staff_seed::start().await;
    let [first, second]: [ClaimantId; 2] = [
        Claimant::maria().insert(&app).await,
        Claimant::maria().insert(&app).await,
    ];
    app.sql("UPDATE claimants SET review = 'quarantined'").await;
    let browser = app.browser();
    sign_in(
        &app,
        &browser,
        &person(&app, codacons(), Role::Reviewer).await,
    )
    .await;
    let queues = format!("/console/cases/{SLUG}/queues");
    let (_, page) = open(&app, &browser, &queues).await;
    let start = format!("{queues}/quarantined/begin");
    assert!(page.contains(&format!("action=\"{start}\"")), "{page}");
    // to look begins nothing
    let look = format!("{queues}/quarantined/next");
    let opened = browser.get(app.url(&look)).send().await.unwrap();
    let item = format!("/console/claimants/{first}?queue=quarantined");
    assert_eq!(place(&opened), item);
    assert_eq!(app.number("SELECT count(*) FROM assignments").await, 0);
    let (_, one) = open(&app, &browser, &item).await;
    assert!(one.contains("Non l’ha ancora presa nessuno."));
    let token = csrf(&one).to_owned();
    let take = format!("{queues}/quarantined/items/{first}/assignment");
    let late = send(
        &app,
        &browser,
        &take,
        &[
            ("csrf", &token),
            ("to", "me"),
            ("from", ""),
            ("due_on", "2020-01-01"),
        ],
    )
    .await;
    assert_eq!(late.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let late = late.text().await.unwrap();
    assert!(
        late.contains("id=\"due_on-error\"") && late.contains("value=\"2020-01-01\""),
        "{late}"
    );
    assert!(late.contains(&format!("action=\"{take}\"")), "{late}");
    let taken = send(
        &app,
        &browser,
        &take,
        &[("csrf", &token), ("to", "me"), ("from", "")],
    )
    .await;
    assert_eq!(place(&taken), item);
    assert!(
        open(&app, &browser, &item)
            .await
            .1
            .contains("L’hai presa tu.")
    );
    let again = send(
        &app,
        &browser,
        &take,
        &[("csrf", &token), ("to", "me"), ("from", "")],
    )
    .await;
    assert_eq!(again.status(), StatusCode::CONFLICT);
    assert!(again.text().await.unwrap().contains("Nome reviewer"));

    let end = format!("/console/claimants/{first}/quarantine-end?queue=quarantined");
    assert!(one.contains(&format!("action=\"{end}\"")));
    let ended = send(
        &app,
        &browser,
        &end,
        &[("csrf", &token), ("reason", "Ha chiamato")],
    )
    .await;
    assert_eq!(place(&ended), item, "back on the way");
    let (_, done) = open(&app, &browser, &item).await;
    assert!(done.contains("non aspetta più in questa coda"));
    assert!(done.contains(&format!("action=\"{start}\"")), "{done}");
    let on = async |after: ClaimantId| {
        let after = after.to_string();
        let fields = [("csrf", token.as_str()), ("after", after.as_str())];
        send(&app, &browser, &start, &fields).await
    };
    let next = format!("/console/claimants/{second}?queue=quarantined");
    assert_eq!(place(&on(first).await), next);
    let (_, begun) = open(&app, &browser, &next).await;
    assert!(begun.contains("L’hai presa tu. Da: "), "{begun}");
    let (_, listed) = open(&app, &browser, &queues).await;
    assert!(listed.contains("Presa da Nome reviewer: "), "{listed}");
    let holder = format!("SELECT staff_id FROM assignments WHERE subject_id = '{second}'");
    let who = app.rows(&holder).await[0][0].clone().unwrap();
    let back = format!("{queues}/quarantined/items/{second}/assignment");
    let fields = [("csrf", token.as_str()), ("to", ""), ("from", who.as_str())];
    assert_eq!(place(&send(&app, &browser, &back, &fields).await), next);
    let (_, free) = open(&app, &browser, &next).await;
    assert!(free.contains("Non l’ha ancora presa nessuno."), "{free}");
    assert_eq!(
        place(&on(second).await),
        format!("{queues}?done=quarantined")
    );
    app.stop().await;
}

async fn begin(app: &TestApp, bearer: &str, queue: &str, after: Option<u32>) -> Option<u32> {
    let path = format!("/api/v1/staff/cases/{SLUG}/queues/{queue}/begin");
    let body = json!({"after": after.map(numbered)});
    let answer = post(app, &path, Some(bearer), &body).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let begun: Value = answer.json().await.unwrap();
    let id: Option<Uuid> = begun["next"]["id"].as_str().map(|id| id.parse().unwrap());
    id.and_then(|id| (1..=100).find(|number| numbered(*number) == id))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_begin_at_once_never_get_the_same_item() {
    let app = staff_seed::start().await;
    bare(&app, (1, 8), "to_assist", "", "").await;
    let mut bearers = Vec::new();
    for role in [Role::Reviewer, Role::CaseManager, Role::Payout, Role::Owner] {
        bearers.push(bearer(&app, role).await);
    }
    for round in 1..=5 {
        let begun = tokio::join!(
            begin(&app, &bearers[0], "to_assist", None),
            begin(&app, &bearers[1], "to_assist", None),
            begin(&app, &bearers[2], "to_assist", None),
            begin(&app, &bearers[3], "to_assist", None),
        );
        let all = [begun.0, begun.1, begun.2, begun.3];
        let different: BTreeSet<u32> = all.iter().copied().flatten().collect();
        assert_eq!(different.len(), 4, "round {round}: {all:?}");
        // one in hand of each, whatever they had before
        assert_eq!(app.number("SELECT count(*) FROM assignments").await, 4);
    }
    let seen = queue(&app, &bearers[0], "to_assist").await;
    assert_eq!((&seen["mine"], &seen["free"]), (&json!(1), &json!(4)));
    let in_hand = seen["in_hand"].as_array().unwrap();
    assert_eq!(in_hand.len(), 4);
    assert!(in_hand.iter().all(|item| item["holder"]["name"] != ""));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_on_keeps_in_hand_what_still_waits() {
    let app = staff_seed::start().await;
    bare(&app, (1, 3), "to_assist", "", "").await;
    let one = bearer(&app, Role::Reviewer).await;
    let two = bearer(&app, Role::CaseManager).await;
    assert_eq!(begin(&app, &one, "to_assist", None).await, Some(1));
    assert_eq!(begin(&app, &one, "to_assist", Some(1)).await, Some(2));
    let seen = queue(&app, &one, "to_assist").await;
    assert_eq!((&seen["mine"], &seen["free"]), (&json!(2), &json!(1)));
    let others = begin(&app, &two, "to_assist", None).await;
    assert_eq!(others, Some(3), "neither of the two was let go");
    // what is worked off is, and the way leads back to what is not
    app.sql(&format!(
        "UPDATE claimants SET state = 'withdrawn' WHERE id = '{}'",
        numbered(2)
    ))
    .await;
    assert_eq!(begin(&app, &one, "to_assist", Some(2)).await, Some(1));
    let held = format!(
        "SELECT count(*) FROM assignments WHERE subject_id = '{}'",
        numbered(2)
    );
    assert_eq!(app.number(&held).await, 0);
    // nothing else waits, and the one stays
    assert_eq!(begin(&app, &one, "to_assist", Some(1)).await, None);
    assert_eq!(queue(&app, &one, "to_assist").await["mine"], 1);
    app.clock().advance(chrono::TimeDelta::minutes(31));
    let other = bearer(&app, Role::Owner).await;
    let taken = begin(&app, &other, "to_assist", None).await;
    assert_eq!(taken, Some(1), "nobody keeps it for ever");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_begun_is_in_hand_for_30_minutes_renewed_by_deciding_and_given_back() {
    let app = staff_seed::start().await;
    let waiting = Claimant {
        state: ClaimantState::ToAssist,
        ..Claimant::maria()
    };
    let first = waiting.insert(&app).await;
    app.sql("UPDATE claimants SET review = 'quarantined'").await;
    let owner = person(&app, codacons(), Role::Owner).await;
    let colleague = person(&app, codacons(), Role::CaseManager).await;
    let (one, two) = (owner.bearer(&app).await, colleague.bearer(&app).await);
    let path = format!("/api/v1/staff/cases/{SLUG}/queues/to_assist/begin");
    let begin = async |bearer: &str| {
        let answer = post(&app, &path, Some(bearer), &json!({})).await;
        let begun: Value = answer.json().await.unwrap();
        begun["next"]["id"].as_str().map(str::to_owned)
    };
    let id = first.to_string();
    assert_eq!(begin(&one).await, Some(id.clone()));
    assert_eq!(begin(&two).await, None, "a colleague has it in hand");
    app.clock().advance(chrono::TimeDelta::minutes(28));
    let (one, two) = (owner.bearer(&app).await, colleague.bearer(&app).await);
    assert_eq!(begin(&two).await, None);
    // to look renews nothing, a decision about the record does
    let renewed =
        "SELECT count(*) FROM assignments WHERE lease_until > assigned_at + interval '31 minutes'";
    let record = format!("/api/v1/staff/claimants/{first}");
    assert_eq!(get(&app, &record, &one).await.status(), StatusCode::OK);
    assert_eq!(app.number(renewed).await, 0);
    let (end, why) = (
        format!("{record}/quarantine-end"),
        json!({"reason": "Ha chiamato"}),
    );
    let ended = post(&app, &end, Some(&one), &why).await;
    assert!(ended.status().is_success(), "{}", ended.status());
    assert_eq!(app.number(renewed).await, 1);
    app.clock().advance(chrono::TimeDelta::minutes(28));
    let two = colleague.bearer(&app).await;
    assert_eq!(begin(&two).await, None, "still in hand");
    app.clock().advance(chrono::TimeDelta::minutes(3));
    let two_again = colleague.bearer(&app).await;
    let free = queue(&app, &two_again, "to_assist").await;
    assert_eq!((&free["free"], &free["in_hand"]), (&json!(1), &json!([])));
    assert_eq!(begin(&two_again).await, Some(id.clone()), "it was over");
    // given back by hand
    let back = json!({"to": null, "from": colleague.id});
    let (status, _) = assign(&app, &two_again, "to_assist", first.uuid(), back).await;
    assert_eq!(status, 200);
    assert_eq!(app.number("SELECT count(*) FROM assignments").await, 0);
    // what is assigned to stay does not end, and is nobody else's to begin
    let stays = json!({"to": "me", "from": null});
    let (status, kept) = assign(&app, &two_again, "to_assist", first.uuid(), stays).await;
    assert_eq!((status, &kept["holder"]["until"]), (200, &Value::Null));
    app.clock().advance(chrono::TimeDelta::hours(2));
    let other = bearer(&app, Role::Reviewer).await;
    assert_eq!(begin(&other).await, None);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_are_not_begun_and_who_only_reads_begins_nothing() {
    let app = staff_seed::start().await;
    let manager = bearer(&app, Role::CaseManager).await;
    let path = format!("/api/v1/staff/cases/{SLUG}/queues/exports/begin");
    let refused = post(&app, &path, Some(&manager), &json!({})).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let reader = bearer(&app, Role::Reader).await;
    bare(&app, (1, 1), "to_assist", "", "").await;
    let path = format!("/api/v1/staff/cases/{SLUG}/queues/to_assist/begin");
    let refused = post(&app, &path, Some(&reader), &json!({})).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let browser = app.browser();
    let auditor = person(&app, codacons(), Role::Auditor).await;
    sign_in(&app, &browser, &auditor).await;
    let (_, page) = open(&app, &browser, &format!("/console/cases/{SLUG}/queues")).await;
    assert!(page.contains("Guarda"), "{page}");
    assert!(!page.contains("/to_assist/begin"), "{page}");
    assert_eq!(app.number("SELECT count(*) FROM assignments").await, 0);
    app.stop().await;
}
