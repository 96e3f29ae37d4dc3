-- Agents that work with tools, and that look back: why a call was made, what an answer holds
-- beside its text, the change of files beside the target, and what each action came to.
-- `tool_calls`, `others` and `actions` are lists in JSON, empty texts where there is none.

ALTER TABLE calls ADD COLUMN kind VARCHAR DEFAULT 'action';
ALTER TABLE calls ADD COLUMN tool_calls VARCHAR DEFAULT '';
ALTER TABLE calls ADD COLUMN reasoning VARCHAR DEFAULT '';
ALTER TABLE rollouts ADD COLUMN others VARCHAR DEFAULT '';
ALTER TABLE iterations ADD COLUMN actions VARCHAR DEFAULT '';
ALTER TABLE iterations ADD COLUMN forgiven VARCHAR DEFAULT '';

-- A message of a long state, once for all states that hold it: their bodies then list names.

CREATE TABLE messages (
    message VARCHAR NOT NULL,
    body VARCHAR NOT NULL
);
