import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { generatedChunks } from '#app/generated-chunks.ts';
import type { FileTally } from '#app/map-csv-events.ts';
import { type ProduceResult, produceEvents } from '#app/produce-events.ts';
import type { ProducedEvent } from '#app/producer-lane.ts';
import { kafkaTopics } from '#core/config/kafka-topics.ts';
import type { Stream } from '#core/config/project.ts';
import { bufferStreamOf } from '#core/config/topic.ts';
import { SluiceError } from '#core/errors.ts';
import { createEventGenerator, NO_FAULTS } from '#core/generate/generate-events.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { readCsvEvents } from '#runtime/csv-events.ts';
import { type LoadedProject, loadProject } from '#runtime/load-project.ts';
import { openProducer } from '#runtime/producer-access.ts';
import { publishedProject } from '#runtime/published-project.ts';
import { createStreamEncoder } from '#runtime/stream-encoder.ts';
import {
  type Command,
  type CommandContext,
  integerOption,
  stringOption,
  stringOptions,
  usageError,
} from '../command.ts';
import { openLocalCloud } from '../local-cloud.ts';
import { receiptsTableOf } from '../stack-outputs.ts';
import { INTERRUPTED_STATUS, untilAborted } from '../until-aborted.ts';
import { waitForCommits } from '../wait-until-committed.ts';

export const produce: Command = {
  name: 'produce',
  summary: 'send a CSV file or generated events to a stream of the local cloud',
  usage:
    '--stream <domain>.<stream> (--file <data.csv> [--map <field>=<expression> …] | --events <n> [--seed <text>])',
  options: {
    stream: {
      type: 'string',
      value: '<domain>.<stream>',
      description: 'where the events go; the domain may be left out when only one has the stream',
    },
    file: {
      type: 'string',
      value: '<data.csv>',
      description: 'CSV with a header line, read in constant memory',
    },
    map: {
      type: 'string',
      multiple: true,
      value: '<field>=<expr>',
      description:
        'fills a field from an expression over the columns and _row, e.g. --map price=close --map "symbol=\'SPX\'"; a column of equal name needs none',
    },
    events: {
      type: 'string',
      value: '<n>',
      description: 'generate so many events from the domain file instead',
    },
    seed: {
      type: 'string',
      value: '<text>',
      description: 'of the generated events (default: the time)',
    },
  },
  async run(context) {
    const loaded = loadProject({ root: context.root, environment: 'local' });
    const stream = findStream(loaded, stringOption(context, 'stream'));
    // What is wrong with the input is told before a cloud is started for it.
    let input = await openInput(context, loaded, stream);
    const cloud = await openLocalCloud(context, { port: 0 });
    const producer = openProducer(localTarget(cloud.endpoint), {
      receiptsTable: receiptsTableOf(cloud.outputs),
      topics: kafkaTopics(loaded.project),
    });
    try {
      const published = await publishedProject(loaded, {
        target: localTarget(cloud.endpoint),
        root: context.root,
      });
      if (published !== loaded) input = await openInput(context, published, stream);
      const bar = context.output.progress(
        `to ${stream.domain}.${stream.name}`,
        input.expectedEvents(),
        { estimated: input.file !== null },
      );
      const result = await produceEvents(producer, {
        streamName: streamNameOf(loaded, stream),
        domain: stream.domain,
        producer: input.producerName,
        events: untilAborted(input.chunks, context.signal),
        onProgress: (events) => bar.update(events),
      }).finally(() => bar.stop());
      // A cloud that this command started ends with it: wait, so that the rows can be queried at once.
      if (!cloud.attached)
        await waitForCommits(cloud, loaded.project, {
          signal: context.signal,
          onPoll: async () => {},
        });
      return report(context, stream, { result, input });
    } finally {
      producer.close();
      await cloud.close();
    }
  },
};

interface ProduceInput {
  readonly chunks: AsyncIterable<readonly ProducedEvent[]>;
  readonly expectedEvents: () => number;
  readonly producerName: string;
  /** Null for generated events. */
  readonly file: (FileTally & { readonly object: string }) | null;
}

function streamNameOf({ project }: LoadedProject, stream: Stream): string {
  const domain = project.domains.find(({ name }) => name === stream.domain);
  if (domain === undefined) throw new RangeError(`no domain ${stream.domain}`);
  return bufferStreamOf(project.environment.name, domain, stream.name);
}

/** `trade` or `market.trade`. Throws USAGE naming the streams that exist. */
function findStream(loaded: LoadedProject, name: string | undefined): Stream {
  const streams = loaded.project.domains.flatMap((domain) => domain.streams);
  const found = streams.filter(
    (stream) => name === stream.name || name === `${stream.domain}.${stream.name}`,
  );
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const known = streams.map((stream) => `${stream.domain}.${stream.name}`).join(', ');
  throw new SluiceError(
    'USAGE',
    `--stream: expected one of ${known}, got ${name === undefined ? 'none' : `"${name}"`}`,
  );
}

async function openInput(
  context: CommandContext,
  loaded: LoadedProject,
  stream: Stream,
): Promise<ProduceInput> {
  const file = stringOption(context, 'file');
  const wantsEvents = stringOption(context, 'events') !== undefined;
  if ((file === undefined) === !wantsEvents) {
    const got = wantsEvents ? 'both' : 'neither';
    throw usageError(produce, `expected either --file <data.csv> or --events <n>, got ${got}`);
  }
  const { onlyWith, misplaced } =
    file === undefined
      ? { onlyWith: '--file', misplaced: ['map'] }
      : { onlyWith: '--events', misplaced: ['seed'] };
  const wrong = misplaced.find((name) => context.options[name] !== undefined);
  if (wrong !== undefined) throw usageError(produce, `--${wrong} goes with ${onlyWith} only`);
  return file === undefined
    ? openGenerator(context, loaded, stream)
    : await openFile(context, loaded, { stream, file });
}

async function openFile(
  context: CommandContext,
  loaded: LoadedProject,
  options: { readonly stream: Stream; readonly file: string },
): Promise<ProduceInput> {
  const { stream, file } = options;
  const tally = { object: path.basename(file), rows: 0, valid: 0, invalid: 0 };
  const chunks = await readCsvEvents(file, {
    stream,
    encode: createStreamEncoder(loaded.registry, stream).encode,
    assignments: stringOptions(context, 'map').map(parseAssignment),
    tally,
    onInvalid: createProblemPrinter(context, file),
  });
  const estimate = estimateLines(file);
  return {
    chunks: chunks(),
    expectedEvents: () => estimate,
    producerName: `file-${tally.object}-${randomUUID()}`,
    file: tally,
  };
}

function openGenerator(
  context: CommandContext,
  loaded: LoadedProject,
  stream: Stream,
): ProduceInput {
  const events = integerOption(context, 'events', { default: 0, min: 1, max: 1_000_000_000 });
  const seed = stringOption(context, 'seed') ?? String(Date.now());
  const { encode, schemaVersionId } = createStreamEncoder(loaded.registry, stream);
  const spanMs = Math.min(3_600_000, (events / stream.rate.expectedPerSecond) * 1000);
  const eventAt = createEventGenerator({
    stream,
    seed,
    run: 0,
    startMs: Date.now() - spanMs,
    eventsPerSecond: (events * 1000) / spanMs,
    faults: NO_FAULTS,
  });
  return {
    chunks: generatedChunks({ events, eventAt, encode, schemaVersionId, undecodableEvery: null }),
    expectedEvents: () => events,
    producerName: `generator-${seed}-${randomUUID()}`,
    file: null,
  };
}

function parseAssignment(text: string): { readonly field: string; readonly expression: string } {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) {
    throw new SluiceError(
      'USAGE',
      `--map: expected <field>=<expression>, got "${text}"; for example --map price=close`,
    );
  }
  return { field: text.slice(0, at).trim(), expression: text.slice(at + 1).trim() };
}

const PRINTED_PROBLEMS = 10;

/** The first problems are printed; all are counted. */
function createProblemPrinter(
  { output }: CommandContext,
  file: string,
): (rowNumber: number, reason: string) => void {
  let printed = 0;
  return (rowNumber, reason) => {
    if (printed++ < PRINTED_PROBLEMS) output.problem(`${file}: row ${rowNumber}: ${reason}`);
  };
}

/** Only for the bar: file size by the usual length of a line. */
function estimateLines(file: string): number {
  const TYPICAL_LINE_BYTES = 70;
  return Math.max(1, Math.round(statSync(file).size / TYPICAL_LINE_BYTES));
}

function report(
  { output, signal }: CommandContext,
  stream: Stream,
  done: { readonly result: ProduceResult; readonly input: ProduceInput },
): number {
  const { result, input } = done;
  const sent = result.acknowledged.get(stream.name) ?? 0;
  const invalid = (input.file?.invalid ?? 0) + result.oversized;
  output.line(
    `${sent.toLocaleString('en-US')} events in ${result.records.toLocaleString('en-US')} ${result.records === 1 ? 'record' : 'records'} (${result.bytes.toLocaleString('en-US')} bytes), ${result.retries} retries` +
      `${invalid > 0 ? `; ${invalid.toLocaleString('en-US')} rows were not sent` : ''}.`,
  );
  if (signal.aborted) output.problem('Interrupted: the rest was not read.');
  output.result({
    ok: invalid === 0 && !signal.aborted,
    ...(signal.aborted ? { interrupted: true } : {}),
    stream: `${stream.domain}.${stream.name}`,
    sent,
    records: result.records,
    bytes: result.bytes,
    retries: result.retries,
    oversized: result.oversized,
    files: input.file === null ? [] : [input.file],
  });
  if (signal.aborted) return INTERRUPTED_STATUS;
  return invalid === 0 ? 0 : 1;
}
