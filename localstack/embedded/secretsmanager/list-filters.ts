import { z } from 'zod';
import type { StoredSecret } from './stored-secret.ts';

/** Source: Secrets Manager API reference, Filter; the local cloud has one region and no services that own secrets. */
export const listFilters = z
  .array(
    z.strictObject({
      Key: z.enum(['name', 'description', 'tag-key', 'tag-value', 'all']),
      Values: z
        .array(z.string().regex(/^!?[\w :_@/+=.-]{1,511}$/))
        .min(1)
        .max(10),
    }),
  )
  .max(10);

type Filters = z.infer<typeof listFilters>;

/** Filters are joined by "and", the values of one by "or"; a value after "!" must not match. */
export function matchesFilters(secret: StoredSecret, filters: Filters): boolean {
  return filters.every(({ Key, Values }) =>
    Values.some((value) => matchesValue(secret, Key, value)),
  );
}

function matchesValue(secret: StoredSecret, key: Filters[number]['Key'], value: string): boolean {
  const isNegated = value.startsWith('!');
  const wanted = isNegated ? value.slice(1) : value;
  return matchesPrefix(secret, key, wanted) !== isNegated;
}

/** Prefixes: of names and tags as they are, of descriptions and in "all" of words, in any case. */
function matchesPrefix(secret: StoredSecret, key: Filters[number]['Key'], prefix: string): boolean {
  const words = (text: string) => text.toLowerCase().split(/[\s/_+=.@-]+/);
  const hasWord = (texts: readonly string[]) =>
    words(prefix).every((part) =>
      texts.some((text) => words(text).some((word) => word.startsWith(part))),
    );
  const tagKeys = secret.tags.map((tag) => tag.Key);
  const tagValues = secret.tags.map((tag) => tag.Value);
  switch (key) {
    case 'name':
      return secret.name.startsWith(prefix);
    case 'tag-key':
      return tagKeys.some((tagKey) => tagKey.startsWith(prefix));
    case 'tag-value':
      return tagValues.some((tagValue) => tagValue.startsWith(prefix));
    case 'description':
      return hasWord([secret.description ?? '']);
    case 'all':
      return hasWord([secret.name, secret.description ?? '', ...tagKeys, ...tagValues]);
  }
}
