-- Lifting a restriction: the person is told before (art. 18.3 GDPR, R61).

ALTER TABLE rights_requests
    ADD COLUMN lifting_at timestamptz,
    ADD COLUMN lifting_notified text,
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
COMMENT ON COLUMN rights_requests.lifting_sealed IS 'Why it is lifted, sealed by the claimant''s data key; null once erased';
COMMENT ON COLUMN rights_requests.lifts_at IS 'From when the data may be used again, UTC: not before the person was told';
COMMENT ON COLUMN rights_requests.lifted_at IS 'When it was lifted, UTC';

GRANT UPDATE (lifting_at, lifting_notified, lifting_sealed, lifts_at) ON rights_requests TO joinder_tenant;
GRANT UPDATE (lifting_sealed, lifted_at) ON rights_requests TO joinder_system;
