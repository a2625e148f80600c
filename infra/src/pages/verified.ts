import { at, inTemplate, NO_ACCOUNT, notRun, onEmulator, type Verified } from './verification.ts';

/** The source of docs/verified.md. */
export const VERIFIED: readonly Verified[] = [
  onEmulator(
    'dynamodb',
    'DynamoDB: transactions of several tables, conditions, what refused them',
    at('service/test/contracts/image-index.contract.ts', 'an id that is taken is a conflict'),
    at('service/test/aws/failures.test.ts', 'the transaction is written, and its answer lost'),
  ),
  onEmulator(
    'dynamodb',
    'DynamoDB: strongly consistent queries, and queries of an index',
    at(
      'service/test/contracts/dynamo-queries.test.ts',
      'of one owner are read as they are now, from the table',
    ),
  ),
  onEmulator(
    'dynamodb',
    'DynamoDB: the tables, their keys and their index, as the templates have them',
    at(
      'service/test/emulators/dynamodb/dynamodb.test.ts',
      'an index is read in order, backwards and by pages',
    ),
  ),
  onEmulator(
    'dynamodb',
    'DynamoDB: the setting for expiry (TTL)',
    at('service/test/emulators/dynamodb/dynamodb.test.ts', 'can be switched on and off, and read'),
  ),
  onEmulator(
    'dynamodb',
    'DynamoDB: what an operation consumes',
    at('service/test/aws/cost.test.ts', 'an upload with 5 tags is one transaction of 25 write units'),
  ),
  onEmulator(
    's3',
    "S3: the gallery's files put into their bucket, with their types and how long they may be kept",
    at('service/test/process/publish-gallery.test.ts', 'puts the build where CloudFront finds it'),
  ),
  onEmulator(
    's3',
    'S3: puts on condition that there is nothing, with SHA-256',
    at('service/test/contracts/object-store.contract.ts', 'taken keys'),
    at('service/test/emulators/s3/s3.test.ts', 'that there be nothing lets one of many through'),
  ),
  onEmulator(
    's3',
    'S3: presigned URLs, their end and their headers',
    at('service/test/http/s3-urls.test.ts', 'the end of a presigned URL of S3'),
  ),
  onEmulator(
    's3',
    'S3: ranges, conditional reads, deletion, listing',
    at(
      'service/test/contracts/object-store.contract.ts',
      'one open object serves several ranges at the same time',
    ),
  ),
  onEmulator(
    's3',
    'S3: presigned uploads, by POST with its policy and by PUT, held to key, type, size and SHA-256',
    at('service/test/contracts/upload-store.contract.ts', 'is refused with any field changed or left out'),
    at('service/test/contracts/upload-store.contract.ts', 'is refused with any parameter changed, doubled'),
  ),
  onEmulator(
    's3',
    'S3: uploads in parts, listed, joined and aborted',
    at('service/test/contracts/upload-parts.contract.ts', 'are joined in the order of their numbers'),
  ),
  onEmulator(
    's3',
    'S3: copies on condition of what was looked at',
    at('service/test/contracts/upload-accept.contract.ts', 'takes nothing else than what was looked at'),
  ),
  onEmulator(
    'dynamodb',
    'DynamoDB: conditional updates of one item, for quotas and idempotency keys',
    at('service/test/contracts/quota-ledger.contract.ts', 'is never passed by any number of reservations'),
    at('service/test/contracts/idempotency-keys.contract.ts', 'of 50 attempts at once one begins'),
  ),
  onEmulator(
    'sqs',
    'SQS: a job sent, received, deleted, and handed out again after a failure',
    at(
      'service/src/drivers/aws/sqs-job-queue.test.ts',
      'what is queued is done and gone, and what fails comes again',
    ),
  ),
  onEmulator(
    'sqs',
    'SQS: a job that fails for good comes to the dead-letter queue',
    at('service/src/drivers/aws/queues.test.ts', 'then it lies in the dead-letter queue'),
  ),
  onEmulator(
    'runtime',
    'Lambda: the built functions, with events of REST APIs, HTTP APIs and queues',
    at('service/test/lambda/runtime-client.test.ts', "the functions under AWS's runtime client"),
    at('service/test/lambda/functions.contract.ts', 'take an image through its life'),
  ),
  onEmulator(
    'runtime',
    'Lambda: direct uploads finished by events of S3, and ended by the clock (events of our own, as AWS documents them)',
    at('service/test/lambda/direct-uploads.contract.ts', 'whose client never comes back, told of it by S3'),
    at('service/test/lambda/direct-uploads.contract.ts', 'end the uploads whose time is over'),
  ),
  onEmulator(
    'runtime',
    'Lambda: images scanned, decoded and rendered by the built functions, told of by messages of their queues',
    at(
      'service/test/lambda/renditions.contract.ts',
      'ends with its presets once process-image has had its job',
    ),
    at('service/test/lambda/renditions.contract.ts', 'is made when it is asked for'),
  ),
  onEmulator(
    'runtime',
    'Lambda: answers that are streamed, of more than 6 MB, to events of a function URL (of our own, as AWS documents them)',
    at('service/test/lambda/renditions.contract.ts', 'is made by render-missing, and is there from then on'),
    at('service/test/lambda/renditions.contract.ts', 'one that is longer than what Lambda hands on at once'),
  ),
  onEmulator(
    'runtime',
    'Lambda: a decoder that is taken over, beside the built function',
    at('service/test/lambda/confinement.contract.ts', 'can read no secret of its function'),
  ),
  onEmulator(
    'runtime',
    "Lambda: GuardDuty's verdicts, by tags and events of EventBridge (of our own, as AWS documents them)",
    at('service/test/lambda/scans.contract.ts', 'an image waits for the verdict'),
    at('service/test/lambda/scans.contract.ts', 'what an event says of itself is worth nothing'),
  ),
  onEmulator(
    'runtime',
    'Lambda: versions, the trash, bulk deletion and erasure, by the built functions and the jobs between them',
    at('service/test/lambda/keeping.contract.ts', 'replace an image, list its versions'),
    at('service/test/lambda/keeping.contract.ts', 'remove it when its days are over'),
    at('service/test/lambda/keeping.contract.ts', 'erase all that a user has'),
    at('service/test/lambda/keeping.contract.ts', 'send again what was written down'),
  ),
  onEmulator(
    'opensearch',
    'OpenSearch Service: queries by words, phrases and prefixes, ranks, pages, external versions, an alias',
    at('service/test/contracts/search-index.contract.ts', 'on pages of every size'),
    at('service/test/contracts/opensearch-writes.contract.ts', 'may come in any order, and twice'),
    at('service/test/contracts/opensearch-node.test.ts', 'among more words than any limit of the engine'),
  ),
  onEmulator(
    'signatures',
    'OpenSearch Service: requests signed for it (SigV4, service `es`)',
    at('service/src/drivers/opensearch/opensearch-client.test.ts', 'is signed for the service'),
  ),
  onEmulator(
    'runtime',
    'Lambda: changes of a table followed by the built function (events of our own, as AWS documents them)',
    at('service/test/lambda/search.contract.ts', 'is found once the stream has told of it'),
  ),
  onEmulator(
    'secrets',
    'Secrets Manager: the signing secret and the private key of the edge, read at a cold start, and the secret by which an issuer is asked',
    at(
      'service/test/aws/function-secrets.test.ts',
      'reads at its start, and to ask about a token, are those that the manifest comes to',
    ),
  ),
  onEmulator(
    'signatures',
    'CloudFront: signed URLs, their resource, expiry and key',
    at('service/src/drivers/aws/cloudfront-urls.test.ts', 'is signed for itself and its expiry'),
  ),
  onEmulator(
    'chain',
    'CloudFront: the bucket asked first, and then the function, which has made the rendition by the next request',
    at(
      'service/test/aws/cloudfront-renditions.test.ts',
      'the first who fetches one has it made, and all later ones get the same from the bucket',
    ),
    at(
      'service/test/aws/cloudfront-renditions.test.ts',
      'nobody has anything made by a URL that was changed: 403, and the function is not asked',
    ),
  ),
  onEmulator(
    'dynamodb',
    'IAM: that operations call what their roles grant, and nothing else (the calls, not the roles)',
    at('service/test/aws/permissions.test.ts', 'is what it calls, failures included, no less and no more'),
  ),
  inTemplate(
    'IAM: a role for each function, of the permissions page',
    ['AWS::IAM::Role'],
    at('infra/test/permissions.test.ts', 'do what docs/permissions.md says, no less and no more'),
  ),
  inTemplate(
    'DynamoDB: on demand, encryption, recovery to a second, protection, retention',
    ['AWS::DynamoDB::Table'],
    at('infra/test/tables.test.ts', 'are encrypted, paid by request, and can be put back to any second'),
  ),
  inTemplate(
    'S3: closed to the public, TLS, encryption, lifecycle, CORS, versions, access log',
    ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy'],
    at('infra/test/data.test.ts', 'are closed to the public in all four ways, and encrypted'),
    at('infra/test/data.test.ts', 'lose what was forgotten'),
  ),
  inTemplate(
    'SQS: encryption, TLS, how long messages are hidden, and where dead ones go',
    ['AWS::SQS::Queue', 'AWS::SQS::QueuePolicy'],
    at('infra/test/data.test.ts', 'have a dead-letter queue each, but those that are one'),
  ),
  inTemplate(
    'Secrets Manager: a secret that nobody chose',
    ['AWS::SecretsManager::Secret'],
    at('infra/test/data.test.ts', 'has a secret to sign page keys with that nobody chose'),
  ),
  inTemplate(
    'GuardDuty: malware protection of the bucket is switched on',
    ['AWS::GuardDuty::MalwareProtectionPlan'],
    at('infra/test/data.test.ts', 'has GuardDuty scan every new object and tag it'),
  ),
  inTemplate(
    'GuardDuty: what it has found comes to the queue of process-image, and nobody else may tag an object',
    [],
    at('infra/test/data.test.ts', 'hears of every finished scan of its bucket, and of no other'),
    at('infra/test/data.test.ts', 'let in EventBridge, for the one rule about scans'),
    at('infra/test/data.test.ts', 'lets nobody but GuardDuty tag an object'),
  ),
  inTemplate(
    'Lambda: Node 24 on arm64, memory, time, versions, the alias, concurrency, who may call',
    ['AWS::Lambda::Function', 'AWS::Lambda::Version', 'AWS::Lambda::Alias', 'AWS::Lambda::Permission'],
    at('infra/test/functions.test.ts', 'on Node 24 and arm64, with the memory and the time of the manifest'),
    at('infra/test/callers-of-functions.test.ts', 'are reached by this API alone'),
  ),
  inTemplate(
    'Lambda: fed from the queues, each message failing alone',
    ['AWS::Lambda::EventSourceMapping'],
    at(
      'infra/test/callers-of-functions.test.ts',
      'are fed from the queue of the manifest where one starts them',
    ),
    at('infra/test/callers-of-functions.test.ts', 'have a batch done within their timeout'),
  ),
  inTemplate(
    'S3: tells a queue of the uploads that have arrived, which lets nobody else in',
    [],
    at('infra/test/data.test.ts', 'tells the queue of uploads of every object made below .uploads/'),
    at('infra/test/data.test.ts', 'let in by policy nobody but S3, for the one bucket'),
  ),
  inTemplate(
    'EventBridge: a clock that starts functions',
    ['AWS::Events::Rule'],
    at('infra/test/callers-of-functions.test.ts', 'are started by the clock as often as the manifest says'),
  ),
  inTemplate(
    'CodeDeploy: a canary that alarms take back',
    ['AWS::CodeDeploy::Application', 'AWS::CodeDeploy::DeploymentGroup'],
    at('infra/test/functions.test.ts', 'and back when one of its alarms goes off'),
  ),
  inTemplate(
    'CloudWatch Logs: how long what is logged stays',
    ['AWS::Logs::LogGroup'],
    at('infra/test/functions.test.ts', 'logs for as long as the stage says'),
  ),
  inTemplate(
    'API Gateway: routes, validators, models, throttles, access log, usage plan',
    [
      'AWS::ApiGateway::Account',
      'AWS::ApiGateway::Deployment',
      'AWS::ApiGateway::Method',
      'AWS::ApiGateway::Model',
      'AWS::ApiGateway::RequestValidator',
      'AWS::ApiGateway::Resource',
      'AWS::ApiGateway::RestApi',
      'AWS::ApiGateway::Stage',
      'AWS::ApiGateway::UsagePlan',
    ],
    at('infra/test/api.test.ts', 'has one method for each path of each operation'),
  ),
  inTemplate(
    'API Gateway: its own answers as problem+json',
    ['AWS::ApiGateway::GatewayResponse'],
    at('infra/test/gateway-answers.test.ts', 'have the shape of every problem'),
  ),
  inTemplate(
    'Cognito: users, scopes, and the gateway that asks for them',
    [
      'AWS::ApiGateway::Authorizer',
      'AWS::Cognito::UserPool',
      'AWS::Cognito::UserPoolClient',
      'AWS::Cognito::UserPoolDomain',
      'AWS::Cognito::UserPoolResourceServer',
    ],
    at('infra/test/auth.test.ts', 'can be given the scopes of the manifest, and no others'),
  ),
  inTemplate(
    'WAF: rules in front of the API and of the edge',
    ['AWS::WAFv2::WebACL', 'AWS::WAFv2::WebACLAssociation'],
    at('infra/test/edge.test.ts', "slows down single addresses and has AWS's managed rules"),
    at('infra/test/api.test.ts', 'stands behind a firewall'),
  ),
  inTemplate(
    'CloudFront: origin access control, signed URLs by a key group, cache policy',
    [
      'AWS::CloudFront::CachePolicy',
      'AWS::CloudFront::Distribution',
      'AWS::CloudFront::KeyGroup',
      'AWS::CloudFront::OriginAccessControl',
      'AWS::CloudFront::PublicKey',
    ],
    at('infra/test/edge.test.ts', 'gives objects to those with a URL signed by a key of the group'),
  ),
  inTemplate(
    'CloudFront: the gallery from a bucket of its own, with its policy and its settings, and the API beside it',
    ['AWS::CloudFront::Function', 'AWS::CloudFront::ResponseHeadersPolicy'],
    at('infra/test/gallery.test.ts', 'has its files in a bucket that only its distribution may read'),
    at('infra/test/gallery.test.ts', 'every path of the manifest, as it comes, and kept by nobody'),
    at('infra/test/gallery.test.ts', 'is told of its installation by CloudFront itself'),
  ),
  inTemplate(
    'CloudFront: an origin group of the bucket and, for 403 and 404, the function that makes renditions',
    [],
    at('infra/test/edge.test.ts', 'and the function for those that S3 says 403 or 404 of'),
    at('infra/test/edge.test.ts', 'asks for the same signatures there'),
  ),
  inTemplate(
    'Lambda: a function URL with streamed answers, which CloudFront alone may call, with a signature',
    ['AWS::Lambda::Url'],
    at('infra/test/callers-of-functions.test.ts', 'but the one that CloudFront calls where there is an edge'),
    at(
      'infra/test/callers-of-functions.test.ts',
      "are called by this account's distributions alone, by the URL",
    ),
  ),
  inTemplate(
    'OpenSearch Service: a domain that two roles may ask, over TLS, encrypted, in a stack of its own',
    ['AWS::OpenSearchService::Domain'],
    at(
      'infra/test/search.test.ts',
      'lets in the roles of the two functions, by signature, those who run commands, and nobody else',
    ),
  ),
  inTemplate(
    'DynamoDB Streams: keys of what changed, handed to the function, halved and tried again where it fails',
    [],
    at('infra/test/search.test.ts', 'follows the changes of the table of images'),
  ),
  inTemplate(
    'CloudWatch: alarms and a dashboard',
    ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::Dashboard'],
    at('infra/test/watch.test.ts', 'tells everything to one topic, and says what it is about'),
  ),
  inTemplate(
    'SNS: the topic of the alarms, and who is mailed',
    ['AWS::SNS::Subscription', 'AWS::SNS::Topic', 'AWS::SNS::TopicPolicy'],
    at('infra/test/watch.test.ts', 'takes news from the alarms of this account only'),
  ),
  notRun('A deployment: that CloudFormation takes the templates and makes what they say', NO_ACCOUNT),
  notRun(
    'IAM: that AWS refuses what no role grants',
    'The emulators ask for a signature, and for no permission.',
  ),
  notRun('OpenSearch Service: a domain at work, its policy, and its signatures checked', NO_ACCOUNT),
  notRun('DynamoDB Streams: changes that come to the function, and those that are lost', NO_ACCOUNT),
  notRun('API Gateway: its routing, validators, throttles and own answers at work', NO_ACCOUNT),
  notRun('Cognito: signing in, and tokens refused by the gateway', NO_ACCOUNT),
  notRun('CloudFront: objects served from its caches, and URLs refused', NO_ACCOUNT),
  notRun(
    'CloudFront: its turn from the bucket to the function, and its signature to a function URL',
    NO_ACCOUNT,
  ),
  notRun(
    'CloudFront: the gallery shown, people signing in there, and the API passed on with tokens and conditions',
    NO_ACCOUNT,
  ),
  notRun('WAF: requests refused', NO_ACCOUNT),
  notRun('GuardDuty: objects scanned and tagged, and its events', NO_ACCOUNT),
  notRun(
    'Lambda: the decoder of arm64, its libraries and its confinement',
    'Here it runs with the libraries of this machine; those of arm64 are only fetched.',
  ),
  notRun('CloudFront: caches that forget an image', NO_ACCOUNT),
  notRun('CodeDeploy: a canary going on, and taken back', NO_ACCOUNT),
  notRun('CloudWatch: alarms going off, and mail coming', NO_ACCOUNT),
  notRun('X-Ray: traces', NO_ACCOUNT),
  notRun('DynamoDB: items going at their expiry, and tables put back', NO_ACCOUNT),
  notRun(
    'DynamoDB: throttles of a hot partition',
    'No emulator has partitions; docs/scaling.md has a simulation.',
  ),
  notRun('S3: objects going by lifecycle, pages of other origins let in or not', NO_ACCOUNT),
  notRun('S3: events of arrived uploads that come to their queue', NO_ACCOUNT),
  notRun('EventBridge: the clock starting functions', NO_ACCOUNT),
  notRun('Lambda: cold starts on arm64, concurrency limits', NO_ACCOUNT),
  notRun(
    "Lambda: functions compiled before by the Node of AWS's image, and taken by the one that runs them",
    'Here the Node that has compiled them runs them, under the options that are known of Lambda.',
  ),
];
