import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono, MiddlewareHandler } from 'hono';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import type { Caller, RequestOrigin, StepUp } from '../domain/caller.ts';
import type { DomainError } from '../domain/errors.ts';
import type { Signer } from '../domain/signing.ts';
import type { Deps } from '../operations/deps.ts';
import type { OperationName } from '../operations/manifest.ts';
import type { TokenVerifier } from '../ports/token-verifier.ts';
import type { UploadInbox } from '../ports/upload-inbox.ts';
import type { Gallery } from './gallery.ts';
import type { RateLimiter, TrustedProxies } from './rate-limits.ts';

export type App = Hono<Env>;

/** What the HTTP layer works with. */
export interface AppContext {
  readonly deps: Deps;
  /** Where callers reach us: scheme, host and perhaps a path, without a slash at the end. */
  readonly publicUrl: string;
  /** Resolves when every part can do its work, for `/ready`. */
  readonly checkReady: () => Promise<void>;
  /** Set where this process serves the presigned URLs itself: what they are signed with. */
  readonly objectUrls?: Signer;
  /** Set where this process takes direct uploads itself. */
  readonly directUploads?: DirectUploads;
  /** Verifies callers' tokens; undefined: nobody is asked who they are. */
  readonly tokens: TokenVerifier | undefined;
  /** Whose word about callers' addresses counts. */
  readonly trustedProxies: TrustedProxies;
  /** The origins of pages that may use the API; `*` for all. */
  readonly corsOrigins: readonly string[];
  /** Set where everybody may do everything because only this machine can connect. */
  readonly localOnly: boolean;
  /** Set where this process limits how many requests one caller may send. */
  readonly rateLimiter?: RateLimiter | undefined;
  /** Set where this process shows the gallery. */
  readonly gallery?: Gallery | undefined;
  /** Set where requests are measured or traced. */
  readonly observation?: HttpObservation | undefined;
}

/** What watches over requests, where anything does. */
export interface HttpObservation {
  /** What is done around every request, the outermost first. */
  readonly around: readonly MiddlewareHandler<Env>[];
  /** Set where this process shows its metrics itself. */
  readonly page?: MetricsPage | undefined;
}

export interface MetricsPage {
  /** All metrics, as they are now. */
  read(): Promise<{ readonly content_type: string; readonly text: string }>;
}

/** What it takes to serve the requests that an upload store describes. */
export interface DirectUploads {
  /** What they are signed with: for the purpose `upload-urls`. */
  readonly signer: Signer;
  readonly inbox: UploadInbox;
}

/** Who sends a request, as far as it shows; or why that is not believed. */
export type Identity =
  | {
      readonly caller: Caller;
      /** Set where the caller would be an admin if they had signed in as admins must. */
      readonly stepUp?: StepUp | undefined;
      /** Set where the issuer must be asked before the caller is let in: who it is then, or why nobody. */
      readonly confirm?: (() => Promise<Identity>) | undefined;
    }
  | {
      readonly refusal: DomainError;
      /** Whether the refusal is of a token, and not of there being none. */
      readonly tokenShown: boolean;
      readonly request: RequestOrigin;
    };

/** What API Gateway's events say of where a request comes from: REST APIs' (v1), and HTTP APIs' (v2). */
interface GatewayContext {
  readonly identity?: { readonly sourceIp?: string };
  readonly http?: { readonly sourceIp?: string };
}

/** Node's request and response, where there are any: `app.request()` in tests and functions have none. */
export interface Env {
  Bindings: Partial<HttpBindings> & { readonly requestContext?: GatewayContext };
  Variables: {
    requestId: string;
    identity: Identity;
    /** Of a mounted operation: whoever was let in. */
    caller: Caller;
    /** Of a mounted operation that is about one. */
    imageId?: string;
    bytesIn?: number;
    failure?: unknown;
    /** As `routeOf` has found it. */
    route?: string;
    /** Of a path of the gallery. */
    isGallery?: boolean;
  };
}

/** One operation's way through HTTP: reads the request, calls the operation, writes the answer. */
export interface Route {
  readonly operation: OperationName;
  readonly handle: (c: Context<Env>, app: AppContext) => Promise<Response>;
  /** For the OpenAPI document: what the manifest does not say. A function is never asked for it. */
  readonly describe: () => ZodOpenApiOperationObject;
  /** What is different at its other paths. */
  readonly describeAlias?: () => Partial<ZodOpenApiOperationObject>;
}
