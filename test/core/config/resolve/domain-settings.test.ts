import { describe, expect, it } from 'vitest';
import { buildLakeWriterConfig } from '#core/config/lambda-config.ts';
import { buildLedgerFunctionConfig } from '#core/config/ledger-function-config.ts';
import { evolveStream } from '#core/schema/evolution/stream-evolution.ts';
import type { Registry } from '#core/schema/registry.ts';
import { issuesOf, LOCAL, MARKET, market, projectOf } from '../project-fixture.ts';

const DOMAIN = 'domains/market.yaml';

function withLines(...lines: readonly string[]): Readonly<Record<string, string>> {
  return { [DOMAIN]: `${MARKET}${lines.join('\n')}\n` };
}

describe('settings of a domain', () => {
  it('are those of the environment where the domain says nothing', () => {
    const { environment, domains } = projectOf();
    expect(domains[0]?.stream).toEqual(environment.stream);
    expect(domains[0]?.writer).toEqual(environment.writer);
  });

  it('override those of the environment key by key, and leave the environment as it is', () => {
    const { environment, domains } = projectOf(
      withLines('stream: { shards: 4 }', 'writer: { memory: 3008MB, batching_window: 5s }'),
    );
    expect(domains[0]?.stream).toEqual({ shards: 4, retentionHours: 24 });
    expect(domains[0]?.writer).toEqual({
      ...environment.writer,
      memoryMb: 3008,
      batchingWindowSeconds: 5,
    });
    expect(environment.stream.shards).toBe(1);
  });

  it('say who commits, and how often', () => {
    const { environment, domains } = projectOf(withLines('writer: { commit: direct }'));
    expect(environment.writer).toMatchObject({ commit: 'group', commitIntervalSeconds: 30 });
    expect(domains[0]?.writer).toMatchObject({ commit: 'direct', commitIntervalSeconds: 30 });
  });

  it('hold in every environment, with what each of them says besides', () => {
    const changes = withLines('stream: { shards: 4 }');
    const retentionOf = (environment: string) =>
      projectOf(changes, { environment }).domains[0]?.stream;
    expect(retentionOf('local')).toEqual({ shards: 4, retentionHours: 24 });
    expect(retentionOf('prod')).toEqual({ shards: 4, retentionHours: 168 });
  });

  it('give the streams defaults of their own', () => {
    const [domain] = projectOf(
      withLines('defaults: { watermark: { delay: 1m }, partition: { bronze: [symbol] } }'),
    ).domains;
    expect(domain?.streams[0]?.watermark).toMatchObject({ delayMs: 60_000, idleMs: 60_000 });
    expect(domain?.streams[0]?.partition.bronze[0]?.column).toBe('symbol');
  });

  it('count for the memory of all horizons', () => {
    const busy = market('key: symbol', 'key: symbol\n    rate: { expected: 1000/s }');
    const text = busy[DOMAIN] ?? '';
    expect(issuesOf(busy)).toContain('(1769MB / 4 = 442MB)');
    expect(issuesOf({ [DOMAIN]: `${text}writer: { memory: 3008MB }\n` })).toBe('');
  });
});

describe('functions of a domain', () => {
  const project = projectOf(withLines('stream: { retention: 336h }', 'writer: { memory: 3008MB }'));
  const registry: Registry = {
    streams: project.domains
      .flatMap((domain) => domain.streams)
      .map((stream) => evolveStream(stream, null).schemas),
  };

  it('divide the memory of its writer', () => {
    const { maxSliceBytes } = buildLakeWriterConfig(project, registry, { domain: 'market' });
    expect(maxSliceBytes).toBe(3_008_000_000 / 64);
  });

  it('count what its buffer keeps', () => {
    const { retentionMs } = buildLedgerFunctionConfig(project, registry, { domain: 'market' });
    expect(retentionMs).toBe(336 * 3_600_000);
  });
});

describe('merged settings that do not fit each other', () => {
  it.each([
    [
      'an age of the domain above the retention of the platform',
      withLines('writer: { max_record_age: 7d }'),
      `${DOMAIN}:20:27 writer.max_record_age: expected max_record_age below the retention of the stream in environment "local" of domain "market" (24h), got 168h; records would expire before they reach the dead letters`,
    ],
    [
      'a retention of the domain below the age of an environment that is not in use',
      withLines('stream: { retention: 24h }'),
      `${DOMAIN}:20:22 stream.retention: expected max_record_age below the retention of the stream in environment "prod" of domain "market" (24h), got 144h; records would expire before they reach the dead letters`,
    ],
    [
      'a retention of the domain against an alarm of the environment',
      {
        ...withLines('stream: { retention: 24h }', 'writer: { max_record_age: 1h }'),
        'config/environments/prod.yaml': 'alarms: { iterator_age: 7h }\n',
      },
      `${DOMAIN}:20:22 stream.retention: expected iterator_age below a quarter of the retention of the stream in environment "prod" of domain "market" (6h), got 7h; the alarm would leave too little time before events are lost`,
    ],
  ])('blame the domain file for %s', (_mistake, changes, expected) => {
    expect(issuesOf(changes)).toBe(expected);
  });

  it('blame the environment for its own values, not the domain that inherits them', () => {
    const changes = {
      ...withLines('stream: { shards: 2 }'),
      'config/environments/local.yaml': LOCAL.replace('max_record_age: 1h', 'max_record_age: 48h'),
    };
    expect(issuesOf(changes)).toBe(
      'config/environments/local.yaml:3:48 writer.max_record_age: expected max_record_age below the retention of the stream in environment "local" (24h), got 48h; records would expire before they reach the dead letters',
    );
  });

  it('refuse unknown keys of a section with what was meant', () => {
    expect(issuesOf(withLines('writer: { memry: 1024MB }'))).toBe(
      `${DOMAIN}:20:11 writer.memry: expected one of "memory", "timeout", "batch_size", "batching_window", "retry_attempts", "max_record_age", "commit", "commit_interval", got "memry"; did you mean "memory"?`,
    );
  });
});

describe('the commit interval', () => {
  it.each([
    ['writer: { commit_interval: 0s }', '20:28 writer.commit_interval: '],
    ['writer: { commit_interval: 6m }', '20:28 writer.commit_interval: '],
    ['writer: { commit: never }', '20:19 writer.commit: expected "group" or "direct"'],
  ])('refuses %s', (line, expected) => {
    expect(issuesOf(withLines(line))).toContain(`${DOMAIN}:${expected}`);
  });
});

describe('peak rate and retention', () => {
  it.each([
    ['rate: { expected: 200/s, peak: 5x }', { expectedPerSecond: 200, peakPerSecond: 1_000 }],
    ['rate: { peak: 2.5x }', { expectedPerSecond: 10, peakPerSecond: 25 }],
    ['rate: { expected: 200/s }', { expectedPerSecond: 200, peakPerSecond: 200 }],
  ])('take %s', (line, rate) => {
    const changes = market('key: symbol', `key: symbol\n    ${line}`);
    expect(projectOf(changes).domains[0]?.streams[0]?.rate).toMatchObject(rate);
  });

  it.each([
    ['90d', 90],
    ['7y', 2_555],
  ])('take bronze: %s', (span, bronzeDays) => {
    const changes = market('key: symbol', `key: symbol\n    retention: { bronze: ${span} }`);
    expect(projectOf(changes).domains[0]?.streams[0]?.retention).toEqual({ bronzeDays });
  });

  it('refuse other words, with the place', () => {
    const lines = 'rate: { peak: 5 }\n    retention: { bronze: 7 years }';
    expect(issuesOf(market('key: symbol', `key: symbol\n    ${lines}`))).toBe(
      [
        `${DOMAIN}:7:19 streams.trade.rate.peak: expected a factor such as 5x, at least 1x, at most 1000x, got 5`,
        `${DOMAIN}:8:26 streams.trade.retention.bronze: expected a span such as 90d or 7y, at least 1d, at most 100y, got "7 years"`,
      ].join('\n'),
    );
  });
});
