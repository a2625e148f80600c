import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { unavailable } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { jsonOf } from './issuer-answer.ts';

/** So long nobody asks for keys again that are known: keys that were withdrawn are believed meanwhile. */
const KEPT_MS = 600_000;

/** At least so long between the end of a fetch and the next, however many tokens name keys that nobody knows. */
const PAUSE_MS = 5_000;

/** So long known keys go on where they cannot be fetched again: their issuer may be down. */
const OUTLIVE_MS = 24 * 3_600_000;

const FETCH_MS = 5_000;
const MOST_BYTES = 256 * 1024;

/**
 * The issuer's keys by the ids that tokens name (RFC 7517), fetched when they are first asked for, every ten
 * minutes, and where a token names one that is not known. Those that ask at the same time wait for one fetch.
 * While the issuer cannot be reached, its known keys go on for a day, and nobody waits for it because of them.
 * @returns what throws DomainError `unavailable` where a key may or may not be the issuer's, and a JOSEError for
 *   tokens whose key it is not.
 */
export function createIssuerKeys(url: URL, clock: Clock): JWTVerifyGetKey {
  const keys = new IssuerKeys(url, clock);
  return (header, token) => keys.find(header, token);
}

type Found = Awaited<ReturnType<JWTVerifyGetKey>>;
type Asked = Parameters<JWTVerifyGetKey>;

class IssuerKeys {
  readonly #url: URL;
  readonly #clock: Clock;
  #known: { readonly find: JWTVerifyGetKey; readonly at: number } | undefined;
  /** When the last fetch ended. */
  #fetched = Number.NEGATIVE_INFINITY;
  /** Why the last fetch failed, if it did. */
  #failure: { readonly cause: unknown } | undefined;
  #pending: Promise<void> | undefined;

  constructor(url: URL, clock: Clock) {
    this.#url = url;
    this.#clock = clock;
  }

  async find(...asked: Asked): Promise<Found> {
    if (this.#age() >= KEPT_MS) {
      const renewed = this.#renew();
      if (this.#age() >= OUTLIVE_MS || !this.#failure) await renewed;
    }
    try {
      return await this.#among(asked);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    await this.#renew();
    // It may be a key that the issuer has by now.
    if (this.#failure) throw cannotTell(this.#failure.cause);
    return this.#among(asked);
  }

  #age(): number {
    if (!this.#known) return Number.POSITIVE_INFINITY;
    const age = this.#clock.now() - this.#known.at;
    // From the future: the clock was ahead when they were fetched, and nobody can say how long ago that was.
    return age < 0 ? KEPT_MS : age;
  }

  async #among(asked: Asked): Promise<Found> {
    if (!this.#known || this.#age() >= OUTLIVE_MS) throw cannotTell(this.#failure?.cause);
    try {
      return await this.#known.find(...asked);
    } catch (error) {
      const isOfToken =
        error instanceof errors.JWKSNoMatchingKey ||
        error instanceof errors.JWKSMultipleMatchingKeys ||
        error instanceof errors.JOSENotSupported;
      throw isOfToken ? error : cannotTell(error);
    }
  }

  /** Fetches the keys, unless that was just done. What fails is kept; this never rejects. */
  #renew(): Promise<void> {
    if (this.#pending) return this.#pending;
    const since = this.#clock.now() - this.#fetched;
    if (since >= 0 && since < PAUSE_MS) return Promise.resolve();
    this.#pending = fetchKeys(this.#url)
      .then(
        (find) => {
          this.#known = { find, at: this.#clock.now() };
          this.#failure = undefined;
        },
        (cause: unknown) => {
          this.#failure = { cause };
        },
      )
      .finally(() => {
        this.#fetched = this.#clock.now();
        this.#pending = undefined;
      });
    return this.#pending;
  }
}

function cannotTell(cause: unknown) {
  return unavailable("The keys of the tokens' issuer cannot be fetched now.", cause);
}

/** From that very URL: who can redirect us, or answers without an end, is not the issuer that is believed. */
async function fetchKeys(url: URL): Promise<JWTVerifyGetKey> {
  const response = await fetch(url, {
    redirect: 'error',
    headers: { accept: 'application/json, application/jwk-set+json' },
    signal: AbortSignal.timeout(FETCH_MS),
  });
  return createLocalJWKSet((await jsonOf(response, MOST_BYTES)) as JSONWebKeySet);
}
