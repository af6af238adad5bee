//! The sentence for a wrong field: from its JSON pointer and error code to words.
//!
//! Pages and problem documents say the same thing, so both come here.

use super::text::Text;

/// The sentence for `code` at `pointer` (RFC 6901, as in `/mailboxes/0/address`).
///
/// The sentence of the field itself wins (`error-email-format`), else the general one of the code,
/// which names the field.
pub fn message(text: Text, pointer: &str, code: &str) -> String {
    let field = field(pointer);
    let code = code.replace('_', "-");
    if let Some(own) = text.try_word("error", &format!("{field}-{code}")) {
        return own;
    }
    let label = label(text, pointer);
    let key = format!("error-{code}");
    let general = text.with(&key, &[("label", label.clone().into())]);
    if general == key {
        text.with("error-other", &[("label", label.into())])
    } else {
        general
    }
}

/// The name of the field in words, with the number of its row where there are several.
pub fn label(text: Text, pointer: &str) -> String {
    let name = text.word("label", &field(pointer));
    match row(pointer) {
        Some(row) => text.with(
            "label-in-row",
            &[("label", name.into()), ("row", row.into())],
        ),
        None => name,
    }
}

/// The last word of the pointer that is not a row number.
fn field(pointer: &str) -> String {
    pointer
        .rsplit('/')
        .find(|part| !part.is_empty() && part.parse::<u32>().is_err())
        .unwrap_or("form")
        .replace('_', "-")
}

/// The row number as people count, from one; only where rows are mailboxes.
fn row(pointer: &str) -> Option<u32> {
    let rest = pointer.strip_prefix("/mailboxes/")?;
    let (row, _) = rest.split_once('/')?;
    row.parse::<u32>().ok()?.checked_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;

    #[test]
    fn a_wrong_field_is_named_with_its_reason_in_both_languages() {
        let it = Text::new(Language::It);
        let en = Text::new(Language::En);
        assert!(message(it, "/contact/email", "format").contains("e-mail"));
        assert_ne!(
            message(it, "/contact/email", "format"),
            message(en, "/contact/email", "format")
        );
        let row = message(it, "/mailboxes/1/plan", "unknown_value");
        assert!(row.contains('2'), "{row}");
    }

    #[test]
    fn an_unknown_code_still_names_the_field() {
        let text = Text::new(Language::En);
        let message = message(text, "/person/birth_date", "surprise");
        assert!(message.contains("Date of birth"), "{message}");
    }

    #[test]
    fn every_code_of_the_interface_has_a_sentence() {
        let codes = [
            "required",
            "format",
            "checksum",
            "too_long",
            "out_of_range",
            "unknown_value",
            "unknown_field",
            "mismatch_birth_date",
            "mismatch_sex",
            "same_as_mailbox",
            "second_channel_required",
            "not_accepted",
        ];
        for language in [Language::It, Language::En] {
            let text = Text::new(language);
            for code in codes {
                let other = message(text, "/person/given_name", "surprise");
                assert_ne!(message(text, "/person/given_name", code), other, "{code}");
            }
        }
    }
}
