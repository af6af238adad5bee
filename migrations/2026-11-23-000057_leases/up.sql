-- Who begins an item of a work queue has it in hand for half an hour; nobody else is led to it meanwhile (decision 0024).
ALTER TABLE assignments ADD COLUMN lease_until timestamptz;
COMMENT ON COLUMN assignments.lease_until IS 'Until when it is in hand of who began it, UTC: after that it is nobody''s; null: assigned to stay';
GRANT UPDATE (lease_until) ON assignments TO joinder_tenant;
-- acting renews it, also where a step runs under the rights of the platform
GRANT UPDATE (staff_id, assigned_by, assigned_at, due_on, lease_until) ON assignments TO joinder_system;

-- A draft of a case that nobody wants any more: what is in force counts again.
ALTER TABLE case_revisions
    ADD COLUMN discarded_by uuid,
    ADD COLUMN discarded_at timestamptz,
    ADD CONSTRAINT case_revisions_discarded_at_check CHECK ((discarded_at IS NULL) = (discarded_by IS NULL) AND (discarded_at IS NULL OR published_at IS NULL));
COMMENT ON COLUMN case_revisions.discarded_by IS 'Staff id of who discarded the draft';
COMMENT ON COLUMN case_revisions.discarded_at IS 'When, UTC';
GRANT UPDATE (discarded_by, discarded_at) ON case_revisions TO joinder_tenant;

-- Who asks by letter for a copy of the own data has no page to take it from.
ALTER TABLE rights_requests DROP CONSTRAINT rights_requests_kind_check;
ALTER TABLE rights_requests ADD CONSTRAINT rights_requests_kind_check
    CHECK (kind IN ('rectification', 'objection', 'restriction', 'erasure', 'access', 'portability')) NOT VALID;
ALTER TABLE rights_requests VALIDATE CONSTRAINT rights_requests_kind_check;

-- Who was rejected and signs up again is found from the few who were rejected; no sign-up writes to it.
CREATE INDEX claimants_rejected_idx ON claimants (association_id, case_id, id) WHERE state = 'rejected';
