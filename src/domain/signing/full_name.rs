//! Whether a typed name is the expected one.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::super::folding::{fold, fold_umlauts};

/// How many placements of words are tried before a name counts as another one: far more than any name
/// of a person needs.
const MOST_STEPS: u32 = 20_000;

/// Whether `typed` is the name `expected`: compared without case, accents, apostrophes, hyphens, the
/// order of the words and the blanks between them. No word may be missing or added. For an entity the
/// name expected is its legal representative's.
pub fn same_name(typed: &str, expected: &str) -> bool {
    is_made_of(&fold(typed), expected, fold)
        || is_made_of(&fold_umlauts(typed), expected, fold_umlauts)
}

/// Whether the letters of `typed` are the words of `expected`, each as often as there, in any order.
fn is_made_of(typed: &str, expected: &str, fold: impl Fn(&str) -> String) -> bool {
    let composed: String = expected.nfc().collect();
    let mut words: BTreeMap<String, usize> = BTreeMap::new();
    for word in composed.split(|letter: char| !letter.is_alphanumeric()) {
        let word = fold(word);
        if !word.is_empty() {
            *words.entry(word).or_default() += 1;
        }
    }
    let length: usize = words.iter().map(|(word, count)| word.len() * count).sum();
    let mut steps = MOST_STEPS;
    !typed.is_empty() && length == typed.len() && place(typed, &mut words, &mut steps)
}

/// Whether the words that are left fill `rest` exactly.
fn place(rest: &str, words: &mut BTreeMap<String, usize>, steps: &mut u32) -> bool {
    if rest.is_empty() {
        return true;
    }
    let fitting: Vec<String> = words
        .iter()
        .filter(|(word, count)| **count > 0 && rest.starts_with(word.as_str()))
        .map(|(word, _)| word.clone())
        .collect();
    for word in fitting.into_iter().rev() {
        let Some(left) = steps.checked_sub(1) else {
            return false;
        };
        *steps = left;
        let Some(after) = rest.strip_prefix(word.as_str()) else {
            continue;
        };
        take(words, &word, -1);
        if place(after, words, steps) {
            return true;
        }
        take(words, &word, 1);
    }
    false
}

fn take(words: &mut BTreeMap<String, usize>, word: &str, by: isize) {
    if let Some(count) = words.get_mut(word) {
        *count = count.saturating_add_signed(by);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r43_case_accents_order_apostrophes_and_blanks_do_not_count() {
        for (typed, expected) in [
            ("Mario Rossi", "Mario Rossi"),
            ("  ROSSI   mario ", "Mario Rossi"),
            ("niccolo verita", "Niccolò Verità"),
            ("Verita' Niccolo'", "Niccolò Verità"),
            ("gianfranco dangelo", "Gianfranco D'Angelo"),
            ("D’Angelo Gianfranco", "Gianfranco D'Angelo"),
            ("D ANGELO GIANFRANCO", "Gianfranco D'Angelo"),
            ("Anna Maria De Luca", "Anna-Maria De Luca"),
            ("deluca annamaria", "Anna-Maria De Luca"),
            ("de luca anna", "Anna Deluca"),
            ("Jörg Müller", "Jo\u{308}rg Mu\u{308}ller"),
            ("Mueller Joerg", "Jörg Müller"),
            ("Li Li Wu", "Wu Li Li"),
            ("Иван Петров", "петров иван"),
        ] {
            assert!(same_name(typed, expected), "{typed} / {expected}");
        }
    }

    #[test]
    fn r43_another_name_is_another_name() {
        for (typed, expected) in [
            ("", "Mario Rossi"),
            ("", ""),
            ("'", "'"),
            ("Mario", "Mario Rossi"),
            ("Mario Rossi Rossi", "Mario Rossi"),
            ("Mario Mario Rossi", "Mario Rossi Rossi"),
            ("Maria Rossi", "Mario Rossi"),
            ("Mario Rossi", "Mario Giovanni Rossi"),
            ("Mario Rosso", "Mario Rossi"),
            ("oiraM issoR", "Mario Rossi"),
        ] {
            assert!(!same_name(typed, expected), "{typed} / {expected}");
        }
    }

    #[test]
    fn a_hostile_name_is_answered_at_once() {
        let expected: Vec<String> = (1..18).map(|count| "a".repeat(count)).collect();
        let expected = format!("{} ba", expected.join(" "));
        let typed = format!("{}ab", "a".repeat(17 * 9));
        assert!(!same_name(&typed, &expected));
        assert!(!same_name(&"a ".repeat(100_000), &expected));
    }

    proptest! {
        #[test]
        fn a_name_is_itself_in_any_order(mut words in prop::collection::vec("[a-zà]{1,9}", 1..6)) {
            let expected = words.join(" ");
            prop_assert!(same_name(&expected.to_uppercase(), &expected));
            words.reverse();
            prop_assert!(same_name(&words.join("  "), &expected));
        }

        #[test]
        fn no_text_panics(typed: String, expected: String) {
            same_name(&typed, &expected);
        }
    }
}
