import type { TableMetadata } from '../spec/table-metadata.ts';
import type { ProblemReport } from './problem.ts';

const URI = /^[a-z][a-z0-9+.-]*:\/\/\S/;

/**
 * A file of the table lies below the table's location, or where the table's properties put such files: the
 * files of another table must never get in. Stricter than the specification, which asks for an absolute URI.
 * Source: Iceberg v2 §Path Construction, `write.metadata.path`, `write.data.path`.
 */
export function requireBelow(
  metadata: TableMetadata,
  kind: 'metadata' | 'data',
  uri: string,
  context: { readonly where: string; readonly report: ProblemReport },
): void {
  const { where, report } = context;
  report.require(URI.test(uri), where, `expected a URI with a scheme, got "${uri}"`);
  const path = metadata.properties[`write.${kind}.path`];
  // The property holds for new files only: older ones stay where they are.
  const bases = [metadata.location, ...(path === undefined ? [] : [path])];
  report.require(
    bases.some((base) => uri.startsWith(base.endsWith('/') ? base : `${base}/`)),
    where,
    `expected a file below ${bases.join(' or ')}, got ${uri}`,
  );
}

export function requireLocation(metadata: TableMetadata, report: ProblemReport): void {
  const { location } = metadata;
  report.require(
    URI.test(location) && !location.endsWith('/'),
    'location',
    `expected a URI with a scheme and no trailing slash, got "${location}"`,
  );
}
