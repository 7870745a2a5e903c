import { planRollback, type RollbackPlan, rollBackTable } from '#app/roll-back-table.ts';
import type { Position } from '#core/delivery/position.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { booleanOption, type Command, stringOption, usageError } from '../command.ts';
import type { Output } from '../output.ts';
import { withTable } from '../tables/with-table.ts';
import { timeText } from '../tables/words.ts';

export const tablesRollback: Command = {
  name: 'tables rollback',
  summary: 'take a table back to an earlier state: shows what would change, --yes does it',
  usage: '<table> --to <snapshot|tag|time> [--yes] [--drop-staged] [--json]',
  options: {
    to: {
      type: 'string',
      value: '<which>',
      description: 'a snapshot id, a branch or tag, or a time such as 2026-11-20T18:05:00Z',
    },
    yes: { type: 'boolean', description: 'do it; without it nothing is changed' },
    'drop-staged': {
      type: 'boolean',
      description: 'drop batches that wait for their commit; their sources are read again',
    },
  },
  positionals: { min: 1, max: 1 },
  run: (context) => {
    const to = stringOption(context, 'to');
    if (to === undefined) throw usageError(tablesRollback, 'expected --to <snapshot|tag|time>');
    return withTable(context, async ({ admin, ident, domain }) => {
      const plan = await planRollback(admin, ident, { to, domain });
      const { output } = context;
      printPlan(output, ident, plan);
      if (plan.from['snapshot-id'] === plan.to['snapshot-id']) {
        output.line('The table is there already.');
        output.result({ ok: true, done: false, ...ident, plan: planJson(plan) });
        return 0;
      }
      if (!booleanOption(context, 'yes')) {
        output.line('Nothing was changed; --yes does it. Stop what writes to the table first.');
        output.result({ ok: true, done: false, ...ident, plan: planJson(plan) });
        return 0;
      }
      const dropStaged = booleanOption(context, 'drop-staged');
      const { reset } = await rollBackTable(admin, ident, { plan, domain, dropStaged });
      output.line(`${ident.database}.${ident.table} is at snapshot ${plan.to['snapshot-id']}.`);
      for (const { source, readAfter, droppedLinks } of reset) {
        output.line(
          `${source}: ${droppedLinks} staged batches dropped; have it read again ${placeText(readAfter)}`,
        );
      }
      if (reset.length > 0) {
        output.line(
          'Until then, and before anything newer is written, the rows taken back are missing: docs/operations.md, "missing-link".',
        );
      }
      output.result({ ok: true, done: true, ...ident, plan: planJson(plan), reset });
      return 0;
    });
  },
};

function printPlan(output: Output, ident: TableIdent, plan: RollbackPlan): void {
  const { from, to, commits, rowsBefore, rowsAfter } = plan;
  output.line(`${ident.database}.${ident.table}`);
  output.table(
    ['', 'snapshot', 'committed', 'rows'],
    [
      ['now', String(from['snapshot-id']), timeText(from['timestamp-ms']), numberText(rowsBefore)],
      ['then', String(to['snapshot-id']), timeText(to['timestamp-ms']), numberText(rowsAfter)],
    ],
    { rightAligned: [1, 3] },
  );
  output.line(
    commits === null
      ? 'The target is on another line of commits: what is there was left behind by an earlier rollback.'
      : `${commits.toLocaleString('en-US')} ${commits === 1 ? 'commit leaves the table; it stays' : 'commits leave the table; they stay'} readable until ${commits === 1 ? 'it expires' : 'they expire'}.`,
  );
  for (const { source, to: position, events } of plan.sources) {
    output.line(
      `${source}: goes back to ${position === null ? 'its beginning' : positionText(position)}, by ${events.toLocaleString('en-US')} events`,
    );
  }
  for (const { source, links } of plan.staged) {
    output.line(
      `${source}: ${links} staged batches wait for their commit: let the committer run first, or add --drop-staged`,
    );
  }
}

function placeText(position: Position | null): string {
  if (position === null) return 'from its beginning';
  return `from after ${positionText(position)}`;
}

function positionText({ sequence, subSequence }: Position): string {
  return `${sequence.replace(/^0+(?=\d)/, '')}:${subSequence}`;
}

function numberText(rows: number | null): string {
  return rows === null ? '–' : rows.toLocaleString('en-US');
}

function planJson(plan: RollbackPlan) {
  const { from, to, ...rest } = plan;
  return { ...rest, from: String(from['snapshot-id']), to: String(to['snapshot-id']) };
}
