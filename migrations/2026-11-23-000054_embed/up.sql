-- From which pages of a partner the form may be shown in a frame (decision 36).
ALTER TABLE partners
    ADD COLUMN origins text[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT partners_origins_check CHECK (cardinality(origins) <= 10);
COMMENT ON COLUMN partners.origins IS 'Origins (https://blog.example) whose pages may show the form in a frame, at most 10; empty: none may';
GRANT UPDATE (origins) ON partners TO joinder_tenant;
