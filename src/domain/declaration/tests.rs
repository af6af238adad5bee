//! What a declaration may say, what it adds up to, and what changed in it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{super::field::FieldCode, *};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn mailbox(address: &str, is_alias: bool) -> DeclarableMailbox {
    DeclarableMailbox {
        address: MailboxAddress::parse(address).unwrap(),
        plan: Some("libero-free".to_owned()),
        is_alias,
    }
}

fn incident(slug: &str, first: &str, last: Option<&str>) -> IncidentRule {
    IncidentRule {
        slug: slug.to_owned(),
        name: format!("Disservizio {slug}"),
        first_day: day(first),
        last_day: last.map(day),
        accept_from: day("2023-01-22"),
        accept_until: day("2023-02-03"),
    }
}

fn rules() -> DeclarationRules {
    let plan = |code: &str, paid| PlanRule {
        code: code.to_owned(),
        name: code.to_uppercase(),
        paid,
    };
    DeclarationRules {
        documents: Vec::new(),
        today: day("2026-11-22"),
        incidents: vec![
            incident("gennaio-2023", "2023-01-23", Some("2023-01-28")),
            incident("in-corso", "2026-11-20", None),
        ],
        plans: vec![
            plan("libero-free", false),
            plan("libero-plus", true),
            PlanRule::unknown(),
        ],
        mailboxes: vec![
            mailbox("mario@libero.it", false),
            mailbox("ditta@virgilio.it", false),
            mailbox("mario.alias@libero.it", true),
        ],
    }
}

/// The least that is accepted: one mailbox, one incident, no item told.
fn least() -> Value {
    json!({
        "mailboxes": [{"address": "Mario@Libero.it", "incidents": [{
            "slug": "gennaio-2023", "plan": "libero-free", "use": "private",
            "compensation_received": "none",
        }]}],
        "other_claims": false,
        "already_compensated": false,
    })
}

/// Everything that can be told, two mailboxes.
fn most() -> Value {
    json!({
        "mailboxes": [
            {"address": "mario@libero.it", "incidents": [{
                "slug": "gennaio-2023", "plan": "libero-plus",
                "unavailable_from": "2023-01-22", "unavailable_until": "2023-01-28",
                "use": ["work", "private", "work"], "last_use": "2023-01-22",
                "fee_paid_cents": 1999, "compensation_received": "free_months",
                "compensation_note": "6 mesi", "holder": false, "holder_note": "Era di mio padre",
                "restored": true, "late_mail": true,
                "items": [
                    {"head": "flat_rate", "document_ids": []},
                    {"head": "lost_income", "amount_cents": 120_000, "description": "Ordine perso"},
                    {"head": "fee_refund", "amount_cents": 33},
                ],
            }]},
            {"address": "ditta@virgilio.it", "incidents": [{
                "slug": "gennaio-2023", "plan": "libero-free", "use": "work",
                "compensation_received": "extra_space",
                "items": [{"head": "lost_mail", "amount_cents": 0}],
            }]},
        ],
        "narrative": "Primo giorno.\r\nSecondo giorno.",
        "complaint": {"where": "respondent", "reference": "ticket 12", "date": "2023-01-26",
            "answer": "rejected", "text": "Nulla è dovuto"},
        "other_claims": [{"where": "court", "reference": "RG 12/2024", "amount_cents": 30_000}],
        "already_compensated": true,
        "contract_version": "2012-06-18", "contract_clause": "6.1", "member_number": "A 123",
    })
}

fn read(input: Value) -> Result<Declaration, FieldErrors> {
    Declaration::parse(&serde_json::from_value(input).unwrap(), &rules())
}

fn with(mut input: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match input.pointer_mut(parent).unwrap() {
        Value::Object(fields) => drop(fields.insert(name.to_owned(), value)),
        Value::Array(list) => list[name.parse::<usize>().unwrap()] = value,
        other => panic!("{parent} is {other}"),
    }
    input
}

/// The one line of a declaration made of [`least`] with this change.
fn line(field: &str, value: Value) -> Result<DeclaredIncident, FieldErrors> {
    let pointer = format!("/mailboxes/0/incidents/0/{field}");
    let declaration = read(with(least(), &pointer, value))?;
    Ok(declaration.lines().next().unwrap().1.clone())
}

fn wrong(input: Value) -> Vec<(String, &'static str)> {
    let errors = read(input).unwrap_err();
    errors
        .iter()
        .map(|error| (error.pointer.clone(), error.code.as_str()))
        .collect()
}

const LINE: &str = "/mailboxes/0/incidents/0";

#[test]
fn r33_without_days_the_whole_outage_is_meant() {
    let declaration = read(least()).unwrap();
    let (address, line) = declaration.lines().next().unwrap();
    assert_eq!(address.as_str(), "mario@libero.it");
    assert_eq!(
        (line.unavailable_from(), line.unavailable_until()),
        (day("2023-01-23"), day("2023-01-28"))
    );
    assert_eq!(line.days(), 6);
    assert_eq!(
        (line.name(), line.plan_name()),
        ("Disservizio gennaio-2023", "LIBERO-FREE")
    );
    assert!(line.holder() && line.restored() && !line.late_mail());
    assert_eq!(declaration.flags(), []);
    let one = with(
        least(),
        &format!("{LINE}/unavailable_from"),
        json!("2023-01-28"),
    );
    let one = with(
        one,
        &format!("{LINE}/unavailable_until"),
        json!("2023-01-28"),
    );
    assert_eq!(read(one).unwrap().lines().next().unwrap().1.days(), 1);
}

#[test]
fn r33_an_outage_that_runs_counts_until_today_and_is_not_restored() {
    let declaration = read(with(least(), &format!("{LINE}/slug"), json!("in-corso"))).unwrap();
    let line = declaration.lines().next().unwrap().1;
    assert_eq!((line.days(), line.restored()), (3, false));
    assert!(declaration.flags().contains(&DeclarationFlag::NotRestored));
}

#[test]
fn r36_without_items_a_flat_rate_is_asked_for() {
    let declaration = read(least()).unwrap();
    let items = declaration.lines().next().unwrap().1.items();
    assert_eq!(items.len(), 1);
    assert_eq!(
        (items[0].head().as_str(), items[0].amount_cents()),
        ("flat_rate", None)
    );
    assert!(items[0].document_ids().is_empty(), "nessun documento");
    assert_eq!(declaration.total_cents(), 0);
}

#[test]
fn r31_r36_amounts_add_up_over_mailboxes_and_incidents() {
    let declaration = read(most()).unwrap();
    assert_eq!(declaration.total_cents(), 120_033);
    let keys = declaration.mailbox_keys();
    let keys: Vec<_> = keys
        .iter()
        .map(|(slug, it)| (slug.as_str(), it.as_str()))
        .collect();
    assert_eq!(
        keys,
        [
            ("gennaio-2023", "mario@libero.it"),
            ("gennaio-2023", "ditta@virgilio.it")
        ]
    );
    assert_eq!(
        declaration.narrative(),
        Some("Primo giorno.\nSecondo giorno.")
    );
    assert_eq!(declaration.member_number(), Some("A 123"));
    let line = declaration.lines().next().unwrap().1;
    assert_eq!(line.used_for(), [Use::Private, Use::Work]);
    assert_eq!((line.days(), line.holder()), (7, false));
}

#[test]
fn r35_what_was_received_is_asked_and_never_reduces_the_claim() {
    let asked = with(
        most(),
        &format!("{LINE}/compensation_received"),
        json!("other"),
    );
    assert_eq!(read(asked).unwrap().total_cents(), 120_033);
    let pointer = format!("{LINE}/compensation_received");
    assert_eq!(
        wrong(with(least(), &pointer, json!(null))),
        [(pointer.clone(), "required")]
    );
    assert_eq!(
        wrong(with(least(), &pointer, json!("money"))),
        [(pointer, "unknown_value")]
    );
}

#[test]
fn r34_the_plan_is_required_the_free_one_is_no_ground_of_refusal() {
    let pointer = format!("{LINE}/plan");
    for (plan, code) in [
        (json!(null), "required"),
        (json!("  "), "required"),
        (json!("gold"), "unknown_value"),
    ] {
        assert_eq!(
            wrong(with(least(), &pointer, plan)),
            [(pointer.clone(), code)]
        );
    }
    assert!(read(least()).is_ok());
    // nobody has to guess
    let forgotten = read(with(least(), &pointer, json!(PlanRule::UNKNOWN))).unwrap();
    assert_eq!(forgotten.flags(), []);
    let paid = read(with(least(), &pointer, json!("libero-plus"))).unwrap();
    assert_eq!(paid.flags(), [DeclarationFlag::PaidPlanProof]);
}

#[test]
fn r32_a_window_outside_the_accepted_range_is_accepted_and_flagged() {
    for (from, until, flagged) in [
        ("2023-01-22", "2023-02-03", false),
        ("2023-01-21", "2023-01-28", true),
        ("2023-01-23", "2023-02-04", true),
        ("2024-05-01", "2024-05-02", true),
    ] {
        let input = with(least(), &format!("{LINE}/unavailable_from"), json!(from));
        let input = with(input, &format!("{LINE}/unavailable_until"), json!(until));
        let flags = read(input).unwrap().flags();
        assert_eq!(
            flags.contains(&DeclarationFlag::OutsideWindow),
            flagged,
            "{from}"
        );
    }
}

#[test]
fn r32_a_window_that_makes_no_sense_is_refused() {
    let from_at = format!("{LINE}/unavailable_from");
    let until_at = format!("{LINE}/unavailable_until");
    for (from, until, pointer, code) in [
        (
            json!("2023-01-28"),
            json!("2023-01-27"),
            &until_at,
            "out_of_range",
        ),
        (json!("2023-01-28"), json!(null), &until_at, "required"),
        (json!(null), json!("2023-01-28"), &from_at, "required"),
        (json!("2023-02-30"), json!("2023-03-01"), &from_at, "format"),
        (json!("23-01-2023"), json!("2023-03-01"), &from_at, "format"),
        (json!("2023-1-23"), json!("2023-03-01"), &from_at, "format"),
        (
            json!("0023-01-23"),
            json!("2023-01-28"),
            &from_at,
            "out_of_range",
        ),
        (
            json!("2026-11-22"),
            json!("2026-11-23"),
            &until_at,
            "out_of_range",
        ),
    ] {
        let input = with(with(least(), &from_at, from.clone()), &until_at, until);
        assert_eq!(wrong(input), [(pointer.clone(), code)], "{from}");
    }
}

#[test]
fn r32_the_last_use_is_not_after_the_outage() {
    let pointer = format!("{LINE}/last_use");
    assert!(line("last_use", json!("2023-01-28")).is_ok());
    for value in ["2023-01-29", "2026-11-23"] {
        assert_eq!(
            wrong(with(least(), &pointer, json!(value))),
            [(pointer.clone(), "out_of_range")]
        );
    }
}

#[test]
fn r29_r30_only_own_mailboxes_each_once_and_no_alias() {
    let address = "/mailboxes/0/address".to_owned();
    for (text, code) in [
        (json!("altro@libero.it"), "unknown_value"),
        (json!("mario.alias@libero.it"), "unknown_value"),
        (json!("mario"), "format"),
        (json!(null), "required"),
    ] {
        assert_eq!(
            wrong(with(least(), &address, text)),
            [(address.clone(), code)]
        );
    }
    let mut twice = least();
    let first = twice["mailboxes"][0].clone();
    twice["mailboxes"].as_array_mut().unwrap().push(first);
    assert_eq!(
        wrong(twice),
        [("/mailboxes/1/address".to_owned(), "format")]
    );
    let mut twice = least();
    let incidents = twice["mailboxes"][0]["incidents"].as_array_mut().unwrap();
    incidents.push(incidents[0].clone());
    assert_eq!(
        wrong(twice),
        [("/mailboxes/0/incidents/1/slug".to_owned(), "format")]
    );
    for nothing in [json!([]), json!(null)] {
        assert_eq!(
            wrong(with(least(), "/mailboxes", nothing)),
            [("/mailboxes".to_owned(), "required")]
        );
    }
}

#[test]
fn r36_every_item_has_a_head_an_amount_and_documents_or_none() {
    let items = format!("{LINE}/items");
    for (item, field, code) in [
        (json!({}), "head", "required"),
        (json!({"head": "moral"}), "head", "unknown_value"),
        (json!({"head": "extra_cost"}), "amount_cents", "required"),
        (
            json!({"head": "flat_rate", "amount_cents": -1}),
            "amount_cents",
            "out_of_range",
        ),
        (
            json!({"head": "extra_cost", "amount_cents": 1_000_000_001}),
            "amount_cents",
            "out_of_range",
        ),
        (
            json!({"head": "flat_rate", "description": "a\u{7}"}),
            "description",
            "format",
        ),
        (
            json!({"head": "flat_rate", "description": "a".repeat(501)}),
            "description",
            "too_long",
        ),
        (
            json!({"head": "flat_rate", "document_ids": ["d1"]}),
            "document_ids/0",
            "unknown_value",
        ),
    ] {
        assert_eq!(
            wrong(with(least(), &items, json!([item]))),
            [(format!("{items}/0/{field}"), code)]
        );
    }
    let largest = json!([{"head": "extra_cost", "amount_cents": LARGEST_CENTS}]);
    assert_eq!(line("items", largest).unwrap().total_cents(), LARGEST_CENTS);
    assert_eq!(
        wrong(with(least(), &items, json!([]))),
        [(items.clone(), "required")]
    );
    let many = vec![json!({"head": "flat_rate"}); 21];
    assert_eq!(
        wrong(with(least(), &items, json!(many))),
        [(items, "out_of_range")]
    );
}

#[test]
fn who_was_not_the_holder_explains_it() {
    let pointer = format!("{LINE}/holder");
    let not_mine = with(least(), &pointer, json!(false));
    assert_eq!(wrong(not_mine.clone()), [(pointer, "not_accepted")]);
    let explained = with(
        not_mine,
        &format!("{LINE}/holder_note"),
        json!("Era di mio padre"),
    );
    let declaration = read(explained).unwrap();
    let line = declaration.lines().next().unwrap().1;
    assert_eq!(
        (line.holder(), line.holder_note()),
        (false, Some("Era di mio padre"))
    );
}

#[test]
fn the_use_is_a_word_or_a_list_of_words() {
    for (value, used) in [
        (json!("work"), vec![Use::Work]),
        (json!(["public_bodies"]), vec![Use::PublicBodies]),
        (
            json!(["work", "private", "work"]),
            vec![Use::Private, Use::Work],
        ),
    ] {
        assert_eq!(line("use", value).unwrap().used_for(), used);
    }
    let pointer = format!("{LINE}/use");
    for (value, place, code) in [
        (json!(null), pointer.clone(), "required"),
        (json!([]), pointer.clone(), "required"),
        (json!(""), pointer.clone(), "required"),
        (json!("fun"), pointer.clone(), "unknown_value"),
        (
            json!(["work", "fun"]),
            format!("{pointer}/1"),
            "unknown_value",
        ),
    ] {
        assert_eq!(wrong(with(least(), &pointer, value)), [(place, code)]);
    }
}

#[test]
fn r66_what_may_pay_twice_is_flagged() {
    let complaint = |place: &str, answer: &str| json!({"where": place, "answer": answer});
    for (pointer, value, flagged) in [
        ("/other_claims", json!(true), true),
        ("/other_claims", json!([]), false),
        ("/other_claims", json!([{"where": "other"}]), true),
        ("/already_compensated", json!(true), true),
        (
            "/already_compensated",
            json!([{"where": "respondent", "amount_cents": 1}]),
            true,
        ),
        ("/complaint", complaint("respondent", "none"), false),
        (
            "/complaint",
            complaint("association_portal", "rejected"),
            false,
        ),
        ("/complaint", complaint("respondent", "accepted"), true),
        ("/complaint", complaint("other", "partial"), true),
        ("/complaint", complaint("agcom", "none"), true),
        ("/complaint", complaint("conciliation", "rejected"), true),
        ("/complaint", complaint("court", "none"), true),
    ] {
        let flags = read(with(least(), pointer, value.clone())).unwrap().flags();
        assert_eq!(
            flags.contains(&DeclarationFlag::DoubleRecovery),
            flagged,
            "{pointer} {value}"
        );
    }
    for pointer in ["/other_claims", "/already_compensated"] {
        assert_eq!(
            wrong(with(least(), pointer, json!(null))),
            [(pointer.to_owned(), "required")]
        );
        assert_eq!(
            wrong(with(
                least(),
                pointer,
                json!([{"where": "bar", "amount_cents": -1}])
            )),
            [
                (format!("{pointer}/0/where"), "unknown_value"),
                (format!("{pointer}/0/amount_cents"), "out_of_range"),
            ]
        );
        let many = vec![json!({"where": "court"}); 21];
        assert_eq!(
            wrong(with(least(), pointer, json!(many))),
            [(pointer.to_owned(), "out_of_range")]
        );
    }
}

#[test]
fn r37_a_narrative_is_bounded_keeps_its_lines_and_is_flagged() {
    let told = read(with(least(), "/narrative", json!("a\n\nb"))).unwrap();
    assert_eq!(told.flags(), [DeclarationFlag::NarrativeSpecial]);
    assert!(read(with(least(), "/narrative", json!("è".repeat(4_000)))).is_ok());
    for (text, code) in [
        ("è".repeat(4_001), "too_long"),
        ("a\u{0}".to_owned(), "format"),
    ] {
        assert_eq!(
            wrong(with(least(), "/narrative", json!(text))),
            [("/narrative".to_owned(), code)]
        );
    }
    assert_eq!(
        read(with(least(), "/narrative", json!(" \n")))
            .unwrap()
            .narrative(),
        None
    );
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let input = json!({
        "mailboxes": [{"address": "x", "incidents": [{"slug": "marzo", "items": [{}]}]}],
        "complaint": {"date": "2026-11-23", "answer": "maybe"},
        "member_number": "1".repeat(41),
        "contract_version": "a\nb",
    });
    let pointers: Vec<_> = wrong(input)
        .into_iter()
        .map(|(pointer, _)| pointer)
        .collect();
    assert_eq!(
        pointers,
        [
            "/mailboxes/0/address",
            "/mailboxes/0/incidents/0/slug",
            "/mailboxes/0/incidents/0/plan",
            "/mailboxes/0/incidents/0/use",
            "/mailboxes/0/incidents/0/compensation_received",
            "/mailboxes/0/incidents/0/items/0/head",
            "/complaint/where",
            "/complaint/date",
            "/complaint/answer",
            "/other_claims",
            "/already_compensated",
            "/contract_version",
            "/member_number",
        ]
    );
    let nothing = wrong(json!({}));
    assert_eq!(nothing.len(), 3, "{nothing:?}");
}

#[test]
fn too_many_mailboxes_or_incidents_are_refused() {
    let mailboxes = vec![least()["mailboxes"][0].clone(); 21];
    let errors = wrong(with(least(), "/mailboxes", json!(mailboxes)));
    assert_eq!(errors[0], ("/mailboxes".to_owned(), "out_of_range"));
    let incidents = vec![least()["mailboxes"][0]["incidents"][0].clone(); 21];
    let pointer = "/mailboxes/0/incidents";
    let errors = wrong(with(least(), pointer, json!(incidents)));
    assert_eq!(errors[0], (pointer.to_owned(), "out_of_range"));
}

#[test]
fn an_unknown_field_is_refused_where_it_stands() {
    for (input, name) in [
        (with(least(), "/extra", json!(1)), "extra"),
        (with(least(), &format!("{LINE}/hours"), json!(1)), "hours"),
        (
            with(
                least(),
                "/other_claims",
                json!([{"where": "court", "note": ""}]),
            ),
            "note",
        ),
    ] {
        let error = serde_json::from_value::<DeclarationInput>(input).unwrap_err();
        assert!(
            error
                .to_string()
                .contains(&format!("unknown field `{name}`")),
            "{error}"
        );
    }
    let text = with(least(), "/other_claims", json!([{"where": 7}])).to_string();
    let read: Result<DeclarationInput, _> =
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(&text));
    assert_eq!(
        read.unwrap_err().path().to_string(),
        "other_claims[0].where"
    );
}

#[test]
fn r38_a_declaration_survives_its_json_and_its_draft() {
    for input in [least(), most()] {
        let declaration = read(input).unwrap();
        let json = serde_json::to_string(&declaration).unwrap();
        assert_eq!(
            serde_json::from_str::<Declaration>(&json).unwrap(),
            declaration
        );
        let draft = DeclarationInput::from(&declaration);
        let stored = serde_json::to_string(&draft).unwrap();
        let again: DeclarationInput = serde_json::from_str(&stored).unwrap();
        assert_eq!(Declaration::parse(&again, &rules()).unwrap(), declaration);
        assert_eq!(
            format!("{declaration:?}{draft:?}"),
            "Declaration(..)DeclarationInput(..)"
        );
    }
    let json = serde_json::to_value(read(most()).unwrap()).unwrap();
    assert_eq!(json["already_compensated"], json!(true));
    assert_eq!(json["other_claims"][0]["where"], json!("court"));
    assert_eq!(
        json["mailboxes"][0]["incidents"][0]["use"],
        json!(["private", "work"])
    );
}

#[test]
fn r51_a_declaration_typed_again_is_the_same() {
    for input in [least(), most()] {
        let declared = read(input).unwrap();
        let again = Declaration::parse(&DeclarationInput::from(&declared), &rules()).unwrap();
        assert!(again == declared);
    }
}

#[test]
fn r39_the_difference_names_each_field_that_changed() {
    let old = read(most()).unwrap();
    assert!(Declaration::difference(&old, &old).is_empty());
    let mut input = most();
    input["mailboxes"].as_array_mut().unwrap().reverse();
    let reordered = read(input.clone()).unwrap();
    assert!(
        Declaration::difference(&old, &reordered).is_empty(),
        "order is no change"
    );

    let line = "/mailboxes/1/incidents/0";
    let input = with(
        input,
        &format!("{line}/unavailable_until"),
        json!("2023-01-30"),
    );
    let input = with(
        input,
        &format!("{line}/items/1/amount_cents"),
        json!(90_000),
    );
    let input = with(input, "/narrative", json!(null));
    let input = with(input, "/other_claims", json!(false));
    let new = read(input).unwrap();
    let changes = Declaration::difference(&old, &new);
    let found: Vec<_> = changes
        .iter()
        .map(|it| (it.path(), it.kind.as_str()))
        .collect();
    let at = "/mailboxes/mario@libero.it/incidents/gennaio-2023";
    assert_eq!(
        found,
        [
            (format!("{at}/items/1/amount_cents"), "changed"),
            (format!("{at}/unavailable_until"), "changed"),
            ("/narrative".to_owned(), "removed"),
            ("/other_claims".to_owned(), "changed"),
        ]
    );
    assert_eq!(
        (&changes[0].before, &changes[0].after),
        (&json!(120_000), &json!(90_000))
    );
    assert!(!format!("{changes:?}").contains("mario"));
}

#[test]
fn r39_mailboxes_incidents_and_items_that_come_or_go_are_one_change_each() {
    let old = read(least()).unwrap();
    let mut input = most();
    input["mailboxes"][0] = least()["mailboxes"][0].clone();
    let mut second = least()["mailboxes"][0]["incidents"][0].clone();
    second["slug"] = json!("in-corso");
    let incidents = input["mailboxes"][0]["incidents"].as_array_mut().unwrap();
    incidents[0]["items"] =
        json!([{"head": "flat_rate"}, {"head": "lost_mail", "amount_cents": 1}]);
    incidents.push(second);
    for name in [
        "narrative",
        "complaint",
        "contract_version",
        "contract_clause",
        "member_number",
    ] {
        input[name] = json!(null);
    }
    input["other_claims"] = json!(false);
    input["already_compensated"] = json!(false);
    let new = read(input).unwrap();
    let found = |old: &Declaration, new: &Declaration| -> Vec<_> {
        let changes = Declaration::difference(old, new);
        changes.iter().map(|it| (it.path(), it.kind)).collect()
    };
    let paths = [
        "/mailboxes/ditta@virgilio.it",
        "/mailboxes/mario@libero.it/incidents/gennaio-2023/items/1",
        "/mailboxes/mario@libero.it/incidents/in-corso",
    ];
    assert_eq!(
        found(&old, &new),
        paths.map(|it| (it.to_owned(), ChangeKind::Added))
    );
    assert_eq!(
        found(&new, &old),
        paths.map(|it| (it.to_owned(), ChangeKind::Removed))
    );
}

#[test]
fn flags_have_one_word_each() {
    for flag in DeclarationFlag::ALL {
        assert_eq!(DeclarationFlag::parse(flag.as_str()), Some(flag));
    }
    assert_eq!(
        DeclarationFlag::ALL.map(DeclarationFlag::as_str),
        [
            "outside_window",
            "not_restored",
            "double_recovery",
            "paid_plan_proof",
            "narrative_special"
        ]
    );
    let all = read(with(most(), &format!("{LINE}/restored"), json!(false))).unwrap();
    assert_eq!(
        all.flags(),
        [
            DeclarationFlag::NotRestored,
            DeclarationFlag::DoubleRecovery,
            DeclarationFlag::PaidPlanProof,
            DeclarationFlag::NarrativeSpecial
        ]
    );
    assert_eq!(FieldCode::Required.as_str(), "required");
}

proptest! {
    #[test]
    fn no_text_panics(text: String, cents: i64, slug in "gennaio-2023|in-corso|\\PC{0,9}") {
        let input = json!({
            "mailboxes": [{"address": "mario@libero.it", "incidents": [{
                "slug": slug, "plan": "libero-free", "use": [text.clone(), "work"],
                "unavailable_from": text, "unavailable_until": text, "last_use": text,
                "compensation_received": "other", "compensation_note": text,
                "items": [{"head": "extra_cost", "amount_cents": cents, "description": text}],
            }]}],
            "narrative": text, "complaint": {"where": "other", "text": text, "date": text},
            "other_claims": [{"where": text, "reference": text}], "already_compensated": true,
        });
        if let Ok(declaration) = read(input) {
            let draft = DeclarationInput::from(&declaration);
            prop_assert_eq!(Declaration::parse(&draft, &rules()), Ok(declaration));
        }
    }
}
