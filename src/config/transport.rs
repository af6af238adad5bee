//! How mails leave: a folder, a relay, or straight to the servers of the recipients.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::{ConfigError, Options, Secret, absolute, given, secret, wrong};

/// How mails leave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Transport {
    /// Into a folder, one `.eml` each.
    Folder(PathBuf),
    /// To a relay.
    Relay(Secret),
    /// Straight to the servers of the recipients' domains.
    Direct(Direct),
}

/// How mails go straight to the servers of the recipients' domains.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Direct {
    /// How connections are encrypted.
    pub tls: DirectTls,
    /// For tests: servers on this machine that stand for those of a domain, `*` for all others.
    pub overrides: Vec<(String, SocketAddr)>,
}

/// How connections to other people's servers are encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DirectTls {
    /// STARTTLS, and a certificate that holds.
    Verified,
    /// STARTTLS, whatever the certificate.
    Required,
    /// STARTTLS where it is offered.
    Opportunistic,
    /// Never: on this machine only.
    None,
}

/// What a relay takes, over all processes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MailLimits {
    /// Mails a second.
    pub per_second: Option<u32>,
    /// Mails a day, UTC.
    pub per_day: Option<u32>,
}

/// The way that `MAIL_DIR` or `SMTP_URL` say; the folder wins.
pub(super) fn transport(options: &Options) -> Result<Option<Transport>, ConfigError> {
    if let Some(folder) = given(options.mail_dir.as_ref()) {
        return Ok(Some(Transport::Folder(absolute(folder, "MAIL_DIR")?)));
    }
    let (tls, overrides) = (&options.smtp_tls, &options.mx_override);
    if given(options.smtp_url.as_ref()) == Some("mx:") {
        return Ok(Some(Transport::Direct(Direct {
            tls: direct_tls(given(tls.as_ref()))?,
            overrides: overridden(given(overrides.as_ref()))?,
        })));
    }
    for (variable, value) in [("SMTP_TLS", tls), ("MX_OVERRIDE", overrides)] {
        if given(value.as_ref()).is_some() {
            return Err(wrong(variable, "is for SMTP_URL=mx: alone"));
        }
    }
    Ok(secret(options.smtp_url.as_ref()).map(Transport::Relay))
}

fn direct_tls(text: Option<&str>) -> Result<DirectTls, ConfigError> {
    match text {
        Some("verified") => Ok(DirectTls::Verified),
        None | Some("required") => Ok(DirectTls::Required),
        Some("opportunistic") => Ok(DirectTls::Opportunistic),
        Some("none") => Ok(DirectTls::None),
        Some(other) => Err(wrong(
            "SMTP_TLS",
            format!("must be verified, required, opportunistic or none, not {other}"),
        )),
    }
}

fn overridden(text: Option<&str>) -> Result<Vec<(String, SocketAddr)>, ConfigError> {
    let parts = text.unwrap_or_default().split(',').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(|part| {
            let pair = part.split_once('=');
            let pair = pair.and_then(|(domain, to)| {
                let to: SocketAddr = to.trim().parse().ok()?;
                let domain = domain.trim().to_ascii_lowercase();
                (!domain.is_empty()).then_some((domain, to))
            });
            pair.ok_or_else(|| {
                wrong(
                    "MX_OVERRIDE",
                    format!("must hold domain=127.0.0.1:port, not {part}"),
                )
            })
        })
        .collect()
}

/// A number from 1.
pub(super) fn count(
    text: Option<&String>,
    variable: &'static str,
) -> Result<Option<u32>, ConfigError> {
    given(text)
        .map(|text| {
            let number: Option<u32> = text.parse().ok();
            number
                .filter(|number| *number > 0)
                .ok_or_else(|| wrong(variable, format!("must be a number from 1, not {text}")))
        })
        .transpose()
}
