//! The forms of the declaration: a declaration in the making, its steps, and what is wrong with each.
//! `shown` makes the forms of what is stored, `assembled` the input of what was typed.

use crate::domain::declaration::{Declaration, DeclarationRules};
use crate::domain::mailbox_address::MailboxAddress;
use crate::render::page::declare::{ElsewhereForm, IncidentForm};
use crate::render::page::{Errors, FieldError};

mod assembled;
mod shown;
pub mod steps;

pub use assembled::Assembled;
pub(in crate::web) use assembled::as_iso;
pub use shown::{sent_forms, with_a_row};

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

impl Work {
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

    /// The declaration, or all that is wrong with it, each at its step.
    pub fn read(&self, rules: &DeclarationRules) -> Result<Declaration, Vec<StepError>> {
        let made = self.assemble(true);
        let parsed = Declaration::parse(&made.input, rules);
        let refused = match &parsed {
            Ok(_) => made.form_errors().to_vec(),
            Err(errors) => made.located(self, errors),
        };
        match parsed {
            Ok(declaration) if refused.is_empty() => Ok(declaration),
            _ => Err(refused),
        }
    }
}

/// The errors of one step, as its page takes them.
pub fn of_step(errors: &[StepError], step: usize) -> Errors {
    let of_it = errors.iter().filter(|error| error.step == step);
    Errors(of_it.map(|error| error.error.clone()).collect())
}

/// `yes`, `no`, or not answered.
pub fn answer(typed: &str) -> Option<bool> {
    match typed {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}
