import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLocalSecrets } from '#embedded/secretsmanager/secret-store.ts';
import { createSecretsManagerService } from '#embedded/secretsmanager/secretsmanager-service.ts';
import { versionWith } from '#embedded/secretsmanager/stored-secret.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-secrets-state-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('state of Secrets Manager', () => {
  it('keeps every answered value when the process is killed at any moment', async () => {
    const stateDir = path.join(temporaryFolder(), 'state');
    const child = spawn(process.execPath, [
      path.join(import.meta.dirname, 'put-until-killed.ts'),
      stateDir,
    ]);
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    while (output.split('\n').length < 20) await delay(5);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const answered = Number(output.trimEnd().split('\n').at(-1));
    const secret = openLocalSecrets(stateDir, Date.now).get('key');
    if (secret === null) throw new Error('the secret is gone');
    const text = versionWith(secret, 'AWSCURRENT')?.text ?? '';
    const stored = Number(text.split(' ')[0]);
    expect(stored).toBeGreaterThanOrEqual(answered);
    expect(stored).toBeLessThanOrEqual(answered + 1);
    expect(text).toBe(`${stored} `.repeat(5_000));
    expect(secret.versions).toHaveLength(2);
  });

  it('stands in a folder that only its user may read', () => {
    const stateDir = path.join(temporaryFolder(), 'state');
    createSecretsManagerService({ stateDir });
    expect(statSync(stateDir).mode & 0o077).toBe(0);
  });

  it('is refused when something else wrote it', () => {
    const stateDir = temporaryFolder();
    writeFileSync(path.join(stateDir, 'x.json'), '{"name"');
    expect(() => createSecretsManagerService({ stateDir })).toThrow('is not JSON');
  });
});

describe('a secret of a template', () => {
  const TEMPLATE = {
    name: 'app/db',
    arn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:app/db-AbCdEf',
    description: null,
    kmsKeyId: null,
    tags: [],
    generate: {
      rules: {
        PasswordLength: 20,
        ExcludeCharacters: '',
        ExcludeLowercase: false,
        ExcludeUppercase: false,
        ExcludeNumbers: false,
        ExcludePunctuation: true,
        IncludeSpace: false,
        RequireEachIncludedType: true,
      },
      into: { template: { user: 'reader' }, key: 'password' },
    },
  };
  const textOf = (stateDir: string): string => {
    const secret = openLocalSecrets(stateDir, Date.now).get('app/db');
    return secret === null ? '' : (versionWith(secret, 'AWSCURRENT')?.text ?? '');
  };

  it('gets a value of its own once, and keeps it over every start', () => {
    const stateDir = temporaryFolder();
    createSecretsManagerService({ stateDir }).ensureSecret(TEMPLATE);
    const first = textOf(stateDir);
    expect(JSON.parse(first)).toEqual({
      user: 'reader',
      password: expect.stringMatching(/^\w{20}$/),
    });
    createSecretsManagerService({ stateDir }).ensureSecret({ ...TEMPLATE, description: 'changed' });
    expect(textOf(stateDir)).toBe(first);
    expect(openLocalSecrets(stateDir, Date.now).get('app/db')?.description).toBe('changed');
  });

  it('does not take over a secret that somebody else created', () => {
    const stateDir = temporaryFolder();
    createSecretsManagerService({ stateDir }).ensureSecret({
      ...TEMPLATE,
      arn: TEMPLATE.arn.replace('AbCdEf', 'ZZZZZZ'),
    });
    expect(() => createSecretsManagerService({ stateDir }).ensureSecret(TEMPLATE)).toThrow(
      'a secret app/db exists that this template did not create',
    );
  });
});
