//! A part of a workbook, tag by tag: no more of it than the bounds allow is ever in memory, or read at all.

use std::cell::Cell as Mutable;
use std::io::{self, BufReader, Cursor, Read};
use std::rc::Rc;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;
use zip::read::ZipFile;

use crate::app::import::table::TableError;

/// Bytes of one part of a workbook, inflated.
const MAX_PART: u64 = 512 * 1024 * 1024;
/// Bytes between two tags: what has to be in memory at once.
const MAX_EVENT: u64 = 256 * 1024;

pub(super) const UNREADABLE: TableError = TableError::of("error-import-unreadable");
pub(super) const TOO_LARGE: TableError = TableError::of("error-import-inflates");

pub(super) type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// What stands in a part, without its namespaces.
pub(super) enum Tag {
    Open(String, Attributes),
    Close(String),
    Text(String),
}

/// Attributes by name, without their namespaces.
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    fn read(tag: &BytesStart<'_>) -> Result<Self, TableError> {
        let mut all = Vec::new();
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| UNREADABLE)?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let name = attribute.key.local_name().as_ref().to_owned();
            all.push((name, value.map_err(|_| UNREADABLE)?.into_owned()));
        }
        Ok(Self(all))
    }

    pub(super) fn of(&self, name: &str) -> Option<String> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    }
}

/// A part of a workbook while it is read.
pub(super) type PartXml<'x, 'b> = Xml<ZipFile<'x, Cursor<&'b [u8]>>>;

/// Opens a part of a workbook; `None` if there is no such part.
pub(super) fn open<'x, 'b>(
    archive: &'x mut Archive<'b>,
    path: &str,
) -> Result<Option<PartXml<'x, 'b>>, TableError> {
    match archive.by_name(path) {
        Ok(part) => Ok(Some(Xml::over(part))),
        Err(zip::result::ZipError::FileNotFound) => Ok(None),
        Err(_) => Err(UNREADABLE),
    }
}

/// A part of a workbook, tag by tag.
pub(super) struct Xml<R: Read> {
    reader: Reader<BufReader<Bounded<R>>>,
    since_tag: Rc<Mutable<u64>>,
    buffer: Vec<u8>,
}

impl<R: Read> Xml<R> {
    fn over(part: R) -> Self {
        let since_tag = Rc::new(Mutable::new(0));
        let bounded = Bounded {
            part,
            left: MAX_PART,
            since_tag: Rc::clone(&since_tag),
        };
        let mut reader = Reader::from_reader(BufReader::new(bounded));
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            since_tag,
            buffer: Vec::new(),
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<Tag>, TableError> {
        loop {
            self.buffer.clear();
            self.since_tag.set(0);
            let event = self.reader.read_event_into(&mut self.buffer);
            let event = event.map_err(|error| match error {
                quick_xml::Error::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                    TOO_LARGE
                }
                _ => UNREADABLE,
            })?;
            return Ok(Some(match event {
                Event::Start(tag) => {
                    let name = tag.local_name().as_ref().to_owned();
                    Tag::Open(name, Attributes::read(&tag)?)
                }
                Event::End(tag) => Tag::Close(tag.local_name().as_ref().to_owned()),
                Event::Text(text) => {
                    Tag::Text(text.xml_content(XmlVersion::Implicit1_0).into_owned())
                }
                Event::CData(text) => {
                    Tag::Text(text.xml_content(XmlVersion::Implicit1_0).into_owned())
                }
                Event::GeneralRef(entity) => {
                    let letter = entity.resolve_char_ref().map_err(|_| UNREADABLE)?;
                    let text = match letter {
                        Some(letter) => Some(letter.to_string()),
                        None => resolve_predefined_entity(&entity).map(str::to_owned),
                    };
                    Tag::Text(text.ok_or(UNREADABLE)?)
                }
                Event::Eof => return Ok(None),
                _ => continue,
            }));
        }
    }
}

/// Ends with an error when more comes than there may be, in all or between two tags.
struct Bounded<R> {
    part: R,
    left: u64,
    since_tag: Rc<Mutable<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.part.read(into)?;
        let count = u64::try_from(read).unwrap_or(u64::MAX);
        let since_tag = self.since_tag.get().saturating_add(count);
        self.since_tag.set(since_tag);
        let left = self.left.checked_sub(count);
        match left.filter(|_| since_tag <= MAX_EVENT) {
            Some(left) => {
                self.left = left;
                Ok(read)
            }
            None => Err(io::ErrorKind::FileTooLarge.into()),
        }
    }
}
