-- What became of the notice of another contact; another contact typed in by staff, approved by a second person and
-- confirmed by the reader of the new address (R14, R26).

ALTER TABLE contact_changes ADD COLUMN lost_at timestamptz;
ALTER TABLE contact_changes ADD CONSTRAINT contact_changes_lost_at_check CHECK (lost_at IS NULL OR told_at IS NOT NULL) NOT VALID;
ALTER TABLE contact_changes VALIDATE CONSTRAINT contact_changes_lost_at_check;
COMMENT ON COLUMN contact_changes.lost_at IS 'When it turned out that the former address cannot be told, UTC; null: the notice waits or left';
GRANT UPDATE (lost_at) ON contact_changes TO joinder_system;

CREATE TABLE contact_requests (
    claimant_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    new_sealed bytea NOT NULL,
    how text NOT NULL,
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    approved_at timestamptz,
    approved_by uuid,
    ended_at timestamptz,
    ended_as text,
    change_id uuid,
    CONSTRAINT contact_requests_pkey PRIMARY KEY (claimant_id, id),
    CONSTRAINT contact_requests_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id),
    CONSTRAINT contact_requests_how_check CHECK (how IN ('phone', 'desk', 'post')),
    CONSTRAINT contact_requests_approved_check
        CHECK ((approved_at IS NULL) = (approved_by IS NULL) AND approved_by IS DISTINCT FROM asked_by),
    CONSTRAINT contact_requests_ended_at_check CHECK ((ended_at IS NULL) = (ended_as IS NULL)),
    CONSTRAINT contact_requests_ended_as_check
        CHECK (ended_as IN ('confirmed', 'rejected', 'withdrawn', 'newer', 'stopped', 'expired')),
    CONSTRAINT contact_requests_change_id_check
        CHECK ((change_id IS NULL) = (ended_as IS DISTINCT FROM 'confirmed') AND (change_id IS NULL OR approved_at IS NOT NULL))
);
CREATE UNIQUE INDEX contact_requests_open_key ON contact_requests (claimant_id) WHERE ended_at IS NULL;
CREATE INDEX contact_requests_waiting_idx ON contact_requests (association_id, claimant_id)
    WHERE ended_at IS NULL AND approved_at IS NULL;
CREATE INDEX contact_requests_asked_at_idx ON contact_requests (asked_at);
COMMENT ON TABLE contact_requests IS 'Other addresses that staff typed in for a confirmed record; one at a time waits, for a second person, then for the reader of the address';
COMMENT ON COLUMN contact_requests.claimant_id IS 'The claimant';
COMMENT ON COLUMN contact_requests.id IS 'UUIDv7 made by the application; the link mailed to the new address derives from it';
COMMENT ON COLUMN contact_requests.association_id IS 'The tenant';
COMMENT ON COLUMN contact_requests.new_sealed IS 'The new address, sealed by the claimant''s data key';
COMMENT ON COLUMN contact_requests.how IS 'How staff reached the person: phone, desk, post';
COMMENT ON COLUMN contact_requests.asked_by IS 'Staff id of who typed it in';
COMMENT ON COLUMN contact_requests.asked_at IS 'When it was typed in, UTC; kept 32 days from then';
COMMENT ON COLUMN contact_requests.expires_at IS 'Last instant at which it can be approved or, once approved, confirmed, UTC';
COMMENT ON COLUMN contact_requests.approved_at IS 'When a second person typed the same address, UTC; the link goes out then';
COMMENT ON COLUMN contact_requests.approved_by IS 'Staff id of the second person; never who typed it in';
COMMENT ON COLUMN contact_requests.ended_at IS 'When it ended, UTC; null: it waits, until expires_at';
COMMENT ON COLUMN contact_requests.ended_as IS 'confirmed by the reader of the address, rejected by another member, withdrawn by who typed it in, newer: the claimant took up another address, stopped: the reader of the former address took a change back, expired';
COMMENT ON COLUMN contact_requests.change_id IS 'The change that came of it';

GRANT SELECT, INSERT ON contact_requests TO joinder_tenant;
GRANT UPDATE (expires_at, approved_at, approved_by, ended_at, ended_as, change_id) ON contact_requests TO joinder_tenant;
GRANT SELECT, DELETE ON contact_requests TO joinder_system;
GRANT UPDATE (ended_at, ended_as) ON contact_requests TO joinder_system;

ALTER TABLE contact_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY contact_requests_tenant_policy ON contact_requests TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY contact_requests_system_policy ON contact_requests TO joinder_system USING (true);
CREATE POLICY contact_requests_limited_policy ON contact_requests AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = contact_requests.claimant_id));

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('confirmation', 'resend', 'access', 'otp', 'receipt', 'reminder', 'already_registered', 'paper_rejected', 'rights',
        'mailbox_code', 'payout_code', 'payout_notice', 'contact_code', 'contact_notice', 'contact_stopped', 'contact_link', 'withdrawal',
        'follow_confirmation', 'case_update', 'deficiency', 'invitation', 'staff_notice', 'message', 'approval_waits', 'rejection',
        'webhook_disabled')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_kind_check;
