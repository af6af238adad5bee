//! Figures that take a while to count, kept for a moment: counted once for everybody who looks meanwhile.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;

use crate::app::error::AppResult;

/// With the instant they were asked for.
type Slot<V> = Arc<Mutex<Option<(DateTime<Utc>, Arc<V>)>>>;

/// Figures of a process, one set for each key.
pub(in crate::app) struct Fresh<K, V> {
    slots: std::sync::Mutex<HashMap<K, Slot<V>>>,
}

impl<K: Eq + Hash, V> Fresh<K, V> {
    /// The figures of a key, at most `fresh` old, counted if need be; who comes while they are counted waits for them.
    ///
    /// # Errors
    /// What counting says; then nothing is kept.
    pub(in crate::app) async fn get(
        &self,
        key: K,
        (now, fresh): (DateTime<Utc>, TimeDelta),
        count: impl Future<Output = AppResult<V>>,
    ) -> AppResult<Arc<V>> {
        let slot = self.slot(key);
        let mut kept = slot.lock().await;
        if let Some((at, figures)) = kept.as_ref()
            && now - *at < fresh
        {
            return Ok(figures.clone());
        }
        let counted = Arc::new(count.await?);
        *kept = Some((now, counted.clone()));
        Ok(counted)
    }

    fn slot(&self, key: K) -> Slot<V> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry(key).or_default().clone()
    }
}

impl<K, V> Default for Fresh<K, V> {
    fn default() -> Self {
        Self {
            slots: std::sync::Mutex::default(),
        }
    }
}

impl<K, V> fmt::Debug for Fresh<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fresh(..)")
    }
}
