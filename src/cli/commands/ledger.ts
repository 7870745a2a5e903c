import { type Books, readBooks } from '#app/ledger/read-books.ts';
import { type Domain, opsDatabaseName, type Project } from '#core/config/project.ts';
import { SluiceError } from '#core/errors.ts';
import { HOUR_MS } from '#core/ledger/arrival-hours.ts';
import { LEDGER_TABLE } from '#core/ledger/ledger-table.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { type FunctionAccess, openFunctions } from '#runtime/function-access.ts';
import { type LakeAccess, openLake } from '#runtime/lake-access.ts';
import { loadProject } from '#runtime/load-project.ts';
import {
  booleanOption,
  type Command,
  type CommandContext,
  integerOption,
  stringOption,
} from '../command.ts';
import { booksResult, showBooks } from '../ledger/print-books.ts';
import { runLedger } from '../ledger/run-ledger.ts';
import { openLocalCloud } from '../local-cloud.ts';
import { ledgerFunctionOf, type StackOutputs, workGroupOf } from '../stack-outputs.ts';

const MAX_HOURS = 1_000_000;

export const ledger: Command = {
  name: 'ledger',
  summary: 'where every event went, and whether the books balance',
  usage: '[--domain <name>] [--hours <n>] [--run] [--json]',
  options: {
    domain: { type: 'string', value: '<name>', description: 'only this domain (default: all)' },
    hours: {
      type: 'string',
      value: '<n>',
      description: 'only the last n arrival hours, the present one included (default: all)',
    },
    run: { type: 'boolean', description: 'roll the books up first, instead of on schedule' },
  },
  async run(context) {
    const { project } = loadProject({ root: context.root, environment: 'local' });
    const domains = chooseDomains(project, stringOption(context, 'domain'));
    const cloud = await openLocalCloud(context, { port: 0 });
    const target = localTarget(cloud.endpoint);
    const lake = openLake(target, { workGroup: workGroupOf(cloud.outputs) });
    const functions = openFunctions(target);
    try {
      const books: Books[] = [];
      for (const domain of domains) {
        const found = booleanOption(context, 'run')
          ? await rollUp(context, functions, { project, domain, outputs: cloud.outputs })
          : [];
        const read = await booksOf(context, lake, { project, domain });
        books.push({ ...read, problems: [...new Set([...found, ...read.problems])] });
      }
      for (const each of books) showBooks(context.output, each, { nowMs: Date.now() });
      const ok = books.every(({ problems }) => problems.length === 0);
      context.output.result({ ok, domains: books.map(booksResult) });
      return ok ? 0 : 1;
    } finally {
      functions.close();
      lake.close();
      await cloud.close();
    }
  },
};

/** Throws USAGE naming the domains that exist. */
function chooseDomains(project: Project, name: string | undefined): readonly Domain[] {
  if (name === undefined) return project.domains;
  const found = project.domains.filter((domain) => domain.name === name);
  if (found.length > 0) return found;
  const known = project.domains.map((domain) => domain.name).join(', ');
  throw new SluiceError('USAGE', `--domain: expected one of ${known}, got "${name}"`);
}

/** Returns the problems that the run met. */
async function rollUp(
  { output }: CommandContext,
  functions: FunctionAccess,
  of: {
    readonly project: Project;
    readonly domain: Domain;
    readonly outputs: StackOutputs;
  },
): Promise<readonly string[]> {
  const name = ledgerFunctionOf(of.outputs, of.project, of.domain.name);
  const { entries, problems, notes } = await runLedger(functions, name, {});
  output.line(
    `Rolled up ${of.domain.name}: ${entries.toLocaleString('en-US')} ${entries === 1 ? 'entry' : 'entries'} booked.`,
  );
  for (const note of notes) output.line(`Note: ${note}`);
  return problems;
}

function booksOf(
  context: CommandContext,
  lake: LakeAccess,
  of: { readonly project: Project; readonly domain: Domain },
): Promise<Books> {
  const { environment } = of.project;
  const isLimited = stringOption(context, 'hours') !== undefined;
  const hours = integerOption(context, 'hours', { default: 1, min: 1, max: MAX_HOURS });
  const nowMs = Date.now();
  return readBooks(lake, {
    domain: of.domain.name,
    ledgerTable: { database: opsDatabaseName(environment.name), table: LEDGER_TABLE },
    graceMs: environment.ledger.graceSeconds * 1000,
    nowMs,
    sinceMs: isLimited ? (Math.floor(nowMs / HOUR_MS) - hours + 1) * HOUR_MS : null,
  });
}
