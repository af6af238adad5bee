//! The claimants' pages over HTTP, as a browser without script uses them.

use chrono::TimeDelta;
use reqwest::{Client, RequestBuilder, StatusCode};

use crate::app::{TestApp, TestOptions};
use crate::claimant::{code_in, token_in};
use crate::seed::CASE;

/// A page as it came.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) place: String,
    pub(crate) retry_after: Option<String>,
    pub(crate) html: String,
}

/// A browser: cookies, no script, follows nothing.
pub(crate) struct Browser<'app> {
    app: &'app TestApp,
    pub(crate) client: Client,
}

impl<'app> Browser<'app> {
    pub(crate) fn new(app: &'app TestApp) -> Self {
        let client = app.browser();
        Self { app, client }
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.visit(self.client.get(self.app.url(path))).await
    }

    pub(crate) async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let request = self.client.post(self.app.url(path));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.visit(request.body(body.finish())).await
    }

    /// Once more on a new connection, as browsers do, if the server closed a kept one just then.
    async fn visit(&self, request: RequestBuilder) -> Page {
        let again = request.try_clone().unwrap();
        let answer = match request.send().await {
            Err(error) if error.is_request() => again.send().await,
            answered => answered,
        };
        read(answer.unwrap()).await
    }

    /// Opens the form, fills it, sends it.
    pub(crate) async fn join(&self, extra: &[(&str, &str)]) -> Page {
        let form = self.get(&join_path()).await;
        let key = form.hidden("idempotency_key");
        self.send(&format!("/c/{CASE}/join"), &fields(&key, extra))
            .await
    }

    /// Signs up and confirms by the link of the mail.
    pub(crate) async fn confirmed(&self, email: &str) {
        let joined = self.join(&[("contact[email]", email)]).await;
        assert_eq!(joined.status, 303, "{}", joined.html);
        let path = format!("/confirm/{}", token_in(&self.mail(email).await, "confirm"));
        assert_eq!(self.send(&path, &[]).await.status, 303);
    }

    /// The newest mail to an address, after sending what is due.
    pub(crate) async fn mail(&self, email: &str) -> String {
        self.app.run_outbox().await;
        self.app.mails_to(email).pop().unwrap()
    }

    /// The token of the forms of this session.
    pub(crate) async fn csrf(&self) -> String {
        self.get("/me").await.hidden("csrf")
    }
}

impl Page {
    /// The value of a hidden field.
    #[track_caller]
    pub(crate) fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self
            .html
            .split_once(&start)
            .unwrap_or_else(|| panic!("{name}: {}", self.html));
        rest.split('"').next().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> &Self {
        let html = self.html.replace("&#39;", "'");
        assert!(html.contains(words), "{words}: {html}");
        self
    }
}

async fn read(answer: reqwest::Response) -> Page {
    let header = |name| {
        let value = answer.headers().get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    Page {
        status: answer.status(),
        place: header("location").unwrap_or_default(),
        retry_after: header("retry-after"),
        html: answer.text().await.unwrap(),
    }
}

fn join_path() -> String {
    format!("/c/{CASE}/join?association=codacons&via=forum")
}

/// A form as the page sends it: newsletter unticked, rows left blank.
pub(crate) fn fields<'a>(key: &'a str, extra: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("action", "send"),
        ("idempotency_key", key),
        ("association", "codacons"),
        ("via", "forum"),
        ("contact[language]", "it"),
        ("contact[email]", ""),
        ("contact[phone]", ""),
        ("contact[postal_address][name]", ""),
        ("contact[postal_address][street]", ""),
        ("contact[postal_address][country]", ""),
        ("mailboxes[0][address]", "caduta@libero.it"),
        ("mailboxes[0][plan]", "free"),
        ("mailboxes[1][address]", ""),
        ("mailboxes[1][plan]", ""),
        ("consents[0][purpose]", "privacy_notice"),
        ("consents[0][text_version]", "1"),
        ("consents[0][given]", "true"),
        ("consents[1][purpose]", "contact"),
        ("consents[1][text_version]", "1"),
        ("consents[1][given]", "true"),
        ("consents[2][purpose]", "newsletter"),
        ("consents[2][text_version]", "1"),
    ];
    fields.retain(|(name, _)| !extra.iter().any(|(other, _)| other == name));
    fields.extend_from_slice(extra);
    fields
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journey_from_the_form_to_goodbye() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser
        .get(&format!("/c/{CASE}/join?association=nobody"))
        .await
        .says("Codacons")
        .says("Altroconsumo");
    let joined = browser
        .join(&[("contact[email]", "maria@example.org")])
        .await;
    assert_eq!(
        (joined.status.as_u16(), joined.place.as_str()),
        (303, "/c/libero-virgilio-2023/joined")
    );
    let page = browser.get(&joined.place).await;
    page.says("Abbiamo inviato un codice a maria@example.org.");

    let code = code_in(&browser.mail("maria@example.org").await);
    let wrong = browser
        .send("/c/libero-virgilio-2023/joined/code", &[("code", "no")])
        .await;
    assert_eq!(wrong.status, 422);
    let counted = "SELECT max(attempts)::bigint FROM confirmations";
    let before = app.number(counted).await;
    let of_mail = browser
        .send(
            "/c/libero-virgilio-2023/joined/code",
            &[("code", "7KQ2-M4XD-9PTW")],
        )
        .await;
    assert_eq!(of_mail.status, 422);
    of_mail.says("Ti serve quello di 6 cifre.");
    assert_eq!(app.number(counted).await, before, "no attempt");
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let right = browser
        .send("/c/libero-virgilio-2023/joined/code", &[("code", &spaced)])
        .await;
    assert_eq!(right.place, "/me?done=confirmed");

    let done = "task-done\">Fatto:</span> ";
    let link = "<a class=\"tap\" href=\"/me/identity\">I tuoi dati personali</a>";
    browser
        .get("/me")
        .await
        .says(&format!("{done}Conferma del recapito"))
        .says(link);
    let csrf = browser.csrf().await;
    let person = [
        ("csrf", csrf.as_str()),
        ("kind", "person"),
        ("person[codice_fiscale]", "RSSMRA85C12H501J"),
        ("person[given_name]", "Anna"),
        ("person[family_name]", "Bianchi"),
        ("person[birth_date]", "12/03/1985"),
        ("person[birth_place]", ""),
        ("person[address][street]", "via Roma"),
        ("person[address][number]", "1"),
        ("person[address][city]", "Roma"),
        ("person[address][postal_code]", "00184"),
        ("person[address][province]", "RM"),
        ("person[address][country]", ""),
    ];
    let saved = browser.send("/me/identity", &person).await;
    assert_eq!(saved.place, "/me?done=identity-saved", "{}", saved.html);
    browser
        .get("/me")
        .await
        .says("Anna Bianchi")
        .says(&format!("{done}I tuoi dati personali"))
        .says("href=\"/me/declare\">La dichiarazione del danno</a>")
        .says("Da fare:</span> La firma")
        .says("non sembra corrispondere al nome");

    let withdrawn = browser
        .send("/me/withdraw", &[("csrf", &csrf), ("reason", "")])
        .await;
    assert_eq!(withdrawn.place, "/me?done=withdrawn");
    let asked = browser.get("/me/erase").await;
    asked.says("Restano righe senza il tuo nome");
    assert_eq!(app.number("SELECT count(*) FROM claimants").await, 1);
    let gone = browser.send("/me/erase", &[("csrf", &csrf)]).await;
    gone.says("I tuoi dati sono cancellati")
        .says("Le teniamo come prova, senza scadenza");
    assert_eq!(browser.get("/me").await.status, 401);
    assert_eq!(app.number("SELECT count(*) FROM claimants").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r16_looking_at_the_link_confirms_nothing_and_a_double_tap_shows_success() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser
        .join(&[("contact[email]", "maria@example.org")])
        .await;
    let path = format!(
        "/confirm/{}",
        token_in(&browser.mail("maria@example.org").await, "confirm")
    );
    // by phone: it has nothing of the sign-up
    let phone = Browser::new(&app);
    phone.get(&path).await.says("Confermo");
    assert_eq!(
        app.number("SELECT count(*) FROM claimants WHERE state = 'confirmed'")
            .await,
        0
    );
    for _ in 0..2 {
        assert_eq!(phone.send(&path, &[]).await.place, path);
        phone
            .get(&path)
            .await
            .says("Fatto il primo passo di 3")
            .says("href=\"/me\"");
    }
    // the computer the form was sent from knows it too, but has no session
    browser
        .get(&path)
        .await
        .says("Fatto il primo passo di 3")
        .says("href=\"/enter\"");
    let stranger = Browser::new(&app).get(&path).await;
    assert_eq!(stranger.status, 410);
    stranger.says("già stato usato").says("href=\"/enter\"");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r15_an_expired_link_is_sent_again_with_one_tap() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser
        .join(&[("contact[email]", "maria@example.org")])
        .await;
    let path = format!(
        "/confirm/{}",
        token_in(&browser.mail("maria@example.org").await, "confirm")
    );
    app.clock().advance(TimeDelta::hours(73));
    let expired = browser.get(&path).await;
    assert_eq!(expired.status, 410);
    expired.says("Inviami un altro link");
    browser.send(&path, &[]).await;
    assert_eq!(
        app.number("SELECT count(*) FROM claimants WHERE state = 'confirmed'")
            .await,
        0
    );
    let resent = browser.send(&format!("{path}/resend"), &[]).await;
    assert_eq!(resent.place, format!("{path}?done=resent"));
    let fresh = format!(
        "/confirm/{}",
        token_in(&browser.mail("maria@example.org").await, "confirm")
    );
    assert_ne!(fresh, path);
    browser.send(&fresh, &[]).await;
    assert_eq!(browser.get("/me").await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r17_without_an_email_the_association_helps_and_a_dead_contact_is_told() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let joined = browser.join(&[("contact[phone]", "333 1234567")]).await;
    browser
        .get(&joined.place)
        .await
        .says("06 000000")
        .says("ti aiuta Codacons");
    assert_eq!(
        app.number("SELECT count(*) FROM claimants WHERE state = 'to_assist'")
            .await,
        1
    );

    let none = browser.join(&[]).await;
    assert_eq!(none.status, 422);
    none.says("Scrivi almeno un recapito");
    let joined = browser.join(&[("contact[email]", "altra@libero.it")]).await;
    browser
        .get(&joined.place)
        .await
        .says("servizio coinvolto nel caso");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r18_a_known_and_an_unknown_address_are_answered_alike() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser.confirmed("maria@example.org").await;
    let ask = async |email: &str| {
        let stranger = Browser::new(&app);
        let asked = stranger
            .send("/enter", &[("case", CASE), ("email", email)])
            .await;
        (asked.place.clone(), stranger.get(&asked.place).await.html)
    };
    assert_eq!(
        ask("maria@example.org").await,
        ask("nobody@example.org").await
    );
    let mail = browser.mail("maria@example.org").await;
    let enters = Browser::new(&app);
    let path = format!("/enter/{}", token_in(&mail, "enter"));
    enters.get(&path).await.says("Apri la tua pratica");
    assert_eq!(enters.send(&path, &[]).await.place, "/me");
    assert_eq!(enters.get("/me").await.status, 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r19_the_newsletter_is_unticked_and_refused_unless_ticked() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let form = browser.get(&join_path()).await;
    assert!(
        !form.html.contains(" checked"),
        "nothing is ticked at first"
    );
    browser.confirmed("maria@example.org").await;
    let given = "SELECT count(*) FROM consents WHERE purpose = 'newsletter' AND given";
    assert_eq!(app.number(given).await, 0);
    let csrf = browser.csrf().await;
    let on = [("csrf", csrf.as_str()), ("given", "true")];
    assert_eq!(
        browser.send("/me/newsletter", &on).await.place,
        "/me?done=consent-saved"
    );
    assert_eq!(app.number(given).await, 1);
    let forged = browser
        .send("/me/newsletter", &[("csrf", "x"), ("given", "true")])
        .await;
    assert_eq!(forged.status, 403);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_stays_and_is_shown_as_text() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let hostile = "\"><script>alert(1)</script>";
    let refused = browser
        .join(&[
            ("contact[email]", hostile),
            ("mailboxes[0][address]", hostile),
        ])
        .await;
    assert_eq!(refused.status, 422);
    assert!(!refused.html.contains("<script"));
    refused
        .says("href=\"#contact-email\"")
        .says("href=\"#mailboxes-0-address\"")
        .says("alert(1)");

    let added = browser
        .join(&[
            ("action", "add_mailbox"),
            ("contact[email]", "maria@example.org"),
        ])
        .await;
    assert_eq!(added.status, 200);
    added
        .says("value=\"maria@example.org\"")
        .says("value=\"caduta@libero.it\"")
        .says("mailboxes[1][address]");
    assert_eq!(added.html.matches(" checked").count(), 0);
    assert_eq!(app.number("SELECT count(*) FROM claimants").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_form_twice_is_one_sign_up_and_another_person_keeps_the_contact() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let path = format!("/c/{CASE}/join");
    let sent = fields("one-time", &[("contact[email]", "maria@example.org")]);
    for _ in 0..2 {
        assert_eq!(browser.send(&path, &sent).await.status, 303);
    }
    assert_eq!(app.number("SELECT count(*) FROM claimants").await, 1);
    // back, and something else in the same form: asked first, under a fresh key
    let other = fields("one-time", &[("contact[email]", "anna@example.org")]);
    let asked = browser.send(&path, &other).await;
    assert_eq!(asked.status, 422);
    assert_ne!(asked.hidden("idempotency_key"), "one-time");

    let again = format!("{}&again=1", join_path());
    let form = browser.get(&again).await;
    form.says("value=\"maria@example.org\"")
        .says("name=\"via\" value=\"forum\"");
    assert!(!form.html.contains("caduta@libero.it"));
    let stranger = Browser::new(&app).get(&again).await;
    assert!(!stranger.html.contains("maria@example.org"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_person_keeps_phone_and_origin_too() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let joined = browser.join(&[("contact[phone]", "333 1234567")]).await;
    assert_eq!(joined.status, 303, "{}", joined.html);
    let page = browser.get(&joined.place).await.html;
    let link = page.split("href=\"").find(|rest| rest.contains("again=1"));
    let link = link
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&#38;", "&");
    browser
        .get(&link)
        .await
        .says("value=\"+393331234567\"")
        .says("name=\"via\" value=\"forum\"");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_came_in_is_told_how_and_who_was_out_too_long_that_it_is_over() {
    let app = TestApp::seeded().await;
    let stranger = Browser::new(&app).get("/me").await;
    assert_eq!(stranger.status, 401);
    stranger
        .says("Non serve una password")
        .says("href=\"/enter\"");
    assert!(!stranger.html.contains("scaduta"));
    let browser = Browser::new(&app);
    browser.confirmed("maria@example.org").await;
    app.clock().advance(TimeDelta::minutes(31));
    let over = browser.get("/me").await;
    assert_eq!(over.status, 401);
    over.says("La sessione è scaduta").says("href=\"/enter\"");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_in_the_identity_form_loses_nothing() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser.confirmed("maria@example.org").await;
    let csrf = browser.csrf().await;
    app.clock().advance(TimeDelta::minutes(31));
    let person = [
        ("csrf", csrf.as_str()),
        ("kind", "person"),
        ("person[codice_fiscale]", "RSSMRA85C12H501J"),
        ("person[given_name]", "Mario"),
        ("person[family_name]", "Rossi"),
        ("person[address][street]", "via Roma"),
        ("person[address][city]", "Roma"),
        ("person[address][postal_code]", "00184"),
        ("person[address][province]", "RM"),
    ];
    let over = browser.send("/me/identity", &person).await;
    assert_eq!(over.status, 401);
    over.says("value=\"RSSMRA85C12H501J\"")
        .says("Abbiamo mandato un codice");
    let code = code_in(&browser.mail("maria@example.org").await);
    let mut with_code = person.to_vec();
    with_code.push(("code", "12"));
    let wrong = browser.send("/me/identity", &with_code).await;
    assert_eq!(wrong.status, 422);
    wrong.says("value=\"RSSMRA85C12H501J\"");
    with_code.pop();
    with_code.push(("code", &code));
    let shown = browser.send("/me/identity", &with_code).await;
    assert_eq!(shown.status, 200);
    shown
        .says("value=\"RSSMRA85C12H501J\"")
        .says("Questi dati saranno salvati nella pratica di");
    let nobody = "SELECT count(*) FROM claimants WHERE identity_at IS NOT NULL";
    assert_eq!(app.number(nobody).await, 0);
    let token = shown.hidden("csrf");
    let mut again = person.to_vec();
    again[0] = ("csrf", &token);
    let saved = browser.send("/me/identity", &again).await;
    assert_eq!(saved.place, "/me?done=identity-saved", "{}", saved.html);
    browser.get("/me").await.says("Mario Rossi");

    let stranger = Browser::new(&app).send("/me/identity", &person).await;
    assert_eq!(stranger.status, 401);
    stranger
        .says("value=\"RSSMRA85C12H501J\"")
        .says("href=\"/enter\"");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reference_and_code_confirm_or_enter() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser
        .join(&[("contact[email]", "maria@example.org")])
        .await;
    let mail = browser.mail("maria@example.org").await;
    let line = mail
        .lines()
        .find(|line| line.starts_with("Numero di pratica: "))
        .unwrap();
    let reference = line.rsplit(' ').next().unwrap();
    let elsewhere = Browser::new(&app);
    let wrong = elsewhere
        .send("/enter/code", &[("reference", reference), ("code", "1")])
        .await;
    let unknown = elsewhere
        .send(
            "/enter/code",
            &[("reference", "0000-0000-0000"), ("code", "1")],
        )
        .await;
    assert_eq!((wrong.status.as_u16(), unknown.status.as_u16()), (422, 422));
    assert_eq!(
        wrong.html.replace(reference, ""),
        unknown.html.replace("0000-0000-0000", "")
    );
    let code = code_in(&mail);
    let right = elsewhere
        .send("/enter/code", &[("reference", reference), ("code", &code)])
        .await;
    assert_eq!(right.place, "/me");
    assert_eq!(
        app.number("SELECT count(*) FROM claimants WHERE state = 'confirmed'")
            .await,
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r12_a_closed_case_and_a_suspended_association_say_so() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    app.sql("UPDATE associations SET status = 'suspended' WHERE slug = 'codacons'")
        .await;
    let refused = browser.get(&join_path()).await;
    assert_eq!(refused.status, 409);
    refused.says("Codacons ora non accetta iscrizioni");
    let sent = fields("key", &[("contact[email]", "maria@example.org")]);
    assert_eq!(
        browser.send(&format!("/c/{CASE}/join"), &sent).await.status,
        409
    );
    browser
        .get(&format!("/c/{CASE}/join?association=consumerismo"))
        .await
        .says("Manifestazione di interesse");
    app.sql("UPDATE cases SET state = 'closed'").await;
    let closed = browser.get(&format!("/c/{CASE}/join")).await;
    assert_eq!(closed.status, 409);
    closed.says("Le iscrizioni sono chiuse");
    browser
        .get(&format!("/c/{CASE}"))
        .await
        .says("Le iscrizioni sono chiuse");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r49_r61_a_page_asks_only_for_what_the_state_allows() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser.confirmed("maria@example.org").await;
    for (state, withdraw, erase, payout) in [
        ("confirmed", 200, 200, 200),
        ("lodged", 409, 200, 200),
        ("rejected", 409, 200, 409),
        ("duplicate", 409, 200, 409),
        ("restricted", 409, 409, 409),
        ("withdrawn", 409, 200, 409),
    ] {
        app.sql(&format!(
            "UPDATE claimants SET state = '{state}', \
               duplicate_of = CASE WHEN '{state}' = 'duplicate' THEN id END"
        ))
        .await;
        for (page, expected) in [("withdraw", withdraw), ("erase", erase), ("payout", payout)] {
            let shown = browser.get(&format!("/me/{page}")).await;
            assert_eq!(shown.status, expected, "{page} of {state}");
            let me = browser.get("/me").await.html;
            let offered = me.contains(&format!("href=\"/me/{page}\""));
            // an account is asked for once something is declared
            assert_eq!(
                offered,
                expected == 200 && page != "payout",
                "{page} of {state}"
            );
        }
        let me = browser.get("/me").await.html;
        let asks = matches!(state, "confirmed" | "lodged");
        assert_eq!(me.contains("Che cosa manca ancora"), asks, "{state}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_ended_says_what_that_means_and_what_can_still_be_done() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser.confirmed("maria@example.org").await;
    for (state, told) in [
        (
            "withdrawn",
            [
                "Non sei più negli elenchi",
                "Non avevi firmato: puoi far cancellare subito",
            ],
        ),
        (
            "rejected",
            ["come opporti", "Puoi far cancellare i tuoi dati."],
        ),
        (
            "duplicate",
            ["Vale quella, questa è chiusa", "Per aprire quella giusta"],
        ),
        (
            "restricted",
            ["nessuno li usa", "Il motivo è nella risposta"],
        ),
    ] {
        app.sql(&format!(
            "UPDATE claimants SET state = '{state}', \
               duplicate_of = CASE WHEN '{state}' = 'duplicate' THEN id END"
        ))
        .await;
        let page = browser.get("/me").await;
        assert_eq!(page.status, 200, "{state}");
        page.says(told[0]).says(told[1]);
        let way_back = page.html.contains("/me/contact");
        assert_eq!(way_back, state == "withdrawn", "{state}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r13_an_association_says_who_it_is_and_what_it_never_asks_for() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    let join = format!("/c/{CASE}/join?association=codacons");
    browser.get(&join).await.says("href=\"/a/codacons\"");
    let about = browser.get("/a/codacons").await;
    assert_eq!(about.status, 200);
    about
        .says("Elenco del Ministero della Giustizia")
        .says(&format!("href=\"/c/{CASE}\""))
        .says("Non chiediamo denaro.")
        .says("solo se lo ordina il giudice");
    assert_eq!(browser.get("/a/nobody").await.status, 404);
    app.sql("UPDATE cases SET state = 'draft'").await;
    assert_eq!(browser.get("/a/codacons").await.status, 404);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r14_a_mail_can_be_checked() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    browser
        .join(&[("contact[email]", "maria@example.org")])
        .await;
    let mail = browser.mail("maria@example.org").await;
    let line = mail
        .lines()
        .find(|line| line.starts_with("Codice di verifica"))
        .unwrap();
    let code = line.rsplit(' ').next().unwrap();
    let page = browser.get(&format!("/verify?code={code}")).await;
    page.says("Questo codice è di una nostra mail")
        .says("Codacons");
    assert!(!page.html.contains("maria"));
    browser
        .get("/verify?code=0000-0000-0000")
        .await
        .says("Questo codice non è nostro");
    // what was only copied in part is no reason to fear a swindler
    for (typed, said) in [("", "Scrivi il codice"), ("7KQ2-M9", "12 lettere e cifre.")] {
        let page = browser.get(&format!("/verify?code={typed}")).await;
        assert_eq!(page.status, 422);
        page.says("href=\"#mail-code\"").says(said);
        assert!(!page.html.contains("Questo codice non è nostro"));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r16_no_get_changes_a_row() {
    let app = TestApp::seeded_with(TestOptions {
        demo: true,
        ..TestOptions::default()
    })
    .await;
    let browser = Browser::new(&app);
    browser.confirmed("maria@example.org").await;
    browser
        .join(&[("contact[email]", "anna@example.org")])
        .await;
    let token = token_in(&browser.mail("anna@example.org").await, "confirm");
    let tables = app
        .rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1")
        .await;
    let sums = tables
        .iter()
        .map(|row| row[0].clone().unwrap())
        .map(|table| {
            format!(
                "SELECT '{table}' || count(*) || coalesce(sum(hashtext(t::text)), 0) FROM {table} t"
            )
        });
    let state = sums.collect::<Vec<_>>().join(" UNION ALL ") + " ORDER BY 1";
    let before = app.rows(&state).await;
    assert!(before.len() > 20);
    for path in [
        "/",
        "/?q=libero",
        "/enter",
        "/verify",
        "/verify?code=0000-0000-0000",
        "/problems",
        "/problems/cursor",
        "/me",
        "/me?done=confirmed",
        "/me/identity",
        "/me/identity?kind=entity",
        "/me/withdraw",
        "/me/erase",
        "/me/association",
        "/me/association?to=altroconsumo",
        "/nothing",
    ] {
        browser.get(path).await;
    }
    for rest in [
        "",
        "?share=Il%20mio%20sito",
        "/texts",
        "/join",
        "/join?association=codacons&again=1",
        "/joined",
    ] {
        assert_eq!(
            browser.get(&format!("/c/{CASE}{rest}")).await.status,
            200,
            "{rest}"
        );
    }
    assert_eq!(browser.get(&format!("/confirm/{token}")).await.status, 200);
    assert_eq!(browser.get(&format!("/enter/{token}")).await.status, 404);
    assert_eq!(app.rows(&state).await, before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_none_is_not_found_and_never_a_fault() {
    let app = TestApp::seeded().await;
    let browser = Browser::new(&app);
    for path in [
        "/confirm/%0A",
        "/enter/%0A",
        "/confirm/%C3%A8",
        "/enter/a%20b",
    ] {
        assert_eq!(
            browser.send(path, &[]).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    app.stop().await;
}
