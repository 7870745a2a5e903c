import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { FileSource } from '../config/project.ts';
import { SluiceError } from '../errors.ts';
import { FILE_ENCODINGS } from './file-format.ts';
import { type RunReport, runReportModel } from './run-report.ts';

/** Longest name that stands in the name of a source as it is, in bytes; a sort key has 1024 at most. Source: DynamoDB quotas. */
const MAX_NAME_BYTES = 300;

/**
 * What tells a file: its name below the entry and a checksum of its bytes. The same bytes under the same key are the same
 * file whatever uploaded them, in how many parts, and how often.
 */
export function fileIdentity(name: string, checksum: string): string {
  const bytes = Buffer.byteLength(name);
  const short =
    bytes <= MAX_NAME_BYTES
      ? name
      : `${createHash('sha256').update(name).digest('hex')}-${name.slice(-60).toWellFormed()}`;
  return `${short}@${checksum.slice(0, 32)}`;
}

const fileModel: z.ZodType<FileSource> = z.strictObject({
  name: z.string(),
  stream: z.string(),
  path: z.string(),
  format: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('csv'),
      encoding: z.enum(FILE_ENCODINGS),
      header: z.boolean(),
      columns: z.array(z.string()),
      delimiter: z.string().length(1),
      quote: z.string().length(1).nullable(),
      skipLines: z.int().min(0),
      maxLineBytes: z.int().min(1),
    }),
    z.strictObject({
      kind: z.literal('jsonl'),
      encoding: z.literal('utf-8'),
      maxLineBytes: z.int().min(1),
    }),
  ]),
  times: z.strictObject({
    timeZone: z.string(),
    timestampFormat: z.string().nullable(),
    dateFormat: z.string().nullable(),
  }),
  nullText: z.string(),
  turnMs: z.int().min(0),
  select: z.array(z.strictObject({ field: z.string(), expression: z.string() })),
});

/** An entry as configuration assets hold it. */
export const fileSourceModel = fileModel;

const stateModel = z.strictObject({
  status: z.enum(['running', 'finished', 'refused']),
  /** Names the error file and the report. */
  run: z.string(),
  /** Below the entry. */
  name: z.string(),
  /** Of the upload that began the run; null without versions. */
  versionId: z.string().nullable(),
  sizeBytes: z.int().min(0),
  modifiedMs: z.int(),
  checksum: z.string(),
  startedMs: z.int(),
  /** As it was when the run began: row numbers depend on it. */
  entry: fileModel,
  /** Next row to read and where it begins, in bytes of the file, inflated. Null: at the header. */
  next: z.strictObject({ rowNumber: z.int().min(1), offset: z.int().min(0) }).nullable(),
  report: runReportModel.nullable(),
});

/** How far a run is. It moves only after the rows before `next` are committed. */
export interface FileRun extends z.infer<typeof stateModel> {
  readonly report: RunReport | null;
}

export function encodeFileRun(run: FileRun): string {
  return JSON.stringify(run);
}

/** Throws FORMAT_CORRUPT. */
export function decodeFileRun(text: string): FileRun {
  const parsed = stateModel.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new SluiceError(
    'FORMAT_CORRUPT',
    `state of a file's run: ${z.prettifyError(parsed.error)}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** `20261120T183000Z-3fa9c1d2e4b5`: when the file was uploaded, and which it is. */
export function runName(identity: string, modifiedMs: number): string {
  const time = new Date(modifiedMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  return `${time}-${createHash('sha256').update(identity).digest('hex').slice(0, 12)}`;
}

/** Key of a run's files in the landing bucket, without suffix. */
export function runKey(domain: string, entry: string, run: string): string {
  return `errors/${domain}/${entry}/${run}`;
}
