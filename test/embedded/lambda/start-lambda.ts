import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createLambdaService, type LambdaOptions } from '#embedded/lambda/lambda-service.ts';
import type { LambdaFunctionConfig, LambdaOutcome, LambdaService } from '#embedded/services.ts';
import { temporaryFolder } from '../kinesis/temporary-folder.ts';

/** A Lambda service that is closed when the test ends. */
export function startLambda(options: Partial<LambdaOptions> = {}): {
  readonly service: LambdaService;
  readonly lines: readonly string[];
} {
  const service = createLambdaService({ endpointUrl: 'http://127.0.0.1:1', ...options });
  const lines: string[] = [];
  service.onLog(({ text }) => lines.push(text));
  onTestFinished(() => service.close());
  return { service, lines };
}

/** Writes a handler module to a folder of its own and describes the function. */
export function writeFunction(
  source: string,
  options: Partial<LambdaFunctionConfig> & { readonly file?: string } = {},
): LambdaFunctionConfig {
  const { file = 'index.mjs', ...config } = options;
  const codeDir = temporaryFolder();
  const target = path.join(codeDir, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, source);
  const name = config.name ?? 'writer';
  return {
    name,
    arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    codeDir,
    handler: 'index.handler',
    timeoutMs: 10_000,
    memoryMb: 256,
    environment: {},
    maxConcurrency: 2,
    ...config,
  };
}

/** Invokes with a JSON event and reads the JSON answer. */
export async function invokeJson(
  service: LambdaService,
  event: unknown,
  name = 'writer',
): Promise<{ readonly outcome: LambdaOutcome; readonly value: unknown }> {
  const outcome = await service.invoke(name, Buffer.from(JSON.stringify(event)));
  return { outcome, value: JSON.parse(outcome.payload.toString()) };
}

/** Waits until a condition holds; fails after 15 seconds. */
export async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadlineMs) throw new Error('the condition did not come true in 15 seconds');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** True while the process runs; one that ended and waits for its parent to notice is not alive. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return process.platform !== 'linux';
  try {
    return !readFileSync(stat, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
}
