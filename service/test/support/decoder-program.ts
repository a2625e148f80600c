import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A program that stands in for a decoder and does what the image's bytes say: the ways in which one can fail,
 * or lie. For other bytes it answers `{pid, size_bytes}` and those bytes.
 */
const PROGRAM = `
const send = (header, body = Buffer.alloc(0)) => {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  process.stdout.write(Buffer.concat([length, json, body]));
};
const MIB = 1024 * 1024;
const eaten = [];
const WAYS = {
  hang: () => undefined,
  spin: () => { for (;;); },
  eat: () => setInterval(() => eaten.push(Buffer.alloc(16 * MIB, 1)), 1),
  keep: () => { eaten.push(Buffer.alloc(120 * MIB, 1)); send({ pid: process.pid, size_bytes: 0 }); },
  need: () => {
    const needed = Buffer.alloc(260 * MIB, 1);
    setTimeout(() => send({ pid: process.pid, size_bytes: needed.length * 0 }), 300);
  },
  exit: () => { process.stderr.write('last words'); process.exit(3); },
  crash: () => process.abort(),
  shut: () => process.stdout.end(() => process.stdin.destroy()),
  noise: () => process.stdout.write(Buffer.alloc(64, 7)),
  'long header': () => process.stdout.write(Buffer.from([127, 255, 255, 255])),
  'long body': () => send({ size_bytes: 2 ** 40 }),
  'no json': () => process.stdout.write(Buffer.from('\\0\\0\\0\\x02no', 'latin1')),
  'too much': () => send({ size_bytes: 1 }, Buffer.from('ab')),
  twice: () => { send({ size_bytes: 0 }); send({ size_bytes: 0 }); },
};
let got = Buffer.alloc(0);
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL'));
process.stdin.on('data', (chunk) => {
  got = Buffer.concat([got, chunk]);
  const start = got.length < 4 ? Infinity : 4 + got.readUInt32BE();
  if (got.length < start) return;
  const { size_bytes, answer } = JSON.parse(got.subarray(4, start).toString());
  const body = got.subarray(start);
  if (body.toString().startsWith('early')) send({ size_bytes: 0 });
  if (body.length < size_bytes) return;
  got = Buffer.alloc(0);
  const way = WAYS[body.toString()];
  if (way) way();
  else send({ pid: process.pid, size_bytes: body.length }, body);
});
`;

/** Writes that program, or another one, into a folder, and returns its path. */
export async function decoderProgram(folder: string, text = PROGRAM, name = 'stand-in.mjs'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** Whether a process is there and runs: one that has ended and is not yet collected does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
