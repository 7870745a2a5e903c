import { describe, expect, it } from 'vitest';
import { MemoryEventStream } from '#adapters/memory/memory-event-stream.ts';
import { MemoryReceiptStore } from '#adapters/memory/memory-receipt-store.ts';
import { generateSchemas } from '#app/generate-schemas.ts';
import { readUserRecords } from '#app/read-user-records.ts';
import { createReceiptTotals } from '#app/receipt-totals.ts';
import { runGenerator } from '#app/run-generator.ts';
import {
  buildGeneratorConfig,
  parseGeneratorConfig,
  serializeGeneratorConfig,
} from '#core/generate/generator-config.ts';
import { readRegistry } from '#core/schema/schema-files.ts';
import { MARKET, projectOf } from '../core/config/project-fixture.ts';
import { manualClock } from './poll-world.ts';

const CONNECTOR =
  'connectors:\n  synthetic: { kind: generator, streams: [trade], producers: [{ every: 500ms, records: 1..10 }, { every: 1s, records: 5..20 }] }\n';
const MINUTE_MS = Date.UTC(2026, 0, 31, 12, 34);

function setUp(startMs = MINUTE_MS) {
  const project = projectOf({ 'domains/market.yaml': `${MARKET}${CONNECTOR}` });
  const reading = readRegistry(generateSchemas({ project, files: [] }).writes);
  if (!reading.ok) throw new Error('the fixture has no valid schemas');
  const built = buildGeneratorConfig(project, project.domains[0]!, reading.registry)!;
  const config = parseGeneratorConfig(serializeGeneratorConfig(built));
  expect(config).toEqual(built);
  const stream = new MemoryEventStream(2);
  const clock = manualClock(startMs);
  const receiptStore = new MemoryReceiptStore();
  const deps = {
    stream,
    clock,
    random: { next: () => 0.5, bytes: (length: number) => new Uint8Array(length) },
    receipts: createReceiptTotals(receiptStore, { domain: 'market', producer: 'generator-1' }),
  };
  const connector = config.connectors[0]!;
  const run = (window: { fromMs: number; untilMs: number; deadlineMs: number }) =>
    runGenerator(deps, { connector, streams: config.streams }, window);
  return { run, stream, clock, receiptStore, buffer: config.streams[0]?.buffer ?? '' };
}

type World = ReturnType<typeof setUp>;

const WINDOW = {
  fromMs: MINUTE_MS,
  untilMs: MINUTE_MS + 60_000,
  deadlineMs: MINUTE_MS + 90_000,
};

async function eventsOn({ stream, buffer }: World): Promise<readonly string[]> {
  const events: string[] = [];
  await readUserRecords(stream, {
    streamName: buffer,
    from: {},
    onRecord: ({ data }) => {
      events.push(Buffer.from(data).toString('base64'));
    },
  });
  return events;
}

describe('a run of the generator', () => {
  it('sends the events of its minute as they are due, and ends with the minute', async () => {
    const world = setUp();
    const result = await world.run(WINDOW);
    const events = await eventsOn(world);
    expect(result).toEqual({
      connector: 'synthetic',
      from: '2026-01-31T12:34:00.000Z',
      until: '2026-01-31T12:35:00.000Z',
      sent: { trade: events.length },
      unacknowledged: 0,
      missedTicks: 0,
      receiptFailures: 0,
    });
    expect(events.length).toBeGreaterThan(1_000);
    expect(world.clock.now).toBe(MINUTE_MS + 59_500);
    expect(await world.receiptStore.list('market', 'trade')).toEqual([
      { producer: 'generator-1', events: events.length },
    ]);
  });

  it('sends the same events when it is repeated, without waiting for what is over', async () => {
    const first = setUp();
    await first.run(WINDOW);
    const later = setUp(MINUTE_MS + 62_000);
    await later.run(WINDOW);
    expect(later.clock.slept).toEqual([]);
    expect((await eventsOn(later)).toSorted()).toEqual((await eventsOn(first)).toSorted());
  });

  it('stops at its deadline, and says what it has not sent', async () => {
    const world = setUp();
    const result = await world.run({ ...WINDOW, deadlineMs: MINUTE_MS + 30_000 });
    expect(result.missedTicks).toBe(60 + 30);
    expect(world.clock.now).toBeLessThanOrEqual(MINUTE_MS + 30_000);
  });

  it('says what the stream has not taken', async () => {
    const world = setUp();
    world.stream.putRecords = async (_name, records) =>
      records.map(() => ({ kind: 'failed', errorCode: 'Throttled', message: '' }));
    const result = await world.run({ ...WINDOW, untilMs: MINUTE_MS + 1_000 });
    expect(result.unacknowledged).toBeGreaterThan(5);
    expect(result.sent).toEqual({ trade: 0 });
    expect(await world.receiptStore.list('market', 'trade')).toEqual([]);
  });
});
