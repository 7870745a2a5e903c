import { readHeldPayloads, withoutHeld } from '#app/held-payloads.ts';
import { produceEvents } from '#app/produce-events.ts';
import { untilAborted } from '../until-aborted.ts';
import type { DemoInput, DemoTopic } from './demo-input.ts';
import type { DemoSession } from './demo-session.ts';
import type { DemoRun } from './demo-state.ts';

/** Sends the run's events, all topics at once. Events that the streams hold from before a kill are left out and counted. */
export async function produceRun(
  session: DemoSession,
  input: DemoInput,
  options: { readonly run: DemoRun; readonly resumed: boolean },
): Promise<{ readonly seconds: number; readonly held: number }> {
  const startedMs = performance.now();
  const done = new Map<DemoTopic, TopicProgress>(
    input.topics.map((topic) => [topic, { acknowledged: 0, held: new Map() }]),
  );
  const bar = session.context.output.progress('to the streams', input.events);
  const update = (): void => bar.update(sumOf([...done.values()], onTheStream));
  try {
    const sent = await Promise.allSettled(
      [...done].map(([topic, progress]) =>
        produceTopic(session, topic, { ...options, progress, update }),
      ),
    );
    // One domain that fails must not cut off the others: what they send is sent before the failure is told.
    for (const result of sent) if (result.status === 'rejected') throw result.reason;
  } finally {
    bar.stop();
  }
  return {
    seconds: (performance.now() - startedMs) / 1000,
    held: sumOf([...done.values()], ({ held }) => sumOf([...held.values()], (count) => count)),
  };
}

interface TopicProgress {
  acknowledged: number;
  /** Events that stand in the stream from before, per stream of the domain. */
  readonly held: Map<string, number>;
}

async function produceTopic(
  { producer, context }: DemoSession,
  { domain, streamName, chunks }: DemoTopic,
  options: {
    readonly run: DemoRun;
    readonly resumed: boolean;
    readonly progress: TopicProgress;
    readonly update: () => void;
  },
): Promise<void> {
  const { run, resumed, progress, update } = options;
  const { held } = progress;
  const payloads = resumed
    ? await readHeldPayloads(producer.stream, { streamName, from: run.from })
    : new Map<string, number>();
  const events = withoutHeld(untilAborted(chunks(), context.signal), payloads, ({ stream }) => {
    held.set(stream, (held.get(stream) ?? 0) + 1);
  });
  await produceEvents(producer, {
    streamName,
    domain,
    producer: `demo-${run.number}`,
    events,
    alreadyAcknowledged: held,
    onProgress: (acknowledged) => {
      progress.acknowledged = acknowledged;
      update();
    },
  });
}

function onTheStream({ acknowledged, held }: TopicProgress): number {
  return acknowledged + sumOf([...held.values()], (count) => count);
}

function sumOf<T>(items: readonly T[], amountOf: (item: T) => number): number {
  return items.reduce((sum, item) => sum + amountOf(item), 0);
}
