//! The consents of a sign-up: the required ones given, each for the text that was shown (R19, R20).

use std::collections::BTreeSet;

use super::{
    super::{
        consent::Purpose,
        field::{FieldCode, FieldErrors, ValueError, filled},
    },
    ConsentInput, SignUpConsent, SignUpInput, SignUpRules,
};

/// How many consents one sign-up may carry.
const MOST: usize = 20;

/// Reads the consents; what is wrong is noted in `errors` and left out.
pub(super) fn parse(
    input: &SignUpInput,
    rules: &SignUpRules,
    errors: &mut FieldErrors,
) -> Vec<SignUpConsent> {
    let typed = input.consents.as_deref().unwrap_or_default();
    if typed.len() > MOST {
        errors.push("/consents", FieldCode::OutOfRange, "error-consent-too-many");
    }
    let mut consents: Vec<SignUpConsent> = Vec::new();
    let mut answered: Vec<Purpose> = Vec::new();
    for (position, typed) in typed.iter().take(MOST).enumerate() {
        let pointer = format!("/consents/{position}");
        let known = rules.known_consents.iter().map(|(known, _)| known.as_str());
        let purpose = errors.take_one_of(
            format!("{pointer}/purpose"),
            purpose(typed, rules),
            known.collect::<BTreeSet<_>>(),
        );
        let Some(purpose) = purpose else {
            continue;
        };
        if answered.contains(&purpose) {
            errors.push(
                format!("{pointer}/purpose"),
                FieldCode::Format,
                "error-consent-twice",
            );
            continue;
        }
        answered.push(purpose);
        consents.extend(one(typed, purpose, rules, errors, &pointer));
    }
    for (purpose, _) in &rules.required_consents {
        if !answered.contains(purpose) {
            errors.push("/consents", FieldCode::NotAccepted, not_accepted(*purpose));
        }
    }
    consents
}

fn purpose(typed: &ConsentInput, rules: &SignUpRules) -> Result<Purpose, ValueError> {
    let text = filled(typed.purpose.as_deref()).ok_or(ValueError::new(
        FieldCode::Required,
        "error-consent-purpose-required",
    ))?;
    Purpose::parse(text)
        .filter(|purpose| {
            let mut known = rules.known_consents.iter();
            known.any(|(known, _)| known == purpose)
        })
        .ok_or(ValueError::new(
            FieldCode::UnknownValue,
            "error-consent-purpose-unknown",
        ))
}

fn one(
    typed: &ConsentInput,
    purpose: Purpose,
    rules: &SignUpRules,
    errors: &mut FieldErrors,
    pointer: &str,
) -> Option<SignUpConsent> {
    let version = errors.take(
        format!("{pointer}/text_version"),
        version(typed, purpose, rules),
    );
    let required = rules
        .required_consents
        .iter()
        .any(|(required, _)| *required == purpose);
    let given = match typed.given {
        Some(false) if required => Err(ValueError::new(
            FieldCode::NotAccepted,
            not_accepted(purpose),
        )),
        Some(given) => Ok(given),
        None => Err(ValueError::new(
            FieldCode::Required,
            "error-consent-given-required",
        )),
    };
    let given = errors.take(format!("{pointer}/given"), given);
    Some(SignUpConsent {
        purpose,
        text_version: version?,
        given: given?,
    })
}

/// The version of the text: for a required consent the required one, else any that is known.
fn version(
    typed: &ConsentInput,
    purpose: Purpose,
    rules: &SignUpRules,
) -> Result<String, ValueError> {
    let version = filled(typed.text_version.as_deref()).ok_or(ValueError::new(
        FieldCode::Required,
        "error-consent-version-required",
    ))?;
    let of_purpose = |(other, _): &&(Purpose, String)| *other == purpose;
    let is_version = |(_, known): &(Purpose, String)| known == version;
    let mut required = rules.required_consents.iter().filter(of_purpose).peekable();
    let known = if required.peek().is_some() {
        required.any(is_version)
    } else {
        rules
            .known_consents
            .iter()
            .filter(of_purpose)
            .any(is_version)
    };
    if known {
        Ok(version.to_owned())
    } else {
        Err(ValueError::new(
            FieldCode::UnknownValue,
            "error-consent-version-unknown",
        ))
    }
}

/// The sentence that names the consent one cannot sign up without.
const fn not_accepted(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::PrivacyNotice => "error-consent-privacy-notice",
        Purpose::Contact => "error-consent-contact",
        Purpose::Newsletter => "error-consent-newsletter",
    }
}
