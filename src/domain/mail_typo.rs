//! A mail domain that looks mistyped (`gmial.com`), and the one that was probably meant. It is only ever
//! asked: nobody but the claimant knows.

/// Big providers of people in Italy, and real domains that lie near them: nobody is asked about those.
pub(super) const PROVIDERS: [&str; 48] = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "outlook.it",
    "outlook.de",
    "outlook.fr",
    "hotmail.com",
    "hotmail.it",
    "hotmail.de",
    "hotmail.fr",
    "hotmail.es",
    "hotmail.co.uk",
    "live.it",
    "live.com",
    "live.de",
    "msn.com",
    "yahoo.com",
    "yahoo.it",
    "yahoo.de",
    "yahoo.fr",
    "yahoo.es",
    "yahoo.co.uk",
    "ymail.com",
    "rocketmail.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "tiscali.it",
    "tiscalinet.it",
    "fastwebnet.it",
    "fastmail.com",
    "aruba.it",
    "email.it",
    "mail.com",
    "mail.it",
    "vodafone.it",
    "wind.it",
    "teletu.it",
    "tim.it",
    "tin.it",
    "alice.it",
    "poste.it",
    "proton.me",
    "protonmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "web.de",
];

/// Providers with one ending: `libero.com` is not another country's.
const ONE_ENDING: [&str; 6] = [
    "gmail.com",
    "libero.it",
    "virgilio.it",
    "icloud.com",
    "tiscali.it",
    "fastwebnet.it",
];

/// Longest domain that is compared, in bytes.
const LONGEST: usize = 64;

/// The domain that was probably meant by `typed` (lower case): a big provider, or one of `known`, which
/// holds the domains of the case. `None` for a domain that is one of them, or near to none or to two.
pub fn meant<'a>(typed: &str, known: &[&'a str]) -> Option<&'a str> {
    let all = || PROVIDERS.iter().chain(known).copied();
    // nothing so long is near to any of them
    if typed.len() > LONGEST || all().any(|domain| domain == typed) {
        return None;
    }
    let (name, _) = typed.split_once('.')?;
    let other_ending = |domain: &&&str| {
        domain
            .split_once('.')
            .is_some_and(|(known, _)| known == name)
    };
    if let Some(domain) = ONE_ENDING.iter().find(other_ending) {
        return Some(domain);
    }
    let mut nearest: Option<(usize, &'a str)> = None;
    let mut is_alone = true;
    for domain in all() {
        let distance = edits(typed, domain);
        if distance > farthest(domain) || nearest.is_some_and(|(_, found)| found == domain) {
            continue;
        }
        match nearest {
            Some((best, _)) if best < distance => {}
            Some((best, _)) if best == distance => is_alone = false,
            Some(_) | None => {
                nearest = Some((distance, domain));
                is_alone = true;
            }
        }
    }
    nearest.filter(|_| is_alone).map(|(_, domain)| domain)
}

/// How many edits a domain may be away: none for the shortest names, near which others' real domains lie.
fn farthest(domain: &str) -> usize {
    match domain.split_once('.').map_or(0, |(name, _)| name.len()) {
        0..=3 => 0,
        4..=5 => 1,
        _ => 2,
    }
}

/// Insertions, deletions, substitutions and swaps of neighbours between two domains (Damerau, in its
/// form without edits inside a swap).
fn edits(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, wanted) in other.iter().enumerate() {
            let at =
                |line: &[usize], place: usize| line.get(place).copied().unwrap_or(usize::MAX / 2);
            let mut least = at(&last, column) + usize::from(letter != wanted);
            least = least
                .min(at(&last, column + 1) + 1)
                .min(at(&line, column) + 1);
            let swapped = row > 0
                && column > 0
                && one.get(row - 1) == Some(wanted)
                && other.get(column - 1) == Some(letter);
            if swapped {
                least = least.min(at(&before, column - 1) + 1);
            }
            line.push(least);
        }
        before = std::mem::replace(&mut last, line);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: [&str; 5] = ["libero.it", "inwind.it", "iol.it", "blu.it", "virgilio.it"];

    #[test]
    fn a_slip_of_one_or_two_letters_is_asked_about() {
        for (typed, wanted) in [
            ("gmial.com", "gmail.com"),
            ("gmai.com", "gmail.com"),
            ("gmail.con", "gmail.com"),
            ("gmail.it", "gmail.com"),
            ("gmaill.com", "gmail.com"),
            ("hotmial.it", "hotmail.it"),
            ("libero.com", "libero.it"),
            ("lbero.it", "libero.it"),
            ("liberro.it", "libero.it"),
            ("virgillio.it", "virgilio.it"),
            ("vriglio.it", "virgilio.it"),
            ("otulook.com", "outlook.com"),
            ("yaho.it", "yahoo.it"),
            ("iclud.com", "icloud.com"),
        ] {
            assert_eq!(meant(typed, &CASE), Some(wanted), "{typed}");
        }
    }

    #[test]
    fn r17_nobody_is_asked_about_a_real_domain() {
        for provider in PROVIDERS.iter().chain(&CASE) {
            assert_eq!(meant(provider, &CASE), None, "{provider}");
        }
        for real in [
            "mail.com",
            "example.org",
            "comune.roma.it",
            "bcu.it",
            "ion.it",
            "unito.it",
            "pec.it",
            "x.y",
            "localhost",
            "",
        ] {
            assert_eq!(meant(real, &CASE), None, "{real}");
        }
    }

    #[test]
    fn a_domain_near_to_two_others_is_left_alone() {
        assert_eq!(meant("hotmail.dt", &[]), None);
    }

    #[test]
    fn edits_are_counted_with_swaps() {
        for (one, other, count) in [
            ("gmail.com", "gmail.com", 0),
            ("gmial.com", "gmail.com", 1),
            ("gmal.com", "gmail.com", 1),
            ("gmaail.co", "gmail.com", 2),
            ("", "abc", 3),
            ("abc", "", 3),
        ] {
            assert_eq!(edits(one, other), count, "{one} {other}");
            assert_eq!(edits(other, one), count, "{other} {one}");
        }
    }
}
