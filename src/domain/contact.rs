//! How a claimant can be reached: e-mail, telephone, post, and in which language.

use std::fmt;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    email_address::EmailAddress,
    field::{FieldCode, FieldErrors, ValueError, filled},
    language::Language,
    one_line::one_line,
    phone_number::PhoneNumber,
    postal_address::{PostalAddress, PostalAddressInput},
};

/// Days for which the number before a change on the own page stays the one that is known: whoever takes a session
/// over must not be called back at a number of their own.
const KNOWN_DAYS: i64 = 30;

/// A contact as it was typed; nothing in it is checked.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactInput {
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Whether letters are welcome.
    pub postal_ok: Option<bool>,
    /// Where letters go, if not to the person's own address.
    pub postal_address: Option<ContactAddressInput>,
    /// `it`, `en` or `de`; Italian when missing.
    pub language: Option<String>,
}

/// The address on a letter as it was typed; nothing in it is checked.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactAddressInput {
    /// Name on the letter.
    pub name: Option<String>,
    /// Street or square.
    pub street: Option<String>,
    /// House number.
    pub number: Option<String>,
    /// Postal code, in Italy the CAP.
    pub postal_code: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// Italian province, two letters; when it is missing, that of the town, if only one has the name.
    pub province: Option<String>,
    /// ISO 3166-1 alpha-2; Italy when missing.
    pub country: Option<String>,
}

impl ContactInput {
    /// Whether an address for letters was typed.
    pub fn has_postal_address(&self) -> bool {
        self.postal_address
            .as_ref()
            .is_some_and(|address| !address.is_blank())
    }
}

/// Where letters go.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactAddress {
    name: String,
    address: PostalAddress,
}

impl ContactAddress {
    fn parse(input: &ContactAddressInput, errors: &mut FieldErrors, pointer: &str) -> Option<Self> {
        let name = filled(input.name.as_deref())
            .ok_or(ValueError::new(
                FieldCode::Required,
                "error-recipient-name-required",
            ))
            .and_then(|name| one_line(name, 120, "error-name-format", "error-name-too-long"));
        let name = errors.take(format!("{pointer}/name"), name);
        let address = PostalAddressInput {
            street: input.street.clone(),
            number: input.number.clone(),
            postal_code: input.postal_code.clone(),
            city: input.city.clone(),
            province: input.province.clone(),
            country: input.country.clone(),
        };
        let address = PostalAddress::parse(&address, errors, pointer);
        Some(Self {
            name: name?,
            address: address?,
        })
    }

    /// Name on the letter, 1 to 120 characters.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address under it.
    pub fn address(&self) -> &PostalAddress {
        &self.address
    }
}

impl ContactAddressInput {
    fn is_blank(&self) -> bool {
        // The country is preselected in the form.
        [
            &self.name,
            &self.street,
            &self.number,
            &self.postal_code,
            &self.city,
            &self.province,
        ]
        .iter()
        .all(|field| filled(field.as_deref()).is_none())
    }
}

/// How a claimant can be reached, by at least one of e-mail, telephone and post. This is the content
/// of the sealed contact document.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    email: Option<EmailAddress>,
    phone: Option<PhoneNumber>,
    postal_ok: bool,
    postal_address: Option<ContactAddress>,
    language: Language,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone_change: Option<PhoneChange>,
}

/// A telephone number left or corrected on the own page.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneChange {
    at: DateTime<Utc>,
    former: Option<PhoneNumber>,
}

impl PhoneChange {
    /// When the number that was known ceased to be the contact's, UTC.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// The number that was known; none: there was none.
    pub fn former(&self) -> Option<&PhoneNumber> {
        self.former.as_ref()
    }
}

impl Contact {
    /// Reads a contact; what is wrong is noted in `errors` under `pointer` and gives `None`. Whether
    /// letters have somewhere to go is for the sign-up to say, which knows the person's address too.
    pub fn parse(input: &ContactInput, errors: &mut FieldErrors, pointer: &str) -> Option<Self> {
        let email = filled(input.email.as_deref()).map(EmailAddress::parse);
        let email = errors.take(format!("{pointer}/email"), email.transpose());
        let phone = filled(input.phone.as_deref()).map(PhoneNumber::parse);
        let phone = errors.take(format!("{pointer}/phone"), phone.transpose());
        let postal_ok = input.postal_ok.unwrap_or_default();
        if email == Some(None) && phone == Some(None) && !postal_ok {
            errors.push(
                format!("{pointer}/email"),
                FieldCode::Required,
                "error-contact-required",
            );
        }
        let typed = input.postal_address.as_ref();
        let postal_address = match typed.filter(|address| !address.is_blank()) {
            None => Some(None),
            Some(address) => {
                ContactAddress::parse(address, errors, &format!("{pointer}/postal_address"))
                    .map(Some)
            }
        };
        let language = errors.take_one_of(
            format!("{pointer}/language"),
            language(input),
            Language::ALL.map(Language::as_str),
        );
        Some(Self {
            email: email?,
            phone: phone?,
            postal_ok,
            postal_address: postal_address?,
            language: language?,
            phone_change: None,
        })
    }

    /// E-mail address.
    pub fn email(&self) -> Option<&EmailAddress> {
        self.email.as_ref()
    }

    /// Telephone number.
    pub fn phone(&self) -> Option<&PhoneNumber> {
        self.phone.as_ref()
    }

    /// Whether letters are welcome.
    pub fn postal_ok(&self) -> bool {
        self.postal_ok
    }

    /// Where letters go, if not to the person's own address.
    pub fn postal_address(&self) -> Option<&ContactAddress> {
        self.postal_address.as_ref()
    }

    /// Language of what is sent.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The same contact with another e-mail address.
    pub fn with_email(self, email: EmailAddress) -> Self {
        Self {
            email: Some(email),
            ..self
        }
    }

    /// The same contact with a telephone number that its owner gave at `now`. Of several changes within 30 days the
    /// number before the first stays known.
    pub fn with_phone(self, phone: PhoneNumber, now: DateTime<Utc>) -> Self {
        let since = now - Duration::days(KNOWN_DAYS);
        let recent = self.phone_change.filter(|change| change.at > since);
        let change = recent.unwrap_or(PhoneChange {
            at: now,
            former: self.phone,
        });
        Self {
            phone: Some(phone),
            phone_change: Some(change),
            ..self
        }
    }

    /// The last change of the number on the own page.
    pub fn phone_change(&self) -> Option<&PhoneChange> {
        self.phone_change.as_ref()
    }
}

fn language(input: &ContactInput) -> Result<Language, ValueError> {
    match filled(input.language.as_deref()) {
        None => Ok(Language::default()),
        Some(code) => Language::parse(code).ok_or(ValueError::new(
            FieldCode::UnknownValue,
            "error-language-unknown",
        )),
    }
}

impl fmt::Debug for ContactInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ContactInput(..)")
    }
}

impl fmt::Debug for ContactAddressInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ContactAddressInput(..)")
    }
}

impl fmt::Debug for ContactAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ContactAddress(..)")
    }
}

impl fmt::Debug for PhoneChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PhoneChange(..)")
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Contact(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_numbers_within_30_days_the_one_before_stays_known() {
        let number = |text| PhoneNumber::parse(text).unwrap();
        let input = ContactInput {
            email: Some("nonna@example.org".to_owned()),
            phone: Some("06 69821234".to_owned()),
            ..ContactInput::default()
        };
        let contact = Contact::parse(&input, &mut FieldErrors::new(), "").unwrap();
        let first = DateTime::UNIX_EPOCH;
        let contact = contact
            .with_phone(number("333 1234567"), first)
            .with_phone(number("333 7654321"), first + Duration::days(29));
        assert_eq!(contact.phone(), Some(&number("333 7654321")));
        let known = contact.phone_change().unwrap();
        assert_eq!(
            (known.at(), known.former()),
            (first, Some(&number("06 69821234")))
        );
        let sealed = serde_json::to_vec(&contact).unwrap();
        let read: Contact = serde_json::from_slice(&sealed).unwrap();
        assert!(read == contact);

        let later = first + Duration::days(30);
        let contact = contact.with_phone(number("333 1111111"), later);
        let known = contact.phone_change().unwrap();
        assert_eq!(
            (known.at(), known.former()),
            (later, Some(&number("333 7654321")))
        );
    }
}
