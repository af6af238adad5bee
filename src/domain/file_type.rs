//! What a file is: told by its content, never by its name.
//!
//! Only what the first bytes say is looked at, so it costs the same for every file.

use data_encoding::BASE64;

/// Bytes at the start of a file by which it is known.
pub const HEAD_BYTES: usize = 16 * 1024;

/// OID 1.2.840.113549.1.7.2, `signedData` (RFC 5652, 5.1), as DER.
const SIGNED_DATA: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02,
];
/// OID 1.2.840.113549.1.9.16.1.31, `timestampedData` (RFC 5544), as DER: a signed file in a time stamp.
const TIMESTAMPED_DATA: &[u8] = &[
    0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x1f,
];
/// Start of an OLE compound file: `.msg`, but also old office files.
const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
/// Name of a stream that every `.msg` has, in UTF-16LE (MS-OXMSG, 2.4): `__properties_`.
const PROPERTIES: &[u8] = b"_\0_\0p\0r\0o\0p\0e\0r\0t\0i\0e\0s\0_\0";
/// How far into the file readers look for the head of a PDF.
const PDF_WITHIN: usize = 1024;

/// A kind of file that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileType {
    /// A PDF.
    Pdf,
    /// A photo.
    Jpeg,
    /// A picture without loss.
    Png,
    /// A picture as the web has it.
    Webp,
    /// A scan.
    Tiff,
    /// A photo of an iPhone, known to be refused kindly: courts cannot open it.
    Heic,
    /// A mail (RFC 5322).
    Eml,
    /// A mail of Outlook.
    Msg,
    /// Plain text.
    Txt,
    /// A signed file: CMS as DER, PEM or base64.
    P7m,
}

impl FileType {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Pdf,
        Self::Jpeg,
        Self::Png,
        Self::Webp,
        Self::Tiff,
        Self::Heic,
        Self::Eml,
        Self::Msg,
        Self::Txt,
        Self::P7m,
    ];

    /// The word that is stored, and the ending of a file name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Tiff => "tif",
            Self::Heic => "heic",
            Self::Eml => "eml",
            Self::Msg => "msg",
            Self::Txt => "txt",
            Self::P7m => "p7m",
        }
    }

    /// The type of a stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Tiff => "image/tiff",
            Self::Heic => "image/heic",
            Self::Eml => "message/rfc822",
            Self::Msg => "application/vnd.ms-outlook",
            Self::Txt => "text/plain",
            Self::P7m => "application/pkcs7-mime",
        }
    }

    /// Endings a file name of this type may have, in lower case.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Self::Png => &["png"],
            Self::Webp => &["webp"],
            Self::Tiff => &["tif", "tiff"],
            Self::Heic => &["heic", "heif"],
            Self::Eml => &["eml"],
            Self::Msg => &["msg"],
            Self::Txt => &["txt", "csv", "log", "text"],
            Self::P7m => &["p7m", "p7s", "tsd"],
        }
    }

    /// Whether it has pages of which a picture can be made.
    pub fn has_pages(self) -> bool {
        matches!(
            self,
            Self::Pdf | Self::Jpeg | Self::Png | Self::Webp | Self::Tiff
        )
    }
}

/// Whether the first bytes do not tell, and the whole file has to be given to [`detect`].
pub fn needs_all(head: &[u8]) -> bool {
    head.starts_with(COMPOUND)
}

/// What a file is, by its first bytes; `None` if nothing we know.
pub fn detect(head: &[u8]) -> Option<FileType> {
    // before the PDF that may lie in it
    if is_der_signed_data(head) {
        return Some(FileType::P7m);
    }
    let start = head.get(..PDF_WITHIN).unwrap_or(head);
    if contains(start, b"%PDF-") {
        return Some(FileType::Pdf);
    }
    if head.starts_with(COMPOUND) {
        return contains(head, PROPERTIES).then_some(FileType::Msg);
    }
    picture(head)
        .or_else(|| is_signed_data(head).then_some(FileType::P7m))
        .or_else(|| {
            let text = head.get(..HEAD_BYTES).unwrap_or(head);
            text_type(text)
        })
}

fn picture(head: &[u8]) -> Option<FileType> {
    let at =
        |place: usize, mark: &[u8]| head.get(place..).is_some_and(|rest| rest.starts_with(mark));
    if at(0, b"\xff\xd8\xff") {
        Some(FileType::Jpeg)
    } else if at(0, b"\x89PNG\r\n\x1a\n") {
        Some(FileType::Png)
    } else if at(0, b"RIFF") && at(8, b"WEBP") {
        Some(FileType::Webp)
    } else if at(0, b"II*\0") || at(0, b"MM\0*") {
        Some(FileType::Tiff)
    } else if at(4, b"ftyp") && HEIC.iter().any(|brand| at(8, *brand)) {
        Some(FileType::Heic)
    } else {
        None
    }
}

/// Major brands of HEIF pictures (ISO/IEC 23008-12, annex B).
const HEIC: [&[u8; 4]; 8] = [
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1",
];

fn is_signed_data(head: &[u8]) -> bool {
    if is_der_signed_data(head) {
        return true;
    }
    let text = head.trim_ascii_start();
    let text = match text.strip_prefix(b"-----BEGIN ") {
        Some(rest) if rest.starts_with(b"PKCS7-----") || rest.starts_with(b"CMS-----") => {
            return true;
        }
        Some(_) => return false,
        None => text,
    };
    let packed: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .take(64)
        .collect();
    let whole = packed.len() - packed.len() % 4;
    let decoded = packed.get(..whole).map(|packed| BASE64.decode(packed));
    decoded.is_some_and(|decoded| decoded.is_ok_and(|decoded| is_der_signed_data(&decoded)))
}

/// A SEQUENCE whose first element, after at most 9 bytes of length, is the OID.
fn is_der_signed_data(head: &[u8]) -> bool {
    let near = head.get(..24).unwrap_or(head);
    let is_known = contains(near, SIGNED_DATA) || contains(near, TIMESTAMPED_DATA);
    near.first() == Some(&0x30) && is_known
}

/// A mail or plain text, in UTF-8 or a Western code page: no other control characters than those
/// that part lines and pages.
fn text_type(head: &[u8]) -> Option<FileType> {
    let is_text = |byte: &u8| *byte >= 0x20 && *byte != 0x7f || b"\t\n\r\x0c\x1b".contains(byte);
    if head.is_empty() || !head.iter().all(is_text) {
        return None;
    }
    Some(if is_mail(head) {
        FileType::Eml
    } else {
        FileType::Txt
    })
}

/// Header fields from the first line on, and at least two that mails have.
fn is_mail(head: &[u8]) -> bool {
    const KNOWN: [&[u8]; 9] = [
        b"from",
        b"to",
        b"date",
        b"subject",
        b"received",
        b"return-path",
        b"message-id",
        b"mime-version",
        b"delivered-to",
    ];
    let mut found = 0_usize;
    for line in head.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        if line.first().is_some_and(u8::is_ascii_whitespace) {
            continue;
        }
        let name = line.split(|byte| *byte == b':').next().unwrap_or(line);
        let is_field = name.len() < line.len() && name.iter().all(u8::is_ascii_graphic);
        if !is_field {
            // a head longer than what is looked at ends anywhere
            break;
        }
        found = found.saturating_add(usize::from(
            KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known)),
        ));
    }
    found >= 2
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_known_by_its_content() {
        let cases: [(&[u8], FileType); 18] = [
            (b"%PDF-1.7\n...", FileType::Pdf),
            (b"\r\n\r\n%PDF-1.4", FileType::Pdf),
            (b"\xff\xd8\xff\xe1\x00\x10Exif", FileType::Jpeg),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", FileType::Png),
            (b"RIFF\x10\0\0\0WEBPVP8 ", FileType::Webp),
            (b"II*\0\x08\0\0\0", FileType::Tiff),
            (b"MM\0*\0\0\0\x08", FileType::Tiff),
            (b"\0\0\0\x18ftypheic\0\0\0\0", FileType::Heic),
            (b"\0\0\0\x18ftypmif1\0\0\0\0", FileType::Heic),
            (
                b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0",
                FileType::P7m,
            ),
            (
                b"\x30\x82\x1a\xbc\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0",
                FileType::P7m,
            ),
            (b"-----BEGIN PKCS7-----\nMIIG", FileType::P7m),
            (b"-----BEGIN CMS-----\nMIIG", FileType::P7m),
            (b"MIIavAYJKoZIhvcN\r\nAQcCoA==", FileType::P7m),
            (
                b"Return-Path: <a@b.example>\r\nReceived: from x\r\n\tby y\r\nFrom: a\r\n\r\nx",
                FileType::Eml,
            ),
            (b"Egregi signori, da: domenica non va", FileType::Txt),
            (b"Caff\xe8 in Latin-1\r\n", FileType::Txt),
            (b"From: only one field\n\nDear all", FileType::Txt),
        ];
        for (bytes, kind) in cases {
            assert_eq!(detect(bytes), Some(kind), "{:?}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let cases: [&[u8]; 7] = [
            b"",
            b"PK\x03\x04 a zip or an office file",
            b"MZ\x90\0 a program",
            b"\x7fELF a program",
            b"\0\0\0\x18ftypavif",
            b"GIF89a\x01\0\x01\0",
            b"-----BEGIN CERTIFICATE-----\0",
        ];
        for bytes in cases {
            assert_eq!(detect(bytes), None, "{:?}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_compound_file_is_a_mail_only_with_the_streams_of_one() {
        let mut file = COMPOUND.to_vec();
        file.resize(file.len() + 100_000, 0);
        assert!(needs_all(&file));
        assert_eq!(detect(&file), None, "an old office file");
        file.extend_from_slice(PROPERTIES);
        assert_eq!(detect(&file), Some(FileType::Msg));
    }

    #[test]
    fn the_stored_words_are_read_again_and_are_endings() {
        for kind in FileType::ALL {
            assert_eq!(FileType::parse(kind.as_str()), Some(kind));
            assert!(kind.endings().contains(&kind.as_str()));
        }
        assert_eq!(FileType::parse("exe"), None);
    }
}
