import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventId } from '#core/delivery/event-id.ts';

const value = fc.oneof(
  fc.constant(null),
  fc.string({ unit: fc.constantFrom('a', ':', '%', '0', '2', '5', '3', 'A', '') }),
  fc.bigInt(),
  fc.boolean(),
);

describe('eventId', () => {
  it('reads as the identity values', () => {
    expect(
      eventId(['source_system', 'trade_id'], { source_system: 'NYSE', trade_id: '42-1-17' }),
    ).toBe('NYSE:42-1-17');
  });

  it('is equal exactly when the texts of all identity values are equal', () => {
    fc.assert(
      fc.property(value, value, value, value, (a, b, c, d) => {
        const same = text(a) === text(c) && text(b) === text(d);
        expect(eventId(['x', 'y'], { x: a, y: b }) === eventId(['x', 'y'], { x: c, y: d })).toBe(
          same,
        );
      }),
      { numRuns: 5000 },
    );
  });
});

/** Null is no text. */
function text(part: unknown): string {
  return part === null ? 'null value' : `text ${String(part)}`;
}
