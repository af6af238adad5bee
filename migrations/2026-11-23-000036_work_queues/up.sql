-- Work queues: who works on what, until when; and indexes of the lists that had none.

CREATE TABLE assignments (
    subject_id uuid NOT NULL,
    queue text NOT NULL,
    association_id uuid NOT NULL,
    case_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    assigned_by uuid NOT NULL,
    assigned_at timestamptz NOT NULL,
    due_on date,
    CONSTRAINT assignments_pkey PRIMARY KEY (subject_id, queue)
);
CREATE INDEX assignments_staff_id_idx ON assignments (association_id, case_id, staff_id, queue);
COMMENT ON TABLE assignments IS 'Which staff member works on an item of a work queue; no row: nobody';
COMMENT ON COLUMN assignments.subject_id IS 'The claimant, or the report or export where the queue is of those';
COMMENT ON COLUMN assignments.queue IS 'Word of the queue';
COMMENT ON COLUMN assignments.association_id IS 'The tenant';
COMMENT ON COLUMN assignments.case_id IS 'The case';
COMMENT ON COLUMN assignments.staff_id IS 'Staff member who has it';
COMMENT ON COLUMN assignments.assigned_by IS 'Staff member who took it or gave it';
COMMENT ON COLUMN assignments.assigned_at IS 'When, UTC';
COMMENT ON COLUMN assignments.due_on IS 'Until which day in Rome it is to be done; null: no day was set';

GRANT SELECT, INSERT, DELETE ON assignments TO joinder_tenant, joinder_system;
GRANT UPDATE (staff_id, assigned_by, assigned_at, due_on) ON assignments TO joinder_tenant;

ALTER TABLE assignments ENABLE ROW LEVEL SECURITY;
CREATE POLICY assignments_tenant_policy ON assignments TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY assignments_system_policy ON assignments TO joinder_system USING (true);

-- Rare among the records of a case; no sign-up writes to any of them.
CREATE INDEX signature_files_not_verifiable_idx ON signature_files (association_id, claimant_id) WHERE verdict = 'not_verifiable';
CREATE INDEX documents_infected_idx ON documents (association_id, claimant_id) WHERE scan = 'infected' AND removed_at IS NULL;
CREATE INDEX claimants_conflict_idx ON claimants (association_id, case_id, id DESC) WHERE review = 'conflict';
CREATE INDEX conflicts_open_idx ON conflicts (id) WHERE settled_at IS NULL AND proven_at IS NULL;
