/**
 * Sends the answers that are ready in one turn of the event loop one after the other at its end. To write to a connection
 * whose other end sleeps has the system wake that, which takes longer than all else that is done for a small answer; of
 * several in a row most find it awake. (So does Redis, for the same reason.)
 */
export function answerTogether<Asked extends readonly unknown[]>(
  fetch: (...asked: Asked) => Response | Promise<Response>,
): (...asked: Asked) => Promise<Response> {
  let ending: Promise<void> | undefined;
  const endOfTurn = () => {
    ending ??= new Promise((resolve) => {
      setImmediate(() => {
        ending = undefined;
        resolve();
      });
    });
    return ending;
  };
  return async (...asked) => {
    const answer = await fetch(...asked);
    await endOfTurn();
    return answer;
  };
}
