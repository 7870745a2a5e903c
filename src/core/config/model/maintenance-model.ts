import { z } from 'zod';
import { MAX_STREAM_NAME, nameModel } from './name-model.ts';
import { durationMs, sizeBytes, wholeMinutes } from './quantity.ts';

const engineModel = z
  .enum(['own', 'athena', 'glue'])
  .describe(
    'who rewrites small files and clears up: our function, Athena statements it sends, or Glue table optimizers',
  );

/** Parts that a single table may have otherwise. */
const fileSizeModel = sizeBytes({ min: '1MB', max: '1GB' }).describe(
  'size that data files should have',
);
const minFilesModel = z
  .number()
  .int()
  .min(2)
  .max(10_000)
  .describe('small files in a partition from which it is worth rewriting them');

const tableModel = z.strictObject({
  engine: engineModel.optional(),
  target_file_size: fileSizeModel.optional(),
  min_files: minFilesModel.optional(),
  sort_by: z
    .array(z.string().min(1))
    .min(1)
    .max(8)
    .optional()
    .describe('columns that rewritten files are sorted by; default: the sort order of the table'),
});

/** How the tables of a domain are kept in order. */
export const maintenanceModel = z.strictObject({
  engine: engineModel,
  every: wholeMinutes('5m', '24h').describe('how often the tables are looked at'),
  target_file_size: fileSizeModel,
  min_files: minFilesModel,
  max_rewrite: sizeBytes({ min: '1MB', max: '1TB' }).describe(
    'bytes of files rewritten in one run at most; the rest follows in the next',
  ),
  orphan_age: durationMs({ min: '1d', max: '800d' }).describe(
    'files that nothing names are deleted at this age; more than anything can be under way',
  ),
  tables: z
    .record(nameModel(MAX_STREAM_NAME), tableModel)
    .optional()
    .describe('what single tables have otherwise'),
});
