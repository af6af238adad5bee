//! An e-mail address at which somebody can be reached.

use std::fmt;

use email_address::Options;
use serde::{Deserialize, Serialize};

use super::field::{FieldCode, ValueError};

/// An e-mail address of 1 to 254 bytes, all ASCII: the local part as typed, the domain lower case.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address; white space around it, its at sign and its dots is dropped. No display names, quoted local parts,
    /// domain literals or domains without a dot.
    ///
    /// # Errors
    /// `too_long` over 254 bytes (also when only the ASCII form of the domain is), `format` otherwise.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let text = &closed_up(text);
        let too_long = ValueError::new(FieldCode::TooLong, "error-email-too-long");
        if text.len() > 254 {
            return Err(too_long);
        }
        let address = read(text).ok_or(ValueError::new(FieldCode::Format, "error-email-format"))?;
        if address.len() > 254 {
            return Err(too_long);
        }
        Ok(Self(address))
    }

    /// The address to write to.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole address in lower case: two contacts are the same when this is.
    pub fn normalized(&self) -> String {
        self.0.to_lowercase()
    }

    /// The part before the at sign, as typed.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The part after the at sign, lower case, ASCII.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address for people who know it: `m***o@example.org`.
    pub fn masked(&self) -> String {
        let mut letters = self.local_part().chars();
        let first = letters.next().unwrap_or('*');
        let last = letters.next_back().filter(|_| letters.next().is_some());
        let last = last.map(String::from).unwrap_or_default();
        format!("{first}***{last}@{}", self.domain())
    }
}

/// The domain of an e-mail address in lower-case ASCII (IDNA), if it can be one: at least two labels,
/// the last one not a number.
pub(super) fn mail_domain(text: &str) -> Option<String> {
    let domain = idna::domain_to_ascii_strict(text).ok()?;
    let (_, last) = domain.rsplit_once('.')?;
    let named = last.bytes().any(|byte| byte.is_ascii_alphabetic());
    named.then_some(domain)
}

/// The text without the blanks that keyboards put around dots and at signs. Other blanks part words: nobody knows
/// which of them is the address.
fn closed_up(text: &str) -> String {
    let is_blank = |character: char| character.is_whitespace() && !character.is_control();
    let mut closed = String::with_capacity(text.len());
    for word in text.trim().split(is_blank).filter(|word| !word.is_empty()) {
        let joins =
            closed.is_empty() || closed.ends_with(['@', '.']) || word.starts_with(['@', '.']);
        if !joins {
            closed.push(' ');
        }
        closed.push_str(word);
    }
    closed
}

fn read(text: &str) -> Option<String> {
    let unusual = |character: char| {
        character.is_control()
            || character.is_whitespace()
            || matches!(
                character,
                '"' | '<' | '>' | '(' | ')' | ',' | ';' | ':' | '\\'
            )
    };
    if text.chars().any(unusual) {
        return None;
    }
    let (local, domain) = text.rsplit_once('@')?;
    // other letters there need SMTPUTF8 end to end, which few relays have: no mail would arrive
    if !local.is_ascii() {
        return None;
    }
    let address = format!("{local}@{}", mail_domain(domain)?);
    let options = Options::default()
        .without_display_text()
        .without_domain_literal()
        .with_required_tld();
    email_address::EmailAddress::parse_with_options(&address, options).ok()?;
    Some(address)
}

impl TryFrom<String> for EmailAddress {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EmailAddress(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_read_with_their_domain_in_lower_case_ascii() {
        for (text, stored, normalized, masked) in [
            (
                " Mario@Example.ORG ",
                "Mario@example.org",
                "mario@example.org",
                "M***o@example.org",
            ),
            (
                "a.b+c@x.example.it",
                "a.b+c@x.example.it",
                "a.b+c@x.example.it",
                "a***c@x.example.it",
            ),
            (
                "ugo@è.it",
                "ugo@xn--8ca.it",
                "ugo@xn--8ca.it",
                "u***o@xn--8ca.it",
            ),
            (
                "U@example.org",
                "U@example.org",
                "u@example.org",
                "U***@example.org",
            ),
            (
                "ab@example.org",
                "ab@example.org",
                "ab@example.org",
                "a***@example.org",
            ),
            (
                "o'neil@example.org",
                "o'neil@example.org",
                "o'neil@example.org",
                "o***l@example.org",
            ),
        ] {
            let address = EmailAddress::parse(text).unwrap();
            assert_eq!(address.as_str(), stored);
            assert_eq!(address.normalized(), normalized);
            assert_eq!(address.masked(), masked);
        }
        let address = EmailAddress::parse("Mario@Example.ORG").unwrap();
        assert_eq!(
            (address.local_part(), address.domain()),
            ("Mario", "example.org")
        );
        assert_eq!(format!("{address:?}"), "EmailAddress(..)");
    }

    #[test]
    fn blanks_around_dots_and_the_at_sign_are_dropped() {
        for text in [
            "giuseppina.rossi @libero.it",
            "giuseppina.rossi@ libero.it",
            "giuseppina. rossi@libero.it",
            " giuseppina.rossi @\u{a0}libero . it ",
        ] {
            let address = EmailAddress::parse(text).map(|address| address.0);
            assert_eq!(
                address,
                Ok("giuseppina.rossi@libero.it".to_owned()),
                "{text}"
            );
        }
        for text in [
            "Giuseppina g@libero.it",
            "g@libero.it h@libero.it",
            "g@libero it",
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_nobody_can_be_reached_at_is_refused() {
        for text in [
            "",
            "ugo",
            "ugo@localhost",
            "a@b",
            "@example.org",
            "ugo@",
            "ugo@.it",
            "ugo@it.",
            "ugo@example.org\r\nBcc: x@y.it",
            "u\u{0}go@example.org",
            "u go@example.org",
            "\"u go\"@example.org",
            "Ugo <ugo@example.org>",
            "ugo@[127.0.0.1]",
            "ugo@127.0.0.1",
            "a@b@example.org",
            "a@example.org,b@example.org",
            "u..go@example.org",
            "ugo@-a.it",
            "ugo@exa_mple.org",
            "niccolò@example.org",
            "u\u{200b}go@example.org",
            "ｕgo@example.org",
            "ugo@example..org",
        ] {
            let error = EmailAddress::parse(text)
                .map(|address| address.0)
                .unwrap_err();
            assert_eq!(error.code, FieldCode::Format, "{text}");
        }
        let long = format!("{}@example.org", "a".repeat(250));
        assert_eq!(
            EmailAddress::parse(&long).unwrap_err().code,
            FieldCode::TooLong
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}|\\PC{1,20}@\\PC{1,20}\\.[a-z]{2}") {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address));
            }
        }

        #[test]
        fn an_ordinary_address_is_kept(text in "[a-z0-9]{1,20}([.+_-][a-z0-9]{1,9}){0,2}@[a-z]{2,20}\\.(it|com)") {
            let address = EmailAddress::parse(&text).unwrap();
            prop_assert_eq!(address.as_str(), text);
        }
    }
}
