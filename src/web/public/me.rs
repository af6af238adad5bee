//! `/me`: the own record.

use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::Deserialize;

use crate::app::case_update::CaseUpdate;
use crate::app::declaration::{self, MyDeclaration};
use crate::app::deficiency::Asked;
use crate::app::directory::{AssociationEntry, CaseEntry};
use crate::app::me::{self, Me, MyMailbox};
use crate::app::{AppError, contact_change, mailbox_proof, payout, session};
use crate::domain::case::Offer;
use crate::domain::claimant::ClaimantState;
use crate::domain::consent::{Channel, Purpose};
use crate::domain::prescription::cautious_day;
use crate::domain::readiness;
use crate::render::mail::objection;
use crate::render::page::declare::{self, ChangeLine, EstimateBox};
use crate::render::page::me::{
    ConsentLine, DeclaredSummary, IdentitySummary, MeNotice, MePage, MyMailboxLine, NextStep,
    Prescription, RejectionLines, Task,
};
use crate::render::text::Text;
use crate::web::WebResult;
use crate::web::declaration_form::steps::worth;
use crate::web::error::WebError;
use crate::web::extract::Form;
use crate::web::public::visit::{Visit, html, see_other};
use crate::web::public::{association_change, card, own_data, updates};

/// News of the association that are shown.
const NEWEST: usize = 2;

/// What has just happened.
#[derive(Deserialize)]
pub struct MeQuery {
    #[serde(default)]
    done: String,
}

/// The newsletter choice as it was sent.
#[derive(Deserialize)]
pub struct SentConsent {
    csrf: Option<String>,
    given: bool,
}

/// A form without fields.
#[derive(Deserialize)]
pub struct SentToken {
    /// The token of the session.
    pub csrf: Option<String>,
}

/// `GET /me`
pub async fn page(
    visit: Visit,
    query: Result<web::Query<MeQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let done = query.map_err(|_| WebError::Malformed)?.into_inner().done;
    let actor = visit.claimant().await?;
    let record = me::get(visit.ctx(), &actor).await?;
    let mine = declaration::get(visit.ctx(), &actor).await?;
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let case = directory.case(record.case)?;
    let newest = own_data::newest(visit.ctx(), &actor).await?;
    let own = |update: &&CaseUpdate| update.association == record.association;
    let own = case.updates.iter().filter(own).take(NEWEST);
    let updates = updates::lines(&case, visit.language, own);
    html(&MePage {
        mails: newest.mails,
        views: newest.views,
        updates,
        ..me_page(&visit, &case, record, &mine, notice(&done))?
    })
}

/// `POST /me/newsletter`
pub async fn newsletter(visit: Visit, form: Form<SentConsent>) -> WebResult<HttpResponse> {
    let actor = visit.claimant_with(form.0.csrf.as_deref()).await?;
    let (ctx, evidence, given) = (visit.ctx().clone(), visit.evidence(), form.0.given);
    visit
        .ctx()
        .to_end(async move {
            let purpose = Purpose::Newsletter.as_str();
            me::put_consent(&ctx, &actor, purpose, given, Channel::Page, &evidence).await
        })
        .await?;
    let mut answer = see_other("/me?done=consent-saved");
    if let Some(cookie) = visit.session_cookie() {
        answer.cookie(cookie);
    }
    Ok(answer.finish())
}

/// `POST /me/leave`
pub async fn leave(visit: Visit, form: Form<SentToken>) -> WebResult<HttpResponse> {
    match visit.claimant_with(form.0.csrf.as_deref()).await {
        Ok(actor) => {
            let ctx = visit.ctx().clone();
            visit
                .ctx()
                .to_end(async move { session::leave(&ctx, &actor).await })
                .await?;
        }
        // over already: that is what was asked for
        Err(WebError::App(AppError::Unauthenticated)) => {}
        Err(error) => return Err(error),
    }
    Ok(see_other("/").cookie(visit.leaving_cookie()).finish())
}

fn notice(done: &str) -> Option<MeNotice> {
    [
        MeNotice::Confirmed,
        MeNotice::IdentitySaved,
        MeNotice::ConsentSaved,
        MeNotice::Withdrawn,
        MeNotice::FirstRecord,
        MeNotice::Signed,
        MeNotice::PayoutSaved,
        MeNotice::Moved,
        MeNotice::RepresentativeSaved,
        MeNotice::PayoutWaits,
        MeNotice::MailboxProved,
        MeNotice::ContactChanged,
        MeNotice::PhoneSaved,
    ]
    .into_iter()
    .find(|notice| notice.as_str() == done)
}

#[expect(clippy::too_many_lines, reason = "one line for each field")]
fn me_page(
    visit: &Visit,
    case: &CaseEntry,
    record: Me,
    mine: &MyDeclaration,
    notice: Option<MeNotice>,
) -> WebResult<MePage> {
    let association = case.association_by_id(record.association);
    let association = association.ok_or(AppError::NotFound)?;
    let state = record.state;
    let told = standing(visit.chrome().text(), case, association, &record, mine);
    let consents = record.consents.iter().map(|consent| ConsentLine {
        purpose: consent.purpose.as_str().to_owned(),
        text_version: consent.text_version.clone(),
        given: consent.given,
        at: Some(consent.given_at),
    });
    let newest = told.declared.as_ref();
    let is_unsigned = newest.is_some_and(|newest| newest.signed_at.is_none());
    let can_erase = record.may_erase();
    let tasks = tasks(case, association, &record, &told);
    let can_change_association = !association_change::choices(case, &record).is_empty();
    Ok(MePage {
        chrome: visit.chrome_of(&case.slug, "/me"),
        case: card::head(case),
        association: card::association(association),
        reference: record.reference.grouped(),
        state: if record.moved {
            "moved"
        } else {
            state.as_str()
        }
        .to_owned(),
        tasks,
        rejected: record.rejected.map(|rejected| RejectionLines {
            rejected_on: rejected.rejected_on,
            object: objection(
                visit.chrome().text(),
                rejected.object_until,
                association.email.as_deref(),
            ),
            code: rejected.code.as_str(),
            words: rejected.words,
        }),
        asked: if state.is_over() {
            Vec::new()
        } else {
            asked_lines(&record.asked, is_unsigned)
        },
        missing: if state.is_over() {
            Vec::new()
        } else {
            let letters = record.missing.to_bring.iter();
            let letters: Vec<String> = letters.map(char::to_string).collect();
            readiness::told(&letters, is_unsigned)
        },
        missing_of_case: if state.is_over() {
            Vec::new()
        } else {
            let letters = record.missing.of_case();
            letters.iter().map(char::to_string).collect()
        },
        can_change_contact: record.email.is_some()
            && contact_change::may_change(state).is_ok()
            && !record.moved,
        email: record.email,
        phone: record.phone,
        mailboxes: record
            .mailboxes
            .iter()
            .map(|mailbox| mailbox_line(state, record.moved, mailbox))
            .collect(),
        identity: record.identity.map(|identity| IdentitySummary {
            name: identity.name,
            code: identity.codice_fiscale.unwrap_or_default(),
            city: identity.city.unwrap_or_default(),
            warnings: identity.warnings,
        }),
        representative: record
            .representative
            .as_ref()
            .map(|acting| (acting.name(), acting.title().as_str())),
        to_ratify: record.to_ratify,
        can_edit_identity: state.takes_identity() && !record.moved,
        can_change_association,
        can_withdraw: state.withdraws(),
        can_erase,
        next: told.next,
        can_declare: state.declares() && !record.moved,
        declared: told.declared,
        changes: told.changes,
        estimate: told.estimate,
        prescription: told.prescription,
        can_pay_out: payout::may_give(state).is_ok() && !record.moved,
        payout: record.payout.map(|payout| (payout.iban, payout.holder)),
        payout_pending: record.payout_pending.map(|(payout, at)| (payout.iban, at)),
        payout_frozen: record.payout_frozen,
        consents: consents.collect(),
        mails: (Vec::new(), false),
        views: (Vec::new(), false),
        updates: Vec::new(),
        notice,
    })
}

fn mailbox_line(state: ClaimantState, moved: bool, mailbox: &MyMailbox) -> MyMailboxLine {
    let provable = mailbox_proof::may_prove(state).is_ok()
        && !moved
        && !mailbox.is_alias
        && mailbox.proved.is_none();
    MyMailboxLine {
        address: mailbox.address.masked(),
        proved_at: mailbox.proved.as_ref().map(|(at, _)| *at),
        href: provable.then(|| format!("/me/mailboxes/{}", mailbox.id)),
    }
}

/// Where the declaration stands, for the page.
/// What was asked for and until when; a declaration that is only not signed is one line for each day.
fn asked_lines(asked: &[Asked], is_unsigned: bool) -> Vec<(String, NaiveDate, bool)> {
    let mut lines = Vec::with_capacity(asked.len());
    for one in asked {
        let correction = one.correction.then(|| "b_correction".to_owned());
        let word = correction.unwrap_or_else(|| one.letter.clone());
        for word in readiness::told(&[word], is_unsigned) {
            let line = (word, one.due_on, one.overdue);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines
}

struct Told {
    next: Option<NextStep>,
    declared: Option<DeclaredSummary>,
    changes: Vec<ChangeLine>,
    estimate: Option<EstimateBox>,
    prescription: Option<Prescription>,
}

fn standing(
    text: Text,
    case: &CaseEntry,
    association: &AssociationEntry,
    record: &Me,
    mine: &MyDeclaration,
) -> Told {
    let newest = mine.newest.as_ref();
    let names = declare::incident_names(&mine.rules);
    let declared = newest.map(|newest| DeclaredSummary {
        version: newest.content.version,
        declared_at: newest.declared_at,
        signed_at: newest.signed_at,
        total_cents: newest.content.total_cents,
        messa_in_mora: newest.messa_in_mora,
        in_force: record
            .signed_version
            .filter(|version| *version != newest.content.version),
    });
    let worth = newest.and_then(|newest| worth(case, &newest.content.declaration));
    Told {
        next: next_step(case, association, record, mine),
        declared,
        changes: declare::changes(text, &mine.changes, &mine.rules),
        estimate: worth.map(|worth| declare::estimate(text, &worth, &names)),
        prescription: prescription(case, mine),
    }
}

/// The one thing to do next: who, what, signature, account.
fn next_step(
    case: &CaseEntry,
    association: &AssociationEntry,
    record: &Me,
    mine: &MyDeclaration,
) -> Option<NextStep> {
    let state = record.state;
    if record.moved {
        return None;
    }
    if record.identity.is_none() {
        return state.takes_identity().then_some(NextStep::Identity);
    }
    let collects = case.state.takes_signatures() && association.offer == Offer::Collection;
    let is_signed = matches!(state, ClaimantState::Signed | ClaimantState::Lodged);
    if is_signed && state.declares() && mine.draft.is_some() {
        // a correction that was begun: what is signed stays until it is signed anew
        return Some(NextStep::Continue);
    }
    if is_signed || !collects || !state.declares() {
        let waits = is_signed && record.payout.is_none();
        return waits.then_some(NextStep::Payout);
    }
    match &mine.newest {
        _ if mine.draft.is_some() => Some(NextStep::Continue),
        None => Some(NextStep::Declare),
        Some(newest) if newest.is_current && newest.signed_at.is_none() => Some(NextStep::Sign),
        Some(_) => Some(NextStep::Review),
    }
}

/// What is open and what is done; what cannot be done yet has no link.
fn tasks(case: &CaseEntry, association: &AssociationEntry, record: &Me, told: &Told) -> Vec<Task> {
    let state = record.state;
    if state.is_over() || record.moved {
        return Vec::new();
    }
    let line = |word, done: bool, step: NextStep, is_open: bool| Task {
        word,
        done,
        href: (!done && is_open).then(|| step.href()),
    };
    let is_identified = record.identity.is_some();
    let mut tasks = vec![
        Task {
            word: "contact",
            done: record.confirmed_at.is_some(),
            href: None,
        },
        line(
            "identity",
            is_identified,
            NextStep::Identity,
            state.takes_identity(),
        ),
    ];
    let collects = case.state.takes_signatures() && association.offer == Offer::Collection;
    if !collects && told.declared.is_none() {
        return tasks;
    }
    let is_signed = matches!(state, ClaimantState::Signed | ClaimantState::Lodged);
    let is_declared = is_signed || told.next == Some(NextStep::Sign);
    tasks.extend([
        line(
            "declaration",
            is_declared,
            NextStep::Declare,
            is_identified && state.declares(),
        ),
        line("signature", is_signed, NextStep::Sign, is_declared),
        line(
            "payout",
            record.payout.is_some() || record.payout_pending.is_some(),
            NextStep::Payout,
            told.declared.is_some() && payout::may_give(state).is_ok(),
        ),
    ]);
    tasks
}

/// Counted from the first outage that was declared, else from the first of the case (R65).
fn prescription(case: &CaseEntry, mine: &MyDeclaration) -> Option<Prescription> {
    let newest = mine.newest.as_ref();
    let is_declared = |slug: &str| {
        newest.is_none_or(|newest| {
            let mut lines = newest.content.declaration.lines();
            lines.any(|(_, line)| line.slug() == slug)
        })
    };
    let incidents = case.incidents.iter();
    let first = incidents
        .filter(|incident| is_declared(&incident.slug))
        .min_by_key(|incident| incident.starts_at)?;
    Some(Prescription {
        day: cautious_day(first.starts_at),
        incident: first.name.clone(),
    })
}
