import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import { composeOverAws } from '../../src/compose/aws-context.ts';
import { openAwsLinks } from '../../src/compose/aws-links.ts';
import { openDoors } from '../../src/compose/doors.ts';
import { openEmbeddedHome } from '../../src/compose/embedded.ts';
import type { MaintainedHome } from '../../src/compose/maintained-home.ts';
import { overAws } from '../../src/compose/maintenance-aws.ts';
import { openRenderer } from '../../src/compose/processing.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import type { ImageRecord } from '../../src/domain/image.ts';
import { receivedJob } from '../../src/drivers/aws/job-message.ts';
import { userPartition, userTagPartition } from '../../src/drivers/aws/listing-keys.ts';
import { S3UploadStore } from '../../src/drivers/aws/s3-upload-store.ts';
import { openExamination } from '../../src/drivers/embedded/open-examination.ts';
import { connect } from '../../src/drivers/embedded/sqlite/connection.ts';
import { idToBytes } from '../../src/drivers/embedded/sqlite/image-row.ts';
import { createApp } from '../../src/http/app.ts';
import type { AppContext } from '../../src/http/context.ts';
import { doJob } from '../../src/operations/background/do-job.ts';
import { examineHome, type Finding } from '../../src/operations/maintenance/examine-home.ts';
import { openInstallation } from './aws-installation.ts';
import { silentLog } from './silent-log.ts';
import { workOffQueue } from './work-off-queue.ts';

const PUBLIC_URL = 'http://127.0.0.1:3000';

export interface ExamineOptions {
  readonly fix?: boolean;
  readonly scrub?: boolean;
  readonly before?: number;
  readonly settle?: () => Promise<void>;
}

/** What spoils a home as no request can. */
export interface Damage {
  /** Removes a row by which the image's user and the tag find it. */
  unlist(record: ImageRecord, tag: string): Promise<void>;
  /** Makes such a row of another record than there is; undefined where rows say nothing of their record. */
  readonly makeStale: ((record: ImageRecord) => Promise<void>) | undefined;
  /** Makes a row for a tag that the image has not, and one that is of no image. */
  addStrays(record: ImageRecord, tag: string, gone: string): Promise<void>;
  /** Bytes of an upload, as its caller sends them. */
  arrive(key: string): Promise<void>;
  /** Leaves bytes that were never stored; undefined where there are no such. */
  readonly leaveTemporary: (() => Promise<void>) | undefined;
  /** Has all jobs that wait fail for good; undefined where that takes a queue its time. */
  readonly layJobsAside: (() => Promise<void>) | undefined;
}

export interface ExaminableHome {
  readonly deps: AppContext['deps'];
  readonly damage: Damage;
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Does all jobs that are due. */
  workOff(): Promise<void>;
  /** What is found, by the parts that `tintype doctor` opens; everything that is there counts as old. */
  examine(options?: ExamineOptions): Promise<Finding[]>;
}

interface Opened {
  readonly context: AppContext;
  readonly maintained: Omit<MaintainedHome, 'close' | 'longestRequestMs'>;
  readonly damage: Damage;
  workOff(): Promise<void>;
}

/** A home that goes away with its test. */
export async function openExaminableHome(kind: 'embedded' | 'aws'): Promise<ExaminableHome> {
  const config = readConfig({ PUBLIC_URL, LOG_LEVEL: 'silent', KEEP_VERSIONS: '3' });
  const opened = await (kind === 'aws' ? openAws(config) : openEmbedded(config));
  const app = createApp(opened.context);
  return {
    deps: opened.context.deps,
    damage: opened.damage,
    workOff: opened.workOff,
    async request(path, init = {}) {
      const headers = new Headers(init.headers);
      headers.set('host', '127.0.0.1');
      return app.request(new Request(`${PUBLIC_URL}${path}`, { ...init, headers }));
    },
    async examine({ fix = false, scrub = false, before, settle = async () => {} } = {}) {
      const found: Finding[] = [];
      const mender = fix ? opened.maintained.writable : undefined;
      const options = { mender, scrub, settle, before: before ?? Date.now() + 60_000 };
      await examineHome(opened.maintained, options, (finding) => found.push(finding));
      return found;
    },
  };
}

async function openEmbedded(config: Config): Promise<Opened> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tintype-examined-'));
  const home = await openEmbeddedHome(config, { kind: 'embedded', dataDir }, silentLog);
  const examination = openExamination(dataDir);
  const context = home.contextFor(PUBLIC_URL);
  onTestFinished(async () => {
    examination.close();
    await home.close();
    await rm(dataDir, { recursive: true });
  });
  const { index, quotas } = context.deps;
  const database = (change: (database: ReturnType<typeof connect>) => void) => {
    const opened = connect(join(dataDir, 'index.db'));
    try {
      change(opened);
    } finally {
      opened.close();
    }
  };
  return {
    context,
    maintained: {
      ...examination,
      writable: { ...examination, index, quotas, clock: { now: Date.now }, log: silentLog },
    },
    workOff: () => home.workOff(),
    damage: {
      async unlist({ image_id }, tag) {
        const sql = `DELETE FROM user_tags WHERE image_id = ? AND tag = (SELECT tag FROM tags WHERE name = ?)`;
        database((each) => void each.prepare(sql).run(idToBytes(image_id), tag));
      },
      makeStale: undefined,
      async addStrays({ image_id }, tag, gone) {
        const sql = `INSERT INTO image_tags
          SELECT n.tag, i.upload_time, coalesce(?, i.image_id), i.image FROM images i, tags n
          WHERE i.image_id = ? AND n.name = ?`;
        const id = idToBytes(image_id);
        database((each) => {
          each.prepare('INSERT OR IGNORE INTO tags (name) VALUES (?)').run(tag);
          for (const of of [null, idToBytes(gone)]) each.prepare(sql).run(of, id, tag);
        });
      },
      async arrive(key) {
        const incoming = await context.directUploads?.inbox.receive({ key });
        await incoming?.write(Buffer.from('bytes'));
        await incoming?.commit();
      },
      leaveTemporary: () => writeFile(join(dataDir, 'incoming', 'draft'), 'bytes'),
      layJobsAside: async () => database((each) => each.exec('UPDATE jobs SET is_dead = 1, tries = 30')),
    },
  };
}

async function openAws(config: Config): Promise<Opened> {
  const { clients, jobs, storage, close } = await openInstallation();
  const renderer = openRenderer(config);
  onTestFinished(async () => {
    await renderer.close();
    await close();
  });
  const { dynamodb, s3 } = clients;
  const { bucket, tables } = storage;
  const uploads = new S3UploadStore({ client: s3, copier: s3, bucket });
  const signingSecrets = ['a secret for tests, of 32 letters'];
  const parts = { clients, jobs, log: silentLog, uploads, renderer, openLinks: openAwsLinks };
  const { contextFor, outbox } = composeOverAws({ ...config, signingSecrets }, storage, parts);
  const context = { ...contextFor(PUBLIC_URL), ...openDoors(config) };
  const rowAt = (pk: string, { upload_time, image_id }: Pick<ImageRecord, 'upload_time' | 'image_id'>) => ({
    pk: { S: pk },
    sk: { S: `${upload_time}#${image_id}` },
  });
  return {
    context,
    maintained: overAws(storage, clients, silentLog),
    workOff: () =>
      workOffQueue(
        { client: clients.sqs, queueUrl: storage.jobsQueueUrl },
        async (text) => {
          const { job, noted } = receivedJob(text);
          if (noted) await outbox.forget(noted);
          const deps = { ...context.deps, scanner: undefined, searchFeed: undefined, keepGps: false };
          await doJob(deps, job, { number: 1, isLast: false });
        },
        silentLog,
      ),
    damage: {
      async unlist(record, tag) {
        const Key = rowAt(userTagPartition(record.user_id, tag), record);
        await dynamodb.send(new DeleteItemCommand({ TableName: tables.listings, Key }));
      },
      async makeStale(record) {
        const command = new UpdateItemCommand({
          TableName: tables.listings,
          Key: rowAt(userPartition(record.user_id), record),
          UpdateExpression: 'SET #title = :title',
          ExpressionAttributeNames: { '#title': 'title' },
          ExpressionAttributeValues: { ':title': { S: 'of long ago' } },
        });
        await dynamodb.send(command);
      },
      async addStrays(record, tag, gone) {
        for (const image_id of [record.image_id, gone]) {
          const row = rowAt(userTagPartition(record.user_id, tag), { ...record, image_id });
          const Item = { ...row, image_id: { S: image_id } };
          await dynamodb.send(new PutItemCommand({ TableName: tables.listings, Item }));
        }
      },
      async arrive(Key) {
        await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.from('bytes') }));
      },
      leaveTemporary: undefined,
      layJobsAside: undefined,
    },
  };
}
