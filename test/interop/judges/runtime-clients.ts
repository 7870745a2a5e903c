import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Installed, installNpm, installPython, pythonOf } from './judge-folder.ts';

/** One of AWS's own runtime interface clients: what runs inside Lambda, here against our Runtime API. */
export interface RuntimeClient {
  readonly name: 'aws-lambda-ric' | 'awslambdaric';
  readonly version: string;
  install(): Installed;
  /** Command that runs a handler such as `index.handler`. */
  command(folder: string, handler: string): readonly [string, ...string[]];
  /** A module `index` with the behaviours that runtime-clients.test.ts asks for. */
  readonly file: string;
  readonly source: string;
}

const NODE_SOURCE = `
export const handler = async (event, context) => {
  if (event.fail) throw new TypeError('as asked');
  if (event.exit !== undefined) process.exit(event.exit);
  if (event.sleepMs) await new Promise((resolve) => setTimeout(resolve, event.sleepMs));
  if (event.large) return 'x'.repeat(event.large);
  if (event.print) console.log(event.print);
  if (event.context) {
    return {
      runtime: process.argv[1],
      requestId: context.awsRequestId,
      arn: context.invokedFunctionArn,
      memory: String(context.memoryLimitInMB),
      remainingMs: context.getRemainingTimeInMillis(),
    };
  }
  return { event, pid: process.pid };
};
`;

const PYTHON_SOURCE = `
import os
import sys
import time

def handler(event, context):
    if event.get('fail'):
        raise TypeError('as asked')
    if 'exit' in event:
        os._exit(event['exit'])
    if event.get('sleepMs'):
        time.sleep(event['sleepMs'] / 1000)
    if event.get('large'):
        return 'x' * event['large']
    if event.get('print'):
        print(event['print'], flush=True)
    if event.get('context'):
        return {
            'runtime': sys.modules['awslambdaric'].__file__,
            'requestId': context.aws_request_id,
            'arn': context.invoked_function_arn,
            'memory': str(context.memory_limit_in_mb),
            'remainingMs': context.get_remaining_time_in_millis(),
        }
    return {'event': event, 'pid': os.getpid()}
`;

export const RUNTIME_CLIENTS: readonly RuntimeClient[] = [
  {
    name: 'aws-lambda-ric',
    version: 'aws-lambda-ric 4.0.2 (npm)',
    install: () => {
      // Compiles a C++ addon: the only judge whose install scripts have to run.
      const installed = installNpm('aws-lambda-ric', ['aws-lambda-ric@4.0.2'], {
        installScripts: true,
      });
      if (installed.kind === 'missing') return installed;
      const addon = path.join(nodeClient(installed.folder), 'rapid-client.node');
      if (existsSync(addon)) return installed;
      return {
        kind: 'missing',
        reason:
          'aws-lambda-ric has no addon: its install script needs a C++ compiler, make and npm that runs install scripts',
      };
    },
    command: (folder, handler) => [
      process.execPath,
      path.join(nodeClient(folder), 'index.mjs'),
      handler,
    ],
    file: 'index.mjs',
    source: NODE_SOURCE,
  },
  {
    name: 'awslambdaric',
    version: 'awslambdaric 4.2.2 (PyPI)',
    install: () => installPython('awslambdaric', ['awslambdaric==4.2.2']),
    command: (folder, handler) => [pythonOf(folder), '-m', 'awslambdaric', handler],
    file: 'index.py',
    source: PYTHON_SOURCE,
  },
];

function nodeClient(folder: string): string {
  return path.join(folder, 'node_modules', 'aws-lambda-ric');
}
