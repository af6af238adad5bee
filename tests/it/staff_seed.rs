//! A case of two associations, with staff and claimants, for the tests about staff.

use data_encoding::HEXLOWER;
use joinder::app::staff::{self, NewStaff};
use joinder::app::vault::Vault;
use joinder::crypto::totp::TotpSecret;
use joinder::db::Scope;
use joinder::db::key::{self, AssociationKeyRow};
use joinder::domain::claimant::ClaimantState;
use joinder::domain::contact::{Contact, ContactInput};
use joinder::domain::email_address::EmailAddress;
use joinder::domain::field::FieldErrors;
use joinder::domain::identity::Identity;
use joinder::domain::ids::{AssociationId, CaseId, ClaimantId, StaffId};
use joinder::domain::mailbox_address::MailboxAddress;
use joinder::domain::permission::Role;
use joinder::domain::person::PersonInput;
use joinder::domain::reference::Reference;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::TestApp;

pub(crate) const SLUG: &str = "libero-virgilio-2023";
pub(crate) const PASSWORD: &str = "una frase lunga da ricordare";
const CASE: &str = "
INSERT INTO respondents (id, slug, name, codice_fiscale) VALUES
  ('01900000-0000-7000-8000-000000000001', 'italiaonline', 'Italiaonline S.p.A.', '03970540963');
INSERT INTO cases (id, slug, title, respondent_id, state, created_at, state_changed_at) VALUES
  ('01900000-0000-7000-8000-000000000002', 'libero-virgilio-2023', 'Libero e Virgilio fermi', '01900000-0000-7000-8000-000000000001', 'open', '2026-01-01Z', '2026-01-01Z');
INSERT INTO associations (id, slug, name, created_at) VALUES
  ('01900000-0000-7000-8000-000000000004', 'codacons', 'Codacons', '2026-01-01Z'),
  ('01900000-0000-7000-8000-000000000005', 'altroconsumo', 'Altroconsumo', '2026-01-01Z');
INSERT INTO case_associations (case_id, association_id, mode, joined_at) VALUES
  ('01900000-0000-7000-8000-000000000002', '01900000-0000-7000-8000-000000000004', 'collection', '2026-01-01Z'),
  ('01900000-0000-7000-8000-000000000002', '01900000-0000-7000-8000-000000000005', 'collection', '2026-01-01Z');
INSERT INTO case_counsel (id, case_id, association_id, name, codice_fiscale, bar, pec) VALUES
  ('01900000-0000-7000-8000-000000000006', '01900000-0000-7000-8000-000000000002', '01900000-0000-7000-8000-000000000004', 'Avv. Prova', 'VRDGPP70A01H501H', 'Roma', 'avv@pec.example');
";

/// The case.
pub(crate) fn case() -> CaseId {
    CaseId::parse("01900000-0000-7000-8000-000000000002").unwrap()
}

/// The association most tests act for.
pub(crate) fn codacons() -> AssociationId {
    AssociationId::parse("01900000-0000-7000-8000-000000000004").unwrap()
}

/// Another tenant.
pub(crate) fn altroconsumo() -> AssociationId {
    AssociationId::parse("01900000-0000-7000-8000-000000000005").unwrap()
}

/// A running joinder with the case and both associations' keys.
pub(crate) async fn start() -> TestApp {
    let app = TestApp::start().await;
    arrange(&app).await;
    app
}

/// Puts the case and both associations' keys into an app.
pub(crate) async fn arrange(app: &TestApp) {
    app.sql(CASE).await;
    let scope = Scope::System("test");
    for association in [codacons(), altroconsumo()] {
        let (root_version, wrapped) = app.ctx.keyring.new_association_key(association, 1).unwrap();
        let row = AssociationKeyRow {
            association_id: association.uuid(),
            version: 1,
            root_version,
            wrapped: wrapped.into_bytes(),
            created_at: app.clock().now(),
        };
        let mut tx = app.ctx.pools.begin(scope).await.unwrap();
        key::insert_association(&mut tx, scope, &row).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// A staff member with the secret of the authenticator app.
pub(crate) struct Person {
    pub(crate) id: StaffId,
    pub(crate) email: String,
    pub(crate) totp: TotpSecret,
}

/// Makes a staff member.
pub(crate) async fn person(app: &TestApp, association: AssociationId, role: Role) -> Person {
    let email = format!("{}-{}@assoc.example", role.as_str(), association);
    let created = staff::create(
        &app.ctx,
        NewStaff {
            email: EmailAddress::parse(&email).unwrap(),
            name: format!("Nome {}", role.as_str()),
            password: PASSWORD.to_owned(),
            totp: None,
            memberships: vec![(association, role)],
        },
    )
    .await
    .unwrap();
    Person {
        id: created.id,
        email,
        totp: created.totp.unwrap(),
    }
}

impl Person {
    /// The code of this moment.
    pub(crate) fn code(&self, app: &TestApp) -> String {
        self.totp.current(app.clock().now())
    }

    /// Asks for tokens.
    pub(crate) async fn try_sign_in(
        &self,
        app: &TestApp,
        password: &str,
        totp: &str,
    ) -> reqwest::Response {
        post(
            app,
            "/api/v1/staff/token",
            None,
            &json!({ "email": self.email, "password": password, "totp": totp }),
        )
        .await
    }

    /// Signs in as it should be; moves the clock on, so that the next code is fresh.
    pub(crate) async fn sign_in(&self, app: &TestApp) -> Value {
        let answer = self.try_sign_in(app, PASSWORD, &self.code(app)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        app.clock().advance(chrono::TimeDelta::seconds(30));
        answer.json().await.unwrap()
    }

    /// The access token of a fresh sign-in.
    pub(crate) async fn bearer(&self, app: &TestApp) -> String {
        self.sign_in(app).await["access_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// As [`Person::bearer`], with a fresh second factor.
    pub(crate) async fn stepped_up(&self, app: &TestApp) -> String {
        let bearer = self.bearer(app).await;
        step_up(app, self, &bearer).await;
        bearer
    }
}

/// Shows a second factor; moves the clock on, so that the next code is fresh.
pub(crate) async fn step_up(app: &TestApp, member: &Person, bearer: &str) {
    let code = json!({ "totp": member.code(app) });
    let answer = post(app, "/api/v1/staff/step-up", Some(bearer), &code).await;
    assert_eq!(answer.status(), StatusCode::OK);
    app.clock().advance(chrono::TimeDelta::seconds(30));
}

/// POST of JSON.
pub(crate) async fn post(
    app: &TestApp,
    path: &str,
    bearer: Option<&str>,
    body: &Value,
) -> reqwest::Response {
    let mut request = app.browser().post(app.url(path)).json(body);
    if let Some(bearer) = bearer {
        request = request.bearer_auth(bearer);
    }
    request.send().await.unwrap()
}

/// GET with a JWT.
pub(crate) async fn get(app: &TestApp, path: &str, bearer: &str) -> reqwest::Response {
    let request = app.browser().get(app.url(path)).bearer_auth(bearer);
    request.send().await.unwrap()
}

/// A claimant to put into the database.
pub(crate) struct Claimant {
    pub(crate) association: AssociationId,
    pub(crate) state: ClaimantState,
    pub(crate) email: &'static str,
    pub(crate) mailboxes: &'static [&'static str],
    /// Given name, family name, codice fiscale, CAP, province.
    pub(crate) person: Option<[&'static str; 5]>,
}

impl Claimant {
    /// A confirmed claimant of Codacons with Maria Rossi's identity.
    pub(crate) fn maria() -> Self {
        Self {
            association: codacons(),
            state: ClaimantState::Confirmed,
            email: "maria@esempio.example",
            mailboxes: &["maria.rossi@libero.it", "mrossi@virgilio.it"],
            person: Some(["Maria", "Rossi", "RSSMRA80A41H501Y", "00184", "NA"]),
        }
    }

    /// Inserts it as the actions would have left it.
    pub(crate) async fn insert(self, app: &TestApp) -> ClaimantId {
        app.clock().advance(chrono::TimeDelta::seconds(1));
        let ctx = &app.ctx;
        let id = ClaimantId::new(ctx.new_id());
        let (vault, version, wrapped) = Vault::create(ctx, self.association, id).await.unwrap();
        let hex = |bytes: &[u8]| format!("decode('{}', 'hex')", HEXLOWER.encode(bytes));
        let now = ctx.clock.now().to_rfc3339();
        let association = self.association;
        let mut errors = FieldErrors::new();
        let input = ContactInput {
            email: Some(self.email.to_owned()),
            language: Some("it".to_owned()),
            ..ContactInput::default()
        };
        let contact = Contact::parse(&input, &mut errors, "").unwrap();
        let contact = hex(&vault.seal("claimants", "contact_sealed", &contact).unwrap());
        let state = self.state.as_str();
        let confirmed = if self.state.counts() || state == "withdrawn" || state == "duplicate" {
            format!("'{now}'")
        } else {
            "NULL".to_owned()
        };
        let duplicate_of = if state == "duplicate" {
            format!("'{}'", Uuid::nil())
        } else {
            "NULL".to_owned()
        };
        let identity_at = if self.person.is_some() {
            format!("'{now}'")
        } else {
            "NULL".to_owned()
        };
        let mut sql = format!(
            "INSERT INTO claimants (id, association_id, case_id, state, language, contact_kind, contact_sealed, \
             mailbox_count, duplicate_of, created_at, state_changed_at, confirmed_at, identity_at) VALUES ('{id}', '{association}', '{}', \
             '{state}', 'it', 'email', {contact}, {}, {duplicate_of}, '{now}', '{now}', {confirmed}, {identity_at}); \
             INSERT INTO claimant_keys VALUES ('{id}', '{association}', 1, {version}, {});",
            case(),
            self.mailboxes.len(),
            hex(&wrapped)
        );
        let mut lookup = |kind: &str, hash: [u8; 16]| {
            sql.push_str(&format!(
                "INSERT INTO lookups VALUES ({}, '{kind}', '{id}', '{association}');",
                hex(&hash)
            ));
        };
        let index = &ctx.keyring.index;
        let field = |kind: &str, value: &str| index.hash(case().uuid(), kind, value);
        lookup(
            "reference",
            index.platform_hash("reference", Reference::of(id).as_str()),
        );
        lookup("email", field("email", self.email));
        for mailbox in self.mailboxes {
            lookup("mailbox", field("mailbox", mailbox));
        }
        let identity = self.person.map(parse_person);
        if let Some(identity) = &identity {
            lookup(
                "codice_fiscale",
                field("codice_fiscale", identity.codice_fiscale().unwrap()),
            );
            lookup("surname", field("surname", &identity.folded_surname()));
            let sealed = hex(&vault.seal("identities", "sealed", identity).unwrap());
            sql.push_str(&format!(
                "INSERT INTO identities VALUES ('{id}', 1, '{association}', 'person', 'self', {sealed}, '{{}}', 'claimant', '{now}');"
            ));
        }
        for mailbox in self.mailboxes {
            let address = MailboxAddress::parse(mailbox).unwrap();
            let sealed = hex(&vault.seal("mailboxes", "sealed", &address).unwrap());
            app.clock().advance(chrono::TimeDelta::milliseconds(1));
            let mailbox_id = ctx.new_id();
            sql.push_str(&format!(
                "INSERT INTO mailboxes VALUES ('{id}', '{mailbox_id}', '{association}', NULL, 'in_scope', 'free', NULL, {sealed}, '{now}');"
            ));
        }
        app.sql(&sql).await;
        id
    }
}

fn parse_person([given, family, code, cap, province]: [&str; 5]) -> Identity {
    let input: PersonInput = serde_json::from_value(json!({
        "given_name": given, "family_name": family, "codice_fiscale": code,
        "birth_place": "Roma",
        "address": { "street": "Via Appia", "number": "1/2", "postal_code": cap,
                     "city": "Napoli", "province": province, "country": "IT" }
    }))
    .unwrap();
    Identity::parse(
        Some(&input),
        None,
        chrono::NaiveDate::from_ymd_opt(2026, 3, 2).unwrap(),
    )
    .unwrap()
}

/// An association of the seed.
pub(crate) async fn association(app: &TestApp, slug: &str) -> AssociationId {
    let found = app
        .rows(&format!(
            "SELECT id FROM associations WHERE slug = '{slug}'"
        ))
        .await;
    AssociationId::parse(found[0][0].as_ref().unwrap()).unwrap()
}
