-- By agency (the id of its term), the first version of the record that it may know; null where all may know all.
ALTER TABLE record ADD COLUMN firsts TEXT;
