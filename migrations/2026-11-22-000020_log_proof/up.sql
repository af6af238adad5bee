-- The digest of a day of the trail is made once, whoever makes it; the trail is read in its order.
ALTER TABLE log_events
    ADD COLUMN day date,
    ADD CONSTRAINT log_events_day_check CHECK (day IS NULL OR kind = 'audit_digest');
COMMENT ON COLUMN log_events.day IS 'The day of the trail that a digest is of, UTC; null for other entries';
CREATE UNIQUE INDEX log_events_day_key ON log_events (subject_id, day) WHERE day IS NOT NULL;

-- a day is read in pages, each where the one before ended: ranges of pages would be read again for each
CREATE INDEX audit_created_at_id_idx ON audit (created_at, id);
DROP INDEX audit_created_at_idx;

-- What a time-stamping authority says of the head of a log, once a day (RFC 3161).
CREATE TABLE log_timestamps (
    case_id uuid NOT NULL,
    size bigint NOT NULL,
    checkpoint text NOT NULL,
    day date NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL,
    problem text,
    stamped_at timestamptz,
    CONSTRAINT log_timestamps_pkey PRIMARY KEY (case_id, size),
    CONSTRAINT log_timestamps_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT log_timestamps_size_check CHECK (size > 0)
);
CREATE INDEX log_timestamps_due_idx ON log_timestamps (next_at) WHERE stamped_at IS NULL;
COMMENT ON TABLE log_timestamps IS 'Heads of logs that a time-stamping authority is asked about, one a day while a log grows; the tokens are in the blob store';
COMMENT ON COLUMN log_timestamps.case_id IS 'Whose log';
COMMENT ON COLUMN log_timestamps.size IS 'Entries under the head';
COMMENT ON COLUMN log_timestamps.checkpoint IS 'The published head, a signed note: its bytes are what is stamped';
COMMENT ON COLUMN log_timestamps.day IS 'The day it is of, UTC';
COMMENT ON COLUMN log_timestamps.attempts IS 'How often the authority was asked in vain';
COMMENT ON COLUMN log_timestamps.next_at IS 'When it is asked again, UTC';
COMMENT ON COLUMN log_timestamps.problem IS 'Why it was in vain the last time; null: not asked yet, or done';
COMMENT ON COLUMN log_timestamps.stamped_at IS 'Time in the token, by the authority''s clock, UTC; null: no token yet';

GRANT SELECT ON log_timestamps TO joinder_tenant;
GRANT SELECT, INSERT, UPDATE ON log_timestamps TO joinder_system;
