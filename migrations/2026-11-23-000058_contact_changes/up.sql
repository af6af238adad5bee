-- Another contact for a confirmed record: a code to the new address, a notice with a link to the former one (R14, R26).

CREATE TABLE contact_changes (
    claimant_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    new_sealed bytea NOT NULL,
    former_sealed bytea,
    created_at timestamptz NOT NULL,
    done_at timestamptz,
    told_at timestamptz,
    stopped_at timestamptz,
    CONSTRAINT contact_changes_pkey PRIMARY KEY (claimant_id, id),
    CONSTRAINT contact_changes_claimant_id_fkey FOREIGN KEY (claimant_id) REFERENCES claimants (id),
    CONSTRAINT contact_changes_former_sealed_check CHECK ((former_sealed IS NULL) = (done_at IS NULL)),
    CONSTRAINT contact_changes_told_at_check CHECK (told_at IS NULL OR done_at IS NOT NULL),
    CONSTRAINT contact_changes_stopped_at_check CHECK (stopped_at IS NULL OR done_at IS NOT NULL)
);
CREATE INDEX claimants_moved_from_idx ON claimants (moved_from) WHERE moved_from IS NOT NULL;
CREATE INDEX contact_changes_created_at_idx ON contact_changes (created_at);
COMMENT ON TABLE contact_changes IS 'Other addresses that confirmed claimants asked to be reached at; only the newest can be confirmed';
COMMENT ON COLUMN contact_changes.claimant_id IS 'The claimant';
COMMENT ON COLUMN contact_changes.id IS 'UUIDv7 made by the application; the code mailed to the new address is bound to it';
COMMENT ON COLUMN contact_changes.association_id IS 'The tenant';
COMMENT ON COLUMN contact_changes.new_sealed IS 'The new address, sealed by the claimant''s data key';
COMMENT ON COLUMN contact_changes.former_sealed IS 'The contact before, sealed by the claimant''s data key: where the notice goes, and what its link brings back; null: not confirmed';
COMMENT ON COLUMN contact_changes.created_at IS 'When it was asked for, UTC; kept 32 days from then';
COMMENT ON COLUMN contact_changes.done_at IS 'When the code was typed in and the new address counted, UTC';
COMMENT ON COLUMN contact_changes.told_at IS 'When the notice left for the former address, or was lost and the account frozen, UTC; no account is taken until 72 hours later';
COMMENT ON COLUMN contact_changes.stopped_at IS 'When the reader of the former address took it back, UTC';

ALTER TABLE confirmations DROP CONSTRAINT confirmations_purpose_check;
ALTER TABLE confirmations ADD CONSTRAINT confirmations_purpose_check
    CHECK (purpose IN ('confirm', 'access', 'mailbox', 'payout', 'contact')) NOT VALID;
ALTER TABLE confirmations VALIDATE CONSTRAINT confirmations_purpose_check;
COMMENT ON COLUMN confirmations.purpose IS 'confirm the contact, access to the own record, control of a mailbox, change of the payout data, change of the contact';

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('confirmation', 'resend', 'access', 'otp', 'receipt', 'reminder', 'already_registered', 'paper_rejected', 'rights',
        'mailbox_code', 'payout_code', 'payout_notice', 'contact_code', 'contact_notice', 'withdrawal', 'follow_confirmation', 'case_update',
        'deficiency', 'invitation', 'staff_notice', 'message', 'approval_waits', 'rejection', 'webhook_disabled')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_kind_check;

GRANT SELECT, INSERT ON contact_changes TO joinder_tenant;
GRANT UPDATE (former_sealed, done_at) ON contact_changes TO joinder_tenant;
GRANT SELECT, DELETE ON contact_changes TO joinder_system;
GRANT UPDATE (told_at, stopped_at) ON contact_changes TO joinder_system;

ALTER TABLE contact_changes ENABLE ROW LEVEL SECURITY;
CREATE POLICY contact_changes_tenant_policy ON contact_changes TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY contact_changes_system_policy ON contact_changes TO joinder_system USING (true);
CREATE POLICY contact_changes_limited_policy ON contact_changes AS RESTRICTIVE FOR SELECT TO joinder_limited
    USING (EXISTS (SELECT FROM claimants WHERE claimants.id = contact_changes.claimant_id));
