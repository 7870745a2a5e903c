import { describe, expect, it } from 'vitest';
import { issuesOf, MARKET, projectOf } from '../project-fixture.ts';

const DOMAIN = 'domains/market.yaml';

/** The market domain with a second stream and these connectors, one per line. */
function withConnectors(...lines: readonly string[]): Readonly<Record<string, string>> {
  const quote = MARKET.split('streams:\n')[1]!.replace('  trade:', '  quote:');
  const connectors = lines.length === 0 ? '' : `connectors:\n  ${lines.join('\n  ')}\n`;
  return { [DOMAIN]: `${MARKET}${quote}${connectors}` };
}

/** The issues without the place, which the golden test of the project pins down. */
function messagesOf(...lines: readonly string[]): readonly string[] {
  return issuesOf(withConnectors(...lines))
    .split('\n')
    .map((line) => line.replace(/^\S+:\d+:\d+ /, ''));
}

describe('connectors of a domain', () => {
  it('are none when the file names none', () => {
    expect(projectOf(withConnectors()).domains[0]?.connectors).toEqual([]);
  });

  it('get their defaults', () => {
    const project = projectOf(withConnectors('api: { kind: http-ingest, streams: [trade] }'));
    expect(project.domains[0]?.connectors).toEqual([
      {
        name: 'api',
        kind: 'http-ingest',
        streams: ['trade'],
        throttle: { ratePerSecond: 100, burst: 200 },
        maxBodyBytes: 1_000_000,
        maxEvents: 500,
      },
    ]);
  });

  it('keep what the file says, in the order of the file', () => {
    const project = projectOf(
      withConnectors(
        'partner: { kind: http-ingest, streams: [quote], throttle: { burst: 7 }, max_body: 2MB, max_events: 1000 }',
        'api: { kind: http-ingest, streams: [trade], throttle: { rate: 300/m } }',
      ),
    );
    expect(project.domains[0]?.connectors).toEqual([
      {
        name: 'partner',
        kind: 'http-ingest',
        streams: ['quote'],
        throttle: { ratePerSecond: 100, burst: 7 },
        maxBodyBytes: 2_000_000,
        maxEvents: 1_000,
      },
      {
        name: 'api',
        kind: 'http-ingest',
        streams: ['trade'],
        throttle: { ratePerSecond: 5, burst: 200 },
        maxBodyBytes: 1_000_000,
        maxEvents: 500,
      },
    ]);
  });

  it('name streams that exist', () => {
    expect(messagesOf('api: { kind: http-ingest, streams: [trde] }')).toEqual([
      'connectors.api.streams[0]: expected "trade" or "quote", got "trde"; did you mean "trade"?',
    ]);
  });

  it('give a stream one route only', () => {
    expect(
      messagesOf(
        'api: { kind: http-ingest, streams: [trade, trade] }',
        'partner: { kind: http-ingest, streams: [quote, trade] }',
      ),
    ).toEqual([
      'connectors.api.streams[1]: expected each stream once, got "trade" again',
      'connectors.partner.streams[1]: expected a stream without a connector of this kind, got "trade" of connector "api"; a stream has one route',
    ]);
  });

  it('refuse a kind of the language that this version does not have, by name', () => {
    expect(messagesOf('rows: { kind: postgres-poll, streams: [trade] }')).toEqual([
      'connectors.rows.kind: expected one of "http-ingest", "http-poll", "generator", got "postgres-poll"; not supported in this version',
    ]);
  });

  it('know the keys of their own kind only', () => {
    expect(
      messagesOf(
        'api: { kind: http-ingest, streams: [trade], every: 1m }',
        'made: { kind: generator, streams: [trade], producers: [{ every: 1s, records: 1 }], sead: 1 }',
      ),
    ).toEqual([
      'connectors.api.every: expected one of "kind", "streams", "throttle", "max_body", "max_events", got "every"',
      'connectors.made.sead: expected one of "kind", "environments", "streams", "producers", "seed", "faults", got "sead"; did you mean "seed"?',
    ]);
  });

  it('need the keys of their kind', () => {
    expect(messagesOf('made: { kind: generator }', 'poll: { kind: http-poll, every: 1m }')).toEqual(
      [
        'connectors.made.producers: expected a list, got nothing',
        'connectors.made.streams: expected a list, got nothing',
        'connectors.poll.select: expected a mapping, got nothing',
        'connectors.poll.stream: expected text, got nothing',
        'connectors.poll.url: expected text, got nothing',
      ],
    );
  });

  it('refuse a kind that nobody knows', () => {
    expect(messagesOf('api: { kind: http-ingst, streams: [trade] }')).toEqual([
      'connectors.api.kind: expected one of "http-ingest", "http-poll", "generator", got "http-ingst"; did you mean "http-ingest"?',
    ]);
  });

  it.each([
    [
      'throttle: { rate: 20000/s }',
      'throttle.rate',
      'expected a rate such as 200/s, 5/m or 1000/h, at least 1/s, at most 10000/s, got "20000/s"',
    ],
    [
      'throttle: { rate: 100 }',
      'throttle.rate',
      'expected a rate such as 200/s, 5/m or 1000/h, at least 1/s, at most 10000/s, got 100',
    ],
    ['throttle: { burst: 0 }', 'throttle.burst', 'expected at least 1, got 0'],
    ['throttle: { burst: 5001 }', 'throttle.burst', 'expected at most 5000, got 5001'],
    [
      'throttle: { brust: 5 }',
      'throttle.brust',
      'expected "rate" or "burst", got "brust"; did you mean "burst"?',
    ],
    [
      'max_body: 5MB',
      'max_body',
      'expected a size such as 120B, 512MB or 10GB, at least 1KB, at most 4MB, got "5MB"',
    ],
    [
      'max_body: 10B',
      'max_body',
      'expected a size such as 120B, 512MB or 10GB, at least 1KB, at most 4MB, got "10B"',
    ],
    ['max_events: 1001', 'max_events', 'expected at most 1000, got 1001'],
    ['max_events: 0', 'max_events', 'expected at least 1, got 0'],
  ])('refuse %s', (setting, path, message) => {
    expect(messagesOf(`api: { kind: http-ingest, streams: [trade], ${setting} }`)).toEqual([
      `connectors.api.${path}: ${message}`,
    ]);
  });

  it('need a kind and at least one stream', () => {
    expect(messagesOf('api: {}', 'other: { kind: http-ingest, streams: [] }')).toEqual([
      'connectors.api.kind: expected one of "http-ingest", "http-poll", "generator", got nothing',
      'connectors.other.streams: expected at least 1 item, got an empty list',
    ]);
  });

  it('are found with line and column', () => {
    expect(issuesOf(withConnectors('Api: { kind: http-ingest, streams: [trade] }'))).toBe(
      `${DOMAIN}:37:3 connectors.Api: expected a name of lower-case letters, digits and underscores that starts with a letter, got "Api"`,
    );
  });
});
