//! The forms of the declaration: from a draft to what is shown, from what was typed to the draft, and
//! each error to the step and field it belongs to.

use crate::app::declaration::MyDeclaration;
use crate::app::directory::CaseEntry;
use crate::domain::damage::DamageHead;
use crate::domain::declaration::{
    ComplaintInput, Declaration, DeclarationInput, DeclarationRules, DeclaredIncidentInput,
    DeclaredMailboxInput, ElsewhereInput, ItemInput, OtherClaimInput, UseInput,
};
use crate::domain::field::{FieldErrors, filled};
use crate::domain::mailbox_address::{DomainTreatment, MailboxAddress};
use crate::domain::money;
use crate::render::page::declare::{
    ClaimForm, ComplaintForm, ElsewhereForm, IncidentForm, ItemForm,
};
use crate::render::page::{Errors, FieldError};
use crate::web::identity_form::as_iso;

/// A declaration in the making, in the shape of its forms.
#[derive(Clone, Default)]
pub struct Work {
    /// The counted mailboxes, a step each.
    pub mailboxes: Vec<MailboxWork>,
    /// The step after them.
    pub elsewhere: ElsewhereForm,
    /// The step after that.
    pub narrative: String,
}

/// One mailbox in the making.
#[derive(Clone)]
pub struct MailboxWork {
    /// The mailbox.
    pub address: MailboxAddress,
    /// A form for each incident of the case, in its order.
    pub forms: Vec<IncidentForm>,
    /// Whether its step was sent once.
    pub visited: bool,
}

/// An error and the step it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepError {
    /// From 1.
    pub step: usize,
    /// Its pointer begins below the step: `/incidents/0/plan`.
    pub error: FieldError,
}

/// What a [`Work`] says: as the action takes it, with what the forms alone can refuse.
#[derive(Default)]
pub struct Assembled {
    /// For `declaration::put` and for the draft.
    pub input: DeclarationInput,
    errors: Vec<StepError>,
    mailboxes: Vec<Place>,
    other_claims: Vec<usize>,
    already_compensated: Vec<usize>,
}

/// Where a mailbox of the input stands among the forms.
struct Place {
    /// Its place among the counted mailboxes.
    mailbox: usize,
    /// For each incident of the input: its form, and the rows of its items.
    incidents: Vec<(usize, Vec<usize>)>,
}

impl Work {
    /// What was typed last: the draft, else the newest version, else nothing.
    pub fn load(case: &CaseEntry, mine: &MyDeclaration) -> Self {
        let newest = mine.newest.as_ref();
        let newest = newest.map(|newest| DeclarationInput::from(&newest.content.declaration));
        let input = mine.draft.clone().or(newest).unwrap_or_default();
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
                let Some(told) = told else {
                    let hit = is_in_scope(case, &rule.slug, &own.address);
                    return blank(&rule.slug, plan, hit, rule.last_day.is_some());
                };
                let line = told
                    .iter()
                    .find(|line| line.slug.as_deref() == Some(&rule.slug));
                line.map_or_else(
                    || IncidentForm {
                        hit: "no".to_owned(),
                        ..blank(&rule.slug, plan, false, rule.last_day.is_some())
                    },
                    |line| incident_form(line, rule.last_day.is_some()),
                )
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

    /// How many steps there are: the mailboxes, elsewhere, the story, the summary.
    pub fn steps(&self) -> usize {
        self.mailboxes.len() + 3
    }

    /// The first step that was never sent; the summary if all were.
    pub fn first_open(&self) -> usize {
        let mailbox = self.mailboxes.iter().position(|mailbox| !mailbox.visited);
        match mailbox {
            Some(place) => place + 1,
            None if self.elsewhere.other_claims.is_empty() => self.mailboxes.len() + 1,
            None => self.steps(),
        }
    }

    /// The declaration it says. With `all`, mailboxes never visited are in it, to be refused.
    pub fn assemble(&self, all: bool) -> Assembled {
        let mut made = Assembled::default();
        let mut mailboxes = Vec::new();
        for (place, mailbox) in self.mailboxes.iter().enumerate() {
            if !mailbox.visited {
                if all {
                    made.mailboxes.push(Place {
                        mailbox: place,
                        incidents: Vec::new(),
                    });
                    mailboxes.push(declared(&mailbox.address, Vec::new()));
                }
                continue;
            }
            let (incidents, at) = made.incidents(place, mailbox);
            // a mailbox that nothing hit is not declared, but a draft remembers the answer
            if incidents.is_empty() && all {
                continue;
            }
            made.mailboxes.push(Place {
                mailbox: place,
                incidents: at,
            });
            mailboxes.push(declared(&mailbox.address, incidents));
        }
        let step = self.mailboxes.len() + 1;
        made.input.mailboxes = Some(mailboxes);
        made.elsewhere(step, &self.elsewhere);
        made.input.narrative = some(&self.narrative);
        made
    }

    /// The declaration, or all that is wrong with it, each at its step.
    pub fn read(&self, rules: &DeclarationRules) -> Result<Declaration, Vec<StepError>> {
        let made = self.assemble(true);
        let parsed = Declaration::parse(&made.input, rules);
        let refused = match &parsed {
            Ok(_) => made.errors.clone(),
            Err(errors) => made.located(self, errors),
        };
        match parsed {
            Ok(declaration) if refused.is_empty() => Ok(declaration),
            _ => Err(refused),
        }
    }
}

impl Assembled {
    /// What the forms refused on their own.
    pub fn form_errors(&self) -> &[StepError] {
        &self.errors
    }

    /// The errors of the parser and of the forms, each at its step; one sentence a field.
    pub fn located(&self, work: &Work, errors: &FieldErrors) -> Vec<StepError> {
        let mut located = self.errors.clone();
        for error in errors {
            let (step, pointer) = self.place(work, &error.pointer);
            let is_known = |known: &StepError| known.step == step && known.error.pointer == pointer;
            if !located.iter().any(is_known) {
                let reason = error.reason;
                located.push(StepError {
                    step,
                    error: FieldError { pointer, reason },
                });
            }
        }
        located
    }

    fn place(&self, work: &Work, pointer: &str) -> (usize, String) {
        let parts: Vec<&str> = pointer.split('/').skip(1).collect();
        let number = |part: &str| part.parse::<usize>().ok();
        let elsewhere = work.mailboxes.len() + 1;
        match parts.as_slice() {
            ["mailboxes"] => (1, String::new()),
            ["mailboxes", mailbox, rest @ ..] => {
                let place = number(mailbox).and_then(|mailbox| self.mailboxes.get(mailbox));
                place.map_or((1, String::new()), |place| {
                    (place.mailbox + 1, place.pointer(rest))
                })
            }
            [
                list @ ("other_claims" | "already_compensated"),
                row,
                rest @ ..,
            ] => {
                let rows = match *list {
                    "other_claims" => &self.other_claims,
                    _ => &self.already_compensated,
                };
                let row = number(row).and_then(|row| rows.get(row)).unwrap_or(&0);
                (elsewhere, format!("/{list}/{row}/{}", rest.join("/")))
            }
            ["narrative"] => (elsewhere + 1, pointer.to_owned()),
            ["identity"] => (elsewhere + 2, String::new()),
            _ => (elsewhere, pointer.to_owned()),
        }
    }

    fn incidents(
        &mut self,
        place: usize,
        mailbox: &MailboxWork,
    ) -> (Vec<DeclaredIncidentInput>, Vec<(usize, Vec<usize>)>) {
        let (mut incidents, mut places) = (Vec::new(), Vec::new());
        for (at, form) in mailbox.forms.iter().enumerate() {
            let pointer = format!("/incidents/{at}");
            match form.hit.as_str() {
                "yes" => {}
                "no" => continue,
                _ => {
                    self.refuse(place + 1, format!("{pointer}/hit"), "error-hit-required");
                    continue;
                }
            }
            let (items, rows) = self.items(place + 1, &pointer, form);
            incidents.push(self.incident(place + 1, &pointer, form, items));
            places.push((at, rows));
        }
        (incidents, places)
    }

    fn incident(
        &mut self,
        step: usize,
        pointer: &str,
        form: &IncidentForm,
        items: Vec<ItemInput>,
    ) -> DeclaredIncidentInput {
        let days = form.window == "days";
        if days && form.unavailable_from.trim().is_empty() {
            // without days the parser would take the whole outage: not what was chosen
            let at = format!("{pointer}/unavailable_from");
            self.refuse(step, at, "error-window-from-missing");
        }
        let uses = [
            (form.private, "private"),
            (form.work, "work"),
            (form.public_bodies, "public_bodies"),
        ];
        let uses = uses.into_iter().filter(|(used, _)| *used);
        let day = |typed: &String| some(typed).filter(|_| days).map(|typed| as_iso(&typed));
        DeclaredIncidentInput {
            slug: some(&form.slug),
            plan: some(&form.plan),
            unavailable_from: day(&form.unavailable_from),
            unavailable_until: day(&form.unavailable_until),
            used_for: Some(UseInput::Many(
                uses.map(|(_, word)| word.to_owned()).collect(),
            )),
            last_use: some(&form.last_use).map(|typed| as_iso(&typed)),
            fee_paid_cents: self.cents(step, format!("{pointer}/fee_paid_cents"), &form.fee),
            compensation_received: some(&form.compensation_received),
            compensation_note: some(&form.compensation_note),
            holder: answer(&form.holder),
            holder_note: some(&form.holder_note),
            restored: answer(&form.restored),
            late_mail: Some(form.late_mail),
            items: Some(items),
        }
    }

    /// The heads that are asked for: a row with nothing in it is none.
    fn items(
        &mut self,
        step: usize,
        pointer: &str,
        form: &IncidentForm,
    ) -> (Vec<ItemInput>, Vec<usize>) {
        let (mut items, mut rows) = (Vec::new(), Vec::new());
        for (row, item) in form.items.iter().enumerate() {
            let amount = format!("{pointer}/items/{row}/amount_cents");
            let typed = !item.amount.trim().is_empty() || !item.description.trim().is_empty();
            let wanted = typed || (item.head == DamageHead::FlatRate.as_str() && form.flat_rate);
            if wanted {
                items.push(ItemInput {
                    head: some(&item.head),
                    amount_cents: self.cents(step, amount, &item.amount),
                    description: some(&item.description),
                    document_ids: None,
                });
                rows.push(row);
            }
        }
        (items, rows)
    }

    fn elsewhere(&mut self, step: usize, form: &ElsewhereForm) {
        if form.complained == "yes" {
            self.input.complaint = Some(ComplaintInput {
                place: some(&form.complaint.place),
                reference: some(&form.complaint.reference),
                date: some(&form.complaint.date).map(|typed| as_iso(&typed)),
                answer: some(&form.complaint.answer),
                text: some(&form.complaint.text),
            });
        }
        let list = &form.other_claims_list;
        let (told, rows) = self.claims(step, "other_claims", &form.other_claims, list);
        self.input.other_claims = told;
        self.other_claims = rows;
        let list = &form.already_compensated_list;
        let told = self.claims(step, "already_compensated", &form.already_compensated, list);
        (self.input.already_compensated, self.already_compensated) = told;
        self.input.contract_version = some(&form.contract_version);
        self.input.contract_clause = some(&form.contract_clause);
        self.input.member_number = some(&form.member_number);
    }

    fn claims(
        &mut self,
        step: usize,
        name: &str,
        told: &str,
        list: &[ClaimForm],
    ) -> (Option<ElsewhereInput>, Vec<usize>) {
        let Some(told) = answer(told) else {
            return (None, Vec::new());
        };
        let (mut claims, mut rows) = (Vec::new(), Vec::new());
        let typed = list.iter().enumerate();
        for (row, claim) in typed.filter(|(_, claim)| told && **claim != ClaimForm::default()) {
            let amount = format!("/{name}/{row}/amount_cents");
            claims.push(OtherClaimInput {
                place: some(&claim.place),
                reference: some(&claim.reference),
                amount_cents: self.cents(step, amount, &claim.amount),
            });
            rows.push(row);
        }
        if claims.is_empty() {
            return (Some(ElsewhereInput::Told(told)), rows);
        }
        (Some(ElsewhereInput::Listed(claims)), rows)
    }

    fn cents(&mut self, step: usize, pointer: String, typed: &str) -> Option<i64> {
        let typed = filled(Some(typed))?;
        let cents = money::cents_of(typed);
        if cents.is_none() {
            self.refuse(step, pointer, "error-amount-format");
        }
        cents
    }

    fn refuse(&mut self, step: usize, pointer: String, reason: &'static str) {
        self.errors.push(StepError {
            step,
            error: FieldError { pointer, reason },
        });
    }
}

impl Place {
    /// A pointer below the mailbox of the input, as it is in the form of the step.
    fn pointer(&self, rest: &[&str]) -> String {
        let [list @ "incidents", incident, rest @ ..] = rest else {
            return format!("/{}", rest.join("/"));
        };
        let found = incident.parse::<usize>().ok();
        let Some((form, rows)) = found.and_then(|found| self.incidents.get(found)) else {
            return format!("/{list}");
        };
        match rest {
            ["items", item, field] => {
                let row = item.parse::<usize>().ok().and_then(|item| rows.get(item));
                format!("/incidents/{form}/items/{}/{field}", row.unwrap_or(&0))
            }
            ["use", ..] => format!("/incidents/{form}/use"),
            rest => format!("/incidents/{form}/{}", rest.join("/")),
        }
    }
}

/// The errors of one step, as its page takes them.
pub fn of_step(errors: &[StepError], step: usize) -> Errors {
    let of_it = errors.iter().filter(|error| error.step == step);
    Errors(of_it.map(|error| error.error.clone()).collect())
}

/// The forms of a mailbox as they were sent, in the order of the case; rows of items complete.
pub fn sent_forms(sent: &[IncidentForm], shown: &[IncidentForm]) -> Vec<IncidentForm> {
    let one = |shown: &IncidentForm| {
        let found = sent.iter().find(|sent| sent.slug == shown.slug);
        found.map_or_else(
            || shown.clone(),
            |sent| {
                let mut form = sent.clone();
                form.items
                    .retain(|item| DamageHead::parse(&item.head).is_some());
                complete(&mut form.items);
                form
            },
        )
    };
    shown.iter().map(one).collect()
}

fn declared(
    address: &MailboxAddress,
    incidents: Vec<DeclaredIncidentInput>,
) -> DeclaredMailboxInput {
    DeclaredMailboxInput {
        address: Some(address.as_str().to_owned()),
        incidents: Some(incidents),
    }
}

fn is_in_scope(case: &CaseEntry, slug: &str, address: &MailboxAddress) -> bool {
    let incident = case.incidents.iter().find(|incident| incident.slug == slug);
    incident.is_some_and(|incident| {
        let mut domains = incident.domains.iter();
        domains.any(|domain| {
            domain.domain == address.domain() && domain.treatment == DomainTreatment::InScope
        })
    })
}

/// The form before anything was typed: everything usual is chosen, nothing that only its owner knows.
fn blank(slug: &str, plan: &str, hit: bool, has_ended: bool) -> IncidentForm {
    let mut form = IncidentForm {
        slug: slug.to_owned(),
        hit: if hit { "yes" } else { "" }.to_owned(),
        plan: plan.to_owned(),
        holder: "yes".to_owned(),
        window: "whole".to_owned(),
        restored: if has_ended { "yes" } else { "no" }.to_owned(),
        flat_rate: true,
        ..IncidentForm::default()
    };
    complete(&mut form.items);
    form
}

fn incident_form(line: &DeclaredIncidentInput, has_ended: bool) -> IncidentForm {
    let words: &[String] = match &line.used_for {
        None => &[],
        Some(UseInput::One(word)) => std::slice::from_ref(word),
        Some(UseInput::Many(words)) => words,
    };
    let used = |wanted: &str| words.iter().any(|word| word == wanted);
    let typed_days = line.unavailable_from.is_some() || line.unavailable_until.is_some();
    let flat = DamageHead::FlatRate.as_str();
    let items = line.items.as_deref().unwrap_or_default();
    let is_flat = |item: &ItemInput| item.head.as_deref() == Some(flat);
    let mut form = IncidentForm {
        slug: text(line.slug.as_ref()),
        hit: "yes".to_owned(),
        plan: text(line.plan.as_ref()),
        fee: euro(line.fee_paid_cents),
        holder: yes_no(line.holder.unwrap_or(true)),
        holder_note: text(line.holder_note.as_ref()),
        private: used("private"),
        work: used("work"),
        public_bodies: used("public_bodies"),
        window: if typed_days { "days" } else { "whole" }.to_owned(),
        unavailable_from: day(line.unavailable_from.as_ref()),
        unavailable_until: day(line.unavailable_until.as_ref()),
        last_use: day(line.last_use.as_ref()),
        restored: yes_no(line.restored.unwrap_or(has_ended)),
        late_mail: line.late_mail.unwrap_or_default(),
        compensation_received: text(line.compensation_received.as_ref()),
        compensation_note: text(line.compensation_note.as_ref()),
        flat_rate: line.items.is_none() || items.iter().any(is_flat),
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
    ElsewhereForm {
        complained: yes_no(complaint.is_some()),
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

/// `yes`, `no`, or not answered.
pub fn answer(typed: &str) -> Option<bool> {
    match typed {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
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
    let day = stored.parse::<chrono::NaiveDate>();
    day.map_or_else(
        |_| stored.to_owned(),
        |day| day.format("%d/%m/%Y").to_string(),
    )
}

fn some(typed: &str) -> Option<String> {
    filled(Some(typed)).map(str::to_owned)
}

fn text(typed: Option<&String>) -> String {
    typed.cloned().unwrap_or_default()
}
