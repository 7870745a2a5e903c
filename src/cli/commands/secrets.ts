import { hasCode, SluiceError } from '#core/errors.ts';
import { buildSecretsConfig } from '#core/secret/secrets-config.ts';
import { type ProjectSecret, projectSecrets } from '#core/secret/used-secrets.ts';
import type { SecretStore } from '#ports/secret-store.ts';
import { type AwsTarget, localTarget } from '#runtime/aws-clients.ts';
import { environmentNames } from '#runtime/environments.ts';
import { loadConfig } from '#runtime/load-project.ts';
import { openSecrets } from '#runtime/secrets.ts';
import { type Command, type CommandContext, stringOption } from '../command.ts';
import { findLocalCloud } from '../local-cloud.ts';

export const secrets: Command = {
  name: 'secrets',
  summary: 'which secrets the configuration uses, and whether each can be read',
  usage: '[--env <name>] [--json]',
  options: {
    env: { type: 'string', value: '<name>', description: 'environment (default local)' },
  },
  async run(context) {
    const environment = chooseEnvironment(context);
    const { project } = loadConfig({ root: context.root, environment });
    const used = projectSecrets(project);
    const target = await targetOf(context, environment, used);
    const config = buildSecretsConfig(
      project.environment.secrets,
      used.map(({ name }) => name),
    );
    const store = openSecrets({ ...config, cacheSeconds: 60 }, { target, root: context.root });
    const findings = await Promise.all(used.map((secret) => look(store, secret)));
    show(context, environment, findings);
    const ok = findings.every(({ state }) => state === 'present');
    context.output.result({ ok, environment, secrets: findings });
    return ok ? 0 : 1;
  },
};

/** Throws USAGE naming the environments that exist. */
function chooseEnvironment(context: CommandContext): string {
  const name = stringOption(context, 'env') ?? 'local';
  const known = environmentNames(context.root);
  if (known.includes(name)) return name;
  throw new SluiceError('USAGE', `--env: expected one of ${known.join(', ')}, got "${name}"`);
}

/** The local environment's AWS services are those of the running local cloud; others are found as any AWS tool does. */
async function targetOf(
  context: CommandContext,
  environment: string,
  used: readonly ProjectSecret[],
): Promise<AwsTarget> {
  const usesAws = used.some(({ backend }) => backend === 'secretsmanager' || backend === 'ssm');
  if (environment !== 'local' || !usesAws) return {};
  const cloud = await findLocalCloud(context.root);
  if (cloud !== null) return localTarget(cloud.endpoint);
  throw new SluiceError(
    'SOURCE_UNAVAILABLE',
    'secrets of this environment are in the local cloud, which is not up; start it in another terminal: npm run dev',
  );
}

interface SecretFinding extends ProjectSecret {
  readonly state: 'present' | 'missing' | 'unavailable';
  /** Why it cannot be read, and what to do; null when it can. */
  readonly problem: string | null;
}

/** Reads the value and forgets it: nothing about it is told, not even its length. */
async function look(store: SecretStore, secret: ProjectSecret): Promise<SecretFinding> {
  try {
    await store.read(secret.name);
    return { ...secret, state: 'present', problem: null };
  } catch (error) {
    if (hasCode(error, 'SECRET_NOT_FOUND')) {
      return { ...secret, state: 'missing', problem: error.message };
    }
    if (!hasCode(error, 'SECRET_UNAVAILABLE')) throw error;
    return { ...secret, state: 'unavailable', problem: error.message };
  }
}

function show(
  { output }: CommandContext,
  environment: string,
  findings: readonly SecretFinding[],
): void {
  if (findings.length === 0) {
    output.line(`The configuration of ${environment} uses no secret.`);
    return;
  }
  output.table(
    ['secret', 'state', 'backend', 'place', 'used by'],
    findings.map(({ name, state, backend, path, key, usedBy }) => [
      name,
      state,
      backend,
      key === null ? path : `${path}#${key}`,
      usedBy.join(', '),
    ]),
  );
  for (const { problem } of findings) if (problem !== null) output.problem(problem);
}
