-- Campaigns, and the people on their lists. What became of a person is read from the message that was made for them.

CREATE TABLE campaigns (
    tenant_id    BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    instance_id  BLOB    NOT NULL,
    name         TEXT    NOT NULL COLLATE NOCASE,
    text         TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('draft', 'scheduled', 'running', 'paused', 'completed', 'cancelled')),
    timezone     TEXT    NOT NULL,
    scheduled_at INTEGER,
    duplicates   INTEGER NOT NULL DEFAULT 0, -- rows that named somebody who was on the list already
    listed_at    INTEGER,                    -- when its list was complete; before that nobody sees it
    started_at   INTEGER,
    finished_at  INTEGER,
    next_at      INTEGER,                    -- when it goes on
    reason       TEXT,                       -- why not sooner, or why it is paused
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name),
    CHECK (state = 'draft' OR listed_at IS NOT NULL),
    FOREIGN KEY (tenant_id, instance_id) REFERENCES instances (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX campaigns_by_instance ON campaigns (tenant_id, instance_id);

CREATE TABLE recipients (
    tenant_id      BLOB    NOT NULL,
    campaign_id    BLOB    NOT NULL,
    id             BLOB    NOT NULL,         -- ids are in the order of the list
    contact_id     BLOB,                     -- nobody, where the row names no phone number
    phone          TEXT,
    given          TEXT    NOT NULL,         -- what the row says in the place of the phone number
    name           TEXT,
    fields         TEXT    NOT NULL,         -- JSON: the columns of the row
    -- `sending` stands until the end: from there on the message says how far it got.
    state          TEXT    NOT NULL CHECK (state IN ('queued', 'checking', 'sending', 'sent', 'delivered', 'read',
                                                     'replied', 'skipped', 'failed', 'unknown', 'opted_out')),
    reason         TEXT,
    newcomer       INTEGER NOT NULL CHECK (newcomer IN (0, 1)), -- nothing was ever written between us before
    interaction_id BLOB,
    claimed_at     INTEGER,
    replied_at     INTEGER,
    created_at     INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, campaign_id, id),
    CHECK ((state IN ('queued', 'checking', 'skipped', 'opted_out')) = (interaction_id IS NULL)),
    FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, contact_id) REFERENCES contacts (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, interaction_id) REFERENCES interactions (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX recipients_by_contact ON recipients (tenant_id, contact_id, campaign_id)
    WHERE contact_id IS NOT NULL;
CREATE UNIQUE INDEX recipients_by_phone ON recipients (tenant_id, campaign_id, phone) WHERE phone IS NOT NULL;
CREATE UNIQUE INDEX recipients_by_interaction ON recipients (tenant_id, interaction_id)
    WHERE interaction_id IS NOT NULL;
CREATE INDEX recipients_by_state ON recipients (tenant_id, campaign_id, state, id); -- whose turn is next
CREATE INDEX recipients_newcomers ON recipients (tenant_id, claimed_at) WHERE newcomer = 1 AND claimed_at IS NOT NULL;

-- What the pace of a number is counted from.
CREATE INDEX interactions_of_campaigns ON interactions (tenant_id, instance_id, at) WHERE author = 'campaign';

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('campaigns', 'campaigns', '60 20 1'),
    ('campaigns', 'sqlite_autoindex_campaigns_2', '60 20 1'),
    ('campaigns', 'campaigns_by_instance', '60 20 10'),
    ('recipients', 'recipients', '60000 20000 1000 1'),
    ('recipients', 'recipients_by_contact', '60000 20000 10 1'),
    ('recipients', 'recipients_by_phone', '60000 20000 1000 1'),
    ('recipients', 'recipients_by_interaction', '30000 10000 1'),
    ('recipients', 'recipients_by_state', '60000 20000 1000 300 1'),
    ('recipients', 'recipients_newcomers', '9000 3000 1'),
    ('interactions', 'interactions_of_campaigns', '30000 10000 5000 1');
ANALYZE sqlite_schema;

-- Two more kinds of jobs. A CHECK says nothing about how rows are stored, so its text may be replaced where it stands
-- (https://sqlite.org/lang_altertable.html, 7): a new table would take the steps of every job with it.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, '''recover_history''', '''recover_history'', ''run_campaign'', ''send_campaign''')
WHERE type = 'table' AND name = 'jobs';
PRAGMA writable_schema = RESET;
