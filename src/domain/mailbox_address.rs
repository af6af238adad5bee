//! The address of an affected mailbox, and what the registry does with its domain (R28, DOMAIN 6.1).

use std::{collections::HashMap, fmt};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    email_address::EmailAddress,
    field::{FieldCode, ValueError},
};

/// The address of a mailbox that failed: lower case, domain in ASCII, dots and plus kept. Two
/// spellings of one mailbox are equal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MailboxAddress(String);

impl MailboxAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// `too_long` over 254 bytes, `format` when it is no e-mail address.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let address = EmailAddress::parse(text).map_err(|error| match error.code {
            FieldCode::TooLong => ValueError::new(FieldCode::TooLong, "error-mailbox-too-long"),
            _ => ValueError::new(FieldCode::Format, "error-mailbox-format"),
        })?;
        let normalized = address.normalized();
        // A few letters grow when lowered.
        if normalized.len() > 254 {
            return Err(ValueError::new(
                FieldCode::TooLong,
                "error-mailbox-too-long",
            ));
        }
        Ok(Self(normalized))
    }

    /// The address, lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the at sign.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Whether `email` reaches this mailbox.
    pub fn is_reached_by(&self, email: &EmailAddress) -> bool {
        self.0 == email.normalized()
    }

    /// The address for people who know it: `m***o@libero.it`.
    pub fn masked(&self) -> String {
        EmailAddress::parse(&self.0).map_or_else(|_| "***".to_owned(), |email| email.masked())
    }
}

/// What the registry does with mailboxes of a domain; the best for the claimant comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DomainTreatment {
    /// Known to have failed.
    InScope,
    /// Probably failed: accepted, to be verified.
    Verify,
    /// Not known: accepted, a person looks at it.
    Review,
    /// Known not to have failed (PEC): not accepted.
    Refuse,
}

impl DomainTreatment {
    /// Reads the word used in JSON and SQL.
    ///
    /// # Errors
    /// `unknown_value` for any other word.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        match text {
            "in_scope" => Ok(Self::InScope),
            "verify" => Ok(Self::Verify),
            "review" => Ok(Self::Review),
            "refuse" => Ok(Self::Refuse),
            _ => Err(ValueError::new(
                FieldCode::UnknownValue,
                "error-treatment-unknown",
            )),
        }
    }

    /// The word used in JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InScope => "in_scope",
            Self::Verify => "verify",
            Self::Review => "review",
            Self::Refuse => "refuse",
        }
    }
}

/// How one domain is treated in a time, both days included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRow {
    /// The mail domain, lower case, ASCII.
    pub domain: String,
    /// What is done with its mailboxes.
    pub treatment: DomainTreatment,
    /// First day; since ever when missing.
    pub valid_from: Option<NaiveDate>,
    /// Last day; for ever when missing.
    pub valid_until: Option<NaiveDate>,
}

impl ScopeRow {
    fn holds_on(&self, day: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= day)
            && self.valid_until.is_none_or(|until| day <= until)
    }
}

/// The dated table of the mail domains of a case.
#[derive(Clone, Debug, Default)]
pub struct ScopeTable(HashMap<String, Vec<ScopeRow>>);

impl ScopeTable {
    /// The table made of these rows.
    pub fn new(rows: impl IntoIterator<Item = ScopeRow>) -> Self {
        let mut table: HashMap<String, Vec<ScopeRow>> = HashMap::new();
        for row in rows {
            table
                .entry(row.domain.to_ascii_lowercase())
                .or_default()
                .push(row);
        }
        Self(table)
    }

    /// What is done on `day` with mailboxes of `domain`: the row that began last decides, of two
    /// incidents' rows the better for the claimant. A domain nobody listed goes to review.
    pub fn treat(&self, domain: &str, day: NaiveDate) -> DomainTreatment {
        let rows = self.0.get(&domain.to_ascii_lowercase());
        rows.into_iter()
            .flatten()
            .filter(|row| row.holds_on(day))
            .min_by_key(|row| (std::cmp::Reverse(row.valid_from), row.treatment))
            .map_or(DomainTreatment::Review, |row| row.treatment)
    }

    /// What is done with this mailbox.
    ///
    /// # Errors
    /// `unknown_value` for a domain that is refused (R28).
    pub fn admit(
        &self,
        address: &MailboxAddress,
        day: NaiveDate,
    ) -> Result<DomainTreatment, ValueError> {
        match self.treat(address.domain(), day) {
            DomainTreatment::Refuse => Err(ValueError::new(
                FieldCode::UnknownValue,
                "error-mailbox-domain-refused",
            )),
            treatment => Ok(treatment),
        }
    }

    /// Whether mailboxes of `domain` are known or thought to have failed.
    pub fn is_affected(&self, domain: &str, day: NaiveDate) -> bool {
        matches!(
            self.treat(domain, day),
            DomainTreatment::InScope | DomainTreatment::Verify
        )
    }
}

impl TryFrom<String> for MailboxAddress {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<MailboxAddress> for String {
    fn from(address: MailboxAddress) -> Self {
        address.0
    }
}

impl fmt::Debug for MailboxAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MailboxAddress(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn row(domain: &str, treatment: DomainTreatment, from: &str, until: &str) -> ScopeRow {
        let date = |text: &str| text.parse().ok();
        ScopeRow {
            domain: domain.to_owned(),
            treatment,
            valid_from: date(from),
            valid_until: date(until),
        }
    }

    #[test]
    fn r28_case_does_not_count_dots_and_plus_do() {
        for (text, stored) in [
            (" Mario.Rossi@LIBERO.it ", "mario.rossi@libero.it"),
            ("mariorossi@libero.it", "mariorossi@libero.it"),
            ("mario+x@libero.it", "mario+x@libero.it"),
            ("Ugo@È.it", "ugo@xn--8ca.it"),
        ] {
            assert_eq!(MailboxAddress::parse(text).unwrap().as_str(), stored);
        }
        for text in ["", "mario", "mario@libero", "mario@libero.it\n x"] {
            let error = MailboxAddress::parse(text).unwrap_err();
            assert_eq!(error.reason, "error-mailbox-format", "{text}");
        }
        let mailbox = MailboxAddress::parse("Mario@libero.it").unwrap();
        assert_eq!(
            (mailbox.domain(), mailbox.masked().as_str()),
            ("libero.it", "m***o@libero.it")
        );
        assert!(mailbox.is_reached_by(&EmailAddress::parse("MARIO@Libero.it").unwrap()));
        assert_eq!(format!("{mailbox:?}"), "MailboxAddress(..)");
    }

    #[test]
    fn r28_the_dated_table_decides_and_unknown_domains_go_to_review() {
        use DomainTreatment::{InScope, Refuse, Review, Verify};
        let table = ScopeTable::new([
            row("libero.it", InScope, "", ""),
            row("giallo.it", Verify, "2023-01-01", ""),
            row("giallo.it", InScope, "2024-01-01", "2024-12-31"),
            row("pec.example.it", Refuse, "", ""),
            row("virgilio.it", Refuse, "", ""),
            row("virgilio.it", InScope, "", ""),
        ]);
        for (domain, on, treatment) in [
            ("libero.it", "2023-01-22", InScope),
            ("Libero.IT", "2023-01-22", InScope),
            ("mail.libero.it", "2023-01-22", Review),
            ("giallo.it", "2022-12-31", Review),
            ("giallo.it", "2023-01-01", Verify),
            ("giallo.it", "2024-12-31", InScope),
            ("giallo.it", "2025-01-01", Verify),
            ("pec.example.it", "2023-01-22", Refuse),
            ("virgilio.it", "2023-01-22", InScope),
            ("example.org", "2023-01-22", Review),
        ] {
            assert_eq!(table.treat(domain, day(on)), treatment, "{domain} {on}");
        }
        let pec = MailboxAddress::parse("a@pec.example.it").unwrap();
        let error = table.admit(&pec, day("2023-01-22")).unwrap_err();
        assert_eq!(error.reason, "error-mailbox-domain-refused");
        assert!(table.is_affected("giallo.it", day("2023-01-22")));
        assert!(!table.is_affected("example.org", day("2023-01-22")));
    }

    #[test]
    fn treatments_have_one_word_in_json_and_sql() {
        for word in ["in_scope", "verify", "review", "refuse"] {
            let treatment = DomainTreatment::parse(word).unwrap();
            assert_eq!(treatment.as_str(), word);
            assert_eq!(serde_json::to_value(treatment).unwrap(), word);
        }
        assert!(DomainTreatment::parse("InScope").is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}|\\PC{1,20}@\\PC{1,20}\\.[a-z]{2}") {
            if let Ok(address) = MailboxAddress::parse(&text) {
                prop_assert_eq!(MailboxAddress::parse(address.as_str()), Ok(address));
            }
        }
    }
}
