//! Staff passwords: argon2id with a pepper, at most two at once, a short queue, then refusal.
//!
//! A hash takes 19 MiB and tens of milliseconds; unbounded, a handful of log-in attempts would
//! take the machine from the claimants.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use super::secrets::Secret;

/// Passwords hashed at the same moment in one process.
pub const MAX_RUNNING: usize = 2;
/// Callers that may wait for their turn.
pub const MAX_WAITING: usize = 16;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes and verifies passwords. Clones share one queue.
#[derive(Clone)]
pub struct Passwords {
    pepper: Secret,
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    computed: Arc<AtomicU64>,
}

/// Why a password was not hashed or verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// The queue is full; the caller answers 429.
    #[error("too many passwords are being checked")]
    Busy,
    /// The stored hash is not an argon2 PHC string.
    #[error("the stored password hash is malformed")]
    Malformed,
    /// The hash could not be computed (memory, shutdown).
    #[error("the password could not be hashed")]
    Failed,
}

impl Passwords {
    /// With the platform secret `pepper`.
    pub fn new(pepper: &Secret) -> Self {
        Self {
            pepper: pepper.clone(),
            permits: Arc::new(Semaphore::new(MAX_RUNNING)),
            waiting: Arc::default(),
            computed: Arc::default(),
        }
    }

    /// Hashes a new password: a PHC string with its own salt.
    ///
    /// # Errors
    /// [`PasswordError::Busy`], [`PasswordError::Failed`].
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        self.run(password, |argon2, password| {
            let hash = argon2
                .hash_password(password)
                .map_err(|_| PasswordError::Failed)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the password fits the stored PHC string.
    ///
    /// # Errors
    /// [`PasswordError::Busy`], [`PasswordError::Malformed`], [`PasswordError::Failed`].
    pub async fn verify(&self, password: &str, phc: &str) -> Result<bool, PasswordError> {
        let stored = PasswordHash::new(phc).map_err(|_| PasswordError::Malformed)?;
        if stored.salt.is_none() || stored.hash.is_none() {
            return Err(PasswordError::Malformed);
        }
        self.run(password, move |argon2, password| {
            match argon2.verify_password(password, &stored) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(_) => Err(PasswordError::Malformed),
            }
        })
        .await
    }

    /// For a person who does not exist: takes a turn and the time of [`Passwords::verify`], so
    /// that neither tells who exists. Always `false`.
    ///
    /// # Errors
    /// [`PasswordError::Busy`], [`PasswordError::Failed`].
    pub async fn verify_unknown(&self, password: &str) -> Result<bool, PasswordError> {
        self.hash(password).await.map(|_| false)
    }

    /// Passwords being hashed now, 0 to [`MAX_RUNNING`].
    pub fn running(&self) -> usize {
        MAX_RUNNING.saturating_sub(self.permits.available_permits())
    }

    /// Computations begun so far, whatever for: what an answer cost does not tell who exists.
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    /// Callers waiting for their turn, 0 to [`MAX_WAITING`].
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// The permit goes into the blocking task: a caller that gives up does not free the turn
    /// while its hash is still being computed.
    async fn run<T: Send + 'static>(
        &self,
        password: &str,
        work: impl FnOnce(&Argon2<'_>, &[u8]) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let turn = self.turn().await?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        let pepper = self.pepper.clone();
        let password = Zeroizing::new(password.to_owned());
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&argon2(&pepper)?, password.as_bytes())
        });
        task.await.map_err(|_| PasswordError::Failed)?
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, PasswordError> {
        if let Ok(turn) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(turn);
        }
        let _seat = Seat::take(&self.waiting).ok_or(PasswordError::Busy)?;
        Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| PasswordError::Failed)
    }
}

/// A place in the queue, given back when dropped.
struct Seat(Arc<AtomicUsize>);

impl Seat {
    fn take(waiting: &Arc<AtomicUsize>) -> Option<Self> {
        let next = |count: usize| (count < MAX_WAITING).then_some(count + 1);
        let taken = waiting.fetch_update(Ordering::AcqRel, Ordering::Relaxed, next);
        taken.is_ok().then(|| Self(Arc::clone(waiting)))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn argon2(pepper: &Secret) -> Result<Argon2<'_>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| PasswordError::Failed)?;
    Argon2::new_with_secret(
        pepper.as_bytes(),
        Algorithm::Argon2id,
        Version::V0x13,
        params,
    )
    .map_err(|_| PasswordError::Failed)
}

impl fmt::Debug for Passwords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Passwords")
            .field("running", &self.running())
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn passwords() -> Passwords {
        Passwords::new(&Secret::from_bytes([1; 32]))
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = passwords();
        let phc = passwords.hash("cavallo batteria").await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert_eq!(passwords.verify("cavallo batteria", &phc).await, Ok(true));
        assert_eq!(passwords.verify("cavallo batteriA", &phc).await, Ok(false));
        assert_eq!(
            passwords.verify_unknown("cavallo batteria").await,
            Ok(false)
        );
        assert_ne!(passwords.hash("cavallo batteria").await.unwrap(), phc);
        assert_eq!((passwords.running(), passwords.waiting()), (0, 0));
    }

    #[tokio::test]
    async fn without_the_pepper_a_stolen_hash_is_worth_nothing() {
        let phc = passwords().hash("cavallo").await.unwrap();
        let other = Passwords::new(&Secret::from_bytes([2; 32]));
        assert_eq!(other.verify("cavallo", &phc).await, Ok(false));
    }

    #[tokio::test]
    async fn a_malformed_hash_is_an_error_and_not_a_wrong_password() {
        let passwords = passwords();
        for phc in [
            "",
            "x",
            "$argon2id$v=19$m=19456,t=2,p=1",
            "$scrypt$ln=1$YWFhYWFhYWE$YWFh",
        ] {
            let verified = passwords.verify("x", phc).await;
            assert_eq!(verified, Err(PasswordError::Malformed), "{phc}");
        }
    }

    #[tokio::test]
    async fn the_seventeenth_waiting_password_is_refused() {
        let passwords = passwords();
        let first = passwords.turn().await.unwrap();
        let second = passwords.turn().await.unwrap();
        assert_eq!(passwords.running(), 2);

        let mut queue: Vec<_> = (0..MAX_WAITING)
            .map(|_| Box::pin(passwords.hash("cavallo")))
            .collect();
        for waiting in &mut queue {
            assert!(waiting.as_mut().now_or_never().is_none());
        }
        assert_eq!(passwords.waiting(), 16);
        assert_eq!(passwords.hash("cavallo").await, Err(PasswordError::Busy));
        let unknown = passwords.verify_unknown("cavallo").await;
        assert_eq!(
            unknown,
            Err(PasswordError::Busy),
            "an unknown person waits like a known one"
        );

        queue.pop();
        assert_eq!(passwords.waiting(), 15, "who gives up frees the place");

        drop((first, second));
        for hashed in futures_util::future::join_all(queue).await {
            assert!(hashed.is_ok());
        }
        assert_eq!((passwords.running(), passwords.waiting()), (0, 0));
    }

    #[tokio::test]
    async fn a_caller_that_gives_up_keeps_its_turn_until_the_hash_is_done() {
        let passwords = passwords();
        let (finish, finished) = std::sync::mpsc::channel::<()>();
        let work =
            move |_: &Argon2<'_>, _: &[u8]| finished.recv().map_err(|_| PasswordError::Failed);
        let mut hashing = Box::pin(passwords.run("cavallo", work));
        assert!(hashing.as_mut().now_or_never().is_none());
        drop(hashing);
        assert_eq!(passwords.running(), 1);
        finish.send(()).unwrap();
        let all = passwords.permits.acquire_many(2).await;
        assert!(all.is_ok(), "both turns come back in the end");
    }
}
