-- What waits for a second person finds that person: a list, and a mail at most once an hour.

CREATE TABLE approval_notices (
    staff_id uuid NOT NULL,
    association_id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    CONSTRAINT approval_notices_pkey PRIMARY KEY (staff_id, association_id)
);
COMMENT ON TABLE approval_notices IS 'When a member of an association is or was last told by mail that something waits for a second person';
COMMENT ON COLUMN approval_notices.staff_id IS 'The member';
COMMENT ON COLUMN approval_notices.association_id IS 'The tenant';
COMMENT ON COLUMN approval_notices.due_at IS 'When the newest of these mails is or was due, UTC; the next one is due an hour later at the earliest';

GRANT SELECT, INSERT, UPDATE ON approval_notices TO joinder_tenant;
GRANT SELECT ON approval_notices TO joinder_system;
ALTER TABLE approval_notices ENABLE ROW LEVEL SECURITY;
CREATE POLICY approval_notices_tenant_policy ON approval_notices TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY approval_notices_system_policy ON approval_notices TO joinder_system USING (true);

ALTER TABLE memberships ADD COLUMN language text;
ALTER TABLE memberships ADD CONSTRAINT memberships_language_check CHECK (language IN ('it', 'en', 'de')) NOT VALID;
ALTER TABLE memberships VALIDATE CONSTRAINT memberships_language_check;
COMMENT ON COLUMN memberships.language IS 'Language of the last sign-in: that of mails nobody asked for; null: never signed in since it is kept';

CREATE INDEX bulk_actions_waiting_idx ON bulk_actions (association_id, id) WHERE state IN ('awaiting_approval', 'awaiting_undo');
CREATE INDEX exports_waiting_idx ON exports (association_id, id) WHERE state = 'awaiting_approval';
CREATE INDEX case_revisions_waiting_idx ON case_revisions (association_id, case_id)
    WHERE proposed_at IS NOT NULL AND published_at IS NULL AND returned_at IS NULL;
CREATE INDEX paper_hand_ins_waiting_idx ON paper_hand_ins (association_id, id) WHERE state = 'to_verify';
CREATE INDEX conflict_decisions_waiting_idx ON conflict_decisions (association_id, id) WHERE decided_at IS NULL;

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('confirmation', 'resend', 'access', 'otp', 'receipt', 'reminder', 'already_registered', 'paper_rejected', 'rights',
        'mailbox_code', 'payout_code', 'payout_notice', 'withdrawal', 'follow_confirmation', 'case_update', 'deficiency', 'invitation',
        'staff_notice', 'message', 'approval_waits')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_kind_check;
