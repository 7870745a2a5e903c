import { describe, expect, it } from 'vitest';
import { issuesOf, MARKET, projectOf } from '../project-fixture.ts';

function withGenerator(text: string): Readonly<Record<string, string>> {
  return {
    'domains/market.yaml': `${MARKET}connectors:\n  synthetic: { kind: generator, ${text} }\n`,
  };
}

function messages(text: string): readonly string[] {
  return issuesOf(withGenerator(text))
    .split('\n')
    .map((line) => line.replace(/^\S+:\d+:\d+ connectors\.synthetic\./, ''));
}

const BASE = 'streams: [trade], producers: [{ every: 1s, records: 5..20 }]';

describe('a generator connector', () => {
  it('gets its defaults', () => {
    expect(projectOf(withGenerator(BASE)).domains[0]?.connectors).toEqual([
      {
        name: 'synthetic',
        kind: 'generator',
        environments: null,
        streams: ['trade'],
        producers: [{ everyMs: 1_000, minRecords: 5, maxRecords: 20 }],
        seed: 'synthetic',
        faults: { brokenEvery: null, duplicateEvery: null, lateEvery: null },
      },
    ]);
  });

  it('keeps what the file says', () => {
    const text =
      'environments: [local], streams: [trade], seed: 42, producers: [{ every: 500ms, records: 1..10 }, { every: 1m, records: 7 }], faults: { broken_every: 100, late_every: 50 }';
    expect(projectOf(withGenerator(text)).domains[0]?.connectors).toMatchObject([
      {
        environments: ['local'],
        seed: '42',
        producers: [
          { everyMs: 500, minRecords: 1, maxRecords: 10 },
          { everyMs: 60_000, minRecords: 7, maxRecords: 7 },
        ],
        faults: { brokenEvery: 100, duplicateEvery: null, lateEvery: 50 },
      },
    ]);
  });

  it.each([
    [
      'streams: [trde], producers: [{ every: 1s, records: 1 }]',
      /^streams\[0\]: .*did you mean "trade"/,
    ],
    [
      'streams: [trade, trade], producers: [{ every: 1s, records: 1 }]',
      /^streams\[1\]: expected each stream once/,
    ],
    ['streams: [trade], producers: []', /^producers: expected at least 1 item/],
    [
      'streams: [trade], producers: [{ every: 7s, records: 1 }]',
      /^producers\[0\]\.every: expected a whole part of a minute .* got 7000ms$/,
    ],
    [
      'streams: [trade], producers: [{ every: 50ms, records: 1 }]',
      /^producers\[0\]\.every: expected a duration .*at least 100ms/,
    ],
    [
      'streams: [trade], producers: [{ every: 1s, records: 9..3 }]',
      /^producers\[0\]\.records: expected a number of records or a range such as 1\.\.10, at most 1000, got "9\.\.3"$/,
    ],
    [
      'streams: [trade], producers: [{ every: 1s, records: 1001 }]',
      /^producers\[0\]\.records: expected a number of records .*, got 1001$/,
    ],
    [
      'streams: [trade], producers: [{ every: 1s, records: some }]',
      /^producers\[0\]\.records: expected a number of records/,
    ],
    [`${BASE}, environments: [prd]`, /^environments\[0\]: expected .*did you mean "prod"/],
    [`${BASE}, faults: { broken_evry: 3 }`, /^faults\.broken_evry: .*did you mean/],
    [`${BASE}, faults: { broken_every: 1 }`, /^faults\.broken_every: expected at least 2, got 1$/],
  ])('with %s is refused', (text, message) => {
    const found = messages(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });
});
