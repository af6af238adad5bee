//! `joinder mail check`: the records that DNS must hold so that our mails are believed, and whether it does.

use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use crate::commands::say;
use crate::config::{Config, ConfigError, Transport};
use crate::domain::mail_record::{Finding, Owner, is_dmarc, judge_dkim, judge_dmarc, read_spf};
use crate::mailer::names::{NameServers, NoAnswer};
use crate::startup;

/// Arguments of `mail check`.
#[derive(Args)]
pub struct MailCheckArgs {
    /// Only print what to publish
    #[arg(long)]
    offline: bool,
    /// Ask this name server instead of the machine's: address:port
    #[arg(long, conflicts_with = "offline")]
    name_server: Option<SocketAddr>,
    /// A public address from which mails leave; by default those of PUBLIC_BASE_URL's host. Several may be given
    #[arg(long)]
    address: Vec<IpAddr>,
}

/// A record: what it should be, and what it is.
struct Record {
    what: &'static str,
    name: String,
    publish: String,
    found: Vec<String>,
    finding: Finding,
}

/// What was found, and how it stands.
type Seen = Result<(Vec<String>, Finding), NoAnswer>;

impl Record {
    fn new(what: &'static str, name: &str, publish: impl Into<String>, seen: Seen) -> Self {
        let (found, finding) = seen.unwrap_or_else(|NoAnswer| (Vec::new(), Finding::Unverified));
        Self {
            what,
            name: name.to_owned(),
            publish: publish.into(),
            found,
            finding,
        }
    }

    fn tell(&self) -> anyhow::Result<()> {
        say(&format!(
            "{:<10}  {:<5}  {}",
            self.finding.as_str(),
            self.what,
            self.name
        ))?;
        say(&format!("            publish  {}", self.publish))?;
        for text in &self.found {
            let plain: String = text.chars().filter(|c| !c.is_control()).collect();
            say(&format!("            found    {plain}"))?;
        }
        if let Finding::Wrong(why) = self.finding {
            say(&format!("            but      {why}"))?;
        }
        Ok(())
    }
}

/// Prints the records and looks for them; exit code 1 if one is missing or wrong, or nobody answered.
///
/// # Errors
/// If the key that signs cannot be used, or nobody reads the lines.
pub async fn run(config: &Config, args: &MailCheckArgs) -> anyhow::Result<ExitCode> {
    let names = match (args.offline, args.name_server) {
        (true, _) => None,
        (false, Some(place)) => Some(NameServers::at(place).context("this is no name server")?),
        (false, None) => NameServers::of_this_machine().ok(),
    };
    let check = Check {
        config,
        names,
        given: &args.address,
    };
    let mut records = check.dkim().await?;
    records.extend(check.spf().await);
    records.push(check.dmarc().await);
    let pointers = check.pointers().await;
    if pointers.is_empty() {
        say("note        mails leave from the relay: its PTR records are its own affair")?;
    }
    records.extend(pointers);
    records.push(check.way_back().await);
    for record in &records {
        record.tell()?;
    }
    say("")?;
    summary(&records, args.offline)
}

fn summary(records: &[Record], offline: bool) -> anyhow::Result<ExitCode> {
    let count = |wanted: fn(&Finding) -> bool| {
        let findings = records.iter().map(|record| &record.finding);
        findings.filter(|finding| wanted(finding)).count()
    };
    let unverified = count(|finding| *finding == Finding::Unverified);
    let bad = count(|finding| matches!(finding, Finding::Missing | Finding::Wrong(_)));
    if offline {
        say("nothing was verified: these are the records to publish")?;
        return Ok(ExitCode::SUCCESS);
    }
    if unverified == records.len() {
        say("nothing was verified: no name server answers; these are the records to publish")?;
        return Ok(ExitCode::FAILURE);
    }
    if bad + unverified == 0 {
        say("all records are in order")?;
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!(
        "{bad} of {} records are missing or wrong, {unverified} were not verified",
        records.len()
    ))?;
    Ok(ExitCode::FAILURE)
}

/// What is checked, and whom to ask; nobody: nothing is verified.
struct Check<'a> {
    config: &'a Config,
    names: Option<NameServers>,
    given: &'a [IpAddr],
}

impl Check<'_> {
    fn names(&self) -> Result<&NameServers, NoAnswer> {
        self.names.as_ref().ok_or(NoAnswer)
    }

    fn is_direct(&self) -> bool {
        matches!(self.config.transport, Some(Transport::Direct(_)))
    }

    fn sender_domain(&self) -> String {
        domain_of(&self.config.mail_from.1)
    }

    fn return_domain(&self) -> String {
        domain_of(&self.config.bounce_address)
    }

    /// The key, if we sign.
    async fn dkim(&self) -> anyhow::Result<Vec<Record>> {
        let Some(dkim) = startup::dkim(self.config)? else {
            if self.is_direct() {
                anyhow::bail!(ConfigError::UnsignedMail);
            }
            say(
                "note        mails are not signed here: the relay must sign for this domain, or set DKIM_KEY_FILE",
            )?;
            return Ok(Vec::new());
        };
        let seen = async {
            let found = self.names()?.texts(&dkim.record_name()).await?;
            let finding = judge_dkim(&found, dkim.public_key());
            Ok((found, finding))
        };
        let seen = seen.await;
        let record = Record::new("DKIM", &dkim.record_name(), dkim.record(), seen);
        Ok(vec![record])
    }

    /// Who may send, for the domain mails come back to (the one that counts) and the one they come from.
    async fn spf(&self) -> Vec<Record> {
        let mut domains = vec![self.return_domain(), self.sender_domain()];
        domains.dedup();
        let mut records = Vec::new();
        for domain in domains {
            let seen = self.spf_of(&domain).await;
            records.push(Record::new("SPF", &domain, self.spf_to_publish(), seen));
        }
        records
    }

    fn spf_to_publish(&self) -> String {
        if !self.given.is_empty() {
            let all = self.given.iter().map(|address| match address {
                IpAddr::V4(address) => format!("ip4:{address}"),
                IpAddr::V6(address) => format!("ip6:{address}"),
            });
            return format!("v=spf1 {} -all", all.collect::<Vec<_>>().join(" "));
        }
        match (self.is_direct(), self.config.host_name()) {
            (true, Some(host)) => format!("v=spf1 a:{host} -all"),
            (true, None) => "v=spf1 ip4:(this machine's public address) -all".to_owned(),
            (false, _) => "v=spf1 include:(what your relay's manual names) -all".to_owned(),
        }
    }

    async fn spf_of(&self, domain: &str) -> Seen {
        let names = self.names()?;
        let mut found = names.texts(domain).await?;
        let mut finding = match read_spf(&found) {
            Ok(_) => Finding::Good,
            Err(finding) => finding,
        };
        for address in self.addresses().await? {
            if finding == Finding::Good {
                finding = names.spf_allows(domain, address).await?;
            }
        }
        found.retain(|text| text.to_ascii_lowercase().starts_with("v=spf1"));
        Ok((found, finding))
    }

    /// From where mails leave, where that is known: not with a relay, unless told.
    async fn addresses(&self) -> Result<Vec<IpAddr>, NoAnswer> {
        if !self.given.is_empty() {
            return Ok(self.given.to_vec());
        }
        match self.config.host_name() {
            Some(host) if self.is_direct() => self.names()?.public_addresses(&host).await,
            Some(_) | None => Ok(Vec::new()),
        }
    }

    /// What receivers do with mails in our name that nobody signed, in our domain or one above it.
    async fn dmarc(&self) -> Record {
        let from = self.sender_domain();
        let name = format!("_dmarc.{from}");
        let publish = format!("v=DMARC1; p=quarantine; rua=mailto:dmarc@{from}");
        let seen = self.dmarc_of(&from).await;
        Record::new("DMARC", &name, publish, seen)
    }

    async fn dmarc_of(&self, from: &str) -> Seen {
        let names = self.names()?;
        let signs_exactly = self.config.dkim.domain == from;
        let mut domain = from;
        let mut owner = Owner::Itself;
        loop {
            let mut found = names.texts(&format!("_dmarc.{domain}")).await?;
            found.retain(|text| is_dmarc(text));
            let above = domain.split_once('.').map(|(_, above)| above);
            let above = above.filter(|above| above.contains('.') && found.is_empty());
            let Some(above) = above else {
                let finding = judge_dmarc(&found, owner, signs_exactly);
                return Ok((found, finding));
            };
            domain = above;
            owner = Owner::Above;
        }
    }

    /// The names of the addresses from which mails leave: they must lead back. None with a relay.
    async fn pointers(&self) -> Vec<Record> {
        let host = self.config.host_name();
        let publish = host.unwrap_or_else(|| "(the name in PUBLIC_BASE_URL)".to_owned());
        if !self.is_direct() && self.given.is_empty() {
            return Vec::new();
        }
        let Ok(addresses) = self.addresses().await else {
            let name = "(this machine's public address)";
            return vec![Record::new("PTR", name, publish, Err(NoAnswer))];
        };
        if addresses.is_empty() {
            let what = "the public address of this machine, or say --address";
            let seen = Ok((Vec::new(), Finding::Missing));
            return vec![Record::new("A", &publish, what, seen)];
        }
        let mut records = Vec::new();
        for address in addresses {
            let seen = self.pointer(address).await;
            records.push(Record::new("PTR", &address.to_string(), &publish, seen));
        }
        records
    }

    async fn pointer(&self, address: IpAddr) -> Seen {
        let names = self.names()?;
        let found = names.names_of(address).await?;
        let mut leads_back = false;
        for name in &found {
            leads_back |= names.addresses(name).await?.contains(&address);
        }
        let finding = match (found.is_empty(), leads_back) {
            (true, _) => Finding::Missing,
            (false, true) => Finding::Good,
            (false, false) => Finding::Wrong("the name does not lead back to the address"),
        };
        Ok((found, finding))
    }

    /// Where mails come back to, somebody must take them.
    async fn way_back(&self) -> Record {
        let domain = self.return_domain();
        let publish = "the server that puts what comes back into BOUNCE_DIR";
        let seen = async {
            let found = self.names()?.exchanges(&domain).await?;
            let finding = if found.iter().any(|host| !host.is_empty()) {
                Finding::Good
            } else {
                Finding::Missing
            };
            Ok((found, finding))
        };
        let seen = seen.await;
        Record::new("MX", &domain, publish, seen)
    }
}

fn domain_of(address: &str) -> String {
    let domain = address
        .rsplit_once('@')
        .map_or(address, |(_, domain)| domain);
    idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_ascii_lowercase())
}
