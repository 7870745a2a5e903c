/** One link of the field; values with commas and semicolons stand in quotes or angle brackets. */
const LINK =
  /\s*<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~*'-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^",;\s]*))?)*)\s*(?:,|$)/gy;
const PARAMETER = /;\s*([\w!#$&+.^`|~*'-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^",;\s]*)))?/g;

/** Target of the link with a relation, as it stands in a Link header; null when there is none. Source: RFC 8288 §3. */
export function linkTarget(header: string | undefined, relation: string): string | null {
  for (const [, target = '', parameters = ''] of (header ?? '').matchAll(LINK)) {
    for (const [, name = '', quoted, bare] of parameters.matchAll(PARAMETER)) {
      if (name.toLowerCase() !== 'rel') continue;
      const relations = (quoted ?? bare ?? '').toLowerCase().split(/\s+/);
      if (relations.includes(relation)) return target;
      // Only the first rel of a link counts (RFC 8288 §3.3).
      break;
    }
  }
  return null;
}
