-- Queues of what declarations say, and archives of signed documents in the register of exports.

-- Rare among the records of a case: without these a page would read its way through all of them. A
-- sign-up, which has no flags, writes to none.
CREATE INDEX claimants_not_restored_idx ON claimants (association_id, case_id, id DESC)
    WHERE 'not_restored' = ANY (declared_flags);
CREATE INDEX claimants_double_recovery_idx ON claimants (association_id, case_id, id DESC)
    WHERE 'double_recovery' = ANY (declared_flags);
CREATE INDEX claimants_outside_window_idx ON claimants (association_id, case_id, id DESC)
    WHERE 'outside_window' = ANY (declared_flags);

ALTER TABLE exports DROP CONSTRAINT exports_format_check;
ALTER TABLE exports ADD CONSTRAINT exports_format_check CHECK (format IN ('csv', 'zip')) NOT VALID;
ALTER TABLE exports VALIDATE CONSTRAINT exports_format_check;
COMMENT ON COLUMN exports.format IS 'csv: a list; zip: the signed documents';
