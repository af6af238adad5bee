//! Mail domains of the form that look mistyped, or that the case is not about: found, asked about once, changed
//! only on a tap.

use super::SentJoin;
use crate::app::directory::{CaseEntry, Directory};
use crate::domain::mail_typo;
use crate::render::page::join::{Doubt, JoinForm};
use crate::render::page::joined::AddressDoubt;
use crate::web::WebResult;
use crate::web::public::visit::Visit;

/// What a tap on "yes, change it" sends, before the domain.
const CORRECT: &str = "correct:";
/// What a tap on "no, it is right" sends.
const KEEP: &str = "keep:";

/// The domains nobody is asked about beside the big providers: those of the case, and the platform's.
pub(in crate::web::public) fn known<'a>(
    directory: &'a Directory,
    case: &'a CaseEntry,
) -> Vec<&'a str> {
    let mut known = affected(case);
    known.extend(directory.public_providers());
    known
}

/// The domains the case is about.
pub(super) fn affected(case: &CaseEntry) -> Vec<&str> {
    let incidents = case.incidents.iter();
    let domains = incidents.flat_map(|incident| &incident.domains);
    domains.map(|domain| domain.domain.as_str()).collect()
}

/// An address of a form with no other, with the answer (`correct` or `keep`) that was tapped, and what is still
/// to ask about its domain.
pub(in crate::web::public) async fn answered_one(
    visit: &Visit,
    case: &CaseEntry,
    address: String,
    answer: &str,
) -> WebResult<(String, Option<AddressDoubt>)> {
    let directory = visit.ctx().directories.get(visit.ctx()).await?;
    let known = known(&directory, case);
    let Some((local, typed)) = parts(&address) else {
        return Ok((address, None));
    };
    let meant = mail_typo::meant(&typed, &known).filter(|_| answer != "keep");
    Ok(match meant {
        None => (address, None),
        Some(meant) if answer == "correct" => (format!("{local}@{meant}"), None),
        Some(meant) => {
            let meant = meant.to_owned();
            (address, Some(AddressDoubt { typed, meant }))
        }
    })
}

/// The form with the answer that was tapped. Each tap answers one question and sends the form on; the
/// others are asked again, but for the form's own button: who presses that has read them all.
pub(super) fn answered(mut sent: SentJoin, known: &[&str]) -> SentJoin {
    let action = sent.action.clone();
    if let Some(typed) = action.strip_prefix(CORRECT) {
        correct(&mut sent, typed, known);
    } else if let Some(typed) = action.strip_prefix(KEEP) {
        sent.asked.get_or_insert_default().push(typed.to_owned());
    } else {
        let doubted = sent.doubted.take().unwrap_or_default();
        sent.asked.get_or_insert_default().extend(doubted);
        return sent;
    }
    "send".clone_into(&mut sent.action);
    sent
}

/// Puts what was meant in place of a mistyped domain, wherever it stands.
fn correct(sent: &mut SentJoin, typed: &str, known: &[&str]) {
    let Some(meant) = mail_typo::meant(typed, known) else {
        return;
    };
    let contact = sent.contact.iter_mut().map(|contact| &mut contact.email);
    let mailboxes = sent.mailboxes.iter_mut().flatten();
    let mailboxes = mailboxes.map(|mailbox| &mut mailbox.address);
    for address in contact.chain(mailboxes).flatten() {
        if let Some((local, domain)) = parts(address)
            && domain == typed
        {
            *address = format!("{local}@{meant}");
        }
    }
}

/// The domains to ask about: each field's own, but those said to be right. A mailbox is one of the case's
/// (`affected`), or somebody is asked whether it is the one that failed.
pub(super) fn doubts(
    form: &JoinForm,
    known: &[&str],
    affected: &[&str],
    asked: &[String],
) -> Vec<Doubt> {
    let mailboxes = form.mailboxes.iter().enumerate();
    let mailboxes =
        mailboxes.map(|(row, mailbox)| (format!("mailboxes-{row}-address"), &mailbox.address));
    let fields = std::iter::once(("contact-email".to_owned(), &form.email)).chain(mailboxes);
    let doubt = |(id, address): (String, &String)| {
        let (_, typed) = parts(address)?;
        let meant = mail_typo::meant(&typed, known).map(str::to_owned);
        let is_other = id.starts_with("mailboxes")
            && !affected.is_empty()
            && !affected.contains(&typed.as_str());
        let is_asked = asked.contains(&typed) || typed.is_empty();
        ((meant.is_some() || is_other) && !is_asked).then_some(Doubt { id, typed, meant })
    };
    fields.filter_map(doubt).collect()
}

/// Local part and domain in lower case.
pub(in crate::web::public) fn parts(address: &str) -> Option<(String, String)> {
    let (local, domain) = address.trim().rsplit_once('@')?;
    Some((local.to_owned(), domain.to_lowercase()))
}
