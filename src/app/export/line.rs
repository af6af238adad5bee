//! One claimant as a line of a list.

use crate::app::claimant_list::{Opened, OwnCase, standing};
use crate::app::declaration::content_of;
use crate::app::declaration_document::head_words;
use crate::app::error::AppResult;
use crate::app::signed_version;
use crate::app::vault::Vault;
use crate::crypto::sha256;
use crate::db::claimant_list::{self as rows, DefenderRow, ListRow};
use crate::db::declaration::DeclarationRow;
use crate::db::payout::PayoutRow;
use crate::db::signature::SignatureRow;
use crate::db::{Conn, Scope};
use crate::domain::accepted_text::TextKind;
use crate::domain::claimant::{ClaimantState, Review};
use crate::domain::codice_fiscale::Sex;
use crate::domain::declaration::{DamageItem, DeclarationFlag};
use crate::domain::identity::{Identity, open_warnings};
use crate::domain::ids::ClaimantId;
use crate::domain::outage::day_in_rome;
use crate::domain::payout::Payout;
use crate::domain::person::{Person, PersonCode};
use crate::domain::postal_address::PostalAddress;
use crate::domain::readiness::SignatureInForce;
use crate::domain::reference::Reference;
use crate::domain::signed_content::SignedContent;
use crate::render::csv::{self, Dialect, Line};

/// What stands for a value that the masked list does not show.
const HIDDEN: &str = "***";

/// What one claimant declared, open.
#[derive(Default)]
pub(super) struct Declared {
    /// The newest version.
    newest: Option<(DeclarationRow, SignedContent)>,
    /// The signature of that version, if it has one.
    signed: Option<SignatureRow>,
    payout: Option<Payout>,
}

impl Declared {
    /// Opens it; a signed version is held against its evidence (R38).
    pub(super) fn open(
        vault: &Vault,
        declared: Option<DeclarationRow>,
        signed: Option<SignatureRow>,
        payout: Option<PayoutRow>,
    ) -> AppResult<Self> {
        let payout = payout
            .map(|row| vault.unseal("payouts", "sealed", row.sealed))
            .transpose()?;
        let Some(declared) = declared else {
            return Ok(Self {
                payout,
                ..Self::default()
            });
        };
        let signed = signed.filter(|signed| signed.version == declared.version);
        let content = match &signed {
            Some(signed) => signed_version::content(vault, &declared, signed)?,
            None => content_of(vault, &declared)?,
        };
        Ok(Self {
            newest: Some((declared, content)),
            signed,
            payout,
        })
    }
}

/// What is the same for all lines.
pub(super) struct Facts {
    own: OwnCase,
    defender: Option<DefenderRow>,
    clear: bool,
    dialect: Dialect,
}

impl Facts {
    pub(super) async fn read(
        conn: &mut Conn,
        scope: Scope,
        own: OwnCase,
        clear: bool,
        dialect: Dialect,
    ) -> AppResult<Self> {
        let defender = rows::find_defender(conn, scope, own.association.id, own.case.id).await?;
        Ok(Self {
            own,
            defender,
            clear,
            dialect,
        })
    }

    /// Title of the case.
    pub(super) fn case_title(&self) -> &str {
        &self.own.case.title
    }

    /// Name of the association.
    pub(super) fn association_name(&self) -> &str {
        &self.own.association.name
    }

    pub(super) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The line of a claimant, the `number`-th.
    pub(super) fn line(
        &self,
        number: u64,
        row: &ListRow,
        opened: &Opened,
        declared: &Declared,
    ) -> AppResult<Line> {
        let (state, review, missing) = standing(&self.own, row)?;
        let letters: Vec<String> = missing.to_lodge.iter().map(char::to_string).collect();
        let mut line = Line {
            progressivo: number,
            id_pratica: Reference::of(ClaimantId::new(row.id)).as_str().to_owned(),
            associazione: self.own.association.name.clone(),
            caselle_numero: u64::try_from(row.mailbox_count).unwrap_or(0),
            stato: self.state_words((state, review)),
            mancanti: letters.join(" "),
            data_iscrizione: day_in_rome(row.created_at).to_string(),
            data_conferma: row
                .confirmed_at
                .map(|at| day_in_rome(at).to_string())
                .unwrap_or_default(),
            ..Line::default()
        };
        if let Some(defender) = &self.defender {
            line.pec.clone_from(&defender.pec);
            "difensore".clone_into(&mut line.titolare_pec);
            line.difensore = format!(
                "{}, {}, {}",
                defender.name, defender.codice_fiscale, defender.bar
            );
        }
        for mailbox in &opened.mailboxes {
            line.caselle.push(mailbox.address.as_str().to_owned());
            line.servizio.push(mailbox.address.domain().to_owned());
            line.piano.push(mailbox.plan.clone().unwrap_or_default());
        }
        if line.piano.iter().all(String::is_empty) {
            line.piano.clear();
        }
        if let Some((given, identity)) = &opened.identity {
            capacity_word(&given.capacity, identity).clone_into(&mut line.qualita);
            let open = open_warnings(&given.warnings, given.checked_at.is_some());
            line.note = open.iter().map(|code| warning(code)).collect();
            self.identity(&mut line, identity);
        }
        if row.payout_frozen_at.is_some() {
            line.note
                .push("conto bloccato: il titolare ha fermato un cambio".to_owned());
        }
        self.declaration(&mut line, state, declared);
        Ok(line)
    }

    /// The newest declaration: heads and sums only, no free text (R37). What was signed stands there
    /// as long as it is in force (R39).
    fn declaration(&self, line: &mut Line, state: ClaimantState, declared: &Declared) {
        if let Some(payout) = &declared.payout {
            payout.holder().clone_into(&mut line.intestatario_conto);
            line.iban = payout.masked();
        }
        let Some((row, content)) = &declared.newest else {
            return;
        };
        line.piano.clear();
        for (address, incident) in content.declaration.lines() {
            line.piano.push(incident.plan_name().to_owned());
            line.periodo_disservizio_dal
                .push(incident.unavailable_from().to_string());
            line.periodo_disservizio_al
                .push(incident.unavailable_until().to_string());
            line.giorni.push(incident.days().to_string());
            let items: Vec<String> = incident.items().iter().map(|it| self.item(it)).collect();
            line.oggetto_e_importo_per_voce.push(format!(
                "{}, {}: {}",
                address.as_str(),
                incident.name(),
                items.join("; ")
            ));
        }
        line.voci_da_liquidare = u64::try_from(content.declaration.open_items()).ok();
        let open_items = line.voci_da_liquidare.unwrap_or(u64::MAX);
        line.totale_cents = declared_total(row.total_cents, open_items);
        line.documenti_numero = u64::try_from(content.documents.len()).ok();
        line.hash_dichiarazione = sha256::hex(&row.document_sha256);
        line.note
            .extend(row.flags.iter().filter_map(|code| flag_word(code)));
        let signed = declared.signed.as_ref();
        if let Some(signed) = signed.filter(|_| SignatureInForce::of(state).is_some()) {
            self.signature(line, signed);
        }
    }

    fn signature(&self, line: &mut Line, signed: &SignatureRow) {
        let day = day_in_rome(signed.signed_at).to_string();
        let accepted = |kind: TextKind| kind.is_among(&signed.acceptances);
        if accepted(TextKind::AttestationG) {
            line.attestazione_g_data.clone_from(&day);
        }
        if accepted(TextKind::MandateH) {
            line.conferimento_poteri_h_data.clone_from(&day);
        }
        if accepted(TextKind::MandateMessaInMora) {
            line.incarico_messa_in_mora_data.clone_from(&day);
        }
        self.tier_word(&signed.tier)
            .clone_into(&mut line.tipo_firma);
        // held against its evidence before the line was made; other tiers bring their own verdict
        match self.dialect {
            Dialect::Excel => "valida",
            Dialect::Plain => "valid",
        }
        .clone_into(&mut line.esito_firma);
        line.data_firma = day;
    }

    pub(super) fn tier_word<'a>(&self, tier: &'a str) -> &'a str {
        match (self.dialect, tier) {
            (Dialect::Excel, "otp") => "firma elettronica con codice (OTP)",
            (Dialect::Excel, "digital") => "firma digitale",
            (Dialect::Excel, "paper") => "firma autografa",
            (_, other) => other,
        }
    }

    fn item(&self, item: &DamageItem) -> String {
        let head = match self.dialect {
            Dialect::Excel => head_words(item.head()),
            Dialect::Plain => item.head().as_str(),
        };
        match item.amount_cents() {
            Some(cents) => format!("{head} {}", self.euro(cents)),
            None => head.to_owned(),
        }
    }

    /// Euro with two decimals, as the reader of the dialect takes for a number.
    pub(super) fn euro(&self, cents: i64) -> String {
        csv::euro(self.dialect, cents)
    }

    fn identity(&self, line: &mut Line, identity: &Identity) {
        let code = if self.clear {
            identity.codice_fiscale().map(str::to_owned)
        } else {
            identity.masked_codice_fiscale()
        };
        line.codice_fiscale = code.unwrap_or_default();
        match identity {
            Identity::Person(person) => self.person(line, person),
            Identity::Entity(entity) => {
                let representative = entity.legal_representative();
                entity.name().clone_into(&mut line.denominazione);
                representative
                    .family_name()
                    .as_str()
                    .clone_into(&mut line.cognome);
                representative
                    .given_name()
                    .as_str()
                    .clone_into(&mut line.nome);
                if let Some(number) = entity.vat_number() {
                    number.as_str().clone_into(&mut line.partita_iva);
                }
            }
        }
        if let Some(address) = identity.address() {
            self.address(line, address);
        }
    }

    /// Name, birth and sex; of the masked list's birth date only the year is there, else the
    /// masked codice fiscale could be computed again.
    fn person(&self, line: &mut Line, person: &Person) {
        person.family_name().as_str().clone_into(&mut line.cognome);
        person.given_name().as_str().clone_into(&mut line.nome);
        let birth = person.birth_date();
        line.data_nascita = if self.clear {
            birth.to_string()
        } else {
            birth.format("%Y").to_string()
        };
        if let Some(place) = person.birth_place() {
            place.clone_into(&mut line.luogo_nascita);
        }
        if let (true, Some(PersonCode::Usual(code))) = (self.clear, person.codice_fiscale()) {
            line.codice_luogo_nascita = code.birth_place_code();
        }
        if let Some(sex) = person.sex() {
            Sex::as_str(sex).clone_into(&mut line.sesso);
        }
    }

    fn address(&self, line: &mut Line, address: &PostalAddress) {
        let shown = |value: &str| {
            if self.clear || value.is_empty() {
                value.to_owned()
            } else {
                HIDDEN.to_owned()
            }
        };
        line.residenza_via = shown(address.street());
        line.residenza_civico = shown(address.number().unwrap_or_default());
        address
            .postal_code()
            .unwrap_or_default()
            .clone_into(&mut line.residenza_cap);
        address.city().clone_into(&mut line.residenza_comune);
        address
            .province()
            .unwrap_or_default()
            .clone_into(&mut line.residenza_provincia);
        address
            .country()
            .as_str()
            .clone_into(&mut line.residenza_stato);
    }

    /// The state, and after it what is to be looked at first: nobody under review is ready for a filing (R30).
    pub(super) fn state_words(&self, (state, review): (ClaimantState, Review)) -> String {
        let word = self.state_word(state);
        let mark = match (self.dialect, review) {
            (_, Review::None) => return word.to_owned(),
            (Dialect::Excel, Review::Conflict) => ", da verificare: conflitto",
            (Dialect::Excel, Review::Quarantined) => ", da verificare: sospetto abuso",
            (Dialect::Plain, Review::Conflict) => " conflict",
            (Dialect::Plain, Review::Quarantined) => " quarantined",
        };
        format!("{word}{mark}")
    }

    /// The state in words for people, as on the wire for machines. Before a filing it is about a
    /// pre-adesione (R1).
    const fn state_word(&self, state: ClaimantState) -> &'static str {
        if matches!(self.dialect, Dialect::Plain) {
            return state.as_str();
        }
        match state {
            ClaimantState::Unconfirmed => "pre-adesione non confermata",
            ClaimantState::ToAssist => "pre-adesione da assistere",
            ClaimantState::Confirmed => "pre-adesione confermata",
            ClaimantState::Signed => "pre-adesione firmata",
            ClaimantState::ResignRequired => "pre-adesione da firmare di nuovo",
            ClaimantState::Lodged => "depositata",
            ClaimantState::Withdrawn => "revocata",
            ClaimantState::Rejected => "respinta",
            ClaimantState::Duplicate => "doppia",
            ClaimantState::Restricted => "limitata",
        }
    }
}

/// The sum declared; none where items without an amount are all there is: no zero stands for them.
pub(super) const fn declared_total(cents: i64, open_items: u64) -> Option<i64> {
    match (cents, open_items) {
        (0, 1..) => None,
        _ => Some(cents),
    }
}

/// The words of DOMAIN 8.1 for a capacity.
pub(super) fn capacity_word<'a>(capacity: &'a str, identity: &Identity) -> &'a str {
    match (capacity, identity) {
        ("self", Identity::Person(_)) => "persona fisica",
        ("self", Identity::Entity(_)) | ("legal_representative", _) => "legale rappresentante",
        ("parent", _) => "genitore",
        ("guardian", _) => "tutore",
        ("heir", _) => "erede",
        ("delegate", _) => "delegato",
        (other, _) => other,
    }
}

/// What a flag of a declaration tells the reader of a list; nothing where the list shows it anyway.
fn flag_word(code: &str) -> Option<String> {
    let word = match DeclarationFlag::parse(code)? {
        DeclarationFlag::OutsideWindow => "periodo oltre l'intervallo ammesso",
        DeclarationFlag::NotRestored => "casella non ancora ripristinata",
        DeclarationFlag::DoubleRecovery => "altra richiesta o compenso per lo stesso danno",
        DeclarationFlag::PaidPlanProof => "piano a pagamento: prova da chiedere",
        DeclarationFlag::NarrativeSpecial => return None,
    };
    Some(word.to_owned())
}

fn warning(code: &str) -> String {
    match code {
        "name_mismatch" => "nome e codice fiscale non concordano",
        "birth_place_mismatch" => "luogo di nascita e codice fiscale non concordano",
        "representative_name_mismatch" => {
            "nome e codice fiscale del legale rappresentante non concordano"
        }
        "provisional_code" => "codice fiscale provvisorio",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_zero_stands_for_items_without_an_amount() {
        assert_eq!(declared_total(0, 2), None);
        assert_eq!(declared_total(0, 0), Some(0));
        assert_eq!(declared_total(1_250, 1), Some(1_250));
    }
}
