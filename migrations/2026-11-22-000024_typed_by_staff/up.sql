-- Declarations that staff type for people without an e-mail, and consents told by phone, at the desk or on paper (R20, R44).

ALTER TABLE declarations ADD COLUMN typed_by uuid, ADD COLUMN typed_how text;
ALTER TABLE declarations ADD CONSTRAINT declarations_typed_how_check
    CHECK ((typed_by IS NULL) = (typed_how IS NULL) AND (typed_how IS NULL OR typed_how IN ('phone', 'desk', 'post'))) NOT VALID;
ALTER TABLE declarations VALIDATE CONSTRAINT declarations_typed_how_check;
COMMENT ON COLUMN declarations.typed_by IS 'Staff member who typed it for the claimant; null: the claimant did';
COMMENT ON COLUMN declarations.typed_how IS 'How the claimant told it: phone, desk or post; null: the claimant typed it';

ALTER TABLE consents DROP CONSTRAINT consents_channel_check;
ALTER TABLE consents ADD CONSTRAINT consents_channel_check
    CHECK (channel IN ('page', 'api', 'staff', 'phone', 'desk', 'paper')) NOT VALID;
ALTER TABLE consents VALIDATE CONSTRAINT consents_channel_check;
