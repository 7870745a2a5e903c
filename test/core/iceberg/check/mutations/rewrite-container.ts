import { decodeObjectContainer, encodeObjectContainer } from '#core/avro/object-container.ts';
import {
  manifestPath,
  objectAt,
  type TableFiles,
  withManifestBytes,
  withObject,
} from '../sound-table.ts';

/** Writes a container again under another schema text and header; null leaves a key out. */
function rewritten(
  bytes: Uint8Array,
  edit: (schema: string) => string,
  header: Readonly<Record<string, string | null>>,
): Uint8Array {
  const { schema, metadata, records } = decodeObjectContainer(bytes);
  const entries = Object.entries({ ...Object.fromEntries(metadata), ...header });
  return encodeObjectContainer(JSON.parse(edit(JSON.stringify(schema))), records.map(asBuffers), {
    metadata: Object.fromEntries(
      entries.filter((pair): pair is [string, string] => pair[1] !== null),
    ),
    syncMarker: new Uint8Array(16),
  });
}

export function rewriteContainer(
  table: TableFiles,
  uri: string,
  edit: (schema: string) => string,
  header: Readonly<Record<string, string | null>> = {},
): TableFiles {
  return withObject(table, uri, rewritten(objectAt(table, uri), edit, header));
}

/** The same with a manifest: the lists get its new length. */
export function rewriteManifest(
  table: TableFiles,
  edit: (schema: string) => string,
  header: Readonly<Record<string, string | null>> = {},
): TableFiles {
  const path = manifestPath(table, 'newest');
  const bytes = rewritten(objectAt(table, path), edit, header);
  return withManifestBytes(table, path, { bytes, manifest: null });
}

function asBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(asBuffers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asBuffers(item)]));
}
