import { describe, expect, it } from 'vitest';
import { type Evidence, formatEvidence, parseRangeEvidence } from '#core/ledger/evidence.ts';
import { at } from './table-history.ts';

const RANGE = { first: at(1, 0), last: at(4, 17) };
const RANGE_TEXT = `events ${'1'.padStart(56, '0')}/0 to ${'4'.padStart(56, '0')}/17`;

describe('evidence', () => {
  it.each<[Evidence, string]>([
    [{ kind: 'records', first: '7', last: '9' }, 'records 7 to 9'],
    [
      { kind: 'snapshot', snapshotId: 12n, rolledBack: false, ...RANGE },
      `snapshot 12, ${RANGE_TEXT}`,
    ],
    [
      { kind: 'snapshot', snapshotId: 12n, rolledBack: true, ...RANGE },
      `snapshot 12 rolled back, ${RANGE_TEXT}`,
    ],
    [{ kind: 'failure', uri: 's3://d/a, b', ...RANGE }, `s3://d/a, b, ${RANGE_TEXT}`],
    [{ kind: 'receipt', producer: 'demo-7', total: 5 }, 'demo-7: 5 events acknowledged in all'],
    [{ kind: 'words', text: 'totals' }, 'totals'],
  ])('says in words where counts come from (%#)', (evidence, text) => {
    expect(formatEvidence(evidence)).toBe(text);
  });

  it.each<[Evidence]>([
    [{ kind: 'snapshot', snapshotId: 9_223_372_036_854_775_807n, rolledBack: false, ...RANGE }],
    [{ kind: 'snapshot', snapshotId: 1n, rolledBack: true, ...RANGE }],
    [{ kind: 'failure', uri: 's3://d/aws/lambda/x/snapshot 1', ...RANGE }],
  ])('is read back where it names events (%#)', (evidence) => {
    expect(parseRangeEvidence(formatEvidence(evidence))).toEqual(evidence);
  });

  it('is not read back where it names none', () => {
    expect(parseRangeEvidence('demo-7: 5 events acknowledged in all')).toBeNull();
    expect(parseRangeEvidence('records 7 to 9')).toBeNull();
  });
});
