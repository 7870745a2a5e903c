import { z } from 'zod';
import { FILE_ENCODINGS } from '#core/file/file-format.ts';
import { MAX_STREAM_NAME, nameModel } from './name-model.ts';
import { durationMs, durationText, sizeBytes, sizeText } from './quantity.ts';

/** `files:` of a domain: where files are uploaded, and how their rows become events of a stream. */

/** What an entry gets when it says nothing. */
export const FILES_DEFAULTS = {
  header: true,
  delimiter: ',',
  quote: '"',
  encoding: 'utf-8',
  null: '',
  skip_lines: 0,
  time_zone: 'UTC',
  max_line: 1_000_000,
  turn: 300_000,
} as const;

/** Keys that only a CSV file has. */
export const CSV_KEYS = [
  'header',
  'columns',
  'delimiter',
  'quote',
  'encoding',
  'skip_lines',
] as const;

/** Keys of objects have up to 1024 bytes, and the name of a file needs most of them. */
const PATH = /^[A-Za-z0-9][A-Za-z0-9_.=-]*(\/[A-Za-z0-9][A-Za-z0-9_.=-]*)*\/?$/;
const PATH_EXPECTED =
  'expected a path such as instruments or vendor/instruments: letters, digits and _ . = - between slashes';

const asciiCharacter = (expected: string) =>
  z.string({ error: () => expected }).regex(/^[\t\x20-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]$/, {
    error: () => expected,
  });

const fileModel = z.strictObject({
  format: z.enum(['csv', 'jsonl']).describe('jsonl: one JSON object per line'),
  stream: z.string().describe('stream of this domain that the rows become events of'),
  path: z
    .string()
    .regex(PATH, { error: () => PATH_EXPECTED })
    .max(200, { error: () => 'expected at most 200 characters' })
    .optional()
    .describe('folder below the domain in the landing bucket (default: the name of the entry)'),
  header: z
    .boolean()
    .optional()
    .describe(`the first line names the columns (default: ${FILES_DEFAULTS.header})`),
  columns: z
    .array(z.string().min(1).max(255))
    .min(1)
    .max(2_000)
    .optional()
    .describe('names of the columns; with a header those that must be in it'),
  delimiter: asciiCharacter('expected one character such as "," or ";" or "\\t"')
    .optional()
    .describe('default: ,'),
  quote: z
    .union([z.literal('none'), asciiCharacter("expected one character such as '\"', or none")])
    .optional()
    .describe('default: "'),
  encoding: z
    .enum(FILE_ENCODINGS)
    .optional()
    .describe(`of the text (default: ${FILES_DEFAULTS.encoding})`),
  null: z.string().max(64).optional().describe('text that stands for no value (default: empty)'),
  skip_lines: z
    .int()
    .min(0)
    .max(1_000)
    .optional()
    .describe('lines before the header, or before the first row'),
  time_zone: z
    .string()
    .optional()
    .meta({ default: FILES_DEFAULTS.time_zone })
    .describe('IANA name such as Europe/Berlin, for times without an offset'),
  timestamp_format: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('such as dd.MM.yyyy HH:mm:ss or epoch_millis (default: ISO 8601)'),
  date_format: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('such as MMM d yyyy (default: ISO 8601)'),
  select: z
    .record(z.string(), z.string().min(1))
    .optional()
    .describe(
      'field of the stream: expression over the columns; default: the column of equal name',
    ),
  turn: durationMs({ min: '10s', max: '10m' })
    .optional()
    .meta({ default: durationText(FILES_DEFAULTS.turn) })
    .describe('a file that takes longer lets others go first'),
  max_line: sizeBytes({ min: '1KB', max: '16MB' })
    .optional()
    .meta({ default: sizeText(FILES_DEFAULTS.max_line) })
    .describe('longest row; a longer one is invalid'),
});

export const filesModel = z
  .record(nameModel(MAX_STREAM_NAME), fileModel)
  .describe('files that are uploaded to the landing bucket, by name');

export const incompleteFilesModel = z.record(nameModel(MAX_STREAM_NAME), fileModel.partial());

export type FileInput = z.infer<typeof incompleteFilesModel>[string];
