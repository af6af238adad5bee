//! A certificate that a server made itself: X.509 v3, P-256.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

const ECDSA_WITH_SHA256: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1D, 0x11];

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const UTF8: u8 = 0x0C;
const UTC_TIME: u8 = 0x17;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// What a TLS server of this name needs.
pub(crate) fn self_made(name: &str) -> ServerConfig {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let private = key.to_pkcs8v1().unwrap().as_ref().to_vec();
    let certificate = CertificateDer::from(certificate(name, &key));
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(private));
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], private)
        .unwrap()
}

fn certificate(name: &str, key: &EcdsaKeyPair) -> Vec<u8> {
    let algorithm = der(SEQUENCE, &[&der(OID, &[ECDSA_WITH_SHA256])]);
    let common = der(
        SEQUENCE,
        &[&der(OID, &[COMMON_NAME]), &der(UTF8, &[name.as_bytes()])],
    );
    let whom = der(SEQUENCE, &[&der(SET, &[&common])]);
    let times = [b"200101000000Z", b"491231235959Z"].map(|time| der(UTC_TIME, &[time]));
    let public: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    let names = der(SEQUENCE, &[&der(0x82, &[name.as_bytes()])]);
    let extension = der(
        SEQUENCE,
        &[
            &der(OID, &[SUBJECT_ALT_NAME]),
            &der(OCTET_STRING, &[&names]),
        ],
    );
    let content = der(
        SEQUENCE,
        &[
            &der(0xA0, &[&der(INTEGER, &[&[2]])]),
            &der(INTEGER, &[&[1]]),
            &algorithm,
            &whom,
            &der(SEQUENCE, &[&times[0], &times[1]]),
            &whom,
            public.as_ref(),
            &der(0xA3, &[&der(SEQUENCE, &[&extension])]),
        ],
    );
    let signature = key.sign(&SystemRandom::new(), &content).unwrap();
    let signature = der(BIT_STRING, &[&[0], signature.as_ref()]);
    der(SEQUENCE, &[&content, &algorithm, &signature])
}

/// Tag, length, content.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let mut bytes = vec![tag];
    match length {
        0..=127 => bytes.push(low),
        128..=255 => bytes.extend([0x81, low]),
        _ => bytes.extend([0x82, high, low]),
    }
    bytes.extend(content);
    bytes
}
