import { INTERRUPTED_STATUS } from './until-aborted.ts';

/** A terminal signals its whole foreground group and the npm script's wrapper passes the signal on: one key press arrives twice. */
const SAME_KEY_PRESS_MS = 1_000;

/**
 * Answers SIGINT, SIGTERM and SIGHUP: the first one asks for an orderly end, its echo is ignored, and
 * a later one leaves at once (the state survives that as it survives a kill).
 */
export function createInterruptHandler(process: {
  readonly nowMs: () => number;
  readonly abort: () => void;
  readonly exit: (status: number) => void;
}): () => void {
  let firstMs: number | null = null;
  return () => {
    if (firstMs === null) {
      firstMs = process.nowMs();
      process.abort();
    } else if (process.nowMs() - firstMs > SAME_KEY_PRESS_MS) {
      process.exit(INTERRUPTED_STATUS);
    }
  };
}
