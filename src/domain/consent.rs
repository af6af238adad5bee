//! Consents: what for, and where they were given.

use serde::{Deserialize, Serialize};

/// Purpose of a consent (R19, R20).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The privacy notice was shown and read. Required.
    PrivacyNotice,
    /// Being written to about the case. Required.
    Contact,
    /// News of the association. Never required.
    Newsletter,
}

impl Purpose {
    /// All purposes, in the order of the form.
    pub const ALL: [Self; 3] = [Self::PrivacyNotice, Self::Contact, Self::Newsletter];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PrivacyNotice => "privacy_notice",
            Self::Contact => "contact",
            Self::Newsletter => "newsletter",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
    }

    /// Whether one cannot sign up without it.
    pub const fn is_required(self) -> bool {
        match self {
            Self::PrivacyNotice | Self::Contact => true,
            Self::Newsletter => false,
        }
    }
}

/// Where a consent was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Channel {
    /// A page of ours.
    Page,
    /// The public API.
    Api,
    /// Typed by staff.
    Staff,
    /// Said to staff on the phone.
    Phone,
    /// Said to staff at the desk.
    Desk,
    /// Written in a letter to the association.
    Paper,
    /// On the site of a partner, as it says.
    Partner,
    /// On an earlier list of the association: no consent is ever given there.
    Import,
}

impl Channel {
    /// Name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Api => "api",
            Self::Staff => "staff",
            Self::Phone => "phone",
            Self::Desk => "desk",
            Self::Paper => "paper",
            Self::Partner => "partner",
            Self::Import => "import",
        }
    }
}
