//! The cautious day on which a claim may lapse (R65): shown, never promised.

use chrono::{DateTime, Months, NaiveDate, Utc};

use super::outage::day_in_rome;

/// Months of the shorter term, five years from the day of the fact (art. 2947 c.c.).
const TERM: Months = Months::new(60);

/// The day on which a claim about an outage lapses at the earliest, when nobody wrote a letter of
/// default: five years after its first day in Europe/Rome.
pub fn cautious_day(starts_at: DateTime<Utc>) -> NaiveDate {
    let first = day_in_rome(starts_at);
    first.checked_add_months(TERM).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r65_the_january_outage_lapses_on_22_january_2028() {
        // 22:00 of Sunday 22 January in Rome
        let starts_at = "2023-01-22T21:00:00Z".parse().unwrap();
        assert_eq!(cautious_day(starts_at).to_string(), "2028-01-22");
        // already Monday in Rome
        let starts_at = "2023-01-22T23:30:00Z".parse().unwrap();
        assert_eq!(cautious_day(starts_at).to_string(), "2028-01-23");
    }
}
