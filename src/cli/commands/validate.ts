import { environmentNames } from '#runtime/environments.ts';
import { loadProject } from '#runtime/load-project.ts';
import type { Command } from '../command.ts';

export const validate: Command = {
  name: 'validate',
  summary: 'check config/, domains/ and schemas/ for every environment and print every error',
  usage: '[--json]',
  options: {},
  async run({ root, output }) {
    const environments = environmentNames(root);
    const projects = environments.map((environment) => loadProject({ root, environment }).project);
    const streams =
      projects[0]?.domains.flatMap((domain) =>
        domain.streams.map((stream) => `${domain.name}.${stream.name}`),
      ) ?? [];
    output.line(`Valid: ${streams.join(', ')} in ${environments.join(', ')}.`);
    output.result({ ok: true, environments, streams });
    return 0;
  },
};
