PRAGMA user_version = 8;
CREATE TABLE run (started_at INTEGER NOT NULL) STRICT;
CREATE TABLE clock (latest INTEGER NOT NULL) STRICT;
INSERT INTO "clock" VALUES (1796007179082);
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
INSERT INTO "image_tags" VALUES (1, 1796007178372, X'01A22A5EB0717783AFE32BE709F3880B', 1);
INSERT INTO "image_tags" VALUES (1, 1796007178576, X'01A22A5EB136708ABAE56762D8C8F4B9', 2);
INSERT INTO "image_tags" VALUES (1, 1796007178784, X'01A22A5EB1A37526A4E18F6F02FFAA9F', 3);
INSERT INTO "image_tags" VALUES (2, 1796007178372, X'01A22A5EB0717783AFE32BE709F3880B', 1);
INSERT INTO "image_tags" VALUES (3, 1796007178784, X'01A22A5EB1A37526A4E18F6F02FFAA9F', 3);
CREATE TABLE user_tags (
    tag INTEGER NOT NULL, user INTEGER NOT NULL, upload_time INTEGER NOT NULL, image_id BLOB NOT NULL,
    image INTEGER NOT NULL,
    PRIMARY KEY (tag, user, upload_time, image_id)
  ) STRICT, WITHOUT ROWID;
INSERT INTO "user_tags" VALUES (1, 1, 1796007178372, X'01A22A5EB0717783AFE32BE709F3880B', 1);
INSERT INTO "user_tags" VALUES (1, 1, 1796007178784, X'01A22A5EB1A37526A4E18F6F02FFAA9F', 3);
INSERT INTO "user_tags" VALUES (1, 2, 1796007178576, X'01A22A5EB136708ABAE56762D8C8F4B9', 2);
INSERT INTO "user_tags" VALUES (2, 1, 1796007178372, X'01A22A5EB0717783AFE32BE709F3880B', 1);
INSERT INTO "user_tags" VALUES (3, 1, 1796007178784, X'01A22A5EB1A37526A4E18F6F02FFAA9F', 3);
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
INSERT INTO "images" VALUES (1, X'01A22A5EB0717783AFE32BE709F3880B', 1, 'osprey (1).jpg', 'Osprey at dusk', 'Over the dune.', '["bird","new york"]', 'image/jpeg', 294, 8, 6, X'7F4E921370E155DE68B55B72434D9C84337ECDA3BFAAC392461E3337C829B22C', 'ready', NULL, 1, 1, 1796007178359, 1796007178372, 1796007178372, NULL, 'alice/01a22a5e-b071-7783-afe3-2be709f3880b', NULL, NULL, 1, '{"thumbhash":"XBcKNZhxh3iAiHiHd3iHeICDCNh4","color":"#000a5f"}', '{"format":"webp","names":["thumb","small"]}', NULL, 1796007178372, NULL);
INSERT INTO "images" VALUES (2, X'01A22A5EB136708ABAE56762D8C8F4B9', 2, NULL, 'Blåsippa', NULL, '["bird"]', 'image/png', 173, 8, 6, X'E342BF10AA7472CDA7A3F2E97F3E2FB6F5F0182FCDCA1687BBCC954AB27B7832', 'ready', NULL, 1, 1, 1796007178550, 1796007178576, 1796007178576, NULL, 'a%23b%2Fc/01a22a5e-b136-708a-bae5-6762d8c8f4b9', NULL, NULL, 1, '{"thumbhash":"XBcKNZpwh3dxeHiHiHiHh4BxB+eH","color":"#000080"}', '{"format":"webp","names":["thumb","small"]}', NULL, 1796007178576, NULL);
INSERT INTO "images" VALUES (3, X'01A22A5EB1A37526A4E18F6F02FFAA9F', 1, NULL, 'Heron', NULL, '["bird","sea"]', 'image/avif', 292, 8, 6, X'332334572E9D6CCCD80D28BC950E0F6DAA2DF0487735FCD034161E6F1C0E41B8', 'ready', NULL, 2, 1, 1796007178659, 1796007178784, 1796007178987, NULL, 'alice/01a22a5e-b1a3-7526-a4e1-8f6f02ffaa9f.v2', NULL, NULL, 2, '{"thumbhash":"HBcKNZiAh4iAiIiHh3iIiICBB9iI","color":"#035c74"}', '{"format":"webp","names":["thumb","small"]}', NULL, 1796007178987, '[{"version":1,"content_type":"image/webp","size_bytes":78,"width":8,"height":6,"checksum_sha256":"7bef4f6587b7100a5df7db20531e2761b089f7eff62f6ba0d980915b02c22071","object_key":"alice/01a22a5e-b1a3-7526-a4e1-8f6f02ffaa9f","status":"ready","accepted_at":"2026-11-30T02:52:58.784Z"}]');
INSERT INTO "images" VALUES (4, X'01A22A5EB24E7635844568CE1E1C7B67', 1, NULL, 'Gone', NULL, '[]', 'image/gif', 62, 8, 6, X'B64F9882266A0C4EDAD4B15A25CDF3C5153EE468911197836FDB763DFEDB2D54', 'ready', NULL, 1, 2, 1796007178830, 1796007178842, 1796007178892, 1796007178892, 'alice/01a22a5e-b24e-7635-8445-68ce1e1c7b67', NULL, 1796007178892, 0, NULL, NULL, NULL, 1796007178842, NULL);
INSERT INTO "images" VALUES (5, X'01A22A5EB2A570929B10D0730FF70F7B', 3, NULL, 'Announced', NULL, '[]', 'image/png', 173, NULL, NULL, NULL, 'pending', NULL, 1, 1, 1796007178917, 1796007178917, 1796007178917, NULL, 'bob/01a22a5e-b2a5-7092-9b10-d0730ff70f7b', '{"method":"put","expires_at":"2026-11-30T03:22:58.000Z"}', 1796008978000, 0, NULL, NULL, NULL, 1796007178917, NULL);
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
INSERT INTO "idempotency_keys" VALUES (1, 'upload-image:anonymous', 'a-key-of-version-8', '142f27c9-777d-484d-a2f9-ea6d307dc255', X'01A22A5EB0717783AFE32BE709F3880B', 0, 1796007238353, 1796093578353, 'e728d9c34bb0aed22a4f7c083ebc58af9b9befb9a86dd7e053ffd311ee2c18e1', '{"image_id":"01a22a5e-b071-7783-afe3-2be709f3880b","object_key":"alice/01a22a5e-b071-7783-afe3-2be709f3880b","user_id":"alice","filename":"osprey (1).jpg","title":"Osprey at dusk","description":"Over the dune.","tags":["bird","new york"],"status":"ready","content_type":"image/jpeg","width":8,"height":6,"size_bytes":294,"checksum_sha256":"7f4e921370e155de68b55b72434d9c84337ecda3bfaac392461e3337c829b22c","rejection_reason":null,"version":1,"revision":1,"background_revision":0,"created_at":"2026-11-30T02:52:58.359Z","upload_time":"2026-11-30T02:52:58.372Z","updated_at":"2026-11-30T02:52:58.372Z","deleted_at":null,"upload":null,"placeholder":null,"presets":null,"exif":null,"accepted_at":"2026-11-30T02:52:58.372Z","former_versions":[]}');
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
INSERT INTO "audit" VALUES (1796007178374, X'01A22A5EB08676349F33AA5D5856EBD3', NULL, 'upload-image', X'01A22A5EB0717783AFE32BE709F3880B', 'alice', 'done', 'a8f0eea1-d4aa-4f41-8650-845a39c44ce0', '127.0.0.1');
INSERT INTO "audit" VALUES (1796007178577, X'01A22A5EB15174DEA298E34C3946FF2A', NULL, 'upload-image', X'01A22A5EB136708ABAE56762D8C8F4B9', 'a#b/c', 'done', '509723b1-b2e6-4940-9d28-78f994ca0374', '127.0.0.1');
INSERT INTO "audit" VALUES (1796007178785, X'01A22A5EB22175C88126D82560E180DF', NULL, 'upload-image', X'01A22A5EB1A37526A4E18F6F02FFAA9F', 'alice', 'done', '620eed7c-ec01-4fd0-a345-b4eeba387b14', '127.0.0.1');
INSERT INTO "audit" VALUES (1796007178842, X'01A22A5EB25A76628600C269E22BDF0E', NULL, 'upload-image', X'01A22A5EB24E7635844568CE1E1C7B67', 'alice', 'done', 'd2a8f7bc-8ccb-4f02-9c92-2fd5b0bd1ff0', '127.0.0.1');
INSERT INTO "audit" VALUES (1796007178877, X'01A22A5EB27D779B89B125E31C1DFECD', NULL, 'update-image', X'01A22A5EB1A37526A4E18F6F02FFAA9F', 'alice', 'done', '890c6982-3bef-49d4-a73b-ee78e7eecf17', '127.0.0.1');
INSERT INTO "audit" VALUES (1796007178892, X'01A22A5EB28C70299E86DACC6E4FB21E', NULL, 'delete-image', X'01A22A5EB24E7635844568CE1E1C7B67', 'alice', 'done', '25b35ead-5f6f-4c97-80d6-efec3c5d2303', '127.0.0.1');
INSERT INTO "audit" VALUES (1796007178919, X'01A22A5EB2A7723686696098AFC2FA0B', NULL, 'start-upload', X'01A22A5EB2A570929B10D0730FF70F7B', 'bob', 'done', 'b490a11a-2099-40e6-a9d6-e4967e4bf9a3', '127.0.0.1');
INSERT INTO "audit" VALUES (1796007178987, X'01A22A5EB2EB72E0BC585E0F7A5732F6', NULL, 'replace-image', X'01A22A5EB1A37526A4E18F6F02FFAA9F', 'alice', 'done', 'c5ac3b3d-ed49-4105-a012-073d1036811e', '127.0.0.1');
INSERT INTO "audit" VALUES (1796007179056, X'01A22A5EB33071B8B9ABD8744D5DE165', NULL, 'create-link', X'01A22A5EB0717783AFE32BE709F3880B', 'alice', 'done', '3a1f6473-ee9a-4a63-90e6-8443509e816a', '127.0.0.1');
INSERT INTO "audit" VALUES (1796007179082, X'01A22A5EB34A70B89DC65BF7F6BAC412', NULL, 'create-webhook', NULL, NULL, 'done', '1a25b39c-da55-4772-a1f7-d0265e8264c7', '127.0.0.1');
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
INSERT INTO "share_links" VALUES (X'01A22A5EB0717783AFE32BE709F3880B', 'AaIqXrBxd4Ov4yvnCfOIC-eO501nf_qYvEDN6dDbx_0', 'alice', NULL, 1796007179055, 1796611979055, 0, NULL);
CREATE TABLE webhooks (revision INTEGER NOT NULL, content TEXT NOT NULL) STRICT;
INSERT INTO "webhooks" VALUES (1, '[{"webhook_id":"01a22a5e-b34a-7745-9500-6c8f8112788c","url":"http://127.0.0.1:9/nobody","events":["image.ready"],"created_at":"2026-11-30T02:52:59.082Z","disabled_at":null,"secrets":[{"secret":"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","expires_at":null}]}]');
CREATE TABLE webhook_deliveries (
    webhook_id TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    due_at INTEGER,
    kept_until INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (webhook_id, delivery_id)
  ) STRICT, WITHOUT ROWID;
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
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (webhook_id, state, delivery_id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_kept ON webhook_deliveries (kept_until);
