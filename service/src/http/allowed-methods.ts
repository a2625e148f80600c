import { DomainError } from '../domain/errors.ts';
import type { App } from './context.ts';
import { problemResponse } from './problem.ts';

/** Which methods a path has, so that any other is 405 with `Allow` (RFC 9110, section 15.5.6). */
export class AllowedMethods {
  readonly #methods = new Map<string, Set<string>>();

  add(pattern: string, method: string): void {
    const methods = this.#methods.get(pattern) ?? new Set();
    methods.add(method);
    if (method === 'GET') methods.add('HEAD');
    this.#methods.set(pattern, methods);
  }

  /** To be called last: the first route that matches answers. */
  refuseOthers(app: App): void {
    for (const [pattern, methods] of this.#methods) {
      const allow = [...methods].sort().join(', ');
      app.all(pattern, (c) => {
        const refusal = new DomainError('method_not_allowed', `This path takes ${allow}.`);
        return problemResponse(refusal, c.get('requestId'), { allow });
      });
    }
  }
}
