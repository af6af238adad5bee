//! A day of the past as it is typed.

use chrono::{Datelike, NaiveDate};

use super::super::field::{FieldCode, ValueError, filled};

/// Reads `YYYY-MM-DD`, not after `today` and not before 1990, when there was no such mailbox.
pub(super) fn past(text: Option<&str>, today: NaiveDate) -> Result<Option<NaiveDate>, ValueError> {
    let Some(text) = filled(text) else {
        return Ok(None);
    };
    let format = ValueError::new(FieldCode::Format, "error-day-format");
    if text.len() != 10 {
        return Err(format);
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| format)?;
    if day > today {
        return Err(ValueError::new(FieldCode::OutOfRange, "error-day-future"));
    }
    if day.year() < 1990 {
        return Err(ValueError::new(
            FieldCode::OutOfRange,
            "error-day-too-early",
        ));
    }
    Ok(Some(day))
}
