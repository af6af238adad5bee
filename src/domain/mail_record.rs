//! What DNS must say of a domain that sends mail: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489) records,
//! as text that was found, judged. Looking them up is in `mailer::names`.

use std::net::IpAddr;

use ipnet::IpNet;

/// How a record stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// As it should be.
    Good,
    /// There is none.
    Missing,
    /// There is another; what is wrong with it.
    Wrong(&'static str),
    /// It was not looked up, or nobody answered.
    Unverified,
}

impl Finding {
    /// One word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Missing => "missing",
            Self::Wrong(_) => "wrong",
            Self::Unverified => "unverified",
        }
    }
}

/// Judges what was found where a DKIM key should be; `public_key` is ours, base64.
pub fn judge_dkim(found: &[String], public_key: &str) -> Finding {
    let keys: Vec<Tags> = found
        .iter()
        .map(|text| Tags::read(text))
        .filter(|tags| {
            tags.get("p").is_some() && tags.get("v").is_none_or(|version| version == "DKIM1")
        })
        .collect();
    let [key] = keys.as_slice() else {
        return several(&keys, "there are two: which is read is left to chance");
    };
    let published: String = key
        .get("p")
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let hashes = key.get("h").unwrap_or("sha256");
    let services = key.get("s").unwrap_or("*");
    let flags = key.get("t").unwrap_or_default();
    if published.is_empty() {
        Finding::Wrong("the key is revoked (p= is empty)")
    } else if published != public_key {
        Finding::Wrong("it is the key of another file: mails would count as forged")
    } else if key.get("k").is_some_and(|kind| kind != "rsa") {
        Finding::Wrong("k= must be rsa")
    } else if !listed(hashes, "sha256") {
        Finding::Wrong("h= does not allow sha256")
    } else if !listed(services, "*") && !listed(services, "email") {
        Finding::Wrong("s= does not allow email")
    } else if listed(flags, "y") {
        Finding::Wrong("it is marked as a test (t=y): signatures count for nothing")
    } else {
        Finding::Good
    }
}

/// Whose DMARC record was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The sender's domain has one.
    Itself,
    /// A domain above it has one that holds for all below.
    Above,
}

/// Judges a DMARC record. `signs_exactly`: the domain that signs is the sender's own, not one above it.
pub fn judge_dmarc(found: &[String], owner: Owner, signs_exactly: bool) -> Finding {
    let policies: Vec<Tags> = found
        .iter()
        .map(|text| Tags::read(text))
        .filter(|tags| tags.get("v") == Some("DMARC1"))
        .collect();
    let [policy] = policies.as_slice() else {
        return several(&policies, "there are two: receivers ignore both");
    };
    let asked = match owner {
        Owner::Above => policy.get("sp").or_else(|| policy.get("p")),
        Owner::Itself => policy.get("p"),
    };
    let is_strict = policy
        .get("adkim")
        .is_some_and(|mode| mode.eq_ignore_ascii_case("s"));
    if policy.get("pct") == Some("0") {
        return Finding::Wrong("with pct=0 the policy is asked for no mail: leave pct out");
    }
    match asked.map(str::to_ascii_lowercase).as_deref() {
        Some("reject" | "quarantine") if is_strict && !signs_exactly => {
            Finding::Wrong("adkim=s wants DKIM_DOMAIN to be the domain of MAIL_FROM")
        }
        Some("reject" | "quarantine") => Finding::Good,
        Some("none") => Finding::Wrong(
            "with p=none everybody may write in your name: once the reports look right, set quarantine",
        ),
        Some(_) | None => Finding::Wrong("p= is none of none, quarantine, reject"),
    }
}

/// Whether a text is a DMARC record at all.
pub fn is_dmarc(text: &str) -> bool {
    Tags::read(text).get("v") == Some("DMARC1")
}

/// Who may send for a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spf {
    /// Each of them.
    pub allows: Vec<Allow>,
}

/// Somebody who may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allow {
    /// These addresses.
    Network(IpNet),
    /// The addresses of a host; none: of the domain.
    Host(Option<String>),
    /// The servers that take the mail of a domain; none: of the domain itself.
    Exchanges(Option<String>),
    /// Who may send for another domain.
    Include(String),
}

/// Reads the SPF record of a domain.
///
/// # Errors
/// How it stands, if there is not one that closes the door to all others.
pub fn read_spf(found: &[String]) -> Result<Spf, Finding> {
    let record = spf_record(found)?;
    let ends = |ends: &[&str]| terms(record).any(|term| ends.contains(&term.as_str()));
    if ends(&["all", "+all", "?all"]) {
        return Err(Finding::Wrong("it lets everybody send: end it with -all"));
    }
    let is_redirected = terms(record).any(|term| term.starts_with("redirect="));
    if is_redirected || ends(&["-all", "~all"]) {
        Ok(spf_of(record))
    } else {
        Err(Finding::Wrong("it does not end: add -all"))
    }
}

/// Reads the SPF record another one includes, however that one ends (RFC 7208, 5.2).
///
/// # Errors
/// As [`read_spf`], for none or two.
pub fn read_included_spf(found: &[String]) -> Result<Spf, Finding> {
    Ok(spf_of(spf_record(found)?))
}

fn spf_record(found: &[String]) -> Result<&str, Finding> {
    let records: Vec<&String> = found.iter().filter(|text| is_spf(text)).collect();
    match records.as_slice() {
        [record] => Ok(record),
        _ => Err(several(&records, "there are two: receivers ignore both")),
    }
}

fn terms(record: &str) -> impl Iterator<Item = String> {
    let terms = record.split_whitespace().skip(1);
    terms.map(str::to_ascii_lowercase)
}

fn spf_of(record: &str) -> Spf {
    let allows = terms(record).filter_map(|term| match term.strip_prefix("redirect=") {
        Some(domain) => Some(Allow::Include(domain.to_owned())),
        None => allowed(term.strip_prefix('+').unwrap_or(&term)),
    });
    Spf {
        allows: allows.collect(),
    }
}

fn is_spf(text: &str) -> bool {
    let version = text.split_whitespace().next().unwrap_or_default();
    version.eq_ignore_ascii_case("v=spf1")
}

/// What a mechanism allows; negative ones, macros and those of bygone days allow nothing.
fn allowed(term: &str) -> Option<Allow> {
    let (name, value) = match term.split_once([':', '/']) {
        Some((name, value)) if term.contains(':') => (name, Some(value)),
        Some((name, _)) => (name, None),
        None => (term, None),
    };
    if value.is_some_and(|value| value.contains('%')) {
        return None;
    }
    let host = || {
        let host = value.map(|value| value.split('/').next().unwrap_or(value));
        host.map(str::to_owned)
    };
    match name {
        "ip4" | "ip6" => {
            let value = value?;
            let network = value.parse().ok();
            let address = || value.parse::<IpAddr>().ok().map(IpNet::from);
            network.or_else(address).map(Allow::Network)
        }
        "a" => Some(Allow::Host(host())),
        "mx" => Some(Allow::Exchanges(host())),
        "include" => host().map(Allow::Include),
        _ => None,
    }
}

/// No record, or more than one.
fn several<T>(found: &[T], why: &'static str) -> Finding {
    if found.is_empty() {
        Finding::Missing
    } else {
        Finding::Wrong(why)
    }
}

fn listed(list: &str, wanted: &str) -> bool {
    list.split(':').any(|word| word.trim() == wanted)
}

/// `name=value; name=value`
struct Tags(Vec<(String, String)>);

impl Tags {
    fn read(text: &str) -> Self {
        let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
        let trimmed = pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
        Self(trimmed.collect())
    }

    fn get(&self, wanted: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(name, _)| name == wanted);
        pair.map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_dkim_key_is_ours_whole_and_in_force() {
        let good = [
            "v=DKIM1; k=rsa; p=MIIB",
            "p=MIIB",
            "v=DKIM1;k=rsa;h=sha1:sha256;s=email;p=MI IB;",
        ];
        for text in good {
            assert_eq!(judge_dkim(&texts(&[text]), "MIIB"), Finding::Good, "{text}");
        }
        let other = texts(&["v=spf1 -all", "v=DKIM1; p=MIIB"]);
        assert_eq!(judge_dkim(&other, "MIIB"), Finding::Good);
        for missing in [&[][..], &["v=spf1 -all"], &["v=DKIM1; k=rsa"]] {
            assert_eq!(judge_dkim(&texts(missing), "MIIB"), Finding::Missing);
        }
        for wrong in [
            &["v=DKIM1; p="][..],
            &["v=DKIM1; p=MIIC"],
            &["v=DKIM1; p=MIIB; k=ed25519"],
            &["v=DKIM1; p=MIIB; h=sha1"],
            &["v=DKIM1; p=MIIB; s=tlsrpt"],
            &["v=DKIM1; p=MIIB; t=y"],
            &["p=MIIB", "p=MIIB"],
        ] {
            let judged = judge_dkim(&texts(wrong), "MIIB");
            assert!(matches!(judged, Finding::Wrong(_)), "{wrong:?}");
        }
    }

    #[test]
    fn a_dmarc_policy_asks_receivers_to_act() {
        let judge = |found: &[&str], owner, exact| judge_dmarc(&texts(found), owner, exact);
        for good in [
            "v=DMARC1; p=quarantine",
            "v=DMARC1;p=reject;rua=mailto:a@b.example",
        ] {
            assert_eq!(judge(&[good], Owner::Itself, true), Finding::Good, "{good}");
        }
        assert_eq!(
            judge(&["v=spf1 -all"], Owner::Itself, true),
            Finding::Missing
        );
        let above = ["v=DMARC1; p=reject; sp=none"];
        assert_eq!(judge(&above, Owner::Itself, true), Finding::Good);
        assert!(matches!(
            judge(&above, Owner::Above, true),
            Finding::Wrong(_)
        ));
        let strict = ["v=DMARC1; p=reject; adkim=s"];
        assert_eq!(judge(&strict, Owner::Itself, true), Finding::Good);
        assert!(matches!(
            judge(&strict, Owner::Itself, false),
            Finding::Wrong(_)
        ));
        for wrong in [
            &["v=DMARC1; p=none"][..],
            &["v=DMARC1"],
            &["v=DMARC1; p=reject", "v=DMARC1; p=reject"],
        ] {
            assert!(
                matches!(judge(wrong, Owner::Itself, true), Finding::Wrong(_)),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn an_spf_record_names_who_may_send_and_shuts_out_all_others() {
        let text = "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::1 a mx:mail.example +a:relay.example/28 \
                    include:_spf.example exists:%{i}.example -ip4:203.0.113.1 ~all";
        let host = |name: &str| Some(name.to_owned());
        assert_eq!(
            read_spf(&texts(&["other", text])).unwrap().allows,
            [
                Allow::Network("192.0.2.0/24".parse().unwrap()),
                Allow::Network("2001:db8::1/128".parse().unwrap()),
                Allow::Host(None),
                Allow::Exchanges(host("mail.example")),
                Allow::Host(host("relay.example")),
                Allow::Include("_spf.example".to_owned()),
            ]
        );
        let redirected = read_spf(&texts(&["v=spf1 redirect=_spf.example"])).unwrap();
        assert_eq!(
            redirected.allows,
            [Allow::Include("_spf.example".to_owned())]
        );
        assert_eq!(read_spf(&texts(&["spf1 -all"])), Err(Finding::Missing));
        for wrong in [
            &["v=spf1 a"][..],
            &["v=spf1 a +all"],
            &["v=spf1 a ?all"],
            &["v=spf1 a all"],
            &["v=spf1 -all", "v=spf1 a -all"],
        ] {
            let read = read_spf(&texts(wrong));
            assert!(matches!(read, Err(Finding::Wrong(_))), "{wrong:?}");
        }
        let open = texts(&["v=spf1 ip4:192.0.2.0/24 ?all"]);
        assert!(read_spf(&open).is_err());
        let network = Allow::Network("192.0.2.0/24".parse().unwrap());
        assert_eq!(read_included_spf(&open).unwrap().allows, [network]);
    }
}
