//! Staff of a seed: two per role of its first association (DESIGN 8); in the demo an owner of each
//! other one too.

use data_encoding::BASE32_NOPAD;

use super::{SCOPE, StaffMade};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::app::staff::{self, NewStaff};
use crate::crypto::totp::TotpSecret;
use crate::crypto::{sha256, token};
use crate::db;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::AssociationId;
use crate::domain::permission::Role;

/// Members made for each role: one proposes, another approves.
const PER_ROLE: u8 = 2;

/// Which secrets the staff get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logins {
    /// Random ones, shown once.
    Random,
    /// Those of the demo, the same everywhere and known to everybody.
    Demo,
}

/// The password of every login of the demo.
pub const fn demo_password() -> &'static str {
    "demo-joinder-2026"
}

/// The authenticator secret of a login of the demo, derived from its address.
///
/// # Errors
/// `Internal`: never in practice.
pub fn demo_totp(email: &str) -> AppResult<TotpSecret> {
    let mut bytes = sha256::digest(format!("joinder demo authenticator {email}").as_bytes());
    bytes.truncate(20);
    Ok(TotpSecret::from_bytes(bytes)?)
}

pub(super) async fn make(
    ctx: &Ctx,
    slug: &str,
    association: AssociationId,
    logins: Logins,
) -> AppResult<Vec<StaffMade>> {
    let mut made = Vec::new();
    for role in Role::ALL {
        for number in 1..=PER_ROLE {
            made.extend(make_one(ctx, slug, association, role, number, logins).await?);
        }
    }
    Ok(made)
}

/// One member of a role; `None` where that login is there already.
pub(super) async fn make_one(
    ctx: &Ctx,
    slug: &str,
    association: AssociationId,
    role: Role,
    number: u8,
    logins: Logins,
) -> AppResult<Option<StaffMade>> {
    let name = role.as_str().replace('_', "-");
    let email = format!("{name}-{number}@{slug}.example");
    if is_known(ctx, &email).await? {
        return Ok(None);
    }
    let (password, totp) = secrets(&email, logins)?;
    let new = NewStaff {
        email: EmailAddress::parse(&email)
            .map_err(|_| AppError::internal("a slug makes a mail domain"))?,
        name: format!("{name} {number}"),
        password: password.clone(),
        totp: Some(totp),
        memberships: vec![(association, role)],
    };
    let created = staff::create(ctx, new).await?;
    Ok(created.totp.map(|totp| StaffMade {
        association: slug.to_owned(),
        role: role.as_str(),
        email,
        password,
        totp_secret: totp.to_base32(),
    }))
}

/// Whoever is there stays as is: a role taken away is not given back.
async fn is_known(ctx: &Ctx, email: &str) -> AppResult<bool> {
    let hash = ctx.keyring.index.platform_hash("staff", email);
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let known = db::staff::find_by_email(&mut tx, SCOPE, &hash).await?;
    tx.commit().await?;
    Ok(known.is_some())
}

fn secrets(email: &str, logins: Logins) -> AppResult<(String, TotpSecret)> {
    match logins {
        Logins::Demo => Ok((demo_password().to_owned(), demo_totp(email)?)),
        Logins::Random => {
            let password = BASE32_NOPAD
                .encode(&token::random_bytes::<15>())
                .to_lowercase();
            Ok((password, TotpSecret::new()))
        }
    }
}
