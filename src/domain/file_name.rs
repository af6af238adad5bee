//! The name of a file as its owner gave it, made harmless: it is shown, and offered for download.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use unicode_normalization::UnicodeNormalization;

use super::file_type::FileType;

/// Longest name kept, in characters.
const LONGEST: usize = 100;

/// What RFC 8187, 3.2.1 lets stand as it is.
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// A name without folders, control or direction characters, with an ending that fits its type; 1 to
/// 100 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// The given name made clean; without a usable one, `documento` and the ending.
    pub fn clean(given: Option<&str>, kind: FileType) -> Self {
        let name = given.unwrap_or_default();
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = name.nfc().filter(|char| is_shown(*char)).collect();
        let name = name.trim_matches(|char: char| char == '.' || char.is_whitespace());
        let stem = match name.rsplit_once('.') {
            Some((stem, ending)) if fits(kind, ending) => stem,
            _ => name,
        };
        let ending = name
            .rsplit_once('.')
            .map(|(_, ending)| ending.to_ascii_lowercase())
            .filter(|ending| fits(kind, ending))
            .unwrap_or_else(|| kind.as_str().to_owned());
        let stem: String = stem.chars().take(LONGEST - 1 - ending.len()).collect();
        let stem = stem.trim_end_matches(|char: char| char == '.' || char.is_whitespace());
        let stem = if stem.is_empty() { "documento" } else { stem };
        Self(format!("{stem}.{ending}"))
    }

    /// A name that was cleaned before.
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `Content-Disposition` of a download (RFC 6266, 4.3): as ASCII, and as it is.
    pub fn attachment(&self) -> String {
        let ascii: String = self
            .0
            .chars()
            .map(|char| match char {
                '"' | '%' => '_',
                char if char.is_ascii() => char,
                _ => '_',
            })
            .collect();
        let encoded = utf8_percent_encode(&self.0, ATTRIBUTE);
        format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
    }
}

impl fmt::Debug for FileName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FileName(..)")
    }
}

fn fits(kind: FileType, ending: &str) -> bool {
    let ending = ending.to_ascii_lowercase();
    kind.endings().contains(&ending.as_str())
}

/// Not what is invisible or turns the direction of writing, and not what file systems refuse.
fn is_shown(char: char) -> bool {
    let is_invisible = matches!(
        char,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    );
    !char.is_control() && !is_invisible && !"<>:\"|?*".contains(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_and_end_as_their_type() {
        let long = "x".repeat(300);
        for (given, kind, wanted) in [
            (Some("Ricevuta.pdf"), FileType::Pdf, "Ricevuta.pdf"),
            (Some("IMG_01.JPEG"), FileType::Jpeg, "IMG_01.jpeg"),
            (Some("../../etc/passwd"), FileType::Txt, "passwd.txt"),
            (Some("C:\\Users\\me\\a b.png"), FileType::Png, "a b.png"),
            (Some("fattura.exe"), FileType::Pdf, "fattura.exe.pdf"),
            (Some("a\u{202e}fdp.pdf"), FileType::Pdf, "afdp.pdf"),
            (Some("a\r\nX: y.pdf"), FileType::Pdf, "aX y.pdf"),
            (Some("atto.pdf.p7m"), FileType::P7m, "atto.pdf.p7m"),
            (Some(" . "), FileType::Pdf, "documento.pdf"),
            (Some(".pdf"), FileType::Pdf, "pdf.pdf"),
            (Some("e\u{300}.txt"), FileType::Txt, "è.txt"),
            (None, FileType::Webp, "documento.webp"),
        ] {
            assert_eq!(FileName::clean(given, kind).as_str(), wanted, "{given:?}");
        }
        let cut = FileName::clean(Some(&long), FileType::Pdf);
        assert_eq!(cut.as_str().chars().count(), LONGEST);
        assert_eq!(cut.as_str().rsplit('.').next(), Some("pdf"));
    }

    #[test]
    fn the_header_of_a_download_is_ascii_and_cannot_be_left() {
        let name = FileName::clean(Some("così \"x\"; 100%è.pdf"), FileType::Pdf);
        let header = name.attachment();
        assert_eq!(
            header,
            "attachment; filename=\"cos_ x; 100__.pdf\"; filename*=UTF-8''cos%C3%AC%20x%3B%20100%25%C3%A8.pdf"
        );
        assert!(header.is_ascii());
    }
}
