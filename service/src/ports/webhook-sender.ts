/** How a try to deliver a message has ended. */
export type WebhookTry =
  /** 2xx: it has arrived. */
  | { readonly outcome: 'delivered'; readonly status: number }
  /** Another status, a redirect among them: none is followed. */
  | { readonly outcome: 'answered'; readonly status: number }
  /** No answer in time, or none at all. */
  | { readonly outcome: 'failed'; readonly reason: WebhookFailure };

/** Words of our own; what went wrong underneath is for the log. */
export type WebhookFailure =
  | 'timeout'
  | 'connection'
  | 'tls'
  | 'name_not_found'
  /** The name leads, now, to an address that is nobody's on the internet: it was not connected to. */
  | 'address_not_allowed';

/** Sends messages to addresses that others have chosen. */
export interface WebhookSender {
  /**
   * POSTs `body` as JSON once. It never throws for what the other side does, or is.
   * @param url https, or http where the installation allows internal addresses.
   */
  post(url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<WebhookTry>;
  /** True where a URL is one that could be sent to at all; names are looked up anew for each try. */
  allows(url: URL): boolean;
}
