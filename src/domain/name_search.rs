//! A person looked for by given and family name, in either order.

use super::folding::fold;
use super::identity::Identity;
use super::personal_name::PersonalName;

/// Most words of a search that is read as a name.
const WORDS: usize = 8;

/// Several words which may be a person's names: only the family name is indexed, so each part that it may be is
/// looked up and what is found is narrowed by the rest.
#[derive(Clone)]
pub struct NameSearch {
    whole: PersonalName,
    /// Family name, and the words beside it.
    splits: Vec<(PersonalName, String)>,
}

impl NameSearch {
    /// Reads a search; `None` for one word, and for what is no name.
    pub fn parse(text: &str) -> Option<Self> {
        let whole = PersonalName::parse(text).ok()?;
        let words: Vec<&str> = text.split_whitespace().collect();
        if !(2..=WORDS).contains(&words.len()) {
            return None;
        }
        let halves = (1..words.len()).filter_map(|at| words.split_at_checked(at));
        let splits = halves
            .flat_map(|(first, last)| [(first, last), (last, first)])
            .filter_map(|(family, given)| {
                let family = PersonalName::parse(&family.join(" ")).ok()?;
                Some((family, given.join(" ")))
            });
        Some(Self {
            whole,
            splits: splits.collect(),
        })
    }

    /// Each part that may be the family name, beside the whole.
    pub fn family_names(&self) -> impl Iterator<Item = &PersonalName> {
        self.splits.iter().map(|(family, _)| family)
    }

    /// Whether it names this person; an entity only by its whole name.
    pub fn fits(&self, identity: &Identity) -> bool {
        let surname = identity.folded_surname();
        if self.whole.folded_variants().contains(&surname) {
            return true;
        }
        let Identity::Person(person) = identity else {
            return false;
        };
        self.splits.iter().any(|(family, given)| {
            family.folded_variants().contains(&surname) && is_given(given, person.given_name())
        })
    }
}

/// Whether words are given names of somebody: all of them, or some.
fn is_given(typed: &str, given: &PersonalName) -> bool {
    let is_same = |typed: &str, folded: &str| {
        PersonalName::parse(typed).is_ok_and(|typed| typed.folded_variants().contains(folded))
    };
    let names: Vec<String> = given.as_str().split_whitespace().map(fold).collect();
    is_same(typed, &given.folded())
        || typed
            .split_whitespace()
            .all(|word| names.iter().any(|name| is_same(word, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn families(text: &str) -> Vec<String> {
        let search = NameSearch::parse(text).unwrap();
        let families = search.family_names();
        families.map(|name| name.as_str().to_owned()).collect()
    }

    #[test]
    fn each_part_at_either_end_may_be_the_family_name() {
        assert_eq!(
            families("Chiara De Santis"),
            ["Chiara", "De Santis", "Chiara De", "Santis"]
        );
        assert!(NameSearch::parse("Rossi").is_none());
        assert!(NameSearch::parse("06 1234 5678").is_none());
        assert!(NameSearch::parse("a b c d e f g h i").is_none());
    }

    #[test]
    fn given_names_may_be_some_of_them_and_nobody_elses() {
        let given = PersonalName::parse("Anna Maria").unwrap();
        for typed in ["Anna", "maria", "Anna Maria", "Annamaria", "Maria Anna"] {
            assert!(is_given(typed, &given), "{typed}");
        }
        for typed in ["Ann", "Anna Lucia", "Lucia"] {
            assert!(!is_given(typed, &given), "{typed}");
        }
    }
}
