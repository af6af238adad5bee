//! Exports: what they are, which columns they hold, how they stand (R58, DESIGN 8).

/// What an export is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// The list, as CSV.
    Csv,
    /// The list, as a workbook.
    Xlsx,
    /// The signed documents in force, as one ZIP; always in clear.
    Zip,
    /// All that proves each signature in force, a folder each, as ZIP in volumes; always in clear.
    Dossier,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Xlsx, Self::Zip, Self::Dossier];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Zip => "zip",
            Self::Dossier => "dossier",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }

    /// Whether it is a list, which can be masked; the others hold signed documents.
    pub const fn is_list(self) -> bool {
        matches!(self, Self::Csv | Self::Xlsx)
    }

    /// Whether it is made to be filed: then records under review are left out unless they are asked for (R30).
    pub fn is_for_court(self, columns: Columns) -> bool {
        self == Self::Dossier || self.is_list() && columns == Columns::Court
    }
}

/// How an export stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExportState {
    /// In clear, and nobody else has said yes yet (R58).
    AwaitingApproval,
    /// Waits to be made.
    Queued,
    /// Is being made.
    Running,
    /// Was made; waits to be fetched, or was.
    Ready,
    /// Could not be made.
    Failed,
    /// Nobody fetched it in time, or decided about it.
    Expired,
    /// Somebody called it off, or the second person said no.
    Cancelled,
}

impl ExportState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::AwaitingApproval,
        Self::Queued,
        Self::Running,
        Self::Ready,
        Self::Failed,
        Self::Expired,
        Self::Cancelled,
    ];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingApproval => "awaiting_approval",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether it can be called off.
    pub const fn can_be_cancelled(self) -> bool {
        matches!(
            self,
            Self::AwaitingApproval | Self::Queued | Self::Running | Self::Ready
        )
    }
}

/// Which columns a list has: what its purpose needs, no more (art. 5.1.c GDPR).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Columns {
    /// Every column.
    #[default]
    Full,
    /// What a court asks for (DOMAIN 8.1): no account, nothing about our own work.
    Court,
    /// Who signed what, how and when.
    Signatures,
    /// Whom to pay, and how much was declared.
    Payout,
    /// Nobody's name: places, plans, days, sums.
    Statistics,
}

impl Columns {
    /// Every set.
    pub const ALL: [Self; 5] = [
        Self::Full,
        Self::Court,
        Self::Signatures,
        Self::Payout,
        Self::Statistics,
    ];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Court => "court",
            Self::Signatures => "signatures",
            Self::Payout => "payout",
            Self::Statistics => "statistics",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.as_str() == text)
    }

    /// Whether a column of the list is in the set.
    pub fn has(self, column: &str) -> bool {
        match self {
            Self::Full => true,
            Self::Court => !NOT_FOR_COURT.contains(&column),
            Self::Signatures => SIGNATURES.contains(&column),
            Self::Payout => PAYOUT.contains(&column),
            Self::Statistics => STATISTICS.contains(&column),
        }
    }
}

const NOT_FOR_COURT: [&str; 6] = [
    "intestatario_conto",
    "iban",
    "mancanti",
    "data_iscrizione",
    "data_conferma",
    "note",
];

const SIGNATURES: [&str; 16] = [
    "progressivo",
    "id_pratica",
    "associazione",
    "qualita",
    "cognome",
    "nome",
    "denominazione",
    "codice_fiscale",
    "attestazione_g_data",
    "conferimento_poteri_h_data",
    "tipo_firma",
    "esito_firma",
    "data_firma",
    "hash_dichiarazione",
    "stato",
    "incarico_messa_in_mora_data",
];

const PAYOUT: [&str; 13] = [
    "progressivo",
    "id_pratica",
    "cognome",
    "nome",
    "denominazione",
    "codice_fiscale",
    "partita_iva",
    "totale",
    "intestatario_conto",
    "iban",
    "stato",
    "note",
    "voci_da_liquidare",
];

const STATISTICS: [&str; 12] = [
    "qualita",
    "residenza_provincia",
    "residenza_stato",
    "caselle_numero",
    "servizio",
    "piano",
    "giorni",
    "totale",
    "tipo_firma",
    "stato",
    "mancanti",
    "voci_da_liquidare",
];

/// Days that a finished export waits to be fetched; also how long it waits for the second person.
pub const KEPT_DAYS: i64 = 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_on_the_wire_are_read_back() {
        for format in Format::ALL {
            assert_eq!(Format::parse(format.as_str()), Some(format));
        }
        for state in ExportState::ALL {
            assert_eq!(ExportState::parse(state.as_str()), Some(state));
        }
        for set in Columns::ALL {
            assert_eq!(Columns::parse(set.as_str()), Some(set));
        }
        assert_eq!(Format::parse("pdf"), None);
        assert!(Format::Dossier.is_for_court(Columns::Full));
        assert!(Format::Xlsx.is_for_court(Columns::Court));
        assert!(!Format::Csv.is_for_court(Columns::Full));
        assert!(!Format::Zip.is_for_court(Columns::Court));
    }

    #[test]
    fn statistics_name_nobody_and_a_court_gets_no_account() {
        for column in [
            "id_pratica",
            "cognome",
            "nome",
            "denominazione",
            "codice_fiscale",
            "caselle",
            "residenza_via",
            "data_nascita",
            "iban",
            "oggetto_e_importo_per_voce",
        ] {
            assert!(!Columns::Statistics.has(column), "{column}");
        }
        assert!(!Columns::Court.has("iban") && Columns::Court.has("codice_fiscale"));
        assert!(
            !Columns::Court.has("note"),
            "what staff noted is no court's business"
        );
        assert!(Columns::Payout.has("iban") && !Columns::Payout.has("caselle"));
        assert!(Columns::Full.has("anything"));
    }
}
