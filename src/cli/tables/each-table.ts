import {
  buildMaintenanceFunctionConfig,
  type MaintainedTable,
  type MaintenanceFunctionConfig,
} from '#core/config/maintenance-function-config.ts';
import { nearestName } from '#core/config/source/nearest-name.ts';
import { SluiceError } from '#core/errors.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { loadProject } from '#runtime/load-project.ts';
import { type MaintenanceAccess, openMaintenanceAccess } from '#runtime/maintenance-access.ts';
import { booleanOption, type CommandContext, type CommandOption } from '../command.ts';
import { openLocalCloud } from '../local-cloud.ts';
import type { ProgressBar } from '../output.ts';
import { stagingTableOf } from '../stack-outputs.ts';

/** One table that a command maintains. */
export interface TableWork {
  readonly access: MaintenanceAccess;
  readonly config: MaintenanceFunctionConfig;
  readonly table: MaintainedTable;
  /** Nothing is begun after it: Ctrl-C makes it now. */
  readonly deadlineMs: number;
  /** Shows how far it is; `total` may change. */
  readonly onProgress: (done: number, total: number) => void;
}

export const DRY_RUN_OPTION: Readonly<Record<string, CommandOption>> = {
  'dry-run': { type: 'boolean', description: 'only show what would be done' },
};

/** Of commands that delete: without it they only tell. */
export const YES_OPTION: Readonly<Record<string, CommandOption>> = {
  'dry-run': { type: 'boolean', description: 'only show what would be deleted; so without --yes' },
  yes: { type: 'boolean', description: 'delete it' },
};

/** True when a command that deletes was told to. */
export function isConfirmed(context: Pick<CommandContext, 'options'>): boolean {
  return booleanOption(context, 'yes') && !booleanOption(context, 'dry-run');
}

/** Calls `use` with each table of the domain, or with the one named, one after the other. Throws USAGE for a name that is none. */
export async function eachTable<T>(
  context: CommandContext,
  use: (work: TableWork) => Promise<T>,
): Promise<readonly T[]> {
  const { project } = loadProject({ root: context.root, environment: 'local' });
  const [domain = '', name] = context.positionals;
  requireKnown(
    'domain',
    domain,
    project.domains.map((each) => each.name),
  );
  const config = buildMaintenanceFunctionConfig(project, { domain });
  if (name !== undefined)
    requireKnown(
      'table',
      name,
      config.tables.map(({ table }) => table),
    );
  const cloud = await openLocalCloud(context, { port: 0 });
  const access = openMaintenanceAccess(localTarget(cloud.endpoint), {
    stagingTable: stagingTableOf(cloud.outputs),
  });
  try {
    const results: T[] = [];
    for (const table of config.tables) {
      if (context.signal.aborted || (name !== undefined && table.table !== name)) continue;
      results.push(await withProgress(context, { access, config, table }, use));
    }
    return results;
  } finally {
    access.close();
    await cloud.close();
  }
}

async function withProgress<T>(
  { output, signal }: CommandContext,
  work: Pick<TableWork, 'access' | 'config' | 'table'>,
  use: (work: TableWork) => Promise<T>,
): Promise<T> {
  const progress: { bar?: ProgressBar } = {};
  try {
    return await use({
      ...work,
      get deadlineMs() {
        return signal.aborted ? 0 : Number.POSITIVE_INFINITY;
      },
      onProgress: (done, total) => {
        progress.bar ??= output.progress(work.table.table, total, { estimated: true });
        progress.bar.update(done);
      },
    });
  } finally {
    progress.bar?.stop();
  }
}

function requireKnown(what: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const nearest = nearestName(name, known);
  const hint =
    nearest === null ? `expected one of ${known.join(', ')}` : `did you mean "${nearest}"?`;
  throw new SluiceError('USAGE', `there is no ${what} "${name}"; ${hint}`);
}

export function counted(count: number): string {
  return count.toLocaleString('en-US');
}
