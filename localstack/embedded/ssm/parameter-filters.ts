import { z } from 'zod';
import { newestVersion, type StoredParameter } from './stored-parameter.ts';

const values = z.array(z.string().min(1).max(1024)).min(1).max(50);

/** Source: Systems Manager API reference, ParameterStringFilter; filters on labels and data types are not emulated. */
export const parameterFilters = z.array(
  z.strictObject({
    Key: z.union([z.enum(['Name', 'Type', 'KeyId', 'Path', 'Tier']), z.string().regex(/^tag:.+$/)]),
    Option: z.enum(['Equals', 'BeginsWith', 'Contains', 'Recursive', 'OneLevel']).optional(),
    Values: values.optional(),
  }),
);

/** The older kind of filter, whose names are prefixes. */
export const legacyFilters = z.array(
  z
    .strictObject({ Key: z.enum(['Name', 'Type', 'KeyId']), Values: values })
    .transform((filter) => ({ ...filter, Option: 'BeginsWith' as const })),
);

type Filter = z.infer<typeof parameterFilters>[number];

export function filterMatches(parameter: StoredParameter, filter: Filter): boolean {
  const { Key: key, Option: option, Values: wanted = [] } = filter;
  if (key === 'Path') return wanted.some((path) => isBelow(parameter.name, path, option));
  if (key.startsWith('tag:')) {
    const tag = parameter.tags.find(({ Key }) => Key === key.slice('tag:'.length));
    return tag !== undefined && (wanted.length === 0 || wanted.includes(tag.Value));
  }
  const version = newestVersion(parameter);
  const actual =
    { Name: parameter.name, Type: parameter.type, KeyId: version.keyId ?? '', Tier: version.tier }[
      key
    ] ?? '';
  return wanted.some((value) => {
    if (option === 'BeginsWith') return actual.startsWith(value);
    return option === 'Contains' ? actual.includes(value) : actual === value;
  });
}

function isBelow(name: string, path: string, option: Filter['Option']): boolean {
  const prefix = path.endsWith('/') ? path : `${path}/`;
  if (!name.startsWith(prefix)) return false;
  return option === 'Recursive' || !name.slice(prefix.length).includes('/');
}
