import { describe, expect, it } from 'vitest';
import { safeFileName } from '#adapters/fs/safe-file-name.ts';

describe('safeFileName', () => {
  it.each([
    ['local_market-bronze2', 'local_market-bronze2'],
    ['Trades', '%54rades'],
    ['..', '%2E%2E'],
    ['a/b\\c', 'a%2Fb%5Cc'],
    ['é', '%C3%A9'],
    ['%54', '%2554'],
  ])('writes %j as %s', (name, file) => {
    expect(safeFileName(name)).toBe(file);
  });

  it('shortens what is longer than file systems take, and keeps it apart', () => {
    const [one, other] = [safeFileName('x'.repeat(255)), safeFileName('x'.repeat(256))];
    expect(one.length).toBeLessThan(200);
    expect(one).not.toBe(other);
  });
});
