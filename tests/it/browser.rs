//! Pages in a real browser, on a window as narrow as a small phone.
//!
//! Needs chromium and chromedriver; skips with a line where they are missing, but not under `CI`.

use std::cell::Cell;
use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use joinder::domain::permission::Role;
use serde_json::{Value, json};
use thirtyfour::extensions::cdp::ChromeDevTools;
use thirtyfour::prelude::*;
use tokio::process::{Child, Command};

use crate::app::TestApp;
use crate::claimant::SignUpBuilder;
use crate::log::{receipt_of, signer};
use crate::seed::CASE;
use crate::staff_seed::{PASSWORD, association, person};

/// A driver and the browser it drives; both end with this value.
pub(crate) struct Phone {
    pub(crate) browser: WebDriver,
    _driver: Child,
    /// Of the window, in CSS pixels.
    width: Cell<i64>,
}

impl Phone {
    /// Opens a window of 360x740, or `None` where there is no browser.
    pub(crate) async fn open() -> Option<Self> {
        let found = |program: &str| {
            let paths = std::env::var_os("PATH").unwrap_or_default();
            let mut places = std::env::split_paths(&paths).map(|folder| folder.join(program));
            places.find(|place| place.is_file())
        };
        let (Some(chromium), Some(chromedriver)) = (found("chromium"), found("chromedriver"))
        else {
            assert!(
                std::env::var_os("CI").is_none(),
                "chromium and chromedriver are missing"
            );
            eprintln!("skipped: chromium or chromedriver is missing");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let driver = Command::new(chromedriver)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut wanted = DesiredCapabilities::chrome();
        wanted.set_binary(chromium.to_str().unwrap()).unwrap();
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ] {
            wanted.add_arg(argument).unwrap();
        }
        // cookies of a frame of another site are kept from it
        let careful =
            json!({"profile.cookie_controls_mode": 1, "profile.block_third_party_cookies": true});
        wanted.add_experimental_option("prefs", careful).unwrap();
        let address = format!("http://127.0.0.1:{port}");
        let mut tries = 0;
        let browser = loop {
            match WebDriver::new(&address, wanted.clone()).await {
                Ok(browser) => break browser,
                // the driver is starting
                Err(_) if tries < 50 => tokio::time::sleep(Duration::from_millis(100)).await,
                Err(error) => panic!("no browser: {error}"),
            }
            tries += 1;
        };
        let phone = Self {
            browser,
            _driver: driver,
            width: Cell::new(360),
        };
        phone.resize(360).await;
        Some(phone)
    }

    /// Asks the browser over its own protocol.
    pub(crate) async fn cdp(&self, command: &str, values: Value) -> Value {
        let tools = ChromeDevTools::new(self.browser.handle.clone());
        tools
            .execute_cdp_with_params(command, values)
            .await
            .unwrap()
    }

    /// Makes the window this wide, in CSS pixels.
    pub(crate) async fn resize(&self, width: i64) {
        self.width.set(width);
        let size = json!({
            "width": width, "height": 740, "deviceScaleFactor": 1, "mobile": width < 1000,
        });
        self.cdp("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Opens a page, which must not scroll sideways.
    pub(crate) async fn go(&self, address: &str) {
        self.browser.goto(address).await.unwrap();
        self.fits().await;
    }

    pub(crate) async fn fits(&self) {
        let width = self
            .script("return document.documentElement.scrollWidth")
            .await;
        let address = self.browser.current_url().await.unwrap();
        let window = self.width.get();
        assert!(
            width.as_i64().unwrap() <= window,
            "{address} is {width} px wide in {window}"
        );
    }

    pub(crate) async fn script(&self, script: &str) -> Value {
        self.script_with(script, Vec::new()).await
    }

    pub(crate) async fn script_with(&self, script: &str, values: Vec<Value>) -> Value {
        let done = self.browser.execute(script, values).await.unwrap();
        done.json().clone()
    }

    /// Fills fields by their names, presses a button and waits for the page after it.
    pub(crate) async fn send(&self, button: &str, fields: &[(&str, &str)]) {
        let script = "
            const [selector, fields] = arguments;
            const button = document.querySelector(selector);
            document.documentElement.dataset.old = 1;
            for (const [name, value] of fields)
                for (const field of button.form.querySelectorAll(`[name='${name}']`))
                    if (field.type === 'radio' || field.type === 'checkbox')
                        field.checked = field.value === value;
                    else
                        field.value = value;
            button.form.noValidate = true;
            button.form.requestSubmit(button);";
        self.script_with(script, vec![json!(button), json!(fields)])
            .await;
        self.next_page(button).await;
    }

    /// Marks the page that is open as old.
    pub(crate) async fn leave(&self) {
        self.script("document.documentElement.dataset.old = 1")
            .await;
    }

    /// Waits for the page after the one that is marked as old.
    pub(crate) async fn next_page(&self, by: &str) {
        for _ in 0..200 {
            let ready = "return document.readyState === 'complete' && !document.documentElement.dataset.old";
            if self.script(ready).await == json!(true) {
                return self.fits().await;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{by} led nowhere");
    }

    pub(crate) async fn fill(&self, id: &str, words: &str) {
        let field = self.browser.find(By::Id(id)).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(words).await.unwrap();
    }

    /// Presses a key on a box or a list.
    pub(crate) async fn press(&self, id: &str, keys: &str) {
        let field = self.browser.find(By::Id(id)).await.unwrap();
        field.send_keys(keys).await.unwrap();
    }

    /// Taps what is found, and waits for the page after it.
    pub(crate) async fn tap(&self, selector: &str) {
        self.leave().await;
        let place = self.browser.find(By::Css(selector)).await.unwrap();
        place.send_keys(Key::Enter + "").await.unwrap();
        self.next_page(selector).await;
    }

    pub(crate) async fn heading(&self) -> String {
        let heading = self.browser.find(By::Tag("h1")).await.unwrap();
        heading.text().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_proved_and_refuted_in_three_taps() {
    let Some(phone) = Phone::open().await else {
        return;
    };
    let app = TestApp::seeded().await;
    let claimant = signer(&app, "anna").await;
    app.run_log().await;
    let good = receipt_of(&claimant).await;
    let mut forged = good.clone();
    let salt = forged["salt"].as_str().unwrap().to_owned();
    let first = if salt.starts_with('A') { "B" } else { "A" };
    forged["salt"] = json!(format!("{first}{}", &salt[1..]));
    let folder = tempfile::tempdir().unwrap();
    for (name, content, verdict) in [
        ("good", &good, "La ricevuta è in ordine"),
        ("forged", &forged, "La ricevuta non è in ordine"),
    ] {
        let file = folder.path().join(format!("{name}.json"));
        std::fs::write(&file, content.to_string()).unwrap();
        // open the page, choose the file, ask
        phone.go(&app.url("/verify?lang=it")).await;
        let chosen = phone.browser.find(By::Id("receipt-file")).await.unwrap();
        chosen.send_keys(file.to_str().unwrap()).await.unwrap();
        phone
            .tap("form[action='/verify'][method=post] button")
            .await;
        let told = phone.browser.find(By::Css("main [autofocus]")).await;
        let told = told.unwrap().text().await.unwrap();
        assert!(told.contains(verdict), "{name}: {told}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filters_of_a_list_are_folded_on_a_phone_and_open_with_room() {
    let Some(phone) = Phone::open().await else {
        return;
    };
    let app = TestApp::seeded().await;
    app.confirmed(&SignUpBuilder::new("maria@example.org"))
        .await;
    let ours = association(&app, "codacons").await;
    let reader = person(&app, ours, Role::Reader).await;
    phone.go(&app.url("/console/login")).await;
    let code = reader.code(&app);
    let fields = [
        ("email", reader.email.as_str()),
        ("password", PASSWORD),
        ("totp", code.as_str()),
    ];
    phone.send(".console-form button", &fields).await;
    let list = app.url(&format!("/console/cases/{CASE}"));
    // whether one can choose a state, and whether there is something to open
    let seen = "return ['#state', '.fold > summary'].map(it => document.querySelector(it).checkVisibility())";
    let top =
        "return document.querySelector('.console-table').getBoundingClientRect().top + scrollY";
    phone.go(&list).await;
    assert_eq!(phone.script(seen).await, json!([false, true]));
    let folded = phone.script(top).await.as_f64().unwrap();
    // by keyboard as by hand: a summary is a button of the browser's
    let toggle =
        "document.querySelector('.fold > summary').focus(); return document.activeElement.tagName";
    assert_eq!(phone.script(toggle).await, "SUMMARY");
    let summary = phone.browser.active_element().await.unwrap();
    summary.send_keys(Key::Enter + "").await.unwrap();
    assert_eq!(phone.script(seen).await, json!([true, true]));
    let open = phone.script(top).await.as_f64().unwrap();
    assert!(open - folded > 400.0, "{folded} {open}");
    phone.go(&format!("{list}?state=confirmed")).await;
    assert_eq!(phone.script(seen).await, json!([true, true]));
    phone.resize(1280).await;
    phone.go(&list).await;
    assert_eq!(phone.script(seen).await, json!([true, false]));
    phone.browser.quit().await.unwrap();
    app.stop().await;
}
