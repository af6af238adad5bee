//! `/api/v1/staff/cases/{slug}/dashboard`: how a case stands, in figures.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::dashboard::{self, Completeness, Dashboard, Movement, Waiting};
use crate::state::AppState;
use crate::web::WebResult;
use crate::web::extract::Staff;

/// Figures of the own association in a case, as of one moment.
#[derive(Serialize, ToSchema)]
pub struct DashboardResponse {
    /// When they were counted, at most 5 seconds ago.
    counted_at: DateTime<Utc>,
    /// The last 48 hours on the clock of Rome, oldest first.
    hours: Vec<HourResponse>,
    /// The last 30 days in Rome, oldest first.
    days: Vec<DayResponse>,
    funnel: FunnelResponse,
    completeness: CompletenessResponse,
    /// Most first.
    provinces: Vec<ProvinceResponse>,
    /// Most first, at most 200.
    mailboxes: Vec<MailboxCountResponse>,
    /// Lists of staff.
    waiting: Vec<WaitingResponse>,
    /// `mails_due|mails_parked|mails_dead`, where there are any.
    mails: Vec<WaitingResponse>,
}

/// An hour.
#[derive(Serialize, ToSchema)]
pub struct HourResponse {
    /// Its beginning on the clock of Rome.
    #[schema(value_type = String, example = "2026-03-02T09:00:00")]
    hour: NaiveDateTime,
    signed_up: i64,
    confirmed: i64,
    signed: i64,
}

/// A day.
#[derive(Serialize, ToSchema)]
pub struct DayResponse {
    day: NaiveDate,
    signed_up: i64,
    confirmed: i64,
    signed: i64,
}

/// How far people got; without records in quarantine and restricted ones.
#[derive(Serialize, ToSchema)]
pub struct FunnelResponse {
    /// All records, ended ones too.
    signed_up: i64,
    confirmed: i64,
    identified: i64,
    declared: i64,
    /// With a signature in force.
    signed: i64,
    /// Withdrawn, rejected or duplicate.
    ended: i64,
    /// Damages of the newest declarations.
    declared_cents: i64,
    /// Of these under a signature in force.
    signed_cents: i64,
    /// Items of the newest declarations without an amount, to be assessed in equity: on top of `declared_cents`.
    declared_open_items: i64,
    /// Records that have any of them.
    declared_open_records: i64,
    /// Of these items, those under a signature in force.
    signed_open_items: i64,
    /// Records that have any of them.
    signed_open_records: i64,
}

/// What records that are worked on lack (confirmed, signed, to be signed again, lodged).
#[derive(Serialize, ToSchema)]
pub struct CompletenessResponse {
    records: i64,
    /// Who lack nothing that they or the association can bring, and have nothing to review.
    ready: i64,
    /// In order.
    letters: Vec<LetterResponse>,
}

/// How many lack a letter of art. 840-septies: in the list under `state=active&missing=`.
#[derive(Serialize, ToSchema)]
pub struct LetterResponse {
    letter: String,
    missing: i64,
}

/// Records of a province.
#[derive(Serialize, ToSchema)]
pub struct ProvinceResponse {
    /// Two letters; null: not told.
    province: Option<String>,
    count: i64,
}

/// Mailboxes of a domain under a plan.
#[derive(Serialize, ToSchema)]
pub struct MailboxCountResponse {
    /// Null: domains of their own.
    domain: Option<String>,
    /// Name of the plan; null: not told.
    plan: Option<String>,
    count: i64,
}

/// What waits.
#[derive(Serialize, ToSchema)]
pub struct WaitingResponse {
    /// `to_assist|unreachable|quarantined|identity_to_check|ratification|payout_frozen|not_restored|double_recovery|outside_window|paper|rights`
    list: String,
    count: i64,
    /// Since when the oldest waits.
    oldest: Option<DateTime<Utc>>,
}

impl From<&Dashboard> for DashboardResponse {
    fn from(dashboard: &Dashboard) -> Self {
        let funnel = dashboard.funnel;
        let hour = |(hour, movement): &(NaiveDateTime, Movement)| HourResponse {
            hour: *hour,
            signed_up: movement.signed_up,
            confirmed: movement.confirmed,
            signed: movement.signed,
        };
        let day = |(day, movement): &(NaiveDate, Movement)| DayResponse {
            day: *day,
            signed_up: movement.signed_up,
            confirmed: movement.confirmed,
            signed: movement.signed,
        };
        Self {
            counted_at: dashboard.counted_at,
            hours: dashboard.hours.iter().map(hour).collect(),
            days: dashboard.days.iter().map(day).collect(),
            funnel: FunnelResponse {
                signed_up: funnel.signed_up,
                confirmed: funnel.confirmed,
                identified: funnel.identified,
                declared: funnel.declared,
                signed: funnel.signed,
                ended: funnel.ended,
                declared_cents: funnel.declared_cents,
                signed_cents: funnel.signed_cents,
                declared_open_items: funnel.declared_open.items,
                declared_open_records: funnel.declared_open.records,
                signed_open_items: funnel.signed_open.items,
                signed_open_records: funnel.signed_open.records,
            },
            completeness: completeness(&dashboard.completeness),
            provinces: dashboard.provinces.iter().map(province).collect(),
            mailboxes: dashboard
                .mailboxes
                .iter()
                .map(|row| MailboxCountResponse {
                    domain: row.domain.clone(),
                    plan: row.plan.clone(),
                    count: row.count,
                })
                .collect(),
            waiting: dashboard.waiting.iter().map(waiting).collect(),
            mails: dashboard.mails.iter().map(waiting).collect(),
        }
    }
}

fn completeness(completeness: &Completeness) -> CompletenessResponse {
    let letters = completeness.letters.iter();
    CompletenessResponse {
        records: completeness.records,
        ready: completeness.ready,
        letters: letters
            .map(|(letter, missing)| LetterResponse {
                letter: letter.as_char().to_string(),
                missing: *missing,
            })
            .collect(),
    }
}

fn province((letters, count): &(String, i64)) -> ProvinceResponse {
    ProvinceResponse {
        province: Some(letters.clone()).filter(|letters| !letters.is_empty()),
        count: *count,
    }
}

fn waiting(row: &Waiting) -> WaitingResponse {
    WaitingResponse {
        list: row.word.clone(),
        count: row.count,
        oldest: row.oldest,
    }
}

/// `GET /api/v1/staff/cases/{slug}/dashboard`
#[utoipa::path(
    get,
    path = "/api/v1/staff/cases/{slug}/dashboard",
    operation_id = "dashboard",
    tag = "staff",
    params(("slug" = String, Path, description = "The case")),
    security(("staff" = [])),
    responses((status = 200, body = DashboardResponse))
)]
pub async fn show(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
) -> WebResult<HttpResponse> {
    let dashboard = dashboard::of(&state.ctx, &staff.actor, &slug).await?;
    Ok(HttpResponse::Ok().json(DashboardResponse::from(dashboard.as_ref())))
}
