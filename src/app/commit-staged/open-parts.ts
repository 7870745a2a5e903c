import type { StagedBatch, StagedTable } from '#core/delivery/staged-batch.ts';
import { SluiceError } from '#core/errors.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import { readDescriptor } from '../stage/read-descriptor.ts';
import type { SelectedLink } from './select-links.ts';

/** A link with what it brings to the table. */
export interface LinkPart extends SelectedLink {
  readonly staged: StagedTable;
}

/** What one commit may take in; the rest is for the next one. */
export interface CommitLimits {
  readonly maxLinks: number;
  readonly maxFiles: number;
  /** Rows whose identities are in memory at a time. */
  readonly maxRows: number;
}

export const DEFAULT_COMMIT_LIMITS: CommitLimits = {
  maxLinks: 1_000,
  maxFiles: 5_000,
  maxRows: 500_000,
};

/** Descriptors by their hash; they never change. */
export type DescriptorMemory = Map<string, StagedBatch>;

const CONCURRENT_READS = 16;

/** Reads the descriptors of links. Throws FORMAT_CORRUPT when one knows nothing of the table that its link names. */
export async function openParts(
  store: Pick<ObjectStore, 'get'>,
  links: readonly SelectedLink[],
  options: { readonly table: string; readonly memory: DescriptorMemory },
): Promise<readonly LinkPart[]> {
  const { table, memory } = options;
  const parts: LinkPart[] = [];
  for (let start = 0; start < links.length; start += CONCURRENT_READS) {
    const group = links.slice(start, start + CONCURRENT_READS);
    parts.push(
      ...(await Promise.all(group.map((selected) => open(store, selected, table, memory)))),
    );
  }
  return parts;
}

async function open(
  store: Pick<ObjectStore, 'get'>,
  selected: SelectedLink,
  table: string,
  memory: DescriptorMemory,
): Promise<LinkPart> {
  const { link, source } = selected;
  const { uri, sha256 } = link.descriptor;
  const batch = memory.get(sha256) ?? (await readDescriptor(store, link));
  memory.set(sha256, batch);
  const staged = batch.tables.get(table);
  if (staged !== undefined && batch.source === source) return { ...selected, staged };
  throw new SluiceError(
    'FORMAT_CORRUPT',
    `staged batch ${uri}: expected it to be of ${source} and to name ${table}; restore the object`,
  );
}

/**
 * The parts that go into one commit: of one partition spec and horizon, and within the limits, but one at least. A source of
 * which a part has to wait waits with all that follow it.
 */
export function limitParts(
  parts: readonly LinkPart[],
  limits: CommitLimits,
): { readonly taken: readonly LinkPart[]; readonly isCut: boolean } {
  const [first] = parts;
  const blocked = new Set<string>();
  const taken: LinkPart[] = [];
  let files = 0;
  let rows = 0;
  for (const part of parts) {
    const { specId, dedupeHorizonMs } = part.staged;
    const isAlike =
      specId === first?.staged.specId && dedupeHorizonMs === first.staged.dedupeHorizonMs;
    const partRows = part.staged.files.reduce((sum, file) => sum + Number(file.recordCount), 0);
    const hasRoom =
      taken.length === 0 ||
      (files + part.staged.files.length <= limits.maxFiles && rows + partRows <= limits.maxRows);
    if (!isAlike || !hasRoom || blocked.has(part.source)) {
      blocked.add(part.source);
      continue;
    }
    taken.push(part);
    files += part.staged.files.length;
    rows += partRows;
  }
  return { taken, isCut: taken.length < parts.length };
}

/** Throws TABLE_INVALID when a part was staged for another table of the name. */
export function requireSameTable(metadata: TableMetadata, parts: readonly LinkPart[]): void {
  const uuid = metadata['table-uuid'];
  const stranger = parts.find(({ staged }) => staged.tableUuid !== uuid);
  if (stranger === undefined) return;
  throw new SluiceError(
    'TABLE_INVALID',
    `${metadata.location}: ${stranger.source} staged a batch for table-uuid ${stranger.staged.tableUuid}, got ${uuid}; ` +
      'the table was replaced: reset the chains of its sources and read them again',
  );
}
