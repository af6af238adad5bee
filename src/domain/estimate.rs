//! What a declaration might be worth: days x mailbox x plan, a figure to show with its formula and its
//! source. Never a promise, and never a limit of the claim (R35).

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    declaration::{Compensation, Declaration, DeclaredIncident},
    mailbox_address::MailboxAddress,
};

/// What one day without one mailbox is worth, by whether its plan cost money. Data with a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tariff {
    /// Its name.
    pub code: String,
    /// Whether it counts for paid plans; else for free ones.
    pub plan_paid: bool,
    /// Euro cents a day and mailbox.
    pub cents_per_day: i64,
    /// Where it comes from; shown beside every figure made with it.
    pub source: String,
}

/// What something the company gave is worth, as far as that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ristoro {
    /// Which compensation.
    pub code: Compensation,
    /// Euro cents a mailbox; none where nobody put a figure on it.
    pub cents: Option<i64>,
}

/// A sum that does not fit its type: the tariff or the days make no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the estimate is larger than any sum of money")]
pub struct TooLarge;

/// The estimate of one mailbox in one incident, with the parts of its formula.
#[derive(Clone, PartialEq, Eq)]
pub struct LineEstimate {
    /// The mailbox.
    pub mailbox: MailboxAddress,
    /// Slug of the incident.
    pub incident: String,
    /// Calendar days without service (R33).
    pub days: i64,
    /// Code of the tariff that was taken.
    pub tariff: String,
    /// Euro cents a day.
    pub cents_per_day: i64,
    /// `days` times `cents_per_day`, euro cents.
    pub gross_cents: i64,
    /// What was received, euro cents; none where its worth is not known.
    pub received_cents: Option<i64>,
    /// `gross_cents` less what was received, at least 0. Only shown: the claim stays whole.
    pub net_cents: i64,
}

/// The estimate of a declaration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// One for each mailbox and incident that has a tariff, in the order of the declaration.
    pub lines: Vec<LineEstimate>,
    /// How many lines have no tariff and are not counted.
    pub without_tariff: usize,
    /// Sum of the lines' `gross_cents`.
    pub gross_cents: i64,
    /// Sum of what was received, as far as known.
    pub received_cents: i64,
    /// Sum of the lines' `net_cents`.
    pub net_cents: i64,
    /// The sources of the tariffs used, each once.
    pub sources: Vec<String>,
}

/// Estimates a declaration line by line: days times the tariff of the plan, less what was received.
///
/// # Errors
/// `TooLarge` if a sum does not fit.
pub fn estimate(
    declaration: &Declaration,
    tariffs: &[Tariff],
    ristori: &[Ristoro],
) -> Result<Estimate, TooLarge> {
    let mut estimate = Estimate::default();
    for (mailbox, incident) in declaration.lines() {
        let paid = incident.plan_is_paid();
        let Some(tariff) = tariffs.iter().find(|tariff| tariff.plan_paid == paid) else {
            estimate.without_tariff += 1;
            continue;
        };
        estimate.add(line(mailbox, incident, tariff, ristori)?, &tariff.source)?;
    }
    Ok(estimate)
}

impl Estimate {
    fn add(&mut self, line: LineEstimate, source: &str) -> Result<(), TooLarge> {
        let received = line.received_cents.unwrap_or_default();
        self.gross_cents = sum(self.gross_cents, line.gross_cents)?;
        self.received_cents = sum(self.received_cents, received)?;
        self.net_cents = sum(self.net_cents, line.net_cents)?;
        if !self.sources.iter().any(|known| known == source) {
            self.sources.push(source.to_owned());
        }
        self.lines.push(line);
        Ok(())
    }
}

fn line(
    mailbox: &MailboxAddress,
    incident: &DeclaredIncident,
    tariff: &Tariff,
    ristori: &[Ristoro],
) -> Result<LineEstimate, TooLarge> {
    let days = incident.days();
    let gross = days.checked_mul(tariff.cents_per_day).ok_or(TooLarge)?;
    let received = received(incident.compensation_received(), ristori);
    let net = gross
        .checked_sub(received.unwrap_or_default())
        .ok_or(TooLarge)?;
    Ok(LineEstimate {
        mailbox: mailbox.clone(),
        incident: incident.slug().to_owned(),
        days,
        tariff: tariff.code.clone(),
        cents_per_day: tariff.cents_per_day,
        gross_cents: gross,
        received_cents: received,
        net_cents: net.max(0),
    })
}

/// What a compensation is worth: nothing is nothing, the rest is data.
fn received(kind: Compensation, ristori: &[Ristoro]) -> Option<i64> {
    if kind == Compensation::None {
        return Some(0);
    }
    ristori.iter().find(|known| known.code == kind)?.cents
}

fn sum(one: i64, other: i64) -> Result<i64, TooLarge> {
    one.checked_add(other).ok_or(TooLarge)
}

impl fmt::Debug for LineEstimate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LineEstimate(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::declaration::{
        DeclarableMailbox, DeclarationInput, DeclarationRules, IncidentRule, PlanRule,
    };

    const SOURCE: &str =
        "delibera AGCOM 347/18/CONS as applied by Movimento Consumatori, June 2023";

    fn tariff(code: &str, plan_paid: bool, cents_per_day: i64) -> Tariff {
        Tariff {
            code: code.to_owned(),
            plan_paid,
            cents_per_day,
            source: SOURCE.to_owned(),
        }
    }

    fn rules() -> DeclarationRules {
        let day = |text: &str| text.parse().unwrap();
        let plan = |code: &str, paid| PlanRule {
            code: code.to_owned(),
            name: code.to_owned(),
            paid,
        };
        let mailbox = |address: &str| DeclarableMailbox {
            address: MailboxAddress::parse(address).unwrap(),
            plan: None,
            is_alias: false,
        };
        DeclarationRules {
            documents: Vec::new(),
            today: day("2026-11-22"),
            incidents: vec![IncidentRule {
                slug: "gennaio-2023".to_owned(),
                name: "Gennaio 2023".to_owned(),
                first_day: day("2023-01-23"),
                last_day: Some(day("2023-01-28")),
                accept_from: day("2023-01-22"),
                accept_until: day("2023-02-03"),
            }],
            plans: vec![plan("free", false), plan("plus", true)],
            mailboxes: vec![mailbox("a@libero.it"), mailbox("b@libero.it")],
        }
    }

    /// One free mailbox that got more space, one paid that got months, six days each.
    fn declaration() -> Declaration {
        let line = |address: &str, plan: &str, received: &str| {
            serde_json::json!({"address": address, "incidents": [{"slug": "gennaio-2023",
                "plan": plan, "use": "private", "compensation_received": received,
                "items": [{"head": "extra_cost", "amount_cents": 5_000}]}]})
        };
        let input = serde_json::json!({
            "mailboxes": [
                line("a@libero.it", "free", "extra_space"),
                line("b@libero.it", "plus", "free_months"),
            ],
            "other_claims": false, "already_compensated": false,
        });
        let input: DeclarationInput = serde_json::from_value(input).unwrap();
        Declaration::parse(&input, &rules()).unwrap()
    }

    #[test]
    fn days_times_mailbox_times_plan_with_the_source() {
        let tariffs = [tariff("paid", true, 600), tariff("free", false, 100)];
        let ristori = [Ristoro {
            code: Compensation::FreeMonths,
            cents: Some(1_000),
        }];
        let estimate = estimate(&declaration(), &tariffs, &ristori).unwrap();
        let parts: Vec<_> = estimate
            .lines
            .iter()
            .map(|it| {
                (
                    it.days,
                    it.cents_per_day,
                    it.gross_cents,
                    it.received_cents,
                    it.net_cents,
                )
            })
            .collect();
        assert_eq!(
            parts,
            [
                (6, 100, 600, None, 600),
                (6, 600, 3_600, Some(1_000), 2_600)
            ]
        );
        assert_eq!(
            (estimate.gross_cents, estimate.received_cents),
            (4_200, 1_000)
        );
        assert_eq!(estimate.net_cents, 3_200);
        assert_eq!(estimate.sources, [SOURCE]);
        assert_eq!(estimate.without_tariff, 0);
    }

    #[test]
    fn r35_what_was_received_never_touches_the_claim_nor_goes_below_nothing() {
        let ristori = [Ristoro {
            code: Compensation::FreeMonths,
            cents: Some(1_000_000),
        }];
        let estimate = estimate(&declaration(), &[tariff("paid", true, 600)], &ristori).unwrap();
        assert_eq!(estimate.net_cents, 0);
        assert_eq!(
            estimate.without_tariff, 1,
            "the free mailbox has no tariff here"
        );
        assert_eq!(declaration().total_cents(), 10_000);
    }

    #[test]
    fn a_tariff_that_makes_no_sense_is_told_and_wraps_nowhere() {
        let tariffs = [tariff("free", false, i64::MAX), tariff("paid", true, 600)];
        assert_eq!(estimate(&declaration(), &tariffs, &[]), Err(TooLarge));
    }
}
