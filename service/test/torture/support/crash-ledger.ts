/** An image that the server has acknowledged, as clients know it. */
export interface Known {
  readonly image_id: string;
  readonly user_id: string;
  readonly title: string;
  readonly sha256: string;
  /** Path and query of its presigned URL, where the whole answer arrived. */
  readonly path?: string | undefined;
}

/** An upload that was sent; its title tells it from all others. */
export type Sent = Pick<Known, 'title' | 'user_id' | 'sha256'>;

/** An upload whose announcement is acknowledged, and its completion is not. */
export interface Announced {
  readonly image_id: string;
  readonly sent: Sent;
  /** Every byte of it is acknowledged: the completion must succeed, now or after a restart. */
  hasArrived: boolean;
  /** Whether its completion has been asked for. */
  isCompleting: boolean;
}

/** An update or a replacement that has had no answer: what the image was, and what it may be now. */
export interface Change {
  readonly before: Known;
  readonly after: Known;
}

/** What clients know of everything they have ever asked for, however the server ended. */
export class Ledger {
  /** Acknowledged, by id; nobody is asking for anything of theirs now. */
  readonly present = new Map<string, Known>();
  /** Their deletion is acknowledged. */
  readonly deleted = new Map<string, Known>();
  /** Announced, by id. */
  readonly announced = new Map<string, Announced>();
  /** Uploads, and announcements, that have had no answer, by title. */
  readonly unsureUploads = new Map<string, Sent>();
  /** Deletions that have had no answer, by id. */
  readonly unsureDeletions = new Map<string, Known>();
  /** By id. */
  readonly unsureChanges = new Map<string, Change>();
  #titles = 0;

  newTitle(): string {
    this.#titles++;
    return `upload ${this.#titles}`;
  }
}

/** What has been seen, over all rounds. */
export class Tally {
  rounds = 0;
  restartsKilled = 0;
  readonly acknowledged: Record<string, number> = {};
  readonly lostUploads = { whole: 0, absent: 0 };
  readonly lostDeletions = { done: 0, undone: 0 };
  readonly lostChanges = { done: 0, undone: 0 };
  /** Announced uploads at the kill: they were complete, could be completed after the restart, or had not arrived. */
  readonly announced = { completed: 0, resumed: 0, given_up: 0 };
  readBack = 0;
  readonly swept = { files: 0, deletions: 0, versions: 0 };
  /** Keys of what was left to the server's sweeps. */
  readonly strayUploads = new Set<string>();
  /** Images that were announced without an answer, and whose time ended in a run of more than half an hour. */
  readonly endedUploads = new Set<string>();

  acknowledge(what: string): void {
    this.acknowledged[what] = (this.acknowledged[what] ?? 0) + 1;
  }
}
