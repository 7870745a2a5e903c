import { z } from 'zod';
import {
  buildLakeWriterConfig,
  type LakeWriterConfig,
  parseLambdaJson,
  serializeLambdaJson,
} from '../config/lambda-config.ts';
import { lakeWriterConfigModel } from '../config/lambda-config-model.ts';
import type { FileSource, Project } from '../config/project.ts';
import { deepFreeze } from '../config/resolve/merge-layers.ts';
import type { Registry } from '../schema/registry.ts';
import { fileSourceModel } from './file-run.ts';

/** Memory of the function. One processor is 1769 MB: this is over half of one, and the rest is read from S3 meanwhile. */
export const FILE_INGEST_MEMORY_MB = 1_024;

/** The JSON asset beside the file-ingest bundle of one domain. */
export interface FileIngestConfig {
  /** How rows are judged and committed: that of the lake-writer, with the memory of this function. */
  readonly writer: LakeWriterConfig;
  readonly entries: readonly FileSource[];
}

/**
 * Rows that are committed at a time, and identities that are held to find duplicates in earlier files: a million rows are taken in within
 * 200 MB of the process (`npm run bench:file`), whatever the size of the file.
 */
const MAX_CHUNK_BYTES = 1_000_000;
const MAX_COMMITTED_IDS = 400_000;

/** The configuration of a domain's files; null when it has none. Throws CONFIG_INVALID when schemas are missing. */
export function buildFileIngestConfig(
  project: Project,
  registry: Registry,
  options: { readonly domain: string },
): FileIngestConfig | null {
  const domain = project.domains.find(({ name }) => name === options.domain);
  if (domain === undefined || domain.files.length === 0) return null;
  const writer = { ...domain.writer, memoryMb: FILE_INGEST_MEMORY_MB };
  const sized = project.domains.map((other) => (other === domain ? { ...domain, writer } : other));
  const built = buildLakeWriterConfig({ ...project, domains: sized }, registry, options);
  const maxSliceBytes = Math.min(built.maxSliceBytes, MAX_CHUNK_BYTES);
  const streams = built.streams.map((stream) => ({
    ...stream,
    maxCommittedIds: Math.min(stream.maxCommittedIds, MAX_COMMITTED_IDS),
  }));
  return deepFreeze({ writer: { ...built, streams, maxSliceBytes }, entries: domain.files });
}

const model: z.ZodType<FileIngestConfig> = z.strictObject({
  writer: lakeWriterConfigModel as unknown as z.ZodType<LakeWriterConfig>,
  entries: z.array(fileSourceModel).min(1),
});

/** The text of the asset; the same configuration gives the same bytes. */
export function serializeFileIngestConfig(config: FileIngestConfig): string {
  return serializeLambdaJson(config);
}

/** Inverse of serializeFileIngestConfig, frozen. Throws CONFIG_INVALID with every key that is wrong. */
export function parseFileIngestConfig(text: string): FileIngestConfig {
  return parseLambdaJson(text, model, { what: 'file-ingest configuration' });
}
