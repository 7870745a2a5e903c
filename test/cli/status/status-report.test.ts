import { describe, expect, it } from 'vitest';
import { findFaults } from '#cli/status/status-report.ts';

const alarm = (state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA') => ({
  name: 'a',
  description: '',
  state,
  reason: '',
  sinceMs: 0,
});
const ledger = (unbalancedRows: number) => ({ domain: 'market', lastRunMs: 0, unbalancedRows });

describe('findFaults', () => {
  it.each([
    ['nothing', { alarms: [alarm('OK')], problems: [], ledgers: [ledger(0)] }, []],
    [
      'an alarm without data',
      { alarms: [alarm('INSUFFICIENT_DATA')], problems: [], ledgers: [] },
      [],
    ],
    [
      'an alarm that is raised',
      { alarms: [alarm('ALARM'), alarm('ALARM')], problems: [], ledgers: [] },
      ['2 alarms'],
    ],
    ['a part that is down', { alarms: [], problems: ['tables'], ledgers: [] }, ['1 part down']],
    [
      'books that do not balance',
      { alarms: [], problems: [], ledgers: [ledger(1), ledger(2)] },
      ['3 rows unaccounted for'],
    ],
  ])('sees %s', (_what, report, faults) => {
    expect(findFaults({ functions: [], ...report })).toEqual(faults);
  });

  it('names functions that failed in every run, not those that failed once', () => {
    const ran = (invocations: number, errors: number) => ({
      name: 'sluice-local-market-http-poll',
      invocations,
      errors,
      lastInvocationMs: 0,
      lastDurationMs: 0,
    });
    const report = { alarms: [], problems: [], ledgers: [] };
    expect(findFaults({ ...report, functions: [ran(2, 2), ran(3, 1), ran(0, 0)] })).toEqual([
      '1 function failed in every run',
    ]);
  });
});
