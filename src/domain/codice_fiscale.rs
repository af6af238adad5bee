//! The codice fiscale of a person: 16 characters that tell sex, birth date and place (D.M. 23 December
//! 1976 n. 13813, DOMAIN 4.1). Eleven-digit codes are `vat_number`.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{
    check_letter::check_letter,
    field::{FieldCode, ValueError},
    folding,
};

const FORMAT: ValueError = ValueError::new(FieldCode::Format, "error-codice-fiscale-format");
const CHECKSUM: ValueError = ValueError::new(FieldCode::Checksum, "error-codice-fiscale-checksum");
const DATE: ValueError = ValueError::new(FieldCode::OutOfRange, "error-codice-fiscale-date");

/// Month letters, January first.
const MONTHS: &str = "ABCDEHLMPRST";
/// Letters that stand for the digits 0 to 9 when two people would have the same code (omocodia).
const OMOCODIA: &str = "LMNPQRSTUV";
/// What one position of the code may hold: `A` a letter, `9` a digit or its letter of omocodia.
const PATTERN: &str = "AAAAAA99A99A999A";

/// Sex as the registers have it, `M` or `F`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sex {
    /// Female.
    F,
    /// Male.
    M,
}

impl Sex {
    /// Reads `M` or `F`, in either case.
    ///
    /// # Errors
    /// `unknown_value` for anything else.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        match text.trim() {
            "F" | "f" => Ok(Self::F),
            "M" | "m" => Ok(Self::M),
            _ => Err(ValueError::new(
                FieldCode::UnknownValue,
                "error-sex-unknown",
            )),
        }
    }

    /// `M` or `F`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::F => "F",
            Self::M => "M",
        }
    }
}

/// A person's codice fiscale: 16 upper-case letters and digits with a right check letter (R21).
///
/// Two codes that differ only by omocodia belong to different people, so they are not equal (R22).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodiceFiscale(String);

impl CodiceFiscale {
    /// Reads a code; case and spaces do not matter.
    ///
    /// # Errors
    /// `format` for another shape, `checksum` for a wrong check letter, `out_of_range` for a birth
    /// date no calendar has.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let code = Self::shaped(text)?;
        if check_letter(&code.part(0, 15)) != code.0.chars().last() {
            return Err(CHECKSUM);
        }
        let (day, month, year) = code.birth_day_month_year_of_century();
        if [1900, 2000]
            .iter()
            .all(|century| NaiveDate::from_ymd_opt(century + year, month, day).is_none())
        {
            return Err(DATE);
        }
        Ok(code)
    }

    /// A code whose check letter is wrong: a person has one slip in it, so birth date and sex in it
    /// can still be compared. Never to be kept.
    pub(super) fn despite_checksum(text: &str) -> Option<Self> {
        (Self::parse(text) == Err(CHECKSUM)).then(|| Self::shaped(text).ok())?
    }

    fn shaped(text: &str) -> Result<Self, ValueError> {
        let code: String = text
            .chars()
            .filter(|character| !character.is_whitespace())
            .map(|character| character.to_ascii_uppercase())
            .take(17)
            .collect();
        if code.chars().count() != 16 || !code.chars().zip(PATTERN.chars()).all(fits) {
            return Err(FORMAT);
        }
        let code = Self(code);
        if !MONTHS.contains(&code.part(8, 9)) {
            return Err(FORMAT);
        }
        Ok(code)
    }

    /// The code, 16 upper-case characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Day of the month, month and the last two digits of the year of birth.
    pub fn birth_day_month_year_of_century(&self) -> (u32, u32, i32) {
        let coded_day = self.number(9, 11);
        let day = if coded_day > 40 {
            coded_day - 40
        } else {
            coded_day
        };
        let letter = self.part(8, 9);
        let month = MONTHS
            .char_indices()
            .find(|(_, month)| letter.starts_with(*month))
            .and_then(|(position, _)| u32::try_from(position + 1).ok())
            .unwrap_or_default();
        let year = i32::try_from(self.number(6, 8)).unwrap_or_default();
        (day, month, year)
    }

    /// Whether a person born on `date` can have this code (the century is not in it).
    pub fn matches_birth_date(&self, date: NaiveDate) -> bool {
        let (day, month, year) = self.birth_day_month_year_of_century();
        date.day() == day && date.month() == month && date.year().rem_euclid(100) == year
    }

    /// The birth date with a guessed century: the latest that is not after `today`.
    pub fn birth_date(&self, today: NaiveDate) -> NaiveDate {
        let (day, month, year) = self.birth_day_month_year_of_century();
        let century = today.year() - today.year().rem_euclid(100);
        (0..=8)
            .filter_map(|back| NaiveDate::from_ymd_opt(century - 100 * back + year, month, day))
            .find(|date| *date <= today)
            .unwrap_or(today)
    }

    /// The sex of the holder: women have 40 added to the day.
    pub fn sex(&self) -> Sex {
        if self.number(9, 11) > 40 {
            Sex::F
        } else {
            Sex::M
        }
    }

    /// The place of birth as a catastale code: a letter and three digits, `Z` for abroad.
    pub fn birth_place_code(&self) -> String {
        format!("{}{:03}", self.part(11, 12), self.number(12, 15))
    }

    /// Whether the six letters fit these names: as [`Self::matches_family`] and [`Self::matches_given`].
    pub fn matches_names(&self, family: &str, given: &str) -> bool {
        self.matches_family(family) && self.matches_given(given)
    }

    /// Whether the first three letters fit a family name, or some of its words in a row: registers have a compound
    /// name in part, married women by their own, and accents spelt in more than one way. A `false` is a warning,
    /// never a refusal (R23).
    pub fn matches_family(&self, family: &str) -> bool {
        let told = self.family_letters();
        readings(family).any(|folded| family_letters(&folded) == told)
    }

    /// Whether the next three fit a given name, or some of its words in a row.
    pub fn matches_given(&self, given: &str) -> bool {
        let told = self.given_letters();
        readings(given).any(|folded| given_letters(&folded) == told)
    }

    /// The three letters of the family name.
    pub fn family_letters(&self) -> String {
        self.part(0, 3)
    }

    /// The three letters of the given name.
    pub fn given_letters(&self) -> String {
        self.part(3, 6)
    }

    /// The code with all but the first three and the last two characters hidden.
    pub fn masked(&self) -> String {
        masked_code(&self.0)
    }

    fn part(&self, from: usize, to: usize) -> String {
        self.0.chars().skip(from).take(to - from).collect()
    }

    /// The number at these positions, letters of omocodia read as their digits.
    fn number(&self, from: usize, to: usize) -> u32 {
        self.part(from, to).chars().fold(0, |number, character| {
            number * 10 + digit(character).unwrap_or_default()
        })
    }
}

/// A code for people to recognise: the first three and the last two characters, stars between.
pub(super) fn masked_code(code: &str) -> String {
    let length = code.chars().count();
    code.chars()
        .enumerate()
        .map(|(position, character)| {
            if position < 3 || position + 2 >= length {
                character
            } else {
                '*'
            }
        })
        .collect()
}

fn fits((character, kind): (char, char)) -> bool {
    if kind == '9' {
        digit(character).is_some()
    } else {
        character.is_ascii_uppercase()
    }
}

fn digit(character: char) -> Option<u32> {
    character.to_digit(10).or_else(|| {
        OMOCODIA
            .find(character)
            .and_then(|position| u32::try_from(position).ok())
    })
}

/// How a name may stand in a register, folded: whole, or some of its words in a row; umlauts as plain vowels, written
/// out or contracted.
fn readings(name: &str) -> impl Iterator<Item = String> {
    let words = name.split(|letter: char| letter.is_whitespace() || "-‐‑–/".contains(letter));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let lengths = (1..=words.len()).rev();
    let runs: Vec<String> = lengths
        .flat_map(|length| words.windows(length).map(|run| run.join("")))
        .collect();
    runs.into_iter().flat_map(|run| {
        let written_out = folding::fold_umlauts(&run);
        let contracted = folding::contract_umlauts(&written_out);
        [folding::fold(&run), written_out, contracted]
    })
}

/// The letters that a code of this family name begins with.
pub(super) fn letters_of_family(family: &str) -> String {
    family_letters(&folding::fold(family))
}

/// The letters that a code has for this given name.
pub(super) fn letters_of_given(given: &str) -> String {
    given_letters(&folding::fold(given))
}

/// Of a folded family name.
fn family_letters(folded: &str) -> String {
    let (consonants, vowels) = letters(folded);
    triple(&consonants, &vowels)
}

/// Of a folded given name.
fn given_letters(folded: &str) -> String {
    let (consonants, vowels) = letters(folded);
    match consonants.as_slice() {
        [first, _, third, fourth, ..] => [*first, *third, *fourth].iter().collect(),
        consonants => triple(consonants, &vowels),
    }
}

fn letters(folded: &str) -> (Vec<char>, Vec<char>) {
    folded
        .chars()
        .map(|letter| letter.to_ascii_uppercase())
        .filter(char::is_ascii_uppercase)
        .partition(|letter| !"AEIOU".contains(*letter))
}

fn triple(consonants: &[char], vowels: &[char]) -> String {
    let letters = consonants.iter().chain(vowels);
    letters.chain(&['X', 'X', 'X']).take(3).collect()
}

impl TryFrom<String> for CodiceFiscale {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<CodiceFiscale> for String {
    fn from(code: CodiceFiscale) -> Self {
        code.0
    }
}

impl fmt::Debug for CodiceFiscale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CodiceFiscale(..)")
    }
}

#[cfg(test)]
mod tests;
