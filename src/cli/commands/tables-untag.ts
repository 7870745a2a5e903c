import { updateTable } from '#app/update-table.ts';
import { SluiceError } from '#core/errors.ts';
import { removeSnapshotRef } from '#core/iceberg/transaction/snapshot-refs.ts';
import type { Command } from '../command.ts';
import { withTable } from '../tables/with-table.ts';

export const tablesUntag: Command = {
  name: 'tables untag',
  summary: 'take a tag away; what only it kept expires with the next commit',
  usage: '<table> <name> [--json]',
  options: {},
  positionals: { min: 2, max: 2 },
  run: (context) => {
    const name = context.positionals[1] ?? '';
    return withTable(context, async ({ admin, ident }) => {
      let wasThere = false;
      await updateTable(admin, ident, (metadata) => {
        const tags = Object.keys(metadata.refs).filter((key) => metadata.refs[key]?.type === 'tag');
        if (tags.includes(name)) {
          wasThere = true;
          return removeSnapshotRef(metadata, name);
        }
        // Gone since an attempt whose answer was lost: by it or by another, as was wanted.
        if (wasThere) return null;
        throw new SluiceError(
          'USAGE',
          `"${name}": expected a tag of the table, one of ${tags.join(', ') || 'none, it has no tag'}`,
        );
      });
      context.output.line(`${ident.database}.${ident.table}: ${name} is gone`);
      context.output.result({ ok: true, ...ident, removed: name });
      return 0;
    });
  },
};
