//! Time-stamping (RFC 3161): the question, and what an answer says. Pure over bytes; who signed the answer is
//! checked elsewhere.

use chrono::{DateTime, NaiveDateTime, Utc};
use thiserror::Error;

use super::{sha256, token};

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// `[0]`, constructed.
const CONTEXT_0: u8 = 0xa0;

/// `AlgorithmIdentifier` of SHA-256 as everybody writes it: with NULL.
const SHA256_WITH_NULL: [u8; 15] = [
    SEQUENCE, 13, OID, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
];
/// `2.16.840.1.101.3.4.2.1`
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
/// `1.2.840.113549.1.7.2`
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// `1.2.840.113549.1.9.16.1.4`
const TST_INFO: &[u8] = &[
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04,
];

/// Longest answer that is read, bytes: a token with a few certificates has some 6,000.
pub const LONGEST: usize = 64 * 1024;

/// What is asked: a token over these bytes' hash, with the signer's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    imprint: Vec<u8>,
    /// Without a leading zero byte, the highest bit clear.
    nonce: [u8; 8],
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// SHA-256 of what was stamped, 32 bytes.
    pub imprint: Vec<u8>,
    /// The number of the question, as bytes of an INTEGER.
    pub nonce: Option<Vec<u8>>,
    /// The authority's time, UTC.
    pub at: DateTime<Utc>,
}

/// Why an answer is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TspError {
    /// The bytes are no answer.
    #[error("the answer is no time stamp")]
    Shape,
    /// The authority said no.
    #[error("the authority refused (status {0})")]
    Refused(u8),
    /// The token is of other bytes.
    #[error("the token is over another hash")]
    Imprint,
    /// The token answers another question.
    #[error("the token answers another question")]
    Nonce,
}

impl Question {
    /// A question about these bytes, with a fresh number.
    pub fn about(bytes: &[u8]) -> Self {
        let mut nonce: [u8; 8] = token::random_bytes();
        if let Some(first) = nonce.first_mut() {
            *first = *first & 0x7f | 0x40;
        }
        Self {
            imprint: sha256::digest(bytes),
            nonce,
        }
    }

    /// The `TimeStampReq`, DER.
    pub fn to_der(&self) -> Vec<u8> {
        let imprint = [SHA256_WITH_NULL.as_slice(), &value(OCTETS, &self.imprint)].concat();
        let body = [
            value(INTEGER, &[1]),
            value(SEQUENCE, &imprint),
            value(INTEGER, &self.nonce),
            // certReq: TRUE
            vec![0x01, 0x01, 0xff],
        ];
        value(SEQUENCE, &body.concat())
    }

    /// The token of a `TimeStampResp` that answers this question, and its time: granted, of the same bytes,
    /// with the same number. Its signature is not looked at.
    ///
    /// # Errors
    /// [`TspError`].
    pub fn accept(&self, answer: &[u8]) -> Result<(Vec<u8>, DateTime<Utc>), TspError> {
        let token = granted(answer)?;
        let stamp = Stamp::read(&token)?;
        if stamp.imprint != self.imprint {
            return Err(TspError::Imprint);
        }
        if stamp.nonce.as_deref() != Some(self.nonce.as_slice()) {
            return Err(TspError::Nonce);
        }
        Ok((token, stamp.at))
    }
}

/// The token of a `TimeStampResp`, DER: a CMS.
///
/// # Errors
/// `Shape`, `Refused`.
pub fn granted(answer: &[u8]) -> Result<Vec<u8>, TspError> {
    if answer.len() > LONGEST {
        return Err(TspError::Shape);
    }
    let mut inside = Values(whole(answer, SEQUENCE).ok_or(TspError::Shape)?);
    let status = inside.expect(SEQUENCE).ok_or(TspError::Shape)?;
    match Values(status).expect(INTEGER) {
        // granted, granted with changes
        Some([0 | 1]) => {}
        Some([status]) => return Err(TspError::Refused(*status)),
        _ => return Err(TspError::Shape),
    }
    let token = inside.0;
    inside.expect(SEQUENCE).ok_or(TspError::Shape)?;
    if !inside.0.is_empty() {
        return Err(TspError::Shape);
    }
    Ok(token.to_vec())
}

impl Stamp {
    /// What a token says; by whom, is not looked at.
    ///
    /// # Errors
    /// `Shape`: no token over a SHA-256.
    pub fn read(token: &[u8]) -> Result<Self, TspError> {
        Self::find(token).ok_or(TspError::Shape)
    }

    fn find(token: &[u8]) -> Option<Self> {
        let mut outer = Values(whole(token, SEQUENCE)?);
        (outer.expect(OID)? == SIGNED_DATA).then_some(())?;
        let signed = whole(outer.expect(CONTEXT_0)?, SEQUENCE)?;
        let mut signed = Values(signed);
        signed.expect(INTEGER)?;
        signed.expect(SET)?;
        let mut content = Values(signed.expect(SEQUENCE)?);
        (content.expect(OID)? == TST_INFO).then_some(())?;
        let content = whole(content.expect(CONTEXT_0)?, OCTETS)?;
        let mut info = Values(whole(content, SEQUENCE)?);
        info.expect(INTEGER)?;
        info.expect(OID)?;
        let mut imprint = Values(info.expect(SEQUENCE)?);
        let algorithm = Values(imprint.expect(SEQUENCE)?).expect(OID)?;
        (algorithm == SHA256).then_some(())?;
        let imprint = imprint.expect(OCTETS).filter(|hash| hash.len() == 32)?;
        info.expect(INTEGER)?;
        let at = time(info.expect(GENERALIZED_TIME)?)?;
        // accuracy and ordering may stand before the number, the name of the authority after it
        let mut nonce = None;
        while let Some((tag, body)) = info.next() {
            if tag == INTEGER {
                nonce = Some(body.to_vec());
            }
        }
        info.0.is_empty().then_some(Self {
            imprint: imprint.to_vec(),
            nonce,
            at,
        })
    }
}

/// `20261122163000Z`, with or without a fraction.
fn time(body: &[u8]) -> Option<DateTime<Utc>> {
    let text = std::str::from_utf8(body).ok()?.strip_suffix('Z')?;
    let parsed = NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S%.f");
    Some(parsed.ok()?.and_utc())
}

/// A value with its DER length.
fn value(tag: u8, body: &[u8]) -> Vec<u8> {
    // nothing of ours is longer than a short length says
    let length = u8::try_from(body.len()).unwrap_or(u8::MAX);
    [&[tag, length], body].concat()
}

/// DER values that follow each other.
struct Values<'a>(&'a [u8]);

impl<'a> Values<'a> {
    /// Tag and body of the next one; `None` at the end or where the bytes are none.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x83 => {
                let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = octets
                    .iter()
                    .fold(0_usize, |sum, octet| sum * 256 + usize::from(*octet));
                (length, rest)
            }
            _ => return None,
        };
        let (body, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, body))
    }

    /// The body of the next one, which must have the tag.
    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, body) = self.next()?;
        (found == tag).then_some(body)
    }
}

/// The body of the value that is all of the bytes.
fn whole(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    let mut values = Values(bytes);
    let body = values.expect(tag)?;
    values.0.is_empty().then_some(body)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An answer as an authority would make it, but for the signature.
    fn answer(status: u8, imprint: &[u8], nonce: &[u8], time: &[u8]) -> Vec<u8> {
        fn long(tag: u8, body: &[u8]) -> Vec<u8> {
            let length = u16::try_from(body.len()).unwrap().to_be_bytes();
            [&[tag, 0x82], length.as_slice(), body].concat()
        }
        let imprint = [SHA256_WITH_NULL.as_slice(), &value(OCTETS, imprint)].concat();
        let info = [
            value(INTEGER, &[1]),
            value(OID, &[0x2a, 0x03]),
            value(SEQUENCE, &imprint),
            value(INTEGER, &[7]),
            value(GENERALIZED_TIME, time),
            value(SEQUENCE, &value(INTEGER, &[1])),
            value(INTEGER, nonce),
        ];
        let info = long(OCTETS, &long(SEQUENCE, &info.concat()));
        let content = [value(OID, TST_INFO), long(CONTEXT_0, &info)].concat();
        let signed = [
            value(INTEGER, &[3]),
            value(SET, &[]),
            long(SEQUENCE, &content),
            value(SET, &[]),
        ];
        let signed = long(CONTEXT_0, &long(SEQUENCE, &signed.concat()));
        let token = [value(OID, SIGNED_DATA), signed].concat();
        let status = value(SEQUENCE, &value(INTEGER, &[status]));
        long(SEQUENCE, &[status, long(SEQUENCE, &token)].concat())
    }

    #[test]
    fn the_question_is_the_one_openssl_writes() {
        let question = Question {
            imprint: vec![0xab; 32],
            nonce: [0x40, 1, 2, 3, 4, 5, 6, 7],
        };
        // `openssl ts -query -sha256 -cert` with this hash and number
        let expected = [
            &[0x30, 0x43, 0x02, 0x01, 0x01][..],
            &[0x30, 0x31],
            &SHA256_WITH_NULL,
            &[0x04, 0x20],
            &[0xab; 32],
            &[0x02, 0x08, 0x40, 1, 2, 3, 4, 5, 6, 7],
            &[0x01, 0x01, 0xff],
        ];
        assert_eq!(question.to_der(), expected.concat());
    }

    #[test]
    fn an_answer_is_held_against_its_question() {
        let question = Question::about(b"head");
        let (hash, nonce) = (question.imprint.clone(), question.nonce);
        let time = b"20261122163000Z";
        let good = answer(0, &hash, &nonce, time);
        let (token, at) = question.accept(&good).unwrap();
        assert_eq!(at.to_rfc3339(), "2026-11-22T16:30:00+00:00");
        assert_eq!(Stamp::read(&token).unwrap().imprint, hash);
        for (what, answer, expected) in [
            (
                "refused",
                answer(2, &hash, &nonce, time),
                TspError::Refused(2),
            ),
            (
                "waiting",
                answer(3, &hash, &nonce, time),
                TspError::Refused(3),
            ),
            (
                "imprint",
                answer(0, &[7; 32], &nonce, time),
                TspError::Imprint,
            ),
            ("nonce", answer(0, &hash, &[0x41; 8], time), TspError::Nonce),
            (
                "short hash",
                answer(0, &hash[..20], &nonce, time),
                TspError::Shape,
            ),
            (
                "no time",
                answer(0, &hash, &nonce, b"20261322163000Z"),
                TspError::Shape,
            ),
            (
                "local time",
                answer(0, &hash, &nonce, b"20261122163000+0100"),
                TspError::Shape,
            ),
            (
                "more behind",
                [good.clone(), vec![0]].concat(),
                TspError::Shape,
            ),
            ("nothing", Vec::new(), TspError::Shape),
            ("a page", b"<html>".to_vec(), TspError::Shape),
            ("too long", vec![0x30; LONGEST + 1], TspError::Shape),
        ] {
            assert_eq!(question.accept(&answer).unwrap_err(), expected, "{what}");
        }
        for end in 0..good.len() {
            assert_eq!(question.accept(&good[..end]), Err(TspError::Shape), "{end}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            prop_assert!(Question::about(b"x").accept(&bytes).is_err());
        }
    }
}
