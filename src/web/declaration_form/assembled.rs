//! From forms to input: what was typed, as the action takes it, with what the forms alone can refuse,
//! and each pointer of the parser back to the step and field it belongs to.

use chrono::NaiveDate;

use super::{MailboxWork, StepError, Work, answer};
use crate::domain::damage::DamageHead;
use crate::domain::declaration::{
    Compensation, ComplaintInput, DeclarationInput, DeclaredIncidentInput, DeclaredMailboxInput,
    ElsewhereInput, ItemInput, OtherClaimInput, UseInput,
};
use crate::domain::field::{FieldErrors, filled};
use crate::domain::mailbox_address::MailboxAddress;
use crate::domain::money;
use crate::domain::typed_day;
use crate::render::page::FieldError;
use crate::render::page::declare::{ClaimForm, ElsewhereForm, IncidentForm};

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
                    error: FieldError {
                        pointer,
                        reason,
                        about: None,
                    },
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
        let mut plan_before = None;
        for (at, form) in mailbox.forms.iter().enumerate() {
            let pointer = format!("/incidents/{at}");
            if form.was_hit() != Some(true) {
                continue;
            }
            let (items, rows) = self.items(place + 1, &pointer, form);
            let mut incident = self.incident(place + 1, &pointer, form, items);
            incident.plan = incident.plan.or_else(|| plan_before.take());
            plan_before.clone_from(&incident.plan);
            incidents.push(incident);
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
        let days = form.hit == "days";
        if days && form.unavailable_from.trim().is_empty() {
            // without days the parser would take the whole outage: not what was chosen
            let at = format!("{pointer}/unavailable_from");
            self.refuse(step, at, "error-window-from-missing");
        }
        let uses = [
            (!form.not_private, "private"),
            (form.work, "work"),
            (form.public_bodies, "public_bodies"),
        ];
        let uses = uses.into_iter().filter(|(used, _)| *used);
        // ticked, but not said what: the parser asks
        let received = if form.compensated {
            form.compensation_received.as_str()
        } else {
            Compensation::None.as_str()
        };
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
            compensation_received: Some(received.to_owned()),
            compensation_note: some(&form.compensation_note).filter(|_| form.compensated),
            holder: Some(!form.other_holder),
            holder_note: some(&form.holder_note).filter(|_| form.other_holder),
            restored: Some(if form.goes_on {
                form.restored
            } else {
                !form.not_restored
            }),
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
            let typed = !item.amount.trim().is_empty()
                || !item.description.trim().is_empty()
                || !item.documents.is_empty();
            let wanted =
                typed || (item.head == DamageHead::FlatRate.as_str() && !form.no_flat_rate);
            if wanted {
                items.push(ItemInput {
                    head: some(&item.head),
                    amount_cents: self.cents(step, amount, &item.amount),
                    description: some(&item.description),
                    document_ids: Some(item.documents.clone()),
                });
                rows.push(row);
            }
        }
        (items, rows)
    }

    fn elsewhere(&mut self, step: usize, form: &ElsewhereForm) {
        if form.nothing == "yes" && form.has_yes() {
            self.refuse(step, "/nothing".to_owned(), "error-nothing-contradicted");
        }
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
            error: FieldError {
                pointer,
                reason,
                about: None,
            },
        });
    }
}

impl Place {
    /// A pointer below the mailbox of the input, as it is in the form of the step.
    fn pointer(&self, rest: &[&str]) -> String {
        // that nothing is told of any outage is said at the first
        let unanswered = "/incidents/0/hit";
        let ["incidents", incident, rest @ ..] = rest else {
            return match rest {
                ["incidents"] => unanswered.to_owned(),
                rest => format!("/{}", rest.join("/")),
            };
        };
        let found = incident.parse::<usize>().ok();
        let Some((form, rows)) = found.and_then(|found| self.incidents.get(found)) else {
            return unanswered.to_owned();
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

fn declared(
    address: &MailboxAddress,
    incidents: Vec<DeclaredIncidentInput>,
) -> DeclaredMailboxInput {
    DeclaredMailboxInput {
        address: Some(address.as_str().to_owned()),
        incidents: Some(incidents),
    }
}

fn some(typed: &str) -> Option<String> {
    filled(Some(typed)).map(str::to_owned)
}

/// Days of mailboxes: a hundred years, so that two digits name one of them.
const FIRST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(1990, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};
const LAST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(2089, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MAX,
};

/// A day of our time as people write it, as the parser reads it; anything else stays as it is.
pub(in crate::web) fn as_iso(typed: &str) -> String {
    let day = typed_day::read(typed, &(FIRST_DAY..=LAST_DAY));
    day.map_or_else(|| typed.trim().to_owned(), |day| day.to_string())
}
