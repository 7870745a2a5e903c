import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Delivery, deliverBatch } from '#app/deliver-batch.ts';
import { parseLakeWriterConfig } from '#core/config/lambda-config.ts';
import { readSinkEnv } from './env.ts';
import { compileIngestConfig } from './lake-writer.ts';
import { openFunctionRegistry } from './schema-registry-access.ts';
import { openSink } from './sinks.ts';

/** Writes batches to the one sink of a function. */
export interface SinkWriter {
  /** Returns the number of events the sink took. */
  write(batch: Pick<Delivery, 'source' | 'records'>): Promise<number>;
}

/** The function's one composition, made once per execution environment. */
export async function createSinkWriter(): Promise<SinkWriter> {
  const env = readSinkEnv();
  const config = parseLakeWriterConfig(
    await readFile(path.join(env.taskRoot, 'config.json'), 'utf8'),
  );
  const compiled = compileIngestConfig(config, {
    deadLetterUri: '',
    registry: openFunctionRegistry(),
  });
  const streams = new Set(
    config.streams.filter(({ sinks }) => sinks.includes(env.sink)).map(({ name }) => name),
  );
  const sink = openSink(env.sink, env);
  return { write: (batch) => deliverBatch(sink, compiled, { ...batch, streams }) };
}
