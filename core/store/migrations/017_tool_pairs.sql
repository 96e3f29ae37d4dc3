-- Pairs of answers that call tools: what could be called, as JSON or by the name of the templates
-- that offer it. Both sides are then whole messages in JSON; elsewhere they are plain texts.
ALTER TABLE pairs ADD COLUMN tools VARCHAR DEFAULT '';
