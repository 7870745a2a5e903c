import { backendOption, claimBackend, type OpenBackend, openBackend } from '../backend/backend.ts';
import { type ComposeStack, TRINO_URL } from '../backend/compose-stack.ts';
import { type Command, type CommandContext, integerOption } from '../command.ts';
import {
  clientEnvironment,
  DEFAULT_PORT,
  findLocalCloud,
  startLocalCloud,
} from '../local-cloud.ts';
import type { Output } from '../output.ts';
import { ingestApisOf, type StackOutputs } from '../stack-outputs.ts';

export const dev: Command = {
  name: 'dev',
  summary: 'run the local cloud from the synthesized template and keep it up',
  usage: '[--port <n>] [--backend embedded|compose|endpoints] [--json]',
  options: {
    backend: {
      type: 'string',
      value: '<name>',
      description:
        'who serves S3, Kinesis and DynamoDB: embedded (default), compose (MinIO, LocalStack and Trino in Docker), endpoints (programs named by SLUICE_S3_ENDPOINT …)',
    },
    port: {
      type: 'string',
      value: '<n>',
      description: `port of the endpoint (default ${DEFAULT_PORT}; 0 takes a free one)`,
    },
  },
  async run(context) {
    const { output } = context;
    const port = integerOption(context, 'port', { default: DEFAULT_PORT, min: 0, max: 65_535 });
    const running = await findLocalCloud(context.root);
    if (running !== null) {
      output.line(`The local cloud is up already:`);
      showEndpoint(output, running, { alreadyUp: true });
      return 0;
    }
    const backend = backendOption(context);
    claimBackend(context.root, backend);
    const { endpoints, stack } = await openBackend(backend, context);
    try {
      await runCloud(context, { port, endpoints, stack });
    } finally {
      await stack?.stop();
    }
    output.line('Stopped; the state is kept.');
    return 0;
  },
};

/** Until Ctrl-C. */
async function runCloud(
  context: CommandContext,
  options: OpenBackend & { readonly port: number },
): Promise<void> {
  const { output, signal } = context;
  const { port, endpoints, stack } = options;
  const cloud = await startLocalCloud(context, { port, delegates: endpoints });
  try {
    const resources = cloud.stacks.reduce((sum, each) => sum + each.resources, 0);
    output.line(
      `Local cloud up in ${cloud.seconds.template.toFixed(2)} s (synthesis ${cloud.seconds.synth.toFixed(2)} s): ${resources} resources in ${cloud.stacks.length} stacks.`,
    );
    for (const [service, { url }] of Object.entries(endpoints)) {
      output.line(`${service} is served by ${url}; the rest is embedded.`);
    }
    if (stack !== null) await startTrino(stack, cloud.endpoint, context);
    showEndpoint(output, cloud, { alreadyUp: false });
    output.line();
    output.line('Ctrl-C stops it; tables, streams and objects are kept. In another terminal:');
    output.line('  npm run sluice -- produce --stream market.trade --events 1000');
    output.line('  npm run sluice -- sql "SELECT count(*) FROM local_market_bronze.trade"');
    await aborted(signal);
  } finally {
    await cloud.close();
  }
}

/** A reader that does not come up takes nothing away from the rest. */
async function startTrino(
  stack: ComposeStack,
  endpoint: string,
  { output, signal }: CommandContext,
): Promise<void> {
  try {
    await stack.startReader(endpoint, signal);
  } catch (error) {
    output.problem(`Trino is not up: ${error instanceof Error ? error.message : String(error)}`);
  }
  for (const { name, state } of await stack.services()) output.line(`  ${name}: ${state}`);
  output.line(`SQL by Trino: ${TRINO_URL}, catalog sluice`);
}

/** The variables to export, for people and as the JSON result. */
function showEndpoint(
  output: Output,
  cloud: { readonly endpoint: string; readonly outputs: StackOutputs },
  { alreadyUp }: { readonly alreadyUp: boolean },
): void {
  const { endpoint, outputs } = cloud;
  const environment = clientEnvironment(endpoint);
  const ingestApis = ingestApisOf(outputs);
  output.line();
  for (const [name, value] of Object.entries(environment)) output.line(`export ${name}=${value}`);
  if (ingestApis.length > 0) output.line('Events over HTTP, signed (docs/ingestion-api.md):');
  for (const { domain, url } of ingestApis) {
    output.line(`  ${domain}: POST ${url}/<stream>/events`);
  }
  output.result({ ok: true, endpoint, environment, ingestApis, alreadyUp });
}

/** Resolves on Ctrl-C or SIGTERM. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  // A timer keeps the process alive even when no socket does.
  const keepAlive = setInterval(() => {}, 60_000);
  return new Promise((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        clearInterval(keepAlive);
        resolve();
      },
      { once: true },
    );
  });
}
