//! Reading DER one value after the other, without copying (X.690); and BER made to DER, as some signing
//! programs write it. Nothing here recurses deeper than [`DEPTH`] or panics, whatever the bytes.

use chrono::{DateTime, NaiveDate, Utc};

/// How deep values may lie in each other.
const DEPTH: usize = 24;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BITS: u8 = 0x03;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const IA5_STRING: u8 = 0x16;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The tag of `[number]`, constructed.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// The tag of `[number]`, primitive.
pub(super) const fn plain_context(number: u8) -> u8 {
    0x80 | number
}

/// One value.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    /// Its tag; numbers over 30 are not read.
    pub(super) tag: u8,
    /// Tag, length and body.
    pub(super) whole: &'a [u8],
    /// The body alone.
    pub(super) body: &'a [u8],
}

impl<'a> Node<'a> {
    /// What lies inside.
    pub(super) fn inside(&self) -> Nodes<'a> {
        Nodes(self.body)
    }

    /// The octets of an OCTET STRING or BIT STRING without unused bits.
    pub(super) fn octets(&self) -> Option<&'a [u8]> {
        match self.tag {
            OCTETS => Some(self.body),
            BITS => self.body.strip_prefix(&[0]),
            _ => None,
        }
    }

    /// A point in time.
    pub(super) fn time(&self) -> Option<DateTime<Utc>> {
        let text = std::str::from_utf8(self.body).ok()?.strip_suffix('Z')?;
        let (year, rest) = match self.tag {
            UTC_TIME => {
                let year: i32 = digits(text.get(..2)?)?;
                (
                    if year < 50 { 2000 + year } else { 1900 + year },
                    text.get(2..)?,
                )
            }
            GENERALIZED_TIME => (digits(text.get(..4)?)?, text.get(4..)?),
            _ => return None,
        };
        let part = |at: usize| digits::<u32>(rest.get(at..at + 2)?);
        let date = NaiveDate::from_ymd_opt(year, part(0)?, part(2)?)?;
        let second = if rest.len() == 8 { 0 } else { part(8)? };
        let fraction = rest.get(10..).unwrap_or_default();
        let is_fraction = fraction.strip_prefix('.').is_some_and(|digits| {
            !digits.is_empty() && digits.len() < 10 && digits.bytes().all(|it| it.is_ascii_digit())
        });
        if !(fraction.is_empty() || is_fraction && self.tag == GENERALIZED_TIME) {
            return None;
        }
        Some(date.and_hms_opt(part(4)?, part(6)?, second)?.and_utc())
    }
}

fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    let all = text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

/// Values that follow each other.
#[derive(Clone, Copy)]
pub(super) struct Nodes<'a>(pub(super) &'a [u8]);

impl<'a> Nodes<'a> {
    /// The next one; `None` at the end or where the bytes are no value.
    pub(super) fn next(&mut self) -> Option<Node<'a>> {
        let (node, rest) = read(self.0)?;
        self.0 = rest;
        Some(node)
    }

    /// The next one, which must have the tag.
    pub(super) fn expect(&mut self, tag: u8) -> Option<Node<'a>> {
        let node = self.next()?;
        (node.tag == tag).then_some(node)
    }

    /// The next one if it has the tag.
    pub(super) fn optional(&mut self, tag: u8) -> Option<Node<'a>> {
        if self.0.first() == Some(&tag) {
            self.next()
        } else {
            None
        }
    }

    /// Whether nothing is left.
    pub(super) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, if they are no more than `most`.
    pub(super) fn all(mut self, most: usize) -> Option<Vec<Node<'a>>> {
        let mut nodes = Vec::new();
        while !self.is_over() {
            if nodes.len() == most {
                return None;
            }
            nodes.push(self.next()?);
        }
        Some(nodes)
    }
}

/// The value that is all of the bytes.
pub(super) fn whole(bytes: &[u8], tag: u8) -> Option<Node<'_>> {
    let (node, rest) = read(bytes)?;
    (node.tag == tag && rest.is_empty()).then_some(node)
}

/// The first value and what follows it.
pub(super) fn read(bytes: &[u8]) -> Option<(Node<'_>, &[u8])> {
    let (tag, length, head) = header(bytes)?;
    let length = length?;
    let end = head.checked_add(length)?;
    let node = Node {
        tag,
        whole: bytes.get(..end)?,
        body: bytes.get(head..end)?,
    };
    Some((node, bytes.get(end..)?))
}

/// Tag, length (none: indefinite) and where the body begins.
fn header(bytes: &[u8]) -> Option<(u8, Option<usize>, usize)> {
    let tag = *bytes.first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let first = *bytes.get(1)?;
    match first {
        0..=0x7f => Some((tag, Some(usize::from(first)), 2)),
        0x80 => Some((tag, None, 2)),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            let octets = bytes.get(2..2 + count)?;
            let length = octets.iter().try_fold(0_usize, |sum, octet| {
                sum.checked_mul(256)?.checked_add(usize::from(*octet))
            })?;
            Some((tag, Some(length), 2 + count))
        }
        _ => None,
    }
}

/// The first value of BER bytes as DER lengths have it, and what follows it: no indefinite length, strings
/// of octets in one piece. What is DER already comes out as it went in.
pub(super) fn from_ber(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut out = Vec::with_capacity(bytes.len());
    let rest = convert(bytes, &mut out, DEPTH)?;
    Some((out, rest))
}

/// Converts the first value and gives what follows it.
fn convert<'a>(bytes: &'a [u8], out: &mut Vec<u8>, depth: usize) -> Option<&'a [u8]> {
    let (tag, length, head) = header(bytes)?;
    let depth = depth.checked_sub(1)?;
    let is_constructed = tag & 0x20 != 0;
    let after = bytes.get(head..)?;
    let (mut inside, rest) = match length {
        Some(length) => (after.get(..length)?, Some(after.get(length..)?)),
        None if is_constructed => (after, None),
        None => return None,
    };
    if !is_constructed {
        write(tag, inside, out);
        return rest;
    }
    let mut body = Vec::with_capacity(inside.len().min(4096));
    loop {
        match rest {
            Some(_) if inside.is_empty() => break,
            None if inside.starts_with(&[0, 0]) => break,
            _ => inside = convert(inside, &mut body, depth)?,
        }
    }
    if tag == OCTETS | 0x20 {
        write(OCTETS, &joined(&body)?, out);
    } else {
        write(tag, &body, out);
    }
    match rest {
        Some(rest) => Some(rest),
        None => inside.get(2..),
    }
}

/// The pieces of a string of octets put together.
fn joined(pieces: &[u8]) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(pieces.len());
    let mut pieces = Nodes(pieces);
    while !pieces.is_over() {
        octets.extend_from_slice(pieces.expect(OCTETS)?.body);
    }
    Some(octets)
}

/// Writes a value with a DER length.
pub(super) fn write(tag: u8, body: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    let length = body.len().to_be_bytes();
    let significant: Vec<u8> = length.iter().copied().skip_while(|it| *it == 0).collect();
    match significant.as_slice() {
        [] => out.push(0),
        [short @ 0..=0x7f] => out.push(*short),
        long => {
            out.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(body);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ber_becomes_der_and_der_stays() {
        // SEQUENCE (indefinite) { OCTET STRING (constructed, indefinite) { "ab", "c" }, NULL }
        let ber = [
            0x30, 0x80, 0x24, 0x80, 4, 2, b'a', b'b', 4, 1, b'c', 0, 0, 5, 0, 0, 0, 9,
        ];
        let (der, rest) = from_ber(&ber).unwrap();
        assert_eq!(der, [0x30, 7, 4, 3, b'a', b'b', b'c', 5, 0]);
        assert_eq!(rest, [9]);
        assert_eq!(from_ber(&der).unwrap().0, der);
        let long = [
            vec![0x30, 0x82, 0x01, 0x04, 4, 0x82, 0x01, 0x00],
            vec![7; 256],
        ]
        .concat();
        assert_eq!(from_ber(&long).unwrap().0, long);
    }

    #[test]
    fn depth_is_bounded() {
        let deep = [0x30, 0x80].repeat(100_000);
        assert!(from_ber(&deep).is_none());
    }

    #[test]
    fn times_are_read() {
        for (tag, text, is_time) in [
            (UTC_TIME, "260101120000Z", true),
            (UTC_TIME, "991231235959Z", true),
            (GENERALIZED_TIME, "20260101120000Z", true),
            (GENERALIZED_TIME, "20260101120000.25Z", true),
            (GENERALIZED_TIME, "20261301120000Z", false),
            (GENERALIZED_TIME, "20260101120000+0100", false),
            (GENERALIZED_TIME, "2026010112000Z", false),
            (OCTETS, "260101120000Z", false),
        ] {
            let mut bytes = Vec::new();
            write(tag, text.as_bytes(), &mut bytes);
            let (node, _) = read(&bytes).unwrap();
            assert_eq!(node.time().is_some(), is_time, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            if let Some((der, _)) = from_ber(&bytes) {
                prop_assert!(read(&der).is_some());
            }
        }
    }
}
