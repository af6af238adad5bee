//! What the first page costs a visitor, and whom it asks: nobody but us.

use std::collections::BTreeMap;

use serde_json::json;

use crate::app::TestApp;
use crate::browser::Phone;
use crate::seed::CASE;

/// Compressed, with everything the browser asks for by itself.
const HEAVIEST: i64 = 150_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_is_light_and_asks_nobody_else() {
    let Some(phone) = Phone::open().await else {
        return;
    };
    let app = TestApp::seeded().await;
    phone.cdp("Network.enable", json!({})).await;
    for path in [
        "/".to_owned(),
        format!("/c/{CASE}"),
        format!("/c/{CASE}/join?association=codacons"),
    ] {
        // each as the first one of a visitor
        phone.cdp("Network.clearBrowserCache", json!({})).await;
        phone.go(&app.url(&path)).await;
        phone
            .script("return document.fonts.ready.then(() => true)")
            .await;
        let loaded = loads(&phone).await;
        let mut bytes = 0;
        for (address, size) in &loaded {
            assert!(address.starts_with(&app.base), "{path} asks {address}");
            // a cache may hold the icon of the tab already: it counts all the same
            bytes += match *size {
                0 => length(address).await,
                size => size,
            };
        }
        for (kind, least) in [(".css", 2), (".woff2", 2), (".svg", 1)] {
            let count = loaded
                .iter()
                .filter(|(address, _)| address.contains(kind))
                .count();
            assert!(count >= least, "{path} loads {count} of {kind}: {loaded:?}");
        }
        eprintln!("{path}: {bytes} bytes in {} requests", loaded.len());
        assert!(bytes < HEAVIEST, "{path}: {bytes}, {loaded:?}");
    }
    phone.browser.quit().await.unwrap();
    app.stop().await;
}

async fn length(address: &str) -> i64 {
    let answer = reqwest::get(address).await.unwrap();
    i64::try_from(answer.bytes().await.unwrap().len()).unwrap()
}

/// Everything the open page loaded: address, and bytes over the wire with headers.
async fn loads(phone: &Phone) -> BTreeMap<String, i64> {
    let entries = phone
        .script(
            "return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
                .map(entry => [entry.name, entry.transferSize])",
        )
        .await;
    // what a page names twice comes once
    let mut loaded = BTreeMap::new();
    for entry in entries.as_array().unwrap() {
        let address = entry[0].as_str().unwrap().to_owned();
        *loaded.entry(address).or_insert(0) += entry[1].as_i64().unwrap();
    }
    loaded
}
