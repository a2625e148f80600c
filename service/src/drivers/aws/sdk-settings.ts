/** What every client of one installation has alike; left out, the SDK finds it as it always does. */
export interface SdkSettings {
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** How long a connection may say nothing before a request counts as not answered. */
  readonly silenceMs?: number;
}

/** How often a request is sent that was throttled or got no answer. */
const TRIES = 4;

/**
 * All tries of a write, and of the look at what has become of it, end within the 29 seconds for which a
 * gateway and a function wait: a failure is still told, and a job still queued.
 */
const SILENCE_MS = 3_000;

/**
 * How long a copy may take, or the joining of parts, all tries together. S3 may say nothing until it is done,
 * and that takes longer than `SILENCE_MS` from some hundred megabytes on; with the look at what has become of
 * it, it still ends within the 29 seconds. A job that nobody waits for can give it longer.
 */
export const COPY_MS = 12_000;

/** So many that no request waits for one: the SDK counts such waiting as time to connect. */
const SOCKETS = 5_000;

export function commonSettings({ region, credentials, silenceMs = SILENCE_MS }: SdkSettings) {
  return {
    maxAttempts: TRIES,
    // Without these the SDK waits for ever, or for minutes, on a connection that has gone silent.
    requestHandler: {
      connectionTimeout: Math.min(SILENCE_MS, silenceMs),
      socketTimeout: silenceMs,
      httpAgent: { maxSockets: SOCKETS },
      httpsAgent: { maxSockets: SOCKETS },
    },
    ...(region === undefined ? {} : { region }),
    ...(credentials ? { credentials } : {}),
  };
}
