import { expect, it, onTestFinished, vi } from 'vitest';
import { sandboxEnvironment } from '#embedded/lambda/sandbox/sandbox-environment.ts';

const CONFIG = {
  name: 'poll',
  arn: 'arn:aws:lambda:us-east-1:000000000000:function:poll',
  codeDir: '/code',
  handler: 'index.handler',
  timeoutMs: 1_000,
  memoryMb: 128,
  environment: { SLUICE_SECRET_OF_TEMPLATE: 'template' },
  maxConcurrency: 1,
};
const SANDBOX = {
  runtimeApi: '127.0.0.1:1',
  logStreamName: 'stream',
  endpointUrl: null,
  credentials: null,
};

it('a sandbox has the secrets of the developer, and nothing else of this process', () => {
  vi.stubEnv('SLUICE_SECRET_API_KEY', 'value');
  vi.stubEnv('SLUICE_SECRET_OF_TEMPLATE', 'process');
  vi.stubEnv('SLUICE_STATE', '/state');
  vi.stubEnv('OTHER_VARIABLE', 'other');
  onTestFinished(() => void vi.unstubAllEnvs());
  const environment = sandboxEnvironment(CONFIG, SANDBOX);
  expect(environment).toMatchObject({
    SLUICE_SECRET_API_KEY: 'value',
    SLUICE_SECRET_OF_TEMPLATE: 'template',
    SLUICE_SECRETS_ROOT: process.cwd(),
  });
  expect(environment).not.toHaveProperty('SLUICE_STATE');
  expect(environment).not.toHaveProperty('OTHER_VARIABLE');
});

it('a sandbox looks for files of secrets where the process was told to', () => {
  vi.stubEnv('SLUICE_SECRETS_ROOT', '/elsewhere');
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(sandboxEnvironment(CONFIG, SANDBOX)['SLUICE_SECRETS_ROOT']).toBe('/elsewhere');
});
