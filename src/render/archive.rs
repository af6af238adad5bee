//! A ZIP archive that is written file by file and given away as it grows: what it keeps is the last
//! file and the directory that ends the archive, about half a kilobyte a file.
//!
//! Files are stored as they are; sizes and checks stand before their bytes, so that readers of a stream
//! understand it too. An archive that was cut has no directory: no program opens it as whole.

use std::io::{Error, ErrorKind, Result, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// An archive that grows.
pub struct Archive {
    writer: ZipWriter<Sink>,
    sink: Sink,
}

impl Default for Archive {
    fn default() -> Self {
        Self::new()
    }
}

impl Archive {
    /// An empty one.
    pub fn new() -> Self {
        let sink = Sink::default();
        Self {
            writer: ZipWriter::new(sink.clone()),
            sink,
        }
    }

    /// Adds a file; gives the bytes of the archive that no longer change, none after the first.
    ///
    /// # Errors
    /// For a name twice and a file over 4 GiB.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<Vec<u8>> {
        // starting a file writes the sizes of the one before, which therefore is still here
        let settled = self.sink.end();
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .unix_permissions(0o644);
        self.writer.start_file(name, options)?;
        self.writer.write_all(bytes)?;
        self.sink.take_until(settled)
    }

    /// Ends it; gives the rest of its bytes.
    ///
    /// # Errors
    /// Never in practice: writing to memory does not fail.
    pub fn finish(self) -> Result<Vec<u8>> {
        let sink = self.writer.finish()?;
        sink.take_until(sink.end())
    }
}

/// Bytes in memory, from some place of the archive on.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Buffer>>);

#[derive(Default)]
struct Buffer {
    /// Place of the first byte that is still here.
    base: u64,
    bytes: Vec<u8>,
    /// Place of the next byte.
    at: u64,
}

impl Sink {
    fn with<T>(&self, act: impl FnOnce(&mut Buffer) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn end(&self) -> u64 {
        self.with(|buffer| buffer.end())
    }

    fn take_until(&self, place: u64) -> Result<Vec<u8>> {
        self.with(|buffer| {
            let length = buffer.offset(place)?;
            let kept = buffer.bytes.split_off(length.min(buffer.bytes.len()));
            buffer.base = place;
            Ok(std::mem::replace(&mut buffer.bytes, kept))
        })
    }
}

impl Buffer {
    fn end(&self) -> u64 {
        let length = u64::try_from(self.bytes.len()).unwrap_or(u64::MAX);
        self.base.saturating_add(length)
    }

    /// Where a place is in the bytes that are here.
    fn offset(&self, place: u64) -> Result<usize> {
        let offset = place
            .checked_sub(self.base)
            .filter(|_| place <= self.end())
            .and_then(|offset| usize::try_from(offset).ok());
        offset.ok_or_else(|| Error::new(ErrorKind::InvalidInput, "this place was given away"))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.with(|buffer| {
            let start = buffer.offset(buffer.at)?;
            let over = bytes.len().min(buffer.bytes.len() - start);
            let (replacing, added) = bytes.split_at(over);
            if let Some(place) = buffer.bytes.get_mut(start..start + over) {
                place.copy_from_slice(replacing);
            }
            buffer.bytes.extend_from_slice(added);
            buffer.at += u64::try_from(bytes.len()).map_err(Error::other)?;
            Ok(bytes.len())
        })
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.with(|buffer| {
            let place = match to {
                SeekFrom::Start(place) => Some(place),
                SeekFrom::End(by) => buffer.end().checked_add_signed(by),
                SeekFrom::Current(by) => buffer.at.checked_add_signed(by),
            };
            let place = place.ok_or(ErrorKind::InvalidInput)?;
            buffer.offset(place)?;
            buffer.at = place;
            Ok(place)
        })
    }
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Archive(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use zip::ZipArchive;

    use super::*;

    fn made(files: &[(&str, Vec<u8>)]) -> (Vec<u8>, usize) {
        let mut archive = Archive::new();
        let (mut bytes, mut most) = (Vec::new(), 0);
        for (name, content) in files {
            bytes.extend(archive.add(name, content).unwrap());
            most = most.max(archive.sink.with(|buffer| buffer.bytes.len()));
        }
        bytes.extend(archive.finish().unwrap());
        (bytes, most)
    }

    fn files(count: usize) -> Vec<(String, Vec<u8>)> {
        let file = |number: usize| {
            let content = vec![u8::try_from(number % 251).unwrap(); 1000 + number];
            (format!("{number:05}.pdf"), content)
        };
        (0..count).map(file).collect()
    }

    #[test]
    fn what_was_put_in_comes_out_and_only_one_file_is_kept() {
        let files = files(300);
        let borrowed: Vec<(&str, Vec<u8>)> = files
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.clone()))
            .collect();
        let (bytes, most) = made(&borrowed);
        assert!(most < 2000, "{most} bytes were kept");
        let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(archive.len(), 300);
        for (name, content) in &files {
            let mut read = Vec::new();
            let mut file = archive.by_name(name).unwrap();
            file.read_to_end(&mut read).unwrap();
            assert_eq!(&read, content, "{name}");
        }
    }

    #[test]
    fn a_cut_archive_does_not_open_and_an_empty_one_does() {
        let (bytes, _) = made(&[("a", vec![1; 100]), ("b", vec![2; 100])]);
        for kept in [bytes.len() - 1, bytes.len() - 30, 150] {
            assert!(ZipArchive::new(Cursor::new(&bytes[..kept])).is_err());
        }
        let (empty, _) = made(&[]);
        assert!(ZipArchive::new(Cursor::new(empty)).unwrap().is_empty());
    }

    #[test]
    fn a_name_is_taken_once() {
        let mut archive = Archive::new();
        archive.add("a", b"1").unwrap();
        assert!(archive.add("a", b"2").is_err());
    }
}
