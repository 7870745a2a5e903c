import { z } from 'zod';
import { SluiceError } from '#core/errors.ts';
import { REJECTED_TABLE } from '#core/schema/rejected-table.ts';
import { parseLambdaJson, serializeLambdaJson } from './lambda-config.ts';
import { type Domain, databaseName, type MaintenanceSettings, type Project } from './project.ts';
import { nearestName } from './source/nearest-name.ts';

const model = z.strictObject({
  domain: z.string(),
  everyMinutes: z.int().positive(),
  orphanAgeMs: z.int().positive(),
  maxRewriteBytes: z.int().positive(),
  /** Rows of one file that fit the function's memory. */
  maxFileRows: z.int().positive(),
  tables: z
    .array(
      z.strictObject({
        database: z.string(),
        table: z.string(),
        engine: z.enum(['own', 'athena', 'glue']),
        targetFileBytes: z.int().positive(),
        minFiles: z.int().positive(),
        sortBy: z.array(z.string()).nullable(),
        /** Null: only arrival tells when a partition is closed. */
        eventTime: z.strictObject({ column: z.string(), delayMs: z.int() }).nullable(),
        retentionDays: z.int().positive(),
      }),
    )
    .min(1),
});

/** The JSON asset beside the maintenance bundle of one domain. */
export type MaintenanceFunctionConfig = z.infer<typeof model>;
export type MaintainedTable = MaintenanceFunctionConfig['tables'][number];

/** Memory of the maintenance function: that of one full ARM processor. */
export const MAINTENANCE_MEMORY_MB = 1_769;
/**
 * Heap of one row while it is rewritten: its values read, in order, and encoded. Measured with rows of 12 columns;
 * a wider row, or one of long texts, takes more, which is why no more than half the memory is planned with.
 */
const BYTES_PER_ROW = 2_000;
const MEMORY_SHARE = 0.5;
/** The environment of the embedded cloud. */
const LOCAL = 'local';

/** Rows that the function's memory holds. */
export function rowsInMemory(memoryMb: number): number {
  return Math.floor((memoryMb * 1_000_000 * MEMORY_SHARE) / BYTES_PER_ROW);
}

/** The maintenance of one domain. Throws CONFIG_INVALID when the domain is missing, or settings name a table it does not have. */
export function buildMaintenanceFunctionConfig(
  project: Project,
  options: { readonly domain: string },
): MaintenanceFunctionConfig {
  const domain = project.domains.find(({ name }) => name === options.domain);
  if (domain === undefined) {
    const names = project.domains.map(({ name }) => name).join(', ');
    throw new SluiceError(
      'CONFIG_INVALID',
      `expected a domain (${names}), got "${options.domain}"`,
    );
  }
  const { maintenance } = domain;
  requireKnownTables(domain);
  const database = databaseName(project.environment.name, domain.name, 'bronze');
  // Rows of rejected events are kept as long as those of the stream that is kept longest.
  const longest = Math.max(...domain.streams.map(({ retention }) => retention.bronzeDays));
  const bronze = domain.streams.map((stream) => ({
    database,
    ...tableSettings(maintenance, stream.name, project.environment.name),
    eventTime:
      stream.eventTime === null
        ? null
        : { column: stream.eventTime, delayMs: stream.watermark.delayMs },
    retentionDays: stream.retention.bronzeDays,
  }));
  const rejected = {
    database,
    ...tableSettings(maintenance, REJECTED_TABLE, project.environment.name),
    eventTime: null,
    retentionDays: longest,
  };
  return {
    domain: domain.name,
    everyMinutes: maintenance.everyMinutes,
    orphanAgeMs: maintenance.orphanAgeMs,
    maxRewriteBytes: maintenance.maxRewriteBytes,
    maxFileRows: rowsInMemory(MAINTENANCE_MEMORY_MB),
    tables: [...bronze, rejected],
  };
}

/** Engine of a table, which resources and permissions follow; a laptop has neither Athena's nor Glue's. */
export function maintenanceEngine(
  maintenance: MaintenanceSettings,
  table: string,
  { environment }: { readonly environment: string },
): MaintenanceSettings['engine'] {
  if (environment === LOCAL) return 'own';
  return maintenance.tables[table]?.engine ?? maintenance.engine;
}

function tableSettings(maintenance: MaintenanceSettings, table: string, environment: string) {
  const own = maintenance.tables[table];
  return {
    table,
    engine: maintenanceEngine(maintenance, table, { environment }),
    targetFileBytes: own?.targetFileBytes ?? maintenance.targetFileBytes,
    minFiles: own?.minFiles ?? maintenance.minFiles,
    sortBy: own?.sortBy === undefined ? null : [...own.sortBy],
  };
}

function requireKnownTables({ name, streams, maintenance }: Domain): void {
  const known = [...streams.map((stream) => stream.name), REJECTED_TABLE];
  for (const table of Object.keys(maintenance.tables)) {
    if (known.includes(table)) continue;
    const nearest = nearestName(table, known);
    const hint =
      nearest === null ? `expected one of ${known.join(', ')}` : `did you mean "${nearest}"?`;
    throw new SluiceError(
      'CONFIG_INVALID',
      `domain "${name}", maintenance.tables: there is no table "${table}"; ${hint}`,
    );
  }
}

/** The text of the asset; the same configuration gives the same bytes. */
export function serializeMaintenanceFunctionConfig(config: MaintenanceFunctionConfig): string {
  return serializeLambdaJson(config);
}

/** Inverse of serializeMaintenanceFunctionConfig. Throws CONFIG_INVALID with every key that is wrong. */
export function parseMaintenanceFunctionConfig(text: string): MaintenanceFunctionConfig {
  return parseLambdaJson(text, model, { what: 'maintenance configuration' });
}
