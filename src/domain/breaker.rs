//! Whether mail to a server goes out: closed it does, open it waits, probing one mail asks. Pure:
//! what happened and when comes in, what is to be stored comes out.

use chrono::{DateTime, Duration, Utc};

/// After how many failures mail waits, and how often the server is asked again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// Failures, one after the other.
    pub failures: u32,
    /// Time between two probes.
    pub between_probes: Duration,
}

impl Patience {
    /// With the servers of a mail domain: asked at most once a minute, over all senders.
    pub const DOMAIN: Self = Self {
        failures: 5,
        between_probes: Duration::seconds(60),
    };
    /// With our own relay: everything waits for it.
    pub const RELAY: Self = Self {
        failures: 3,
        between_probes: Duration::seconds(5),
    };
}

/// A probe that was never answered, because its sender died, is forgotten after that.
const PROBE_LASTS: Duration = Duration::seconds(180);

/// Mails a second right after a server answered again, over all senders.
const RAMP_FROM: f64 = 2.0;
/// They double in this time.
const RAMP_DOUBLES_SECONDS: f64 = 10.0;
/// From then on there is no limit.
const RAMP_LASTS: Duration = Duration::seconds(100);

/// The state of a breaker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Breaker {
    /// Mail goes out.
    Closed {
        /// Failures since the last mail that was answered.
        failures: u32,
        /// When the server answered again, UTC.
        recovered_at: Option<DateTime<Utc>>,
    },
    /// Mail waits.
    Open {
        /// Failures, probes too.
        failures: u32,
        /// Since when, UTC.
        opened_at: DateTime<Utc>,
        /// When it is asked again, UTC.
        next_probe_at: DateTime<Utc>,
    },
    /// Mail waits; one is on its way.
    Probing {
        /// Failures, probes too.
        failures: u32,
        /// Since when mail waits, UTC.
        opened_at: DateTime<Utc>,
        /// When the probe is given up, UTC.
        next_probe_at: DateTime<Utc>,
    },
}

/// What an attempt told of the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// It answered, be it with a refusal of this recipient.
    Alive,
    /// It did not, or it takes nothing.
    Failing,
}

/// How fast mail goes out.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Pace {
    /// Not at all.
    Stopped,
    /// So many a second, over all senders.
    PerSecond(f64),
    /// As fast as it gets.
    Free,
}

impl Default for Breaker {
    fn default() -> Self {
        Self::Closed {
            failures: 0,
            recovered_at: None,
        }
    }
}

impl Breaker {
    /// What becomes of it after an attempt.
    pub fn learn(self, sign: Sign, patience: Patience, now: DateTime<Utc>) -> Self {
        match (self, sign) {
            (Self::Closed { recovered_at, .. }, Sign::Alive) => Self::Closed {
                failures: 0,
                recovered_at: recovered_at.filter(|at| now < *at + RAMP_LASTS),
            },
            (
                Self::Closed {
                    failures,
                    recovered_at,
                },
                Sign::Failing,
            ) => {
                let failures = failures.saturating_add(1);
                if failures < patience.failures {
                    return Self::Closed {
                        failures,
                        recovered_at,
                    };
                }
                Self::Open {
                    failures,
                    opened_at: now,
                    next_probe_at: now + patience.between_probes,
                }
            }
            (Self::Open { .. } | Self::Probing { .. }, Sign::Alive) => Self::Closed {
                failures: 0,
                recovered_at: Some(now),
            },
            // mails that were on their way when it opened do not put the probe off
            (
                Self::Open {
                    failures,
                    opened_at,
                    next_probe_at,
                },
                Sign::Failing,
            ) => Self::Open {
                failures: failures.saturating_add(1),
                opened_at,
                next_probe_at,
            },
            (
                Self::Probing {
                    failures,
                    opened_at,
                    ..
                },
                Sign::Failing,
            ) => Self::Open {
                failures: failures.saturating_add(1),
                opened_at,
                next_probe_at: now + patience.between_probes,
            },
        }
    }

    /// Takes the right to send one mail; `None` while it is not time.
    pub fn probe(self, now: DateTime<Utc>) -> Option<Self> {
        match self {
            Self::Open {
                failures,
                opened_at,
                next_probe_at,
            }
            | Self::Probing {
                failures,
                opened_at,
                next_probe_at,
            } if next_probe_at <= now => Some(Self::Probing {
                failures,
                opened_at,
                next_probe_at: now + PROBE_LASTS,
            }),
            Self::Closed { .. } | Self::Open { .. } | Self::Probing { .. } => None,
        }
    }

    /// There is no mail to ask with: the next that comes will tell, and one failure is then enough.
    pub fn without_mail(self, patience: Patience) -> Self {
        match self {
            Self::Closed { .. } => self,
            Self::Open { .. } | Self::Probing { .. } => Self::Closed {
                failures: patience.failures.saturating_sub(1),
                recovered_at: None,
            },
        }
    }

    /// The operator says it is there again: it is asked at once.
    pub fn ask_now(self, now: DateTime<Utc>) -> Self {
        match self {
            Self::Open {
                failures,
                opened_at,
                next_probe_at,
            } => Self::Open {
                failures,
                opened_at,
                next_probe_at: next_probe_at.min(now),
            },
            Self::Closed { .. } | Self::Probing { .. } => self,
        }
    }

    /// The ramp begins: what waited while the operator held it goes out by and by.
    pub const fn released(now: DateTime<Utc>) -> Self {
        Self::Closed {
            failures: 0,
            recovered_at: Some(now),
        }
    }

    /// Since when mail waits.
    pub const fn opened_at(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Closed { .. } => None,
            Self::Open { opened_at, .. } | Self::Probing { opened_at, .. } => Some(opened_at),
        }
    }

    /// How fast mail goes out at `now`.
    pub fn pace(self, now: DateTime<Utc>) -> Pace {
        match self {
            Self::Open { .. } | Self::Probing { .. } => Pace::Stopped,
            Self::Closed {
                recovered_at: Some(at),
                ..
            } if now < at + RAMP_LASTS => {
                let since = (now - at).max(Duration::zero()).as_seconds_f64();
                Pace::PerSecond(RAMP_FROM * (since / RAMP_DOUBLES_SECONDS).exp2())
            }
            Self::Closed { .. } => Pace::Free,
        }
    }

    /// Whether nothing is to be remembered of it.
    pub fn is_as_usual(self, now: DateTime<Utc>) -> bool {
        matches!(self, Self::Closed { failures: 0, .. }) && self.pace(now) == Pace::Free
    }
}

#[cfg(test)]
mod tests;
