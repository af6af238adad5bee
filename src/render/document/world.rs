//! The world that typst sees: the template, one declaration's values, four fonts. No files, no system
//! fonts, no packages, no clock.

use std::sync::LazyLock;

use typst::{
    Library, LibraryExt, World,
    diag::{FileError, FileResult},
    foundations::{Bytes, Datetime, Duration},
    layout::Abs,
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook, FontInstance, FontVariant, FontVariations},
    utils::LazyHash,
};

const TEMPLATE: &str = include_str!("declaration.typ");
const LIST: &str = include_str!("list.typ");
const ATTESTATION: &str = include_str!("signing_attestation.typ");
/// Regular, bold, italic and bold italic of Libertinus Serif come first in typst's assets.
const FONTS: usize = 4;

/// What all documents share; made once.
pub(super) struct Shared {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    faces: Vec<FontInstance>,
    template: Source,
    paper: Source,
    list: Source,
    attestation: Source,
    values: FileId,
}

static SHARED: LazyLock<Option<Shared>> = LazyLock::new(Shared::new);

impl Shared {
    /// The shared parts; none if a font or a name cannot be read, which a test rules out.
    pub(super) fn get() -> Option<&'static Self> {
        SHARED.as_ref()
    }

    fn new() -> Option<Self> {
        let fonts: Vec<Font> = typst_assets::fonts()
            .take(FONTS)
            .filter_map(|bytes| Font::new(Bytes::new(bytes), 0))
            .collect();
        let face = |font: &Font| {
            let variant = FontVariant::default();
            font.clone()
                .instantiate(variant, Abs::pt(11.0), &FontVariations::default())
        };
        let faces = fonts.iter().map(face).collect();
        let template = file_id("/declaration.typ")?;
        let paper = file_id("/paper.typ")?;
        let list = file_id("/list.typ")?;
        let attestation = file_id("/attestation.typ")?;
        Some(Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            faces,
            template: Source::new(template, TEMPLATE.to_owned()),
            paper: Source::new(paper, by_hand()?),
            list: Source::new(list, LIST.to_owned()),
            attestation: Source::new(attestation, ATTESTATION.to_owned()),
            values: file_id("/declaration.json")?,
        })
    }

    /// Width of a character in em, in the font where it is widest; none unless all fonts have it.
    pub(super) fn width(&self, character: char) -> Option<f64> {
        let mut widest = 0.0_f64;
        for face in &self.faces {
            let glyph = face.ttf().glyph_index(character)?;
            widest = widest.max(face.x_advance(glyph.0)?.get());
        }
        Some(widest)
    }

    #[cfg(test)]
    pub(super) fn fonts(&self) -> &[Font] {
        &self.fonts
    }
}

/// The same template in large print, to be signed by hand. Constants of the source and no values: what is
/// set once stays set for the next document.
fn by_hand() -> Option<String> {
    let large = TEMPLATE.replacen("#let large = 1\n", "#let large = 1.3\n", 1);
    let paper = large.replacen("#let by-hand = false\n", "#let by-hand = true\n", 1);
    (paper != large && large != TEMPLATE).then_some(paper)
}

fn file_id(path: &str) -> Option<FileId> {
    let path = VirtualPath::new(path).ok()?;
    Some(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// The world of one document.
pub(super) struct DocumentWorld {
    shared: &'static Shared,
    template: &'static Source,
    values: Bytes,
}

impl DocumentWorld {
    /// A world with `values` (JSON) for the template to read.
    pub(super) fn new(shared: &'static Shared, values: Vec<u8>) -> Self {
        Self {
            shared,
            template: &shared.template,
            values: Bytes::new(values),
        }
    }

    /// A world of the list of a dossier.
    pub(super) fn list(shared: &'static Shared, values: Vec<u8>) -> Self {
        Self {
            template: &shared.list,
            ..Self::new(shared, values)
        }
    }

    /// A world of the attestation of a signature.
    pub(super) fn attestation(shared: &'static Shared, values: Vec<u8>) -> Self {
        Self {
            template: &shared.attestation,
            ..Self::new(shared, values)
        }
    }

    /// A world of the form to sign by hand.
    pub(super) fn by_hand(shared: &'static Shared, values: Vec<u8>) -> Self {
        Self {
            template: &shared.paper,
            ..Self::new(shared, values)
        }
    }
}

impl World for DocumentWorld {
    fn library(&self) -> &LazyHash<Library> {
        &self.shared.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.shared.book
    }

    fn main(&self) -> FileId {
        self.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.template.id() {
            Ok(self.template.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.shared.values {
            Ok(self.values.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.shared.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
