//! What people do, over the public API: builders and verbs of the tests.

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::TestApp;
use crate::seed::CASE;

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The body, of an answer with this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }

    /// Asserts a problem of this status and name.
    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, name: &str) -> Value {
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{}",
            self.body
        );
        let body = self.expect(status);
        assert_eq!(body["type"], format!("/problems/{name}"), "{body}");
        body
    }

    /// Status and body, without what differs from request to request.
    pub(crate) fn bare(&self) -> String {
        let request_id = self.headers["x-request-id"].to_str().unwrap();
        let body = self.body.to_string().replace(request_id, "");
        format!("{} {body}", self.status)
    }

    /// Pointer and code of each wrong field of a 422.
    #[track_caller]
    pub(crate) fn wrong_fields(self) -> Vec<(String, String)> {
        let body = self.expect_problem(422, "validation");
        let errors = body["errors"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        errors
            .iter()
            .map(|error| {
                assert!(!text(&error["message"]).is_empty());
                (text(&error["pointer"]), text(&error["code"]))
            })
            .collect()
    }
}

/// Sends a request and reads what comes back.
pub(crate) async fn ask(request: RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer {
        status,
        headers,
        body,
    }
}

/// The body of a sign-up, and the key it goes with.
#[derive(Clone)]
pub(crate) struct SignUpBuilder {
    pub(crate) body: Value,
    pub(crate) key: String,
}

impl SignUpBuilder {
    /// Somebody reached at this address, with a mailbox at libero.it, through Codacons.
    pub(crate) fn new(email: &str) -> Self {
        let consent = |purpose: &str, given: bool| json!({"purpose": purpose, "text_version": "1", "given": given});
        Self {
            body: json!({
                "association": "codacons",
                "contact": {"email": email, "language": "it"},
                "mailboxes": [{"address": "caduta@libero.it", "plan": "free"}],
                "consents": [consent("privacy_notice", true), consent("contact", true)],
            }),
            key: Uuid::new_v4().to_string(),
        }
    }

    /// Puts a value at a pointer; its parent is there.
    pub(crate) fn with(mut self, pointer: &str, value: Value) -> Self {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        let parent = self.body.pointer_mut(parent).unwrap();
        match parent {
            Value::Array(items) => {
                let place: usize = field.parse().unwrap();
                items.truncate(place);
                items.push(value);
            }
            other => other[field] = value,
        }
        self
    }

    /// Takes a field away.
    pub(crate) fn without(mut self, pointer: &str) -> Self {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        let parent = self.body.pointer_mut(parent).unwrap();
        parent.as_object_mut().unwrap().remove(field);
        self
    }

    /// Through another association.
    pub(crate) fn association(self, slug: &str) -> Self {
        self.with("/association", json!(slug))
    }

    /// Under this idempotency key.
    pub(crate) fn key(mut self, key: &str) -> Self {
        key.clone_into(&mut self.key);
        self
    }
}

/// A record just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedUp {
    pub(crate) id: Uuid,
    pub(crate) reference: String,
    pub(crate) state: String,
}

/// Somebody with an access token.
pub(crate) struct Claimant<'app> {
    app: &'app TestApp,
    pub(crate) id: Uuid,
    pub(crate) state: String,
    pub(crate) token: String,
}

/// A person with a codice fiscale, as in a body.
pub(crate) fn person(given_name: &str, family_name: &str, codice_fiscale: &str) -> Value {
    json!({"given_name": given_name, "family_name": family_name, "codice_fiscale": codice_fiscale})
}

/// Mario Rossi, whose code is right.
pub(crate) fn mario() -> Value {
    person("Mario", "Rossi", "RSSMRA85C12H501J")
}

/// Anna Bianchi, whose code is right.
pub(crate) fn anna() -> Value {
    person("Anna", "Bianchi", "BNCNNA58S70F205L")
}

impl TestApp {
    /// A request without credentials.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.browser().request(method, self.url(path))
    }

    /// POST of a JSON body without credentials.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        ask(self.request(Method::POST, path).json(body)).await
    }

    /// Signs up, whatever comes back.
    pub(crate) async fn try_sign_up(&self, builder: &SignUpBuilder) -> Answer {
        ask(self.sign_up_request(builder)).await
    }

    /// The request of a sign-up.
    pub(crate) fn sign_up_request(&self, builder: &SignUpBuilder) -> RequestBuilder {
        let path = format!("/api/v1/public/cases/{CASE}/claimants");
        let request = self.request(Method::POST, &path);
        let request = request.header("idempotency-key", &builder.key);
        request.json(&builder.body)
    }

    /// Signs up.
    pub(crate) async fn sign_up(&self, builder: &SignUpBuilder) -> SignedUp {
        signed_up(&self.try_sign_up(builder).await.expect(201))
    }

    /// Text parts of the mails to an address, oldest first.
    pub(crate) fn mails_to(&self, address: &str) -> Vec<String> {
        let mails = self.mails().into_iter();
        mails
            .filter(|mail| mail.message.mail.to == address)
            .map(|mail| mail.message.mail.text)
            .collect()
    }

    /// The newest mail about a record.
    #[track_caller]
    pub(crate) fn mail_about(&self, signed_up: &SignedUp) -> String {
        let mails = self.mails();
        let grouped = |text: &str| text.replace('-', "").contains(&signed_up.reference);
        let newest = mails.iter().rev();
        let mut about = newest.filter(|mail| grouped(&mail.message.mail.text));
        about.next().unwrap().message.mail.text.clone()
    }

    /// Sends what is due, then confirms by the link of the mail.
    pub(crate) async fn confirm(&self, signed_up: &SignedUp) -> Claimant<'_> {
        self.run_outbox().await;
        let token = token_in(&self.mail_about(signed_up), "confirm");
        let answer = self.confirm_by(&json!({"token": token})).await;
        self.claimant(&answer.expect(200))
    }

    /// Confirms, whatever comes back.
    pub(crate) async fn confirm_by(&self, proof: &Value) -> Answer {
        self.post("/api/v1/public/confirmations", proof).await
    }

    /// Enters, whatever comes back.
    pub(crate) async fn enter_by(&self, proof: &Value) -> Answer {
        self.post("/api/v1/public/access-tokens", proof).await
    }

    /// Asks for a link into the record.
    pub(crate) async fn request_access(&self, email: &str) -> Answer {
        let body = json!({"email": email, "case": CASE});
        self.post("/api/v1/public/access-links", &body).await
    }

    /// Asks for the confirmation again.
    pub(crate) async fn resend(&self, email: &str) -> Answer {
        let body = json!({"email": email, "case": CASE});
        self.post("/api/v1/public/confirmations/resend", &body)
            .await
    }

    /// Signs up and confirms.
    pub(crate) async fn confirmed(&self, builder: &SignUpBuilder) -> Claimant<'_> {
        let signed_up = self.sign_up(builder).await;
        self.confirm(&signed_up).await
    }

    /// Whoever an answer of confirmations or access-tokens let in.
    pub(crate) fn claimant(&self, entered: &Value) -> Claimant<'_> {
        Claimant {
            app: self,
            id: entered["claimant_id"].as_str().unwrap().parse().unwrap(),
            state: entered["state"].as_str().unwrap().to_owned(),
            token: entered["access_token"].as_str().unwrap().to_owned(),
        }
    }
}

impl Claimant<'_> {
    /// A request under `/api/v1/public/me` with the own token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = format!("/api/v1/public/me{path}");
        self.app.request(method, &path).bearer_auth(&self.token)
    }

    /// The own record.
    pub(crate) async fn me(&self) -> Value {
        ask(self.request(Method::GET, "")).await.expect(200)
    }

    /// Gives identity, whatever comes back.
    pub(crate) async fn put_identity(&self, body: &Value) -> Answer {
        ask(self.request(Method::PUT, "/identity").json(body)).await
    }

    /// Gives identity as a person.
    pub(crate) async fn give_person(&self, person: &Value) -> Answer {
        self.put_identity(&json!({"person": person})).await
    }

    /// Switches a consent.
    pub(crate) async fn put_consent(&self, purpose: &str, body: &Value) -> Answer {
        let path = format!("/consents/{purpose}");
        ask(self.request(Method::PUT, &path).json(body)).await
    }

    /// Withdraws.
    pub(crate) async fn withdraw(&self, body: &Value) -> Answer {
        ask(self.request(Method::POST, "/withdrawal").json(body)).await
    }

    /// Erases.
    pub(crate) async fn erase(&self) -> Answer {
        ask(self.request(Method::POST, "/erasure")).await
    }
}

/// A record from the body of a 201.
pub(crate) fn signed_up(body: &Value) -> SignedUp {
    let text = |field: &str| body[field].as_str().unwrap().to_owned();
    SignedUp {
        id: text("id").parse().unwrap(),
        reference: text("reference"),
        state: text("state"),
    }
}

/// All tokens of links of a kind in a mail; each link stands alone on its line.
pub(crate) fn tokens_in(mail: &str, kind: &str) -> Vec<String> {
    let marker = format!("/{kind}/");
    mail.lines()
        .filter(|line| line.starts_with("http"))
        .filter_map(|line| line.split_once(&marker))
        .map(|(_, token)| token.to_owned())
        .collect()
}

/// The token of the one link of a kind.
#[track_caller]
pub(crate) fn token_in(mail: &str, kind: &str) -> String {
    let tokens = tokens_in(mail, kind);
    assert_eq!(tokens.len(), 1, "{mail}");
    tokens[0].clone()
}

/// The code, alone on its line.
#[track_caller]
pub(crate) fn code_in(mail: &str) -> String {
    let code = mail.lines().find_map(|line| {
        line.strip_prefix("Codice: ")
            .or_else(|| line.strip_prefix("Code: "))
    });
    let code = code.unwrap().to_owned();
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
    code
}

/// A code that is not this one.
pub(crate) fn other_code(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}
