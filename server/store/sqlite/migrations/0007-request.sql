-- The id of the request that a commit carries out, and the word of the agency that sent it; NULL where there was none.
ALTER TABLE commits ADD COLUMN request TEXT;
ALTER TABLE commits ADD COLUMN requester INTEGER;
