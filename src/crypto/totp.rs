//! One-time codes of an authenticator app: TOTP with SHA-1, six digits, steps of 30 seconds
//! (RFC 6238), the choice every app supports.

use std::fmt;

use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use super::{CryptoError, token};

/// The secret shared with a person's app: 20 bytes when made here, 16 to 64 when read.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl TotpSecret {
    /// A new secret of 160 bits (RFC 4226, 4).
    #[expect(
        clippy::new_without_default,
        reason = "a default that is random would mislead"
    )]
    pub fn new() -> Self {
        Self(Zeroizing::new(token::random_bytes::<20>().to_vec()))
    }

    /// Takes the bytes that were sealed.
    ///
    /// # Errors
    /// [`CryptoError::Totp`] unless they are 16 to 64.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, CryptoError> {
        let bytes = Zeroizing::new(bytes);
        if (16..=64).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(CryptoError::Totp)
        }
    }

    /// Reads base32 as people type it: case, spaces and padding do not count.
    ///
    /// # Errors
    /// [`CryptoError::Totp`] when it is not base32 of 16 to 64 bytes.
    pub fn from_base32(text: &str) -> Result<Self, CryptoError> {
        let letters = text
            .chars()
            .filter(|letter| !letter.is_whitespace() && *letter != '=');
        let letters = Zeroizing::new(letters.collect::<String>().to_ascii_uppercase());
        let bytes = BASE32_NOPAD
            .decode(letters.as_bytes())
            .map_err(|_| CryptoError::Totp)?;
        Self::from_bytes(bytes)
    }

    /// Base32 without padding, for people whose app takes no QR code.
    pub fn to_base32(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }

    /// The bytes to seal.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The step whose code this is, among the one before `now`, that of `now` and the next.
    /// `None` when it is none of them. **The caller refuses a step the person has used before.**
    pub fn matched_step(&self, code: &str, now: DateTime<Utc>) -> Option<i64> {
        let step = self.app().check(code, seconds(now))?;
        i64::try_from(step).ok()
    }

    /// The code of this moment.
    pub fn current(&self, now: DateTime<Utc>) -> String {
        self.app().generate(seconds(now)).to_string()
    }

    /// The `otpauth://` address that apps read from a QR code.
    ///
    /// # Errors
    /// [`CryptoError::Totp`] when the account is empty or one of the two contains a `:`.
    pub fn url(&self, issuer: &str, account: &str) -> Result<String, CryptoError> {
        let builder = self
            .builder()
            .with_issuer(Some(issuer))
            .with_account_name(account);
        let app = builder.build().map_err(|_| CryptoError::Totp)?;
        app.to_url().map_err(|_| CryptoError::Totp)
    }

    /// All that `build` would check is fixed here or checked when the secret was made.
    fn app(&self) -> Totp {
        self.builder().build_noncompliant()
    }

    fn builder(&self) -> Builder {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(1)
            .with_step_duration(30)
            .with_secret(self.0.to_vec())
    }
}

fn seconds(now: DateTime<Utc>) -> u64 {
    u64::try_from(now.timestamp()).unwrap_or(0)
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TotpSecret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn rfc_secret() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890".to_vec()).unwrap()
    }

    /// RFC 6238, appendix B, SHA-1; the last six of its eight digits.
    const VECTORS: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (time, code) in VECTORS {
            assert_eq!(rfc_secret().current(at(time)), code);
            assert_eq!(rfc_secret().matched_step(code, at(time)), Some(time / 30));
        }
    }

    #[test]
    fn the_steps_before_now_and_next_match_and_are_told_apart() {
        let secret = TotpSecret::from_bytes(vec![9; 20]).unwrap();
        let now = 3_000_000_000;
        for (offset, matched) in [(-60, None), (-30, Some(-1)), (0, Some(0)), (30, Some(1))] {
            let code = secret.current(at(now + offset));
            let expected = matched.map(|step: i64| now / 30 + step);
            assert_eq!(secret.matched_step(&code, at(now)), expected, "{offset}");
        }
        let far = secret.current(at(now + 60));
        assert_eq!(secret.matched_step(&far, at(now)), None);
    }

    #[test]
    fn only_six_plain_digits_are_a_code() {
        let (time, code) = VECTORS[0];
        for bad in [
            "", "28708", "2870822", "+87082", " 287082", "28708２", "abcdef",
        ] {
            assert_eq!(rfc_secret().matched_step(bad, at(time)), None, "{bad}");
        }
        assert!(rfc_secret().matched_step(code, at(time)).is_some());
    }

    #[test]
    fn base32_goes_in_and_out_as_people_type_it() {
        let secret = TotpSecret::new();
        assert_eq!(secret.as_bytes().len(), 20);
        let text = secret.to_base32();
        assert_eq!(text.len(), 32);
        let (head, tail) = text.split_at(8);
        let typed = format!(" {} {tail}== ", head.to_lowercase());
        assert_eq!(
            TotpSecret::from_base32(&typed).unwrap().as_bytes(),
            secret.as_bytes()
        );
        assert_eq!(rfc_secret().to_base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        for bad in ["", "GEZDGNBV", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1", "è"] {
            assert!(TotpSecret::from_base32(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_url_names_issuer_and_account() {
        let url = rfc_secret().url("joinder demo", "anna@example.it").unwrap();
        assert_eq!(
            url,
            "otpauth://totp/joinder%20demo:anna%40example.it\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=joinder%20demo"
        );
        assert_eq!(rfc_secret().url("joinder", ""), Err(CryptoError::Totp));
        assert_eq!(rfc_secret().url("join:der", "anna"), Err(CryptoError::Totp));
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", rfc_secret()), "TotpSecret(redacted)");
    }
}
