//! Logs and metrics. Neither carries personal data: ids, route patterns and numbers only.

use std::io::{IsTerminal, stderr};

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// What is logged when nothing was asked for.
const FILTER: &str = "info,actix_server=warn,object_store=warn";
/// Bounds of the histograms of durations, in seconds.
const SECONDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// Sends logs to standard error: words for a terminal, JSON lines for everything else.
///
/// # Errors
/// If the filter cannot be read, or logs go somewhere already.
pub fn init_logs(filter: Option<&str>) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter.unwrap_or(FILTER)).context("RUST_LOG cannot be read")?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr);
    let done = if stderr().is_terminal() {
        builder.with_target(false).compact().try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    };
    done.map_err(|error| anyhow::anyhow!("logs go somewhere already: {error}"))
}

/// Starts to count; the handle writes the numbers in the text format of Prometheus.
///
/// # Errors
/// If somebody counts already.
pub fn init_metrics() -> anyhow::Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()
        .context("metrics are counted already")
}
