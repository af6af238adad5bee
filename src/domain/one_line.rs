//! One line of text as a person types it: the base of names, streets and document numbers.

use unicode_normalization::UnicodeNormalization;

use super::field::{FieldCode, ValueError};

/// `text` in Unicode form C, trimmed, with inner white space collapsed to single blanks; 1 to `longest`
/// characters, none of them a control or an invisible formatting character.
///
/// # Errors
/// `too_long` and `format` with the reasons given by the caller; a blank text is `format`.
pub(super) fn one_line(
    text: &str,
    longest: usize,
    format: &'static str,
    too_long: &'static str,
) -> Result<String, ValueError> {
    let error = || ValueError::new(FieldCode::Format, format);
    // Nothing longer than this can collapse to `longest` characters of a name somebody typed.
    if text.len() > longest * 8 + 64 {
        return Err(ValueError::new(FieldCode::TooLong, too_long));
    }
    let text: String = text.trim().nfc().collect();
    if text.chars().any(is_unprintable) {
        return Err(error());
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.chars().count() {
        0 => Err(error()),
        length if length > longest => Err(ValueError::new(FieldCode::TooLong, too_long)),
        _ => Ok(line),
    }
}

/// Controls, line and paragraph separators, and the marks that reorder or hide text.
pub(super) fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<String, FieldCode> {
        one_line(text, 5, "error-name-format", "error-name-too-long").map_err(|error| error.code)
    }

    #[test]
    fn it_is_trimmed_collapsed_composed_and_bounded() {
        for (text, line) in [
            ("  a\u{a0}  b ", Ok("a b".to_owned())),
            ("e\u{300}", Ok("è".to_owned())),
            ("\tabcde\n", Ok("abcde".to_owned())),
            ("abcdef", Err(FieldCode::TooLong)),
            ("a\nb", Err(FieldCode::Format)),
            ("a\u{0}", Err(FieldCode::Format)),
            ("a\u{202e}b", Err(FieldCode::Format)),
            (" ", Err(FieldCode::Format)),
            ("", Err(FieldCode::Format)),
        ] {
            assert_eq!(read(text), line, "{text:?}");
        }
        assert_eq!(read(&"a".repeat(1_000_000)), Err(FieldCode::TooLong));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_a_line_is_read_again(text: String) {
            let line = one_line(&text, 80, "error-name-format", "error-name-too-long");
            if let Ok(line) = line {
                prop_assert_eq!(
                    one_line(&line, 80, "error-name-format", "error-name-too-long"),
                    Ok(line)
                );
            }
        }
    }
}
