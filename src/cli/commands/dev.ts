import { type Command, integerOption } from '../command.ts';
import {
  clientEnvironment,
  DEFAULT_PORT,
  findLocalCloud,
  startLocalCloud,
} from '../local-cloud.ts';

export const dev: Command = {
  name: 'dev',
  summary: 'run the local cloud from the synthesized template and keep it up',
  usage: '[--port <n>] [--json]',
  options: {
    port: {
      type: 'string',
      value: '<n>',
      description: `port of the endpoint (default ${DEFAULT_PORT})`,
    },
  },
  async run(context) {
    const { output } = context;
    const running = await findLocalCloud(context.root);
    if (running !== null) {
      output.line(`The local cloud is up already: ${running.endpoint}`);
      output.result({ ok: true, endpoint: running.endpoint, alreadyUp: true });
      return 0;
    }
    const port = integerOption(context, 'port', { default: DEFAULT_PORT, min: 0, max: 65_535 });
    const cloud = await startLocalCloud(context, { port });
    const resources = cloud.stacks.reduce((sum, stack) => sum + stack.resources, 0);
    output.line(
      `Local cloud up in ${cloud.seconds.template.toFixed(2)} s (synthesis ${cloud.seconds.synth.toFixed(2)} s): ${resources} resources in ${cloud.stacks.length} stacks.`,
    );
    output.line();
    for (const [name, value] of Object.entries(clientEnvironment(cloud.endpoint)))
      output.line(`export ${name}=${value}`);
    output.line();
    output.line('Ctrl-C stops it; tables, streams and objects are kept. In another terminal:');
    output.line('  npm run sluice -- produce --stream market.trade --events 1000');
    output.line('  npm run sluice -- sql "SELECT count(*) FROM local_market_bronze.trade"');
    output.result({
      ok: true,
      endpoint: cloud.endpoint,
      environment: clientEnvironment(cloud.endpoint),
    });
    await aborted(context.signal);
    await cloud.close();
    return 0;
  },
};

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
