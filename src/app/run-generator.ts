import { createRowEncoder } from '#core/avro/row-codec.ts';
import type { GeneratorConnector } from '#core/config/connector.ts';
import type { GeneratorStream } from '#core/generate/generator-config.ts';
import { createProducerTicks, type GeneratorTick } from '#core/generate/generator-ticks.ts';
import { createEventEncoder, type EventEncoder } from './encode-events.ts';
import type { ProducedEvent } from './producer-lane.ts';
import { createEventPutter, type EventPutter, type PutDeps } from './put-events.ts';
import type { ReceiptTotals } from './receipt-totals.ts';

export interface GeneratorDeps extends PutDeps {
  readonly receipts: ReceiptTotals;
}

/** The time whose events are made. */
export interface GeneratorWindow {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Nothing is sent after it: the next run must find this one finished. */
  readonly deadlineMs: number;
}

export interface GeneratorRun {
  readonly connector: string;
  readonly from: string;
  readonly until: string;
  /** Events that the buffer acknowledged, by stream. */
  readonly sent: Readonly<Record<string, number>>;
  /** Events that the buffer did not acknowledge. */
  readonly unacknowledged: number;
  /** Intervals that were not reached before the deadline. */
  readonly missedTicks: number;
  /** Receipts that could not be written. */
  readonly receiptFailures: number;
}

/**
 * Sends the events of a window, each interval when it is due and those that are past at once; the producers run side by
 * side. The same window gives the same events, so that a repeated run adds nothing to the tables.
 */
export async function runGenerator(
  deps: GeneratorDeps,
  target: { readonly connector: GeneratorConnector; readonly streams: readonly GeneratorStream[] },
  window: GeneratorWindow,
): Promise<GeneratorRun> {
  const { connector } = target;
  const streams = target.streams.filter(({ name }) => connector.streams.includes(name));
  const sender = createTickSender(deps, streams);
  const missed = await Promise.all(
    connector.producers.map(async (producer, index) => {
      const ticks = createProducerTicks(connector, { ...producer, index }, streams);
      return sendTicks(deps, sender, {
        ticks: [...ticks.between(window.fromMs, window.untilMs)],
        window,
      });
    }),
  );
  return {
    connector: connector.name,
    from: new Date(window.fromMs).toISOString(),
    until: new Date(window.untilMs).toISOString(),
    ...sender.counts(),
    missedTicks: missed.reduce((sum, ticks) => sum + ticks, 0),
  };
}

type TickRows = ReturnType<GeneratorTick['rows']>;

interface TickSender {
  send(ticks: readonly GeneratorTick[]): Promise<void>;
  counts(): Pick<GeneratorRun, 'sent' | 'unacknowledged' | 'receiptFailures'>;
}

function createTickSender(deps: GeneratorDeps, streams: readonly GeneratorStream[]): TickSender {
  const buffers = [...new Set(streams.map(({ buffer }) => buffer))];
  const putters = new Map<string, EventPutter>(
    buffers.map((streamName) => [streamName, createEventPutter(deps, { streamName })]),
  );
  const encoders = new Map(streams.map((stream) => [stream.name, encoderOf(stream)]));
  const sent = Object.fromEntries(streams.map(({ name }) => [name, 0]));
  let unacknowledged = 0;
  let receiptFailures = 0;

  const eventsOf = (ticks: readonly TickRows[], stream: string): readonly ProducedEvent[] => {
    const encode = encoders.get(stream);
    if (encode === undefined) throw new RangeError(`stream ${stream} is not configured`);
    return ticks.flatMap((rows) => (rows.get(stream) ?? []).map(encode));
  };

  return {
    async send(due) {
      const ticks = due.map((tick) => tick.rows());
      for (const [buffer, putter] of putters) {
        const names = streams.filter((stream) => stream.buffer === buffer).map(({ name }) => name);
        const events = names.flatMap((name) => eventsOf(ticks, name));
        const acknowledged = await putter.put(events);
        unacknowledged += events.length - acknowledged.size;
        for (const name of names) {
          const count = [...acknowledged].filter(({ stream }) => stream === name).length;
          sent[name] = (sent[name] ?? 0) + count;
          if ((await deps.receipts.add(name, count)) !== null) receiptFailures++;
        }
      }
    },
    counts: () => ({ sent, unacknowledged, receiptFailures }),
  };
}

function encoderOf(stream: GeneratorStream): EventEncoder {
  const encodeBody = createRowEncoder(JSON.parse(stream.avro), stream.fields);
  return createEventEncoder(stream, { ...stream, encodeBody });
}

/** Bounds memory when a minute is made up for. */
const MAX_TICKS_AT_ONCE = 50;

/** Waits for each interval; those that are due already go out together. Returns how many were not reached. */
async function sendTicks(
  { clock }: GeneratorDeps,
  sender: TickSender,
  { ticks, window }: { readonly ticks: readonly GeneratorTick[]; readonly window: GeneratorWindow },
): Promise<number> {
  let next = 0;
  while (next < ticks.length) {
    const nowMs = clock.nowMs();
    const dueMs = ticks[next]?.atMs ?? nowMs;
    if (Math.max(dueMs, nowMs) >= window.deadlineMs) break;
    if (dueMs > nowMs) {
      await clock.sleep(dueMs - nowMs);
      continue;
    }
    const due = ticks.slice(next, next + MAX_TICKS_AT_ONCE).filter(({ atMs }) => atMs <= nowMs);
    await sender.send(due);
    next += due.length;
  }
  return ticks.length - next;
}
