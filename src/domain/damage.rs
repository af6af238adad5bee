//! Heads of damage that a declaration may name (R36).

use serde::{Deserialize, Serialize};

/// A head of damage.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DamageHead {
    /// Flat rate, or the equitable sum of art. 1226 c.c.; the amount may be left open.
    FlatRate,
    /// Fee paid for the time without service.
    FeeRefund,
    /// Mail lost.
    LostMail,
    /// Costs that arose.
    ExtraCost,
    /// Income that did not come.
    LostIncome,
    /// A chance that was missed.
    LostChance,
    /// Damage that is not to property.
    NonPecuniary,
}

impl DamageHead {
    /// All heads, in the order of the form.
    pub const ALL: [Self; 7] = [
        Self::FlatRate,
        Self::FeeRefund,
        Self::LostMail,
        Self::ExtraCost,
        Self::LostIncome,
        Self::LostChance,
        Self::NonPecuniary,
    ];

    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FlatRate => "flat_rate",
            Self::FeeRefund => "fee_refund",
            Self::LostMail => "lost_mail",
            Self::ExtraCost => "extra_cost",
            Self::LostIncome => "lost_income",
            Self::LostChance => "lost_chance",
            Self::NonPecuniary => "non_pecuniary",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|head| head.as_str() == text)
    }

    /// Whether an item under this head needs an amount (R36).
    pub const fn needs_amount(self) -> bool {
        !matches!(self, Self::FlatRate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r36_each_head_has_one_word_on_the_wire() {
        for head in DamageHead::ALL {
            assert_eq!(DamageHead::parse(head.as_str()), Some(head));
            assert_eq!(serde_json::to_value(head).unwrap(), head.as_str());
            assert_eq!(head.needs_amount(), head.as_str() != "flat_rate");
        }
        assert_eq!(DamageHead::parse("moral"), None);
    }
}
