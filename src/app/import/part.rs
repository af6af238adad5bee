//! A part of a list: each row read, held against who is here, and in the second round written.
//!
//! Who is here already is told of the own association's records alone. Looking first only spares work: the
//! primary key of `imported_contacts` decides (S12).

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use uuid::Uuid;

use super::Of;
use super::job::{Job, SCOPE};
use super::report::Line;
use crate::app::claimant_list::OwnCase;
use crate::app::ctx::Ctx;
use crate::app::directory::Directory;
use crate::app::error::{AppError, AppResult};
use crate::app::sign_up::{self, Listing};
use crate::crypto::token;
use crate::db::import::{self, ContactRow, Counts};
use crate::db::sign_up::SignUpRows;
use crate::db::{lookup, sign_up as rows_db};
use crate::domain::contact::Contact;
use crate::domain::import::{self as list, Hints, Listed, Outcome, Row, Wrong};
use crate::domain::sign_up::SignUpRules;

/// A row that fits, and where its person would be found.
struct Ready {
    line: u32,
    listed: Listed,
    /// Id of its contact among those imported.
    contact: Uuid,
    /// Kind and hash: contact first, then mailboxes.
    lookups: Vec<(&'static str, Vec<u8>)>,
}

/// A row to be written.
struct Write {
    sign_up: SignUpRows,
    contact: ContactRow,
    doubts: Vec<Wrong>,
}

/// Works a part off; false once the attempt is over.
pub(super) async fn work_off(
    job: &mut Job,
    directory: &Directory,
    own: &OwnCase,
    number: i32,
    rows: Vec<Row>,
) -> AppResult<bool> {
    let (mut lines, ready) = sorted(job, directory, own, &rows);
    let known = known(job, &ready).await?;
    let mut new = Vec::new();
    let mut met_here = HashSet::new();
    for row in ready {
        match known.of(&row) {
            Some((outcome, claimant)) => lines.push(Line::known(row.line, outcome, Some(claimant))),
            None if job.met.contains(&row.contact) || !met_here.insert(row.contact) => {
                lines.push(Line::known(row.line, Outcome::KnownImported, None));
            }
            None => new.push(row),
        }
    }
    if job.is_import() {
        return write(job, directory, own, number, (new, lines)).await;
    }
    job.met.extend(met_here);
    lines.extend(new.iter().map(|row| {
        let doubts = row.listed.doubts.clone();
        Line::created(row.line, None, doubts)
    }));
    let scope = job.of.scope();
    let mut tx = job.ctx.pools.begin(scope).await?;
    if !job.note(&mut tx, number, told(lines)?).await? {
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}

/// What is wrong, and what fits.
fn sorted(
    job: &Job,
    directory: &Directory,
    own: &OwnCase,
    rows: &[Row],
) -> (Vec<Line>, Vec<Ready>) {
    let rules = SignUpRules {
        // nobody on the list gave one: they do when they confirm
        required_consents: Vec::new(),
        ..sign_up::rules(directory, &own.case, job.ctx.clock.now())
    };
    let (mut lines, mut ready) = (Vec::new(), Vec::new());
    for row in rows {
        match list::read(row, &job.mapping, &own.association.slug, &rules) {
            Err(wrong) => lines.push(Line::refused(row.line, wrong)),
            Ok(listed) => ready.push(found_by(&job.ctx, job.of, own, row.line, listed)),
        }
    }
    (lines, ready)
}

fn found_by(ctx: &Ctx, of: Of, own: &OwnCase, line: u32, listed: Listed) -> Ready {
    let index = &ctx.keyring.index;
    let (case, contact) = (own.case.id.uuid(), listed.sign_up.contact());
    let (kind, value) = contact_value(contact);
    let place = format!("{case}|{}|{kind}|{value}", of.association);
    let mut lookups = vec![(kind, index.hash(case, kind, &value).to_vec())];
    lookups.extend(listed.sign_up.mailboxes().iter().map(|mailbox| {
        let hash = index.hash(case, "mailbox", mailbox.address.as_str());
        ("mailbox", hash.to_vec())
    }));
    Ready {
        line,
        contact: token::uuid_v8(index.platform_hash("import", &place)),
        lookups,
        listed,
    }
}

/// The best way to reach somebody, as look-ups have it.
fn contact_value(contact: &Contact) -> (&'static str, String) {
    match (contact.email(), contact.phone()) {
        (Some(email), _) => ("email", email.normalized()),
        (None, phone) => {
            let phone = phone.map(|phone| phone.as_str().to_owned());
            ("phone", phone.unwrap_or_default())
        }
    }
}

/// Who of the own association is here.
struct Known {
    imported: HashMap<Uuid, Uuid>,
    found: HashMap<(String, Vec<u8>), Uuid>,
}

impl Known {
    fn of(&self, row: &Ready) -> Option<(Outcome, Uuid)> {
        if let Some(claimant) = self.imported.get(&row.contact) {
            return Some((Outcome::KnownImported, *claimant));
        }
        row.lookups.iter().find_map(|(kind, hash)| {
            let claimant = self.found.get(&((*kind).to_owned(), hash.clone()))?;
            let outcome = match *kind {
                "mailbox" => Outcome::KnownMailbox,
                _ => Outcome::KnownContact,
            };
            Some((outcome, *claimant))
        })
    }
}

async fn known(job: &Job, ready: &[Ready]) -> AppResult<Known> {
    let scope = job.of.scope();
    let ids: Vec<Uuid> = ready.iter().map(|row| row.contact).collect();
    let lookups = ready.iter().flat_map(|row| &row.lookups);
    let hashes: Vec<Vec<u8>> = lookups.map(|(_, hash)| hash.clone()).collect();
    let mut tx = job.ctx.pools.begin(scope).await?;
    let imported = import::list_contacts(&mut tx, scope, &ids).await?;
    let kinds = ["email", "phone", "mailbox"];
    let found = lookup::list_known(&mut tx, scope, job.of.association, &kinds, &hashes).await?;
    tx.commit().await?;
    Ok(Known {
        imported: imported.into_iter().collect(),
        found: found
            .into_iter()
            .map(|(kind, hash, claimant)| ((kind, hash), claimant))
            .collect(),
    })
}

/// Writes who is new, in one transaction with report and progress.
async fn write(
    job: &Job,
    directory: &Directory,
    own: &OwnCase,
    number: i32,
    (new, mut lines): (Vec<Ready>, Vec<Line>),
) -> AppResult<bool> {
    let mut writes = Vec::with_capacity(new.len());
    for row in new {
        writes.push(prepared(job, directory, own, row).await?);
    }
    // locks are taken in the order of ids
    writes.sort_unstable_by_key(|write| write.contact.id);
    let scope = job.of.scope();
    let mut tx = job.ctx.pools.begin(SCOPE).await?;
    tx.enter(scope).await?;
    let contacts: Vec<ContactRow> = writes.iter().map(|write| write.contact.clone()).collect();
    let fresh = import::insert_contacts(&mut tx, scope, &contacts).await?;
    let fresh: HashSet<Uuid> = fresh.into_iter().collect();
    let ids: Vec<Uuid> = contacts.iter().map(|contact| contact.id).collect();
    // another import was quicker: whom it made
    let others = import::list_contacts(&mut tx, scope, &ids).await?;
    let others: HashMap<Uuid, Uuid> = others.into_iter().collect();
    let is_fresh = |write: &Write| fresh.contains(&write.contact.id);
    let (made, late): (Vec<Write>, Vec<Write>) = writes.into_iter().partition(is_fresh);
    lines.extend(late.iter().map(|write| {
        let claimant = others.get(&write.contact.id).copied();
        Line::known(line_of(write), Outcome::KnownImported, claimant)
    }));
    lines.extend(made.iter().map(|write| {
        let claimant = Some(write.contact.claimant_id);
        Line::created(line_of(write), claimant, write.doubts.clone())
    }));
    let rows: Vec<&SignUpRows> = made.iter().map(|write| &write.sign_up).collect();
    if !rows.is_empty() {
        tx.enter(SCOPE).await?;
        let written = rows_db::insert(&mut tx, &rows).await?;
        if written.contains(&false) {
            return Err(AppError::internal("a listed person was written before"));
        }
        tx.enter(scope).await?;
    }
    if !job.note(&mut tx, number, told(lines)?).await? {
        // dropped unfinished, it is rolled back
        return Ok(false);
    }
    tx.commit().await?;
    let count = u64::try_from(made.len()).unwrap_or(u64::MAX);
    metrics::counter!("joinder_imported_total").increment(count);
    Ok(true)
}

fn line_of(write: &Write) -> u32 {
    u32::try_from(write.contact.line).unwrap_or(0)
}

async fn prepared(job: &Job, directory: &Directory, own: &OwnCase, row: Ready) -> AppResult<Write> {
    let listing = Listing {
        import: job.of.id,
        staff: job.of.staff,
        listed_on: job.row.listed_on,
    };
    let Listed {
        sign_up,
        hints,
        doubts,
    } = row.listed;
    let of = (&*own.case, &own.association);
    let made = sign_up::listed(&job.ctx, directory, of, &sign_up, (&listing, row.line));
    let (sign_up, vault) = Box::pin(made).await?;
    let sealed = if hints == Hints::default() {
        None
    } else {
        Some(vault.seal("imported_contacts", "sealed", &hints)?)
    };
    Ok(Write {
        contact: ContactRow {
            id: row.contact,
            claimant_id: sign_up.claimant_id,
            association_id: sign_up.association_id,
            import_id: job.row.id,
            line: i32::try_from(row.line).unwrap_or(i32::MAX),
            listed_on: job.row.listed_on,
            sealed,
        },
        sign_up,
        doubts,
    })
}

/// Counts of a part and its report, in the order of the file.
fn told(mut lines: Vec<Line>) -> AppResult<(Counts, Value)> {
    lines.sort_unstable_by_key(|line| line.line);
    let mut counts = Counts::default();
    for line in &lines {
        match line.outcome {
            Outcome::Created => counts.created += 1,
            Outcome::Refused => counts.refused += 1,
            Outcome::KnownImported | Outcome::KnownContact | Outcome::KnownMailbox => {
                counts.known += 1;
            }
        }
    }
    let lines = serde_json::to_value(lines).map_err(AppError::internal)?;
    Ok((counts, lines))
}
