-- People are told once that a machine writes to them: which message tells them. Whoever was answered before this version
-- was never told: the next answer does it.

ALTER TABLE interactions ADD COLUMN discloses INTEGER NOT NULL DEFAULT 0 CHECK (discloses IN (0, 1));
CREATE INDEX interactions_disclosing ON interactions (tenant_id, chat_id) WHERE discloses = 1;
