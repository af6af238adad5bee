//! How mails are signed: key file, selector and domain (DKIM, RFC 6376).

use std::path::PathBuf;

use super::{ConfigError, Options, absolute, given, wrong};

/// Selector when `DKIM_SELECTOR` is not given.
const SELECTOR: &str = "joinder";

/// How mails are signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DkimSettings {
    /// The file of the key; none: mails are not signed here.
    pub key_file: Option<PathBuf>,
    /// `SELECTOR._domainkey.DOMAIN` holds the public key; lower case ASCII.
    pub selector: String,
    /// That of the sender or one above it, lower case ASCII.
    pub domain: String,
}

/// Signs for the sender's domain unless told otherwise.
pub(super) fn settings(options: &Options, sender: &str) -> Result<DkimSettings, ConfigError> {
    let own = sender.rsplit_once('@').map_or(sender, |(_, domain)| domain);
    let own = idna::domain_to_ascii(own).unwrap_or_else(|_| own.to_ascii_lowercase());
    let selector = given(options.dkim_selector.as_ref())
        .unwrap_or(SELECTOR)
        .to_ascii_lowercase();
    if !is_name(&selector) {
        return Err(wrong(
            "DKIM_SELECTOR",
            format!("must be letters, digits, dashes and dots, not {selector}"),
        ));
    }
    let domain =
        given(options.dkim_domain.as_ref()).map_or_else(|| own.clone(), str::to_ascii_lowercase);
    let is_above = own.ends_with(&format!(".{domain}")) && domain.contains('.');
    if !is_name(&domain) || (domain != own && !is_above) {
        return Err(wrong(
            "DKIM_DOMAIN",
            format!("must be {own}, the domain of MAIL_FROM, or one above it, not {domain}"),
        ));
    }
    Ok(DkimSettings {
        key_file: given(options.dkim_key_file.as_ref())
            .map(|file| absolute(file, "DKIM_KEY_FILE"))
            .transpose()?,
        selector,
        domain,
    })
}

/// Labels of letters, digits and dashes.
fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.len() <= 63 && label.bytes().all(plain)
    };
    text.len() <= 253 && text.split('.').all(is_label)
}
