import type { ExpressionContext } from '../compile/context.ts';
import type { Expression, Position } from '../sql/ast.ts';
import { failAt } from '../sql-failure.ts';
import { canCoerce } from '../trino-types/coercion.ts';
import { type Compiled, coerce } from '../trino-types/compiled.ts';
import { type TrinoType, typeName } from '../trino-types/trino-type.ts';

/** One call of a function, its arguments compiled. */
export interface ScalarCall extends Position {
  readonly name: string;
  readonly args: readonly Compiled[];
  readonly nodes: readonly Expression[];
  readonly context: ExpressionContext;
}

/** A call whose arguments the function compiles itself: lambdas, and `try`. */
export interface SpecialCall extends Position {
  readonly name: string;
  readonly nodes: readonly Expression[];
  readonly context: ExpressionContext;
}

/** An aggregate or window call. */
export interface AggregateCall extends ScalarCall {
  readonly star: boolean;
  readonly distinct: boolean;
  /** `ORDER BY …` inside the parentheses, or empty. */
  readonly orderBy: string;
  readonly isWindow: boolean;
  /**
   * A call of a DuckDB aggregate with the DISTINCT, ORDER BY, FILTER and OVER of this call, so that
   * a function may be made of several aggregates.
   */
  invoke(duckFunction: string, args: readonly string[]): string;
}

export type FunctionSpec =
  | { readonly kind: 'scalar'; readonly compile: (call: ScalarCall) => Compiled }
  | { readonly kind: 'special'; readonly compile: (call: SpecialCall) => Compiled }
  /** Also usable with OVER. */
  | { readonly kind: 'aggregate'; readonly compile: (call: AggregateCall) => Compiled }
  /** Needs OVER. */
  | { readonly kind: 'window'; readonly compile: (call: AggregateCall) => Compiled };

export type FunctionTable = Readonly<Record<string, FunctionSpec>>;

/** One signature of a function and the DuckDB expression it becomes. */
export interface Signature {
  readonly args: readonly TrinoType[];
  /** Type of any number of further arguments. */
  readonly rest?: TrinoType;
  readonly returns: TrinoType;
  readonly sql: (...args: string[]) => string;
}

/** A function of fixed signatures: an exact match first, else the first that the arguments coerce to. */
export function scalar(...signatures: readonly Signature[]): FunctionSpec {
  return {
    kind: 'scalar',
    compile(call) {
      const { sql, type } = applySignature(call, signatures);
      return { sql, type };
    },
  };
}

/** As `scalar`, for DuckDB aggregates of the same shape. */
export function aggregate(...signatures: readonly Signature[]): FunctionSpec {
  return { kind: 'aggregate', compile: (call) => applySignature(call, signatures) };
}

export function applySignature(call: ScalarCall, signatures: readonly Signature[]): Compiled {
  const exact = signatures.find((signature) => matches(call, signature, isSameKind));
  const signature = exact ?? signatures.find((candidate) => matches(call, candidate, canCoerce));
  if (signature === undefined) throw unexpectedParameters(call, signatures);
  const args = call.args.map((arg, index) => {
    const target = signature.args[index] ?? signature.rest ?? arg.type;
    return coerce(arg, target).sql;
  });
  return { sql: signature.sql(...args), type: signature.returns };
}

function matches(
  call: ScalarCall,
  signature: Signature,
  accepts: (from: TrinoType, to: TrinoType) => boolean,
): boolean {
  const { args } = call;
  if (args.length < signature.args.length) return false;
  if (args.length > signature.args.length && signature.rest === undefined) return false;
  return args.every((arg, index) => {
    const target = signature.args[index] ?? signature.rest;
    return target !== undefined && accepts(arg.type, target);
  });
}

function isSameKind(from: TrinoType, to: TrinoType): boolean {
  return from.kind === to.kind && canCoerce(from, to);
}

/** The error of a call whose arguments fit no signature, worded as Trino does. */
export function unexpectedParameters(
  call: Pick<ScalarCall, 'name' | 'args' | 'line' | 'column'>,
  signatures: readonly Pick<Signature, 'args' | 'rest'>[] = [],
): Error {
  const received = call.args.map((arg) => typeName(arg.type)).join(', ');
  const expected = signatures.map(({ args, rest }) => {
    const names = args.map(typeName);
    if (rest !== undefined) names.push(`${typeName(rest)}...`);
    return `${call.name}(${names.join(', ')})`;
  });
  const hint = expected.length === 0 ? '' : `. Expected: ${expected.join(', ')}`;
  return failAt(
    'FUNCTION_NOT_FOUND',
    call,
    `Unexpected parameters (${received}) for function ${call.name}${hint}`,
  );
}

/** Throws unless the call has one of the given numbers of arguments. */
export function requireArity(call: ScalarCall, ...counts: readonly number[]): void {
  if (!counts.includes(call.args.length)) throw unexpectedParameters(call);
}

/** The text of a literal argument: formats, units and patterns have to be known before the query runs. */
export function literalText(call: SpecialCall, index: number, what: string): string {
  const node = call.nodes[index];
  const value = node === undefined ? undefined : resolveParameter(node, call.context);
  if (value?.kind === 'string') return value.value;
  throw failAt(
    'NOT_SUPPORTED',
    node ?? call,
    `the local query engine takes the ${what} of ${call.name} as a string literal only`,
  );
}

function resolveParameter(node: Expression, context: ExpressionContext): Expression | undefined {
  return node.kind === 'parameter' ? context.compiler.session.parameters[node.index] : node;
}
