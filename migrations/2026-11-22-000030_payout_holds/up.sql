-- A change of the account waits 72 hours, in which whoever did not ask for it can stop it (R26).

ALTER TABLE payouts ADD COLUMN effective_at timestamptz, ADD COLUMN stopped_at timestamptz, ADD COLUMN stopped_by text;
UPDATE payouts SET effective_at = created_at;
ALTER TABLE payouts ALTER COLUMN effective_at SET NOT NULL;
ALTER TABLE payouts ADD CONSTRAINT payouts_stopped_by_check CHECK (stopped_by IN ('owner', 'newer')) NOT VALID;
ALTER TABLE payouts ADD CONSTRAINT payouts_stopped_at_check CHECK ((stopped_at IS NULL) = (stopped_by IS NULL)) NOT VALID;
ALTER TABLE payouts VALIDATE CONSTRAINT payouts_stopped_by_check;
ALTER TABLE payouts VALIDATE CONSTRAINT payouts_stopped_at_check;
COMMENT ON COLUMN payouts.version IS 'From 1; the highest that is effective and not stopped counts';
COMMENT ON COLUMN payouts.effective_at IS 'From when it counts, UTC: at once for the first, 72 hours later for a change';
COMMENT ON COLUMN payouts.stopped_at IS 'When it was stopped, UTC: it never counts again';
COMMENT ON COLUMN payouts.stopped_by IS 'owner: by the link in the mail about it; newer: by a newer one before it counted';

ALTER TABLE claimants ADD COLUMN payout_frozen_at timestamptz;
COMMENT ON COLUMN claimants.payout_frozen_at IS 'Since when no payout data are taken, because the owner stopped some, UTC; staff end it';
CREATE INDEX claimants_payout_frozen_idx ON claimants (association_id, case_id, id DESC) WHERE payout_frozen_at IS NOT NULL;

GRANT UPDATE (stopped_at, stopped_by) ON payouts TO joinder_tenant, joinder_system;
