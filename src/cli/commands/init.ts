import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tableNameProblem } from '#core/config/athena-name.ts';
import { MAX_DOMAIN_NAME, nameModel } from '#core/config/model/name-model.ts';
import { quote } from '#core/config/source/config-issue.ts';
import { unknownName } from '#core/config/source/nearest-name.ts';
import { starterDomain, starterStreamName } from '#core/config/starter/starter-domain.ts';
import { SluiceError } from '#core/errors.ts';
import { loadCategories } from '#runtime/load-project.ts';
import { type Command, stringOption, usageError } from '../command.ts';

const DEFAULT_CATEGORY = 'market.tick';

export const init: Command = {
  name: 'init',
  summary:
    'write domains/<domain>.yaml: a short file that is valid as it stands, ready to be edited',
  usage: '<domain> [--category <name>] [--json]',
  options: {
    category: {
      type: 'string',
      value: '<name>',
      description: `a file of config/categories, whose fields the stream gets (default: ${DEFAULT_CATEGORY})`,
    },
  },
  positionals: { min: 1, max: 1 },
  async run(context) {
    const { root, output, positionals } = context;
    const [domain = ''] = positionals;
    const problem = nameProblem(domain);
    if (problem !== null) throw usageError(init, problem);
    const categories = loadCategories(root);
    const name = stringOption(context, 'category') ?? DEFAULT_CATEGORY;
    const category = categories.get(name);
    if (category === undefined) {
      throw usageError(init, `--category: ${unknownName(name, [...categories.keys()])}`);
    }
    const file = `domains/${domain}.yaml`;
    writeNewFile(root, file, starterDomain(domain, category));
    const stream = `${domain}.${starterStreamName(name)}`;
    output.line(`Wrote ${file}: one stream, ${stream}. Edit it, then:`);
    output.line();
    const commands = nextCommands(domain, stream);
    const columns = Math.max(...commands.map(([command]) => command.length));
    for (const [command, purpose] of commands) {
      output.line(`  ${command.padEnd(columns)}  # ${purpose}`);
    }
    output.result({ ok: true, file, domain, stream, category: name });
    return 0;
  },
};

function nextCommands(domain: string, stream: string): readonly (readonly [string, string])[] {
  return [
    ['npm run generate', 'schemas and tables; commit them'],
    [`npm run sluice -- plan --domain ${domain}`, 'what it creates, and limits'],
    [`npm run sluice -- produce --stream ${stream} --events 1000`, 'try it on this machine'],
  ];
}

function nameProblem(domain: string): string | null {
  const checked = nameModel(MAX_DOMAIN_NAME).safeParse(domain);
  if (checked.success) return tableNameProblem(domain);
  return `${checked.error.issues[0]?.message ?? 'expected a name'}, got ${quote(domain)}`;
}

/** Never replaces a file, not even one that appears while this runs. */
function writeNewFile(root: string, file: string, text: string): void {
  const target = path.join(root, file);
  mkdirSync(path.dirname(target), { recursive: true });
  try {
    writeFileSync(target, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new SluiceError(
      'USAGE',
      `${file} is there already and is left as it is; expected the name of a new domain`,
    );
  }
}
