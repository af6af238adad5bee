//! Letters a)-l) of art. 840-septies c. 2: what a domanda still lacks (R2). One pure function for pages, list and
//! its filter, exports, notices, figures and documents: each shows all of it, or the part that it names.

use super::claimant::ClaimantState;

/// Whether the fund for the costs of the procedure was paid, letter l).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FondoSpese {
    /// The case does not say yet whether it is due.
    #[default]
    Undecided,
    /// The case records that none was ordered: not due.
    NotOrdered,
    /// Ordered and not paid.
    Due,
    /// Paid.
    Paid,
}

impl FondoSpese {
    /// From whether the case records that it was ordered. Nobody pays it through us: that it was paid is not known.
    pub const fn of(ordered: Option<bool>) -> Self {
        match ordered {
            None => Self::Undecided,
            Some(false) => Self::NotOrdered,
            Some(true) => Self::Due,
        }
    }

    /// Whether letter l) is in order.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::NotOrdered | Self::Paid)
    }
}

/// What the signed declaration in force holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureInForce {
    /// What is asked for (letter d).
    pub petitum: bool,
    /// The facts (letter e).
    pub facts: bool,
    /// The attestation of truth, accepted (letter g).
    pub attestation: bool,
    /// The mandate to the common representative, accepted and not revoked (letter h).
    pub mandate: bool,
}

impl SignatureInForce {
    /// All of it: no declaration is signed with less.
    pub const COMPLETE: Self = Self {
        petitum: true,
        facts: true,
        attestation: true,
        mandate: true,
    };

    /// What is in force in a state: all or, where nothing was signed, the signature was overtaken by a
    /// change (R39) or taken back (R49), nothing.
    pub const fn of(state: ClaimantState) -> Option<Self> {
        match state {
            ClaimantState::Signed | ClaimantState::Lodged | ClaimantState::Restricted => {
                Some(Self::COMPLETE)
            }
            ClaimantState::Unconfirmed
            | ClaimantState::ToAssist
            | ClaimantState::Confirmed
            | ClaimantState::ResignRequired
            | ClaimantState::Withdrawn
            | ClaimantState::Rejected
            | ClaimantState::Duplicate => None,
        }
    }
}

/// Everything that is known about a record and its case. The default is: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Court and data of the class action stand in the case (letter a).
    pub court: bool,
    /// Identity is given (letter b).
    pub identity: bool,
    /// The claimant has a certified address of its own (letter c).
    pub own_certified_address: bool,
    /// The association named a defender with a certified address (letter c).
    pub counsel: bool,
    /// The signature in force, none without one. With it there is an index of evidence, letter f): an
    /// empty one says "nessun documento".
    pub signature: Option<SignatureInForce>,
    /// Payout data are given (letter i).
    pub payout: bool,
    /// The fund for costs (letter l).
    pub fondo_spese: FondoSpese,
}

/// A letter of art. 840-septies c. 2 (the list skips j and k).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letter(char);

/// What in a record decides whether it has a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decider {
    /// Whether identity is given.
    Identity,
    /// Whether a signature is in force.
    Signature,
    /// Whether payout data are given.
    Payout,
    /// Nothing: case and association decide for all records alike.
    Case,
}

impl Letter {
    /// All letters, in order.
    pub const ALL: [Self; 10] = [
        Self('a'),
        Self('b'),
        Self('c'),
        Self('d'),
        Self('e'),
        Self('f'),
        Self('g'),
        Self('h'),
        Self('i'),
        Self('l'),
    ];

    /// Reads a letter; `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut letters = Self::ALL.into_iter();
        letters.find(|letter| text.chars().eq([letter.0]))
    }

    /// The letter.
    pub const fn as_char(self) -> char {
        self.0
    }

    /// What decides whether a record has it.
    pub const fn decider(self) -> Decider {
        match self.0 {
            'b' => Decider::Identity,
            'd'..='h' => Decider::Signature,
            'i' => Decider::Payout,
            _ => Decider::Case,
        }
    }
}

/// What a record lacks, as every place shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// As [`missing`].
    pub to_bring: Vec<char>,
    /// As [`missing_to_lodge`].
    pub to_lodge: Vec<char>,
}

impl Missing {
    /// Reads it off what is known.
    pub fn of(known: &Known) -> Self {
        Self {
            to_bring: missing(known),
            to_lodge: missing_to_lodge(known),
        }
    }

    /// The letters that court and case bring and no claimant can: of a and l, in order.
    pub fn of_case(&self) -> Vec<char> {
        let letters = self.to_lodge.iter().copied();
        letters
            .filter(|letter| !self.to_bring.contains(letter))
            .collect()
    }
}

/// What stands for the letters of a declaration that is there and only not signed.
pub const SIGNATURE: &str = "signature";

/// Letters that lack as people are told: where a declaration stands unsigned, all letters of it together are the
/// signature that it lacks.
pub fn told(letters: &[String], is_unsigned: bool) -> Vec<String> {
    let mut told: Vec<String> = Vec::with_capacity(letters.len());
    for letter in letters {
        let decider = Letter::parse(letter).map(Letter::decider);
        let word = match decider {
            Some(Decider::Signature) if is_unsigned => SIGNATURE,
            _ => letter,
        };
        if !told.iter().any(|known| known == word) {
            told.push(word.to_owned());
        }
    }
    told
}

/// Letters still missing that the claimant, or the association for it, can bring: of b c d e f g h i,
/// in order (R2).
pub fn missing(known: &Known) -> Vec<char> {
    letters(known)
        .into_iter()
        .filter(|(letter, is_there)| !is_there && !matches!(letter, 'a' | 'l'))
        .map(|(letter, _)| letter)
        .collect()
}

/// All letters still missing, in order: when there are none the domanda is ready to lodge (R2).
pub fn missing_to_lodge(known: &Known) -> Vec<char> {
    letters(known)
        .into_iter()
        .filter(|(_, is_there)| !is_there)
        .map(|(letter, _)| letter)
        .collect()
}

fn letters(known: &Known) -> [(char, bool); 10] {
    let signed = |part: fn(SignatureInForce) -> bool| known.signature.is_some_and(part);
    [
        ('a', known.court),
        ('b', known.identity),
        ('c', known.own_certified_address || known.counsel),
        ('d', signed(|signature| signature.petitum)),
        ('e', signed(|signature| signature.facts)),
        ('f', known.signature.is_some()),
        ('g', signed(|signature| signature.attestation)),
        ('h', signed(|signature| signature.mandate)),
        ('i', known.payout),
        ('l', known.fondo_spese.is_settled()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everything() -> Known {
        Known {
            court: true,
            identity: true,
            own_certified_address: true,
            counsel: true,
            signature: Some(SignatureInForce::COMPLETE),
            payout: true,
            fondo_spese: FondoSpese::Paid,
        }
    }

    #[test]
    fn r2_each_letter_is_decided_by_what_its_decider_says() {
        for letter in Letter::ALL {
            assert_eq!(Letter::parse(&letter.as_char().to_string()), Some(letter));
            let mut known = everything();
            match letter.decider() {
                Decider::Identity => known.identity = false,
                Decider::Signature => known.signature = None,
                Decider::Payout => known.payout = false,
                Decider::Case => {
                    known.court = false;
                    known.counsel = false;
                    known.own_certified_address = false;
                    known.fondo_spese = FondoSpese::Due;
                }
            }
            assert!(missing_to_lodge(&known).contains(&letter.as_char()));
        }
        for text in ["", "j", "k", "ab", "A"] {
            assert_eq!(Letter::parse(text), None, "{text}");
        }
    }

    #[test]
    fn r2_a_declaration_that_is_there_lacks_its_signature_alone() {
        let letters = ["b_correction", "d", "e", "f", "g", "h", "i"].map(str::to_owned);
        assert_eq!(told(&letters, true), ["b_correction", "signature", "i"]);
        assert_eq!(told(&letters, false), letters);
        assert!(told(&[], true).is_empty());
    }

    #[test]
    fn r2_nothing_known_lacks_every_letter_and_everything_none() {
        let nothing = Known::default();
        assert_eq!(missing(&nothing), ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']);
        let all = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'l'];
        assert_eq!(missing_to_lodge(&nothing), all);
        assert!(missing_to_lodge(&everything()).is_empty());
        assert!(missing(&everything()).is_empty());
    }

    #[test]
    fn r2_what_is_to_bring_and_what_is_of_the_case_is_all_that_is_missing() {
        let nothing = Missing::of(&Known::default());
        assert_eq!(nothing.of_case(), ['a', 'l']);
        let known = Known {
            court: false,
            payout: false,
            fondo_spese: FondoSpese::Undecided,
            ..everything()
        };
        let missing = Missing::of(&known);
        assert_eq!(missing.to_bring, ['i']);
        assert_eq!(missing.to_lodge, ['a', 'i', 'l']);
        assert_eq!(missing.of_case(), ['a', 'l']);
        assert!(Missing::of(&everything()).of_case().is_empty());
    }

    #[test]
    fn r2_each_part_that_lacks_is_told_by_its_letter() {
        let part = |change: fn(&mut SignatureInForce)| {
            let mut signature = SignatureInForce::COMPLETE;
            change(&mut signature);
            let mut known = everything();
            known.signature = Some(signature);
            missing_to_lodge(&known)
        };
        assert_eq!(part(|signature| signature.petitum = false), ['d']);
        assert_eq!(part(|signature| signature.facts = false), ['e']);
        assert_eq!(part(|signature| signature.attestation = false), ['g']);
        assert_eq!(part(|signature| signature.mandate = false), ['h']);
        let known = |change: fn(&mut Known)| {
            let mut known = everything();
            change(&mut known);
            (missing(&known), missing_to_lodge(&known))
        };
        assert_eq!(known(|it| it.court = false), (vec![], vec!['a']));
        assert_eq!(known(|it| it.identity = false), (vec!['b'], vec!['b']));
        assert_eq!(known(|it| it.payout = false), (vec!['i'], vec!['i']));
        assert_eq!(known(|it| it.signature = None).0, ['d', 'e', 'f', 'g', 'h']);
    }

    #[test]
    fn r2_a_certified_address_may_be_the_defenders() {
        for (own, counsel, lacks) in [
            (false, false, true),
            (true, false, false),
            (false, true, false),
        ] {
            let known = Known {
                own_certified_address: own,
                counsel,
                ..everything()
            };
            assert_eq!(missing(&known).contains(&'c'), lacks);
        }
    }

    #[test]
    fn r2_letter_l_is_not_due_only_if_the_case_says_so() {
        for (fondo_spese, lacks) in [
            (FondoSpese::Undecided, true),
            (FondoSpese::Due, true),
            (FondoSpese::NotOrdered, false),
            (FondoSpese::Paid, false),
        ] {
            let known = Known {
                fondo_spese,
                ..everything()
            };
            assert_eq!(missing_to_lodge(&known).contains(&'l'), lacks);
            assert!(
                missing(&known).is_empty(),
                "it is not asked of the claimant"
            );
        }
    }

    #[test]
    fn r39_a_change_after_signing_takes_the_letters_of_the_declaration_away() {
        for state in ClaimantState::ALL {
            let in_force = matches!(state.as_str(), "signed" | "lodged" | "restricted");
            let known = Known {
                signature: SignatureInForce::of(state),
                ..everything()
            };
            let lacks: &[char] = if in_force {
                &[]
            } else {
                &['d', 'e', 'f', 'g', 'h']
            };
            assert_eq!(missing(&known), lacks, "{state:?}");
        }
    }
}
