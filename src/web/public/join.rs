//! `/c/{slug}/join`: the sign-up by form. The parser is the API's.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::app::directory::{AssociationEntry, CaseEntry, Directory};
use crate::app::session::Ticket;
use crate::app::sign_up::{SignUpRequest, Suspicion};
use crate::app::{AppError, joined, sign_up};
use crate::domain::consent::Channel;
use crate::domain::contact::ContactInput;
use crate::domain::field::{FieldErrors, filled};
use crate::domain::sign_up::{ConsentInput, MailboxInput, SignUpInput};
use crate::render::page::association::ChoosePage;
use crate::render::page::join::{
    ConsentField, Doubt, JoinForm, JoinPage, MailboxRow, PlanOption, choose_href, href,
};
use crate::render::page::message::{Action, MessagePage};
use crate::render::page::{AddressForm, Chrome, Errors, FieldError};
use crate::web::WebResult;
use crate::web::error::WebError;
use crate::web::extract::{Form, idempotency};
use crate::web::postal_code::{self, Taps};
use crate::web::public::card;
use crate::web::public::case::via;
use crate::web::public::visit::{Visit, html, html_with, one_time_key, see_other};

mod cap;
pub(super) mod typo;

/// Most mailboxes of one sign-up.
const MOST_MAILBOXES: usize = 20;

/// Which association, and where the visitor comes from.
#[derive(Deserialize)]
pub struct JoinQuery {
    association: Option<String>,
    via: Option<String>,
    /// `1`: another person with the contact address of the sign-up just made.
    again: Option<String>,
}

/// The form as it was sent.
#[derive(Deserialize)]
pub struct SentJoin {
    #[serde(default)]
    action: String,
    #[serde(default)]
    idempotency_key: String,
    association: Option<String>,
    via: Option<String>,
    contact: Option<ContactInput>,
    mailboxes: Option<Vec<MailboxInput>>,
    consents: Option<Vec<ConsentInput>>,
    /// Domains that are right, as was said before.
    asked: Option<Vec<String>>,
    /// Domains the page asked about.
    doubted: Option<Vec<String>>,
    /// The CAP to put in, as was tapped.
    cap: Option<String>,
    /// The CAP the page asked about.
    cap_seen: Option<String>,
    /// Nobody sees this field: what fills it in is a program.
    subject: Option<String>,
}

/// `GET /c/{slug}/join?association=&via=&again=`
pub async fn page(
    visit: Visit,
    slug: web::Path<String>,
    query: Result<web::Query<JoinQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?.into_inner();
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.public_case(&slug)?;
    if !case.state.takes_sign_ups() {
        return refused(&visit, &case, None);
    }
    let via = query.via.as_deref().and_then(via);
    let chosen = query.association.as_deref().unwrap_or_default();
    let Some(association) = case.association(chosen) else {
        return html(&ChoosePage {
            chrome: visit.chrome_of(&case.slug, &visit.chrome().path),
            case: card::head(&case),
            associations: card::rotated(visit.ctx(), &case),
            via,
        });
    };
    let mut form = JoinForm::blank();
    let again = query.again.as_deref() == Some("1");
    if again && let Ok(ticket) = visit.ticket() {
        let before = joined::get(visit.ctx(), ticket).await?;
        if before.case == case.id {
            form.email = before
                .email
                .map_or_else(String::new, |email| email.as_str().to_owned());
            form.phone = before
                .phone
                .map_or_else(String::new, |phone| phone.as_str().to_owned());
        }
    }
    begin(&visit, &case, association, (form, via))
}

/// The form, before anything is sent.
pub(super) fn begin(
    visit: &Visit,
    case: &CaseEntry,
    association: &AssociationEntry,
    (form, via): (JoinForm, Option<String>),
) -> WebResult<HttpResponse> {
    if !(case.state.takes_sign_ups() && association.offer.takes_sign_ups()) {
        return refused(visit, case, Some(association));
    }
    let is_blank = form.email.is_empty() && form.phone.is_empty();
    let typed = Typed {
        form,
        consents: Vec::new(),
        via,
        idempotency_key: one_time_key(visit.ctx()),
        doubts: Vec::new(),
        asked: Vec::new(),
        errors: Errors::default(),
    };
    let mut response = html(&join_page(visit, case, association, typed))?;
    if is_blank {
        // nothing personal in it: "back" shows what was typed, and its one-time key
        let kept = HeaderValue::from_static("private, no-cache");
        response.headers_mut().insert(CACHE_CONTROL, kept);
    }
    Ok(response)
}

/// `POST /c/{slug}/join`
pub async fn send(
    visit: Visit,
    slug: web::Path<String>,
    form: Form<SentJoin>,
) -> WebResult<HttpResponse> {
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.public_case(&slug)?;
    match take(&visit, &directory, &case, form.0).await? {
        Taken::SignedUp(ticket) => Ok(see_other(&format!("/c/{}/joined", case.slug))
            .cookie(visit.ticket_cookie(ticket))
            .finish()),
        Taken::Asked(page) => Ok(page),
    }
}

/// What became of a form.
pub(super) enum Taken {
    /// A sign-up.
    SignedUp(Ticket),
    /// Another page, which asks for something or refuses.
    Asked(HttpResponse),
}

/// Takes a form, wherever its page stands.
pub(super) async fn take(
    visit: &Visit,
    directory: &Directory,
    case: &CaseEntry,
    sent: SentJoin,
) -> WebResult<Taken> {
    let known = typo::known(directory, case);
    if visit.switches_language() {
        return in_another_language(visit, case, &known, sent).map(Taken::Asked);
    }
    let sent = typo::answered(cap::answered(sent), &known);
    let suspicion = filled(sent.subject.as_deref()).map(|_| Suspicion::HiddenField);
    let (input, mut typed, action) = read(visit, sent);
    let chosen = input.association.clone().unwrap_or_default();
    let Some(association) = case.association(&chosen) else {
        return Ok(Taken::Asked(choose(case, &typed)));
    };
    if action == "add_mailbox" {
        if typed.form.mailboxes.len() < MOST_MAILBOXES {
            typed.form.mailboxes.push(MailboxRow::default());
        }
        return html(&join_page(visit, case, association, typed)).map(Taken::Asked);
    }
    typed.doubts = typo::doubts(&typed.form, &known, &typo::affected(case), &typed.asked);
    if !typed.doubts.is_empty() || typed.form.postal_address.question.is_some() {
        let page = join_page(visit, case, association, typed);
        return html_with(StatusCode::UNPROCESSABLE_ENTITY, &page).map(Taken::Asked);
    }
    let request = SignUpRequest {
        slug: case.slug.clone(),
        input,
        idempotency_key: typed.idempotency_key.clone(),
        channel: Channel::Page,
        evidence: visit.evidence(),
        suspicion,
    };
    let ctx = visit.ctx().clone();
    let done = visit
        .ctx()
        .to_end(Box::pin(
            async move { sign_up::sign_up(&ctx, request).await },
        ))
        .await;
    typed.errors = match done {
        Ok(done) => {
            return Ok(Taken::SignedUp(Ticket {
                claimant: done.id,
                association: done.association,
            }));
        }
        Err(AppError::IllegalTransition(_)) => {
            return refused(visit, case, Some(association)).map(Taken::Asked);
        }
        Err(AppError::Invalid(errors)) => in_words_of_the_form(&errors, &typed.form),
        Err(AppError::IdempotencyMismatch) => {
            typed.idempotency_key = one_time_key(visit.ctx());
            about_the_form("error-form-sent-before")
        }
        Err(AppError::IdempotencyRunning) => about_the_form("error-form-running"),
        Err(error) => return Err(error.into()),
    };
    let page = join_page(visit, case, association, typed);
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &page).map(Taken::Asked)
}

impl SentJoin {
    /// In a frame the address says for whom it is and who brought it, not the form.
    pub(super) fn sent_to(mut self, association: &str, via: Option<String>) -> Self {
        self.association = Some(association.to_owned());
        self.via = via;
        self
    }
}

/// Where an association is chosen: the one of the form is none.
fn choose(case: &CaseEntry, typed: &Typed) -> HttpResponse {
    see_other(&choose_href(&case.slug, typed.via.as_deref())).finish()
}

/// The form as it was typed; what it asked about is asked again.
fn in_another_language(
    visit: &Visit,
    case: &CaseEntry,
    known: &[&str],
    mut sent: SentJoin,
) -> WebResult<HttpResponse> {
    let was_asked = sent.doubted.is_some();
    sent.cap_seen = None;
    let (input, mut typed, _) = read(visit, sent);
    let chosen = input.association.unwrap_or_default();
    let Some(association) = case.association(&chosen) else {
        return Ok(choose(case, &typed));
    };
    if was_asked {
        let affected = typo::affected(case);
        typed.doubts = typo::doubts(&typed.form, known, &affected, &typed.asked);
    }
    html(&join_page(visit, case, association, typed))
}

/// What was refused; a CAP that was proposed meanwhile is no longer missing.
fn in_words_of_the_form(errors: &FieldErrors, form: &JoinForm) -> Errors {
    let mut errors = at_the_first_row(Errors::from(errors));
    let pointer = "/contact/postal_address";
    postal_code::explain(&mut errors, &form.postal_address, pointer);
    errors
}

/// Where no mailbox is named, the row to fill is the first one.
fn at_the_first_row(mut errors: Errors) -> Errors {
    for error in &mut errors.0 {
        if error.reason == "error-mailbox-required" && error.pointer == "/mailboxes" {
            "/mailboxes/0/address".clone_into(&mut error.pointer);
        }
    }
    errors
}

fn about_the_form(reason: &'static str) -> Errors {
    Errors(vec![FieldError {
        about: None,
        pointer: String::new(),
        reason,
    }])
}

/// What goes into the page beside the case.
struct Typed {
    form: JoinForm,
    consents: Vec<ConsentInput>,
    via: Option<String>,
    idempotency_key: String,
    doubts: Vec<Doubt>,
    asked: Vec<String>,
    errors: Errors,
}

/// The form as input of the sign-up and as it is shown again. Blank rows of mailboxes go, so that
/// the errors' pointers fit both; an unticked consent is one refused.
fn read(visit: &Visit, sent: SentJoin) -> (SignUpInput, Typed, String) {
    let via = sent.via.as_deref().and_then(via);
    let contact = sent.contact.unwrap_or_default();
    let is_typed = |mailbox: &MailboxInput| filled(mailbox.address.as_deref()).is_some();
    let mailboxes: Vec<MailboxInput> = sent.mailboxes.unwrap_or_default();
    let mailboxes: Vec<MailboxInput> = mailboxes.into_iter().filter(is_typed).collect();
    let mut consents = sent.consents.unwrap_or_default();
    for consent in &mut consents {
        consent.given.get_or_insert(false);
    }
    let key = idempotency::check(sent.idempotency_key.as_bytes());
    let mut form = shown(&contact, &mailboxes);
    if form.postal_ok {
        let taps = Taps {
            cap: sent.cap.as_deref(),
            seen: sent.cap_seen.as_deref(),
        };
        postal_code::note(&mut form.postal_address, taps);
    }
    let typed = Typed {
        form,
        consents: consents.clone(),
        via: via.clone(),
        idempotency_key: key.unwrap_or_else(|| one_time_key(visit.ctx())),
        doubts: Vec::new(),
        asked: sent.asked.unwrap_or_default(),
        errors: Errors::default(),
    };
    let input = SignUpInput {
        association: sent.association,
        contact: Some(contact),
        mailboxes: Some(mailboxes),
        consents: Some(consents),
        via,
        person: None,
        entity: None,
    };
    (input, typed, sent.action)
}

fn shown(contact: &ContactInput, mailboxes: &[MailboxInput]) -> JoinForm {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let address = contact.postal_address.clone().unwrap_or_default();
    let rows = mailboxes.iter().map(|mailbox| MailboxRow {
        address: text(&mailbox.address),
        plan: text(&mailbox.plan),
    });
    let mut rows: Vec<MailboxRow> = rows.take(MOST_MAILBOXES + 1).collect();
    while rows.len() < JoinForm::ROWS {
        rows.push(MailboxRow::default());
    }
    JoinForm {
        email: text(&contact.email),
        phone: text(&contact.phone),
        postal_ok: contact.postal_ok.unwrap_or_default(),
        postal_address: AddressForm {
            name: text(&address.name),
            street: text(&address.street),
            number: text(&address.number),
            postal_code: text(&address.postal_code),
            city: text(&address.city),
            province: text(&address.province),
            country: text(&address.country),
            ..AddressForm::default()
        },
        mailboxes: rows,
    }
}

fn join_page(
    visit: &Visit,
    case: &CaseEntry,
    association: &AssociationEntry,
    typed: Typed,
) -> JoinPage {
    let form_path = href(&case.slug, &association.slug, typed.via.as_deref());
    JoinPage {
        chrome: visit.chrome_of(&case.slug, &form_path),
        case: card::head(case),
        association: card::association(association),
        form: typed.form,
        plans: case
            .plans
            .iter()
            .map(|plan| PlanOption {
                code: plan.code.clone(),
                name: plan.name.clone(),
            })
            .collect(),
        consents: consent_fields(visit, case, &typed.consents),
        via: typed.via,
        idempotency_key: typed.idempotency_key,
        doubts: typed.doubts,
        asked: typed.asked,
        errors: typed.errors,
    }
}

/// The texts now in force; a tick stays only with the very text it was given to (R20).
pub(super) fn consent_fields(
    visit: &Visit,
    case: &CaseEntry,
    typed: &[ConsentInput],
) -> Vec<ConsentField> {
    let texts = case.consents(visit.language).into_iter();
    texts
        .map(|(purpose, text)| {
            let given = typed.iter().any(|consent| {
                consent.purpose.as_deref() == Some(purpose.as_str())
                    && consent.text_version.as_deref() == Some(text.version.as_str())
                    && consent.given == Some(true)
            });
            ConsentField {
                purpose: purpose.as_str().to_owned(),
                text_version: text.version.clone(),
                words: text.body.clone(),
                required: purpose.is_required(),
                given,
            }
        })
        .collect()
}

/// 409: the case takes nobody now, or this association does not (R12).
fn refused(
    visit: &Visit,
    case: &CaseEntry,
    association: Option<&AssociationEntry>,
) -> WebResult<HttpResponse> {
    let chrome: Chrome = visit.chrome_of(&case.slug, &format!("/c/{}", case.slug));
    let text = chrome.text();
    let refusing = association.filter(|_| case.state.takes_sign_ups());
    let page = match refusing {
        Some(association) => MessagePage {
            title: text.with(
                "refused-title",
                &[("name", association.name.as_str().into())],
            ),
            paragraphs: vec![text.word(
                "association-offer",
                card::association(association).offer.as_str(),
            )],
            action: Some(Action {
                href: choose_href(&case.slug, None),
                label: text.get("join-change"),
            }),
            request_id: None,
            chrome,
        },
        None => MessagePage {
            title: text.word("offer-title", "closed"),
            paragraphs: vec![text.word("offer-text", "closed")],
            action: Some(Action {
                href: format!("/c/{}", case.slug),
                label: text.get("back-to-case"),
            }),
            request_id: None,
            chrome,
        },
    };
    html_with(StatusCode::CONFLICT, &page)
}
