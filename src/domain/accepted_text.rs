//! The texts inside a signed declaration: attestation g), mandate h), the mandate for a letter of
//! default, and the formula of DPR 445/2000 (R3, R4, R65). Italian binds; translations help to read.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The attestation of letter g), art. 840-septies c. 2 c.p.c.: what stands between the guillemets of the
/// law, UTF-8, 200 bytes, no full stop (R3).
pub const ATTESTATION_G: &str = "Consapevole della responsabilità penale prevista dalle disposizioni in materia di dichiarazioni sostitutive, attesto che i dati e i fatti esposti nella domanda e nei documenti prodotti sono veritieri";

/// How the mandate of letter h) must name the common representative (R4).
pub const REPRESENTATIVE: &str = "già nominato o che sarà nominato dal giudice";

/// The customary formula of a declaration under DPR 445/2000. It goes after the data of who declares
/// and before what is declared; it does not replace letter g): both are printed (DOMAIN 3.1).
pub const DPR_445: &str = "ai sensi degli artt. 46 e 47 D.P.R. 28 dicembre 2000 n. 445, consapevole delle sanzioni penali di cui all'art. 76 e della decadenza dai benefici di cui all'art. 75 in caso di dichiarazioni mendaci, DICHIARA";

/// A text that is accepted on its own and stands in the signed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextKind {
    /// The attestation of truth, letter g).
    AttestationG,
    /// The mandate to the common representative, letter h).
    MandateH,
    /// Optional: the association may write to the respondent in the claimant's name (R65).
    MandateMessaInMora,
}

/// Why a text may not be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WrongText {
    /// Letter g) is not the law's sentence, byte for byte (R3).
    #[error("the text {}", Self::NotTheAttestation.reason())]
    NotTheAttestation,
    /// Letter h) does not name the common representative as the law does (R4).
    #[error("the text {}", Self::NotTheMandate.reason())]
    NotTheMandate,
    /// Nothing is written.
    #[error("the text {}", Self::Empty.reason())]
    Empty,
}

impl WrongText {
    /// What is wrong with the text, to be read after its name.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotTheAttestation => "is not the sentence of letter g) byte for byte",
            Self::NotTheMandate => "does not say \"già nominato o che sarà nominato dal giudice\"",
            Self::Empty => "is empty",
        }
    }
}

impl TextKind {
    /// All kinds, in the order of the document.
    pub const ALL: [Self; 3] = [Self::AttestationG, Self::MandateH, Self::MandateMessaInMora];

    /// Whether it is among the texts accepted, each as `kind=version`.
    pub fn is_among(self, acceptances: &[String]) -> bool {
        let kinds = acceptances.iter().filter_map(|line| line.split_once('='));
        kinds.into_iter().any(|(kind, _)| kind == self.as_str())
    }

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AttestationG => "attestation_g",
            Self::MandateH => "mandate_h",
            Self::MandateMessaInMora => "mandate_messa_in_mora",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether nobody can sign without accepting it.
    pub const fn is_required(self) -> bool {
        match self {
            Self::AttestationG | Self::MandateH => true,
            Self::MandateMessaInMora => false,
        }
    }

    /// The kinds that are required, in the order of the document.
    pub fn required() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| kind.is_required())
    }
}

/// Whether an Italian text may be published under this kind.
///
/// # Errors
/// `NotTheAttestation` if letter g) differs by one byte (R3), `NotTheMandate` if letter h) names the
/// common representative otherwise (R4), `Empty`.
pub fn check_text(kind: TextKind, body: &str) -> Result<(), WrongText> {
    match kind {
        TextKind::AttestationG if body != ATTESTATION_G => Err(WrongText::NotTheAttestation),
        TextKind::MandateH if !body.contains(REPRESENTATIVE) => Err(WrongText::NotTheMandate),
        _ if body.trim().is_empty() => Err(WrongText::Empty),
        TextKind::AttestationG | TextKind::MandateH | TextKind::MandateMessaInMora => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::sha256;

    #[test]
    fn r3_the_attestation_is_the_pinned_one() {
        assert_eq!(ATTESTATION_G.len(), 200);
        assert_eq!(
            sha256::hex(&sha256::digest(ATTESTATION_G.as_bytes())),
            "fbd64ca0c710dcdf594acdc434e2b8bfa296c3c54ffd52485d960f08eaf68e5c"
        );
    }

    #[test]
    fn r3_one_other_byte_is_refused() {
        let check = |body: &str| check_text(TextKind::AttestationG, body);
        assert_eq!(check(ATTESTATION_G), Ok(()));
        let decomposed = ATTESTATION_G.replace('à', "a\u{300}");
        for body in [
            format!("{ATTESTATION_G}."),
            format!("{ATTESTATION_G}\n"),
            format!("«{ATTESTATION_G}»"),
            ATTESTATION_G.replace("responsabilità", "responsabilita'"),
            ATTESTATION_G.to_lowercase(),
            decomposed,
            String::new(),
        ] {
            assert_eq!(check(&body), Err(WrongText::NotTheAttestation), "{body}");
        }
    }

    #[test]
    fn r4_the_mandate_names_the_common_representative() {
        let check = |body: &str| check_text(TextKind::MandateH, body);
        assert_eq!(
            check("Conferisco al rappresentante comune"),
            Err(WrongText::NotTheMandate)
        );
        assert_eq!(
            check(
                "al rappresentante comune, già nominato o che sarà nominato dal giudice, il potere"
            ),
            Ok(())
        );
        assert_eq!(
            check_text(TextKind::MandateMessaInMora, " "),
            Err(WrongText::Empty)
        );
    }

    #[test]
    fn r4_attestation_and_mandate_are_required_and_apart() {
        let required: Vec<_> = TextKind::required().collect();
        assert_eq!(required, [TextKind::AttestationG, TextKind::MandateH]);
        for kind in TextKind::ALL {
            assert_eq!(TextKind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!(TextKind::parse("privacy_notice"), None);
    }
}
