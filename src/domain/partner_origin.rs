//! The sites whose pages may show the form in a frame: origins, as `frame-ancestors` of a page's policy names them.

use url::Url;

use crate::domain::field::{FieldCode, FieldErrors, ValueError};
use crate::domain::public_address::is_this_machine;

/// Origins of a partner at most.
pub const MAX_ORIGINS: usize = 10;
/// Characters of an origin at most.
const LONGEST: usize = 300;
/// Characters of a wrong one that its error repeats.
const TOLD: usize = 60;

/// Scheme, host and port of a site: `https://blog.example`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Origin(String);

impl Origin {
    /// Reads an address that names a site and nothing of it: https, for trying out also http on the own machine. Case,
    /// the usual port and letters beyond ASCII are written as browsers compare them.
    ///
    /// # Errors
    /// `format`, `too_long`.
    pub fn parse(typed: &str) -> Result<Self, ValueError> {
        let wrong = |code| ValueError::new(code, "error-partner-origin");
        let typed = typed.trim();
        if typed.chars().count() > LONGEST {
            return Err(wrong(FieldCode::TooLong));
        }
        let format = wrong(FieldCode::Format);
        let url = Url::parse(typed).map_err(|_| format)?;
        let host = url.host().ok_or(format)?;
        let is_allowed = match url.scheme() {
            "https" => true,
            "http" => is_this_machine(&host),
            _ => false,
        };
        // a `?`, `#` or `@` may be there with nothing behind it
        let is_bare = url.path() == "/" && !typed.contains(['?', '#', '@', '\\']);
        let origin = url.origin().ascii_serialization();
        // it becomes a part of a header: no `*`, no `;`, no comma
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-.:/[]".contains(letter);
        if is_allowed && is_bare && origin.chars().all(is_plain) {
            Ok(Self(origin))
        } else {
            Err(format)
        }
    }

    /// As browsers write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads all origins of a partner; each stays once, in order.
    ///
    /// # Errors
    /// All that is wrong at once: `/origins/0`; `/origins` where there are too many.
    pub fn parse_all(typed: &[String]) -> Result<Vec<Self>, FieldErrors> {
        let mut errors = FieldErrors::new();
        let mut origins = Vec::new();
        for (place, text) in typed.iter().take(MAX_ORIGINS).enumerate() {
            match Self::parse(text) {
                Ok(origin) => origins.push(origin),
                Err(wrong) => {
                    let about = text.chars().take(TOLD).collect();
                    let pointer = format!("/origins/{place}");
                    errors.push_about(pointer, wrong.code, wrong.reason, about);
                }
            }
        }
        if typed.len() > MAX_ORIGINS {
            errors.push("/origins", FieldCode::TooLong, "error-partner-origins");
        }
        origins.sort_unstable();
        origins.dedup();
        errors.into_result(origins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_written_as_browsers_compare_it() {
        for (typed, read) in [
            ("https://blog.example", "https://blog.example"),
            (" https://Blog.Example:443/ ", "https://blog.example"),
            ("https://blog.example:8443", "https://blog.example:8443"),
            ("https://caffè.example", "https://xn--caff-8oa.example"),
            ("http://localhost:8180", "http://localhost:8180"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("http://[::1]:8180", "http://[::1]:8180"),
        ] {
            assert_eq!(Origin::parse(typed).unwrap().as_str(), read, "{typed}");
        }
    }

    #[test]
    fn what_is_more_or_less_than_a_site_is_none() {
        for typed in [
            "",
            "blog.example",
            "//blog.example",
            "http://blog.example",
            "http://localhost.blog.example",
            "ftp://blog.example",
            "https://",
            "https://*.blog.example",
            "https://*",
            "https://blog.example/pagina",
            "https://blog.example?",
            "https://blog.example/#",
            "https://chi@blog.example",
            "https://@blog.example",
            "https://blog.example;script-src",
            "https://blog.example,https://altro.example",
            "https://blog.example https://altro.example",
            "https://blog'none'.example",
            "data:text/html,a",
            "null",
            "'self'",
            "*",
        ] {
            assert!(Origin::parse(typed).is_err(), "{typed}");
        }
        let long = format!("https://{}.example", "a".repeat(LONGEST));
        assert_eq!(Origin::parse(&long).unwrap_err().code, FieldCode::TooLong);
    }

    #[test]
    fn each_wrong_site_is_told_by_its_place() {
        let typed = [
            "https://b.example",
            "x",
            "https://a.example",
            "https://B.example:443",
        ];
        let wrong = Origin::parse_all(&typed.map(str::to_owned)).unwrap_err();
        let places: Vec<&str> = wrong.iter().map(|it| it.pointer.as_str()).collect();
        assert_eq!(places, ["/origins/1"]);
        let typed = [
            "https://b.example",
            "https://a.example",
            "https://B.example:443",
        ];
        let read = Origin::parse_all(&typed.map(str::to_owned)).unwrap();
        let read: Vec<&str> = read.iter().map(Origin::as_str).collect();
        assert_eq!(read, ["https://a.example", "https://b.example"]);
        let many: Vec<String> = (0..=MAX_ORIGINS)
            .map(|n| format!("https://{n}.example"))
            .collect();
        let wrong = Origin::parse_all(&many).unwrap_err();
        assert!(wrong.iter().all(|it| it.pointer == "/origins") && wrong.len() == 1);
    }
}
