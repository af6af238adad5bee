//! The sandbox of partners: where test keys act (decision 34). It is a tenant of its own for each association, the
//! twin, with a twin of each case, found by id and listed nowhere: whatever counts, lists, searches or exports a real
//! association or case cannot see who is there. Ids of twins follow from those they are twins of.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use crate::app::audit::{self, Actor, Entry};
use crate::app::ctx::Ctx;
use crate::app::day_cap::{self, DayCap};
use crate::app::directory::{AssociationEntry, CaseEntry, Directory, WordsEntry};
use crate::app::error::{AppError, AppResult};
use crate::app::partner::{self, PartnerActor};
use crate::app::retention;
use crate::app::sign_up::Mailing;
use crate::crypto::{sha256, token};
use crate::db::key::AssociationKeyRow;
use crate::db::rate_bucket::Grant;
use crate::db::sandbox as db;
use crate::db::{Conn, Scope, partner as partner_rows, retention_rule};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{AssociationId, CaseId, ClaimantId, PartnerId};
use crate::domain::partner::KeyMode;
use crate::domain::retention::SANDBOX;
use crate::domain::sandbox::{KEPT_DAYS, MAILS_A_DAY, MARK, NOWHERE};
use crate::domain::sign_up::SignUp;

mod step;

pub use step::move_to;

const SCOPE: Scope = Scope::System("sandbox of partners");
/// Test people deleted in one transaction.
const BATCH: i64 = 200;
/// Transactions of one request or run: what is left waits for the next.
const MAX_BATCHES: usize = 25;

/// What was deleted of a sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Emptied {
    /// Test people gone.
    pub deleted: usize,
    /// Whether some are left: ask again.
    pub more: bool,
}

/// The twin of an association.
pub(in crate::app) fn association_id(of: AssociationId) -> AssociationId {
    AssociationId::new(twin_id(&format!("association {of}")))
}

/// The twin of a case in the sandbox of one of its associations.
pub(in crate::app) fn case_id(of: CaseId, association: AssociationId) -> CaseId {
    CaseId::new(twin_id(&format!("case {of} of {association}")))
}

/// The twin of a partner.
pub(in crate::app) fn partner_id(of: PartnerId) -> PartnerId {
    PartnerId::new(twin_id(&format!("partner {of}")))
}

/// An id that is always the same, and no other thing has.
fn twin_id(of: &str) -> Uuid {
    let hash = sha256::digest(format!("joinder sandbox: {of}").as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    token::uuid_v8(bytes)
}

/// The twin of a case, as it is now: everything that a sign-up is judged by, and marked. It has one association, no
/// news, no letters and no words of its own in mails.
pub(in crate::app) fn twin(case: &CaseEntry, association: &AssociationEntry) -> CaseEntry {
    let marked = |text: &str| format!("{MARK} {text}");
    let words = case.words.iter().map(|words| WordsEntry {
        words: match words.place.as_str() {
            "title" => marked(&words.words),
            _ => words.words.clone(),
        },
        ..words.clone()
    });
    CaseEntry {
        id: case_id(case.id, association.id),
        title: marked(&case.title),
        words: words.collect(),
        named_lead: None,
        associations: vec![AssociationEntry {
            id: association_id(association.id),
            name: marked(&association.name),
            mail_texts: None,
            ..association.clone()
        }],
        letters: Vec::new(),
        updates: Vec::new(),
        ..case.clone()
    }
}

/// The twin of a case for a partner's test key.
pub(in crate::app) fn twin_in(
    directory: &Directory,
    case: &CaseEntry,
    association: &AssociationEntry,
) -> Arc<CaseEntry> {
    let known = directory.case(case_id(case.id, association.id));
    // made a moment ago, by another node perhaps
    known.unwrap_or_else(|_| Arc::new(twin(case, association)))
}

/// Makes the twins of an association and a partner, unless they are there, before a test key writes anything; nothing
/// for a live one. What is read before that is empty.
///
/// *effects*: rows of associations, keys and partners; audit `sandbox_made` with the association's.
///
/// # Errors
/// `Unavailable`.
pub async fn open(ctx: &Ctx, actor: &PartnerActor) -> AppResult<()> {
    if actor.mode() == KeyMode::Live {
        return Ok(());
    }
    let ((partner, association), now) = (actor.home(), ctx.clock.now());
    let (own, twin) = (partner_id(partner), association_id(association));
    let mut tx = ctx.pools.begin(SCOPE).await?;
    if partner_rows::find(&mut tx, SCOPE, own).await?.is_some() {
        return Ok(tx.commit().await?);
    }
    let is_new = db::insert_association(&mut tx, SCOPE, (twin, association), now).await?;
    let (root_version, wrapped) = ctx.keyring.new_association_key(twin, 1)?;
    let key = AssociationKeyRow {
        association_id: twin.uuid(),
        version: 1,
        root_version,
        wrapped: wrapped.into_bytes(),
        created_at: now,
    };
    db::insert_key(&mut tx, SCOPE, &key).await?;
    db::insert_partner(&mut tx, SCOPE, (own, partner), twin, now).await?;
    if is_new {
        let entry = Entry {
            subject: twin.uuid(),
            association: Some(twin),
            actor: Actor::System,
            action: "sandbox_made",
            states: None,
            detail: json!({ "association": association }),
            sealed: None,
        };
        audit::append(ctx, &mut tx, SCOPE, entry).await?;
    }
    tx.commit().await?;
    ctx.directories.forget();
    Ok(())
}

/// Somebody whom a test key sends, reached at the partner's own address whatever theirs is, or nowhere; and whether a
/// mail goes there now. Makes the twin of the case, unless it is there.
///
/// *effects*: a row of cases; counts a mail.
///
/// # Errors
/// `Unavailable`.
pub(in crate::app) async fn admit(
    ctx: &Ctx,
    actor: &PartnerActor,
    (twin, case): (CaseId, CaseId),
    sign_up: SignUp,
) -> AppResult<(SignUp, Mailing)> {
    let (partner, _) = actor.home();
    let mut tx = ctx.pools.begin(SCOPE).await?;
    db::insert_case(&mut tx, SCOPE, (twin, case), ctx.clock.now()).await?;
    let row = partner_rows::find(&mut tx, SCOPE, partner).await?;
    let own = partner::email_of(ctx, &row.ok_or(AppError::NotFound)?)?;
    let admitted = match (sign_up.contact().email(), own) {
        // by telephone or letter: nobody is reached so
        (None, _) => (sign_up, Mailing::Withheld),
        (Some(_), Some(own)) => {
            let mailing = ask(ctx, &mut tx, partner).await?;
            (sign_up.reached_at(own), mailing)
        }
        (Some(_), None) => {
            let nowhere = EmailAddress::parse(NOWHERE);
            let nowhere = nowhere.map_err(|_| AppError::internal("nowhere is no address"))?;
            (sign_up.reached_at(nowhere), Mailing::Withheld)
        }
    };
    tx.commit().await?;
    Ok(admitted)
}

/// Asks the cap of a partner for one more mail of its sandbox; that of the address is not touched.
async fn ask(ctx: &Ctx, conn: &mut Conn, partner: PartnerId) -> AppResult<Mailing> {
    let cap = DayCap {
        purpose: "sandbox mails",
        whose: partner,
        limit: MAILS_A_DAY,
    };
    let granted = day_cap::ask(ctx, conn, SCOPE, cap).await?;
    Ok(match granted {
        Grant::Granted => Mailing::Test,
        Grant::NotBefore(_) => Mailing::Withheld,
    })
}

/// Deletes test people of the partner, in the cases of its key: to start over.
///
/// *effects*: rows deleted, audit `erase` for each and `sandbox_emptied`; ids noted in the blob store.
///
/// # Errors
/// `Key` for a live key; `Unavailable`: what was deleted stays so.
pub async fn empty(ctx: &Ctx, actor: &PartnerActor) -> AppResult<Emptied> {
    actor.require_test()?;
    let mut emptied = Emptied::default();
    for _ in 0..MAX_BATCHES {
        let mut tx = ctx.pools.begin(SCOPE).await?;
        let own = db::list_own(&mut tx, SCOPE, actor.partner(), actor.cases(), BATCH).await?;
        let gone = retention::erase_test_people(ctx, &mut tx, &own).await?;
        if !gone.is_empty() {
            let entry = Entry {
                subject: actor.partner().uuid(),
                association: Some(actor.association()),
                actor: Actor::Partner(actor.key()),
                action: "sandbox_emptied",
                states: None,
                detail: json!({ "deleted": gone.len() }),
                sealed: None,
            };
            audit::append(ctx, &mut tx, SCOPE, entry).await?;
        }
        tx.commit().await?;
        retention::note_erased(ctx, &gone).await;
        emptied.deleted += gone.len();
        if own.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) {
            return Ok(emptied);
        }
    }
    emptied.more = true;
    Ok(emptied)
}

/// Deletes test people that were kept long enough, of all sandboxes; gives their number.
///
/// # Errors
/// `Unavailable`: what was deleted stays so.
pub(in crate::app) async fn delete_due(ctx: &Ctx) -> AppResult<usize> {
    let mut deleted = 0;
    for _ in 0..MAX_BATCHES {
        let now = ctx.clock.now();
        let mut tx = ctx.pools.begin(SCOPE).await?;
        let due: Vec<ClaimantId> =
            retention_rule::list_due(&mut tx, SCOPE, SANDBOX, now, KEPT_DAYS, BATCH).await?;
        let gone = retention::erase_test_people(ctx, &mut tx, &due).await?;
        tx.commit().await?;
        retention::note_erased(ctx, &gone).await;
        deleted += gone.len();
        if due.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) {
            break;
        }
    }
    Ok(deleted)
}
