export interface EmulatorCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What both emulators are signed with. The S3 and SQS emulator refuses everybody else. */
export const EMULATOR_CREDENTIALS: EmulatorCredentials = {
  accessKeyId: 'TINTYPEEMULATOR',
  secretAccessKey: 'not-a-secret-only-for-emulators',
};

export const EMULATOR_REGION = 'us-east-1';
