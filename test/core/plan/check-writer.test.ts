import { describe, expect, it } from 'vitest';
import { checkWriter } from '#core/plan/check-writer.ts';
import { MARKET, projectOf } from '../config/project-fixture.ts';

/** Limits of the market domain in prod, whose stream and file have further lines. */
function limitsOf(streamLines: readonly string[], ...lines: readonly string[]) {
  const stream = ['key: symbol', ...streamLines].join('\n    ');
  const text = `${MARKET.replace('key: symbol', stream)}${lines.join('\n')}\n`;
  const [domain] = projectOf({ 'domains/market.yaml': text }, { environment: 'prod' }).domains;
  if (domain === undefined) throw new Error('no domain');
  const [dedupe, batch, files, commits] = checkWriter(domain);
  return { dedupe, batch, files, commits };
}

describe('dedupe memory', () => {
  it('is what the horizon holds at the expected rate', () => {
    expect(limitsOf(['rate: { expected: 100/s }']).dedupe).toEqual({
      domain: 'market',
      subject: 'dedupe memory',
      state: 'ok',
      figures: '360,000 identities of 150 B = 54 MB of 442 MB (a quarter of writer.memory)',
      advice: null,
    });
  });
});

describe('a batch', () => {
  it('is a window of events on one shard, as base64', () => {
    // 1500/s of 100 B for 30 s are 4.5 MB, as base64 6 MB: just what Lambda takes.
    const rate = 'rate: { expected: 1500/s, bytes: 100 }';
    expect(limitsOf([rate, 'dedupe: { horizon: 0 }']).batch).toMatchObject({
      state: 'ok',
      figures: '6 MB in 30s at the expected rate, of 6 MB; at most 10,000 records',
    });
  });

  it('ends earlier when it is full, which is worth knowing', () => {
    const rate = 'rate: { expected: 3000/s, bytes: 100 }';
    expect(limitsOf([rate, 'dedupe: { horizon: 0 }']).batch).toMatchObject({
      state: 'note',
      advice: 'a batch is full after 15s: files are written then, not after writer.batching_window',
    });
  });

  it('is smaller where shards share the load', () => {
    const rate = 'rate: { expected: 3000/s, bytes: 100 }';
    const { batch } = limitsOf([rate, 'dedupe: { horizon: 0 }'], 'stream: { shards: 2 }');
    expect(batch?.state).toBe('ok');
  });
});

describe('files', () => {
  it('come one per batch and shard', () => {
    expect(limitsOf(['rate: { expected: 10/s }']).files).toMatchObject({
      subject: 'files of trade',
      state: 'ok',
      figures: '120 an hour with 300 rows each: 1 shard, a batch every 30s',
    });
  });

  it('multiply with buckets, but never beyond the rows there are', () => {
    const buckets = 'partition: { bronze: ["bucket(16, symbol)"] }';
    expect(limitsOf(['rate: { expected: 10/s }', buckets]).files).toMatchObject({
      state: 'note',
      figures: '1,920 an hour with 19 rows each: 1 shard, a batch every 30s, 16 buckets',
      advice: 'a longer writer.batching_window makes fewer, larger files',
    });
    expect(limitsOf(['rate: { expected: 1/m }', buckets]).files?.figures).toContain('60 an hour');
  });

  it('are many where batches come every second', () => {
    const { files } = limitsOf(['rate: { expected: 10/s }'], 'writer: { batching_window: 1s }');
    expect(files).toMatchObject({ state: 'note' });
    expect(files?.figures).toContain('3,600 an hour with 10 rows each');
  });
});

describe('commits', () => {
  it('of a group come in its interval, however many shards there are', () => {
    expect(limitsOf([], 'stream: { shards: 100 }').commits).toEqual({
      domain: 'market',
      subject: 'commits of each table',
      state: 'ok',
      figures: 'at most 120 an hour, each of what all shards staged in 30s',
      advice: null,
    });
  });

  it('of a writer of one shard come with its batches', () => {
    expect(limitsOf([], 'writer: { commit: direct }').commits).toMatchObject({
      state: 'ok',
      figures: 'at most 120 an hour, one per batch of 1 shard',
      advice: null,
    });
  });

  it.each([
    ['shards', 'stream: { shards: 2 }', '240 an hour, one per batch of 2 shards'],
    ['partitions', 'buffer: kafka', '360 an hour, one per batch of 3 partitions'],
  ])('of writers of several %s are a finding', (_what, line, figures) => {
    const { commits } = limitsOf([], 'writer: { commit: direct }', line);
    expect(commits).toMatchObject({ state: 'note' });
    expect(commits?.figures).toContain(figures);
    expect(commits?.advice).toContain('set writer.commit: group');
  });
});
