import { expect } from 'vitest';
import { randomNumbers } from '../../process/random-numbers.ts';
import { type ServerOptions, type ServerProcess, startServerProcess } from '../../support/server-process.ts';
import { countSwept, expectDeletedToStayAway, expectKept } from './crash-checks.ts';
import { Ledger, Tally } from './crash-ledger.ts';
import { type Act, Load } from './crash-load.ts';
import { SEED } from './torture.ts';

/** Acts of one client, under each of which the server is killed; it is started again, and held against what is known. */
export class KilledActs {
  readonly #options: ServerOptions;
  readonly #ledger = new Ledger();
  readonly #tally = new Tally();
  readonly #random = randomNumbers(SEED);
  readonly #figures = { kills: 0, answered_before: 0 };
  #server: ServerProcess;

  private constructor(options: ServerOptions, server: ServerProcess) {
    this.#options = { ...options, dataDir: server.dataDir };
    this.#server = server;
  }

  /** On a new server, with some images. */
  static async start(options: ServerOptions): Promise<KilledActs> {
    const acts = new KilledActs(options, await startServerProcess(options));
    for (let images = 0; images < 8; images++) await acts.perform('upload');
    return acts;
  }

  /** The server that runs now. */
  get pid(): number {
    return this.#server.pid;
  }

  /** While nobody kills it. */
  async perform(act: Act): Promise<void> {
    await this.#perform(act);
  }

  /**
   * Performs an act under which the server is to be killed, and kills it afterwards if it was not: then what follows the
   * act in the background meets what was to kill it, or nothing does.
   */
  async attempt(act: Act, begin: () => Promise<{ end(): unknown }>): Promise<void> {
    while (this.#ledger.present.size < 5) await this.perform('upload');
    const killer = await begin();
    const wasAnswered = await this.#perform(act).then(() => true, mustBeCutOff);
    if (wasAnswered) this.#figures.answered_before++;
    await this.#server.kill();
    await killer.end();
    this.#figures.kills++;
    this.#server = await startServerProcess(this.#options);
    const checked = this.#checked();
    countSwept(checked);
    await expectKept(checked, () => true);
  }

  /** @returns figures. */
  async end() {
    await expectDeletedToStayAway(this.#checked());
    expect(this.#figures.kills).toBeGreaterThan(2);
    expect(this.#figures.answered_before).toBeLessThan(this.#figures.kills);
    const { lostUploads, lostChanges, lostDeletions, announced, swept, strayUploads } = this.#tally;
    return {
      ...this.#figures,
      acknowledged_and_lost: 0,
      uploads_without_an_answer: lostUploads,
      changes_without_an_answer: lostChanges,
      deletions_without_an_answer: lostDeletions,
      announced_uploads_cut_off: announced,
      put_right_at_starts: swept,
      arrivals_left_to_the_sweep: strayUploads.size,
    };
  }

  #checked() {
    return { server: this.#server, ledger: this.#ledger, tally: this.#tally };
  }

  #perform(act: Act): Promise<string> {
    return new Load({ ...this.#checked(), random: this.#random, clients: 0 }).perform(act);
  }
}

/** `fetch` fails with a TypeError where the connection ends; anything else is an answer that should not be. */
function mustBeCutOff(error: unknown): false {
  if (!(error instanceof TypeError)) throw error;
  return false;
}
