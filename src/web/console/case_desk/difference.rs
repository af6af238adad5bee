//! What differs between two contents, in the words of the forms: section, row and field by their names, values as
//! people read them, texts line by line and word by word.

use std::ops::Range;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use similar::{Algorithm, DiffTag};

use super::section::{self, Section};
use crate::app::case_desk::Desk;
use crate::domain::case_desk::{CaseContent, Change, filled_in, row_named};
use crate::render::page::console::case_desk::{ChangeLine, DiffLine, DiffPart};
use crate::render::text::Text;

/// Lines of a value that are compared with each other; a longer one is shown whole.
const COMPARED: usize = 400;
/// Words and blanks of a line that are compared with each other; a longer one is shown whole.
const LONGEST: usize = 4_000;
/// From so many words on a single line is prose; shorter ones are read as values.
const PROSE: usize = 6;

/// What a version changes, in words.
pub(super) fn lines(text: Text, desk: &Desk) -> Vec<ChangeLine> {
    let after = section::json(&desk.content);
    let before = desk.public.as_ref().map(section::json).unwrap_or_default();
    let changes = desk.changes.iter();
    changes
        .map(|change| line(text, desk, change, (&before, &after)))
        .collect()
}

fn line(text: Text, desk: &Desk, change: &Change, (before, after): (&Value, &Value)) -> ChangeLine {
    let (section, name, pointer) = taken_apart(&change.path);
    let rows = |content: &Value| -> Option<Value> {
        let rows = content.get(section.word)?.as_array()?;
        row_named(rows, name).cloned()
    };
    let row = rows(after).or_else(|| rows(before));
    let heading = text.word("label", section.word);
    let place = match row.map(|row| section.name(text, &row)) {
        Some(row) if !row.is_empty() => format!("{heading}: {row}"),
        _ => heading,
    };
    let (old, new) = if section.word == "texts" && pointer.starts_with("/body") {
        // what people read: the braces are filled in when a text goes in force
        let filled = |whole: Option<&CaseContent>, words: &str| {
            let filled = whole.and_then(|whole| filled_in(whole, words).ok());
            filled.unwrap_or_else(|| words.to_owned())
        };
        (
            filled(desk.public.as_ref(), &change.before),
            filled(Some(&desk.content), &change.after),
        )
    } else {
        let shown = |words: &str| section.read(text, pointer, words, after);
        (shown(&change.before), shown(&change.after))
    };
    let (old, new) = compared(&old, &new);
    ChangeLine {
        place,
        field: section.label(text, pointer),
        before: old,
        after: new,
    }
}

/// Section, name of the row and pointer into it of a path as `/incidents/gennaio-2023/accept_until`.
fn taken_apart(path: &str) -> (&'static Section, &str, &str) {
    let rest = path.trim_start_matches('/');
    if let Some((word, rest)) = rest.split_once('/')
        && word != "main"
        && let Some(section) = Section::find(word)
        && let Some(end) = rest.find('/')
        && let (Some(name), Some(pointer)) = (rest.get(..end), rest.get(end..))
    {
        return (section, name, pointer);
    }
    (super::head(), "", path)
}

/// The lines of two values, each marked where the other side lacks it: lines that were written over are compared word
/// by word.
fn compared(before: &str, after: &str) -> (Vec<DiffLine>, Vec<DiffLine>) {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let count = |lines: &[&str]| lines.iter().flat_map(|it| it.split_whitespace()).count();
    if old.len() <= 1 && new.len() <= 1 && count(&old).max(count(&new)) < PROSE {
        let plain = |lines: &[&str]| lines.iter().map(|words| told(words, false)).collect();
        return (plain(&old), plain(&new));
    }
    if old.len() > COMPARED || new.len() > COMPARED {
        let whole = |lines: &[&str]| lines.iter().map(|words| told(words, true)).collect();
        return (whole(&old), whole(&new));
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for step in similar::capture_diff_slices(Algorithm::Patience, &old, &new) {
        let (tag, olds, news) = step.as_tag_tuple();
        let (olds, news) = (within(&old, olds), within(&new, news));
        if tag == DiffTag::Equal {
            left.extend(olds.iter().map(|words| told(words, false)));
            right.extend(news.iter().map(|words| told(words, false)));
            continue;
        }
        let pairs = olds.len().min(news.len());
        for (one, other) in olds.iter().zip(news) {
            let (one, other) = words(one, other);
            left.push(one);
            right.push(other);
        }
        left.extend(olds.iter().skip(pairs).map(|words| told(words, true)));
        right.extend(news.iter().skip(pairs).map(|words| told(words, true)));
    }
    (left, right)
}

/// Two lines, word by word; as wholes where they have too little in common to be read so.
fn words(before: &str, after: &str) -> (DiffLine, DiffLine) {
    let (old, new) = (tokens(before), tokens(after));
    let whole = || (told(before, true), told(after, true));
    if old.len() > LONGEST || new.len() > LONGEST {
        return whole();
    }
    let (mut left, mut right, mut common) = (Vec::new(), Vec::new(), 0);
    for step in similar::capture_diff_slices(Algorithm::Patience, &old, &new) {
        let (tag, olds, news) = step.as_tag_tuple();
        let (olds, news) = (within(&old, olds), within(&new, news));
        let differs = tag != DiffTag::Equal;
        if !differs {
            common += olds.iter().filter(|it| !it.trim().is_empty()).count();
        }
        left.extend(part(olds, differs));
        right.extend(part(news, differs));
    }
    if common * 6 < old.len().max(new.len()) {
        return whole();
    }
    (merged(left), merged(right))
}

/// Words and what is between them.
fn tokens(line: &str) -> Vec<&str> {
    let pieces = line.split_inclusive(char::is_whitespace);
    pieces
        .flat_map(|piece| {
            let word = piece.trim_end();
            [word, piece.get(word.len()..).unwrap_or_default()]
        })
        .filter(|token| !token.is_empty())
        .collect()
}

fn within<'a, 'b>(all: &'b [&'a str], range: Range<usize>) -> &'b [&'a str] {
    all.get(range).unwrap_or_default()
}

fn part(tokens: &[&str], differs: bool) -> Option<DiffPart> {
    (!tokens.is_empty()).then(|| DiffPart {
        words: tokens.concat(),
        differs,
    })
}

/// A blank between two marks belongs to them: people hear one mark.
fn merged(parts: Vec<DiffPart>) -> DiffLine {
    let mut line: DiffLine = Vec::with_capacity(parts.len());
    for part in parts {
        if part.differs
            && let [.., mark, blank] = line.as_mut_slice()
            && mark.differs
            && blank.words.trim().is_empty()
        {
            mark.words.push_str(&blank.words);
            mark.words.push_str(&part.words);
            line.pop();
        } else {
            line.push(part);
        }
    }
    line
}

fn told(words: &str, differs: bool) -> DiffLine {
    vec![DiffPart {
        words: words.to_owned(),
        differs: differs && !words.trim().is_empty(),
    }]
}

/// A day as people read it; anything else as it is.
pub(in crate::web::console) fn day(text: Text, words: &str) -> String {
    words
        .parse::<NaiveDate>()
        .map_or_else(|_| words.to_owned(), |day| text.date(day))
}

/// An instant as people read it; anything else as it is.
pub(super) fn instant(text: Text, words: &str) -> String {
    DateTime::parse_from_rfc3339(words).map_or_else(
        |_| words.to_owned(),
        |at| text.instant(at.with_timezone(&Utc)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;

    fn marks(lines: &[DiffLine]) -> Vec<(&str, bool)> {
        let parts = lines.iter().flatten();
        parts
            .map(|part| (part.words.as_str(), part.differs))
            .collect()
    }

    #[test]
    fn within_a_paragraph_words_are_compared() {
        let (old, new) = compared(
            "Il mandato vale per questa causa e per nessun’altra.",
            "Il mandato vale per questa sola causa e mai per altre.",
        );
        let marked = |lines: &[DiffLine]| -> Vec<String> {
            let parts = lines.iter().flatten().filter(|part| part.differs);
            parts.map(|part| part.words.trim().to_owned()).collect()
        };
        assert_eq!(marked(&old), ["nessun’altra."]);
        assert_eq!(marked(&new), ["sola", "mai", "altre."]);
        let joined: String = new
            .iter()
            .flatten()
            .map(|part| part.words.as_str())
            .collect();
        assert_eq!(
            joined,
            "Il mandato vale per questa sola causa e mai per altre."
        );
        // what has nothing in common is marked as a whole
        let (old, _) = compared(
            "Uno due tre quattro cinque sei",
            "Alfa beta gamma delta epsilon zeta",
        );
        assert_eq!(marks(&old), [("Uno due tre quattro cinque sei", true)]);
    }

    #[test]
    fn a_text_is_compared_line_by_line() {
        let (old, new) = compared("Uno\nDue\nTre", "Uno\nDue e mezzo\nTre\nQuattro");
        // nothing of the old line is gone
        assert_eq!(
            marks(&old),
            [("Uno", false), ("Due", false), ("Tre", false)]
        );
        assert_eq!(
            marks(&new),
            [
                ("Uno", false),
                ("Due", false),
                (" e mezzo", true),
                ("Tre", false),
                ("Quattro", true)
            ]
        );
        let (old, new) = compared("Prima", "Dopo");
        assert_eq!(
            (marks(&old), marks(&new)),
            (vec![("Prima", false)], vec![("Dopo", false)])
        );
        assert_eq!(compared("", ""), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_path_is_taken_apart_and_values_are_read_in_words() {
        let text = Text::new(Language::It);
        let content =
            serde_json::json!({"incidents": [{"slug": "gennaio", "name": {"it": "Gennaio"}}]});
        let (section, name, pointer) = taken_apart("/incidents/gennaio/accept_until");
        assert_eq!(
            (section.word, name, pointer),
            ("incidents", "gennaio", "/accept_until")
        );
        assert_eq!(
            section.label(text, pointer),
            "Ultimo giorno che si può dichiarare"
        );
        assert_eq!(
            section.read(text, pointer, "2025-03-05", &content),
            text.date("2025-03-05".parse().unwrap())
        );
        let (section, _, pointer) = taken_apart("/texts/mandate_h/body/it");
        assert_eq!((section.word, pointer), ("texts", "/body/it"));
        let (section, name, pointer) = taken_apart("/title/it");
        assert_eq!((section.word, name, pointer), ("main", "", "/title/it"));
        assert_eq!(
            section.read(text, "/mode", "interest", &content),
            "Raccoglie manifestazioni di interesse"
        );
        let (section, _, pointer) = taken_apart("/domains/gennaio:libero.it/incident");
        assert_eq!(section.read(text, pointer, "gennaio", &content), "Gennaio");
        assert_eq!(section.read(text, "/public", "true", &content), "Sì");
        let (section, _, pointer) = taken_apart("/plans/oro/fee_cents");
        assert_eq!(
            section.read(text, pointer, "1050", &content),
            text.euro(1050)
        );
    }
}
