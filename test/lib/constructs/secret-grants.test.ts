import { describe, expect, it } from 'vitest';
import type { SecretsInput } from '#core/config/model/secrets-model.ts';
import { resolveSecrets } from '#core/config/resolve/resolve-secrets.ts';
import { buildSecretsConfig } from '#core/secret/secrets-config.ts';
import { secretGrants } from '#lib/constructs/secret-grants.ts';

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd';
const ARN = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:shared';

function grants(input: SecretsInput, names: readonly string[]) {
  const settings = resolveSecrets(input, { platform: 'sluice', environment: 'prod' });
  return secretGrants(buildSecretsConfig(settings, names)).map(
    ({ actions, resources, conditions }) => ({
      actions,
      resources: resources.map((resource) =>
        resource.replaceAll(/\$\{Token\[AWS\.(\w+)\.\d+\]\}/g, '<$1>'),
      ),
      ...(conditions === undefined ? {} : { conditions }),
    }),
  );
}

describe('grants for secrets', () => {
  it('name each secret with the characters that Secrets Manager puts after it, and no other', () => {
    expect(grants({}, ['b_key', 'a_key'])).toEqual([
      {
        actions: ['secretsmanager:GetSecretValue'],
        resources: ['a_key', 'b_key'].map(
          (name) =>
            `arn:<Partition>:secretsmanager:<Region>:<AccountId>:secret:sluice/prod/${name}-??????`,
        ),
      },
    ]);
  });

  it('name each parameter once, with one slash after its type', () => {
    const named = { other: { path: '/sluice/prod/key' }, flat: { path: 'flat' } };
    expect(grants({ backend: 'ssm', named }, ['key', 'other', 'flat'])).toEqual([
      {
        actions: ['ssm:GetParameter'],
        resources: [
          'arn:<Partition>:ssm:<Region>:<AccountId>:parameter/flat',
          'arn:<Partition>:ssm:<Region>:<AccountId>:parameter/sluice/prod/key',
        ],
      },
    ]);
  });

  it('take ARNs as they are', () => {
    const named = { whole: { path: `${ARN}-AbCdEf` }, partial: { path: ARN } };
    expect(grants({ named }, ['whole', 'partial'])[0]?.resources).toEqual([
      `${ARN}-??????`,
      `${ARN}-AbCdEf`,
    ]);
  });

  it('hold the key of the customer, through the service only', () => {
    const [, decrypt] = grants({ secretsmanager: { kms_key: KEY } }, ['key']);
    expect(decrypt).toMatchObject({ actions: ['kms:Decrypt'], resources: [KEY] });
    expect(JSON.stringify(decrypt)).toContain('kms:ViaService');
  });

  it('are none for secrets that are not in AWS, and none for a key without a secret', () => {
    expect(grants({ backend: 'env' }, ['key'])).toEqual([]);
    expect(grants({ backend: 'file', ssm: { kms_key: KEY } }, ['key'])).toEqual([]);
    expect(grants({}, [])).toEqual([]);
  });

  it('hold what opens Vault, which is in AWS', () => {
    const input: SecretsInput = {
      vault: { address: 'https://v', auth: { token: `\${secret:vault_token}` } },
      named: { key: { backend: 'vault', path: 'kv/key' } },
    };
    expect(grants(input, ['key'])[0]?.resources[0]).toContain('sluice/prod/vault_token-??????');
  });

  it('have no wildcard that needs a reason', () => {
    const both = [
      ...grants({ secretsmanager: { kms_key: KEY } }, ['key']),
      ...grants({ backend: 'ssm', ssm: { kms_key: KEY } }, ['key']),
    ];
    expect(both).toHaveLength(4);
    expect(JSON.stringify(both)).not.toContain('*');
  });
});
