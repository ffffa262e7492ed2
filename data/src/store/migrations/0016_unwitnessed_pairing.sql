-- Was the last pairing found out some time after it, so that nobody knows when it was?

ALTER TABLE instances ADD COLUMN paired_unseen INTEGER NOT NULL DEFAULT 0 CHECK (paired_unseen IN (0, 1));
