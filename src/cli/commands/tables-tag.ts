import { findRollbackTarget } from '#app/roll-back-table.ts';
import { updateTable } from '#app/update-table.ts';
import { SluiceError } from '#core/errors.ts';
import { setSnapshotRef } from '#core/iceberg/transaction/snapshot-refs.ts';
import { booleanOption, type Command, stringOption } from '../command.ts';
import { withTable } from '../tables/with-table.ts';
import { durationText, parseAge, timeText } from '../tables/words.ts';

export const tablesTag: Command = {
  name: 'tables tag',
  summary: 'give a state of a table a name; it stays readable as long as the name does',
  usage: '<table> <name> [--snapshot <snapshot|tag|time>] [--keep <time>] [--move] [--json]',
  options: {
    snapshot: {
      type: 'string',
      value: '<which>',
      description: 'a snapshot id, a branch or tag, or a time (default: the current state)',
    },
    keep: {
      type: 'string',
      value: '<time>',
      description: 'how long after its commit the state stays: 30d, 12h, 90m (default: for ever)',
    },
    move: { type: 'boolean', description: 'the name may be in use: it is moved here' },
  },
  positionals: { min: 2, max: 2 },
  run: (context) => {
    const name = context.positionals[1] ?? '';
    const wanted = stringOption(context, 'snapshot') ?? 'main';
    const keep = stringOption(context, 'keep');
    const maxRefAgeMs = keep === undefined ? undefined : parseAge('keep', keep);
    return withTable(context, async ({ admin, ident }) => {
      // Found once: a time or a branch would mean another snapshot in a later attempt.
      let snapshot: ReturnType<typeof findRollbackTarget> | undefined;
      await updateTable(admin, ident, (metadata) => {
        snapshot ??= findRollbackTarget(metadata, wanted);
        const snapshotId = snapshot['snapshot-id'];
        const before = Object.hasOwn(metadata.refs, name) ? metadata.refs[name] : undefined;
        if (before?.type === 'branch') {
          throw new SluiceError(
            'USAGE',
            `"${name}" is a branch of ${ident.database}.${ident.table}; choose another name for the tag`,
          );
        }
        const isElsewhere = before !== undefined && before['snapshot-id'] !== snapshotId;
        if (isElsewhere && !booleanOption(context, 'move')) {
          throw new SluiceError(
            'USAGE',
            `"${name}" names snapshot ${before['snapshot-id']}; --move gives it to ${snapshotId}`,
          );
        }
        return setSnapshotRef(metadata, name, {
          type: 'tag',
          snapshotId,
          ...(maxRefAgeMs === undefined ? {} : { maxRefAgeMs }),
        });
      });
      const id = snapshot?.['snapshot-id'];
      const kept = maxRefAgeMs === undefined ? 'for ever' : `for ${durationText(maxRefAgeMs)}`;
      context.output.line(
        `${ident.database}.${ident.table}: ${name} is snapshot ${id} of ${timeText(snapshot?.['timestamp-ms'] ?? 0)}, kept ${kept}`,
      );
      context.output.result({
        ok: true,
        ...ident,
        tag: name,
        snapshotId: String(id),
        keepMs: maxRefAgeMs ?? null,
      });
      return 0;
    });
  },
};
