import type { Plan, StackPlan } from '#app/plan-project.ts';
import type { LimitCheck } from '#core/plan/limit-check.ts';
import { formatDiff } from '#core/schema/evolution/format-diff.ts';
import type { Output } from '../output.ts';
import { plural, wrap } from '../status/words.ts';
import { groupValues, type ValueGroup } from './value-groups.ts';

/** Widest line, however wide the terminal is. */
const MAX_COLUMNS = 100;
const INDENT = '  ';
const MIN_VALUE_COLUMNS = 12;
const MAX_SUBJECT_COLUMNS = 36;

/** The plan for people: values with their origin, resources, limits, schema changes. No colours. */
export function printPlan(output: Output, plan: Plan, options: { readonly all: boolean }): void {
  const { environment, values } = plan;
  for (const group of groupValues(values, { environment, all: options.all })) {
    printGroup(output, group);
  }
  printStacks(output, plan);
  printSchemas(output, plan);
  printLimits(output, plan.limits);
  output.line();
  for (const line of wrap(verdict(plan), MAX_COLUMNS)) output.line(line);
}

function printGroup(output: Output, group: ValueGroup): void {
  output.line(group.title);
  const pathColumns = widest(group.lines.map(({ path }) => path));
  const originColumns = widest(group.lines.map(({ origin }) => origin));
  const room = MAX_COLUMNS - INDENT.length * 3 - pathColumns - originColumns;
  const longest = widest(group.lines.map(({ value }) => value));
  const valueColumns = Math.max(MIN_VALUE_COLUMNS, Math.min(longest, room));
  for (const { path, value, origin } of group.lines) {
    const cells = [path.padEnd(pathColumns), cut(value, valueColumns).padEnd(valueColumns), origin];
    output.line(cut(`${INDENT}${cells.join(INDENT)}`, MAX_COLUMNS));
  }
  if (group.hidden > 0) output.line(`${INDENT}and ${plural(group.hidden, 'more value')} (--all)`);
  output.line();
}

function printStacks(output: Output, { stacks, problem }: Plan): void {
  output.line('Resources');
  if (problem !== null) {
    printHanging(output, {
      label: 'BROKEN',
      lines: (width) => problem.split('\n').flatMap((line) => wrap(line, width)),
    });
    return;
  }
  if (stacks === null) {
    output.line(`${INDENT}not known until the schemas are up to date: run "sluice generate"`);
    return;
  }
  const nameColumns = widest(stacks.map(({ name }) => name));
  for (const stack of stacks) {
    const types = Object.entries(stack.types).map(([type, count]) => `${count} ${shortType(type)}`);
    printHanging(output, {
      label: `${stack.name.padEnd(nameColumns)}  ${String(stack.resources).padStart(3)}`,
      lines: (width) => wrapItems(types, width),
    });
    printWorkers(output, stack);
  }
}

function printWorkers(output: Output, { workers }: StackPlan): void {
  const nameColumns = widest(workers.map(({ name }) => name));
  for (const { kind, name, detail } of workers) {
    const line = `${INDENT}${INDENT}${kind.padEnd(8)}  ${name.padEnd(nameColumns)}  ${detail}`;
    output.line(cut(line.trimEnd(), MAX_COLUMNS));
  }
}

/** `AWS::Lambda::Function` is `Lambda::Function`. */
function shortType(type: string): string {
  return type.replace(/^AWS::/, '');
}

function printSchemas(output: Output, { schemas }: Plan): void {
  output.line();
  output.line('Schemas');
  for (const { domain, stream, version, differences } of schemas.changes) {
    output.line(`${INDENT}${domain}.${stream} gets version ${version}`);
    for (const line of formatDiff(differences)) {
      output.line(cut(`${INDENT}${INDENT}${line}`, MAX_COLUMNS));
    }
  }
  for (const refusal of schemas.refused) {
    printHanging(output, { label: 'REFUSED', lines: (width) => wrap(refusal, width) });
  }
  for (const file of schemas.writes) output.line(`${INDENT}legal    ${file}, by "sluice generate"`);
  if (schemas.refused.length + schemas.writes.length === 0) output.line(`${INDENT}up to date`);
}

const STATE_WORDS = { ok: 'ok', note: 'note', broken: 'BROKEN' } as const;

function printLimits(output: Output, limits: readonly LimitCheck[]): void {
  const subjectColumns = Math.min(
    MAX_SUBJECT_COLUMNS,
    widest(limits.map(({ subject }) => subject)),
  );
  for (const [domain, checks] of Map.groupBy(limits, (limit) => limit.domain)) {
    output.line();
    output.line(domain === null ? 'Limits of all' : `Limits of domain ${domain}`);
    for (const { state, subject, figures, advice } of checks) {
      printHanging(output, {
        label: `${STATE_WORDS[state].padEnd(6)}  ${cut(subject, subjectColumns).padEnd(subjectColumns)}`,
        lines: (width) => [
          ...wrap(figures, width),
          ...(advice === null ? [] : wrap(`=> ${advice}`, width)),
        ],
      });
    }
  }
}

/** Why the plan fails, or that it does not. */
function verdict(plan: Plan): string {
  const broken = plan.limits.filter(({ state }) => state === 'broken').length;
  const refused = plan.schemas.refused.length;
  const problems = [
    ...(plan.problem === null ? [] : ['templates cannot be made']),
    ...(broken > 0 ? [`${plural(broken, 'limit')} broken`] : []),
    ...(refused > 0 ? [`${plural(refused, 'schema change')} refused`] : []),
  ];
  if (problems.length > 0) return `Not ready: ${problems.join(', ')}.`;
  const domains = `environment ${plan.environment}, ${plan.domains.join(', ')}`;
  return plan.schemas.writes.length > 0
    ? `Fits (${domains}); run "sluice generate" and commit the files.`
    : `Fits: ${domains}.`;
}

/** A label, and beside it lines of the width that is left. */
function printHanging(
  output: Output,
  text: { readonly label: string; readonly lines: (width: number) => readonly string[] },
): void {
  const start = INDENT.length * 2 + text.label.length;
  const [first = '', ...rest] = text.lines(MAX_COLUMNS - start);
  output.line(`${INDENT}${text.label}${INDENT}${first}`.trimEnd());
  for (const line of rest) output.line(`${' '.repeat(start)}${line}`);
}

/** Items with commas between them in lines of at most so many characters; none is broken. */
function wrapItems(items: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const [index, item] of items.entries()) {
    const text = index === items.length - 1 ? item : `${item},`;
    const line = lines.at(-1);
    if (line === undefined || line.length + text.length + 1 > width) lines.push(text);
    else lines[lines.length - 1] = `${line} ${text}`;
  }
  return lines;
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`;
}
