-- What people tell about swindlers who pose as an association (DOMAIN 6.5, R13): one row for each association told.

CREATE TABLE scam_reports (
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    case_id uuid NOT NULL,
    asked_for text NOT NULL,
    received_at timestamptz NOT NULL,
    association_key_version integer NOT NULL,
    wrapped bytea NOT NULL,
    report_sealed bytea NOT NULL,
    handled_at timestamptz,
    handled_by uuid,
    note_sealed bytea,
    CONSTRAINT scam_reports_pkey PRIMARY KEY (id),
    CONSTRAINT scam_reports_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id),
    CONSTRAINT scam_reports_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT scam_reports_asked_for_check CHECK (asked_for IN ('money', 'bank', 'codes', 'other')),
    CONSTRAINT scam_reports_handled_check CHECK ((handled_at IS NULL) = (handled_by IS NULL) AND (handled_at IS NULL) = (note_sealed IS NULL))
);
CREATE INDEX scam_reports_open_idx ON scam_reports (association_id, received_at, id) WHERE handled_at IS NULL;
CREATE INDEX scam_reports_list_idx ON scam_reports (association_id, received_at DESC, id DESC);
CREATE INDEX scam_reports_received_idx ON scam_reports (received_at);
COMMENT ON TABLE scam_reports IS 'Reports of swindlers (R13): one row for each association told; about nobody who signed up';
COMMENT ON COLUMN scam_reports.id IS 'UUIDv7';
COMMENT ON COLUMN scam_reports.association_id IS 'The tenant: whom the swindler posed as, or each association of the case';
COMMENT ON COLUMN scam_reports.case_id IS 'The case it was about';
COMMENT ON COLUMN scam_reports.asked_for IS 'What the swindler asked for';
COMMENT ON COLUMN scam_reports.received_at IS 'When it was sent, UTC';
COMMENT ON COLUMN scam_reports.association_key_version IS 'Version of the association''s key that wraps the data key';
COMMENT ON COLUMN scam_reports.wrapped IS 'Data key of the report, wrapped: AES-256-GCM nonce, ciphertext, tag';
COMMENT ON COLUMN scam_reports.report_sealed IS 'What happened, where it came from, the contact, sealed by the report''s data key';
COMMENT ON COLUMN scam_reports.handled_at IS 'When staff were done with it, UTC';
COMMENT ON COLUMN scam_reports.handled_by IS 'Staff id of who was';
COMMENT ON COLUMN scam_reports.note_sealed IS 'What was done, sealed by the report''s data key';

GRANT SELECT ON scam_reports TO joinder_tenant;
GRANT UPDATE (handled_at, handled_by, note_sealed) ON scam_reports TO joinder_tenant;
GRANT SELECT, INSERT, DELETE ON scam_reports TO joinder_system;

ALTER TABLE scam_reports ENABLE ROW LEVEL SECURITY;
CREATE POLICY scam_reports_tenant_policy ON scam_reports TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY scam_reports_system_policy ON scam_reports TO joinder_system USING (true);
