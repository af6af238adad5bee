//! Signs mails with the key of the sender's domain (DKIM, RFC 6376): `rsa-sha256`, `relaxed/relaxed`.
//!
//! lettre's own signer takes the time from the clock, so that a mail tried twice would be two mails, and brings
//! an RSA of its own (decision 13). This one is a function of the mail's bytes and its row's time.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use data_encoding::BASE64;

use crate::crypto::{dkim_key::DkimKey, sha256};

use super::SendError;

/// What is signed. Each is named once more than the mail has it, so that none can be added on the way.
const SIGNED: [&str; 10] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "reply-to",
    "list-unsubscribe",
    "list-unsubscribe-post",
];
/// Names in one line of `h=`, characters in one of `b=`.
const NAMES_IN_LINE: usize = 4;
const SIGNATURE_LINE: usize = 70;

/// Signs for a domain; clones share the key.
#[derive(Clone)]
pub struct Dkim {
    domain: String,
    selector: String,
    key: Arc<DkimKey>,
}

impl Dkim {
    /// Signs for `domain` with the key published under `selector`; both ASCII, lower case.
    pub fn new(domain: &str, selector: &str, key: DkimKey) -> Self {
        Self {
            domain: domain.to_owned(),
            selector: selector.to_owned(),
            key: Arc::new(key),
        }
    }

    /// The name of the record to publish.
    pub fn record_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// The TXT record to publish.
    pub fn record(&self) -> String {
        format!("v=DKIM1; k=rsa; p={}", self.key.public_key())
    }

    /// The public key, base64.
    pub fn public_key(&self) -> &str {
        self.key.public_key()
    }

    /// Length of the key.
    pub fn bits(&self) -> usize {
        self.key.bits()
    }

    /// The mail with its signature in front. The same mail of the same time gives the same bytes.
    pub(super) fn sign(&self, mail: &[u8], at: DateTime<Utc>) -> Result<Vec<u8>, SendError> {
        let (head, body) = parted(mail)?;
        let fields = fields(head);
        let body_hash = BASE64.encode(&sha256::digest(&relaxed_body(body)));
        let unsigned = format!(
            "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={};\r\n s={}; t={};\r\n h={};\r\n bh={body_hash};\r\n b=",
            self.domain,
            self.selector,
            at.timestamp(),
            names(&fields),
        );
        let mut signed = String::new();
        for name in SIGNED {
            let same = fields
                .iter()
                .filter(|field| name_of(field).eq_ignore_ascii_case(name));
            for field in same.rev() {
                signed.push_str(&relaxed_header(field));
                signed.push_str("\r\n");
            }
        }
        signed.push_str(&relaxed_header(&unsigned));
        let signature = self
            .key
            .sign(signed.as_bytes())
            .map_err(|error| SendError::permanent(error.to_string()))?;
        let mut bytes = format!("{unsigned}{}\r\n", folded(&signature)).into_bytes();
        bytes.extend_from_slice(mail);
        Ok(bytes)
    }
}

/// Head, each field ended by CRLF, and body.
fn parted(mail: &[u8]) -> Result<(&str, &[u8]), SendError> {
    let end = mail.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = end
        .and_then(|end| mail.split_at_checked(end + 2))
        .ok_or_else(|| SendError::permanent("the mail has no body to sign"))?;
    let head = std::str::from_utf8(head)
        .map_err(|_| SendError::permanent("the mail's head is not ASCII"))?;
    Ok((head, body.get(2..).unwrap_or_default()))
}

/// The fields of a head with their folded lines, without the last CRLF.
fn fields(head: &str) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for line in head.split_terminator("\r\n") {
        match fields.last_mut() {
            Some(field) if line.starts_with([' ', '\t']) => {
                field.push_str("\r\n");
                field.push_str(line);
            }
            Some(_) | None => fields.push(line.to_owned()),
        }
    }
    fields
}

fn name_of(field: &str) -> &str {
    field.split(':').next().unwrap_or_default().trim_end()
}

/// The value of `h=`, a few names a line.
fn names(fields: &[String]) -> String {
    let mut names = Vec::new();
    for name in SIGNED {
        let same = fields
            .iter()
            .filter(|field| name_of(field).eq_ignore_ascii_case(name));
        names.extend(std::iter::repeat_n(name, same.count() + 1));
    }
    let lines: Vec<String> = names
        .chunks(NAMES_IN_LINE)
        .map(|line| line.join(":"))
        .collect();
    lines.join(":\r\n ")
}

/// RFC 6376, 3.4.2: name in lower case, one line, white space as one space, none at either end.
fn relaxed_header(field: &str) -> String {
    let (name, value) = field.split_once(':').unwrap_or((field, ""));
    let words: Vec<&str> = value
        .split([' ', '\t', '\r', '\n'])
        .filter(|word| !word.is_empty())
        .collect();
    format!("{}:{}", name.trim_end().to_lowercase(), words.join(" "))
}

/// RFC 6376, 3.4.4: white space as one space, none at the end of a line, no empty lines at the end.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 2);
    let mut gap = false;
    for byte in body {
        match byte {
            b' ' | b'\t' => gap = true,
            b'\r' => gap = false,
            other => {
                if gap {
                    out.push(b' ');
                    gap = false;
                }
                if *other == b'\n' {
                    out.push(b'\r');
                }
                out.push(*other);
            }
        }
    }
    while out.ends_with(b"\r\n") {
        out.truncate(out.len() - 2);
    }
    if !out.is_empty() {
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// The signature in lines; white space in it does not count.
fn folded(signature: &str) -> String {
    let mut text = String::with_capacity(signature.len() + 32);
    for (place, letter) in signature.chars().enumerate() {
        if place > 0 && place % SIGNATURE_LINE == 0 {
            text.push_str("\r\n ");
        }
        text.push(letter);
    }
    text
}

impl fmt::Debug for Dkim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dkim")
            .field("domain", &self.domain)
            .field("selector", &self.selector)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_6376_3_4_5_header_and_body_are_relaxed_as_in_its_example() {
        let head = "A: X\r\nB : Y\t\r\n\tZ  \r\n";
        let relaxed: Vec<String> = fields(head)
            .iter()
            .map(|field| relaxed_header(field))
            .collect();
        assert_eq!(relaxed, ["a:X", "b:Y Z"]);
        assert_eq!(relaxed_body(b" C \r\nD \t E\r\n\r\n\r\n"), b" C\r\nD E\r\n");
        assert_eq!(relaxed_body(b""), b"");
        assert_eq!(relaxed_body(b"\r\n \r\n"), b"");
        assert_eq!(relaxed_body(b"no end"), b"no end\r\n");
    }
}
