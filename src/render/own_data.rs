//! What lies beside the data somebody takes along: words about them, in three languages.

use chrono::{DateTime, Utc};

const READ_ME: &str = include_str!("own_data/read_me.txt");

/// The file that explains the archive; lines end as Windows reads them.
pub fn read_me(reference: &str, made_at: DateTime<Utc>) -> String {
    READ_ME
        .replace("{reference}", reference)
        .replace("{made_at}", &made_at.format("%Y-%m-%d %H:%M").to_string())
        .replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn the_words_name_record_and_time_in_each_language() {
        let at = Utc.with_ymd_and_hms(2026, 3, 2, 9, 5, 0).unwrap();
        let text = read_me("4T7Q-XK9M-2BR1", at);
        assert_eq!(text.matches("4T7Q-XK9M-2BR1").count(), 3);
        assert_eq!(text.matches("2026-03-02 09:05").count(), 3);
        assert!(!text.contains('{'));
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    }
}
