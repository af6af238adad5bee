//! Bulk actions: one act on a set of records that was looked at before. What fits a record is decided by the
//! same rule when the set is shown and when its turn comes.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::case_update::UpdateTexts;
use super::claimant::{ClaimantState, Review};
use super::rejection::RejectionCode;

/// Records that one person may act on alone (DESIGN 8); messages always take two.
pub const ALONE: i32 = 50;
/// Hours over which the records of one person and one kind of act are added up.
pub const ALONE_HOURS: i64 = 24;
/// Most records of a set.
pub const MOST: usize = 200_000;
/// Hours a set that was looked at can be started.
pub const LOOKED_AT_HOURS: i64 = 24;
/// Days the second person has.
pub const DECISION_DAYS: i64 = 7;
/// Days after which a message is none.
pub const MESSAGE_DAYS: i64 = 7;
/// Most messages a minute that can be asked for.
pub const MOST_PER_MINUTE: i32 = 10_000;

/// What is done to each record, with all it takes. Holds nobody's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BulkAct {
    /// A message of the association by mail.
    Message {
        /// What it says.
        texts: UpdateTexts,
        /// Most mails a minute; `None`: as fast as mails leave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_minute: Option<i32>,
    },
    /// Asks for letters that are missing, until a day (R2).
    AskDeficiency {
        /// The letters, as characters.
        letters: Vec<char>,
        /// Last day for them, in Rome.
        due_on: NaiveDate,
    },
    /// Ends a quarantine.
    EndQuarantine,
    /// Gives what nobody has on a queue to a colleague.
    Assign {
        /// Word of the queue.
        queue: String,
        /// The colleague.
        to: Uuid,
    },
    /// Rejects records for good, and tells their claimants; who cannot be told is passed over.
    Reject {
        /// Why.
        code: RejectionCode,
        /// The same in the words of the association; its claimants read them. They rest sealed, apart from the rest.
        #[serde(default, skip_serializing)]
        words: String,
    },
}

/// What is done, without what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkKind {
    /// [`BulkAct::Message`].
    Message,
    /// [`BulkAct::AskDeficiency`].
    AskDeficiency,
    /// [`BulkAct::EndQuarantine`].
    EndQuarantine,
    /// [`BulkAct::Assign`].
    Assign,
    /// [`BulkAct::Reject`].
    Reject,
}

impl BulkKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Message,
        Self::AskDeficiency,
        Self::EndQuarantine,
        Self::Assign,
        Self::Reject,
    ];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::AskDeficiency => "ask_deficiency",
            Self::EndQuarantine => "end_quarantine",
            Self::Assign => "assign",
            Self::Reject => "reject",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether what was done can be taken back: mails cannot.
    pub const fn can_be_undone(self) -> bool {
        matches!(self, Self::Assign)
    }

    /// Whether so many records take a second person: those of the set, and those that one person did the same to
    /// alone within a day.
    pub const fn needs_second(self, records: i32) -> bool {
        matches!(self, Self::Message | Self::Reject) || records > ALONE
    }
}

impl BulkAct {
    /// What it is.
    pub const fn kind(&self) -> BulkKind {
        match self {
            Self::Message { .. } => BulkKind::Message,
            Self::AskDeficiency { .. } => BulkKind::AskDeficiency,
            Self::EndQuarantine => BulkKind::EndQuarantine,
            Self::Assign { .. } => BulkKind::Assign,
            Self::Reject { .. } => BulkKind::Reject,
        }
    }
}

/// How a bulk action stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkState {
    /// Its set is there to be looked at; nothing happens by itself.
    Previewed,
    /// Waits for the second person.
    AwaitingApproval,
    /// Goes on, record by record.
    Running,
    /// Stopped for a while.
    Paused,
    /// Every record had its turn.
    Done,
    /// Called off, or refused; what was done before stays done.
    Cancelled,
    /// Nobody started or decided it in time.
    Expired,
    /// A second person is asked whether what it did is taken back.
    AwaitingUndo,
    /// What it did is being taken back.
    Undoing,
    /// What it did was taken back, where that was still so.
    Undone,
}

impl BulkState {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::Previewed,
        Self::AwaitingApproval,
        Self::Running,
        Self::Paused,
        Self::Done,
        Self::Cancelled,
        Self::Expired,
        Self::AwaitingUndo,
        Self::Undoing,
        Self::Undone,
    ];

    /// Whether a second person is asked.
    pub const fn waits_for_second(self) -> bool {
        matches!(self, Self::AwaitingApproval | Self::AwaitingUndo)
    }

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Previewed => "previewed",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::AwaitingUndo => "awaiting_undo",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What somebody wants of a bulk action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkStep {
    /// Begin, or ask a second person where one is needed.
    Start,
    /// The second person says yes.
    Approve,
    /// The second person says no.
    Refuse,
    /// Stop for a while.
    Pause,
    /// Go on.
    Resume,
    /// Call off what is left.
    Cancel,
    /// Take back what was done.
    Undo,
}

impl BulkStep {
    /// Every step.
    pub const ALL: [Self; 7] = [
        Self::Start,
        Self::Approve,
        Self::Refuse,
        Self::Pause,
        Self::Resume,
        Self::Cancel,
        Self::Undo,
    ];

    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Approve => "approve",
            Self::Refuse => "refuse",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
            Self::Undo => "undo",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }

    /// The state it leads to; `None` where it makes no sense. `second`: it takes a second person. A refused taking back
    /// or called off leads to [`BulkState::Done`], whether all had their turn or not.
    pub fn from(self, state: BulkState, kind: BulkKind, second: bool) -> Option<BulkState> {
        use BulkState as S;
        // of a message that is done, mails may still be on their way
        let goes_on = match state {
            S::Done if kind == BulkKind::Message => S::Running,
            other => other,
        };
        match (self, goes_on) {
            (Self::Start, S::Previewed) if second => Some(S::AwaitingApproval),
            (Self::Start, S::Previewed)
            | (Self::Approve, S::AwaitingApproval)
            | (Self::Resume, S::Paused) => Some(S::Running),
            (Self::Refuse, S::AwaitingApproval)
            | (Self::Cancel, S::Previewed | S::AwaitingApproval | S::Running | S::Paused) => {
                Some(S::Cancelled)
            }
            (Self::Pause, S::Running) => Some(S::Paused),
            (Self::Undo, S::Done | S::Cancelled) if kind.can_be_undone() && second => {
                Some(S::AwaitingUndo)
            }
            (Self::Undo, S::Done | S::Cancelled) if kind.can_be_undone() => Some(S::Undoing),
            (Self::Approve, S::AwaitingUndo) => Some(S::Undoing),
            (Self::Refuse | Self::Cancel, S::AwaitingUndo) => Some(S::Done),
            _ => None,
        }
    }

    /// Whether it must be another person than who asked for the action.
    pub const fn is_decision(self) -> bool {
        matches!(self, Self::Approve | Self::Refuse)
    }
}

/// Why a record is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// Withdrawn, rejected, a duplicate, or not confirmed yet.
    State,
    /// Its data are only kept (R61).
    Restricted,
    /// There is no confirmed e-mail.
    NoMail,
    /// Mail to it comes back (R52).
    Unreachable,
    /// The person has died (R47).
    Died,
    /// Its holder wants no messages.
    Stopped,
    /// A letter is not missing.
    NotMissing,
    /// One of the letters was asked for before and is still missing.
    Asked,
    /// It is not in quarantine.
    NotQuarantined,
    /// A colleague has it.
    Taken,
    /// It is on the queue no more.
    NotQueued,
    /// Its clash with another record is decided first.
    Clash,
    /// Something came in since the set was looked at.
    Changed,
}

impl Passed {
    /// Every reason.
    pub const ALL: [Self; 13] = [
        Self::State,
        Self::Restricted,
        Self::NoMail,
        Self::Unreachable,
        Self::Died,
        Self::Stopped,
        Self::NotMissing,
        Self::Asked,
        Self::NotQuarantined,
        Self::Taken,
        Self::NotQueued,
        Self::Clash,
        Self::Changed,
    ];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Restricted => "restricted",
            Self::NoMail => "no_mail",
            Self::Unreachable => "unreachable",
            Self::Died => "died",
            Self::Stopped => "stopped",
            Self::NotMissing => "not_missing",
            Self::Asked => "asked",
            Self::NotQuarantined => "not_quarantined",
            Self::Taken => "taken",
            Self::NotQueued => "not_queued",
            Self::Clash => "clash",
            Self::Changed => "changed",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// What decides whether an act fits a record.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its state.
    pub state: ClaimantState,
    /// For staff only.
    pub review: Review,
    /// Its data are only kept.
    pub restricted: bool,
    /// Its contact is an e-mail that was confirmed.
    pub has_mail: bool,
    /// Mail to it comes back, or nothing may be written to its address.
    pub unreachable: bool,
    /// The person has died.
    pub died: bool,
    /// Letters that are missing (R2).
    pub missing: Vec<char>,
    /// What rows elsewhere hold against it: messages stopped, a letter asked for, a colleague who has it.
    pub is_barred: bool,
    /// It is on the queue that it is taken from.
    pub is_queued: bool,
}

/// Whether an act fits a record.
///
/// # Errors
/// Why it is passed over.
pub fn judge(act: &BulkAct, subject: &Subject) -> Result<(), Passed> {
    let refuse = |is_so: bool, why: Passed| if is_so { Err(why) } else { Ok(()) };
    match act {
        BulkAct::Message { .. } => {
            is_worked_on(subject)?;
            refuse(subject.died, Passed::Died)?;
            refuse(!subject.has_mail, Passed::NoMail)?;
            refuse(subject.unreachable, Passed::Unreachable)?;
            refuse(subject.is_barred, Passed::Stopped)
        }
        BulkAct::AskDeficiency { letters, .. } => {
            is_worked_on(subject)?;
            let all_missing = letters.iter().all(|it| subject.missing.contains(it));
            refuse(!all_missing, Passed::NotMissing)?;
            refuse(subject.is_barred, Passed::Asked)
        }
        BulkAct::EndQuarantine => {
            let is_in = subject.review == Review::Quarantined;
            refuse(!is_in, Passed::NotQuarantined)
        }
        BulkAct::Assign { .. } => {
            refuse(subject.is_barred, Passed::Taken)?;
            refuse(!subject.is_queued, Passed::NotQueued)
        }
        BulkAct::Reject { .. } => {
            refuse(subject.restricted, Passed::Restricted)?;
            refuse(subject.died, Passed::Died)?;
            let may_be = subject.state.move_to(ClaimantState::Rejected).is_ok();
            refuse(!may_be, Passed::State)?;
            refuse(subject.review == Review::Conflict, Passed::Clash)?;
            // who cannot be told is for a person to handle
            refuse(!subject.has_mail, Passed::NoMail)?;
            refuse(subject.unreachable, Passed::Unreachable)
        }
    }
}

fn is_worked_on(subject: &Subject) -> Result<(), Passed> {
    if subject.restricted {
        return Err(Passed::Restricted);
    }
    if subject.state.counts() {
        Ok(())
    } else {
        Err(Passed::State)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Change = fn(&mut Subject);

    fn subject() -> Subject {
        Subject {
            state: ClaimantState::Confirmed,
            review: Review::None,
            restricted: false,
            has_mail: true,
            unreachable: false,
            died: false,
            missing: vec!['b', 'd'],
            is_barred: false,
            is_queued: true,
        }
    }

    fn message() -> BulkAct {
        let typed = super::super::case_update::UpdateTextInput {
            language: Some("it".to_owned()),
            title: Some("Udienza".to_owned()),
            text: Some("Domani.".to_owned()),
        };
        BulkAct::Message {
            texts: UpdateTexts::parse(&[typed]).unwrap(),
            per_minute: None,
        }
    }

    fn letters(letters: &[char]) -> BulkAct {
        BulkAct::AskDeficiency {
            letters: letters.to_vec(),
            due_on: NaiveDate::from_ymd_opt(2026, 3, 20).unwrap(),
        }
    }

    #[test]
    fn names_read_back() {
        for kind in BulkKind::ALL {
            assert_eq!(BulkKind::parse(kind.as_str()), Some(kind));
        }
        for state in BulkState::ALL {
            assert_eq!(BulkState::parse(state.as_str()), Some(state));
        }
        for step in BulkStep::ALL {
            assert_eq!(BulkStep::parse(step.as_str()), Some(step));
        }
        for reason in Passed::ALL {
            assert_eq!(Passed::parse(reason.as_str()), Some(reason));
        }
        let act = message();
        let stored = serde_json::to_value(&act).unwrap();
        assert_eq!(stored["kind"], act.kind().as_str());
        assert_eq!(serde_json::from_value::<BulkAct>(stored).unwrap(), act);
    }

    #[test]
    fn words_of_a_rejection_are_in_nothing_that_is_stored_in_the_clear() {
        let reject = |words: &str| BulkAct::Reject {
            code: RejectionCode::Other,
            words: words.to_owned(),
        };
        let stored = serde_json::to_value(reject("Mario Rossi non risponde")).unwrap();
        assert_eq!(
            stored,
            serde_json::json!({"kind": "reject", "code": "other"})
        );
        let read: BulkAct = serde_json::from_value(stored).unwrap();
        assert_eq!(read, reject(""));
        // written before they were sealed
        let old = serde_json::json!({"kind": "reject", "code": "other", "words": "Fuori"});
        let read: BulkAct = serde_json::from_value(old).unwrap();
        assert_eq!(read, reject("Fuori"));
    }

    #[test]
    fn messages_always_take_two_others_beyond_fifty() {
        assert!(BulkKind::Message.needs_second(1));
        assert!(BulkKind::Reject.needs_second(1));
        assert!(!BulkKind::AskDeficiency.needs_second(50));
        assert!(BulkKind::AskDeficiency.needs_second(51));
    }

    #[test]
    fn a_message_goes_to_who_can_read_it_and_wants_it() {
        assert_eq!(judge(&message(), &subject()), Ok(()));
        let with = |change: Change| {
            let mut changed = subject();
            change(&mut changed);
            judge(&message(), &changed)
        };
        let cases: [(Change, Passed); 7] = [
            (|it| it.state = ClaimantState::Withdrawn, Passed::State),
            (|it| it.state = ClaimantState::Unconfirmed, Passed::State),
            (|it| it.restricted = true, Passed::Restricted),
            (|it| it.died = true, Passed::Died),
            (|it| it.has_mail = false, Passed::NoMail),
            (|it| it.unreachable = true, Passed::Unreachable),
            (|it| it.is_barred = true, Passed::Stopped),
        ];
        for (change, why) in cases {
            assert_eq!(with(change), Err(why));
        }
    }

    #[test]
    fn letters_are_asked_for_where_all_are_missing_and_none_was_asked() {
        assert_eq!(judge(&letters(&['b']), &subject()), Ok(()));
        assert_eq!(
            judge(&letters(&['b', 'g']), &subject()),
            Err(Passed::NotMissing)
        );
        let asked = Subject {
            is_barred: true,
            ..subject()
        };
        assert_eq!(judge(&letters(&['b']), &asked), Err(Passed::Asked));
    }

    #[test]
    fn what_is_lodged_contested_over_or_cannot_be_told_is_not_rejected_in_bulk() {
        let reject = BulkAct::Reject {
            code: RejectionCode::Incomplete,
            words: "Mancano i documenti".to_owned(),
        };
        for state in [
            ClaimantState::Confirmed,
            ClaimantState::Signed,
            ClaimantState::ResignRequired,
        ] {
            let fits = Subject { state, ..subject() };
            assert_eq!(judge(&reject, &fits), Ok(()), "{state:?}");
        }
        let with = |change: Change| {
            let mut changed = subject();
            change(&mut changed);
            judge(&reject, &changed)
        };
        let cases: [(Change, Passed); 9] = [
            (|it| it.has_mail = false, Passed::NoMail),
            (
                |it| {
                    it.state = ClaimantState::ToAssist;
                    it.has_mail = false;
                },
                Passed::NoMail,
            ),
            (|it| it.unreachable = true, Passed::Unreachable),
            (|it| it.state = ClaimantState::Lodged, Passed::State),
            (|it| it.state = ClaimantState::Rejected, Passed::State),
            (|it| it.state = ClaimantState::Unconfirmed, Passed::State),
            (|it| it.restricted = true, Passed::Restricted),
            (|it| it.died = true, Passed::Died),
            (|it| it.review = Review::Conflict, Passed::Clash),
        ];
        for (change, why) in cases {
            assert_eq!(with(change), Err(why));
        }
    }

    #[test]
    fn what_left_its_queue_is_given_to_nobody() {
        let assign = BulkAct::Assign {
            queue: "unreachable".to_owned(),
            to: Uuid::nil(),
        };
        assert_eq!(judge(&assign, &subject()), Ok(()));
        let gone = Subject {
            is_queued: false,
            ..subject()
        };
        assert_eq!(judge(&assign, &gone), Err(Passed::NotQueued));
    }

    #[test]
    fn steps_lead_where_they_may() {
        use BulkState as S;
        let kind = BulkKind::Message;
        assert_eq!(
            BulkStep::Start.from(S::Previewed, kind, true),
            Some(S::AwaitingApproval)
        );
        assert_eq!(
            BulkStep::Start.from(S::Previewed, kind, false),
            Some(S::Running)
        );
        assert_eq!(BulkStep::Undo.from(S::Done, kind, true), None);
        assert_eq!(
            BulkStep::Undo.from(S::Done, BulkKind::Assign, false),
            Some(S::Undoing)
        );
        assert_eq!(
            BulkStep::Undo.from(S::Done, BulkKind::Assign, true),
            Some(S::AwaitingUndo)
        );
        assert_eq!(
            BulkStep::Approve.from(S::AwaitingUndo, BulkKind::Assign, true),
            Some(S::Undoing)
        );
        // mails may still be on their way; letters are asked for at once
        assert_eq!(BulkStep::Pause.from(S::Done, kind, true), Some(S::Paused));
        assert_eq!(BulkStep::Cancel.from(S::Done, BulkKind::Assign, true), None);
        for state in [S::Cancelled, S::Expired, S::Undone, S::Undoing] {
            for step in [BulkStep::Start, BulkStep::Approve, BulkStep::Pause] {
                assert_eq!(step.from(state, kind, true), None);
            }
        }
    }
}
