//! A ZIP archive that is given away as it grows: nothing of it is kept but the directory that ends it, some
//! two hundred bytes a file.
//!
//! Files are deflated, their sizes and checks stand behind them and in the directory. More than 65,535 files
//! or 4 GiB make it a ZIP64. An archive that was cut has no directory: no program opens it as whole.

use std::io::{Result, Write};
use std::sync::{Arc, Mutex, PoisonError};

use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

/// An archive that grows.
pub struct Volume {
    /// Large, and moved about with what holds it.
    writer: Box<ZipWriter<StreamWriter<Sink>>>,
    sink: Sink,
}

impl Default for Volume {
    fn default() -> Self {
        Self::new()
    }
}

impl Volume {
    /// An empty one.
    pub fn new() -> Self {
        let sink = Sink::default();
        Self {
            writer: Box::new(ZipWriter::new_stream(sink.clone())),
            sink,
        }
    }

    /// Begins a file; ends the one before.
    ///
    /// # Errors
    /// For a name twice.
    pub fn begin(&mut self, name: &str) -> Result<()> {
        // most of it is PDF and pictures, which pack no further: the fastest level does for the rest
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(1))
            .unix_permissions(0o644);
        self.writer.start_file(name, options)?;
        Ok(())
    }

    /// Goes on with the file that was begun last.
    ///
    /// # Errors
    /// For more than 4 GiB in one file.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write_all(bytes)
    }

    /// A whole file.
    ///
    /// # Errors
    /// As [`Volume::begin`].
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.begin(name)?;
        self.write(bytes)
    }

    /// What was made since it was asked last.
    pub fn take(&mut self) -> Vec<u8> {
        self.sink.take()
    }

    /// Ends it; gives the rest of its bytes.
    ///
    /// # Errors
    /// Never in practice: writing to memory does not fail.
    pub fn finish(self) -> Result<Vec<u8>> {
        self.writer.finish()?;
        Ok(self.sink.take())
    }
}

/// Bytes that wait to be taken.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl std::fmt::Debug for Volume {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Volume(..)")
    }
}

/// Whether a path opens on Windows: plain ASCII, none of its reserved signs and names, no part that ends with
/// a dot or blank, at most 120 bytes.
pub fn is_portable(path: &str) -> bool {
    path.len() <= 120 && path.split('/').all(is_portable_part)
}

fn is_portable_part(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let stem = part.split('.').next().unwrap_or_default();
    let stem = stem.to_ascii_lowercase();
    let device = match stem.as_str() {
        "con" | "prn" | "aux" | "nul" => true,
        other => {
            let port = other
                .strip_prefix("com")
                .or_else(|| other.strip_prefix("lpt"));
            port.is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']))
        }
    };
    !part.is_empty() && part.bytes().all(plain) && !part.ends_with('.') && !device
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use zip::ZipArchive;

    use super::*;

    #[test]
    fn what_was_put_in_comes_out_and_nothing_is_kept() {
        let mut volume = Volume::new();
        let mut bytes = Vec::new();
        let piece = |file: usize, number: usize| format!("{file} {number}\n").repeat(9);
        for file in 0..100 {
            volume.begin(&format!("{file:05}/a.txt")).unwrap();
            for number in 0..file {
                volume.write(piece(file, number).as_bytes()).unwrap();
            }
            bytes.extend(volume.take());
            assert!(volume.take().is_empty());
        }
        bytes.extend(volume.finish().unwrap());
        let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
        assert_eq!(archive.len(), 100);
        for file in 0..100 {
            let expected: String = (0..file).map(|number| piece(file, number)).collect();
            let mut read = String::new();
            let mut found = archive.by_name(&format!("{file:05}/a.txt")).unwrap();
            found.read_to_string(&mut read).unwrap();
            assert_eq!(read, expected);
        }
    }

    #[test]
    fn a_cut_archive_does_not_open_and_a_name_is_taken_once() {
        let mut volume = Volume::new();
        volume.add("a", &[1; 100]).unwrap();
        assert!(volume.begin("a").is_err());
        let mut volume = Volume::new();
        volume.add("a", &[1; 100]).unwrap();
        let bytes = volume.finish().unwrap();
        for kept in [bytes.len() - 1, bytes.len() - 30, 40] {
            assert!(ZipArchive::new(Cursor::new(&bytes[..kept])).is_err());
        }
    }

    #[test]
    fn names_that_windows_refuses_are_known() {
        for good in [
            "00001-0123456789AB/dichiarazione.pdf",
            "indice.csv",
            "a_b/c-d.p7m",
            "comune/lptx",
        ] {
            assert!(is_portable(good), "{good}");
        }
        for bad in [
            "a:b", "a\\b", "a b", "è", "a.", "con", "nul.txt", "COM1.pdf", "a//b", "", "../a", "a?",
        ] {
            assert!(!is_portable(bad), "{bad}");
        }
        assert!(!is_portable(&"a".repeat(121)));
    }
}
