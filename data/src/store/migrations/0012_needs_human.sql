-- What only a person can deal with, an order or a call, is not forgotten when the assistant answers something else: until a person
-- writes, or closes the matter, the chat goes back to them with this reason.
ALTER TABLE chats ADD COLUMN needs_human TEXT;

-- When a customer's message was written, where it came after something that we said since and so stands after that in the
-- conversation: whether it is fresh goes by this.
ALTER TABLE interactions ADD COLUMN written_at INTEGER;
