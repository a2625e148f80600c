import type { DynaliteEngine } from './dynalite-engine.ts';
import { type Json, validationFailure } from './model.ts';

/**
 * The settings for expiry, and no more: nothing is ever removed. DynamoDB itself promises only "within days",
 * so nobody may rely on it.
 */
export class TimeToLive {
  readonly #engine: DynaliteEngine;
  /** The attribute that says when an item expires, by table. */
  readonly #enabled = new Map<string, string>();

  constructor(engine: DynaliteEngine) {
    this.#engine = engine;
  }

  async update(input: Json): Promise<Json> {
    const specification = input['TimeToLiveSpecification'] as Json | undefined;
    const { AttributeName: attribute, Enabled: enable } = specification ?? {};
    if (typeof attribute !== 'string' || attribute === '' || typeof enable !== 'boolean') {
      throw validationFailure(
        'TimeToLiveSpecification must name an attribute, and say whether it is enabled',
      );
    }
    const table = await this.#tableNamedIn(input);
    const current = this.#enabled.get(table);
    if (enable === (current !== undefined)) {
      throw validationFailure(`TimeToLive is already ${enable ? 'enabled' : 'disabled'}`);
    }
    if (!enable && current !== attribute) {
      throw validationFailure(
        `TimeToLive is active on a different AttributeName: current AttributeName is ${current}`,
      );
    }
    if (enable) this.#enabled.set(table, attribute);
    else this.#enabled.delete(table);
    return { TimeToLiveSpecification: specification };
  }

  async describe(input: Json): Promise<Json> {
    const attribute = this.#enabled.get(await this.#tableNamedIn(input));
    return {
      TimeToLiveDescription:
        attribute === undefined
          ? { TimeToLiveStatus: 'DISABLED' }
          : { TimeToLiveStatus: 'ENABLED', AttributeName: attribute },
    };
  }

  forget(table: unknown): void {
    if (typeof table === 'string') this.#enabled.delete(table);
  }

  async #tableNamedIn({ TableName }: Json): Promise<string> {
    if (typeof TableName !== 'string') throw validationFailure('The parameter TableName is required');
    return (await this.#engine.table(TableName)).TableName;
  }
}
