//! Dates of a case for the calendars of people (RFC 5545): whole days only, no alarm.

use chrono::{DateTime, NaiveDate, Utc};
use icalendar::{Calendar, Component, Event, EventLike, Property};

/// Who made it.
const MAKER: &str = "-//joinder//dates of a case//IT";
/// How often a calendar may ask again.
const REFRESH: &str = "PT6H";

/// Something that takes whole days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarDay {
    /// Its name for good: a calendar that asks again knows it by this.
    pub uid: String,
    /// First day.
    pub from: NaiveDate,
    /// Last day, itself included.
    pub until: NaiveDate,
    /// One line.
    pub title: String,
    /// What stands below.
    pub text: String,
}

/// A calendar in `text/calendar`, UTF-8, lines folded and ended by CRLF.
pub fn calendar(
    (name, url): (&str, &str),
    written_at: DateTime<Utc>,
    days: &[CalendarDay],
) -> String {
    let mut calendar = Calendar::empty();
    for (key, value) in [
        ("VERSION", "2.0"),
        ("PRODID", MAKER),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", "PUBLISH"),
        ("X-PUBLISHED-TTL", REFRESH),
    ] {
        calendar.append_property(Property::new(key, value));
    }
    calendar.name(name);
    for day in days {
        let mut event = Event::new();
        event
            .uid(&day.uid)
            .timestamp(written_at)
            .starts(day.from)
            .ends(day.until.succ_opt().unwrap_or(day.until))
            .summary(&day.title)
            .description(&day.text)
            .url(url);
        // a date to know of, not time that is taken
        event.append_property(Property::new("TRANSP", "TRANSPARENT"));
        calendar.push(event.done());
    }
    calendar.done().to_string()
}
