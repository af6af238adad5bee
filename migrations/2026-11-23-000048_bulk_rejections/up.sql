-- Rejections of many records, their notice by mail, and a second person for taking back what took two.

ALTER TABLE bulk_actions DROP CONSTRAINT bulk_actions_kind_check;
ALTER TABLE bulk_actions ADD CONSTRAINT bulk_actions_kind_check
    CHECK (kind IN ('message', 'ask_deficiency', 'end_quarantine', 'assign', 'reject')) NOT VALID;
ALTER TABLE bulk_actions VALIDATE CONSTRAINT bulk_actions_kind_check;
ALTER TABLE bulk_actions DROP CONSTRAINT bulk_actions_state_check;
ALTER TABLE bulk_actions ADD CONSTRAINT bulk_actions_state_check CHECK (state IN ('previewed', 'awaiting_approval', 'running', 'paused', 'done',
    'cancelled', 'expired', 'awaiting_undo', 'undoing', 'undone')) NOT VALID;
ALTER TABLE bulk_actions VALIDATE CONSTRAINT bulk_actions_state_check;
ALTER TABLE bulk_actions ADD COLUMN undo_by uuid;
ALTER TABLE bulk_actions ADD COLUMN undo_decided_by uuid
    CONSTRAINT bulk_actions_undo_second_person_check CHECK (undo_decided_by <> undo_by);
COMMENT ON COLUMN bulk_actions.state IS 'previewed, awaiting_approval, running, paused, done, cancelled, expired, awaiting_undo, undoing or undone';
COMMENT ON COLUMN bulk_actions.undo_by IS 'Staff member who last asked to take back what was done';
COMMENT ON COLUMN bulk_actions.undo_decided_by IS 'Who decided about that, another person; null: nobody yet, or nobody had to';
CREATE INDEX bulk_actions_created_by_idx ON bulk_actions (created_by, created_at);

ALTER TABLE bulk_members ADD COLUMN basis text;
COMMENT ON COLUMN bulk_members.basis IS 'Of a rejection: versions and instants of what it rests on, as they were when the set was looked at';
COMMENT ON COLUMN bulk_actions.act IS 'The same with all it takes: words of a message, letters and day, queue and colleague; words of a rejection of one record until that is erased';
COMMENT ON COLUMN bulk_actions.filter IS 'Words of the list the set was taken from; none that names anybody, and no reference';

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('confirmation', 'resend', 'access', 'otp', 'receipt', 'reminder', 'already_registered', 'paper_rejected', 'rights',
        'mailbox_code', 'payout_code', 'payout_notice', 'withdrawal', 'follow_confirmation', 'case_update', 'deficiency', 'invitation',
        'staff_notice', 'message', 'approval_waits', 'rejection')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_kind_check;
