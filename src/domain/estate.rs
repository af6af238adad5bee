//! A claimant's death and heirs, as staff record them (R47).

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    codice_fiscale::CodiceFiscale,
    field::{FieldCode, FieldErrors, ValueError, filled},
    person::take_name,
    personal_name::PersonalName,
    representation::day,
};

/// Most heirs of one claimant.
const MOST_HEIRS: usize = 50;
/// Largest denominator of a share.
const LARGEST_DENOMINATOR: u32 = 10_000;

/// A death as typed; nothing in it is checked.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EstateInput {
    /// Day of death, `YYYY-MM-DD`.
    pub died_on: Option<String>,
    /// Heirs; none while they are not known.
    pub heirs: Option<Vec<HeirInput>>,
}

/// An heir as typed; nothing in it is checked.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeirInput {
    /// Given name or names.
    pub given_name: Option<String>,
    /// Family name or names.
    pub family_name: Option<String>,
    /// Codice fiscale, sixteen characters.
    pub codice_fiscale: Option<String>,
    /// A fraction, `1/3`, or a percentage, `33.34%`.
    #[schema(example = "1/3")]
    pub share: Option<String>,
}

/// Part of an estate: a fraction above zero, at most the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    numerator: u32,
    denominator: u32,
}

impl Share {
    /// Reads `1/3`, `50%` or `33.34%`; a comma is as good as a point.
    ///
    /// # Errors
    /// `required`; `format`; `out_of_range` for nothing, for more than the whole and for a denominator
    /// above 10,000.
    pub fn parse(text: Option<&str>) -> Result<Self, ValueError> {
        let text =
            filled(text).ok_or(ValueError::new(FieldCode::Required, "error-share-required"))?;
        let format = ValueError::new(FieldCode::Format, "error-share-format");
        let number = |text: &str| {
            let text = text.trim();
            let is_number =
                (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            is_number.then(|| text.parse::<u32>().ok()).flatten()
        };
        let (numerator, denominator) = if let Some(percent) = text.strip_suffix('%') {
            let percent = percent.trim();
            let (whole, part) = percent.split_once(['.', ',']).unwrap_or((percent, "0"));
            let hundredths = match part.len() {
                1 => number(part).map(|tenths| tenths * 10),
                2 => number(part),
                _ => None,
            };
            let whole = number(whole).ok_or(format)?;
            (whole * 100 + hundredths.ok_or(format)?, LARGEST_DENOMINATOR)
        } else {
            let (above, below) = text.split_once('/').ok_or(format)?;
            (number(above).ok_or(format)?, number(below).ok_or(format)?)
        };
        if numerator == 0 || numerator > denominator || denominator > LARGEST_DENOMINATOR {
            return Err(ValueError::new(FieldCode::OutOfRange, "error-share-range"));
        }
        let common = greatest_common_divisor(numerator, denominator);
        Ok(Self {
            numerator: numerator / common,
            denominator: denominator / common,
        })
    }

    /// As `1/3`; the whole as `1/1`.
    pub fn as_fraction(self) -> String {
        format!("{}/{}", self.numerator, self.denominator)
    }
}

/// An heir.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heir {
    given_name: PersonalName,
    family_name: PersonalName,
    codice_fiscale: CodiceFiscale,
    share: Share,
}

impl Heir {
    /// Given and family name.
    pub fn name(&self) -> String {
        format!("{} {}", self.given_name.as_str(), self.family_name.as_str())
    }

    /// Codice fiscale.
    pub fn codice_fiscale(&self) -> &CodiceFiscale {
        &self.codice_fiscale
    }

    /// Part of the estate.
    pub const fn share(&self) -> Share {
        self.share
    }
}

/// A death and its heirs, whose shares sum to the whole.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estate {
    died_on: NaiveDate,
    heirs: Vec<Heir>,
}

impl Estate {
    /// Reads a death; pointers begin with `/`.
    ///
    /// # Errors
    /// Every wrong field; `out_of_range` at `/heirs` if the shares do not sum to the whole (R47).
    pub fn parse(input: &EstateInput, today: NaiveDate) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let died_on = day(input.died_on.as_deref()).and_then(|day| match day {
            None => Err(ValueError::new(
                FieldCode::Required,
                "error-died-on-required",
            )),
            Some(day) if day > today => {
                Err(ValueError::new(FieldCode::OutOfRange, "error-day-future"))
            }
            Some(day) => Ok(day),
        });
        let died_on = errors.take("/died_on", died_on);
        let typed = input.heirs.as_deref().unwrap_or_default();
        if typed.len() > MOST_HEIRS {
            errors.push("/heirs", FieldCode::TooLong, "error-heirs-too-many");
            return Err(errors);
        }
        let heirs: Vec<Option<Heir>> = typed
            .iter()
            .enumerate()
            .map(|(place, heir)| parse_heir(heir, &mut errors, &format!("/heirs/{place}")))
            .collect();
        let heirs: Option<Vec<Heir>> = heirs.into_iter().collect();
        if let Some(heirs) = &heirs
            && !heirs.is_empty()
            && !is_whole(heirs.iter().map(|heir| heir.share))
        {
            errors.push("/heirs", FieldCode::OutOfRange, "error-shares-sum");
        }
        match (died_on, heirs) {
            (Some(died_on), Some(heirs)) => errors.into_result(Self { died_on, heirs }),
            _ => Err(errors),
        }
    }

    /// Day of death.
    pub const fn died_on(&self) -> NaiveDate {
        self.died_on
    }

    /// Heirs, in the order they were told.
    pub fn heirs(&self) -> &[Heir] {
        &self.heirs
    }
}

fn parse_heir(input: &HeirInput, errors: &mut FieldErrors, pointer: &str) -> Option<Heir> {
    let given = input.given_name.as_deref();
    let given_name = take_name(given, "given_name", errors, pointer);
    let family = input.family_name.as_deref();
    let family_name = take_name(family, "family_name", errors, pointer);
    let code = filled(input.codice_fiscale.as_deref())
        .ok_or(ValueError::new(
            FieldCode::Required,
            "error-codice-fiscale-required",
        ))
        .and_then(CodiceFiscale::parse);
    let codice_fiscale = errors.take(format!("{pointer}/codice_fiscale"), code);
    let share = Share::parse(input.share.as_deref());
    let share = errors.take(format!("{pointer}/share"), share);
    Some(Heir {
        given_name: given_name?,
        family_name: family_name?,
        codice_fiscale: codice_fiscale?,
        share: share?,
    })
}

/// Whether shares sum to exactly one. A sum whose exact value does not fit counts as another one.
fn is_whole(shares: impl Iterator<Item = Share>) -> bool {
    let mut sum = (0_u128, 1_u128);
    for share in shares {
        let (above, below) = (u128::from(share.numerator), u128::from(share.denominator));
        let common = greatest_common_divisor(sum.1, below);
        let factor = below / common;
        let Some(denominator) = sum.1.checked_mul(factor) else {
            return false;
        };
        let (Some(kept), Some(added)) = (
            sum.0.checked_mul(factor),
            above.checked_mul(denominator / below),
        ) else {
            return false;
        };
        let Some(numerator) = kept.checked_add(added) else {
            return false;
        };
        let common = greatest_common_divisor(numerator, denominator);
        sum = (numerator / common, denominator / common);
    }
    sum == (1, 1)
}

fn greatest_common_divisor<N>(left: N, right: N) -> N
where
    N: Copy + PartialEq + Default + std::ops::Rem<Output = N>,
{
    let (mut left, mut right) = (left, right);
    while right != N::default() {
        (left, right) = (right, left % right);
    }
    left
}

impl fmt::Debug for EstateInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EstateInput(..)")
    }
}

impl fmt::Debug for HeirInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HeirInput(..)")
    }
}

impl fmt::Debug for Heir {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Heir(..)")
    }
}

impl fmt::Debug for Estate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Estate(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estate(shares: &[&str]) -> Result<Estate, FieldErrors> {
        let heirs = shares.iter().map(|share| HeirInput {
            given_name: Some("Anna".to_owned()),
            family_name: Some("Bianchi".to_owned()),
            codice_fiscale: Some("BNCNNA58S70F205L".to_owned()),
            share: Some((*share).to_owned()),
        });
        let input = EstateInput {
            died_on: Some("2026-05-01".to_owned()),
            heirs: Some(heirs.collect()),
        };
        Estate::parse(&input, NaiveDate::from_ymd_opt(2026, 11, 22).unwrap())
    }

    #[test]
    fn r47_shares_sum_to_the_whole_exactly() {
        for whole in [
            &["1/3", "1/3", "1/3"][..],
            &["50%", "1/4", "25,00%"],
            &["33.33%", "33.33%", "33.34%"],
            &["1/1"],
            &["1/7", "2/7", "4/7"],
            &[],
        ] {
            assert!(estate(whole).is_ok(), "{whole:?}");
        }
        for other in [
            &["1/3", "1/3"][..],
            &["33.33%", "33.33%", "33.33%"],
            &["1/2", "1/2", "1/10000"],
        ] {
            let errors = estate(other).unwrap_err();
            let first = (&errors).into_iter().next().unwrap();
            assert_eq!(first.pointer, "/heirs", "{other:?}");
        }
        // primes: their common denominator soon fits nowhere
        let primes = ["1/9973", "1/9967", "1/9949", "1/9941", "1/9931", "1/9929"];
        let many: Vec<&str> = primes.into_iter().cycle().take(50).collect();
        assert!(estate(&many).is_err());
    }

    #[test]
    fn a_share_is_a_fraction_or_a_percentage() {
        for (text, fraction) in [
            ("1/3", "1/3"),
            (" 2 / 4 ", "1/2"),
            ("100%", "1/1"),
            ("12,5%", "1/8"),
            ("0.01 %", "1/10000"),
        ] {
            let share = Share::parse(Some(text)).unwrap();
            assert_eq!(share.as_fraction(), fraction, "{text}");
        }
        for wrong in [
            "", "0/3", "4/3", "1/0", "101%", "a", "1", "-1/2", "1/2/3", "1/10001", "33.333%", "%",
            "1.%",
        ] {
            assert!(Share::parse(Some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_death_lies_in_the_past() {
        let input = EstateInput {
            died_on: Some("2026-11-23".to_owned()),
            heirs: None,
        };
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        assert!(Estate::parse(&input, today).is_err());
        assert!(Estate::parse(&EstateInput::default(), today).is_err());
    }
}
