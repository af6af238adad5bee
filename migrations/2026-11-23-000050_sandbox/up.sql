-- The sandbox of partners: twins of associations, cases and partners, which test keys act on (decision 34).

ALTER TABLE associations ADD COLUMN sandbox_of uuid;
ALTER TABLE associations ADD CONSTRAINT associations_sandbox_of_key UNIQUE (sandbox_of);
ALTER TABLE associations ADD CONSTRAINT associations_sandbox_of_fkey FOREIGN KEY (sandbox_of) REFERENCES associations (id);
-- an id of version 8 is a twin's, any other is none's: code can tell without asking
ALTER TABLE associations ADD CONSTRAINT associations_sandbox_of_check
    CHECK ((sandbox_of IS NOT NULL) = (get_byte(uuid_send(id), 6) >> 4 = 8));
COMMENT ON COLUMN associations.sandbox_of IS 'The association whose sandbox this is: a tenant without staff, case or page; null: none';

ALTER TABLE cases ADD COLUMN sandbox_of uuid;
ALTER TABLE cases ADD CONSTRAINT cases_sandbox_of_fkey FOREIGN KEY (sandbox_of) REFERENCES cases (id);
ALTER TABLE cases ADD CONSTRAINT cases_sandbox_of_check
    CHECK ((sandbox_of IS NOT NULL) = (get_byte(uuid_send(id), 6) >> 4 = 8) AND (sandbox_of IS NULL OR state = 'draft'));
COMMENT ON COLUMN cases.sandbox_of IS 'The case whose twin in a sandbox this is: a draft for good, what it is about stands with the case; null: none';

ALTER TABLE partners ADD COLUMN sandbox_of uuid;
ALTER TABLE partners ADD CONSTRAINT partners_sandbox_of_key UNIQUE (sandbox_of);
ALTER TABLE partners ADD CONSTRAINT partners_sandbox_of_fkey FOREIGN KEY (sandbox_of) REFERENCES partners (id);
ALTER TABLE partners ADD CONSTRAINT partners_sandbox_of_check
    CHECK ((sandbox_of IS NOT NULL) = (get_byte(uuid_send(association_id), 6) >> 4 = 8));
COMMENT ON COLUMN partners.sandbox_of IS 'The partner whose test keys act as this one; null: none';

-- whoever is in a sandbox is in none but the twin of a case, and nobody else is there
ALTER TABLE claimants ADD CONSTRAINT claimants_sandbox_check
    CHECK ((get_byte(uuid_send(association_id), 6) >> 4 = 8) = (get_byte(uuid_send(case_id), 6) >> 4 = 8)) NOT VALID;
ALTER TABLE claimants VALIDATE CONSTRAINT claimants_sandbox_check;
ALTER TABLE partner_submissions ADD CONSTRAINT partner_submissions_sandbox_check
    CHECK ((mode = 'test') = (get_byte(uuid_send(association_id), 6) >> 4 = 8)) NOT VALID;
ALTER TABLE partner_submissions VALIDATE CONSTRAINT partner_submissions_sandbox_check;

-- what is due in sandboxes
CREATE INDEX partner_submissions_test_idx ON partner_submissions (created_at) WHERE mode = 'test';
