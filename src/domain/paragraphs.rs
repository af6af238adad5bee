//! Several lines of text as a person types them: the base of narratives.

use unicode_normalization::UnicodeNormalization;

use super::{
    field::{FieldCode, ValueError},
    one_line::is_unprintable,
};

/// `text` in Unicode form C, trimmed, lines ended by `\n` and without blanks at their ends; 1 to
/// `longest` characters, none of them a control (a tab becomes a blank) or an invisible formatting
/// character.
///
/// # Errors
/// `too_long` and `format` with the reasons given by the caller; a blank text is `format`.
pub(super) fn paragraphs(
    text: &str,
    longest: usize,
    format: &'static str,
    too_long: &'static str,
) -> Result<String, ValueError> {
    // Nothing longer than this can shrink to `longest` characters of what somebody wrote.
    if text.len() > longest * 8 + 64 {
        return Err(ValueError::new(FieldCode::TooLong, too_long));
    }
    let text: String = text.trim().nfc().collect();
    let text = text.replace("\r\n", "\n").replace('\t', " ");
    if text.chars().any(|it| it != '\n' && is_unprintable(it)) {
        return Err(ValueError::new(FieldCode::Format, format));
    }
    let lines: Vec<&str> = text.split('\n').map(str::trim_end).collect();
    let text = lines.join("\n");
    match text.chars().count() {
        0 => Err(ValueError::new(FieldCode::Format, format)),
        length if length > longest => Err(ValueError::new(FieldCode::TooLong, too_long)),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, FieldCode> {
        paragraphs(text, 8, "error-note-format", "error-note-too-long").map_err(|error| error.code)
    }

    #[test]
    fn lines_are_kept_and_controls_refused() {
        for (text, kept) in [
            (" a \r\n\r\n b\n", Ok("a\n\n b".to_owned())),
            ("a\tb", Ok("a b".to_owned())),
            ("e\u{300}", Ok("è".to_owned())),
            ("a\rb", Err(FieldCode::Format)),
            ("a\u{0}", Err(FieldCode::Format)),
            ("a\u{202e}b", Err(FieldCode::Format)),
            (" \n ", Err(FieldCode::Format)),
            ("123456789", Err(FieldCode::TooLong)),
        ] {
            assert_eq!(read(text), kept, "{text:?}");
        }
        assert_eq!(read(&"a".repeat(1_000_000)), Err(FieldCode::TooLong));
        assert_eq!(read("èèèèèèèè").unwrap().chars().count(), 8);
    }
}
