import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { nameCsvFailure, withCsvFailuresNamed } from '#cli/csv-failure.ts';

function parserFailure(text: string): unknown {
  try {
    parse(text);
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

describe('nameCsvFailure', () => {
  it('names file and line of a quote that is never closed', () => {
    expect(nameCsvFailure(parserFailure('a,b\n1,"2\n3,4\n'), 'data.csv')).toMatchObject({
      code: 'FORMAT_CORRUPT',
      message: expect.stringMatching(/^data\.csv:\d+: a quoted value is still open/),
    });
  });

  it('shows nothing of the data', () => {
    const failure = nameCsvFailure(parserFailure('secret"x,b\n'), 'data.csv');
    expect(failure).toMatchObject({ code: 'FORMAT_CORRUPT' });
    expect(String(failure)).not.toContain('secret');
  });

  it('leaves other failures as they are', () => {
    const failure = new Error('disk');
    expect(nameCsvFailure(failure, 'data.csv')).toBe(failure);
  });
});

describe('withCsvFailuresNamed', () => {
  it('passes on what came before the failure', async () => {
    const seen: number[] = [];
    async function* chunks() {
      yield 1;
      throw parserFailure('a\n"b\n');
    }
    const read = async () => {
      for await (const chunk of withCsvFailuresNamed(chunks(), 'data.csv')) seen.push(chunk);
    };
    await expect(read()).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
    expect(seen).toEqual([1]);
  });
});
