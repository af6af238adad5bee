//! The life of a case, and what an association may offer in it.

/// State of a case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CaseState {
    /// Being prepared; not shown.
    Draft,
    /// People may sign up, not sign.
    PreRegistration,
    /// People may sign up and sign.
    Open,
    /// No more sign-ups.
    Closed,
    /// Filed with the court.
    Filed,
    /// Admitted by the court.
    Admitted,
    /// Sums are being paid.
    Distribution,
    /// Over.
    Archived,
}

impl CaseState {
    /// All states in the order of a case's life.
    pub const ALL: [Self; 8] = [
        Self::Draft,
        Self::PreRegistration,
        Self::Open,
        Self::Closed,
        Self::Filed,
        Self::Admitted,
        Self::Distribution,
        Self::Archived,
    ];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::PreRegistration => "pre_registration",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Filed => "filed",
            Self::Admitted => "admitted",
            Self::Distribution => "distribution",
            Self::Archived => "archived",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether the public sees the case.
    pub const fn is_public(self) -> bool {
        !matches!(self, Self::Draft)
    }

    /// Whether people may sign up (DESIGN 8).
    pub const fn takes_sign_ups(self) -> bool {
        matches!(self, Self::PreRegistration | Self::Open)
    }

    /// Whether people may sign (DESIGN 8).
    pub const fn takes_signatures(self) -> bool {
        matches!(self, Self::Open)
    }
}

/// What an association does in a case (R11).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// Expressions of interest only.
    Interest,
    /// Declarations too.
    Collection,
}

impl Mode {
    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Interest => "interest",
            Self::Collection => "collection",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "interest" => Some(Self::Interest),
            "collection" => Some(Self::Collection),
            _ => None,
        }
    }
}

/// One of the two public lists of associations (DOMAIN 1.5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Register {
    /// List at the Ministry of Justice, D.M. 27/2022.
    Giustizia,
    /// List of art. 137 Codice del consumo.
    Art137,
}

impl Register {
    /// Both lists.
    pub const ALL: [Self; 2] = [Self::Giustizia, Self::Art137];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Giustizia => "giustizia",
            Self::Art137 => "art137",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|register| register.as_str() == text)
    }
}

/// Status of an entry in a public list, as last checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RegisterStatus {
    /// Nobody checked. Never assumed to be active.
    Unknown,
    /// Entered.
    Active,
    /// Suspended.
    Suspended,
    /// Struck off.
    Cancelled,
}

impl RegisterStatus {
    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "unknown" => Some(Self::Unknown),
            "active" => Some(Self::Active),
            "suspended" => Some(Self::Suspended),
            "cancelled" => Some(Self::Cancelled),
            _ => None,
        }
    }
}

/// Status and evidence of one list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisterEntry {
    /// Which list.
    pub register: Register,
    /// Status as last checked.
    pub status: RegisterStatus,
    /// Number or decree of the entry.
    pub reference: Option<String>,
    /// Day of the check.
    pub checked_on: Option<chrono::NaiveDate>,
}

impl RegisterEntry {
    /// Whether the entry opens collection: active, with reference and date of the check (R11).
    pub fn opens_collection(&self) -> bool {
        self.status == RegisterStatus::Active
            && self.reference.is_some()
            && self.checked_on.is_some()
    }
}

/// What a person is offered by one association in one case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Offer {
    /// Sign up now, declare and sign later.
    Collection,
    /// Leave an expression of interest.
    Interest,
    /// The case takes no sign-ups in its state.
    CaseClosed,
    /// The association is suspended or struck off (R12).
    AssociationSuspended,
}

impl Offer {
    /// Whether a sign-up is taken.
    pub const fn takes_sign_ups(self) -> bool {
        matches!(self, Self::Collection | Self::Interest)
    }
}

/// What `mode` amounts to in practice: state of the case, then R12, then R11.
pub fn offer(state: CaseState, suspended: bool, mode: Mode, registers: &[RegisterEntry]) -> Offer {
    let struck = |entry: &RegisterEntry| {
        matches!(
            entry.status,
            RegisterStatus::Suspended | RegisterStatus::Cancelled
        )
    };
    if !state.takes_sign_ups() {
        return Offer::CaseClosed;
    }
    if suspended || registers.iter().any(struck) {
        return Offer::AssociationSuspended;
    }
    match mode {
        Mode::Collection if registers.iter().any(RegisterEntry::opens_collection) => {
            Offer::Collection
        }
        Mode::Collection | Mode::Interest => Offer::Interest,
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn entry(status: RegisterStatus, reference: Option<&str>) -> RegisterEntry {
        RegisterEntry {
            register: Register::Giustizia,
            status,
            reference: reference.map(str::to_owned),
            checked_on: NaiveDate::from_ymd_opt(2026, 1, 10),
        }
    }

    #[test]
    fn r11_collection_needs_an_active_register_with_reference_and_date() {
        let active = entry(RegisterStatus::Active, Some("n. 7"));
        let bare = entry(RegisterStatus::Active, None);
        let unknown = entry(RegisterStatus::Unknown, Some("n. 7"));
        let mut undated = active.clone();
        undated.checked_on = None;
        let open =
            |entries: &[RegisterEntry]| offer(CaseState::Open, false, Mode::Collection, entries);
        assert_eq!(open(std::slice::from_ref(&active)), Offer::Collection);
        for entries in [vec![bare], vec![unknown], vec![undated], vec![]] {
            assert_eq!(open(&entries), Offer::Interest);
        }
        assert_eq!(
            offer(
                CaseState::Open,
                false,
                Mode::Interest,
                std::slice::from_ref(&active)
            ),
            Offer::Interest
        );
    }

    #[test]
    fn r12_a_suspended_association_takes_no_sign_ups() {
        let active = entry(RegisterStatus::Active, Some("n. 7"));
        assert_eq!(
            offer(
                CaseState::Open,
                true,
                Mode::Collection,
                std::slice::from_ref(&active)
            ),
            Offer::AssociationSuspended
        );
        for status in [RegisterStatus::Suspended, RegisterStatus::Cancelled] {
            assert_eq!(
                offer(
                    CaseState::Open,
                    false,
                    Mode::Collection,
                    &[active.clone(), entry(status, None)]
                ),
                Offer::AssociationSuspended
            );
        }
    }

    #[test]
    fn sign_ups_are_taken_in_two_states_only() {
        let taking: Vec<CaseState> = CaseState::ALL
            .into_iter()
            .filter(|state| state.takes_sign_ups())
            .collect();
        assert_eq!(taking, [CaseState::PreRegistration, CaseState::Open]);
    }
}
