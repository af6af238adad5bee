//! Opaque session tokens with their CSRF tokens, and signed values for cookies without a row.

use std::fmt;

use aws_lc_rs::digest;
use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::mac::MacKey;
use super::secrets::Secret;
use super::token;

/// The token in a session cookie: 32 random bytes. The database knows only its [`id`].
///
/// [`id`]: SessionToken::id
#[derive(Clone)]
pub struct SessionToken {
    bytes: Zeroizing<[u8; 32]>,
    text: Zeroizing<String>,
}

/// A value that the server gives away, signed, and takes back until it expires. It is readable by
/// its holder: nothing secret goes into it.
#[derive(Debug, Clone, Copy)]
pub struct SignedValue;

impl SessionToken {
    /// A new token.
    #[expect(
        clippy::new_without_default,
        reason = "a default that is random would mislead"
    )]
    pub fn new() -> Self {
        Self::from_bytes(token::random_bytes())
    }

    /// Reads the token of a cookie; `None` for anything but 43 characters of base64url.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 43 {
            return None;
        }
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?);
        Some(Self::from_bytes(bytes.as_slice().try_into().ok()?))
    }

    /// The token for the cookie: base64url, 43 characters.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What is stored: a UUIDv8 of the token's SHA-256. The token has 256 random bits, so a hash
    /// without a key is enough.
    pub fn id(&self) -> Uuid {
        let hash = digest::digest(&digest::SHA256, self.bytes.as_slice());
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(hash.as_ref()) {
            *to = *from;
        }
        token::uuid_v8(id)
    }

    /// The CSRF token of the forms in this session: 43 characters.
    pub fn csrf(&self, session: &Secret) -> String {
        BASE64URL_NOPAD.encode(&self.csrf_bytes(session))
    }

    /// Whether a form's CSRF token belongs to this session, in constant time.
    pub fn verify_csrf(&self, session: &Secret, given: &str) -> bool {
        let given = BASE64URL_NOPAD.decode(given.as_bytes());
        given.is_ok_and(|given| token::same(&given, &self.csrf_bytes(session)))
    }

    fn csrf_bytes(&self, session: &Secret) -> [u8; 32] {
        let key = MacKey::derive(session.as_bytes(), "joinder csrf", &[]);
        key.mac("form", &[self.bytes.as_slice()])
    }

    fn from_bytes(bytes: [u8; 32]) -> Self {
        let text = Zeroizing::new(BASE64URL_NOPAD.encode(&bytes));
        Self {
            bytes: Zeroizing::new(bytes),
            text,
        }
    }
}

impl SignedValue {
    /// Signs `payload` for one purpose until `expires_at` (whole seconds):
    /// `base64url(expiry || payload) . base64url(HMAC)`.
    pub fn sign(
        secret: &Secret,
        purpose: &str,
        payload: &[u8],
        expires_at: DateTime<Utc>,
    ) -> String {
        let mut body = expires_at.timestamp().to_be_bytes().to_vec();
        body.extend_from_slice(payload);
        let tag = signature(secret, purpose, &body);
        format!(
            "{}.{}",
            BASE64URL_NOPAD.encode(&body),
            BASE64URL_NOPAD.encode(&tag)
        )
    }

    /// The payload, if this value was signed for this purpose and has not expired.
    pub fn open(
        secret: &Secret,
        purpose: &str,
        value: &str,
        now: DateTime<Utc>,
    ) -> Option<Vec<u8>> {
        let (body, tag) = value.split_once('.')?;
        let body = BASE64URL_NOPAD.decode(body.as_bytes()).ok()?;
        let tag = BASE64URL_NOPAD.decode(tag.as_bytes()).ok()?;
        if !token::same(&tag, &signature(secret, purpose, &body)) {
            return None;
        }
        let (expires_at, payload) = body.split_first_chunk::<8>()?;
        let alive = now.timestamp() < i64::from_be_bytes(*expires_at);
        alive.then(|| payload.to_vec())
    }
}

fn signature(secret: &Secret, purpose: &str, body: &[u8]) -> [u8; 32] {
    MacKey::derive(secret.as_bytes(), "joinder signed value", &[]).mac(purpose, &[body])
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionToken(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> Secret {
        Secret::from_bytes([byte; 32])
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_token_parses_back_to_the_same_id() {
        let token = SessionToken::new();
        assert_eq!(token.as_str().len(), 43);
        let parsed = SessionToken::parse(token.as_str()).unwrap();
        assert_eq!(parsed.id(), token.id());
        assert_eq!(token.id().get_version_num(), 8);
        assert_ne!(SessionToken::new().id(), token.id());
    }

    #[test]
    fn the_id_is_the_sha_256_of_the_token() {
        let token = SessionToken::from_bytes([0; 32]);
        // SHA-256 of 32 zero bytes is 66687aadf862bd776c8fc18b8e9f8e20...
        assert_eq!(
            token.id().to_string(),
            "66687aad-f862-8d77-ac8f-c18b8e9f8e20"
        );
    }

    #[test]
    fn anything_else_is_no_token() {
        let token = SessionToken::new();
        let text = token.as_str();
        let padded = format!("{text}=");
        let last_bits = format!("{}B", "A".repeat(42));
        let shorter = text.get(1..).unwrap();
        for bad in ["", shorter, &padded, "è", &last_bits] {
            assert!(SessionToken::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_csrf_token_fits_its_session_and_secret_only() {
        let token = SessionToken::new();
        let csrf = token.csrf(&secret(1));
        assert!(token.verify_csrf(&secret(1), &csrf));
        assert!(!token.verify_csrf(&secret(2), &csrf));
        assert!(!SessionToken::new().verify_csrf(&secret(1), &csrf));
        assert!(!token.verify_csrf(&secret(1), ""));
        assert!(!token.verify_csrf(&secret(1), token.as_str()));
    }

    #[test]
    fn a_signed_value_opens_until_it_expires() {
        let value = SignedValue::sign(&secret(1), "correct", b"claimant", at(1_000));
        let open = |seconds| SignedValue::open(&secret(1), "correct", &value, at(seconds));
        assert_eq!(open(999).as_deref(), Some(&b"claimant"[..]));
        assert_eq!(open(1_000), None);
        let empty = SignedValue::sign(&secret(1), "correct", b"", at(1_000));
        assert_eq!(
            SignedValue::open(&secret(1), "correct", &empty, at(0)),
            Some(Vec::new())
        );
    }

    #[test]
    fn a_signed_value_of_another_purpose_secret_or_content_is_refused() {
        let value = SignedValue::sign(&secret(1), "correct", b"claimant", at(1_000));
        assert_eq!(SignedValue::open(&secret(1), "other", &value, at(0)), None);
        assert_eq!(
            SignedValue::open(&secret(2), "correct", &value, at(0)),
            None
        );
        let (body, tag) = value.split_once('.').unwrap();
        let mut longer = BASE64URL_NOPAD.decode(body.as_bytes()).unwrap();
        longer[7] = longer[7].wrapping_add(1);
        let longer = format!("{}.{tag}", BASE64URL_NOPAD.encode(&longer));
        for bad in [
            "",
            ".",
            body,
            &longer,
            &format!("{body}."),
            &format!(".{tag}"),
        ] {
            assert_eq!(
                SignedValue::open(&secret(1), "correct", bad, at(0)),
                None,
                "{bad}"
            );
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let token = SessionToken::new();
        assert!(!format!("{token:?}").contains(token.as_str()));
    }
}
