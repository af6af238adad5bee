//! What a form says about the CAP of an address: proposed where the field is empty, asked about where it does
//! not fit the comune, never put in unasked (R27).

use crate::domain::postal_code::Typed;
use crate::render::page::{AddressForm, CapQuestion, Errors};

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
    let Some(comune) = typed.comune() else {
        return;
    };
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
        form.caps_of = Some((comune.name.to_owned(), first.to_owned(), last.to_owned()));
        if let Some(only) = comune.only_code() {
            only.clone_into(&mut form.postal_code);
        }
    }
    if form.province.trim().is_empty() {
        comune.province.clone_into(&mut form.province);
        form.province_proposed = true;
    }
}

/// Says of a missing CAP at `pointer` that it was proposed, or that the comune has several.
pub fn explain(errors: &mut Errors, form: &AddressForm, pointer: &str) {
    if form.caps_of.is_none() {
        return;
    }
    let reason = if form.postal_code.is_empty() {
        "error-postal-code-several"
    } else {
        "error-postal-code-proposed"
    };
    for error in &mut errors.0 {
        if error.pointer == pointer && error.reason == "error-postal-code-required" {
            error.reason = reason;
        }
    }
}
