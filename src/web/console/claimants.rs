//! `/console`, `/console/cases/{slug}`, `/console/claimants/{id}`.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use uuid::Uuid;

use crate::app::AppError;
use crate::app::approval;
use crate::app::claimant_declaration::{ShownDeclaration, ShownVersion};
use crate::app::claimant_list::{self, Filter, Item, OwnCase};
use crate::app::claimant_view::{self, BounceRow, ClaimantView, Rejection, ShownIdentity};
use crate::app::deficiency;
use crate::app::document::{self, MyDocument};
use crate::app::export;
use crate::app::import::ListedHints;
use crate::app::log::status::{self, LogBrief};
use crate::app::rights::{self, RightsRequest};
use crate::app::scam_report;
use crate::app::signature_file::ShownFile;
use crate::app::trail;
use crate::domain::accepted_text::TextKind;
use crate::domain::claimant::{ClaimantState, Queue, Review};
use crate::domain::codice_fiscale::CodiceFiscale;
use crate::domain::declaration::DeclarationFlag;
use crate::domain::ids::{ClaimantId, DocumentId};
use crate::domain::narrowing::{Mandate, Tier, Words};
use crate::domain::page_length::DEFAULT_LIMIT;
use crate::domain::permission::operation;
use crate::domain::readiness::Letter;
use crate::domain::reference::Reference;
use crate::domain::vat_number::NumericCodiceFiscale;
use crate::render::page::Errors;
use crate::render::page::console::declared_check::DeclaredCheckLines;
use crate::render::page::console::identity_check::{DoubtLine, IdentityCheckLines};
use crate::render::page::console::{
    AssistForms, BounceLine, CaseRow, CasesPage, ClaimantPage, ClaimantRow, ConflictLine,
    ConsentLine, Console, ContactLines, DeclarationLines, DeskLines, HolderLine, IdentityLines,
    ListPage, ListedLines, LogLine, MailLine, MailboxLine, NarrowFields, RejectionLines,
    RightsLine, SignatureFileLine, TrailLine, VersionLine,
};
use crate::render::page::documents::DocumentLine;
use crate::render::page::sign::ReportShown;
use crate::render::text::Damages;
use crate::state::AppState;
use crate::web::api::staff::claimants::ListQuery;
use crate::web::console::approvals;
use crate::web::console::contact::history_lines;
use crate::web::console::deficiencies;
use crate::web::console::exports;
use crate::web::console::queues::{self, lists};
use crate::web::console::{inside, page};
use crate::web::documents;
use crate::web::extract::{Lang, Staff};
use crate::web::{WebError, WebResult};

/// What waits for a second person, shown on the start page.
const SHOWN_TO_DECIDE: usize = 10;

/// Who of the staff added which document.
type Operators = HashMap<DocumentId, String>;

/// `GET /console`
pub async fn cases(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
) -> WebResult<HttpResponse> {
    let own = claimant_list::cases(&state.ctx, &staff.actor).await?;
    let logs = status::briefs(&state.ctx).await?;
    let log = |slug: &str| logs.iter().find(|log| log.slug == slug).map(log_line);
    let cases = own.iter().map(|own| CaseRow {
        log: log(&own.case.slug),
        slug: own.case.slug.clone(),
        title: own.case.title.clone(),
        respondent: own.case.respondent.name.clone(),
        state: own.case.state.as_str(),
    });
    let scam_reports = if operation::LIST_SCAM_REPORTS.allows(staff.actor.role()) {
        Some(scam_report::count_open(&state.ctx, &staff.actor).await?)
    } else {
        None
    };
    let to_decide = if operation::LIST_APPROVALS.allows(staff.actor.role()) {
        let mut waiting = approval::list(&state.ctx, &staff.actor).await?.to_decide;
        waiting.truncate(SHOWN_TO_DECIDE);
        approvals::lines(waiting)
    } else {
        Vec::new()
    };
    let cases = CasesPage {
        to_decide,
        console: inside(&state, language, &request, &staff).await?,
        cases: cases.collect(),
        shows_people: operation::CONSOLE_LIST_PAGE.allows(staff.actor.role()),
        shows_retention: operation::CONSOLE_RETENTION_PAGE.allows(staff.actor.role()),
        shows_case_desk: operation::CONSOLE_CASE_DESK_PAGE.allows(staff.actor.role()),
        shows_breaches: operation::CONSOLE_BREACHES_PAGE.allows(staff.actor.role()),
        scam_reports,
        shows_updates: operation::CONSOLE_UPDATES_PAGE.allows(staff.actor.role()),
        shows_mails: operation::CONSOLE_MAILS_PAGE.allows(staff.actor.role()),
        shows_trails: operation::CONSOLE_TRAILS_PAGE.allows(staff.actor.role()),
        shows_partners: operation::CONSOLE_PARTNERS_PAGE.allows(staff.actor.role()),
        shows_people_list: operation::CONSOLE_PEOPLE_PAGE.allows(staff.actor.role()),
    };
    page(StatusCode::OK, &cases)
}

/// A log in words: how far it is signed, and what the time-stamping authority said.
fn log_line(log: &LogBrief) -> LogLine {
    LogLine {
        entries: log.signed,
        signed_at: log.signed_at,
        stamped: log.stamped.newest,
        waiting: log.stamped.waiting.clone(),
    }
}

/// `GET /console/cases/{slug}?state=&missing=&flag=&queue=&q=&cursor=`
pub async fn list(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    slug: web::Path<String>,
    query: web::Query<ListQuery>,
) -> WebResult<HttpResponse> {
    let before = query.before()?;
    let own = claimant_list::own_case(&state.ctx, &staff.actor, &slug).await?;
    let console = inside(&state, language, &request, &staff).await?;
    let mut list = list_page(console, &staff, &own, &query);
    let filter = match query.filter(staff.actor.staff_id()) {
        Ok(filter) => filter,
        Err(WebError::App(AppError::Invalid(errors))) => {
            list.errors = Errors::from(&errors);
            return page(StatusCode::UNPROCESSABLE_ENTITY, &list);
        }
        Err(error) => return Err(error),
    };
    let (ctx, actor) = (&state.ctx, &staff.actor);
    let found = claimant_list::list(ctx, actor, &slug, &filter, before, DEFAULT_LIMIT).await?;
    let total = claimant_list::count(ctx, actor, &slug, &filter).await?;
    list.chosen = chosen(&list, &filter);
    list.narrow = narrow(&Words {
        // "me" stays what it is
        whose: query.narrowing.whose.clone(),
        ..filter.narrowing.words()
    });
    list.total = total.and_then(|total| u64::try_from(total).ok());
    list.unfinished = found.unfinished;
    list.rows = found.items.into_iter().map(row).collect();
    list.next = found.next.map(claimant_list::write_cursor);
    page(StatusCode::OK, &list)
}

/// The list as it was asked for, yet without anybody.
fn list_page(console: Console, staff: &Staff, own: &OwnCase, query: &ListQuery) -> ListPage {
    let typed = |word: &Option<String>| word.clone().unwrap_or_default();
    let role = staff.actor.role();
    ListPage {
        console,
        errors: Errors::default(),
        slug: own.case.slug.clone(),
        title: own.case.title.clone(),
        states: ClaimantState::ALL.map(ClaimantState::as_str).to_vec(),
        state: typed(&query.state),
        letters: Letter::ALL
            .map(|letter| letter.as_char().to_string())
            .to_vec(),
        missing: typed(&query.missing),
        reviews: Review::ALL.map(Review::as_str).to_vec(),
        tiers: Tier::ALL.map(Tier::as_str).to_vec(),
        narrow: narrow(&query.narrowing),
        chosen: Vec::new(),
        total: None,
        unfinished: false,
        flags: DeclarationFlag::ALL.map(DeclarationFlag::as_str).to_vec(),
        flag: typed(&query.flag),
        queues: lists(),
        queue: query
            .queue
            .as_deref()
            .and_then(Queue::parse)
            .map(Queue::as_str)
            .unwrap_or_default()
            .to_owned(),
        search: typed(&query.q),
        rows: Vec::new(),
        next: None,
        can_export: operation::CONSOLE_EXPORT_PAGE.allows(role),
        sees_exports: operation::CONSOLE_EXPORTS_PAGE.allows(role),
        sees_samples: operation::CONSOLE_SAMPLE_CHECKS_PAGE.allows(role),
        checks_paper: operation::CONSOLE_PAPER_QUEUE.allows(role),
    }
}

/// What narrows the list, in words: keys of names, and values.
fn chosen(list: &ListPage, filter: &Filter) -> Vec<(&'static str, String)> {
    let text = list.console.chrome.text();
    let mut chosen = exports::filter(&list.console, &export::noted(filter));
    match list.narrow.whose.as_str() {
        "me" => chosen.push(("queue-filter-taken", text.get("queue-filter-mine"))),
        "nobody" => chosen.push(("queue-filter-taken", text.get("queue-filter-nobody"))),
        _ => {}
    }
    if let Some(search) = &filter.search {
        chosen.push(("console-search", search.clone()));
    }
    chosen
}

/// `GET /console/claimants/{id}`
pub async fn one(
    state: web::Data<AppState>,
    language: Lang,
    staff: Staff,
    request: HttpRequest,
    id: web::Path<String>,
) -> WebResult<HttpResponse> {
    let shown = shown(&state, language, &staff, &request, claimant_id(&id)?).await?;
    page(StatusCode::OK, &shown)
}

/// The page of a claimant.
pub(super) async fn shown(
    state: &AppState,
    language: Lang,
    staff: &Staff,
    request: &HttpRequest,
    id: ClaimantId,
) -> WebResult<ClaimantPage> {
    let view = claimant_view::view(&state.ctx, &staff.actor, id).await?;
    let operators = if view.documents.is_empty() {
        Operators::new()
    } else {
        document::operators(&state.ctx, &staff.actor, id).await?
    };
    let mut console = inside(state, language, request, staff).await?;
    console.chrome.path = place(id);
    let slug = view.own.case.slug.clone();
    let asked = deficiency::of(&state.ctx, &staff.actor, id).await?;
    let may_ask = operation::ASK_DEFICIENCY.allows(staff.actor.role());
    let may_see_sets = operation::CONSOLE_ONE_BULK_PAGE.allows(staff.actor.role());
    let mut shown = claimant_page(console, view, &operators);
    if let Some(rejection) = shown.rejection.as_mut().filter(|_| !may_see_sets) {
        rejection.approval = None;
    }
    shown.deficiency = deficiencies::lines(asked, may_ask);
    if operation::LIST_RIGHTS_REQUESTS.allows(staff.actor.role()) {
        let requests = rights::list_of(&state.ctx, &staff.actor, id).await?;
        let opens = operation::GET_RIGHTS_REQUEST.allows(staff.actor.role());
        let line = |request| rights_line(request, opens);
        shown.requests = requests.into_iter().map(line).collect();
    }
    if let Some(queue) = queues::opened_from(request) {
        let item = queues::of_claimant(id);
        shown.bar = Some(queues::bar(state, staff, &slug, queue, item).await?);
        shown.from_queue = format!("?queue={}", queue.as_str());
        shown.console.chrome.path.push_str(&shown.from_queue);
    }
    Ok(shown)
}

fn rights_line(request: RightsRequest, opens: bool) -> RightsLine {
    RightsLine {
        href: opens.then(|| format!("/console/rights/{}", request.id)),
        kind: request.kind,
        received_on: request.received_on,
        due_on: request.due_on,
        overdue: request.overdue,
        decided: request.decision.zip(request.answered_at),
    }
}

/// The claimant in a path.
pub(super) fn claimant_id(text: &str) -> WebResult<ClaimantId> {
    ClaimantId::parse(text).ok_or(WebError::App(AppError::NotFound))
}

/// Where the page of a claimant is.
pub(super) fn place(id: ClaimantId) -> String {
    format!("/console/claimants/{id}")
}

/// What narrows the list, as it was typed.
fn narrow(words: &Words) -> NarrowFields {
    let typed = |word: &Option<String>| word.clone().unwrap_or_default();
    NarrowFields {
        review: typed(&words.review),
        province: typed(&words.province),
        domain: typed(&words.domain),
        from: typed(&words.from),
        until: typed(&words.until),
        least: typed(&words.least),
        most: typed(&words.most),
        tier: typed(&words.tier),
        messa_in_mora: typed(&words.messa_in_mora),
        whose: typed(&words.whose),
    }
}

fn row(item: Item) -> ClaimantRow {
    ClaimantRow {
        id: item.id.to_string(),
        reference: item.reference.grouped(),
        name: item.name.unwrap_or_default(),
        codice_fiscale: item.codice_fiscale.unwrap_or_default(),
        mailboxes: item.mailboxes,
        state: item.state.as_str(),
        review: item.review.as_str(),
        is_complete: item.ready,
        missing: item.missing_to_lodge.iter().map(char::to_string).collect(),
        flags: item.flags,
        holder: item.holder.map(|holder| HolderLine {
            name: holder.name,
            in_hand: holder.until.map(|_| holder.since),
            due_on: holder.due_on,
            overdue: holder.overdue,
        }),
        unreachable: item.unreachable_at.is_some(),
        damages: item
            .declared_cents
            .map(|cents| damages(cents, item.open_items)),
        created_at: item.created_at,
    }
}

/// What an earlier list said; the codice fiscale masked.
fn listed_lines(listed: ListedHints) -> ListedLines {
    let masked = |code: String| {
        let person = CodiceFiscale::parse(&code).map(|code| code.masked());
        person.or_else(|_| NumericCodiceFiscale::parse(&code).map(|code| code.masked()))
    };
    ListedLines {
        listed_on: listed.listed_on,
        name: listed.hints.name,
        codice_fiscale: listed
            .hints
            .codice_fiscale
            .and_then(|code| masked(code).ok()),
        address: listed.hints.address,
        notes: listed.hints.notes,
    }
}

#[expect(clippy::too_many_lines, reason = "one line for each field")]
fn claimant_page(console: Console, view: ClaimantView, operators: &Operators) -> ClaimantPage {
    let typists = typists(&view);
    let opens_payout = view.can_open_payout && has_payout_to_do(&view);
    ClaimantPage {
        desk: view.assists.then(|| desk(&view)),
        adds_documents: view.can_add_documents,
        console,
        bar: None,
        deficiency: None,
        requests: Vec::new(),
        from_queue: String::new(),
        slug: view.own.case.slug.clone(),
        title: view.own.case.title.clone(),
        id: view.id.to_string(),
        assist: view.can_assist.then(AssistForms::default),
        identity_check: identity_check(&view),
        declared_check: declared_check(&view),
        quarantine: view.can_end_quarantine.then(String::new),
        quarantined_for: view.quarantined_for,
        payout_freeze: view.can_end_payout_freeze.then(String::new),
        payout_frozen_at: view.payout_frozen_at,
        contact_history: history_lines(view.contact_history, view.types_contact),
        opens_payout,
        enters_identity: view.can_enter_identity,
        errors: Errors::default(),
        reference: view.reference.grouped(),
        state: view.state.as_str(),
        review: view.review.as_str(),
        missing: view.missing_to_lodge.iter().map(char::to_string).collect(),
        rejection: view.rejection.map(rejection),
        rejected_before: view
            .rejected_before
            .into_iter()
            .map(|before| {
                let reference = Reference::of(before.claimant).grouped();
                let (at, code) = (before.at, before.code.as_str());
                (before.claimant.to_string(), reference, at, code)
            })
            .collect(),
        versions: view
            .declared
            .versions
            .into_iter()
            .map(|shown| version(shown, &typists))
            .collect(),
        files: view.declared.files.iter().map(signature_file).collect(),
        declaration: view.declared.newest.map(declaration),
        payout: view
            .declared
            .payout
            .map(|payout| (payout.iban, payout.given_at)),
        payout_pending: view
            .declared
            .payout_pending
            .map(|payout| (payout.iban, payout.effective_at)),
        documents: document_lines(view.id, &view.documents, operators),
        takes_documents: view.can_take_documents,
        via: view.via,
        listed: view.listed.map(listed_lines),
        contact: view.contact.map(|contact| ContactLines {
            clear: contact.clear,
            email: contact.email,
            phone: contact.phone,
            phone_change: contact.phone_change,
            postal_ok: contact.postal_ok,
            postal_lines: contact.postal_lines,
        }),
        identity: view.identity.map(identity),
        representative: view
            .representative
            .map(|acting| (acting.name(), acting.title().as_str())),
        died_at: view.died_at,
        ratify_at: view.ratify_at,
        restricted_at: view.restricted_at,
        restricted_by: view.restricted_by.map(|request| request.to_string()),
        records_representative: view.can_record_representative,
        mailboxes: view
            .mailboxes
            .into_iter()
            .map(|mailbox| MailboxLine {
                address: mailbox.address.as_str().to_owned(),
                alias: mailbox.alias_of.is_some(),
                treatment: mailbox.treatment,
                proved: mailbox.proved,
            })
            .collect(),
        consents: view
            .consents
            .into_iter()
            .map(|row| ConsentLine {
                purpose: row.purpose,
                text_version: row.text_version,
                given: row.given,
                channel: row.channel,
                at: row.created_at,
            })
            .collect(),
        mails: view
            .mails
            .into_iter()
            .map(|row| MailLine {
                code: row.code,
                kind: row.kind,
                at: row.sent_at,
            })
            .collect(),
        conflicts: view
            .conflicts
            .into_iter()
            .map(|row| ConflictLine {
                kind: row.kind,
                opened_at: row.opened_at,
                settled: row.settled_at.is_some(),
            })
            .collect(),
        bounces: view.bounces.into_iter().map(bounce).collect(),
        unreachable_at: view.unreachable_at,
        shows_trail: view.shows_trail,
        rejects: view.can_reject,
        trail: trail::folded(view.trail)
            .into_iter()
            .map(|(entry, times)| TrailLine {
                at: entry.at,
                times,
                actor_kind: entry.actor_kind,
                actor_name: entry.actor_name,
                action: entry.action,
                after: entry.after,
                reason: entry.reason,
            })
            .collect(),
        created_at: view.created_at,
        confirmed_at: view.confirmed_at,
        signed_at: view.signed_at,
    }
}

/// Whether staff have something to do with the account: type it in for who has no e-mail, or release it.
fn has_payout_to_do(view: &ClaimantView) -> bool {
    let contact = view.contact.as_ref();
    let is_typed_here = contact.is_some_and(|contact| contact.email.is_none());
    is_typed_here || view.declared.payout_pending.is_some()
}

fn rejection(rejection: Rejection) -> RejectionLines {
    RejectionLines {
        at: rejection.at,
        code: rejection.code.as_str(),
        words: rejection.words,
        object_until: rejection.object_until,
        asked_by: rejection.asked_by,
        approved_by: rejection.approved_by,
        approval: rejection
            .bulk
            .map(|id| format!("/console/bulk-actions/{id}")),
        notice: rejection.notice.as_str(),
        notice_at: rejection.notice.at(),
    }
}

fn bounce(row: BounceRow) -> BounceLine {
    BounceLine {
        kind: row.kind,
        mail: row.mail_kind,
        status: row.status,
        diagnostic: row.diagnostic,
        is_evidence: row.is_evidence,
        at: row.received_at,
    }
}

/// Documents as staff see them, with who of them added which.
pub(super) fn document_lines(
    claimant: ClaimantId,
    all: &[MyDocument],
    operators: &Operators,
) -> Vec<DocumentLine> {
    let base = format!("{}/documents", place(claimant));
    let line = |document: &MyDocument| DocumentLine {
        operator: operators.get(&document.id).cloned(),
        ..documents::line(&base, document)
    };
    all.iter().map(line).collect()
}

/// Names of the staff members in the trail.
fn typists(view: &ClaimantView) -> HashMap<Uuid, String> {
    let named = view.trail.iter();
    let named = named.filter_map(|entry| Some((entry.actor?, entry.actor_name.clone()?)));
    named.collect()
}

/// Where somebody without an e-mail stands on the way to a signature.
fn desk(view: &ClaimantView) -> DeskLines {
    let newest = view.declared.versions.first();
    DeskLines {
        has_identity: view.identity.is_some(),
        is_confirmed: view.state != ClaimantState::ToAssist,
        can_type: view.can_type,
        version: newest.map(|version| version.version),
        is_signed: newest.is_some_and(|version| version.signature.is_some()),
        hand_in: view
            .hand_in
            .as_ref()
            .map(|(id, state)| (id.to_string(), state.clone())),
    }
}

fn damages(cents: i64, open_items: Option<i16>) -> Damages {
    Damages {
        cents,
        open_items: open_items.and_then(|count| u64::try_from(count).ok()),
    }
}

fn version(shown: ShownVersion, typists: &HashMap<Uuid, String>) -> VersionLine {
    let mandate = TextKind::MandateMessaInMora;
    let signed = shown.signature.as_ref();
    let given = signed.filter(|it| mandate.is_among(&it.acceptances));
    let messa_in_mora = given.map_or(Mandate::NotGiven, |_| Mandate::Given);
    VersionLine {
        messa_in_mora: messa_in_mora.as_str(),
        version: shown.version,
        declared_at: shown.declared_at,
        damages: damages(shown.total_cents, shown.open_items),
        flags: shown.flags,
        checked: shown.checked,
        checked_at: shown.checked_at,
        typed: shown
            .typed
            .map(|(by, how)| (typists.get(&by).cloned().unwrap_or_default(), how)),
        sha256: shown.document_sha256,
        signature: shown
            .signature
            .map(|signed| (signed.tier, signed.signed_at)),
        intact: shown.intact,
    }
}

fn signature_file(file: &ShownFile) -> SignatureFileLine {
    SignatureFileLine {
        id: file.id.to_string(),
        version: file.version,
        kept: file.kept,
        sha256: file.sha256.clone(),
        report: ReportShown::from(&file.report),
    }
}

fn declaration(shown: ShownDeclaration) -> DeclarationLines {
    DeclarationLines {
        version: shown.version,
        masked: shown.masked,
        mailboxes: shown.mailboxes,
        circumstances: shown.circumstances,
        narrative: shown.narrative,
        damages: Damages {
            cents: shown.total_cents,
            open_items: u64::try_from(shown.open_items).ok(),
        },
    }
}

/// The form that finds in order what is flagged in the newest declaration, where the actor may.
fn declared_check(view: &ClaimantView) -> Option<DeclaredCheckLines> {
    let newest = view.declared.versions.first();
    let newest = newest.filter(|_| view.can_check_declared)?;
    let waiting = DeclarationFlag::unchecked(&newest.flags, &newest.checked);
    if waiting.is_empty() {
        return None;
    }
    let words = waiting.iter().map(|flag| flag.as_str().to_owned());
    let words: Vec<String> = words.collect();
    Some(DeclaredCheckLines {
        since: newest.declared_at,
        version: newest.version,
        ticked: words.clone(),
        flags: words,
        reason: String::new(),
        errors: Errors::default(),
    })
}

/// The form that finds the identity in order, where the actor may.
fn identity_check(view: &ClaimantView) -> Option<IdentityCheckLines> {
    let identity = view.identity.as_ref().filter(|_| view.can_check_identity)?;
    Some(IdentityCheckLines {
        since: identity.to_check_at?,
        version: identity.version,
        reason: String::new(),
        errors: Errors::default(),
    })
}

fn identity(identity: ShownIdentity) -> IdentityLines {
    IdentityLines {
        name: identity.name,
        codice_fiscale: identity.codice_fiscale,
        representative: identity.representative,
        address_lines: identity.address_lines,
        warnings: identity.warnings,
        doubts: identity.doubts.into_iter().map(DoubtLine).collect(),
        checked_at: identity.checked_at,
        given_by: identity.given_by,
        given_at: identity.given_at,
    }
}
