import { describe, expect, it } from 'vitest';
import { ruleName } from '#core/config/resolve/resolve-quality.ts';

describe('ruleName', () => {
  it.each([
    ['price > 0', 'price_above_0'],
    ['price >= 0', 'price_at_least_0'],
    ['size between 0 and 1e9', 'size_between_0_and_1e9'],
    ["side in ('bid', 'ask')", 'side_in_bid_ask'],
    ['a <> b', 'a_not_b'],
    ['fee / price <= 0.1', 'fee_per_price_at_most_0_1'],
    ['()', 'rule'],
  ])('names %j %s', (rule, name) => {
    expect(ruleName(rule)).toBe(name);
  });

  it('keeps names short and without a separator of _flags', () => {
    const name = ruleName(`x in (${Array.from({ length: 50 }, (_, i) => i).join(', ')})`);
    expect(name.length).toBeLessThanOrEqual(60);
    expect(name).toMatch(/^[a-z0-9_]*[a-z0-9]$/);
  });
});
