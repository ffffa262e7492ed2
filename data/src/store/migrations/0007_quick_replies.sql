-- Quick replies have a category, can be put aside, and count how often they are of use; and messages that
-- nobody wrote, such as the confirmation of an opt-out.

ALTER TABLE quick_replies ADD COLUMN category TEXT COLLATE NOCASE;
ALTER TABLE quick_replies ADD COLUMN state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'aside'));
ALTER TABLE quick_replies ADD COLUMN uses INTEGER NOT NULL DEFAULT 0;       -- sent by people
ALTER TABLE quick_replies ADD COLUMN citations INTEGER NOT NULL DEFAULT 0;  -- named by the assistant as its source
ALTER TABLE quick_replies ADD COLUMN used_at INTEGER;

-- One more author. As in 0004: the CHECK says nothing about how rows are stored.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, '''phone'', ''campaign''', '''phone'', ''campaign'', ''system''')
WHERE type = 'table' AND name = 'interactions';
PRAGMA writable_schema = RESET;
