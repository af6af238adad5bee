//! The claimants' pages: no script needed (`documents` has one, for uploads that break off, `embed` one, for the height of its frame), GET changes nothing, a POST answers 303 or the form again.

use actix_web::web;

use crate::domain::permission::operation;
use crate::web::Route;

pub mod about;
pub mod association_change;
pub mod card;
pub mod case;
pub mod confirm;
pub mod contact;
pub mod declare;
pub mod documents;
pub mod embed;
pub mod enter;
pub mod files;
pub mod follow;
pub mod home;
pub mod identity;
pub mod join;
pub mod joined;
pub mod leaving;
pub mod log;
pub mod mailbox;
pub mod me;
pub mod messages;
pub mod not_me;
pub mod own_data;
pub mod paper;
pub mod payout;
pub mod problems;
pub mod representative;
pub mod resume;
pub mod rights;
pub mod scam_report;
pub mod sign;
pub mod stop;
pub mod texts;
pub mod updates;
pub mod verify;
pub mod visit;

/// Routes of this folder.
#[expect(clippy::too_many_lines, reason = "a table")]
pub fn routes() -> Vec<Route> {
    use operation as o;
    vec![
        Route::new(&o::HOME_PAGE, web::to(home::page)),
        Route::new(&o::CASE_PAGE, web::to(case::page)),
        Route::new(&o::ABOUT_PAGE, web::to(about::page)),
        Route::new(&o::UPDATES_PAGE, web::to(updates::page)),
        Route::new(&o::FOLLOW_PAGE, web::to(follow::form)),
        Route::new(&o::FOLLOW_FORM, web::to(follow::send)),
        Route::new(&o::FOLLOW_CONFIRM_PAGE, web::to(follow::confirm_page)),
        Route::new(&o::FOLLOW_CONFIRM_FORM, web::to(follow::confirm)),
        Route::new(&o::UNFOLLOW_PAGE, web::to(follow::unfollow_page)),
        Route::new(&o::UNFOLLOW_FORM, web::to(follow::unfollow)),
        Route::new(&o::STOP_MESSAGES_PAGE, web::to(messages::page)),
        Route::new(&o::STOP_MESSAGES_FORM, web::to(messages::send)),
        Route::new(&o::TEXTS_PAGE, web::to(texts::page)),
        Route::new(&o::JOIN_PAGE, web::to(join::page)),
        Route::new(&o::JOIN_FORM, web::to(join::send)),
        Route::new(&o::JOINED_PAGE, web::to(joined::page)),
        Route::new(&o::JOINED_CODE, web::to(joined::code)),
        Route::new(&o::JOINED_ADDRESS, web::to(joined::address)),
        Route::new(&o::JOINED_RESEND, web::to(joined::resend)),
        Route::new(&o::EMBED_SCRIPT, web::to(embed::script)),
        Route::new(&o::EMBED_PAGE, web::to(embed::page)),
        Route::new(&o::EMBED_FORM, web::to(embed::send)),
        Route::new(&o::CONFIRM_PAGE, web::to(confirm::page)),
        Route::new(&o::CONFIRM_FORM, web::to(confirm::send)),
        Route::new(&o::CONFIRM_RESEND, web::to(confirm::resend)),
        Route::new(&o::NOT_ME_PAGE, web::to(not_me::page)),
        Route::new(&o::NOT_ME_FORM, web::to(not_me::send)),
        Route::new(&o::NOT_ME_UNDO, web::to(not_me::undo)),
        Route::new(&o::STOP_PAYOUT_PAGE, web::to(stop::payout_page)),
        Route::new(&o::STOP_PAYOUT_FORM, web::to(stop::stop_payout)),
        Route::new(&o::STOP_CONTACT_PAGE, web::to(stop::contact_page)),
        Route::new(&o::STOP_CONTACT_FORM, web::to(stop::stop_contact)),
        Route::new(&o::NEW_CONTACT_PAGE, web::to(stop::new_contact_page)),
        Route::new(&o::NEW_CONTACT_FORM, web::to(stop::take_contact)),
        Route::new(&o::ENTER_START, web::to(enter::start)),
        Route::new(&o::ENTER_LINK_FORM, web::to(enter::ask_link)),
        Route::new(&o::ENTER_CODE_FORM, web::to(enter::by_code)),
        Route::new(&o::ENTER_PAGE, web::to(enter::page)),
        Route::new(&o::ENTER_FORM, web::to(enter::send)),
        Route::new(&o::LEAVE_FORM, web::to(me::leave)),
        Route::new(&o::ME_PAGE, web::to(me::page)),
        Route::new(&o::IDENTITY_PAGE, web::to(identity::page)),
        Route::new(&o::IDENTITY_FORM, web::to(identity::send)),
        Route::new(&o::REPRESENTATIVE_PAGE, web::to(representative::page)),
        Route::new(&o::REPRESENTATIVE_FORM, web::to(representative::send)),
        Route::new(&o::DECLARE_PAGE, web::to(declare::page)),
        Route::new(&o::DECLARE_FORM, web::to(declare::send)),
        Route::new(&o::SIGN_PAGE, web::to(sign::page)),
        Route::new(&o::SIGN_CODE_FORM, web::to(sign::ask_code)),
        Route::new(&o::SIGN_FORM, web::to(sign::send)),
        Route::new(&o::DOCUMENTS_PAGE, web::to(documents::page)),
        Route::new(&o::DOCUMENTS_FORM, web::to(documents::add)),
        Route::new(&o::DOCUMENT_ORIGINAL, web::to(documents::file)),
        Route::new(&o::DOCUMENT_REMOVAL_FORM, web::to(documents::remove)),
        Route::new(&o::SIGN_FILE_FORM, web::to(sign::send_file)),
        Route::new(&o::PAYOUT_PAGE, web::to(payout::page)),
        Route::new(&o::PAYOUT_FORM, web::to(payout::send)),
        Route::new(&o::PAYOUT_CODE_FORM, web::to(payout::ask_code)),
        Route::new(&o::CONTACT_PAGE, web::to(contact::page)),
        Route::new(&o::CONTACT_FORM, web::to(contact::send)),
        Route::new(&o::CONTACT_CODE_FORM, web::to(contact::confirm)),
        Route::new(&o::PHONE_FORM, web::to(contact::give_phone)),
        Route::new(&o::MAILBOX_PAGE, web::to(mailbox::page)),
        Route::new(&o::MAILBOX_CODE_FORM, web::to(mailbox::ask_code)),
        Route::new(&o::MAILBOX_FORM, web::to(mailbox::send)),
        Route::new(&o::DECLARATION_FILE, web::to(files::declaration)),
        Route::new(&o::PAPER_PAGE, web::to(paper::page)),
        Route::new(&o::PAPER_HAND_IN, web::to(paper::send)),
        Route::new(&o::PAPER_FORM_FILE, web::to(files::paper_form)),
        Route::new(&o::SIGNED_FILE, web::to(files::signed)),
        Route::new(&o::RECEIPT_FILE, web::to(files::receipt)),
        Route::new(&o::ATTESTATION_FILE, web::to(files::attestation)),
        Route::new(&o::CONSENT_FORM, web::to(me::newsletter)),
        Route::new(&o::ASSOCIATION_PAGE, web::to(association_change::page)),
        Route::new(&o::ASSOCIATION_FORM, web::to(association_change::send)),
        Route::new(&o::WITHDRAW_PAGE, web::to(leaving::withdraw_page)),
        Route::new(&o::WITHDRAW_FORM, web::to(leaving::withdraw)),
        Route::new(&o::ERASE_PAGE, web::to(leaving::erase_page)),
        Route::new(&o::ERASE_FORM, web::to(leaving::erase)),
        Route::new(&o::DATA_FILE, web::to(own_data::file)),
        Route::new(&o::MY_MAILS_PAGE, web::to(own_data::mails)),
        Route::new(&o::MY_VIEWS_PAGE, web::to(own_data::views)),
        Route::new(&o::RIGHTS_PAGE, web::to(rights::page)),
        Route::new(&o::RIGHTS_FORM, web::to(rights::ask)),
        Route::new(&o::REPORT_SCAM_PAGE, web::to(scam_report::page)),
        Route::new(&o::REPORT_SCAM_FORM, web::to(scam_report::send)),
        Route::new(&o::VERIFY_PAGE, web::to(verify::page)),
        Route::new(&o::VERIFY_FORM, web::to(verify::check)),
        Route::new(&o::PROBLEMS_PAGE, web::to(problems::list)),
        Route::new(&o::PROBLEM_PAGE, web::to(problems::page)),
        Route::new(&o::LOG_CHECKPOINT, web::to(log::checkpoint)),
        Route::new(&o::LOG_VKEY, web::to(log::vkey)),
        Route::new(&o::LOG_CONSISTENCY, web::to(log::consistency)),
        Route::new(&o::LOG_TILE, web::to(log::tile)),
        Route::new(&o::LOG_TIMESTAMP, web::to(log::timestamp)),
    ]
}
