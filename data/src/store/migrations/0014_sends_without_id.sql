-- Sends of ours of which no id is known and whose echo has not come: what a message from an address that nobody knows may be.

CREATE INDEX interactions_without_id ON interactions (tenant_id, instance_id, sending_at)
    WHERE direction = 'out' AND echoed_at IS NULL AND bare_id IS NULL;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('interactions', 'interactions_without_id', '300 100 50 1');
ANALYZE sqlite_schema;
