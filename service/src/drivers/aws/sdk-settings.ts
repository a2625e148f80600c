/** What every client of one installation has alike; left out, the SDK finds it as it always does. */
export interface SdkSettings {
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** How often a request is sent that was throttled or got no answer. */
const TRIES = 4;

export function commonSettings({ region, credentials }: SdkSettings) {
  return {
    maxAttempts: TRIES,
    ...(region === undefined ? {} : { region }),
    ...(credentials ? { credentials } : {}),
  };
}
