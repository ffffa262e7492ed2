-- What a console asks for again and again: who waits since when, the words of messages, names by a part of them, notes,
-- counts by the quarter of an hour, and what went wrong lately.

ALTER TABLE chats ADD COLUMN waiting_since INTEGER;                -- the customer's first message after our last one
ALTER TABLE chats ADD COLUMN find TEXT NOT NULL DEFAULT '';        -- name and phone number in small letters
ALTER TABLE interactions ADD COLUMN original TEXT;                 -- the first words of what was edited or taken back
ALTER TABLE interactions ADD COLUMN waited_ms INTEGER;             -- how long the customer had waited for this word of ours

UPDATE chats AS h
SET find = coalesce((SELECT fold(coalesce(c.name, h.title, '')) || ' ' || coalesce(c.phone, '') FROM contacts AS c
                     WHERE c.tenant_id = h.tenant_id AND c.id = h.contact_id), fold(coalesce(h.title, ''))),
    waiting_since = CASE WHEN kind = 'direct' THEN (
        SELECT min(i.at) FROM interactions AS i
        WHERE i.tenant_id = h.tenant_id AND i.chat_id = h.id AND i.direction = 'in' AND i.state <> 'revoked'
          AND i.at > max(h.context_from, coalesce((
              SELECT o.at FROM interactions AS o
              WHERE o.tenant_id = h.tenant_id AND o.chat_id = h.id AND o.direction = 'out'
                AND (o.state IN ('sent', 'delivered', 'read', 'played')
                     OR (o.author = 'human' AND o.state IN ('queued', 'sending', 'unknown')))
              ORDER BY o.at DESC, o.seq DESC LIMIT 1), 0))) END;

-- The list by time, and a search by name that never leaves the index.
DROP INDEX chats_by_time;
CREATE INDEX chats_by_time ON chats (tenant_id, last_at, id, find);
CREATE INDEX chats_waiting ON chats (tenant_id, waiting_since, id) WHERE waiting_since IS NOT NULL;
CREATE INDEX chats_unread ON chats (tenant_id) WHERE unread > 0;
CREATE INDEX contacts_unreviewed ON contacts (tenant_id) WHERE review = 'unreviewed';
CREATE INDEX interactions_failed ON interactions (tenant_id, at) WHERE state = 'failed';
CREATE INDEX interactions_waited ON interactions (tenant_id, at, waited_ms) WHERE waited_ms IS NOT NULL;
CREATE INDEX jobs_discarded ON jobs (tenant_id, updated_at) WHERE state = 'discarded';

CREATE TRIGGER chats_find_added AFTER INSERT ON chats BEGIN
    UPDATE chats
    SET find = coalesce((SELECT fold(coalesce(c.name, new.title, '')) || ' ' || coalesce(c.phone, '') FROM contacts AS c
                         WHERE c.tenant_id = new.tenant_id AND c.id = new.contact_id), fold(coalesce(new.title, '')))
    WHERE tenant_id = new.tenant_id AND id = new.id;
END;
CREATE TRIGGER chats_find_moved AFTER UPDATE OF contact_id, title ON chats BEGIN
    UPDATE chats
    SET find = coalesce((SELECT fold(coalesce(c.name, new.title, '')) || ' ' || coalesce(c.phone, '') FROM contacts AS c
                         WHERE c.tenant_id = new.tenant_id AND c.id = new.contact_id), fold(coalesce(new.title, '')))
    WHERE tenant_id = new.tenant_id AND id = new.id;
END;
CREATE TRIGGER chats_find_named AFTER UPDATE OF name, phone ON contacts BEGIN
    UPDATE chats SET find = fold(coalesce(new.name, title, '')) || ' ' || coalesce(new.phone, '')
    WHERE tenant_id = new.tenant_id AND contact_id = new.id;
END;

CREATE TABLE notes (
    tenant_id BLOB    NOT NULL,
    id        BLOB    NOT NULL,
    chat_id   BLOB    NOT NULL,
    at        INTEGER NOT NULL,
    author    TEXT    NOT NULL, -- the name of the account
    text      TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, chat_id) REFERENCES chats (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX notes_by_chat ON notes (tenant_id, chat_id, at, id);

-- Messages and credits by the quarter of an hour, so that days of every time zone can be summed up from it.
CREATE TABLE activity (
    tenant_id BLOB    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    quarter   INTEGER NOT NULL, -- milliseconds since 1970, divided by 900000
    received  INTEGER NOT NULL DEFAULT 0,
    assistant INTEGER NOT NULL DEFAULT 0,
    human     INTEGER NOT NULL DEFAULT 0,
    phone     INTEGER NOT NULL DEFAULT 0,
    campaign  INTEGER NOT NULL DEFAULT 0,
    credits   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, quarter)
) STRICT, WITHOUT ROWID;

INSERT INTO activity (tenant_id, quarter, received, assistant, human, phone, campaign)
SELECT tenant_id, at / 900000, sum(direction = 'in'), sum(direction = 'out' AND author = 'assistant'),
       sum(direction = 'out' AND author = 'human'), sum(direction = 'out' AND author = 'phone'),
       sum(direction = 'out' AND author = 'campaign')
FROM interactions
WHERE direction = 'in' OR state IN ('sent', 'delivered', 'read', 'played')
GROUP BY 1, 2;
INSERT INTO activity (tenant_id, quarter, credits)
SELECT tenant_id, at / 900000, count(*) FROM ledger WHERE kind = 'settle' GROUP BY 1, 2
ON CONFLICT (tenant_id, quarter) DO UPDATE SET credits = excluded.credits;

-- The words of every message. `place` holds the tenant and the chat as words, so that one tenant's search is not slower
-- for what another one has.
CREATE VIEW search_source AS
SELECT seq, 't' || hex(tenant_id) || ' c' || hex(chat_id) AS place, text FROM interactions;
CREATE VIRTUAL TABLE search USING fts5 (
    place, text, content = 'search_source', content_rowid = 'seq', columnsize = 0,
    tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER search_added AFTER INSERT ON interactions WHEN new.text <> '' BEGIN
    INSERT INTO search (rowid, place, text)
    VALUES (new.seq, 't' || hex(new.tenant_id) || ' c' || hex(new.chat_id), new.text);
END;
CREATE TRIGGER search_changed AFTER UPDATE OF text, chat_id ON interactions BEGIN
    INSERT INTO search (search, rowid, place, text)
    SELECT 'delete', old.seq, 't' || hex(old.tenant_id) || ' c' || hex(old.chat_id), old.text WHERE old.text <> '';
    INSERT INTO search (rowid, place, text)
    SELECT new.seq, 't' || hex(new.tenant_id) || ' c' || hex(new.chat_id), new.text WHERE new.text <> '';
END;
CREATE TRIGGER search_gone AFTER DELETE ON interactions WHEN old.text <> '' BEGIN
    INSERT INTO search (search, rowid, place, text)
    VALUES ('delete', old.seq, 't' || hex(old.tenant_id) || ' c' || hex(old.chat_id), old.text);
END;
INSERT INTO search (rowid, place, text) SELECT seq, place, text FROM search_source WHERE text <> '';

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('activity', 'activity', '3000 1000 1'),
    ('chats', 'chats_by_time', '6000 2000 1 1 1'),
    ('chats', 'chats_unread', '300 100'),
    ('chats', 'chats_waiting', '600 200 1 1'),
    ('contacts', 'contacts_unreviewed', '300 100'),
    ('interactions', 'interactions_failed', '150 50 1'),
    ('interactions', 'interactions_waited', '30000 10000 1 1'),
    ('jobs', 'jobs_discarded', '30 10 1'),
    ('notes', 'notes', '300 100 1'),
    ('notes', 'notes_by_chat', '300 100 2 1 1');
ANALYZE sqlite_schema;
