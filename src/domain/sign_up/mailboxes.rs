//! The mailboxes of a sign-up: 1 to 20, each once, aliases tied to their main mailbox (R28, R29).

use std::collections::HashMap;

use super::{
    super::{
        field::{FieldCode, FieldErrors, ValueError, filled},
        mailbox_address::MailboxAddress,
    },
    MailboxInput, SignUpInput, SignUpMailbox, SignUpRules,
};

/// How many mailboxes one sign-up may name.
const MOST: usize = 20;

/// Reads the mailboxes; what is wrong is noted in `errors` and left out.
pub(super) fn parse(
    input: &SignUpInput,
    rules: &SignUpRules,
    errors: &mut FieldErrors,
) -> Vec<SignUpMailbox> {
    let typed = input.mailboxes.as_deref().unwrap_or_default();
    if typed.is_empty() {
        errors.push("/mailboxes", FieldCode::Required, "error-mailbox-required");
    }
    if typed.len() > MOST {
        errors.push(
            "/mailboxes",
            FieldCode::OutOfRange,
            "error-mailbox-too-many",
        );
    }
    let mut mailboxes: Vec<SignUpMailbox> = Vec::new();
    let mut positions: HashMap<MailboxAddress, usize> = HashMap::new();
    for (position, typed) in typed.iter().take(MOST).enumerate() {
        let Some(mailbox) = one(typed, rules, errors, &format!("/mailboxes/{position}")) else {
            continue;
        };
        let same = |known: &&mut SignUpMailbox| known.address == mailbox.address;
        if let Some(known) = mailboxes.iter_mut().find(same) {
            known.plan = known.plan.take().or(mailbox.plan);
            known.alias_of = known.alias_of.take().or(mailbox.alias_of);
        } else {
            positions.insert(mailbox.address.clone(), position);
            mailboxes.push(mailbox);
        }
    }
    for mailbox in &mailboxes {
        if let Err(error) = alias_is_right(mailbox, &mailboxes) {
            let position = positions.get(&mailbox.address).copied().unwrap_or_default();
            errors.push(
                format!("/mailboxes/{position}/alias_of"),
                error.code,
                error.reason,
            );
        }
    }
    mailboxes
}

fn one(
    typed: &MailboxInput,
    rules: &SignUpRules,
    errors: &mut FieldErrors,
    pointer: &str,
) -> Option<SignUpMailbox> {
    let admitted = filled(typed.address.as_deref())
        .ok_or(ValueError::new(
            FieldCode::Required,
            "error-mailbox-required",
        ))
        .and_then(MailboxAddress::parse)
        .and_then(|address| {
            let treatment = rules.scope.admit(&address, rules.today)?;
            Ok((address, treatment))
        });
    let admitted = errors.take(format!("{pointer}/address"), admitted);
    let plan = filled(typed.plan.as_deref()).map(|code| {
        let known = rules.plans.iter().find(|plan| *plan == code);
        known.cloned().ok_or(ValueError::new(
            FieldCode::UnknownValue,
            "error-plan-unknown",
        ))
    });
    let plans = rules.plans.iter().cloned();
    let plan = errors.take_one_of(format!("{pointer}/plan"), plan.transpose(), plans);
    let alias_of = filled(typed.alias_of.as_deref()).map(MailboxAddress::parse);
    let alias_of = errors.take(format!("{pointer}/alias_of"), alias_of.transpose());
    let (address, treatment) = admitted?;
    Some(SignUpMailbox {
        address,
        plan: plan.flatten(),
        alias_of: alias_of.flatten(),
        treatment,
    })
}

/// R29: an alias names another mailbox of the same sign-up, which is no alias itself.
fn alias_is_right(mailbox: &SignUpMailbox, all: &[SignUpMailbox]) -> Result<(), ValueError> {
    let Some(main) = &mailbox.alias_of else {
        return Ok(());
    };
    if *main == mailbox.address {
        return Err(ValueError::new(
            FieldCode::UnknownValue,
            "error-mailbox-alias-self",
        ));
    }
    match all.iter().find(|other| other.address == *main) {
        None => Err(ValueError::new(
            FieldCode::UnknownValue,
            "error-mailbox-alias-unknown",
        )),
        Some(main) if main.alias_of.is_some() => Err(ValueError::new(
            FieldCode::UnknownValue,
            "error-mailbox-alias-chain",
        )),
        Some(_) => Ok(()),
    }
}
