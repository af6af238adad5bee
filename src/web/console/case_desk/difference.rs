//! What differs between two contents, in the words of the forms: section, row and field by their names, values as
//! people read them, texts line by line.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use super::section::{self, Section};
use crate::app::case_desk::Desk;
use crate::domain::case_desk::{CaseContent, Change, filled_in, row_named};
use crate::render::page::console::case_desk::{ChangeLine, DiffLine};
use crate::render::text::Text;

/// Lines of a value that are compared with each other; a longer one is shown whole.
const COMPARED: usize = 400;

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

/// The lines of two values, each marked where the other side lacks it: the longest common run of lines stays.
fn compared(before: &str, after: &str) -> (Vec<DiffLine>, Vec<DiffLine>) {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let is_short = old.len() <= 1 && new.len() <= 1;
    if is_short || old.len() > COMPARED || new.len() > COMPARED {
        let whole = |lines: &[&str]| lines.iter().map(|words| told(words, !is_short)).collect();
        return (whole(&old), whole(&new));
    }
    let common = common(&old, &new);
    let marked = |lines: &[&str], kept: &dyn Fn(usize) -> bool| {
        let lines = lines.iter().enumerate();
        lines.map(|(at, words)| told(words, !kept(at))).collect()
    };
    (
        marked(&old, &|at| common.iter().any(|(old, _)| *old == at)),
        marked(&new, &|at| common.iter().any(|(_, new)| *new == at)),
    )
}

fn told(words: &str, differs: bool) -> DiffLine {
    DiffLine {
        words: words.to_owned(),
        differs: differs && !words.trim().is_empty(),
    }
}

/// Places of the longest common subsequence of two lists of lines.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    // lengths[i][j]: of what is common from i and j on
    let mut lengths = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    let at = |lengths: &[Vec<usize>], i: usize, j: usize| {
        let row = lengths.get(i);
        row.and_then(|row| row.get(j)).copied().unwrap_or(0)
    };
    for (i, one) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            let longest = if one == other {
                at(&lengths, i + 1, j + 1) + 1
            } else {
                at(&lengths, i + 1, j).max(at(&lengths, i, j + 1))
            };
            if let Some(cell) = lengths.get_mut(i).and_then(|row| row.get_mut(j)) {
                *cell = longest;
            }
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while let (Some(one), Some(other)) = (old.get(i), new.get(j)) {
        if one == other {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if at(&lengths, i + 1, j) >= at(&lengths, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
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
        let lines = lines.iter();
        lines
            .map(|line| (line.words.as_str(), line.differs))
            .collect()
    }

    #[test]
    fn a_text_is_compared_line_by_line() {
        let (old, new) = compared("Uno\nDue\nTre", "Uno\nDue e mezzo\nTre\nQuattro");
        assert_eq!(marks(&old), [("Uno", false), ("Due", true), ("Tre", false)]);
        assert_eq!(
            marks(&new),
            [
                ("Uno", false),
                ("Due e mezzo", true),
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
