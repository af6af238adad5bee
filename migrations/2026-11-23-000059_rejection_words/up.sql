-- Words of a rejection are free text about people: sealed. What was written before is sealed by the housekeeping, which has the keys.

ALTER TABLE bulk_actions ADD COLUMN words_sealed bytea;
ALTER TABLE bulk_actions ADD COLUMN words_key_version integer;
ALTER TABLE bulk_actions ADD CONSTRAINT bulk_actions_words_check CHECK ((words_sealed IS NULL) = (words_key_version IS NULL)) NOT VALID;
ALTER TABLE bulk_actions VALIDATE CONSTRAINT bulk_actions_words_check;
CREATE INDEX bulk_actions_clear_words_idx ON bulk_actions (id) WHERE kind = 'reject' AND act -> 'words' IS NOT NULL;
COMMENT ON COLUMN bulk_actions.act IS 'The same with all it takes: words of a message, letters and day, queue and colleague, code of a rejection; nobody''s data';
COMMENT ON COLUMN bulk_actions.words_sealed IS 'Words of a rejection, sealed by the key of the association; of one record until that is erased';
COMMENT ON COLUMN bulk_actions.words_key_version IS 'Version of that key of the association';
