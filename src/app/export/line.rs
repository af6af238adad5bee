//! One claimant as a line of a list.

use crate::app::claimant_list::{Opened, OwnCase, standing};
use crate::app::error::AppResult;
use crate::db::claimant_list::{self as rows, DefenderRow, ListRow};
use crate::db::{Conn, Scope};
use crate::domain::claimant::ClaimantState;
use crate::domain::codice_fiscale::Sex;
use crate::domain::identity::Identity;
use crate::domain::ids::ClaimantId;
use crate::domain::outage::day_in_rome;
use crate::domain::person::{Person, PersonCode};
use crate::domain::postal_address::PostalAddress;
use crate::domain::reference::Reference;
use crate::render::csv::{Dialect, Line};

/// What stands for a value that the masked list does not show.
const HIDDEN: &str = "***";

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

    pub(super) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The line of a claimant, the `number`-th.
    pub(super) fn line(&self, number: u64, row: &ListRow, opened: &Opened) -> AppResult<Line> {
        let (state, _, missing) = standing(&self.own, row)?;
        let letters: Vec<String> = missing.iter().map(char::to_string).collect();
        let mut line = Line {
            progressivo: number,
            id_pratica: Reference::of(ClaimantId::new(row.id)).as_str().to_owned(),
            associazione: self.own.association.name.clone(),
            caselle_numero: u64::try_from(row.mailbox_count).unwrap_or(0),
            stato: self.state_word(state).to_owned(),
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
            line.note = given.warnings.iter().map(|code| warning(code)).collect();
            self.identity(&mut line, identity);
        }
        Ok(line)
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

/// The words of DOMAIN 8.1 for a capacity.
fn capacity_word<'a>(capacity: &'a str, identity: &Identity) -> &'a str {
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

fn warning(code: &str) -> String {
    match code {
        "name_mismatch" => "nome e codice fiscale non concordano",
        "representative_name_mismatch" => {
            "nome e codice fiscale del legale rappresentante non concordano"
        }
        "provisional_code" => "codice fiscale provvisorio",
        other => other,
    }
    .to_owned()
}
