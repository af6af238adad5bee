//! The attestation of a signature: a PDF that says when and how a document was signed and what was accepted,
//! for who reads no JSON (decision 37).
//!
//! It is made from the receipt and from nothing else, each time anew: the same receipt gives the same bytes, and
//! nothing of it is kept. Of the log it tells what never changes, the place of the entry and the first head that
//! an authority stamped, so an attestation becomes final; until then it says what is still to come.

use data_encoding::BASE64;

use crate::app::ctx::Ctx;
use crate::app::declaration_document::{text_words, title_words};
use crate::app::error::{AppError, AppResult};
use crate::app::log::timestamp;
use crate::app::receipt::{self, Receipt, ReceiptTimestamp};
use crate::app::session::ClaimantActor;
use crate::crypto::note::Checkpoint;
use crate::crypto::{commitment, merkle, sha256};
use crate::domain::accepted_text::TextKind;
use crate::domain::ids::ClaimantId;
use crate::domain::outage::day_in_rome;
use crate::domain::reference::Reference;
use crate::domain::signed_content::SignedContent;
use crate::domain::signing::{EvidenceCore, PaperEvidence};
use crate::render::document::{
    self, AcceptedText, Fact, SigningAttestation, day_in_words, euro, instant_in_words,
};

#[cfg(test)]
mod tests;
mod tier;

/// Title of what is signed, as it stands on its first page.
const TITLE: &str = "Dichiarazione di danno e pre-adesione";

/// The attestation of the version in force, for the claimant.
///
/// # Errors
/// `NotFound` if nothing was signed; else as [`receipt::get`].
pub async fn own(ctx: &Ctx, actor: &ClaimantActor) -> AppResult<Vec<u8>> {
    let receipt = receipt::get(ctx, actor).await?;
    of(ctx, &receipt).await
}

/// Name of the file that a claimant takes along.
pub fn file_name(claimant: ClaimantId) -> String {
    format!("attestazione-{}.pdf", Reference::of(claimant).as_str())
}

/// The attestation that a receipt gives.
///
/// # Errors
/// `Internal` if the receipt is none of ours or the program cannot print it; `Unavailable` if too many are
/// being made.
pub(in crate::app) async fn of(ctx: &Ctx, receipt: &Receipt) -> AppResult<Vec<u8>> {
    let values = values(receipt, &ctx.settings.public_base_url)?;
    ctx.on_a_core(move || document::signing_attestation(&values).map_err(AppError::internal))
        .await
}

/// The attestations of many receipts, printed one after another on one core: whoever waits for it waits once.
///
/// # Errors
/// As [`of`].
pub(in crate::app) async fn of_all(ctx: &Ctx, receipts: &[Receipt]) -> AppResult<Vec<Vec<u8>>> {
    if receipts.is_empty() {
        return Ok(Vec::new());
    }
    let base = &ctx.settings.public_base_url;
    let told = receipts.iter().map(|receipt| values(receipt, base));
    let told = told.collect::<AppResult<Vec<SigningAttestation>>>()?;
    ctx.on_a_core(move || {
        let printed = told.iter().map(document::signing_attestation);
        printed
            .collect::<Result<Vec<_>, _>>()
            .map_err(AppError::internal)
    })
    .await
}

/// What it says.
fn values(receipt: &Receipt, base: &str) -> AppResult<SigningAttestation> {
    let content = bytes(&receipt.declaration)?;
    let evidence = bytes(&receipt.evidence)?;
    let declared: SignedContent = serde_json::from_slice(&content).map_err(AppError::internal)?;
    let core: EvidenceCore = serde_json::from_slice(&evidence).map_err(AppError::internal)?;
    let told = tier::told(&core, &declared, &evidence)?;
    let (log, log_text) = log(receipt, base)?;
    let (stamp, stamp_text) = stamp(receipt.timestamp.as_ref())?;
    Ok(SigningAttestation {
        reference: declared.reference.clone(),
        version: declared.version.to_string(),
        signed_on: day_in_rome(core.entered_at),
        evidence_sha256: sha256::hex(&sha256::digest(&evidence)),
        association: declared.association.name.clone(),
        document_title: TITLE.to_owned(),
        parties: parties(&declared),
        document: document_facts(receipt, &declared, &content)?,
        document_text: told.document,
        signature: told.facts,
        legal_value: told.legal_value,
        intent: told.intent,
        texts: texts(&core, &declared),
        claimed: claimed(&declared),
        log,
        log_text,
        stamp,
        stamp_text,
        checks: checks(&core, base),
        closing: "Questa attestazione è composta dal programma del registro a partire dalle sole prove \
                  della firma: le stesse prove danno sempre lo stesso file. Non è firmata, non è un atto \
                  pubblico e non sostituisce le prove che riporta."
            .to_owned(),
    })
}

fn bytes(base64: &str) -> AppResult<Vec<u8>> {
    BASE64.decode(base64.as_bytes()).map_err(AppError::internal)
}

fn named(name: &str, codice_fiscale: Option<&str>) -> String {
    match codice_fiscale {
        Some(code) => format!("{name}, codice fiscale {code}"),
        None => name.to_owned(),
    }
}

fn parties(declared: &SignedContent) -> Vec<Fact> {
    let claimant = &declared.identity;
    let mut facts = vec![
        Fact::new("Riferimento", declared.reference.as_str()),
        Fact::new(
            "Chi dichiara",
            named(&claimant.display_name(), claimant.codice_fiscale()),
        ),
    ];
    let signer = named(&declared.signer(), declared.signer_codice_fiscale());
    if let Some(acting) = &declared.representative {
        let title = title_words(acting.title());
        facts.push(Fact::new("Firma in sua vece", signer));
        facts.push(Fact::new("In qualità di", title));
        facts.push(Fact::new("Titolo", acting.title_document()));
    } else if declared.signer() != claimant.display_name() {
        facts.push(Fact::new("Legale rappresentante", signer));
    }
    let case = &declared.case;
    facts.push(Fact::new("Causa", case.title.as_str()));
    facts.push(Fact::new(
        "Contro",
        named(&case.respondent, Some(&case.respondent_codice_fiscale)),
    ));
    let court = match (&case.court, &case.rg_number) {
        (Some(court), Some(number)) => format!("{court}, R.G. {number}"),
        (Some(court), None) => court.clone(),
        (None, _) => "non ancora assegnato".to_owned(),
    };
    facts.push(Fact::new("Tribunale", court));
    facts
}

fn document_facts(
    receipt: &Receipt,
    declared: &SignedContent,
    content: &[u8],
) -> AppResult<Vec<Fact>> {
    let pdf = bytes(&receipt.document)?;
    let size = counted(u64::try_from(pdf.len()).map_err(AppError::internal)?);
    let pages = document::count_pages(pdf)
        .ok_or_else(|| AppError::internal("the pages of a document cannot be counted"))?;
    let day = day_in_words(declared.declared_on);
    Ok(vec![
        Fact::new("Titolo", TITLE),
        Fact::new("Versione", format!("{}, del {day}", declared.version)),
        Fact::new("Pagine", format!("{pages} ({size} byte)")),
        Fact::sha256("SHA-256 del PDF", receipt.document_sha256.as_str()),
        Fact::sha256(
            "SHA-256 del contenuto",
            sha256::hex(&sha256::digest(content)),
        ),
        Fact::new("Modello", declared.template.as_str()),
    ])
}

/// `12.345`.
fn counted(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + 4);
    for (digit, left) in digits.chars().zip((0..digits.len()).rev()) {
        shown.push(digit);
        if left > 0 && left % 3 == 0 {
            shown.push('.');
        }
    }
    shown
}

/// Each text of the document, and whether it was accepted.
fn texts(core: &EvidenceCore, declared: &SignedContent) -> Vec<AcceptedText> {
    let accepted_at = |kind: TextKind, version: &str| {
        let mut accepted = core.acceptances.iter();
        accepted
            .find(|it| it.kind == kind && it.version == version)
            .map(|it| instant_in_words(it.accepted_at))
    };
    let shown = declared.texts.iter().map(|text| AcceptedText {
        name: text_words(text.kind).to_owned(),
        version: text.version.clone(),
        sha256: text.sha256.clone(),
        accepted_at: accepted_at(text.kind, &text.version),
        body: match text.kind {
            TextKind::AttestationG => format!("«{}»", text.body),
            TextKind::MandateH | TextKind::MandateMessaInMora => text.body.clone(),
        },
    });
    shown.collect()
}

fn claimed(declared: &SignedContent) -> Vec<Fact> {
    let lines = declared.declaration.lines();
    let items: usize = lines.map(|(_, line)| line.items().len()).sum();
    let open = declared.declaration.open_items();
    let total = if open == items {
        "nessun importo indicato".to_owned()
    } else {
        euro(declared.total_cents)
    };
    let open = match open {
        0 => "nessuna".to_owned(),
        count => format!("{count}, in via equitativa (art. 1226 c.c.)"),
    };
    vec![
        Fact::new("Totale chiesto", total),
        Fact::new("Voci da liquidare", open),
    ]
}

/// The place in the log, once it is published; nothing that changes while the log grows.
fn log(receipt: &Receipt, base: &str) -> AppResult<(Vec<Fact>, String)> {
    let entry = &receipt.entry;
    let id = Fact::new("Identificativo", entry.id.to_string());
    let commit = Fact::sha256("Impegno (commit)", entry.commit.as_str());
    let (Some(proof), Some(at)) = (&receipt.proof, entry.t) else {
        let text = "In attesa: la firma vale già e la sua voce è scritta, ma non ha ancora un posto nel \
                    registro pubblico. Di solito bastano pochi secondi: l’attestazione scaricata di nuovo \
                    riporterà il posto."
            .to_owned();
        return Ok((vec![id, commit], text));
    };
    let (index, note) = proved(proof)?;
    let head = Checkpoint::parse(&note).map_err(AppError::internal)?;
    let leaf = commitment::canonical_json(entry)?;
    let leaf = sha256::hex(&merkle::leaf_hash(&leaf));
    let slug = head.origin.rsplit('/').next().unwrap_or_default();
    let facts = vec![
        Fact::new("Registro", head.origin.as_str()),
        Fact::new(
            "Posizione",
            format!("voce n. {} (la prima è la n. 0)", counted(index)),
        ),
        Fact::new("Iscritta il", instant_in_words(at)),
        id,
        commit,
        Fact::sha256("SHA-256 della voce", leaf),
    ];
    let text = format!(
        "Il registro è pubblico e può soltanto crescere: ogni sua testa impegna tutte le voci che la precedono. La prova che la voce è al suo posto \
         è nella ricevuta; la chiave del registro è pubblicata a {base}/log/{slug}/vkey."
    );
    Ok((facts, text))
}

/// Place and checkpoint of an inclusion proof (C2SP tlog-proof), in base64.
fn proved(proof: &str) -> AppResult<(u64, String)> {
    let proof = String::from_utf8(bytes(proof)?).map_err(AppError::internal)?;
    let index = proof.lines().find_map(|line| line.strip_prefix("index "));
    let index = index.and_then(|index| index.parse().ok());
    let note = proof.split_once("\n\n").map(|(_, note)| note);
    match (index, note) {
        (Some(index), Some(note)) => Ok((index, note.to_owned())),
        _ => Err(AppError::internal("a proof of a receipt has another form")),
    }
}

/// The first head with this entry that an authority stamped.
fn stamp(stamped: Option<&ReceiptTimestamp>) -> AppResult<(Vec<Fact>, String)> {
    let Some(stamped) = stamped else {
        let text = "Nessuna autorità di marcatura temporale ha ancora marcato una testa del registro che \
                    comprende questa voce: le date di questa attestazione sono quelle dell’orologio del \
                    registro."
            .to_owned();
        return Ok((Vec::new(), text));
    };
    let (_, note) = proved(&stamped.proof)?;
    let head = Checkpoint::parse(&note).map_err(AppError::internal)?;
    let answer = bytes(&stamped.token)?;
    let (_, at) = timestamp::read(&answer, note.as_bytes()).map_err(AppError::internal)?;
    let facts = vec![
        Fact::new("Ora dell’autorità", instant_in_words(at)),
        Fact::new(
            "Testa marcata",
            match head.size {
                1 => "1 voce".to_owned(),
                size => format!("{} voci", counted(size)),
            },
        ),
        Fact::sha256("Radice della testa", sha256::hex(&head.root)),
    ];
    let text =
        "Una marca temporale (RFC 3161) sulla testa del registro prova che la voce c’era già a \
                quell’ora. La marca è nella ricevuta."
            .to_owned();
    Ok((facts, text))
}

/// How to check, without believing this paper.
fn checks(core: &EvidenceCore, base: &str) -> Vec<String> {
    let mut checks = vec![
        "Il PDF: calcolare lo SHA-256 del file, per esempio con «sha256sum», e confrontarlo con quello \
         riportato sopra. Una copia scaricata con un sigillo in fondo si controlla alla pagina di verifica."
            .to_owned(),
        format!(
            "La ricevuta (ricevuta.json) con PDF, contenuto, prove e posto nel registro: alla pagina \
             {base}/verify, che non conserva nulla."
        ),
        "Senza questo sito: con il programma libero docs/verify.py («python3 verify.py ricevuta.json»), che \
         usa soltanto Python."
            .to_owned(),
    ];
    if core.tier == PaperEvidence::TIER {
        checks.push(
            "I fogli firmati: le loro immagini hanno lo SHA-256 scritto nelle prove (firma.json)."
                .to_owned(),
        );
    }
    checks
}
