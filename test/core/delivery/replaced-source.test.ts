import { describe, expect, it } from 'vitest';
import { NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { padSequence } from '#core/delivery/position.ts';
import { requireSameSource, withArrival } from '#core/delivery/replaced-source.ts';
import {
  decodeSourceStates,
  encodeSourceStates,
  type SourceState,
} from '#core/delivery/source-state.ts';

const KAFKA = 'kafka:prod.market/0';
const KINESIS = 'kinesis:prod-market/shardId-000000000000';

function at(offset: number, arrivalMicros: bigint) {
  return { position: { sequence: padSequence(String(offset)), subSequence: 0 }, arrivalMicros };
}

function stateAt(offset: number): SourceState {
  return { position: at(offset, 0n).position, maxEventTimeMicros: null, counts: NO_COUNTS };
}

describe('the latest arrival of a source', () => {
  it('is kept for Kafka partitions, whatever order arrivals come in', () => {
    const first = withArrival(stateAt(2), [at(0, 50n), at(1, 90n), at(2, 70n)], {
      source: KAFKA,
      before: null,
    });
    expect(first.maxArrivalMicros).toBe(90n);
    const next = withArrival(stateAt(3), [at(3, 60n)], { source: KAFKA, before: first });
    expect(next.maxArrivalMicros).toBe(90n);
  });

  it('is not kept for shards, whose sequence numbers never start again', () => {
    const state = withArrival(stateAt(2), [at(2, 70n)], { source: KINESIS, before: null });
    expect(state).toEqual(stateAt(2));
  });

  it('survives the table metadata, and states without it stay as they were', () => {
    const state = { ...stateAt(2), maxArrivalMicros: 2n ** 60n };
    const states = new Map([
      [KAFKA, state],
      [KINESIS, stateAt(9)],
    ]);
    expect(decodeSourceStates(encodeSourceStates(states))).toEqual(states);
    expect(encodeSourceStates(new Map([[KINESIS, stateAt(9)]]))).not.toContain('maxArrival');
  });
});

describe('requireSameSource', () => {
  const state = { ...stateAt(10), maxArrivalMicros: 1_000n };
  const check = (offset: number, arrival: bigint, toleranceMicros = 0n) =>
    requireSameSource(state, [at(offset, arrival)], { source: KAFKA, toleranceMicros });

  it('takes redeliveries and what comes after the position', () => {
    expect(() => check(0, 1n)).not.toThrow();
    expect(() => check(10, 1_000n)).not.toThrow();
    expect(() => check(11, 5_000n)).not.toThrow();
  });

  it('refuses an event at an old position that arrived after everything up to it', () => {
    expect(() => check(0, 1_001n)).toThrow(
      expect.objectContaining({ code: 'SOURCE_REPLACED', retryable: false }),
    );
    expect(() => check(10, 1_001n)).toThrow(/raise kafka.generation/);
  });

  it('allows for clocks as far apart as it is told', () => {
    expect(() => check(3, 1_060n, 60n)).not.toThrow();
    expect(() => check(3, 1_061n, 60n)).toThrow(/was deleted and created again/);
  });

  it('says nothing of sources without state, of older states, and of shards', () => {
    const options = { source: KAFKA, toleranceMicros: 0n };
    expect(() => requireSameSource(null, [at(0, 9_999n)], options)).not.toThrow();
    expect(() => requireSameSource(stateAt(10), [at(0, 9_999n)], options)).not.toThrow();
    expect(() =>
      requireSameSource(state, [at(0, 9_999n)], { ...options, source: KINESIS }),
    ).not.toThrow();
  });
});
