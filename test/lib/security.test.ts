import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDeployment } from '#lib/load-deployment.ts';
import { loadProject } from '#runtime/load-project.ts';
import { FIXED_BUNDLER, REPOSITORY_ROOT } from './deployment-fixture.ts';
import { withAssembly } from './market-templates.ts';

type Json = Readonly<Record<string, unknown>>;

interface Resource {
  /** `stack/logicalId` */
  readonly id: string;
  readonly type: string;
  readonly properties: Json;
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
  readonly Principal?: unknown;
}

/** Wildcards that AWS leaves no choice about, by type and action, each with its reason. */
const ALLOWED_WILDCARDS: Readonly<Record<string, string>> = {
  'AWS::KMS::Key kms:* on *':
    'in a key policy `*` is the key itself, and without the account in it nobody can administer the key (KMS developer guide, "Default key policy")',
  'AWS::KMS::Key kms:Decrypt on *': 'in a key policy `*` is the key itself',
  'AWS::IAM::Role glue:GetSchemaVersion on *':
    'a version is asked for by the id in a record, which names no schema (Glue developer guide, "Getting started with schema registry")',
  'AWS::KMS::Key kms:GenerateDataKey* on *':
    'in a key policy `*` is the key itself; CloudWatch asks for this action in this form (SNS developer guide, "Enable compatibility between event sources from AWS services and encrypted topics")',
};

/** Where encryption at rest shows in the template. */
const ENCRYPTED: Readonly<Record<string, (properties: Json) => boolean>> = {
  'AWS::S3::Bucket': ({ BucketEncryption }) =>
    JSON.stringify(BucketEncryption ?? '').includes('"SSEAlgorithm"'),
  'AWS::Kinesis::Stream': ({ StreamEncryption }) =>
    (StreamEncryption as Json | undefined)?.['EncryptionType'] === 'KMS',
  'AWS::SQS::Queue': ({ SqsManagedSseEnabled }) => SqsManagedSseEnabled === true,
  'AWS::SNS::Topic': ({ KmsMasterKeyId }) => KmsMasterKeyId !== undefined,
  'AWS::Athena::WorkGroup': (properties) =>
    JSON.stringify(properties).includes('"EncryptionOption"'),
};

/** What AWS encrypts at rest whatever a template says, with keys of its own. Sources: user guides, "Encryption at rest". */
const ALWAYS_ENCRYPTED = ['AWS::Logs::LogGroup', 'AWS::DynamoDB::Table', 'AWS::Lambda::Function'];

/** Names, schemas, rules and rights; no row of anybody. */
const WITHOUT_DATA =
  /^AWS::(IAM|ApiGatewayV2|CloudWatch|Scheduler|Events|Glue|KMS)::|Policy$|^AWS::Lambda::(EventSourceMapping|Permission)$|^AWS::SNS::Subscription$/;

/** Texts that look like a credential. */
const SECRETS: Readonly<Record<string, RegExp>> = {
  'access key': /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
  'private key': /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  'token of a forge or chat':
    /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,})/,
  'JSON web token': /\beyJ[\w-]{10,}\.[\w-]{10,}\./,
  'credentials in an address': /:\/\/[^/\s:@]+:[^/\s:@]+@/,
  'named secret': /"[^"]*(?:password|passwd|secret|api_?key|token)[^"]*"\s*:\s*"[^"]+"/i,
};

function readResources(environment: string): {
  readonly resources: readonly Resource[];
  readonly texts: readonly string[];
} {
  const loaded = loadProject({ root: REPOSITORY_ROOT, environment });
  return withAssembly(createDeployment(loaded, FIXED_BUNDLER), (directory) => {
    const files = readdirSync(directory).filter((file) => file.endsWith('.template.json'));
    const texts = files.map((file) => readFileSync(path.join(directory, file), 'utf8'));
    const resources = texts.flatMap((text, index) => {
      const template = JSON.parse(text) as {
        Resources: Record<string, { Type: string; Properties?: Json }>;
      };
      const stack = files[index]?.replace('.template.json', '');
      return Object.entries(template.Resources).map(([logicalId, { Type, Properties = {} }]) => ({
        id: `${stack}/${logicalId}`,
        type: Type,
        properties: Properties,
      }));
    });
    return { resources, texts };
  });
}

/** Every statement of every policy document, wherever it stands in a resource. */
function statementsIn(value: unknown): readonly Statement[] {
  if (value === null || typeof value !== 'object') return [];
  const own = (value as Json)['Statement'];
  const statements = Array.isArray(own) ? (own as Statement[]) : [];
  return [...statements, ...Object.values(value).flatMap(statementsIn)];
}

/** `type action on resource` for everything an Allow says with a wildcard in the action or nothing but one as resource. */
function wildcards({ type, properties }: Resource): readonly string[] {
  return statementsIn(properties)
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Resource: named = [] }) =>
      [Action]
        .flat()
        .flatMap((action) =>
          (action.includes('*') ? [[named].flat()[0] ?? '-'] : [named].flat())
            .filter((resource) => action.includes('*') || resource === '*')
            .map((resource) => `${type} ${action} on ${describeResource(resource)}`),
        ),
    );
}

function describeResource(resource: unknown): string {
  return typeof resource === 'string' ? resource : JSON.stringify(resource);
}

describe.each(['local', 'dev', 'prod'])('templates of %s', (environment) => {
  const { resources, texts } = readResources(environment);

  it('allow no wildcard action and nothing on every resource, but for what AWS leaves no choice about', () => {
    const found = resources.flatMap((resource) =>
      wildcards(resource)
        .filter((wildcard) => ALLOWED_WILDCARDS[wildcard] === undefined)
        .map((wildcard) => `${resource.id}: ${wildcard}`),
    );
    expect(found).toEqual([]);
    expect(resources.flatMap(({ properties }) => statementsIn(properties)).length).toBeGreaterThan(
      10,
    );
  });

  it('name no exception that nothing needs any more', () => {
    const found = new Set(resources.flatMap(wildcards));
    expect(Object.keys(ALLOWED_WILDCARDS).filter((wildcard) => !found.has(wildcard))).toEqual([]);
  });

  it('open nothing to everybody', () => {
    const open = resources.filter(({ properties }) =>
      statementsIn(properties).some(
        ({ Effect, Principal }) =>
          Effect === 'Allow' && ['"*"', '{"AWS":"*"}'].includes(JSON.stringify(Principal)),
      ),
    );
    expect(open.map(({ id }) => id)).toEqual([]);
  });

  it('encrypt every bucket, stream, topic and query result', () => {
    const plain = resources.filter(
      ({ type, properties }) => ENCRYPTED[type]?.(properties) === false,
    );
    expect(plain.map(({ id }) => id)).toEqual([]);
    const types = [...new Set(resources.map(({ type }) => type))];
    expect(Object.keys(ENCRYPTED).filter((type) => !types.includes(type))).toEqual([]);
    // A new kind of resource that holds data says here how it is encrypted.
    const undecided = types.filter(
      (type) =>
        ENCRYPTED[type] === undefined &&
        !ALWAYS_ENCRYPTED.includes(type) &&
        !WITHOUT_DATA.test(type),
    );
    expect(undecided).toEqual([]);
  });

  it('hold no text that looks like a secret', () => {
    const found = Object.entries(SECRETS).flatMap(([kind, pattern]) =>
      texts.flatMap((text) => {
        const [match] = pattern.exec(text) ?? [];
        return match === undefined ? [] : [`${kind}: ${match}`];
      }),
    );
    expect(found).toEqual([]);
  });
});

describe('the search for secrets', () => {
  it.each([
    ['access key', '"AKIAIOSFODNN7EXAMPLE"'],
    ['private key', '-----BEGIN RSA PRIVATE KEY-----'],
    ['token of a forge or chat', `"ghp_${'a'.repeat(36)}"`],
    ['JSON web token', '"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.x"'],
    ['credentials in an address', '"jdbc://admin:hunter2@db"'],
    ['named secret', '"DB_PASSWORD": "hunter2"'],
  ])('finds a %s', (kind, text) => {
    expect(SECRETS[kind]?.test(text)).toBe(true);
  });
});
