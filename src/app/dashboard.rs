//! How a case of the own association stands, in figures: who came when, how far they got, what waits. Counted
//! once for everybody who looks within [`FRESH`].

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Timelike as _, Utc};
use chrono_tz::Europe::Rome;

use crate::app::claimant_list::{self, OwnCase};
use crate::app::ctx::Ctx;
use crate::app::error::AppResult;
use crate::app::staff::StaffActor;
use crate::app::standing::{self, Record};
use crate::db::dashboard::{self as db, MovementRow, OpenItemsRow, RecordsRow, WaitingRow};
use crate::db::{DbError, Scope};
use crate::domain::claimant::{ClaimantState, Review};
use crate::domain::permission::operation;
use crate::domain::readiness::{self, Decider, Letter, SignatureInForce};

/// How old figures are at most.
pub const FRESH: TimeDelta = TimeDelta::seconds(5);
/// Days shown, today included.
pub const DAYS: i64 = 30;
/// Hours shown, the current one included.
pub const HOURS: i64 = 48;

/// Figures of a case, as of one moment.
#[derive(Debug, Clone)]
pub struct Dashboard {
    /// When they were counted, UTC.
    pub counted_at: DateTime<Utc>,
    /// The last [`HOURS`] hours on the clock of Rome, oldest first.
    pub hours: Vec<(NaiveDateTime, Movement)>,
    /// The last [`DAYS`] days in Rome, oldest first.
    pub days: Vec<(NaiveDate, Movement)>,
    /// How far people got.
    pub funnel: Funnel,
    /// Records by letters of the province, most first; empty: not known.
    pub provinces: Vec<(String, i64)>,
    /// Mailboxes by domain and plan, most first.
    pub mailboxes: Vec<MailboxCount>,
    /// What records lack.
    pub completeness: Completeness,
    /// What waits for staff, in the order of the lists.
    pub waiting: Vec<Waiting>,
    /// Mails that wait, that wait for a domain which does not answer, and that were given up: `mails_due`,
    /// `mails_parked`, `mails_dead`.
    pub mails: Vec<Waiting>,
}

/// What came in an hour or a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Movement {
    /// Sign-ups.
    pub signed_up: i64,
    /// Contacts confirmed.
    pub confirmed: i64,
    /// Signatures in force.
    pub signed: i64,
}

impl Movement {
    fn add(&mut self, other: Self) {
        self.signed_up += other.signed_up;
        self.confirmed += other.confirmed;
        self.signed += other.signed;
    }

    fn take(&mut self, row: &MovementRow) -> AppResult<()> {
        let count = match row.what.as_str() {
            "signed_up" => &mut self.signed_up,
            "confirmed" => &mut self.confirmed,
            "signed" => &mut self.signed,
            _ => return Err(DbError::Corrupt("what").into()),
        };
        *count += row.count;
        Ok(())
    }
}

/// How far people got. Who withdrew, was rejected or is a duplicate is left out of all but `signed_up`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Funnel {
    /// Records, all states.
    pub signed_up: i64,
    /// With a confirmed contact.
    pub confirmed: i64,
    /// Of these with identity.
    pub identified: i64,
    /// Of these with a declaration.
    pub declared: i64,
    /// With a signature in force.
    pub signed: i64,
    /// Records that ended: withdrawn, rejected, duplicate.
    pub ended: i64,
    /// Damages of the newest declarations, cents.
    pub declared_cents: i64,
    /// Of these with a signature in force, cents.
    pub signed_cents: i64,
    /// What the newest declarations ask for without an amount: on top of `declared_cents`.
    pub declared_open: OpenItems,
    /// Of these with a signature in force: on top of `signed_cents`.
    pub signed_open: OpenItems,
}

/// Items without an amount: sums to be found in equity (art. 1226 c.c.).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenItems {
    /// Items.
    pub items: i64,
    /// Records that have any.
    pub records: i64,
}

impl OpenItems {
    fn add(&mut self, row: &OpenItemsRow) {
        self.items += row.items;
        self.records += row.records;
    }
}

/// What records that are worked on lack, letter by letter (R2): those the list has under `state=active` and the
/// letter as `missing`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completeness {
    /// Records that are worked on: confirmed, signed, to be signed again, lodged.
    pub records: i64,
    /// Of these, who lack nothing that they or the association can bring, and have nothing to review.
    pub ready: i64,
    /// Each letter of art. 840-septies and how many lack it, in order.
    pub letters: Vec<(Letter, i64)>,
}

/// Mailboxes of a domain under a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxCount {
    /// The domain, where it is a public provider's.
    pub domain: Option<String>,
    /// Name of the plan, if it was told.
    pub plan: Option<String>,
    /// Mailboxes.
    pub count: i64,
}

/// What waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its word.
    pub word: String,
    /// How many.
    pub count: i64,
    /// Since when the oldest waits, UTC.
    pub oldest: Option<DateTime<Utc>>,
}

/// The figures of a case of the own association, at most [`FRESH`] old; who comes while they are counted
/// waits for them.
///
/// # Errors
/// `Forbidden`; `NotFound` for a case of others; `Unavailable`.
pub async fn of(ctx: &Ctx, actor: &StaffActor, slug: &str) -> AppResult<Arc<Dashboard>> {
    actor.require(&operation::DASHBOARD)?;
    let own = claimant_list::own_case(ctx, actor, slug).await?;
    let now = ctx.clock.now();
    let key = (actor.association_id(), own.case.id);
    let counting = count(ctx, actor, &own, now);
    ctx.dashboards.get(key, (now, FRESH), counting).await
}

async fn count(
    ctx: &Ctx,
    actor: &StaffActor,
    own: &OwnCase,
    now: DateTime<Utc>,
) -> AppResult<Dashboard> {
    // the case was looked at before; the figures are everybody's, whoever asked for them
    let (association, case) = (actor.association_id(), own.case.id);
    let scope = Scope::Association(association);
    let since = now - TimeDelta::days(DAYS + 1);
    let mut tx = ctx.pools.begin(scope).await?;
    let records = db::count_records(&mut tx, scope, association, case).await?;
    let movements = db::count_movements(&mut tx, scope, association, case, since).await?;
    let open_items = db::count_open_items(&mut tx, scope, association, case).await?;
    let mailboxes = db::count_mailboxes(&mut tx, scope, association, case).await?;
    let waiting = db::count_waiting(&mut tx, scope, association, case).await?;
    tx.commit().await?;

    let mut by_hour: BTreeMap<NaiveDateTime, Movement> = BTreeMap::new();
    for row in movements {
        // two hours of an October night are one on the clock
        let hour = row.hour.with_timezone(&Rome).naive_local();
        by_hour.entry(hour).or_default().take(&row)?;
    }
    let mut funnel = Funnel::default();
    let mut lacks = Lacks::default();
    let mut by_province: BTreeMap<String, i64> = BTreeMap::new();
    for row in records {
        let record = Alike::read(&row)?;
        lacks.take(&record);
        if record.review != Review::Quarantined {
            funnel.take(&record);
            *by_province.entry(row.province).or_default() += row.count;
        }
    }
    let mut provinces: Vec<(String, i64)> = by_province.into_iter().collect();
    for row in &open_items {
        funnel.take_open_items(row)?;
    }
    provinces.sort_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(&two.0)));
    let local = now.with_timezone(&Rome).naive_local();
    let (mails, waiting) = waiting
        .into_iter()
        .map(Waiting::from)
        .partition(|waits: &Waiting| waits.word.starts_with("mails_"));
    let plan_name = |code: &str| own.case.plans.iter().find(|plan| plan.code == code);
    let mailboxes = mailboxes.into_iter().map(|row| MailboxCount {
        domain: row.domain,
        plan: row
            .plan
            .map(|code| plan_name(&code).map_or(code, |plan| plan.name.clone())),
        count: row.count,
    });
    Ok(Dashboard {
        counted_at: now,
        hours: hours_until(local, &by_hour),
        days: days_until(local, &by_hour),
        funnel,
        provinces,
        mailboxes: mailboxes.collect(),
        completeness: completeness(own, lacks),
        waiting,
        mails,
    })
}

/// Records that are alike, read.
struct Alike {
    state: ClaimantState,
    review: Review,
    identified: bool,
    declared: bool,
    payout: bool,
    count: i64,
    cents: i64,
}

impl Alike {
    fn read(row: &RecordsRow) -> AppResult<Self> {
        let state = ClaimantState::parse(&row.state).ok_or(DbError::Corrupt("claimants.state"))?;
        let review = Review::parse(&row.review).ok_or(DbError::Corrupt("claimants.review"))?;
        Ok(Self {
            state,
            review,
            identified: row.identified,
            declared: row.declared,
            payout: row.payout,
            count: row.count,
            cents: row.cents,
        })
    }
}

/// What records that are worked on lack (R2).
#[derive(Clone, Copy, Default)]
struct Lacks {
    records: i64,
    identity: i64,
    signature: i64,
    payout: i64,
    /// With all of them and nothing to review.
    complete: i64,
}

impl Lacks {
    fn take(&mut self, alike: &Alike) {
        if !alike.state.counts() {
            return;
        }
        let is_signed = SignatureInForce::of(alike.state).is_some();
        self.records += alike.count;
        for (is_there, lack) in [
            (alike.identified, &mut self.identity),
            (is_signed, &mut self.signature),
            (alike.payout, &mut self.payout),
        ] {
            if !is_there {
                *lack += alike.count;
            }
        }
        if alike.identified && is_signed && alike.payout && alike.review == Review::None {
            self.complete += alike.count;
        }
    }
}

/// Letters that case and association decide lack in all records or in none.
fn completeness(own: &OwnCase, lacks: Lacks) -> Completeness {
    let record = Record {
        state: ClaimantState::Signed,
        identity: true,
        payout: true,
    };
    let of_all = standing::known(&own.case, &own.association, record);
    let to_lodge = readiness::missing_to_lodge(&of_all);
    let letters = Letter::ALL.map(|letter| {
        let count = match letter.decider() {
            Decider::Identity => lacks.identity,
            Decider::Signature => lacks.signature,
            Decider::Payout => lacks.payout,
            Decider::Case if to_lodge.contains(&letter.as_char()) => lacks.records,
            Decider::Case => 0,
        };
        (letter, count)
    });
    let can_be_ready = readiness::missing(&of_all).is_empty();
    Completeness {
        records: lacks.records,
        ready: if can_be_ready { lacks.complete } else { 0 },
        letters: letters.to_vec(),
    }
}

impl Funnel {
    fn take(&mut self, alike: &Alike) {
        self.signed_up += alike.count;
        match alike.state {
            ClaimantState::Withdrawn | ClaimantState::Rejected | ClaimantState::Duplicate => {
                self.ended += alike.count;
                return;
            }
            ClaimantState::Unconfirmed | ClaimantState::ToAssist => return,
            ClaimantState::Confirmed
            | ClaimantState::Signed
            | ClaimantState::ResignRequired
            | ClaimantState::Lodged
            | ClaimantState::Restricted => {}
        }
        self.confirmed += alike.count;
        if alike.identified {
            self.identified += alike.count;
        }
        if alike.declared {
            self.declared += alike.count;
            self.declared_cents += alike.cents;
        }
        if SignatureInForce::of(alike.state).is_some() {
            self.signed += alike.count;
            self.signed_cents += alike.cents;
        }
    }

    /// As the sums: of records that did not end, and of those with a signature in force.
    fn take_open_items(&mut self, row: &OpenItemsRow) -> AppResult<()> {
        let state = ClaimantState::parse(&row.state).ok_or(DbError::Corrupt("claimants.state"))?;
        match state {
            ClaimantState::Withdrawn
            | ClaimantState::Rejected
            | ClaimantState::Duplicate
            | ClaimantState::Unconfirmed
            | ClaimantState::ToAssist => return Ok(()),
            ClaimantState::Confirmed
            | ClaimantState::Signed
            | ClaimantState::ResignRequired
            | ClaimantState::Lodged
            | ClaimantState::Restricted => self.declared_open.add(row),
        }
        if SignatureInForce::of(state).is_some() {
            self.signed_open.add(row);
        }
        Ok(())
    }
}

impl From<WaitingRow> for Waiting {
    fn from(row: WaitingRow) -> Self {
        Self {
            word: row.word,
            count: row.count,
            oldest: row.oldest,
        }
    }
}

fn hours_until(
    local: NaiveDateTime,
    by_hour: &BTreeMap<NaiveDateTime, Movement>,
) -> Vec<(NaiveDateTime, Movement)> {
    let newest = local
        .date()
        .and_hms_opt(local.hour(), 0, 0)
        .unwrap_or(local);
    (0..HOURS)
        .rev()
        .map(|back| newest - TimeDelta::hours(back))
        .map(|hour| (hour, by_hour.get(&hour).copied().unwrap_or_default()))
        .collect()
}

fn days_until(
    local: NaiveDateTime,
    by_hour: &BTreeMap<NaiveDateTime, Movement>,
) -> Vec<(NaiveDate, Movement)> {
    let mut by_day: BTreeMap<NaiveDate, Movement> = BTreeMap::new();
    for (hour, movement) in by_hour {
        by_day.entry(hour.date()).or_default().add(*movement);
    }
    (0..DAYS)
        .rev()
        .map(|back| local.date() - TimeDelta::days(back))
        .map(|day| (day, by_day.get(&day).copied().unwrap_or_default()))
        .collect()
}
