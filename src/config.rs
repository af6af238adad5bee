//! The configuration: flags and environment variables, read once. The only reader of the environment.
//!
//! [`Options`] is what was typed, [`Config`] what it means. A blank value counts as not given, so
//! that a compose file may pass empty variables on.

use std::ffi::OsString;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use thiserror::Error;
use url::{Host, Url};

mod dkim;
mod options;
mod seal;
mod transport;

pub use dkim::DkimSettings;
pub use options::Options;
pub use seal::SealFiles;
pub use transport::{Direct, DirectTls, MailLimits, Transport};

use transport::{count, transport};

/// Connections of a pool when `POOL_SIZE` is not given.
const POOL_SIZE: usize = 16;
/// Bytes of a volume of a dossier when `EXPORT_VOLUME_BYTES` is not given: below what a FAT32 stick takes.
const EXPORT_VOLUME: u64 = 2 * 1024 * 1024 * 1024;
/// The smallest volume that makes sense.
const LEAST_VOLUME: u64 = 1024 * 1024;
/// Where we listen when `BIND` is not given.
const BIND: &str = "127.0.0.1:8080";
/// The file in the data folder by which a demo is known.
const DEMO_MARKER: &str = "demo";

/// A text that is never shown: URLs hold passwords.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Names and values of `AWS_*`, never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ObjectStoreVariables(Vec<(String, String)>);

impl ObjectStoreVariables {
    /// Names and values.
    pub fn expose(&self) -> &[(String, String)] {
        &self.0
    }
}

impl fmt::Debug for ObjectStoreVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

/// Limits per network address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RateLimits {
    /// As in production.
    On,
    /// For load tests on this machine. Caps on mails and code attempts stay.
    Off,
}

/// What the options mean.
#[derive(Clone, Debug)]
pub struct Config {
    /// Postgres of others; `None`: our own.
    pub database_url: Option<Secret>,
    /// A read-only copy.
    pub database_ro_url: Option<Secret>,
    /// Connections in each pool, at least 2.
    pub pool_size: usize,
    /// Folder for everything kept on this machine.
    pub data_dir: PathBuf,
    /// Where to listen.
    pub bind: SocketAddr,
    /// Where `/metrics` is, if anywhere.
    pub metrics_bind: Option<SocketAddr>,
    /// Where people find us: scheme and host, no path, no slash at the end.
    pub public_base_url: String,
    /// Networks whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How mails leave; a server needs one.
    pub transport: Option<Transport>,
    /// How many mails may leave.
    pub mail_limits: MailLimits,
    /// Name and address of the sender.
    pub mail_from: (String, String),
    /// How mails are signed.
    pub dkim: DkimSettings,
    /// Where mails come back to, `bounces@` the sender's domain unless told otherwise.
    pub bounce_address: String,
    /// Folder into which an MTA or fetchmail puts what came back.
    pub bounce_dir: Option<PathBuf>,
    /// `file:///folder` or `s3://bucket/folder`.
    pub blob_url: String,
    /// Variables of an object store, `AWS_*`; empty for a folder.
    pub object_store: ObjectStoreVariables,
    /// The file of the master key.
    pub master_key_file: PathBuf,
    /// Limits per network address.
    pub rate_limits: RateLimits,
    /// Virus scanner.
    pub clamd_url: Option<String>,
    /// Time-stamping authority.
    pub tsa_url: Option<String>,
    /// Its issuers, PEM.
    pub tsa_anchors_file: Option<PathBuf>,
    /// Issuers of digital signatures that are trusted, PEM.
    pub signature_anchors_file: Option<PathBuf>,
    /// Folder of lists of revoked certificates.
    pub signature_crls_dir: Option<PathBuf>,
    /// Key and certificate of the seal on documents.
    pub seal: Option<SealFiles>,
    /// Bytes of a volume of a dossier.
    pub export_volume: u64,
    /// Folder of `initdb` and `postgres`.
    pub pg_bin: Option<PathBuf>,
    /// Where `deploy/setup.sh` puts a Postgres when the system has none.
    pub fetched_pg_bin: PathBuf,
}

/// What is wrong with the configuration; the sentence tells what to do. Never shows a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// A value does not have the shape its variable needs.
    #[error("{variable} {problem}")]
    Value {
        /// The variable.
        variable: &'static str,
        /// What is wrong, to follow the name.
        problem: String,
    },
    /// Neither root nor a user with a home.
    #[error("there is no HOME to keep data in: set DATA_DIR")]
    NoHome,
    /// `serve` on the data folder of a demo.
    #[error(
        "{} was made by `joinder demo`: its logins and keys are public; set another DATA_DIR", .0.display()
    )]
    DemoData(PathBuf),
    /// `serve` without a way for mails to leave.
    #[error(
        "mails have no way out: set SMTP_URL=smtp(s)://relay, SMTP_URL=mx:, or MAIL_DIR=folder"
    )]
    NoTransport,
    /// Links in clear over a network.
    #[error(
        "PUBLIC_BASE_URL={0} is not https: links in mails open personal data; only a loopback address may be http"
    )]
    ClearBaseUrl(String),
    /// No limits in the open.
    #[error(
        "RATE_LIMITS=off is for load tests on this machine: set it to on, or BIND to 127.0.0.1"
    )]
    NoLimits,
    /// Mails to a server that is not the recipient's.
    #[error(
        "MX_OVERRIDE is for tests on this machine: it needs a loopback BIND and PUBLIC_BASE_URL, and loopback addresses"
    )]
    MailDiverted,
    /// Mails in clear over the Internet.
    #[error("SMTP_TLS=none is for tests on this machine: set it to required or opportunistic")]
    ClearMail,
    /// Mails without a signature, by direct delivery.
    #[error(
        "with SMTP_URL=mx: nobody else signs our mails, and many servers refuse them unsigned: make a key with `joinder keygen --dkim` and set DKIM_KEY_FILE"
    )]
    UnsignedMail,
    /// No key.
    #[error(
        "the master key {} is missing: make one with `joinder keygen`, and keep a copy elsewhere (losing it loses everything)", .0.display()
    )]
    NoMasterKey(PathBuf),
    /// Mails would go out unsigned.
    #[error(
        "the key {} of DKIM_KEY_FILE is missing: make one with `joinder keygen --dkim`, and publish what it says", .0.display()
    )]
    NoDkimKey(PathBuf),
}

impl Config {
    /// Reads the options, with the home folders of the environment for what was not given.
    ///
    /// # Errors
    /// [`ConfigError::Value`] names the variable; [`ConfigError::NoHome`].
    pub fn resolve(options: &Options) -> Result<Self, ConfigError> {
        Self::resolve_in(options, &Home::of_this_process())
    }

    fn resolve_in(options: &Options, home: &Home) -> Result<Self, ConfigError> {
        let data_dir = match given(options.data_dir.as_ref()) {
            Some(folder) => absolute(folder, "DATA_DIR")?,
            None => home.state()?,
        };
        let bind = socket(options.bind.as_ref(), "BIND")?.map_or_else(|| parse_bind(BIND), Ok)?;
        let public_base_url = base_url(given(options.public_base_url.as_ref()), bind)?;
        let mail_from = sender(given(options.mail_from.as_ref()), &public_base_url)?;
        let blob_url = given(options.blob_url.as_ref()).map_or_else(
            || format!("file://{}", data_dir.join("blobs").display()),
            str::to_owned,
        );
        let master_key_file = given(options.master_key_file.as_ref())
            .map_or_else(|| data_dir.join("master.key"), PathBuf::from);
        Ok(Self {
            database_url: secret(options.database_url.as_ref()),
            database_ro_url: secret(options.database_ro_url.as_ref()),
            pool_size: pool_size(given(options.pool_size.as_ref()))?,
            bind,
            metrics_bind: socket(options.metrics_bind.as_ref(), "METRICS_BIND")?,
            trusted_proxies: networks(given(options.trusted_proxies.as_ref()))?,
            transport: transport(options)?,
            dkim: dkim::settings(options, &mail_from.1)?,
            bounce_address: bounce_address(given(options.bounce_address.as_ref()), &mail_from.1)?,
            bounce_dir: given(options.bounce_dir.as_ref())
                .map(|folder| absolute(folder, "BOUNCE_DIR"))
                .transpose()?,
            mail_limits: MailLimits {
                per_second: count(options.smtp_rate.as_ref(), "SMTP_RATE")?,
                per_day: count(options.smtp_daily.as_ref(), "SMTP_DAILY")?,
            },
            mail_from,
            blob_url,
            object_store: home.object_store.clone(),
            master_key_file,
            rate_limits: rate_limits(given(options.rate_limits.as_ref()))?,
            clamd_url: given(options.clamd_url.as_ref()).map(str::to_owned),
            tsa_url: given(options.tsa_url.as_ref()).map(str::to_owned),
            tsa_anchors_file: given(options.tsa_anchors_file.as_ref()).map(PathBuf::from),
            signature_anchors_file: given(options.signature_anchors_file.as_ref())
                .map(PathBuf::from),
            signature_crls_dir: given(options.signature_crls_dir.as_ref()).map(PathBuf::from),
            seal: seal::files(options)?,
            export_volume: volume(given(options.export_volume_bytes.as_ref()))?,
            pg_bin: given(options.pg_bin.as_ref()).map(PathBuf::from),
            fetched_pg_bin: home.fetched_pg_bin(),
            public_base_url,
            data_dir,
        })
    }

    /// Refuses what must not run in production.
    ///
    /// # Errors
    /// Everything that is wrong, in the order an operator would mend it.
    pub fn refuse_unsafe(&self) -> Result<(), Vec<ConfigError>> {
        let mut errors = Vec::new();
        if self.demo_marker().exists() {
            errors.push(ConfigError::DemoData(self.data_dir.clone()));
        }
        if !self.master_key_file.exists() {
            errors.push(ConfigError::NoMasterKey(self.master_key_file.clone()));
        }
        if self.transport.is_none() {
            errors.push(ConfigError::NoTransport);
        }
        errors.extend(self.refuse_unsafe_mail());
        let missing = self.dkim.key_file.as_ref().filter(|file| !file.exists());
        errors.extend(missing.cloned().map(ConfigError::NoDkimKey));
        if !self.is_https() && !is_loopback_url(&self.public_base_url) {
            errors.push(ConfigError::ClearBaseUrl(self.public_base_url.clone()));
        }
        if self.rate_limits == RateLimits::Off && !self.bind.ip().is_loopback() {
            errors.push(ConfigError::NoLimits);
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }

    /// Mails that would go to another server than the recipient's, in clear, or unsigned.
    fn refuse_unsafe_mail(&self) -> Option<ConfigError> {
        let Some(Transport::Direct(direct)) = &self.transport else {
            return None;
        };
        let is_here = self.bind.ip().is_loopback() && is_loopback_url(&self.public_base_url);
        let stays_here = direct.overrides.iter().all(|(_, to)| to.ip().is_loopback());
        let is_diverted = !direct.overrides.is_empty();
        if is_diverted && (!is_here || !stays_here) {
            return Some(ConfigError::MailDiverted);
        }
        let covers_all = direct.overrides.iter().any(|(domain, _)| domain == "*");
        if covers_all {
            return None;
        }
        if direct.tls == DirectTls::None {
            return Some(ConfigError::ClearMail);
        }
        // nobody else could sign for us
        let is_signed = self.dkim.key_file.is_some();
        (!is_signed).then_some(ConfigError::UnsignedMail)
    }

    /// The file by which the data folder of a demo is known.
    pub fn demo_marker(&self) -> PathBuf {
        self.data_dir.join(DEMO_MARKER)
    }

    /// The name of the base URL's host, if it is a public one: what we call ourselves to other servers.
    pub fn host_name(&self) -> Option<String> {
        let url = Url::parse(&self.public_base_url).ok()?;
        match url.host() {
            Some(Host::Domain(name)) if name.contains('.') => Some(name.to_owned()),
            _ => None,
        }
    }

    /// Whether people reach us by TLS: cookies and headers follow.
    pub fn is_https(&self) -> bool {
        self.public_base_url.starts_with("https://")
    }
}

/// What the environment tells of the user.
struct Home {
    is_root: bool,
    xdg_state: Option<OsString>,
    folder: Option<OsString>,
    object_store: ObjectStoreVariables,
}

impl Home {
    #[expect(
        clippy::disallowed_methods,
        reason = "config.rs is the reader of the environment"
    )]
    fn of_this_process() -> Self {
        Self {
            is_root: rustix::process::geteuid().is_root(),
            xdg_state: std::env::var_os("XDG_STATE_HOME"),
            folder: std::env::var_os("HOME"),
            object_store: ObjectStoreVariables(
                std::env::vars_os()
                    .filter_map(|(name, value)| {
                        name.into_string().ok().zip(value.into_string().ok())
                    })
                    .filter(|(name, _)| name.starts_with("AWS_"))
                    .collect(),
            ),
        }
    }

    /// Root's home is closed to the account that runs Postgres, so root's data lie elsewhere.
    fn state(&self) -> Result<PathBuf, ConfigError> {
        if self.is_root {
            return Ok(PathBuf::from("/var/lib/joinder"));
        }
        let xdg = self.xdg_state.as_ref().map(Path::new);
        if let Some(folder) = xdg.filter(|folder| folder.is_absolute()) {
            return Ok(folder.join("joinder"));
        }
        let home = self.folder.as_ref().map(Path::new);
        match home.filter(|folder| folder.is_absolute()) {
            Some(folder) => Ok(folder.join(".local/state/joinder")),
            None => Err(ConfigError::NoHome),
        }
    }

    /// The same folder as `pg_home` of `deploy/setup.sh`.
    fn fetched_pg_bin(&self) -> PathBuf {
        match self.folder.as_ref().filter(|_| !self.is_root) {
            Some(home) => Path::new(home).join(".cache/joinder/pg/bin"),
            None => PathBuf::from("/var/lib/joinder/pg/bin"),
        }
    }
}

fn given(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn secret(text: Option<&String>) -> Option<Secret> {
    given(text).map(Secret::new)
}

fn wrong(variable: &'static str, problem: impl Into<String>) -> ConfigError {
    ConfigError::Value {
        variable,
        problem: problem.into(),
    }
}

fn volume(text: Option<&str>) -> Result<u64, ConfigError> {
    let Some(text) = text else {
        return Ok(EXPORT_VOLUME);
    };
    let bytes = text.parse().ok().filter(|bytes| *bytes >= LEAST_VOLUME);
    bytes.ok_or_else(|| {
        wrong(
            "EXPORT_VOLUME_BYTES",
            format!("must be a number of bytes from {LEAST_VOLUME}, not {text}"),
        )
    })
}

fn absolute(folder: &str, variable: &'static str) -> Result<PathBuf, ConfigError> {
    std::path::absolute(folder).map_err(|error| wrong(variable, format!("is no folder: {error}")))
}

fn parse_bind(text: &str) -> Result<SocketAddr, ConfigError> {
    text.parse()
        .map_err(|_| wrong("BIND", "must be address:port"))
}

fn socket(
    text: Option<&String>,
    variable: &'static str,
) -> Result<Option<SocketAddr>, ConfigError> {
    given(text)
        .map(|text| {
            text.parse().map_err(|_| {
                wrong(
                    variable,
                    format!("must be address:port like 127.0.0.1:8080, not {text}"),
                )
            })
        })
        .transpose()
}

fn pool_size(text: Option<&str>) -> Result<usize, ConfigError> {
    let Some(text) = text else {
        return Ok(POOL_SIZE);
    };
    text.parse()
        .ok()
        .filter(|size| (2..=1000).contains(size))
        .ok_or_else(|| wrong("POOL_SIZE", format!("must be from 2 to 1000, not {text}")))
}

fn rate_limits(text: Option<&str>) -> Result<RateLimits, ConfigError> {
    match text {
        None | Some("on") => Ok(RateLimits::On),
        Some("off") => Ok(RateLimits::Off),
        Some(other) => Err(wrong(
            "RATE_LIMITS",
            format!("must be on or off, not {other}"),
        )),
    }
}

fn networks(text: Option<&str>) -> Result<Vec<IpNet>, ConfigError> {
    let parts = text.unwrap_or_default().split(',').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(|part| {
            part.parse::<IpNet>()
                .or_else(|_| part.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| {
                    wrong(
                        "TRUSTED_PROXIES",
                        format!("must hold networks like 10.0.0.0/8, not {part}"),
                    )
                })
        })
        .collect()
}

/// `Name <address>` or an address alone; else an address on the host of the base URL.
fn sender(text: Option<&str>, base: &str) -> Result<(String, String), ConfigError> {
    let Some(text) = text else {
        let url = Url::parse(base).ok();
        let host = url.as_ref().and_then(|url| match url.host() {
            Some(Host::Domain(host)) if host.contains('.') => Some(host),
            _ => None,
        });
        let host = host.unwrap_or("joinder.example");
        return Ok(("joinder".to_owned(), format!("joinder@{host}")));
    };
    let (name, address) = match text.strip_suffix('>').and_then(|rest| rest.split_once('<')) {
        Some((name, address)) => (name.trim().trim_matches('"'), address),
        None => ("joinder", text),
    };
    let is_address = address.split_once('@').is_some_and(|(left, right)| {
        !left.is_empty() && right.contains('.') && !right.contains('@')
    });
    if !is_address || text.chars().any(char::is_control) || address.contains([' ', '<']) {
        return Err(wrong("MAIL_FROM", "must be like: Name <name@example.org>"));
    }
    Ok((name.to_owned(), address.to_owned()))
}

/// Where mails come back to. Before the `@` there must be room for `+` and a tag (RFC 5321: 64).
fn bounce_address(text: Option<&str>, sender: &str) -> Result<String, ConfigError> {
    let refused = || {
        wrong(
            "BOUNCE_ADDRESS",
            "must be like bounces@example.org, at most 21 letters, digits, dots or dashes before the @",
        )
    };
    let Some(text) = text else {
        let domain = sender.rsplit_once('@').map_or(sender, |(_, domain)| domain);
        return Ok(format!("bounces@{domain}"));
    };
    let (local, domain) = text.split_once('@').ok_or_else(refused)?;
    let is_plain = |part: &str| {
        let mut bytes = part.bytes();
        !part.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let is_address = is_plain(local) && is_plain(domain) && domain.contains('.');
    if !is_address || local.len() > 21 {
        return Err(refused());
    }
    Ok(text.to_owned())
}

fn base_url(text: Option<&str>, bind: SocketAddr) -> Result<String, ConfigError> {
    let Some(text) = text else {
        let host = if bind.ip().is_unspecified() {
            SocketAddr::from(([127, 0, 0, 1], bind.port()))
        } else {
            bind
        };
        return Ok(format!("http://{host}"));
    };
    let refused = || {
        wrong(
            "PUBLIC_BASE_URL",
            "must be like https://adesioni.example.org, without path, query or login",
        )
    };
    let url = Url::parse(text).map_err(|_| refused())?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !is_plain {
        return Err(refused());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn is_loopback_url(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
