//! A mail as a value: what it is for, who gets it and what it says. Rendering is in
//! `render::mail`, sending in `mailer`.

use std::{fmt, sync::Arc};

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
    /// Asks again to confirm a contact address.
    Reminder,
    /// Tells what to do again after a hand-in on paper was not taken (R44).
    PaperRejected,
    /// Tells what became of a request about one's data (R60).
    Rights,
    /// Carries the code that proves control of a mailbox, to that mailbox (R30).
    MailboxCode,
    /// Carries the code that a change of the account needs (R26).
    PayoutCode,
    /// Tells that an account was given or changed, and how to stop it (R26).
    PayoutNotice,
    /// Carries the code that another contact needs, to the new address (R14).
    ContactCode,
    /// Tells the former address that there is another contact, and how to take it back (R26).
    ContactNotice,
    /// Tells the new address that the reader of the former one took the change back (R26).
    ContactStopped,
    /// Asks the reader of an address that staff typed in to confirm it (R14).
    ContactLink,
    /// Tells that a pre-adhesion was withdrawn: who did not do it must hear of it (R49).
    Withdrawal,
    /// Asks who wants to follow a case to confirm the address (R16).
    FollowConfirmation,
    /// News of a case, to who follows it.
    CaseUpdate,
    /// Asks for letters that are missing, until a day (R2).
    Deficiency,
    /// Asks somebody to act for an association (DESIGN 7).
    Invitation,
    /// Tells a staff member that what they sign in with was changed or used.
    StaffNotice,
    /// A message of an association to many of its claimants.
    Message,
    /// Tells a staff member that something waits for a second person.
    ApprovalWaits,
    /// Tells that a record was rejected, why, and until when to object.
    Rejection,
    /// Tells a partner that nothing more is delivered to one of its endpoints.
    WebhookDisabled,
}

impl MailKind {
    /// All kinds.
    pub const ALL: [Self; 25] = [
        Self::Confirmation,
        Self::Otp,
        Self::Receipt,
        Self::Access,
        Self::AlreadyRegistered,
        Self::Reminder,
        Self::PaperRejected,
        Self::Rights,
        Self::MailboxCode,
        Self::PayoutCode,
        Self::PayoutNotice,
        Self::ContactCode,
        Self::ContactNotice,
        Self::ContactStopped,
        Self::ContactLink,
        Self::Withdrawal,
        Self::FollowConfirmation,
        Self::CaseUpdate,
        Self::Deficiency,
        Self::Invitation,
        Self::StaffNotice,
        Self::Message,
        Self::ApprovalWaits,
        Self::Rejection,
        Self::WebhookDisabled,
    ];

    /// The wire name: lower case ASCII with underscores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation",
            Self::Otp => "otp",
            Self::Receipt => "receipt",
            Self::Access => "access",
            Self::AlreadyRegistered => "already_registered",
            Self::Reminder => "reminder",
            Self::PaperRejected => "paper_rejected",
            Self::Rights => "rights",
            Self::MailboxCode => "mailbox_code",
            Self::PayoutCode => "payout_code",
            Self::PayoutNotice => "payout_notice",
            Self::ContactCode => "contact_code",
            Self::ContactNotice => "contact_notice",
            Self::ContactStopped => "contact_stopped",
            Self::ContactLink => "contact_link",
            Self::Withdrawal => "withdrawal",
            Self::FollowConfirmation => "follow_confirmation",
            Self::CaseUpdate => "case_update",
            Self::Deficiency => "deficiency",
            Self::Invitation => "invitation",
            Self::StaffNotice => "staff_notice",
            Self::Message => "message",
            Self::ApprovalWaits => "approval_waits",
            Self::Rejection => "rejection",
            Self::WebhookDisabled => "webhook_disabled",
        }
    }

    /// Whether mails of this kind wait once too many of them come back. Codes that somebody asked for
    /// and waits for in front of an open page do not: a code that waits is a code that is refused.
    pub const fn waits_in_a_storm(self) -> bool {
        match self {
            Self::Confirmation
            | Self::Reminder
            | Self::Receipt
            | Self::AlreadyRegistered
            | Self::PaperRejected
            | Self::FollowConfirmation
            | Self::CaseUpdate
            | Self::Deficiency
            | Self::Invitation
            | Self::Message
            | Self::ApprovalWaits
            | Self::WebhookDisabled => true,
            // a term runs, or 72 hours in which a theft can be stopped
            Self::Otp
            | Self::Access
            | Self::Rights
            | Self::MailboxCode
            | Self::PayoutCode
            | Self::PayoutNotice
            | Self::ContactCode
            | Self::ContactNotice
            | Self::ContactStopped
            | Self::ContactLink
            | Self::Withdrawal
            | Self::StaffNotice
            | Self::Rejection => false,
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
    /// Files that go with it, in this order; most mails have none.
    pub attachments: Vec<Attachment>,
    /// Link that ends mails of this kind, also with one click of the mail program (RFC 8058); only in mails
    /// that go to many.
    pub unsubscribe: Option<String>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("kind", &self.kind)
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

/// A file that goes with a mail. Clones share its bytes.
///
/// `Debug` shows media type and length only: name and content are personal.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    file_name: String,
    media_type: &'static str,
    bytes: Arc<[u8]>,
}

/// A file name that could break a header, a path or a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an attachment's file name is not 1 to 60 ASCII letters, digits, `-`, `_`, `.`")]
pub struct BadFileName;

impl Attachment {
    /// Longest file name, in bytes: it then stands on one line of a header.
    const MAX_NAME: usize = 60;

    /// A file of this name and type (`application/pdf`).
    ///
    /// # Errors
    ///
    /// `BadFileName` unless the name is 1 to 60 ASCII letters, digits, `-`, `_` and `.`, begins with
    /// a letter or digit and holds no `..`.
    pub fn new(
        file_name: impl Into<String>,
        media_type: &'static str,
        bytes: impl Into<Arc<[u8]>>,
    ) -> Result<Self, BadFileName> {
        let file_name = file_name.into();
        let begins_well = file_name.starts_with(|c: char| c.is_ascii_alphanumeric());
        let is_plain = file_name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !begins_well || !is_plain || file_name.len() > Self::MAX_NAME || file_name.contains("..")
        {
            return Err(BadFileName);
        }
        Ok(Self {
            file_name,
            media_type,
            bytes: bytes.into(),
        })
    }

    /// The signed PDF of a declaration, `dichiarazione-{reference}-v{version}.pdf`.
    ///
    /// Of the reference only ASCII letters, digits and `-` are taken, at most 24.
    pub fn signed_declaration(reference: &str, version: u32, pdf: impl Into<Arc<[u8]>>) -> Self {
        let reference: String = reference
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .take(24)
            .collect();
        Self {
            file_name: format!("dichiarazione-{reference}-v{version}.pdf"),
            media_type: "application/pdf",
            bytes: pdf.into(),
        }
    }

    /// ASCII, at most 60 bytes, safe in a header and as the last part of a path.
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// `application/pdf` and the like.
    pub fn media_type(&self) -> &'static str {
        self.media_type
    }

    /// The content, as it is saved.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("media_type", &self.media_type)
            .field("len", &self.bytes.len())
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
            attachments: vec![Attachment::signed_declaration("4T7Q", 1, *b"%PDF")],
            unsubscribe: None,
        };
        assert_eq!(
            format!("{mail:?}"),
            "Mail { kind: Access, language: En, .. }"
        );
        assert_eq!(
            format!("{:?}", mail.attachments),
            "[Attachment { media_type: \"application/pdf\", len: 4, .. }]"
        );
    }

    #[test]
    fn an_attachment_has_a_name_that_breaks_nothing() {
        for good in ["a", "dichiarazione-4T7Q-v1.pdf", "0_b.tar.gz"] {
            let file = Attachment::new(good, "application/pdf", *b"x").unwrap();
            assert_eq!(file.file_name(), good);
        }
        for bad in [
            "",
            ".pdf",
            "-rf",
            "../a.pdf",
            "a..pdf",
            "a/b.pdf",
            "a\\b.pdf",
            "a b.pdf",
            "à.pdf",
            "a\".pdf",
            "a.pdf\r\nBcc: b@example.org",
            "a.pdf\n",
            "a\r.pdf",
            "a\u{0}.pdf",
            "a;b.pdf",
            &"a".repeat(61),
        ] {
            let refused = Attachment::new(bad, "application/pdf", *b"x");
            assert_eq!(refused, Err(BadFileName), "{bad:?}");
        }
    }

    #[test]
    fn the_signed_declaration_is_named_after_reference_and_version() {
        for (reference, version, name) in [
            ("4T7QXK9M2BR1", 1, "dichiarazione-4T7QXK9M2BR1-v1.pdf"),
            ("0GZ7-41KX-N2QA", 12, "dichiarazione-0GZ7-41KX-N2QA-v12.pdf"),
            ("a/../\r\nè\"b", 2, "dichiarazione-ab-v2.pdf"),
            (
                &"X".repeat(100),
                u32::MAX,
                "dichiarazione-XXXXXXXXXXXXXXXXXXXXXXXX-v4294967295.pdf",
            ),
        ] {
            let file = Attachment::signed_declaration(reference, version, *b"%PDF-");
            assert_eq!(file.file_name(), name);
            assert_eq!(
                (file.media_type(), file.bytes()),
                ("application/pdf", &b"%PDF-"[..])
            );
            assert!(Attachment::new(name, "application/pdf", *b"x").is_ok());
        }
    }
}
