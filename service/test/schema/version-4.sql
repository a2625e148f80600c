PRAGMA user_version = 4;
CREATE TABLE run (started_at INTEGER NOT NULL) STRICT;
CREATE TABLE clock (latest INTEGER NOT NULL) STRICT;
INSERT INTO "clock" VALUES (1796007115372);
CREATE TABLE users (user INTEGER PRIMARY KEY, user_id TEXT NOT NULL UNIQUE, images INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, max_images INTEGER, max_bytes INTEGER) STRICT;
INSERT INTO "users" VALUES (1, 'alice', 2, 372, NULL, NULL);
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
INSERT INTO "image_tags" VALUES (1, 1796007115260, X'01A22A5DB9E97656B9E6F0CD0DC45DDD', 1);
INSERT INTO "image_tags" VALUES (1, 1796007115294, X'01A22A5DBA1A76F9AC29B37EB8132677', 2);
INSERT INTO "image_tags" VALUES (1, 1796007115315, X'01A22A5DBA28776EA4A0E1694939C1EC', 3);
INSERT INTO "image_tags" VALUES (2, 1796007115260, X'01A22A5DB9E97656B9E6F0CD0DC45DDD', 1);
INSERT INTO "image_tags" VALUES (3, 1796007115315, X'01A22A5DBA28776EA4A0E1694939C1EC', 3);
CREATE TABLE user_tags (
    tag INTEGER NOT NULL, user INTEGER NOT NULL, upload_time INTEGER NOT NULL, image_id BLOB NOT NULL,
    image INTEGER NOT NULL,
    PRIMARY KEY (tag, user, upload_time, image_id)
  ) STRICT, WITHOUT ROWID;
INSERT INTO "user_tags" VALUES (1, 1, 1796007115260, X'01A22A5DB9E97656B9E6F0CD0DC45DDD', 1);
INSERT INTO "user_tags" VALUES (1, 1, 1796007115315, X'01A22A5DBA28776EA4A0E1694939C1EC', 3);
INSERT INTO "user_tags" VALUES (1, 2, 1796007115294, X'01A22A5DBA1A76F9AC29B37EB8132677', 2);
INSERT INTO "user_tags" VALUES (2, 1, 1796007115260, X'01A22A5DB9E97656B9E6F0CD0DC45DDD', 1);
INSERT INTO "user_tags" VALUES (3, 1, 1796007115315, X'01A22A5DBA28776EA4A0E1694939C1EC', 3);
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
  ) STRICT;
INSERT INTO "images" VALUES (1, X'01A22A5DB9E97656B9E6F0CD0DC45DDD', 1, 'osprey (1).jpg', 'Osprey at dusk', 'Over the dune.', '["bird","new york"]', 'image/jpeg', 294, 8, 6, X'7F4E921370E155DE68B55B72434D9C84337ECDA3BFAAC392461E3337C829B22C', 'ready', NULL, 1, 1, 1796007115247, 1796007115260, 1796007115260, NULL, 'alice/01a22a5d-b9e9-7656-b9e6-f0cd0dc45ddd', NULL, NULL);
INSERT INTO "images" VALUES (2, X'01A22A5DBA1A76F9AC29B37EB8132677', 2, NULL, 'Blåsippa', NULL, '["bird"]', 'image/png', 173, 8, 6, X'E342BF10AA7472CDA7A3F2E97F3E2FB6F5F0182FCDCA1687BBCC954AB27B7832', 'ready', NULL, 1, 1, 1796007115290, 1796007115294, 1796007115294, NULL, 'a%23b%2Fc/01a22a5d-ba1a-76f9-ac29-b37eb8132677', NULL, NULL);
INSERT INTO "images" VALUES (3, X'01A22A5DBA28776EA4A0E1694939C1EC', 1, NULL, 'Heron', NULL, '["bird","sea"]', 'image/webp', 78, 8, 6, X'7BEF4F6587B7100A5DF7DB20531E2761B089F7EFF62F6BA0D980915B02C22071', 'ready', NULL, 1, 2, 1796007115304, 1796007115315, 1796007115356, NULL, 'alice/01a22a5d-ba28-776e-a4a0-e1694939c1ec', NULL, NULL);
INSERT INTO "images" VALUES (4, X'01A22A5DBA6C716189E79728E3CA8C41', 3, NULL, 'Announced', NULL, '[]', 'image/png', 173, NULL, NULL, NULL, 'pending', NULL, 1, 1, 1796007115372, 1796007115372, 1796007115372, NULL, 'bob/01a22a5d-ba6c-7161-89e7-9728e3ca8c41', '{"method":"put","expires_at":"2026-11-30T03:21:55.000Z"}', 1796008915000);
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
INSERT INTO "idempotency_keys" VALUES (1, 'upload-image:anonymous', 'a-key-of-version-4', '838d6086-6ef4-410c-bd3d-cf73e99e1b7d', X'01A22A5DB9E97656B9E6F0CD0DC45DDD', 0, 1796007175241, 1796093515241, 'e728d9c34bb0aed22a4f7c083ebc58af9b9befb9a86dd7e053ffd311ee2c18e1', '{"image_id":"01a22a5d-b9e9-7656-b9e6-f0cd0dc45ddd","object_key":"alice/01a22a5d-b9e9-7656-b9e6-f0cd0dc45ddd","user_id":"alice","filename":"osprey (1).jpg","title":"Osprey at dusk","description":"Over the dune.","tags":["bird","new york"],"content_type":"image/jpeg","width":8,"height":6,"size_bytes":294,"checksum_sha256":"7f4e921370e155de68b55b72434d9c84337ecda3bfaac392461e3337c829b22c","status":"ready","rejection_reason":null,"version":1,"revision":1,"created_at":"2026-11-30T02:51:55.247Z","upload_time":"2026-11-30T02:51:55.260Z","updated_at":"2026-11-30T02:51:55.260Z","deleted_at":null,"upload":null}');
CREATE INDEX images_by_time ON images (upload_time, image_id)
    WHERE status = 'ready' AND deleted_at IS NULL;
CREATE INDEX images_by_user ON images (user, upload_time, image_id)
    WHERE status = 'ready' AND deleted_at IS NULL;
CREATE INDEX images_unready ON images (user, status, upload_time, image_id)
    WHERE status <> 'ready' AND deleted_at IS NULL;
CREATE INDEX images_due ON images (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
