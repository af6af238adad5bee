-- A granted erasure or restriction is carried out, and the register says what became of it (R60, R61).

ALTER TABLE claimants ADD COLUMN restricted_at timestamptz;
COMMENT ON COLUMN claimants.restricted_at IS 'Since when the data are only kept (art. 18 GDPR, R61), UTC: not in lists, exports and reminders';
CREATE INDEX claimants_restricted_at_idx ON claimants (association_id, case_id, id DESC) WHERE restricted_at IS NOT NULL;
UPDATE claimants SET restricted_at = state_changed_at WHERE state = 'restricted';

ALTER TABLE rights_requests ADD COLUMN outcome text;
ALTER TABLE rights_requests ADD COLUMN erase_by timestamptz;
ALTER TABLE rights_requests ADD COLUMN carried_out_at timestamptz;
ALTER TABLE rights_requests ADD CONSTRAINT rights_requests_outcome_check
    CHECK (outcome IN ('recorded', 'restricted', 'erasing', 'erased')) NOT VALID;
ALTER TABLE rights_requests VALIDATE CONSTRAINT rights_requests_outcome_check;
ALTER TABLE rights_requests ADD CONSTRAINT rights_requests_erase_by_check
    CHECK (outcome IS DISTINCT FROM 'erasing' OR erase_by IS NOT NULL) NOT VALID;
ALTER TABLE rights_requests VALIDATE CONSTRAINT rights_requests_erase_by_check;
CREATE INDEX rights_requests_erasing_idx ON rights_requests (erase_by) WHERE outcome = 'erasing';
COMMENT ON COLUMN rights_requests.outcome IS 'What became of it: recorded only, restricted, erasing (once the answer has left by mail), erased; null while open';
COMMENT ON COLUMN rights_requests.erase_by IS 'When the record is erased at the latest, whether the answer left or not, UTC';
COMMENT ON COLUMN rights_requests.carried_out_at IS 'When it was carried out, UTC';

GRANT UPDATE (outcome, erase_by, carried_out_at) ON rights_requests TO joinder_tenant;
GRANT UPDATE (outcome, carried_out_at) ON rights_requests TO joinder_system;
