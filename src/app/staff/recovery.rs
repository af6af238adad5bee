//! Recovery codes: ten that stand in for the authenticator app, each once. Shown when they are made; only
//! keyed hashes rest.

use serde_json::json;

use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::outbox::{StaffNews, notice_row};
use crate::app::trail::Deed;
use crate::crypto::token;
use crate::db::{Conn, Scope, outbox, recovery_code};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{AssociationId, StaffId};
use crate::domain::language::Language;

/// Codes in a set.
const CODES: usize = 10;
/// Characters of a code, without the dashes.
const LENGTH: usize = 12;

/// Makes a new set in the place of the old one; the codes as they are shown, once.
///
/// # Errors
/// `Unavailable`.
pub(in crate::app) async fn make(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    person: StaffId,
) -> AppResult<Vec<String>> {
    let codes: Vec<String> = (0..CODES).map(|_| token::mail_code()).collect();
    let hashes: Vec<[u8; 16]> = codes
        .iter()
        .filter_map(|code| read(code))
        .map(|code| hash(ctx, person, &code))
        .collect();
    recovery_code::replace(conn, scope, person, &hashes, ctx.clock.now()).await?;
    Ok(codes)
}

/// Whether what was typed has the form of a recovery code.
pub(in crate::app) fn is_code(typed: &str) -> bool {
    read(typed).is_some()
}

/// Uses a code up; `false` where it is none of the person's, or was used.
///
/// *effects*: where it is good, an audit row `recovery_code_used` and a mail to the person.
///
/// # Errors
/// `Unavailable`.
pub(in crate::app) async fn take(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    (person, association): (StaffId, AssociationId),
    typed: &str,
    language: Language,
) -> AppResult<bool> {
    let Some(code) = read(typed) else {
        return Ok(false);
    };
    let now = ctx.clock.now();
    let hash = hash(ctx, person, &code);
    if !recovery_code::mark_used(conn, scope, person, &hash, now).await? {
        return Ok(false);
    }
    let left = recovery_code::count(conn, scope, person).await?;
    Deed {
        subject: person.uuid(),
        association: Some(association),
        actor: Some(person),
        action: "recovery_code_used",
        change: None,
        detail: json!({ "left": left }),
        note: None,
    }
    .write(ctx, conn, scope)
    .await?;
    tell(
        ctx,
        conn,
        scope,
        (person, association),
        StaffNews::RecoveryCode,
        language,
    )
    .await?;
    Ok(true)
}

/// Puts a mail into the outbox that tells a person what happened.
///
/// # Errors
/// `Unavailable`.
pub(in crate::app) async fn tell(
    ctx: &Ctx,
    conn: &mut Conn,
    scope: Scope,
    (person, association): (StaffId, AssociationId),
    news: StaffNews,
    language: Language,
) -> AppResult<()> {
    let email: Option<EmailAddress> =
        crate::app::staff::email_of(ctx, conn, scope, person.uuid()).await?;
    if let Some(email) = email {
        let row = notice_row(ctx, (person, &email), association, news, language)?;
        outbox::insert(conn, scope, &row).await?;
    }
    Ok(())
}

/// The characters of a code; what is easily taken for another is read as that (Crockford).
fn read(typed: &str) -> Option<String> {
    let code: String = typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            letter => letter,
        })
        .collect();
    (code.len() == LENGTH).then_some(code)
}

fn hash(ctx: &Ctx, person: StaffId, code: &str) -> [u8; 16] {
    let value = format!("{person}:{code}");
    ctx.keyring
        .index
        .platform_hash("staff recovery code", &value)
}
