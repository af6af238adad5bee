//! What is wrong with which field: the answer of every parser of this folder.
//!
//! A value type says `ValueError` (what is wrong); an input struct adds the JSON pointer and collects
//! all of them. The sentences shown to people are in the locale files, under the key `reason`.

use std::fmt;

/// Every reason a parser of `domain` may give: each is the key of a message in each locale file.
pub const REASONS: &[&str] = &[
    "error-acceptance-unknown",
    "error-acceptance-version",
    "error-action-unknown",
    "error-already-compensated-required",
    "error-amount-order",
    "error-amount-out-of-range",
    "error-amount-required",
    "error-answer-format",
    "error-answer-too-long",
    "error-answer-unknown",
    "error-association-required",
    "error-association-unknown",
    "error-attestation-required",
    "error-batch-size",
    "error-birth-date-format",
    "error-birth-date-future",
    "error-birth-date-mismatch",
    "error-birth-date-required",
    "error-birth-date-too-early",
    "error-birth-place-format",
    "error-birth-place-too-long",
    "error-breach-closed",
    "error-breach-count",
    "error-breach-delay",
    "error-breach-format",
    "error-breach-noticed",
    "error-breach-time",
    "error-breach-too-long",
    "error-breach-what",
    "error-bulk-code",
    "error-bulk-kind",
    "error-bulk-nobody",
    "error-bulk-pace",
    "error-bulk-queue",
    "error-bulk-records",
    "error-bulk-reference",
    "error-bulk-to",
    "error-bulk-too-many",
    "error-capacity-unknown",
    "error-case-required",
    "error-case-unknown",
    "error-city-format",
    "error-city-required",
    "error-city-too-long",
    "error-code-required",
    "error-code-wrong",
    "error-codice-fiscale-checksum",
    "error-codice-fiscale-date",
    "error-codice-fiscale-entity",
    "error-codice-fiscale-format",
    "error-codice-fiscale-numeric-checksum",
    "error-codice-fiscale-numeric-format",
    "error-codice-fiscale-numeric-office",
    "error-codice-fiscale-provisional",
    "error-codice-fiscale-required",
    "error-compensation-required",
    "error-compensation-unknown",
    "error-consent-cannot-be-refused",
    "error-consent-contact",
    "error-consent-given-required",
    "error-consent-newsletter",
    "error-consent-privacy-notice",
    "error-consent-purpose-required",
    "error-consent-purpose-unknown",
    "error-consent-too-many",
    "error-consent-twice",
    "error-consent-version-required",
    "error-consent-version-unknown",
    "error-contact-address-required",
    "error-contact-disposable",
    "error-contact-required",
    "error-contact-same-as-mailbox",
    "error-contact-second-channel",
    "error-country-unknown",
    "error-day-format",
    "error-day-future",
    "error-day-out-of-range",
    "error-day-too-early",
    "error-declared-mailbox-alias",
    "error-declared-mailbox-required",
    "error-declared-mailbox-twice",
    "error-declared-mailbox-unknown",
    "error-desk-fixed",
    "error-desk-gone",
    "error-desk-long",
    "error-desk-narrower",
    "error-desk-order",
    "error-desk-state-back",
    "error-desk-twice",
    "error-detail-format",
    "error-detail-too-long",
    "error-died-on-required",
    "error-document-country-required",
    "error-document-kind-required",
    "error-document-kind-unknown",
    "error-document-number-format",
    "error-document-number-required",
    "error-document-number-too-long",
    "error-document-sha256-required",
    "error-document-unknown",
    "error-due-on-range",
    "error-due-on-required",
    "error-email-format",
    "error-email-too-long",
    "error-entity-name-format",
    "error-entity-name-required",
    "error-entity-name-too-long",
    "error-family-name-required",
    "error-flaw-required",
    "error-flaw-unknown",
    "error-follow-association",
    "error-follow-consent",
    "error-follow-email",
    "error-format",
    "error-full-name-mismatch",
    "error-full-name-other",
    "error-full-name-required",
    "error-given-name-required",
    "error-head-required",
    "error-head-unknown",
    "error-heirs-too-many",
    "error-holder",
    "error-iban-checksum",
    "error-iban-country",
    "error-iban-differs",
    "error-iban-format",
    "error-iban-required",
    "error-id-back-required",
    "error-id-expired",
    "error-id-expires-on-required",
    "error-id-front-required",
    "error-identity-both",
    "error-identity-required",
    "error-import-cell-fault",
    "error-import-cell-long",
    "error-import-lost-zero",
    "error-import-mailbox-elsewhere",
    "error-import-map-contact",
    "error-import-map-mailbox",
    "error-import-map-twice",
    "error-import-number",
    "error-incident-required",
    "error-incident-too-many",
    "error-incident-twice",
    "error-incident-unknown",
    "error-invited-already",
    "error-item-required",
    "error-item-too-many",
    "error-key-cases",
    "error-key-cases-none",
    "error-key-expires",
    "error-key-mode",
    "error-key-network",
    "error-key-networks",
    "error-key-networks-none",
    "error-key-scopes",
    "error-language-unknown",
    "error-last-use-late",
    "error-legal-representative-required",
    "error-letters-not-missing",
    "error-letters-required",
    "error-mail-kind-unknown",
    "error-mailbox-alias-chain",
    "error-mailbox-alias-self",
    "error-mailbox-alias-unknown",
    "error-mailbox-domain-refused",
    "error-mailbox-format",
    "error-mailbox-required",
    "error-mailbox-too-long",
    "error-mailbox-too-many",
    "error-mandate-required",
    "error-member-cases-none",
    "error-member-cases-role",
    "error-member-number-format",
    "error-member-number-too-long",
    "error-mode-register",
    "error-name-format",
    "error-name-required",
    "error-name-too-long",
    "error-narrative-format",
    "error-narrative-too-long",
    "error-narrow-amount",
    "error-narrow-day",
    "error-narrow-domain",
    "error-narrow-province",
    "error-note-format",
    "error-note-too-long",
    "error-notice-required",
    "error-notice-shown-at",
    "error-notice-version",
    "error-number-format",
    "error-number-too-long",
    "error-other-claims-required",
    "error-other-claims-too-many",
    "error-paper-looks",
    "error-partner-association",
    "error-partner-name",
    "error-partner-name-long",
    "error-partner-origin",
    "error-partner-origins",
    "error-partner-slug",
    "error-partner-slug-taken",
    "error-password-long",
    "error-password-required",
    "error-password-short",
    "error-payout-holder-format",
    "error-payout-holder-required",
    "error-payout-holder-too-long",
    "error-phone-format",
    "error-phone-required",
    "error-place-required",
    "error-place-unknown",
    "error-placeholder-unknown",
    "error-plan-required",
    "error-plan-reserved",
    "error-plan-unknown",
    "error-postal-code-format",
    "error-postal-code-required",
    "error-postal-code-too-long",
    "error-province-abroad",
    "error-province-required",
    "error-province-unknown",
    "error-reason-format",
    "error-reason-required",
    "error-reason-too-long",
    "error-recipient",
    "error-recipient-name-required",
    "error-recipients-many",
    "error-record-required",
    "error-representative-minor",
    "error-representative-other",
    "error-representative-required",
    "error-representative-self",
    "error-request-required",
    "error-request-unknown",
    "error-required",
    "error-respondent-differs",
    "error-rights-confirm",
    "error-rights-day",
    "error-rights-decision",
    "error-rights-format",
    "error-rights-kind",
    "error-rights-letter-sent",
    "error-rights-required",
    "error-rights-too-long",
    "error-role-required",
    "error-role-unknown",
    "error-sample-code",
    "error-sample-due",
    "error-sample-erased",
    "error-sample-nobody",
    "error-sample-note",
    "error-sample-place",
    "error-sample-result",
    "error-sample-seed",
    "error-sample-seed-long",
    "error-sample-seed-made",
    "error-sample-size",
    "error-scam-asked-for-required",
    "error-scam-asked-for-unknown",
    "error-scam-format",
    "error-scam-note-required",
    "error-scam-too-long",
    "error-scam-what-required",
    "error-scan-required",
    "error-sex-mismatch",
    "error-sex-unknown",
    "error-share-format",
    "error-share-range",
    "error-share-required",
    "error-shares-sum",
    "error-sheet-heic",
    "error-sheet-type",
    "error-sheets-too-many",
    "error-signature-altered",
    "error-signature-another-certificate",
    "error-signature-another-document",
    "error-signature-another-person",
    "error-signature-appended-after",
    "error-signature-certificate-missing",
    "error-signature-certificate-not-named",
    "error-signature-chain-broken",
    "error-signature-content-changed",
    "error-signature-expired",
    "error-signature-for-authentication",
    "error-signature-malformed",
    "error-signature-no-anchors",
    "error-signature-no-codice-fiscale",
    "error-signature-no-content-inside",
    "error-signature-no-revocation-data",
    "error-signature-not-a-signature",
    "error-signature-not-for-signing",
    "error-signature-not-signed",
    "error-signature-not-yet-valid",
    "error-signature-nothing-to-compare",
    "error-signature-partly-covered",
    "error-signature-revocation-data-stale",
    "error-signature-revoked",
    "error-signature-rewritten",
    "error-signature-self-signed",
    "error-signature-suspended",
    "error-signature-timestamp-wrong",
    "error-signature-too-complex",
    "error-signature-too-large",
    "error-signature-unknown-algorithm",
    "error-signature-unknown-issuer",
    "error-signature-weak-algorithm",
    "error-signature-wrong-signature",
    "error-signed-before-declared",
    "error-signed-file-required",
    "error-slug-format",
    "error-slug-taken",
    "error-span-format",
    "error-span-order",
    "error-span-required",
    "error-staff-name-required",
    "error-street-format",
    "error-street-required",
    "error-street-too-long",
    "error-text-attestation",
    "error-text-mandate",
    "error-text-version",
    "error-texts-read",
    "error-tier-required",
    "error-tier-unknown",
    "error-title-document-format",
    "error-title-document-required",
    "error-title-document-too-long",
    "error-title-does-not-fit",
    "error-title-required",
    "error-title-unknown",
    "error-treatment-unknown",
    "error-unknown-value",
    "error-update-code",
    "error-update-format",
    "error-update-italian",
    "error-update-language-twice",
    "error-update-link",
    "error-update-reread",
    "error-update-text-required",
    "error-update-text-too-long",
    "error-update-title-required",
    "error-update-title-too-long",
    "error-use-required",
    "error-use-unknown",
    "error-valid-from-required",
    "error-valid-until-early",
    "error-vat-number-checksum",
    "error-vat-number-format",
    "error-vat-number-office",
    "error-via-format",
    "error-webhook-again",
    "error-webhook-dns",
    "error-webhook-event",
    "error-webhook-https",
    "error-webhook-port",
    "error-webhook-reach",
    "error-webhook-span",
    "error-webhook-types",
    "error-webhook-url",
    "error-window-from-required",
    "error-window-order",
    "error-window-until-required",
];

/// The class of a field's error, as it stands in `errors[].code` of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldCode {
    /// The field is missing or blank.
    Required,
    /// The text has another shape than the field's.
    Format,
    /// The shape is right, the check character is not.
    Checksum,
    /// Longer than the field allows.
    TooLong,
    /// A date, number or count outside its bounds.
    OutOfRange,
    /// A well-formed value which is not in the list it must come from.
    UnknownValue,
    /// A field this operation does not have.
    UnknownField,
    /// The birth date is another one than the codice fiscale's.
    MismatchBirthDate,
    /// The sex is another one than the codice fiscale's.
    MismatchSex,
    /// The contact address is the mailbox that does not work (R17).
    SameAsMailbox,
    /// The contact address is on a domain that is down and nothing else is given (R17).
    SecondChannelRequired,
    /// A required consent or acceptance was not given.
    NotAccepted,
}

impl FieldCode {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Required,
        Self::Format,
        Self::Checksum,
        Self::TooLong,
        Self::OutOfRange,
        Self::UnknownValue,
        Self::UnknownField,
        Self::MismatchBirthDate,
        Self::MismatchSex,
        Self::SameAsMailbox,
        Self::SecondChannelRequired,
        Self::NotAccepted,
    ];

    /// The code as it is sent, snake case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Format => "format",
            Self::Checksum => "checksum",
            Self::TooLong => "too_long",
            Self::OutOfRange => "out_of_range",
            Self::UnknownValue => "unknown_value",
            Self::UnknownField => "unknown_field",
            Self::MismatchBirthDate => "mismatch_birth_date",
            Self::MismatchSex => "mismatch_sex",
            Self::SameAsMailbox => "same_as_mailbox",
            Self::SecondChannelRequired => "second_channel_required",
            Self::NotAccepted => "not_accepted",
        }
    }
}

impl fmt::Display for FieldCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Why a text is not a value of a type; never carries the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct ValueError {
    /// The class of the error.
    pub code: FieldCode,
    /// Key of the message for people, one of [`REASONS`].
    pub reason: &'static str,
}

impl ValueError {
    /// An error of this class and reason.
    pub const fn new(code: FieldCode, reason: &'static str) -> Self {
        Self { code, reason }
    }
}

/// What is wrong with one field of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// RFC 6901 pointer into the input, like `/mailboxes/0/address`.
    pub pointer: String,
    /// The class of the error.
    pub code: FieldCode,
    /// Key of the message for people, one of [`REASONS`].
    pub reason: &'static str,
    /// What of the field it is about, where the message names it: a word of staff, nothing personal.
    pub about: Option<String>,
    /// What may stand there instead, where it is a short list: words of ours.
    pub expected: Vec<String>,
}

/// All that is wrong with one input, in the order it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{} fields of the input are wrong", self.0.len())]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// No errors yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an error; the same one twice is kept once.
    pub fn push(&mut self, pointer: impl Into<String>, code: FieldCode, reason: &'static str) {
        self.add(FieldError {
            pointer: pointer.into(),
            code,
            reason,
            about: None,
            expected: Vec::new(),
        });
    }

    /// Adds an error whose message names something in the field.
    pub fn push_about(
        &mut self,
        pointer: impl Into<String>,
        code: FieldCode,
        reason: &'static str,
        about: String,
    ) {
        self.add(FieldError {
            pointer: pointer.into(),
            code,
            reason,
            about: Some(about),
            expected: Vec::new(),
        });
    }

    /// Adds an error that says what may stand there, and what it is about.
    pub fn push_expecting(
        &mut self,
        pointer: impl Into<String>,
        error: ValueError,
        expected: Vec<String>,
        about: Option<String>,
    ) {
        self.add(FieldError {
            pointer: pointer.into(),
            code: error.code,
            reason: error.reason,
            about,
            expected,
        });
    }

    fn add(&mut self, error: FieldError) {
        if !self.0.contains(&error) {
            self.0.push(error);
        }
    }

    /// The value, or `None` with its error noted under `pointer`.
    pub fn take<T>(
        &mut self,
        pointer: impl Into<String>,
        parsed: Result<T, ValueError>,
    ) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(error) => {
                self.push(pointer, error.code, error.reason);
                None
            }
        }
    }

    /// As [`Self::take`], of a value that is one of a few: an unknown one is told which there are.
    pub fn take_one_of<T, W: Into<String>>(
        &mut self,
        pointer: impl Into<String>,
        parsed: Result<T, ValueError>,
        allowed: impl IntoIterator<Item = W>,
    ) -> Option<T> {
        match parsed {
            Err(error) if error.code == FieldCode::UnknownValue => {
                let allowed = allowed.into_iter().map(Into::into).collect();
                self.push_expecting(pointer, error, allowed, None);
                None
            }
            parsed => self.take(pointer, parsed),
        }
    }

    /// Adds what is wrong with the rest of an input of which these places could not be read: of them, and of what
    /// holds them, it knows nothing.
    pub fn beside(&mut self, mut rest: Self) {
        let unread: Vec<String> = self
            .iter()
            .filter(|error| error.code != FieldCode::UnknownField)
            .map(|error| error.pointer.clone())
            .collect();
        rest.0.retain(|error| {
            let mut unread = unread.iter();
            !unread
                .any(|place| is_within(&error.pointer, place) || is_within(place, &error.pointer))
        });
        self.append(rest);
    }

    /// Forgets the errors that are not to be kept.
    pub fn retain(&mut self, keep: impl FnMut(&FieldError) -> bool) {
        self.0.retain(keep);
    }

    /// Puts `prefix` (a pointer like `/contact`) before every pointer.
    pub fn prefix(mut self, prefix: &str) -> Self {
        for error in &mut self.0 {
            error.pointer.insert_str(0, prefix);
        }
        self
    }

    /// Adds all errors of another collection.
    pub fn append(&mut self, other: Self) {
        for error in other.0 {
            self.add(error);
        }
    }

    /// The errors, in the order they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, FieldError> {
        self.0.iter()
    }

    /// How many errors there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something is wrong at `pointer` or below it.
    pub fn concerns(&self, pointer: &str) -> bool {
        self.0.iter().any(|error| {
            error
                .pointer
                .strip_prefix(pointer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// The value if nothing is wrong.
    ///
    /// # Errors
    /// The collection itself, when it is not empty.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }
}

impl<'errors> IntoIterator for &'errors FieldErrors {
    type Item = &'errors FieldError;
    type IntoIter = std::slice::Iter<'errors, FieldError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// The text without surrounding white space, or `None` when nothing is left: a form sends empty
/// fields where an API leaves them out.
pub fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// One reference token of an RFC 6901 pointer, escaped (`~` as `~0`, `/` as `~1`).
pub fn pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Whether a pointer leads to a place, or into it.
pub fn is_within(pointer: &str, place: &str) -> bool {
    let rest = pointer.strip_prefix(place);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn sources(folder: &Path, texts: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, texts);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                texts.push(fs::read_to_string(&path).unwrap());
            }
        }
    }

    #[test]
    fn every_reason_of_the_domain_is_listed() {
        let mut texts = Vec::new();
        sources(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain"),
            &mut texts,
        );
        let needle = concat!("\"err", "or-");
        let mut found = BTreeSet::new();
        for text in &texts {
            for (start, _) in text.match_indices(needle) {
                let rest = text.get(start + 1..).unwrap();
                found.insert(rest.split('"').next().unwrap().to_owned());
            }
        }
        let listed: BTreeSet<_> = REASONS.iter().map(|reason| (*reason).to_owned()).collect();
        let missing: Vec<_> = found.difference(&listed).collect();
        assert!(missing.is_empty(), "not in REASONS: {missing:?}");
        assert!(found.len() > 10, "the sources were not read");
    }

    #[test]
    fn the_reasons_are_sorted_and_unique() {
        assert!(REASONS.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn errors_are_collected_prefixed_and_returned() {
        let mut errors = FieldErrors::new();
        assert_eq!(errors.take("/a", Ok(1)), Some(1));
        let wrong = ValueError::new(FieldCode::Format, "error-email-format");
        assert_eq!(errors.take::<u8>("/email", Err(wrong)), None);
        errors.push("/email", FieldCode::Format, "error-email-format");
        let errors = errors.prefix("/contact");
        assert_eq!(errors.len(), 1);
        assert!(errors.concerns("/contact") && errors.concerns("/contact/email"));
        assert!(!errors.concerns("/cont"));
        assert_eq!(errors.into_result(()).unwrap_err().iter().count(), 1);
        assert_eq!(FieldErrors::new().into_result(7), Ok(7));
    }

    #[test]
    fn what_could_not_be_read_is_told_once() {
        let mut shape = FieldErrors::new();
        shape.push("/contact/email", FieldCode::Format, "error-format");
        shape.push("/person/nick", FieldCode::UnknownField, "error-format");
        let mut rest = FieldErrors::new();
        for pointer in [
            "/contact",
            "/contact/email",
            "/contact/phone",
            "/person",
            "/via",
        ] {
            rest.push(pointer, FieldCode::Required, "error-required");
        }
        shape.beside(rest);
        let told: Vec<&str> = shape.iter().map(|error| error.pointer.as_str()).collect();
        let expected = [
            "/contact/email",
            "/person/nick",
            "/contact/phone",
            "/person",
            "/via",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn an_unknown_value_is_told_which_there_are() {
        let mut errors = FieldErrors::new();
        let unknown = ValueError::new(FieldCode::UnknownValue, "error-unknown-value");
        assert_eq!(
            errors.take_one_of::<u8, _>("/a", Err(unknown), ["b", "c"]),
            None
        );
        let missing = ValueError::new(FieldCode::Required, "error-required");
        assert_eq!(errors.take_one_of::<u8, _>("/d", Err(missing), ["b"]), None);
        assert_eq!(errors.take_one_of("/e", Ok(1), ["b"]), Some(1));
        let told: Vec<usize> = errors.iter().map(|error| error.expected.len()).collect();
        assert_eq!(told, [2, 0]);
    }

    #[test]
    fn blank_is_missing_and_tokens_are_escaped() {
        assert_eq!(filled(Some(" \t")), None);
        assert_eq!(filled(Some(" a ")), Some("a"));
        assert_eq!(pointer_token("a/b~c"), "a~1b~0c");
    }
}
