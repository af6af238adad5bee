//! `/api/v1/staff`: for the tools of associations' staff.

use actix_web::web;
use utoipa::OpenApi;

use crate::domain::permission::operation;
use crate::web::{Route, WebError, WebResult};

pub mod account;
pub mod approvals;
pub mod assist;
pub mod breaches;
pub mod bulk;
pub mod case_desk;
pub mod claimants;
pub mod conflicts;
pub mod dashboard;
pub mod declared;
pub mod deficiencies;
pub mod demand_letters;
pub mod documents;
pub mod exports;
pub mod imports;
pub mod mails;
pub mod paper;
pub mod partners;
pub mod payout;
pub mod people;
pub mod quarantine;
pub mod queues;
pub mod representation;
pub mod rights;
pub mod sample_checks;
pub mod scam_reports;
pub mod signature_files;
pub mod token;
pub mod trails;
pub mod updates;

/// How many of a list to tell.
///
/// # Errors
/// `BadCursor` for more than 200, or none.
fn page_length(asked: Option<i64>, usual: i64) -> WebResult<i64> {
    let length = asked.unwrap_or(usual);
    let is_allowed = (1..=200).contains(&length);
    is_allowed.then_some(length).ok_or(WebError::BadCursor)
}

/// Routes of this folder.
#[expect(clippy::too_many_lines, reason = "a table")]
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(&operation::STAFF_TOKEN, web::to(token::issue)),
        Route::new(&operation::STAFF_REFRESH, web::to(token::refresh)),
        Route::new(&operation::STAFF_REVOKE, web::to(token::revoke)),
        Route::new(&operation::STAFF_STEP_UP, web::to(token::step_up)),
        Route::new(&operation::LIST_CLAIMANTS, web::to(claimants::list)),
        Route::new(&operation::CLAIMANTS_CSV, web::to(claimants::csv)),
        Route::new(&operation::GET_CLAIMANT, web::to(claimants::get)),
        Route::new(&operation::ASSIST_CONFIRM, web::to(assist::confirm)),
        Route::new(&operation::ASSIST_IDENTITY, web::to(assist::identity)),
        Route::new(&operation::ASSIST_DECLARATION, web::to(assist::declaration)),
        Route::new(
            &operation::STAFF_REPRESENTATIVE,
            web::to(representation::put),
        ),
        Route::new(
            &operation::STAFF_REPRESENTATIVE_END,
            web::to(representation::end),
        ),
        Route::new(&operation::RECORD_DEATH, web::to(representation::death)),
        Route::new(&operation::STAFF_PAPER_FORM, web::to(paper::form)),
        Route::new(&operation::STAFF_HAND_IN, web::to(paper::send)),
        Route::new(&operation::LIST_PAPER, web::to(paper::list)),
        Route::new(&operation::APPROVE_PAPER, web::to(paper::approve)),
        Route::new(&operation::REJECT_PAPER, web::to(paper::reject)),
        Route::new(&operation::ASSIST_EMAIL, web::to(assist::email)),
        Route::new(&operation::END_QUARANTINE, web::to(quarantine::end)),
        Route::new(&operation::END_PAYOUT_FREEZE, web::to(payout::end_freeze)),
        Route::new(&operation::STAFF_PUT_PAYOUT, web::to(payout::put)),
        Route::new(&operation::RELEASE_PAYOUT, web::to(payout::decide)),
        Route::new(&operation::CLAIMANT_DOCUMENTS, web::to(documents::list)),
        Route::new(&operation::CLAIMANT_ADD_DOCUMENT, web::to(documents::add)),
        Route::new(&operation::CLAIMANT_DOCUMENT_FILE, web::to(documents::file)),
        Route::new(
            &operation::CLAIMANT_REMOVE_DOCUMENT,
            web::to(documents::remove),
        ),
        Route::new(&operation::CLAIMANT_DOCUMENT, web::to(declared::document)),
        Route::new(&operation::CLAIMANT_EVIDENCE, web::to(declared::evidence)),
        Route::new(&operation::CLAIMANT_RECEIPT, web::to(declared::receipt)),
        Route::new(
            &operation::CLAIMANT_ATTESTATION,
            web::to(declared::attestation),
        ),
        Route::new(
            &operation::CLAIMANT_SIGNATURE_FILES,
            web::to(signature_files::list),
        ),
        Route::new(
            &operation::CLAIMANT_SIGNATURE_FILE,
            web::to(signature_files::content),
        ),
        Route::new(&operation::UPLOAD_IMPORT, web::to(imports::upload)),
        Route::new(&operation::LIST_IMPORTS, web::to(imports::list)),
        Route::new(&operation::GET_IMPORT, web::to(imports::get)),
        Route::new(&operation::CHECK_IMPORT, web::to(imports::check)),
        Route::new(&operation::START_IMPORT, web::to(imports::start)),
        Route::new(&operation::CANCEL_IMPORT, web::to(imports::cancel)),
        Route::new(&operation::IMPORT_REPORT, web::to(imports::report)),
        Route::new(&operation::EXPORT, web::to(exports::request)),
        Route::new(&operation::LIST_EXPORTS, web::to(exports::list)),
        Route::new(&operation::GET_EXPORT, web::to(exports::get)),
        Route::new(&operation::APPROVE_EXPORT, web::to(exports::approve)),
        Route::new(&operation::REJECT_EXPORT, web::to(exports::reject)),
        Route::new(&operation::CANCEL_EXPORT, web::to(exports::cancel)),
        Route::new(&operation::EXPORT_CONTENT, web::to(exports::content)),
        Route::new(&operation::DASHBOARD, web::to(dashboard::show)),
        Route::new(&operation::GET_CONFLICT, web::to(conflicts::get)),
        Route::new(&operation::DECIDE_CONFLICT, web::to(conflicts::decide)),
        Route::new(&operation::APPROVE_CONFLICT, web::to(conflicts::approve)),
        Route::new(&operation::LIST_DEFICIENCIES, web::to(deficiencies::list)),
        Route::new(&operation::ASK_DEFICIENCY, web::to(deficiencies::ask)),
        Route::new(&operation::LIST_QUEUES, web::to(queues::list)),
        Route::new(&operation::NEXT_ITEM, web::to(queues::next)),
        Route::new(&operation::BEGIN_ITEM, web::to(queues::begin)),
        Route::new(&operation::ASSIGN_ITEM, web::to(queues::assign)),
        Route::new(&operation::EXPORT_FILE, web::to(exports::file)),
        Route::new(&operation::CLAIMANT_TRAIL, web::to(trails::of_claimant)),
        Route::new(
            &operation::CLAIMANT_TRAIL_CSV,
            web::to(trails::of_claimant_csv),
        ),
        Route::new(&operation::STAFF_TRAIL, web::to(trails::of_person)),
        Route::new(&operation::STAFF_TRAIL_CSV, web::to(trails::of_person_csv)),
        Route::new(&operation::STAFF_REACH, web::to(trails::reach_of)),
        Route::new(&operation::STAFF_REACH_CSV, web::to(trails::reach_csv)),
        Route::new(&operation::LIST_MAILS, web::to(mails::list)),
        Route::new(&operation::RETRY_MAILS, web::to(mails::retry)),
        Route::new(&operation::LIST_APPROVALS, web::to(approvals::list)),
        Route::new(&operation::LIST_PARTNERS, web::to(partners::list)),
        Route::new(&operation::ADD_PARTNER, web::to(partners::add)),
        Route::new(&operation::GET_PARTNER, web::to(partners::get)),
        Route::new(&operation::CHANGE_PARTNER, web::to(partners::change)),
        Route::new(&operation::ADD_PARTNER_KEY, web::to(partners::add_key)),
        Route::new(
            &operation::REVOKE_PARTNER_KEY,
            web::to(partners::revoke_key),
        ),
        Route::new(
            &operation::SET_WEBHOOK_ENDPOINT,
            web::to(partners::set_endpoint),
        ),
        Route::new(&operation::LIST_PEOPLE, web::to(people::list)),
        Route::new(&operation::GET_PERSON, web::to(people::get)),
        Route::new(&operation::INVITE, web::to(people::invite)),
        Route::new(&operation::REVOKE_INVITATION, web::to(people::revoke)),
        Route::new(&operation::CHANGE_MEMBERSHIP, web::to(people::change)),
        Route::new(
            &operation::END_PERSON_SESSIONS,
            web::to(people::end_sessions),
        ),
        Route::new(&operation::GET_ACCOUNT, web::to(account::get)),
        Route::new(&operation::END_OWN_SESSIONS, web::to(account::end_sessions)),
        Route::new(
            &operation::CHANGE_PASSWORD,
            web::to(account::change_password),
        ),
        Route::new(&operation::NEW_FACTOR, web::to(account::new_factor)),
        Route::new(&operation::CHANGE_FACTOR, web::to(account::change_factor)),
        Route::new(
            &operation::NEW_RECOVERY_CODES,
            web::to(account::recovery_codes),
        ),
        Route::new(&operation::LIST_CASE_DESK, web::to(case_desk::list)),
        Route::new(&operation::CREATE_CASE, web::to(case_desk::create)),
        Route::new(&operation::GET_CASE_DESK, web::to(case_desk::get)),
        Route::new(&operation::WRITE_CASE, web::to(case_desk::write)),
        Route::new(&operation::PROPOSE_CASE, web::to(case_desk::propose)),
        Route::new(&operation::PUBLISH_CASE, web::to(case_desk::publish)),
        Route::new(&operation::RETURN_CASE, web::to(case_desk::send_back)),
        Route::new(&operation::WITHDRAW_CASE, web::to(case_desk::withdraw)),
        Route::new(&operation::DISCARD_CASE, web::to(case_desk::discard)),
        Route::new(
            &operation::LIST_DEMAND_LETTERS,
            web::to(demand_letters::list),
        ),
        Route::new(
            &operation::ENTER_DEMAND_LETTER,
            web::to(demand_letters::enter),
        ),
        Route::new(&operation::GET_DEMAND_LETTER, web::to(demand_letters::get)),
        Route::new(
            &operation::UPDATE_DEMAND_LETTER,
            web::to(demand_letters::update),
        ),
        Route::new(&operation::LIST_BREACHES, web::to(breaches::list)),
        Route::new(&operation::OPEN_BREACH, web::to(breaches::open)),
        Route::new(&operation::GET_BREACH, web::to(breaches::get)),
        Route::new(&operation::UPDATE_BREACH, web::to(breaches::update)),
        Route::new(&operation::BREACHES_CSV, web::to(breaches::csv)),
        Route::new(&operation::LIST_BULK, web::to(bulk::list)),
        Route::new(&operation::PREVIEW_BULK, web::to(bulk::preview)),
        Route::new(&operation::GET_BULK, web::to(bulk::get)),
        Route::new(&operation::LIST_BULK_RECORDS, web::to(bulk::records)),
        Route::new(&operation::STEP_BULK, web::to(bulk::step)),
        Route::new(&operation::LIST_SAMPLE_CHECKS, web::to(sample_checks::list)),
        Route::new(&operation::OPEN_SAMPLE_CHECK, web::to(sample_checks::open)),
        Route::new(&operation::GET_SAMPLE_CHECK, web::to(sample_checks::get)),
        Route::new(&operation::GET_SAMPLE_FILE, web::to(sample_checks::file)),
        Route::new(&operation::CHECK_SAMPLED, web::to(sample_checks::check)),
        Route::new(&operation::STEP_SAMPLE_CHECK, web::to(sample_checks::step)),
        Route::new(&operation::LIST_UPDATES, web::to(updates::list)),
        Route::new(&operation::PUBLISH_UPDATE, web::to(updates::publish)),
        Route::new(&operation::WITHDRAW_UPDATE, web::to(updates::withdraw)),
        Route::new(&operation::LIST_RIGHTS_REQUESTS, web::to(rights::list)),
        Route::new(&operation::ENTER_RIGHTS_REQUEST, web::to(rights::enter)),
        Route::new(&operation::GET_RIGHTS_REQUEST, web::to(rights::get)),
        Route::new(&operation::EXTEND_RIGHTS_REQUEST, web::to(rights::extend)),
        Route::new(&operation::ANSWER_RIGHTS_REQUEST, web::to(rights::answer)),
        Route::new(&operation::HAND_OVER_DATA, web::to(rights::hand_over)),
        Route::new(&operation::LIFT_RESTRICTION, web::to(rights::lift)),
        Route::new(&operation::LIST_SCAM_REPORTS, web::to(scam_reports::list)),
        Route::new(&operation::GET_SCAM_REPORT, web::to(scam_reports::get)),
        Route::new(
            &operation::HANDLE_SCAM_REPORT,
            web::to(scam_reports::handle),
        ),
    ]
}

/// Description of this folder.
#[derive(OpenApi)]
#[openapi(paths(
    token::issue,
    token::refresh,
    token::revoke,
    token::step_up,
    claimants::list,
    claimants::csv,
    claimants::get,
    assist::confirm,
    assist::identity,
    assist::declaration,
    assist::email,
    paper::form,
    paper::send,
    paper::list,
    paper::approve,
    paper::reject,
    quarantine::end,
    payout::end_freeze,
    payout::put,
    payout::decide,
    representation::put,
    representation::end,
    representation::death,
    documents::list,
    documents::add,
    documents::file,
    documents::remove,
    declared::document,
    declared::evidence,
    declared::receipt,
    declared::attestation,
    signature_files::list,
    signature_files::content,
    imports::upload,
    imports::list,
    imports::get,
    imports::check,
    imports::start,
    imports::cancel,
    imports::report,
    exports::request,
    exports::list,
    exports::get,
    exports::approve,
    exports::reject,
    exports::cancel,
    exports::content,
    dashboard::show,
    conflicts::get,
    conflicts::decide,
    conflicts::approve,
    deficiencies::list,
    deficiencies::ask,
    queues::list,
    queues::begin,
    queues::next,
    queues::assign,
    exports::file,
    trails::of_claimant,
    trails::of_claimant_csv,
    trails::of_person,
    trails::of_person_csv,
    trails::reach_of,
    trails::reach_csv,
    mails::list,
    mails::retry,
    approvals::list,
    partners::list,
    partners::add,
    partners::get,
    partners::change,
    partners::add_key,
    partners::revoke_key,
    partners::set_endpoint,
    people::list,
    people::get,
    people::invite,
    people::revoke,
    people::change,
    people::end_sessions,
    account::get,
    account::end_sessions,
    account::change_password,
    account::new_factor,
    account::change_factor,
    account::recovery_codes,
    case_desk::list,
    case_desk::create,
    case_desk::get,
    case_desk::write,
    case_desk::propose,
    case_desk::publish,
    case_desk::send_back,
    case_desk::withdraw,
    case_desk::discard,
    demand_letters::list,
    demand_letters::enter,
    demand_letters::get,
    demand_letters::update,
    breaches::list,
    breaches::open,
    breaches::get,
    breaches::update,
    breaches::csv,
    bulk::list,
    bulk::preview,
    bulk::get,
    bulk::records,
    bulk::step,
    sample_checks::list,
    sample_checks::open,
    sample_checks::get,
    sample_checks::file,
    sample_checks::check,
    sample_checks::step,
    updates::list,
    updates::publish,
    updates::withdraw,
    rights::list,
    rights::enter,
    rights::get,
    rights::extend,
    rights::answer,
    rights::hand_over,
    rights::lift,
    scam_reports::list,
    scam_reports::get,
    scam_reports::handle
))]
pub(super) struct Doc;
