//! `/c/{slug}/join?association=&via=`: the sign-up form.

use askama::Template;

use super::{AddressForm, CaseHead, Chrome, Errors, association::AssociationCard};

/// One mailbox row as typed.
#[derive(Debug, Clone, Default)]
pub struct MailboxRow {
    /// The affected address.
    pub address: String,
    /// The chosen plan's code, empty if none.
    pub plan: String,
}

/// A plan to choose.
#[derive(Debug, Clone, Default)]
pub struct PlanOption {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A consent asked, with the version shown.
#[derive(Debug, Clone, Default)]
pub struct ConsentField {
    /// `privacy_notice`, `contact` or `newsletter`.
    pub purpose: String,
    /// The version of the text.
    pub text_version: String,
    /// The text itself, paragraphs parted by an empty line.
    pub words: String,
    /// True if there is no sign-up without it.
    pub required: bool,
    /// True if it was ticked (never on the first visit, R19).
    pub given: bool,
}

impl ConsentField {
    /// The paragraphs of the text.
    pub fn paragraphs(&self) -> Vec<&str> {
        self.words
            .split("\n\n")
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect()
    }
}

/// A mail domain that looks mistyped, or one of a mailbox that the case is not about; asked, never changed
/// unasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// Id of the field: `contact-email`.
    pub id: String,
    /// As typed, lower case: `gmial.com`.
    pub typed: String,
    /// What was probably meant: `gmail.com`; none: the case is not about this domain.
    pub meant: Option<String>,
}

/// What was typed, kept after a refusal.
#[derive(Debug, Clone, Default)]
pub struct JoinForm {
    /// Contact e-mail.
    pub email: String,
    /// Phone.
    pub phone: String,
    /// True if letters are fine.
    pub postal_ok: bool,
    /// Where letters go.
    pub postal_address: AddressForm,
    /// The mailboxes; the first visit shows [`JoinForm::ROWS`].
    pub mailboxes: Vec<MailboxRow>,
}

impl JoinForm {
    /// How many mailbox rows the first visit shows: most people have one, the button adds more.
    pub const ROWS: usize = 1;

    /// The form of the first visit.
    pub fn blank() -> Self {
        Self {
            mailboxes: vec![MailboxRow::default(); Self::ROWS],
            ..Self::default()
        }
    }
}

/// The form. POST goes to the same path with `association`, `via`, `idempotency_key`,
/// `contact[...]`, `mailboxes[n][address|plan]`, `consents[n][purpose|text_version|given]` and
/// `action` = `add_mailbox` (show one more row) or `send`.
#[derive(Debug, Clone, Template)]
#[template(path = "page/join.html")]
pub struct JoinPage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// Who keeps the data. `offer` must be open.
    pub association: AssociationCard,
    /// What was typed.
    pub form: JoinForm,
    /// The plans to choose from.
    pub plans: Vec<PlanOption>,
    /// The consents, in the order of the interface.
    pub consents: Vec<ConsentField>,
    /// Where the visitor comes from.
    pub via: Option<String>,
    /// The hidden one-time key.
    pub idempotency_key: String,
    /// The domains to ask about, in the order of the fields.
    pub doubts: Vec<Doubt>,
    /// Domains that are right, as was said before.
    pub asked: Vec<String>,
    /// What was refused.
    pub errors: Errors,
}

impl JoinPage {
    /// Where the form is sent: in a frame the address alone says for whom, and in which language.
    pub fn action(&self) -> String {
        match self.chrome.frame {
            Some(_) => self.chrome.in_language(self.chrome.language.as_str()),
            None => format!("/c/{}/join", encode(&self.case.slug)),
        }
    }

    /// The step where the association is chosen.
    pub fn choose_href(&self) -> String {
        choose_href(&self.case.slug, self.via.as_deref())
    }

    /// Mistyped domains that were asked about: the form's own button says that they are right.
    fn doubted(&self) -> impl Iterator<Item = &str> {
        let mistyped = self.doubts.iter().filter(|doubt| doubt.meant.is_some());
        mistyped.map(|doubt| doubt.typed.as_str())
    }

    /// What is asked about a domain.
    pub fn question(&self, doubt: &Doubt) -> String {
        let typed = ("typed", doubt.typed.as_str().into());
        match &doubt.meant {
            Some(meant) => {
                let meant = ("domain", meant.as_str().into());
                self.chrome.tv("typo-asked", &[meant, typed])
            }
            None => self.chrome.tv("typo-other", &[typed]),
        }
    }

    /// The question at the field of this id, if there is one.
    pub fn doubt(&self, id: impl AsRef<str>) -> Option<&Doubt> {
        self.doubts.iter().find(|doubt| doubt.id == id.as_ref())
    }

    /// True if the folded part about letters has to be open.
    pub fn postal_open(&self) -> bool {
        self.form.postal_ok
            || self.form.postal_address.question.is_some()
            || self.errors.has_under("contact-postal")
    }
}

/// The address of the step where an association is chosen.
pub fn choose_href(case: &str, via: Option<&str>) -> String {
    match via {
        Some(via) => format!("/c/{}/join?via={}", encode(case), encode(via)),
        None => format!("/c/{}/join", encode(case)),
    }
}

/// The address of the form with one association.
pub fn href(case: &str, association: &str, via: Option<&str>) -> String {
    let base = format!(
        "/c/{}/join?association={}",
        encode(case),
        encode(association)
    );
    match via {
        Some(via) => format!("{base}&via={}", encode(via)),
        None => base,
    }
}

/// The address of the form in a frame, for the links of a partner.
pub fn framed_href(case: &str, association: &str, via: Option<&str>) -> String {
    let base = format!(
        "/embed/{}?association={}",
        encode(case),
        encode(association)
    );
    match via {
        Some(via) => format!("{base}&via={}", encode(via)),
        None => base,
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
fn encode(part: &str) -> String {
    let mut encoded = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
        }
    }
    encoded
}
