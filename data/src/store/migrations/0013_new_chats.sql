-- How many new chats WhatsApp lets a number start, as WAHA last told it: a JSON object; NULL: it did not tell.

ALTER TABLE instances ADD COLUMN new_chats TEXT;
