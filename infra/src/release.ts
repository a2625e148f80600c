import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { zipSync } from 'fflate';

/** The parameter of a template that says where its functions' code lies. */
const CODE_BUCKET = 'CodeBucket';

interface Template {
  Parameters?: Record<string, object>;
  Rules?: Record<string, object>;
  Resources: Record<string, { Type: string; Properties?: { Code?: { S3Bucket: unknown; S3Key: string } } }>;
}

/**
 * Makes what CDK has synthesized into files for CloudFormation alone: templates that take the bucket of
 * their code as a parameter and know nothing of CDK's bootstrapping, and the code as archives whose names
 * change with what is in them.
 * @param assembly the folder that `npm run synth` has written.
 * @returns the names of the files.
 */
export async function makeRelease(assembly: string, folder: string): Promise<string[]> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  const write = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(folder, name), content);
    written.push(name);
  };
  for (const name of (await readdir(assembly)).filter((file) => file.endsWith('.template.json'))) {
    const template = JSON.parse(await readFile(join(assembly, name), 'utf8')) as Template;
    const archives = releaseTemplate(template);
    await write(name, `${JSON.stringify(template, null, 1)}\n`);
    for (const archive of archives) await write(archive, await zipped(join(assembly, folderOf(archive))));
  }
  return written;
}

/** Changes the template in place. @returns the archives that it names. */
function releaseTemplate(template: Template): Set<string> {
  const archives = new Set<string>();
  delete template.Parameters?.['BootstrapVersion'];
  delete template.Rules?.['CheckBootstrapVersion'];
  if (Object.keys(template.Rules ?? {}).length === 0) delete template.Rules;
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type !== 'AWS::Lambda::Function' || !Properties?.Code) continue;
    Properties.Code.S3Bucket = { Ref: CODE_BUCKET };
    archives.add(Properties.Code.S3Key);
  }
  if (archives.size > 0) {
    const Description = 'The bucket, in this region, that the archives beside this template were copied to.';
    template.Parameters = { ...template.Parameters, [CODE_BUCKET]: { Type: 'String', Description } };
  }
  return archives;
}

/** CDK keeps what becomes `{hash}.zip` in the folder `asset.{hash}`. */
function folderOf(archive: string): string {
  return `asset.${archive.replace(/\.zip$/, '')}`;
}

/** The same files give the same archive: their times are left out. */
async function zipped(folder: string): Promise<Uint8Array> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const files: Record<string, Uint8Array> = {};
  for (const path of paths.sort()) files[relative(folder, path).replaceAll(sep, '/')] = await readFile(path);
  return zipSync(files, { level: 9, mtime: new Date('1980-01-01T00:00:00Z') });
}
