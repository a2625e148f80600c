/**
 * Gives the memory of bytes back at once, where they are all that lies in it; they have no length afterwards. For large bytes
 * that come and go by the thousand: the garbage collector is made to look through all that there is for each 64 MB of them,
 * since it learns only so that nobody reads them any more.
 */
export function releaseMemory({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0);
}
