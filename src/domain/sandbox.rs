//! The sandbox of partners: how it is marked, who lives there, how test people are moved on (decision 34).

use crate::domain::claimant::ClaimantState;
use crate::domain::person::PersonInput;

/// Stands before the title of a case, the name of an association and the subject of a mail of the sandbox.
pub const MARK: &str = "[TEST]";
/// Days test people are kept.
pub const KEPT_DAYS: i64 = 30;
/// Mails of the sandbox to a partner in 24 hours at most.
pub const MAILS_A_DAY: i64 = 30;
/// Where a test person is reached whose partner has no address: nowhere (RFC 2606).
pub const NOWHERE: &str = "nobody@sandbox.invalid";

/// Somebody invented, with a codice fiscale that is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is that of a person")]
pub struct Invented {
    pub given_name: &'static str,
    pub family_name: &'static str,
    pub codice_fiscale: &'static str,
    pub birth_date: &'static str,
    pub birth_place: &'static str,
    pub sex: &'static str,
}

const fn invented(
    given_name: &'static str,
    family_name: &'static str,
    codice_fiscale: &'static str,
    (birth_date, birth_place, sex): (&'static str, &'static str, &'static str),
) -> Invented {
    Invented {
        given_name,
        family_name,
        codice_fiscale,
        birth_date,
        birth_place,
        sex,
    }
}

/// Whom to send for a try.
pub const PEOPLE: [Invented; 6] = [
    invented(
        "Pinco",
        "Pallino",
        "PLLPNC80A01H501R",
        ("1980-01-01", "Roma", "M"),
    ),
    invented(
        "Tizia",
        "Inventata",
        "NVNTZI75H55F205J",
        ("1975-06-15", "Milano", "F"),
    ),
    invented(
        "Caio",
        "Esempio",
        "SMPCAI90B28L219O",
        ("1990-02-28", "Torino", "M"),
    ),
    invented(
        "Sempronia",
        "Finta",
        "FNTSPR68S70F839N",
        ("1968-11-30", "Napoli", "F"),
    ),
    invented(
        "Tal Dei",
        "Tali",
        "TLATLD55M20D612L",
        ("1955-08-20", "Firenze", "M"),
    ),
    invented(
        "Ipazia",
        "Provetta",
        "PRVPZI00T71Z112Z",
        ("2000-12-31", "Germania", "F"),
    ),
];

impl Invented {
    /// As it is typed.
    pub fn input(&self) -> PersonInput {
        let some = |text: &str| Some(text.to_owned());
        PersonInput {
            given_name: some(self.given_name),
            family_name: some(self.family_name),
            codice_fiscale: some(self.codice_fiscale),
            birth_date: some(self.birth_date),
            birth_place: some(self.birth_place),
            sex: some(self.sex),
            ..PersonInput::default()
        }
    }
}

/// Where a partner moves a test person.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Step {
    /// As if the person had used the link of the mail.
    Confirmed,
    /// As if the person had signed; nothing is there that was signed.
    Signed,
    /// As if the person had withdrawn.
    Withdrawn,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Confirmed, Self::Signed, Self::Withdrawn];

    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        self.state().as_str()
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }

    /// The state it leads to.
    pub const fn state(self) -> ClaimantState {
        match self {
            Self::Confirmed => ClaimantState::Confirmed,
            Self::Signed => ClaimantState::Signed,
            Self::Withdrawn => ClaimantState::Withdrawn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::field::FieldErrors;
    use crate::domain::identity::Identity;
    use crate::domain::partner::SubmissionState;
    use crate::domain::person::Person;

    #[test]
    fn everybody_invented_passes_our_own_rules_without_a_warning() {
        let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        for somebody in PEOPLE {
            let mut errors = FieldErrors::new();
            let person = Person::parse(&somebody.input(), today, &mut errors, "/person");
            assert!(errors.is_empty(), "{somebody:?} {errors:?}");
            let warnings = Identity::Person(Box::new(person.unwrap())).warnings();
            assert!(warnings.is_empty(), "{somebody:?} {warnings:?}");
        }
        let mut codes = PEOPLE.map(|it| it.codice_fiscale).to_vec();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), PEOPLE.len());
    }

    #[test]
    fn a_step_is_read_back_and_told_by_the_word_it_was_asked_by() {
        for step in Step::ALL {
            assert_eq!(Step::parse(step.as_str()), Some(step));
            let told = SubmissionState::of(step.state(), true, false);
            assert_eq!(told.as_str(), step.as_str());
        }
        assert_eq!(Step::parse("received"), None);
    }
}
