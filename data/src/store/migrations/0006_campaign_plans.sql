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

-- The picture or document that goes with the text.
CREATE TABLE campaign_media (
    tenant_id   BLOB NOT NULL,
    campaign_id BLOB NOT NULL,
    file_name   TEXT NOT NULL,
    mime        TEXT NOT NULL,
    data        BLOB NOT NULL,
    PRIMARY KEY (tenant_id, campaign_id),
    FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id) ON DELETE CASCADE
) STRICT;

-- Is there WhatsApp on a phone number, and under which address?
CREATE TABLE number_checks (
    tenant_id BLOB    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    phone     TEXT    NOT NULL,
    address   TEXT,                                                         -- nothing where there is no WhatsApp
    at        INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, phone)
) STRICT, WITHOUT ROWID;
