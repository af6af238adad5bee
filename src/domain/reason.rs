//! Why a staff member did something, in their words: the purpose of an export, the reason of a
//! confirmation by phone.

use std::fmt;

use super::{
    field::{FieldCode, ValueError, filled},
    one_line::one_line,
};

/// One line of 1 to 500 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// Reads what was typed.
    ///
    /// # Errors
    /// `required` for nothing, `too_long`, `format` for control characters.
    pub fn parse(text: Option<&str>) -> Result<Self, ValueError> {
        let text = filled(text).ok_or(ValueError::new(
            FieldCode::Required,
            "error-reason-required",
        ))?;
        one_line(text, 500, "error-reason-format", "error-reason-too-long").map(Self)
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Reason(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_something_in_one_line() {
        assert_eq!(
            Reason::parse(Some("  Deposito \n del ricorso ")).map(|reason| reason.0),
            Err(ValueError::new(FieldCode::Format, "error-reason-format"))
        );
        assert_eq!(
            Reason::parse(Some("  Deposito   del ricorso ")).map(|reason| reason.0),
            Ok("Deposito del ricorso".to_owned())
        );
        for nothing in [None, Some(""), Some("   ")] {
            assert_eq!(
                Reason::parse(nothing).map_err(|error| error.code),
                Err(FieldCode::Required)
            );
        }
        assert_eq!(
            Reason::parse(Some(&"x".repeat(501))).map_err(|error| error.code),
            Err(FieldCode::TooLong)
        );
    }
}
