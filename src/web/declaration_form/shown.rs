//! From what is stored to the forms: a draft or a declared version as its owner typed it, and the blank form.

use chrono::NaiveDate;

use super::{MailboxWork, Work};
use crate::app::declaration::MyDeclaration;
use crate::domain::damage::DamageHead;
use crate::domain::declaration::{
    Compensation, ComplaintInput, DeclarationInput, DeclaredIncidentInput, ElsewhereInput,
    IncidentRule, ItemInput, OtherClaimInput, UseInput,
};
use crate::domain::money;
use crate::render::page::declare::{
    ClaimForm, ComplaintForm, ElsewhereForm, IncidentForm, ItemForm,
};

impl Work {
    /// What was typed last: the draft, else the newest version, else nothing.
    pub fn load(mine: &MyDeclaration) -> Self {
        let newest = mine.newest.as_ref();
        let newest = newest.map(|newest| DeclarationInput::from(&newest.content.declaration));
        let mut input = mine.draft.clone().or(newest).unwrap_or_default();
        forget_removed(&mut input, mine);
        let typed = input.mailboxes.as_deref().unwrap_or_default();
        // a mailbox that the newest version left out was answered with no
        let is_told = mine.draft.is_none() && mine.newest.is_some();
        let counted = mine.rules.mailboxes.iter().filter(|own| !own.is_alias);
        let mailboxes = counted.map(|own| {
            let found = typed.iter().find(|typed| {
                typed.address.as_deref().map(str::trim) == Some(own.address.as_str())
            });
            let plan = own.plan.as_deref().unwrap_or_default();
            let forms = mine.rules.incidents.iter().map(|rule| {
                let told = found.map(|found| found.incidents.as_deref().unwrap_or_default());
                let told = told.or(is_told.then_some(&[]));
                let mut lines = told.unwrap_or_default().iter();
                let line = lines.find(|line| line.slug.as_deref() == Some(&rule.slug));
                line.map_or_else(|| blank(rule, plan), |line| incident_form(line, rule))
            });
            MailboxWork {
                address: own.address.clone(),
                forms: forms.collect(),
                visited: found.is_some() || is_told,
            }
        });
        Self {
            mailboxes: mailboxes.collect(),
            elsewhere: elsewhere_form(&input),
            narrative: input.narrative.unwrap_or_default(),
        }
    }
}

/// The forms of a mailbox as they were sent, in the order of the case; rows of items complete.
pub fn sent_forms(sent: &[IncidentForm], shown: &[IncidentForm]) -> Vec<IncidentForm> {
    let one = |shown: &IncidentForm| {
        let found = sent.iter().find(|sent| sent.slug == shown.slug);
        found.map_or_else(
            || shown.clone(),
            |sent| {
                let mut form = sent.clone();
                form.goes_on = shown.goes_on;
                form.items
                    .retain(|item| DamageHead::parse(&item.head).is_some());
                complete(&mut form.items);
                form
            },
        )
    };
    shown.iter().map(one).collect()
}

/// The form before anything was typed: nothing is answered for its owner but the plan, if it was told at the
/// sign-up.
fn blank(rule: &IncidentRule, plan: &str) -> IncidentForm {
    let mut form = IncidentForm {
        slug: rule.slug.clone(),
        plan: plan.to_owned(),
        goes_on: rule.last_day.is_none(),
        ..IncidentForm::default()
    };
    complete(&mut form.items);
    form
}

fn incident_form(line: &DeclaredIncidentInput, rule: &IncidentRule) -> IncidentForm {
    let goes_on = rule.last_day.is_none();
    let words: &[String] = match &line.used_for {
        None => &[],
        Some(UseInput::One(word)) => std::slice::from_ref(word),
        Some(UseInput::Many(words)) => words,
    };
    let used = |wanted: &str| words.iter().any(|word| word == wanted);
    let received = text(line.compensation_received.as_ref());
    let nothing = Compensation::None.as_str();
    let is_day = |stored: &Option<String>, day: Option<NaiveDate>| {
        stored.is_none() || *stored == day.map(|day| day.to_string())
    };
    let typed_days = !is_day(&line.unavailable_from, Some(rule.first_day))
        || !is_day(&line.unavailable_until, rule.last_day);
    let flat = DamageHead::FlatRate.as_str();
    let items = line.items.as_deref().unwrap_or_default();
    let is_flat = |item: &ItemInput| item.head.as_deref() == Some(flat);
    let mut form = IncidentForm {
        slug: text(line.slug.as_ref()),
        hit: if typed_days { "days" } else { "whole" }.to_owned(),
        plan: text(line.plan.as_ref()),
        fee: euro(line.fee_paid_cents),
        other_holder: !line.holder.unwrap_or(true),
        holder_note: text(line.holder_note.as_ref()),
        not_private: !used("private"),
        work: used("work"),
        public_bodies: used("public_bodies"),
        unavailable_from: day(line.unavailable_from.as_ref()),
        unavailable_until: day(line.unavailable_until.as_ref()),
        last_use: day(line.last_use.as_ref()),
        not_restored: !goes_on && line.restored == Some(false),
        restored: goes_on && line.restored == Some(true),
        goes_on,
        late_mail: line.late_mail.unwrap_or_default(),
        compensated: line.compensation_received.is_some() && received != nothing,
        compensation_received: if received == nothing {
            String::new()
        } else {
            received
        },
        compensation_note: text(line.compensation_note.as_ref()),
        no_flat_rate: line.items.is_some() && !items.iter().any(is_flat),
        items: items.iter().map(item_form).collect(),
    };
    complete(&mut form.items);
    form
}

fn item_form(item: &ItemInput) -> ItemForm {
    ItemForm {
        head: text(item.head.as_ref()),
        amount: euro(item.amount_cents),
        description: text(item.description.as_ref()),
        documents: item.document_ids.clone().unwrap_or_default(),
    }
}

/// A document that was removed since is not named any more: no box of the form could be cleared for it.
fn forget_removed(input: &mut DeclarationInput, mine: &MyDeclaration) {
    let known = |id: &String| mine.rules.documents.iter().any(|own| own.id == *id);
    let mailboxes = input.mailboxes.iter_mut().flatten();
    let lines = mailboxes.flat_map(|mailbox| mailbox.incidents.iter_mut().flatten());
    for item in lines.flat_map(|line| line.items.iter_mut().flatten()) {
        if let Some(ids) = &mut item.document_ids {
            ids.retain(known);
        }
    }
}

/// A row for each head, in the order of the form.
fn complete(items: &mut Vec<ItemForm>) {
    for head in DamageHead::ALL {
        if !items.iter().any(|item| item.head == head.as_str()) {
            items.push(ItemForm {
                head: head.as_str().to_owned(),
                ..ItemForm::default()
            });
        }
    }
    let place = |item: &ItemForm| {
        let mut heads = DamageHead::ALL.iter();
        heads.position(|head| head.as_str() == item.head)
    };
    items.sort_by_key(place);
}

fn elsewhere_form(input: &DeclarationInput) -> ElsewhereForm {
    let complaint = input.complaint.as_ref();
    let (other_claims, other_claims_list) = claim_forms(input.other_claims.as_ref());
    let paid = claim_forms(input.already_compensated.as_ref());
    let nothing = complaint.is_none() && other_claims == "no" && paid.0 == "no";
    ElsewhereForm {
        nothing: if nothing { "yes" } else { "" }.to_owned(),
        // before the step was sent nothing is presumed
        complained: match input.other_claims {
            None => String::new(),
            Some(_) => yes_no(complaint.is_some()),
        },
        complaint: complaint.map(complaint_form).unwrap_or_default(),
        other_claims,
        other_claims_list,
        already_compensated: paid.0,
        already_compensated_list: paid.1,
        contract_version: text(input.contract_version.as_ref()),
        contract_clause: text(input.contract_clause.as_ref()),
        member_number: text(input.member_number.as_ref()),
    }
}

fn complaint_form(complaint: &ComplaintInput) -> ComplaintForm {
    ComplaintForm {
        place: text(complaint.place.as_ref()),
        reference: text(complaint.reference.as_ref()),
        date: day(complaint.date.as_ref()),
        answer: text(complaint.answer.as_ref()),
        text: text(complaint.text.as_ref()),
    }
}

fn claim_forms(elsewhere: Option<&ElsewhereInput>) -> (String, Vec<ClaimForm>) {
    let form = |claim: &OtherClaimInput| ClaimForm {
        place: text(claim.place.as_ref()),
        reference: text(claim.reference.as_ref()),
        amount: euro(claim.amount_cents),
    };
    match elsewhere {
        None => (String::new(), Vec::new()),
        Some(ElsewhereInput::Told(told)) => (yes_no(*told), Vec::new()),
        Some(ElsewhereInput::Listed(claims)) => (
            yes_no(!claims.is_empty()),
            claims.iter().map(form).collect(),
        ),
    }
}

/// At least one row to fill.
pub fn with_a_row(mut form: ElsewhereForm) -> ElsewhereForm {
    for list in [
        &mut form.other_claims_list,
        &mut form.already_compensated_list,
    ] {
        if list.is_empty() {
            list.push(ClaimForm::default());
        }
    }
    form
}

fn yes_no(told: bool) -> String {
    if told { "yes" } else { "no" }.to_owned()
}

fn euro(cents: Option<i64>) -> String {
    cents.map(money::typed).unwrap_or_default()
}

/// A stored day as people write it; what is no day stays as it was typed.
fn day(stored: Option<&String>) -> String {
    let stored = stored.map(String::as_str).unwrap_or_default();
    let day = stored.parse::<NaiveDate>();
    day.map_or_else(
        |_| stored.to_owned(),
        |day| day.format("%d/%m/%Y").to_string(),
    )
}

fn text(typed: Option<&String>) -> String {
    typed.cloned().unwrap_or_default()
}
