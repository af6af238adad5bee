-- Rights of people over their data: who was in an export, and requests about data with their terms (R60, R61).

CREATE TABLE export_batches (
    export_id uuid NOT NULL,
    first_id uuid NOT NULL,
    last_id uuid NOT NULL,
    association_id uuid NOT NULL,
    audit_id uuid NOT NULL,
    CONSTRAINT export_batches_pkey PRIMARY KEY (export_id, first_id)
);
COMMENT ON TABLE export_batches IS 'Which row of the trail names the claimants of a part of an export: so that a person finds the exports they are in';
COMMENT ON COLUMN export_batches.export_id IS 'The export';
COMMENT ON COLUMN export_batches.first_id IS 'Smallest claimant id of the part';
COMMENT ON COLUMN export_batches.last_id IS 'Largest claimant id of the part';
COMMENT ON COLUMN export_batches.association_id IS 'The tenant';
COMMENT ON COLUMN export_batches.audit_id IS 'Row of the trail with the sealed list of the ids between';
CREATE INDEX exports_case_id_idx ON exports (association_id, case_id, id DESC);

CREATE TABLE rights_requests (
    subject_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    case_id uuid NOT NULL,
    kind text NOT NULL,
    channel text NOT NULL,
    received_at timestamptz NOT NULL,
    received_on date NOT NULL,
    due_on date NOT NULL,
    extended_at timestamptz,
    extension_notified text,
    answered_at timestamptz,
    decision text,
    request_sealed bytea,
    extension_sealed bytea,
    answer_sealed bytea,
    CONSTRAINT rights_requests_pkey PRIMARY KEY (subject_id, id),
    CONSTRAINT rights_requests_kind_check CHECK (kind IN ('rectification', 'objection', 'restriction', 'erasure')),
    CONSTRAINT rights_requests_channel_check CHECK (channel IN ('page', 'api', 'letter')),
    CONSTRAINT rights_requests_decision_check CHECK (decision IN ('granted', 'partly', 'refused')),
    CONSTRAINT rights_requests_notified_check CHECK (extension_notified IN ('mail', 'letter')),
    CONSTRAINT rights_requests_extension_check CHECK ((extended_at IS NULL) = (extension_notified IS NULL)),
    CONSTRAINT rights_requests_answer_check CHECK ((answered_at IS NULL) = (decision IS NULL))
);
CREATE INDEX rights_requests_association_id_idx ON rights_requests (association_id, id);
CREATE INDEX rights_requests_open_idx ON rights_requests (association_id, case_id, due_on, id) WHERE answered_at IS NULL;
COMMENT ON TABLE rights_requests IS 'Requests about data (artt. 16-18, 21 GDPR); the line stays when the person is erased, the words go (R60, R61)';
COMMENT ON COLUMN rights_requests.subject_id IS 'The claimant; no foreign key, the line outlives the record';
COMMENT ON COLUMN rights_requests.id IS 'UUIDv7';
COMMENT ON COLUMN rights_requests.association_id IS 'The tenant';
COMMENT ON COLUMN rights_requests.case_id IS 'The case';
COMMENT ON COLUMN rights_requests.kind IS 'What is asked for';
COMMENT ON COLUMN rights_requests.channel IS 'How it came';
COMMENT ON COLUMN rights_requests.received_at IS 'When it was entered, UTC';
COMMENT ON COLUMN rights_requests.received_on IS 'Day it was received, Europe/Rome; of a letter the day it arrived';
COMMENT ON COLUMN rights_requests.due_on IS 'Last day for the answer: one month from receipt, three if extended (art. 12.3 GDPR)';
COMMENT ON COLUMN rights_requests.extended_at IS 'When the one extension was notified, UTC';
COMMENT ON COLUMN rights_requests.extension_notified IS 'How the extension was notified';
COMMENT ON COLUMN rights_requests.answered_at IS 'When it was answered, UTC';
COMMENT ON COLUMN rights_requests.decision IS 'What was decided';
COMMENT ON COLUMN rights_requests.request_sealed IS 'What the person wrote, sealed by the claimant''s data key; null once erased';
COMMENT ON COLUMN rights_requests.extension_sealed IS 'Reason of the extension, sealed by the claimant''s data key';
COMMENT ON COLUMN rights_requests.answer_sealed IS 'Reason of the decision, sealed by the claimant''s data key';

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('confirmation', 'resend', 'access', 'otp', 'receipt', 'reminder', 'already_registered', 'paper_rejected', 'rights')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_kind_check;

GRANT SELECT, INSERT, UPDATE ON export_batches TO joinder_tenant;
GRANT SELECT, INSERT ON rights_requests TO joinder_tenant;
GRANT UPDATE (due_on, extended_at, extension_notified, answered_at, decision, extension_sealed, answer_sealed)
    ON rights_requests TO joinder_tenant;
GRANT SELECT ON rights_requests TO joinder_system;
GRANT UPDATE (request_sealed, extension_sealed, answer_sealed) ON rights_requests TO joinder_system;

ALTER TABLE export_batches ENABLE ROW LEVEL SECURITY;
CREATE POLICY export_batches_tenant_policy ON export_batches TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
ALTER TABLE rights_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY rights_requests_tenant_policy ON rights_requests TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY rights_requests_system_policy ON rights_requests TO joinder_system USING (true);
