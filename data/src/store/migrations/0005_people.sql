-- What owners keep about people: columns of their own, language, consent with its proof; whom nobody writes to any more;
-- saved filters; and merges, so that one can be undone.

ALTER TABLE contacts ADD COLUMN language TEXT;                      -- two letters, as people write it: de, pt-br
ALTER TABLE contacts ADD COLUMN note TEXT;
ALTER TABLE contacts ADD COLUMN fields TEXT NOT NULL DEFAULT '{}';  -- JSON: columns of the owner's own, words by name
ALTER TABLE contacts ADD COLUMN consent TEXT CHECK (consent IN ('given', 'refused'));
ALTER TABLE contacts ADD COLUMN consent_at INTEGER;
ALTER TABLE contacts ADD COLUMN consent_source TEXT;                -- where it was given: a file, a form, a chat
ALTER TABLE contacts ADD COLUMN consent_proof TEXT;                 -- the words, a link, a name

-- Never write to these again. The digest is of the address, so that it outlives the person's erasure.
CREATE TABLE suppressions (
    tenant_id BLOB    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    digest    BLOB    NOT NULL,
    address   TEXT,                                                 -- nothing once the person was erased
    cause     TEXT    NOT NULL CHECK (cause IN ('word', 'owner', 'import', 'erased')),
    at        INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX suppressions_by_time ON suppressions (tenant_id, at, digest);

-- Until when what was said to or by an address is forgotten: WAHA may tell of it once more.
CREATE TABLE erasures (
    tenant_id BLOB    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    digest    BLOB    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE segments (
    tenant_id  BLOB    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id         BLOB    NOT NULL,
    name       TEXT    NOT NULL COLLATE NOCASE,
    query      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE merges (
    tenant_id  BLOB    NOT NULL,
    id         BLOB    NOT NULL,
    kept       BLOB    NOT NULL,
    gone       BLOB    NOT NULL,                                    -- the id that the other person had
    cause      TEXT    NOT NULL CHECK (cause IN ('lid', 'owner')),
    before     TEXT    NOT NULL,                                    -- JSON: both people as they were; {} once undone
    at         INTEGER NOT NULL,
    stopped_at INTEGER,                                             -- somebody asked for silence since: it holds for both
    undone_at  INTEGER,                                             -- from then on the two are kept apart
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, kept) REFERENCES contacts (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX merges_by_kept ON merges (tenant_id, kept);
CREATE INDEX merges_apart ON merges (tenant_id, gone) WHERE undone_at IS NOT NULL;
-- Whoever is kept apart from somebody is of no interest once they are nobody.
CREATE TRIGGER merges_forgotten AFTER DELETE ON contacts BEGIN
    DELETE FROM merges WHERE tenant_id = old.tenant_id AND gone = old.id AND undone_at IS NOT NULL;
END;

ALTER TABLE identities ADD COLUMN via TEXT;                         -- the address that it was learned through

-- Messages of ours to people who were erased keep counting, without words and without a person: one thread on each
-- number holds them, and no list shows it. As in 0004: the CHECK says nothing about how rows are stored.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, '''direct'', ''group''', '''direct'', ''group'', ''erased''')
WHERE type = 'table' AND name = 'chats';
PRAGMA writable_schema = RESET;
CREATE UNIQUE INDEX chats_erased ON chats (tenant_id, instance_id) WHERE kind = 'erased';

-- What is taken out of the index is gone from it, and not only marked as gone.
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
