//! What an SMTP refusal means: whether trying again helps, and whose fault it is. By code *and*
//! text: servers put a full mailbox under 5xx and a block of the sender under 550.

/// Where in the conversation it was said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Greeting, EHLO, STARTTLS.
    Greeting,
    /// AUTH.
    Login,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA, and the answer to the mail's end.
    Content,
}

/// Whose fault it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blame {
    /// The address: nobody reads it, or its mailbox is full.
    Recipient,
    /// The recipient's domain: its servers fail, or take nothing from us.
    Domain,
    /// The server spoken to: a relay of ours, else one of the domain.
    Server,
    /// This one mail.
    Mail,
}

/// What to make of a refusal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Whether trying again is of no use.
    pub is_permanent: bool,
    /// Whose fault it is.
    pub blame: Blame,
}

const fn permanent(blame: Blame) -> Verdict {
    Verdict {
        is_permanent: true,
        blame,
    }
}

const fn temporary(blame: Blame) -> Verdict {
    Verdict {
        is_permanent: false,
        blame,
    }
}

const GREYLIST: &[&str] = &["greylist", "graylist", "grey-list", "gray-list", "postgrey"];
const FULL: &[&str] = &[
    "mailbox full",
    "mailbox is full",
    "quota",
    "insufficient storage",
    "out of space",
    "casella piena",
];
const BLOCKED: &[&str] = &[
    "block",
    "blacklist",
    "blocklist",
    "spam",
    "reputation",
    "policy",
    "spf",
    "dkim",
    "dmarc",
    "rejected by",
    "too many",
    "rate limit",
    "banned",
    "denied",
    "rbl",
    "dnsbl",
];
const UNKNOWN: &[&str] = &[
    "user unknown",
    "unknown user",
    "no such",
    "not exist",
    "unknown recipient",
    "recipient unknown",
    "invalid recipient",
    "unknown or invalid",
    "mailbox unavailable",
    "mailbox not found",
    "user not found",
    "inesistente",
];
const NETWORK: &[&str] = &[
    "timed out",
    "timeout",
    "connection refused",
    "no route",
    "unreachable",
    "host not found",
    "domain not found",
    "service unavailable",
    "service not available",
];

/// Judges an answer of 400 to 599 (RFC 5321 4.2, RFC 3463). `text` is all it said after the code.
pub fn judge(stage: Stage, code: u16, text: &str) -> Verdict {
    let text = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if stage == Stage::Login || matches!(code, 530 | 534 | 535 | 538) {
        return temporary(Blame::Server);
    }
    if stage == Stage::Greeting || code == 421 {
        return temporary(Blame::Server);
    }
    if has(GREYLIST) {
        return temporary(Blame::Recipient);
    }
    match enhanced(&text) {
        Some(detail) => by_detail(stage, code, detail, &text),
        None if (400..500).contains(&code) => passing(code, &text),
        None => lasting(stage, code, &text),
    }
}

/// By the second and third number of an enhanced status code.
fn by_detail(stage: Stage, code: u16, (subject, detail): (u16, u16), text: &str) -> Verdict {
    let lasts = code >= 500;
    let refused = |blame| Verdict {
        is_permanent: lasts,
        blame,
    };
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let is_persons = has(UNKNOWN) && !has(BLOCKED);
    match (subject, detail) {
        // nobody there. Exchange Online says 5.4.1 where others say 5.1.1; 5.4.4: there is no such host
        (1, 2) | (4, 1 | 4) if lasts => permanent(Blame::Recipient),
        (5, _) if lasts && stage == Stage::Recipient => permanent(Blame::Recipient),
        (2, 2) => temporary(Blame::Recipient),
        (3, 4) | (6, _) => refused(Blame::Mail),
        // the sender's address, our commands, our login
        (1, 7 | 8) | (5, _) | (7, 8 | 9) => temporary(Blame::Server),
        (7, _) if is_persons => refused(Blame::Recipient),
        // its servers, its DNS, the way there; or a block of ours: not the person's doing, and it may
        // be lifted
        (1, 2) | (3 | 4 | 7, _) => temporary(Blame::Domain),
        (1 | 2, _) => refused(Blame::Recipient),
        _ => without_detail(stage, code, text),
    }
}

fn without_detail(stage: Stage, code: u16, text: &str) -> Verdict {
    if code < 500 {
        passing(code, text)
    } else {
        lasting(stage, code, text)
    }
}

/// 4xx without an enhanced code.
fn passing(code: u16, text: &str) -> Verdict {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let is_persons = has(FULL) || has(UNKNOWN) || (code == 450 && !has(NETWORK) && !has(BLOCKED));
    temporary(if is_persons {
        Blame::Recipient
    } else {
        Blame::Domain
    })
}

/// 5xx without an enhanced code.
fn lasting(stage: Stage, code: u16, text: &str) -> Verdict {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(FULL) {
        return temporary(Blame::Recipient);
    }
    if (500..=504).contains(&code) {
        return temporary(Blame::Server);
    }
    if has(NETWORK) {
        return temporary(Blame::Domain);
    }
    if has(UNKNOWN) {
        return permanent(Blame::Recipient);
    }
    if has(BLOCKED) {
        return temporary(Blame::Domain);
    }
    match stage {
        Stage::Recipient => permanent(Blame::Recipient),
        Stage::Content if code == 552 || text.contains("too large") => permanent(Blame::Mail),
        Stage::Content if code != 554 => permanent(Blame::Mail),
        Stage::Greeting | Stage::Login | Stage::Sender => temporary(Blame::Server),
        Stage::Content => temporary(Blame::Domain),
    }
}

/// Subject and detail of the first word of the form `4.y.z` or `5.y.z`.
fn enhanced(text: &str) -> Option<(u16, u16)> {
    text.split_whitespace().take(3).find_map(|word| {
        let word = word.trim_matches(|char: char| !char.is_ascii_digit());
        let mut numbers = word.split('.');
        let class = numbers.next().filter(|class| matches!(*class, "4" | "5"));
        let (Some(_), Some(subject), Some(detail), None) =
            (class, numbers.next(), numbers.next(), numbers.next())
        else {
            return None;
        };
        Some((subject.parse().ok()?, detail.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPIENT: Stage = Stage::Recipient;

    /// As real servers say it.
    const ANSWERS: &[(Stage, u16, &str, Verdict)] = &[
        (
            RECIPIENT,
            550,
            "5.1.1 <[address]>: Recipient address rejected: User unknown",
            permanent(Blame::Recipient),
        ),
        (
            RECIPIENT,
            550,
            "No such user here",
            permanent(Blame::Recipient),
        ),
        (
            RECIPIENT,
            550,
            "Requested action not taken: mailbox unavailable",
            permanent(Blame::Recipient),
        ),
        (
            RECIPIENT,
            550,
            "5.2.1 The email account that you tried to reach is disabled",
            permanent(Blame::Recipient),
        ),
        (
            RECIPIENT,
            553,
            "sorry, this mailbox is not ours",
            permanent(Blame::Recipient),
        ),
        (
            RECIPIENT,
            550,
            "5.4.1 Recipient address rejected: Access denied.",
            permanent(Blame::Recipient),
        ),
        (
            RECIPIENT,
            556,
            "5.1.10 the domain takes no mail",
            permanent(Blame::Recipient),
        ),
        (
            RECIPIENT,
            552,
            "5.2.2 The recipient's mailbox is over quota",
            temporary(Blame::Recipient),
        ),
        (
            RECIPIENT,
            452,
            "4.2.2 mailbox full",
            temporary(Blame::Recipient),
        ),
        (
            RECIPIENT,
            552,
            "Mailbox is full",
            temporary(Blame::Recipient),
        ),
        (RECIPIENT, 550, "casella piena", temporary(Blame::Recipient)),
        (
            RECIPIENT,
            451,
            "4.7.1 Greylisted, please try again in 300 seconds",
            temporary(Blame::Recipient),
        ),
        (
            RECIPIENT,
            450,
            "4.2.0 Recipient address rejected: Greylisted",
            temporary(Blame::Recipient),
        ),
        (RECIPIENT, 450, "mailbox busy", temporary(Blame::Recipient)),
        (
            RECIPIENT,
            450,
            "4.1.2 Recipient address rejected: Domain not found",
            temporary(Blame::Domain),
        ),
        (
            RECIPIENT,
            451,
            "4.4.1 connection timed out",
            temporary(Blame::Domain),
        ),
        (
            RECIPIENT,
            451,
            "Requested action aborted: local error in processing",
            temporary(Blame::Domain),
        ),
        (
            RECIPIENT,
            452,
            "4.3.1 Insufficient system storage",
            temporary(Blame::Domain),
        ),
        (
            RECIPIENT,
            452,
            "Too many connections",
            temporary(Blame::Domain),
        ),
        (
            RECIPIENT,
            421,
            "4.3.2 Service not available",
            temporary(Blame::Server),
        ),
        (
            Stage::Greeting,
            554,
            "no SMTP service here",
            temporary(Blame::Server),
        ),
        (
            Stage::Greeting,
            421,
            "too many connections from you",
            temporary(Blame::Server),
        ),
        (
            RECIPIENT,
            550,
            "5.7.1 Service unavailable; client host blocked using a blocklist",
            temporary(Blame::Domain),
        ),
        (
            RECIPIENT,
            550,
            "5.7.26 unauthenticated mail is not accepted due to DMARC policy",
            temporary(Blame::Domain),
        ),
        (
            RECIPIENT,
            554,
            "5.7.1 Relay access denied",
            temporary(Blame::Domain),
        ),
        (
            RECIPIENT,
            550,
            "blocked: see our policy",
            temporary(Blame::Domain),
        ),
        (
            Stage::Content,
            550,
            "5.7.1 message rejected as spam",
            temporary(Blame::Domain),
        ),
        (
            Stage::Content,
            554,
            "Transaction failed",
            temporary(Blame::Domain),
        ),
        (
            Stage::Content,
            552,
            "5.3.4 message size exceeds fixed limit",
            permanent(Blame::Mail),
        ),
        (
            Stage::Content,
            550,
            "5.6.0 invalid header found",
            permanent(Blame::Mail),
        ),
        (
            Stage::Content,
            552,
            "message too large",
            permanent(Blame::Mail),
        ),
        (
            Stage::Content,
            451,
            "4.3.0 queue file write error",
            temporary(Blame::Domain),
        ),
        (
            Stage::Sender,
            530,
            "5.7.0 Authentication required",
            temporary(Blame::Server),
        ),
        (
            Stage::Login,
            535,
            "5.7.8 bad credentials",
            temporary(Blame::Server),
        ),
        (
            Stage::Sender,
            550,
            "5.1.8 sender domain not found",
            temporary(Blame::Server),
        ),
        (
            RECIPIENT,
            503,
            "bad sequence of commands",
            temporary(Blame::Server),
        ),
        (
            RECIPIENT,
            550,
            "5.5.0 Requested action not taken: mailbox unavailable",
            permanent(Blame::Recipient),
        ),
        (RECIPIENT, 450, "", temporary(Blame::Recipient)),
        (RECIPIENT, 451, "", temporary(Blame::Domain)),
        (RECIPIENT, 550, "", permanent(Blame::Recipient)),
    ];

    #[test]
    fn r52_a_refusal_is_judged_by_code_and_text() {
        for (stage, code, text, verdict) in ANSWERS {
            assert_eq!(
                judge(*stage, *code, text),
                *verdict,
                "{stage:?} {code} {text}"
            );
        }
    }

    #[test]
    fn a_4xx_is_never_permanent_and_a_block_never_the_persons() {
        let stages = [
            Stage::Greeting,
            Stage::Login,
            Stage::Sender,
            RECIPIENT,
            Stage::Content,
        ];
        for stage in stages {
            for code in 400..500 {
                for subject in 0..9 {
                    for detail in 0..30 {
                        let text = format!("4.{subject}.{detail} no");
                        let verdict = judge(stage, code, &text);
                        assert!(!verdict.is_permanent, "{stage:?} {code} {text}");
                    }
                }
            }
            for detail in 0..30 {
                let verdict = judge(stage, 550, &format!("5.7.{detail} blocked"));
                assert!(!verdict.is_permanent && verdict.blame != Blame::Recipient);
            }
        }
    }
}
