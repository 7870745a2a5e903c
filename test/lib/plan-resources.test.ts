import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { templatesIn } from '#cli/plan/read-templates.ts';
import { countTypes } from '#core/plan/template-resources.ts';
import { LOCAL_ENVIRONMENT, marketDeployment } from './deployment-fixture.ts';
import { withAssembly } from './market-templates.ts';

describe('resources of a plan', () => {
  const { planned, counted } = withAssembly(marketDeployment(LOCAL_ENVIRONMENT), (directory) => ({
    planned: templatesIn(directory),
    counted: countedBySearch(directory),
  }));

  it('are those of every stack, type by type, as they stand in the template', () => {
    expect(planned.length).toBe(5);
    expect(
      Object.fromEntries(planned.map((template) => [template.stack, countTypes(template)])),
    ).toEqual(counted);
  });
});

/** Types by stack, found in the text of the templates: independent of how the plan reads them. */
function countedBySearch(directory: string): Record<string, Record<string, number>> {
  const files = readdirSync(directory).filter((file) => file.endsWith('.template.json'));
  return Object.fromEntries(
    files.map((file) => {
      const text = readFileSync(path.join(directory, file), 'utf8');
      // A resource's type stands two levels deep: `   "Type": "AWS::S3::Bucket"`.
      const types = [...text.matchAll(/^ {3}"Type": "(AWS::[\w:]+)"/gm)].map(
        ([, type = '']) => type,
      );
      const counts = Map.groupBy(types, (type) => type);
      return [
        file.replace('.template.json', ''),
        Object.fromEntries([...counts].map(([type, all]) => [type, all.length])),
      ];
    }),
  );
}
