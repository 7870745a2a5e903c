import { describe, expect, it } from 'vitest';
import { untilAborted } from '#cli/until-aborted.ts';

async function* numbers(): AsyncGenerator<number> {
  for (let i = 1; i <= 5; i++) yield i;
}

describe('untilAborted', () => {
  it('passes everything on while nothing is aborted', async () => {
    const seen: number[] = [];
    for await (const number of untilAborted(numbers(), new AbortController().signal))
      seen.push(number);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it('ends, without an error, at the next chunk after the abort', async () => {
    const abort = new AbortController();
    const seen: number[] = [];
    for await (const number of untilAborted(numbers(), abort.signal)) {
      seen.push(number);
      if (number === 2) abort.abort();
    }
    expect(seen).toEqual([1, 2]);
  });
});
