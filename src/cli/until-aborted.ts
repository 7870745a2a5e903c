/** The same chunks; after Ctrl-C or SIGTERM the source simply ends, so that what was read is still sent and counted. */
export async function* untilAborted<T>(
  chunks: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  for await (const chunk of chunks) {
    if (signal.aborted) return;
    yield chunk;
  }
}

/** Exit status of a command that Ctrl-C or SIGTERM ended, as shells know it: 128 and the number of SIGINT. */
export const INTERRUPTED_STATUS = 130;
