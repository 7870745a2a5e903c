import { describe, expect, it } from 'vitest';
import type { PollCursor } from '#core/config/connector.ts';
import { hasCode } from '#core/errors.ts';
import {
  advanceState,
  type DeliveredPage,
  initialState,
  MAX_RECENT,
  type PollState,
  parsePollState,
  serializePollState,
} from '#core/poll/poll-state.ts';

const MAX: PollCursor = { initial: '0', from: 't', order: 'max', compare: 'number', overlapMs: 0 };
const NEXT = { kind: 'token', token: 'x' } as const;

function advance(
  state: PollState,
  values: readonly (number | string | null)[],
  options: { readonly next?: DeliveredPage['next']; readonly cursor?: PollCursor | null } = {},
): PollState {
  const { next = null, cursor = MAX } = options;
  const records = values.map((value, index) => ({
    id: `${value}-${index}`,
    at: value === null ? null : String(value),
  }));
  return advanceState(state, { records, next }, { cursor, nowMs: 7 });
}

describe('the state behind a page', () => {
  it('has the highest value as cursor once the walk is over', () => {
    const first = advance(initialState(MAX), [5, 12, 9], { next: NEXT });
    expect(first).toMatchObject({
      cursor: '0',
      walk: { position: NEXT, high: '12' },
      finishedMs: null,
    });
    expect(advance(first, [3, null])).toMatchObject({ cursor: '12', walk: null, finishedMs: 7 });
  });

  it('never goes back', () => {
    const state = advance(initialState(MAX), [12]);
    expect(advance(state, [5])).toMatchObject({ cursor: '12' });
    expect(advance(state, [])).toMatchObject({ cursor: '12' });
  });

  it('has the last value where that is what counts', () => {
    const cursor: PollCursor = { ...MAX, order: 'last', compare: 'text' };
    const state = advance(initialState(cursor), ['z', 'b', null], { cursor });
    expect(state).toMatchObject({ cursor: 'b' });
    expect(state.recent).toEqual([
      { id: 'b-1', at: 'b' },
      { id: 'null-2', at: null },
    ]);
  });

  it('has none without a cursor', () => {
    expect(advance(initialState(null), [1], { cursor: null })).toMatchObject({ cursor: null });
  });

  it('ends a pause that the source asked for', () => {
    const waiting = { ...initialState(MAX), notBeforeMs: 99 };
    expect(advance(waiting, []).notBeforeMs).toBeNull();
    expect(advance(waiting, [], { next: NEXT }).notBeforeMs).toBeNull();
  });
});

describe('the records that are remembered', () => {
  it('are those that the next request may be answered with again', () => {
    const state = advance(initialState(MAX), [5, 12, 12, 9]);
    expect(state.recent.map(({ id }) => id)).toEqual(['12-1', '12-2']);
    expect(advance(state, [13]).recent.map(({ id }) => id)).toEqual(['13-0']);
    expect(advance(state, []).recent).toEqual(state.recent);
  });

  it('reach back as far as the overlap', () => {
    const cursor: PollCursor = { ...MAX, compare: 'time', overlapMs: 60_000 };
    const times = ['2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z', '2026-01-01T00:02:00Z'];
    const state = advance({ ...initialState(cursor), cursor: times[0]! }, times, { cursor });
    expect(state.recent.map(({ at }) => at)).toEqual([times[1], times[2]]);
  });

  it('are those of the old cursor as well until the walk is over', () => {
    const before = advance(initialState(MAX), [4]);
    const walking = advance(before, [9], { next: NEXT });
    expect(walking.recent.map(({ at }) => at)).toEqual(['4', '9']);
    expect(advance(walking, []).recent.map(({ at }) => at)).toEqual(['9']);
  });

  it('are not more than an item has room for, the latest first', () => {
    const many = Array.from({ length: MAX_RECENT + 10 }, () => 1);
    const state = advance(initialState(MAX), many);
    expect(state.recent).toHaveLength(MAX_RECENT);
    expect(state.recent.at(-1)?.id).toBe(`1-${MAX_RECENT + 9}`);
    expect(serializePollState(state).length).toBeLessThan(100_000);
  });
});

describe('the text of a state', () => {
  it('comes back as it was', () => {
    const state = advance(initialState(MAX), [5, null], {
      next: { kind: 'url', url: 'https://x/' },
    });
    expect(parsePollState(serializePollState(state))).toEqual(state);
  });

  it.each([
    '',
    '{}',
    '{"cursor":1}',
    'null',
    '{"cursor":null,"walk":{},"recent":[],"notBeforeMs":null,"finishedMs":null}',
  ])('is refused when it is %s', (text) => {
    expect(() => parsePollState(text)).toThrow(
      expect.toSatisfy((error) => hasCode(error, 'FORMAT_CORRUPT')),
    );
  });
});
