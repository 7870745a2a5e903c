import { loadTable } from '#app/load-table.ts';
import { snapshotById, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { Command } from '../command.ts';
import { withTable } from '../tables/with-table.ts';
import { durationText, timeText } from '../tables/words.ts';

interface RefLine {
  readonly name: string;
  readonly type: string;
  readonly snapshotId: string;
  readonly committedAt: string | null;
  readonly rows: number | null;
  /** Null: it never ends. */
  readonly keepMs: number | null;
}

export const tablesRefs: Command = {
  name: 'tables refs',
  summary: 'branches and tags of a table, and how long they stay',
  usage: '<table> [--json]',
  options: {},
  positionals: { min: 1, max: 1 },
  run: (context) =>
    withTable(context, async ({ admin, ident }) => {
      const { metadata } = await loadTable(admin, ident);
      const refs = Object.keys(metadata.refs).map((name) => lineOf(metadata, name));
      context.output.line(
        `${ident.database}.${ident.table}: ${refs.length} of ${metadata.snapshots.length} snapshots have a name`,
      );
      context.output.table(
        ['name', 'what', 'snapshot', 'committed', 'rows', 'kept'],
        refs.map((ref) => [
          ref.name,
          ref.type,
          ref.snapshotId,
          ref.committedAt ?? '–',
          ref.rows === null ? '–' : ref.rows.toLocaleString('en-US'),
          ref.keepMs === null ? 'for ever' : durationText(ref.keepMs),
        ]),
        { rightAligned: [2, 4] },
      );
      context.output.result({ ok: true, ...ident, refs });
      return 0;
    }),
};

function lineOf(metadata: TableMetadata, name: string): RefLine {
  const ref = metadata.refs[name];
  const snapshot = ref === undefined ? null : snapshotById(metadata, ref['snapshot-id']);
  const rows = snapshot?.summary['total-records'];
  return {
    name,
    type: ref?.type ?? 'branch',
    snapshotId: String(ref?.['snapshot-id']),
    committedAt: snapshot === null ? null : timeText(snapshot['timestamp-ms']),
    rows: rows === undefined ? null : Number(rows),
    keepMs: ref?.['max-ref-age-ms'] ?? null,
  };
}
