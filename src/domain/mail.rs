//! A mail as a value: what it is for, who gets it and what it says. Rendering is in
//! `render::mail`, sending in `mailer`.

use std::fmt;

use super::language::Language;

/// What a mail is for. The wire names stand in the header `X-Joinder-Kind` and in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// Asks to confirm a contact address (R15).
    Confirmation,
    /// Carries the code that signs a declaration (R43).
    Otp,
    /// Carries what the claimant keeps after signing.
    Receipt,
    /// Opens the claimant's own record.
    Access,
    /// Tells that this person is registered already.
    AlreadyRegistered,
}

impl MailKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::Confirmation,
        Self::Otp,
        Self::Receipt,
        Self::Access,
        Self::AlreadyRegistered,
    ];

    /// The wire name: lower case ASCII with underscores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation",
            Self::Otp => "otp",
            Self::Receipt => "receipt",
            Self::Access => "access",
            Self::AlreadyRegistered => "already_registered",
        }
    }

    /// Reads the wire name; anything else is `None`.
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == value)
    }
}

/// A rendered mail, ready to be put into an envelope.
///
/// `Debug` shows kind and language only: the rest is personal or secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// What it is for.
    pub kind: MailKind,
    /// The language it is written in (never one that fell back).
    pub language: Language,
    /// The address it goes to, as the claimant gave it.
    pub to: String,
    /// One line, no control characters.
    pub subject: String,
    /// The plain text, lines ended by LF.
    pub text: String,
    /// The same as an HTML page.
    pub html: String,
    /// The code anybody can check at `/verify`, `XXXX-XXXX-XXXX` (R14).
    pub mail_code: String,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("kind", &self.kind)
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

/// Makes one clean line of a value somebody typed, at most `max` characters long.
///
/// Line breaks, tabs and other control characters become single spaces; characters that turn the
/// writing direction or cannot be seen are dropped, so that a value can neither forge a line of a
/// mail nor change how its neighbours are read. A longer value ends in `…`.
pub fn one_line(value: &str, max: usize) -> String {
    let visible = value.chars().filter(|c| !is_invisible(*c));
    let spaced: String = visible
        .map(|c| {
            if c.is_control() || c.is_whitespace() {
                ' '
            } else {
                c
            }
        })
        .take(max.saturating_mul(8).saturating_add(64))
        .collect();
    let mut line = String::new();
    for word in spaced.split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if line.chars().count() <= max {
        return line;
    }
    let mut cut: String = line.chars().take(max.saturating_sub(1)).collect();
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}

/// Marks of direction (Unicode TR 9), zero-width and other characters without a shape.
///
/// U+200C and U+200D stay: some scripts need them.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_reads_back_from_its_wire_name() {
        for kind in MailKind::ALL {
            assert_eq!(MailKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(MailKind::parse("newsletter"), None);
    }

    #[test]
    fn a_value_becomes_one_visible_line() {
        for (value, line) in [
            ("Codacons", "Codacons"),
            ("  Libero\tMail \r\n Bcc: a ", "Libero Mail Bcc: a"),
            ("a\u{2028}b\u{85}c\u{0}d", "a b c d"),
            ("\u{202e}evil\u{202c}\u{200b}", "evil"),
            ("\u{feff}\u{2066}", ""),
        ] {
            assert_eq!(one_line(value, 100), line);
        }
    }

    #[test]
    fn a_long_value_ends_in_an_ellipsis() {
        assert_eq!(one_line("aaaa bbbb", 6), "aaaa…");
        assert_eq!(one_line("aaaa b", 6), "aaaa b");
        assert_eq!(one_line(&"è".repeat(10_000), 80).chars().count(), 80);
    }

    #[test]
    fn a_mail_shows_nothing_personal_in_debug() {
        let mail = Mail {
            kind: MailKind::Access,
            language: Language::En,
            to: "ada@example.org".into(),
            subject: "123456".into(),
            text: "text".into(),
            html: "html".into(),
            mail_code: "ABCD-EFGH-JKMN".into(),
        };
        assert_eq!(
            format!("{mail:?}"),
            "Mail { kind: Access, language: En, .. }"
        );
    }
}
