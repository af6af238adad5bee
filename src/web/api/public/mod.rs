//! `/api/v1/public`: for everybody.

use actix_web::web;
use utoipa::OpenApi;

use crate::domain::permission::operation;
use crate::web::Route;

pub mod cases;

/// Routes of this folder.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(&operation::LIST_CASES, web::to(cases::list)),
        Route::new(&operation::GET_CASE, web::to(cases::get)),
    ]
}

/// Description of this folder.
#[derive(OpenApi)]
#[openapi(paths(cases::list, cases::get))]
pub(super) struct Doc;
