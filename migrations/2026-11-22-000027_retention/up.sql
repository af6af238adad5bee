-- Terms of keeping: what counsel confirmed, and what runs deleted (R62, R64). The rules are data of the program.

CREATE TABLE retention_terms (
    rule text NOT NULL,
    days integer NOT NULL,
    confirmed_by text NOT NULL,
    confirmed_at timestamptz NOT NULL,
    CONSTRAINT retention_terms_pkey PRIMARY KEY (rule),
    CONSTRAINT retention_terms_days_check CHECK (days > 0)
);
COMMENT ON TABLE retention_terms IS 'Terms that somebody answers for; a rule without a row has the term it came with';
COMMENT ON COLUMN retention_terms.rule IS 'Name of the rule in domain/retention.rs';
COMMENT ON COLUMN retention_terms.days IS 'Days, within the bounds of the rule';
COMMENT ON COLUMN retention_terms.confirmed_by IS 'Who answers for it: name and office of the lawyer';
COMMENT ON COLUMN retention_terms.confirmed_at IS 'When it was entered, UTC';

CREATE TABLE retention_runs (
    rule text NOT NULL,
    day date NOT NULL,
    ran_at timestamptz NOT NULL,
    deleted bigint NOT NULL,
    CONSTRAINT retention_runs_pkey PRIMARY KEY (rule, day),
    CONSTRAINT retention_runs_deleted_check CHECK (deleted >= 0)
);
COMMENT ON TABLE retention_runs IS 'What each rule deleted on each day';
COMMENT ON COLUMN retention_runs.rule IS 'Name of the rule in domain/retention.rs';
COMMENT ON COLUMN retention_runs.day IS 'Day in Rome';
COMMENT ON COLUMN retention_runs.ran_at IS 'Last run of the day, UTC';
COMMENT ON COLUMN retention_runs.deleted IS 'Deleted on that day: records, hand-ins, files or rows';

GRANT SELECT ON retention_terms, retention_runs TO joinder_tenant;
GRANT SELECT, INSERT, UPDATE ON retention_terms, retention_runs TO joinder_system;
