PRAGMA user_version = 6;
CREATE TABLE run (started_at INTEGER NOT NULL) STRICT;
CREATE TABLE clock (latest INTEGER NOT NULL) STRICT;
INSERT INTO "clock" VALUES (1796007129101);
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
INSERT INTO "image_tags" VALUES (1, 1796007128957, X'01A22A5DEF66769A922E7FC35EE183DD', 1);
INSERT INTO "image_tags" VALUES (1, 1796007129025, X'01A22A5DEFB174B18BB8ACA9EF4A990A', 2);
INSERT INTO "image_tags" VALUES (1, 1796007129052, X'01A22A5DEFD970DCA80AEDE75418D10E', 3);
INSERT INTO "image_tags" VALUES (2, 1796007128957, X'01A22A5DEF66769A922E7FC35EE183DD', 1);
INSERT INTO "image_tags" VALUES (3, 1796007129052, X'01A22A5DEFD970DCA80AEDE75418D10E', 3);
CREATE TABLE user_tags (
    tag INTEGER NOT NULL, user INTEGER NOT NULL, upload_time INTEGER NOT NULL, image_id BLOB NOT NULL,
    image INTEGER NOT NULL,
    PRIMARY KEY (tag, user, upload_time, image_id)
  ) STRICT, WITHOUT ROWID;
INSERT INTO "user_tags" VALUES (1, 1, 1796007128957, X'01A22A5DEF66769A922E7FC35EE183DD', 1);
INSERT INTO "user_tags" VALUES (1, 1, 1796007129052, X'01A22A5DEFD970DCA80AEDE75418D10E', 3);
INSERT INTO "user_tags" VALUES (1, 2, 1796007129025, X'01A22A5DEFB174B18BB8ACA9EF4A990A', 2);
INSERT INTO "user_tags" VALUES (2, 1, 1796007128957, X'01A22A5DEF66769A922E7FC35EE183DD', 1);
INSERT INTO "user_tags" VALUES (3, 1, 1796007129052, X'01A22A5DEFD970DCA80AEDE75418D10E', 3);
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
INSERT INTO "images" VALUES (1, X'01A22A5DEF66769A922E7FC35EE183DD', 1, 'osprey (1).jpg', 'Osprey at dusk', 'Over the dune.', '["bird","new york"]', 'image/jpeg', 294, 8, 6, X'7F4E921370E155DE68B55B72434D9C84337ECDA3BFAAC392461E3337C829B22C', 'ready', NULL, 1, 1, 1796007128942, 1796007128957, 1796007128957, NULL, 'alice/01a22a5d-ef66-769a-922e-7fc35ee183dd', NULL, NULL, 1, '{"thumbhash":"XBcKNZhxh3iAiHiHd3iHeICDCNh4","color":"#000a5f"}', '{"format":"webp","names":["thumb","small"]}', NULL, 1796007128957, NULL);
INSERT INTO "images" VALUES (2, X'01A22A5DEFB174B18BB8ACA9EF4A990A', 2, NULL, 'Blåsippa', NULL, '["bird"]', 'image/png', 173, 8, 6, X'E342BF10AA7472CDA7A3F2E97F3E2FB6F5F0182FCDCA1687BBCC954AB27B7832', 'ready', NULL, 1, 1, 1796007129009, 1796007129025, 1796007129025, NULL, 'a%23b%2Fc/01a22a5d-efb1-74b1-8bb8-aca9ef4a990a', NULL, NULL, 1, '{"thumbhash":"XBcKNZpwh3dxeHiHiHiHh4BxB+eH","color":"#000080"}', '{"format":"webp","names":["thumb","small"]}', NULL, 1796007129025, NULL);
INSERT INTO "images" VALUES (3, X'01A22A5DEFD970DCA80AEDE75418D10E', 1, NULL, 'Heron', NULL, '["bird","sea"]', 'image/avif', 292, 8, 6, X'332334572E9D6CCCD80D28BC950E0F6DAA2DF0487735FCD034161E6F1C0E41B8', 'ready', NULL, 2, 1, 1796007129049, 1796007129052, 1796007129101, NULL, 'alice/01a22a5d-efd9-70dc-a80a-ede75418d10e.v2', NULL, NULL, 1, '{"thumbhash":"HBcKNZiAh4iAiIiHh3iIiICBB9iI","color":"#035c74"}', '{"format":"webp","names":["thumb","small"]}', NULL, 1796007129101, '[{"version":1,"content_type":"image/webp","size_bytes":78,"width":8,"height":6,"checksum_sha256":"7bef4f6587b7100a5df7db20531e2761b089f7eff62f6ba0d980915b02c22071","object_key":"alice/01a22a5d-efd9-70dc-a80a-ede75418d10e","status":"ready","accepted_at":"2026-11-30T02:52:09.052Z"}]');
INSERT INTO "images" VALUES (4, X'01A22A5DEFE47791A3B58D20CBA2BB41', 1, NULL, 'Gone', NULL, '[]', 'image/gif', 62, 8, 6, X'B64F9882266A0C4EDAD4B15A25CDF3C5153EE468911197836FDB763DFEDB2D54', 'ready', NULL, 1, 2, 1796007129060, 1796007129062, 1796007129078, 1796007129078, 'alice/01a22a5d-efe4-7791-a3b5-8d20cba2bb41', NULL, 1796007129078, 0, NULL, NULL, NULL, 1796007129062, NULL);
INSERT INTO "images" VALUES (5, X'01A22A5DF00074958484B1864A363515', 3, NULL, 'Announced', NULL, '[]', 'image/png', 173, NULL, NULL, NULL, 'pending', NULL, 1, 1, 1796007129088, 1796007129088, 1796007129088, NULL, 'bob/01a22a5d-f000-7495-8484-b1864a363515', '{"method":"put","expires_at":"2026-11-30T03:22:09.000Z"}', 1796008929000, 0, NULL, NULL, NULL, 1796007129088, NULL);
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
INSERT INTO "idempotency_keys" VALUES (1, 'upload-image:anonymous', 'a-key-of-version-6', '3dd90efb-a31b-4706-9f9f-022d5a1d8a61', X'01A22A5DEF66769A922E7FC35EE183DD', 0, 1796007188934, 1796093528934, 'e728d9c34bb0aed22a4f7c083ebc58af9b9befb9a86dd7e053ffd311ee2c18e1', '{"image_id":"01a22a5d-ef66-769a-922e-7fc35ee183dd","object_key":"alice/01a22a5d-ef66-769a-922e-7fc35ee183dd","user_id":"alice","filename":"osprey (1).jpg","title":"Osprey at dusk","description":"Over the dune.","tags":["bird","new york"],"status":"ready","content_type":"image/jpeg","width":8,"height":6,"size_bytes":294,"checksum_sha256":"7f4e921370e155de68b55b72434d9c84337ecda3bfaac392461e3337c829b22c","rejection_reason":null,"version":1,"revision":1,"background_revision":0,"created_at":"2026-11-30T02:52:08.942Z","upload_time":"2026-11-30T02:52:08.957Z","updated_at":"2026-11-30T02:52:08.957Z","deleted_at":null,"upload":null,"placeholder":null,"presets":null,"exif":null,"accepted_at":"2026-11-30T02:52:08.957Z","former_versions":[]}');
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
CREATE TABLE audit (
    at INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    actor TEXT,
    action TEXT NOT NULL,
    image_id BLOB,
    user_id TEXT,
    outcome TEXT NOT NULL,
    request_id TEXT NOT NULL,
    address TEXT,
    PRIMARY KEY (at, event_id)
  ) STRICT, WITHOUT ROWID;
INSERT INTO "audit" VALUES (1796007128959, X'01A22A5DEF7F7175B8C2823E9A363A4A', NULL, 'upload-image', X'01A22A5DEF66769A922E7FC35EE183DD', 'alice', 'done', 'c930f05e-f034-4ddc-b26b-c6225f94d43a', '127.0.0.1');
INSERT INTO "audit" VALUES (1796007129025, X'01A22A5DEFC176FA96A70DA4D5730FD1', NULL, 'upload-image', X'01A22A5DEFB174B18BB8ACA9EF4A990A', 'a#b/c', 'done', '33d4c428-9971-49b1-9468-249c4ce48257', '127.0.0.1');
INSERT INTO "audit" VALUES (1796007129053, X'01A22A5DEFDD76ABB0A45860FEA857A7', NULL, 'upload-image', X'01A22A5DEFD970DCA80AEDE75418D10E', 'alice', 'done', '48d77d4d-a393-42a8-9049-ff2c57130cf3', '127.0.0.1');
INSERT INTO "audit" VALUES (1796007129062, X'01A22A5DEFE6725CA7BD9BEFF206A965', NULL, 'upload-image', X'01A22A5DEFE47791A3B58D20CBA2BB41', 'alice', 'done', 'd1b694f5-0d7c-4f48-9596-5d7134d31ac0', '127.0.0.1');
INSERT INTO "audit" VALUES (1796007129070, X'01A22A5DEFEE764E9E7AC45064CD531E', NULL, 'update-image', X'01A22A5DEFD970DCA80AEDE75418D10E', 'alice', 'done', '7a709f26-efb4-4297-b519-84541a8980a7', '127.0.0.1');
INSERT INTO "audit" VALUES (1796007129078, X'01A22A5DEFF677ABAB9945FD029D7440', NULL, 'delete-image', X'01A22A5DEFE47791A3B58D20CBA2BB41', 'alice', 'done', '78c2b6b4-6187-4dda-8289-fbfcf39d7a2a', '127.0.0.1');
INSERT INTO "audit" VALUES (1796007129089, X'01A22A5DF00176E987DAF856F9B4BDF3', NULL, 'start-upload', X'01A22A5DF00074958484B1864A363515', 'bob', 'done', '1f5417b8-5fd5-4c43-991a-fdad2a87a9dc', '127.0.0.1');
INSERT INTO "audit" VALUES (1796007129101, X'01A22A5DF00D770BA12BC23BB445F7B4', NULL, 'replace-image', X'01A22A5DEFD970DCA80AEDE75418D10E', 'alice', 'done', '6e8cd195-a032-4f6e-97fd-73556472fa6c', '127.0.0.1');
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
CREATE INDEX audit_by_user ON audit (user_id, at, event_id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_by_image ON audit (image_id, at, event_id) WHERE image_id IS NOT NULL;
