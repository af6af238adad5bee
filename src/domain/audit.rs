//! The verbs of the audit trail, and which of them are entries of the evidence log. Every verb is here:
//! a new one is a decision about the log.

use crate::domain::log::Kind;

/// Verbs that the log knows.
pub mod action {
    /// What is flagged in a declaration was looked at and found in order.
    pub const CHECK_DECLARED: &str = "check_declared";
    /// What does not fit in an identity was looked at and found in order.
    pub const CHECK_IDENTITY: &str = "check_identity";
    /// Somebody who has no e-mail was reached.
    pub const CONFIRM_BY_STAFF: &str = "confirm_by_staff";
    /// A mistyped address was put right.
    pub const CORRECT_EMAIL: &str = "correct_email";
    /// Damage declared for somebody who has no e-mail, as it was told.
    pub const DECLARE_BY_STAFF: &str = "declare_by_staff";
    /// An address that mails came back from counts again.
    pub const END_QUARANTINE: &str = "end_quarantine";
    /// Somebody without an e-mail got one.
    pub const ENTER_EMAIL: &str = "enter_email";
    /// Accounts are taken again after the owner stopped one.
    pub const END_PAYOUT_FREEZE: &str = "end_payout_freeze";
    /// A list was cut off, or could not be made: a part of it may have left.
    pub const EXPORT_FAILED: &str = "export_failed";
    /// A file of an export left whole.
    pub const EXPORT_FETCHED: &str = "export_fetched";
    /// A list left whole while it was made, or an export is ready to be fetched.
    pub const EXPORT_FINISHED: &str = "export_finished";
    /// Identity given; by staff, where somebody could not.
    pub const GIVE_IDENTITY: &str = "give_identity";
    /// A log was taken up after a restore.
    pub const RECOVER_LOG: &str = "recover_log";
    /// A case was opened, closed, filed, ....
    pub const SET_CASE_STATE: &str = "set_case_state";
}

/// What becomes of a row of the trail in the log of its case. The digest of its day has every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logged {
    /// An entry of its own if staff or the operator acted.
    Decision,
    /// An entry of its own, whoever acted.
    Export,
    /// Nothing of its own: the claimant's act, which the log has as a signature or not at all.
    OwnAct,
    /// Nothing of its own: follows from something else by rule.
    Consequence,
    /// Nothing of its own: how mails are sent proves nothing about a claim.
    Mail,
    /// Nothing of its own: sign-ins and memberships belong to no case.
    Access,
    /// Nothing of its own: data were seen or asked for, and did not leave the house.
    Seen,
}

/// Every verb.
pub const ALL: [(&str, Logged); 179] = [
    ("add_document", Logged::Decision),
    ("announce_lifting", Logged::Decision),
    ("answer_rights_request", Logged::Decision),
    ("approve_contact", Logged::Decision),
    ("ask_deficiency", Logged::Decision),
    // who works on what proves nothing about a claim
    ("assign", Logged::Access),
    ("bootstrap", Logged::Consequence),
    ("bounce_storm", Logged::Mail),
    // what it does to a record is told with the record
    ("bulk_approved", Logged::Access),
    ("bulk_cancelled", Logged::Access),
    ("bulk_paused", Logged::Access),
    ("bulk_previewed", Logged::Seen),
    ("bulk_refused", Logged::Access),
    ("bulk_resumed", Logged::Access),
    ("bulk_started", Logged::Access),
    ("bulk_undone", Logged::Access),
    ("change_contact", Logged::OwnAct),
    (action::CHECK_DECLARED, Logged::Decision),
    (action::CHECK_IDENTITY, Logged::Decision),
    ("confirm", Logged::OwnAct),
    (action::CONFIRM_BY_STAFF, Logged::Decision),
    // belongs to no case: the terms are those of the platform
    ("confirm_retention", Logged::Access),
    ("conflict", Logged::Consequence),
    ("consent", Logged::OwnAct),
    ("contact_unreachable", Logged::Mail),
    (action::CORRECT_EMAIL, Logged::Decision),
    // what nobody sees yet belongs to no log
    ("create_case", Logged::Access),
    ("cure_deficiency", Logged::Consequence),
    ("decide_conflict", Logged::Decision),
    ("declare", Logged::OwnAct),
    (action::DECLARE_BY_STAFF, Logged::Decision),
    ("delete_draft", Logged::Consequence),
    ("delete_id_images", Logged::Consequence),
    // a draft is nobody's but the house's
    ("discard_case", Logged::Access),
    ("disown", Logged::OwnAct),
    ("duplicate", Logged::Consequence),
    (action::END_PAYOUT_FREEZE, Logged::Decision),
    (action::END_QUARANTINE, Logged::Decision),
    ("end_representative", Logged::Decision),
    ("enter", Logged::OwnAct),
    (action::ENTER_EMAIL, Logged::Decision),
    // who asks to be erased is an entry by the erasure itself; who only never confirmed is none
    ("erase", Logged::Consequence),
    ("export_approved", Logged::Decision),
    ("export_breaches", Logged::Access),
    ("export_cancelled", Logged::Seen),
    ("export_expired", Logged::Consequence),
    (action::EXPORT_FAILED, Logged::Export),
    (action::EXPORT_FETCHED, Logged::Export),
    (action::EXPORT_FINISHED, Logged::Export),
    ("export_opened", Logged::Seen),
    ("export_rejected", Logged::Decision),
    ("export_requested", Logged::Seen),
    ("export_rows", Logged::Seen),
    ("export_started", Logged::Seen),
    // names claimants by reference alone; who takes it sees them in any case
    ("export_trail", Logged::Seen),
    ("extend_rights_request", Logged::Decision),
    ("follow", Logged::Mail),
    ("freeze_payout", Logged::Consequence),
    (action::GIVE_IDENTITY, Logged::Decision),
    ("give_payout", Logged::OwnAct),
    ("give_phone", Logged::OwnAct),
    ("give_representative", Logged::Decision),
    ("hand_in_paper", Logged::Decision),
    ("hand_over_data", Logged::Decision),
    // about nobody who signed up: reports of swindlers belong to no claim
    ("handle_scam_report", Logged::Access),
    ("hold_mail", Logged::Mail),
    // read and tried, nobody came in by it yet
    ("import_cancelled", Logged::Seen),
    ("import_checked", Logged::Seen),
    ("import_expired", Logged::Consequence),
    // as a sign-up, it proves nothing: whom it made has a row of their own
    ("import_failed", Logged::Consequence),
    ("import_finished", Logged::Consequence),
    ("import_started", Logged::Seen),
    ("import_uploaded", Logged::Seen),
    ("invitation_accepted", Logged::Access),
    ("invitation_revoked", Logged::Access),
    ("invite_staff", Logged::Access),
    ("lift_restriction", Logged::Consequence),
    ("mail_bounced", Logged::Mail),
    ("mail_complaint", Logged::Mail),
    ("mail_delayed", Logged::Mail),
    ("mail_suppressed", Logged::Mail),
    ("membership_changed", Logged::Access),
    ("membership_revoked", Logged::Access),
    ("move_in", Logged::OwnAct),
    ("move_out", Logged::OwnAct),
    ("of_age", Logged::Consequence),
    // the register of breaches belongs to no case
    ("open_breach", Logged::Access),
    ("own_again", Logged::OwnAct),
    ("pace_mail", Logged::Mail),
    // who may send people proves nothing about a claim
    ("partner_added", Logged::Access),
    ("partner_changed", Logged::Access),
    ("partner_key_made", Logged::Access),
    ("partner_key_revoked", Logged::Access),
    ("print_paper_form", Logged::Seen),
    ("propose_case", Logged::Access),
    ("propose_conflict", Logged::Seen),
    ("prove_mailbox", Logged::OwnAct),
    ("publish_case", Logged::Decision),
    ("publish_mail_texts", Logged::Mail),
    // news prove nothing about a claim
    ("publish_update", Logged::Mail),
    ("receive_rights_request", Logged::Decision),
    ("record_death", Logged::Decision),
    (action::RECOVER_LOG, Logged::Decision),
    ("recovery_code_used", Logged::Access),
    ("recovery_codes_made", Logged::Access),
    ("refuse_signature", Logged::Consequence),
    ("reject", Logged::Decision),
    ("reject_contact", Logged::Decision),
    ("reject_paper", Logged::Decision),
    ("reject_payout", Logged::Decision),
    ("release_mail", Logged::Mail),
    ("release_payout", Logged::Decision),
    ("release_template", Logged::Mail),
    ("remove_document", Logged::Decision),
    ("request_contact_change", Logged::OwnAct),
    ("request_mailbox_code", Logged::OwnAct),
    ("request_payout_code", Logged::OwnAct),
    ("request_signature", Logged::OwnAct),
    ("restrict", Logged::OwnAct),
    ("resume_messages", Logged::OwnAct),
    ("retry_mail", Logged::Mail),
    ("return_case", Logged::Access),
    ("sample_announced", Logged::Decision),
    ("sample_cancelled", Logged::Decision),
    // the result of each is told with the end
    ("sample_checked", Logged::Access),
    ("sample_drawn", Logged::Decision),
    ("sample_finished", Logged::Decision),
    // test people belong to no case, and their twin of one has no log
    ("sandbox_emptied", Logged::Access),
    ("sandbox_made", Logged::Access),
    ("sandbox_moved", Logged::Access),
    ("scan_document", Logged::Consequence),
    (action::SET_CASE_STATE, Logged::Decision),
    ("settle_conflict", Logged::Consequence),
    ("sign", Logged::OwnAct),
    ("sign_up", Logged::OwnAct),
    ("staff_created", Logged::Access),
    ("staff_disabled", Logged::Access),
    ("staff_factor_changed", Logged::Access),
    ("staff_password_changed", Logged::Access),
    ("staff_sessions_ended", Logged::Access),
    ("staff_sign_in", Logged::Access),
    ("staff_sign_in_refused", Logged::Access),
    ("staff_sign_out", Logged::Access),
    ("staff_step_up", Logged::Access),
    ("staff_step_up_refused", Logged::Access),
    ("staff_token_refreshed", Logged::Access),
    ("staff_token_reused", Logged::Access),
    ("staff_token_revoked", Logged::Access),
    ("stop_contact_change", Logged::OwnAct),
    ("stop_messages", Logged::OwnAct),
    ("stop_payout", Logged::OwnAct),
    ("suppress_mail", Logged::Mail),
    ("take_contact", Logged::OwnAct),
    ("take_own_data", Logged::Seen),
    // list and results by reference alone: it is made to be handed on
    ("take_sample_file", Logged::Seen),
    ("type_contact", Logged::Decision),
    ("type_payout", Logged::Decision),
    ("unfollow", Logged::Mail),
    ("unsuppress_mail", Logged::Mail),
    ("update_breach", Logged::Access),
    ("view_claimant", Logged::Seen),
    ("view_document", Logged::Seen),
    ("view_paper", Logged::Seen),
    ("view_paper_sheet", Logged::Seen),
    ("view_scam_report", Logged::Seen),
    ("view_signed", Logged::Seen),
    ("webhook_added", Logged::Access),
    ("webhook_changed", Logged::Access),
    ("webhook_deleted", Logged::Access),
    ("webhook_disabled", Logged::Access),
    ("webhook_enabled", Logged::Access),
    ("webhook_replayed", Logged::Seen),
    ("webhook_rotated", Logged::Access),
    ("withdraw", Logged::OwnAct),
    ("withdraw_case", Logged::Decision),
    ("withdraw_update", Logged::Mail),
    ("write_case", Logged::Access),
    ("write_demand_letter", Logged::Access),
    ("wrong_code", Logged::Consequence),
];

/// What a verb is to the log; `None` for one that nobody knows.
pub fn logged(verb: &str) -> Option<Logged> {
    let found = ALL.iter().find(|(known, _)| *known == verb);
    found.map(|(_, logged)| *logged)
}

/// What a row of the audit trail is in the log; `None` for what does not go into it.
pub fn kind_of(actor_kind: &str, verb: &str) -> Option<Kind> {
    let decides = matches!(actor_kind, "staff" | "operator");
    match logged(verb)? {
        Logged::Export => Some(Kind::Export),
        Logged::Decision if decides => Some(Kind::Decision),
        Logged::Decision
        | Logged::OwnAct
        | Logged::Consequence
        | Logged::Mail
        | Logged::Access
        | Logged::Seen => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Verbs that are decisions of staff.
    const DECISIONS: [&str; 40] = [
        "add_document",
        "announce_lifting",
        "answer_rights_request",
        "approve_contact",
        "ask_deficiency",
        "check_declared",
        "check_identity",
        "confirm_by_staff",
        "correct_email",
        "decide_conflict",
        "declare_by_staff",
        "end_payout_freeze",
        "end_quarantine",
        "end_representative",
        "enter_email",
        "export_approved",
        "export_rejected",
        "extend_rights_request",
        "give_identity",
        "give_representative",
        "hand_in_paper",
        "hand_over_data",
        "publish_case",
        "receive_rights_request",
        "record_death",
        "recover_log",
        "reject",
        "reject_contact",
        "reject_paper",
        "reject_payout",
        "release_payout",
        "remove_document",
        "sample_announced",
        "sample_cancelled",
        "sample_drawn",
        "sample_finished",
        "set_case_state",
        "type_contact",
        "type_payout",
        "withdraw_case",
    ];

    #[test]
    fn every_verb_is_there_once_and_in_order() {
        assert!(ALL.is_sorted_by(|(a, _), (b, _)| a < b));
    }

    #[test]
    fn decisions_of_staff_and_every_export_are_entries_and_nothing_else() {
        let entries = |actor| {
            let kinds = ALL.map(|(verb, _)| kind_of(actor, verb).map(|kind| (verb, kind)));
            kinds.into_iter().flatten().collect::<Vec<_>>()
        };
        let exports = [
            (action::EXPORT_FAILED, Kind::Export),
            (action::EXPORT_FETCHED, Kind::Export),
            (action::EXPORT_FINISHED, Kind::Export),
        ];
        for actor in ["public", "claimant", "system"] {
            assert_eq!(entries(actor), exports, "{actor}");
        }
        for actor in ["staff", "operator"] {
            let decisions: Vec<_> = entries(actor)
                .into_iter()
                .filter(|(_, kind)| *kind == Kind::Decision)
                .map(|(verb, _)| verb)
                .collect();
            assert_eq!(decisions, DECISIONS);
        }
    }
}
