-- Sample checks: records drawn by a seed out of a list that was frozen before, each looked at by somebody, the result an entry of the log.

CREATE TABLE sample_checks (
    id uuid NOT NULL,
    association_id uuid NOT NULL,
    case_id uuid NOT NULL,
    number integer NOT NULL,
    filter jsonb NOT NULL,
    purpose text NOT NULL,
    state text NOT NULL,
    size integer NOT NULL,
    population uuid[] NOT NULL,
    population_count integer NOT NULL,
    population_sha256 bytea NOT NULL,
    seed_source text,
    seed_due_at timestamptz,
    seed text,
    sample_sha256 bytea,
    result_sha256 bytea,
    opened_by uuid NOT NULL,
    opened_at timestamptz NOT NULL,
    drawn_by uuid,
    drawn_at timestamptz,
    ended_by uuid,
    ended_at timestamptz,
    end_reason text,
    CONSTRAINT sample_checks_pkey PRIMARY KEY (id),
    CONSTRAINT sample_checks_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id),
    CONSTRAINT sample_checks_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT sample_checks_number_key UNIQUE (association_id, case_id, number),
    CONSTRAINT sample_checks_number_check CHECK (number >= 1),
    CONSTRAINT sample_checks_seed_due_at_check CHECK ((seed_source IS NULL) = (seed_due_at IS NULL) AND seed_due_at > opened_at),
    CONSTRAINT sample_checks_state_check CHECK (state IN ('announced', 'drawn', 'finished', 'cancelled')),
    CONSTRAINT sample_checks_size_check CHECK (size BETWEEN 1 AND population_count AND population_count = cardinality(population)),
    CONSTRAINT sample_checks_seed_check CHECK ((seed IS NULL) = (drawn_at IS NULL) AND (seed IS NULL) = (sample_sha256 IS NULL)
        AND (seed IS NULL) = (drawn_by IS NULL) AND (seed IS NOT NULL OR state IN ('announced', 'cancelled')) AND (seed IS NULL OR state <> 'announced')),
    CONSTRAINT sample_checks_ended_at_check CHECK ((ended_at IS NOT NULL) = (state IN ('finished', 'cancelled')) AND (ended_by IS NULL) = (ended_at IS NULL)),
    CONSTRAINT sample_checks_end_reason_check CHECK ((end_reason IS NOT NULL) = (state = 'cancelled')),
    CONSTRAINT sample_checks_result_check CHECK ((result_sha256 IS NOT NULL) = (state = 'finished'))
);
CREATE INDEX sample_checks_case_idx ON sample_checks (association_id, case_id, id);
COMMENT ON TABLE sample_checks IS 'Samples drawn out of frozen lists of records, and the register of them';
COMMENT ON COLUMN sample_checks.id IS 'UUIDv7';
COMMENT ON COLUMN sample_checks.association_id IS 'The tenant';
COMMENT ON COLUMN sample_checks.case_id IS 'The case';
COMMENT ON COLUMN sample_checks.number IS 'From 1 for each association and case: whoever sees one knows how many were before';
COMMENT ON COLUMN sample_checks.filter IS 'Words of the list the records were taken from; none that names anybody';
COMMENT ON COLUMN sample_checks.purpose IS 'What for, in the words of who opened it';
COMMENT ON COLUMN sample_checks.state IS 'announced, drawn, finished or cancelled';
COMMENT ON COLUMN sample_checks.size IS 'Records that are drawn';
COMMENT ON COLUMN sample_checks.population IS 'Ids of the records they are drawn from, in the order of their references; frozen before there is a seed';
COMMENT ON COLUMN sample_checks.population_count IS 'How many those are';
COMMENT ON COLUMN sample_checks.population_sha256 IS 'SHA-256 of their references, a line each';
COMMENT ON COLUMN sample_checks.seed_source IS 'Where a public seed will come from, told before it is known; null: drawn by the program';
COMMENT ON COLUMN sample_checks.seed_due_at IS 'When a public seed will be known, UTC: before that nothing is drawn';
COMMENT ON COLUMN sample_checks.seed IS 'The seed; null until it is known';
COMMENT ON COLUMN sample_checks.sample_sha256 IS 'SHA-256 of the references that were drawn, a line each';
COMMENT ON COLUMN sample_checks.result_sha256 IS 'SHA-256 of place, reference, result and code, a line each; null until it is finished';
COMMENT ON COLUMN sample_checks.opened_by IS 'Staff member who opened it';
COMMENT ON COLUMN sample_checks.opened_at IS 'When, UTC';
COMMENT ON COLUMN sample_checks.drawn_by IS 'Staff member who drew, or typed the public seed';
COMMENT ON COLUMN sample_checks.drawn_at IS 'When, UTC';
COMMENT ON COLUMN sample_checks.ended_by IS 'Staff member who finished or cancelled it';
COMMENT ON COLUMN sample_checks.ended_at IS 'When, UTC';
COMMENT ON COLUMN sample_checks.end_reason IS 'Why it was cancelled, in their words';

CREATE TABLE sample_members (
    sample_id uuid NOT NULL,
    place integer NOT NULL,
    association_id uuid NOT NULL,
    claimant_id uuid NOT NULL,
    result text,
    code text,
    note_sealed bytea,
    checked_by uuid,
    checked_at timestamptz,
    CONSTRAINT sample_members_pkey PRIMARY KEY (sample_id, place),
    CONSTRAINT sample_members_claimant_id_key UNIQUE (sample_id, claimant_id),
    CONSTRAINT sample_members_sample_id_fkey FOREIGN KEY (sample_id) REFERENCES sample_checks (id),
    CONSTRAINT sample_members_place_check CHECK (place >= 1),
    CONSTRAINT sample_members_result_check CHECK (result IN ('ok', 'finding', 'unable')),
    CONSTRAINT sample_members_code_check CHECK ((code IS NOT NULL) = (result IS NOT DISTINCT FROM 'finding')
        AND code IN ('identity', 'mailbox', 'damage', 'documents', 'signature', 'double', 'other')),
    CONSTRAINT sample_members_checked_check CHECK ((result IS NULL) = (checked_by IS NULL) AND (result IS NULL) = (checked_at IS NULL))
);
CREATE INDEX sample_members_claimant_id_idx ON sample_members (claimant_id);
COMMENT ON TABLE sample_members IS 'The records of a sample in the order they were drawn, and what was found';
COMMENT ON COLUMN sample_members.sample_id IS 'The sample check';
COMMENT ON COLUMN sample_members.place IS 'From 1, by the hash of seed and reference';
COMMENT ON COLUMN sample_members.association_id IS 'The tenant';
COMMENT ON COLUMN sample_members.claimant_id IS 'The claimant; stays when they are erased, and then leads to nobody';
COMMENT ON COLUMN sample_members.result IS 'ok, finding or unable; null: not checked yet';
COMMENT ON COLUMN sample_members.code IS 'What a finding is about';
COMMENT ON COLUMN sample_members.note_sealed IS 'What was found, in words; sealed by the claimant''s key; null also for the erased';
COMMENT ON COLUMN sample_members.checked_by IS 'Staff member who checked it last';
COMMENT ON COLUMN sample_members.checked_at IS 'When, UTC';

-- what is drawn, and from what, nobody changes
GRANT SELECT, INSERT ON sample_checks TO joinder_tenant;
GRANT UPDATE (state, seed, sample_sha256, result_sha256, drawn_by, drawn_at, ended_by, ended_at, end_reason) ON sample_checks TO joinder_tenant;
GRANT SELECT ON sample_checks TO joinder_system;
GRANT SELECT, INSERT ON sample_members TO joinder_tenant;
GRANT UPDATE (result, code, note_sealed, checked_by, checked_at) ON sample_members TO joinder_tenant;
GRANT SELECT ON sample_members TO joinder_system;
GRANT UPDATE (note_sealed) ON sample_members TO joinder_system;

-- and nobody changes it once it is: a seed, its digest and what ended stay; of an ended check a note can be forgotten
CREATE FUNCTION keep_sample_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('finished', 'cancelled') OR (OLD.seed IS NOT NULL
        AND (NEW.seed, NEW.sample_sha256, NEW.drawn_by, NEW.drawn_at) IS DISTINCT FROM (OLD.seed, OLD.sample_sha256, OLD.drawn_by, OLD.drawn_at)) THEN
        RAISE EXCEPTION 'what a sample check drew, and one that ended, does not change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sample_checks_keep BEFORE UPDATE ON sample_checks FOR EACH ROW EXECUTE FUNCTION keep_sample_check();
CREATE FUNCTION keep_sample_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.note_sealed IS NULL
        AND (NEW.result, NEW.code, NEW.checked_by, NEW.checked_at) IS NOT DISTINCT FROM (OLD.result, OLD.code, OLD.checked_by, OLD.checked_at) THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM sample_checks s WHERE s.id = NEW.sample_id AND s.state = 'drawn' AND NEW.place <= s.size) THEN
        RAISE EXCEPTION 'the records of a sample check that ended do not change' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sample_members_keep BEFORE INSERT OR UPDATE ON sample_members FOR EACH ROW EXECUTE FUNCTION keep_sample_member();

ALTER TABLE sample_checks ENABLE ROW LEVEL SECURITY;
CREATE POLICY sample_checks_tenant_policy ON sample_checks TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY sample_checks_system_policy ON sample_checks TO joinder_system USING (true);
ALTER TABLE sample_members ENABLE ROW LEVEL SECURITY;
CREATE POLICY sample_members_tenant_policy ON sample_members TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY sample_members_system_policy ON sample_members TO joinder_system USING (true);

COMMENT ON COLUMN log_events.subject_id IS 'Claimant, export, sample check or case it is about; not part of the entry';
