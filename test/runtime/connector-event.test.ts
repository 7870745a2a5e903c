import { describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import { connectorOf } from '#runtime/connector-event.ts';

const PRICES = { name: 'prices' };
const RATES = { name: 'rates' };

describe('the connector of an event', () => {
  it('is the one it names', () => {
    expect(connectorOf([PRICES, RATES], { connector: 'rates' })).toBe(RATES);
  });

  it('is the only one when it names none', () => {
    expect(connectorOf([PRICES], {})).toBe(PRICES);
  });

  it.each([
    [{}, 'got none'],
    [{ connector: 'price' }, 'got "price"'],
  ])('of %j is none', (event, got) => {
    expect(() => connectorOf([PRICES, RATES], event)).toThrow(
      expect.toSatisfy(
        (error) =>
          hasCode(error, 'USAGE') &&
          error.message.includes('one of "prices", "rates"') &&
          error.message.includes(got),
      ),
    );
  });
});
