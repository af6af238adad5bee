//! Who acts for an association, and how long: the role, for which cases, and whether it rests or has ended.

use crate::domain::field::{FieldCode, FieldErrors, ValueError};
use crate::domain::ids::CaseId;
use crate::domain::permission::Role;

/// Days an invitation works.
pub const INVITATION_DAYS: i64 = 7;
/// Fewest characters of a password.
pub const SHORTEST_PASSWORD: usize = 12;
/// Most characters of a password.
pub const LONGEST_PASSWORD: usize = 200;
/// Most characters of a name.
const LONGEST_NAME: usize = 120;

/// Roles an owner can give; the operator's comes with the platform.
pub const ROLES: [Role; 6] = [
    Role::Reader,
    Role::Reviewer,
    Role::CaseManager,
    Role::Payout,
    Role::Auditor,
    Role::Owner,
];

/// Whether a role can be given for some cases alone. Owners and auditors answer for the whole association.
pub const fn can_be_limited(role: Role) -> bool {
    matches!(
        role,
        Role::Reader | Role::Reviewer | Role::CaseManager | Role::Payout
    )
}

/// How a membership stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MembershipState {
    /// The person acts.
    Active,
    /// It rests: nothing opens until somebody takes it up again.
    Suspended,
    /// It is over; an invitation makes a new one.
    Ended,
}

impl MembershipState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::Ended];

    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What a membership is at a moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms {
    /// How it stands.
    pub state: MembershipState,
    /// In which role.
    pub role: Role,
    /// For which cases, in the order of their ids; none: all of the association, those to come too.
    pub cases: Option<Vec<CaseId>>,
}

impl Terms {
    /// Active in a role, for all cases or some.
    pub const fn active(role: Role, cases: Option<Vec<CaseId>>) -> Self {
        Self {
            state: MembershipState::Active,
            role,
            cases,
        }
    }
}

/// What an owner does to a membership.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MembershipChange {
    /// Another role; for all cases where it can be for no less.
    Role(Role),
    /// Other cases; none: all.
    Cases(Option<Vec<CaseId>>),
    /// Let it rest.
    Suspend,
    /// Take it up again.
    Resume,
    /// End it.
    End,
}

impl MembershipChange {
    /// Reads an action, and the role or the cases where it is about them.
    ///
    /// # Errors
    /// `/action` and `/role`, unknown or missing.
    pub fn parse(
        action: Option<&str>,
        role: Option<&str>,
        cases: Option<Vec<CaseId>>,
    ) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let change = match action.unwrap_or_default() {
            "role" => errors.take("/role", given_role(role)).map(Self::Role),
            "cases" => Some(Self::Cases(cases)),
            "suspend" => Some(Self::Suspend),
            "resume" => Some(Self::Resume),
            "end" => Some(Self::End),
            _ => {
                errors.push("/action", FieldCode::UnknownValue, "error-action-unknown");
                None
            }
        };
        change.ok_or(errors)
    }

    /// What the membership is after it; `None` where it changes nothing, or the state does not allow it.
    pub fn after(self, before: &Terms) -> Option<Terms> {
        let mut after = before.clone();
        match (self, before.state) {
            (_, MembershipState::Ended) => return None,
            (Self::Role(role), _) => {
                after.role = role;
                after.cases = after.cases.filter(|_| can_be_limited(role));
            }
            (Self::Cases(cases), _) => after.cases = cases,
            (Self::Suspend, _) => after.state = MembershipState::Suspended,
            (Self::Resume, _) => after.state = MembershipState::Active,
            (Self::End, _) => after.state = MembershipState::Ended,
        }
        (after != *before).then_some(after)
    }
}

/// A role that an owner can give.
///
/// # Errors
/// `Required`; `UnknownValue`, for the operator's too.
pub fn given_role(text: Option<&str>) -> Result<Role, ValueError> {
    let text = text.map(str::trim).unwrap_or_default();
    if text.is_empty() {
        return Err(ValueError::new(FieldCode::Required, "error-role-required"));
    }
    let unknown = ValueError::new(FieldCode::UnknownValue, "error-role-unknown");
    let known = Role::parse(text).filter(|role| ROLES.contains(role));
    known.ok_or(unknown)
}

/// A password somebody chose: long rather than complicated (NIST SP 800-63B, 3.1.1.2).
///
/// # Errors
/// `Required`, `OutOfRange` under 12 characters, `TooLong`.
pub fn new_password(text: &str) -> Result<&str, ValueError> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        return Err(ValueError::new(
            FieldCode::Required,
            "error-password-required",
        ));
    }
    if length < SHORTEST_PASSWORD {
        return Err(ValueError::new(
            FieldCode::OutOfRange,
            "error-password-short",
        ));
    }
    if length > LONGEST_PASSWORD {
        return Err(ValueError::new(FieldCode::TooLong, "error-password-long"));
    }
    Ok(text)
}

/// The name a person goes by in the trail, one line.
///
/// # Errors
/// `Required`, `TooLong`.
pub fn staff_name(text: &str) -> Result<String, ValueError> {
    let name = crate::domain::mail::one_line(text, LONGEST_NAME + 1);
    if name.is_empty() {
        return Err(ValueError::new(
            FieldCode::Required,
            "error-staff-name-required",
        ));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(ValueError::new(FieldCode::TooLong, "error-name-too-long"));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_gives_every_role_but_the_operators() {
        for role in Role::ALL {
            let given = given_role(Some(role.as_str()));
            assert_eq!(given.is_ok(), role != Role::Operator, "{}", role.as_str());
        }
        assert_eq!(given_role(None).unwrap_err().code, FieldCode::Required);
        assert!(given_role(Some("admin")).is_err());
    }

    #[test]
    fn a_membership_moves_only_as_it_can() {
        use MembershipState::{Active, Ended, Suspended};
        let (role, case) = (Role::Reader, CaseId::new(uuid::Uuid::from_u128(1)));
        let terms = |state, cases| Terms { state, role, cases };
        for (change, from, to) in [
            (MembershipChange::Suspend, Active, Some(Suspended)),
            (MembershipChange::Suspend, Suspended, None),
            (MembershipChange::Resume, Suspended, Some(Active)),
            (MembershipChange::Resume, Active, None),
            (MembershipChange::End, Active, Some(Ended)),
            (MembershipChange::End, Suspended, Some(Ended)),
            (MembershipChange::End, Ended, None),
            (MembershipChange::Role(Role::Owner), Ended, None),
            (MembershipChange::Role(role), Active, None),
        ] {
            let told = format!("{change:?} {from:?}");
            let after = change.after(&terms(from, None));
            assert_eq!(after.map(|after| after.state), to, "{told}");
        }
        let some = terms(Suspended, Some(vec![case]));
        let raised = MembershipChange::Role(Role::Owner).after(&some);
        let owner = Terms {
            role: Role::Owner,
            ..terms(Suspended, None)
        };
        assert_eq!(raised, Some(owner), "an owner has all cases");
        let moved = MembershipChange::Role(Role::Reviewer).after(&some).unwrap();
        assert_eq!(moved.cases, Some(vec![case]));
        let same = MembershipChange::Cases(Some(vec![case])).after(&some);
        assert_eq!(same, None);
        let all = MembershipChange::Cases(None).after(&some);
        assert_eq!(all, Some(terms(Suspended, None)));
    }

    #[test]
    fn a_password_is_long_rather_than_complicated() {
        assert!(new_password("una frase lunga").is_ok());
        for (text, code) in [
            ("", FieldCode::Required),
            ("            ", FieldCode::Required),
            ("P4$$word!", FieldCode::OutOfRange),
        ] {
            assert_eq!(new_password(text).unwrap_err().code, code, "{text}");
        }
        let long = "a".repeat(LONGEST_PASSWORD + 1);
        assert_eq!(new_password(&long).unwrap_err().code, FieldCode::TooLong);
    }

    #[test]
    fn an_action_is_read_with_its_role() {
        let read = MembershipChange::parse(Some("role"), Some("owner"), None);
        assert_eq!(read, Ok(MembershipChange::Role(Role::Owner)));
        assert!(MembershipChange::parse(Some("role"), None, None).is_err());
        assert!(MembershipChange::parse(Some("promote"), None, None).is_err());
        assert_eq!(
            MembershipChange::parse(Some("end"), None, None),
            Ok(MembershipChange::End)
        );
    }
}
