import { describe, expect, it } from 'vitest';
import { createInterruptHandler } from '#cli/interrupt.ts';

function startHandler() {
  const seen = { aborts: 0, exits: [] as number[], nowMs: 5_000 };
  const interrupt = createInterruptHandler({
    nowMs: () => seen.nowMs,
    abort: () => {
      seen.aborts++;
    },
    exit: (status) => void seen.exits.push(status),
  });
  return { seen, interrupt };
}

describe('createInterruptHandler', () => {
  it('takes the echo of one key press for the same key press', () => {
    const { seen, interrupt } = startHandler();
    interrupt();
    seen.nowMs += 900;
    interrupt();
    expect(seen).toMatchObject({ aborts: 1, exits: [] });
  });

  it('leaves at once when it is asked again', () => {
    const { seen, interrupt } = startHandler();
    interrupt();
    seen.nowMs += 1_001;
    interrupt();
    expect(seen).toMatchObject({ aborts: 1, exits: [130] });
  });
});
