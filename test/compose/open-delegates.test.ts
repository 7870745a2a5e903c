import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { delegatedServices, openDelegates } from '../../localstack/compose/open-delegates.ts';

const ENDPOINT = { url: 'http://127.0.0.1:1', accessKeyId: 'k', secretAccessKey: 's' };

function stateFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-delegates-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('delegated services of a state', () => {
  it('are none of a state without delegates, which is left as it is', () => {
    const stateDir = stateFolder();
    const delegates = openDelegates({}, { stateDir });
    expect([delegates.s3(), delegates.kinesis(), delegates.dynamoDb()]).toEqual([null, null, null]);
    expect(readdirSync(stateDir)).toEqual([]);
  });

  it('are remembered, whatever their ports become', () => {
    const stateDir = stateFolder();
    openDelegates({ s3: ENDPOINT, kinesis: ENDPOINT }, { stateDir });
    expect(delegatedServices(stateDir)).toEqual(['s3', 'kinesis']);
    const elsewhere = { ...ENDPOINT, url: 'http://127.0.0.1:2' };
    openDelegates({ kinesis: elsewhere, s3: elsewhere }, { stateDir });
  });

  it.each([
    ['fewer', {}],
    ['others', { s3: ENDPOINT, dynamodb: ENDPOINT }],
  ])('cannot become %s', (_, endpoints) => {
    const stateDir = stateFolder();
    openDelegates({ s3: ENDPOINT }, { stateDir });
    expect(() => openDelegates(endpoints, { stateDir })).toThrow(
      'begun with s3 served by other programs',
    );
  });

  it('cannot be taken from an embedded state', () => {
    const stateDir = stateFolder();
    mkdirSync(path.join(stateDir, 's3'));
    expect(() => openDelegates({ s3: ENDPOINT }, { stateDir })).toThrow(
      'begun with every service embedded',
    );
  });
});
