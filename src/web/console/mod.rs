//! The console: pages for the staff of associations.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::app::AppError;
use crate::app::approval;
use crate::app::claimant_list;
use crate::domain::permission::operation;
use crate::render::page::Chrome;
use crate::render::page::console::{ApprovalsNav, Console, Who};
use crate::state::AppState;
use crate::web::api::staff::{
    declared, documents as documents_api, imports as imports_api, paper as paper_api,
    sample_checks as sample_checks_api, signature_files, trails as trails_api,
};
use crate::web::extract::{Lang, Staff};
use crate::web::{Route, WebError, WebResult};

pub mod account;
pub mod approvals;
pub mod assist;
pub mod breaches;
pub mod bulk;
mod case_choice;
pub mod case_desk;
pub mod claimants;
pub mod conflicts;
pub mod contact;
pub mod dashboard;
pub mod declare;
pub mod declared_check;
pub mod deficiencies;
pub mod demand_letters;
pub mod documents;
pub mod export;
pub mod exports;
pub mod identity_check;
pub mod imports;
pub mod invitation;
pub mod login;
pub mod mails;
pub mod paper;
pub mod partners;
pub mod payout;
pub mod people;
pub mod quarantine;
pub mod queues;
pub mod representation;
pub mod retention;
pub mod rights;
pub mod sample_checks;
pub mod scam_reports;
pub mod trails;
pub mod updates;

/// Routes of this folder.
#[expect(clippy::too_many_lines, reason = "a table")]
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(&operation::LOGIN_PAGE, web::to(login::page)),
        Route::new(&operation::LOGIN_FORM, web::to(login::sign_in)),
        Route::new(&operation::LOGOUT_FORM, web::to(login::sign_out)),
        Route::new(&operation::CONSOLE_PAGE, web::to(claimants::cases)),
        Route::new(&operation::CONSOLE_APPROVALS_PAGE, web::to(approvals::list)),
        Route::new(&operation::CONSOLE_LIST_PAGE, web::to(claimants::list)),
        Route::new(&operation::CONSOLE_CSV, web::to(export::masked)),
        Route::new(&operation::CONSOLE_CLAIMANT_PAGE, web::to(claimants::one)),
        Route::new(&operation::CONSOLE_CONFIRM_FORM, web::to(assist::confirm)),
        Route::new(
            &operation::CONSOLE_IDENTITY_PAGE,
            web::to(assist::identity_page),
        ),
        Route::new(&operation::CONSOLE_IDENTITY_FORM, web::to(assist::identity)),
        Route::new(&operation::CONSOLE_DECLARE_PAGE, web::to(declare::page)),
        Route::new(&operation::CONSOLE_DECLARE_FORM, web::to(declare::send)),
        Route::new(&operation::CONSOLE_DOCUMENTS_PAGE, web::to(documents::page)),
        Route::new(&operation::CONSOLE_DOCUMENTS_FORM, web::to(documents::add)),
        Route::new(
            &operation::CONSOLE_DOCUMENT_REMOVAL,
            web::to(documents::remove),
        ),
        Route::new(
            &operation::CONSOLE_REPRESENTATIVE_PAGE,
            web::to(representation::form),
        ),
        Route::new(
            &operation::CONSOLE_REPRESENTATIVE_FORM,
            web::to(representation::send),
        ),
        Route::new(
            &operation::CONSOLE_REPRESENTATIVE_END,
            web::to(representation::end),
        ),
        Route::new(
            &operation::CONSOLE_DEATH_FORM,
            web::to(representation::death),
        ),
        Route::new(&operation::CONSOLE_PAPER_FORM, web::to(paper_api::form)),
        Route::new(&operation::CONSOLE_PAPER_QUEUE, web::to(paper::queue)),
        Route::new(
            &operation::CONSOLE_HAND_IN_PAGE,
            web::to(paper::hand_in_page),
        ),
        Route::new(&operation::CONSOLE_HAND_IN_FORM, web::to(paper::send)),
        Route::new(&operation::CONSOLE_PAPER_PAGE, web::to(paper::one)),
        Route::new(&operation::CONSOLE_PAPER_SHEET, web::to(paper::sheet)),
        Route::new(&operation::CONSOLE_PAPER_APPROVAL, web::to(paper::approve)),
        Route::new(&operation::CONSOLE_PAPER_REJECTION, web::to(paper::reject)),
        Route::new(&operation::CONSOLE_EMAIL_FORM, web::to(assist::email)),
        Route::new(
            &operation::CONSOLE_QUARANTINE_FORM,
            web::to(quarantine::end),
        ),
        Route::new(
            &operation::CONSOLE_DECLARED_CHECK_FORM,
            web::to(declared_check::check),
        ),
        Route::new(
            &operation::CONSOLE_IDENTITY_CHECK_FORM,
            web::to(identity_check::check),
        ),
        Route::new(
            &operation::CONSOLE_PAYOUT_FREEZE_FORM,
            web::to(payout::end_freeze),
        ),
        Route::new(&operation::CONSOLE_PAYOUT_PAGE, web::to(payout::one)),
        Route::new(&operation::CONSOLE_PAYOUT_FORM, web::to(payout::type_in)),
        Route::new(&operation::CONSOLE_PAYOUT_DECISION, web::to(payout::decide)),
        Route::new(&operation::CONSOLE_CONTACT_PAGE, web::to(contact::one)),
        Route::new(&operation::CONSOLE_CONTACT_FORM, web::to(contact::type_in)),
        Route::new(
            &operation::CONSOLE_CONTACT_DECISION,
            web::to(contact::decide),
        ),
        Route::new(&operation::CONSOLE_BULK_PAGE, web::to(bulk::list)),
        Route::new(&operation::CONSOLE_BULK_FORM, web::to(bulk::send)),
        Route::new(&operation::CONSOLE_ONE_BULK_PAGE, web::to(bulk::one)),
        Route::new(&operation::CONSOLE_BULK_STEP, web::to(bulk::step)),
        Route::new(
            &operation::CONSOLE_SAMPLE_CHECKS_PAGE,
            web::to(sample_checks::register),
        ),
        Route::new(
            &operation::CONSOLE_SAMPLE_CHECKS_FORM,
            web::to(sample_checks::send),
        ),
        Route::new(
            &operation::CONSOLE_SAMPLE_CHECK_PAGE,
            web::to(sample_checks::one),
        ),
        Route::new(
            &operation::CONSOLE_SAMPLE_FILE,
            web::to(sample_checks_api::file),
        ),
        Route::new(
            &operation::CONSOLE_SAMPLE_RESULT_FORM,
            web::to(sample_checks::check),
        ),
        Route::new(
            &operation::CONSOLE_SAMPLE_STEP_FORM,
            web::to(sample_checks::step),
        ),
        Route::new(&operation::CONSOLE_EXPORT_PAGE, web::to(export::page)),
        Route::new(&operation::CONSOLE_IMPORTS_PAGE, web::to(imports::register)),
        Route::new(&operation::CONSOLE_ONE_IMPORT_PAGE, web::to(imports::one)),
        Route::new(
            &operation::CONSOLE_IMPORT_REPORT,
            web::to(imports_api::report),
        ),
        Route::new(&operation::CONSOLE_IMPORT_UPLOAD, web::to(imports::upload)),
        Route::new(&operation::CONSOLE_IMPORT_CHECK, web::to(imports::check)),
        Route::new(&operation::CONSOLE_IMPORT_START, web::to(imports::start)),
        Route::new(
            &operation::CONSOLE_IMPORT_CANCELLATION,
            web::to(imports::cancel),
        ),
        Route::new(&operation::CONSOLE_EXPORTS_PAGE, web::to(exports::register)),
        Route::new(&operation::CONSOLE_ONE_EXPORT_PAGE, web::to(exports::one)),
        Route::new(
            &operation::CONSOLE_EXPORT_APPROVAL,
            web::to(exports::approve),
        ),
        Route::new(
            &operation::CONSOLE_EXPORT_REJECTION,
            web::to(exports::reject),
        ),
        Route::new(
            &operation::CONSOLE_EXPORT_CANCELLATION,
            web::to(exports::cancel),
        ),
        Route::new(&operation::CONSOLE_EXPORT_REPEAT, web::to(exports::repeat)),
        Route::new(&operation::CONSOLE_EXPORT_FILE, web::to(exports::file)),
        Route::new(&operation::CONSOLE_RIGHTS_PAGE, web::to(rights::queue)),
        Route::new(&operation::CONSOLE_RIGHT_PAGE, web::to(rights::one)),
        Route::new(&operation::CONSOLE_EXTENSION_FORM, web::to(rights::extend)),
        Route::new(&operation::CONSOLE_ANSWER_FORM, web::to(rights::answer)),
        Route::new(&operation::CONSOLE_DATA_FORM, web::to(rights::hand_over)),
        Route::new(&operation::CONSOLE_LIFTING_FORM, web::to(rights::lift)),
        Route::new(
            &operation::CONSOLE_LETTER_PAGE,
            web::to(rights::letter_page),
        ),
        Route::new(
            &operation::CONSOLE_LETTER_FORM,
            web::to(rights::enter_letter),
        ),
        Route::new(&operation::CONSOLE_PARTNERS_PAGE, web::to(partners::list)),
        Route::new(&operation::CONSOLE_PARTNER_NEW, web::to(partners::add)),
        Route::new(&operation::CONSOLE_PARTNER_PAGE, web::to(partners::one)),
        Route::new(&operation::CONSOLE_PARTNER_FORM, web::to(partners::change)),
        Route::new(
            &operation::CONSOLE_PARTNER_KEY_PAGE,
            web::to(partners::key_page),
        ),
        Route::new(
            &operation::CONSOLE_PARTNER_KEY_FORM,
            web::to(partners::add_key),
        ),
        Route::new(
            &operation::CONSOLE_PARTNER_KEY_REVOCATION,
            web::to(partners::revoke_key),
        ),
        Route::new(
            &operation::CONSOLE_WEBHOOK_FORM,
            web::to(partners::set_endpoint),
        ),
        Route::new(&operation::CONSOLE_PEOPLE_PAGE, web::to(people::list)),
        Route::new(&operation::CONSOLE_INVITATION_NEW, web::to(people::invite)),
        Route::new(
            &operation::CONSOLE_INVITATION_REVOCATION,
            web::to(people::revoke),
        ),
        Route::new(&operation::CONSOLE_PERSON_PAGE, web::to(people::one)),
        Route::new(&operation::CONSOLE_MEMBERSHIP_FORM, web::to(people::change)),
        Route::new(
            &operation::CONSOLE_PERSON_SESSIONS_FORM,
            web::to(people::end_sessions),
        ),
        Route::new(&operation::CONSOLE_ACCOUNT_PAGE, web::to(account::show)),
        Route::new(
            &operation::CONSOLE_ACCOUNT_SESSIONS_FORM,
            web::to(account::end_sessions),
        ),
        Route::new(
            &operation::CONSOLE_PASSWORD_PAGE,
            web::to(account::password_page),
        ),
        Route::new(
            &operation::CONSOLE_PASSWORD_FORM,
            web::to(account::password),
        ),
        Route::new(
            &operation::CONSOLE_FACTOR_PAGE,
            web::to(account::factor_page),
        ),
        Route::new(
            &operation::CONSOLE_FACTOR_FORM,
            web::to(account::change_factor),
        ),
        Route::new(
            &operation::CONSOLE_RECOVERY_PAGE,
            web::to(account::recovery_page),
        ),
        Route::new(
            &operation::CONSOLE_RECOVERY_FORM,
            web::to(account::recovery),
        ),
        Route::new(&operation::CONSOLE_TRAILS_PAGE, web::to(trails::index)),
        Route::new(
            &operation::CONSOLE_CLAIMANT_TRAIL,
            web::to(trails::of_claimant),
        ),
        Route::new(
            &operation::CONSOLE_CLAIMANT_TRAIL_CSV,
            web::to(trails_api::of_claimant_csv),
        ),
        Route::new(&operation::CONSOLE_STAFF_TRAIL, web::to(trails::of_person)),
        Route::new(
            &operation::CONSOLE_STAFF_TRAIL_CSV,
            web::to(trails_api::of_person_csv),
        ),
        Route::new(&operation::CONSOLE_STAFF_REACH, web::to(trails::reach_of)),
        Route::new(
            &operation::CONSOLE_STAFF_REACH_CSV,
            web::to(trails_api::reach_csv),
        ),
        Route::new(&operation::CONSOLE_MAILS_PAGE, web::to(mails::show)),
        Route::new(&operation::CONSOLE_MAILS_FORM, web::to(mails::retry)),
        Route::new(&operation::INVITATION_PAGE, web::to(invitation::show)),
        Route::new(&operation::INVITATION_FORM, web::to(invitation::accept)),
        Route::new(&operation::CONSOLE_DASHBOARD, web::to(dashboard::show)),
        Route::new(&operation::CONSOLE_CONFLICT_PAGE, web::to(conflicts::one)),
        Route::new(
            &operation::CONSOLE_CONFLICT_DECISION,
            web::to(conflicts::decide),
        ),
        Route::new(
            &operation::CONSOLE_CONFLICT_APPROVAL,
            web::to(conflicts::approve),
        ),
        Route::new(
            &operation::CONSOLE_DEFICIENCY_FORM,
            web::to(deficiencies::ask),
        ),
        Route::new(&operation::CONSOLE_QUEUES_PAGE, web::to(queues::overview)),
        Route::new(&operation::CONSOLE_NEXT_ITEM, web::to(queues::next)),
        Route::new(&operation::CONSOLE_BEGIN_FORM, web::to(queues::begin)),
        Route::new(&operation::CONSOLE_ASSIGN_FORM, web::to(queues::assign)),
        Route::new(&operation::CONSOLE_RETENTION_PAGE, web::to(retention::page)),
        Route::new(
            &operation::CONSOLE_CASE_DESK_PAGE,
            web::to(case_desk::overview),
        ),
        Route::new(&operation::CONSOLE_CASE_NEW, web::to(case_desk::begin)),
        Route::new(&operation::CONSOLE_CASE_PAGE, web::to(case_desk::one)),
        Route::new(
            &operation::CONSOLE_CASE_PREVIEW,
            web::to(case_desk::preview),
        ),
        Route::new(
            &operation::CONSOLE_CASE_SECTION_PAGE,
            web::to(case_desk::form::show),
        ),
        Route::new(
            &operation::CONSOLE_CASE_SECTION_FORM,
            web::to(case_desk::form::send),
        ),
        Route::new(
            &operation::CONSOLE_CASE_DECISION,
            web::to(case_desk::decide),
        ),
        Route::new(
            &operation::CONSOLE_DEMAND_LETTERS_PAGE,
            web::to(demand_letters::register),
        ),
        Route::new(
            &operation::CONSOLE_DEMAND_LETTERS_FORM,
            web::to(demand_letters::enter),
        ),
        Route::new(
            &operation::CONSOLE_DEMAND_LETTER_PAGE,
            web::to(demand_letters::one),
        ),
        Route::new(
            &operation::CONSOLE_DEMAND_LETTER_FORM,
            web::to(demand_letters::update),
        ),
        Route::new(
            &operation::CONSOLE_BREACHES_PAGE,
            web::to(breaches::register),
        ),
        Route::new(&operation::CONSOLE_BREACH_NEW, web::to(breaches::open)),
        Route::new(&operation::CONSOLE_BREACHES_CSV, web::to(breaches::csv)),
        Route::new(&operation::CONSOLE_BREACH_PAGE, web::to(breaches::one)),
        Route::new(&operation::CONSOLE_BREACH_FORM, web::to(breaches::update)),
        Route::new(
            &operation::CONSOLE_SCAM_REPORTS_PAGE,
            web::to(scam_reports::queue),
        ),
        Route::new(
            &operation::CONSOLE_SCAM_REPORT_PAGE,
            web::to(scam_reports::one),
        ),
        Route::new(
            &operation::CONSOLE_SCAM_REPORT_FORM,
            web::to(scam_reports::handle),
        ),
        Route::new(&operation::CONSOLE_UPDATES_PAGE, web::to(updates::list)),
        Route::new(&operation::CONSOLE_UPDATES_FORM, web::to(updates::send)),
        Route::new(
            &operation::CONSOLE_UPDATE_WITHDRAWAL,
            web::to(updates::withdraw),
        ),
        Route::new(&operation::CONSOLE_EXPORT_FORM, web::to(export::send)),
        Route::new(&operation::CONSOLE_DOCUMENT, web::to(declared::document)),
        Route::new(&operation::CONSOLE_EVIDENCE, web::to(declared::evidence)),
        Route::new(&operation::CONSOLE_RECEIPT, web::to(declared::receipt)),
        Route::new(
            &operation::CONSOLE_ATTESTATION,
            web::to(declared::attestation),
        ),
        Route::new(
            &operation::CONSOLE_DOCUMENT_FILE,
            web::to(documents_api::file),
        ),
        Route::new(
            &operation::CONSOLE_SIGNATURE_FILES,
            web::to(signature_files::list),
        ),
        Route::new(
            &operation::CONSOLE_SIGNATURE_FILE,
            web::to(signature_files::content),
        ),
        Route::new(
            &operation::CONSOLE_STEP_UP_PAGE,
            web::to(login::step_up_page),
        ),
        Route::new(&operation::CONSOLE_STEP_UP_FORM, web::to(login::step_up)),
    ]
}

/// What stands around a page, before anybody is signed in.
fn outside(state: &AppState, language: Lang, request: &HttpRequest) -> Console {
    Console {
        chrome: Chrome {
            language: language.0.of_staff(),
            demo: state.ctx.settings.demo,
            path: own_path(request),
            ..Chrome::default()
        },
        who: None,
    }
}

/// What stands around a page of a signed-in staff member.
async fn inside(
    state: &AppState,
    language: Lang,
    request: &HttpRequest,
    staff: &Staff,
) -> WebResult<Console> {
    let mut console = outside(state, language, request);
    console.chrome.csrf = staff.csrf(state);
    let cases = claimant_list::cases(&state.ctx, &staff.actor).await?;
    let role = staff.actor.role();
    let tally = approval::tally(&state.ctx, &staff.actor).await?;
    console.who = Some(Who {
        association: cases
            .first()
            .map(|own| own.association.name.clone())
            .unwrap_or_default(),
        role: role.as_str(),
        stepped_up: staff.actor.stepped_up(),
        approvals: operation::CONSOLE_APPROVALS_PAGE
            .allows(role)
            .then(|| ApprovalsNav {
                count: u64::try_from(tally.to_decide).unwrap_or(0),
                more: tally.more,
                is_stuck: tally.is_stuck,
                invites: operation::INVITE.allows(role),
            }),
    });
    Ok(console)
}

/// What stands around an answer that is only words, for who is signed in; none for everybody else.
pub(in crate::web) async fn around_words(
    state: &AppState,
    request: &HttpRequest,
) -> Option<Console> {
    let staff = Staff::signed_in(state, request).await?;
    let language = Lang::of(request.head());
    let mut console = inside(state, language, request, &staff).await.ok()?;
    // what was asked for may not be there in another language either
    "/console".clone_into(&mut console.chrome.path);
    Some(console)
}

/// Path and query without `lang`.
fn own_path(request: &HttpRequest) -> String {
    let kept: Vec<&str> = request
        .query_string()
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="))
        .collect();
    let path = request.uri().path();
    if kept.is_empty() {
        return path.to_owned();
    }
    format!("{path}?{}", kept.join("&"))
}

fn page<T: Template>(status: StatusCode, page: &T) -> WebResult<HttpResponse> {
    let html = page
        .render()
        .map_err(|error| WebError::App(AppError::internal(error)))?;
    Ok(HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .body(html))
}

fn see_other(place: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, place))
        .finish()
}
