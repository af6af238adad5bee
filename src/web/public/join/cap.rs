//! The CAP of the letters' address: what was tapped is put in. The other questions of the page are then asked
//! again, as after each tap.

use super::SentJoin;
use crate::domain::postal_code::Typed;
use crate::web::postal_code::{Taps, tapped};

/// The form with the CAP that was tapped; what the page asked about mail domains stays asked.
pub(super) fn answered(mut sent: SentJoin) -> SentJoin {
    if sent.cap.is_some() {
        sent.doubted = None;
    } else if sent.action.contains(':') {
        // another question was answered
        sent.cap_seen = None;
    }
    let taps = Taps {
        cap: sent.cap.as_deref(),
        seen: None,
    };
    let contact = sent.contact.as_mut();
    let Some(address) = contact.and_then(|contact| contact.postal_address.as_mut()) else {
        return sent;
    };
    let typed = Typed {
        city: address.city.as_deref(),
        province: address.province.as_deref(),
        postal_code: address.postal_code.as_deref(),
        country: address.country.as_deref(),
    };
    if let Some(cap) = tapped(typed, taps) {
        address.postal_code = Some(cap);
    }
    sent
}
