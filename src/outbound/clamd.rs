//! The virus scanner: clamd's `INSTREAM` (man clamd, "COMMANDS"), over TCP or a Unix socket.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

/// How long the scanner may take to connect, to take a piece, and to answer.
const CONNECTS: Duration = Duration::from_secs(5);
const TAKES: Duration = Duration::from_secs(30);
const ANSWERS: Duration = Duration::from_mins(2);
/// Bytes of an answer that are read.
const ANSWER: u64 = 4096;

/// Where a scanner is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Clamd {
    /// Host and port.
    Tcp(String),
    /// A socket of this machine.
    Unix(PathBuf),
}

/// What a scanner says of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing found.
    Clean,
    /// Something found.
    Infected,
}

/// The scanner said nothing that can be relied on.
#[derive(Debug, Error)]
pub enum ClamdError {
    /// It cannot be reached, or broke off.
    #[error("the virus scanner cannot be reached")]
    Unreachable(#[from] io::Error),
    /// It takes too long.
    #[error("the virus scanner takes too long")]
    Slow,
    /// It refused to scan, such as a file over its own limit.
    #[error("the virus scanner answered: {0}")]
    Refused(String),
}

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Bytes on their way to the scanner.
pub struct Scanning {
    wire: Box<dyn Wire>,
}

impl Clamd {
    /// Reads `CLAMD_URL`: `tcp://host:port`, `unix:///path`, or the path of a socket.
    pub fn parse(url: &str) -> Option<Self> {
        if let Some(place) = url.strip_prefix("tcp://") {
            let (host, port) = place.trim_end_matches('/').rsplit_once(':')?;
            let port: u16 = port.parse().ok()?;
            return (!host.is_empty()).then(|| Self::Tcp(format!("{host}:{port}")));
        }
        let path = url.strip_prefix("unix://").unwrap_or(url);
        path.starts_with('/').then(|| Self::Unix(path.into()))
    }

    /// Begins to scan one file.
    ///
    /// # Errors
    /// `Unreachable`, `Slow`.
    pub async fn begin(&self) -> Result<Scanning, ClamdError> {
        let mut wire: Box<dyn Wire> = match self {
            Self::Tcp(place) => Box::new(within(CONNECTS, TcpStream::connect(place)).await?),
            Self::Unix(path) => Box::new(within(CONNECTS, UnixStream::connect(path)).await?),
        };
        within(TAKES, wire.write_all(b"zINSTREAM\0")).await?;
        Ok(Scanning { wire })
    }

    /// Whether it is there: `PING`.
    ///
    /// # Errors
    /// As [`Clamd::begin`]; `Refused` if it says something else than `PONG`.
    pub async fn ping(&self) -> Result<(), ClamdError> {
        let mut wire: Box<dyn Wire> = match self {
            Self::Tcp(place) => Box::new(within(CONNECTS, TcpStream::connect(place)).await?),
            Self::Unix(path) => Box::new(within(CONNECTS, UnixStream::connect(path)).await?),
        };
        within(TAKES, wire.write_all(b"zPING\0")).await?;
        let said = answer(&mut wire).await?;
        if said == "PONG" {
            Ok(())
        } else {
            Err(ClamdError::Refused(said))
        }
    }
}

impl Scanning {
    /// Sends the next bytes of the file.
    ///
    /// # Errors
    /// `Unreachable`, `Slow`.
    pub async fn feed(&mut self, bytes: &[u8]) -> Result<(), ClamdError> {
        // an empty piece would end the file
        for piece in bytes.chunks(64 * 1024) {
            let length = u32::try_from(piece.len()).map_err(io::Error::other)?;
            within(TAKES, self.wire.write_all(&length.to_be_bytes())).await?;
            within(TAKES, self.wire.write_all(piece)).await?;
        }
        Ok(())
    }

    /// Ends the file and reads what the scanner says.
    ///
    /// # Errors
    /// `Refused` for anything but a verdict; `Unreachable`, `Slow`.
    pub async fn finish(mut self) -> Result<Verdict, ClamdError> {
        within(TAKES, self.wire.write_all(&0_u32.to_be_bytes())).await?;
        let said = answer(&mut self.wire).await?;
        match said.as_str() {
            "stream: OK" => Ok(Verdict::Clean),
            said if said.starts_with("stream: ") && said.ends_with(" FOUND") => {
                Ok(Verdict::Infected)
            }
            _ => Err(ClamdError::Refused(said)),
        }
    }
}

async fn answer(wire: &mut Box<dyn Wire>) -> Result<String, ClamdError> {
    let mut bytes = Vec::new();
    within(ANSWERS, wire.take(ANSWER).read_to_end(&mut bytes)).await?;
    let said = String::from_utf8_lossy(&bytes);
    Ok(said.trim_end_matches(['\0', '\n']).to_owned())
}

async fn within<T>(
    time: Duration,
    step: impl Future<Output = io::Result<T>>,
) -> Result<T, ClamdError> {
    let done = timeout(time, step).await.map_err(|_| ClamdError::Slow)?;
    Ok(done?)
}

impl fmt::Debug for Scanning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Scanning(..)")
    }
}
