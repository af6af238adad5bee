//! Declaring, signing and saying where to pay over the pages, as a browser without script does it
//! (R3, R4, R25, R32, R36, R39, R43, R65).

use chrono::TimeDelta;
use reqwest::StatusCode;

use crate::app::TestApp;
use crate::claimant::{code_in, other_code};
use crate::pages::{Browser, Page};
use crate::signing::digital::{self, Attributes};

const ADDRESS: &str = "mario@example.org";

/// Mario, confirmed and with identity, and the token of his forms.
async fn mario<'app>(app: &'app TestApp, extra: &[(&str, &str)]) -> (Browser<'app>, String) {
    let browser = Browser::new(app);
    let mut fields = vec![("contact[email]", ADDRESS)];
    fields.extend_from_slice(extra);
    assert_eq!(browser.join(&fields).await.status, 303);
    let code = code_in(&browser.mail(ADDRESS).await);
    let path = format!("/c/{}/joined/code", crate::seed::CASE);
    assert_eq!(browser.send(&path, &[("code", &code)]).await.status, 303);
    let csrf = browser.csrf().await;
    let person = [
        ("csrf", csrf.as_str()),
        ("kind", "person"),
        ("person[codice_fiscale]", "RSSMRA85C12H501J"),
        ("person[given_name]", "Mario"),
        ("person[family_name]", "Rossi"),
        ("person[birth_date]", "12/03/1985"),
    ];
    let saved = browser.send("/me/identity", &person).await;
    assert_eq!(saved.place, "/me?done=identity-saved", "{}", saved.html);
    (browser, csrf)
}

/// The form of a mailbox as its page sends it, with other values in place of the usual ones.
fn mailbox<'a>(
    csrf: &'a str,
    step: &'a str,
    other: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("csrf", csrf),
        ("step", step),
        ("incidents[0][slug]", "gennaio-2023"),
        ("incidents[0][hit]", "whole"),
        ("incidents[0][plan]", "free"),
        ("incidents[0][fee]", ""),
        ("incidents[0][holder_note]", ""),
        ("incidents[0][unavailable_from]", ""),
        ("incidents[0][unavailable_until]", ""),
        ("incidents[0][compensation_note]", ""),
        ("incidents[0][items][0][head]", "flat_rate"),
        ("incidents[0][items][0][amount]", ""),
        ("incidents[0][items][1][head]", "extra_cost"),
        ("incidents[0][items][1][amount]", ""),
        ("incidents[0][items][1][description]", ""),
        ("incidents[0][last_use]", ""),
    ];
    fields.retain(|(name, _)| !other.iter().any(|(changed, _)| changed == name));
    fields.extend(other.iter().filter(|(_, value)| *value != "-"));
    fields
}

fn elsewhere<'a>(csrf: &'a str, step: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("csrf", csrf),
        ("step", step),
        ("elsewhere[complained]", "no"),
        ("elsewhere[complaint][place]", ""),
        ("elsewhere[other_claims]", "no"),
        ("elsewhere[other_claims_list][0][place]", ""),
        ("elsewhere[other_claims_list][0][amount]", ""),
        ("elsewhere[already_compensated]", "no"),
    ]
}

/// All steps of one mailbox up to the summary, with these values in its form.
async fn up_to_the_summary(browser: &Browser<'_>, csrf: &str, other: &[(&str, &str)]) {
    let steps = [
        mailbox(csrf, "1", other),
        elsewhere(csrf, "2"),
        vec![("csrf", csrf), ("step", "3"), ("narrative", "")],
    ];
    for (number, fields) in steps.iter().enumerate() {
        let saved = browser.send("/me/declare", fields).await;
        let next = format!("/me/declare?step={}", number + 2);
        assert_eq!(saved.place, next, "{}", saved.html);
    }
}

async fn declared(browser: &Browser<'_>, csrf: &str, other: &[(&str, &str)]) {
    up_to_the_summary(browser, csrf, other).await;
    let put = browser
        .send("/me/declare", &[("csrf", csrf), ("step", "4")])
        .await;
    assert_eq!(put.place, "/me/sign", "{}", put.html);
}

/// Accepts the two required texts; gives the page with the code field.
async fn code_page(browser: &Browser<'_>, csrf: &str) -> Page {
    let page = browser.get("/me/sign").await;
    let document = page.hidden("document_sha256");
    let asked = browser
        .send(
            "/me/sign/code",
            &[
                ("csrf", csrf),
                ("document_sha256", &document),
                ("accept[attestation_g]", "1"),
                ("accept[mandate_h]", "1"),
            ],
        )
        .await;
    assert_eq!(asked.place, "/me/sign", "{}", asked.html);
    browser.get("/me/sign").await
}

async fn sign(browser: &Browser<'_>, csrf: &str, request: &str, code: &str, name: &str) -> Page {
    let fields = [
        ("csrf", csrf),
        ("request_id", request),
        ("code", code),
        ("full_name", name),
    ];
    browser.send("/me/sign", &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journey_from_identity_to_the_account() {
    let app = TestApp::seeded().await;
    let (browser, csrf) = mario(&app, &[]).await;
    browser
        .get("/me")
        .await
        .says("Racconta il danno")
        .says("22 gennaio 2028");
    let first = browser.get("/me/declare").await;
    first
        .says("Passo 1 di 4")
        .says("caduta@libero.it")
        .says("<option value=\"free\" selected>")
        .says("id=\"incidents-0-hit-whole\" name=\"incidents[0][hit]\" value=\"whole\"><label")
        .says("22 gennaio 2023 – 28 gennaio 2023");
    // nothing that will be signed is answered for anybody
    assert!(!first.html.contains(" checked"), "{}", first.html);

    let extra = [
        ("incidents[0][items][1][amount]", "1.012,50"),
        ("incidents[0][items][1][description]", "Un altro servizio"),
    ];
    up_to_the_summary(&browser, &csrf, &extra).await;
    browser
        .get("/me/declare?step=4")
        .await
        .says("1.012,50 €")
        .says("Un altro servizio")
        .says("7 giorni");
    // the button pressed twice is one version
    for _ in 0..2 {
        let put = browser
            .send("/me/declare", &[("csrf", &csrf), ("step", "4")])
            .await;
        assert_eq!(put.place, "/me/sign", "{}", put.html);
    }
    assert_eq!(app.number("SELECT count(*) FROM declarations").await, 1);
    browser
        .get("/me")
        .await
        .says("Il documento è pronto")
        .says("Fatto:</span> La dichiarazione del danno")
        .says("href=\"/me/sign\">La firma</a>");

    let code_page = code_page(&browser, &csrf).await;
    code_page
        .says("m***o@example.org")
        .says("autocomplete=\"one-time-code\" inputmode=\"numeric\"");
    let request = code_page.hidden("request_id");
    let code = code_in(&browser.mail(ADDRESS).await);
    // both mistakes are told at once; the code of a mail is no attempt
    let both = sign(&browser, &csrf, &request, &other_code(&code), "Ugo").await;
    assert_eq!(both.status, 422);
    assert!(!both.html.contains("Non hai perso"), "an attempt is lost");
    both.says("id=\"code-error\"")
        .says("id=\"full-name-error\"");
    let attempts = "SELECT sum(attempts)::bigint FROM signature_requests";
    assert_eq!(app.number(attempts).await, 1);
    let of_mail = sign(&browser, &csrf, &request, "7kq2-m4xd-9ptw", "Mario Rossi").await;
    assert_eq!(of_mail.status, 422);
    of_mail.says("Ti serve quello di 6 cifre.");
    assert_eq!(app.number(attempts).await, 1);
    for _ in 0..2 {
        let signed = sign(&browser, &csrf, &request, &code, "rossi MARIO").await;
        assert_eq!(signed.place, "/me?done=signed", "{}", signed.html);
    }
    assert_eq!(app.number("SELECT count(*) FROM signatures").await, 1);
    browser
        .get("/me?done=signed")
        .await
        .says("Firmato. Ti mandiamo la ricevuta")
        .says("Indica il tuo IBAN")
        .says("Fatto:</span> La firma")
        .says("href=\"/me/payout\">Il conto su cui ricevere le somme</a>");
    let paper = browser.get("/me/paper").await;
    paper
        .says("Hai già firmato: la carta non serve più.")
        .says("chiedi a quale indirizzo portarli o spedirli");
    for (path, media, name) in [
        (
            "/me/declaration.pdf",
            "application/pdf",
            "dichiarazione.pdf",
        ),
        (
            "/me/signed.pdf",
            "application/pdf",
            "dichiarazione-firmata.pdf",
        ),
        ("/me/receipt.json", "application/json", "ricevuta.json"),
    ] {
        let file = browser.client.get(app.url(path)).send().await.unwrap();
        assert_eq!(file.status(), 200, "{path}");
        assert_eq!(file.headers()["content-type"], media);
        assert_eq!(file.headers()["x-content-type-options"], "nosniff");
        let attached = format!("attachment; filename=\"{name}\"");
        assert_eq!(file.headers()["content-disposition"], attached.as_str());
        assert_eq!(file.headers()["cache-control"], "no-store");
    }

    let account = |iban| {
        [
            ("csrf", csrf.clone()),
            ("iban", String::from(iban)),
            ("holder", "Mario Rossi".to_owned()),
            ("holder_is_claimant", "yes".to_owned()),
        ]
    };
    let wrong = account("IT65A0542811101000000123456");
    let wrong: Vec<(&str, &str)> = wrong
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let refused = browser.send("/me/payout", &wrong).await;
    assert_eq!(refused.status, 422);
    refused
        .says("href=\"#iban\"")
        .says("value=\"IT65A0542811101000000123456\"");
    let right = account("it60 X054 2811 1010 0000 0123 456");
    let right: Vec<(&str, &str)> = right
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let saved = browser.send("/me/payout", &right).await;
    assert_eq!(saved.place, "/me?done=payout-saved");
    let me = browser.get("/me").await;
    me.says("IT*********************3456");
    assert!(!me.html.contains("IT60X0542811101000000123456"));

    app.sql(
        "INSERT INTO payouts SELECT claimant_id, n, association_id, sealed, created_at, effective_at, \
           created_at, 'newer' FROM payouts, generate_series(2, 20) n",
    )
    .await;
    let too_often = browser.send("/me/payout", &right).await;
    assert_eq!(too_often.status, 429);
    assert_eq!(too_often.retry_after.as_deref(), Some("86400"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_error_stands_at_its_field_and_what_was_typed_is_saved() {
    let app = TestApp::seeded().await;
    let (browser, csrf) = mario(&app, &[]).await;
    let sent = mailbox(
        &csrf,
        "1",
        &[
            ("incidents[0][not_private]", "true"),
            ("incidents[0][compensated]", "true"),
            ("incidents[0][hit]", "days"),
            ("incidents[0][unavailable_from]", "28/01/2023"),
            ("incidents[0][unavailable_until]", "23/01/2023"),
            (
                "incidents[0][items][1][description]",
                "Un \"altro\" <servizio>",
            ),
        ],
    );
    let refused = browser.send("/me/declare", &sent).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused
        .says("href=\"#incidents-0-use\"")
        .says("href=\"#incidents-0-compensation-received\"")
        .says("href=\"#incidents-0-unavailable-until\"")
        .says("href=\"#incidents-0-items-3-amount-cents\"")
        .says("value=\"28/01/2023\"");
    assert!(!refused.html.contains("<servizio>"));
    // another device, another day
    let again = browser.get("/me/declare?step=1").await;
    again
        .says("value=\"28/01/2023\"")
        .says("Un &#34;altro&#34;");
    assert!(
        !again.html.contains("error-summary"),
        "nothing was sent yet"
    );

    // r36: what is no amount is not taken for one, and nothing is lost
    let sent = mailbox(&csrf, "1", &[("incidents[0][items][1][amount]", "molto")]);
    let refused = browser.send("/me/declare", &sent).await;
    assert_eq!(refused.status, 422);
    refused.says("value=\"molto\"").says("per esempio 12,50");
    // r32: some days, but none named, is not the whole outage
    let sent = mailbox(&csrf, "1", &[("incidents[0][hit]", "days")]);
    let refused = browser.send("/me/declare", &sent).await;
    refused.says("href=\"#incidents-0-unavailable-from\"");

    let saved = browser.send("/me/declare", &mailbox(&csrf, "1", &[])).await;
    assert_eq!(saved.place, "/me/declare?step=2");
    // the summary, before the other steps
    let early = browser
        .send("/me/declare", &[("csrf", &csrf), ("step", "4")])
        .await;
    assert_eq!(early.status, 422);
    early.says("/me/declare?step=2&amp;check=1");
    browser
        .get("/me/declare?step=2&check=1")
        .await
        .says("href=\"#other-claims\"")
        .says("href=\"#already-compensated\"");
    let mut sent = elsewhere(&csrf, "2");
    sent.retain(|(name, _)| *name != "elsewhere[other_claims]");
    sent.extend([
        ("elsewhere[other_claims]", "yes"),
        ("elsewhere[other_claims_list][1][amount]", "20"),
    ]);
    let refused = browser.send("/me/declare", &sent).await;
    assert_eq!(refused.status, 422);
    refused.says("href=\"#other-claims-1-where\"");
    assert_eq!(app.number("SELECT count(*) FROM declarations").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_nothing_hit_is_left_out_and_the_others_keep_their_step() {
    let app = TestApp::seeded().await;
    let second = [
        ("mailboxes[1][address]", "altra@giallo.it"),
        ("mailboxes[1][plan]", ""),
    ];
    let (browser, csrf) = mario(&app, &second).await;
    browser.get("/me/declare").await.says("Passo 1 di 5");
    let open = mailbox(&csrf, "1", &[("incidents[0][hit]", "-")]);
    let refused = browser.send("/me/declare", &open).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says("href=\"#incidents-0-hit\"");
    let none = mailbox(&csrf, "1", &[("incidents[0][hit]", "no")]);
    assert_eq!(
        browser.send("/me/declare", &none).await.place,
        "/me/declare?step=2"
    );
    let page = browser.get("/me/declare").await;
    page.says("altra@giallo.it");
    page.says("name=\"incidents[0][hit]\" value=\"whole\"><label");
    let wrong = mailbox(&csrf, "2", &[("incidents[0][plan]", "")]);
    let refused = browser.send("/me/declare", &wrong).await;
    refused
        .says("altra@giallo.it")
        .says("href=\"#incidents-0-plan\"");
    for (fields, place) in [
        (mailbox(&csrf, "2", &[]), "/me/declare?step=3"),
        (elsewhere(&csrf, "3"), "/me/declare?step=4"),
        (
            vec![("csrf", csrf.as_str()), ("step", "4")],
            "/me/declare?step=5",
        ),
        (vec![("csrf", csrf.as_str()), ("step", "5")], "/me/sign"),
    ] {
        assert_eq!(browser.send("/me/declare", &fields).await.place, place);
    }
    let summary = browser.get("/me/declare?step=5").await;
    summary.says("altra@giallo.it");
    // what is left out is told
    let left_out = summary.html.split("<h2>caduta@libero.it: ").nth(1).unwrap();
    let (left_out, _) = left_out.split_once("</section>").unwrap();
    assert!(
        left_out.contains(
            "<dd class=\"told\">Non dichiarato: per questo disservizio non chiedi niente</dd>"
        ),
        "{left_out}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_each_text_is_ticked_on_its_own_and_a_translation_only_helps() {
    let app = TestApp::seeded().await;
    let (browser, csrf) = mario(&app, &[]).await;
    declared(&browser, &csrf, &[]).await;
    let page = browser.get("/me/sign").await;
    page.says("Consapevole della responsabilità penale")
        .says("già nominato o che sarà nominato dal giudice")
        .says("href=\"/me/declaration.pdf\"")
        .says("È il numero del file PDF qui sopra");
    assert!(
        !page.html.contains(" checked"),
        "nothing is ticked at first"
    );
    assert!(!page.html.contains("Courtesy translation"));
    browser
        .get("/me/sign?lang=en")
        .await
        .says("Consapevole della responsabilità penale")
        .says("Courtesy translation");
    browser
        .get("/me/sign?lang=de")
        .await
        .says("Consapevole della responsabilità penale")
        .says("nicht verbindlich: Es gilt der italienische Text, und ihn unterschreiben Sie");
    let signed = "SELECT count(*) FROM declarations";
    assert_eq!(
        app.number(signed).await,
        1,
        "reading in German makes no other document"
    );
    let refused = browser
        .send(
            "/me/sign/code",
            &[
                ("csrf", &csrf),
                ("document_sha256", &page.hidden("document_sha256")),
                ("accept[attestation_g]", "1"),
            ],
        )
        .await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.html.matches(" checked").count(), 1);
    assert_eq!(
        app.number("SELECT count(*) FROM signature_requests").await,
        0
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r43_wrong_name_wrong_code_replaced_and_expired_are_each_told() {
    let app = TestApp::seeded().await;
    let (browser, csrf) = mario(&app, &[]).await;
    declared(&browser, &csrf, &[]).await;
    let page = code_page(&browser, &csrf).await;
    let (first, code) = (
        page.hidden("request_id"),
        code_in(&browser.mail(ADDRESS).await),
    );
    let wrong = sign(&browser, &csrf, &first, &code, "Anna Bianchi").await;
    assert_eq!(wrong.status, 422);
    wrong
        .says("href=\"#full-name\"")
        .says("Non hai perso tentativi")
        .says("value=\"Anna Bianchi\"");
    let wrong = sign(&browser, &csrf, &first, &other_code(&code), "Mario Rossi").await;
    wrong.says("href=\"#code\"").says("Il codice non è giusto");

    // a new code: the texts accepted go along
    let fields = [
        ("csrf", csrf.as_str()),
        ("document_sha256", &page.hidden("document_sha256")),
        (
            "accept[attestation_g]",
            &page.hidden("accept[attestation_g]"),
        ),
        ("accept[mandate_h]", &page.hidden("accept[mandate_h]")),
    ];
    assert_eq!(
        browser.send("/me/sign/code", &fields).await.place,
        "/me/sign"
    );
    let replaced = sign(&browser, &csrf, &first, &code, "Mario Rossi").await;
    replaced.says("sostituito da uno più nuovo");

    let second = browser.get("/me/sign").await.hidden("request_id");
    let code = code_in(&browser.mail(ADDRESS).await);
    app.clock().advance(TimeDelta::minutes(11));
    let expired = sign(&browser, &csrf, &second, &code, "Mario Rossi").await;
    assert_eq!(expired.status, 422);
    expired
        .says("Questo codice non vale più")
        .says("href=\"#code\"");
    browser
        .get("/me/sign")
        .await
        .says("Inviami un altro codice");
    assert_eq!(app.number("SELECT count(*) FROM signatures").await, 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r39_a_correction_shows_what_changed_and_asks_for_another_signature() {
    let app = TestApp::seeded().await;
    let (browser, csrf) = mario(&app, &[]).await;
    declared(&browser, &csrf, &[]).await;
    let page = code_page(&browser, &csrf).await;
    let code = code_in(&browser.mail(ADDRESS).await);
    let request = page.hidden("request_id");
    let signed = sign(&browser, &csrf, &request, &code, "Mario Rossi").await;
    assert_eq!(signed.place, "/me?done=signed");

    // the signed version is where a correction starts
    let form = browser.get("/me/declare?step=1").await;
    form.says("name=\"incidents[0][not_private]\" value=\"true\"><label");
    let change = [
        ("incidents[0][plan]", "plus"),
        ("incidents[0][fee]", "19,99"),
    ];
    declared(&browser, &csrf, &change).await;
    browser
        .get("/me")
        .await
        .says("Da firmare di nuovo")
        .says("Che cosa è cambiato dalla firma")
        .says("<ins>19,99 €</ins>")
        .says("<del>Gratis</del> <ins>A pagamento</ins>")
        .says("/me/signed.pdf");
    browser.get("/me/sign").await.says("Firma la dichiarazione");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_back_a_step_loses_nothing_that_was_typed() {
    let app = TestApp::seeded().await;
    let (browser, csrf) = mario(&app, &[]).await;
    browser.send("/me/declare", &mailbox(&csrf, "1", &[])).await;
    let story = browser.get("/me/declare?step=3").await;
    story.says("name=\"back\"");
    assert!(!story.html.contains("href=\"/me/declare?step=2\""));
    let typed = [
        ("csrf", csrf.as_str()),
        ("step", "3"),
        ("narrative", "Cinque giorni senza posta."),
        ("back", "1"),
    ];
    let back = browser.send("/me/declare", &typed).await;
    assert_eq!(back.place, "/me/declare?step=2", "{}", back.html);
    let kept = browser.get("/me/declare?step=3").await;
    kept.says("Cinque giorni senza posta.");
    // the first step has nothing before it
    let mut first = mailbox(&csrf, "1", &[]);
    first.push(("back", "1"));
    let on = browser.send("/me/declare", &first).await;
    assert_eq!(on.place, "/me/declare?step=2", "{}", on.html);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_in_a_step_loses_nothing() {
    let app = TestApp::seeded().await;
    let (browser, csrf) = mario(&app, &[]).await;
    app.clock().advance(TimeDelta::minutes(31));
    let extra = [(
        "incidents[0][items][1][description]",
        "Un \"altro\" servizio",
    )];
    let over = browser
        .send("/me/declare", &mailbox(&csrf, "1", &extra))
        .await;
    assert_eq!(over.status, 401);
    over.says("non hai perso nulla")
        .says("Un &#34;altro&#34; servizio")
        .says("one-time-code");
    let amount = [
        ("incidents[0][items][1][amount]", "5"),
        (
            "incidents[0][items][1][description]",
            "Un \"altro\" servizio",
        ),
    ];
    let mut resumed = mailbox(&csrf, "1", &amount);
    let code = code_in(&browser.mail(ADDRESS).await);
    let wrong = other_code(&code);
    resumed.push(("code", &wrong));
    let refused = browser.send("/me/declare", &resumed).await;
    assert_eq!(refused.status, 422);
    refused.says("href=\"#code\"");
    resumed.pop();
    resumed.push(("code", &code));
    let shown = browser.send("/me/declare", &resumed).await;
    assert_eq!(shown.status, 200);
    shown
        .says("Un &#34;altro&#34; servizio")
        .says("salvati nella pratica di <strong>Mario Rossi, ");
    let drafts = "SELECT count(*) FROM declaration_drafts";
    assert_eq!(app.number(drafts).await, 0, "shown, not saved");
    let token = shown.hidden("csrf");
    let saved = browser
        .send("/me/declare", &mailbox(&token, "1", &amount))
        .await;
    assert_eq!(saved.place, "/me/declare?step=2", "{}", saved.html);
    browser
        .get("/me/declare?step=1")
        .await
        .says("Un &#34;altro&#34; servizio");
    // the form of the earlier session is shown once more, not taken
    let stale = browser
        .send("/me/payout", &[("csrf", &csrf), ("holder", "Mario Rossi")])
        .await;
    assert_eq!(stale.status, 422);
    stale.says("value=\"Mario Rossi\"");
    assert_eq!(app.number("SELECT count(*) FROM payouts").await, 0);
    app.stop().await;
}

/// Mario leaves a form open, Anna uses the same browser, and the code goes to her: the form says whose
/// record it would be saved to, before it is.
#[tokio::test(flavor = "multi_thread")]
async fn two_people_in_one_browser_see_whose_record_a_kept_form_goes_to() {
    let app = TestApp::seeded().await;
    let (browser, csrf) = mario(&app, &[]).await;
    app.clock().advance(TimeDelta::minutes(31));
    browser.confirmed("anna@example.org").await;
    let anna = browser.csrf().await;
    let account = [
        ("iban", "IT60X0542811101000000123456"),
        ("holder", "Mario Rossi"),
        ("holder_is_claimant", "yes"),
    ];
    let form = |token: &str, code: &str| {
        let own = [("csrf", token.to_owned()), ("code", code.to_owned())];
        let account = account.map(|(name, value)| (name, value.to_owned()));
        own.into_iter().chain(account).collect::<Vec<_>>()
    };
    let send = async |path: &str, fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        browser.send(path, &fields).await
    };
    let kept = "SELECT (SELECT count(*) FROM payouts) + (SELECT count(*) FROM declaration_drafts)";

    // while Anna is in, and after her session has ended too
    let hers = send("/me/payout", form(&csrf, "")).await;
    assert_eq!(hers.status, 422);
    hers.says("value=\"Mario Rossi\"")
        .says("nella pratica di <strong>a");
    app.clock().advance(TimeDelta::minutes(31));
    let over = send("/me/payout", form(&csrf, "")).await;
    assert_eq!(over.status, 401);
    let code = code_in(&browser.mail("anna@example.org").await);
    let shown = send("/me/payout", form(&csrf, &code)).await;
    assert_eq!(shown.status, 200);
    shown
        .says("value=\"IT60X0542811101000000123456\"")
        .says("nella pratica di <strong>a");
    let token = shown.hidden("csrf");
    assert!(token != csrf && token != anna, "of the session just opened");
    assert_eq!(app.number(kept).await, 0);

    // a step of the declaration likewise; the page works on, as hers
    let step = mailbox(&csrf, "1", &[]);
    let stale = browser.send("/me/declare", &step).await;
    assert_eq!(stale.status, 422);
    stale.says("nella pratica di <strong>a");
    assert_eq!(app.number(kept).await, 0);
    let saved = send("/me/payout", form(&token, "")).await;
    assert_eq!(saved.place, "/me?done=payout-saved", "{}", saved.html);
    assert_eq!(app.number(kept).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_an_association_in_mode_interest_says_so_instead_of_the_form() {
    let app = TestApp::seeded().await;
    let (browser, csrf) = mario(&app, &[("association", "consumerismo")]).await;
    let me = browser.get("/me").await;
    assert!(!me.html.contains("href=\"/me/sign\""));
    declared(&browser, &csrf, &[]).await;
    let page = browser.get("/me/sign").await;
    page.says("solo manifestazioni di interesse")
        .says("Consumerismo");
    assert!(!page.html.contains("accept["));
    app.stop().await;
}

/// Sends a signed file over the page.
async fn send_file(
    browser: &Browser<'_>,
    app: &TestApp,
    fields: &[(&str, &str)],
    file: &[u8],
) -> (StatusCode, String, String) {
    let answer = browser
        .client
        .post(app.url("/me/sign/file"))
        .header("content-type", "multipart/form-data; boundary=x")
        .body(digital::form(fields, file))
        .send()
        .await
        .unwrap();
    let place = answer.headers().get("location");
    let place = place.map_or("", |place| place.to_str().unwrap()).to_owned();
    (answer.status(), place, answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn r41_who_has_a_digital_signature_downloads_signs_and_uploads() {
    let app = TestApp::seeded().await;
    let (browser, csrf) = mario(&app, &[]).await;
    declared(&browser, &csrf, &[]).await;
    let page = browser.get("/me/sign").await;
    page.says("name=\"tier\" value=\"digital\"");
    let document = page.hidden("document_sha256");
    let wish = [
        ("csrf", csrf.as_str()),
        ("tier", "digital"),
        ("document_sha256", &document),
        ("accept[attestation_g]", "1"),
        ("accept[mandate_h]", "1"),
    ];
    let asked = browser.send("/me/sign/code", &wish).await;
    assert_eq!(asked.place, "/me/sign", "{}", asked.html);
    let page = browser.get("/me/sign").await;
    page.says("enctype=\"multipart/form-data\"")
        .says("Tre passi");
    let request = page.hidden("request_id");
    let pdf = browser.client.get(app.url("/me/declaration.pdf")).send();
    let pdf = pdf.await.unwrap().bytes().await.unwrap();
    let fields = [
        ("csrf", csrf.as_str()),
        ("tier", "digital"),
        ("request_id", &request),
    ];
    let file = digital::p7m(&pdf, Attributes::WithoutCertificate);
    let (status, _, html) = send_file(&browser, &app, &fields, &file).await;
    assert_eq!(status.as_u16(), 422);
    assert!(
        html.contains("Firma non verificabile") && html.contains("id=\"file-error\""),
        "{html}"
    );
    let (status, _, html) = send_file(&browser, &app, &fields, b"").await;
    assert_eq!(status.as_u16(), 422, "{html}");
    let signed = digital::p7m(&pdf, Attributes::All);
    let (status, _, _) = send_file(&browser, &app, &fields[1..], &signed).await;
    assert_eq!(status.as_u16(), 403, "without the token of the form");
    let (status, place, html) = send_file(&browser, &app, &fields, &signed).await;
    assert_eq!(
        (status.as_u16(), place.as_str()),
        (303, "/me?done=signed"),
        "{html}"
    );
    app.stop().await;
}
