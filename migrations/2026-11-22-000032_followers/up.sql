-- Whoever follows a case without claiming, and the mails that news make.

CREATE TABLE followers (
    id uuid NOT NULL,
    subject_id uuid NOT NULL,
    association_id uuid NOT NULL,
    case_id uuid NOT NULL,
    language text NOT NULL,
    email_sealed bytea NOT NULL,
    association_key_version integer NOT NULL,
    wrapped bytea NOT NULL,
    text_version text NOT NULL,
    asked_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    CONSTRAINT followers_pkey PRIMARY KEY (id),
    CONSTRAINT followers_association_id_fkey FOREIGN KEY (association_id) REFERENCES associations (id),
    CONSTRAINT followers_case_id_fkey FOREIGN KEY (case_id) REFERENCES cases (id),
    CONSTRAINT followers_language_check CHECK (language IN ('it', 'en', 'de'))
);
CREATE INDEX followers_subject_id_idx ON followers (subject_id);
CREATE INDEX followers_confirmed_idx ON followers (association_id, case_id, id) WHERE confirmed_at IS NOT NULL;
CREATE INDEX followers_unconfirmed_idx ON followers (asked_at) WHERE confirmed_at IS NULL;
COMMENT ON TABLE followers IS 'E-mail addresses that get the news of an association about a case, without a claim; the row goes when its reader ends it';
COMMENT ON COLUMN followers.id IS 'Keyed hash of case, association and address: each address once, whoever asks';
COMMENT ON COLUMN followers.subject_id IS 'What mails and the trail call the row: random, it says nothing once the row is gone';
COMMENT ON COLUMN followers.association_id IS 'The tenant, whose news they are';
COMMENT ON COLUMN followers.case_id IS 'The case that is followed';
COMMENT ON COLUMN followers.language IS 'Language of the mails';
COMMENT ON COLUMN followers.email_sealed IS 'The address, sealed by the key of this row';
COMMENT ON COLUMN followers.association_key_version IS 'Version of the key of the association that wraps the key of this row';
COMMENT ON COLUMN followers.wrapped IS 'The key of this row, wrapped by the key of the association';
COMMENT ON COLUMN followers.text_version IS 'Version of the text consented to, in the language above (R20)';
COMMENT ON COLUMN followers.asked_at IS 'When the form was last sent, UTC; unconfirmed rows go 7 days after it';
COMMENT ON COLUMN followers.confirmed_at IS 'When the reader of the address confirmed, UTC; null: no news go out';

GRANT SELECT, INSERT ON followers TO joinder_tenant;
GRANT UPDATE (language, text_version, asked_at) ON followers TO joinder_tenant;
GRANT SELECT, DELETE ON followers TO joinder_system;
GRANT UPDATE (confirmed_at) ON followers TO joinder_system;

ALTER TABLE followers ENABLE ROW LEVEL SECURITY;
CREATE POLICY followers_tenant_policy ON followers TO joinder_tenant
    USING (association_id = (SELECT current_setting('joinder.association_id', true)::uuid));
CREATE POLICY followers_system_policy ON followers TO joinder_system USING (true);

ALTER TABLE case_updates ADD COLUMN mailed_up_to uuid, ADD COLUMN mailed_at timestamptz;
COMMENT ON COLUMN case_updates.mailed_up_to IS 'Id of the last follower whose mail is in the outbox or beyond; null: none yet';
COMMENT ON COLUMN case_updates.mailed_at IS 'When the last mail of it was put into the outbox, UTC; null: there are followers to go';
CREATE INDEX case_updates_to_mail_idx ON case_updates (id) WHERE mailed_at IS NULL AND withdrawn_at IS NULL;
GRANT UPDATE (mailed_up_to, mailed_at) ON case_updates TO joinder_system;

ALTER TABLE texts DROP CONSTRAINT texts_kind_check;
ALTER TABLE texts ADD CONSTRAINT texts_kind_check
    CHECK (kind IN ('privacy_notice', 'contact', 'newsletter', 'follow', 'attestation_g', 'mandate_h', 'mandate_messa_in_mora')) NOT VALID;
ALTER TABLE texts VALIDATE CONSTRAINT texts_kind_check;

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('confirmation', 'resend', 'access', 'otp', 'receipt', 'reminder', 'already_registered', 'paper_rejected', 'rights',
        'mailbox_code', 'payout_code', 'payout_notice', 'follow_confirmation', 'case_update')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_kind_check;
