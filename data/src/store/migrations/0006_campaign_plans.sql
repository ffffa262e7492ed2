-- What a campaign plans: several texts of which each person gets one, a file, hours in which nobody is disturbed, what
-- happens when its time is missed; and which numbers WhatsApp knows.

ALTER TABLE campaigns ADD COLUMN variants TEXT NOT NULL DEFAULT '[]';       -- JSON: the texts besides `text`
ALTER TABLE campaigns ADD COLUMN audience TEXT;                             -- who is on its list: a query, a file's name
ALTER TABLE campaigns ADD COLUMN quiet TEXT;                                -- 21:00-08:00 where the person lives
ALTER TABLE campaigns ADD COLUMN missed TEXT NOT NULL DEFAULT 'run_late_within'
    CHECK (missed IN ('run_late_within', 'skip', 'ask'));
ALTER TABLE campaigns ADD COLUMN late_max_s INTEGER NOT NULL DEFAULT 3600;
ALTER TABLE campaigns ADD COLUMN number_check TEXT NOT NULL DEFAULT 'before' CHECK (number_check IN ('before', 'never'));
ALTER TABLE campaigns ADD COLUMN resumed_at INTEGER;                        -- stop rules look at what came after it

ALTER TABLE recipients ADD COLUMN variant INTEGER NOT NULL DEFAULT 0;       -- which of the texts, once claimed

-- Until when WhatsApp lets a number write to nobody new, as WAHA tells it.
ALTER TABLE instances ADD COLUMN restricted_until INTEGER;

-- The picture or document that goes with the text, whole once it has its last piece.
CREATE TABLE campaign_media (
    tenant_id   BLOB    NOT NULL,
    campaign_id BLOB    NOT NULL,
    file_name   TEXT    NOT NULL,
    mime        TEXT    NOT NULL,
    bytes       INTEGER NOT NULL,
    whole       INTEGER NOT NULL CHECK (whole IN (0, 1)),
    PRIMARY KEY (tenant_id, campaign_id),
    FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE TABLE campaign_media_pieces (
    tenant_id   BLOB    NOT NULL,
    campaign_id BLOB    NOT NULL,
    place       INTEGER NOT NULL,                                           -- bytes before it
    data        BLOB    NOT NULL,
    PRIMARY KEY (tenant_id, campaign_id, place),
    FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaign_media (tenant_id, campaign_id) ON DELETE CASCADE
) STRICT;

-- Is there WhatsApp on a phone number, and under which address?
CREATE TABLE number_checks (
    tenant_id BLOB    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    phone     TEXT    NOT NULL,
    found     TEXT    NOT NULL CHECK (found IN ('yes', 'no', 'unknown')),
    address   TEXT    CHECK ((found = 'yes') = (address IS NOT NULL)),
    tries     INTEGER NOT NULL DEFAULT 0,                                   -- look-ups that failed one after the other
    reason    TEXT,                                                         -- why the last one failed
    at        INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, phone)
) STRICT, WITHOUT ROWID;

ALTER TABLE recipients ADD COLUMN progress TEXT;                            -- the state of its message, as the trigger copies it
ALTER TABLE recipients ADD COLUMN sent_at INTEGER;                          -- when WAHA took its message
ALTER TABLE recipients ADD COLUMN opted_out_at INTEGER;                     -- answered it with a word such as STOP
-- How far it got, from the row alone. (A list of 100,000 people is counted from the columns that this is made of: a
-- column that is computed makes no index a covering one.)
ALTER TABLE recipients ADD COLUMN reached TEXT GENERATED ALWAYS AS (
    CASE WHEN interaction_id IS NULL THEN state
         WHEN opted_out_at IS NOT NULL AND progress IN ('sent', 'delivered', 'read', 'played') THEN 'opted_out'
         WHEN replied_at IS NOT NULL AND progress IN ('sent', 'delivered', 'read', 'played') THEN 'replied'
         WHEN progress IN ('sent', 'delivered', 'read', 'failed', 'unknown') THEN progress
         WHEN progress = 'played' THEN 'read'
         WHEN progress IN ('edited', 'revoked') THEN 'sent'
         WHEN progress = 'cancelled' THEN 'skipped'
         ELSE 'sending' END) VIRTUAL;
UPDATE recipients SET (progress, sent_at) = (
    SELECT i.state, i.sent_at FROM interactions AS i
    WHERE i.tenant_id = recipients.tenant_id AND i.id = recipients.interaction_id)
WHERE interaction_id IS NOT NULL;
CREATE TRIGGER recipients_follow AFTER UPDATE OF state, sent_at ON interactions WHEN new.author = 'campaign' BEGIN
    UPDATE recipients SET progress = new.state, sent_at = new.sent_at
    WHERE tenant_id = new.tenant_id AND interaction_id = new.id;
END;
CREATE INDEX recipients_progress
    ON recipients (tenant_id, campaign_id, state, progress, variant, newcomer, claimed_at, sent_at, replied_at, opted_out_at);
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('recipients', 'recipients_progress', '60000 20000 1000 300 200 150 100 1 1 1 1 1');
ANALYZE sqlite_schema;
