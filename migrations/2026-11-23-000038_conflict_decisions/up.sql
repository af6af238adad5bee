-- What staff decide about two records that claim the same person or mailbox, where it takes a second person.

CREATE TABLE conflict_decisions (
    registered_id uuid NOT NULL,
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    case_id uuid NOT NULL,
    keeper_id uuid NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    outcome text,
    CONSTRAINT conflict_decisions_pkey PRIMARY KEY (registered_id, id),
    CONSTRAINT conflict_decisions_decided_check CHECK ((decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (outcome IS NULL)),
    CONSTRAINT conflict_decisions_decided_by_check CHECK (decided_by <> proposed_by),
    CONSTRAINT conflict_decisions_outcome_check CHECK (outcome IN ('approved', 'refused'))
);
CREATE UNIQUE INDEX conflict_decisions_open_key ON conflict_decisions (registered_id) WHERE decided_at IS NULL;
COMMENT ON TABLE conflict_decisions IS 'Proposals that one record keeps a contested key and the others are rejected; a second person decides';
COMMENT ON COLUMN conflict_decisions.registered_id IS 'Key of registered_persons or registered_mailboxes that is contested';
COMMENT ON COLUMN conflict_decisions.id IS 'UUIDv7 made by the application';
COMMENT ON COLUMN conflict_decisions.association_id IS 'The tenant';
COMMENT ON COLUMN conflict_decisions.case_id IS 'The case';
COMMENT ON COLUMN conflict_decisions.keeper_id IS 'The claimant who is to keep the key';
COMMENT ON COLUMN conflict_decisions.proposed_by IS 'Staff member who proposed it; why stands in the trail';
COMMENT ON COLUMN conflict_decisions.proposed_at IS 'When, UTC';
COMMENT ON COLUMN conflict_decisions.decided_by IS 'Staff member who decided: never who proposed it';
COMMENT ON COLUMN conflict_decisions.decided_at IS 'When, UTC';
COMMENT ON COLUMN conflict_decisions.outcome IS 'approved: the others are rejected; refused: nothing changed';

GRANT SELECT, INSERT ON conflict_decisions TO joinder_tenant, joinder_system;
GRANT UPDATE (decided_by, decided_at, outcome) ON conflict_decisions TO joinder_tenant, joinder_system;
GRANT DELETE ON conflict_decisions TO joinder_system;

ALTER TABLE conflict_decisions ENABLE ROW LEVEL SECURITY;
CREATE POLICY conflict_decisions_tenant_policy ON conflict_decisions TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY conflict_decisions_system_policy ON conflict_decisions TO joinder_system USING (true);
