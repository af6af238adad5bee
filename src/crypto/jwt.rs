//! JWTs of staff tools: EdDSA only, ten minutes, every claim required and checked.
//!
//! A token says who and in which role; the app reads role and tenant from the database again, so
//! a token outlives neither a session nor a change of role (DESIGN 7).

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use super::secrets::Secret;
use super::token;

/// `iss` of every token.
pub const ISSUER: &str = "joinder";
/// `aud` of every token.
pub const AUDIENCE: &str = "joinder/staff";
/// How long a token is good for.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// How far the clocks of two nodes may be apart, in seconds.
const LEEWAY: i64 = 5;

/// Signs and verifies staff JWTs.
#[derive(Clone)]
pub struct JwtKeys {
    kid: String,
    signing: EncodingKey,
    verifying: DecodingKey,
}

/// What a staff JWT says. Times are seconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Always [`ISSUER`].
    pub iss: String,
    /// Always [`AUDIENCE`].
    pub aud: String,
    /// The staff member.
    pub sub: Uuid,
    /// Not good from here on.
    pub exp: i64,
    /// Not good before.
    pub nbf: i64,
    /// When it was issued.
    pub iat: i64,
    /// Id of this token.
    pub jti: Uuid,
    /// The association the staff member acts for.
    pub association: Uuid,
    /// The role at the time of issue.
    pub role: String,
    /// The session (family of refresh tokens) it belongs to.
    pub sid: Uuid,
}

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JwtError {
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come, or it was issued in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Not ours: signature, algorithm, key id, issuer, audience or a claim.
    #[error("the token is not valid")]
    Invalid,
    /// The key or the claims could not be encoded.
    #[error("the token could not be signed")]
    Sign,
}

impl Claims {
    /// Claims of a new token for a staff member's session, good from `now` for [`LIFETIME`].
    pub fn new(staff: Uuid, association: Uuid, role: &str, sid: Uuid, now: DateTime<Utc>) -> Self {
        Self {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: staff,
            exp: now.timestamp().saturating_add(LIFETIME.num_seconds()),
            nbf: now.timestamp(),
            iat: now.timestamp(),
            jti: token::new_id(now),
            association,
            role: role.to_owned(),
            sid,
        }
    }
}

impl JwtKeys {
    /// From the platform secret `jwt`; `kid` names the key in the header.
    ///
    /// # Errors
    /// [`JwtError::Sign`]: never in practice, any 32 bytes are a seed (RFC 8032, 5.1.5).
    pub fn from_seed(seed: &Secret, kid: &str) -> Result<Self, JwtError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_bytes());
        let pair = pair.map_err(|_| JwtError::Sign)?;
        let document = pair.to_pkcs8().map_err(|_| JwtError::Sign)?;
        Ok(Self {
            kid: kid.to_owned(),
            signing: EncodingKey::from_ed_der(document.as_ref()),
            verifying: DecodingKey::from_ed_der(pair.public_key().as_ref()),
        })
    }

    /// Signs the claims.
    ///
    /// # Errors
    /// [`JwtError::Sign`]: never in practice.
    pub fn issue(&self, claims: &Claims) -> Result<String, JwtError> {
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        jsonwebtoken::encode(&header, claims, &self.signing).map_err(|_| JwtError::Sign)
    }

    /// The claims of a token that is ours and good at `now`, give or take five seconds.
    ///
    /// # Errors
    /// [`JwtError::Expired`], [`JwtError::NotYetValid`], [`JwtError::Invalid`].
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, JwtError> {
        let decoded = jsonwebtoken::decode::<Claims>(token, &self.verifying, &validation())
            .map_err(|_| JwtError::Invalid)?;
        if decoded.header.kid.as_deref() != Some(self.kid.as_str()) {
            return Err(JwtError::Invalid);
        }
        let (claims, now) = (decoded.claims, now.timestamp());
        if now >= claims.exp.saturating_add(LEEWAY) {
            return Err(JwtError::Expired);
        }
        if now.saturating_add(LEEWAY) < claims.nbf.max(claims.iat) {
            return Err(JwtError::NotYetValid);
        }
        Ok(claims)
    }
}

/// The crate reads the machine's clock; its time checks are off and ours take `now`.
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
    validation
}

impl fmt::Debug for JwtKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("JwtKeys")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64URL_NOPAD;
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn keys() -> JwtKeys {
        JwtKeys::from_seed(&Secret::from_bytes([3; 32]), "k1").unwrap()
    }

    fn claims() -> Claims {
        let id = Uuid::from_u128;
        Claims::new(id(1), id(2), "reviewer", id(3), at(NOW))
    }

    fn signed(header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &keys().signing).unwrap()
    }

    fn our_header() -> Header {
        Header {
            kid: Some("k1".to_owned()),
            ..Header::new(Algorithm::EdDSA)
        }
    }

    #[test]
    fn a_token_comes_back_with_its_claims() {
        let token = keys().issue(&claims()).unwrap();
        let back = keys().verify(&token, at(NOW)).unwrap();
        assert_eq!(back.sub, Uuid::from_u128(1));
        assert_eq!(back.association, Uuid::from_u128(2));
        assert_eq!(back.role, "reviewer");
        assert_eq!(back.sid, Uuid::from_u128(3));
        assert_eq!(back.exp - back.iat, 600);
    }

    #[test]
    fn the_key_is_that_of_rfc_8032() {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let seed = data_encoding::HEXLOWER.decode(seed.as_bytes()).unwrap();
        let seed = Secret::from_bytes(seed.try_into().unwrap());
        let keys = JwtKeys::from_seed(&seed, "k1").unwrap();
        assert_eq!(
            data_encoding::HEXLOWER.encode(keys.verifying.try_get_as_bytes().unwrap()),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
    }

    #[test]
    fn time_is_the_given_one_with_five_seconds_of_leeway() {
        let token = keys().issue(&claims()).unwrap();
        let verify = |seconds| keys().verify(&token, at(seconds)).map(|_| ());
        assert_eq!(verify(NOW - 6), Err(JwtError::NotYetValid));
        assert_eq!(verify(NOW - 5), Ok(()));
        assert_eq!(verify(NOW + 604), Ok(()));
        assert_eq!(verify(NOW + 605), Err(JwtError::Expired));
    }

    #[test]
    fn a_token_issued_in_the_future_is_refused() {
        let future = Claims {
            iat: NOW + 60,
            ..claims()
        };
        let token = keys().issue(&future).unwrap();
        assert_eq!(keys().verify(&token, at(NOW)), Err(JwtError::NotYetValid));
    }

    #[test]
    fn every_claim_is_required() {
        let full = serde_json::to_value(claims()).unwrap();
        assert!(
            keys()
                .verify(&signed(&our_header(), &full), at(NOW))
                .is_ok()
        );
        let names: Vec<String> = full.as_object().unwrap().keys().cloned().collect();
        assert_eq!(names.len(), 10);
        for name in names {
            let mut lacking = full.clone();
            lacking.as_object_mut().unwrap().remove(&name);
            let token = signed(&our_header(), &lacking);
            assert_eq!(
                keys().verify(&token, at(NOW)),
                Err(JwtError::Invalid),
                "{name}"
            );
        }
    }

    #[test]
    fn a_foreign_issuer_audience_or_shape_is_refused() {
        let full = serde_json::to_value(claims()).unwrap();
        let wrong = [
            ("iss", json!("other")),
            ("iss", json!(["joinder"])),
            ("aud", json!("joinder/partner")),
            ("aud", json!(["joinder/staff", "other"])),
            ("sub", json!("anna")),
            ("exp", json!("never")),
        ];
        for (name, value) in wrong {
            let mut claims = full.clone();
            claims[name] = value;
            let token = signed(&our_header(), &claims);
            assert_eq!(
                keys().verify(&token, at(NOW)),
                Err(JwtError::Invalid),
                "{name}"
            );
        }
    }

    #[test]
    fn another_key_or_key_id_is_refused() {
        let other = JwtKeys::from_seed(&Secret::from_bytes([4; 32]), "k1").unwrap();
        let token = other.issue(&claims()).unwrap();
        assert_eq!(keys().verify(&token, at(NOW)), Err(JwtError::Invalid));
        let full = serde_json::to_value(claims()).unwrap();
        for kid in [None, Some("k2".to_owned())] {
            let header = Header {
                kid,
                ..Header::new(Algorithm::EdDSA)
            };
            let token = signed(&header, &full);
            assert_eq!(keys().verify(&token, at(NOW)), Err(JwtError::Invalid));
        }
    }

    #[test]
    fn another_algorithm_is_refused_also_with_the_public_key_as_secret() {
        let public = keys().verifying.try_get_as_bytes().unwrap().to_vec();
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header {
                kid: Some("k1".to_owned()),
                ..Header::new(algorithm)
            };
            let secret = EncodingKey::from_secret(&public);
            let token = jsonwebtoken::encode(&header, &claims(), &secret).unwrap();
            assert_eq!(keys().verify(&token, at(NOW)), Err(JwtError::Invalid));
        }
    }

    #[test]
    fn no_algorithm_no_signature_and_changed_claims_are_refused() {
        let token = keys().issue(&claims()).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        let (header, body, signature) = (parts[0], parts[1], parts[2]);
        let none = BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"JWT","kid":"k1"}"#);
        let owner = Claims {
            role: "owner".to_owned(),
            ..claims()
        };
        let owner = BASE64URL_NOPAD.encode(&serde_json::to_vec(&owner).unwrap());
        let bad = [
            format!("{none}.{body}."),
            format!("{none}.{body}.{signature}"),
            format!("{header}.{body}."),
            format!("{header}.{body}"),
            format!("{header}.{owner}.{signature}"),
            format!("{token}."),
            String::new(),
        ];
        for bad in bad {
            assert_eq!(
                keys().verify(&bad, at(NOW)),
                Err(JwtError::Invalid),
                "{bad}"
            );
        }
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", keys()), "JwtKeys { kid: \"k1\", .. }");
    }
}
