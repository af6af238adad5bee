-- Lifting a restriction: the person is told before (art. 18.3 GDPR, R61).

ALTER TABLE rights_requests
    ADD COLUMN lifting_at timestamptz,
    ADD COLUMN lifting_notified text,
    ADD COLUMN lifting_mail uuid,
    ADD COLUMN lifting_sealed bytea,
    ADD COLUMN lifts_at timestamptz,
    ADD COLUMN lifted_at timestamptz,
    ADD CONSTRAINT rights_requests_lifting_notified_check CHECK (lifting_notified IN ('mail', 'letter')),
    ADD CONSTRAINT rights_requests_lifting_check CHECK (
        (lifting_at IS NULL) = (lifts_at IS NULL) AND (lifting_at IS NULL) = (lifting_notified IS NULL)
        AND (lifting_at IS NULL OR (outcome = 'restricted' AND lifts_at > lifting_at))
        AND (lifted_at IS NULL OR lifted_at >= lifts_at));
CREATE INDEX rights_requests_lifting_idx ON rights_requests (lifts_at) WHERE lifts_at IS NOT NULL AND lifted_at IS NULL;
COMMENT ON COLUMN rights_requests.lifting_at IS 'When staff announced that the restriction granted here is lifted, UTC';
COMMENT ON COLUMN rights_requests.lifting_notified IS 'How the person is told of it';
COMMENT ON COLUMN rights_requests.lifting_mail IS 'Id of the mail that tells of it; none: a letter';
COMMENT ON COLUMN rights_requests.lifting_sealed IS 'Why it is lifted, sealed by the claimant''s data key; null once erased';
COMMENT ON COLUMN rights_requests.lifts_at IS 'From when the data may be used again, UTC: not before the person was told';
COMMENT ON COLUMN rights_requests.lifted_at IS 'When it was lifted, UTC';

GRANT UPDATE (lifting_at, lifting_notified, lifting_mail, lifting_sealed, lifts_at) ON rights_requests TO joinder_tenant;
GRANT UPDATE (lifting_sealed, lifted_at) ON rights_requests TO joinder_system;

-- Accounts that staff type in from a signed paper, and changes nobody could be told of (R26).

ALTER TABLE payouts
    ADD COLUMN told_at timestamptz,
    ADD COLUMN typed_by uuid,
    ADD COLUMN waits_at timestamptz,
    ADD COLUMN released_at timestamptz,
    ADD COLUMN released_by uuid;
UPDATE payouts SET told_at = created_at;
ALTER TABLE payouts DROP CONSTRAINT payouts_stopped_by_check;
ALTER TABLE payouts ADD CONSTRAINT payouts_stopped_by_check CHECK (stopped_by IN ('owner', 'newer', 'staff')) NOT VALID;
ALTER TABLE payouts ADD CONSTRAINT payouts_released_check
    CHECK ((released_at IS NULL) = (released_by IS NULL) AND released_by IS DISTINCT FROM coalesce(typed_by, '00000000-0000-0000-0000-000000000000')) NOT VALID;
ALTER TABLE payouts VALIDATE CONSTRAINT payouts_stopped_by_check;
ALTER TABLE payouts VALIDATE CONSTRAINT payouts_released_check;
COMMENT ON COLUMN payouts.version IS 'From 1; the highest that counts and is not stopped is paid into';
COMMENT ON COLUMN payouts.stopped_by IS 'owner: by the link in the mail about it; newer: by a newer one before it counted; staff: not released';
COMMENT ON COLUMN payouts.told_at IS 'When the mail about it left for the confirmed contact, UTC; a change counts only once that is so, or staff released it';
COMMENT ON COLUMN payouts.typed_by IS 'Staff id of who typed it in from a signed paper; it counts only once another released it';
COMMENT ON COLUMN payouts.waits_at IS 'Since when it waits for staff: typed in from a paper, or nobody could be told of it, UTC; counts while neither stopped nor released';
COMMENT ON COLUMN payouts.released_at IS 'When staff released it, after they had spoken with the owner or compared the paper, UTC';
COMMENT ON COLUMN payouts.released_by IS 'Staff id of who released it; never who typed it in';
GRANT UPDATE (told_at, waits_at, released_at, released_by) ON payouts TO joinder_tenant, joinder_system;
-- a notice that leaves late begins the hold anew
GRANT UPDATE (effective_at) ON payouts TO joinder_system;
CREATE INDEX payouts_waits_idx ON payouts (association_id, claimant_id)
    WHERE waits_at IS NOT NULL AND stopped_at IS NULL AND released_at IS NULL;
