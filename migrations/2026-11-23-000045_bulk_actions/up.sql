-- One act on a set of records that was looked at before: messages by mail, letters asked for, quarantines ended, items given to colleagues.

CREATE TABLE bulk_actions (
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    case_id uuid NOT NULL,
    kind text NOT NULL,
    act jsonb NOT NULL,
    filter jsonb NOT NULL,
    purpose text NOT NULL,
    state text NOT NULL,
    member_count integer NOT NULL,
    done_count integer NOT NULL,
    passed_count integer NOT NULL,
    done_up_to uuid,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    decision_note text,
    stepped_at timestamptz,
    finished_at timestamptz,
    CONSTRAINT bulk_actions_pkey PRIMARY KEY (id),
    CONSTRAINT bulk_actions_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id),
    CONSTRAINT bulk_actions_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT bulk_actions_kind_check CHECK (kind IN ('message', 'ask_deficiency', 'end_quarantine', 'assign')),
    CONSTRAINT bulk_actions_state_check CHECK (state IN ('previewed', 'awaiting_approval', 'running', 'paused', 'done', 'cancelled', 'expired',
        'undoing', 'undone')),
    CONSTRAINT bulk_actions_second_person_check CHECK (decided_by IS NULL OR decided_by <> created_by)
);
CREATE INDEX bulk_actions_case_idx ON bulk_actions (association_id, case_id, id);
CREATE INDEX bulk_actions_open_idx ON bulk_actions (id) WHERE state IN ('running', 'undoing');
CREATE INDEX bulk_actions_expires_at_idx ON bulk_actions (expires_at) WHERE state IN ('previewed', 'awaiting_approval');
COMMENT ON TABLE bulk_actions IS 'Acts on sets of records, and the register of them';
COMMENT ON COLUMN bulk_actions.id IS 'UUIDv7; names the set that was looked at';
COMMENT ON COLUMN bulk_actions.association_id IS 'The tenant';
COMMENT ON COLUMN bulk_actions.case_id IS 'The case';
COMMENT ON COLUMN bulk_actions.kind IS 'What is done to each record';
COMMENT ON COLUMN bulk_actions.act IS 'The same with all it takes: words of a message, letters and day, queue and colleague; nobody''s data';
COMMENT ON COLUMN bulk_actions.filter IS 'Words of the list the set was taken from; none that names anybody';
COMMENT ON COLUMN bulk_actions.purpose IS 'What for, in the words of who asked';
COMMENT ON COLUMN bulk_actions.state IS 'previewed, awaiting_approval, running, paused, done, cancelled, expired, undoing or undone';
COMMENT ON COLUMN bulk_actions.member_count IS 'Records of the set';
COMMENT ON COLUMN bulk_actions.done_count IS 'Records that had their turn and were acted on';
COMMENT ON COLUMN bulk_actions.passed_count IS 'Records passed over';
COMMENT ON COLUMN bulk_actions.done_up_to IS 'The last claimant that had its turn; null: none yet';
COMMENT ON COLUMN bulk_actions.created_by IS 'Staff member who looked at the set';
COMMENT ON COLUMN bulk_actions.created_at IS 'When, UTC';
COMMENT ON COLUMN bulk_actions.expires_at IS 'Last instant at which it can be started or decided, UTC';
COMMENT ON COLUMN bulk_actions.decided_by IS 'The second person, once they said yes or no';
COMMENT ON COLUMN bulk_actions.decided_at IS 'When, UTC';
COMMENT ON COLUMN bulk_actions.decision_note IS 'Why it was refused, in their words';
COMMENT ON COLUMN bulk_actions.stepped_at IS 'When the last records had their turn, UTC: what keeps the pace of messages';
COMMENT ON COLUMN bulk_actions.finished_at IS 'When it ended, UTC';

CREATE TABLE bulk_members (
    claimant_id uuid NOT NULL,
    bulk_id uuid NOT NULL,
    association_id uuid NOT NULL,
    outcome text,
    reason text,
    CONSTRAINT bulk_members_pkey PRIMARY KEY (claimant_id, bulk_id),
    CONSTRAINT bulk_members_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id),
    CONSTRAINT bulk_members_outcome_check CHECK (outcome IN ('done', 'passed', 'undone')),
    CONSTRAINT bulk_members_reason_check CHECK ((reason IS NOT NULL) = (outcome IS NOT DISTINCT FROM 'passed'))
);
CREATE INDEX bulk_members_bulk_id_idx ON bulk_members (bulk_id, claimant_id);
COMMENT ON TABLE bulk_members IS 'The records of a set, frozen when it was looked at, and what became of each';
COMMENT ON COLUMN bulk_members.claimant_id IS 'The claimant';
COMMENT ON COLUMN bulk_members.bulk_id IS 'The bulk action';
COMMENT ON COLUMN bulk_members.association_id IS 'The tenant';
COMMENT ON COLUMN bulk_members.outcome IS 'done, passed or undone; null: its turn has not come';
COMMENT ON COLUMN bulk_members.reason IS 'Why it was passed over';

CREATE TABLE message_stops (
    claimant_id uuid NOT NULL,
    association_id uuid NOT NULL,
    stopped_at timestamptz NOT NULL,
    CONSTRAINT message_stops_pkey PRIMARY KEY (claimant_id),
    CONSTRAINT message_stops_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id)
);
COMMENT ON TABLE message_stops IS 'Claimants who want no messages that go to many; mails about their own record still come';
COMMENT ON COLUMN message_stops.claimant_id IS 'The claimant';
COMMENT ON COLUMN message_stops.association_id IS 'The tenant';
COMMENT ON COLUMN message_stops.stopped_at IS 'Since when, UTC';

GRANT SELECT, INSERT, UPDATE ON bulk_actions TO joinder_tenant;
GRANT SELECT, UPDATE ON bulk_actions TO joinder_system;
GRANT SELECT, INSERT ON bulk_members TO joinder_tenant;
GRANT SELECT, UPDATE, DELETE ON bulk_members TO joinder_system;
GRANT SELECT ON message_stops TO joinder_tenant;
GRANT SELECT, INSERT, DELETE ON message_stops TO joinder_system;

ALTER TABLE bulk_actions ENABLE ROW LEVEL SECURITY;
CREATE POLICY bulk_actions_tenant_policy ON bulk_actions TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY bulk_actions_system_policy ON bulk_actions TO joinder_system USING (true);
ALTER TABLE bulk_members ENABLE ROW LEVEL SECURITY;
CREATE POLICY bulk_members_tenant_policy ON bulk_members TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY bulk_members_system_policy ON bulk_members TO joinder_system USING (true);
ALTER TABLE message_stops ENABLE ROW LEVEL SECURITY;
CREATE POLICY message_stops_tenant_policy ON message_stops TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY message_stops_system_policy ON message_stops TO joinder_system USING (true);

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('confirmation', 'resend', 'access', 'otp', 'receipt', 'reminder', 'already_registered', 'paper_rejected', 'rights',
        'mailbox_code', 'payout_code', 'payout_notice', 'withdrawal', 'follow_confirmation', 'case_update', 'deficiency', 'invitation',
        'staff_notice', 'message')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_kind_check;
