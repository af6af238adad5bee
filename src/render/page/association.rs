//! An association as visitors see it, and the step where one is chosen.

use askama::Template;
use chrono::NaiveDate;

use super::{CaseHead, Chrome};

/// What a public register says about an association. Never assumed: `Unknown` until checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RegisterStatus {
    /// Nobody has checked yet.
    #[default]
    Unknown,
    /// Entered and active on the day of the check.
    Active,
    /// Suspended from the register.
    Suspended,
    /// Cancelled from the register.
    Cancelled,
}

impl RegisterStatus {
    /// The fixed word: `unknown|active|suspended|cancelled`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One register's entry.
#[derive(Debug, Clone, Default)]
pub struct Register {
    /// What it says.
    pub status: RegisterStatus,
    /// The entry's number or address.
    pub reference: Option<String>,
    /// When it was looked at.
    pub checked_on: Option<NaiveDate>,
}

/// What an association offers in this case today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Offer {
    /// Pre-adhesions are collected (R1).
    Join,
    /// Only an expression of interest (R11).
    Interest,
    /// Sign-up closed: suspended from a register (R12).
    Suspended,
    /// Sign-up closed: cancelled from a register (R12).
    Cancelled,
    /// Sign-up closed: the case takes nobody in its present state.
    #[default]
    Closed,
}

impl Offer {
    /// The word its texts end with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Interest => "interest",
            Self::Suspended => "suspended",
            Self::Cancelled => "cancelled",
            Self::Closed => "closed",
        }
    }

    /// True if a form can be opened.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Join | Self::Interest)
    }
}

/// Who keeps the data, in plain words.
#[derive(Debug, Clone, Default)]
pub struct AssociationCard {
    /// The slug in `?association=`.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What it offers in this case today.
    pub offer: Offer,
    /// Phone as people dial it.
    pub phone: Option<String>,
    /// When somebody answers, in the page's language.
    pub hours: Option<String>,
    /// How to reach the data protection officer.
    pub dpo: Option<String>,
    /// The list of the Ministry of Justice (D.M. 27/2022).
    pub giustizia: Register,
    /// The list of art. 137 Codice del consumo.
    pub art137: Register,
}

impl AssociationCard {
    /// The phone as a `tel:` link: digits and a leading plus only.
    pub fn tel(&self) -> String {
        let phone = self.phone.as_deref().unwrap_or_default();
        let digits: String = phone
            .chars()
            .filter(|sign| sign.is_ascii_digit() || *sign == '+')
            .collect();
        format!("tel:{digits}")
    }
}

/// `GET /c/{slug}/join` without an association: choose one (links, nothing is sent).
#[derive(Debug, Clone, Template)]
#[template(path = "page/association.html")]
pub struct ChoosePage {
    /// Around the content.
    pub chrome: Chrome,
    /// The case.
    pub case: CaseHead,
    /// In the order to show (rotated by the handler).
    pub associations: Vec<AssociationCard>,
    /// Where the visitor comes from; carried along.
    pub via: Option<String>,
}

impl ChoosePage {
    /// The address of the form for one association.
    pub fn href(&self, association: &AssociationCard) -> String {
        super::join::href(&self.case.slug, &association.slug, self.via.as_deref())
    }
}
