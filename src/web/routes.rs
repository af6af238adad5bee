//! Routes, built from the permission table: one resource for each operation, with its method as
//! guard and the operation itself as app data, so that extractors know who may.

use actix_web::guard::fn_guard;
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::web::{self, ServiceConfig};

use crate::domain::permission::{Access, Method, Operation};
use crate::web::error::{WebError, WebResult};
use crate::web::middleware::rate_limit::{self, Limits};
use crate::web::middleware::same_origin;
use crate::web::middleware::{frame, partner};
use crate::web::{api, console, demo, public, service, statics};

/// An operation and its handler.
pub struct Route {
    operation: &'static Operation,
    handler: actix_web::Route,
}

impl Route {
    /// `handler` comes from `web::to(...)`: the method is the operation's.
    pub fn new(operation: &'static Operation, handler: actix_web::Route) -> Self {
        Self { operation, handler }
    }

    /// What it does.
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }
}

/// Every route of the program. Each folder of handlers gives its own.
pub fn all() -> Vec<Route> {
    let mut routes = service::routes();
    routes.extend(api::public::routes());
    routes.extend(api::staff::routes());
    routes.extend(api::partner::routes());
    routes.extend(public::routes());
    routes.extend(console::routes());
    routes.extend(demo::routes());
    routes
}

/// Registers every route, the files beside, and what answers everything else.
pub fn register(config: &mut ServiceConfig, limits: &Limits, openapi: &api::Description) {
    // a fixed segment before a variable one, and each path with what refuses other methods: `batches` is no id
    let mut routes = all();
    routes.sort_by_cached_key(|route| {
        let path = route.operation.path;
        let variables: Vec<bool> = path.split('/').map(|part| part.contains('{')).collect();
        (variables, path)
    });
    let mut routes = routes.into_iter().peekable();
    let mut methods = Vec::new();
    while let Some(route) = routes.next() {
        let path = route.operation.path;
        methods.push(route.operation.method);
        register_one(config, route, limits);
        if routes.peek().is_none_or(|next| next.operation.path != path) {
            refuse_others(config, path, std::mem::take(&mut methods));
        }
    }
    config.app_data(web::Data::new(openapi.clone()));
    config.configure(statics::register);
    config.configure(api::docs::register);
    config.default_service(web::to(not_found));
}

/// 405 for the methods that a path does not have.
fn refuse_others(config: &mut ServiceConfig, path: &'static str, methods: Vec<Method>) {
    let refuse = web::to(move || {
        let refused = WebError::MethodNotAllowed(methods.clone());
        std::future::ready(WebResult::<&'static str>::Err(refused))
    });
    config.service(web::resource(path).default_service(refuse));
}

fn register_one(config: &mut ServiceConfig, route: Route, limits: &Limits) {
    let operation = route.operation;
    let limit = limits.of(operation);
    // pages of one person stay uncompressed: length must not tell of their content
    let partners = partner::guards(operation);
    let compressed = operation.method == Method::Get && operation.access == Access::Public;
    let resource = web::resource(operation.path)
        .name(operation.name)
        .guard(fn_guard(move |context| {
            accepts(operation.method, &context.head().method)
        }))
        .app_data(operation)
        .route(route.handler)
        .wrap(Condition::new(
            partners,
            from_fn(move |request, next| partner::check(operation, request, next)),
        ))
        .wrap(Condition::new(compressed, Compress::default()))
        .wrap(from_fn(same_origin::check))
        .wrap(from_fn(move |request, next| {
            rate_limit::check(limit.clone(), request, next)
        }))
        .wrap(Condition::new(
            frame::is_framed(operation.path),
            from_fn(frame::name_ancestors),
        ));
    config.service(resource);
}

/// HEAD is GET without the body, which the server leaves out.
fn accepts(method: Method, asked: &actix_web::http::Method) -> bool {
    asked.as_str() == method.as_str() || (method == Method::Get && asked.as_str() == "HEAD")
}

async fn not_found() -> WebResult<&'static str> {
    Err(WebError::App(crate::app::AppError::NotFound))
}
