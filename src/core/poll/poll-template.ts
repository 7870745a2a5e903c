import { renderTemplate } from '#core/secret/render-template.ts';
import { readTemplate } from '#core/secret/secret-template.ts';

/** The one variable of a request's texts: `${cursor}`. */
export const CURSOR_VARIABLE = 'cursor';

/** What stands for the placeholders of a request. */
export interface RequestValues {
  readonly cursor: string | null;
  readonly secrets: ReadonlyMap<string, string>;
}

/** Secrets and variables that some texts name, each once; a text that is no template names none. */
export function namesIn(
  texts: readonly string[],
): Readonly<Record<'secrets' | 'variables', readonly string[]>> {
  const readings = texts.map(readTemplate).filter((reading) => reading.ok);
  const parts = readings.flatMap(({ template }) => template);
  const names = (kind: 'secret' | 'variable') => [
    ...new Set(parts.flatMap((part) => (part.kind === kind ? [part.name] : []))),
  ];
  return { secrets: names('secret'), variables: names('variable') };
}

/** Fills a text in; `escapeValue` makes a value safe for the place it stands in. Throws CONFIG_INVALID for a name without value. */
export function fillTemplate(
  text: string,
  { cursor, secrets }: RequestValues,
  escapeValue: (value: string) => string,
): string {
  const escaped = new Map([...secrets].map(([name, value]) => [name, escapeValue(value)]));
  const variables = new Map(cursor === null ? [] : [[CURSOR_VARIABLE, escapeValue(cursor)]]);
  return renderTemplate(text, { secrets: escaped, variables });
}

/** For a place in a URL. */
export function escapeForUrl(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

/** For a place inside a JSON string. */
export function escapeForJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

/** For a header, which holds visible ASCII: everything else is percent-encoded. Source: RFC 9110 §5.5. */
export function escapeForHeader(value: string): string {
  return value.replaceAll(/[^\x20-\x7e]+/gu, (part) => encodeURIComponent(part.toWellFormed()));
}
