//! What an association says in its own words in mails: published in versions that never change, so
//! that a mail begun with one is finished with it (decision 14).

use serde_json::json;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::token;
use crate::db::audit::{self, AuditRow};
use crate::db::mail_text::{self, MailTextsRow};
use crate::db::{DbError, Scope, Tx, operator};
use crate::domain::ids::AssociationId;
use crate::domain::mail_text::{MailText, MailTexts};

const SCOPE: Scope = Scope::System("words of an association in mails");

/// The words in force of the association with this slug, and their version; `None` for the standard
/// words of all mails.
///
/// # Errors
/// `NotFound` if there is no such association.
pub async fn current(ctx: &Ctx, slug: &str) -> AppResult<Option<(i32, MailTexts)>> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let association = find(&mut tx, slug).await?;
    let newest = mail_text::find_newest(&mut tx, SCOPE, association).await?;
    tx.commit().await?;
    newest
        .map(|row| Ok((row.version, stored(row)?)))
        .transpose()
}

/// Publishes words of the association with this slug; an empty set gives all mails the standard words
/// back. The new version, or `None` if these words are in force already.
///
/// *effects*: a row in `mail_texts` and an audit row. Mails already tried keep the words they had.
///
/// # Errors
/// `NotFound` if there is no such association; `Unavailable`.
pub async fn publish(ctx: &Ctx, slug: &str, texts: &MailTexts) -> AppResult<Option<i32>> {
    let mut tx = ctx.pools.begin(SCOPE).await?;
    let association = find(&mut tx, slug).await?;
    let version = write(ctx, &mut tx, SCOPE, association, texts).await?;
    tx.commit().await?;
    ctx.directories.forget();
    Ok(version)
}

/// As [`publish`], within a transaction.
pub(in crate::app) async fn write(
    ctx: &Ctx,
    tx: &mut Tx,
    scope: Scope,
    association: AssociationId,
    texts: &MailTexts,
) -> AppResult<Option<i32>> {
    let before = mail_text::find_newest(tx, scope, association).await?;
    let number = before.as_ref().map_or(0, |row| row.version);
    let same = match before {
        Some(row) => stored(row)? == *texts,
        None => *texts == MailTexts::default(),
    };
    if same {
        return Ok(None);
    }
    let now = ctx.clock.now();
    let version = number
        .checked_add(1)
        .ok_or_else(|| AppError::internal("too many versions of mail texts"))?;
    let row = MailTextsRow {
        association_id: association.uuid(),
        version,
        texts: serde_json::to_value(texts.to_list()).map_err(AppError::internal)?,
        published_at: now,
    };
    mail_text::insert(tx, scope, &row).await?;
    let audit = AuditRow {
        subject_id: association.uuid(),
        id: token::new_id(now),
        association_id: Some(association.uuid()),
        actor_kind: "operator".to_owned(),
        actor_id: None,
        action: "publish_mail_texts".to_owned(),
        before: (number > 0).then(|| number.to_string()),
        after: Some(version.to_string()),
        detail: json!({}),
        sealed: None,
        created_at: now,
    };
    audit::insert_all(tx, scope, &[audit]).await?;
    Ok(Some(version))
}

/// The words of a row.
pub(in crate::app) fn stored(row: MailTextsRow) -> Result<MailTexts, DbError> {
    let list: Vec<MailText> =
        serde_json::from_value(row.texts).map_err(|_| DbError::Corrupt("mail_texts.texts"))?;
    MailTexts::parse(&list).map_err(|_| DbError::Corrupt("mail_texts.texts"))
}

async fn find(tx: &mut Tx, slug: &str) -> AppResult<AssociationId> {
    operator::find_association(tx, SCOPE, slug)
        .await?
        .ok_or(AppError::NotFound)
}
