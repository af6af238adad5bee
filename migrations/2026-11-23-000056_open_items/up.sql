-- Items without an amount, which the judge values in equity (art. 1226 c.c.), counted beside their total; and the plan
-- of a mailbox as it was declared.

ALTER TABLE declarations ADD COLUMN open_items smallint;
ALTER TABLE declarations ADD CONSTRAINT declarations_open_items_check CHECK (open_items >= 0) NOT VALID;
ALTER TABLE declarations VALIDATE CONSTRAINT declarations_open_items_check;
COMMENT ON COLUMN declarations.open_items IS 'Items without an amount; null: declared before they were counted, and housekeeping has not come by yet';
COMMENT ON COLUMN mailboxes.plan IS 'Code of the plan at the event, as declared last, else as told at sign-up';

-- dashboards read the counts from here alone
CREATE INDEX declarations_open_items_idx ON declarations (association_id, claimant_id, version) INCLUDE (open_items)
    WHERE open_items > 0;
-- what housekeeping has still to count, oldest first
CREATE INDEX declarations_uncounted_idx ON declarations (created_at, claimant_id) WHERE open_items IS NULL;

-- the count alone: what was declared never changes
GRANT UPDATE (open_items) ON declarations TO joinder_system;
GRANT UPDATE (plan) ON mailboxes TO joinder_tenant;
