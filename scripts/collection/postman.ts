/** What we write of Postman's collection format 2.1.0: https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html */

export const COLLECTION_SCHEMA = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';

export interface Collection {
  readonly info: { readonly name: string; readonly description: string; readonly schema: string };
  readonly auth: Auth;
  readonly variable: readonly Variable[];
  readonly item: readonly Folder[];
}

export interface Folder {
  readonly name: string;
  readonly description: string;
  readonly item: readonly Item[];
}

export interface Item {
  readonly name: string;
  readonly request: Request;
  readonly event: readonly Event[];
  readonly response: readonly never[];
  readonly protocolProfileBehavior?: { readonly followRedirects: boolean };
}

export interface Request {
  readonly method: string;
  readonly description: string;
  readonly url: Url;
  readonly header: readonly Parameter[];
  readonly body?: Body;
  /** The collection's own where there is none. */
  readonly auth?: Auth;
}

export interface Url {
  readonly raw: string;
  readonly host: readonly string[];
  readonly path?: readonly string[];
  readonly query?: readonly Parameter[];
}

export interface Parameter {
  readonly key: string;
  readonly value: string;
  readonly description?: string;
  /** Shown, and not sent until somebody ticks it. */
  readonly disabled?: boolean;
}

export type Body =
  | { readonly mode: 'raw'; readonly raw: string; readonly options: { readonly raw: { language: 'json' } } }
  | { readonly mode: 'file'; readonly file: { readonly src: string } }
  | { readonly mode: 'formdata'; readonly formdata: readonly FormField[] };

export type FormField =
  | { readonly key: string; readonly type: 'text'; readonly value: string; readonly description?: string }
  | { readonly key: string; readonly type: 'file'; readonly src: string; readonly description?: string };

export type Auth =
  | { readonly type: 'noauth' }
  | {
      readonly type: 'bearer';
      readonly bearer: readonly [{ readonly key: 'token'; readonly value: string; readonly type: 'string' }];
    };

export interface Variable {
  readonly key: string;
  readonly value: string;
  readonly description?: string;
}

export interface Event {
  readonly listen: 'test';
  readonly script: { readonly type: 'text/javascript'; readonly exec: readonly string[] };
}
