//! Why a mail was given up, in a word for people: from the answer of a server (RFC 5321, RFC 3463).

/// Why, as far as the answer tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MailFailure {
    /// There is no such mailbox or domain.
    NoSuchAddress,
    /// The mailbox is full.
    MailboxFull,
    /// The other side's rules refuse it.
    Refused,
    /// The mail is too big.
    TooBig,
    /// The other side wanted it later, until it was too late.
    TooBusy,
    /// Nobody answered.
    NoAnswer,
    /// We could not write it.
    NotWritten,
    /// It waited longer than it was worth.
    TooLate,
    /// The answer tells nothing we know.
    Unknown,
}

impl MailFailure {
    /// The word its texts end with.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoSuchAddress => "no_such_address",
            Self::MailboxFull => "mailbox_full",
            Self::Refused => "refused",
            Self::TooBig => "too_big",
            Self::TooBusy => "too_busy",
            Self::NoAnswer => "no_answer",
            Self::NotWritten => "not_written",
            Self::TooLate => "too_late",
            Self::Unknown => "unknown",
        }
    }

    /// Of what was kept of the last attempt: `550 5.1.1 text`, or our own words.
    pub fn of(last_error: Option<&str>) -> Self {
        let Some(text) = last_error.map(str::trim).filter(|text| !text.is_empty()) else {
            return Self::TooLate;
        };
        let mut words = text.split_whitespace();
        let code = words.next().and_then(|word| word.parse::<u16>().ok());
        let Some(code) = code.filter(|code| (400..600).contains(code)) else {
            return of_words(text);
        };
        let detail = words.next().and_then(detail);
        match (code, detail) {
            (_, Some((1, 1 | 2 | 3 | 6 | 10) | (2, 1) | (4, 4))) | (550 | 551 | 553, None) => {
                Self::NoSuchAddress
            }
            (_, Some((2, 2))) => Self::MailboxFull,
            (_, Some((2 | 3, 3 | 4))) | (552, None) => Self::TooBig,
            (_, Some((7, _))) | (554, _) => Self::Refused,
            (400..500, _) => Self::TooBusy,
            _ => Self::Unknown,
        }
    }
}

/// Subject and detail of an enhanced status code.
fn detail(word: &str) -> Option<(u16, u16)> {
    let mut parts = word.split('.');
    let class = parts.next()?;
    let found = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (matches!(class, "4" | "5") && parts.next().is_none()).then_some(found)
}

fn of_words(text: &str) -> MailFailure {
    let text = text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["not prepared", "cannot be written"]) {
        MailFailure::NotWritten
    } else if says(&["no such domain", "no mx", "does not exist", "nxdomain"]) {
        MailFailure::NoSuchAddress
    } else if says(&[
        "connect",
        "timed out",
        "timeout",
        "refused",
        "reset",
        "closed",
        "dns",
        "tls",
    ]) {
        MailFailure::NoAnswer
    } else {
        MailFailure::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_becomes_a_word() {
        for (answer, failure) in [
            ("550 5.1.1 user unknown", MailFailure::NoSuchAddress),
            ("550 no such user here", MailFailure::NoSuchAddress),
            ("452 4.2.2 mailbox full", MailFailure::MailboxFull),
            ("552 5.2.2 quota", MailFailure::MailboxFull),
            ("552 5.3.4 too big", MailFailure::TooBig),
            ("554 5.7.1 spam", MailFailure::Refused),
            ("550 5.7.26 unauthenticated", MailFailure::Refused),
            ("451 4.3.0 try later", MailFailure::TooBusy),
            ("421 too many", MailFailure::TooBusy),
            ("connection timed out", MailFailure::NoAnswer),
            ("not prepared", MailFailure::NotWritten),
            ("599 what", MailFailure::Unknown),
            ("???", MailFailure::Unknown),
        ] {
            assert_eq!(MailFailure::of(Some(answer)), failure, "{answer}");
        }
        assert_eq!(MailFailure::of(None), MailFailure::TooLate);
        assert_eq!(MailFailure::of(Some(" ")), MailFailure::TooLate);
    }
}
