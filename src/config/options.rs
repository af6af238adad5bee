//! What may be typed: flags, each also an environment variable.

use clap::Args;

/// Flags of every command; each is also an environment variable.
#[derive(Args, Clone, Default)]
pub struct Options {
    /// Postgres to use; without it joinder runs one of its own in DATA_DIR
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<String>,
    /// A read-only copy of the database; not used by this version
    #[arg(long, env = "DATABASE_RO_URL", hide_env_values = true, global = true)]
    pub database_ro_url: Option<String>,
    /// Connections in each pool [default: 16]
    #[arg(long, env = "POOL_SIZE", global = true)]
    pub pool_size: Option<String>,
    /// Folder for everything kept on this machine [default: ~/.local/state/joinder, as root /var/lib/joinder]
    #[arg(long, env = "DATA_DIR", global = true)]
    pub data_dir: Option<String>,
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "BIND", global = true)]
    pub bind: Option<String>,
    /// Address for /metrics; none without it
    #[arg(long, env = "METRICS_BIND", global = true)]
    pub metrics_bind: Option<String>,
    /// Where people find us; every link starts with it [default: http://BIND]
    #[arg(long, env = "PUBLIC_BASE_URL", global = true)]
    pub public_base_url: Option<String>,
    /// Networks whose X-Forwarded-For is believed, parted by commas
    #[arg(long, env = "TRUSTED_PROXIES", global = true)]
    pub trusted_proxies: Option<String>,
    /// Mail relay: `smtp(s)://[user:password@]host[:port]`; or `mx:`, straight to the recipients' servers
    #[arg(long, env = "SMTP_URL", hide_env_values = true, global = true)]
    pub smtp_url: Option<String>,
    /// Mails a second that the relay takes, over all processes [default: no limit]
    #[arg(long, env = "SMTP_RATE", global = true)]
    pub smtp_rate: Option<String>,
    /// Mails a day (UTC) that the relay takes, over all processes [default: no limit]
    #[arg(long, env = "SMTP_DAILY", global = true)]
    pub smtp_daily: Option<String>,
    /// With `mx:`: verified, required, opportunistic or none (on this machine only) [default: required]
    #[arg(long, env = "SMTP_TLS", global = true)]
    pub smtp_tls: Option<String>,
    /// For tests with `mx:` on this machine: `domain=127.0.0.1:port,...`, `*` for all other domains
    #[arg(long, env = "MX_OVERRIDE", global = true)]
    pub mx_override: Option<String>,
    /// Sender of mails: `Name <address>`
    #[arg(long, env = "MAIL_FROM", global = true)]
    pub mail_from: Option<String>,
    /// The RSA key that signs mails, made by `joinder keygen --dkim`; without it a relay may sign
    #[arg(long, env = "DKIM_KEY_FILE", global = true)]
    pub dkim_key_file: Option<String>,
    /// Under which name its public half is published: SELECTOR._domainkey.DOMAIN [default: joinder]
    #[arg(long, env = "DKIM_SELECTOR", global = true)]
    pub dkim_selector: Option<String>,
    /// Domain that signs: that of MAIL_FROM, or one above it [default: that of MAIL_FROM]
    #[arg(long, env = "DKIM_DOMAIN", global = true)]
    pub dkim_domain: Option<String>,
    /// Where mails come back to, by default `bounces@` the sender's domain; a tag is put after its `+`
    #[arg(long, env = "BOUNCE_ADDRESS", global = true)]
    pub bounce_address: Option<String>,
    /// Folder into which an MTA or fetchmail puts mails to that address, flat or as a maildir
    #[arg(long, env = "BOUNCE_DIR", global = true)]
    pub bounce_dir: Option<String>,
    /// Folder that takes mails as files instead of a relay
    #[arg(long, env = "MAIL_DIR", global = true)]
    pub mail_dir: Option<String>,
    /// Store of documents: file:///folder, or s3://bucket/folder with the usual AWS_* variables [default: DATA_DIR/blobs]
    #[arg(long, env = "BLOB_URL", hide_env_values = true, global = true)]
    pub blob_url: Option<String>,
    /// The master key, made by `joinder keygen` [default: DATA_DIR/master.key]
    #[arg(long, env = "MASTER_KEY_FILE", global = true)]
    pub master_key_file: Option<String>,
    /// on or off: limits per network address; off only with a loopback BIND [default: on]
    #[arg(long, env = "RATE_LIMITS", global = true)]
    pub rate_limits: Option<String>,
    /// Virus scanner for documents: clamd at `tcp://host:port`, or the path of its socket
    #[arg(long, env = "CLAMD_URL", global = true)]
    pub clamd_url: Option<String>,
    /// Time-stamping authority (RFC 3161) for the heads of evidence logs, http or https
    #[arg(long, env = "TSA_URL", global = true)]
    pub tsa_url: Option<String>,
    /// Issuers of the authority at TSA_URL, certificates in PEM; without it nobody checks here who stamps
    #[arg(long, env = "TSA_ANCHORS_FILE", global = true)]
    pub tsa_anchors_file: Option<String>,
    /// Issuers of digital signatures and time stamps that are trusted, certificates in PEM; without it no digital
    /// signature is valid
    #[arg(long, env = "SIGNATURE_ANCHORS_FILE", global = true)]
    pub signature_anchors_file: Option<String>,
    /// Folder of lists of revoked certificates, each a .crl or .pem; read anew for each signed file
    #[arg(long, env = "SIGNATURE_CRLS_DIR", global = true)]
    pub signature_crls_dir: Option<String>,
    /// Key that seals the signed documents people download, PEM (PKCS#8): RSA from 2048 bits, or ECDSA P-256
    #[arg(long, env = "SEAL_KEY_FILE", global = true)]
    pub seal_key_file: Option<String>,
    /// Certificate of that key in PEM, then whoever issued it, and so on
    #[arg(long, env = "SEAL_CERTIFICATE_FILE", global = true)]
    pub seal_certificate_file: Option<String>,
    /// Bytes of a volume of a dossier, from 1 MiB [default: 2 GiB]
    #[arg(long, env = "EXPORT_VOLUME_BYTES", global = true)]
    pub export_volume_bytes: Option<String>,
    /// Folder of `initdb` and `postgres`
    #[arg(long = "pg-bin", env = "JOINDER_PG_BIN", global = true)]
    pub pg_bin: Option<String>,
    /// What to log, as in `info,joinder=debug` [default: info]
    #[arg(long = "log", env = "RUST_LOG", global = true)]
    pub log: Option<String>,
}
