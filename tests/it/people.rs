//! People of an association: invited, given roles, suspended, ended; sessions, passwords, apps, recovery codes;
//! who is slowed down and who never is (DESIGN 7).

use chrono::TimeDelta;
use joinder::crypto::totp::TotpSecret;
use joinder::domain::permission::Role;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{DEATHS, TestApp};
use crate::claimant::{ask, token_in};
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{
    self, PASSWORD, Person, association, codacons, get, person, post, step_up,
};

const PEOPLE: &str = "/api/v1/staff/people";
const NEW: &str = "una frase nuova da ricordare";

async fn status(app: &TestApp, path: &str, bearer: &str) -> StatusCode {
    get(app, path, bearer).await.status()
}

async fn change(app: &TestApp, bearer: &str, who: &Person, body: &Value) -> StatusCode {
    let path = format!("{PEOPLE}/{}/membership", who.id);
    post(app, &path, Some(bearer), body).await.status()
}

fn secret_on(page: &str) -> TotpSecret {
    let shown = page.split("class=\"reference\">").nth(1).unwrap();
    TotpSecret::from_base32(shown.split('<').next().unwrap()).unwrap()
}

fn codes_on(page: &str) -> Vec<String> {
    let codes = page.split("<li class=\"reference\">").skip(1);
    codes
        .map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect()
}

async fn log_in(
    app: &TestApp,
    browser: &Client,
    (email, password, code): (&str, &str, &str),
) -> StatusCode {
    let fields = [("email", email), ("password", password), ("totp", code)];
    send(app, browser, "/console/login", &fields).await.status()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_invited_takes_up_password_and_app_once_and_acts_in_the_role() {
    let app = staff_seed::start().await;
    let ours = codacons();
    let boss = person(&app, ours, Role::Owner).await;
    let bearer = boss.stepped_up(&app).await;
    let body = json!({"email": "nuova@assoc.example", "role": "case_manager"});
    let invitations = "/api/v1/staff/invitations";
    let invited = post(&app, invitations, Some(&bearer), &body).await;
    assert_eq!(invited.status(), StatusCode::CREATED);
    let again = post(&app, invitations, Some(&bearer), &body).await;
    assert_eq!(again.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let stored = app.rows("SELECT invitations::text FROM invitations").await;
    assert!(!stored[0][0].as_ref().unwrap().contains("nuova"));

    app.run_outbox().await;
    let [mail] = app.mails_to("nuova@assoc.example").try_into().unwrap();
    assert!(
        mail.contains("Nome owner ti invita") && mail.contains("gestione del caso"),
        "{mail}"
    );
    let link = format!(
        "/console/invitation/{}",
        token_in(&mail, "console/invitation")
    );
    let browser = app.browser();
    let (status, page) = open(&app, &browser, &link).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("<svg viewBox") && page.contains("nuova@assoc.example"));
    let secret = secret_on(&page);
    let (_, later) = open(&app, &browser, &link).await;
    assert_eq!(
        secret_on(&later).to_base32(),
        secret.to_base32(),
        "the page shows the same secret as often as it is opened"
    );
    let short = [
        ("name", "Anna Bianchi"),
        ("password", "corta"),
        ("code", "000000"),
    ];
    let refused = send(&app, &browser, &link, &short).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    assert!(refused.contains("id=\"password-error\"") && refused.contains("id=\"new-code-error\""));

    let code = secret.current(app.clock().now());
    let whole = [("name", "Anna Bianchi"), ("password", NEW), ("code", &code)];
    let done = send(&app, &browser, &link, &whole).await;
    assert_eq!(done.status(), StatusCode::OK);
    assert_eq!(codes_on(&done.text().await.unwrap()).len(), 10);
    let used = send(&app, &browser, &link, &whole).await;
    assert_eq!(used.status(), StatusCode::GONE);

    app.clock().advance(TimeDelta::seconds(30));
    let who = Person {
        id: boss.id,
        email: "nuova@assoc.example".to_owned(),
        totp: secret,
    };
    let answer = who.try_sign_in(&app, NEW, &who.code(&app)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let listed: Value = get(&app, PEOPLE, &bearer).await.json().await.unwrap();
    let anna = &listed["people"].as_array().unwrap()[1];
    assert_eq!(
        (&anna["name"], &anna["role"], &anna["state"]),
        (
            &json!("Anna Bianchi"),
            &json!("case_manager"),
            &json!("active")
        )
    );
    assert_eq!(listed["invitations"], json!([]));
    let history =
        "SELECT string_agg(state || ' ' || role, ', ' ORDER BY id) FROM membership_changes";
    let history = app.rows(history).await;
    assert_eq!(
        history[0][0].as_deref(),
        Some("active owner, active case_manager")
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_called_off_or_too_old_opens_nothing() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let boss = person(&app, ours, Role::Owner).await;
    let bearer = boss.stepped_up(&app).await;
    let invitations = "/api/v1/staff/invitations";
    let mut links = Vec::new();
    for email in ["a@assoc.example", "b@assoc.example"] {
        let body = json!({"email": email, "role": "reader", "language": "en"});
        let invited = post(&app, invitations, Some(&bearer), &body).await;
        let invited: Value = invited.json().await.unwrap();
        app.run_outbox().await;
        let mail = app.mails_to(email).pop().unwrap();
        assert!(mail.contains("invites you to work for"), "{mail}");
        let token = token_in(&mail, "console/invitation");
        links.push((invited["id"].as_str().unwrap().to_owned(), token));
    }
    let revocation = format!("{invitations}/{}/revocation", links[0].0);
    let revoked = post(&app, &revocation, Some(&bearer), &json!({})).await;
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    let twice = post(&app, &revocation, Some(&bearer), &json!({})).await;
    assert_eq!(twice.status(), StatusCode::CONFLICT);
    app.clock().advance(TimeDelta::days(7));
    for (_, token) in &links {
        let path = format!("/console/invitation/{token}");
        let (status, _) = open(&app, &app.browser(), &path).await;
        assert_eq!(status, StatusCode::GONE);
    }
    let forged = format!("/console/invitation/{}", "A".repeat(64));
    let (status, _) = open(&app, &app.browser(), &forged).await;
    assert_eq!(status, StatusCode::GONE);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_role_and_a_suspension_end_what_is_open_at_once() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let boss = person(&app, ours, Role::Owner).await;
    let reader = person(&app, ours, Role::Reader).await;
    let mine = boss.stepped_up(&app).await;
    let theirs = reader.bearer(&app).await;
    let browser = app.browser();
    sign_in(&app, &browser, &reader).await;
    let account = "/api/v1/staff/account";
    assert_eq!(status(&app, account, &theirs).await, StatusCode::OK);

    let role = json!({"action": "role", "role": "reviewer"});
    assert_eq!(
        change(&app, &mine, &reader, &role).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        status(&app, account, &theirs).await,
        StatusCode::UNAUTHORIZED
    );
    let (console, _) = open(&app, &browser, "/console").await;
    assert_eq!(console, StatusCode::SEE_OTHER);
    assert_eq!(
        change(&app, &mine, &reader, &role).await,
        StatusCode::CONFLICT
    );

    let theirs = reader.bearer(&app).await;
    let suspend = json!({"action": "suspend"});
    assert_eq!(
        change(&app, &mine, &reader, &suspend).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        status(&app, account, &theirs).await,
        StatusCode::UNAUTHORIZED
    );
    let shut = reader.try_sign_in(&app, PASSWORD, &reader.code(&app)).await;
    assert_eq!(shut.status(), StatusCode::UNAUTHORIZED);
    let resume = json!({"action": "resume"});
    assert_eq!(
        change(&app, &mine, &reader, &resume).await,
        StatusCode::NO_CONTENT
    );
    app.clock().advance(TimeDelta::seconds(30));
    let theirs = reader.bearer(&app).await;
    let profile: Value = get(&app, &format!("{PEOPLE}/{}", reader.id), &mine)
        .await
        .json()
        .await
        .unwrap();
    let periods: Vec<String> = profile["periods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|period| format!("{} {}", period["state"], period["role"]).replace('"', ""))
        .collect();
    let expected = [
        "active reader",
        "active reviewer",
        "suspended reviewer",
        "active reviewer",
    ];
    assert_eq!(periods, expected);

    let end = json!({"action": "end"});
    step_up(&app, &boss, &mine).await;
    assert_eq!(
        change(&app, &mine, &reader, &end).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        status(&app, account, &theirs).await,
        StatusCode::UNAUTHORIZED
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_member_had_to_do_is_nobodys_once_the_membership_rests_or_ends() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let theirs = association(&app, "altroconsumo").await;
    let boss = person(&app, ours, Role::Owner).await;
    let reviewer = person(&app, ours, Role::Reviewer).await;
    let mine = boss.stepped_up(&app).await;
    let give = |association, to: &Person| {
        format!(
            "INSERT INTO assignments (subject_id, queue, association_id, case_id, staff_id, assigned_by, assigned_at) \
             SELECT gen_random_uuid(), queue, '{association}', id, '{0}', '{0}', '2026-03-01Z' \
             FROM cases, unnest(ARRAY['to_assist', 'rights']) AS queue WHERE slug = '{CASE}'",
            to.id
        )
    };
    let released = "SELECT detail ->> 'queue' FROM audit WHERE action = 'assign' AND detail ->> 'to' IS NULL \
        AND detail ->> 'from' IS NOT NULL ORDER BY 1";
    let held = "SELECT count(*) FROM assignments";
    for (step, left) in [
        (json!({"action": "suspend"}), 4),
        (json!({"action": "resume"}), 6),
        (json!({"action": "role", "role": "auditor"}), 4),
        (json!({"action": "end"}), 4),
    ] {
        app.sql("DELETE FROM assignments").await;
        for (association, to) in [(ours, &boss), (ours, &reviewer), (theirs, &reviewer)] {
            app.sql(&give(association, to)).await;
        }
        assert_eq!(
            change(&app, &mine, &reviewer, &step).await,
            StatusCode::NO_CONTENT
        );
        assert_eq!(app.number(held).await, left, "{step}");
    }
    let rows: Vec<String> = app
        .rows(released)
        .await
        .into_iter()
        .map(|row| row[0].clone().unwrap())
        .collect();
    let expected = [
        "rights",
        "rights",
        "rights",
        "to_assist",
        "to_assist",
        "to_assist",
    ];
    assert_eq!(rows, expected);
    let told = "SELECT string_agg(detail ->> 'released', ' ' ORDER BY id) FROM audit WHERE action = 'membership_changed'";
    assert_eq!(app.rows(told).await[0][0].as_deref(), Some("2 0 2 2"));
    app.sql("DELETE FROM assignments").await;
    app.sql(&give(ours, &boss)).await;
    joinder::app::staff::disable(&app.ctx, boss.id)
        .await
        .unwrap();
    assert_eq!(app.number(held).await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_active_owner_stays() {
    let app = staff_seed::start().await;
    let ours = codacons();
    let boss = person(&app, ours, Role::Owner).await;
    let other = person(&app, ours, Role::Auditor).await;
    let mine = boss.stepped_up(&app).await;
    for body in [
        json!({"action": "end"}),
        json!({"action": "suspend"}),
        json!({"action": "role", "role": "reader"}),
    ] {
        let refused = change(&app, &mine, &boss, &body).await;
        assert_eq!(refused, StatusCode::CONFLICT, "{body}");
    }
    let raise = json!({"action": "role", "role": "owner"});
    assert_eq!(
        change(&app, &mine, &other, &raise).await,
        StatusCode::NO_CONTENT
    );
    let lower = json!({"action": "role", "role": "reader"});
    assert_eq!(
        change(&app, &mine, &boss, &lower).await,
        StatusCode::NO_CONTENT
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_an_owner_reaches_nobody_of_another_association() {
    let app = TestApp::seeded().await;
    let theirs = association(&app, "altroconsumo").await;
    let ours = association(&app, "codacons").await;
    let stranger = person(&app, theirs, Role::Reader).await;
    let boss = person(&app, ours, Role::Owner).await;
    let mine = boss.stepped_up(&app).await;
    let suspend = json!({"action": "suspend"});
    assert_eq!(
        change(&app, &mine, &stranger, &suspend).await,
        StatusCode::NOT_FOUND
    );
    let one = format!("{PEOPLE}/{}", stranger.id);
    assert_eq!(status(&app, &one, &mine).await, StatusCode::NOT_FOUND);
    let bearer = stranger.bearer(&app).await;
    let own: Value = get(&app, "/api/v1/staff/account", &bearer)
        .await
        .json()
        .await
        .unwrap();
    let body = json!({"session": own["sessions"][0]["id"]});
    let ended = post(
        &app,
        "/api/v1/staff/account/sessions-end",
        Some(&mine),
        &body,
    )
    .await;
    let ended: Value = ended.json().await.unwrap();
    assert_eq!(
        ended,
        json!({"sessions": 0}),
        "another's session is not one's own"
    );
    assert_eq!(
        status(&app, "/api/v1/staff/account", &bearer).await,
        StatusCode::OK
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_told_in_plain_words_and_ended_one_by_one_or_all() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let reader = person(&app, ours, Role::Reader).await;
    let tool = reader.sign_in(&app).await;
    let bearer = tool["access_token"].as_str().unwrap();
    let firefox = Client::builder()
        .cookie_store(true)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent("Mozilla/5.0 (Windows NT 10.0; rv:143.0) Gecko/20100101 Firefox/143.0")
        .build()
        .unwrap();
    assert_eq!(place(&sign_in(&app, &firefox, &reader).await), "/console");
    let (_, page) = open(&app, &firefox, "/console/account").await;
    assert!(
        page.contains("Firefox, Windows") && page.contains("127.0.0.0/24"),
        "{page}"
    );
    assert!(!page.contains("127.0.0.1"), "only the network is shown");
    let own: Value = get(&app, "/api/v1/staff/account", bearer)
        .await
        .json()
        .await
        .unwrap();
    let sessions = own["sessions"].as_array().unwrap();
    assert_eq!(
        (sessions.len(), &sessions[0]["kind"], &sessions[1]["kind"]),
        (2, &json!("browser"), &json!("tool"))
    );

    let token = csrf(&page).to_owned();
    let ended = send(
        &app,
        &firefox,
        "/console/account/sessions-end",
        &[("csrf", &token)],
    )
    .await;
    assert_eq!(place(&ended), "/console/account");
    assert_eq!(
        status(&app, "/api/v1/staff/account", bearer).await,
        StatusCode::UNAUTHORIZED
    );
    let refresh = json!({"refresh_token": tool["refresh_token"]});
    let dead = post(&app, "/api/v1/staff/token/refresh", None, &refresh).await;
    assert_eq!(dead.status(), StatusCode::UNAUTHORIZED);
    let (status, _) = open(&app, &firefox, "/console/account").await;
    assert_eq!(status, StatusCode::OK, "the session that asks stays");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_dies_at_a_change_of_password_or_app_and_a_mail_tells() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let reader = person(&app, ours, Role::Reader).await;
    let tool = reader.sign_in(&app).await;
    let bearer = tool["access_token"].as_str().unwrap().to_owned();
    let browser = app.browser();
    sign_in(&app, &browser, &reader).await;
    let form = "/console/account/password";
    let (_, page) = open(&app, &browser, form).await;
    let token = csrf(&page).to_owned();
    let code = reader.code(&app);
    let wrong = [
        ("csrf", token.as_str()),
        ("password", "sbagliata"),
        ("code", &code),
        ("new_password", NEW),
    ];
    let refused = send(&app, &browser, form, &wrong).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let right = [
        ("csrf", token.as_str()),
        ("password", PASSWORD),
        ("code", &code),
        ("new_password", NEW),
    ];
    let done = send(&app, &browser, form, &right).await;
    assert_eq!(place(&done), "/console/login?changed=1");
    for path in ["/console", "/console/account"] {
        let (status, _) = open(&app, &browser, path).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{path}");
    }
    assert_eq!(
        status(&app, "/api/v1/staff/account", &bearer).await,
        StatusCode::UNAUTHORIZED
    );
    app.run_outbox().await;
    let [mail] = app.mails_to(&reader.email).try_into().unwrap();
    assert!(mail.contains("La tua password è stata cambiata"), "{mail}");

    app.clock().advance(TimeDelta::seconds(30));
    let old = reader.try_sign_in(&app, PASSWORD, &reader.code(&app)).await;
    assert_eq!(old.status(), StatusCode::UNAUTHORIZED);
    let fresh = reader.try_sign_in(&app, NEW, &reader.code(&app)).await;
    assert_eq!(fresh.status(), StatusCode::OK);
    let fresh: Value = fresh.json().await.unwrap();
    let bearer = fresh["access_token"].as_str().unwrap();
    app.clock().advance(TimeDelta::seconds(30));

    // the secret is shown to who has just proved the second factor alone
    let factor = "/api/v1/staff/account/authenticator";
    assert_eq!(status(&app, factor, bearer).await, StatusCode::FORBIDDEN);
    let put = app.request(Method::PUT, factor).bearer_auth(bearer);
    let early = json!({"password": NEW, "totp": "123456", "new_code": "123456"});
    ask(put.json(&early))
        .await
        .expect_problem(403, "step-up-required");
    step_up(&app, &reader, bearer).await;
    let new: Value = get(&app, factor, bearer).await.json().await.unwrap();
    assert!(
        new["otpauth"]
            .as_str()
            .unwrap()
            .starts_with("otpauth://totp/joinder")
    );
    let secret = TotpSecret::from_base32(new["secret"].as_str().unwrap()).unwrap();
    let body = json!({"password": NEW, "totp": reader.code(&app), "new_code": secret.current(app.clock().now())});
    let put = app
        .request(Method::PUT, factor)
        .bearer_auth(bearer)
        .json(&body);
    ask(put).await.expect(204);
    assert_eq!(status(&app, factor, bearer).await, StatusCode::UNAUTHORIZED);
    app.clock().advance(TimeDelta::seconds(60));
    let old = reader.try_sign_in(&app, NEW, &reader.code(&app)).await;
    assert_eq!(old.status(), StatusCode::UNAUTHORIZED);
    let code = secret.current(app.clock().now());
    assert_eq!(
        reader.try_sign_in(&app, NEW, &code).await.status(),
        StatusCode::OK
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_stands_in_for_the_app_once_and_a_mail_tells() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let reader = person(&app, ours, Role::Reader).await;
    let bearer = reader.bearer(&app).await;
    let path = "/api/v1/staff/account/recovery-codes";
    let body = json!({"password": PASSWORD, "totp": reader.code(&app)});
    let made = post(&app, path, Some(&bearer), &body).await;
    assert_eq!(made.status(), StatusCode::OK);
    let made: Value = made.json().await.unwrap();
    let codes = made["codes"].as_array().unwrap();
    assert_eq!(codes.len(), 10);
    let code = codes[0].as_str().unwrap();
    let stored = app
        .rows("SELECT recovery_codes::text FROM recovery_codes")
        .await;
    assert!(
        stored
            .iter()
            .all(|row| !row[0].as_ref().unwrap().contains(code))
    );

    let typed = code.replace('-', " ").to_lowercase();
    let first = reader.try_sign_in(&app, PASSWORD, &typed).await;
    assert_eq!(first.status(), StatusCode::OK);
    let second = reader.try_sign_in(&app, PASSWORD, code).await;
    assert_eq!(second.status(), StatusCode::UNAUTHORIZED);
    app.run_outbox().await;
    let [told, used] = app.mails_to(&reader.email).try_into().unwrap();
    assert!(
        told.contains("Sono stati creati nuovi codici di recupero"),
        "{told}"
    );
    assert!(
        used.contains("ha usato un tuo codice di recupero"),
        "{used}"
    );
    let left = "SELECT detail ->> 'left' FROM audit WHERE action = 'recovery_code_used'";
    assert_eq!(app.rows(left).await[0][0].as_deref(), Some("9"));
    // who lost the app comes to a new one by codes alone
    let bearer = first.json::<Value>().await.unwrap();
    let bearer = bearer["access_token"].as_str().unwrap();
    let step_up = json!({ "totp": codes[2] });
    for expected in [StatusCode::OK, StatusCode::UNAUTHORIZED] {
        let answer = post(&app, "/api/v1/staff/step-up", Some(bearer), &step_up).await;
        assert_eq!(answer.status(), expected);
    }
    let factor = "/api/v1/staff/account/authenticator";
    assert_eq!(status(&app, factor, bearer).await, StatusCode::OK);
    // another's code opens nothing
    let other = person(&app, ours, Role::Auditor).await;
    let code = codes[1].as_str().unwrap();
    let refused = other.try_sign_in(&app, PASSWORD, code).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_slow_the_unknown_down_and_never_lock_a_known_browser_out() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let lawyer = person(&app, ours, Role::CaseManager).await;
    let known = app.browser();
    assert_eq!(place(&sign_in(&app, &known, &lawyer).await), "/console");
    let stranger = app.browser();
    for _ in 0..10 {
        let refused = log_in(&app, &stranger, (&lawyer.email, "sbagliata", "000000")).await;
        assert_eq!(refused, StatusCode::UNAUTHORIZED);
    }
    let right = lawyer.code(&app);
    let slowed = log_in(&app, &stranger, (&lawyer.email, PASSWORD, &right)).await;
    assert_eq!(
        slowed,
        StatusCode::TOO_MANY_REQUESTS,
        "even with the right password"
    );
    // the same network, and still in
    let opened = log_in(&app, &known, (&lawyer.email, PASSWORD, &right)).await;
    assert_eq!(opened, StatusCode::SEE_OTHER);

    // a known browser has its own limit, and is known of its person alone
    let other = person(&app, ours, Role::Reader).await;
    let foreign = log_in(&app, &known, (&other.email, PASSWORD, &other.code(&app))).await;
    assert_eq!(foreign, StatusCode::TOO_MANY_REQUESTS);
    for _ in 0..10 {
        log_in(&app, &known, (&lawyer.email, "sbagliata", "000000")).await;
    }
    app.clock().advance(TimeDelta::seconds(30));
    let code = lawyer.code(&app);
    let full = log_in(&app, &known, (&lawyer.email, PASSWORD, &code)).await;
    assert_eq!(full, StatusCode::TOO_MANY_REQUESTS);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_tried_from_everywhere_is_slowed_and_not_locked() {
    let options = crate::app::TestOptions {
        trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()],
        ..crate::app::TestOptions::default()
    };
    let app = TestApp::seeded_with(options).await;
    let ours = association(&app, "codacons").await;
    let lawyer = person(&app, ours, Role::CaseManager).await;
    let try_from = async |address: &str, password: &str, code: &str| {
        let body = json!({"email": lawyer.email, "password": password, "totp": code});
        let request = app.request(Method::POST, "/api/v1/staff/token").json(&body);
        let request = request.header("x-forwarded-for", address);
        request.send().await.unwrap().status()
    };
    for network in 0..10 {
        for _ in 0..10 {
            let address = format!("198.51.{network}.7");
            let refused = try_from(&address, "sbagliata", "000000").await;
            assert_eq!(refused, StatusCode::UNAUTHORIZED);
        }
    }
    app.clock().advance(TimeDelta::seconds(1));
    // a hundred failures: each further place gets two tries, and the person is not shut out
    assert_eq!(
        try_from("203.0.113.9", "sbagliata", "000000").await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        try_from("203.0.113.9", PASSWORD, &lawyer.code(&app)).await,
        StatusCode::OK
    );
    for status in [401, 401, 429] {
        let seen = try_from("203.0.113.77", "sbagliata", "000000").await;
        assert_eq!(seen.as_u16(), status);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_known_and_the_unknown_cost_the_same_work() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let reader = person(&app, ours, Role::Reader).await;
    let passwords = &app.ctx.keyring.passwords;
    for email in [reader.email.as_str(), "nessuno@assoc.example"] {
        let before = passwords.computed();
        let body = json!({"email": email, "password": "sbagliata", "totp": "000000"});
        let refused = post(&app, "/api/v1/staff/token", None, &body).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(passwords.computed() - before, 1, "{email}");
    }
    let rows = "SELECT count(*) FROM audit WHERE action = 'staff_sign_in_refused'";
    assert_eq!(app.number(rows).await, 2, "both leave the same trace");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_lost_invites_nobody_and_leaves_a_link_good() {
    let app = staff_seed::start().await;
    let boss = person(&app, codacons(), Role::Owner).await;
    let bearer = boss.stepped_up(&app).await;
    let body = json!({"email": "nuova@assoc.example", "role": "reader"});
    let invitations = "/api/v1/staff/invitations";
    let left = "SELECT (SELECT count(*) FROM invitations) + (SELECT count(*) FROM outbox)";
    for (table, moment) in [
        ("outbox", DEATHS[0]),
        ("audit", DEATHS[0]),
        ("audit", DEATHS[1]),
    ] {
        app.let_die(table, moment).await;
        let lost = post(&app, invitations, Some(&bearer), &body).await;
        assert_eq!(lost.status(), StatusCode::SERVICE_UNAVAILABLE, "{table}");
        app.let_live(table).await;
        assert_eq!(app.number(left).await, 0, "{table} {moment}");
    }
    let invited = post(&app, invitations, Some(&bearer), &body).await;
    assert_eq!(invited.status(), StatusCode::CREATED);
    app.run_outbox().await;
    let mail = app.mails_to("nuova@assoc.example").pop().unwrap();
    let link = format!(
        "/console/invitation/{}",
        token_in(&mail, "console/invitation")
    );
    let browser = app.browser();
    let (_, page) = open(&app, &browser, &link).await;
    let code = secret_on(&page).current(app.clock().now());
    let whole = [("name", "Anna Bianchi"), ("password", NEW), ("code", &code)];
    for moment in DEATHS {
        app.let_die("memberships", moment).await;
        let lost = send(&app, &browser, &link, &whole).await;
        assert_eq!(lost.status(), StatusCode::SERVICE_UNAVAILABLE, "{moment}");
        app.let_live("memberships").await;
        assert_eq!(
            app.number("SELECT count(*) FROM staff").await,
            1,
            "{moment}"
        );
    }
    // of two who take it up at once one does
    let (one, two) = tokio::join!(
        send(&app, &browser, &link, &whole),
        send(&app, &browser, &link, &whole),
    );
    let mut both = [one.status(), two.status()];
    both.sort();
    assert_eq!(both, [StatusCode::OK, StatusCode::GONE]);
    assert_eq!(app.number("SELECT count(*) FROM staff").await, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_who_lower_each_other_at_once_leave_one_and_a_code_is_used_by_one_of_two() {
    let app = staff_seed::start().await;
    let ours = codacons();
    let one = person(&app, ours, Role::Owner).await;
    let two = person(&app, ours, Role::Reader).await;
    let first = one.stepped_up(&app).await;
    let raise = json!({"action": "role", "role": "owner"});
    assert_eq!(
        change(&app, &first, &two, &raise).await,
        StatusCode::NO_CONTENT
    );
    let second = two.stepped_up(&app).await;
    step_up(&app, &one, &first).await;
    let lower = json!({"action": "role", "role": "reader"});
    let (a, b) = tokio::join!(
        change(&app, &first, &two, &lower),
        change(&app, &second, &one, &lower),
    );
    let done = [a, b]
        .into_iter()
        .filter(|status| *status == StatusCode::NO_CONTENT);
    assert_eq!(done.count(), 1, "{a} {b}");
    assert!(!a.is_server_error() && !b.is_server_error(), "{a} {b}");
    let owners = "SELECT count(*) FROM memberships WHERE role = 'owner' AND revoked_at IS NULL";
    assert_eq!(app.number(owners).await, 1);

    let auditor = person(&app, ours, Role::Auditor).await;
    let bearer = auditor.bearer(&app).await;
    let path = "/api/v1/staff/account/recovery-codes";
    let body = json!({"password": PASSWORD, "totp": auditor.code(&app)});
    let made = post(&app, path, Some(&bearer), &body).await;
    let made: Value = made.json().await.unwrap();
    let code = made["codes"][0].as_str().unwrap();
    let (a, b) = tokio::join!(
        auditor.try_sign_in(&app, PASSWORD, code),
        auditor.try_sign_in(&app, PASSWORD, code),
    );
    let opened = [&a, &b]
        .into_iter()
        .filter(|answer| answer.status() == StatusCode::OK);
    assert_eq!(opened.count(), 1, "{} {}", a.status(), b.status());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_knows_the_password_guesses_the_code_ten_times_from_wherever_and_a_known_browser_goes_on()
 {
    let options = crate::app::TestOptions {
        trusted_proxies: vec!["127.0.0.1/32".parse().unwrap()],
        ..crate::app::TestOptions::default()
    };
    let app = TestApp::seeded_with(options).await;
    let ours = association(&app, "codacons").await;
    let lawyer = person(&app, ours, Role::CaseManager).await;
    let browser = app.browser();
    sign_in(&app, &browser, &lawyer).await;
    app.clock().advance(TimeDelta::seconds(30));
    let guess = async |network: u8, code: &str| {
        let body = json!({"email": lawyer.email, "password": PASSWORD, "totp": code});
        let request = app.request(Method::POST, "/api/v1/staff/token").json(&body);
        let request = request.header("x-forwarded-for", format!("198.51.{network}.7"));
        request.send().await.unwrap().status()
    };
    for network in 0..10 {
        assert_eq!(guess(network, "000000").await, StatusCode::UNAUTHORIZED);
    }
    let right = lawyer.code(&app);
    assert_eq!(guess(11, &right).await, StatusCode::TOO_MANY_REQUESTS);
    // the lawyer's own browser is counted alone
    let login = (lawyer.email.as_str(), PASSWORD, right.as_str());
    assert_eq!(log_in(&app, &browser, login).await, StatusCode::SEE_OTHER);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_stands_no_longer_than_who_gave_it_and_codes_no_longer_than_the_app() {
    let app = staff_seed::start().await;
    let ours = codacons();
    let boss = person(&app, ours, Role::Owner).await;
    let other = person(&app, ours, Role::Reader).await;
    let bearer = boss.stepped_up(&app).await;
    let body = json!({"email": "nuova@assoc.example", "role": "owner"});
    let invited = post(&app, "/api/v1/staff/invitations", Some(&bearer), &body).await;
    assert_eq!(invited.status(), StatusCode::CREATED);
    app.run_outbox().await;
    let mail = app.mails_to("nuova@assoc.example").pop().unwrap();
    let link = format!(
        "/console/invitation/{}",
        token_in(&mail, "console/invitation")
    );
    let raise = json!({"action": "role", "role": "owner"});
    assert_eq!(
        change(&app, &bearer, &other, &raise).await,
        StatusCode::NO_CONTENT
    );
    // an owner whom the platform disabled is none
    let status = |word: &str| {
        format!(
            "UPDATE staff SET status = '{word}' WHERE id = '{}'",
            other.id
        )
    };
    app.sql(&status("disabled")).await;
    let lower = json!({"action": "role", "role": "reader"});
    assert_eq!(
        change(&app, &bearer, &boss, &lower).await,
        StatusCode::CONFLICT
    );
    app.sql(&status("active")).await;
    assert_eq!(
        change(&app, &bearer, &boss, &lower).await,
        StatusCode::NO_CONTENT
    );
    let browser = app.browser();
    let (_, page) = open(&app, &browser, &link).await;
    let code = secret_on(&page).current(app.clock().now());
    let whole = [("name", "Anna Bianchi"), ("password", NEW), ("code", &code)];
    let late = send(&app, &browser, &link, &whole).await;
    assert_eq!(late.status(), StatusCode::GONE);
    assert_eq!(
        app.number("SELECT count(*) FROM staff").await,
        2,
        "nobody came in"
    );

    let bearer = boss.bearer(&app).await;
    let path = "/api/v1/staff/account/recovery-codes";
    let body = json!({"password": PASSWORD, "totp": boss.code(&app)});
    let made = post(&app, path, Some(&bearer), &body).await;
    assert_eq!(made.status(), StatusCode::OK);
    app.clock().advance(TimeDelta::seconds(30));
    step_up(&app, &boss, &bearer).await;
    let factor = "/api/v1/staff/account/authenticator";
    let new: Value = get(&app, factor, &bearer).await.json().await.unwrap();
    let secret = TotpSecret::from_base32(new["secret"].as_str().unwrap()).unwrap();
    let body = json!({"password": PASSWORD, "totp": boss.code(&app), "new_code": secret.current(app.clock().now())});
    let put = app
        .request(Method::PUT, factor)
        .bearer_auth(&bearer)
        .json(&body);
    ask(put).await.expect(204);
    assert_eq!(app.number("SELECT count(*) FROM recovery_codes").await, 0);
    app.stop().await;
}
