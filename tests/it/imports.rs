//! Earlier lists: read, tried, imported, told and confirmed (R15, R20, R27, R28, R55, R57, S12).

use joinder::app::housekeeping;
use joinder::app::import::{Job, Step};
use joinder::app::lease::Holder;
use joinder::app::staff::{self, NewStaff};
use joinder::domain::email_address::EmailAddress;
use joinder::domain::ids::AssociationId;
use joinder::domain::permission::Role;
use joinder::worker;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{DEATHS, TestApp};
use crate::claimant::{Answer, SignUpBuilder, ask, token_in};
use crate::documents::Form;
use crate::seed::CASE;
use crate::staff_console::{csrf, open, place, send, sign_in};
use crate::staff_seed::{PASSWORD, Person, association, get, person, post, step_up};

const HEAD: &str = "Cognome;Nome;E-mail;Telefono;Casella colpita;Codice fiscale;CAP;Note\r\n";
const PEOPLE: &str = "SELECT count(*) FROM claimants";
/// Made by openpyxl 3.1.5: phones and CAPs as text, then as numbers.
const WORKBOOK: &[u8] = include_bytes!("imports/elenco.xlsx");

/// Somebody of the association with a fresh second factor.
struct Desk<'a> {
    app: &'a TestApp,
    bearer: String,
    who: Person,
}

impl<'a> Desk<'a> {
    async fn of(app: &'a TestApp, association: AssociationId, role: Role) -> Self {
        let who = person(app, association, role).await;
        let bearer = who.bearer(app).await;
        Self { app, bearer, who }
    }

    async fn manager(app: &'a TestApp) -> Self {
        let ours = association(app, "codacons").await;
        let desk = Self::of(app, ours, Role::CaseManager).await;
        step_up(app, &desk.who, &desk.bearer).await;
        desk
    }

    async fn try_upload(&self, name: &str, file: &[u8]) -> Answer {
        let form = Form::new()
            .text("source", "Modulo sul sito")
            .text("listed_on", "2023-02-01")
            .file("file", name, file);
        let path = format!("/api/v1/staff/cases/{CASE}/imports");
        let request = self.app.browser().post(self.app.url(&path));
        ask(form.send(request.bearer_auth(&self.bearer))).await
    }

    async fn upload(&self, file: &[u8]) -> Value {
        self.try_upload("elenco.csv", file).await.expect(201)
    }

    async fn act(&self, import: &Value, verb: &str, body: &Value) -> Answer {
        let path = format!(
            "/api/v1/staff/imports/{}/{verb}",
            import["id"].as_str().unwrap()
        );
        let request = self.app.browser().post(self.app.url(&path)).json(body);
        ask(request.bearer_auth(&self.bearer)).await
    }

    async fn told(&self, import: &Value) -> Value {
        let path = format!("/api/v1/staff/imports/{}", import["id"].as_str().unwrap());
        get(self.app, &path, &self.bearer)
            .await
            .json()
            .await
            .unwrap()
    }

    /// Tries it with the columns as proposed.
    async fn checked(&self, import: &Value) -> Value {
        let columns = json!({"columns": import["columns"]});
        let asked = self.act(import, "check", &columns).await.expect(202);
        assert_eq!(asked["state"], "checking");
        assert_eq!(work(self.app).await, 1);
        self.told(import).await
    }

    async fn imported(&self, file: &[u8]) -> Value {
        let import = self.upload(file).await;
        let checked = self.checked(&import).await;
        assert_eq!(checked["state"], "checked");
        self.act(&import, "start", &json!({})).await.expect(202);
        assert_eq!(work(self.app).await, 1);
        let done = self.told(&import).await;
        assert_eq!(done["state"], "done");
        done
    }

    async fn report(&self, import: &Value) -> String {
        let path = format!(
            "/api/v1/staff/imports/{}/report.csv",
            import["id"].as_str().unwrap()
        );
        let answer = get(self.app, &path, &self.bearer).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.text().await.unwrap()
    }
}

/// A list of an association that somebody of its own uploaded and tried: one row fits, one does not.
pub(crate) async fn tried(app: &TestApp, association: AssociationId) -> Uuid {
    let email = format!("{}@assoc.example", Uuid::new_v4().simple());
    let new = NewStaff {
        email: EmailAddress::parse(&email).unwrap(),
        name: "Chi carica".to_owned(),
        password: PASSWORD.to_owned(),
        totp: None,
        memberships: vec![(association, Role::CaseManager)],
    };
    let created = staff::create(&app.ctx, new).await.unwrap();
    let who = Person {
        id: created.id,
        email,
        totp: created.totp.unwrap(),
    };
    let bearer = who.bearer(app).await;
    let desk = Desk { app, bearer, who };
    let file = b"email;casella\nlista@example.org;lista@libero.it\nlista;lista@libero.it\n";
    let import = desk.upload(file).await;
    assert_eq!(counts(&desk.checked(&import).await), [2, 1, 0, 1]);
    import["id"].as_str().unwrap().parse().unwrap()
}

/// Works off what waits, as the worker does.
async fn work(app: &TestApp) -> usize {
    worker::imports::work_due(&app.ctx, Holder::new())
        .await
        .unwrap()
}

fn line(name: &str) -> String {
    format!(
        "Rossi;{name};{}@example.org;;{}@libero.it;;;\r\n",
        name.to_lowercase(),
        name.to_lowercase()
    )
}

fn list(lines: impl IntoIterator<Item = String>) -> Vec<u8> {
    let lines: String = lines.into_iter().collect();
    format!("{HEAD}{lines}").into_bytes()
}

/// As many people as that.
fn many(count: usize) -> Vec<u8> {
    list((0..count).map(|number| line(&format!("p{number}"))))
}

fn counts(import: &Value) -> [i64; 4] {
    ["rows", "created", "known", "refused"].map(|field| import[field].as_i64().unwrap())
}

/// Rows of every table but those of the import itself and its trail.
async fn census(app: &TestApp) -> Vec<(String, i64)> {
    let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' \
        AND table_name NOT IN ('imports', 'import_reports', 'audit', 'leases') ORDER BY 1";
    let mut census = Vec::new();
    for row in app.rows(tables).await {
        let table = row[0].clone().unwrap();
        let count = app.number(&format!("SELECT count(*) FROM {table}")).await;
        census.push((table, count));
    }
    census
}

#[tokio::test(flavor = "multi_thread")]
async fn r20_who_is_on_a_list_is_told_from_where_and_consents_when_they_confirm() {
    let app = TestApp::seeded().await;
    let desk = Desk::manager(&app).await;
    let maria = "Rossi;Maria;maria@example.org;+39 333 1234567;maria.rossi@libero.it, mrossi@virgilio.it;RSSMRA80A41H501Y;00184;=SOMMA(1)\r\n";
    let import = desk.upload(&list([maria.to_owned()])).await;
    assert_eq!(import["headers"].as_array().unwrap().len(), 8);
    assert_eq!(
        import["columns"],
        json!([
            "family_name",
            "given_name",
            "email",
            "phone",
            "mailbox",
            "codice_fiscale",
            "postal_code",
            "notes"
        ])
    );
    let before = census(&app).await;
    let checked = desk.checked(&import).await;
    assert_eq!(
        (&checked["state"], counts(&checked)),
        (&json!("checked"), [1, 1, 0, 0])
    );
    assert_eq!(census(&app).await, before);
    desk.act(&import, "start", &json!({})).await.expect(202);
    assert_eq!(work(&app).await, 1);
    let rows = app
        .rows("SELECT state, mailbox_count, contact_kind FROM claimants")
        .await;
    let cells: Vec<&str> = rows[0]
        .iter()
        .map(|cell| cell.as_deref().unwrap())
        .collect();
    assert_eq!((rows.len(), cells), (1, vec!["unconfirmed", "2", "email"]));
    assert_eq!(app.number("SELECT count(*) FROM consents").await, 0);
    let by = format!(
        "SELECT count(*) FROM audit WHERE action = 'sign_up' AND actor_kind = 'staff' AND actor_id = '{}' \
         AND detail->>'channel' = 'import'",
        desk.who.id
    );
    assert_eq!(app.number(&by).await, 1);
    assert_eq!(app.number("SELECT priority FROM outbox").await, 6);

    app.run_outbox().await;
    let mails = app.mails_to("maria@example.org");
    let mail = mails.first().unwrap();
    let flat = mail.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("ce l'ha dato Codacons") && flat.contains("1° febbraio 2023"),
        "{flat}"
    );
    assert!(!mail.contains("Codice: "), "consents are given on the page");
    let token = token_in(mail, "confirm");

    let path = format!("/confirm/{token}");
    let browser = app.browser();
    let (status, page) = open(&app, &browser, &path).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("Codacons ci ha dato il tuo indirizzo") && page.contains("1° febbraio 2023")
    );
    assert!(page.contains("data-purpose=\"privacy_notice\""));
    app.confirm_by(&json!({"token": token}))
        .await
        .expect_problem(422, "validation");
    let refused = send(&app, &browser, &path, &[]).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(app.number("SELECT count(*) FROM consents").await, 0);
    let version = |purpose: &str| {
        let rest = page.split(&format!("value=\"{purpose}\"")).nth(1).unwrap();
        let rest = rest.split("[text_version]\" value=\"").nth(1).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let (notice, contact) = (version("privacy_notice"), version("contact"));
    let fields = [
        ("consents[0][purpose]", "privacy_notice"),
        ("consents[0][text_version]", &notice),
        ("consents[0][given]", "true"),
        ("consents[1][purpose]", "contact"),
        ("consents[1][text_version]", &contact),
        ("consents[1][given]", "true"),
    ];
    let done = send(&app, &browser, &path, &fields).await;
    assert_eq!(place(&done), path);
    let given = "SELECT count(*) FROM consents WHERE channel = 'page' AND given";
    assert_eq!(app.number(given).await, 2);
    assert_eq!(
        app.number("SELECT count(*) FROM claimants WHERE state = 'confirmed'")
            .await,
        1
    );
    // the name stays sealed: nowhere in clear
    assert_eq!(
        app.number(
            "SELECT count(*) FROM imported_contacts WHERE position('Maria'::bytea IN sealed) > 0"
        )
        .await,
        0
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_confirms_with_consents_too_and_the_record_shows_the_list() {
    let app = TestApp::seeded().await;
    let desk = Desk::manager(&app).await;
    desk.imported(&list([
        "Rossi;Maria;maria@example.org;;maria@libero.it;RSSMRA80A41H501Y;00184;Ha chiamato\r\n"
            .to_owned(),
        "Verdi;Ugo;;333 7654321;ugo@libero.it;;;\r\n".to_owned(),
    ]))
    .await;
    assert_eq!(
        app.number(
            "SELECT count(*) FROM claimants WHERE state = 'to_assist' AND contact_kind = 'phone'"
        )
        .await,
        1
    );
    app.run_outbox().await;
    let mails = app.mails_to("maria@example.org");
    let token = token_in(&mails[0], "confirm");
    let case: Value = app
        .get(&format!("/api/v1/public/cases/{CASE}"))
        .await
        .json()
        .await
        .unwrap();
    let consents: Vec<Value> = case["consents"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|consent| consent["required"] == true)
        .map(|consent| json!({"purpose": consent["purpose"], "text_version": consent["text_version"], "given": true}))
        .collect();
    let entered = app
        .confirm_by(&json!({"token": token, "consents": consents}))
        .await
        .expect(200);
    let claimant = app.claimant(&entered);
    let browser = app.browser();
    sign_in(&app, &browser, &desk.who).await;
    let (_, page) = open(
        &app,
        &browser,
        &format!("/console/claimants/{}", claimant.id),
    )
    .await;
    assert!(
        page.contains("Ha chiamato") && page.contains("Maria Rossi"),
        "{page}"
    );
    assert!(
        !page.contains("RSSMRA80A41H501Y"),
        "codici fiscali are masked"
    );
    claimant.erase().await.expect(200);
    assert_eq!(
        app.number("SELECT count(*) FROM imported_contacts").await,
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_the_same_list_and_an_overlapping_one_make_nobody_twice() {
    let app = TestApp::seeded().await;
    let desk = Desk::manager(&app).await;
    app.confirmed(&SignUpBuilder::new("Carla@example.org"))
        .await;
    let first = list([line("Anna"), line("Bruno"), line("Anna"), line("Carla")]);
    let done = desk.imported(&first).await;
    assert_eq!(counts(&done), [4, 2, 2, 0]);
    let report = desk.report(&done).await;
    assert!(report.contains("4;lo stesso contatto"), "{report}");
    assert!(report.contains("5;contatto già presente"), "{report}");
    assert_eq!(app.number(PEOPLE).await, 3);
    assert_eq!(counts(&desk.imported(&first).await), [4, 0, 4, 0]);
    let other = list([line("Bruno"), line("Dario")]);
    assert_eq!(counts(&desk.imported(&other).await), [2, 1, 1, 0]);
    assert_eq!(app.number(PEOPLE).await, 4);
    assert_eq!(
        app.number("SELECT count(*) FROM outbox WHERE kind = 'confirmation' AND priority = 6")
            .await,
        3
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_two_imports_of_one_list_at_once_make_nobody_twice() {
    let app = TestApp::seeded().await;
    let desk = Desk::manager(&app).await;
    let file = many(600);
    let mut imports = Vec::new();
    for _ in 0..2 {
        let import = desk.upload(&file).await;
        desk.checked(&import).await;
        imports.push(import);
    }
    let mut jobs = Vec::new();
    for import in &imports {
        desk.act(import, "start", &json!({})).await.expect(202);
        let job = Job::begin(&app.ctx).await.unwrap().unwrap();
        assert_eq!(job.id().to_string(), import["id"]);
        jobs.push(job);
        // it is not found while the other one begins
        app.sql("UPDATE imports SET state = 'checked'").await;
    }
    app.sql("UPDATE imports SET state = 'running'").await;
    let ends = jobs.into_iter().map(|mut job| async move {
        loop {
            match job.step().await {
                Ok(Step::More) => {}
                Ok(Step::Over) => return,
                Ok(Step::Gone) => panic!("nobody else has it"),
                // waited for the other one for too long: tried again
                Err(joinder::app::AppError::Unavailable(_)) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    });
    futures_util::future::join_all(ends).await;
    assert_eq!(app.number(PEOPLE).await, 600);
    assert_eq!(
        app.number("SELECT sum(created_count) FROM imports").await,
        600
    );
    assert_eq!(
        app.number("SELECT sum(known_count) FROM imports").await,
        600
    );
    assert_eq!(
        app.number("SELECT count(*) FROM imported_contacts").await,
        600
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_killed_goes_on_where_it_was_left() {
    let app = TestApp::seeded().await;
    let desk = Desk::manager(&app).await;
    let import = desk.upload(&many(450)).await;
    // tried by one that is killed: begun anew
    let columns = json!({"columns": import["columns"]});
    desk.act(&import, "check", &columns).await.expect(202);
    let mut killed = Job::begin(&app.ctx).await.unwrap().unwrap();
    assert_eq!(killed.step().await.unwrap(), Step::More);
    drop(killed);
    assert_eq!(work(&app).await, 1);
    assert_eq!(counts(&desk.told(&import).await), [450, 450, 0, 0]);

    desk.act(&import, "start", &json!({})).await.expect(202);
    let mut old = Job::begin(&app.ctx).await.unwrap().unwrap();
    assert_eq!(old.step().await.unwrap(), Step::More);
    assert_eq!(app.number(PEOPLE).await, 200);
    let half = desk.told(&import).await;
    assert_eq!(
        (&half["state"], &half["done"]),
        (&json!("running"), &json!(200))
    );
    // dies in the transaction of the second part: nothing of it is there
    app.let_die("import_reports", DEATHS[0]).await;
    assert!(old.step().await.is_err());
    app.let_live("import_reports").await;
    assert_eq!(app.number(PEOPLE).await, 200);
    assert_eq!(work(&app).await, 1);
    assert_eq!(app.number(PEOPLE).await, 450);
    // whoever was thought to be gone writes nothing more
    assert_eq!(old.step().await.unwrap(), Step::Gone);
    let done = desk.told(&import).await;
    assert_eq!(
        (&done["state"], counts(&done)),
        (&json!("done"), [450, 450, 0, 0])
    );
    assert_eq!(desk.report(&import).await.lines().count(), 451);
    assert_eq!(app.number("SELECT count(*) FROM outbox").await, 450);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_called_off_leaves_who_came_and_can_be_taken_up_with_the_same_file() {
    let app = TestApp::seeded().await;
    let desk = Desk::manager(&app).await;
    let file = many(450);
    let import = desk.upload(&file).await;
    desk.checked(&import).await;
    desk.act(&import, "start", &json!({})).await.expect(202);
    let mut job = Job::begin(&app.ctx).await.unwrap().unwrap();
    assert_eq!(job.step().await.unwrap(), Step::More);
    let cancelled = desk
        .act(&import, "cancellation", &json!({}))
        .await
        .expect(200);
    assert_eq!(cancelled["state"], "cancelled");
    assert_eq!(job.step().await.unwrap(), Step::Gone);
    assert_eq!((work(&app).await, app.number(PEOPLE).await), (0, 200));
    desk.act(&import, "cancellation", &json!({}))
        .await
        .expect_problem(409, "illegal-transition");
    desk.act(&import, "start", &json!({}))
        .await
        .expect_problem(409, "illegal-transition");
    assert_eq!(counts(&desk.imported(&file).await), [450, 250, 200, 0]);
    assert_eq!(app.number(PEOPLE).await, 450);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r27_a_workbook_of_another_program_is_read_and_its_numbers_are_told() {
    let app = TestApp::seeded().await;
    let desk = Desk::manager(&app).await;
    let import = desk.try_upload("elenco.xlsx", WORKBOOK).await.expect(201);
    assert_eq!(
        (&import["format"], &import["columns"]),
        (
            &json!("xlsx"),
            &json!([
                "family_name",
                "given_name",
                "email",
                "phone",
                "mailbox",
                "postal_code",
                "notes"
            ])
        )
    );
    let checked = desk.checked(&import).await;
    assert_eq!(counts(&checked), [4, 2, 0, 2]);
    let report = desk.report(&import).await;
    let lines: Vec<&str> = report.lines().collect();
    assert!(
        lines[2].starts_with("3;rifiutata;;D;Cellulare;") && lines[2].contains("numero"),
        "{report}"
    );
    assert!(
        lines[3].starts_with("4;rifiutata;;F;CAP;") && lines[3].contains("numero"),
        "{report}"
    );
    assert!(
        !report.contains("3391234567") && !report.contains("example.org"),
        "nothing of a cell"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_encoding_is_read_and_each_row_says_what_is_wrong_with_it() {
    let app = TestApp::seeded().await;
    let desk = Desk::manager(&app).await;
    let lines = [
        "Pagan\u{f2};Zo\u{eb};zoe@example.org;;zoe@libero.it;;20121;\r\n",
        "Rossi;Ugo;ugo-example.org;;ugo@libero.it;;;\r\n",
        "Rossi;Ivo;;;ivo@libero.it;;;\r\n",
        "Rossi;Ada;ada@example.org;;;;;\r\n",
        "Rossi;Eva;eva@example.org;;eva@libero.it;RSSMRA80A41H501X;184;\r\n",
        "Rossi;Leo;leo@example.org;3,39123E+11;leo@libero.it;;;\r\n",
    ];
    let latin: Vec<u8> = format!(
        "{}{}",
        HEAD.replace("Casella colpita", "=Casella"),
        lines.concat()
    )
    .chars()
    .map(|letter| u8::try_from(u32::from(letter)).unwrap())
    .collect();
    let import = desk.upload(&latin).await;
    let mut columns = import["columns"].clone();
    columns[4] = json!("");
    let wrong = desk
        .act(&import, "check", &json!({"columns": columns}))
        .await
        .wrong_fields();
    assert_eq!(wrong[0].0, "/columns");
    columns[4] = json!("caselle");
    let wrong = desk
        .act(&import, "check", &json!({"columns": columns}))
        .await
        .wrong_fields();
    assert_eq!(wrong[0].0, "/columns/4");
    columns[4] = json!("mailbox");
    desk.act(&import, "check", &json!({"columns": columns}))
        .await
        .expect(202);
    assert_eq!(work(&app).await, 1);
    let checked = desk.told(&import).await;
    assert_eq!(counts(&checked), [6, 1, 0, 5]);
    let report = desk.report(&import).await;
    for begins in [
        "3;rifiutata;;C;E-mail;",
        "4;rifiutata;;C;E-mail;",
        "5;rifiutata;;E;'=Casella;",
        "6;rifiutata;;F;Codice fiscale;",
        "6;rifiutata;;G;CAP;",
        "7;rifiutata;;D;Telefono;",
    ] {
        assert!(
            report.lines().any(|line| line.starts_with(begins)),
            "{begins} {report}"
        );
    }
    assert!(report.contains("zero iniziale"));
    desk.act(&import, "start", &json!({})).await.expect(202);
    work(&app).await;
    let browser = app.browser();
    sign_in(&app, &browser, &desk.who).await;
    let id = &app.rows("SELECT id FROM claimants").await[0][0];
    let (_, page) = open(
        &app,
        &browser,
        &format!("/console/claimants/{}", id.as_deref().unwrap()),
    )
    .await;
    assert!(page.contains("Zoë Paganò"), "{page}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r28_a_mailbox_of_a_service_that_the_case_does_not_name_is_taken_and_told() {
    let app = TestApp::seeded().await;
    let desk = Desk::manager(&app).await;
    let other = "Rossi;Ugo;ugo@example.org;;imp24@gmail.com;;;\r\n".to_owned();
    let import = desk.upload(&list([line("Anna"), other])).await;
    assert_eq!(counts(&desk.checked(&import).await), [2, 2, 0, 0]);
    let report = desk.report(&import).await;
    let told = |begins: &str| report.lines().any(|line| line.starts_with(begins));
    assert!(told("2;nuova pratica;;;;"), "{report}");
    assert!(told("3;nuova pratica;;E;Casella colpita;"), "{report}");
    assert!(report.contains("non è di un servizio"), "{report}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_files_are_refused_with_the_cell_that_is_wrong() {
    let app = TestApp::seeded().await;
    let desk = Desk::manager(&app).await;
    let quotes = format!("a;b\r\n1;\"{}", "x;y\r\n".repeat(5_000));
    let wide = format!("a;b\r\n{}\r\n", ";x".repeat(17_000));
    for (file, pointer) in [
        (quotes.as_bytes(), "/file/B2"),
        (wide.as_bytes(), "/file/2"),
        (b"PK\x03\x04 no workbook", "/file"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "/file"),
        (b"\xFF\xFEa\0;\0", "/file"),
        (HEAD.as_bytes(), "/file"),
    ] {
        let wrong = desk.try_upload("elenco.csv", file).await.wrong_fields();
        assert_eq!(wrong[0].0, pointer);
    }
    let form = Form::new()
        .text("source", " ")
        .text("listed_on", "2036-01-01");
    let path = format!("/api/v1/staff/cases/{CASE}/imports");
    let request = app.browser().post(app.url(&path)).bearer_auth(&desk.bearer);
    let wrong = ask(form.send(request)).await.wrong_fields();
    let pointers: Vec<&str> = wrong.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/source", "/file"]);
    let early = Form::new()
        .text("source", "Modulo")
        .text("listed_on", "2036-01-01")
        .file("file", "a.csv", &list([line("Anna")]));
    let request = app.browser().post(app.url(&path)).bearer_auth(&desk.bearer);
    assert_eq!(
        ask(early.send(request)).await.wrong_fields()[0].0,
        "/listed_on"
    );
    assert_eq!(app.number("SELECT count(*) FROM imports").await, 0);
    assert!(
        !app.blobs_folder()
            .join("imports")
            .read_dir()
            .is_ok_and(|mut left| left.next().is_some())
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r58_the_last_line_of_a_list_exported_here_is_nobody_and_counts_the_others() {
    let app = TestApp::seeded().await;
    let desk = Desk::manager(&app).await;
    let end = |rows: usize| format!("FINE;{rows};{}\r\n", "ab".repeat(32));
    // sorted: it stands between the others
    let whole = list([line("Anna"), end(2), line("Bruno")]);
    let done = desk.imported(&whole).await;
    assert_eq!(counts(&done), [2, 2, 0, 0]);
    let cut = list([line("Carla"), end(2)]);
    let wrong = desk.try_upload("elenco.csv", &cut).await.wrong_fields();
    assert_eq!(wrong[0].0, "/file/3");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r55_a_list_is_its_associations_alone_and_tells_nothing_of_others() {
    let app = TestApp::seeded().await;
    let desk = Desk::manager(&app).await;
    app.confirmed(&SignUpBuilder::new("anna@example.org").association("altroconsumo"))
        .await;
    let import = desk.upload(&list([line("Anna")])).await;
    // registered with others: as if there were nobody
    assert_eq!(counts(&desk.checked(&import).await), [1, 1, 0, 0]);
    let theirs = association(&app, "altroconsumo").await;
    let stranger = Desk::of(&app, theirs, Role::Owner).await;
    let place = format!("/api/v1/staff/imports/{}", import["id"].as_str().unwrap());
    for path in [place.clone(), format!("{place}/report.csv")] {
        let seen = get(&app, &path, &stranger.bearer).await;
        assert_eq!(seen.status(), StatusCode::NOT_FOUND);
    }
    stranger
        .act(&import, "cancellation", &json!({}))
        .await
        .expect_problem(404, "not-found");
    let listed = get(
        &app,
        &format!("/api/v1/staff/cases/{CASE}/imports"),
        &stranger.bearer,
    )
    .await;
    assert_eq!(listed.json::<Value>().await.unwrap()["items"], json!([]));
    let ours = association(&app, "codacons").await;
    let reader = Desk::of(&app, ours, Role::Reader).await;
    assert_eq!(
        get(&app, &place, &reader.bearer).await.status(),
        StatusCode::FORBIDDEN
    );
    let auditor = Desk::of(&app, ours, Role::Auditor).await;
    assert_eq!(
        get(&app, &place, &auditor.bearer).await.status(),
        StatusCode::OK
    );
    auditor
        .act(&import, "cancellation", &json!({}))
        .await
        .expect(403);
    let owner = Desk::of(&app, ours, Role::Owner).await;
    owner
        .act(&import, "start", &json!({}))
        .await
        .expect_problem(403, "step-up-required");
    // the same list through the other association makes its own records
    desk.act(&import, "start", &json!({})).await.expect(202);
    work(&app).await;
    assert_eq!(app.number(PEOPLE).await, 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_and_report_go_when_their_time_is_over() {
    let app = TestApp::seeded().await;
    let desk = Desk::manager(&app).await;
    desk.imported(&list([line("Anna")])).await;
    desk.upload(&list([line("Bruno")])).await;
    let kept = || {
        let folder = app.blobs_folder().join("imports").read_dir();
        folder.map_or(0, Iterator::count)
    };
    assert_eq!(kept(), 2);
    assert!(
        app.ctx
            .blobs
            .list()
            .await
            .unwrap()
            .iter()
            .all(|key| !key.starts_with("imports")),
        "in no backup"
    );
    app.clock().advance(chrono::TimeDelta::days(14));
    housekeeping::run(&app.ctx).await.unwrap();
    assert_eq!(kept(), 0);
    assert_eq!(app.number("SELECT count(*) FROM import_reports").await, 0);
    assert_eq!(
        app.number(
            "SELECT count(*) FROM imports WHERE key_wrapped IS NULL AND swept_at IS NOT NULL"
        )
        .await,
        2
    );
    assert_eq!(
        app.number("SELECT count(*) FROM imports WHERE state = 'expired'")
            .await,
        1
    );
    assert_eq!(app.number(PEOPLE).await, 1);
    app.clock().advance(chrono::TimeDelta::days(17));
    housekeeping::run(&app.ctx).await.unwrap();
    // R62: who never confirmed is gone, and with them what the list said
    assert_eq!(
        app.number("SELECT count(*) FROM imported_contacts").await,
        0
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r15_a_closed_case_takes_no_list_and_ends_one_under_way() {
    let app = TestApp::seeded().await;
    let desk = Desk::manager(&app).await;
    let import = desk.upload(&list([line("Anna")])).await;
    desk.checked(&import).await;
    desk.act(&import, "start", &json!({})).await.expect(202);
    app.sql("UPDATE cases SET state = 'closed'").await;
    app.ctx.directories.forget();
    assert_eq!(work(&app).await, 0);
    let failed = desk.told(&import).await;
    assert_eq!(
        (&failed["state"], &failed["failure"]),
        (&json!("failed"), &json!("closed"))
    );
    assert_eq!(app.number(PEOPLE).await, 0);
    desk.try_upload("a.csv", &list([line("Anna")]))
        .await
        .expect_problem(409, "illegal-transition");
    app.stop().await;
}

/// Sends a form with a file, as a browser does.
async fn upload_form(
    app: &TestApp,
    browser: &Client,
    fields: &[(&str, &str)],
    file: &[u8],
) -> reqwest::Response {
    let mut form = Form::new();
    for (name, value) in fields {
        form = form.text(name, value);
    }
    let path = format!("/console/cases/{CASE}/imports");
    form.file("file", "elenco.csv", file)
        .send(browser.post(app.url(&path)))
        .send()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_import_a_list_in_the_console() {
    let app = TestApp::seeded().await;
    let ours = association(&app, "codacons").await;
    let manager = person(&app, ours, Role::CaseManager).await;
    let browser = app.browser();
    sign_in(&app, &browser, &manager).await;
    let register = format!("/console/cases/{CASE}/imports");
    let (_, page) = open(&app, &browser, &register).await;
    let token = csrf(&page).to_owned();
    let refused = upload_form(
        &app,
        &browser,
        &[("csrf", &token), ("source", "Modulo")],
        b"a;b\r\n1;\x81\r\n",
    )
    .await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused
            .text()
            .await
            .unwrap()
            .contains("id=\"listed-on-error\"")
    );
    let fields = [
        ("csrf", token.as_str()),
        ("source", "Modulo <b>"),
        ("listed_on", "2023-02-01"),
    ];
    let refused = upload_form(&app, &browser, &fields, b"a;b\r\n1;\x81\r\n").await;
    let page = refused.text().await.unwrap();
    assert!(
        page.contains("La cella B2 ha caratteri illeggibili")
            && page.contains("Modulo &#60;b&#62;"),
        "{page}"
    );
    let file = list([
        line("Anna"),
        "Rossi;Ugo;ugo;;ugo@libero.it;;;\r\n".to_owned(),
    ]);
    let kept = upload_form(&app, &browser, &fields, &file).await;
    let one = place(&kept).to_owned();
    let (_, page) = open(&app, &browser, &one).await;
    assert!(
        page.contains("<option value=\"mailbox\" selected>"),
        "{page}"
    );
    assert!(page.contains("Per esempio: «Rossi»"), "{page}");
    assert!(!page.contains("così non vengono importati"), "{page}");
    let columns = [
        "family_name",
        "given_name",
        "email",
        "phone",
        "",
        "codice_fiscale",
        "postal_code",
        "notes",
    ];
    let names: Vec<String> = (0..8).map(|place| format!("columns[{place}]")).collect();
    let mut fields: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(columns).collect();
    fields.push(("csrf", &token));
    let refused = send(&app, &browser, &format!("{one}/check"), &fields).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let refused = refused.text().await.unwrap();
    assert!(refused.contains("id=\"columns-error\""));
    // what stands in a column that nobody wants is not lost silently
    assert!(refused.contains("così non vengono importati"), "{refused}");
    fields[4].1 = "mailbox";
    place(&send(&app, &browser, &format!("{one}/check"), &fields).await);
    assert_eq!(work(&app).await, 1);
    let (_, page) = open(&app, &browser, &one).await;
    assert!(
        page.contains("Prova: nulla è stato scritto") && page.contains("C: E-mail"),
        "{page}"
    );
    let early = send(&app, &browser, &format!("{one}/start"), &[("csrf", &token)]).await;
    assert!(place(&early).starts_with("/console/step-up"));
    let fields = [
        ("csrf", token.as_str()),
        ("totp", &manager.code(&app)),
        ("back", &one),
    ];
    place(&send(&app, &browser, "/console/step-up", &fields).await);
    place(&send(&app, &browser, &format!("{one}/start"), &[("csrf", &token)]).await);
    assert_eq!(work(&app).await, 1);
    let (_, page) = open(&app, &browser, &register).await;
    assert!(page.contains("importato"), "{page}");
    let (status, report) = open(&app, &browser, &format!("{one}/report.csv")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        report.contains("2;nuova pratica;") && report.contains("3;rifiutata;"),
        "{report}"
    );
    let again = post(
        &app,
        &format!("/api/v1/staff{}/start", one.trim_start_matches("/console")),
        None,
        &json!({}),
    )
    .await;
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(app.number(PEOPLE).await, 1);
    app.stop().await;
}
