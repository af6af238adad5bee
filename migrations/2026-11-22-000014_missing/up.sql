-- Who lacks identity or payout data (R2), where only few do: without these a page would read its way through
-- all records of a case, 30 to 60 ms for 100,000 of them. Who is unconfirmed lacks both and is found by state,
-- so that a sign-up writes to neither.
CREATE INDEX claimants_no_identity_idx ON claimants (association_id, case_id, id DESC)
    WHERE identity_at IS NULL AND state <> 'unconfirmed';
CREATE INDEX claimants_no_payout_idx ON claimants (association_id, case_id, id DESC)
    WHERE payout_at IS NULL AND state <> 'unconfirmed';
