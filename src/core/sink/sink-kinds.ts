import { ARCHIVE_SINK } from './archive-sink.ts';
import type { SinkKind } from './sink-kind.ts';

/** The bronze table: written by the lake-writer, with the guarantees of docs/architecture.md; every stream has it. */
export const BRONZE_SINK = 'bronze';

/** Every further kind. A new one is named here, opened in src/runtime/sinks.ts, and that is all. */
export const SINK_KINDS: readonly SinkKind[] = [ARCHIVE_SINK];

/** What a stream may name under `sinks:`. */
export const SINK_NAMES: readonly string[] = [BRONZE_SINK, ...SINK_KINDS.map(({ name }) => name)];
