import { createArchiveSink } from '#adapters/archive/archive-sink.ts';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import { SluiceError } from '#core/errors.ts';
import { ARCHIVE_SINK } from '#core/sink/archive-sink.ts';
import type { SinkKind } from '#core/sink/sink-kind.ts';
import type { Sink } from '#ports/sink.ts';
import { createS3Client } from './aws-clients.ts';

/** What sinks find in the environment of their function. */
export interface SinkSurroundings {
  readonly lakeBucket: string;
}

/** Connects a sink. Called at the first write, so that a function that has nothing to write needs nobody. */
export type OpenSink = (surroundings: SinkSurroundings) => Sink;

const registered = new Map<string, OpenSink>();

/** Makes a kind of sink known to the functions; configuration and template know it from core/sink/sink-kinds. */
export function registerSink(kind: SinkKind, open: OpenSink): void {
  registered.set(kind.name, open);
}

/** The sink of this name, connected when it is first written to. Throws CONFIG_INVALID for one that nobody registered. */
export function openSink(name: string, surroundings: SinkSurroundings): Sink {
  const open = registered.get(name);
  if (open === undefined) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `expected a sink (${[...registered.keys()].join(', ')}), got "${name}"; register it in src/runtime/sinks.ts`,
    );
  }
  let sink: Sink | null = null;
  return {
    write: async (batch) => {
      sink ??= open(surroundings);
      await sink.write(batch);
    },
  };
}

registerSink(ARCHIVE_SINK, ({ lakeBucket }) =>
  createArchiveSink(createS3ObjectStore(createS3Client()), { bucketUri: `s3://${lakeBucket}` }),
);
