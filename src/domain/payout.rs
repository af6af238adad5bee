//! Where a claimant is paid, letter i) of art. 840-septies: outside the signed bytes (DESIGN 3.7).

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    field::{FieldCode, FieldErrors, ValueError, filled},
    iban::Iban,
    one_line::one_line,
};

/// Hours after which a change of the account counts (R26).
pub const HOLD_HOURS: i64 = 72;

/// The body of `PUT /payout`; nothing in it is checked.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayoutInput {
    /// IBAN of any SEPA country (R25).
    pub iban: Option<String>,
    /// In whose name the account is, 1 to 140 characters, as the bank knows it.
    pub holder: Option<String>,
    /// Whether that is the claimant; yes when missing.
    pub holder_is_claimant: Option<bool>,
    /// Six digits, mailed to the confirmed contact: a change needs them, the first account does not (R26).
    #[serde(default)]
    pub code: Option<String>,
}

/// An account to pay into. This is the content of the sealed payout document.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    iban: Iban,
    holder: String,
    holder_is_claimant: bool,
}

impl Payout {
    /// Reads payout data.
    ///
    /// # Errors
    /// All that is wrong at once, at `/iban` and `/holder`.
    pub fn parse(input: &PayoutInput) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let iban = filled(input.iban.as_deref())
            .ok_or(ValueError::new(FieldCode::Required, "error-iban-required"))
            .and_then(Iban::parse);
        let iban = errors.take("/iban", iban);
        let holder = filled(input.holder.as_deref())
            .ok_or(ValueError::new(
                FieldCode::Required,
                "error-payout-holder-required",
            ))
            .and_then(|name| {
                one_line(
                    name,
                    140,
                    "error-payout-holder-format",
                    "error-payout-holder-too-long",
                )
            });
        let holder = errors.take("/holder", holder);
        let (Some(iban), Some(holder)) = (iban, holder) else {
            return Err(errors);
        };
        errors.into_result(Self {
            iban,
            holder,
            holder_is_claimant: input.holder_is_claimant.unwrap_or(true),
        })
    }

    /// The IBAN.
    pub fn iban(&self) -> &Iban {
        &self.iban
    }

    /// In whose name the account is, 1 to 140 characters.
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// Whether that is the claimant.
    pub fn holder_is_claimant(&self) -> bool {
        self.holder_is_claimant
    }

    /// The IBAN with all but country and last four characters hidden.
    pub fn masked(&self) -> String {
        self.iban.masked()
    }
}

impl fmt::Debug for PayoutInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PayoutInput(..)")
    }
}

impl fmt::Debug for Payout {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Payout(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(iban: &str, holder: &str) -> PayoutInput {
        PayoutInput {
            iban: Some(iban.to_owned()),
            holder: Some(holder.to_owned()),
            holder_is_claimant: None,
            code: None,
        }
    }

    #[test]
    fn r25_the_iban_and_the_holder_are_read_together() {
        let payout = Payout::parse(&input(
            "it60 X054 2811 1010 0000 0123 456",
            "  Mario  Rossi ",
        ));
        let payout = payout.unwrap();
        assert_eq!(payout.iban().as_str(), "IT60X0542811101000000123456");
        assert_eq!(
            (payout.holder(), payout.holder_is_claimant()),
            ("Mario Rossi", true)
        );
        assert_eq!(payout.masked(), "IT*********************3456");
        let json = serde_json::to_string(&payout).unwrap();
        assert_eq!(serde_json::from_str::<Payout>(&json).unwrap(), payout);
        assert_eq!(
            format!("{payout:?}{:?}", input("", "")),
            "Payout(..)PayoutInput(..)"
        );
    }

    #[test]
    fn r25_all_that_is_wrong_is_told_at_once() {
        for (iban, holder, expected) in [
            (
                "IT65A0542811101000000123456",
                "",
                [
                    ("/iban", FieldCode::Checksum),
                    ("/holder", FieldCode::Required),
                ],
            ),
            (
                "",
                &"a".repeat(141),
                [
                    ("/iban", FieldCode::Required),
                    ("/holder", FieldCode::TooLong),
                ],
            ),
            (
                "BR1800360305000010009795493C1",
                "a\u{0}",
                [
                    ("/iban", FieldCode::UnknownValue),
                    ("/holder", FieldCode::Format),
                ],
            ),
        ] {
            let errors = Payout::parse(&input(iban, holder)).unwrap_err();
            let found: Vec<_> = errors
                .iter()
                .map(|it| (it.pointer.as_str(), it.code))
                .collect();
            assert_eq!(found, expected);
        }
        assert!(Payout::parse(&input("DE89370400440532013000", &"è".repeat(140))).is_ok());
    }
}
