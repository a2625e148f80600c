/**
 * Files that leave the process as they found it share workers, which read the code once: a third of the time.
 * Who puts faults into modules, the clock or the environment has a worker alone.
 */
export const SHARED = {
  include: [
    'service/src/{domain,operations,config,http}/**/*.test.ts',
    'service/src/compose/observed/*.test.ts',
    'service/src/drivers/**/*.test.ts',
    'service/src/entry/lambda/*.test.ts',
    'service/test/{contracts,emulators,http,support}/**/*.test.ts',
    'service/test/aws/{audit-cost,cost,cost-figures,doctor-without-queue,listing-check,parallel-uploads,partition-heat}.test.ts',
    'service/test/aws/{recounted-usage,reindex,same-listings}.test.ts',
    'service/test/docs/{authentication,collection,compose,documents,guide-operators,observability,webhooks}.test.ts',
    'service/test/{collection,examples,lambda}/*.test.ts',
    'service/test/process/{direct-uploads,docs-page,doctor,hostile,idempotency,jobs,maintenance,migrate}.test.ts',
    'service/test/process/{gallery,logs,odd,photographs,render-crash,shutdown,signing-secret,smoke,untraced}.test.ts',
    'client/test/{api-types,errors,media-type,retry,structure}.test.ts',
    'cli/test/{cost-command,cost-prices,download-from-others,jobs-command,migrate-command}.test.ts',
    'cli/test/{text,upload-once,upload-progress,upload-run}.test.ts',
    'web/src/**/*.test.ts',
  ],
  exclude: [
    'service/src/http/rate-limiter.test.ts',
    'service/test/http/{direct-uploads,rate-limits}.test.ts',
    // A real server puts a Response of its own in place of Node's.
    'service/test/http/{connections,damaged,direct-upload-connections,kept-objects,sent-memory,slow-clients,socket}.test.ts',
    // Faults in modules, clocks and environments of their own.
    'service/src/drivers/aws/{bucket-origin,shard-count}.test.ts',
    'service/src/drivers/clamd/*.test.ts',
    'service/src/drivers/embedded/{deletion-counts,job-worker,job-worker-ends}.test.ts',
    'service/src/drivers/embedded/disk/{disk-draft,disk-draft-counts,disk-upload-durability,durable-folders,open-file}.test.ts',
    'service/src/drivers/embedded/sqlite/{sqlite-image-index,sqlite-job-queue,write-batch,write-counts}.test.ts',
    'service/src/drivers/sharp/{confinement,watch}.test.ts',
    'service/src/drivers/system/{in-process-job-queue,periodically}.test.ts',
    'service/src/drivers/webhooks/{webhook-sender,webhook-sender-tls}.test.ts',
  ],
};
