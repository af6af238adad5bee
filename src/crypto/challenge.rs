//! Tokens and codes in mails. They are derived from the challenge's id, not stored: a mail that is
//! sent again is byte for byte the same, and the database holds keyed hashes only (DESIGN 4).

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

use super::mac::{MacKey, first};
use super::secrets::Secret;
use super::token;

/// What a challenge lets its holder do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChallengePurpose {
    /// Confirm the contact of a sign-up.
    Confirm,
    /// Open the own record.
    Access,
    /// Sign a declaration.
    Otp,
    /// Say of a sign-up that it was not the reader's, or that it was after all.
    NotMe,
    /// Prove control of a mailbox.
    Mailbox,
    /// Change where to be paid.
    Payout,
    /// Stop payout data that the owner did not give.
    StopPayout,
    /// Take up another contact.
    Contact,
    /// Take back a contact that the owner did not give.
    StopContact,
    /// Take up a contact that staff typed in.
    ContactByStaff,
    /// Confirm an address that follows a case.
    Follow,
    /// End following a case.
    Unfollow,
    /// Stop messages that go to many.
    StopMessages,
    /// Act for an association.
    Invitation,
    /// Take up a new authenticator secret.
    Factor,
}

/// Derives tokens and codes and the hashes that are stored of them.
#[derive(Clone)]
pub struct ChallengeKeys {
    tokens: MacKey,
    codes: MacKey,
    stored: MacKey,
}

impl ChallengePurpose {
    /// The word stored and hashed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Access => "access",
            Self::Otp => "otp",
            Self::NotMe => "not_me",
            Self::Mailbox => "mailbox",
            Self::Payout => "payout",
            Self::StopPayout => "stop_payout",
            Self::Contact => "contact",
            Self::StopContact => "stop_contact",
            Self::ContactByStaff => "contact_by_staff",
            Self::Follow => "follow",
            Self::Unfollow => "unfollow",
            Self::StopMessages => "stop_messages",
            Self::Invitation => "invitation",
            Self::Factor => "factor",
        }
    }
}

impl ChallengeKeys {
    /// From the platform secret `mail`.
    pub fn new(mail: &Secret) -> Self {
        let derive = |label| MacKey::derive(mail.as_bytes(), label, &[]);
        Self {
            tokens: derive("joinder mail token"),
            codes: derive("joinder mail code"),
            stored: derive("joinder stored challenge"),
        }
    }

    /// The token of a challenge: base64url of claimant id and proof, 64 characters.
    pub fn token(&self, purpose: ChallengePurpose, claimant: Uuid, challenge: Uuid) -> String {
        let proof = self.proof(purpose, claimant, challenge);
        let bytes = [claimant.as_bytes().as_slice(), &proof].concat();
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// The secret half of a challenge's token.
    pub fn proof(&self, purpose: ChallengePurpose, claimant: Uuid, challenge: Uuid) -> [u8; 32] {
        self.tokens.mac(
            purpose.as_str(),
            &[claimant.as_bytes(), challenge.as_bytes()],
        )
    }

    /// The code of a challenge: six digits. Its skew (2^64 modulo a million) is under 1e-13.
    pub fn code(&self, purpose: ChallengePurpose, claimant: Uuid, challenge: Uuid) -> String {
        let parts: [&[u8]; 2] = [claimant.as_bytes(), challenge.as_bytes()];
        let number = u64::from_be_bytes(first(&self.codes.mac(purpose.as_str(), &parts)));
        format!("{:06}", number % 1_000_000)
    }

    /// What is stored of a token: found by claimant and this hash.
    pub fn stored_token_hash(
        &self,
        purpose: ChallengePurpose,
        claimant: Uuid,
        proof: &[u8; 32],
    ) -> [u8; 32] {
        let word = purpose.as_str().as_bytes();
        self.stored
            .mac("token", &[word, claimant.as_bytes(), proof])
    }

    /// What is stored of a code. A code that signs is bound to the document's SHA-256 (R43), one that proves
    /// control to the mailbox: the same digits do not fit another.
    pub fn stored_code_hash(
        &self,
        purpose: ChallengePurpose,
        claimant: Uuid,
        challenge: Uuid,
        document_hash: Option<&[u8]>,
        code: &str,
    ) -> [u8; 32] {
        let word = purpose.as_str().as_bytes();
        let (claimant, challenge) = (claimant.as_bytes().as_slice(), challenge.as_bytes());
        match document_hash {
            Some(document) => self.stored.mac(
                "document code",
                &[word, claimant, challenge, code.as_bytes(), document],
            ),
            None => self
                .stored
                .mac("code", &[word, claimant, challenge, code.as_bytes()]),
        }
    }
}

/// Splits a token into claimant and proof; `None` for anything but 64 characters of base64url.
pub fn parse_token(token: &str) -> Option<(Uuid, [u8; 32])> {
    if token.len() != 64 {
        return None;
    }
    let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    let (claimant, proof) = bytes.split_first_chunk::<16>()?;
    Some((Uuid::from_bytes(*claimant), proof.try_into().ok()?))
}

/// Whether the hash of what was given is the stored one, in constant time.
pub fn verify(given: &[u8; 32], stored: &[u8]) -> bool {
    token::same(given, stored)
}

impl fmt::Debug for ChallengeKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ChallengeKeys(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::ChallengePurpose::{
        Access, Confirm, Factor, Follow, Invitation, Mailbox, NotMe, Otp, Payout, StopMessages,
        StopPayout, Unfollow,
    };
    use super::*;

    const CLAIMANT: Uuid = Uuid::from_u128(1);
    const CHALLENGE: Uuid = Uuid::from_u128(2);

    fn keys() -> ChallengeKeys {
        ChallengeKeys::new(&Secret::from_bytes([5; 32]))
    }

    #[test]
    fn a_mail_sent_again_has_the_same_token_and_code() {
        for purpose in [
            Confirm,
            Access,
            Otp,
            NotMe,
            Mailbox,
            Payout,
            StopPayout,
            Follow,
            Unfollow,
            Invitation,
            Factor,
            StopMessages,
        ] {
            let (one, two) = (keys(), keys());
            assert_eq!(
                one.token(purpose, CLAIMANT, CHALLENGE),
                two.token(purpose, CLAIMANT, CHALLENGE)
            );
            assert_eq!(
                one.code(purpose, CLAIMANT, CHALLENGE),
                two.code(purpose, CLAIMANT, CHALLENGE)
            );
        }
    }

    #[test]
    fn purpose_claimant_challenge_and_secret_all_count() {
        let other = Uuid::from_u128(3);
        let strange = ChallengeKeys::new(&Secret::from_bytes([6; 32]));
        let tokens = [
            keys().token(Confirm, CLAIMANT, CHALLENGE),
            keys().token(Access, CLAIMANT, CHALLENGE),
            keys().token(Otp, CLAIMANT, CHALLENGE),
            keys().token(NotMe, CLAIMANT, CHALLENGE),
            keys().token(Mailbox, CLAIMANT, CHALLENGE),
            keys().token(Payout, CLAIMANT, CHALLENGE),
            keys().token(StopPayout, CLAIMANT, CHALLENGE),
            keys().token(Follow, CLAIMANT, CHALLENGE),
            keys().token(Unfollow, CLAIMANT, CHALLENGE),
            keys().token(StopMessages, CLAIMANT, CHALLENGE),
            keys().token(Invitation, CLAIMANT, CHALLENGE),
            keys().token(Factor, CLAIMANT, CHALLENGE),
            keys().token(Confirm, other, CHALLENGE),
            keys().token(Confirm, CLAIMANT, other),
            strange.token(Confirm, CLAIMANT, CHALLENGE),
        ];
        assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), tokens.len());
    }

    #[test]
    fn a_token_is_64_characters_and_parses_back() {
        let token = keys().token(Confirm, CLAIMANT, CHALLENGE);
        assert_eq!(token.len(), 64);
        let (claimant, proof) = parse_token(&token).unwrap();
        assert_eq!(claimant, CLAIMANT);
        assert_eq!(proof, keys().proof(Confirm, CLAIMANT, CHALLENGE));
    }

    #[test]
    fn anything_else_is_no_token() {
        let token = keys().token(Confirm, CLAIMANT, CHALLENGE);
        let shorter = token.get(1..).unwrap();
        let mut bad = vec![String::new(), format!("{token}A"), shorter.to_owned()];
        bad.push(format!("{shorter}="));
        bad.push(format!("{shorter}+"));
        bad.push("è".repeat(32));
        for bad in bad {
            assert_eq!(parse_token(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_code_is_six_digits_and_even_enough() {
        let keys = keys();
        let mut tens = [0; 10];
        for number in 0..5_000 {
            let code = keys.code(Otp, CLAIMANT, Uuid::from_u128(number));
            assert_eq!(code.len(), 6);
            assert!(code.bytes().all(|digit| digit.is_ascii_digit()));
            tens[usize::from(code.as_bytes()[0] - b'0')] += 1;
        }
        assert!(
            tens.iter().all(|count| (400..600).contains(count)),
            "{tens:?}"
        );
    }

    #[test]
    fn a_stored_token_fits_its_purpose_and_claimant_only() {
        let keys = keys();
        let proof = keys.proof(Confirm, CLAIMANT, CHALLENGE);
        let stored = keys.stored_token_hash(Confirm, CLAIMANT, &proof);
        assert_ne!(stored, proof);
        assert!(verify(
            &keys.stored_token_hash(Confirm, CLAIMANT, &proof),
            &stored
        ));
        assert!(!verify(
            &keys.stored_token_hash(Access, CLAIMANT, &proof),
            &stored
        ));
        assert!(!verify(
            &keys.stored_token_hash(Confirm, CHALLENGE, &proof),
            &stored
        ));
        assert!(!verify(&stored, &stored[..31]));
    }

    #[test]
    fn r43_a_code_signs_one_document_only() {
        let keys = keys();
        let (one, two) = ([1; 32], [2; 32]);
        let hash = |document: Option<&[u8]>, code: &str| {
            keys.stored_code_hash(Otp, CLAIMANT, CHALLENGE, document, code)
        };
        let stored = hash(Some(&one), "123456");
        assert!(verify(&hash(Some(&one), "123456"), &stored));
        assert!(!verify(&hash(Some(&two), "123456"), &stored));
        assert!(!verify(&hash(None, "123456"), &stored));
        assert!(!verify(&hash(Some(&one), "123457"), &stored));
        assert_ne!(hash(None, "123456"), hash(Some(&[]), "123456"));
        let elsewhere = keys.stored_code_hash(Otp, CLAIMANT, CLAIMANT, Some(&one), "123456");
        assert_ne!(elsewhere, stored);
    }

    #[test]
    fn a_stored_code_needs_the_secret_to_be_tried() {
        let strange = ChallengeKeys::new(&Secret::from_bytes([6; 32]));
        let ours = keys().stored_code_hash(Confirm, CLAIMANT, CHALLENGE, None, "123456");
        let theirs = strange.stored_code_hash(Confirm, CLAIMANT, CHALLENGE, None, "123456");
        assert_ne!(ours, theirs);
    }
}
