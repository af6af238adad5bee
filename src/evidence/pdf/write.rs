//! An update that is appended to a PDF: objects, and the cross-reference stream that names them.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::object::{Dict, Object, get};

/// Bytes of a row of the cross-reference stream: kind, place, generation.
const WIDTHS: [i64; 3] = [1, 4, 1];

/// An update under way.
pub(in crate::evidence) struct Update {
    after: usize,
    /// What was written so far.
    pub(in crate::evidence) bytes: Vec<u8>,
    places: BTreeMap<u32, usize>,
}

impl Update {
    /// One that follows so many bytes.
    pub(in crate::evidence) fn after(length: usize) -> Self {
        Self {
            after: length,
            bytes: Vec::new(),
            places: BTreeMap::new(),
        }
    }

    /// Writes an object; gives where its body begins in the update.
    pub(in crate::evidence) fn object(&mut self, number: u32, body: &[u8]) -> usize {
        self.places.insert(number, self.after + self.bytes.len());
        self.bytes
            .extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        let place = self.bytes.len();
        self.bytes.extend_from_slice(body);
        self.bytes.extend_from_slice(b"\nendobj\n");
        place
    }

    /// Writes a value as an object; `None` if it is a stream.
    pub(in crate::evidence) fn value(&mut self, number: u32, value: &Object) -> Option<()> {
        let mut body = Vec::new();
        write(value, &mut body)?;
        self.object(number, &body);
        Some(())
    }

    /// Ends the update with its cross-reference stream, which is object `number` and the last there is.
    /// `trailer`: that of the document; `before`: where its section begins; `id`: of this revision, 16 bytes.
    pub(in crate::evidence) fn finish(
        mut self,
        trailer: &Dict,
        before: usize,
        number: u32,
        id: &[u8],
    ) -> Option<Vec<u8>> {
        let at = self.after + self.bytes.len();
        self.places.insert(number, at);
        let mut rows = Vec::new();
        let mut index = Vec::new();
        for (number, place) in &self.places {
            index.extend([Object::Integer((*number).into()), Object::Integer(1)]);
            rows.push(1);
            rows.extend_from_slice(&u32::try_from(*place).ok()?.to_be_bytes());
            rows.push(0);
        }
        let whole = |size: usize| i64::try_from(size).ok().map(Object::Integer);
        let mut dict = Dict::new();
        let mut set = |key: &str, value| dict.insert(key.as_bytes().to_vec(), value);
        set("Type", Object::Name(b"XRef".to_vec()));
        set("Size", Object::Integer(i64::from(number) + 1));
        set("Prev", whole(before)?);
        set("W", Object::Array(WIDTHS.map(Object::Integer).to_vec()));
        set("Index", Object::Array(index));
        set("Length", whole(rows.len())?);
        for key in ["Root", "Info"] {
            if let Some(value) = get(trailer, key) {
                set(key, value.clone());
            }
        }
        if let Some([first @ Object::Text(_, place), _]) =
            get(trailer, "ID").and_then(Object::array)
        {
            let own = Object::Text(id.to_vec(), place.clone());
            set("ID", Object::Array(vec![first.clone(), own]));
        }
        self.bytes
            .extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        write(&Object::Dict(dict), &mut self.bytes)?;
        self.bytes.extend_from_slice(b"\nstream\n");
        self.bytes.extend_from_slice(&rows);
        let foot = format!("\nendstream\nendobj\nstartxref\n{at}\n%%EOF\n");
        self.bytes.extend_from_slice(foot.as_bytes());
        Some(self.bytes)
    }
}

/// Writes a value; `None` if there is a stream in it.
pub(in crate::evidence) fn write(value: &Object, out: &mut Vec<u8>) -> Option<()> {
    match value {
        Object::Null => out.extend_from_slice(b"null"),
        Object::Bool(bool) => out.extend_from_slice(bool.to_string().as_bytes()),
        Object::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Object::Real(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Object::Name(name) => write_name(name, out),
        Object::Text(text, _) => out.extend_from_slice(hex(text).as_bytes()),
        Object::Reference(number) => out.extend_from_slice(format!("{number} 0 R").as_bytes()),
        Object::Array(items) => {
            out.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(b' ');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Object::Dict(dict) => {
            out.extend_from_slice(b"<<");
            for (key, value) in dict {
                write_name(key, out);
                out.push(b' ');
                write(value, out)?;
            }
            out.extend_from_slice(b">>");
        }
        Object::Stream(..) => return None,
    }
    Some(())
}

/// A string of hexadecimal digits between angle brackets.
pub(in crate::evidence) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push('<');
    text.push_str(&data_encoding::HEXUPPER.encode(bytes));
    text.push('>');
    text
}

fn write_name(name: &[u8], out: &mut Vec<u8>) {
    let mut text = String::from("/");
    for byte in name {
        if byte.is_ascii_alphanumeric() || b"-_.+".contains(byte) {
            text.push(char::from(*byte));
        } else {
            // writing to a text does not fail
            let _ = write!(text, "#{byte:02X}");
        }
    }
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::lexer::Lexer;
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for text in [
            "<</A/B#20C/D[1 -2 595.2756 true null 7 0 R]/E<</F(a\\(b)/G<00FF>>>/H false>>",
            "[]",
            "<<>>",
            "0.00001",
        ] {
            let read = |bytes: &[u8]| Lexer::new(bytes, 0).value().unwrap();
            let value = read(text.as_bytes());
            let mut written = Vec::new();
            write(&value, &mut written).unwrap();
            assert_eq!(read(&written), value, "{text}");
        }
    }
}
