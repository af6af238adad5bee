//! A declaration as it is typed: the body of `PUT /declaration`, and how a draft is stored.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{SeqAccess, Visitor, value::SeqAccessDeserializer},
};
use utoipa::ToSchema;

/// The body of `PUT /declaration`; nothing in it is checked. Drafts are stored as this.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclarationInput {
    /// What each mailbox suffered, 1 to 20; mailboxes registered by this claimant, no aliases.
    pub mailboxes: Option<Vec<DeclaredMailboxInput>>,
    /// What happened in the claimant's words, at most 4,000 characters; line breaks are kept.
    pub narrative: Option<String>,
    /// A complaint already made.
    pub complaint: Option<ComplaintInput>,
    /// Other claims pending on the same mailboxes: `true`, `false` or a list (R66).
    pub other_claims: Option<ElsewhereInput>,
    /// Whether the same damage was compensated already: `true`, `false` or a list (R66).
    pub already_compensated: Option<ElsewhereInput>,
    /// Version or date of the contract terms, at most 120 characters.
    pub contract_version: Option<String>,
    /// The clause of the contract that matters, at most 500 characters.
    pub contract_clause: Option<String>,
    /// Member number at the association, at most 40 characters.
    pub member_number: Option<String>,
}

/// What one mailbox suffered, as it was typed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredMailboxInput {
    /// Its address.
    pub address: Option<String>,
    /// The outages it suffered, 1 to 20.
    pub incidents: Option<Vec<DeclaredIncidentInput>>,
}

/// One mailbox in one incident, as it was typed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredIncidentInput {
    /// Slug of the incident.
    pub slug: Option<String>,
    /// Code of the plan at the time (R34); `unknown` for whoever does not remember.
    pub plan: Option<String>,
    /// First day without service, `YYYY-MM-DD`; without both days the whole outage is meant.
    pub unavailable_from: Option<String>,
    /// Last day without service, `YYYY-MM-DD`, included.
    pub unavailable_until: Option<String>,
    /// What the mailbox was for: a word or a list of `private`, `work`, `public_bodies`.
    #[serde(rename = "use")]
    pub used_for: Option<UseInput>,
    /// Day of the last use before the outage, `YYYY-MM-DD`.
    pub last_use: Option<String>,
    /// Fee paid for the plan, euro cents.
    pub fee_paid_cents: Option<i64>,
    /// `none`, `extra_space`, `free_months` or `other` (R35).
    pub compensation_received: Option<String>,
    /// What was received, at most 500 characters.
    pub compensation_note: Option<String>,
    /// Whether the claimant held the mailbox at the time; yes when missing.
    pub holder: Option<bool>,
    /// Who held it and why the claimant claims, at most 500 characters; needed if `holder` is false.
    pub holder_note: Option<String>,
    /// Whether the mailbox works again; yes when missing and the outage has ended.
    pub restored: Option<bool>,
    /// Whether mail came late; no when missing. Lost mail is a head of damage.
    pub late_mail: Option<bool>,
    /// What is asked for, 1 to 20; when missing a flat rate without an amount.
    pub items: Option<Vec<ItemInput>>,
}

/// One damage item, as it was typed (R36).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemInput {
    /// `flat_rate`, `fee_refund`, `lost_mail`, `extra_cost`, `lost_income`, `lost_chance` or
    /// `non_pecuniary`.
    pub head: Option<String>,
    /// Euro cents, 0 to 1,000,000,000; only a flat rate may have none.
    pub amount_cents: Option<i64>,
    /// What it was, at most 500 characters.
    pub description: Option<String>,
    /// Ids of documents of this claimant; none means "nessun documento".
    pub document_ids: Option<Vec<String>>,
}

/// A complaint already made, as it was typed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComplaintInput {
    /// `respondent`, `association_portal`, `agcom`, `conciliation`, `court` or `other`.
    #[serde(rename = "where")]
    pub place: Option<String>,
    /// Its number or subject, at most 120 characters.
    pub reference: Option<String>,
    /// When it was made, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// `none`, `rejected`, `accepted` or `partial`; `none` when missing.
    pub answer: Option<String>,
    /// What was asked or answered, at most 2,000 characters; line breaks are kept.
    pub text: Option<String>,
}

/// A claim or a compensation elsewhere, as it was typed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherClaimInput {
    /// `respondent`, `association_portal`, `agcom`, `conciliation`, `court` or `other`.
    #[serde(rename = "where")]
    pub place: Option<String>,
    /// Its number or subject, at most 120 characters.
    pub reference: Option<String>,
    /// Sum asked for or received, euro cents.
    pub amount_cents: Option<i64>,
}

/// One word or a list of words.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum UseInput {
    /// One word.
    One(String),
    /// Several words.
    Many(Vec<String>),
}

/// Yes, no, or which ones; an empty list is no.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ElsewhereInput {
    /// Yes or no.
    Told(bool),
    /// Which ones, at most 20.
    Listed(Vec<OtherClaimInput>),
}

// By hand, so that an error inside a list keeps its path.
impl<'de> Deserialize<'de> for UseInput {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = UseInput;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a word or a list of words")
            }

            fn visit_str<E>(self, word: &str) -> Result<UseInput, E> {
                Ok(UseInput::One(word.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, words: A) -> Result<UseInput, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(words)).map(UseInput::Many)
            }
        }
        input.deserialize_any(Words)
    }
}

impl<'de> Deserialize<'de> for ElsewhereInput {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Claims;
        impl<'de> Visitor<'de> for Claims {
            type Value = ElsewhereInput;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("true, false or a list")
            }

            fn visit_bool<E>(self, told: bool) -> Result<ElsewhereInput, E> {
                Ok(ElsewhereInput::Told(told))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, claims: A) -> Result<ElsewhereInput, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(claims)).map(ElsewhereInput::Listed)
            }
        }
        input.deserialize_any(Claims)
    }
}

impl fmt::Debug for DeclarationInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DeclarationInput(..)")
    }
}

impl fmt::Debug for DeclaredMailboxInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DeclaredMailboxInput(..)")
    }
}

impl fmt::Debug for DeclaredIncidentInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DeclaredIncidentInput(..)")
    }
}

impl fmt::Debug for ItemInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ItemInput(..)")
    }
}

impl fmt::Debug for ComplaintInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ComplaintInput(..)")
    }
}

impl fmt::Debug for OtherClaimInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OtherClaimInput(..)")
    }
}

impl fmt::Debug for UseInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("UseInput(..)")
    }
}

impl fmt::Debug for ElsewhereInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ElsewhereInput(..)")
    }
}
