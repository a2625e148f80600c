/**
 * What an issuer has answered, as JSON: of status 200 alone, and of so many bytes at most.
 * @throws Error that says nothing of the answer's own words.
 */
export async function jsonOf(response: Response, mostBytes: number): Promise<unknown> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`The issuer was asked, and the answer's status is ${response.status}.`);
  }
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.length;
    if (size > mostBytes) throw new Error(`The issuer's answer has more than ${mostBytes} bytes.`);
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString());
  } catch {
    // The parser's own words would quote it.
    throw new Error("The issuer's answer is no JSON.");
  }
}
