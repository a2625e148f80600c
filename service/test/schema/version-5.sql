PRAGMA user_version = 5;
CREATE TABLE run (started_at INTEGER NOT NULL) STRICT;
CREATE TABLE clock (latest INTEGER NOT NULL) STRICT;
INSERT INTO "clock" VALUES (1796007122311);
CREATE TABLE users (user INTEGER PRIMARY KEY, user_id TEXT NOT NULL UNIQUE, images INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, max_images INTEGER, max_bytes INTEGER) STRICT;
INSERT INTO "users" VALUES (1, 'alice', 3, 726, NULL, NULL);
INSERT INTO "users" VALUES (2, 'a#b/c', 1, 173, NULL, NULL);
INSERT INTO "users" VALUES (3, 'bob', 1, 173, NULL, NULL);
CREATE TABLE tags (tag INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO "tags" VALUES (1, 'bird');
INSERT INTO "tags" VALUES (2, 'new york');
INSERT INTO "tags" VALUES (3, 'sea');
CREATE TABLE image_tags (
    tag INTEGER NOT NULL, upload_time INTEGER NOT NULL, image_id BLOB NOT NULL, image INTEGER NOT NULL,
    PRIMARY KEY (tag, upload_time, image_id)
  ) STRICT, WITHOUT ROWID;
INSERT INTO "image_tags" VALUES (1, 1796007122163, X'01A22A5DD4DD76EDB762CDA2790360AF', 1);
INSERT INTO "image_tags" VALUES (1, 1796007122222, X'01A22A5DD52B7288835FF1E3771AD2AC', 2);
INSERT INTO "image_tags" VALUES (1, 1796007122252, X'01A22A5DD539743C9A609FFAF87B580B', 3);
INSERT INTO "image_tags" VALUES (2, 1796007122163, X'01A22A5DD4DD76EDB762CDA2790360AF', 1);
INSERT INTO "image_tags" VALUES (3, 1796007122252, X'01A22A5DD539743C9A609FFAF87B580B', 3);
CREATE TABLE user_tags (
    tag INTEGER NOT NULL, user INTEGER NOT NULL, upload_time INTEGER NOT NULL, image_id BLOB NOT NULL,
    image INTEGER NOT NULL,
    PRIMARY KEY (tag, user, upload_time, image_id)
  ) STRICT, WITHOUT ROWID;
INSERT INTO "user_tags" VALUES (1, 1, 1796007122163, X'01A22A5DD4DD76EDB762CDA2790360AF', 1);
INSERT INTO "user_tags" VALUES (1, 1, 1796007122252, X'01A22A5DD539743C9A609FFAF87B580B', 3);
INSERT INTO "user_tags" VALUES (1, 2, 1796007122222, X'01A22A5DD52B7288835FF1E3771AD2AC', 2);
INSERT INTO "user_tags" VALUES (2, 1, 1796007122163, X'01A22A5DD4DD76EDB762CDA2790360AF', 1);
INSERT INTO "user_tags" VALUES (3, 1, 1796007122252, X'01A22A5DD539743C9A609FFAF87B580B', 3);
CREATE TABLE images (
    image INTEGER PRIMARY KEY,
    image_id BLOB NOT NULL UNIQUE,
    user INTEGER NOT NULL REFERENCES users,
    filename TEXT,
    title TEXT,
    description TEXT,
    tags TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    width INTEGER,
    height INTEGER,
    checksum_sha256 BLOB,
    status TEXT NOT NULL,
    rejection_reason TEXT,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    upload_time INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    object_key TEXT NOT NULL,
    upload TEXT,
    due_at INTEGER
  , background_revision INTEGER NOT NULL DEFAULT 0, placeholder TEXT, presets TEXT, exif TEXT, accepted_at INTEGER, former_versions TEXT) STRICT;
INSERT INTO "images" VALUES (1, X'01A22A5DD4DD76EDB762CDA2790360AF', 1, 'osprey (1).jpg', 'Osprey at dusk', 'Over the dune.', '["bird","new york"]', 'image/jpeg', 294, 8, 6, X'7F4E921370E155DE68B55B72434D9C84337ECDA3BFAAC392461E3337C829B22C', 'ready', NULL, 1, 1, 1796007122148, 1796007122163, 1796007122163, NULL, 'alice/01a22a5d-d4dd-76ed-b762-cda2790360af', NULL, NULL, 1, '{"thumbhash":"XBcKNZhxh3iAiHiHd3iHeICDCNh4","color":"#000a5f"}', '{"format":"webp","names":["thumb","small"]}', NULL, 1796007122163, NULL);
INSERT INTO "images" VALUES (2, X'01A22A5DD52B7288835FF1E3771AD2AC', 2, NULL, 'Blåsippa', NULL, '["bird"]', 'image/png', 173, 8, 6, X'E342BF10AA7472CDA7A3F2E97F3E2FB6F5F0182FCDCA1687BBCC954AB27B7832', 'ready', NULL, 1, 1, 1796007122219, 1796007122222, 1796007122222, NULL, 'a%23b%2Fc/01a22a5d-d52b-7288-835f-f1e3771ad2ac', NULL, NULL, 1, '{"thumbhash":"XBcKNZpwh3dxeHiHiHiHh4BxB+eH","color":"#000080"}', '{"format":"webp","names":["thumb","small"]}', NULL, 1796007122222, NULL);
INSERT INTO "images" VALUES (3, X'01A22A5DD539743C9A609FFAF87B580B', 1, NULL, 'Heron', NULL, '["bird","sea"]', 'image/avif', 292, 8, 6, X'332334572E9D6CCCD80D28BC950E0F6DAA2DF0487735FCD034161E6F1C0E41B8', 'ready', NULL, 2, 1, 1796007122233, 1796007122252, 1796007122311, NULL, 'alice/01a22a5d-d539-743c-9a60-9ffaf87b580b.v2', NULL, NULL, 1, '{"thumbhash":"HBcKNZiAh4iAiIiHh3iIiICBB9iI","color":"#035c74"}', '{"format":"webp","names":["thumb","small"]}', NULL, 1796007122311, '[{"version":1,"content_type":"image/webp","size_bytes":78,"width":8,"height":6,"checksum_sha256":"7bef4f6587b7100a5df7db20531e2761b089f7eff62f6ba0d980915b02c22071","object_key":"alice/01a22a5d-d539-743c-9a60-9ffaf87b580b","status":"ready","accepted_at":"2026-11-30T02:52:02.252Z"}]');
INSERT INTO "images" VALUES (4, X'01A22A5DD556739899C9659C0204B9BD', 1, NULL, 'Gone', NULL, '[]', 'image/gif', 62, 8, 6, X'B64F9882266A0C4EDAD4B15A25CDF3C5153EE468911197836FDB763DFEDB2D54', 'ready', NULL, 1, 2, 1796007122262, 1796007122263, 1796007122281, 1796007122281, 'alice/01a22a5d-d556-7398-99c9-659c0204b9bd', NULL, 1796007122281, 0, NULL, NULL, NULL, 1796007122263, NULL);
INSERT INTO "images" VALUES (5, X'01A22A5DD57B708A8E34C50CECCE75E8', 3, NULL, 'Announced', NULL, '[]', 'image/png', 173, NULL, NULL, NULL, 'pending', NULL, 1, 1, 1796007122300, 1796007122300, 1796007122300, NULL, 'bob/01a22a5d-d57b-708a-8e34-c50cecce75e8', '{"method":"put","expires_at":"2026-11-30T03:22:02.000Z"}', 1796008922000, 0, NULL, NULL, NULL, 1796007122300, NULL);
CREATE TABLE idempotency_keys (
    id INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    attempt_id TEXT NOT NULL,
    image_id BLOB NOT NULL,
    takeovers INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    fingerprint TEXT,
    content TEXT,
    UNIQUE (scope, key)
  ) STRICT;
INSERT INTO "idempotency_keys" VALUES (1, 'upload-image:anonymous', 'a-key-of-version-5', '4a08c37c-7b5d-4d51-a273-37d4a924989c', X'01A22A5DD4DD76EDB762CDA2790360AF', 0, 1796007182141, 1796093522141, 'e728d9c34bb0aed22a4f7c083ebc58af9b9befb9a86dd7e053ffd311ee2c18e1', '{"image_id":"01a22a5d-d4dd-76ed-b762-cda2790360af","object_key":"alice/01a22a5d-d4dd-76ed-b762-cda2790360af","user_id":"alice","filename":"osprey (1).jpg","title":"Osprey at dusk","description":"Over the dune.","tags":["bird","new york"],"status":"ready","content_type":"image/jpeg","width":8,"height":6,"size_bytes":294,"checksum_sha256":"7f4e921370e155de68b55b72434d9c84337ecda3bfaac392461e3337c829b22c","rejection_reason":null,"version":1,"revision":1,"background_revision":0,"created_at":"2026-11-30T02:52:02.148Z","upload_time":"2026-11-30T02:52:02.163Z","updated_at":"2026-11-30T02:52:02.163Z","deleted_at":null,"upload":null,"placeholder":null,"presets":null,"exif":null,"accepted_at":"2026-11-30T02:52:02.163Z","former_versions":[]}');
CREATE TABLE jobs (
    job INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    queued_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    failure TEXT,
    is_dead INTEGER NOT NULL DEFAULT 0
  ) STRICT;
CREATE INDEX images_by_time ON images (upload_time, image_id)
    WHERE status = 'ready' AND deleted_at IS NULL;
CREATE INDEX images_by_user ON images (user, upload_time, image_id)
    WHERE status = 'ready' AND deleted_at IS NULL;
CREATE INDEX images_unready ON images (user, status, upload_time, image_id)
    WHERE status <> 'ready' AND deleted_at IS NULL;
CREATE INDEX images_due ON images (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
CREATE INDEX images_trash ON images (user, upload_time, image_id) WHERE deleted_at IS NOT NULL;
CREATE INDEX jobs_due ON jobs (kind, due_at) WHERE is_dead = 0;
CREATE INDEX jobs_dead ON jobs (job) WHERE is_dead = 1;
