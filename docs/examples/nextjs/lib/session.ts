import 'server-only';

/** Who is asking: here your app looks into its session. In this example everybody is alice. */
export async function currentUser(): Promise<string> {
  return 'alice';
}
