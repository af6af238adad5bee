//! The damage items of one mailbox in one incident (R36).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    super::{
        damage::DamageHead,
        field::{FieldCode, FieldErrors, ValueError, filled},
    },
    DeclarableDocument, ItemInput, MOST, note,
};

/// The largest amount that one field takes, euro cents: ten million euros.
pub const LARGEST_CENTS: i64 = 1_000_000_000;

/// One damage item (R36).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DamageItem {
    head: DamageHead,
    amount_cents: Option<i64>,
    description: Option<String>,
    document_ids: Vec<String>,
}

impl DamageItem {
    /// A flat rate or equitable sum without an amount: what is asked for where nothing is told.
    pub(super) fn flat_rate() -> Self {
        Self {
            head: DamageHead::FlatRate,
            amount_cents: None,
            description: None,
            document_ids: Vec::new(),
        }
    }

    /// What it is for.
    pub fn head(&self) -> DamageHead {
        self.head
    }

    /// Euro cents, 0 to [`LARGEST_CENTS`]; only a flat rate may have none.
    pub fn amount_cents(&self) -> Option<i64> {
        self.amount_cents
    }

    /// What it was, at most 500 characters.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Ids of its documents; none means "nessun documento".
    pub fn document_ids(&self) -> &[String] {
        &self.document_ids
    }
}

/// Reads the items of a line; what is wrong is noted in `errors` and left out. A line without items
/// asks for a flat rate.
pub(super) fn parse_all(
    typed: Option<&[ItemInput]>,
    documents: &[DeclarableDocument],
    errors: &mut FieldErrors,
    pointer: &str,
) -> Vec<DamageItem> {
    let Some(typed) = typed else {
        return vec![DamageItem::flat_rate()];
    };
    if typed.is_empty() {
        errors.push(pointer, FieldCode::Required, "error-item-required");
    }
    if typed.len() > MOST {
        errors.push(pointer, FieldCode::OutOfRange, "error-item-too-many");
    }
    let items = typed.iter().take(MOST).enumerate();
    items
        .filter_map(|(position, item)| {
            parse(item, documents, errors, &format!("{pointer}/{position}"))
        })
        .collect()
}

fn parse(
    typed: &ItemInput,
    documents: &[DeclarableDocument],
    errors: &mut FieldErrors,
    pointer: &str,
) -> Option<DamageItem> {
    let head = errors.take(format!("{pointer}/head"), head(typed));
    let needs_amount = head.is_some_and(DamageHead::needs_amount);
    let cents = match cents(typed.amount_cents) {
        Ok(None) if needs_amount => Err(ValueError::new(
            FieldCode::Required,
            "error-amount-required",
        )),
        cents => cents,
    };
    let amount_cents = errors.take(format!("{pointer}/amount_cents"), cents);
    let description = errors.take(
        format!("{pointer}/description"),
        note(typed.description.as_deref()),
    );
    let document_ids = document_ids(typed, documents, errors, pointer);
    Some(DamageItem {
        head: head?,
        amount_cents: amount_cents?,
        description: description?,
        document_ids,
    })
}

/// The named documents, each once; those that are not the claimant's are noted.
fn document_ids(
    typed: &ItemInput,
    documents: &[DeclarableDocument],
    errors: &mut FieldErrors,
    pointer: &str,
) -> Vec<String> {
    let ids = typed.document_ids.as_deref().unwrap_or_default();
    let mut named: Vec<String> = Vec::new();
    for (position, id) in ids.iter().enumerate() {
        let id = id.trim().to_ascii_lowercase();
        if !documents.iter().any(|known| known.id == id) {
            errors.push(
                format!("{pointer}/document_ids/{position}"),
                FieldCode::UnknownValue,
                "error-document-unknown",
            );
            if position > MOST {
                break;
            }
        } else if !named.contains(&id) {
            named.push(id);
        }
    }
    named
}

fn head(typed: &ItemInput) -> Result<DamageHead, ValueError> {
    let word = filled(typed.head.as_deref())
        .ok_or(ValueError::new(FieldCode::Required, "error-head-required"))?;
    DamageHead::parse(word).ok_or(ValueError::new(
        FieldCode::UnknownValue,
        "error-head-unknown",
    ))
}

/// An amount within the bounds of R36.
pub(super) fn cents(typed: Option<i64>) -> Result<Option<i64>, ValueError> {
    match typed {
        Some(cents) if !(0..=LARGEST_CENTS).contains(&cents) => Err(ValueError::new(
            FieldCode::OutOfRange,
            "error-amount-out-of-range",
        )),
        cents => Ok(cents),
    }
}

impl fmt::Debug for DamageItem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DamageItem(..)")
    }
}
