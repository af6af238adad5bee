//! Text that the fonts can print. PDF/A forbids a glyph that stands for nothing, and what cannot be
//! read must not be hidden: any other character is printed as its code, `[U+1F600]`.

use std::fmt::Write;

use serde_json::Value;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// After so many em without a blank a line may be broken: what fits beside a label.
const LONGEST_RUN: f64 = 28.0;
/// The same in the column of a table where people's own words stand.
const LONGEST_RUN_IN_COLUMN: f64 = 17.0;
/// So many marks may stand on one letter; more would climb into the lines above.
const MOST_MARKS: usize = 2;
/// Width of `[U+1F600]` in em, at most.
const CODE_WIDTH: f64 = 5.5;
const BREAK: char = '\u{200B}';

/// Makes all texts in `value` printable. Hashes get no places to break: they fit their line and are
/// copied from it. `width` is that of a character in em, none without a glyph.
pub(super) fn make_printable(value: &mut Value, width: impl Fn(char) -> Option<f64> + Copy) {
    match value {
        Value::String(text) => *text = printable(text, LONGEST_RUN, width),
        Value::Array(values) => {
            for value in values {
                make_printable(value, width);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) => {
                        *text = printable(text, longest_run(name), width);
                    }
                    value => make_printable(value, width),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn longest_run(field: &str) -> f64 {
    if field.ends_with("sha256") {
        f64::INFINITY
    } else if field == "description" {
        LONGEST_RUN_IN_COLUMN
    } else {
        LONGEST_RUN
    }
}

fn printable(text: &str, longest_run: f64, width: impl Fn(char) -> Option<f64>) -> String {
    let mut shown = String::with_capacity(text.len() + 8);
    let mut run = 0.0;
    let mut marks = 0;
    for character in text.nfc() {
        if matches!(character, '\n' | ' ' | '\t') {
            run = 0.0;
            marks = 0;
            shown.push(if character == '\n' { '\n' } else { ' ' });
            continue;
        }
        if character == '\r' {
            continue;
        }
        marks = if is_combining_mark(character) {
            marks + 1
        } else {
            0
        };
        let plain = is_plain(character) && marks <= MOST_MARKS;
        let own = width(character).filter(|_| plain);
        run += own.unwrap_or(CODE_WIDTH);
        if run > longest_run && marks == 0 {
            shown.push(BREAK);
            run = own.unwrap_or(CODE_WIDTH);
        }
        if own.is_some() {
            shown.push(character);
        } else {
            // writing to a String does not fail
            let _ = write!(shown, "[U+{:04X}]", u32::from(character));
        }
    }
    shown
}

/// Neither a control, nor a mark that hides or reorders text, nor a code without a meaning of its own.
fn is_plain(character: char) -> bool {
    !character.is_control()
        && !matches!(character,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{E000}'..='\u{F8FF}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFF}' | '\u{E0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        printable(text, LONGEST_RUN, |character| {
            (u32::from(character) < 0x370).then_some(0.7)
        })
    }

    #[test]
    fn what_the_fonts_have_stays_and_the_rest_is_shown_by_its_code() {
        for (text, expected) in [
            ("Niccolò D'Àngelo «sì»", "Niccolò D'Àngelo «sì»"),
            ("Niccolo\u{300}", "Niccolò"),
            ("ciao 😀", "ciao [U+1F600]"),
            ("محمد", "[U+0645][U+062D][U+0645][U+062F]"),
            ("a\u{202E}b", "a[U+202E]b"),
            ("a\u{0}\u{7f}\u{AD}b", "a[U+0000][U+007F][U+00AD]b"),
            ("\u{E0BA}\u{FFFE}\u{FEFF}", "[U+E0BA][U+FFFE][U+FEFF]"),
            ("one\r\n\ttwo", "one\n two"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn a_word_without_end_may_be_broken_but_a_hash_may_not() {
        let word = "x".repeat(100);
        let printed = shown(&word);
        assert_eq!(printed.matches(BREAK).count(), 2);
        assert_eq!(printed.replace(BREAK, ""), word);
        assert_eq!(
            shown(&"😀".repeat(9)).replace(BREAK, ""),
            "[U+1F600]".repeat(9)
        );
        let mut value = serde_json::json!({ "sha256": "a".repeat(64), "text": ["b".repeat(64)] });
        make_printable(&mut value, |_| Some(0.7));
        assert_eq!(value["sha256"], "a".repeat(64));
        assert!(value["text"][0].as_str().unwrap().contains(BREAK));
    }

    #[test]
    fn marks_do_not_pile_up() {
        let printed = shown(&format!("e{}", "\u{30B}".repeat(5)));
        assert_eq!(printed.matches('\u{30B}').count(), 2);
        assert_eq!(printed.matches("[U+030B]").count(), 3);
    }
}
