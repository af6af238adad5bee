//! Encryption of files to people's own keys, as the program `age` reads it (age v1, X25519 recipients): only
//! who has the other half opens them, we cannot.
//!
//! A file key of 16 bytes is wrapped for each recipient; the bytes follow in sealed chunks of 64 KiB. Here is
//! the writing half, over aws-lc-rs (decision 23). *source*: C2SP `age` v1.0.0.

use std::fmt;

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{EphemeralPrivateKey, UnparsedPublicKey, X25519, agree_ephemeral};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::{hkdf, hmac};
use data_encoding::BASE64_NOPAD;
use zeroize::Zeroizing;

use super::{CryptoError, token};

/// Bytes of a chunk, in clear.
const CHUNK: usize = 64 * 1024;

const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Somebody's public key, `age1...`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recipient([u8; 32]);

impl Recipient {
    /// Reads `age1...` (Bech32); `None` for anything else, a private key too.
    pub fn parse(text: &str) -> Option<Self> {
        let data = text.strip_prefix("age1")?;
        let values: Option<Vec<u8>> = data
            .bytes()
            .map(|sign| {
                let place = ALPHABET.iter().position(|known| *known == sign)?;
                u8::try_from(place).ok()
            })
            .collect();
        let values = values?;
        if checksum(&values) != 1 {
            return None;
        }
        let (payload, _) = values.split_at_checked(values.len().checked_sub(6)?)?;
        Some(Self(to_bytes(payload)?.try_into().ok()?))
    }
}

/// The checksum of Bech32 over `age` and these values: 1 where they belong together.
fn checksum(values: &[u8]) -> u32 {
    const GENERATOR: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    // high bits of the prefix, a zero, its low bits
    let prefix = b"age".iter().map(|sign| sign >> 5);
    let prefix = prefix.chain([0]).chain(b"age".iter().map(|sign| sign & 31));
    prefix
        .chain(values.iter().copied())
        .fold(1_u32, |sum, value| {
            let top = sum >> 25;
            let shifted = ((sum & 0x01ff_ffff) << 5) ^ u32::from(value);
            GENERATOR
                .iter()
                .enumerate()
                .filter(|(bit, _)| (top >> bit) & 1 == 1)
                .fold(shifted, |sum, (_, generator)| sum ^ generator)
        })
}

/// Groups of five bits as bytes; none if bits are left that are not zero.
fn to_bytes(values: &[u8]) -> Option<Vec<u8>> {
    let (mut kept, mut bits) = (0_u32, 0_u32);
    let mut bytes = Vec::with_capacity(values.len() * 5 / 8);
    for value in values {
        kept = ((kept << 5) | u32::from(*value)) & 0xfff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((kept >> bits) & 0xff).ok()?);
        }
    }
    let rest = kept & ((1 << bits) - 1);
    (bits < 5 && rest == 0).then_some(bytes)
}

/// Encrypts a file piece by piece.
pub struct Encryptor {
    key: LessSafeKey,
    /// Header and nonce, until they went out.
    head: Vec<u8>,
    waiting: Vec<u8>,
    number: u64,
}

impl Encryptor {
    /// A new file for these people, one at least.
    ///
    /// # Errors
    /// `Seal` for nobody, and for a key that no agreement comes about with.
    pub fn new(recipients: &[Recipient]) -> Result<Self, CryptoError> {
        if recipients.is_empty() {
            return Err(CryptoError::Seal);
        }
        let file_key = Zeroizing::new(token::random_bytes::<16>());
        let mut head = String::from("age-encryption.org/v1\n");
        for recipient in recipients {
            head.push_str(&stanza(*recipient, &file_key)?);
        }
        head.push_str("---");
        let mac_key = derive(file_key.as_slice(), &[], b"header")?;
        let mac_key = hmac::Key::new(hmac::HMAC_SHA256, mac_key.as_slice());
        let mac = hmac::sign(&mac_key, head.as_bytes());
        head.push(' ');
        head.push_str(&BASE64_NOPAD.encode(mac.as_ref()));
        head.push('\n');
        let nonce = token::random_bytes::<16>();
        let key = derive(file_key.as_slice(), &nonce, b"payload")?;
        let mut head = head.into_bytes();
        head.extend_from_slice(&nonce);
        Ok(Self {
            key: cipher(key.as_slice())?,
            head,
            waiting: Vec::with_capacity(CHUNK),
            number: 0,
        })
    }

    /// Goes on with these bytes; gives what is encrypted by now.
    ///
    /// # Errors
    /// `Seal`: never in practice.
    pub fn update(&mut self, bytes: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let mut out = std::mem::take(&mut self.head);
        let mut rest = bytes;
        // the last chunk is told as such, so a full one waits until more comes
        while self.waiting.len() + rest.len() > CHUNK {
            let room = CHUNK - self.waiting.len();
            let (now, later) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            self.waiting.extend_from_slice(now);
            rest = later;
            self.chunk(&mut out, 0)?;
        }
        self.waiting.extend_from_slice(rest);
        Ok(out)
    }

    /// Ends it; gives the rest.
    ///
    /// # Errors
    /// As [`Encryptor::update`].
    pub fn finish(mut self) -> Result<Vec<u8>, CryptoError> {
        let mut out = std::mem::take(&mut self.head);
        self.chunk(&mut out, 1)?;
        Ok(out)
    }

    fn chunk(&mut self, out: &mut Vec<u8>, is_last: u8) -> Result<(), CryptoError> {
        let mut nonce = [0; 12];
        let (counter, last) = nonce.split_at_mut(11);
        if let Some(low) = counter.get_mut(3..) {
            low.copy_from_slice(&self.number.to_be_bytes());
        }
        last.fill(is_last);
        seal(&self.key, nonce, &mut self.waiting)?;
        out.append(&mut self.waiting);
        self.number += 1;
        Ok(())
    }
}

impl fmt::Debug for Encryptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encryptor(..)")
    }
}

/// The file key, wrapped for one recipient.
fn stanza(recipient: Recipient, file_key: &[u8; 16]) -> Result<String, CryptoError> {
    let own = EphemeralPrivateKey::generate(&X25519, &SystemRandom::new())
        .map_err(|_| CryptoError::Seal)?;
    let share = own.compute_public_key().map_err(|_| CryptoError::Seal)?;
    let salt = [share.as_ref(), &recipient.0].concat();
    let theirs = UnparsedPublicKey::new(&X25519, recipient.0);
    let key = agree_ephemeral(own, theirs, CryptoError::Seal, |shared| {
        derive(shared, &salt, b"age-encryption.org/v1/X25519")
    })?;
    let mut wrapped = file_key.to_vec();
    seal(&cipher(key.as_slice())?, [0; 12], &mut wrapped)?;
    let (share, wrapped) = (
        BASE64_NOPAD.encode(share.as_ref()),
        BASE64_NOPAD.encode(&wrapped),
    );
    Ok(format!("-> X25519 {share}\n{wrapped}\n"))
}

fn derive(secret: &[u8], salt: &[u8], info: &[u8]) -> Result<Zeroizing<[u8; 32]>, CryptoError> {
    let mut key = Zeroizing::new([0; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[info], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut_slice()))
        .map_err(|_| CryptoError::Seal)?;
    Ok(key)
}

fn cipher(key: &[u8]) -> Result<LessSafeKey, CryptoError> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, key).map_err(|_| CryptoError::Seal)?;
    Ok(LessSafeKey::new(key))
}

fn seal(key: &LessSafeKey, nonce: [u8; 12], bytes: &mut Vec<u8>) -> Result<(), CryptoError> {
    let nonce = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(nonce, Aad::empty(), bytes)
        .map_err(|_| CryptoError::Seal)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::agreement::{PrivateKey, agree};

    use super::*;

    /// Bech32 of a public key, to make recipients.
    fn written(key: &[u8]) -> String {
        let bits = key
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |place| (byte >> place) & 1));
        let mut bits: Vec<u8> = bits.collect();
        bits.resize(bits.len().div_ceil(5) * 5, 0);
        let values: Vec<u8> = bits
            .chunks(5)
            .map(|five| five.iter().fold(0, |value, bit| (value << 1) | bit))
            .collect();
        let padded = [values.as_slice(), &[0; 6]].concat();
        let sum = checksum(&padded) ^ 1;
        let end = (0..6).map(|place| u8::try_from((sum >> (5 * (5 - place))) & 31).unwrap());
        let all = values.iter().copied().chain(end);
        let text: String = all
            .map(|value| char::from(ALPHABET[usize::from(value)]))
            .collect();
        format!("age1{text}")
    }

    /// Reads a file with the private half, by the same standard.
    fn opened(file: &[u8], own: &PrivateKey) -> Option<Vec<u8>> {
        let end = file.windows(4).position(|four| four == b"\n---")? + 1;
        let head = std::str::from_utf8(&file[..end]).ok()?;
        let line_end = end + file[end..].iter().position(|byte| *byte == b'\n')?;
        let mac = BASE64_NOPAD.decode(&file[end + 4..line_end]).ok()?;
        let public = own.compute_public_key().unwrap();
        let mut file_key = None;
        let lines: Vec<&str> = head.lines().collect();
        for pair in lines.windows(2) {
            let Some(share) = pair[0].strip_prefix("-> X25519 ") else {
                continue;
            };
            let share = BASE64_NOPAD.decode(share.as_bytes()).unwrap();
            let salt = [share.as_slice(), public.as_ref()].concat();
            let theirs = UnparsedPublicKey::new(&X25519, share);
            let key = agree(own, theirs, CryptoError::Open, |shared| {
                derive(shared, &salt, b"age-encryption.org/v1/X25519")
            });
            let mut body = BASE64_NOPAD.decode(pair[1].as_bytes()).unwrap();
            let key = cipher(key.unwrap().as_slice()).unwrap();
            let nonce = Nonce::assume_unique_for_key([0; 12]);
            if let Ok(found) = key.open_in_place(nonce, Aad::empty(), &mut body) {
                file_key = Some(found.to_vec());
            }
        }
        let file_key = file_key?;
        let mac_key = derive(&file_key, &[], b"header").unwrap();
        let mac_key = hmac::Key::new(hmac::HMAC_SHA256, mac_key.as_slice());
        hmac::verify(&mac_key, &file[..end + 3], &mac).ok()?;
        let (nonce, payload) = file[line_end + 1..].split_at(16);
        let key = cipher(derive(&file_key, nonce, b"payload").unwrap().as_slice()).unwrap();
        let mut clear = Vec::new();
        let count = payload.chunks(CHUNK + 16).count();
        for (number, chunk) in payload.chunks(CHUNK + 16).enumerate() {
            let mut nonce = [0; 12];
            nonce[3..11].copy_from_slice(&u64::try_from(number).unwrap().to_be_bytes());
            nonce[11] = u8::from(number + 1 == count);
            let nonce = Nonce::assume_unique_for_key(nonce);
            let mut chunk = chunk.to_vec();
            clear.extend(
                key.open_in_place(nonce, Aad::empty(), &mut chunk)
                    .ok()?
                    .iter(),
            );
        }
        Some(clear)
    }

    #[test]
    fn each_recipient_opens_it_and_nobody_else_does() {
        let keys: Vec<PrivateKey> = (0..3)
            .map(|_| PrivateKey::generate(&X25519).unwrap())
            .collect();
        let recipients: Vec<Recipient> = keys[..2]
            .iter()
            .map(|key| {
                let public = key.compute_public_key().unwrap();
                Recipient::parse(&written(public.as_ref())).unwrap()
            })
            .collect();
        for size in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let clear: Vec<u8> = (0..size)
                .map(|at| u8::try_from(at % 251).unwrap())
                .collect();
            let mut encryptor = Encryptor::new(&recipients).unwrap();
            let mut file = Vec::new();
            for piece in clear.chunks(10_000) {
                file.extend(encryptor.update(piece).unwrap());
            }
            file.extend(encryptor.finish().unwrap());
            assert!(
                opened(&file, &keys[0]).is_some_and(|it| it == clear),
                "{size}"
            );
            assert!(
                opened(&file, &keys[1]).is_some_and(|it| it == clear),
                "{size}"
            );
            assert!(opened(&file, &keys[2]).is_none());
        }
    }

    #[test]
    fn a_recipient_is_read_as_the_program_writes_it() {
        // from the documentation of age
        let known = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
        assert!(Recipient::parse(known).is_some());
        for bad in [
            "",
            "age1",
            "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8q",
            "AGE1QL3Z7HJY54PW3HYWW5AYYFG7ZQGVC7W3J2ELW8ZMRJ2KG5SFN9AQMCAC8P",
            "ssh-ed25519 AAAA",
            "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
        ] {
            assert!(Recipient::parse(bad).is_none(), "{bad}");
        }
        assert!(Encryptor::new(&[]).is_err());
    }
}
