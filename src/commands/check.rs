//! `joinder check`: tests a configuration, line by line, and tells what to do. Changes nothing but
//! what starting our own database changes.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use crate::app::Clock;
use crate::app::keyring::Keyring;
use crate::blob::Blobs;
use crate::commands::say;
use crate::config::{Config, Options, Transport};
use crate::db::{Pools, migration, role};
use crate::startup::{self, Database};

/// How long a container's health check may take.
const PROBE: Duration = Duration::from_secs(3);

/// Arguments of `check`.
#[derive(Args)]
pub struct CheckArgs {
    /// Only ask this http address, as in http://127.0.0.1:8080/healthz, and succeed on a 2xx answer
    #[arg(long)]
    url: Option<String>,
}

/// Runs all tests; exit code 1 if one failed.
///
/// # Errors
/// If nobody reads the lines.
pub async fn run(options: &Options, args: &CheckArgs) -> anyhow::Result<ExitCode> {
    if let Some(url) = &args.url {
        timeout(PROBE, probe(url))
            .await
            .context("no answer in time")??;
        return Ok(ExitCode::SUCCESS);
    }
    let mut report = Report::default();
    match Config::resolve(options) {
        Ok(config) => {
            check_safety(&mut report, &config)?;
            check_mail(&mut report, &config).await?;
            check_blobs(&mut report, &config).await?;
            check_signatures(&mut report, &config)?;
            check_database(&mut report, &config).await?;
            check_clamd(&mut report, &config).await?;
            check_stamps(&mut report, &config)?;
            check_seal(&mut report, &config)?;
            check_unused(&mut report, &config)?;
        }
        Err(error) => report.line("configuration", &Err(error.into()))?,
    }
    say("")?;
    if report.failed > 0 {
        say(&format!("{} of the tests failed", report.failed))?;
        return Ok(ExitCode::FAILURE);
    }
    say("everything is in order")?;
    say("is there a copy of the master key elsewhere? losing it loses everything, backups too")?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Default)]
struct Report {
    failed: u32,
}

impl Report {
    /// One line: what was tested, and how it is or what to do.
    fn line(&mut self, what: &str, found: &anyhow::Result<String>) -> anyhow::Result<()> {
        match found {
            Ok(words) => say(&format!("ok    {what}: {words}"))?,
            Err(error) => {
                self.failed += 1;
                say(&format!("FAIL  {what}: {error:#}"))?;
            }
        }
        Ok(())
    }
}

fn check_safety(report: &mut Report, config: &Config) -> anyhow::Result<()> {
    match config.refuse_unsafe() {
        Ok(()) => report.line("configuration", &Ok("fit for `joinder serve`".to_owned())),
        Err(errors) => errors
            .into_iter()
            .try_for_each(|error| report.line("configuration", &Err(error.into()))),
    }?;
    report.line("base URL", &Ok(config.public_base_url.clone()))
}

async fn check_mail(report: &mut Report, config: &Config) -> anyhow::Result<()> {
    let (name, address) = &config.mail_from;
    report.line("sender", &Ok(format!("{name} <{address}>")))?;
    check_dkim(report, config)?;
    check_bounces(report, config)?;
    if config.transport.is_none() {
        return Ok(());
    }
    let found = async {
        startup::mailer(config)?.probe().await?;
        let words = match &config.transport {
            Some(Transport::Direct(direct)) => format!(
                "straight to the recipients' servers, TLS {:?}, as {}",
                direct.tls,
                config.host_name().as_deref().unwrap_or("this machine")
            ),
            Some(Transport::Folder(_) | Transport::Relay(_)) | None => {
                "mails would be taken".to_owned()
            }
        };
        anyhow::Ok(words)
    };
    report.line("mail", &found.await)?;
    let limits = [
        ("SMTP_RATE", "a second", config.mail_limits.per_second),
        ("SMTP_DAILY", "a day", config.mail_limits.per_day),
    ];
    for (variable, of, limit) in limits {
        if let Some(limit) = limit {
            report.line(
                variable,
                &Ok(format!("{limit} mails {of}, over all processes")),
            )?;
        }
    }
    Ok(())
}

fn check_dkim(report: &mut Report, config: &Config) -> anyhow::Result<()> {
    let missing = config.dkim.key_file.as_ref();
    if missing.is_some_and(|file| !file.exists()) {
        // told among what is unsafe
        return Ok(());
    }
    let found = startup::dkim(config).map(|dkim| match dkim {
        Some(dkim) => format!(
            "mails are signed, RSA {} bits; `joinder mail check` looks for {}",
            dkim.bits(),
            dkim.record_name()
        ),
        None => "not here: the relay must sign, or set DKIM_KEY_FILE".to_owned(),
    });
    report.line("signature", &found)
}

fn check_bounces(report: &mut Report, config: &Config) -> anyhow::Result<()> {
    let address = &config.bounce_address;
    let Some(folder) = &config.bounce_dir else {
        let words = format!("to {address}; nothing reads them: set BOUNCE_DIR");
        return report.line("bounces", &Ok(words));
    };
    let found = tempfile_in(folder)
        .map(|()| format!("to {address}, read from {}", folder.display()))
        .with_context(|| format!("the folder {} cannot be written", folder.display()));
    report.line("bounces", &found)
}

async fn check_blobs(report: &mut Report, config: &Config) -> anyhow::Result<()> {
    let tried = async {
        let blobs = Blobs::open(&config.blob_url, config.object_store.expose())?;
        blobs.try_out().await?;
        anyhow::Ok(config.blob_url.clone())
    };
    let found = tried.await.context("nothing can be kept in BLOB_URL");
    report.line("documents", &found)
}

/// Whether digital signatures can be verified: without issuers they are all refused.
fn check_signatures(report: &mut Report, config: &Config) -> anyhow::Result<()> {
    if config.signature_anchors_file.is_none() {
        return Ok(say(
            "digital signatures: SIGNATURE_ANCHORS_FILE is not set, so none is valid",
        )?);
    }
    let trust = startup::trust_files(config).load();
    let found = trust
        .map(|trust| format!("{trust:?}"))
        .context("SIGNATURE_ANCHORS_FILE or SIGNATURE_CRLS_DIR");
    report.line("digital signatures", &found)
}

fn tempfile_in(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".check-{}", std::process::id()));
    std::fs::write(&path, b"joinder check")?;
    std::fs::remove_file(&path)
}

async fn check_database(report: &mut Report, config: &Config) -> anyhow::Result<()> {
    let database = match Database::attach(config).await {
        Ok(database) => database,
        Err(error) => return report.line("database", &Err(error)),
    };
    let tested = test_database(report, config, &database).await;
    database.stop().await;
    tested
}

async fn test_database(
    report: &mut Report,
    config: &Config,
    database: &Database,
) -> anyhow::Result<()> {
    let pending = match migration::pending(database.url()).await {
        Ok(pending) => pending,
        Err(error) => {
            return report.line(
                "database",
                &Err(anyhow::Error::from(error).context("DATABASE_URL")),
            );
        }
    };
    report.line("database", &Ok("answers".to_owned()))?;
    let migrated = match pending {
        0 => startup::refuse_newer(database)
            .await
            .map(|()| "none pending".to_owned()),
        count => Err(anyhow::anyhow!("{count} pending: run `joinder migrate`")),
    };
    let ready = migrated.is_ok();
    report.line("migrations", &migrated)?;
    if !ready {
        return Ok(());
    }
    let pools = Pools::new(database.url(), 2)?;
    let powerless = async {
        if !role::pools_are_powerless(&pools).await? {
            bail!(
                "pooled connections are superuser or owner: the roles are not as joinder made them"
            )
        }
        Ok("powerless".to_owned())
    };
    report.line("roles", &powerless.await)?;
    if config.master_key_file.exists() {
        let opened = async {
            let master = startup::master_keys(config)?;
            Keyring::open(&pools, master, Clock::System.now())
                .await
                .map_err(anyhow::Error::from)?;
            anyhow::Ok("opens this database".to_owned())
        };
        report.line("master key", &opened.await)?;
    }
    pools.close();
    Ok(())
}

/// Whether the virus scanner answers; without one documents are shown as not scanned.
async fn check_clamd(report: &mut Report, config: &Config) -> anyhow::Result<()> {
    let answers = match startup::clamd(config) {
        Ok(None) => return Ok(()),
        Ok(Some(clamd)) => clamd.ping().await.map_err(anyhow::Error::from),
        Err(error) => Err(error),
    };
    report.line("CLAMD_URL", &answers.map(|()| "answers".to_owned()))
}

/// Who stamps the time of the evidence logs, and whether anybody checks that.
fn check_stamps(report: &mut Report, config: &Config) -> anyhow::Result<()> {
    if config.tsa_url.is_none() {
        return Ok(());
    }
    let told = startup::tsa(config)
        .and_then(|_| startup::stamp_trust(config))
        .map(|issuers| match issuers {
            Some(issuers) => format!("tokens must be by one of {} issuers", issuers.count()),
            None => "nobody checks here who stamps: set TSA_ANCHORS_FILE".to_owned(),
        });
    report.line("TSA_URL", &told)
}

/// Whether documents are sealed, and for how long yet.
fn check_seal(report: &mut Report, config: &Config) -> anyhow::Result<()> {
    let now = Clock::System.now();
    let told = match startup::sealer(config) {
        Ok(None) => return Ok(()),
        Ok(Some(sealer)) => sealer.check_in_force(now).map(|()| {
            let own = sealer.certificate();
            let days = (own.not_after - now).num_days();
            format!("by {}, {days} days yet", own.holder)
        }),
        Err(error) => return report.line("seal", &Err(error)),
    };
    report.line("seal", &told.context("SEAL_CERTIFICATE_FILE"))
}

/// What may be set, but nothing reads yet.
fn check_unused(report: &mut Report, config: &Config) -> anyhow::Result<()> {
    if config.database_ro_url.is_some() {
        let told = Ok("not used by this version".to_owned());
        report.line("DATABASE_RO_URL", &told)?;
    }
    Ok(())
}

/// One GET by hand: the health check of a container that has nothing but this program.
async fn probe(url: &str) -> anyhow::Result<()> {
    let url = Url::parse(url).context("this is no address")?;
    if url.scheme() != "http" {
        bail!("only http addresses can be asked");
    }
    let host = url.host_str().context("the address has no host")?;
    let port = url.port_or_known_default().unwrap_or(80);
    let place = (host.trim_start_matches('[').trim_end_matches(']'), port);
    let mut stream = TcpStream::connect(place)
        .await
        .context("nobody listens there")?;
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n",
        url.path()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.context("no answer")?;
    let answer = String::from_utf8_lossy(&head);
    if answer.starts_with("HTTP/1.1 2") {
        return Ok(());
    }
    bail!("it answered {answer}")
}
