//! Signing with a code from a mail (tier `otp`): the name that is typed, how long and how often a code
//! counts (R43), and the evidence that is kept (DOMAIN 3.2).

mod digital;
mod evidence;
mod full_name;
mod otp;
mod paper;
mod report;

pub use digital::DigitalEvidence;
pub use evidence::{
    Acceptance, Evidence, EvidenceCore, LogEntry, MissingEvidence, RepresentationShown,
    SignerShown, TemplateUsed, TextShown,
};
pub use full_name::same_name;
pub use otp::{
    ATTEMPTS, CODE_DAY, CODE_HOUR, CODES_A_DAY, CODES_AN_HOUR, DIGITAL_LIFE, FILES_A_DAY, LIFE,
    LONGEST_LIFE, attempts_left, expires_at, is_live, next_request_at,
};
pub use paper::{Approved, HandedIn, PaperEvidence, TypedBy};
pub use report::{
    Check, CheckCode, Format, Outcome, Reason, Report, SignatureFound, TimeSource, Verdict,
};
