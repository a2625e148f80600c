/** A test that shows it, by a part of its title that stands in the file. */
interface Proof {
  readonly file: string;
  readonly says: string;
}

interface Feature {
  readonly feature: string;
  /** Types of resources that it is in the templates, for what is asserted there; each under one feature. */
  readonly resources: readonly string[];
}

/** One thing of AWS that the project uses, and how far anybody has seen it work. */
export type Verified =
  | (Feature & { readonly how: 'emulator'; readonly on: Emulator; readonly proofs: readonly Proof[] })
  | (Feature & { readonly how: 'template'; readonly proofs: readonly Proof[] })
  | (Feature & { readonly how: 'not run'; readonly because: string });

const EMULATORS = {
  dynamodb: 'dynalite, with transactions of our own',
  s3: 'fauxqs, with checks of signatures and conditions of our own',
  sqs: 'fauxqs',
  runtime: "AWS's runtime client, with a Runtime API of our own",
  secrets: 'a stand-in of the tests',
  chain: 'a stand-in of the tests for the distribution, over fauxqs and the handler',
  opensearch:
    'OpenSearch itself where it was built (`npm run test:opensearch`: 2.19, one node, no security plugin), and an emulator of our own',
  signatures: "a check of the signature in the tests, by CloudFront's documented rules",
} as const;

type Emulator = keyof typeof EMULATORS;

export const nameOfEmulator = (emulator: Emulator): string => EMULATORS[emulator];

/** Seen on a stand-in for AWS, by tests. */
export const onEmulator = (on: Emulator, feature: string, ...proofs: readonly Proof[]): Verified => ({
  how: 'emulator',
  on,
  feature,
  resources: [],
  proofs,
});

/** Only that it is asked for is seen. */
export const inTemplate = (
  feature: string,
  resources: readonly string[],
  ...proofs: readonly Proof[]
): Verified => ({ how: 'template', feature, resources, proofs });

/** Nobody has seen it work. */
export const notRun = (feature: string, because: string): Verified => ({
  how: 'not run',
  feature,
  resources: [],
  because,
});

/** @param says a part of the test's title. */
export const at = (file: string, says: string): Proof => ({ file, says });

export const NO_ACCOUNT = 'Needs an account of AWS.';
