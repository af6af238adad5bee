//! Who declares: the claimant, or staff who type what a claimant without an e-mail tells them.

use serde_json::json;

use super::basis;
use crate::app::assist::How;
use crate::app::audit::{Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::session::{self, ClaimantActor};
use crate::app::staff::StaffActor;
use crate::app::trail;
use crate::crypto::token;
use crate::db::claimant::{self, ClaimantRow};
use crate::db::consent::{self, ConsentRow};
use crate::db::{Conn, Scope};
use crate::domain::audit::action;
use crate::domain::field::{FieldCode, FieldErrors, ValueError, filled};
use crate::domain::ids::{AssociationId, ClaimantId};
use crate::domain::sign_up::{ConsentInput, SignUpConsent, SignUpRules, parse_consents};

/// Whose declaration, and who acts on it.
#[derive(Clone, Debug)]
pub enum By {
    /// The claimant.
    Owner(ClaimantActor),
    /// Staff, for a claimant of their association who has no e-mail.
    Staff(StaffActor, ClaimantId),
}

/// How staff were told a declaration, and the consents told with it (R20).
#[derive(Clone, Debug)]
pub struct Dictation {
    /// `phone`, `desk` or `post`.
    pub how: Option<String>,
    /// The consents, for the texts that were read out or handed over.
    pub consents: Option<Vec<ConsentInput>>,
}

/// A dictation whose consents were read.
pub(super) struct Dictated {
    pub(super) how: How,
    pub(super) consents: Vec<SignUpConsent>,
}

impl By {
    pub(super) fn claimant(&self) -> ClaimantId {
        match self {
            Self::Owner(actor) => actor.claimant(),
            Self::Staff(_, claimant) => *claimant,
        }
    }

    pub(super) fn scope(&self) -> Scope {
        match self {
            Self::Owner(actor) => actor.scope(),
            Self::Staff(actor, _) => actor.scope(),
        }
    }

    fn association(&self) -> AssociationId {
        match self {
            Self::Owner(actor) => actor.association(),
            Self::Staff(actor, _) => actor.association_id(),
        }
    }

    /// Whether this actor may declare for this record now. Who has an e-mail declares alone: staff put no
    /// words in the mouth of somebody who can write them.
    pub(super) fn may_declare(&self, row: &ClaimantRow) -> AppResult<()> {
        match self {
            Self::Staff(..) if row.contact_kind == "email" => {
                Err(AppError::IllegalTransition("own_email"))
            }
            Self::Owner(_) | Self::Staff(..) => basis::may_declare(row),
        }
    }

    /// Before the record is read: that staff may, and that they saw it.
    pub(super) async fn see(&self, ctx: &Ctx, conn: &mut Conn) -> AppResult<()> {
        let Self::Staff(actor, claimant) = self else {
            return Ok(());
        };
        let scope = self.scope();
        let row = claimant::find(conn, scope, *claimant).await?;
        self.may_declare(&row.ok_or(AppError::NotFound)?)?;
        let deed = actor.deed(claimant.uuid(), trail::VIEW);
        deed.write(ctx, conn, scope).await
    }

    /// A claimant who acts stays signed in.
    pub(super) async fn keep_session(&self, ctx: &Ctx, conn: &mut Conn) -> AppResult<()> {
        match self {
            Self::Owner(actor) => session::keep(ctx, conn, actor).await,
            Self::Staff(..) => Ok(()),
        }
    }

    /// The entry of the trail: never that the claimant declared where staff typed.
    pub(super) fn entry(&self, version: i32, dictated: Option<&Dictated>) -> Entry {
        let detail = json!({ "version": version });
        match (self, dictated) {
            (Self::Staff(actor, claimant), dictated) => {
                let by = Actor::Staff(actor.staff_id());
                let how = dictated.map(|dictated| dictated.how.as_str());
                let entry = Entry::new(*claimant, self.association(), by, action::DECLARE_BY_STAFF);
                entry.with(json!({ "version": version, "how": how }))
            }
            (Self::Owner(actor), _) => {
                let by = Actor::Claimant(actor.claimant());
                Entry::new(actor.claimant(), self.association(), by, "declare").with(detail)
            }
        }
    }
}

impl Dictation {
    /// Reads it: how it was told, and the consents that nobody declares without.
    pub(super) fn read(&self, rules: &SignUpRules) -> AppResult<Dictated> {
        let mut errors = FieldErrors::new();
        let how = match filled(self.how.as_deref()) {
            None => Err(ValueError::new(FieldCode::Required, "error-required")),
            Some(word) => How::parse(word).ok_or(ValueError::new(
                FieldCode::UnknownValue,
                "error-unknown-value",
            )),
        };
        let how = errors.take("/how", how);
        let consents = match parse_consents(self.consents.as_deref(), rules) {
            Ok(consents) => Some(consents),
            Err(wrong) => {
                errors.append(wrong);
                None
            }
        };
        match (how, consents) {
            (Some(how), Some(consents)) => Ok(Dictated { how, consents }),
            _ => Err(errors.into()),
        }
    }
}

impl Dictated {
    /// Appends the consents as they were told (R20).
    pub(super) async fn write_consents(
        &self,
        ctx: &Ctx,
        conn: &mut Conn,
        scope: Scope,
        row: &ClaimantRow,
    ) -> AppResult<()> {
        let now = ctx.clock.now();
        for told in &self.consents {
            let row = ConsentRow {
                claimant_id: row.id,
                id: token::new_id(now),
                association_id: row.association_id,
                purpose: told.purpose.as_str().to_owned(),
                text_version: told.text_version.clone(),
                given: told.given,
                channel: self.how.channel().as_str().to_owned(),
                evidence: None,
                created_at: now,
            };
            consent::insert(conn, scope, &row).await?;
        }
        Ok(())
    }
}
