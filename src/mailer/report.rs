//! Reads reports about mails of ours: delivery status notifications (RFC 3464) and complaints (ARF,
//! RFC 5965). Hostile bytes are the rule here: nothing in them is believed, only found.

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders};

use crate::domain::bounce::{Action, Finding, Report, Status, tags_in};

/// Longest report read, in bytes; those that quote a whole mail are longer only with its files.
pub const MAX_BYTES: usize = 1024 * 1024;
/// Parts in parts; a report has three.
const MAX_NESTED: usize = 24;
/// Fields read of one block.
const MAX_FIELDS: usize = 200;
/// Recipients read of one report; our mails have one.
const MAX_RECIPIENTS: usize = 20;

/// Headers by which the envelope of a delivered report is known.
const ENVELOPE: [&str; 6] = [
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-rcpt-to",
    "to",
];

/// Why a file is no report that can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoReport {
    /// Empty, or longer than [`MAX_BYTES`].
    #[error("it is empty or too long")]
    Size,
    /// Too many parts in parts.
    #[error("its parts are nested too deep")]
    Nested,
    /// Not a mail.
    #[error("it is not a mail")]
    NotAMail,
    /// A mail without a report, such as an absence notice.
    #[error("it holds no delivery status and no feedback report")]
    NoStatus,
    /// It says that the mail arrived.
    #[error("it tells of no failure")]
    NothingFailed,
}

/// Reads a mail that came to the return path.
///
/// # Errors
/// [`NoReport`] for anything that does not tell of a failure or a complaint; never panics.
pub fn read(bytes: &[u8]) -> Result<Report, NoReport> {
    if bytes.is_empty() || bytes.len() > MAX_BYTES {
        return Err(NoReport::Size);
    }
    if nesting(bytes) > MAX_NESTED {
        return Err(NoReport::Nested);
    }
    let message = MessageParser::default()
        .parse(bytes)
        .ok_or(NoReport::NotAMail)?;
    let parts: Vec<(String, &[u8])> = message
        .parts
        .iter()
        .map(|part| (kind_of(part), part.contents()))
        .collect();
    let quoted = parts
        .iter()
        .filter(|(kind, _)| kind == "message/rfc822" || kind == "text/rfc822-headers")
        .flat_map(|(_, bytes)| fields(bytes))
        .collect::<Vec<_>>();
    let of = |wanted: &str| parts.iter().find(|(kind, _)| kind == wanted);
    let (finding, mut recipients) = if let Some((_, status)) = of("message/delivery-status") {
        judge(status)?
    } else if let Some((_, feedback)) = of("message/feedback-report") {
        let named = values(&fields(feedback), "original-rcpt-to");
        let named = named.iter().filter_map(|value| address(value)).collect();
        (Finding::complaint(), named)
    } else {
        return Err(NoReport::NoStatus);
    };
    recipients.extend(
        values(&quoted, "to")
            .iter()
            .filter_map(|value| address(value)),
    );
    recipients.truncate(MAX_RECIPIENTS);
    Ok(Report {
        tags: tags(&message, &quoted),
        message_ids: values(&quoted, "message-id"),
        recipients,
        finding,
    })
}

/// Declarations of parts that can hold parts. Counted before anything is parsed: what is nested deep
/// is also taken apart in depth.
fn nesting(bytes: &[u8]) -> usize {
    let lower = bytes.to_ascii_lowercase();
    let count = |word: &[u8]| lower.windows(word.len()).filter(|at| *at == word).count();
    count(b"message/") + count(b"multipart/")
}

/// `message/delivery-status` and the like, in lower case.
fn kind_of(part: &MessagePart<'_>) -> String {
    part.content_type().map_or_else(String::new, |kind| {
        let subtype = kind.subtype().unwrap_or_default();
        format!("{}/{subtype}", kind.ctype()).to_ascii_lowercase()
    })
}

/// Tags of the envelope first: those of what is quoted anybody may have read.
fn tags(message: &Message<'_>, quoted: &[(String, String)]) -> Vec<String> {
    let head = fields(message.raw_message());
    let mut tags = Vec::new();
    for name in ENVELOPE {
        for value in values(&head, name) {
            tags.extend(tags_in(&value));
        }
    }
    for name in ["return-path", "sender"] {
        for value in values(quoted, name) {
            tags.extend(tags_in(&value));
        }
    }
    tags.truncate(MAX_RECIPIENTS);
    tags
}

/// The worst of the recipients, and their addresses (RFC 3464, 2.3).
fn judge(status: &[u8]) -> Result<(Finding, Vec<String>), NoReport> {
    let mut worst: Option<Finding> = None;
    let mut recipients = Vec::new();
    for block in blocks(status).into_iter().take(MAX_RECIPIENTS) {
        let value = |name: &str| values(&block, name).into_iter().next();
        let Some(action) = value("action").as_deref().and_then(Action::parse) else {
            continue;
        };
        let named = ["original-recipient", "final-recipient"];
        let named = named.iter().filter_map(|name| address(&value(name)?));
        let named: Vec<String> = named.collect();
        let local = named
            .first()
            .and_then(|address| address.rsplit_once('@'))
            .map(|(local, _)| local.to_owned());
        let said = value("diagnostic-code");
        let code = value("status").as_deref().and_then(Status::find);
        let found = Finding::of(action, code, said.as_deref(), local.as_deref());
        recipients.extend(named);
        worst = match (worst, found) {
            (Some(worst), Some(found)) if worst.kind >= found.kind => Some(worst),
            (worst, None) => worst,
            (_, found) => found,
        };
    }
    Ok((worst.ok_or(NoReport::NothingFailed)?, recipients))
}

/// The address in `rfc822; ada@example.org`, `<ada@example.org>` or bare.
fn address(value: &str) -> Option<String> {
    let value = value.rsplit(';').next().unwrap_or(value);
    let value = match value.rsplit_once('<') {
        Some((_, rest)) => rest.split('>').next().unwrap_or(rest),
        None => value,
    };
    let value = value.trim();
    let is_one = value.contains('@') && value.len() <= 320 && !value.contains(char::is_whitespace);
    is_one.then(|| value.to_owned())
}

fn values(fields: &[(String, String)], name: &str) -> Vec<String> {
    let named = fields.iter().filter(|(own, _)| own == name);
    named.map(|(_, value)| value.clone()).take(8).collect()
}

/// The groups of fields of a delivery status, each ended by a blank line.
fn blocks(bytes: &[u8]) -> Vec<Vec<(String, String)>> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    text.split("\n\n")
        .map(|block| fields(block.trim_start_matches('\n').as_bytes()))
        .filter(|block| !block.is_empty())
        .take(MAX_RECIPIENTS + 1)
        .collect()
}

/// The fields before the first blank line, unfolded; names in lower case.
fn fields(bytes: &[u8]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches('\r');
        if line.is_empty() || fields.len() >= MAX_FIELDS {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut()
                && value.len() < 2_000
            {
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        if let Some((name, value)) = line.split_once(':') {
            let value: String = value.trim().chars().take(2_000).collect();
            fields.push((name.trim().to_ascii_lowercase(), value));
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::bounce::BounceKind;

    const TAG: &str = "0123456789abcdefghijklmnopqrstuv0123456789";

    fn dsn(action: &str, status: &str, said: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mx.example.net\r\nTo: bounces+{TAG}@example.org\r\n\
             Subject: Undelivered\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nSorry.\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mx.example.net\r\n\r\n\
             Original-Recipient: rfc822;ada.rossi@libero.it\r\n\
             Final-Recipient: rfc822; ada.rossi@libero.it\r\nAction: {action}\r\nStatus: {status}\r\n\
             Diagnostic-Code: smtp; {said}\r\n\r\n\
             --b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
             Return-Path: <bounces+{TAG}@example.org>\r\nMessage-ID: <0190-a@joinder.example>\r\n\
             To: ada.rossi@libero.it\r\nX-Joinder-Code: ABCD\r\n\r\n--b--\r\n"
        )
    }

    #[test]
    fn a_delivery_status_is_read_with_tag_recipient_and_code() {
        let said = "550 5.1.1 <ada.rossi@libero.it>\r\n User unknown";
        let report = read(dsn("failed", "5.1.1", said).as_bytes()).unwrap();
        assert_eq!(report.finding.kind, BounceKind::Hard);
        assert_eq!(report.finding.status.unwrap().to_string(), "5.1.1");
        assert_eq!(
            report.finding.diagnostic.as_deref(),
            Some("smtp; 550 5.1.1 [address] User unknown")
        );
        assert_eq!(report.tags, [TAG, TAG]);
        assert_eq!(report.message_ids, ["<0190-a@joinder.example>"]);
        assert_eq!(report.recipients[0], "ada.rossi@libero.it");
    }

    #[test]
    fn a_whole_mail_may_be_quoted_and_encoded() {
        let quoted =
            "Return-Path: <x@example.org>\r\nMessage-ID: <1@joinder.example>\r\n\r\nHi.\r\n";
        let whole = dsn("failed", "5.1.1", "550 unknown user").replace(
            "Content-Type: text/rfc822-headers\r\n\r\n",
            &format!("Content-Type: message/rfc822\r\n\r\n{quoted}"),
        );
        let report = read(whole.as_bytes()).unwrap();
        assert_eq!(report.message_ids, ["<1@joinder.example>"]);

        let status = "Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; a@b.it\r\n\
                      Action: failed\r\nStatus: 5.1.1\r\n";
        let encoded = data_encoding::BASE64.encode(status.as_bytes());
        let mail = format!(
            "To: bounces+{TAG}@example.org\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\
             Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n\
             {encoded}\r\n--b--\r\n"
        );
        assert_eq!(
            read(mail.as_bytes()).unwrap().finding.kind,
            BounceKind::Hard
        );
    }

    #[test]
    fn the_worst_of_several_recipients_counts_and_a_delivery_does_not() {
        let two = dsn("delayed", "4.4.1", "451 later").replace(
            "--b\r\nContent-Type: text/rfc822-headers",
            "Final-Recipient: rfc822; b@c.it\r\nAction: failed\r\nStatus: 5.2.2\r\n\r\n\
             --b\r\nContent-Type: text/rfc822-headers",
        );
        assert_eq!(read(two.as_bytes()).unwrap().finding.kind, BounceKind::Soft);
        let late = dsn("delayed", "4.4.1", "451 later");
        assert_eq!(
            read(late.as_bytes()).unwrap().finding.kind,
            BounceKind::Delayed
        );
        let done = dsn("relayed", "2.0.0", "250 ok");
        assert_eq!(read(done.as_bytes()), Err(NoReport::NothingFailed));
    }

    #[test]
    fn a_complaint_is_read() {
        let mail = format!(
            "To: bounces+{TAG}@example.org\nMIME-Version: 1.0\n\
             Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\
             Content-Type: text/plain\n\nThis is spam.\n--b\n\
             Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: x/1\n\
             Original-Rcpt-To: <ada@libero.it>\n\n--b\nContent-Type: message/rfc822\n\n\
             Message-ID: <2@joinder.example>\nFrom: a@b.it\n\nHi.\n--b--\n"
        );
        let report = read(mail.as_bytes()).unwrap();
        assert_eq!(report.finding.kind, BounceKind::Complaint);
        assert_eq!(report.recipients, ["ada@libero.it"]);
        assert_eq!(report.message_ids, ["<2@joinder.example>"]);
    }

    #[test]
    fn an_absence_notice_is_no_report() {
        let away = format!(
            "To: bounces+{TAG}@example.org\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n"
        );
        assert_eq!(read(away.as_bytes()), Err(NoReport::NoStatus));
    }

    #[test]
    fn hostile_files_are_refused_and_never_crash() {
        assert_eq!(read(b""), Err(NoReport::Size));
        assert_eq!(read(&vec![b'x'; MAX_BYTES + 1]), Err(NoReport::Size));
        let deep = "Content-Type: message/rfc822\r\n\r\n".repeat(30_000);
        assert_eq!(read(deep.as_bytes()), Err(NoReport::Nested));
        let many = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".repeat(30_000);
        assert_eq!(
            read(&many.as_bytes()[..MAX_BYTES - 1]),
            Err(NoReport::Nested)
        );
        let folded = format!("To: x\r\n{}", " y\r\n".repeat(200_000));
        assert_eq!(read(folded.as_bytes()), Err(NoReport::NoStatus));
        let good = dsn("failed", "5.1.1", "550 5.1.1 unknown");
        for end in 0..good.len() {
            // cut anywhere: a report or none, no panic
            let _ = read(&good.as_bytes()[..end]);
        }
        for (at, wrong) in (0..good.len()).zip([0, 0xff, b'\r', b'\n', 0x80].into_iter().cycle()) {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = wrong;
            let _ = read(&bytes);
        }
        let latin = good.replace("us-ascii", "no-such-charset").into_bytes();
        let latin: Vec<u8> = latin.into_iter().chain([0xe8, 0xff]).collect();
        assert!(read(&latin).is_ok());
    }
}
