//! `/api/v1/staff/cases/{slug}/claimants` and `/api/v1/staff/claimants/{id}`.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppError;
use crate::app::claimant_list::{self, Filter, Item};
use crate::app::claimant_view::{
    self, ClaimantView, RejectedBefore, Rejection, ShownContact, ShownIdentity,
};
use crate::app::export;
use crate::domain::identity::doubt::Doubt;
use crate::domain::ids::{ClaimantId, MailboxId, StaffId};
use crate::domain::narrowing::Words;
use crate::domain::reference::Reference;
use crate::state::AppState;
use crate::web::api::page_length::read_page_length;
use crate::web::api::public::representative::{self, RepresentativeResponse};
use crate::web::api::staff::contact::ContactHistoryResponse;
use crate::web::api::staff::declared::{
    self, RecordDeclarationResponse, RecordPayoutResponse, RecordVersionResponse,
};
use crate::web::api::staff::queues::HolderResponse;
use crate::web::csv::{self, CsvQuery};
use crate::web::error::Problem;
use crate::web::extract::Staff;
use crate::web::{WebError, WebResult};

/// A part of the list.
#[derive(Deserialize)]
pub struct ListQuery {
    pub(in crate::web) state: Option<String>,
    pub(in crate::web) q: Option<String>,
    pub(in crate::web) missing: Option<String>,
    pub(in crate::web) flag: Option<String>,
    pub(in crate::web) queue: Option<String>,
    #[serde(flatten)]
    pub(in crate::web) narrowing: Words,
    limit: Option<String>,
    pub(in crate::web) cursor: Option<String>,
}

impl ListQuery {
    /// State, search, missing letter, flag, queue and what narrows beside; `me` is who asks.
    ///
    /// # Errors
    /// `Invalid` for a word nobody knows.
    pub(in crate::web) fn filter(&self, me: StaffId) -> WebResult<Filter> {
        let (state, active) = csv::state_or_active(self.state.as_deref())?;
        Ok(Filter {
            state,
            narrowing: csv::narrowing(&self.narrowing, active, me)?,
            search: self.q.clone().filter(|text| !text.trim().is_empty()),
            missing: csv::missing(self.missing.as_deref())?,
            flag: csv::flag(self.flag.as_deref())?,
            queue: csv::queue(self.queue.as_deref())?,
        })
    }

    /// Where the page begins.
    ///
    /// # Errors
    /// `BadCursor`.
    pub(in crate::web) fn before(&self) -> WebResult<Option<ClaimantId>> {
        let Some(cursor) = self.cursor.as_deref().filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let before = claimant_list::read_cursor(cursor);
        before.map(Some).ok_or(WebError::BadCursor)
    }

    fn limit(&self) -> WebResult<u16> {
        read_page_length(self.limit.as_deref())
    }
}

/// A page, newest first.
#[derive(Serialize, ToSchema)]
pub struct ClaimantsResponse {
    items: Vec<ClaimantItem>,
    /// For `cursor`; null on the last page.
    next_cursor: Option<String>,
    /// True if the page is not full because so many others were read in vain: go on with `next_cursor`.
    unfinished: bool,
}

/// A claimant in the list.
#[derive(Serialize, ToSchema)]
pub struct ClaimantItem {
    id: Uuid,
    reference: String,
    /// `unconfirmed|to_assist|confirmed|signed|resign_required|lodged|withdrawn|rejected|duplicate|restricted`
    state: &'static str,
    /// `none|conflict|quarantined`
    review: &'static str,
    /// Nothing is missing and nothing to review.
    ready: bool,
    /// Letters of art. 840-septies still missing that the claimant or the association can bring: of `b` to `i`.
    missing: Vec<String>,
    /// Those of the case too: with any of them nothing can be lodged.
    missing_to_lodge: Vec<String>,
    /// What the newest declaration makes staff look at.
    flags: Vec<String>,
    name: Option<String>,
    /// Masked.
    codice_fiscale: Option<String>,
    mailboxes: Vec<String>,
    created_at: DateTime<Utc>,
    confirmed_at: Option<DateTime<Utc>>,
    signed_at: Option<DateTime<Utc>>,
    /// Since when mail to the contact comes back.
    unreachable_since: Option<DateTime<Utc>>,
    /// Sum of the amounts of the newest declaration; null: none yet.
    declared_cents: Option<i64>,
    /// Items of it without an amount, to be assessed in equity, which come on top of `declared_cents`; null also
    /// where they were not counted yet.
    open_items: Option<i16>,
    /// Who works on it, on the `queue` asked for.
    assigned: Option<HolderResponse>,
}

/// That a record was rejected.
#[derive(Serialize, ToSchema)]
pub struct RejectionResponse {
    rejected_at: DateTime<Utc>,
    /// `not_concerned|not_proven|incomplete|untrue|other`
    code: &'static str,
    /// In the words the claimant was told; null where a clash was decided.
    words: Option<String>,
    /// Last day on which the claimant may say why it is wrong.
    object_until: NaiveDate,
    /// Name of who asked for it.
    asked_by: Option<String>,
    /// Name of who agreed, another person.
    approved_by: Option<String>,
    /// The bulk action it was part of; null where a clash was decided.
    bulk_action: Option<Uuid>,
    /// What became of the notice: `sent|waits|given_up|none`.
    notice: &'static str,
    /// When it left, or was caused where it did not yet.
    notice_at: Option<DateTime<Utc>>,
}

impl From<Rejection> for RejectionResponse {
    fn from(rejection: Rejection) -> Self {
        Self {
            rejected_at: rejection.at,
            code: rejection.code.as_str(),
            words: rejection.words,
            object_until: rejection.object_until,
            asked_by: rejection.asked_by,
            approved_by: rejection.approved_by,
            bulk_action: rejection.bulk,
            notice: rejection.notice.as_str(),
            notice_at: rejection.notice.at(),
        }
    }
}

/// A rejected record of the case that may be of the same person.
#[derive(Serialize, ToSchema)]
pub struct RejectedBeforeResponse {
    id: Uuid,
    reference: String,
    rejected_at: DateTime<Utc>,
    /// `not_concerned|not_proven|incomplete|untrue|other`
    code: &'static str,
}

impl From<RejectedBefore> for RejectedBeforeResponse {
    fn from(before: RejectedBefore) -> Self {
        Self {
            id: before.claimant.uuid(),
            reference: Reference::of(before.claimant).as_str().to_owned(),
            rejected_at: before.at,
            code: before.code.as_str(),
        }
    }
}

/// One claimant.
#[derive(Serialize, ToSchema)]
pub struct ClaimantResponse {
    id: Uuid,
    reference: String,
    case: String,
    state: &'static str,
    review: &'static str,
    /// Letters of art. 840-septies still missing that the claimant or the association can bring: of `b` to `i`.
    missing: Vec<String>,
    /// Why, when and by whom it was rejected, where it was.
    rejection: Option<RejectionResponse>,
    /// Rejected records of the case that share e-mail, phone, mailbox or codice fiscale with it, newest first. Never to
    /// be told to the claimant.
    rejected_before: Vec<RejectedBeforeResponse>,
    /// Those of the case too: with any of them nothing can be lodged.
    missing_to_lodge: Vec<String>,
    /// Nothing is missing and nothing to review.
    ready: bool,
    /// Every version of the declaration, newest first.
    declarations: Vec<RecordVersionResponse>,
    /// What the newest version says, in the words of its document.
    declaration: Option<RecordDeclarationResponse>,
    payout: Option<RecordPayoutResponse>,
    /// Where to pay after the hold of a change.
    payout_pending: Option<RecordPayoutResponse>,
    /// Since when no payout data are taken, because the owner stopped some.
    payout_frozen_at: Option<DateTime<Utc>>,
    /// Since when the contact counts, what was there before, why accounts are frozen, what to do next.
    contact_history: ContactHistoryResponse,
    language: String,
    via: Option<String>,
    contact: Option<RecordContactResponse>,
    identity: Option<RecordIdentityResponse>,
    /// Who acts for the claimant, once recorded.
    representative: Option<RepresentativeResponse>,
    /// When a death was recorded.
    died_at: Option<DateTime<Utc>>,
    /// Since when the claimant is of age and must ratify.
    ratify_since: Option<DateTime<Utc>>,
    /// Since when the data are only kept (art. 18 GDPR).
    restricted_since: Option<DateTime<Utc>>,
    mailboxes: Vec<RecordMailboxResponse>,
    consents: Vec<RecordConsentResponse>,
    confirmations: Vec<ChallengeResponse>,
    mails: Vec<MailResponse>,
    conflicts: Vec<RecordConflictResponse>,
    /// Mails that came back, newest first; none withdraws anybody.
    bounces: Vec<BounceResponse>,
    /// Since when mail to the contact comes back.
    unreachable_since: Option<DateTime<Utc>>,
    audit: Vec<AuditResponse>,
    created_at: DateTime<Utc>,
    confirmed_at: Option<DateTime<Utc>>,
    signed_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
struct RecordContactResponse {
    /// False where e-mail and phone are masked.
    clear: bool,
    email: Option<String>,
    phone: Option<String>,
    postal_ok: bool,
    postal_lines: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct RecordIdentityResponse {
    name: String,
    capacity: String,
    /// Masked.
    codice_fiscale: Option<String>,
    legal_representative: Option<String>,
    address_lines: Vec<String>,
    /// `name_mismatch|birth_place_mismatch|representative_name_mismatch|provisional_code`
    warnings: Vec<String>,
    /// What does not fit by what is there now, field by field; only for who sees clear data.
    doubts: Vec<DoubtResponse>,
    /// Since when it waits for a look because of that.
    to_check_since: Option<DateTime<Utc>>,
    /// When staff looked at it and found it in order.
    checked_at: Option<DateTime<Utc>>,
    given_by: String,
    given_at: DateTime<Utc>,
    version: i32,
}

/// Something that does not fit the codice fiscale.
#[derive(Serialize, ToSchema)]
struct DoubtResponse {
    /// `family_name|given_name|swapped_names|birth_place|representative_family_name|representative_given_name|representative_swapped_names|provisional_code`
    what: &'static str,
    /// As it was given.
    given: String,
    /// Letters that a codice fiscale has for that; empty where it is not about letters.
    gives: String,
    /// What the codice fiscale has instead: letters, or a place.
    told: String,
}

#[derive(Serialize, ToSchema)]
struct RecordMailboxResponse {
    id: Uuid,
    address: String,
    treatment: String,
    plan: Option<String>,
    alias_of: Option<Uuid>,
    /// When control of it was proved.
    proved_at: Option<DateTime<Utc>>,
    /// `code|contact`
    proof: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct RecordConsentResponse {
    purpose: String,
    text_version: String,
    given: bool,
    channel: String,
    created_at: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
struct ChallengeResponse {
    purpose: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    used_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
struct MailResponse {
    code: String,
    kind: String,
    sent_at: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
struct BounceResponse {
    /// `hard|soft|delayed|complaint`
    kind: String,
    /// Kind of the mail.
    mail: String,
    /// Enhanced status code (RFC 3463).
    status: Option<String>,
    /// What the server said, without addresses.
    diagnostic: Option<String>,
    /// Came back from an affected domain inside the window of this incident.
    evidence_of: Option<Uuid>,
    received_at: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
struct RecordConflictResponse {
    kind: String,
    opened_at: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
    settlement: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct AuditResponse {
    at: DateTime<Utc>,
    actor_kind: String,
    actor_name: Option<String>,
    action: String,
    before: Option<String>,
    after: Option<String>,
    reason: Option<String>,
}

/// `GET /api/v1/staff/cases/{slug}/claimants`
#[utoipa::path(
    get,
    path = "/api/v1/staff/cases/{slug}/claimants",
    operation_id = "list_claimants",
    tag = "staff",
    params(
        ("slug" = String, Path, description = "Name of the case in addresses"),
        ("state" = Option<String>, Query, description = "Only this state; `active`: confirmed, signed, to be signed again, lodged"),
        ("q" = Option<String>, Query, description = "Exact: reference, codice fiscale, e-mail, phone, mailbox or surname"),
        ("missing" = Option<String>, Query, description = "Only those who lack this letter of art. 840-septies: `a` to `i`, `l`"),
        ("flag" = Option<String>, Query, description = "Only those whose newest declaration has this flag: `outside_window`, `not_restored`, `double_recovery`, `paid_plan_proof`, `narrative_special`"),
        ("queue" = Option<String>, Query, description = "Only those on this list: `to_assist`, `quarantined`, `signature_unverified`, `document_rejected`, `deficiency_overdue`, `rejected_before` (shares a contact, mailbox or codice fiscale with a rejected record), `identity_to_check` (the codice fiscale does not fit or is provisional), `unreachable` (mail to the contact comes back), `not_restored`, `double_recovery`, `outside_window`, `ratification` (of age, to ratify), `payout_waits`, `payout_frozen`, `restricted` (data only kept: in no other list)"),
        ("review" = Option<String>, Query, description = "`none`, `conflict` or `quarantined`"),
        ("province" = Option<String>, Query, description = "Letters of the province of residence: `RM`"),
        ("domain" = Option<String>, Query, description = "Mail domain of a mailbox, where it is a public provider's"),
        ("from" = Option<String>, Query, description = "First day of the sign-up, in Rome: `2026-03-01`"),
        ("until" = Option<String>, Query, description = "Last day of the sign-up, in Rome"),
        ("least" = Option<String>, Query, description = "Least damages declared, whole euros: amounts alone, items without one count as nothing"),
        ("most" = Option<String>, Query, description = "Most damages declared, whole euros: amounts alone, items without one count as nothing"),
        ("tier" = Option<String>, Query, description = "How the signature in force was given: `otp`, `digital`, `paper`"),
        ("messa_in_mora" = Option<String>, Query, description = "Whether the mandate for the messa in mora was given with it: `given`, `not_given`"),
        ("whose" = Option<String>, Query, description = "Who works on it, on the `queue` asked for or on any: `me`, `nobody` or a staff id"),
        ("limit" = Option<u16>, Query, description = "1 to 200, 50 without"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before")
    ),
    security(("staff" = [])),
    responses((status = 200, body = ClaimantsResponse), (status = 422, body = Problem))
)]
pub async fn list(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
    query: Result<web::Query<ListQuery>, actix_web::Error>,
) -> WebResult<HttpResponse> {
    let query = query.map_err(|_| WebError::Malformed)?;
    let filter = query.filter(staff.actor.staff_id())?;
    let before = query.before()?;
    let limit = query.limit()?;
    let page = claimant_list::list(&state.ctx, &staff.actor, &slug, &filter, before, limit).await?;
    Ok(HttpResponse::Ok().json(ClaimantsResponse {
        items: page.items.into_iter().map(item).collect(),
        next_cursor: page.next.map(claimant_list::write_cursor),
        unfinished: page.unfinished,
    }))
}

/// `GET /api/v1/staff/cases/{slug}/claimants.csv`
#[utoipa::path(
    get,
    path = "/api/v1/staff/cases/{slug}/claimants.csv",
    operation_id = "claimants_csv",
    tag = "staff",
    params(
        ("slug" = String, Path, description = "Name of the case in addresses"),
        ("state" = Option<String>, Query, description = "Only this state"),
        ("q" = Option<String>, Query, description = "As in the list"),
        ("missing" = Option<String>, Query, description = "As in the list"),
        ("flag" = Option<String>, Query, description = "As in the list"),
        ("queue" = Option<String>, Query, description = "As in the list"),
        ("dialect" = Option<String>, Query, description = "`excel` (default) or `plain`")
    ),
    security(("staff" = [])),
    responses(
        (status = 200, content_type = "text/csv", description = "The masked list; whole only with its last line `FINE;rows;sha256`, which is no claimant: an import of the list knows it and holds the rows to its count"),
        (status = 422, body = Problem)
    )
)]
pub async fn csv(
    state: web::Data<AppState>,
    staff: Staff,
    slug: web::Path<String>,
    query: web::Query<CsvQuery>,
) -> WebResult<HttpResponse> {
    let dialect = csv::dialect(query.dialect.as_deref())?;
    let filter = query.filter(staff.actor.staff_id())?;
    let ctx = state.ctx.clone();
    let produced = state
        .ctx
        .to_end(
            async move { export::masked_csv(&ctx, &staff.actor, &slug, &filter, dialect).await },
        )
        .await?;
    Ok(csv::answer(produced))
}

/// `GET /api/v1/staff/claimants/{id}`
#[utoipa::path(
    get,
    path = "/api/v1/staff/claimants/{id}",
    operation_id = "get_claimant",
    tag = "staff",
    params(("id" = Uuid, Path, description = "The claimant")),
    security(("staff" = [])),
    responses((status = 200, body = ClaimantResponse))
)]
pub async fn get(
    state: web::Data<AppState>,
    staff: Staff,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let id = ClaimantId::parse(&id).ok_or(AppError::NotFound)?;
    let view = claimant_view::view(&state.ctx, &staff.actor, id).await?;
    Ok(HttpResponse::Ok().json(response(view)))
}

fn item(item: Item) -> ClaimantItem {
    ClaimantItem {
        id: item.id.uuid(),
        reference: item.reference.as_str().to_owned(),
        state: item.state.as_str(),
        review: item.review.as_str(),
        ready: item.ready,
        missing: item.missing.iter().map(char::to_string).collect(),
        missing_to_lodge: item.missing_to_lodge.iter().map(char::to_string).collect(),
        flags: item.flags,
        name: item.name,
        codice_fiscale: item.codice_fiscale,
        mailboxes: item.mailboxes,
        created_at: item.created_at,
        confirmed_at: item.confirmed_at,
        signed_at: item.signed_at,
        unreachable_since: item.unreachable_at,
        declared_cents: item.declared_cents,
        open_items: item.open_items,
        assigned: item.holder.map(HolderResponse::from),
    }
}

#[expect(clippy::too_many_lines, reason = "one line for each field")]
fn response(view: ClaimantView) -> ClaimantResponse {
    ClaimantResponse {
        id: view.id.uuid(),
        reference: view.reference.as_str().to_owned(),
        case: view.own.case.slug.clone(),
        state: view.state.as_str(),
        review: view.review.as_str(),
        missing: view.missing.iter().map(char::to_string).collect(),
        rejection: view.rejection.map(RejectionResponse::from),
        rejected_before: view
            .rejected_before
            .into_iter()
            .map(RejectedBeforeResponse::from)
            .collect(),
        missing_to_lodge: view.missing_to_lodge.iter().map(char::to_string).collect(),
        ready: view.ready,
        declarations: view
            .declared
            .versions
            .into_iter()
            .map(declared::version)
            .collect(),
        declaration: view.declared.newest.map(declared::declaration),
        payout: view.declared.payout.map(declared::payout),
        payout_pending: view.declared.payout_pending.map(declared::payout),
        payout_frozen_at: view.payout_frozen_at,
        contact_history: ContactHistoryResponse::from(view.contact_history),
        language: view.language,
        via: view.via,
        contact: view.contact.map(contact),
        identity: view.identity.map(identity),
        representative: view.representative.as_ref().map(representative::response),
        died_at: view.died_at,
        ratify_since: view.ratify_at,
        restricted_since: view.restricted_at,
        mailboxes: view
            .mailboxes
            .into_iter()
            .map(|mailbox| RecordMailboxResponse {
                id: mailbox.id.uuid(),
                address: mailbox.address.as_str().to_owned(),
                treatment: mailbox.treatment,
                plan: mailbox.plan,
                alias_of: mailbox.alias_of.map(MailboxId::uuid),
                proved_at: mailbox.proved.as_ref().map(|(at, _)| *at),
                proof: mailbox.proved.map(|(_, proof)| proof),
            })
            .collect(),
        consents: view
            .consents
            .into_iter()
            .map(|row| RecordConsentResponse {
                purpose: row.purpose,
                text_version: row.text_version,
                given: row.given,
                channel: row.channel,
                created_at: row.created_at,
            })
            .collect(),
        confirmations: view
            .challenges
            .into_iter()
            .map(|row| ChallengeResponse {
                purpose: row.purpose,
                created_at: row.created_at,
                expires_at: row.expires_at,
                used_at: row.used_at,
            })
            .collect(),
        mails: view
            .mails
            .into_iter()
            .map(|row| MailResponse {
                code: row.code,
                kind: row.kind,
                sent_at: row.sent_at,
            })
            .collect(),
        conflicts: view
            .conflicts
            .into_iter()
            .map(|row| RecordConflictResponse {
                kind: row.kind,
                opened_at: row.opened_at,
                settled_at: row.settled_at,
                settlement: row.settlement,
            })
            .collect(),
        bounces: view
            .bounces
            .into_iter()
            .map(|row| BounceResponse {
                kind: row.kind,
                mail: row.mail_kind,
                status: row.status,
                diagnostic: row.diagnostic,
                evidence_of: row.incident_id,
                received_at: row.received_at,
            })
            .collect(),
        unreachable_since: view.unreachable_at,
        audit: view
            .trail
            .into_iter()
            .map(|entry| AuditResponse {
                at: entry.at,
                actor_kind: entry.actor_kind,
                actor_name: entry.actor_name,
                action: entry.action,
                before: entry.before,
                after: entry.after,
                reason: entry.reason,
            })
            .collect(),
        created_at: view.created_at,
        confirmed_at: view.confirmed_at,
        signed_at: view.signed_at,
    }
}

fn contact(contact: ShownContact) -> RecordContactResponse {
    RecordContactResponse {
        clear: contact.clear,
        email: contact.email,
        phone: contact.phone,
        postal_ok: contact.postal_ok,
        postal_lines: contact.postal_lines,
    }
}

fn doubt(doubt: Doubt) -> DoubtResponse {
    DoubtResponse {
        what: doubt.kind.as_str(),
        given: doubt.given,
        gives: doubt.gives,
        told: doubt.told,
    }
}

fn identity(identity: ShownIdentity) -> RecordIdentityResponse {
    RecordIdentityResponse {
        doubts: identity.doubts.into_iter().map(doubt).collect(),
        to_check_since: identity.to_check_at,
        checked_at: identity.checked_at,
        name: identity.name,
        capacity: identity.capacity,
        codice_fiscale: identity.codice_fiscale,
        legal_representative: identity.representative,
        address_lines: identity.address_lines,
        warnings: identity.warnings,
        given_by: identity.given_by,
        given_at: identity.given_at,
        version: identity.version,
    }
}
