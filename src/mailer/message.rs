//! From [`OutgoingMail`] to bytes. No value reaches a header unchecked, no body goes unencoded.

use std::error::Error;

use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue},
    },
};

use crate::domain::mail::{Attachment, Mail, one_line};

use super::{OutgoingMail, SendError};

const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");
const CONTENT_LANGUAGE: HeaderName = HeaderName::new_from_ascii_str("Content-Language");
const KIND: HeaderName = HeaderName::new_from_ascii_str("X-Joinder-Kind");
const CODE: HeaderName = HeaderName::new_from_ascii_str("X-Joinder-Code");
const UNSUBSCRIBE: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe");
const ONE_CLICK: HeaderName = HeaderName::new_from_ascii_str("List-Unsubscribe-Post");

/// Longest subject and sender's name, in characters.
const MAX_HEADER: usize = 120;

/// The envelope of a mail to one recipient.
pub(super) fn envelope(from: &str, to: &str) -> Result<Envelope, SendError> {
    let from = address(from, "sender")?;
    let to = address(to, "recipient")?;
    Envelope::new(Some(from), vec![to])
        .map_err(|_| SendError::permanent("the envelope has no recipient"))
}

/// The whole mail: ASCII, CRLF, no bare CR or LF.
pub(super) fn format(outgoing: &OutgoingMail) -> Result<Vec<u8>, SendError> {
    let OutgoingMail {
        from: (name, from),
        mail,
        message_id,
        date,
        dkim: _,
    } = outgoing;
    let message_id = check_message_id(message_id)?;
    let name = Some(one_line(name, MAX_HEADER)).filter(|name| !name.is_empty());
    let mut builder = Message::builder();
    if let Some(link) = &mail.unsubscribe {
        // RFC 8058: the mail program ends it with a POST to this link
        let one_click = "List-Unsubscribe=One-Click".to_owned();
        builder = builder
            .raw_header(HeaderValue::new(UNSUBSCRIBE, bracketed(link)?))
            .raw_header(HeaderValue::new(ONE_CLICK, one_click));
    }
    let message = builder
        .from(Mailbox::new(name, address(from, "sender")?))
        .to(Mailbox::new(None, address(&mail.to, "recipient")?))
        .subject(one_line(&mail.subject, MAX_HEADER))
        .date((*date).into())
        .message_id(Some(message_id.to_owned()))
        .raw_header(HeaderValue::new(
            AUTO_SUBMITTED,
            "auto-generated".to_owned(),
        ))
        .raw_header(HeaderValue::new(
            CONTENT_LANGUAGE,
            mail.language.as_str().to_owned(),
        ))
        .raw_header(HeaderValue::new(KIND, mail.kind.as_str().to_owned()))
        .raw_header(HeaderValue::new(CODE, one_line(&mail.mail_code, 32)))
        .multipart(content(mail, message_id)?)
        .map_err(|_| SendError::permanent("the mail has no sender"))?;
    let bytes = message.formatted();
    if is_wire_safe(&bytes) {
        Ok(bytes)
    } else {
        Err(SendError::permanent(
            "the mail holds a bare line break or a byte beyond ASCII",
        ))
    }
}

/// A link as `List-Unsubscribe` has it.
fn bracketed(link: &str) -> Result<String, SendError> {
    let is_plain = link
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"<>,".contains(&b));
    if is_plain && link.len() <= 900 {
        Ok(format!("<{link}>"))
    } else {
        Err(SendError::permanent("the link that ends mails is not one"))
    }
}

/// Text and HTML; with files, those two as one part and a part for each file.
fn content(mail: &Mail, message_id: &str) -> Result<MultiPart, SendError> {
    let id = boundary_id(message_id);
    let alternative = MultiPart::alternative()
        .boundary(format!("=_{id}"))
        .singlepart(part(ContentType::TEXT_PLAIN, &mail.text)?)
        .singlepart(part(ContentType::TEXT_HTML, &mail.html)?);
    if mail.attachments.is_empty() {
        return Ok(alternative);
    }
    let mixed = MultiPart::mixed()
        .boundary(format!("==_{id}"))
        .multipart(alternative);
    mail.attachments
        .iter()
        .try_fold(mixed, |mixed, file| Ok(mixed.singlepart(attached(file)?)))
}

/// One file, base64.
fn attached(file: &Attachment) -> Result<SinglePart, SendError> {
    let kind = ContentType::parse(file.media_type())
        .map_err(|_| SendError::permanent("an attachment has no media type"))?;
    let body = Body::new_with_encoding(file.bytes().to_vec(), ContentTransferEncoding::Base64)
        .map_err(|_| SendError::permanent("an attachment cannot be encoded"))?;
    Ok(SinglePart::builder()
        .header(Attached(file.file_name().to_owned()))
        .content_type(kind)
        .body(body))
}

/// `Content-Disposition` with the name whole on one line.
///
/// The one of lettre splits names of more than 30 characters (RFC 2231, 3), which some mail
/// programs cannot put together. The name holds nothing to be escaped: see [`Attachment::new`].
#[derive(Clone)]
struct Attached(String);

impl Header for Attached {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Disposition")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Err("mails are not read here".into())
    }

    fn display(&self) -> HeaderValue {
        let name = &self.0;
        HeaderValue::dangerous_new_pre_encoded(
            Self::name(),
            format!("attachment; filename=\"{name}\""),
            format!("attachment;\r\n filename=\"{name}\""),
        )
    }
}

/// One part, quoted-printable whatever it holds.
fn part(kind: ContentType, text: &str) -> Result<SinglePart, SendError> {
    let body = Body::new_with_encoding(normalised(text), ContentTransferEncoding::QuotedPrintable)
        .map_err(|_| SendError::permanent("the mail's text cannot be encoded"))?;
    Ok(SinglePart::builder().content_type(kind).body(body))
}

/// Line breaks of any kind become CRLF; other control characters but the tab are dropped.
fn normalised(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect::<String>()
        .replace('\n', "\r\n")
}

/// An ASCII address; a domain in other letters is written in Punycode.
///
/// Local parts beyond ASCII need SMTPUTF8 end to end, which few relays have: they are refused.
fn address(value: &str, whose: &str) -> Result<Address, SendError> {
    let bad = || SendError::permanent(format!("the {whose}'s address is not one"));
    let (local, domain) = value.rsplit_once('@').ok_or_else(bad)?;
    let domain = idna::domain_to_ascii(domain).map_err(|_| bad())?;
    let is_plain = |part: &str| part.bytes().all(|b| b.is_ascii_graphic());
    if !is_plain(local) || !is_plain(&domain) || local.len() > 64 || domain.len() > 253 {
        return Err(bad());
    }
    Address::new(local, &domain).map_err(|_| bad())
}

/// `<left@right>` in visible ASCII.
fn check_message_id(id: &str) -> Result<&str, SendError> {
    let inner = id
        .strip_prefix('<')
        .and_then(|id| id.strip_suffix('>'))
        .unwrap_or_default();
    let is_id = inner
        .split_once('@')
        .is_some_and(|(left, right)| !left.is_empty() && !right.is_empty() && !right.contains('@'));
    let is_plain = inner
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"<>\"(),:;[]\\".contains(&b));
    if is_id && is_plain && id.len() <= 200 {
        Ok(id)
    } else {
        Err(SendError::permanent("the message id is not one"))
    }
}

/// What makes the boundaries of a mail: the same for the same mail.
///
/// `=_` in front of it can occur in no quoted-printable body (RFC 2045, 6.7), `==_` in no base64
/// body either, and neither boundary begins with the other.
fn boundary_id(message_id: &str) -> String {
    message_id
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(60)
        .collect()
}

/// ASCII, and each CR followed by LF and each LF after CR: what remains between a value and
/// another SMTP command if everything above failed.
fn is_wire_safe(bytes: &[u8]) -> bool {
    let mut after_cr = false;
    for byte in bytes {
        if !byte.is_ascii() || *byte == 0 || after_cr != (*byte == b'\n') {
            return false;
        }
        after_cr = *byte == b'\r';
    }
    !after_cr
}
