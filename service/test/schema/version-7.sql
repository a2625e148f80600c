PRAGMA user_version = 7;
CREATE TABLE run (started_at INTEGER NOT NULL) STRICT;
CREATE TABLE clock (latest INTEGER NOT NULL) STRICT;
INSERT INTO "clock" VALUES (1796008193014);
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
INSERT INTO "image_tags" VALUES (1, 1796008192526, X'01A22A6E29FD7532BFF2EC6CEE7F48C4', 1);
INSERT INTO "image_tags" VALUES (1, 1796008192829, X'01A22A6E2B2B76CC8124E9741F2F18BD', 2);
INSERT INTO "image_tags" VALUES (1, 1796008192903, X'01A22A6E2B7C72028B9D378A85800626', 3);
INSERT INTO "image_tags" VALUES (2, 1796008192526, X'01A22A6E29FD7532BFF2EC6CEE7F48C4', 1);
INSERT INTO "image_tags" VALUES (3, 1796008192903, X'01A22A6E2B7C72028B9D378A85800626', 3);
CREATE TABLE user_tags (
    tag INTEGER NOT NULL, user INTEGER NOT NULL, upload_time INTEGER NOT NULL, image_id BLOB NOT NULL,
    image INTEGER NOT NULL,
    PRIMARY KEY (tag, user, upload_time, image_id)
  ) STRICT, WITHOUT ROWID;
INSERT INTO "user_tags" VALUES (1, 1, 1796008192526, X'01A22A6E29FD7532BFF2EC6CEE7F48C4', 1);
INSERT INTO "user_tags" VALUES (1, 1, 1796008192903, X'01A22A6E2B7C72028B9D378A85800626', 3);
INSERT INTO "user_tags" VALUES (1, 2, 1796008192829, X'01A22A6E2B2B76CC8124E9741F2F18BD', 2);
INSERT INTO "user_tags" VALUES (2, 1, 1796008192526, X'01A22A6E29FD7532BFF2EC6CEE7F48C4', 1);
INSERT INTO "user_tags" VALUES (3, 1, 1796008192903, X'01A22A6E2B7C72028B9D378A85800626', 3);
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
INSERT INTO "images" VALUES (1, X'01A22A6E29FD7532BFF2EC6CEE7F48C4', 1, 'osprey (1).jpg', 'Osprey at dusk', 'Over the dune.', '["bird","new york"]', 'image/jpeg', 294, 8, 6, X'7F4E921370E155DE68B55B72434D9C84337ECDA3BFAAC392461E3337C829B22C', 'ready', NULL, 1, 1, 1796008192515, 1796008192526, 1796008192526, NULL, 'alice/01a22a6e-29fd-7532-bff2-ec6cee7f48c4', NULL, NULL, 1, '{"thumbhash":"XBcKNZhxh3iAiHiHd3iHeICDCNh4","color":"#000a5f"}', '{"format":"webp","names":["thumb","small"]}', NULL, 1796008192526, NULL);
INSERT INTO "images" VALUES (2, X'01A22A6E2B2B76CC8124E9741F2F18BD', 2, NULL, 'Blåsippa', NULL, '["bird"]', 'image/png', 173, 8, 6, X'E342BF10AA7472CDA7A3F2E97F3E2FB6F5F0182FCDCA1687BBCC954AB27B7832', 'ready', NULL, 1, 1, 1796008192811, 1796008192829, 1796008192829, NULL, 'a%23b%2Fc/01a22a6e-2b2b-76cc-8124-e9741f2f18bd', NULL, NULL, 1, '{"thumbhash":"XBcKNZpwh3dxeHiHiHiHh4BxB+eH","color":"#000080"}', '{"format":"webp","names":["thumb","small"]}', NULL, 1796008192829, NULL);
INSERT INTO "images" VALUES (3, X'01A22A6E2B7C72028B9D378A85800626', 1, NULL, 'Heron', NULL, '["bird","sea"]', 'image/avif', 292, 8, 6, X'332334572E9D6CCCD80D28BC950E0F6DAA2DF0487735FCD034161E6F1C0E41B8', 'ready', NULL, 2, 1, 1796008192892, 1796008192903, 1796008192996, NULL, 'alice/01a22a6e-2b7c-7202-8b9d-378a85800626.v2', NULL, NULL, 2, '{"thumbhash":"HBcKNZiAh4iAiIiHh3iIiICBB9iI","color":"#035c74"}', '{"format":"webp","names":["thumb","small"]}', NULL, 1796008192996, '[{"version":1,"content_type":"image/webp","size_bytes":78,"width":8,"height":6,"checksum_sha256":"7bef4f6587b7100a5df7db20531e2761b089f7eff62f6ba0d980915b02c22071","object_key":"alice/01a22a6e-2b7c-7202-8b9d-378a85800626","status":"ready","accepted_at":"2026-11-30T03:09:52.903Z"}]');
INSERT INTO "images" VALUES (4, X'01A22A6E2B9E7766B714F94BB3F4F8DA', 1, NULL, 'Gone', NULL, '[]', 'image/gif', 62, 8, 6, X'B64F9882266A0C4EDAD4B15A25CDF3C5153EE468911197836FDB763DFEDB2D54', 'ready', NULL, 1, 2, 1796008192926, 1796008192944, 1796008192974, 1796008192974, 'alice/01a22a6e-2b9e-7766-b714-f94bb3f4f8da', NULL, 1796008192974, 1, '{"thumbhash":"XBcKLZSAaodweId3eJd4iIBwB/l4","color":"#3f2880"}', '{"format":"webp","names":["thumb","small"]}', NULL, 1796008192944, NULL);
INSERT INTO "images" VALUES (5, X'01A22A6E2BD7736BBC3DB0A7D15BD615', 3, NULL, 'Announced', NULL, '[]', 'image/png', 173, NULL, NULL, NULL, 'pending', NULL, 1, 1, 1796008192984, 1796008192984, 1796008192984, NULL, 'bob/01a22a6e-2bd7-736b-bc3d-b0a7d15bd615', '{"method":"put","expires_at":"2026-11-30T03:39:52.000Z"}', 1796009992000, 0, NULL, NULL, NULL, 1796008192984, NULL);
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
INSERT INTO "idempotency_keys" VALUES (1, 'upload-image:anonymous', 'a-key-of-version-7', 'a52e4671-79e9-44c7-a5c4-2d9ad46c9c67', X'01A22A6E29FD7532BFF2EC6CEE7F48C4', 0, 1796008252509, 1796094592509, 'e728d9c34bb0aed22a4f7c083ebc58af9b9befb9a86dd7e053ffd311ee2c18e1', '{"image_id":"01a22a6e-29fd-7532-bff2-ec6cee7f48c4","object_key":"alice/01a22a6e-29fd-7532-bff2-ec6cee7f48c4","user_id":"alice","filename":"osprey (1).jpg","title":"Osprey at dusk","description":"Over the dune.","tags":["bird","new york"],"status":"ready","content_type":"image/jpeg","width":8,"height":6,"size_bytes":294,"checksum_sha256":"7f4e921370e155de68b55b72434d9c84337ecda3bfaac392461e3337c829b22c","rejection_reason":null,"version":1,"revision":1,"background_revision":0,"created_at":"2026-11-30T03:09:52.515Z","upload_time":"2026-11-30T03:09:52.526Z","updated_at":"2026-11-30T03:09:52.526Z","deleted_at":null,"upload":null,"placeholder":null,"presets":null,"exif":null,"accepted_at":"2026-11-30T03:09:52.526Z","former_versions":[]}');
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
INSERT INTO "audit" VALUES (1796008192528, X'01A22A6E2A10759299080F1A4C81E80A', NULL, 'upload-image', X'01A22A6E29FD7532BFF2EC6CEE7F48C4', 'alice', 'done', '470f17f0-9b54-48a8-8b9c-694bca1e9a2d', '127.0.0.1');
INSERT INTO "audit" VALUES (1796008192830, X'01A22A6E2B3E7627BE76BDBA4C4C36CA', NULL, 'upload-image', X'01A22A6E2B2B76CC8124E9741F2F18BD', 'a#b/c', 'done', '1fbfb224-8f93-4bca-be00-45c9ea0539da', '127.0.0.1');
INSERT INTO "audit" VALUES (1796008192904, X'01A22A6E2B88723F931A87D1D234457F', NULL, 'upload-image', X'01A22A6E2B7C72028B9D378A85800626', 'alice', 'done', 'ea3dd8d7-3b1c-49d8-b35b-b01b6552f9d7', '127.0.0.1');
INSERT INTO "audit" VALUES (1796008192944, X'01A22A6E2BB070DF9F707B7909EE44F4', NULL, 'upload-image', X'01A22A6E2B9E7766B714F94BB3F4F8DA', 'alice', 'done', 'ce2cb574-5a1c-4aa3-b4bd-33bb998f39e1', '127.0.0.1');
INSERT INTO "audit" VALUES (1796008192966, X'01A22A6E2BC67136A7284EA8E2D83D70', NULL, 'update-image', X'01A22A6E2B7C72028B9D378A85800626', 'alice', 'done', 'feb13781-a794-4856-959e-915854fad065', '127.0.0.1');
INSERT INTO "audit" VALUES (1796008192974, X'01A22A6E2BCE70EF928B305E1A7D8910', NULL, 'delete-image', X'01A22A6E2B9E7766B714F94BB3F4F8DA', 'alice', 'done', '046dfe5a-34d8-4e57-a462-b0cc78c7da24', '127.0.0.1');
INSERT INTO "audit" VALUES (1796008192984, X'01A22A6E2BD876B59BD3C18A00992AF2', NULL, 'start-upload', X'01A22A6E2BD7736BBC3DB0A7D15BD615', 'bob', 'done', 'fb2f0f03-d210-4301-b164-544048f921e8', '127.0.0.1');
INSERT INTO "audit" VALUES (1796008192996, X'01A22A6E2BE4717B82BB8006F296E27D', NULL, 'replace-image', X'01A22A6E2B7C72028B9D378A85800626', 'alice', 'done', 'a1290a93-dd53-49f4-9e1e-e032549c39dc', '127.0.0.1');
INSERT INTO "audit" VALUES (1796008193014, X'01A22A6E2BF67469BA0A95DC3934A693', NULL, 'create-link', X'01A22A6E29FD7532BFF2EC6CEE7F48C4', 'alice', 'done', 'de3eec80-6ffe-4d99-8c19-9e2f65068950', '127.0.0.1');
CREATE TABLE share_links (
    image_id BLOB NOT NULL,
    link_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_by TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    views INTEGER NOT NULL,
    last_viewed_at INTEGER,
    PRIMARY KEY (image_id, link_id)
  ) STRICT, WITHOUT ROWID;
INSERT INTO "share_links" VALUES (X'01A22A6E29FD7532BFF2EC6CEE7F48C4', 'AaIqbin9dTK_8uxs7n9IxPhrkJz1YEH30HUj9h3XGBw', 'alice', NULL, 1796008193013, 1796612993013, 0, NULL);
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
CREATE INDEX share_links_by_expiry ON share_links (expires_at);
