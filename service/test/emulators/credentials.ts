/** What both emulators are signed with. The S3 and SQS emulator refuses everybody else. */
export const EMULATOR_CREDENTIALS = {
  accessKeyId: 'TINTYPEEMULATOR',
  secretAccessKey: 'not-a-secret-only-for-emulators',
} as const;

export const EMULATOR_REGION = 'us-east-1';
