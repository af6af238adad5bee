//! A sign-up: contact, mailboxes, association and consents, perhaps identity. One parser for the
//! form, the API and partners; it finds all errors at once.

use std::{collections::HashSet, fmt};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    consent::Purpose,
    contact::{Contact, ContactInput},
    disposable::is_disposable,
    email_address::EmailAddress,
    entity::EntityInput,
    field::{FieldCode, FieldErrors, filled},
    identity::Identity,
    mailbox_address::{DomainTreatment, MailboxAddress, ScopeTable},
    person::PersonInput,
};

mod consents;
mod mailboxes;

/// The body of a sign-up as it was typed; nothing in it is checked.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUpInput {
    /// Slug of the association that gets the data.
    #[schema(value_type = String)]
    pub association: Option<String>,
    /// How to reach the claimant.
    #[schema(value_type = ContactInput)]
    pub contact: Option<ContactInput>,
    /// The mailboxes that failed, 1 to 20.
    #[schema(value_type = Vec<MailboxInput>, min_items = 1, max_items = 20)]
    pub mailboxes: Option<Vec<MailboxInput>>,
    /// What is agreed to, at most 20.
    #[schema(value_type = Vec<ConsentInput>, max_items = 20)]
    pub consents: Option<Vec<ConsentInput>>,
    /// Where the claimant comes from, 1 to 64 of `a-z0-9-._`.
    #[schema(pattern = "^[a-z0-9._-]{1,64}$")]
    pub via: Option<String>,
    /// Who the claimant is, if a person; may follow later.
    pub person: Option<PersonInput>,
    /// Who the claimant is, if an entity; may follow later.
    pub entity: Option<EntityInput>,
}

/// A mailbox as it was typed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailboxInput {
    /// Its address.
    #[schema(value_type = String)]
    pub address: Option<String>,
    /// Code of its plan.
    pub plan: Option<String>,
    /// The address of its main mailbox, if it is only an alias (R29).
    pub alias_of: Option<String>,
}

/// A consent as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentInput {
    /// `privacy_notice`, `contact` or `newsletter`.
    #[schema(value_type = String)]
    pub purpose: Option<String>,
    /// Version of the text that was shown.
    #[schema(value_type = String)]
    pub text_version: Option<String>,
    /// Whether it was given.
    #[schema(value_type = bool)]
    pub given: Option<bool>,
}

/// What a sign-up must fit, read from the case.
#[derive(Clone, Debug)]
pub struct SignUpRules {
    /// The instant of the sign-up.
    pub now: DateTime<Utc>,
    /// The same as a day in Europe/Rome.
    pub today: NaiveDate,
    /// Slugs of the associations that may be chosen.
    pub associations: Vec<String>,
    /// Codes of the plans.
    pub plans: Vec<String>,
    /// What is done with mail domains.
    pub scope: std::sync::Arc<ScopeTable>,
    /// Mail domains, lower case, that are held or whose incident is running.
    pub domains_down: HashSet<String>,
    /// Texts that must be agreed to.
    pub required_consents: Vec<(Purpose, String)>,
    /// Texts that may be agreed to, the required ones among them.
    pub known_consents: Vec<(Purpose, String)>,
}

/// A mailbox of a sign-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUpMailbox {
    /// Its address.
    pub address: MailboxAddress,
    /// Code of its plan, if told.
    pub plan: Option<String>,
    /// Its main mailbox, one of the same sign-up: an alias is not counted (R29).
    pub alias_of: Option<MailboxAddress>,
    /// What is done with its domain; never `Refuse`.
    pub treatment: DomainTreatment,
}

/// A consent of a sign-up, given or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUpConsent {
    /// What for.
    pub purpose: Purpose,
    /// Version of the text that was shown.
    pub text_version: String,
    /// Whether it was given.
    pub given: bool,
}

/// What the claimant is told beside an accepted sign-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignUpNotice {
    /// The contact address is on a domain that is down: mail may come late, the second channel counts.
    ContactDomainDown,
    /// The contact address is on a domain that failed; it works again.
    ContactOnAffectedDomain,
    /// The contact address is one of the mailboxes that failed.
    ContactIsMailbox,
}

impl SignUpNotice {
    /// All notices.
    pub const ALL: [Self; 3] = [
        Self::ContactDomainDown,
        Self::ContactOnAffectedDomain,
        Self::ContactIsMailbox,
    ];

    /// Code in answers and in the database, as it is serialized.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContactDomainDown => "contact_domain_down",
            Self::ContactOnAffectedDomain => "contact_on_affected_domain",
            Self::ContactIsMailbox => "contact_is_mailbox",
        }
    }
}

/// A sign-up that fits its case.
#[derive(Clone, PartialEq, Eq)]
pub struct SignUp {
    association: String,
    contact: Contact,
    mailboxes: Vec<SignUpMailbox>,
    consents: Vec<SignUpConsent>,
    via: Option<String>,
    identity: Option<Identity>,
    notices: Vec<SignUpNotice>,
    signed_up_at: DateTime<Utc>,
}

/// Reads consents given anew, for another association (R51): as in a sign-up.
///
/// # Errors
/// All that is wrong at once, with pointers like `/consents/0/given`.
pub fn parse_consents(
    typed: Option<&[ConsentInput]>,
    rules: &SignUpRules,
) -> Result<Vec<SignUpConsent>, FieldErrors> {
    let input = SignUpInput {
        consents: typed.map(<[ConsentInput]>::to_vec),
        ..SignUpInput::default()
    };
    let mut errors = FieldErrors::new();
    let consents = consents::parse(&input, rules, &mut errors);
    errors.into_result(consents)
}

impl SignUp {
    /// Reads a sign-up.
    ///
    /// # Errors
    /// All that is wrong at once, with pointers like `/mailboxes/0/address`.
    pub fn parse(input: &SignUpInput, rules: &SignUpRules) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let association = association(input, rules, &mut errors);
        let blank = ContactInput::default();
        let typed_contact = input.contact.as_ref().unwrap_or(&blank);
        let contact = Contact::parse(typed_contact, &mut errors, "/contact");
        letters_have_an_address(input, typed_contact, &mut errors);
        let mailboxes = mailboxes::parse(input, rules, &mut errors);
        let consents = consents::parse(input, rules, &mut errors);
        let via = via(input, &mut errors);
        let identity = identity(input, rules, &mut errors);
        let notices = match &contact {
            Some(contact) => {
                let addresses = mailboxes.iter().map(|mailbox| &mailbox.address);
                reachable(contact, addresses, rules, &mut errors)
            }
            None => Vec::new(),
        };
        let (Some(association), Some(contact), Some(via), Some(identity)) =
            (association, contact, via, identity)
        else {
            return Err(errors);
        };
        errors.into_result(Self {
            association,
            contact,
            mailboxes,
            consents,
            via,
            identity,
            notices,
            signed_up_at: rules.now,
        })
    }

    /// Slug of the association.
    pub fn association(&self) -> &str {
        &self.association
    }

    /// How to reach the claimant.
    pub fn contact(&self) -> &Contact {
        &self.contact
    }

    /// The same, its contact at another e-mail address.
    pub fn reached_at(self, email: EmailAddress) -> Self {
        let contact = self.contact.with_email(email);
        Self { contact, ..self }
    }

    /// The mailboxes, each once, in the order they were typed, aliases among them.
    pub fn mailboxes(&self) -> &[SignUpMailbox] {
        &self.mailboxes
    }

    /// The mailboxes without the aliases (R29).
    pub fn counted_mailboxes(&self) -> impl Iterator<Item = &SignUpMailbox> {
        self.mailboxes
            .iter()
            .filter(|mailbox| mailbox.alias_of.is_none())
    }

    /// The consents, one for each purpose that was asked.
    pub fn consents(&self) -> &[SignUpConsent] {
        &self.consents
    }

    /// Where the claimant comes from.
    pub fn via(&self) -> Option<&str> {
        self.via.as_deref()
    }

    /// Who the claimant is, if told already.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// What the claimant is told beside it (R17).
    pub fn notices(&self) -> &[SignUpNotice] {
        &self.notices
    }

    /// The instant of the sign-up.
    pub fn signed_up_at(&self) -> DateTime<Utc> {
        self.signed_up_at
    }
}

fn association(
    input: &SignUpInput,
    rules: &SignUpRules,
    errors: &mut FieldErrors,
) -> Option<String> {
    let Some(slug) = filled(input.association.as_deref()) else {
        errors.push(
            "/association",
            FieldCode::Required,
            "error-association-required",
        );
        return None;
    };
    let known = rules.associations.iter().find(|known| *known == slug);
    if known.is_none() {
        errors.push(
            "/association",
            FieldCode::UnknownValue,
            "error-association-unknown",
        );
    }
    known.cloned()
}

/// Letters go to the contact's own address, else to the one of the person or entity.
fn letters_have_an_address(input: &SignUpInput, contact: &ContactInput, errors: &mut FieldErrors) {
    let person = input.person.as_ref();
    let entity = input.entity.as_ref();
    let has_address = contact.has_postal_address()
        || person.is_some_and(|person| person.address.is_some())
        || entity.is_some_and(|entity| entity.address.is_some());
    if contact.postal_ok == Some(true) && !has_address {
        errors.push(
            "/contact/postal_address",
            FieldCode::Required,
            "error-contact-address-required",
        );
    }
}

#[expect(
    clippy::option_option,
    reason = "wrong, missing and given are three states"
)]
fn via(input: &SignUpInput, errors: &mut FieldErrors) -> Option<Option<String>> {
    let Some(via) = filled(input.via.as_deref()) else {
        return Some(None);
    };
    if via.len() > 64 {
        errors.push("/via", FieldCode::TooLong, "error-via-format");
        return None;
    }
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
    if !via.bytes().all(allowed) {
        errors.push("/via", FieldCode::Format, "error-via-format");
        return None;
    }
    Some(Some(via.to_owned()))
}

#[expect(
    clippy::option_option,
    reason = "wrong, missing and given are three states"
)]
fn identity(
    input: &SignUpInput,
    rules: &SignUpRules,
    errors: &mut FieldErrors,
) -> Option<Option<Identity>> {
    if input.person.is_none() && input.entity.is_none() {
        return Some(None);
    }
    match Identity::parse(input.person.as_ref(), input.entity.as_ref(), rules.today) {
        Ok(identity) => Some(Some(identity)),
        Err(wrong) => {
            errors.append(wrong);
            None
        }
    }
}

/// Whether a corrected contact still meets R17.
///
/// # Errors
/// The field to change, under `/contact`.
pub fn check_contact(
    contact: &Contact,
    mailboxes: &[MailboxAddress],
    rules: &SignUpRules,
) -> Result<Vec<SignUpNotice>, FieldErrors> {
    let mut errors = FieldErrors::new();
    let notices = reachable(contact, mailboxes.iter(), rules, &mut errors);
    errors.into_result(notices)
}

/// R17: while its domain is down an e-mail address needs a telephone or letters beside it; afterwards
/// any address will do, with a notice.
fn reachable<'a>(
    contact: &Contact,
    mut mailboxes: impl Iterator<Item = &'a MailboxAddress>,
    rules: &SignUpRules,
    errors: &mut FieldErrors,
) -> Vec<SignUpNotice> {
    let Some(email) = contact.email() else {
        return Vec::new();
    };
    let is_affected = rules.scope.is_affected(email.domain(), rules.today);
    if !is_affected && is_disposable(email.domain()) {
        errors.push(
            "/contact/email",
            FieldCode::NotAccepted,
            "error-contact-disposable",
        );
        return Vec::new();
    }
    let is_mailbox = mailboxes.any(|mailbox| mailbox.is_reached_by(email));
    let is_down = rules.domains_down.contains(email.domain());
    let has_second_channel = contact.phone().is_some() || contact.postal_ok();
    if is_down && !has_second_channel {
        if is_mailbox {
            errors.push(
                "/contact/email",
                FieldCode::SameAsMailbox,
                "error-contact-same-as-mailbox",
            );
        } else {
            errors.push(
                "/contact/phone",
                FieldCode::SecondChannelRequired,
                "error-contact-second-channel",
            );
        }
        return Vec::new();
    }
    let mut notices = Vec::new();
    if is_down {
        notices.push(SignUpNotice::ContactDomainDown);
    } else if is_affected {
        notices.push(SignUpNotice::ContactOnAffectedDomain);
    }
    if is_mailbox {
        notices.push(SignUpNotice::ContactIsMailbox);
    }
    notices
}

impl fmt::Debug for SignUpInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SignUpInput(..)")
    }
}

impl fmt::Debug for MailboxInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MailboxInput(..)")
    }
}

impl fmt::Debug for SignUp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SignUp(..)")
    }
}

#[cfg(test)]
mod tests;
