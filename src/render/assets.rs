//! The static files, compiled in: style sheets, icons, fonts. No page needs a script; one has it.
//!
//! Addresses carry one hash over all files (`/static/<hash8>/<path>`), so the relative addresses
//! inside a style sheet change with it and every answer may be cached for ever.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use data_encoding::HEXLOWER;
use rust_embed::RustEmbed;

/// What is served; everything else in the folder (the vendoring script) stays inside.
const SERVED: [&str; 5] = [".css", ".js", ".svg", ".woff2", ".txt"];

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Files;

/// One static file.
#[derive(Debug, Clone)]
pub struct Asset {
    /// The bytes, as committed.
    pub bytes: Cow<'static, [u8]>,
    /// The media type, with a charset where it is text.
    pub mime: String,
    /// A strong entity tag with its quotes: SHA-256 of the bytes in hex.
    pub etag: String,
}

/// The file at `path` (relative to `assets/`, no leading slash), if it is one we serve.
pub fn get(path: &str) -> Option<Asset> {
    if !is_served(path) {
        return None;
    }
    let file = Files::get(path)?;
    let mime = match file.metadata.mimetype() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    let etag = format!("\"{}\"", HEXLOWER.encode(&file.metadata.sha256_hash()));
    Some(Asset {
        bytes: file.data,
        mime,
        etag,
    })
}

/// The hash in the addresses: 8 hex digits over all names and contents, the same in each process
/// of one build.
///
/// An answer may be marked `immutable` only when the asked hash equals this one.
pub fn release() -> &'static str {
    static RELEASE: LazyLock<String> = LazyLock::new(|| {
        let mut names: Vec<_> = Files::iter().filter(|name| is_served(name)).collect();
        names.sort();
        let mut hasher = DefaultHasher::new();
        for name in names {
            name.hash(&mut hasher);
            if let Some(file) = Files::get(&name) {
                file.metadata.sha256_hash().hash(&mut hasher);
            }
        }
        format!("{:08x}", hasher.finish() & 0xffff_ffff)
    });
    &RELEASE
}

/// The address of a file: `joinder.css` gives `/static/<hash8>/joinder.css`.
pub fn url(path: &str) -> String {
    format!("/static/{}/{path}", release())
}

fn is_served(path: &str) -> bool {
    SERVED.iter().any(|ending| path.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_sheet_has_its_type_and_an_entity_tag() {
        let asset = get("joinder.css").expect("compiled in");
        assert_eq!(asset.mime, "text/css; charset=utf-8");
        assert_eq!(asset.etag.len(), 66);
        assert!(get("vendor/bootstrap-italia/fonts/OFL.txt").is_some());
    }

    #[test]
    fn what_is_not_for_visitors_is_not_served() {
        assert!(get("vendor.sh").is_none());
        assert!(get("../Cargo.toml").is_none());
        assert!(get("").is_none());
    }

    #[test]
    fn addresses_carry_the_release_hash() {
        let url = url("joinder.css");
        assert_eq!(url, format!("/static/{}/joinder.css", release()));
        assert_eq!(release().len(), 8);
    }

    /// The policy of the pages is `font-src 'self'`: every font named by our sheet is vendored.
    #[test]
    fn every_file_named_by_our_style_sheet_is_there() {
        let sheet = get("joinder.css").expect("compiled in");
        let sheet = String::from_utf8(sheet.bytes.into_owned()).expect("is text");
        let mut found = 0;
        for part in sheet.split("url(\"").skip(1) {
            let path = part
                .split('"')
                .next()
                .expect("split gives one part at least");
            assert!(get(path).is_some(), "{path} is missing");
            found += 1;
        }
        assert!(found >= 3);
    }
}
