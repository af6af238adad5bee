//! `/api/v1/partner`: for the sites of partners (DESIGN 8, decision 32).

use actix_web::web;
use utoipa::OpenApi;

use crate::domain::permission::operation;
use crate::web::Route;

pub mod claimants;
pub mod sandbox;
pub mod statistics;

/// Routes of this folder.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(&operation::SUBMIT_CLAIMANT, web::to(claimants::submit)),
        Route::new(&operation::SUBMIT_CLAIMANTS, web::to(claimants::submit_all)),
        Route::new(&operation::LIST_SUBMISSIONS, web::to(claimants::list)),
        Route::new(&operation::GET_SUBMISSION, web::to(claimants::get)),
        Route::new(&operation::PARTNER_STATISTICS, web::to(statistics::show)),
        Route::new(&operation::SANDBOX_PEOPLE, web::to(sandbox::people)),
        Route::new(&operation::MOVE_TEST_PERSON, web::to(sandbox::move_to)),
        Route::new(&operation::EMPTY_SANDBOX, web::to(sandbox::empty)),
    ]
}

/// Description of this folder.
#[derive(OpenApi)]
#[openapi(paths(
    claimants::submit,
    claimants::submit_all,
    claimants::list,
    claimants::get,
    statistics::show,
    sandbox::people,
    sandbox::move_to,
    sandbox::empty
))]
pub(super) struct Doc;
