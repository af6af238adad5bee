//! `joinder demo`, and `joinder` alone: the first case on a database of its own, with logins that
//! everybody knows. Its folder is marked, and `serve` refuses it.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;

use crate::app::Ctx;
use crate::app::bootstrap::{self, Logins};
use crate::commands::say;
use crate::config::{Config, Options};
use crate::crypto::master_key::MasterKeys;
use crate::domain::language::Language;
use crate::render::demo_site;
use crate::render::page::console::partners::{Embedded, snippet};
use crate::render::page::join::href;
use crate::startup::{Duty, Parts, Running, another_runs};
use crate::telemetry;

/// Ports tried where BIND is not given: another program may have the first.
const PORTS: std::ops::RangeInclusive<u16> = 8080..=8099;

/// Ports tried for the partner's site.
const PARTNER_PORTS: std::ops::RangeInclusive<u16> = 8180..=8199;

/// The partner site of the demo's seed.
const DEMO_PARTNER: &str = "blog-disservizi";

/// Arguments of `demo`.
#[derive(Args, Default)]
pub struct DemoArgs {
    /// Throw away what earlier demos left
    #[arg(long)]
    fresh: bool,
}

/// Runs until told to stop.
///
/// # Errors
/// If the folder holds something other than a demo, or something does not start.
pub async fn run(options: Options, args: &DemoArgs) -> anyhow::Result<ExitCode> {
    let config = configure(options)?;
    prepare_folder(&config, args)?;
    let metrics = telemetry::init_metrics()?;
    let (listener, site) = partner_site(&config)?;
    let parts = Parts::open(&config, true).await?;
    let page = seed(&parts.ctx, &site).await?;
    let mut running = Running::start(parts, &config, Duty::Everything, metrics)?;
    running.add_partner_site(listener, page)?;
    tell(&config, &site)?;
    running.until_stopped().await?;
    Ok(ExitCode::SUCCESS)
}

/// The configuration of a demo: its own database, keys, files and mails in one folder, beside the
/// one of production where DATA_DIR is not given.
fn configure(mut options: Options) -> anyhow::Result<Config> {
    options.database_url = None;
    options.database_ro_url = None;
    options.smtp_url = None;
    options.blob_url = None;
    options.master_key_file = None;
    let is_empty = |text: &Option<String>| text.as_ref().is_none_or(|text| text.trim().is_empty());
    if is_empty(&options.data_dir) {
        let usual = Config::resolve(&options)?.data_dir;
        let beside = usual.with_file_name("joinder-demo");
        options.data_dir = Some(beside.display().to_string());
    }
    if is_empty(&options.mail_dir) {
        let data_dir = Config::resolve(&options)?.data_dir;
        options.mail_dir = Some(data_dir.join("mail").display().to_string());
    }
    if is_empty(&options.bind) {
        let free = PORTS
            .map(|port| format!("127.0.0.1:{port}"))
            .find(|address| TcpListener::bind(address).is_ok());
        options.bind = free;
    }
    Ok(Config::resolve(&options)?)
}

fn prepare_folder(config: &Config, args: &DemoArgs) -> anyhow::Result<()> {
    let dir = &config.data_dir;
    if another_runs(config) {
        bail!("a demo runs already in {}", dir.display());
    }
    let is_demo = config.demo_marker().exists();
    if !is_demo && !is_empty(dir)? {
        bail!(
            "{} holds something other than a demo: set another DATA_DIR",
            dir.display()
        );
    }
    if args.fresh && is_demo {
        fs::remove_dir_all(dir)
            .with_context(|| format!("{} cannot be thrown away", dir.display()))?;
    }
    fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    fs::write(config.demo_marker(), "made by `joinder demo`\n")?;
    if !config.master_key_file.exists() {
        MasterKeys::create(&config.master_key_file, 1)?;
    }
    Ok(())
}

fn is_empty(dir: &Path) -> anyhow::Result<bool> {
    if !dir.exists() {
        return Ok(true);
    }
    let mut entries =
        fs::read_dir(dir).with_context(|| format!("{} cannot be read", dir.display()))?;
    Ok(entries.next().is_none())
}

/// Where the partner's pages are: on this machine under its other name, so that browsers take them for another site's.
fn partner_site(config: &Config) -> anyhow::Result<(TcpListener, String)> {
    let mut ports = PARTNER_PORTS;
    let listener = ports.find_map(|port| TcpListener::bind(("127.0.0.1", port)).ok());
    let listener = listener.map_or_else(|| TcpListener::bind(("127.0.0.1", 0)), Ok);
    let listener = listener.context("no port is free for the partner's site")?;
    let host = if config.public_base_url.starts_with("http://localhost") {
        "127.0.0.1"
    } else {
        "localhost"
    };
    let port = listener.local_addr()?.port();
    Ok((listener, format!("http://{host}:{port}")))
}

/// Makes the case with its associations and partners; gives the page of the partner whose site is at this origin.
async fn seed(ctx: &Ctx, site: &str) -> anyhow::Result<String> {
    let mut seed = bootstrap::demo_seed()?;
    let mut partners = seed.partners.iter_mut();
    let partner = partners.find(|it| it.slug == DEMO_PARTNER);
    let partner = partner.context("the demo has no partner")?;
    partner.origins = vec![site.to_owned()];
    let association = partner.association.clone();
    // what `joinder case set` did stays
    let directory = ctx.directories.get(ctx).await?;
    let known = directory
        .cases()
        .iter()
        .find(|case| case.slug == seed.case.slug);
    if let Some(known) = known {
        seed.case.state = known.state;
    }
    bootstrap::bootstrap(ctx, &seed, Logins::Demo).await?;
    let own = seed.associations.iter().find(|it| it.slug == association);
    let own = own.context("the demo's partner has no association")?;
    let base = &ctx.settings.public_base_url;
    let case = &seed.case.slug;
    let embedded = Embedded {
        script: &format!("{base}/embed/v1.js"),
        case,
        association: (&own.slug, &own.name),
        partner: DEMO_PARTNER,
    };
    let href = href(case, &own.slug, Some(DEMO_PARTNER));
    let snippet = snippet(Language::It, &format!("{base}{href}"), &embedded);
    Ok(demo_site::page(snippet)?)
}

fn tell(config: &Config, site: &str) -> anyhow::Result<()> {
    let url = &config.public_base_url;
    say("")?;
    say("joinder demo: made-up data, no connection with the associations named")?;
    say(&format!("  case     {url}/c/libero-virgilio-2023"))?;
    say(&format!("  console  {url}/console"))?;
    say(&format!("  mails    {url}/demo/outbox"))?;
    say(&format!("  API      {url}/docs"))?;
    say(&format!(
        "  partner  {site}: a made-up site with the form in its page"
    ))?;
    say(&format!(
        "           key {}",
        bootstrap::demo_key(DEMO_PARTNER).as_str()
    ))?;
    say(&format!(
        "           test {}: it acts in the sandbox",
        bootstrap::demo_test_key(DEMO_PARTNER).as_str()
    ))?;
    say(&format!(
        "  login    owner-1@codacons.example, password {}; the login page shows the code",
        bootstrap::demo_password()
    ))?;
    if let Ok(totp) = bootstrap::demo_totp("owner-1@codacons.example") {
        say(&format!(
            "           owner-1's authenticator secret {}; each login has its own",
            totp.to_base32()
        ))?;
    }
    say(
        "           also reader-, reviewer-, case-manager-, payout-, auditor-, operator-, 1 and 2 of each",
    )?;
    say("           another association: owner-1@altroconsumo.example")?;
    say(&format!("  data     {}", config.data_dir.display()))?;
    say("Ctrl-C stops it; the data stay, `joinder demo --fresh` throws them away")?;
    Ok(())
}
