import { parseBigintJson, stringifyBigintJson } from './bigint-json.ts';
import { asObject } from './json-field.ts';
import { createLineBlock, type LineBlock } from './line-block.ts';
import type { MetadataLogEntry, Snapshot, SnapshotLogEntry, SnapshotRef } from './snapshot.ts';
import {
  checkTableMetadata,
  type KnownParts,
  parseMetadataLogEntry,
  parseRef,
  parseSnapshot,
  parseSnapshotLogEntry,
  type TableMetadata,
} from './table-metadata-json.ts';

/*
 * Metadata files as we write them: plain JSON, in which every entry of the logs, every snapshot and every reference
 * has a line of its own. Every commit reads and writes the whole file, and a thousand tags make it a thousand
 * snapshots long; the lines of all but the newest are carried over without being parsed.
 *
 *   {"format-version":2, … ,"metadata-log":[
 *   {…},
 *   {…}
 *   ],"snapshot-log":[
 *   …
 *   ],"snapshots":[
 *   …
 *   ],"refs":{
 *   "main":{…}
 *   }}
 */
const METADATA_LOG = Buffer.from(',"metadata-log":[\n');
const SNAPSHOT_LOG = Buffer.from('],"snapshot-log":[\n');
const SNAPSHOTS = Buffer.from('],"snapshots":[\n');
const REFS = Buffer.from('],"refs":{\n');
const END = Buffer.from('}}');

interface NamedRef {
  readonly name: string;
  readonly ref: SnapshotRef;
}

const metadataLog = arrayBlock<MetadataLogEntry>('metadata-log', parseMetadataLogEntry);
const snapshotLog = arrayBlock<SnapshotLogEntry>('snapshot-log', parseSnapshotLogEntry);
const snapshots = arrayBlock<Snapshot>('snapshots', (value, where) => {
  const snapshot = parseSnapshot(value, where);
  Object.freeze(snapshot.summary);
  return snapshot;
});
const refs = createLineBlock<NamedRef>({ parse: parseRefLine, format: refLine });
/** The line that a reference came from. */
const namedRefs = new WeakMap<SnapshotRef, NamedRef>();

/**
 * Reads a metadata file of ours by its lines. Null when it is laid out in another way or something in it is wrong:
 * then it is parsed as a whole, which says what.
 */
export function readByLines(bytes: Buffer): TableMetadata | null {
  try {
    return readLines(bytes);
  } catch {
    return null;
  }
}

/** The bytes of a metadata file; `json` is the metadata without what `parts` holds. */
export function writeByLines(
  json: Readonly<Record<string, unknown>>,
  parts: KnownParts,
): Uint8Array {
  const named = Object.entries(parts.refs).map(([name, ref]) => namedRefOf(name, ref));
  return Buffer.concat([
    Buffer.from(stringifyBigintJson(json).slice(0, -1)),
    METADATA_LOG,
    ...metadataLog.write(parts['metadata-log']),
    SNAPSHOT_LOG,
    ...snapshotLog.write(parts['snapshot-log']),
    SNAPSHOTS,
    ...snapshots.write(parts.snapshots),
    REFS,
    ...refs.write(named),
    END,
  ]);
}

function readLines(bytes: Buffer): TableMetadata | null {
  const headEnd = bytes.indexOf(METADATA_LOG);
  if (headEnd < 0) return null;
  const files = metadataLog.read(bytes, headEnd + METADATA_LOG.length, SNAPSHOT_LOG);
  if (files === null) return null;
  const log = snapshotLog.read(bytes, files.end + SNAPSHOT_LOG.length, SNAPSHOTS);
  if (log === null) return null;
  const states = snapshots.read(bytes, log.end + SNAPSHOTS.length, REFS);
  if (states === null) return null;
  const named = refs.read(bytes, states.end + REFS.length, END);
  if (named === null || named.end + END.length !== bytes.length) return null;
  const head = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, headEnd));
  // With one brace it is an object only if the head ends between two keys of the outermost one.
  return checkTableMetadata(asObject(parseBigintJson(`${head}}`), ''), {
    'metadata-log': files.items,
    'snapshot-log': log.items,
    snapshots: states.items,
    refs: refsOf(named.items),
  });
}

function arrayBlock<T extends object>(
  key: string,
  parse: (value: unknown, where: string) => T,
): LineBlock<T> {
  return createLineBlock({
    // Shared by every metadata that has the line.
    parse: (line) => Object.freeze(parse(parseBigintJson(line), key)),
    format: stringifyBigintJson,
  });
}

function parseRefLine(line: string): NamedRef {
  const [entry, ...others] = Object.entries(asObject(parseBigintJson(`{${line}}`), 'refs'));
  if (entry === undefined || others.length > 0) throw new SyntaxError('expected one reference');
  const [name, value] = entry;
  if (name === '__proto__')
    throw new SyntaxError('expected a name that an object can be asked for');
  const named = { name, ref: Object.freeze(parseRef(value, `refs.${name}`)) };
  namedRefs.set(named.ref, named);
  return named;
}

function refLine({ name, ref }: NamedRef): string {
  return `${JSON.stringify(name)}:${stringifyBigintJson(ref)}`;
}

function namedRefOf(name: string, ref: SnapshotRef): NamedRef {
  const known = namedRefs.get(ref);
  return known?.name === name ? known : { name, ref };
}

function refsOf(named: readonly NamedRef[]): TableMetadata['refs'] {
  const result: Record<string, SnapshotRef> = {};
  for (const { name, ref } of named) result[name] = ref;
  return result;
}
