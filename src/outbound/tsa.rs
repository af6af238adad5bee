//! A time-stamping authority (RFC 3161, 3.4): one POST, one answer. What it says is judged by whoever asked.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url};
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;

const QUERY: HeaderValue = HeaderValue::from_static("application/timestamp-query");
const REPLY: HeaderValue = HeaderValue::from_static("application/timestamp-reply");

/// Until the connection stands.
const CONNECTS: Duration = Duration::from_secs(5);
/// Until the answer is read.
const ANSWERS: Duration = Duration::from_secs(20);
/// Longest answer, bytes.
const LONGEST: usize = 64 * 1024;

/// An authority.
#[derive(Clone)]
pub struct Tsa {
    client: Client,
    url: Url,
}

/// Why an authority did not answer; names the cause, never the address with its password.
#[derive(Debug, Error)]
pub enum TsaError {
    /// The address is none.
    #[error("TSA_URL is no http or https address")]
    Url,
    /// No client can be made.
    #[error("no HTTPS client can be made")]
    Client(#[source] reqwest::Error),
    /// Nobody there, or the line broke.
    #[error("the authority cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// It took too long.
    #[error("the authority did not answer in time")]
    Late,
    /// It answered something else than a time stamp.
    #[error("the authority answered with status {0}")]
    Status(StatusCode),
    /// It answered with more than a time stamp can be.
    #[error("the authority answered too much")]
    TooLong,
}

impl Tsa {
    /// An authority at an http or https address.
    ///
    /// # Errors
    /// `Url`, `Client`.
    pub fn new(url: &str) -> Result<Self, TsaError> {
        Self::patient(url, ANSWERS)
    }

    /// One that is waited for so long and no longer.
    ///
    /// # Errors
    /// `Url`, `Client`.
    pub fn patient(url: &str, answers: Duration) -> Result<Self, TsaError> {
        let url = Url::parse(url).map_err(|_| TsaError::Url)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(TsaError::Url);
        }
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| TsaError::Url)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECTS.min(answers))
            .timeout(answers)
            .build();
        let client = client.map_err(TsaError::Client)?;
        Ok(Self { client, url })
    }

    /// Asks, and gives the bytes of the answer.
    ///
    /// # Errors
    /// `Unreachable`, `Late`, `Status`, `TooLong`.
    pub async fn ask(&self, question: Vec<u8>) -> Result<Vec<u8>, TsaError> {
        let request = self.client.post(self.url.clone());
        let request = request.header(CONTENT_TYPE, QUERY).header(ACCEPT, REPLY);
        let answer = request.body(question).send().await.map_err(failed)?;
        if answer.status() != StatusCode::OK {
            return Err(TsaError::Status(answer.status()));
        }
        read(answer).await
    }
}

async fn read(mut answer: Response) -> Result<Vec<u8>, TsaError> {
    let mut bytes = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(failed)? {
        if bytes.len() + piece.len() > LONGEST {
            return Err(TsaError::TooLong);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// Without the address: it may have a password in it.
fn failed(error: reqwest::Error) -> TsaError {
    if error.is_timeout() {
        return TsaError::Late;
    }
    TsaError::Unreachable(error.without_url())
}

impl std::fmt::Debug for Tsa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tsa({})", self.url.host_str().unwrap_or_default())
    }
}
