//! Bytes to values.

use super::object::{Dict, Object, Place};

/// How deep values may lie in each other.
const DEPTH: usize = 32;

/// Reads values from a place on.
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    /// The place of the next byte.
    pub(super) at: usize,
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_delimiter(byte: u8) -> bool {
    b"()<>[]{}/%".contains(&byte)
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn bump(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Skips blanks and comments.
    pub(super) fn skip(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|it| it != b'\n' && it != b'\r') {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// Skips blanks alone.
    pub(super) fn skip_blanks(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    /// Takes these very bytes.
    pub(super) fn take(&mut self, word: &[u8]) -> Option<()> {
        self.rest().starts_with(word).then(|| self.at += word.len())
    }

    /// Takes a word after blanks and comments; it must end there.
    pub(super) fn keyword(&mut self, word: &[u8]) -> Option<()> {
        self.skip();
        self.take(word)?;
        let ends = self
            .peek()
            .is_none_or(|it| is_space(it) || is_delimiter(it));
        ends.then_some(())
    }

    /// A whole number of decimal digits.
    pub(super) fn natural(&mut self) -> Option<usize> {
        self.skip();
        let digits = self.rest().iter().take(16);
        let count = digits.take_while(|byte| byte.is_ascii_digit()).count();
        let text = self.rest().get(..count)?;
        self.at += count;
        std::str::from_utf8(text).ok()?.parse().ok()
    }

    /// `number 0 obj`: other generations are not read.
    pub(super) fn head(&mut self) -> Option<u32> {
        let number = u32::try_from(self.natural()?).ok()?;
        if self.natural()? != 0 {
            return None;
        }
        self.keyword(b"obj")?;
        Some(number)
    }

    /// The next value.
    pub(super) fn value(&mut self) -> Option<Object> {
        self.value_within(DEPTH)
    }

    fn value_within(&mut self, depth: usize) -> Option<Object> {
        let depth = depth.checked_sub(1)?;
        self.skip();
        match self.peek()? {
            b'/' => self.name().map(Object::Name),
            b'(' => self.literal(),
            b'[' => self.array(depth),
            b'<' if self.rest().starts_with(b"<<") => self.dict_within(depth).map(Object::Dict),
            b'<' => self.hex(),
            b'0'..=b'9' | b'+' | b'-' | b'.' => self.number(),
            b't' => self.keyword(b"true").map(|()| Object::Bool(true)),
            b'f' => self.keyword(b"false").map(|()| Object::Bool(false)),
            b'n' => self.keyword(b"null").map(|()| Object::Null),
            _ => None,
        }
    }

    /// A dictionary; a key that is there twice could be read in two ways.
    pub(super) fn dict(&mut self) -> Option<Dict> {
        self.skip();
        self.dict_within(DEPTH)
    }

    fn dict_within(&mut self, depth: usize) -> Option<Dict> {
        self.take(b"<<")?;
        let mut dict = Dict::new();
        loop {
            self.skip();
            if self.take(b">>").is_some() {
                return Some(dict);
            }
            let key = self.name()?;
            let value = self.value_within(depth)?;
            if dict.insert(key, value).is_some() {
                return None;
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<Object> {
        self.take(b"[")?;
        let mut items = Vec::new();
        loop {
            self.skip();
            if self.take(b"]").is_some() {
                return Some(Object::Array(items));
            }
            items.push(self.value_within(depth)?);
        }
    }

    fn name(&mut self) -> Option<Vec<u8>> {
        self.take(b"/")?;
        let mut name = Vec::new();
        while let Some(byte) = self.peek() {
            if is_space(byte) || is_delimiter(byte) {
                break;
            }
            self.at += 1;
            if byte == b'#' {
                let high = hex_digit(self.bump()?)?;
                name.push(high * 16 + hex_digit(self.bump()?)?);
            } else {
                name.push(byte);
            }
        }
        Some(name)
    }

    /// A number, or `number 0 R`.
    fn number(&mut self) -> Option<Object> {
        let start = self.at;
        let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.".contains(byte);
        let count = self
            .rest()
            .iter()
            .take(40)
            .take_while(|it| is_part(it))
            .count();
        let text = std::str::from_utf8(self.rest().get(..count)?).ok()?;
        self.at += count;
        let Ok(whole) = text.trim_start_matches('+').parse::<i64>() else {
            let real: f64 = text.trim_start_matches('+').parse().ok()?;
            return Some(Object::Real(real));
        };
        let after = self.at;
        if self.bytes.get(start).is_some_and(u8::is_ascii_digit) && self.reference().is_some() {
            return u32::try_from(whole).ok().map(Object::Reference);
        }
        self.at = after;
        Some(Object::Integer(whole))
    }

    /// ` 0 R` after a number.
    fn reference(&mut self) -> Option<()> {
        if !self.peek().is_some_and(is_space) {
            return None;
        }
        self.skip();
        self.take(b"0")?;
        if !self.peek().is_some_and(is_space) {
            return None;
        }
        self.keyword(b"R")
    }

    fn hex(&mut self) -> Option<Object> {
        let start = self.at;
        self.take(b"<")?;
        let mut digits = Vec::new();
        loop {
            match self.bump()? {
                b'>' => break,
                byte if is_space(byte) => {}
                byte => digits.push(hex_digit(byte)?),
            }
        }
        if digits.len() % 2 == 1 {
            digits.push(0);
        }
        let octets = digits.chunks_exact(2).map(|pair| match pair {
            [high, low] => high * 16 + low,
            _ => 0,
        });
        Some(Object::Text(octets.collect(), Place(start..self.at)))
    }

    fn literal(&mut self) -> Option<Object> {
        let start = self.at;
        self.take(b"(")?;
        let mut text = Vec::new();
        let mut open = 1_usize;
        loop {
            let byte = self.bump()?;
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                b'\\' => {
                    self.escape(&mut text)?;
                    continue;
                }
                _ => {}
            }
            if open == 0 {
                return Some(Object::Text(text, Place(start..self.at)));
            }
            text.push(byte);
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Option<()> {
        let byte = self.bump()?;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\n' => {}
            b'\r' => {
                self.take(b"\n");
            }
            b'0'..=b'7' => {
                let mut code = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit) = self.peek().filter(|it| (b'0'..=b'7').contains(it)) else {
                        break;
                    };
                    self.at += 1;
                    code = code * 8 + u32::from(digit - b'0');
                }
                text.push(u8::try_from(code & 0xff).ok()?);
            }
            other => text.push(other),
        }
        Some(())
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<Object> {
        Lexer::new(text.as_bytes(), 0).value()
    }

    #[test]
    fn values_are_read() {
        let text = |text: &[u8]| Object::Text(text.to_vec(), Place(0..0));
        for (written, value) in [
            ("12", Object::Integer(12)),
            ("-1.5", Object::Real(-1.5)),
            ("12 0 R", Object::Reference(12)),
            ("/A#42 ", Object::Name(b"AB".to_vec())),
            ("(a(b)\\)\\101)", text(b"a(b))A")),
            ("<48 4>", text(b"H@")),
            (
                "[1 2 0 R]",
                Object::Array(vec![Object::Integer(1), Object::Reference(2)]),
            ),
        ] {
            assert_eq!(read(written), Some(value), "{written}");
        }
        for written in ["<</A 1/A 2>>", "<</A", "(a", "<4g>", "[1", "tru", "R", ""] {
            assert_eq!(read(written), None, "{written}");
        }
        assert_eq!(read(&"[".repeat(100_000)), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            Lexer::new(&bytes, 0).value();
        }
    }
}
