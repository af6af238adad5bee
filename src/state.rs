//! What every request can reach.

use std::path::PathBuf;
use std::sync::Arc;

use ipnet::IpNet;

use crate::app::Ctx;
use crate::app::health::Health;
use crate::config::{Config, RateLimits, Transport};

/// Settings of the web layer alone.
#[derive(Clone, Debug)]
pub struct WebOptions {
    /// Networks whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether people reach us by TLS.
    pub https: bool,
    /// Limits per network address.
    pub rate_limits: RateLimits,
    /// The folder of mails that `/demo/outbox` shows.
    pub mail_dir: Option<PathBuf>,
}

impl WebOptions {
    /// The web's part of a configuration.
    pub fn of(config: &Config) -> Self {
        Self {
            trusted_proxies: config.trusted_proxies.clone(),
            https: config.is_https(),
            rate_limits: config.rate_limits,
            mail_dir: match &config.transport {
                Some(Transport::Folder(folder)) => Some(folder.clone()),
                Some(Transport::Relay(_) | Transport::Direct(_)) | None => None,
            },
        }
    }
}

/// Shared by all requests. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// What actions need.
    pub ctx: Ctx,
    /// Whether we are ready.
    pub health: Arc<Health>,
    /// Settings of the web layer.
    pub web: Arc<WebOptions>,
}
