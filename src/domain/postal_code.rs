//! Which CAP a comune has: what is proposed where a field is empty, and what is asked about where another was
//! typed. CAPs change, so nothing is put in unasked and nothing is refused.
//!
//! `assets/postal_codes/postal_codes.csv` has the CAPs of today's comuni by the code of the comune; names and
//! provinces are those of `place`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::field::filled;
use super::folding::fold;
use super::place;

/// `code;CAPs, parted by blanks;name in another language`.
static CODES: &str = include_str!("../../assets/postal_codes/postal_codes.csv");

/// Provinces of Sardinia, of whatever year.
const SARDINIA: [&str; 9] = ["CA", "CI", "NU", "OG", "OR", "OT", "SS", "SU", "VS"];

/// By folded name: every comune of today that has it, with a name in another language too.
static COMUNI: LazyLock<HashMap<String, Vec<Comune>>> = LazyLock::new(|| {
    let mut comuni: HashMap<String, Vec<Comune>> = HashMap::new();
    for line in CODES.lines() {
        let mut fields = line.split(';');
        let (Some(code), Some(codes)) = (fields.next(), fields.next()) else {
            continue;
        };
        let Some(place) = place::newest(code) else {
            continue;
        };
        let comune = Comune {
            name: place.name,
            province: place.province,
            codes,
        };
        comuni.entry(fold(place.name)).or_default().push(comune);
        if let Some(other) = filled(fields.next()) {
            comuni.entry(fold(other)).or_default().push(comune);
        }
    }
    comuni
});

/// By CAP: every comune of today that has it.
static TOWNS: LazyLock<HashMap<&'static str, Vec<Comune>>> = LazyLock::new(|| {
    let mut towns: HashMap<&str, Vec<Comune>> = HashMap::new();
    for comune in COMUNI.values().flatten() {
        for code in comune.codes() {
            let known = towns.entry(code).or_default();
            // a name in another language is no other town
            if !known.contains(comune) {
                known.push(*comune);
            }
        }
    }
    towns
});

/// A comune of today.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Comune {
    /// Its name.
    pub name: &'static str,
    /// Letters of its province.
    pub province: &'static str,
    codes: &'static str,
}

impl Comune {
    /// Its CAPs, in order; at least one.
    pub fn codes(&self) -> impl Iterator<Item = &'static str> {
        self.codes.split(' ')
    }

    /// Its CAP, if it has one alone.
    pub fn only_code(&self) -> Option<&'static str> {
        (!self.codes.contains(' ')).then_some(self.codes)
    }

    /// Its first and last CAP.
    pub fn range(&self) -> (&'static str, &'static str) {
        let first = self.codes().next().unwrap_or_default();
        (first, self.codes().last().unwrap_or(first))
    }
}

/// The parts of an address that tell of its CAP, as typed.
#[derive(Clone, Copy, Default)]
pub struct Typed<'a> {
    /// Town.
    pub city: Option<&'a str>,
    /// Letters of the province.
    pub province: Option<&'a str>,
    /// Postal code.
    pub postal_code: Option<&'a str>,
    /// Country; Italy when it is missing.
    pub country: Option<&'a str>,
}

impl Typed<'_> {
    /// The comune, where it can only be one: its name is known, and no other of the province has it.
    /// `None` abroad.
    pub fn comune(&self) -> Option<Comune> {
        if self.is_abroad() {
            return None;
        }
        let named = COMUNI.get(&fold(filled(self.city)?))?;
        match named.as_slice() {
            [one] => Some(*one),
            several => {
                let province = filled(self.province)?;
                let of_it = |it: &&Comune| it.province.eq_ignore_ascii_case(province);
                let mut found = several.iter().filter(of_it);
                found.next().filter(|_| found.next().is_none()).copied()
            }
        }
    }

    /// The comune of this name that has this CAP, if it is one alone. `None` abroad.
    pub fn fitting(&self) -> Option<Comune> {
        if self.is_abroad() {
            return None;
        }
        let code = filled(self.postal_code)?;
        let named = COMUNI.get(&fold(filled(self.city)?))?;
        let has_it = |it: &&Comune| it.codes().any(|own| own == code);
        let mut found = named.iter().filter(has_it);
        found.next().filter(|_| found.next().is_none()).copied()
    }

    /// The letters of the province, where town and CAP agree on another one than was typed. Those of Sardinia
    /// changed and change again: there any of them is taken.
    pub fn other_province(&self) -> Option<&'static str> {
        let typed = filled(self.province)?;
        let own = self.fitting()?.province;
        let is_sardinian =
            |letters: &str| SARDINIA.iter().any(|it| it.eq_ignore_ascii_case(letters));
        let fits = own.eq_ignore_ascii_case(typed) || (is_sardinian(own) && is_sardinian(typed));
        (!fits).then_some(own)
    }

    /// The comune of the CAP, where no town was typed and the CAP is of one alone. `None` abroad.
    pub fn town(&self) -> Option<Comune> {
        if self.is_abroad() || filled(self.city).is_some() {
            return None;
        }
        match TOWNS.get(filled(self.postal_code)?)?.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    fn is_abroad(&self) -> bool {
        filled(self.country).is_some_and(|country| !country.eq_ignore_ascii_case("IT"))
    }

    /// The comune whose CAP it is not, though five digits were typed.
    pub fn doubted(&self) -> Option<Comune> {
        let code = filled(self.postal_code)?;
        let is_code = code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit());
        let comune = self.comune()?;
        let differs = !comune.codes().any(|own| own == code);
        (is_code && differs).then_some(comune)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn typed<'a>(city: &'a str, province: &'a str, postal_code: &'a str) -> Typed<'a> {
        Typed {
            city: Some(city),
            province: Some(province),
            postal_code: Some(postal_code),
            country: None,
        }
    }

    #[test]
    fn every_line_of_the_table_is_a_comune_with_caps() {
        let mut known = 0;
        for line in CODES.lines() {
            let fields: Vec<&str> = line.split(';').collect();
            let [code, codes, _] = fields[..] else {
                panic!("{line}");
            };
            assert!(codes.split(' ').all(|it| it.len() == 5), "{line}");
            let sorted: Vec<&str> = codes.split(' ').collect();
            assert!(sorted.is_sorted(), "{line}");
            known += usize::from(place::newest(code).is_some());
        }
        assert!(known > 7_850, "{known}");
        assert!(CODES.lines().map(|line| line.get(..4)).is_sorted());
    }

    #[test]
    fn a_comune_tells_its_cap_where_it_can_only_be_one() {
        for (city, province, found) in [
            ("Frascati", "", Some("00044")),
            ("FRASCATI ", "RM", Some("00044")),
            ("l'aquila", "", Some("67100")),
            ("Forlì", "", None),
            ("Bozen", "", Some("39100")),
            ("Olbia", "", Some("07026")),
            ("Teulada", "SU", Some("09019")),
            // one near Turin, one near Trento
            ("Samone", "", None),
            ("Samone", "tn", Some("38059")),
            ("Samone", "MI", None),
            ("Roma", "", None),
            ("Atlantide", "", None),
            ("", "", None),
        ] {
            let comune = typed(city, province, "").comune();
            assert_eq!(comune.and_then(|it| it.only_code()), found, "{city}");
        }
        let rome = typed("Roma", "", "").comune().unwrap();
        assert_eq!((rome.name, rome.range()), ("Roma", ("00118", "00199")));
        let berlin = Typed {
            country: Some("DE"),
            ..typed("Roma", "", "10115")
        };
        assert_eq!((berlin.comune(), berlin.doubted()), (None, None));
    }

    #[test]
    fn a_cap_tells_its_town_where_it_is_of_one_alone() {
        for (cap, found) in [
            ("00184", Some("Roma")),
            ("00044", Some("Frascati")),
            ("39100", Some("Bolzano")),
            // several comuni share it
            ("10010", None),
            ("00000", None),
            ("0018", None),
            ("", None),
        ] {
            let town = typed("", "", cap).town();
            assert_eq!(town.map(|it| it.name), found, "{cap}");
        }
        assert_eq!(
            typed("Milano", "", "00184").town(),
            None,
            "a town was typed"
        );
        let berlin = Typed {
            country: Some("DE"),
            ..typed("", "", "00184")
        };
        assert_eq!(berlin.town(), None);
    }

    #[test]
    fn r27_another_cap_is_asked_about_and_a_fitting_or_odd_one_is_not() {
        for (city, cap, is_asked) in [
            ("Frascati", "00044", false),
            ("Frascati", "00045", true),
            ("Roma", "00184", false),
            // the general code that Rome had before
            ("Roma", "00100", true),
            ("Atlantide", "00100", false),
            ("Frascati", "0004", false),
            ("Frascati", "", false),
        ] {
            let doubted = typed(city, "", cap).doubted();
            assert_eq!(doubted.is_some(), is_asked, "{city} {cap}");
        }
    }

    #[test]
    fn town_and_cap_that_agree_tell_another_province_than_was_typed() {
        for (city, province, cap, found) in [
            ("Bolzano", "MI", "39100", Some("BZ")),
            ("Bozen", "mi", "39100", Some("BZ")),
            ("Bolzano", "bz", "39100", None),
            ("Samone", "MI", "38059", Some("TN")),
            ("Bolzano", "XX", "39100", Some("BZ")),
            // they do not agree: the CAP is asked about
            ("Milano", "MI", "39100", None),
            ("Bolzano", "MI", "", None),
            ("Bolzano", "", "39100", None),
            ("Atlantide", "MI", "39100", None),
            // Sardinia's letters change
            ("Olbia", "OT", "07026", None),
            ("Teulada", "CA", "09019", None),
            ("Olbia", "MI", "07026", Some("SS")),
        ] {
            let other = typed(city, province, cap).other_province();
            assert_eq!(other, found, "{city} {province} {cap}");
        }
        let abroad = Typed {
            country: Some("CH"),
            ..typed("Bolzano", "MI", "39100")
        };
        assert_eq!(abroad.other_province(), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(city in "\\PC{0,20}", province in "\\PC{0,4}", cap in "\\PC{0,8}") {
            let typed = typed(&city, &province, &cap);
            let _ = (typed.comune(), typed.town(), typed.doubted(), typed.other_province());
        }
    }
}
