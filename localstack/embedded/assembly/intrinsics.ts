import { joinPath } from './problems.ts';

/** Result of `{ "Ref": "AWS::NoValue" }`: the property or list element is left out. */
export const NO_VALUE: unique symbol = Symbol('AWS::NoValue');
/** A value that could not be resolved; the problem has been reported. */
export const UNRESOLVED: unique symbol = Symbol('unresolved');

/** What the names in a template stand for. Each returns UNRESOLVED after reporting why. */
export interface Scope {
  reference(name: string, where: string): unknown;
  attribute(logicalId: string, name: string, where: string): unknown;
  condition(name: string, where: string): boolean | typeof UNRESOLVED;
  exported(name: string, where: string): unknown;
  stackOutput(stack: string, output: string, where: string): unknown;
  /** Region a stack output may be read from. */
  readonly region: string;
  report(where: string, message: string): void;
}

type Intrinsic = (argument: unknown, scope: Scope, where: string) => unknown;

/**
 * Replaces every intrinsic function in a template value. Source: AWS CloudFormation, intrinsic function reference.
 * A function that is not in the table is reported: nothing is passed through unevaluated.
 */
export function resolveValue(value: unknown, scope: Scope, where: string): unknown {
  if (Array.isArray(value)) {
    return value
      .map((element, index) => resolveValue(element, scope, joinPath(where, [index])))
      .filter((element) => element !== NO_VALUE);
  }
  if (value === null || typeof value !== 'object') return value;
  const name = intrinsicName(value);
  if (name !== null) return resolveIntrinsic(name, value, { scope, where });
  const resolved = Object.entries(value).map(
    ([key, element]) => [key, resolveValue(element, scope, joinPath(where, [key]))] as const,
  );
  return Object.fromEntries(resolved.filter(([, element]) => element !== NO_VALUE));
}

/** Key of the intrinsic function an object is, or null for a plain object. */
function intrinsicName(value: object): string | null {
  return Object.keys(value).find((key) => key === 'Ref' || key.startsWith('Fn::')) ?? null;
}

function resolveIntrinsic(
  name: string,
  value: object,
  at: { readonly scope: Scope; readonly where: string },
): unknown {
  const { scope, where } = at;
  const intrinsic = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined;
  if (intrinsic === undefined) {
    return refuse(scope, where, `the local cloud does not know the intrinsic function ${name}`);
  }
  if (Object.keys(value).length !== 1) {
    return refuse(scope, where, `${name} stands beside other keys; expected it alone`);
  }
  return intrinsic((value as Record<string, unknown>)[name], scope, where);
}

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope, where) =>
    typeof argument === 'string'
      ? scope.reference(argument, where)
      : refuse(scope, where, 'Ref: expected a name'),
  'Fn::GetAtt': resolveGetAtt,
  'Fn::Join': resolveJoin,
  'Fn::Sub': resolveSub,
  'Fn::Select': resolveSelect,
  'Fn::Split': resolveSplit,
  'Fn::If': resolveIf,
  'Fn::Base64': (argument, scope, where) => {
    const text = resolveText(argument, scope, where);
    return text === UNRESOLVED ? UNRESOLVED : Buffer.from(text).toString('base64');
  },
  'Fn::ImportValue': (argument, scope, where) => {
    const name = resolveText(argument, scope, where);
    return name === UNRESOLVED ? UNRESOLVED : scope.exported(name, where);
  },
  'Fn::GetStackOutput': resolveStackOutput,
};

function resolveGetAtt(argument: unknown, scope: Scope, where: string): unknown {
  const [logicalId, attribute] =
    typeof argument === 'string' ? splitAttribute(argument) : asList(argument);
  if (typeof logicalId !== 'string' || typeof attribute !== 'string') {
    return refuse(scope, where, 'Fn::GetAtt: expected a logical id and an attribute');
  }
  return scope.attribute(logicalId, attribute, where);
}

function resolveJoin(argument: unknown, scope: Scope, where: string): unknown {
  const [delimiter, list] = asList(argument);
  const elements = resolveValue(list, scope, where);
  if (typeof delimiter !== 'string' || !Array.isArray(elements)) {
    return elements === UNRESOLVED
      ? UNRESOLVED
      : refuse(scope, where, 'Fn::Join: expected a delimiter and a list');
  }
  const texts = elements.map((element) => asText(element, scope, where));
  return texts.includes(UNRESOLVED) ? UNRESOLVED : texts.join(delimiter);
}

function resolveSub(argument: unknown, scope: Scope, where: string): unknown {
  const [template, variables = {}] = typeof argument === 'string' ? [argument] : asList(argument);
  if (typeof template !== 'string' || variables === null || typeof variables !== 'object') {
    return refuse(scope, where, 'Fn::Sub: expected a text and at most a map of variables');
  }
  let failed = false;
  const text = template.replace(/\$\{(!?)([^}]*)\}/g, (_match, literal: string, name: string) => {
    if (literal === '!') return `\${${name}}`;
    const value = substitute(name.trim(), variables as Record<string, unknown>, { scope, where });
    if (value === UNRESOLVED) failed = true;
    return String(value === UNRESOLVED ? '' : value);
  });
  return failed ? UNRESOLVED : text;
}

function substitute(
  name: string,
  variables: Readonly<Record<string, unknown>>,
  at: { readonly scope: Scope; readonly where: string },
): string | typeof UNRESOLVED {
  const { scope, where } = at;
  if (Object.hasOwn(variables, name)) return resolveText(variables[name], scope, where);
  const [logicalId, attribute] = splitAttribute(name);
  const value =
    attribute === undefined
      ? scope.reference(name, where)
      : scope.attribute(logicalId ?? '', attribute, where);
  return asText(value, scope, where);
}

function resolveSelect(argument: unknown, scope: Scope, where: string): unknown {
  const [position, list] = asList(argument);
  const elements = resolveValue(list, scope, where);
  if (elements === UNRESOLVED) return UNRESOLVED;
  const index = Number(resolveValue(position, scope, where));
  if (!Array.isArray(elements) || !Number.isInteger(index) || elements[index] === undefined) {
    return refuse(scope, where, 'Fn::Select: expected an index into a list');
  }
  return elements[index];
}

function resolveSplit(argument: unknown, scope: Scope, where: string): unknown {
  const [delimiter, source] = asList(argument);
  if (typeof delimiter !== 'string' || delimiter === '') {
    return refuse(scope, where, 'Fn::Split: expected a delimiter and a text');
  }
  const text = resolveText(source, scope, where);
  return text === UNRESOLVED ? UNRESOLVED : text.split(delimiter);
}

function resolveIf(argument: unknown, scope: Scope, where: string): unknown {
  const [name, whenTrue, whenFalse] = asList(argument);
  if (typeof name !== 'string' || whenTrue === undefined || whenFalse === undefined) {
    return refuse(scope, where, 'Fn::If: expected a condition name and two values');
  }
  const holds = scope.condition(name, where);
  if (holds === UNRESOLVED) return UNRESOLVED;
  return resolveValue(holds ? whenTrue : whenFalse, scope, where);
}

function resolveStackOutput(argument: unknown, scope: Scope, where: string): unknown {
  const { StackName, OutputName, Region, ...rest } = (argument ?? {}) as Record<string, unknown>;
  const stack = resolveText(StackName, scope, where);
  const output = resolveText(OutputName, scope, where);
  const region = Region === undefined ? scope.region : resolveText(Region, scope, where);
  if (stack === UNRESOLVED || output === UNRESOLVED || region === UNRESOLVED) return UNRESOLVED;
  const unknownKeys = Object.keys(rest);
  if (region !== scope.region || unknownKeys.length > 0) {
    const got = unknownKeys.length > 0 ? unknownKeys.join(', ') : `Region ${region}`;
    return refuse(
      scope,
      where,
      `Fn::GetStackOutput: expected StackName, OutputName and Region ${scope.region}, got ${got}`,
    );
  }
  return scope.stackOutput(stack, output, where);
}

/** Evaluates an entry of the Conditions section or an operand of one. */
export function evaluateCondition(
  expression: unknown,
  scope: Scope,
  where: string,
): boolean | typeof UNRESOLVED {
  const entries = Object.entries((expression ?? {}) as Record<string, unknown>);
  const [name, argument] = entries[0] ?? [];
  if (entries.length !== 1 || name === undefined) {
    return refuse(scope, where, 'expected one condition function');
  }
  switch (name) {
    case 'Condition':
      return scope.condition(String(argument), where);
    case 'Fn::Equals': {
      const [left, right] = asList(resolveValue(argument, scope, where));
      if (left === UNRESOLVED || right === UNRESOLVED) return UNRESOLVED;
      return JSON.stringify(left) === JSON.stringify(right);
    }
    case 'Fn::Not':
    case 'Fn::And':
    case 'Fn::Or': {
      const operands = asList(argument).map((operand) => evaluateCondition(operand, scope, where));
      if (operands.length === 0 || operands.includes(UNRESOLVED)) return UNRESOLVED;
      if (name === 'Fn::Not') return operands[0] !== true;
      return name === 'Fn::And' ? !operands.includes(false) : operands.includes(true);
    }
    default:
      return refuse(scope, where, `the local cloud does not know the condition function ${name}`);
  }
}

function resolveText(value: unknown, scope: Scope, where: string): string | typeof UNRESOLVED {
  return asText(resolveValue(value, scope, where), scope, where);
}

function asText(value: unknown, scope: Scope, where: string): string | typeof UNRESOLVED {
  if (value === UNRESOLVED) return UNRESOLVED;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return refuse(scope, where, `expected a text, got ${JSON.stringify(value) ?? 'nothing'}`);
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** `Bucket.Arn` to `['Bucket', 'Arn']`; pseudo parameters such as `AWS::Region` have no attribute. */
function splitAttribute(name: string): readonly [string, string | undefined] {
  const dot = name.indexOf('.');
  return dot < 0 ? [name, undefined] : [name.slice(0, dot), name.slice(dot + 1)];
}

function refuse(scope: Scope, where: string, message: string): typeof UNRESOLVED {
  scope.report(where, message);
  return UNRESOLVED;
}
