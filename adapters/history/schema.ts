/**
 * The tables, version 1 (docs/HISTORY.md, "The schema"). A later version gets steps that lead to it from this one: an existing file is
 * never made anew.
 */
export const schemaVersion = 1;

export const schema = `
CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  stopped_at INTEGER
) STRICT;

CREATE TABLE facts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  room TEXT,
  user TEXT,
  name TEXT,
  verified INTEGER,
  reason TEXT,
  total INTEGER
) STRICT;
CREATE INDEX facts_at ON facts (at);
CREATE INDEX facts_room ON facts (room);
CREATE INDEX facts_user ON facts (user);

CREATE TABLE rooms (
  id INTEGER PRIMARY KEY,
  room TEXT NOT NULL,
  name TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,
  reason TEXT,
  peak INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX rooms_open ON rooms (room) WHERE closed_at IS NULL;
CREATE INDEX rooms_room ON rooms (room, opened_at);
CREATE INDEX rooms_closed ON rooms (closed_at);

CREATE TABLE visits (
  id INTEGER PRIMARY KEY,
  room_id INTEGER,
  room TEXT NOT NULL,
  user TEXT NOT NULL,
  name TEXT NOT NULL,
  verified INTEGER NOT NULL,
  came_at INTEGER NOT NULL,
  left_at INTEGER,
  reason TEXT
) STRICT;
CREATE UNIQUE INDEX visits_open ON visits (room, user) WHERE left_at IS NULL;
CREATE INDEX visits_room ON visits (room, came_at);
CREATE INDEX visits_user ON visits (user, came_at);
CREATE INDEX visits_left ON visits (left_at);

CREATE VIEW refusals AS
  SELECT seq AS id, room, user, name, verified, reason, at FROM facts WHERE kind = 'door.refused';

CREATE TABLE deliveries (
  seq INTEGER PRIMARY KEY REFERENCES facts (seq) ON DELETE CASCADE,
  room TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0
) STRICT;

PRAGMA user_version = ${schemaVersion};
`;
