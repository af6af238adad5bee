//! Declaring the damage and signing it by the code of a mail (R2, R29-R39, R43).

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::claimant::{Answer, Claimant, SignUpBuilder, ask, code_in, mario};

mod code;
mod declaring;
pub(crate) mod digital;
mod faults;
mod signed;
mod tiers;

pub(crate) const ADDRESS: &str = "mario@example.org";

/// A declaration of the one mailbox in January, whole outage, flat rate.
pub(crate) fn declaration() -> Value {
    json!({
        "mailboxes": [{"address": "caduta@libero.it", "incidents": [{
            "slug": "gennaio-2023", "plan": "free", "use": "private", "compensation_received": "none",
            "items": [{"head": "flat_rate"}],
        }]}],
        "other_claims": false,
        "already_compensated": false,
    })
}

impl Claimant<'_> {
    /// Declares, whatever comes back.
    pub(crate) async fn declare(&self, body: &Value) -> Answer {
        ask(self.request(Method::PUT, "/declaration").json(body)).await
    }

    /// Asks for a code for a document with the two required texts, whatever comes back.
    pub(crate) async fn request_signature(&self, document_sha256: &str) -> Answer {
        let body = json!({"tier": "otp", "document_sha256": document_sha256, "acceptances": [
            {"kind": "attestation_g", "version": "1"}, {"kind": "mandate_h", "version": "1"},
        ]});
        let path = "/declaration/signature-requests";
        ask(self.request(Method::POST, path).json(&body)).await
    }

    /// Signs, whatever comes back.
    pub(crate) async fn sign(&self, request: &str, code: &str, full_name: &str) -> Answer {
        let body = json!({"request_id": request, "code": code, "full_name": full_name});
        let path = "/declaration/signatures";
        ask(self.request(Method::POST, path).json(&body)).await
    }
}

/// The code of the newest mail to sign with.
pub(crate) fn newest_code(app: &TestApp) -> String {
    let mails = app.mails();
    let mut newest = mails.iter().rev();
    let mail = newest.find(|mail| mail.message.mail.kind.as_str() == "otp");
    code_in(&mail.unwrap().message.mail.text)
}

/// Asks for a code for what was declared: request id and code.
pub(crate) async fn code_for(
    app: &TestApp,
    claimant: &Claimant<'_>,
    declared: &Value,
) -> (String, String) {
    let document = declared["document_sha256"].as_str().unwrap();
    let request = claimant.request_signature(document).await.expect(202);
    app.run_outbox().await;
    let id = request["id"].as_str().unwrap().to_owned();
    (id, newest_code(app))
}

/// Mario, confirmed and with identity.
pub(crate) async fn mario_of<'app>(app: &'app TestApp) -> Claimant<'app> {
    let claimant = app.confirmed(&SignUpBuilder::new(ADDRESS)).await;
    claimant.give_person(&mario()).await.expect(200);
    claimant
}

/// Declares and asks for a code: request id, code, document.
pub(crate) async fn asked(app: &TestApp, claimant: &Claimant<'_>) -> (String, String, String) {
    let declared = claimant.declare(&declaration()).await.expect(200);
    let (id, code) = code_for(app, claimant, &declared).await;
    let document = declared["document_sha256"].as_str().unwrap().to_owned();
    (id, code, document)
}

/// Comes back by the link of an access mail.
pub(crate) async fn again<'app>(app: &'app TestApp, address: &str) -> Claimant<'app> {
    app.request_access(address).await.expect(202);
    app.run_outbox().await;
    let mail = app.mails_to(address).pop().unwrap();
    let token = crate::claimant::token_in(&mail, "enter");
    let entered = app.enter_by(&json!({"token": token})).await.expect(200);
    app.claimant(&entered)
}
