//! Sums in euro as people type them, and back.

/// Most digits before the decimals: more is no sum of money.
const DIGITS: usize = 12;

/// Euro cents of a sum as it is typed: `12,50`, `12.50`, `1.234,5`, `€ 12`. `None` if it is none.
pub fn cents_of(typed: &str) -> Option<i64> {
    let typed = typed.to_lowercase().replace(['€', ' ', '\u{a0}'], "");
    let typed = typed.trim_end_matches("euro").trim_end_matches("eur");
    let last = typed.rfind([',', '.']);
    let (whole, decimals, mark) = match last.and_then(|at| typed.split_at_checked(at)) {
        Some((whole, rest)) if matches!(rest.len(), 2 | 3) => {
            let mark = rest.chars().next();
            (whole, rest.trim_start_matches([',', '.']), mark)
        }
        _ => (typed, "", None),
    };
    let whole = ungrouped(whole, mark)?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > DIGITS || !is_number(&whole) || !is_number(decimals) {
        return None;
    }
    format!("{whole}{decimals:0<2}").parse().ok()
}

/// A sum without the marks between its thousands.
fn ungrouped(whole: &str, decimal_mark: Option<char>) -> Option<String> {
    let Some(mark) = whole.chars().find(|sign| matches!(sign, ',' | '.')) else {
        return Some(whole.to_owned());
    };
    let mut groups = whole.split(mark);
    let first = groups.next().unwrap_or_default();
    let is_grouped = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    (is_grouped && decimal_mark != Some(mark)).then(|| whole.replace(mark, ""))
}

/// The sum as it stands in a field: `1234,50`.
pub fn typed(cents: i64) -> String {
    let amount = cents.unsigned_abs();
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{},{:02}", amount / 100, amount % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r36_amounts_are_read_as_people_write_them() {
        for (text, cents) in [
            ("12,50", Some(1_250)),
            ("12.50", Some(1_250)),
            ("12,5", Some(1_250)),
            ("12", Some(1_200)),
            ("0", Some(0)),
            ("€ 1.234,56", Some(123_456)),
            ("1.234", Some(123_400)),
            ("1,234.56", Some(123_456)),
            ("1.234.567 euro", Some(123_456_700)),
            ("12 EUR", Some(1_200)),
            ("", None),
            (",50", None),
            ("-3", None),
            ("12,", None),
            ("12,345,6", None),
            ("1.23.456", None),
            ("1.234.56", None),
            ("dodici", None),
            ("9999999999999", None),
        ] {
            assert_eq!(cents_of(text), cents, "{text}");
        }
    }

    #[test]
    fn what_is_shown_is_read_again() {
        for cents in [0, 5, 1_250, 123_456] {
            assert_eq!(cents_of(&typed(cents)), Some(cents));
        }
    }
}
