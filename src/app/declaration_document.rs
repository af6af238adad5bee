//! The document of a declaration: what was declared, in the words of the printed page.

use crate::app::ctx::Ctx;
use crate::app::error::{AppError, AppResult};
use crate::crypto::{commitment, sha256};
use crate::domain::accepted_text::{DPR_445, TextKind};
use crate::domain::codice_fiscale::Sex;
use crate::domain::damage::DamageHead;
use crate::domain::declaration::{
    Answer, Compensation, Complaint, DamageItem, Declaration, DeclaredIncident, DeclaredMailbox,
    Elsewhere, OtherClaim, Place, Use,
};
use crate::domain::document::DocumentKind as ProducedKind;
use crate::domain::entity::Entity;
use crate::domain::foreign_document::{DocumentKind, ForeignDocument};
use crate::domain::identity::Identity;
use crate::domain::person::Person;
use crate::domain::postal_address::PostalAddress;
use crate::domain::readiness::FondoSpese;
use crate::domain::representation::{Representative, Title};
use crate::domain::signed_content::{SignedContent, SignedDocument, SignedText};
use crate::render::document::{
    self, CertifiedAddress, Circumstances, DeclarationDocument, LegalText, PaperForm,
    PrintedAssociation, PrintedCase, PrintedClaimant, PrintedDocument, PrintedEntity,
    PrintedIncident, PrintedItem, PrintedMailbox, PrintedPerson, PrintedRepresentative,
    TextVersion, euro,
};

/// Template of the document and its version; a change of what it prints is a new version.
pub const TEMPLATE: &str = "declaration/4";

/// Makes the PDF, on a thread that serves nobody. The same content gives the same bytes.
///
/// # Errors
/// `Internal` if the program cannot print it; `Unavailable` if too many are being made.
pub(in crate::app) async fn render(ctx: &Ctx, content: SignedContent) -> AppResult<Vec<u8>> {
    ctx.on_a_core(move || {
        let values = values(&content)?;
        document::declaration(&values).map_err(AppError::internal)
    })
    .await
}

/// Makes the form to sign by hand, on a thread that serves nobody.
///
/// # Errors
/// As [`render`].
pub(in crate::app) async fn render_form(
    ctx: &Ctx,
    content: SignedContent,
    form: PaperForm,
) -> AppResult<Vec<u8>> {
    ctx.on_a_core(move || {
        let values = values(&content)?;
        document::paper_form(&values, &form).map_err(AppError::internal)
    })
    .await
}

fn values(content: &SignedContent) -> AppResult<DeclarationDocument> {
    let canonical = commitment::canonical_json(content)?;
    let declaration = &content.declaration;
    let text = |kind: TextKind| {
        let found = content.texts.iter().find(|text| text.kind == kind);
        found.map(legal_text)
    };
    let required = |kind| text(kind).ok_or_else(|| AppError::internal("a text is not published"));
    Ok(DeclarationDocument {
        reference: content.reference.clone(),
        version: u32::try_from(content.version).map_err(AppError::internal)?,
        issued_on: content.declared_on,
        canonical_sha256: sha256::hex(&sha256::digest(&canonical)),
        association: PrintedAssociation {
            name: content.association.name.clone(),
            registers: content.association.registers.clone(),
            member_number: declaration.member_number().map(str::to_owned),
        },
        case: printed_case(content),
        claimant: printed_claimant(content),
        certified_address: certified_address(content),
        mailboxes: declaration
            .mailboxes()
            .iter()
            .map(|it| mailbox(it, &content.documents))
            .collect(),
        total_cents: content.total_cents,
        circumstances: circumstances(declaration),
        narrative: declaration.narrative().map(str::to_owned),
        documents: index(&content.documents)?,
        dpr_445: LegalText {
            version: TextVersion {
                name: "Formula del D.P.R. 445/2000".to_owned(),
                version: content.template.clone(),
                sha256: sha256::hex(&sha256::digest(DPR_445.as_bytes())),
            },
            body: DPR_445.to_owned(),
        },
        attestation: required(TextKind::AttestationG)?,
        mandate: required(TextKind::MandateH)?,
        messa_in_mora: text(TextKind::MandateMessaInMora),
        fondo_spese: FondoSpese::of(content.case.fondo_spese_ordered),
        privacy_notice: TextVersion {
            name: "Informativa sulla privacy".to_owned(),
            version: content.privacy_notice.version.clone(),
            sha256: content.privacy_notice.sha256.clone(),
        },
    })
}

fn printed_case(content: &SignedContent) -> PrintedCase {
    let case = &content.case;
    PrintedCase {
        title: case.title.clone(),
        court: case.court.clone(),
        register_number: case.rg_number.clone(),
        portal_id: None,
        respondent: case.respondent.clone(),
        respondent_codice_fiscale: case.respondent_codice_fiscale.clone(),
        respondent_pec: case.respondent_pec.clone(),
    }
}

fn printed_claimant(content: &SignedContent) -> PrintedClaimant {
    let capacity = match content.capacity.as_str() {
        "self" => "in proprio",
        "legal_representative" => "legale rappresentante",
        "parent" => "genitore",
        "guardian" => "tutore",
        "heir" => "erede",
        _ => "delegato",
    };
    let representative = content.representative.as_ref().map(printed_representative);
    let (entity, person) = match &content.identity {
        Identity::Person(person) => (None, printed_person(person)),
        Identity::Entity(entity) => (Some(printed_entity(entity)), officer(entity)),
    };
    PrintedClaimant {
        capacity: capacity.to_owned(),
        entity,
        person,
        representative,
        opening: opening(content),
    }
}

/// Who declares and for whom: of those who cannot declare themselves whoever has the title does (art. 5
/// DPR 445/2000).
fn opening(content: &SignedContent) -> String {
    let claimant = content.identity.display_name();
    match (&content.representative, &content.identity) {
        (Some(acting), _) => format!(
            "{}, in qualità di {} di {claimant}",
            acting.name(),
            title_words(acting.title())
        ),
        (None, Identity::Person(_)) => claimant,
        (None, Identity::Entity(_)) => content.identity.signer_name(),
    }
}

fn printed_representative(acting: &Representative) -> PrintedRepresentative {
    PrintedRepresentative {
        name: acting.name(),
        codice_fiscale: acting.codice_fiscale().as_str().to_owned(),
        title: title_words(acting.title()).to_owned(),
        title_document: acting.title_document().to_owned(),
        valid_from: acting.valid_from(),
        valid_until: acting.valid_until(),
    }
}

/// A title in the words of the document, with its norm.
pub(in crate::app) const fn title_words(title: Title) -> &'static str {
    match title {
        Title::Parent => {
            "genitore esercente la responsabilità genitoriale (art. 5 D.P.R. 445/2000)"
        }
        Title::CourtDecree => {
            "tutore, curatore o amministratore di sostegno (art. 5 D.P.R. 445/2000)"
        }
        Title::LegalRepresentative => "legale rappresentante",
        Title::HeirSelfDeclaration => "erede (artt. 46 e 47 D.P.R. 445/2000)",
        Title::PowerOfAttorney => "delegato",
    }
}

fn printed_person(person: &Person) -> PrintedPerson {
    let (given, family) = (person.given_name(), person.family_name());
    PrintedPerson {
        name: format!("{} {}", given.as_str(), family.as_str()),
        codice_fiscale: person.codice_fiscale().map(|code| code.as_str().to_owned()),
        foreign_document: person.foreign_document().map(foreign_document),
        birth_date: Some(person.birth_date()),
        birth_place: person.birth_place().map(str::to_owned),
        sex: person.sex().map(|sex| {
            match sex {
                Sex::M => "maschile",
                Sex::F => "femminile",
            }
            .to_owned()
        }),
        residence: person.address().map(one_line),
    }
}

fn printed_entity(entity: &Entity) -> PrintedEntity {
    PrintedEntity {
        name: entity.name().to_owned(),
        codice_fiscale: entity.codice_fiscale().as_str().to_owned(),
        vat_number: entity.vat_number().map(|number| number.as_str().to_owned()),
        seat: entity
            .address()
            .map_or_else(|| "da indicare".to_owned(), one_line),
    }
}

fn officer(entity: &Entity) -> PrintedPerson {
    let acting = entity.legal_representative();
    let (given, family) = (acting.given_name(), acting.family_name());
    PrintedPerson {
        name: format!("{} {}", given.as_str(), family.as_str()),
        codice_fiscale: Some(acting.codice_fiscale().as_str().to_owned()),
        ..PrintedPerson::default()
    }
}

fn foreign_document(document: &ForeignDocument) -> String {
    let kind = match document.kind() {
        DocumentKind::Passport => "passaporto",
        DocumentKind::IdentityCard => "carta d'identità",
        DocumentKind::Other => "documento",
    };
    format!(
        "{kind} {} ({})",
        document.number(),
        document.country().as_str()
    )
}

fn one_line(address: &PostalAddress) -> String {
    let [street, place] = address.lines();
    format!("{street}, {place}")
}

/// The defender's PEC serves letter c); the claimant's own comes with a later form.
fn certified_address(content: &SignedContent) -> CertifiedAddress {
    match content.association.counsel.first() {
        Some(lawyer) => CertifiedAddress::Defender {
            name: lawyer.name.clone(),
            bar: lawyer.bar.clone(),
            pec: lawyer.pec.clone(),
        },
        None => CertifiedAddress::Missing,
    }
}

/// A text in the words of the document.
pub(in crate::app) const fn text_words(kind: TextKind) -> &'static str {
    match kind {
        TextKind::AttestationG => "Attestazione, lettera g)",
        TextKind::MandateH => "Conferimento dei poteri, lettera h)",
        TextKind::MandateMessaInMora => "Incarico per la messa in mora",
    }
}

fn legal_text(text: &SignedText) -> LegalText {
    LegalText {
        version: TextVersion {
            name: text_words(text.kind).to_owned(),
            version: text.version.clone(),
            sha256: text.sha256.clone(),
        },
        body: text.body.clone(),
    }
}

/// The numbered index (letter f): a line for each file, those of one document under one number.
fn index(documents: &[SignedDocument]) -> AppResult<Vec<PrintedDocument>> {
    let mut lines = Vec::new();
    for document in documents {
        let number = u32::try_from(document.number).map_err(AppError::internal)?;
        for file in &document.files {
            lines.push(PrintedDocument {
                number,
                title: kind_words(document.kind).to_owned(),
                file_name: file.name.clone(),
                sha256: file.sha256.clone(),
            });
        }
    }
    Ok(lines)
}

/// A kind of document in the words of the index.
pub const fn kind_words(kind: ProducedKind) -> &'static str {
    match kind {
        ProducedKind::PlanProof => "prova del piano o del pagamento",
        ProducedKind::OutageProof => "immagine del disservizio",
        ProducedKind::ComplaintSent => "reclamo inviato",
        ProducedKind::ReplyReceived => "risposta ricevuta",
        ProducedKind::ExpenseProof => "prova di spese",
        ProducedKind::IncomeProof => "prova di mancati guadagni",
        ProducedKind::Correspondence => "corrispondenza",
        ProducedKind::Title => "titolo di rappresentanza",
        ProducedKind::Other => "altro documento",
    }
}

/// A mailbox; `documents`: the index that its items refer to.
pub(in crate::app) fn mailbox(
    mailbox: &DeclaredMailbox,
    documents: &[SignedDocument],
) -> PrintedMailbox {
    let incidents = mailbox.incidents().iter();
    PrintedMailbox {
        address: mailbox.address().as_str().to_owned(),
        incidents: incidents.map(|line| incident(line, documents)).collect(),
    }
}

fn incident(line: &DeclaredIncident, documents: &[SignedDocument]) -> PrintedIncident {
    let holder = match (line.holder(), line.holder_note()) {
        (true, None) => "il dichiarante".to_owned(),
        (true, Some(note)) => format!("il dichiarante ({note})"),
        (false, note) => format!("un'altra persona: {}", note.unwrap_or("non indicata")),
    };
    let uses: Vec<&str> = line
        .used_for()
        .iter()
        .map(|used| use_words(*used))
        .collect();
    let compensation = match (line.compensation_received(), line.compensation_note()) {
        (kind, None) => compensation_words(kind).to_owned(),
        (kind, Some(note)) => format!("{}: {note}", compensation_words(kind)),
    };
    let lost = line
        .items()
        .iter()
        .any(|item| item.head() == DamageHead::LostMail);
    let mail = match (lost, line.late_mail()) {
        (true, true) => "posta persa e posta arrivata in ritardo",
        (true, false) => "posta persa",
        (false, true) => "posta arrivata in ritardo",
        (false, false) => "nessuna posta persa o in ritardo dichiarata",
    };
    PrintedIncident {
        name: line.name().to_owned(),
        plan: line.plan_name().to_owned(),
        fee_paid_cents: line.fee_paid_cents(),
        holder,
        used_for: uses.join(", "),
        unavailable_from: line.unavailable_from(),
        unavailable_until: Some(line.unavailable_until()),
        days: u32::try_from(line.days()).ok(),
        last_use: line.last_use(),
        restored: line.restored(),
        compensation,
        mail: mail.to_owned(),
        items: line.items().iter().map(|it| item(it, documents)).collect(),
        subtotal_cents: line.total_cents(),
    }
}

fn item(item: &DamageItem, documents: &[SignedDocument]) -> PrintedItem {
    let ids = item.document_ids();
    let named = documents
        .iter()
        .filter(|document| ids.contains(&document.id.to_string()));
    PrintedItem {
        head: head_words(item.head()).to_owned(),
        description: item.description().map(str::to_owned),
        amount_cents: item.amount_cents(),
        documents: named
            .filter_map(|document| u32::try_from(document.number).ok())
            .collect(),
    }
}

/// A head of damage in the words of the document (R36).
pub const fn head_words(head: DamageHead) -> &'static str {
    match head {
        DamageHead::FlatRate => "somma forfettaria o equitativa (art. 1226 c.c.)",
        DamageHead::FeeRefund => "rimborso del canone",
        DamageHead::LostMail => "posta persa",
        DamageHead::ExtraCost => "spese sostenute",
        DamageHead::LostIncome => "mancato guadagno",
        DamageHead::LostChance => "perdita di occasioni",
        DamageHead::NonPecuniary => "danno non patrimoniale",
    }
}

const fn use_words(used: Use) -> &'static str {
    match used {
        Use::Private => "corrispondenza privata",
        Use::PublicBodies => "rapporti con enti pubblici",
        Use::Work => "lavoro",
    }
}

pub(in crate::app) const fn compensation_words(kind: Compensation) -> &'static str {
    match kind {
        Compensation::None => "nessuno",
        Compensation::ExtraSpace => "spazio in più",
        Compensation::FreeMonths => "mesi gratuiti",
        Compensation::Other => "altro",
    }
}

pub(in crate::app) const fn place_words(place: Place) -> &'static str {
    match place {
        Place::Respondent => "alla società",
        Place::AssociationPortal => "sul portale di un'associazione",
        Place::Agcom => "AGCOM o Corecom (ConciliaWeb)",
        Place::Conciliation => "in conciliazione",
        Place::Court => "in giudizio",
        Place::Other => "altrove",
    }
}

const fn answer_words(answer: Answer) -> &'static str {
    match answer {
        Answer::None => "nessuna risposta",
        Answer::Rejected => "respinto",
        Answer::Accepted => "accolto",
        Answer::Partial => "accolto in parte",
    }
}

pub(in crate::app) fn circumstances(declaration: &Declaration) -> Circumstances {
    Circumstances {
        contract_version: declaration.contract_version().map(str::to_owned),
        contract_clause: declaration.contract_clause().map(str::to_owned),
        complaint: declaration.complaint().map(complaint_words),
        other_claims: elsewhere(declaration.other_claims()),
        already_compensated: elsewhere(declaration.already_compensated()),
    }
}

fn complaint_words(complaint: &Complaint) -> String {
    let reference = complaint.reference().map(reference_words);
    let date = complaint
        .date()
        .map(|date| format!(", il {}", date.format("%d/%m/%Y")));
    let answer = format!("; esito: {}", answer_words(complaint.answer()));
    let text = complaint.text().map(|text| format!(". {text}"));
    let place = place_words(complaint.place()).to_owned();
    let parts = [Some(place), reference, date, Some(answer), text];
    parts.into_iter().flatten().collect()
}

fn reference_words(reference: &str) -> String {
    format!(", riferimento {reference}")
}

fn elsewhere(elsewhere: &Elsewhere) -> Vec<String> {
    match elsewhere {
        Elsewhere::No => Vec::new(),
        Elsewhere::Yes => vec!["sì, senza altre indicazioni".to_owned()],
        Elsewhere::Listed(claims) => claims.iter().map(claim_words).collect(),
    }
}

fn claim_words(claim: &OtherClaim) -> String {
    let place = place_words(claim.place()).to_owned();
    let reference = claim.reference().map(reference_words);
    let amount = claim
        .amount_cents()
        .map(|cents| format!(", {}", euro(cents)));
    [Some(place), reference, amount]
        .into_iter()
        .flatten()
        .collect()
}
