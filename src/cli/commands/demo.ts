import { booleanOption, type Command, integerOption } from '../command.ts';
import { runDemo } from '../demo/run-demo.ts';
import { DEFAULT_PORT } from '../local-cloud.ts';

const DEFAULT_EVENTS = 100_000;

export const demo: Command = {
  name: 'demo',
  summary: 'the whole path once: generate, stream, commit, query, account',
  usage: '[--events <n>] [--keep] [--json] [--port <n>]',
  options: {
    events: {
      type: 'string',
      value: '<n>',
      description: `generated trades beside the real rows (default ${DEFAULT_EVENTS.toLocaleString('en-US')})`,
    },
    keep: { type: 'boolean', description: 'leave the local cloud running at the end' },
    port: {
      type: 'string',
      value: '<n>',
      description: `port of the endpoint (default ${DEFAULT_PORT}; 0 takes a free one)`,
    },
  },
  run: (context) =>
    runDemo(context, {
      events: integerOption(context, 'events', {
        default: DEFAULT_EVENTS,
        min: 1,
        max: 50_000_000,
      }),
      port: integerOption(context, 'port', { default: DEFAULT_PORT, min: 0, max: 65_535 }),
      keep: booleanOption(context, 'keep'),
    }),
};
