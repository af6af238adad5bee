//! Signs what is delivered to partners: HMAC-SHA256 over id, time and body, as Standard Webhooks say.
//!
//! *source*: Standard Webhooks, "Signature scheme" (`v1`).

use std::fmt;

use aws_lc_rs::hmac;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::token;

/// What the text of a secret begins with.
const PREFIX: &str = "whsec_";
/// Random bytes of a secret.
const BYTES: usize = 32;

/// A secret that partner and we share, as the partner has it: `whsec_` and base64.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookSecret(String);

impl WebhookSecret {
    /// A new one.
    pub fn random() -> Self {
        let bytes = token::random_bytes::<BYTES>();
        Self(format!("{PREFIX}{}", BASE64.encode(&bytes)))
    }

    /// The text, which is shown once. A secret.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `v1,` and the signature of a message; none for a text that is no secret.
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> Option<String> {
        let key = BASE64
            .decode(self.0.strip_prefix(PREFIX)?.as_bytes())
            .ok()?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let signed = format!("{id}.{timestamp}.{body}");
        let tag = hmac::sign(&key, signed.as_bytes());
        Some(format!("v1,{}", BASE64.encode(tag.as_ref())))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_specification() {
        let secret = WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let signed = secret.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signed.as_deref(), Some(expected));
    }

    #[test]
    fn id_time_and_body_are_all_signed() {
        let secret = WebhookSecret::random();
        let signed = secret.sign("a", 1, "{}");
        assert!(signed.is_some());
        assert_eq!(signed, secret.sign("a", 1, "{}"));
        for other in [
            secret.sign("b", 1, "{}"),
            secret.sign("a", 2, "{}"),
            secret.sign("a", 1, "{ }"),
            WebhookSecret::random().sign("a", 1, "{}"),
        ] {
            assert_ne!(signed, other);
        }
    }

    #[test]
    fn a_secret_is_random_and_not_shown_by_chance() {
        let (one, other) = (WebhookSecret::random(), WebhookSecret::random());
        assert_ne!(one, other);
        assert_eq!(one.as_str().len(), "whsec_".len() + 44);
        assert_eq!(format!("{one:?}"), "WebhookSecret(..)");
        assert_eq!(WebhookSecret("secret".to_owned()).sign("a", 1, ""), None);
    }
}
