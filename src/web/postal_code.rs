//! What a form says about town and CAP of an address: one is proposed from the other, a CAP that does not fit the
//! comune is asked about, nothing is put in unasked (R27).

use crate::domain::postal_code::{Comune, Typed};
use crate::render::page::{AddressForm, CapQuestion, Errors, FieldError, FoundTown};

/// What was tapped, and what was asked before: two fields of a form with an address.
#[derive(Clone, Copy, Default)]
pub struct Taps<'a> {
    /// The CAP to put in.
    pub cap: Option<&'a str>,
    /// The typed CAP that the page asked about.
    pub seen: Option<&'a str>,
}

/// The CAP that was tapped, if it is one of the comune's.
pub fn tapped(address: Typed<'_>, taps: Taps<'_>) -> Option<String> {
    let cap = taps.cap?;
    let comune = address.comune()?;
    comune.codes().find(|own| *own == cap).map(str::to_owned)
}

/// Notes on a form that is shown again what is proposed and what is asked. What was asked before is not asked
/// again: who sends the form on has read it.
pub fn note(form: &mut AddressForm, taps: Taps<'_>) {
    let typed = Typed {
        city: Some(&form.city),
        province: Some(&form.province),
        postal_code: Some(&form.postal_code),
        country: Some(&form.country),
    };
    if let Some(town) = typed.town() {
        let code = form.postal_code.trim().to_owned();
        town.name.clone_into(&mut form.city);
        found(form, town, code);
        return;
    }
    let Some(comune) = typed.comune().or_else(|| typed.fitting()) else {
        return;
    };
    let other = typed.other_province();
    let (first, last) = comune.range();
    let code = form.postal_code.trim().to_owned();
    if typed.doubted().is_some() {
        if taps.seen != Some(code.as_str()) {
            form.question = Some(CapQuestion {
                city: comune.name.to_owned(),
                typed: code.clone(),
                meant: comune.only_code().map(str::to_owned),
                range: (first.to_owned(), last.to_owned()),
            });
        }
        form.asked = Some(code);
    } else if code.is_empty() {
        match comune.only_code() {
            Some(only) => return found(form, comune, only.to_owned()),
            None => {
                form.caps_of = Some((comune.name.to_owned(), first.to_owned(), last.to_owned()));
            }
        }
    }
    if let Some(other) = other {
        other.clone_into(&mut form.province);
        form.province_proposed = true;
    } else if form.province.trim().is_empty() {
        comune.province.clone_into(&mut form.province);
        form.province_proposed = true;
    }
}

/// The other half of an address, put in to be looked at. The province is its comune's: one that stood there may
/// be of the town before.
fn found(form: &mut AddressForm, comune: Comune, code: String) {
    code.clone_into(&mut form.postal_code);
    let typed = Typed {
        city: Some(&form.city),
        province: Some(&form.province),
        postal_code: Some(&form.postal_code),
        country: Some(&form.country),
    };
    if form.province.trim().is_empty() || typed.other_province().is_some() {
        comune.province.clone_into(&mut form.province);
    }
    form.found = Some(FoundTown {
        city: comune.name.to_owned(),
        code,
        province: comune.province.to_owned(),
    });
}

/// What was found is not missing any more, and of a comune with several CAPs that is said. `pointer` is that of
/// the address.
pub fn explain(errors: &mut Errors, form: &AddressForm, pointer: &str) {
    let missing = |error: &FieldError, field: &str, reason: &str| {
        error.reason == reason && error.pointer == format!("{pointer}/{field}")
    };
    if form.found.is_some() {
        errors.0.retain(|error| {
            !missing(error, "postal_code", "error-postal-code-required")
                && !missing(error, "city", "error-city-required")
                && !missing(error, "province", "error-province-required")
        });
    }
    let half = match (
        form.city.trim().is_empty(),
        form.postal_code.trim().is_empty(),
    ) {
        (false, true) if form.caps_of.is_some() => "error-postal-code-several",
        (false, true) => "error-postal-code-unknown",
        (true, false) => "error-city-unknown",
        // nothing was typed, or both were
        (true, true) | (false, false) => return,
    };
    for error in &mut errors.0 {
        if missing(error, "postal_code", "error-postal-code-required")
            || missing(error, "city", "error-city-required")
        {
            error.reason = half;
        }
    }
}
