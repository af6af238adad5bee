-- Identities of which something does not fit wait until a person of the staff looked, or a better one came (R23). Nothing is
-- refused because of it.

ALTER TABLE identities ADD COLUMN checked_at timestamptz;
ALTER TABLE identities ADD COLUMN checked_by uuid;
ALTER TABLE identities ADD CONSTRAINT identities_checked_by_check CHECK ((checked_at IS NULL) = (checked_by IS NULL)) NOT VALID;
ALTER TABLE identities VALIDATE CONSTRAINT identities_checked_by_check;
COMMENT ON COLUMN identities.checked_at IS 'When staff looked at what does not fit in this version and found it in order, UTC';
COMMENT ON COLUMN identities.checked_by IS 'Staff member who did';

ALTER TABLE claimants ADD COLUMN identity_to_check_at timestamptz;
COMMENT ON COLUMN claimants.identity_to_check_at IS 'Since when the newest identity waits for a look, because its codice fiscale does not fit or is provisional, UTC; null: it fits, or staff looked';

-- the newest of each who gave one; what came with a sign-up counts from the confirmation
UPDATE claimants c SET identity_to_check_at = i.created_at FROM identities i
    WHERE i.claimant_id = c.id AND cardinality(i.warnings) > 0 AND c.identity_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM identities n WHERE n.claimant_id = i.claimant_id AND n.version > i.version);

-- of the few who wait, for list, count and next; no sign-up writes to it
CREATE INDEX claimants_identity_to_check_idx ON claimants (association_id, case_id, id DESC)
    WHERE identity_to_check_at IS NOT NULL AND state IN ('to_assist', 'confirmed', 'signed', 'resign_required', 'lodged');

GRANT UPDATE (checked_at, checked_by) ON identities TO joinder_tenant;
