//! A mail that came back: what the report says about the address, judged by code and text.
//!
//! Reading the report's bytes is `mailer::report`; what follows from it is `app::bounce`.

use std::fmt;

use super::mail::one_line;

/// Longest diagnostic kept, in characters.
const MAX_DIAGNOSTIC: usize = 200;

/// Words that tell of a state that passes, of our reputation or of a rule, not of the address.
const PASSING: [&str; 18] = [
    "full",
    "quota",
    "exceeded",
    "spam",
    "blocked",
    "blacklist",
    "blocklist",
    "reputation",
    "policy",
    "content",
    "virus",
    "too large",
    "too many",
    "rate limit",
    "try again",
    "temporar",
    "piena",
    "pieno",
];

/// Words that tell that nobody has the address.
const UNKNOWN: [&str; 21] = [
    "user unknown",
    "unknown user",
    "unknown recipient",
    "no such user",
    "no such recipient",
    "no such mailbox",
    "no mailbox",
    "mailbox not found",
    "mailbox unavailable",
    "recipient not found",
    "user not found",
    "does not exist",
    "doesn't exist",
    "not exist",
    "invalid recipient",
    "invalid mailbox",
    "address rejected",
    "account disabled",
    "mailbox disabled",
    "inesistente",
    "sconosciuto",
];

/// What a report says about an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum BounceKind {
    /// Still being tried: no bounce.
    Delayed,
    /// Given up this time; the address may be good.
    Soft,
    /// Nobody has the address (R52).
    Hard,
    /// The reader reported the mail as unwanted.
    Complaint,
}

impl BounceKind {
    /// Name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delayed => "delayed",
            Self::Soft => "soft",
            Self::Hard => "hard",
            Self::Complaint => "complaint",
        }
    }
}

/// What a server did with a recipient.
///
/// *source*: RFC 3464, 2.3.3.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Given up.
    Failed,
    /// Not yet.
    Delayed,
    /// Delivered, relayed or expanded: nothing came back.
    Done,
}

impl Action {
    /// Reads the word of the field; anything else is `None`.
    pub fn parse(word: &str) -> Option<Self> {
        match word.trim().to_ascii_lowercase().as_str() {
            "failed" => Some(Self::Failed),
            "delayed" => Some(Self::Delayed),
            "delivered" | "relayed" | "expanded" => Some(Self::Done),
            _ => None,
        }
    }
}

/// An enhanced status code such as 5.1.1.
///
/// *source*: RFC 3463.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
    class: u16,
    subject: u16,
    detail: u16,
}

impl Status {
    /// The first one in a text.
    pub fn find(text: &str) -> Option<Self> {
        text.split(|c: char| !c.is_ascii_digit() && c != '.')
            .find_map(|word| {
                let mut numbers = word.trim_end_matches('.').split('.').map(|part| {
                    let is_short = !part.is_empty() && part.len() <= 3;
                    is_short.then(|| part.parse::<u16>().ok()).flatten()
                });
                let (class, subject, detail) =
                    (numbers.next()??, numbers.next()??, numbers.next()??);
                let is_one = matches!(class, 2 | 4 | 5) && numbers.next().is_none();
                is_one.then_some(Self {
                    class,
                    subject,
                    detail,
                })
            })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// What happened to one mail at one address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What it says about the address.
    pub kind: BounceKind,
    /// Enhanced status code, where one was given.
    pub status: Option<Status>,
    /// What the server said: one line, no address.
    pub diagnostic: Option<String>,
}

impl Finding {
    /// Judges the fields of one recipient; `None`: nothing came back. `local` is the recipient's
    /// local part, which the diagnostic must not hold.
    pub fn of(
        action: Action,
        status: Option<Status>,
        diagnostic: Option<&str>,
        local: Option<&str>,
    ) -> Option<Self> {
        let said = diagnostic.unwrap_or_default();
        let status = status.or_else(|| Status::find(said));
        let kind = match action {
            Action::Done => return None,
            Action::Delayed => BounceKind::Delayed,
            Action::Failed => failed(status, said),
        };
        Some(Self {
            kind,
            status,
            diagnostic: diagnostic
                .map(|text| without_addresses(text, local))
                .filter(|text| !text.is_empty()),
        })
    }

    /// Judges the answer of the server that refused a mail for good.
    pub fn of_refusal(said: &str) -> Self {
        let status = Status::find(said);
        Self {
            kind: failed(status, said),
            status,
            diagnostic: Some(without_addresses(said, None)).filter(|text| !text.is_empty()),
        }
    }

    /// A reader's complaint.
    pub const fn complaint() -> Self {
        Self {
            kind: BounceKind::Complaint,
            status: None,
            diagnostic: None,
        }
    }
}

/// Hard only where the code or the text is about the address: a full mailbox passes, and a refusal
/// for our reputation or for what we write says nothing about who reads. What cannot be told apart is
/// soft; three of those are as good as a hard one (R52).
fn failed(status: Option<Status>, said: &str) -> BounceKind {
    let said = said.to_lowercase();
    let by_text = || {
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if !says(&PASSING) && says(&UNKNOWN) {
            BounceKind::Hard
        } else {
            BounceKind::Soft
        }
    };
    let Some(status) = status else {
        return by_text();
    };
    match (status.class, status.subject, status.detail) {
        // bad destination mailbox, system, syntax, moved; null MX; mailbox disabled
        (5, 1, 1 | 2 | 3 | 6 | 10) | (5, 2, 1) => BounceKind::Hard,
        // what the sender's address or a full mailbox is about
        (5, 1, 7 | 8) | (5, 2, _) => BounceKind::Soft,
        (5, _, _) => by_text(),
        _ => BounceKind::Soft,
    }
}

/// What a server said, in one line: words with an `@` and words that hold the recipient's local part
/// are replaced.
pub fn without_addresses(said: &str, local: Option<&str>) -> String {
    let local = local
        .map(str::to_lowercase)
        .filter(|local| local.chars().count() > 2);
    let words = said.split_whitespace().map(|word| {
        let names = local
            .as_deref()
            .is_some_and(|local| word.to_lowercase().contains(local));
        if word.contains('@') || names {
            "[address]"
        } else {
            word
        }
    });
    one_line(&words.collect::<Vec<_>>().join(" "), MAX_DIAGNOSTIC)
}

/// A report about a mail of ours, read. Its origin is not proven: `app::bounce` looks for that.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    /// Tags of our return path found in it, those of its own envelope first.
    pub tags: Vec<String>,
    /// `Message-ID`s of the mail it quotes.
    pub message_ids: Vec<String>,
    /// Addresses it names as those the mail did not reach.
    pub recipients: Vec<String>,
    /// What it says.
    pub finding: Finding,
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("finding", &self.finding)
            .finish_non_exhaustive()
    }
}

/// Length of a tag in the return path, in characters.
pub const TAG_CHARS: usize = 42;

/// Tags in a text: 42 characters of base32hex between `+` and `@`, in lower case; at most 8.
pub fn tags_in(text: &str) -> Vec<String> {
    text.split('+')
        .skip(1)
        .filter_map(|rest| {
            let (tag, _) = rest.split_once('@')?;
            let is_tag = tag.len() == TAG_CHARS
                && tag
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'v' | b'A'..=b'V'));
            is_tag.then(|| tag.to_ascii_lowercase())
        })
        .take(8)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: &str, said: &str) -> BounceKind {
        let status = Status::find(status);
        Finding::of(Action::Failed, status, Some(said), None)
            .unwrap()
            .kind
    }

    #[test]
    fn r52_only_what_is_about_the_address_is_hard() {
        use BounceKind::{Hard, Soft};
        for (status, said, expected) in [
            ("5.1.1", "550 5.1.1 User unknown", Hard),
            ("5.1.2", "Host not found", Hard),
            ("5.1.10", "null MX", Hard),
            ("5.2.1", "mailbox disabled", Hard),
            ("5.2.2", "mailbox full", Soft),
            ("5.7.1", "554 message looks like spam", Soft),
            (
                "5.7.1",
                "550 Recipient address rejected: blocked by policy",
                Soft,
            ),
            (
                "5.4.1",
                "550 5.4.1 Recipient address rejected: Access denied",
                Hard,
            ),
            ("5.1.8", "sender's domain does not exist", Soft),
            ("5.0.0", "550 utente sconosciuto", Hard),
            ("5.0.0", "550 casella piena", Soft),
            ("5.0.0", "554 transaction failed", Soft),
            ("4.4.7", "delivery time expired", Soft),
            ("4.1.1", "user unknown, for now", Soft),
            ("", "550 no such user here", Hard),
            ("", "connection timed out", Soft),
        ] {
            assert_eq!(kind(status, said), expected, "{status} {said}");
        }
    }

    #[test]
    fn a_delay_is_no_bounce_and_a_delivery_is_nothing() {
        let status = Status::find("4.4.1");
        let late = Finding::of(Action::Delayed, status, None, None).unwrap();
        assert_eq!(late.kind, BounceKind::Delayed);
        assert_eq!(Finding::of(Action::Done, None, Some("250 ok"), None), None);
        assert_eq!(Action::parse(" FAILED "), Some(Action::Failed));
        assert_eq!(Action::parse("vacation"), None);
    }

    #[test]
    fn a_status_is_found_in_a_text_and_nothing_else_is_one() {
        for (text, found) in [
            ("5.1.1", Some("5.1.1")),
            ("5.1.1 (bad mailbox)", Some("5.1.1")),
            ("permanent error (550): 5.1.10 null MX.", Some("5.1.10")),
            ("smtp;550-5.7.26 no", Some("5.7.26")),
            ("from 192.0.2.1 5.1.0", Some("5.1.0")),
            ("3.1.1", None),
            ("5.1", None),
            ("5.1.1.1", None),
            ("5.1.1000", None),
            ("5..1", None),
            ("", None),
        ] {
            let status = Status::find(text).map(|status| status.to_string());
            assert_eq!(status.as_deref(), found, "{text}");
        }
    }

    #[test]
    fn a_diagnostic_names_nobody() {
        let said = "550 5.1.1 <Ada.Rossi@libero.it>: no ada.rossi\r\n here\u{0}";
        let kept = without_addresses(said, Some("ada.rossi"));
        assert_eq!(kept, "550 5.1.1 [address] no [address] here");
        assert_eq!(
            without_addresses(&"x ".repeat(500), None).chars().count(),
            200
        );
    }

    #[test]
    fn a_tag_stands_between_plus_and_at() {
        let tag = "0123456789abcdefghijklmnopqrstuv0123456789";
        assert_eq!(tag.len(), TAG_CHARS);
        let text = format!(
            "<bounces+{tag}@example.org>, \"x\" <B+{}@y>",
            tag.to_uppercase()
        );
        assert_eq!(tags_in(&text), [tag, tag]);
        for none in [
            format!("bounces{tag}@example.org"),
            format!("bounces+{tag}"),
            format!("bounces+{tag}0@example.org"),
            "bounces+wxyz@example.org".to_owned(),
            "+@".to_owned(),
        ] {
            assert!(tags_in(&none).is_empty(), "{none}");
        }
    }

    #[test]
    fn a_report_shows_no_address_in_debug() {
        let report = Report {
            tags: vec!["t".to_owned()],
            message_ids: Vec::new(),
            recipients: vec!["ada@example.org".to_owned()],
            finding: Finding::complaint(),
        };
        assert!(!format!("{report:?}").contains("ada"));
    }
}
