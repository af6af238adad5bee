//! `/api/v1/public`: for everybody.

use actix_web::web;
use utoipa::OpenApi;

use crate::domain::permission::operation;
use crate::web::Route;

pub mod access;
pub mod association;
pub mod cases;
pub mod claimants;
pub mod confirmations;
pub mod contact;
pub mod control;
pub mod declaration;
pub mod documents;
pub mod feeds;
pub mod followers;
pub mod mail_codes;
pub mod me;
pub mod own_data;
pub mod paper;
pub mod representative;
pub mod rights;
pub mod scam_reports;
pub mod signatures;
pub mod updates;

/// Routes of this folder.
pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::new(&operation::LIST_CASES, web::to(cases::list)),
        Route::new(&operation::GET_CASE, web::to(cases::get)),
        Route::new(&operation::LIST_CASE_UPDATES, web::to(updates::list)),
        Route::new(&operation::GET_COUNTER, web::to(feeds::counter)),
        Route::new(&operation::GET_FEED, web::to(feeds::feed)),
        Route::new(&operation::GET_CALENDAR, web::to(feeds::calendar)),
        Route::new(&operation::FOLLOW, web::to(followers::follow)),
        Route::new(&operation::SIGN_UP, web::to(claimants::sign_up)),
        Route::new(&operation::CONFIRM, web::to(confirmations::confirm)),
        Route::new(&operation::RESEND, web::to(confirmations::resend)),
        Route::new(&operation::REQUEST_ACCESS, web::to(access::request_link)),
        Route::new(&operation::ENTER, web::to(access::enter)),
        Route::new(&operation::CHECK_MAIL_CODE, web::to(mail_codes::check)),
        Route::new(&operation::REPORT_SCAM, web::to(scam_reports::report)),
    ];
    routes.extend(own_routes());
    routes.extend(declaration_routes());
    routes
}

/// What somebody does with the own record.
fn own_routes() -> Vec<Route> {
    vec![
        Route::new(&operation::GET_ME, web::to(me::get)),
        Route::new(&operation::PUT_IDENTITY, web::to(me::put_identity)),
        Route::new(&operation::PUT_REPRESENTATIVE, web::to(representative::put)),
        Route::new(&operation::PUT_CONSENT, web::to(me::put_consent)),
        Route::new(&operation::LIST_DOCUMENTS, web::to(documents::list)),
        Route::new(&operation::ADD_DOCUMENT, web::to(documents::add)),
        Route::new(&operation::DOCUMENT_FILE, web::to(documents::file)),
        Route::new(&operation::REMOVE_DOCUMENT, web::to(documents::remove)),
        Route::new(&operation::PUT_PAYOUT, web::to(declaration::put_payout)),
        Route::new(
            &operation::REQUEST_PAYOUT_CODE,
            web::to(control::request_payout_code),
        ),
        Route::new(
            &operation::REQUEST_CONTACT_CHANGE,
            web::to(contact::request),
        ),
        Route::new(
            &operation::CONFIRM_CONTACT_CHANGE,
            web::to(contact::confirm),
        ),
        Route::new(
            &operation::REQUEST_MAILBOX_CODE,
            web::to(control::request_mailbox_code),
        ),
        Route::new(&operation::PROVE_MAILBOX, web::to(control::prove_mailbox)),
        Route::new(&operation::CHANGE_ASSOCIATION, web::to(association::change)),
        Route::new(&operation::WITHDRAW, web::to(me::withdraw)),
        Route::new(&operation::ERASE, web::to(me::erase)),
        Route::new(&operation::GET_DATA, web::to(own_data::get)),
        Route::new(&operation::LIST_MY_MAILS, web::to(own_data::mails)),
        Route::new(&operation::LIST_MY_VIEWS, web::to(own_data::views)),
        Route::new(&operation::LIST_MY_RIGHTS_REQUESTS, web::to(rights::list)),
        Route::new(&operation::ASK_RIGHTS_REQUEST, web::to(rights::ask)),
    ]
}

/// What somebody declares and signs.
fn declaration_routes() -> Vec<Route> {
    vec![
        Route::new(&operation::GET_DECLARATION, web::to(declaration::get)),
        Route::new(&operation::PUT_DECLARATION, web::to(declaration::put)),
        Route::new(
            &operation::DECLARATION_DOCUMENT,
            web::to(declaration::document),
        ),
        Route::new(
            &operation::REQUEST_SIGNATURE,
            web::to(declaration::request_signature),
        ),
        Route::new(&operation::SIGN, web::to(signatures::sign)),
        Route::new(&operation::PAPER_FORM, web::to(paper::form)),
        Route::new(
            &operation::LIST_SIGNATURE_FILES,
            web::to(declaration::signature_files),
        ),
        Route::new(&operation::GET_RECEIPT, web::to(declaration::get_receipt)),
        Route::new(
            &operation::RECEIPT_DOCUMENT,
            web::to(declaration::receipt_document),
        ),
        Route::new(
            &operation::RECEIPT_ATTESTATION,
            web::to(declaration::receipt_attestation),
        ),
    ]
}

/// Description of this folder.
#[derive(OpenApi)]
#[openapi(paths(
    cases::list,
    cases::get,
    updates::list,
    feeds::counter,
    feeds::feed,
    feeds::calendar,
    followers::follow,
    claimants::sign_up,
    confirmations::confirm,
    confirmations::resend,
    access::request_link,
    access::enter,
    mail_codes::check,
    scam_reports::report,
    me::get,
    me::put_identity,
    me::put_consent,
    representative::put,
    declaration::get,
    declaration::put,
    declaration::document,
    declaration::request_signature,
    declaration::sign,
    paper::form,
    declaration::signature_files,
    declaration::get_receipt,
    declaration::receipt_document,
    declaration::receipt_attestation,
    documents::list,
    documents::add,
    documents::file,
    documents::remove,
    declaration::put_payout,
    control::request_payout_code,
    contact::request,
    contact::confirm,
    control::request_mailbox_code,
    control::prove_mailbox,
    association::change,
    me::withdraw,
    me::erase,
    own_data::get,
    own_data::mails,
    own_data::views,
    rights::list,
    rights::ask
))]
pub(super) struct Doc;
