export interface CountedRequests {
  /** How often each action of S3 and SQS was asked for, whether it succeeded or not. */
  readonly requests: Readonly<Record<string, number>>;
}

/** Counts requests by kind since somebody last looked: by kind is how AWS charges for them. */
export class RequestMeter {
  #requests: Record<string, number> = {};

  take(): CountedRequests {
    const requests = this.#requests;
    this.#requests = {};
    return { requests };
  }

  count(kind: string): void {
    this.#requests[kind] = (this.#requests[kind] ?? 0) + 1;
  }
}
