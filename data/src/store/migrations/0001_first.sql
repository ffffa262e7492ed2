-- The first schema: everything that one number, its customers, its answers and its credits need.

CREATE TABLE tenants (
    id         BLOB    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL COLLATE NOCASE UNIQUE,
    plan       TEXT    NOT NULL,
    timezone   TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('active', 'suspended')),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    tenant_id  BLOB    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    uid        INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL CHECK (role IN ('owner', 'agent', 'viewer')),
    granted_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, uid)
) STRICT, WITHOUT ROWID;

CREATE TABLE instances (
    tenant_id  BLOB    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id         BLOB    NOT NULL UNIQUE,
    name       TEXT    NOT NULL COLLATE NOCASE,
    waha       TEXT    NOT NULL,
    session    TEXT    NOT NULL,
    hmac_key   TEXT    NOT NULL,
    status     TEXT,   -- WAHA's word, whatever it is: no CHECK
    verdict    TEXT    NOT NULL CHECK (verdict IN ('healthy', 'quiet', 'suspect', 'dead', 'restricted')),
    reason     TEXT,
    since      INTEGER NOT NULL,
    me         TEXT,   -- JSON of the paired account
    engine     TEXT,
    version    TEXT,
    paired_at  INTEGER,
    heard_at   INTEGER,
    created_at INTEGER NOT NULL,
    removed_at INTEGER,
    PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX instances_by_name ON instances (tenant_id, name) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX instances_by_session ON instances (waha, session) WHERE removed_at IS NULL;

CREATE TABLE instance_statuses (
    tenant_id   BLOB    NOT NULL,
    instance_id BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    status      TEXT,
    verdict     TEXT    NOT NULL,
    reason      TEXT,
    FOREIGN KEY (tenant_id, instance_id) REFERENCES instances (tenant_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX instance_statuses_by_instance ON instance_statuses (tenant_id, instance_id, at);

CREATE TABLE contacts (
    tenant_id    BLOB    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id           BLOB    NOT NULL,
    name         TEXT,
    phone        TEXT,
    review       TEXT    NOT NULL CHECK (review IN ('new', 'unreviewed', 'customer', 'personal')),
    opted_out_at INTEGER,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX contacts_by_name ON contacts (tenant_id, name);
CREATE INDEX contacts_by_phone ON contacts (tenant_id, phone) WHERE phone IS NOT NULL;

CREATE TABLE identities (
    tenant_id  BLOB NOT NULL,
    address    TEXT NOT NULL,
    contact_id BLOB NOT NULL,
    PRIMARY KEY (tenant_id, address),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES contacts (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_by_contact ON identities (tenant_id, contact_id);

CREATE TABLE contact_tags (
    tenant_id  BLOB NOT NULL,
    contact_id BLOB NOT NULL,
    tag        TEXT NOT NULL COLLATE NOCASE,
    PRIMARY KEY (tenant_id, contact_id, tag),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES contacts (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE chats (
    tenant_id     BLOB    NOT NULL,
    id            BLOB    NOT NULL,
    instance_id   BLOB    NOT NULL,
    contact_id    BLOB,
    kind          TEXT    NOT NULL CHECK (kind IN ('direct', 'group')),
    address       TEXT    NOT NULL,
    title         TEXT,   -- the name of a group
    state         TEXT    NOT NULL CHECK (state IN ('assistant', 'waiting', 'needs_you', 'snoozed', 'done')),
    reason        TEXT,
    paused_until  INTEGER,
    snoozed_until INTEGER,
    handoff_at    INTEGER,
    context_from  INTEGER NOT NULL DEFAULT 0, -- a human closed the matter then; the model sees nothing older
    unread        INTEGER NOT NULL DEFAULT 0,
    revision      INTEGER NOT NULL DEFAULT 0,
    last_at       INTEGER,
    last_in_at    INTEGER,
    last_out_at   INTEGER,
    preview       TEXT,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CHECK ((kind = 'direct') = (contact_id IS NOT NULL)),
    FOREIGN KEY (tenant_id, instance_id) REFERENCES instances (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, contact_id) REFERENCES contacts (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX chats_by_contact ON chats (tenant_id, contact_id, instance_id) WHERE contact_id IS NOT NULL;
CREATE UNIQUE INDEX chats_by_group ON chats (tenant_id, instance_id, address) WHERE kind = 'group';
CREATE INDEX chats_by_time ON chats (tenant_id, last_at, id);
CREATE INDEX chats_snoozed ON chats (snoozed_until) WHERE state = 'snoozed';
CREATE INDEX chats_by_state ON chats (tenant_id, state, last_at);

CREATE TABLE drafts (
    tenant_id  BLOB    NOT NULL,
    chat_id    BLOB    NOT NULL,
    text       TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, chat_id),
    FOREIGN KEY (tenant_id, chat_id) REFERENCES chats (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE interactions (
    seq         INTEGER PRIMARY KEY,
    tenant_id   BLOB    NOT NULL,
    id          BLOB    NOT NULL,
    instance_id BLOB    NOT NULL,
    chat_id     BLOB    NOT NULL,
    direction   TEXT    NOT NULL CHECK (direction IN ('in', 'out')),
    author      TEXT    NOT NULL CHECK (author IN ('customer', 'assistant', 'human', 'phone', 'campaign')),
    state       TEXT    NOT NULL CHECK (state IN ('draft', 'held', 'queued', 'sending', 'sent', 'delivered', 'read',
                                                  'played', 'failed', 'unknown', 'cancelled',
                                                  'received', 'edited', 'revoked')),
    kind        TEXT    NOT NULL CHECK (kind IN ('text', 'image', 'video', 'audio', 'document', 'sticker', 'location',
                                                 'contact', 'poll', 'waiting', 'other')),
    text        TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    address     TEXT    NOT NULL,
    bare_id     TEXT,
    wa_id       TEXT,
    reason      TEXT,
    client_ref  BLOB,
    reply_to    TEXT,
    author_name TEXT,
    reaction    TEXT,
    media       TEXT,             -- JSON of the file
    job_id      BLOB,             -- the job that sends it
    reply_id    BLOB,             -- the reservation that pays for it
    revision    INTEGER,          -- the chat's revision that it answers
    part        INTEGER,          -- 0, 1, … of an answer that was split
    id_source   TEXT CHECK (id_source IN ('reserved', 'learned')),
    sending_at  INTEGER,          -- when the POST was allowed
    answered_at INTEGER,          -- when the POST was answered, whatever the answer
    sent_at     INTEGER,          -- when it was first known to have gone out, whatever came after
    echoed_at   INTEGER,          -- when WAHA told us of it by webhook
    model       TEXT,
    latency_ms  INTEGER,
    tokens      TEXT,             -- JSON: prompt, cached, output, thoughts
    created_at  INTEGER NOT NULL,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, chat_id) REFERENCES chats (tenant_id, id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX interactions_by_bare_id ON interactions (tenant_id, instance_id, bare_id, direction)
    WHERE bare_id IS NOT NULL;
CREATE INDEX interactions_by_chat ON interactions (tenant_id, chat_id, at, seq);
CREATE UNIQUE INDEX interactions_by_client_ref ON interactions (tenant_id, client_ref) WHERE client_ref IS NOT NULL;
CREATE INDEX interactions_by_job ON interactions (tenant_id, job_id, part) WHERE job_id IS NOT NULL;
CREATE INDEX interactions_by_reply ON interactions (tenant_id, reply_id) WHERE reply_id IS NOT NULL;
CREATE INDEX interactions_open ON interactions (tenant_id, state, chat_id)
    WHERE state IN ('draft', 'held', 'queued', 'sending', 'unknown');

-- Acks that came before we knew the id of the message they are about.
CREATE TABLE early_acks (
    tenant_id   BLOB    NOT NULL,
    instance_id BLOB    NOT NULL,
    bare_id     TEXT    NOT NULL,
    ack         TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, instance_id, bare_id, ack),
    FOREIGN KEY (tenant_id, instance_id) REFERENCES instances (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Edits and deletions that came before the message they are about.
CREATE TABLE early_changes (
    tenant_id   BLOB    NOT NULL,
    instance_id BLOB    NOT NULL,
    bare_id     TEXT    NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('edited', 'revoked')),
    text        TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, instance_id, bare_id),
    FOREIGN KEY (tenant_id, instance_id) REFERENCES instances (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Deliveries other than messages that were accepted: the second one of a key is a duplicate.
CREATE TABLE deliveries (
    tenant_id   BLOB    NOT NULL,
    instance_id BLOB    NOT NULL,
    key         TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, instance_id, key),
    FOREIGN KEY (tenant_id, instance_id) REFERENCES instances (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE unreadable (
    tenant_id   BLOB    NOT NULL,
    id          BLOB    NOT NULL,
    instance_id BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    reason      TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('available', 'held')),
    body        BLOB    NOT NULL,
    digest      BLOB    NOT NULL, -- SHA-512 of the body: WAHA may post the same one again
    attempts    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, instance_id, digest),
    FOREIGN KEY (tenant_id, instance_id) REFERENCES instances (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger (
    tenant_id  BLOB    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id         BLOB    NOT NULL,
    at         INTEGER NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('grant', 'reserve', 'release', 'settle', 'expire', 'adjust')),
    amount     INTEGER NOT NULL,
    reason     TEXT    NOT NULL,
    reply_id   BLOB,
    purse      TEXT    NOT NULL CHECK (purse IN ('period', 'extra')), -- the period's grant expires, the rest does not
    note       TEXT,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, reason),
    CHECK (CASE kind WHEN 'grant' THEN amount > 0 WHEN 'reserve' THEN amount = -1 WHEN 'release' THEN amount = 1
                     WHEN 'settle' THEN amount = 0 WHEN 'expire' THEN amount < 0 ELSE 1 END)
) STRICT, WITHOUT ROWID;

-- What the ledger sums up to, kept in the same transaction as each entry; `credit audit` proves it.
CREATE TABLE purses (
    tenant_id    BLOB    NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    period       INTEGER NOT NULL CHECK (period >= 0),   -- left of the period's grant
    extra        INTEGER NOT NULL CHECK (extra >= 0),    -- left of what does not expire
    reserved     INTEGER NOT NULL CHECK (reserved >= 0),
    granted      INTEGER NOT NULL,                       -- in this period
    used         INTEGER NOT NULL,                       -- in this period
    period_start INTEGER NOT NULL,
    period_end   INTEGER NOT NULL,
    warned       INTEGER NOT NULL DEFAULT 0              -- the last threshold told: 80, 95, 100
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    tenant_id  BLOB    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    scope      TEXT    NOT NULL CHECK (scope IN ('tenant', 'instance', 'chat')),
    scope_id   BLOB    NOT NULL,
    key        TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, scope, scope_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE quick_replies (
    tenant_id  BLOB    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id         BLOB    NOT NULL,
    label      TEXT    NOT NULL COLLATE NOCASE,
    text       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, label)
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
    tenant_id    BLOB    NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id           BLOB    NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('answer_chat', 'send_message', 'resolve_identity',
                                                  'reconcile_instance', 'sync_contacts', 'recover_history')),
    key          TEXT,             -- at most one live job of a kind and key
    chat_id      BLOB,
    args         TEXT    NOT NULL, -- JSON
    state        TEXT    NOT NULL CHECK (state IN ('scheduled', 'available', 'running', 'retryable', 'held',
                                                   'completed', 'cancelled', 'discarded')),
    run_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    lease_run    BLOB,             -- the run of the daemon that holds it
    again        INTEGER NOT NULL DEFAULT 0 CHECK (again IN (0, 1)), -- its cause came once more while it ran
    cancel       TEXT,             -- why a running job must not go on
    reply_id     BLOB,             -- the reservation it holds
    redone       INTEGER NOT NULL DEFAULT 0,                         -- answers thrown away for a newer message
    reason       TEXT,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX jobs_one_answer_per_chat ON jobs (tenant_id, chat_id)
    WHERE kind = 'answer_chat' AND state IN ('scheduled', 'available', 'running', 'retryable', 'held');
CREATE UNIQUE INDEX jobs_by_key ON jobs (tenant_id, kind, key)
    WHERE key IS NOT NULL AND state IN ('scheduled', 'available', 'running', 'retryable', 'held');
CREATE INDEX jobs_due ON jobs (kind, tenant_id, run_at, id) WHERE state IN ('scheduled', 'available', 'retryable');
CREATE INDEX jobs_by_chat ON jobs (tenant_id, chat_id) WHERE chat_id IS NOT NULL;
CREATE INDEX jobs_running ON jobs (kind, tenant_id, chat_id) WHERE state = 'running';
CREATE INDEX jobs_unfinished ON jobs (tenant_id, created_at)
    WHERE state IN ('scheduled', 'available', 'running', 'retryable', 'held', 'discarded');
CREATE INDEX jobs_sends_by_chat ON jobs (tenant_id, chat_id, id)
    WHERE kind = 'send_message' AND state IN ('scheduled', 'available', 'running', 'retryable', 'held');
CREATE INDEX jobs_by_age ON jobs (updated_at) WHERE state IN ('completed', 'cancelled');

CREATE TABLE steps (
    tenant_id BLOB    NOT NULL,
    job_id    BLOB    NOT NULL,
    name      TEXT    NOT NULL,
    revision  INTEGER NOT NULL,
    value     TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, job_id, name, revision),
    FOREIGN KEY (tenant_id, job_id) REFERENCES jobs (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What was counted, for `stats`. The tenant of sixteen zero bytes is the daemon itself.
CREATE TABLE counters (
    tenant_id BLOB    NOT NULL,
    name      TEXT    NOT NULL,
    value     INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;
