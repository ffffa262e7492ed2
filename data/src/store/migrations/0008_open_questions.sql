-- Which of a customer's messages nobody has answered: a message that was answered once is never asked of the model again.

-- The chat's revision when a customer's message came that is still to be answered; NULL for every other message. An answer closes
-- the messages up to the revision that it was written for.
ALTER TABLE interactions ADD COLUMN open_revision INTEGER;
CREATE INDEX interactions_unanswered ON interactions (tenant_id, chat_id, open_revision) WHERE open_revision IS NOT NULL;

UPDATE interactions AS i
SET open_revision = h.revision
FROM chats AS h
WHERE h.waiting_since IS NOT NULL AND h.kind = 'direct'
  AND i.tenant_id = h.tenant_id AND i.chat_id = h.id AND i.at >= h.waiting_since
  AND i.direction = 'in' AND i.author = 'customer' AND i.state <> 'revoked' AND i.kind <> 'waiting';

-- What came while an answer was being sent is open too, where another answer to it waits or runs.
UPDATE interactions AS i
SET open_revision = h.revision
FROM chats AS h
JOIN jobs AS j ON j.tenant_id = h.tenant_id AND j.chat_id = h.id AND j.kind = 'answer_chat'
              AND j.state IN ('scheduled', 'available', 'running', 'retryable', 'held')
WHERE h.kind = 'direct' AND i.tenant_id = h.tenant_id AND i.chat_id = h.id AND i.open_revision IS NULL
  AND i.direction = 'in' AND i.author = 'customer' AND i.state <> 'revoked' AND i.kind <> 'waiting'
  AND i.at >= h.context_from
  AND i.seq > coalesce((SELECT max(o.seq) FROM interactions AS o
                        WHERE o.tenant_id = h.tenant_id AND o.chat_id = h.id AND o.direction = 'out'
                          AND o.author <> 'campaign'
                          AND o.state IN ('sending', 'sent', 'delivered', 'read', 'played')), 0);
