import { SluiceError } from '../errors.ts';
import { readTemplate, type SecretTemplate } from './secret-template.ts';

/** The text as parts. Throws CONFIG_INVALID with the column. */
export function parseTemplate(text: string): SecretTemplate {
  const reading = readTemplate(text);
  if (reading.ok) return reading.template;
  throw new SluiceError('CONFIG_INVALID', `column ${reading.column}: ${reading.message}`, {
    context: { column: reading.column },
  });
}

/** Secrets that a text names, each once, in order. Throws CONFIG_INVALID. */
export function secretNames(text: string): readonly string[] {
  const names = parseTemplate(text).flatMap((part) => (part.kind === 'secret' ? [part.name] : []));
  return [...new Set(names)];
}

/** Variables that a text names, each once, in order. Throws CONFIG_INVALID. */
export function variableNames(text: string): readonly string[] {
  const names = parseTemplate(text).flatMap((part) =>
    part.kind === 'variable' ? [part.name] : [],
  );
  return [...new Set(names)];
}

/** What a text is completed with, by name. */
export interface TemplateValues {
  readonly secrets: ReadonlyMap<string, string>;
  readonly variables?: ReadonlyMap<string, string>;
}

/**
 * The text with values in place of names. Values are put in as they are: what looks like an expression in one is text.
 * Throws CONFIG_INVALID for text that is no template and for a name without a value.
 */
export function renderTemplate(text: string, values: TemplateValues): string {
  return parseTemplate(text)
    .map((part) => {
      if (part.kind === 'text') return part.text;
      const value = (part.kind === 'secret' ? values.secrets : values.variables)?.get(part.name);
      if (value !== undefined) return value;
      throw new SluiceError(
        'CONFIG_INVALID',
        `column ${part.column}: no value for the ${part.kind} "${part.name}", expected one when the text is used`,
        { context: { column: part.column } },
      );
    })
    .join('');
}

/** Text that renders to this text: its own braces after dollars are escaped. */
export function escapeTemplate(text: string): string {
  return text.replace(/\$+(?=\{)/g, (dollars) => dollars + dollars);
}
