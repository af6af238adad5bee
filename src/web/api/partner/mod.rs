//! `/api/v1/partner`: for the sites of partners (DESIGN 8, decisions 32 and 33).

use actix_web::web;
use utoipa::OpenApi;

use crate::domain::permission::operation;
use crate::web::Route;

pub mod claimants;
pub mod deliveries;
pub mod events;
pub mod sandbox;
pub mod statistics;
pub mod webhooks;

/// Routes of this folder.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(&operation::SUBMIT_CLAIMANT, web::to(claimants::submit)),
        Route::new(&operation::SUBMIT_CLAIMANTS, web::to(claimants::submit_all)),
        Route::new(&operation::LIST_SUBMISSIONS, web::to(claimants::list)),
        Route::new(&operation::GET_SUBMISSION, web::to(claimants::get)),
        Route::new(&operation::PARTNER_STATISTICS, web::to(statistics::show)),
        Route::new(&operation::LIST_PARTNER_EVENTS, web::to(events::list)),
        Route::new(&operation::ADD_WEBHOOK_ENDPOINT, web::to(webhooks::add)),
        Route::new(&operation::LIST_WEBHOOK_ENDPOINTS, web::to(webhooks::list)),
        Route::new(&operation::GET_WEBHOOK_ENDPOINT, web::to(webhooks::get)),
        Route::new(
            &operation::CHANGE_WEBHOOK_ENDPOINT,
            web::to(webhooks::change),
        ),
        Route::new(
            &operation::DELETE_WEBHOOK_ENDPOINT,
            web::to(webhooks::remove),
        ),
        Route::new(&operation::ROTATE_WEBHOOK_SECRET, web::to(webhooks::rotate)),
        Route::new(&operation::PING_WEBHOOK_ENDPOINT, web::to(deliveries::ping)),
        Route::new(
            &operation::LIST_WEBHOOK_ATTEMPTS,
            web::to(deliveries::attempts),
        ),
        Route::new(
            &operation::REPLAY_WEBHOOK_EVENTS,
            web::to(deliveries::replay),
        ),
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
    events::list,
    webhooks::add,
    webhooks::list,
    webhooks::get,
    webhooks::change,
    webhooks::remove,
    webhooks::rotate,
    deliveries::ping,
    deliveries::attempts,
    deliveries::replay,
    sandbox::people,
    sandbox::move_to,
    sandbox::empty
))]
pub(super) struct Doc;
