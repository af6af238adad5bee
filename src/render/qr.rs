//! QR codes as the path of an inline SVG: no image, nothing remote, prints at any size.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};

/// White modules around the code (ISO/IEC 18004).
const QUIET: usize = 4;

/// A code, to be drawn on white.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QrPath {
    /// Modules of a side, the white border too: the view box.
    pub size: usize,
    /// Path data: one rectangle for each run of dark modules.
    pub path: String,
}

/// The code of a text; `None` where it is too long for one.
pub fn path(text: &str) -> Option<QrPath> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (row, modules) in colors.chunks(width).enumerate() {
        let mut column = 0;
        for run in modules.chunk_by(|left, right| left == right) {
            if run.first() == Some(&Color::Dark) {
                let (x, y, length) = (column + QUIET, row + QUIET, run.len());
                // writing into a string does not fail
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            column += run.len();
        }
    }
    Some(QrPath {
        size: width + 2 * QUIET,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_within_its_border() {
        let code = path("otpauth://totp/joinder:a%40b.example?secret=ABCDEFGH").unwrap();
        // version 4 to 7 for a text as long
        assert!((33..=53).contains(&code.size), "{}", code.size);
        // the corner of the first finder pattern
        assert!(code.path.starts_with("M4 4h7v1h-7z"), "{}", code.path);
        assert_eq!(path(&"a".repeat(5_000)), None);
    }
}
