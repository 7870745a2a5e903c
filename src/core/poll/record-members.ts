import type { SyntaxNode } from '#core/expression/syntax/syntax-tree.ts';
import { isJsonNumber, type Json } from '#core/ingest/json-text.ts';
import type { Field, Row, Value } from '#core/schema/field.ts';
import { type JsonDocument, stepInto } from './json-document.ts';
import { plainDigits } from './plain-digits.ts';

/** Members of a record that an expression names; one that holds others is an object in the record. */
export interface MemberTree {
  readonly [name: string]: MemberTree;
}

/** A record that has no row; the message names the member, never its value. */
export class RecordProblem extends Error {}

/** The members named by a field and the members of members, `address.zip` as a tree. */
export function membersOf(node: SyntaxNode): MemberTree {
  const root: Record<string, MemberTree> = Object.create(null);
  collect(node, root);
  return root;
}

function collect(node: SyntaxNode, root: Record<string, MemberTree>): void {
  const path = memberPath(node);
  if (path !== null) {
    let tree = root;
    for (const name of path) {
      const inner = (tree[name] ?? Object.create(null)) as Record<string, MemberTree>;
      tree[name] = inner;
      tree = inner;
    }
    return;
  }
  for (const part of partsOf(node)) collect(part, root);
}

/** The names of `a.b.c`; null for anything else. */
export function memberPath(node: SyntaxNode): readonly string[] | null {
  if (node.kind === 'field') return [node.name];
  if (node.kind !== 'member') return null;
  const operand = memberPath(node.operand);
  return operand === null ? null : [...operand, node.name];
}

function partsOf(node: SyntaxNode): readonly SyntaxNode[] {
  switch (node.kind) {
    case 'literal':
    case 'field':
      return [];
    case 'member':
    case 'negate':
    case 'not':
    case 'isNull':
    case 'cast':
      return [node.operand];
    case 'arithmetic':
    case 'comparison':
      return [node.left, node.right];
    case 'and':
    case 'or':
      return node.operands;
    case 'in':
      return [node.value, ...node.list];
    case 'between':
      return [node.value, node.low, node.high];
    case 'matches':
      return [node.value, node.pattern];
    case 'case': {
      const branches = node.branches.flatMap(({ when, result }) => [when, result]);
      return [node.subject, ...branches, node.otherwise].filter((part) => part !== null);
    }
    case 'call':
      return node.args;
  }
}

/** What an expression may name: every member is an optional text, as a column of a file is. */
export function memberFields(tree: MemberTree): readonly Field[] {
  return Object.entries(tree).map(([name, inner]): Field => {
    const fields = memberFields(inner);
    const type: Field['type'] =
      fields.length === 0 ? { kind: 'string' } : { kind: 'record', fields };
    return { name, type, optional: true, aliases: [], examples: [], allowNan: false };
  });
}

/** The members as a row of texts. Throws RecordProblem for one that is an object or list where a text is wanted. */
export function memberRow(record: JsonDocument, tree: MemberTree, path = ''): Row {
  const row: Record<string, Value> = Object.create(null);
  for (const [name, inner] of Object.entries(tree)) {
    const member = stepInto(record, name);
    const place = path === '' ? name : `${path}.${name}`;
    const holdsOthers = Object.keys(inner).length > 0;
    if (!holdsOthers) row[name] = textOf(member.exact, place);
    else row[name] = member.exact === null ? null : memberRow(member, inner, place);
  }
  return row;
}

/** Text of a scalar; null for null. Throws RecordProblem. */
export function textOf(json: Json, place: string): string | null {
  if (json === null) return null;
  if (typeof json === 'boolean') return String(json);
  if (isJsonNumber(json)) return plainDigits(json.number);
  if (typeof json !== 'string') {
    throw new RecordProblem(
      `${place}: expected a text, number, true or false, got ${kindOf(json)}`,
    );
  }
  // A lone surrogate has no UTF-8 form, so Avro cannot write it.
  if (!json.isWellFormed())
    throw new RecordProblem(`${place}: expected text, got half a character`);
  return json;
}

function kindOf(json: Json): string {
  if (Array.isArray(json)) return 'a list';
  return json instanceof Map ? 'an object' : 'the key more than once';
}
