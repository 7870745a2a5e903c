import type { FieldType } from '#core/schema/field.ts';
import { tableNameProblem } from '../athena-name.ts';
import type { Category, CategoryField } from '../category.ts';
import { DEFAULT_IDENTITY_FIELD } from '../model/stream-defaults-model.ts';
import { starterType } from './starter-type.ts';

/** Column at which comments begin. */
const COMMENT_COLUMN = 50;

/**
 * A short domains/<name>.yaml with one stream of a category: valid as it stands, and commented so that it
 * teaches the file. Lines that are commented out are valid too.
 */
export function starterDomain(name: string, category: Category): string {
  const identity = identityOf(category);
  const fields = withIdentity(category.fields, identity);
  const stream = starterStreamName(category.name);
  const key = keyOf(category.fields, identity);
  return [
    '# yaml-language-server: $schema=../schemas/domain.schema.json',
    '#',
    '# Everything about this domain: tables, functions and alarms are made from it. docs/domain.md explains',
    '# every key; "sluice plan" shows what follows from it, "sluice validate" every mistake.',
    '',
    line(`domain: ${name}`, 'the name of this file'),
    `description: ${quoted(category.description)}`,
    line('owner: data@example.com', 'who answers for the data: change it'),
    '',
    'streams:',
    line(`  ${stream}:`, 'one kind of event, one table: give it a better name'),
    line(`    category: ${category.name}`, `config/categories/${category.name}.yaml`),
    line(`    key: ${key}`, 'order is kept per value of this field'),
    ...eventTimeLines(category),
    '',
    line('    fields:', 'those of the category are required; add your own'),
    ...fieldLines(fields, identity),
    '',
    line(`    identity: [${identity}]`, 'what makes an event the same event'),
    '',
    line('    quality:', 'docs/expressions.md; reject keeps a row out, flag marks it'),
    `      - { rule: ${ruleOf(category.fields, key)}, on_fail: flag }`,
    '',
    line('    rate: { expected: 10/s, bytes: 150 }', 'feeds sizes, limits and alarms'),
    '',
    line('    # watermark: { delay: 30s }', 'how late an event may be and still be on time'),
    line('    # dedupe: { horizon: 6h }', 'the same event sent twice within it is left out'),
    line('    # partition: { bronze: [day(_ingested_at)] }', 'how the table is cut into files'),
    line(
      `    # mapping: { ${key}: trim(${key}) }`,
      `rewrites a field; _raw_${key} keeps the source's`,
    ),
    '',
  ].join('\n');
}

function line(text: string, comment: string): string {
  return `${text.padEnd(COMMENT_COLUMN - 1)} # ${comment}`;
}

/** The last word of the category where Athena takes it as a table: `market.tick` gives `tick`. */
export function starterStreamName(category: string): string {
  const [, word = category] = category.split('.');
  return tableNameProblem(word) === null ? word : `${word}_event`;
}

/** The category's own id of an event (`transaction_id`), or a field `event_id` to be added. */
function identityOf({ name, fields }: Category): string {
  const own = `${name.split('.')[1]}_id`;
  return fields.some((field) => field.name === own) ? own : DEFAULT_IDENTITY_FIELD;
}

function withIdentity(
  fields: readonly CategoryField[],
  identity: string,
): readonly CategoryField[] {
  if (fields.some(({ name }) => name === identity)) return fields;
  return [{ name: identity, type: { kind: 'string' } }, ...fields];
}

function fieldLines(fields: readonly CategoryField[], identity: string): readonly string[] {
  const columns = Math.max(...fields.map(({ name }) => name.length)) + 1;
  return fields.map(({ name, type }) => {
    const text = `      ${`${name}:`.padEnd(columns)} ${starterType(type)}`;
    if (name === identity) return line(text, 'of the source; the same when it sends again');
    return type.kind === 'money' ? line(text, `stored as ${name}_cents, an exact integer`) : text;
  });
}

const KEY_KINDS: readonly FieldType['kind'][] = ['string', 'enum', 'int', 'long'];

/** What events are about rather than where they come from, or the event itself. */
function keyOf(fields: readonly CategoryField[], identity: string): string {
  const usable = fields.filter(
    ({ name, type }) => name !== identity && KEY_KINDS.includes(type.kind),
  );
  const found = usable.find(({ name }) => /(_id|symbol|_key|publisher)$/.test(name)) ?? usable[0];
  return found?.name ?? identity;
}

function eventTimeLines({ eventTime }: Category): readonly string[] {
  return eventTime === null
    ? [line('    # event_time: <field>', 'a timestamp field; without it the arrival counts')]
    : [line(`    event_time: ${eventTime}`, 'when it happened; lateness is measured by it')];
}

const NUMBER_KINDS: readonly FieldType['kind'][] = [
  'double',
  'float',
  'decimal',
  'money',
  'long',
  'int',
];

function ruleOf(fields: readonly CategoryField[], key: string): string {
  const number = fields.find(({ type }) => NUMBER_KINDS.includes(type.kind));
  return number === undefined ? `length(${key}) > 0` : `${number.name} >= 0`;
}

/** Text that YAML could read as something else in quotes. */
function quoted(text: string): string {
  return /^[A-Za-z][\w ,.()-]*$/.test(text) ? text : JSON.stringify(text);
}
