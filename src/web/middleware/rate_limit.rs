//! Limits per network address, in this process: generous, since a carrier's NAT hides thousands.
//! Limits per person and address are rows (`app`); these only blunt floods.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::app::AppError;
use crate::config::RateLimits;
use crate::domain::permission::{Access, Operation, operation};
use crate::web::error::WebError;
use crate::web::extract;
use crate::web::extract::client::{ClientAddr, Network};

/// After so many checks the networks not seen lately are forgotten.
const SWEEP: u32 = 8192;

/// Operations that share a limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Sign-ups, and links from mails, which cannot be guessed.
    SignUp,
    /// What makes us write a mail, or tells whether we did; what anybody may have us keep.
    Mail,
    /// Codes and passwords, which can be guessed.
    Attempt,
    /// What prints or reads a document.
    Document,
    /// The API of partners: each key has its own limits beside.
    Partner,
    /// Files of the evidence logs: who reads one of a million entries whole asks for 8,000.
    Log,
}

impl Class {
    /// All classes.
    pub const ALL: [Self; 6] = [
        Self::SignUp,
        Self::Mail,
        Self::Attempt,
        Self::Document,
        Self::Partner,
        Self::Log,
    ];

    /// The class of an operation, if it has a limit.
    #[expect(clippy::too_many_lines, reason = "a table")]
    pub fn of(asked: &Operation) -> Option<Self> {
        use operation as o;
        if matches!(asked.access, Access::Partner(_)) {
            return Some(Self::Partner);
        }
        let is_in = |operations: &[Operation]| operations.contains(asked);
        let links = [
            o::SIGN_UP,
            o::JOIN_FORM,
            o::EMBED_FORM,
            o::CONFIRM_FORM,
            o::ENTER_FORM,
            o::FOLLOW_CONFIRM_FORM,
            o::UNFOLLOW_FORM,
            o::STOP_MESSAGES_FORM,
        ];
        if is_in(&links) {
            return Some(Self::SignUp);
        }
        let mails = [
            o::RESEND,
            o::REQUEST_ACCESS,
            o::CHECK_MAIL_CODE,
            o::JOINED_ADDRESS,
            o::JOINED_RESEND,
            o::CONFIRM_RESEND,
            o::NOT_ME_FORM,
            o::NOT_ME_UNDO,
            o::STOP_PAYOUT_FORM,
            o::STOP_CONTACT_FORM,
            o::NEW_CONTACT_FORM,
            o::REQUEST_CONTACT_CHANGE,
            o::CONTACT_FORM,
            o::REQUEST_PAYOUT_CODE,
            o::PAYOUT_CODE_FORM,
            o::REQUEST_MAILBOX_CODE,
            o::MAILBOX_CODE_FORM,
            o::ENTER_LINK_FORM,
            o::FOLLOW,
            o::FOLLOW_FORM,
            o::VERIFY_PAGE,
            o::REPORT_SCAM,
            o::REPORT_SCAM_FORM,
        ];
        if is_in(&mails) {
            return Some(Self::Mail);
        }
        let attempts = [
            o::CONFIRM,
            o::ENTER,
            o::JOINED_CODE,
            o::ENTER_CODE_FORM,
            o::IDENTITY_FORM,
            o::PAYOUT_FORM,
            o::PUT_PAYOUT,
            o::PROVE_MAILBOX,
            o::CONFIRM_CONTACT_CHANGE,
            o::CONTACT_CODE_FORM,
            o::PHONE_FORM,
            o::MAILBOX_FORM,
            o::STAFF_TOKEN,
            o::STAFF_REFRESH,
            o::STAFF_STEP_UP,
            o::LOGIN_FORM,
            o::INVITATION_FORM,
            o::CONSOLE_STEP_UP_FORM,
        ];
        if is_in(&attempts) {
            return Some(Self::Attempt);
        }
        let documents = [
            o::PUT_DECLARATION,
            o::DECLARATION_DOCUMENT,
            o::DECLARE_FORM,
            o::DECLARATION_FILE,
            o::VERIFY_FORM,
            o::ADD_DOCUMENT,
            o::DOCUMENT_FILE,
            o::DOCUMENTS_FORM,
            o::DOCUMENT_ORIGINAL,
            o::PAPER_FORM,
            o::PAPER_FORM_FILE,
            o::PAPER_HAND_IN,
        ];
        if is_in(&documents) {
            return Some(Self::Document);
        }
        let logs = [
            o::LOG_CHECKPOINT,
            o::LOG_VKEY,
            o::LOG_CONSISTENCY,
            o::LOG_TILE,
            o::LOG_TIMESTAMP,
        ];
        is_in(&logs).then_some(Self::Log)
    }

    /// Name in `/.well-known/limits`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::Mail => "mail",
            Self::Attempt => "attempt",
            Self::Document => "document",
            Self::Partner => "partner",
            Self::Log => "log",
        }
    }

    /// How fast the allowance comes back.
    pub const fn per_minute(self) -> NonZeroU32 {
        match self {
            Self::SignUp | Self::Document => number(300),
            Self::Partner => number(3_000),
            Self::Log => number(6_000),
            Self::Mail => number(60),
            Self::Attempt => number(30),
        }
    }

    /// The allowance of a network not seen lately.
    pub const fn burst(self) -> NonZeroU32 {
        match self {
            Self::SignUp | Self::Document => number(100),
            Self::Partner => number(1_000),
            Self::Log => number(10_000),
            Self::Mail => number(30),
            Self::Attempt => number(20),
        }
    }
}

const fn number(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

/// The counts of a class.
pub struct Limit {
    counts: DefaultKeyedRateLimiter<Network>,
    checks: AtomicU32,
}

/// The counts of a process, shared by its workers.
#[derive(Clone)]
pub struct Limits {
    classes: Vec<(Class, Arc<Limit>)>,
}

impl Limits {
    /// Fresh counts; none at all when limits are off.
    pub fn new(limits: RateLimits) -> Self {
        let classes = match limits {
            RateLimits::Off => Vec::new(),
            RateLimits::On => Class::ALL
                .into_iter()
                .map(|class| (class, Arc::new(Limit::new(class))))
                .collect(),
        };
        Self { classes }
    }

    /// The counts that an operation is held against.
    pub fn of(&self, operation: &Operation) -> Option<Arc<Limit>> {
        let class = Class::of(operation)?;
        self.classes
            .iter()
            .find(|(known, _)| *known == class)
            .map(|(_, limit)| limit.clone())
    }
}

impl Limit {
    fn new(class: Class) -> Self {
        let quota = Quota::per_minute(class.per_minute()).allow_burst(class.burst());
        Self {
            counts: RateLimiter::keyed(quota),
            checks: AtomicU32::new(0),
        }
    }

    /// Counts one; how long to wait if it is one too many.
    fn check(&self, network: Network) -> Result<(), Duration> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.counts.retain_recent();
        }
        self.counts
            .check_key(&network)
            .map_err(|until| until.wait_time_from(DefaultClock::default().now()))
    }
}

/// Refuses with 429 what comes too often.
///
/// # Errors
/// As the handler.
pub async fn check<B: MessageBody + 'static>(
    limit: Option<Arc<Limit>>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let refused = match limit {
        Some(limit) => count(&limit, &request).err(),
        None => None,
    };
    match refused {
        Some(error) => Ok(request.error_response(error).map_into_right_body()),
        None => Ok(next.call(request).await?.map_into_left_body()),
    }
}

fn count(limit: &Limit, request: &ServiceRequest) -> Result<(), WebError> {
    let state = extract::state(request.request())?;
    let peer = request.peer_addr().map(|peer| peer.ip());
    let client = ClientAddr::of(peer, request.headers(), &state.web.trusted_proxies);
    limit
        .check(client.network())
        .map_err(|wait| WebError::App(AppError::RateLimited(wait)))
}
