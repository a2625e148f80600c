import { expect } from 'vitest';
import { randomNumbers } from '../../process/random-numbers.ts';
import { type ServerOptions, type ServerProcess, startServerProcess } from '../../support/server-process.ts';
import { type Checked, expectDeletedToStayAway, expectKept, expectKnown } from './crash-checks.ts';
import { Ledger, Tally } from './crash-ledger.ts';
import { type Act, Load } from './crash-load.ts';
import { Refused } from './direct-upload.ts';
import { bytesOf, cleanUpsOf, haveJobsDue, untilJobsAreDone } from './examined-folder.ts';
import { SEED } from './torture.ts';

/** Acts of one client of a server, at each of which something fails, and what is held after each. */
export class FailingActs {
  readonly server: ServerProcess;
  readonly #options: ServerOptions;
  readonly #checked: Checked;
  readonly #client: Load;
  readonly #figures = { faults: 0, answered_all_the_same: 0, refused: 0 };
  readonly #byStatus: Record<string, number> = {};

  private constructor(server: ServerProcess, options: ServerOptions) {
    this.server = server;
    this.#options = options;
    this.#checked = { server, ledger: new Ledger(), tally: new Tally() };
    this.#client = new Load({ ...this.#checked, random: randomNumbers(SEED), clients: 0 });
  }

  /** On a new server, with some images. */
  static async start(options: ServerOptions): Promise<FailingActs> {
    const acts = new FailingActs(await startServerProcess(options), options);
    for (let images = 0; images < 8; images++) await acts.perform('upload');
    return acts;
  }

  /** While nothing fails. */
  async perform(act: Act): Promise<void> {
    await this.#client.perform(act);
  }

  /**
   * Performs an act while something fails: it is answered all the same, or refused with the id by which the log has it;
   * nothing else is lost, and the server is ready at once.
   */
  async attempt<Found>(
    act: Act,
    begin: () => Promise<{ end(): Found | Promise<Found> }>,
  ): Promise<Awaited<Found>> {
    while (this.#checked.ledger.present.size < 5) await this.perform('upload');
    const fault = await begin();
    const refused = await this.#client.perform(act).then(
      () => undefined,
      (failure: unknown) => statusOf(failure),
    );
    const found = await fault.end();
    this.#figures.faults++;
    if (refused === undefined) this.#figures.answered_all_the_same++;
    else {
      this.#figures.refused++;
      this.#byStatus[refused] = (this.#byStatus[refused] ?? 0) + 1;
    }
    const ready = await fetch(`${this.server.url}/ready`);
    expect(ready.status, await ready.text()).toBe(200);
    await deleteAgain(this.#checked);
    await expectKnown(this.#checked, () => true);
    return found;
  }

  /** Stops the server; the next one does what was left to jobs, and has all that was acknowledged. @returns figures. */
  async end() {
    const left_to_jobs = await expectLeftToJobs(this.#checked);
    const { dataDir } = this.server;
    expect(await this.server.stop()).toBe(0);
    haveJobsDue(dataDir);
    const next = await startServerProcess({ ...this.#options, dataDir });
    await untilJobsAreDone(dataDir);
    const checked = { ...this.#checked, server: next };
    await expectKept(checked, () => true);
    await expectDeletedToStayAway(checked);
    expect(await next.stop()).toBe(0);
    const { tally } = this.#checked;
    return {
      ...this.#figures,
      left_to_jobs,
      by_status: this.#byStatus,
      acknowledged_and_lost: 0,
      refused_uploads: tally.lostUploads,
      refused_changes: tally.lostChanges,
      announced_uploads: tally.announced,
    };
  }
}

/**
 * A deletion that failed once the bytes were gone is finished by a job, or by whoever asks for it again, as its answer
 * says; where nobody can tell whether they are gone, the job looks a minute later.
 */
async function deleteAgain({ server, ledger }: Checked): Promise<void> {
  for (const [image_id, known] of ledger.unsureDeletions) {
    const { status } = await fetch(`${server.url}/images/${image_id}`, { method: 'DELETE' });
    expect([204, 404]).toContain(status);
    ledger.deleted.set(image_id, known);
  }
  ledger.unsureDeletions.clear();
}

/**
 * Where nobody can tell whether a record has been written, its bytes stay until a job looks, a minute later: also those
 * of a replacement whose image is deleted meanwhile. Each of them has its job. @returns how many there are.
 */
async function expectLeftToJobs({ server: { dataDir } }: Checked): Promise<number> {
  const { named, there } = await bytesOf(dataDir);
  const left = there.filter((key) => !named.includes(key));
  expect(cleanUpsOf(dataDir)).toEqual(expect.arrayContaining(left));
  return left.length;
}

/** Ours to mend, with the id by which the log has it; a refusal of anything else would be a fault of its own. */
function statusOf(failure: unknown): number {
  if (!(failure instanceof Refused)) throw failure;
  const { request_id } = JSON.parse(failure.body) as { request_id?: string };
  expect([500, 503, 507], failure.message).toContain(failure.status);
  expect(request_id).toMatch(/^[\w-]{8,}$/);
  return failure.status;
}
