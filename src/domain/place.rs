//! Where people were born: comuni and states by the code in a codice fiscale and the day of birth.
//!
//! `assets/places/places.csv` has every name a code ever had and the day from which it had it: comuni were
//! suppressed, renamed and moved to another province, states vanished, the codes stay.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::fmt;
use std::sync::LazyLock;

use chrono::NaiveDate;

use super::folding::fold;

/// `code;name;province;from`, by code, then by day; no province: a state.
static PLACES: &str = include_str!("../../assets/places/places.csv");

static TABLE: LazyLock<Vec<Entry>> =
    LazyLock::new(|| PLACES.lines().filter_map(Entry::read).collect());

/// A name of a place, and since when it had it.
struct Entry {
    code: &'static str,
    place: Place,
    from: NaiveDate,
}

/// A comune, or a state other than Italy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its name then: `Abano Terme`, `Romania`.
    pub name: &'static str,
    /// The letters of its province then; empty for a state.
    pub province: &'static str,
}

impl fmt::Display for Place {
    /// `Abano Terme (PD)`, `Romania`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.province {
            "" => f.write_str(self.name),
            province => write!(f, "{} ({province})", self.name),
        }
    }
}

impl Entry {
    fn read(line: &'static str) -> Option<Self> {
        let mut fields = line.split(';');
        let code = fields.next()?;
        let place = Place {
            name: fields.next()?,
            province: fields.next()?,
        };
        let from = fields.next()?.parse().ok()?;
        Some(Self { code, place, from })
    }
}

/// The place of a code (`H501`) on a day; before its first name, and after it was suppressed, the nearest. `None` for a code that does not exist.
pub fn of_code(code: &str, day: NaiveDate) -> Option<Place> {
    let names = names(code);
    let then = names.iter().rev().find(|entry| entry.from <= day);
    then.or(names.first()).map(|entry| entry.place)
}

/// The place of a code by its newest name. `None` for a code that does not exist.
pub fn newest(code: &str) -> Option<Place> {
    names(code).last().map(|entry| entry.place)
}

/// Whether a place as typed (`MILANO`, `Reggio Emilia (RE)`) can be that of a code: its words are those
/// of one of the names the code ever had. `None` where that cannot be told: the code is unknown, or of
/// a state, in which people name a town or a state that came later.
pub fn fits(code: &str, typed: &str) -> Option<bool> {
    let names = names(code);
    if names.iter().all(|entry| entry.place.province.is_empty()) {
        return None;
    }
    let typed = words(typed);
    let contains = |all: &[String], some: &[String]| some.iter().all(|word| all.contains(word));
    Some(names.iter().any(|entry| {
        let name = words(entry.place.name);
        contains(&typed, &name) || contains(&name, &typed)
    }))
}

/// The letters of the province in which a comune of this name lies now, or lay last: `Torino` gives `TO`.
/// `None` for a name that no comune has, or comuni of two provinces.
pub fn province_of(city: &str) -> Option<&'static str> {
    *PROVINCES.get(&fold(city))?
}

/// By folded name; `None` where two provinces have the name.
static PROVINCES: LazyLock<HashMap<String, Option<&'static str>>> = LazyLock::new(|| {
    let mut provinces = HashMap::new();
    let next = TABLE.iter().skip(1).map(|entry| Some(entry.code));
    let next = next.chain([None]);
    let latest = TABLE
        .iter()
        .zip(next)
        .filter(|(entry, next)| Some(entry.code) != *next);
    for (entry, _) in latest.filter(|(entry, _)| !entry.place.province.is_empty()) {
        let province = entry.place.province;
        match provinces.entry(fold(entry.place.name)) {
            Slot::Vacant(free) => {
                free.insert(Some(province));
            }
            Slot::Occupied(mut known) if *known.get() != Some(province) => {
                known.insert(None);
            }
            Slot::Occupied(_) => {}
        }
    }
    provinces
});

fn names(code: &str) -> &'static [Entry] {
    let start = TABLE.partition_point(|entry| entry.code < code);
    let rest = TABLE.get(start..).unwrap_or_default();
    let end = rest.partition_point(|entry| entry.code == code);
    rest.get(..end).unwrap_or_default()
}

/// Words of a name without case, accents and letters of a province.
fn words(name: &str) -> Vec<String> {
    let parts = name.split(|letter: char| !letter.is_alphanumeric() && letter != '\u{301}');
    let words = parts.map(fold).filter(|word| word.chars().count() > 2);
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn shown(code: &str, born: &str) -> String {
        of_code(code, day(born)).map_or_else(String::new, |place| place.to_string())
    }

    #[test]
    fn every_line_of_the_table_is_read_and_in_order() {
        assert_eq!(TABLE.len(), PLACES.lines().count());
        assert!(TABLE.len() > 14_000);
        assert!(
            TABLE
                .windows(2)
                .all(|pair| (pair[0].code, pair[0].from) <= (pair[1].code, pair[1].from))
        );
        for entry in TABLE.iter() {
            assert!(!entry.place.name.is_empty(), "{}", entry.code);
        }
    }

    #[test]
    fn a_comune_tells_its_province_where_only_one_has_the_name() {
        for (city, province) in [
            ("Torino", Some("TO")),
            ("MONZA", Some("MB")),
            ("barletta", Some("BT")),
            ("L'Aquila", Some("AQ")),
            ("Forlì", Some("FC")),
            // one near Turin, one near Trento
            ("Samone", None),
            ("Atlantide", None),
            ("", None),
        ] {
            assert_eq!(province_of(city), province, "{city}");
        }
    }

    #[test]
    fn a_code_names_the_place_as_it_was_on_the_day() {
        for (code, born, place) in [
            ("H501", "1985-03-12", "Roma (RM)"),
            ("A001", "1920-01-01", "Abano (PD)"),
            ("A001", "1960-01-01", "Abano Terme (PD)"),
            // suppressed, abroad today, gone
            ("D620", "1930-05-05", "Fiume (FU)"),
            ("Z105", "1970-01-01", "Cecoslovacchia"),
            ("Z129", "1979-05-20", "Romania"),
            // before its first name, after its last
            ("M208", "1950-01-01", "Lamezia Terme (CZ)"),
            ("D620", "1950-01-01", "Fiume (FU)"),
            ("X999", "1950-01-01", ""),
            ("", "1950-01-01", ""),
        ] {
            assert_eq!(shown(code, born), place, "{code} {born}");
        }
    }

    #[test]
    fn r23_a_typed_place_fits_any_name_of_its_code() {
        for (code, typed, fit) in [
            ("H501", "ROMA", Some(true)),
            ("H501", "Roma (RM)", Some(true)),
            ("H501", "Roma, Italia", Some(true)),
            ("H501", "Milano", Some(false)),
            ("H501", "Parigi", Some(false)),
            ("A001", "Abano", Some(true)),
            ("H223", "Reggio Emilia", Some(true)),
            ("H223", "Reggio nell\u{2019}Emilia", Some(true)),
            ("H224", "reggio calabria", Some(true)),
            ("A471", "", Some(true)),
            ("Z129", "Bucarest", None),
            ("Z118", "Croazia", None),
            ("X999", "Roma", None),
        ] {
            assert_eq!(fits(code, typed), fit, "{code} {typed}");
        }
    }
}
