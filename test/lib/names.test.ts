import { describe, expect, it } from 'vitest';
import { nameScope, physicalName } from '#lib/names.ts';
import { LOCAL_ENVIRONMENT, marketDeployment } from './deployment-fixture.ts';

const SCOPE = { platform: 'sluice', environment: 'prod' };

describe('physicalName', () => {
  it('joins platform, environment and parts by hyphens', () => {
    expect(physicalName(SCOPE, 'market', 'catalog')).toBe('sluice-prod-market-catalog');
  });

  it('writes underscores as hyphens, which stack names allow', () => {
    expect(physicalName(SCOPE, 'web_shop', 'catalog')).toBe('sluice-prod-web-shop-catalog');
  });
});

describe('nameScope', () => {
  const project = (environment: string) =>
    marketDeployment({ ...LOCAL_ENVIRONMENT, name: environment }).project;

  it('takes platform and environment names of 22 characters together', () => {
    expect(nameScope(project('a'.repeat(16))).environment).toHaveLength(16);
  });

  it('refuses names that would make a bucket name too long', () => {
    expect(() => nameScope(project('a'.repeat(17)))).toThrow(
      /have 23 characters together, expected at most 22/,
    );
  });
});
