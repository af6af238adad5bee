-- A long list must not be taken for one whose process is gone: it tells when it last went on.

ALTER TABLE exports ADD COLUMN progressed_at timestamptz;
COMMENT ON COLUMN exports.progressed_at IS 'When it was started or last went on, UTC; null before';
