//! Cross-reference sections (ISO 32000-1, 7.5.4 and 7.5.8) and streams packed by Flate.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::ZlibDecoder;

use super::lexer::Lexer;
use super::object::{Dict, Object, get};

/// No stream that is read here unpacks to more.
const UNPACKED: u64 = 8 * 1024 * 1024;
/// Objects of one section.
const OBJECTS: usize = 100_000;

/// Where an object lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Nowhere.
    Free,
    /// At a place in the file.
    At(usize),
    /// In a stream of objects: its number and the place there.
    Packed(u32, usize),
}

/// A cross-reference section.
pub(super) struct Section {
    /// Its trailer.
    pub(super) trailer: Dict,
    /// Objects by number.
    pub(super) entries: BTreeMap<u32, Entry>,
    /// Where it ends.
    pub(super) end: usize,
}

/// Reads the section at a place.
pub(super) fn read(bytes: &[u8], at: usize) -> Option<Section> {
    let mut lexer = Lexer::new(bytes, at);
    if lexer.take(b"xref").is_some() {
        read_table(lexer)
    } else {
        read_stream(bytes, at)
    }
}

fn read_table(mut lexer: Lexer<'_>) -> Option<Section> {
    let mut entries = BTreeMap::new();
    loop {
        lexer.skip_blanks();
        if lexer.keyword(b"trailer").is_some() {
            break;
        }
        let first = lexer.natural()?;
        let count = lexer.natural()?;
        for number in first..first.checked_add(count)? {
            let offset = lexer.natural()?;
            let generation = lexer.natural()?;
            let entry = if lexer.keyword(b"f").is_some() {
                Entry::Free
            } else {
                lexer.keyword(b"n")?;
                if generation != 0 {
                    return None;
                }
                Entry::At(offset)
            };
            insert(&mut entries, number, entry)?;
        }
    }
    let trailer = lexer.dict()?;
    Some(Section {
        trailer,
        entries,
        end: lexer.at,
    })
}

/// An object that is there twice could be read in two ways.
fn insert(entries: &mut BTreeMap<u32, Entry>, number: usize, entry: Entry) -> Option<()> {
    let number = u32::try_from(number).ok()?;
    let is_new = entries.insert(number, entry).is_none();
    (is_new && entries.len() <= OBJECTS).then_some(())
}

fn read_stream(bytes: &[u8], at: usize) -> Option<Section> {
    let mut lexer = Lexer::new(bytes, at);
    lexer.head()?;
    let object = object_body(bytes, &mut lexer, |_| None)?;
    let Object::Stream(dict, place) = object else {
        return None;
    };
    if !get(&dict, "Type")?.is_name("XRef") {
        return None;
    }
    let rows = unpack(&dict, bytes.get(place.0)?)?;
    let entries = read_rows(&dict, &rows)?;
    Some(Section {
        trailer: dict,
        entries,
        end: lexer.at,
    })
}

fn read_rows(dict: &Dict, rows: &[u8]) -> Option<BTreeMap<u32, Entry>> {
    let widths = get(dict, "W")?.array()?;
    let widths: Vec<usize> = widths.iter().map(Object::size).collect::<Option<_>>()?;
    let [kind_width, second_width, third_width] = widths.as_slice() else {
        return None;
    };
    if widths.iter().any(|width| *width > 8) {
        return None;
    }
    let size = get(dict, "Size")?.size()?;
    let spans = match get(dict, "Index") {
        Some(index) => index
            .array()?
            .iter()
            .map(Object::size)
            .collect::<Option<Vec<_>>>()?,
        None => vec![0, size],
    };
    let mut entries = BTreeMap::new();
    let mut rest = rows;
    for span in spans.chunks(2) {
        let [first, count] = span else {
            return None;
        };
        for number in *first..first.checked_add(*count)? {
            let kind = field(&mut rest, *kind_width)?;
            let kind = if *kind_width == 0 { 1 } else { kind };
            let second = field(&mut rest, *second_width)?;
            let third = field(&mut rest, *third_width)?;
            let entry = match kind {
                0 => Entry::Free,
                1 if third == 0 => Entry::At(second),
                2 => Entry::Packed(u32::try_from(second).ok()?, third),
                _ => return None,
            };
            insert(&mut entries, number, entry)?;
        }
    }
    rest.is_empty().then_some(entries)
}

fn field(rest: &mut &[u8], width: usize) -> Option<usize> {
    let (octets, after) = rest.split_at_checked(width)?;
    *rest = after;
    octets.iter().try_fold(0_usize, |sum, octet| {
        sum.checked_mul(256)?.checked_add(usize::from(*octet))
    })
}

/// The value after `number 0 obj`, up to and with `endobj`. `length_of` finds a length that is written
/// elsewhere.
pub(super) fn object_body(
    bytes: &[u8],
    lexer: &mut Lexer<'_>,
    length_of: impl Fn(u32) -> Option<usize>,
) -> Option<Object> {
    let value = lexer.value()?;
    lexer.skip();
    let Object::Dict(dict) = value else {
        lexer.keyword(b"endobj")?;
        return Some(value);
    };
    if lexer.take(b"stream").is_none() {
        lexer.keyword(b"endobj")?;
        return Some(Object::Dict(dict));
    }
    if lexer.take(b"\r\n").is_none() {
        lexer.take(b"\n")?;
    }
    let length = match get(&dict, "Length")? {
        Object::Reference(number) => length_of(*number)?,
        direct => direct.size()?,
    };
    let start = lexer.at;
    let end = start
        .checked_add(length)
        .filter(|end| *end <= bytes.len())?;
    lexer.at = end;
    lexer.skip_blanks();
    lexer.take(b"endstream")?;
    lexer.keyword(b"endobj")?;
    Some(Object::Stream(dict, super::object::Place(start..end)))
}

/// The bytes of a stream: plain or Flate, with or without the predictors of PNG.
pub(in crate::evidence) fn unpack(dict: &Dict, packed: &[u8]) -> Option<Vec<u8>> {
    let only = |object: &Object| match object {
        Object::Array(items) if items.len() == 1 => items.first().cloned(),
        Object::Array(_) => None,
        other => Some(other.clone()),
    };
    let Some(filter) = get(dict, "Filter") else {
        return Some(packed.to_vec());
    };
    if !only(filter)?.is_name("FlateDecode") {
        return None;
    }
    let mut out = Vec::new();
    let mut reader = ZlibDecoder::new(packed).take(UNPACKED + 1);
    reader.read_to_end(&mut out).ok()?;
    if u64::try_from(out.len()).ok()? > UNPACKED {
        return None;
    }
    let parameters = get(dict, "DecodeParms").and_then(only);
    match parameters.as_ref().and_then(Object::dict) {
        Some(parameters) => unpredict(parameters, out),
        None => Some(out),
    }
}

fn unpredict(parameters: &Dict, packed: Vec<u8>) -> Option<Vec<u8>> {
    let number = |key: &str, default: usize| match get(parameters, key) {
        Some(value) => value.size(),
        None => Some(default),
    };
    if number("Predictor", 1)? < 10 {
        return (number("Predictor", 1)? == 1).then_some(packed);
    }
    let columns = number("Columns", 1)?;
    if number("Colors", 1)? != 1 || number("BitsPerComponent", 8)? != 8 || columns > 1024 {
        return None;
    }
    let mut out = Vec::with_capacity(packed.len());
    let mut above = vec![0_u8; columns];
    for row in packed.chunks(columns.checked_add(1)?) {
        let (kind, row) = row.split_first()?;
        // none and up: what writers of cross-reference streams use
        let line: Vec<u8> = match kind {
            0 => row.to_vec(),
            2 => row
                .iter()
                .zip(&above)
                .map(|(byte, up)| byte.wrapping_add(*up))
                .collect(),
            _ => return None,
        };
        out.extend_from_slice(&line);
        above = line;
    }
    Some(out)
}
