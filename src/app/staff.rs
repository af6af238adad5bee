//! Staff of associations: who they are, and who acts. Signing in is in `sign_in`, staying signed
//! in in `session`.

use std::collections::HashMap;
use std::fmt;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::trail::Deed;
use crate::app::work_queue;
use crate::crypto::sealing::{Aad, FORMAT, Sealed};
use crate::crypto::token;
use crate::crypto::totp::TotpSecret;
use crate::db::membership::{self, ChangeRow};
use crate::db::staff::{self, MembershipRow, StaffRow};
use crate::db::{Conn, DbError, Scope, staff_session};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{AssociationId, CaseId, StaffId};
use crate::domain::membership::{MembershipState, Terms};
use crate::domain::permission::{Access, Operation, Role};

pub mod account;
pub(in crate::app) mod recovery;
pub mod session;
pub mod sign_in;

/// A staff member to make, for `bootstrap`.
pub struct NewStaff {
    /// Login address.
    pub email: EmailAddress,
    /// Name as shown in trails.
    pub name: String,
    /// Password, in clear; only its hash is stored.
    pub password: String,
    /// Authenticator secret; `None`: a new one is made.
    pub totp: Option<TotpSecret>,
    /// Role in each association.
    pub memberships: Vec<(AssociationId, Role)>,
}

/// What [`create`] did.
#[derive(Debug)]
pub struct StaffCreated {
    /// The person.
    pub id: StaffId,
    /// The authenticator secret, to be shown once; `None` where the person was there already, who
    /// keeps password and secret.
    pub totp: Option<TotpSecret>,
}

/// A signed-in staff member, acting for one association. Only `session` makes one.
#[derive(Clone, Debug)]
pub struct StaffActor {
    staff_id: StaffId,
    association_id: AssociationId,
    role: Role,
    /// `None`: all cases of the association.
    cases: Option<Vec<CaseId>>,
    session: Uuid,
    stepped_up: bool,
}

/// A login of the demo, as shown on its login page.
#[derive(Clone, Debug)]
pub struct DemoLogin {
    /// Login address.
    pub email: String,
    /// Role of the first membership.
    pub role: Role,
    /// Name of its association.
    pub association: String,
    /// An authenticator code that works now.
    pub code: String,
}

/// The sealed document of a staff member.
#[derive(Serialize, Deserialize)]
struct Profile {
    name: String,
    email: String,
}

impl StaffActor {
    /// Who acts.
    pub const fn staff_id(&self) -> StaffId {
        self.staff_id
    }

    /// The association acted for.
    pub const fn association_id(&self) -> AssociationId {
        self.association_id
    }

    /// The role now.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Id of the session: of the cookie's token, or the family of refresh tokens.
    pub const fn session(&self) -> Uuid {
        self.session
    }

    /// Whether the second factor is at most 5 minutes old.
    pub const fn stepped_up(&self) -> bool {
        self.stepped_up
    }

    /// Whether the actor may do `operation` now.
    ///
    /// # Errors
    /// `Forbidden` for the role; `StepUpRequired` if the second factor is too old.
    pub fn require(&self, operation: &Operation) -> AppResult<()> {
        if matches!(operation.access, Access::Public) {
            return Ok(());
        }
        if !operation.allows(self.role) {
            return Err(AppError::Forbidden);
        }
        if operation.needs_step_up() && !self.stepped_up {
            return Err(AppError::StepUpRequired);
        }
        Ok(())
    }

    /// Whether the membership is for this case of the association.
    pub fn works_on(&self, case: CaseId) -> bool {
        let cases = self.cases.as_ref();
        cases.is_none_or(|cases| cases.contains(&case))
    }

    /// Whether the membership is for this case.
    ///
    /// # Errors
    /// `NotFound`.
    pub(in crate::app) fn require_case(&self, case: CaseId) -> AppResult<()> {
        self.works_on(case).then_some(()).ok_or(AppError::NotFound)
    }

    /// Whether the membership is for all cases: what concerns the association as a whole needs that.
    ///
    /// # Errors
    /// `Forbidden`.
    pub(in crate::app) fn require_all_cases(&self) -> AppResult<()> {
        self.cases
            .is_none()
            .then_some(())
            .ok_or(AppError::Forbidden)
    }

    /// The rights the actor's queries run under.
    pub(in crate::app) const fn scope(&self) -> Scope {
        match self.cases {
            None => Scope::Association(self.association_id),
            Some(_) => Scope::Cases(self.association_id, self.staff_id),
        }
    }

    /// A deed of this actor.
    pub(in crate::app) fn deed<'a>(&self, subject: Uuid, action: &'static str) -> Deed<'a> {
        Deed {
            subject,
            association: Some(self.association_id),
            actor: Some(self.staff_id),
            action,
            change: None,
            detail: json!({}),
            note: None,
        }
    }
}

/// Makes a staff member, or gives one who is there these memberships. For the operator
/// (`bootstrap`); audited as `staff_created`.
///
/// # Errors
/// `RateLimited` if too many passwords are being hashed, `Unavailable`.
pub async fn create(ctx: &Ctx, new: NewStaff) -> AppResult<StaffCreated> {
    let scope = Scope::System("staff made by the operator");
    let email = login_name(new.email.as_str());
    let email_hash = ctx.keyring.index.platform_hash("staff", &email);
    let password_hash = ctx.keyring.passwords.hash(&new.password).await?;
    let totp = new.totp.unwrap_or_else(TotpSecret::new);
    let row = sealed_row(ctx, new.name, &new.email, password_hash, &totp)?;
    let id = StaffId::new(row.id);
    let mut tx = ctx.pools.begin(scope).await?;
    let created = if staff::insert(&mut tx, scope, &row).await? {
        StaffCreated {
            id,
            totp: Some(totp),
        }
    } else {
        let known = staff::find_by_email(&mut tx, scope, &email_hash).await?;
        let known = known.ok_or(AppError::NotFound)?;
        StaffCreated {
            id: StaffId::new(known.id),
            totp: None,
        }
    };
    for (association, role) in new.memberships {
        put_membership(ctx, &mut tx, scope, created.id, association, role).await?;
    }
    tx.commit().await?;
    Ok(created)
}

/// A new person, sealed; not written yet.
pub(in crate::app) fn sealed_row(
    ctx: &Ctx,
    name: String,
    email: &EmailAddress,
    password_hash: String,
    totp: &TotpSecret,
) -> AppResult<StaffRow> {
    let now = ctx.clock.now();
    let login = login_name(email.as_str());
    let id = token::new_id(now);
    let (root_version, root) = ctx.keyring.root();
    let root_version = i32::try_from(root_version).map_err(AppError::internal)?;
    let profile = Profile {
        name,
        email: email.as_str().to_owned(),
    };
    let sealed = root.seal_json(&place("sealed", id, root_version), &profile)?;
    let secret = root.seal(&place("totp_sealed", id, root_version), totp.as_bytes())?;
    Ok(StaffRow {
        id,
        email_hash: ctx.keyring.index.platform_hash("staff", &login).to_vec(),
        root_version,
        sealed: sealed.into_bytes(),
        password_hash,
        totp_sealed: secret.into_bytes(),
        status: "active".to_owned(),
        created_at: now,
    })
}

/// Lets nobody sign in as this person any more; what is open ends with the next request, and what the person had
/// to do is nobody's. For the operator.
///
/// # Errors
/// `NotFound` if there is no such person.
pub async fn disable(ctx: &Ctx, person: StaffId) -> AppResult<()> {
    let scope = Scope::System("staff disabled by the operator");
    let mut tx = ctx.pools.begin(scope).await?;
    for (membership, _) in staff::list_memberships(&mut tx, scope, person).await? {
        let place = (person, AssociationId::new(membership.association_id));
        work_queue::release(ctx, &mut tx, scope, place, &[], None).await?;
    }
    staff::mark_status(&mut tx, scope, person, "disabled").await?;
    operator_deed(person, None, "staff_disabled")
        .write(ctx, &mut tx, scope)
        .await?;
    Ok(tx.commit().await?)
}

/// Ends a person's role in an association; what the person had to do is nobody's. For the operator.
///
/// # Errors
/// `NotFound` if the person has none there.
pub async fn revoke_membership(
    ctx: &Ctx,
    person: StaffId,
    association: AssociationId,
) -> AppResult<()> {
    let scope = Scope::System("membership revoked by the operator");
    let now = ctx.clock.now();
    let mut tx = ctx.pools.begin(scope).await?;
    let known = membership::find_person(&mut tx, scope, association, person).await?;
    let known = known.ok_or(AppError::NotFound)?;
    if !staff::revoke_membership(&mut tx, scope, person, association, now).await? {
        return Err(AppError::NotFound);
    }
    let terms = Terms {
        state: MembershipState::Ended,
        role: read_role(&known.membership.role)?,
        cases: read_cases(known.membership.case_ids.as_deref()),
    };
    let place = (person, association);
    note_change(ctx, &mut tx, scope, place, &terms, None).await?;
    work_queue::release(ctx, &mut tx, scope, place, &[], None).await?;
    operator_deed(person, Some(association), "membership_revoked")
        .write(ctx, &mut tx, scope)
        .await?;
    Ok(tx.commit().await?)
}

/// The logins of the demo with codes that work now; empty anywhere else.
///
/// # Errors
/// `Unavailable`.
pub async fn demo_logins(ctx: &Ctx) -> AppResult<Vec<DemoLogin>> {
    const SHOWN: i64 = 40;
    if !ctx.settings.demo {
        return Ok(Vec::new());
    }
    let scope = Scope::System("logins shown by the demo");
    let mut tx = ctx.pools.begin(scope).await?;
    let rows = staff::list(&mut tx, scope, SHOWN).await?;
    let mut logins: Vec<DemoLogin> = Vec::new();
    let mut seen = None;
    for (row, role, association) in rows {
        if seen.replace(row.id) == Some(row.id) {
            continue;
        }
        let code = unused_code(ctx, &mut tx, scope, &row).await?;
        let profile: Profile = open_profile(ctx, row.id, row.root_version, row.sealed)?;
        logins.push(DemoLogin {
            email: profile.email,
            role: read_role(&role)?,
            association,
            code,
        });
    }
    tx.commit().await?;
    Ok(logins)
}

/// The code of this moment, or of a step next to it if the person used it already.
async fn unused_code(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    row: &StaffRow,
) -> AppResult<String> {
    let now = ctx.clock.now();
    let step = now.timestamp().div_euclid(30);
    let used =
        staff_session::list_totp_uses(conn, scope, StaffId::new(row.id), step.saturating_sub(1))
            .await?;
    let shift = [0, 1, -1]
        .into_iter()
        .find(|shift| !used.contains(&step.saturating_add(*shift)))
        .unwrap_or(1);
    Ok(open_totp(ctx, row)?.current(now + TimeDelta::seconds(shift * 30)))
}

/// Names of staff members.
pub(in crate::app) async fn names(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    people: &[Uuid],
) -> AppResult<HashMap<Uuid, String>> {
    let mut names = HashMap::new();
    for row in staff::list_names(conn, scope, people).await? {
        let profile = open_profile(ctx, row.id, row.root_version, row.sealed)?;
        names.insert(row.id, profile.name);
    }
    Ok(names)
}

async fn put_membership(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    person: StaffId,
    association: AssociationId,
    role: Role,
) -> AppResult<()> {
    let row = MembershipRow {
        staff_id: person.uuid(),
        association_id: association.uuid(),
        role: role.as_str().to_owned(),
        created_at: ctx.clock.now(),
        revoked_at: None,
        suspended_at: None,
        signed_in_at: None,
        case_ids: None,
    };
    staff::put_membership(conn, scope, &row).await?;
    let terms = Terms::active(role, None);
    note_change(ctx, conn, scope, (person, association), &terms, None).await?;
    Deed {
        detail: json!({ "role": role.as_str() }),
        ..operator_deed(person, Some(association), "staff_created")
    }
    .write(ctx, conn, scope)
    .await
}

/// Cases of a membership as the database keeps them.
pub(in crate::app) fn stored_cases(cases: Option<&[CaseId]>) -> Option<Vec<Uuid>> {
    cases.map(|cases| cases.iter().map(|case| case.uuid()).collect())
}

/// Cases of a membership as the database kept them.
pub(in crate::app) fn read_cases(stored: Option<&[Uuid]>) -> Option<Vec<CaseId>> {
    stored.map(|stored| stored.iter().copied().map(CaseId::new).collect())
}

/// Keeps what a membership is from now on.
pub(in crate::app) async fn note_change(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    (person, association): (StaffId, AssociationId),
    terms: &Terms,
    by: Option<StaffId>,
) -> AppResult<()> {
    let now = ctx.clock.now();
    let change = ChangeRow {
        association_id: association.uuid(),
        staff_id: person.uuid(),
        id: token::new_id(now),
        state: terms.state.as_str().to_owned(),
        role: terms.role.as_str().to_owned(),
        changed_at: now,
        changed_by: by.map(StaffId::uuid),
        case_ids: stored_cases(terms.cases.as_deref()),
    };
    Ok(membership::insert_change(conn, scope, &change).await?)
}

/// The login address of a person; `None` for one that is not there, or may not sign in.
pub(in crate::app) async fn email_of(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    person: Uuid,
) -> AppResult<Option<EmailAddress>> {
    let row = match staff::get(conn, scope, StaffId::new(person)).await {
        Ok(row) if row.status == "active" => row,
        Ok(_) | Err(DbError::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let profile = open_profile(ctx, row.id, row.root_version, row.sealed)?;
    Ok(EmailAddress::parse(&profile.email).ok())
}

/// Name and login address of a person, opened.
pub(in crate::app) fn opened(
    ctx: &Ctx,
    id: Uuid,
    root_version: i32,
    sealed: Vec<u8>,
) -> AppResult<(String, String)> {
    let profile = open_profile(ctx, id, root_version, sealed)?;
    Ok((profile.name, profile.email))
}

fn operator_deed<'a>(
    person: StaffId,
    association: Option<AssociationId>,
    action: &'static str,
) -> Deed<'a> {
    Deed {
        subject: person.uuid(),
        association,
        actor: None,
        action,
        change: None,
        detail: json!({}),
        note: None,
    }
}

fn open_profile(ctx: &Ctx, id: Uuid, root_version: i32, sealed: Vec<u8>) -> AppResult<Profile> {
    let root = ctx.keyring.root_by_version(root_version)?;
    let place = place("sealed", id, root_version);
    Ok(root.open_json(&place, &Sealed::from_stored(sealed))?)
}

fn open_totp(ctx: &Ctx, row: &StaffRow) -> AppResult<TotpSecret> {
    let root = ctx.keyring.root_by_version(row.root_version)?;
    let place = place("totp_sealed", row.id, row.root_version);
    let bytes = root.open(&place, &Sealed::from_stored(row.totp_sealed.clone()))?;
    Ok(TotpSecret::from_bytes(bytes)?)
}

pub(in crate::app) fn read_role(text: &str) -> AppResult<Role> {
    Role::parse(text).ok_or_else(|| DbError::Corrupt("memberships.role").into())
}

/// The login address as it is compared: without case and blanks around it.
pub(in crate::app) fn login_name(email: &str) -> String {
    email.trim().to_lowercase()
}

fn place(column: &'static str, person: Uuid, key_version: i32) -> Aad<'static> {
    Aad {
        version: FORMAT,
        table: "staff",
        column,
        claimant: person,
        key_version,
    }
}

impl fmt::Debug for NewStaff {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NewStaff(..)")
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Profile(..)")
    }
}
