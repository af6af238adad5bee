//! The document is read as people and programs read it: its text, and the file by poppler where that is
//! installed.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use typst::layout::{Abs, Frame, FrameItem, Point};

use super::*;
use crate::domain::accepted_text::DPR_445;
use crate::domain::readiness::FondoSpese;

mod sample;

const BREAK: char = '\u{200B}';

/// The lines of all pages, from top to bottom as they are read.
fn lines_of(document: &DeclarationDocument) -> String {
    let world = world_of(document).unwrap();
    let compiled = typst::compile::<PagedDocument>(&world).output.unwrap();
    let mut lines = Lines::default();
    for page in compiled.pages() {
        lines.read(&page.frame, Point::zero());
        lines.text.push('\n');
    }
    lines.text
}

/// The same with one blank between the words.
fn text_of(document: &DeclarationDocument) -> String {
    joined(&lines_of(document))
}

#[derive(Default)]
struct Lines {
    text: String,
    end: Point,
}

impl Lines {
    fn read(&mut self, frame: &Frame, origin: Point) {
        for (place, item) in frame.items() {
            let place = origin + *place;
            match item {
                FrameItem::Group(group) => self.read(&group.frame, place),
                FrameItem::Text(run) => {
                    if (place.y - self.end.y).abs() > Abs::pt(2.0) {
                        self.text.push('\n');
                    } else if place.x - self.end.x > Abs::pt(1.0) {
                        self.text.push(' ');
                    }
                    self.text.push_str(&run.text);
                    self.end = place + Point::with_x(run.width());
                }
                _ => {}
            }
        }
    }
}

/// What a poppler program says about a PDF; none where it is not installed, but not under `CI`.
fn poppler(program: &str, arguments: &[&str], pdf: &[u8]) -> Option<String> {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        assert!(
            option_env!("CI").is_none(),
            "{program} (poppler-utils) is not installed"
        );
        println!("skipped: {program} (poppler-utils) is not installed");
        return None;
    };
    child.stdin.take().unwrap().write_all(pdf).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} failed");
    Some(String::from_utf8(output.stdout).unwrap())
}

fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn all_four_fonts_of_the_family_are_there() {
    let fonts = Shared::get().unwrap().fonts();
    let mut names: Vec<_> = fonts
        .iter()
        .map(|font| font.post_script_name().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "LibertinusSerif-Bold",
            "LibertinusSerif-BoldItalic",
            "LibertinusSerif-Italic",
            "LibertinusSerif-Regular"
        ]
    );
}

#[test]
fn the_words_of_a_document_are_those_of_the_golden_file() {
    insta::with_settings!({ snapshot_path => "tests", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("declaration", lines_of(&sample::document()));
    });
}

#[test]
fn the_same_values_give_the_same_bytes() {
    let first = declaration(&sample::document()).unwrap();
    assert_eq!(first, declaration(&sample::document()).unwrap());
    let mut other = sample::document();
    other.version += 1;
    assert_ne!(first, declaration(&other).unwrap());
}

#[test]
fn a_document_is_small() {
    let pdf = declaration(&sample::document()).unwrap();
    assert!(pdf.len() <= 60_000, "{} bytes", pdf.len());
}

#[test]
fn r3_the_attestation_is_printed_byte_for_byte() {
    assert_eq!(sample::ATTESTATION.len(), 200);
    let quoted = format!("«{}»", sample::ATTESTATION);
    assert!(text_of(&sample::document()).contains(&quoted));
    let pdf = declaration(&sample::document()).unwrap();
    if let Some(text) = poppler("pdftotext", &["-", "-"], &pdf) {
        assert!(joined(&text).contains(&quoted), "{text}");
    }
}

#[test]
fn r1_nobody_is_called_an_aderente() {
    assert!(
        !text_of(&sample::document())
            .to_lowercase()
            .contains("aderent")
    );
}

#[test]
fn r2_each_letter_has_its_heading_and_what_is_missing_is_told() {
    let mut document = sample::document();
    document.certified_address = CertifiedAddress::Missing;
    document.documents.clear();
    let text = text_of(&document);
    let letters = [
        "a) Autorità",
        "b) Chi",
        "c) Indirizzo",
        "d), e) Oggetto",
        "f) Indice",
        "g) Attestazione",
        "h) Conferimento",
        "i) Coordinate",
        "l) Fondo",
    ];
    let places: Vec<_> = letters
        .iter()
        .map(|letter| text.find(letter).expect(letter))
        .collect();
    assert!(places.is_sorted());
    for words in [
        "non ancora assegnato",
        "Indirizzo da indicare",
        "Nessun documento.",
    ] {
        assert!(text.contains(words), "{words}");
    }
}

#[test]
fn r2_letter_l_is_not_due_only_where_the_case_records_it() {
    for (fondo_spese, words) in [
        (
            FondoSpese::Undecided,
            "Non ancora deciso: finché il giudice",
        ),
        (
            FondoSpese::NotOrdered,
            "Non dovuto: il giudice non ha ordinato",
        ),
        (FondoSpese::Due, "Ordinato dal giudice"),
    ] {
        let mut document = sample::document();
        document.fondo_spese = fondo_spese;
        let text = text_of(&document);
        assert!(text.contains(words), "{fondo_spese:?}: {text}");
        let not_due = text.contains("Non dovuto");
        assert_eq!(not_due, fondo_spese == FondoSpese::NotOrdered);
    }
}

#[test]
fn after_dichiara_comes_what_is_declared() {
    let text = text_of(&sample::document());
    let (before, after) = text.split_once("DICHIARA ").unwrap();
    assert!(after.starts_with("che i dati indicati alla lettera b) e i fatti esposti"));
    assert!(before.contains("b) Chi dichiara") && before.ends_with("dichiarazioni mendaci, "));
    let facts = after.find("d), e) Oggetto della domanda e fatti").unwrap();
    assert!(facts < after.find("g) Attestazione").unwrap());
    assert_eq!(text.matches("DICHIARA").count(), 1);
}

#[test]
fn where_no_amount_is_given_nothing_is_added_to_a_total() {
    let mut document = sample::document();
    document.mailboxes.truncate(1);
    document.total_cents = 0;
    let text = text_of(&document);
    assert!(text.contains("2 voci, tutte da liquidare in via equitativa"));
    assert!(!text.contains("Vi si aggiung"));
}

#[test]
fn r33_and_r36_the_window_and_the_sums_are_told() {
    let text = text_of(&sample::document());
    for words in [
        "dal 23 gennaio 2023 al 28 gennaio 2023 (6 giorni, estremi compresi)",
        "dal 1º giugno 2023, ancora in corso",
        "somma equitativa ex art. 1226 c.c.",
        "1.254,55 EUR",
        "n. 1, 2",
        "nessun documento",
        "2 voci da liquidare in via equitativa",
    ] {
        assert!(text.replace(BREAK, "").contains(words), "{words}");
    }
}

#[test]
fn sums_that_do_not_agree_are_refused() {
    let mut document = sample::document();
    document.total_cents += 1;
    assert!(matches!(declaration(&document), Err(DocumentError::Sums)));
    let mut document = sample::document();
    document.mailboxes[0].incidents[0].subtotal_cents += 1;
    assert!(matches!(declaration(&document), Err(DocumentError::Sums)));
}

#[test]
fn what_people_type_is_never_code() {
    for hostile in [
        "#panic()",
        "#read(\"/etc/passwd\")",
        "*b* _i_ $x^2$ `raw` <label> @ref = H - list / a: b \\ # [ ] { } // c /* d */ ~ -- ---",
        "\\u{1F600} #let x = 1 #import \"@preview/x:1.0.0\"",
        "\"; #d.reference \"",
    ] {
        let mut document = sample::document();
        document.narrative = Some(hostile.to_owned());
        document.claimant.person.name = hostile.to_owned();
        document.mailboxes[0].address = hostile.to_owned();
        document.mailboxes[0].incidents[0].items[0].description = Some(hostile.to_owned());
        document.documents[0].file_name = hostile.to_owned();
        let text = text_of(&document);
        let text = text.replace([BREAK, ' '], "");
        let shown = hostile.replace(' ', "");
        assert!(text.matches(&shown).count() >= 5, "{hostile}: {text}");
        declaration(&document).unwrap();
    }
}

#[test]
fn any_script_and_any_length_is_printed() {
    let scripts = "😀👨‍👩‍👧 محمد بن سلمان 张伟 日本語 שלום Ελλάδα Москва ẞ ﬁ \u{202E}evil\u{200F} e\u{301}\u{301}\u{301}\u{301} ";
    let mut document = sample::document();
    document.narrative = Some(scripts.repeat(80).chars().take(4_000).collect());
    document.claimant.person.name = scripts.repeat(2);
    document.association.name = scripts.to_owned();
    document.mailboxes[0].address = format!("{}@libero.it", "m".repeat(240));
    let hostile = PrintedItem {
        head: "Mancato guadagno".to_owned(),
        description: Some("W".repeat(500)),
        amount_cents: Some(0),
        documents: (1..60).collect(),
    };
    document.mailboxes[0].incidents[0].items.push(hostile);
    document.documents[1].file_name = "f".repeat(255);
    let pdf = declaration(&document).unwrap();
    let text = text_of(&document);
    assert!(text.contains("[U+1F600]"));
    assert!(text.contains("Москва"));
    if let Some(fonts) = poppler("pdffonts", &["-"], &pdf) {
        assert!(fonts.contains("LibertinusSerif"), "{fonts}");
    }
}

#[test]
fn empty_texts_are_printed() {
    let mut document = sample::document();
    document.narrative = Some(String::new());
    document.claimant.person = PrintedPerson::default();
    document.association.name = " ".to_owned();
    document.mailboxes[0].address = String::new();
    declaration(&document).unwrap();
}

#[test]
fn twenty_mailboxes_in_two_incidents_are_printed() {
    let mut document = sample::document();
    let items = || {
        vec![
            sample::item("Forfait", None),
            sample::item("Posta persa", Some(100)),
        ]
    };
    document.mailboxes = (0..20)
        .map(|number| PrintedMailbox {
            address: format!("casella{number}@libero.it"),
            incidents: vec![
                sample::incident("Interruzione di gennaio 2023", items()),
                sample::incident("Interruzione di giugno 2023", items()),
            ],
        })
        .collect();
    document.total_cents = 4_000;
    let text = text_of(&document);
    assert!(text.contains("Casella 20 di 20: casella19@libero.it"));
    assert!(text.contains("40,00 EUR"));
    declaration(&document).unwrap();
}

#[test]
fn an_entity_declares_through_its_legal_representative() {
    let mut document = sample::document();
    document.claimant.entity = Some(PrintedEntity {
        name: "Studio Bianchi S.r.l.".to_owned(),
        codice_fiscale: "07643520567".to_owned(),
        vat_number: None,
        seat: "via Roma 1, 20100 Milano (MI), Italia".to_owned(),
    });
    document.messa_in_mora = None;
    let text = text_of(&document);
    for words in [
        "Denominazione Studio Bianchi S.r.l.",
        "Legale rappresentante",
    ] {
        assert!(text.contains(words), "{words}");
    }
    assert!(!text.contains("Mandato facoltativo"));
    declaration(&document).unwrap();
}

#[test]
fn another_program_reads_title_language_tags_and_fonts() {
    let pdf = declaration(&sample::document()).unwrap();
    let Some(info) = poppler("pdfinfo", &["-"], &pdf) else {
        return;
    };
    for (field, value) in [
        (
            "Title",
            "Dichiarazione di danno e pre-adesione – 7K3M9XQ2T4BC, versione 2",
        ),
        ("Author", "Anna Bianchi"),
        ("Tagged", "yes"),
        ("JavaScript", "no"),
        ("Encrypted", "no"),
    ] {
        let line = info
            .lines()
            .find(|line| line.starts_with(&format!("{field}:")));
        assert!(
            line.is_some_and(|line| line.ends_with(value)),
            "{field}: {info}"
        );
    }
    let metadata = poppler("pdfinfo", &["-meta", "-"], &pdf).unwrap();
    assert!(
        metadata.contains("<pdfaid:part>2</pdfaid:part>"),
        "{metadata}"
    );
    assert!(metadata.contains("<pdfaid:conformance>A</pdfaid:conformance>"));
    let fonts = poppler("pdffonts", &["-"], &pdf).unwrap();
    let rows: Vec<_> = fonts.lines().skip(2).collect();
    assert!(!rows.is_empty());
    for row in rows {
        // embedded, subset, with a map to Unicode
        let columns: Vec<_> = row.split_whitespace().collect();
        assert!(row.contains("+LibertinusSerif"), "{row}");
        assert_eq!(
            columns[columns.len() - 5..columns.len() - 2],
            ["yes", "yes", "yes"],
            "{row}"
        );
    }
}

#[test]
fn documents_are_made_on_several_threads() {
    let expected = declaration(&sample::document()).unwrap();
    std::thread::scope(|scope| {
        let makers: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| declaration(&sample::document()).unwrap()))
            .collect();
        for maker in makers {
            assert_eq!(maker.join().unwrap(), expected);
        }
    });
}

#[test]
fn nothing_personal_is_in_the_debug_output() {
    assert_eq!(
        format!("{:?}", sample::document()),
        "DeclarationDocument(..)"
    );
}

fn form() -> PaperForm {
    PaperForm {
        typed: Some("Scritta da un operatore, al telefono.".to_owned()),
        document_sha256: "ab12cd34ef56ab78".repeat(4),
        hand_in: vec!["Carica le pagine nella tua pratica.".to_owned()],
    }
}

#[test]
fn r44_the_form_to_sign_by_hand_says_all_that_is_declared_and_where_it_belongs() {
    let document = sample::document();
    let pdf = paper_form(&document, &form()).unwrap();
    assert_eq!(pdf, paper_form(&document, &form()).unwrap());
    let Some(text) = poppler("pdftotext", &["-layout", "-", "-"], &pdf) else {
        return;
    };
    let text = joined(&text);
    for part in [
        "ab12 cd34 ef56 ab78",
        "7K3M9XQ2T4BC",
        "Foglio di consegna",
        "Firma per esteso di",
        "Conferimento del potere di rappresentanza",
        "Ho letto l’informativa sulla privacy",
        "fronte e retro",
        "Carica le pagine nella tua pratica.",
        "1.234,56",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("codice usa e getta"), "{text}");
}

#[test]
fn the_barcode_of_a_form_is_in_the_densest_alphabet() {
    let text = paper::barcode_text(&sample::document(), &form().document_sha256);
    assert_eq!(text, "JOINDER/1/7K3M9XQ2T4BC/2/AB12CD34EF56AB78");
}

#[test]
fn r46_the_document_names_who_signs_for_whom_and_by_what_title() {
    let mut document = sample::document();
    document.claimant.representative = Some(PrintedRepresentative {
        name: "Anna Bianchi".to_owned(),
        codice_fiscale: "BNCNNA58S70F205L".to_owned(),
        title: "genitore esercente la responsabilità genitoriale".to_owned(),
        title_document: "Stato di famiglia del 3 marzo 2026".to_owned(),
        valid_from: NaiveDate::from_ymd_opt(2026, 1, 1).unwrap(),
        valid_until: None,
    });
    document.claimant.opening = "Anna Bianchi, in qualità di genitore di Maria".to_owned();
    let text = text_of(&document).replace(BREAK, "");
    for part in [
        "Chi firma in sua vece",
        "BNCNNA58S70F205L",
        "Stato di famiglia del 3 marzo 2026",
        "Anna Bianchi, in qualità di genitore di Maria, ai sensi",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(declaration(&document).is_ok());
}
