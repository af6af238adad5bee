//! From the directory's entries to what pages show: heads, associations, the order of showing.

use crate::app::Ctx;
use crate::app::directory::{AssociationEntry, CaseEntry};
use crate::domain::case::{Offer, Register, RegisterEntry, RegisterStatus};
use crate::render::page::{CaseHead, association as page};

/// The head of a case's pages.
pub fn head(case: &CaseEntry) -> CaseHead {
    CaseHead {
        slug: case.slug.clone(),
        title: case.title.clone(),
        respondent: case.respondent.name.clone(),
    }
}

/// An association as visitors see it.
pub fn association(entry: &AssociationEntry) -> page::AssociationCard {
    page::AssociationCard {
        slug: entry.slug.clone(),
        name: entry.name.clone(),
        offer: offer(entry),
        phone: entry.phone.clone(),
        hours: entry.hours.clone(),
        dpo: entry.dpo.clone(),
        giustizia: register(&entry.registers, Register::Giustizia),
        art137: register(&entry.registers, Register::Art137),
    }
}

/// The associations of a case in an order that changes from visit to visit: none is favoured.
pub fn rotated(ctx: &Ctx, case: &CaseEntry) -> Vec<page::AssociationCard> {
    let mut cards: Vec<_> = case.associations.iter().map(association).collect();
    rotate(ctx, &mut cards);
    cards
}

/// Begins a list of associations elsewhere at each visit.
pub fn rotate<T>(ctx: &Ctx, associations: &mut [T]) {
    let [.., last] = ctx.new_id().into_bytes();
    if !associations.is_empty() {
        let by = usize::from(last) % associations.len();
        associations.rotate_left(by);
    }
}

/// What it offers; a suspension tells which kind (R11, R12).
fn offer(entry: &AssociationEntry) -> page::Offer {
    let cancelled = |entry: &RegisterEntry| entry.status == RegisterStatus::Cancelled;
    match entry.offer {
        Offer::Collection => page::Offer::Join,
        Offer::Interest => page::Offer::Interest,
        Offer::CaseClosed => page::Offer::Closed,
        Offer::AssociationSuspended if entry.registers.iter().any(cancelled) => {
            page::Offer::Cancelled
        }
        Offer::AssociationSuspended => page::Offer::Suspended,
    }
}

fn register(entries: &[RegisterEntry], wanted: Register) -> page::Register {
    let Some(entry) = entries.iter().find(|entry| entry.register == wanted) else {
        return page::Register::default();
    };
    page::Register {
        status: match entry.status {
            RegisterStatus::Unknown => page::RegisterStatus::Unknown,
            RegisterStatus::Active => page::RegisterStatus::Active,
            RegisterStatus::Suspended => page::RegisterStatus::Suspended,
            RegisterStatus::Cancelled => page::RegisterStatus::Cancelled,
        },
        reference: entry.reference.clone(),
        checked_on: entry.checked_on,
    }
}
