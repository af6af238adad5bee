-- Proof that a mailbox is the claimant's: a code mailed to it, or the contact that it is (R30).

ALTER TABLE mailboxes ADD COLUMN proved_at timestamptz, ADD COLUMN proof text;
ALTER TABLE mailboxes ADD CONSTRAINT mailboxes_proof_check CHECK (proof IN ('code', 'contact')) NOT VALID;
ALTER TABLE mailboxes ADD CONSTRAINT mailboxes_proved_at_check CHECK ((proved_at IS NULL) = (proof IS NULL)) NOT VALID;
ALTER TABLE mailboxes VALIDATE CONSTRAINT mailboxes_proof_check;
ALTER TABLE mailboxes VALIDATE CONSTRAINT mailboxes_proved_at_check;
COMMENT ON COLUMN mailboxes.proved_at IS 'When the claimant first proved control of the mailbox, UTC; null: not yet';
COMMENT ON COLUMN mailboxes.proof IS 'How: code, a code mailed to it was typed in; contact, it is the contact that was confirmed';

ALTER TABLE conflicts ADD COLUMN proven_at timestamptz;
COMMENT ON COLUMN conflicts.proven_at IS 'Since when only who holds the key has proved control of the mailbox, UTC: the clash is decided, this side alone is blocked';

ALTER TABLE confirmations DROP CONSTRAINT confirmations_purpose_check;
ALTER TABLE confirmations ADD CONSTRAINT confirmations_purpose_check
    CHECK (purpose IN ('confirm', 'access', 'mailbox', 'payout')) NOT VALID;
ALTER TABLE confirmations VALIDATE CONSTRAINT confirmations_purpose_check;
COMMENT ON COLUMN confirmations.purpose IS 'confirm the contact, access to the own record, control of a mailbox, change of the payout data';

ALTER TABLE outbox DROP CONSTRAINT outbox_kind_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_kind_check
    CHECK (kind IN ('confirmation', 'resend', 'access', 'otp', 'receipt', 'reminder', 'already_registered', 'paper_rejected', 'rights',
        'mailbox_code', 'payout_code', 'payout_notice')) NOT VALID;
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_kind_check;

GRANT UPDATE (proved_at, proof) ON mailboxes TO joinder_tenant;
