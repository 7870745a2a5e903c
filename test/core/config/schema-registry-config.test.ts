import { describe, expect, it } from 'vitest';
import { compatibilityModel, schemaRegistryModel } from '#core/config/model/schema-model.ts';
import { resolveSchemaRegistry } from '#core/config/resolve/resolve-schema-registry.ts';
import {
  buildSchemaRegistryConfig,
  parseSchemaRegistryConfig,
  serializeSchemaRegistryConfig,
} from '#core/config/schema-registry-config.ts';
import { hasCode } from '#core/errors.ts';
import { PROD_ENVIRONMENT } from '#test/lib/deployment-fixture.ts';

const NAMES = { platform: 'sluice', environment: 'prod' };
const PASSWORD = '$' + '{secret:registry_password}';

describe('schema_registry', () => {
  it('is none when nothing is said', () => {
    expect(resolveSchemaRegistry(undefined, NAMES)).toEqual({ kind: 'none' });
    expect(resolveSchemaRegistry('none', NAMES)).toEqual({ kind: 'none' });
  });

  it('is named after platform and environment', () => {
    expect(resolveSchemaRegistry({ kind: 'glue' }, NAMES)).toEqual({
      kind: 'glue',
      name: 'sluice-prod',
    });
    expect(resolveSchemaRegistry({ kind: 'glue', name: 'own' }, NAMES)).toMatchObject({
      name: 'own',
    });
  });

  it('takes a URL with or without a slash at its end', () => {
    const url = 'https://registry.example.com/';
    expect(resolveSchemaRegistry({ kind: 'confluent', url }, NAMES)).toEqual({
      kind: 'confluent',
      url: 'https://registry.example.com',
      auth: null,
    });
  });

  it.each([
    ['another word', 'confluence'],
    ['another kind', { kind: 'karapace' }],
    [
      'a password in the file',
      { kind: 'confluent', url: 'https://x.example', auth: { user: 'u', password: 'p' } },
    ],
    ['no URL', { kind: 'confluent' }],
    ['another protocol', { kind: 'confluent', url: 'ftp://x.example' }],
    ['a name with spaces', { kind: 'glue', name: 'a b' }],
  ])('refuses %s', (_name, value) => {
    expect(schemaRegistryModel.safeParse(value).success).toBe(false);
  });

  it('takes a password that is a secret', () => {
    const auth = { user: 'u', password: PASSWORD };
    const value = { kind: 'confluent', url: 'https://x.example', auth };
    expect(schemaRegistryModel.safeParse(value).success).toBe(true);
  });
});

describe('compatibility', () => {
  it('knows its modes by our names only', () => {
    expect(compatibilityModel.safeParse('FULL_TRANSITIVE').success).toBe(true);
    expect(compatibilityModel.safeParse('FULL_ALL').success).toBe(false);
  });
});

describe('what functions are told of the registry', () => {
  const confluent = {
    kind: 'confluent' as const,
    url: 'https://x.example',
    auth: { user: 'u', password: PASSWORD },
  };

  it('is nothing without one', () => {
    const environment = { ...PROD_ENVIRONMENT, schemaRegistry: { kind: 'none' as const } };
    expect(buildSchemaRegistryConfig(environment)).toBeNull();
  });

  it('is the place of the password, never its value, and comes back as it was', () => {
    const config = buildSchemaRegistryConfig({ ...PROD_ENVIRONMENT, schemaRegistry: confluent });
    expect(Object.keys(config?.secrets?.places ?? {})).toEqual(['registry_password']);
    expect(parseSchemaRegistryConfig(serializeSchemaRegistryConfig(config!))).toEqual(config);
  });

  it('is refused when it is something else', () => {
    expect(() => parseSchemaRegistryConfig('{"registry":{"kind":"none"}}')).toThrow(
      expect.toSatisfy((error) => hasCode(error, 'CONFIG_INVALID')),
    );
  });
});
