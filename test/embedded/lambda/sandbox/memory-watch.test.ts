import { describe, expect, it } from 'vitest';
import { parsePs, residentBytesOf } from '#embedded/lambda/sandbox/memory-watch.ts';

describe('memory watch', () => {
  it('reads the pids and kibibytes of ps', () => {
    const output = '  123   2048\n 45678 131072\ngarbage\n';
    expect([...parsePs(output)]).toEqual([
      [123, 2_097_152],
      [45_678, 134_217_728],
    ]);
  });

  it('measures nothing of a process that is gone', () => {
    expect(residentBytesOf(2 ** 22 + 1)).toBeNull();
  });
});
