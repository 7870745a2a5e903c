import { describe, expect, it } from 'vitest';
import { signRequest } from '../iam/sign-request.ts';
import { type GuardedCloud, startGuardedCloud } from './start-guarded-cloud.ts';

const GLUE = 'arn:aws:glue:us-east-1:000000000000';
const PREFIX = '/iceberg/v1/catalogs/000000000000';

/** A GET of a role, signed as the AWS SDK signs it. */
async function get(
  { endpoint, asRole }: GuardedCloud,
  path: string,
  grants: readonly (readonly [string, string])[],
): Promise<{ readonly status: number; readonly text: string }> {
  const { host } = new URL(endpoint);
  const { rawHeaders } = await signRequest(
    { method: 'GET', path, query: {}, headers: { host }, body: Buffer.alloc(0) },
    { ...asRole(grants).credentials, service: 'glue', atMs: Date.now() },
  );
  const headers = Array.from({ length: rawHeaders.length / 2 }, (_, index): [string, string] => [
    rawHeaders[index * 2] ?? '',
    rawHeaders[index * 2 + 1] ?? '',
  ]).filter(([name]) => name !== 'host');
  const response = await fetch(endpoint + path, { headers });
  return { status: response.status, text: await response.text() };
}

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

  it('are refused what the catalog does not serve', async () => {
    const cloud = await startGuardedCloud();
    const refused = await get(cloud, `${PREFIX}/namespaces/bronze/views`, [['*', '*']]);
    expect(refused.text).toContain('AccessDeniedException');
  });
});
