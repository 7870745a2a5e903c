import { z } from 'zod';
import { SluiceError } from '#core/errors.ts';
import { LEDGER_TABLE } from '#core/ledger/ledger-table.ts';
import { findStream, type Registry } from '#core/schema/registry.ts';
import { REJECTED_TABLE } from '#core/schema/rejected-table.ts';
import { parseLambdaJson, serializeLambdaJson } from './lambda-config.ts';
import { databaseName, opsDatabaseName, type Project } from './project.ts';
import { bufferStreamsOf } from './topic.ts';

const tableIdent = z.strictObject({ database: z.string(), table: z.string() });
const model = z.strictObject({
  domain: z.string(),
  streamNames: z.array(z.string()).min(1),
  retentionMs: z.int(),
  graceMs: z.int(),
  streams: z
    .array(
      z.strictObject({
        name: z.string(),
        table: tableIdent,
        /** Ids of all versions, as they stand in the headers of its events. */
        schemaVersionIds: z.array(z.string()),
      }),
    )
    .min(1),
  rejectedTable: tableIdent,
  ledgerTable: tableIdent,
});

/** The JSON asset beside the ledger bundle of one domain. */
export type LedgerFunctionConfig = z.infer<typeof model>;

/** The ledger's configuration for one domain. Throws CONFIG_INVALID when the domain or its schemas are missing. */
export function buildLedgerFunctionConfig(
  project: Project,
  registry: Registry,
  options: { readonly domain: string },
): LedgerFunctionConfig {
  const { environment } = project;
  const domain = project.domains.find(({ name }) => name === options.domain);
  if (domain === undefined) {
    const names = project.domains.map(({ name }) => name).join(', ');
    throw new SluiceError(
      'CONFIG_INVALID',
      `expected a domain (${names}), got "${options.domain}"`,
    );
  }
  const database = databaseName(environment.name, domain.name, 'bronze');
  return {
    domain: domain.name,
    streamNames: [...bufferStreamsOf(environment.name, domain)],
    retentionMs: domain.stream.retentionHours * 3_600_000,
    graceMs: environment.ledger.graceSeconds * 1000,
    streams: domain.streams.map(({ name }) => ({
      name,
      table: { database, table: name },
      schemaVersionIds: schemaVersionIds(registry, domain.name, name),
    })),
    rejectedTable: { database, table: REJECTED_TABLE },
    ledgerTable: { database: opsDatabaseName(environment.name), table: LEDGER_TABLE },
  };
}

function schemaVersionIds(registry: Registry, domain: string, stream: string): string[] {
  const schemas = findStream(registry, domain, stream);
  if (schemas === null) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `expected schemas of ${domain}.${stream}, got none; run "npm run generate"`,
    );
  }
  return schemas.schemaVersions.map(({ schemaVersionId }) => schemaVersionId);
}

/** The text of the asset; the same configuration gives the same bytes. */
export function serializeLedgerFunctionConfig(config: LedgerFunctionConfig): string {
  return serializeLambdaJson(config);
}

/** Inverse of serializeLedgerFunctionConfig. Throws CONFIG_INVALID with every key that is wrong. */
export function parseLedgerFunctionConfig(text: string): LedgerFunctionConfig {
  return parseLambdaJson(text, model, { what: 'ledger configuration' });
}
