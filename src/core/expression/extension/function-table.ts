import { hasCode, SluiceError } from '../../errors.ts';
import { describeType, type ExpressionType } from '../expression-type.ts';
import { tokenize } from '../syntax/lexer.ts';
import { parseTypeName } from '../syntax/parse-type-name.ts';
import { createTokenReader } from '../syntax/token-reader.ts';
import type { ExtensionFunction } from './define-function.ts';

/** Before the name of a function that is not built in. */
export const EXTENSION_PREFIX = 'fn:';
const MAX_ARGS = 20;

/** A function with its types resolved. */
export interface TypedExtension {
  readonly name: string;
  readonly args: readonly ExpressionType[];
  readonly returns: ExpressionType;
  readonly call: ExtensionFunction['call'];
}

/** Functions of extensions by name, without the prefix. */
export type FunctionTable = ReadonlyMap<string, TypedExtension>;

export const NO_FUNCTIONS: FunctionTable = new Map();

/** Checks what a user registered. Throws CONFIG_INVALID that names every function that is wrong. */
export function createFunctionTable(
  functions: Readonly<Record<string, ExtensionFunction>>,
): FunctionTable {
  const problems: string[] = [];
  const table = new Map<string, TypedExtension>();
  for (const [name, definition] of Object.entries(functions)) {
    const resolved = resolveFunction(name, definition);
    if (typeof resolved === 'string') problems.push(`fn:${name}: ${resolved}`);
    else table.set(name, resolved);
  }
  if (problems.length === 0) return table;
  throw new SluiceError(
    'CONFIG_INVALID',
    `extensions/functions.ts: ${problems.join('; ')}; correct and run again`,
  );
}

/** A string says what is wrong. */
function resolveFunction(name: string, definition: ExtensionFunction): TypedExtension | string {
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(name)) {
    return 'expected a name of lower-case letters, digits and underscores';
  }
  if (definition.args.length > MAX_ARGS) return `expected at most ${MAX_ARGS} arguments`;
  if (Object.prototype.toString.call(definition.call) !== '[object Function]') {
    return 'expected a function that is not async and no generator: rows do not wait';
  }
  const types: ExpressionType[] = [];
  for (const text of [definition.returns, ...definition.args]) {
    const type = resolveType(text);
    if (type === null) return `unknown type "${text}", expected those of cast`;
    types.push(type);
  }
  const [returns, ...args] = types as [ExpressionType, ...ExpressionType[]];
  return { name, args, returns, call: definition.call };
}

function resolveType(text: string): ExpressionType | null {
  try {
    const reader = createTokenReader(tokenize(text));
    const type = parseTypeName(reader);
    return reader.peek().kind === 'end' ? type : null;
  } catch (error) {
    if (hasCode(error, 'EXPRESSION_INVALID')) return null;
    throw error;
  }
}

/** `fn:luhn_valid(string)` */
export function describeExtension({ name, args }: TypedExtension): string {
  return `${EXTENSION_PREFIX}${name}(${args.map(describeType).join(', ')})`;
}

/** Extension functions that a text calls, without the prefix; none for a text that is no expression. */
export function calledExtensions(text: string): readonly string[] {
  try {
    return tokenize(text)
      .filter(({ kind, text: name }) => kind === 'name' && name.startsWith(EXTENSION_PREFIX))
      .map(({ text: name }) => name.slice(EXTENSION_PREFIX.length));
  } catch (error) {
    if (hasCode(error, 'EXPRESSION_INVALID')) return [];
    throw error;
  }
}
