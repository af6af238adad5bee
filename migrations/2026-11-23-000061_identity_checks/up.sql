-- Identities of which something does not fit wait until a person of the staff looked, or a better one came (R23). Nothing is
-- refused because of it.

ALTER TABLE identities ADD COLUMN to_check_at timestamptz;
ALTER TABLE identities ADD COLUMN checked_at timestamptz;
ALTER TABLE identities ADD COLUMN checked_by uuid;
ALTER TABLE identities ADD CONSTRAINT identities_checked_by_check CHECK ((checked_at IS NULL) = (checked_by IS NULL)) NOT VALID;
ALTER TABLE identities ADD CONSTRAINT identities_to_check_at_check CHECK (to_check_at IS NULL OR checked_at IS NULL) NOT VALID;
ALTER TABLE identities VALIDATE CONSTRAINT identities_checked_by_check;
ALTER TABLE identities VALIDATE CONSTRAINT identities_to_check_at_check;
COMMENT ON COLUMN identities.to_check_at IS 'Since when it waits for a look, because its codice fiscale does not fit or is provisional, UTC; null: it fits, does not count yet or any more, or staff looked';
COMMENT ON COLUMN identities.checked_at IS 'When staff looked at what does not fit in this version and found it in order, UTC';
COMMENT ON COLUMN identities.checked_by IS 'Staff member who did';

-- the newest of each who gave one; what came with a sign-up counts from the confirmation
UPDATE identities i SET to_check_at = i.created_at FROM claimants c
    WHERE c.id = i.claimant_id AND cardinality(i.warnings) > 0 AND c.identity_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM identities n WHERE n.claimant_id = i.claimant_id AND n.version > i.version);

-- of the few who wait, for list, count and next; one version of each at most. No sign-up writes to it
CREATE UNIQUE INDEX identities_to_check_key ON identities (association_id, claimant_id) WHERE to_check_at IS NOT NULL;

GRANT UPDATE (to_check_at, checked_at, checked_by) ON identities TO joinder_tenant;
