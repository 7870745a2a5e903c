import { describe, expect, it } from 'vitest';
import { resourceType } from '#embedded/assembly/resource-types.ts';
import { recordingServices } from '../assembly-fixture.ts';

const PLACE = {
  stack: 'stack',
  logicalId: 'Secret',
  generatedName: 'stack-Secret-1',
  assets: new Map(),
  endpoint: 'http://127.0.0.1:1',
};

function parse(type: string, properties: unknown) {
  const definition = resourceType(type);
  if (definition === null) throw new Error(`no type ${type}`);
  return definition.parse(properties, PLACE);
}

async function ensure(type: string, properties: unknown) {
  const { resource } = parse(type, properties);
  if (resource === null) throw new Error('refused');
  const { services, calls } = recordingServices();
  const { identity } = resource;
  await resource.ensure({ services, identity, place: PLACE, endpoint: PLACE.endpoint });
  return { identity, calls };
}

describe('AWS::SecretsManager::Secret', () => {
  const TYPE = 'AWS::SecretsManager::Secret';

  it('is known by an ARN that is the same at every start', async () => {
    const first = await ensure(TYPE, { Name: 'app/key' });
    expect(first.identity.ref).toMatch(/:secret:app\/key-[A-Za-z0-9]{6}$/);
    expect(first.identity.attributes).toEqual({ Id: first.identity.ref });
    expect((await ensure(TYPE, { Name: 'app/key' })).identity).toEqual(first.identity);
  });

  it('generates its value by the rules of the template, into an object where it says so', async () => {
    const { calls } = await ensure(TYPE, {
      Description: 'of the database',
      GenerateSecretString: {
        PasswordLength: 20,
        SecretStringTemplate: '{"user":"reader"}',
        GenerateStringKey: 'password',
      },
    });
    expect(calls).toEqual([
      [
        'secret',
        expect.objectContaining({
          name: 'stack-Secret-1',
          description: 'of the database',
          generate: {
            rules: expect.objectContaining({ PasswordLength: 20, RequireEachIncludedType: true }),
            into: { template: { user: 'reader' }, key: 'password' },
          },
        }),
      ],
    ]);
  });

  it.each([
    [{ SecretString: 'geheim' }, 'SecretString'],
    [{ GenerateSecretString: { SecretStringTemplate: '{}' } }, 'GenerateSecretString'],
    [
      { GenerateSecretString: { SecretStringTemplate: '[]', GenerateStringKey: 'a' } },
      'SecretStringTemplate',
    ],
    [{ Name: 'a b' }, 'Name'],
  ])('refuses %j', (properties, member) => {
    const { problems } = parse(TYPE, properties);
    expect(problems.flatMap(({ path }) => path)).toContain(member);
  });
});

describe('AWS::SSM::Parameter', () => {
  const TYPE = 'AWS::SSM::Parameter';

  it('is known by its name, with type and value as attributes', async () => {
    const properties = { Name: '/app/flag', Type: 'String', Value: 'on', Tags: { team: 'a' } };
    const { identity, calls } = await ensure(TYPE, properties);
    expect(identity).toEqual({ ref: '/app/flag', attributes: { Type: 'String', Value: 'on' } });
    expect(calls).toEqual([
      [
        'parameter',
        expect.objectContaining({ name: '/app/flag', value: 'on', tags: { team: 'a' } }),
      ],
    ]);
  });

  it('is no SecureString: its value would stand in the template', () => {
    const { problems } = parse(TYPE, { Name: '/a', Type: 'SecureString', Value: 'x' });
    expect(problems[0]?.message).toContain('CloudFormation makes no SecureString');
  });
});
