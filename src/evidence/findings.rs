//! Collects what was found, in the words of the report.

use crate::domain::signing::{Check, CheckCode, Outcome, Reason, SignatureFound};

/// Checks and signatures so far.
#[derive(Default)]
pub(super) struct Findings {
    checks: Vec<Check>,
    signatures: Vec<SignatureFound>,
    of_signature: bool,
}

impl Findings {
    /// What follows is about this signature.
    pub(super) fn begin(&mut self, signature: SignatureFound) {
        self.signatures.push(signature);
        self.of_signature = true;
    }

    /// What follows is about the file.
    pub(super) fn about_file(&mut self) {
        self.of_signature = false;
    }

    /// Notes how a check ended. The same said twice is said once.
    pub(super) fn add(&mut self, code: CheckCode, result: Outcome, reason: Reason) {
        let last = self.signatures.len().checked_sub(1);
        let last = last.and_then(|place| u16::try_from(place).ok());
        let check = Check {
            code,
            signature: last.filter(|_| self.of_signature),
            result,
            reason,
        };
        if !self.checks.contains(&check) {
            self.checks.push(check);
        }
    }

    /// As it must be.
    pub(super) fn pass(&mut self, code: CheckCode) {
        self.add(code, Outcome::Passed, Reason::AsItMustBe);
    }

    /// Not as it must be.
    pub(super) fn fail(&mut self, code: CheckCode, reason: Reason) {
        self.add(code, Outcome::Failed, reason);
    }

    /// It cannot be told.
    pub(super) fn unknown(&mut self, code: CheckCode, reason: Reason) {
        self.add(code, Outcome::Unknown, reason);
    }

    /// Several at once.
    pub(super) fn take(&mut self, several: &[(CheckCode, Outcome, Reason)]) {
        for (code, result, reason) in several {
            self.add(*code, *result, *reason);
        }
    }

    /// The signatures so far.
    pub(super) fn signatures(&self) -> &[SignatureFound] {
        &self.signatures
    }

    /// Signatures and checks, those of the file first.
    pub(super) fn finish(mut self) -> (Vec<SignatureFound>, Vec<Check>) {
        self.checks
            .sort_by_key(|check| (check.signature, check.code));
        (self.signatures, self.checks)
    }
}
