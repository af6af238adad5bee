//! The check letter shared by the codice fiscale and the CIN of an Italian IBAN: one table for the
//! odd positions, the plain rank for the even ones, the sum modulo 26 (D.M. 23 December 1976).

/// Values of ranks 0 to 25 (`0` and `A` have rank 0) at the odd positions, counted from one.
const ODD: [u32; 26] = [
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];

/// The check letter of upper-case letters and digits; `None` for any other character.
pub(super) fn check_letter(text: &str) -> Option<char> {
    let mut sum = 0;
    for (position, byte) in text.bytes().enumerate() {
        let rank = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A',
            _ => return None,
        };
        sum += if position % 2 == 0 {
            *ODD.get(usize::from(rank))?
        } else {
            u32::from(rank)
        };
    }
    let rank = u8::try_from(sum % 26).ok()?;
    Some(char::from(b'A' + rank))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_sums_of_the_reference_hold() {
        assert_eq!(check_letter("RSSMRA85C12H501"), Some('J'));
        assert_eq!(check_letter("0542811101000000123456"), Some('X'));
        assert_eq!(check_letter("rss"), None);
    }
}
