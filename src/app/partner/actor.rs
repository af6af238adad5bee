//! A partner that shows a key: who it is, where it acts, what it may.

use crate::app::error::{AppError, AppResult};
use crate::app::partner::key::{mode_of, scopes_of};
use crate::app::sandbox;
use crate::db::Scope;
use crate::db::partner_key::PartnerKeyRow;
use crate::domain::ids::{AssociationId, CaseId, PartnerId, PartnerKeyId};
use crate::domain::partner::{KeyMode, PartnerScope};
use crate::domain::partner_key::KeyRefusal;

/// A partner that acts. Only [`super::key::authenticate`] makes one.
#[derive(Clone, Debug)]
pub struct PartnerActor {
    partner: PartnerId,
    slug: String,
    association: AssociationId,
    home: (PartnerId, AssociationId),
    key: PartnerKeyId,
    mode: KeyMode,
    scopes: Vec<PartnerScope>,
    cases: Option<Vec<CaseId>>,
}

impl PartnerActor {
    /// Who shows a key: with a test key the twin of the partner, in the twin of its association and of its cases.
    pub(super) fn of(row: PartnerKeyRow, slug: String) -> AppResult<Self> {
        let home = (
            PartnerId::new(row.partner_id),
            AssociationId::new(row.association_id),
        );
        let mode = mode_of(&row)?;
        let scopes = scopes_of(&row)?;
        let mut actor = Self {
            partner: home.0,
            slug,
            association: home.1,
            home,
            key: PartnerKeyId::new(row.id),
            mode,
            scopes,
            cases: None,
        };
        if mode == KeyMode::Test {
            actor.partner = sandbox::partner_id(home.0);
            actor.association = sandbox::association_id(home.1);
        }
        let cases = row.case_ids.map(|ids| ids.into_iter().map(CaseId::new));
        actor.cases = cases.map(|cases| cases.map(|case| actor.acts_in(case)).collect());
        Ok(actor)
    }

    /// The partner: for a test key its twin.
    pub const fn partner(&self) -> PartnerId {
        self.partner
    }

    /// The partner and the association that made the key.
    pub const fn home(&self) -> (PartnerId, AssociationId) {
        self.home
    }

    /// Where the key acts that is shown for a case: there, or in its twin.
    pub fn acts_in(&self, case: CaseId) -> CaseId {
        match self.mode {
            KeyMode::Live => case,
            KeyMode::Test => sandbox::case_id(case, self.home.1),
        }
    }

    /// Whether the key acts on test people.
    ///
    /// # Errors
    /// `Key` for a live key.
    pub fn require_test(&self) -> AppResult<()> {
        match self.mode {
            KeyMode::Test => Ok(()),
            KeyMode::Live => Err(AppError::Key(KeyRefusal::Live)),
        }
    }

    /// Its name in links.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// The association it works for: for a test key its twin.
    pub const fn association(&self) -> AssociationId {
        self.association
    }

    /// The key that was shown.
    pub const fn key(&self) -> PartnerKeyId {
        self.key
    }

    /// Live or test.
    pub const fn mode(&self) -> KeyMode {
        self.mode
    }

    /// Cases the key may act in; none: all of the association.
    pub fn cases(&self) -> Option<&[CaseId]> {
        self.cases.as_deref()
    }

    /// Whether the key may do what this scope stands for.
    ///
    /// # Errors
    /// `Key` if it lacks the scope.
    pub fn require(&self, scope: PartnerScope) -> AppResult<()> {
        if self.scopes.contains(&scope) {
            Ok(())
        } else {
            Err(AppError::Key(KeyRefusal::Scope(scope)))
        }
    }

    /// Whether the key may act in a case.
    ///
    /// # Errors
    /// `Key` if it may not.
    pub fn require_case(&self, case: CaseId) -> AppResult<()> {
        match &self.cases {
            Some(cases) if !cases.contains(&case) => Err(AppError::Key(KeyRefusal::Case)),
            Some(_) | None => Ok(()),
        }
    }

    /// The rights the actor's queries run under.
    pub(in crate::app) const fn scope(&self) -> Scope {
        Scope::Association(self.association)
    }
}
