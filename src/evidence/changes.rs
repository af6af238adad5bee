//! What an incremental update may change in a document we issued: it may bring signatures, and what proves
//! them. Pages, their resources and everything else stay (the shadow attacks on signed PDFs change those).

use std::collections::BTreeSet;

use super::pdf::file::{Objects, Revision};
use super::pdf::object::{Dict, Object, get};

/// A mark on a page covers at most that many square points: a fifth of an A4 page.
const LARGEST_MARK: f64 = 100_000.0;
/// Fields and annotations that are looked at.
const MOST: usize = 256;

/// What a revision brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brought {
    /// Only certificates, lists and answers that prove signatures, and when the file was last changed.
    Proofs,
    /// Signature fields, signatures, marks.
    Signatures,
    /// Something else.
    Other,
}

/// The document as it stands after some revisions.
pub(super) struct Document {
    /// Its objects.
    pub(super) objects: Objects,
    root: u32,
    info: Option<u32>,
    /// Numbers from here on were free in the issued document.
    size: u32,
}

impl Document {
    /// The document as it was issued.
    pub(super) fn issued(first: &Revision) -> Option<Self> {
        Some(Self {
            objects: first.objects.clone(),
            root: get(&first.trailer, "Root")?.reference()?,
            info: get(&first.trailer, "Info").and_then(Object::reference),
            size: u32::try_from(get(&first.trailer, "Size")?.size()?).ok()?,
        })
    }

    /// Takes a revision in and says what it brought.
    pub(super) fn take(&mut self, revision: &Revision) -> Brought {
        let mut after = self.objects.clone();
        after.extend(revision.objects.clone());
        let changed: BTreeSet<u32> = revision
            .objects
            .iter()
            .filter(|(number, object)| {
                // of streams the bytes are not compared: one that is written anew counts as changed
                let is_stream = matches!(object, Object::Stream(..));
                is_stream || self.objects.get(number) != Some(object)
            })
            .map(|(number, _)| *number)
            .collect();
        let brought = Change {
            document: self,
            before: &self.objects,
            after: &after,
            changed: &changed,
        }
        .judge(&revision.trailer);
        let mut freed = revision.freed.iter();
        let takes_away = freed.any(|number| self.objects.contains_key(number));
        self.objects = after;
        brought.filter(|_| !takes_away).unwrap_or(Brought::Other)
    }

    /// The catalogue.
    fn catalogue(&self) -> Option<&Dict> {
        self.objects.get(&self.root)?.dict()
    }

    /// The signature fields, as dictionaries.
    pub(super) fn fields(&self) -> Vec<&Dict> {
        let fields = self
            .catalogue()
            .and_then(|root| resolve(&self.objects, get(root, "AcroForm")?)?.dict())
            .and_then(|form| resolve(&self.objects, get(form, "Fields")?)?.array());
        let fields = fields.unwrap_or_default().iter().take(MOST);
        fields
            .filter_map(|field| resolve(&self.objects, field)?.dict())
            .collect()
    }

    /// The streams that the DSS names under a key (ISO 32000-2, 12.8.4.3).
    pub(super) fn proofs(&self, key: &str) -> Vec<&Object> {
        let listed = self
            .catalogue()
            .and_then(|root| resolve(&self.objects, get(root, "DSS")?)?.dict())
            .and_then(|dss| resolve(&self.objects, get(dss, key)?)?.array());
        let listed = listed.unwrap_or_default().iter().take(MOST);
        listed
            .filter_map(|item| resolve(&self.objects, item))
            .collect()
    }
}

/// The object itself, or the one it refers to.
pub(super) fn resolve<'o>(objects: &'o Objects, object: &'o Object) -> Option<&'o Object> {
    match object.reference() {
        Some(number) => objects.get(&number).filter(|it| it.reference().is_none()),
        None => Some(object),
    }
}

struct Change<'c> {
    document: &'c Document,
    before: &'c Objects,
    after: &'c Objects,
    changed: &'c BTreeSet<u32>,
}

impl Change<'_> {
    /// `None`: something that may not change did.
    fn judge(&self, trailer: &Dict) -> Option<Brought> {
        let root = get(trailer, "Root")?.reference()?;
        if root != self.document.root || get(trailer, "Encrypt").is_some() {
            return None;
        }
        let new_info = get(trailer, "Info").and_then(Object::reference);
        if self.document.info.is_some() && new_info.is_some() && new_info != self.document.info {
            return None;
        }
        let mut brought = Brought::Proofs;
        let proofs = self.proofs();
        for number in self.changed {
            if !self.before.contains_key(number) {
                // what the issued document refers to without having it stays nothing
                if *number < self.document.size {
                    return None;
                }
                continue;
            }
            match self.judge_object(*number, new_info, &proofs)? {
                Brought::Proofs => {}
                other => brought = other,
            }
        }
        if self
            .before
            .get(&root)?
            .dict()
            .and_then(|it| get(it, "AcroForm"))
            != self
                .after
                .get(&root)?
                .dict()
                .and_then(|it| get(it, "AcroForm"))
        {
            brought = Brought::Signatures;
        }
        let is_changed = |number: &u32| self.before.contains_key(number);
        if brought == Brought::Proofs && !self.changed.iter().any(is_changed) {
            // objects that nothing refers to prove nothing
            return None;
        }
        let document = Document {
            objects: self.after.clone(),
            ..*self.document
        };
        let fields = document.fields();
        if fields.len() >= MOST || !fields.iter().all(|field| self.is_signature_field(field)) {
            return None;
        }
        let marks = self.after.range(self.document.size..);
        let marks = marks.filter_map(|(_, object)| object.dict().map(area));
        // many small marks hide as much as a large one
        (marks.sum::<f64>() <= LARGEST_MARK).then_some(brought)
    }

    fn judge_object(
        &self,
        number: u32,
        new_info: Option<u32>,
        proofs: &BTreeSet<u32>,
    ) -> Option<Brought> {
        let before = self.before.get(&number)?;
        let after = self.after.get(&number)?;
        let is_ours = number < self.document.size;
        if number == self.document.root {
            return self.judge_catalogue(before.dict()?, after.dict()?);
        }
        if before
            .dict()
            .and_then(|it| get(it, "Type"))
            .is_some_and(|it| it.is_name("Page"))
        {
            self.judge_page(before.dict()?, after.dict()?)?;
            return Some(Brought::Signatures);
        }
        if Some(number) == self.document.info || Some(number) == new_info {
            let (before, after) = (worded(before.dict()?), worded(after.dict()?));
            only_differ(&before, &after, &["ModDate", "Producer"])?;
            return Some(Brought::Proofs);
        }
        if self.is_metadata(number) {
            let is_xml = get(after.dict()?, "Subtype").is_some_and(|it| it.is_name("XML"));
            return is_xml.then_some(Brought::Proofs);
        }
        if self.is_annotations(number) {
            self.judge_annotations(before.array()?, after.array()?)?;
            return Some(Brought::Signatures);
        }
        if is_ours {
            return None;
        }
        if proofs.contains(&number) {
            return Some(Brought::Proofs);
        }
        if self.is_form(number) {
            Self::judge_form(after.dict()?)?;
            return Some(Brought::Signatures);
        }
        // a field that was made first and is signed now
        let (before, after) = (before.dict()?, after.dict()?);
        if !self.is_signature_field(before) || get(before, "V").is_some() {
            return None;
        }
        only_differ(before, after, &["V", "AP", "M", "F", "Lock", "MK"])?;
        Some(Brought::Signatures)
    }

    fn judge_catalogue(&self, before: &Dict, after: &Dict) -> Option<Brought> {
        only_differ(
            before,
            after,
            &["AcroForm", "DSS", "Extensions", "Version", "Perms"],
        )?;
        if let Some(form) = get(after, "AcroForm") {
            Self::judge_form(resolve(self.after, form)?.dict()?)?;
        } else if get(before, "AcroForm").is_some() {
            return None;
        }
        if let Some(rights) = get(after, "Perms") {
            let rights = resolve(self.after, rights)?.dict()?;
            if rights.keys().any(|key| key != b"DocMDP") {
                return None;
            }
        }
        let of_proofs = ["DSS", "Extensions", "Version"];
        match only_differ(before, after, &of_proofs) {
            Some(()) => Some(Brought::Proofs),
            None => Some(Brought::Signatures),
        }
    }

    fn judge_form(form: &Dict) -> Option<()> {
        let known = ["Fields", "SigFlags", "DA", "DR", "NeedAppearances", "Q"];
        let is_known = |key: &Vec<u8>| known.iter().any(|it| it.as_bytes() == key.as_slice());
        let asks = get(form, "NeedAppearances");
        let is_quiet = asks.is_none_or(|it| *it == Object::Bool(false));
        (form.keys().all(is_known) && is_quiet).then_some(())
    }

    fn judge_page(&self, before: &Dict, after: &Dict) -> Option<()> {
        only_differ(before, after, &["Annots"])?;
        let list = |objects, page| match get(page, "Annots") {
            Some(annots) => resolve(objects, annots)?.array(),
            None => Some(&[][..]),
        };
        self.judge_annotations(list(self.before, before)?, list(self.after, after)?)
    }

    /// Those that were there stay, those that came are marks of signatures.
    fn judge_annotations(&self, before: &[Object], after: &[Object]) -> Option<()> {
        let added = after.strip_prefix(before)?;
        let is_mark = |object: &Object| {
            let is_new = object
                .reference()
                .is_some_and(|number| number >= self.document.size);
            let dict = resolve(self.after, object).and_then(Object::dict);
            is_new && dict.is_some_and(|dict| self.is_mark(dict))
        };
        added.iter().all(is_mark).then_some(())
    }

    /// A signature field, maybe with its mark, and nothing that acts.
    fn is_signature_field(&self, field: &Dict) -> bool {
        let is_signature = get(field, "FT").is_some_and(|it| it.is_name("Sig"));
        let kids = match get(field, "Kids") {
            Some(kids) => resolve(self.after, kids).and_then(Object::array),
            None => Some(&[][..]),
        };
        let is_kid = |kid: &Object| {
            let kid = resolve(self.after, kid).and_then(Object::dict);
            kid.is_some_and(|kid| self.is_mark(kid))
        };
        let has_rect = get(field, "Rect").is_some();
        is_signature
            && !acts(field)
            && (!has_rect || is_small(field))
            && kids.is_some_and(|kids| kids.len() < 8 && kids.iter().all(is_kid))
    }

    /// The mark of a signature field on a page.
    fn is_mark(&self, dict: &Dict) -> bool {
        let of_field = |dict: &Dict| get(dict, "FT").is_some_and(|it| it.is_name("Sig"));
        let parent = get(dict, "Parent")
            .and_then(|parent| resolve(self.after, parent))
            .and_then(Object::dict);
        get(dict, "Subtype").is_some_and(|it| it.is_name("Widget"))
            && (of_field(dict) || parent.is_some_and(of_field))
            && !acts(dict)
            && is_small(dict)
    }

    fn is_metadata(&self, number: u32) -> bool {
        let root = self.before.get(&self.document.root).and_then(Object::dict);
        let metadata = root.and_then(|root| get(root, "Metadata"));
        metadata.and_then(Object::reference) == Some(number)
    }

    fn is_annotations(&self, number: u32) -> bool {
        self.before.values().filter_map(Object::dict).any(|dict| {
            get(dict, "Type").is_some_and(|it| it.is_name("Page"))
                && get(dict, "Annots").and_then(Object::reference) == Some(number)
        })
    }

    fn is_form(&self, number: u32) -> bool {
        let root = self.before.get(&self.document.root).and_then(Object::dict);
        let form = root.and_then(|root| get(root, "AcroForm"));
        let fields = form
            .and_then(|form| resolve(self.before, form))
            .and_then(Object::dict)
            .and_then(|form| get(form, "Fields"));
        let is_fields = fields.and_then(Object::reference) == Some(number);
        form.and_then(Object::reference) == Some(number) && !is_fields
    }

    /// Numbers of what the DSS was made of before: it, its lists, the dictionaries of its VRI.
    fn proofs(&self) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        let root = self.before.get(&self.document.root).and_then(Object::dict);
        let Some(dss) = root.and_then(|root| get(root, "DSS")) else {
            return found;
        };
        found.extend(dss.reference());
        let parts = resolve(self.before, dss).and_then(Object::dict);
        for part in parts.into_iter().flat_map(Dict::values) {
            found.extend(part.reference());
            let inner = resolve(self.before, part).and_then(Object::dict);
            found.extend(
                inner
                    .into_iter()
                    .flat_map(Dict::values)
                    .filter_map(Object::reference),
            );
        }
        found
    }
}

/// Whether it does something when it is opened or touched.
fn acts(dict: &Dict) -> bool {
    ["A", "AA", "PA"].iter().any(|key| get(dict, key).is_some())
}

/// Whether a mark hides no more than a mark needs.
fn is_small(dict: &Dict) -> bool {
    get(dict, "Rect").is_some() && area(dict) <= LARGEST_MARK
}

/// Square points of a mark; of something else nothing, of a mark that cannot be read more than any may have.
fn area(dict: &Dict) -> f64 {
    let Some(rect) = get(dict, "Rect") else {
        return 0.0;
    };
    let sides = rect.array().unwrap_or_default().iter().map(Object::number);
    match sides.collect::<Option<Vec<f64>>>().as_deref() {
        Some([left, bottom, right, top]) => ((right - left) * (top - bottom)).abs(),
        _ => f64::MAX,
    }
}

/// A dictionary with its strings as UTF-8, however they were written: programs write them anew.
fn worded(dict: &Dict) -> Dict {
    let worded = |object: &Object| match object {
        Object::Text(text, place) => Object::Text(words(text).into_bytes(), place.clone()),
        other => other.clone(),
    };
    let pairs = dict.iter().map(|(key, value)| (key.clone(), worded(value)));
    pairs.collect()
}

/// A text string (ISO 32000-1, 7.9.2.2): UTF-16 or UTF-8 by its mark, else PDFDocEncoding.
fn words(text: &[u8]) -> String {
    if let Some(units) = text.strip_prefix(&[0xfe, 0xff]) {
        let units = units.chunks(2).map(|pair| match pair {
            [high, low] => u16::from_be_bytes([*high, *low]),
            _ => 0xfffd,
        });
        return char::decode_utf16(units)
            .map(|letter| letter.unwrap_or('\u{fffd}'))
            .collect();
    }
    if let Some(utf8) = text.strip_prefix(&[0xef, 0xbb, 0xbf]) {
        return String::from_utf8_lossy(utf8).into_owned();
    }
    let letter = |byte: &u8| {
        let special = usize::from(*byte).checked_sub(0x80);
        let special = special.and_then(|place| PDF_DOC.chars().nth(place));
        special.unwrap_or(char::from(*byte))
    };
    text.iter().map(letter).collect()
}

/// What PDFDocEncoding has from 0x80 to 0xa0 (ISO 32000-1, D.2).
const PDF_DOC: &str = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž\u{fffd}€";

/// `None` if anything but these keys differs.
fn only_differ(before: &Dict, after: &Dict, keys: &[&str]) -> Option<()> {
    let may_differ = |key: &Vec<u8>| keys.iter().any(|it| it.as_bytes() == key.as_slice());
    let mut all = before.keys().chain(after.keys());
    all.all(|key| may_differ(key) || before.get(key) == after.get(key))
        .then_some(())
}
