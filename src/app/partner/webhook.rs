//! Where partners have events delivered to: addresses of their servers, the secrets that sign (decision 33). What
//! partners do with them is in `own` and `replay`, what staff do in `staff`, deliveries in `delivery`.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::sealing::{Aad, FORMAT, Sealed};
use crate::crypto::webhook::WebhookSecret;
use crate::db::DbError;
use crate::db::webhook::EndpointRow;
use crate::domain::ids::{CaseId, WebhookEndpointId};
use crate::domain::partner::{KeyMode, SubmissionState};
use crate::domain::webhook::{Delivery, DisabledWhy};
use crate::domain::webhook_url::{Reach, WebhookUrl};

pub mod delivery;
pub mod own;
pub mod replay;
pub mod staff;

/// An address that events are delivered to.
#[derive(Clone)]
pub struct Endpoint {
    /// Its id.
    pub id: WebhookEndpointId,
    /// Where to.
    pub url: String,
    /// Live or test, as the key it was made with.
    pub mode: KeyMode,
    /// Cases it is told of; none: all.
    pub cases: Option<Vec<CaseId>>,
    /// States it is told of.
    pub states: Vec<SubmissionState>,
    /// When it was made, UTC.
    pub created_at: DateTime<Utc>,
    /// Since when nothing is delivered, UTC, and why; none: it is.
    pub disabled: Option<(DateTime<Utc>, DisabledWhy)>,
    /// Since when each attempt failed, UTC.
    pub failing_since: Option<DateTime<Utc>>,
    /// When it last took a delivery, UTC.
    pub last_success_at: Option<DateTime<Utc>>,
    /// Until when the secret before signs too, UTC.
    pub previous_until: Option<DateTime<Utc>>,
}

/// What is sealed of an endpoint.
#[derive(Serialize, Deserialize)]
pub(in crate::app) struct Kept {
    /// Where to.
    pub(in crate::app) url: String,
    /// What signs.
    pub(in crate::app) secret: WebhookSecret,
    /// What signed before.
    pub(in crate::app) previous: Option<WebhookSecret>,
}

/// Which addresses an endpoint of a mode may have.
pub(in crate::app) fn reach(ctx: &Ctx, mode: KeyMode) -> Reach {
    match mode {
        KeyMode::Live => Reach::Public,
        KeyMode::Test => Reach::of_base(&ctx.settings.public_base_url),
    }
}

/// Seals what is kept of an endpoint, with the newest root key.
pub(in crate::app) fn seal(ctx: &Ctx, id: Uuid, kept: &Kept) -> AppResult<(i32, Vec<u8>)> {
    let (version, root) = ctx.keyring.root();
    let version = i32::try_from(version).map_err(AppError::internal)?;
    let sealed = root.seal_json(&place(id, version), kept)?;
    Ok((version, sealed.into_bytes()))
}

/// Opens what is kept of an endpoint.
pub(in crate::app) fn open(ctx: &Ctx, id: Uuid, version: i32, sealed: Vec<u8>) -> AppResult<Kept> {
    let root = ctx.keyring.root_by_version(version)?;
    let at = place(id, version);
    Ok(root.open_json(&at, &Sealed::from_stored(sealed))?)
}

fn place(id: Uuid, key_version: i32) -> Aad<'static> {
    Aad {
        version: FORMAT,
        table: "webhook_endpoints",
        column: "sealed",
        claimant: id,
        key_version,
    }
}

/// Where an endpoint is, for the trail: no path, no query.
pub(in crate::app) fn host_of(url: &str, reach: Reach) -> String {
    let read = WebhookUrl::parse(Some(url), reach);
    read.map(|url| url.host().to_owned()).unwrap_or_default()
}

impl Endpoint {
    /// Whether events are delivered to it.
    pub const fn delivery(&self) -> Delivery {
        match self.disabled {
            Some(_) => Delivery::Disabled,
            None => Delivery::Enabled,
        }
    }

    pub(in crate::app) fn of(ctx: &Ctx, row: EndpointRow) -> AppResult<Self> {
        let kept = open(ctx, row.id, row.root_version, row.sealed)?;
        let mode = KeyMode::parse(&row.mode);
        let states = row.event_types.iter().map(|word| {
            let state = SubmissionState::parse(word);
            state.ok_or(DbError::Corrupt("webhook_endpoints.event_types"))
        });
        let why = row.disabled_why.as_deref().map(|word| {
            let why = DisabledWhy::parse(word);
            why.ok_or(DbError::Corrupt("webhook_endpoints.disabled_why"))
        });
        Ok(Self {
            id: WebhookEndpointId::new(row.id),
            url: kept.url,
            mode: mode.ok_or(DbError::Corrupt("webhook_endpoints.mode"))?,
            cases: row
                .case_ids
                .map(|ids| ids.into_iter().map(CaseId::new).collect()),
            states: states.collect::<Result<_, _>>()?,
            created_at: row.created_at,
            disabled: row.disabled_at.zip(why.transpose()?),
            failing_since: row.failing_since,
            last_success_at: row.last_success_at,
            previous_until: row.previous_until.filter(|end| *end > ctx.clock.now()),
        })
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.id)
    }
}
