//! A PDF as the revisions it grew by. The first is the document we issued; of those after it every byte is
//! accounted for: objects the cross-reference section names, blanks, comments, nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::lexer::{Lexer, is_space};
use super::object::{Dict, Object, get};
use super::xref::{self, Entry, Section};

/// Revisions after the first.
const REVISIONS: usize = 16;
/// How much may follow the last `%%EOF`.
const TAIL: usize = 64;

/// Objects by number.
pub(in crate::evidence) type Objects = BTreeMap<u32, Object>;

/// One revision.
pub(in crate::evidence) struct Revision {
    /// Its objects.
    pub(in crate::evidence) objects: Objects,
    /// Numbers of objects that are no longer there.
    pub(in crate::evidence) freed: Vec<u32>,
    /// Its trailer.
    pub(in crate::evidence) trailer: Dict,
    /// Where it ends, right after `%%EOF`.
    pub(in crate::evidence) end: usize,
    /// Where the blanks after it end.
    pub(in crate::evidence) end_with_blanks: usize,
}

/// Why a PDF is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::evidence) enum Fault {
    /// Not built as it must be.
    Malformed,
    /// More revisions than are read.
    TooMany,
}

/// The issued document and the revisions after it. The file begins with the bytes issued.
///
/// # Errors
/// [`Fault`].
pub(in crate::evidence) fn read(
    bytes: &[u8],
    issued: usize,
) -> Result<(Revision, Vec<Revision>), Fault> {
    let first_bytes = bytes.get(..issued).ok_or(Fault::Malformed)?;
    let first_at = start_of_last(first_bytes).ok_or(Fault::Malformed)?;
    let first = read_first(first_bytes, first_at).ok_or(Fault::Malformed)?;
    let mut sections = Vec::new();
    let mut at = start_of_last(bytes).ok_or(Fault::Malformed)?;
    while at != first_at {
        let section = xref::read(bytes, at).ok_or(Fault::Malformed)?;
        if at < issued || get(&section.trailer, "XRefStm").is_some() {
            return Err(Fault::Malformed);
        }
        if sections.len() == REVISIONS {
            return Err(Fault::TooMany);
        }
        let before = get(&section.trailer, "Prev").and_then(Object::size);
        let before = before.filter(|before| *before < at);
        sections.push((at, section));
        at = before.ok_or(Fault::Malformed)?;
    }
    let mut revisions = Vec::new();
    let mut start = issued;
    for (at, section) in sections.into_iter().rev() {
        let revision = read_revision(bytes, start, at, section).ok_or(Fault::Malformed)?;
        start = revision.end;
        revisions.push(revision);
    }
    let is_whole = revisions
        .last()
        .is_none_or(|last| last.end_with_blanks == bytes.len());
    if is_whole {
        Ok((first, revisions))
    } else {
        Err(Fault::Malformed)
    }
}

/// Where the last `startxref` points.
pub(in crate::evidence) fn start_of_last(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(TAIL);
    let word = b"startxref";
    let tail = bytes.get(from..)?;
    let place = tail
        .windows(word.len())
        .rposition(|window| window == word)?;
    let mut lexer = Lexer::new(bytes, from + place + word.len());
    lexer.natural()
}

/// Where the first revision ends, right after its `%%EOF` and one end of line: what was issued, if the rest is
/// updates. Nothing of the rest is judged.
pub(in crate::evidence) fn end_of_first(bytes: &[u8]) -> Option<usize> {
    let mut at = start_of_last(bytes)?;
    for _ in 0..=REVISIONS {
        let section = xref::read(bytes, at)?;
        let Some(before) = get(&section.trailer, "Prev") else {
            let end = read_foot(bytes, at, section.end)?;
            let line = bytes.get(end) == Some(&b'\n');
            return Some(end + usize::from(line));
        };
        at = before.size().filter(|before| *before < at)?;
    }
    None
}

/// `startxref`, the place, `%%EOF`: where that ends.
fn read_foot(bytes: &[u8], section: usize, at: usize) -> Option<usize> {
    let mut lexer = Lexer::new(bytes, at);
    lexer.keyword(b"startxref")?;
    if lexer.natural()? != section {
        return None;
    }
    lexer.skip_blanks();
    lexer.take(b"%%EOF")?;
    Some(lexer.at)
}

fn after_blanks(bytes: &[u8], at: usize) -> usize {
    let blanks = bytes.iter().skip(at).take_while(|byte| is_space(**byte));
    at + blanks.count()
}

/// The document we issued: it is ours, and of one revision.
fn read_first(bytes: &[u8], at: usize) -> Option<Revision> {
    let section = xref::read(bytes, at)?;
    if get(&section.trailer, "Prev").is_some() {
        return None;
    }
    let end = read_foot(bytes, at, section.end)?;
    let (objects, _) = read_objects(bytes, &section)?;
    Some(Revision {
        objects,
        freed: freed(&section),
        trailer: section.trailer,
        end,
        end_with_blanks: after_blanks(bytes, end),
    })
}

fn read_revision(bytes: &[u8], start: usize, at: usize, section: Section) -> Option<Revision> {
    let end = read_foot(bytes, at, section.end)?;
    let (objects, mut spans) = read_objects(bytes, &section)?;
    spans.push((at, section.end));
    spans.sort_unstable();
    spans.dedup();
    let mut lexer = Lexer::new(bytes, start);
    for (from, to) in spans {
        lexer.skip();
        if lexer.at != from {
            return None;
        }
        lexer.at = to;
    }
    if lexer.at != section.end {
        return None;
    }
    Some(Revision {
        objects,
        freed: freed(&section),
        trailer: section.trailer,
        end,
        end_with_blanks: after_blanks(bytes, end),
    })
}

fn freed(section: &Section) -> Vec<u32> {
    let entries = section.entries.iter();
    let free = entries.filter(|(_, entry)| **entry == Entry::Free);
    free.map(|(number, _)| *number).collect()
}

/// The objects of a section, and the span of each that lies in the file itself.
fn read_objects(bytes: &[u8], section: &Section) -> Option<(Objects, Vec<(usize, usize)>)> {
    let mut objects = Objects::new();
    let mut spans = Vec::new();
    let mut containers = BTreeSet::new();
    for (number, entry) in &section.entries {
        match entry {
            Entry::Free => {}
            Entry::At(at) => {
                let (object, end) = read_at(bytes, section, *number, *at)?;
                spans.push((*at, end));
                objects.insert(*number, object);
            }
            Entry::Packed(container, _) => {
                containers.insert(*container);
            }
        }
    }
    for container in containers {
        let Some(Object::Stream(dict, place)) = objects.get(&container).cloned() else {
            return None;
        };
        let packed = read_packed(&dict, bytes.get(place.0)?)?;
        for (place, (number, object)) in packed.into_iter().enumerate() {
            // objects that the section does not name are not there
            if section.entries.get(&number) == Some(&Entry::Packed(container, place)) {
                objects.insert(number, object);
            }
        }
    }
    let named = section.entries.iter();
    let all = named
        .filter(|(_, entry)| matches!(entry, Entry::Packed(..)))
        .all(|(number, _)| objects.contains_key(number));
    all.then_some((objects, spans))
}

fn read_at(bytes: &[u8], section: &Section, number: u32, at: usize) -> Option<(Object, usize)> {
    let mut lexer = Lexer::new(bytes, at);
    if !lexer_at_digit(bytes, at) || lexer.head()? != number {
        return None;
    }
    let length_of = |number: u32| {
        let Some(Entry::At(at)) = section.entries.get(&number) else {
            return None;
        };
        let mut lexer = Lexer::new(bytes, *at);
        if lexer.head()? != number {
            return None;
        }
        lexer.value()?.size()
    };
    let object = xref::object_body(bytes, &mut lexer, length_of)?;
    Some((object, lexer.at))
}

fn lexer_at_digit(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_digit)
}

/// The objects in a stream of objects (ISO 32000-1, 7.5.7). Their strings have no place in the file.
fn read_packed(dict: &Dict, packed: &[u8]) -> Option<Vec<(u32, Object)>> {
    if !get(dict, "Type")?.is_name("ObjStm") {
        return None;
    }
    let bytes = xref::unpack(dict, packed)?;
    let count = get(dict, "N")?.size()?;
    let first = get(dict, "First")?.size()?;
    let mut index = Lexer::new(&bytes, 0);
    let mut objects = Vec::new();
    for _ in 0..count {
        let number = u32::try_from(index.natural()?).ok()?;
        let at = first.checked_add(index.natural()?)?;
        let mut lexer = Lexer::new(&bytes, at);
        let object = lexer.value()?;
        objects.push((number, object));
    }
    Some(objects)
}
