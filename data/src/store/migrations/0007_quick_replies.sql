-- Quick replies have a category, can be put aside, and count how often they are of use; and messages that
-- nobody wrote, such as the confirmation of an opt-out.

ALTER TABLE quick_replies ADD COLUMN category TEXT COLLATE NOCASE;
ALTER TABLE quick_replies ADD COLUMN state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'aside'));
ALTER TABLE quick_replies ADD COLUMN uses INTEGER NOT NULL DEFAULT 0;       -- sent by people
ALTER TABLE quick_replies ADD COLUMN citations INTEGER NOT NULL DEFAULT 0;  -- named by the assistant as its source
ALTER TABLE quick_replies ADD COLUMN used_at INTEGER;

-- What an answer that is not sent yet leans on. Its end takes the rows: sent, they are counted; not sent, they are not.
CREATE TABLE citations (
    tenant_id      BLOB NOT NULL,
    reply_id       BLOB NOT NULL,
    quick_reply_id BLOB NOT NULL,
    PRIMARY KEY (tenant_id, reply_id, quick_reply_id),
    FOREIGN KEY (tenant_id, quick_reply_id) REFERENCES quick_replies (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX citations_by_quick_reply ON citations (tenant_id, quick_reply_id);

-- One more author. As in 0004: the CHECK says nothing about how rows are stored.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, '''phone'', ''campaign''', '''phone'', ''campaign'', ''system''')
WHERE type = 'table' AND name = 'interactions';
PRAGMA writable_schema = RESET;
