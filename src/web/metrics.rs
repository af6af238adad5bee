//! `GET /metrics`, on its own address.

use actix_web::{HttpResponse, web};
use metrics_exporter_prometheus::PrometheusHandle;

use crate::app::Ctx;

/// The numbers in the text format of Prometheus.
pub async fn show(handle: web::Data<PrometheusHandle>, ctx: web::Data<Ctx>) -> HttpResponse {
    let open = u32::try_from(ctx.pools.open_connections()).unwrap_or(u32::MAX);
    metrics::gauge!("joinder_database_connections").set(f64::from(open));
    let waiting = u32::try_from(ctx.sign_ups_waiting()).unwrap_or(u32::MAX);
    metrics::gauge!("joinder_sign_ups_waiting").set(f64::from(waiting));
    handle.run_upkeep();
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(handle.render())
}
