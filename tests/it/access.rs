//! The access matrix: every operation of the permission table, asked by everybody.
//!
//! Each operation has an arrangement that would be taken from who may: what is refused is refused
//! for who asks. An operation without one fails the walk.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use chrono::TimeDelta;
use data_encoding::HEXLOWER;
use joinder::app::csrf;
use joinder::app::session::Ticket;
use joinder::crypto::sealing::{Aad, FORMAT};
use joinder::domain::email_address::EmailAddress;
use joinder::domain::ids::{AssociationId, ClaimantId};
use joinder::domain::permission::{Access, Method, Operation, Role, operation};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use crate::app::TestApp;
use crate::case_desk;
use crate::case_roles::{SECOND, second_case};
use crate::claimant::{Claimant, SignUpBuilder, ask, mario};
use crate::demand_letters;
use crate::desk::told;
use crate::documents::Form;
use crate::imports;
use crate::paper::Sheets;
use crate::partners;
use crate::seed::CASE;
use crate::signing::digital;
use crate::staff_console;
use crate::staff_declared;
use crate::staff_seed::{PASSWORD, Person, association, person, post};

/// What is sent along.
enum Body {
    Nothing,
    Json(Value),
    Form(Vec<(&'static str, String)>),
    File(&'static str),
    Document,
    /// An earlier list.
    List,
    Sheets,
    /// A declaration as it was told to staff.
    Told,
}

/// Who asks: what the API gets as Bearer, what pages get as cookies, and the token of their forms.
#[derive(Clone, Default)]
struct Asker {
    bearer: Option<String>,
    cookies: Vec<(&'static str, String)>,
    csrf: String,
}

/// An answer, read.
struct Seen {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Seen {
    fn place(&self) -> &str {
        let place = self.headers.get("location");
        place.map_or("", |place| place.to_str().unwrap())
    }

    fn problem(&self) -> Value {
        serde_json::from_str::<Value>(&self.body).unwrap()["type"].clone()
    }
}

/// The case, two associations and what operations are about.
struct World {
    app: TestApp,
    ours: AssociationId,
    theirs: AssociationId,
    visited: BTreeSet<&'static str>,
    /// The hand-in on paper an operation is about.
    hand_in: Cell<Uuid>,
    /// A file that was brought with a digital signature.
    file: Uuid,
    /// An earlier list of ours.
    list: Uuid,
    /// The mailbox of who is declared for.
    mailbox: RefCell<String>,
}

impl World {
    async fn start() -> Self {
        let app = TestApp::seeded().await;
        let ours = association(&app, "codacons").await;
        let theirs = association(&app, "altroconsumo").await;
        Self {
            list: imports::tried(&app, ours).await,
            app,
            ours,
            theirs,
            visited: BTreeSet::new(),
            hand_in: Cell::new(Uuid::nil()),
            file: Uuid::nil(),
            mailbox: RefCell::default(),
        }
    }

    /// Somebody of ours to assist.
    async fn assisted(&self) -> Uuid {
        let builder = SignUpBuilder::new("x@example.org")
            .without("/contact/email")
            .with("/contact/phone", json!("+393331234567"));
        self.app.sign_up(&builder).await.id
    }

    /// Somebody of ours without an e-mail, confirmed and with identity: staff type their declaration.
    async fn typed_for(&self) -> Uuid {
        let name = Uuid::new_v4().simple();
        let (email, mailbox) = (format!("{name}@example.org"), format!("{name}@libero.it"));
        let id = staff_declared::identified(&self.app, &email, &mailbox, &mario())
            .await
            .id;
        let phone = format!("UPDATE claimants SET contact_kind = 'phone' WHERE id = '{id}'");
        self.app.sql(&phone).await;
        self.mailbox.replace(mailbox);
        id
    }

    /// Somebody of ours of whom the reader of the address said that it was not them.
    async fn quarantined(&self) -> Uuid {
        let email = format!("{}@example.org", Uuid::new_v4().simple());
        let id = self.app.sign_up(&SignUpBuilder::new(&email)).await.id;
        let set = "UPDATE claimants SET review = 'quarantined'";
        self.app.sql(&format!("{set} WHERE id = '{id}'")).await;
        id
    }

    /// Somebody of ours with an identity, and the mailbox.
    async fn identified(&self) -> (Claimant<'_>, String) {
        let name = Uuid::new_v4().simple();
        let (email, mailbox) = (format!("{name}@example.org"), format!("{name}@libero.it"));
        let claimant = staff_declared::identified(&self.app, &email, &mailbox, &mario()).await;
        (claimant, mailbox)
    }

    /// Somebody of ours whose identity waits for a look.
    async fn to_check(&self) -> Uuid {
        let (claimant, _) = self.identified().await;
        let set = "UPDATE identities SET to_check_at = now()";
        let set = format!("{set} WHERE claimant_id = '{}'", claimant.id);
        self.app.sql(&set).await;
        claimant.id
    }

    /// Somebody of ours whose declaration waits for a look.
    async fn flagged(&self) -> Uuid {
        let (claimant, mailbox) = self.identified().await;
        let mut body = staff_declared::declaration(&mailbox);
        body["mailboxes"][0]["incidents"][0]["restored"] = json!(false);
        claimant.declare(&body).await.expect(200);
        claimant.id
    }

    /// Somebody of ours who stopped an account.
    async fn frozen(&self) -> Uuid {
        let id = self.assisted().await;
        let set = "UPDATE claimants SET payout_frozen_at = now()";
        self.app.sql(&format!("{set} WHERE id = '{id}'")).await;
        id
    }

    /// Somebody of ours, helped by a delegate.
    async fn represented(&self) -> Uuid {
        let name = Uuid::new_v4().simple();
        let (email, mailbox) = (format!("{name}@example.org"), format!("{name}@libero.it"));
        let claimant = staff_declared::identified(&self.app, &email, &mailbox, &mario()).await;
        let request = claimant.request(reqwest::Method::PUT, "/representative");
        ask(request.json(&delegate())).await.expect(200);
        claimant.id
    }

    /// Somebody of ours who declared and, where an operation is about it, handed in on paper.
    async fn handed_in(&self, known: &Operation) -> Uuid {
        let name = Uuid::new_v4().simple();
        let (email, mailbox) = (format!("{name}@example.org"), format!("{name}@libero.it"));
        let claimant = staff_declared::identified(&self.app, &email, &mailbox, &mario()).await;
        let body = staff_declared::declaration(&mailbox);
        claimant.declare(&body).await.expect(200);
        if known.path.contains("{hand_in}") {
            let request = claimant.request(reqwest::Method::POST, "/declaration/signatures");
            let answer = ask(Sheets::whole().on(request)).await.expect(201);
            let id = answer["hand_in"]["id"].as_str().unwrap();
            self.hand_in.set(id.parse().unwrap());
        }
        claimant.id
    }

    /// A request of somebody of ours about their data.
    async fn rights_request(&self) -> Uuid {
        let claimant = self.assisted().await;
        let id = Uuid::new_v4();
        let insert = format!(
            "INSERT INTO rights_requests (subject_id, id, association_id, case_id, kind, channel, received_at, received_on, due_on) \
             SELECT id, '{id}', association_id, case_id, 'objection', 'letter', '2026-03-02T09:00:00Z', '2026-03-02', '2026-04-02' \
             FROM claimants WHERE id = '{claimant}'"
        );
        self.app.sql(&insert).await;
        id
    }

    /// A request of somebody of ours whose data are only kept by it.
    async fn restricted(&self) -> Uuid {
        let id = self.rights_request().await;
        let granted = format!(
            "UPDATE rights_requests SET kind = 'restriction', answered_at = received_at, decision = 'granted', outcome = 'restricted', carried_out_at = received_at WHERE id = '{id}'; \
             UPDATE claimants SET restricted_at = created_at, confirmed_at = created_at, state = 'confirmed' WHERE id = (SELECT subject_id FROM rights_requests WHERE id = '{id}')"
        );
        self.app.sql(&granted).await;
        id
    }

    /// Somebody of ours without an e-mail, whose account staff typed in.
    async fn waits_for_staff(&self) -> Uuid {
        let id = self.typed_for().await;
        let insert = format!(
            "INSERT INTO payouts (claimant_id, version, association_id, sealed, created_at, effective_at, typed_by, waits_at) \
             SELECT id, 1, association_id, '\\x00', created_at, created_at, id, created_at FROM claimants WHERE id = '{id}'"
        );
        self.app.sql(&insert).await;
        id
    }

    /// Somebody of ours for whom a colleague typed another address in.
    async fn contact_waits(&self) -> Uuid {
        let id = self.typed_for().await;
        let insert = format!(
            "INSERT INTO contact_requests (claimant_id, id, association_id, new_sealed, how, asked_by, asked_at, expires_at) \
             SELECT id, id, association_id, '\\x00', 'phone', id, created_at, created_at + interval '10 years' \
             FROM claimants WHERE id = '{id}'"
        );
        self.app.sql(&insert).await;
        id
    }

    /// An entry of our register of breaches.
    async fn breach(&self) -> Uuid {
        let id = Uuid::new_v4();
        let insert = format!(
            "INSERT INTO breaches (id, version, association_id, what_happened, noticed_at, written_by, written_at) \
             VALUES ('{id}', 1, '{}', 'Lista smarrita', '2026-03-01T09:00:00Z', '{id}', '2026-03-01T09:00:00Z')",
            self.ours
        );
        self.app.sql(&insert).await;
        id
    }

    /// A case of ours on the desk, complete; a colleague asked for a second person where somebody decides.
    async fn case_on_desk(&self, known: &Operation) -> Uuid {
        let id = Uuid::new_v4();
        let content = case_desk::content(&format!("caso-{}", id.simple()));
        let content = content.to_string().replace('\'', "''");
        let decides = ["/publication", "/return", "/decision"];
        let proposed = decides.iter().any(|end| known.path.ends_with(end));
        let insert = format!(
            "INSERT INTO case_revisions (case_id, association_id, version, content, written_by, written_at, proposed_by, proposed_at) \
             SELECT '{id}', '{}', 1, '{content}', '{id}', '2026-03-01Z', CASE WHEN {proposed} THEN '{id}'::uuid END, \
               CASE WHEN {proposed} THEN '2026-03-01Z'::timestamptz END",
            self.ours
        );
        self.app.sql(&insert).await;
        id
    }

    /// A public case that we lead and nobody signed up for.
    async fn public_case(&self) -> Uuid {
        let id = Uuid::new_v4();
        self.app
            .sql(&format!(
                "INSERT INTO cases (id, slug, title, respondent_id, state, created_at, state_changed_at, lead_association_id) \
                 SELECT '{id}', 'caso-{}', title, respondent_id, 'open', '2026-03-01Z', '2026-03-01Z', '{}' \
                 FROM cases WHERE slug = '{CASE}'",
                id.simple(),
                self.ours
            ))
            .await;
        id
    }

    /// A letter of ours to the respondent.
    async fn demand_letter(&self) -> Uuid {
        let id = Uuid::new_v4();
        let content = demand_letters::letter().to_string();
        let insert = format!(
            "INSERT INTO demand_letters (id, version, association_id, case_id, content, is_public, written_by, written_at) \
             SELECT '{id}', 1, '{}', id, '{content}', true, '{id}', '2026-03-01Z' FROM cases WHERE slug = '{CASE}'",
            self.ours
        );
        self.app.sql(&insert).await;
        id
    }

    /// A report of a swindler, sent to us by anybody.
    async fn scam_report(&self) -> Uuid {
        let body = json!({"case": CASE, "association": "codacons", "what_happened": "Volevano soldi", "asked_for": "money"});
        let answer = post(&self.app, "/api/v1/public/scam-reports", None, &body).await;
        assert_eq!(answer.status().as_u16(), 201);
        let newest = "SELECT id FROM scam_reports ORDER BY id DESC LIMIT 1";
        let rows = self.app.rows(newest).await;
        rows[0][0].as_ref().unwrap().parse().unwrap()
    }

    /// A clash of two of ours who signed; with what somebody else proposed about it.
    async fn conflict(&self, proposed: bool) -> Uuid {
        let (one, two) = (self.assisted().await, self.assisted().await);
        let (id, key) = (Uuid::new_v4(), Uuid::new_v4());
        self.app
            .sql(&format!(
                "UPDATE claimants SET state = 'signed', confirmed_at = created_at, signed_at = created_at \
                   WHERE id IN ('{one}', '{two}'); \
                 INSERT INTO registered_mailboxes (id, claimant_id, association_id, registered_at) \
                   VALUES ('{key}', '{one}', '{0}', '2026-03-02Z'); \
                 INSERT INTO conflicts (claimant_id, id, association_id, kind, registered_id, other_claimant_id, opened_at) \
                   VALUES ('{two}', '{id}', '{0}', 'mailbox', '{key}', '{one}', '2026-03-02Z'); \
                 INSERT INTO conflict_decisions (registered_id, id, association_id, case_id, keeper_id, proposed_by, proposed_at) \
                   SELECT '{key}', '{id}', '{0}', case_id, id, '{id}', '2026-03-02Z' FROM claimants WHERE id = '{one}' AND {proposed}",
                self.ours
            ))
            .await;
        id
    }

    /// Somebody who acts for us; put in by hand, since a password takes its time.
    async fn member(&self) -> Uuid {
        let id = Uuid::new_v4();
        let (version, root) = self.app.ctx.keyring.root();
        let place = Aad {
            version: FORMAT,
            table: "staff",
            column: "sealed",
            claimant: id,
            key_version: i32::try_from(version).unwrap(),
        };
        let profile = json!({"name": "Anna Bianchi", "email": "anna@assoc.example"});
        let sealed = root.seal_json(&place, &profile).unwrap().into_bytes();
        let insert = format!(
            "INSERT INTO staff (id, email_hash, root_version, sealed, password_hash, totp_sealed, status, created_at) \
             VALUES ('{id}', decode(md5('{id}'), 'hex'), {version}, decode('{}', 'hex'), '', '', 'active', '2026-03-01Z'); \
             INSERT INTO memberships (staff_id, association_id, role, created_at) VALUES ('{id}', '{}', 'reader', '2026-03-01Z')",
            HEXLOWER.encode(&sealed),
            self.ours
        );
        self.app.sql(&insert).await;
        id
    }

    /// An invitation of ours that nobody took up.
    async fn invitation(&self) -> Uuid {
        let id = Uuid::new_v4();
        let (version, root) = self.app.ctx.keyring.root();
        let place = Aad {
            version: FORMAT,
            table: "invitations",
            column: "email_sealed",
            claimant: id,
            key_version: i32::try_from(version).unwrap(),
        };
        let email = EmailAddress::parse("invitata@assoc.example").unwrap();
        let sealed = root.seal_json(&place, &email).unwrap().into_bytes();
        let insert = format!(
            "INSERT INTO invitations (id, association_id, role, language, email_hash, root_version, email_sealed, invited_by, created_at, expires_at) \
             VALUES ('{id}', '{}', 'reader', 'it', decode(md5('{id}'), 'hex'), {version}, decode('{}', 'hex'), '{id}', '2026-03-01Z', '2036-03-01Z')",
            self.ours,
            HEXLOWER.encode(&sealed)
        );
        self.app.sql(&insert).await;
        id
    }

    /// A partner site of ours.
    async fn partner(&self) -> Uuid {
        let id = self.app.ctx.new_id();
        let insert = format!(
            "INSERT INTO partners (id, association_id, slug, name, language, created_at) \
             VALUES ('{id}', '{}', 'p-{id}', 'Il sito', 'it', '2026-03-01Z')",
            self.ours
        );
        self.app.sql(&insert).await;
        id
    }

    /// A key of it.
    async fn partner_key(&self) -> Uuid {
        let partner = self.partner().await;
        let id = self.app.ctx.new_id();
        let insert = format!(
            "INSERT INTO partner_keys (id, partner_id, association_id, mode, slot, secret_sha256, scopes, created_at) \
             VALUES ('{id}', '{partner}', '{}', 'live', 1, sha256('x'), '{{read}}', '2026-03-01Z')",
            self.ours
        );
        self.app.sql(&insert).await;
        id
    }

    /// Where events of a partner of ours are delivered to.
    async fn endpoint(&self) -> Uuid {
        let partner = self.partner().await;
        let id = self.app.ctx.new_id();
        let (version, root) = self.app.ctx.keyring.root();
        let place = Aad {
            version: FORMAT,
            table: "webhook_endpoints",
            column: "sealed",
            claimant: id,
            key_version: i32::try_from(version).unwrap(),
        };
        let kept =
            json!({"url": "https://sito.example/", "secret": "whsec_AAAA", "previous": null});
        let sealed = root.seal_json(&place, &kept).unwrap().into_bytes();
        let insert = format!(
            "INSERT INTO webhook_endpoints (partner_id, id, association_id, mode, event_types, root_version, sealed, created_with, created_at) \
             VALUES ('{partner}', '{id}', '{}', 'live', '{{signed}}', {version}, decode('{}', 'hex'), '{id}', '2026-03-01Z')",
            self.ours,
            HEXLOWER.encode(&sealed)
        );
        self.app.sql(&insert).await;
        id
    }

    /// News that we published.
    async fn update(&self) -> Uuid {
        let id = Uuid::new_v4();
        let insert = format!(
            "INSERT INTO case_updates (id, association_id, case_id, request_key, texts, published_by, published_at) \
             SELECT '{id}', '{}', id, '{id}', '[{{\"language\": \"it\", \"title\": \"a\", \"text\": \"b\"}}]', '{id}', '2026-03-01T09:00:00Z' FROM cases WHERE slug = '{CASE}'",
            self.ours
        );
        self.app.sql(&insert).await;
        id
    }

    /// A set of ours that was looked at.
    async fn bulk(&self) -> Uuid {
        let id = self.app.ctx.new_id();
        let insert = format!(
            "INSERT INTO bulk_actions (id, association_id, case_id, kind, act, filter, purpose, state, member_count, \
               done_count, passed_count, created_by, created_at, expires_at) \
             SELECT '{id}', '{}', id, 'end_quarantine', '{{\"kind\": \"end_quarantine\"}}', '{{}}', 'Prova', 'previewed', \
               0, 0, 0, '{id}', '2026-03-01Z', '2036-03-01Z' FROM cases WHERE slug = '{CASE}'",
            self.ours
        );
        self.app.sql(&insert).await;
        id
    }

    /// A sample of ours: announced, or drawn where a result is given.
    async fn sample(&self, is_drawn: bool) -> Uuid {
        let id = self.app.ctx.new_id();
        let claimant = self.assisted().await;
        let (state, seed) = match is_drawn {
            true => (
                "drawn",
                "'7', sha256('a'), '2026-03-01Z', gen_random_uuid()",
            ),
            false => ("announced", "NULL, NULL, NULL, NULL"),
        };
        let insert = format!(
            "INSERT INTO sample_checks (id, association_id, case_id, number, filter, purpose, state, size, population, population_count, \
               population_sha256, seed_source, seed_due_at, opened_by, opened_at, seed, sample_sha256, drawn_at, drawn_by) \
             SELECT '{id}', '{0}', id, (SELECT 1 + count(*) FROM sample_checks), '{{}}', 'Prova', '{state}', 1, \
               ARRAY['{claimant}'::uuid], 1, sha256('a'), 'Lotto', '2026-03-01T00:00:01Z', '{id}', \
               '2026-03-01Z', {seed} FROM cases WHERE slug = '{CASE}'; \
             INSERT INTO sample_members (sample_id, place, association_id, claimant_id) \
             SELECT id, 1, association_id, '{claimant}' FROM sample_checks WHERE id = '{id}' AND state = 'drawn'",
            self.ours
        );
        self.app.sql(&insert).await;
        id
    }

    /// A record for what an operation is about.
    async fn record(&self, known: &Operation) -> Uuid {
        if known.name == "lift_restriction" || known.name == "console_lifting_form" {
            self.restricted().await
        } else if known.path.ends_with("/representative")
            || known.path.ends_with("/representative-end")
        {
            self.represented().await
        } else if known.name == "assist_declaration" || known.path.ends_with("/declare") {
            self.typed_for().await
        } else if known.path.contains("/paper") {
            self.handed_in(known).await
        } else if known.path.ends_with("/quarantine-end") {
            self.quarantined().await
        } else if known.path.ends_with("/identity-check") {
            self.to_check().await
        } else if known.path.ends_with("/declared-check") {
            self.flagged().await
        } else if known.path.ends_with("/payout-freeze-end") {
            self.frozen().await
        } else if known.name == "hand_over_data" || known.name == "console_data_form" {
            let id = self.rights_request().await;
            let copy = format!("UPDATE rights_requests SET kind = 'access' WHERE id = '{id}'");
            self.app.sql(&copy).await;
            id
        } else if known.path.contains("/rights-requests/{id}")
            || known.path.starts_with("/console/rights/")
        {
            self.rights_request().await
        } else if known.path.contains("/conflicts/{id}") {
            self.conflict(known.path.ends_with("/approval")).await
        } else if known.path.ends_with("/deficiencies")
            || known.name == "staff_put_payout"
            || known.name == "console_payout_form"
            || known.name == "staff_put_contact"
            || known.name == "console_contact_form"
        {
            self.typed_for().await
        } else if known.path.ends_with("/payout-decision") {
            self.waits_for_staff().await
        } else if known.path.ends_with("/contact-decision") {
            self.contact_waits().await
        } else if known.path.contains("/breaches/{id}") {
            self.breach().await
        } else if known.name == operation::WITHDRAW_CASE.name {
            self.public_case().await
        } else if known.path.contains("/case-desk/{id}") {
            self.case_on_desk(known).await
        } else if known.path.contains("/demand-letters/{id}") {
            self.demand_letter().await
        } else if known.path.contains("/scam-reports/{id}") {
            self.scam_report().await
        } else if known.path.contains("/people/{id}") {
            self.member().await
        } else if known.path.contains("/invitations/{id}") {
            self.invitation().await
        } else if known.path.contains("/partners/{id}") {
            self.partner().await
        } else if known.path.contains("/partner-keys/{id}") {
            self.partner_key().await
        } else if known.path.contains("/webhook-endpoints/{id}") {
            self.endpoint().await
        } else if known.path.contains("/updates/{id}") {
            self.update().await
        } else if known.path.contains("/bulk-actions/{id}") {
            self.bulk().await
        } else if known.path.contains("/sample-checks/{id}") {
            self.sample(known.path.ends_with("/results")).await
        } else if known.path.contains("/imports/{id}") {
            self.import().await
        } else {
            self.assisted().await
        }
    }

    /// Somebody of ours who signed.
    async fn signed(&self) -> Uuid {
        let name = Uuid::new_v4().simple();
        let (email, mailbox) = (format!("{name}@example.org"), format!("{name}@libero.it"));
        let claimant = staff_declared::identified(&self.app, &email, &mailbox, &mario()).await;
        let body = staff_declared::declaration(&mailbox);
        staff_declared::sign(&self.app, &claimant, &body, "Mario Rossi").await;
        claimant.id
    }

    /// Somebody of ours who signed digitally; the file is noted.
    async fn signed_digitally(&mut self) -> Uuid {
        let name = Uuid::new_v4().simple();
        let (email, mailbox) = (format!("{name}@example.org"), format!("{name}@libero.it"));
        let claimant = staff_declared::identified(&self.app, &email, &mailbox, &mario()).await;
        let body = staff_declared::declaration(&mailbox);
        let (document, _) = digital::ask_to_sign(&claimant, &body).await;
        let file = digital::p7m(&document, digital::Attributes::All);
        digital::bring(&claimant, file).await.expect(201);
        let (id, claimant) = (
            "SELECT id FROM signature_files WHERE claimant_id",
            claimant.id,
        );
        let rows = self.app.rows(&format!("{id} = '{claimant}'")).await;
        self.file = rows[0][0].as_ref().unwrap().parse().unwrap();
        claimant
    }

    /// A fresh claimant of ours with an open session.
    async fn claimant(&self) -> Asker {
        let email = format!("{}@example.org", Uuid::new_v4().simple());
        let claimant = self.app.confirmed(&SignUpBuilder::new(&email)).await;
        let ticket = Ticket {
            claimant: ClaimantId::new(claimant.id),
            association: self.ours,
        };
        Asker {
            csrf: csrf::token(&self.app.ctx, &claimant.token).unwrap(),
            cookies: vec![
                ("joinder_me", claimant.token.clone()),
                ("joinder_staff", claimant.token.clone()),
                ("joinder_joined", ticket.seal(&self.app.ctx)),
            ],
            bearer: Some(claimant.token),
        }
    }

    /// Signs a staff member in for API and console. `joinder_me` holds the same: it opens nothing.
    async fn staff(&self, who: &Person) -> Asker {
        let bearer = who.bearer(&self.app).await;
        let browser = self.app.browser();
        let opened = staff_console::sign_in(&self.app, &browser, who).await;
        let cookie = opened.headers()["set-cookie"].to_str().unwrap();
        let token = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
        Asker {
            bearer: Some(bearer),
            csrf: csrf::token(&self.app.ctx, &token).unwrap(),
            cookies: vec![("joinder_me", token.clone()), ("joinder_staff", token)],
        }
    }

    /// An export of ours, asked for by who has just shown a second factor.
    async fn export(&self, asker: &Asker) -> Uuid {
        let body = json!({"case": CASE, "format": "csv", "purpose": "Deposito"});
        let bearer = asker.bearer.as_deref();
        let answer = post(&self.app, "/api/v1/staff/exports", bearer, &body).await;
        assert_eq!(answer.status().as_u16(), 202);
        let answer: Value = answer.json().await.unwrap();
        self.app.run_exports().await;
        answer["id"].as_str().unwrap().parse().unwrap()
    }

    /// A list of ours that was tried; each time as if nothing else had been done with it.
    async fn import(&self) -> Uuid {
        let id = self.list;
        self.app
            .sql(&format!(
                "UPDATE imports SET state = 'checked', batch_done = 1, row_done = 1, created_count = 0, known_count = 0, \
                   refused_count = 1, started_by = NULL, started_at = NULL, finished_at = NULL, \
                   mapping = '{{email,mailbox}}', expires_at = '2036-03-01Z' WHERE id = '{id}'; \
                 INSERT INTO import_reports VALUES ('{id}', 'check', 0, '{}', '[{{\"line\": 2, \"outcome\": \"refused\"}}]') \
                 ON CONFLICT DO NOTHING",
                self.ours
            ))
            .await;
        id
    }

    /// An export in clear that somebody else of ours asked for and nobody decided about.
    async fn waiting_export(&self) -> Uuid {
        let id = self.app.ctx.new_id();
        self.app
            .sql(&format!(
                "INSERT INTO exports (id, association_id, case_id, requested_by, format, clear, purpose, filter, \
                   state, created_at, expires_at) \
                 SELECT '{id}', '{}', id, gen_random_uuid(), 'csv', true, 'Deposito', '{{}}', 'awaiting_approval', \
                   '2026-03-01Z', '2036-03-01Z' FROM cases WHERE slug = '{CASE}'",
                self.ours
            ))
            .await;
        id
    }

    /// Asks for an operation about a record; what the path needs beside is made up.
    async fn ask(&mut self, known: &Operation, asker: &Asker, id: Uuid, body: Body) -> Seen {
        self.visited.insert(known.name);
        let path = known
            .path
            .replace("{slug}", CASE)
            .replace("{id}", &id.to_string())
            .replace("{queue}", "to_assist")
            .replace("{document}", &Uuid::nil().to_string())
            .replace("{hand_in}", &self.hand_in.get().to_string())
            .replace("{section}", "facts")
            .replace("{place}", "new")
            .replace("{number}", "1")
            .replace("{purpose}", "newsletter")
            .replace("{version}", "1")
            .replace("{file}", &self.file.to_string())
            .replace("{size}", "0")
            .replace("{path:.+}", "0/000")
            .replace("{code}", "AAAA-AAAA")
            .replace("{name}", "1")
            .replace("{token}", &"A".repeat(43));
        assert!(!path.contains('{'), "arrange {path}");
        let path = if path.contains("/reach") {
            format!("{path}?from=2026-03-01&to=2026-03-02")
        } else {
            path
        };
        let method = known.method.as_str().parse().unwrap();
        let mut request = self.app.request(method, &path);
        if let Some(bearer) = asker.bearer.as_deref().filter(|_| is_api(known)) {
            request = request.bearer_auth(bearer);
        }
        for (name, value) in &asker.cookies {
            request = request.header("cookie", format!("{name}={value}"));
        }
        if known.name == operation::SIGN_UP.name {
            request = request.header("idempotency-key", Uuid::new_v4().to_string());
        }
        let request = match body {
            Body::Nothing => request,
            Body::Told => {
                let body = staff_declared::declaration(&self.mailbox.borrow());
                request.json(&told(&body))
            }
            Body::Json(body) => request.json(&body),
            Body::File(file) => {
                let head = "content-disposition: form-data; name=\"receipt\"; filename=\"r\"";
                request
                    .header("content-type", "multipart/form-data; boundary=--b")
                    .body(format!("----b\r\n{head}\r\n\r\n{file}\r\n----b--\r\n"))
            }
            Body::Sheets if is_api(known) => Sheets::whole().without("tier").on(request),
            Body::Sheets => {
                let sheets = Sheets::whole().without("tier");
                sheets.with("csrf", &asker.csrf).on(request)
            }
            Body::Document => {
                let part = |name: &str, value: &str| {
                    format!("--b\r\ncontent-disposition: form-data; name={name}\r\n\r\n{value}\r\n")
                };
                let mut body = part("\"kind\"", "other");
                if !is_api(known) {
                    body = part("\"csrf\"", &asker.csrf) + body.as_str();
                }
                body += &part("\"file\"; filename=\"a.txt\"", "Ricevuta");
                request
                    .header("content-type", "multipart/form-data; boundary=b")
                    .body(body + "--b--\r\n")
            }
            Body::List => {
                let mut form = Form::new();
                if !is_api(known) {
                    form = form.text("csrf", &asker.csrf);
                }
                form.text("source", "Modulo")
                    .text("listed_on", "2023-02-01")
                    .file(
                        "file",
                        "a.csv",
                        b"email;casella\nx@example.org;x@libero.it\n",
                    )
                    .send(request)
            }
            Body::Form(fields) => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                form.append_pair("csrf", &asker.csrf);
                form.extend_pairs(fields);
                request
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(form.finish())
            }
        };
        let answer = request.send().await.unwrap();
        Seen {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.text().await.unwrap_or_default(),
        }
    }
}

fn is_api(known: &Operation) -> bool {
    known.path.starts_with("/api/")
}

fn is_console(known: &Operation) -> bool {
    known.path.starts_with("/console")
}

fn form(fields: &[(&'static str, &str)]) -> Body {
    let fields = fields.iter();
    Body::Form(
        fields
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
    )
}

/// Anna Bianchi, who helps.
fn delegate() -> Value {
    json!({
        "given_name": "Anna", "family_name": "Bianchi", "codice_fiscale": "BNCNNA58S70F205L",
        "title": "power_of_attorney", "title_document": "Delega", "valid_from": "2026-01-01",
    })
}

/// A list that was lost.
fn breach() -> Value {
    json!({"what_happened": "Lista smarrita", "noticed_at": "2026-03-01T10:00"})
}

/// What a claimant or anybody sends.
fn public_body(name: &str) -> Option<Body> {
    let address = json!({"email": "x@example.org", "case": CASE});
    let token = json!({"token": "A".repeat(43)});
    Some(match name {
        "follow" => Body::Json(json!({
            "association": "codacons", "email": "x@example.org",
            "consent": {"text_version": "1", "given": true},
        })),
        "follow_form" => form(&[
            ("association", "codacons"),
            ("email", "x@example.org"),
            ("text_version", "1"),
            ("given", "true"),
        ]),
        "follow_confirm_form" | "unfollow_form" | "invitation_form" | "stop_messages_form" => {
            form(&[])
        }
        "sign_up" => Body::Json(SignUpBuilder::new("x@example.org").body),
        "submit_claimant" => Body::Json(partners::submission("x@example.org")),
        "empty_sandbox" => Body::Nothing,
        "move_test_person" => Body::Json(json!({"to": "confirmed"})),
        "submit_claimants" => Body::Json(json!({"items": [partners::submission("x@example.org")]})),
        "add_webhook_endpoint" => Body::Json(json!({"url": "https://8.8.8.8/"})),
        "change_webhook_endpoint" => Body::Json(json!({"enabled": false})),
        "replay_webhook_events" => Body::Json(json!({"from": 1, "to": 1})),
        "delete_webhook_endpoint" | "rotate_webhook_secret" | "ping_webhook_endpoint" => {
            Body::Nothing
        }
        "confirm" | "enter" => Body::Json(token),
        "resend" | "request_access" => Body::Json(address),
        "put_identity" => Body::Json(json!({"person": mario()})),
        "put_declaration" => Body::Json(json!({})),
        "request_signature" | "sign" | "put_payout" => Body::Json(json!({})),
        "request_payout_code" | "request_mailbox_code" => Body::Nothing,
        "request_contact_change" => Body::Json(json!({"email": "neu@example.org"})),
        "confirm_contact_change" => Body::Json(json!({"code": "123456"})),
        "contact_form" => form(&[("email", "neu@example.org")]),
        "phone_form" => form(&[("phone", "333 1234567")]),
        "prove_mailbox" => Body::Json(json!({"code": "123456"})),
        "put_consent" => Body::Json(json!({"given": true})),
        "put_representative" => Body::Json(delegate()),
        "change_association" => Body::Json(json!({"association": "altroconsumo", "consents": [
            {"purpose": "privacy_notice", "text_version": "1", "given": true},
            {"purpose": "contact", "text_version": "1", "given": true},
        ]})),
        "ask_rights_request" => Body::Json(json!({"kind": "objection", "text": "Non voglio"})),
        "rights_form" => form(&[("kind", "objection"), ("text", "Non voglio")]),
        "withdraw" => Body::Json(json!({})),
        "erase" => Body::Nothing,
        "report_scam" => Body::Json(
            json!({"case": CASE, "what_happened": "Volevano soldi", "asked_for": "money"}),
        ),
        "report_scam_form" => form(&[]),
        "verify_form" | "sign_file_form" => Body::File("{}"),
        "add_document" | "documents_form" => Body::Document,
        "paper_hand_in" => Body::Sheets,
        "remove_document" => Body::Nothing,
        "association_form" => form(&[
            ("association", "altroconsumo"),
            ("consents[0][purpose]", "privacy_notice"),
            ("consents[0][text_version]", "1"),
            ("consents[0][given]", "true"),
            ("consents[1][purpose]", "contact"),
            ("consents[1][text_version]", "1"),
            ("consents[1][given]", "true"),
        ]),
        "identity_form" => form(&[("kind", "person")]),
        "consent_form" => form(&[("given", "true")]),
        "enter_link_form" => form(&[("email", "x@example.org"), ("case", CASE)]),
        "joined_code" | "enter_code_form" => form(&[("code", "123456"), ("reference", "X")]),
        "joined_address" => form(&[("email", "y@example.org")]),
        "join_form"
        | "embed_form"
        | "joined_resend"
        | "confirm_form"
        | "confirm_resend"
        | "not_me_form"
        | "not_me_undo"
        | "stop_payout_form"
        | "stop_contact_form"
        | "new_contact_form"
        | "contact_code_form"
        | "payout_code_form"
        | "mailbox_code_form"
        | "mailbox_form"
        | "enter_form"
        | "leave_form"
        | "withdraw_form"
        | "erase_form"
        | "representative_form"
        | "document_removal_form"
        | "sign_code_form"
        | "sign_form"
        | "payout_form" => form(&[]),
        "declare_form" => form(&[("step", "3"), ("narrative", "Era lunedì.")]),
        _ => return None,
    })
}

/// What staff send.
fn staff_body(name: &str, code: &str) -> Option<Body> {
    let reached = json!({"how": "phone", "reason": "Ha risposto"});
    Some(match name {
        "staff_step_up" => Body::Json(json!({ "totp": code })),
        "console_step_up_form" => form(&[("totp", code), ("back", "/console")]),
        "assist_confirm" => Body::Json(reached),
        "claimant_add_document" => Body::Document,
        "staff_hand_in" | "console_hand_in_form" => Body::Sheets,
        "approve_paper" => Body::Json(json!({"messa_in_mora": false})),
        "reject_paper" => Body::Json(json!({"reason": "unreadable"})),
        "console_paper_approval" => form(&[
            ("looks[pages]", "true"),
            ("looks[fingerprint]", "true"),
            ("looks[signatures]", "true"),
            ("looks[identity]", "true"),
        ]),
        "console_paper_rejection" => form(&[("reason", "unreadable")]),
        "claimant_remove_document" => Body::Nothing,
        "assist_declaration" => Body::Told,
        "console_declare_form" => form(&[("step", "3"), ("narrative", "Era lunedì.")]),
        "console_documents_form" => Body::Document,
        "console_document_removal" => form(&[]),
        "assist_identity" => Body::Json(json!({"person": mario()})),
        "staff_representative" => Body::Json(delegate()),
        "staff_representative_end" => Body::Json(json!({"reason": "Revocata"})),
        "record_death" => Body::Json(json!({"died_on": "2026-02-01"})),
        "console_representative_form" => form(&[
            ("given_name", "Anna"),
            ("family_name", "Bianchi"),
            ("codice_fiscale", "BNCNNA58S70F205L"),
            ("title", "power_of_attorney"),
            ("title_document", "Delega"),
            ("valid_from", "1/1/2026"),
        ]),
        "console_representative_end" => form(&[("reason", "Revocata")]),
        "console_death_form" => form(&[("died_on", "1/2/2026")]),
        "assist_email" => Body::Json(json!({"email": "z@example.org"})),
        "decide_conflict" => {
            Body::Json(json!({"decision": "co_holders", "reason": "Usata insieme"}))
        }
        "approve_conflict" => Body::Json(json!({"decision": "refuse", "reason": "Non basta"})),
        "console_conflict_decision" => {
            form(&[("decision", "co_holders"), ("reason", "Usata insieme")])
        }
        "console_conflict_approval" => form(&[("decision", "refuse"), ("reason", "Non basta")]),
        "ask_deficiency" => Body::Json(json!({"letters": ["i"], "due_on": "2026-03-20"})),
        "console_deficiency_form" => form(&[("letters[i]", "true"), ("due_on", "2026-03-20")]),
        "begin_item" => Body::Json(json!({})),
        "console_begin_form" => form(&[]),
        "assign_item" => Body::Json(json!({"to": "me"})),
        "console_assign_form" => form(&[("to", "me")]),
        "end_quarantine" | "end_payout_freeze" => Body::Json(json!({"reason": "Ha chiamato"})),
        "check_identity" => Body::Json(json!({"version": 1, "reason": "Visto il tesserino"})),
        "check_declared" => Body::Json(json!({"version": 1, "reason": "Ha chiamato"})),
        "console_declared_check_form" => form(&[
            ("version", "1"),
            ("flags[not_restored]", "true"),
            ("reason", "Ha chiamato"),
        ]),
        "console_identity_check_form" => {
            form(&[("version", "1"), ("reason", "Visto il tesserino")])
        }
        "enter_rights_request" => Body::Json(
            json!({"kind": "objection", "text": "Non voglio", "received_on": "2026-03-02"}),
        ),
        "hand_over_data" => Body::Json(json!({"reason": "Per posta"})),
        "console_data_form" => form(&[("reason", "Per posta")]),
        "extend_rights_request" => Body::Json(json!({"reason": "Serve tempo"})),
        "answer_rights_request" => Body::Json(json!({"decision": "granted", "reason": "Fatto"})),
        "console_letter_form" => form(&[
            ("kind", "objection"),
            ("text", "Non voglio"),
            ("received_on", "02/03/2026"),
        ]),
        "console_extension_form" => form(&[("reason", "Serve tempo")]),
        "staff_put_payout" => Body::Json(
            json!({"iban": "IT60X0542811101000000123456", "holder": "Mario Rossi", "reason": "Modulo"}),
        ),
        "release_payout" => {
            Body::Json(json!({"version": 1, "decision": "reject", "reason": "Firma diversa"}))
        }
        "console_payout_form" => form(&[
            ("iban", "IT60X0542811101000000123456"),
            ("holder", "Mario Rossi"),
            ("reason", "Modulo"),
        ]),
        "console_payout_decision" => form(&[
            ("version", "1"),
            ("decision", "reject"),
            ("reason", "Firma diversa"),
        ]),
        "staff_put_contact" => {
            Body::Json(json!({"email": "neu@example.org", "how": "phone", "reason": "Richiamato"}))
        }
        "decide_contact" => Body::Json(json!({"decision": "reject", "reason": "Non risponde"})),
        "console_contact_form" => form(&[
            ("email", "neu@example.org"),
            ("how", "phone"),
            ("reason", "Richiamato"),
        ]),
        "console_contact_decision" => form(&[("decision", "reject"), ("reason", "Non risponde")]),
        "lift_restriction" => Body::Json(json!({"reason": "Dati verificati", "letter_sent": true})),
        "console_lifting_form" => form(&[("reason", "Dati verificati"), ("letter_sent", "true")]),
        "console_answer_form" => form(&[("decision", "granted"), ("reason", "Fatto")]),
        "open_breach" => Body::Json(breach()),
        "update_breach" => {
            let mut next = breach();
            next["version"] = json!(1);
            Body::Json(next)
        }
        "create_case" => {
            let slug = format!("caso-{}", Uuid::new_v4().simple());
            Body::Json(json!({"content": case_desk::content(&slug)}))
        }
        "write_case" => {
            let slug = format!("caso-{}", Uuid::new_v4().simple());
            Body::Json(json!({"version": 1, "content": case_desk::content(&slug)}))
        }
        "propose_case" | "discard_case" => Body::Json(json!({"version": 1})),
        "publish_case" => Body::Json(json!({"version": 1, "texts_read": true})),
        "withdraw_case" => Body::Json(json!({"reason": "Titolo sbagliato"})),
        "return_case" => Body::Json(json!({"version": 1, "reason": "Manca una fonte"})),
        "console_case_new" => {
            let slug = format!("caso-{}", Uuid::new_v4().simple());
            form(&[
                ("/slug", &slug),
                ("/title/it", "Banca ferma"),
                ("/respondent/name", "Banca Esempio S.p.A."),
                ("/respondent/codice_fiscale", "00743110157"),
                ("/respondent/pec", "banca@pec.example"),
            ])
        }
        "console_case_section_form" => form(&[
            ("version", "1"),
            ("action", "save"),
            ("/topic", "size"),
            ("/value", "Centomila caselle"),
            ("/source", "Stampa"),
        ]),
        "console_case_decision" => form(&[
            ("version", "1"),
            ("action", "publish"),
            ("texts_read", "true"),
        ]),
        "enter_demand_letter" => Body::Json(json!({"content": demand_letters::letter()})),
        "update_demand_letter" => {
            Body::Json(json!({"version": 1, "content": demand_letters::letter()}))
        }
        "console_demand_letters_form" | "console_demand_letter_form" => form(&[
            ("version", "1"),
            ("sent_on", "2023-01-24"),
            ("subject", "Diffida"),
            ("recipients", "Italiaonline S.p.A."),
            ("demands[0][kind]", "other"),
            ("demands[0][text]", "Rispondere"),
        ]),
        "console_breach_new" => form(&[
            ("what_happened", "Lista smarrita"),
            ("noticed_at", "2026-03-01T10:00"),
        ]),
        "console_breach_form" => form(&[
            ("version", "1"),
            ("what_happened", "Lista smarrita"),
            ("noticed_at", "2026-03-01T10:00"),
        ]),
        "add_partner" => {
            let slug = format!("sito-{}", Uuid::new_v4().simple());
            Body::Json(json!({"slug": slug, "name": "Il sito"}))
        }
        "change_partner" => Body::Json(json!({"name": "Il sito"})),
        "add_partner_key" => Body::Json(json!({"mode": "live", "scopes": ["read"]})),
        "console_partner_new" => {
            let slug = format!("sito-{}", Uuid::new_v4().simple());
            form(&[("slug", &slug), ("name", "Il sito")])
        }
        "console_partner_form" => form(&[("name", "Il sito")]),
        "console_partner_key_form" => {
            form(&[("mode", "live"), ("scopes[read]", "true"), ("reach", "all")])
        }
        "revoke_partner_key" => Body::Nothing,
        "set_webhook_endpoint" => Body::Json(json!({"delivery": "disabled"})),
        "console_webhook_form" => form(&[("delivery", "disabled")]),
        "console_partner_key_revocation" => form(&[]),
        "invite" => {
            let email = format!("{}@assoc.example", Uuid::new_v4().simple());
            Body::Json(json!({"email": email, "role": "reader"}))
        }
        "console_invitation_new" => {
            let email = format!("{}@assoc.example", Uuid::new_v4().simple());
            form(&[("email", &email), ("role", "reader"), ("reach", "all")])
        }
        "revoke_invitation" | "end_person_sessions" | "retry_mails" => Body::Nothing,
        "console_invitation_revocation" | "console_person_sessions_form" => form(&[]),
        "change_membership" => Body::Json(json!({"action": "suspend"})),
        "console_mails_form" => form(&[]),
        "console_membership_form" => form(&[("action", "suspend")]),
        // nobody's: what is not there is over already
        "end_own_sessions" => Body::Json(json!({"session": Uuid::new_v4()})),
        "console_account_sessions_form" => form(&[("session", &Uuid::new_v4().to_string())]),
        "change_password" => {
            Body::Json(json!({"password": PASSWORD, "totp": code, "new_password": PASSWORD}))
        }
        "change_factor" => {
            Body::Json(json!({"password": PASSWORD, "totp": code, "new_code": "000000"}))
        }
        "new_recovery_codes" => Body::Json(json!({"password": PASSWORD, "totp": code})),
        "console_password_form" | "console_factor_form" | "console_recovery_form" => {
            form(&[("password", PASSWORD), ("code", code)])
        }
        "open_sample_check" => Body::Json(json!({"purpose": "Prova", "size": 1})),
        "check_sampled" => Body::Json(json!({"place": 1, "result": "ok"})),
        "step_sample_check" => Body::Json(json!({"step": "cancel", "reason": "Prova"})),
        "console_sample_checks_form" => form(&[("purpose", "Prova"), ("size", "1")]),
        "console_sample_result_form" => form(&[("place", "1"), ("result", "ok")]),
        "console_sample_step_form" => form(&[("step", "cancel"), ("reason", "Prova")]),
        "preview_bulk" => Body::Json(json!({"kind": "end_quarantine", "purpose": "Prova"})),
        "step_bulk" => Body::Json(json!({"step": "cancel"})),
        "console_bulk_form" => form(&[("kind", "end_quarantine"), ("purpose", "Prova")]),
        "console_bulk_step" => form(&[("step", "cancel")]),
        "publish_update" => Body::Json(json!({"texts": [
            {"language": "it", "title": "Udienza", "text": "È fissata."},
        ]})),
        "withdraw_update" => Body::Json(json!({"reason": "Rinviata"})),
        "console_updates_form" => form(&[
            ("key", "a"),
            ("action", "preview"),
            ("texts[0][language]", "it"),
            ("texts[0][title]", "Udienza"),
            ("texts[0][text]", "È fissata."),
        ]),
        "console_update_withdrawal" => form(&[("slug", CASE), ("reason", "Rinviata")]),
        "export" => Body::Json(json!({"case": CASE, "format": "csv", "purpose": "Deposito"})),
        "handle_scam_report" => Body::Json(json!({"note": "Avvisati tutti"})),
        "console_scam_report_form" => form(&[("note", "Avvisati tutti")]),
        "logout_form" => form(&[]),
        "console_confirm_form" => form(&[("how", "post"), ("reason", "Lettera")]),
        "console_quarantine_form" | "console_payout_freeze_form" => {
            form(&[("reason", "Ha chiamato")])
        }
        "console_email_form" => form(&[("email", "z@example.org")]),
        "console_export_form" => form(&[("purpose", "Deposito"), ("state", "")]),
        "upload_import" | "console_import_upload" => Body::List,
        "check_import" => Body::Json(json!({"columns": ["email", "mailbox"]})),
        "start_import" | "cancel_import" => Body::Nothing,
        "console_import_check" => form(&[("columns[0]", "email"), ("columns[1]", "mailbox")]),
        "console_import_start" | "console_import_cancellation" => form(&[]),
        "approve_export" | "cancel_export" | "repeat_export" => Body::Nothing,
        "reject_export" => Body::Json(json!({"reason": "Non serve"})),
        "console_export_approval" | "console_export_cancellation" | "console_export_repeat" => {
            form(&[])
        }
        "console_export_rejection" => form(&[("reason", "Non serve")]),
        "console_identity_form" => form(&[
            ("kind", "person"),
            ("person[codice_fiscale]", "RSSMRA85C12H501J"),
            ("person[given_name]", "Mario"),
            ("person[family_name]", "Rossi"),
        ]),
        _ => return None,
    })
}

fn body(known: &Operation, code: &str) -> Body {
    if known.method == Method::Get {
        return Body::Nothing;
    }
    let found = public_body(known.name).or_else(|| staff_body(known.name, code));
    found.unwrap_or_else(|| panic!("{} has no arrangement", known.name))
}

fn of_staff(known: &Operation) -> bool {
    matches!(
        known.access,
        Access::AnyStaff | Access::Staff(_) | Access::StepUp(_)
    )
}

/// Operations on the own account that want password and code again: what they do is in `people.rs`.
const PROVEN: [&str; 6] = [
    "change_password",
    "change_factor",
    "new_recovery_codes",
    "console_password_form",
    "console_factor_form",
    "console_recovery_form",
];

/// Operations that end or renew what the walk stands on: asked when the rest is done.
const LAST: [&str; 3] = ["staff_step_up", "console_step_up_form", "logout_form"];

#[track_caller]
fn assert_signed_out(known: &Operation, seen: &Seen, who: &str) {
    if known.name == "leave_form" {
        // over already: that is what was asked for
        assert_eq!((seen.status, seen.place()), (303, "/"), "{who}");
    } else if is_console(known) {
        let found = (seen.status, seen.place());
        assert_eq!(found, (303, "/console/login"), "{} {who}", known.name);
    } else {
        assert_eq!(seen.status, 401, "{} {who}", known.name);
    }
}

#[track_caller]
fn assert_taken(known: &Operation, seen: &Seen, who: &str) {
    let taken = (200..400).contains(&seen.status)
        && !seen.place().starts_with("/console/login")
        && !seen.place().starts_with("/console/step-up");
    assert!(taken, "{} {who}: {} {}", known.name, seen.status, seen.body);
}

#[track_caller]
fn assert_forbidden(known: &Operation, seen: &Seen, who: &str) {
    assert_eq!(seen.status, 403, "{} {who}", known.name);
    if is_api(known) {
        assert_eq!(seen.problem(), "/problems/forbidden", "{}", known.name);
    }
}

#[track_caller]
fn assert_step_up(known: &Operation, seen: &Seen, who: &str) {
    if is_console(known) {
        let form = seen.place().split('?').next();
        let found = (seen.status, form);
        assert_eq!(
            found,
            (303, Some("/console/step-up")),
            "{} {who}",
            known.name
        );
    } else {
        assert_eq!(seen.status, 403, "{} {who}", known.name);
        assert_eq!(seen.problem(), "/problems/step-up-required", "{who}");
    }
}

/// Fresh credentials where an operation takes them from anybody: each works once.
async fn credentials(world: &World, known: &Operation, reader: &Person) -> Option<Body> {
    let sign_in = || {
        let code = reader.code(&world.app);
        json!({"email": reader.email, "password": PASSWORD, "totp": code})
    };
    let body = match known.name {
        "staff_token" => Body::Json(sign_in()),
        "login_form" => {
            let code = reader.code(&world.app);
            form(&[
                ("email", &reader.email),
                ("password", PASSWORD),
                ("totp", &code),
            ])
        }
        "staff_refresh" | "staff_revoke" => {
            let tokens = reader.sign_in(&world.app).await;
            Body::Json(json!({"refresh_token": tokens["refresh_token"]}))
        }
        _ => return None,
    };
    world.app.clock().advance(TimeDelta::seconds(30));
    Some(body)
}

/// What is public is open to nobody, to a claimant and to staff of any kind alike.
async fn walk_public(world: &mut World) {
    let reader = person(&world.app, world.ours, Role::Reader).await;
    let claimant = world.claimant().await;
    // the page after a sign-up belongs to the browser that signed up, signed in or not
    let nobody = Asker {
        cookies: vec![claimant.cookies[2].clone()],
        ..Asker::default()
    };
    for (who, asker) in [("nobody", nobody), ("claimant", claimant)] {
        for known in operation::ALL {
            if known.access != Access::Public {
                continue;
            }
            let sent = match credentials(world, known, &reader).await {
                Some(sent) => sent,
                None => body(known, ""),
            };
            let seen = world.ask(known, &asker, Uuid::nil(), sent).await;
            let open = !matches!(seen.status, 400 | 401 | 403 | 405 | 415 | 500..);
            assert!(open, "{} {who}: {} {}", known.name, seen.status, seen.body);
        }
    }
}

/// What is a claimant's or staff's is closed to nobody; the demo is closed to all.
async fn walk_as_nobody(world: &mut World) {
    let id = world.assisted().await;
    for known in operation::ALL {
        let nobody = Asker::default();
        match known.access {
            Access::Public => {}
            Access::Demo => {
                let seen = world.ask(known, &nobody, id, Body::Nothing).await;
                assert_eq!(seen.status, 404, "{}", known.name);
            }
            _ => {
                let seen = world.ask(known, &nobody, id, body(known, "000000")).await;
                assert_signed_out(known, &seen, "nobody");
            }
        }
    }
}

/// What is a claimant's to do, and is refused for what is missing: an empty form, nothing declared yet.
const READ_AND_REFUSED: &[(&str, u16)] = &[
    ("get_paper_form", 409),
    ("paper_form_file", 409),
    ("get_document_file", 404),
    ("remove_document", 404),
    ("document_original", 404),
    ("document_removal_form", 404),
    ("identity_form", 422),
    // before identity is given
    ("put_representative", 422),
    ("representative_form", 303),
    ("put_declaration", 422),
    ("get_declaration_document", 404),
    ("request_signature", 409),
    ("sign", 422),
    ("get_receipt", 404),
    ("get_receipt_document", 404),
    ("get_receipt_attestation", 404),
    ("put_payout", 422),
    // no account yet
    ("request_payout_code", 409),
    ("payout_code_form", 409),
    // no other address was asked for
    ("confirm_contact_change", 409),
    ("contact_code_form", 422),
    ("request_mailbox_code", 404),
    ("prove_mailbox", 404),
    ("mailbox_page", 404),
    ("mailbox_code_form", 404),
    ("mailbox_form", 404),
    ("payout_form", 422),
    ("declaration_file", 404),
    ("signed_file", 404),
    ("receipt_file", 404),
    ("attestation_file", 404),
];

/// A claimant may what is a claimant's, and nothing of staff.
async fn walk_as_claimant(world: &mut World) {
    let id = world.assisted().await;
    for known in operation::ALL {
        let asker = world.claimant().await;
        if known.access == Access::Claimant {
            let seen = world.ask(known, &asker, id, body(known, "")).await;
            let refused = READ_AND_REFUSED
                .iter()
                .find(|(name, _)| *name == known.name);
            match refused {
                Some((name, status)) => assert_eq!(seen.status, *status, "{name}"),
                None => assert_taken(known, &seen, "claimant"),
            }
        } else if of_staff(known) {
            let seen = world.ask(known, &asker, id, body(known, "000000")).await;
            assert_signed_out(known, &seen, "claimant");
        }
    }
}

/// Staff may what their role may, and are nobody on a claimant's routes.
async fn walk_as_staff(world: &mut World, role: Role, is_for_the_case: bool) {
    let who = role.as_str();
    let member = person(&world.app, world.ours, role).await;
    if is_for_the_case {
        limit(world, role, CASE).await;
    }
    // the desk is walked with cases of its own
    let is_left_out = |known: &Operation| is_for_the_case && known.path.contains("/case-desk");
    let asker = world.staff(&member).await;
    for known in operation::ALL {
        if LAST.contains(&known.name) || is_left_out(known) {
            continue;
        }
        if known.access == Access::Claimant {
            let seen = world.ask(known, &asker, Uuid::nil(), body(known, "")).await;
            assert_signed_out(known, &seen, who);
        } else if PROVEN.contains(&known.name) && !known.needs_step_up() {
            assert_proof_asked(world, known, &asker, who).await;
        } else if of_staff(known) {
            // the register of exports is walked with a second factor
            if known.path.contains("/exports/{id}") && known.allows(role) && !known.needs_step_up()
            {
                continue;
            }
            let id = world.record(known).await;
            let seen = world.ask(known, &asker, id, body(known, "")).await;
            match (known.allows(role), known.needs_step_up()) {
                (false, _) => assert_forbidden(known, &seen, who),
                (true, true) => assert_step_up(known, &seen, who),
                // there is no such document
                (true, false) if known.path.contains("{document}") => {
                    assert_eq!(seen.status, 404, "{} {who}", known.name);
                }
                (true, false) => assert_taken(known, &seen, who),
            }
        }
    }
    step_up(world, &asker, &member).await;
    for known in operation::ALL {
        let about_exports = known.path.contains("/exports/{id}");
        if !(about_exports || known.needs_step_up()) || is_left_out(known) {
            continue;
        }
        if PROVEN.contains(&known.name) {
            assert_proof_asked(world, known, &asker, who).await;
            continue;
        }
        let id = if known.path.contains("/exports/{id}/files/") || known.name == "export_content" {
            if known.allows(role) {
                world.export(&asker).await
            } else {
                Uuid::nil()
            }
        } else if about_exports && known.allows(role) {
            world.waiting_export().await
        } else if known.path.contains("/imports/{id}") && known.allows(role) {
            world.import().await
        } else if known.path.contains("/declarations/") && known.allows(role) {
            world.signed().await
        } else if known.path.contains("/signature-files") && known.allows(role) {
            world.signed_digitally().await
        } else if known.allows(role)
            && [
                "/people/{id}",
                "/invitations/{id}",
                "/partners/{id}",
                "/partner-keys/{id}",
                "/webhook-endpoints/{id}",
                "/rights-requests/{id}/data",
                "/console/rights/{id}/data",
            ]
            .iter()
            .any(|part| known.path.contains(part))
        {
            world.record(known).await
        } else {
            Uuid::nil()
        };
        let seen = world.ask(known, &asker, id, body(known, "")).await;
        if known.allows(role) && known.path.contains("{document}") {
            assert_eq!(seen.status, 404, "{} {who}", known.name);
        } else if known.allows(role) {
            assert_taken(known, &seen, who);
        } else {
            assert_forbidden(known, &seen, who);
        }
    }
    let known = &operation::LOGOUT_FORM;
    let seen = world.ask(known, &asker, Uuid::nil(), body(known, "")).await;
    let found = (seen.status, seen.place());
    assert_eq!(found, (303, "/console/login"), "{who}");
}

/// Open to any staff, once the password and a code are right.
async fn assert_proof_asked(world: &mut World, known: &Operation, asker: &Asker, who: &str) {
    let seen = world
        .ask(known, asker, Uuid::nil(), body(known, "000000"))
        .await;
    assert!(matches!(seen.status, 401 | 422), "{} {who}", known.name);
    if is_api(known) {
        let problem = seen.problem();
        assert_ne!(problem, "/problems/unauthenticated", "{}", known.name);
    } else {
        assert!(seen.body.contains("id=\"form\""), "{} {who}", known.name);
    }
}

/// Shows a second factor to the API and to the console.
async fn step_up(world: &mut World, asker: &Asker, member: &Person) {
    for known in [&operation::STAFF_STEP_UP, &operation::CONSOLE_STEP_UP_FORM] {
        let code = member.code(&world.app);
        let seen = world
            .ask(known, asker, Uuid::nil(), body(known, &code))
            .await;
        assert_taken(known, &seen, "second factor");
        world.app.clock().advance(TimeDelta::seconds(30));
    }
}

/// R55: what is another association's is like what never was, to the byte.
async fn walk_as_another_association(world: &mut World) {
    let ours = person(&world.app, world.ours, Role::CaseManager).await;
    let ours = (world.staff(&ours).await, ours);
    step_up(world, &ours.0, &ours.1).await;
    let export = world.export(&ours.0).await;
    let owner = person(&world.app, world.theirs, Role::Owner).await;
    let asker = world.staff(&owner).await;
    step_up(world, &asker, &owner).await;
    let mut asked = 0;
    for known in operation::ALL {
        if !(of_staff(known) && known.path.contains("{id}")) {
            continue;
        }
        let id = if known.path.contains("/exports/") {
            export
        } else {
            world.record(known).await
        };
        let theirs = world.ask(known, &asker, id, body(known, "")).await;
        let fresh = world.app.ctx.new_id();
        let none = world.ask(known, &asker, fresh, body(known, "")).await;
        assert_eq!((theirs.status, none.status), (404, 404), "{}", known.name);
        assert_eq!(without_id(theirs), without_id(none), "{}", known.name);
        asked += 1;
    }
    assert_eq!(asked, 185);
}

/// The membership of who has a role with us is for one case.
async fn limit(world: &World, role: Role, slug: &str) {
    let limit = format!(
        "UPDATE memberships SET case_ids = ARRAY(SELECT id FROM cases WHERE slug = '{slug}') \
         WHERE association_id = '{}' AND role = '{}'",
        world.ours,
        role.as_str()
    );
    world.app.sql(&limit).await;
}

/// Roles per case: in the own case the narrowed rights suffice for all that the role may do.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_for_this_case_may_do_in_it_what_the_role_may() {
    let mut world = World::start().await;
    walk_as_staff(&mut world, Role::CaseManager, true).await;
    walk_as_staff(&mut world, Role::Payout, true).await;
    world.app.stop().await;
}

/// What concerns the association as a whole: for members of some cases too.
const OF_THE_HOUSE: [&str; 5] = [
    "/breaches/{id}",
    "/people/{id}",
    "/invitations/{id}",
    "/partners/{id}",
    "/partner-keys/{id}",
];

/// Roles per case: for whose membership is for another case, this one is like what never was, to the byte, and no
/// list tells of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_for_another_case_is_answered_as_if_this_one_never_was() {
    let mut world = World::start().await;
    second_case(&world.app).await;
    let somebody = world.signed().await.to_string();
    let (mut asked, mut wrong) = (BTreeSet::new(), Vec::<String>::new());
    for role in [
        Role::CaseManager,
        Role::Reviewer,
        Role::Payout,
        Role::Reader,
    ] {
        let member = person(&world.app, world.ours, role).await;
        limit(&world, role, SECOND).await;
        let asker = world.staff(&member).await;
        step_up(&mut world, &asker, &member).await;
        let of_other = format!("/api/v1/staff/cases/{SECOND}/claimants");
        let own = world.app.request(reqwest::Method::GET, &of_other);
        let own = own.bearer_auth(asker.bearer.as_deref().unwrap());
        assert_eq!(ask(own).await.status, 200);
        for known in operation::ALL {
            let is_named = known.path.contains("{id}") || known.path.contains("{slug}");
            let is_of_house = OF_THE_HOUSE.iter().any(|part| known.path.contains(part));
            if !of_staff(known) || !known.allows(role) || is_of_house || LAST.contains(&known.name)
            {
                continue;
            }
            let told = format!("{} {}", known.name, role.as_str());
            if is_named {
                let id = world.record(known).await;
                let theirs = world.ask(known, &asker, id, body(known, "")).await;
                asked.insert(known.name);
                if theirs.status != 404 {
                    wrong.push(format!("{told}: {} {:.300}", theirs.status, theirs.body));
                } else if known.path.contains("{id}") {
                    let fresh = world.app.ctx.new_id();
                    let none = world.ask(known, &asker, fresh, body(known, "")).await;
                    if without_id(theirs) != without_id(none) {
                        wrong.push(format!("{told}: other bytes"));
                    }
                }
            } else if known.method.as_str() == "GET" {
                let seen = world.ask(known, &asker, Uuid::nil(), body(known, "")).await;
                if seen.body.contains(CASE) || seen.body.contains(&somebody) {
                    wrong.push(format!("{told}: tells of it"));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(asked.len() > 100, "{}", asked.len());
    world.app.stop().await;
}

/// The body without what differs each time.
fn without_id(seen: Seen) -> String {
    let request_id = seen.headers["x-request-id"].to_str().unwrap();
    seen.body.replace(request_id, "")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_everybody_as_the_permission_table_says() {
    let mut world = World::start().await;
    walk_as_nobody(&mut world).await;
    walk_as_claimant(&mut world).await;
    for role in Role::ALL {
        walk_as_staff(&mut world, role, false).await;
    }
    let visited = world.visited;
    world.app.stop().await;

    let mut other = World {
        visited,
        ..World::start().await
    };
    walk_public(&mut other).await;
    walk_as_another_association(&mut other).await;
    let all: BTreeSet<&str> = operation::ALL.iter().map(|known| known.name).collect();
    assert_eq!(other.visited, all);
    other.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_names_each_operation_at_its_place_and_who_may() {
    let app = TestApp::start().await;
    let described = app.request(reqwest::Method::GET, "/openapi.json");
    let described = ask(described).await.expect(200);
    let mut places = Vec::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for (method, told) in methods.as_object().unwrap() {
            let name = told["operationId"].as_str().unwrap().to_owned();
            let known = operation::ALL.iter().find(|known| known.name == name);
            let known = known.unwrap();
            assert_eq!(
                (known.path, known.method.as_str()),
                (path.as_str(), method.to_uppercase().as_str())
            );
            if known.access == Access::Claimant {
                assert_eq!(told["security"], json!([{"claimant": []}]), "{name}");
                assert!(told["responses"]["401"].is_object(), "{name}");
            }
            places.push(name);
        }
    }
    places.sort();
    let registered = joinder::web::routes::all();
    let registered = registered.iter().map(joinder::web::Route::operation);
    let api = registered.filter(|known| known.path.starts_with("/api/"));
    let mut expected: Vec<String> = api.map(|known| known.name.to_owned()).collect();
    expected.sort();
    assert_eq!(places, expected);
    let public = operation::ALL
        .iter()
        .filter(|known| known.path.starts_with("/api/v1/public/"));
    assert!(
        public
            .into_iter()
            .all(|known| places.iter().any(|place| place == known.name))
    );
    app.stop().await;
}
