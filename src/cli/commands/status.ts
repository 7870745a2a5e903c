import { existsSync } from 'node:fs';
import type { Command, CommandContext } from '../command.ts';
import { findLocalCloud } from '../local-cloud.ts';
import { stateFolder } from '../state-folder.ts';
import { gatherStatus } from '../status/gather-status.ts';
import { printStatus } from '../status/print-status.ts';
import { findFaults } from '../status/status-report.ts';

export const status: Command = {
  name: 'status',
  summary:
    'one screen: alarms, functions, shards, tables, ledger; status 1 when something is wrong',
  usage: '[--json]',
  options: {},
  async run(context) {
    const cloud = await findLocalCloud(context.root);
    if (cloud === null) return reportDown(context);
    const report = await gatherStatus(context.root, await cloud.health());
    printStatus(context.output, report, Date.now());
    const faults = findFaults(report);
    const ok = faults.length === 0;
    context.output.result({ ok, faults, ...report, cloud: { up: true, ...report.cloud } });
    return ok ? 0 : 1;
  },
};

function reportDown({ output, root }: CommandContext): number {
  const isKept = existsSync(stateFolder(root, 'local').services);
  const state = isKept ? 'its state is kept' : 'it has no state yet';
  output.line(`${output.style('Local cloud', 'bold')} ${output.style('down', 'red')}; ${state}.`);
  output.line('Start it: npm run dev');
  output.result({ ok: false, cloud: { up: false } });
  return 1;
}
