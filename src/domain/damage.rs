//! Heads of damage that a declaration may name (R36).

/// A head of damage.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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
}
