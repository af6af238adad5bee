//! Makes a PDF smaller: the many small objects of its tags go into compressed object streams
//! (ISO 32000-1, 7.5.7 and 7.5.8, allowed in PDF/A-2). Nothing else changes; what is shown and tagged stays.
//!
//! It reads what typst's writer makes: one revision, a cross-reference table, no encryption.

use std::io::Write;

use flate2::{Compression, write::ZlibEncoder};

/// So many objects go into one object stream.
const PER_STREAM: usize = 1_000;
const FREE: u8 = 0;
const AT_OFFSET: u8 = 1;
const IN_STREAM: u8 = 2;

/// One line of the cross-reference stream: kind, offset or object stream, index in it.
type Entry = (u8, u32, u16);

struct Object<'a> {
    number: u32,
    /// From `N 0 obj` to `endobj`.
    whole: &'a [u8],
    body: &'a [u8],
}

impl Object<'_> {
    fn is_stream(&self) -> bool {
        self.body.ends_with(b"endstream")
    }
}

/// The packed file; none if it is not of the form above.
pub(super) fn pack(pdf: &[u8]) -> Option<Vec<u8>> {
    let (head, objects, trailer) = read(pdf)?;
    let mut next = objects.iter().map(|object| object.number).max()? + 1;
    let mut entries: Vec<Entry> = vec![(FREE, 0, 0); usize::try_from(next).ok()?];
    if let Some(first) = entries.first_mut() {
        *first = (FREE, 0, u16::MAX);
    }
    let mut packed = head.to_vec();
    let (streams, small): (Vec<_>, Vec<_>) = objects.iter().partition(|object| object.is_stream());
    for object in streams {
        let at = u32::try_from(packed.len()).ok()?;
        *entries.get_mut(usize::try_from(object.number).ok()?)? = (AT_OFFSET, at, 0);
        packed.extend_from_slice(object.whole);
        packed.extend_from_slice(b"\n\n");
    }
    for chunk in small.chunks(PER_STREAM) {
        for (object, index) in chunk.iter().zip(0_u16..) {
            *entries.get_mut(usize::try_from(object.number).ok()?)? = (IN_STREAM, next, index);
        }
        entries.push((AT_OFFSET, u32::try_from(packed.len()).ok()?, 0));
        write_object_stream(&mut packed, next, chunk)?;
        next += 1;
    }
    let start = packed.len();
    entries.push((AT_OFFSET, u32::try_from(start).ok()?, 0));
    write_cross_reference(&mut packed, next, &entries, trailer)?;
    write!(packed, "startxref\n{start}\n%%EOF\n").ok()?;
    Some(packed)
}

/// Head of the file, its objects in order of place, what else its trailer says besides the size.
fn read(pdf: &[u8]) -> Option<(&[u8], Vec<Object<'_>>, &[u8])> {
    let start = rfind(pdf, b"startxref")?;
    let (before, end) = pdf.split_at_checked(start)?;
    let table_at = number(end.get(b"startxref".len()..)?)?;
    let table = before.get(usize::try_from(table_at).ok()?..)?;
    let trailer_at = rfind(table, b"trailer")?;
    let trailer = trailer_entries(table.get(trailer_at + b"trailer".len()..)?)?;

    let lines = table.get(..trailer_at)?.strip_prefix(b"xref\n0 ")?;
    let first = lines.iter().position(|byte| *byte == b'\n')? + 1;
    let mut places: Vec<(usize, u32)> = Vec::new();
    for (line, object) in lines.get(first..)?.chunks_exact(20).zip(0_u32..) {
        if line.get(17) == Some(&b'n') {
            places.push((usize::try_from(number(line.get(..10)?)?).ok()?, object));
        }
    }
    places.sort_unstable();
    let head = pdf.get(..places.first()?.0)?;
    let ends = places.iter().skip(1).map(|(place, _)| *place);
    let ends = ends.chain([usize::try_from(table_at).ok()?]);
    let objects = places.iter().zip(ends).map(|(&(place, number), end)| {
        let whole = pdf.get(place..end)?.trim_ascii();
        let body = whole.strip_prefix(format!("{number} 0 obj").as_bytes())?;
        let body = body.strip_suffix(b"endobj")?.trim_ascii();
        Some(Object {
            number,
            whole,
            body,
        })
    });
    Some((head, objects.collect::<Option<_>>()?, trailer))
}

/// What follows `/Size N` in the dictionary; the writer puts the size first.
fn trailer_entries(trailer: &[u8]) -> Option<&[u8]> {
    let dictionary = trailer.trim_ascii().strip_prefix(b"<<")?;
    let entries = dictionary.strip_suffix(b">>")?.trim_ascii();
    let rest = entries.strip_prefix(b"/Size ")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    rest.get(digits..)
}

fn write_object_stream(packed: &mut Vec<u8>, number: u32, objects: &[&Object<'_>]) -> Option<()> {
    let mut index = Vec::new();
    let mut bodies = Vec::new();
    for object in objects {
        write!(index, "{} {} ", object.number, bodies.len()).ok()?;
        bodies.extend_from_slice(object.body);
        bodies.push(b'\n');
    }
    let count = objects.len();
    let first = index.len();
    index.extend_from_slice(&bodies);
    let data = compressed(&index)?;
    let length = data.len();
    write!(
        packed,
        "{number} 0 obj\n<</Type/ObjStm/N {count}/First {first}/Filter/FlateDecode/Length {length}>>\nstream\n"
    )
    .ok()?;
    packed.extend_from_slice(&data);
    packed.extend_from_slice(b"\nendstream\nendobj\n\n");
    Some(())
}

fn write_cross_reference(
    packed: &mut Vec<u8>,
    number: u32,
    entries: &[Entry],
    trailer: &[u8],
) -> Option<()> {
    let mut table = Vec::with_capacity(entries.len() * 7);
    for (kind, place, index) in entries {
        table.push(*kind);
        table.extend_from_slice(&place.to_be_bytes());
        table.extend_from_slice(&index.to_be_bytes());
    }
    let data = compressed(&table)?;
    let size = entries.len();
    let length = data.len();
    write!(
        packed,
        "{number} 0 obj\n<</Type/XRef/Size {size}/W[1 4 2]/Filter/FlateDecode/Length {length}"
    )
    .ok()?;
    packed.extend_from_slice(trailer);
    packed.extend_from_slice(b">>\nstream\n");
    packed.extend_from_slice(&data);
    packed.extend_from_slice(b"\nendstream\nendobj\n\n");
    Some(())
}

fn compressed(data: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(data.len() / 4), Compression::default());
    encoder.write_all(data).ok()?;
    encoder.finish().ok()
}

fn rfind(data: &[u8], word: &[u8]) -> Option<usize> {
    data.windows(word.len()).rposition(|window| window == word)
}

/// The first number in `text`, blanks before it left out.
fn number(text: &[u8]) -> Option<u32> {
    let text = text.trim_ascii_start();
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(text.get(..digits)?).ok()?.parse().ok()
}
