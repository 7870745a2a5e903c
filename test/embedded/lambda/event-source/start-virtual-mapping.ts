import { onTestFinished } from 'vitest';
import type { CheckpointStorage } from '#embedded/lambda/event-source/checkpoints.ts';
import {
  createEventSourceMappings,
  type EventSourceMappingsOptions,
} from '#embedded/lambda/event-source-mappings.ts';
import type {
  EventSourceMappingConfig,
  EventSourceMappings,
  MetricDatum,
} from '#embedded/services.ts';
import { temporaryFolder } from '../../kinesis/temporary-folder.ts';
import { createInProcessLambda, type Handler, mapping } from '../start-mappings.ts';
import { MemoryStreamSource } from './memory-stream-source.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface FailureDocument {
  readonly requestContext: {
    readonly requestId: string;
    readonly condition: string;
    readonly approximateInvokeCount: number;
  };
  readonly responseContext?: { readonly functionError: string | null };
  readonly timestamp: string;
  readonly KinesisBatchInfo: { readonly shardId: string; readonly batchSize: number };
  readonly payload: string;
}

export interface VirtualMapping {
  readonly clock: VirtualClock;
  readonly source: MemoryStreamSource;
  readonly mappings: EventSourceMappings;
  readonly letters: FailureDocument[];
  readonly notices: string[];
  readonly data: MetricDatum[];
  readonly checkpoints: MemoryCheckpoints;
}

/** Checkpoints in memory, which see every position that was ever stored. */
export class MemoryCheckpoints implements CheckpointStorage {
  readonly name = 'memory';
  #text: string | null = null;
  onSave: (text: string) => void = () => undefined;

  load(): string | null {
    return this.#text;
  }

  save(text: string): void {
    this.#text = text;
    this.onSave(text);
  }

  remove(): void {
    this.#text = null;
  }
}

/** One mapping under a virtual clock, over a stream in memory. It is not started. */
export function startVirtualMapping(
  handler: Handler,
  options: {
    readonly mapping?: Partial<EventSourceMappingConfig>;
    readonly shardCount?: number;
    readonly clock?: VirtualClock;
    readonly source?: MemoryStreamSource;
    readonly checkpoints?: MemoryCheckpoints;
  } & Partial<EventSourceMappingsOptions> = {},
): VirtualMapping {
  const { mapping: changes, shardCount = 1, ...rest } = options;
  const clock = options.clock ?? new VirtualClock();
  const source = options.source ?? new MemoryStreamSource(shardCount, () => clock.nowMs());
  const checkpoints = options.checkpoints ?? new MemoryCheckpoints();
  const letters: FailureDocument[] = [];
  const notices: string[] = [];
  const data: MetricDatum[] = [];
  const mappings = createEventSourceMappings({
    stateDir: temporaryFolder(),
    kinesis: source,
    lambda: createInProcessLambda(handler),
    s3: {
      putObject: async (_bucket, _key, { body }) => {
        letters.push(JSON.parse(Buffer.from(body).toString()));
        return true;
      },
    },
    metrics: { put: (datum) => data.push(datum) },
    onNotice: (text) => notices.push(text),
    nowMs: () => clock.nowMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    checkpointStorage: () => checkpoints,
    closeGraceMs: 0,
    ...rest,
  });
  mappings.ensureMapping({ ...mapping, ...changes });
  onTestFinished(() => mappings.close());
  return { clock, source, mappings, letters, notices, data, checkpoints };
}
