-- Quick replies have a category, can be put aside, and count how often they are of use.

ALTER TABLE quick_replies ADD COLUMN category TEXT COLLATE NOCASE;
ALTER TABLE quick_replies ADD COLUMN state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'aside'));
ALTER TABLE quick_replies ADD COLUMN uses INTEGER NOT NULL DEFAULT 0;       -- sent by people
ALTER TABLE quick_replies ADD COLUMN citations INTEGER NOT NULL DEFAULT 0;  -- named by the assistant as its source
ALTER TABLE quick_replies ADD COLUMN used_at INTEGER;
