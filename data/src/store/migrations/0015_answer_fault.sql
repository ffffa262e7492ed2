-- Why an answer does not come about, kept from run to run: JSON of the first cause, its words, its time and the tries.
ALTER TABLE jobs ADD COLUMN fault TEXT;
