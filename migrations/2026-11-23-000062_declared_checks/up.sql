-- What staff should look at in a declaration waits until one of them looked (R32, R66). What was declared stays as
-- it is, and so do its flags: beside them stands which of them were looked at. Another version needs another look.

ALTER TABLE declarations ADD COLUMN checked text[] NOT NULL DEFAULT '{}';
ALTER TABLE declarations ADD COLUMN checked_at timestamptz;
ALTER TABLE declarations ADD COLUMN checked_by uuid;
ALTER TABLE declarations ADD CONSTRAINT declarations_checked_check CHECK (checked <@ flags) NOT VALID;
ALTER TABLE declarations ADD CONSTRAINT declarations_checked_by_check
    CHECK ((checked_at IS NULL) = (checked_by IS NULL) AND (checked_at IS NULL) = (checked = '{}')) NOT VALID;
ALTER TABLE declarations VALIDATE CONSTRAINT declarations_checked_check;
ALTER TABLE declarations VALIDATE CONSTRAINT declarations_checked_by_check;
COMMENT ON COLUMN declarations.checked IS 'Codes of flags that staff looked at and found in order';
COMMENT ON COLUMN declarations.checked_at IS 'When staff last did, UTC';
COMMENT ON COLUMN declarations.checked_by IS 'Staff member who last did';

-- of those who wait, for list, count and next: the three flags that are looked at, all others taken out. What was
-- looked at is not in it
CREATE INDEX declarations_to_check_idx ON declarations (association_id, claimant_id, version)
    WHERE (flags <@ (checked || '{paid_plan_proof,narrative_special}'::text[])) IS FALSE;
-- how few they are: without it a page is planned as if all waited, and reads its way through all who have the flag
CREATE STATISTICS declarations_to_check_stat ON (flags <@ (checked || '{paid_plan_proof,narrative_special}'::text[]))
    FROM declarations;

-- the look alone: what was declared never changes
GRANT UPDATE (checked, checked_at, checked_by) ON declarations TO joinder_tenant;
