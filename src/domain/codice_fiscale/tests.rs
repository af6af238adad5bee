//! The vectors of DOMAIN 4.2 and the properties of the codice fiscale.

use proptest::prelude::*;

use super::*;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn with_check(first: &str) -> String {
    format!("{first}{}", check_letter(first).unwrap())
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of vectors")]
fn r21_the_worked_examples_are_read() {
    for (code, family, given, sex, birth, place) in [
        (
            "RSSMRA85C12H501J",
            "Rossi",
            "Mario",
            Sex::M,
            "1985-03-12",
            "H501",
        ),
        (
            "BNCNNA58S70F205L",
            "Bianchi",
            "Anna",
            Sex::F,
            "1958-11-30",
            "F205",
        ),
        (
            "FOXVEA90A41L219Q",
            "Fo",
            "Eva",
            Sex::F,
            "1990-01-01",
            "L219",
        ),
        (
            "DNGGFR49M09F839U",
            "D'Angelo",
            "Gianfranco",
            Sex::M,
            "1949-08-09",
            "F839",
        ),
        (
            "VRTNCL01T31D612J",
            "Verità",
            "Niccolò",
            Sex::M,
            "2001-12-31",
            "D612",
        ),
        (
            "PPSNTI79E20Z129V",
            "Popescu",
            "Ionut",
            Sex::M,
            "1979-05-20",
            "Z129",
        ),
        ("WUXLIX95R47Z210Z", "Wu", "Li", Sex::F, "1995-10-07", "Z210"),
        (
            "RSSMRA85C12H50MB",
            "Rossi",
            "Mario",
            Sex::M,
            "1985-03-12",
            "H501",
        ),
        (
            "RSSMRA85C12H5LMM",
            "Rossi",
            "Mario",
            Sex::M,
            "1985-03-12",
            "H501",
        ),
        (
            "RSSMRAURCMNHRLMQ",
            "Rossi",
            "Mario",
            Sex::M,
            "1985-03-12",
            "H501",
        ),
        (
            "RSSMRAU5C12H501G",
            "Rossi",
            "Mario",
            Sex::M,
            "1985-03-12",
            "H501",
        ),
        (
            "RSSMRA80A01H501U",
            "Rossi",
            "Mario",
            Sex::M,
            "1980-01-01",
            "H501",
        ),
        (
            "RSSMRA80A01H50MM",
            "Rossi",
            "Mario",
            Sex::M,
            "1980-01-01",
            "H501",
        ),
        (
            "RSSMRA80A01H5LMX",
            "Rossi",
            "Mario",
            Sex::M,
            "1980-01-01",
            "H501",
        ),
        (
            "RSSMRALLALMHRLMR",
            "Rossi",
            "Mario",
            Sex::M,
            "2000-01-01",
            "H501",
        ),
        (
            "BNCLRA85T70Z404W",
            "Bianchi",
            "Laura",
            Sex::F,
            "1985-12-30",
            "Z404",
        ),
    ] {
        let parsed = CodiceFiscale::parse(code).unwrap_or_else(|error| panic!("{code}: {error}"));
        assert_eq!(parsed.as_str(), code);
        assert_eq!(parsed.sex(), sex, "{code}");
        assert_eq!(parsed.birth_date(date("2026-01-01")), date(birth), "{code}");
        assert!(parsed.matches_birth_date(date(birth)), "{code}");
        assert_eq!(parsed.birth_place_code(), place, "{code}");
        assert!(parsed.matches_names(family, given), "{code}");
    }
}

#[test]
fn r21_wrong_codes_are_refused_with_their_class() {
    for (code, class) in [
        ("RSSMRA85C12H501K", FieldCode::Checksum),
        (&with_check("BNCNNA58S72F205"), FieldCode::OutOfRange),
        (&with_check("RSSMRA85B30H501"), FieldCode::OutOfRange),
        (&with_check("RSSMRA85C00H501"), FieldCode::OutOfRange),
        (&with_check("RSSMRA85C32H501"), FieldCode::OutOfRange),
        (&with_check("RSSMRA85C81H501"), FieldCode::OutOfRange),
        (&with_check("RSSMRA85C40H501"), FieldCode::OutOfRange),
        (&with_check("RSSMRA85B29H501"), FieldCode::OutOfRange),
        ("RSSMRA85F12H501J", FieldCode::Format),
        ("RSSMRA8AC12H501J", FieldCode::Format),
        ("RSSMRA85C12H501", FieldCode::Format),
        ("RSSMRA85C12H501JJ", FieldCode::Format),
        ("R5SMRA85C12H501J", FieldCode::Format),
        ("07643520567", FieldCode::Format),
        ("RSSMRA85C12H50èJ", FieldCode::Format),
        ("", FieldCode::Format),
    ] {
        assert_eq!(
            CodiceFiscale::parse(code).unwrap_err().code,
            class,
            "{code}"
        );
    }
    assert!(
        CodiceFiscale::parse(&with_check("RSSMRA00B29H501")).is_ok(),
        "2000 had it"
    );
}

#[test]
fn r21_case_and_spaces_do_not_matter() {
    let code = CodiceFiscale::parse(" rss mra 85c12\th501j ").unwrap();
    assert_eq!(code.as_str(), "RSSMRA85C12H501J");
}

#[test]
fn r22_codes_that_differ_by_omocodia_are_not_equal() {
    let plain = CodiceFiscale::parse("RSSMRA85C12H501J").unwrap();
    for code in ["RSSMRA85C12H50MB", "RSSMRAURCMNHRLMQ"] {
        assert_ne!(CodiceFiscale::parse(code).unwrap(), plain);
    }
}

#[test]
fn r23_names_are_compared_loosely() {
    let rossi = CodiceFiscale::parse("RSSMRA85C12H501J").unwrap();
    for (family, given, fits) in [
        ("ROSSI", "mario", true),
        ("Róssi", "Màrio", true),
        ("Bianchi", "Mario", false),
        ("Rossi", "Luca", false),
        ("Росси", "Марио", false),
    ] {
        assert_eq!(rossi.matches_names(family, given), fits, "{family} {given}");
    }
    let both = |family: &str| {
        let letters = letters_of_family(family) + &letters_of_given("Mario");
        CodiceFiscale::parse(&with_check(&format!("{letters}85C12H501"))).unwrap()
    };
    assert!(both("Öz").matches_names("Öz", "Mario"));
    assert!(both("Oez").matches_names("Öz", "Mario"));
}

#[test]
fn r23_names_of_honest_people_fit_however_registers_have_them() {
    // code of what the register has; what the person types
    for ((register_family, register_given), (family, given)) in [
        (("Rossi", "Maria Teresa"), ("Rossi", "Maria Teresa")),
        // a second name that the register does not have
        (("Rossi", "Maria"), ("Rossi", "Maria Teresa")),
        (("Rossi", "Teresa"), ("Rossi", "Maria Teresa")),
        // of two family names the register has one; a married woman is there by her own
        (("Garcia", "Ana"), ("García Márquez", "Ana")),
        (("Marquez", "Ana"), ("García-Márquez", "Ana")),
        (("Bianchi", "Anna"), ("Bianchi in Rossi", "Anna")),
        (("Bianchi", "Anna"), ("Rossi Bianchi", "Anna")),
        (("D'Angelo", "Niccolo"), ("D’Angelò", "Niccolò")),
        (("Dell'Acqua", "Jose"), ("Dell Acqua", "José")),
        (("De Rossi", "Noe"), ("DE ROSSI", "Noè")),
        (("Mueller", "Joerg"), ("Müller", "Jörg")),
        (("Muller", "Jorg"), ("Müller", "Jörg")),
        (("Oz", "Gul"), ("Oez", "Guel")),
        (("Grossmann", "Zoe"), ("Großmann", "Zoë")),
        (("Nguyen", "Thi"), ("Nguyễn", "Thị")),
    ] {
        let letters = letters_of_family(register_family) + &letters_of_given(register_given);
        let code = CodiceFiscale::parse(&with_check(&format!("{letters}85C12H501"))).unwrap();
        assert!(code.matches_names(family, given), "{family}, {given}");
    }
    let rossi = CodiceFiscale::parse("RSSMRA85C12H501J").unwrap();
    assert!(rossi.matches_family("Rossi") && !rossi.matches_given("Marco"));
    assert!(!rossi.matches_family("Bruni Verdi") && rossi.matches_given("Mario"));
    assert_eq!(
        (rossi.family_letters(), rossi.given_letters()),
        ("RSS".to_owned(), "MRA".to_owned())
    );
}

#[test]
fn the_century_is_the_latest_not_in_the_future() {
    let code = CodiceFiscale::parse("RSSMRA85C12H501J").unwrap();
    for (today, birth) in [
        ("2026-11-22", "1985-03-12"),
        ("2085-03-12", "2085-03-12"),
        ("2085-03-11", "1985-03-12"),
    ] {
        assert_eq!(code.birth_date(date(today)), date(birth), "{today}");
    }
    let leap = CodiceFiscale::parse(&with_check("RSSMRA00B29H501")).unwrap();
    assert_eq!(leap.birth_date(date("2120-01-01")), date("2000-02-29"));
}

#[test]
fn it_is_masked_and_redacted() {
    let code = CodiceFiscale::parse("RSSMRA85C12H501J").unwrap();
    assert_eq!(code.masked(), "RSS***********1J");
    assert_eq!(format!("{code:?}"), "CodiceFiscale(..)");
    let json = serde_json::to_string(&code).unwrap();
    assert_eq!(json, "\"RSSMRA85C12H501J\"");
    assert_eq!(serde_json::from_str::<CodiceFiscale>(&json).unwrap(), code);
    assert!(serde_json::from_str::<CodiceFiscale>("\"RSSMRA85C12H501K\"").is_err());
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        if let Ok(code) = CodiceFiscale::parse(&text) {
            prop_assert_eq!(CodiceFiscale::parse(code.as_str()), Ok(code));
        }
    }

    #[test]
    fn a_code_made_by_the_rules_is_read_back(
        letters in "[A-Z]{6}", year in 0_i32..100, month in 0_usize..12, day in 1_u32..=28,
        female: bool, place in "[A-MZ][0-9]{3}", omocodia in 0_usize..=7,
    ) {
        let month_letter = MONTHS.chars().nth(month).unwrap();
        let coded_day = if female { day + 40 } else { day };
        let mut first: Vec<char> =
            format!("{letters}{year:02}{month_letter}{coded_day:02}{place}").chars().collect();
        for position in [14, 13, 12, 10, 9, 7, 6].iter().take(omocodia) {
            let value = usize::try_from(first[*position].to_digit(10).unwrap()).unwrap();
            first[*position] = OMOCODIA.chars().nth(value).unwrap();
        }
        let text = with_check(&first.iter().collect::<String>());
        let code = CodiceFiscale::parse(&text).unwrap();
        prop_assert_eq!(code.as_str(), text.as_str());
        prop_assert_eq!(
            code.birth_day_month_year_of_century(),
            (day, u32::try_from(month).unwrap() + 1, year)
        );
        prop_assert_eq!(code.sex() == Sex::F, female);
        prop_assert_eq!(code.birth_place_code(), place);
    }
}
