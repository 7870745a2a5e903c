import { generateSchemas } from '#app/generate-schemas.ts';
import { planProject, type Synthesis } from '#app/plan-project.ts';
import type { Project } from '#core/config/project.ts';
import { unknownName } from '#core/config/source/nearest-name.ts';
import { hasCode } from '#core/errors.ts';
import { loadConfig } from '#runtime/load-project.ts';
import { booleanOption, type Command, stringOption, usageError } from '../command.ts';
import { printPlan } from '../plan/print-plan.ts';
import { readTemplates } from '../plan/read-templates.ts';

const DEFAULT_ENVIRONMENT = 'local';

export const plan: Command = {
  name: 'plan',
  summary: 'what a deployment is made from, what it creates, and whether it fits its limits',
  usage: '[--env <name>] [--domain <name>] [--all] [--json]',
  options: {
    env: {
      type: 'string',
      value: '<name>',
      description: `a file of config/environments (default: ${DEFAULT_ENVIRONMENT})`,
    },
    domain: { type: 'string', value: '<name>', description: 'one domain (default: all)' },
    all: { type: 'boolean', description: 'every value, also those that are rarely changed' },
  },
  async run(context) {
    const { root, output } = context;
    const environment = stringOption(context, 'env') ?? DEFAULT_ENVIRONMENT;
    const { project, origins, schemaFiles } = loadConfig({ root, environment });
    const domain = findDomain(stringOption(context, 'domain'), project);
    const schemas = generateSchemas({ project, files: schemaFiles });
    const isCurrent = schemas.refused.length + schemas.writes.length === 0;
    const synthesis: Synthesis = isCurrent
      ? await synthesize(root, environment)
      : { kind: 'outdated' };
    const planned = planProject({ project, origins, schemas, synthesis, domain });
    printPlan(output, planned, { all: booleanOption(context, 'all') });
    output.result(planned);
    return planned.ok ? 0 : 1;
  },
};

/** A name that is too long, a rule that finds something: one of the problems of a plan, not the end of it. */
async function synthesize(root: string, environment: string): Promise<Synthesis> {
  try {
    return { kind: 'done', templates: await readTemplates(root, environment) };
  } catch (error) {
    if (!hasCode(error, 'CONFIG_INVALID')) throw error;
    return { kind: 'failed', problem: error.message };
  }
}

function findDomain(name: string | undefined, { domains }: Project): string | null {
  if (name === undefined) return null;
  const names = domains.map((domain) => domain.name);
  if (names.includes(name)) return name;
  throw usageError(plan, `--domain: ${unknownName(name, names)}`);
}
