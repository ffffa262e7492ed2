-- After a pairing the phone hands its history over bit by bit. From the first WORKING on the list of people is read again
-- on a schedule; until its last reading whoever is unknown may be known from before.

ALTER TABLE instances ADD COLUMN worked_at INTEGER;     -- when it first worked after its last scan; NULL: it did not yet
ALTER TABLE instances ADD COLUMN list_read_at INTEGER;  -- when the last complete reading of its people began

-- Whoever was paired before has long handed its history over.
UPDATE instances SET worked_at = paired_at, list_read_at = paired_at;
