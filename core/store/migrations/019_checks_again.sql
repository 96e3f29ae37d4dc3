-- A check that is to be made again stays good until then; `due` names the pass that wants it.

ALTER TABLE task_checks ADD COLUMN due VARCHAR DEFAULT '';
