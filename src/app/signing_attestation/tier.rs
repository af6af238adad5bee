//! What each tier tells of the act of signing, and what such a signature is worth. *source*: DOMAIN 3.2, which
//! names the norms; nothing is claimed beyond it.

use crate::app::error::{AppError, AppResult};
use crate::domain::outage::day_in_rome;
use crate::domain::paper::SheetKind;
use crate::domain::signed_content::SignedContent;
use crate::domain::signing::{
    ATTEMPTS, Check, CheckCode, DigitalEvidence, Evidence, EvidenceCore, Format, Outcome,
    PaperEvidence, Report, SignatureFound, TimeSource, Verdict,
};
use crate::render::document::{Fact, day_in_words, instant_in_words};

const FREELY_JUDGED: &str = "Valore: l’idoneità del documento a soddisfare il requisito della forma scritta e il suo \
    valore probatorio sono liberamente valutabili in giudizio, in relazione alle caratteristiche di sicurezza, \
    integrità e immodificabilità (art. 20, comma 1-bis, ultimo periodo, del Codice dell’amministrazione digitale, \
    CAD, D.Lgs. 82/2005).";

const QUALIFIED: &str = "Valore: il certificato si dichiara qualificato. Il documento con firma digitale o altra \
    firma elettronica qualificata ha l’efficacia dell’art. 2702 del codice civile (art. 20, comma 1-bis, CAD, \
    D.Lgs. 82/2005) e l’uso del dispositivo di firma si presume del titolare, salvo che questi dia prova \
    contraria (art. 20, comma 1-ter). Che il certificato sia davvero qualificato lo dice l’elenco di fiducia, \
    che qui non è stato consultato.";

const BY_HAND: &str = "Valore: firma autografa. Gli originali sono i fogli firmati; il registro ne conserva le \
    immagini. Verso le pubbliche amministrazioni la dichiarazione sottoscritta è valida se è presentata con la \
    copia del documento d’identità (art. 65, comma 1, lettera c), del CAD, D.Lgs. 82/2005): chi la presenta \
    unisce la copia. Nel registro le immagini del documento d’identità sono cancellate trascorso il termine di \
    conservazione dopo il controllo; delle immagini restano le impronte nelle prove (firma.json).";

/// What a tier tells.
pub(super) struct Told {
    pub(super) facts: Vec<Fact>,
    pub(super) document: String,
    pub(super) legal_value: String,
    pub(super) intent: Option<String>,
}

/// Reads the evidence of any tier.
pub(super) fn told(
    core: &EvidenceCore,
    declared: &SignedContent,
    evidence: &[u8],
) -> AppResult<Told> {
    match core.tier.as_str() {
        Evidence::TIER => {
            let act = serde_json::from_slice(evidence).map_err(AppError::internal)?;
            Ok(by_code(&act, declared))
        }
        DigitalEvidence::TIER => {
            let act = serde_json::from_slice(evidence).map_err(AppError::internal)?;
            Ok(by_file(&act))
        }
        PaperEvidence::TIER => {
            let act = serde_json::from_slice(evidence).map_err(AppError::internal)?;
            Ok(by_hand(&act))
        }
        _ => Err(AppError::internal("a signature of an unknown tier")),
    }
}

fn by_code(act: &Evidence, declared: &SignedContent) -> Told {
    let mut facts = vec![
        Fact::new(
            "Livello",
            "firma elettronica con un codice usa e getta (livello «otp»)",
        ),
        Fact::new(
            "Firmata da",
            format!(
                "{}, che ha scritto il proprio nome: «{}»",
                declared.signer(),
                act.signer.typed_name
            ),
        ),
        Fact::new("Quando", instant_in_words(act.entered_at)),
        Fact::new(
            "Codice",
            format!(
                "inviato per posta elettronica a {}, legato all’impronta di questo PDF, usato una sola volta",
                act.address_masked
            ),
        ),
        Fact::new("Codice chiesto", instant_in_words(act.generated_at)),
    ];
    if let Some(at) = act.sent_at {
        facts.push(Fact::new("Codice inviato", instant_in_words(at)));
    }
    facts.push(Fact::new(
        "Tentativi",
        format!("{} su {ATTEMPTS}", act.attempts),
    ));
    Told {
        facts,
        document: "Il PDF firmato è identico, byte per byte, a quello mostrato prima della firma: firmando \
                   non si aggiunge nulla al file. Quando e come è stato firmato sta nelle prove, conservate a \
                   parte, che questa attestazione riporta."
            .to_owned(),
        legal_value: FREELY_JUDGED.to_owned(),
        intent: Some(act.intent_text.clone()),
    }
}

fn by_file(act: &DigitalEvidence) -> Told {
    let (format, file) = match act.report.format {
        Format::Cades => ("CAdES", "il file .p7m"),
        Format::Pades => ("PAdES", "il PDF firmato"),
        Format::Unknown => ("formato non riconosciuto", "il file"),
    };
    let mut facts = vec![
        Fact::new(
            "Livello",
            "firma digitale su un file portato da chi firma (livello «digital»)",
        ),
        Fact::new("Quando", instant_in_words(act.entered_at)),
        Fact::new(
            "File firmato",
            format!("{format}, {} byte", super::counted(act.file_size)),
        ),
        Fact::sha256("SHA-256 del file", act.file_sha256.as_str()),
    ];
    for found in &act.report.signatures {
        certificate(&mut facts, found);
    }
    verification(&mut facts, &act.report);
    let mut signatures = act.report.signatures.iter();
    let is_qualified =
        !act.report.signatures.is_empty() && signatures.all(|it| it.claims_qualified);
    Told {
        facts,
        document: format!(
            "dichiarazione.pdf è il documento emesso e resta com’è: la firma digitale sta in un file a sé \
             ({file}), conservato byte per byte come è arrivato."
        ),
        legal_value: if is_qualified {
            QUALIFIED
        } else {
            FREELY_JUDGED
        }
        .to_owned(),
        intent: Some(act.intent_text.clone()),
    }
}

/// What a certificate says.
fn certificate(facts: &mut Vec<Fact>, found: &SignatureFound) {
    let holder = super::named(&found.name, found.codice_fiscale.as_deref());
    facts.push(Fact::new("Titolare del certificato", holder));
    let qualified = if found.claims_qualified {
        "si dichiara qualificato (eIDAS)"
    } else {
        "non si dichiara qualificato"
    };
    facts.push(Fact::new(
        "Emesso da",
        format!("{}; {qualified}", found.issuer),
    ));
    facts.push(Fact::new("Numero di serie", found.serial.as_str()));
    if let (Some(from), Some(until)) = (found.not_before, found.not_after) {
        facts.push(Fact::new("Valido dal", instant_in_words(from)));
        facts.push(Fact::new("Valido fino al", instant_in_words(until)));
    }
    facts.push(Fact::sha256(
        "SHA-256 del certificato",
        found.certificate_sha256.as_str(),
    ));
    let source = match found.time_source {
        TimeSource::Timestamp => "dalla marca temporale nel file",
        TimeSource::Receipt => "dall’arrivo del file",
    };
    facts.push(Fact::new(
        "Ora che conta",
        format!("{}, {source}", instant_in_words(found.proven_at)),
    ));
    if let Some(at) = found.claimed_at {
        facts.push(Fact::new(
            "Ora secondo chi firma",
            format!("{}, non provata", instant_in_words(at)),
        ));
    }
}

/// How the file was checked, and what came out.
fn verification(facts: &mut Vec<Fact>, report: &Report) {
    let verdict = match report.verdict {
        Verdict::Valid => "valida: ogni controllo è superato",
        Verdict::NotVerifiable => "non verificabile",
        Verdict::Invalid => "non valida",
    };
    facts.push(Fact::new("Esito della verifica", verdict));
    facts.push(Fact::new(
        "Verificata il",
        instant_in_words(report.checked_at),
    ));
    for (label, outcome) in [
        ("Controlli superati", Outcome::Passed),
        ("Non superati", Outcome::Failed),
        ("Non accertabili", Outcome::Unknown),
    ] {
        let words = words_of(&report.checks, outcome);
        if !words.is_empty() {
            facts.push(Fact::new(label, words));
        }
    }
}

/// The checks that ended so, each once, in the order they are shown.
fn words_of(checks: &[Check], outcome: Outcome) -> String {
    let ended = |code: &CheckCode| {
        let mut checks = checks.iter();
        checks.any(|check| check.code == *code && check.result == outcome)
    };
    let words = CheckCode::ALL.into_iter().filter(ended).map(check_words);
    words.collect::<Vec<_>>().join(", ")
}

const fn check_words(code: CheckCode) -> &'static str {
    match code {
        CheckCode::Format => "formato",
        CheckCode::Document => "documento emesso",
        CheckCode::Coverage => "intero file",
        CheckCode::Integrity => "integrità",
        CheckCode::Algorithm => "algoritmi",
        CheckCode::Certificate => "certificato indicato",
        CheckCode::KeyUsage => "uso della chiave",
        CheckCode::Chain => "emittente fidato",
        CheckCode::Validity => "validità a quell’ora",
        CheckCode::Revocation => "né revoca né sospensione",
        CheckCode::Timestamp => "marca temporale",
        CheckCode::Person => "codice fiscale di chi firma",
    }
}

fn by_hand(act: &PaperEvidence) -> Told {
    let sheets = act.sheets.iter();
    let scans = sheets.filter(|sheet| sheet.kind == SheetKind::Scan).count();
    let by_staff = act.handed_in.by == "staff";
    let handed_in_by = if by_staff {
        "da una persona dell’associazione"
    } else {
        "da chi dichiara"
    };
    let approved_by = if by_staff {
        "da una seconda persona dell’associazione, diversa da chi ha consegnato"
    } else {
        "da una persona dell’associazione incaricata del controllo"
    };
    let mut facts = vec![
        Fact::new("Livello", "firma autografa su carta (livello «paper»)"),
        Fact::new("Firmata da", act.signer.name.as_str()),
        Fact::new("Data della firma", day_in_words(act.signed_on)),
    ];
    if let Some(typed) = &act.typed_by {
        let how = match typed.how.as_str() {
            "phone" => "al telefono",
            "desk" => "allo sportello",
            _ => "per lettera",
        };
        let words = format!(
            "da una persona dell’associazione, a cui è stata detta {how}, {}",
            instant_in_words(typed.at)
        );
        facts.push(Fact::new("Scritta", words));
    }
    facts.extend([
        Fact::new(
            "Consegnata",
            format!("{}, {handed_in_by}", instant_in_words(act.handed_in.at)),
        ),
        Fact::new("Fogli", format!("{scans} file con i fogli firmati")),
        Fact::new(
            "Documento d’identità",
            format!(
                "fronte e retro, valido fino al {}; la copia fu vista il {}",
                day_in_words(act.id_expires_on),
                day_in_words(day_in_rome(act.approved.at))
            ),
        ),
        Fact::new(
            "Controllata e approvata",
            format!("{}, {approved_by}", instant_in_words(act.approved.at)),
        ),
    ]);
    Told {
        facts,
        document: "dichiarazione.pdf è il documento dichiarato e resta com’è: le firme a mano stanno sui \
                   fogli che ne riportano riferimento, versione e impronta. Una firma autografa conta da \
                   quando è stata approvata."
            .to_owned(),
        legal_value: BY_HAND.to_owned(),
        intent: None,
    }
}
