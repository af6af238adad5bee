//! How easy the Italian of pages and mails reads: the Gulpease index (Lucisano, Piemontese 1988),
//! `89 + (300 * sentences - 10 * letters) / words`. From 60 on, who left school after eight years reads
//! it without help. Measured over the rendered HTML, never over lists of texts.
//!
//! What counts, block by block (paragraph, list item, label, ...):
//! - A block that ends with `.`, `!`, `?` or `:` is running text. Sentences end with `.`, `!` or `?`, and
//!   with the block; a colon or semicolon inside ends none, so nobody reaches 60 by punctuation.
//! - A block without such an end is one sentence from six words on: a list item, a long label. Shorter
//!   ones are headings, labels and buttons; as sentences they would lift every page, so they count for
//!   nothing.
//! - A word is what stands between spaces and holds a letter; `l’associazione` is one. Links, hashes and
//!   other words with many digits are none.
//! - Left out is what a template marks with `data-fixed`: texts that are versioned, pinned or quoted, and
//!   must stay as they are.

/// Elements whose text runs on in the block around them.
const INLINE: [&str; 13] = [
    "a", "strong", "span", "abbr", "em", "cite", "code", "ins", "del", "q", "i", "b", "br",
];
/// Elements whose content nobody reads as text.
const SKIPPED: [&str; 7] = [
    "head", "style", "textarea", "pre", "select", "svg", "progress",
];
/// Elements without an end tag.
const EMPTY: [&str; 6] = ["meta", "link", "input", "img", "br", "use"];
/// Fewest words of a sentence without a mark at its end.
const SENTENCE: usize = 6;

/// What was counted.
#[derive(Clone, Copy, Default)]
pub(super) struct Count {
    sentences: usize,
    words: usize,
    letters: usize,
}

impl Count {
    /// The index, 100 at most; 100 where there is nothing to read.
    pub(super) fn index(self) -> i64 {
        let number = |count: usize| i64::try_from(count).expect("a page is short");
        let (sentences, letters) = (number(self.sentences), number(self.letters));
        match number(self.words) {
            0 => 100,
            words => (89 + (300 * sentences - 10 * letters) / words).min(100),
        }
    }

    fn of_block(block: &str) -> Self {
        let is_word = |word: &&str| {
            let digits = word.chars().filter(char::is_ascii_digit).count();
            word.chars().any(char::is_alphabetic) && digits < 4 && !word.contains("://")
        };
        let words: Vec<_> = block.split_whitespace().filter(is_word).collect();
        let ends = |word: &str| {
            word.trim_end_matches(['»', ')', '"'])
                .ends_with(['.', '!', '?'])
        };
        let is_ended = |word: &str| ends(word) || word.ends_with(':');
        let Some(last) = words.last() else {
            return Self::default();
        };
        if !block.split_whitespace().last().is_some_and(is_ended) && words.len() < SENTENCE {
            return Self::default();
        }
        let inner = words.iter().filter(|word| ends(word)).count();
        let letters = words.iter().flat_map(|word| word.chars());
        Self {
            sentences: inner + usize::from(!ends(last)),
            words: words.len(),
            letters: letters.filter(|letter| letter.is_alphabetic()).count(),
        }
    }
}

/// The count of a page and its blocks, the hardest to read first.
pub(super) fn read(html: &str) -> (Count, Vec<(i64, String)>) {
    let mut total = Count::default();
    let mut hard = Vec::new();
    for block in blocks(html) {
        let count = Count::of_block(&block);
        total.sentences += count.sentences;
        total.words += count.words;
        total.letters += count.letters;
        hard.push((count.index(), block));
    }
    hard.sort();
    (total, hard)
}

/// The texts of a page as people read them, a block each.
fn blocks(html: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    // the element that is left out, and how deep in elements of its name
    let mut left_out: Option<(String, usize)> = None;
    for part in html.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let is_end = tag.starts_with('/');
        left_out = match left_out.take() {
            Some((outer, depth)) if outer == name => match (is_end, depth) {
                (true, 1) => None,
                (true, depth) => Some((outer, depth - 1)),
                (false, depth) => Some((outer, depth + 1)),
            },
            Some(outer) => Some(outer),
            None if is_end || EMPTY.contains(&name.as_str()) => None,
            None => (SKIPPED.contains(&name.as_str()) || tag.contains(" data-fixed"))
                .then(|| (name.clone(), 1)),
        };
        let is_block = !INLINE.contains(&name.as_str())
            || tag.contains("class=\"btn")
            || tag.contains("class=\"hint");
        if is_block || name == "br" {
            blocks.push(String::new());
        }
        if left_out.is_none()
            && let Some(block) = blocks.last_mut()
        {
            block.push_str(&unescaped(text));
        }
    }
    blocks
}

fn unescaped(text: &str) -> String {
    let text = text
        .replace("&#39;", "'")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"");
    text.replace("&amp;", "&")
        .replace("&#38;", "&")
        .replace("&nbsp;", " ")
}

/// Asserts that everything reads easily.
pub(super) fn assert_plain(pages: &[(String, String)]) {
    let mut hard = Vec::new();
    for (name, html) in pages {
        let (count, blocks) = read(html);
        if count.index() < 60 {
            let worst: Vec<_> = blocks
                .iter()
                .take(6)
                .map(|(index, block)| format!("  {index} {}", block.trim()))
                .collect();
            hard.push(format!("{name}: {}\n{}", count.index(), worst.join("\n")));
        }
    }
    assert!(hard.is_empty(), "below 60:\n{}", hard.join("\n"));
}

#[test]
fn the_index_is_the_one_of_the_formula() {
    let (count, _) = read("<p>Il gatto dorme. Il cane <strong>mangia</strong> poco!</p>");
    // 2 sentences, 7 words, 28 letters
    assert_eq!((count.sentences, count.words, count.letters), (2, 7, 28));
    assert_eq!(count.index(), 100);
    let (count, _) =
        read("<p>L’amministrazione comunica contestualmente l’inammissibilità procedimentale.</p>");
    assert_eq!((count.sentences, count.words), (1, 5));
    assert!(count.index() < 60, "{}", count.index());
}

#[test]
fn labels_and_fixed_texts_are_not_read_and_a_colon_ends_no_sentence() {
    let (count, _) = read(
        "<label>Codice fiscale</label><div data-fixed lang=\"it\"><div>Uno due.</div>Tre.</div><p>Uno: due; tre.</p>",
    );
    assert_eq!((count.sentences, count.words), (1, 3));
    let (count, _) = read("<ul><li>il tribunale e i dati della causa</li></ul>");
    assert_eq!((count.sentences, count.words), (1, 7));
}
