import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createAwsClients, destroyAwsClients } from '../service/src/drivers/aws/clients.ts';
import { publishFiles, type SiteFile } from '../service/src/drivers/aws/publish-files.ts';
import { cacheControlOf, type GalleryFiles, readGalleryFiles } from '../service/src/http/gallery-files.ts';

const HELP = `npm run publish:gallery -- --bucket BUCKET [--region REGION]

Copies web/dist, which \`npm run build:web\` makes, to the bucket that the gallery stack has made (its output
GalleryBucket). \`npm run deploy\` does so itself. Files of older builds stay, for pages that are open.

  --region REGION   of the bucket: AWS_REGION unless it is said
`;

/** `npm run publish:gallery`: the gallery's files, to where CloudFront finds them. */
const { values } = parseArgs({
  options: {
    bucket: { type: 'string' },
    region: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
} else if (values.bucket === undefined) {
  process.stderr.write(HELP);
  process.exitCode = 2;
} else {
  await publish(values.bucket, values.region);
}

async function publish(bucket: string, region: string | undefined): Promise<void> {
  const built = await readGalleryFiles(fileURLToPath(new URL('../web/dist', import.meta.url)));
  if (!built) {
    process.stderr.write('The gallery is not built: run `npm run build:web` first.\n');
    process.exitCode = 1;
    return;
  }
  // As for the server: another engine has buckets in the path.
  const s3PathStyle = (process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL']) !== undefined;
  const clients = createAwsClients({ s3PathStyle, ...(region === undefined ? {} : { region }) });
  try {
    const files = await siteFiles(built);
    await publishFiles(clients.s3, bucket, files);
    process.stdout.write(`${files.length} files are in ${bucket}.\n`);
  } catch (error) {
    process.stderr.write(
      `Could not publish the gallery: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exitCode = 1;
  } finally {
    destroyAwsClients(clients);
  }
}

/** The page last, which names the others; CloudFront compresses by itself. */
async function siteFiles(built: GalleryFiles): Promise<SiteFile[]> {
  const pageLast = [...built].sort(([path], [other]) => Number(path === '/') - Number(other === '/'));
  return Promise.all(
    pageLast.map(async ([path, file]) => ({
      key: path === '/' ? 'index.html' : path.slice(1),
      bytes: (await file.encoded('identity')).bytes,
      content_type: file.content_type,
      cache_control: cacheControlOf(file),
    })),
  );
}
