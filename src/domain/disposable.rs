//! Mail domains whose addresses are thrown away after minutes: whoever gives one cannot be reached later.

/// Sorted by byte, one a line, lower case; source: PyPI's `disposable-email-domains`, see `assets/disposable/`.
const DOMAINS: &str = include_str!("../../assets/disposable/domains.txt");

/// Whether addresses at a domain, lower case, or at one it lies under, are thrown away.
pub fn is_disposable(domain: &str) -> bool {
    let mut rest = domain;
    while rest.contains('.') {
        if is_listed(rest) {
            return true;
        }
        rest = rest.split_once('.').map_or("", |(_, parent)| parent);
    }
    false
}

/// Looks the line up by halving the text: no table in memory beside it.
fn is_listed(domain: &str) -> bool {
    let (mut low, mut high) = (0, DOMAINS.len());
    while low < high {
        let middle = low.midpoint(high);
        let start = DOMAINS
            .get(low..middle)
            .and_then(|before| before.rfind('\n'))
            .map_or(low, |end| low + end + 1);
        let Some(line) = DOMAINS
            .get(start..high)
            .and_then(|rest| rest.lines().next())
        else {
            return false;
        };
        match domain.cmp(line) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => high = start,
            std::cmp::Ordering::Greater => low = start + line.len() + 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mail_typo;

    #[test]
    fn the_list_is_sorted_and_each_of_it_is_found() {
        let lines: Vec<&str> = DOMAINS.lines().collect();
        assert!(lines.len() > 5_000, "{}", lines.len());
        assert!(lines.is_sorted());
        for line in lines {
            assert!(is_listed(line), "{line}");
        }
    }

    #[test]
    fn a_domain_below_a_listed_one_is_thrown_away_too() {
        assert!(is_disposable("mailinator.com"));
        assert!(is_disposable("qualcosa.mailinator.com"));
        for other in [
            "mailinator.com.example.org",
            "com",
            "",
            "example.org",
            "a",
            "zzzz.zz",
            "0.0",
        ] {
            assert!(!is_disposable(other), "{other}");
        }
    }

    #[test]
    fn no_domain_that_italians_have_is_on_the_list() {
        for domain in mail_typo::PROVIDERS {
            assert!(!is_disposable(domain), "{domain}");
        }
        for domain in [
            "libero.it",
            "virgilio.it",
            "inwind.it",
            "iol.it",
            "blu.it",
            "giallo.it",
        ] {
            assert!(!is_disposable(domain), "{domain}");
        }
    }
}
