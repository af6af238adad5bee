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
    use std::path::Path;

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

    /// The sheet of Bootstrap Italia holds what the templates use, and no more.
    #[test]
    fn every_class_and_icon_of_a_template_is_in_a_style_sheet() {
        let text = |path| {
            let bytes = get(path).expect("compiled in").bytes.into_owned();
            String::from_utf8(bytes).expect("is text")
        };
        let sheet = text("vendor/bootstrap-italia/css/bootstrap-italia.subset.css");
        let own = text("joinder.css");
        let sprites = text("vendor/bootstrap-italia/svg/sprites.svg");
        let mut pages = Vec::new();
        templates(Path::new("src/render/page"), &mut pages);
        assert!(pages.len() > 40);
        for (place, page) in &pages {
            for icon in page
                .split("icon(\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next())
            {
                assert!(
                    sprites.contains(&format!("id=\"it-{icon}\"")),
                    "{place}: {icon}, run assets/vendor.sh"
                );
            }
            for class in classes(page) {
                let is_known = WITHOUT_LOOK.contains(&class.as_str())
                    || [&sheet, &own].iter().any(|sheet| has_class(sheet, &class));
                assert!(
                    is_known,
                    "{place}: .{class} has no look: run assets/vendor.sh, or write it"
                );
            }
        }
    }

    /// Classes that only name a place.
    const WITHOUT_LOOK: [&str; 6] = [
        "form-field",
        "item",
        "more-claims",
        "narrative",
        "prose",
        "steps",
    ];

    fn templates(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).expect("the sources are here") {
            let path = entry.expect("can be listed").path();
            if path.is_dir() {
                templates(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "html") {
                let page = std::fs::read_to_string(&path).expect("can be read");
                found.push((path.display().to_string(), page));
            }
        }
    }

    /// The whole words in `class` attributes; what a template puts together is left out.
    fn classes(page: &str) -> Vec<String> {
        let mut found = Vec::new();
        for attribute in page.split(" class=\"").skip(1) {
            // a value ends at the first quote outside of `{% %}` and `{{ }}`
            let (mut plain, mut rest) = (String::new(), attribute);
            while let Some(at) = rest.find(['"', '{']) {
                let (before, after) = rest.split_at(at);
                plain.push_str(before);
                if after.starts_with('"') {
                    break;
                }
                let is_value = after.starts_with("{{");
                let end = if is_value { "}}" } else { "%}" };
                let Some((_, behind)) = after.split_once(end) else {
                    break;
                };
                // a condition parts words, a value is a part of one: `status-{{ .. }}`
                plain.push(if is_value { '\u{1}' } else { ' ' });
                rest = behind;
            }
            let words = plain
                .split_whitespace()
                .filter(|word| !word.contains('\u{1}'));
            found.extend(words.map(str::to_owned));
        }
        found
    }

    fn has_class(sheet: &str, class: &str) -> bool {
        let ends = |rest: &str| {
            let next = rest.chars().next();
            !next.is_some_and(|letter| {
                letter.is_ascii_alphanumeric() || letter == '-' || letter == '_'
            })
        };
        let dotted = format!(".{class}");
        sheet.split(&dotted).skip(1).any(ends)
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
