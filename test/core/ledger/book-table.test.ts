import { describe, expect, it } from 'vitest';
import { type BookedTable, bookTable } from '#core/ledger/book-table.ts';
import type { LedgerEntry } from '#core/ledger/ledger-entry.ts';
import {
  at,
  HOUR_10,
  HOUR_11,
  HOUR_12,
  OTHER_SHARD,
  SHARD,
  TableHistory,
} from './table-history.ts';

const TRADE: BookedTable = { kind: 'commit', table: 'trade', stream: 'trade' };
const REJECTED: BookedTable = { kind: 'rejected', table: 'rejected' };

/** `10:+5` for five committed rows of hour 10. */
function committed(entries: readonly LedgerEntry[]): readonly string[] {
  return entries.map(({ hour, counts }) => `${hour.slice(11)}:${counts.committed}`);
}

function commit(history: TableHistory, n: number, hour: string, rows: number): bigint {
  return history.commit({ first: n, last: n, streams: { trade: { [hour]: { committed: rows } } } });
}

describe('bookTable', () => {
  it('books every commit by hour, with its snapshot and positions as evidence', () => {
    const history = new TableHistory();
    const snapshotId = history.commit({
      first: 1,
      last: 7,
      streams: {
        trade: {
          [HOUR_10]: { received: 6, committed: 4, deduplicated: 2, late: 1 },
          [HOUR_11]: { received: 1, committed: 1 },
        },
      },
    });
    const { entries, unexplained, next } = bookTable(history.metadata, TRADE, null);
    expect(unexplained).toEqual([]);
    expect(entries).toMatchObject([
      {
        stream: 'trade',
        source: SHARD,
        hour: HOUR_10,
        kind: 'commit',
        counts: { received: 0, committed: 4, deduplicated: 2, late: 1 },
        evidence: { kind: 'snapshot', snapshotId, rolledBack: false, first: at(1), last: at(7) },
      },
      { hour: HOUR_11, counts: { committed: 1 } },
    ]);
    expect(next).toMatchObject({ snapshotId, sequenceNumber: 1n });
  });

  it('books nothing again when nothing has happened', () => {
    const history = new TableHistory();
    commit(history, 1, HOUR_10, 4);
    const { next } = bookTable(history.metadata, TRADE, null);
    expect(bookTable(history.metadata, TRADE, next)).toEqual({
      entries: [],
      unexplained: [],
      next,
    });
  });

  it('goes on after the last snapshot, over commits of other engines', () => {
    const history = new TableHistory();
    commit(history, 1, HOUR_10, 4);
    const { next } = bookTable(history.metadata, TRADE, null);
    commit(history, 2, HOUR_10, 5);
    history.foreignCommit();
    commit(history, 3, HOUR_11, 6);
    const booking = bookTable(history.metadata, TRADE, next);
    expect(committed(booking.entries)).toEqual(['10:5', '11:6']);
    expect(booking.unexplained).toEqual([]);
  });

  it('asks a bronze table for rows and duplicates, and `rejected` for what was refused, by stream', () => {
    const counts = { received: 9, committed: 1, deduplicated: 2, rejected: 3, deadLettered: 3 };
    const history = new TableHistory();
    history.commit({
      first: 1,
      last: 2,
      streams: { trade: { [HOUR_10]: counts }, _unknown: { [HOUR_10]: { deadLettered: 1 } } },
    });
    const rejected = bookTable(history.metadata, REJECTED, null).entries;
    expect(
      rejected.map(({ stream, kind, counts: c }) => [stream, kind, c.rejected, c.deadLettered]),
    ).toEqual([
      ['_unknown', 'rejected', 0, 1],
      ['trade', 'rejected', 3, 3],
    ]);
    const bronze = bookTable(history.metadata, TRADE, null).entries;
    expect(bronze).toHaveLength(1);
    expect(bronze[0]?.counts).toMatchObject({ committed: 1, deduplicated: 2, rejected: 0 });
  });

  describe('after a rollback', () => {
    it('takes back every commit that is no longer on the line', () => {
      const history = new TableHistory();
      const kept = commit(history, 1, HOUR_10, 4);
      const gone = [commit(history, 2, HOUR_10, 5), commit(history, 3, HOUR_11, 6)];
      const { next } = bookTable(history.metadata, TRADE, null);
      history.rollBackTo(kept);
      const booking = bookTable(history.metadata, TRADE, next);
      expect(committed(booking.entries)).toEqual(['11:-6', '10:-5']);
      expect(booking.entries.map(({ evidence }) => evidence)).toMatchObject(
        gone.toReversed().map((snapshotId) => ({ snapshotId, rolledBack: true })),
      );
      expect(booking.unexplained).toEqual([]);
      expect(bookTable(history.metadata, TRADE, booking.next).entries).toEqual([]);
    });

    it('books what was committed since, and the old line again when the rollback is undone', () => {
      const history = new TableHistory();
      const kept = commit(history, 1, HOUR_10, 4);
      const old = commit(history, 2, HOUR_10, 5);
      let { next } = bookTable(history.metadata, TRADE, null);
      history.rollBackTo(kept);
      commit(history, 2, HOUR_11, 7);
      const both = bookTable(history.metadata, TRADE, next);
      expect(committed(both.entries)).toEqual(['10:-5', '11:7']);
      next = both.next;
      history.rollBackTo(old);
      const undone = bookTable(history.metadata, TRADE, next);
      expect(committed(undone.entries)).toEqual(['11:-7', '10:5']);
      expect(undone.unexplained).toEqual([]);
    });

    it('says how much is to be taken back when the old line has expired as well', () => {
      const history = new TableHistory();
      const kept = commit(history, 1, HOUR_10, 4);
      const gone = commit(history, 2, HOUR_11, 5);
      const { next } = bookTable(history.metadata, TRADE, null);
      history.rollBackTo(kept);
      history.expire(gone);
      commit(history, 3, HOUR_12, 1);
      const booking = bookTable(history.metadata, TRADE, next);
      expect(committed(booking.entries)).toEqual(['12:1']);
      expect(booking.unexplained).toMatchObject([{ source: SHARD, counts: { committed: -5 } }]);
    });
  });

  it('says how much was committed in snapshots that expired before they were booked', () => {
    const history = new TableHistory();
    const first = commit(history, 1, HOUR_10, 4);
    const { next } = bookTable(history.metadata, TRADE, null);
    const missed = commit(history, 2, HOUR_10, 5);
    commit(history, 3, HOUR_11, 6);
    history.expire(first, missed);
    const booking = bookTable(history.metadata, TRADE, next);
    expect(committed(booking.entries)).toEqual(['11:6']);
    expect(booking.unexplained).toMatchObject([
      { source: SHARD, counts: { committed: 5 }, evidence: expect.stringContaining('trade') },
    ]);
  });

  it('finds commits of a writer that did not state its batches', () => {
    const history = new TableHistory();
    const streams = { trade: { [HOUR_10]: { committed: 3 } } };
    history.commit({ first: 1, last: 1, streams, withoutBatch: true });
    history.commit({ source: OTHER_SHARD, first: 1, last: 1, streams });
    const booking = bookTable(history.metadata, TRADE, null);
    expect(booking.entries.map(({ source }) => source)).toEqual([OTHER_SHARD]);
    expect(booking.unexplained).toMatchObject([{ source: SHARD, counts: { committed: 3 } }]);
  });

  it('takes everything back when the table was replaced by another', () => {
    const history = new TableHistory();
    commit(history, 1, HOUR_10, 4);
    const { next } = bookTable(history.metadata, TRADE, null);
    const other = new TableHistory('00000000-0000-4000-8000-000000000002');
    commit(other, 1, HOUR_12, 1);
    const booking = bookTable(other.metadata, TRADE, next);
    expect(committed(booking.entries)).toEqual(['12:1']);
    expect(booking.unexplained).toMatchObject([{ counts: { committed: -4 } }]);
  });

  it('refuses a batch that cannot be read', () => {
    const history = new TableHistory();
    commit(history, 1, HOUR_10, 4);
    const [snapshot] = history.metadata.snapshots;
    const broken = {
      ...history.metadata,
      snapshots: [{ ...snapshot!, summary: { ...snapshot!.summary, 'sluice.batch': '{' } }],
    };
    expect(() => bookTable(broken, TRADE, null)).toThrow(
      expect.objectContaining({ code: 'TABLE_INVALID' }),
    );
  });
});
