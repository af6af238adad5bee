//! What is kept for how long: the rules as data (R62, R64, DOMAIN 5). What counsel has to fix acts only once
//! it is confirmed; what was signed is never deleted by time.

use chrono::{DateTime, Duration, Utc};

use super::export::KEPT_DAYS;
use super::sandbox::KEPT_DAYS as KEPT_DAYS_OF_TEST_PEOPLE;

/// Days an unconfirmed sign-up is kept.
pub const UNCONFIRMED_DAYS: i64 = 30;

/// Days a request to follow a case waits for its confirmation.
pub const FOLLOW_DAYS: i64 = 7;

/// When an unconfirmed sign-up is due for deletion: 30 days after it was made, plus the time during
/// which its contact's mail domain was held.
///
/// `held_seconds` is what was counted in closed hold periods; `held_since` is a hold still on.
/// `None`: the clock stands still.
pub fn unconfirmed_until(
    created_at: DateTime<Utc>,
    held_seconds: i64,
    held_since: Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    if held_since.is_some() {
        return None;
    }
    Some(created_at + Duration::days(UNCONFIRMED_DAYS) + Duration::seconds(held_seconds.max(0)))
}

/// A rule of keeping.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Word of the rule, also in the database, the metrics and the pages: what is deleted.
    pub name: &'static str,
    /// After how long.
    pub term: Term,
    /// From which moment: a word of the pages, `retention-from-<word>`.
    pub from: &'static str,
    /// On what the term rests: a word of the pages, `retention-basis-<word>`.
    pub source: &'static str,
    /// Whether it acts by itself.
    pub mode: Mode,
    /// Most that a run deletes; what is left waits for the next.
    pub cap: usize,
    /// Whether it is about records of claimants: an association sees its own.
    pub of_claimants: bool,
}

/// After how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Term {
    /// Days; others can be set from `least` to `most`.
    Days {
        /// Unless another term was set.
        proposed: i64,
        /// Shortest that can be set.
        least: i64,
        /// Longest that can be set.
        most: i64,
    },
    /// Minutes; cannot be set.
    Minutes(i64),
    /// Once it has expired: each has its own time.
    Expired,
    /// Nobody has fixed one.
    None,
}

/// Whether a rule acts by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// A rule of the law or of the house wants it.
    Acts,
    /// Only once counsel has confirmed the term.
    OnceConfirmed,
    /// Never by itself: somebody must decide each time.
    Never,
    /// Nothing is kept in the first place.
    Unstored,
}

/// Days that are set for good: they stand in texts that people read.
const fn fixed(days: i64) -> Term {
    Term::Days {
        proposed: days,
        least: days,
        most: days,
    }
}

/// A year as proposed, from a month to ten years.
const YEAR: Term = Term::Days {
    proposed: 365,
    least: 30,
    most: 3_650,
};

const fn records(name: &'static str, from: &'static str) -> Rule {
    Rule {
        name,
        term: YEAR,
        from,
        source: "minimum",
        mode: Mode::OnceConfirmed,
        cap: 200,
        of_claimants: true,
    }
}

const fn never(name: &'static str, from: &'static str, source: &'static str) -> Rule {
    Rule {
        name,
        term: Term::None,
        from,
        source,
        mode: Mode::Never,
        cap: 0,
        of_claimants: true,
    }
}

const fn expired(name: &'static str, source: &'static str) -> Rule {
    Rule {
        name,
        term: Term::Expired,
        from: "expiry",
        source,
        mode: Mode::Acts,
        cap: 100_000,
        of_claimants: false,
    }
}

const fn unstored(name: &'static str, source: &'static str) -> Rule {
    Rule {
        name,
        term: Term::None,
        from: "nothing",
        source,
        mode: Mode::Unstored,
        cap: 0,
        of_claimants: false,
    }
}

/// Every rule. Those with the name of a table sweep that table.
pub const RULES: [Rule; 36] = [
    Rule {
        name: UNCONFIRMED,
        term: fixed(UNCONFIRMED_DAYS),
        from: "sign_up",
        source: "minimum",
        mode: Mode::Acts,
        cap: 5_000,
        of_claimants: true,
    },
    Rule {
        name: SANDBOX,
        term: fixed(KEPT_DAYS_OF_TEST_PEOPLE),
        from: "arrival",
        source: "minimum",
        mode: Mode::Acts,
        cap: 5_000,
        of_claimants: true,
    },
    Rule {
        name: ID_IMAGES,
        term: Term::Days {
            proposed: 180,
            least: 7,
            most: 365,
        },
        from: "decision",
        source: "minimum",
        mode: Mode::Acts,
        cap: 200,
        of_claimants: true,
    },
    records(NOT_SIGNED, "case_closed"),
    records(WITHDRAWN, "state"),
    records(REJECTED, "state"),
    records(DUPLICATE, "state"),
    Rule {
        from: "last_save",
        cap: 5_000,
        ..records(DRAFTS, "last_save")
    },
    never("signed", "case_ended", "prescription"),
    never("restricted", "case_ended", "claims"),
    never("rights_requests", "answer", "proof"),
    never("breaches", "closed", "breaches"),
    never("audit", "event", "proof"),
    Rule {
        name: UPLOADS,
        term: Term::Minutes(60),
        from: "upload",
        source: "minimum",
        mode: Mode::Acts,
        cap: 500,
        of_claimants: true,
    },
    Rule {
        name: SCAM_REPORTS,
        term: Term::Days {
            proposed: 365,
            least: 30,
            most: 1_095,
        },
        from: "arrival",
        source: "minimum",
        mode: Mode::Acts,
        cap: 5_000,
        of_claimants: true,
    },
    Rule {
        name: EXPORTS,
        term: fixed(KEPT_DAYS),
        from: "made",
        source: "minimum",
        mode: Mode::Acts,
        cap: 100,
        of_claimants: true,
    },
    Rule {
        name: IMPORTS,
        term: fixed(super::import::KEPT_DAYS),
        from: "upload",
        source: "minimum",
        mode: Mode::Acts,
        cap: 100,
        of_claimants: true,
    },
    unstored("own_data", "portability"),
    unstored("spool", "minimum"),
    Rule {
        term: fixed(FOLLOW_DAYS),
        from: "follow_request",
        ..expired("followers", "minimum")
    },
    expired("suppressions", "objection"),
    expired("sessions", "security"),
    expired("refresh_tokens", "security"),
    expired("invitations", "security"),
    expired("staff_devices", "security"),
    expired("idempotency_keys", "minimum"),
    expired("rate_buckets", "security"),
    expired("totp_uses", "security"),
    expired("reminders", "minimum"),
    Rule {
        term: fixed(365),
        from: "arrival",
        ..expired("bounces", "minimum")
    },
    Rule {
        term: fixed(90),
        from: "event",
        ..expired("partner_events", "minimum")
    },
    Rule {
        term: fixed(30),
        from: "event",
        ..expired("webhook_deliveries", "minimum")
    },
    Rule {
        term: fixed(30),
        from: "event",
        ..expired("webhook_attempts", "minimum")
    },
    Rule {
        term: fixed(32),
        from: "event",
        ..expired("contact_changes", "security")
    },
    Rule {
        term: fixed(32),
        from: "event",
        ..expired("contact_requests", "security")
    },
    expired("leases", "security"),
];

/// Sign-ups that nobody confirmed.
pub const UNCONFIRMED: &str = "unconfirmed";
/// Test people of partners.
pub const SANDBOX: &str = "sandbox";
/// Images of identity documents.
pub const ID_IMAGES: &str = "id_images";
/// Records that were confirmed and never signed.
pub const NOT_SIGNED: &str = "not_signed";
/// Records withdrawn without a signature.
pub const WITHDRAWN: &str = "withdrawn";
/// Records rejected without a signature.
pub const REJECTED: &str = "rejected";
/// Second records of a person.
pub const DUPLICATE: &str = "duplicate";
/// Drafts of declarations of who never signed.
pub const DRAFTS: &str = "drafts";
/// Reports of swindlers: none of a claimant, but an association sees its own.
pub const SCAM_REPORTS: &str = "scam_reports";
/// Files of uploads that did not end.
pub const UPLOADS: &str = "uploads";
/// Files of exports that were made.
pub const EXPORTS: &str = "exports";
/// Rows and reports of earlier lists.
pub const IMPORTS: &str = "imports";

impl Rule {
    /// The rule of a name.
    pub fn find(name: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.name == name)
    }

    /// Days in force: those somebody set, within the bounds, else those proposed; `None` where the term is
    /// not in days.
    pub fn days(&self, set: Option<i64>) -> Option<i64> {
        match self.term {
            Term::Days {
                proposed,
                least,
                most,
            } => Some(set.unwrap_or(proposed).clamp(least, most)),
            Term::Minutes(_) | Term::Expired | Term::None => None,
        }
    }

    /// Whether days may be set.
    pub fn takes(&self, days: i64) -> bool {
        match self.term {
            Term::Days { least, most, .. } => (least..=most).contains(&days),
            Term::Minutes(_) | Term::Expired | Term::None => false,
        }
    }

    /// Whether it deletes by itself, its term being confirmed or not.
    pub const fn acts(&self, is_confirmed: bool) -> bool {
        match self.mode {
            Mode::Acts => true,
            Mode::OnceConfirmed => is_confirmed,
            Mode::Never | Mode::Unstored => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn r62_the_clock_stands_still_while_the_domain_is_held() {
        let at = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
        assert_eq!(
            unconfirmed_until(at, 0, None),
            Some(at + Duration::days(30))
        );
        assert_eq!(
            unconfirmed_until(at, 86_400, None),
            Some(at + Duration::days(31))
        );
        assert_eq!(unconfirmed_until(at, 0, Some(at)), None);
    }

    #[test]
    fn r62_every_rule_has_a_name_of_its_own_and_a_term_within_its_bounds() {
        let names: std::collections::BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), RULES.len());
        for rule in RULES {
            assert_eq!(Rule::find(rule.name), Some(&rule));
            if let Term::Days {
                proposed,
                least,
                most,
            } = rule.term
            {
                assert!(0 < least && least <= proposed && proposed <= most);
                assert_eq!(rule.days(None), Some(proposed));
                assert_eq!(rule.days(Some(i64::MAX)), Some(most));
                assert!(rule.takes(least) && !rule.takes(most + 1) && !rule.takes(least - 1));
            }
            assert_eq!(rule.acts(true), rule.cap > 0, "{}", rule.name);
        }
    }

    #[test]
    fn what_was_signed_is_never_deleted_by_time_and_what_counsel_fixes_waits_for_it() {
        for name in ["signed", "restricted", "rights_requests", "audit"] {
            let rule = Rule::find(name).unwrap();
            assert!(!rule.acts(true) && !rule.takes(3_650), "{name}");
        }
        for name in [NOT_SIGNED, WITHDRAWN, REJECTED, DUPLICATE, DRAFTS] {
            let rule = Rule::find(name).unwrap();
            assert!(!rule.acts(false) && rule.acts(true), "{name}");
        }
    }
}
