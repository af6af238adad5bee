-- What claimants were asked to bring, letter by letter of art. 840-septies, until when, and whether it came.

CREATE TABLE deficiencies (
    claimant_id uuid NOT NULL,
    notice_id uuid NOT NULL,
    letter text NOT NULL,
    association_id uuid NOT NULL,
    case_id uuid NOT NULL,
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    due_on date NOT NULL,
    told text NOT NULL,
    overdue_at timestamptz,
    cured_at timestamptz,
    CONSTRAINT deficiencies_pkey PRIMARY KEY (claimant_id, notice_id, letter),
    CONSTRAINT deficiencies_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id),
    CONSTRAINT deficiencies_letter_check CHECK (letter IN ('b', 'd', 'e', 'f', 'g', 'h', 'i')),
    CONSTRAINT deficiencies_told_check CHECK (told IN ('mail', 'letter'))
);
CREATE UNIQUE INDEX deficiencies_open_key ON deficiencies (claimant_id, letter) WHERE cured_at IS NULL;
CREATE INDEX deficiencies_overdue_idx ON deficiencies (association_id, claimant_id) WHERE overdue_at IS NOT NULL AND cured_at IS NULL;
CREATE INDEX deficiencies_due_on_idx ON deficiencies (due_on) WHERE overdue_at IS NULL AND cured_at IS NULL;
COMMENT ON TABLE deficiencies IS 'Deficiency notices: a row for each missing letter that a claimant was asked for (R2)';
COMMENT ON COLUMN deficiencies.claimant_id IS 'The claimant';
COMMENT ON COLUMN deficiencies.notice_id IS 'UUIDv7 of the notice: letters asked for together';
COMMENT ON COLUMN deficiencies.letter IS 'Letter of art. 840-septies c. 2';
COMMENT ON COLUMN deficiencies.association_id IS 'The tenant';
COMMENT ON COLUMN deficiencies.case_id IS 'The case';
COMMENT ON COLUMN deficiencies.asked_by IS 'Staff member who asked for it';
COMMENT ON COLUMN deficiencies.asked_at IS 'When, UTC';
COMMENT ON COLUMN deficiencies.due_on IS 'Last day for it, in Rome';
COMMENT ON COLUMN deficiencies.told IS 'mail: by e-mail; letter: the staff write or call';
COMMENT ON COLUMN deficiencies.overdue_at IS 'When that day was found to be over without it, UTC';
COMMENT ON COLUMN deficiencies.cured_at IS 'When the letter was found to be missing no more, UTC';

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('confirmation', 'resend', 'access', 'otp', 'receipt', 'reminder', 'already_registered', 'paper_rejected', 'rights',
        'mailbox_code', 'payout_code', 'payout_notice', 'follow_confirmation', 'case_update', 'deficiency')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_kind_check;

GRANT SELECT, INSERT ON deficiencies TO joinder_tenant;
GRANT SELECT, INSERT, DELETE ON deficiencies TO joinder_system;
GRANT UPDATE (overdue_at, cured_at) ON deficiencies TO joinder_system;

ALTER TABLE deficiencies ENABLE ROW LEVEL SECURITY;
CREATE POLICY deficiencies_tenant_policy ON deficiencies TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY deficiencies_system_policy ON deficiencies TO joinder_system USING (true);
