-- Mails wait by the mail domain of their recipient (decision 11).

ALTER TABLE outbox ADD COLUMN queue_id uuid;
COMMENT ON COLUMN outbox.queue_id IS 'Keyed hash of the recipient''s mail domain (UUIDv8); null until the address is known';

ALTER TABLE outbox DROP CONSTRAINT outbox_state_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_state_check CHECK (state IN ('due', 'parked', 'dead')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_state_check;
COMMENT ON COLUMN outbox.state IS 'due; parked: waits for its own queue, off the common path; dead: given up, for staff to see';
COMMENT ON COLUMN outbox.lane IS '0 to 63; a sender owns lanes by lease (SCALE S8). Its first bits are those of the last byte of subject_id';

-- A claim walks one priority after the other by age and stops at its limit; leading with the lane it would read and sort
-- everything that is due.
CREATE INDEX outbox_claim_idx ON outbox (priority, due_at) WHERE state = 'due';
CREATE INDEX outbox_parked_idx ON outbox (queue_id, priority, due_at) WHERE state = 'parked';
CREATE INDEX outbox_dead_idx ON outbox (created_at) WHERE state = 'dead';
DROP INDEX outbox_due_idx;
-- rows come, are leased once and go: room for the lease on the same page, and soon vacuumed
ALTER TABLE outbox SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0);

CREATE TABLE mail_queues (
    id uuid NOT NULL,
    domain text,
    state text NOT NULL,
    failures integer NOT NULL,
    opened_at timestamptz,
    next_probe_at timestamptz,
    recovered_at timestamptz,
    held_at timestamptz,
    per_second integer,
    at_once integer,
    last_answer text,
    answered_at timestamptz,
    CONSTRAINT mail_queues_pkey PRIMARY KEY (id),
    CONSTRAINT mail_queues_domain_check CHECK (domain = lower(domain)),
    CONSTRAINT mail_queues_state_check CHECK (state IN ('closed', 'open', 'probing')),
    CONSTRAINT mail_queues_opened_at_check CHECK (
        (state = 'closed') = (opened_at IS NULL) AND (state = 'closed') = (next_probe_at IS NULL)),
    CONSTRAINT mail_queues_per_second_check CHECK (per_second > 0),
    CONSTRAINT mail_queues_at_once_check CHECK (at_once > 0)
);
COMMENT ON TABLE mail_queues IS 'Mail domains that are not as usual: failing, dead, recovering, held or slowed. Shared by all senders';
COMMENT ON COLUMN mail_queues.id IS 'As outbox.queue_id';
COMMENT ON COLUMN mail_queues.domain IS 'The domain in clear, only where it is a public provider';
COMMENT ON COLUMN mail_queues.state IS 'The breaker. closed: mail goes out; open: mail waits; probing: one mail is on its way to ask';
COMMENT ON COLUMN mail_queues.failures IS 'Failures of the domain, one after the other';
COMMENT ON COLUMN mail_queues.opened_at IS 'Since when mail waits, UTC, by Clock';
COMMENT ON COLUMN mail_queues.next_probe_at IS 'When one mail may go out to ask again, UTC, by Clock';
COMMENT ON COLUMN mail_queues.recovered_at IS 'When the domain answered again, UTC, by Clock: the ramp begins there';
COMMENT ON COLUMN mail_queues.held_at IS 'Since when the operator holds it, UTC; null: not held';
COMMENT ON COLUMN mail_queues.per_second IS 'Mails a second over all senders, if fewer than usual';
COMMENT ON COLUMN mail_queues.at_once IS 'Conversations at the same time over all senders, if fewer than usual';
COMMENT ON COLUMN mail_queues.last_answer IS 'Last refusal, without addresses';
COMMENT ON COLUMN mail_queues.answered_at IS 'When that was, UTC';

CREATE TABLE mail_days (
    day date NOT NULL,
    reserved bigint NOT NULL,
    CONSTRAINT mail_days_pkey PRIMARY KEY (day)
);
COMMENT ON TABLE mail_days IS 'Mails handed to the relay a day, where it has a daily quota (SMTP_DAILY)';
COMMENT ON COLUMN mail_days.day IS 'UTC, by Clock';
COMMENT ON COLUMN mail_days.reserved IS 'Mails taken for sending that day, over all senders';

ALTER TABLE mail_domains ADD COLUMN held_by text;
ALTER TABLE mail_domains ADD CONSTRAINT mail_domains_held_by_check CHECK (held_by IN ('operator', 'breaker'));
UPDATE mail_domains SET held_by = 'operator' WHERE held_since IS NOT NULL;
COMMENT ON COLUMN mail_domains.held_by IS 'operator: by command; breaker: the domain does not answer; null: not held';

GRANT SELECT, INSERT, UPDATE, DELETE ON mail_queues, mail_days TO joinder_system;
