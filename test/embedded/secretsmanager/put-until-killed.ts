import { secretOperations } from '#embedded/secretsmanager/secret-operations.ts';
import { openLocalSecrets } from '#embedded/secretsmanager/secret-store.ts';
import { valueOperations } from '#embedded/secretsmanager/value-operations.ts';

// Gives one secret new values as fast as it can and says which it has been answered; the test kills it.
const secrets = openLocalSecrets(process.argv[2] ?? '', Date.now);
await secretOperations(secrets)['CreateSecret']?.({ Name: 'key', SecretString: '0' });
const put = valueOperations(secrets)['PutSecretValue'];
for (let value = 1; ; value++) {
  // Long, so that a torn write would show.
  await put?.({ SecretId: 'key', SecretString: `${value} `.repeat(5_000) });
  process.stdout.write(`${value}\n`);
}
