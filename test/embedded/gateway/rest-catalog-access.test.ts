import { describe, expect, it } from 'vitest';
import { signRequest } from '../iam/sign-request.ts';
import { type GuardedCloud, startGuardedCloud } from './start-guarded-cloud.ts';

const GLUE = 'arn:aws:glue:us-east-1:000000000000';
const PREFIX = '/iceberg/v1/catalogs/000000000000';

/** A request of a role, signed as the AWS SDK signs it. */
async function send(
  { endpoint, asRole }: GuardedCloud,
  request: { readonly method: string; readonly path: string; readonly body?: string },
  grants: readonly (readonly [string, string])[],
): Promise<{ readonly status: number; readonly text: string }> {
  const { method, path, body } = request;
  const { host } = new URL(endpoint);
  const { rawHeaders } = await signRequest(
    { method, path, query: {}, headers: { host }, body: Buffer.from(body ?? '') },
    { ...asRole(grants).credentials, service: 'glue', atMs: Date.now() },
  );
  const headers = Array.from({ length: rawHeaders.length / 2 }, (_, index): [string, string] => [
    rawHeaders[index * 2] ?? '',
    rawHeaders[index * 2 + 1] ?? '',
  ]).filter(([name]) => name !== 'host');
  const init = { method, headers, ...(body === undefined ? {} : { body }) };
  const response = await fetch(endpoint + path, init);
  return { status: response.status, text: await response.text() };
}

const get = (
  cloud: GuardedCloud,
  path: string,
  grants: readonly (readonly [string, string])[],
): ReturnType<typeof send> => send(cloud, { method: 'GET', path }, grants);

describe('roles at the Iceberg REST catalog', () => {
  it.each([
    ['/iceberg/v1/config', 'glue:GetCatalog', ['catalog'], 200],
    [`${PREFIX}/namespaces`, 'glue:GetDatabases', ['catalog'], 200],
    [`${PREFIX}/namespaces/bronze`, 'glue:GetDatabase', ['catalog', 'database/bronze'], 200],
    [
      `${PREFIX}/namespaces/bronze/tables`,
      'glue:GetTables',
      ['catalog', 'database/bronze', 'table/bronze/*'],
      200,
    ],
    [
      `${PREFIX}/namespaces/bronze/tables/nothing`,
      'glue:GetTable',
      ['catalog', 'database/bronze', 'table/bronze/nothing'],
      404,
    ],
  ])('need for %s %s on every resource above it', async (path, action, resources, status) => {
    const cloud = await startGuardedCloud();
    const grants = resources.map((resource) => [action, `${GLUE}:${resource}`] as const);
    expect((await get(cloud, path, grants)).status).toBe(status);
    const refused = await get(cloud, path, grants.slice(0, -1));
    expect([refused.status, refused.text]).toEqual([
      403,
      expect.stringContaining(`not authorized to perform: ${action} on resource`),
    ]);
  });

  const created = { type: 'struct', fields: [{ id: 1, name: 'id', type: 'long', required: true }] };
  const assertCreate = '{"requirements":[{"type":"assert-create"}],"updates":[]}';
  it.each([
    [
      'POST',
      'tables/t',
      '{"requirements":[],"updates":[]}',
      ['UpdateTable'],
      'table/bronze/t',
      404,
    ],
    ['POST', 'tables/t', assertCreate, ['UpdateTable', 'CreateTable'], 'table/bronze/t', 400],
    [
      'POST',
      'tables',
      JSON.stringify({ name: 'New', location: 's3://lake/new', schema: created }),
      ['CreateTable'],
      'table/bronze/new',
      200,
    ],
    ['DELETE', 'tables/t', undefined, ['DeleteTable'], 'table/bronze/t', 404],
  ])(
    'need for %s of %s what the Glue call needs',
    async (method, end, body, actions, table, status) => {
      const cloud = await startGuardedCloud();
      const request = {
        method,
        path: `${PREFIX}/namespaces/bronze/${end}`,
        ...(body === undefined ? {} : { body }),
      };
      const grants = actions.flatMap((action) =>
        ['catalog', 'database/bronze', table].map(
          (resource) => [`glue:${action}`, `${GLUE}:${resource}`] as const,
        ),
      );
      const allowed = await send(cloud, request, grants);
      expect([allowed.status, allowed.text.includes('not authorized')]).toEqual([status, false]);
      const refused = await send(cloud, request, grants.slice(0, -1));
      expect([refused.status, refused.text]).toEqual([
        403,
        expect.stringContaining(`not authorized to perform: glue:${actions.at(-1)} on resource`),
      ]);
    },
  );

  it('are refused what the catalog does not serve', async () => {
    const cloud = await startGuardedCloud();
    const refused = await get(cloud, `${PREFIX}/namespaces/bronze/views`, [['*', '*']]);
    expect(refused.text).toContain('AccessDeniedException');
  });
});
