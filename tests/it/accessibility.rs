//! WCAG 2.2 A and AA on every page a claimant may see, judged by axe-core in a real browser.
//!
//! `axe/axe.min.js` is axe-core 4.14.1 as its npm package holds it (MPL-2.0); it is for this test and
//! never served. The browser puts it beside each page by itself, so the pages' policy stays as it is.

use std::collections::BTreeSet;

use joinder::crypto::totp::TotpSecret;
use joinder::domain::ids::AssociationId;
use joinder::domain::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::TestApp;
use crate::browser::Phone;
use crate::claimant::{SignUpBuilder, ask, code_in, mario, token_in};
use crate::followers;
use crate::imports;
use crate::log::{receipt_of, signer};
use crate::partners::seeded_key;
use crate::seed::CASE;
use crate::staff_seed::{PASSWORD, association, person, post};
use crate::updates;

/// Roles of what people operate.
const CONTROLS: [&str; 9] = [
    "textbox",
    "searchbox",
    "combobox",
    "checkbox",
    "radio",
    "button",
    "link",
    "spinbutton",
    "DisclosureTriangle",
];

const AXE: &str = include_str!("axe/axe.min.js");

/// Narrow (400 % of 1280), a phone, a desk: all of them in Italian, one each in the other languages, so
/// that the longest words stand in the narrowest window.
const WIDTHS: [(&str, &[i64]); 3] = [("it", &[320, 360, 1280]), ("en", &[1280]), ("de", &[320])];

/// All rules at the first width; at the others those that depend on it: what is shown, where and how big.
const JUDGE: &str = "
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const places = ['color-contrast', 'target-size', 'scrollable-region-focusable', 'link-in-text-block',
        'label', 'select-name', 'button-name', 'link-name', 'aria-hidden-focus', 'nested-interactive'];
    return axe.run(document, {
        runOnly: arguments[0] ? {type: 'tag', values: tags} : {type: 'rule', values: places},
        // of 2.5.8, and off unless it is asked for by name
        rules: arguments[0] ? {'target-size': {enabled: true}} : {},
        resultTypes: ['violations'],
    }).then(found => found.violations.map(rule => ({
        id: rule.id, tags: rule.tags,
        nodes: rule.nodes.map(node => node.target.join(' ') + ': ' + node.failureSummary),
    })));";

/// A browser with axe in each page, and what it found.
struct Judge<'app> {
    app: &'app TestApp,
    phone: Phone,
    language: &'static str,
    wrong: BTreeSet<String>,
    advice: BTreeSet<String>,
    judged: usize,
}

impl<'app> Judge<'app> {
    async fn open(app: &'app TestApp) -> Option<Self> {
        let phone = Phone::open().await?;
        let script = json!({"source": AXE});
        phone
            .cdp("Page.addScriptToEvaluateOnNewDocument", script)
            .await;
        Some(Self {
            app,
            phone,
            language: "it",
            wrong: BTreeSet::new(),
            advice: BTreeSet::new(),
            judged: 0,
        })
    }

    /// Opens a page in the language of this round.
    async fn go(&self, path: &str) {
        let joint = if path.contains('?') { '&' } else { '?' };
        let (path, place) = path.split_once('#').unwrap_or((path, ""));
        let address = format!("{path}{joint}lang={}#{place}", self.language);
        self.phone.go(&self.app.url(&address)).await;
    }

    /// Judges the page that is open, at each width.
    async fn judge(&mut self, name: &str) {
        self.phone
            .script("for (const part of document.querySelectorAll('details')) part.open = true")
            .await;
        self.hear(name).await;
        let (_, widths) = WIDTHS
            .iter()
            .find(|(language, _)| *language == self.language)
            .unwrap();
        for (round, &width) in widths.iter().enumerate() {
            self.phone.resize(width).await;
            self.phone.fits().await;
            let found = self.phone.script_with(JUDGE, vec![json!(round == 0)]).await;
            self.judged += 1;
            for rule in found.as_array().unwrap() {
                let (id, nodes) = (&rule["id"], &rule["nodes"]);
                let sentence = format!("{name} [{} {width}] {id} {nodes}", self.language);
                if rule["tags"]
                    .as_array()
                    .unwrap()
                    .contains(&json!("best-practice"))
                {
                    self.advice.insert(sentence);
                } else {
                    self.wrong.insert(sentence);
                }
            }
        }
    }

    /// Asks the accessibility tree, as a screen reader does: every control has a name, and every error
    /// on the page is part of a control's or a group's description.
    async fn hear(&mut self, name: &str) {
        let tree = self
            .phone
            .cdp("Accessibility.getFullAXTree", json!({}))
            .await;
        let text = |node: &Value, field: &str| {
            node[field]["value"]
                .as_str()
                .unwrap_or("")
                .trim()
                .to_owned()
        };
        let mut descriptions = String::new();
        for node in tree["nodes"].as_array().unwrap() {
            descriptions += &text(node, "description");
            let role = text(node, "role");
            let is_mute = node["ignored"] == false && text(node, "name").is_empty();
            if is_mute && CONTROLS.contains(&role.as_str()) {
                let place = &node["backendDOMNodeId"];
                self.wrong.insert(format!(
                    "{name} [{}] {role} {place} has no name",
                    self.language
                ));
            }
        }
        let errors = "return [...document.querySelectorAll('.field-error')].map(error => error.textContent.trim())";
        let errors = self.phone.script(errors).await;
        for error in errors.as_array().unwrap() {
            if !descriptions.contains(error.as_str().unwrap()) {
                self.wrong.insert(format!(
                    "{name} [{}] describes nothing: {error}",
                    self.language
                ));
            }
        }
    }

    /// Opens a page and judges it.
    async fn see(&mut self, path: &str) {
        self.go(path).await;
        self.judge(path).await;
    }

    /// Opens a page, sends its form with these fields, judges what comes back: the form with errors.
    async fn refuse(&mut self, path: &str, button: &str, fields: &[(&str, &str)]) {
        self.go(path).await;
        self.phone.send(button, fields).await;
        let summary = "return document.querySelectorAll('.error-summary, .field-error').length";
        let told = self.phone.script(summary).await;
        assert!(told.as_i64().unwrap() > 0, "{path} refuses nothing");
        self.judge(&format!("{path} refused")).await;
    }

    /// Sends the form of the page that is open, which is taken.
    async fn send(&self, button: &str, fields: &[(&str, &str)]) {
        self.phone.send(button, fields).await;
        let wrong =
            "return [...document.querySelectorAll('.field-error')].map(wrong => wrong.textContent)";
        let wrong = self.phone.script(wrong).await;
        assert_eq!(wrong, json!([]), "{button}");
    }

    fn next(&mut self, language: &'static str) {
        self.language = language;
    }
}

const LANGUAGES: [&str; 3] = ["it", "en", "de"];
/// The main button of a form.
const MAIN: &str = "#form > button.btn-primary";
/// The button that shows news as they will look.
const SEE: &str = "#form > button[value=preview]";

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_claimant_passes_wcag_2_2_aa() {
    let app = TestApp::seeded().await;
    let Some(mut judge) = Judge::open(&app).await else {
        return;
    };
    let started = std::time::Instant::now();
    updates::publish(
        &app,
        &updates::bearer(&app, "codacons", Role::CaseManager).await,
        &updates::news("Prima udienza", "È fissata.\n\nVi diremo."),
    )
    .await;
    let receipt = {
        let claimant = signer(&app, "anna").await;
        app.run_log().await;
        receipt_of(&claimant).await
    };
    is_awake(&mut judge).await;
    for language in LANGUAGES {
        judge.next(language);
        outside(&mut judge).await;
        checking(&mut judge, &receipt).await;
    }
    following(&mut judge).await;
    signing_up(&mut judge).await;
    identity(&mut judge).await;
    declaring(&mut judge).await;
    signing(&mut judge).await;
    signed(&mut judge).await;
    for sentence in &judge.advice {
        eprintln!("advice: {sentence}");
    }
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("{} pages judged in {seconds:.1} s", judge.judged);
    let wrong: Vec<_> = judge.wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(judge.judged > 150, "{}", judge.judged);
    judge.phone.browser.quit().await.unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registers_of_the_staff_pass_wcag_2_2_aa() {
    let app = TestApp::seeded().await;
    let Some(mut judge) = Judge::open(&app).await else {
        return;
    };
    app.clock().advance(chrono::TimeDelta::hours(10));
    let claimant = app
        .confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let asked = claimant
        .request(Method::POST, "/rights-requests")
        .json(&json!({"kind": "erasure", "text": "Basta"}));
    let asked = ask(asked).await.expect(201);
    let right = format!("/console/rights/{}", asked["id"].as_str().unwrap());
    let told =
        json!({"case": CASE, "what_happened": "https://truffa.example", "asked_for": "money"});
    post(&app, "/api/v1/public/scam-reports", None, &told).await;
    let ours = association(&app, "codacons").await;
    let report = format!("SELECT id::text FROM scam_reports WHERE association_id = '{ours}'");
    let report = app.rows(&report).await[0][0].clone().unwrap();
    let report = format!("/console/scam-reports/{report}");
    let owner = person(&app, ours, Role::Owner).await;
    let news = format!("/console/cases/{CASE}/updates");
    seeded_key(&app, ours, "blog").await;
    let partner = app.rows("SELECT id::text FROM partners").await[0][0].clone();
    let partner = partner.unwrap();
    let member = format!(
        "/console/people/{}",
        person(&app, ours, Role::Auditor).await.id
    );
    judge.go("/console/login").await;
    let code = owner.code(&app);
    let fields = [
        ("email", owner.email.as_str()),
        ("password", PASSWORD),
        ("totp", code.as_str()),
    ];
    judge.send(".console-form button", &fields).await;
    let exports = format!("/console/cases/{CASE}/exports");
    let form = format!("/console/cases/{CASE}/export");
    judge.see(&exports).await;
    judge.see(&form).await;
    app.clock().advance(chrono::TimeDelta::seconds(30));
    judge.go("/console/step-up?back=/console").await;
    let code = owner.code(&app);
    judge.send(".console-form button", &[("totp", &code)]).await;
    let waiting = app.ctx.new_id();
    app.sql(&format!(
        "INSERT INTO exports (id, association_id, case_id, requested_by, format, clear, purpose, filter, state, \
           created_at, expires_at) \
         SELECT '{waiting}', '{ours}', id, gen_random_uuid(), 'xlsx', true, 'Deposito', '{{\"missing\": \"i\"}}', \
           'awaiting_approval', '2026-03-01Z', '2036-03-01Z' FROM cases WHERE slug = '{CASE}'"
    ))
    .await;
    let failed = app.ctx.new_id();
    app.sql(&format!(
        "INSERT INTO exports (id, association_id, case_id, requested_by, format, clear, purpose, filter, state, created_at) \
         SELECT '{failed}', '{ours}', id, '{}', 'xlsx', false, 'Deposito', '{{}}', 'failed', '2026-03-01Z' \
         FROM cases WHERE slug = '{CASE}'",
        owner.id
    ))
    .await;
    let list = format!("/console/imports/{}", imports::tried(&app, ours).await);
    let clash = clash(&app, ours, claimant.id).await;
    let bulk = app.ctx.new_id();
    app.sql(&format!(
        "INSERT INTO bulk_actions (id, association_id, case_id, kind, act, filter, purpose, state, member_count, \
           done_count, passed_count, created_by, created_at, expires_at) \
         SELECT '{bulk}', '{ours}', id, 'message', '{{\"kind\": \"message\", \"texts\": [{{\"language\": \"it\", \
           \"title\": \"Udienza\", \"text\": \"È fissata.\"}}]}}', '{{\"missing\": \"i\"}}', 'Udienza', 'awaiting_approval', \
           2, 0, 1, gen_random_uuid(), '2026-03-01Z', '2036-03-01Z' FROM cases WHERE slug = '{CASE}'; \
         INSERT INTO bulk_members (claimant_id, bulk_id, association_id, outcome, reason) \
         VALUES ('{}', '{bulk}', '{ours}', 'passed', 'stopped')",
        claimant.id
    ))
    .await;
    let sample = app.ctx.new_id();
    let announced = app.ctx.new_id();
    app.sql(&format!(
        "INSERT INTO sample_checks (id, association_id, case_id, number, filter, purpose, state, size, population, population_count, \
           population_sha256, seed_source, seed_due_at, opened_by, opened_at, seed, sample_sha256, drawn_at, drawn_by) \
         SELECT v.id, '{ours}', c.id, row_number() OVER (), '{{\"missing\": \"i\"}}', 'Deposito', v.state, 1, ARRAY['{0}'::uuid], 1, sha256('a'), \
           'Lotto', '2026-03-01T00:00:01Z', gen_random_uuid(), '2026-03-01Z', v.seed, sha256(v.seed::bytea), v.at, v.who \
         FROM cases c, (VALUES ('{sample}'::uuid, 'drawn', '7', '2026-03-01Z'::timestamptz, gen_random_uuid()), \
           ('{announced}', 'announced', NULL, NULL, NULL)) v (id, state, seed, at, who) WHERE c.slug = '{CASE}'; \
         INSERT INTO sample_members (sample_id, place, association_id, claimant_id) VALUES ('{sample}', 1, '{ours}', '{0}')",
        claimant.id
    ))
    .await;
    let led = format!("SELECT id::text FROM cases WHERE slug = '{CASE}'");
    let led = app.rows(&led).await[0][0].clone().unwrap();
    let desk = format!("/console/case-desk/{led}");
    let dead = "UPDATE outbox SET state = 'dead', attempts = 9, last_error = '550 5.1.1 no such user' WHERE association_id IS NOT NULL";
    app.request_access("maria@example.org").await;
    app.sign_up(&SignUpBuilder::new("altra@example.org")).await;
    app.sql(dead).await;
    for language in ["it", "en"] {
        judge.next(language);
        judge.see("/console").await;
        judge.see("/console/approvals").await;
        judge.see(&clash).await;
        judge.refuse(&clash, "#form > p > button", &[]).await;
        judge.see(&format!("/console/cases/{CASE}/dashboard")).await;
        judge.see(&format!("/console/cases/{CASE}/queues")).await;
        judge
            .see(&format!(
                "/console/cases/{CASE}?queue=unreachable&province=RM"
            ))
            .await;
        let one = format!("/console/claimants/{}", claimant.id);
        judge.see(&format!("{one}?queue=unreachable")).await;
        judge.see(&exports).await;
        judge.refuse(&form, MAIN, &[]).await;
        let imports = format!("/console/cases/{CASE}/imports");
        judge.refuse(&imports, "#form > button", &[]).await;
        judge.see(&list).await;
        let one = format!("/console/exports/{waiting}");
        judge.see(&one).await;
        judge.refuse(&one, "#form > button", &[]).await;
        judge.see(&format!("/console/exports/{failed}")).await;
        let sets = format!("/console/cases/{CASE}/bulk-actions");
        judge.see(&format!("{sets}?queue=quarantined")).await;
        for kind in [
            "message",
            "ask_deficiency",
            "end_quarantine",
            "assign",
            "reject",
        ] {
            judge
                .refuse(&format!("{sets}?kind={kind}"), MAIN, &[])
                .await;
        }
        let one = format!("/console/bulk-actions/{bulk}");
        judge.see(&one).await;
        judge.refuse(&one, "#form > button", &[]).await;
        let samples = format!("/console/cases/{CASE}/sample-checks");
        judge.see(&samples).await;
        judge.refuse(&samples, MAIN, &[]).await;
        for one in [sample, announced] {
            let one = format!("/console/sample-checks/{one}");
            judge.see(&one).await;
            judge.refuse(&one, "#form > button", &[]).await;
        }
        judge.see("/console/retention").await;
        judge.see("/console/people").await;
        judge.refuse("/console/people", MAIN, &[]).await;
        judge.see("/console/partners").await;
        judge.refuse("/console/partners", MAIN, &[]).await;
        judge.see(&format!("/console/partners/{partner}")).await;
        judge
            .see(&format!("/console/partners/{partner}/keys"))
            .await;
        judge
            .refuse(&format!("/console/partners/{partner}/keys"), MAIN, &[])
            .await;
        judge.see(&member).await;
        judge.see("/console/mails").await;
        judge.see("/console/trails").await;
        judge.see(&format!("{member}/trail")).await;
        judge
            .see(&format!("/console/people/{}/trail", owner.id))
            .await;
        judge
            .see(&format!("/console/claimants/{}/trail", claimant.id))
            .await;
        let contact = format!("/console/claimants/{}/contact", claimant.id);
        judge.see(&contact).await;
        judge
            .refuse(&format!("{member}/reach?from=x&to="), "#form > button", &[])
            .await;
        let days = "reach?from=2026-03-01&to=2026-03-31";
        judge
            .see(&format!("/console/people/{}/{days}", owner.id))
            .await;
        judge.see("/console/account").await;
        judge.refuse("/console/account/password", MAIN, &[]).await;
        judge
            .refuse("/console/account/authenticator", MAIN, &[])
            .await;
        judge.see("/console/account/recovery-codes").await;
        judge.see("/console/breaches").await;
        judge.refuse("/console/breaches", MAIN, &[]).await;
        judge.see(&desk).await;
        judge.refuse("/console/case-desk", MAIN, &[]).await;
        for section in [
            "main/0",
            "incidents/0",
            "domains/0",
            "tariffs/new",
            "statements/new",
            "texts/0",
        ] {
            judge.see(&format!("{desk}/{section}")).await;
        }
        judge.refuse(&format!("{desk}/facts/new"), MAIN, &[]).await;
        judge.see(&format!("{desk}/preview")).await;
        judge
            .refuse(
                "/console/cases/libero-virgilio-2023/demand-letters",
                MAIN,
                &[],
            )
            .await;
        judge.see(&right).await;
        judge.see("/console/scam-reports").await;
        judge.refuse(&report, MAIN, &[]).await;
        judge.see(&news).await;
        judge.refuse(&news, SEE, &[]).await;
        let fields = [
            ("texts[0][title]", "Udienza"),
            ("texts[0][text]", "È fissata."),
            ("texts[2][title]", "Verhandlung"),
            ("texts[2][text]", "Am Montag."),
        ];
        judge.go(&news).await;
        judge.send(SEE, &fields).await;
        judge.judge("news before they are published").await;
        let fields = [("reread", "true")];
        judge.send("#preview button[value=publish]", &fields).await;
        judge.judge("news that are published").await;
    }
    judge.go("/console/breaches").await;
    let fields = [
        ("what_happened", "Lista smarrita"),
        ("noticed_at", "2026-03-02T09:00"),
    ];
    judge.send(MAIN, &fields).await;
    judge.judge("an entry of the register").await;
    invited(&mut judge).await;
    let wrong: Vec<_> = judge.wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    judge.phone.browser.quit().await.unwrap();
    app.stop().await;
}

/// The page of two records of ours that clash; the first cannot be reached by mail.
async fn clash(app: &TestApp, ours: AssociationId, one: Uuid) -> String {
    let two = app.confirmed(&SignUpBuilder::new("luca@example.org")).await;
    let (id, two) = (Uuid::new_v4(), two.id);
    app.sql(&format!(
        "UPDATE claimants SET state = 'signed', signed_at = created_at WHERE id IN ('{one}', '{two}'); \
         UPDATE claimants SET unreachable_at = created_at, province = 'RM' WHERE id = '{one}'; \
         INSERT INTO registered_mailboxes (id, claimant_id, association_id, registered_at) \
           VALUES ('{id}', '{one}', '{ours}', '2026-03-02Z'); \
         INSERT INTO conflicts (claimant_id, id, association_id, kind, registered_id, other_claimant_id, opened_at) \
           VALUES ('{two}', '{id}', '{ours}', 'mailbox', '{id}', '{one}', '2026-03-02Z')"
    ))
    .await;
    format!("/console/conflicts/{id}")
}

/// What the invited see: the offer, the form once more, the codes, a link that was used.
async fn invited(judge: &mut Judge<'_>) {
    judge.go("/console/people").await;
    let nobody = [("email", "nuova@assoc.example"), ("role", "reader")];
    judge.send(MAIN, &nobody).await;
    judge.judge("an open invitation").await;
    judge.app.run_outbox().await;
    let mail = judge.app.mails_to("nuova@assoc.example").pop().unwrap();
    let link = format!(
        "/console/invitation/{}",
        token_in(&mail, "console/invitation")
    );
    for language in STAFF_LANGUAGES {
        judge.next(language);
        judge.see(&link).await;
        judge.refuse(&link, MAIN, &[]).await;
    }
    let secret = "return document.querySelector('.reference').textContent";
    let secret = judge.phone.script(secret).await;
    let secret = TotpSecret::from_base32(secret.as_str().unwrap()).unwrap();
    let code = secret.current(judge.app.clock().now());
    let fields = [
        ("name", "Anna Bianchi"),
        ("password", PASSWORD),
        ("code", &code),
    ];
    judge.send(MAIN, &fields).await;
    judge.judge("recovery codes").await;
    judge.see(&link).await;
}

/// The judges find what is put before them: a field without a name, grey on grey.
async fn is_awake(judge: &mut Judge<'_>) {
    judge.go("/").await;
    let spoil = "
        const field = document.createElement('input');
        const words = document.createElement('p');
        words.textContent = 'Non si legge.';
        words.style.color = '#eee';
        document.querySelector('main').append(field, words);";
    judge.phone.script(spoil).await;
    judge.judge("spoiled").await;
    let found: Vec<_> = std::mem::take(&mut judge.wrong).into_iter().collect();
    let found = found.join(" ");
    for what in ["textbox", "\"label\"", "\"color-contrast\""] {
        assert!(found.contains(what), "{what}: {found}");
    }
    // nothing of it is left for the page that comes next
    judge.phone.browser.goto("about:blank").await.unwrap();
}

/// What anybody sees.
async fn outside(judge: &mut Judge<'_>) {
    for path in [
        "/",
        "/?q=nessuno",
        &format!("/c/{CASE}"),
        &format!("/c/{CASE}/texts"),
        &format!("/c/{CASE}/updates"),
        &format!("/c/{CASE}/follow"),
        "/follow/unknown",
        "/unfollow/unknown",
        &format!("/c/{CASE}/join"),
        &format!("/c/{CASE}/join?association=codacons"),
        &format!("/c/{CASE}/join?association=consumerismo"),
        &format!("/embed/{CASE}?association=codacons&via=blog"),
        "/enter",
        "/enter/unknown",
        "/confirm/unknown",
        "/not-me/unknown",
        "/stop-payout/unknown",
        "/stop-contact/unknown",
        "/new-contact/unknown",
        "/verify",
        "/verify?code=ABCD-EFGH-JKMN",
        "/report-scam",
        "/report-scam?done=sent",
        "/problems",
        "/problems/validation",
        "/me",
        "/nothing",
    ] {
        judge.see(path).await;
    }
    judge.refuse("/enter", MAIN, &[("email", "maria")]).await;
    judge.refuse("/report-scam", MAIN, &[]).await;
    let follow = format!("/c/{CASE}/follow");
    judge.refuse(&follow, MAIN, &[("email", "maria")]).await;
    let join = format!("/c/{CASE}/join?association=codacons");
    let send = ".btn-primary[value=send]";
    judge.refuse(&join, send, &[]).await;
    let embed = format!("/embed/{CASE}?association=codacons&via=blog");
    judge.refuse(&embed, send, &[]).await;
    judge.go(&embed).await;
    let address = format!("incorniciata-{}@example.org", judge.language);
    let fields = [
        ("contact[email]", address.as_str()),
        ("mailboxes[0][address]", "altra@libero.it"),
    ];
    judge.send(send, &fields).await;
    judge.judge("signed up in a frame").await;
    let fields = [
        ("contact[email]", "maria"),
        ("contact[phone]", "12"),
        ("contact[postal_ok]", "true"),
        ("contact[postal_address][province]", "XX"),
        ("mailboxes[0][address]", "maria"),
    ];
    judge.refuse(&join, send, &fields).await;
    if judge.language != "de" {
        judge.see("/console/login").await;
        let wrong = [("email", "nessuno@example.org"), ("password", "sbagliata")];
        judge
            .refuse("/console/login", ".console-form button", &wrong)
            .await;
    }
}

/// What a mail is and what a receipt proves.
async fn checking(judge: &mut Judge<'_>, receipt: &Value) {
    let mails = judge.app.mails();
    let mail = &mails[0].message.mail.text;
    let code = mail.lines().find_map(|line| line.split_once("code="));
    if let Some((_, code)) = code {
        judge.see(&format!("/verify?code={code}")).await;
    }
    for (name, text) in [
        ("proved", receipt.to_string()),
        ("refuted", receipt.to_string().replacen("2026", "2025", 1)),
        ("unreadable", "{}".to_owned()),
    ] {
        judge.go("/verify").await;
        let choose = "
            const files = new DataTransfer();
            files.items.add(new File([arguments[0]], 'ricevuta.json'));
            document.getElementById('receipt-file').files = files.files;";
        judge.phone.script_with(choose, vec![json!(text)]).await;
        judge.send("form[method=post] button", &[]).await;
        judge.judge(&format!("/verify {name}")).await;
    }
}

/// From the form to the news, and their end.
async fn following(judge: &mut Judge<'_>) {
    judge.next("it");
    judge.go(&format!("/c/{CASE}/follow")).await;
    let fields = [
        ("association", "codacons"),
        ("email", "segue@example.org"),
        ("given", "true"),
    ];
    judge.send(MAIN, &fields).await;
    judge.judge("asked to follow").await;
    judge.app.run_outbox().await;
    let mail = judge.app.mails_to("segue@example.org").pop().unwrap();
    let confirm = format!("/follow/{}", token_in(&mail, "follow"));
    for language in LANGUAGES {
        judge.next(language);
        judge.see(&confirm).await;
    }
    judge.send("main form button", &[]).await;
    for language in LANGUAGES {
        judge.next(language);
        judge.see(&confirm).await;
    }
    let end = followers::unfollow_link(judge.app, "segue@example.org").await;
    for language in LANGUAGES {
        judge.next(language);
        judge.see(&end).await;
    }
    judge.send("main form button", &[]).await;
    judge.judge("the end of following").await;
}

/// From the form to the confirmed record.
async fn signing_up(judge: &mut Judge<'_>) {
    judge.next("it");
    judge
        .go(&format!("/c/{CASE}/join?association=codacons"))
        .await;
    let fields = [
        ("contact[email]", "maria@example.org"),
        ("mailboxes[0][address]", "caduta@libero.it"),
        ("consents[0][given]", "true"),
        ("consents[1][given]", "true"),
    ];
    judge.send(".btn-primary[value=send]", &fields).await;
    judge.app.run_outbox().await;
    let mail = judge.app.mails_to("maria@example.org").pop().unwrap();
    let joined = format!("/c/{CASE}/joined");
    for language in LANGUAGES {
        judge.next(language);
        judge.see(&joined).await;
        judge.refuse(&joined, MAIN, &[("code", "12")]).await;
        for kind in ["confirm", "not-me"] {
            let path = format!("/{kind}/{}", token_in(&mail, kind));
            judge.see(&path).await;
        }
    }
    judge.go(&joined).await;
    judge.send(MAIN, &[("code", &code_in(&mail))]).await;
    let confirmed = format!("/confirm/{}", token_in(&mail, "confirm"));
    for language in LANGUAGES {
        judge.next(language);
        judge.see(&confirmed).await;
        judge.see("/me").await;
    }
}

async fn identity(judge: &mut Judge<'_>) {
    for language in LANGUAGES {
        judge.next(language);
        for kind in ["person", "foreign", "entity"] {
            let path = format!("/me/identity?kind={kind}");
            judge.see(&path).await;
            judge.refuse(&path, MAIN, &[]).await;
        }
        let wrong = [
            ("person[codice_fiscale]", "RSSMRA85C12H501J"),
            ("person[birth_date]", "12/04/1985"),
            ("person[sex]", "F"),
        ];
        judge.refuse("/me/identity?kind=person", MAIN, &wrong).await;
        let doubtful = [
            ("person[address][city]", "Frascati"),
            ("person[address][postal_code]", "00100"),
        ];
        judge
            .refuse("/me/identity?kind=person", MAIN, &doubtful)
            .await;
        for path in ["/me/association", "/me/association?to=altroconsumo"] {
            judge.see(path).await;
        }
    }
    judge.go("/me/identity").await;
    let person = [
        ("person[codice_fiscale]", "RSSMRA85C12H501J"),
        ("person[given_name]", "Mario"),
        ("person[family_name]", "Verdi"),
        ("person[address][street]", "via Roma 1"),
        ("person[address][city]", "Roma"),
        ("person[address][postal_code]", "00184"),
    ];
    judge.send(MAIN, &person).await;
}

async fn declaring(judge: &mut Judge<'_>) {
    for language in LANGUAGES {
        judge.next(language);
        judge.see("/me").await;
        judge.see("/me/declare?step=4").await;
        for (step, fields) in [
            (1, vec![("incidents[0][hit]", "days")]),
            (2, vec![("elsewhere[complained]", "yes")]),
        ] {
            let path = format!("/me/declare?step={step}");
            judge.see(&path).await;
            judge.refuse(&path, MAIN, &fields).await;
        }
        judge.see("/me/declare?step=3").await;
    }
    judge.go("/me/declare?step=1").await;
    let mailbox = [
        ("incidents[0][hit]", "whole"),
        ("incidents[0][plan]", "free"),
    ];
    judge.send(MAIN, &mailbox).await;
    let elsewhere = [
        ("elsewhere[complained]", "no"),
        ("elsewhere[other_claims]", "no"),
        ("elsewhere[already_compensated]", "no"),
    ];
    judge.go("/me/declare?step=2").await;
    judge.send(MAIN, &elsewhere).await;
    judge.go("/me/declare?step=3").await;
    judge.send(MAIN, &[]).await;
    for language in LANGUAGES {
        judge.next(language);
        judge.see("/me/declare?step=4").await;
    }
    judge.send(MAIN, &[]).await;
}

async fn signing(judge: &mut Judge<'_>) {
    for language in LANGUAGES {
        judge.next(language);
        judge.see("/me").await;
        judge.see("/me/sign").await;
        judge.refuse("/me/sign", MAIN, &[]).await;
        for page in [
            "documents",
            "paper",
            "representative",
            "rights",
            "mails",
            "views",
        ] {
            judge.see(&format!("/me/{page}")).await;
        }
    }
    judge.go("/me/sign").await;
    let accept = [("accept[attestation_g]", "1"), ("accept[mandate_h]", "1")];
    judge.send(MAIN, &accept).await;
    for language in LANGUAGES {
        judge.next(language);
        judge.see("/me/sign").await;
        judge.refuse("/me/sign", MAIN, &[("full_name", "X")]).await;
    }
    judge.app.run_outbox().await;
    let mail = judge.app.mails_to("maria@example.org").pop().unwrap();
    judge.go("/me/sign").await;
    let signature = [
        ("code", code_in(&mail)),
        ("full_name", "Mario Verdi".to_owned()),
    ];
    let signature = signature
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    judge.send(MAIN, &signature).await;
}

async fn signed(judge: &mut Judge<'_>) {
    for language in LANGUAGES {
        judge.next(language);
        for path in ["/me", "/me/payout", "/me/withdraw", "/me/erase"] {
            judge.see(path).await;
        }
        let account = [("iban", "IT00"), ("holder", "")];
        judge.refuse("/me/payout", MAIN, &account).await;
    }
    control(judge).await;
    // a change of who one is asks for another signature
    judge.go("/me/identity").await;
    judge.send(MAIN, &[("person[family_name]", "Rossi")]).await;
    for language in LANGUAGES {
        judge.next(language);
        judge.see("/me").await;
    }
    judge.go("/me/withdraw").await;
    judge.send("main form .btn-danger", &[]).await;
    for language in LANGUAGES {
        judge.next(language);
        judge.see("/me").await;
    }
}

/// Proof of a mailbox; the account given, changed and stopped.
async fn control(judge: &mut Judge<'_>) {
    judge.go("/me").await;
    let place = "return document.querySelector('a[href^=\"/me/mailboxes/\"]').getAttribute('href')";
    let mailbox = judge.phone.script(place).await;
    let mailbox = mailbox.as_str().unwrap().to_owned();
    judge.see(&mailbox).await;
    judge.go(&mailbox).await;
    judge.send("main form > button.btn-primary", &[]).await;
    for language in LANGUAGES {
        judge.next(language);
        judge.see(&mailbox).await;
        judge.refuse(&mailbox, MAIN, &[("code", "")]).await;
    }
    judge.go("/me/payout").await;
    let account = [
        ("iban", "IT60X0542811101000000123456"),
        ("holder", "Maria Rossi"),
    ];
    judge.send(MAIN, &account).await;
    for language in LANGUAGES {
        judge.next(language);
        judge.see("/me/payout").await;
    }
    judge.go("/me/payout").await;
    judge.send("main form > button.btn-primary", &[]).await;
    for language in LANGUAGES {
        judge.next(language);
        judge
            .refuse(
                "/me/payout",
                MAIN,
                &[("iban", "IT00"), ("payout_code", "1")],
            )
            .await;
    }
    judge.app.run_outbox().await;
    let mails = judge.app.mails_to("maria@example.org");
    let code = mails
        .iter()
        .rev()
        .find(|mail| mail.contains("cambiare il conto"));
    let code = code_in(code.unwrap());
    let account = [
        ("iban", "DE89370400440532013000"),
        ("holder", "Maria Rossi"),
        ("payout_code", code.as_str()),
    ];
    judge.go("/me/payout").await;
    judge.send(MAIN, &account).await;
    judge.app.run_outbox().await;
    let notice = judge.app.mails_to("maria@example.org").pop().unwrap();
    let stop = format!("/stop-payout/{}", token_in(&notice, "stop-payout"));
    for language in LANGUAGES {
        judge.next(language);
        judge.see("/me").await;
        judge.see("/me/payout").await;
        judge.see(&stop).await;
    }
    contact(judge).await;
}

/// Another address: asked for, refused, confirmed and taken back.
async fn contact(judge: &mut Judge<'_>) {
    judge.see("/me/contact").await;
    judge.go("/me/contact").await;
    judge
        .send("#form > button.btn", &[("email", "nuova@example.com")])
        .await;
    for language in LANGUAGES {
        judge.next(language);
        judge.see("/me/contact").await;
        let wrong = [("code", "")];
        let confirm = "form.panel > button.btn-primary";
        judge.refuse("/me/contact", confirm, &wrong).await;
        let (save, wrong) = ("[aria-labelledby=phone-title] button", [("phone", "12")]);
        judge.refuse("/me/contact", save, &wrong).await;
    }
    judge.app.run_outbox().await;
    let code = code_in(&judge.app.mails_to("nuova@example.com").pop().unwrap());
    judge.go("/me/contact").await;
    judge
        .send("form.panel > button.btn-primary", &[("code", &code)])
        .await;
    judge.app.run_outbox().await;
    let notice = judge.app.mails_to("maria@example.org").pop().unwrap();
    let stop = format!("/stop-contact/{}", token_in(&notice, "stop-contact"));
    for language in LANGUAGES {
        judge.next(language);
        judge.see("/me/payout").await;
        judge.see(&stop).await;
    }
}

/// The languages of the console.
const STAFF_LANGUAGES: [&str; 2] = ["it", "en"];

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_desk_passes_wcag_2_2_aa() {
    let app = TestApp::seeded().await;
    let Some(mut judge) = Judge::open(&app).await else {
        return;
    };
    let ours = association(&app, "codacons").await;
    let member = person(&app, ours, Role::Reviewer).await;
    let bearer = member.bearer(&app).await;
    app.clock().advance(chrono::TimeDelta::seconds(30));
    let builder = SignUpBuilder::new("x@example.org")
        .without("/contact/email")
        .with("/contact/phone", json!("+393331234567"));
    let own = format!("/console/claimants/{}", app.sign_up(&builder).await.id);
    judge.go("/console/login").await;
    let code = member.code(&app);
    let login = [
        ("email", member.email.as_str()),
        ("password", PASSWORD),
        ("totp", &code),
    ];
    judge.send(".console-form button", &login).await;
    for language in STAFF_LANGUAGES {
        judge.next(language);
        judge.see("/console").await;
        judge.see(&own).await;
        judge.see(&format!("{own}/documents")).await;
        judge
            .refuse(&own, "#form > button.btn-primary", &[("reason", "")])
            .await;
    }
    let api = format!("/api/v1/staff{}", own.trim_start_matches("/console"));
    let identity = app.request(Method::PUT, &format!("{api}/identity"));
    let person = json!({ "person": mario() });
    ask(identity.bearer_auth(&bearer).json(&person))
        .await
        .expect(200);
    let reached = app.request(Method::POST, &format!("{api}/confirmation"));
    let how = json!({"how": "desk", "reason": "Allo sportello"});
    ask(reached.bearer_auth(&bearer).json(&how))
        .await
        .expect(200);
    typing(&mut judge, &own).await;
    let wrong: Vec<_> = judge.wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(judge.judged > 40, "{}", judge.judged);
    judge.phone.browser.quit().await.unwrap();
    app.stop().await;
}

/// The steps of a declaration as staff type it, to the record with the form to print.
async fn typing(judge: &mut Judge<'_>, own: &str) {
    let step = |number: usize| format!("{own}/declare?step={number}");
    for language in STAFF_LANGUAGES {
        judge.next(language);
        judge.see(own).await;
        let days = [("incidents[0][hit]", "days")];
        judge.refuse(&step(1), MAIN, &days).await;
        let complained = [("elsewhere[complained]", "yes")];
        judge.refuse(&step(2), MAIN, &complained).await;
        judge.see(&step(3)).await;
        judge.see(&step(4)).await;
    }
    judge.go(&step(1)).await;
    let mailbox = [
        ("incidents[0][hit]", "whole"),
        ("incidents[0][plan]", "free"),
    ];
    judge.send(MAIN, &mailbox).await;
    judge.go(&step(2)).await;
    let elsewhere = [
        ("elsewhere[complained]", "no"),
        ("elsewhere[other_claims]", "no"),
        ("elsewhere[already_compensated]", "no"),
    ];
    judge.send(MAIN, &elsewhere).await;
    judge.go(&step(3)).await;
    judge.send(MAIN, &[]).await;
    for language in STAFF_LANGUAGES {
        judge.next(language);
        judge.refuse(&step(4), MAIN, &[]).await;
    }
    let told = [
        ("how", "phone"),
        ("consents[0][given]", "true"),
        ("consents[1][given]", "true"),
    ];
    judge.go(&step(4)).await;
    judge.send(MAIN, &told).await;
    for language in STAFF_LANGUAGES {
        judge.next(language);
        judge.see(own).await;
        judge.see(&format!("{own}/paper")).await;
    }
}
