-- Two more sorts of messages: an order from the catalogue, and one of its products. As in 0004: the CHECK says nothing
-- about how rows are stored, so the table is not written anew.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, '''waiting'', ''other''', '''order'', ''product'', ''waiting'', ''other''')
WHERE type = 'table' AND name = 'interactions';
PRAGMA writable_schema = RESET;
