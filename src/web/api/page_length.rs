//! `limit` of a list: how many items to tell.

use crate::domain::page_length::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::web::{WebError, WebResult};

/// How many items of a list to tell.
///
/// # Errors
/// `BadCursor` for more than 200, or none.
pub(super) fn page_length<T: From<u16> + PartialOrd>(asked: Option<T>) -> WebResult<T> {
    let length = asked.unwrap_or_else(|| DEFAULT_LIMIT.into());
    let is_allowed = (T::from(1)..=MAX_LIMIT.into()).contains(&length);
    is_allowed.then_some(length).ok_or(WebError::BadCursor)
}

/// As [`page_length`], of what stands in an address.
///
/// # Errors
/// `BadCursor`, also for what is no number.
pub(super) fn read_page_length(text: Option<&str>) -> WebResult<u16> {
    let asked = text.map(str::parse::<u16>).transpose();
    page_length(asked.map_err(|_| WebError::BadCursor)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_1_to_200_items_and_50_unless_told() {
        for (text, length) in [(None, 50), (Some("1"), 1), (Some("200"), 200)] {
            assert_eq!(read_page_length(text).unwrap(), length);
        }
        for text in ["0", "201", "-1", "65536", "", "ten"] {
            let refused = read_page_length(Some(text));
            assert!(matches!(refused, Err(WebError::BadCursor)), "{text}");
        }
        assert_eq!(page_length::<i64>(None).unwrap(), 50);
        assert!(page_length(Some(-1_i64)).is_err());
    }
}
