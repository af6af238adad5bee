//! Names as they are compared: without case, accents, apostrophes and spaces.

use unicode_normalization::UnicodeNormalization;

/// Lower-case letters and digits of `text` without their accents: `D'Angelò` gives `dangelo`.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase).nfkd() {
        match letter {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            letter if letter.is_alphanumeric() => folded.extend(letter.to_lowercase()),
            _ => {}
        }
    }
    folded
}

/// As [`fold`], with the umlauts written out (`ö` as `oe`): the spelling some registers use.
pub(super) fn fold_umlauts(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in text.nfc().flat_map(char::to_lowercase) {
        match letter {
            'ä' => written.push_str("ae"),
            'ö' => written.push_str("oe"),
            'ü' => written.push_str("ue"),
            letter => written.push(letter),
        }
    }
    fold(&written)
}

/// A folded name with the umlauts that are written out (`oe`) as plain vowels (`o`).
pub(super) fn contract_umlauts(folded: &str) -> String {
    folded
        .replace("ae", "a")
        .replace("oe", "o")
        .replace("ue", "u")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_apostrophes_and_spaces_do_not_count() {
        for (text, folded) in [
            ("D'Angelo", "dangelo"),
            ("De  Nicolò", "denicolo"),
            ("Verita’", "verita"),
            ("Łukasz Groß", "lukaszgross"),
            ("İPEK", "ipek"),
            ("Иванов", "иванов"),
            ("-'", ""),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
        assert_eq!(fold_umlauts("Jo\u{308}rg Müller"), "joergmueller");
    }
}
