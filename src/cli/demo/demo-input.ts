import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FileTally } from '#app/map-csv-events.ts';
import type { ProducedEvent } from '#app/producer-lane.ts';
import { SluiceError } from '#core/errors.ts';
import {
  countKinds,
  createEventGenerator,
  type GeneratedKind,
} from '#core/generate/generate-events.ts';
import { readCsvEvents } from '#runtime/csv-events.ts';
import type { LoadedProject } from '#runtime/load-project.ts';
import { createStreamEncoder } from '#runtime/stream-encoder.ts';
import { generatedChunks } from '../generated-chunks.ts';
import type { DemoRun } from './demo-state.ts';

export const DEMO_DOMAIN = 'market';
export const DEMO_STREAM = 'trade';
const SEED = '42';
const FAULTS = { brokenEvery: 500, duplicateEvery: 400, lateEvery: 700 } as const;
const UNDECODABLE_EVERY = 2_000;

/** Daily prices of the S&P 500 from 2000 to 2020, of the package vega-datasets; read where npm put it. */
const REAL_ROWS_FILE = 'sp500-2000.csv';
const REAL_ROWS = 5_105;

export interface DemoInput {
  readonly seed: string;
  readonly chunks: () => AsyncGenerator<readonly ProducedEvent[]>;
  /** Events on the wire, known beforehand for the progress bar. */
  readonly expectedEvents: number;
  readonly planted: Readonly<Record<Exclude<GeneratedKind, 'ok'> | 'undecodable', number>>;
  /** Filled while the chunks are read. */
  readonly file: FileTally & { readonly object: string };
}

/** Real rows first, since they are the oldest; then the generated trades up to the present. A pure function of the run. */
export async function createDemoInput(loaded: LoadedProject, run: DemoRun): Promise<DemoInput> {
  const stream = loaded.project.domains
    .find(({ name }) => name === DEMO_DOMAIN)
    ?.streams.find(({ name }) => name === DEMO_STREAM);
  if (stream === undefined) {
    throw new SluiceError(
      'USAGE',
      `the demo needs stream ${DEMO_STREAM} of domain ${DEMO_DOMAIN} in domains/${DEMO_DOMAIN}.yaml`,
    );
  }
  const { encode, schemaVersionId } = createStreamEncoder(loaded.registry, stream);
  const file = { object: REAL_ROWS_FILE, rows: 0, valid: 0, invalid: 0 };
  const generator = {
    stream,
    seed: SEED,
    run: run.number,
    startMs: run.startMs,
    eventsPerSecond: run.events / Math.max(1, (run.endMs - run.startMs) / 1000),
    faults: FAULTS,
  };
  const undecodable = Math.floor(run.events / UNDECODABLE_EVERY);
  const { ok: _ok, ...planted } = countKinds(generator, run.events);
  const real = await readCsvEvents(realRowsPath(), {
    stream,
    encode,
    tally: file,
    assignments: realRowAssignments(run.number),
    onInvalid: () => {},
  });
  return {
    seed: SEED,
    chunks: async function* () {
      yield* real();
      yield* generatedChunks({
        events: run.events,
        eventAt: createEventGenerator(generator),
        encode,
        schemaVersionId,
        undecodableEvery: UNDECODABLE_EVERY,
      });
    },
    expectedEvents: REAL_ROWS + run.events + undecodable,
    planted: { ...planted, undecodable },
    file,
  };
}

function realRowAssignments(
  run: number,
): readonly { readonly field: string; readonly expression: string }[] {
  return [
    { field: 'source_system', expression: "'vega-datasets'" },
    { field: 'trade_id', expression: `concat('sp500-${run}-', cast(_row as string))` },
    { field: 'symbol', expression: "'spx'" },
    { field: 'timestamp', expression: 'date' },
    { field: 'price', expression: 'close' },
    { field: 'size', expression: 'volume' },
  ];
}

/** The package exports its module only; its data lies beside it. */
function realRowsPath(): string {
  const module = fileURLToPath(import.meta.resolve('vega-datasets'));
  const at = module.lastIndexOf(`${path.sep}vega-datasets${path.sep}`);
  return path.join(module.slice(0, at), 'vega-datasets', 'data', REAL_ROWS_FILE);
}
